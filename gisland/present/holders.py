"""Parts of the report about who holds land where: enclaves, mixture, scrap groups, holdings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gisland.base.parameters import Parameters
from gisland.present.enclavewords import attribute_name, enclave_text, values_of
from gisland.present.lists import some, some_ids
from gisland.present.rest import Table, frame_table
from gisland.present.wording import (
    MISSING,
    is_missing,
    label,
    named_list,
    number,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Texts = Mapping[str, str]

MOST_HOLDERS = 20  # owners in the report; the ledger has all
KINDS = ("strict", "nearly", "jointly")
TENURES = ("state_mu", "collective_mu", "undetermined_mu", "unknown_mu")
SHARES = ("sites_share", "free_share", "other_share")


def holders(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, Any]:
    """Enclaves, mixture of tenures, scrap groups and owners with the most parcels.

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
        Tables as `rest.table` makes them, None where the analysis was not run; ``explained``: by
        the same names what the table shows, by which definition, in sentences.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> holders({}, run={}, texts=catalog("en"))["holdings"] is None
    True
    """
    return {
        "enclaves": _enclaves(tables.get("enclaves"), texts=texts),
        "mixture": _mixture(tables.get("mixture"), texts=texts),
        "scrap_groups": _groups(tables.get("scrap_groups"), texts=texts),
        "holdings": _holdings(tables.get("holdings"), texts=texts),
        "explained": _explained(tables, run=run, texts=texts),
    }


def _enclaves(frame: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Those that one patch surrounds, then those that several do."""
    if frame is None:
        return None
    rank = frame["kind"].map({kind: n for n, kind in enumerate(KINDS)}).fillna(len(KINDS))
    frame = frame.assign(rank=rank).sort_values("rank", kind="stable")
    nested = "inside_of" in frame and bool(frame["inside_of"].notna().any())

    def cells(row: dict[Any, Any]) -> list[str]:
        around = values_of(row["attribute"], row["surrounded_by"], texts=texts)
        held = values_of(row["attribute"], row["value"], texts=texts)
        told = [
            label(texts, "enclave_kind", row["kind"]),
            shortened(attribute_name(row["attribute"], texts=texts)),
            shortened(texts["report.list"].join(held)) or MISSING,
            some_ids(row["parcel_ids"], texts=texts),
            number(row["area_mu"], unit="mu"),
            some(around, texts=texts),
            number(row["share"], unit="share"),
            number(row.get("free_share"), unit="share"),
        ]
        return [*told, _nesting(row, texts=texts)] if nested else told

    keys = ["kind", "attribute", "holder", "parcel_ids", "area_mu", "surrounded_by", "share"]
    keys += ["free_share", *(["inside_of"] if nested else [])]
    heads = [texts[f"column.{k}"] for k in keys]
    return frame_table(frame, heads=heads, cells=cells, numeric=[4, 6, 7], ids=[3])


def _nesting(row: Mapping[Any, Any], *, texts: Texts) -> str:
    if is_missing(row.get("inside_of")):
        return MISSING
    return texts["report.nesting"].format(
        outer=shortened(enclave_text(row["inside_of"], texts=texts)),
        depth=number(row.get("depth"), unit="count"),
    )


def _mixture(frame: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """The whole and each redevelopment zone; tenures that nothing has are left out."""
    if frame is None:
        return None
    tenures = [c for c in TENURES if c in TENURES[:2] or (frame[c] > 0).any()]
    counts = ["state_patches", "collective_patches"]

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            mixed_zone(row["zone_id"], texts=texts),
            number(row["parcels"], unit="count"),
            *(number(row[c], unit="mu") for c in ("area_mu", *tenures)),
            *(number(row[c], unit="count") for c in counts),
            number(row["mixed_border_m"], unit="m"),
            number(row["mixed_m_per_ha"], unit="ratio"),
            number(row["enclave_parcels"], unit="count"),
            number(row["enclave_share"], unit="share"),
        ]

    keys = ["mixed_zone", "parcels", "area_mu", *tenures, *counts, "mixed_border_m"]
    keys += ["mixed_m_per_ha", "enclave_parcels", "enclave_share"]
    heads = [texts[f"column.{k}"] for k in keys]
    return frame_table(frame, heads=heads, cells=cells, numeric=range(1, len(keys)))


