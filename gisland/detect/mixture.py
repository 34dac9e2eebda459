"""Mixture of state and collective land (国有–集体混杂): how much, and how much it interlocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.guards import require_borders, require_columns
from gisland.base.keys import among, both_among
from gisland.base.schema import OVERALL, TENURES, require_ids
from gisland.base.tables import is_land
from gisland.base.units import HA_M2, m2_to_mu
from gisland.detect.corridors import open_borders
from gisland.topology.graph import ends, patches

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

STATE, COLLECTIVE = TENURES[:2]
UNKNOWN = "unknown"
COLUMNS = {
    "zone_id": "str",
    "parcels": "int64",
    "area_m2": "float64",
    "area_mu": "float64",
    "state_mu": "float64",
    "collective_mu": "float64",
    "undetermined_mu": "float64",
    "unknown_mu": "float64",
    "state_patches": "int64",
    "collective_patches": "int64",
    "mixed_border_m": "float64",
    "mixed_m_per_ha": "float64",
    "enclave_parcels": "int64",
    "enclave_share": "float64",
}


def mixture(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    enclave_ids: pd.Index,
    *,
    zone: pd.Series,
) -> pd.DataFrame:
    """Sum up the tenure of all land, and of each zone.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``tenure`` and, if known, ``use_class``; roads and
        water are left out.
    borders
        Border table, both directions.
    enclave_ids
        Parcels that lie in an enclave of tenure.
    zone
        Zone by parcel id, missing outside of zones.

    Returns
    -------
    pandas.DataFrame
        A row ``overall`` and one for each zone, in the order of their ids: number of parcels;
        areas, that of each tenure in mu, ``unknown_mu`` where it is missing; number of
        edge-connected patches of state and of collective land; ``mixed_border_m``, border between
        the two, and ``mixed_m_per_ha``, the same over the area; parcels in enclaves and their
        share (0-1) of all parcels. A zone is taken by itself: what lies outside of it makes
        neither border nor patch.

    Raises
    ------
    TableError
        If ``area_m2`` or ``tenure`` is no column, ids are missing or repeated, `borders` is no
        table of borders, or `enclave_ids` or `zone` do not name parcels.

    Examples
    --------
    >>> from gisland.topology.borders import borders
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"tenure": ["state", "collective"], "area_m2": [4000.0, 6000.0]},
    ...     geometry=[box(0, 0, 40, 100), box(40, 0, 100, 100)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> nowhere = pd.Series(None, index=lots.index, dtype="str")
    >>> found = mixture(lots, borders(lots), lots.index[:0], zone=nowhere)
    >>> found[["zone_id", "state_mu", "mixed_m_per_ha"]].values.tolist()
    [['overall', 6.0, 100.0]]
    """
    require_columns(parcels, ["area_m2", "tenure"], what="parcels")
    require_ids(parcels, what="parcels")
    require_borders(borders)
    _require_by_id(parcels.index, enclave_ids, zone=zone)
    land = parcels[is_land(parcels)].sort_index()
    within = both_among(cast("pd.MultiIndex", borders.index), land.index)
    inside = open_borders(borders[within])
    own = zone.reindex(land.index)
    everywhere = pd.Series(OVERALL, index=land.index, dtype="str")
    tables = [_table(land, inside, enclave_ids, zone=z) for z in (everywhere, own)]
    return pd.concat(tables, ignore_index=True).astype(COLUMNS)


def _require_by_id(ids: pd.Index, enclave_ids: object, *, zone: object) -> None:
    if not isinstance(enclave_ids, pd.Index):
        raise TableError(
            f"enclave_ids is a {type(enclave_ids).__name__}",
            do="give a pandas.Index of the ids of parcels in enclaves",
        )
    if not isinstance(zone, pd.Series):
        raise TableError(
            f"zone is a {type(zone).__name__}", do="give a pandas.Series of zones by parcel id"
        )
    require_ids(zone.to_frame(), what="zone")
    if len(zone) and len(ids) and not among(zone.index, ids).any():
        raise TableError(
            "zone: none of its ids is among the parcels", do="index it by the ids of the parcels"
        )


def _table(
    land: pd.DataFrame, borders: pd.DataFrame, enclave_ids: pd.Index, *, zone: pd.Series
) -> pd.DataFrame:
    code, names = pd.factorize(zone, sort=True)
    tenure = land["tenure"].where(land["tenure"].isin(TENURES), UNKNOWN)
    table = pd.DataFrame({"zone_id": names}, index=range(len(names)))
    rows = pd.DataFrame(
        {"code": code, "tenure": tenure.to_numpy(), "m2": land["area_m2"].to_numpy()}
    )
    rows = rows[code >= 0]
    table["parcels"] = rows.groupby("code").size()
    table["area_m2"] = rows.groupby("code")["m2"].sum()
    table["area_mu"] = m2_to_mu(table["area_m2"])
    for name in (*TENURES, UNKNOWN):
        area = rows["m2"][rows["tenure"] == name].groupby(rows["code"]).sum()
        table[f"{name}_mu"] = m2_to_mu(area.reindex(table.index).fillna(0.0))
    for name in (STATE, COLLECTIVE):
        number = _patches(land, borders, code, wanted=(tenure == name).to_numpy())
        table[f"{name}_patches"] = number.reindex(table.index).fillna(0)
    table["mixed_border_m"] = _mixed(land, borders, code, tenure=tenure).reindex(table.index)
    table["mixed_border_m"] = table["mixed_border_m"].fillna(0.0)
    table["mixed_m_per_ha"] = table["mixed_border_m"] / (table["area_m2"] / HA_M2)
    enclosed = pd.Series(among(land.index, enclave_ids)).groupby(code).sum()
    table["enclave_parcels"] = enclosed.reindex(table.index).fillna(0)
    table["enclave_share"] = table["enclave_parcels"] / table["parcels"]
    return table[list(COLUMNS)]


def _patches(land: pd.DataFrame, borders: pd.DataFrame, code: Ints, *, wanted: Flags) -> pd.Series:
    """Number of patches of the wanted parcels in each zone."""
    value = pd.Series(code, index=land.index).where(wanted & (code >= 0))
    label = patches(value.to_frame("value"), borders, attribute="value")
    return label.groupby(code).nunique()


def _mixed(
    land: pd.DataFrame, borders: pd.DataFrame, code: Ints, *, tenure: pd.Series
) -> pd.Series:
    """Border between state and collective land in each zone."""
    focal, neighbor = ends(land.index, borders)
    state, collective = (tenure == STATE).to_numpy(), (tenure == COLLECTIVE).to_numpy()
    mixed = state[focal] & collective[neighbor] & (code[focal] == code[neighbor])
    return borders["border_m"][mixed].groupby(code[focal[mixed]]).sum()
