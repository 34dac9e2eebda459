"""Scraps in the ledger: a row for each, and the tests behind each considered pair in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.units import m2_to_mu
from gisland.present.conditions import pair_tests
from gisland.present.wording import comparison, is_missing, named, named_list, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

SHARES = ("sites_share", "free_share", "other_share", "hull_share", "hole_share")
VERDICTS = ("absorbed", "eligible", "ineligible")  # the first that a pair has is the scrap's


def explanations(
    plan: pd.DataFrame, verdicts: pd.DataFrame, *, texts: Texts, refused: bool = False
) -> pd.Series:
    """Tests of each considered pair in words, with measured value and limit.

    Parameters
    ----------
    plan
        Considered pairs: ``parcel_id``, ``site_id``.
    verdicts
        One row per parcel, subject and test.
    texts
        Catalog of one language.
    refused
        Whether only tests that failed are told.

    Returns
    -------
    pandas.Series
        Text on the index of `plan`, one line per test; empty where nothing was tested.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> plan = pd.DataFrame({"parcel_id": ["p"], "site_id": ["s"]})
    >>> verdicts = pd.DataFrame({"parcel_id": ["p"], "subject": ["s"], "test": ["same_owner"]})
    >>> explanations(plan, verdicts.assign(outcome="fail"), texts=catalog("en")).tolist()
    ['✗ same right-holder']
    """
    marks = {"pass": texts["ledger.passed"], "fail": texts["ledger.failed"]}
    tests = pair_tests(plan, verdicts)
    if refused:
        tests = tests[(tests["outcome"] == "fail") & tests["subject"].fillna("").ne("")]
    lines: dict[tuple[str, str], list[str]] = {}
    for row in tests.to_dict("records"):
        mark = marks.get(row["outcome"], texts["ledger.open"])
        words = [mark, named(texts, "test", row["test"]), comparison(texts, row)]
        lines.setdefault((row["parcel_id"], row["site_id"]), []).append(
            " ".join(w for w in words if w)
        )
    pairs = zip(plan["parcel_id"], plan["site_id"], strict=True)
    return pd.Series(["\n".join(lines.get(p, [])) for p in pairs], index=plan.index, dtype="str")


def scrap_rows(
    plan: pd.DataFrame,
    verdicts: pd.DataFrame | None,
    *,
    parcels: pd.DataFrame | None,
    texts: Texts,
) -> pd.DataFrame:
    """One row for each scrap, from the pairs in which it was considered.

    Parameters
    ----------
    plan
        Considered pairs of scrap and site.
    verdicts
        One row per parcel, subject and test, for what was measured; None without.
    parcels
        Parcels, for owners; None without.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame
        ``parcel_id``, ``owner`` where known, ``scrap_kind``, areas, the shares that the kind
        follows from, ``site_ids`` considered, ``verdict``, ``site_id`` that absorbs it, ``why``:
        a line for each site in words; in the order of `plan`.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> pair = {"parcel_id": ["p"], "site_id": ["s"], "scrap_kind": ["corner"], "area_m2": [90.0]}
    >>> table = pd.DataFrame(pair | {"verdict": ["absorbed"], "reasons": [""]})
    >>> scrap_rows(table, None, parcels=None, texts=catalog("en"))["why"].tolist()
    ['s: meets all requirements, absorbed']
    """
    why = _why(plan, verdicts, texts=texts)
    rank = plan["verdict"].map({v: n for n, v in enumerate(VERDICTS)}).fillna(len(VERDICTS))
    order = plan.assign(why=why, rank=rank, host=plan["site_id"].where(rank == 0))
    each = order.groupby("parcel_id", sort=False)
    ids = list(each.groups)
    best = order.sort_values("rank", kind="stable").drop_duplicates("parcel_id")
    best = best.set_index("parcel_id").reindex(ids)
    columns: dict[str, object] = {"parcel_id": ids}
    if parcels is not None and "owner" in parcels:
        owners = parcels.drop_duplicates("parcel_id").set_index("parcel_id")["owner"]
        columns["owner"] = owners.reindex(ids).to_numpy()
    columns["scrap_kind"] = best["scrap_kind"].to_numpy()
    columns["area_m2"] = best["area_m2"].to_numpy()
    columns["area_mu"] = m2_to_mu(best["area_m2"]).to_numpy()
    columns |= {c: best[c].to_numpy() for c in SHARES if c in best}
    columns["site_ids"] = each["site_id"].agg(lambda s: ";".join(map(visible, s))).to_numpy()
    columns["verdict"] = best["verdict"].to_numpy()
    columns["site_id"] = best["host"].to_numpy()
    columns["why"] = each["why"].agg("\n".join).to_numpy()
    return pd.DataFrame(columns)


def _why(plan: pd.DataFrame, verdicts: pd.DataFrame | None, *, texts: Texts) -> list[str]:
    """For each pair the site and why it absorbs the scrap or does not, with what was measured."""
    tests = [""] * len(plan)
    if verdicts is not None:
        tests = explanations(plan, verdicts, texts=texts, refused=True).tolist()
    rows = zip(*(plan[c].tolist() for c in ("site_id", "verdict", "reasons")), tests, strict=True)
    told = []
    for site, verdict, reasons, failed in rows:
        if is_missing(reasons):
            key = "met" if verdict == "absorbed" else "open"
            words = texts[f"ledger.why.{key}"]
        else:
            words = named_list(texts, "reason", reasons)
        measured = texts["ledger.why.join"].join(failed.split("\n")) if failed else ""
        form = texts["ledger.why.measured" if measured else "ledger.why.line"]
        told.append(form.format(site=visible(site), why=words, tests=measured))
    return told
