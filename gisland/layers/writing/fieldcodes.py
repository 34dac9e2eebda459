"""Field names that fit into a shapefile, and the table that explains them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import TYPE_CHECKING

from gisland.base.errors import OutputError
from gisland.base.phrases import FORMULA_STARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_NAME = 10  # bytes
FITS = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")
FOREIGN = re.compile(r"[^A-Za-z0-9_]+")
KEPT_BY_PROGRAMS = ("fid", "oid", "shape")


def field_codes(
    columns: Iterable[str], *, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Name of at most 10 ASCII letters, digits and underscores for each column, told apart.

    Columns whose names fit keep them. The others get the part of their name that fits, with a
    number where that is taken (upper and lower case are the same), or ``F1``, ``F2``, … where
    nothing is left of it.

    Parameters
    ----------
    columns
        Names of the columns, in order.
    names
        Names given to some of them.

    Returns
    -------
    dict of str to str
        Code by column, in the order of the columns.

    Raises
    ------
    OutputError
        If a given name does not fit, repeats, or is of no column: nothing is ever cut silently.

    Examples
    --------
    >>> list(field_codes(["owner", "area_before_m2", "area_before_mu", "宗地代码"]).values())
    ['owner', 'area_befor', 'area_bef_2', 'F1']
    >>> field_codes(["宗地代码"], names={"宗地代码": "ZDDM"})
    {'宗地代码': 'ZDDM'}
    """
    columns, given = list(columns), dict(names or {})
    _require_fit(columns, given)
    codes = dict(given)
    taken = {*KEPT_BY_PROGRAMS, *(code.lower() for code in given.values())}
    for column in columns:
        if column not in codes and FITS.fullmatch(column) and column.lower() not in taken:
            codes[column] = column
            taken.add(column.lower())
    for column in columns:
        if column not in codes:
            codes[column] = _free_code(column, taken)
            taken.add(codes[column].lower())
    return {column: codes[column] for column in columns}


def alias_table(rows: Iterable[tuple[object, ...]], *, columns: Iterable[str]) -> bytes:
    r"""Rows as a CSV file that a spreadsheet opens with the right characters.

    Parameters
    ----------
    rows
        Cells of each row.
    columns
        The head.

    Returns
    -------
    bytes
        UTF-8 with its mark. A text that a spreadsheet would take for a formula starts with an
        apostrophe.

    Examples
    --------
    >>> alias_table([("F1", "=1+1")], columns=["code", "name"]).decode("utf-8-sig")
    "code,name\r\nF1,'=1+1\r\n"
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _require_fit(columns: list[str], given: Mapping[str, str]) -> None:
    seen: dict[str, list[str]] = {}
    for column, name in given.items():
        seen.setdefault(name.lower(), []).append(column)
    faults = [f"there is no column {c!r}" for c in given if c not in columns]
    faults += [
        f"{name!r} for {column!r} is no name of 1 to {MAX_NAME} ASCII letters, digits and _"
        for column, name in given.items()
        if not FITS.fullmatch(name)
    ]
    faults += [
        f"{given[those[0]]!r} is given to {', '.join(map(repr, those))}"
        for those in seen.values()
        if len(those) > 1
    ]
    if faults:
        raise OutputError(
            f"field names cannot be used: {'; '.join(faults)}",
            do="give each column a name of its own that fits, or leave it out to have one made",
        )


def _free_code(column: str, taken: set[str]) -> str:
    base = FOREIGN.sub("", column).strip("_")
    if not re.search("[A-Za-z]", base):
        return next(c for c in (f"F{n}" for n in itertools.count(1)) if c.lower() not in taken)
    if base[0].isdigit():
        base = f"F{base}"
    endings = itertools.chain([""], (f"_{n}" for n in itertools.count(2)))
    codes = (f"{base[: MAX_NAME - len(ending)].rstrip('_')}{ending}" for ending in endings)
    return next(code for code in codes if code.lower() not in taken)


def inert(cell: object) -> object:
    """A cell that a spreadsheet shows and never runs.

    Parameters
    ----------
    cell
        Of any kind.

    Returns
    -------
    object
        A text that would be taken for a formula starts with an apostrophe; all else is the same.

    Examples
    --------
    >>> inert("=1+1"), inert("owner"), inert(-5)
    ("'=1+1", 'owner', -5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
