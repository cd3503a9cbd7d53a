"""The lines between `---` and `---` at the top of a background file.

    title: Instability in Mali
    conflict: mali
    updated: 2026-11-22
    sources:
      - Where the facts come from, one line each

A value in double quotes is a JSON string, which is how a value with a line break or a leading
space is written; the whole stays YAML that other tools can read.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.errors import BackgroundError, Fault
from pipeline.model import Background, Caption

_SINGLE = ("title", "conflict", "updated")
_LISTS = ("site", "sources", "captions")
_KEY = re.compile(r"([^\s:#-][^\s:]*):[ \t]*(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)|[ \t]+(?P<credit>credit:.*)")
_CAPTION_PART = re.compile(r"(text|credit):[ \t]*(.*)")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """One value as written, and the line of the file it stands in."""

    line: int
    text: str

    @property
    def where(self) -> str:
        return f"line {self.line}"


def read_front_matter(lines: Sequence[str]) -> Background:
    """Read the lines between the two `---` into a Background without sections.

    `lines` starts with the file's second line. Raises BackgroundError with every fault found, a
    line each: unknown, repeated or missing keys, values that cannot be read.
    """
    faults: list[Fault] = []
    values = _values(lines, faults)
    captions = _captions(values.get("captions", []), faults)
    single = {key: _decoded(values[key][0], faults) for key in _SINGLE if values.get(key)}
    lists = {
        key: tuple(_decoded(value, faults) for value in values.get(key, [])) for key in _LISTS[:2]
    }
    if not single.get("title"):
        faults.append(Fault(where="front matter", what="no title", fix="add a line “title: …”"))
    if "conflict" in single and not _SLUG.fullmatch(single["conflict"]):
        faults.append(
            Fault(
                where=values["conflict"][0].where,
                what=f"“{single['conflict']}” is not the slug of a conflict",
                fix="lower-case letters, digits and hyphens, as in sources.yaml",
            )
        )
    updated_on = _date(values["updated"][0], faults) if values.get("updated") else None
    if faults:
        raise BackgroundError("\n".join(map(str, faults)))
    return Background(
        title=single["title"],
        conflict=single.get("conflict", ""),
        updated_on=updated_on,
        site="\n".join(lists["site"]),
        sources=lists["sources"],
        captions=captions,
        sections=(),
    )


def write_front_matter(background: Background) -> str:
    """Write everything of a Background but its sections, between two lines of `---`."""
    return "".join(f"{line}\n" for line in ("---", *_written_lines(background), "---"))


def _written_lines(background: Background) -> Iterator[str]:
    yield f"title: {_written(background.title)}"
    if background.conflict:
        yield f"conflict: {background.conflict}"
    if background.updated_on:
        yield f"updated: {background.updated_on.isoformat()}"
    if background.site:
        yield "site:"
        yield from (f"  - {_written(line)}" for line in background.site.split("\n"))
    if background.sources:
        yield "sources:"
        yield from (f"  - {_written(source)}" for source in background.sources)
    if background.captions:
        yield "captions:"
    for caption in background.captions:
        yield f"  - text: {_written(caption.text)}"
        yield f"    credit: {_written(caption.credit)}"


def _written(value: str) -> str:
    plain = (
        value.isprintable()
        and value[:1].isalnum()
        and not value.endswith((" ", ":"))
        and ": " not in value
        and " #" not in value
    )
    return value if plain else json.dumps(value, ensure_ascii=False)


def _values(lines: Sequence[str], faults: list[Fault]) -> dict[str, list[_Value]]:
    """Sort lines under their keys: one value for a single key, one an item for a list."""
    values: dict[str, list[_Value]] = {}
    current = ""
    for number, line in enumerate(lines, start=2):
        where = f"line {number}"
        if not line.strip():
            continue
        if match := _KEY.fullmatch(line):
            current = match[1]
            fault = _key_fault(current, match[2], values)
            if fault:
                faults.append(Fault(where=where, what=fault[0], fix=fault[1]))
            is_value = current in _SINGLE and match[2]
            values.setdefault(current, [_Value(line=number, text=match[2])] if is_value else [])
        elif current and current not in _SINGLE and (match := _ITEM.fullmatch(line)):
            values[current].append(_Value(line=number, text=match["credit"] or match[1]))
        else:
            faults.append(
                Fault(where=where, what=f"cannot read “{line.strip()}”", fix="write “key: value”")
            )
    return values


def _key_fault(key: str, rest: str, values: dict[str, list[_Value]]) -> tuple[str, str] | None:
    if key not in _SINGLE and key not in _LISTS:
        return f"unknown key “{key}”", f"known are {', '.join((*_SINGLE, *_LISTS))}"
    if key in values:
        return f"“{key}” stands here twice", "keep one"
    if key in _LISTS and rest:
        return f"“{key}” is a list", "write its items on the lines below, each after “  - ”"
    return None


def _decoded(value: _Value, faults: list[Fault]) -> str:
    text = value.text.strip(" \t")
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        faults.append(
            Fault(
                where=value.where,
                what="the quotation marks do not close, or hold a lone backslash",
                fix='write "…" with \\" and \\\\ inside, or leave the quotation marks out',
            )
        )
        return ""


def _date(value: _Value, faults: list[Fault]) -> date | None:
    text = _decoded(value, faults)
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    faults.append(
        Fault(where=value.where, what=f"“{text}” is no date", fix="write it like 2022-05-12")
    )
    return None


def _captions(values: Sequence[_Value], faults: list[Fault]) -> tuple[Caption, ...]:
    """Pair the `text` and `credit` lines; a credit belongs to the text right above it."""
    captions: list[Caption] = []
    may_credit = False
    for value in values:
        match = _CAPTION_PART.fullmatch(value.text)
        if match is None or (match[1] == "credit" and not may_credit):
            faults.append(
                Fault(
                    where=value.where,
                    what="this is not a caption",
                    fix="write “  - text: …” and below it “    credit: …”",
                )
            )
            continue
        part = _decoded(_Value(line=value.line, text=match[2]), faults)
        may_credit = match[1] == "text"
        if may_credit:
            captions.append(Caption(text=part, credit=""))
        else:
            captions[-1] = Caption(text=captions[-1].text, credit=part)
    return tuple(captions)
