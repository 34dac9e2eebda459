"""What a run found in a random district, held against its truth, line by line."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from districts import planned
from random_districts import District, Truth, rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gisland.base.result import Result

SHARE, AREA, LENGTH_M = 0.002, 0.005, 0.2


def found_in(drawn: District, **more: Any) -> Result:  # noqa: ANN401 - parameters by name
    """Run on a district as it is drawn."""
    return planned(drawn.parcels, rules(), **more)


def bare(name: str) -> str:
    """Name without blanks and case, in letters of normal width."""
    return unicodedata.normalize("NFKC", "".join(name.split())).casefold()


def text(value: object) -> str:
    """Value of a cell as text, empty where it is missing."""
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def near(name: str, found: object, expected: object) -> bool:
    """Whether a value is the expected one, but for noise of 3 cm."""
    if name.endswith("share"):
        return abs(float(found) - float(expected)) <= SHARE  # type: ignore[arg-type]
    if name.endswith("_m2"):
        return abs(float(found) - float(expected)) <= AREA * float(expected)  # type: ignore[arg-type]
    if name.endswith("_m"):
        return abs(float(found) - float(expected)) <= LENGTH_M  # type: ignore[arg-type]
    return found == expected


def shown(value: object) -> str:
    """Expected or found value, exact shares as decimals."""
    number = isinstance(value, (float, np.floating)) or hasattr(value, "numerator")
    return f"{float(value):.4f}" if number else str(value)  # type: ignore[arg-type]


def differences(drawn: District, result: Result) -> list[str]:
    """All that differs, a line each: case, parcels, what was expected, what was found.

    Of a run on several districts only what is in this one is looked at.
    """
    truth, ids = drawn.truth, set(drawn.parcels.index)
    tables = {
        name: result.tables[name][[not ids.isdisjoint(k.split(";")) for k in lists]]
        for name, column in TABLES.items()
        if name in result.tables and (lists := result.tables[name][column]) is not None
    }
    lines = [
        *_parcels(truth, tables),
        *_areas(truth, tables),
        *_enclaves(truth, tables),
        *_pairs(truth, tables),
        *_groups(truth, tables),
    ]
    return [f"seed {drawn.seed}: {line}" for line in lines]


TABLES = {  # and the column of the parcels that a row is about
    "parcels": "parcel_id",
    "enclaves": "parcel_ids",
    "plan": "parcel_id",
    "scrap_groups": "parcel_ids",
}


def _line(truth: Truth, ids: object, what: str, expected: object, found: object) -> str:
    names = sorted(ids) if isinstance(ids, (set, frozenset, tuple)) else [ids]
    cases = sorted({truth.case.get(i, "street") for i in names})
    return (
        f"{'; '.join(cases)} ({','.join(names)}) {what}:"
        f" expected {shown(expected)}, found {shown(found)}"
    )


def _parcels(truth: Truth, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    parcels = tables["parcels"].set_index("parcel_id")
    scraps = {i: pair["scrap_kind"] for (i, _), pair in truth.pairs.items()}
    labels: dict[str, set[str]] = {}
    for (attribute, ids), e in truth.enclaves.items():
        for i in ids:
            labels.setdefault(i, set()).add(f"{attribute}:{e['value']}")
    flags = {i: str(i in truth.fragments and truth.fragments[i] != "") for i in parcels.index}
    expected: dict[str, Mapping[str, object]] = {
        "fragment_reasons": truth.fragments,
        "scrap_kind": scraps,
        "low_use_reasons": truth.low_use_reasons,
        "enclave_of": labels,
    }
    for name, values in expected.items():
        for i, value in parcels[name].items():
            wanted = values.get(str(i), set() if name == "enclave_of" else "")
            told = text(value)
            if (_list(told) if name == "enclave_of" else told) != wanted:
                yield _line(truth, i, name, wanted or "nothing", told or "nothing")
    for name, values in (("low_use", truth.low_use), ("fragment", flags)):
        for i, value in parcels[name].items():
            wanted = values.get(str(i), "<NA>")
            if str(value) != wanted:
                yield _line(truth, i, name, wanted, value)


def _areas(truth: Truth, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    areas = tables["parcels"].set_index("parcel_id")["area_m2"]
    for i, wanted_m2 in truth.area_m2.items():
        if not near("area_m2", areas[i], wanted_m2):
            yield _line(truth, i, "area_m2", wanted_m2, areas[i])


def _list(told: str) -> set[str]:
    """Members of a list, none of an empty one."""
    return set(told.split(";")) - {""}


def _keyed(
    truth: Truth, what: str, found: Mapping[Any, Any], wanted: Mapping[Any, Any]
) -> list[str]:
    """Rows that are missing, and rows that should not be there."""
    lost = [_line(truth, _ids(k), what, k, "none") for k in wanted if k not in found]
    more = [_line(truth, _ids(k), what, "none", k) for k in found if k not in wanted]
    return lost + more


def _ids(key: Any) -> frozenset[str]:  # noqa: ANN401 - a key of the truth
    if isinstance(key, frozenset):
        return key
    return next((k for k in key if isinstance(k, frozenset)), frozenset(key[:1]))


def _columns(
    truth: Truth, ids: object, what: str, row: Mapping[str, object], wanted: Mapping[str, object]
) -> list[str]:
    return [
        _line(truth, ids, f"{what}.{name}", value, row[name])
        for name, value in wanted.items()
        if not near(name, row[name], value)
    ]


def _enclaves(truth: Truth, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    rows = tables["enclaves"].to_dict("records")
    found = {(r["attribute"], frozenset(r["parcel_ids"].split(";"))): r for r in rows}
    if len(found) < len(rows):
        yield _line(truth, frozenset(), "enclaves", "each once", len(rows))
    yield from _keyed(truth, "enclave", found, truth.enclaves)
    for (attribute, ids), e in truth.enclaves.items():
        row = found.get((attribute, ids))
        if row is None:
            continue
        told = dict(row) | {k: set(row[k].split(";")) for k in ("surrounded_by", "surrounding_ids")}
        told["inside_of"] = text(row["inside_of"])
        wanted = {k: v for k, v in e.items() if k != "inside"}
        wanted["enclave_id"] = f"{attribute}:{min(ids)}"
        wanted["inside_of"] = f"{attribute}:{e['inside']}" if e["inside"] else ""
        for columns in (told, wanted):  # districts side by side share owners and spellings
            columns["surrounded_by"] = {bare(name) for name in columns["surrounded_by"]}
        yield from _columns(truth, ids, attribute, told, wanted)


def _pairs(truth: Truth, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Rows of the plan; those of mere corners have no border, and are refused for it."""
    rows = {(r["parcel_id"], r["site_id"]): r for r in tables["plan"].to_dict("records")}
    corners = {k for k, r in rows.items() if k not in truth.pairs and r["border_m"] == 0}
    for k in corners:
        if "adjacent" not in rows[k]["reasons"].split(";") or k[0] not in {
            p for p, _ in truth.pairs
        }:
            yield _line(truth, k[0], "plan", "no scrap", rows[k]["reasons"])
    found = {k: r for k, r in rows.items() if k not in corners}
    yield from _keyed(truth, "plan", found, truth.pairs)
    for k, wanted in truth.pairs.items():
        if k in found:
            yield from _columns(truth, k[0], f"plan with {k[1]}", found[k], wanted)


def _groups(truth: Truth, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    rows = tables["scrap_groups"].to_dict("records")
    found = {frozenset(r["parcel_ids"].split(";")): r for r in rows}
    yield from _keyed(truth, "scrap_group", found, truth.groups)
    for ids, wanted in truth.groups.items():
        if ids in found:
            lists = {k: _list(found[ids][k]) for k in ("site_ids", "scrap_ids")}
            told = dict(found[ids]) | lists
            yield from _columns(truth, ids, "scrap_group", told, wanted)
