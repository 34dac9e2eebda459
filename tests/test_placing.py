"""Where layers lie: missing and wrong systems, datums, areas of use, layers that do not meet."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
from pyproj import CRS
from shapely import box

from gisland.base.crs import check_coordinates, choose_analysis_crs, crs_name
from gisland.base.errors import CRSError
from gisland.layers.places.guesses import Extent, overlap_guess
from gisland.layers.places.placing import datum_shift, extent_of, no_overlap, old_datum, with_crs
from gisland.layers.places.reach import beyond_use, distortion
from gisland.layers.project import read_project
from gisland.layers.proposing.evidence import crs_hint
from gisland.layers.read import load_inputs
from gisland.layers.source import Source

if TYPE_CHECKING:
    from pathlib import Path

PARCELS = Source("parcels", "p.shp")
LOCAL_PRJ = (
    'LOCAL_CS["City grid",LOCAL_DATUM["city",0],UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'
)


def square(west: float, south: float, *, crs: object, size: float = 100.0) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[box(west, south, west + size, south + size)], crs=crs)


def placed(
    lon: float, lat: float, *, crs: object, size: float = 0.01, also: float | None = None
) -> gpd.GeoDataFrame:
    """A square (or two, at another longitude) by longitude and latitude, in a CRS."""
    lons = [lon] if also is None else [lon, also]
    shapes = [box(x, lat, x + size, lat + size) for x in lons]
    return gpd.GeoDataFrame(geometry=shapes, crs=4490).to_crs(crs)


def extent(west: float, south: float, crs: object, size: float = 1000.0) -> Extent:
    return Extent((west, south, west + size, south + size), CRS(crs))


# --- no coordinate system ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "code", "why"),
    [
        ((114.1, 30.1, 114.2, 30.2), "EPSG:4490", r"degrees \(4490 CGCS2000, 4326 WGS84\)"),
        ((2.3, 48.8, 2.4, 48.9), "EPSG:4326", "degrees"),
        ((-1.7e308, 3.4e6, 512_000, 3.5e6), "EPSG:…", r"x from -1\.7e\+308 to 512000 is not on"),
        ((0.0, 0.0, 80.0, 60.0), "EPSG:…", "or metres of a local grid near its origin"),
        ((30.1, 114.1, 30.2, 114.2), "EPSG:…", "latitude first: swap x and y"),
        ((38_512_000, 3.4e6, 38_512_100, 3.5e6), "EPSG:4526", "prefix of 3-degree zone 38"),
        ((19_512_000, 3.4e6, 19_512_100, 3.5e6), "EPSG:4497", "prefix of 6-degree zone 19"),
        ((512_000, 3.4e6, 512_100, 3.5e6), "EPSG:…", "zone cannot be told .* EPSG:4534 to 4554"),
        ((3.4e6, 512_000, 3.5e6, 512_100), "EPSG:…", "x are northings and y eastings"),
        ((3.4e6, 38_512_000, 3.5e6, 38_512_100), "EPSG:…", "x are northings and y eastings"),
        ((12.7e6, 3.3e6, 12.71e6, 3.31e6), "EPSG:…", r"look like Web Mercator \(EPSG:3857\)"),
        ((13.512e6, 3.9e6, 13.513e6, 3.91e6), "EPSG:…", "may be Web Mercator .*6-degree zone 13"),
        ((-8.3e6, 4.9e6, -8.2e6, 5.0e6), "EPSG:…", "look like Web Mercator"),
        ((1.1e6, 570_000, 1.2e6, 580_000), "EPSG:…", "feet of a US state plane"),
        ((650_000, 570_000, 660_000, 580_000), "EPSG:…", "feet of a US state plane"),
        (None, "EPSG:…", "no coordinates to tell by"),
    ],
)
def test_coordinates_say_what_they_may_be(
    bounds: tuple[float, float, float, float] | None, code: str, why: str
) -> None:
    west, south, east, north = bounds or (float("nan"),) * 4
    assert crs_hint(bounds)[0] == code
    bare = gpd.GeoDataFrame(geometry=[box(west, south, east, north) if bounds else None])
    with pytest.raises(CRSError, match=f"no coordinate system is known .*{why}") as caught:
        with_crs(bare, PARCELS)
    assert f'declare the right one: [layers.parcels] crs = "{code}"' in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no .prj file; x from"),
        (b"", "its .prj is empty; x from"),
        (b" \r\n", "its .prj is empty; x from"),
        (b"hello", "its .prj file cannot be understood: 'hello'; x from"),
        (LOCAL_PRJ.encode(), "only a local system, 'City grid', is declared; x from"),
    ],
    ids=["missing", "empty", "blank", "garbage", "local"],
)
@pytest.mark.parametrize("zipped", [False, True], ids=["bare", "zipped"])
def test_what_became_of_the_prj_file_is_told(
    tmp_path: Path,
    content: bytes | None,
    told: str,
    zipped: bool,  # noqa: FBT001
) -> None:
    square(512_000, 3.4e6, crs=4547).to_file(tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    if content is not None:
        (tmp_path / "p.PRJ").write_bytes(content)
        (tmp_path / "p.prj").write_bytes(content)
    name = "p.shp"
    if zipped:
        name = "p.zip"
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for part in tmp_path.glob("p.[sdcp][hbpr][pfxgj]"):
                archive.write(part, part.name)
    table = pyogrio.read_dataframe(tmp_path / name)
    with pytest.raises(CRSError, match=r"parcels: no coordinate system is known \(") as caught:
        with_crs(table, Source("parcels", name), folder=tmp_path)
    assert told in str(caught.value)
    declared = Source("parcels", name, crs="EPSG:4547")
    assert with_crs(table, declared, folder=tmp_path)[0].crs.to_epsg() == 4547


def test_other_formats_have_no_prj_to_tell_of(tmp_path: Path) -> None:
    bare = gpd.GeoDataFrame(geometry=[box(512_000, 3.4e6, 512_100, 3_400_100)])
    with pytest.raises(CRSError, match=r"is known \(x from 512000 to 512100 are metres"):
        with_crs(bare, Source("parcels", "p.gpkg"), folder=tmp_path)


# --- declared against the file -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "declared"),
    [
        (4610, "EPSG:4490"),  # PROJ makes no shift: the numbers stay, the places move
        (4490, "EPSG:4610"),
        (4214, "EPSG:4326"),
        (4610, "EPSG:4214"),
    ],
)
def test_another_datum_is_no_other_name_of_the_same_system(own: int, declared: str) -> None:
    table = square(114.1, 30.1, crs=own, size=0.1)
    with pytest.raises(CRSError, match=f"declared {declared} contradicts the file's own EPSG:"):
        with_crs(table, Source("parcels", "p.gpkg", crs=declared))


@pytest.mark.parametrize(
    ("own", "declared"), [(4326, "EPSG:4490"), ("OGC:CRS84", "EPSG:4326"), (4979, "EPSG:4326")]
)
def test_systems_that_put_the_data_in_one_place_may_be_declared(own: object, declared: str) -> None:
    table = square(114.1, 30.1, crs=own, size=0.1)
    taken, told = with_crs(table, Source("parcels", "p.gpkg", crs=declared))
    assert crs_name(taken.crs) == declared
    assert told == []


@pytest.mark.parametrize(("own", "flat"), [("EPSG:4547+5737", 4547), ("EPSG:7415", 28992)])
def test_heights_of_a_compound_system_are_left_out(own: str, flat: int) -> None:
    assert with_crs(square(120_000, 4e5, crs=own), PARCELS)[0].crs.to_epsg() == flat


def test_coordinates_that_are_not_on_earth_are_left_to_their_own_check() -> None:
    wild = gpd.GeoDataFrame(geometry=[box(-1.7e308, 0, 1.7e308, 1)], crs=4610)
    _, (told,) = with_crs(wild, Source("parcels", "p.gpkg", crs="EPSG:4490"))
    assert told["code"] == "crs_overridden"
    with pytest.raises(CRSError, match="no coordinate system is known"):
        with_crs(wild.set_crs(None, allow_override=True), PARCELS)


GML = """<?xml version="1.0"?><w:FeatureCollection xmlns:w="http://www.opengis.net/wfs"
 xmlns:gml="http://www.opengis.net/gml" xmlns:t="http://t"><gml:featureMember><t:p fid="1">
