"""Two dates of a parcel layer compared: worked out by hand, then on shaken and dirty layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Polygon, box

import gisland as gl
from gisland.base.errors import CRSError, GeometryError, ProjectError, TableError
from gisland.base.schema import usable
from gisland.measure.dates.kinds import KINDS

if TYPE_CHECKING:
    from gisland.measure.dates.comparing import Comparison

CRS = 4547


def layer(shapes: dict[str, object], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=list(shapes), crs=CRS)


def kinds(found: Comparison, date: str) -> dict[str, str]:
    rows = found.parcels[found.parcels["date"] == date]
    return dict(zip(rows["parcel_id"], rows["kind"], strict=True))


def ground(found: Comparison) -> dict[tuple[str, str], tuple[float, str]]:
    rows = found.lineage.fillna({"before_id": "", "after_id": ""})
    return {
        (r.before_id, r.after_id): (round(r.area_m2, 3), r.ground)
        for r in rows.itertuples(index=False)
    }


def total(found: Comparison, about: str, item: str) -> list[float]:
    rows = found.totals.set_index(["about", "item"])
    return rows.loc[(about, item)].round(3).tolist()


def closes(found: Comparison, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    """Every square metre of both dates is in every table once."""
    rows = found.totals.set_index(["about", "item"])
    for side, frame in (("before", before), ("after", after)):
        area = float(frame.geometry.area.sum())
        for about in ("parcels", "ground"):
            part = rows.loc[about]
            assert part.loc["all", f"{side}_m2"] == pytest.approx(area, rel=1e-9)
            assert part.drop("all")[f"{side}_m2"].sum() == pytest.approx(area, rel=1e-9)
        assert rows.loc[("parcels", "all"), side] == len(frame)
        own = found.parcels[found.parcels["date"] == side]
        held = own[["kept_m2", "moved_m2", "no_parcel_m2", "noise_m2", "stacked_m2"]].sum(axis=1)
        assert (held - own["twice_m2"]).to_numpy() == pytest.approx(
            own["area_m2"].to_numpy(), abs=2e-3
        )
        used = found.uses[found.uses[f"use_{side}"] != "no_parcel"][["area_m2", "noise_m2"]]
        lines = found.lineage[found.lineage[f"{side}_id"].notna()]["area_m2"]
        assert used.to_numpy().sum() == pytest.approx(lines.sum(), rel=1e-9)
    assert set(found.parcels["kind"]) <= set(KINDS)


# One row of lots, 10 m deep. p stays, q is numbered anew, r is split in three, s and t are merged,
# u loses a strip of 3 m to the road, v is taken whole, w and x change their border by 2 m, and new
# land comes at the end.
BEFORE = {
    "p": box(0, 0, 10, 10),
    "q": box(10, 0, 20, 10),
    "r": box(20, 0, 50, 10),
    "s": box(50, 0, 60, 10),
    "t": box(60, 0, 70, 10),
    "u": box(70, 0, 80, 10),
    "v": box(80, 0, 90, 10),
    "w": box(100, 0, 120, 10),
    "x": box(120, 0, 140, 10),
}
AFTER = {
    "p": box(0, 0, 10, 10),
    "q9": box(10, 0, 20, 10),
    "r1": box(20, 0, 30, 10),
    "r2": box(30, 0, 40, 10),
    "r3": box(40, 0, 50, 10),
    "t": box(50, 0, 70, 10),
    "u": box(70, 0, 80, 7),
    "w": box(100, 0, 122, 10),
    "x": box(122, 0, 140, 10),
    "y": box(200, 0, 205, 10),
}


def test_every_kind_is_told_with_its_kin_and_ground() -> None:
    before, after = layer(BEFORE), layer(AFTER)
    found = gl.compare_dates(before, after)
    assert kinds(found, "before") == {
        "p": "same",
        "q": "renumbered",
        "r": "split",
        "s": "merged",
        "t": "merged",
        "u": "redrawn",
        "v": "gone",
        "w": "redrawn",
        "x": "redrawn",
    }
    assert kinds(found, "after") == {
        "p": "same",
        "q9": "renumbered",
        "r1": "split",
        "r2": "split",
        "r3": "split",
        "t": "merged",
        "u": "redrawn",
        "w": "redrawn",
        "x": "redrawn",
        "y": "new",
    }
    assert ground(found) == {
        ("p", "p"): (100.0, "carried"),
        ("q", "q9"): (100.0, "carried"),
        **{("r", f"r{n}"): (100.0, "carried") for n in (1, 2, 3)},
        ("s", "t"): (100.0, "carried"),
        ("t", "t"): (100.0, "carried"),
        ("u", "u"): (70.0, "carried"),
        ("u", ""): (30.0, "no_parcel"),
        ("v", ""): (100.0, "no_parcel"),
        ("", "y"): (50.0, "no_parcel"),
        ("w", "w"): (200.0, "carried"),
        ("x", "x"): (180.0, "carried"),
        ("x", "w"): (20.0, "exchanged"),
    }
    kin = found.parcels.set_index(["date", "parcel_id"])["kin"]
    assert kin[("before", "r")] == "r1;r2;r3"
    assert kin[("after", "t")] == "s;t"
    assert pd.isna(kin[("before", "v")])
    closes(found, before, after)


def test_totals_are_counts_and_areas_of_both_dates() -> None:
    found = gl.compare_dates(layer(BEFORE), layer(AFTER))
    assert total(found, "parcels", "split") == [1, 3, 300.0, 300.0]
    assert total(found, "parcels", "merged") == [2, 1, 200.0, 200.0]
    assert total(found, "parcels", "gone") == [1, 0, 100.0, 0.0]
    assert total(found, "parcels", "new") == [0, 1, 0.0, 50.0]
    # p, q, u, w and x: 100 + 100 + 70 + 200 + 180
    assert total(found, "ground", "kept")[2:] == [650.0, 650.0]
    assert total(found, "ground", "passed")[2:] == [520.0, 520.0]
    assert total(found, "ground", "no_parcel")[2:] == [130.0, 50.0]
    assert total(found, "parcels", "all") == [9, 10, 1300.0, 1220.0]


def test_many_to_many_is_reparcelled() -> None:
    before = layer({"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10)})
    after = layer({"c": box(0, 0, 20, 4), "d": box(0, 4, 20, 10)})
    found = gl.compare_dates(before, after)
    # d has 60 of each 100, c the other 40: half of c comes from each
    assert set(kinds(found, "before").values()) == {"reparcelled"}
    assert set(kinds(found, "after").values()) == {"reparcelled"}
    closes(found, before, after)


def test_a_lot_shared_out_among_neighbors_is_not_gone() -> None:
    before = layer({"a": box(0, 0, 40, 10), "m": box(40, 0, 46, 10), "b": box(46, 0, 90, 10)})
    after = layer({"a": box(0, 0, 42, 10), "b": box(42, 0, 90, 10)})
    found = gl.compare_dates(before, after)
    assert kinds(found, "before") == {"a": "redrawn", "m": "merged", "b": "merged"}
    assert kinds(found, "after") == {"a": "redrawn", "b": "merged"}


def test_slivers_are_noise_up_to_the_tolerance_and_an_exchange_beyond() -> None:
    before = layer({"a": box(0, 0, 50, 100), "b": box(50, 0, 100, 100)})
    after = layer({"a": box(0, 0, 50.08, 100), "b": box(50.08, 0, 100, 100)})
    quiet = gl.compare_dates(before, after)  # 8 cm wide: below 10 cm
    assert set(kinds(quiet, "before").values()) == {"same"}
    assert total(quiet, "ground", "noise") == [1, 1, 8.0, 8.0]
    strict = gl.compare_dates(before, after, tolerance_m=0.05)
    assert set(kinds(strict, "before").values()) == {"redrawn"}
    assert total(strict, "ground", "noise") == [0, 0, 0.0, 0.0]
    closes(quiet, before, after)
    closes(strict, before, after)


def test_a_corner_is_no_noise_however_long_the_border() -> None:
    before = layer({"a": box(0, 0, 1000, 50), "b": box(0, 50, 1000, 100)})
    corner = box(0, 48, 2, 50)
    after = layer({"a": BEFORE_A.difference(corner), "b": before.geometry["b"].union(corner)})
    found = gl.compare_dates(before, after)
    assert set(kinds(found, "after").values()) == {"redrawn"}
    assert ground(found)[("a", "b")] == (4.0, "exchanged")


BEFORE_A = box(0, 0, 1000, 50)


def test_a_parcel_narrower_than_the_tolerance_is_not_noise_itself() -> None:
    lane = layer({"lane": box(0, 0, 0.08, 100), "lot": box(0.08, 0, 50, 100)})
    assert kinds(gl.compare_dates(lane, lane), "after") == {"lane": "same", "lot": "same"}
    without = gl.compare_dates(lane, lane.loc[["lot"]])
    assert kinds(without, "before") == {"lane": "gone", "lot": "same"}


def test_an_edge_drawn_anew_beside_nothing_is_noise() -> None:
    before, after = layer({"a": box(0, 0, 50, 100)}), layer({"a": box(0.03, 0, 50.04, 100)})
    found = gl.compare_dates(before, after)
    assert kinds(found, "before") == {"a": "same"}
    assert total(found, "ground", "noise") == [1, 1, 3.0, 4.0]
    closes(found, before, after)


def test_ids_are_labels_and_ground_decides() -> None:
    before = layer({"1": box(0, 0, 10, 10), "2": box(10, 0, 20, 10)})
    after = before.set_axis(["2", "1"])
    found = gl.compare_dates(before, after)
    assert kinds(found, "before") == {"1": "renumbered", "2": "renumbered"}
    assert total(found, "rows", "id_on_other_ground")[:2] == [2, 2]


def test_parcels_that_lie_on_each_other_stay_what_they_are() -> None:
    tower, lot = box(0, 0, 20, 20), box(20, 0, 40, 20)
    before = layer({"f1": tower, "f2": tower, "lot": lot, "over": box(15, 0, 25, 20)})
    found = gl.compare_dates(before, before)
    assert set(kinds(found, "before").values()) == {"same"}
    closes(found, before, before)
    gone = gl.compare_dates(before, before.drop("f2"))
    assert kinds(gone, "before") == {"f1": "same", "f2": "gone", "lot": "same", "over": "same"}
    closes(gone, before, before.drop("f2"))


def test_changes_tell_old_and_new_value_by_value() -> None:
    before = layer(
        {k: BEFORE[k] for k in ("p", "q", "r")},
        owner=["A", "B", None],
        tax=[1.0, 2.0, 9.0],
        code=["0601", "7", "0601"],
    )
    after = layer(
        {k: AFTER[k] for k in ("p", "q9", "r1", "r2", "r3")},
        owner=["A ", "C", None, "D", None],
        tax=[1.0 + 1e-9, 5.0, 3.0, 3.0, 3.0],
        code=["0701", "7", "0601", "0601", "0601"],
    )
    found = gl.compare_dates(before, after)
    assert found.changes.fillna("-").to_numpy().tolist() == [
        ["p", "p", "same", "code", "0601", "0701"],
        ["q", "q9", "renumbered", "owner", "B", "C"],
        ["q", "q9", "renumbered", "tax", "2", "5"],
        ["r", "r2", "split", "owner", "-", "D"],  # its tax is shared out, which is no change
    ]
    told = found.parcels.set_index(["date", "parcel_id"])
    assert told.loc[("after", "q9"), "changed"] == "owner;tax"
    assert told.loc[("after", "q9"), "change"] == "owner: B → C; tax: 2 → 5"
    assert pd.isna(told.loc[("after", "r1"), "change"])


def test_a_number_that_became_text_is_no_change() -> None:
    before = layer({"p": BEFORE["p"], "q": BEFORE["q"]}, floors=[3, 4])
    after = layer({"p": BEFORE["p"], "q": BEFORE["q"]}, floors=["3.0", "five"])
    assert gl.compare_dates(before, after).changes["before_id"].tolist() == ["q"]


def test_whole_numbers_may_be_codes_and_are_compared_to_the_last_digit() -> None:
    before = layer({"p": BEFORE["p"], "q": BEFORE["q"]}, code=[420190005004000001, 7])
    after = layer({"p": BEFORE["p"], "q": BEFORE["q"]}, code=[420190005004000002, 7])
    found = gl.compare_dates(before, after, columns=["code", "code"])
    assert found.changes.to_numpy().tolist() == [
        ["p", "p", "same", "code", "420190005004000001", "420190005004000002"]
    ]


def test_ids_that_became_decimal_numbers_are_the_same_ids() -> None:
    before = layer({"p": BEFORE["p"], "q": BEFORE["q"]}).set_axis([7, 8])
    found = gl.compare_dates(before, before.set_axis([7.0, 8.0]))
    assert kinds(found, "after") == {"7": "same", "8": "same"}
    halves = before.set_axis([7.0, 8.5])
    assert kinds(gl.compare_dates(halves, halves), "after") == {"7.0": "same", "8.5": "same"}


def test_uses_close_with_both_dates() -> None:
    before = layer(
        {k: BEFORE[k] for k in ("p", "u", "v")}, use_class=["industrial", None, "industrial"]
    )
    after = layer({k: AFTER[k] for k in ("p", "u", "y")}, use_class=["residential", "green", None])
    found = gl.compare_dates(before, after)
    rows = {tuple(r[:2]): r[2:] for r in found.uses.to_numpy().tolist()}
    assert rows == {
        ("industrial", "residential"): [100.0, 0.0],
        ("not_classified", "green"): [70.0, 0.0],
        ("not_classified", "no_parcel"): [30.0, 0.0],
        ("industrial", "no_parcel"): [100.0, 0.0],
        ("no_parcel", "not_classified"): [50.0, 0.0],
    }
    closes(found, before, after)


def shaken(frame: gpd.GeoDataFrame, *, metres: float, seed: int) -> gpd.GeoDataFrame:
    """The layer with every shared vertex moved, the same for all that share it."""
    shapes = frame.geometry.to_numpy()
    at = shapely.get_coordinates(shapes)
    _, which = np.unique(at.round(3), axis=0, return_inverse=True)
    moves = np.random.default_rng(seed).uniform(-metres, metres, (len(at), 2))
    return frame.set_geometry(shapely.set_coordinates(shapes.copy(), at + moves[which.ravel()]))


def grid(count: int) -> gpd.GeoDataFrame:
    cells = {
        f"{x:02d}-{y:02d}": box(x * 30, y * 40, x * 30 + 30, y * 40 + 40)
        for x in range(count)
        for y in range(count)
    }
    return layer(cells, owner=[f"O{k % 7}" for k in range(count**2)])


@pytest.mark.parametrize("seed", range(5))
def test_a_shaken_layer_is_the_same_layer(seed: int) -> None:
    before = grid(8)
    after = shaken(before, metres=0.05, seed=seed)
    found = gl.compare_dates(before, after)
    assert set(found.parcels["kind"]) == {"same"}
    assert len(found.changes) == 0
    assert total(found, "ground", "noise")[2] > 0
    closes(found, before, after)


def test_rows_may_come_in_any_order_and_inputs_stay() -> None:
    before, after = grid(5), shaken(grid(5), metres=0.2, seed=3).rename(index={"00-00": "new"})
    kept = before.copy(), after.copy()
    one = gl.compare_dates(before, after)
    two = gl.compare_dates(before.sample(frac=1, random_state=1), after.iloc[::-1])
    pd.testing.assert_frame_equal(one.lineage, two.lineage)
    pd.testing.assert_frame_equal(pd.DataFrame(one.parcels), pd.DataFrame(two.parcels))
    pd.testing.assert_frame_equal(one.changes, two.changes)
    pd.testing.assert_frame_equal(one.uses, two.uses)
    pd.testing.assert_frame_equal(one.totals, two.totals)
    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(after, kept[1])


def test_before_and_after_may_change_places() -> None:
    there = gl.compare_dates(layer(BEFORE), layer(AFTER))
    back = gl.compare_dates(layer(AFTER), layer(BEFORE))
    turned = {"split": "merged", "merged": "split", "gone": "new", "new": "gone"}
    expected = {k: turned.get(v, v) for k, v in kinds(there, "after").items()}
    assert kinds(back, "before") == expected


def test_a_parcel_on_no_other_may_come_before_one_that_loses_a_strip() -> None:
    before = layer({"a": box(0, 0, 10, 10), "b": box(20, 0, 30, 10)})
    after = layer({"b": box(20, 0, 30, 7)})
    found = gl.compare_dates(before, after)
    assert kinds(found, "before") == {"a": "gone", "b": "redrawn"}
    assert ground(found)[("b", "")] == (30.0, "no_parcel")
    closes(found, before, after)


def test_an_empty_date_is_all_new_or_all_gone() -> None:
    some = layer({"p": BEFORE["p"]}, owner=["A"])
    assert kinds(gl.compare_dates(some.iloc[:0], some), "after") == {"p": "new"}
    assert kinds(gl.compare_dates(some, some.iloc[:0]), "before") == {"p": "gone"}


GOOD = layer({"p": BEFORE["p"], "q": BEFORE["q"]}, owner=["A", "B"])
BOW = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


@pytest.mark.parametrize(
    ("after", "more", "error", "told"),
    [
        (GOOD.to_crs(4548), {}, CRSError, r"before is in EPSG:4547.*after in EPSG:4548.*to_crs"),
        (GOOD.to_crs(4326), {}, CRSError, "after: EPSG:4326 is not metric"),
        (GOOD.set_axis(["p", "p"]), {}, TableError, r"after: 1 id occurs more than once \(p\)"),
        (
            layer({"p": BOW, "q": None}),
            {},
            GeometryError,
            r"after: 2 parcels without usable geometry .*\(p, q\); mend them",
        ),
        (layer({"p": shapely.Point(0, 0)}), {}, GeometryError, "after: 1 of 1 .* not polygons"),
        (GOOD, {"columns": ["ownr"]}, TableError, r"before: no column 'ownr'; did you mean 'owner"),
        (GOOD, {"columns": "owner"}, ProjectError, "give a list of columns"),
        (GOOD, {"use": "use"}, TableError, "before: no column 'use'"),
        (GOOD, {"tolerance_m": -1}, ProjectError, "tolerance_m is -1; give metres"),
        (GOOD, {"tolerance_m": True}, ProjectError, "tolerance_m is True"),
        (pd.DataFrame(), {}, (GeometryError, TableError), "after"),
    ],
)
def test_what_cannot_be_compared_is_told(
    after: gpd.GeoDataFrame, more: dict[str, object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        gl.compare_dates(GOOD, after, **more)


def test_it_shows_itself_in_a_few_lines() -> None:
    shown = repr(gl.compare_dates(layer(BEFORE), layer(AFTER)))
    assert shown.splitlines()[:2] == [
        "Comparison",
        "  before         same 1, redrawn 3, renumbered 1, split 1, merged 2, gone 1",
    ]
    assert "<table>" in gl.compare_dates(GOOD, GOOD)._repr_html_()


def test_real_parcels_shaken_by_centimetres_stay_the_same(forest_city_layer: object) -> None:
    before = forest_city_layer
    assert isinstance(before, gpd.GeoDataFrame)
    after = shaken(before, metres=0.04, seed=1)
    after = after[usable(after.geometry)]
    found = gl.compare_dates(before.loc[after.index], after)
    assert (found.parcels["kind"] == "same").mean() > 0.999
    closes(found, before.loc[after.index], after)


@pytest.fixture
def forest_city_layer(shared_data: object) -> gpd.GeoDataFrame:
    file = f"{shared_data}/forest_city_nc/parcels_pseudonymised_2264.gpkg"
    frame = gpd.read_file(file).to_crs(32617)
    frame = frame[usable(frame.geometry)]
    return frame.set_axis([f"F{k:05d}" for k in range(len(frame))])[["Zoning", "geometry"]]
