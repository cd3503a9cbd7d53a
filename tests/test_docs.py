"""The documentation says what the code says: settings, commands, failures, libraries, links."""

import ast
import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.settings import PREFIX, Settings
from pipeline.stages.extract import Lack
from tests.reading import ROOT, blocks, files, pages, text

OPERATIONS = text("docs/operations.md")
PYPROJECT = tomllib.loads(text("pyproject.toml"))
WORDS = (
    "publisher", "feed", "fetch", "entry", "article", "story", "conflict", "background",
    "keywords", "term", "hit", "match", "review", "editor", "desk", "digest", "item", "lease",
    "stage", "work", "door",
)  # fmt: skip
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Put together here, so that this file itself holds none of them.
_REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "proxy.golang" + ".org")
_MACHINE = re.compile(r"(?<![\w.\-/}])/(?:root|work|home/\w+|Users/\w+|tmp/w)/\w")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_documented_with_its_default(name: str):
    default = Settings.model_fields[name].default
    shown = f"`{default}`" if default not in ("", ()) else "(empty)"
    assert f"| `{PREFIX}{name.upper()}` | {shown} |" in OPERATIONS


def test_no_setting_is_documented_that_does_not_exist():
    exist = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for path in [*pages(), ROOT / "Dockerfile", ROOT / "compose.yaml"]:
        named = set(re.findall(rf"{PREFIX}[A-Z_]+", path.read_text(encoding="utf-8")))
        assert named <= exist, path.name


def failure_kinds() -> set[str]:
    """Every kind of failure that the code gives a feed, read from its source."""
    kinds = set()
    rooms = [
        *(ROOT / "pipeline/fetch").glob("*.py"),
        *(ROOT / "pipeline/stages/parse").glob("*.py"),
    ]
    for path in [*rooms, ROOT / "pipeline/isolate.py", ROOT / "pipeline/ingest.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="FetchError" | "ParseError" | "FeedError"),
                    args=[ast.Constant(value=str(kind)), *_],
                ):
                    kinds.add(kind)
                case ast.Assign(
                    targets=[ast.Tuple(elts=[ast.Name(id="kind"), *_])],
                    value=ast.Tuple(elts=[ast.Constant(value=str(kind)), *_]),
                ):
                    kinds.add(kind)
    return kinds


def test_each_kind_of_failure_is_explained():
    kinds = failure_kinds()
    assert {"timeout", "tls_expired", "html", "parser_crashed", "internal"} <= kinds
    table = OPERATIONS.partition("## When a feed fails")[2].partition("\n## ")[0]
    explained = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row[:120])}
    assert kinds - explained == set()


def test_each_reason_why_a_page_was_not_read_is_explained():
    table = OPERATIONS.partition("## Full text")[2].partition("\n## ")[0]
    explained = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row[:120])}
    source = text("pipeline/read_pages.py") + text("db/pages.py")
    own = set(
        re.findall(r'(?:FeedError\(\s*|_attempts, |MOST_ATTEMPTS, |\(old\), )"(\w+)"', source)
    )
    assert {"robots", "robots_unreachable", "too_old", "crashed"} <= own
    assert (own | set(Lack)) - explained == set()


def test_each_metric_is_explained():
    names = set(re.findall(r'"(dateline_\w+)"', text("pipeline/web/health.py")))
    assert len(names) > 5
    for name in names:
        assert f"`{name}" in OPERATIONS


def test_each_layer_stands_where_the_architecture_shows_it():
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    shown = blocks(text("docs/architecture.md"), "text")[0].splitlines()
    row_of = {
        room: number
        for number, row in enumerate(shown)
        for room in re.split(r" · ", re.split(r"\s{2,}", row)[0])
    }
    last = -1
    for layer in layers:
        rows = [row_of[room.strip().removeprefix("pipeline.")] for room in layer.split("|")]
        assert min(rows) > last, layer
        last = max(rows)


def test_each_runtime_dependency_has_its_reason():
    listed = text("docs/decisions/0012-libraries.md")
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(each for extra in extras for each in extra)]
    wanted = {re.split(r"[\[<>=; ]", requirement)[0] for requirement in required}
    for name in sorted(wanted):
        assert f"| `{name}` |" in listed, name
    assert listed.count("\n| `") == len(wanted)


def test_each_word_of_the_glossary_is_there():
    glossary = text("docs/glossary.md")
    for word in WORDS:
        assert f"**{word}**" in glossary, word


def test_each_decision_is_listed_and_says_what_was_given_up():
    index = text("docs/decisions/README.md")
    decisions = sorted((ROOT / "docs/decisions").glob("0*.md"))
    assert [path.name[:4] for path in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        page = path.read_text(encoding="utf-8")
        title = page.splitlines()[0].removeprefix(f"# {path.name[:4]}. ")
        assert f"| [{path.name[:4]}]({path.name}) | {title} |" in index
        for part in ("**Context.**", "**Decision.**", "**What we gave up.**"):
            assert part in page, path.name


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links write them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path):
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_nothing_names_this_machine_or_a_registry():
    for path in files():
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        assert not _MACHINE.search(content), path
        assert not any(host in content for host in _REGISTRIES), path


def test_the_licence_is_whole():
    # The text as the foundation publishes it, appendix included; a cut or edited one differs.
    assert (
        sha256((ROOT / "LICENSE").read_bytes()).hexdigest().startswith("c71d239df91726fc519c6eb7")
    )
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache-2.0" in text("README.md")


def test_each_test_that_these_pages_name_exists():
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    exist = {name for source in sources for name in re.findall(r"def (test_\w+)", source)}
    for page in ("docs/security.md", "docs/asvs.md", "docs/reliability.md"):
        named = set(re.findall(r"`(test_\w+)`", text(page)))
        assert len(named) > 50
        assert named - exist == set()


# How many requirements ASVS 5.0.0 has at levels 1 and 2, by chapter.
ASVS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9,
        13: 13, 14: 9, 15: 13, 16: 16, 17: 7}  # fmt: skip


def test_each_requirement_of_the_standard_has_its_answer():
    rows = re.findall(
        r"^\| ([\d., ]+) \| (\d) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", text("docs/asvs.md"), re.M
    )
    numbers = [number for row in rows for number in row[0].split(", ")]
    assert len(numbers) == len(set(numbers)) == 253
    chapters = [int(number.partition(".")[0]) for number in numbers]
    assert {chapter: chapters.count(chapter) for chapter in ASVS} == ASVS
    assert [row[0] for row in rows if row[2] == "yes" and "`test_" not in row[4]] == []
    assert [row[0] for row in rows if not row[3].strip()] == []
    figures = {}
    for level in "12":
        met = [row[2] for row in rows if row[1] == level for _ in row[0].split(", ")]
        figures[level] = met.count("yes"), len(met) - met.count("does not apply")
    (one, of_one), (two, of_two) = figures["1"], figures["2"]
    assert (
        f"{one} of {of_one} requirements that apply are met; of level 2, {two} of {of_two}."
        in text("docs/asvs.md")
    )
    assert one == of_one
    assert two >= 0.9 * of_two
