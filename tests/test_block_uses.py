from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity, box

from districts import frame
from gisland.base.crs import areas_m2
from gisland.base.rules import load_rules
from gisland.control.blocklines import check_block_lines
from gisland.control.blocks.inside import lay_inside
from gisland.control.blocks.uses import block_uses

RULES = load_rules("national-2023-171")


def parcels(shapes: dict[str, object], uses: list[str | None]) -> gpd.GeoDataFrame:
    lots = frame(shapes, use_class=pd.array(uses, dtype="str"))
    return lots.assign(area_m2=lots.area)


def uses_of(
    lots: gpd.GeoDataFrame, shapes: dict[str, object], *, basis: str = "plane"
) -> pd.DataFrame:
    lines = frame(shapes, "block_id").set_crs(lots.crs, allow_override=True)
    found = check_block_lines(lots, lines, lines="given", rules=RULES, area_basis=basis)
    area = found.blocks.set_index("block_id")["area_m2"]
    sums = found.uses.groupby("block_id")["area_m2"].sum()
    assert sums.to_numpy() == pytest.approx(area[sums.index].to_numpy(), rel=1e-6)
    shares = found.uses.groupby("block_id")["share"].sum()
    assert shares.to_numpy() == pytest.approx(1, rel=1e-6)
    return found.uses


def areas(uses: pd.DataFrame, block: str = "L") -> dict[str, float]:
    rows = uses[uses["block_id"] == block]
    return dict(zip(rows["use_class"], rows["area_m2"].round(6), strict=True))


def test_every_square_metre_of_a_block_has_its_place() -> None:
    shapes = {
        "a": box(0, 0, 40, 10),
        "b": box(40, 0, 60, 10),
        "c": box(60, 0, 70, 10),
        "d": box(70, 0, 120, 10),  # 300 m² inside
        "e": box(-99.5, 0, 0.5, 10),  # 5 m² inside, half a percent of it
    }
    lots = parcels(shapes, ["industrial", None, "transport", "residential", "industrial"])
    found = uses_of(lots.drop(index="e"), {"L": box(0, 0, 100, 12)})
    one = found[found["block_id"] == "L"]
    assert one[["use_class", "parcels", "area_m2", "area_mu", "share"]].to_numpy().tolist() == [
        ["industrial", 1, 400, 0.6, pytest.approx(1 / 3)],
        ["residential", 1, 300, pytest.approx(0.45), 0.25],
        ["transport", 1, 100, pytest.approx(0.15), pytest.approx(1 / 12)],
        ["not_classified", 1, 200, pytest.approx(0.3), pytest.approx(1 / 6)],
        ["no_parcel", 0, 200, pytest.approx(0.3), pytest.approx(1 / 6)],
    ]
    assert areas(found) == areas(found, "overall")
    with_hair = uses_of(lots.drop(index="a"), {"L": box(0, 0, 100, 12)})
    row = with_hair[with_hair["use_class"] == "industrial"].iloc[0]
    assert row[["parcels", "area_m2"]].tolist() == [0, 5]


def test_land_in_two_blocks_counts_once_overall() -> None:
    lots = parcels({"a": box(0, 0, 100, 10)}, ["industrial"])
    found = uses_of(lots, {"K": box(0, 0, 60, 20), "L": box(40, 0, 100, 20)})
    assert areas(found, "K") == {"industrial": 600, "no_parcel": 600}
    assert areas(found, "overall") == {"industrial": 1000, "no_parcel": 1000}


def test_ground_of_several_parcels_counts_once() -> None:
    # b and c are the same 20 m x 10 m, d overlaps them by half of its 10 m x 10 m; a is alone
    shapes = {
        "a": box(0, 0, 50, 10),
        "b": box(50, 0, 70, 10),
        "c": box(50, 0, 70, 10),
        "d": box(65, 0, 75, 10),
    }
    lots = parcels(shapes, ["industrial", "green", "industrial", "public"])
    found = areas(uses_of(lots, {"L": box(0, 0, 100, 10)}))
    # 250 m² of ground for the 500 m² of b, c and d
    assert found == {"industrial": 600, "public": 50, "green": 100, "no_parcel": 250}


