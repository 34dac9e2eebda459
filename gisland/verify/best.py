"""Plans of components that share scraps, chains and caps, against the best by another search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.base.rule import CENTS
from gisland.verify.caps import cents, most_scraps, rooms, step_cents
from gisland.verify.decisions import open_pairs, required_ids
from gisland.verify.facts import (
    AREA_M2,
    MM,
    PROVED,
    Facts,
    Violation,
    links_of,
    violations,
)
from gisland.verify.search import Part, Value, best, value

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PAIRS = 60  # of a component that is searched
MOST_WORK = 60_000  # plans of one component
ALL_WORK = 400_000  # plans of all of them: some seconds
WHOLE = 4  # numbers of a value; three without the border
_Row = tuple[str, str, int, bool, bool]  # scrap, site, border in mm, adjoins, absorbed


@dataclass(frozen=True)
class Proof:
    """What an independent search found of one component.

    Parameters
    ----------
    sites
        Ids of its sites.
    component
        Its number in the sites table; missing where they have several, or none.
    status
        How the solver is recorded to have ended.
    written, best
        Value of the written plan, and of the best; the best is None where it was not found.
    second
        Value of the best plan that leaves out a pair of the written one; None as above.
    certain
        Whether no contact of its scraps is in doubt.
    """

    sites: tuple[str, ...]
    component: float
    status: str
    written: Value
    best: Value | None
    second: Value | None
    certain: bool = True

    @property
    def proved(self) -> bool:
        """Whether the written plan is the best by every number."""
        return self.best is not None and self.written >= self.best


@dataclass(frozen=True)
class _Numbers:
    """What the search asks about scraps and sites, by their ids, in whole numbers."""

    area: dict[Any, int]
    room: dict[Any, float]
    component: dict[Any, float]
    near: dict[Any, list[str]]
    doubtful: frozenset[tuple[str, str]]
    required: frozenset[str]
    most: float
    by_count: bool


def _numbers(facts: Facts, edges: pd.DataFrame) -> _Numbers:
    step = step_cents(facts)
    drawn = facts.area_m2[facts.area_m2.notna()]
    doubtful = edges[~edges["sure"]]
    return _Numbers(
        area=(cents(drawn, step=step) / step).astype("int64").to_dict(),
        room=(rooms(facts) / step).to_dict(),
        component=facts.drawn["component"].astype("float64").to_dict(),
        near=edges.groupby("focal")["neighbor"].agg(list).to_dict(),
        doubtful=frozenset(zip(doubtful["focal"], doubtful["neighbor"], strict=True)),
        required=frozenset(required_ids(facts)),
        most=most_scraps(facts),
        by_count=facts.choices.objective == "count",
    )


def proofs(facts: Facts, edges: pd.DataFrame) -> list[Proof]:
    """Search the best plan of every component that is small enough.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    edges
        From `scrap_links`.

    Returns
    -------
    list of Proof
        One for every component of the plan's table, the smallest first.

    Examples
    --------
    >>> from gisland.verify.chains import scrap_links
    >>> from gisland.verify.example import example_facts
    >>> proofs(example_facts(), scrap_links(example_facts()))
    []
    """
    work, found = ALL_WORK, []
    status = {r.get("component"): r.get("status") for r in facts.run.get("components", [])}
    known = _numbers(facts, edges)
    for rows in _components(facts, edges):
        part, sites, written = _part(rows, known)
        ends = {(i, n) for i, *_ in rows for n in known.near.get(i, ())} if part.links else set()
        certain = ends.isdisjoint(known.doubtful)
        numbers = {known.component.get(s, np.nan) for s in sites}
        own = numbers.pop() if len(numbers) == 1 else np.nan
        top, second = None, None
        if certain and len(rows) <= MOST_PAIRS and work > 0:
            most = min(MOST_WORK, work)
            top, left = best(part, work=most)
            work -= most - max(left, 0)
            if top is not None and any(t >= 0 for t in written):
                most = min(MOST_WORK, max(work, 0))
                second, left = best(part, work=most, without=written)
                work -= most - max(left, 0)
        named = str(status.get(own) or "")
        found.append(Proof(tuple(sites), own, named, value(part, written), top, second, certain))
    return found


def _held(rows: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Rows whose scrap adjoins the site, or others that could be chosen and hold it there."""
    held = links_of(rows) == 0
    keys = pd.MultiIndex.from_frame(rows[["parcel_id", "site_id"]])
    while not held.all():
        inner = rows[held][["parcel_id", "site_id"]]
        beside = edges.merge(inner, left_on="neighbor", right_on="parcel_id")
        more = held | keys.isin(pd.MultiIndex.from_frame(beside[["focal", "site_id"]]))
        if more.equals(held):
            break
        held = more
    return rows[held]


