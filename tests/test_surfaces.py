"""Density surfaces: every cell by hand or by brute force, and nothing lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from gisland.base.parameters import Parameters
from gisland.base.surfaceclasses import BREAKS, DIVERGING, SEQUENTIAL, class_numbers, legends
from gisland.base.surfaces import Surface
from gisland.measure.grids import surfaces as measured
from gisland.measure.grids.gridding import BLOCK, grid_around, shares_in_cells
from gisland.measure.grids.surfaces import MOST_CELLS, density_surfaces
from test_style import BLINDNESS, closest, lab

if TYPE_CHECKING:
    from collections.abc import Mapping

X, Y = 529_000.0, 3_380_000.0
PLAIN = Parameters(smooth_m=0.0)
NO_FAR = pd.Series(dtype="float64")


def layer(shapes: Mapping[str, Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Parcels at their place on earth, with their plane areas."""
    placed = [
        None if s is None else shapely.transform(s, lambda c: c + np.array([X, Y]))
        for s in shapes.values()
    ]
    frame = gpd.GeoDataFrame(columns, geometry=placed, index=list(shapes), crs=4547)
    frame["area_m2"] = frame.area.where(frame.geometry.notna())
    return frame.rename_axis("parcel_id")


def lineage(parcels: pd.DataFrame, **sites: str) -> pd.DataFrame:
    """Every parcel kept but those of the sites, ids separated by blanks."""
    to = {p: s for s, ids in sites.items() for p in ids.split()}
    rows = [(p, to.get(p, p), "site" if p in to else "kept") for p in parcels.index]
    return pd.DataFrame(rows, columns=["parcel_id", "after_id", "role"])


def made(
    parcels: gpd.GeoDataFrame, parameters: Parameters = PLAIN, **sites: str
) -> dict[str, Surface]:
    far = NO_FAR if "far" not in parcels.attrs else pd.Series(parcels.attrs["far"], dtype="float64")
    found, reason = density_surfaces(
        parcels, lineage(parcels, **sites), planned_far=far, parameters=parameters
    )
    assert reason == ""
    return {s.name: s for s in found}


@pytest.fixture
def block() -> gpd.GeoDataFrame:
    """Two lots of a site side by side, one beside them, and one without data."""
    return layer(
        {
            "a": box(0, 0, 50, 50),
            "b": box(50, 0, 75, 50),
            "c": box(75, 0, 150, 50),
            "d": box(0, 50, 150, 100),
        },
        floor_m2=[2500.0, 250.0, 3750.0, None],
        footprint_m2=[1000.0, 0.0, 1500.0, None],
        tax_yuan=[15_000.0, 0.0, None, None],
    )


# --- by hand -------------------------------------------------------------------------------------


def test_before_each_cell_holds_its_share_of_each_parcel(block: gpd.GeoDataFrame) -> None:
    far = made(block)["far_before"]
    # the middle cell: all of b, and a third of c
    assert far.amount.ravel().tolist() == pytest.approx([0, 0, 0, 2500, 250 + 1250, 2500])
    assert far.land.ravel().tolist() == pytest.approx([0, 0, 0, 2500, 1250 + 1250, 2500])
    assert far.value[1].tolist() == pytest.approx([1.0, 0.6, 1.0])
    assert np.isnan(far.value[0]).all()
    assert (far.west, far.north, far.unit) == (X, Y + 100, "ratio")


def test_tax_is_told_by_mu_and_missing_tax_is_no_zero(block: gpd.GeoDataFrame) -> None:
    tax = made(block)["tax_per_mu_before"]
    assert tax.land[1].tolist() == pytest.approx([2500, 1250, 0])
    assert tax.value[1, :2].tolist() == pytest.approx([15_000 / 3.75, 0.0])
    assert np.isnan(tax.value[1, 2])
    assert tax.unit == "yuan/mu"


def test_after_a_site_is_one_even_piece_at_its_planned_far(block: gpd.GeoDataFrame) -> None:
    block.attrs["far"] = {"S": 2.0}
    found = made(block, S="a b")
    assert found["far_after"].value[1].tolist() == pytest.approx([2.0, 1.5, 1.0])
    assert found["far_difference"].value[1].tolist() == pytest.approx([1.0, 0.9, 0.0])
    assert found["far_difference"].amount[1].tolist() == pytest.approx([2500, 2250, 0])
    # 1000 m² of footprint over 3750 m²
    assert found["coverage_after"].value[1].tolist() == pytest.approx([4 / 15, 1 / 3, 0.4])
    assert found["coverage_after"].amount[1].tolist() == pytest.approx(
        [2000 / 3, 1000 / 3 + 500, 1000]
    )


