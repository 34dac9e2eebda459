"""Formats beside shapefiles: what GDAL's plain reading loses or changes is kept or told."""

import gzip
import json
import math
import shutil
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from filed import (
    PARCELS,
    SOUTH,
    WEST,
    Load,
    codes,
    curve,
    drawing,
    loader,
    many,
    message,
    outline,
    ringed,
    squares,
    write_wkb,
)
from gisland.base.errors import CRSError, GeometryError, LayerError
from gisland.layers.files.curves import linear, wkb_kind
from gisland.layers.files.formats import format_of
from gisland.layers.files.sheets import gather
from gisland.layers.source import Source

LAYER = '[layers.parcels]\npath = "{}"\n'
FIELDS = "[layers.parcels.fields]\n"
# 112 chords of a half circle of radius 10: the fewest that stay within 0.001 of it
HALF_DISC = 56 * 100 * math.sin(math.pi / 112)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return loader(tmp_path)


def corner(x: float, y: float = 0.0) -> tuple[float, float]:
    return WEST + x, SOUTH + y


# Several geometry columns


def two_columns() -> gpd.GeoDataFrame:
    frame = squares(2, n=["a", "b"])
    return frame.assign(centre=frame.centroid)


def test_a_parquet_with_two_geometry_columns_asks_which(load: Load, tmp_path: Path) -> None:
    two_columns().to_parquet(tmp_path / "p.parquet")
    text = LAYER.format("p.parquet")
    words = (
        r"p\.parquet has 2 geometry columns: geometry \(Polygon\), centre \(Point\); choose one:"
        r" geometry = 'geometry' \| 'centre'"
    )
    with pytest.raises(LayerError, match=words):
        load(text)
    loaded = load(text + 'geometry = "geometry"\n')
    assert loaded.inputs.parcels.area.tolist() == [10_000.0] * 2
    assert list(loaded.inputs.parcels.columns) == ["n", "geometry"]
    with pytest.raises(GeometryError, match="2 of 2 geometries are not polygons but Point"):
        load(text + 'geometry = "centre"\n')
    with pytest.raises(LayerError, match=r"no geometry column 'center' .*did you mean 'centre'"):
        load(text + 'geometry = "center"\n')


GML = """<?xml version="1.0" encoding="UTF-8"?>
<c xmlns:gml="http://www.opengis.net/gml">{}</c>"""
MEMBER = """<gml:featureMember><lot><n>{}</n>
<seed><gml:Point srsName="EPSG:4547"><gml:coordinates>{}</gml:coordinates></gml:Point></seed>
<edge><gml:Polygon srsName="EPSG:4547"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>{}
</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></edge>
</lot></gml:featureMember>"""


def write_gml(file: Path) -> None:
    members = []
    for n, shape in zip("ab", squares(2).geometry, strict=True):
        ring = " ".join(f"{x},{y}" for x, y in shape.exterior.coords)
        members.append(MEMBER.format(n, f"{shape.centroid.x},{shape.centroid.y}", ring))
    file.write_text(GML.format("".join(members)), "utf-8")


def test_a_gml_with_two_geometry_columns_asks_which(load: Load, tmp_path: Path) -> None:
    write_gml(tmp_path / "p.gml")
    text = LAYER.format("p.gml")
    words = r"2 geometry columns: seed \(Point, 2 rows\), edge \(Polygon, 2 rows\); choose one"
    with pytest.raises(LayerError, match=words):
        load(text)
    loaded = load(text + 'geometry = "edge"\n' + FIELDS + 'parcel_id = "n"\n')
    assert loaded.inputs.parcels.area.to_dict() == {"a": 10_000.0, "b": 10_000.0}
    assert loaded.sources[0]["geometry_column"] == "edge"
    assert loaded.sources[0]["format"] == "GML"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gisland.toml", "p.gml"]  # no .gfs


def test_parcels_of_a_cadastral_exchange_file(tmp_path: Path, shared_data: Path) -> None:
    packed = shared_data / "decany_cz" / "OB_UKSH.xml.gz"
    with gzip.open(packed) as stream, (tmp_path / "ob.gml").open("wb") as out:
        shutil.copyfileobj(stream, out)
    source = Source("parcels", "ob.gml", layer="Parcely", geometry="OriginalniHranice")
    table = gather(source, folder=tmp_path).table
    assert len(table) == 3172
    assert table.area.sum() == pytest.approx(12_372_589.9, abs=0.1)


# Arcs, surfaces, rings that are not closed


