"""The table of indicators: it closes, whatever the district, and agrees with counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amounts import NAN, District, lines
from gisland.layers.writing.contract import TABLES
from gisland.measure.sums.indicators import indicator_table
from gisland.measure.sums.indicatorspecs import MEASURED, ORDER, THEMES, theme_of
from gisland.measure.sums.landuse import use_matrix
from gisland.measure.sums.subjects import (
    canonical_order,
    held_land,
    members_of_subjects,
)

NO_FAR = pd.Series([], dtype="float64", index=pd.Index([], dtype="str"))


def measured(district: District, **more: object) -> pd.DataFrame:
    """Table of a district, by subject and indicator."""
    members = district.members()
    matrix = use_matrix(district.parcels, district.lineage, members)
    found = indicator_table(
        district.parcels,
        district.lineage,
        members,
        planned_far=district.far,
        matrix=matrix,
        **more,  # type: ignore[arg-type]
    )
    return found.set_index(["subject", "indicator"])


# --- properties -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_every_value_is_what_counting_parcel_by_parcel_gives(seed: int) -> None:
    district = District(seed, holes=0.0 if seed < 6 else 0.02)
    found, seen = measured(district), 0
    for (subject, name, when), value in district.expected().items():
        if (subject, name) not in found.index:
            assert math.isnan(value), (subject, name)
            continue
        assert found.loc[(subject, name), when] == pytest.approx(value, rel=1e-9, nan_ok=True), (
            subject,
            name,
            when,
        )
        seen += not math.isnan(value)
    assert seen > 200


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), holes=st.sampled_from([0.0, 0.01, 0.2]))
def test_a_ratio_times_its_denominator_is_its_numerator(seed: int, holes: float) -> None:
    district = District(seed, holes=holes)
    found = measured(district)
    ratios = found[found["denominator"] != ""]
    assert len(ratios)
    names = district.numerators()
    if district.better("floor_area", "counted_floor_area"):
        names["far"] = "far_floor_area"
    for when in ("before", "after"):
        rows = ratios[ratios[when].notna()]
        bases = rows[rows["denominator"] != "land_area_after"]
        keys = pd.MultiIndex.from_arrays([bases.index.get_level_values(0), bases["denominator"]])
        told = bases[f"denominator_{when}"].to_numpy()
        np.testing.assert_allclose(told, found[when].reindex(keys).to_numpy(), rtol=1e-12)
        over = bases[bases.index.get_level_values(1).isin(names)]
        tops = over.index.get_level_values(1).map(names)
        keys = pd.MultiIndex.from_arrays([over.index.get_level_values(0), tops])
        product = (over[when] * over[f"denominator_{when}"]).to_numpy()
        top = found[when].reindex(keys).to_numpy()
        np.testing.assert_allclose(product, top, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_units_and_what_is_in_none_are_the_whole(seed: int) -> None:
    district = District(seed, holes=0.0)
    found = measured(district)["before"]
    # parcels in no unit, as a unit of their own
    district.unit = district.unit.fillna("none")
    parted = measured(district)["before"]
    for name in ("land_area", "floor_area", "footprint", "open_space", "tax", "jobs", "parcels"):
        rows = parted.xs(name, level="indicator")
        units = rows[rows.index.str.startswith("unit:")].sum()
        assert units == pytest.approx(found["overall", name], rel=1e-12), name


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_land_is_the_sum_of_the_pieces_and_stays(seed: int) -> None:
    district = District(seed)
    found = measured(district)
    land = found.xs("land_area", level="indicator")
    pieces = district.lineage.assign(
        area_m2=district.parcels["area_m2"].reindex(district.lineage["parcel_id"]).to_numpy()
    )
    kept = pieces.loc[pieces["role"] == "kept", "area_m2"].sum()
    sites = land.loc[land.index.str.startswith("site:"), "after"].sum()
    assert kept + sites == pytest.approx(land.loc["overall", "after"], rel=1e-12)
    same = land[~land.index.str.startswith("site:")]
    assert (same["before"] == same["after"]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_shares_of_use_sum_to_one_and_are_of_the_land_after(seed: int) -> None:
    found = measured(District(seed)).reset_index()
    shares = found[found["indicator"].str.startswith("use_share_")]
    sums = shares.groupby("subject")[["before", "after"]].sum()
    np.testing.assert_allclose(sums.to_numpy(), 1.0, rtol=1e-12)
    land = found[found["indicator"] == "land_area"].set_index("subject")["after"]
    for when in ("before", "after"):
        expected = land.reindex(shares["subject"]).to_numpy()
        np.testing.assert_allclose(shares[f"denominator_{when}"], expected, rtol=1e-12)
    assert set(shares["denominator"]) == {"land_area_after"}


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_does_not_matter_and_input_stays(seed: int) -> None:
    district = District(seed, count=300)
    expected = measured(district)
    frames = [district.parcels, district.lineage, district.members()]
    before = [frame.copy(deep=True) for frame in frames]
    rng = {"frac": 1, "random_state": seed}
    members = district.members().sample(**rng)
    lineage, parcels = district.lineage.sample(**rng), district.parcels.sample(**rng)
    matrix = use_matrix(parcels, lineage, members)
    again = use_matrix(district.parcels, district.lineage, district.members())
    pd.testing.assert_frame_equal(matrix, again, check_exact=True)
    far = district.far.iloc[::-1]
    found = indicator_table(
        parcels, lineage, members, planned_far=far, matrix=matrix.sample(**rng)
    ).set_index(["subject", "indicator"])
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    for frame, was in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, was)
    other = District(seed, count=300)
    shuffled = members_of_subjects(
        other.parcels.index[::-1], lineage, zone_id=other.zone.iloc[::-1], unit_id=other.unit
    )
    pd.testing.assert_frame_equal(shuffled, district.members())


# --- a small district, by hand --------------------------------------------------------------------


def small(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "area_m2": [6000.0, 3000.0, 1000.0],
            "owner": ["A", "A", None],
            "floor_area_m2": [3000.0, 0.0, 1000.0],
            "counted_floor_area_m2": [4000.0, 0.0, 1000.0],
            "above_floor_m2": [2500.0, 0.0, 1000.0],
            "floor_area_estimated_m2": [0.0, 0.0, 1000.0],
            "footprint_m2": [2500.0, 0.0, 500.0],
            "green_m2": [600.0, 300.0, 100.0],
            "tax_yuan": [15.0, 0.0, 15.0],
            "output_yuan": [150.0, 0.0, 0.0],
            "investment_yuan": [0.0, 0.0, 30.0],
            "jobs": [45.0, 0.0, 0.0],
            "use_class": ["industrial", "green", None],
        },
        index=pd.Index(["a", "b", "c"], name="parcel_id"),
    )
    return frame.assign(**columns)


SMALL_LINES = lines({"a": ("site", "S"), "b": ("absorbed", "S"), "c": ("kept", "c")})


def table(lots: pd.DataFrame, far: float = NAN, **more: object) -> pd.DataFrame:
    members = members_of_subjects(lots.index, SMALL_LINES)
    found = indicator_table(
        lots,
        SMALL_LINES,
        members,
        planned_far=pd.Series({"S": far}),
        matrix=use_matrix(lots, SMALL_LINES, members) if "use_class" in lots else None,
        **more,  # type: ignore[arg-type]
    )
    return found.set_index(["subject", "indicator"])


def test_every_indicator_of_a_small_district() -> None:
    found = table(small(), far=2.0).loc["overall"]
    expected = {  # 10 000 m² are 15 mu
        "parcels": (3, 2),
        "land_area": (10_000, 10_000),
        "land_area_mu": (15, 15),
        "land_area_ha": (1, 1),
        "floor_area": (4000, NAN),  # what stands will not stay
        "counted_floor_area": (5000, 19_000),  # 2.0 x 9000 and what c keeps
        "above_floor_area": (3500, NAN),
        "estimated_floor_area": (1000, NAN),
        "footprint": (3000, 3000),
        "green_area": (1000, 1000),
        "open_space": (7000, 7000),
        "far": (0.5, 1.9),
        "far_actual": (0.4, NAN),
        "coverage": (0.3, 0.3),
        "green_ratio": (0.1, 0.1),
        "open_space_share": (0.7, 0.7),
        "open_space_ratio": (1.75, NAN),
        "mean_storeys": (3500 / 3000, NAN),
        "tax": (30, 30),
        "tax_per_mu": (2, 2),
        "output": (150, 150),
        "output_per_mu": (10, 10),
        "investment": (30, 30),
        "investment_per_mu": (2, 2),
        "jobs": (45, 45),
        "jobs_per_mu": (3, 3),
        "use_share_industrial": (0.6, 0.9),
        "use_share_green": (0.3, 0.0),
        "use_share_not_classified": (0.1, 0.1),
        "owners": (1, 1),
    }
    assert found.index.tolist() == list(expected)
    for name, (before, after) in expected.items():
        assert found.loc[name, "before"] == pytest.approx(before), name
        assert found.loc[name, "after"] == pytest.approx(after, nan_ok=True), name
        assert found.loc[name, "delta"] == pytest.approx(after - before, nan_ok=True), name
    assert found.loc["floor_area", ["missing_before", "missing_after"]].tolist() == [0, 2]
    assert found.loc["owners", ["missing_before", "missing_after"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "unit", "denominator", "amounts"),
    [
        ("land_area", "m2", "", (NAN, NAN)),
        ("far", "ratio", "land_area", (6000, 9000)),
        ("open_space_ratio", "ratio", "floor_area", (3000, NAN)),
        ("mean_storeys", "ratio", "footprint", (2500, 2500)),
        ("tax_per_mu", "yuan/mu", "land_area_mu", (9, 13.5)),
        ("jobs_per_mu", "count/mu", "land_area_mu", (9, 13.5)),
        ("use_share_green", "share", "land_area_after", (9000, 9000)),
    ],
)
def test_units_and_denominators_of_a_site(
    name: str, unit: str, denominator: str, amounts: tuple[float, float]
) -> None:
    row = table(small(), far=2.0).loc[("site:S", name)]
    assert row[["unit", "denominator"]].tolist() == [unit, denominator]
    told = row[["denominator_before", "denominator_after"]].tolist()
    assert told == pytest.approx(list(amounts), nan_ok=True)


def test_a_total_is_missing_if_one_member_with_land_lacks_it() -> None:
    lots = small(tax_yuan=[NAN, 1.0, 2.0])
    found = table(lots)
    told = found.loc[("overall", "tax")]
    assert pd.isna(told[["before", "after"]]).all()  # who has it counts for who asks why
    assert told[["missing_before", "missing_after"]].tolist() == [1, 1]
    assert pd.isna(found.loc[("site:S", "tax_per_mu"), "after"])
    lots = small(tax_yuan=[15.0, NAN, 2.0])  # the scrap: the site is known before, not after
    row = table(lots).loc[("site:S", "tax_per_mu")]
    assert row["before"] == pytest.approx(15 / 9)
    assert pd.isna(row[["after", "delta"]]).all()
    assert row[["missing_before", "missing_after"]].tolist() == [0, 1]
    nowhere = small(tax_yuan=[NAN, 1.0, 2.0], area_m2=[NAN, 3000.0, 1000.0])
    assert table(nowhere).loc[("overall", "tax"), "before"] == 3.0  # no land, no say


def test_a_ratio_of_two_amounts_counts_who_lacks_either() -> None:
    lots = small(footprint_m2=[2500.0, NAN, 500.0], above_floor_m2=[2500.0, 0.0, NAN])
    lots = lots.drop(columns="floor_area_m2")
    row = table(lots).loc[("site:S", "mean_storeys")]
    assert row["before"] == 1.0
    assert row[["missing_before", "missing_after"]].tolist() == [0, 1]


def test_open_space_below_nothing_stays_visible() -> None:
    found = table(small(footprint_m2=[7000.0, 3500.0, 500.0])).loc["overall"]
    assert found.loc["open_space", "before"] == -1000
    assert found.loc["open_space_share", "before"] == -0.1
    assert found.loc["coverage", "before"] == 1.1


def test_no_building_has_no_storeys() -> None:
    found = table(small(footprint_m2=0.0, above_floor_m2=0.0)).loc["overall"]
    assert "mean_storeys" not in found.index
    assert found.loc["coverage", "before"] == 0


def test_far_of_the_whole_floor_area_says_what_it_is_of() -> None:
    lots = small().drop(columns="counted_floor_area_m2")
    found = table(lots, far=2.0).loc["overall"]
    assert found.loc["far", ["before", "after"]].tolist() == [0.4, 1.9]
    assert found.loc["far_floor_area", ["before", "after"]].tolist() == [4000.0, 19_000.0]
    assert pd.isna(found.loc["counted_floor_area", "after"])  # nobody knows it of c
    assert table(lots, far=2.0).loc[("site:S", "counted_floor_area"), "after"] == 18_000
    assert "far_floor_area" not in table(small()).index.get_level_values(1)


def test_what_is_not_known_is_left_out() -> None:
    lots = pd.DataFrame({"area_m2": [700.0], "owner": [None], "tax_yuan": [NAN]}, index=["c"])
    found = table(lots).loc["overall"]
    assert found.index.tolist() == ["parcels", "land_area", "land_area_mu", "land_area_ha"]


def test_owners_are_counted_whatever_the_spelling() -> None:
    lots = small(owner=["甲公司", "甲公司 ", "ＡＢＣ"])
    found = table(lots)
    assert found.loc[("overall", "owners"), ["before", "after"]].tolist() == [2, 2]
    assert found.loc[("site:S", "owners"), ["before", "after"]].tolist() == [1, 1]


def test_a_site_without_any_land_has_none() -> None:
    found = table(small(area_m2=[NAN, NAN, 1000.0]), far=2.0)
    site = found.loc["site:S"]
    assert site["before"].to_dict() == dict.fromkeys(
        ("parcels", "land_area", "land_area_mu", "land_area_ha", "owners"), 0.0
    )
    assert found.loc[("overall", "counted_floor_area"), "after"] == 1000


def test_no_parcel_at_all() -> None:
    lots, none = small().iloc[:0], SMALL_LINES.iloc[:0]
    members = members_of_subjects(lots.index, none)
    assert use_matrix(lots, none, members).empty
    found = indicator_table(lots, none, members, planned_far=NO_FAR)
    assert set(found.columns) == set(TABLES["indicators"].columns)


# --- rows of other pieces -------------------------------------------------------------------------


def capacity() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": ["T", "S"],
            "capacity_min_before_m2": [NAN, NAN],
            "capacity_min_after_m2": [NAN, NAN],
            "capacity_max_before_m2": [NAN, 12_000.0],
            "capacity_max_after_m2": [800.0, 18_000.0],
            "left_m2": [-200.0, 14_000.0],
            "gained_m2": [NAN, 6000.0],
        }
    )


def test_capacity_of_sites_and_of_the_sites_together() -> None:
    found = table(small(), capacity=capacity())
    site = found.loc["site:S"]
    assert site.loc["capacity_max", ["before", "after", "delta"]].tolist() == [12e3, 18e3, 6e3]
    assert site.loc["capacity_left", "after"] == 14_000
    assert pd.isna(site.loc["capacity_gained", "before"])
    assert "capacity_min" not in site.index
    whole = found.loc["overall"]
    assert whole.loc["capacity_max", ["before", "after"]].tolist() == [12_000, 18_800]
    assert whole.loc["capacity_max", ["missing_before", "missing_after"]].tolist() == [1, 0]
    assert whole.loc["capacity_gained", ["after", "missing_after"]].tolist() == [6000, 1]
    assert whole.loc["capacity_left", ["after", "missing_after"]].tolist() == [13_800, 0]
    assert "site:T" not in found.index.get_level_values(0)  # no such subject


def test_the_order_of_the_capacity_table_does_not_matter() -> None:
    uneven = {"site_id": ["A", "B", "C"], "left_m2": [0.1, 0.2, 0.3]}  # 0.3 + 0.2 + 0.1 is less
    frame = capacity().iloc[[0]].merge(pd.DataFrame(uneven), how="right", on=["site_id", "left_m2"])
    one, other = (table(small(), capacity=rows) for rows in (frame, frame.iloc[::-1]))
    assert one.loc[("overall", "capacity_left"), "after"] == 0.1 + 0.2 + 0.3
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_rows_of_fragmentation_find_their_place() -> None:
    rows = pd.DataFrame(
        {
            "subject": ["site:S", "overall", "overall", "site:X", "overall"],
            "indicator": ["patches", "owner_simpson", "edge_density", "patches", "small_parcels"],
            "before": [2.0, 0.5, 90.0, 1.0, NAN],
            "after": [1.0, 0.25, 80.0, 1.0, NAN],
            "unit": ["count", "ratio", "m/ha", "count", "count"],
            "denominator": [None, "owners", "land_area_ha", None, None],
            "denominator_before": [NAN, 4.0, 1.0, NAN, NAN],
            "denominator_after": [NAN, 4.0, 1.0, NAN, NAN],
        }
    )
    found = table(small(), fragmentation=rows)
    assert found.loc[("site:S", "patches"), "delta"] == -1
    assert found.loc[("site:S", "patches"), "denominator"] == ""
    assert found.loc[("overall", "owner_simpson"), "theme"] == "owners"
    assert found.loc[("overall", "edge_density"), ["theme", "unit"]].tolist() == [
        "fragmentation",
        "m/ha",
    ]
    assert ("overall", "small_parcels") not in found.index
    assert "site:X" not in found.index.get_level_values(0)
    names = found.loc["overall"].index.tolist()
    assert names.index("jobs_per_mu") < names.index("edge_density") < names.index("owners")
    assert names[-2:] == ["owners", "owner_simpson"]


def test_rows_stand_in_the_order_of_subjects_themes_and_indicators() -> None:
    found = measured(District(3)).reset_index()
    assert found["subject"].drop_duplicates().tolist() == [
        "overall",
        *("site:S1", "site:S2", "site:S3", "zone:Z1", "zone:Z2"),
        *("unit:U1", "unit:U2", "unit:U3"),
    ]
    rank = found["theme"].map(THEMES.index) * 1000 + found["indicator"].map(ORDER.index)
    assert rank.groupby(found["subject"]).is_monotonic_increasing.all()
    assert not found.duplicated(["subject", "indicator"]).any()
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    written = TABLES["indicators"].columns
    assert kinds == {n: "int64" if kind == "Int64" else kind for n, kind in written.items()}


def test_themes_of_what_is_measured_here_and_elsewhere() -> None:
    assert {theme_of(name) for name in ORDER} == set(THEMES)
    assert theme_of("capacity_gained") == "capacity"
    assert theme_of("patches") == "fragmentation"
    assert all(spec.theme in THEMES for spec in MEASURED.values())


# --- subjects -------------------------------------------------------------------------------------


def test_members_by_hand() -> None:
    ids = pd.Index(["b", "a", "c", "gone"])
    roles = {"a": ("site", "S"), "b": ("absorbed", "S"), "c": ("kept", "c")}
    lineage = lines(roles | {"gone": ("no_geometry", "gone")})
    zone = pd.Series({"c": "Z", "gone": "Z"})
    found = members_of_subjects(ids, lineage, zone_id=zone)
    assert found.to_numpy().tolist() == [
        ["overall", "a", True, True],
        ["overall", "b", True, True],
        ["overall", "c", True, True],
        ["site:S", "a", True, True],
        ["site:S", "b", False, True],
        ["zone:Z", "c", True, True],
    ]


def test_subjects_of_ids_that_are_numbers_or_look_like_subjects() -> None:
    names = pd.Index(["unit:2", "unit:10", "site:overall", "overall", "zone:site:1"])
    order = names[canonical_order(names)].tolist()
    assert order == ["overall", "site:overall", "zone:site:1", "unit:10", "unit:2"]


def test_members_that_are_no_parcels_are_passed_over() -> None:
    members = pd.DataFrame(
        {"subject": ["overall", "overall"], "parcel_id": ["x", "a"], "before": True, "after": True}
    )
    area = pd.Series([5.0, NAN], index=pd.Index(["a", "b"], dtype="str"))
    held = held_land(members, area)
    assert held.before.parcel.tolist() == [0]
    assert held.before.count.tolist() == [1]
