"""The plan of a city: its time beside that of the whole run, and what greedy merging loses."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import citylayers
import gisland
from benches.alone import alone, peak_mb, seconds
from gisland.plan.case import PlanCase, solved
from gisland.plan.options.alternatives import alternatives
from gisland.plan.outcome import site_budgets

if TYPE_CHECKING:
    import pandas as pd

    from gisland.base.result import Choices


def plan_once(path: Path, runs: int) -> dict[str, Any]:
    """One run of a project, then its plan alone, exact and greedy in turns."""
    project = gisland.read_project(path)
    choices = gisland.choices_of(project)
    loaded = gisland.load_inputs(project)
    whole, result = seconds(gisland.run, loaded.inputs, choices)
    case, sites = case_of(result.tables, choices)
    greedy = replace(case, choices=replace(case.choices, method="greedy"))
    ways: dict[str, list[float]] = {"exact": [], "greedy": []}
    for _ in range(runs):
        for name, one in {"exact": case, "greedy": greedy}.items():
            taken, found = seconds(solved, one)
            ways[name].append(taken)
            if name == "exact":
                best = found
            else:
                other = found
    offers, _ = seconds(partial(alternatives, case, best, sites=sites))
    exact_m2, greedy_m2 = absorbed_m2(case, best.chosen), absorbed_m2(case, other.chosen)
    return {
        "counts": result.counts,
        "stage": result.timings_s["plan"],
        "whole": whole,
        "offers": offers,
        "seconds": {name: statistics.median(taken) for name, taken in ways.items()},
        "absorbed_m2": {"exact": exact_m2, "greedy": greedy_m2},
        "components": len(best.components),
        "worse": int((best.components["greedy_m2"] < best.components["absorbed_m2"]).sum()),
        "proved": int(best.components["status"].isin(["optimal", "optimal_area"]).sum()),
        "peak_mb": peak_mb(),
    }


def case_of(tables: dict[str, pd.DataFrame], choices: Choices) -> tuple[PlanCase, pd.DataFrame]:
    """The case of a finished run, from its tables."""
    sites = tables["sites"].set_index("site_id").rename(columns={"area_before_m2": "area_m2"})
    rows = tables["verdicts"]
    case = PlanCase(
        tables["plan"],
        rows[rows["rule_id"].str.startswith("scrap.")],
        site_budgets(sites, rules=choices.rules),
        choices.rules,
        choices.plan,
        choices.parameters.solver_seconds,
    )
    return case, sites


def absorbed_m2(case: PlanCase, chosen: pd.Series) -> float:
    """Area that a plan absorbs."""
    return float(case.pairs.loc[chosen, "area_m2"].sum())


def plan_city(size: int, runs: int) -> bool:
    """Print the plan of one city; whether exact is proved everywhere and never below greedy."""
    with tempfile.TemporaryDirectory() as name:
        path = citylayers.write_project(Path(name) / "city", size=size)
        done = alone(plan_once, path, runs)
    counts, area, taken = done["counts"], done["absorbed_m2"], done["seconds"]
    print(
        f"\nplan: {counts['parcels']} lots, {counts['sites']} sites, {counts['scraps']} scraps,"
        f" {done['components']} components, {done['proved']} proved optimal, medians of {runs}"
    )
    share = done["stage"] / done["whole"]
    print(
        f"  stage plan {done['stage']:.2f} s of {done['whole']:.2f} s ({share:.1%}), without"
        " reading and writing: scraps, tests, best plan"
    )
    for way in ("exact", "greedy"):
        ratio = taken[way] / taken["exact"]
        print(f"  {way:8}{taken[way]:8.3f} s {ratio:6.2f}x {area[way]:14,.2f} m² absorbed")
    lost = area["exact"] - area["greedy"]
    print(
        f"  greedy absorbs {lost:,.2f} m² less ({lost / max(area['exact'], 1e-9):.2%}), in"
        f" {done['worse']} of {done['components']} components"
    )
    print(f"  alternatives of all sites {done['offers']:.2f} s")
    if done["peak_mb"] is not None:
        print(f"  peak {done['peak_mb']:.0f} MB")
    return done["proved"] == done["components"] and lost >= 0
