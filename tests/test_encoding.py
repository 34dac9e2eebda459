import re
from pathlib import Path
from typing import Any

import pytest

from gisland.base.errors import LayerError
from gisland.layers.files.codecnames import codec_name
from gisland.layers.files.dbfcells import survey
from gisland.layers.files.dbftable import read_table
from gisland.layers.files.encoding import Encoding, find_encoding
from gisland.layers.files.opening import open_layer
from gisland.layers.source import Source
from shapefiles import write_texts

CHINESE = ["国有土地", "集体土地", "红星机械厂"]
GBK = [t.encode("gbk") for t in CHINESE]
UTF8 = [t.encode("utf-8") for t in CHINESE]
TAIWAN = ["工業區", "住宅用地", "道路"]
BIG5 = [t.encode("big5") for t in TAIWAN]
FRENCH = [t.encode("cp1252") for t in ("Bâtiment", "Église", "remise fermée")]
CZECH = ("Děčany", "Žďár", "Řež u Prahy")
RUSSIAN = ("Земля", "дом", "улица Мира")


def find(
    values: list[bytes],
    *,
    declared: str | None = None,
    cpg: bytes | None = None,
    language: int = 0,
    width: int = 20,
) -> Encoding:
    """Encoding of texts in a column of some width."""
    lines = b"".join(v.ljust(width)[:width] + b"\n" for v in values)
    return find_encoding([lines], what="parcels", cpg=cpg, language=language, declared=declared)


@pytest.mark.parametrize(
    ("values", "hints", "name", "words"),
    [
        (GBK, {}, "gb18030", "valid GB18030"),
        (UTF8, {}, "utf-8", "valid UTF-8"),
        (BIG5, {}, "cp950", "valid Big5 and neither UTF-8 nor plausible GB18030"),
        (FRENCH, {}, "latin1", "last resort"),
        ([b"plain"], {}, "utf-8", "ASCII"),
        ([], {}, "utf-8", "ASCII"),
        ([b"plain"], {"cpg": b"GBK"}, "gb18030", "ASCII"),
        (["𠮷田厂国有".encode("gb18030")], {}, "gb18030", "valid GB18030"),
        (GBK, {"language": 0x4D}, "gb18030", "language byte .* 0x4D"),
        (GBK, {"language": 0x7A}, "gb18030", "0x7A"),
        (GBK, {"language": 0x57}, "gb18030", "valid GB18030"),
        (GBK, {"language": 0x03}, "gb18030", "valid GB18030"),
        (FRENCH, {"language": 0x57}, "cp1252", "0x57, the page of the writer's computer"),
        (BIG5, {"language": 0x4F}, "cp950", "0x4F"),
        ([*GBK, "重".encode("gbk")], {"cpg": b"GBK"}, "gb18030", "cpg says 'GBK'"),
        (GBK, {"cpg": b"936"}, "gb18030", "936"),
        (GBK, {"cpg": b"ANSI 936\r\n"}, "gb18030", "ANSI 936"),
        (GBK, {"cpg": b"CP936"}, "gb18030", "CP936"),
        (GBK, {"cpg": b""}, "gb18030", "says '', which names no encoding; .*valid GB18030"),
        (GBK, {"cpg": b"OEM"}, "gb18030", "names no encoding; .*valid GB18030"),
        (UTF8, {"cpg": b"system"}, "utf-8", "names no encoding; .*valid UTF-8"),
        (UTF8, {"cpg": b"nonsense-1"}, "utf-8", "names no encoding"),
        (UTF8, {"cpg": b"\xef\xbb\xbfUTF-8"}, "utf-8", "cpg says 'UTF-8'"),
        (UTF8, {"cpg": b"65001"}, "utf-8", "65001"),
        (FRENCH, {"cpg": b"ISO 88591"}, "latin1", "88591"),
        (FRENCH, {"cpg": b"1252"}, "cp1252", "1252"),
        ([t.encode("cp1250") for t in CZECH], {"cpg": b"1250"}, "cp1250", "1250"),
        ([t.encode("cp1251") for t in RUSSIAN], {"language": 0xC9}, "cp1251", "0xC9"),
        (BIG5, {"cpg": b"BIG5"}, "cp950", "BIG5"),
        (["국토이용".encode("cp949")], {"cpg": b"949"}, "cp949", "949"),
        (GBK, {"declared": "GBK"}, "gb18030", "declared"),
        (FRENCH, {"declared": "cp1252", "cpg": b"UTF-8"}, "cp1252", "declared"),
    ],
)
def test_the_ladder(values: list[bytes], hints: dict[str, Any], name: str, words: str) -> None:
    found = find(values, **hints)
    assert found.name == name
    assert re.search(words, found.evidence), found.evidence


