"""Uses of blocks that close to their areas, and parcels in, across and outside block lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.schema import NOT_CLASSIFIED, OVERALL
from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu
from gisland.verify.blockland import CUT, RATIO
from gisland.verify.facts import AREA_M2, RELATIVE, differs, violations
from gisland.verify.overlays import overlay

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

NO_PARCEL = "no_parcel"
ELLIPSOIDAL = 2e-5  # by which parts of a block differ from the mean scale of the block
NO_GEOMETRY = "no_geometry"
DELINEATED = (NO_GEOMETRY, "no_seed", "narrow", "too_small", "not_kept")
NOT_IN_LINES = ("not_in_lines",)


def check_parts(
    facts: Facts, single: pd.DataFrame, *, total: pd.DataFrame, lines: str
) -> list[Violation]:
    """Hold the list of parcels in, across and outside the lines of one set against geometry.

    Parameters
    ----------
    facts
        From `gather`, with ``block_parcels``.
    single, total
        Parts in each block and in all together, from `parts_in`.
    lines
        The set.

    Returns
    -------
    list of Violation
        ``block_parcel_missing``, ``block_parcel_strange``, ``block_parcel_area``,
        ``block_parcel_part``, ``block_parcel_use``, ``block_parcel_reason``; the ids are set,
        block and parcel.

    Examples
    --------
    >>> from gisland.layers.writing.contract import TABLES
    >>> from gisland.verify.blockland import parts_in
    >>> from gisland.verify.example import example_facts
    >>> facts = example_facts()
    >>> rows = pd.DataFrame(columns=list(TABLES["block_parcels"].columns))
    >>> facts = facts.__class__(**{**vars(facts), "tables": {"block_parcels": rows}})
    >>> parts = parts_in(facts.land, facts.parcels.geometry.set_axis(["L1"]))
    >>> [v.ids for v in check_parts(facts, parts, total=parts, lines="given")]
    [('given:L1 a',)]
    """
    table = facts.tables["block_parcels"]
    rows = table[table["lines"] == lines].fillna({"block_id": ""})
    outside = _outside(facts.land, total)
    use = facts.parcels["use_class"] if "use_class" in facts.parcels else pd.Series(dtype="str")
    right = pd.concat([_inside(single, facts.land), outside], ignore_index=True)
    rows = rows.assign(key=_key(rows, lines), is_out=rows["part"] == "outside")
    right = right.assign(key=_key(right, lines), is_out=right["part"] == "outside")
    found = violations(
        "block_parcel_strange",
        "rows of block_parcels that are there twice",
        rows["key"][rows.duplicated("key")],
    )
    absent = right["key"][~right["key"].isin(rows["key"]) & right["sure"]]
    found += violations("block_parcel_missing", "parcels at block lines not listed", absent)
    undrawn = set(facts.parcels.index[facts.parcels["area_m2"].isna()])
    known = rows["key"].isin(right["key"]) | (
        rows["is_out"] & rows["parcel_id"].isin(undrawn) & (rows["reason"] == NO_GEOMETRY)
    )
    text = "parcels listed at block lines where they do not lie"
    found += violations("block_parcel_strange", text, rows["key"][~known])
    both = rows.drop_duplicates("key").merge(right, on="key", suffixes=("", "_right"))
    for column in ("inside_m2", "outside_m2"):
        wrong = differs(both[column], both[f"{column}_right"])
        text = f"{column} of block_parcels is not that of the geometry"
        found += violations("block_parcel_area", text, both["key"][wrong])
    wrong = (both["part"] != both["part_right"]) & both["clear"].astype(bool)
    text = "part of block_parcels does not follow from the share inside"
    found += violations("block_parcel_part", text, both["key"][wrong])
    wrong = rows["use_class"].fillna("") != lookup(rows["parcel_id"], use).fillna("")
    text = "use_class of block_parcels is not that of the parcel"
    found += violations("block_parcel_use", text, rows["key"][wrong])
    told = rows["reason"].fillna("")
    # of blocks around zones the reasons are those of zones
    from_parcels = lines == "proposed" and facts.parameters.block_from == "parcels"
    reasons = DELINEATED if from_parcels else NOT_IN_LINES
    wrong = rows["is_out"] & ~told.isin(reasons) | ~rows["is_out"] & (told != "")
    text = "reasons of block_parcels that none may have"
    return found + violations("block_parcel_reason", text, rows["key"][wrong])


def _key(rows: pd.DataFrame, lines: str) -> pd.Series:
    block = rows["block_id"].where(rows["part"] != "outside", "outside")
    return f"{lines}:" + block.astype("str") + " " + rows["parcel_id"].astype("str")


def _inside(single: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Rows of parcels with land in a block; those next to 0.01 m² may be there or not."""
    some = single[single["inside_m2"] > AREA_M2 / 2]
    whole = lookup(some["parcel_id"], land["area_m2"])
    cut = some["land"].astype(bool) & some["share"].between(CUT, 1 - CUT)
    near = ((some["share"] - CUT).abs() < RATIO) | ((some["share"] - 1 + CUT).abs() < RATIO)
    return pd.DataFrame(
        {
            "block_id": some["area_id"].astype("str"),
            "parcel_id": some["parcel_id"],
            "inside_m2": some["inside_m2"],
            "outside_m2": whole - some["inside_m2"],
            "part": cut.map({True: "cut", False: "inside"}),
            "sure": some["inside_m2"] > AREA_M2 * 2,
            "clear": ~near,
        }
    )


