"""Delineated block lines: no overlaps, nothing cut, every member and every reason true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.rule import AREA_DECIMALS
from gisland.base.schema import OVERALL
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.verify.blockland import (
    CUT,
    missing_tables,
    parts_in,
    ratio,
    unequal,
    united,
)
from gisland.verify.facts import AREA_M2, RELATIVE, violations
from gisland.verify.overlays import overlay
from gisland.verify.reach import bordering, near_pairs, pieces
from gisland.verify.selection import check_selection

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

HALF = 0.5
ROUNDED = 0.01  # of a parcel: by which openings by two ways of mitring may differ
MITRED: dict[str, Any] = {"join_style": "mitre", "mitre_limit": 5.0}
BLOCK = "block_line.industrial_share"


def check_proposed(facts: Facts) -> list[Violation]:
    """Hold delineated blocks and all industrial land outside them against the parcels.

    Blocks that are made of planning zones are held against each other, their areas and the
    target alone: the zones are not among the results. Where blocks reach to the middle of
    corridors, the shape along the parcels is not written: then it holds its members, and lies in
    the block. Corridors are not traced again; a reason is refuted where parcels that surely make
    one piece would be a seed, or large or wide enough.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``proposed_tables``, ``proposed_kept``, ``proposed_overlap``, ``proposed_ids``,
        ``proposed_cut``, ``proposed_sum``, ``proposed_share``, ``proposed_small``,
        ``proposed_seed``, ``proposed_narrow``, ``proposed_level``, ``proposed_reason`` and those
        of `check_selection`; the ids are blocks or parcels.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_proposed(example_facts())  # nothing is delineated
    []
    """
    table, lines = facts.tables.get("block_candidates"), facts.tables.get("block_lines")
    drawn = lines is not None and "lines" in lines and (lines["lines"] == "proposed").any()
    if table is None:
        absent = ["block_candidates"] if drawn else []
        return violations(
            "proposed_tables", "tables that proposed lines are made of are not there", absent
        )
    if lines is None or not drawn:
        return missing_tables(
            facts, "block_candidates", others=("block_lines",), code="proposed_tables"
        )
    rows = table.drop_duplicates("block_id").set_index("block_id").sort_index()
    found = _check_kept(facts, rows, lines[lines["lines"] == "proposed"])
    found += _check_apart(rows)
    area = areas_m2(rows.geometry, basis=facts.run["area_basis"])
    right = {"area_m2": area, "area_mu": m2_to_mu(area)}
    small = rows.index[area < facts.parameters.block_min_area_m2 - AREA_M2]
    found += violations("proposed_small", "blocks below block_min_area_m2", small)
    by_level = rows["level"].astype("Float64").fillna(0) == 1
    wrong = by_level != (rows["level_by"].fillna("") != "")
    found += violations("proposed_level", "level does not follow from level_by", rows.index[wrong])
    if facts.parameters.block_from == "parcels":
        more, sums = _check_members(facts, rows)
        found, right = [*found, *more], right | sums
    found += unequal(rows, right, code="proposed_sum", what="block_candidates")
    edges = facts.parameters.block_boundary == "parcel_edge"
    # the members lie in the shape along their edges, and that in the block
    least = right.get("classified_m2", area * 0.0)
    bounds = rows.assign(least_m2=area if edges else least, most_m2=area)
    return [*found, *check_selection(facts, bounds)]


def _check_kept(facts: Facts, rows: gpd.GeoDataFrame, told: gpd.GeoDataFrame) -> list[Violation]:
    """Kept candidates are the proposed lines, with the same shape, level and boundary."""
    lines = told[told["block_id"] != OVERALL].drop_duplicates("block_id").set_index("block_id")
    kept = rows[rows["kept"].astype(bool)]
    wrong = set(lines.index) ^ set(kept.index)
    for block in set(lines.index) & set(kept.index):
        pair = (lines.geometry[block], kept.geometry[block])
        apart = shapely.area(overlay(shapely.symmetric_difference, *pair))
        same = all(str(lines[c][block]) == str(kept[c][block]) for c in ("level", "level_by"))
        same &= str(lines["boundary"][block]) == facts.parameters.block_boundary
        wrong |= set() if same and apart <= AREA_M2 else {block}
    text = "proposed block_lines are not the candidates that are kept"
    found = violations("proposed_kept", text, wrong)
    reason = rows["reason"].fillna("")
    bad = reason != rows["kept"].astype(bool).map({True: "", False: "not_kept"})
    return found + violations("proposed_kept", "reason is not why it is left out", rows.index[bad])


def _check_apart(rows: gpd.GeoDataFrame) -> list[Violation]:
    shapes = rows.geometry.to_numpy()
    i, j = near_pairs(shapes, within_m=0.0).T
    shared = shapely.area(overlay(shapely.intersection, shapes[i], shapes[j]))
    over = shared > AREA_M2 + RELATIVE * np.minimum(
        shapely.area(shapes[i]), shapely.area(shapes[j])
    )
    both = [*rows.index[i[over]], *rows.index[j[over]]]
    found = violations("proposed_overlap", "blocks overlap each other", both)
    digits = max(2, len(str(len(rows))))
    names = {f"B{n:0{digits}d}" for n in range(1, len(rows) + 1)}
    text = "blocks are not numbered from B01"
    return found + violations("proposed_ids", text, names ^ set(rows.index))


def _check_members(
    facts: Facts, rows: gpd.GeoDataFrame
) -> tuple[list[Violation], dict[str, pd.Series]]:
    plots = facts.land[facts.land["land"]]
    parts = parts_in(plots, rows.geometry)
    cut = parts[parts["share"].between(CUT, 1 - CUT)]
    found = violations("proposed_cut", "blocks cut parcels", cut["parcel_id"])
    members = parts[parts["share"] > HALF]
    first = members.groupby("area_id")["parcel_id"].min().reindex(rows.index)
    order = first.sort_values().index
    text = "blocks do not stand in the order of their smallest parcels"
    found += violations("proposed_ids", text, [] if list(order) == list(rows.index) else order)

    def total(which: pd.Series) -> pd.Series:
        area = members["area_m2"].where(which.astype(bool), 0.0).groupby(members["area_id"])
        return area.sum().reindex(rows.index, fill_value=0.0)

    sums = {"classified_m2": total(members["classified"])}
    sums["industrial_m2"] = total(members["industrial"])
    sums["industrial_share"] = ratio(sums["industrial_m2"], sums["classified_m2"])
    count = members.groupby("area_id").size().reindex(rows.index, fill_value=0)
    told = rows["parcels"].astype("Float64").fillna(-1).astype("float64")
    text = "parcels is not the number of members"
    found += violations("proposed_sum", text, rows.index[told != count])
    rule = facts.rules[BLOCK]
    if rule.mode != "off":
        low = ~rule.holds(sums["industrial_share"]).fillna(value=False).astype(bool)
        text = "blocks have a lower industrial share than the rule on blocks allows"
        found += violations("proposed_share", text, rows.index[low])
    found += _check_shapes(facts, rows, members)
    found += _check_levels(facts, rows, members)
    found += _check_reasons(facts, rows, parts)
    return found, sums


def _check_shapes(facts: Facts, rows: gpd.GeoDataFrame, members: pd.DataFrame) -> list[Violation]:
    """Every block has a seed, and half of each member is left where necks are cut off."""
    narrow, seedless = [], []
    for block, own in members.groupby("area_id"):
        shapes = facts.land["shape"].reindex(own["parcel_id"]).to_numpy()
        left = overlay(shapely.intersection, shapes, _opened(facts, rows.geometry[block]))
        share = shapely.area(left) / shapely.area(shapes)
        narrow += list(own["parcel_id"][share < HALF - ROUNDED])
        works = own["industrial"].to_numpy(bool)
        pairs = near_pairs(shapes[works], within_m=facts.parameters.tolerance_m)
        patch = np.bincount(
            pieces(pairs, int(works.sum())), weights=own["area_m2"].to_numpy()[works], minlength=1
        )
        seedless += [] if patch.max() >= facts.parameters.block_seed_m2 - AREA_M2 else [block]
    found = violations("proposed_narrow", "parcels lie in necks of blocks", narrow)
    seedless += sorted(set(rows.index) - set(members["area_id"]))
    return found + violations("proposed_seed", "blocks without a seed", seedless)


def _opened(facts: Facts, shape: shapely.Geometry) -> shapely.Geometry:
    """Shape without what is narrower than a neck."""
    half = facts.parameters.block_neck_m / 2
    return shapely.buffer(shapely.buffer(shape, -half, **MITRED), half, **MITRED)


def _check_levels(facts: Facts, rows: gpd.GeoDataFrame, members: pd.DataFrame) -> list[Violation]:
    """What makes a block one of level 1; by size only as far as the area along edges is sure."""
    works = members[members["industrial"]]
    half = works.groupby("area_id")["area_m2"].sum().reindex(rows.index, fill_value=0.0) * HALF
    planned = facts.parcels["planned_use_class"].reindex(works["parcel_id"])
    meant = works["area_m2"].where(planned.isin(INDUSTRIAL_USE_CLASSES).to_numpy(), 0.0)
    sure = {"plan": meant.groupby(works["area_id"]).sum().reindex(rows.index, fill_value=0.0)}
    parks = facts.tables.get("parks")
    if parks is not None:
        part = parts_in(facts.land.reindex(works["parcel_id"]), united(parks.geometry))
        inside = part.set_index("parcel_id")["inside_m2"].reindex(works["parcel_id"]).fillna(0.0)
        own = pd.Series(inside.to_numpy(), index=works["area_id"].to_numpy())
        sure["parks"] = own.groupby(level=0).sum().reindex(rows.index, fill_value=0.0)
    told = rows["level_by"].fillna("").map(lambda text: {t for t in text.split(";") if t})
    wrong: set[str] = {b for b, s in told.items() if s - set(facts.parameters.block_level_by)}
    for test, held in sure.items():
        for block in rows.index:
            clear = abs(held[block] - half[block]) > AREA_M2
            asked = test in facts.parameters.block_level_by
            if clear and (held[block] > half[block] and asked) != (test in told[block]):
                wrong.add(str(block))
    least = members.groupby("area_id")["area_m2"].sum().reindex(rows.index, fill_value=0.0)
    most, size = rows["area_m2"], facts.parameters.block_level1_m2
    if facts.parameters.block_boundary == "parcel_edge":
        least = most
    for block in rows.index:
        claimed = "size" in told[block]
        low = not claimed and least[block] > size + AREA_M2
        low &= "size" in facts.parameters.block_level_by
        wrong |= {str(block)} if low or (claimed and most[block] < size - AREA_M2) else set()
    text = "level_by does not name what makes the block one of level 1"
    return violations("proposed_level", text, wrong)


def _check_reasons(facts: Facts, rows: gpd.GeoDataFrame, parts: pd.DataFrame) -> list[Violation]:
    """Why industrial parcels are outside: refuted where geometry tells otherwise for sure."""
    table = facts.tables.get("block_parcels")
    if table is None:
        return []
    out = table[(table["lines"] == "proposed") & (table["part"] == "outside")]
    reason = out.drop_duplicates("parcel_id").set_index("parcel_id")["reason"]
    held = parts[parts["share"] > HALF].drop_duplicates("parcel_id").set_index("parcel_id")
    left = held.index[~held["area_id"].map(rows["kept"].astype(bool))]
    wrong = set(reason.index[reason == "not_kept"]) ^ (set(left) & set(reason.index))
    wrong |= set(reason.index[(reason == "no_geometry") & reason.index.isin(facts.land.index)])
    inside = reason.index.isin(held.index) & ~reason.isin(["not_kept", "no_geometry"])
    wrong |= set(reason.index[inside])
    for code, least in (
        ("narrow", 0.0),
        ("no_seed", facts.parameters.block_seed_m2),
        ("too_small", facts.parameters.block_min_area_m2),
    ):
        ids = reason.index[(reason == code) & reason.index.isin(facts.land.index)]
        wrong |= _refuted(
            facts, facts.land.reindex(ids.sort_values()), least, alone=code == "narrow"
        )
    text = "reasons of parcels outside the proposed blocks that are not true"
    return violations("proposed_reason", text, wrong)


def _refuted(facts: Facts, rows: pd.DataFrame, least: float, *, alone: bool) -> set[str]:
    """Parcels that surely stay one piece when necks are cut off, and are that large together."""
    shapes, area = rows["shape"].to_numpy(), rows["area_m2"].to_numpy("float64")
    pairs = bordering(shapes, tolerance_m=facts.parameters.tolerance_m)
    piece = pieces(pairs[:0] if alone else pairs, len(rows))
    wrong: set[str] = set()
    for number in range(int(piece.max(initial=-1)) + 1):
        own = piece == number
        if round(float(area[own].sum()), AREA_DECIMALS) < least:
            continue
        union = overlay(shapely.union_all, shapes[own])
        core = _opened(facts, union)
        left = shapely.area(overlay(shapely.intersection, shapes[own], core))
        # two cores may touch again where they were widened
        shrunk = shapely.buffer(union, -facts.parameters.block_neck_m / 2, **MITRED)
        whole = shapely.get_num_geometries(shrunk) == 1 and not shapely.is_empty(shrunk)
        if whole and bool((left > (HALF + ROUNDED) * shapely.area(shapes[own])).all()):
            wrong |= set(rows.index[own])
    return wrong
