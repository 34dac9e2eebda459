from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gisland.base.parameters import Parameters
from gisland.measure.beforeafter import indicator_table, planned_far, site_densities
from gisland.measure.density import COLUMNS

NAN = float("nan")
# Site S: s1 (6000 m²) and s2 (3000 m²), with scrap c (1000 m²); site T: t (4000 m²); k is kept.
AREAS = {"s1": 6000.0, "s2": 3000.0, "c": 1000.0, "t": 4000.0, "k": 2000.0}
FLOORS = {"s1": 3000.0, "s2": 1500.0, "c": 0.0, "t": 2000.0, "k": 1000.0}
OWNERS = {"s1": "A", "s2": "B", "c": "C", "t": "A", "k": "D"}
AFTER = {"s1": "S", "s2": "S", "c": "S", "t": "T", "k": "k"}
ROLES = {"s1": "site", "s2": "site", "c": "absorbed", "t": "site", "k": "kept"}
FAR = pd.Series({"S": 2.0, "T": NAN}, name="planned_far")


def lots(**columns: object) -> pd.DataFrame:
    given = {"area_m2": AREAS, "floor_m2": FLOORS, "counted_floor_area_m2": FLOORS}
    frame = pd.DataFrame(given | {"owner": OWNERS})
    return frame.assign(footprint_m2=frame["area_m2"] * 0.3, **columns).rename_axis("parcel_id")


def lineage() -> pd.DataFrame:
    frame = pd.DataFrame({"after_id": AFTER, "role": ROLES, "area_m2": AREAS})
    return frame.rename_axis("parcel_id").sort_index().reset_index()


def table(parcels: pd.DataFrame | None = None, **parameters: object) -> pd.DataFrame:
    found = indicator_table(
        lots() if parcels is None else parcels,
        lineage(),
        FAR,
        parameters=Parameters.from_mapping(parameters),
    )
    return found.set_index(["subject", "indicator"])


def both(found: pd.DataFrame, subject: str, indicator: str) -> list[float]:
    return found.loc[(subject, indicator), ["before", "after"]].tolist()


# --- the whole layer ----------------------------------------------------------------------------


def test_land_area_and_owners_stay_and_parcels_become_fewer() -> None:
    found = table()
    assert both(found, "overall", "land_area") == [16_000, 16_000]
    assert both(found, "overall", "owners") == [4, 4]
    assert both(found, "overall", "parcels") == [5, 3]  # S, T and k
    assert found.loc[("overall", "parcels"), "delta"] == -2


def densities(parcels: pd.DataFrame, lines: pd.DataFrame, far: pd.Series) -> pd.DataFrame:
    return site_densities(indicator_table(parcels, lines, far, parameters=Parameters()), far)


def test_fragmentation_overall() -> None:
    found = table()
    assert both(found, "overall", "mean_parcel_area") == [3200, pytest.approx(16_000 / 3)]
    assert both(found, "overall", "median_parcel_area") == [3000, 4000]
    # (36 + 9 + 1 + 16 + 4) and (100 + 16 + 4) million m⁴ over 16 000 m²
    assert both(found, "overall", "effective_mesh_size") == [4125, 7500]


def test_planned_floor_area_overall_is_planned_sites_plus_what_exists() -> None:
    found = table()
    # S at FAR 2 on 10 000 m²; T has no planned FAR and keeps 2000 m²; k keeps 1000 m²
    assert found.loc[("overall", "counted_floor_area"), "after"] == 23_000
    assert both(found, "overall", "far") == [pytest.approx(7500 / 16_000), 23_000 / 16_000]


def test_capacity_gained_is_the_planned_floor_area_of_the_scraps() -> None:
    found = table()
    assert found.loc[("overall", "capacity_gained"), "after"] == 2000
    assert found.loc[("site:S", "capacity_gained"), "after"] == 2000
    assert ("site:T", "capacity_gained") not in found.index


def test_existing_floor_area_is_kept_on_request() -> None:
    found = table(scenario="keep")
    assert both(found, "overall", "counted_floor_area") == [7500, 7500]
    assert both(found, "overall", "far") == [7500 / 16_000] * 2


# --- a site -------------------------------------------------------------------------------------


def test_a_site_before_is_its_own_parcels_and_after_has_the_scraps() -> None:
    found = table()
    assert both(found, "site:S", "land_area") == [9000, 10_000]
    assert both(found, "site:S", "parcels") == [2, 1]
    assert both(found, "site:S", "owners") == [2, 3]
    assert both(found, "site:S", "counted_floor_area") == [4500, 20_000]
    assert both(found, "site:S", "far") == [0.5, 2.0]
    assert both(found, "site:S", "coverage") == [pytest.approx(0.3), pytest.approx(0.3)]
    assert both(found, "site:S", "effective_mesh_size") == [5000, 10_000]


def test_a_site_without_scraps_or_planned_far_stays_as_it_is() -> None:
    found = table().loc["site:T"]
    assert (found.loc[["land_area", "far", "parcels"], "delta"] == 0).all()
    assert found.loc["counted_floor_area", "after"] == 2000


def test_densities_of_the_sites() -> None:
    found = densities(lots(), lineage(), FAR)
    assert found.columns.tolist() == [
        "far_before",
        "far_after",
        "coverage_before",
        "coverage_after",
        "planned_far",
    ]
    assert found.loc["S"].tolist() == [0.5, 2.0, pytest.approx(0.3), pytest.approx(0.3), 2.0]
    assert found.loc["T", ["far_before", "far_after"]].tolist() == [0.5, 0.5]
    assert pd.isna(found.loc["T", "planned_far"])


