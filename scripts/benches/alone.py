"""Work in a process of its own: its peak memory, and its first call with nothing compiled."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
CACHE = "NUMBA_CACHE_DIR"


def alone(work: Callable[..., Any], *arguments: object, uncompiled: bool = False) -> Any:  # noqa: ANN401 - whatever the work returns
    """Result of work in a new process; with an empty cache of compiled loops, if wanted."""
    spawn = multiprocessing.get_context("spawn")
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory() as empty:
        if uncompiled:
            os.environ[CACHE] = empty
        try:
            with ProcessPoolExecutor(1, mp_context=spawn) as process:
                return process.submit(work, *arguments).result()
        finally:
            os.environ.pop(CACHE, None)
            if before is not None:
                os.environ[CACHE] = before


def seconds(work: Callable[..., Any], *arguments: object) -> tuple[float, Any]:
    """Wall time of one call, and what it returned."""
    began = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - began, result


def above_mb(work: Callable[..., object], *arguments: object) -> float | None:
    """Most memory while the work was done, above what was held before, in MiB."""
    _give_back()
    if not CLEAR.exists():
        return None  # only Linux tells
    CLEAR.write_text(RESET_PEAK, "ascii")
    before = _status_mb("VmRSS")
    kept = work(*arguments)
    peak = _status_mb("VmHWM") - before
    del kept
    return peak


def peak_mb() -> float | None:
    """Most memory that this process has held since it began, in MiB."""
    return _status_mb("VmHWM") if STATUS.exists() else None


def _status_mb(key: str) -> float:
    lines = STATUS.read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) / 1024


def _give_back() -> None:
    """Hand freed memory back to the system, so that it does not hide what is taken later."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
