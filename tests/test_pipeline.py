from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from districts import CRS, at, district, layer, lots, planned
from gisland.base.errors import CRSError, GeometryError, ProjectError, TableError
from gisland.base.parameters import Parameters
from gisland.base.result import Choices, Result
from gisland.base.rules import load_rules
from gisland.base.schema import CHANGES, FINDINGS, VERDICTS, Inputs
from gisland.pipeline import STAGES, check_inputs, run

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT, NUMBER, WHOLE, YES_NO = "str", "float64", "int64", "bool"
COUNT = "Int64"
CONTRACT: dict[str, dict[str, str]] = {
    "parcels": {
        "parcel_id": TEXT,
        "owner": TEXT,
        "tenure": TEXT,
        "use_class": TEXT,
        "floor_area_m2": NUMBER,
        "counted_floor_area_m2": NUMBER,
        "footprint_m2": NUMBER,
        "tax_yuan": NUMBER,
        "note": TEXT,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "perimeter_m": NUMBER,
        "width_m": NUMBER,
        "compactness": NUMBER,
        "elongation": NUMBER,
        "narrow_share": NUMBER,
        "frontage_m": NUMBER,
        "frontage_road_m": NUMBER,
        "free_road_m": NUMBER,
        "free_water_m": NUMBER,
        "free_shore_m": NUMBER,
        "free_nothing_m": NUMBER,
        "free_edge_m": NUMBER,
        "far": NUMBER,
        "far_actual": NUMBER,
        "coverage": NUMBER,
        "green_ratio": NUMBER,
        "mean_storeys": NUMBER,
        "tax_yuan_per_mu": NUMBER,
        "output_yuan_per_mu": NUMBER,
        "investment_yuan_per_mu": NUMBER,
        "jobs_per_mu": NUMBER,
        "building_height_m": NUMBER,
        "floor_area_estimated_m2": NUMBER,
        "planned_use": TEXT,
        "planned_use_class": TEXT,
        "planning_zone_id": TEXT,
        "planned_far_min": NUMBER,
        "planned_far_max": NUMBER,
        "planned_coverage_min": NUMBER,
        "planned_coverage_max": NUMBER,
        "planned_green_min": NUMBER,
        "planned_green_max": NUMBER,
        "planned_height_min_m": NUMBER,
        "planned_height_max_m": NUMBER,
        "conditions_failed": TEXT,
        "fragment": YES_NO,
        "fragment_reasons": TEXT,
        "enclave_of": TEXT,
        "scrap_kind": TEXT,
        "scrap_group": TEXT,
        "verdict": TEXT,
        "site_id": TEXT,
        "reasons": TEXT,
        "zone_id": TEXT,
        "low_use": "boolean",
        "low_use_reasons": TEXT,
        "low_use_score": NUMBER,
        "low_use_decided_by": TEXT,
        "low_use_not_assessed": TEXT,
        "geometry": "geometry",
    },
    "sites": {
        "site_id": TEXT,
        "parcel_ids": TEXT,
        "absorbed_ids": TEXT,
        "parcels_before": WHOLE,
        "parcels_after": WHOLE,
        "area_before_m2": NUMBER,
        "scrap_area_m2": NUMBER,
        "area_after_m2": NUMBER,
        "gap_closed_m2": NUMBER,
        "overlap_m2": NUMBER,
        "scrap_share": NUMBER,
        "share_denominator": TEXT,
        "denominator_m2": NUMBER,
        "cap": NUMBER,
        "cap_operator": TEXT,
        "scrap_share_including": NUMBER,
        "scrap_share_excluding": NUMBER,
        "scrap_share_boundary": NUMBER,
        "boundary_area_m2": NUMBER,
        "candidate_ids": TEXT,
        "candidate_area_m2": NUMBER,
        "candidate_share_including": NUMBER,
        "candidate_share_excluding": NUMBER,
        "candidate_share_boundary": NUMBER,
        "far_before": NUMBER,
        "far_after": NUMBER,
        "coverage_before": NUMBER,
        "coverage_after": NUMBER,
        "planned_far": NUMBER,
        "optimal": YES_NO,
        "bound_m2": NUMBER,
        "component": "Int64",
        "geometry": "geometry",
    },
    "plan": {
        "parcel_id": TEXT,
        "site_id": TEXT,
        "scrap_kind": TEXT,
        "area_m2": NUMBER,
        "border_m": NUMBER,
        "corridor_m": NUMBER,
        "links": "Int64",
        "link_m": NUMBER,
        "site_share": NUMBER,
        "sites_share": NUMBER,
        "free_share": NUMBER,
        "other_share": NUMBER,
        "hull_share": NUMBER,
        "hole_share": NUMBER,
        "verdict": TEXT,
        "reasons": TEXT,
        "rule_id": TEXT,
        "geometry": "geometry",
    },
    "alternatives": {
        "component": "Int64",
        "site_id": TEXT,
        "kind": TEXT,
        "constraint": TEXT,
        "limit": NUMBER,
        "scraps": "Int64",
        "scraps_more": "Int64",
        "area_m2": NUMBER,
        "area_more_m2": NUMBER,
        "border_more_m": NUMBER,
        "added_ids": TEXT,
        "removed_ids": TEXT,
        "status": TEXT,
    },
    "scrap_groups": {
        "group_id": TEXT,
        "parcel_ids": TEXT,
        "scrap_ids": TEXT,
        "site_ids": TEXT,
        "scrap_kind": TEXT,
        "reasons": TEXT,
        "parcels": WHOLE,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "width_m": NUMBER,
        "border_m": NUMBER,
        "sites_share": NUMBER,
        "free_share": NUMBER,
        "other_share": NUMBER,
        "geometry": "geometry",
    },
    "holdings": {
        "owner": TEXT,
        "parcels": WHOLE,
        "patches": WHOLE,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "largest_patch_m2": NUMBER,
        "spellings": WHOLE,
    },
    "mixture": {
        "zone_id": TEXT,
        "parcels": WHOLE,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "state_mu": NUMBER,
        "collective_mu": NUMBER,
        "undetermined_mu": NUMBER,
        "unknown_mu": NUMBER,
        "state_patches": WHOLE,
        "collective_patches": WHOLE,
        "mixed_border_m": NUMBER,
        "mixed_m_per_ha": NUMBER,
        "enclave_parcels": WHOLE,
        "enclave_share": NUMBER,
    },
    "verdicts": {c: NUMBER if c in {"value", "limit"} else TEXT for c in VERDICTS},
    "lineage": {"parcel_id": TEXT, "after_id": TEXT, "role": TEXT, "area_m2": NUMBER},
    "merged": {
        "parcel_id": TEXT,
        "owner": TEXT,
        "tenure": TEXT,
        "use_class": TEXT,
        "floor_area_m2": NUMBER,
        "counted_floor_area_m2": NUMBER,
        "footprint_m2": NUMBER,
        "tax_yuan": NUMBER,
        "note": TEXT,
        "area_m2": NUMBER,
        "geometry": "geometry",
    },
    "enclaves": {
        "enclave_id": TEXT,
        "attribute": TEXT,
        "value": TEXT,
        "parcel_ids": TEXT,
        "kind": TEXT,
        "surrounded_by": TEXT,
        "surrounding_ids": TEXT,
        "share": NUMBER,
        "free_share": NUMBER,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "surrounding_area_m2": NUMBER,
        "inside_of": TEXT,
        "depth": WHOLE,
        "holder_patches": WHOLE,
        "holder_area_m2": NUMBER,
        "geometry": "geometry",
    },
    "zones": {
        "zone_id": TEXT,
        "parcel_ids": TEXT,
        "parcels": WHOLE,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "far": NUMBER,
        "owners": "Int64",
        "without_owner": "Int64",
        "tax_gap_yuan": NUMBER,
        "without_tax": "Int64",
        "area_term": NUMBER,
        "tax_gap_term": NUMBER,
        "owners_term": NUMBER,
        "ranked_by": TEXT,
        "potential": NUMBER,
        "rank": "Int64",
        "geometry": "geometry",
    },
    "block_lines": {
        **dict.fromkeys(("lines", "block_id", "level_by", "boundary"), TEXT),
        **dict.fromkeys(("level", "parcels", "parcels_cut", "owners", "without_owner"), COUNT),
        **dict.fromkeys(("low_use_parcels", "without_floor"), COUNT),
        **dict.fromkeys(("area_m2", "area_mu", "land_m2", "classified_m2"), NUMBER),
        **dict.fromkeys(("industrial_m2", "industrial_share", "limit"), NUMBER),
        **dict.fromkeys(("m0_m2", "m0_share", "m0_limit"), NUMBER),
        **dict.fromkeys(("state_m2", "collective_m2", "low_use_m2", "low_use_share"), NUMBER),
        **dict.fromkeys(("floor_m2", "far", "footprint_m2", "coverage"), NUMBER),
        **dict.fromkeys(("cut_ids", "other_use_ids", "outcome", "m0_outcome", "rule_id"), TEXT),
        "geometry": "geometry",
    },
    "block_uses": {
        **dict.fromkeys(("lines", "block_id", "use_class"), TEXT),
        "parcels": COUNT,
        **dict.fromkeys(("area_m2", "area_mu", "share"), NUMBER),
    },
    "block_parcels": {
        **dict.fromkeys(("lines", "parcel_id", "block_id", "part", "use_class", "reason"), TEXT),
        **dict.fromkeys(("inside_m2", "outside_m2"), NUMBER),
    },
    "conversions": {
        **dict.fromkeys(("parcel_id", "block_id", "use_before", "use_after", "kind"), TEXT),
        "plan_year": COUNT,
        **dict.fromkeys(("area_m2", "area_mu"), NUMBER),
    },
    "conversion_totals": {
        **dict.fromkeys(("year", "kind"), TEXT),
        "parcels": COUNT,
        **dict.fromkeys(("area_m2", "area_mu", "share"), NUMBER),
    },
    "control_verdicts": {
        **dict.fromkeys(("topic", "subject", "test", "outcome"), TEXT),
        **dict.fromkeys(("operator", "unit", "denominator", "rule_id", "mode"), TEXT),
        **dict.fromkeys(("value", "limit", "numerator", "denominator_value"), NUMBER),
    },
    "hierarchy": {
        **dict.fromkeys(("kind", "id", "parent_id", "outcome"), TEXT),
        "parcels": COUNT,
        **dict.fromkeys(("area_m2", "area_mu", "inside_m2", "inside_share"), NUMBER),
    },
    "findings": {c: {"value": NUMBER, "geometry": "geometry"}.get(c, TEXT) for c in FINDINGS},
    "changes": {c: NUMBER if c.endswith("_m2") else TEXT for c in ("layer", *CHANGES)},
    "borders": {
        "focal": TEXT,
        "neighbor": TEXT,
        "border_m": NUMBER,
        "tolerant_m": NUMBER,
        "distance_mean_m": NUMBER,
        "distance_max_m": NUMBER,
        "road_m": NUMBER,
        "corridor_m": NUMBER,
        "edge_m": NUMBER,
    },
    "indicators": {
        "subject": TEXT,
        "theme": TEXT,
        "indicator": TEXT,
        "before": NUMBER,
        "after": NUMBER,
        "delta": NUMBER,
        "unit": TEXT,
        "denominator": TEXT,
        "denominator_before": NUMBER,
        "denominator_after": NUMBER,
        "missing_before": WHOLE,
        "missing_after": WHOLE,
    },
    "use_matrix": {
        "subject": TEXT,
        "basis": TEXT,
        "use_before": TEXT,
        "use_after": TEXT,
        "area_m2": NUMBER,
        "area_mu": NUMBER,
        "share": NUMBER,
    },
    "conditions": {
        "site_id": TEXT,
        "condition": TEXT,
        "unit": TEXT,
        "operator": TEXT,
        "denominator": TEXT,
        "source": TEXT,
        "source_ids": TEXT,
        "outcome_before": TEXT,
        "outcome_after": TEXT,
        "limit_before": NUMBER,
        "limit_after": NUMBER,
        "known_share": NUMBER,
        "value_before": NUMBER,
        "value_after": NUMBER,
    },
    "capacity": {
        **dict.fromkeys(("site_id", "scenario", "rule_id"), TEXT),
        **dict.fromkeys(("area_before_m2", "scrap_area_m2", "area_after_m2"), NUMBER),
        **dict.fromkeys(("far_min_before", "far_max_before"), NUMBER),
        **dict.fromkeys(("far_min_after", "far_max_after", "planned_far", "existing_m2"), NUMBER),
        **dict.fromkeys(("capacity_min_before_m2", "capacity_max_before_m2"), NUMBER),
        **dict.fromkeys(("scrap_capacity_min_m2", "scrap_capacity_max_m2"), NUMBER),
        **dict.fromkeys(("capacity_min_after_m2", "capacity_max_after_m2"), NUMBER),
        **dict.fromkeys(("planned_floor_m2", "left_m2", "gained_m2", "gained_net_m2"), NUMBER),
    },
    "buildings": {
        "building_id": TEXT,
        "floors": NUMBER,
        "floors_from": TEXT,
        **dict.fromkeys(("height_m", "floor_height_m", "footprint_m2"), NUMBER),
        **dict.fromkeys(("floor_area_m2", "counted_floor_area_m2"), NUMBER),
        **dict.fromkeys(("underground_floor_area_m2", "off_parcels_m2"), NUMBER),
        "parcels": WHOLE,
        "parcel_ids": TEXT,
        "geometry": "geometry",
    },
    "exclusions": {"name": TEXT, "geometry": "geometry"},
    "roads": {"road_id": TEXT, "geometry": "geometry"},
    "project_boundary": {"boundary_id": TEXT, "geometry": "geometry"},
}
CONTEXT = ["zoning", "buildings", "roads", "project_boundary", "block_lines"]
TIANJIN = Choices(load_rules("tianjin-2024"), sites_from="field")


