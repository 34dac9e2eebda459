"""What the numbers of a site rest on: areas, coordinates, what is missing or estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.indicatorrows import lack_text
from gisland.present.lists import listed, some
from gisland.present.messages import crs_chosen, finding_text
from gisland.present.wording import (
    MISSING,
    is_missing,
    label,
    named,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

ESTIMATED = "estimated_floor_area"
FEW = 3  # names or findings told on the sheet
MOST = 30  # findings told in the annex
LONG = 90  # characters of one note


def data_notes(
    site: Mapping[Any, Any],
    scraps: pd.DataFrame,
    *,
    tests: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    texts: Texts,
) -> dict[str, Any]:
    """Notes on the data of a site, and the findings of the data check that touch it.

    Parameters
    ----------
    site
        One row of the sites table.
    scraps
        Its considered scraps.
    tests
        Their tests.
    tables
        Result tables by name.
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``notes``: pairs of head and text, always the same heads; ``findings``: up to `MOST` texts;
        ``total``: how many findings there are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> none = pd.DataFrame({"parcel_id": []})
    >>> run = {"area_basis": "plane", "crs": {"name": "EPSG:4547"}}
    >>> told = data_notes({}, none, tests=none, tables={}, run=run, texts=catalog("en"))
    >>> told["notes"][0]
    ('area and coordinates', 'plane (projected) area; EPSG:4547')
    """
    own = _own(tables.get("indicators"), site.get("site_id"))
    findings = _findings(tables.get("findings"), site, scraps)
    told = [shortened(finding_text(f, texts=texts)) for f in findings[:MOST]]
    notes = {
        "areas": _areas(run, texts=texts),
        "sites": named(texts, "sites_from", run.get("sites_from")),
        "drawn": texts["sheet.gaps"].format(
            gaps=with_unit(texts, site.get("gap_closed_m2"), unit="m2"),
            overlaps=with_unit(texts, site.get("overlap_m2"), unit="m2"),
        ),
        "missing": _missing(own, texts=texts),
        "estimated": _estimated(own, texts=texts),
        "open": _open(tests, texts=texts),
        "findings": _counted(findings, texts=texts),
    }
    return {
        "notes": [
            (texts[f"sheet.data.{k}"], shortened(v, longest=LONG) or MISSING)
            for k, v in notes.items()
        ],
        "findings": told,
        "total": len(findings),
    }


def _own(indicators: pd.DataFrame | None, site_id: object) -> list[dict[Any, Any]]:
    if indicators is None or indicators.empty:
        return []
    return indicators[indicators["subject"] == f"site:{site_id}"].to_dict("records")


def _areas(run: Mapping[str, Any], *, texts: Texts) -> str:
    crs = run.get("crs", {})
    parts = [
        visible(named(texts, "area_basis", run.get("area_basis"))),
        visible(crs.get("name")),
        visible(crs_chosen(crs.get("chosen"), texts=texts)),
    ]
    return texts["report.list"].join(p for p in parts if p and p != MISSING)


def _missing(own: list[dict[Any, Any]], *, texts: Texts) -> str:
    """Indicators before that parcels lack something for; a shortage after often follows from it."""
    lacks = {
        label(texts, "indicator", row["indicator"]): lack_text(
            row.get("missing_before"), texts=texts
        )
        for row in own
        if row["indicator"] != ESTIMATED
    }
    names = [texts["report.detail"].format(name=k, detail=v) for k, v in lacks.items() if v]
    return some(names, texts=texts, many=FEW) if names else texts["report.none"]


def _estimated(own: list[dict[Any, Any]], *, texts: Texts) -> str:
    values = [row["before"] for row in own if row["indicator"] == ESTIMATED]
    if not values or is_missing(values[0]):
        return texts["sheet.not_known"]
    if not values[0]:
        return texts["report.none"]
    area = with_unit(texts, values[0], unit="m2")
    return texts["sheet.estimated"].format(area=area)


def _open(tests: pd.DataFrame, *, texts: Texts) -> str:
    """Binding conditions that could not be judged, with the number of scraps."""
    if tests.empty or "outcome" not in tests:
        return texts["report.none"]
    unknown = tests[tests["outcome"].isin(["not_assessed", "missing"])]
    if "mode" in unknown:
        unknown = unknown[unknown["mode"] != "advisory"]
    counts = unknown.groupby("test")["parcel_id"].nunique()
    names = [
        texts["sheet.of_scraps"].format(name=named(texts, "test", test), n=int(n))
        for test, n in counts.items()
    ]
    return some(names, texts=texts, many=FEW) if names else texts["report.none"]


def _findings(
    findings: pd.DataFrame | None, site: Mapping[Any, Any], scraps: pd.DataFrame
) -> list[dict[Any, Any]]:
    """Findings that name the site, one of its parcels or one of its scraps."""
    if findings is None or findings.empty:
        return []
    own = {*listed(site.get("parcel_ids")), *scraps["parcel_id"].tolist()}
    plain = pd.DataFrame(findings.drop(columns="geometry", errors="ignore"))
    rank = {"error": 0, "warning": 1}
    ranked = plain.assign(rank=plain["severity"].map(rank).fillna(len(rank)))
    ranked = ranked.sort_values(["rank", "code"], kind="stable")
    keys = ("parcel_id", "other_id")
    return [
        r for r in ranked.to_dict("records") if own & {i for k in keys for i in listed(r.get(k))}
    ]


def _counted(findings: list[dict[Any, Any]], *, texts: Texts) -> str:
    if not findings:
        return texts["sheet.no_findings"]
    counts: dict[str, int] = {}
    for finding in findings:
        name = named(texts, "finding", finding["code"])
        counts[name] = counts.get(name, 0) + 1
    names = [texts["sheet.counted"].format(name=k, n=n) for k, n in counts.items()]
    return some(names, texts=texts, many=FEW)
