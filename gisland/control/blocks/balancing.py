"""Rows of the balance of an adjustment, and its verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import among
from gisland.base.rule import AREA_DECIMALS, OPERATORS, SHARE_DECIMALS
from gisland.base.schema import OVERALL
from gisland.base.verdicts import outcomes
from gisland.control.areaverdicts import NO_NUMBER, area_row, held

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gisland.base.rules import RuleSet

TOPIC, SUBJECT = "adjustment", f"adjusted:{OVERALL}"
KEPT, LAYOUT = "block_line.total_kept", "block_line.layout"
AREAS = ("area_m2", "industrial_m2")
INDICATORS = {"area_m2": "m2", "industrial_m2": "m2", "industrial_share": "share"} | {
    "m0_share": "share"
}
LAYOUTS = {
    "patches": "count",
    "mean_parcel_area": "m2",
    "effective_mesh_size": "m2",
    "edge_density": "m/ha",
    "compactness": "ratio",
}
TESTS = {  # a layout that is no more scattered: which number, compared how, at how many digits
    "layout_patches": ("patches", "<=", 0),
    "layout_mesh": ("effective_mesh_size", ">=", AREA_DECIMALS),
    "layout_compactness": ("compactness", ">=", SHARE_DECIMALS),
}


def balance_rows(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    layouts: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Numbers of every block, and of all together, before and after.

    Parameters
    ----------
    before, after
        Checked blocks, the last row ``overall``.
    layouts
        ``before`` and ``after``, each of one row or none.

    Returns
    -------
    pandas.DataFrame
        ``block_id``, ``indicator``, ``unit``, ``before``, ``after``, ``delta``; blocks by id,
        ``overall`` last.

    Examples
    --------
    >>> numbers = {"area_m2": 9.0, "industrial_m2": 6.0, "industrial_share": 2 / 3}
    >>> blocks = pd.DataFrame({"block_id": ["L", "overall"], **numbers, "m0_share": 0.0})
    >>> nothing = {"before": pd.DataFrame(), "after": pd.DataFrame()}
    >>> found = balance_rows(blocks, blocks.iloc[1:], layouts=nothing)
    >>> found[found["block_id"] == "L"][["before", "after", "delta"]].values.tolist()[:2]
    [[9.0, 0.0, -9.0], [6.0, 0.0, -6.0]]
    """
    ids = pd.Index(
        sorted({*before["block_id"].iloc[:-1], *after["block_id"].iloc[:-1]}), dtype="str"
    )
    sides = {}
    for when, frame in (("before", before), ("after", after)):
        own = frame.iloc[:-1].set_index("block_id")[list(INDICATORS)]
        each = own.reindex(ids)
        absent = ~among(ids, own.index)
        each.loc[absent, list(AREAS)] = 0.0  # a block that is not there has no land
        total = frame.iloc[-1][list(INDICATORS)].astype("float64")
        layout = [layout_number(layouts[when], name) for name in LAYOUTS]
        sides[when] = np.concatenate([each.to_numpy("float64").ravel(), total, layout])
    wide = len(INDICATORS)
    table = pd.DataFrame(
        {
            "block_id": [*np.repeat(ids, wide), *[OVERALL] * (wide + len(LAYOUTS))],
            "indicator": [*list(INDICATORS) * (len(ids) + 1), *LAYOUTS],
            "unit": [*list(INDICATORS.values()) * (len(ids) + 1), *LAYOUTS.values()],
            **sides,
        }
    ).astype(dict.fromkeys(("block_id", "indicator", "unit"), "str"))
    return table.assign(delta=table["after"] - table["before"])


def layout_number(layout: pd.DataFrame, name: str) -> float:
    """One measure of a layout.

    Parameters
    ----------
    layout
        Measures of fragmentation, of one row or none.
    name
        The measure.

    Returns
    -------
    float
        Missing where there is no row or no such measure.

    Examples
    --------
    >>> layout_number(pd.DataFrame({"patches": [3]}), "patches")
    3.0
    """
    if name not in layout or layout.empty:
        return NO_NUMBER
    return float(layout[name].iloc[0])


def balance_verdicts(
    before_m2: float, after_m2: float, *, layouts: Mapping[str, pd.DataFrame], rules: RuleSet
) -> list[dict[str, object]]:
    """Whether the lines keep their area, and whether they are no more scattered.

    Parameters
    ----------
    before_m2, after_m2
        Area of all blocks, in m².
    layouts
        ``before`` and ``after``.
    rules
        For ``block_line.total_kept`` and ``block_line.layout``.

    Returns
    -------
    list of dict
        Rows for the table of verdicts on areas.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> one, two = pd.DataFrame({"patches": [1]}), pd.DataFrame({"patches": [2]})
    >>> rows = balance_verdicts(
    ...     9.0, 9.0, layouts={"before": one, "after": two}, rules=load_rules("common")
    ... )
    >>> [(row["test"], row["outcome"]) for row in rows][:2]
    [('total_kept', 'pass'), ('layout_patches', 'fail')]
    """
    kept = after_m2 / before_m2 if before_m2 > 0 else NO_NUMBER
    rows = [
        held(
            rules[KEPT],
            kept,
            topic=TOPIC,
            subject=SUBJECT,
            numerator=after_m2,
            denominator_value=before_m2,
        )
    ]
    rule = rules[LAYOUT]
    for test, (name, operator, digits) in TESTS.items():
        was, value = (layout_number(layouts[when], name) for when in ("before", "after"))
        # the difference is rounded, as two equal numbers may lie on either side of a half
        holds = pd.Series(OPERATORS[operator](np.round([value - was], digits), 0), dtype="boolean")
        rows.append(
            area_row(
                topic=TOPIC,
                subject=SUBJECT,
                test=test,
                outcome="not_assessed"
                if rule.mode == "off"
                else outcomes(holds.mask(np.isnan([value - was])))[0],
                value=value,
                limit=was,
                operator=operator,
                unit=LAYOUTS[name],
                rule_id=rule.id,
                mode=rule.mode,
            )
        )
    return rows
