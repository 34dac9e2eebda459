from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod
from shapely import Polygon, affinity, box

from gisland.base.crs import (
    GK_ZONES,
    areas_m2,
    check_coordinates,
    choose_analysis_crs,
    crs_name,
    gk_code,
    not_metric_because,
    parse_crs,
    require_metric,
)
from gisland.base.errors import CRSError


def layer(west: float, south: float, *, crs: object, size: float = 100.0) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[box(west, south, west + size, south + size)], crs=crs)


@pytest.mark.parametrize("zone", GK_ZONES)
def test_code_of_each_zone_names_that_zone_with_and_without_prefix(zone: int) -> None:
    prefixed, plain = CRS(gk_code(zone, prefixed=True)), CRS(gk_code(zone, prefixed=False))
    assert (prefixed.to_epsg(), plain.to_epsg()) == (4488 + zone, 4509 + zone)
    assert prefixed.name == f"CGCS2000 / 3-degree Gauss-Kruger zone {zone}"
    assert plain.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {3 * zone}E"
    assert not_metric_because(prefixed) == not_metric_because(plain) == ""
    assert crs_name(prefixed) == f"EPSG:{4488 + zone}"


def test_there_are_42_codes() -> None:
    codes = {gk_code(z, prefixed=p) for z in GK_ZONES for p in (True, False)}
    assert codes == set(range(4513, 4555))


@pytest.mark.parametrize("zone", [0, 24, 46])
def test_other_zones_are_refused(zone: int) -> None:
    with pytest.raises(CRSError, match=f"no CGCS2000 3-degree zone {zone}; use a zone from 25"):
        gk_code(zone, prefixed=True)


@pytest.mark.parametrize("zone", GK_ZONES)
def test_prefix_that_contradicts_the_code_names_the_right_code(zone: int) -> None:
    prefixed, plain = gk_code(zone, prefixed=True), gk_code(zone, prefixed=False)
    long, short = zone * 1e6 + 512_000, 512_000
    check_coordinates(layer(long, 3.4e6, crs=prefixed), what="parcels")
    check_coordinates(layer(short, 3.4e6, crs=plain), what="parcels")
    with pytest.raises(CRSError, match=f"no zone prefix; declare EPSG:{plain} "):
        check_coordinates(layer(short, 3.4e6, crs=prefixed), what="parcels")
    with pytest.raises(CRSError, match=f"prefix of zone {zone}; declare EPSG:{prefixed}$"):
        check_coordinates(layer(long, 3.4e6, crs=plain), what="parcels")


def test_prefix_of_another_zone_names_that_zone() -> None:
    with pytest.raises(CRSError, match=r"marked EPSG:4526.*zone 39; declare EPSG:4527"):
        check_coordinates(layer(39_512_000, 3.4e6, crs=4526), what="parcels")


def test_older_datum_is_never_told_a_code_of_the_new_one() -> None:
    with pytest.raises(CRSError, match="without prefix of zone 38 in Xian 1980") as caught:
        check_coordinates(layer(512_000, 3.4e6, crs=2362), what="parcels")
    assert "4547" not in str(caught.value)
    with pytest.raises(CRSError, match="with prefix of zone 38 in Xian 1980"):
        check_coordinates(layer(38_512_000, 3.4e6, crs=2383), what="parcels")


def test_degrees_under_a_metric_code_and_the_reverse() -> None:
    with pytest.raises(CRSError, match=r"parcels: marked EPSG:4547.*look like degrees"):
        check_coordinates(layer(114.1, 30.1, crs=4547, size=0.1), what="parcels")
    with pytest.raises(CRSError, match=r"marked EPSG:4490.*not degrees.*EPSG:4526"):
        check_coordinates(layer(38_512_000, 3.4e6, crs=4490), what="parcels")
    with pytest.raises(CRSError, match="are not degrees; declare the projected system") as caught:
        check_coordinates(layer(512_000, 3.4e6, crs=4326), what="parcels")
    assert "probably" not in str(caught.value)


@pytest.mark.parametrize("crs", [32650, 2154, 5514, 3857])
def test_other_projections_pass_the_coordinate_test(crs: int) -> None:
    check_coordinates(layer(512_000, 3.4e6, crs=crs), what="parcels")


def test_nothing_to_check_without_geometry_or_crs() -> None:
    check_coordinates(gpd.GeoDataFrame(geometry=[None], crs=4526), what="parcels")
    check_coordinates(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]), what="parcels")


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        (4490, "geographic, in degrees"),
        (4326, "geographic, in degrees"),
        (2264, "in US survey foot"),
        (3857, "Mercator inflates areas"),
        (3395, "Mercator inflates areas"),
        (4978, "not projected"),
    ],
)
def test_systems_without_honest_metres_are_refused(crs: int, reason: str) -> None:
    assert not_metric_because(CRS(crs)).startswith(reason)
    with pytest.raises(CRSError, match=f"roads: EPSG:{crs} is not metric \\({reason}"):
        require_metric(gpd.GeoSeries([], crs=crs), what="roads")


