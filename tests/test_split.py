"""Parcels cut along the boundaries between planned uses, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity
from shapely.ops import unary_union

from districts import ORIGIN, at, layer, lots
from gisland.base.errors import GeometryError, PlanError
from gisland.plan.merging.faces import cut_shape
from gisland.plan.merging.split import Cuts, cut_parcels

if TYPE_CHECKING:
    from collections.abc import Mapping

N_M2, S_M2 = 43_383.0, 45_517.0  # case 3: 8.89 ha in all
WIDE = {"M": at(-500, -500, 500, 2000), "R": at(0, -500, 500, 2000)}  # they meet at x = 0


def zones(shapes: Mapping[str, object], *uses: str | None) -> gpd.GeoDataFrame:
    return layer("zone_id", shapes, planned_use=list(uses) if uses else list(shapes))


def cut(shape: object, zoning: gpd.GeoDataFrame, **more: float) -> Cuts:
    """Cut a parcel ``p``, and hold its parts against it."""
    cuts = cut_parcels(lots({"p": shape}), zoning, ids=["p"], **more)  # type: ignore[arg-type]
    pieces = cuts.parts.geometry
    whole = lots({"p": shape}).geometry.iloc[0]
    assert pieces.area.sum() == pytest.approx(whole.area, rel=1e-9)
    assert unary_union(list(pieces)).symmetric_difference(whole).area < 1e-6
    assert pieces.is_valid.all()
    return cuts


def parts(cuts: Cuts) -> list[tuple[str, str | None, float]]:
    """Id, planned use and area of each part."""
    frame = cuts.parts
    use = [None if pd.isna(u) else u for u in frame["planned_use"]]
    return list(zip(frame.index, use, frame.geometry.area.round(4), strict=True))


def test_case_3_is_cut_in_north_and_south() -> None:
    line = S_M2 / 200
    zoning = zones({"N": at(-50, line, 400, 999), "S": at(-50, -99, 400, 99 + line)}, "M1", "A5")
    cuts = cut(at(0, 0, 200, (N_M2 + S_M2) / 200), zoning)
    assert parts(cuts) == [("p-1", "A5", S_M2), ("p-2", "M1", N_M2)]
    assert cuts.parts["parent_id"].tolist() == ["p", "p"]
    assert cuts.parts.geometry.area.sum() == pytest.approx(88_900.0, rel=1e-12)
    assert cuts.lines.loc["p", "line_m"] == pytest.approx(200.0)
    assert cuts.lines.loc["p", "line_share"] == 1.0


def test_three_zones_give_three_parts() -> None:
    zoning = zones({"a": at(-9, -9, 29, 99), "b": at(20, -9, 30, 99), "c": at(50, -9, 99, 99)})
    cuts = cut(at(0, 0, 100, 10), zoning)
    assert parts(cuts) == [("p-1", "c", 500.0), ("p-2", "b", 300.0), ("p-3", "a", 200.0)]
    assert cuts.lines.loc["p", "line_m"] == pytest.approx(20.0)


def test_zones_of_one_use_are_one_side_whatever_the_spelling() -> None:
    shapes = {"a": at(-9, -9, 29, 99), "b": at(20, -9, 30, 99), "c": at(50, -9, 99, 99)}
    cuts = cut(at(0, 0, 100, 10), zones(shapes, "M1", "Ｍ1 ", "R2"))
    assert [area for _, _, area in parts(cuts)] == [500.0, 500.0]
    assert sorted(cuts.parts["planned_use"]) == ["M1", "R2"]


def test_a_zone_that_lies_inside_leaves_a_ring() -> None:
    inner = at(40, 40, 20, 20)
    zoning = zones({"M": at(-9, -9, 200, 200).difference(inner), "G": inner})
    cuts = cut(at(0, 0, 100, 100), zoning)
    assert parts(cuts) == [("p-1", "M", 9600.0), ("p-2", "G", 400.0)]
    assert len(cuts.parts.geometry.iloc[0].interiors) == 1


def test_what_the_cut_leaves_apart_are_parts_of_their_own() -> None:
    zoning = zones({"M": at(-9, 20, 200, 200), "R": at(-9, -9, 200, 29)})
    shape = at(0, 0, 30, 50).union(at(60, 0, 40, 50)).union(at(0, 0, 100, 10))  # a U
    cuts = cut(shape, zoning)
    assert parts(cuts) == [("p-1", "R", 1700.0), ("p-2", "M", 1200.0), ("p-3", "M", 900.0)]


def test_an_l_is_cut_along_an_l() -> None:
    shape = at(0, 0, 100, 40).union(at(0, 40, 40, 60))
    inner = at(-9, -9, 109, 29).union(at(-9, 20, 29, 99))  # 20 m wide along both legs
    zoning = zones({"M": inner, "R": at(-99, -99, 400, 400).difference(inner)})
    cuts = cut(shape, zoning)
    assert parts(cuts) == [("p-1", "M", 3600.0), ("p-2", "R", 2800.0)]
    assert cuts.lines.loc["p", "line_m"] == pytest.approx(160.0)


def test_land_under_no_zone_is_a_part_of_its_own() -> None:
    cuts = cut(at(0, 0, 100, 10), zones({"M": at(-9, -9, 79, 99)}))
    assert parts(cuts) == [("p-1", "M", 700.0), ("p-2", None, 300.0)]
    unknown = zones({"M": at(-9, -9, 79, 99), "x": at(70, -9, 79, 99)}, "M", None)
    assert parts(cut(at(0, 0, 100, 10), unknown)) == parts(cuts)


def test_land_half_under_no_zone_is_found_without_a_list() -> None:
    parcels = lots({"p": at(0, 0, 100, 10), "in": at(0, 20, 9, 9), "out": at(80, 20, 9, 9)})
    cuts = cut_parcels(parcels, zones({"M": at(-9, -9, 79, 99)}))
    assert cuts.parts["parent_id"].tolist() == ["p", "p"]


@pytest.mark.parametrize("gap", [0.02, -0.02])
def test_a_gap_or_overlap_of_2_cm_between_zones_goes_to_the_longest_border(gap: float) -> None:
    zoning = zones({"M": at(-9, -9, 49, 99), "R": at(40 + gap, -9, 99, 99)})
    found = parts(cut(at(0, 0, 100, 10), zoning))
    assert [use for _, use, _ in found] == ["R", "M"]
    assert sum(area for _, _, area in found) == pytest.approx(1000.0)
    assert {round(area) for _, _, area in found} == {600, 400}


def test_a_sliver_goes_where_its_border_is_longest() -> None:
    # 3 cm between M (10 m long) and R: on the other side R for 7 m and G for 3 m
    shapes = {"M": at(-9, -9, 49, 99), "R": at(40.03, -9, 99, 16), "G": at(40.03, 7, 99, 99)}
    found = parts(cut(at(0, 0, 100, 10), zones(shapes)))
    assert found == [("p-1", "R", 419.79), ("p-2", "M", 400.3), ("p-3", "G", 179.91)]


def test_a_zone_that_crosses_by_2_cm_cuts_nothing() -> None:
    zoning = zones({"M": at(-9, -9, 108.98, 99), "R": at(99.98, -9, 99, 99)})
    with pytest.raises(PlanError, match=r"1 parcel in a single planned use \(p\)"):
        cut(at(0, 0, 100, 90), zoning)
    assert cut_parcels(lots({"p": at(0, 0, 100, 90)}), zoning).parts.empty
    wider = zones({"M": at(-9, -9, 108.9, 99), "R": at(99.9, -9, 99, 99)})
    assert parts(cut(at(0, 0, 100, 90), wider)) == [("p-1", "M", 8991.0), ("p-2", "R", 9.0)]


def test_a_tail_along_the_outline_is_cut_off() -> None:
    points = [(-9, -9), (0.02, -9), (0.02, 50), (100, 60), (200, 70), (200, 200), (-9, 200)]
    north = shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in points])
    zoning = zones({"M": north, "R": at(-50, -50, 400, 400).difference(north)})
    cuts = cut(at(0, 0, 100, 100), zoning)
    assert cuts.parts["planned_use"].tolist() == ["R", "M"]
    south = cuts.parts.geometry.loc["p-1"]
    assert south.covers(shapely.Point(ORIGIN[0], ORIGIN[1] + 25))  # the tail is the southern part's
    assert south.area == pytest.approx(99.98 * 55 + 0.02 * 50, abs=1e-4)
    assert cuts.lines.loc["p", "line_share"] == 1.0


def test_small_pieces_are_slivers_too() -> None:
    zoning = zones({"M": at(-9, -9, 200, 200), "R": at(9.2, 9.2, 99, 99)}, "M", "R")
    zoning.loc["M", "geometry"] = at(-9, -9, 200, 200).difference(at(9.2, 9.2, 99, 99))
    shape = at(0, 0, 10, 10)  # of which 0.64 m² are in R
    assert parts(cut(shape, zoning, min_part_m2=0.5))[1] == ("p-2", "R", 0.64)
    with pytest.raises(PlanError, match="single planned use"):
        cut(shape, zoning)


def test_a_parcel_of_several_polygons() -> None:
    shape = at(-30, 0, 50, 10).union(at(40, 0, 15, 10)).union(at(-60, 0, 10, 10))
    cuts = cut(shape, zones(WIDE))
    assert parts(cuts) == [
        *(("p-1", "M", 300.0), ("p-2", "R", 200.0)),
        *(("p-3", "R", 150.0), ("p-4", "M", 100.0)),
    ]
    apart = cut(at(-30, 0, 20, 10).union(at(40, 0, 15, 10)), zones(WIDE))
    assert parts(apart) == [("p-1", "M", 200.0), ("p-2", "R", 150.0)]
    assert apart.lines.loc["p", "line_m"] == 0.0
    assert np.isnan(apart.lines.loc["p", "line_share"])


def test_a_speck_apart_stays_with_the_nearest_part() -> None:
    shape = at(-30, 0, 50, 10).union(at(25, 0, 0.5, 0.5))
    cuts = cut(shape, zones(WIDE))
    assert parts(cuts) == [("p-1", "M", 300.0), ("p-2", "R", 200.25)]


def test_equal_parts_are_numbered_from_west_and_south() -> None:
    cuts = cut(at(-10, 0, 20, 10), zones(WIDE))
    assert parts(cuts) == [("p-1", "M", 100.0), ("p-2", "R", 100.0)]
    levels = {"M": at(-99, 5, 200, 99), "R": at(-99, -99, 200, 104)}
    assert parts(cut(at(-10, 0, 20, 10), zones(levels)))[0] == ("p-1", "R", 100.0)


def test_equal_quarters_are_numbered_from_west_and_south() -> None:
    places = {"a": (-99, -99), "b": (-99, 0), "c": (0, -99), "d": (0, 0)}
    quarters = {k: at(*place, 99, 99) for k, place in places.items()}
    cuts = cut(at(-10, -10, 20, 20), zones(quarters))
    assert parts(cuts) == [(f"p-{k}", use, 100.0) for k, use in enumerate("abcd", start=1)]
    turned = zones({"d": quarters["a"], "c": quarters["b"], "b": quarters["c"], "a": quarters["d"]})
    assert [use for _, use, _ in parts(cut(at(-10, -10, 20, 20), turned))] == list("dcba")


def test_a_strip_of_2_cm_does_not_part_one_use() -> None:
    shapes = {"a": at(-9, -9, 49, 99), "b": at(40, -9, 0.02, 99), "c": at(40.02, -9, 99, 99)}
    with pytest.raises(PlanError, match="single planned use"):
        cut(at(0, 0, 100, 10), zones(shapes, "M", "S", "M"))
    beside = {**shapes, "c": at(40.02, -9, 30, 99), "d": at(70.02, -9, 99, 99)}
    found = parts(cut(at(0, 0, 100, 10), zones(beside, "M", "S", "M", "R")))
    assert found == [("p-1", "M", 700.2), ("p-2", "R", 299.8)]


def test_where_a_ring_begins_does_not_matter() -> None:
    shape = at(-30, 0, 50, 10)
    points = shapely.get_coordinates(shape)[:-1]
    other = shapely.Polygon(np.roll(points, 2, axis=0)[::-1])
    one, two = cut(shape, zones(WIDE)), cut(other, zones(WIDE))
    assert one.parts.to_wkb().equals(two.parts.to_wkb())


@pytest.mark.parametrize("degrees", [17.3, 45.0, 211.0])
def test_turned_land_is_cut_the_same(degrees: float) -> None:
    turned = {k: affinity.rotate(s, degrees, origin=ORIGIN) for k, s in WIDE.items()}
    shape = affinity.rotate(at(-30, 0, 50, 10), degrees, origin=ORIGIN)
    cuts = cut(shape, zones(turned))
    assert cuts.parts.geometry.area.tolist() == pytest.approx([300.0, 200.0], abs=1e-6)
    assert cuts.lines.loc["p"].iloc[:2].tolist() == pytest.approx([10.0, 1.0])


def district() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    shapes = {
        "q": at(-20, 30, 60, 11),
        "p": at(-30.1, 0, 50.3, 10.7),
        "in": at(5, 50, 20, 20),
        "out": at(5000, 50, 20, 20),
        "no": None,
        "edge": at(-40, 60, 40, 40),
        "hair": at(-40, 100, 40.01, 40),
    }
    turned = {k: affinity.rotate(s, 0.7, origin=ORIGIN) if s else s for k, s in shapes.items()}
    more = {**WIDE, "R2": at(20, -500, 480, 2000), "M2": at(-500, 35, 480, 100)}
    more["R"], more["M"] = at(0, -500, 20, 2000), WIDE["M"].difference(more["M2"])
    spun = {k: affinity.rotate(s, 0.7, origin=ORIGIN) for k, s in more.items()}
    return lots(turned), zones(spun, "M", "R", "R", "M")


def test_all_that_cross_are_found_and_row_order_does_not_matter() -> None:
    parcels, zoning = district()
    cuts = cut_parcels(parcels, zoning)
    assert cuts.parts["parent_id"].unique().tolist() == ["p", "q"]
    assert cuts.left.to_numpy().tolist() == [["no", "no_geometry"]]
    again = cut_parcels(parcels.iloc[::-1], zoning.iloc[[2, 0, 3, 1]])
    assert cuts.parts.to_wkb().equals(again.parts.to_wkb())
    assert cuts.lines.to_wkb().equals(again.lines.to_wkb())


def test_overlapping_zones_are_told() -> None:
    zoning = zones({"M": at(-9, -9, 59, 99), "R": at(40, -9, 99, 99)})
    parcels = lots({"p": at(0, 0, 100, 10), "in": at(42, 20, 5, 5)})
    with pytest.raises(
        PlanError, match=r"zones of two planned uses overlap \(p\); mend the zoning"
    ):
        cut_parcels(parcels, zoning, ids=["p"])
    cuts = cut_parcels(parcels, zoning)
    assert cuts.parts.empty
    assert cuts.left.to_numpy().tolist() == [["in", "zones_overlap"], ["p", "zones_overlap"]]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["p", "x"], r"1 parcel not in the layer \(x\); check the ids"),
        (["in"], r"1 parcel in a single planned use \(in\); take them off"),
        (["out"], r"1 parcel under no zone with a planned use \(out\); take"),
        (["no"], r"1 parcel without geometry \(no\); draw them"),
        (["bow", "p"], r"1 parcel with invalid geometry \(bow\); run `gisland check`"),
        (["p", "in"], r"\(in\)"),
    ],
)
def test_listed_parcels_that_cannot_be_cut_are_refused(ids: list[str], told: str) -> None:
    parcels, zoning = district()
    bow = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    parcels = pd.concat([parcels, lots({"bow": affinity.translate(bow, *ORIGIN)})])
    with pytest.raises(PlanError, match=told):
        cut_parcels(parcels, zoning, ids=ids)


def test_an_id_that_is_taken_is_refused() -> None:
    parcels = lots({"p": at(-10, 0, 20, 10), "p-2": at(50, 50, 9, 9)})
    with pytest.raises(PlanError, match=r"1 id for parts taken by other parcels \(p-2\)"):
        cut_parcels(parcels, zones(WIDE))


def test_zoning_without_planned_use_or_with_broken_zones_is_refused() -> None:
    parcels = lots({"p": at(-10, 0, 20, 10)})
    with pytest.raises(PlanError, match="has no planned use"):
        cut_parcels(parcels, zones(WIDE).drop(columns="planned_use"))
    by_class = zones(WIDE).rename(columns={"planned_use": "use_class"})
    assert len(cut_parcels(parcels, by_class).parts) == 2
    bow = affinity.translate(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), *ORIGIN)
    with pytest.raises(GeometryError, match=r"zoning: 1 polygon invalid or empty \(R\)"):
        cut_parcels(parcels, zones({"M": WIDE["M"], "R": bow}))


def test_the_share_of_the_line_is_measured() -> None:
    shape = at(-10, 0, 20, 10)
    found = cut_shape(
        shape,
        np.array(list(WIDE.values()), dtype=object),
        np.array([0, 1]),
        tolerance_m=0.05,
        least_m2=1.0,
    )
    assert found.line_share == 1.0
    on_line = shapely.intersection(found.line, shapely.boundary(WIDE["M"]))
    assert shapely.length(on_line) == pytest.approx(shapely.length(found.line))


@pytest.mark.parametrize("degrees", [5.1, 31.7, 77.3, 123.4, 200.9])
@pytest.mark.parametrize("off_m", [0.0, 2e-4])
def test_an_edge_that_a_zone_follows_by_rounding_leaves_no_hair(
    degrees: float, off_m: float
) -> None:
    corners = [(13.37, 50), (50, 50), (50, 20), (20, 30)]
    inner = shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in corners])
    around = at(-20, -9, 90, 59).difference(inner)  # both zones end with the parcel
    turned = {
        k: affinity.translate(affinity.rotate(s, degrees, origin=ORIGIN), off_m, off_m)
        for k, s in {"G": inner, "M": around}.items()
    }
    cuts = cut(affinity.rotate(at(0, 0, 50, 50), degrees, origin=ORIGIN), zones(turned))
    assert cuts.parts["planned_use"].tolist() == ["M", "G"]
    around_m = [shapely.length(at(0, 0, 50, 50).difference(inner)), shapely.length(inner)]
    assert cuts.parts.geometry.length.tolist() == pytest.approx(around_m, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_zones_drawn_apart_by_centimetres_cut_soundly(seed: int) -> None:
    random = np.random.default_rng(seed)
    degrees = random.uniform(0, 360)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, 300, (12, 2))))
    )
    moved = [
        affinity.rotate(
            affinity.translate(c, *(np.array(ORIGIN) + random.normal(0, 0.01, 2))),
            degrees,
            origin=ORIGIN,
        )
        for c in cells
    ]
    uses = random.choice(list("ABC"), len(moved)).tolist()
    zoning = zones({f"z{k}": shape for k, shape in enumerate(moved)}, *uses)
    shapes = {
        f"{x}-{y}": affinity.rotate(at(x, y, 58, 58), degrees, origin=ORIGIN)
        for x in range(0, 300, 60)
        for y in range(0, 300, 60)
    }
    parcels = lots(shapes)
    cuts = cut_parcels(parcels, zoning)
    assert len(cuts.lines) > 5
    assert cuts.left.empty
    pieces = cuts.parts.geometry
    whole = parcels.geometry.loc[cuts.lines.index].area
    summed = pieces.area.groupby(cuts.parts["parent_id"]).sum()
    assert (summed.reindex(whole.index) - whole).abs().max() < 1e-6
    assert pieces.is_valid.all()
    assert (pieces.geom_type == "Polygon").all()
    assert (pieces.area >= 1.0).all()
    assert (2 * pieces.area / pieces.length > 0.05).all()
    assert cuts.lines["line_share"].eq(1.0).all()
    turned = cut_parcels(parcels.iloc[::-1], zoning.sample(frac=1, random_state=seed))
    assert cuts.parts.to_wkb().equals(turned.parts.to_wkb())
