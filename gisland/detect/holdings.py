"""Holdings: what each owner has, and into how many patches it is split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.guards import require_attribute, require_borders, require_columns
from gisland.base.keys import aligned, in_order
from gisland.base.names import comparable, usual_spelling
from gisland.base.schema import require_ids
from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu
from gisland.detect.corridors import open_borders
from gisland.topology.graph import patches

if TYPE_CHECKING:
    import geopandas as gpd


def holdings(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, *, attribute: str = "owner"
) -> pd.DataFrame:
    """Sum up the land of each owner.

    Only land counts: roads, water and parcels that are not drawn are in no holding and connect
    none. Owners are compared by their names as `comparable` has them; parcels without an owner
    give no row. A parcel of several parts is one parcel, and in one patch.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, the attribute and, if known, ``use_class``.
    borders
        Border table, both directions.
    attribute
        Column of texts by which land is held together.

    Returns
    -------
    pandas.DataFrame
        One row per owner, sorted by ``parcels`` (most first) and ``owner``. ``owner``: the
        spelling that most of its parcels have, of equally frequent ones the smallest text;
        ``parcels``: their number; ``patches``: sets of them connected by borders; ``area_m2``,
        ``area_mu``; ``largest_patch_m2``: area of the largest patch; ``spellings``: number of
        different texts.

    Raises
    ------
    TableError
        If ids are missing or repeated, the attribute is not one column of values, there is no
        ``area_m2``, or `borders` is no table of borders or names an unknown parcel.

    Examples
    --------
    >>> lots = pd.DataFrame(
    ...     {"owner": ["A", "A ", "B", "A"], "area_m2": [100.0, 200.0, 50.0, 400.0]},
    ...     index=["1", "2", "3", "4"],
    ... )
    >>> pair = pd.MultiIndex.from_tuples([("1", "2"), ("2", "1")], names=["focal", "neighbor"])
    >>> found = holdings(lots, pd.DataFrame({"border_m": 10.0, "tolerant_m": 0.0}, index=pair))
    >>> found[["owner", "parcels", "patches", "largest_patch_m2", "spellings"]].values.tolist()
    [['A', 3, 2, 400.0, 2], ['B', 1, 1, 50.0, 1]]
    """
    require_attribute(parcels, attribute)
    require_columns(parcels, ["area_m2"], what="parcels")
    require_ids(parcels, what="parcels")
    require_borders(borders)
    ordered = parcels.sort_index()  # sums of areas must not depend on the order of the rows
    written = ordered[attribute].where(is_land(ordered))
    key = comparable(written).rename("key")
    patch = patches(key.to_frame(), open_borders(borders), attribute="key")
    held = pd.DataFrame(
        {"key": key, "patch": patch, "written": written, "area_m2": ordered["area_m2"]}
    )[key.notna()].astype({"written": "str", "area_m2": "float64"})
    lots = held.groupby("patch", observed=True).agg(
        key=("key", "first"), area_m2=("area_m2", "sum")
    )
    found = held.groupby("key").agg(parcels=("area_m2", "size"), area_m2=("area_m2", "sum"))
    shown = usual_spelling(written, key).groupby(key).first()
    by_patch = lots.groupby("key")["area_m2"].agg(["size", "max"])
    table = pd.DataFrame(
        {
            "owner": aligned(shown, found.index),
            "parcels": found["parcels"],
            "patches": by_patch["size"],
            "area_m2": found["area_m2"],
            "area_mu": m2_to_mu(found["area_m2"]),
            "largest_patch_m2": by_patch["max"],
            "spellings": held.groupby("key")["written"].nunique(),
        }
    )
    return in_order(table.assign(fewer=-table["parcels"]), ["fewer", "owner"]).drop(columns="fewer")
