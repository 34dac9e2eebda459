import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box, force_3d

from filed import PARCELS, SOUTH, WEST, Load, codes, loader, message, squares
from gisland.base.errors import CRSError, FieldError, GeometryError, LayerError, TableError
from gisland.layers.fields.values import position_ids, to_text
from gisland.layers.files.opening import shown_path
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return loader(tmp_path)


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("shared data absent")
    return SHARED


def write_gbk(file: Path, frame: gpd.GeoDataFrame) -> None:
    """A shapefile in GBK without a hint: no .cpg, language byte 0."""
    frame.to_file(file, encoding="gbk")
    file.with_suffix(".cpg").unlink()
    table = bytearray(file.with_suffix(".dbf").read_bytes())
    table[29] = 0
    file.with_suffix(".dbf").write_bytes(table)


FIELDS = PARCELS + "[layers.parcels.fields]\n"


# Files and encodings


def test_a_gbk_shapefile_without_any_hint_is_read_right(load: Load, tmp_path: Path) -> None:
    write_gbk(tmp_path / "p.shp", squares(QLRMC=["红星机械厂", "东风公司", "村委会"]))
    loaded = load(
        '[layers.parcels]\npath = "p.shp"\nwhere = "QLRMC <> \'村委会\'"\n'
        '[layers.parcels.fields]\nowner = "QLRMC"\n'
    )
    assert loaded.inputs.parcels["owner"].tolist() == ["红星机械厂", "东风公司"]
    assert loaded.sources[0]["encoding"] == "gb18030"
    assert loaded.sources[0]["encoding_evidence"] == "the bytes are valid GB18030 and not UTF-8"


def test_the_same_in_a_zip_and_in_capitals(load: Load, tmp_path: Path) -> None:
    write_gbk(tmp_path / "p.shp", squares(QLRMC=["红星", "东风", "村"]))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for part in tmp_path.glob("p.*"):
            archive.write(part, f"下/{part.stem}{part.suffix.upper()}")
    fields = '[layers.parcels.fields]\nowner = "QLRMC"\n'
    zipped = load('[layers.parcels]\npath = "all.zip"\n' + fields)
    for part in list(tmp_path.glob("p.*")):
        part.rename(part.with_suffix(part.suffix.upper()))
    capital = load('[layers.parcels]\npath = "p.SHP"\n' + fields)
    for loaded in (zipped, capital):
        assert loaded.inputs.parcels["owner"].tolist() == ["红星", "东风", "村"]


def test_utf8_cut_inside_a_character_is_still_read(load: Load, tmp_path: Path) -> None:
    frame = squares(1, owner=["x" * 9 + "y"])
    frame.to_file(tmp_path / "p.shp", encoding="utf-8")
    file = tmp_path / "p.dbf"
    table = file.read_bytes()
    width = table[32 + 16]
    text = ("国有土地使用权" * 20).encode()[: width - 1]
    start = int.from_bytes(table[8:10], "little") + 1
    file.write_bytes(table[:start] + b"A" + text + table[start + width :])
    loaded = load('[layers.parcels]\npath = "p.shp"\n[layers.parcels.fields]\nowner = "owner"\n')
    assert loaded.inputs.parcels["owner"].tolist() == ["A" + text.decode(errors="ignore")]
    assert "text_cut" in codes(loaded)


def test_contradicting_cpg_is_a_finding(load: Load, tmp_path: Path) -> None:
    write_gbk(tmp_path / "p.shp", squares(o=["红星", "东风", "村"]))
    (tmp_path / "p.cpg").write_text("UTF-8", "utf-8")
    loaded = load('[layers.parcels]\npath = "p.shp"\n')
    assert loaded.inputs.parcels["o"].tolist() == ["红星", "东风", "村"]
    assert "cpg says 'UTF-8'" in message(loaded, "encoding_doubt")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "fgb", "shp"])
def test_formats(load: Load, tmp_path: Path, suffix: str) -> None:
    frame = squares(owner=["甲", "乙", "丙"], n=[1, 2, 3])
    file = tmp_path / f"p.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_file(file)
    text = f'[layers.parcels]\npath = "p.{suffix}"\n[layers.parcels.fields]\nowner = "owner"\n'
    loaded = load(text)
    assert loaded.inputs.parcels["owner"].tolist() == ["甲", "乙", "丙"]
    assert loaded.inputs.parcels["n"].tolist() == [1, 2, 3]
    assert loaded.crs.to_epsg() == 4547
    assert len(loaded.sources[0]["sha256"]) == 64
    assert loaded.sources[0]["rows"] == 3
    assert loaded.sources[0]["path"] == f"p.{suffix}"


