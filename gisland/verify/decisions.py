"""Decisions taken before the plan: what they bar, what they ask for, and whether they were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.planchoices import IN, OUT
from gisland.verify.facts import Facts, Violation, violations

if TYPE_CHECKING:
    from collections.abc import Iterable

DECIDED_OUT, DECIDED_ELSEWHERE = "decided_out", "decided_elsewhere:"
UNMET = "required_not_absorbed"


def decided(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Reason by which a decision bars a pair from the plan.

    Parameters
    ----------
    facts
        From `gather`.
    pairs
        Rows of the plan.

    Returns
    -------
    pandas.Series
        ``decided_out``, ``decided_elsewhere:<site>`` or empty.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.verify.example import example_facts
    >>> facts = replace(example_facts(), choices=PlanChoices(decisions={"a": "S2", "b": "out"}))
    >>> rows = pd.DataFrame({"parcel_id": ["a", "b", "c"], "site_id": ["S1", "S1", "S1"]})
    >>> decided(facts, rows).tolist()
    ['decided_elsewhere:S2', 'decided_out', '']
    """
    named = pairs["parcel_id"].map(dict(facts.choices.decisions)).astype("object")
    barred = pd.Series("", index=pairs.index, dtype="str").mask(named == OUT, DECIDED_OUT)
    only = named.notna() & ~named.isin([IN, OUT])
    elsewhere = only & (named != pairs["site_id"])
    return barred.mask(elsewhere, DECIDED_ELSEWHERE + named.where(only, "").astype("str"))


def open_pairs(facts: Facts) -> pd.DataFrame:
    """Rows of the plan that could have been chosen: eligible, and barred by no decision.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.DataFrame
        Rows of parcels and sites that are both in their tables.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> len(open_pairs(example_facts()))
    0
    """
    plan = facts.tables["plan"]
    kept = plan["parcel_id"].isin(facts.parcels.index) & plan["site_id"].isin(facts.drawn.index)
    rows = plan[kept & plan["verdict"].isin(["absorbed", "eligible"])]
    return pd.DataFrame(rows[decided(facts, rows) == ""])


def required_ids(facts: Facts) -> tuple[str, ...]:
    """Parcels that the plan absorbs first if it can: required by list, or by a decision.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    tuple of str
        Sorted.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.verify.example import example_facts
    >>> asked = PlanChoices(decisions={"a": "S2", "b": "out", "c": "in"}, required=("d",))
    >>> required_ids(replace(example_facts(), choices=asked))
    ('a', 'c')
    """
    listed: Iterable[str] = ()
    if facts.rules["scrap.required"].mode == "on":
        listed = facts.choices.required or ()
    chosen = (i for i, word in facts.choices.decisions.items() if word != OUT)
    return tuple(sorted({*listed, *chosen}))


def check_decisions(facts: Facts) -> list[Violation]:
    """Hold the plan against the decisions and lists that it was given.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``decided_out``, ``decided_elsewhere``, ``required``, ``protected``.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.verify.example import example_facts
    >>> asked = replace(example_facts(), choices=PlanChoices(decisions={"b": "in"}))
    >>> [str(v) for v in check_decisions(asked)]
    ['required: parcels to be absorbed that are not, and no finding says so: b']
    """
    asked, taken = facts.choices, facts.absorbed
    word = taken.index.to_series().map(dict(asked.decisions)).astype("object")
    found = violations(
        "decided_out", "scraps absorbed against a decision", taken.index[word == OUT]
    )
    named = word.notna() & ~word.isin([IN, OUT])
    wrong = taken.index[named & (word != taken)]
    found += violations("decided_elsewhere", "scraps absorbed by another site than decided", wrong)
    if facts.rules["scrap.protected"].mode == "on":
        barred = taken.index[taken.index.isin(asked.protected or ())]
        found += violations("protected", "absorbed scraps of the protected list", barred)
    told = _told(facts)
    unmet = [i for i in _promised(facts) if i not in taken.index and i not in told]
    text = "parcels to be absorbed that are not, and no finding says so"
    found += violations("required", text, unmet)
    wrongly = told & set(taken.index)
    return [*found, *violations("required", "absorbed parcels said not to be", wrongly)]


def _promised(facts: Facts) -> list[str]:
    """Parcels outside the sites that are required; one with a decided site may end in none."""
    only = {i for i, word in facts.choices.decisions.items() if word not in {IN, OUT}}
    listed = facts.choices.required if facts.rules["scrap.required"].mode == "on" else ()
    asked = [i for i in required_ids(facts) if i not in only or i in (listed or ())]
    return [i for i in asked if i not in facts.members.index]


def _told(facts: Facts) -> set[str]:
    """Parcels of which a finding says that they are required and not absorbed."""
    rows = facts.tables.get("findings")
    if rows is None:
        return set()
    return set(rows["parcel_id"][rows["code"] == UNMET].dropna())
