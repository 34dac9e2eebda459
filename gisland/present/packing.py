"""Numbers and geometry in few bytes, as the script of the map reads them."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from gisland.base.errors import CRSError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

DEGREES = "EPSG:4326"
WORLD = 2**32  # units around the equator of the web map: about 1 cm each
LEVEL = 4  # of compression: more takes long and saves little
SEVEN = np.uint64(7)  # bits in each byte of a number


@dataclass(frozen=True)
class Linework:
    """Features taken apart into rings, lines and points, in units of the web map.

    Parameters
    ----------
    lines
        Number of lines of each feature.
    sizes
        Number of vertices of each line; the closing vertex of a ring is left out.
    dimensions
        Of each line: 2 for a ring, 1 for a line, 0 for a point.
    xy
        Shape (n, 2): x to the east and y to the south, in `WORLD` units.
    bounds
        West, south, east, north in degrees.
    """

    lines: Ints
    sizes: Ints
    dimensions: Ints
    xy: Ints
    bounds: tuple[float, float, float, float]


def linework(geometry: gpd.GeoSeries, *, name: str) -> Linework:
    """Features as the map draws them: outer rings one way round, holes the other.

    Vertices are rounded to about a centimetre, equal ones alike, so that borders stay shared.

    Parameters
    ----------
    geometry
        Any types, none missing or empty.
    name
        Of the layer, for messages.

    Returns
    -------
    Linework
        In the order of the rows.

    Raises
    ------
    CRSError
        If there is no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one = gpd.GeoSeries([shapely.box(114, 30, 115, 31)], crs=4326)
    >>> made = linework(one, name="lots")
    >>> made.sizes.tolist(), made.bounds
    ([4], (114.0, 30.0, 115.0, 31.0))
    """
    if geometry.crs is None:
        raise CRSError(f"{name}: the table has no CRS", do="set the CRS of the results")
    lines, owner, dimensions = _taken_apart(shapely.orient_polygons(geometry.to_numpy()))
    coordinates, of = shapely.get_coordinates(lines, return_index=True)
    if geometry.crs != DEGREES:
        change = _to_degrees(geometry.crs)
        coordinates = np.column_stack(change.transform(coordinates[:, 0], coordinates[:, 1]))
    west, south = coordinates.min(axis=0).tolist()
    east, north = coordinates.max(axis=0).tolist()
    closing = np.append(of[1:] != of[:-1], True) & (dimensions[of] == 2)  # noqa: PLR2004 - a ring
    return Linework(
        lines=np.bincount(owner, minlength=len(geometry)),
        sizes=np.bincount(of[~closing], minlength=len(lines)),
        dimensions=dimensions,
        xy=units(coordinates[~closing]),
        bounds=(west, south, east, north),
    )


@lru_cache(maxsize=8)  # takes longer to make than to use on a small layer
def _to_degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, DEGREES, always_xy=True)


def _taken_apart(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints, Ints]:
    """Rings, lines and points, the feature of each, and its dimension."""
    owner = np.arange(len(shapes))
    while np.any(shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT):
        shapes, of = shapely.get_parts(shapes, return_index=True)
        owner = owner[of]
    drawn = ~shapely.is_empty(shapes)  # a collection may hold empty parts
    shapes, owner = shapes[drawn], owner[drawn]
    dimension = shapely.get_dimensions(shapes)
    flat = np.flatnonzero(dimension == 2)  # noqa: PLR2004 - a polygon
    rings, of = shapely.get_rings(shapes[flat], return_index=True)
    others = np.flatnonzero(dimension < 2)  # noqa: PLR2004 - a line or a point
    place = np.concatenate([flat[of], others])
    order = np.argsort(place, kind="stable")
    lines = np.concatenate([rings, shapes[others]])[order]
    return lines, owner[place[order]], dimension[place[order]].astype(np.int64)


def units(degrees: Floats) -> Ints:
    """Places on the web map.

    Parameters
    ----------
    degrees
        Shape (n, 2): longitude and latitude.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2): x to the east and y to the south, in `WORLD` units from the north-west.

    Examples
    --------
    >>> units(np.array([[0.0, 0.0]])).tolist() == [[WORLD // 2, WORLD // 2]]
    True
    """
    x = (degrees[:, 0] + 180) / 360
    y = (1 - np.arcsinh(np.tan(np.radians(degrees[:, 1]))) / np.pi) / 2
    return np.rint(np.column_stack([x, y]) * WORLD).astype(np.int64).clip(max=WORLD - 1)


def packed(numbers: Mapping[str, Ints], facts: object = None) -> str:
    """Arrays of whole numbers, and data that JSON holds, in one compressed text.

    Parameters
    ----------
    numbers
        Arrays by name, of any shape.
    facts
        Anything JSON holds; no NaN.

    Returns
    -------
    str
        Base64 of the deflated bytes: the length of a JSON head, the head (lengths of the arrays,
        facts), and one run of variable-length numbers for each array.

    Examples
    --------
    >>> packed({"a": np.array([1, -2])}) == packed({"a": np.array([1, -2])})
    True
    """
    head = {"arrays": [[name, values.size] for name, values in numbers.items()], "facts": facts}
    text = json.dumps(head, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    inner = text.encode("utf-8", "replace")
    runs = [varints(values) for values in numbers.values()]
    whole = b"".join([len(inner).to_bytes(4, "little"), inner, *runs])
    return base64.b64encode(zlib.compress(whole, LEVEL)).decode("ascii")


def varints(values: Ints) -> bytes:
    """Whole numbers in seven bits a byte, small ones of either sign in few bytes.

    Parameters
    ----------
    values
        Of any shape.

    Returns
    -------
    bytes
        The lowest bits first; the highest bit of a byte says that more follow, the lowest bit of
        a number is its sign.

    Examples
    --------
    >>> varints(np.array([0, -1, 1, 64])).hex()
    '0001028001'
    """
    flat = np.ravel(values).astype(np.int64)
    rest = ((flat << 1) ^ (flat >> 63)).astype(np.uint64)
    length = np.ones(len(rest), dtype=np.int64)
    more = rest >> SEVEN
    while more.any():
        length += more > 0
        more >>= SEVEN
    start = np.cumsum(length) - length
    made = np.zeros(int(length.sum()), dtype=np.uint8)
    for k in range(int(length.max(initial=0))):
        some = length > k
        follow = np.where(length[some] > k + 1, 128, 0)
        made[start[some] + k] = (rest[some] & np.uint64(127)) + follow.astype(np.uint64)
        rest[some] >>= SEVEN
    return made.tobytes()


def deltas(values: Ints) -> Ints:
    """Differences of each row to the one before, the first to zero.

    Parameters
    ----------
    values
        Shape (n,) or (n, m).

    Returns
    -------
    numpy.ndarray
        The same shape.

    Examples
    --------
    >>> deltas(np.array([5, 7, 6])).tolist()
    [5, 2, -1]
    """
    return np.diff(values, axis=0, prepend=np.zeros_like(values[:1]))
