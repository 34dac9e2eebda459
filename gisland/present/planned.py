"""Planning conditions and capacity as people read them: of a site, of all sites, of a parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.conditions import CONDITIONS
from gisland.present.lists import listed, some
from gisland.present.rest import Table, frame_table, table
from gisland.present.wording import (
    MISSING,
    SYMBOLS,
    is_missing,
    label,
    named_list,
    number,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

MARKS = {"pass": "✓", "fail": "✗", "missing": "?"}
OUTCOMES = ("pass", "fail", "missing")
SIDES = ("before", "after")
RANGES = (  # of capacity: name, least, most
    ("capacity_before", "capacity_min_before_m2", "capacity_max_before_m2"),
    ("scrap_capacity", "scrap_capacity_min_m2", "scrap_capacity_max_m2"),
    ("capacity_after", "capacity_min_after_m2", "capacity_max_after_m2"),
)
AMOUNTS = ("left_m2", "gained_m2", "gained_net_m2")
KNOWN = (*(c for r in RANGES for c in r[1:]), *AMOUNTS, "planned_floor_m2")
ALL = 0.9999  # of the land


def site_conditions(
    tables: Mapping[str, pd.DataFrame], site_id: object, *, texts: Texts
) -> Table | None:
    """Planning conditions of a site, each with limit, value and verdict before and after.

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
        As `rest.table` makes it; None where no condition is known.

    Examples
    --------
    >>> site_conditions({}, "S1", texts={}) is None
    True
    """
    rows = _of_site(tables.get("conditions"), site_id)
    if not rows:
        return None
    cells = [
        [
            label(texts, "planning_condition", row["condition"]),
            *(
                text
                for side in SIDES
                for text in (
                    limit_text(row, f"limit_{side}", texts=texts),
                    _value(row, f"value_{side}", texts=texts),
                    outcome_text(row[f"outcome_{side}"], texts=texts),
                )
            ),
            _source(row, texts=texts),
        ]
        for row in rows
    ]
    keys = [f"report.column.{k}_{side}" for side in SIDES for k in ("limit", "value", "verdict")]
    heads = [texts["column.condition"], *(texts[k] for k in keys), texts["report.column.source"]]
    return table(heads, cells, numeric=[1, 2, 4, 5])


def _of_site(frame: pd.DataFrame | None, site_id: object) -> list[dict[Any, Any]]:
    if frame is None or "site_id" not in frame:
        return []
    return frame[frame["site_id"] == site_id].to_dict("records")


def limit_text(row: Mapping[Any, Any], column: str, *, texts: Texts) -> str:
    """A limit with its operator.

    Parameters
    ----------
    row
        One row of the table ``conditions``.
    column
        ``limit_before`` or ``limit_after``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Such as ``≤ 1.70``; ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"limit_after": 0.4, "operator": "<=", "unit": "share"}
    >>> limit_text(row, "limit_after", texts=catalog("en"))
    '≤ 40.00%'
    """
    text = _value(row, column, texts=texts)
    operator = SYMBOLS.get(visible(row.get("operator")), "")
    return text if text == MISSING else f"{operator} {text}".strip()


def _value(row: Mapping[Any, Any], column: str, *, texts: Texts) -> str:
    return shortened(with_unit(texts, row.get(column), unit=visible(row.get("unit"))))


def outcome_text(outcome: object, *, texts: Texts) -> str:
    """A verdict with its mark.

    Parameters
    ----------
    outcome
        ``pass``, ``fail`` or ``missing``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Such as ``✗ failed``.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> outcome_text("missing", texts=catalog("en"))
    '? data missing'
    """
    mark = MARKS.get(visible(outcome), "")
    return f"{mark} {label(texts, 'outcome', outcome)}".strip()


def _source(row: Mapping[Any, Any], *, texts: Texts) -> str:
    """Where a condition comes from, and on how much of the land it is known."""
    name = shortened(named_list(texts, "condition_source", row.get("source")))
    ids = some(listed(row.get("source_ids")), texts=texts)
    told = name if ids == MISSING else texts["report.detail"].format(name=name, detail=ids)
    share: Any = row.get("known_share")
    if is_missing(share) or share >= ALL:
        return told
    return texts["report.known_on"].format(source=told, share=number(share, unit="share"))


def site_capacity(
    tables: Mapping[str, pd.DataFrame], site_id: object, *, texts: Texts
) -> list[tuple[str, str]]:
    """Capacity of a site under its planning conditions, as names and texts.

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
    list of tuple of str
        Empty where nothing of it is known.

    Examples
    --------
    >>> site_capacity({}, "S1", texts={})
    []
    """
    rows = _of_site(tables.get("capacity"), site_id)
    if not rows or all(is_missing(rows[0].get(k)) for k in KNOWN):
        return []
    row = rows[0]
    told = [
        (texts["report.capacity.existing"], with_unit(texts, row.get("existing_m2"), unit="m2")),
        *((texts[f"report.capacity.{k}"], _range(row, a, b, texts=texts)) for k, a, b in RANGES),
        (
            texts["report.capacity.planned"].format(
                scenario=scenario_text(row.get("scenario"), texts=texts)
            ),
            with_unit(texts, row.get("planned_floor_m2"), unit="m2"),
        ),
    ]
    return [*told, *((texts[f"report.capacity.{k}"], _more(row.get(k), texts)) for k in AMOUNTS)]


def capacity_rules(tables: Mapping[str, pd.DataFrame], site_id: object) -> list[str]:
    """Rules behind the capacity of a site, where any of it is known.

    Parameters
    ----------
    tables
        Result tables by name.
    site_id
        The site.

    Returns
    -------
    list of str
        Ids of rules.

    Examples
    --------
    >>> capacity_rules({}, "S1")
    []
    """
    rows = _of_site(tables.get("capacity"), site_id)
    known = [r for r in rows if any(not is_missing(r.get(k)) for k in KNOWN)]
    return [str(r["rule_id"]) for r in known if not is_missing(r.get("rule_id"))]


def _range(row: Mapping[Any, Any], least: str, most: str, *, texts: Texts) -> str:
    """From the floor area that the conditions require to what they allow."""
    low, high = (number(row.get(k), unit="m2") for k in (least, most))
    if low == MISSING and high == MISSING:
        return MISSING
    key = "report.capacity.at_most" if low == MISSING else "report.capacity.at_least"
    if MISSING not in {low, high}:
        key = "report.capacity.from_to"
    return texts[key].format(low=low, high=high)


def _more(value: object, texts: Texts) -> str:
    text = with_unit(texts, value, unit="m2")
    return f"+{text}" if isinstance(value, float) and value > 0 and text != MISSING else text


def scenario_text(scenario: object, *, texts: Texts) -> str:
    """What the floor area after follows from, in words.

    Parameters
    ----------
    scenario
        ``keep``, ``far_max``, ``far_min``, a FAR or the name of a column.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Columns by their own name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> scenario_text("2.0", texts=catalog("en")), scenario_text("keep", texts=catalog("en"))
    ('FAR 2.00', 'existing floor area kept')
    """
    text = visible(scenario)
    known = texts.get(f"scenario.{text}")
    if known is not None or not text:
        return known or MISSING
    try:
        far = number(float(text), unit="ratio")
    except ValueError:
        return texts["scenario.column"].format(column=shortened(text))
    return texts["scenario.far"].format(far=far)


def all_conditions(conditions: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """How many sites meet each planning condition, before and after.

    Parameters
    ----------
    conditions
        The table ``conditions``, or None.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        As `rest.table` makes it; None without conditions.

    Examples
    --------
    >>> all_conditions(None, texts={}) is None
    True
    """
    if conditions is None or conditions.empty:
        return None
    there = set(conditions["condition"].dropna())
    known = [*(c for c in CONDITIONS if c in there), *sorted(there - set(CONDITIONS))]
    rows = []
    for name in known:
        own = conditions[conditions["condition"] == name]
        counts = [(own[f"outcome_{s}"] == o).sum() for s in SIDES for o in OUTCOMES]
        told = [number(int(n), unit="count") for n in (len(own), *counts)]
        rows.append([label(texts, "planning_condition", name), *told])
    heads = [texts["column.condition"], texts["report.column.sites_with"]]
    for side in SIDES:
        when = texts[f"report.{side}"]
        heads += [f"{when}{texts['report.colon']}{texts[f'outcome.{o}']}" for o in OUTCOMES]
    return table(heads, rows, numeric=range(1, len(heads)))


def all_capacity(capacity: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Capacity of all sites, one row each.

    Parameters
    ----------
    capacity
        The table ``capacity``, or None.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        As `rest.table` makes it; None where nothing of it is known.

    Examples
    --------
    >>> all_capacity(None, texts={}) is None
    True
    """
    if capacity is None or not set(KNOWN) <= set(capacity):
        return None
    if capacity[list(KNOWN)].isna().to_numpy().all():
        return None

    def cells(row: dict[Any, Any]) -> list[str]:
        far = [number(row.get(f"far_max_{s}"), unit="ratio") for s in SIDES]
        return [
            shortened(row["site_id"]),
            MISSING
            if set(far) == {MISSING}
            else texts["report.arrow"].format(before=far[0], after=far[1]),
            *(number(row.get(k), unit="m2") for k in columns),
        ]

    columns = ("existing_m2", "capacity_max_before_m2", "capacity_max_after_m2", *AMOUNTS)
    heads = [texts["column.site_id"], texts["report.column.far_max"]]
    heads += [texts[f"report.column.{k}"] for k in columns]
    return frame_table(capacity, heads=heads, cells=cells, numeric=range(1, len(heads)))


