"""The first page of the report: what was found, what the plan makes of it, how far it is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.present.balance import balance, holds
from gisland.present.wording import MISSING, area_both, is_missing, label, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Texts = Mapping[str, str]
    Pairs = list[tuple[str, str]]

FOUND = (  # counts of the run's record, in the order of the page
    *("parcels", "fragments", "enclaves", "jointly_enclosed", "scraps", "scrap_groups"),
    *("zones", "blocks_given", "blocks_proposed", "blocks_adjusted"),
)
DOUBTS = ("control_failures", "findings_error", "findings_warning")


def key_figures(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any]:
    """Figures of the whole run, as texts.

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
        ``tiles`` (figure and what it is), ``found`` and ``proved`` (what it is and figure);
        figures that the run does not tell are left out.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> run = {"counts": {"parcels": 1200}}
    >>> key_figures({}, run=run, texts=catalog("en"))["found"]
    [('parcels', '1,200')]
    """
    counts = run.get("counts", {})
    return {
        "tiles": _tiles(tables, texts=texts),
        "found": _counts(counts, FOUND, texts=texts),
        "proved": [*_proof(tables, run=run, texts=texts), *_counts(counts, DOUBTS, texts=texts)],
    }


def _counts(counts: Mapping[str, Any], keys: tuple[str, ...], *, texts: Texts) -> Pairs:
    return [
        (texts.get(f"count.{k}") or texts[f"table.{k}"], number(counts[k], unit="count"))
        for k in keys
        if not is_missing(counts.get(k))
    ]


def _tiles(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> Pairs:
    sites, plan = tables.get("sites"), tables.get("plan")
    if sites is None or sites.empty:
        return []
    tiles = [(number(len(sites), unit="count"), "sites")]
    if plan is not None and not plan.empty:
        absorbed = plan[plan["verdict"] == "absorbed"]
        counted = (plan["parcel_id"].nunique(), absorbed["parcel_id"].nunique())
        tiles += [
            (number(n, unit="count"), key)
            for n, key in zip(counted, ("considered", "absorbed"), strict=True)
        ]
        tiles.append((area_both(texts, float(absorbed["area_m2"].sum())), "area"))
    if "scrap_share" in sites and bool(sites["scrap_share"].notna().any()):
        tiles.append((number(sites["scrap_share"].max(), unit="share"), "share"))
    return [(figure, texts[f"sheet.tile.{key}"]) for figure, key in tiles]


def _proof(tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts) -> Pairs:
    states = [c.get("status") for c in run.get("components", [])]
    told: Pairs = []
    if states:
        proved = sum(s == "optimal" for s in states)
        told.append(
            (texts["sheet.proof.plan"], texts["sheet.of"].format(n=proved, all=len(states)))
        )
    rows = balance(tables)
    answer = MISSING if rows is None else label(texts, "bool", str(holds(rows)).lower())
    records = run.get("rules", {}).get("records", [])
    on = [r for r in records if r.get("mode") != "off"]
    sourced = sum(r.get("status") == "sourced" for r in on)
    told.append((texts["sheet.proof.balance"], answer))
    told.append((texts["sheet.proof.rules"], texts["sheet.of"].format(n=sourced, all=len(on))))
    skipped = number(len(run.get("skipped", [])), unit="count")
    return [*told, (texts["sheet.proof.skipped"], skipped)]
