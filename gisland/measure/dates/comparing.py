"""Two dates of a parcel layer compared: what became of every parcel and every square metre."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.types import is_float_dtype

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError, GeometryError, ProjectError
from gisland.base.glance import Glance, counted
from gisland.base.guards import require_columns
from gisland.base.keys import aligned, among
from gisland.base.phrases import count_of
from gisland.base.schema import NOT_CLASSIFIED, require_ids, require_polygons, usable
from gisland.measure.dates.attributes import attribute_changes, told_by_parcel
from gisland.measure.dates.ground import (
    CARRIED,
    EXCHANGED,
    NO_PARCEL,
    NOISE,
    STACKED,
    ground_lineage,
)
from gisland.measure.dates.kinds import KINDS, SIDES, parcel_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

SINGLE = ("same", "redrawn", "renumbered")
USE = "use_class"
MANY = 1e3  # metres; a tolerance above is a mistake
TOTALS = ("about", "item", "before", "after", "before_m2", "after_m2")


@dataclass(frozen=True, repr=False)
class Comparison(Glance):
    """What became of every parcel between two dates.

    Parameters
    ----------
    lineage
        ``before_id``, ``after_id`` (one missing: ground of no parcel at that date), ``area_m2``,
        ``before_share`` and ``after_share`` (of the parcel, 0 to 1), ``ground``: ``carried``
        (at least half of one of the two), ``exchanged`` (less of both), ``noise``, ``no_parcel``,
        ``stacked`` (two parcels that overlap in the layer itself, before as after).
    parcels
        One row per parcel of either date: ``date``, ``parcel_id``, ``kind``, ``kin`` (ids at the
        other date), ``area_m2``, ``kept_m2``, ``moved_m2``, ``no_parcel_m2``, ``noise_m2``,
        ``stacked_m2``, ``twice_m2`` (ground that two parcels of the other date claim),
        ``changed``, ``change``, geometry. The areas from kept to stacked add up to area and twice.
    changes
        ``before_id``, ``after_id``, ``kind``, ``attribute``, ``old``, ``new``.
    uses
        ``use_before``, ``use_after`` (``no_parcel`` at one of the dates, ``not_classified``),
        ``area_m2`` and ``noise_m2``; together they are all ground of both dates.
    totals
        ``about`` (parcels, ground, rows), ``item``, counts ``before`` and ``after``, and
        ``before_m2``, ``after_m2``. The kinds add up to ``all``, the ground to ``all`` too.
    """

    lineage: pd.DataFrame
    parcels: gpd.GeoDataFrame
    changes: pd.DataFrame
    uses: pd.DataFrame
    totals: pd.DataFrame

    def _glance(self) -> dict[str, object]:
        rows = self.totals.set_index(["about", "item"])
        kinds, ground = rows.loc["parcels"], rows.loc["ground"]
        return {
            **{side: _told(kinds[side].drop("all")) for side in SIDES},
            **{f"ground {side}": _told(ground[f"{side}_m2"].round(1)) for side in SIDES},
            "changed": _told(self.changes["attribute"].value_counts().sort_index()),
        }


def _told(numbers: pd.Series) -> str:
    return counted({str(name): number for name, number in numbers.items()})


def compare_dates(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    columns: Iterable[str] | None = None,
    use: str | None = None,
    tolerance_m: float = 0.1,
) -> Comparison:
    """Compare two dates of a parcel layer: what became of every parcel and every square metre.

    Parcels are followed by their ground, never by their id: ids may have been given anew, or to
    other land. A parcel of before and one of after are kin where they have at least half of one
    of the two in common. One and one are ``same``, ``renumbered`` (another id) or ``redrawn`` (the
    outline moved); one and several are ``split``, several and one ``merged``, several and several
    ``reparcelled``. Without kin a parcel is ``gone`` or ``new`` if at least half of it lies on no
    parcel, or on one that lay there at both dates, else ``reparcelled``. Ground in common without
    kinship is exchanged: its parcels are redrawn, not split.

    Drawing noise is ground in common of two parcels, or of one and none, of which no part has a
    mean width (twice its area by its perimeter) above `tolerance_m`: slivers along borders that
    were drawn anew. What is at least half of a parcel is never noise. Noise changes no kind, and
    has its own rows.

    Parameters
    ----------
    before
        Parcels by id, in a metric CRS; they are not changed.
    after
        Likewise, of another date, in the same CRS.
    columns
        Attributes to compare; by default all that both tables have. Numbers (amounts) are compared
        only where one parcel became one, since a split shares them; those that are not whole are
        equal within a millionth.
    use
        Column of the use class; by default ``use_class`` if both have it. Without it ``uses`` has
        one row of ``not_classified``, and those of no parcel.
    tolerance_m
        Largest mean width of drawing noise in metres, 0 to 1000.

    Returns
    -------
    Comparison
        The same whatever the order of the rows. Areas are plane, in m².

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated, or a column is not there.
    GeometryError
        If geometry is missing, empty, invalid or no polygon.
    ProjectError
        If the tolerance is no number in its range.

    Examples
    --------
    >>> from shapely import box
    >>> old = gpd.GeoDataFrame(
    ...     {"owner": ["A", "B"]},
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 30, 10)],
    ...     index=["p", "q"],
    ...     crs=4547,
    ... )
    >>> shapes = [box(0, 0, 10.05, 10), box(10.05, 0, 20, 10), box(20, 0, 30, 10)]
    >>> new = gpd.GeoDataFrame(
    ...     {"owner": ["C", "B", "B"]}, geometry=shapes, index=["p", "q1", "q2"], crs=4547
    ... )
    >>> compare_dates(old, new)
    Comparison
      before         same 1, split 1
      after          same 1, split 2
      ground before  kept 100.0, passed 199.5, noise 0.5, all 300.0
      ground after   kept 100.0, passed 199.5, noise 0.5, all 300.0
      changed        owner 1
    """
    compared, use = _columns(before, after, columns, use=use)
    _require(before, after, tolerance_m)
    frames = _by_text(before), _by_text(after)
    ids = frames[0].index, frames[1].index
    lineage = ground_lineage(*frames, tolerance_m=float(tolerance_m))
    tables = parcel_kinds(lineage, ids)
    pairs = lineage.loc[lineage["ground"] == CARRIED, ["before_id", "after_id"]]
    pairs = pairs.assign(
        kind=aligned(tables[0]["kind"], pd.Index(pairs["before_id"])).array,
        single=lambda rows: rows["kind"].isin(SINGLE),
    )
    changes = attribute_changes(frames[0], frames[1], pairs, columns=compared)
    parcels = pd.concat(
        [
            _rows(table, frame, changes, side=side)
            for table, frame, side in zip(tables, frames, SIDES, strict=True)
        ],
        ignore_index=True,
    )
    return Comparison(
        lineage,
        gpd.GeoDataFrame(parcels, crs=before.crs),
        changes,
        _uses(lineage, [frame[use] if use else None for frame in frames]),
        _totals(parcels, lineage, pairs),
    )


def _require(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, tolerance_m: Any) -> None:  # noqa: ANN401 - looked at here
    is_number = isinstance(tolerance_m, numbers.Real) and not isinstance(tolerance_m, bool)
    if not is_number or not (math.isfinite(tolerance_m) and 0 <= tolerance_m <= MANY):
        raise ProjectError(f"tolerance_m is {tolerance_m!r}", do="give metres from 0 to 1000")
    for frame, what in ((before, SIDES[0]), (after, SIDES[1])):
        require_metric(frame, what=what)
        require_ids(frame, what=what)
        if len(frame):
            require_polygons(frame, what=what)
        bad = frame.index[~usable(frame.geometry).to_numpy()]
        if len(bad):
            raise GeometryError(
                f"{what}: {count_of(len(bad), 'parcel')} without usable geometry"
                " (missing, empty or invalid)",
                do="mend them with gisland.repair, or leave them out",
                ids=sorted(bad, key=str),
            )
    if before.crs != after.crs:
        raise CRSError(
            f"before is in {crs_name(before.crs)}, after in {crs_name(after.crs)}",
            do="bring both into one with to_crs(…)",
        )


def _columns(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    columns: Iterable[str] | None,
    *,
    use: str | None,
) -> tuple[list[str], str | None]:
    """Columns to compare, and that of the use, all in both tables."""
    if isinstance(columns, str):
        raise ProjectError(f"columns is {columns!r}", do="give a list of columns")
    if columns is None:
        drawn = {getattr(frame, "_geometry_column_name", None) for frame in (before, after)}
        shared = [c for c in getattr(before, "columns", ()) if c in after and c not in drawn]
        compared = [c for c in shared if isinstance(c, str)]
    else:
        compared = list(columns)
    if use is None and all(USE in getattr(f, "columns", ()) for f in (before, after)):
        use = USE
    for frame, what in ((before, SIDES[0]), (after, SIDES[1])):
        require_columns(frame, [*compared, *([use] if use else [])], what=what)
    return compared, use


def _by_text(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table by its ids as text, sorted, without Z."""
    ids = frame.index
    if is_float_dtype(ids) and (ids == ids.astype("int64")).all():  # 7.0 was 7 in another table
        ids = ids.astype("int64")
    plain = frame.set_axis(ids.astype("str").rename("parcel_id"), axis=0)
    require_ids(plain, what="ids as text")
    return plain.set_geometry(shapely.force_2d(plain.geometry.array)).sort_index()


