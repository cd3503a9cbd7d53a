"""What a good sources.yaml means: defaults filled in, vocabularies expanded, nothing guessed."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Approval, CutOff, Defaults, Feed, Near, Sources, Term, Unverified
from pipeline.sources import export_keywords, export_sources, load_sources, parse_sources
from pipeline.sources.values import parse_duration, show_duration

WHOLE = """
version: 1
defaults: {every: 20m, language: fr, keep_unmatched: 60d}
vocabularies:
  accident: [crash*]
  violence: [attack*, {term: kill*, unless_near: ["@accident"], within: 9}]
feeds:
  - {id: rfi, url: "https://example.org/rfi"}
  - id: bbc_africa.en
    publisher: BBC News
    url: "https://example.org/bbc?x=1"
    every: 1h30m
    language: en
    country: GB
    tags: [africa, wire]
    enabled: no
    pace: fixed
    max_bytes: 30000000
    full_text: true
    unverified_tls: {because: Their certificate ran out., until: 2027-01-31}
conflicts:
  - slug: mali
    title: Instability in Mali
    region: Sub-Saharan Africa
    countries: [ML, "NO"]
    type: political instability
    impact: significant
    status: worsening
    status_reason: One line.
    approve: automatic
    approve_at: 8
    edition: {at: "18:30", zone: Africa/Bamako}
    keywords:
      decisive: [JNIM, "=FAMa"]
      places:
        - Mali
        - {term: Gao, lang: [fr, en], field: title, unless_near: [Yang, Ming], all: [army]}
      subjects: ["@violence", attack*, {term: coup, near: [junta]}]
      exclude: [AFCON]
      examples:
        match:
          - "JNIM: a raid"
          - {title: Ségou, summary: JNIM attacks, body: No word, lang: fr}
        no_match: [Mali]
  - {slug: niger, title: Niger, keywords: {decisive: [Niamey]}}
"""


def whole() -> Sources:
    return parse_sources(WHOLE, "sources.yaml")


def test_a_feed_takes_what_it_does_not_say_from_the_defaults() -> None:
    assert whole().defaults == Defaults(
        every=timedelta(minutes=20), language="fr", keep_unmatched=timedelta(days=60)
    )
    assert whole().feeds[0] == Feed(
        id="rfi",
        url="https://example.org/rfi",
        publisher="rfi",
        language="fr",
        every=timedelta(minutes=20),
    )


def test_full_text_is_off_unless_the_defaults_or_the_feed_say_so() -> None:
    plain = parse_sources(WHOLE, "sources.yaml")
    assert (plain.defaults.full_text, plain.feeds[0].full_text) == (False, False)
    wanted = WHOLE.replace("defaults: {", "defaults: {full_text: true, ").replace(
        "    full_text: true", "    full_text: false"
    )
    found = parse_sources(wanted, "sources.yaml")
    assert [feed.full_text for feed in found.feeds] == [True, False]
    again = parse_sources(export_sources(found), "exported")
    assert (again.defaults, again.feeds) == (found.defaults, found.feeds)


def test_a_feed_says_everything_itself() -> None:
    assert whole().feeds[1] == Feed(
        id="bbc_africa.en",
        url="https://example.org/bbc?x=1",
        publisher="BBC News",
        language="en",
        country="GB",
        every=timedelta(minutes=90),
        tags=("africa", "wire"),
        enabled=False,
        adaptive=False,
        max_bytes=30_000_000,
        full_text=True,
        unverified_tls=Unverified(because="Their certificate ran out.", until=date(2027, 1, 31)),
    )


def test_a_conflict_says_everything() -> None:
    mali, niger = whole().conflicts
    assert (mali.slug, mali.title, mali.region) == (
        "mali",
        "Instability in Mali",
        "Sub-Saharan Africa",
    )
    assert mali.countries == ("ML", "NO")
    assert (mali.type, mali.impact, mali.status) == (
        "political instability",
        "significant",
        "worsening",
    )
    assert (mali.approve, mali.approve_at) == (Approval.AUTOMATIC, 8)
    assert mali.edition == CutOff(at=time(18, 30), zone="Africa/Bamako")
    assert niger.edition == CutOff(at=time(6), zone="UTC")
    assert (niger.approve, niger.approve_at, niger.status) == (Approval.EDITOR, 6, "")


def test_a_term_keeps_its_marks_and_conditions() -> None:
    keywords = whole().conflicts[0].keywords
    assert keywords.decisive == (Term(text="JNIM"), Term(text="=FAMa"))
    assert keywords.places[1] == Term(
        text="Gao",
        languages=("fr", "en"),
        fields=("title",),
        unless_near=Near(words=("Yang", "Ming"), within=6),
        all=("army",),
    )
    assert keywords.subjects[-1].near == Near(words=("junta",), within=6)


def test_a_vocabulary_fills_in_its_words_once() -> None:
    subjects = whole().conflicts[0].keywords.subjects
    assert [(term.text, term.vocabulary) for term in subjects] == [
        ("attack*", "violence"),
        ("kill*", "violence"),
        ("coup", ""),
    ]
    assert subjects[1].unless_near == Near(words=("crash*",), within=9)


def test_keywords_are_kept_as_written_too() -> None:
    raw = whole().raw_keywords["mali"]
    assert raw["subjects"] == ["@violence", "attack*", {"term": "coup", "near": ["junta"]}]


def test_equal_rules_have_equal_versions_and_others_do_not() -> None:
    version = whole().conflicts[0].keywords.version
    assert version
    assert version == parse_sources(WHOLE + "# a comment\n", "f").conflicts[0].keywords.version
    changed = parse_sources(WHOLE.replace("JNIM", "GSIM"), "f")
    assert version != changed.conflicts[0].keywords.version


def test_equal_bytes_have_equal_digests(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    assert load_sources(path).digest == whole().digest
    path.write_text(WHOLE + "\n", encoding="utf-8")
    assert load_sources(path).digest != whole().digest


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert replace(load_sources(path), digest="") == replace(whole(), digest="")


def test_a_file_may_hold_rules_only() -> None:
    assert parse_sources("version: 1\n", "f").feeds == ()


def test_all_feeds_may_have_a_fixed_pace_but_one() -> None:
    text = """
