"""Detection as a whole: what is skipped, what is told of spellings, verdicts on kinds."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest

from districts import at, lots, rule, with_rules
from gisland.base.errors import ProjectError
from gisland.base.parameters import Parameters
from gisland.base.result import Choices, Result
from gisland.base.rules import load_rules
from gisland.base.schema import OUTCOMES, Inputs
from gisland.detect.detection import Detected, detect
from gisland.detect.facts import shape_facts
from gisland.detect.kinds import kind_verdicts
from gisland.detect.spellings import spelling_findings
from gisland.layers.writing.contract import TABLES
from gisland.pipeline import run
from gisland.topology.borders import borders
from gisland.topology.boundary import trace

TIANJIN = Choices(load_rules("tianjin-2024"), sites_from="field")
INNER = at(40, 40, 20, 20)
SHAPES = {"in": INNER, "out": at(0, 0, 100, 100) - INNER, "strip": at(100, 0, 8, 100)}


def district(**columns: object) -> gpd.GeoDataFrame:
    return lots(SHAPES, **{"site_id": [None, "S1", None], **columns})


def ran(parcels: gpd.GeoDataFrame, choices: Choices = TIANJIN) -> Result:
    return run(Inputs(parcels), choices)


def skipped(result: Result) -> dict[str, str]:
    return {row["analysis"]: row["reason"] for row in result.skipped}


def test_enclaves_without_the_column_or_its_values_are_skipped_and_told() -> None:
    nothing = ran(district())
    assert "enclaves" not in nothing.tables
    told = skipped(nothing)
    assert told["enclaves_owner"] == "no column owner"
    assert told["enclaves_tenure"] == "no column tenure"
    empty = ran(district(owner=["", "　", None], tenure=["state", "state", None]))
    assert skipped(empty)["enclaves_owner"] == "column owner is empty"
    assert "enclaves_tenure" not in skipped(empty)
    assert empty.tables["enclaves"].empty
    assert empty.tables["holdings"].empty


def by(*columns: str) -> Choices:
    return replace(TIANJIN, parameters=Parameters(enclave_by=columns))


def test_enclaves_by_any_column() -> None:
    parcels = district(owner=["A", "B", "B"], use_class=["green", "industrial", "industrial"])
    parcels["lease"] = ["x", "y", "y"]
    result = ran(parcels, by("use_class", "lease", "nobody"))
    found = result.tables["enclaves"]
    assert found[["enclave_id", "value", "surrounded_by"]].to_numpy().tolist() == [
        ["use_class:in", "green", "industrial"],
        ["lease:in", "x", "y"],
    ]
    table = result.tables["parcels"].set_index("parcel_id")
    assert table.loc["in", "enclave_of"] == "lease:x;use_class:green"
    told = skipped(result)
    assert told["enclaves_nobody"] == "no column nobody"
    assert "enclaves_owner" not in told


def test_enclaves_by_the_plan() -> None:
    zoning = gpd.GeoDataFrame(
        {"planned_use": ["公园", "工厂"], "use_class": ["green", "industrial"]},
        geometry=[INNER, at(0, 0, 200, 100) - INNER],
        index=pd.Index(["Z1", "Z2"], name="zone_id"),
        crs=district().crs,
    )
    result = run(Inputs(district(), zoning=zoning), by("planned_use_class"))
    found = result.tables["enclaves"]
    assert found[["value", "surrounded_by", "kind"]].to_numpy().tolist() == [
        ["green", "industrial", "strict"]
    ]


def test_columns_to_compare_by_are_a_list_of_names() -> None:
    with pytest.raises(ProjectError, match=r'enclave_by is .*give a list, such as \["owner"'):
        Parameters.from_mapping({"enclave_by": "owner"})
    assert Parameters.from_mapping({"enclave_by": ["lease"]}).enclave_by == ("lease",)


@pytest.mark.parametrize("column", ["area_m2", "fragment", "geometry", "tax_yuan", "day"])
def test_measured_columns_make_no_patches(column: str) -> None:
    parcels = district(tax_yuan=[1.0, 2.0, 3.0], day=pd.to_datetime(["2020-01-01"] * 3))
    with pytest.raises(ProjectError, match=f"enclave_by has '{column}', which is no column of"):
        ran(parcels, by(column))


def test_mixture_does_not_hang_on_what_enclaves_are_asked_for() -> None:
    parcels = district(tenure=["collective", "state", "state"], owner=["A", "A", "A"])
    row = ran(parcels, by("owner")).tables["mixture"].iloc[0]
    assert row["enclave_parcels"] == 1
    empty = ran(district(tenure=["", None, " "]))
    assert "mixture" not in empty.tables
    assert skipped(empty)["mixture"] == "column tenure is empty"


def test_spellings_are_told_once_for_each_column() -> None:
    parcels = district(owner=["甲厂 ", "乙", "甲厂"], tenure=["state"] * 3)
    parcels = pd.concat([parcels, lots({"d": at(300, 0, 50, 50)}, owner=["甲厂"])])
    findings = ran(parcels).tables["findings"]
    row = findings[findings["code"] == "spellings"].iloc[0]
    assert row[["severity", "layer", "value", "unit"]].tolist() == ["info", "parcels", 1, "parcels"]
    told = "parcels: owner is spelt in another way by 1 parcel, and compared as one"
    assert row["message"] == f"{told}: '甲厂 ' for '甲厂'"
    assert (findings["code"] == "spellings").sum() == 1
    assert spelling_findings(pd.DataFrame({"owner": ["A", "B", None]}), columns=["owner"]) == []


def test_holdings_and_mixture_are_among_the_tables() -> None:
    parcels = district(owner=["A", "B", "B"], tenure=["collective", "state", "state"])
    tables = ran(parcels).tables
    assert tables["holdings"][["owner", "parcels", "patches"]].to_numpy().tolist() == [
        ["B", 2, 1],
        ["A", 1, 1],
    ]
    row = tables["mixture"].iloc[0]
    assert row[["zone_id", "state_patches", "collective_patches"]].tolist() == ["overall", 1, 1]
    assert row["mixed_border_m"] == pytest.approx(80.0)
    assert row["enclave_parcels"] == 1


def test_every_verdict_row_says_what_it_is_measured_by() -> None:
    parcels = district(owner=["A", "B", "B"], tenure=["collective", "state", "state"])
    rows = ran(parcels).tables["verdicts"]
    assert {"enclave", "kind_corner", "min_lot", "adjacent", "status"} <= set(rows["test"])
    assert rows["outcome"].isin(OUTCOMES).all()
    assert (rows["rule_id"].fillna("") != "").all()
    measured = rows[rows["value"].notna()]
    assert measured[["limit", "operator", "unit"]].notna().all(axis=None)
    assert (measured.loc[measured["unit"] == "share", "denominator"].fillna("") != "").all()
    assert not rows.duplicated(["parcel_id", "subject", "test"]).any()
    enclave = rows[rows["test"] == "enclave"]
    assert set(enclave["subject"]) == {"owner", "tenure"}


def test_missing_attributes_are_never_fine() -> None:
    table = ran(district()).tables["parcels"].set_index("parcel_id")
    assert table["low_use"].isna().all()
    assert (table["low_use_not_assessed"] != "").all()


def test_kinds_and_their_verdicts_agree() -> None:
    shares = ["sites_share", "free_share", "other_share", "hull_share", "hole_share"]
    rows = [
        ["jointly", 0.75, 0.25, 0.0, 0.0, 0.0],
        ["hole", 0.2, 0.8, 0.0, 1.0, 0.999],
        ["wedge", 0.5, 0.1, 0.4, 0.0, 0.0],
        ["hull", 0.1, 0.1, 0.8, 0.5, 0.0],
        ["none", 0.4999996, 0.25, 0.25, 0.4, 0.998],
    ]
    pairs = pd.DataFrame(rows, columns=["parcel_id", *shares])
    found = kind_verdicts(pd.concat([pairs, pairs]), parameters=Parameters())
    passed = found[found["outcome"] == "pass"].sort_values("test")
    held = passed.groupby("parcel_id")["test"].agg(";".join).to_dict()
    assert held == {
        "jointly": "kind_corner;kind_interlocking;kind_sandwiched",
        "hole": "kind_corner;kind_hole;kind_hull",
        "wedge": "kind_interlocking",
        "hull": "kind_hull",
        "none": "kind_interlocking",  # half at the six decimals of shares
    }
    assert len(found) == 5 * len(rows)
    assert (found["mode"] == "advisory").all()


def test_owner_spellings_count_as_the_same_right_holder() -> None:
    rules = with_rules("tianjin-2024")
    parcels = district(owner=["A", "甲（厂）", "甲(厂) "], tenure=["state"] * 3)
    rows = ran(parcels, Choices(rules, sites_from="field")).tables["verdicts"]
    same = rows[(rows["test"] == "same_owner") & (rows["parcel_id"] == "strip")]
    assert same["outcome"].tolist() == ["pass"]


def test_the_order_of_rows_does_not_matter() -> None:
    one = ran(district(owner=["A", "B", "B"]))
    other = ran(district(owner=["A", "B", "B"]).iloc[::-1])
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)


def zoned(**how: object) -> Detected:
    """Three lots of 100 m in low use, the last two across a street of 30 m, and one in good use."""
    shapes = {"a": at(0, 0, 100, 100), "b": at(150, 0, 100, 100), "c": at(280, 0, 100, 100)}
    parcels = lots(shapes | {"d": at(400, 0, 100, 100)}, status=["闲置", "闲置", "闲置", "在用"])
    table = borders(parcels)
    facts = shape_facts(parcels, table, area_basis="plane")
    rules = with_rules("tianjin-2024", rule("low_use.status", value=("闲置",), unit="status"))
    choices = Choices(rules, parameters=Parameters(corridor_m=40.0, zone_min_area_m2=15_000.0))
    if how.pop("traced", False):
        how["boundary"] = trace(parcels, tolerance_m=choices.parameters.tolerance_m)
    return detect(facts, table, choices=choices, **how)  # type: ignore[arg-type]


def test_low_use_land_is_clustered_and_ranked_whoever_traces_it() -> None:
    one, two = zoned(), zoned(traced=True)
    assert one.parcels["zone_id"].fillna("").to_dict() == {"a": "", "b": "Z01", "c": "Z01", "d": ""}
    assert one.zone_links.index.tolist() == [("b", "c"), ("c", "b")]
    table = one.tables["zones"]
    assert set(table.columns) == {*TABLES["zones"].columns, "geometry"}
    assert table[["zone_id", "rank", "ranked_by"]].to_numpy().tolist() == [["Z01", 1, "area"]]
    pd.testing.assert_frame_equal(two.tables["zones"], table, check_exact=True)
    pd.testing.assert_frame_equal(two.zone_links, one.zone_links, check_exact=True)


def test_drawn_zones_replace_the_clusters() -> None:
    polygons = gpd.GeoDataFrame(
        geometry=[at(380, -10, 200, 200), at(-10, -10, 300, 200), at(900, 0, 9, 9)],
        index=pd.Index(["E", "W", "X"], name="zone_id"),
        crs=district().crs,
    )
    found = zoned(drawn_zones=polygons)
    assert found.parcels["zone_id"].fillna("").to_dict() == {"a": "W", "b": "W", "c": "", "d": "E"}
    assert found.tables["zones"]["parcel_ids"].tolist() == ["d", "a;b"]
    assert found.tables["zones"].geometry.tolist() == polygons.geometry.tolist()[:2]
    assert found.zone_links.empty  # 50 m are too wide, and c and d are not both in zones
    assert [f["code"] for f in found.findings] == ["zone_without_parcels"]