@pytest.mark.parametrize("crs", [4547, 4526, 32650, 2154, 5514, 3035])
def test_metric_systems_pass(crs: int) -> None:
    require_metric(gpd.GeoSeries([], crs=crs), what="parcels")
    assert not_metric_because(CRS(crs)) == ""


def test_missing_crs_names_the_key_to_set() -> None:
    bare = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)])
    with pytest.raises(CRSError, match=r"no coordinate system.*\[layers\.parcels\] crs = "):
        require_metric(bare, what="parcels")
    with pytest.raises(CRSError, match="no coordinate system is known"):
        choose_analysis_crs(bare)
    with pytest.raises(CRSError, match="no coordinate system is known"):
        choose_analysis_crs(bare, wanted="EPSG:4547")


@pytest.mark.parametrize(
    ("crs", "west", "south", "code", "why"),
    [
        (4490, 114.1, 30.1, 4547, "zone 38"),
        (4326, 117.2, 39.1, 4548, "zone 39"),
        (4490, 115.4, 30.1, 4547, "zone 38"),
        (4490, 115.5, 30.1, 4548, "zone 39"),
        ("OGC:CRS84", 114.1, 30.1, 4547, "zone 38"),
        (4326, 2.3, 48.6, 32631, "UTM zone"),
        (4326, -81.9, 35.3, 32617, "UTM zone"),
    ],
)
def test_choice_for_degrees(crs: object, west: float, south: float, code: int, why: str) -> None:
    chosen, reason = choose_analysis_crs(layer(west, south, crs=crs, size=0.1))
    assert chosen.to_epsg() == code
    assert why in reason


def test_metric_layer_keeps_its_own_system() -> None:
    chosen, reason = choose_analysis_crs(layer(5e5, 3.4e6, crs=32650))
    assert chosen.to_epsg() == 32650
    assert reason == "the parcel layer's own"


@pytest.mark.parametrize("crs", [2264, 3857, 4269, 4610])
def test_other_systems_are_not_guessed(crs: int) -> None:
    with pytest.raises(CRSError, match=f"parcels: EPSG:{crs} is not metric.*set \\[project\\] crs"):
        choose_analysis_crs(layer(114.0, 30.0, crs=crs, size=0.1))


def test_wanted_system_wins_if_it_is_metric() -> None:
    frame = layer(114.1, 30.1, crs=4490, size=0.1)
    chosen, reason = choose_analysis_crs(frame, wanted="EPSG:32650")
    assert (chosen.to_epsg(), reason) == (32650, "named in the project file")
    for wrong, message in (
        ("EPSG:3857", "EPSG:3857 is not metric"),
        ("EPSG:4490", "EPSG:4490 is not metric"),
        ("EPSG:999999", "'EPSG:999999' is not a known CRS; use EPSG:"),
        ("my system", "'my system' is not a known CRS"),
    ):
        with pytest.raises(CRSError, match=message):
            choose_analysis_crs(frame, wanted=wrong)


def test_no_coordinates_is_one_clear_error() -> None:
    with pytest.raises(CRSError, match="no coordinates to choose a metric system by"):
        choose_analysis_crs(gpd.GeoDataFrame(geometry=[None], crs=4490))


def test_parse_names_where_it_was_given() -> None:
    assert parse_crs("EPSG:4526", what="x").to_epsg() == 4526
    with pytest.raises(CRSError, match=r"\[layers\.roads\] crs = 'EPSG:' is not a known CRS"):
        parse_crs("EPSG:", what="[layers.roads] crs")


def trapezoid_area_m2(lon: np.ndarray, lat: np.ndarray) -> float:
    """Ellipsoidal area by the national land survey's trapezoids, with CGCS2000 constants."""
    a, f = 6_378_137.0, 1 / 298.257222101
    b = a * (1 - f)
    e2 = (a * a - b * b) / (a * a)
    e4, e6, e8 = e2**2, e2**3, e2**4
    terms = (
        (1, 1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8),
        (3, -(1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8)),
        (5, 3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8),
        (7, -(1 / 112 * e6 + 45 / 2304 * e8)),
        (9, 5 / 2304 * e8),
    )
    lam, phi = np.radians(lon), np.radians(lat)
    width = (lam[1:] + lam[:-1]) / 2 - lam[0]
    half, middle = (phi[1:] - phi[:-1]) / 2, (phi[1:] + phi[:-1]) / 2
    strips = sum(k * np.sin(n * half) * np.cos(n * middle) for n, k in terms)
    return abs(float(math.fsum(2 * b * b * width * strips)))


