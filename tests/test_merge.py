from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import affinity, box

from districts import CRS, ORIGIN, at, lots, spun
from gisland.base.crs import areas_m2
from gisland.base.errors import PlanError
from gisland.plan.merging.merge import Merged, merge

TOLERANCE = 0.05


def done(
    shapes: dict[str, object],
    sites: dict[str, str],
    absorbed: dict[str, str],
    *,
    basis: str = "plane",
    tolerance_m: float = TOLERANCE,
) -> Merged:
    parcels = measured(shapes, basis=basis)
    return merge(parcels, named(sites), named(absorbed), tolerance_m=tolerance_m)


def measured(shapes: dict[str, object], *, basis: str = "plane") -> gpd.GeoDataFrame:
    parcels = lots(shapes)
    return parcels.assign(area_m2=areas_m2(parcels.geometry, basis=basis))


def named(sites: dict[str, str]) -> pd.Series:
    index = pd.Index(list(sites), dtype="str", name="parcel_id")
    return pd.Series(list(sites.values()), index=index, dtype="str", name="site_id")


def parts(result: Merged, site: str = "S") -> int:
    return int(shapely.get_num_geometries(result.sites.geometry[site]))


def account(result: Merged, shapes: dict[str, object], site: str = "S") -> float:
    """What is left of merged area = pieces + gaps - overlaps; zero if all is told."""
    row = result.sites.loc[site]
    rows = result.lineage
    ids = rows.loc[(rows["after_id"] == site) & (rows["role"] != "kept"), "parcel_id"]
    pieces = sum(shapely.area(shapes[k]) for k in ids)
    return float(row.geometry.area - pieces - row["gap_closed_m2"] + row["overlap_m2"])


def test_pieces_that_touch_become_one_polygon() -> None:
    shapes = {"s": at(0, 0, 10, 10), "c": at(10, 0, 2, 10), "o": at(12, 0, 5, 10)}
    result = done(shapes, {"s": "S"}, {"c": "S"})
    row = result.sites.loc["S"]
    assert row.geometry.geom_type == "Polygon"
    assert row.geometry.equals(at(0, 0, 12, 10))
    areas = ["area_before_m2", "scrap_area_m2", "area_after_m2", "gap_closed_m2", "overlap_m2"]
    assert row[areas].astype(float).round(9).tolist() == [100.0, 20.0, 120.0, 0.0, 0.0]
    assert result.sites.crs == CRS


@pytest.mark.parametrize("gap", [0.001, 0.02, 0.05])
def test_a_hairline_gap_is_closed_and_told(gap: float) -> None:
    shapes = {"s": at(0, 0, 10, 10), "c": at(10 + gap, 0, 2, 10)}
    result = done(shapes, {"s": "S"}, {"c": "S"})
    row = result.sites.loc["S"]
    assert parts(result) == 1
    assert row["gap_closed_m2"] == pytest.approx(gap * 10, abs=3e-3)  # round mouths
    assert row["area_after_m2"] == pytest.approx(120.0, abs=1e-6)  # a gap is nobody's land
    assert account(result, shapes) == pytest.approx(0, abs=1e-6)
    whole = at(0, 0, 12 + gap, 10)
    assert shapely.hausdorff_distance(row.geometry, whole) <= gap
    assert row.geometry.symmetric_difference(whole).area < 3e-3
    for corner in shapely.get_coordinates(whole):
        assert shapely.dwithin(shapely.Point(corner), row.geometry.boundary, 1e-9)


def test_a_gap_wider_than_the_tolerance_stays() -> None:
    shapes = {"s": at(0, 0, 10, 10), "c": at(10.06, 0, 2, 10)}
    result = done(shapes, {"s": "S"}, {"c": "S"})
    assert parts(result) == 2
    assert result.sites.loc["S", "gap_closed_m2"] == 0.0


def test_gaps_close_at_any_angle_and_width() -> None:
    rng = np.random.default_rng(8)
    for _ in range(60):
        gap, degrees = float(rng.uniform(0, TOLERANCE)), float(rng.uniform(0, 90))
        plain = {
            "s": at(0, 0, 100, 60),
            "t": at(100, 5, 30, 40),
            "c": at(130 + gap, 0, 9, 80),
            "d": at(-20, 60 + gap, 70, 7),
        }
        shapes = {k: spun(v, degrees=degrees) for k, v in plain.items()}
        result = done(shapes, {"s": "S", "t": "S"}, {"c": "S", "d": "S"})
        assert parts(result) == 1, (gap, degrees)
        assert account(result, shapes) == pytest.approx(0, abs=1e-3)
        closed = result.sites.loc["S", "gap_closed_m2"]
        assert closed == pytest.approx(gap * (40 + 50), rel=0.05, abs=5e-3)


