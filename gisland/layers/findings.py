"""Records for the findings table of what is met while reading layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.phrases import count_of

if TYPE_CHECKING:
    import pandas as pd

    from gisland.layers.source import Source

Finding = dict[str, Any]
SHOWN = 5  # values listed in a finding


def finding(
    code: str,
    message: str,
    *,
    in_: Source,
    severity: str = "warning",
    value: float | None = None,
    unit: str | None = None,
) -> Finding:
    """Record for the findings table of what was met while reading a layer.

    Parameters
    ----------
    code
        Stable code.
    message
        What was met, starting with the layer.
    in_
        The layer.
    severity
        ``error``, ``warning`` or ``info``.
    value, unit
        How many or how much, and of what; none of both where there is no unit.

    Returns
    -------
    dict
        Columns of ``schema.FINDINGS``.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> finding("z_dropped", "parcels: 3 shapes", in_=Source("parcels", ""))["layer"]
    'parcels'
    """
    told: Finding = {"code": code, "severity": severity, "layer": in_.name, "message": message}
    if unit is None:
        return told
    return {**told, "value": None if value is None else float(value), "unit": unit}


def counted(
    values: pd.Series, code: str, message: str, *, in_: Source, severity: str = "warning"
) -> list[Finding]:
    """One finding for all values of a kind, with their count and the first of them.

    Parameters
    ----------
    values
        The values that are told of; missing ones do not count.
    code
        Stable code.
    message
        What is the matter, starting with the layer.
    in_
        The layer.
    severity
        ``error``, ``warning`` or ``info``.

    Returns
    -------
    list of dict
        One record, or none where there is no value.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.layers.source import Source
    >>> here = Source("parcels", "")
    >>> counted(pd.Series(["b", "a", "b"]), "odd", "parcels: odd", in_=here)[0]["message"]
    "parcels: odd: 3 rows, such as 'a', 'b'"
    >>> counted(pd.Series([None]), "odd", "parcels: odd", in_=here)
    []
    """
    values = values.dropna()
    if values.empty:
        return []
    shown = ", ".join(repr(v) for v in sorted(set(values.astype("str")))[:SHOWN])
    text = f"{message}: {count_of(len(values), 'row')}, such as {shown}"
    return [finding(code, text, in_=in_, severity=severity, value=len(values), unit="rows")]
