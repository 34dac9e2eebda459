"""Every cap over the denominator that its rule names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.rule import CENTS
from gisland.base.rulespecs import DENOMINATORS
from gisland.verify.facts import Facts, Violation, differs, sums, violations

if TYPE_CHECKING:
    from gisland.base.rule import Rule

SHARE = 1e-6


def denominators(facts: Facts, scrap_m2: pd.Series) -> pd.DataFrame:
    """Area of each denominator per site, from geometry.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    scrap_m2
        Scrap area by site id.

    Returns
    -------
    pandas.DataFrame
        Columns ``including``, ``excluding``, ``boundary``, in m², by site id; the boundary's is
        missing where no project boundary holds half of the site.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> denominators(example_facts(), pd.Series([500.0], index=["S1"])).loc["S1"].tolist()
    [2000.0, 1500.0, nan]
    """
    before = sums(facts.area_m2, facts.members, over=facts.drawn.index)
    return pd.DataFrame(
        {"including": before + scrap_m2, "excluding": before, "boundary": facts.boundary_m2}
    )


def budget_m2(rule: Rule, base: pd.DataFrame) -> pd.Series:
    """Largest scrap area that each site may absorb.

    Over the denominator ``including``, S / (A + S) <= p is S <= A p / (1 - p).

    Parameters
    ----------
    rule
        ``scrap.share_cap``.
    base
        From `denominators`; ``excluding`` is the site's own area.

    Returns
    -------
    pandas.Series
        Square metres; infinite for a cap of 1 over ``including``.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> base = pd.DataFrame({"including": [9500.0], "excluding": [9000.0], "boundary": [None]})
    >>> budget_m2(load_rules("tianjin-2024")["scrap.share_cap"], base).round(6).item()
    1000.0
    """
    if rule.denominator != "including":
        return (base[rule.denominator] * rule.limit).astype("float64")
    open_end = rule.limit >= 1
    factor = np.inf if open_end else rule.limit / (1 - rule.limit)
    return base["excluding"] * factor


def budgets(facts: Facts, rule: Rule) -> pd.Series:
    """Largest scrap area that each site may absorb, whatever it absorbs now.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    rule
        ``scrap.share_cap``.

    Returns
    -------
    pandas.Series
        As from `budget_m2`, by site id.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> from gisland.verify.example import example_facts
    >>> cap = load_rules("tianjin-2024")["scrap.share_cap"]
    >>> budgets(example_facts(), cap).round(6).to_dict()
    {'S1': 166.666667}
    """
    none = pd.Series(0.0, index=facts.drawn.index)
    return budget_m2(rule, denominators(facts, none))


def cents(area_m2: pd.Series, *, step: int = 1) -> pd.Series:
    """Areas at the stated rounding, in whole hundredths of a square metre.

    Parameters
    ----------
    area_m2
        Square metres.
    step
        Hundredths that areas are rounded to whole multiples of.

    Returns
    -------
    pandas.Series
        ``float64`` with whole values, so that sums are exact.

    Examples
    --------
    >>> cents(pd.Series([1.005, 2.0])).tolist(), cents(pd.Series([1.4]), step=100).tolist()
    ([100.0, 200.0], [100.0])
    """
    return (area_m2 * CENTS / step).round() * step


def whole(budget: pd.Series, rule: Rule) -> pd.Series:
    """Largest sum of areas, as the rule rounds them, that keeps a budget.

    Parameters
    ----------
    budget
        Square metres; infinite for none.
    rule
        With the operator ``<`` or ``<=`` and the rounding.

    Returns
    -------
    pandas.Series
        Hundredths of a square metre, at least 0.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.verify.example import CAP
    >>> ten = pd.Series([10.0])
    >>> whole(ten, CAP).item(), whole(ten, replace(CAP, operator="<")).item()
    (1000.0, 999.0)
    """
    steps = budget * CENTS / rule.rounding_cents
    most = np.floor(steps + SHARE) if rule.operator == "<=" else np.ceil(steps - SHARE) - 1
    return most.clip(lower=0.0) * rule.rounding_cents


def total_room(rule: Rule) -> float:
    """Largest area that any site may absorb under the cap on the total.

    Parameters
    ----------
    rule
        ``scrap.total_cap``.

    Returns
    -------
    float
        Hundredths of a square metre.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.verify.example import CAP
    >>> total_room(replace(CAP, unit="m2", value=1500.4, rounding_m2=1.0))
    150000.0
    """
    return float(whole(pd.Series([float(rule.rounded(rule.limit))]), rule).iloc[0])


def step_cents(facts: Facts) -> int:
    """Rounding of the scraps before their areas are added and compared.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    int
        Hundredths of a square metre: that of the caps in force, 1 if none is.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> step_cents(example_facts())
    1
    """
    rules = [facts.rules[i] for i in ("scrap.share_cap", "scrap.total_cap")]
    return max((r.rounding_cents for r in rules if r.mode == "on"), default=1)


def rooms(facts: Facts) -> pd.Series:
    """Scrap area that each site may absorb under all caps in force, whatever it absorbs now.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.Series
        Hundredths of a square metre by site id; infinite without a cap, 0 where the denominator
        of the share is not known.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> rooms(example_facts()).to_dict()
    {'S1': 16666.0}
    """
    found = pd.Series(np.inf, index=facts.drawn.index)
    share, total = facts.rules["scrap.share_cap"], facts.rules["scrap.total_cap"]
    if share.mode == "on":
        found = whole(budgets(facts, share).fillna(0.0), share)
    return found.clip(upper=total_room(total)) if total.mode == "on" else found


def most_scraps(facts: Facts) -> float:
    """Number of scraps that each site may absorb.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    float
        Infinite without a cap.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> most_scraps(example_facts())
    inf
    """
    rule = facts.rules["scrap.count_cap"]
    if rule.mode != "on":
        return float("inf")
    most = np.floor(rule.limit) if rule.operator == "<=" else np.ceil(rule.limit) - 1
    return float(max(most, 0.0))


def absorbed_cents(facts: Facts) -> pd.Series:
    """Area of the absorbed scraps of each site, each scrap rounded before they are added.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.Series
        Hundredths of a square metre, by site id; 0 where there is none.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.verify.example import example_facts
    >>> scrap = pd.Series(["S1"], index=["a"])
    >>> absorbed_cents(replace(example_facts(), absorbed=scrap)).to_dict()
    {'S1': 150000.0}
    """
    area = cents(facts.area_m2, step=step_cents(facts))
    return sums(area, facts.absorbed, over=facts.drawn.index)


def check_shares(facts: Facts) -> list[Violation]:
    """Hold the shares of the sites table against recomputed ones.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``share``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_shares(example_facts("sites", scrap_share=0.05))]
    ['share: scrap_share is not the recomputed share: S1']
    """
    sites, scrap = facts.drawn, facts.absorbed_m2
    base = denominators(facts, scrap)
    expected = {f"scrap_share_{d}": scrap / base[d] for d in DENOMINATORS}
    candidates = sites["candidate_area_m2"]
    expected |= {f"candidate_share_{d}": candidates / base[d] for d in DENOMINATORS[1:]}
    expected["candidate_share_including"] = candidates / (base["excluding"] + candidates)
    chosen = sites["share_denominator"].where(sites["share_denominator"].isin(DENOMINATORS))
    own = pd.Series(
        [base[d][s] if isinstance(d, str) else np.nan for s, d in chosen.items()],
        index=sites.index,
        dtype="float64",
    )
    expected["scrap_share"] = scrap / own
    found = []
    for column, share in expected.items():
        wrong = sites.index[differs(sites[column], share, absolute=SHARE)]
        found += violations("share", f"{column} is not the recomputed share", wrong)
    for column, area in {"denominator_m2": own, "boundary_area_m2": base["boundary"]}.items():
        wrong = sites.index[differs(sites[column], area)]
        found += violations("share", f"{column} is not the recomputed area", wrong)
    return found


def check_caps(facts: Facts) -> list[Violation]:
    """Hold the absorbed scraps of each site against the caps in force.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``cap``, ``cap_recorded``, ``total_cap``, ``count_cap``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_caps(example_facts("sites", cap=0.2))]
    ["cap_recorded: cap is not the rule's: S1"]
    """
    sites, found = facts.drawn, []
    rule = facts.rules["scrap.share_cap"]
    if rule.mode == "on":
        over = absorbed_cents(facts) > whole(budgets(facts, rule).fillna(0.0), rule)
        text = f"scraps exceed the cap {rule.operator} {rule.limit:g} of {rule.denominator}"
        found += violations("cap", text, sites.index[over])
        told = (sites["share_denominator"] == rule.denominator) & (
            sites["cap_operator"] == rule.operator
        )
        told &= ~differs(sites["cap"], pd.Series(rule.limit, index=sites.index), absolute=1e-12)
        found += violations("cap_recorded", "cap is not the rule's", sites.index[~told])
    total = facts.rules["scrap.total_cap"]
    if total.mode == "on":
        over = absorbed_cents(facts) > total_room(total)
        text = f"scraps exceed the total {total.operator} {total.limit:g} m²"
        found += violations("total_cap", text, sites.index[over])
    over = facts.absorbed_count > most_scraps(facts)
    return [*found, *violations("count_cap", "more scraps than the cap", sites.index[over])]
