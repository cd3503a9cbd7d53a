"""`try` and `evaluate`: what the tester says is what the pipeline does."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ATTACK, JUNTA, MARKET, Shell


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def tried(shell: Shell, *rows: dict[str, Any]) -> list[Any]:
    """What `try --jsonl -` prints, one value a line."""
    out = shell.run("try", "--jsonl", "-", stdin=lines(*rows)).out
    return [json.loads(line) for line in out.splitlines()]


def test_a_headline_is_explained_word_by_word(shell: Shell) -> None:
    told = shell.run("try", ATTACK).out
    assert told.startswith("mali: score ")
    assert "place     title: Mali  [Mali]" in told
    assert "subject   title: attacked  [attack*]" in told


def test_a_headline_that_matches_nothing_says_so_and_a_near_miss_says_why(shell: Shell) -> None:
    assert shell.run("try", MARKET).out == "No conflict matches.\n"
    told = shell.run("try", "Mali opens a new bridge").out
    assert told.startswith("No conflict matches.\nmali: no match, ")
    assert "place     title: Mali" in told


def test_what_keeps_a_keyword_from_counting_is_shown(shell: Shell) -> None:
    text = shell.sources.read_text(encoding="utf-8")
    text = text.replace("[Mali,", "[{term: Mali, unless_near: [beach], within: 3},")
    shell.sources.write_text(text.replace("junta, هجوم]", "junta], exclude: [football]"))
    told = shell.run("try", "Shark attack off Mali beach hotel").out
    assert "not used  title: Mali  [Mali]" in told
    assert "excluded  title: football" in shell.run("try", "JNIM attack on football in Mali").out


def test_an_article_as_json_tells_conflict_score_and_hits(shell: Shell) -> None:
    found = shell.json("try", "Calm day", "--summary", "JNIM in Mali", "--lang", "en")
    (match,) = found["matches"]
    assert match["conflict"] == "mali"
    (hit,) = match["hits"][:1]
    assert (hit["term"], hit["kind"], hit["field"], hit["text"]) == (
        "JNIM", "decisive", "summary", "JNIM",
    )  # fmt: skip


AWKWARD = [
    {"id": "accents", "title": "Le Mali\u00a0: JNIM revendique l’attaque de Ménaka à Kidal"},
    {"id": "composed", "title": "Me\u0301naka, Mali: JNIM", "summary": "e\u0301e\u0301 JNIM"},
    {"id": "arabic", "title": "هجوم جديد في مالي", "summary": "وقع هجوم بمالي", "lang": "ar"},
    {"id": "emoji", "title": "🔥🔥 Attack 👩🏽‍🚒 in Mali 🇲🇱", "summary": "😀 JNIM 😀"},
    {"id": "spaces", "title": "\u00a0\u2009Attack\u00a0in\u202fMali\u00ad"},
    {"id": "soft", "title": "At\u00adtack in Ma\u00adli, Ki\u00addal’s JNIM"},
    {"id": "wide", "title": "Ｍａｌｉ ａｔｔａｃｋ ﬁre JNIM"},
    {"id": "marks", "title": '[bold]JNIM[/bold] :fire: <b>attack</b> in Mali &amp; \\u004d "x"'},
    {"id": "half \udc00", "title": "JNIM \ud83d attack"},
]


@pytest.mark.parametrize("row", AWKWARD, ids=lambda row: row["id"])
def test_every_hit_names_its_exact_place_in_the_text_as_given(
    shell: Shell, row: dict[str, str]
) -> None:
    typed = json.dumps(row) + "\n"
    (found,) = map(json.loads, shell.run("try", "--jsonl", "-", stdin=typed).out.splitlines())
    assert list(found) == ["id", "matches"]
    assert found["id"] == row["id"]
    (match,) = found["matches"]
    assert list(match) == ["conflict", "score", "hits"]
    assert match["conflict"] == "mali"
    for hit in match["hits"]:
        assert set(hit) == {"term", "kind", "field", "start", "end", "text"}
        assert row[hit["field"]][hit["start"] : hit["end"]] == hit["text"]
        assert hit["text"]


def test_every_line_has_its_answer_in_order_and_empty_lines_have_none(shell: Shell) -> None:
    typed = f'{{"id": 7, "title": "{ATTACK}"}}\n\n{{"title": null}}\r\n{{"id": "x"}}\n'
    found = [
        json.loads(line) for line in shell.run("try", "--jsonl", "-", stdin=typed).out.splitlines()
    ]
    assert [each["id"] for each in found] == [7, None, "x"]
    assert [bool(each["matches"]) for each in found] == [True, False, False]


def test_lines_may_come_from_a_file_with_a_byte_order_mark(shell: Shell) -> None:
    file = shell.folder / "tried.jsonl"
    file.write_text(lines({"id": 1, "title": JUNTA}), encoding="utf-8-sig")
    answer = json.loads(shell.run("try", "--jsonl", str(file)).out)
    assert answer["matches"][0]["conflict"] == "niger"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "standard input:2: not JSON"),
        (b"[1]", "standard input:2: not an object such as"),
        (b'{"title": 5}', "standard input:2: title is not text"),
        (b'{"title": "caf\xe9"}', "standard input:2: not UTF-8"),
        (b"[" * 100_000, "standard input:2: not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_those_before_are_answered(
    shell: Shell, line: bytes, why: str
) -> None:
    typed = b'{"id": 1}\n' + line + b"\n"
    failed = shell.run("try", "--jsonl", "-", stdin=typed, status=1)
    assert failed.out == '{"id": 1, "matches": []}\n'
    assert failed.err.startswith("error: ")
    assert why in failed.err


def test_a_file_that_is_not_there_is_named_once(shell: Shell) -> None:
    for command in (("try", "--jsonl", "gone.jsonl"), ("evaluate", "gone.jsonl")):
        told = shell.run(*command, status=1).err
        assert told == "error: gone.jsonl cannot be read: No such file or directory\n"


def test_neither_or_both_of_headline_and_file_is_a_usage_error(shell: Shell) -> None:
    assert "give a headline in quotes" in shell.run("try", status=2).err
    assert "give a headline" in shell.run("try", "x", "--jsonl", "-", status=2).err


def test_trying_needs_no_database_and_makes_none(empty_shell: Shell) -> None:
    assert "mali: score" in empty_shell.run("try", ATTACK).out
    assert not (empty_shell.folder / "var").exists()


def test_wrong_keywords_are_refused_with_every_fault(shell: Shell) -> None:
    text = shell.sources.read_text(encoding="utf-8")
    shell.sources.write_text(text.replace("JNIM", '"@nowhere"').replace("Niamey", "''"))
    failed = shell.run("try", ATTACK, status=2)
    assert failed.err.count("error: sources.yaml:") == 2


LABELLED = (
    {"title": ATTACK, "labels": ["mali"]},
    {"title": "Army advances on Kidal", "labels": ["mali"]},
    {"title": "JNIM statement on Sudan", "labels": ["sudan"]},
    {"title": "Junta in Mali talks", "labels": [], "grey": ["mali"]},
    {"title": JUNTA, "labels": ["niger"]},
)


@pytest.fixture
def labelled(shell: Shell) -> Path:
    file = shell.folder / "labelled.jsonl"
    file.write_text(lines(*LABELLED), encoding="utf-8")
    return file


def test_evaluation_measures_each_conflict_against_the_labels(shell: Shell, labelled: Path) -> None:
    found = shell.json("evaluate", str(labelled))
    assert found["articles"] == 5
    assert found["unknown_labels"] == {"sudan": 1}
    mali = found["conflicts"]["mali"]
    assert (mali["precision"], mali["recall"], mali["f1"]) == (0.5, 0.5, 0.5)
    assert [term["term"] for term in mali["worst_terms"]] == ["JNIM"]
    assert mali["best_terms"]
    assert found["conflicts"]["niger"]["f1"] == 1.0


def test_evaluation_as_a_table_names_worst_terms_and_unknown_labels(
    shell: Shell, labelled: Path
) -> None:
    told = shell.run("evaluate", str(labelled)).out
    assert "JNIM (1)" in told
    assert "5 articles; mean F1 0.750." in told
    assert "Labels that name no conflict here: sudan (1)." in told


def test_a_conflict_without_any_article_has_no_figures(shell: Shell) -> None:
    told = shell.run("evaluate", "-", stdin=lines({"title": ATTACK, "labels": ["mali"]})).out
    assert "-" in next(line for line in told.splitlines() if "niger" in line)
    assert "Labels that name no conflict" not in told


@pytest.mark.parametrize("row", [{"title": ATTACK}, {"labels": "mali"}, {"labels": [], "grey": 1}])
def test_an_article_without_labels_is_named(shell: Shell, row: dict[str, Any]) -> None:
    told = shell.run("evaluate", "-", stdin=lines(row), status=1).err
    assert "error: standard input:1: `labels` (and `grey`) must be lists of slugs" in told


def test_verdicts_are_measured_without_a_file(filled: Shell) -> None:
    assert "Nobody has decided a match yet" in filled.run("evaluate", "--verdicts").out
    filled.run("review", "approve", "1", "--editor", "Awa")

    shown = filled.run("evaluate", "--verdicts").out
    assert "100%" in shown
    mali = next(
        each for each in filled.json("evaluate", "--verdicts") if each["conflict"] == "mali"
    )
    assert (mali["precision"]["right"], mali["precision"]["wrong"]) == (1, 0)


def test_evaluate_wants_a_file_or_the_verdicts_not_both(shell: Shell) -> None:
    shell.run("evaluate", status=2)
    shell.run("evaluate", "articles.jsonl", "--verdicts", status=2)
