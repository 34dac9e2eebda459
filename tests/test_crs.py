from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod
from shapely import Polygon, affinity, box

from gisland.base.crs import (
    areas_m2,
    check_coordinates,
    choose_analysis_crs,
    crs_name,
    not_metric_because,
    parse_crs,
    require_metric,
)
from gisland.base.datums import datum_name, datum_shift_between
from gisland.base.errors import CRSError
from gisland.base.gausskrueger import GK_ZONES, GK_ZONES_6, OFFSETS, Zone, gk_code, zone_of
from gisland.base.projections import area_of_use, lonlat_bounds, scale_errors

ESRI_CGCS2000 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",'
    '6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
ESRI_WGS84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
LOCAL = "+proj=tmerc +lat_0=30.5 +lon_0=114.3 +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m"
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
FRENCH_PRJ = (  # as a planning office wrote it: no name, no code
    'PROJCS["Lambert_Conformal_Conic",GEOGCS["GCS_Unknown",DATUM["D_GRS_80",SPHEROID["GRS_80",'
    '6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]],PROJECTION'
    '["Lambert_Conformal_Conic"],PARAMETER["standard_parallel_1",44],PARAMETER['
    '"standard_parallel_2",49.00000000001],PARAMETER["latitude_of_origin",46.5],PARAMETER['
    '"central_meridian",3],PARAMETER["false_easting",700000],PARAMETER["false_northing",6600000],'
    'UNIT["Meter",1.0]]'
)
GOOGLE = (
    f'PROJCS["Google Mercator",{ESRI_WGS84},PROJECTION["Mercator_1SP"],PARAMETER["central_meridian"'
    ',0.0],PARAMETER["scale_factor",1.0],PARAMETER["false_easting",0.0],PARAMETER["false_northing",'
    '0.0],UNIT["m",1.0]]'
)
ENGINEERING = (
    'LOCAL_CS["City grid",LOCAL_DATUM["city",0],UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'
)


def esri(
    name: str, meridian: float, easting: float, *, geographic: str = ESRI_CGCS2000, **more: str
) -> str:
    """Text of a .prj file of a transverse Mercator projection, as ESRI writes it."""
    method, unit = more.get("method", "Gauss_Kruger"), more.get("unit", "Meter")
    return (
        f'PROJCS["{name}",{geographic},PROJECTION["{method}"],PARAMETER["False_Easting",{easting}],'
        f'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],PARAMETER['
        f'"Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["{unit}",1.0]]'
    )


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
    with pytest.raises(CRSError, match=f"no CGCS2000 6-degree zone {zone}; use a zone from 13"):
        gk_code(zone, prefixed=True, width=6)
    with pytest.raises(CRSError, match=f"no CGCS2000 3-degree zone {zone}; use a zone from 25"):
        gk_code(zone, prefixed=True)


@pytest.mark.parametrize("datum", OFFSETS)
def test_all_64_codes_of_each_datum(datum: str) -> None:
    codes = set()
    for width, zones, words in ((3, GK_ZONES, "3-degree "), (6, GK_ZONES_6, "")):
        for zone in zones:
            for prefixed in (True, False):
                code = gk_code(zone, prefixed=prefixed, width=width, datum=datum)
                meridian = 3 * zone if width == 3 else 6 * zone - 3
                end = f"zone {zone}" if prefixed else f"CM {meridian}E"
                assert CRS(code).name == f"{datum} / {words}Gauss-Kruger {end}"
                assert zone_of(CRS(code)) == Zone(width, zone, prefixed)
                assert datum_name(CRS(code)) == datum
                codes.add(code)
    assert len(codes) == 64


