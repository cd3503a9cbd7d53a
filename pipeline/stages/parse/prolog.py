"""The prolog of an XML document: does it declare entities that blow up?"""

import re

from pipeline.errors import ParseError

_MOST_ENTITIES = 1_000
_MOST_EXPANSION = 1_000_000  # characters that all references together may add
_PROLOG_PART = re.compile(
    r"<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)|<!DOCTYPE|<[A-Za-z_:]", re.DOTALL | re.IGNORECASE
)
_TO_SUBSET = re.compile(r"""(?:"[^"]*"|'[^']*'|[^"'\[>])*\[""")
_SUBSET_PART = re.compile(
    r"""<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)
      | <!ENTITY\s+(?:%\s+)?(?P<name>[^\s"'<>%&;]+)\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')
      | "[^"]*"|'[^']*'|(?P<close>\]\s*>)""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_ROOT = re.compile(r"<\w", re.ASCII)
_SHORT_PROLOG = 1_000
_MOST_STEPS = 50_000_000
_WASTE = re.compile(r"[ \t\n\r\f\v]{50,}")
_REFERENCE = re.compile(r"[&%]([^\s#;&%]+);")


def refuse_entity_bombs(text: str) -> None:
    """Raise `ParseError` ("entity_bomb") where the declared entities would blow the document up.

    Works on decoded text, so that no encoding hides a declaration, and reads only the document
    type, so that an article quoting `<!ENTITY` in its text is let through. Harmless declarations
    (named characters, as many old feeds have) pass.
    """
    entities = _declared_entities(text)
    if not entities:
        return
    if len(entities) > _MOST_ENTITIES:
        raise _bomb(f"it declares {len(entities)} entities")
    sizes: dict[str, int] = {}
    for name in entities:
        _measure(name, entities, sizes)
    used = sum(sizes[name] for name in _REFERENCE.findall(text) if name in sizes)
    if max(sizes.values()) > _MOST_EXPANSION or used > _MOST_EXPANSION:
        raise _bomb("its entities would unfold to more than a million characters")


def lighten_prolog(text: str) -> str:
    """Take out of a prolog what makes feedparser slow and says nothing: whitespace by the thousand.

    feedparser looks for declarations at the beginning of every line, from each to the prolog's end.
    Raises `ParseError` ("entity_bomb") where there are too many for that.
    """
    root = _ROOT.search(text)
    if root is None or root.start() < _SHORT_PROLOG:
        return text
    prolog = _WASTE.sub("\n", text[: root.start()])
    declarations = prolog.count("<!DOCTYPE") + prolog.count("<!ENTITY")
    if declarations * len(prolog) > _MOST_STEPS:
        raise _bomb(f"it makes {declarations} declarations in {len(prolog):,} characters")
    return prolog + text[root.start() :]


def _declared_entities(text: str) -> dict[str, str]:
    """Name and replacement text of every entity declared in the document type."""
    start = _document_type(text)
    entities: dict[str, str] = {}
    if start is None:
        return entities
    for part in _SUBSET_PART.finditer(text, start):
        if part["close"]:
            break
        if part["name"]:
            value = part["double"] if part["double"] is not None else part["single"]
            entities.setdefault(part["name"], value)  # XML: the first declaration binds
    return entities


def _document_type(text: str) -> int | None:
    """Where the document type's internal subset begins, None if there is none."""
    for part in _PROLOG_PART.finditer(text):
        if part[0].upper() == "<!DOCTYPE":
            opening = _TO_SUBSET.match(text, part.end())
            return opening.end() if opening else None
        if not part[0].startswith(("<!--", "<?")):
            return None
    return None


def _measure(name: str, entities: dict[str, str], sizes: dict[str, int]) -> None:
    """Fill in how long an entity gets when all it refers to is filled in; without recursion."""
    waiting = [name]
    open_names: set[str] = set()
    while waiting:
        current = waiting[-1]
        if current in sizes:
            waiting.pop()
            continue
        inner = [found for found in _REFERENCE.findall(entities[current]) if found in entities]
        missing = [found for found in inner if found not in sizes]
        if not missing:
            size = len(entities[current]) + sum(sizes[found] for found in inner)
            sizes[current] = min(size, _MOST_EXPANSION + 1)
            waiting.pop()
        elif current in open_names:
            raise _bomb("its entities refer to each other in a circle")
        else:
            open_names.add(current)
            waiting.extend(missing)


def _bomb(why: str) -> ParseError:
    return ParseError(
        "entity_bomb", f"The document was refused because {why}; no honest feed does that."
    )
