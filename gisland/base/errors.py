"""The error tree: every message says what was found, where, and what to do."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gisland.base.phrases import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_IDS = 10
MAX_NAMES = 40  # listed in a message


class GislandError(ValueError):
    """Something in the input that gisland cannot use.

    Parameters
    ----------
    what
        What was found, without a final stop.
    do
        What the user can do about it, without a final stop.
    ids
        Ids of the rows at fault; at most ten are listed.

    Examples
    --------
    What gisland refuses is told as one of its kinds, so that one name catches them all:

    >>> from gisland.base.parameters import Parameters
    >>> try:
    ...     Parameters(tolerance_m=-0.05)
    ... except GislandError as error:
    ...     print(type(error).__name__, "-", error.do)
    ProjectError - give a number above 0
    >>> str(TableError("parcels: 12 ids occur twice", do="map another column", ids=range(12)))
    'parcels: 12 ids occur twice (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more); map another column'
    """

    def __init__(self, what: str, *, do: str, ids: Iterable[object] = ()) -> None:
        self.what = what
        self.do = do
        self.ids = tuple(str(i) for i in ids)
        super().__init__(f"{what}{_listed(self.ids)}; {do}")


def _listed(ids: tuple[str, ...]) -> str:
    return f" ({first_of(ids, most=MAX_IDS)})" if ids else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Remedy for an unknown name: the nearest known one, or all of them.

    Parameters
    ----------
    name
        What was found.
    known
        What could have been meant.

    Returns
    -------
    str
        For the second half of an error message.

    Examples
    --------
    >>> did_you_mean("pth", ["path", "layer"])
    "did you mean 'path'? known: layer, path"
    >>> did_you_mean("x", ["path", "layer"])
    'use one of layer, path'
    """
    names = sorted(map(str, known))
    folded = {n.casefold(): n for n in reversed(names)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    listed = first_of(names, most=MAX_NAMES)
    return f"did you mean {folded[near[0]]!r}? known: {listed}" if near else f"use one of {listed}"


class ProjectError(GislandError):
    """The project file or a parameter cannot be used."""


class RulesError(GislandError):
    """A rule set is missing, mistyped or contradicts itself."""


class CaseError(GislandError):
    """A file of the case book is missing, mistyped or contradicts itself."""


class LayerError(GislandError):
    """A file, layer or encoding cannot be read."""


class FieldError(LayerError):
    """A mapped column is missing or holds values that cannot be used."""


class CRSError(GislandError):
    """A coordinate system is missing, contradicts the coordinates, or is not metric."""


class TableError(GislandError):
    """A table breaks its contract."""


class GeometryError(GislandError):
    """Geometry of a kind that the work at hand cannot use."""


class PlanError(GislandError):
    """A plan cannot be made or does not hold."""


class OutputError(GislandError):
    """Results cannot be written or read back."""