def test_chords_stay_within_the_stated_distance_of_arcs() -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        centre, radius = rng.uniform((5e5, 3.5e6), (5e5 + 99, 3.5e6 + 99)), rng.uniform(0.1, 3000)
        turns = np.sort(rng.uniform(0, 2 * math.pi, 3))[:: rng.choice([-1, 1])]
        places = centre + radius * np.column_stack([np.cos(turns), np.sin(turns)])
        line = linear(curve(8, places.tolist()), tolerance=0.001)
        points = np.array(line.coords)
        middles = (points[1:] + points[:-1]) / 2
        assert np.array_equal(points[[0, -1]], places[[0, -1]])
        assert np.abs(np.hypot(*(points - centre).T) - radius).max() < 1e-5
        assert (radius - np.hypot(*(middles - centre).T)).max() < 0.001 + 1e-6
        assert line.length == pytest.approx(radius * abs(turns[2] - turns[0]), rel=1e-4)
        assert line.distance(Point(places[1])) < 0.0011


def test_an_arc_has_the_same_vertices_in_either_direction() -> None:
    for x in range(1, 40):
        there = [corner(0), corner(100 * x / 3, -400), corner(100 * x, 100 * x / 7)]
        line = linear(curve(8, there), tolerance=0.001)
        back = linear(curve(8, there[::-1]), tolerance=0.001)
        assert line.bounds[1] <= SOUTH - 400
        assert np.array_equal(np.array(line.coords), np.array(back.coords)[::-1])


def test_full_circles_and_straight_arcs() -> None:
    circle = many(10, [curve(8, [corner(0), corner(20), corner(0)])])
    disc = linear(circle, tolerance=0.001)
    assert disc.area == pytest.approx(math.pi * 100, rel=3e-4)
    assert disc.is_valid
    straight = linear(curve(8, [corner(0), corner(5), corner(10)]), tolerance=0.001)
    assert list(straight.coords) == [corner(0), corner(10)]


def test_dimensions_byte_order_and_srid_of_wkb() -> None:
    arc = struct.pack(">BII9d", 0, 1008, 3, 0, 0, 7, 1, 1, 7, 2, 0, 7)
    assert linear(arc, tolerance=0.001).bounds == pytest.approx((0, 0, 2, 1))
    extended = struct.pack("<BIII6d", 1, 8 | 0x20000000, 4547, 3, 0, 0, 1, 1, 2, 0)
    assert linear(extended, tolerance=0.001).length == pytest.approx(math.pi, rel=1e-3)
    assert wkb_kind(struct.pack("<BI", 1, 3010)) == 10
    with pytest.raises(ValueError, match="damaged"):
        linear(extended[:30], tolerance=0.001)


def half_discs() -> list[bytes]:
    """A half disc of radius 10 above, and one below that shares nothing but the centre line."""
    above = [curve(8, [corner(0), corner(10, 10), corner(20)]), curve(2, [corner(20), corner(0)])]
    below = [curve(8, [corner(0), corner(10, -10), corner(20)]), curve(2, [corner(20), corner(0)])]
    return [many(10, [many(9, above)]), many(12, [many(10, [many(9, below)])])]


@pytest.mark.parametrize("suffix", ["gpkg", "gdb"])
def test_arcs_are_drawn_within_a_millimetre(load: Load, tmp_path: Path, suffix: str) -> None:
    write_wkb(tmp_path / f"p.{suffix}", half_discs(), kind="MultiPolygon")
    loaded = load(LAYER.format(f"p.{suffix}") + FIELDS + 'parcel_id = "n"\n')
    area = loaded.inputs.parcels.area
    assert area.tolist() == pytest.approx([HALF_DISC] * 2)
    assert loaded.inputs.parcels.is_valid.all()
    assert loaded.inputs.findings is not None
    told = loaded.inputs.findings.set_index("code").loc["curves_linearised"]
    assert (told["severity"], told["value"]) == ("info", 2.0)
    assert told["message"] == (
        "parcels: arcs of 2 shapes are drawn as chords that stay within 0.001 m"
    )


def test_surfaces_in_space_are_refused(load: Load, tmp_path: Path) -> None:
    faces = [ringed([corner(0), corner(9), corner(9, 9), corner(0)]) for _ in range(2)]
    write_wkb(tmp_path / "p.gpkg", [faces[0], many(15, faces)])
    with pytest.raises(GeometryError, match=r"1 shape is a surface in space \(Polyhedral.*\(2\);"):
        load(PARCELS)


