"""The page of tables: every column that a run writes, with type, unit, both labels and codes."""

from __future__ import annotations

from gisland.layers.writing.contract import GIVEN, TABLES
from gisland.present.wording import LISTS, SECTIONS
from pages.text import EN, MADE, ZH, both, code, md, table, unit_of

KINDS = {"str": "text", "float64": "number", "Int64": "whole number", "bool": "yes or no"}
KINDS |= {"boolean": "yes or no", "datetime64[ms]": "date"}
OF_TABLE = {  # codes of a column that differ by table
    ("alternatives", "kind"): "alternative_kind",
    ("alternatives", "constraint"): "constraint",
    ("alternatives", "status"): "solver_status",
    ("block_changes", "change"): "block_change",
    ("block_balance", "indicator"): "block_indicator",
    ("capacity", "scenario"): "scenario",
    ("conditions", "source"): "condition_source",
    ("conversion_totals", "kind"): "conversion_kind",
    ("conversion_totals", "year"): "conversion_year",
    ("conversions", "kind"): "conversion_kind",
    ("control_verdicts", "subject"): "area_subject",
    ("control_verdicts", "test"): "control_test",
    ("differences", "change"): "change",
    ("differences", "decision"): "decision",
    ("enclaves", "kind"): "enclave_kind",
    ("hierarchy", "kind"): "hierarchy_kind",
    ("scrap_groups", "reasons"): "group_reason",
    ("sweep", "status"): "solver_status",
    ("zone_units", "status"): "solver_status",
    ("verdicts", "subject"): "",
    ("parcels", "reasons"): "reason",
    ("parks", "name"): "",
}
OWN_UNITS = {
    ("", "plan_year"): "year",
    ("", "component"): "number of a part",
    ("", "rank"): "rank",
    ("", "depth"): "level",
    ("", "level"): "level",
    ("", "jobs"): "count",
    ("", "numerator"): "m²",
    ("", "denominator_value"): "m²",
    ("alternatives", "limit"): "unit of the cap",
    ("block_lines", "limit"): "share, 0 to 1",
    ("block_lines", "m0_limit"): "share, 0 to 1",
    ("findings", "value"): "column unit",
    ("indicators", "denominator_before"): "unit of the denominator",
    ("indicators", "denominator_after"): "unit of the denominator",
}
BY_ROW = ("value", "limit", "before", "after", "delta")
HEAD = """# Tables and columns

`results.gpkg` of a run holds these tables, `gl.read_results("results")` gives them as pandas and
GeoPandas frames, and `result.tables` has the same after `gl.run`. A table is there when the
analysis that makes it was done; `borders` is written with `--parquet` only. The ledger has the
same tables with the Chinese or English names.

Units stand in the names of columns: `area_m2` is in square metres, `area_mu` in mu (亩, 1 mu =
10 000/15 m²), `border_m` in metres. Shares lie from 0 to 1. Empty means not known; it never means
zero. Codes are English and the same in every language; what they mean stands under [Codes](#codes).

"""


def tables_page() -> str:
    """The page as Markdown."""
    parts = [MADE, HEAD]
    parts += [f"- [`{name}`](#{name}): {md(EN[f'table.{name}'])}\n" for name in TABLES]
    parts += [_table(name) for name in TABLES]
    parts += ["\n## Codes\n"]
    used = sorted({s for n in TABLES for c in _columns(n) if (s := _section(n, c))})
    return "".join([*parts, *(_codes(section) for section in used)])


def _columns(name: str) -> dict[str, str]:
    columns = dict(TABLES[name].columns)
    if name == "parcels":  # those of the layer come between the id and what was found
        columns = {"parcel_id": "str", **GIVEN, **columns}
    return columns


def _section(name: str, column: str) -> str:
    return OF_TABLE.get((name, column), SECTIONS.get(column, ""))


def _table(name: str) -> str:
    zh, en = both(f"table.{name}")
    told_zh, told_en = both(f"ledger.tells.{name}")
    lines = [f"\n## {name}\n\n{md(zh)} · {md(en)}.\n"]
    if told_en:
        lines += [f"{md(told_en[0].upper() + told_en[1:])}. {md(told_zh)}。\n"]
    if TABLES[name].drawn:
        lines += ["Has a geometry.\n"]
    if name == "parcels":
        lines += ["Columns of the layer that gisland does not know are passed through.\n"]
    if name == "merged":
        lines += ["The other columns are those of the parcels, as the merge carries them over.\n"]
    rows = [_row(name, column, kind) for column, kind in _columns(name).items()]
    heads = ("column", "type", "unit", "中文", "English", "codes")
    return "".join([*lines, "\n", table(heads, rows)]) if rows else "".join(lines)


def _row(name: str, column: str, kind: str) -> tuple[str, ...]:
    section = _section(name, column)
    several = " list," if column in LISTS else ""
    codes = f"{several} [{section}](#codes-{section})".strip() if section else ""
    own = f"ledger.column.{name}.{column}"
    zh, en = both(own if own in EN else f"column.{column}")
    return code(column), KINDS[kind], md(_unit(name, column, kind)), md(zh), md(en), codes


def _unit(name: str, column: str, kind: str) -> str:
    """Unit of a number: told for the column, by its name, or by the column `unit` of the row."""
    if kind not in {"float64", "Int64", "number"}:
        return ""
    own = OWN_UNITS.get((name, column), OWN_UNITS.get(("", column)))
    by_row = "unit" in TABLES[name].columns and column.partition("_")[0] in BY_ROW
    by_name = "column unit" if by_row else unit_of(column)
    return (own or by_name) if own is not None or by_name else "count" if kind == "Int64" else ""


def _codes(section: str) -> str:
    prefix = f"{section}."
    keys = [key for key in EN if key.startswith(prefix) and "." not in key[len(prefix) :]]
    rows = [(code(key[len(prefix) :]), md(ZH[key]), md(EN[key])) for key in sorted(keys)]
    return f"\n### Codes: {section}\n\n{table(('code', '中文', 'English'), rows)}"