def six_hectares(easting: float) -> Polygon:
    shape = Polygon([(0, 0), (300, 0), (300, 150), (180, 150), (180, 250), (0, 250)])
    return affinity.translate(affinity.rotate(shape, 17, origin=(0, 0)), easting, 3_400_000)


@pytest.mark.parametrize("easting", [500_000.0, 560_000.0, 650_000.0])
def test_ellipsoidal_area_agrees_with_geodesics_and_the_land_survey(easting: float) -> None:
    parcel = gpd.GeoSeries([six_hectares(easting)], crs=4547)
    ours = areas_m2(parcel, basis="ellipsoidal").item()
    dense = parcel.segmentize(5.0).to_crs(4490)
    lon, lat = shapely.get_coordinates(dense.item().exterior).T
    geodesic = abs(Geod(a=6_378_137.0, rf=298.257222101).polygon_area_perimeter(lon, lat)[0])
    assert trapezoid_area_m2(lon, lat) == pytest.approx(geodesic, abs=0.001)
    assert ours == pytest.approx(geodesic, abs=0.005)
    assert ours == pytest.approx(trapezoid_area_m2(lon, lat), abs=0.005)


def test_plane_area_exceeds_ellipsoidal_by_the_square_of_the_offset() -> None:
    parcel = gpd.GeoSeries([six_hectares(650_000.0)], crs=4547)
    plane, true = (areas_m2(parcel, basis=b).item() for b in ("plane", "ellipsoidal"))
    assert plane == pytest.approx(63_000.0, abs=1e-6)
    assert (plane / true - 1) * 100 == pytest.approx(0.056, abs=0.001)


def test_areas_keep_index_holes_parts_and_missing() -> None:
    holed = box(0, 0, 10, 10).difference(box(2, 2, 4, 4))
    parts = shapely.MultiPolygon([box(0, 0, 1, 1), box(5, 0, 7, 1)])
    rows = gpd.GeoSeries(
        [holed, None, parts, Polygon()], index=["h", "n", "m", "e"], crs=4547
    ).translate(5e5, 3.4e6)
    plane = areas_m2(rows, basis="plane")
    assert plane.name == "area_m2"
    assert plane.index.tolist() == ["h", "n", "m", "e"]
    assert plane.loc[["h", "m"]].tolist() == pytest.approx([96.0, 3.0])
    assert plane.loc[["n", "e"]].isna().all()
    ellipsoidal = areas_m2(rows, basis="ellipsoidal")
    assert ellipsoidal.isna().tolist() == [False, True, False, True]
    assert ellipsoidal.loc["h"] == pytest.approx(96.0, rel=1e-4)


def test_areas_of_nothing_but_missing_and_of_degrees() -> None:
    assert areas_m2(gpd.GeoSeries([None], crs=4547), basis="ellipsoidal").isna().all()
    with pytest.raises(CRSError, match="geometry: EPSG:4490 is not metric"):
        areas_m2(gpd.GeoSeries([box(0, 0, 1, 1)], crs=4490), basis="plane")


@pytest.mark.parametrize(("code", "wanted"), [(32617, "EPSG:4547"), (4326, "EPSG:4547")])
def test_a_metric_crs_of_another_place_is_refused_with_a_fitting_one(
    code: int, wanted: str
) -> None:
    here = gpd.GeoDataFrame(geometry=[box(-81.90, 35.30, -81.89, 35.31)], crs=4326).to_crs(code)
    message = (
        r"EPSG:4547 is made for 112.5 to 115.5° east .* -81.9° east, 35.3° north; .* EPSG:32617"
    )
    with pytest.raises(CRSError, match=message):
        choose_analysis_crs(here, wanted=wanted)


def test_messages_name_a_code_that_fits_the_data() -> None:
    feet = gpd.GeoDataFrame(geometry=[box(-81.90, 35.30, -81.89, 35.31)], crs=4326).to_crs(2264)
    with pytest.raises(CRSError, match=r"EPSG:2264 is not metric .* such as EPSG:32617"):
        choose_analysis_crs(feet)


def test_a_little_beyond_the_area_of_use_is_allowed() -> None:
    east = gpd.GeoDataFrame(geometry=[box(116.2, 30.0, 116.3, 30.1)], crs=4490)
    assert choose_analysis_crs(east, wanted="EPSG:4547")[0].to_epsg() == 4547
    far = gpd.GeoDataFrame(geometry=[box(118.2, 30.0, 118.3, 30.1)], crs=4490)
    with pytest.raises(CRSError, match="such as EPSG:4548"):
        choose_analysis_crs(far, wanted="EPSG:4547")