def test_a_triangle_is_a_polygon(load: Load, tmp_path: Path) -> None:
    ring = [corner(0), corner(10), corner(10, 10), corner(0)]
    write_wkb(tmp_path / "p.gpkg", [ringed(ring, kind=17)])
    assert load(PARCELS).inputs.parcels.area.tolist() == [50.0]


def test_open_rings_are_closed_and_told(load: Load, tmp_path: Path) -> None:
    square = [corner(0), corner(10), corner(10, 10), corner(0, 10)]
    write_wkb(tmp_path / "p.gpkg", [ringed(square), ringed([*square, square[0]])])
    loaded = load(PARCELS)
    assert loaded.inputs.parcels.area.tolist() == [100.0] * 2
    assert message(loaded, "ring_closed").startswith("parcels: rings of 1 shape did not end")


# Z, M, collections


def test_heights_and_measures_are_left_out_and_told(load: Load, tmp_path: Path) -> None:
    x, y = WEST, SOUTH
    text = f"(({x} {y} 1, {x + 9} {y} 2, {x} {y + 9} 3, {x} {y} 1))"
    both = f"(({x} {y} 1 5, {x + 9} {y} 2 5, {x} {y + 9} 3 5, {x} {y} 1 5))"
    kinds = (f"M {text}", f"M {text}", f"ZM {both}", f"Z {text}")
    shapes = shapely.from_wkt([f"POLYGON {kind}" for kind in kinds])
    rows = gpd.GeoDataFrame({"n": range(4)}, geometry=shapes, crs=4547)
    rows.to_parquet(tmp_path / "p.parquet")
    loaded = load(LAYER.format("p.parquet"))
    values = loaded.inputs.parcels.geometry.to_numpy()
    assert not (shapely.has_z(values) | shapely.has_m(values)).any()
    assert message(loaded, "z_dropped") == "parcels: heights (Z) of 2 shapes are left out"
    assert message(loaded, "m_dropped") == "parcels: measures (M) of 3 shapes are left out"


def test_polygons_are_taken_out_of_collections(load: Load, tmp_path: Path) -> None:
    first, second = squares(2).geometry
    line = shapely.LineString([corner(0), corner(500)])
    inner = shapely.GeometryCollection([second, shapely.MultiPoint([corner(0), corner(1)])])
    shapes = [shapely.GeometryCollection([first, line, inner]), box(*corner(900), *corner(950, 9))]
    gpd.GeoDataFrame(geometry=shapes, crs=4547).to_file(tmp_path / "p.gpkg")
    loaded = load(PARCELS)
    assert loaded.inputs.parcels.area.tolist() == [20_000.0, 450.0]
    assert message(loaded, "collection_opened") == (
        "parcels: 1 shape is a collection, of which the main parts are taken; 1 line, 2 points in"
        " them are left out"
    )


def test_collections_without_polygons(load: Load, tmp_path: Path) -> None:
    line = shapely.LineString([corner(0), corner(500)])
    mixed = shapely.GeometryCollection([line, Point(corner(0))])
    gpd.GeoDataFrame(geometry=[mixed], crs=4547).to_file(tmp_path / "r.gpkg")
    squares(1).to_file(tmp_path / "p.gpkg")
    loaded = load(PARCELS + '[layers.roads]\npath = "r.gpkg"\n')
    assert loaded.inputs.roads is not None
    assert loaded.inputs.roads.geometry.tolist() == [line]
    with pytest.raises(GeometryError, match="not polygons but GeometryCollection"):
        load('[layers.parcels]\npath = "r.gpkg"\n')


# What reading may change without a word


def odd_json(file: Path) -> None:
    first = {
        "big": 3607022010010000123,
        "at": "2020-01-01T00:30:00+08:00",
        "tags": ["甲", "b"],
        "record": {"k": 1},
        "geometry": "attr",
        "fid": "F1",
        "flag": True,
        "Name": "x",
        "name": "y",
    }
    second = dict.fromkeys(first) | {"at": "2020-01-01T00:30:00+09:00"}
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": row}
        for shape, row in zip(squares(2).geometry, (first, second), strict=True)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    file.write_text(
        json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), "utf-8"
    )


