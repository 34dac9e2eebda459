"""The many spellings of an encoding, and the language bytes of a ``.dbf``, as codecs."""

from __future__ import annotations

import codecs
import re

UTF8 = "utf-8"
GB = "gb18030"
BIG5 = "cp950"  # has all of Big5
LATIN = "latin1"  # the one spelling that GDAL and Python both take without loss
ANSI = (0x03, 0x57)  # language bytes that mean the page of the writer's computer
LANGUAGES = {
    0x01: "cp437",
    0x02: "cp850",
    0x13: "cp932",
    0x26: "cp866",
    0x4D: GB,
    0x4E: "cp949",
    0x4F: BIG5,
    0x50: "cp874",
    0x58: "cp1252",
    0x59: "cp1252",
    0x64: "cp852",
    0x65: "cp866",
    0x78: BIG5,
    0x79: "cp949",
    0x7A: GB,
    0x7B: "cp932",
    0x7C: "cp874",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
}
_CHINESE = {"936", "54936", "GBK", "GB2312", "GB18030", "EUCCN", "EUCGB", "HZ"}
_NO_NAME = {"", "ANSI", "OEM", "SYSTEM", "ASCII", "NONE"}
# Codecs by the wider one that has all of their characters, and that GDAL knows.
_WIDER = {"iso8859-1": LATIN, "big5": BIG5, "euc_kr": "cp949", "shift_jis": "cp932"}
_UNFIT = ("idna", "punycode", "utf-7", "mac-")  # no encodings of tables, or not known to GDAL


def codec_name(text: str) -> str | None:
    """Codec known to Python and GDAL for the many spellings in use.

    Parameters
    ----------
    text
        As a ``.cpg`` or a project file writes it.

    Returns
    -------
    str or None
        None where it names no encoding, or none that keeps ASCII as it is.

    Examples
    --------
    >>> codec_name("ANSI 936"), codec_name("UTF8"), codec_name("ISO 88592"), codec_name("Big-5")
    ('gb18030', 'utf-8', 'iso8859-2', 'cp950')
    >>> codec_name("system"), codec_name("utf-16"), codec_name("hex")
    (None, None, None)
    """
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    if plain in _NO_NAME:
        return None
    plain = re.sub(r"^(ANSI|OEM|CP|MS|WINDOWS|IBM|X)(?=\d)", "", plain)
    latin = re.fullmatch(r"(?:ISO)?8859(\d{1,2})", plain)
    if latin:
        plain = f"ISO8859-{latin[1]}"
    elif plain in _CHINESE:
        return GB
    elif plain in {"65001", "UTF8"}:
        return UTF8
    elif plain.isdigit():
        plain = f"CP{plain}"
    for spelling in (plain, text.strip()):
        try:
            known = codecs.lookup(spelling).name
            if "Az09 '".encode(known) == b"Az09 '" and not known.startswith(_UNFIT):
                return _WIDER.get(known, known.replace("_", "-"))
        except (LookupError, UnicodeError):
            continue
    return None
