"""Conversions of industrial land in block lines: rows, totals and verdicts, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.schema import MERGED_ROLES, OVERALL
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.verify.arearows import NAN, TABLE, Row, check_rows
from gisland.verify.blockland import (
    CUT,
    missing_tables,
    parts_in,
    ratio,
    unequal,
    united,
)
from gisland.verify.facts import violations
from gisland.verify.landkinds import means_m0

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

TABLES = ("conversions", "conversion_totals", TABLE)
TOPIC, M0 = "conversions", "m0"
CAP, FLOOR = "conversion.m0_cap", "conversion.industry_floor"
KINDS = {
    M0: "to_m0",
    "commercial": "to_commercial",
    "residential": "to_residential",
    **dict.fromkeys(INDUSTRIAL_USE_CLASSES, "to_industry"),
}
TEXTS = ("block_id", "use_before", "use_after", "kind")


def check_conversions(facts: Facts) -> list[Violation]:
    """Hold the conversions of industrial land in the lines against parcels and plans.

    The planned use of each parcel is believed: the zoning is not among the results.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``conversion_tables``, ``conversion_missing``, ``conversion_strange``,
        ``conversion_row``, ``conversion_total`` and those of verdicts; the ids are parcels, or
        year and kind.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_conversions(example_facts())  # no block lines
    []
    """
    lines = facts.tables.get("block_lines")
    right = pd.DataFrame() if lines is None or "lines" not in lines else _expected(facts)
    topics = facts.tables.get(TABLE, pd.DataFrame(columns=["topic"]))["topic"]
    told = any(name in facts.tables for name in TABLES[:2]) or bool((topics == TOPIC).any())
    if not told and (right.empty or right["kind"].isna().all()):
        return []
    found = missing_tables(facts, "conversions", others=TABLES, code="conversion_tables")
    if found:
        return found
    if right.empty:
        rows = facts.tables["conversions"]["parcel_id"]
        return violations("conversion_strange", "conversions without land in lines", rows)
    told_rows, changed = facts.tables["conversions"], right[right["kind"].notna()]
    found = _check_rows_of(told_rows, changed)
    dated = facts.column("plan_year") is not None
    year = changed["plan_year"].astype("Int64").astype("str")
    changed = changed.assign(year=year.where(changed["plan_year"].notna(), "unknown"))
    if not dated:
        changed["year"] = "all"
    known = bool(right["use_after"].notna().any())
    totals = changed.groupby(["year", "kind"])["area_m2"].agg(["size", "sum"])
    found += _check_totals(facts, totals)
    return [*found, *check_rows(facts, _verdicts(totals, known=known), topic=TOPIC)]


def _expected(facts: Facts) -> pd.DataFrame:
    """Industrial parcels in the lines, with the kind of conversion where there is one."""
    lines = facts.tables["block_lines"]
    which = "given" if (lines["lines"] == "given").any() else "proposed"
    rows = lines[(lines["lines"] == which) & (lines["block_id"] != OVERALL)]
    areas = rows.set_index("block_id").geometry
    land = facts.land[facts.land["industrial"]]
    single, total = parts_in(land, areas), parts_in(land, united(areas)).set_index("parcel_id")
    total = total[total["share"] > CUT]
    best = single.assign(size=-single["inside_m2"].round(2))
    best = best.sort_values(["parcel_id", "size", "area_id"]).drop_duplicates("parcel_id")
    lots = facts.parcels.reindex(total.index)
    empty = pd.Series(None, index=lots.index, dtype="str")
    planned = lots["planned_use_class"].astype("str")
    now = lots["use_class"].astype("str")
    now = now.mask(means_m0(lots.get("use_code", empty), rules=facts.rules), M0)
    then = planned.mask(means_m0(lots.get("planned_use", empty), rules=facts.rules), M0)
    year = lots.get("plan_year", pd.Series(NAN, index=lots.index)).astype("Float64")
    renewed = lots["verdict"].isin(MERGED_ROLES) | year.notna()
    # what turns to M0 is M0 whatever its class; M0 renewed as such is industry
    to_m0, stays_m0 = (then == M0) & (now != M0), (then == M0) & (now == M0)
    changes = to_m0 | ((planned != lots["use_class"]) & ~stays_m0)
    kind = then.map(KINDS).fillna("to_other").mask(stays_m0, "to_industry")
    return pd.DataFrame(
        {
            "block_id": best.set_index("parcel_id")["area_id"].astype("str").reindex(lots.index),
            "use_before": now,
            "use_after": then,
            "kind": kind.where(then.notna() & (changes | renewed)),
            "area_m2": total["inside_m2"],
            "plan_year": year,
        }
    )


def _check_rows_of(table: pd.DataFrame, right: pd.DataFrame) -> list[Violation]:
    absent = set(right.index) - set(table["parcel_id"])
    found = violations("conversion_missing", "conversions that are not listed", absent)
    strange = table["parcel_id"][
        ~table["parcel_id"].isin(right.index) | table["parcel_id"].duplicated()
    ]
    text = "conversions of parcels that have none, or listed twice"
    found += violations("conversion_strange", text, strange)
    rows = table[table["parcel_id"].isin(right.index)].drop_duplicates("parcel_id")
    rows = rows.set_index("parcel_id").sort_index()
    own = right.reindex(rows.index)
    for column in TEXTS:
        wrong = rows[column].fillna("") != own[column].fillna("")
        text = f"{column} of conversions does not follow from the parcel"
        found += violations("conversion_row", text, rows.index[wrong])
    years = rows["plan_year"].astype("Float64").fillna(-1) != own["plan_year"].fillna(-1)
    text = "plan_year of conversions is not that of the parcel"
    found += violations("conversion_row", text, rows.index[years])
    areas = {"area_m2": own["area_m2"], "area_mu": m2_to_mu(own["area_m2"])}
    return found + unequal(rows, areas, code="conversion_row", what="conversions")


def _check_totals(facts: Facts, totals: pd.DataFrame) -> list[Violation]:
    table = facts.tables["conversion_totals"]
    key = table["year"].astype("str") + " " + table["kind"].astype("str")
    named = [f"{year} {kind}" for year, kind in totals.index]
    right = totals.set_axis(pd.Index(named, dtype="str"))
    whole = totals["sum"].groupby(level=0).transform("sum").set_axis(right.index)
    wrong = [*set(named).symmetric_difference(key), *key[key.duplicated()]]
    text = "totals of conversions that there are none of, or that are not there"
    found = violations("conversion_total", text, wrong)
    rows = table.set_axis(key)
    rows = rows[rows.index.isin(named) & ~rows.index.duplicated()].sort_index()
    own, base = right.reindex(rows.index), whole.reindex(rows.index)
    numbers = {"parcels": own["size"], "area_m2": own["sum"], "area_mu": m2_to_mu(own["sum"])}
    numbers |= {"share": ratio(own["sum"], base)}
    return found + unequal(rows, numbers, code="conversion_total", what="conversion_totals")


def _verdicts(totals: pd.DataFrame, *, known: bool) -> list[Row]:
    rows = []
    areas = totals["sum"].reset_index()
    for year in sorted(set(areas["year"])) or ["all"]:
        own = areas[areas["year"] == year].set_index("kind")["sum"].to_dict()
        whole = sum(own.values())
        m0, used = (own.get(k, 0.0) if known else NAN for k in ("to_m0", "to_industry"))
        rows.append(Row(f"year:{year}", CAP, m0))
        parts = (used, whole if known else NAN)
        share = used / whole if whole > 0 else NAN
        rows.append(Row(f"year:{year}", FLOOR, share, parts))
    return rows
