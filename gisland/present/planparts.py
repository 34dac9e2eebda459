"""What planners negotiate with: other caps, what decisions changed, what was required in vain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.alternatives import (
    absorbed,
    alternative_name,
    counted,
    decision_text,
    effect,
    limit_text,
    of_site,
)
from gisland.present.lists import listed, some_ids
from gisland.present.messages import required_reason
from gisland.present.rest import MAX_ROWS, Table, frame_table, table
from gisland.present.wording import (
    MISSING,
    is_missing,
    label,
    number,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]

FEW = 5  # ids of parcels that an alternative adds or removes
ACROSS = 6  # caps beside each other in one matrix
REQUIRED = "required_not_absorbed"
CLOSE = 1e-9


def plan_parts(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any]:
    """Parts of the report on the plan as a whole, each None where there is nothing to tell.

    Parameters
    ----------
    tables
        Result tables by name.
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``differences``: tables by scrap (``scraps``) and by site (``sites``); ``sweep``: a note
        and matrices; ``required``: a sentence and a table.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> plan_parts({}, run={}, texts=catalog("en"))
    {'differences': None, 'sweep': None, 'required': None}
    """
    return {
        "differences": _differences(tables, texts=texts),
        "sweep": _sweep(tables, run=run, texts=texts),
        "required": _required(tables, run=run, texts=texts),
    }


def site_alternatives(
    tables: Mapping[str, pd.DataFrame], site_id: object, *, texts: Texts
) -> Table | None:
    """Alternatives in which something changes at one site, in words.

    Parameters
    ----------
    tables
        Result tables by name.
    site_id
        The site.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        As `rest.table` makes it; None where nothing changes.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> site_alternatives({}, "S", texts=catalog("en")) is None
    True
    """
    rows = of_site(tables.get("alternatives"), site_id)
    if not rows:
        return None
    cells = [
        [
            shortened(alternative_name(r, texts=texts)),
            effect(r, texts=texts),
            absorbed(r.get("scraps"), r.get("area_m2"), texts=texts),
            *(some_ids(r.get(k), texts=texts, many=FEW) for k in ("added_ids", "removed_ids")),
        ]
        for r in rows[:MAX_ROWS]
    ]
    heads = [texts[f"report.column.{k}"] for k in ("alternative", "effect", "then")]
    heads += [texts[f"column.{k}"] for k in ("added_ids", "removed_ids")]
    return table(heads, cells, ids=[3, 4], total=len(rows))


def _differences(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> dict[str, Any] | None:
    frame = tables.get("differences")
    if frame is None or frame.empty:
        return None
    outside = texts["report.differences.outside"]

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["parcel_id"]),
            number(row.get("area_m2"), unit="m2"),
            decision_text(row.get("decision"), texts=texts),
            *(shortened(row.get(k)) or outside for k in ("site_without", "site_with")),
            label(texts, "change", row.get("change")),
        ]

    keys = ("parcel_id", "area_m2", "decision", "site_without", "site_with", "change")
    heads = [texts[f"column.{k}"] for k in keys]
    sites = _by_site(frame, tables.get("sites"), texts=texts)
    return {
        "scraps": frame_table(frame, heads=heads, cells=cells, numeric=[1]),
        "sites": sites,
        "note": "" if sites else texts["report.differences.none"],
    }


def _by_site(frame: pd.DataFrame, sites: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Scraps and areas of each site that changes, without the decisions and with them."""
    without, with_ = (frame[k].astype("object").fillna("") for k in ("site_without", "site_with"))
    moved = frame[(without != with_).to_numpy()]
    gained = moved.groupby("site_with")["area_m2"].agg(["size", "sum"])
    lost = moved.groupby("site_without")["area_m2"].agg(["size", "sum"])
    names = sorted({str(n) for n in [*gained.index, *lost.index] if not is_missing(n)})
    if not names:
        return None
    net = gained.reindex(names).fillna(0) - lost.reindex(names).fillna(0)
    now = _absorbed_now(sites)
    rows = []
    for name, size, area in zip(names, net["size"].tolist(), net["sum"].tolist(), strict=True):
        many = int(size)
        whole = now.get(name)
        change = effect({"scraps_more": many, "area_more_m2": area}, texts=texts)
        before = (
            MISSING if whole is None else absorbed(whole[0] - many, whole[1] - area, texts=texts)
        )
        after = MISSING if whole is None else absorbed(*whole, texts=texts)
        rows.append([shortened(name), before, after, change])
    heads = [texts["column.site_id"], *(texts[f"report.column.{k}"] for k in ("without", "with"))]
    return table([*heads, texts["column.change"]], rows[:MAX_ROWS], total=len(rows))


def _absorbed_now(sites: pd.DataFrame | None) -> dict[str, tuple[int, float]]:
    if sites is None or not {"absorbed_ids", "scrap_area_m2"} <= set(sites):
        return {}
    rows = zip(sites["site_id"], sites["absorbed_ids"], sites["scrap_area_m2"], strict=True)
    return {
        str(site): (len(listed(ids)), float(area))
        for site, ids, area in rows
        if not is_missing(area)
    }


