"""Adjusted block lines: given ones with the proposal applied by plain overlays, and the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.keys import ID_SEPARATOR
from gisland.base.schema import OVERALL
from gisland.base.units import m2_to_mu
from gisland.verify.arearows import TABLE, Row, check_rows
from gisland.verify.blockland import missing_tables, parts_in, unequal
from gisland.verify.facts import AREA_M2, RELATIVE, violations
from gisland.verify.layout import check_balance
from gisland.verify.overlays import overlay

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

    Shapes = dict[str, shapely.Geometry]

TABLES = ("block_balance", "block_lines", TABLE)
IDLE = ("already_in", "not_in", "unknown_block", "no_geometry")
KEPT, LAYOUT = "block_line.total_kept", "block_line.layout"
SUBJECT = f"adjusted:{OVERALL}"
LAYOUTS = (
    ("layout_patches", "patches", "<="),
    ("layout_mesh", "effective_mesh_size", ">="),
    ("layout_compactness", "compactness", ">="),
)
NOTHING = shapely.Polygon()


def check_adjusted(facts: Facts) -> list[Violation]:
    """Hold adjusted lines against the given ones and the proposal, and their balance against both.

    A change takes effect on the blocks that its row names: which one an area without a name
    belongs to is believed. Up to ``tolerance_m`` along the edges of changes is let pass, as gaps
    are closed there.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``adjusted_tables``, ``adjusted_block``, ``block_change``, ``block_change_reason``,
        ``block_balance`` and those of verdicts; the ids are blocks, changes, or block and
        indicator.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_adjusted(example_facts())  # nothing is adjusted
    []
    """
    changes, lines = facts.tables.get("block_changes"), facts.tables.get("block_lines")
    after = lines is not None and "lines" in lines and (lines["lines"] == "adjusted").any()
    if changes is None:
        wanted = after or "block_balance" in facts.tables
        absent = ["block_changes"] if wanted else []
        return violations(
            "adjusted_tables", "tables that adjusted lines are made of are not there", absent
        )
    found = missing_tables(facts, "block_changes", others=TABLES, code="adjusted_tables")
    if found or lines is None:
        return found
    if not after:
        return violations(
            "adjusted_tables", "sets of lines that changes make are not there", ["adjusted"]
        )
    given, told = (_blocks(lines, which) for which in ("given", "adjusted"))
    sure, may, found = _applied(facts, changes, given)
    slack = facts.parameters.tolerance_m
    wrong = set(told) ^ {b for b, s in sure.items() if _wide(s, slack)}
    wrong -= {b for b in wrong if b in may and b in told and not _wide(sure[b], slack)}
    for block in set(told) & set(sure):
        lost = overlay(shapely.difference, sure[block], told[block])
        more = overlay(shapely.difference, told[block], may[block])
        wrong |= {block} if _wide(lost, slack) or _wide(more, slack) else set()
    text = "adjusted blocks are not the given ones with the changes applied"
    found += violations("adjusted_block", text, wrong)
    found += check_balance(facts, given=given, adjusted=told)
    return [*found, *check_rows(facts, _verdicts(facts), topic="adjustment")]


def _blocks(lines: gpd.GeoDataFrame, which: str) -> Shapes:
    """Shapes of one set by block id; those that are invalid or missing hold nothing."""
    rows = lines[(lines["lines"] == which) & (lines["block_id"] != OVERALL)]
    pairs = zip(rows["block_id"].astype("str"), rows.geometry, strict=True)
    return {block: s if s is not None and s.is_valid else NOTHING for block, s in pairs}


def _wide(shape: shapely.Geometry, slack: float) -> bool:
    """Whether there is more of a shape than strips along edges, twice the slack wide."""
    return float(shapely.area(shapely.buffer(shape, -slack))) > AREA_M2


def _applied(
    facts: Facts, changes: gpd.GeoDataFrame, given: Shapes
) -> tuple[Shapes, Shapes, list[Violation]]:
    """What blocks hold for sure, and at most, after all changes; and changes that are wrong.

    An area that goes into a block by name is all of it the block's, else only what no other
    block holds: the results do not tell the two apart.
    """
    sure, may = dict(given), dict(given)
    land = facts.land[facts.land["industrial"]]
    wrong: dict[str, list[str]] = {"reason": [], "effect": []}
    rows = changes.assign(later=changes["change"] == "out").sort_values(["later", "change_id"])
    for _, row in rows.iterrows():
        shape, reason = row["geometry"], "" if pd.isna(row["reason"]) else row["reason"]
        blocks = str(row["block_id"]).split(ID_SEPARATOR) if pd.notna(row["block_id"]) else []
        blocks = [b for b in blocks if b]
        whole = overlay(shapely.union_all, [*sure.values()])
        if reason in IDLE:
            if not _is_idle(
                row, blocks, given=sure, whole=whole, slack=facts.parameters.tolerance_m
            ):
                wrong["reason"].append(row["change_id"])
            lands = [NOTHING]
        elif (
            shape is None or not shape.is_valid or _is_new(blocks, sure) != (reason == "new_block")
        ):
            wrong["reason"].append(row["change_id"])
            continue
        else:
            lands = _effect(row, blocks, sure=sure, may=may, whole=whole)
        if not _has_effect(facts, row, lands, land=land):
            wrong["effect"].append(row["change_id"])
    text = "reasons of block_changes that are not true"
    found = violations("block_change_reason", text, wrong["reason"])
    text = "areas of block_changes are not those of geometry and parcels"
    found += violations("block_change", text, wrong["effect"])
    shapes = gpd.GeoSeries(changes.geometry.to_numpy(), crs=changes.crs)
    sound = shapely.is_valid(shapes.to_numpy()) & ~shapely.is_empty(shapes.to_numpy())
    area = areas_m2(shapes.where(sound), basis=facts.run["area_basis"])
    area.index = pd.Index(changes["change_id"], dtype="str")
    table = pd.DataFrame(changes[["area_m2", "area_mu"]]).set_axis(area.index)
    right = {"area_m2": area, "area_mu": m2_to_mu(area)}
    return sure, may, found + unequal(table, right, code="block_change", what="block_changes")


def _is_new(blocks: list[str], given: Shapes) -> bool:
    return not any(b in given for b in blocks)


def _effect(
    row: pd.Series, blocks: list[str], *, sure: Shapes, may: Shapes, whole: shapely.Geometry
) -> list[shapely.Geometry]:
    """Apply one change to both; the land that it really adds or takes, at least and at most."""
    shape = row["geometry"]
    if row["change"] == "in":
        fresh = overlay(shapely.difference, shape, whole)
        most = fresh
        for block in blocks:
            own = sure.get(block, NOTHING)
            most = overlay(shapely.difference, shape, own)
            sure[block] = overlay(shapely.union, own, fresh)
            may[block] = overlay(shapely.union, may.get(block, NOTHING), shape)
        return [fresh, most]
    held = [sure[b] for b in blocks if b in sure]
    land = overlay(shapely.intersection, overlay(shapely.union_all, held), shape)
    for block in blocks:
        for side in (sure, may):
            side[block] = overlay(shapely.difference, side.get(block, NOTHING), shape)
    return [land]


def _is_idle(
    row: pd.Series, blocks: list[str], *, given: Shapes, whole: shapely.Geometry, slack: float
) -> bool:
    """Whether the reason why a change has no effect is true."""
    shape, reason = row["geometry"], row["reason"]
    unusable = shape is None or shape.is_empty or not shape.is_valid
    if reason == "no_geometry":
        return unusable or any(given.get(b) is NOTHING for b in blocks)
    if unusable:
        return False
    if reason == "unknown_block":
        return not any(b in given for b in blocks)
    held = [given[b] for b in blocks if b in given]
    if reason == "not_in":
        own = overlay(shapely.union_all, held) if held else whole
        return row["change"] == "out" and not _wide(
            overlay(shapely.intersection, shape, own), slack
        )
    return row["change"] == "in" and not all(
        _wide(overlay(shapely.difference, shape, s), slack) for s in (*held, whole)
    )


def _has_effect(
    facts: Facts, row: pd.Series, lands: list[shapely.Geometry], *, land: pd.DataFrame
) -> bool:
    """Whether the recorded areas lie between what is sure and what may be."""
    shapes = gpd.GeoSeries(lands, crs=facts.parcels.crs)
    area = areas_m2(shapes, basis=facts.run["area_basis"]).fillna(0.0).to_numpy()
    parts = parts_in(land, shapes)
    used = parts.groupby("area_id")["inside_m2"].sum().reindex(shapes.index, fill_value=0.0)
    edge = 0.0 if lands[0].is_empty else facts.parameters.tolerance_m * shapes.length.max()
    for told, right in ((row["effective_m2"], area), (row["industrial_m2"], used.to_numpy())):
        slack = AREA_M2 + edge + RELATIVE * float(np.max(right))
        if not np.min(right) - slack <= float(told) <= np.max(right) + slack:
            return False
    return True


def _verdicts(facts: Facts) -> list[Row]:
    """Verdicts as the balance has their numbers, which is proved by itself."""
    table = facts.tables["block_balance"]
    rows = table[table["block_id"] == OVERALL].drop_duplicates("indicator").set_index("indicator")
    sides = {w: rows[w].astype("float64").to_dict() for w in ("before", "after")}
    was, now = (sides[w].get("area_m2", float("nan")) for w in ("before", "after"))
    told = [Row(SUBJECT, KEPT, now / was if was > 0 else float("nan"), (now, was))]
    for test, name, operator in LAYOUTS:
        value, limit = (sides[w].get(name, float("nan")) for w in ("after", "before"))
        told.append(Row(SUBJECT, LAYOUT, value, None, test, limit, operator))
    return told
