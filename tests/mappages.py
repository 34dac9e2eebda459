"""What a page of the web map holds, decoded without the script: an independent second opinion."""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from decimal import Decimal
from typing import Any

import shapely

WORLD = 2**32  # units around the equator
MISSING = "—"
BLOCK = '<script type="application/json" id="gisland-{name}">(.*?)</script>'
INNERMOST = re.compile("\ufdd0([^\ufdd0\ufdd2]*)\ufdd2")  # a reference without another inside
FLAT, LINE, POINT = 2, 1, 0

Layer = dict[str, Any]


# --- blocks of the page -------------------------------------------------------------------------


def block(page: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """Data that the page holds for its script, references as they are."""
    (text,) = re.findall(BLOCK.format(name=re.escape(name)), page)
    return json.loads(text)


def has_block(page: str, name: str) -> bool:
    """Whether the page holds such data."""
    return re.search(BLOCK.format(name=re.escape(name)), page) is not None


def texts(page: str) -> dict[str, Any]:
    """Language, entries of the catalog and words of the script."""
    found: dict[str, Any] = block(page, "texts")
    return found


def page_data(page: str, language: str) -> dict[str, Any]:
    """What stands around the map, in one language."""
    found: dict[str, Any] = spoken(block(page, "page"), texts(page)["entries"][language])
    return found


def surfaces(page: str, language: str) -> dict[str, Any]:
    """Density surfaces, in one language."""
    found: dict[str, Any] = spoken(block(page, "surfaces"), texts(page)["entries"][language])
    return found


# --- references ---------------------------------------------------------------------------------


def expand(text: str, entries: list[str]) -> str:
    """Text with its references looked up, the innermost first."""
    while True:
        text, found = INNERMOST.subn(lambda match: _looked_up(match[1], entries), text)
        if not found:
            return text


def _looked_up(reference: str, entries: list[str]) -> str:
    number, *values = reference.split("\ufdd1")
    return re.sub(r"\{(\d+)\}", lambda place: values[int(place[1])], entries[int(number)])


def spoken(data: Any, entries: list[str]) -> Any:  # noqa: ANN401 - JSON
    """JSON with all text in it expanded."""
    if isinstance(data, str):
        return expand(data, entries)
    if isinstance(data, list):
        return [spoken(item, entries) for item in data]
    if isinstance(data, dict):
        return {key: spoken(value, entries) for key, value in data.items()}
    return data


# --- packed data --------------------------------------------------------------------------------


def unpack(text: str) -> tuple[dict[str, list[int]], Any]:
    """Arrays by name, and facts."""
    data = zlib.decompress(base64.b64decode(text, validate=True))
    size = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + size].decode("utf-8"))
    numbers = iter(varints(data[4 + size :]))
    arrays = {name: [next(numbers) for _ in range(count)] for name, count in head["arrays"]}
    assert next(numbers, None) is None, "numbers are left over"
    return arrays, head["facts"]


