"""Findings on values of an input layer that cannot be; the values stay as they are."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.contracts import ORDERED, broken_cells, input_contract
from gisland.layers.findings import SHOWN, Finding, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gisland.layers.source import Source

MAX_CELLS = 20  # findings of a column and rule; more are told as one


def impossible_values(table: gpd.GeoDataFrame, source: Source) -> list[Finding]:
    """What breaks the contract of a layer, cell by cell, or column by column where it is much.

    Parameters
    ----------
    table
        Layer with canonical columns, indexed by id; ids may repeat or be missing.
    source
        Its declaration.

    Returns
    -------
    list of dict
        ``impossible_value`` (a value out of its bounds or not of its kind),
        ``contradicting_values`` (a lower limit above the upper one) and ``impossible_column``
        (more than 20 cells of a column break the same rule: likely its unit is another).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.layers.source import Source
    >>> zones = gpd.GeoDataFrame(
    ...     {"far_min": [3.0], "far_max": [2.0], "green_min": [30.0]}, geometry=[None], index=["z"]
    ... )
    >>> for told in impossible_values(zones, Source("zoning", "")):
    ...     print(told["message"])
    zoning: far_min is 3.0, above far_max 2.0
    zoning: green_min is 30.0, which cannot be
    """
    cells = broken_cells(table, input_contract(source.kind))
    findings: list[Finding] = []
    for (column, rule), group in cells.groupby(["column", "rule"], sort=False):
        if len(group) > MAX_CELLS:
            findings.append(_of_column(str(column), str(rule), group["value"], source=source))
        else:
            findings += [
                _of_cell(cell, table=table, source=source) for cell in group.to_dict("records")
            ]
    return findings


def _of_cell(cell: Mapping[Any, Any], *, table: gpd.GeoDataFrame, source: Source) -> Finding:
    code, why = "impossible_value", "which cannot be"
    limit = cell["rule"].removeprefix("at most ")
    if (cell["column"], limit) in ORDERED:
        code, why = "contradicting_values", f"above {limit} {float(table[limit].iloc[cell['row']])}"
    told = finding(code, f"{source.name}: {cell['column']} is {cell['value']!r}, {why}", in_=source)
    label = table.index[cell["row"]]
    return {
        **told,
        "severity": "error",
        "parcel_id" if source.kind == "parcels" else "other_id": None if pd.isna(label) else label,
        "value": float(cell["value"]) if isinstance(cell["value"], Real) else None,
        "geometry": table.geometry.iloc[cell["row"]],
    }


def _of_column(column: str, rule: str, values: pd.Series, *, source: Source) -> Finding:
    shown = ", ".join(repr(v) for v in sorted(set(values), key=repr)[:SHOWN])
    message = (
        f"{source.name}: {column} must be {rule}, which {len(values)} rows are not, such as"
        f" {shown}; check its unit"
    )
    return finding(
        "impossible_column", message, in_=source, severity="error", value=len(values), unit="rows"
    )
