"""Origins: ten outlets that carry one agency's report are one origin."""

from typing import Any

from pipeline.model import Copies, Told
from pipeline.stages.group import count_origins
from tests.making import NOON

TEXTS = [
    "Gunmen ambushed an army convoy near Kidal on Sunday and killed twelve soldiers, it was said.",
    "Twelve men of the Malian army fell into a trap by the northern town, according to residents.",
    "What is known of the attack by which the army lost twelve men is little and comes from phones.",
]


def told(number: int, publisher: str, **more: Any) -> Told:
    values = {"title": f"Report number {number}", "summary": TEXTS[number]} | more
    return Told(article_id=number, publisher=publisher, published_at=NOON, **values)


def origins(*articles: Told) -> int:
    counted = count_origins(articles)
    assert counted.copies == len(articles)
    return counted.origins


def test_different_texts_of_different_outlets_are_as_many_origins() -> None:
    assert origins(told(0, "Sahel Wire"), told(1, "Delta Post"), told(2, "Nile Observer")) == 3


def test_the_same_text_in_several_outlets_is_one_origin() -> None:
    copy = told(0, "Delta Post", title="Another headline here")
    assert origins(told(0, "Sahel Wire"), copy, told(1, "Nile Observer")) == 2


def test_the_same_agency_is_one_origin_however_it_is_credited() -> None:
    assert (
        origins(
            told(0, "Sahel Wire", author="Reuters"),
            told(1, "Delta Post", summary=f"BAMAKO (Reuters) - {TEXTS[1]}"),
            told(2, "Nile Observer", summary=f"Bamako, Reuters – {TEXTS[2]}"),
        )
        == 1
    )


def test_initials_are_an_agency_only_as_a_credit() -> None:
    assert (
        origins(told(0, "Sahel Wire", author="AP"), told(1, "X", summary=f"(AP) {TEXTS[1]}")) == 1
    )
    assert origins(told(0, "Sahel Wire", author="AP"), told(1, "X", summary="The AP said so.")) == 2


def test_an_agency_is_known_in_arabic() -> None:
    assert origins(told(0, "Sahel Wire", author="أ ف ب"), told(1, "Courrier", author="AFP")) == 1


def test_editions_of_one_outlet_are_one_origin() -> None:
    assert origins(told(0, "BBC News"), told(1, "BBC Afrique"), told(2, "BBC")) == 1
    assert origins(told(0, "Africa News"), told(1, "Africa Online")) == 2


def test_origins_meet_through_a_third() -> None:
    middle = told(0, "Delta Post", author="AFP")
    assert origins(told(0, "Sahel Wire"), told(1, "Nile Observer", author="AFP"), middle) == 1


def test_no_articles_have_no_origin() -> None:
    assert count_origins([]) == Copies(copies=0, origins=0)