def test_without_planned_far_the_floor_area_stays_and_is_evened_out(
    block: gpd.GeoDataFrame,
) -> None:
    block.attrs["far"] = {"S": float("nan")}
    after = made(block, S="a b")["far_after"]
    assert after.amount.sum() == pytest.approx(6500)
    assert after.value[1, 0] == pytest.approx(2750 / 3750)


def test_what_is_known_of_a_site_stays_where_it_is_known(block: gpd.GeoDataFrame) -> None:
    found = made(block, S="b c")
    assert found["tax_per_mu_after"].land.tolist() == found["tax_per_mu_before"].land.tolist()
    assert found["tax_per_mu_after"].amount.tolist() == found["tax_per_mu_before"].amount.tolist()


def test_a_planned_far_makes_land_known_after_but_the_difference_needs_both(
    block: gpd.GeoDataFrame,
) -> None:
    block.attrs["far"] = {"S": 2.0}
    found = made(block, S="d")
    assert found["far_after"].land.sum() == pytest.approx(15_000)
    assert found["far_difference"].land.sum() == pytest.approx(7_500)
    assert np.isnan(found["far_difference"].value[0]).all()


def test_recorded_areas_are_the_land(block: gpd.GeoDataFrame) -> None:
    block["area_m2"] *= 1.0005  # ellipsoidal
    far = made(block)["far_before"]
    assert far.land.sum() == pytest.approx(7500 * 1.0005)
    assert far.amount.sum() == pytest.approx(6500)


def test_names_order_and_what_is_left_out(block: gpd.GeoDataFrame) -> None:
    names = list(made(block.drop(columns="footprint_m2"), Parameters(), S="a b"))
    each = ["before", "after", "difference", "before_smooth", "after_smooth", "difference_smooth"]
    assert names == [f"{m}_{w}" for m in ("far", "tax_per_mu") for w in each]
    assert list(made(block)) == ["far_before", "coverage_before", "tax_per_mu_before"]


@pytest.mark.parametrize(
    ("parameters", "drop", "reason"),
    [
        (Parameters(cell_m=0.0), [], "cell_m is 0"),
        (PLAIN, ["floor_m2", "footprint_m2", "tax_yuan"], "no floor area, footprint or tax"),
    ],
)
def test_no_surface_has_a_reason(
    block: gpd.GeoDataFrame, parameters: Parameters, drop: list[str], reason: str
) -> None:
    lots = block.drop(columns=drop)
    found = density_surfaces(lots, lineage(lots), planned_far=NO_FAR, parameters=parameters)
    assert found == ((), reason)


def test_parcels_without_a_place_take_no_part(block: gpd.GeoDataFrame) -> None:
    block.loc["c", "geometry"] = None
    block.loc["a", "geometry"] = shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    assert made(block)["far_before"].amount.sum() == pytest.approx(250)
    block["geometry"] = None
    assert density_surfaces(block, lineage(block), planned_far=NO_FAR, parameters=PLAIN)[0] == ()


def test_too_many_cells_are_refused_with_a_side_that_would_do() -> None:
    lots = layer(
        {"a": box(0, 0, 9, 9), "b": box(99_000, 99_000, 99_009, 99_009)}, floor_m2=[1.0, 1.0]
    )
    found, reason = density_surfaces(
        lots, lineage(lots), planned_far=NO_FAR, parameters=Parameters(cell_m=10.0)
    )
    assert found == ()
    assert reason == "more than 4 000 000 cells: cell_m = 50 would do"
    shapes = lots.geometry.to_numpy()
    assert (
        grid_around(shapes, cell_m=50.0).cells
        <= MOST_CELLS
        < grid_around(shapes, cell_m=20.0).cells
    )


# --- by brute force ------------------------------------------------------------------------------


