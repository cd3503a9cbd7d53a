"""The page on the keywords' quality says what the labelled files hold, and quotes none of them."""

import json
from pathlib import Path

import pytest

from benchmarks.quality import main

FILES = (
    "wcep_nested", "wcep_flat", "rss_en_annotated", "rss_fr_annotated", "rss_wcep_join",
    "rss_section_negatives", "masakhanews_topics", "fr_background_unjudged",
)  # fmt: skip
RIGHT = {"id": "right", "title": "Soldiers killed in an ambush near Kidal, Mali", "lang": "en",
         "labels": ["mali", "mali-sahel"], "first_after_topic": True}  # fmt: skip
MISSED = {"id": "missed", "title": "A quiet day", "lang": "en", "labels": ["mali", "mali-sahel"]}
GREY = {"id": "grey", "title": "Soldiers killed in an ambush in Mali", "lang": "en",
        "labels": [], "grey": ["mali", "mali-sahel"]}  # fmt: skip


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    for name in FILES:
        rows = (RIGHT, MISSED, GREY) if name == "wcep_nested" else (RIGHT,)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


def test_counts_what_is_found_and_missed_and_leaves_grey_articles_out(
    labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--labelled", str(labelled)])

    page = capsys.readouterr().out
    assert "| wcep_nested: current events, topic lines kept | 2 | 2 | 1.00 | 0.50 | 0.67 |" in page
    assert "| missed | mali | missed | |" in page
    assert "| grey |" not in page


def test_quotes_no_headline(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--labelled", str(labelled)])

    assert "Soldiers killed" not in capsys.readouterr().out


def test_without_labelled_articles_nothing_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"

    assert main(["--labelled", str(tmp_path / "none"), "--write", str(page)]) == 0

    assert not page.exists()
