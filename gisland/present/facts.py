"""Facts, reasons and quotations in plain words: what the popups of the map are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.rulespecs import SHAPE_UNITS
from gisland.present.enclavewords import enclave_text
from gisland.present.lists import some_ids
from gisland.present.messages import layer_name
from gisland.present.wording import (
    LISTS,
    MISSING,
    SECTIONS,
    area_both,
    comparison,
    is_missing,
    named,
    named_list,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]
Block = list[Any]
Rules = Mapping[str, Mapping[str, Any]]

NOT_PASSED = ("fail", "missing")
TOLD_ELSEWHERE = ("enclave", "kind_")  # tests begin so: the facts of the parcel have their result
ALWAYS = ("owner", "use_class", "area", "far", "coverage")  # shown as missing where missing
UNITS = {
    "far": "ratio",
    "low_use_score": "ratio",
    "planned_far": "ratio",
    "planned_far_max": "ratio",
    "coverage": "share",
    "far_actual": "ratio",
    "green_ratio": "share",
    "mean_storeys": "ratio",
    "tax_yuan_per_mu": "yuan/mu",
    "output_yuan_per_mu": "yuan/mu",
    "investment_yuan_per_mu": "yuan/mu",
    "jobs_per_mu": "count/mu",
    "building_height_m": "m",
    "floor_area_estimated_m2": "m2",
    "width_m": "m",
    **SHAPE_UNITS,
    "frontage_m": "m",
    "frontage_road_m": "m",
    "border_m": "m",
    "link_m": "m",
    "scrap_area_m2": "m2",
    "denominator_m2": "m2",
    "surrounding_area_m2": "m2",
    "holder_area_m2": "m2",
    "classified_m2": "m2",
    "scrap_share_boundary": "share",
    "sites_share": "share",
    "free_share": "share",
    "other_share": "share",
    "hull_share": "share",
    "share": "share",
    "industrial_share": "share",
    "limit": "share",
    "m0_share": "share",
    "m0_limit": "share",
    **dict.fromkeys(("industrial_m2", "m0_m2", "land_m2", "inside_m2", "outside_m2"), "m2"),
    **dict.fromkeys(("state_m2", "collective_m2", "low_use_m2", "effective_m2"), "m2"),
    **dict.fromkeys(("mean_m2", "deviation_m2", "largest_deviation_m2", "bound_m2"), "m2"),
    **dict.fromkeys(("developable_m2", "built_m2", "to_build_m2"), "m2"),
    **dict.fromkeys(("low_use_share", "built_share", "to_build_share"), "share"),
    **dict.fromkeys(("potential", "area_term", "tax_gap_term", "owners_term"), "ratio"),
    **dict.fromkeys(("level", "rank", "owners", "low_use_parcels"), "count"),
    "tax_gap_yuan": "yuan",
}
_SECTIONS = {k: v for k, v in SECTIONS.items() if k != "layer"} | {"kind": "enclave_kind"}


def fields(row: Mapping[str, Any], columns: Iterable[str], *, texts: Mapping[str, str]) -> Block:
    """Facts of a row, one line each, with units and display names.

    Parameters
    ----------
    row
        One row of a result table.
    columns
        Columns to show; ``area`` stands for square metres and mu. Missing values are left out.
    texts
        Catalog of one language.

    Returns
    -------
    list
        Block ``["rows", [[name, value], …]]``.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> fields({"area_m2": 2000.0, "owner": None}, ("area", "owner"), texts=catalog("en"))
    ['rows', [['area', '2,000.00 m² (3.000 mu)'], ['owner', '—']]]
    """
    lines = []
    for column in columns:
        if column == "area":
            name, text = texts["map.popup.area"], area_both(texts, row.get("area_m2"))
        else:
            name, text = (
                texts.get(f"fact.{column}", column),
                field_text(column, row.get(column), texts),
            )
        if text != MISSING or column in ALWAYS:
            lines.append([name, text])
    return ["rows", lines]


def field_text(column: str, value: object, texts: Mapping[str, str]) -> str:
    """A value of a column as it is told, with its unit.

    Parameters
    ----------
    column
        Name of the column.
    value
        A cell of it.
    texts
        The catalog.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> field_text("coverage", 0.25, catalog("en"))
    '25.00%'
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, bool) or str(value) in {"True", "False"}:
        return texts["bool.true" if str(value) == "True" else "bool.false"]
    if column in UNITS:
        return with_unit(texts, value, unit=UNITS[column])
    if column in _SECTIONS:
        told = named_list if column in LISTS else named
        return told(texts, _SECTIONS[column], value)
    worded = {"enclave_of": enclave_text, "layer": layer_name}.get(column)
    if worded is not None:
        return worded(value, texts=texts)
    return some_ids(value, texts=texts) if column.endswith("_ids") else visible(value)


def reasons(joined: object, tests: list[Row], *, texts: Mapping[str, str]) -> list[str]:
    """Plain words for each reason code, with the measured value where a test gives it.

    Parameters
    ----------
    joined
        Reason codes joined by ``;``.
    tests
        Rows of the verdicts table that may lie behind them.
    texts
        Catalog of one language.

    Returns
    -------
    list of str
        Each once; a code without a test stands with its name alone.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"test": "area_cap", "outcome": "fail", "subject": "S1", "value": 2350.0}
    >>> row |= {"limit": 2000.0, "operator": "<", "unit": "m2"}
    >>> reasons("area_cap", [row], texts=catalog("en"))
    ['S1: exceeds the cap on the area of one scrap: 2,350.00 m² (requires < 2,000.00 m²)']
    """
    items: list[str] = []
    for code in visible(joined).split(";"):
        behind = [
            t for t in tests if t["outcome"] in NOT_PASSED and t["test"] == code.split(":")[-1]
        ]
        if behind:
            items += [reason(t, texts=texts) for t in behind]
        elif code:
            items.append(named(texts, "reason", code.replace(" ", ":", 1)))  # "taken_by S2"
    return list(dict.fromkeys(items))


