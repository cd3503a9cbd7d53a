"""Render: the digest as Atom, RSS and JSON Feed, and the public pages as static HTML. Pure.

Every function takes values and gives bytes; the same values always give the same bytes.
"""

from pipeline.stages.render.assets import file_name, plain_name, static_files, versioned
from pipeline.stages.render.atom import ATOM_CONTENT_TYPE, render_atom
from pipeline.stages.render.cards import ConflictCard, RenderedSection
from pipeline.stages.render.edition_values import told_reading
from pipeline.stages.render.editions import (
    DailyFeed,
    daily_digest,
    render_edition,
    render_edition_html,
    render_edition_page,
    render_edition_text,
    template_version,
)
from pipeline.stages.render.jsonfeed import JSON_CONTENT_TYPE, entry_as_json, render_json
from pipeline.stages.render.letters import (
    EditionWriting,
    Links,
    described,
    edition_writing,
    render_alert,
    render_confirmation,
    render_daily,
    render_reminder,
)
from pipeline.stages.render.mail_form import MailForm
from pipeline.stages.render.mail_pages import (
    render_asking_page,
    render_confirming_page,
    render_leaving_page,
    render_managing_page,
    render_told_page,
)
from pipeline.stages.render.opml import OPML_CONTENT_TYPE, render_opml
from pipeline.stages.render.pages import (
    HTML_CONTENT_TYPE,
    render_conflict_page,
    render_entry_page,
    render_error_page,
    render_front,
    render_subscribe_page,
)
from pipeline.stages.render.rss import RSS_CONTENT_TYPE, render_rss
from pipeline.stages.render.site import Site
from pipeline.stages.render.trend import DAYS as TREND_DAYS
from pipeline.stages.render.trend import Trend

__all__ = [
    "ATOM_CONTENT_TYPE",
    "HTML_CONTENT_TYPE",
    "JSON_CONTENT_TYPE",
    "OPML_CONTENT_TYPE",
    "RSS_CONTENT_TYPE",
    "TREND_DAYS",
    "ConflictCard",
    "DailyFeed",
    "EditionWriting",
    "Links",
    "MailForm",
    "RenderedSection",
    "Site",
    "Trend",
    "daily_digest",
    "described",
    "edition_writing",
    "entry_as_json",
    "file_name",
    "plain_name",
    "render_alert",
    "render_asking_page",
    "render_atom",
    "render_confirmation",
    "render_confirming_page",
    "render_conflict_page",
    "render_daily",
    "render_edition",
    "render_edition_html",
    "render_edition_page",
    "render_edition_text",
    "render_entry_page",
    "render_error_page",
    "render_front",
    "render_json",
    "render_leaving_page",
    "render_managing_page",
    "render_opml",
    "render_reminder",
    "render_rss",
    "render_subscribe_page",
    "render_told_page",
    "static_files",
    "template_version",
    "told_reading",
    "versioned",
]
