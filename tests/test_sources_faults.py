"""Every fault in sources.yaml is named at once: its line, what is wrong, and the likely fix."""

from pathlib import Path

import pytest

from pipeline.errors import Fault, SourcesError
from pipeline.sources import check_keywords, check_sources, load_sources, parse_sources

FEED = '  - {id: one, url: "https://example.org/rss"%s}\n'
CONFLICT = "  - slug: mali\n    title: Mali\n    keywords: {decisive: [JNIM]}\n"


def faults(text: str) -> list[str]:
    """The faults as `line what (fix)`."""
    sources, found, _ = check_sources(text, "f")
    assert (sources is None) == bool(found)
    return [str(fault).removeprefix("f:") for fault in found]


def warnings(text: str) -> list[str]:
    sources, found, warned = check_sources(text, "f")
    assert sources is not None, found
    return [str(warning).removeprefix("f:") for warning in warned]


def feed_faults(line: str) -> list[str]:
    return faults("version: 1\nfeeds:\n" + line + "\n")


def conflict_faults(lines: str) -> list[str]:
    return faults("version: 1\nconflicts:\n  - slug: mali\n    title: Mali\n" + lines + "\n")


def keyword_faults(keywords: str) -> list[str]:
    return conflict_faults("    keywords:\n" + keywords)


def test_all_faults_are_reported_at_once_and_in_file_order() -> None:
    text = (
        "version: 2\n"
        "defaults: {every: 1:30, langauge: en}\n"
        "feeds:\n"
        "  - {id: BBC Africa, url: ftp://example.org, country: NO}\n"
        "conflicts:\n"
        "  - {slug: mali, title: Mali, keywords: {places: [Mali]}}\n"
    )
    with pytest.raises(SourcesError) as raised:
        parse_sources(text, "sources.yaml")
    lines = [fault.where for fault in raised.value.faults]
    assert lines == [f"sources.yaml:{number}" for number in (1, 2, 2, 4, 4, 4, 6)]
    assert str(raised.value.faults[0]) == (
        "sources.yaml:1: version 2 is not known (this Dateline reads version: 1)"
    )