@pytest.mark.parametrize(
    ("name", "meridian", "easting", "code"),
    [
        ("CGCS2000_3_Degree_GK_Zone_38", 114, 38_500_000, 4526),
        ("CGCS2000_3_Degree_GK_CM_114E", 114, 500_000, 4547),
        ("CGCS2000_GK_Zone_19", 111, 19_500_000, 4497),
        ("CGCS2000_GK_CM_111E", 111, 500_000, 4508),
        ("CGCS2000_3_Degree_GK_CM_111E", 111, 500_000, 4546),
        ("our city", 114, 38_500_000, 4526),
    ],
)
def test_zones_as_prj_files_write_them(
    name: str, meridian: float, easting: float, code: int
) -> None:
    prj = CRS(esri(name, meridian, easting))
    assert prj.area_of_use is None  # a .prj has none
    assert crs_name(prj) == f"EPSG:{code}"
    assert area_of_use(prj) == area_of_use(CRS(code)) is not None
    assert zone_of(prj) == zone_of(CRS(code))


@pytest.mark.parametrize(
    ("crs", "easting", "told"),
    [
        (4546, 19_512_000, "the prefix of 6-degree zone 19; declare EPSG:4497$"),
        (4526, 19_512_000, "the prefix of 6-degree zone 19; declare EPSG:4497$"),
        (4508, 19_512_000, "the prefix of 6-degree zone 19; declare EPSG:4497$"),
        (4497, 37_512_000, "the prefix of zone 37; declare EPSG:4525$"),
        (4497, 20_512_000, "the prefix of 6-degree zone 20; declare EPSG:4498$"),
        (4497, 512_000, r"no zone prefix; declare EPSG:4508 \(same zone without"),
        (2333, 512_000, r"no zone prefix; declare EPSG:2344 \(Xian 1980\)"),
        (21419, 512_000, r"no zone prefix; declare EPSG:21459 \(Beijing 1954\)"),
        (4774, 512_000, r"no zone prefix; declare EPSG:4795 \(New Beijing\)"),
        (32650, 39_512_000, "with prefix of zone 39 in WGS 84"),
        (esri("city", 114.3, 500_000), 38_512_000, "prefix of zone 38; declare EPSG:4526$"),
        (
            "+proj=tmerc +lon_0=114 +x_0=38500000 +ellps=krass +towgs84=15,-130,-84 +units=m",
            512_000,
            "no zone prefix; declare the code without prefix of zone 38 in Unknown",
        ),
        (esri("w", 114, 38_500_000, geographic=ESRI_WGS84), 512_000, "without prefix of zone 38"),
        (esri("w", 114, 500_000, geographic=ESRI_WGS84), 38_512_000, "with prefix of zone 38 in"),
    ],
)
def test_prefixes_of_other_widths_datums_and_nameless_systems(
    crs: object, easting: float, told: str
) -> None:
    with pytest.raises(CRSError, match=told):
        check_coordinates(layer(easting, 3.4e6, crs=crs), what="parcels")


@pytest.mark.parametrize("first", [512_000, 37_512_000])
def test_several_prefixes_in_one_layer(first: float) -> None:
    both = gpd.GeoDataFrame(
        geometry=[box(x, 3.4e6, x + 10, 3.4e6 + 10) for x in (first, 38_512_000)], crs=4526
    )
    with pytest.raises(CRSError, match=r"several prefixes, from .* to that of zone 38"):
        check_coordinates(both, what="parcels")


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
    with pytest.raises(CRSError, match=r"declare EPSG:2383 \(Xian 1980\)") as caught:
        check_coordinates(layer(512_000, 3.4e6, crs=2362), what="parcels")
    assert "4547" not in str(caught.value)
    with pytest.raises(CRSError, match=r"declare EPSG:2362 \(Xian 1980\)"):
        check_coordinates(layer(38_512_000, 3.4e6, crs=2383), what="parcels")


def test_degrees_under_a_metric_code_and_the_reverse() -> None:
    with pytest.raises(CRSError, match=r"parcels: marked EPSG:4547.*look like degrees"):
        check_coordinates(layer(114.1, 30.1, crs=4547, size=0.1), what="parcels")
    with pytest.raises(CRSError, match=r"marked EPSG:4490.*not degrees.*EPSG:4526"):
        check_coordinates(layer(38_512_000, 3.4e6, crs=4490), what="parcels")
    with pytest.raises(CRSError, match="are not degrees; declare the projected system") as caught:
        check_coordinates(layer(512_000, 3.4e6, crs=4326), what="parcels")
    assert "probably" not in str(caught.value)


