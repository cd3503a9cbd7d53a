"""Matching keywords: articles a second, beside other engines with the same keywords.

Every engine looks for whole words in title and summary, in a process of its own. The regular
expression only says whether anything is there, FlashText and spaCy where; Dateline's matcher also
folds accents and quotes, says under which rule, and whether the rule holds.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import made_with
from benchmarks.figures import beside, give, name_version
from benchmarks.table import machine, show

_SIZES = (100, 1_000, 10_000, 100_000)
_PEERS = {"flashtext": "flashtext==2.7", "spacy": "spacy==3.8.*"}
_NAMES = {
    "dateline": "Dateline",
    "expression": "regular expression",
    "flashtext": "FlashText",
    "spacy": "spaCy",
}
_LETTERS = "abcdefghiklmnoprstuvz"
_ONE_IN = 20  # so many articles hold a keyword
_CHECKED = 200
_HERE = Path(__file__).parent


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks match", description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="leave out larger rules")
    parser.add_argument(
        "--no-peers", dest="peers", action="store_const", const=(), help="needs no network"
    )
    parser.add_argument(
        "--peer", dest="peers", action="append", choices=_PEERS, help="beside this one; else all"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        peers = tuple(_PEERS) if options.peers is None else options.peers
        pythons = _pythons(Path(folder), peers)
        rows: list[tuple[str, ...]] = []
        for size in [size for size in _SIZES if size <= options.most]:
            rows += _measure(Path(folder), pythons, size, options.articles)
    print(f"{options.articles:,} articles of about 45 words; {machine()}")
    heads = "keywords|engine|articles/CPU s|MB/CPU s|Dateline is|compile s|memory MB"
    show("Matching", heads.split("|"), rows)
    return 0


def _pythons(folder: Path, peers: Sequence[str]) -> Mapping[str, str]:
    """Name the Python that runs each engine; one that cannot be installed is left out."""
    found = {"dateline": sys.executable, "expression": sys.executable}
    for name in peers:
        python = made_with(folder / name, _PEERS[name])
        if python is not None:
            found[name] = str(python)
            name_version(_NAMES[name], _PEERS[name].partition("==")[2])
    return found


def _measure(
    folder: Path, pythons: Mapping[str, str], size: int, count: int
) -> Iterator[tuple[str, ...]]:
    keywords = _keywords(size)
    articles = _articles(count, keywords)
    task = folder / "task.json"
    task.write_text(
        json.dumps({"keywords": keywords, "articles": articles, "checked": _CHECKED}),
        encoding="utf-8",
    )
    results = {name: _run(python, name, task) for name, python in pythons.items()}
    ours = results["dateline"]
    weight = sum(len(title) + len(summary) for title, summary in articles) / count / 1e6
    for name, result in results.items():
        assert result["found"] == ours["found"], f"{name} finds something else"
        if name != "dateline" and size >= 1_000:
            give(
                beside(
                    f"matching with {size:,} keywords",
                    _NAMES[name],
                    values=(_rate(ours), _rate(result)),
                    times=ours["rate"] / result["rate"],
                    least=1,
                )
            )
        yield (
            f"{size:,}",
            _NAMES[name],
            f"{result['rate']:,.0f}",
            f"{result['rate'] * weight:.1f}",
            "" if name == "dateline" else f"{ours['rate'] / result['rate']:.1f} ×",
            f"{result['compile']:.2f}",
            f"{result['memory']:.0f}",
        )


def _rate(result: Mapping[str, Any]) -> str:
    return f"{result['rate']:,.0f} articles/CPU s"


def _run(python: str, engine: str, task: Path) -> dict[str, Any]:
    ours = python == sys.executable
    program = ["-m", "benchmarks.engines"] if ours else [str(_HERE / "engines.py")]
    done = subprocess.run(
        [python, *program, engine, str(task)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{engine} failed: {done.stderr.strip()}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _keywords(size: int) -> list[str]:
    dice = random.Random(size)
    words: dict[str, None] = {}
    while len(words) < size:
        length = 1 if dice.random() < 0.7 else 2
        words[" ".join("".join(dice.choices(_LETTERS, k=7)) for _ in range(length))] = None
    return list(words)


def _articles(count: int, keywords: Sequence[str]) -> list[tuple[str, str]]:
    dice = random.Random(count)
    common = ["".join(dice.choices(_LETTERS, k=dice.randint(2, 9))) for _ in range(3_000)]
    texts = []
    for number in range(count):
        title, summary = dice.choices(common, k=9), dice.choices(common, k=36)
        if number % _ONE_IN == 0:
            title[4] = dice.choice(keywords)
        summary[10] += ","
        texts.append((" ".join(title).title(), " ".join(summary) + "."))
    return texts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
