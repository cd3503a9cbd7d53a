"""Simple text, markup and addresses take short ways, to what the long ways give."""

from hypothesis import example, given
from hypothesis import strategies as st
from w3lib.url import safe_url_string

from pipeline.stages.normalise import clean_url, plain, plain_text, url_key

TAGS = sorted((plain._INLINE | plain._BLOCKS | {"img"}) - {"html", "body"})
tag = st.builds(
    "<{}{}{}{}>".format,
    st.sampled_from(("", "", "/")),
    st.sampled_from(TAGS),
    st.sampled_from(("", "", ' class="a b"', " href='x'", " hidden", ' title="&lt;b"', "\n id")),
    st.sampled_from(("", "", "/", " ", " /")),
)
WORDS = (
    "word", "a b", " ", "\n", "é", "&amp;", "&eacute;t", "&lt;b&gt;", ". ", "1 > 0", "'q'", "&#8217;", "&#233;",
    "&#38;amp;", "&amp;amp;", "&amp;#39;", "\xa0", "\u202f", "\u200b", "a\x01b", "]]", ">", "]]>", "R&D", "&rang;", "&nbsp;",
)  # fmt: skip
markup = st.lists(tag | st.sampled_from(WORDS), min_size=1, max_size=12).map("".join)


def by_parser(text: str) -> str:
    """What every document took before there were short ways."""
    text = plain._LEFT_OVER.sub("", plain._UNPRINTABLE.sub("", text))
    text = plain._without_tags(text) if plain._TAG.search(text) else plain.html.unescape(text)
    text = plain._unescaped_again(text)
    return plain._SPACES.sub(" ", plain._UNPRINTABLE.sub("", text)).strip()


@given(markup)
@example("a  b")
@example("<p>Q&amp;A</p>")
@example("a &amp;lt; b")
@example("<p>&amp;eacute;</p>")
def test_simple_markup_gives_the_text_a_parser_gives(text: str) -> None:
    assert plain_text(text) == by_parser(text)


@given(st.text(st.sampled_from("<>/&;#]!?ab \n\x00\x1c\x85\u00a0\u00ad\"'=1x"), max_size=30))
def test_text_of_any_characters_gives_the_text_a_parser_gives(text: str) -> None:
    assert plain_text(text) == by_parser(text)


@given(
    st.lists(
        markup | st.text(st.sampled_from("<p>/&;a b\n\x00\x01\u00a0\"'="), max_size=9), max_size=9
    )
)
@example(['<a href="', 'x">b', "", "c"])
@example(["a &am", "p; b", "c", "d"])
@example(["<p>a</p>\n<p>b</p>", "a\t b", "a\xa0 <br>b", "c\u200b"])
def test_texts_that_are_read_together_give_what_each_gives_alone(texts: list[str]) -> None:
    assert plain.plain_texts(texts) == list(map(plain_text, texts))


def test_texts_are_read_together_where_all_are_simple() -> None:
    simple = ["<p>a</p><p>b</p>", "c &amp; d", "e\n f", "", "g\xa0!", "h  i"]
    assert plain._quickly_together(simple) == ["a b", "c & d", "e f", "", "g\xa0!", "h i"]
    for odd in ("a\0b", "a\1b", "a]]>b", "<script>", "a & b", "&lt;b&gt;", "a\x7fb"):
        assert plain._quickly_together([*simple, odd]) is None


def test_markup_that_takes_a_parser_is_left_to_one() -> None:
    for text in ("<script>x</script>", "<p title=x>a", "<p>a < b", "<!-- a -->", "<p", "<body>"):
        assert plain._without_simple_tags(text) is None
    for text in ("a &bogus; b", "a & b", "&#128;", "&#x27;", "&#99999;", "&#٣;", "&eacute"):
        assert plain._without_simple_references(text) is None


def test_every_short_way_is_taken() -> None:
    for text in ("a", "a  b ", "<p>a</p>", "<p>a &amp; b &#8217;</p>", "a\nb", "a\xa0b"):
        assert plain._quickly(text) is not None
    for text in ("a\x01b", "<p>&lt;b&gt;</p>", "a &amp;amp; b"):
        assert plain._quickly(text) is None


@given(st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,9}/[A-Za-z0-9/._~=&,-]{0,9}(\?[a-z=&?]{1,9})?\Z"))
def test_an_address_with_nothing_to_escape_is_its_own_key(url: str) -> None:
    secure = "https" + url.partition("http")[2].removeprefix("s")
    try:
        assert url_key(url) in (safe_url_string(secure), url_key(url.partition("?")[0]))
    except ValueError:
        assert url_key(url) == secure


@given(st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,9}/[A-Za-z0-9/._~=,-]{0,9}\Z"))
def test_an_address_with_nothing_to_clean_is_left_as_it_is(url: str) -> None:
    assert clean_url(url) == url == clean_url(f"{url}?utm_source=rss")