def test_a_grid_near_its_origin_can_be_declared() -> None:
    small = layer(2.0, 3.0, crs=4547, size=40.0)
    with pytest.raises(CRSError, match=r"local grid, declare that grid .*\+proj=tmerc \+lat_0=…"):
        check_coordinates(small, what="parcels")
    check_coordinates(small.set_crs(LOCAL, allow_override=True), what="parcels")
    chosen, why = choose_analysis_crs(small.set_crs(LOCAL, allow_override=True))
    assert (crs_name(chosen), why) == (LOCAL, "the parcel layer's own")


@pytest.mark.parametrize("crs", [LOCAL, ALBERS, 32650, 2154])
def test_degrees_are_refused_wherever_the_origin_is(crs: object) -> None:
    with pytest.raises(CRSError, match="look like degrees"):
        check_coordinates(layer(114.1, 30.1, crs=crs, size=0.2), what="parcels")


@pytest.mark.parametrize(
    ("crs", "x", "y", "size"),
    [
        (4326, 30.1, 114.1, 0.1),
        (4490, 30.1, 114.1, 0.1),
        (4490, 39.4, 75.9, 0.1),  # Kashgar: both are below 90
        (4610, 39.4, 75.9, 0.1),
        ("OGC:CRS84", 30.1, 114.1, 0.1),
    ],
)
def test_latitude_first_is_named(crs: object, x: float, y: float, size: float) -> None:
    with pytest.raises(CRSError, match=r"is a latitude and y .* a longitude: the two are swapped"):
        check_coordinates(layer(x, y, crs=crs, size=size), what="parcels")
    check_coordinates(layer(y, x, crs=crs, size=size), what="parcels")


def test_the_far_north_is_no_swap() -> None:
    check_coordinates(layer(18.0, 78.0, crs=4326, size=0.1), what="parcels")


@pytest.mark.parametrize(
    ("crs", "easting", "carried"),
    [
        (4547, 512_000, False),
        (4526, 38_512_000, True),
        (4547, 38_512_000, True),
        (4497, 512_000, False),
        (2383, 512_000, False),
        (32650, 512_000, False),
    ],
)
def test_northing_first_is_named(crs: int, easting: float, carried: bool) -> None:  # noqa: FBT001
    with pytest.raises(CRSError, match=r"is a northing and y .* an easting: the two are") as caught:
        check_coordinates(layer(3_400_000, easting, crs=crs), what="parcels")
    assert ("carry the prefix of zone 38" in str(caught.value)) is carried


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
        (4807, "geographic, in grads"),
        (2222, "in foot"),
    ],
)
def test_systems_without_honest_metres_are_refused(crs: int, reason: str) -> None:
    assert not_metric_because(CRS(crs)).startswith(reason)
    with pytest.raises(CRSError, match=f"roads: EPSG:{crs} is not metric \\({reason}"):
        require_metric(gpd.GeoSeries([], crs=crs), what="roads")


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        ("ESRI:54004", "Mercator inflates"),
        ("ESRI:102100", "Mercator inflates"),
        ("EPSG:900913", "Mercator inflates"),
        (GOOGLE, "Mercator inflates"),
        ("+proj=merc +a=6378137 +b=6378137 +nadgrids=@null +units=m", "Mercator inflates"),
        ("+proj=merc +a=6378137 +b=6378137 +towgs84=1,2,3 +units=m", "Mercator inflates"),
        ("EPSG:3857+5773", "Mercator inflates"),
        ("+proj=tmerc +lon_0=114 +ellps=GRS80 +units=km", "in kilometre"),
        (ENGINEERING, "a local system: where it lies on Earth is not known"),
        (esri("x", 114, 5e5, method="Gauss"), "its projection 'Gauss' is not known"),
    ],
)
def test_nameless_bound_and_compound_systems_are_seen_through(crs: str, reason: str) -> None:
    assert not_metric_because(CRS(crs)).startswith(reason)


