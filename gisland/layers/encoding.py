"""Which encoding the attribute table of a shapefile is in, and what says so."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisland.base.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LATIN = "latin1"  # the one spelling that GDAL and Python both take without loss
_HEADER = 32
_LANGUAGE = 29
# Language driver ids. 0x00 says nothing; 0x03 and 0x57 mean the ANSI page of the writer's computer.
_ANSI = (0x03, 0x57)
_LANGUAGES = {
    0x01: "cp437",
    0x02: "cp850",
    0x13: "cp932",
    0x26: "cp866",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "cp950",
    0x50: "cp874",
    0x58: "cp1252",
    0x59: "cp1252",
    0x64: "cp852",
    0x65: "cp866",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0x7C: "cp874",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
}
_CHINESE = {"936", "54936", "GBK", "GB2312", "GB18030", "EUCCN", "EUCGB", "HZ"}
_NO_NAME = {"", "ANSI", "OEM", "SYSTEM", "ASCII", "NONE"}


@dataclass(frozen=True)
class Encoding:
    """The encoding found, why it was taken, and what the user should be told.

    Parameters
    ----------
    name
        A codec that Python and GDAL both know.
    evidence
        In a few words, for the run's record.
    warning
        Empty unless hints contradict each other, or the choice is a last resort.
    cut
        Texts that were cut inside a character by the width of their field.
    """

    name: str
    evidence: str
    warning: str = ""
    cut: int = 0


def find_encoding(
    dbf: bytes, *, what: str, cpg: bytes | None = None, declared: str | None = None
) -> Encoding:
    r"""Encoding of a .dbf table, decided on all of its texts and field names.

    The ladder: what the project declares, the ``.cpg``, the language byte of the header, strict
    UTF-8, GB18030 (strict, and mostly common characters), and then a western page with a
    warning. A hint that cannot decode the bytes is passed over with a warning; a declaration
    that cannot is an error. Chinese written in lone bytes between letters is western text that
    GB18030 accepts by chance, therefore the second condition.

    Parameters
    ----------
    dbf
        The bytes of the table.
    what
        Name of the layer in messages.
    cpg
        The bytes of the ``.cpg`` beside it.
    declared
        The project file's choice.

    Returns
    -------
    Encoding
        With its evidence.

    Raises
    ------
    LayerError
        If the table is broken, the declared encoding is unknown or cannot decode the table, or
        the ``.cpg`` cannot and nothing else decodes it strictly.

    Examples
    --------
    >>> name = "国有".encode("gb18030")
    >>> field = b"OWNER".ljust(11, b"\0") + b"C" + bytes(4) + bytes([4]) + bytes(15)
    >>> sizes = (65).to_bytes(2, "little") + (5).to_bytes(2, "little")
    >>> head = b"\3" + bytes(3) + (1).to_bytes(4, "little") + sizes + bytes(20)
    >>> found = find_encoding(head + field + b"\r" + b" " + name, what="parcels")
    >>> found.name, found.evidence
    ('gb18030', 'the bytes are valid GB18030 and not UTF-8')
    """
    texts = _texts(dbf, what=what)
    if declared is not None:
        return _declared(texts, declared, what=what)
    hint, note = _hint(cpg)
    if not texts:
        return Encoding(hint or "utf-8", _join(note, "all texts are plain ASCII"))
    if hint is not None and texts.decodes(hint):
        return Encoding(hint, note, _suspect(texts, hint), cut=texts.cut(hint))
    found = _by_content(texts, dbf[_LANGUAGE], strict=hint is not None)
    if hint is None:
        return found if not note else _with(found, evidence=_join(note, found.evidence))
    contradiction = f"{note}, but the bytes cannot be decoded so"
    if found.name == LATIN:
        raise LayerError(
            f"{what}: {contradiction}",
            do='declare it: encoding = "gb18030", or the one it was written in',
        )
    return _with(found, evidence=_join(contradiction, found.evidence), warning=contradiction)


@dataclass(frozen=True)
class _Texts:
    """The distinct texts of a table that are not plain ASCII; whether each fills its field."""

    values: tuple[bytes, ...]
    full: tuple[bool, ...]

    def __bool__(self) -> bool:
        return bool(self.values)

    def decodes(self, encoding: str) -> bool:
        """Strictly, but for characters cut by the width of the field."""
        return self._fails(encoding) >= 0

    def cut(self, encoding: str) -> int:
        return max(self._fails(encoding), 0)

    def text(self, encoding: str) -> str:
        return b"\n".join(self.values).decode(encoding, errors="ignore")

    def _fails(self, encoding: str) -> int:
        """Number of texts cut inside a character; -1 if one fails for another reason."""
        try:
            b"\n".join(self.values).decode(encoding)
        except UnicodeDecodeError:
            states = [_cut(v, f, encoding) for v, f in zip(self.values, self.full, strict=True)]
            return -1 if None in states else sum(map(bool, states))
        return 0


def _cut(value: bytes, full: bool, encoding: str) -> bool | None:  # noqa: FBT001 - a column of flags
    """Whether a text lacks the end of its last character; None if it cannot be decoded."""
    try:
        value.decode(encoding)
    except UnicodeDecodeError as error:
        rest = value[error.start :]
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            started = not decoder.decode(rest)
        except UnicodeDecodeError:
            started = False
        return True if full and started else None
    return False


def _texts(dbf: bytes, *, what: str) -> _Texts:
    broken = LayerError(
        f"{what}: the attribute table (.dbf) is damaged", do="copy or export the layer again"
    )
    if len(dbf) < _HEADER:
        raise broken
    rows = int.from_bytes(dbf[4:8], "little")
    start, width = (int.from_bytes(dbf[i : i + 2], "little") for i in (8, 10))
    rows = min(rows, (len(dbf) - start) // width) if width else 0
    if start < _HEADER or rows < 0:
        raise broken
    table = np.frombuffer(dbf, np.uint8, count=rows * width, offset=start if rows else 0)
    found: dict[bytes, bool] = {}
    offset = 1
    for at in range(_HEADER, start - 1, _HEADER):
        field = dbf[at : at + _HEADER]
        if field[:1] in {b"\r", b""} or len(field) < _HEADER:
            break
        name = field[:11].split(b"\0")[0]
        if not name.isascii():
            found[name] = len(name) >= 10  # noqa: PLR2004 - the width of a field name
        size = field[16]
        if field[11:12] == b"C":
            _collect(table.reshape(rows, width)[:, offset : offset + size], found)
        offset += size
    order = sorted(found)
    return _Texts(tuple(order), tuple(found[v] for v in order))


def _collect(cells: NDArray[np.uint8], found: dict[bytes, bool]) -> None:
    """Add the distinct cells of one column that hold bytes above 127."""
    some = np.ascontiguousarray(cells[(cells > 127).any(axis=1)])  # noqa: PLR2004 - end of ASCII
    if not some.size:
        return
    size = some.shape[1]
    for cell in np.unique(some.view(np.dtype((np.void, size))).ravel()):
        raw = cell.tobytes()
        text = raw.rstrip(b" \0")
        found[text] = found.get(text, False) or len(text) == size


def _declared(texts: _Texts, declared: str, *, what: str) -> Encoding:
    name = _codec(declared)
    if name is None:
        raise LayerError(
            f"{what}: encoding = {declared!r} is not known",
            do="use gb18030, utf-8, big5 or another common name",
        )
    if not texts.decodes(name):
        raise LayerError(
            f"{what}: the texts cannot be decoded with the declared encoding {declared!r}",
            do="leave encoding out to have it found, or declare the one the layer was written in",
        )
    return Encoding(name, "declared in the project file", cut=texts.cut(name))


def _hint(cpg: bytes | None) -> tuple[str | None, str]:
    """The codec a .cpg names and a note about it; None where it names nothing useful."""
    if cpg is None:
        return None, ""
    text = cpg.decode("utf-8-sig", errors="replace").strip(" \0\r\n\t")
    name = _codec(text)
    said = f"the .cpg says {text[:20]!r}"
    return name, said if name else f"{said}, which names no encoding"


def _codec(text: str) -> str | None:
    """Codec known to Python and GDAL for the many spellings in use, or None."""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    if plain in _NO_NAME:
        return None
    plain = re.sub(r"^(ANSI|OEM|CP|MS|WINDOWS|IBM|X)(?=\d)", "", plain)
    latin = re.fullmatch(r"(?:ISO)?8859(\d{1,2})", plain)
    if latin:
        return LATIN if latin[1] == "1" else f"iso8859-{latin[1]}"
    if plain in _CHINESE:
        return "gb18030"
    if plain in {"65001", "UTF8"}:
        return "utf-8"
    name = f"cp{plain}" if plain.isdigit() else text.strip()
    try:
        known = codecs.lookup(name)
    except LookupError:
        return None
    return LATIN if known.name == "iso8859-1" else str(known.name)


def _by_content(texts: _Texts, language: int, *, strict: bool) -> Encoding:
    """What the language byte and then the bytes themselves say."""
    hint = _LANGUAGES.get(language)
    note = f"the language byte of the .dbf is 0x{language:02X}"
    if hint is not None and texts.decodes(hint):
        return Encoding(hint, f"{note} ({hint})", cut=texts.cut(hint))
    warning = f"{note} ({hint}), but the bytes cannot be decoded so" if hint else ""
    for name, evidence in (
        ("utf-8", "the bytes are valid UTF-8"),
        ("gb18030", "the bytes are valid GB18030 and not UTF-8"),
    ):
        if texts.decodes(name) and (name == "utf-8" or _is_chinese(texts)):
            return Encoding(name, _join(warning, evidence), warning, cut=texts.cut(name))
    if language in _ANSI and not strict and texts.decodes("cp1252"):
        return Encoding("cp1252", f"{note}, a western page, and the bytes fit no other")
    return Encoding(
        LATIN,
        _join(warning, "last resort: neither UTF-8 nor plausible GB18030"),
        "the encoding is not known; texts are read as Latin-1 and may be garbled",
    )


def _is_chinese(texts: _Texts) -> bool:
    """Whether at least half of the characters beyond ASCII are among the 6763 of GB 2312."""
    text = re.sub(r"[\x00-\x7f]", "", texts.text("gb18030"))
    common = sum(0xB0 <= code[0] <= 0xF7 and len(code) > 1 for code in _gb2312(text))  # noqa: PLR2004
    return 2 * common >= len(text)


def _gb2312(text: str) -> Sequence[bytes]:
    codes = (c.encode("gb2312", errors="ignore") for c in text)
    return [c for c in codes if c]


def _suspect(texts: _Texts, hint: str) -> str:
    """A single-byte page decodes everything; say so where the bytes look like another."""
    if not _is_single_byte(hint):
        return ""
    if texts.decodes("utf-8"):
        other = "utf-8"
    elif texts.decodes("gb18030") and _is_chinese(texts):
        other = "gb18030"
    else:
        return ""
    return f"the .cpg names {hint}, but the bytes are as valid {other}; texts may be garbled"


def _is_single_byte(name: str) -> bool:
    return name == LATIN or name.startswith(("cp125", "cp4", "cp8", "iso8859"))


def _with(found: Encoding, *, evidence: str, warning: str = "") -> Encoding:
    return Encoding(found.name, evidence, _join(warning, found.warning), found.cut)


def _join(*parts: str) -> str:
    return "; ".join(p for p in parts if p)
