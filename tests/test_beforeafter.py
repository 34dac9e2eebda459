"""What a merge does to the numbers: sites with their scraps, planned floor area, what is kept."""

from __future__ import annotations

import pandas as pd
import pytest

from amounts import NAN, lines
from gisland.measure.pieces import pieces_after
from gisland.measure.sums.amounts import after_amounts, planned_parcels
from gisland.measure.sums.indicators import indicator_table, site_densities
from gisland.measure.sums.subjects import members_of_subjects

# Site S: s1 (6000 m²) and s2 (3000 m²), with scrap c (1000 m²); site T: t (4000 m²); k is kept.
AREAS = {"s1": 6000.0, "s2": 3000.0, "c": 1000.0, "t": 4000.0, "k": 2000.0}
FLOORS = {"s1": 3000.0, "s2": 1500.0, "c": 0.0, "t": 2000.0, "k": 1000.0}
OWNERS = {"s1": "A", "s2": "B", "c": "C", "t": "A", "k": "D"}
LINES = lines(
    {
        "s1": ("site", "S"),
        "s2": ("site", "S"),
        "c": ("absorbed", "S"),
        "t": ("site", "T"),
        "k": ("kept", "k"),
    }
)
FAR = pd.Series({"S": 2.0, "T": NAN}, name="planned_far")
ZONES = pd.Series({"s1": "Z", "c": "Z", "k": "Z", "t": "Y"})


def lots(**columns: object) -> pd.DataFrame:
    given = {"area_m2": AREAS, "floor_m2": FLOORS, "counted_floor_area_m2": FLOORS}
    frame = pd.DataFrame(given | {"owner": OWNERS, "floor_area_m2": FLOORS})
    return frame.assign(footprint_m2=frame["area_m2"] * 0.3, **columns).rename_axis("parcel_id")


def table(
    parcels: pd.DataFrame | None = None, far: pd.Series = FAR, lineage: pd.DataFrame = LINES
) -> pd.DataFrame:
    parcels = lots() if parcels is None else parcels
    members = members_of_subjects(parcels.index, lineage, zone_id=ZONES)
    found = indicator_table(parcels, lineage, members, planned_far=far)
    return found.set_index(["subject", "indicator"])


def both(found: pd.DataFrame, subject: str, indicator: str) -> list[float]:
    return found.loc[(subject, indicator), ["before", "after"]].tolist()


# --- the whole layer ------------------------------------------------------------------------------


def test_land_area_and_owners_stay_and_parcels_become_fewer() -> None:
    found = table()
    assert both(found, "overall", "land_area") == [16_000, 16_000]
    assert both(found, "overall", "owners") == [4, 4]
    assert both(found, "overall", "parcels") == [5, 3]  # S, T and k
    assert found.loc[("overall", "parcels"), "delta"] == -2


def test_planned_floor_area_overall_is_planned_sites_plus_what_exists() -> None:
    found = table()
    # S at FAR 2 on 10 000 m²; T has no planned FAR and keeps 2000 m²; k keeps 1000 m²
    assert both(found, "overall", "counted_floor_area") == [7500, 23_000]
    assert both(found, "overall", "far") == [pytest.approx(7500 / 16_000), 23_000 / 16_000]


def test_nobody_knows_the_actual_floor_area_of_a_site_that_is_planned() -> None:
    found = table()
    for subject in ("overall", "site:S", "zone:Z"):
        assert pd.isna(found.loc[(subject, "floor_area"), "after"])
    assert found.loc[("overall", "floor_area"), "missing_after"] == 3
    assert found.loc[("zone:Z", "floor_area"), "missing_after"] == 2
    assert both(found, "site:T", "floor_area") == [2000, 2000]


def test_existing_floor_area_is_kept_where_nothing_is_planned() -> None:
    found = table(far=FAR * NAN)
    for name in ("counted_floor_area", "floor_area"):
        assert both(found, "overall", name) == [7500, 7500]
    assert both(found, "overall", "far") == [7500 / 16_000] * 2
    assert both(found, "site:S", "far") == [0.5, 0.45]  # the scrap is bare


def test_a_planned_far_of_nothing_leaves_no_floor_area() -> None:
    assert both(table(far=pd.Series({"S": 0.0})), "site:S", "counted_floor_area") == [4500, 0]


# --- sites and zones ------------------------------------------------------------------------------


def test_a_site_before_is_its_own_parcels_and_after_has_the_scraps() -> None:
    found = table()
    assert both(found, "site:S", "land_area") == [9000, 10_000]
    assert both(found, "site:S", "parcels") == [2, 1]
    assert both(found, "site:S", "owners") == [2, 3]
    assert both(found, "site:S", "counted_floor_area") == [4500, 20_000]
    assert both(found, "site:S", "far") == [0.5, 2.0]
    assert both(found, "site:S", "coverage") == [pytest.approx(0.3), pytest.approx(0.3)]


