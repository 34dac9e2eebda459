"""Check of given industrial block lines (工业区块线): shares per block and overall, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.schema import FREE_USE_CLASSES, INDUSTRIAL_USE_CLASSES, usable
from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu
from gisland.base.verdicts import outcomes
from gisland.topology.overlay import overlap_areas

if TYPE_CHECKING:
    from gisland.base.rules import Rule, RuleSet

OVERALL = "overall"
CUT_SHARE = 0.01  # a parcel is cut if this share of it lies on either side of the line
M0_CODES = ("M0",)  # the national code list has none: a local extension (policy of Shenzhen, 2013)
AREAS = ("classified_m2", "industrial_m2", "m0_m2")


def check_block_lines(
    parcels: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, *, rules: RuleSet, area_basis: str
) -> gpd.GeoDataFrame:
    """Hold every block, and all of them together, against the rules on block lines.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``use_class`` and, if known,
        ``use_code``. Roads and water are not classified land.
    blocks
        Block polygons, indexed by block id, with ``level`` if known.
    rules
        The rule set (``block_line.*``).
    area_basis
        ``plane`` or ``ellipsoidal``, for the areas of the blocks; areas of parcels inside are
        their ``area_m2`` times the share inside.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per block, and last the ``overall`` one for the union of all blocks, so that
        land in two blocks counts once: areas, ``industrial_share`` of the classified land with
        its ``limit`` and ``outcome``, ``m0_share`` of the industrial land (missing without use
        codes) with ``m0_limit`` and ``m0_outcome`` (a rule on all blocks together: the single
        ones are ``not_assessed``), parcels cut by a line, and parcels of other use inside.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial", "residential"], "area_m2": [700.0, 300.0]},
    ...     geometry=[box(0, 0, 70, 10), box(70, 0, 100, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> block = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 10)], index=["L1"], crs=4547)
    >>> found = check_block_lines(
    ...     lots, block, rules=load_rules("national-2023-171"), area_basis="plane"
    ... )
    >>> found[["block_id", "industrial_share", "other_use_ids"]].values.tolist()
    [['L1', 0.7, 'b'], ['overall', 0.7, 'b']]
    """
    order = blocks.sort_index()
    level = order["level"] if "level" in order else pd.Series(float("nan"), index=order.index)
    single = _rows_inside(parcels, order)
    table = _summary(single, order, area_basis=area_basis).assign(level=level, is_total=False)
    union = _union(order)
    total = _summary(_rows_inside(parcels, union), union, area_basis=area_basis)
    # a line between two blocks cuts a parcel that lies wholly in their union
    cut = _ids(single.assign(block_id=OVERALL), "cut").reindex([OVERALL]).fillna("")
    total = total.assign(cut_ids=cut, level=float("nan"), is_total=True)
    total["area_m2"] = total["area_m2"].fillna(0.0)  # of no block at all
    everything = pd.concat([table, total]).rename_axis("block_id").reset_index()
    if "use_code" not in parcels:
        everything["m0_m2"] = float("nan")
    shapes = [*order.geometry, None]
    return gpd.GeoDataFrame(
        _judged(everything, rules=rules),
        geometry=gpd.GeoSeries(shapes, crs=blocks.crs),
        crs=blocks.crs,
    )


def _union(blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All blocks as one, named `OVERALL`; those that overlap nothing for being invalid left out."""
    whole = shapely.union_all(blocks.geometry[usable(blocks.geometry)].to_numpy())
    return gpd.GeoDataFrame(geometry=[whole], index=[OVERALL], crs=blocks.crs)