def test_ground_of_several_parcels_counts_once_where_a_line_cuts_it() -> None:
    shapes = {"a": box(0, 0, 20, 10), "b": box(10, 0, 30, 10)}
    lots = parcels(shapes, ["industrial", "green"])
    found = uses_of(lots, {"K": box(0, 0, 12, 10), "L": box(12, 0, 40, 10)})
    # K: 120 and 20 on 120 m²; L: 80 and 180 on 180 m²; both: 200 and 200 on 300 m²
    assert areas(found, "K") == pytest.approx(
        {"industrial": 120 * 12 / 14, "green": 20 * 12 / 14}, abs=1e-6
    )
    assert areas(found, "L") == pytest.approx(
        {"industrial": 80 * 18 / 26, "green": 180 * 18 / 26, "no_parcel": 100}, abs=1e-6
    )
    assert areas(found, "overall")["industrial"] == pytest.approx(150)


def test_a_block_without_any_parcel_and_one_without_geometry() -> None:
    lots = parcels({"a": box(0, 0, 10, 10)}, ["industrial"])
    bow = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    found = uses_of(lots, {"L": box(50, 0, 60, 10), "N": None, "X": bow})
    assert areas(found) == {"no_parcel": 100}
    assert set(found["block_id"]) == {"L", "overall"}
    assert uses_of(lots, {}).empty


def test_kinds_do_not_depend_on_there_being_a_use() -> None:
    lots = parcels({"a": box(0, 0, 10, 10)}, ["farm"])
    some = uses_of(lots, {"L": box(0, 0, 10, 10)})
    none = check_block_lines(
        lots,
        frame({}, "block_id").set_crs(lots.crs, allow_override=True),
        lines="given",
        rules=RULES,
        area_basis="plane",
    ).uses
    assert none.empty
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_the_table_closes_on_the_ellipsoid() -> None:
    # 100 km east of the meridian, where both bases differ and the difference changes
    shapes = {f"p{k}": box(6e5 + k * 400, 35e5, 6e5 + k * 400 + 390, 35e5 + 900) for k in range(20)}
    lots = frame(shapes, use_class=pd.array(["industrial", None] * 10, dtype="str"))
    lots = lots.set_crs(4547, allow_override=True)
    lots = lots.assign(area_m2=areas_m2(lots.geometry, basis="ellipsoidal"))
    block = {"L": box(6e5 + 100, 35e5 + 50, 6e5 + 7900, 35e5 + 1000)}
    found = uses_of(lots, block, basis="ellipsoidal")
    assert set(areas(found)) == {"industrial", "not_classified", "no_parcel"}
    half = {"L": box(6e5, 35e5, 6e5 + 16e3, 35e5 + 900)}  # without parcels in the east
    assert set(areas(uses_of(lots, half, basis="ellipsoidal"))) == set(areas(found))
    full = uses_of(lots, {"L": box(6e5 + 1, 35e5 + 1, 6e5 + 389, 35e5 + 899)}, basis="ellipsoidal")
    assert set(areas(full)) == {"industrial"}


@pytest.mark.parametrize("seed", range(3))
def test_uses_are_those_of_a_plain_overlay(seed: int) -> None:
    random = np.random.default_rng(seed)
    cells = shapely.get_parts(
        shapely.delaunay_triangles(shapely.multipoints(random.uniform(0, 1000, (60, 2))))
    )
    uses = random.choice(["industrial", "green", "transport"], len(cells))
    lots = parcels({f"p{k:03d}": cell for k, cell in enumerate(cells)}, uses.tolist())
    shapes = {
        f"L{k}": affinity.rotate(box(x, y, x + 350, y + 200), 23 * k)
        for k, (x, y) in enumerate(random.uniform(0, 700, (5, 2)))
    }
    found = uses_of(lots, shapes).set_index(["block_id", "use_class"])["area_m2"]
    shapes["overall"] = shapely.union_all(list(shapes.values()))
    for block, shape in shapes.items():
        inside = lots.intersection(shape).area.groupby(lots["use_class"]).sum()
        expected = inside[inside > 0].to_dict()
        expected["no_parcel"] = shape.difference(lots.union_all()).area
        expected = {use: area for use, area in expected.items() if area > 1e-6}
        assert found[block].to_dict() == pytest.approx(expected, rel=1e-8)


def test_areas_on_no_basis_of_the_drawn_ones_leave_no_ground_below_nothing() -> None:
    lots = parcels({"a": box(0, 0, 10, 10)}, ["industrial"]).assign(area_m2=500.0)
    lines = frame({"L": box(0, 0, 10, 20)}, "block_id")
    found = block_uses(lay_inside(lots, lines), np.array([200.0, 200.0]), lines="given")
    assert areas(found)["no_parcel"] == pytest.approx(100, rel=1e-3)
