"""The front page's parts: the map, the filters, and the list of conflicts by region."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.stages.render.cards import ConflictCard
from pipeline.stages.render.filters import MOST_REGIONS, STATUSES
from pipeline.stages.render.plain import clean
from pipeline.stages.render.world import Pin, outline, pins, world

_REGIONLESS = "Other regions"
_UNRATED = STATUSES[-1]
_ACTIVITY = {
    "week": ("This week", "news this week"),
    "month": ("In 30 days", "news in the last 30 days"),
    "quiet": ("Quiet", "no news for 30 days"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conflict in the list and on the map. `kinds` are the classes that the filters read."""

    card: ConflictCard
    region: int
    status: str
    activity: str
    pin: Pin | None

    @property
    def kinds(self) -> str:
        """The classes that the filters read."""
        return f"r{self.region} s-{self.status} a-{self.activity}"

    @property
    def spoken(self) -> str:
        """What a screen reader says on the map: name, status, and how lively it is."""
        told = [clean(self.card.title), clean(self.card.status) or "status not rated"]
        if self.card.trend is not None:
            told.append(_ACTIVITY[self.activity][1])
        return ", ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region's rows. `homes` is the path around the first countries of its conflicts, `others`
    around the countries that take part."""

    number: int
    name: str
    rows: tuple[Row, ...]
    homes: str
    others: str

    @property
    def can_be_chosen(self) -> bool:
        """Whether the filters have a rule for it."""
        return self.number <= MOST_REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One radio button of a filter: its id, its label, and how many conflicts it leaves."""

    id: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One question: `name` groups its radio buttons, `all_id` is the id of the one for all."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def all_id(self) -> str:
        """The id of the button that chooses everything."""
        return f"all-{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the front page says of the conflicts."""

    regions: tuple[Region, ...]
    filters: tuple[Filter, ...]
    width: int
    height: int

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, by region."""
        return tuple(row for region in self.regions for row in region.rows)

    @property
    def week(self) -> int:
        """Approved articles of the last seven days; one of two conflicts counts for both."""
        return sum(row.card.trend.week for row in self.rows if row.card.trend is not None)

    @property
    def off_the_map(self) -> tuple[Row, ...]:
        """The conflicts that have no place on the map."""
        return tuple(row for row in self.rows if row.pin is None)


def overview(cards: Sequence[ConflictCard]) -> Overview:
    """Arrange the conflicts: regions and conflicts keep the order they are given in."""
    placed = pins([(card.countries, card.trend.total if card.trend else 0) for card in cards])
    names: dict[str, list[tuple[ConflictCard, Pin | None]]] = {}
    for card, pin in zip(cards, placed, strict=True):
        names.setdefault(clean(card.region) or _REGIONLESS, []).append((card, pin))
    regions = tuple(
        _region(number, name, members) for number, (name, members) in enumerate(names.items(), 1)
    )
    rows = [row for region in regions for row in region.rows]
    return Overview(
        regions=regions,
        filters=_filters(regions, rows),
        width=world().width,
        height=world().height,
    )


def _region(number: int, name: str, members: Sequence[tuple[ConflictCard, Pin | None]]) -> Region:
    homes = {code for card, _ in members for code in card.countries[:1]}
    others = {code for card, _ in members for code in card.countries[1:]} - homes
    return Region(
        number=number,
        name=name,
        rows=tuple(_row(card, pin, number) for card, pin in members),
        homes=outline(homes),
        others=outline(others),
    )


def _row(card: ConflictCard, pin: Pin | None, region: int) -> Row:
    return Row(
        card=card,
        region=region,
        status=card.status if card.status in STATUSES else _UNRATED,
        activity=card.trend.activity if card.trend else "quiet",
        pin=pin,
    )


def _filters(regions: Sequence[Region], rows: Sequence[Row]) -> tuple[Filter, ...]:
    """Ask only what tells conflicts apart: a question with one answer is none."""
    by_region = [
        Choice(id=f"r{region.number}", label=region.name, count=len(region.rows))
        for region in regions
        if region.can_be_chosen
    ]
    by_status = [
        Choice(id=f"s-{status}", label=status.capitalize(), count=count)
        for status in STATUSES
        if (count := sum(row.status == status for row in rows))
    ]
    lively = {kind: sum(row.activity == kind for row in rows) for kind in _ACTIVITY}
    by_activity = [
        # Whoever asks for thirty days wants those of this week as well.
        Choice(
            id=f"a-{kind}",
            label=_ACTIVITY[kind][0],
            count=count + (lively["week"] if kind == "month" else 0),
        )
        for kind, count in lively.items()
        if count
    ]
    asked = (
        Filter(name="region", label="Region", choices=tuple(by_region)),
        Filter(name="status", label="Status", choices=tuple(by_status)),
        Filter(name="activity", label="News", choices=tuple(by_activity)),
    )
    return tuple(each for each in asked if len(each.choices) > 1)
