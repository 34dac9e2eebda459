"""Which encoding the texts of a file are in, and what says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gisland.base.errors import LayerError
from gisland.layers.files.codecnames import ANSI, BIG5, GB, LANGUAGES, LATIN, UTF8, codec_name
from gisland.layers.files.textbytes import cut_texts, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisland.layers.files.textbytes import Verdict


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
        Empty unless hints contradict each other, or the choice is doubtful.
    cut
        Texts that were cut inside a character by the width of their field.
    found
        Whether the bytes themselves decided, neither the project nor the file's own hints.
    """

    name: str
    evidence: str
    warning: str = ""
    cut: int = 0
    found: bool = False


def find_encoding(
    texts: Sequence[bytes],
    *,
    what: str,
    cpg: bytes | None = None,
    language: int = 0,
    declared: str | None = None,
) -> Encoding:
    r"""Encoding of a table, decided on all of its texts and field names.

    The ladder: what the project declares, the ``.cpg``, the language byte of a ``.dbf``, strict
    UTF-8, strict GB18030 or Big5 with mostly common characters, and then a western page with a
    warning. A hint that cannot decode the bytes, or that they plainly contradict, is passed over
    with a warning; a declaration that cannot decode them is an error. Both Chinese standards often
    decode the same bytes: the one with more characters in common use wins, and where neither does
    clearly, the warning says so.

    Parameters
    ----------
    texts
        Blocks of lines, a text each; lines of a fixed width keep the blanks behind the text.
    what
        Name of the layer in messages.
    cpg
        The bytes of the ``.cpg`` beside a shapefile.
    language
        The language byte of a ``.dbf``; 0 says nothing.
    declared
        The project file's choice.

    Returns
    -------
    Encoding
        With its evidence.

    Raises
    ------
    LayerError
        If the declared encoding is unknown or cannot decode the texts, or the ``.cpg`` cannot and
        nothing else decodes them strictly.

    Examples
    --------
    >>> found = find_encoding(["国有土地".encode("gbk"), b"plain"], what="parcels")
    >>> found.name, found.evidence
    ('gb18030', 'the bytes are valid GB18030 and not UTF-8')
    >>> find_encoding(["工業用地".encode("big5")], what="parcels").name
    'cp950'
    """
    blocks = tuple(t for t in texts if not t.isascii())
    if declared is not None:
        return _declared(blocks, declared, what=what)
    hints = [*_cpg_hint(cpg), *_language_hint(language)]
    silent = [h.said for h in hints if h.name is None]
    if not blocks:
        name = next((h.name for h in hints if h.name is not None), UTF8)
        return Encoding(name, _join(*silent, "all texts are plain ASCII"))
    told = judged(blocks)
    passed_over: list[str] = []
    for hint in hints:
        if hint.name is None:
            continue
        cut = cut_texts(blocks, hint.name)
        if cut is not None and not _outweighs(told, hint.name):
            doubt = _doubt(told, hint)
            return Encoding(hint.name, hint.said, _join(*passed_over, doubt), cut)
        fault = "cannot be decoded so" if cut is None else f"are {told.title}"
        passed_over.append(f"{hint.said}, but the bytes {fault}")
    if told.name == LATIN and passed_over and cpg is not None and hints[0].name is not None:
        raise LayerError(
            f"{what}: {passed_over[0]}",
            do='declare it: encoding = "gb18030", or the one it was written in',
        )
    if told.name == LATIN and language in ANSI and cut_texts(blocks, "cp1252") is not None:
        told = _western(told, language)
    cut = cut_texts(blocks, told.name) or 0
    evidence = _join(*silent, *passed_over, told.evidence)
    return Encoding(told.name, evidence, _join(*passed_over, told.doubt), cut, found=True)


class _Hint(NamedTuple):
    """The codec that a file names for its texts, if any, and how it says so."""

    name: str | None
    said: str


def _declared(blocks: Sequence[bytes], declared: str, *, what: str) -> Encoding:
    name = codec_name(declared)
    if name is None:
        raise LayerError(
            f"{what}: encoding = {declared!r} is not known",
            do="use gb18030, utf-8, big5 or another common name",
        )
    cut = cut_texts(blocks, name)
    if cut is None:
        raise LayerError(
            f"{what}: the texts cannot be decoded with the declared encoding {declared!r}",
            do="leave encoding out to have it found, or declare the one the layer was written in",
        )
    told = judged(blocks)
    contradicted = bool(blocks) and _outweighs(told, name)
    warning = f"{declared!r} is declared, but the bytes are {told.title}" if contradicted else ""
    return Encoding(name, "declared in the project file", warning, cut)


def _cpg_hint(cpg: bytes | None) -> list[_Hint]:
    if cpg is None:
        return []
    text = cpg.decode("utf-8-sig", errors="replace").strip(" \0\r\n\t")
    name = codec_name(text)
    said = f"the .cpg says {text[:20]!r}"
    return [_Hint(name, said if name else f"{said}, which names no encoding")]


def _language_hint(language: int) -> list[_Hint]:
    name = LANGUAGES.get(language)
    said = f"the language byte of the .dbf is 0x{language:02X} ({name})"
    return [] if name is None else [_Hint(name, said)]


def _outweighs(told: Verdict, hint: str) -> bool:
    """Whether the bytes contradict a hint that can decode them as well.

    Korean and Japanese bytes look like common Chinese ones: there only UTF-8 is beyond doubt.
    """
    if not told.sure or told.name == hint:
        return False
    return told.name == UTF8 or hint in {GB, BIG5, "big5hkscs"} or _is_single_byte(hint)


def _doubt(told: Verdict, hint: _Hint) -> str:
    """A single-byte page decodes everything; say so where the bytes look like another."""
    if told.name in {hint.name, LATIN} or not _is_single_byte(str(hint.name)):
        return ""
    return f"{hint.said}, but the bytes are as valid {told.name}; texts may be garbled"


def _is_single_byte(name: str) -> bool:
    return name == LATIN or name.startswith(("cp125", "cp4", "cp8", "iso8859", "koi8"))


def _western(told: Verdict, language: int) -> Verdict:
    note = f"the language byte of the .dbf is 0x{language:02X}, the page of the writer's computer"
    return told._replace(
        name="cp1252",
        evidence=f"{note}, taken for a western page, for the bytes fit no other",
        doubt="which page it was is not said; texts are read as cp1252 and may be garbled",
    )


def _join(*parts: str) -> str:
    return "; ".join(p for p in parts if p)