def test_odd_cells_of_geojson_stay_whole(load: Load, tmp_path: Path) -> None:
    odd_json(tmp_path / "p.geojson")
    loaded = load(LAYER.format("p.geojson"))
    row = loaded.inputs.parcels.iloc[0]
    assert row["big"] == 3607022010010000123  # as floating point it would end in ...9872
    assert row["at"] == pd.Timestamp("2020-01-01 00:30")  # in UTC it would be the day before
    assert (row["tags"], json.loads(row["record"])) == ('["甲", "b"]', {"k": 1})
    assert (row["src_geometry"], row["src_fid"], row["flag"]) == ("attr", "F1", True)
    assert (row["Name"], row["src_name"]) == ("x", "y")  # no format tells them apart by case
    assert "columns: at" in message(loaded, "zone_dropped")
    assert "geometry -> src_geometry" in message(loaded, "renamed_column")


def test_a_long_id_stays_exact_beside_missing_ones(load: Load, tmp_path: Path) -> None:
    frame = squares(2)
    frame["BSM"] = pd.array([3607022010010000123, None], dtype="Int64")
    frame.to_file(tmp_path / "p.gpkg")
    loaded = load(PARCELS + FIELDS + 'parcel_id = "BSM"\n')
    assert loaded.inputs.parcels.index[0] == "3607022010010000123"


def test_a_row_number_may_be_the_id(load: Load, tmp_path: Path) -> None:
    squares(2).set_axis([11, 7]).rename_axis("fid").to_file(tmp_path / "p.gpkg", index=True)
    assert "fid" not in load(PARCELS).inputs.parcels
    loaded = load(PARCELS + FIELDS + 'parcel_id = "fid"\n')
    assert sorted(loaded.inputs.parcels.index) == ["11", "7"]


def test_times_lists_and_bytes_of_parquet(load: Load, tmp_path: Path) -> None:
    frame = squares(2, tags=[["a", "b"], None], raw=[b"\x00", b"\xff"])
    frame["at"] = pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("Asia/Shanghai")
    frame["kind"] = pd.Categorical(["x", "y"])
    frame.to_parquet(tmp_path / "p.parquet")
    loaded = load(LAYER.format("p.parquet"))
    parcels = loaded.inputs.parcels
    assert parcels["tags"].iloc[0] == '["a", "b"]'
    assert parcels["at"].iloc[0] == pd.Timestamp("2020-01-01")
    assert parcels["kind"].tolist() == ["x", "y"]
    assert "raw" not in parcels
    assert message(loaded, "binary_column") == "parcels: columns of bytes are left out: raw"


def test_lines_among_parcels_are_refused(load: Load, tmp_path: Path) -> None:
    line = shapely.LineString([corner(0), corner(5)])
    gpd.GeoDataFrame(geometry=[squares(1).geometry[0], line], crs=4547).to_file(
        tmp_path / "p.geojson"
    )
    with pytest.raises(GeometryError, match="1 of 2 geometries are not polygons but LineString"):
        load(LAYER.format("p.geojson"))


def test_json_that_is_broken_or_not_utf8_is_told(load: Load, tmp_path: Path) -> None:
    text = squares(1, owner=["国有土地"]).to_json(ensure_ascii=False)
    (tmp_path / "p.geojson").write_bytes(text.encode("gb18030"))
    with pytest.raises(LayerError, match=r"p\.geojson is not UTF-8 text"):
        load(LAYER.format("p.geojson"))
    (tmp_path / "p.json").write_text(text[:-20], encoding="utf-8")
    with pytest.raises(LayerError, match=r"p\.json is not valid JSON: .* in line 1, column \d+"):
        load(LAYER.format("p.json"))