def _outside(land: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
    """Rows of industrial parcels of which more than a hundredth is outside all blocks."""
    used = land[land["industrial"]]
    share = total.set_index("parcel_id")["share"].reindex(used.index).fillna(0.0)
    out = used.assign(off=1 - share)
    out = out[out["off"] > CUT - RATIO]
    return pd.DataFrame(
        {
            "block_id": "",
            "parcel_id": out.index,
            "inside_m2": 0.0,
            "outside_m2": (out["off"] * out["area_m2"]).to_numpy(),
            "part": "outside",
            "sure": (out["off"] > CUT + RATIO).to_numpy(),
            "clear": True,
        }
    )


def check_uses(
    facts: Facts,
    rows: gpd.GeoDataFrame,
    parts: pd.DataFrame,
    *,
    lines: str,
    whole: gpd.GeoSeries,
) -> list[Violation]:
    """Hold the uses of each block of one set against the parcels, and close them to its area.

    Where parcels overlap each other their parts add up to more than the ground: then the sum of
    a block is held against its area, but no use.

    Parameters
    ----------
    facts
        From `gather`, with ``block_uses``.
    rows
        ``block_lines`` of the set by block id, ``overall`` among them.
    parts
        Parts in each block and overall, from `parts_in`.
    lines
        The set.
    whole
        From `united`.

    Returns
    -------
    list of Violation
        ``block_use``, ``block_use_closes``; the ids are set, block and use.

    Examples
    --------
    >>> from gisland.layers.writing.contract import TABLES
    >>> from gisland.verify.blockland import parts_in, united
    >>> from gisland.verify.example import example_facts
    >>> facts = example_facts()
    >>> uses = pd.DataFrame(columns=list(TABLES["block_uses"].columns))
    >>> facts = facts.__class__(**{**vars(facts), "tables": {"block_uses": uses}})
    >>> shape = facts.parcels.geometry.set_axis(["L1"])
    >>> block = gpd.GeoDataFrame({"area_m2": [1500.0]}, index=["L1"], geometry=shape)
    >>> found = check_uses(
    ...     facts, block, parts_in(facts.land, shape), lines="given", whole=united(shape)
    ... )
    >>> [v.ids for v in found]
    [('given:L1 not_classified',), ('given:L1',)]
    """
    table = facts.tables["block_uses"]
    told = table[table["lines"] == lines]
    told = told.assign(key=_use_key(told["block_id"], told["use_class"], lines))
    found = violations(
        "block_use", "rows of block_uses that are there twice", told["key"][told.duplicated("key")]
    )
    right, exact = _use_areas(facts, rows, parts, whole=whole)
    right = right.assign(key=_use_key(right["block_id"], right["use_class"], lines))
    both = told.drop_duplicates("key").merge(right, on="key", how="outer", suffixes=("", "_right"))
    block = both["block_id"].fillna(both["block_id_right"])
    size = lookup(block, rows["area_m2"]).astype("float64").fillna(0.0)
    scale = ELLIPSOIDAL if facts.run["area_basis"] == "ellipsoidal" else RELATIVE
    apart = (both["area_m2"].fillna(0) - both["area_m2_right"].fillna(0)).abs()
    wrong = ~(apart <= AREA_M2 + scale * size) & (lookup(block, exact).fillna(value=True))
    text = "areas of block_uses are not those of the parcels"
    found += violations("block_use", text, both["key"][wrong])
    size = lookup(told["block_id"], rows["area_m2"]).astype("float64")
    wrong = differs(told["share"], told["area_m2"] / size.where(size > 0), absolute=RATIO)
    wrong |= differs(told["area_mu"], m2_to_mu(told["area_m2"]))
    text = "share or area_mu of block_uses does not follow from area_m2"
    found += violations("block_use", text, told["key"][wrong])
    count = both["parcels"].astype("Float64").fillna(0).astype("float64")
    wrong = both["area_m2"].notna() & both["most"].notna()
    wrong &= ~count.between(both["least"].fillna(0), both["most"].fillna(0))
    text = "parcels of block_uses is not their number"
    found += violations("block_use", text, both["key"][wrong])
    total = told.groupby("block_id")["area_m2"].sum().reindex(rows.index, fill_value=0.0)
    # a block without usable geometry has no area, and no uses
    wrong = differs(total, rows["area_m2"].astype("float64").fillna(0.0))
    text = "uses do not close to the area of the block"
    return found + violations("block_use_closes", text, f"{lines}:" + rows.index[wrong])


def _use_key(block: pd.Series, use: pd.Series, lines: str) -> pd.Series:
    return f"{lines}:" + block.astype("str") + " " + use.astype("str")


def _use_areas(
    facts: Facts, rows: gpd.GeoDataFrame, parts: pd.DataFrame, *, whole: gpd.GeoSeries
) -> tuple[pd.DataFrame, pd.Series]:
    """Area of each use in each block, and whether no parcels overlap there."""
    use = parts["use_class"].fillna(NOT_CLASSIFIED)
    some = parts.assign(use_class=use, more=parts["share"] > CUT, any=True)
    sums = some.groupby(["area_id", "use_class"])[["inside_m2", "more", "any"]].sum().reset_index()
    sums = sums.set_axis(["block_id", "use_class", "area_m2", "least", "most"], axis=1)
    shapes = facts.parcels.geometry
    ground = pd.concat([rows.geometry.drop(OVERALL, errors="ignore"), whole])
    ground = ground.reindex(rows.index)
    left, doubled = {}, {}
    for block, shape in ground.items():
        own = parts[parts["area_id"] == block]
        lots = shapes.reindex(own["parcel_id"]).to_numpy()
        covered = overlay(shapely.union_all, lots)
        free = (
            None
            if shape is None or not shape.is_valid
            else overlay(shapely.difference, shape, covered)
        )
        left[block] = 0.0 if free is None else float(shapely.area(free))
        plane = 0.0 if shape is None else float(shapely.area(shape))
        inside = float((own["share"] * shapely.area(lots)).sum())
        doubled[block] = inside + left[block] - plane > AREA_M2 + RELATIVE * plane
    drawn_m2 = pd.Series(shapely.area(ground.to_numpy()), index=ground.index)
    own_m2 = areas_m2(ground, basis=facts.run["area_basis"])
    rest = pd.Series(left, dtype="float64") * (own_m2 / drawn_m2.where(drawn_m2 > 0)).fillna(1.0)
    rest = rest[drawn_m2 > 0]  # what is not drawn has no ground to be told of
    free_rows = pd.DataFrame({"block_id": rest.index, "use_class": NO_PARCEL, "area_m2": rest})
    right = pd.concat([sums, free_rows], ignore_index=True)
    return right, ~pd.Series(doubled, dtype=bool)