def _components(facts: Facts, edges: pd.DataFrame) -> Iterator[list[_Row]]:
    """Rows of the plan that could be chosen, by component, the fewest rows first."""
    rows = _held(open_pairs(facts).sort_values(["parcel_id", "site_id"]), edges)
    if rows.empty:
        return
    scrap, scraps = pd.factorize(rows["parcel_id"])
    site, sites = pd.factorize(rows["site_id"])
    size = len(scraps) + len(sites)
    ones = np.ones(len(rows), dtype="int8")
    graph = coo_array((ones, (scrap, site + len(scraps))), shape=(size, size))
    label = connected_components(graph, directed=False)[1][scrap]
    mm = (rows["border_m"] * MM).round().astype("int64")
    near, taken = links_of(rows) == 0, rows["verdict"] == "absorbed"
    told = list(zip(rows["parcel_id"], rows["site_id"], mm, near, taken, strict=True))
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    for part in sorted(parts, key=len):
        yield [told[i] for i in part]


def _part(rows: list[_Row], known: _Numbers) -> tuple[Part, list[str], tuple[int, ...]]:
    """A component in whole numbers, its sites, and the written plan: a site per scrap, or -1."""
    scraps = {name: n for n, name in enumerate(dict.fromkeys(i for i, *_ in rows))}
    sites = {name: n for n, name in enumerate(dict.fromkeys(s for _, s, *_ in rows))}
    options: list[list[tuple[int, int]]] = [[] for _ in scraps]
    written = [-1] * len(scraps)
    for scrap, site, mm, _, taken in rows:
        options[scraps[scrap]].append((sites[site], mm))
        if taken:
            written[scraps[scrap]] = sites[site]
    chained = not all(near for *_, near, _ in rows)
    ends = ((i, n) for i in scraps for n in known.near.get(i, ())) if chained else ()
    part = Part(
        options=tuple(tuple(o) for o in options),
        area=tuple(known.area.get(i, 0) for i in scraps),
        required=tuple(i in known.required for i in scraps),
        room=tuple(known.room[s] for s in sites),
        count=(known.most,) * len(sites),
        direct=frozenset((scraps[i], sites[s]) for i, s, _, near, _ in rows if near),
        links=frozenset((scraps[a], scraps[b]) for a, b in ends if b in scraps),
        by_count=known.by_count,
    )
    return part, list(sites), tuple(written)


def check_best(facts: Facts, found: list[Proof]) -> list[Violation]:
    """Hold the written plan and its bound against the best plan of every component searched.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    found
        From `proofs`.

    Returns
    -------
    list of Violation
        ``not_optimal``, ``bound``, ``components``.

    Examples
    --------
    >>> check_best(None, [])
    []
    """
    worse: list[str] = []
    low: list[str] = []
    split: list[str] = []
    if not found:
        return []
    plain = facts.choices.objective == "area" and not required_ids(facts)
    optimal, bound = facts.optimal.to_dict(), facts.drawn["bound_m2"].to_dict()
    step = step_cents(facts)
    for proof in found:
        if np.isnan(proof.component) or proof.best is None:
            split += proof.sites if proof.certain and np.isnan(proof.component) else ()
            continue
        told = WHOLE if proof.status == "optimal" else WHOLE - 1
        slack = len(proof.sites) if told == WHOLE else 0  # of a mm, for the rounding
        reached = (*proof.written[: WHOLE - 1], proof.written[-1] + slack)
        claimed = any(optimal[s] for s in proof.sites)
        if claimed and reached[:told] < proof.best[:told]:
            worse += proof.sites
        area = proof.best[2] * step / CENTS
        meant = plain or claimed  # else it may be of plans with fewer scraps, or required ones
        if meant and not all(bound[s] >= area - AREA_M2 for s in proof.sites):
            low += proof.sites
    text = "sites whose plan is not the best: another search found a better one"
    checked = violations("not_optimal", text, worse)
    text = "bounds below what another search absorbs"
    checked += violations("bound", text, low)
    text = "sites that share eligible scraps without one component"
    return [*checked, *violations("components", text, split)]


def check_statuses(facts: Facts) -> list[Violation]:
    """Hold what sites claim to be optimal against the record of the components.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``status``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_statuses(example_facts())
    []
    """
    records = {r["component"]: r for r in facts.run.get("components", []) if "component" in r}
    status = facts.drawn["component"].map({k: r.get("status") for k, r in records.items()})
    known = status.notna()
    claimed = facts.optimal & known
    wrong = claimed & ~status.isin(PROVED)
    found = violations("status", "optimal by the sites, not by the record", wrong.index[wrong])
    greedy = facts.choices.method == "greedy"
    odd = [k for k, r in records.items() if r.get("status") and (r["status"] == "greedy") != greedy]
    found += violations("status", "components solved by another method than asked for", odd)
    plain = facts.choices.objective == "area" and not required_ids(facts)
    over = [k for k, r in records.items() if _beaten(r, plain=plain)]
    text = "greedy plans that absorb more than the plan or its bound"
    return [*found, *violations("greedy", text, over)]


def _beaten(record: dict[str, Any], *, plain: bool) -> bool:
    """Whether the greedy plan is recorded to absorb more than is possible."""
    greedy, bound, own = (record.get(k) for k in ("greedy_m2", "bound_m2", "absorbed_m2"))
    if greedy is None or bound is None or own is None or not plain:
        return False
    proved = record.get("status") in PROVED
    same = record.get("status") == "greedy" and abs(greedy - own) > AREA_M2
    return bool(greedy > bound + AREA_M2 or (proved and greedy > own + AREA_M2) or same)