def test_json_that_is_nested_too_deeply_is_told(load: Load, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(LayerError, match=r"p\.json is (nested too deeply|not valid JSON)"):
        load(LAYER.format("p.json"))


# TopoJSON


def topology(**more: object) -> str:
    squares_of = [
        {"type": "Polygon", "properties": {"n": "甲", "code": "007"}, "arcs": [[0, 1]]},
        {"type": "Polygon", "properties": {"n": "乙", "code": "008"}, "arcs": [[2, -2]]},
    ]
    arcs = [
        [[10000, 0], [-10000, 0], [0, 10000], [10000, 0]],
        [[10000, 10000], [0, -10000]],
        [[10000, 0], [10000, 0], [0, 10000], [-10000, 0]],
    ]
    return json.dumps(
        {
            "type": "Topology",
            "transform": {"scale": [0.01, 0.01], "translate": [WEST, SOUTH]},
            "objects": {"lots": {"type": "GeometryCollection", "geometries": squares_of}, **more},
            "arcs": arcs,
        }
    )


@pytest.mark.parametrize("name", ["p.json", "p.topojson"])
def test_a_topology_has_no_crs_and_lies_on_a_grid(load: Load, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(topology(), encoding="utf-8")
    with pytest.raises(CRSError):
        load(LAYER.format(name))
    loaded = load(LAYER.format(name) + 'crs = "EPSG:4547"\n' + FIELDS + 'parcel_id = "code"\n')
    assert loaded.inputs.parcels.area.to_dict() == {"007": 10_000.0, "008": 10_000.0}
    assert loaded.inputs.parcels["n"].tolist() == ["甲", "乙"]
    assert "rounded to a grid of 0.01 by 0.01" in message(loaded, "rounded_coordinates")
    assert (loaded.sources[0]["format"], loaded.sources[0]["driver"]) == ("TopoJSON", "TopoJSON")


def test_a_topology_may_say_that_it_lies_on_no_grid(load: Load, tmp_path: Path) -> None:
    content = json.loads(topology())
    content["transform"] = None
    content["arcs"] = [[[WEST, SOUTH], [WEST + 9, SOUTH], [WEST + 9, SOUTH + 9], [WEST, SOUTH]]] * 3
    content["objects"]["lots"]["geometries"] = [{"type": "Polygon", "arcs": [[0]]}]
    (tmp_path / "p.json").write_text(json.dumps(content), encoding="utf-8")
    loaded = load(LAYER.format("p.json") + 'crs = "EPSG:4547"\n')
    assert loaded.inputs.parcels.area.tolist() == [40.5]
    assert "rounded_coordinates" not in codes(loaded)


@pytest.mark.parametrize("scale", [["a", "b"], [0.01], None, [1, 10**400]])
def test_a_topology_whose_grid_cannot_be_read_is_refused(
    load: Load, tmp_path: Path, scale: object
) -> None:
    content = json.loads(topology())
    content["transform"]["scale"] = scale
    (tmp_path / "p.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(LayerError, match=r"p\.json (has no scale of two numbers|cannot be read)"):
        load(LAYER.format("p.json") + 'crs = "EPSG:4547"\n')


def test_several_objects_of_a_topology_ask_which(load: Load, tmp_path: Path) -> None:
    other = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0, 1]]}]}
    (tmp_path / "p.json").write_text(topology(other=other), encoding="utf-8")
    text = LAYER.format("p.json") + 'crs = "EPSG:4547"\n'
    with pytest.raises(LayerError, match=r"holds 2 layers; choose one: layer = 'lots' \| 'other'"):
        load(text)
    assert len(load(text + 'layer = "other"\n').inputs.parcels) == 1


# Drawings


def box_at(x: float) -> list[tuple[float, float]]:
    return [corner(x), corner(x + 10), corner(x + 10, 10), corner(x, 10)]


LINE = [(0, "LINE"), (100, "AcDbEntity"), (8, "宗地"), (10, 0), (20, 0), (11, 9), (21, 9)]
TEXT = [(0, "TEXT"), (100, "AcDbEntity"), (8, "宗地"), (10, WEST), (20, SOUTH), (40, 2), (1, "东")]
DXF = LAYER.format("p.dxf") + 'crs = "EPSG:4547"\n'


def write_drawing(folder: Path, *entities: object, encoding: str = "gb18030", **head: str) -> None:
    (folder / "p.dxf").write_bytes(drawing(*entities, **head).encode(encoding))  # type: ignore[arg-type]


def test_closed_lines_of_a_drawing_are_polygons(load: Load, tmp_path: Path) -> None:
    first, second, third = box_at(0), box_at(20), box_at(40)
    write_drawing(
        tmp_path,
        outline("宗地", first),
        outline("宗地", [*second, second[0]], closed=False),  # ends where it began
        outline("宗地", third, closed=False),
        LINE,
        TEXT,
    )
    with pytest.raises(CRSError):  # a drawing has no CRS
        load(LAYER.format("p.dxf"))
    loaded = load(DXF)
    parcels = loaded.inputs.parcels
    assert parcels.area.tolist() == [100.0, 100.0]
    assert parcels["Layer"].tolist() == ["宗地"] * 2
    assert message(loaded, "drawing_left_out") == (
        "parcels: 2 open lines, 1 points and texts of the drawing are left out"
    )
    assert loaded.sources[0]["driver"] == "DXF"


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("gb18030", {"page": "ANSI_936"}),
        ("gb18030", {"page": "ANSI_1252"}),  # a wrong page
        ("utf-8", {"page": "ANSI_936"}),
        ("utf-8", {"page": "ANSI_1252", "version": "AC1021"}),  # UTF-8 from this version on
    ],
)
def test_texts_of_a_drawing_are_decoded_by_their_bytes(
    load: Load, tmp_path: Path, encoding: str, head: dict[str, str]
) -> None:
    write_drawing(tmp_path, outline("国有土地", box_at(0)), encoding=encoding, **head)
    loaded = load(DXF)
    assert loaded.inputs.parcels["Layer"].tolist() == ["国有土地"]
    assert loaded.sources[0]["encoding"] == encoding


