"""One site of the report: facts, before and after, its scraps with reasons, picture, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.rulespecs import FRAGMENT_TESTS
from gisland.base.units import m2_to_mu
from gisland.present.facts import unverified
from gisland.present.indicatorrows import indicator_groups, indicator_notes
from gisland.present.lists import listed, parcel_counts, some, some_ids
from gisland.present.picture import picture
from gisland.present.planned import capacity_rules, site_capacity, site_conditions
from gisland.present.planparts import site_alternatives
from gisland.present.rulebook import references
from gisland.present.sitebrief import SHARE_CAP, brief, deciding_rules
from gisland.present.sitedata import data_notes
from gisland.present.wording import (
    MISSING,
    area_both,
    comparison,
    label,
    named_list,
    number,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]

MARKS = {"pass": "✓", "fail": "✗"}
ORDER = ("absorbed", "eligible", "ineligible")
NOT_OF_SITES = (  # facts, capacity and the ledger have them
    *("land_area", "land_area_ha", "above_floor_area", "estimated_floor_area", "footprint"),
    *("green_area", "open_space", "open_space_ratio", "patches", "median_parcel_area"),
    *("capacity_min", "capacity_max", "capacity_left", "capacity_gained"),
)


def site_sheet(
    site: pd.Series,
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    tests: pd.DataFrame,
    rule_names: Mapping[str, tuple[int, str]],
    texts: Texts,
) -> dict[str, Any]:
    """Everything the sheet of a site and its annex show, as ready texts.

    Parameters
    ----------
    site
        One row of the sites table.
    tables
        Result tables by name.
    run
        The run's record.
    tests
        Tests of all considered pairs (`conditions.pair_tests`).
    rule_names
        Where each rule stands in the report's rule book (`rulebook.rulebook`).
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``id``, ``facts``, ``alternatives``, ``indicators`` by theme, ``notes``, ``conditions``,
        ``capacity``, ``scraps`` by verdict, ``picture``, ``rules``, and what the sheet itself
        tells of them: ``brief`` (`sitebrief.brief`), ``decided`` (`sitebrief.deciding_rules`)
        and ``data`` (`sitedata.data_notes`); nothing is escaped.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> site = pd.Series({"site_id": "S1", "parcel_ids": "a", "area_before_m2": 2000.0})
    >>> tests = pd.DataFrame({"site_id": []})
    >>> sheet = site_sheet(site, {}, run={}, tests=tests, rule_names={}, texts=catalog("en"))
    >>> sheet["id"], sheet["facts"][1]
    ('S1', ('area before', '2,000.00 m² (3.000 mu)'))
    """
    row, subject = site.to_dict(), f"site:{site['site_id']}"
    parcels = tables.get("parcels")
    plan = tables.get("plan", pd.DataFrame({"site_id": []}))
    indicators = tables.get("indicators", pd.DataFrame(columns=["subject"]))
    own_tests = tests[tests["site_id"] == row["site_id"]]
    scraps = _in_order(plan[plan["site_id"] == row["site_id"]])
    scraps = scraps.assign(label=_labels(scraps, texts=texts))
    told = _scraps(scraps, parcels, tests=own_tests, texts=texts)
    facts = dict(_facts(row, parcels, texts=texts))
    drawable = parcels is not None and "geometry" in parcels and "geometry" in site
    return {
        "id": shortened(row["site_id"]),
        "facts": [(texts[f"report.fact.{k}"], text) for k, text in facts.items()],
        "brief": brief(row, facts, told, tables=tables, texts=texts),
        "decided": deciding_rules(own_tests, run=run, names=rule_names, texts=texts),
        "data": data_notes(row, scraps, tests=own_tests, tables=tables, run=run, texts=texts),
        "alternatives": site_alternatives(tables, row["site_id"], texts=texts),
        "indicators": indicator_groups(
            indicators, subject=subject, texts=texts, without=NOT_OF_SITES
        ),
        "conditions": site_conditions(tables, row["site_id"], texts=texts),
        "capacity": site_capacity(tables, row["site_id"], texts=texts),
        "scraps": told,
        "picture": picture(site, scraps, parcels) if drawable else None,
        "rules": references(_rules_of(own_tests, tables, row["site_id"]), rule_names),
        "notes": indicator_notes(
            indicators[indicators["subject"] == subject],
            planned=number(row.get("planned_far"), unit="ratio") != MISSING,
            texts=texts,
        ),
    }


def _in_order(scraps: pd.DataFrame) -> pd.DataFrame:
    """Absorbed scraps first, refused ones last, then by id."""
    if scraps.empty:
        return scraps.reset_index(drop=True)
    rank = scraps["verdict"].map({v: n for n, v in enumerate(ORDER)}).fillna(len(ORDER))
    order = scraps.assign(rank=rank).sort_values(["rank", "parcel_id"], kind="stable")
    return order.drop(columns="rank").reset_index(drop=True)


def _labels(scraps: pd.DataFrame, *, texts: Texts) -> list[str]:
    """Sign of the kind of each scrap and its number at the site."""
    kinds = scraps["scrap_kind"] if "scrap_kind" in scraps else [None] * len(scraps)
    signs = [texts.get(f"map.tag.{kind}", "") for kind in kinds]
    return [f"{sign}{n}" for n, sign in enumerate(signs, start=1)]


def _rules_of(
    tests: pd.DataFrame, tables: Mapping[str, pd.DataFrame], site_id: object
) -> list[str]:
    """Rules behind the tests of a site and its capacity, and the cap that it is held against."""
    told = [*(tests["rule_id"].dropna().unique() if "rule_id" in tests else ()), SHARE_CAP]
    return [*told, *capacity_rules(tables, site_id)]


def _facts(
    row: Mapping[Any, Any], parcels: pd.DataFrame | None, *, texts: Texts
) -> Iterable[tuple[str, str]]:
    yield "parcels", some_ids(row.get("parcel_ids"), texts=texts)
    for column in ("owner", "tenure", "use_class"):
        if parcels is not None and column in parcels:
            members = parcels[parcels["parcel_id"].isin(listed(row.get("parcel_ids")))]
            values = sorted(members[column].dropna().unique().tolist())
            names = [label(texts, column, v) for v in values]
            yield "owners" if column == "owner" else column, some(names, texts=texts)
    yield "area_before", area_both(texts, row.get("area_before_m2"))
    if listed(row.get("absorbed_ids")):
        area = area_both(texts, row.get("scrap_area_m2"))
        yield "absorbed", f"{some_ids(row.get('absorbed_ids'), texts=texts)} · {area}"
    else:
        yield "absorbed", texts["report.none"]
    yield "area_after", area_both(texts, row.get("area_after_m2"))
    yield "candidates", _candidates(row, texts=texts)
    before, after = parcel_counts(row, texts=texts)
    yield "parcels_count", texts["report.arrow"].format(before=before, after=after)
    yield "planned_far", number(row.get("planned_far"), unit="ratio")
    for key, column in (("gaps", "gap_closed_m2"), ("overlaps", "overlap_m2")):
        yield key, with_unit(texts, row.get(column), unit="m2")
    proved = label(texts, "bool", visible(row.get("optimal")).lower() or "missing")
    yield "optimal", proved
    yield "bound", with_unit(texts, row.get("bound_m2"), unit="m2")


def _candidates(row: Mapping[Any, Any], *, texts: Texts) -> str:
    """All scraps at the site, absorbed or not."""
    area = area_both(texts, row.get("candidate_area_m2"))
    count = len(listed(row.get("candidate_ids")))
    candidates = texts["report.candidates"].format(n=count, area=area)
    return candidates if count else texts["report.none"]


def _scraps(
    scraps: pd.DataFrame, parcels: pd.DataFrame | None, *, tests: pd.DataFrame, texts: Texts
) -> list[dict[str, Any]]:
    owners: dict[str, object] = {}
    if parcels is not None and "owner" in parcels:
        own = parcels[parcels["parcel_id"].isin(scraps["parcel_id"])]
        owners = dict(zip(own["parcel_id"], own["owner"], strict=True))
    by_parcel = dict(iter(tests.groupby("parcel_id"))) if len(tests) else {}
    return [
        {
            "label": row["label"],
            "parcel": shortened(row["parcel_id"]),
            "owner": shortened(owners.get(row["parcel_id"])) or MISSING,
            "kind": label(texts, "scrap_kind", row["scrap_kind"]),
            "shares": _kind_shares(row, texts=texts),
            "area_m2": number(row["area_m2"], unit="m2"),
            "area_mu": number(m2_to_mu(row["area_m2"]), unit="mu"),
            "border": number(row["border_m"], unit="m"),
            "code": row["verdict"],
            "verdict": label(texts, "verdict", row["verdict"]),
            "reasons": _reasons(row["reasons"], texts=texts),
            "unverified": _unverified(row, by_parcel.get(row["parcel_id"]), texts=texts),
            "tests": _tests(by_parcel.get(row["parcel_id"]), texts=texts),
        }
        for row in pd.DataFrame(scraps).to_dict("records")
    ]


def _kind_shares(row: Mapping[Any, Any], *, texts: Texts) -> str:
    """What the boundary of a scrap runs along, from which its kind follows."""
    names = ("sites_share", "free_share", "other_share")
    shares = {n: number(row.get(n), unit="share", decimals=1) for n in names}
    return "" if MISSING in shares.values() else texts["report.kind_shares"].format(**shares)


def _reasons(codes: object, *, texts: Texts) -> str:
    names = shortened(named_list(texts, "reason", codes))
    return "" if names == MISSING else names


def _unverified(row: Mapping[Any, Any], tests: pd.DataFrame | None, *, texts: Texts) -> str:
    """What is to be verified before a scrap is merged, where it can be."""
    if tests is None or row["verdict"] not in {"absorbed", "eligible"}:
        return ""
    return texts["report.list"].join(unverified(tests.to_dict("records"), texts=texts))


def _tests(tests: pd.DataFrame | None, *, texts: Texts) -> list[dict[str, Any]]:
    """Conditions for merging, then those for development alone, each with its numbers."""
    if tests is None:
        return []
    lines: dict[str, list[dict[str, str]]] = {"merge_tests": [], "fragment_tests": []}
    for row in tests.to_dict("records"):
        group = "fragment_tests" if row["test"] in FRAGMENT_TESTS else "merge_tests"
        advisory = row.get("mode") == "advisory"
        name = label(texts, "test", row["test"])
        if advisory:
            name = texts["report.detail"].format(name=name, detail=texts["mode.advisory"])
        measured = comparison(texts, row) or label(texts, "outcome", row["outcome"])
        lines[group].append(
            {
                "mark": MARKS.get(row["outcome"], "?"),
                "outcome": visible(row["outcome"]),
                "name": name,
                "measured": shortened(measured),
            }
        )
    return [{"title": texts[f"report.{k}"], "lines": v} for k, v in lines.items() if v]
