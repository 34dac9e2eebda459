"""The blocks to keep: of those that reach an area together, the set of highest industrial share.

The share is a ratio of sums. It is made largest by Dinkelbach's iteration (On nonlinear fractional
programming, Management Science 13, 1967): with a share at hand, every block is worth what it has
of industrial land beyond that share; the set of largest worth either has a higher share, or proves
that there is none. Each step leaves out the blocks of negative worth as far as the area allows.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import ProjectError, TableError
from gisland.base.guards import require_columns
from gisland.base.rule import CENTS
from gisland.base.schema import require_ids
from gisland.control.delineation.covering import most_left_out

if TYPE_CHECKING:
    from collections.abc import Iterable

OPTIMAL, TIME_LIMIT = "optimal", "time_limit"
AREAS = ("area_m2", "classified_m2", "industrial_m2")


@dataclass(frozen=True)
class Selection:
    """Which blocks are kept, the share they have, and what is proved of it.

    Parameters
    ----------
    kept
        Bool by block id, in the order of the candidates.
    share
        Industrial land of the kept blocks over their classified land; missing if none is
        classified.
    bound
        No set of blocks that reaches the target has a higher share than this.
    status
        ``optimal``, or ``time_limit`` if the best set found is not proved to be the one chosen by
        share, area and ids.
    """

    kept: pd.Series
    share: float
    bound: float
    status: str


@dataclass(frozen=True)
class _Blocks:
    """Candidates by rising id, in hundredths of a square metre."""

    area: list[int]
    classified: list[int]
    industrial: list[int]
    target: int

    def share(self, kept: Iterable[int]) -> Fraction | None:
        chosen = list(kept)
        below = sum(self.classified[k] for k in chosen)
        return Fraction(sum(self.industrial[k] for k in chosen), below) if below else None

    def worth(self, share: Fraction) -> list[int]:
        """Industrial land of each beyond a share of its classified land, in whole numbers."""
        over, under = share.numerator, share.denominator
        pairs = zip(self.industrial, self.classified, strict=True)
        return [under * industrial - over * classified for industrial, classified in pairs]


def choose_blocks(candidates: pd.DataFrame, *, target_m2: float, seconds: float) -> Selection:
    """Keep the set of blocks of the highest industrial share among those that reach an area.

    Areas count in whole hundredths of a square metre, so that shares are compared exactly. Among
    sets of the same share the one of the larger area is kept, then the one whose sorted ids come
    first. A block without classified land changes no share and adds area, so it is kept; a set
    without any has no share and comes last.

    Parameters
    ----------
    candidates
        Indexed by block id, with ``area_m2`` (above 0), ``classified_m2`` and ``industrial_m2``
        (of the classified land), all known.
    target_m2
        Area that the kept blocks have together at least; 0: all are kept, as they are if all
        together miss it.
    seconds
        Time limit.

    Returns
    -------
    Selection
        What is kept, and the proved bound of the share.

    Raises
    ------
    TableError
        If ids are missing or repeated, or areas are missing or impossible; lists the blocks.
    ProjectError
        If the target is not a number of 0 or more.

    Examples
    --------
    >>> blocks = pd.DataFrame(
    ...     {
    ...         "area_m2": [60.0, 50.0, 50.0],
    ...         "classified_m2": [60.0, 50.0, 50.0],
    ...         "industrial_m2": [30.0, 40.0, 45.0],
    ...     },
    ...     index=pd.Index(["B01", "B02", "B03"], name="block_id"),
    ... )
    >>> found = choose_blocks(blocks, target_m2=100.0, seconds=5.0)
    >>> found.kept.tolist(), found.share, found.bound, found.status
    ([False, True, True], 0.85, 0.85, 'optimal')
    """
    ordered = _required(candidates, target_m2=target_m2).sort_index()
    area, classified, industrial = (_cents(ordered[name]) for name in AREAS)
    blocks = _Blocks(area, classified, industrial, target=round(target_m2 * CENTS))
    everything = frozenset(range(len(ordered)))
    whole = blocks.share(everything)
    if blocks.target == 0 or sum(blocks.area) < blocks.target or whole is None:
        only = math.nan if whole is None else float(whole)
        return Selection(_flags(candidates, ordered.index), only, only, OPTIMAL)
    kept, settled = _highest(blocks, until=time.monotonic() + seconds)
    share = blocks.share(kept) or Fraction(0)
    flags = _flags(candidates, ordered.index[sorted(kept)])
    if settled:
        return Selection(flags, float(share), float(share), OPTIMAL)
    return Selection(flags, float(share), float(max(share, _bound(blocks))), TIME_LIMIT)


def _required(candidates: pd.DataFrame, *, target_m2: float) -> pd.DataFrame:
    """The candidates, if every number can be reckoned with."""
    if not (math.isfinite(target_m2) and target_m2 >= 0):
        raise ProjectError(f"block_target_m2 is {target_m2!r}", do="give a number of 0 or more")
    require_ids(candidates, what="block candidates")
    require_columns(candidates, list(AREAS), what="block candidates")
    areas = candidates[list(AREAS)].astype("float64")
    cells = areas.to_numpy()
    known = (np.isfinite(cells) & (cells >= 0)).all(axis=1)
    # a hundredth may come from rounding
    more = (areas["industrial_m2"] - areas["classified_m2"]).round(2) > 1 / CENTS
    faulty = ~known | (more | (areas["area_m2"].round(2) <= 0)).to_numpy()
    if faulty.any():
        raise TableError(
            "block candidates: area is missing or not above 0, or classified or industrial land"
            " is missing, negative, or more industrial than classified",
            do="measure the blocks anew",
            ids=sorted(candidates.index[faulty], key=str),
        )
    return areas


def _cents(areas_m2: pd.Series) -> list[int]:
    return [round(value * CENTS) for value in areas_m2.tolist()]


def _flags(candidates: pd.DataFrame, kept: pd.Index) -> pd.Series:
    return pd.Series(candidates.index.isin(kept), index=candidates.index, name="kept")


def _highest(blocks: _Blocks, *, until: float) -> tuple[frozenset[int], bool]:
    """The set to keep, and whether it is proved."""
    kept = frozenset(range(len(blocks.area)))
    while True:
        share = blocks.share(kept) or Fraction(0)
        found, settled = _best_beyond(blocks, share, until=until)
        worth = blocks.worth(share)
        if sum(worth[k] for k in found) <= 0:
            # nothing is better: by ties, the one found if that is settled
            return (found, True) if settled else (kept, False)
        kept = found
        if not settled and time.monotonic() > until:
            return kept, False


def _best_beyond(blocks: _Blocks, share: Fraction, *, until: float) -> tuple[frozenset[int], bool]:
    """The set of the largest worth at a share; ties by area and ids."""
    worth = blocks.worth(share)
    below = [k for k, value in enumerate(worth) if value < 0]
    found = most_left_out(
        [-worth[k] for k in below],
        [blocks.area[k] for k in below],
        room=sum(blocks.area) - blocks.target,
        until=until,
    )
    out = {below[k] for k in found.chosen}
    return frozenset(range(len(worth))) - out, found.settled


def _bound(blocks: _Blocks) -> Fraction:
    """Highest share if a part of a block might be kept: no whole blocks have a higher one."""
    share = blocks.share(range(len(blocks.area))) or Fraction(0)
    while True:
        worth = blocks.worth(share)
        below = [k for k, value in enumerate(worth) if value < 0]
        below.sort(key=lambda k: Fraction(-worth[k], blocks.area[k]), reverse=True)
        part = dict.fromkeys(range(len(worth)), Fraction(1))
        room = sum(blocks.area) - blocks.target
        for k in below:
            out = min(room, blocks.area[k])
            part[k] -= Fraction(out, blocks.area[k])
            room -= out
        higher = _share_of(blocks, part) or share
        if higher <= share:
            return share
        share = higher


def _share_of(blocks: _Blocks, part: dict[int, Fraction]) -> Fraction | None:
    below = sum((blocks.classified[k] * part[k] for k in part), Fraction(0))
    above = sum((blocks.industrial[k] * part[k] for k in part), Fraction(0))
    return above / below if below else None
