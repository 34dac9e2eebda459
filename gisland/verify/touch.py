"""How long parcels of sites and scraps touch, measured by buffers, and whether sites hang together.

This is not the border engine of `topology`: a border here is the length of one boundary inside
the buffer, one tolerance wide, of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from gisland.verify.facts import Facts, Violation, violations
from gisland.verify.overlays import overlay

if TYPE_CHECKING:
    from typing import Any

CORNER_TOLERANCES = 4.0  # two parcels that only meet at a corner touch for less than this
SLACK_TOLERANCES = 4.0  # per contact
HALF_DEPTH = 0.51  # an overlap narrower than the tolerance leaves nothing when shrunk by this
COLUMNS = ("focal", "focal_part", "neighbor", "neighbor_part", "touch_m")


def touches(facts: Facts) -> pd.DataFrame:
    """Contacts between the polygons of sites and scraps.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.DataFrame
        One row per two polygons of different parcels within the tolerance, both directions:
        ``focal``, ``neighbor`` (parcel ids), ``focal_part``, ``neighbor_part`` (polygon numbers),
        ``touch_m``, the length of the focal boundary within the tolerance of the neighbor's.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> len(touches(example_facts()))
    0
    """
    ids = _considered(facts)
    return contacts(facts, ids, focal=ids, around=facts.members.index.union(facts.absorbed.index))


def contacts(facts: Facts, ids: pd.Index, *, focal: pd.Index, around: pd.Index) -> pd.DataFrame:
    """Contacts of some parcels with others.

    Parameters
    ----------
    facts
        From `gather`.
    ids
        All parcels that are looked at; polygons are numbered along them.
    focal, around
        Which of them are measured, and against which.

    Returns
    -------
    pandas.DataFrame
        As from `touches`.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> one = pd.Index(["a"])
    >>> len(contacts(example_facts(), one, focal=one, around=one))
    0
    """
    parts, owner = polygons(facts, ids)
    tolerance = facts.parameters.tolerance_m
    left, right = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=tolerance)
    wanted = (owner[left] != owner[right]) & ids.isin(focal)[owner[left]]
    wanted &= ids.isin(around)[owner[right]]
    left, right = left[wanted], right[wanted]
    outline = shapely.boundary(parts)
    met, where = np.unique(right, return_inverse=True)
    near = shapely.buffer(outline[met], tolerance)
    touch = shapely.length(shapely.intersection(outline[left], near[where]))
    columns = (ids[owner[left]], left, ids[owner[right]], right, touch)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def slack_m(facts: Facts, met: pd.DataFrame) -> pd.Series:
    """What two ways of measuring a contact may differ by.

    Parameters
    ----------
    facts
        From `gather`.
    met
        Rows of `touch_with_site`.

    Returns
    -------
    pandas.Series
        Metres.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> slack_m(example_facts(), pd.DataFrame({"contacts": [0, 2]})).round(6).tolist()
    [0.2, 0.4]
    """
    return SLACK_TOLERANCES * facts.parameters.tolerance_m * met["contacts"].clip(lower=1)


def overlapping(facts: Facts, ids: pd.Index) -> pd.MultiIndex:
    """Parcels that lie on a site more deeply than the tolerance.

    Boundaries of such a parcel and the site run the same way where they meet, which is no border.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    ids
        Parcel ids.

    Returns
    -------
    pandas.MultiIndex
        Pairs of parcel and site.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> overlapping(example_facts(), pd.Index(["a"])).tolist()
    [('a', 'S1')]
    """
    scraps, sites = facts.shapes(ids), facts.shapes(facts.members.index)
    which, under = shapely.STRtree(sites).query(scraps, predicate="intersects")
    both = overlay(shapely.intersection, scraps[which], sites[under])
    deep = shapely.area(shapely.buffer(both, -HALF_DEPTH * facts.parameters.tolerance_m)) > 0
    pairs = [ids[which[deep]], facts.members.to_numpy()[under[deep]]]
    return pd.MultiIndex.from_arrays(pairs).unique()


def _considered(facts: Facts) -> pd.Index:
    """Parcels of sites and scraps of the plan, sorted."""
    scraps = pd.Index(facts.tables["plan"]["parcel_id"].unique())
    ids = facts.members.index.union(facts.absorbed.index).union(scraps)
    return ids[ids.isin(facts.parcels.index)]


def polygons(facts: Facts, ids: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Polygons of parcels, one by one.

    Parameters
    ----------
    facts
        From `gather`.
    ids
        Parcel ids.

    Returns
    -------
    parts : numpy.ndarray
        The polygons.
    owner : numpy.ndarray
        Position in `ids` of the parcel that each belongs to.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> parts, owner = polygons(example_facts(), pd.Index(["a"]))
    >>> parts[0].area, owner.tolist()
    (1500.0, [0])
    """
    parts, owner = shapely.get_parts(facts.shapes(ids), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # of collections
    owner = owner[inner]
    area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[area], owner[area]


def touch_with_site(touching: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Contact of each parcel with each site as it was before.

    Parameters
    ----------
    touching
        From `touches`.
    members
        Site by parcel id.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``parcel_id``, ``site_id``): ``touch_m`` and ``contacts``, the number of
        polygons met.

    Examples
    --------
    >>> rows = pd.DataFrame([("c", 0, "m", 1, 9.0)], columns=list(COLUMNS))
    >>> touch_with_site(rows, pd.Series(["S1"], index=["m"])).loc[("c", "S1"), "touch_m"].item()
    9.0
    """
    rows = touching[touching["neighbor"].isin(members.index)]
    keys = [rows["focal"].rename("parcel_id"), rows["neighbor"].map(members).rename("site_id")]
    grouped = rows["touch_m"].groupby(keys)
    return pd.DataFrame({"touch_m": grouped.sum(), "contacts": grouped.size()})


def check_connected(facts: Facts, touching: pd.DataFrame) -> list[Violation]:
    """Whether each merged site hangs together, unless its own parcels did not.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    touching
        From `touches`.

    Returns
    -------
    list of Violation
        ``disconnected`` (scraps), ``merged_parts`` (sites).

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> facts = example_facts()
    >>> check_connected(facts, touches(facts))
    []
    """
    role = pd.concat([facts.members, facts.absorbed])
    site, other = touching["focal"].map(role), touching["neighbor"].map(role)
    long = touching["touch_m"] > CORNER_TOLERANCES * facts.parameters.tolerance_m
    inside = touching[long & site.notna() & (site == other)]
    ids = _considered(facts)
    owner = pd.Series(ids[polygons(facts, ids)[1]])
    before = owner.groupby(owner.map(facts.members)).groups
    scraps = owner.groupby(owner.map(facts.absorbed)).groups
    edges = dict(list(inside.groupby(site[inside.index])[["focal_part", "neighbor_part"]]))
    found = []
    for name, nodes in before.items():
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(nodes)
        graph.add_nodes_from(scraps.get(name, ()))
        if name in edges:
            graph.add_edges_from(edges[name].itertuples(index=False))
        own = nx.Graph(graph.subgraph(nodes))
        apart = [c for c in nx.connected_components(graph) if c.isdisjoint(own.nodes)]
        loose = owner.loc[sorted(part for group in apart for part in group)]
        found += violations("disconnected", f"scraps apart from their site {name}", loose)
        found += _check_parts(facts, name, most=nx.number_connected_components(own))
    return found


def _check_parts(facts: Facts, name: Any, *, most: int) -> list[Violation]:  # noqa: ANN401 - label
    merged = facts.drawn.geometry.get(name)
    if merged is None or shapely.get_num_geometries(merged) <= most:
        return []
    text = f"merged site is in {shapely.get_num_geometries(merged)} parts, was in {most} before"
    return violations("merged_parts", text, [name])
