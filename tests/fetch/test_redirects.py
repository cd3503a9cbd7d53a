"""Redirects are followed a little way, checked at every hop, and told apart."""

import asyncio
import base64

import pytest

from pipeline.errors import FetchError, Severity
from pipeline.model import NotModified, Validators


def test_a_chain_of_permanent_redirects_names_the_new_address(ask, answers):
    result, server = ask(
        answers.by_path(
            feed=answers.redirect("/b", 301), b=answers.redirect("/c", 308), c=answers.say()
        )
    )
    assert result.permanent_url == result.url == server.url("/c")


def test_a_304_behind_permanent_redirects_names_the_new_address_too(ask, answers):
    def known(server):
        return Validators(etag='"x"', url=server.url("/b"))

    unchanged = answers.say(b"", status=304)
    for status, moved in ((301, True), (302, False)):
        site = answers.by_path(feed=answers.redirect("/b", status), b=unchanged)
        result, server = ask(site, validators=known)
        assert isinstance(result, NotModified)
        assert result.permanent_url == (server.url("/b") if moved else None)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_one_temporary_redirect_makes_the_chain_temporary(ask, answers, status):
    result, server = ask(
        answers.by_path(
            feed=answers.redirect("/b", 301), b=answers.redirect("/c", status), c=answers.say()
        )
    )
    assert result.url == server.url("/c")
    assert result.permanent_url is None


def hops(answers, count):
    """A chain `/feed` → `/1` → … of so many redirects."""
    sites = {"feed": answers.redirect("/1")}
    sites |= {str(n): answers.redirect(f"/{n + 1}") for n in range(1, count)}
    return answers.by_path(**sites, **{str(count): answers.say()})


def test_five_redirects_are_followed_and_six_are_not(ask, answers):
    result, server = ask(hops(answers, 5))
    assert result.url == server.url("/5")
    error, server = ask(hops(answers, 6))
    assert (error.kind, error.severity) == ("too_many_redirects", Severity.SOFT)
    assert len(server.requests) == 6


def test_a_circle_is_noticed_at_once(ask, answers):
    error, server = ask(
        answers.by_path(feed=answers.redirect("/b#x"), b=answers.redirect("/feed#y"))
    )
    assert error.kind == "redirect_loop"
    assert len(server.requests) == 2


@pytest.mark.parametrize("location", [None, "", "  "])
def test_a_redirect_must_say_where_to(ask, answers, location):
    assert ask(answers.redirect(location))[0].kind == "redirect_missing"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "file:/etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:25/",
        "unix:/var/run/docker.sock",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "http://",
        "http://[::1",
        "http://a..b/",
        "http://127.0.0.1:99999/",
        "//:80/",
        "http://x/" + "y" * 9000,
    ],
)
def test_a_redirect_to_where_no_feed_can_be_is_refused(ask, answers, location):
    error, server = ask(answers.redirect(location))
    assert (error.kind, error.severity) == ("bad_url", Severity.HARD)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("new", "/a/new"),
        ("../new", "/new"),
        ("?q=new", "/a/feed?q=new"),
        (" /new ", "/new"),
        ("/n w/new", "/n%20w/new"),
        ("/\xc3\xa9/new", "/%C3%A9/new"),
        ("/\xe9/new", "/%C3%A9/new"),
    ],
)
def test_a_location_is_resolved_as_browsers_do(ask, answers, location, path):
    result, server = ask(answers.in_turn(answers.redirect(location), answers.say()), path="/a/feed")
    assert server.requests[1].path == path
    assert result.url == server.url(path)


def test_a_password_in_a_redirect_is_not_used(serving, answers, a_fetcher):
    async def scenario():
        async def there(request, writer):
            location = f"http://editor:secret@127.0.0.1:{server.port}/new"
            await answers.redirect(location)(request, writer)

        site = answers.by_path(feed=there, new=answers.say())
        async with serving(site) as server, a_fetcher() as fetcher:
            return await fetcher.fetch(server.url()), server.requests

    result, requests = asyncio.run(scenario())
    assert "secret" not in result.url
    assert "authorization" not in requests[1].headers
    secret = base64.b64encode(b"editor:secret")
    assert not any(b"secret" in request.raw or secret in request.raw for request in requests)


def test_the_body_of_a_redirect_is_not_waited_for(ask, answers):
    async def generous(request, writer):
        writer.write(answers.head(302, "Location: /new", "Content-Length: 999999999"))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    result, _ = ask(answers.by_path(feed=generous, new=answers.say()), deadline=2.0)
    assert result.body == answers.feed


def test_a_redirect_elsewhere_asks_elsewhere(serving, answers, a_fetcher):
    async def scenario():
        async with serving(answers.say()) as second, a_fetcher() as fetcher:
            async with serving(answers.redirect(second.url("/x"), 301)) as first:
                result = await fetcher.fetch(first.url())
            return result, second

    result, second = asyncio.run(scenario())
    assert result.url == result.permanent_url == second.url("/x")
    assert second.requests[0].headers["host"] == f"127.0.0.1:{second.port}"


def test_an_error_behind_a_redirect_is_the_errors_own(ask, answers):
    error, _ = ask(answers.by_path(feed=answers.redirect("/new"), new=answers.say(status=404)))
    assert isinstance(error, FetchError)
    assert (error.kind, error.status) == ("http_404", 404)
