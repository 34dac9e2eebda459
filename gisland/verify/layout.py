"""Balance of an adjustment: blocks before and after, and how scattered they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.schema import OVERALL
from gisland.base.units import HA_M2
from gisland.verify.facts import AREA_M2, RELATIVE, violations
from gisland.verify.overlays import overlay
from gisland.verify.reach import near_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gisland.verify.facts import Facts, Violation

UNITS = {
    "area_m2": "m2",
    "industrial_m2": "m2",
    "industrial_share": "share",
    "m0_share": "share",
    "patches": "count",
    "mean_parcel_area": "m2",
    "effective_mesh_size": "m2",
    "edge_density": "m/ha",
    "compactness": "ratio",
}
NUMBERS = ("area_m2", "industrial_m2", "industrial_share", "m0_share")
SCALE = 1e-3  # by which ellipsoidal areas differ from plane ones, and edges by the tolerance


def check_balance(
    facts: Facts,
    *,
    given: Mapping[str, shapely.Geometry],
    adjusted: Mapping[str, shapely.Geometry],
) -> list[Violation]:
    """Hold the balance of an adjustment against the lines before and after.

    Parameters
    ----------
    facts
        From `gather`, with ``block_balance`` and ``block_lines``.
    given, adjusted
        Shapes by block id.

    Returns
    -------
    list of Violation
        ``block_balance``; the ids are block and indicator.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> columns = ["block_id", "indicator", "unit", "before", "after", "delta"]
    >>> lines = pd.DataFrame(columns=["lines", "block_id", *NUMBERS])
    >>> facts = example_facts()
    >>> none = pd.DataFrame(columns=columns)
    >>> tables = {**facts.tables, "block_balance": none, "block_lines": lines}
    >>> facts = facts.__class__(**{**vars(facts), "tables": tables})
    >>> len(check_balance(facts, given={}, adjusted={})[0].ids)  # all that overall must tell
    9
    """
    table = facts.tables["block_balance"]
    key = table["block_id"].astype("str") + " " + table["indicator"].astype("str")
    right = _expected(facts, given=given, adjusted=adjusted)
    wrong = set(right) ^ set(key) | set(key[key.duplicated()])
    text = "rows of block_balance that there are none of, or that are not there"
    found = violations("block_balance", text, wrong)
    faults = []
    for name, (_, row) in zip(key, table.iterrows(), strict=True):
        if name not in right:
            continue
        before, after, unit = row["before"], row["after"], UNITS[str(row["indicator"])]
        options = right[name]
        fits = any(
            _near(before, was, unit, facts) and _near(after, now, unit, facts)
            for was, now in options
        )
        delta = _near(row["delta"], float(after) - float(before), "", facts)
        if not fits or not delta or row["unit"] != unit:
            faults.append(name)
    text = "numbers of block_balance are not those of the lines"
    return found + violations("block_balance", text, faults)


def _near(told: float, right: float, unit: str, facts: Facts) -> bool:  # noqa: PLR0917 - row by row
    if np.isnan(right) or pd.isna(told):
        return bool(np.isnan(right) and pd.isna(told))
    relative = RELATIVE
    if unit == "m/ha" or facts.run["area_basis"] == "ellipsoidal":
        relative = SCALE
    slack = AREA_M2 if unit == "m2" else RELATIVE
    return abs(float(told) - right) <= slack + relative * abs(right)


def _expected(
    facts: Facts,
    *,
    given: Mapping[str, shapely.Geometry],
    adjusted: Mapping[str, shapely.Geometry],
) -> dict[str, list[tuple[float, float]]]:
    """Numbers before and after of every row; of some there are two ways to reckon."""
    lines = facts.tables["block_lines"]
    sides = [
        lines[lines["lines"] == w].drop_duplicates("block_id").set_index("block_id")
        for w in ("given", "adjusted")
    ]
    right: dict[str, list[tuple[float, float]]] = {}
    for block in sorted({*given, *adjusted, OVERALL}):
        for name in NUMBERS:
            # a block that is not there has no land, and no shares
            absent = 0.0 if name.endswith("_m2") else float("nan")
            own = [
                float(s[name].astype("Float64").astype("float64").get(block, absent)) for s in sides
            ]
            right[f"{block} {name}"] = [(own[0], own[1])]
    both = overlay(shapely.union_all, [*given.values(), *adjusted.values()])
    common = float(shapely.area(both))
    within_m = facts.parameters.tolerance_m
    layouts = [
        [_layout(side, over=o, within_m=within_m) for side in (given, adjusted)]
        for o in (None, common)
    ]
    for name in layouts[0][0]:
        right[f"{OVERALL} {name}"] = [(was[name], now[name]) for was, now in layouts]
    return right


def _layout(
    shapes: Mapping[str, shapely.Geometry], *, over: float | None, within_m: float
) -> dict[str, float]:
    """Layout of blocks over their own land, or over some other."""
    pieces = shapely.get_parts(list(shapes.values()))  # a block in two pieces is two patches
    drawn = pieces[~shapely.is_empty(pieces)]
    area, around = shapely.area(drawn), shapely.length(drawn)
    total = float(area.sum())
    if not total:
        names = ("mean_parcel_area", "effective_mesh_size", "edge_density", "compactness")
        return {"patches": float("nan")} | dict.fromkeys(names, float("nan"))
    land = total if over is None else over
    edge = _edge_m(drawn, within_m=within_m)
    return {
        "patches": float(len(drawn)),
        "mean_parcel_area": total / len(drawn),
        "effective_mesh_size": float((area**2).sum()) / land,
        "edge_density": edge / land * HA_M2,
        "compactness": float((4 * np.pi * area**2 / around**2).sum()) / total,
    }


def _edge_m(drawn: NDArray[np.object_], *, within_m: float) -> float:
    """Length of all boundaries; a border with one block on either side is one edge.

    Where a block lies in another and both end along the same line, each has an edge of its own.
    """
    total = float(shapely.length(drawn).sum())
    for i, j in near_pairs(drawn, within_m=within_m):
        one, other = shapely.boundary(drawn[[i, j]])
        wide = shapely.buffer(drawn[[i, j]], within_m, join_style="mitre")
        both = shapely.buffer(overlay(shapely.union_all, wide), -within_m, join_style="mitre")
        along = overlay(shapely.intersection, one, shapely.buffer(other, within_m))
        outer = shapely.buffer(shapely.boundary(both), within_m)
        total -= float(shapely.length(overlay(shapely.difference, along, outer)))
    return total