def test_overlaps_are_told_and_counted_once_in_the_shape() -> None:
    shapes = {"s": at(0, 0, 10, 10), "c": at(9, 0, 3, 10), "d": at(9, 0, 3, 5)}
    result = done(shapes, {"s": "S"}, {"c": "S", "d": "S"})
    row = result.sites.loc["S"]
    assert row["overlap_m2"] == pytest.approx(10 + 15)
    assert row["area_after_m2"] == pytest.approx(100 + 30 + 15)
    assert row.geometry.area == pytest.approx(120)
    assert account(result, shapes) == pytest.approx(0, abs=1e-6)


def test_a_hole_stays_a_hole_until_its_scrap_is_absorbed() -> None:
    inner = at(4, 4, 2, 2)
    shapes = {"s": at(0, 0, 10, 10) - inner, "c": inner}
    before = done(shapes, {"s": "S"}, {})
    assert len(before.sites.geometry["S"].interiors) == 1
    assert before.sites.loc["S", "area_after_m2"] == pytest.approx(96)
    after = done(shapes, {"s": "S"}, {"c": "S"})
    assert len(after.sites.geometry["S"].interiors) == 0
    assert after.sites.loc["S", "area_after_m2"] == pytest.approx(100)


def test_a_narrow_notch_of_one_parcel_is_not_filled() -> None:
    notched = at(0, 0, 10, 10) - at(5, 2, 0.03, 8)
    result = done({"s": notched, "c": at(10, 0, 2, 10)}, {"s": "S"}, {"c": "S"})
    assert result.sites.loc["S", "gap_closed_m2"] == 0.0
    assert result.sites.geometry["S"].area == pytest.approx(notched.area + 20)


def test_a_multipart_site_stays_multipart() -> None:
    far = shapely.MultiPolygon([at(0, 0, 10, 10), at(50, 0, 10, 10)])
    result = done({"s": far, "c": at(10, 0, 2, 10)}, {"s": "S"}, {"c": "S"})
    assert parts(result) == 2
    assert result.sites.loc["S", "area_after_m2"] == pytest.approx(220)


def test_vertices_that_do_not_match_merge_without_a_seam() -> None:
    shapes = {
        "s": at(0, 0, 90, 40),
        "a": at(0, 40, 30, 5),
        "b": at(30, 40, 33, 5),
        "c": at(63, 40, 27, 5),
    }
    shapes = {k: spun(v, degrees=33.3) for k, v in shapes.items()}
    result = done(shapes, {"s": "S"}, {"a": "S", "b": "S", "c": "S"})
    merged = result.sites.geometry["S"]
    assert merged.geom_type == "Polygon"
    assert len(merged.interiors) == 0
    assert merged.area == pytest.approx(90 * 45, abs=1e-6)


def test_a_hairline_is_closed_although_the_vertices_do_not_match() -> None:
    shapes = {"s": at(0, 0, 90, 40), "a": at(0, 40.03, 31, 5), "b": at(31.02, 40.03, 59, 5)}
    result = done(shapes, {"s": "S"}, {"a": "S", "b": "S"})
    assert parts(result) == 1
    assert result.sites.loc["S", "gap_closed_m2"] == pytest.approx(0.03 * 90 + 0.02 * 5, abs=1e-2)


def test_lineage_names_every_parcel_once() -> None:
    shapes = {
        "o": at(50, 0, 5, 5),
        "n": None,
        "s2": at(20, 0, 10, 10),
        "c": at(10, 0, 2, 10),
        "s1": at(0, 0, 10, 10),
    }
    lines = done(shapes, {"s1": "S1", "s2": "S2"}, {"c": "S1"}).lineage
    assert lines.drop(columns="area_m2").to_numpy().tolist() == [
        ["c", "S1", "absorbed"],
        ["n", "n", "no_geometry"],
        ["o", "o", "kept"],
        ["s1", "S1", "site"],
        ["s2", "S2", "site"],
    ]
    assert lines["area_m2"].round(6).tolist()[2:] == [25.0, 100.0, 100.0]
    assert np.isnan(lines["area_m2"][1])
    assert (lines.dtypes == ["str", "str", "str", "float64"]).all()


@pytest.mark.parametrize("basis", ["plane", "ellipsoidal"])
def test_area_is_conserved_on_either_basis(basis: str) -> None:
    shapes = {"s": at(0, 0, 900, 700), "c": at(900.04, 0, 30, 600), "o": at(0, 700, 900, 50)}
    parcels = measured(shapes, basis=basis)
    result = merge(parcels, named({"s": "S"}), named({"c": "S"}), tolerance_m=TOLERANCE)
    row = result.sites.loc["S"]
    assert row["area_before_m2"] == parcels.loc["s", "area_m2"]
    assert row["scrap_area_m2"] == parcels.loc["c", "area_m2"]
    assert result.lineage["area_m2"].sum() == pytest.approx(parcels["area_m2"].sum(), rel=1e-12)
    assert account(result, shapes) == pytest.approx(0, abs=1e-3)  # of plane areas


