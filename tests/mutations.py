"""Faults for tests: what surveyors, exports and spreadsheets do to a good parcel layer.

Each function takes a source table and a random generator and returns a new table. A fault is put
in on purpose, so that a test knows what was there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    Mutation = Callable[[gpd.GeoDataFrame, Generator], gpd.GeoDataFrame]

ID, OWNER, USE, AREA, SITE = "ZDDM", "QLRMC", "DLBM", "MJ", "XMDM"
FIELDS = {
    "parcel_id": ID,
    "owner": OWNER,
    "use_code": USE,
    "recorded_area_m2": AREA,
    "site_id": SITE,
}
HOSTILE = (
    "=1+1",
    "@SUM(A1)",
    "</script><script>x()</script>",
    "'; DROP TABLE parcels; --",
    'a "quoted" name',
    "two\nlines\tand a tab",
    "a;b;c",
    "nan",
    "None",
    "NULL",
    "  ",
    "甲乙丙丁公司",
    "﻿甲",
    "\u202eright to left",
    "{parcel} {{x}} %s",
    "长" * 24,
)
NUMBER_TEXTS = (
    "180~200",
    "1,234.5",
    "１２３",
    "12,5",
    "1.5万",
    "60(50)",
    "不予規定",
    "2022年",
    "-",
    "1e3",
    "inf",
    "1234.5",
    "",
)


def source_table(shapes: list[shapely.Polygon], rng: Generator) -> gpd.GeoDataFrame:
    """A sound source layer of these shapes, with an id, owner, use, recorded area and a site."""
    n = len(shapes)
    site = np.where(np.arange(n) == int(np.argmax(shapely.area(shapes))), "S1", None)
    return gpd.GeoDataFrame(
        {
            ID: [f"4403{rng.integers(10**6):06d}{i:03d}" for i in range(n)],
            OWNER: rng.choice(["甲厂", "乙公司", "丙", "D & Co"], n),
            USE: rng.choice(["100101", "0601", "1001", "07"], n),
            AREA: shapely.area(shapes).round(2),
            SITE: site,
        },
        geometry=shapes,
        crs=4547,
    )


# --- geometry ----------------------------------------------------------------------------------


def jitter(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """The vertices of some polygons move a little, each by itself: millimetres to decimetres."""
    reach = 10 ** rng.uniform(-3, -0.7)
    some = rng.random(len(table)) < rng.uniform(0.1, 1)

    def moved(at: int, shape: shapely.Geometry) -> shapely.Geometry:
        return _by_ring(shape, lambda xy: xy + rng.uniform(-reach, reach, xy.shape), there=some[at])

    return _with(table, [moved(i, g) for i, g in enumerate(table.geometry)])


def dropped_vertices(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some vertices are gone, though a ring keeps three."""

    def thinned(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        keep = rng.random(len(xy)) > 0.25
        return xy[keep] if keep.sum() >= 3 else xy

    return _some(table, rng, lambda g: _by_ring(g, thinned))


def repeated_vertices(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some vertices are there twice in a row."""
    return _some(
        table, rng, lambda g: _by_ring(g, lambda xy: np.repeat(xy, rng.integers(1, 3, len(xy)), 0))
    )


def bow_tie(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Two neighboring vertices of a ring change places."""

    def crossed(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        at = int(rng.integers(len(xy)))
        order = np.arange(len(xy))
        order[[at, at - 1]] = order[[at - 1, at]]
        return xy[order]

    return _some(table, rng, lambda g: _by_ring(g, crossed))


def spike(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """A ring runs out and back on itself, or nearly so."""

    def spiked(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        at = int(rng.integers(len(xy)))
        tip = xy[at] + rng.uniform(-15, 15, 2)
        back = xy[at] + rng.choice([0.0, 0.001, 0.02]) * rng.uniform(-1, 1, 2)
        return np.insert(xy, at + 1, [tip, back], axis=0)

    return _some(table, rng, lambda g: _by_ring(g, spiked))


def reversed_rings(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rings run the other way round: no fault at all."""
    return _some(table, rng, shapely.reverse)


def moved_parcels(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some parcels are shifted: overlaps on one side, gaps on the other."""
    reach = 10 ** rng.uniform(-3, 1)

    def moved(shape: shapely.Geometry) -> shapely.Geometry:
        step = rng.uniform(-reach, reach, 2)
        return _by_ring(shape, lambda xy: xy + step)

    return _some(table, rng, moved)


def scaled_parcels(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some parcels are a little too small or too large."""

    def scaled(shape: shapely.Geometry) -> shapely.Geometry:
        middle, factor = shapely.get_coordinates(shape).mean(axis=0), 1 + rng.normal(0, 0.02)
        return _by_ring(shape, lambda xy: middle + (xy - middle) * factor)

    return _some(table, rng, scaled)


def nested_parcel(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """A parcel more, wholly inside another one that has no hole for it."""
    row = table.iloc[[int(rng.integers(len(table)))]]
    more = _with(row, [_shrunk(g) for g in row.geometry])
    if ID in more:
        more[ID] = [f"{i}N" for i in more[ID]]
    return _stacked(table, more)


def duplicated_rows(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows come twice, or three times."""
    again = rng.integers(len(table), size=int(rng.integers(1, 4)))
    return _stacked(table, table.iloc[np.concatenate([again, again[:1]])])


def null_geometry(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows have no geometry."""
    return _some(table, rng, lambda _: None)


def empty_geometry(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows have geometry without points, or a part that has none."""

    def emptied(shape: shapely.Geometry) -> shapely.Geometry:
        part = shapely.multipolygons([*shapely.get_parts(shape), shapely.Polygon()])
        kinds = [shapely.Polygon(), shapely.MultiPolygon(), part]
        return kinds[int(rng.integers(3))]

    return _some(table, rng, emptied)


def collapsed(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some polygons have no width, or no size at all."""

    def flat(shape: shapely.Geometry) -> shapely.Geometry:
        ends = _corners(shape)[:2]
        if rng.random() < 0.3:
            ends = ends[:1]
        return shapely.Polygon([*ends, ends[-1], ends[0]])

    return _some(table, rng, flat)


def multipart(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Two parcels become one of two parts, which may touch or overlap each other."""
    a, b = rng.integers(len(table), size=2)
    values = table.geometry.to_numpy().copy()
    if not _drawn(values[a]) or not _drawn(values[b]):
        return table
    parts = [p for g in values[[a, b]] for p in shapely.get_parts(g)]
    values[a] = shapely.multipolygons(parts)
    return _with(table, values)


def heights(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some polygons carry a height."""
    return _some(table, rng, lambda g: shapely.force_3d(g, float(rng.integers(100))))


def far_points(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some coordinates are not numbers, not finite, or not on Earth."""
    wrong = float(rng.choice([np.nan, np.inf, -np.inf, 1e300, -1.797e308, 1e20]))

    def far(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        out = xy.copy()
        out[int(rng.integers(1, len(out))), int(rng.integers(2))] = wrong  # the ring stays closed
        return out

    return _some(table, rng, lambda g: _by_ring(g, far))


def other_kinds(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows are lines, points or collections."""

    def other(shape: shapely.Geometry) -> shapely.Geometry:
        with np.errstate(invalid="ignore"):
            line = shapely.LineString(_corners(shape))
        kinds = [line, line.centroid, shapely.GeometryCollection([line])]
        return kinds[int(rng.integers(3))]

    return _some(table, rng, other)


# --- columns -----------------------------------------------------------------------------------


def shifted_columns(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """The values stand a column too far to the right, as after a stray comma."""
    names = [OWNER, USE, AREA]
    texts = [table[c].astype("str") for c in names]
    step = int(rng.integers(1, 3))
    return table.assign(**{c: texts[i - step] for i, c in enumerate(names)})


def swapped_columns(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Two columns bear each other's names."""
    a, b = rng.choice([ID, OWNER, USE, AREA], 2, replace=False)
    return table.rename(columns={a: b, b: a})


def missing_column(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """A column that is mapped is not there."""
    return table.drop(columns=str(rng.choice([c for c in FIELDS.values() if c in table])))


def numbers_as_text(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """The recorded areas are texts, of which some are no plain numbers."""
    texts = [f"{a:.2f}" if isinstance(a, float) else str(a) for a in table[AREA].tolist()]
    some = rng.random(len(texts)) < 0.5
    return table.assign(
        **{
            AREA: [
                str(rng.choice(NUMBER_TEXTS)) if odd else text
                for odd, text in zip(some, texts, strict=True)
            ]
        }
    )


def odd_areas(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Recorded areas that cannot be, or are missing."""
    odd = rng.choice([0.0, -5.0, np.nan, np.inf, 1e12], len(table))
    areas = pd.to_numeric(table[AREA], errors="coerce").to_numpy(dtype=float)
    return table.assign(**{AREA: np.where(rng.random(len(table)) < 0.4, odd, areas)})


def repeated_ids(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows bear the id of another one."""
    ids = table[ID].to_numpy(dtype=object).copy()
    to, of = rng.integers(len(ids), size=(2, int(rng.integers(1, 4))))
    ids[to] = ids[of]
    return table.assign(**{ID: ids})


def missing_ids(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Some rows have no id, or one of blanks."""
    ids = table[ID].to_numpy(dtype=object).copy()
    ids[int(rng.integers(len(ids)))] = [None, "", "   "][int(rng.integers(3))]
    return table.assign(**{ID: ids})


def hostile_texts(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """Owners, and now and then ids, that mean something to a sheet, a browser or a parser."""
    owners = rng.choice(HOSTILE, len(table))
    out = table.assign(**{OWNER: owners})
    if rng.random() < 0.3:
        ids = [f"{t}{i}" for i, t in enumerate(rng.choice(HOSTILE, len(table)))]
        out = out.assign(**{ID: ids})
    return out


# --- place -------------------------------------------------------------------------------------


def no_crs(table: gpd.GeoDataFrame, _: Generator) -> gpd.GeoDataFrame:
    """The layer does not say where it lies."""
    return table.set_crs(None, allow_override=True)


def wrong_crs(table: gpd.GeoDataFrame, rng: Generator) -> gpd.GeoDataFrame:
    """The label is that of another system, so that the coordinates cannot be right."""
    return table.set_crs(int(rng.choice([4326, 4490, 4526, 3857, 2264])), allow_override=True)


def in_degrees(table: gpd.GeoDataFrame, _: Generator) -> gpd.GeoDataFrame:
    """The layer is drawn in degrees and says so: no fault, where a metric system is chosen."""
    return table.to_crs(4490)


def degrees_as_metres(table: gpd.GeoDataFrame, _: Generator) -> gpd.GeoDataFrame:
    """Coordinates in degrees under a metric label."""
    return table.to_crs(4490).set_crs(4547, allow_override=True)


def swapped_axes(table: gpd.GeoDataFrame, _: Generator) -> gpd.GeoDataFrame:
    """Northing and easting have changed places."""
    turned = shapely.transform(table.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    return _with(table, turned)


# --- tools -------------------------------------------------------------------------------------

ON_GEOMETRY: tuple[Mutation, ...] = (
    jitter,
    dropped_vertices,
    repeated_vertices,
    bow_tie,
    spike,
    reversed_rings,
    moved_parcels,
    scaled_parcels,
    nested_parcel,
    duplicated_rows,
    null_geometry,
    empty_geometry,
    collapsed,
    multipart,
    heights,
)
UNFIT: tuple[Mutation, ...] = (far_points, other_kinds)
ON_COLUMNS: tuple[Mutation, ...] = (
    shifted_columns,
    swapped_columns,
    missing_column,
    numbers_as_text,
    odd_areas,
    repeated_ids,
    missing_ids,
    hostile_texts,
)
ON_PLACE: tuple[Mutation, ...] = (no_crs, wrong_crs, in_degrees, degrees_as_metres, swapped_axes)
MUTATIONS: dict[str, Mutation] = {
    m.__name__: m for m in (*ON_GEOMETRY, *UNFIT, *ON_COLUMNS, *ON_PLACE)
}


def mutated(table: gpd.GeoDataFrame, names: tuple[str, ...], rng: Generator) -> gpd.GeoDataFrame:
    """The table after several faults, one upon the other; columns go last."""
    for name in sorted(names, key="missing_column".__eq__):
        table = MUTATIONS[name](table, rng)
    return table


def _drawn(shape: shapely.Geometry | None) -> bool:
    return shape is not None and not shape.is_empty and "Polygon" in shape.geom_type


def _with(table: gpd.GeoDataFrame, shapes: object) -> gpd.GeoDataFrame:
    """The table with other shapes; their number may not differ."""
    return table.set_geometry(gpd.GeoSeries(list(shapes), index=table.index, crs=table.crs))


def _stacked(table: gpd.GeoDataFrame, more: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat([table, more], ignore_index=True), crs=table.crs)


def _some(
    table: gpd.GeoDataFrame,
    rng: Generator,
    change: Callable[[shapely.Geometry], shapely.Geometry | None],
) -> gpd.GeoDataFrame:
    """A few polygons changed, at least one if there is any."""
    values = table.geometry.to_numpy().copy()
    fit = [i for i, g in enumerate(values) if _drawn(g)]
    for at in rng.permutation(fit)[: max(1, int(rng.integers(4)))]:
        values[at] = change(values[at])
    return _with(table, values)


def _by_ring(
    shape: shapely.Geometry,
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    there: bool = True,
) -> shapely.Geometry:
    """A polygon or multipolygon with each ring's open vertices changed and closed again."""
    if not there or not _drawn(shape):
        return shape

    def ring(line: shapely.LinearRing) -> shapely.LinearRing:
        xy = shapely.get_coordinates(line)[:-1]
        if len(xy) == 0 or not np.isfinite(xy).all():
            return line
        xy = change(xy)
        with np.errstate(invalid="ignore"):  # coordinates that are not numbers are meant
            return shapely.linearrings(np.vstack([xy, xy[:1]]))

    parts = [
        shapely.Polygon(ring(part.exterior), [ring(r) for r in part.interiors])
        for part in shapely.get_parts(shape)
    ]
    return parts[0] if shape.geom_type == "Polygon" else shapely.multipolygons(parts)


def _corners(shape: shapely.Geometry) -> NDArray[np.float64]:
    return shapely.get_coordinates(shape)[:-1]


def _shrunk(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    if not _drawn(shape):
        return shape
    middle = shapely.get_coordinates(shape).mean(axis=0)
    return _by_ring(shape, lambda xy: middle + (xy - middle) * 0.3)
