"""Ranked zones, their units and the hierarchy: members, sums, ranks, divisions, parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from shapely import box

from blocks_case import LOT, MU, add, change, common, given_case, layer, take_out, whole
from gisland.verify.hierarchy import check_hierarchy
from gisland.verify.units import check_units
from gisland.verify.zones import check_zones
from verify_case import facts_of, rule, rules_record

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case

ZONES = {"Z01": ["a0", "a1", "a2", "a5", "a6"], "Z02": ["b3", "b4"]}
UNITS = {"Z01-1": ["a0", "a5"], "Z01-2": ["a1", "a2", "a6"], "Z02-1": ["b3"], "Z02-2": ["b4"]}
TAX = rule("low_use.tax.industrial", 10_000.0, unit="yuan/mu", operator="<", mode="advisory")


def shape_of(names: list[str]) -> Any:  # noqa: ANN401 - a geometry
    """Union of parcels of 100 m x 100 m."""
    at = [((n[0] == "b") * 600 + int(n[1]) % 5 * 100, int(n[1]) // 5 * 100) for n in names]
    return whole(*((x, y, x + 100, y + 100) for x, y in at))


def zones_case() -> Case:
    """Z01 of 50 000 m² in units of two and three parcels, Z02 of two parcels in one each.

    Z01 has two owners (A and B), Z02 one; tax of 15 mu each is 100 000 yuan short in Z01 (of a0)
    and 150 000 yuan in Z02 (of b4). The terms are 1, 2/3, 1/2 and 2/5, 1, 1.
    """
    case = given_case()
    lots = case.tables["parcels"].set_index("parcel_id")
    lots["tax_yuan"] = 150_000.0
    lots.loc["a0", "tax_yuan"], lots.loc["b4", "tax_yuan"] = 50_000.0, 0.0
    lots.loc["b3", "tax_yuan"] = 200_000.0  # what is above the limit makes up for nothing
    zone = {p: z for z, members in ZONES.items() for p in members}
    lots["zone_id"] = pd.Series(zone).reindex(lots.index)
    lots["low_use"] = lots["zone_id"].notna()
    case.tables["parcels"] = lots.reset_index()
    rows = [{"zone_id": z, "parcel_ids": ";".join(m), "parcels": len(m)} for z, m in ZONES.items()]
    table = layer(rows, [shape_of(m) for m in ZONES.values()]).assign(
        area_m2=[5 * LOT, 2 * LOT], area_mu=[5 * LOT * MU, 2 * LOT * MU], owners=[2, 1]
    )
    table = table.assign(without_owner=0, without_tax=0, tax_gap_yuan=[100_000.0, 150_000.0])
    table = table.assign(area_term=[1.0, 0.4], tax_gap_term=[2 / 3, 1.0], owners_term=[0.5, 1.0])
    table = table.assign(potential=[13 / 18, 0.8], rank=[2, 1], ranked_by="area;tax_gap;owners")
    case.tables["zones"] = table
    units = [
        {"unit_id": u, "zone_id": u[:3], "parcel_ids": ";".join(m), "parcels": len(m)}
        for u, m in UNITS.items()
    ]
    size = [len(m) * LOT for m in UNITS.values()]
    frame = layer(units, [shape_of(m) for m in UNITS.values()]).assign(area_m2=size)
    frame = frame.assign(area_mu=frame["area_m2"] * MU, mean_m2=[25_000.0, 25_000.0, LOT, LOT])
    frame = frame.assign(deviation_m2=frame["area_m2"] - frame["mean_m2"], status="optimal")
    most = [5_000.0, 5_000.0, 0.0, 0.0]
    case.tables["zone_units"] = frame.assign(largest_deviation_m2=most, bound_m2=most)
    case.tables["hierarchy"] = levels()
    case.run["parameters"] |= {"zone_unit_m2": 25_000.0, "zone_min_area_m2": 20_000.0}
    case.run["parameters"]["corridor_m"] = 10.0
    case.run["rules"] = rules_record([*common().values(), TAX])
    return case


def levels() -> pd.DataFrame:
    """Two zones, four units in them, and the land outside all units."""
    rows = [("zone", z, "", len(m), None, "not_assessed") for z, m in ZONES.items()]
    rows += [("unit", u, u[:3], len(m), 1.0, "pass") for u, m in UNITS.items()]
    inside = {p for m in UNITS.values() for p in m}
    names = [f"{x}{n}" for x in "ab" for n in range(10)] + ["x1"]
    rows += [("parcel", p, "", 1, 0.0, "fail") for p in names if p not in inside]
    columns = ["kind", "id", "parent_id", "parcels", "inside_share", "outcome"]
    frame = pd.DataFrame(rows, columns=columns).assign(area_m2=lambda f: f["parcels"] * LOT)
    frame["inside_share"] = frame["inside_share"].astype("float64")
    return frame.assign(
        area_mu=frame["area_m2"] * MU, inside_m2=frame["inside_share"] * frame["area_m2"]
    )


def told(case: Case) -> list[Violation]:
    """What the proofs of zones, units and hierarchy say alone."""
    facts = facts_of(case)
    return [*check_zones(facts), *check_units(facts), *check_hierarchy(facts)]


def named(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and ids of what does not hold."""
    return [(v.code, v.ids) for v in told(case)]


