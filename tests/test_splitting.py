"""A split from the layers to its legality, by hand; rules of its own from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import gisland as gl
from districts import at, layer, lots
from gisland.base.errors import PlanError, ProjectError, RulesError, TableError
from gisland.base.parameters import Parameters
from gisland.base.rules import RuleSet, load_rules
from gisland.base.schema import VERDICTS, Inputs
from gisland.splitting import Split, split

if TYPE_CHECKING:
    from pathlib import Path

N_M2, S_M2 = 43_383.0, 45_517.0
HEAD = """
[ruleset]
name = "made"
title = "Made by hand"
jurisdiction = "here"
vintage = 2026
"""
TEXTS = 'title = "t"\nsection = ""\nquotation = ""\nsource = "s"\nstatus = "general knowledge"\n'
FRAGMENT = {
    "min_lot.default": 'value = 2000\nunit = "m2"\noperator = ">="\n',
    "min_width.default": 'value = 15\nunit = "m"\noperator = ">="\n',
    "min_frontage.default": 'value = 4\nunit = "m"\noperator = ">="\n',
}


def made(folder: Path, *, split_mode: str | None = "on", line_mode: str | None = "on") -> RuleSet:
    """Rules of fragments and, with a mode, of splits."""
    text = HEAD
    for name, record in FRAGMENT.items():
        text += f'\n[rule.fragment.{name}]\nmode = "on"\n{record}{TEXTS}'
    for name, mode in {"independent": split_mode, "planned_line": line_mode}.items():
        if mode:
            text += f'\n[rule.split.{name}]\nmode = "{mode}"\n{TEXTS}'
    file = folder / "rules.toml"
    file.write_text(text, "utf-8")
    return load_rules(file)


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    return made(tmp_path)


def zones(**shapes: object) -> gpd.GeoDataFrame:
    return layer("zone_id", shapes, planned_use=list(shapes))


def parcel_layer() -> gpd.GeoDataFrame:
    """Case 3: a parcel of 8.89 ha, its scrap in the west, and a neighbor in the south."""
    return lots(
        {
            "p": at(0, 0, 200, (N_M2 + S_M2) / 200),
            "c": at(-8, S_M2 / 200, 8, 1688.4 / 8),
            "s": at(0, -100, 200, 100),
        },
        owner=["天士力", "储备中心", "乙"],
        tenure=["state"] * 3,
        use_class=["industrial"] * 3,
        recorded_area_m2=[88_900.0, 1688.4, 20_000.0],
        tax_yuan=[1000.0, None, 5.0],
        status=["在产", None, "闲置"],
        idle_since=[pd.NaT, pd.NaT, pd.Timestamp("2020-01-02")],
        level=[3, 4, 5],
        note=["甲", "乙", None],
    )


def case_3() -> gpd.GeoDataFrame:
    line = S_M2 / 200
    return zones(M1=at(-50, line, 400, 999), A5=at(-50, -199, 400, 199 + line))


def outcomes(done: Split, parcel_id: str) -> dict[str, str]:
    rows = done.verdicts[done.verdicts["parcel_id"] == parcel_id]
    return dict(zip(rows["test"], rows["outcome"], strict=True))


def test_case_3_is_legal_and_keeps_its_columns(rules: RuleSet) -> None:
    done = split(parcel_layer(), case_3(), ids=["p"], rules=rules)
    assert done.parents.loc[0].to_dict() == {
        "parcel_id": "p",
        "part_ids": "p-1;p-2",
        "parts": 2,
        "area_m2": pytest.approx(88_900.0),
        "line_m": pytest.approx(200.0),
        "legal": True,
        "failed": "",
        "undecided": "",
    }
    assert done.lineage.to_numpy().tolist() == [
        ["p", "p-1", pytest.approx(S_M2)],
        ["p", "p-2", pytest.approx(N_M2)],
    ]
    north = done.parts.loc["p-2"]
    assert north["area_mu"] == pytest.approx(N_M2 / 10_000 * 15)
    assert (north["planned_use"], north["owner"], north["level"]) == ("M1", "天士力", 3)
    assert north["frontage_m"] == pytest.approx(200 + N_M2 / 200 + N_M2 / 200 - 1688.4 / 8, abs=0.3)
    assert outcomes(done, "p-2") == {
        **dict.fromkeys(["min_lot", "min_width", "min_frontage"], "pass"),
        "independent": "pass",
    }
    line = done.verdicts[done.verdicts["test"] == "split_line"].iloc[0]
    assert line[["parcel_id", "value", "limit", "outcome", "rule_id"]].tolist() == [
        *("p", 1.0, 1.0, "pass", "split.planned_line")
    ]
    assert tuple(done.verdicts) == VERDICTS
    own = done.verdicts.set_index(["parcel_id", "test"])
    assert own.loc[("p-2", "min_lot"), "value"] == pytest.approx(N_M2)
    assert own.loc[("p-2", "min_lot"), ["limit", "rule_id", "subject"]].tolist() == [
        *(2000.0, "fragment.min_lot.default", "p")
    ]


def test_the_layer_afterwards_has_the_columns_of_the_layer_before(rules: RuleSet) -> None:
    before = parcel_layer()
    copy = before.copy()
    after = split(before, case_3(), rules=rules).parcels
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(copy))
    assert after.index.tolist() == ["c", "p-1", "p-2", "s"]
    assert after.index.name == "parcel_id"
    assert after.dtypes.to_dict() == before.dtypes.to_dict()
    assert after.crs == before.crs
    pd.testing.assert_frame_equal(
        pd.DataFrame(after.loc[["c", "s"]]), pd.DataFrame(before.loc[["c", "s"]])
    )
    assert after.loc["p-1", ["owner", "status", "note", "level"]].tolist() == [
        *("天士力", "在产", "甲", 3)
    ]
    assert np.isnan(after.loc["p-1", "recorded_area_m2"])
    assert np.isnan(after.loc["p-1", "tax_yuan"])
    assert after.geometry.area.sum() == pytest.approx(before.geometry.area.sum(), rel=1e-12)


def test_amounts_are_shared_by_area_when_asked_for(rules: RuleSet) -> None:
    parts = split(parcel_layer(), case_3(), rules=rules, amounts="area").parts
    assert parts["recorded_area_m2"].tolist() == pytest.approx([S_M2, N_M2])
    assert parts["tax_yuan"].tolist() == pytest.approx([1000 * S_M2 / 88_900, 1000 * N_M2 / 88_900])
    assert parts["level"].tolist() == [3, 3]
    with pytest.raises(ProjectError, match="amounts is 'half'; use one of missing, area"):
        split(parcel_layer(), case_3(), rules=rules, amounts="half")  # type: ignore[arg-type]


def test_a_part_below_the_minimum_lot_makes_it_illegal(rules: RuleSet) -> None:
    parcels = lots({"p": at(-18, 0, 100, 100)})  # 1800 m² and 8200 m²
    done = split(parcels, zones(M=at(-99, -99, 99, 400), R=at(0, -99, 99, 400)), rules=rules)
    assert outcomes(done, "p-1")["independent"] == "pass"
    assert outcomes(done, "p-2") == {
        "min_lot": "fail",
        "min_width": "pass",
        "min_frontage": "pass",
        "independent": "fail",
    }
    row = done.parents.iloc[0]
    assert row["legal"] is np.False_ or row["legal"] is False
    assert row["failed"] == "min_lot"
    assert len(done.parts) == 2  # told, and not dropped


def test_a_part_behind_the_others_has_no_frontage(rules: RuleSet) -> None:
    inner = at(30, 30, 60, 60)
    parcels = lots({"p": at(0, 0, 120, 120)})
    done = split(parcels, zones(M=at(-9, -9, 400, 400).difference(inner), G=inner), rules=rules)
    assert outcomes(done, "p-2")["min_frontage"] == "fail"
    assert done.parents["failed"].tolist() == ["min_frontage"]
    lane = layer("road_id", {"r": at(29, -5, 2, 100)})
    fronted = split(
        parcels,
        zones(M=at(-9, -9, 400, 400).difference(inner), G=inner),
        rules=rules,
        around=Inputs(parcels, roads=lane),
    )
    assert outcomes(fronted, "p-2")["min_frontage"] == "pass"


def test_the_edge_of_water_is_no_frontage(rules: RuleSet) -> None:
    parcels = lots({"p": at(0, 0, 100, 100), "n": at(0, 100, 100, 50)})
    zoning = zones(M=at(-99, 50, 400, 400), R=at(-99, -99, 400, 149))
    sea = layer("water_id", {"w": at(-200, -200, 200, 400), "e": at(100, -200, 200, 400)})
    dry = split(parcels, zoning, ids=["p"], rules=rules)
    wet = split(parcels, zoning, ids=["p"], rules=rules, around=Inputs(parcels, water=sea))
    assert outcomes(dry, "p-1")["min_frontage"] == "pass"
    found = {p: outcomes(wet, p)["min_frontage"] for p in ("p-1", "p-2")}
    use = wet.parts["planned_use"].to_dict()
    assert {use[p]: o for p, o in found.items()} == {"M": "fail", "R": "pass"}


def test_rules_without_records_are_told_as_not_assessed(tmp_path: Path) -> None:
    off = made(tmp_path, split_mode=None, line_mode=None)
    done = split(parcel_layer(), case_3(), rules=off)
    assert pd.isna(done.parents.loc[0, "legal"])
    assert done.parents.loc[0, "undecided"] == "independent;split_line"
    assert set(done.verdicts["outcome"]) == {"not_assessed"}
    assert done.verdicts.loc[done.verdicts["test"] == "min_lot", "value"].notna().all()


def test_one_rule_in_force_decides(tmp_path: Path) -> None:
    parcels = lots({"p": at(-18, 0, 100, 100)})
    zoning = zones(M=at(-99, -99, 99, 400), R=at(0, -99, 99, 400))
    line_only = split(parcels, zoning, rules=made(tmp_path, split_mode="advisory"))
    assert line_only.parents.loc[0, ["legal", "failed"]].tolist() == [True, ""]
    assert outcomes(line_only, "p-2")["independent"] == "fail"
    parts_only = split(parcels, zoning, rules=made(tmp_path, line_mode=None))
    assert parts_only.parents.loc[0, ["legal", "failed", "undecided"]].tolist() == [
        *(False, "min_lot", "split_line")
    ]


def test_fragment_rules_that_only_advise_do_not_decide(tmp_path: Path, rules: RuleSet) -> None:
    text = (tmp_path / "rules.toml").read_text("utf-8")
    advising = text.replace('min_lot.default]\nmode = "on"', 'min_lot.default]\nmode = "advisory"')
    (tmp_path / "advising.toml").write_text(advising, "utf-8")
    parcels = lots({"p": at(-18, 0, 100, 100)})
    zoning = zones(M=at(-99, -99, 99, 400), R=at(0, -99, 99, 400))
    done = split(parcels, zoning, rules=load_rules(tmp_path / "advising.toml"))
    assert outcomes(done, "p-2")["min_lot"] == "fail"
    assert done.parents.loc[0, ["legal", "failed"]].tolist() == [True, ""]
    assert split(parcels, zoning, rules=rules).parents.loc[0, "failed"] == "min_lot"


def test_roads_are_not_assessed(rules: RuleSet) -> None:
    parcels = lots({"p": at(-18, 0, 100, 100)}, use_class=["transport"])
    done = split(parcels, zones(M=at(-99, -99, 99, 400), R=at(0, -99, 99, 400)), rules=rules)
    assert outcomes(done, "p-1") == {"independent": "not_assessed"}
    assert pd.isna(done.parents.loc[0, "legal"])


def test_polygons_apart_have_no_line_to_test(rules: RuleSet) -> None:
    shape = at(-90, 0, 60, 60).union(at(30, 0, 50, 60))
    done = split(
        lots({"p": shape}), zones(M=at(-99, -99, 99, 400), R=at(0, -99, 99, 400)), rules=rules
    )
    assert "split_line" not in set(done.verdicts["test"])
    assert done.parents.loc[0, ["legal", "line_m"]].tolist() == [True, 0.0]


def test_row_order_does_not_matter(rules: RuleSet) -> None:
    one = split(parcel_layer(), case_3(), rules=rules)
    two = split(parcel_layer().iloc[::-1], case_3().iloc[::-1], rules=rules)
    for name in ("parcels", "parts"):
        assert getattr(one, name).to_wkb().equals(getattr(two, name).to_wkb())
    for name in ("lineage", "verdicts", "parents", "left"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_nothing_to_split_is_an_empty_split(rules: RuleSet) -> None:
    done = split(parcel_layer(), zones(M=at(-999, -999, 5000, 5000)), rules=rules)
    assert done.parts.empty
    assert done.parents.empty
    assert done.verdicts.empty
    assert done.parcels.index.tolist() == ["c", "p", "s"]
    assert done.parcels.dtypes.to_dict() == parcel_layer().dtypes.to_dict()


def test_ellipsoidal_areas_add_up(rules: RuleSet) -> None:
    parcels, zoning = parcel_layer(), case_3()
    for table in (parcels, zoning):  # away from the meridian, where the two differ
        table["geometry"] = table.translate(xoff=120_000)
    basis = Parameters(area_basis="ellipsoidal")
    done = split(parcels, zoning, rules=rules, parameters=basis)
    facts = gl.shape_facts(parcels, gl.borders(parcels), area_basis="ellipsoidal")
    whole = facts.loc["p", "area_m2"]
    assert done.parts["area_m2"].sum() == pytest.approx(whole, rel=1e-6)
    assert abs(whole - 88_900) > 10


def test_a_single_text_is_no_list_of_ids(rules: RuleSet) -> None:
    with pytest.raises(PlanError, match="ids is 'p'; give a list of ids"):
        gl.split(parcel_layer(), case_3(), ids="p", rules=rules)


def test_rules_and_layers_of_a_wrong_type_are_refused(rules: RuleSet) -> None:
    split: Any = gl.split
    with pytest.raises(RulesError, match=r"rules is 'tianjin-2024'; give load_rules"):
        split(parcel_layer(), case_3(), rules="tianjin-2024")
    with pytest.raises(TableError, match="zoning is a NoneType; give a GeoDataFrame"):
        split(parcel_layer(), None, rules=rules)
