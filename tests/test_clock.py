"""The seconds of each stage are those between its begin and its end."""

from __future__ import annotations

import pytest

from gisland.base import clock as module
from gisland.base.clock import Clock


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


def test_stages_follow_each_other(tick: list[float]) -> None:
    told: list[str] = []
    clock = Clock(told.append)
    clock.start("plan")
    tick[0] = 2.0
    clock.start("merge")
    tick[0] = 5.0
    clock.stop()
    assert (told, clock.seconds) == (["plan", "merge"], {"plan": 2.0, "merge": 3.0})


def test_time_after_a_stop_belongs_to_no_stage(tick: list[float]) -> None:
    clock = Clock()
    clock.start("plan")
    tick[0] = 2.0
    clock.stop()
    tick[0] = 9.0
    clock.stop()
    clock.start("merge")
    tick[0] = 10.0
    clock.stop()
    assert clock.seconds == {"plan": 2.0, "merge": 1.0}
