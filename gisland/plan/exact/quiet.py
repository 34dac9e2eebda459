"""Keep the solver's own words off standard output.

HiGHS 1.12, which SciPy 1.17 carries, prints a debugging line past its own output switch
(ERGO-Code/HiGHS issue 2783). It goes out through C, so it must be held back at the descriptor.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDOUT = 1
_ONE_AT_A_TIME = threading.RLock()  # the descriptor belongs to the whole process


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Drop whatever the process writes to standard output inside the block.

    Examples
    --------
    >>> import os
    >>> with quiet_stdout():
    ...     _ = os.write(1, b"not seen")
    """
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(_STDOUT)
        except OSError:  # no standard output at all, as under some servers
            yield
            return
        _flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _STDOUT)
            yield
            _flush()
        finally:
            os.dup2(kept, _STDOUT)
            os.close(nowhere)
            os.close(kept)


def _flush() -> None:
    """Empty Python's and C's buffers, so that nothing written before or after is lost."""
    with suppress(ValueError, OSError, AttributeError):
        sys.stdout.flush()
    with suppress(OSError, AttributeError):
        library = ctypes.cdll.ucrtbase if os.name == "nt" else ctypes.CDLL(None)
        library.fflush(None)
