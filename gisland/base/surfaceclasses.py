"""Classes and colors of density surfaces, the same in the files and on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisland.base.rule import SHARE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gisland.base.surfaces import Surface

# Of amounts: told apart by lightness alone, also by the color-blind. Of differences: orange is
# less and purple is more, and what hardly changes is grey, so that it is not taken for no data.
SEQUENTIAL = ("#fbf3ac", "#b4dcab", "#74c4bd", "#3a9bc1", "#2766a8", "#1d2a70")
DIVERGING = ("#8f4200", "#dd8628", "#f3c582", "#e3e3e3", "#bdb2e2", "#8468bd", "#46207e")
BREAKS = {
    "far": (0.5, 1.0, 1.5, 2.0, 3.0),
    "coverage": (0.1, 0.2, 0.3, 0.4, 0.6),
    "tax_per_mu": (50_000.0, 100_000.0, 150_000.0, 200_000.0, 300_000.0),
}
CHANGES = {
    "far": (0.1, 0.5, 1.0),
    "coverage": (0.02, 0.05, 0.1),
    "tax_per_mu": (5_000.0, 20_000.0, 50_000.0),
}
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_SCALE = {"coverage": 1.0}  # a share
USUAL = 90  # percentile of the values that the classes have to tell apart


@dataclass(frozen=True)
class Legend:
    """Classes of a surface: each from one break, included, to the next, excluded.

    Parameters
    ----------
    breaks
        Ascending, in the unit of the surface.
    colors
        ``#rrggbb`` of each class, one more than breaks.
    """

    breaks: tuple[float, ...]
    colors: tuple[str, ...]


def legends(surfaces: Iterable[Surface]) -> dict[str, Legend]:
    """Classes of each surface, by its name.

    Before and after, plain and smoothed have the same classes; they are round numbers of planning,
    all times one round factor where the values of the plain surfaces call for that. Those of the
    differences lie alike on both sides of no change.

    Parameters
    ----------
    surfaces
        All surfaces of a run.

    Returns
    -------
    dict
        Legends by name.

    Examples
    --------
    >>> from gisland.base.surfaces import Surface
    >>> value = np.array([[0.2, 2.4]])
    >>> far = Surface("far", "before", 0.0, value, value, value, 0.0, 50.0, 50.0, "ratio")
    >>> legends([far])["far_before"].breaks
    (0.5, 1.0, 1.5, 2.0, 3.0)
    """
    held = tuple(surfaces)
    found: dict[str, Legend] = {}
    for measure in dict.fromkeys(s.measure for s in held):
        of = [s for s in held if s.measure == measure]
        plain = [s for s in of if not s.smooth_m]
        states = legend(measure, (s.value for s in plain if s.when != "difference"))
        changes = change_legend(measure, (s.value for s in plain if s.when == "difference"))
        for one in of:
            found[one.name] = changes if one.when == "difference" else states
    return found


def legend(measure: str, values: Iterable[NDArray[np.float64]]) -> Legend:
    """Classes of the amounts of a measure.

    Parameters
    ----------
    measure
        One of ``BREAKS``.
    values
        All that the classes have to tell, such as before and after; NaN where nothing is known.

    Returns
    -------
    Legend
        The breaks, times the smallest round factor by which they reach the usual values.

    Examples
    --------
    >>> legend("far", [np.array([0.2, 2.4]), np.array([2.8])]).breaks
    (0.5, 1.0, 1.5, 2.0, 3.0)
    """
    return Legend(_breaks(BREAKS, measure, values), SEQUENTIAL)


def change_legend(measure: str, values: Iterable[NDArray[np.float64]]) -> Legend:
    """Classes of the differences of a measure, alike on both sides of no change.

    Parameters
    ----------
    measure
        One of ``CHANGES``.
    values
        Differences; NaN where nothing is known.

    Returns
    -------
    Legend
        Its middle class holds what hardly changes.

    Examples
    --------
    >>> change_legend("coverage", [np.array([0.0, -0.09])]).breaks
    (-0.1, -0.05, -0.02, 0.02, 0.05, 0.1)
    """
    steps = _breaks(CHANGES, measure, values)
    return Legend((*(-b for b in reversed(steps)), *steps), DIVERGING)


def class_numbers(value: NDArray[np.float64], legend: Legend) -> NDArray[np.uint8]:
    """Class of each cell.

    Parameters
    ----------
    value
        Any shape; NaN where nothing is known.
    legend
        Its classes.

    Returns
    -------
    numpy.ndarray
        0 where nothing is known, else the number of the class from 1 on.

    Examples
    --------
    >>> legend = Legend((1.0, 2.0), ("#ffffff", "#888888", "#000000"))
    >>> class_numbers(np.array([0.5, 2.0, np.nan]), legend).tolist()
    [1, 3, 0]
    """
    number = np.searchsorted(legend.breaks, np.round(value, SHARE_DECIMALS), side="right") + 1
    return np.where(np.isnan(value), 0, number).astype(np.uint8)


def _breaks(
    table: Mapping[str, tuple[float, ...]], measure: str, values: Iterable[NDArray[np.float64]]
) -> tuple[float, ...]:
    """Breaks of a measure, times the smallest scale by which they reach the usual values."""
    breaks, top = table[measure], MOST_SCALE.get(measure, SCALES[-1])
    sizes = [np.abs(v) for v in values]
    known = np.concatenate([[], *(s[np.round(s, SHARE_DECIMALS) > 0] for s in sizes)])
    if not len(known):
        return breaks
    usual = float(np.percentile(known, USUAL))
    scales = [s for s in SCALES if s <= top]
    scale = next((s for s in scales if breaks[-1] * s >= usual), scales[-1])
    return tuple(round(b * scale, SHARE_DECIMALS) for b in breaks)
