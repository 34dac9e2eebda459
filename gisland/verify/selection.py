"""The blocks kept towards a target: the best set by trying, or no better one by sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.rule import CENTS
from gisland.verify.arearows import NAN, TABLE, Row, check_rows
from gisland.verify.facts import AREA_M2, violations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.verify.facts import Facts, Violation

MOST = 15  # candidates of which all sets are tried
PROVED = 1e-9
STEPS = 60  # halvings of the share: far below what doubles can tell apart
SUBJECT, TARGET = "proposed:overall", "parameters.block_target_m2"
AMOUNTS = ("industrial_m2", "classified_m2")


def check_selection(facts: Facts, candidates: pd.DataFrame) -> list[Violation]:
    """Hold the kept blocks against the target, and against other sets of candidates.

    Areas along the edges of parcels are not written where blocks reach to the middle of
    corridors: then they lie between that of the members and that of the block. Of up to 15
    candidates every set is tried, of more those that a fractional choice rounds to.

    Parameters
    ----------
    facts
        From `gather`.
    candidates
        ``block_candidates`` by block id, with ``least_m2`` and ``most_m2`` that an area along the
        edges may be.

    Returns
    -------
    list of Violation
        ``selection_kept``, ``selection_best``, ``selection_bound`` and those of verdicts.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> none = pd.DataFrame({"kept": [True]}, index=["B01"])
    >>> check_selection(example_facts(), none)  # without a target all are kept
    []
    """
    target, kept = facts.parameters.block_target_m2, candidates["kept"].astype(bool)
    if not target:
        text = "candidates are not kept, though there is no target"
        found = violations("selection_kept", text, candidates.index[~kept])
        return [*found, *check_rows(facts, [], topic="delineation")]
    own = candidates[kept]
    found = []
    reached = own["most_m2"].sum() + AREA_M2 >= target
    if not reached and not kept.all():
        text = "candidates are left out, though the target is missed"
        found += violations("selection_kept", text, candidates.index[~kept])
    used, land = (float(own[name].sum()) for name in AMOUNTS)
    # sets are compared in whole hundredths of a square metre, and that can be seen in a share
    rounded = candidates.assign(**{n: candidates[n].round(2) for n in ("least_m2", *AMOUNTS)})
    over, under = (float(rounded.loc[kept, name].sum()) for name in AMOUNTS)
    share = over / under if under > 0 else NAN
    table = facts.tables.get(TABLE, pd.DataFrame(columns=["topic", "test"]))
    rows = table[table["topic"] == "delineation"].drop_duplicates("test").set_index("test")
    value, bound = (
        _number(rows, *at) for at in (("target_area", "value"), ("selection_share", "limit"))
    )
    if not own["least_m2"].sum() - AREA_M2 <= value <= own["most_m2"].sum() + AREA_M2:
        value = float(own["most_m2"].sum())
    told = [
        Row(SUBJECT, TARGET, value, None, "target_area", target),
        Row(SUBJECT, TARGET, share, (used, land), "selection_share", bound),
    ]
    found += check_rows(facts, told, topic="delineation")
    outcome = "pass" if value + AREA_M2 / 2 >= target else "fail"
    proved = abs(bound - share) <= PROVED
    outcomes = {"target_area": {outcome}}
    outcomes["selection_share"] = {"not_assessed", "pass"} if proved else {"not_assessed"}
    wrong = [f"{SUBJECT} {t}" for t, o in outcomes.items() if t in rows.index]
    wrong = [n for n in wrong if rows["outcome"][n.split(" ")[1]] not in outcomes[n.split(" ")[1]]]
    text = "outcomes of delineation do not follow from value and limit"
    found += violations("area_verdict_outcome", text, wrong)
    best = best_share(rounded, target_m2=target) if reached else NAN
    if "selection_share" in rows.index and rows["outcome"]["selection_share"] == "pass":
        text = "another set of candidates has a higher industrial share than"
        found += violations("selection_best", text, own.index if best > share + PROVED else [])
    low = max(v for v in (share, best, -1.0) if not np.isnan(v))
    if low > bound + PROVED:
        text = "the bound is below the share of a set of candidates"
        found += violations("selection_bound", text, [f"{SUBJECT} selection_share"])
    return found


def _number(rows: pd.DataFrame, test: str, column: str) -> float:
    return float(rows[column][test]) if test in rows.index else NAN


def _cents(areas_m2: pd.Series) -> NDArray[np.float64]:
    """Areas in whole hundredths of a square metre: as such they count where sets are compared."""
    return (areas_m2.to_numpy("float64") * CENTS).round()


def best_share(candidates: pd.DataFrame, *, target_m2: float) -> float:
    """Highest industrial share that was found of sets that surely reach an area.

    Parameters
    ----------
    candidates
        ``least_m2``, ``industrial_m2``, ``classified_m2`` by block id.
    target_m2
        Area that the set has at least.

    Returns
    -------
    float
        The highest of all sets of up to 15 candidates; of more, of those that the fractional
        choice of the highest share rounds up to. Missing where no set reaches the area.

    Examples
    --------
    >>> blocks = {"least_m2": [60.0, 50.0, 50.0], "industrial_m2": [30.0, 40.0, 45.0]}
    >>> blocks = pd.DataFrame(blocks | {"classified_m2": [60.0, 50.0, 50.0]})
    >>> best_share(blocks, target_m2=100.0), best_share(blocks, target_m2=110.0)
    (0.85, 0.71875)
    """
    area = candidates["least_m2"].to_numpy("float64")
    used, land = (_cents(candidates[name]) for name in AMOUNTS)
    sets = _all_sets(len(area)) if len(area) <= MOST else _rounded(area, used, land, target_m2)
    enough = (sets @ area >= target_m2) & (sets @ land > 0)
    shares = (sets[enough] @ used) / (sets[enough] @ land)
    return float(shares.max()) if len(shares) else NAN


def _all_sets(count: int) -> NDArray[np.bool_]:
    return (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)


def _rounded(  # noqa: PLR0917 - one row of numbers each
    area: np.ndarray, used: np.ndarray, land: np.ndarray, target_m2: float
) -> NDArray[np.bool_]:
    """Sets that fractional choices round up to, for shares around the best one.

    With a share at hand, what a block has beyond it is its worth: all of positive worth are
    taken, then by rising loss per area until the target is reached.
    """
    low, high = 0.0, 1.0
    sets = []
    for _ in range(STEPS):
        share = (low + high) / 2
        worth = used - share * land
        order = np.lexsort((np.arange(len(area)), -worth / area))
        before = np.cumsum(area[order]) - area[order]
        taken = (worth[order] >= 0) | (before < target_m2)
        chosen = np.zeros(len(area), dtype=bool)
        chosen[order[taken]] = True
        sets.append(chosen)
        part = np.clip((target_m2 - before) / area[order], 0, 1)
        part = np.where(worth[order] >= 0, 1.0, part)
        low, high = (share, high) if (part * worth[order]).sum() >= 0 else (low, share)
    return np.array(sets)
