"""Fragmentation: published formulas worked out by hand, properties, and a second opinion."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

import layouts
from gisland.base.errors import CRSError, TableError
from gisland.measure.layout.fragmentation import (
    MEASURES,
    fragmentation_measures,
    fragmentation_table,
)
from gisland.topology.borders import borders
from layouts import Layout, drawn, layout, random_layout
from subdivisions import subdivision

SEEDS = st.integers(0, 10_000)
MESH = "effective_mesh_size"
OWNED = ("owners_per_ha", "parcels_per_owner", "owner_simpson", "owner_januszewski")
NONE = {"parcel_id": [], "after_id": [], "role": []}


def lots(*shapes: shapely.Geometry | None, **columns: list[Any]) -> gpd.GeoDataFrame:
    names = [f"p{k:02d}" for k in range(len(shapes))]
    index = pd.Index(names, name="parcel_id", dtype="str")
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=index, crs=4547)


def table(case: Layout, **other: Any) -> pd.DataFrame:  # noqa: ANN401 - tables
    return fragmentation_table(**{**case._asdict(), "rules": layouts.rules(), **other})


def values(found: pd.DataFrame, subject: str) -> pd.DataFrame:
    return found[found["subject"] == subject].set_index("indicator")


# --- by hand -----------------------------------------------------------------------------------

STREET = drawn(
    {
        "a": box(0, 0, 60, 100),
        "b": box(60, 0, 100, 100),
        "r": box(100, 0, 120, 100),
        "c": box(120, 0, 200, 50),
        "d": box(120, 50, 200, 100),
        "lost": None,
    },
    owner=["甲", "乙", "市政", "甲 ", None, "丙"],
    use_class=["industrial", "industrial", "transport", "industrial", "residential", "industrial"],
)
EVERY = "a b r c d lost"


def street() -> Layout:
    """Two hectares; site S is a, and absorbs b beside it; a road; zone Z1 has b, c and the road."""
    subjects = {
        "unit:U": (EVERY, EVERY),
        "zone:Z1": ("b r c", "b r c"),
        "site:S": ("a", "a b"),
        "overall": (EVERY, EVERY),
    }
    return layout(STREET, {"S": ("a", "b")}, subjects)


# Patches a 6000, b, c, d 4000 each: 18 000 m² on 20 000 m² of land, roads included; after, a and b
# are one of 10 000. Perimeters 320 + 280 + 260 + 260 = 1120 m, less a-b 100 and c-d 80: 940 m;
# after, the border a-b is no edge at all: 840 m. Of industrial lots those below 5000 m² are small
# (b and c; after: c), houses have no limit.
# 甲 has 6000 and 4000, 乙 4000; the road and its owner are left out, and so is d, without an owner.
A_B_C = 4 * math.pi * 6000 / 320**2, 4 * math.pi * 4000 / 280**2, 4 * math.pi * 4000 / 260**2
FIRST = 100 / (math.sqrt(6000) + math.sqrt(4000))  # Januszewski of 甲, sqrt(10 000) above
OVERALL = {
    "patches": (4, 3),
    "mean_parcel_area": (4500, 6000),
    "median_parcel_area": (4000, 4000),
    "weighted_mean_parcel_area": (84e6 / 18e3, 132e6 / 18e3),
    "effective_mesh_size": (84e6 / 20e3, 132e6 / 20e3),
    "edge_density": (470, 420),
    "compactness": (
        (6 * A_B_C[0] + 4 * A_B_C[1] + 8 * A_B_C[2]) / 18,
        (10 * math.pi / 4 + 8 * A_B_C[2]) / 18,
    ),
    "rectangularity": (1, 1),
    "small_parcels": (2, 1),
    "small_parcels_share": (8 / 18, 4 / 18),
    "owners_per_ha": (1, 1),
    "parcels_per_owner": (1.5, 1.5),
    "owner_simpson": (0.24, 0.24),  # (1 - 52/100 + 0) / 2
    "owner_januszewski": ((FIRST + 1) / 2, (FIRST + 1) / 2),
}
# Zone Z1: b and c of 4000 on 10 000 m² of land. After, b is a part of S: its land in the zone is
# 4000, its perimeter 280, its shape that of S (a square), and S is not small.
ZONE = {
    "patches": (2, 2),
    "effective_mesh_size": (3200, 3200),
    "edge_density": (540, 540),
    "compactness": ((A_B_C[1] + A_B_C[2]) / 2, (math.pi / 4 + A_B_C[2]) / 2),
    "small_parcels": (2, 1),
    "small_parcels_share": (1, 0.5),
    "parcels_per_owner": (1, 1),
}
SITE = {
    "patches": (1, 1),
    "mean_parcel_area": (6000, 10_000),
    "effective_mesh_size": (6000, 10_000),
    "edge_density": (320 / 0.6, 400),
    "compactness": (A_B_C[0], math.pi / 4),
    "owners_per_ha": (1 / 0.6, 2),
    "owner_simpson": (0, 0),
    "owner_januszewski": (1, 1),
}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("overall", OVERALL), ("unit:U", OVERALL), ("zone:Z1", ZONE), ("site:S", SITE)],
)
def test_a_street_by_hand(subject: str, expected: dict[str, tuple[float, float]]) -> None:
    found = values(table(street()), subject)
    for name, (before, after) in expected.items():
        told = found.loc[name, ["before", "after"]].tolist()
        assert told == pytest.approx([before, after], rel=1e-12), name


def test_units_denominators_and_order() -> None:
    found = table(street())
    assert found["subject"].unique().tolist() == ["overall", "site:S", "zone:Z1", "unit:U"]
    overall = values(found, "overall")
    assert overall.index.tolist() == list(MEASURES)
    held = overall[["denominator", "denominator_before", "denominator_after"]]
    assert held.loc["mean_parcel_area"].tolist() == ["patches", 4.0, 3.0]
    assert held.loc["compactness"].tolist() == ["patch_area", 18e3, 18e3]
    assert held.loc[MESH].tolist() == ["land_area", 20e3, 20e3]
    assert held.loc["edge_density"].tolist() == ["land_area_ha", 2.0, 2.0]
    assert held.loc["owner_simpson"].tolist() == ["owners", 2.0, 2.0]
    assert held.loc["patches", "denominator"] == ""
    assert held.loc["patches"].isna().sum() == 2
    assert overall.loc["edge_density", "unit"] == "m/ha"
    lacking = overall[["missing_before", "missing_after"]]
    assert lacking.loc["small_parcels"].tolist() == [1, 1]  # d, a house
    assert lacking.loc["owner_simpson"].tolist() == [1, 1]  # d, without an owner
    assert lacking.drop(["small_parcels", "small_parcels_share", *OWNED]).eq(0).all(axis=None)


@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_equal_pieces(count: int) -> None:
    """N equal pieces: m_eff = A / n (Jaeger), 1 - 1/n (Simpson), 1 / sqrt(n) (Januszewski)."""
    shapes = [box(30 * k, 0, 30 * k + 30, 40) for k in range(count)]
    found = fragmentation_measures(lots(*shapes, owner=["甲"] * count), owner="owner").iloc[0]
    assert found[MESH] == pytest.approx(1200)
    assert found["weighted_mean_parcel_area"] == pytest.approx(1200)
    assert found["owner_simpson"] == pytest.approx(1 - 1 / count)
    assert found["owner_januszewski"] == pytest.approx(1 / math.sqrt(count))
    # the outer boundary, and each border between two once
    assert found["edge_density"] == pytest.approx((60 * count + 40 * (count + 1)) / (count * 0.12))


def test_jaegers_two_ways_of_writing_the_mesh_size() -> None:
    """Jaeger 2000: m_eff = A_t x C, where C = sum (A_i / A_t)² is the degree of coherence."""
    sides = [(0, 50, 20), (60, 75, 75), (80, 100, 30)]
    shapes = lots(*(box(x0, 0, x1, y) for x0, x1, y in sides))
    parts = np.array([1000.0, 1125.0, 600.0])
    whole = pd.Series({"overall": 10_000.0})  # what the pieces do not cover is built up or road
    found = fragmentation_measures(shapes, land_m2=whole).iloc[0]
    assert found[MESH] == pytest.approx(10_000 * ((parts / 10_000) ** 2).sum())
    assert found["land_area"] == 10_000
    assert found["patch_area"] == 2725


def test_shapes_of_holes_and_parts() -> None:
    frame = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])  # 800 m², 160 m
    parts = MultiPolygon([box(100, 0, 104, 4), box(110, 0, 120, 10)])  # 116 m², 56 m, in 20 x 10
    found = fragmentation_measures(lots(frame, parts)).iloc[0]
    assert found["patches"] == 2
    assert found["edge_density"] == pytest.approx(216 / 0.0916)
    round_ = 4 * math.pi * (800**2 / 160**2 + 116**2 / 56**2) / 916
    assert found["compactness"] == pytest.approx(round_)
    assert found["rectangularity"] == pytest.approx((800 * 800 / 900 + 116 * 116 / 200) / 916)


def test_what_an_owner_has_in_a_site_is_one_piece_of_his() -> None:
    shapes = {name: box(10 * k, 0, 10 * k + 10, 10) for k, name in enumerate("abcd")}
    parcels = drawn(shapes, owner=["甲", "乙", "甲", "甲"])
    case = layout(parcels, {"S": ("a b", "c")}, {"overall": ("a b c d", "a b c d")})
    found = values(table(case), "overall")
    # before 甲 has 100 three times; after 200 in S, and d: 1 - (4 + 1) / 9; 乙 always one
    assert found.loc["parcels_per_owner", ["before", "after"]].tolist() == [2.0, 1.5]
    simpson = found.loc["owner_simpson", ["before", "after"]].tolist()
    assert simpson == pytest.approx([2 / 3 / 2, 4 / 9 / 2])


def test_the_limit_is_compared_as_the_rule_compares_it() -> None:
    sides = {"as large": 4999.996, "below": 4999.99, "above": 5000.0}
    shapes = {
        name: box(0, 200 * k, m2 / 100, 200 * k + 100) for k, (name, m2) in enumerate(sides.items())
    }
    parcels = drawn(shapes, use_class=["industrial"] * 3)
    ids = "as large below above"
    case = layout(parcels, {}, {"overall": (ids, ids)})
    members = pd.DataFrame({"subject": "overall", "parcel_id": list(sides)})
    found = table(case, members=members.assign(before=True, after=True))
    assert values(found, "overall").loc["small_parcels", "before"] == 1


def test_the_class_of_a_site_is_that_of_its_largest_own_parcel() -> None:
    shapes = {"z": box(0, 0, 40, 50), "y": box(40, 0, 80, 50), "x": box(80, 0, 200, 50)}
    for first, small in (("industrial", 1.0), ("commercial", 0.0)):  # x is absorbed, y before z
        parcels = drawn(shapes, use_class=["residential", first, "residential"])
        half = parcels.assign(area_m2=[1500.0, 1500.0, 1900.0])
        case = layout(half, {"S": ("z y", "x")}, {"site:S": ("z y", "z y x")})
        after = values(table(case), "site:S").loc["small_parcels", "after"]
        assert after == small


# --- what is not there -------------------------------------------------------------------------


def test_no_owner_column_and_no_owner() -> None:
    case = street()
    for parcels in (STREET.drop(columns="owner"), STREET.assign(owner=None)):
        found = table(case, parcels=parcels)
        assert set(found["indicator"]) == set(MEASURES) - set(OWNED)


def test_no_use_class() -> None:
    found = values(table(street(), parcels=STREET.drop(columns="use_class")), "overall")
    assert found.loc["patches", "before"] == 5  # what was road is land like all others
    assert found.loc["small_parcels", ["before", "missing_before"]].tolist() == [0, 0]


def test_a_subject_of_roads_alone_has_no_patches() -> None:
    case = layout(STREET, {}, {"zone:R": ("r", "r"), "zone:X": ("lost", "lost")})
    found = table(case)
    roads = values(found, "zone:R")
    assert roads["before"].to_dict() == {"patches": 0, MESH: 0, "edge_density": 0}
    assert values(found, "zone:X")["after"].to_dict() == {"patches": 0}


def test_no_members_and_no_parcels() -> None:
    case = street()
    empty = table(case, members=case.members.iloc[:0])
    assert empty.empty
    assert empty.columns.tolist() == table(case).columns.tolist()
    nothing = fragmentation_measures(lots())
    assert nothing.empty
    undrawn = fragmentation_measures(lots(None, None), owner=None)
    assert undrawn["patches"].tolist() == [0]
    assert undrawn.drop(columns=["patches", "patch_area", "land_area"]).isna().all(axis=None)


def test_a_piece_that_is_not_drawn_takes_part_in_nothing() -> None:
    bow = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    shapes = (box(0, 0, 10, 10), None, bow, box(10, 0, 30, 10))
    kept = fragmentation_measures(lots(*shapes, owner=["甲", "乙", "丙", "丁"]), owner="owner")
    whole = lots(shapes[0], shapes[3], owner=["甲", "丁"])
    pd.testing.assert_frame_equal(kept, fragmentation_measures(whole, owner="owner"))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"parcels": STREET.drop(columns="perimeter_m")}, "no column 'perimeter_m'"),
        ({"lineage": pd.DataFrame(NONE).drop(columns="role")}, "lineage: no column 'role'"),
        ({"members": pd.DataFrame({"subject": ["overall"]})}, "members: no column 'parcel_id'"),
        ({"borders": pd.DataFrame({"border_m": [1.0]})}, "the index is not focal, neighbor"),
        (
            {"merged": street().merged.iloc[:0]},
            r"merged: 1 site of the lineage without a row \(S\)",
        ),
        (
            {"members": street().members.assign(parcel_id="p99")},
            r"members: \d+ rows? with an unknown parcel_id",
        ),
        (
            {"members": street().members.replace({"site:S": "zone:Z2"})},
            r"several subjects of the kind 'zone' \(b\)",
        ),
    ],
)
def test_mistakes_are_told(other: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message):
        table(street(), **other)


def test_mistakes_in_a_notebook_are_told() -> None:
    pieces = lots(box(0, 0, 1, 1), owner=["甲"])
    with pytest.raises(TableError, match="pieces: no column 'Owner'; did you mean 'owner'"):
        fragmentation_measures(pieces, owner="Owner")
    with pytest.raises(TableError, match="no column 'block'"):
        fragmentation_measures(pieces, by="block")
    with pytest.raises(CRSError, match="degrees"):
        fragmentation_measures(pieces.to_crs(4490))
    with pytest.raises(TableError, match="occurs more than once"):
        fragmentation_measures(pd.concat([pieces, pieces]))


# --- groups ------------------------------------------------------------------------------------


def test_groups_are_measured_each_for_itself() -> None:
    case = random_layout(np.random.default_rng(5))
    parcels = case.parcels[["owner", "use_class", "geometry"]].assign(
        block=[None, "east", "west"] * 5
    )
    found = fragmentation_measures(parcels, by="block", owner="owner", least_m2=2500.0)
    assert found.index.tolist() == ["east", "west"]
    for block, row in found.iterrows():
        alone = parcels[parcels["block"] == block]
        own = fragmentation_measures(alone, owner="owner", least_m2=2500.0).iloc[0]
        assert row.tolist() == pytest.approx(own.tolist(), rel=1e-12, nan_ok=True)


def test_limits_may_differ_and_be_missing() -> None:
    pieces = lots(*(box(50 * k, 0, 50 * k + 40, 40) for k in range(4)))
    limit = pd.Series({"p03": 1700.0, "p01": 1600.0, "p00": 1600.004, "p02": np.nan})
    found = fragmentation_measures(pieces, least_m2=limit).iloc[0]
    assert found[["small_parcels", "small_parcels_share", "without_limit"]].tolist() == [1, 0.25, 1]
    assert "small_parcels" not in fragmentation_measures(pieces)


def test_the_table_agrees_with_the_measures_of_drawn_pieces() -> None:
    """Before: the parcels. After: the merged sites as they are drawn, beside the other parcels."""
    case = random_layout(np.random.default_rng(12))
    found = values(table(case), "overall")
    after = case.lineage.set_index("parcel_id")["after_id"]
    bare = case.parcels[["use_class", "geometry"]]
    land = bare[~bare["use_class"].isin(layouts.FREE) & bare.geometry.notna()]
    pieces = land.dissolve(by=after[land.index].to_numpy())
    whole = pd.Series({"overall": bare.geometry.area.sum()})
    drawn_after = fragmentation_measures(pieces, land_m2=whole).iloc[0]
    for name in ("patches", "median_parcel_area", MESH, "edge_density"):
        assert found.loc[name, "after"] == pytest.approx(drawn_after[name], rel=1e-9), name


# --- the second opinion ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_a_second_opinion_by_brute_force(seed: int) -> None:
    case = random_layout(np.random.default_rng(seed))
    found = table(case)
    told = {(row.subject, row.indicator): (row.before, row.after) for row in found.itertuples()}
    expected = {
        key: pair
        for key, pair in layouts.second_opinion(case).items()
        if not all(map(math.isnan, pair))
    }
    assert told.keys() == expected.keys()
    for key, pair in expected.items():
        assert told[key] == pytest.approx(pair, rel=1e-9, nan_ok=True), key


@pytest.mark.parametrize("seed", range(5))
def test_a_value_times_its_denominator_is_its_numerator(seed: int) -> None:
    found = table(random_layout(np.random.default_rng(seed)))
    for when in ("before", "after"):
        product = found[when] * found[f"denominator_{when}"]
        rows = found.assign(numerator=product).set_index(["indicator", "subject"])
        squares = rows.loc["weighted_mean_parcel_area", "numerator"].dropna()
        mesh = rows.loc[MESH, "numerator"].reindex(squares.index)
        assert mesh.to_numpy() == pytest.approx(squares.to_numpy(), rel=1e-12)
        area = rows.loc["weighted_mean_parcel_area", f"denominator_{when}"].reindex(squares.index)
        total = rows.loc["mean_parcel_area", "numerator"].reindex(squares.index)
        assert len(squares) > 3
        assert total.to_numpy() == pytest.approx(area.to_numpy(), rel=1e-12)


# --- properties --------------------------------------------------------------------------------


def in_range(found: pd.DataFrame, when: str) -> None:
    wide = found.set_index(["subject", "indicator"])[when].unstack()  # noqa: PD010
    some = wide.reindex(columns=list(MEASURES))[wide["patches"] > 0]
    rows = found.set_index(["indicator", "subject"])[f"denominator_{when}"]
    land = rows.loc[MESH].reindex(some.index)
    tiny = 1e-9
    assert (some["patches"] % 1 == 0).all()
    assert (some["mean_parcel_area"] > 0).all()
    assert (some["median_parcel_area"] > 0).all()
    assert (some["weighted_mean_parcel_area"] >= some["mean_parcel_area"] * (1 - tiny)).all()
    assert (some[MESH] > 0).all()
    assert (some[MESH] <= some["weighted_mean_parcel_area"] * (1 + tiny)).all()
    assert (some[MESH] <= land * (1 + tiny)).all()
    assert (some["edge_density"] > 0).all()
    for name in ("compactness", "rectangularity"):
        assert some[name].between(0, 1 + tiny, inclusive="right").all()
    assert some["small_parcels_share"].dropna().between(0, 1 + tiny).all()
    assert (some["small_parcels"].fillna(0) <= some["patches"]).all()
    owned = some[some["parcels_per_owner"].notna()]
    assert (owned["parcels_per_owner"] >= 1).all()
    assert owned["owner_simpson"].between(0, 1, inclusive="left").all()
    assert owned["owner_januszewski"].between(0, 1, inclusive="right").all()
    assert (owned["owners_per_ha"] > 0).all()


@settings(max_examples=60)
@given(seed=SEEDS, size=st.integers(2, 30))
def test_ranges(seed: int, size: int) -> None:
    found = table(random_layout(np.random.default_rng(seed), size=size))
    in_range(found, "before")
    in_range(found, "after")


@settings(max_examples=60)
@given(seed=SEEDS, size=st.integers(2, 30))
def test_a_merge_never_fragments(seed: int, size: int) -> None:
    found = table(random_layout(np.random.default_rng(seed), size=size))
    same = found[~found["subject"].str.startswith("site:")]  # those have the same land both times
    change = (same["after"] - same["before"]) / same["before"].where(same["before"] > 0, 1.0)
    worst = change.groupby(same["indicator"]).agg(["min", "max"])
    there = set(worst.index)  # none of owners, if no parcel has one
    assert {"patches", "edge_density", "mean_parcel_area", MESH} <= there
    for name in {"patches", "edge_density", "parcels_per_owner", "owner_simpson"} & there:
        assert not worst.loc[name, "max"] > 1e-9, name
    for name in {
        "mean_parcel_area",
        "weighted_mean_parcel_area",
        MESH,
        "owner_januszewski",
    } & there:
        assert not worst.loc[name, "min"] < -1e-9, name
    if "owners_per_ha" in worst.index:
        assert worst.loc["owners_per_ha"].abs().max() == 0


@settings(max_examples=20)
@given(seed=SEEDS)
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = random_layout(rng)
    mixed = Layout(*(frame.sample(frac=1, random_state=seed) for frame in case))
    pd.testing.assert_frame_equal(table(mixed), table(case), check_exact=True)
    pieces = case.parcels[["owner", "use_class", "geometry"]]
    pd.testing.assert_frame_equal(
        fragmentation_measures(mixed.parcels[pieces.columns], owner="owner"),
        fragmentation_measures(pieces, owner="owner"),
        check_exact=True,
    )


def test_the_order_of_the_borders_does_not_matter() -> None:
    pieces = lots(*subdivision("cells", size=300, rng=np.random.default_rng(1)))
    shared = borders(pieces)
    found = fragmentation_measures(pieces, shared)
    for seed in range(5):
        mixed = shared.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            fragmentation_measures(pieces, mixed), found, check_exact=True
        )


@settings(max_examples=20)
@given(seed=SEEDS, degrees=st.floats(0, 360))
def test_place_and_direction_do_not_matter(seed: int, degrees: float) -> None:
    pieces = random_layout(np.random.default_rng(seed)).parcels[["owner", "use_class", "geometry"]]
    there = pieces.geometry.notna()
    turned = [
        affinity.translate(affinity.rotate(s, degrees, origin=(0, 0)), 500_000, 3_400_000)
        for s in pieces.geometry[there]
    ]
    moved = pieces[there].set_geometry(gpd.GeoSeries(turned, index=pieces.index[there], crs=4547))
    chosen: dict[str, Any] = {"owner": "owner", "least_m2": 2500.5}
    expected = fragmentation_measures(pieces[there], **chosen).iloc[0]
    assert fragmentation_measures(moved, **chosen).iloc[0].tolist() == pytest.approx(
        expected.tolist(), rel=1e-6, nan_ok=True
    )


@settings(max_examples=20)
@given(seed=SEEDS, by=st.sampled_from([0.25, 3.0, 10.0]))
def test_a_larger_plan_has_larger_pieces(seed: int, by: float) -> None:
    pieces = random_layout(np.random.default_rng(seed)).parcels[["owner", "geometry"]].iloc[:-1]
    larger = pieces.set_geometry(pieces.geometry.scale(by, by, origin=(0, 0)))
    one, two = (fragmentation_measures(p, owner="owner").iloc[0] for p in (pieces, larger))
    for name, power in (
        *((n, 2) for n in ("mean_parcel_area", "median_parcel_area", MESH)),
        *(("edge_density", -1), ("owners_per_ha", -2)),
        *((n, 0) for n in ("patches", "compactness", "owner_simpson", "owner_januszewski")),
    ):
        assert two[name] == pytest.approx(one[name] * by**power, rel=1e-9, nan_ok=True), name


@settings(max_examples=25)
@given(seed=SEEDS)
def test_a_parcel_of_a_merged_site_may_be_cut(seed: int) -> None:
    """After the merge nothing tells in how many parcels a site came; before, it does."""
    rng = np.random.default_rng(seed)
    case = random_layout(rng)
    moved = case.lineage["parcel_id"][case.lineage["role"].isin(["site", "absorbed"])]
    if moved.empty:
        return
    cut = str(rng.choice(moved))
    west, south, east, north = case.parcels.geometry[cut].bounds
    middle = (west + east) / 2
    halves = {
        f"{cut}w": box(west, south, middle, north),
        f"{cut}x": box(middle, south, east, north),
    }
    rest = case.parcels.drop(index=cut)
    shapes = {**rest.geometry.to_dict(), **halves}
    columns = {
        name: [*rest[name], *[case.parcels[name][cut]] * 2] for name in ("owner", "use_class")
    }
    parcels = drawn(shapes, **columns)

    def doubled(rows: pd.DataFrame) -> pd.DataFrame:
        own = rows[rows["parcel_id"] == cut]
        halved = [own.assign(parcel_id=name).astype(rows.dtypes) for name in halves]
        return pd.concat([rows[rows["parcel_id"] != cut], *halved], ignore_index=True)

    usable = parcels[parcels["area_m2"].notna()]
    small = ["small_parcels", "small_parcels_share"]  # the class of the largest may change
    found = table(
        Layout(parcels, doubled(case.lineage), case.merged, borders(usable), doubled(case.members))
    )
    keys = ["subject", "indicator"]
    new, old = (f[~f["indicator"].isin(small)].set_index(keys) for f in (found, table(case)))
    assert new["after"].to_numpy() == pytest.approx(old["after"].to_numpy(), rel=1e-9, nan_ok=True)
    cut_up, whole = (f.xs("patches", level=1) for f in (new, old))
    assert (cut_up["before"] >= whole["before"]).all()


def test_inputs_stay_as_they_are() -> None:
    case = street()
    copies = [frame.copy(deep=True) for frame in case]
    table(case)
    for frame, copy in zip(case, copies, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(copy))
