"""The ledger's summary: the basis of a run, and where every square metre went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.units import m2_to_mu
from gisland.present.enclavewords import analysis_name
from gisland.present.messages import crs_chosen, layer_name, skip_reason
from gisland.present.wording import MISSING, named, visible
from gisland.present.workbook import location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROLES = ("site", "absorbed", "kept", "no_geometry")
TOTALS = ("before", "after", "difference")
RELATIVE = 1e-6
STORED = 6  # decimals of numbers in cells
COLUMNS = 5  # of the summary
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Entry:
    """A worksheet in the table of contents: name, number of rows, and what it tells."""

    title: str
    rows: int
    tells: str


def balance(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Areas before by role, areas after, and whether the two agree.

    A site after has the area of its parcels and scraps together; gaps that its outline closes
    and overlaps that it counts once are told beside the account.

    Parameters
    ----------
    tables
        Result tables; ``lineage`` and, where there are sites, ``sites``.

    Returns
    -------
    pandas.DataFrame or None
        Columns ``count``, ``area_m2``; rows ``site``, ``absorbed``, ``kept``, ``no_geometry``,
        ``before`` (their total), ``sites_after``, ``kept_after``, ``after`` (their total),
        ``difference`` (after - before), and ``gaps``, ``overlaps``: plane areas that are in none
        of the totals. None without a lineage.

    Examples
    --------
    >>> lineage = pd.DataFrame({"parcel_id": ["a"], "role": ["kept"], "area_m2": [50.0]})
    >>> balance({"lineage": lineage}).loc[["kept", "after", "difference"], "area_m2"].tolist()
    [50.0, 50.0, 0.0]
    """
    if "lineage" not in tables:
        return None
    lineage = tables["lineage"].sort_values("parcel_id")
    groups = lineage.groupby("role")["area_m2"].agg(count="size", area_m2="sum")
    rows = groups.reindex(list(ROLES), fill_value=0)
    sites = tables.get("sites", pd.DataFrame())
    rows.loc["before"] = rows.sum()  # parcels without geometry have no area
    rows.loc["sites_after"] = (len(sites), _total(sites, "area_after_m2"))
    rows.loc["kept_after"] = rows.loc["kept"]
    rows.loc["after"] = rows.loc["sites_after"] + rows.loc["kept_after"]
    rows.loc["difference"] = (0, rows.loc["after", "area_m2"] - rows.loc["before", "area_m2"])
    rows.loc["gaps"] = (0, _total(sites, "gap_closed_m2"))
    rows.loc["overlaps"] = (0, _total(sites, "overlap_m2"))
    return rows.assign(count=rows["count"].astype("int64"))


def holds(rows: pd.DataFrame) -> bool:
    """Whether area before equals area after, within one part in a million.

    Parameters
    ----------
    rows
        Result of ``balance``.

    Returns
    -------
    bool
        Both are true of an empty table too.

    Examples
    --------
    >>> holds(pd.DataFrame({"area_m2": {"before": 10.0, "difference": 1.0}}))
    False
    """
    area = rows["area_m2"]
    return bool(abs(area["difference"]) <= RELATIVE * area["before"])


def _total(frame: pd.DataFrame, column: str) -> float:
    return float(frame[column].fillna(0.0).sum()) if column in frame else 0.0


def summary_rows(
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    texts: Mapping[str, str],
    contents: Sequence[Entry] = (),
) -> list[Row]:
    """All rows of the summary sheet.

    Parameters
    ----------
    tables
        Result tables by name.
    run
        The run's record.
    texts
        Catalog of one language.
    contents
        The other worksheets.

    Returns
    -------
    list of tuple
        Style, then for each cell value, number format and, if it leads somewhere, the place.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> summary_rows({}, run={"project": "East"}, texts=catalog("en"))[1][2]
    ('East', '@')
    """
    return [
        *_basis(run, texts=texts),
        *_balance(balance(tables), texts=texts),
        *_contents(contents, texts=texts),
        *_counts(tables, run=run, texts=texts, listed={e.title for e in contents}),
        *_inputs(run, texts=texts),
        *_skipped(run, texts=texts),
    ]


