"""Cells of kinds that only some formats know, made plain: lists, bytes, times with a zone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from gisland.layers.source import Source

_NESTED = (list, tuple, dict, set, np.ndarray)


def plain_cells(table: gpd.GeoDataFrame, source: Source) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The table with cells that every format can hold.

    Lists and records become JSON text, times keep what their clock showed and lose their zone,
    categories become their values, and columns of bytes are left out.

    Parameters
    ----------
    table
        A layer as read.
    source
        Its declaration.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows and geometry.
    list of dict
        Findings ``zone_dropped`` and ``binary_column``, where there is cause.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> frame = pd.DataFrame({"tags": [["a", "b"], None]})
    >>> plain_cells(frame, Source("parcels", "p.gpkg"))[0]["tags"].tolist()
    ['["a", "b"]', nan]
    """
    changed: dict[str, pd.Series] = {}
    zoned, binary = [], []
    for name, values in table.items():
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            changed[name] = values.dt.tz_localize(None)
            zoned.append(str(name))
        elif isinstance(values.dtype, pd.CategoricalDtype):
            changed[name] = _uncategorised(values)
        elif values.dtype == object:
            kinds = {type(v) for v in values}
            if kinds & {bytes, bytearray, memoryview}:
                binary.append(str(name))
            elif any(issubclass(kind, _NESTED) for kind in kinds):
                changed[name] = values.map(_json, na_action="ignore").astype("str")
    findings = []
    if zoned:
        findings.append(zone_dropped(zoned, source))
    if binary:
        message = f"{source.name}: columns of bytes are left out: {', '.join(binary)}"
        findings.append(finding("binary_column", message, in_=source))
    if not (changed or binary):
        return table, []
    return table.assign(**changed).drop(columns=binary), findings


def _uncategorised(values: pd.Series) -> pd.Series:
    """Values of a categorical column; whole numbers and flags may be missing, and stay exact."""
    categories = values.cat.categories
    nullable: Any = {"i": "Int64", "u": "UInt64", "b": "boolean"}.get(categories.dtype.kind)
    if nullable is None or not values.isna().any():
        return values.astype(categories.dtype)
    plain = categories.to_series().astype(nullable).array
    return pd.Series(
        plain.take(values.cat.codes.to_numpy(), allow_fill=True), values.index, name=values.name
    )


def zone_dropped(columns: Sequence[str], source: Source) -> Finding:
    """Finding on times that lost their zone.

    Parameters
    ----------
    columns
        Names of the columns.
    source
        The layer.

    Returns
    -------
    dict
        Columns of ``schema.FINDINGS``.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> zone_dropped(["at"], Source("parcels", "p.gpkg"))["severity"]
    'info'
    """
    message = (
        f"{source.name}: times are taken as their clock shows them, without the time zone"
        f" (columns: {', '.join(columns)})"
    )
    return finding("zone_dropped", message, in_=source, severity="info")


def _json(value: Any) -> str:  # noqa: ANN401 - cells of any kind
    if isinstance(value, _NESTED):
        return json.dumps(value, ensure_ascii=False, default=_listed)
    return str(value)


def _listed(value: Any) -> Any:  # noqa: ANN401 - cells of any kind
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return sorted(value, key=str) if isinstance(value, set) else str(value)
