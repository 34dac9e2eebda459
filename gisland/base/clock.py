"""How long each stage of a run takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds of each stage, told to the caller as it begins.

    Parameters
    ----------
    progress
        Called with the name of each stage.

    Attributes
    ----------
    seconds
        By stage, in order.

    Examples
    --------
    >>> clock = Clock(print)
    >>> clock.start("plan")
    plan
    >>> clock.stop()
    >>> list(clock.seconds)
    ['plan']
    """

    def __init__(self, progress: Callable[[str], None] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._stage = ""
        self._began = 0.0

    def start(self, stage: str) -> None:
        """End the stage under way, and begin another.

        Parameters
        ----------
        stage
            Its name.

        Examples
        --------
        >>> Clock().start("plan")
        """
        self.stop()
        self._stage, self._began = stage, time.perf_counter()
        if self._progress:
            self._progress(stage)

    def stop(self) -> None:
        """End the stage under way.

        Examples
        --------
        >>> Clock().stop()
        """
        if self._stage:
            self.seconds[self._stage] = round(time.perf_counter() - self._began, 3)
            self._stage = ""  # what follows belongs to no stage
