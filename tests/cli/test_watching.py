"""`check`, `feeds list` and `sources`: what is watched, from the shell."""

from datetime import datetime

import pytest

from db import conflicts
from db.tables import conflicts as conflicts_table
from pipeline.model import Conflict
from pipeline.sources import parse_sources
from tests.cli.conftest import ATTACK, JUNTA, Shell, rss
from tests.making import NOON, an_article, take_in
from tests.replay import Page, Publisher

FAULTY = """\
version: 1
feeds:
  - {id: wire, url: ftp://wire.example/feed}
  - {id: wire, url: "https://wire.example/feed", evry: 15m}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords: {decisive: ["@nowhere"], countries: [NO]}
"""


def own_by_desk(shell: Shell, *extra: str) -> None:
    """Let the desk own Mali's keywords, with decisive terms that the file does not have."""
    text = shell.sources.read_text(encoding="utf-8")
    changed = text.replace("decisive: [JNIM]", f"decisive: [{', '.join(('JNIM', *extra))}]")
    desk: tuple[Conflict, ...] = parse_sources(changed, "desk").conflicts
    with shell.database() as database, database.transaction() as connection:
        conflicts.declare(connection, desk, NOON)
        connection.execute(
            conflicts_table.update().where(conflicts_table.c.slug == "mali").values(owner="desk")
        )


# check


def test_a_valid_file_is_counted(shell: Shell) -> None:
    assert shell.run("check").out == "sources.yaml is valid: 3 feeds, 2 conflicts.\n"
    assert shell.json("check") == {"faults": [], "warnings": [], "feeds": []}


def test_every_fault_is_named_at_once_with_line_and_likely_fix(shell: Shell) -> None:
    shell.sources.write_text(FAULTY, encoding="utf-8")
    told = shell.run("check", status=2).out
    for number in (3, 4, 8):
        assert f"error    sources.yaml:{number}" in told
    assert "every" in told
    assert "faults; nothing starts with this file." in told
    found = shell.json("check", status=2)["faults"]
    assert len(found) >= 4
    assert all(set(fault) == {"where", "what", "fix"} for fault in found)
    assert shell.run("check", "--online", status=2).err == ""


def test_warnings_are_told_and_leave_the_file_valid(shell: Shell) -> None:
    text = shell.sources.read_text(encoding="utf-8")
    shell.sources.write_text(text.replace("[attack*, junta]", "[attack*, attacks, junta]"))
    told = shell.run("check").out
    assert told.startswith("warning  sources.yaml:")
    assert "is valid" in told
    assert shell.json("check")["warnings"]


def test_only_where_it_is_asked_for_does_a_warning_fail(shell: Shell) -> None:
    text = shell.sources.read_text(encoding="utf-8")
    shell.run("check", "--strict")
    shell.sources.write_text(text.replace("[Niger, Niamey]", "[Niger, Niamey, GAO]"))
    shell.run("check")
    shell.run("check", "--strict", status=1)
    shell.sources.write_text(text.replace("{places: [Niger", "{decisive: [JNIM], places: [Niger"))
    told = shell.run("check", "--strict").out
    assert told.startswith("note     sources.yaml:9: JNIM in decisive of mali also stands in")


def test_the_archive_says_what_each_keyword_does(shell: Shell) -> None:
    with shell.database() as database:
        news = [an_article(f"{ATTACK} {number}") for number in range(10)]
        others = [an_article(f"Grain prices fall again {number}") for number in range(250)]
        take_in(database, *news, *others)
    assert "fires on" not in shell.run("check").out
    told = shell.run("check", "--archive").out
    assert "warning  sources.yaml:9: Kidal in places fires on 3.8% of 260 stored articles" in told
    assert "note     sources.yaml:9: attack* in subjects fires on 3.8%" in told
    found = shell.json("check", "--archive")["warnings"]
    assert {each["kind"] for each in found} == {"frequent"}
    assert "fires on" not in shell.run("check", "--archive", "--share", "5").out
    shell.run("check", "--archive", "--strict", status=1)


@pytest.mark.parametrize("made", ["nothing", "latin", "folder"])
def test_a_file_that_cannot_be_read_is_one_fault(shell: Shell, made: str) -> None:
    shell.sources.unlink()
    if made == "latin":
        shell.sources.write_bytes(b"version: 1 # caf\xe9")
    if made == "folder":
        shell.sources.mkdir()
    told = shell.run("check", status=2).out
    assert told.startswith("error    sources.yaml")
    assert "1 fault; nothing starts with this file." in told


