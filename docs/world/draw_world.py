"""Draw the front page's world: `python docs/world/draw_world.py SHAPES POINTS > world.json`.

SHAPES and POINTS are TopoJSON files of countries (objects.countries, numeric ISO 3166-1 ids), such
as Natural Earth's at 1:110 million and 1:50 million. Coastlines and borders come from SHAPES; the
place of each country from POINTS, which knows the small ones too. Decided in docs/decisions/.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from pathlib import Path
from typing import Any

Point = tuple[float, float]

WIDTH = 2000
# Degrees east in the middle: the cut then runs through the Bering Strait and crosses no shape.
MIDDLE = 11.6
SOUTH, NORTH = -55.8, 79.0
# In units of the drawing, where the world is 2000 wide: what is smaller is not seen.
TOLERANCE = 0.7
LEAST_AREA = 3.0
ANTARCTICA = "010"

# ISO 3166-1 numeric to alpha-2, for the countries that Natural Earth draws.
CODES_AS_WRITTEN = """
004AF 008AL 010AQ 012DZ 016AS 020AD 024AO 028AG 031AZ 032AR 036AU 040AT 044BS 048BH 050BD 051AM
052BB 056BE 060BM 064BT 068BO 070BA 072BW 076BR 084BZ 086IO 090SB 092VG 096BN 100BG 104MM 108BI
112BY 116KH 120CM 124CA 132CV 136KY 140CF 144LK 148TD 152CL 156CN 158TW 170CO 174KM 178CG 180CD
184CK 188CR 191HR 192CU 196CY 203CZ 204BJ 208DK 212DM 214DO 218EC 222SV 226GQ 231ET 232ER 233EE
234FO 238FK 239GS 242FJ 246FI 248AX 250FR 258PF 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH
296KI 300GR 304GL 308GD 316GU 320GT 324GN 328GY 332HT 334HM 336VA 340HN 344HK 348HU 352IS 356IN
360ID 364IR 368IQ 372IE 376IL 380IT 384CI 388JM 392JP 398KZ 400JO 404KE 408KP 410KR 414KW 417KG
418LA 422LB 426LS 428LV 430LR 434LY 438LI 440LT 442LU 446MO 450MG 454MW 458MY 462MV 466ML 470MT
478MR 480MU 484MX 492MC 496MN 498MD 499ME 500MS 504MA 508MZ 512OM 516NA 520NR 524NP 528NL 531CW
533AW 534SX 540NC 548VU 554NZ 558NI 562NE 566NG 570NU 574NF 578NO 580MP 583FM 584MH 585PW 586PK
591PA 598PG 600PY 604PE 608PH 612PN 616PL 620PT 624GW 626TL 630PR 634QA 642RO 643RU 646RW 652BL
654SH 659KN 660AI 662LC 663MF 666PM 670VC 674SM 678ST 682SA 686SN 688RS 690SC 694SL 702SG 703SK
704VN 705SI 706SO 710ZA 716ZW 724ES 728SS 729SD 732EH 740SR 748SZ 752SE 756CH 760SY 762TJ 764TH
768TG 776TO 780TT 784AE 788TN 792TR 795TM 796TC 800UG 804UA 807MK 818EG 826GB 831GG 832JE 833IM
834TZ 840US 850VI 854BF 858UY 860UZ 862VE 876WF 882WS 887YE 894ZM
"""
CODES = {each[:3]: each[3:] for each in CODES_AS_WRITTEN.split()}
# Drawn within another country there, or not at all: degrees east and north.
SMALL = {
    "BQ": (-68.3, 12.2), "CC": (96.8, -12.2), "CX": (105.6, -10.5), "GF": (-53.1, 3.9),
    "GI": (-5.35, 36.1), "GP": (-61.5, 16.2), "MQ": (-61.0, 14.7), "RE": (55.5, -21.1),
    "SJ": (16.0, 78.5), "TK": (-171.8, -9.2), "TV": (179.2, -8.5), "YT": (45.2, -12.8),
}  # fmt: skip
# Shapes without an ISO number that news knows by a code; they are drawn plain like the others.
NAMED = {"Kosovo": "XK"}


def arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """Undo TopoJSON's delta coding: lines of (longitude, latitude) in degrees."""
    (wide, high), (left, low) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for coded in topology["arcs"]:
        x = y = 0
        line = []
        for right, up in coded:
            x, y = x + right, y + up
            line.append((x * wide + left, y * high + low))
        lines.append(line)
    return lines


def rings(geometry: dict[str, Any], lines: Sequence[Sequence[Point]]) -> Iterator[list[Point]]:
    """Join a geometry's arcs to closed rings; a negative number is an arc read backwards."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for ring in (ring for polygon in polygons for ring in polygon):
        joined: list[Point] = []
        for number in ring:
            line = lines[number] if number >= 0 else lines[~number][::-1]
            joined.extend(line[1 if joined else 0 :])
        yield joined


def project(longitude: float, latitude: float) -> Point:
    """Equal Earth (Savric, Patterson and Jenny, 2018): true areas; y grows downwards."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    turned = (longitude - MIDDLE + 180) % 360 - 180
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    squared = theta * theta
    sixth = squared**3
    across = 3 * (9 * a4 * sixth * squared + 7 * a3 * sixth + 3 * a2 * squared + a1)
    x = 2 * sqrt(3) * radians(turned) * cos(theta) / across
    y = theta * (a4 * sixth * squared + a3 * sixth + a2 * squared + a1)
    return x, -y


