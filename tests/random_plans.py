"""Small random components of scraps and sites, and their best plan by looking at all plans."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from gisland.plan.exact.assign import Assignment, assign

if TYPE_CHECKING:
    from collections.abc import Iterator

Plan = frozenset[tuple[str, str]]
MOST_PAIRS = 12


@dataclass(frozen=True)
class Case:
    """What the plan is asked."""

    pairs: pd.DataFrame
    budgets: pd.DataFrame
    links: pd.DataFrame | None
    required: tuple[str, ...]
    objective: str

    def planned(self, *, seconds: float = 60.0, method: str = "exact") -> Assignment:
        return assign(
            self.pairs,
            self.budgets,
            seconds=seconds,
            links=self.links,
            required=self.required,
            objective=self.objective,
            method=method,
        )

    def relabelled(self, scraps: dict[str, str], sites: dict[str, str]) -> Case:
        new = {"parcel_id": self.pairs["parcel_id"].map(scraps)}
        links = self.links
        if links is not None:
            ends = {c: links[c].map(lambda i: scraps.get(i, i)) for c in ("focal", "neighbor")}
            links = links.assign(**ends)
        return replace(
            self,
            pairs=self.pairs.assign(**new, site_id=self.pairs["site_id"].map(sites)),
            budgets=self.budgets.rename(index=sites),
            links=links,
            required=tuple(scraps.get(i, i) for i in self.required),
        )

    def shuffled(self, seed: int) -> Case:
        links = None if self.links is None else self.links.sample(frac=1, random_state=seed)
        return replace(
            self,
            pairs=self.pairs.sample(frac=1, random_state=seed),
            budgets=self.budgets.iloc[::-1],
            links=links,
            required=self.required[::-1],
        )


def case(
    pairs: list[tuple[str, str, int, float, int]],
    budget: dict[str, int],
    *,
    links: str = "",
    required: tuple[str, ...] = (),
    objective: str = "area",
    count: dict[str, int] | None = None,
) -> Case:
    """Case from rows of scrap, site, area, border and links; links are written ``ab bc``."""
    ends = [(a, b) for a, b in links.split()]
    both = [*ends, *((b, a) for a, b in ends)]
    return Case(
        pd.DataFrame(pairs, columns=["parcel_id", "site_id", "area_cents", "border_m", "links"]),
        pd.DataFrame(
            {"area_cents": budget, "count": {s: (count or {}).get(s, -1) for s in budget}}
        ),
        pd.DataFrame(both, columns=["focal", "neighbor"]).assign(border_m=9.0),
        required,
        objective,
    )


def made(seed: int, *, chains: bool | None = None, prefix: str = "") -> Case:
    """A random component of up to 12 pairs: sizes, budgets, ties and tasks of every kind."""
    rng = np.random.default_rng(seed)
    chains = bool(rng.random() < 0.6) if chains is None else chains
    scraps, sites = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    top = int(rng.choice([3, 12, 2_000, 30_000_000]))
    longest = int(rng.choice([2, 5, 90_000]))
    area = rng.integers(1, top, scraps)
    near = [(c, s) for c in range(scraps) for s in range(sites) if rng.random() < 0.6]
    near = sorted(rng.permutation(near or [(0, 0)])[:MOST_PAIRS].tolist())
    chained = rng.random(len(near)) < (0.5 if chains else 0.0)
    table = pd.DataFrame(
        {
            "parcel_id": [f"{prefix}c{c}" for c, _ in near],
            "site_id": [f"{prefix}S{s}" for _, s in near],
            "area_cents": [int(area[c]) for c, _ in near],
            "border_m": np.where(chained, 0, rng.integers(1, longest + 1, len(near))) / 10,
        }
    )
    ends = [
        (f"{prefix}c{a}", f"{prefix}c{b}")
        for a, b in itertools.combinations(range(scraps), 2)
        if rng.random() < 0.4
    ]
    both = [*ends, *((b, a) for a, b in ends)]
    whole = int(area.sum())
    budget = rng.integers(0, int(rng.choice([1, 2])) * whole // sites + 2, sites)
    return Case(
        table.assign(links=np.where(chained, 1, 0)) if chains else table,
        pd.DataFrame(
            {
                "area_cents": np.where(rng.random(sites) < 0.2, -1, budget),
                "count": np.where(rng.random(sites) < 0.3, rng.integers(0, 4, sites), -1),
            },
            index=[f"{prefix}S{s}" for s in range(sites)],
        ),
        pd.DataFrame(both, columns=["focal", "neighbor"]).assign(border_m=5.0) if chains else None,
        tuple(f"{prefix}c{c}" for c in range(scraps) if rng.random() < 0.4)
        if rng.random() < 0.5
        else (),
        str(rng.choice(["area", "count"])),
    )


def held(case: Case, plan: Plan) -> bool:
    """Whether every site holds all its scraps together, by a graph of its own."""
    direct = case.pairs
    if "links" in direct:
        direct = direct[direct["links"] == 0]
    adjoins = set(zip(direct["parcel_id"], direct["site_id"], strict=True))
    for site in {s for _, s in plan}:
        mine = {c for c, s in plan if s == site}
        graph = nx.Graph()
        graph.add_nodes_from(["the site", *mine])
        graph.add_edges_from(("the site", c) for c in mine if (c, site) in adjoins)
        if case.links is not None:
            ends = zip(case.links["focal"], case.links["neighbor"], strict=True)
            graph.add_edges_from((a, b) for a, b in ends if a in mine and b in mine)
        if not nx.is_connected(graph):
            return False
    return True


def plans(case: Case) -> Iterator[Plan]:
    """Every plan that keeps the limits, the best first."""
    rows = case.pairs.sort_values(["parcel_id", "site_id"], ignore_index=True)
    ways = [[-1, *group] for group in rows.groupby("parcel_id").indices.values()]
    every = np.zeros((int(np.prod([len(way) for way in ways])), len(rows) + 1), dtype=bool)
    picks = np.array(list(itertools.product(*ways)))
    every[np.arange(len(picks))[:, None], picks] = True
    every = every[:, :-1]
    for site, limit in case.budgets.iterrows():
        mine = every[:, rows["site_id"] == site]
        area = mine @ rows["area_cents"][rows["site_id"] == site].to_numpy()
        over = (limit["area_cents"] >= 0) & (area > limit["area_cents"])
        many = (limit["count"] >= 0) & (mine.sum(axis=1) > limit["count"])
        every = every[~over & ~many]
    needed = rows["parcel_id"].isin(case.required).to_numpy()
    border = (rows["border_m"] * 1000).round().astype("int64").to_numpy()
    number = every.sum(axis=1) * (case.objective == "count")
    worth = [every @ needed.astype(int), number, every @ rows["area_cents"].to_numpy()]
    worth += [every @ border, *every.T.astype(int)]
    keys = list(zip(rows["parcel_id"], rows["site_id"], strict=True))
    for k in np.lexsort([-w for w in reversed(worth)]):
        plan = frozenset(itertools.compress(keys, every[k]))
        if held(case, plan):
            yield plan


def best(case: Case) -> Plan:
    """The best plan."""
    return next(plans(case))


def taken(case: Case, chosen: pd.Series) -> Plan:
    rows = case.pairs[chosen]
    return frozenset(zip(rows["parcel_id"], rows["site_id"], strict=True))