def random_shapes(seed: int, count: int, *, reach: float = 400.0) -> list[shapely.Geometry]:
    """Turned rectangles, some with a hole and some in two parts, that may overlap."""
    rng = np.random.default_rng(seed)
    shapes = []
    for n in range(count):
        wide, high = rng.uniform(1, 120, 2)
        shape: shapely.Geometry = box(0, 0, wide, high)
        if n % 4 == 1:
            shape = shape.difference(box(wide * 0.3, high * 0.3, wide * 0.6, high * 0.7))
        if n % 4 == 2:
            shape = shapely.MultiPolygon([shape, box(wide + 5, 0, wide + 30, high)])
        turn, (east, north) = rng.uniform(0, 7), rng.uniform(0, reach, 2)
        spun = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        shapes.append(
            shapely.transform(shape, lambda c, s=spun, e=(east, north): c @ s + e + [X, Y])
        )
    return shapes


def brute(shapes: list[shapely.Geometry], cell_m: float) -> np.ndarray:
    """Shares by intersecting every polygon with every cell."""
    grid = grid_around(np.array(shapes), cell_m=cell_m)
    found = np.zeros((len(shapes), grid.cells))
    for cell in range(grid.cells):
        west = (grid.column + cell % grid.columns) * cell_m
        south = (grid.row + grid.rows - 1 - cell // grid.columns) * cell_m
        square = box(west, south, west + cell_m, south + cell_m)
        found[:, cell] = [s.intersection(square).area / s.area for s in shapes]
    return found


@pytest.mark.parametrize(
    ("seed", "cell_m"), [(0, 50.0), (1, 7.3), (2, 33.3), (3, 500.0), (4, 12.5)]
)
def test_shares_are_those_of_intersections(seed: int, cell_m: float) -> None:
    shapes = random_shapes(seed, 12, reach=200.0)
    grid = grid_around(np.array(shapes), cell_m=cell_m)
    shares = shares_in_cells(np.array(shapes), grid)
    dense = np.zeros((len(shapes), grid.cells))
    np.add.at(dense, (shares.parcel, shares.cell), shares.share)
    np.testing.assert_allclose(dense, brute(shapes, cell_m), atol=1e-9)
    np.testing.assert_allclose(dense.sum(axis=1), 1.0, rtol=1e-12)


def test_long_winding_parcels_are_looked_at_by_blocks() -> None:
    way = shapely.LineString([(X, Y), (X + 90, Y + 30), (X + 40, Y + 95), (X + 99, Y + 99)]).buffer(
        3
    )
    full = box(X - 10, Y - 10, X + 105, Y + 105)
    shapes = [way, full, box(X + 1, Y + 1, X + 2, Y + 2)]
    grid = grid_around(np.array(shapes), cell_m=2.0)
    assert grid.columns > 3 * BLOCK
    shares = shares_in_cells(np.array(shapes), grid)
    dense = np.zeros((3, grid.cells))
    dense[shares.parcel, shares.cell] = shares.share
    np.testing.assert_allclose(dense, brute(shapes, 2.0), atol=1e-9)


def test_many_pairs_in_portions_are_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = np.array(random_shapes(5, 60))
    grid = grid_around(shapes, cell_m=10.0)
    whole = shares_in_cells(shapes, grid)
    monkeypatch.setattr("gisland.measure.grids.gridding.PAIRS", 100)
    parts = shares_in_cells(shapes, grid)
    for name in ("parcel", "cell", "share"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_a_sliver_of_no_area_to_speak_of_is_not_lost() -> None:
    thin = box(X + 49.9, Y, np.nextafter(X + 49.9, np.inf), Y + 60)
    shapes = np.array([thin, box(X, Y, X + 100, Y + 100)])
    shares = shares_in_cells(shapes, grid_around(shapes, cell_m=50.0))
    assert shares.share[shares.parcel == 0].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("corner", [0.0, 50.0, -50.0, 0.1 * 3])
def test_the_grid_lies_at_multiples_of_its_cells_and_has_no_empty_edge(corner: float) -> None:
    grid = grid_around(np.array([box(corner, 0, corner + 100, 50)]), cell_m=50.0)
    assert grid.west == (0.0 if corner == 0.1 * 3 else corner)
    assert (grid.columns, grid.rows) == (3 if corner == 0.1 * 3 else 2, 1)


# --- nothing is lost, nothing depends on the order -----------------------------------------------


def district(seed: int = 7, count: int = 80) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    shapes = random_shapes(seed, count)
    lots = gpd.GeoDataFrame(geometry=shapes, index=[f"p{n:03d}" for n in range(count)], crs=4547)
    lots["area_m2"] = lots.area
    for name in ("floor_m2", "footprint_m2", "tax_yuan"):
        lots[name] = np.where(rng.random(count) < 0.2, np.nan, rng.uniform(0, 5000, count))
    lots.attrs["far"] = {"S": 1.8, "T": float("nan")}
    return lots.rename_axis("parcel_id")


SITES = {"S": "p001 p002 p003 p010", "T": "p020 p021 p022"}
COLUMNS = {"far": "floor_m2", "coverage": "footprint_m2", "tax_per_mu": "tax_yuan"}


@pytest.mark.parametrize(
    "parameters", [Parameters(cell_m=13.0), Parameters(cell_m=40.0, smooth_m=300.0)]
)
def test_totals_are_those_of_the_layer(parameters: Parameters) -> None:
    lots = district()
    found = made(lots, parameters, **SITES)
    planned = lots.index.isin(SITES["S"].split())
    for name, surface in found.items():
        amount = lots[COLUMNS[surface.measure]]
        after = amount.mask(planned, 1.8 * lots["area_m2"]) if surface.measure == "far" else amount
        known = {"before": amount, "after": after, "difference": amount}[surface.when]
        land = lots["area_m2"][known.notna()].sum()
        total = {"before": amount.sum(), "after": after.sum()}
        total["difference"] = total["after"] - total["before"]
        assert surface.land.sum() == pytest.approx(land, rel=1e-9), name
        assert surface.amount.sum() == pytest.approx(total[surface.when], rel=1e-9, abs=1e-6), name


def test_the_difference_is_after_less_before() -> None:
    found = made(district(), Parameters(cell_m=20.0), **SITES)
    for name in [n for n in found if "difference" in n]:
        before, after = (found[name.replace("difference", w)] for w in ("before", "after"))
        assert np.array_equal(found[name].value, after.value - before.value, equal_nan=True)
        assert np.array_equal(found[name].amount, after.amount - before.amount)


def test_the_order_of_rows_changes_no_bit() -> None:
    lots = district()
    first = made(lots, Parameters(cell_m=17.0), **SITES)
    mixed = lots.sample(frac=1, random_state=3)
    mixed.attrs = lots.attrs
    second = made(mixed, Parameters(cell_m=17.0), **SITES)
    for name, surface in first.items():
        for part in ("value", "amount", "land"):
            assert np.array_equal(
                getattr(surface, part), getattr(second[name], part), equal_nan=True
            )


def test_a_parcel_cut_in_two_changes_nothing() -> None:
    lots = layer({"a": box(3, 4, 133, 87), "b": box(133, 4, 190, 87)}, floor_m2=[9000.0, 100.0])
    parts = layer(
        {"a1": box(3, 4, 60, 87), "a2": box(60, 4, 133, 87), "b": box(133, 4, 190, 87)},
        floor_m2=[9000 * 57 / 130, 9000 * 73 / 130, 100.0],
    )
    whole, cut = made(lots, Parameters(cell_m=20.0)), made(parts, Parameters(cell_m=20.0))
    for name, surface in whole.items():
        np.testing.assert_allclose(surface.value, cut[name].value, rtol=1e-9)
        np.testing.assert_allclose(surface.amount, cut[name].amount, rtol=1e-9, atol=1e-9)


def test_the_input_is_not_changed() -> None:
    lots, same = district(), district()
    made(lots, Parameters(), **SITES)
    pd.testing.assert_frame_equal(pd.DataFrame(lots), pd.DataFrame(same))


# --- smoothing -----------------------------------------------------------------------------------


def test_an_even_density_stays_even_when_smoothed() -> None:
    lots = layer({"a": box(0, 0, 300, 200), "b": box(310, 0, 500, 200)}, floor_m2=[0.0, 0.0])
    lots["floor_m2"] = 1.7 * lots["area_m2"]
    smooth = made(lots, Parameters(cell_m=20.0, smooth_m=60.0))["far_before_smooth"]
    np.testing.assert_allclose(smooth.value, 1.7, rtol=1e-9)


def test_the_kernel_is_the_gaussian_of_the_bandwidth() -> None:
    lots = layer({"a": box(400, 400, 410, 410), "z": box(0, 0, 810, 810)}, floor_m2=[50.0, 0.0])
    smooth = made(lots, Parameters(cell_m=10.0, smooth_m=30.0))["far_before_smooth"]
    middle = smooth.amount.shape[0] // 2
    line = smooth.amount[middle]
    at = np.arange(len(line)) - middle
    near = np.abs(at) <= 9
    np.testing.assert_allclose(
        line[near] / line[middle], np.exp(-((at[near] / 3) ** 2) / 2), rtol=1e-9
    )


def test_smoothed_values_end_where_hardly_any_land_is_near() -> None:
    lots = layer(
        {"a": box(0, 0, 200, 200), "far off": box(1990, 0, 1995, 5)}, floor_m2=[100.0, 5.0]
    )
    smooth = made(lots, Parameters(cell_m=10.0, smooth_m=30.0))["far_before_smooth"]
    told = ~np.isnan(smooth.value)
    assert told[:, :21].all()
    assert not told[:, 26:199].any()
    assert told[-1, 199]  # what has land of its own is told


# --- classes and colors --------------------------------------------------------------------------


def surface(
    values: list[float], *, measure: str = "far", when: str = "before", smooth_m: float = 0.0
) -> Surface:
    grid = np.array([values])
    return Surface(measure, when, smooth_m, grid, grid, grid, 0.0, 50.0, 50.0, "ratio")


def test_before_and_after_plain_and_smoothed_have_the_same_classes() -> None:
    low, high = surface([0.1, 0.3]), surface([8.0, 9.0], when="after")
    found = legends([low, high, surface([0.2], smooth_m=9.0)])
    assert len({legend.breaks for legend in found.values()}) == 1
    assert found["far_before"].breaks == (2.5, 5.0, 7.5, 10.0, 15.0)


def test_classes_are_round_numbers_times_a_round_factor() -> None:
    assert legends([surface([0.4, 2.9])])["far_before"].breaks == BREAKS["far"]
    assert legends([surface([4.0, 14.0])])["far_before"].breaks == (2.5, 5.0, 7.5, 10.0, 15.0)
    assert legends([surface([0.04, 0.05])])["far_before"].breaks == (0.05, 0.1, 0.15, 0.2, 0.3)
    dense = legends([surface([0.9, 1.8], measure="coverage")])["coverage_before"]
    assert dense.breaks == BREAKS["coverage"]
    assert legends([surface([float("nan")])])["far_before"].breaks == BREAKS["far"]


def test_differences_are_told_alike_on_both_sides_whatever_does_not_change() -> None:
    values = [0.0] * 1000 + [-0.9, 0.4]
    breaks = legends([surface(values, when="difference")])["far_difference"].breaks
    assert breaks == (-1.0, -0.5, -0.1, 0.1, 0.5, 1.0)


def test_a_value_at_a_break_is_in_the_upper_class_whatever_its_last_digits() -> None:
    legend = legends([surface([0.4, 2.9])])["far_before"]
    values = np.array([2.0, 2.0 - 1e-12, 1.99, 3.0, 50.0, 0.0, np.nan])
    assert class_numbers(values, legend).tolist() == [5, 5, 4, 6, 6, 1, 0]


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("colors", [SEQUENTIAL, DIVERGING], ids=["sequential", "diverging"])
def test_classes_stay_apart_for_the_color_blind(colors: tuple[str, ...], kind: str) -> None:
    assert closest(list(colors), seen=BLINDNESS[kind]) > 10


@pytest.mark.parametrize("kind", BLINDNESS)
def test_lightness_alone_tells_the_order(kind: str) -> None:
    light = np.array([lab(c, seen=BLINDNESS[kind])[0] for c in SEQUENTIAL])
    assert (np.diff(light) < -8).all()
    both = np.array([lab(c, seen=BLINDNESS[kind])[0] for c in DIVERGING])
    assert (np.diff(both[:4]) > 4).all()
    assert (np.diff(both[3:]) < -4).all()


def test_every_measure_has_amount_unit_and_classes() -> None:
    assert set(measured.AMOUNTS) == set(measured.UNITS) == set(BREAKS)