def simplify(line: Sequence[Point], tolerance: float) -> list[Point]:
    """Leave out points nearer than `tolerance` to the line without them (Douglas and Peucker)."""
    if len(line) < 3:
        return list(line)
    first, last = line[0], line[-1]
    away = [_distance(point, first, last) for point in line[1:-1]]
    furthest = max(range(len(away)), key=away.__getitem__)
    if away[furthest] <= tolerance:
        return [first, last]
    left = simplify(line[: furthest + 2], tolerance)
    return left[:-1] + simplify(line[furthest + 1 :], tolerance)


def _distance(point: Point, first: Point, last: Point) -> float:
    (x, y), (x1, y1), (x2, y2) = point, first, last
    length = hypot(x2 - x1, y2 - y1)
    if length == 0:
        return hypot(x - x1, y - y1)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length


def area(ring: Sequence[Point]) -> float:
    """The area inside a closed ring, in the square of its unit."""
    pairs = pairwise(ring)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def middle(ring: Sequence[Point]) -> Point:
    """A point inside a ring: the middle of the widest of its cuts near the height of its centre."""
    top, bottom = min(y for _, y in ring), max(y for _, y in ring)
    best = (-1.0, ring[0])
    for share in (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7):
        y = top + (bottom - top) * share + 1e-6
        crossings = sorted(
            x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            for (x1, y1), (x2, y2) in pairwise(ring)
            if (y1 > y) != (y2 > y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            # The centre wins over a cut that is hardly wider.
            worth = (right - left) * (1 - abs(share - 0.5))
            best = max(best, (worth, ((left + right) / 2, y)))
    return best[1]


class Drawing:
    """The frame of the drawing: degrees to its whole units, 2000 wide, the top left is (0, 0)."""

    def __init__(self) -> None:
        self.left = project(MIDDLE - 179.999, 0)[0]
        self.top = project(MIDDLE, NORTH)[1]
        self.scale = WIDTH / -2 / self.left
        self.height = round((project(MIDDLE, SOUTH)[1] - self.top) * self.scale)

    def place(self, point: Point) -> Point:
        """Put a point of the world on the drawing."""
        x, y = project(*point)
        return (x - self.left) * self.scale, (y - self.top) * self.scale


def path(ring: Sequence[Point]) -> str:
    """Write a ring as a path of whole steps, as short as SVG allows."""
    whole = [(round(x), round(y)) for x, y in ring]
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(whole) if (x1, y1) != (x2, y2)]
    if len(steps) < 3:
        return ""
    words = "".join(f"{number:+d}" for step in steps[:-1] for number in step)
    return f"M{whole[0][0]} {whole[0][1]}l{_shortest(words)}z"


def _shortest(words: str) -> str:
    # A minus divides numbers by itself; a plus becomes a space, and none stands at the beginning.
    return words.replace("+", " ").strip()


def draw(shapes: dict[str, Any], points: dict[str, Any]) -> dict[str, Any]:
    """Give the world as a value: its size, a path and a place by country, and the plain rest."""
    drawing = Drawing()
    lines = [simplify([drawing.place(point) for point in line], TOLERANCE) for line in arcs(shapes)]
    countries: dict[str, str] = {}
    for geometry in shapes["objects"]["countries"]["geometries"]:
        if geometry.get("id") == ANTARCTICA:
            continue
        found = sorted(rings(geometry, lines), key=area, reverse=True)
        kept = [ring for number, ring in enumerate(found) if not number or area(ring) > LEAST_AREA]
        code = CODES.get(geometry.get("id", ""), "")
        countries[code] = countries.get(code, "") + "".join(map(path, kept))
    places = {code: _whole(drawing.place(point)) for code, point in SMALL.items()}
    sizes: dict[str, float] = {}
    fine = arcs(points)
    for geometry in points["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = CODES.get(geometry.get("id", ""), NAMED.get(name, ""))
        for ring in rings(geometry, fine):
            outline = [drawing.place(point) for point in ring]
            if code and code != "AQ" and area(outline) > sizes.get(code, -1.0):
                sizes[code] = area(outline)
                places[code] = _whole(middle(outline))
    return {
        "width": WIDTH,
        "height": drawing.height,
        "plain": countries.pop("", ""),
        "countries": dict(sorted(countries.items())),
        "places": dict(sorted(places.items())),
    }


def _whole(point: Point) -> list[int]:
    return [round(number) for number in point]


def main() -> None:
    """Read both files named on the command line, write the world to standard output."""
    shapes, points = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:3])
    world = draw(shapes, points)
    sys.stdout.write(json.dumps(world, separators=(",", ":")).replace('","', '",\n"') + "\n")


if __name__ == "__main__":
    main()