def test_a_fault_carries_where_what_and_fix() -> None:
    _, found, _ = check_sources("version: 1\nfeads: []\n", "sources.yaml")
    assert found == (
        Fault(
            where="sources.yaml:2",
            what="unknown key feads in the file",
            fix="did you mean feeds?",
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("- a\n- b\n", "the file must be keys with values, not a list"),
        ("version\n", "the file must be keys with values, not text (write key: value)"),
        ("version:1\n", "not text (put a space after the colon: key: value)"),
        ("feeds: []\n", "the file has no version (add version: …)"),
        ('version: "1"\n', "version is written as text (write version: 1, without quotes)"),
        ("version: [1]\n", "is not known (this Dateline reads version: 1)"),
        ("version: 1\nversion: 1\n", "version stands twice in the file (the first is on line 1)"),
        (
            "version: 1\nno: 2\n",
            'has the key no, which YAML reads as a truth value (quote it: "no":)',
        ),
        ("version: 1\n? [a]\n: b\n", "the file has a key that is a list"),
        ("version: 1\nfeeds: &a []\n<<: {}\n", "uses a merge key (<<)"),
        ("version: 1\nfeeds:\n", "feeds must be a list, not nothing (write [] for an empty list"),
        ("version: 1\nfeeds: {id: x}\n", "feeds must be a list, not keys with values"),
        ("version: 1\nfeeds: [bbc]\n", "a feed must be keys with values, not text"),
        ("version: 1\nconflicts: [mali]\n", "a conflict must be keys with values, not text"),
        ("version: 1\nvocabularies: []\n", "vocabularies must be keys with values, not a list"),
    ],
)
def test_the_shape_of_the_file(text: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(text)), faults(text)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("lang: fr", "unknown key lang in a feed (did you mean language?)"),
        ("xyz: red", "unknown key xyz in a feed (known here: id, publisher, url"),
        ("country: NO", "country: YAML reads NO as the truth value false, not as text (quote it"),
        ("country: on", "country: YAML reads on as the truth value true"),
        ("country: UK", "country UK is no ISO 3166 country code (write GB)"),
        ("country: ml", "country ml is no ISO 3166 country code (write ML)"),
        ("country: Mali", "(two capital letters, as in ML for Mali)"),
        ("language: no", "language: YAML reads no as the truth value false"),
        ("language: French", "language French is no language code (write fr)"),
        ("language: pt_br", "(write pt-br)"),
        ("language: klingonese", "(two or three letters, as in en, fr or pt-BR)"),
        ("every: 1:30", "every: YAML reads 1:30 as the number 90, not as text (write 1h30m or 1m)"),
        ("every: -1:30:00", "YAML reads -1:30:00 as the number -5400"),
        ("every: 30", "every: 30 has no unit (write 30m)"),
        ("every: 30 min", "every: 30 min is no duration (write 30m)"),
        ("every: often", "every: often is no duration (write 90s, 30m, 2h, 1d or 1h30m)"),
        ("every: 5s", "every: 5s is out of range (allowed is 1m to 30d)"),
        ("every: 31d", "every: 31d is out of range (allowed is 1m to 30d)"),
        ("every: 2026-01-01", "YAML reads 2026-01-01 as a date"),
        ("every: ", "every is empty (give it a value or remove the line)"),
        ("enabled: 'true'", "enabled must be true or false, not text (remove the quotes)"),
        ("enabled: 1", "enabled must be true or false, not a number (write true or false)"),
        ("publisher: 24", 'publisher: YAML reads 24 as a number, not as text (quote it: "24")'),
        ("publisher: ''", "publisher is empty"),
        ("publisher: [a]", "publisher must be text, not a list (give one value)"),
        ("publisher: {a: b}", "publisher must be text, not keys with values (quote it)"),
        ("unverified_tls: true", "unverified_tls must be keys with values, not a truth value"),
        ("unverified_tls: {because: Ended.}", "until"),
        ("unverified_tls: {because: Ended., until: soon}", "(write it as year-month-day:"),
        ("unverified_tls: {because: Ended., until: 2027-02-30}", "until must be a day"),
        ("tags: {a: b}", "tags must be a list, not keys with values"),
        ("tags: [a, 2026]", "an item of tags: YAML reads 2026 as a number"),
    ],
)
def test_the_keys_of_a_feed(keys: str, expected: str) -> None:
    found = feed_faults(FEED % f", {keys}")
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("feed://example.org/rss", "starts with feed: (write https:)"),
        ("ftp://example.org/rss", "is neither http nor https"),
        ("example.org/rss", "has no scheme (did you mean https://example.org/rss?)"),
        ("nonsense", "is neither http nor https"),
        ("https:///rss", "has no host"),
        ("https://example.org/a b", "holds a blank or control character"),
        ("https://example.org:port/", "is not a valid address"),
        ("https://[::1/", "is not a valid address"),
    ],
)
def test_an_address_that_cannot_be_polled(url: str, expected: str) -> None:
    found = feed_faults(f'  - {{id: one, url: "{url}"}}')
    assert len(found) == 1
    assert expected in found[0]


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    (found,) = feed_faults('  - {id: one, url: "https://reader:hunter2@example.org/rss"}')
    assert "carries a user name or password" in found
    assert "hunter2" not in found


@pytest.mark.parametrize(
    ("feed_id", "expected"),
    [
        ("Instabilité au Mali", "(write instabilite-au-mali)"),
        ("-bbc", "(write bbc)"),
        ("'***'", "(give it a short name)"),
        ("a" * 65, "at most 64"),
        ("24", 'id 24 is a number (quote it: "24")'),
        ("on", "id: YAML reads on as the truth value true"),
    ],
)
def test_a_bad_id_comes_with_a_good_one(feed_id: str, expected: str) -> None:
    (found,) = feed_faults(f'  - {{id: {feed_id}, url: "https://example.org/rss"}}')
    assert expected in found


def test_ids_addresses_and_slugs_stand_once() -> None:
    text = (
        "version: 1\nfeeds:\n"
        "  - {id: one, url: https://example.org/rss}\n"
        "  - {id: one, url: https://EXAMPLE.org:443/rss#top}\n"
        f"conflicts:\n{CONFLICT}{CONFLICT}"
    )
    assert faults(text) == [
        "4: feed id one stands twice (the first is on line 3)",
        "4: url https://EXAMPLE.org:443/rss#top stands twice (the first is on line 3)",
        "9: slug mali stands twice (the first is on line 6)",
    ]


