"""Fresh articles: what the publishers go on writing after the show, so that the queue lives."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pipeline.demo.samples import Sample

FIRST = timedelta(seconds=40)
EVERY = timedelta(seconds=75)
_MOST = 30

_TOWNS = ("Mopti", "Gao", "Ménaka", "Ségou", "Kidal", "Sévaré", "Timbuktu", "Niono", "Kayes")

# Publisher, headline, summary; the next time round they are told of the next town.
_REPORTS = (
    (
        "sahel-dispatch",
        "Soldiers clear the road north of {town} after two days",
        "Buses may leave again in the morning, the garrison’s spokesman said.",
    ),
    (
        "world-brief",
        "Mali: governor of {town} shortens the curfew by an hour",
        "The decree takes effect tonight.",
    ),
    (
        "sahel-dispatch",
        "Displaced families set up a school near {town}",
        "Two retired teachers run it under a tarpaulin.",
    ),
    (
        "river-coast-daily",
        "Bakers in {town} run out of flour as blockade goes on",
        "Mali’s millers say the next lorries are three days away.",
    ),
    (
        "sahel-dispatch",
        "Patrol finds an abandoned camp outside {town}",
        "The army believes that an armed group left it this week.",
    ),
    (
        "relief-notes",
        "Mali: aid lorries for {town} held at a checkpoint",
        "Talks with the escort’s commander go on.",
    ),
    (
        "sahel-dispatch",
        "Ceasefire around {town} holds for a third night, elders say",
        "A mediator is expected before the market day.",
    ),
)


def fresh_samples(publisher: str, show_at: datetime, until: datetime) -> Iterator[Sample]:
    """Give the publisher's articles that appeared after the show, the newest thirty of all
    publishers' at most."""
    last = int((until - show_at - FIRST) / EVERY) if until - show_at >= FIRST else -1
    for number in range(max(0, last + 1 - _MOST), last + 1):
        name, title, summary = _REPORTS[number % len(_REPORTS)]
        if name == publisher:
            town = _TOWNS[number // len(_REPORTS) % len(_TOWNS)]
            yield Sample(
                name=f"fresh-{number}",
                hours=-(FIRST + number * EVERY) / timedelta(hours=1),
                title=title.format(town=town),
                summary=summary,
            )