<t:geom><gml:Polygon srsName="{srs}"><gml:exterior><gml:LinearRing><gml:posList>30.1 114.1 30.1
114.2 30.2 114.2 30.1 114.1</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></t:geom>
</t:p></gml:featureMember></w:FeatureCollection>"""


@pytest.mark.parametrize("srs", ["urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_latitude_first_of_a_web_service_is_mended_or_named(tmp_path: Path, srs: str) -> None:
    (tmp_path / "w.gml").write_text(GML.format(srs=srs), "utf-8")
    table = pyogrio.read_dataframe(tmp_path / "w.gml")
    if srs.startswith("urn"):  # this name says that latitude comes first: GDAL turns it
        check_coordinates(table, what="parcels")
        assert table.total_bounds.tolist() == [114.1, 30.1, 114.2, 30.2]
    else:
        with pytest.raises(CRSError, match=r"EPSG:4326, but x .* is a latitude and y"):
            check_coordinates(table, what="parcels")


# --- datums ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "into", "names", "most"),
    [
        (2383, 4547, "Xian 1980 to CGCS2000", "up to 127 m"),
        (2435, 4547, "Beijing 1954 to CGCS2000", "up to 105 m"),
        (4795, 4547, "New Beijing to CGCS2000", "tens to hundreds of metres"),
        (4547, 2383, "CGCS2000 to Xian 1980", "up to 127 m"),
        (2383, 32650, "Xian 1980 to WGS 84", "up to 127 m"),
        (2435, 32649, "Beijing 1954 to WGS 84", "up to 105 m"),
        (2383, 2435, "Xian 1980 to Beijing 1954", "up to 232 m"),
    ],
)
def test_a_shift_that_nobody_makes_is_told(own: int, into: int, names: str, most: str) -> None:
    table = square(512_000, 3.4e6, crs=own)
    before = table.copy()
    (told,) = datum_shift(table, CRS(into), PARCELS)
    assert (told["code"], told["severity"]) == ("datum_shift_unknown", "warning")
    assert told["message"] == (
        f"parcels: the shift from {names} is not public, and none was made; places may be off by"
        f" {most}; transform the layer with the local parameters first"
    )
    assert table.equals(before)


def test_a_published_shift_is_told_with_its_accuracy() -> None:
    ordos = square(108.4, 38.4, crs=4214, size=0.1)
    (told,) = datum_shift(ordos, CRS(4326), PARCELS)
    assert (told["code"], told["severity"], told["value"]) == ("datum_shift", "info", 1.0)
    assert told["message"] == (
        "parcels: the shift from Beijing 1954 to WGS 84 was made by Beijing 1954 to WGS 84 (6), its"
        " accuracy stated as 1 m"
    )
    sea = square(114.5, 21.0, crs=4214, size=0.1)  # off the mouth of the Pearl River
    (rough,) = datum_shift(sea, CRS(4326), PARCELS)
    assert (rough["severity"], rough["value"]) == ("warning", 15.0)


@pytest.mark.parametrize(("own", "into"), [(4547, 4526), (2383, 2362), (4547, 32650), (4326, 4547)])
def test_one_datum_or_datums_of_the_earth_are_not_told(own: int, into: int) -> None:
    assert datum_shift(placed(114.1, 30.1, crs=own), CRS(into), PARCELS) == []


def test_a_district_in_an_old_zone_is_measured_there_and_mixing_is_told(tmp_path: Path) -> None:
    square(512_000, 3.4e6, crs=2383).to_file(tmp_path / "p.gpkg")
    square(512_000, 3.4e6, crs=4547).to_file(tmp_path / "z.gpkg")
    own = '[layers.parcels]\npath = "p.gpkg"\n'
    (tmp_path / "own.toml").write_text(own, "utf-8")
    (tmp_path / "both.toml").write_text(own + '[layers.zoning]\npath = "z.gpkg"\n', "utf-8")
    alone = load_inputs(read_project(tmp_path / "own.toml"))
    assert (alone.crs.to_epsg(), alone.crs_reason) == (2383, "the parcel layer's own")
    mixed = load_inputs(read_project(tmp_path / "both.toml")).inputs.findings
    assert alone.inputs.findings is not None
    assert mixed is not None
    assert "datum_shift_unknown" not in set(alone.inputs.findings["code"])
    named = alone.inputs.findings.set_index("code").loc["old_datum"]
    assert (named["severity"], named["value"]) == ("info", 127.0)
    assert "computed on Xian 1980; areas and borders hold" in named["message"]
    assert old_datum(CRS(4547), PARCELS) == []
    told = mixed[mixed["code"] == "datum_shift_unknown"]
    assert told[["layer", "value"]].values.tolist() == [["zoning", 127.0]]


# --- areas of use and distortion ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("lon", "crs", "beyond"),
    [
        (114.0, 4547, None),
        (116.9, 4547, None),  # 1.4° beyond 115.5: tolerated
        (117.1, 4547, "1.6"),
        (118.0, 4526, "2.5"),
        (110.0, 4547, "2.5"),
    ],
)
def test_a_layer_beyond_the_area_of_use_is_told(lon: float, crs: int, beyond: str | None) -> None:
    found = beyond_use(placed(lon, 30.0, crs=crs), Source("zoning", "z.shp"))
    assert [f["code"] for f in found] == ([] if beyond is None else ["outside_use"])
    for told in found:
        assert told["layer"] == "zoning"
        assert (
            f"spans {lon:.2f} to {lon + 0.01:.2f}° east, 30.00 to 30.01° north" in told["message"]
        )
        assert f"up to {beyond}° beyond the area that EPSG:{crs} is made for" in told["message"]


def test_one_stray_shape_is_enough_to_be_beyond() -> None:
    stray = placed(114.0, 30.0, crs=4547, also=121.0)
    assert [f["code"] for f in beyond_use(stray, PARCELS)] == ["outside_use"]


def test_without_an_area_of_use_nothing_is_beyond_it() -> None:
    city = "+proj=tmerc +lat_0=0 +lon_0=114.3 +x_0=500000 +ellps=GRS80 +units=m"
    assert beyond_use(placed(121.0, 30.0, crs=city), PARCELS) == []
    assert beyond_use(gpd.GeoDataFrame(geometry=[None], crs=4547), PARCELS) == []


@pytest.mark.parametrize(
    ("lon", "crs", "told"),
    [
        (116.9, 4547, None),
        (117.5, 4547, "up to 3.5° from the central meridian 114° of EPSG:4547"),
        (110.5, 4526, "up to 3.5° from the central meridian 114° of EPSG:4526"),
        (115.0, 4508, "up to 4.0° from the central meridian 111° of EPSG:4508"),
        (114.0, 3035, "parcels: lies in EPSG:3035: lengths are off by up to"),
        (4.0, 3035, None),
        (2.3, 2154, None),
    ],
)
def test_far_from_the_meridian_is_told_with_its_errors(
    lon: float, crs: int, told: str | None
) -> None:
    lat = 30.0 if lon > 90 else 48.0
    found = distortion(placed(lon, lat, crs=4490), CRS(crs), PARCELS)
    assert [f["code"] for f in found] == ([] if told is None else ["scale_error"])
    if told:
        assert told in found[0]["message"]
        assert "ppm, plane areas by" in found[0]["message"]


def test_the_errors_are_those_of_the_projection() -> None:
    (told,) = distortion(placed(117.99, 30.0, crs=4490), CRS(4547), PARCELS)
    # (4° in radians x cos 30°)² / 2 of length is 1828 ppm on a sphere, twice that of area
    assert told["value"] == pytest.approx(2 * 1828e-6, rel=0.01)
    assert (told["unit"], told["severity"]) == ("share", "warning")
    (country,) = distortion(placed(114.0, 30.0, crs=4490, also=124.0), CRS(4547), PARCELS)
    assert country["severity"] == "error"
    assert country["value"] > 0.02


# --- layers that do not meet -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "parcels", "guess"),
    [
        (
            extent(5e5, 3.4e6, 4548),
            extent(5e5, 3.4e6, 4547),
            "^both were in EPSG:4548 or both in EPSG:4547$",
        ),
        (extent(3.4e6, 5e5, 2154), extent(5e5, 3.4e6, 2154), "its x and y were swapped"),
        (extent(30.7, 114.0, 4326, 0.1), extent(5e5, 3.4e6, 4547), "its x and y were swapped"),
        (
            extent(5e5, 3.4e6, "+proj=tmerc +lon_0=114 +x_0=38500000 +ellps=GRS80 +units=m"),
            extent(5e5, 3.4e6, 4547),
            "both were in .* or both in EPSG:4547",
        ),
        (extent(38.5e6, 3.4e6, 32650), extent(5e5, 3.4e6, 4547), "in EPSG:4547 without that"),
        (
            extent(39.5e6, 3.4e6, 4548),
            extent(39.5e6, 3.4e6, 4527),
            "both were in EPSG:4548 or both in",
        ),
        (extent(39.5e6, 3.4e6, 4548), extent(5e5, 3.4e6, 4548), "were without the prefix 39"),
        (extent(5e5, 3.4e6, 4548), extent(38.5e6, 3.4e6, 4526), "it were in EPSG:4526 with that"),
        (extent(5e5, 3.4e6, 4550), extent(114.0, 30.7, 4490, 0.1), "in the zone of 114° east"),
        (extent(5e5, 3.4e6, 4547), extent(115.0, 30.7, 4490, 0.1), "^$"),  # no zone has 115°
        (extent(5e5, 3.4e6, 4508), extent(114.0, 30.7, 4490, 0.1), "^$"),  # nor a wide one 114°
        (extent(5e5, 3.4e6, 32651), extent(117.0, 30.7, 4326, 0.1), "in the zone of 117° east"),
        (extent(114.0, 30.7, 4547, 0.1), extent(5e5, 3.4e6, 4547), "its coordinates were degrees"),
        (
            extent(12.690e6, 3.59e6, 2154, 1e5),
            extent(5e5, 3.4e6, 4547),
            r"it were in EPSG:3857 \(Web Mercator\)",
        ),
        (extent(7e5, 6.6e6, 2154), extent(5e5, 3.4e6, 4547), "^$"),
    ],
)
def test_guesses_at_why_a_layer_lies_elsewhere(layer: Extent, parcels: Extent, guess: str) -> None:
    found = overlap_guess(layer, parcels)
    assert re.search(guess, found), found


def test_a_guess_ends_the_finding_and_changes_nothing() -> None:
    near, far = square(5e5, 3.4e6, crs=4547), square(5e5, 3.4e6, crs=4548)
    tables = {"parcels": near, "zoning": far.to_crs(4547)}
    before = tables["zoning"].copy()
    extents = {"parcels": extent_of(near), "zoning": extent_of(far)}
    (told,) = no_overlap(tables, extents=extents)
    assert told["message"].startswith("zoning: lies wholly outside the extent of parcels (x 787405")
    guess = "would overlap if both were in EPSG:4548 or both in EPSG:4547)"
    assert told["message"].endswith(f"km away; {guess}")
    assert told["value"] == pytest.approx(287e3, rel=0.01)
    assert tables["zoning"].equals(before)
    (plain,) = no_overlap(tables)
    assert plain["message"].endswith("km away)")
    assert no_overlap({"parcels": near, "zoning": near}, extents=extents) == []


# --- real layers -------------------------------------------------------------------------------


def test_a_real_lambert_without_a_name_or_code_is_computed_in(shared_data: Path) -> None:
    file = shared_data / "simplu3d_rules" / "44118_PLU_20150219" / "ZONE_URBA.shp"
    zones = pyogrio.read_dataframe(file)
    check_coordinates(zones, what="zoning")
    assert crs_name(zones.crs) == "Lambert_Conformal_Conic"
    assert choose_analysis_crs(zones) == (zones.crs, "the parcel layer's own")
    assert beyond_use(zones, PARCELS) == distortion(zones, zones.crs, PARCELS) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cn_encodings/shenzhen_no_prj/sz.shp", "no .prj file; these are degrees"),
        ("messy/mapshaper_shp/166_c_utm.shp", "no .prj file; x from 573845 to 579237 are metres"),
    ],
)
def test_real_layers_without_a_prj_file(shared_data: Path, name: str, words: str) -> None:
    table = pyogrio.read_dataframe(shared_data / name)
    with pytest.raises(CRSError, match=words):
        with_crs(table, Source("parcels", name), folder=shared_data)
