import errno
import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from gisland.base.errors import LayerError
from gisland.layers.files import archive as module
from gisland.layers.files.opening import Opened, open_layer
from gisland.layers.proposing.glimpse import look
from gisland.layers.source import Source
from shapefiles import write_texts

PARTS = (".shp", ".shx", ".dbf")


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, bytes]:
    """Bytes of the parts of a shapefile in GBK, by suffix."""
    file = write_texts(tmp_path / "p.shp", [t.encode("gbk") for t in ("红星", "东风", "村委会")])
    return {s: file.with_suffix(s).read_bytes() for s in PARTS}


def pack(file: Path, members: Mapping[str, bytes], *, names: str = "utf-8") -> Path:
    """A zip whose names are in UTF-8 with its mark, or in another encoding without."""
    raw = [name.encode(names) for name in members]
    stand_ins = [chr(ord("a") + i) * len(name) for i, name in enumerate(raw)]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, stand_in in zip(members, stand_ins, strict=True):
            archive.writestr(name if names == "utf-8" else stand_in, members[name])
    if names != "utf-8":  # which the writer cannot do
        packed = file.read_bytes()
        for name, stand_in in zip(raw, stand_ins, strict=True):
            packed = packed.replace(stand_in.encode(), name)
        file.write_bytes(packed)
    return file


def opened(file: Path, **keys: str) -> Opened:
    return open_layer(Source("parcels", file.name, **keys), folder=file.parent)  # type: ignore[arg-type]


def owners(layer: Opened) -> list[str]:
    return list(layer.table["OWNER"])


def geojson(*names: str) -> bytes:
    shapes = [box(i, 0, i + 1, 1) for i in range(len(names))]
    frame = gpd.GeoDataFrame({"OWNER": names}, geometry=shapes, crs=4490)
    return frame.to_json(drop_id=True).encode()


@pytest.mark.parametrize("names", ["utf-8", "gbk", "big5"])
def test_member_names_in_any_encoding(tmp_path: Path, parts: dict[str, bytes], names: str) -> None:
    members = {
        f"用地/地塊{s}".replace("塊", "块" if names != "big5" else "塊"): parts[s] for s in PARTS
    }
    file = pack(tmp_path / "a.zip", members, names=names)
    with zipfile.ZipFile(file) as archive:
        flags = {i.flag_bits & 0x800 for i in archive.infolist()}
        assert flags == ({0x800} if names == "utf-8" else {0})
    assert owners(opened(file)) == ["红星", "东风", "村委会"]


@pytest.mark.parametrize("names", ["utf-8", "gbk"])
def test_a_layer_is_chosen_by_its_chinese_name(
    tmp_path: Path, parts: dict[str, bytes], names: str
) -> None:
    members = {f"用地/宗地{s}": parts[s] for s in PARTS} | {"道路.geojson": geojson("路")}
    file = pack(tmp_path / "a.zip", members, names=names)
    with pytest.raises(LayerError, match=r"a\.zip holds 2 layers; .* layer = '宗地' \| '道路'"):
        opened(file)
    assert owners(opened(file, layer="宗地")) == ["红星", "东风", "村委会"]
    assert owners(opened(file, layer="用地/宗地")) == ["红星", "东风", "村委会"]
    assert owners(opened(file, layer="道路")) == ["路"]
    with pytest.raises(LayerError, match=r"no layer '宗' in a\.zip; .*宗地"):
        opened(file, layer="宗")


def test_french_names_stay_what_they_are(tmp_path: Path) -> None:
    file = pack(tmp_path / "a.zip", {"bâti.geojson": geojson("a"), "x.geojson": b""}, names="cp437")
    assert owners(opened(file, layer="bâti")) == ["a"]


