import re
import struct
from pathlib import Path
from typing import Any

import pytest

from gisland.base.errors import LayerError
from gisland.layers.encoding import Encoding, find_encoding

SHARED = Path(__file__).parents[2] / "shared" / "data"


def dbf(
    values: list[bytes], *, language: int = 0, width: int = 20, name: bytes = b"OWNER"
) -> bytes:
    """A table of one text column."""
    field = name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14)
    head = bytearray(b"\3" + bytes(3) + struct.pack("<IHH", len(values), 65, width + 1))
    head += bytes(20)
    head[29] = language
    rows = b"".join(b" " + v.ljust(width)[:width] for v in values)
    return bytes(head) + field + b"\r" + rows + b"\x1a"


def find(
    values: list[bytes],
    *,
    declared: str | None = None,
    cpg: bytes | None = None,
    **form: int | bytes,
) -> Encoding:
    return find_encoding(dbf(values, **form), what="parcels", cpg=cpg, declared=declared)


CHINESE = ["国有土地", "集体土地", "红星机械厂"]
GBK = [t.encode("gbk") for t in CHINESE]
UTF8 = [t.encode("utf-8") for t in CHINESE]
FRENCH = [t.encode("cp1252") for t in ("Bâtiment", "Église", "remise fermée")]


@pytest.mark.parametrize(
    ("values", "hints", "name", "words"),
    [
        (GBK, {}, "gb18030", "valid GB18030"),
        (UTF8, {}, "utf-8", "valid UTF-8"),
        (FRENCH, {}, "latin1", "last resort"),
        ([b"plain"], {}, "utf-8", "ASCII"),
        ([], {}, "utf-8", "ASCII"),
        (["𠮷田厂国有".encode("gb18030")], {}, "gb18030", "valid GB18030"),
        (GBK, {"language": 0x4D}, "gb18030", "language byte .* 0x4D"),
        (GBK, {"language": 0x7A}, "gb18030", "0x7A"),
        (GBK, {"language": 0x57}, "gb18030", "valid GB18030"),
        (GBK, {"language": 0x03}, "gb18030", "valid GB18030"),
        (FRENCH, {"language": 0x57}, "cp1252", "0x57, a western page"),
        (["工業區".encode("cp950")], {"language": 0x4F}, "cp950", "0x4F"),
        ([*GBK, "重".encode("gbk")], {"cpg": b"GBK"}, "gb18030", "cpg says 'GBK'"),
        (GBK, {"cpg": b"936"}, "gb18030", "936"),
        (GBK, {"cpg": b"ANSI 936\r\n"}, "gb18030", "ANSI 936"),
        (GBK, {"cpg": b"CP936"}, "gb18030", "CP936"),
        (GBK, {"cpg": b"OEM"}, "gb18030", "names no encoding; .*valid GB18030"),
        (UTF8, {"cpg": b"system"}, "utf-8", "names no encoding; .*valid UTF-8"),
        (UTF8, {"cpg": b"nonsense-1"}, "utf-8", "names no encoding"),
        (UTF8, {"cpg": b"\xef\xbb\xbfUTF-8"}, "utf-8", "cpg says 'UTF-8'"),
        (UTF8, {"cpg": b"65001"}, "utf-8", "65001"),
        (FRENCH, {"cpg": b"ISO 88591"}, "latin1", "88591"),
        (FRENCH, {"cpg": b"1252"}, "cp1252", "1252"),
        (["工業區".encode("big5")], {"cpg": b"BIG5"}, "big5", "BIG5"),
        (GBK, {"declared": "GBK"}, "gb18030", "declared"),
        (FRENCH, {"declared": "cp1252", "cpg": b"UTF-8"}, "cp1252", "declared"),
    ],
)
def test_the_ladder(values: list[bytes], hints: dict[str, Any], name: str, words: str) -> None:
    found = find(values, **hints)
    assert found.name == name
    assert re.search(words, found.evidence), found.evidence


def test_a_hint_that_cannot_decode_is_passed_over_and_told() -> None:
    found = find(GBK, cpg=b"UTF-8")
    assert found.name == "gb18030"
    assert found.warning == "the .cpg says 'UTF-8', but the bytes cannot be decoded so"
    byte = find([*UTF8, "中".encode()], language=0x4D)
    assert byte.name == "utf-8"
    assert byte.warning.startswith("the language byte of the .dbf is 0x4D (gb18030), but")


def test_a_hint_without_any_other_reading_is_an_error() -> None:
    with pytest.raises(
        LayerError, match=r"cpg says 'UTF-8', .* declare it: encoding = \"gb18030\""
    ):
        find(FRENCH, cpg=b"UTF-8")


def test_a_declaration_that_cannot_decode_is_an_error() -> None:
    with pytest.raises(LayerError, match="cannot be decoded with the declared encoding 'utf-8'"):
        find(GBK, declared="utf-8")
    with pytest.raises(LayerError, match="encoding = 'gkb' is not known; use gb18030"):
        find(GBK, declared="gkb")


def test_a_single_byte_hint_over_chinese_bytes_is_doubted() -> None:
    assert "as valid utf-8" in find(UTF8, cpg=b"ISO-8859-1").warning
    assert "as valid gb18030" in find(GBK, cpg=b"1252").warning
    assert find(FRENCH, cpg=b"1252").warning == ""


def test_western_text_is_not_taken_for_chinese_though_gb18030_accepts_it() -> None:
    french = ["Étang_léger".encode("cp1252")]
    assert french[0].decode("gb18030") == "蓆ang_l間er"
    assert find(french).name == "latin1"


def test_texts_cut_inside_a_character_are_counted() -> None:
    long = "国有土地使用权".encode()
    found = find([long[:10], UTF8[1]], width=10)
    assert (found.name, found.cut) == ("utf-8", 2)
    odd = "a国有土地使用权".encode("gbk")[:10]
    assert (find([odd], width=10).name, find([odd], width=10).cut) == ("gb18030", 1)


def test_a_broken_character_in_the_middle_is_no_cut() -> None:
    assert find([UTF8[0][:2] + b"abc"], width=20).name == "latin1"


def test_field_names_count_too() -> None:
    assert find([b"x"], name="权利人".encode("gbk")).name == "gb18030"
    assert find([b"x"], name="权利人".encode()).name == "utf-8"


def test_a_damaged_table_is_told() -> None:
    for broken in (b"", b"\3" * 20, b"\3" + bytes(40)):
        with pytest.raises(LayerError, match=r"attribute table \(.dbf\) is damaged"):
            find_encoding(broken, what="parcels")


def test_row_order_does_not_matter() -> None:
    assert find(GBK) == find(GBK[::-1])


@pytest.mark.parametrize(
    ("name", "zero", "expected"),
    [
        ("anhui_gbk/chinese_encoding.dbf", False, "gb18030"),
        ("anhui_gbk/chinese_encoding.dbf", True, "gb18030"),
        ("china_utf8_no_cpg/china.dbf", False, "utf-8"),
        ("odd_dbf/utf.dbf", False, "utf-8"),
        ("odd_dbf/codepage.dbf", False, "latin1"),
    ],
)
def test_real_tables(name: str, zero: bool, expected: str) -> None:  # noqa: FBT001 - a parameter
    file = SHARED / "cn_encodings" / name
    if not file.exists():
        pytest.skip("shared data absent")
    table = bytearray(file.read_bytes())
    if zero:
        table[29] = 0
    assert find_encoding(bytes(table), what="x").name == expected
