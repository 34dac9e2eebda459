"""Layers for tests of boundaries, and slow plain ways of measuring the same."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

ORIGIN = (500_000.0, 3_400_000.0)
NOTHING = -1  # what a ray meets
TINY_M = 1e-6


# --- layers ------------------------------------------------------------------------------------


def layer(shapes: dict[str, object], crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=crs)


def numbered(shapes: Sequence[object]) -> gpd.GeoDataFrame:
    """A layer with ids in the order of the shapes."""
    return layer({f"p{i:05d}": shape for i, shape in enumerate(shapes)})


def reshaped(
    parcels: gpd.GeoDataFrame, change: Callable[[np.ndarray], np.ndarray]
) -> gpd.GeoDataFrame:
    """The layer with changed coordinates."""
    return parcels.set_geometry(
        gpd.GeoSeries(
            shapely.transform(parcels.geometry.to_numpy(), change),
            index=parcels.index,
            crs=parcels.crs,
        )
    )


def moved(
    parcels: gpd.GeoDataFrame, *, degrees: float, decimals: int = 12, mirrored: bool = False
) -> gpd.GeoDataFrame:
    """The layer turned about its origin, pushed aside and rounded."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cos, sin], [-sin, cos]])
    if mirrored:
        turn[0] *= -1
    low = parcels.total_bounds[:2]
    return reshaped(parcels, lambda xy: np.round((xy - low) @ turn + ORIGIN, decimals))


def jittered(parcels: gpd.GeoDataFrame, seed: int, *, far_m: float = 0.015) -> gpd.GeoDataFrame:
    """The layer with each corner of each parcel moved on its own, up to so far in x and y."""
    rng = np.random.default_rng(seed)
    shapes = [
        shapely.Polygon(xy + rng.uniform(-far_m, far_m, xy.shape))
        for xy in (shapely.get_coordinates(g.exterior)[:-1] for g in parcels.geometry)
    ]
    return layer(dict(zip(parcels.index, shapes, strict=True)))


@cache
def _script() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "scripts" / "citylayers.py"
    spec = importlib.util.spec_from_file_location("citylayers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def street_blocks(size: int, *, noisy: bool = False, seed: int = 7) -> gpd.GeoDataFrame:
    """Blocks of lots with streets between them; see scripts/citylayers.py."""
    return _script().city(size, noisy=noisy, seed=seed)[["geometry"]]


# --- tables ------------------------------------------------------------------------------------


def once(values: pd.Series) -> pd.Series:
    """A symmetric column, each pair once."""
    focal, neighbor = (values.index.get_level_values(k) for k in (0, 1))
    return values[focal < neighbor]


def rounded(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, ...]]:
    """Rows of a symmetric table by pair, each once, to 1e-6."""
    half = table[[a < b for a, b in table.index]].round(6)
    rows = half.itertuples(index=False, name=None)
    return dict(zip(half.index, rows, strict=True))


def errors(true: pd.Series, found: pd.Series) -> pd.Series:
    """How far lengths are off; a pair that only one side has counts with its whole length."""
    pairs = true.index.union(found.index)
    return (true.reindex(pairs, fill_value=0.0) - found.reindex(pairs, fill_value=0.0)).abs()


def shared_edges(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Length by pair (each once) of the edges that have both ends in common, bit by bit."""
    start, end, owner = _edges(parcels.geometry)
    low, high = np.minimum(start, end), np.maximum(start, end)
    falls = (start != low).any(axis=1) & (end != low).any(axis=1)  # one of the two diagonals
    edges = pd.DataFrame(
        {"a": low[:, 0], "b": low[:, 1], "c": high[:, 0], "d": high[:, 1], "falls": falls}
    )
    edges["length"] = np.hypot(*(end - start).T)
    edges["parcel"] = parcels.index[owner]
    both = edges.merge(edges.drop(columns="length"), on=["a", "b", "c", "d", "falls"])
    both = both[both["parcel_x"] < both["parcel_y"]]
    return both.groupby(["parcel_x", "parcel_y"])["length"].sum()


# --- rays --------------------------------------------------------------------------------------


def rays(
    parcels: gpd.GeoDataFrame,
    *others: gpd.GeoDataFrame,
    reach_m: float,
    tolerance_m: float,
    step_m: float = 0.25,
) -> pd.DataFrame:
    """What one meets looking straight outward from many points along the free boundary.

    Columns: position of the parcel, length that the point stands for, position of what is met
    first (parcels, then one number for each other layer, or nothing), cosine of the angle there.
    """
    shapes = parcels.geometry.to_numpy()
    start, end, own = _edges(shapely.orient_polygons(shapes))
    walls = [(start, end, own)]
    for k, other in enumerate(others):
        a, b, _ = _edges(other.geometry)
        walls.append((a, b, np.full(len(a), len(parcels) + k)))
    a, b, owner = (np.concatenate(parts) for parts in zip(*walls, strict=True))
    vector = end - start
    length = np.hypot(*vector.T)
    many = np.ceil(length / step_m).astype(int)
    edge = np.repeat(np.arange(len(many)), many)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many)
    point = start[edge] + ((nth + 0.5) / many[edge])[:, None] * vector[edge]
    tree = shapely.STRtree(shapely.boundary(shapes))
    near, which = tree.query(shapely.points(point), "dwithin", distance=tolerance_m)
    free = np.ones(len(edge), dtype=bool)
    free[near[which != own[edge[near]]]] = False
    along = vector[edge[free]] / length[edge[free]][:, None]
    first, cosine = _first_met(point[free], along, a, b - a, reach_m)
    return pd.DataFrame(
        {
            "parcel": own[edge[free]],
            "length": (length / many)[edge[free]],
            "met": np.where(first == NOTHING, NOTHING, owner[first]),
            "cosine": cosine,
        }
    )


def _first_met(
    point: np.ndarray, along: np.ndarray, start: np.ndarray, vector: np.ndarray, reach_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Position of the wall that the ray to the right of each point meets first, and the cosine."""
    first, cosine = np.full(len(point), NOTHING), np.zeros(len(point))
    length = np.hypot(*vector.T)
    for k, (at, (ux, uy)) in enumerate(zip(point, along, strict=True)):
        (x, y), (dx, dy) = (start - at).T, vector.T
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = uy * dy + ux * dx
            far = (x * dy - y * dx) / crossing
            place = -(x * ux + y * uy) / crossing
        meets = (place >= 0) & (place <= 1) & (far > TINY_M) & (far <= reach_m)
        if meets.any():
            first[k] = np.argmin(np.where(meets, far, np.inf))
            cosine[k] = -crossing[first[k]] / length[first[k]]
    return first, cosine


def _edges(shapes: Sequence[object]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges of polygons and lines as they are drawn, and whose they are."""
    lines, owner = shapely.get_parts(_outlines(np.asarray(shapes)), return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    return xy[:-1][same], xy[1:][same], owner[line[1:][same]]


def _outlines(shapes: np.ndarray) -> np.ndarray:
    areas = shapely.get_dimensions(shapes) == 2
    return np.where(areas, shapely.boundary(shapes), shapes)
