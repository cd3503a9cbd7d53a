"""XML elements, written so that feed validators and feed readers take the text for what it is."""

import re
from collections.abc import Mapping
from html import escape

from lxml import etree

from pipeline.stages.render.plain import inert

XML = "http://www.w3.org/XML/1998/namespace"
LANGUAGE = f"{{{XML}}}lang"
_SPECIAL = re.compile("[&<]")
_AMPERSAND_BEFORE_WORD = re.compile(r"&(?=#?\w)")
_WORD_JOINER = "\u2060"


def add(
    parent: etree._Element, tag: str, text: str = "", attributes: Mapping[str, str] | None = None
) -> etree._Element:
    """Append an element with text and attributes, in the order given.

    A tag without a namespace of its own takes its parent's.
    """
    namespace = etree.QName(parent).namespace
    name = tag if namespace is None or tag.startswith("{") else f"{{{namespace}}}{tag}"
    element = etree.SubElement(parent, name, dict(attributes or {}))
    if text:
        element.text = text
    return element


def add_text_construct(parent: etree._Element, tag: str, text: str) -> None:
    """Append an Atom text construct (RFC 4287 §3.1).

    Text with `<` or `&` is declared as HTML and escaped twice: declared as plain text it would be
    right too, but some readers, and the validator, suspect undeclared markup in it.
    """
    if _SPECIAL.search(text):
        add(parent, tag, escape(text, quote=False), {"type": "html"})
    else:
        add(parent, tag, text, {"type": "text"})


def add_plain(
    parent: etree._Element, tag: str, text: str, attributes: Mapping[str, str] | None = None
) -> None:
    """Append an element that is plain text by contract, but that readers may take for HTML.

    `&` and `<` are written as hexadecimal references, as the RSS Best Practices Profile asks.
    """
    element = add(parent, tag, attributes=attributes)
    harmless = inert(text)
    rest = 0
    last: etree._Element | None = None
    for found in _SPECIAL.finditer(harmless):
        _append(element, last, harmless[rest : found.start()])
        last = etree.Entity(f"#x{ord(found.group()):X}")
        element.append(last)
        rest = found.end()
    _append(element, last, harmless[rest:])


def attribute_text(text: str) -> str:
    """Give text for an attribute, where a reference cannot be spelled and must not be suspected."""
    return _AMPERSAND_BEFORE_WORD.sub("&" + _WORD_JOINER, inert(text))


def document(root: etree._Element, stylesheet_url: str | None = None) -> bytes:
    """Write the whole document: UTF-8 with a declaration, no byte order mark, a last line feed.

    `stylesheet_url` is for people who open a feed in a browser; feed readers ignore it.
    """
    if stylesheet_url is not None:
        instruction = f'type="text/css" href="{escape(stylesheet_url)}"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", instruction))
    written: bytes = etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return written


def _append(element: etree._Element, last: etree._Element | None, text: str) -> None:
    if last is None:
        element.text = text
    else:
        last.tail = text
