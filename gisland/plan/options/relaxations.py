"""What may be asked of the rules: one limit raised, or one rule left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned
from gisland.plan.caps import AREA_BUDGETS, SHARE_CAP, UNLIMITED
from gisland.plan.case import PlanCase, open_pairs
from gisland.plan.eligible.eligibility import ADJACENT
from gisland.plan.outcome import site_budgets

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

AREA_CAP, COUNT_CAP = "scrap.area_cap", "scrap.count_cap"
BUDGETS = (*AREA_BUDGETS, COUNT_CAP)  # what `site_budgets` rests on
CAPS = (*BUDGETS, AREA_CAP)
SHARES_MORE = (0.02, 0.05)
TIMES = 1.5  # areas
COUNT_MORE = 1
_LIMIT_DECIMALS = 6  # 0.1 + 0.02 is 0.12


@dataclass(frozen=True)
class Relaxation:
    """One rule with a higher limit, or left out.

    Parameters
    ----------
    constraint
        Test or cap, such as ``share_cap``.
    limit
        The higher limit; NaN without the rule.
    rule
        The rule as relaxed.
    """

    constraint: str
    limit: float
    rule: Rule


def relaxations(case: PlanCase) -> list[Relaxation]:
    """Relaxations that could change the plan.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    list of Relaxation
        Of the caps in mode ``on``: the share cap 2 and 5 percent points higher, the caps on areas
        half as much again, one scrap more, and without each. Of every other test in mode ``on``
        that some pair does not pass: without it. A scrap that does not touch its site is never
        absorbed, so ``adjacent`` is none of them.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> case = PlanCase(None, together([]), None, load_rules("tianjin-2024"), PlanChoices(), 1.0)
    >>> [(r.constraint, r.limit) for r in relaxations(case)]
    [('share_cap', 0.12), ('share_cap', 0.15), ('share_cap', nan)]
    """
    caps = [case.rules[i] for i in CAPS]
    known = [r for rule in caps if rule.mode == "on" for r in _of_cap(rule)]
    rows = _not_passed(case.verdicts)
    rows = rows[(rows["mode"] == "on") & ~rows["rule_id"].isin([*CAPS, ADJACENT])]
    tests = rows.drop_duplicates("test").sort_values("test")
    return known + [
        _without(test, case.rules[i])
        for test, i in zip(tests["test"], tests["rule_id"], strict=True)
    ]


def _of_cap(rule: Rule) -> list[Relaxation]:
    name = rule.id.removeprefix("scrap.")
    if rule.id == SHARE_CAP:
        limits = [rule.limit + more for more in SHARES_MORE]
    else:
        limits = [rule.limit + COUNT_MORE if rule.id == COUNT_CAP else rule.limit * TIMES]
    raised = [round(limit, _LIMIT_DECIMALS) for limit in limits]
    return [
        *(Relaxation(name, limit, replace(rule, value=limit)) for limit in raised),
        _without(name, rule),
    ]


def _without(name: str, rule: Rule) -> Relaxation:
    return Relaxation(name, float("nan"), replace(rule, mode="off"))


def in_force(case: PlanCase) -> PlanCase:
    """The case with its eligible pairs only, whose tests need not be looked at again.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    PlanCase
        Has the same plan.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["a", "b"], "site_id": "S", "area_m2": [9.0, 8.0], "border_m": 3.0}
    ... )
    >>> rules, choices = load_rules("tianjin-2024"), PlanChoices(decisions={"b": "out"})
    >>> case = PlanCase(pair, together([]), None, rules, choices, 1.0)
    >>> in_force(case).pairs["parcel_id"].tolist()
    ['a']
    """
    return replace(case, pairs=case.pairs.loc[open_pairs(case).index], verdicts=case.verdicts[:0])


def under(case: PlanCase, *rules: Rule, sites: pd.DataFrame) -> PlanCase:
    """The case with some rules changed.

    Parameters
    ----------
    case
        The case in force.
    *rules
        Rules on scraps, to hold instead of those of the same ids. The caps are applied anew; of
        any other rule it is only looked at whether it is off.
    sites
        By site id: ``area_m2``, ``boundary_area_m2``.

    Returns
    -------
    PlanCase
        With those of the considered pairs that pass their tests then, which need not be looked at
        again.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["a", "b"], "site_id": "S", "area_m2": [900.0, 1500.0], "border_m": 3.0}
    ... )
    >>> site = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [float("nan")]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> case = PlanCase(pair, together([]), None, rules, PlanChoices(), 1.0)
    >>> for cap in (0.1, 0.2):
    ...     then = under(case, replace(rules["scrap.share_cap"], value=cap), sites=site)
    ...     print(then.budgets.loc["S", "area_cents"], then.pairs["parcel_id"].tolist())
    100000 ['a']
    225000 ['a', 'b']
    """
    ids = {rule.id for rule in rules}
    changed = with_rules(case.rules, *rules)
    budgets = case.budgets if ids.isdisjoint(BUDGETS) else site_budgets(sites, rules=changed)
    open_ = _passing(case, changed, ids)
    if AREA_CAP in ids and changed[AREA_CAP].mode == "on":
        holds = changed[AREA_CAP].holds(case.pairs["area_m2"])
        open_ &= holds.fillna(value=False).to_numpy(dtype=bool)
    then = replace(
        case,
        pairs=case.pairs[open_],
        verdicts=case.verdicts[:0],
        rules=changed,
        budgets=budgets,
    )
    return then if ids.isdisjoint(AREA_BUDGETS) else _fitting(then)


def with_rules(rules: RuleSet, *changed: Rule) -> RuleSet:
    """Rule set with some rules changed.

    Parameters
    ----------
    rules
        The rule set.
    *changed
        Rules to hold instead of those of the same ids.

    Returns
    -------
    RuleSet
        Otherwise the same.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> rules = load_rules("tianjin-2024")
    >>> with_rules(rules, replace(rules[SHARE_CAP], value=0.2))[SHARE_CAP].limit
    0.2
    """
    return replace(rules, rules={**rules.rules, **{rule.id: rule for rule in changed}})


def _not_passed(verdicts: pd.DataFrame) -> pd.DataFrame:
    return verdicts[verdicts["outcome"].isin(["fail", "missing"])]


def _passing(case: PlanCase, rules: RuleSet, changed: Collection[str]) -> np.ndarray:
    """Pairs that pass all tests but those of the changed rules, and lack no value for these."""
    rows = _not_passed(case.verdicts)
    anew = rows["rule_id"].isin(changed)
    on = [i for i in changed if rules[i].mode == "on"]
    # what is not known does not become known by another limit
    unknown = rows["rule_id"].isin(on) & (rows["outcome"] == "missing")
    barred = rows[((rows["mode"] == "on") & ~anew) | unknown]
    keys = pd.MultiIndex.from_frame(case.pairs[["parcel_id", "site_id"]])
    return ~keys.isin(pd.MultiIndex.from_frame(barred[["parcel_id", "subject"]]))


def _fitting(then: PlanCase) -> PlanCase:
    """Leave out scraps that alone are more than their site may absorb."""
    own = open_pairs(then)
    most = aligned(then.budgets["area_cents"], pd.Index(own["site_id"])).to_numpy("int64")
    fits = (own["area_cents"].to_numpy() <= most) | (most == UNLIMITED)
    return replace(then, pairs=then.pairs.loc[own.index[fits]])
