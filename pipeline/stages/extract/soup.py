"""The article's text by Beautiful Soup: where it stands, and what stands around it."""

import re
from collections import defaultdict

from bs4 import BeautifulSoup, Tag


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_NOT_TEXT = _names(
    "aside audio button canvas dialog embed footer form head iframe math nav noscript object "
    "script select style svg template textarea title video"
)
_BLOCK_NAMES = _names(
    "address article blockquote body br caption dd div dl dt fieldset figcaption figure h1 h2 h3 "
    "h4 h5 h6 header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul"
)
_BLOCK = re.compile(
    rf"(?=</?(?:{'|'.join(sorted(_BLOCK_NAMES, reverse=True))})[\s/>])", re.IGNORECASE
)
_SPACES = re.compile(r"\s+")
_AROUND_ROLES = _names("banner complementary contentinfo dialog navigation search")
# Words of class and id that name what stands around an article, as whole words.
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:related|recommend(?:ed|ations)?|share|sharing|social|newsletter|comments?|cookies?"
    r"|consent|promo|adverts?|advertisement|sidebar|breadcrumbs?|subscribe|most-?read|trending|tags"
    r"|read-?more|signup)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HOLDS_ALL = _names("html body main article")
_MOST_PARTS = 200  # a page of more is made to be slow
_LEAST = 200  # a shorter <article> is one of many teasers


def text_by_soup(markup: str) -> str:
    """Give the text of a page's article, a line a block; "" where the page has none.

    The article is the longest `<article>`, else what is marked as its body, else `<main>`, else
    the element with most text in paragraphs of its own, else the whole page.
    """
    # Line breaks of the markup are mere spaces; those that count stand where blocks begin and end.
    soup = BeautifulSoup(_BLOCK.sub("\n", _SPACES.sub(" ", markup)), "lxml")
    _strip(soup)
    return _place(soup).get_text()


def _strip(soup: BeautifulSoup) -> None:
    """Take out what is no text of an article; never more than half of the page by its name."""
    for tag in soup.find_all(sorted(_NOT_TEXT)):
        if not tag.decomposed:
            tag.decompose()
    room = len(soup.get_text()) // 2
    for tag in soup.find_all(_stands_around, limit=_MOST_PARTS):
        if not tag.decomposed and len(tag.get_text()) <= room:
            tag.decompose()


def _stands_around(tag: Tag) -> bool:
    if tag.name in _HOLDS_ALL:
        return False
    if tag.get("hidden") is not None or tag.get("aria-hidden") == "true":
        return True
    named = " ".join(map(str, tag.get_attribute_list("class") + tag.get_attribute_list("id")))
    return str(tag.get("role")).lower() in _AROUND_ROLES or bool(_AROUND.search(named))


def _place(soup: BeautifulSoup) -> Tag:
    """Choose the element that holds the article."""
    for found in (
        soup.find_all("article", limit=_MOST_PARTS),
        soup.find_all(True, itemprop="articleBody", limit=_MOST_PARTS),
        [
            *soup.find_all("main", limit=_MOST_PARTS),
            *soup.find_all(True, role="main", limit=_MOST_PARTS),
        ],
    ):
        longest: Tag | None = max(found, key=_length, default=None)
        if longest is not None and _length(longest) >= _LEAST:
            return longest
    in_paragraphs: dict[int, int] = defaultdict(int)
    parents: dict[int, Tag] = {}
    for paragraph in soup.find_all("p"):
        parent = paragraph.parent
        assert parent is not None, "a found element stands in the page"
        parents[id(parent)] = parent
        in_paragraphs[id(parent)] += _length(paragraph)
    best = max(in_paragraphs, key=in_paragraphs.__getitem__, default=0)
    return parents[best] if in_paragraphs[best] >= _LEAST else soup


def _length(tag: Tag) -> int:
    return len(tag.get_text(strip=True))
