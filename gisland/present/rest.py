"""Tables of the report, and its parts that are not about single sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.enclavewords import analysis_name
from gisland.present.lists import listed, some, some_ids
from gisland.present.messages import finding_text, skip_reason
from gisland.present.wording import MISSING, is_missing, label, number, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Texts = Mapping[str, str]

MAX_ROWS = 100  # rows of one table
ZONE_TERMS = (  # columns of the ranking with their units
    *(("area_term", "ratio"), ("tax_gap_yuan", "yuan"), ("tax_gap_term", "ratio")),
    *(("owners", "count"), ("owners_term", "ratio"), ("potential", "ratio"), ("rank", "count")),
)
Table = dict[str, Any]


def rest(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any]:
    """Zones, data quality, analyses not made and the solver's proof.

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
        Tables as `table` makes them, None where the analysis was not run; ``optimal`` and
        ``borders`` are texts.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> rest({}, run={}, texts=catalog("en"))["zones"] is None
    True
    """
    return {
        "zones": _zones(tables.get("zones"), texts=texts),
        "quality": _quality(tables.get("findings"), texts=texts),
        "borders": _borders(run, texts=texts),
        "skipped": _skipped(run, texts=texts),
        "solver": _solver(run, texts=texts),
        "optimal": _optimal(run, texts=texts),
    }


def table(
    heads: Iterable[str],
    rows: list[list[str]],
    *,
    numeric: Iterable[int] = (),
    ids: Iterable[int] = (),
    total: int = 0,
) -> Table:
    """Texts of a table as the report's template reads them.

    Parameters
    ----------
    heads
        Heads of the columns.
    rows
        Texts of the cells.
    numeric
        Places of columns that are set to the right.
    ids
        Places of columns that hold lists of ids.
    total
        Number of rows where not all are given.

    Returns
    -------
    dict
        ``heads``, ``rows``, ``numeric``, ``ids``, ``total``.

    Examples
    --------
    >>> table(["a"], [["1"]])["total"]
    1
    """
    return {
        "heads": list(heads),
        "rows": rows,
        "numeric": sorted(numeric),
        "ids": sorted(ids),
        "total": max(total, len(rows)),
    }


def frame_table(
    frame: pd.DataFrame | None,
    *,
    heads: Iterable[str],
    cells: Callable[[dict[Any, Any]], list[str]],
    numeric: Iterable[int],
    ids: Iterable[int] = (),
) -> Table | None:
    """The first rows of a result table as texts.

    Parameters
    ----------
    frame
        A result table, or None where the analysis was not run.
    heads
        Heads of the columns.
    cells
        Texts of one row.
    numeric
        Places of columns that are set to the right.
    ids
        Places of columns that hold lists of ids.

    Returns
    -------
    dict or None
        As `table` makes it, with at most `MAX_ROWS` rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2]})
    >>> frame_table(frame, heads=["a"], cells=lambda r: [str(r["a"])], numeric=[0])["rows"]
    [['1'], ['2']]
    """
    if frame is None:
        return None
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    rows = [cells(r) for r in plain.head(MAX_ROWS).to_dict("records")]
    return table(heads, rows, numeric=numeric, ids=ids, total=len(frame))


def _zones(frame: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Zones, the best first with each term of the ranking where they are ranked."""
    ranked = frame is not None and "rank" in frame and bool(frame["rank"].notna().any())
    if frame is not None and ranked:
        frame = frame.sort_values(["rank", "zone_id"])
    units = dict(ZONE_TERMS) if ranked else {}

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["zone_id"]),
            some_ids(row["parcel_ids"], texts=texts),
            number(row["parcels"], unit="count"),
            number(row["area_m2"], unit="m2"),
            number(row["area_mu"], unit="mu"),
            number(row.get("far"), unit="ratio"),
            *(number(row.get(k), unit=u) for k, u in units.items()),
        ]

    keys = ("zone_id", "parcel_ids", "parcels", "area_m2", "area_mu", "far", *units)
    heads = [texts[f"column.{k}"] for k in keys]
    return frame_table(frame, heads=heads, cells=cells, numeric=range(2, len(keys)), ids=[1])


