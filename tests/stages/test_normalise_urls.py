"""Normalise: addresses lose what tracks the reader and keep what selects the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.normalise import clean_url, url_key


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.example/x?utm_source=rss&utm_medium=feed", "https://a.example/x"),
        ("https://a.example/x?id=1&utm_source=rss", "https://a.example/x?id=1"),
        ("https://a.example/x?UTM_Source=rss&id=1", "https://a.example/x?id=1"),
        ("https://a.example/x?b=2&a=1&fbclid=z", "https://a.example/x?b=2&a=1"),
        ("https://a.example/x?id=1&amp;utm_source=rss", "https://a.example/x?id=1"),
        ("https://a.example/x?at_medium=RSS&at_campaign=KARANGA", "https://a.example/x"),
        ("https://a.example/x?at_medium=RSS&at_bbc_team=x&id=3", "https://a.example/x?id=3"),
        ("https://a.example/x?at_time=12", "https://a.example/x?at_time=12"),
        (
            "https://a.example/x.html?ns_mchannel=rss&ns_campaign=1490&ito=1490",
            "https://a.example/x.html",
        ),
        ("https://a.example/x?xtor=RSS-3208", "https://a.example/x"),
        ("https://a.example/x#xtor=RSS-3208", "https://a.example/x"),
        ("https://a.example/x?cmpid=1&_ga=2&yclid=3&wt_mc=4&CMP=5", "https://a.example/x"),
        ("https://a.example/x?ref=rss", "https://a.example/x"),
        ("https://a.example/x?source=rss-home&mod=rss_world", "https://a.example/x"),
        ("https://a.example/x?partner=rss&emc=rss", "https://a.example/x"),
        ("https://a.example/x?ref=main", "https://a.example/x?ref=main"),
        ("https://a.example/?feed=rss2", "https://a.example/?feed=rss2"),
        ("https://a.example/x?source=page2", "https://a.example/x?source=page2"),
        ("https://A.Example:443/Path", "https://a.example/Path"),
        ("HTTP://a.example:80/", "http://a.example/"),
        ("http://a.example:443/", "http://a.example:443/"),
        ("https://User:Pa@A.example/", "https://User:Pa@a.example/"),
        ("https://a.example/%7Ex/é?q=%2F&&r", "https://a.example/%7Ex/é?q=%2F&&r"),
        ("https://a.example/x?&utm_source=y", "https://a.example/x"),
        ("https://a.example/x?", "https://a.example/x"),
        ("https://a.example/x#", "https://a.example/x"),
        ("https://a.example/x#part-2", "https://a.example/x#part-2"),
        ("https://a.example", "https://a.example"),
        (" https://a.example/a b\n/c ", "https://a.example/a%20b/c"),
        ("mailto:x@a.example", "mailto:x@a.example"),
    ],
)
def test_an_address_is_cleaned(url: str, clean: str) -> None:
    assert clean_url(url) == clean


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/x", "https://a.example/x"),
        ("https://a.example", "https://A.example/"),
        ("https://a.example/x#0", "https://a.example/x#1"),
        ("https://a.example/é", "https://a.example/%C3%A9"),
        ("https://a.example/%c3%a9", "https://a.example/%C3%A9"),
        ("https://a.example/x?id=1&utm_source=a", "https://a.example/x?id=1"),
    ],
)
def test_sightings_of_one_page_share_a_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1"),
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x", "https://www.a.example/x"),
        ("https://a.example/#!/1", "https://a.example/#!/2"),
        ("https://a.example/#/1", "https://a.example/#/2"),
    ],
)
def test_different_pages_never_share_a_key(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


def test_what_is_no_web_address_is_its_own_key() -> None:
    assert url_key("mailto:x@a.example") == "mailto:x@a.example"
    assert url_key("https://" + "x" * 80 + "é.example/") != ""


URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["a.example", "A.example:80", "b.example:443", "u:p@c.example", "é.example"]),
    st.text(alphabet="/aZé%2F ~.+", max_size=12).map(lambda path: "/" + path),
    st.lists(
        st.sampled_from(
            ["utm_source=x", "id=1", "id=2", "", "a=%20", "at_medium=r", "ref=rss", "q=é", "b"]
        )
    ).map(lambda parts: "?" + "&".join(parts) if parts else ""),
    st.sampled_from(["", "#", "#0", "#!/x", "#xtor=RSS-1", "#a=b"]),
)


@given(URLS)
def test_cleaning_twice_changes_nothing(url: str) -> None:
    assert clean_url(clean_url(url)) == clean_url(url)
    assert url_key(url_key(url)) == url_key(url) == url_key(clean_url(url))


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    assert clean_url(clean_url(text)) == clean_url(text)
    url_key("https://" + text)


@given(URLS, st.integers(), st.integers())
def test_pages_told_apart_by_number_stay_apart(url: str, one: int, other: int) -> None:
    base = url.partition("#")[0]
    joint = "&" if "?" in base else "?"
    keys = {url_key(f"{base}{joint}page={number}") for number in (one, other)}
    assert len(keys) == len({one, other})
