"""The world on the front page: countries as one picture, conflicts as pins on it.

The shapes in world.json are Natural Earth's, drawn by docs/world/draw_world.py.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import cos, sin, sqrt

# Units of the drawing. Pins nearer than this could not be told apart, or hit with a finger.
APART = 36
_EDGE = 20
# Each step turns by the golden angle: the points of a sunflower, evenly around the first.
_TURN = 2.399963
_SMALLEST, _WIDENING = 16.0, 34.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The drawing: its size in units, a path and a place for each country, and the plain rest.

    Countries go by their ISO 3166-1 alpha-2 codes. `plain` holds shapes without one.
    """

    width: int
    height: int
    plain: str
    countries: Mapping[str, str]
    places: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Where a conflict stands on the drawing; `radius` grows with its news (by area)."""

    x: int
    y: int
    radius: int

    @property
    def at_the_right(self) -> bool:
        """Whether a name beside the pin must stand to its left to stay on the drawing."""
        return self.x > world().width * 0.6


@cache
def world() -> World:
    """Read the drawing, once."""
    read = json.loads((files("pipeline.stages.render") / "world.json").read_text("utf-8"))
    places = {code: (x, y) for code, (x, y) in read["places"].items()}
    return World(**(read | {"places": places}))


def world_picture() -> bytes:
    """Draw all countries as an SVG file. Its greys are half transparent: they suit any ground."""
    drawn = world()
    shapes = "".join(f'<path d="{path}"/>' for path in [drawn.plain, *drawn.countries.values()])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width} {drawn.height}">'
        '<g fill="#7d8590" fill-opacity=".22" stroke="#7d8590" stroke-opacity=".5" '
        f'stroke-width=".8" stroke-linejoin="round">{shapes}</g></svg>\n'
    ).encode()


def outline(countries: Iterable[str]) -> str:
    """Give one path around these countries; those that are not drawn are left out."""
    drawn = world().countries
    return "".join(drawn.get(code, "") for code in sorted(set(countries)))


def pins(conflicts: Sequence[tuple[Sequence[str], int]]) -> list[Pin | None]:
    """Place conflicts, each given by its countries, the first its home, and its news.

    Where pins would touch, the later one moves to the nearest free spot around its home. A conflict
    none of whose countries has a place gets no pin.
    """
    places = world().places
    most = max([1, *(news for _, news in conflicts)])
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    placed: list[Pin | None] = []
    for countries, news in conflicts:
        home = next((places[code] for code in countries if code in places), None)
        if home is None:
            placed.append(None)
            continue
        x, y = _free_spot(home, taken)
        taken.setdefault((x // APART, y // APART), []).append((x, y))
        radius = round(_SMALLEST + _WIDENING * sqrt(news / most)) if news else 0
        placed.append(Pin(x=x, y=y, radius=radius))
    return placed


def _free_spot(
    home: tuple[int, int], taken: Mapping[tuple[int, int], Sequence[tuple[int, int]]]
) -> tuple[int, int]:
    step = 0
    while True:
        away = APART * 0.3 * sqrt(step)
        x = _within(home[0] + away * cos(step * _TURN), world().width)
        y = _within(home[1] + away * sin(step * _TURN), world().height)
        around = (
            spot
            for column in (-1, 0, 1)
            for row in (-1, 0, 1)
            for spot in taken.get((x // APART + column, y // APART + row), ())
        )
        if all((x - x2) ** 2 + (y - y2) ** 2 >= APART**2 for x2, y2 in around):
            return x, y
        step += 1


def _within(value: float, size: int) -> int:
    return round(min(max(value, _EDGE), size - _EDGE))
