"""A site before and after, and block lines, as shapes ready to be drawn: paths without markup."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.present.lists import listed
from gisland.present.placing import hatch, leader, spots
from gisland.present.wording import is_missing, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

    from gisland.present.style import Look

WIDTH, LOWEST, HIGHEST = 400.0, 220.0, 400.0  # of a picture, in CSS pixels
SITE_HEIGHTS = (200.0, 270.0)  # of one that shares its page with tables
PADDING = 0.08
MAX_CONTEXT = 2_000  # neighbors drawn around a site
SIMPLER_PX = 0.25
LONGEST_ID = 16  # characters of an id in a picture


@dataclass(frozen=True)
class Shape:
    """One outline: path and verdict, its label and where that stands, hatch and leading line."""

    path: str
    verdict: str
    label: str = ""
    x: float = 0.0
    y: float = 0.0
    hatch: str = ""
    leader: str = ""


@dataclass(frozen=True)
class Picture:
    """Two panels of equal extent, and the length of the scale bar in metres and in pixels."""

    height: float
    context: str
    before: tuple[Shape, ...]
    after: tuple[Shape, ...]
    bar_m: float
    bar_px: float
    width: float = WIDTH


@dataclass(frozen=True)
class _Frame:
    """Extent on the ground and its scale."""

    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        return WIDTH / (self.east - self.west)

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale


def picture(site: pd.Series, scraps: pd.DataFrame, parcels: gpd.GeoDataFrame) -> Picture | None:
    """Draw a site before and after, with its considered scraps by verdict.

    Parameters
    ----------
    site
        One row of the sites table: ``parcel_ids``, ``geometry`` (after).
    scraps
        Considered scraps: ``parcel_id``, ``verdict``, ``label``.
    parcels
        The parcels table with its geometry before.

    Returns
    -------
    Picture or None
        None if there is nothing to draw. Paths are rounded to a tenth of a pixel.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> parcels = gpd.GeoDataFrame({"parcel_id": ["a"]}, geometry=[shapely.box(0, 0, 100, 50)])
    >>> site = pd.Series({"parcel_ids": "a", "geometry": shapely.box(0, 0, 100, 50)})
    >>> none = pd.DataFrame({"parcel_id": [], "verdict": [], "label": []})
    >>> picture(site, none, parcels).bar_m
    20.0
    """
    drawn = ~(shapely.is_missing(parcels.geometry) | shapely.is_empty(parcels.geometry))
    there = parcels[np.asarray(drawn)].set_index("parcel_id")["geometry"]
    members = there[there.index.isin(listed(site["parcel_ids"]))]
    pieces = there[there.index.isin(scraps["parcel_id"])]
    merged = site["geometry"]
    after = [] if is_missing(merged) or merged.is_empty else [merged]
    own = [*members, *pieces, *after]
    if not own:
        return None
    frame = _frame(shapely.total_bounds(own), heights=SITE_HEIGHTS)
    around = there.iloc[np.sort(there.sindex.query(shapely.box(*_corners(frame))))]
    context = around[~around.index.isin([*members.index, *pieces.index])].iloc[:MAX_CONTEXT]
    bar_m = _nice((frame.east - frame.west) / 4)
    bar_px = round(bar_m * frame.scale, 1)
    shapes = _shapes(pieces, scraps, frame, bar_px=bar_px)
    left = [replace(s, verdict="left") for s in shapes if s.verdict != "absorbed"]
    joined = [replace(s, verdict="joined") for s in shapes if s.verdict == "absorbed"]
    return Picture(
        height=round(frame.height, 1),
        context=_path(context, frame),
        before=(*(Shape(_path([g], frame), "site") for g in members), *shapes),
        after=(*left, *(Shape(_path([g], frame), "after") for g in after), *joined),
        bar_m=bar_m,
        bar_px=bar_px,
    )


def _corners(frame: _Frame) -> tuple[float, float, float, float]:
    return frame.west, frame.south, frame.east, frame.north


def _frame(bounds: Iterable[float], *, heights: tuple[float, float] = (LOWEST, HIGHEST)) -> _Frame:
    """Padded extent whose height stays within bounds on the page."""
    west, south, east, north = bounds
    lowest, highest = heights
    pad = max(PADDING * max(east - west, north - south), 1.0)
    width, height = east - west + 2 * pad, north - south + 2 * pad
    height = max(height, width * lowest / WIDTH)
    width = max(width, height * WIDTH / highest)
    x, y = (west + east) / 2, (south + north) / 2
    return _Frame(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _shapes(
    pieces: gpd.GeoSeries, scraps: pd.DataFrame, frame: _Frame, *, bar_px: float
) -> list[Shape]:
    """Scraps with hatches, and labels that keep clear of each other, the bar and the arrow."""
    rows: list[Any] = [row for row in scraps.itertuples() if row.parcel_id in pieces.index]
    drawn = [
        shapely.transform(pieces[row.parcel_id], lambda points: _on_page(points, frame))
        for row in rows
    ]
    taken = [(0.0, frame.height - 36, bar_px + 26, frame.height), (WIDTH - 36, 0.0, WIDTH, 40.0)]
    found = spots(drawn, [r.label for r in rows], size=(WIDTH, frame.height), taken=taken)
    return [
        Shape(
            path=_path([pieces[row.parcel_id]], frame),
            verdict=row.verdict,
            label=row.label,
            x=spot.x,
            y=spot.y,
            hatch=hatch(shape, row.verdict),
            leader=leader(spot),
        )
        for row, shape, spot in zip(rows, drawn, found, strict=True)
    ]


def _on_page(points: np.ndarray, frame: _Frame) -> np.ndarray:
    return (points - (frame.west, frame.north)) * (frame.scale, -frame.scale)


def _path(geometries: Iterable[Any], frame: _Frame) -> str:
    """SVG path data of polygons, holes included (for the even-odd rule)."""
    given = np.asarray(list(geometries), dtype=object)
    sound = shapely.is_valid(given)
    if sound.any():
        given[sound] = shapely.clip_by_rect(given[sound], *_corners(_wider(frame)))
    rings = shapely.get_rings(shapely.get_parts(given))
    rings = shapely.simplify(rings, SIMPLER_PX / frame.scale)
    return "".join(_ring(r, frame) for r in rings if len(shapely.get_coordinates(r)) > 2)  # noqa: PLR2004 - a ring


def _ring(ring: Any, frame: _Frame) -> str:  # noqa: ANN401 - shapely carries no types
    points = _on_page(shapely.get_coordinates(ring)[:-1], frame)
    return "M" + "L".join(f"{x + 0.0:.1f},{y + 0.0:.1f}" for x, y in points.round(1).tolist()) + "Z"


def _wider(frame: _Frame) -> _Frame:
    """The extent and a margin, so that clipped outlines run outside the picture."""
    margin = (frame.east - frame.west) / 20
    return _Frame(
        frame.west - margin, frame.south - margin, frame.east + margin, frame.north + margin
    )


def _nice(length_m: float) -> float:
    """Largest 1, 2 or 5 times a power of ten that is not above `length_m`."""
    power = 10.0 ** math.floor(math.log10(length_m))
    return max(k * power for k in (1.0, 2.0, 5.0) if k * power <= length_m)


@dataclass(frozen=True)
class LinePicture:
    """Block lines over the parcels: paths with their looks, ids of blocks, the scale bar."""

    height: float
    context: str
    industrial: str
    lines: tuple[tuple[str, Look], ...]
    labels: tuple[Shape, ...]
    legend: tuple[tuple[str, Look], ...]
    bar_m: float
    bar_px: float
    width: float = WIDTH


def line_picture(
    lines: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, *, looks: Mapping[str, Look]
) -> LinePicture | None:
    """Draw block lines over the parcels, industrial and logistics land tinted.

    Parameters
    ----------
    lines
        Blocks with ``block_id``, ``class`` (a key of `looks`) and geometry, in drawing order.
    parcels
        The parcels table; more than `MAX_CONTEXT` of them are left out.
    looks
        How each class is drawn.

    Returns
    -------
    LinePicture or None
        None if there is no line to draw. Ids stand in the first set of lines alone.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.present.style import BLOCK_LINES
    >>> shape = [shapely.box(0, 0, 100, 50)]
    >>> lots = gpd.GeoDataFrame({"parcel_id": ["a"], "use_class": ["industrial"]}, geometry=shape)
    >>> block = gpd.GeoDataFrame({"block_id": ["L1"], "class": ["1"]}, geometry=shape)
    >>> drawn = line_picture(block, lots, looks=BLOCK_LINES)
    >>> drawn.context == "", drawn.industrial == drawn.lines[0][0], drawn.labels[0].label
    (True, True, 'L1')
    """
    shapes = lines.geometry.to_numpy()
    drawn = lines[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if drawn.empty:
        return None
    frame = _frame(shapely.total_bounds(drawn.geometry.to_numpy()))
    there = parcels.iloc[np.sort(parcels.sindex.query(shapely.box(*_corners(frame))))]
    there = there if len(there) <= MAX_CONTEXT else there.iloc[:0]
    tinted = there["use_class"].isin(INDUSTRIAL_USE_CLASSES).to_numpy()
    paths = [_path([g], frame) for g in drawn.geometry]
    first = drawn["set"] == drawn["set"].iloc[0] if "set" in drawn else drawn["class"].notna()
    spots = _on_page(
        shapely.get_coordinates(shapely.point_on_surface(drawn.geometry[first].to_numpy())), frame
    )
    bar_m = _nice((frame.east - frame.west) / 4)
    return LinePicture(
        height=round(frame.height, 1),
        context=_path(there.geometry[~tinted], frame),
        industrial=_path(there.geometry[tinted], frame),
        lines=tuple((p, looks[c]) for p, c in zip(paths, drawn["class"], strict=True)),
        labels=tuple(
            Shape("", "", shortened(name, longest=LONGEST_ID), round(x, 1), round(y, 1))
            for name, (x, y) in zip(drawn["block_id"][first], spots.tolist(), strict=True)
        ),
        legend=tuple((c, looks[c]) for c in looks if c in set(drawn["class"])),
        bar_m=bar_m,
        bar_px=round(bar_m * frame.scale, 1),
    )
