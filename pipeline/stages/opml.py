"""OPML: lists of feeds, as feed readers exchange them (OPML 2.0).

A list may come from anywhere: read it in a worker process (`pipeline.isolate`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from pipeline.errors import ParseError

MOST_BYTES = 5 * 1024 * 1024
MOST_FEEDS = 2_000
_LONGEST_TEXT = 200
_MOST_TAGS = 20
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8}){0,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list, as written: `url` and `home_url` are unchecked.

    `tags` are its folders and categories as lower-case words. `language` is the primary language
    or "". `line` is where it stands in the document (0 in a list that we write).
    """

    url: str
    title: str = ""
    home_url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    line: int = 0


def read_opml(document: bytes) -> tuple[Outline, ...]:
    """Read every outline that has an `xmlUrl`, in document order.

    Raises `ParseError`: `too_large` (more than `MOST_BYTES` or `MOST_FEEDS`), `empty`,
    `entity_bomb` (a document type with entities), `not_opml`.
    """
    if len(document) > MOST_BYTES:
        raise ParseError(
            "too_large",
            f"The list is larger than {MOST_BYTES // 1024**2} MiB; split it into several files.",
        )
    root = _parsed(document)
    found: list[Outline] = []
    for element in root.iter():
        if _name(element) != "outline":
            continue
        attributes = {str(key).lower(): str(value) for key, value in element.attrib.items()}
        url = _one_line(attributes.get("xmlurl", ""))
        if not url:
            continue
        if len(found) == MOST_FEEDS:
            raise ParseError(
                "too_large",
                f"The list has more than {MOST_FEEDS:,} feeds; split it into several files.",
            )
        found.append(_outline(element, attributes, url))
    return tuple(found)


def write_opml(title: str, folders: Mapping[str, Sequence[Outline]], created_at: datetime) -> bytes:
    """Write a list of feeds in folders; feeds under the name "" stand outside of any."""
    opml = etree.Element("opml", {"version": "2.0"})
    head = etree.SubElement(opml, "head")
    etree.SubElement(head, "title").text = _one_line(title)
    created = format_datetime(created_at.astimezone(UTC), usegmt=True)
    etree.SubElement(head, "dateCreated").text = created
    body = etree.SubElement(opml, "body")
    for name, outlines in folders.items():
        folder = body
        if label := _one_line(name):
            folder = etree.SubElement(body, "outline", {"text": label, "title": label})
        for outline in outlines:
            etree.SubElement(folder, "outline", _attributes(outline))
    written: bytes = etree.tostring(opml, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _attributes(outline: Outline) -> dict[str, str]:
    url = _one_line(outline.url)
    name = _one_line(outline.title) or url
    written = {
        "type": "rss",  # OPML's word for any feed
        "text": name,
        "title": name,
        "xmlUrl": url,
        "htmlUrl": _one_line(outline.home_url),
        "language": outline.language,
        "category": ",".join(_one_line(tag.replace(",", " ")) for tag in outline.tags),
    }
    return {key: value for key, value in written.items() if value}


def _parsed(document: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    text = document.lstrip(b" \t\r\n")  # XML allows nothing before its declaration
    if not text.strip(b"\0 \t\r\n"):
        raise ParseError("empty", "The list is empty.")
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error
    declared: Any = root.getroottree().docinfo.internalDTD  # its type's stub is incomplete
    if declared is not None and any(True for _ in declared.iterentities()):
        raise ParseError(
            "entity_bomb",
            "The list declares entities of its own, which no honest list does; "
            "remove its <!DOCTYPE …> to import it.",
        )
    if _name(root) != "opml":
        raise ParseError(
            "not_opml",
            f"This is no OPML list: it begins with <{_one_line(str(root.tag))}> instead of <opml>.",
        )
    return root


def _broken(error: etree.XMLSyntaxError) -> ParseError:
    reason = _one_line(str(error.msg).partition(", line ")[0])
    if "entity" in reason.lower() and ("amplification" in reason or "nesting" in reason):
        return ParseError(
            "entity_bomb", "The list was refused because its entities would blow it up."
        )
    return ParseError("not_opml", f"The list is no well-formed XML: line {error.lineno}: {reason}.")


def _outline(element: etree._Element, attributes: Mapping[str, str], url: str) -> Outline:
    line: int | None = element.sourceline  # type: ignore[assignment]  # its stub leaves it open
    title = _one_line(attributes.get("title", "")) or _one_line(attributes.get("text", ""))
    return Outline(
        url=url,
        title=title[:_LONGEST_TEXT],
        home_url=_one_line(attributes.get("htmlurl", "")),
        language=_language(attributes.get("language", "")),
        tags=tuple(dict.fromkeys(filter(None, _tags(element, attributes))))[:_MOST_TAGS],
        line=line or 0,
    )


def _tags(element: etree._Element, attributes: Mapping[str, str]) -> Iterator[str]:
    """The folders an outline lies in, outermost first, then its categories (`/a/b,c`)."""
    for folder in reversed(list(element.iterancestors())):
        if _name(folder) == "outline":
            yield _tag(str(folder.get("title") or folder.get("text") or ""))
    for category in attributes.get("category", "").split(","):
        yield _tag(category.rpartition("/")[2])


def _tag(text: str) -> str:
    return "-".join(_one_line(text).lower().split())[:64]


def _language(written: str) -> str:
    found = _LANGUAGE.fullmatch(written.strip())
    return found[1].lower() if found else ""


def _name(element: etree._Element) -> str:
    """An element's name without its namespace, lower-case; "" for what is no element."""
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())