def test_the_number_of_units_of_a_zone() -> None:
    case = zones_case()
    case.run["parameters"]["zone_unit_m2"] = 10_001.0  # 2 units of Z02, but 5 of Z01
    assert named(case) == [("unit_number", ("Z01",))]
    case.run["parameters"]["zone_unit_m2"] = 25_000.0  # 0.8 units of Z02: one
    assert named(case) == [("unit_number", ("Z02",))]
    case.run["parameters"]["zone_unit_m2"] = 13_334.0 * 1.5  # 2.5 and 1.0
    assert named(case) == [("unit_number", ("Z02",))]


def right_case() -> Case:
    """The case with Z02 in one unit, as its area has it."""
    case = zones_case()
    take_out(case, "zone_units", unit_id="Z02-2")
    change(case, "zone_units", {"unit_id": "Z02-1"}, parcel_ids="b3;b4", parcels=2)
    change(case, "zone_units", {"unit_id": "Z02-1"}, area_m2=2 * LOT, area_mu=2 * LOT * MU)
    change(case, "zone_units", {"unit_id": "Z02-1"}, mean_m2=2 * LOT)
    shapes = [
        *case.tables["zone_units"].geometry[:2],
        layer([{"x": 1}], [shape_of(["b3", "b4"])]).geometry[0],
    ]
    case.tables["zone_units"] = case.tables["zone_units"].set_geometry(shapes, crs=4547)
    take_out(case, "hierarchy", kind="unit", id="Z02-2")
    row = {"parcels": 2, "area_m2": 2 * LOT, "area_mu": 2 * LOT * MU, "inside_m2": 2 * LOT}
    change(case, "hierarchy", {"kind": "unit", "id": "Z02-1"}, **row)
    return case


def test_right_units_hold() -> None:
    assert named(right_case()) == []


CELLS: list[tuple[str, dict[str, object], dict[str, Any], str, str]] = [
    ("zones", {"zone_id": "Z01"}, {"area_m2": 49_000.0}, "zone_sum", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"owners": 3}, "zone_sum", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"without_owner": 1}, "zone_sum", "Z01"),
    ("zones", {"zone_id": "Z02"}, {"without_tax": 1}, "zone_sum", "Z02"),
    ("zones", {"zone_id": "Z02"}, {"tax_gap_yuan": 140_000.0}, "zone_sum", "Z02"),
    ("zones", {"zone_id": "Z01"}, {"owners_term": 1.0}, "zone_sum", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"tax_gap_term": 0.5}, "zone_sum", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"potential": 0.9}, "zone_rank", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"rank": 1}, "zone_rank", "Z01"),
    ("zones", {"zone_id": "Z01"}, {"ranked_by": "area"}, "zone_rank", "Z01"),
    ("zone_units", {"unit_id": "Z01-1"}, {"area_m2": 21_000.0}, "unit_sum", "Z01-1"),
    ("zone_units", {"unit_id": "Z01-1"}, {"mean_m2": 24_000.0}, "unit_sum", "Z01-1"),
    ("zone_units", {"unit_id": "Z01-1"}, {"deviation_m2": 4_000.0}, "unit_sum", "Z01-1"),
    ("zone_units", {"zone_id": "Z01"}, {"bound_m2": 4_000.0}, "unit_bound", "Z01"),
    ("hierarchy", {"id": "Z01-1"}, {"parent_id": "Z02"}, "hierarchy_parent", "unit Z01-1"),
    ("hierarchy", {"id": "Z01-1"}, {"inside_share": 0.9}, "hierarchy_sum", "unit Z01-1"),
    ("hierarchy", {"id": "Z01-1"}, {"outcome": "fail"}, "hierarchy_outcome", "unit Z01-1"),
    ("hierarchy", {"id": "x1"}, {"outcome": "pass"}, "hierarchy_outcome", "parcel x1"),
    ("hierarchy", {"id": "Z01"}, {"parcels": 4}, "hierarchy_sum", "zone Z01"),
]


@pytest.mark.parametrize(("table", "where", "cells", "code", "place"), CELLS)
def test_one_wrong_cell_is_found_where_it_is(
    table: str, where: dict[str, object], cells: dict[str, Any], code: str, place: str
) -> None:
    case = right_case()
    change(case, table, where, **cells)
    found = named(case)
    assert (code, (place,)) in found
    assert {c for c, _ in found} == {code}


def test_a_member_that_is_not_low_use_land() -> None:
    case = right_case()
    change(case, "parcels", {"parcel_id": "a6"}, low_use=False)
    assert named(case) == [("zone_low_use", ("a6",))]
    case.run["inputs"].append({"layer": "zones", "rows": 2})
    assert named(case) == []


