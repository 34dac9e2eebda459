"""Where the ids in the ledger lead: the rows of the workbook that tell more of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from gisland.present.lists import listed
from gisland.present.wording import is_missing, visible
from gisland.present.workbook import MAX_ROWS, MOST_LINKS, location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

KEYS = {
    "sites": "site_id",
    "parcels": "parcel_id",
    "scraps": "parcel_id",
    "zones": "zone_id",
    "scrap_groups": "group_id",
    "enclaves": "enclave_id",
    "parks": "park_id",
    "rules": "rule_id",
    "components": "component",
}
COLUMNS = {  # which table an id in a column is of, whatever table the column stands in
    **dict.fromkeys(("site_id", "site_ids", "site_without", "site_with"), "sites"),
    **dict.fromkeys(("parcel_id", "parcel_ids", "candidate_ids", "cut_ids"), "parcels"),
    **dict.fromkeys(("surrounding_ids", "other_use_ids", "other_id"), "parcels"),
    **dict.fromkeys(("absorbed_ids", "added_ids", "removed_ids", "scrap_ids"), "scraps"),
    "zone_id": "zones",
    "scrap_group": "scrap_groups",
    "rule_id": "rules",
    "component": "components",
    "inside_of": "enclaves",
}
OWN = {("merged", "parcel_id"): "sites"}
SUBJECTS = {"sites": "site", "zones": "zone", "parks": "park"}  # such as "site:S1"
KINDS = {"zone": "zones", "project": "sites"}  # in the hierarchy
BY_SUBJECT = ("indicators", "use_matrix", "control_verdicts")
Spots = dict[Any, str]


def places(tables: Mapping[str, pd.DataFrame], titles: Mapping[str, str]) -> dict[str, Spots]:
    """Places of the workbook that ids lead to.

    Parameters
    ----------
    tables
        Tables by name, in codes, in the order of rows in which they are written.
    titles
        Names of their worksheets.

    Returns
    -------
    dict
        By table, then by id: the first row that bears it, as a place made of the worksheet's name
        and the number of the row alone. Beside the tables of `KEYS`: ``block_sets`` by set of
        lines and id, ``enclosed`` by parcel of an enclave, and ``subjects`` such as ``site:S1``.

    Examples
    --------
    >>> import pandas as pd
    >>> found = places({"sites": pd.DataFrame({"site_id": ["=1+1"]})}, {"sites": "sites"})
    >>> found["sites"], found["subjects"]
    ({'=1+1': "'sites'!A2"}, {'site:=1+1': "'sites'!A2"})
    """
    found = {
        name: _first(tables[name][key].tolist(), titles[name])
        for name, key in KEYS.items()
        if name in tables and key in tables[name]
    }
    subjects = {
        f"{word}:{visible(key)}": place
        for name, word in SUBJECTS.items()
        for key, place in found.get(name, {}).items()
    }
    blocks, enclaves = tables.get("block_lines"), tables.get("enclaves")
    if blocks is not None and "block_id" in blocks:
        title, ids = titles["block_lines"], blocks["block_id"].tolist()
        found["block_lines"] = _first(ids, title)
        sets = blocks["lines"].tolist() if "lines" in blocks else ["given"] * len(ids)
        pairs = _first(zip(sets, ids, strict=True), title)
        found["block_sets"] = pairs
        subjects |= {f"{visible(s)}:{visible(b)}": place for (s, b), place in pairs.items()}
    if enclaves is not None and "parcel_ids" in enclaves:
        within = [listed(ids) for ids in enclaves["parcel_ids"]]
        held = [(lot, row) for row, ids in enumerate(within, start=2) for lot in ids]
        spots = {lot: location(titles["enclaves"], row) for lot, row in reversed(held)}
        found["enclosed"] = spots
    return found | {"subjects": subjects}


def leads(
    frame: pd.DataFrame, *, table: str, places: Mapping[str, Spots]
) -> dict[str, list[str | None]]:
    """Where the ids of a table lead, as far as a worksheet takes links.

    Parameters
    ----------
    frame
        The table as it is shown, ids still as they were given.
    table
        Its name.
    places
        Result of `places`.

    Returns
    -------
    dict
        By column, for its first rows; columns that lead nowhere or to their own table are left
        out.

    Examples
    --------
    >>> import pandas as pd
    >>> plan = pd.DataFrame({"site_id": ["S1", "S2"]})
    >>> leads(plan, table="plan", places={"sites": {"S1": "'sites'!A2"}})
    {'site_id': ["'sites'!A2", None]}
    """
    rows = frame.head(MOST_LINKS)
    found: dict[str, list[str | None]] = {}
    for column in rows:
        target = OWN.get((table, str(column)), COLUMNS.get(str(column), ""))
        if target and target != table:
            found[str(column)] = _led(rows[column].tolist(), places.get(target, {}))
    found |= _special(rows, table=table, places=places)
    return {column: spots for column, spots in found.items() if any(spots)}


def _special(
    rows: pd.DataFrame, *, table: str, places: Mapping[str, Spots]
) -> dict[str, list[str | None]]:
    """Columns whose ids are of one table or another, or of one by several keys."""

    def led(target: str, keys: Iterable[Any]) -> list[str | None]:
        return _led(keys, places.get(target, {}))

    if table == "parcels" and {"scrap_kind", "enclave_of"} <= set(rows):
        ids = rows["parcel_id"].tolist()
        inside = zip(ids, rows["enclave_of"].tolist(), strict=True)
        enclosed = [None if is_missing(of) else lot for lot, of in inside]
        return {"scrap_kind": led("scraps", ids), "enclave_of": led("enclosed", enclosed)}
    if table == "lineage" and {"after_id", "role"} <= set(rows):
        sites, lots = (led(t, rows["after_id"].tolist()) for t in ("sites", "parcels"))
        merged = rows["role"].isin(["site", "absorbed"]).tolist()
        return {"after_id": [s if m else p for s, p, m in zip(sites, lots, merged, strict=True)]}
    if table == "verdicts" and {"subject", "test"} <= set(rows):  # else in words
        sites = led("sites", rows["subject"].tolist())
        by_site = (rows["test"] != "enclave").tolist()
        return {"subject": [s if b else None for s, b in zip(sites, by_site, strict=True)]}
    if table == "hierarchy" and {"kind", "id"} <= set(rows):
        pairs = zip(rows["kind"].tolist(), rows["id"].tolist(), strict=True)
        return {"id": [led(KINDS.get(kind, ""), [key])[0] for kind, key in pairs]}
    return _of_areas(rows, table=table, places=places)


def _of_areas(
    rows: pd.DataFrame, *, table: str, places: Mapping[str, Spots]
) -> dict[str, list[str | None]]:
    """Subjects of indicators and verdicts, and blocks, which several sets have."""
    if table in BY_SUBJECT and "subject" in rows:
        return {"subject": _led(rows["subject"].tolist(), places.get("subjects", {}))}
    if table != "block_lines" and "block_id" in rows:
        ids = rows["block_id"].tolist()
        if "lines" not in rows:
            return {"block_id": _led(ids, places.get("block_lines", {}))}
        pairs = zip(rows["lines"].tolist(), ids, strict=True)
        return {"block_id": _led(pairs, places.get("block_sets", {}))}
    return {}


def _led(keys: Iterable[Any], spots: Spots) -> list[str | None]:
    return [None if is_missing(key) else spots.get(key) for key in keys]


def _first(keys: Iterable[Any], title: str) -> Spots:
    """Place of the first appearance of each key; the head is row 1."""
    spots: Spots = {}
    for row, key in enumerate(itertools.islice(keys, MAX_ROWS - 2), start=2):
        if not is_missing(key) and key not in spots:
            spots[key] = location(title, row)
    return spots
