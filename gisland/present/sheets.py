"""The report: one HTML page that asks for nothing, in the order officials read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gisland.base.parameters import Parameters
from gisland.present import style
from gisland.present.balance import balance, basis, holds
from gisland.present.bilingual import unmarked
from gisland.present.blockpicture import block_picture
from gisland.present.blockreport import block_parts
from gisland.present.conditions import pair_tests, told_verdicts
from gisland.present.enclavewords import attribute_name
from gisland.present.figures import report_figures
from gisland.present.holders import holders
from gisland.present.indicatorrows import indicator_groups, indicator_notes, subject_rows
from gisland.present.keyfigures import key_figures
from gisland.present.lists import listed, share_test
from gisland.present.margins import margins
from gisland.present.messages import layer_name
from gisland.present.planned import all_capacity, all_conditions, scenario_text
from gisland.present.planparts import plan_parts
from gisland.present.rest import Table, frame_table, rest, table
from gisland.present.rulebook import rulebook
from gisland.present.shares import share_lines
from gisland.present.site_sheet import site_sheet
from gisland.present.sitebrief import SHARE_CAP
from gisland.present.usechange import use_tables
from gisland.present.wording import (
    MISSING,
    area_both,
    comparison,
    label,
    named,
    number,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

MAX_SITES = 60  # sites with a section of their own
M0_SHARE = "block_line.m0_share"
CHAINS, REQUIRED_FIRST = "scrap.chains", "scrap.required"


def report(tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], language: str) -> str:
    """The report of a run as one HTML page without scripts or outside resources.

    Parameters
    ----------
    tables
        Result tables by name; a table that is missing is told as an analysis not run.
    run
        The run's record (``run.json``).
    language
        ``zh`` or ``en``; display text only.

    Returns
    -------
    str
        A complete HTML document, the same for the same input. All data is escaped.

    Raises
    ------
    ProjectError
        If the language is unknown.

    Examples
    --------
    >>> page = report({}, run={"project": "<b>East</b>"}, language="en")
    >>> "&lt;b&gt;East&lt;/b&gt;" in page, "<b>East" in page
    (True, False)
    """
    texts, tables, run = style.catalog(language), unmarked(tables), unmarked(run)
    sites = tables.get("sites", pd.DataFrame())
    indicators = tables.get("indicators", pd.DataFrame(columns=["subject"]))
    tests = _tests(tables, run=run, texts=texts)
    passages, rule_names = rulebook(_used_rules(tables, tests, run=run), run=run, texts=texts)
    planned = _planned(sites)
    page = {
        "language": style.LANGUAGE_TAGS[language],
        "project": shortened(run.get("project")) or MISSING,
        "version": shortened(run.get("gisland")),
        "basis": [(label, shortened(text)) for label, text in basis(run, texts=texts)],
        "inputs": _inputs(run, texts=texts),
        "parameters": _parameters(run, texts=texts),
        "lead": _lead(tables, texts=texts),
        "balance": _balance(tables, texts=texts),
        "overall": indicator_groups(indicators, subject="overall", texts=texts),
        "overall_notes": indicator_notes(
            indicators[indicators["subject"] == "overall"], planned=planned, texts=texts
        ),
        "all_sites": _all_sites(sites, texts=texts),
        "key": key_figures(tables, run=run, texts=texts),
        "figures": report_figures(tables, texts=texts),
        "uses": use_tables(
            tables.get("use_matrix", pd.DataFrame()), subject="overall", texts=texts
        ),
        "zones_compared": subject_rows(indicators, kind="zone", texts=texts),
        "units_compared": subject_rows(indicators, kind="unit", texts=texts),
        "conditions": all_conditions(tables.get("conditions"), texts=texts),
        "capacity_table": all_capacity(tables.get("capacity"), texts=texts),
        "sheets": _sheets(tables, run=run, tests=tests, rule_names=rule_names, texts=texts),
        "rules": passages,
        "sites": len(sites),
        **holders(tables, run=run, texts=texts),
        **rest(tables, run=run, texts=texts),
        **block_parts(tables, rule_names=rule_names, texts=texts),
        "block_picture": block_picture(tables, texts=texts),
        **plan_parts(tables, run=run, texts=texts),
    }
    environment = Environment(
        loader=PackageLoader("gisland.present", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("report.html.j2")
    heads = margins(run, sites=[s["id"] for s in page["sheets"]], texts=texts)
    return template.render(page=page, t=texts, colors=_colors(), missing=MISSING, margins=heads)


def _planned(sites: pd.DataFrame) -> bool:
    return "planned_far" in sites and bool(sites["planned_far"].notna().any())


def _colors() -> dict[str, str]:
    fills = {code: look.fill for code, look in style.VERDICTS.items()}
    return fills | {"after": style.VERDICTS["site"].fill, "outline": style.SITES["after"].color}


def _inputs(run: Mapping[str, Any], *, texts: Texts) -> Table:
    keys = ("layer", "file", "rows", "encoding", "crs", "sha256")
    heads = [texts["report.crs"] if k == "crs" else texts[f"report.column.{k}"] for k in keys]
    rows = [
        [
            shortened(layer_name(s.get("layer"), texts=texts)),
            *(shortened(s.get(k)) or MISSING for k in ("path", "rows", "encoding", "crs")),
            shortened(s.get("sha256")) or MISSING,
        ]
        for s in run.get("inputs", [])
    ]
    return table(heads, rows, numeric=[2])


def _parameters(run: Mapping[str, Any], *, texts: Texts) -> Table:
    """Parameters of the run that differ from their defaults."""
    defaults = dataclasses.asdict(Parameters())
    rows = [
        [
            label(texts, "parameter", k),
            *(_given(v, key=k, texts=texts) for v in (v, defaults.get(k))),
        ]
        for k, v in run.get("parameters", {}).items()
        if k not in defaults
        or _given(v, key=k, texts=texts) != _given(defaults[k], key=k, texts=texts)
    ]
    heads = [texts[f"report.column.{k}"] for k in ("parameter", "given", "default")]
    return table(heads, rows, numeric=[1, 2])


def _given(value: object, *, key: str, texts: Texts) -> str:
    """Value of a parameter; lists of findings and of columns by their names."""
    if key == "scenario":
        return scenario_text(value, texts=texts)
    if isinstance(value, list | tuple) and key == "enclave_by":
        names = [attribute_name(v, texts=texts) for v in value]
        return shortened(texts["report.list"].join(names)) or MISSING
    if isinstance(value, list | tuple):
        return texts["report.list"].join(named(texts, "finding", v) for v in value) or MISSING
    return shortened(value)


def _lead(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> str:
    sites, plan = tables.get("sites", pd.DataFrame()), tables.get("plan", pd.DataFrame())
    if sites.empty:
        return texts["report.no_sites"]
    absorbed = plan[plan["verdict"] == "absorbed"] if len(plan) else plan
    area = float(absorbed["area_m2"].sum()) if len(absorbed) else 0.0
    considered = plan["parcel_id"].nunique() if len(plan) else 0
    return texts["report.lead"].format(
        sites=len(sites),
        considered=considered,
        absorbed=len(absorbed),
        area=area_both(texts, area),
    )


def _balance(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> dict[str, Any] | None:
    rows = balance(tables)
    if rows is None:
        return None
    sound = holds(rows)
    key = "report.balance" if sound else "report.unbalanced"
    told = ("before", "after", "difference", "gaps", "overlaps")
    areas = {k: number(rows.loc[k, "area_m2"], unit="m2") for k in told}
    return {"holds": sound, "text": texts[key].format(**areas)}


def _all_sites(sites: pd.DataFrame, *, texts: Texts) -> Table | None:
    keys = ("site_id", "area_before_m2", "scrap_area_m2", "area_after_m2")
    heads = [texts[f"column.{k}"] for k in keys]
    heads.insert(2, texts["report.column.absorbed"])
    far_head = "far_planned" if _planned(sites) else "far"
    heads += [texts[f"report.column.{k}"] for k in ("share", far_head)] + [texts["column.optimal"]]

    def cells(row: dict[Any, Any]) -> list[str]:
        far = [number(row.get(k), unit="ratio") for k in ("far_before", "far_after")]
        return [
            shortened(row.get("site_id")),
            number(row.get("area_before_m2"), unit="m2"),
            str(len(listed(row.get("absorbed_ids")))),
            number(row.get("scrap_area_m2"), unit="m2"),
            number(row.get("area_after_m2"), unit="m2"),
            share_text(row, texts=texts),
            texts["report.arrow"].format(before=far[0], after=far[1])
            if set(far) != {MISSING}
            else MISSING,
            label(texts, "bool", _flag(row.get("optimal"))),
        ]

    if sites.empty:
        return None
    told = frame_table(sites, heads=heads, cells=cells, numeric=range(1, 5))
    places = {index: n for n, index in enumerate(_chosen(sites).index, start=1)}
    links = [f"site-{places[i]}" if i in places else "" for i in sites.index]
    return None if told is None else told | {"links": links}


def share_text(site: Mapping[Any, Any], *, texts: Texts) -> str:
    """The scrap share of a site, always with its cap and its denominator.

    Parameters
    ----------
    site
        One row of the sites table.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where there is no share.

    Examples
    --------
    >>> row = {"scrap_share": 0.05, "share_denominator": "including"}
    >>> share_text(row | {"cap": 0.1, "cap_operator": "<="}, texts=style.catalog("en"))
    '5.00% (requires ≤ 10.00%; of project land including the scraps)'
    """
    test = share_test(site)
    told = comparison(texts, test)
    if told or number(test["value"], unit="share") == MISSING:
        return shortened(told) or MISSING
    over = label(texts, "denominator", test["denominator"])
    share = number(test["value"], unit="share")
    return shortened(texts["report.detail"].format(name=share, detail=over))


def _tests(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> pd.DataFrame:
    """Tests of all considered pairs; no rows where nothing was considered."""
    verdicts = told_verdicts(tables, run=run, texts=texts)
    if verdicts is None or "plan" not in tables:
        return pd.DataFrame({"site_id": []})
    return pair_tests(tables["plan"], verdicts)


def _used_rules(
    tables: Mapping[str, pd.DataFrame], tests: pd.DataFrame, *, run: Mapping[str, Any]
) -> set[str]:
    blocks = tables.get("block_lines", pd.DataFrame())
    areas = tables.get("control_verdicts", pd.DataFrame())
    frames = (tests, blocks, areas)
    used = [f["rule_id"].dropna().unique().tolist() for f in frames if "rule_id" in f]
    m0 = {M0_SHARE} if "m0_limit" in blocks and blocks["m0_limit"].notna().any() else set()
    capacity = tables.get("capacity", pd.DataFrame())
    limits = set(capacity["rule_id"].dropna()) if "rule_id" in capacity else set()
    kinds = tables.get("plan", pd.DataFrame({"scrap_kind": []}))["scrap_kind"]
    chains = {CHAINS} if (kinds == "chained").any() else set()
    wished = {REQUIRED_FIRST} if run.get("plan", {}).get("required") else set()
    return {SHARE_CAP, *limits, *m0, *chains, *wished, *(rule for rules in used for rule in rules)}


def _sheets(
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    tests: pd.DataFrame,
    rule_names: Mapping[str, tuple[int, str]],
    texts: Texts,
) -> list[dict[str, Any]]:
    """One section for each site, of the `MAX_SITES` that absorb most."""
    sites = tables.get("sites")
    if sites is None or sites.empty:
        return []
    records = run.get("rules", {}).get("records", [])
    advisory = any(r.get("id") == SHARE_CAP and r.get("mode") == "advisory" for r in records)
    return [
        site_sheet(row, tables, run=run, tests=tests, rule_names=rule_names, texts=texts)
        | {"share": share_text(row.to_dict(), texts=texts)}
        | {"shares": share_lines(row.to_dict(), advisory=advisory, texts=texts)}
        for _, row in _chosen(sites).iterrows()
    ]


def _chosen(sites: pd.DataFrame) -> pd.DataFrame:
    """The sites with a sheet, in their own order."""
    if len(sites) <= MAX_SITES:
        return sites
    order = sites.sort_values(["scrap_area_m2", "site_id"], ascending=[False, True])
    return sites[sites.index.isin(order.index[:MAX_SITES])]


def _flag(value: object) -> str:
    return visible(value).lower() or "missing"
