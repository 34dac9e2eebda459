"""What the map says about a parcel or a scrap: plain text in blocks, no markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.conditions import CONDITIONS
from gisland.present.facts import (
    NOT_PASSED,
    Block,
    Row,
    Rules,
    fields,
    plain_rows,
    quotes,
    reason,
    reasons,
    unverified,
    verdict_rows,
)
from gisland.present.planned import parcel_conditions
from gisland.present.wording import MISSING, comparison, is_missing, named, visible, with_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

Popup = dict[str, Any]

PARCEL_FIELDS = (
    "owner",
    "tenure",
    "use_class",
    "area",
    "far",
    "far_actual",
    "coverage",
    "green_ratio",
    "mean_storeys",
    "tax_yuan_per_mu",
    "output_yuan_per_mu",
    "investment_yuan_per_mu",
    "jobs_per_mu",
    "building_height_m",
    "floor_area_estimated_m2",
    "planned_use",
    "width_m",
    "frontage_m",
    "frontage_road_m",
    "scrap_kind",
    "scrap_group",
    "enclave_of",
    "site_id",
    "zone_id",
    "unit_id",
    "status",
    "industry",
    "idle_since",
    "low_use_score",
    "low_use_decided_by",
    "low_use_not_assessed",
)
REASONS = ("reasons", "fragment_reasons", "low_use_reasons")
SHARES = ("sites_share", "free_share", "other_share", "hull_share")  # what its kind follows from
MARKS = {"pass": "✓ ", "fail": "✗ "}


def parcel_popups(
    parcels: pd.DataFrame,
    verdicts: pd.DataFrame | None,
    *,
    records: Rules,
    texts: Mapping[str, str],
) -> list[list[Block]]:
    """What is told of each parcel besides its columns: why, in plain words with numbers.

    Parameters
    ----------
    parcels
        Rows of the parcels table.
    verdicts
        Rows of the verdicts table, or None where it was not written.
    records
        Rules by id, as ``run["rules"]["records"]`` lists them.
    texts
        The catalog.

    Returns
    -------
    list of list
        Blocks in the order of `parcels`, among them ``["columns"]``, where the columns go; empty
        where there is nothing besides them.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"parcel_id": ["7", "8"], "fragment_reasons": ["min_lot", ""]})
    >>> parcel_popups(lots.assign(verdict="none"), None, records={}, texts=catalog("en"))
    [[['list', 'A fragment because', ['smaller than the minimum lot']], ['columns']], []]
    """
    tests = verdict_rows(verdicts)
    special = parcels["parcel_id"].isin(list(tests))
    for column in (*REASONS, *(f"planned_{c}" for c in CONDITIONS)):
        if column in parcels:
            special |= parcels[column].notna() & (parcels[column] != "")
    found = iter(plain_rows(parcels[special.to_numpy()]))
    return [
        _parcel(row := next(found), tests[row["parcel_id"]], records=records, texts=texts)
        if is_so
        else []
        for is_so in special
    ]


def _parcel(
    parcel: Row, tests: list[Row], *, records: Rules, texts: Mapping[str, str]
) -> list[Block]:
    own = [t for t in tests if not t["subject"]]
    pairs = [t for t in tests if t["subject"]]
    deciding = [t for t in pairs if t["mode"] != "advisory"]
    advisory = [t for t in pairs if t["mode"] == "advisory" and t["outcome"] in NOT_PASSED]
    lists = [
        ("reasons", reasons(parcel.get("reasons"), deciding, texts=texts)),
        ("unverified", _unverified(parcel, pairs, texts=texts)),
        ("advisory", [reason(t, texts=texts) for t in advisory]),
        ("fragment", reasons(parcel.get("fragment_reasons"), own, texts=texts)),
        ("low_use", reasons(parcel.get("low_use_reasons"), own, texts=texts)),
    ]
    cited = _cited([t for t in pairs if _speaks(t, parcel)], parcel.get("verdict"))
    blocks = [["list", texts[f"map.popup.{key}"], items] for key, items in lists if items]
    return [
        *blocks,  # why comes first: it is what was clicked for
        ["columns"],
        *_conditions(parcel, texts=texts),
        *quotes(cited, records, texts=texts),
    ]


def _conditions(parcel: Row, *, texts: Mapping[str, str]) -> list[Block]:
    """Planning conditions of a parcel with today's values."""
    colon = texts["report.colon"]
    told = [f"{name}{colon}{text}" for name, text, _ in parcel_conditions(parcel, texts=texts)]
    return [["list", texts["map.popup.conditions"], told]] if told else []


def _unverified(parcel: Row, pairs: list[Row], *, texts: Mapping[str, str]) -> list[str]:
    """What is to be verified before a parcel is merged, where it can be."""
    if parcel.get("verdict") not in {"absorbed", "eligible"}:
        return []
    return unverified([t for t in pairs if _speaks(t, parcel)], texts=texts)


def _speaks(test: Row, parcel: Row) -> bool:
    """Whether a test is about the site that a parcel is absorbed by, if it is."""
    return parcel.get("verdict") != "absorbed" or test["subject"] == parcel.get("site_id")