def test_what_the_bytes_alone_decide_is_marked() -> None:
    assert find(GBK).found
    assert find(GBK, cpg=b"OEM").found
    assert not find(GBK, cpg=b"GBK").found
    assert not find(GBK, declared="gbk").found
    assert not find([b"plain"]).found


def test_a_hint_that_cannot_decode_is_passed_over_and_told() -> None:
    found = find(GBK, cpg=b"UTF-8")
    assert found.name == "gb18030"
    assert found.warning == "the .cpg says 'UTF-8', but the bytes cannot be decoded so"
    byte = find([*UTF8, "中".encode()], language=0x4D)
    assert byte.name == "utf-8"
    assert byte.warning.startswith("the language byte of the .dbf is 0x4D (gb18030), but")


def test_a_hint_that_decodes_other_text_without_an_error_is_passed_over() -> None:
    utf8 = ["国有土地".encode(), "集体用地".encode()]  # as GBK: 鍥芥湁鍦熷湴
    assert all(t.decode("gbk") for t in utf8)
    cases = [
        (utf8, {"cpg": b"GBK"}, "utf-8", "the .cpg says 'GBK', but the bytes are valid UTF-8"),
        (utf8, {"language": 0x4D}, "utf-8", "is 0x4D (gb18030), but the bytes are valid UTF-8"),
        (utf8, {"cpg": b"ISO-8859-1"}, "utf-8", "'ISO-8859-1', but the bytes are valid UTF-8"),
        (GBK, {"cpg": b"1252"}, "gb18030", "says '1252', but the bytes are valid GB18030"),
        (["国有".encode("gbk")], {"cpg": b"BIG5"}, "gb18030", "'BIG5', but the bytes are valid GB"),
        (BIG5, {"cpg": b"GBK"}, "cp950", "says 'GBK', but the bytes are valid Big5"),
        (BIG5, {"language": 0x4D}, "cp950", "(gb18030), but the bytes are valid Big5"),
    ]
    for texts, hints, name, warning in cases:
        found = find(texts, **hints)  # type: ignore[arg-type]
        assert found.name == name
        assert warning in found.warning


def test_a_declaration_that_the_bytes_contradict_is_doubted() -> None:
    found = find(["国有".encode()], declared="gbk")
    assert found.name == "gb18030"
    assert found.warning == "'gbk' is declared, but the bytes are valid UTF-8"
    assert find(FRENCH, declared="cp1252").warning == ""


def test_a_hint_without_any_other_reading_is_an_error() -> None:
    with pytest.raises(
        LayerError, match=r"cpg says 'UTF-8', .* declare it: encoding = \"gb18030\""
    ):
        find(FRENCH, cpg=b"UTF-8")


def test_a_declaration_that_cannot_decode_is_an_error() -> None:
    with pytest.raises(LayerError, match="cannot be decoded with the declared encoding 'utf-8'"):
        find(GBK, declared="utf-8")
    for name in ("gkb", "utf-16", "hex", "idna"):
        with pytest.raises(LayerError, match=f"encoding = '{name}' is not known; use gb18030"):
            find(GBK, declared=name)


def test_a_right_single_byte_hint_is_not_doubted() -> None:
    assert find(FRENCH, cpg=b"1252").warning == ""
    assert find([t.encode("cp1251") for t in RUSSIAN], cpg=b"1251").warning == ""


def test_the_two_chinese_standards_are_told_apart() -> None:
    assert len("工厂".encode("gbk").decode("cp950")) == 2  # common characters there as well
    assert find(["工厂".encode("gbk")]).name == "gb18030"
    for text in ("村", "道路", "国有", "北京市朝阳区", "空地"):
        assert find([text.encode("gbk")]).name == "gb18030"
    for text in ("村", "商業區", "機關用地", "公園", "臺北市大安區"):
        assert find([text.encode("big5")]).name == "cp950"


def test_bytes_that_fit_two_encodings_are_doubted() -> None:
    dash = find(["～".encode("gbk")])
    assert dash.name == "gb18030"
    assert dash.warning == "read as GB18030; Big5 is about as likely"
    unknown = find(["未知".encode("gbk")])  # strict UTF-8 as well: a Greek and a Hebrew sign
    assert unknown.name == "gb18030"
    assert "as valid as UTF-8" in unknown.warning
    one = find(["一".encode("gbk")])
    assert one.name == "utf-8"
    assert "as valid gb18030" in one.warning
    for text in ("국토이용", "서울특별시 강남구 역삼동"):
        korean = find([text.encode("cp949")])
        assert korean.name == "gb18030"
        assert re.search("about as likely|may be another language", korean.warning)