def _rows(
    table: pd.DataFrame, frame: gpd.GeoDataFrame, changes: pd.DataFrame, *, side: str
) -> pd.DataFrame:
    """Rows of one date in `Comparison.parcels`."""
    parts = ["kept_m2", "moved_m2", "no_parcel_m2", "noise_m2", "stacked_m2"]
    area = frame.geometry.area
    twice = (table[parts].sum(axis=1) - area).clip(lower=0.0)
    told = told_by_parcel(changes, side).reindex(table.index).astype("str")
    rows = pd.DataFrame({"date": side, "parcel_id": table.index, "kind": table["kind"].array})
    rows["kin"] = table["kin"].array
    rows["area_m2"] = area.to_numpy()
    for name in parts:
        rows[name] = table[name].to_numpy()
    rows["twice_m2"] = np.where(twice > 1e-6 * area, twice, 0.0)
    rows["changed"], rows["change"] = told["changed"].array, told["change"].array
    rows["geometry"] = frame.geometry.array
    return gpd.GeoDataFrame(rows, crs=frame.crs)


def _uses(lineage: pd.DataFrame, uses: list[pd.Series | None]) -> pd.DataFrame:
    """Ground by use class before and after, drawing noise beside it."""
    rows = pd.DataFrame({"area_m2": lineage["area_m2"]})
    noisy = lineage["ground"] == NOISE
    rows["noise_m2"] = rows["area_m2"].where(noisy, 0.0)
    rows["area_m2"] = rows["area_m2"].where(~noisy, 0.0)
    names = [f"use_{side}" for side in SIDES]
    for side, name, use in zip(SIDES, names, uses, strict=True):
        ids = lineage[f"{side}_id"]
        found = pd.Series(NOT_CLASSIFIED, index=rows.index, dtype="str")
        if use is not None:
            texts = use.astype("object").where(use.notna(), NOT_CLASSIFIED).astype("str")
            found = pd.Series(aligned(texts, pd.Index(ids)).array, index=rows.index)
        rows[name] = found.where(ids.notna(), NO_PARCEL)
    return rows.groupby(names, as_index=False)[["area_m2", "noise_m2"]].sum()