@pytest.fixture(scope="module")
def result() -> Result:
    return run(district(), TIANJIN)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with geometry as bytes, to be compared exactly."""
    frame = pd.DataFrame(table).copy()
    for column in frame.columns[[str(t) == "geometry" for t in frame.dtypes]]:
        frame[column] = pd.Series(shapely.to_wkb(frame[column].to_numpy()), dtype="object")
    return frame


def assert_same(one: Result, two: Result) -> None:
    assert list(one.tables) == list(two.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(
            plain(table), plain(two.tables[name]), check_exact=True, obj=name
        )
    assert one.counts == two.counts
    assert one.components == two.components
    assert one.skipped == two.skipped


def by_id(result: Result) -> pd.DataFrame:
    return result.tables["parcels"].set_index("parcel_id")


# --- the contract --------------------------------------------------------------------------------


def test_all_tables_are_there(result: Result) -> None:
    assert set(result.tables) == set(CONTRACT)


@pytest.mark.parametrize("name", list(CONTRACT))
def test_columns_and_kinds(result: Result, name: str) -> None:
    table = result.tables[name]
    assert {c: str(t) for c, t in table.dtypes.items()} == CONTRACT[name]
    assert table.index.equals(pd.RangeIndex(len(table)))
    if "geometry" in CONTRACT[name]:
        assert isinstance(table, gpd.GeoDataFrame)
        assert table.crs == CRS


@pytest.mark.parametrize("rules", ["tianjin-2024", "nanning", "common"])
@pytest.mark.parametrize("sites_from", [None, "field", "low_use", "use_class"])
def test_kinds_do_not_depend_on_what_is_found(rules: str, sites_from: str | None) -> None:
    choices = Choices(
        load_rules(rules), sites_from=sites_from, site_use_classes=("logistics", "industrial")
    )
    tables = run(district(), choices).tables
    for name, kinds in CONTRACT.items():
        assert {c: str(t) for c, t in tables[name].dtypes.items()} == kinds, name


def test_lists_are_sorted_and_tables_ordered(result: Result) -> None:
    tables = result.tables
    for name, column in [("parcels", "parcel_id"), ("sites", "site_id"), ("lineage", "parcel_id")]:
        assert tables[name][column].is_monotonic_increasing
    assert pd.MultiIndex.from_frame(
        tables["plan"][["parcel_id", "site_id"]]
    ).is_monotonic_increasing
    assert tables["sites"].set_index("site_id").loc["S1", "parcel_ids"] == "s1a;s1b"


def test_stages_are_told_in_order() -> None:
    told: list[str] = []
    found = run(district(), TIANJIN, progress=told.append)
    assert tuple(told) == STAGES
    assert tuple(found.timings_s) == STAGES


# --- what the district shows ---------------------------------------------------------------------


def test_verdicts_of_the_district(result: Result) -> None:
    parcels = by_id(result)
    assert parcels["verdict"].to_dict() == {
        "big": "none",
        "bow": "none",
        "far": "none",
        "home": "ineligible",
        "nothing": "none",
        "red": "ineligible",
        "road": "none",
        "s1a": "site",
        "s1b": "site",
        "s2": "site",
        "strip": "absorbed",
        "wanted": "absorbed",
    }
    assert parcels.loc["red", "reasons"] == "exclusion"
    assert "planned_use" in parcels.loc["home", "reasons"]
    assert parcels.loc["wanted", "site_id"] == "S1"  # equal borders: the smaller id
    plan = result.tables["plan"].set_index(["parcel_id", "site_id"])
    assert plan.loc[("wanted", "S2"), "verdict"] == "eligible"
    assert plan.loc[("wanted", "S2"), "reasons"] == "taken_by:S1"


def test_parcels_without_geometry_are_kept(result: Result) -> None:
    row = by_id(result).loc["nothing"]
    assert row["geometry"] is None
    assert np.isnan(row["area_m2"])
    assert (row["verdict"], row["reasons"], row["owner"]) == ("none", "no_geometry", "戊")
    assert not row["fragment"]
    assert pd.isna(row["low_use"])
    assert "no_geometry" not in by_id(result).drop(index="nothing")["reasons"].tolist()


def test_an_invalid_parcel_is_repaired_and_told(result: Result) -> None:
    changes = result.tables["changes"]
    assert changes[["layer", "parcel_id"]].to_numpy().tolist() == [["parcels", "bow"]]
    assert by_id(result).loc["bow", "area_m2"] == pytest.approx(450.0)


def test_faults_between_parcels_are_repaired_and_what_is_left_is_told() -> None:
    inputs = district()
    shapes = {"lot": at(1000, 0, 20, 20), "next": at(1019, 0, 20, 20), "wide": at(1025, 5, 9, 30)}
    more = gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=4547)
    parcels = pd.concat([inputs.parcels, more.rename_axis("parcel_id")])
    choices = replace(TIANJIN, parameters=Parameters(repair=("invalid_geometry", "overlap")))
    found = run(replace(inputs, parcels=parcels), choices)
    changes = found.tables["changes"]
    ceded = changes.loc[changes["action"] == "overlap_ceded", ["layer", "parcel_id", "other_id"]]
    assert ceded.to_numpy().tolist() == [["parcels", "next", "lot"]]
    assert by_id(found).loc["next", "area_m2"] == pytest.approx(380.0)
    told = found.tables["findings"].set_index("code").loc[["not_repaired"]]
    assert told[["parcel_id", "other_id"]].to_numpy().tolist() == [["next", "wide"]]
    assert told["value"].tolist() == [pytest.approx(135.0)]
    assert set(found.tables["changes"]["layer"]) == {"parcels"}  # zones may overlap


def test_an_invalid_parcel_is_kept_without_repair() -> None:
    choices = replace(TIANJIN, parameters=Parameters(repair=()))
    found = run(district(), choices)
    row = by_id(found).loc["bow"]
    assert np.isnan(row["area_m2"])
    assert row["geometry"] is not None
    assert row["verdict"] == "none"
    assert found.tables["changes"].empty
    lines = found.tables["lineage"].set_index("parcel_id")
    assert lines.loc["bow", "role"] == "no_geometry"


def test_every_parcel_is_in_the_lineage_once(result: Result) -> None:
    lines = result.tables["lineage"]
    assert lines["parcel_id"].tolist() == sorted(district().parcels.index)
    parcels = by_id(result)
    after = lines.set_index("parcel_id")["after_id"]
    merged = parcels["verdict"].isin(["site", "absorbed"])
    assert (after[merged] == parcels.loc[merged, "site_id"]).all()
    assert (after[~merged] == after[~merged].index).all()


def test_area_in_is_area_out(result: Result) -> None:
    lines, sites = result.tables["lineage"], result.tables["sites"]
    whole = by_id(result)["area_m2"].sum()
    kept = lines.loc[lines["role"] == "kept", "area_m2"].sum()
    assert kept + sites["area_after_m2"].sum() == pytest.approx(whole, rel=1e-12)
    indicators = result.tables["indicators"].set_index(["subject", "indicator"])
    land = indicators.loc[("overall", "land_area"), ["before", "after"]]
    assert land.tolist() == pytest.approx([whole, whole])


def test_values_of_the_data_pass_through_as_they_are(result: Result) -> None:
    assert by_id(result)["note"].to_dict() == district().parcels["note"].to_dict()


def test_counts(result: Result) -> None:
    assert result.counts["parcels"] == 12
    assert result.counts["sites"] == 2
    assert result.counts["absorbed"] == 2
    assert result.counts["absorbed_m2"] == 1200.0
    assert result.components == [
        {
            "component": 1,
            "sites": 2,
            "scraps": 2,
            "absorbed_m2": 1200.0,
            "bound_m2": 1200.0,
            "absorbed_scraps": 2,
            "bound_scraps": None,
            "greedy_m2": 1200.0,
            "status": "optimal",
        }
    ]


# --- little to do --------------------------------------------------------------------------------


def two() -> gpd.GeoDataFrame:
    return lots({"f": at(0, 0, 200, 100), "c": at(200, 0, 8, 100)}, site_id=["S1", None])


def skipped(found: Result) -> dict[str, str]:
    return {row["analysis"]: row["reason"] for row in found.skipped}


def test_without_sites_the_rest_is_done_and_said() -> None:
    found = planned(two(), "tianjin-2024", sites_from=None)
    assert skipped(found)["merging"] == "no [sites]: there is nothing to merge into"
    assert by_id(found)["verdict"].tolist() == ["none", "none"]
    assert by_id(found)["fragment"].to_dict() == {"c": True, "f": False}
    assert found.tables["lineage"]["role"].tolist() == ["kept", "kept"]
    assert found.tables["plan"].empty
    assert found.tables["sites"].empty
    assert found.counts["sites"] == 0


@pytest.mark.parametrize("sites_from", ["field", "low_use"])
def test_where_no_site_is_found_that_is_said(sites_from: str) -> None:
    parcels = two().assign(site_id=pd.Series([None, None], index=["f", "c"], dtype="str"))
    found = planned(parcels, "tianjin-2024", sites_from=sites_from)
    assert skipped(found)["merging"].startswith("no site was found")
    assert found.tables["sites"].empty


def test_no_scraps() -> None:
    parcels = lots({"f": at(0, 0, 200, 100), "g": at(300, 0, 100, 100)}, site_id=["S1", None])
    found = planned(parcels, "tianjin-2024")
    assert found.tables["plan"].empty
    assert "merging" not in skipped(found)
    site = found.tables["sites"].iloc[0]
    assert (site["scrap_share"], site["optimal"], site["absorbed_ids"]) == (0.0, True, "")
    assert found.components == []


def test_every_parcel_is_a_site() -> None:
    found = planned(two().assign(site_id=["S1", "S2"]), "tianjin-2024")
    assert by_id(found)["verdict"].tolist() == ["site", "site"]
    assert len(found.tables["sites"]) == 2


def test_one_parcel() -> None:
    found = planned(two().iloc[:1], "tianjin-2024")
    assert found.counts["border_pairs"] == 0
    assert found.tables["sites"]["area_after_m2"].tolist() == [pytest.approx(20_000.0)]


def test_what_is_missing_is_said() -> None:
    assert set(skipped(planned(two(), "tianjin-2024"))) == {
        "enclaves_owner",
        "enclaves_tenure",
        "mixture",
        "far",
        "coverage",
        "planning_conditions",
        "exclusions",
        "block_lines",
        "conversions",
        "parks",
        "surfaces",
    }
    assert "enclaves" not in planned(two(), "tianjin-2024").tables


@pytest.mark.parametrize("name", CONTEXT)
def test_layers_may_be_empty_or_without_geometry(name: str) -> None:
    inputs = district()
    whole = getattr(inputs, name)
    nothing = gpd.GeoSeries([None] * len(whole), index=whole.index, crs=CRS)
    for other in (whole.iloc[:0], whole.set_geometry(nothing)):
        found = run(replace(inputs, **{name: other}), TIANJIN)
        assert len(found.tables["parcels"]) == 12


def test_a_site_polygon_decides_by_overlap() -> None:
    drawn = layer("site_id", {"A": at(0, 0, 205, 100), "B": at(205, 0, 95, 100)})
    choices = replace(TIANJIN, sites_from="layer")
    found = run(replace(district(), sites=drawn), choices)
    sites = found.tables["sites"].set_index("site_id")
    assert sites["parcel_ids"].to_dict() == {"A": "s1a;s1b", "B": "s2"}


# --- what cannot be used -------------------------------------------------------------------------


def test_ids_that_repeat() -> None:
    parcels = two().set_axis(pd.Index(["a", "a"], name="parcel_id"))
    with pytest.raises(TableError, match=r"parcels: 1 id occurs more than once \(a\)"):
        planned(parcels, "tianjin-2024")


def test_ids_that_are_missing() -> None:
    parcels = two().set_axis(pd.Index(["a", None], dtype="str", name="parcel_id"))
    with pytest.raises(TableError, match="parcels: 1 row has no id"):
        planned(parcels, "tianjin-2024")


@pytest.mark.parametrize("index", [pd.Index([1, 2], name="parcel_id"), pd.Index(["a", "b"])])
def test_ids_that_are_not_text_or_not_named(index: pd.Index) -> None:
    with pytest.raises(TableError, match='index the parcels by text ids, named "parcel_id"'):
        planned(two().set_axis(index), "tianjin-2024")


@pytest.mark.parametrize("name", ["far", "verdict", "planned_use", "exclusion_m2", "parcel_id"])
def test_columns_that_bear_names_of_results(name: str) -> None:
    with pytest.raises(TableError, match=f"columns bear names of results: {name}; rename"):
        planned(two().assign(**{name: "x"}), "tianjin-2024")


def bad_crs(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    planned(change(two()), "tianjin-2024")


def test_no_crs() -> None:
    with pytest.raises(CRSError, match="parcels: no coordinate system is known"):
        bad_crs(lambda p: p.set_crs(None, allow_override=True))


def test_degrees() -> None:
    with pytest.raises(CRSError, match="parcels: EPSG:4490 is not metric"):
        bad_crs(lambda p: p.to_crs(4490))


@pytest.mark.parametrize("name", [*CONTEXT, "sites"])
def test_layers_in_another_crs(name: str) -> None:
    inputs = replace(district(), sites=layer("site_id", {"A": at(0, 0, 205, 100)}))
    changed = getattr(inputs, name).to_crs(4526)
    with pytest.raises(CRSError, match=f"{name}: EPSG:4526, but parcels: EPSG:4547; reproject"):
        run(replace(inputs, **{name: changed}), TIANJIN)


def test_exclusions_in_another_crs() -> None:
    inputs = district()
    changed = {k: v.to_crs(4526) for k, v in inputs.exclusions.items()}
    with pytest.raises(CRSError, match=r"exclusions.red_line: EPSG:4526, but parcels: EPSG:4547"):
        run(replace(inputs, exclusions=changed), TIANJIN)


def test_a_layer_without_crs() -> None:
    bare = district().roads.set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="roads: no CRS, but parcels: EPSG:4547"):
        run(replace(district(), roads=bare), TIANJIN)


def test_no_geometry_at_all() -> None:
    nothing = gpd.GeoSeries([None, None], index=two().index, crs=CRS)
    with pytest.raises(GeometryError, match="parcels: none of the 2 rows has geometry"):
        planned(two().set_geometry(nothing), "tianjin-2024")


def test_no_rows() -> None:
    with pytest.raises(GeometryError, match="parcels: none of the 0 rows has geometry"):
        planned(two().iloc[:0], "tianjin-2024")


def test_lines() -> None:
    with pytest.raises(GeometryError, match=r"parcels: 2 of 2 geometries are not polygons"):
        planned(two().set_geometry(two().boundary), "tianjin-2024")


def test_sites_from_what_is_not_there() -> None:
    with pytest.raises(ProjectError, match=r"there is no \[layers.sites\]"):
        planned(two(), "tianjin-2024", sites_from="layer")
    with pytest.raises(ProjectError, match=r"plan is None; give gisland\.PlanChoices"):
        planned(two(), "tianjin-2024", plan=None)
    with pytest.raises(ProjectError, match="site_use_classes is"):
        planned(two(), "tianjin-2024", sites_from="use_class")
    with pytest.raises(ProjectError, match="no column gives the site"):
        planned(two().drop(columns="site_id"), "tianjin-2024")


def test_check_tells_faults_without_a_plan() -> None:
    parcels = lots({"a": at(0, 0, 9, 9), "b": at(5, 0, 9, 9), "n": None})
    earlier = check_inputs(Inputs(parcels), parameters=Parameters()).assign(code="earlier")
    found = check_inputs(Inputs(parcels, findings=earlier), parameters=Parameters())
    assert "overlap" in found["code"].tolist()
    assert (found["code"] == "earlier").sum() == len(earlier)
    assert list(found.columns) == list(FINDINGS)


# --- the same every time -------------------------------------------------------------------------


def test_twice_gives_the_same(result: Result) -> None:
    assert_same(result, run(district(), TIANJIN))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_the_rows_does_not_matter(result: Result, seed: int) -> None:
    inputs = district()
    mixed: dict[str, Any] = {
        f.name: getattr(inputs, f.name).sample(frac=1, random_state=seed)
        for f in fields(Inputs)
        if isinstance(getattr(inputs, f.name), gpd.GeoDataFrame)
    }
    mixed["exclusions"] = {
        k: v.sample(frac=1, random_state=seed) for k, v in inputs.exclusions.items()
    }
    assert_same(result, run(replace(inputs, **mixed), TIANJIN))


def test_the_name_of_the_geometry_column_does_not_matter(result: Result) -> None:
    inputs = district()
    assert_same(
        result, run(replace(inputs, parcels=inputs.parcels.rename_geometry("geom")), TIANJIN)
    )


def test_inputs_are_unchanged() -> None:
    inputs, before = district(), district()
    run(inputs, TIANJIN)
    for f in fields(Inputs):
        one, other = getattr(inputs, f.name), getattr(before, f.name)
        if isinstance(one, gpd.GeoDataFrame):
            assert_geodataframe_equal(one, other)
    for name, exclusion in inputs.exclusions.items():
        assert_geodataframe_equal(exclusion, before.exclusions[name])


def test_ellipsoidal_areas(result: Result) -> None:
    basis = Parameters(area_basis="ellipsoidal")
    found = run(district(), replace(TIANJIN, parameters=basis))
    plane, curved = by_id(result)["area_m2"], by_id(found)["area_m2"]
    known = plane.notna()
    # on the central meridian a projected square metre is a square metre
    np.testing.assert_allclose(curved[known], plane[known], rtol=1e-6)
    assert (curved[known] != plane[known]).any()
    assert by_id(found)["verdict"].to_dict() == by_id(result)["verdict"].to_dict()
    sites, lines = found.tables["sites"], found.tables["lineage"]
    kept = lines.loc[lines["role"] == "kept", "area_m2"].sum()
    assert kept + sites["area_after_m2"].sum() == pytest.approx(curved.sum(), rel=1e-12)