def test_folders_and_junk_of_other_systems(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {f"a/b/p{s.upper()}": parts[s] for s in PARTS}
    members |= {f"__MACOSX/a/b/._p{s}": b"junk" for s in PARTS} | {"__MACOSX/q.shp": b"junk"}
    members |= {"a/.DS_Store": b"junk", "a/b/._q.shp": b"junk", "a/readme.txt": b"read me"}
    assert owners(opened(pack(tmp_path / "a.zip", members))) == ["红星", "东风", "村委会"]


def test_windows_separators(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {f"data\\p{s}": parts[s] for s in PARTS} | {"data\\q.gpkg": b""}
    assert owners(opened(pack(tmp_path / "a.zip", members), layer="p")) == [
        "红星",
        "东风",
        "村委会",
    ]


def test_layers_of_one_name_are_chosen_by_folder(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {f"east/p{s}": parts[s] for s in PARTS} | {"west/p.geojson": geojson("西")}
    file = pack(tmp_path / "a.zip", members)
    with pytest.raises(LayerError, match=r"layer = 'east/p' \| 'west/p'"):
        opened(file)
    assert owners(opened(file, layer="west/p")) == ["西"]
    assert owners(opened(file, layer="east/p")) == ["红星", "东风", "村委会"]


def test_parts_of_other_folders_are_not_taken(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {"east/p.shp": parts[".shp"], "east/p.shx": parts[".shx"]}
    file = pack(tmp_path / "a.zip", members | {"west/p.dbf": parts[".dbf"]})
    layer = opened(file)
    assert [f["code"] for f in layer.findings] == ["dbf_missing"]


def test_what_a_zip_lacks_is_told_as_outside_it(tmp_path: Path, parts: dict[str, bytes]) -> None:
    layer = opened(pack(tmp_path / "a.zip", {f"p{s}": parts[s] for s in (".shp", ".dbf")}))
    assert owners(layer) == ["红星", "东风", "村委会"]
    assert [f["code"] for f in layer.findings] == ["shx_rebuilt", "encoding_found"]


def test_layers_in_a_container_in_a_zip(tmp_path: Path) -> None:
    file = tmp_path / "p.gpkg"
    for name in ("p", "q"):
        frame = gpd.GeoDataFrame({"OWNER": [name]}, geometry=[box(0, 0, 1, 1)], crs=4547)
        frame.to_file(file, layer=name)
    zipped = pack(tmp_path / "a.zip", {"p.gpkg": file.read_bytes()})
    for name in ("p", "q"):
        assert owners(opened(zipped, layer=name)) == [name]
    with pytest.raises(LayerError, match=r"a\.zip holds 2 layers; .* 'p' \| 'q'"):
        opened(zipped)


def test_a_geodatabase_in_a_zip(tmp_path: Path) -> None:
    folder = tmp_path / "p.gdb"
    frame = gpd.GeoDataFrame({"OWNER": ["甲"]}, geometry=[box(0, 0, 1, 1)], crs=4547)
    frame.to_file(folder, driver="OpenFileGDB", layer="ZD")
    members = {f"x/p.gdb/{f.name}": f.read_bytes() for f in folder.iterdir()}
    zipped = pack(tmp_path / "p.gdb.zip", members)
    assert owners(opened(zipped)) == ["甲"]
    assert owners(opened(zipped, layer="ZD")) == ["甲"]


def encrypted(file: Path) -> Path:
    """Mark the members as encrypted, as far as a reader can tell before it asks for a password."""
    packed = bytearray(file.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = -1
        while (start := packed.find(mark, start + 1)) >= 0:
            packed[start + at] |= 1
    file.write_bytes(packed)
    return file


def test_an_encrypted_zip_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    file = encrypted(pack(tmp_path / "a.zip", {f"p{s}": parts[s] for s in PARTS}))
    with pytest.raises(LayerError, match=r"parcels: p\.\w+ in a\.zip is encrypted; unpack it"):
        opened(file)


def test_a_zip_that_breaks_off_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    file = pack(tmp_path / "a.zip", {f"p{s}": parts[s] for s in PARTS})
    whole = file.read_bytes()
    for size in (len(whole) // 2, 30):
        file.write_bytes(whole[:size])
        with pytest.raises(LayerError, match=r"a\.zip breaks off: the list at its end is missing"):
            opened(file)
    file.write_bytes(b"")
    with pytest.raises(LayerError, match=r"a\.zip is not a zip file; copy or download it again"):
        opened(file)


def test_a_damaged_member_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    file = pack(tmp_path / "a.zip", {f"p{s}": parts[s] for s in PARTS})
    packed = bytearray(file.read_bytes())
    packed[60:90] = bytes(30)
    file.write_bytes(packed)
    with pytest.raises(LayerError, match=r"p\.shp in a\.zip is damaged or cannot be unpacked"):
        opened(file)


@pytest.mark.parametrize(
    "name",
    [
        "r.gdb/../../evil.txt",
        "r.gdb/C:/evil.txt",
        "r.gdb\\..\\..\\evil.txt",
        "/r.gdb/a",
        "../r.shp",
    ],
)
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(
        LayerError, match=r" in a\.zip names a place outside the archive; ask where"
    ):
        opened(file)


def test_a_layer_too_large_is_not_unpacked(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {f"p{s}": parts[s] for s in PARTS}
    size = sum(map(len, members.values()))
    file = pack(tmp_path / "a.zip", members | {"q.txt": bytes(99)})
    monkeypatch.setattr(module, "_MAX_BYTES", size)
    assert owners(opened(file)) == ["红星", "东风", "村委会"]
    monkeypatch.setattr(module, "_MAX_BYTES", size - 1)
    with pytest.raises(LayerError, match=rf"a\.zip has {size} bytes when unpacked, more than the"):
        opened(file)


@pytest.mark.parametrize("suffix", [".prj", ".CPG"])
def test_a_small_part_that_is_huge_is_not_unpacked(
    tmp_path: Path, parts: dict[str, bytes], suffix: str
) -> None:
    members = {f"p{s}": parts[s] for s in PARTS} | {f"p{suffix}": bytes(65_537)}
    with pytest.raises(LayerError, match=rf"p\{suffix} in a\.zip has 65537 bytes, more than"):
        opened(pack(tmp_path / "a.zip", members))


def test_a_full_disk_is_told(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    file = pack(tmp_path / "a.zip", {f"p{s}": parts[s] for s in PARTS})
    monkeypatch.setattr(module.shutil, "copyfileobj", full)
    with pytest.raises(LayerError, match=r"there is no space on disk to unpack a\.zip; free some"):
        opened(file)
    monkeypatch.undo()
    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(LayerError, match="there is no space on disk"):
        opened(file)


def test_names_that_are_not_the_utf8_they_claim_are_told(tmp_path: Path) -> None:
    file = pack(tmp_path / "a.zip", {"é.geojson": geojson("a")})
    file.write_bytes(file.read_bytes().replace("é".encode(), "宗".encode("gbk")))
    with pytest.raises(
        LayerError, match=r"a\.zip marks names in it as UTF-8 that are none; unpack"
    ):
        opened(file)


def test_a_damaged_member_of_another_packing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("p.geojson", geojson(*"abcdefgh"))
    packed = bytearray(file.read_bytes())
    packed[60:90] = b"\xff" * 30
    file.write_bytes(packed)
    with pytest.raises(LayerError, match=r"p\.geojson in a\.zip is damaged or cannot be unpacked"):
        opened(file)


def test_a_zip_in_a_zip_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("q.txt", "x")
    file = pack(tmp_path / "a.zip", {"data/q.zip": inner.getvalue()})
    with pytest.raises(LayerError, match=r"a\.zip holds another archive: data/q\.zip; unpack it"):
        opened(file)
    both = pack(
        tmp_path / "b.zip", {"q.zip": inner.getvalue(), **{f"p{s}": parts[s] for s in PARTS}}
    )
    with pytest.raises(LayerError, match="holds another archive"):
        opened(both)  # which of the two is meant?
    assert owners(opened(both, layer="p")) == ["红星", "东风", "村委会"]


def test_a_zip_without_a_layer_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    file = pack(tmp_path / "a.zip", {"说明.docx": b"x", "p.dbf": parts[".dbf"]})
    with pytest.raises(LayerError, match=r"a\.zip holds no layer, but p\.dbf, 说明\.docx; zip"):
        opened(file)


def test_the_checksum_is_of_the_zip(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {f"p{s}": parts[s] for s in PARTS}
    first = opened(pack(tmp_path / "a.zip", members)).sha256
    second = opened(pack(tmp_path / "b.zip", members | {"p.cpg": b"GBK"})).sha256
    assert len(first) == 64
    assert first != second


def test_a_first_look_names_all_layers_of_a_zip(tmp_path: Path, parts: dict[str, bytes]) -> None:
    members = {f"宗地{s}": parts[s] for s in PARTS} | {"道路.geojson": geojson("路")}
    file = pack(tmp_path / "a.zip", members, names="gbk")
    found = [(g.layer, g.name, g.rows, g.columns) for g in look(file)]
    assert found == [("宗地", "宗地", 3, ["OWNER"]), ("道路", "道路", 1, ["OWNER"])]
    single = pack(tmp_path / "b.zip", {f"宗地{s}": parts[s] for s in PARTS})
    assert [(g.layer, g.name) for g in look(single)] == [(None, "b")]


def test_the_real_zip_with_a_gbk_name(shared_data: Path) -> None:
    file = shared_data / "cn_encodings" / "gbk_name_in_zip" / "geometry85.zip"
    for keys in ({}, {"layer": "重庆市渝中区_osm路网_道路"}):
        layer = opened(file, **keys)
        assert len(layer.table) == 897
        assert set(layer.table.geom_type) == {"LineString"}
