"""The ledger: every table of a run as one spreadsheet, in which no text is ever a formula."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.alternatives import UNITS, constraint_name, decision_text
from gisland.present.balance import summary_rows
from gisland.present.blockwords import SECTIONS as BLOCK_SECTIONS
from gisland.present.blockwords import block_table
from gisland.present.conditions import pair_tests, told_verdicts
from gisland.present.enclavewords import attribute_name, enclave_text, worded_enclaves
from gisland.present.formats import BY_DENOMINATOR, BY_UNIT, formats, plain
from gisland.present.holders import mixed_zone
from gisland.present.lists import listed
from gisland.present.messages import geometry_text, layer_name, rule_text, with_messages
from gisland.present.bookfile import Book, packed
from gisland.present.planned import scenario_text
from gisland.present.repairs import repair_text
from gisland.present.style import catalog
from gisland.present.wording import (
    LISTS,
    SECTIONS,
    comparison,
    named,
    named_list,
    visible,
)
from gisland.present.workbook import Column, Notes, write_rows, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ORDER = (
    "sites",
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
    texts = catalog(language)
    book = Book()
    notes = Notes(texts["ledger.cut"], texts["ledger.too_many"])
    rows = summary_rows(tables, run=run, texts=texts)
    write_rows(book, texts["ledger.summary"], rows=rows, widths=(46, 30, 18, 16, 68))
    for name in ORDER:
        if name in tables:
            frame = _prepared(name, tables, run=run, texts=texts)
            title = texts["ledger.plan"] if name == "plan" else texts[f"table.{name}"]
            columns = _columns(frame, table=name, texts=texts)
            write_table(book, title, columns=columns, notes=notes)
    for key, frame in (("rules", _rules(run, texts=texts)), ("components", _components(run))):
        if len(frame):
            columns = _columns(frame, table=key, texts=texts)
            write_table(book, texts[f"ledger.{key}"], columns=columns, notes=notes)
    return packed(book, as_of=_day(run.get("as_of")))


def _prepared(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    texts: Mapping[str, str],
) -> pd.DataFrame:
    """The columns of a table to show, enriched for readers where that helps."""
    table = tables[name]
    frame = pd.DataFrame(table.drop(columns=[c for c in ("geometry",) if c in table]))
    verdicts = told_verdicts(tables, run=run, texts=texts) if name == "plan" else None
    if verdicts is not None:
        found = explanations(frame, verdicts, texts=texts)
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
    plain: dict[str, Any] = {"parcel_id": every, "limit": float("nan")}
    plain |= dict.fromkeys(("subject", "operator", "unit", "denominator", "rule_id"), "")
    return pd.concat([verdicts[~never], once.assign(**plain)], ignore_index=True)


def _change(message: object, *, texts: Mapping[str, str]) -> str:
    """What a repair did; a reason of GEOS where it made a polygon valid."""
    told = repair_text(message, texts=texts)
    return geometry_text(message, texts=texts) if told == visible(message) else told


def explanations(
    plan: pd.DataFrame, verdicts: pd.DataFrame, *, texts: Mapping[str, str]
) -> pd.Series:
    """All tests of each considered pair in words, with measured value and limit.

    Parameters
    ----------
    plan
        Considered pairs: ``parcel_id``, ``site_id``.
    verdicts
        One row per parcel, subject and test.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.Series
        Text on the index of `plan`, one line per test; empty where nothing was tested.

    Examples
    --------
    >>> plan = pd.DataFrame({"parcel_id": ["p"], "site_id": ["s"]})
    >>> verdicts = pd.DataFrame({"parcel_id": ["p"], "subject": ["s"], "test": ["same_owner"]})
    >>> explanations(plan, verdicts.assign(outcome="fail"), texts=catalog("en")).tolist()
    ['✗ same right-holder']
    """
    marks = {"pass": texts["ledger.passed"], "fail": texts["ledger.failed"]}
    lines: dict[tuple[str, str], list[str]] = {}
    for row in pair_tests(plan, verdicts).to_dict("records"):
        mark = marks.get(row["outcome"], texts["ledger.open"])
        words = [mark, named(texts, "test", row["test"]), comparison(texts, row)]
        lines.setdefault((row["parcel_id"], row["site_id"]), []).append(
            " ".join(w for w in words if w)
        )
    pairs = zip(plan["parcel_id"], plan["site_id"], strict=True)
    return pd.Series(["\n".join(lines.get(p, [])) for p in pairs], index=plan.index, dtype="str")


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


def _columns(frame: pd.DataFrame, *, table: str, texts: Mapping[str, str]) -> list[Column]:
    units = frame["constraint"].map(UNITS) if table == "alternatives" else frame.get("unit")
    over = frame.get("denominator")
    return [
        _column(frame[name], table=table, units=units, over=over, texts=texts) for name in frame
    ]


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
