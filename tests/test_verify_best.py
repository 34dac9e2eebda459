"""The independent search for the best plan, and what is made of it."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest

from gisland.verify.best import Proof, check_best, proofs
from gisland.verify.chains import scrap_links
from gisland.verify.search import Part, Value, best, connected, value
from verify_case import Case, codes, facts_of, ids_of, judged, right_case, rule

OFF = dataclasses.replace(rule("scrap.count_cap", 2.0, unit="count", operator="<="), mode="off")


def _random_part(seed: int) -> Part:
    rng = np.random.default_rng(seed)
    scraps, sites = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    options, direct = [], set()
    for scrap in range(scraps):
        own = rng.permutation(sites)[: int(rng.integers(1, sites + 1))]
        options.append(tuple((int(s), int(rng.integers(0, 9))) for s in own))
        direct |= {(scrap, int(s)) for s in own if rng.random() < 0.7}
    links = {(a, b) for a in range(scraps) for b in range(a) if rng.random() < 0.4}
    return Part(
        options=tuple(options),
        area=tuple(int(a) for a in rng.integers(1, 9, scraps)),
        required=tuple(bool(r) for r in rng.random(scraps) < 0.2),
        room=tuple(float(r) for r in rng.choice([4, 9, 15, np.inf], sites)),
        count=tuple(float(c) for c in rng.choice([1, 2, np.inf], sites)),
        direct=frozenset(direct),
        links=frozenset(links | {(b, a) for a, b in links}),
        by_count=bool(rng.random() < 0.5),
    )


def _by_trying_all(part: Part, without: tuple[int, ...] | None = None) -> Value | None:
    found = []
    for plan in product(*([-1, *(s for s, _ in o)] for o in part.options)):
        used = np.zeros(len(part.room))
        many = np.zeros(len(part.room))
        for scrap, site in enumerate(plan):
            if site >= 0:
                used[site] += part.area[scrap]
                many[site] += 1
        kept = without is not None and all(w in (-1, p) for w, p in zip(without, plan, strict=True))
        if (used <= part.room).all() and (many <= part.count).all() and not kept:
            found += [value(part, plan)] if connected(part, plan) else []
    return max(found, default=None)


@pytest.mark.parametrize("seed", range(150))
def test_search_finds_what_trying_all_finds(seed: int) -> None:
    part = _random_part(seed)
    top, left = best(part, work=10_000)
    assert left >= 0
    assert top == _by_trying_all(part)


@pytest.mark.parametrize("seed", range(150))
def test_second_best_leaves_something_out(seed: int) -> None:
    part = _random_part(seed)
    plans = product(*([-1, *(s for s, _ in o)] for o in part.options))
    top = _by_trying_all(part)
    written = next(p for p in plans if value(part, p) == top and connected(part, p))
    if any(s >= 0 for s in written):
        assert best(part, work=10_000, without=written)[0] == _by_trying_all(part, written)


def test_search_gives_up_when_told_to() -> None:
    part = _random_part(3)
    assert best(part, work=1) == (None, -1)


def _proofs(case: Case) -> dict[tuple[str, ...], Proof]:
    facts = facts_of(case)
    return {p.sites: p for p in proofs(facts, scrap_links(facts))}


def _found(case: Case) -> set[str]:
    facts = facts_of(case)
    return ids_of(check_best(facts, proofs(facts, scrap_links(facts))), "not_optimal")


def test_right_plan_is_the_best_by_hand() -> None:
    """S1: c1 and c2, next c2 and c3; S2: d1, next d2 of the same area and border."""
    found = _proofs(right_case())
    assert found[("S1",)].best == (0, 0, 200_000, 100_000)
    assert found[("S1",)].second == (0, 0, 180_000, 90_000)
    assert found[("S2",)].best == found[("S2",)].second == (0, 0, 100_000, 100_000)
    assert all(p.proved for p in found.values())


def _shared(case: Case) -> None:
    """C3 could also go to S2."""
    again = case.tables["plan"]
    again = again[again["parcel_id"] == "c3"].assign(site_id="S2", border_m=5.0)
    case.tables["plan"] = pd.concat([case.tables["plan"], again], ignore_index=True)
    for site in ("S1", "S2"):
        case.set("sites", site, component=1, bound_m2=3000.0)


def test_sites_that_share_a_scrap_are_searched_together() -> None:
    case = right_case()
    _shared(case)
    assert _proofs(case)[("S1", "S2")].best == (0, 0, 300_000, 200_000)
    assert _found(case) == set()
    case.set("plan", "c2", verdict="eligible")  # S1 is written to take c1 only
    assert _found(case) == {"S1", "S2"}
    for site in ("S1", "S2"):
        case.set("sites", site, optimal=False)
    assert _found(case) == set()  # nothing is claimed


def test_sites_that_share_a_scrap_are_one_component() -> None:
    case = right_case()
    _shared(case)
    case.set("sites", "S2", component=2)
    facts = facts_of(case)
    found = check_best(facts, proofs(facts, scrap_links(facts)))
    assert ids_of(found, "components") == {"S1", "S2"}


def test_bound_below_the_best_plan_is_caught_even_if_nothing_is_claimed() -> None:
    case = right_case()
    case.set("plan", "c2", verdict="eligible")
    case.set("sites", "S1", optimal=False, bound_m2=1999.0)
    facts = facts_of(case)
    found = check_best(facts, proofs(facts, scrap_links(facts)))
    assert ids_of(found, "bound") == {"S1"}


@pytest.mark.parametrize(("status", "caught"), [("optimal", {"S2"}), ("optimal_area", set())])
def test_shorter_border_is_caught_where_it_was_proved(status: str, caught: set[str]) -> None:
    """D1 and d2 are as large; d2 would have the longer border."""
    case = right_case()
    case.set("plan", "d2", border_m=120.0)
    case.run["components"][1]["status"] = status
    assert _found(case) == caught


def test_required_scrap_comes_before_area() -> None:
    """C3 with c2 (1800 m²) comes before c1 and c2, once c3 is required."""
    case = right_case()
    case.run["plan"] = {"required": ["c3"]}
    assert _found(case) == set()  # no rule asks for it
    case.rules(rule("scrap.required", value=True))
    assert _found(case) == {"S1"}
    case.run["plan"] = {"decisions": {"c3": "in"}}
    assert _found(case) == {"S1"}


def test_number_of_scraps_comes_before_area_if_it_is_the_objective() -> None:
    """Without a cap on their number c1, c3 and c4 (700 m²) are three, c1 and c2 but two."""
    case = right_case()
    case.rules(OFF)
    facts = facts_of(case)
    area = facts.area_m2.mask(facts.area_m2.index == "c4", 700.0)
    plan = facts.tables["plan"]
    verdict = plan["verdict"].mask(plan["parcel_id"] == "c4", "eligible")
    facts = dataclasses.replace(
        facts, area_m2=area, tables={**facts.tables, "plan": plan.assign(verdict=verdict)}
    )
    edges = scrap_links(facts)
    by_area = {p.sites: p.best for p in proofs(facts, edges)}
    assert by_area[("S1",)] == (0, 0, 210_000, 140_000)  # c1, c3 and c4
    asked = dataclasses.replace(facts.choices, objective="count")
    by_count = {p.sites: p for p in proofs(dataclasses.replace(facts, choices=asked), edges)}
    assert by_count[("S1",)].best == (0, 3, 210_000, 140_000)
    assert by_count[("S1",)].written == (0, 2, 200_000, 100_000)


@pytest.mark.parametrize(
    ("number", "cells", "code"),
    [
        (0, {"status": "time_limit"}, "status"),
        (0, {"status": "greedy"}, "status"),
        (0, {"greedy_m2": 2000.5}, "greedy"),
        (1, {"greedy_m2": 1000.1}, "greedy"),
        (0, {"absorbed_scraps": 3}, "components"),
    ],
)
def test_record_that_contradicts_the_sites_is_caught(
    number: int, cells: dict[str, object], code: str
) -> None:
    case = right_case()
    case.run["components"][number] |= {"greedy_m2": 900.0, "absorbed_scraps": 2 - number}
    assert judged(case) == []
    case.run["components"][number] |= cells
    assert code in codes(judged(case))


def _greedy(case: Case) -> None:
    case.run["plan"] = {"method": "greedy"}
    for number, site in enumerate(("S1", "S2")):
        own = case.run["components"][number]
        own |= {"status": "greedy", "greedy_m2": own["absorbed_m2"], "bound_m2": 2500.0}
        case.set("sites", site, optimal=False, bound_m2=2500.0)


def test_greedy_plan_claims_nothing() -> None:
    case = right_case()
    _greedy(case)
    assert judged(case) == []
    case.set("sites", "S1", optimal=True)
    assert "status" in codes(judged(case))


@pytest.mark.parametrize(
    ("cells", "code"),
    [({"status": "optimal"}, "status"), ({"greedy_m2": 1999.0}, "greedy")],
)
def test_greedy_plan_is_what_it_says(cells: dict[str, object], code: str) -> None:
    case = right_case()
    _greedy(case)
    case.run["components"][0] |= cells
    assert code in codes(judged(case))


def test_greedy_bound_must_be_honest() -> None:
    case = right_case()
    _greedy(case)
    case.set("sites", "S2", bound_m2=999.0)
    assert "S2" in ids_of(judged(case), "bound") or "2" in ids_of(judged(case), "bound")
