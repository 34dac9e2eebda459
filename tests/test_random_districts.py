"""Random districts: what was planted is found with its numbers, and nothing else is."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from districts import planned
from random_answers import differences
from random_cases import CASES
from random_districts import District, district, rules

if TYPE_CHECKING:
    from gisland.base.result import Result

SEEDS = 200
TOGETHER = 5  # districts side by side in one run: most of its time is spent whatever their number
APART_M = 5000.0


@lru_cache(maxsize=1)
def run_of(batch: int, *, noise: str = "hairlines") -> tuple[list[District], Result]:
    """Districts side by side, and what a run finds in them."""
    seeds = range(batch * TOGETHER, (batch + 1) * TOGETHER)
    drawn = [
        district(seed, noise=noise, offset_m=(n * APART_M, 0.0)) for n, seed in enumerate(seeds)
    ]
    return drawn, planned(pd.concat([d.parcels for d in drawn]), rules())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_planted_is_found_and_nothing_else(seed: int) -> None:
    drawn, result = run_of(seed // TOGETHER)
    wrong = differences(drawn[seed % TOGETHER], result)
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("seed", range(4 * TOGETHER))
def test_without_noise_the_same_is_found(seed: int) -> None:
    drawn, result = run_of(seed // TOGETHER, noise="none")
    wrong = differences(drawn[seed % TOGETHER], result)
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_case_is_planted_many_times() -> None:
    planted: Counter[str] = Counter()
    for seed in range(SEEDS):
        truth = district(seed).truth
        planted.update({name.split()[0] for name in truth.case.values()})
    assert min(planted.values()) >= 15, planted
    assert len(planted) >= len(CASES)
