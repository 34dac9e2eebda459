"""Geometry that overlays can use, and overlays that never fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

GRID_M = 1e-6


def undrawn(shapes: np.ndarray) -> np.ndarray:
    """Where geometry is missing or empty.

    Parameters
    ----------
    shapes
        Any geometry.

    Returns
    -------
    numpy.ndarray
        Bool, of the same length.

    Examples
    --------
    >>> undrawn(np.array([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)])).tolist()
    [True, True, False]
    """
    return shapely.is_missing(shapes) | shapely.is_empty(shapes)


def valid(shapes: np.ndarray) -> np.ndarray:
    """Geometry that every overlay can use.

    Parameters
    ----------
    shapes
        Any geometry; missing stays missing.

    Returns
    -------
    numpy.ndarray
        Of the same length.

    Examples
    --------
    >>> bow = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    >>> valid(np.array([bow]))[0].area
    2.0
    """
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    return np.where(bad, shapely.make_valid(shapes), shapes) if bad.any() else shapes


def overlay(operation: Callable[..., Any], *shapes: object) -> Any:  # noqa: ANN401 - as shapely
    """Overlay that never fails on nearly coincident lines: then it snaps to a fine grid.

    Parameters
    ----------
    operation
        Such as `shapely.difference`, with a ``grid_size``.
    *shapes
        Its arguments.

    Returns
    -------
    shapely.Geometry or numpy.ndarray
        What the operation returns.

    Examples
    --------
    >>> overlay(shapely.union_all, [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]).area
    2.0
    """
    try:
        return operation(*shapes)
    except shapely.errors.GEOSException:
        return operation(*shapes, grid_size=GRID_M)
