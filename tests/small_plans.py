"""Small cases of a plan: scraps and sites by their numbers, put to the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from districts import rule, rule_set
from gisland.base.planchoices import PlanChoices
from gisland.plan.case import PlanCase
from gisland.plan.eligible.eligibility import eligibility
from gisland.plan.outcome import site_budgets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisland.base.rules import RuleSet

Row = tuple[str, str, float, float]
CAP = rule("scrap.share_cap")


def site_facts(area_m2: Mapping[str, float], **boundary_area_m2: float) -> pd.DataFrame:
    """Sites by their areas, and those of their project boundaries as far as there are any."""
    index = pd.Index(list(area_m2), name="site_id", dtype="str")
    boundary = [boundary_area_m2.get(s, float("nan")) for s in index]
    columns = {"area_m2": [*area_m2.values()], "boundary_area_m2": boundary}
    return pd.DataFrame(columns, index=index, dtype="float64").assign(planned_far_max=float("nan"))


FOUR: list[Row] = [
    ("a", "S", 600, 10),
    ("b", "S", 300, 5),
    ("c", "S", 200, 4),
    ("d", "S", 240, 3),
]
ONE_SITE = site_facts({"S": 9000.0})


def pair_rows(rows: Sequence[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["parcel_id", "site_id", "area_m2", "border_m"])
    kinds = {"parcel_id": "str", "site_id": "str", "area_m2": "float64", "border_m": "float64"}
    return frame.astype(kinds)


def made_case(
    rows: Sequence[Row],
    sites: pd.DataFrame,
    rules: RuleSet,
    *,
    parcels: pd.DataFrame | None = None,
    seconds: float = 20.0,
    **choices: Any,  # noqa: ANN401 - as PlanChoices takes them
) -> PlanCase:
    """A case whose tests are made by the rules; every scrap fails a fragment test if not told.

    The members of a site are parcels named as the site, in lower case.
    """
    pairs = pair_rows(rows)
    lots = pd.DataFrame({"fragment": True}, index=pd.Index(pairs["parcel_id"].unique()))
    members = pd.Series(sites.index, index=sites.index.str.lower())
    tests = eligibility(
        pairs,
        lots if parcels is None else parcels,
        sites,
        members=members,
        rules=rules,
        min_border_m=1.0,
    )
    budgets = site_budgets(sites, rules=rules)
    return PlanCase(pairs, tests, budgets, rules, PlanChoices(**choices), seconds)  # type: ignore[arg-type]


def random_rows(rng: np.random.Generator, *, block: int) -> tuple[list[Row], dict[str, float]]:
    """Seven scraps, each at one to three of three sites of 1 000 to 9 000 m2."""
    rows = []
    for k in range(7):
        area = float(rng.integers(5, 60)) * 10
        near = rng.permutation(3)[: int(rng.integers(1, 4))]
        rows += [
            (f"b{block}c{k}", f"B{block}S{s}", area, float(rng.integers(1, 30)))
            for s in sorted(near)
        ]
    return rows, {f"B{block}S{s}": float(rng.integers(1, 10)) * 1000 for s in range(3)}


def random_case(
    seed: int,
    *,
    rules: RuleSet | None = None,
    blocks: int = 10,
    **choices: Any,  # noqa: ANN401 - as PlanChoices takes them
) -> tuple[PlanCase, pd.DataFrame]:
    """Random scraps and sites of some blocks under random rules, or those given.

    Some scraps have another owner, or could be developed alone.
    """
    rng = np.random.default_rng(seed)
    known = [
        rule("scrap.share_cap", operator=rng.choice(["<", "<="])),
        rule("scrap.area_cap", value=float(rng.integers(20, 60)) * 10),
        rule("scrap.count_cap", value=float(rng.integers(1, 4))),
        rule("scrap.same_owner"),
        rule("scrap.not_developable"),
    ]
    drawn = rule_set(*[one for one in known if rng.random() < 0.6])
    parts = [random_rows(rng, block=n) for n in range(blocks)]
    rows = [row for part in parts for row in part[0]]
    sites = site_facts({k: v for part in parts for k, v in part[1].items()})
    ids = [*sorted({row[0] for row in rows}), *sites.index.str.lower()]
    owner = pd.Series(rng.choice(["甲", "乙"], len(ids), p=[0.8, 0.2]), index=ids, dtype="str")
    parcels = owner.to_frame("owner").assign(fragment=rng.random(len(ids)) < 0.8)
    held = drawn if rules is None else rules
    return made_case(rows, sites, held, parcels=parcels, **choices), sites