def _sweep(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any] | None:
    frame = tables.get("sweep")
    if frame is None or frame.empty:
        return None
    caps = {"cap": _limit("scrap.share_cap", run), "area": _limit("scrap.area_cap", run)}
    across = _effective(frame["cap"], caps["cap"])
    down = _effective(frame["area_cap_m2"], caps["area"])
    cells = {
        (cap, area): _cell(
            row, force=_same(cap, caps["cap"]) and _same(area, caps["area"]), texts=texts
        )
        for cap, area, row in zip(across, down, frame.to_dict("records"), strict=True)
    }
    columns, lines = sorted(set(across)), sorted(set(down))
    named = {c: _cap_name(c, now=caps["cap"], unit="share", texts=texts) for c in columns}
    matrices = []
    for start in range(0, len(columns), ACROSS):
        some = columns[start : start + ACROSS]
        body = [
            {
                "head": _cap_name(area, now=caps["area"], unit="m2", texts=texts),
                "cells": [cells.get((cap, area)) for cap in some],
            }
            for area in lines
        ]
        matrices.append({"heads": [named[c] for c in some], "rows": body})
    force = _in_force(tables.get("plan"), caps, texts=texts)
    still_open = any(c["open"] for c in cells.values())
    return {
        "note": texts["report.sweep.note"].format(force=force),
        "matrices": matrices,
        "open": texts["report.sweep.open"] if still_open else "",
    }


def _limit(rule_id: str, run: Mapping[str, Any]) -> float:
    """Limit of a binding rule of the run; infinite where there is none."""
    for record in run.get("rules", {}).get("records", []):
        value = record.get("value")
        if record.get("id") == rule_id and record.get("mode") == "on":
            return float(value) if isinstance(value, (int, float)) else math.inf
    return math.inf


def _effective(values: pd.Series, now: float) -> list[float]:
    """Caps, the one in force where the table names none."""
    return [now if is_missing(v) else float(v) for v in values.tolist()]


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=CLOSE)


def _cap_name(cap: float, *, now: float, unit: str, texts: Texts) -> str:
    told = limit_text(cap, unit=unit, texts=texts) if math.isfinite(cap) else ""
    told = told or texts["report.sweep.no_cap"]
    if not _same(cap, now):
        return told
    return texts["report.detail"].format(name=told, detail=texts["report.sweep.as_is"])


def _cell(row: Mapping[Any, Any], *, force: bool, texts: Texts) -> dict[str, Any]:
    more: Any = row.get("more_m2")
    text = with_unit(texts, more, unit="m2")
    signed = text if text == MISSING or more <= 0 or not text.strip("0., m²") else f"+{text}"
    still_open = visible(row.get("status")) == "time_limit"
    area = with_unit(texts, row.get("absorbed_m2"), unit="m2")
    return {
        "scraps": counted(row.get("scraps"), texts=texts),
        "area": f"{area} *" if still_open else area,
        "more": texts["report.sweep.force"] if force else signed,
        "force": force,
        "open": still_open,
    }


def _in_force(plan: pd.DataFrame | None, caps: Mapping[str, float], *, texts: Texts) -> str:
    """The plan in force in a few words: what it absorbs, under which caps."""
    told = []
    for constraint, key, unit in (("share_cap", "cap", "share"), ("area_cap", "area", "m2")):
        cap = caps[key]
        limit = limit_text(cap, unit=unit, texts=texts) if math.isfinite(cap) else ""
        name = texts[f"constraint.{constraint}"]
        told.append(f"{name} {limit or texts['report.sweep.no_cap']}")
    if plan is not None and len(plan):
        chosen = plan[plan["verdict"] == "absorbed"]
        told.append(absorbed(len(chosen), float(chosen["area_m2"].sum()), texts=texts))
    return texts["report.list"].join(told)


def _required(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any] | None:
    findings = tables.get("findings", pd.DataFrame({"code": []}))
    unmet = findings[findings["code"] == REQUIRED]
    wanted = run.get("plan", {}).get("required") or ()
    if not len(unmet) and not wanted:
        return None
    plan = tables.get("plan", pd.DataFrame({"parcel_id": [], "verdict": []}))
    taken = set(plan.loc[plan["verdict"] == "absorbed", "parcel_id"])
    text = texts["report.required_counted"]
    told = text.format(n=len(wanted), absorbed=len(taken & set(wanted))) if wanted else ""
    return {"text": told, "table": _unmet(unmet, tables, texts=texts) if len(unmet) else None}


def _unmet(
    unmet: pd.DataFrame, tables: Mapping[str, pd.DataFrame], *, texts: Texts
) -> Table | None:
    areas = _by_parcel(tables.get("parcels"), "area_m2", unmet["parcel_id"])
    owners = _by_parcel(tables.get("parcels"), "owner", unmet["parcel_id"])

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["parcel_id"]),
            shortened(owners.get(row["parcel_id"])) or MISSING,
            number(areas.get(row["parcel_id"]), unit="m2"),
            shortened(required_reason(row.get("message"), texts=texts)) or MISSING,
            some_ids(row.get("other_id"), texts=texts),
        ]

    heads = [texts[f"column.{k}"] for k in ("parcel_id", "owner", "area_m2")]
    heads += [texts[f"report.column.{k}"] for k in ("why", "conflict")]
    return frame_table(unmet, heads=heads, cells=cells, numeric=[2], ids=[4])


def _by_parcel(
    parcels: pd.DataFrame | None, column: str, ids: Iterable[object]
) -> dict[object, Any]:
    if parcels is None or column not in parcels:
        return {}
    own = parcels[parcels["parcel_id"].isin(list(ids))]
    return dict(zip(own["parcel_id"], own[column], strict=True))