def test_the_code_page_decides_where_the_bytes_do_not(load: Load, tmp_path: Path) -> None:
    write_drawing(tmp_path, outline("Fläche", box_at(0)), encoding="cp1252", page="ANSI_1252")
    loaded = load(DXF)
    assert loaded.inputs.parcels["Layer"].tolist() == ["Fläche"]
    assert "encoding_doubt" not in codes(loaded)


def test_several_drawing_layers_ask_which(load: Load, tmp_path: Path) -> None:
    write_drawing(tmp_path, outline("宗地", box_at(0)), outline("房屋", box_at(20)), LINE)
    with pytest.raises(
        LayerError, match=r"on 2 drawing layers; choose one: layer = '宗地' \| '房屋'"
    ):
        load(DXF)
    assert load(DXF + 'layer = "房屋"\n').inputs.parcels["Layer"].tolist() == ["房屋"]
    both = load(DXF + "where = \"Layer IN ('宗地', '房屋')\"\n")
    assert len(both.inputs.parcels) == 2
    with pytest.raises(LayerError, match=r"on a drawing layer '房' .*did you mean '房屋'"):
        load(DXF + 'layer = "房"\n')


def hatch(layer: str, points: list[tuple[float, float]]) -> list[tuple[int, object]]:
    head = [(0, "HATCH"), (100, "AcDbEntity"), (8, layer), (100, "AcDbHatch"), (2, "SOLID")]
    corners = [pair for x, y in points for pair in ((10, x), (20, y))]
    loop = [(91, 1), (92, 7), (72, 0), (73, 1), (93, len(points)), *corners, (97, 0)]
    return [*head, (70, 1), (71, 0), *loop, (75, 0), (76, 1), (98, 0)]


def test_hatches_are_polygons_and_layout_sheets_are_left_out(load: Load, tmp_path: Path) -> None:
    frame = [*outline("宗地", box_at(0))[:2], (67, 1), *outline("宗地", box_at(0))[2:]]
    write_drawing(tmp_path, hatch("宗地", box_at(20)), frame)
    loaded = load(DXF)
    assert loaded.inputs.parcels.bounds["minx"].tolist() == [WEST + 20]
    assert loaded.inputs.parcels.area.tolist() == [100.0]
    assert message(loaded, "drawing_left_out") == (
        "parcels: 1 other shapes of the drawing are left out (1 of them on layout sheets)"
    )


def test_blocks_are_drawn_where_they_are_placed(load: Load, tmp_path: Path) -> None:
    lot = [(0, 0), (10, 0), (10, 10), (0, 10)]
    block = [(0, "BLOCK"), (8, "0"), (2, "LOT"), (70, 0), (10, 0), (20, 0), *outline("0", lot)]
    place = [(0, "INSERT"), (100, "AcDbEntity"), (8, "宗地"), (2, "LOT"), (10, WEST), (20, SOUTH)]
    text = drawing(place)
    head = "".join(f"{c:>3}\r\n{v}\r\n" for c, v in [(0, "SECTION"), (2, "BLOCKS"), *block])
    tail = "  0\r\nENDBLK\r\n  0\r\nENDSEC\r\n"
    at = text.index("  0\r\nSECTION\r\n  2\r\nENTITIES")
    (tmp_path / "p.dxf").write_bytes((text[:at] + head + tail + text[at:]).encode("gb18030"))
    parcels = load(DXF).inputs.parcels
    assert parcels.bounds.iloc[0].tolist() == [WEST, SOUTH, WEST + 10, SOUTH + 10]


def test_a_drawing_without_closed_lines_is_refused(load: Load, tmp_path: Path) -> None:
    write_drawing(tmp_path, LINE)
    with pytest.raises(LayerError, match=r"p\.dxf holds no closed line and no hatch"):
        load(DXF)
    (tmp_path / "p.dxf").write_bytes(b"AutoCAD Binary DXF\r\n\x1a\x00")
    with pytest.raises(LayerError, match="is a binary drawing; save it as an ASCII DXF"):
        load(DXF)