def _quality(findings: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    if findings is None:
        return None
    counts = findings.groupby(["severity", "code"], as_index=False, dropna=False).size()
    rank = counts["severity"].map({"error": 0, "warning": 1, "info": 2})
    counts = counts.assign(rank=rank).sort_values(["rank", "code"])
    first = findings.drop_duplicates(["severity", "code"]).set_index(["severity", "code"])
    told = {k: finding_text({**r, "code": k[1]}, texts=texts) for k, r in _records(first).items()}
    rows = [
        [
            label(texts, "severity", r.severity),
            label(texts, "finding", r.code),
            f"{r.count_:,}",
            shortened(told.get((r.severity, r.code))) or MISSING,
        ]
        for r in counts.rename(columns={"size": "count_"}).itertuples()
    ]
    heads = [texts["column.severity"], texts["column.code"], texts["report.column.findings"]]
    return table([*heads, texts["report.column.example"]], rows, numeric=[2])


def _borders(run: Mapping[str, Any], *, texts: Texts) -> str:
    """How much border was found, and how; empty where no two parcels have one."""
    found = run.get("recall", {})
    if found.get("recall") is None:
        return ""
    key = "report.borders_tolerant" if found["tolerant_m"] else "report.borders_exact"
    return texts[key].format(
        total=number(found["exact_m"] + found["tolerant_m"], unit="m"),
        pairs=number(run["counts"]["border_pairs"], unit="count"),
        recall=number(math.floor(found["recall"] * 1e4) / 1e4, unit="share"),
        tolerant=number(found["tolerant_m"], unit="m"),
        reach=f"{10 * found['tolerance_m']:g}",
        tolerance=f"{found['tolerance_m']:g}",
        mean=f"{found['distance_mean_m']:.3f}",
        largest=f"{found['distance_max_m']:.3f}",
    )


def _records(frame: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return dict(zip(plain.index, plain.to_dict("records"), strict=True))


def _skipped(run: Mapping[str, Any], *, texts: Texts) -> Table:
    rows = [
        [
            shortened(analysis_name(s.get("analysis"), texts=texts)),
            shortened(skip_reason(s.get("reason"), texts=texts)),
        ]
        for s in run.get("skipped", [])
    ]
    return table([texts[f"report.column.{k}"] for k in ("analysis", "reason")], rows)


def _solver(run: Mapping[str, Any], *, texts: Texts) -> Table | None:
    """Components with their proved bounds, those not proved optimal first."""
    frame = pd.DataFrame(list(run.get("components", [])))
    if frame.empty:
        return None
    is_open = frame["status"] != "optimal"
    frame = frame.assign(open=is_open).sort_values("open", ascending=False, kind="stable")
    counted = "bound_scraps" in frame and bool(frame["bound_scraps"].notna().any())
    compared = "greedy_m2" in frame and bool(frame["greedy_m2"].notna().any())

    def cells(row: dict[Any, Any]) -> list[str]:
        gap = row["bound_m2"] - row["absorbed_m2"]
        greedy = row.get("greedy_m2")
        lost = None if is_missing(greedy) else row["absorbed_m2"] - greedy
        return [
            visible(row["component"]),
            *(_some(row.get(k), texts=texts) for k in ("sites", "scraps")),
            *(number(v, unit="m2") for v in (row["absorbed_m2"], row["bound_m2"], gap)),
            *([_counted(row)] if counted else []),
            *([number(lost, unit="m2")] if compared else []),
            label(texts, "solver_status", row["status"]),
        ]

    heads = [texts[f"column.{k}"] for k in ("component", "sites")]
    heads += [texts[f"report.column.{k}"] for k in ("scraps", "absorbed_m2")]
    heads += [texts["column.bound_m2"], texts["report.column.gap_m2"]]
    heads += [texts["report.column.scraps_of"]] * counted
    heads += [texts["report.column.greedy_loss_m2"]] * compared
    heads.append(texts["column.solver_status"])
    return frame_table(frame, heads=heads, cells=cells, numeric=range(3, len(heads) - 1))


def _counted(row: dict[Any, Any]) -> str:
    """Scraps absorbed, and the most that could be, where the plan makes them many."""
    told, bound = (number(row.get(k), unit="count") for k in ("absorbed_scraps", "bound_scraps"))
    return told if bound == MISSING else f"{told} ({bound})"


def _some(value: object, *, texts: Texts) -> str:
    joined = ";".join(map(str, value)) if isinstance(value, (list, tuple)) else value
    return some(listed(joined), texts=texts)


def _optimal(run: Mapping[str, Any], *, texts: Texts) -> str:
    states = [c.get("status") for c in run.get("components", [])]
    still_open = sum(s != "optimal" for s in states)
    key = "not_optimal" if still_open else "all_optimal"
    return texts[f"report.{key}"].format(n=len(states), open=still_open)