def parcel_conditions(row: Mapping[Any, Any], *, texts: Texts) -> list[tuple[str, str, bool]]:
    """Planning conditions of a parcel with today's value: name, text, whether it is not met.

    Parameters
    ----------
    row
        One row of the parcels table: ``planned_<condition>``, what each limits, and
        ``conditions_failed``.
    texts
        Catalog of one language.

    Returns
    -------
    list of tuple
        In the order of `CONDITIONS`; those that are not known are left out.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lot = {"planned_far_max": 1.0, "far": 1.5, "conditions_failed": "far_max"}
    >>> parcel_conditions(lot, texts=catalog("en"))
    [('maximum FAR', '≤ 1.00; today 1.50 ✗', True)]
    """
    failed = listed(row.get("conditions_failed"))
    told = []
    for name, condition in CONDITIONS.items():
        limit = row.get(f"planned_{name}")
        if is_missing(limit):
            continue
        known = {"operator": condition.operator, "unit": condition.unit, "limit": limit}
        text = limit_text(known, "limit", texts=texts)
        today = with_unit(texts, row.get(condition.measure), unit=condition.unit)
        if today != MISSING:
            mark = MARKS["fail"] if name in failed else MARKS["pass"]
            mark = mark if "conditions_failed" in row else ""
            told_today = texts["report.condition_today"]
            text = told_today.format(limit=text, value=today, mark=mark).rstrip()
        told.append((label(texts, "planning_condition", name), text, name in failed))
    return told