def test_required_keys_are_asked_for() -> None:
    assert faults("version: 1\nfeeds: [{}]\nconflicts:\n  - {}\n") == [
        "2: a feed has no id (add id: …)",
        "2: a feed has no url (add url: …)",
        "4: a conflict has no slug (add slug: …)",
        "4: a conflict has no title (add title: …)",
        "4: a conflict has no keywords (add keywords: …)",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "type: civl war",
            "type civl war is not known (did you mean civil war? allowed: civil war,",
        ),
        ("impact: huge", "impact huge is not known (allowed: critical, significant or limited)"),
        ("status: Worsening", "(did you mean worsening?"),
        ("approve: automatc", "(did you mean automatic?"),
        ("approve: yes", "approve: YAML reads yes as the truth value true"),
        ("approve_at: high", "approve_at must be a whole number, not text: high (write 1 to 1000)"),
        ("approve_at: '7'", "approve_at must be a number, not text (remove the quotes)"),
        ("approve_at: 0", "approve_at is 0 (allowed is 1 to 1000)"),
        ("approve_at: [7]", "approve_at must be a whole number, not a list"),
        ("edition: {at: 18:30}", "at: YAML reads 18:30 as the number 1110, not as text"),
        ('edition: {at: "6:00"}', 'at: 6:00 is no hour of the day (write "06:00")'),
        ('edition: {at: "25:00"}', 'at: 25:00 is no hour of the day (write "06:00", from'),
        ("edition: {at: noon}", 'at: noon is no hour of the day (write "06:00", from'),
        ("edition: {at: ''}", "at is empty"),
        ("edition: {zone: Bamako}", "zone Bamako is no time zone (write Africa/Bamako)"),
        ("edition: {zone: CET}", "zone CET is no time zone (write Europe/Paris)"),
        ("edition: {zone: Afrika/Bamako}", "(did you mean Africa/Bamako?)"),
        ("edition: {zone: '?'}", "(such as Africa/Bamako or UTC)"),
        ("edition: {zone: 1}", "zone: YAML reads 1 as a number"),
        ("edition: {hour: 6}", "unknown key hour in edition"),
        ("edition: daily", "edition must be keys with values, not text"),
        ("countries: ML", "countries must be a list, not text"),
        ("countries: [ML, NO]", "an item of countries: YAML reads NO as the truth value false"),
        ("country: ML", "unknown key country in a conflict (did you mean countries?)"),
        ("region: 7", "region: YAML reads 7 as a number"),
    ],
)
def test_the_keys_of_a_conflict(line: str, expected: str) -> None:
    found = conflict_faults(f"    {line}\n    keywords: {{decisive: [JNIM]}}")
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ("      {}", "these keywords can never match: they need decisive, or places with subjects"),
        ("      {places: [Mali]}", "can never match: they need decisive, or places with subjects"),
        ("      {subjects: [coup]}", "(add places: […])"),
        ("      {place: [Mali], decisive: [JNIM]}", "unknown key place in keywords"),
        ("      - JNIM", "keywords must be keys with values, not a list"),
        ("      {decisive: JNIM}", "decisive must be a list, not text"),
        ("      {decisive: [JNIM, 2024]}", "a term of decisive: YAML reads 2024 as a number"),
        ("      {decisive: [JNIM, no]}", "YAML reads no as the truth value false"),
        ("      {decisive: [JNIM, ~]}", "a term of decisive is empty"),
        ("      {decisive: [JNIM, [Mali]]}", "a term of decisive must be text, not a list"),
        ("      {decisive: [JNIM, jnim]}", "jnim stands twice in decisive (remove one"),
        ("      {decisive: [JNIM, '*']}", "would match every word"),
        ("      {decisive: [JNIM, {Mali: junta}]}", "is written as keys with values (quote a term"),
        ("      {decisive: [JNIM, {trem: Gao}]}", "unknown key trem in a term of decisive"),
        ("      {decisive: [JNIM, {term: Gao, neer: [x]}]}", "(did you mean near?)"),
        ("      {decisive: [JNIM, {term: Gao, within: 3}]}", "within has no near or unless_near"),
        ("      {decisive: [JNIM, {term: Gao, near: [x], within: 0}]}", "within is 0"),
        ("      {decisive: [JNIM, {term: Gao, near: []}]}", "near is an empty list"),
        ("      {decisive: [JNIM, {term: Gao, near: [no]}]}", "a word of near: YAML reads no"),
        ("      {decisive: [JNIM, {term: Gao, near: ['*']}]}", "would match every word"),
        ("      {decisive: [JNIM, {term: Gao, all: ['@x']}]}", "all cannot take a vocabulary"),
        ("      {decisive: [JNIM, {term: '@x', lang: fr}]}", "a vocabulary takes no conditions"),
        ("      {decisive: [JNIM, {term: 7, lang: fr}]}", "YAML reads 7 as a number"),
        ("      {decisive: [JNIM, {term: Gao, lang: French}]}", "(write fr)"),
        ("      {decisive: [JNIM, {term: Gao, field: titel}]}", "(did you mean title? allowed:"),
        ("      {decisive: [JNIM, '@violence']}", "(there are no vocabularies)"),
        (f"      {{decisive: [JNIM, {'x' * 201}]}}", "is longer than 200 characters"),
    ],
)
def test_keywords_that_cannot_work(keywords: str, expected: str) -> None:
    found = keyword_faults(keywords)
    assert any(expected in fault for fault in found), found


