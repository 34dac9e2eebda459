"""Merged parcels: one for each site, with its ground and the amounts of its pieces."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from verify_case import Case, codes, ids_of, judged, right_case

NONE = float("nan")


def _case(**columns: str) -> Case:
    """S1 is s1, s2, c1 and c2 (22 000 m²), S2 is t1 and d1 (11 000 m²).

    A year of building is known of all pieces but c2; taxes of all but t1.
    """
    case = right_case()
    lots = case.tables["parcels"]
    cells = {
        "tax_yuan": {"s1": 5.0, "s2": 7.0, "c1": 1.0, "c2": 2.0, "d1": 9.0},
        "year": {"s1": 1990.0, "s2": 2010.0, "c1": 2000.0, "t1": 1980.0, "d1": 2002.0},
        "block": {"s1": "b", "s2": "a", "c1": "b", "c2": None, "t1": "x", "d1": "x"},
    }
    more = {name: lots["parcel_id"].map(known) for name, known in cells.items()}
    case.tables["parcels"] = lots.assign(**more)
    sites = case.tables["sites"]
    case.tables["merged"] = gpd.GeoDataFrame(
        {
            "parcel_id": ["S1", "S2"],
            "counted_floor_area_m2": [44_000.0, 22_000.0],
            "tax_yuan": [15.0, NONE],
            "year": [2010.0, 1980.0],
            "block": ["a;b", "x"],
            "area_m2": [22_000.0, 11_000.0],
        },
        geometry=list(sites.geometry),
        crs=sites.crs,
    )
    case.run["plan"] = {"columns": columns}
    return case


def test_right_merged_parcels_hold() -> None:
    assert judged(_case()) == []


@pytest.mark.parametrize(
    ("site", "cells", "code"),
    [
        ("S1", {"counted_floor_area_m2": 44_001.0}, "merged_column"),
        ("S1", {"tax_yuan": None}, "merged_column"),
        ("S2", {"tax_yuan": 9.0}, "merged_column"),  # that of t1 is not known
        ("S1", {"area_m2": 21_999.0}, "merged_area"),
        ("S1", {"parcel_id": "S2"}, "ids_repeated"),
        ("S1", {"parcel_id": "S9"}, "merged_ids"),
    ],
)
def test_tampered_merged_parcel_is_caught(site: str, cells: dict[str, object], code: str) -> None:
    case = _case()
    case.set("merged", site, **cells)
    assert code in codes(judged(case))


def test_site_without_a_merged_parcel_is_caught() -> None:
    case = _case()
    case.drop("merged", "S2")
    assert ids_of(judged(case), "merged_ids") == {"S2"}


def test_merged_parcel_on_other_ground_is_caught() -> None:
    case = _case()
    case.move("merged", "S2", box(300, 0, 410.1, 100))
    assert ids_of(judged(case), "merged_shape") == {"S2"}
    case.move("merged", "S2", None)
    assert ids_of(judged(case), "merged_shape") == {"S2"}


@pytest.mark.parametrize(
    ("column", "how", "values"),
    [
        ("year", "min", (1990.0, 1980.0)),
        ("year", "max", (2010.0, 2002.0)),
        ("year", "sum", (NONE, 3982.0)),
        ("year", "sum_known", (6000.0, 3982.0)),
        ("year", "area_mean", (NONE, 1982.0)),  # (10 x 1980 + 2002) / 11
        ("year", "same", (NONE, NONE)),
        ("year", "largest", (1990.0, 1980.0)),
        ("year", "site", (1990.0, 1980.0)),
        ("block", "set", ("a;b", "x")),
        ("block", "same", (None, "x")),
        ("block", "largest", ("b", "x")),
    ],
)
def test_column_is_merged_as_asked_for(
    column: str, how: str, values: tuple[object, object]
) -> None:
    case = _case(**{column: how})
    for site, told in zip(("S1", "S2"), values, strict=True):
        case.set("merged", site, **{column: told})
    assert judged(case) == []
    case.set("merged", "S2", **{column: 7.0 if column == "year" else "y"})
    assert ids_of(judged(case), "merged_column") == {"S2"}


def test_owners_are_the_set_of_the_pieces() -> None:
    case = _case()
    lots = case.tables["parcels"]
    case.tables["parcels"] = lots.assign(
        owner=lots["parcel_id"].map({"s1": "乙", "s2": "甲", "c1": "乙", "t1": "丙"})
    )
    names = pd.Series(["乙;甲", "丙"])
    case.tables["merged"] = case.tables["merged"].assign(owner=names)
    assert "merged_column" not in codes(judged(case))
    case.set("merged", "S1", owner="甲;乙")
    assert ids_of(judged(case), "merged_column") == {"S1"}
