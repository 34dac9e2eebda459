"""Columns of tables that may not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Numbers of a column, in the order of the rows.

    Parameters
    ----------
    table
        Any table.
    name
        A column of numbers, nullable or not, that the table may lack.

    Returns
    -------
    numpy.ndarray
        (n,), NaN where a number is missing, and throughout without the column.

    Examples
    --------
    >>> import pandas as pd
    >>> lots = pd.DataFrame({"jobs": pd.array([5, None], dtype="Int64")})
    >>> numbers(lots, "jobs").tolist(), numbers(lots, "tax_yuan").tolist()
    ([5.0, nan], [nan, nan])
    """
    if name not in table:
        return np.full(len(table), np.nan)
    return table[name].to_numpy("float64", na_value=np.nan)