def test_arcs_of_a_drawing_are_told_with_their_step(load: Load, tmp_path: Path) -> None:
    write_drawing(tmp_path, outline("宗地", box_at(0), bulge=1.0))  # half a disc of radius 5 more
    loaded = load(DXF)
    assert loaded.inputs.parcels.area.tolist() == pytest.approx([100 + 12.5 * math.pi], rel=1e-3)
    assert message(loaded, "drawing_curves") == (
        "parcels: 1 arcs of the drawing are drawn as chords of 4 degrees, which stay within 0.6 mm"
        " of the arc for each metre of its radius"
    )


def test_roads_of_a_drawing_keep_their_lines(load: Load, tmp_path: Path) -> None:
    squares(1).to_file(tmp_path / "p.gpkg")
    road = outline("路", [corner(0), corner(90)], closed=False)
    (tmp_path / "r.dxf").write_bytes(drawing(road).encode("gb18030"))
    loaded = load(PARCELS + '[layers.roads]\npath = "r.dxf"\ncrs = "EPSG:4547"\n')
    assert loaded.inputs.roads is not None
    assert loaded.inputs.roads.length.tolist() == [90.0]


# Text tables


def wkt(i: int) -> str:
    return str(squares(i + 1).geometry[i].wkt)


CSV = LAYER.format("p.csv") + 'crs = "EPSG:4547"\n'


def write_csv(folder: Path, text: str, encoding: str = "utf-8", name: str = "p.csv") -> None:
    (folder / name).write_bytes(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_tables(load: Load, tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [["宗地代码", "权利人", "范围"], ["007", "东风厂", wkt(0)], ["010", "NA", wkt(1)]]
    text = "\r\n".join(separator.join(f'"{c}"' for c in row) for row in rows)
    write_csv(tmp_path, text, encoding)
    loaded = load(CSV + FIELDS + 'parcel_id = "宗地代码"\nowner = "权利人"\n')
    assert loaded.inputs.parcels["owner"].to_dict() == {"007": "东风厂", "010": "NA"}
    assert loaded.inputs.parcels.area.tolist() == [10_000.0] * 2
    assert loaded.sources[0]["geometry_column"] == "范围"
    assert loaded.sources[0]["encoding"] == encoding.removesuffix("-sig")


def test_a_table_of_hexadecimal_wkb_with_its_crs(load: Load, tmp_path: Path) -> None:
    shapes = shapely.set_srid(squares(2).geometry.to_numpy(), 4547)
    rows = [
        f"{i},{shape}"
        for i, shape in enumerate(shapely.to_wkb(shapes, hex=True, include_srid=True))
    ]
    write_csv(tmp_path, "\n".join(["id,geom", *rows]), name="p.txt")
    loaded = load(LAYER.format("p.txt"))
    assert loaded.crs.to_epsg() == 4547
    assert loaded.inputs.parcels.area.tolist() == [10_000.0] * 2


def test_the_crs_of_extended_wkt_is_taken(load: Load, tmp_path: Path) -> None:
    write_csv(
        tmp_path, f"id;s\n1;SRID=4547;{wkt(0)}".replace("SRID=4547;P", '"SRID=4547;P') + '"\n'
    )
    assert load(LAYER.format("p.csv")).crs.to_epsg() == 4547


def test_ids_of_many_digits_are_no_shapes(load: Load, tmp_path: Path) -> None:
    rows = [f"{'0103' + f'{i:016d}'},{'01' * 30},{wkt(i)}" for i in range(2)]
    write_csv(tmp_path, "\n".join(["id;key;s", *rows]).replace(",0", ";0").replace(",P", ";P"))
    loaded = load(CSV + FIELDS + 'parcel_id = "id"\n')
    assert loaded.inputs.parcels.index[0] == "01030000000000000000"


def test_columns_of_one_name_are_numbered(load: Load, tmp_path: Path) -> None:
    write_csv(tmp_path, f'MJ,MJ,s\n1,2,"{wkt(0)}"\n')
    loaded = load(CSV)
    assert loaded.inputs.parcels[["MJ", "MJ_2"]].iloc[0].tolist() == ["1", "2"]
    assert message(loaded, "duplicate_column").endswith("MJ -> MJ_2")


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("id,n\n1,2\n", "", "has no geometry; give a spatial layer"),
        (
            'a,s,t\n1,"{0}","{0}"\n',
            "",
            r"2 geometry columns: s, t; choose one: geometry = 's' \| 't'",
        ),
        ('a,s\n1,"{0}"\n', 'geometry = "x"', "no geometry column 'x'"),
        ('a,s\n1,"{0}"\n', "where = \"a = '1'\"", "where does not work on text tables"),
        ('a,s\n1,"{0}"\n2\n', "", r"not an even table \(Row #2: Expected 2 columns, got 1"),
        ('a,s\n1,"{0}"\n2,x,y\n', "", r"not an even table \(Row #2: Expected 2 columns, got 3"),
        ('a,s\n1,"{0}"\n2,POLYGON ((0 0\n', "", "not an even|can be read as no shape"),
        ("a,s\n", "", "the layer is empty"),
        ('a,s\n1,"SRID=4547;{0}"\n2,"SRID=4548;{0}"\n', "", "several coordinate systems"),
    ],
)
def test_text_tables_that_cannot_be_used_are_told(
    load: Load, tmp_path: Path, text: str, more: str, words: str
) -> None:
    write_csv(tmp_path, text.format(wkt(0)))
    with pytest.raises((LayerError, GeometryError), match=f"^parcels: .*{words}") as caught:
        load(CSV + more)
    assert "\n" not in str(caught.value)


