"""Layers around the plan: of one look each, or of one look for each code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gisland.present import style
from gisland.present.enclavewords import worded_enclaves
from gisland.present.facts import fields, plain_rows
from gisland.present.mapfeatures import Features, Kind, Made, drawn_rows
from gisland.present.mapsites import of_lists
from gisland.present.wording import named_list, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gisland.present.facts import Row
    from gisland.present.mapsites import Sites


@dataclass(frozen=True)
class _Source:
    """Where a layer comes from: table, id column, title of its popups, columns in them."""

    table: str
    column: str
    title: str
    columns: tuple[str, ...]


_ENCLAVE = _Source(
    "enclaves",
    "enclave_id",
    "enclave",
    (
        *("attribute", "enclave_value", "surrounded_by", "share", "free_share", "area"),
        *("surrounding_area_m2", "parcel_ids", "surrounding_ids", "inside_of", "depth"),
        *("holder_patches", "holder_area_m2"),
    ),
)
_SOURCES = {
    "project_boundary": _Source("project_boundary", "boundary_id", "boundary", ("area",)),
    "scrap_groups": _Source(
        "scrap_groups",
        "group_id",
        "scrap_group",
        (
            *("scrap_kind", "area", "parcels", "parcel_ids", "scrap_ids", "site_ids", "width_m"),
            *("border_m", "sites_share", "free_share", "other_share", "group_reasons"),
        ),
    ),
    "enclaves": _ENCLAVE,
    "enclaves_jointly": _ENCLAVE,
    "exclusions": _Source("exclusions", "name", "exclusion", ()),
    "roads": _Source("roads", "road_id", "road", ("name",)),
}
LONGEST_NAME = 24  # characters of a name written into a feature


def around(
    tables: Mapping[str, pd.DataFrame],
    texts: Mapping[str, str],
    *,
    of_parcels: Mapping[str, Sites],
) -> dict[str, Made]:
    """Features and classes of the layers around the plan.

    Parameters
    ----------
    tables
        Result tables by name.
    texts
        The catalog.
    of_parcels
        Sites of each parcel.

    Returns
    -------
    dict
        By layer; patches that several others surround are a layer of their own, as there may be
        very many.

    Examples
    --------
    >>> around({}, {}, of_parcels={})
    {}
    """
    made: dict[str, Made] = {}
    for layer, source in _SOURCES.items():
        rows = drawn_rows(tables.get(source.table), source.column)
        number = list(range(0 if rows is None else len(rows)))
        if rows is not None and source is _ENCLAVE:
            jointly = (rows["kind"] == "jointly") == (layer == "enclaves_jointly")
            rows, number = rows[jointly], [n for n, own in enumerate(jointly) if own]
        if rows is None or rows.empty:
            continue
        kinds, codes = _kinds(layer, rows, texts)
        popups = [
            {
                "t": texts[f"map.popup.{source.title}"].format(id=visible(row.get(source.column))),
                "s": kinds[code].label,
                "b": [fields(row, _told(source, row), texts=texts)],
            }
            for row, code in zip(_worded(layer, rows, texts), codes, strict=True)
        ]
        keys = [f"{source.title}:{i}" for i in number]
        named = layer == "scrap_groups"
        names = tuple(shortened(i, longest=LONGEST_NAME) for i in rows[source.column] if named)
        sites = of_lists(rows["parcel_ids"], of_parcels) if "parcel_ids" in rows else None
        made[layer] = (Features(rows.geometry, codes, keys, popups, names, sites=sites), kinds)
    return made


def _told(source: _Source, row: Row) -> list[str]:
    nested = row.get("depth", 1) != 1
    left_out = () if nested else ("inside_of", "depth")
    return [c for c in source.columns if (c in row or c == "area") and c not in left_out]


def _worded(layer: str, rows: gpd.GeoDataFrame, texts: Mapping[str, str]) -> list[Row]:
    """Rows as popups tell them."""
    if _SOURCES[layer] is _ENCLAVE:
        rows = worded_enclaves(rows, texts=texts).rename(columns={"value": "enclave_value"})
    told = plain_rows(rows)
    for row in told:
        if layer == "scrap_groups":
            row["group_reasons"] = named_list(texts, "group_reason", row.get("reasons"))
    return told


def _kinds(
    layer: str, rows: pd.DataFrame, texts: Mapping[str, str]
) -> tuple[dict[str, Kind], list[str]]:
    """Classes of a layer and the class of each of its rows."""
    if _SOURCES[layer] is _ENCLAVE:
        kinds = {k: Kind(texts[f"enclave_kind.{k}"], v) for k, v in style.ENCLAVES.items()}
        return kinds, [k if k in kinds else "nearly" for k in rows["kind"]]
    look = {
        "scrap_groups": style.SCRAP_GROUPS,
        "exclusions": style.EXCLUSIONS,
        "roads": style.ROADS,
        "project_boundary": style.PROJECT_BOUNDARY,
    }[layer]
    return {layer: Kind(texts[f"map.class.{layer}"], look)}, [layer] * len(rows)