def parcel_badges(parcels: pd.DataFrame, *, texts: Mapping[str, str]) -> list[str]:
    """The verdict on each parcel, with its reason where that is short.

    Parameters
    ----------
    parcels
        Rows of the parcels table.
    texts
        The catalog.

    Returns
    -------
    list of str
        In the order of `parcels`.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"verdict": ["absorbed"], "reasons": [""]})
    >>> parcel_badges(lots, texts=catalog("en"))
    ['absorbed']
    """
    verdicts = [visible(v) for v in parcels["verdict"].to_numpy(dtype=object).tolist()]
    given = parcels["reasons"].to_numpy(dtype=object).tolist() if "reasons" in parcels else None
    joined = given or [""] * len(verdicts)
    pairs = list(zip(verdicts, map(visible, joined), strict=True))
    words = {pair: _badge(*pair, texts=texts) for pair in dict.fromkeys(pairs)}
    return [words[pair] for pair in pairs]


def _badge(verdict: str, joined: str, *, texts: Mapping[str, str]) -> str:
    first = joined.split(";", maxsplit=1)[0].split(":", maxsplit=1)[0]
    short = texts.get(f"reason_short.{first}") if verdict == "eligible" else None
    return short or named(texts, "verdict", verdict)


def _cited(tests: list[Row], verdict: object) -> list[Row]:
    """Tests whose rules are quoted: those that refused; where nothing did, those that allowed."""
    deciding = [t for t in tests if t["mode"] != "advisory"]
    refused = [t for t in deciding if t["outcome"] in NOT_PASSED]
    return refused or (deciding if verdict in {"absorbed", "eligible"} else [])


def scrap_popups(
    plan: pd.DataFrame,
    verdicts: pd.DataFrame | None,
    *,
    records: Rules,
    texts: Mapping[str, str],
) -> dict[str, Popup]:
    """Popup of each scrap: every site considered, with verdict, reasons and each single test.

    Parameters
    ----------
    plan
        Rows of the plan table, one per considered pair.
    verdicts
        Rows of the verdicts table, or None where it was not written.
    records
        Rules by id, as ``run["rules"]["records"]`` lists them.
    texts
        The catalog.

    Returns
    -------
    dict
        Popups by parcel id, in the order of `plan`.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> pair = {"parcel_id": ["7"], "site_id": ["S1"], "verdict": ["absorbed"], "reasons": [""]}
    >>> popup = scrap_popups(pd.DataFrame(pair), None, records={}, texts=catalog("en"))["7"]
    >>> popup["b"][1][3]
    [['S1', 'absorbed', '—', '—']]
    """
    if verdicts is not None:  # all tests of many parcels take a while
        verdicts = verdicts[verdicts["parcel_id"].isin(plan["parcel_id"])]
    tests = verdict_rows(verdicts)
    pairs: dict[str, list[Row]] = {}
    for pair in plain_rows(plan):
        pairs.setdefault(pair["parcel_id"], []).append(pair)
    return {k: _scrap(rows, tests[k], records=records, texts=texts) for k, rows in pairs.items()}


def _scrap(
    pairs: list[Row], tests: list[Row], *, records: Rules, texts: Mapping[str, str]
) -> Popup:
    columns = ("site_id", "verdict", "border_m", "reasons")
    lines = [
        [
            visible(p["site_id"]),
            named(texts, "verdict", p["verdict"]),
            _border(p, texts),
            "\n".join(reasons(p.get("reasons"), [], texts=texts)) or MISSING,
        ]
        for p in pairs
    ]
    count = texts["map.popup.considered"].format(count=len(pairs))
    heads = [texts[f"column.{c}"] for c in columns]
    facts = fields(pairs[0], ("area", *SHARES), texts=texts)
    towards = {p["site_id"]: [t for t in tests if t["subject"] == p["site_id"]] for p in pairs}
    cited = [t for p in pairs for t in _cited(towards[p["site_id"]], p["verdict"])]
    return {
        "t": texts["map.popup.scrap"].format(id=visible(pairs[0]["parcel_id"])),
        "s": named(texts, "scrap_kind", pairs[0].get("scrap_kind")),
        "b": [
            facts,
            ["table", count, heads, lines],
            *[_test_table(site, ts, texts) for site, ts in towards.items() if ts],
            *quotes(cited, records, texts=texts),
        ],
    }


def _border(pair: Row, texts: Mapping[str, str]) -> str:
    """Border with a site; for a scrap that adjoins none, what lies between and the link."""
    border = with_unit(texts, pair.get("border_m"), unit="m")
    links = pair.get("links")
    if is_missing(links) or not links:
        return border
    length = with_unit(texts, pair.get("link_m"), unit="m")
    return texts["map.popup.linked"].format(n=int(links), length=length)


def _test_table(site: str, tests: list[Row], texts: Mapping[str, str]) -> Block:
    heads = [texts["column.test"], texts["map.popup.measured"], texts["column.outcome"]]
    lines = [
        [
            named(texts, "test", t["test"]),
            comparison(texts, t) or MISSING,
            MARKS.get(t["outcome"], "") + named(texts, "outcome", t["outcome"]),
        ]
        for t in sorted(tests, key=lambda t: (t["outcome"] not in NOT_PASSED, t["test"]))
    ]
    return ["table", texts["map.popup.tests"].format(site=visible(site)), heads, lines]