def test_a_mistyped_vocabulary_gets_a_suggestion() -> None:
    text = "version: 1\nvocabularies: {violence: [kill*]}\nconflicts:\n  - slug: mali\n"
    text += (
        "    title: Mali\n    keywords: {places: [Mali], subjects: ['@violense', '@zzz', coup]}\n"
    )
    assert faults(text) == [
        "6: unknown vocabulary @violense (did you mean @violence?)",
        "6: unknown vocabulary @zzz (known: @violence)",
    ]


def test_a_vocabulary_holds_words_and_no_other_vocabulary() -> None:
    text = (
        "version: 1\nvocabularies:\n  a: [x]\n  b: ['@a', y, y]\n  c: [{term: z, near: ['@d']}]\n"
    )
    found = faults(text)
    assert "4: vocabulary b names another list, @a (write its words out)" in found
    assert any("y stands twice in vocabulary b" in fault for fault in found)
    assert any("unknown vocabulary @d" in fault for fault in found)


def test_near_needs_at_least_one_word_without_conditions() -> None:
    text = "version: 1\nvocabularies:\n  a: [{term: x, lang: fr}]\n  b: [{term: z, near: ['@a']}]\n"
    assert faults(text)[0].startswith("4: @a holds no word without a condition")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("feeds:\n\t- id: x\n", 2, "YAML wants spaces, not tabs"),
        ("feeds:\n  - {id: x\n", 2, "a [ or { is opened and not closed properly"),
        ('feeds:\n  - id: "x\n', 2, "a quote is opened and never closed"),
        ("conflicts:\n  - title: Mali: a war\n", 2, "quote a text that holds a colon"),
        ("conflicts:\n  - @violence\n", 2, "quote a text that starts with @, ` or %"),
        ("conflicts:\n  - *attack\n", 2, "is an alias in YAML: quote it"),
        ("conflicts:\n  - !!python/object:os.system x\n", 2, "tags (!…) are not used here"),
        ('conflicts:\n  - title: "Mali" war\n', 2, "text goes on after the closing quote"),
        ("conflicts: []\nnonsense\n", 2, "is a colon or a dash missing?"),
        ("conflicts:\n  - a: b\n - c: d\n", 3, "check indentation, quotes and brackets"),
        ("feeds: []\n---\nfeeds: []\n", 2, "one file holds one document"),
        ("feeds: []\nx: \x07\n", 2, "a control character stands in the text"),
        ("feeds: []\nx: \ud800\n", 2, "half of a character stands in the text"),
        ("feeds: &a []\nconflicts: &a []\n", 2, "an anchor (&name) stands twice, first on line 2"),
    ],
)
def test_broken_syntax_is_explained(text: str, line: int, expected: str) -> None:
    found = faults("version: 1\n" + text)
    assert any(f.startswith(f"{line + 1}: ") and expected in f for f in found), found


def test_what_follows_broken_syntax_is_still_checked() -> None:
    found = faults(
        "version: 1\n"
        "feeds:\n"
        '  - {id: one, url: "https://example.org/1, every: 5m}\n'
        '  - {id: two, url: "https://example.org/2", country: NO}\n'
        "conflicts:\n"
        "  - slug: mali\n"
        "    title: Mali: a war\n"
        "    keywords:\n"
        "      decisive: [JNIM, @violence,\n"
        "        Gao,\n"
        "      ]\n"
        "      places: [Mali, 2024]\n"
    )
    assert [fault.split(":")[0] for fault in found] == ["3", "4", "7", "9", "12"]


