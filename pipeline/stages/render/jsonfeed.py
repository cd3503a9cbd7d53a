"""The digest as a JSON Feed, version 1.1."""

import json
from collections.abc import Mapping
from functools import lru_cache

from pipeline.model import Digest, DigestEntry, Tombstone
from pipeline.stages.render.addresses import web_url
from pipeline.stages.render.atom import SITE_NAME
from pipeline.stages.render.entries import ENTRIES_KEPT, Report, ShownEntry, shown, site_root
from pipeline.stages.render.languages import UNDETERMINED, language_tag
from pipeline.stages.render.moments import rfc3339
from pipeline.stages.render.plain import clean

JSON_CONTENT_TYPE = "application/feed+json; charset=utf-8"
_VERSION = "https://jsonfeed.org/version/1.1"


def render_json(digest: Digest) -> bytes:
    """Write a digest as JSON Feed 1.1; the same digest always gives the same bytes.

    The feed is served at `base_url + own_path + ".json"`, which is its `feed_url`. What the
    format has no key for stands under `_dateline`, in the feed and in each item.
    """
    base = site_root(digest.base_url)
    previous = digest.previous_path
    feed = {
        "version": _VERSION,
        "title": clean(digest.title) or SITE_NAME,
        "home_page_url": web_url(digest.page_url) or f"{base}/",
        "feed_url": f"{base}{digest.own_path}.json",
        "next_url": None if previous is None else f"{base}{previous}.json",
        "description": clean(digest.subtitle),
        "authors": [{"name": SITE_NAME, "url": f"{base}/"}],
        "language": language_tag(digest.language),
        "hubs": [{"type": "WebSub", "url": hub} for hub in digest.hubs] or None,
        "_dateline": _filled(
            {
                "id": digest.uid,
                "date_modified": rfc3339(digest.updated_at),
                "archive": digest.archive,
                "current_url": None if digest.archive is None else f"{base}{digest.path}.json",
                "deleted": [_tombstone(each) for each in digest.tombstones] or None,
            }
        ),
    }
    head = _written(_filled(feed)).removesuffix("}")
    items = ",\n".join(_written_item(shown(entry, base)) for entry in digest.entries)
    return f'{head}, "items": [\n{items}\n]}}\n'.encode()


def _written(value: object) -> str:
    # On one line: with an indentation the library takes eight times as long.
    return json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=ENTRIES_KEPT)
def _written_item(entry: ShownEntry) -> str:
    return _written(_item(entry))


def _tombstone(tombstone: Tombstone) -> dict[str, object]:
    return _filled(
        {
            "id": tombstone.uid,
            "date_deleted": rfc3339(tombstone.withdrawn_at),
            "reason": clean(tombstone.reason),
        }
    )


def entry_as_json(entry: DigestEntry, base_url: str) -> dict[str, object]:
    """Give one entry as it stands in the feed, as a JSON object."""
    return _item(shown(entry, site_root(base_url)))


def _item(entry: ShownEntry) -> dict[str, object]:
    return _filled(
        {
            "id": entry.uid,
            "url": entry.page_url,
            "external_url": entry.lead.url,
            "title": entry.title,
            "content_html": entry.html,
            "content_text": entry.text,
            "summary": entry.summary,
            "date_published": rfc3339(entry.published_at),
            "date_modified": rfc3339(entry.updated_at),
            "authors": [{"name": entry.lead.publisher}],
            "tags": [topic.slug for topic in entry.topics],
            "language": _known(entry.language),
            "_dateline": {
                "withdrawn": entry.withdrawn,
                "conflicts": [
                    _filled({"slug": t.slug, "title": t.title, "url": t.url}) for t in entry.topics
                ],
                **_reports(entry),
                **_correction(entry),
            },
        }
    )


def _correction(entry: ShownEntry) -> dict[str, object]:
    if entry.corrected_at is None:
        return {}
    return {"correction": {"date": rfc3339(entry.corrected_at), "note": entry.correction}}


def _reports(entry: ShownEntry) -> dict[str, object]:
    """A daily edition is nobody's report: its stories stand in its content."""
    if entry.content_html is not None:
        return {}
    return {"reports": [_report(report) for report in entry.reports]}


def _report(report: Report) -> dict[str, object]:
    return _filled(
        {
            "publisher": report.publisher,
            "title": report.title,
            "url": report.url,
            "language": _known(report.language),
            "date_published": rfc3339(report.published_at),
        }
    )


def _known(tag: str) -> str | None:
    return None if tag == UNDETERMINED else tag


def _filled(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out keys without a value: JSON Feed knows no null. Lists stay, even empty ones."""
    return {key: value for key, value in values.items() if value is not None and value != ""}
