"""Buildings: footprints as drawn, floor areas as floors make them, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.tables import joined_ids, members_of
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, differs, violations
from gisland.verify.overlays import overlay, undrawn, valid

if TYPE_CHECKING:
    import geopandas as gpd

GIVEN, OF_AREA, OF_HEIGHT, MISSING = "given", "floor_area", "height", "missing"
SOURCES = (GIVEN, OF_AREA, OF_HEIGHT, MISSING)
TWICE = 2.0
DECIMALS = 6  # of heights and storeys that are compared


def check_buildings(facts: Facts) -> list[Violation]:
    """Hold buildings against their drawing, their floors and the parcels.

    Floor areas that a building brought along are not told apart from those worked out of its
    floors: proved are those of estimated floors, and that all others keep their order (counted at
    most twice what stands above ground). That parcels took their footprint from the buildings is
    not told either: a parcel's is proved only where all of them add up to what the buildings have
    on parcels.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``building``, ``building_floors``, ``building_area``, ``building_parcels``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_buildings(example_facts())
    []
    """
    table: Any = facts.tables.get("buildings")
    if table is None or not len(table):
        return []
    rows = table.drop_duplicates("building_id").set_index("building_id").sort_index()
    wrong = {**_areas(facts, rows), **_floors(facts, rows)}
    found = []
    for (code, text), bad in wrong.items():
        found += violations(code, text, rows.index[bad.fillna(value=True).astype(bool)])
    common = _common_ground(facts, rows)
    found += _check_parcels(facts, rows, common)
    return [*found, *_check_totals(facts, rows, common)]


def _areas(facts: Facts, rows: gpd.GeoDataFrame) -> dict[tuple[str, str], pd.Series]:
    drawn = areas_m2(rows.geometry, basis=facts.parameters.area_basis)
    off, built = rows["off_parcels_m2"].astype("float64"), rows["footprint_m2"].astype("float64")
    below = rows["underground_floor_area_m2"].astype("float64")
    floor = rows["floor_area_m2"].astype("float64")
    return {
        ("building", "footprint_m2 is not the drawn area"): differs(built, drawn)
        & ~pd.Series(undrawn(rows.geometry.to_numpy()), index=rows.index),
        ("building", "off_parcels_m2 is not part of the footprint"): (
            built.notna() & ~off.between(0.0, built + AREA_M2)
        ),
        ("building_area", "areas are below 0"): (below < 0)
        | (floor < 0)
        | (rows["counted_floor_area_m2"] < 0),
    }


def _floors(facts: Facts, rows: pd.DataFrame) -> dict[tuple[str, str], pd.Series]:
    """Where floors come from, estimates by height, and floor areas that follow from them."""
    told = facts.parameters
    floors, height, storey, built, below = (
        rows[c].astype("float64")
        for c in (
            *("floors", "height_m", "floor_height_m", "footprint_m2"),
            "underground_floor_area_m2",
        )
    )
    source = rows["floors_from"].fillna("")
    estimated = source == OF_HEIGHT
    storeys = (height / storey.fillna(told.storey_height_m)).round(DECIMALS)
    guess = np.maximum(1.0, np.floor(storeys + 0.5))
    asked = told.estimate_floors == "height"
    tall = storey.fillna(height / floors).round(DECIMALS)
    above = built * floors
    counted: pd.Series = above * np.where(tall > told.high_storey_m, TWICE, 1.0)
    floor = above + below.fillna(0.0)
    known = rows[["floor_area_m2", "counted_floor_area_m2"]].astype("float64")
    high = storey.isna() & (height > told.high_storey_m)
    untold = _tell_no_floors(known, below=below, high=high)
    return {
        ("building_floors", "floors_from is no such source"): ~source.isin(SOURCES),
        ("building_floors", "floors and floors_from do not go together"): (
            (floors.notna() != source.isin([GIVEN, OF_HEIGHT])) & (source != OF_AREA)
        ),
        ("building_floors", "floors are estimated, or not, against the parameters"): (
            (estimated & ~(asked & (floors == guess)))
            | ((source == MISSING) & height.notna() & asked & ~untold)
        ),
        ("building_area", "floor_area_m2 is not that of the estimated floors"): estimated
        & differs(known["floor_area_m2"], floor),
        ("building_area", "counted_floor_area_m2 is not that of the estimated floors"): estimated
        & differs(known["counted_floor_area_m2"], counted),
        ("building_area", "floor areas without floors"): (source == MISSING)
        & known.notna().any(axis=1)
        & ~untold,
        ("building_area", "floor areas are missing, though there are floors"): (
            (source == GIVEN) & built.notna() & known.isna().any(axis=1)
        ),
    }


def _tell_no_floors(known: pd.DataFrame, *, below: pd.Series, high: pd.Series) -> pd.Series:
    """Buildings with a floor area of their own that does not tell what stands above ground.

    That is an area below the underground's; and a counted one of a high building, whose storeys
    may count twice.
    """
    actual, counted = known["floor_area_m2"], known["counted_floor_area_m2"]
    contradicts = actual < below.fillna(0.0)
    found: pd.Series = (contradicts & counted.isna()) | (
        (contradicts | actual.isna()) & counted.notna() & high
    )
    return found


def _common_ground(facts: Facts, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Ground that buildings and parcels have in common."""
    lots = facts.parcels.index[facts.parcels["area_m2"].notna()]
    shapes, drawn = facts.shapes(lots), valid(rows.geometry.to_numpy())
    i, j = shapely.STRtree(shapes).query(drawn, "intersects")
    shapely.prepare(shapes)
    whole = shapely.covers(shapes[j], drawn[i])
    area = np.where(whole, shapely.area(drawn[i]), 0.0)
    rest = np.flatnonzero(~whole)
    area[rest] = shapely.area(overlay(shapely.intersection, drawn[i[rest]], shapes[j[rest]]))
    frame = {"building": rows.index[i], "parcel": lots[j], "m2": area}
    found = pd.DataFrame(frame)
    return found[found["m2"] > 0]


