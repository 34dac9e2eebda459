"""Loops that numba compiles, and that run as plain Python where numba is not installed."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

try:
    _njit: Any = importlib.import_module("numba").njit
except ImportError:
    _njit = None

if TYPE_CHECKING:
    from collections.abc import Callable

Loop = TypeVar("Loop", bound="Callable[..., object]")

STAMP = tuple(
    (path.name, path.stat().st_mtime_ns, path.stat().st_size)
    for path in sorted(Path(__file__).parent.glob("*.py"))
)


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
        return _lenient(_njit(cache=True, nogil=True)(loop))
    except RuntimeError:  # numba finds no folder to keep the code in
        return _njit(nogil=True)(loop)


def _lenient(loop: Any) -> Any:  # noqa: ANN401 - numba carries no types
    """The loop with a cache that a full disk does not stop, and that sees all loops change."""
    with suppress(AttributeError):  # numba promises none of these names
        loop._cache._guard_against_spurious_io_errors = lambda: suppress(OSError)  # noqa: SLF001
        loop._cache._cache_file._source_stamp = STAMP  # noqa: SLF001 - it looks at one file alone
    return loop


def on_first_compiling(tell: Callable[[], None]) -> None:
    """Be told when numba first compiles a loop in this process, because none is kept on disk.

    Parameters
    ----------
    tell
        Called at most once; never where all loops are found compiled, or numba is missing.

    Examples
    --------
    >>> on_first_compiling(lambda: None)  # the command line tells that this takes a while, once
    """
    if _njit is None:
        return
    events = importlib.import_module("numba.core.event")
    left = [tell]
    methods = {"on_start": lambda *_: left and left.pop()(), "on_end": lambda *_: None}
    events.register("numba:compile", type("FirstCompiling", (events.Listener,), methods)())
