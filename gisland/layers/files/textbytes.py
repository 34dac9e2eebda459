"""What the bytes of texts themselves say of their encoding."""

from __future__ import annotations

import codecs
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.layers.files.codecnames import BIG5, GB, LATIN, UTF8

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASCII = 128
_NO_START = (b"\x80", b"\xff")  # bytes that begin no character of several
_LOOSE = 0.1  # share of texts that may break off inside a character before their field is full
_SURE = 0.8  # share of common characters that outweighs a hint
_CLEAR = 0.2  # by which one Chinese reading must lead the other
_LANDED = 0.1  # share of characters typical of land tables that outweighs a hint
_STRANGE, _ENOUGH = 0.02, 4  # smallest such share that is natural, in so many characters
_TITLES = {GB: "GB18030", BIG5: "Big5"}
# Scripts that UTF-8 writes in two bytes, as ranges of code points.
_SCRIPTS = ((0x80, 0x250), (0x370, 0x400), (0x400, 0x530), (0x590, 0x600), (0x600, 0x700))
# First and last code of the characters in common use, and of the symbols before them.
_COMMON = {GB: (b"\xb0\xa1", b"\xd7\xf9"), BIG5: (b"\xa4\x40", b"\xc6\x7e")}
_SYMBOLS = {GB: (b"\xa1\xa1", b"\xa3\xfe"), BIG5: (b"\xa1\x40", b"\xa3\xbf")}
_TYPICAL = set(
    "一二三四五六七八九十东東西南北中上下大小新老国國有集体體地土用工业業仓倉储儲商服住宅公共设設施"
    "绿綠水路道街村镇鎮乡鄉区區县縣市省厂廠司限机機械电電力学學校医醫院房屋权權证證号號人民政府委员員"
    "会會农農田林园園草建城规規划劃待定无無空厅廳局站场場河江湖山桥橋门門户戶组組社料管理未利是否年月日"
)


# Signs of units as one character, behind a number; some of their bytes are Latin letters too.
_UNITS = "㎡㎥㎞㎏㎜㎝"
_UNIT_BYTES = re.compile(
    rb"(?<=[0-9 ])(?:" + b"|".join(u.encode(GB) for u in _UNITS) + rb")(?![A-Za-z])"
)
# An odd number of bytes behind a letter, one alone before a letter, or any before a word.
_WESTERN = re.compile(
    rb"[A-Za-z][\x80-\xff](?:[\x80-\xff]{2})*(?![\x80-\xff])"
    rb"|(?<![\x80-\xff])[\x80-\xff][A-Za-z]|[\x80-\xff][A-Za-z]{2}"
)
_FEW_WESTERN = 0.05  # share of the runs of bytes beyond ASCII that chance explains


class Verdict(NamedTuple):
    """The encoding that fits best, in words, and whether it outweighs what the file says."""

    name: str
    title: str
    evidence: str
    sure: bool
    doubt: str = ""


def judged(blocks: Sequence[bytes]) -> Verdict:
    r"""Encoding that fits the bytes of texts best: UTF-8, GB18030 or Big5, or none of them.

    Several bytes in a row are hardly ever valid UTF-8 by chance; pairs of bytes may be. Chinese
    text has mostly characters in common use; western text in pairs has not. Both Chinese standards
    often decode the same bytes: the one with more such characters, and more of those that tables
    of land are full of, is taken.

    Parameters
    ----------
    blocks
        Texts beyond ASCII, one a line.

    Returns
    -------
    Verdict
        Latin-1, with a doubt, where none fits.

    Examples
    --------
    >>> judged(["国有".encode("gbk")]).name, judged(["Bâtiment".encode("cp1252")]).name
    ('gb18030', 'latin1')
    """
    utf8 = cut_texts(blocks, UTF8) is not None
    verdict = Verdict(UTF8, "valid UTF-8", "the bytes are valid UTF-8", sure=True)
    counts = _characters(blocks, UTF8) if utf8 else Counter()
    if any(c >= "\u0800" for c in counts):  # three bytes in a row are hardly valid by chance
        return verdict
    chinese = _chinese(blocks) or (None if utf8 else _rare(blocks))
    if utf8 and (chinese is None or _is_latin(blocks, counts)):
        return verdict
    if utf8 and chinese is not None:
        if _is_one_script(counts):
            doubt = f"the bytes are as valid {chinese.name}; read as UTF-8"
            return verdict._replace(sure=False, doubt=doubt)
        return chinese._replace(sure=False, doubt=f"read as {chinese.name}; as valid as UTF-8")
    if chinese is not None:
        return chinese
    return Verdict(
        LATIN,
        "of no known encoding",
        "last resort: neither UTF-8 nor plausible GB18030 or Big5",
        sure=False,
        doubt="the encoding is not known; texts are read as Latin-1 and may be garbled",
    )