def test_coverage_after_spreads_the_buildings_over_the_larger_land() -> None:
    given = lots()
    given.loc["c", "footprint_m2"] = 0.0
    found = densities(given, lineage(), FAR)
    assert found.loc["S", "coverage_after"] == pytest.approx(2700 / 10_000)


def test_unknown_floor_area_stays_unknown_but_a_planned_far_does_not_need_it() -> None:
    given = lots()
    given.loc[["c", "t"], ["floor_m2", "counted_floor_area_m2"]] = NAN
    found = densities(given, lineage(), FAR)
    assert found.loc["S", ["far_before", "far_after"]].tolist() == [0.5, 2.0]
    assert found.loc["T", ["far_before", "far_after"]].isna().all()
    rows = table(given)
    assert ("site:T", "far") not in rows.index
    assert ("overall", "far") not in rows.index


def test_a_parcel_without_geometry_is_left_out() -> None:
    gone = pd.DataFrame({"owner": ["Z"], "area_m2": [NAN]}, index=pd.Index(["x"]))
    given = pd.concat([lots(), gone]).rename_axis("parcel_id")
    lines = pd.concat(
        [
            lineage(),
            pd.DataFrame(
                {"parcel_id": ["x"], "after_id": ["x"], "role": ["no_geometry"], "area_m2": [NAN]}
            ),
        ]
    )
    found = indicator_table(given, lines, FAR, parameters=Parameters())
    rows = found.set_index(["subject", "indicator"])
    assert both(rows, "overall", "parcels") == [5, 3]
    assert both(rows, "overall", "owners") == [4, 4]
    assert both(rows, "overall", "land_area") == [16_000, 16_000]


def test_a_kept_parcel_that_bears_the_id_of_a_site_is_not_taken_for_it() -> None:
    given = lots().rename(index={"k": "S"})
    lines = lineage().replace({"parcel_id": {"k": "S"}, "after_id": {"k": "S"}})
    found = indicator_table(given, lines, FAR, parameters=Parameters())
    rows = found.set_index(["subject", "indicator"])
    assert both(rows, "site:S", "land_area") == [9000, 10_000]
    assert both(rows, "overall", "parcels") == [5, 3]


# --- tables -------------------------------------------------------------------------------------


def test_the_table_is_long_and_ordered() -> None:
    found = table().reset_index()
    assert found.columns.tolist() == list(COLUMNS)
    assert found["subject"].drop_duplicates().tolist() == ["overall", "site:S", "site:T"]
    assert {found[c].dtype.name for c in ("before", "after", "delta")} == {"float64"}
    known = found[["before", "after"]].notna().all(axis=1)
    assert ((found["after"] - found["before"])[known] == found["delta"][known]).all()


def test_without_sites_only_the_whole_layer_is_measured() -> None:
    none = pd.Series([], dtype="float64", index=pd.Index([], dtype="str"))
    lines = lineage().assign(after_id=lambda t: t["parcel_id"], role="kept")
    found = indicator_table(lots(), lines, none, parameters=Parameters())
    rows = found.set_index(["subject", "indicator"])
    assert found["subject"].unique().tolist() == ["overall"]
    assert both(rows, "overall", "far") == [7500 / 16_000] * 2
    assert both(rows, "overall", "counted_floor_area") == [7500, 7500]
    found = densities(lots(), lines, none)
    assert found.empty
    assert set(found.dtypes.astype("str")) == {"float64"}


@pytest.mark.parametrize(
    ("scenario", "expected"), [("far_max", [2.0, NAN]), ("far_min", [0.8, NAN])]
)
def test_planned_far_by_scenario(scenario: str, expected: list[float]) -> None:
    sites = pd.DataFrame(
        {"planned_far_max": [2.0, None], "planned_far_min": [0.8, None]}, index=["S", "T"]
    )
    found = planned_far(sites, scenario=scenario)
    assert found.fillna(-1).tolist() == pd.Series(expected).fillna(-1).tolist()
    assert found.name == "planned_far"


def test_planned_far_is_missing_when_kept_or_not_given() -> None:
    sites = pd.DataFrame({"planned_far_max": [2.0]}, index=["S"])
    assert planned_far(sites, scenario="keep").isna().all()
    assert planned_far(sites, scenario="far_min").isna().all()
    assert planned_far(sites, scenario="far_min").dtype == "float64"


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    uneven = {k: v * 0.1 for k, v in AREAS.items()}
    given = lots(tax_yuan=pd.Series(uneven))
    before, lines_before = given.copy(deep=True), lineage()
    expected = indicator_table(given, lineage(), FAR, parameters=Parameters())
    dense = densities(given, lineage(), FAR)
    for seed in range(3):
        shuffled = given.sample(frac=1, random_state=seed)
        lines = lineage().sample(frac=1, random_state=seed)
        found = indicator_table(shuffled, lines, FAR, parameters=Parameters())
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        other = densities(shuffled, lines, FAR)
        pd.testing.assert_frame_equal(other, dense, check_exact=True)
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(lineage(), lines_before)


def test_sums_of_many_uneven_numbers_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(7)
    ids = pd.Index([f"p{k:03d}" for k in range(300)], name="parcel_id")
    given = pd.DataFrame({c: rng.uniform(0, 1e4, 300) for c in ("area_m2", "floor_m2")}, index=ids)
    lines = pd.DataFrame({"parcel_id": ids, "area_m2": given["area_m2"].to_numpy()})
    lines["role"] = rng.choice(["site", "absorbed", "kept"], 300)
    lines["after_id"] = np.where(lines["role"] == "kept", ids, rng.choice(["S", "T"], 300))
    expected = indicator_table(given, lines, FAR, parameters=Parameters())
    for seed in range(5):
        found = indicator_table(
            given.sample(frac=1, random_state=seed),
            lines.sample(frac=1, random_state=seed + 1),
            FAR,
            parameters=Parameters(),
        )
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
