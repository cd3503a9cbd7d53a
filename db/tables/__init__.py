"""The tables. Every column says what it holds; docs/data-dictionary.md is made from here."""

from db.tables.articles import (
    article_pages,
    article_revisions,
    articles,
    entries,
    forgotten,
    search_state,
    stories,
    story_changes,
    story_keys,
    story_moves,
)
from db.tables.columns import UTCDateTime, metadata
from db.tables.conflicts import (
    background_drafts,
    background_revisions,
    background_sections,
    conflicts,
    keyword_versions,
    paragraph_marks,
)
from db.tables.digests import (
    digest_archive_items,
    digest_archives,
    digest_items,
    digest_placements,
    public_files,
    public_parts,
)
from db.tables.editions import (
    digest_editions,
    edition_drafts,
    edition_matches,
    edition_picks,
    edition_revisions,
)
from db.tables.editors import (
    api_tokens,
    audit_log,
    editors,
    identities,
    invitations,
    login_failures,
    sessions,
)
from db.tables.feeds import alarms, feed_days, feeds, fetches, host_pauses, host_turns
from db.tables.letters import letter_contents, letters, subscribers
from db.tables.matches import claims, desk_visits, holds, matches, reviews, samples
from db.tables.outgoing import hub_pings
from db.tables.runs import instance, job_runs
from db.tables.webhooks import webhook_calls, webhook_marks, webhooks

__all__ = [
    "UTCDateTime",
    "alarms",
    "api_tokens",
    "article_pages",
    "article_revisions",
    "articles",
    "audit_log",
    "background_drafts",
    "background_revisions",
    "background_sections",
    "claims",
    "conflicts",
    "desk_visits",
    "digest_archive_items",
    "digest_archives",
    "digest_editions",
    "digest_items",
    "digest_placements",
    "edition_drafts",
    "edition_matches",
    "edition_picks",
    "edition_revisions",
    "editors",
    "entries",
    "feed_days",
    "feeds",
    "fetches",
    "forgotten",
    "holds",
    "host_pauses",
    "host_turns",
    "hub_pings",
    "identities",
    "instance",
    "invitations",
    "job_runs",
    "keyword_versions",
    "letter_contents",
    "letters",
    "login_failures",
    "matches",
    "metadata",
    "paragraph_marks",
    "public_files",
    "public_parts",
    "reviews",
    "samples",
    "search_state",
    "sessions",
    "stories",
    "story_changes",
    "story_keys",
    "story_moves",
    "subscribers",
    "webhook_calls",
    "webhook_marks",
    "webhooks",
]
