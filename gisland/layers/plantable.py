"""The table ``[plan]`` of a project file, and the lists of parcels that it names."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.errors import LayerError, ProjectError, did_you_mean
from gisland.base.phrases import count_of
from gisland.base.planchoices import COLUMN_RULES, IN, OUT, PlanChoices
from gisland.layers.fields.ids import APOSTROPHES, ROUNDED
from gisland.layers.files.encoding import find_encoding
from gisland.layers.files.formats import in_any_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LISTS = ("consented", "protected", "required")
SCALARS: dict[str, type] = {"method": str, "objective": str, "alternatives": bool}
NUMBERS = ("sweep_caps", "sweep_areas_m2")
KEYS = (*SCALARS, *LISTS, "decisions", *NUMBERS, "columns")
HEADERS = (
    "parcel_id",
    "id",
    "owner",
    "宗地代码",
    "宗地编号",
    "宗地号",
    "地块编号",
    "权利人",
    "权利人名称",
)
WORDS = {"in": IN, "out": OUT, "并入": IN, "纳入": IN, "不并入": OUT, "不纳入": OUT, "排除": OUT}
_SEPARATORS = "\t;,"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def plan_section(raw: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Table ``[plan]``, checked for keys and types; the files it names are not opened.

    Parameters
    ----------
    raw
        The project file.
    file
        Its path, for messages.

    Returns
    -------
    dict
        As written; empty where there is none.

    Raises
    ------
    ProjectError
        If a key is unknown or mistyped.

    Examples
    --------
    >>> plan_section({"plan": {"required": ["P1"], "objective": "count"}}, "gisland.toml")
    {'required': ['P1'], 'objective': 'count'}
    """
    where = f"{file}: [plan]"
    table = raw.get("plan", {})
    if not isinstance(table, dict):
        raise ProjectError(f"{where} is {table!r}", do="make it a table, with its name in brackets")
    for key, value in table.items():
        if key not in KEYS:
            raise ProjectError(f"{where} {key!r} is not a key", do=did_you_mean(key, KEYS))
        _require_kind(key, value, where=where)
    try:
        PlanChoices(**_plain(table))  # methods, rules of columns and numbers out of range
    except ProjectError as error:
        raise ProjectError(f"{file}: {error.what}", do=error.do) from error
    return dict(table)


def _require_kind(key: str, value: object, *, where: str) -> None:
    texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
    path = isinstance(value, str) and bool(value.strip())
    good, do = True, ""
    if key in SCALARS:
        good = isinstance(value, SCALARS[key])
        do = "give true or false" if SCALARS[key] is bool else "give a text in quotation marks"
    elif key in LISTS:
        good, do = texts or path, 'give a list of ids, or the path of a file: "ids.csv"'
    elif key == "decisions":
        good, do = path, 'give the path of a table of two columns: "decisions.csv"'
    elif key in NUMBERS:
        good = isinstance(value, list) and all(type(v) in {int, float} for v in value)
        do = "give a list of numbers"
    elif key == "columns":
        good = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        do = f'give a table, such as columns = {{ note = "set" }} ({", ".join(COLUMN_RULES)})'
    if not good:
        raise ProjectError(f"{where} {key} is {value!r}", do=do)


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """What needs no file."""
    kept = {k: v for k, v in table.items() if k in SCALARS or k == "columns"}
    return kept | {k: tuple(float(v) for v in table[k]) for k in NUMBERS if k in table}


def plan_choices(
    table: Mapping[str, Any], folder: Path, *, decisions: str | Path | None = None
) -> PlanChoices:
    """Choices of the plan, with the lists read from their files.

    Parameters
    ----------
    table
        From `plan_section`.
    folder
        Folder of the project file, which paths are relative to.
    decisions
        A table of decisions in place of the one that the project names; relative to the working
        folder.

    Returns
    -------
    PlanChoices
        Checked.

    Raises
    ------
    ProjectError
        If a file is missing or cannot be read, or says two things of one parcel.

    Examples
    --------
    >>> plan_choices({"required": ["P1", "P1"]}, Path()).required
    ('P1',)
    """
    lists: dict[str, Any] = {}
    for key in LISTS:
        if key in table:
            value = table[key]
            ids = read_list(folder / value) if isinstance(value, str) else value
            lists[key] = tuple(dict.fromkeys(ids))
    named = decisions if decisions is not None else table.get("decisions")
    if named is not None:
        base = Path() if decisions is not None else folder
        lists["decisions"] = read_decisions(base / named)
    return PlanChoices(**_plain(table), **lists)