def _check_parcels(facts: Facts, rows: pd.DataFrame, common: pd.DataFrame) -> list[Violation]:
    told = members_of(rows["parcel_ids"].where(rows["parcel_ids"] != ""))
    unknown = told.index[~told.isin(facts.parcels.index)]
    found = violations("building_parcels", "buildings on parcels that are not there", unknown)
    count = told.groupby(level=0).size().reindex(rows.index, fill_value=0)
    again = pd.Series(
        joined_ids(pd.Series(told.index, index=told.to_numpy()), rows.index), index=rows.index
    )
    disorder = again.fillna("") != rows["parcel_ids"].fillna("")
    bad = disorder | (rows["parcels"].astype("float64") != count)
    text = "parcel_ids are not sorted, or not as many as parcels"
    found += violations("building_parcels", text, rows.index[bad])
    off, built = rows["off_parcels_m2"].astype("float64"), rows["footprint_m2"].astype("float64")
    pairs = pd.MultiIndex.from_arrays([told.index, told])
    key = pd.MultiIndex.from_arrays([common["building"], common["parcel"]])
    if facts.parameters.floor_area == "area":
        covered = common.groupby("building")["m2"].sum().reindex(rows.index, fill_value=0.0)
        covered *= (built / rows.geometry.area).fillna(1.0)  # in the basis of the run
        bad = differs(off, (built - covered).clip(lower=0.0))
        clear = (common["m2"] > facts.parameters.overlap_min_m2 + AREA_M2).to_numpy()
        missed = common["building"][clear & ~key.isin(pairs)]
    else:  # all of a building or nothing goes to one parcel
        bad = differs(off, built.where(count == 0, 0.0)) | (count > 1)
        missed = common["building"].iloc[:0]
    found += violations(
        "building_parcels", "off_parcels_m2 does not follow from parcels", rows.index[bad]
    )
    strange = [*missed, *told.index[~pairs.isin(key)]]
    if facts.parameters.floor_area == "centroid":  # it may lie off its building
        strange = []
    text = "parcel_ids are not the parcels that it stands on"
    return [*found, *violations("building_parcels", text, strange)]


def _check_totals(facts: Facts, rows: pd.DataFrame, common: pd.DataFrame) -> list[Violation]:
    """Where parcels have just what buildings have on them in all, each has its part of it."""
    footprint = facts.column("footprint_m2")
    if facts.parameters.floor_area != "area" or footprint is None:
        return []
    covered = common.groupby("building")["m2"].transform("sum")
    built = rows["footprint_m2"].astype("float64").reindex(common["building"]).to_numpy()
    part = common["m2"] * np.minimum(1.0, built / covered)  # parcels that overlap share
    own = part.groupby(common["parcel"]).sum().reindex(footprint.index, fill_value=0.0)
    total = float(own.sum())
    if abs(float(footprint.sum()) - total) > RELATIVE * total:
        return []
    wrong = footprint.index[differs(footprint.fillna(0.0).astype("float64"), own)]
    text = "footprint_m2 of parcels is not that of the buildings on them"
    return violations("building_parcels", text, wrong)
