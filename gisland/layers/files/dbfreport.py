"""What is told about an attribute table: each oddity in plain words, with its count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.phrases import count_of, so_many
from gisland.layers.files.dbftable import PLAIN
from gisland.layers.files.textbytes import whole
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.layers.files.dbfcells import Survey
    from gisland.layers.files.dbftable import Field
    from gisland.layers.source import Source

_CELLS = {"D": "dates", "L": "flags"}


def table_findings(
    found: Survey, names: Mapping[Field, str], *, encoding: str, source: Source
) -> list[Finding]:
    """Findings on the rows, names and cells of a ``.dbf``.

    Parameters
    ----------
    found
        What its cells hold.
    names
        Its columns as they are read.
    encoding
        Of its texts.
    source
        The layer.

    Returns
    -------
    list of dict
        Findings, each with a count.

    Examples
    --------
    >>> from gisland.layers.files.dbfcells import Survey
    >>> from gisland.layers.source import Source
    >>> table_findings(Survey(deleted=2), {}, encoding="utf-8", source=Source("parcels", ""))
    [{'code': 'rows_deleted', 'severity': 'warning', 'layer': 'parcels', 'message': \
'parcels: 2 rows are marked as deleted in the .dbf and left out', 'value': 2.0, 'unit': \
'rows'}]
    """
    findings = [*_of_names(names, encoding, source), *_of_cells(found, names, source)]
    if found.deleted:
        rows = so_many(found.deleted, "row is", "rows are")
        text = f"{rows} marked as deleted in the .dbf and left out"
        findings.append(_told("rows_deleted", text, found.deleted, in_=source))
    if found.hidden:
        texts = so_many(found.hidden, "text goes", "texts go")
        text = f"{texts} on behind a NUL byte; what stands there is not read"
        findings.append(_told("text_nul", text, found.hidden, in_=source, unit="texts"))
    return findings


def _of_names(names: Mapping[Field, str], encoding: str, source: Source) -> list[Finding]:
    cut = [f for f in names if whole(f.name, encoding=encoding) != f.name]
    read = {f: f.name.decode(encoding, errors="replace") for f in names}
    alike = [f for f, name in names.items() if f not in cut and read[f] != name]
    left_out = [f for f in names if f.kind not in PLAIN]
    pairs = ", ".join(f"{read[f]} -> {names[f]}" for f in alike)
    kinds = ", ".join(f"{names[f]} ({f.kind})" for f in left_out)
    cases = (
        ("name_cut", cut, "column names end inside a character, read as: {}", _list(names, cut)),
        ("name_repeated", alike, "columns of the same name are told apart: {}", pairs),
        ("column_left_out", left_out, "columns of a kind that is not read are left out: {}", kinds),
    )
    return [
        _told(code, text.format(shown), len(fields), in_=source, unit="columns")
        for code, fields, text, shown in cases
        if fields
    ]


def _of_cells(found: Survey, names: Mapping[Field, str], source: Source) -> list[Finding]:
    findings = []
    for column, name in names.items():
        stars, unread = found.overflown[column], found.unread[column]
        if stars:
            # GDAL writes a missing number as stars, other writers one that does not fit
            text = f"column {name!r}: {count_of(stars, 'cell')} of stars, no value or one too long"
            text = f"{text} for it; taken as missing"
            findings.append(_told("number_overflow", text, stars, in_=source, severity="info"))
        if unread:
            kind, such = _CELLS.get(column.kind, "numbers"), found.examples[column]
            cells = so_many(unread, "cell is", "cells are")
            text = f"column {name!r}: {cells} no {kind}, taken as missing, such as"
            text = f"{text} {', '.join(map(repr, such))}"
            findings.append(_told("cell_unread", text, unread, in_=source))
    codes = [f for f in names if f in found.codes]
    if codes:
        text = f"whole numbers of more than 15 digits are read as texts: {_list(names, codes)}"
        count = len(codes)
        findings.append(
            _told("number_as_text", text, count, in_=source, unit="columns", severity="info")
        )
    return findings


def _list(names: Mapping[Field, str], columns: list[Field]) -> str:
    return ", ".join(names[f] for f in columns)


def _told(
    code: str,
    text: str,
    count: int,
    *,
    in_: Source,
    unit: str = "rows",
    severity: str = "warning",
) -> Finding:
    message = f"{in_.name}: {text}"
    return finding(code, message, in_=in_, severity=severity, value=count, unit=unit)