def basis(run: Mapping[str, Any], *, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name, rules, coordinates and area basis of a run, as label and text.

    Parameters
    ----------
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    list of tuple
        ``—`` where the record says nothing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> basis({"area_basis": "plane"}, texts=catalog("en"))[6]
    ('basis of areas', 'plane (projected) area')
    """
    rules, crs = run.get("rules", {}), run.get("crs", {})
    title = f"{visible(rules.get('title'))} ({visible(rules.get('name'))})" if rules else ""
    given = {
        "project": run.get("project"),
        "rules": title,
        "jurisdiction": rules.get("jurisdiction"),
        "fingerprint": rules.get("fingerprint"),
        "crs": crs.get("name"),
        "chosen": crs_chosen(crs.get("chosen"), texts=texts),
        "area_basis": named(texts, "area_basis", run.get("area_basis")),
        "as_of": run.get("as_of"),
        "sites_from": named(texts, "sites_from", run.get("sites_from")),
        "plan": _plan_choices(run.get("plan"), texts=texts),
        "version": run.get("gisland"),
    }
    return [(texts[f"ledger.basis.{k}"], visible(v) or MISSING) for k, v in given.items()]


def _plan_choices(plan: Mapping[str, Any] | None, *, texts: Mapping[str, str]) -> str:
    """What the plan maximised and how, and how many parcels or owners its lists name."""
    if not plan:
        return ""
    asked = [plan.get(key) for key in ("objective", "method")]
    how = [named(texts, "plan_choice", word) for word in asked if word]
    lists = {key: plan.get(key) for key in ("required", "protected", "consented", "decisions")}
    named_ = [
        texts[f"plan_choice.{key}"].format(count=len(ids)) for key, ids in lists.items() if ids
    ]
    return texts["plan_choice.join"].join([*how, *named_])


def _head(texts: Mapping[str, str], part: str, *heads: str) -> Row:
    cells = [texts[f"ledger.part.{part}"], *(texts[h] for h in heads)]
    return ("head", *((c, "@") for c in [*cells, None, None, None, None][:COLUMNS]))


def _basis(run: Mapping[str, Any], *, texts: Mapping[str, str]) -> Iterator[Row]:
    yield _head(texts, "basis", "ledger.head.content")
    for label, text in basis(run, texts=texts):
        yield "loose", (label, "@"), (text, "@")


def _balance(rows: pd.DataFrame | None, *, texts: Mapping[str, str]) -> Iterator[Row]:
    yield ("loose",)
    yield _head(texts, "balance", "ledger.head.count", "ledger.head.area_m2", "ledger.head.area_mu")
    if rows is None:
        yield "loose", (texts["ledger.balance.unknown"], "@")
        return
    labels = {r: texts[f"role.{r}"] for r in ROLES} | {"kept_after": texts["role.kept"]}
    for key, count, area in rows.itertuples():
        label = labels.get(key) or texts[f"ledger.balance.{key}"]
        known = key != "no_geometry"
        shown = round(area, STORED) + 0.0
        if key == "gaps":
            yield _verdict(rows, texts=texts)
        yield (
            "total" if key in TOTALS else "loose",
            (label, "@"),
            (None if key in {"gaps", "overlaps", "difference"} else count, "0"),
            (shown if known else None, "0.00"),
            (round(m2_to_mu(shown), STORED) if known else None, "0.000"),
        )


def _verdict(rows: pd.DataFrame, *, texts: Mapping[str, str]) -> Row:
    answer = texts[f"bool.{str(holds(rows)).lower()}"]
    return "total", (texts["ledger.balance.holds"], "@"), (answer, "@")


def _contents(contents: Sequence[Entry], *, texts: Mapping[str, str]) -> Iterator[Row]:
    yield ("loose",)
    yield _head(texts, "contents", "ledger.input.rows", "ledger.head.tells")
    for entry in contents:
        place = location(entry.title, 1)
        yield "loose", (entry.title, "@", place), (entry.rows, "0"), (entry.tells, "@")


def _counts(
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    texts: Mapping[str, str],
    listed: set[str],
) -> Iterator[Row]:
    """Rows of the tables that have no worksheet, and what else the run counted."""
    yield ("loose",)
    yield _head(texts, "counts", "ledger.head.count")
    for name, frame in tables.items():
        title = texts.get(f"table.{name}")
        if title and title not in listed:
            yield "loose", (title, "@"), (len(frame), "0")
    for name, count in run.get("counts", {}).items():
        if name not in tables:
            yield (
                "loose",
                (texts.get(f"count.{name}", name), "@"),
                (count, "0.00" if isinstance(count, float) else "0"),
            )


def _inputs(run: Mapping[str, Any], *, texts: Mapping[str, str]) -> Iterator[Row]:
    yield ("loose",)
    yield _head(texts, "inputs", "ledger.input.path", "ledger.input.rows", "report.crs")
    for source in run.get("inputs", []):
        yield (
            "loose",
            (layer_name(source.get("layer"), texts=texts), "@"),
            (source.get("path"), "@"),
            (source.get("rows"), "0"),
            (source.get("crs"), "@"),
            (source.get("sha256"), "@"),
        )


def _skipped(run: Mapping[str, Any], *, texts: Mapping[str, str]) -> Iterator[Row]:
    yield ("loose",)
    yield _head(texts, "skipped", "ledger.head.content")
    for item in run.get("skipped", []):
        yield (
            "loose",
            (analysis_name(item.get("analysis"), texts=texts), "@"),
            (skip_reason(item.get("reason"), texts=texts), "@"),
        )
