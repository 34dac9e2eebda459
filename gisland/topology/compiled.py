"""Loops that numba compiles, and that run as plain Python where numba is not installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

try:
    _njit: Any = importlib.import_module("numba").njit
except ImportError:
    _njit = None

if TYPE_CHECKING:
    from collections.abc import Callable

Loop = TypeVar("Loop", bound="Callable[..., object]")


def compiled(loop: Loop) -> Loop:
    """Compile a loop over arrays when it is first called, and keep the machine code on disk.

    The source is one: compiled or not, a loop does the same operations in the same order, so the
    results are the same to the last bit. Where no folder can be written, each process compiles
    anew; where numba is missing, the loop runs some hundred times slower.

    Parameters
    ----------
    loop
        Takes and returns arrays and numbers; calls nothing but other compiled loops, `math` and
        NumPy.

    Returns
    -------
    collections.abc.Callable
        The same, compiled; it lets other threads run meanwhile.

    Examples
    --------
    >>> @compiled
    ... def total(values):
    ...     s = 0.0
    ...     for v in values:
    ...         s += v
    ...     return s
    >>> import numpy as np
    >>> total(np.array([1.0, 2.0]))
    3.0
    """
    if _njit is None:
        return loop
    try:
        return _njit(cache=True, nogil=True)(loop)
    except RuntimeError:  # numba finds no folder to keep the code in
        return _njit(nogil=True)(loop)
