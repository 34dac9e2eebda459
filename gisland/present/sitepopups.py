"""Popups of sites on the map: before and after, planning conditions and capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.present.facts import Block, Row, fields, plain_rows, reasons, verdict_rows
from gisland.present.lists import MANY, parcel_counts, share_test
from gisland.present.planned import limit_text, outcome_text, site_capacity
from gisland.present.wording import MISSING, comparison, is_missing, named, visible, with_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.present.popups import Popup

CHANGES = (  # of a site: column before, column after, unit
    ("area_before_m2", "area_after_m2", "m2"),
    ("far_before", "far_after", "ratio"),
    ("coverage_before", "coverage_after", "share"),
)
MORE = {"green_ratio": "share", "tax_per_mu": "yuan/mu", "output_per_mu": "yuan/mu"}


def site_popups(
    sites: pd.DataFrame,
    *,
    texts: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, Popup]:
    """Popup of each site: before and after, planning conditions, capacity, and the scrap share.

    Parameters
    ----------
    sites
        Rows of the sites table.
    texts
        The catalog.
    tables
        Result tables by name; ``indicators``, ``conditions``, ``capacity``, ``plan`` and
        ``verdicts`` tell more of the sites where they are there.

    Returns
    -------
    dict
        Popups by site id.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> one = pd.DataFrame({"site_id": ["S1"], "area_before_m2": [9.0], "area_after_m2": [10.0]})
    >>> site_popups(one, texts=catalog("en"))["S1"]["b"][0][3][0]
    ['area', '9.00 m²', '10.00 m²']
    """
    given = tables or {}
    parts = {
        name: _by_site(given.get(name), column)
        for name, column in (
            ("indicators", "subject"),
            ("conditions", "site_id"),
            ("capacity", "site_id"),
        )
    }
    left = _left_out(given, texts)
    popups = {}
    for site in plain_rows(sites):
        key = site["site_id"]
        own = {
            name: frames[k]
            for name, frames in parts.items()
            if (k := f"site:{key}" if name == "indicators" else key) in frames
        }
        popups[key] = _site_popup(site, own, texts)
        popups[key]["b"][2:2] = left.get(key, [])
    return popups


def _left_out(
    tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]
) -> dict[object, list[Block]]:
    """By site, the scraps that were considered for it and are not absorbed by it, with reasons."""
    plan = tables.get("plan")
    if plan is None:
        return {}
    pairs = plan[plan["verdict"] != "absorbed"].sort_values(["site_id", "parcel_id"])
    verdicts = tables.get("verdicts")
    if verdicts is not None:  # all tests of many parcels take a while
        verdicts = verdicts[verdicts["parcel_id"].isin(pairs["parcel_id"])]
    tests, lines = verdict_rows(verdicts), dict[object, list[str]]()
    for pair in plain_rows(pairs):
        own = [  # the site need not be named: the popup is its own
            t | {"subject": ""}
            for t in tests[pair["parcel_id"]]
            if t["subject"] == pair["site_id"] and t["mode"] != "advisory"
        ]
        why = reasons(pair.get("reasons"), own, texts=texts)
        told = texts["report.list"].join(why) or named(texts, "verdict", pair["verdict"])
        line = texts["map.popup.reason_site"].format(site=visible(pair["parcel_id"]), reason=told)
        lines.setdefault(pair["site_id"], []).append(line)
    return {site: [_cut(found, texts)] for site, found in lines.items()}


def _cut(lines: list[str], texts: Mapping[str, str]) -> Block:
    title = texts["map.popup.left_out"].format(count=len(lines))
    more = [texts["map.popup.left_more"].format(n=len(lines) - MANY)] if len(lines) > MANY else []
    return ["list", title, [*lines[:MANY], *more]]


def _by_site(frame: pd.DataFrame | None, column: str) -> dict[object, pd.DataFrame]:
    """Rows of a table by what a column names."""
    return dict(iter(frame.groupby(column))) if frame is not None and column in frame else {}


def _site_popup(site: Row, tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]) -> Popup:
    heads = [texts["column.indicator"], texts["column.before"], texts["column.after"]]
    measured = comparison(texts, share_test(site))
    rows = fields(site, ("scrap_area_m2", "denominator_m2"), texts=texts)
    if measured:
        rows[1].append([texts["column.scrap_share"], measured])
    rest = ("scrap_share_boundary", "planned_far", "absorbed_ids", "parcel_ids", "optimal")
    rows[1] += fields(site, rest, texts=texts)[1]
    return {
        "t": texts["map.popup.site"].format(id=visible(site["site_id"])),
        "b": [
            ["table", texts["map.popup.change"], heads, _changes(site, tables, texts)],
            rows,
            *_site_conditions(tables.get("conditions"), texts),
            *_site_capacity(tables, site["site_id"], texts),
        ],
    }


def _changes(
    site: Row, tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]
) -> list[list[str]]:
    """Before and after, in words and numbers."""
    planned = not is_missing(site.get("planned_far"))
    names = {
        "area_before_m2": texts["map.popup.area"],
        "far_before": texts["map.popup.far_planned" if planned else "indicator.far"],
        "coverage_before": texts["map.popup.coverage"],
    }
    lines = [
        [names[b], with_unit(texts, site.get(b), unit=u), with_unit(texts, site.get(a), unit=u)]
        for b, a, u in CHANGES
    ]
    lines.insert(1, [texts["report.fact.parcels_count"], *parcel_counts(site, texts=texts)])
    if "indicators" in tables:
        rows = tables["indicators"].to_dict("records")
        found = {r["indicator"]: (r["before"], r["after"]) for r in rows}
        for name, unit in MORE.items():
            values = [with_unit(texts, v, unit=unit) for v in found.get(name, ())]
            if set(values) - {MISSING}:
                lines.append([texts[f"indicator.{name}"], *values])
    return lines


def _site_conditions(conditions: pd.DataFrame | None, texts: Mapping[str, str]) -> list[Block]:
    if conditions is None:
        return []
    lines = [
        [
            named(texts, "planning_condition", row["condition"]),
            limit_text(row, "limit_after", texts=texts),
            *(
                f"{with_unit(texts, row[f'value_{s}'], unit=visible(row['unit']))} "
                f"{outcome_text(row[f'outcome_{s}'], texts=texts)}"
                for s in ("before", "after")
            ),
        ]
        for row in conditions.to_dict("records")
    ]
    heads = [texts[f"column.{k}"] for k in ("condition", "limit_after", "before", "after")]
    return [["table", texts["map.popup.conditions"], heads, lines]]


def _site_capacity(
    tables: Mapping[str, pd.DataFrame], site_id: object, texts: Mapping[str, str]
) -> list[Block]:
    told = site_capacity(tables, site_id, texts=texts)
    lines = [f"{name}{texts['report.colon']}{text}" for name, text in told if text != MISSING]
    return [["list", texts["map.popup.capacity"], lines]] if lines else []