def read_list(path: Path) -> list[str]:
    r"""Ids in the first column of a text table.

    Parameters
    ----------
    path
        A text or CSV file in any encoding; a first line of column names is left out.

    Returns
    -------
    list of str
        In the order of the file.

    Raises
    ------
    ProjectError
        If there is no such file, it cannot be decoded, or it is empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "ids.csv"
    ...     _ = file.write_text("parcel_id,why\n'007,old kiln\n")
    ...     read_list(file)
    ['007']
    """
    return [_id(row[0], path=path, line=n) for n, row in _rows(path) if row[0]]


def read_decisions(path: Path) -> dict[str, str]:
    r"""Decisions on scraps: ``in``, ``out``, or the site that alone may take it.

    Parameters
    ----------
    path
        A text or CSV file of two columns, parcel id and decision; 并入 and 不并入 do as well.

    Returns
    -------
    dict
        Decision by parcel id, sorted by id.

    Raises
    ------
    ProjectError
        If there is no such file, a line has no decision, or a parcel has two different ones.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "decisions.csv"
    ...     _ = file.write_text("parcel_id,decision\nP2,S1\nP1,out\n")
    ...     read_decisions(file)
    {'P1': 'out', 'P2': 'S1'}
    """
    found: dict[str, str] = {}
    twice: list[str] = []
    for line, row in _rows(path):
        if not any(row):
            continue
        if len(row) < 2 or not row[0] or not row[1]:  # noqa: PLR2004 - two columns
            raise ProjectError(
                f"{path}: line {line} has no parcel id or no decision",
                do="give each line a parcel id and in, out, or the id of a site",
            )
        parcel = _id(row[0], path=path, line=line)
        word = WORDS.get(row[1].lower()) or _id(row[1], path=path, line=line)
        if found.setdefault(parcel, word) != word:
            twice.append(parcel)
    if twice:
        raise ProjectError(
            f"{path} has two decisions on {count_of(len(set(twice)), 'parcel')}",
            do="leave one for each",
            ids=sorted(set(twice)),
        )
    return dict(sorted(found.items()))


def _rows(path: Path) -> Iterable[tuple[int, list[str]]]:
    """Lines of a text table with their numbers, cells without blanks around; no column names."""
    text = _text(path)
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=separator)
    lines = [(n, [cell.strip() for cell in row] or [""]) for n, row in enumerate(rows, start=1)]
    if lines and lines[0][1][0].lower() in HEADERS:
        lines = lines[1:]
    if not any(any(row) for _, row in lines):
        raise ProjectError(f"{path} has no rows", do="write ids into it, or take it out of [plan]")
    return lines


def _text(path: Path) -> str:
    path = in_any_case(path)
    if not path.is_file():
        raise ProjectError(f"{path} does not exist", do="check the path in [plan]")
    data = path.read_bytes()
    try:
        if data[:2] in _UTF16:
            return data.decode("utf-16")
        encoding = find_encoding(data.splitlines(), what=str(path))
        return data.decode(encoding.name).removeprefix("\ufeff")
    except (UnicodeDecodeError, LayerError) as error:
        raise ProjectError(f"{path} cannot be decoded", do="save it as UTF-8") from error


def _id(cell: str, *, path: Path, line: int) -> str:
    """Id as `read_ids` takes it; whole numbers that a spreadsheet has rounded are refused."""
    text = cell.lstrip(APOSTROPHES).strip()
    if re.fullmatch(ROUNDED, text):
        raise ProjectError(
            f"{path}: line {line} holds {text!r}, a number that a spreadsheet has rounded",
            do="take the ids from the original as text",
        )
    return text
