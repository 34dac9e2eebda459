"""What of a site stands on its one page: facts, main indicators, scraps, rules that decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.rulespecs import FRAGMENT_TESTS
from gisland.present.indicatorrows import change_text, indicator_number, lack_text
from gisland.present.lists import listed, some, some_ids
from gisland.present.rulebook import rule_line
from gisland.present.wording import MISSING, area_both, label, number, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Texts = Mapping[str, str]
    Facts = Mapping[str, str]

SHARE_CAP = "scrap.share_cap"
FACTS = ("owners", "tenure", "use_class", "area_before", "area_after", "candidates")
MAIN = (  # indicators in the order of the sheet
    *("land_area_mu", "parcels", "owners", "far", "counted_floor_area", "coverage"),
    *("green_ratio", "tax_per_mu", "output_per_mu"),
)
PLAIN_UNITS = ("share", "ratio", "count", "")  # the number tells them
USUAL = 8  # scraps that a sheet of one page has room for
ROOMY, CLOSE = 3, 6  # scraps beside which the picture may be large, and must be small
MOST = 60  # scraps listed on a sheet
FEW = 3  # names in one cell
QUOTED, PASSAGES = 80, 4  # characters of a quotation, passages quoted
LONGER, LONG, SHORT = 96, 64, 22  # characters of one text in cells of three widths


def brief(
    site: Mapping[Any, Any],
    facts: Facts,
    scraps: list[dict[str, Any]],
    *,
    tables: Mapping[str, pd.DataFrame],
    texts: Texts,
) -> dict[str, Any]:
    """Facts, main indicators and scraps of a site, cut so that they share one page.

    Parameters
    ----------
    site
        One row of the sites table.
    facts
        All facts of the site by key.
    scraps
        All its scraps as texts.
    tables
        Result tables by name.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``facts``, ``rows`` of indicators, ``conditions`` (a sentence, or empty), ``scraps``,
        ``many`` (a sentence where they need more than a page, else empty) and ``room``, classes
        of the style sheet that say how small the picture is.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> told = brief({"site_id": "S"}, {"tenure": "x" * 9}, [], tables={}, texts=catalog("en"))
    >>> told["facts"][1], told["room"]
    (('tenure', 'xxxxxxxxx'), '')
    """
    many = len(scraps)
    sentence = texts["sheet.many"].format(n=many, shown=min(many, MOST)) if many > USUAL else ""
    return {
        "facts": _facts(site, facts, texts=texts),
        "rows": _rows(tables.get("indicators"), site.get("site_id"), texts=texts),
        "conditions": _conditions(tables.get("conditions"), site.get("site_id"), texts=texts),
        "scraps": [_scrap(s) for s in scraps[:MOST]],
        "many": sentence,
        "room": _room(many),
    }


def _room(many: int) -> str:
    """How small the picture must be; beside more than a page of scraps it may be large again."""
    if not ROOMY < many <= USUAL:
        return ""
    return "dense" if many <= CLOSE else "dense close"


def _facts(site: Mapping[Any, Any], facts: Facts, *, texts: Texts) -> list[tuple[str, str]]:
    parcels = some_ids(site.get("parcel_ids"), texts=texts, many=FEW)
    found = {"parcels": parcels} | {k: facts[k] for k in FACTS if k in facts}
    count = len(listed(site.get("absorbed_ids")))
    area = area_both(texts, site.get("scrap_area_m2"))
    found["absorbed"] = texts["report.candidates"].format(n=count, area=area) if count else MISSING
    proved = label(texts, "bool", visible(site.get("optimal")).lower() or "missing")
    bound = number(site.get("bound_m2"), unit="m2")
    told = texts["sheet.proved"].format(proved=proved, bound=bound)
    found["optimal"] = proved if bound == MISSING else told
    return [(texts[f"report.fact.{k}"], shortened(v, longest=LONGER)) for k, v in found.items()]


def _rows(
    indicators: pd.DataFrame | None, site_id: object, *, texts: Texts
) -> list[dict[str, str]]:
    if indicators is None or indicators.empty:
        return []
    own = indicators[indicators["subject"] == f"site:{site_id}"]
    found = {row["indicator"]: row for row in own.to_dict("records")}
    return [_row(found[key], texts=texts) for key in MAIN if key in found]


def _row(row: Mapping[Any, Any], *, texts: Texts) -> dict[str, str]:
    unit, name = visible(row["unit"]), label(texts, "indicator", row["indicator"])
    shown = label(texts, "unit", unit)
    if unit not in PLAIN_UNITS and shown not in name:
        name = texts["report.detail"].format(name=name, detail=shown)
    lacks = (lack_text(row.get(k), texts=texts) for k in ("missing_before", "missing_after"))
    return {
        "name": name,
        "before": indicator_number(row["before"], unit=unit),
        "after": indicator_number(row["after"], unit=unit),
        "delta": change_text(row["delta"], unit=unit, texts=texts),
        "lack": next((lack for lack in lacks if lack), ""),
    }


def _conditions(conditions: pd.DataFrame | None, site_id: object, *, texts: Texts) -> str:
    """How many planning conditions hold after, and which do not."""
    if conditions is None or conditions.empty:
        return ""
    own = conditions[conditions["site_id"] == site_id]
    if own.empty:
        return ""
    outcomes = own["outcome_after"]
    failed = own.loc[outcomes == "fail", "condition"].tolist()
    names = [label(texts, "planning_condition", c) for c in failed]
    told = texts["sheet.conditions"].format(
        n=len(own), passed=int((outcomes == "pass").sum()), failed=len(failed)
    )
    if not names:
        return told
    shown = shortened(some(names, texts=texts, many=FEW), longest=LONG)
    return texts["report.detail"].format(name=told, detail=shown)


def _scrap(scrap: Mapping[str, Any]) -> dict[str, str]:
    why = scrap["reasons"] or scrap["unverified"]
    return {
        **{k: scrap[k] for k in ("label", "kind", "area_m2", "area_mu", "border", "code")},
        "kind": shortened(scrap["kind"], longest=SHORT),
        "parcel": shortened(scrap["parcel"], longest=SHORT),
        "owner": shortened(scrap["owner"], longest=SHORT),
        "verdict": shortened(scrap["verdict"], longest=SHORT),
        "why": shortened(why, longest=LONG),
        "verify": "" if scrap["reasons"] else scrap["unverified"],
    }


def deciding_rules(
    tests: pd.DataFrame,
    *,
    run: Mapping[str, Any],
    names: Mapping[str, tuple[int, str]],
    texts: Texts,
) -> list[dict[str, Any]]:
    """Passages that decided at a site: its cap, what refused scraps, then what let them pass.

    Parameters
    ----------
    tests
        Tests of the site's scraps.
    run
        The run's record.
    names
        Where each rule stands in the rule book (`rulebook.rulebook`).
    texts
        Catalog of one language.

    Returns
    -------
    list of dict
        At most `PASSAGES`: ``number`` in the rule book, ``lines`` with the limits, ``quotation``
        (cut), ``title``, ``section``, ``status``, ``status_code``; nothing is escaped.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> import pandas as pd
    >>> rule = {"id": "scrap.share_cap", "value": 0.1, "unit": "share", "operator": "<="}
    >>> book = {"scrap.share_cap": (1, "cap on the scrap share")}
    >>> run = {"rules": {"records": [rule]}}
    >>> deciding_rules(pd.DataFrame(), run=run, names=book, texts=catalog("en"))[0]["lines"]
    ['cap on the scrap share: ≤ 10.00%']
    """
    records = {r.get("id"): r for r in run.get("rules", {}).get("records", [])}
    passages: dict[int, dict[str, Any]] = {}
    for rule in _ranked(tests):
        if rule not in names or rule not in records:
            continue
        place, record = names[rule][0], records[rule]
        if place not in passages and len(passages) == PASSAGES:
            continue
        passage = passages.setdefault(place, _passage(record, place, texts=texts))
        line = shortened(rule_line(record, texts=texts), longest=LONGER)
        if line not in passage["lines"] and len(passage["lines"]) < FEW:
            passage["lines"].append(line)
    return list(passages.values())


def _passage(record: Mapping[str, Any], place: int, *, texts: Texts) -> dict[str, Any]:
    return {
        "number": place,
        "lines": [],
        "quotation": shortened(record.get("quotation"), longest=QUOTED),
        "title": shortened(record.get("title"), longest=LONG) or MISSING,
        "section": shortened(record.get("section"), longest=SHORT),
        "status": label(texts, "rule_status", record.get("status")),
        "status_code": visible(record.get("status")),
    }


def _ranked(tests: pd.DataFrame) -> list[str]:
    """Ids of rules, those first on which most turned; each once."""
    if tests.empty or "rule_id" not in tests:
        return [SHARE_CAP]
    of_pair = ~tests["test"].isin(FRAGMENT_TESTS)
    failed = tests["outcome"] == "fail"
    groups = (of_pair & failed, of_pair & ~failed, failed, ~failed)
    ranked = [SHARE_CAP]
    for group in groups:
        counts = tests.loc[group, "rule_id"].dropna().value_counts()
        ranked += sorted(counts.index, key=lambda r: (-int(counts[r]), str(r)))
    return list(dict.fromkeys(ranked))