def test_the_checksum_covers_all_parts_of_a_shapefile(load: Load, tmp_path: Path) -> None:
    squares().to_file(tmp_path / "p.shp")
    text = '[layers.parcels]\npath = "p.shp"\n'
    first = load(text).sources[0]["sha256"]
    assert load(text).sources[0]["sha256"] == first
    (tmp_path / "p.cpg").write_text("utf8", "utf-8")
    assert load(text).sources[0]["sha256"] != first


def two_layers(folder: Path) -> None:
    squares(owner=["甲", "乙", "丙"]).to_file(folder / "p.gpkg", layer="ZD")
    squares().to_file(folder / "p.gpkg", layer="JZ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[layers.parcels]\npath = "q.gpkg"', r"no file q\.gpkg; did you mean 'p\.gpkg'\? check"),
        (PARCELS, "holds 2 layers; choose one: layer = 'JZ' | 'ZD'"),
        (PARCELS + 'layer = "zd"', "no layer 'zd' in p.gpkg; did you mean 'ZD'"),
        (PARCELS + 'layer = "ZD"\nwhere = "a = 1"', r"where = 'a = 1' cannot .*columns: owner\)"),
        (PARCELS + 'layer = "ZD"\nwhere = "a = "', "where = 'a = ' cannot be used"),
        (PARCELS + 'layer = "ZD"\nwhere = "owner = \'丁\'"', "leaves no row"),
        (PARCELS + 'layer = "ZD"\nencoding = "gbk"', "always UTF-8, not 'gbk'; take encoding out"),
        ('[layers.parcels]\npath = "text.shp"', "the .shp is no shapefile; copy or export"),
        ('[layers.parcels]\npath = "text.gpkg"', "cannot be read as a vector layer; check"),
        ('[layers.parcels]\npath = "text.parquet"', "is not a readable GeoParquet file"),
        ('[layers.parcels]\npath = "text.zip"', "is not a zip file"),
        ('[layers.parcels]\npath = "."', "is a folder; name the file in it"),
        ('[layers.parcels]\npath = "plain.csv"', "has no geometry; give a spatial layer"),
        ('[layers.parcels]\npath = "postgresql://u:pw@h/db"', r"PostGIS \(postgresql://u:\*\*\*@h"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    load: Load, tmp_path: Path, text: str, words: str
) -> None:
    two_layers(tmp_path)
    for name in ("text.shp", "text.gpkg", "text.parquet", "text.zip"):
        (tmp_path / name).write_text("no such thing", "utf-8")
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(LayerError, match=f"^parcels: .*{words}") as caught:
        load(text)
    assert "\n" not in str(caught.value)


def test_one_of_several_layers_is_read(load: Load, tmp_path: Path) -> None:
    two_layers(tmp_path)
    loaded = load(PARCELS + 'layer = "ZD"\n')
    assert loaded.inputs.parcels["owner"].tolist() == ["甲", "乙", "丙"]


def test_a_zip_of_several_layers_needs_a_choice(load: Load, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in ("a", "b"):
            file = tmp_path / f"{name}.geojson"
            squares(2, n=[name, name]).to_file(file)
            archive.write(file, file.name)
    with pytest.raises(LayerError, match=r"holds 2 layers; choose one: layer = 'a' \| 'b'"):
        load('[layers.parcels]\npath = "z.zip"\n')
    loaded = load('[layers.parcels]\npath = "z.zip"\nlayer = "b"\n')
    assert loaded.inputs.parcels["n"].tolist() == ["b", "b"]


def test_an_empty_layer_is_told(load: Load, tmp_path: Path) -> None:
    squares(0).to_file(tmp_path / "p.gpkg", geometry_type="Polygon")
    with pytest.raises(LayerError, match="parcels: the layer is empty"):
        load(PARCELS)


def test_the_password_of_a_database_is_not_shown() -> None:
    assert shown_path("PG:host=h password='a b' user=u") == "PG:host=h password=*** user=u"


# Columns


def test_a_missing_column_is_told_with_the_nearest(load: Load, tmp_path: Path) -> None:
    squares(QLRMC=["甲", "乙", "丙"]).to_file(tmp_path / "p.gpkg")
    with pytest.raises(
        FieldError, match=r"p\.gpkg has no column 'QLRMX' \(mapped to owner\); did you .*'QLRMC'"
    ):
        load(FIELDS + 'owner = "QLRMX"\n')


def test_units_and_numbers(load: Load, tmp_path: Path) -> None:
    squares(MJ=["3", " 1.5 ", "约2亩"], SS=[1.5, np.nan, -1.0]).to_file(tmp_path / "p.gpkg")
    loaded = load(
        FIELDS + 'recorded_area_m2 = "MJ"\ntax_yuan = "SS"\n'
        '[layers.parcels.units]\nrecorded_area_m2 = "mu"\ntax_yuan = "wan_yuan"\n'
    )
    parcels = loaded.inputs.parcels
    assert parcels["recorded_area_m2"].tolist()[:2] == [2000.0, 1000.0]
    assert np.isnan(parcels["recorded_area_m2"].iloc[2])
    assert parcels["tax_yuan"].tolist()[0::2] == [15_000.0, -10_000.0]
    assert "1 row, such as '约2亩'" in message(loaded, "unparsed_number")
    assert loaded.inputs.findings is not None
    bad = loaded.inputs.findings.set_index("code").loc["impossible_value"]
    assert (bad["severity"], bad["parcel_id"], bad["value"]) == ("error", "P000003", -10_000.0)
    assert bad["geometry"].equals(parcels.geometry["P000003"])


def test_a_recorded_area_of_zero_is_missing(load: Load, tmp_path: Path) -> None:
    squares(MJ=["0.00", "1", "2"]).to_file(tmp_path / "p.gpkg")
    loaded = load(FIELDS + 'recorded_area_m2 = "MJ"\n')
    assert loaded.inputs.parcels["recorded_area_m2"].isna().tolist() == [True, False, False]
    assert "zero_area" in codes(loaded)


def test_flags_are_no_numbers(load: Load, tmp_path: Path) -> None:
    squares(MJ=[True, False, True]).to_file(tmp_path / "p.gpkg")
    with pytest.raises(FieldError, match=r"'MJ' \(mapped to tax_yuan\) holds bool, not numbers"):
        load(FIELDS + 'tax_yuan = "MJ"\n')


def test_tenure_in_words_and_codes(load: Load, tmp_path: Path) -> None:
    words = ["国有", "G", "20", "集体", "j", "30", "未确定", "Z", "state", "私有", "", None]
    squares(12, QS=words).to_file(tmp_path / "p.gpkg")
    loaded = load(FIELDS + 'tenure = "QS"\n')
    tenure = loaded.inputs.parcels["tenure"]
    assert tenure.tolist()[:9] == [
        *["state"] * 3,
        *["collective"] * 3,
        *["undetermined"] * 2,
        "state",
    ]
    assert tenure.isna().tolist()[9:] == [True] * 3
    assert message(loaded, "unknown_tenure").endswith("1 row, such as '私有'")


def test_use_classes_come_from_codes_unless_mapped(load: Load, tmp_path: Path) -> None:
    squares(4, DL=["M1", "R2", "X9", "自定"], YT=["commercial", "?", "M1", None]).to_file(
        tmp_path / "p.gpkg"
    )
    classes = '[layers.parcels.classes]\n"自定" = "farm"\n'
    loaded = load(FIELDS + 'use_code = "DL"\n' + classes)
    parcels = loaded.inputs.parcels
    assert parcels["use_code"].tolist() == ["M1", "R2", "X9", "自定"]
    assert parcels["use_class"].fillna("").tolist() == ["industrial", "residential", "", "farm"]
    unknown = message(loaded, "unknown_use")
    assert "[layers.parcels.classes]" in unknown
    assert "'X9'" in unknown
    assert "GB 50137-2011" in message(loaded, "use_code_list")
    mapped = load(FIELDS + 'use_code = "DL"\nuse_class = "YT"\n' + classes).inputs.parcels
    assert mapped["use_class"].fillna("").tolist() == ["commercial", "", "industrial", ""]


def test_planned_uses_keep_their_text_and_get_a_class(load: Load, tmp_path: Path) -> None:
    squares(2).to_file(tmp_path / "p.gpkg")
    squares(2, YD=["M1", "商品住宅"], RJL=["200%", "1.5"]).to_file(tmp_path / "z.gpkg")
    loaded = load(
        PARCELS + '[layers.zoning]\npath = "z.gpkg"\n[layers.zoning.fields]\n'
        'planned_use = "YD"\nfar_max = "RJL"\n'
    )
    zoning = loaded.inputs.zoning
    assert zoning is not None
    assert zoning.index.tolist() == ["Z000001", "Z000002"]
    assert zoning.index.name == "zone_id"
    assert zoning["planned_use"].tolist() == ["M1", "商品住宅"]
    assert zoning["use_class"].fillna("").tolist() == ["industrial", ""]
    assert zoning["far_max"].tolist() == [2.0, 1.5]


def test_levels_in_words(load: Load, tmp_path: Path) -> None:
    squares(3).to_file(tmp_path / "p.gpkg")
    squares(3, JB=["一级", "二级线", "2"]).to_file(tmp_path / "b.gpkg")
    loaded = load(
        PARCELS
        + '[layers.block_lines]\npath = "b.gpkg"\n[layers.block_lines.fields]\nlevel = "JB"\n'
    )
    assert loaded.inputs.block_lines is not None
    assert loaded.inputs.block_lines["level"].tolist() == [1.0, 2.0, 2.0]


def test_changes_of_lines_in_words(load: Load, tmp_path: Path) -> None:
    squares(5).to_file(tmp_path / "p.gpkg")
    words = ["调入", "划出", "ＯＵＴ", "保留", None]
    squares(5, LX=words, BH=["1", "2", "3", "4", "5"]).to_file(tmp_path / "c.gpkg")
    loaded = load(
        PARCELS + '[layers.block_changes]\npath = "c.gpkg"\n[layers.block_changes.fields]\n'
        'change = "LX"\nblock_id = "BH"\n'
    )
    changes = loaded.inputs.block_changes
    assert changes is not None
    assert changes.index.name == "change_id"
    assert changes.index.tolist() == ["C000001", "C000002", "C000003", "C000004", "C000005"]
    assert changes["change"].fillna("").tolist() == ["in", "out", "out", "", ""]
    assert message(loaded, "unknown_change") == (
        "block_changes: column 'LX' (mapped to change): change not known, taken as missing:"
        " 1 row, such as '保留'"
    )


def test_parks_and_zones_with_their_units(load: Load, tmp_path: Path) -> None:
    squares(2).to_file(tmp_path / "p.gpkg")
    squares(2, MC=["甲", "乙"], KF=[1.5, None], JC=["0.5公顷", "3 亩"]).to_file(tmp_path / "k.gpkg")
    squares(2, BH=["z2", "z1"]).to_file(tmp_path / "z.gpkg")
    loaded = load(
        PARCELS + '[layers.parks]\npath = "k.gpkg"\n[layers.parks.fields]\nname = "MC"\n'
        'developable_m2 = "KF"\nbuilt_m2 = "JC"\n[layers.parks.units]\ndevelopable_m2 = "ha"\n'
        '[layers.zones]\npath = "z.gpkg"\n[layers.zones.fields]\nzone_id = "BH"\n'
    )
    parks, zones = loaded.inputs.parks, loaded.inputs.zones
    assert parks is not None
    assert zones is not None
    assert parks["name"].tolist() == ["甲", "乙"]
    assert parks["developable_m2"].fillna(-1.0).tolist() == [15_000.0, -1.0]
    assert parks["built_m2"].tolist() == [5000.0, pytest.approx(2000.0)]
    assert (parks.index.name, zones.index.name) == ("park_id", "zone_id")
    assert zones.index.tolist() == ["z1", "z2"]


def test_a_plan_year_is_a_year_however_it_is_written(load: Load, tmp_path: Path) -> None:
    years = ["2026", "2027年", "2028-05-01", "近期"]
    squares(4, ND=years).to_file(tmp_path / "p.gpkg")
    loaded = load(FIELDS + 'plan_year = "ND"\n')
    assert loaded.inputs.parcels["plan_year"].fillna(0.0).tolist() == [2026.0, 2027.0, 2028.0, 0.0]
    assert message(loaded, "year_unread").endswith("1 row, such as '近期'")


def test_other_columns_pass_through_and_ours_are_not_overwritten(
    load: Load, tmp_path: Path
) -> None:
    frame = squares(2, BZ=["x", None], Verdict=["a", "b"], src_verdict=["c", "d"])
    frame.assign(D=pd.to_datetime(["2020-01-01", None])).to_parquet(tmp_path / "p.parquet")
    loaded = load('[layers.parcels]\npath = "p.parquet"\n')
    parcels = loaded.inputs.parcels
    assert list(parcels.columns) == [
        "BZ",
        "src_Verdict",
        "src_src_verdict",
        "D",
        "geometry",
    ]
    assert parcels["D"].dtype.kind == "M"
    assert "Verdict -> src_Verdict" in message(loaded, "renamed_column")


# Ids


def test_ids_become_text(load: Load, tmp_path: Path) -> None:
    squares(ID=[10.0, 2.0, 3.0], T=[" 007", "08 ", "9"]).to_file(tmp_path / "p.gpkg")
    assert load(FIELDS + 'parcel_id = "ID"\n').inputs.parcels.index.tolist() == ["10", "2", "3"]
    parcels = load(FIELDS + 'parcel_id = "T"\n').inputs.parcels
    assert parcels.index.tolist() == ["007", "08", "9"]
    assert parcels.index.name == "parcel_id"


def test_ids_that_lost_digits_are_refused() -> None:
    with pytest.raises(FieldError, match="last digits are lost; store them as text"):
        to_text(pd.Series([1e18]), what="id")


def test_duplicate_and_missing_ids_pass_for_parcels_only(load: Load, tmp_path: Path) -> None:
    squares(4, ID=["b", "a", "a", None]).to_file(tmp_path / "p.gpkg")
    text = FIELDS + 'parcel_id = "ID"\n'
    index = load(text).inputs.parcels.index
    assert index.tolist()[:3] == ["a", "a", "b"]
    assert pd.isna(index[3])
    sites = '[layers.sites]\npath = "p.gpkg"\n[layers.sites.fields]\nsite_id = "ID"\n'
    with pytest.raises(TableError, match="sites: 1 row has no id"):
        load(text + sites)
    with pytest.raises(TableError, match=r"sites: 1 id occurs more than once \(a\)"):
        load(text + sites.replace("\n[", '\nwhere = "ID is not null"\n[', 1))


def test_an_empty_id_column_is_refused(load: Load, tmp_path: Path) -> None:
    squares(2, ID=["", " "]).to_file(tmp_path / "p.gpkg")
    with pytest.raises(FieldError, match=r"column 'ID' \(mapped to parcel_id\) is empty"):
        load(FIELDS + 'parcel_id = "ID"\n')


def test_ids_from_the_position_do_not_depend_on_the_order_of_rows() -> None:
    same = [box(0, 0, 1, 1), box(0, 0, 1, 1), Polygon([(0, 0), (1, 0), (1, 1)])]
    frame = gpd.GeoDataFrame(
        {"n": ["b", "a", "t", "e", "x", "w"]},
        geometry=[*same, box(5, 0, 6, 1), None, MultiPolygon()],
    )
    ids = pd.Series(position_ids(frame, prefix="P"), index=frame["n"])
    assert sorted(ids) == [f"P00000{i}" for i in range(1, 7)]
    assert ids["e"] == "P000004"
    assert ids["a"] < ids["b"]
    assert set(ids[["x", "w"]]) == {"P000005", "P000006"}
    for seed in range(5):
        mixed = frame.sample(frac=1, random_state=seed)
        assert dict(zip(mixed["n"], position_ids(mixed, prefix="P"), strict=True)) == dict(ids)


def test_shuffled_rows_give_the_same_tables(load: Load, tmp_path: Path) -> None:
    frame = squares(9, n=list(range(9)), MJ=["x", *"12345678"])
    results = []
    for _ in range(2):
        frame.to_parquet(tmp_path / "p.parquet")
        results.append(
            load(
                '[layers.parcels]\npath = "p.parquet"\n'
                '[layers.parcels.fields]\nrecorded_area_m2 = "MJ"\n'
            )
        )
        frame = frame.sample(frac=1, random_state=3)
    first, second = results
    pd.testing.assert_frame_equal(first.inputs.parcels, second.inputs.parcels)
    pd.testing.assert_frame_equal(first.inputs.findings, second.inputs.findings)


# Geometry and coordinate systems


def test_heights_are_dropped_with_a_finding(load: Load, tmp_path: Path) -> None:
    frame = squares(2)
    frame.geometry = force_3d(frame.geometry, 7.0)
    frame.to_file(tmp_path / "p.gpkg")
    loaded = load(PARCELS)
    assert not loaded.inputs.parcels.has_z.any()
    assert "2 shapes" in message(loaded, "z_dropped")


def test_missing_and_invalid_shapes_of_parcels_are_kept(load: Load, tmp_path: Path) -> None:
    frame = squares(3)
    bow = Polygon([(WEST, SOUTH), (WEST + 9, SOUTH + 9), (WEST + 9, SOUTH), (WEST, SOUTH + 9)])
    frame.geometry = [None, bow, frame.geometry[2]]
    frame.to_file(tmp_path / "p.gpkg")
    parcels = load(PARCELS).inputs.parcels
    assert parcels.geometry.isna().tolist() == [False, False, True]
    assert parcels.is_valid.tolist()[:2] == [False, True]


def test_lines_are_taken_for_roads_only(load: Load, tmp_path: Path) -> None:
    squares(2).to_file(tmp_path / "p.gpkg")
    line = LineString([(WEST, SOUTH), (WEST + 50, SOUTH)])
    gpd.GeoDataFrame(geometry=[line], crs=4547).to_file(tmp_path / "r.gpkg")
    gpd.GeoDataFrame(geometry=[Point(WEST, SOUTH)], crs=4547).to_file(tmp_path / "x.gpkg")
    roads = load(PARCELS + '[layers.roads]\npath = "r.gpkg"\n').inputs.roads
    assert roads is not None
    assert roads.index.tolist() == ["R000001"]
    with pytest.raises(GeometryError, match="zoning: 1 of 1 geometries are not polygons"):
        load(PARCELS + '[layers.zoning]\npath = "r.gpkg"\n')
    with pytest.raises(GeometryError, match="roads: lines or polygons are needed, found Point"):
        load(PARCELS + '[layers.roads]\npath = "x.gpkg"\n')


def test_a_layer_of_null_shapes_is_refused(load: Load, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=4547).to_file(
        tmp_path / "p.gpkg", geometry_type="Polygon"
    )
    with pytest.raises(GeometryError, match="parcels: none of the 1 rows has geometry"):
        load(PARCELS)


def test_coordinates_that_are_not_on_earth_are_refused(load: Load, tmp_path: Path) -> None:
    frame = squares(2)
    frame.geometry = [frame.geometry[0], box(-1.79e308, 0, 1, 1)]
    frame.to_parquet(tmp_path / "p.parquet")
    with pytest.raises(GeometryError, match=r"1 shape has coordinates .* Earth \(P000001\); mend"):
        load('[layers.parcels]\npath = "p.parquet"\n')


def test_coordinates_lost_in_reprojection_are_refused(load: Load, tmp_path: Path) -> None:
    lambert = squares(1, crs=2154)
    lambert.set_geometry(lambert.translate(yoff=3_400_000)).to_file(tmp_path / "p.gpkg")
    pole = gpd.GeoDataFrame(geometry=[box(0, -90, 1, -89)], crs=4326)  # infinitely far on a cone
    pole.to_file(tmp_path / "z.gpkg")
    with pytest.raises(
        GeometryError, match=r"zoning after reprojection from EPSG:4326 to EPSG:2154: 1 shape has"
    ):
        load(PARCELS + '[layers.zoning]\npath = "z.gpkg"\n')


def test_without_any_crs_the_project_must_declare_one(load: Load, tmp_path: Path) -> None:
    squares(1).to_file(tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    text = '[layers.parcels]\npath = "p.shp"\n'
    with pytest.raises(CRSError, match=r"parcels: no coordinate .* \[layers.parcels\] crs ="):
        load(text)
    assert load(text + 'crs = "EPSG:4547"\n').crs.to_epsg() == 4547
    with pytest.raises(CRSError, match=r"marked EPSG:4526, .* declare EPSG:4547"):
        load(text + 'crs = "EPSG:4526"\n')
    with pytest.raises(CRSError, match="which are not degrees"):
        load(text + 'crs = "EPSG:4490"\n')
    with pytest.raises(CRSError, match=r"\[layers.parcels\] crs = 'EPSG:x' is not a known CRS"):
        load(text + 'crs = "EPSG:x"\n')


def test_a_declared_crs_must_agree_with_the_file(load: Load, tmp_path: Path) -> None:
    squares(1).to_file(tmp_path / "p.shp")  # the .prj has another spelling of the same system
    text = '[layers.parcels]\npath = "p.shp"\n'
    assert load(text + 'crs = "EPSG:4547"\n').crs.to_epsg() == 4547
    for code in (4548, 4526, 4490, 3857):
        with pytest.raises(CRSError, match=f"declared EPSG:{code} contradicts the file's own"):
            load(text + f'crs = "EPSG:{code}"\n')


def test_a_declaration_that_the_coordinates_prove_right_overrides_the_file(
    load: Load, tmp_path: Path
) -> None:
    squares(1, crs=None).set_crs(4526).to_file(tmp_path / "p.gpkg")
    text = '[layers.parcels]\npath = "p.gpkg"\n'
    with pytest.raises(CRSError, match=r"marked EPSG:4526, .*; declare EPSG:4547"):
        load(text)
    loaded = load(text + 'crs = "EPSG:4547"\n')
    assert loaded.crs.to_epsg() == 4547
    assert codes(loaded) == ["crs_overridden", "ids_made"]


def test_a_declaration_may_be_taken_over_a_file_that_is_wrong(load: Load, tmp_path: Path) -> None:
    table = squares(1).set_crs(4549, allow_override=True)
    table.to_file(tmp_path / "p.gpkg")
    text = '[layers.parcels]\npath = "p.gpkg"\ncrs = "EPSG:4547"\n'
    remedy = (
        r"; take crs out of \[layers.parcels\], or set crs_override = true there if the file is"
    )
    with pytest.raises(CRSError, match=remedy):
        load(text)
    loaded = load(text + "crs_override = true\n")
    assert loaded.crs.to_epsg() == 4547
    assert loaded.inputs.parcels.total_bounds.tolist() == table.total_bounds.tolist()
    assert message(loaded, "crs_forced") == (
        "parcels: declared EPSG:4547 is taken over the file's own EPSG:4549, as crs_override says"
    )
    squares(1).to_file(tmp_path / "p.gpkg")  # the file has been mended since
    assert codes(load(text + "crs_override = true\n")) == ["ids_made"]


def test_rows_that_repeat_another_in_everything_are_left_out(load: Load, tmp_path: Path) -> None:
    table = squares(3, ZDDM=["1", "2", "3"], far=[1.0, None, 3.0])
    twice = table.iloc[[0, 1, 1, 2, 0, 0]]
    twice.to_file(tmp_path / "p.gpkg")
    loaded = load(PARCELS)
    assert loaded.inputs.parcels["ZDDM"].tolist() == ["1", "2", "3"]
    told = "parcels: 3 rows repeat another row in every column and in shape; left out"
    assert message(loaded, "duplicate_row") == f"{told} (row numbers: 3, 5, 6)"
    assert loaded.sources[0]["rows"] == 6
    mapped = load(PARCELS + '[layers.parcels.fields]\nparcel_id = "ZDDM"\n')
    assert mapped.inputs.parcels.index.tolist() == ["1", "2", "3"]
    assert message(mapped, "duplicate_row") == f"{told} (ids: 1, 2)"
    assert mapped.inputs.findings is not None
    row = mapped.inputs.findings.set_index("code").loc["duplicate_row"]
    assert (row["severity"], row["value"], row["unit"]) == ("warning", 3.0, "rows")


@pytest.mark.parametrize("column", ["ZDDM", "far", "note"])
def test_rows_that_differ_in_any_attribute_are_kept(
    load: Load, tmp_path: Path, column: str
) -> None:
    values: dict[str, list[object]] = {"ZDDM": ["1", "1"], "far": [1.0, 1.0], "note": [None, None]}
    values[column] = ["1", "2"] if column != "far" else [1.0, 1.0000000000000002]
    table = squares(2, **values)
    table.set_geometry(table.geometry.iloc[[0, 0]].to_numpy()).set_crs(4547).to_file(
        tmp_path / "p.gpkg"
    )
    loaded = load(PARCELS)
    assert len(loaded.inputs.parcels) == 2
    assert "duplicate_row" not in codes(loaded)


def test_rows_without_shape_are_no_repeats(load: Load, tmp_path: Path) -> None:
    table = squares(3, n=[1, 2, 2])
    table.loc[1:, "geometry"] = None
    table.to_file(tmp_path / "p.gpkg")
    assert len(load(PARCELS).inputs.parcels) == 3


def test_an_old_datum_is_named_because_no_shift_is_made(load: Load, tmp_path: Path) -> None:
    squares(1).to_crs(4490).set_crs(4214, allow_override=True).to_file(tmp_path / "p.gpkg")
    loaded = load('[project]\ncrs = "EPSG:4547"\n[layers.parcels]\npath = "p.gpkg"\n')
    assert codes(loaded) == ["datum_shift_unknown", "ids_made"]
    assert "Beijing 1954" in message(loaded, "datum_shift_unknown")


def test_metres_in_geojson_need_and_take_a_declaration(load: Load, tmp_path: Path) -> None:
    (tmp_path / "p.geojson").write_text(squares(1, crs=None).to_json(), "utf-8")
    text = '[layers.parcels]\npath = "p.geojson"\n'
    with pytest.raises(CRSError, match="marked EPSG:4326, but x runs from"):
        load(text)
    assert load(text + 'crs = "EPSG:4547"\n').crs.to_epsg() == 4547


def test_layers_come_into_the_crs_of_the_parcels(load: Load, tmp_path: Path) -> None:
    squares(2).to_file(tmp_path / "p.gpkg")
    squares(2).to_crs(4490).to_file(tmp_path / "z.gpkg")
    loaded = load(PARCELS + '[layers.zoning]\npath = "z.gpkg"\n')
    zoning = loaded.inputs.zoning
    assert zoning is not None
    assert zoning.crs == loaded.inputs.parcels.crs == loaded.crs
    assert zoning.area.tolist() == pytest.approx([10_000.0] * 2, rel=1e-8)
    assert loaded.crs_reason == "the parcel layer's own"
    assert loaded.sources[1]["crs"] == "EPSG:4490"
    assert codes(loaded) == ["ids_made"]


def test_ids_made_from_the_position_are_told_for_parcels_alone(load: Load, tmp_path: Path) -> None:
    squares(2, n=["a", "b"]).to_file(tmp_path / "p.gpkg")
    both = '[layers.zoning]\npath = "p.gpkg"\n'
    told = load(PARCELS + both).inputs.findings
    assert told is not None
    row = told.iloc[0]
    assert len(told) == 1
    assert (row["code"], row["severity"], row["layer"]) == ("ids_made", "info", "parcels")
    assert row["message"] == (
        "parcels: no id column is mapped; ids P000001… are made from the position of the rows on"
        " the map"
    )
    assert codes(load(FIELDS + 'parcel_id = "n"\n' + both)) == []
    squares(2, parcel_id=["a", "b"]).to_file(tmp_path / "p.gpkg")
    assert "ids_made" not in codes(load(PARCELS + both))


def test_degrees_choose_a_zone_and_the_project_may_choose_another(
    load: Load, tmp_path: Path
) -> None:
    squares(2).to_crs(4490).to_file(tmp_path / "p.gpkg")
    assert load(PARCELS).crs.to_epsg() == 4547
    assert load('[project]\ncrs = "EPSG:4526"\n' + PARCELS).crs.to_epsg() == 4526
    with pytest.raises(CRSError, match="EPSG:3857 is not metric"):
        load('[project]\ncrs = "EPSG:3857"\n' + PARCELS)


def test_a_layer_elsewhere_is_a_finding_that_names_it(load: Load, tmp_path: Path) -> None:
    squares(2).to_file(tmp_path / "p.gpkg")
    far = squares(2)
    far.geometry = far.translate(5000)
    far.to_file(tmp_path / "e.gpkg")
    loaded = load(PARCELS + '[layers.exclusions.red_line]\npath = "e.gpkg"\n')
    assert list(loaded.inputs.exclusions) == ["red_line"]
    assert loaded.inputs.exclusions["red_line"].index.tolist() == ["E000001", "E000002"]
    assert loaded.inputs.findings is not None
    row = loaded.inputs.findings.set_index("code").loc["no_overlap"]
    assert (row["severity"], row["layer"]) == ("warning", "exclusions.red_line")
    assert "outside the extent of parcels" in row["message"]


def test_progress_names_each_layer(tmp_path: Path) -> None:
    squares(1).to_file(tmp_path / "p.gpkg")
    file = tmp_path / "g.toml"
    file.write_text(PARCELS + '[layers.zoning]\npath = "p.gpkg"\n', "utf-8")
    seen: list[str] = []
    load_inputs(read_project(file), progress=seen.append)
    assert seen == ["parcels", "zoning"]


# Real layers


def test_invalid_3d_buildings_and_capital_suffixes(load: Load, shared: Path) -> None:
    folder = (shared / "simplu3d_rules" / "demo-02").as_posix()
    loaded = load(
        f'[layers.parcels]\npath = "{folder}/PARCELLE.SHP"\n'
        f'[layers.buildings]\npath = "{folder}/BATIMENT.shp"\n'
    )
    assert loaded.inputs.buildings is not None
    assert (len(loaded.inputs.parcels), len(loaded.inputs.buildings)) == (626, 117)
    assert not loaded.inputs.buildings.has_z.any()
    assert loaded.crs.to_epsg() == 2154


def test_feet_need_a_metric_crs(load: Load, shared: Path) -> None:
    file = (shared / "forest_city_nc" / "parcels_pseudonymised_2264.gpkg").as_posix()
    text = f'[layers.parcels]\npath = "{file}"\n'
    with pytest.raises(CRSError, match="EPSG:2264 is not metric"):
        load(text)
    parcels = load('[project]\ncrs = "EPSG:32119"\n' + text).inputs.parcels
    assert parcels.area.median() == pytest.approx(1899.4, abs=0.1)


def test_chinese_columns_and_far_in_per_cent(load: Load, shared: Path) -> None:
    file = (shared / "taiwan_zoning" / "R0101.json").as_posix()
    loaded = load(
        f'[layers.parcels]\npath = "{file}"\n[layers.zoning]\npath = "{file}"\n'
        '[layers.zoning.fields]\nfar_max = "容積率"\n[layers.zoning.units]\nfar_max = "percent"\n'
    )
    assert loaded.inputs.zoning is not None
    far = loaded.inputs.zoning["far_max"]
    assert (int(far.notna().sum()), far.min(), far.max()) == (609, 1.2, 4.0)