def _rows_inside(parcels: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame) -> pd.DataFrame:
    """Land of each parcel in each block, by kind."""
    inside = overlap_areas(parcels, blocks)
    parcel = inside["left_id"]
    share = inside["overlap_m2"] / lookup(parcel, parcels.geometry.area)
    use = lookup(parcel, parcels["use_class"])
    land = share * lookup(parcel, parcels["area_m2"])
    classified = use.notna() & ~use.isin(FREE_USE_CLASSES)
    industrial = use.isin(INDUSTRIAL_USE_CLASSES)
    code = (
        lookup(parcel, parcels["use_code"]) if "use_code" in parcels else pd.Series("", use.index)
    )
    return pd.DataFrame(
        {
            "block_id": inside["right_id"],
            "parcel_id": parcel,
            "classified_m2": land.where(classified, 0.0),
            "industrial_m2": land.where(industrial, 0.0),
            "m0_m2": land.where(code.isin(M0_CODES), 0.0),
            "cut": share.between(CUT_SHARE, 1 - CUT_SHARE),
            "other": classified & ~industrial & (share > CUT_SHARE),
        }
    )


def _ids(rows: pd.DataFrame, flag: str) -> pd.Series:
    chosen = rows[rows[flag]].sort_values("parcel_id")
    return chosen.groupby("block_id")["parcel_id"].agg(lambda s: ";".join(dict.fromkeys(s)))


def _summary(rows: pd.DataFrame, blocks: gpd.GeoDataFrame, *, area_basis: str) -> pd.DataFrame:
    """Sums and lists of ids, a row for each block, also for one without any parcel."""
    table = rows.groupby("block_id")[list(AREAS)].sum().reindex(blocks.index).fillna(0.0)
    lists = {f"{flag}_ids": _ids(rows, flag) for flag in ("cut", "other")}
    lists["other_use_ids"] = lists.pop("other_ids")
    table = table.assign(**{k: v.reindex(blocks.index).fillna("") for k, v in lists.items()})
    return table.assign(area_m2=areas_m2(blocks.geometry, basis=area_basis))


def _judged(table: pd.DataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """Shares, limits and outcomes; a rule that is off gives no outcome."""
    classified = table["classified_m2"].where(table["classified_m2"] > 0)
    industrial = table["industrial_m2"].where(table["industrial_m2"] > 0)
    each, total = rules["block_line.industrial_share"], rules["block_line.total_industrial_share"]
    share, m0_share = table["industrial_m2"] / classified, table["m0_m2"] / industrial
    by_use = [_held(total if t else each, v) for t, v in zip(table["is_total"], share, strict=True)]
    m0_rule = rules["block_line.m0_share"]
    by_m0 = [
        _held(m0_rule if t else None, v) for t, v in zip(table["is_total"], m0_share, strict=True)
    ]
    return pd.DataFrame(
        {
            "block_id": table["block_id"].astype("str"),
            "level": table["level"].astype("Float64").astype("Int64"),
            "area_m2": table["area_m2"],
            "area_mu": m2_to_mu(table["area_m2"]),
            "classified_m2": table["classified_m2"],
            "industrial_m2": table["industrial_m2"],
            "industrial_share": share,
            "limit": [h.limit for h in by_use],
            "m0_m2": table["m0_m2"],
            "m0_share": m0_share,
            "m0_limit": [h.limit for h in by_m0],
            "m0_outcome": [h.outcome for h in by_m0],
            "parcels_cut": table["cut_ids"].str.split(";").map(lambda s: len([i for i in s if i])),
            "cut_ids": table["cut_ids"].astype("str"),
            "other_use_ids": table["other_use_ids"].astype("str"),
            "outcome": [h.outcome for h in by_use],
            "rule_id": [h.rule_id for h in by_use],
        }
    ).astype({"outcome": "str", "m0_outcome": "str", "rule_id": "str", "parcels_cut": "int64"})


class _Held(NamedTuple):
    """A value held against a rule; as it stands for a rule that does not apply or is off."""

    limit: float = float("nan")
    outcome: str = "not_assessed"
    rule_id: str = ""


def _held(rule: Rule | None, value: float) -> _Held:
    if rule is None or rule.mode == "off":
        return _Held()
    return _Held(rule.limit, outcomes(rule.holds(pd.Series([value])))[0], rule.id)
