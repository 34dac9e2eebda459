"""Adjustment of block lines (工业区块线调整): lines after a proposal, and the balance of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.columns import numbers
from gisland.base.crs import areas_m2, crs_name, require_metric
from gisland.base.errors import CRSError, TableError
from gisland.base.guards import require_columns
from gisland.base.keys import ID_SEPARATOR
from gisland.base.schema import CHANGES_OF_LINES, OVERALL, require_ids, usable
from gisland.base.units import m2_to_mu, require_metres
from gisland.control.blocks.balancing import balance_rows, balance_verdicts
from gisland.control.blocks.changing import Effect, extended, free_id, taken_in, taken_out
from gisland.control.blocks.inside import is_industrial
from gisland.topology.overlay import overlap_areas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet
    from gisland.control.blocklines import Checked

WHY = {  # a change without effect
    "already_in": "lies within the lines already",
    "not_in": "does not lie within the lines that it is to be taken out of",
    "unknown_block": "names a block that is not there",
    "no_geometry": "or the block that it names has no usable geometry",
}
TEXTS = ("change_id", "change", "block_id", "reason")
COLUMNS = (*TEXTS, "area_m2", "area_mu", "effective_m2", "industrial_m2")


@dataclass(frozen=True, eq=False, repr=False)
class Adjusted:
    """Block lines after a proposal.

    Parameters
    ----------
    blocks
        Indexed by block id, with ``level``; blocks of which nothing is left are gone.
    changes
        What each change did, sorted by id.
    findings
        Records of changes that did nothing.
    """

    blocks: gpd.GeoDataFrame
    changes: gpd.GeoDataFrame
    findings: list[dict[str, object]]


def adjusted_lines(
    blocks: gpd.GeoDataFrame,
    changes: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    *,
    tolerance_m: float,
    area_basis: str = "plane",
) -> Adjusted:
    """Block lines with areas taken in and out.

    All that goes in comes first, then what goes out, each by id. A change that names a block
    changes that one. Else what goes in, as far as it lies in no block yet, goes to the block that
    it shares the longest boundary with (of its outline within the tolerance of the block; of equal
    lengths the larger overlap, then the smallest id), and is a new block named by the change if
    there is none; what goes out is taken from every block it overlaps. Gaps between a block and
    what it takes in are closed up to the tolerance, strips up to it that a cut leaves are taken,
    too; what is narrower than the tolerance changes nothing.

    Parameters
    ----------
    blocks
        Polygons indexed by block id, in a metric CRS, with ``level`` if known.
    changes
        Polygons indexed by change id, in the same CRS: ``change`` (``in`` or ``out``) and, if
        known, ``block_id``.
    parcels
        Indexed by parcel id, in the same CRS, with ``area_m2`` and ``use_class``, for the
        industrial land of the changes.
    tolerance_m
        Widest gap that is closed and strip that is dropped, in metres, above 0.
    area_basis
        ``plane`` or ``ellipsoidal``, for the areas of the changes.

    Returns
    -------
    Adjusted
        ``changes`` has the columns of ``COLUMNS`` and geometry. ``block_id``: the blocks that
        changed, joined by ``;``, or the one named. ``effective_m2``: area that the blocks really
        gain or lose, at least 0, and ``industrial_m2``, the industrial land of it. ``reason``:
        empty, ``new_block``, or why it has no effect: ``already_in``, ``not_in``,
        ``unknown_block``, ``no_geometry`` (its own, or that of the block named); these are
        findings ``block_change_without_effect``.

    Raises
    ------
    TableError
        If ids are missing or repeated, a column is not there, or a change is neither ``in`` nor
        ``out``.
    CRSError
        If a CRS is missing or not metric, or they differ.
    ProjectError
        If the tolerance is not a positive number.

    Examples
    --------
    >>> from shapely import box
    >>> line = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 100)], index=["L1"], crs=4547)
    >>> asked = gpd.GeoDataFrame(
    ...     {"change": ["in", "out"]},
    ...     geometry=[box(100, 0, 150, 100), box(0, 0, 20, 100)],
    ...     index=["c1", "c2"],
    ...     crs=4547,
    ... )
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [9000.0], "use_class": ["industrial"]},
    ...     geometry=[box(90, 0, 180, 100)],
    ...     index=["p"],
    ...     crs=4547,
    ... )
    >>> found = adjusted_lines(line, asked, lots, tolerance_m=0.05)
    >>> found.blocks.area.round(3).to_dict()
    {'L1': 13000.0}
    >>> found.changes[["change_id", "block_id", "effective_m2", "industrial_m2"]].values.tolist()
    [['c1', 'L1', 5000.0, 5000.0], ['c2', 'L1', 2000.0, 0.0]]
    """
    require_metres(tolerance_m, name="tolerance_m")
    _require(blocks, changes)
    lines, asked = blocks.sort_index(), changes.sort_index()
    whole = usable(lines.geometry).to_numpy("bool")
    ids = lines.index.astype("str")
    shapes = dict(zip(ids[whole], lines.geometry[whole], strict=True))
    named = _named(asked)
    effects, shapes = _effects(
        asked, named, shapes, unusable=frozenset(ids[~whole]), tolerance_m=tolerance_m
    )
    table = _changes_table(asked, named, effects, parcels=parcels, area_basis=area_basis)
    return Adjusted(_after(lines, shapes), table, _findings(table))


def _require(blocks: gpd.GeoDataFrame, changes: gpd.GeoDataFrame) -> None:
    for frame, what in ((blocks, "block_lines"), (changes, "block_changes")):
        require_metric(frame, what=what)
        require_ids(frame, what=what)
    if blocks.crs != changes.crs:
        raise CRSError(
            f"block_changes: {crs_name(changes.crs)} is not {crs_name(blocks.crs)} of the lines",
            do="reproject one to the other's CRS first",
        )
    require_columns(changes, ["change"], what="block_changes")
    wrong = changes.index[~changes["change"].isin(CHANGES_OF_LINES).to_numpy("bool")]
    if len(wrong):
        raise TableError(
            f"block_changes: the change of {len(wrong)} of {len(changes)} rows is neither"
            f" {' nor '.join(CHANGES_OF_LINES)}",
            do="say in or out of the lines in column change",
            ids=sorted(wrong.astype("str")),
        )


def _named(asked: gpd.GeoDataFrame) -> list[str | None]:
    """Block that each change names."""
    if "block_id" not in asked:
        return [None] * len(asked)
    return [None if pd.isna(block) else str(block) for block in asked["block_id"]]


def _effects(
    asked: gpd.GeoDataFrame,
    named: list[str | None],
    shapes: dict[str, shapely.Geometry],
    *,
    unusable: frozenset[str],
    tolerance_m: float,
) -> tuple[list[Effect], dict[str, shapely.Geometry]]:
    """What each change does, one after the other, and the shapes after all of them."""
    effects = [Effect("no_geometry")] * len(asked)
    drawn = usable(asked.geometry).to_numpy("bool")
    going_out = (asked["change"] == "out").to_numpy("bool")
    for k in [*np.flatnonzero(drawn & ~going_out), *np.flatnonzero(drawn & going_out)]:
        block, shape = named[k], asked.geometry.iloc[k]
        if block in unusable:
            continue
        if block is not None and block not in shapes:
            effects[k] = Effect("unknown_block")
        elif going_out[k]:
            held = shapes if block is None else {block: shapes[block]}
            effects[k] = taken_out(held, shape, tolerance_m=tolerance_m)
        elif block is not None:
            effects[k] = extended(block, shapes, shape, tolerance_m=tolerance_m)
        else:
            new = free_id(str(asked.index[k]), {OVERALL, *shapes, *unusable})
            effects[k] = taken_in(shapes, shape, new_id=new, tolerance_m=tolerance_m)
        # of a change without effect there are no shapes
        shapes = shapes | dict(zip(effects[k].block_ids, effects[k].after, strict=False))
        shapes = {i: shape for i, shape in shapes.items() if not shapely.is_empty(shape)}
    return effects, shapes


def _changes_table(
    asked: gpd.GeoDataFrame,
    named: list[str | None],
    effects: list[Effect],
    *,
    parcels: gpd.GeoDataFrame,
    area_basis: str,
) -> gpd.GeoDataFrame:
    own = asked.geometry.where(usable(asked.geometry))
    area = areas_m2(own, basis=area_basis).to_numpy("float64")
    land = gpd.GeoSeries(np.array([e.land for e in effects], dtype=object), crs=asked.crs)
    table = pd.DataFrame(
        {
            "change_id": asked.index,
            "change": asked["change"].to_numpy(),
            "block_id": [
                ID_SEPARATOR.join(e.block_ids) or (block or "")
                for e, block in zip(effects, named, strict=True)
            ],
            "reason": [e.reason for e in effects],
            "area_m2": area,
            "area_mu": m2_to_mu(area),
            "effective_m2": areas_m2(land, basis=area_basis).fillna(0.0).to_numpy("float64"),
            "industrial_m2": _industrial_m2(parcels, land),
        }
    )
    kinds = {name: "str" if name in TEXTS else "float64" for name in COLUMNS}
    return gpd.GeoDataFrame(
        table[list(COLUMNS)].astype(kinds), geometry=asked.geometry.to_numpy(), crs=asked.crs
    )


def _industrial_m2(parcels: gpd.GeoDataFrame, land: gpd.GeoSeries) -> NDArray[np.float64]:
    """Industrial land of each area."""
    require_columns(parcels, ["area_m2", "use_class"], what="parcels")
    ordered = parcels.sort_index()
    works = ordered[is_industrial(ordered)]
    plain = gpd.GeoDataFrame(geometry=works.geometry.to_numpy(), crs=parcels.crs)
    found = overlap_areas(plain, gpd.GeoDataFrame(geometry=land))
    at = found["left_id"].to_numpy("int64")
    share = found["overlap_m2"].to_numpy() / shapely.area(plain.geometry.to_numpy())[at]
    part = np.nan_to_num(numbers(works, "area_m2"))[at] * share
    of = found["right_id"].to_numpy("int64")
    return np.bincount(of, weights=part, minlength=len(land)).astype("float64")


def _after(lines: gpd.GeoDataFrame, shapes: dict[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    """Blocks with their new shapes; those without usable geometry stay as they are."""
    given = lines.set_axis(lines.index.astype("str"))
    unusable = given.geometry[~usable(given.geometry)]
    every = {**shapes, **dict(zip(unusable.index, unusable, strict=True))}
    index = pd.Index(sorted(every), name="block_id", dtype="str")
    level = pd.Series(numbers(given, "level"), given.index).reindex(index)
    values = np.array([every[block] for block in index], dtype=object)
    return gpd.GeoDataFrame({"level": level}, geometry=values, index=index, crs=lines.crs)


def _findings(table: gpd.GeoDataFrame) -> list[dict[str, object]]:
    idle = table[table["reason"].isin(list(WHY))]
    places = shapely.point_on_surface(idle.geometry.where(usable(idle.geometry)).to_numpy())
    return [
        {
            "code": "block_change_without_effect",
            "severity": "warning",
            "layer": "block_changes",
            "other_id": change,
            "message": f"block change {change} {WHY[reason]}",
            "geometry": place,
        }
        for change, reason, place in zip(idle["change_id"], idle["reason"], places, strict=True)
    ]


def balance(
    before: Checked,
    after: Checked,
    *,
    layouts: Mapping[str, pd.DataFrame],
    rules: RuleSet,
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Balance of an adjustment: every block before and after, area kept, layout no more scattered.

    Parameters
    ----------
    before, after
        Checked lines, ``given`` and ``adjusted``, on one area basis.
    layouts
        ``before`` and ``after``: fragmentation measures of the blocks of each set, a frame of one
        row with ``patches``, ``mean_parcel_area``, ``effective_mesh_size``, ``edge_density`` and
        ``compactness``; no row where a set has no block. Effective mesh size and edge density are
        taken over the same land, the area of the union of the lines before and after: with a
        denominator of their own, lines that shrink to one small block would score best.
    rules
        For ``block_line.total_kept`` and ``block_line.layout``.

    Returns
    -------
    table : pandas.DataFrame
        ``block_id``, ``indicator``, ``unit``, ``before``, ``after``, ``delta``: of every block
        and ``overall`` the area and the industrial land (m²), the industrial share and the M0
        share (0-1); of ``overall`` also the measures of the layout (count, m², m/ha, ratio). A
        block that is not there on one side has no land there, and no shares.
    rows : list of dict
        Rows for the table of verdicts on areas. ``total_kept``: area after over before. Three
        tests of the layout, the value after held against that before: ``layout_patches`` (no
        more), ``layout_mesh`` (no less, at 0.01 m²), ``layout_compactness`` (no less, at 1e-6).

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> from gisland.control.blocklines import check_block_lines
    >>> from shapely import box
    >>> rules = load_rules("national-2023-171")
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [8000.0], "use_class": ["logistics"]},
    ...     geometry=[box(0, 0, 80, 100)],
    ...     crs=4547,
    ... )
    >>> sides = [
    ...     check_block_lines(
    ...         lots,
    ...         gpd.GeoDataFrame(geometry=[box(0, 0, width, 100)], index=["L"], crs=4547),
    ...         lines=lines,
    ...         rules=rules,
    ...         area_basis="plane",
    ...     )
    ...     for lines, width in (("given", 100), ("adjusted", 80))
    ... ]
    >>> one = pd.DataFrame({"patches": [1.0]})
    >>> table, rows = balance(*sides, layouts={"before": one, "after": one}, rules=rules)
    >>> table.iloc[:2][["indicator", "before", "after"]].values.tolist()
    [['area_m2', 10000.0, 8000.0], ['industrial_m2', 8000.0, 8000.0]]
    >>> [(row["test"], row["outcome"]) for row in rows][:2]
    [('total_kept', 'fail'), ('layout_patches', 'pass')]
    """
    rows = balance_rows(before.blocks, after.blocks, layouts=layouts)
    areas = (float(side.blocks["area_m2"].iloc[-1]) for side in (before, after))
    return rows, balance_verdicts(*areas, layouts=layouts, rules=rules)
