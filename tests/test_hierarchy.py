"""Zones, units, projects and parcels: parents and shares by hand, and what straddles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from gisland.base.errors import TableError
from gisland.control.hierarchy import hierarchy
from gisland.layers.writing.contract import TABLES
from gisland.present.messages import finding_text
from gisland.present.style import catalog

NAN = float("nan")
SHORT = ["kind", "id", "parent_id", "outcome", "parcels", "area_m2", "inside_m2", "inside_share"]


def labels(**of: str | None) -> pd.Series:
    return pd.Series(of, dtype="str")


def parcels(**area_m2: float | None) -> pd.DataFrame:
    return pd.DataFrame({"area_m2": pd.Series(area_m2, dtype="float64")})


LOTS = parcels(a=600.0, b=400.0, c=990.0, d=10.0, e=50.0)
ZONES = labels(a="Z1", b="Z1", c="Z2", d="Z1", e=None)
UNITS = labels(a="U1", b="U2", c="U2", d="U3", e=None)
SITES = labels(a="S1", b="S1", c=None, d="S2", e="S2")


def rows(table: pd.DataFrame) -> list[list[object]]:
    return table[SHORT].fillna(-1.0).to_numpy().tolist()


def test_every_level_by_hand() -> None:
    table, findings = hierarchy(LOTS, zones=ZONES, units=UNITS, sites=SITES)
    assert rows(table) == [
        ["zone", "Z1", "", "not_assessed", 3, 1010.0, -1.0, -1.0],
        ["zone", "Z2", "", "not_assessed", 1, 990.0, -1.0, -1.0],
        ["unit", "U1", "Z1", "pass", 1, 600.0, 600.0, 1.0],
        ["unit", "U2", "Z2", "fail", 2, 1390.0, 990.0, 990 / 1390],
        ["unit", "U3", "Z1", "pass", 1, 10.0, 10.0, 1.0],
        ["project", "S1", "U1", "fail", 2, 1000.0, 600.0, 0.6],
        ["project", "S2", "U3", "fail", 2, 60.0, 10.0, 1 / 6],
        ["parcel", "e", "", "fail", 1, 50.0, 0.0, 0.0],
    ]
    assert table["area_mu"].to_numpy() == pytest.approx(table["area_m2"] * 0.0015)
    assert [(f["code"], f["severity"], f["value"]) for f in findings] == [
        ("hierarchy_straddles", "warning", 3.0)
    ]
    assert findings[0]["message"].startswith("3 of 5 units and projects")
    assert findings[0]["message"].endswith("in part only: U2, S1, S2")


def test_columns_and_kinds_are_those_of_the_output_contract() -> None:
    for zones, units in ((ZONES, UNITS), (None, None)):
        table, _ = hierarchy(LOTS, zones=zones, units=units, sites=None)
        kinds = table.dtypes.astype("str").to_dict()
        assert kinds == dict(TABLES["hierarchy"].columns)


def test_without_units_projects_are_held_against_zones() -> None:
    nothing = labels(a=None, b=None, c=None, d=None, e=None)
    for units in (None, nothing):
        table, _ = hierarchy(LOTS, zones=ZONES, units=units, sites=SITES)
        assert rows(table)[2:] == [
            ["project", "S1", "Z1", "pass", 2, 1000.0, 1000.0, 1.0],
            ["project", "S2", "Z1", "fail", 2, 60.0, 10.0, 1 / 6],
        ]


def test_without_a_level_above_nothing_is_assessed() -> None:
    table, findings = hierarchy(LOTS, zones=None, units=UNITS, sites=None)
    assert table["kind"].tolist() == ["unit"] * 3 + ["parcel"]
    assert table["outcome"].tolist() == ["not_assessed"] * 3 + ["fail"]
    assert findings == []
    alone, _ = hierarchy(LOTS, zones=None, units=None, sites=SITES)
    assert rows(alone)[0] == ["project", "S1", "", "not_assessed", 2, 1000.0, -1.0, -1.0]


def test_what_lies_in_nothing_fails_but_does_not_straddle() -> None:
    site = labels(a=None, b=None, c=None, d=None, e="S9")
    table, findings = hierarchy(LOTS, zones=ZONES, units=None, sites=site)
    assert rows(table)[-1] == ["project", "S9", "", "fail", 1, 50.0, 0.0, 0.0]
    assert findings == []


@pytest.mark.parametrize(("inside", "outcome"), [(990.0, "pass"), (989.0, "fail")])
def test_the_share_inside_is_met_exactly(inside: float, outcome: str) -> None:
    lots = parcels(a=inside, b=1000.0 - inside)
    zones, sites = labels(a="Z1", b=None), labels(a="S", b="S")
    table, findings = hierarchy(lots, zones=zones, units=None, sites=sites)
    assert table["outcome"].tolist()[-1] == outcome
    assert len(findings) == (outcome == "fail")


def test_of_equal_parts_the_smallest_id_is_the_parent() -> None:
    lots = parcels(a=0.1 + 0.2, b=0.3, c=0.3)
    zones = labels(a="Z3", b="Z2", c="Z9")
    table, _ = hierarchy(lots, zones=zones, units=None, sites=labels(a="S", b="S", c="S"))
    assert table["parent_id"].tolist()[-1] == "Z2"


def test_streets_and_parcels_without_area_are_not_listed() -> None:
    lots = parcels(a=600.0, r=70.0, w=9.0, n=None, x=5.0)
    lots["use_class"] = ["industrial", "transport", "water", "green", None]
    units = labels(a="U1", n="U1")
    table, _ = hierarchy(lots, zones=None, units=units, sites=None)
    assert table[["kind", "id", "parcels"]].to_numpy().tolist() == [
        ["unit", "U1", 1],
        ["parcel", "x", 1],
    ]


def test_many_that_straddle_are_told_in_both_languages() -> None:
    ids = [f"p{n}" for n in range(14)]
    lots = pd.DataFrame({"area_m2": 10.0}, index=ids)
    zones = pd.Series(["Z1", None] * 7, index=ids, dtype="str")
    sites = pd.Series([f"S{n // 2}" for n in range(14)], index=ids, dtype="str")
    _, findings = hierarchy(lots, zones=zones, units=None, sites=sites)
    assert findings[0]["message"].endswith("S0, S1, S2, S3, S4 and 2 more")
    told = {name: finding_text(findings[0], texts=catalog(name)) for name in ("zh", "en")}
    assert told["en"] == findings[0]["message"]
    assert told["zh"] == "7 个单元和项目中 7 个未完全落入上一级：S0, S1, S2, S3, S4 等（另 2 个）"


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    rng = np.random.default_rng(3)
    ids = [f"p{n:02d}" for n in range(60)]
    lots = pd.DataFrame({"area_m2": rng.uniform(1, 99, 60)}, index=ids)
    made = [pd.Series(rng.choice([*f"{k}1 {k}2 {k}3".split(), None], 60), index=ids) for k in "ZUS"]
    before = lots.copy(deep=True)

    def found(seed: int | None) -> tuple[pd.DataFrame, list[dict[str, object]]]:
        how = {} if seed is None else {"frac": 1, "random_state": seed}
        mixed = [one if seed is None else one.sample(**how) for one in (lots, *made)]
        return hierarchy(mixed[0], zones=mixed[1], units=mixed[2], sites=mixed[3])

    expected, told = found(None)
    for one, other in pairwise([found(seed) for seed in range(3)]):
        pd.testing.assert_frame_equal(one[0], expected, check_exact=True)
        assert one[1] == other[1] == told
    pd.testing.assert_frame_equal(lots, before)


def test_a_parcel_in_parts_changes_no_area() -> None:
    whole, _ = hierarchy(LOTS, zones=ZONES, units=UNITS, sites=SITES)
    lots = parcels(a=250.0, f=350.0, b=400.0, c=990.0, d=10.0, e=50.0)
    levels = [pd.concat([one, pd.Series({"f": one["a"]})]) for one in (ZONES, UNITS, SITES)]
    parts, _ = hierarchy(lots, zones=levels[0], units=levels[1], sites=levels[2])
    same = [name for name in SHORT if name != "parcels"]
    pd.testing.assert_frame_equal(parts[same], whole[same])


def test_what_cannot_be_used_is_told() -> None:
    with pytest.raises(TableError, match="area_m2"):
        hierarchy(LOTS.drop(columns="area_m2"), zones=None, units=None, sites=None)
    twice = pd.concat([ZONES, ZONES])
    with pytest.raises(TableError, match="zones"):
        hierarchy(LOTS, zones=twice, units=None, sites=None)
