"""Land use before and after: the table closes, and agrees with counting parcel by parcel."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from amounts import NAN, District, lines
from gisland.layers.writing.contract import TABLES
from gisland.measure.sums.landuse import CLASSES, use_matrix
from gisland.measure.sums.subjects import members_of_subjects

USES = {"s": "industrial", "d": "residential", "c": "green", "k": None}
LINES = lines({"s": ("site", "S"), "d": ("site", "S"), "c": ("absorbed", "S"), "k": ("kept", "k")})


def lots(**columns: object) -> pd.DataFrame:
    areas = {"s": 6000.0, "d": 3000.0, "c": 1000.0, "k": 2000.0}
    frame = pd.DataFrame({"area_m2": areas}).rename_axis("parcel_id")
    return frame.assign(**{"use_class": pd.Series(USES, dtype="str")} | columns)


def matrix(parcels: pd.DataFrame, **more: object) -> pd.DataFrame:
    members = members_of_subjects(parcels.index, LINES)
    return use_matrix(parcels, LINES, members, **more)  # type: ignore[arg-type]


def cells(found: pd.DataFrame, subject: str, basis: str = "merged") -> dict[tuple[str, str], float]:
    rows = found[(found["subject"] == subject) & (found["basis"] == basis)]
    return rows.set_index(["use_before", "use_after"])["area_m2"].to_dict()


def pairs(rows: list[tuple[str, str, float, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["left_id", "right_id", "overlap_m2", "use_class"])


# --- merged ---------------------------------------------------------------------------------------


def test_parcels_of_a_site_get_the_class_of_its_largest() -> None:
    found = matrix(lots())
    site = {
        ("industrial", "industrial"): 6000,
        ("residential", "industrial"): 3000,
        ("green", "industrial"): 1000,
    }
    assert cells(found, "site:S") == site
    assert cells(found, "overall") == site | {("not_classified", "not_classified"): 2000}
    rows = found[found["subject"] == "site:S"].set_index("use_before")
    assert rows["share"].to_dict() == {"industrial": 0.6, "residential": 0.3, "green": 0.1}
    assert rows.loc["residential", "area_mu"] == 4.5


def test_of_equal_parcels_the_smaller_id_decides() -> None:
    equal = lots(area_m2=[3000.0, 3000.0, 3000.0, 1.0])  # s, d, c
    assert {after for _, after in cells(matrix(equal), "site:S")} == {"green"}  # of c


def test_the_largest_parcel_decides_even_if_it_has_no_class() -> None:
    unknown = lots(use_class=pd.Series(USES | {"s": None}, dtype="str"))
    assert {after for _, after in cells(matrix(unknown), "site:S")} == {"not_classified"}


def test_the_class_of_a_site_can_be_given() -> None:
    found = matrix(lots(), merged_use=pd.Series({"S": "commercial", "T": "green"}))
    assert {after for _, after in cells(found, "site:S")} == {"commercial"}
    found = matrix(lots(), merged_use=pd.Series({"S": None}, dtype="str"))
    assert {after for _, after in cells(found, "site:S")} == {"not_classified"}


def test_a_layer_without_classes_has_no_matrix() -> None:
    found = matrix(lots()[["area_m2"]])
    assert found.empty
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    assert kinds == dict(TABLES["use_matrix"].columns)
    assert list(found.columns) == list(TABLES["use_matrix"].columns)


def test_a_parcel_without_land_is_in_no_row() -> None:
    found = matrix(lots(area_m2=[6000.0, NAN, 1000.0, 2000.0]))
    assert sum(cells(found, "site:S").values()) == 7000


# --- planned --------------------------------------------------------------------------------------


def test_land_gets_the_classes_of_its_zones_by_area_and_the_rest_none() -> None:
    zones = pairs(
        [
            ("s", "Z1", 4000.0, "commercial"),
            ("s", "Z2", 2000.0, "green"),
            ("d", "Z1", 1000.0, "commercial"),  # 2000 of d in no zone
            ("c", "Z3", 1000.0, None),  # in a zone of no class
            ("x", "Z1", 9000.0, "commercial"),  # no parcel
        ]
    )
    found = matrix(lots(), zone_pairs=zones)
    assert cells(found, "site:S", "planned") == pytest.approx(
        {
            ("industrial", "commercial"): 4000,
            ("industrial", "green"): 2000,
            ("residential", "commercial"): 1000,
            ("residential", "not_classified"): 2000,
            ("green", "not_classified"): 1000,
        }
    )
    assert cells(found, "overall", "planned")["not_classified", "not_classified"] == 2000
    assert cells(found, "site:S") == cells(matrix(lots()), "site:S")


def test_stacked_zones_are_scaled_to_the_parcel() -> None:
    zones = pairs([("k", "Z1", 2000.0, "commercial"), ("k", "Z2", 3000.0, "green")])
    found = cells(matrix(lots(), zone_pairs=zones), "overall", "planned")
    assert found["not_classified", "commercial"] == pytest.approx(800)
    assert found["not_classified", "green"] == pytest.approx(1200)


def test_rounding_noise_of_an_overlap_leaves_no_rest() -> None:
    zones = pairs([("k", "Z1", 2000.0 * (1 - 1e-12), "commercial")])
    found = cells(matrix(lots(), zone_pairs=zones), "overall", "planned")
    assert found["not_classified", "commercial"] == 2000.0
    assert sum(v for (b, a), v in found.items() if b == a == "not_classified") == 0


def test_zones_without_classes_make_no_rows() -> None:
    zones = pairs([("k", "Z1", 2000.0, None)]).drop(columns="use_class")
    assert set(matrix(lots(), zone_pairs=zones)["basis"]) == {"merged"}
    none = pairs([])
    assert cells(matrix(lots(), zone_pairs=none), "site:S", "planned") == {
        (use, "not_classified"): area
        for use, area in (("industrial", 6000), ("residential", 3000), ("green", 1000))
    }


def test_overlaps_are_parts_of_the_drawn_parcel_whatever_its_area_counts() -> None:
    """On an ellipsoid the land is not what the plane geometry measures."""
    drawn = gpd.GeoDataFrame(
        {"area_m2": [101.0], "use_class": ["green"]},
        geometry=[box(0, 0, 10, 10)],
        index=["k"],
        crs=4547,
    )
    zones = pairs([("k", "Z1", 25.0, "commercial")])
    found = cells(matrix(drawn, zone_pairs=zones), "overall", "planned")
    assert found == {("green", "commercial"): 25.25, ("green", "not_classified"): 75.75}


# --- properties -----------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_table_closes_for_every_subject_and_basis(seed: int) -> None:
    district = District(seed)
    rng = np.random.default_rng(seed)
    ids = district.parcels.index.to_numpy()
    zones = pd.DataFrame(
        {
            "left_id": pd.array(rng.choice(ids, 60), dtype="str"),
            "right_id": pd.array([f"Z{k % 7}" for k in range(60)], dtype="str"),
            "overlap_m2": rng.uniform(0, 5000, 60),
            "use_class": pd.array(rng.choice([*CLASSES[:12], None], 60), dtype="str"),
        }
    )
    members = district.members()
    found = use_matrix(district.parcels, district.lineage, members, zone_pairs=zones)
    area = district.parcels["area_m2"].reindex(members["parcel_id"]).to_numpy()
    after = members.assign(area=area)[members["after"]]
    land = after.groupby("subject")["area"].sum()
    land = land[land > 0]
    for basis in ("merged", "planned"):
        rows = found[found["basis"] == basis].groupby("subject")
        sums = rows["area_m2"].sum()
        np.testing.assert_allclose(sums, land.reindex(sums.index), rtol=1e-9)
        assert set(sums.index) == set(land.index)
        np.testing.assert_allclose(rows["share"].sum(), 1.0, rtol=1e-9)
    np.testing.assert_allclose(found["area_mu"] * 10_000 / 15, found["area_m2"], rtol=1e-12)
    # the land of each class before is the same on either basis
    before = found.groupby(["basis", "subject", "use_before"])["area_m2"].sum()
    merged, planned = before["merged"], before["planned"]
    np.testing.assert_allclose(merged, planned.reindex(merged.index), rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_every_cell_is_what_counting_parcel_by_parcel_gives(seed: int) -> None:
    district = District(seed, count=80)
    found = use_matrix(district.parcels, district.lineage, district.members())
    frame = district.parcels.sort_index()
    leading: dict[str, str] = {}
    for parcel in frame.index:
        site = district.merged_site(parcel)
        best = leading.get(site, parcel)
        if site and frame.loc[parcel, "area_m2"] >= frame.loc[best, "area_m2"]:
            leading[site] = parcel
    expected: dict[tuple[str, str], float] = {}
    for parcel, row in frame.dropna(subset=["area_m2"]).iterrows():
        heir = leading.get(district.merged_site(parcel), parcel)
        uses = [row["use_class"], frame.loc[heir, "use_class"]]
        key = tuple(u if isinstance(u, str) else "not_classified" for u in uses)
        expected[key] = expected.get(key, 0.0) + row["area_m2"]
    assert cells(found, "overall") == pytest.approx(expected)


def test_rows_stand_in_the_order_of_subjects_and_classes() -> None:
    district = District(5)
    zones = pairs([("p001", "Z", 10.0, "green")])
    found = use_matrix(district.parcels, district.lineage, district.members(), zone_pairs=zones)
    assert found["subject"].drop_duplicates().tolist()[:2] == ["overall", "site:S1"]
    rank = found["use_before"].map(CLASSES.index) * 100 + found["use_after"].map(CLASSES.index)
    assert rank.groupby([found["subject"], found["basis"]]).is_monotonic_increasing.all()
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    assert kinds == dict(TABLES["use_matrix"].columns)


def test_the_order_of_zone_pairs_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    district = District(1, count=50)
    rows = [
        (f"p{rng.integers(50):03d}", f"Z{k}", float(rng.uniform(0, 999)), CLASSES[k % 3])
        for k in range(400)
    ]
    given_frames = [pairs(rows), pairs(rows).sample(frac=1, random_state=2)]
    one, other = (
        use_matrix(district.parcels, district.lineage, district.members(), zone_pairs=frame)
        for frame in given_frames
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)