def _chinese(blocks: Sequence[bytes]) -> Verdict | None:
    """The more plausible of the two standards; None where fewer than half the signs are common."""
    fits = {
        name: _fit(_characters(blocks, name), name)
        for name in (GB, BIG5)
        if cut_texts(blocks, name) is not None
    }
    fits = {name: fit for name, fit in fits.items() if 2 * fit.common >= 1}
    if BIG5 in fits and fits[BIG5].typical < _LANDED and _is_scattered(blocks):
        del fits[BIG5]
    if not fits:
        return None
    name = max(fits, key=lambda n: fits[n].score)
    fit, title = fits[name], _TITLES[name]
    close = [_TITLES[n] for n in fits if n != name and fit.score - fits[n].score < _CLEAR]
    not_so = "not UTF-8" if name == GB else "neither UTF-8 nor plausible GB18030"
    doubt = ""
    if close:
        doubt = f"read as {title}; {close[0]} is about as likely"
    elif fit.signs >= _ENOUGH and fit.typical < _STRANGE:
        doubt = f"read as {title}; so few usual characters may be another language"
    sure = fit.common >= _SURE and fit.typical >= _LANDED and not close
    return Verdict(
        name, f"valid {title}", f"the bytes are valid {title} and {not_so}", sure=sure, doubt=doubt
    )


def _rare(blocks: Sequence[bytes]) -> Verdict | None:
    """GB18030 of seldom names or units of measure alone, where hardly a byte looks western."""
    if cut_texts(blocks, GB) is None:
        return None
    runs = western = 0
    for block in blocks:
        text = _UNIT_BYTES.sub(b"", block)
        runs += len(re.findall(rb"[\x80-\xff]+", text))
        western += len(_WESTERN.findall(text))
    if western > _FEW_WESTERN * runs:
        return None
    counts = _characters(blocks, GB)
    signs = sum(n for c, n in counts.items() if c not in _UNITS)
    seldom = sum(n for c, n in counts.items() if c not in _UNITS and not c.encode("gbk", "ignore"))
    typical = sum(n for c, n in counts.items() if c in _TYPICAL)
    if 2 * seldom > signs:
        return None
    strange = signs >= _ENOUGH and typical < _STRANGE * signs
    evidence = "the bytes are valid GB18030 and not UTF-8"
    doubt = "read as GB18030; so few usual characters may be another language" if strange else ""
    return Verdict(GB, "valid GB18030", evidence, sure=False, doubt=doubt)


def _characters(blocks: Sequence[bytes], name: str) -> Counter[str]:
    """How often each character beyond ASCII occurs."""
    counts = np.zeros(sys.maxunicode + 1, dtype=np.int64)
    for block in blocks:
        text = block.decode(name, errors="ignore")
        counts += np.bincount(np.frombuffer(text.encode("utf-32-le"), "<u4"), minlength=len(counts))
    beyond = np.flatnonzero(counts[_ASCII:]) + _ASCII
    return Counter({chr(c): int(counts[c]) for c in beyond})


def _is_scattered(blocks: Sequence[bytes]) -> bool:
    """Whether most characters stand alone behind a letter or digit: a byte that Big5 pairs up."""
    texts = [b.decode(BIG5, errors="ignore") for b in blocks]
    runs = sum(len(re.findall(r"[^\x00-\x7f]+", t)) for t in texts)
    alone = sum(
        len(re.findall(r"(?:[A-Za-z]|[0-9] ?)[^\x00-\x7f](?![^\x00-\x7f])", t)) for t in texts
    )
    return 2 * alone > runs