def mixed_zone(zone_id: object, *, texts: Texts) -> str:
    """Name of a row of the mixture.

    Parameters
    ----------
    zone_id
        A zone, or ``overall``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        The whole area by its name, zones by their ids.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> mixed_zone("overall", texts=catalog("zh")), mixed_zone("Z01", texts=catalog("zh"))
    ('全部范围', 'Z01')
    """
    return texts["subject.overall"] if visible(zone_id) == "overall" else shortened(zone_id)


def _groups(frame: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["group_id"]),
            some_ids(row["parcel_ids"], texts=texts),
            some_ids(row["site_ids"], texts=texts),
            label(texts, "scrap_kind", row["scrap_kind"]),
            number(row["area_m2"], unit="m2"),
            number(row["area_mu"], unit="mu"),
            number(row["width_m"], unit="m"),
            number(row["border_m"], unit="m"),
            " · ".join(number(row[c], unit="share") for c in SHARES),
            shortened(named_list(texts, "group_reason", row["reasons"])),
        ]

    keys = ("group_id", "parcel_ids", "site_ids", "scrap_kind", "area_m2", "area_mu", "width_m")
    heads = [texts[f"column.{k}"] for k in (*keys, "border_m", "kind_shares", "group_reasons")]
    return frame_table(frame, heads=heads, cells=cells, numeric=range(4, 8), ids=[0, 1])


def _holdings(frame: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Owners of several parcels, those with the most first."""
    if frame is None:
        return None
    several = frame[frame["parcels"] > 1]
    counts = ("parcels", "patches")

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["owner"]),
            *(number(row[c], unit="count") for c in counts),
            number(row["area_m2"], unit="m2"),
            number(row["area_mu"], unit="mu"),
            number(row["largest_patch_m2"], unit="m2"),
            number(row["spellings"], unit="count"),
        ]

    keys = ("owner", *counts, "area_m2", "area_mu", "largest_patch_m2", "spellings")
    heads = [texts[f"column.{k}"] for k in keys]
    top = several.head(MOST_HOLDERS)
    told = frame_table(top, heads=heads, cells=cells, numeric=range(1, len(keys)))
    return None if told is None else told | {"total": len(several)}


def _explained(
    tables: Mapping[str, pd.DataFrame], *, run: Mapping[str, Any], texts: Texts
) -> dict[str, str]:
    """What each table shows, with the thresholds and totals of this run."""
    given = dataclasses.asdict(Parameters()) | dict(run.get("parameters", {}))
    owners = tables.get("holdings")
    most = "" if owners is None or owners.empty else str(owners.iloc[0]["owner"])
    numbers = {
        "share": number(given["enclave_share"], unit="share", decimals=0),
        "by": texts["report.both"].join(
            attribute_name(c, texts=texts) for c in given["enclave_by"]
        ),
        "min_border": number(given["min_border_m"], unit="m", decimals=1),
        "owners": number(0 if owners is None else len(owners), unit="count"),
        "several": number(_several(owners), unit="count"),
        "most": shortened(most) or MISSING,
        "parcels": number(
            owners.iloc[0]["parcels"] if most and owners is not None else 0, unit="count"
        ),
    }
    found = tables["enclaves"]["kind"].tolist() if "enclaves" in tables else []
    numbers |= {kind: number(found.count(kind), unit="count") for kind in KINDS}
    names = ("enclaves", "mixture", "scrap_groups", "holdings")
    told = {n: texts[f"report.explain.{n}"].format(**numbers) for n in names if n in tables}
    zones = tables.get("zones")
    terms = None if zones is None else zones.get("potential")
    ranked = terms is not None and bool(terms.notna().any())
    return told | ({"zones": texts["report.explain.zones_ranked"]} if ranked else {})


def _several(owners: pd.DataFrame | None) -> int:
    return 0 if owners is None else int((owners["parcels"] > 1).sum())
