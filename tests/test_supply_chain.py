"""What is installed is what was locked: by hash, new enough, and nothing else is imported."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.reading import ROOT, text

# Where an older version has a weakness that feeds or visitors can reach (docs/security.md).
FLOORS = {
    "aiosmtplib": (5, 1, 3), "brotli": (1, 2), "fastapi": (0, 165), "feedparser": (6, 0, 14),
    "h11": (0, 16), "httpx": (0, 28, 1), "idna": (3, 15), "jinja2": (3, 1, 6), "lxml": (6, 1),
    "nh3": (0, 3, 8), "python-multipart": (0, 0, 34), "starlette": (0, 49, 1),
    "urllib3": (2, 8),
}  # fmt: skip
_ENTRY = re.compile(r"^([\w.-]+)==([\w.]+)((?: ;[^\\\n]*)?(?:\s*\\\n +--hash=\S+)*)", re.M)


def locked(name: str) -> dict[str, tuple[str, str]]:
    """What a lock file holds: version and the rest of the entry, by name."""
    return {each[0]: (each[1], each[2]) for each in _ENTRY.findall(text(name))}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_entry_of_a_lock_has_a_hash_and_no_address(name: str) -> None:
    entries = locked(name)
    assert len(entries) > 30
    assert [each for each, (_, rest) in entries.items() if "--hash=sha256:" not in rest] == []
    plain = [
        line
        for line in text(name).splitlines()
        if not re.fullmatch(
            r"[\w.-]+==[\w.]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*|", line
        )
    ]
    assert plain == []


def test_no_locked_version_is_older_than_its_last_known_weakness() -> None:
    entries = locked("requirements.lock")
    assert "h11" in entries
    for name, floor in FLOORS.items():
        if name in entries:
            version = tuple(int(part) for part in re.findall(r"\d+", entries[name][0]))
            assert version >= floor, name


def test_nothing_is_imported_that_is_not_locked() -> None:
    entries = {each.lower().replace("_", "-") for each in locked("requirements.lock")}
    provided = packages_distributions()
    ours = {"pipeline", "db"}
    unlocked = set()
    for path in [*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "db").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - ours:
                # `backports` is shared by several distributions; its record names a dot, not a dash.
                if top in sys.stdlib_module_names:
                    continue
                makers = {re.sub(r"[._]", "-", each.lower()) for each in provided.get(top, [top])}

                if not makers & entries:
                    unlocked.add(f"{path.relative_to(ROOT)}: {top}")
    assert unlocked == set()


# Other interpreters: a shell, the language itself, pickles. What is not called cannot be misled.
FORBIDDEN = {
    "eval", "exec", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads",
    "yaml.load", "yaml.unsafe_load", "subprocess.getoutput",
}  # fmt: skip
# Between us and the process of ours that parses; and a class built of its fields' names.
KNOWN_CALLS = {
    ("pipeline/document.py", "marshal.loads"), ("pipeline/isolated.py", "pickle.loads"),
    ("pipeline/model/building.py", "exec"),
}  # fmt: skip


def test_nothing_hands_text_to_a_shell_or_to_an_interpreter() -> None:
    found = set()
    for path in [*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "db").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in FORBIDDEN or any(word.arg == "shell" for word in node.keywords):
                    found.add((str(path.relative_to(ROOT)), called))
    assert found == KNOWN_CALLS


# Names that are no constants, and stand for words of our own schema all the same.
OUR_WORDS = {
    ("queued_jobs.py", "wanted"), ("queued_jobs.py", "'job.id = :id'"), ("queued_jobs.py", "table"),
    ("stories/keys.py", "keys"),
}  # fmt: skip


def test_no_sql_is_put_together_from_what_others_wrote() -> None:
    """`text()` is given a constant, or one with our own constants in it; values are parameters."""
    put_in = set()
    for path in (ROOT / "db").rglob("*.py"):
        name = str(path.relative_to(ROOT / "db"))
        if name.startswith("migrations/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="text"), args=[ast.JoinedStr(values=parts), *_]):
                    put_in |= {
                        (name, ast.unparse(part.value))
                        for part in parts
                        if isinstance(part, ast.FormattedValue)
                    }
                case ast.Call(func=ast.Name(id="text"), args=[ast.Call() as formed, *_]):
                    put_in |= {(name, ast.unparse(word.value)) for word in formed.keywords}
                case ast.Call(func=ast.Name(id="text"), args=[given, *_]):
                    assert isinstance(given, ast.Constant), (name, ast.unparse(given))
    assert {each for each in put_in if not each[1].strip("_").isupper()} == OUR_WORDS