version: 1
defaults: {pace: fixed}
feeds:
  - {id: one, url: "https://example.org/1"}
  - {id: two, url: "https://example.org/2", pace: adaptive}
"""
    sources = parse_sources(text, "f")
    assert [feed.adaptive for feed in sources.feeds] == [False, True]
    assert parse_sources(export_sources(sources), "f").feeds == sources.feeds


@pytest.mark.parametrize("written", ["off", "no", "'off'"])
def test_a_conflict_may_have_no_daily_edition(written: str) -> None:
    said = WHOLE.replace('edition: {at: "18:30", zone: Africa/Bamako}', f"edition: {written}")
    found = parse_sources(said, "sources.yaml")
    assert found.conflicts[0].edition is None
    assert parse_sources(export_sources(found), "exported").conflicts[0].edition is None


def test_what_is_exported_reads_back_the_same() -> None:
    again = parse_sources(export_sources(whole()), "exported")
    assert replace(again, digest="") == replace(whole(), digest="")


def test_a_rule_without_its_written_form_is_exported_with_its_words() -> None:
    sources = whole()
    exported = export_sources(replace(sources, raw_keywords={}, vocabularies={}))
    again = parse_sources(exported, "exported").conflicts[0].keywords
    assert again.examples == sources.conflicts[0].keywords.examples
    words = [replace(term, vocabulary="") for term in sources.conflicts[0].keywords.subjects]
    assert list(again.subjects) == words


def test_a_rule_alone_is_shown_as_the_block_below_keywords() -> None:
    assert export_keywords({"decisive": ["JNIM", "no"]}) == "decisive: [JNIM, 'no']\n"


TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029\ufeff"),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip() == text and text.isprintable())


@given(titles=st.lists(TEXTS, min_size=1, max_size=3), publisher=TEXTS)
def test_any_text_survives_export(titles: list[str], publisher: str) -> None:
    sources = parse_sources(WHOLE, "f")
    mali = sources.conflicts[0]
    conflicts = tuple(
        replace(mali, slug=f"c{number}", title=title) for number, title in enumerate(titles)
    )
    changed = replace(
        sources,
        conflicts=conflicts,
        feeds=(replace(sources.feeds[1], publisher=publisher),),
        raw_keywords={conflict.slug: sources.raw_keywords["mali"] for conflict in conflicts},
    )
    again = parse_sources(export_sources(changed), "exported")
    assert replace(again, digest="") == replace(changed, digest="")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("1d2h3m4s", 93784)],
)
def test_a_duration_is_read_and_written(written: str, seconds: int) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)
    assert show_duration(timedelta(seconds=seconds)) in {written, "1m30s"}


def test_a_duration_has_its_units_in_order() -> None:
    assert [parse_duration(text) for text in ("", "30", "30m1h", "1.5h", "-1h")] == [None] * 5
    assert show_duration(timedelta()) == "0s"