def test_a_zone_that_is_too_small_or_falls_apart() -> None:
    case = right_case()
    case.run["parameters"]["zone_min_area_m2"] = 30_000.0
    assert named(case) == [("zone_small", ("Z02",))]
    case = right_case()
    lots = case.tables["parcels"].set_index("parcel_id")
    lots.loc["b4", "geometry"] = layer([{"x": 1}], [box(1020, 500, 1120, 600)]).geometry[0]
    case.tables["parcels"] = lots.reset_index()
    found = dict(named(case))
    assert found["zone_scattered"] == ("Z02",)
    assert found["unit_scattered"] == ("Z02-1",)


def test_a_parcel_that_is_in_no_unit() -> None:
    case = right_case()
    change(case, "zone_units", {"unit_id": "Z01-2"}, parcel_ids="a1;a2")
    assert ("unit_members", ("a6",)) in named(case)


def test_a_parcel_that_says_another_zone() -> None:
    case = right_case()
    change(case, "parcels", {"parcel_id": "a1"}, zone_id="Z02")
    assert ("zone_members", ("a1",)) in named(case)


def test_units_that_could_be_more_equal() -> None:
    case = right_case()
    one = {"parcel_ids": "a0", "parcels": 1, "area_m2": LOT, "area_mu": LOT * MU}
    other = {"parcel_ids": "a1;a2;a5;a6", "parcels": 4, "area_m2": 4 * LOT, "area_mu": 60.0}
    change(case, "zone_units", {"unit_id": "Z01-1"}, **one, deviation_m2=-15_000.0)
    change(case, "zone_units", {"unit_id": "Z01-2"}, **other, deviation_m2=15_000.0)
    most = {"largest_deviation_m2": 15_000.0, "bound_m2": 15_000.0}
    change(case, "zone_units", {"zone_id": "Z01"}, **most)
    found = dict(named(case))
    assert found["unit_best"] == ("Z01",)
    change(case, "zone_units", {"zone_id": "Z01"}, status="time_limit", bound_m2=2_000.0)
    assert "unit_best" not in dict(named(case))
    change(case, "zone_units", {"zone_id": "Z01"}, bound_m2=5_001.0)  # a bound that none can be
    assert dict(named(case))["unit_best"] == ("Z01",)


def test_units_of_a_given_zone_in_pieces() -> None:
    """a0, a1 and a2 in one unit, b0 and b1 in one each: two of the first were more equal."""
    case = right_case()
    change(case, "zones", {"zone_id": "Z01"}, parcel_ids="a0;a1;a2;b0;b1")
    members = {"Z01-1": "a0;a1;a2", "Z01-2": "b0", "Z02-1": "b1"}
    for unit, ids in members.items():
        change(case, "zone_units", {"unit_id": unit}, parcel_ids=ids, zone_id="Z01")
    most = {"largest_deviation_m2": 4 / 3 * LOT, "bound_m2": 4 / 3 * LOT, "mean_m2": 5 / 3 * LOT}
    change(case, "zone_units", {"zone_id": "Z01"}, **most)
    take_out(case, "zones", zone_id="Z02")
    assert dict(named(case))["unit_best"] == ("Z01",)
    case.run["inputs"].append({"layer": "zones", "rows": 2})
    assert "unit_best" not in dict(named(case))


def test_words_and_bounds_that_cannot_be() -> None:
    case = right_case()
    change(case, "zone_units", {"unit_id": "Z01-1"}, status="best")
    assert named(case) == [("unit_status", ("Z01-1",)), ("unit_bound", ("Z01",))]
    case = right_case()
    change(case, "zone_units", {"zone_id": "Z01"}, bound_m2=6_000.0)
    assert named(case) == [("unit_bound", ("Z01",)), ("unit_best", ("Z01",))]


def test_the_shape_of_a_unit() -> None:
    case = right_case()
    case.move("zone_units", "Z01-1", box(0, 0, 100, 190))
    assert named(case) == [("unit_shape", ("Z01-1",))]


def test_units_that_are_asked_for_but_not_there() -> None:
    case = right_case()
    del case.tables["zone_units"]
    del case.tables["hierarchy"]
    assert named(case) == [("unit_tables", ("zone_units",))]
    change(case, "parcels", {"parcel_id": "a0"}, unit_id="U1")  # there are planning units
    assert named(case) == []


def test_hierarchy_left_out_and_made_up() -> None:
    case = right_case()
    take_out(case, "hierarchy", kind="parcel", id="x1")
    add(case, "hierarchy", id="Z09")
    found = dict(named(case))
    assert found == {
        "hierarchy_missing": ("parcel x1",),
        "hierarchy_strange": ("zone Z09",),
    }
    del case.tables["hierarchy"]
    assert named(case) == [("hierarchy_missing", ("hierarchy",))]


def test_zones_from_before_they_were_ranked() -> None:
    case = right_case()
    case.tables = {"parcels": case.tables["parcels"], "lineage": case.tables["lineage"]} | {
        "zones": case.tables["zones"].drop(columns=["rank", "potential"])
    }
    assert named(case) == []