def test_trying_every_feed_names_those_that_fail_and_exits_1(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    publisher.pages["/post"] = Page(status=404)
    answer = shell.run("check", "--online", status=1)
    assert "well     sahel-wire  2 entries" in answer.out
    assert "failed   delta-post  http_404: " in answer.out
    assert "is valid: 3 feeds" in answer.out
    assert "tried sahel-wire" in answer.err
    assert publisher.statuses("/gazette") == []
    assert shell.json("feeds", "list")[0]["last_attempt_at"] is None


def test_trying_feeds_that_are_all_well_exits_0(online: tuple[Shell, Publisher]) -> None:
    shell, _ = online
    found = shell.json("check", "--online")["feeds"]
    assert {each["feed"]: (each["kind"], each["entries"]) for each in found} == {
        "sahel-wire": ("", 2),
        "delta-post": ("", 1),
    }


@pytest.mark.parametrize(("status", "told"), [(301, True), (308, True), (302, False)])
def test_trying_tells_of_addresses_that_lead_elsewhere_for_good(
    online: tuple[Shell, Publisher], status: int, told: bool
) -> None:
    shell, publisher = online
    publisher.pages["/new"] = publisher.pages["/post"]
    publisher.pages["/post"] = Page(status=status, headers={"Location": "/new"})
    answer = shell.run("check", "--online").out
    line = f"its address leads to {publisher.url}/new for good: write it in sources.yaml"
    assert (line in answer) is told
    found = {each["feed"]: each["moved_to"] for each in shell.json("check", "--online")["feeds"]}
    assert found == {"sahel-wire": None, "delta-post": f"{publisher.url}/new" if told else None}


def test_an_address_that_leads_to_no_feed_is_not_recommended(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    publisher.pages["/home"] = Page(body=b"<!doctype html><p>Welcome", content_type="text/html")
    publisher.pages["/post"] = Page(status=301, headers={"Location": "/home"})
    answer = shell.run("check", "--online", status=1).out
    assert f"leads to {publisher.url}/home for good: look at what is there" in answer
    assert "write it in sources.yaml" not in answer


# feeds list


def test_feeds_are_listed_with_their_health(online: tuple[Shell, Publisher]) -> None:
    shell, publisher = online
    publisher.pages["/post"] = Page(status=500)
    shell.run("ingest")
    found = {each["feed"]["id"]: each for each in shell.json("feeds", "list")}
    assert {name: each["state"] for name, each in found.items()} == {
        "sahel-wire": "working",
        "delta-post": "failing",
        "old-gazette": "disabled",
    }
    assert found["sahel-wire"]["articles"] == 2
    assert found["sahel-wire"]["feed"]["every"] == 1800
    assert found["delta-post"]["error_kind"] == "http_500"
    for name in ("sahel-wire", "delta-post"):
        assert datetime.fromisoformat(found[name]["next_fetch_at"]).tzinfo
    told = shell.run("feeds", "list").out
    assert "delta-post fails since 20" in told
    assert "500" in told.split("delta-post fails since")[1]
    told = shell.run("feeds", "list", "--alarms").out
    assert told.startswith("No alarm stands. 1 feed fails, not for long enough")


def test_feeds_never_fetched_say_so(shell: Shell) -> None:
    told = shell.run("feeds", "list").out
    assert "new" in told
    assert "never" in told


def test_alarms_are_listed_by_themselves(online: tuple[Shell, Publisher]) -> None:
    shell, publisher = online
    assert shell.run("feeds", "list", "--alarms").out == "Nothing is wrong with any feed.\n"
    publisher.pages["/post"] = Page(status=403)
    assert shell.run("ingest").err.count("the publisher refuses us") == 1
    assert "the publisher refuses us" not in shell.run("ingest", "--all").err
    told = shell.run("feeds", "list", "--alarms").out
    assert told.startswith("blocked   delta-post: the publisher refuses us since ")
    assert "sahel-wire" not in told
    (alarm,) = shell.json("feeds", "list", "--alarms")
    assert (alarm["feed_id"], alarm["kind"], alarm["ended_at"]) == ("delta-post", "blocked", None)
    publisher.pages["/post"] = Page(body=rss(JUNTA))
    shell.run("ingest", "--all")
    assert shell.json("feeds", "list", "--alarms") == []


def test_health_says_in_words_what_it_means(online: tuple[Shell, Publisher]) -> None:
    shell, publisher = online
    publisher.pages["/post"] = Page(status=404)
    shell.run("ingest")
    found = {each["feed"]["id"]: each for each in shell.json("feeds", "list")}
    wire, post = found["sahel-wire"], found["delta-post"]
    assert (wire["state_in_words"], wire["advice"], wire["share_approved"]) == ("works", None, 0.0)
    assert (len(wire["chart"]), wire["chart"][-1], post["chart"][-1]) == (28, "▇", "×")
    assert [day["articles_new"] for day in wire["days"]] == [2]
    assert post["advice"] == "find the feed's new address"
    assert post["interval"] > 0
    told = shell.run("feeds", "list").out
    assert "http_404, to do: find the feed's new address" in told
    assert "0 of 1 (0%)" in told


def test_a_terminal_without_unicode_is_drawn_to_in_ascii(shell: Shell) -> None:
    done = shell.process("feeds", "list")
    assert done.returncode == 0
    shell.patch.setenv("PYTHONIOENCODING", "ascii")
    done = shell.process("feeds", "list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


# sources


def test_nothing_differs_before_the_desk_owns_anything(shell: Shell) -> None:
    assert shell.run("sources", "diff").out == "Everything runs as sources.yaml says.\n"
    assert shell.json("sources", "diff") == []


def test_both_versions_are_shown_where_desk_and_file_differ(shell: Shell) -> None:
    own_by_desk(shell, "GSIM", "{term: Wagner, near: [Mali], within: 5}")
    told = shell.run("sources", "diff").out
    assert "mali: owned by the desk, differs from sources.yaml" in told
    assert "+decisive: GSIM" in told
    assert "+decisive: Wagner, near: " in told
    assert "decisive: JNIM" not in told
    assert "`dateline sources adopt mali` gives it back to the file" in told
    (item,) = shell.json("sources", "diff")
    assert (item["name"], item["differs"]) == ("mali", True)


def test_what_the_file_lost_at_the_desk_is_shown_as_well(shell: Shell) -> None:
    own_by_desk(shell)
    text = shell.sources.read_text(encoding="utf-8")
    shell.sources.write_text(text.replace("[JNIM]", "[JNIM, FLA]"), encoding="utf-8")
    assert "-decisive: FLA" in shell.run("sources", "diff").out


def test_examples_are_shown_where_they_differ_and_are_given_back(shell: Shell) -> None:
    own_by_desk(shell)
    text = shell.sources.read_text(encoding="utf-8")
    examples = "{match: [JNIM raid, {title: JNIM, lang: fr}], no_match: [Grain prices fall]}"
    shell.sources.write_text(text.replace("junta, هجوم]}", f"junta, هجوم], examples: {examples}}}"))
    told = shell.run("sources", "diff").out
    assert "-example match: JNIM | fr" in told
    assert "-example no_match: Grain prices fall" in told
    shell.run("sources", "adopt", "mali")
    exported = parse_sources(shell.run("sources", "export").out, "exported")
    assert len(exported.conflicts[0].keywords.examples) == 3


def test_an_owned_item_that_equals_the_file_says_so(shell: Shell) -> None:
    own_by_desk(shell)
    assert shell.run("sources", "diff").out == "mali: owned by the desk, equals sources.yaml\n"


def test_the_desks_keywords_run_until_the_item_is_given_back(shell: Shell) -> None:
    own_by_desk(shell, "GSIM")
    assert "mali: score" in shell.run("try", "GSIM statement").out
    exported = parse_sources(shell.run("sources", "export").out, "exported")
    decisive = {conflict.slug: conflict.keywords.decisive for conflict in exported.conflicts}
    assert [term.text for term in decisive["mali"]] == ["JNIM", "GSIM"]
    shell.store(an_article(ATTACK))

    assert shell.run("sources", "adopt", "mali").out == "mali runs as sources.yaml says.\n"
    assert "No conflict matches." in shell.run("try", "GSIM statement").out
    assert shell.json("sources", "diff") == []
    assert len(shell.json("articles")) == 1


def test_the_export_reads_back_as_what_runs(shell: Shell) -> None:
    exported = parse_sources(shell.run("sources", "export").out, "exported")
    assert exported.feeds == shell.feeds
    assert exported.conflicts == shell.conflicts


def test_exporting_needs_no_database_and_makes_none(empty_shell: Shell) -> None:
    assert "slug: mali" in empty_shell.run("sources", "export").out
    assert not (empty_shell.folder / "var").exists()


def test_a_feed_may_be_given_back_by_its_id(shell: Shell) -> None:
    assert "runs as sources.yaml says" in shell.run("sources", "adopt", "sahel-wire").out


def test_an_item_nobody_knows_cannot_be_given_back(shell: Shell) -> None:
    told = shell.run("sources", "adopt", "malli", status=1).err
    assert "'malli' is neither a conflict nor a feed" in told
    assert "`dateline sources diff`" in told
