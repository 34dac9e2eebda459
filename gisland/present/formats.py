"""Number formats of the ledger: by the unit of a row, or by what a column is called."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.balance import STORED
from gisland.present.indicatorrows import DENOMINATORS
from gisland.present.wording import is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT_FORMATS = {
    "m2": "0.00",
    "m": "0.00",
    "mu": "0.000",
    "ha": "0.0000",
    "share": "0.00%",
    "ratio": "0.00",
    "m/ha": "0.00",
    "count/mu": "0.00",
    "count/ha": "0.00",
    "yuan": "0",
    "yuan/mu": "0",
    "years": "0.00",
    "days": "0",
}
BY_UNIT = (
    *("value", "limit", "before", "after", "delta"),
    *("limit_before", "limit_after", "value_before", "value_after"),
)
BY_DENOMINATOR = ("denominator_before", "denominator_after")
SHARES = ("share", "coverage", "cap", "limit", "green")
TWO_DECIMALS = (
    *("mixed_m_per_ha", "mean_storeys", "jobs_per_mu"),
    *("numerator", "denominator_value"),
)
TERMS = ("potential", "area_term", "tax_gap_term", "owners_term")  # from 0 to 1
YUAN_PER_MU = ("tax_yuan_per_mu", "output_yuan_per_mu", "investment_yuan_per_mu")


def formats(
    values: pd.Series, *, units: pd.Series | None, denominators: pd.Series | None = None
) -> list[str] | str:
    """Number formats of a column.

    Parameters
    ----------
    values
        The column; its name tells what it holds.
    units
        Units of the rows, where the table has them.
    denominators
        Codes of the denominators of the rows, where the table has them.

    Returns
    -------
    str or list of str
        One format for all rows, or one for each.

    Examples
    --------
    >>> formats(pd.Series([0.5, 2.0], name="limit"), units=pd.Series(["share", "m/ha"]))
    ['0.00%', '0.00']
    """
    name = str(values.name)
    if units is not None and name in BY_UNIT:
        return [UNIT_FORMATS.get(u, "General") for u in units.astype("object").tolist()]
    if denominators is not None and name in BY_DENOMINATOR:
        codes = denominators.astype("object").tolist()
        return [UNIT_FORMATS.get(DENOMINATORS.get(c, ""), "General") for c in codes]
    if name.endswith(("_m2", "_m", "_score")) or "far" in name.split("_") or name in TWO_DECIMALS:
        return "0.00"
    if (name.endswith("_mu") and name not in YUAN_PER_MU) or name in TERMS:
        return "0.000"
    if any(word in SHARES for word in name.split("_")):
        return "0.00%"
    whole = pd.api.types.is_integer_dtype(values) or name.endswith("_yuan") or name in YUAN_PER_MU
    return "0" if whole else "General"


def plain(values: pd.Series, forms: Sequence[str] | str = "@") -> list[Any]:
    """Values without the noise of their last bits; shares keep the digits of a per cent.

    Parameters
    ----------
    values
        A column.
    forms
        Its number formats.

    Returns
    -------
    list
        Missing values are None.

    Examples
    --------
    >>> plain(pd.Series([0.1 + 0.2, None]), "0.00")
    [0.3, None]
    """
    each = [forms] * len(values) if isinstance(forms, str) else forms
    pairs = zip(values.tolist(), each, strict=True)
    return [None if is_missing(v) else _rounded(v, form) for v, form in pairs]


def _rounded(value: Any, form: str) -> Any:  # noqa: ANN401 - a cell
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return round(value, STORED + 2 * form.endswith("%")) + 0.0
