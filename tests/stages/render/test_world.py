"""The world map: every country has its place, and no two pins stand on each other."""

import gzip
import json
from importlib.util import module_from_spec, spec_from_file_location
from math import radians, sin
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

from pipeline.sources.countries import COUNTRIES
from pipeline.stages.render import static_files
from pipeline.stages.render.world import APART, outline, pins, world

ROOT = Path(__file__).parents[3]


def test_every_country_that_sources_may_name_has_a_place_but_the_empty_ones() -> None:
    uninhabited = {"AQ", "BV", "UM"}
    assert COUNTRIES - world().places.keys() == uninhabited
    for x, y in world().places.values():
        assert 0 <= x <= world().width
        assert -20 <= y <= world().height + 20


def test_the_picture_is_small_and_loads_nothing() -> None:
    picture = static_files()["world.svg"]
    assert len(picture) < 60_000
    assert len(gzip.compress(picture, 6)) < 25_000
    tree = etree.fromstring(picture)
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} == {"svg", "g", "path"}
    assert not tree.xpath("//@href | //@style")


def test_shapes_without_a_code_are_drawn_plain() -> None:
    picture = static_files()["world.svg"].decode()
    assert world().plain
    assert world().plain in picture
    assert outline(["XK", "??"]) == ""
    assert outline(["NE", "ML", "ML"]) == world().countries["ML"] + world().countries["NE"]


def test_conflicts_of_one_country_stand_beside_each_other() -> None:
    placed = [pin for pin in pins([(("ML",), 5)] * 40) if pin is not None]
    assert len(placed) == 40
    assert (placed[0].x, placed[0].y) == world().places["ML"]
    for number, one in enumerate(placed):
        for other in placed[:number]:
            assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 >= APART**2


def test_a_conflict_stands_in_its_first_country_that_has_a_place() -> None:
    elsewhere, nowhere, beyond = pins([(("AQ", "HT"), 0), ((), 3), (("NZ",), 3)])
    assert elsewhere is not None
    assert (elsewhere.x, elsewhere.y, elsewhere.radius) == (*world().places["HT"], 0)
    assert not elsewhere.at_the_right
    assert nowhere is None
    assert beyond is not None
    assert beyond.at_the_right


def test_circles_grow_by_area_with_the_news() -> None:
    most, quarter, none = pins([(("ML",), 100), (("NE",), 25), (("TD",), 0)])
    assert most is not None
    assert quarter is not None
    assert none is not None
    assert (most.radius, quarter.radius, none.radius) == (50, 33, 0)


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = spec_from_file_location("draw_world", ROOT / "docs" / "world" / "draw_world.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def topology() -> dict[str, Any]:
    """Two squares that share a border, delta coded: Mali, and one without a number beside it."""
    return {
        "transform": {"scale": [0.5, 0.5], "translate": [-10, 10]},
        "arcs": [
            [[20, 0], [0, 20]],
            [[20, 20], [-20, 0], [0, -20], [20, 0]],
            [[20, 20], [20, 0], [0, -20], [-20, 0]],
        ],
        "objects": {
            "countries": {
                "geometries": [
                    {
                        "type": "Polygon",
                        "id": "466",
                        "properties": {"name": "Mali"},
                        "arcs": [[0, 1]],
                    },
                    {
                        "type": "MultiPolygon",
                        "properties": {"name": "Kosovo"},
                        "arcs": [[[0, 2]]],
                    },
                    {
                        "type": "Polygon",
                        "id": "010",
                        "properties": {"name": "Antarctica"},
                        "arcs": [[0, 1]],
                    },
                ]
            }
        },
    }


def test_the_drawing_reads_topojson(drawing: ModuleType) -> None:
    lines = drawing.arcs(topology())
    assert lines[0] == [(0.0, 10.0), (0.0, 20.0)]
    mali = topology()["objects"]["countries"]["geometries"][0]
    [ring] = drawing.rings(mali, lines)
    assert ring == [(0, 10), (0, 20), (-10, 20), (-10, 10), (0, 10)]
    assert drawing.area(ring) == 100
    assert drawing.middle(ring) == pytest.approx((-5, 15), abs=0.01)


def test_the_drawing_leaves_antarctica_out_and_the_nameless_plain(drawing: ModuleType) -> None:
    drawn = drawing.draw(topology(), topology())
    assert drawn["countries"].keys() == {"ML"}
    assert drawn["plain"].startswith("M")
    assert {"ML", "XK", "GF"} <= drawn["places"].keys()
    x = drawn["places"]["ML"][0]
    assert abs(x - 908) < 10
    assert drawn["width"] == world().width
    json.dumps(drawn)


def test_the_projection_keeps_areas(drawing: ModuleType) -> None:
    def patch(latitude: float) -> float:
        corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
        return float(drawing.area([drawing.project(x, latitude + y) for x, y in corners]))

    def on_the_globe(latitude: float) -> float:
        return sin(radians(latitude + 1)) - sin(radians(latitude))

    assert patch(60) / patch(0) == pytest.approx(on_the_globe(60) / on_the_globe(0), rel=1e-3)
