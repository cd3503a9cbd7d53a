"""What the archive keeps of an article tells as surely as the article whether a word may stand."""

import pytest

from pipeline.model import ArticleText, Term
from pipeline.stages.match import FoldedArticle, Mentions

TEXT = ArticleText(title="Calm in Mali", summary="Convoi près de Ménaka", language="fr")


@pytest.mark.parametrize(
    "term", ["Mali", "=MALI", "Menaka", "conv*", "in Mali", "Mali convoi", "Oslo"]
)
def test_a_stream_mentions_what_its_article_does(term: str) -> None:
    words = Mentions([Term(text=term)])
    article = FoldedArticle(TEXT)
    assert words.stand_in_stream(article.stream) == words.stand_in(article)


def test_no_words_stand_nowhere() -> None:
    assert not Mentions([]).stand_in_stream(FoldedArticle(TEXT).stream)
