"""Simple markup is read without a parser: the same text as with one."""

from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import safe_url_string

from pipeline.stages.normalise import plain, url_key

TAGS = sorted((plain._INLINE | plain._BLOCKS | {"img"}) - {"html", "body"})
tag = st.builds(
    "<{}{}{}{}>".format,
    st.sampled_from(("", "", "/")),
    st.sampled_from(TAGS),
    st.sampled_from(("", "", ' class="a b"', " href='x'", " hidden")),
    st.sampled_from(("", "", "/")),
)
WORDS = ("word", "a b", " ", "\n", "é", "&amp;", "&eacute;t", "&lt;b&gt;", ". ", "1 > 0", "'q'")


def one_line(text: str) -> str:
    return plain._SPACES.sub(" ", text).strip()


@given(st.lists(tag | st.sampled_from(WORDS), min_size=1, max_size=12).map("".join))
def test_simple_markup_gives_the_text_a_parser_gives(markup: str) -> None:
    quick = plain._without_simple_tags(markup)
    assert quick is None or one_line(quick) == one_line(plain._without_tags(markup))


def test_markup_that_takes_a_parser_is_left_to_one() -> None:
    for markup in (
        "<script>x</script>",
        "<p>a &bogus; b",
        "<p title=x>a",
        "<p>a < b",
        "<!-- a -->",
    ):
        assert plain._without_simple_tags(markup) is None


@given(st.from_regex(r"\Ahttps://[a-z0-9.-]{1,9}/[A-Za-z0-9/._~=&,-]{0,9}(\?[a-z=&?]{1,9})?\Z"))
def test_an_address_with_nothing_to_escape_is_its_own_key(url: str) -> None:
    try:
        assert url_key(url) in (safe_url_string(url), url_key(url.partition("?")[0]))
    except ValueError:
        assert url_key(url) == url