def test_plain_utf8_is_not_doubted() -> None:
    for words in (CHINESE, ("Bâtiment", "Église"), CZECH, TAIWAN):
        found = find([w.encode() for w in words])
        assert (found.name, found.warning) == ("utf-8", "")


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        (CZECH, "cp1250"),
        (CZECH, "cp852"),
        (CZECH, "iso8859-2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (("Étang_léger",), "cp1252"),
        (("13°S to 18°S", "23°S"), "cp1252"),
        (("Année 50 m²",), "cp1252"),
        (("fermé",), "cp1252"),
    ],
)
def test_single_byte_text_is_never_taken_for_chinese(words: tuple[str, ...], codec: str) -> None:
    for width in (20, 5):
        found = find([w.encode(codec) for w in words], width=width)
        assert found.name == "latin1"
        assert "may be garbled" in found.warning


def test_texts_cut_inside_a_character_are_counted() -> None:
    long = "国有土地使用权".encode()
    found = find([long[:10], UTF8[1]], width=10)
    assert (found.name, found.cut) == ("utf-8", 2)
    odd = "a国有土地使用权".encode("gbk")[:10]
    assert (find([odd], width=10).name, find([odd], width=10).cut) == ("gb18030", 1)


def test_texts_may_be_cut_by_a_field_that_they_no_longer_lie_in() -> None:
    cut = [*("国有土地".encode("gbk") for _ in range(20)), "集体用地".encode("gbk")[:-1]]
    assert (find(cut).name, find(cut).cut) == ("gb18030", 1)
    assert find(cut[-2:]).name == "latin1"  # half of the texts: no accident


def test_a_broken_character_in_the_middle_is_no_cut() -> None:
    assert find([UTF8[0][:2] + b"abc"], width=20).name == "latin1"


def test_all_texts_count_not_only_the_first() -> None:
    texts = [b"plain"] * 100_000 + [GBK[0]]
    assert find(texts).name == "gb18030"
    assert find([*GBK * 100, b"\xff"]).name == "latin1"


def test_row_order_does_not_matter() -> None:
    assert find(GBK) == find(GBK[::-1])


def test_field_names_count_too(tmp_path: Path) -> None:
    for encoding, name in (("gbk", "gb18030"), ("utf-8", "utf-8")):
        file = write_texts(tmp_path / "p.shp", [b"x"], name="权利人".encode(encoding))
        opened = open_layer(Source("parcels", file.name), folder=tmp_path)
        assert opened.encoding.name == name
        assert list(opened.table.columns) == ["权利人", "geometry"]


def test_spellings() -> None:
    chinese = ("GBK", "gb2312", "936", "cp936", "ANSI 936", "OEM 936", "MS936", "EUC-CN", "54936")
    assert {codec_name(t) for t in chinese} == {"gb18030"}
    assert {codec_name(t) for t in ("BIG5", "Big-5", "950", "cp950", "ANSI 950")} == {"cp950"}
    assert {codec_name(t) for t in ("UTF-8", "utf8", "65001", "CP65001")} == {"utf-8"}
    assert {codec_name(t) for t in ("", "OEM", "ANSI", "system", "hex", "utf-7", "?")} == {None}
    assert codec_name("EUC-KR") == "cp949"


@pytest.mark.parametrize(
    ("name", "zero", "expected"),
    [
        ("anhui_gbk/chinese_encoding.dbf", False, "gb18030"),
        ("anhui_gbk/chinese_encoding.dbf", True, "gb18030"),
        ("china_utf8_no_cpg/china.dbf", False, "utf-8"),
        ("odd_dbf/utf.dbf", False, "utf-8"),
        ("odd_dbf/codepage.dbf", False, "latin1"),
        ("no_shx/crustal_test_bugged.dbf", False, "latin1"),
    ],
)
def test_real_tables(shared_data: Path, name: str, zero: bool, expected: str) -> None:  # noqa: FBT001 - a parameter
    table = read_table(shared_data / "cn_encodings" / name, what="x")
    language = 0 if zero else table.language
    found = find_encoding(survey(table).texts, what="x", language=language)
    assert found.name == expected
