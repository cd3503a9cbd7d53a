"""Headlines that fooled keyword rules elsewhere, each with what an editor would say."""

import pytest

from pipeline.model import ArticleText, Conflict, Keywords, Near, Term
from pipeline.stages.match import compile_keywords


def terms(*texts: str | Term) -> tuple[Term, ...]:
    return tuple(text if isinstance(text, Term) else Term(text=text) for text in texts)


MALI = Conflict(
    slug="mali",
    title="Instability in Mali",
    keywords=Keywords(
        decisive=terms(
            "JNIM", "MINUSMA", "Assimi Goïta", "Goïta", "Ansar Dine", "Ansar Eddine", "Ansar al-Din"
        ),
        places=terms(
            Term(text="Mali", languages=("en", "fr")),
            Term(
                text="مالي",
                languages=("ar",),
                near=Near(words=("جمهورية", "جيش", "باماكو"), within=4),
            ),
            "Bamako",
            "Tombouctou",
            "Niger",
            "Malian*",
            Term(
                text="Gao",
                unless_near=Near(words=("Yang", "Accountability Office", "report*"), within=6),
            ),
        ),
        subjects=terms(
            "junta",
            "armée",
            "army",
            "attack*",
            "CEDEAO",
            "wins gold",
            "=AU",
            Term(text="=CMA", near=Near(words=("Kidal", "Azawad", "rebel*"), within=8)),
            "نفذ",
        ),
        exclude=terms(
            "AFCON", "midfielder", "footballer", "Mali Empire", "Mali Lošinj", "gardener"
        ),
    ),
)
MATCHER = compile_keywords([MALI])


def found(title: str, language: str = "en", summary: str = "") -> bool:
    return bool(MATCHER.match(ArticleText(title=title, summary=summary, language=language)))


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Somalia's army repels attack", "en"),
        ("A mere formality for the army", "en"),
        ("A malignant army", "en"),
        ("GAO report on shipyards after attack", "en"),
        ("Gao Yang wins gold", "en"),
        ("Government Accountability Office, or GAO, warns of attacks", "en"),
        ("CMA CGM raises rates in Bamako", "en"),
        ("CMA Awards come to Mali", "en"),
        ("Midfielder Naby Keïta signs after Mali attack", "en"),
        ("Footballer Yaya Touré on Mali army team", "en"),
        ("Mali 2\u20131 Tunisia, AFCON: attack wins", "en"),
        ("hai mali problem, attack", "hr"),
        ("I mali della nostra armée", "it"),
        ("The mali, or gardener, under attack", "en"),
        ("الوضع المالي جيد كما نفذ", "ar"),
        ("Nigeria's army attacks", "en"),
        ("The Mali Empire, a UNESCO exhibition", "en"),
        ("Bamako hosts photography biennale", "en"),
    ],
)
def test_what_only_looks_like_the_conflict_is_left_out(title: str, language: str) -> None:
    assert not found(title, language)


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Au Mali, l'armée avance", "fr"),
        ("Tombouctou\u00a0: la CEDEAO réagit", "fr"),
        ("Assimi Goïta speaks", "en"),
        ("Assimi Goita speaks", "en"),
        ("Mali's junta", "en"),
        ("Mali\u2019s junta", "en"),
        ("Mali\u00a0's junta", "en"),
        ("Niger and Nigeria: army attacks", "en"),
        ("Ansar Eddine regroups", "en"),
        ("Ansar al-Din regroups", "en"),
        ("Ansar\u2010Dine regroups", "en"),
        ("Malians flee attacks", "en"),
        ("Gao under attack", "en"),
        ("Bamako: the CMA and other rebels talk", "en"),
        ("نفذ الجيش في جمهورية مالي", "ar"),
        ("Jnim claims it", "en"),
    ],
)
def test_what_is_about_the_conflict_is_found(title: str, language: str) -> None:
    assert found(title, language)


def test_french_au_is_not_the_african_union() -> None:
    (match,) = MATCHER.match(ArticleText(title="Au Mali, l'armée et au-delà", language="fr"))

    assert "=AU" not in [hit.term for hit in match.hits]


def test_niger_is_not_found_inside_nigeria() -> None:
    text = ArticleText(title="Niger and Nigeria: army talks", language="en")
    (match,) = MATCHER.match(text)

    assert [hit.text for hit in match.hits] == ["Niger", "army"]


def test_a_word_that_stands_only_in_an_address_can_be_left_out_by_field() -> None:
    keywords = Keywords(decisive=(Term(text="MINUSMA", fields=("title", "summary")),))
    matcher = compile_keywords([Conflict(slug="mali", title="Mali", keywords=keywords)])

    assert matcher.match(ArticleText(title="x", body="example.org/minusma-2014")) == ()
    assert matcher.match(ArticleText(title="MINUSMA leaves", body=""))


def test_one_weak_hit_scores_below_a_headline_about_the_conflict() -> None:
    (obituary,) = MATCHER.match(
        ArticleText(
            title="Anna Berg, 61", summary="She served with MINUSMA in 2014.", language="en"
        )
    )
    (news,) = MATCHER.match(ArticleText(title="JNIM attack on Bamako", language="en"))

    assert obituary.score < news.score