class _Fit(NamedTuple):
    """Share of characters in common use, and of those typical of land tables; symbols aside."""

    common: float
    typical: float
    signs: int

    @property
    def score(self) -> float:
        return self.common + self.typical


def _fit(counts: Counter[str], name: str) -> _Fit:
    codes = {c: c.encode("gb2312" if name == GB else name, errors="ignore") for c in counts}
    (first, last), (start, end) = _COMMON[name], _SYMBOLS[name]
    words = {c: n for c, n in counts.items() if not start <= codes[c] <= end}
    if not words:
        return _Fit(1.0, 0.0, 0)
    total = sum(words.values())
    common = sum(n for c, n in words.items() if first <= codes[c] <= last)
    typical = sum(n for c, n in words.items() if c in _TYPICAL)
    return _Fit(common / total, typical / total, total)


def _is_one_script(counts: Counter[str]) -> bool:
    """Whether nearly all characters are letters of one script."""
    letters = [(ord(c), n) for c, n in counts.items() if c.isalpha()]
    most = max(sum(n for c, n in letters if low <= c < high) for low, high in _SCRIPTS)
    return 10 * most >= 9 * counts.total()


def _is_latin(blocks: Sequence[bytes], counts: Counter[str]) -> bool:
    """Whether nearly all characters are Latin letters, and stand beside plain ones."""
    latin = sum(n for c, n in counts.items() if c.isalpha() and c < "\u0250")
    beside = re.compile(rb"[A-Za-z][\xc3-\xc9][\x80-\xbf]|[\xc3-\xc9][\x80-\xbf][A-Za-z]")
    return 10 * latin >= 9 * counts.total() and any(beside.search(b) for b in blocks)


def cut_texts(blocks: Sequence[bytes], name: str) -> int | None:
    r"""Number of texts cut inside a character; None if one fails for another reason.

    A full field may cut any text. Elsewhere texts rarely break off, or it is another encoding,
    and so it is if hardly any text has a whole character.

    Parameters
    ----------
    blocks
        Texts, one a line; those that do not fill their field with blanks behind them.
    name
        Codec to try.

    Returns
    -------
    int or None
        0 if all texts are whole.

    Examples
    --------
    >>> texts = "国有\n".encode() + "国有".encode()[:5]
    >>> cut_texts([texts], "utf-8"), cut_texts([texts], "ascii")
    (1, None)
    """
    loose = full = bare = 0
    for block in blocks:
        try:
            block.decode(name)
        except UnicodeDecodeError:
            for line in block.split(b"\n"):
                start = -1 if line.isascii() else _break(line.rstrip(b" "), name)
                if start is None:
                    return None
                if start >= 0:
                    loose, full = (loose + 1, full) if line.endswith(b" ") else (loose, full + 1)
                    bare += line[:start].isascii()
    if not loose + full:
        return 0
    total = sum(len(re.findall(rb"[\x80-\xff][^\n]*", b)) for b in blocks)
    return loose + full if loose <= _LOOSE * total and 2 * bare <= total else None


def _break(text: bytes, name: str) -> int | None:
    """Where the last character starts if it lacks its end, else -1; None if it is no text."""
    try:
        text.decode(name)
    except UnicodeDecodeError as error:
        if text[error.start : error.start + 1] in _NO_START:
            return None
        decoder = codecs.getincrementaldecoder(name)()
        try:
            return None if decoder.decode(text[error.start :]) else error.start
        except UnicodeDecodeError:
            return None
    return -1


def whole(text: bytes, *, encoding: str) -> bytes:
    r"""Text without the beginning of a character that it breaks off in.

    Parameters
    ----------
    text
        Bytes of one text.
    encoding
        Its codec.

    Returns
    -------
    bytes
        The text itself where it is whole, or broken elsewhere.

    Examples
    --------
    >>> whole("国有".encode()[:5], encoding="utf-8").decode()
    '国'
    """
    start = _break(text, encoding)
    return text if start is None or start < 0 else text[:start]