def _totals(parcels: pd.DataFrame, lineage: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Counts and areas of kinds and of ground, each closing with the whole."""
    rows: list[list[object]] = []
    by = parcels.groupby(["date", "kind"])["area_m2"].agg(["size", "sum"])
    both = {side: parcels[parcels["date"] == side] for side in SIDES}
    whole = [len(both[s]) for s in SIDES], [float(both[s]["area_m2"].sum()) for s in SIDES]
    for kind in KINDS:
        found = [by.loc[(s, kind)] if (s, kind) in by.index else (0, 0.0) for s in SIDES]
        counts, areas = zip(*found, strict=True)
        rows.append(["parcels", kind, *map(int, counts), *map(float, areas)])
    rows.append(["parcels", "all", *whole[0], *whole[1]])
    single = pairs.loc[pairs["single"], "before_id"]
    kept = (lineage["ground"] == CARRIED) & among(lineage["before_id"], single)
    passed = lineage["ground"].isin((CARRIED, EXCHANGED)) & ~kept
    masks = {"kept": kept, "passed": passed}
    masks |= {item: lineage["ground"] == item for item in (NO_PARCEL, NOISE, STACKED)}
    left = list(whole[1])
    for item, mask in masks.items():
        held = [mask & lineage[f"{side}_id"].notna() for side in SIDES]
        areas = [float(lineage.loc[h, "area_m2"].sum()) for h in held]
        left = [rest - area for rest, area in zip(left, areas, strict=True)]
        rows.append(["ground", item, *(int(h.sum()) for h in held), *areas])
    twice = [int((both[side]["twice_m2"] > 0).sum()) for side in SIDES]
    rows.append(["ground", "counted_twice", *twice, *left])  # what other rows have too much
    rows.append(["ground", "all", *whole[0], *whole[1]])
    known = pd.Index(both["after"]["parcel_id"])
    again = both["before"][among(both["before"]["parcel_id"], known)]
    kin = pairs.loc[pairs["before_id"] == pairs["after_id"], "before_id"]
    moved = again[~among(again["parcel_id"], kin)]
    rows.append(["rows", "id_on_other_ground", len(moved), len(moved), np.nan, np.nan])
    return pd.DataFrame(rows, columns=list(TOTALS))
