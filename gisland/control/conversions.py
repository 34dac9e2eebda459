"""What becomes of industrial land inside the block lines: by parcel, and by year of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.definitions import CUT_SHARE
from gisland.base.errors import TableError
from gisland.base.guards import require_columns
from gisland.base.keys import aligned, among, in_order
from gisland.base.phrases import count_of, first_of
from gisland.base.rule import AREA_DECIMALS
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.control.areaverdicts import NO_NUMBER, held
from gisland.control.newindustry import is_m0

if TYPE_CHECKING:
    from gisland.base.rules import RuleSet

TOPIC = "conversions"
M0 = "m0"
TO_M0, TO_INDUSTRY, TO_OTHER = "to_m0", "to_industry", "to_other"
KINDS = {
    **dict.fromkeys(INDUSTRIAL_USE_CLASSES, TO_INDUSTRY),
    "commercial": "to_commercial",
    "residential": "to_residential",
}
EVERY_YEAR, NO_YEAR = "all", "unknown"
SHOWN = 5  # ids named in a message
CONVERTED = (
    *("parcel_id", "block_id", "plan_year", "area_m2", "area_mu"),
    *("use_before", "use_after", "kind"),
)
PARTS = ("parcel_id", "block_id", "part", "inside_m2", "outside_m2")
NUMBERS = ("plan_year", "area_m2", "area_mu")
TOTALS = ("year", "kind", "parcels", "area_m2", "area_mu", "share")


def conversions(
    parcels: pd.DataFrame,
    parts: pd.DataFrame,
    *,
    renewed: pd.Series,
    rules: RuleSet,
    within_m2: pd.Series | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, object]]]:
    """Industrial land in the block lines that changes its use or is renewed as industry.

    A parcel is told if more than 1 % of it lies in the lines, it is industrial or logistics land
    today, its planned use is known, and it changes its class, turns to M0, or is renewed
    (`renewed`, or with a ``plan_year``) as industry. Land that is planned as M0 is so whatever
    its class; M0 that is renewed as M0 counts as renewed industry.

    Parameters
    ----------
    parcels
        Indexed by parcel id: ``area_m2``, ``use_class`` and, where known, ``use_code``,
        ``planned_use_class``, ``planned_use`` and ``plan_year``.
    parts
        Parts of parcels in one set of block lines (table ``block_parcels``): ``parcel_id``,
        ``block_id``, ``part``, ``inside_m2``, ``outside_m2``.
    renewed
        Bool by parcel id: the parcel is in a site or absorbed; of others it is not.
    rules
        The rule set (``conversion.*``, ``block_line.m0_uses``).
    within_m2
        Area in all blocks together by parcel id. Without it the area of a parcel in several
        blocks is that of its parts, as far as the parcel is not told to lie outside: up to 1 % of
        it too large, as less outside is not told.

    Returns
    -------
    conversions : pandas.DataFrame
        One row per parcel, sorted by id: the block that holds the largest part of it, uses
        (class or ``m0``) and ``kind`` (``to_m0``, ``to_industry``, ``to_commercial``,
        ``to_residential``, ``to_other``). ``area_m2`` is what lies inside the lines; where
        blocks overlap it counts once.
    totals : pandas.DataFrame
        Sums by year of the plan and kind, ``share`` of the year's area from 0 to 1. The year is
        ``all`` where no parcel has one, else ``unknown`` for parcels without.
    rows : list of dict
        Verdict rows (``areaverdicts.COLUMNS``), two a year: ``m0_cap`` (m² that turn to M0) and
        ``industry_floor`` (share renewed as industry). The former is missing where no planned use
        is known.

    Raises
    ------
    TableError
        If a column is missing, or a ``plan_year`` is not a whole number.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> uses = {"use_class": ["industrial"], "planned_use_class": ["commercial"]}
    >>> lots = pd.DataFrame({"area_m2": [900.0], **uses}, index=["a"])
    >>> part = {"parcel_id": ["a"], "block_id": ["L1"], "part": ["cut"], "inside_m2": [600.0]}
    >>> found, totals, rows = conversions(
    ...     lots,
    ...     pd.DataFrame({**part, "outside_m2": [300.0]}),
    ...     renewed=pd.Series(dtype="bool"),
    ...     rules=load_rules("common"),
    ... )
    >>> found[["parcel_id", "area_m2", "kind"]].values.tolist()
    [['a', 600.0, 'to_commercial']]
    >>> totals[["year", "kind", "share"]].values.tolist(), rows[1]["value"]
    ([['all', 'to_commercial', 1.0]], 0.0)
    """
    require_columns(parcels, ["area_m2", "use_class"], what="parcels")
    require_columns(parts, PARTS, what="parts")
    land = _industrial_inside(parcels, parts, rules=rules, within_m2=within_m2)
    land = land.assign(kind=_kinds(land, renewed), area_mu=m2_to_mu(land["area_m2"]))
    told = land[land["kind"].notna()].drop(columns=["use_before", "use_after"])
    told = told.rename(columns={"before": "use_before", "after": "use_after"})
    table = told.rename_axis("parcel_id").reset_index()[list(CONVERTED)]
    kinds = {c: "str" for c in CONVERTED if c not in NUMBERS} | {"plan_year": "Int64"}
    table = table.astype(kinds)
    dated = "plan_year" in parcels and bool(parcels["plan_year"].notna().any())
    totals = _totals(table, dated=dated)
    known = land.empty or bool(land["after"].notna().any())
    return table, totals, _verdicts(totals, rules=rules, known=known)


def unknown_plans(
    parcels: pd.DataFrame, parts: pd.DataFrame, *, rules: RuleSet
) -> list[dict[str, object]]:
    """Finding on industrial parcels in the block lines whose planned use is not known.

    Parameters
    ----------
    parcels, parts, rules
        As for `conversions`.

    Returns
    -------
    list of dict
        ``conversion_unknown`` with the count of parcels, or nothing.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lots = pd.DataFrame({"area_m2": [9.0], "use_class": ["industrial"]}, index=["a"])
    >>> part = {"parcel_id": "a", "block_id": "L1", "part": "inside"}
    >>> parts = pd.DataFrame([{**part, "inside_m2": 9.0, "outside_m2": 0.0}])
    >>> unknown_plans(lots, parts, rules=load_rules("common"))[0]["message"]
    'the planned use of 1 industrial parcel in the block lines is not known: a'
    """
    land = _industrial_inside(parcels, parts, rules=rules)
    unknown = land.index[land["after"].isna()].astype("str").tolist()
    if not unknown:
        return []
    which = f"{count_of(len(unknown), 'industrial parcel')} in the block lines"
    return [
        {
            "code": "conversion_unknown",
            "severity": "info",
            "layer": "parcels",
            "value": float(len(unknown)),
            "unit": "count",
            "message": f"the planned use of {which} is not known: {first_of(unknown, most=SHOWN)}",
        }
    ]


def _kinds(land: pd.DataFrame, renewed: pd.Series) -> pd.Series:
    """Kind of conversion of each parcel; missing for those that stay as they are."""
    marked = renewed.index[renewed.fillna(value=False).astype("bool")]
    again = among(land.index, marked) | land["plan_year"].notna()
    now_m0 = land["after"].eq(M0)
    new_m0 = now_m0 & land["before"].ne(M0)
    kind = land["use_after"].map(KINDS).fillna(TO_OTHER).astype("str")
    kind = kind.mask(now_m0, TO_INDUSTRY).mask(new_m0, TO_M0)
    changed = new_m0 | (land["use_after"].ne(land["use_before"]) & ~now_m0)
    return kind.where(land["after"].notna() & (changed | again))


def _industrial_inside(
    parcels: pd.DataFrame,
    parts: pd.DataFrame,
    *,
    rules: RuleSet,
    within_m2: pd.Series | None = None,
) -> pd.DataFrame:
    """Industrial parcels in the lines by id, with their classes, and with M0 told apart."""
    land = _inside(parcels, parts, within_m2=within_m2)
    lots = parcels.loc[land.index]
    none = pd.Series(None, index=land.index, dtype="str")
    texts = {
        name: lots[name].astype("str") if name in lots else none
        for name in ("use_code", "planned_use", "planned_use_class")
    }
    before, after = lots["use_class"].astype("str"), texts["planned_use_class"]
    land = land.assign(
        use_before=before,
        use_after=after,
        before=before.mask(is_m0(texts["use_code"], rules=rules), M0),
        after=after.mask(is_m0(texts["planned_use"], rules=rules), M0),
        plan_year=_whole(pd.Series(numbers(lots, "plan_year"), index=land.index)),
    )
    return land[before.isin(INDUSTRIAL_USE_CLASSES)]


def _inside(
    parcels: pd.DataFrame, parts: pd.DataFrame, *, within_m2: pd.Series | None
) -> pd.DataFrame:
    """Block and area of every parcel of which more than a sliver lies in the lines, by id."""
    within = parts[parts["part"].ne("outside")]
    size = within["inside_m2"].round(AREA_DECIMALS)
    largest = in_order(within.assign(less=-size), ["parcel_id", "less", "block_id"])
    block = largest.drop_duplicates("parcel_id").set_index("parcel_id")["block_id"]
    whole = within.groupby("parcel_id")["inside_m2"].agg(["sum", "size"])
    outside = parts[parts["part"].eq("outside")].set_index("parcel_id")["outside_m2"]
    area = aligned(parcels["area_m2"], whole.index)
    rest = area - aligned(outside, whole.index).fillna(0.0)
    inside = whole["sum"].mask(whole["size"] > 1, np.fmin(whole["sum"], rest))
    if within_m2 is not None:
        inside = aligned(within_m2, whole.index)
    land = pd.DataFrame({"block_id": block, "area_m2": inside}).sort_index()
    return land[inside > CUT_SHARE * area]


def _whole(years: pd.Series) -> pd.Series:
    """Years, refused where one is no whole number."""
    wrong = years.notna() & years.ne(years.round())
    if wrong.any():
        count = count_of(int(wrong.sum()), "parcel")
        raise TableError(
            f"parcels: the plan_year of {count} is no whole number",
            do="give years such as 2026",
            ids=sorted(years.index[wrong].astype("str")),
        )
    return years


def _totals(table: pd.DataFrame, *, dated: bool) -> pd.DataFrame:
    """Sums by year and kind."""
    year = table["plan_year"].astype("str").fillna(NO_YEAR if dated else EVERY_YEAR)
    rows = table.assign(year=year).groupby(["year", "kind"])["area_m2"]
    total = rows.agg(parcels="size", area_m2="sum").reset_index()
    whole = total.groupby("year")["area_m2"].transform("sum")
    total = total.assign(area_mu=m2_to_mu(total["area_m2"]), share=total["area_m2"] / whole)
    kinds = {"year": "str", "kind": "str", "parcels": "Int64", "share": "float64"}
    return in_order(total[list(TOTALS)].astype(kinds), ["year", "kind"])


def _verdicts(totals: pd.DataFrame, *, rules: RuleSet, known: bool) -> list[dict[str, object]]:
    """Each year held against the cap of M0 and the floor of renewed industry."""
    rows = []
    for year in sorted(set(totals["year"])) or [EVERY_YEAR]:
        area = totals[totals["year"] == year].set_index("kind")["area_m2"]
        whole, subject = float(area.sum()), f"year:{year}"
        m0_m2 = float(area.get(TO_M0, 0.0)) if known else NO_NUMBER
        industry_m2 = float(area.get(TO_INDUSTRY, 0.0)) if known else NO_NUMBER
        rows.append(held(rules["conversion.m0_cap"], m0_m2, topic=TOPIC, subject=subject))
        rows.append(
            held(
                rules["conversion.industry_floor"],
                industry_m2 / whole if whole else NO_NUMBER,
                topic=TOPIC,
                subject=subject,
                numerator=industry_m2,
                denominator_value=whole if known else NO_NUMBER,
            )
        )
    return rows