def varints(data: bytes) -> list[int]:
    """Numbers of seven bits a byte, the lowest first, their sign in the lowest bit."""
    made, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            made.append(-(value + 1) // 2 if value & 1 else value // 2)
            value = shift = 0
    assert shift == 0, "the last number has no end"
    return made


def summed(values: list[int], *, step: int = 1) -> list[int]:
    """Values of differences; with a step of two, x and y alternate."""
    made: list[int] = []
    for i, value in enumerate(values):
        made.append(value + (made[i - step] if i >= step else 0))
    return made


def pairs(values: list[int]) -> list[tuple[int, int]]:
    """Places of differences to the place before."""
    made = summed(values, step=2)
    return list(zip(made[::2], made[1::2], strict=True))


def degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place in units from the north-west of the world."""
    turn = math.pi * (1 - 2 * y / WORLD)
    return 360 * x / WORLD - 180, math.degrees(math.atan(math.sinh(turn)))


def shapes(arrays: dict[str, list[int]], origin: list[int]) -> list[shapely.Geometry]:
    """Geometry of each feature, in degrees."""
    west, north = origin
    places = [degrees(x + west, y + north) for x, y in pairs(arrays["xy"])]
    vertex, line, made = 0, 0, []
    for count in arrays["lines"]:
        parts = []
        for n in range(line, line + count):
            size = arrays["sizes"][n]
            parts.append((arrays["dimensions"][n], places[vertex : vertex + size]))
            vertex += size
        line += count
        made.append(_shape(parts))
    assert (vertex, line) == (len(places), len(arrays["sizes"])), "vertices or lines are left over"
    return made


def _shape(parts: list[tuple[int, list[tuple[float, float]]]]) -> shapely.Geometry:
    """One feature of its lines: a ring that turns clockwise is a hole in the one before."""
    polygons: list[tuple[list[Any], list[Any]]] = []
    others: list[shapely.Geometry] = []
    for dimension, places in parts:
        if dimension == POINT:
            (place,) = places
            others.append(shapely.Point(place))
        elif dimension == LINE:
            others.append(shapely.LineString(places))
        elif polygons and not shapely.LinearRing(places).is_ccw:
            polygons[-1][1].append(places)
        else:
            polygons.append((places, []))
    made = [shapely.Polygon(outer, holes) for outer, holes in polygons] + others
    return made[0] if len(made) == 1 else _gathered(made)


def _gathered(parts: list[shapely.Geometry]) -> shapely.Geometry:
    kinds = {part.geom_type for part in parts}
    gather = {
        ("Polygon",): shapely.MultiPolygon,
        ("LineString",): shapely.MultiLineString,
        ("Point",): shapely.MultiPoint,
    }.get(tuple(kinds), shapely.GeometryCollection)
    return gather(parts)


# --- layers -------------------------------------------------------------------------------------


def layers(page: str, language: str) -> dict[str, Layer]:
    """Layers of a page by id: ``head``, ``bounds`` and ``features`` with all they tell.

    Each feature has ``class`` (label), ``code``, ``key``, ``popup`` ({t, s, b}), ``geometry`` in
    degrees and ``sign`` (empty for none).
    """
    told = texts(page)
    ids = re.findall(BLOCK.format(name="([a-z_]+)-head"), page)
    return {key: layer(page, key, told=told, language=language) for key, _ in ids}


def layer(page: str, key: str, *, told: dict[str, Any], language: str) -> Layer:
    """One layer of a page."""
    entries = told["entries"][language]
    head = spoken(block(page, f"{key}-head"), entries)
    shape, shape_facts = unpack(block(page, f"{key}-shape"))
    arrays, facts = unpack(block(page, f"{key}-facts"))
    missing = expand(told["words"]["missing"], entries)
    return {
        "head": head,
        "features": features(
            head, (shape, shape_facts), (arrays, facts), entries=entries, missing=missing
        ),
    }


def features(
    head: dict[str, Any],
    shape: tuple[dict[str, list[int]], Any],
    facts: tuple[dict[str, list[int]], Any],
    *,
    entries: list[str],
    missing: str = MISSING,
) -> list[dict[str, Any]]:
    """Features of a layer, from what was unpacked."""
    arrays, shape_facts = shape
    theme = head["themes"][0]
    codes = arrays[f"class:{theme['id']}"]
    signed = dict(zip(summed(arrays["signed"]), spoken(shape_facts["signs"], entries), strict=True))
    made = []
    for i, geometry in enumerate(shapes(arrays, shape_facts["origin"])):
        key, popup = about(*facts, i=i, missing=missing)
        made.append(
            {
                "class": theme["classes"][codes[i]]["label"],
                "code": codes[i],
                "key": key,
                "popup": spoken(popup, entries),
                "geometry": geometry,
                "sign": signed.get(i, ""),
            }
        )
    return made


def about(
    arrays: dict[str, list[int]], facts: dict[str, Any], *, i: int, missing: str = MISSING
) -> tuple[str, dict[str, Any]]:
    """Key and popup of one feature, references as they are."""
    popup = facts["popups"][i] or {}
    if "keys" in facts:
        return facts["keys"][i], popup
    told = []
    for kind, *rest in popup.get("b", [["columns"]]):
        told.append(
            ["rows", cells(arrays, facts, i=i, missing=missing)]
            if kind == "columns"
            else [kind, *rest]
        )
    shown = facts["ids"][i]
    badge = facts["badges"][arrays["badge"][i]]
    title = facts["title"].replace("\0", shown)
    return f"{facts['key']}:{shown}", {"t": title, "s": badge, "b": told}


def cells(
    arrays: dict[str, list[int]], facts: dict[str, Any], *, i: int, missing: str = MISSING
) -> list[list[str]]:
    """Label and value of each column of a row that tells something."""
    made = []
    for n, column in enumerate(facts["columns"]):
        held = arrays[f"column:{n}"][i]
        if held:
            made.append([column["label"], _cell(column, held, arrays.get(f"column:{n}:mu"), i)])
        elif column["always"]:
            made.append([column["label"], missing])
    return made


def _cell(column: dict[str, Any], held: int, mu: list[int] | None, i: int) -> str:
    if "values" in column:
        return str(column["values"][held - 1])
    if "area" in column:
        assert mu is not None
        text = column["area"].replace("\0", printed(held, column["m2"]))
        return str(text.replace("\1", printed(mu[i], column["mu"])))
    return printed(held, column["digits"]) + "%" * column["percent"] + str(column["unit"])


def printed(held: int, digits: int) -> str:
    """A number that was moved away from zero by one, with its decimal point."""
    whole = held - 1 if held > 0 else held
    return f"{Decimal(whole).scaleb(-digits):,.{digits}f}"


# --- what tests ask -----------------------------------------------------------------------------


def popup(layer: Layer, key: str) -> dict[str, Any]:
    """Popup of the feature of a key."""
    (found,) = [feature["popup"] for feature in layer["features"] if feature["key"] == key]
    return dict(found)


def rows(told: dict[str, Any]) -> dict[str, str]:
    """Names and values of all rows of a popup."""
    return {name: value for kind, *rest in told["b"] if kind == "rows" for name, value in rest[0]}
