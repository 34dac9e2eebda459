"""Exact unit factors. One mu is 10 000/15 square metres, not 666.67."""

from __future__ import annotations

import math
import numbers
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from gisland.base.errors import ProjectError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MU_M2 = 10_000 / 15
HA_M2 = 10_000.0

AREA_M2: dict[str, Fraction] = {
    "m2": Fraction(1),
    "mu": Fraction(10_000, 15),
    "ha": Fraction(10_000),
    "km2": Fraction(1_000_000),
    "ft2": Fraction(3048, 10_000) ** 2,
    "acre": Fraction(40_468_564_224, 10_000_000),
}
MONEY_YUAN: dict[str, Fraction] = {"yuan": Fraction(1), "wan_yuan": Fraction(10_000)}

Numbers = TypeVar("Numbers", float, "np.ndarray", "pd.Series")


def require_metres(value: Any, *, name: str) -> None:  # noqa: ANN401 - looked at here
    """Refuse a length that is no number above 0.

    Parameters
    ----------
    value
        What was given, in metres.
    name
        Its name in the message.

    Raises
    ------
    ProjectError
        If it is no number, not above 0, or infinite.

    Examples
    --------
    >>> require_metres("wide", name="corridor_m")
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: corridor_m is 'wide'; give a number of metres above 0
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        raise ProjectError(f"{name} is {value!r}", do="give a number of metres above 0")


def factor(unit: str, *, canonical: str) -> float:
    """Factor that takes a value in `unit` to the canonical unit.

    Parameters
    ----------
    unit
        ``m2``, ``mu``, ``ha``, ``km2``, ``ft2``, ``acre``, ``yuan`` or ``wan_yuan``.
    canonical
        ``m2`` or ``yuan``.

    Returns
    -------
    float
        Always positive.

    Raises
    ------
    ProjectError
        If the unit is unknown or measures another quantity.

    Examples
    --------
    >>> factor("mu", canonical="m2") * 15
    10000.0
    >>> factor("wan_yuan", canonical="yuan")
    10000.0
    """
    table = {"m2": AREA_M2, "yuan": MONEY_YUAN}[canonical]
    if unit not in table:
        raise ProjectError(f"unit {unit!r} is unknown here", do=f"use one of {', '.join(table)}")
    return float(table[unit])


def m2_to_mu(area_m2: Numbers) -> Numbers:
    """Square metres to mu (亩).

    Parameters
    ----------
    area_m2
        Square metres; any shape.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Mu, of the shape of the input.

    Examples
    --------
    >>> m2_to_mu(2000.0)
    3.0
    """
    return area_m2 * 15 / 10_000


def mu_to_m2(area_mu: Numbers) -> Numbers:
    """Mu (亩) to square metres.

    Parameters
    ----------
    area_mu
        Mu; any shape.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Square metres, of the shape of the input.

    Examples
    --------
    >>> mu_to_m2(3.0)
    2000.0
    """
    return area_mu * 10_000 / 15
