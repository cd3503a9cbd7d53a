"""The robots.txt of a site: asked for once a day, and a missing one is an answer too."""

import asyncio

import pytest

from pipeline.errors import FetchError
from pipeline.fetch import RobotsFiles
from pipeline.fetch import robots as module
from pipeline.stages.robots import LARGEST_FILE

DAY = 24 * 3600.0
FILE = b"User-agent: *\nDisallow: /private\n"


class Timepiece:
    """Monotonic seconds, put forward by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def look(serving, a_fetcher):
    """Ask for the file of one server several times, at these seconds; gives files and requests."""

    def run(answer, *at: float, **policy):
        async def scenario():
            clock = Timepiece()
            async with serving(answer) as server, a_fetcher(**policy) as fetcher:
                files = RobotsFiles(fetcher, clock)
                found = []
                for seconds in at or (0.0,):
                    clock.now = 1_000.0 + seconds
                    found.append(await files.file_for(server.url("/news/1?x=2")))
            return found, [request.path for request in server.requests]

        return asyncio.run(scenario())

    return run


def test_a_file_is_asked_for_once_a_day(look, answers):
    found, paths = look(answers.say(FILE), 0, 60, DAY - 1, DAY + 1)
    assert found == [FILE] * 4
    assert paths == ["/robots.txt"] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_that_has_none_is_asked_again_a_day_later(look, answers, status):
    found, paths = look(answers.say(b"no", status=status), 0, DAY - 1, DAY + 1)
    assert found == [b""] * 3
    assert len(paths) == 2


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_server_in_trouble_says_nothing_about_its_wishes(look, answers, status):
    answer = answers.say(b"", status=status)
    if status == 302:  # inward
        answer = answers.redirect("http://169.254.169.254/robots.txt")
    found, paths = look(answer, 0, 60, 16 * 60)
    assert found == [None] * 3
    assert len(paths) == 2


def test_an_empty_file_forbids_nothing(look, answers):
    assert look(answers.say(b""))[0] == [b""]
    assert look(answers.redirect("/robots.txt"))[0] == [b""]


def test_redirects_are_followed(look, answers):
    answer = answers.by_path(
        **{"robots.txt": answers.redirect("/other"), "other": answers.say(FILE)}
    )
    assert look(answer)[0] == [FILE]


def test_only_the_beginning_of_a_huge_file_is_kept(look, answers):
    [found], _ = look(answers.say(b"#" * 2_000_000))
    assert len(found) == LARGEST_FILE
    assert look(answers.endless(), max_bytes=1_000_000)[0] == [None]


def test_a_host_that_asked_for_a_pause_is_not_asked(look, answers):
    with pytest.raises(FetchError) as failed:
        look(answers.say(b"", "Retry-After: 60", status=429), 0, 20 * 60)
    assert failed.value.kind == "host_paused"


def test_one_site_however_it_is_written_has_one_file(serving, a_fetcher, answers):
    async def scenario():
        async with serving(answers.say(FILE)) as server, a_fetcher() as fetcher:
            files = RobotsFiles(fetcher)
            for host in ("localhost", "LOCALHOST", "user:x@localhost"):
                assert await files.file_for(server.url("/a", host=host)) == FILE
            return len(server.requests)

    assert asyncio.run(scenario()) == 1


@pytest.mark.parametrize(("name", "bound"), [("MOST_BYTES", len(FILE) + 1), ("MOST_SITES", 1)])
def test_the_files_that_are_kept_take_little_room(
    serving, a_fetcher, answers, monkeypatch, name, bound
):
    monkeypatch.setattr(module, name, bound)

    async def scenario():
        async with serving(answers.say(FILE)) as server, a_fetcher() as fetcher:
            files = RobotsFiles(fetcher)
            for host in ("localhost", "127.0.0.1", "127.0.0.1", "localhost"):
                assert await files.file_for(server.url("/a", host=host)) == FILE
            return len(server.requests)

    assert asyncio.run(scenario()) == 3
