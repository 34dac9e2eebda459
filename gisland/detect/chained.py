"""Scraps that reach a site through other scraps, where the rules allow chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import pandas as pd

from gisland.base.keys import among, both_among, ends_among, in_order
from gisland.base.tables import is_land, lookup
from gisland.base.verdicts import long_enough
from gisland.detect.corridors import part_m
from gisland.detect.kinds import CHAINED, SHARES
from gisland.detect.scraps import PAIR_COLUMNS, boundary_parts, boundary_shares, small_parcels

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.base.rule import Rule

KEYS = ["parcel_id", "site_id"]
ENDS = ["focal", "neighbor"]
OF_SCRAP = ["scrap_kind", "area_m2", *SHARES]  # equal for all rows of a scrap
LINKS = {"focal": "str", "neighbor": "str", "border_m": "float64"}


def no_links() -> pd.DataFrame:
    """Table of links where there are no chains.

    Returns
    -------
    pandas.DataFrame
        Empty, with ``focal``, ``neighbor`` and ``border_m``.

    Examples
    --------
    >>> no_links().columns.tolist()
    ['focal', 'neighbor', 'border_m']
    """
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in LINKS.items()})


def chained_pairs(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    pairs: gpd.GeoDataFrame,
    *,
    members: pd.Series,
    area_cap: Rule,
    parameters: Parameters,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Add the scraps that reach a site through others, and the sites that others reach so.

    Links are borders of ``min_border_m`` or more, no corridor between, of two parcels outside all
    sites that are fragments or keep the area cap; roads and water are none. From the scraps that
    adjoin a site, each site is followed along links past ``chain_links`` scraps at most.

    Parameters
    ----------
    parcels
        Indexed by parcel id, as for `scrap_pairs`.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    pairs
        Result of `scrap_pairs`.
    members
        Site id by parcel id.
    area_cap
        Rule ``scrap.area_cap``, possibly off.
    parameters
        Thresholds.

    Returns
    -------
    pairs : geopandas.GeoDataFrame
        As from `scrap_pairs`, sorted: ``links``, how many scraps at least lie between scrap and
        site, and ``link_m``, the longest border with a scrap that is one link nearer to the site.
        The kind of scraps that adjoin no site and reach one is ``chained``.
    links : pandas.DataFrame
        ``focal``, ``neighbor``, ``border_m``: links between the scraps of `pairs`, both
        directions, sorted.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.detect.facts import shape_facts
    >>> from gisland.detect.scraps import scrap_pairs, site_geometry
    >>> from gisland.topology.borders import borders
    >>> shapes = [box(0, 0, 90, 90), box(90, 0, 99, 30), box(99, 0, 108, 30)]
    >>> ids = pd.Index(["site", "near", "next"], name="parcel_id")
    >>> lots = gpd.GeoDataFrame({"fragment": True}, geometry=shapes, index=ids, crs=4547)
    >>> table, member = borders(lots), pd.Series("S1", index=["site"])
    >>> lots = shape_facts(lots, table, area_basis="plane")
    >>> cap = load_rules("guangdong-2009")["scrap.area_cap"]
    >>> how = {"area_cap": cap, "parameters": Parameters()}
    >>> pairs = scrap_pairs(lots, table, member, sites=site_geometry(lots, member), **how)
    >>> found, links = chained_pairs(lots, table, pairs, members=member, **how)
    >>> found[["parcel_id", "site_id", "scrap_kind", "links"]].values.tolist()
    [['near', 'S1', 'adjacent', 0], ['next', 'S1', 'chained', 1]]
    """
    least = parameters.min_border_m
    links = _links(parcels, borders, members, area_cap=area_cap, min_border_m=least)
    direct = pairs.loc[long_enough(pairs["border_m"], min_border_m=least), KEYS]
    reached = _reached(direct, links, most=int(parameters.chain_links))
    more = reached[~_keys(reached).isin(_keys(pairs))]
    ids = pd.Index(more["parcel_id"].unique())
    more = more.merge(_contacts(borders, ids, members), on=KEYS, how="left")
    more = more.fillna({"border_m": 0.0, "corridor_m": 0.0})
    scraps = _scraps(parcels, borders, pairs, ids=ids, members=members)
    more = more.join(scraps, on="parcel_id")
    more["site_share"] = more["border_m"] / lookup(more["parcel_id"], parcels["perimeter_m"])
    known = pd.DataFrame(pairs.drop(columns=["links", "link_m", "geometry"]))
    known = known.merge(reached, on=KEYS, how="left").fillna({"links": 0})
    found = in_order(pd.concat([known, more[known.columns]], ignore_index=True), KEYS)
    chained = among(found["parcel_id"], reached["parcel_id"])
    chained &= ~among(found["parcel_id"], direct["parcel_id"])
    found["scrap_kind"] = found["scrap_kind"].mask(chained, CHAINED)
    found = found[list(PAIR_COLUMNS)].astype(pd.DataFrame(pairs)[list(PAIR_COLUMNS)].dtypes)
    shapes = parcels.geometry.reindex(found["parcel_id"]).to_numpy()
    links = links[among(links["focal"], found["parcel_id"])]
    links = links[among(links["neighbor"], found["parcel_id"])]
    drawn = gpd.GeoSeries(shapes, crs=parcels.crs)
    return gpd.GeoDataFrame(found, geometry=drawn, crs=parcels.crs), in_order(links, ENDS)