@pytest.mark.parametrize("crs", ["EPSG:4547+5737", esri("x", 114, 5e5, unit="m"), FRENCH_PRJ])
def test_metres_by_another_name_and_with_heights_are_metric(crs: str) -> None:
    assert not_metric_because(CRS(crs)) == ""


def test_a_system_without_a_code_bears_its_own_name() -> None:
    assert crs_name(CRS(FRENCH_PRJ)) == "Lambert_Conformal_Conic"
    assert crs_name(CRS(LOCAL)) == LOCAL
    assert crs_name(CRS("IGNF:LAMB93")) == "EPSG:2154"
    assert area_of_use(CRS(FRENCH_PRJ)) is None


@pytest.mark.parametrize(
    ("crs", "west", "south"),
    [(FRENCH_PRJ, 350_000, 6_750_000), (ALBERS, 800_000, 3_500_000), ("IGNF:LAMB93", 7e5, 6.6e6)],
)
def test_metric_projections_without_a_code_compute(crs: str, west: float, south: float) -> None:
    frame = layer(west, south, crs=crs)
    check_coordinates(frame, what="parcels")
    assert choose_analysis_crs(frame) == (frame.crs, "the parcel layer's own")


def test_a_projection_that_inflates_areas_here_is_refused_by_what_it_does() -> None:
    east, north = 12_700_000.0, 3_340_000.0  # at 30° N, an equidistant cylinder: 1/cos 30° - 1
    with pytest.raises(CRSError, match=r"in EPSG:4087, areas are off by \+15\.\d %.*EPSG:4547"):
        choose_analysis_crs(layer(east, north, crs=4087))
    with pytest.raises(CRSError, match=r"\[project\] crs: in EPSG:4087, areas are off"):
        choose_analysis_crs(layer(114.1, 30.1, crs=4490, size=0.1), wanted="EPSG:4087")


def test_the_area_of_use_holds_for_prj_files_too() -> None:
    far = gpd.GeoDataFrame(geometry=[box(118.2, 30.0, 118.3, 30.1)], crs=4490).to_crs(4547)
    prj = esri("CGCS2000_3_Degree_GK_CM_114E", 114, 500_000)
    with pytest.raises(CRSError, match=r"is made for 112.5 to 115.5° east .* such as EPSG:4548"):
        choose_analysis_crs(far.set_crs(CRS(prj), allow_override=True))


@pytest.mark.parametrize(
    ("crs", "code", "datum"),
    [(4610, 2383, "Xian 1980"), (4214, 2435, "Beijing 1954"), (4555, 4795, "New Beijing")],
)
def test_degrees_of_an_old_datum_stay_on_it(crs: int, code: int, datum: str) -> None:
    chosen, why = choose_analysis_crs(layer(114.1, 30.1, crs=crs, size=0.1))
    assert chosen.to_epsg() == code
    assert why == f"3-degree Gauss-Krüger zone 38 of the data, on their own datum {datum}"
    with pytest.raises(CRSError, match=f"marked with {datum}, a datum of China, .* near 2.3° east"):
        choose_analysis_crs(layer(2.3, 48.8, crs=crs, size=0.1))


@pytest.mark.parametrize("crs", [4480, 4979, 9057])
def test_degrees_with_heights_or_of_an_epoch_count_as_plain(crs: int) -> None:
    assert choose_analysis_crs(layer(114.1, 30.1, crs=crs, size=0.1))[0].to_epsg() == 4547


def test_heights_of_a_named_system_are_left_out() -> None:
    assert parse_crs("EPSG:4547+5737", what="x").to_epsg() == 4547


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


@pytest.mark.parametrize("crs", [2264, 3857, 4269, 4301])
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


WUHAN = (114.0, 30.0, 114.5, 30.5)
ORDOS = (108.4, 38.4, 108.5, 38.5)


@pytest.mark.parametrize(("old", "new"), [(4326, 4490), (4490, 4547), (4269, 4326), (4979, 4480)])
def test_datums_centred_on_the_earth_count_as_one(old: int, new: int) -> None:
    assert datum_shift_between(CRS(old), CRS(new), WUHAN) is None


