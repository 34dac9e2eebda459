"""The ledger: every table of a run as one spreadsheet, in which no text is ever a formula."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.alternatives import UNITS, constraint_name, decision_text
from gisland.present.balance import Entry, summary_rows
from gisland.present.bilingual import unmarked
from gisland.present.blockwords import SECTIONS as BLOCK_SECTIONS
from gisland.present.blockwords import block_table
from gisland.present.bookfile import Book, packed
from gisland.present.conditions import told_verdicts
from gisland.present.enclavewords import attribute_name, enclave_text, worded_enclaves
from gisland.present.formats import BY_DENOMINATOR, BY_UNIT, formats, plain
from gisland.present.holders import mixed_zone
from gisland.present.links import leads, places
from gisland.present.lists import listed
from gisland.present.messages import geometry_text, layer_name, rule_text, with_messages
from gisland.present.planned import scenario_text
from gisland.present.repairs import repair_text
from gisland.present.scraprows import SHARES, explanations, scrap_rows
from gisland.present.style import catalog
from gisland.present.wording import (
    LISTS,
    SECTIONS,
    named,
    named_list,
    visible,
)
from gisland.present.workbook import Column, Notes, location, write_rows, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ORDER = (
    "sites",
    "scraps",
    "plan",
    "alternatives",
    "sweep",
    "differences",
    "merged",
    "scrap_groups",
    "parcels",
    "verdicts",
    "enclaves",
    "holdings",
    "mixture",
    "zones",
    "zone_units",
    "hierarchy",
    *("block_lines", "block_uses", "block_parcels", "block_candidates"),
    *("block_changes", "block_balance", "conversions", "conversion_totals"),
    *("control_verdicts", "parks"),
    "indicators",
    "use_matrix",
    "conditions",
    "capacity",
    "buildings",
    "lineage",
    "findings",
    "changes",
    "rules",
    "components",
)
BLOCK_TABLES = (
    *("block_lines", "block_uses", "block_parcels", "block_balance", "conversions"),
    *("control_verdicts", "zones"),
)
SOURCE = "condition_source"
CONDITIONS = (  # columns in the order in which they are read
    *("site_id", "condition", "operator", "limit_before", "value_before", "outcome_before"),
    *("limit_after", "value_after", "outcome_after", "unit", "denominator", "known_share"),
    *("source", "source_ids"),
)
RULE_COLUMNS = (
    "id",
    "mode",
    "value",
    "unit",
    "operator",
    "denominator",
    "title",
    "section",
    "quotation",
    "source",
    "status",
    "note",
)
COLORS = {
    "verdict": {
        "site": "CFE3F5",
        "absorbed": "C9E7CB",
        "eligible": "FFF0C2",
        "ineligible": "F6CFC9",
    },
    "outcome": {"pass": "C9E7CB", "fail": "F6CFC9", "missing": "E6E6E6", "not_assessed": "E6E6E6"},
    "role": {"site": "CFE3F5", "absorbed": "C9E7CB", "no_geometry": "E6E6E6"},
    "severity": {"error": "F6CFC9", "warning": "FFF0C2"},
    "solver_status": {
        **dict.fromkeys(("optimal", "optimal_area"), "C9E7CB"),
        **dict.fromkeys(("greedy", "time_limit"), "FFF0C2"),
    },
}
TRUE = {  # colors of truth values
    "fragment": {"true": "FFF0C2"},
    "low_use": {"true": "FFF0C2"},
    "kept": {"true": "C9E7CB", "false": "E6E6E6"},
    "optimal": {"true": "C9E7CB", "false": "F6CFC9"},
}
BARS = {  # shares and scores that are drawn in their cells, by table
    "scraps": SHARES,
    "plan": ("site_share", *SHARES),
    "block_uses": ("share",),
    "block_lines": ("industrial_share",),
    "zones": ("potential",),
    "parcels": ("low_use_score",),
}
OWN_WORDS: dict[tuple[str, str], Callable[..., str]] = {
    ("capacity", "rule_id"): rule_text,
    ("capacity", "scenario"): scenario_text,
    ("alternatives", "constraint"): constraint_name,
    ("differences", "decision"): decision_text,
}


def ledger(tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], language: str) -> bytes:
    """The spreadsheet of a run: summary, then one worksheet for each table that was written.

    Parameters
    ----------
    tables
        Result tables by name; a table that is missing has no worksheet. Geometry is left out.
    run
        The run's record (``run.json``).
    language
        ``zh`` or ``en``; display text only.

    Returns
    -------
    bytes
        An ``.xlsx`` file, the same for the same input at any time. Text from data is stored as
        text, also where it looks like a formula.

    Raises
    ------
    ProjectError
        If the language is unknown.

    Examples
    --------
    >>> file = ledger({"zones": pd.DataFrame({"zone_id": ["=1+1"]})}, run={}, language="en")
    >>> import io
    >>> from openpyxl import load_workbook
    >>> load_workbook(io.BytesIO(file))["redevelopment zones"]["A2"].data_type
    's'
    """
    texts, tables, run = catalog(language), unmarked(tables), unmarked(run)
    told = told_verdicts(tables, run=run, texts=texts) if "plan" in tables else None
    whole = _with_further(tables, told, run=run, texts=texts)
    names = [name for name in ORDER if name in whole]
    titles = {n: texts.get(f"ledger.{n}") or texts[f"table.{n}"] for n in names}
    frames = {n: _prepared(n, whole, told=told, run=run, texts=texts) for n in names}
    spots = places(whole, titles)
    contents = [Entry(titles[n], len(f), texts[f"ledger.tells.{n}"]) for n, f in frames.items()]
    book, home = Book(), texts["ledger.summary"]
    rows = summary_rows(tables, run=run, texts=texts, contents=contents)
    write_rows(book, home, rows=rows, widths=(46, 30, 18, 16, 68))
    notes = Notes(
        texts["ledger.cut"], texts["ledger.too_many"], location(home, 1), texts["ledger.back"]
    )
    for name, frame in frames.items():
        links = leads(frame, table=name, places=spots)
        columns = _columns(frame, table=name, links=links, texts=texts)
        write_table(book, titles[name], columns=columns, notes=notes)
    return packed(book, as_of=_day(run.get("as_of")))


def _with_further(
    tables: Mapping[str, pd.DataFrame],
    told: pd.DataFrame | None,
    *,
    run: Mapping[str, Any],
    texts: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """The tables of the run, its scraps, and its rules and solutions where there are any."""
    whole = dict(tables)
    if "plan" in tables:
        whole["scraps"] = scrap_rows(
            tables["plan"], told, parcels=tables.get("parcels"), texts=texts
        )
    further = {"rules": _rules(run, texts=texts), "components": _components(run)}
    return whole | {name: frame for name, frame in further.items() if len(frame)}


def _prepared(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    *,
    told: pd.DataFrame | None,
    run: Mapping[str, Any],
    texts: Mapping[str, str],
) -> pd.DataFrame:
    """The columns of a table to show, enriched for readers where that helps."""
    table = tables[name]
    frame = pd.DataFrame(table.drop(columns=[c for c in ("geometry",) if c in table]))
    if name == "plan" and told is not None:
        found = explanations(frame, told, texts=texts)
        frame.insert(_after(frame, "reasons"), "explanation", found.to_numpy())
    if name == "plan" and "owner" in tables.get("parcels", ()):
        owners = tables["parcels"].drop_duplicates("parcel_id").set_index("parcel_id")["owner"]
        frame.insert(1, "owner", frame["parcel_id"].map(owners).to_numpy())
    if name == "alternatives" and "component" in frame:  # who reads looks for a site
        frame = frame[[*frame.columns.drop("component"), "component"]]
    if name == "conditions":
        first = [c for c in CONDITIONS if c in frame]
        frame = frame[[*first, *frame.columns.drop(first)]]
    if name in BLOCK_TABLES:
        frame = block_table(frame, table=name, run=run, texts=texts)
    return _worded(frame, table=name, texts=texts)


def _worded(frame: pd.DataFrame, *, table: str, texts: Mapping[str, str]) -> pd.DataFrame:
    """Messages, enclaves and counts of scraps in words that other tables have too."""
    if table == "findings":
        return with_messages(frame, texts=texts)
    if table == "changes" and "message" in frame:
        told = _mapped(frame["message"], lambda v: _change(v, texts=texts))
        return frame.assign(message=told)
    if table == "enclaves":
        return worded_enclaves(frame, texts=texts)
    if table == "verdicts":
        frame = _told_once(frame, texts=texts)
        told = _mapped(frame["subject"], lambda v: attribute_name(v, texts=texts))
        return frame.assign(subject=frame["subject"].mask(frame["test"] == "enclave", told))
    if table == "mixture":
        return frame.assign(zone_id=[mixed_zone(z, texts=texts) for z in frame["zone_id"]])
    if table == "sites" and {"parcels_before", "absorbed_ids"} <= set(frame):
        count = [len(listed(ids)) for ids in frame["absorbed_ids"]]
        frame.insert(_after(frame, "parcels_before"), "absorbed_count", count)
    return frame


def _told_once(verdicts: pd.DataFrame, *, texts: Mapping[str, str]) -> pd.DataFrame:
    """Tests that could be made of no parcel in one row each, behind all others."""
    unmade = verdicts["outcome"] == "not_assessed"
    never = unmade.groupby(verdicts["test"]).transform("all")
    many = verdicts[never].groupby("test").size()
    once = verdicts[never].drop_duplicates("test").sort_values("test")
    every = [texts["ledger.every_parcel"].format(n=many[test]) for test in once["test"]]
    blank: dict[str, Any] = {"parcel_id": every, "limit": float("nan")}
    blank |= dict.fromkeys(("subject", "operator", "unit", "denominator", "rule_id"), "")
    return pd.concat([verdicts[~never], once.assign(**blank)], ignore_index=True)


def _change(message: object, *, texts: Mapping[str, str]) -> str:
    """What a repair did; a reason of GEOS where it made a polygon valid."""
    told = repair_text(message, texts=texts)
    return geometry_text(message, texts=texts) if told == visible(message) else told


def _after(frame: pd.DataFrame, column: str) -> int:
    return list(frame).index(column) + 1 if column in frame else len(frame.columns)


def _rules(run: Mapping[str, Any], *, texts: Mapping[str, str]) -> pd.DataFrame:
    records = [dict(r) for r in run.get("rules", {}).get("records", [])]
    for record in records:
        value = record.get("value")
        if isinstance(value, bool):
            record["value"] = texts[f"bool.{str(value).lower()}"]
        elif isinstance(value, (list, tuple)):
            record["value"] = texts["report.list"].join(map(str, value))
    frame = pd.DataFrame(records, columns=list(RULE_COLUMNS), dtype="object")
    return frame.rename(columns={"id": "rule_id", "status": "rule_status"})


def _components(run: Mapping[str, Any]) -> pd.DataFrame:
    records = [
        {k: ";".join(map(str, v)) if isinstance(v, (list, tuple)) else v for k, v in c.items()}
        for c in run.get("components", [])
    ]
    frame = pd.DataFrame(records)
    return frame.rename(columns={"status": "solver_status"})


def _columns(
    frame: pd.DataFrame,
    *,
    table: str,
    links: Mapping[str, list[str | None]],
    texts: Mapping[str, str],
) -> list[Column]:
    units = frame["constraint"].map(UNITS) if table == "alternatives" else frame.get("unit")
    over = frame.get("denominator")
    columns = (
        _column(frame[name], table=table, units=units, over=over, texts=texts) for name in frame
    )
    named_columns = zip(map(str, frame), columns, strict=True)
    return [
        replace(column, links=links.get(name, ()), full=_full(frame, name, table=table))
        for name, column in named_columns
    ]


def _full(frame: pd.DataFrame, name: str, *, table: str) -> float:
    """Where the bars of a column are full: at the cap on the share of scraps, or at one."""
    if (table, name) == ("sites", "scrap_share") and "cap" in frame:
        cap = frame["cap"].max()
        return 0.0 if pd.isna(cap) else float(cap)
    return float(name in BARS.get(table, ()))


def _column(
    values: pd.Series,
    *,
    table: str,
    units: pd.Series | None,
    over: pd.Series | None,
    texts: Mapping[str, str],
) -> Column:
    name = str(values.name)
    head = texts.get(f"ledger.column.{table}.{name}") or texts.get(f"column.{name}", name)
    section = _section(name, table)
    fills = {texts[f"{section}.{c}"]: color for c, color in COLORS.get(section, {}).items()}
    if pd.api.types.is_bool_dtype(values):
        shown = values.map({True: texts["bool.true"], False: texts["bool.false"]})
        fills = {texts[f"bool.{c}"]: color for c, color in TRUE.get(name, {}).items()}
        return Column(head, plain(shown), "@", fills)
    if pd.api.types.is_numeric_dtype(values) or name in (*BY_UNIT, *BY_DENOMINATOR):
        forms = formats(values, units=units, denominators=over)
        return Column(head, plain(values, forms), forms, fills)
    if values.dtype == object:
        values = values.map(lambda v: _truth(v, texts=texts))
    if section and (
        name in LISTS or table == "merged" or section == SOURCE
    ):  # distinct values are lists there
        values = _mapped(values, lambda v: named_list(texts, section, v))
    elif name == "enclave_of":
        values = _mapped(values, lambda v: enclave_text(v, texts=texts))
    elif name == "rule_id" and table in {"verdicts", "control_verdicts"}:
        values = _mapped(values, lambda v: rule_text(v, texts=texts))
    elif (table, name) in OWN_WORDS:
        values = _mapped(values, lambda v: OWN_WORDS[table, name](v, texts=texts))
    elif name == "layer":
        values = _mapped(values, lambda v: layer_name(v, texts=texts))
    elif section:
        values = _mapped(values, lambda v: named(texts, section, v))
    return Column(head, plain(values), "@", fills)


def _truth(value: Any, *, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - a cell
    """A truth value among others, as the columns of nothing else tell it."""
    return texts[f"bool.{str(value).lower()}"] if isinstance(value, bool) else value


def _section(name: str, table: str) -> str:
    special = {"rule_status": "rule_status", "solver_status": "solver_status"}
    if table in {"alternatives", "sweep"}:
        special |= {"kind": "alternative_kind", "status": "solver_status"}
    if table == "differences":
        special |= {"change": "change"}
    if name == "kind" and table == "enclaves":
        return "enclave_kind"
    if name == "reasons" and table == "scrap_groups":
        return "group_reason"
    if name == "source":  # that of a rule is a text
        return SOURCE if table == "conditions" else ""
    if name == "attribute":  # in words already
        return ""
    own = BLOCK_SECTIONS.get((table, name)) or special.get(name)
    return own or SECTIONS.get(name, "")


def _mapped(values: pd.Series, name_of: Callable[[Any], str]) -> pd.Series:
    """Each distinct value named once; missing stays missing."""
    names = {v: name_of(v) for v in values.dropna().unique().tolist()}
    return values.map(names)


def _day(as_of: object) -> dt.date | None:
    """The date of a run, which JSON holds as text."""
    try:
        return dt.date.fromisoformat(visible(as_of)[:10])
    except ValueError:
        return None