def _keys(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[KEYS])


def _links(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    members: pd.Series,
    *,
    area_cap: Rule,
    min_border_m: float,
) -> pd.DataFrame:
    """Borders long enough between small parcels outside the sites."""
    small = is_land(parcels) & small_parcels(parcels, area_cap=area_cap)
    ids = parcels.index[small.to_numpy() & ~among(parcels.index, members.index)]
    rows = borders[both_among(cast("pd.MultiIndex", borders.index), ids)]
    along = rows["border_m"] - part_m(rows, "corridor_m")
    along = along[long_enough(along, min_border_m=min_border_m)].rename("border_m")
    return along.rename_axis(ENDS).reset_index().astype(LINKS)


def _reached(direct: pd.DataFrame, links: pd.DataFrame, *, most: int) -> pd.DataFrame:
    """Scraps and sites with the number of scraps between them, 1 or more, level by level."""
    near, known = direct, _keys(direct)
    levels = [near.iloc[:0].assign(link_m=0.0, links=0)]
    for level in range(1, most + 1):
        along = links.merge(near, left_on="neighbor", right_on="parcel_id")
        longest = along.groupby(["focal", "site_id"])["border_m"].max().rename("link_m")
        found = longest.rename_axis(KEYS).reset_index()
        found = found[~_keys(found).isin(known)]
        if found.empty:
            break
        levels.append(found.assign(links=level))
        near, known = found[KEYS], known.append(_keys(found))
    table = pd.concat(levels, ignore_index=True)
    return table.astype({"parcel_id": "str", "site_id": "str", "links": "Int64"})


def _contacts(borders: pd.DataFrame, scraps: pd.Index, members: pd.Series) -> pd.DataFrame:
    """Border of scraps with each site, and what of it runs along corridors."""
    index = cast("pd.MultiIndex", borders.index)
    rows = ends_among(index, "focal", scraps)
    rows &= ends_among(index, "neighbor", members.index)
    shared = borders[rows]
    apart = part_m(shared, "corridor_m")
    focal, neighbor = (shared.index.get_level_values(k).to_series() for k in ENDS)
    table = pd.DataFrame(
        {
            "parcel_id": focal.astype("str").to_numpy(),
            "site_id": lookup(neighbor, members).astype("str").to_numpy(),
            "border_m": (shared["border_m"] - apart).to_numpy(),
            "corridor_m": apart.to_numpy(),
        }
    )
    table = in_order(table, [*KEYS, "border_m", "corridor_m"])  # sums are of one order
    return table.groupby(KEYS).sum().reset_index()


def _scraps(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    ids: pd.Index,
    members: pd.Series,
) -> pd.DataFrame:
    """What all rows of a scrap have in common, by scrap: as it is in `pairs`, or of new ones."""
    known = pd.DataFrame(pairs.drop_duplicates("parcel_id").set_index("parcel_id")[OF_SCRAP])
    fresh = ids[~among(ids, known.index)]
    made = boundary_shares(boundary_parts(parcels, borders, fresh, members=members))
    made = made.assign(
        scrap_kind=CHAINED,
        area_m2=parcels.loc[fresh, "area_m2"],
        hull_share=0.0,  # of sites that it adjoins, which are none
        hole_share=0.0,
    )
    return pd.concat([known, made[OF_SCRAP]])