def test_a_file_of_nothing_but_broken_lines_ends() -> None:
    assert faults("}\n" * 50)
    assert len(faults("a: [}\n" * 50)) <= 25


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\nfeeds: " + "[" * 5000, "are nested more than 20 deep"),
        ("version: 1\nfeeds: &a [*a]\n", "stands inside its own anchor"),
        (
            "a0: &a0 [x, x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 19)),
            "aliases unfold to more than",
        ),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60)),
            "aliases unfold to more than",
        ),
        ("# " + "x" * 1024 * 1024, "the file is larger than 1024 KiB"),
    ],
)
def test_a_hostile_file_is_refused_quickly(text: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(text))


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match="cannot be read"):
        load_sources(tmp_path / "sources.yaml")
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"version: 1\n# caf\xe9\n")
    with pytest.raises(SourcesError, match=r"sources\.yaml:2: the file is not UTF-8"):
        load_sources(path)
    path.write_bytes("# é".encode() * 400_000)
    with pytest.raises(SourcesError, match="larger than 1024 KiB"):
        load_sources(path)


def test_what_is_doubtful_is_a_warning_and_stops_nothing() -> None:
    text = (
        "version: 1\n"
        "vocabularies: {violence: [attack*, attacker], sport: [AFCON]}\n"
        "conflicts:\n"
        "  - slug: mali\n"
        "    title: Mali\n"
        "    status_reason: no status\n"
        "    approve_at: 9\n"
        "    keywords:\n"
        "      decisive: [JNIM, AU, Goïta, Goita, Bah Ndaw, northern Mali war]\n"
        "      places: [Mali, northern Mali, ^Mali, Mali Lošinj]\n"
        "      subjects: ['@violence', attackers, {term: Mali, lang: fr}]\n"
        "      exclude: [Mali Lošinj, Ndaw]\n"
    )
    found = warnings(text)
    for expected in (
        "2: attacker in vocabulary violence is already covered by attack*",
        "2: vocabulary sport is never used",
        "6: status_reason explains no status",
        "7: approve_at counts only with approve: automatic",
        '9: AU in decisive also matches au (write "=AU"',
        "9: Goita in decisive is already covered by Goïta",
        "9: Bah Ndaw in decisive can never count: Ndaw is excluded",
        "10: northern Mali in places is already covered by Mali",
        "10: ^Mali in places is already covered by Mali",
        "10: Mali Lošinj in places can never count",
        "11: attackers in subjects is already covered by attack*",
    ):
        assert any(warning.startswith(expected) for warning in found), (expected, found)
    assert not any("lang" in warning for warning in found)


def test_half_a_rule_beside_decisive_is_a_warning() -> None:
    text = "version: 1\nconflicts:\n  - slug: mali\n    title: Mali\n"
    text += "    keywords: {decisive: [JNIM], %s}\n"
    assert warnings(text % "places: [Mali]") == [
        "5: places never count without subjects (add subjects: […])"
    ]
    assert warnings(text % "subjects: [coup]") == [
        "5: subjects never count without places (add places: […])"
    ]


def test_the_desk_checks_one_rule_with_the_same_words() -> None:
    sources = parse_sources("version: 1\nvocabularies: {violence: [kill*]}\n", "f")
    rule, found, warned = check_keywords(
        'places: [Mali]\nsubjects: ["@violence"]\n', "mali", sources.vocabularies
    )
    assert rule is not None
    keywords, written = rule
    assert [term.text for term in keywords.subjects] == ["kill*"]
    assert written == {"places": ["Mali"], "subjects": ["@violence"]}
    assert (found, warned) == ((), ())
    for broken in ("places: [Mali\n", "places: [Mali]\n", "- Mali\n"):
        rule, found, _ = check_keywords(broken, "mali", {})
        assert rule is None
        assert found[0].where == "mali:1"


def test_a_region_spelt_in_two_ways_is_one_and_is_told() -> None:
    text = "version: 1\nconflicts:\n" + "".join(
        f"  - {{slug: c{number}, title: T, region: {region}, keywords: {{decisive: [JNIM]}}}}\n"
        for number, region in enumerate(("Middle East", "'middle  east '", "Sahel"))
    )
    sources, _, _ = check_sources(text, "f")
    assert sources is not None
    assert [each.region for each in sources.conflicts] == ["Middle East", "Middle East", "Sahel"]
    told = 'region "middle east" is taken for "Middle East" (spell it as on line 3)'
    assert [each for each in warnings(text) if "region" in each] == [f"4: {told}"]
