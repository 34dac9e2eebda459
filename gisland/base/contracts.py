"""Hold tables to their contracts: every broken cell at once, and the table left as it is."""

from __future__ import annotations

import datetime as dt
import numbers
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from gisland.base.schema import LAYERS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandera.pandas as pa

BROKEN = ("column", "row", "value", "rule")
# Lower and upper limits of the same quantity.
ORDERED = (("far_min", "far_max"), ("coverage_min", "coverage_max"), ("green_min", "green_max"))
KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "text": ("text", (str,)),
    "number": ("a number", (numbers.Real,)),
    "bool": ("true or false", (bool, np.bool_)),
    "date": ("a date", (dt.date, np.datetime64)),
}
HOMOGENEOUS: dict[str, Callable[[pd.Series], bool]] = {  # columns that hold nothing else
    "text": lambda values: isinstance(values.dtype, pd.StringDtype),
    "number": lambda values: is_numeric_dtype(values) and not is_bool_dtype(values),
    "bool": is_bool_dtype,
    "date": is_datetime64_any_dtype,
}


@dataclass(frozen=True)
class Contract:
    """What a table must hold, as far as it has the columns.

    Parameters
    ----------
    columns
        Kind, bounds and values of each column; missing values are allowed.
    present
        Columns without missing values.
    unique
        Columns whose values together occur once.
    ordered
        Pairs of columns, the first at most the second.
    """

    columns: Mapping[str, Column]
    present: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    ordered: tuple[tuple[str, str], ...] = field(default=ORDERED)


def input_contract(kind: str) -> Contract:
    """The contract of an input layer.

    Parameters
    ----------
    kind
        Key of ``schema.LAYERS``, or ``exclusions``.

    Returns
    -------
    Contract
        Of its canonical columns; the ids are the index and not part of it.

    Examples
    --------
    >>> input_contract("zoning").columns["coverage_max"].at_most
    1.0
    """
    return Contract(LAYERS.get(kind, {}))


def broken_cells(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Every cell that breaks the contract of its table.

    Cells are looked at as they are: nothing is converted, and other columns, the geometry and
    its CRS are never touched. An infinite number is none.

    Parameters
    ----------
    frame
        Table with canonical names; its index may repeat ids.
    contract
        What it must hold.

    Returns
    -------
    pandas.DataFrame
        Columns ``column``, ``row`` (position), ``value`` and ``rule`` (what it should be), in the
        order of the contract, then of the rows; empty where all is well.

    Examples
    --------
    >>> frame = pd.DataFrame({"far_min": [3.0, -1.0], "far_max": [2.0, 2.0]})
    >>> broken_cells(frame, input_contract("zoning")).values.tolist()
    [['far_min', 0, 3.0, 'at most far_max'], ['far_min', 1, -1.0, 'at least 0']]
    """
    import pandera.pandas as pa  # noqa: PLC0415 - slow to load, and not every command needs it

    columns = {k: v for k, v in contract.columns.items() if k in frame}
    # Only what is looked at goes in, by position: labels may repeat, and pandera knows geometry.
    looked_at = pd.DataFrame(frame[list(columns)]).set_axis(pd.RangeIndex(len(frame)), axis=0)
    of_rows, owners = _row_checks(contract, set(columns))
    schema = pa.DataFrameSchema(
        {k: _pandera(v, nullable=k not in contract.present) for k, v in columns.items()},
        checks=of_rows,
        coerce=False,
    )
    try:
        schema.validate(looked_at, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return pd.DataFrame({name: [] for name in BROKEN})
    owner = cases["check"].map(owners)  # a check of rows is told for every column of the row
    cases = cases[owner.isna() | owner.eq(cases["column"])]
    place = cases["column"].map({name: i for i, name in enumerate(columns)})
    rows = cases["index"].astype("int64")
    order = np.lexsort((cases["check"].astype("str"), rows, place))
    cases, rows = cases.iloc[order], rows.iloc[order]
    return pd.DataFrame(
        {
            "column": cases["column"].to_numpy(),
            "row": rows.to_numpy(),
            "value": cases["failure_case"].to_numpy(dtype=object),
            "rule": cases["check"].replace({"not_nullable": "there"}).to_numpy(),
        }
    )


def _pandera(column: Column, *, nullable: bool) -> pa.Column:
    import pandera.pandas as pa  # noqa: PLC0415 - slow to load, and not every command needs it

    checks = [pa.Check(_of_kind(column.kind), error=KINDS[column.kind][0])]
    if column.at_least is not None:
        low = column.at_least
        checks.append(pa.Check(lambda s: ~(_numbers(s) < low), error=f"at least {low:g}"))
    if column.at_most is not None:
        high = column.at_most
        checks.append(pa.Check(lambda s: ~(_numbers(s) > high), error=f"at most {high:g}"))
    if column.one_of:
        allowed = f"one of {', '.join(column.one_of)}"
        checks.append(pa.Check(lambda s: s.isin(column.one_of), error=allowed))
    return pa.Column(None, checks, nullable=nullable)


def _row_checks(contract: Contract, known: set[str]) -> tuple[list[pa.Check], dict[str, str]]:
    """Checks of several columns, and the column that each is told of."""
    import pandera.pandas as pa  # noqa: PLC0415 - slow to load, and not every command needs it

    checks, owners = [], {}
    for low, high in contract.ordered:
        if {low, high} <= known:
            rule = f"at most {high}"
            checks.append(pa.Check(_in_order(low, high), error=rule))
            owners[rule] = low
    key = [name for name in contract.unique if name in known]
    if key:
        checks.append(pa.Check(lambda f: ~f.duplicated(key, keep=False), error="unique"))
        owners["unique"] = key[0]
    return checks, owners


def _in_order(low: str, high: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda f: ~(_numbers(f[low]) > _numbers(f[high]))


def _of_kind(kind: Kind) -> Callable[[pd.Series], pd.Series]:
    """Whether each value is of the kind; infinite numbers and flags are no numbers."""
    types = KINDS[kind][1]

    def check(values: pd.Series) -> pd.Series:
        if not HOMOGENEOUS[kind](values):
            values = values.where(values.map(lambda v: isinstance(v, types))).astype("object")
            flags = values.map(lambda v: isinstance(v, bool | np.bool_)).astype(bool)
            values = values.mask(flags) if kind == "number" else values
        return pd.Series(np.isfinite(_numbers(values)) if kind == "number" else values.notna())

    return check


def _numbers(values: pd.Series) -> pd.Series:
    """Values as floating point, what is no number as missing."""
    return pd.to_numeric(values, errors="coerce").astype("float64")