def test_a_site_without_scraps_or_planned_far_stays_as_it_is() -> None:
    found = table().loc["site:T"]
    assert (found.loc[["land_area", "far", "parcels"], "delta"] == 0).all()
    assert found.loc["counted_floor_area", "after"] == 2000


def test_a_zone_has_the_same_parcels_both_times_and_its_part_of_a_site() -> None:
    found = table()
    assert both(found, "zone:Z", "land_area") == [9000, 9000]
    assert both(found, "zone:Z", "parcels") == [3, 2]  # s1 and c are one piece; s2 is outside
    assert both(found, "zone:Z", "counted_floor_area") == [4000, 15_000]  # 2 x 7000 + 1000
    assert both(found, "zone:Y", "far") == [0.5, 0.5]


def test_coverage_after_spreads_the_buildings_over_the_larger_land() -> None:
    given = lots()
    given.loc["c", "footprint_m2"] = 0.0
    found = table(given).reset_index()
    assert site_densities(found, FAR).loc["S", "coverage_after"] == pytest.approx(2700 / 10_000)


def test_densities_of_the_sites() -> None:
    found = site_densities(table().reset_index(), FAR)
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


def test_unknown_floor_area_stays_unknown_but_a_planned_far_does_not_need_it() -> None:
    given = lots()
    given.loc[["c", "t"], ["floor_m2", "counted_floor_area_m2"]] = NAN
    rows = table(given)
    assert both(rows, "site:S", "far") == [0.5, 2.0]
    assert ("site:T", "far") not in rows.index
    assert all(pd.isna(both(rows, "overall", "far")))
    told = rows.loc[("overall", "far"), ["missing_before", "missing_after"]]
    assert told.tolist() == [2, 1]
    assert rows.loc[("zone:Z", "far"), ["missing_before", "missing_after"]].tolist() == [1, 0]


def test_a_parcel_without_geometry_is_left_out() -> None:
    gone = pd.DataFrame({"owner": ["Z"], "area_m2": [NAN]}, index=pd.Index(["x"]))
    given = pd.concat([lots(), gone]).rename_axis("parcel_id")
    rows = table(given, lineage=pd.concat([LINES, lines({"x": ("no_geometry", "x")})]))
    assert both(rows, "overall", "parcels") == [5, 3]
    assert both(rows, "overall", "owners") == [4, 4]
    assert both(rows, "overall", "land_area") == [16_000, 16_000]
    assert rows.loc[("overall", "far"), "missing_before"] == 0


def test_a_kept_parcel_that_bears_the_id_of_a_site_is_not_taken_for_it() -> None:
    given = lots().rename(index={"k": "S"})
    rows = table(given, lineage=LINES.replace({"parcel_id": {"k": "S"}, "after_id": {"k": "S"}}))
    assert both(rows, "site:S", "land_area") == [9000, 10_000]
    assert both(rows, "overall", "parcels") == [5, 3]
    assert both(rows, "overall", "counted_floor_area") == [7500, 23_000]


def test_without_sites_only_the_whole_layer_and_zones_are_measured() -> None:
    none = pd.Series([], dtype="float64", index=pd.Index([], dtype="str"))
    kept = LINES.assign(after_id=LINES["parcel_id"], role="kept")
    rows = table(far=none, lineage=kept)
    assert rows.index.get_level_values(0).unique().tolist() == ["overall", "zone:Y", "zone:Z"]
    assert both(rows, "overall", "far") == [7500 / 16_000] * 2


# --- parcels after --------------------------------------------------------------------------------


def test_floor_areas_of_the_parcels_after() -> None:
    given = lots(counted_floor_area_m2=lots()["floor_m2"] + 1, floor_area_m2=NAN)
    found = after_amounts(given.iloc[::-1], LINES, FAR)
    assert found.index.tolist() == ["k", "t", "c", "s2", "s1"]
    assert found["counted_floor_area_m2"].tolist() == [1001.0, 2001.0, 2000.0, 6000.0, 12_000.0]
    assert found["floor_m2"].tolist() == [1000.0, 2000.0, 2000.0, 6000.0, 12_000.0]
    assert found["floor_area_m2"].isna().all()
    bare = after_amounts(given[["area_m2"]], LINES, FAR)
    assert bare["floor_m2"].fillna(-1).tolist() == [12_000.0, 6000.0, 2000.0, -1.0, -1.0]


def test_planned_far_and_piece_of_the_parcels() -> None:
    ids = pd.Index(["k", "c", "x", "s1", "t"])
    assert planned_parcels(ids, LINES, FAR).fillna(-1).tolist() == [-1, 2, -1, 2, -1]
    pieces, _ = pieces_after(ids, LINES)
    assert pieces[1] == pieces[3]
    assert len(set(pieces.tolist())) == 4
