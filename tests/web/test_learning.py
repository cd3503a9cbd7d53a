"""The pages on precision and the blind sample."""

import pytest

from db import articles
from pipeline import sample
from tests.making import an_article
from tests.web.conftest import FEED, NOW, Browser, Place


@pytest.fixture
def drawn(place: Place) -> Place:
    """An unmatched article that was drawn."""
    with place.database.transaction() as connection:
        articles.add(connection, [an_article("<b>Calm</b> on the river & its banks")], FEED, NOW)
    sample.draw(place.database, NOW)
    return place


def test_the_sample_shows_one_article_as_text(drawn: Place, editor: Browser) -> None:
    page = editor.get("/desk/sample").text
    assert "&lt;b&gt;Calm&lt;/b&gt; on the river &amp; its banks" in page
    assert "<strong>1</strong> to judge" in page


def test_a_verdict_publishes_and_goes_on_to_the_next(drawn: Place, editor: Browser) -> None:
    token = editor.token_on("/desk/sample")
    answer = editor.post(
        "/desk/sample/verdict", data={"csrf": token, "article": "1", "conflict": "mali"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sample")
    assert drawn.changes == ["changed"]
    assert "Nothing to judge just now" in editor.get("/desk/sample").text


def test_none_of_them_publishes_nothing(drawn: Place, editor: Browser) -> None:
    token = editor.token_on("/desk/sample")
    editor.post("/desk/sample/verdict", data={"csrf": token, "article": "1", "conflict": ""})
    assert drawn.changes == []
    assert sample.waiting(drawn.database) == ()


def test_a_second_verdict_is_refused(drawn: Place, editor: Browser) -> None:
    data = {"csrf": editor.token_on("/desk/sample"), "article": "1", "conflict": ""}
    editor.post("/desk/sample/verdict", data=data)
    assert editor.post("/desk/sample/verdict", data=data).status_code == 409


def test_an_unknown_conflict_changes_nothing(drawn: Place, editor: Browser) -> None:
    data = {"csrf": editor.token_on("/desk/sample"), "article": "1", "conflict": "atlantis"}
    assert editor.post("/desk/sample/verdict", data=data).status_code == 400
    assert len(sample.waiting(drawn.database)) == 1


def test_the_precision_page_says_so_before_the_first_verdict(place: Place, editor: Browser) -> None:
    assert "Nobody decided a match of this conflict yet." in editor.get("/desk/precision").text


def test_the_precision_page_counts_verdicts_and_names_noisy_terms(
    place: Place, editor: Browser
) -> None:
    editor.decide("approve", place.store("Fighting in Kidal"))
    editor.decide("reject", place.store("Football in Kidal"))
    page = editor.get("/desk/precision").text
    assert "<strong>50 %</strong>" in page
    assert "2 verdicts" in page
    editor_of_term = "/desk/conflicts/mali/keywords?find=Kidal"
    assert f'<th scope="row"><a href="{editor_of_term}"><bdi>Kidal</bdi></a></th>' in page
