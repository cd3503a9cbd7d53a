"""What a page says to machines: schema.org as JSON-LD."""

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pipeline.stages.render.cards import ConflictCard
from pipeline.stages.render.entries import ShownEntry
from pipeline.stages.render.moments import rfc3339
from pipeline.stages.render.plain import clean
from pipeline.stages.render.site import Site

_MOST_ITEMS = 20
# These could end the script element, or begin another thing within it.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def as_markup(value: dict[str, Any]) -> Markup:
    """Write JSON-LD that is safe within a script element."""
    written = json.dumps({"@context": "https://schema.org"} | value, separators=(",", ":"))
    return Markup(written.translate(_ESCAPES))  # noqa: S704 - escaped for where it stands


def front_data(site: Site) -> dict[str, Any]:
    """Describe the front page: a web site."""
    return _web_site(site) | {"description": site.tagline}


def conflict_data(
    site: Site, card: ConflictCard, entries: Sequence[ShownEntry], description: str
) -> dict[str, Any]:
    """Describe a conflict's page: what it is about, where, when it changed, and its news."""
    url = site.canonical(f"/conflicts/{card.slug}")
    title = clean(card.title)
    data: dict[str, Any] = {
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": title,
        "description": description,
        "inLanguage": "en",
        "isPartOf": _web_site(site),
        "breadcrumb": _trail(site, [(title, url)]),
        "about": {"@type": "Thing", "name": title},
        "mainEntity": {
            "@type": "ItemList",
            "itemListOrder": "https://schema.org/ItemListOrderDescending",
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": position,
                    "url": entry.page_url,
                    "name": entry.headline,
                }
                for position, entry in enumerate(_standing(entries)[:_MOST_ITEMS], start=1)
            ],
        },
    }
    if card.countries:
        data["spatialCoverage"] = [
            {"@type": "Country", "identifier": code} for code in card.countries
        ]
    if card.updated_on is not None:
        data["dateModified"] = card.updated_on.isoformat()
    return data


def entry_data(site: Site, entry: ShownEntry, path: str) -> dict[str, Any]:
    """Describe a digest entry's page: ours, with the reports it cites."""
    url = site.canonical(path)
    return {
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": entry.title,
        "headline": entry.headline,
        "datePublished": rfc3339(entry.published_at),
        "dateModified": rfc3339(entry.updated_at),
        "isPartOf": _web_site(site),
        "about": [
            {"@type": "Thing", "name": topic.title, "url": topic.url} for topic in entry.topics
        ],
        "citation": [
            {
                "@type": "NewsArticle",
                "headline": report.title,
                "url": report.url,
                "datePublished": rfc3339(report.published_at),
                "publisher": {"@type": "Organization", "name": report.publisher},
            }
            for report in entry.reports
            if report.url
        ],
    }


def _standing(entries: Sequence[ShownEntry]) -> list[ShownEntry]:
    return [entry for entry in entries if not entry.withdrawn]


def _web_site(site: Site) -> dict[str, Any]:
    return {"@type": "WebSite", "name": site.name, "url": f"{site.address}/"}


def _trail(site: Site, steps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate([(site.name, f"{site.address}/"), *steps], 1)
        ],
    }