def reason(test: Row, *, texts: Mapping[str, str]) -> str:
    """One failed or undecided test in plain words.

    Parameters
    ----------
    test
        Row of the verdicts table.
    texts
        Catalog of one language.

    Returns
    -------
    str
        With site, measured value and limit where the row has them.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> reason({"test": "same_owner", "outcome": "missing", "subject": ""}, texts=catalog("en"))
    'same right-holder (data missing)'
    """
    missing = "missing:" if test["outcome"] == "missing" else ""
    text = named(texts, "reason", test["test"])
    if missing:
        name, outcome = named(texts, "test", test["test"]), named(texts, "outcome", "missing")
        text = texts["report.detail"].format(name=name, detail=outcome)
    measured = "" if missing else comparison(texts, test)
    if measured:
        text = texts["map.popup.reason_measured"].format(reason=text, measured=measured)
    if test["subject"]:
        site = visible(test["subject"])
        text = texts["map.popup.reason_site"].format(site=site, reason=text)
    return text


def unverified(tests: Iterable[Mapping[Any, Any]], *, texts: Mapping[str, str]) -> list[str]:
    """Binding tests towards a site that could not be made: what is to be verified elsewhere.

    Parameters
    ----------
    tests
        Rows of the verdicts table.
    texts
        Catalog of one language.

    Returns
    -------
    list of str
        Names of the tests, each once.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"test": "exclusion", "outcome": "not_assessed", "subject": "S1", "mode": "on"}
    >>> unverified([row], texts=catalog("en"))
    ['outside exclusion areas']
    """
    names = [
        named(texts, "test", t["test"])
        for t in tests
        if t["outcome"] == "not_assessed" and t.get("mode") == "on" and visible(t["subject"])
    ]
    return list(dict.fromkeys(names))


def quotes(tests: list[Row], records: Rules, *, texts: Mapping[str, str]) -> list[Block]:
    """The wording of each rule behind some tests, one block for each passage, with its source.

    Parameters
    ----------
    tests
        Rows of the verdicts table.
    records
        Rules by id.
    texts
        Catalog of one language.

    Returns
    -------
    list
        Blocks ``["quote", text, source]`` in the order of rule ids: the quotation, or the titles
        of rules without one.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> rule = {"quotation": "below 3 mu", "title": "T", "section": "2", "status": "sourced"}
    >>> quotes([{"rule_id": "r"}], {"r": rule}, texts=catalog("en"))
    [['quote', '“below 3 mu”', '— T 2 (sourced)']]
    """
    passages: dict[tuple[str, ...], list[str]] = {}
    for rule_id in sorted({visible(t.get("rule_id")) for t in tests}):
        rule = records.get(rule_id, {})
        key = tuple(visible(rule.get(k)) for k in ("quotation", "section", "source", "status"))
        titles = passages.setdefault(key, [])
        if visible(rule.get("title")) not in titles:
            titles.append(visible(rule.get("title")))
    blocks = []
    for (quotation, section, source, status), titles in passages.items():
        named_rules = texts["report.list"].join(t for t in titles if t)
        text = texts["map.popup.quotation"].format(text=quotation) if quotation else named_rules
        whence = [named_rules if quotation else "", section, source]
        cite = texts["map.popup.cite"].format(
            source=" ".join(w for w in whence if w), status=named(texts, "rule_status", status)
        )
        if text:
            blocks.append(["quote", text, cite])
    return blocks


def verdict_rows(verdicts: pd.DataFrame | None) -> dict[str, list[Row]]:
    """Tests that popups speak of: all towards sites, and failed ones of the parcel itself.

    Those of enclaves and of kinds of scraps are left out.

    Parameters
    ----------
    verdicts
        Rows of the verdicts table, or None where it was not written.

    Returns
    -------
    dict
        Rows by parcel id; a parcel without tests gives an empty list.

    Examples
    --------
    >>> verdict_rows(None)["7"]
    []
    """
    found: defaultdict[str, list[Row]] = defaultdict(list)
    if verdicts is not None:
        subject = verdicts["subject"].fillna("")
        wanted = (subject != "") | verdicts["outcome"].isin(NOT_PASSED)
        wanted &= ~verdicts["test"].fillna("").str.startswith(TOLD_ELSEWHERE)
        for row in plain_rows(verdicts.assign(subject=subject)[wanted]):
            found[row["parcel_id"]].append(row)
    return found


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as dicts, geometry left out.

    Parameters
    ----------
    frame
        A table, with or without a column ``geometry``.

    Returns
    -------
    list of dict
        In the order of the table.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"a": [1], "geometry": [None]}))
    [{'a': 1}]
    """
    plain = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    names = [str(name) for name in plain]
    columns = [_cells(plain.iloc[:, i]) for i in range(len(names))]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _cells(column: pd.Series) -> list[Any]:
    """Cells as plain Python values; a column at a time, which is much faster than by rows."""
    if column.dtype == object:
        return [v.item() if isinstance(v, np.generic) else v for v in column]
    return column.astype(object).tolist()