@pytest.mark.parametrize(
    ("old", "new", "possible"),
    [
        (4610, 4490, 127.0),
        (4490, 4610, 127.0),
        (4214, 4490, 105.0),
        (4214, 4326, 105.0),  # PROJ has transformations, but for other places
        (4610, 4214, 232.0),
        (4555, 4490, None),
        (3821, 4490, None),
        ("+proj=longlat +ellps=krass +towgs84=15,-130,-84,0,0,0,0", 4490, None),  # to WGS84 only
    ],
)
def test_no_shift_is_made_between_these(old: object, new: int, possible: float | None) -> None:
    shift = datum_shift_between(CRS(old), CRS(new), WUHAN)
    assert shift is not None
    assert (shift.method, shift.accuracy_m, shift.possible_m) == ("", None, possible)


def test_a_published_shift_comes_with_its_stated_accuracy() -> None:
    shift = datum_shift_between(CRS(4214), CRS(4326), ORDOS)
    assert shift is not None
    assert (shift.old, shift.new) == ("Beijing 1954", "WGS 84")
    assert (shift.method, shift.accuracy_m) == ("Beijing 1954 to WGS 84 (6)", 1.0)
    own = datum_shift_between(
        CRS("+proj=longlat +ellps=krass +towgs84=15,-130,-84,0,0,0,0"), CRS(4326), WUHAN
    )
    assert own is not None
    assert own.method
    assert own.accuracy_m is None


def test_a_datum_is_known_by_its_own_name_whatever_the_system_is_called() -> None:
    mine = ESRI_CGCS2000.replace("GCS_China_Geodetic_Coordinate_System_2000", "mine")
    assert datum_name(CRS(mine)) == "CGCS2000"
    xian = mine.replace("D_China_2000", "D_Xian_1980").replace("6378137.0", "6378140.0")
    assert datum_name(CRS(xian.replace("298.257222101", "298.257"))) == "Xian 1980"


def test_scale_errors_are_those_of_the_series() -> None:
    radius, away = 6_371_000.0, math.radians(3.0) * math.cos(math.radians(30.0))
    length, area = scale_errors(CRS(4547), (117.0, 30.0, 117.0, 30.0)) or (0.0, 0.0)
    assert length == pytest.approx(away**2 / 2 * 1e6, rel=0.01)
    assert area == pytest.approx(2 * length, rel=0.01)
    assert radius * away == pytest.approx(289e3, rel=0.01)
    assert scale_errors(CRS(32650), (117.0, 30.0, 117.0, 30.0)) == pytest.approx((-400, -800), 1e-3)


def test_coordinates_that_are_nowhere_have_no_place() -> None:
    assert lonlat_bounds((38_512_000, 3.4e6, 38_512_100, 3.5e6), CRS(4547)) is None
    assert lonlat_bounds((0, 0, 1, 1), CRS(ENGINEERING)) is None
    assert lonlat_bounds((math.inf, 0, math.inf, 1), CRS(4547)) is None


def trapezoid_area_m2(
    lon: np.ndarray, lat: np.ndarray, *, a: float = 6_378_137.0, rf: float = 298.257222101
) -> float:
    """Ellipsoidal area by the national land survey's trapezoids."""
    f = 1 / rf
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


@pytest.mark.parametrize("lat", [22.0, 31.0, 40.0])
def test_areas_at_the_edge_of_a_zone_differ_by_the_published_share(lat: float) -> None:
    edge = gpd.GeoSeries.from_xy([115.5], [lat], crs=4490).to_crs(4547)
    x, y = edge.item().coords[0]
    square = gpd.GeoSeries([box(x - 100, y - 100, x, y)], crs=4547)
    plane, true = (areas_m2(square, basis=b).item() for b in ("plane", "ellipsoidal"))
    share = {22.0: 0.059, 31.0: 0.050, 40.0: 0.040}[lat]  # per cent: (1.5° x cos of latitude)²
    assert (plane / true - 1) * 100 == pytest.approx(share, abs=0.001)


