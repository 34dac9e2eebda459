"""Tests behind a pair of scrap and site, those of words with what was found and what would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.rulespecs import FRAGMENT_TESTS
from gisland.present.facts import NOT_PASSED
from gisland.present.lists import some
from gisland.present.wording import is_missing, label, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]
    Found = dict[tuple[str, str], list[str]]

COLUMNS = {  # what each test of words compares
    "same_owner": "owner",
    "same_tenure": "tenure",
    "same_use": "use_class",
    "planned_use": "planned_use",
}


def pair_tests(plan: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Every eligibility and fragment test behind each considered pair of scrap and site.

    Parameters
    ----------
    plan
        Considered pairs: ``parcel_id``, ``site_id``.
    verdicts
        One row per parcel, subject and test; fragment tests carry an empty subject.

    Returns
    -------
    pandas.DataFrame
        Columns of `verdicts` after ``parcel_id`` and ``site_id``, in the order of `plan`, then of
        `verdicts`; tests of low use, enclaves and kinds of scraps are left out.

    Examples
    --------
    >>> plan = pd.DataFrame({"parcel_id": ["p"], "site_id": ["s"]})
    >>> rows = {"parcel_id": ["p", "p"], "subject": ["s", "t"], "test": ["area_cap", "area_cap"]}
    >>> pair_tests(plan, pd.DataFrame(rows))["subject"].tolist()
    ['s']
    """
    of_scraps = verdicts[verdicts["parcel_id"].isin(plan["parcel_id"])]
    both = plan[["parcel_id", "site_id"]].merge(of_scraps, on="parcel_id", how="inner")
    subject = both["subject"].fillna("")
    fragment = (subject == "") & both["test"].isin(FRAGMENT_TESTS)
    towards = (subject == both["site_id"]) & (both["test"] != "enclave")  # its subject: a column
    return both[fragment | towards].reset_index(drop=True)


def told_verdicts(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> pd.DataFrame | None:
    """Verdicts in which refusals by words tell the scrap's own value and what would pass.

    Parameters
    ----------
    tables
        Result tables by name; ``parcels`` gives the values of the scrap and of its site.
    run
        The run's record; its rules list values that pass, or that do not.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame or None
        The verdicts table with another column ``told``, read by `wording.comparison`, missing
        where numbers tell it or nothing was refused. None without verdicts.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["c", "a"],
    ...         "owner": ["Li", "Wu"],
    ...         "verdict": ["ineligible", "site"],
    ...         "site_id": [None, "S"],
    ...     }
    ... )
    >>> test = {"parcel_id": ["c"], "subject": ["S"], "test": ["same_owner"], "outcome": ["fail"]}
    >>> tables = {"parcels": lots, "verdicts": pd.DataFrame(test | {"rule_id": ["r"]})}
    >>> told_verdicts(tables, run={}, texts=catalog("en"))["told"].tolist()
    ["Li (requires: the site's own (Wu))"]
    """
    verdicts = tables.get("verdicts")
    if verdicts is None:
        return None
    records = {r.get("id"): r for r in run.get("rules", {}).get("records", [])}
    parcels = pd.DataFrame(tables.get("parcels", pd.DataFrame({"parcel_id": []})))
    wanted = verdicts["test"].isin(list(COLUMNS)) & verdicts["outcome"].isin(NOT_PASSED)
    refused = verdicts[wanted]
    own, sites = _values(parcels, refused), _site_values(parcels, refused)
    told: list[str | None] = []
    alike: dict[tuple[object, ...], str | None] = {}  # much is refused at one site for one reason
    for row in refused.to_dict("records"):
        test, column = row["test"], COLUMNS[row["test"]]
        found = own.get((row["parcel_id"], column), [])
        if test == "planned_use":
            found = [*found, *own.get((row["parcel_id"], "planned_use_class"), [])]
        key = (test, row.get("rule_id"), row["subject"], *found)
        if key not in alike:
            rule = records.get(row.get("rule_id"), {})
            host = sites.get((row["subject"], column), [])
            asks = _asks(test, rule, host=host, texts=texts)
            alike[key] = _told(_names(found, column, texts=texts), asks, texts=texts)
        told.append(alike[key])
    return verdicts.assign(told=pd.Series(told, index=refused.index, dtype="str"))


def _told(found: list[str], asks: str, *, texts: Texts) -> str | None:
    if not asks:
        return None
    value = some(list(dict.fromkeys(found)), texts=texts)
    return texts["condition.compared"].format(value=value, wanted=asks)


def _asks(test: str, rule: Mapping[str, Any], *, host: list[str], texts: Texts) -> str:
    """What would have passed, in words; empty where the rule does not list it."""
    if test == "planned_use":
        return _forbidden(rule, texts=texts)
    return _same(rule, host=host, column=COLUMNS[test], texts=texts)


def _same(rule: Mapping[str, Any], *, host: list[str], column: str, texts: Texts) -> str:
    """What a rule of sameness asks for: the site's own value, or a listed one."""
    own = some(_names(host, column, texts=texts), texts=texts)
    asks = texts["condition.same"].format(values=own)
    listed = _names(_listed(rule), column, texts=texts)
    if not listed:
        return asks
    return texts["condition.or_listed"].format(same=asks, values=some(listed, texts=texts))


def _forbidden(rule: Mapping[str, Any], *, texts: Texts) -> str:
    listed = _names(_listed(rule), "planned_use", texts=texts)
    return texts["condition.forbidden"].format(values=some(listed, texts=texts)) if listed else ""


def _listed(rule: Mapping[str, Any]) -> list[str]:
    value = rule.get("value")
    return [visible(v) for v in value] if isinstance(value, (list, tuple)) else []


def _names(values: Iterable[str], column: str, *, texts: Texts) -> list[str]:
    if column == "owner":
        return [shortened(v) for v in values]
    section = "tenure" if column == "tenure" else "use_class"
    return [label(texts, section, v) for v in values]


def _values(parcels: pd.DataFrame, refused: pd.DataFrame) -> Found:
    """Text of each compared column, by parcel and column."""
    scraps = parcels[parcels["parcel_id"].isin(refused["parcel_id"])]
    columns = [c for c in (*COLUMNS.values(), "planned_use_class") if c in parcels]
    return {
        (row["parcel_id"], c): [visible(row[c])]
        for row in scraps[["parcel_id", *columns]].to_dict("records")
        for c in columns
        if not is_missing(row[c])
    }


def _site_values(parcels: pd.DataFrame, refused: pd.DataFrame) -> Found:
    """Distinct text of each compared column among a site's own parcels."""
    if not {"verdict", "site_id"} <= set(parcels):
        return {}
    members = parcels[(parcels["verdict"] == "site") & parcels["site_id"].isin(refused["subject"])]
    return {
        (str(site), c): sorted({visible(v) for v in rows[c] if not is_missing(v)})
        for site, rows in members.groupby("site_id")
        for c in COLUMNS.values()
        if c in rows
    }
