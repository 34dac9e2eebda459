"""Ratios of land, floor area and money, for one number, an array or a column."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pandas as pd

from gisland.base.units import m2_to_mu, mu_to_m2

Numbers = TypeVar("Numbers", float, "np.ndarray", "pd.Series")


def far(floor_m2: Numbers, land_m2: Numbers) -> Numbers:
    """Floor-area ratio: floor area over land.

    Nothing is clipped: impossible values stay visible.

    Parameters
    ----------
    floor_m2, land_m2
        Square metres; any shape.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Of the shape of the input.

    Examples
    --------
    >>> round(far(47_800.0, 63_000.0), 2)
    0.76
    """
    return floor_m2 / land_m2


def coverage(footprint_m2: Numbers, land_m2: Numbers) -> Numbers:
    """Building coverage: footprint over land.

    Parameters
    ----------
    footprint_m2, land_m2
        Square metres; any shape.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Share of the land; above 1 where buildings overlap.

    Examples
    --------
    >>> coverage(300.0, 1000.0)
    0.3
    """
    return footprint_m2 / land_m2


def share(part: Numbers, whole: Numbers) -> Numbers:
    """Part of a whole, or how often one thing holds another.

    Parameters
    ----------
    part, whole
        In the same unit; any shape.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Of the shape of the input.

    Examples
    --------
    >>> share(25.0, 100.0)
    0.25
    """
    return part / whole


def part_of(whole: Numbers, share: Numbers) -> Numbers:
    """What a share of a whole amounts to.

    Parameters
    ----------
    whole
        Any unit.
    share
        From 0 to 1, or above.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of `whole`.

    Examples
    --------
    >>> part_of(17.0, 0.5)
    8.5
    """
    return whole * share


def whole_of(part: Numbers, share: Numbers) -> Numbers:
    """Whole of which a part is a known share.

    Parameters
    ----------
    part
        Any unit.
    share
        From 0 to 1, or above.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of `part`.

    Examples
    --------
    >>> whole_of(8.5, 0.5)
    17.0
    """
    return part / share


def floor_at_far(far: Numbers, land_m2: Numbers) -> Numbers:
    """Floor area that a floor-area ratio gives on some land.

    Parameters
    ----------
    far
        Floor-area ratio.
    land_m2
        Square metres.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Square metres.

    Examples
    --------
    >>> round(floor_at_far(1.7, 45_071.4), 2)
    76621.38
    """
    return far * land_m2


def land_at_far(floor_m2: Numbers, far: Numbers) -> Numbers:
    """Land on which a floor area has a floor-area ratio.

    Parameters
    ----------
    floor_m2
        Square metres.
    far
        Floor-area ratio, above 0.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Square metres.

    Examples
    --------
    >>> land_at_far(3000.0, 1.5)
    2000.0
    """
    return floor_m2 / far


def per_mu(amount: Numbers, land_m2: Numbers) -> Numbers:
    """Amount per mu (亩) of land.

    Parameters
    ----------
    amount
        Yuan, jobs or anything else.
    land_m2
        Square metres.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of `amount`, per mu.

    Examples
    --------
    >>> per_mu(600.0, 2000.0)
    200.0
    """
    return amount / m2_to_mu(land_m2)


def amount_at_rate(rate_per_mu: Numbers, land_m2: Numbers) -> Numbers:
    """Amount that a rate per mu gives on some land.

    Parameters
    ----------
    rate_per_mu
        Per mu.
    land_m2
        Square metres.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of the rate, without per mu.

    Examples
    --------
    >>> amount_at_rate(200.0, 2000.0)
    600.0
    """
    return rate_per_mu * m2_to_mu(land_m2)


def land_at_rate(amount: Numbers, rate_per_mu: Numbers) -> Numbers:
    """Land on which an amount is a given rate per mu.

    Parameters
    ----------
    amount
        In the unit of the rate, without per mu.
    rate_per_mu
        Per mu, above 0.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Square metres.

    Examples
    --------
    >>> land_at_rate(600.0, 200.0)
    2000.0
    """
    return mu_to_m2(amount / rate_per_mu)


def reduction(before: Numbers, after: Numbers) -> Numbers:
    """Share by which something shrinks.

    Parameters
    ----------
    before, after
        In the same unit.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Below 0 where it grows.

    Examples
    --------
    >>> reduction(4.0, 1.0)
    0.75
    """
    return (before - after) / before


def before_growth(after: Numbers, growth: Numbers) -> Numbers:
    """Value before a growth by a known share.

    Parameters
    ----------
    after
        Value after.
    growth
        Share that it grew by, such as 0.25.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of `after`.

    Examples
    --------
    >>> before_growth(125.0, 0.25)
    100.0
    """
    return after / (1 + growth)


def share_saved(gain: Numbers) -> Numbers:
    """Share of the land that the same output needs no more, once land yields more.

    Parameters
    ----------
    gain
        Share by which the output per area grows.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Below 1.

    Examples
    --------
    >>> share_saved(1.0)
    0.5
    """
    return 1 - 1 / (1 + gain)


def strip_length(area_m2: Numbers, width_m: Numbers) -> Numbers:
    """Length of a strip of land of even width.

    Parameters
    ----------
    area_m2
        Square metres.
    width_m
        Metres, above 0.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Metres.

    Examples
    --------
    >>> strip_length(5000.0, 50.0)
    100.0
    """
    return area_m2 / width_m