@pytest.mark.parametrize(
    ("code", "a", "rf"),
    [
        (2383, 6_378_140.0, 298.257),  # the constants with which the formula was published
        (2435, 6_378_245.0, 298.3),
        (4547, 6_378_137.0, 298.257222101),
    ],
)
def test_holes_parts_and_ring_directions_by_the_trapezoid_formula(
    code: int, a: float, rf: float
) -> None:
    outer, hole, apart = (
        affinity.translate(affinity.rotate(box(*b), 17, origin=(0, 0)), 620_000, 3_400_000)
        for b in ((0, 0, 300, 200), (50, 50, 120, 130), (400, 0, 460, 90))
    )
    holed = Polygon(outer.exterior, [hole.exterior])
    shapes = {
        "holed": holed,
        "turned": Polygon(outer.exterior.reverse(), [hole.exterior.reverse()]),
        "parts": shapely.MultiPolygon([holed, apart]),
    }

    def oracle(shape: Polygon) -> float:
        ring = gpd.GeoSeries([shape], crs=code).segmentize(5.0).to_crs(CRS(code).geodetic_crs)
        lon, lat = shapely.get_coordinates(ring.item().exterior).T
        return trapezoid_area_m2(lon, lat, a=a, rf=rf)

    ours = areas_m2(gpd.GeoSeries(shapes, crs=code), basis="ellipsoidal")
    ring = oracle(outer) - oracle(hole)
    assert ours["holed"] == pytest.approx(ring, abs=0.002)
    assert ours["turned"] == pytest.approx(ours["holed"], abs=1e-6)
    assert ours["parts"] == pytest.approx(ring + oracle(apart), abs=0.002)


def test_an_ellipsoidal_area_does_not_depend_on_the_other_shapes() -> None:
    parcel = six_hectares(560_000.0)
    large = affinity.scale(parcel, 20, 20, origin=(560_000, 3.4e6))  # 2520 ha, edges of 6 km
    alone = areas_m2(gpd.GeoSeries([large], crs=4547), basis="ellipsoidal").iloc[0]
    far = affinity.translate(large, 0, 1.2e6)
    together = areas_m2(gpd.GeoSeries([large, far], crs=4547), basis="ellipsoidal").iloc[0]
    assert together == pytest.approx(alone, abs=0.01)


def test_a_shape_across_the_world_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    cut, counts = shapely.segmentize, []

    def counted(shapes: np.ndarray, longest: np.ndarray) -> np.ndarray:
        pieces = cut(shapes, longest)
        counts.append(shapely.get_num_coordinates(pieces).sum())
        return pieces

    monkeypatch.setattr(shapely, "segmentize", counted)
    strip = gpd.GeoSeries([box(500_000, 0, 500_010, 9_000_000)], crs=4547)
    assert areas_m2(strip, basis="ellipsoidal").item() == pytest.approx(9e7, rel=1e-3)
    assert counts[0] < 5000


@pytest.mark.parametrize(
    "crs", ["EPSG:27572", "+proj=laea +lat_0=30 +lon_0=114 +R=6371000 +units=m", LOCAL]
)
def test_ellipsoidal_areas_from_paris_on_a_sphere_and_in_a_local_grid(crs: str) -> None:
    west, south = (600_000, 2_200_000) if "27572" in crs else (0, 0)
    square = gpd.GeoSeries([box(west, south, west + 100, south + 100)], crs=crs)
    errors = scale_errors(square.crs, lonlat_bounds(tuple(square.total_bounds), square.crs))
    assert errors is not None
    true = 10_000 / (1 + errors[1] / 1e6)
    assert areas_m2(square, basis="ellipsoidal").item() == pytest.approx(true, abs=0.001)


def test_bound_systems_are_measured_on_their_own_ellipsoid() -> None:
    bound = "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass +towgs84=15,-130,-84 +units=m"
    plain = "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass +units=m"
    one, other = (
        areas_m2(gpd.GeoSeries([six_hectares(560_000)], crs=c), basis="ellipsoidal").item()
        for c in (bound, plain)
    )
    assert one == pytest.approx(other, abs=1e-4)