def test_cells_cut_by_a_spreadsheet_are_told(load: Load, tmp_path: Path) -> None:
    ring = ", ".join(f"{x:.6f} {y:.6f}" for x, y in Point(corner(0)).buffer(9, 512).exterior.coords)
    write_csv(tmp_path, f'id,s\n1,"{wkt(0)}"\n2,"{f"POLYGON (({ring}))"[:32767]}"\n')
    with pytest.raises(GeometryError, match=r"1 cell .* cut at 32767 characters, .* rows \(2\)"):
        load(CSV)


def test_one_cell_may_hold_a_whole_city(load: Load, tmp_path: Path) -> None:
    shape = Point(corner(0)).buffer(900, 30_000)
    write_csv(tmp_path, f'id,s\n1,"{shape.wkt}"\n')
    assert (tmp_path / "p.csv").stat().st_size > 2_000_000
    assert load(CSV).inputs.parcels.area.iloc[0] == pytest.approx(math.pi * 810_000, rel=1e-6)


# The record


@pytest.mark.parametrize(
    ("path", "name", "driver"),
    [
        ("a.SHP", "shapefile", "ESRI Shapefile"),
        ("a.gdb", "file geodatabase", "OpenFileGDB"),
        ("a.parquet", "GeoParquet", ""),
        ("postgresql://u@h/db", "PostGIS", "PostgreSQL"),
        ("a.xyz", "unknown", ""),
    ],
)
def test_the_format_is_named(tmp_path: Path, path: str, name: str, driver: str) -> None:
    found = format_of(Source("parcels", path), folder=tmp_path)
    assert found == {"format": name, "driver": driver}


def test_the_format_in_a_zip_is_named(tmp_path: Path) -> None:
    write_wkb(tmp_path / "p.gdb", [shapely.to_wkb(box(0, 0, 1, 1))], kind="MultiPolygon")
    shutil.make_archive(str(tmp_path / "p"), "zip", tmp_path, "p.gdb")
    assert format_of(Source("parcels", "p.zip"), folder=tmp_path)["format"] == (
        "zipped file geodatabase"
    )


def test_the_format_in_a_zip_is_that_of_the_layer_that_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Two.ZIP", "w") as archive:
        archive.writestr("a.gpkg", "")
        archive.writestr("b.shp", "")
    shutil.copy(tmp_path / "Two.ZIP", tmp_path / "two.shz")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.json", topology())
    for path, layer, name in (
        ("Two.ZIP", "a", "zipped GeoPackage"),
        ("two.zip", "b", "zipped shapefile"),
        ("two.shz", "a", "zipped GeoPackage"),
        ("t.zip", None, "zipped TopoJSON"),
    ):
        found = format_of(Source("parcels", path, layer=layer), folder=tmp_path)
        assert found["format"] == name


def test_a_zipped_geodatabase_with_arcs(load: Load, tmp_path: Path) -> None:
    write_wkb(tmp_path / "p.gdb", half_discs(), kind="MultiPolygon")
    shutil.make_archive(str(tmp_path / "p"), "zip", tmp_path, "p.gdb")
    loaded = load(LAYER.format("p.zip"))
    assert loaded.inputs.parcels.area.tolist() == pytest.approx([HALF_DISC] * 2)
