"""Alternatives to the plan: their ids, sums, limits, and whether they are better or worse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.base.keys import ID_SEPARATOR
from gisland.verify.best import WHOLE, Proof
from gisland.verify.caps import cents, most_scraps, rooms, step_cents
from gisland.verify.decisions import decided, required_ids
from gisland.verify.eligible import RULES
from gisland.verify.facts import (
    MM,
    PROVED,
    Facts,
    Violation,
    differs,
    known_pairs,
    sums,
    violations,
)

if TYPE_CHECKING:
    from gisland.base.rule import Rule

KINDS = ("second_best", "greedy", "relaxed")
KEYS = ["parcel_id", "site_id"]
ONE = ["kind", "constraint", "limit"]  # what tells one alternative from another
BORDER_M = 0.01
NEAR = 1e-6
STEPS = {"share_cap": (0.02, 0.05), "count_cap": (1.0,)}  # added to the limit
TIMES = {"area_cap": 1.5, "total_cap": 1.5}
CAPS = {**RULES, "count_cap": "scrap.count_cap"}


def check_alternatives(facts: Facts, found: list[Proof]) -> list[Violation]:
    """Hold the alternatives against the plan, the caps and what another search found.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    found
        From `proofs`.

    Returns
    -------
    list of Violation
        ``alternative_ids``, ``alternative_numbers``, ``alternative_limit``,
        ``alternative_ineligible``, ``alternative_cap``, ``alternative_better``,
        ``alternative_worse``, ``alternative_second``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_alternatives(example_facts(), [])
    []
    """
    table = facts.tables.get("alternatives")
    if table is None or table.empty:
        return []
    rows = table.reset_index(drop=True)
    rows = rows.assign(constraint=rows["constraint"].fillna(""))
    name = rows["kind"].fillna("") + " of " + rows["site_id"].fillna("")
    moves, checked = _moves(facts, rows, name)
    if checked:
        return checked
    checked = [*_check_numbers(facts, rows, moves, name=name), *_check_limits(facts, rows, name)]
    checked += _check_allowed(facts, rows, moves, name=name)
    for _, group in rows.groupby(ONE, dropna=False):
        checked += _check_caps(facts, group, moves, name=name)
    checked += _check_second(facts, rows, moves, found=found)
    return [*checked, *_check_worth(facts, rows, moves)]


def _moves(
    facts: Facts, rows: pd.DataFrame, name: pd.Series
) -> tuple[pd.DataFrame, list[Violation]]:
    """Every scrap that an alternative adds to a site or removes from it, one by one."""
    parts = []
    for column, sign in (("added_ids", 1), ("removed_ids", -1)):
        ids = rows[column].fillna("").str.split(ID_SEPARATOR).explode()
        ids = ids[ids != ""]
        parts.append(pd.DataFrame({"row": ids.index, "parcel_id": ids.to_numpy(), "sign": sign}))
    moves = pd.concat(parts, ignore_index=True)
    moves["site_id"] = moves["row"].map(rows["site_id"])
    plan = known_pairs(facts)
    told = moves.merge(plan[[*KEYS, "border_m", "verdict", "reasons"]], on=KEYS, how="left")
    told["area_m2"] = told["parcel_id"].map(facts.area_m2).astype("float64")
    told["steps"] = cents(told["area_m2"])
    for row, constraint, limit in rows[["constraint", "limit"]].itertuples(name=None):
        step = step_cents(_relaxed(facts, constraint, limit))
        if step > 1:
            own = told["row"] == row
            told.loc[own, "steps"] = cents(told.loc[own, "area_m2"], step=step) / step
    told["required"] = told["parcel_id"].isin(required_ids(facts))
    here = told["parcel_id"].map(facts.absorbed) == told["site_id"]
    wrong = told["verdict"].isna() | (here != (told["sign"] < 0))
    odd = ~rows["kind"].isin(KINDS) | ~rows["site_id"].isin(facts.drawn.index)
    number = rows["site_id"].map(facts.drawn["component"])
    odd |= (rows["component"] != number).fillna(value=False).astype(bool) & (
        rows["kind"] != "relaxed"
    )
    odd |= odd.index.isin(told["row"][wrong]) | ~odd.index.isin(told["row"])
    text = "alternatives of unknown sites or kinds, or with ids that the plan contradicts"
    return told, violations("alternative_ids", text, name[odd])


def _check_numbers(
    facts: Facts, rows: pd.DataFrame, moves: pd.DataFrame, *, name: pd.Series
) -> list[Violation]:
    exact = pd.DataFrame({"area_m2": moves["area_m2"], "border_m": _mm(moves["border_m"])})
    signed = exact.mul(moves["sign"], axis=0)
    more = signed.assign(scraps=moves["sign"]).groupby(moves["row"]).sum().reindex(rows.index)
    site = rows["site_id"]
    before = sums(facts.area_m2, facts.absorbed, over=facts.drawn.index)
    expected = {
        "scraps_more": more["scraps"],
        "scraps": site.map(facts.absorbed_count) + more["scraps"],
        "area_more_m2": more["area_m2"],
        "area_m2": site.map(before) + more["area_m2"],
    }
    wrong = differs(rows["border_more_m"], more["border_m"] / MM, absolute=BORDER_M)
    text = "border_more_m is not that of the scraps added and removed"
    found = violations("alternative_numbers", text, name[wrong])
    for column, number in expected.items():
        wrong = differs(rows[column].astype("float64"), number)
        text = f"{column} does not follow from the scraps added and removed"
        found += violations("alternative_numbers", text, name[wrong])
    return found


def _check_limits(facts: Facts, rows: pd.DataFrame, name: pd.Series) -> list[Violation]:
    """A relaxed limit is a step of a rule in force; other alternatives have none."""
    wrong = []
    told = zip(rows["kind"], rows["constraint"], rows["limit"], strict=True)
    for row, (kind, constraint, limit) in zip(rows.index, told, strict=True):
        if kind != "relaxed":
            right = constraint == "" and np.isnan(limit)
        else:
            rule = facts.rules[CAPS[constraint]] if constraint in CAPS else None
            right = rule is not None and rule.mode == "on" and _is_step(constraint, rule, limit)
        if not right:
            wrong.append(name[row])
    return violations("alternative_limit", "constraint or limit that is no relaxation", wrong)


def _is_step(constraint: str, rule: Rule, limit: float) -> bool:
    steps = [rule.limit + more for more in STEPS.get(constraint, ())]
    if constraint in TIMES:
        steps = [rule.limit * TIMES[constraint]]
    return np.isnan(limit) or any(abs(limit - s) <= NEAR for s in steps)


def _check_allowed(
    facts: Facts, rows: pd.DataFrame, moves: pd.DataFrame, *, name: pd.Series
) -> list[Violation]:
    """What is added passes every test but the one relaxed, and no decision bars it."""
    added = moves[moves["sign"] > 0]
    reasons = added["reasons"].fillna("").str.replace("missing:", "")
    failed = reasons.where(added["verdict"] == "ineligible", "")
    lifted = added["row"].map(rows["constraint"])
    barred = decided(facts, added) != ""
    wrong = ((failed != "") & (failed != lifted)) | barred
    cap = facts.rules["scrap.area_cap"]
    limit = added["row"].map(rows["limit"])
    capped = (lifted == "area_cap") & limit.notna()
    wrong |= capped & (cap.rounded(added["area_m2"].to_numpy()) > cap.rounded(limit.to_numpy()))
    text = "alternatives with scraps that fail another test, or were decided otherwise"
    return violations("alternative_ineligible", text, name.loc[added["row"][wrong]])


def _relaxed(facts: Facts, constraint: str, limit: float) -> Facts:
    """The same facts under another limit, or without one."""
    if constraint not in CAPS:
        return facts
    rule = facts.rules[CAPS[constraint]]
    other = replace(rule, mode="off") if np.isnan(limit) else replace(rule, value=float(limit))
    rules = replace(facts.rules, rules={**facts.rules.rules, rule.id: other})
    return replace(facts, rules=rules)


def _check_caps(
    facts: Facts, rows: pd.DataFrame, moves: pd.DataFrame, *, name: pd.Series
) -> list[Violation]:
    """One alternative keeps the caps, relaxed as it says, and takes every scrap once."""
    moves = moves[moves["row"].isin(rows.index)]
    added, removed = moves[moves["sign"] > 0], moves[moves["sign"] < 0]
    kept = facts.absorbed.drop(removed["parcel_id"], errors="ignore")
    after = pd.concat([kept, added.set_index("parcel_id")["site_id"]])
    twice = added["row"][added["parcel_id"].isin(after.index[after.index.duplicated()])]
    text = "alternatives in which two sites take one scrap"
    found = violations("alternative_ids", text, name.loc[twice])
    first = rows.iloc[0]
    other = _relaxed(facts, first["constraint"], first["limit"])
    step = step_cents(facts)
    area = cents(facts.area_m2.reindex(after.index), step=step)
    used = area.groupby(after.to_numpy()).sum()
    count = after.groupby(after.to_numpy()).size()
    site = rows["site_id"]
    over = site.map(used).fillna(0.0) > site.map(rooms(other))
    over |= site.map(count).fillna(0) > most_scraps(other)
    text = "alternatives that break a cap"
    return [*found, *violations("alternative_cap", text, name.loc[rows.index[over]])]


def _mm(border_m: pd.Series) -> pd.Series:
    return (border_m * MM).round()


def _worth(rows: pd.DataFrame, moves: pd.DataFrame, *, by_count: bool) -> pd.DataFrame:
    """By how much each row betters the objective."""
    numbers = pd.DataFrame(
        {
            "required": moves["required"].astype("int64"),
            "count": np.where(by_count, 1, 0),
            "steps": moves["steps"],
            "mm": _mm(moves["border_m"]),
        }
    )
    return numbers.mul(moves["sign"], axis=0).groupby(moves["row"]).sum().reindex(rows.index)


def _exchanges(rows: pd.DataFrame, moves: pd.DataFrame) -> np.ndarray:
    """Rows of one alternative that hand scraps to one another bear one number.

    Such rows can be carried out, or taken back, without the others.
    """
    group = rows.groupby(ONE, dropna=False).ngroup().astype("str")
    code, scraps = pd.factorize(moves["parcel_id"] + "|" + moves["row"].map(group))
    at = rows.index.get_indexer(pd.Index(moves["row"]))
    size = len(rows) + len(scraps)
    graph = coo_array((np.ones(len(at), dtype="int8"), (at, code + len(rows))), shape=(size, size))
    label: np.ndarray = connected_components(graph, directed=False)[1][: len(rows)]
    return label


def _check_worth(facts: Facts, rows: pd.DataFrame, moves: pd.DataFrame) -> list[Violation]:
    """No alternative under the rules betters an optimal plan; none with more freedom is worse."""
    worth = _worth(rows, moves, by_count=facts.choices.objective == "count")
    status = {r.get("component"): r.get("status") for r in facts.run.get("components", [])}
    ended = rows["component"].astype("object").map(status).astype("object").fillna("")
    better, worse = [], []
    for _, group in rows.groupby(_exchanges(rows, moves)):
        told: Any = group["status"].tolist()
        total = worth.loc[group.index].sum().round().astype("int64").tolist()
        names = group["site_id"]
        slack = len(moves[moves["row"].isin(group.index)])  # of a mm, for the rounding
        if group["kind"].iloc[0] == "relaxed":
            if set(told) <= {*PROVED}:
                deep = WHOLE if set(told) == {"optimal"} else WHOLE - 1
                gain = [*total[: WHOLE - 1], total[-1] + slack][:deep]
                worse += names.tolist() if gain < [0] * deep else []
        elif facts.optimal.reindex(names).all():
            deep = WHOLE if set(ended[group.index]) == {"optimal"} else WHOLE - 1
            gain = [*total[: WHOLE - 1], total[-1] - slack][:deep]
            better += names.tolist() if gain > [0] * deep else []
    text = "sites that an alternative under the same rules would better"
    found = violations("alternative_better", text, better)
    text = "sites that a relaxed constraint makes worse"
    return [*found, *violations("alternative_worse", text, worse)]


def _check_second(
    facts: Facts, rows: pd.DataFrame, moves: pd.DataFrame, *, found: list[Proof]
) -> list[Violation]:
    """The second-best plan of a component leaves something out, and is the best that does."""
    worth = _worth(rows, moves, by_count=facts.choices.objective == "count")
    dropped = rows.index.isin(moves["row"][moves["sign"] < 0])
    of_site = {site: n for n, proof in enumerate(found) for site in proof.sites}
    told = worth.assign(dropped=dropped, status=rows["status"], n=rows["site_id"].map(of_site))
    told = told[(rows["kind"] == "second_best") & told["n"].notna()]
    wrong: list[str] = []
    groups: Any = told.groupby("n").groups
    for n, proof in enumerate(found):
        if n not in groups:
            continue
        own = told.loc[groups[n]]
        if not own["dropped"].any():
            wrong += proof.sites
        elif proof.second is not None and proof.proved and set(own["status"]) == {"optimal"}:
            total = own[list(worth)].sum().round().astype("int64").tolist()
            plan = tuple(w + t for w, t in zip(proof.written, total, strict=True))
            if plan[: WHOLE - 1] != proof.second[: WHOLE - 1]:
                wrong += proof.sites
    text = "second-best plans that leave nothing out, or are not the best that do"
    return violations("alternative_second", text, wrong)