def test_no_sites_at_all() -> None:
    result = done({"a": at(0, 0, 1, 1), "n": None}, {}, {})
    assert result.sites.empty
    assert result.sites.crs == CRS
    assert result.sites.index.name == "site_id"
    assert result.lineage["role"].tolist() == ["kept", "no_geometry"]
    assert {c: str(t) for c, t in result.sites.dtypes.items() if c != "geometry"} == dict.fromkeys(
        ["area_before_m2", "scrap_area_m2", "gap_closed_m2", "overlap_m2", "area_after_m2"],
        "float64",
    )


def test_a_parcel_of_a_site_cannot_be_absorbed() -> None:
    shapes = {"s": at(0, 0, 10, 10), "t": at(10, 0, 10, 10)}
    with pytest.raises(PlanError, match=r"1 absorbed parcel inside a site already \(t\)"):
        done(shapes, {"s": "S1", "t": "S2"}, {"t": "S1"})


def test_absorbing_into_a_site_that_is_not_there_is_an_error() -> None:
    with pytest.raises(PlanError, match="went in and"):
        done({"s": at(0, 0, 10, 10), "c": at(10, 0, 2, 10)}, {"s": "S"}, {"c": "T"})


def test_rows_in_any_order_give_the_same_bytes() -> None:
    rng = np.random.default_rng(3)
    shapes = {
        f"p{k:02}": spun(at(10.01 * (k % 6), 10.02 * (k // 6), 10, 10), degrees=17.0)
        for k in range(24)
    }
    parcels = measured(shapes)
    sites = named({k: "S1" if k < "p12" else "S2" for k in shapes if k[-1] != "5"})
    scraps = named({k: "S1" if k < "p12" else "S2" for k in shapes if k[-1] == "5"})
    one = merge(parcels, sites, scraps, tolerance_m=TOLERANCE)
    for _ in range(3):
        mixed = [x.iloc[rng.permutation(len(x))] for x in (parcels, sites, scraps)]
        two = merge(*mixed, tolerance_m=TOLERANCE)  # type: ignore[misc]
        pd.testing.assert_frame_equal(one.lineage, two.lineage, check_exact=True)
        left, right = (pd.DataFrame(r.sites.drop(columns="geometry")) for r in (one, two))
        pd.testing.assert_frame_equal(left, right, check_exact=True)
        assert one.sites.geometry.to_wkb().tolist() == two.sites.geometry.to_wkb().tolist()


def test_input_is_unchanged() -> None:
    parcels = measured({"s": at(0, 0, 10, 10), "c": at(10, 0, 2, 10)})
    sites, scraps = named({"s": "S"}), named({"c": "S"})
    before = parcels.copy(deep=True), sites.copy(), scraps.copy()
    merge(parcels, sites, scraps, tolerance_m=TOLERANCE)
    assert_geodataframe_equal(parcels, before[0])
    pd.testing.assert_series_equal(sites, before[1])
    pd.testing.assert_series_equal(scraps, before[2])
    assert ORIGIN[0] == shapely.get_coordinates(parcels.geometry["s"])[:, 0].min()


@pytest.mark.parametrize("gap_m", [0.0, 1e-9, 1e-6, 3e-6, 1e-4, 3e-3, 0.02, 0.0499])
def test_any_gap_within_the_tolerance_joins_in_any_direction(gap_m: float) -> None:
    for degrees in range(0, 360, 17):
        shapes = [box(0, 0, 200, 100), box(200 + gap_m, 0, 208 + gap_m, 100)]
        turned = [
            shapely.transform(
                affinity.rotate(s, degrees, origin=(0, 0)), lambda xy: xy + np.array(ORIGIN)
            )
            for s in shapes
        ]
        pieces = gpd.GeoDataFrame(
            {"area_m2": [s.area for s in turned]},
            geometry=turned,
            index=pd.Index(["s", "c"], name="parcel_id"),
            crs=4547,
        )
        found = merge(
            pieces, pd.Series("S", index=["s"]), pd.Series("S", index=["c"]), tolerance_m=TOLERANCE
        )
        shape = found.sites.geometry["S"]
        assert shape.geom_type == "Polygon", degrees
        assert not shape.interiors, degrees
        assert abs(found.sites["gap_closed_m2"]["S"] - gap_m * 100) < 0.05, degrees
