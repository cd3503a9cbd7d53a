"""`backtest` and `rematch` from the shell: what keywords would change, and changing it."""

from pathlib import Path

from tests.cli.conftest import ATTACK, JUNTA, MARKET, Shell


def other(shell: Shell, old: str, new: str) -> Path:
    """A second file, the same but for one text."""
    path = shell.folder / "other.yaml"
    text = shell.sources.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_backtest_says_what_is_gained_lost_and_kept_by_verdict(filled: Shell) -> None:
    filled.run("review", "approve", "1")
    other(filled, "places: [Mali, Kidal,", "places: [coast,")
    told = filled.run("backtest", "other.yaml").out
    assert "mali: would gain 0; would lose 1 approved; keeps 0." in told
    assert f"  Sahel Wire  {ATTACK} [approved]  (attacked, Kidal, Mali)" in told
    assert "The same keywords: niger." in told
    assert told.endswith("3 stored articles compared; nothing was changed.\n")


def test_a_backtest_as_json_has_the_articles_with_their_hits(filled: Shell) -> None:
    other(filled, "places: [Niger, Niamey], subjects: [", "places: [coast], subjects: [market, ")
    found = filled.json("backtest", "other.yaml")
    assert found["articles"] == 3
    assert found["unchanged"] == ["mali"]
    [niger] = found["conflicts"]
    assert niger["gained"] == {
        "total": 1, "approved": 0, "rejected": 0, "pending": 0, "withdrawn": 0, "none": 1,
    }  # fmt: skip
    assert niger["lost"]["pending"] == 1
    assert niger["kept"]["total"] == 0
    [gained], [lost] = niger["gained_articles"], niger["lost_articles"]
    assert (gained["title"], gained["status"], lost["title"]) == (MARKET, "none", JUNTA)
    assert [hit["text"] for hit in gained["hits"]] == ["coast", "market"]
    assert (
        filled.json("backtest", "other.yaml", "--limit", "0")["conflicts"][0]["gained_articles"]
        == []
    )


def test_a_backtest_can_be_of_one_conflict(filled: Shell) -> None:
    other(filled, "subjects: [attack*, junta", "subjects: [attack*, junta, army")
    assert "The keywords are the same." not in filled.run("backtest", "other.yaml").out
    niger = filled.json("backtest", "other.yaml", "--conflict", "niger")
    assert [each["conflict"] for each in niger["conflicts"]] == ["niger"]
    wrong = filled.run("backtest", "other.yaml", "--conflict", "nigr", status=2)
    assert "did you mean niger?" in wrong.err
    wrong = filled.run("backtest", "other.yaml", "--conflict", "atlantis", status=2)
    assert "there are: mali, niger" in wrong.err


def test_the_same_keywords_change_nothing(filled: Shell) -> None:
    told = filled.run("backtest", "sources.yaml").out
    assert told.startswith("The keywords are the same.\n")


def test_a_backtest_with_a_faulty_file_is_refused(filled: Shell) -> None:
    other(filled, "subjects: [attack*, junta", "subjects: [att*ack, junta")
    assert "other.yaml:9: att*ack" in filled.run("backtest", "other.yaml", status=2).err


def withdrawing(shell: Shell) -> None:
    """Edit the keywords so that one pending match is no longer found."""
    text = shell.sources.read_text(encoding="utf-8")
    shell.sources.write_text(text.replace("Niger, Niamey", "Zinder"), encoding="utf-8")


def test_a_dry_run_counts_and_changes_nothing(filled: Shell) -> None:
    withdrawing(filled)
    told = filled.run("rematch", "--dry-run").out
    assert told == "Would change of 3 articles: 0 new matches, 1 withdrawn, 0 returned.\n"
    assert set(filled.statuses().values()) == {"pending"}
    told = filled.run("rematch").out
    assert told == "3 articles matched again, 0 new matches. 1 withdrawn, 0 returned.\n"


def test_at_a_terminal_it_counts_and_asks_first(filled: Shell) -> None:
    filled.run("review", "approve", "2")
    withdrawing(filled)
    text = filled.sources.read_text(encoding="utf-8")
    filled.sources.write_text(text.replace("[Mali, Kidal,", "[Gossi,"), encoding="utf-8")
    told = filled.type("rematch", answers=["n"], hidden=False)
    assert "0 new matches, 1 withdrawn, 0 returned; 1 approved ones are no longer found" in told
    assert set(filled.statuses().values()) == {"pending", "approved"}
    assert "matched again" in filled.type("rematch", answers=["y"], hidden=False)
    assert set(filled.statuses().values()) == {"withdrawn", "approved"}
    assert "Change these matches?" not in filled.type("rematch", "--yes")
