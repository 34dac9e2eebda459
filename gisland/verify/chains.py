"""Scraps that reach their site through others: every link held against the contact."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.base.verdicts import long_enough
from gisland.verify.contact import SHARE, firm_contact_m
from gisland.verify.facts import Facts, Violation, known_pairs, links_of, violations
from gisland.verify.missed import small_parcels
from gisland.verify.touch import contacts, overlapping, slack_m

COLUMNS = ("focal", "neighbor", "least_m", "most_m", "sure", "possible")
RUN_ALONG = ("roads", "water")  # layers whose lines part neighbors


def scrap_links(facts: Facts) -> pd.DataFrame:
    """Contacts between scraps, where the rules allow chains.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.DataFrame
        One row per two scraps, or parcels small enough to be some, both directions: ``focal``,
        ``neighbor``; ``least_m``, ``most_m``, between which their border must lie; ``sure``,
        ``possible``: whether the two beyond doubt, or perhaps, adjoin.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> len(scrap_links(example_facts()))
    0
    """
    if facts.rules["scrap.chains"].mode != "on":
        none = pd.DataFrame({c: [] for c in COLUMNS}).astype({"sure": bool, "possible": bool})
        return none.astype({"focal": "str", "neighbor": "str"})
    scraps = pd.Index(facts.tables["plan"]["parcel_id"].unique())
    ids = small_parcels(facts).union(scraps[scraps.isin(facts.parcels.index)])
    met = contacts(facts, ids, focal=ids, around=ids)
    groups = met.groupby(["focal", "neighbor"])["touch_m"]
    rows = pd.DataFrame({"touch_m": groups.sum(), "contacts": groups.size()})
    least, slack = facts.parameters.min_border_m, slack_m(facts, rows)
    apart, known = _corridors(facts, rows.index)
    rows["most_m"] = (rows["touch_m"] - apart) * (1 + SHARE) + slack
    rows = rows[rows["most_m"] >= least].reset_index()
    firm = firm_contact_m(facts, rows["focal"], rows["neighbor"])
    keys = pd.MultiIndex.from_frame(rows[["focal", "neighbor"]])
    bare = pd.Series(firm - apart.reindex(keys).to_numpy())
    rows["least_m"] = (bare * (1 - SHARE) - slack.reindex(keys).to_numpy()).clip(lower=0.0)
    rows["least_m"] = rows["least_m"].where(known.reindex(keys).to_numpy(), 0.0)
    rows["sure"], rows["possible"] = rows["least_m"] >= least, True
    return rows[list(COLUMNS)]


def _corridors(facts: Facts, index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Border along a road or water by pair of parcels, and whether it is known."""
    table = facts.tables.get("borders")
    if table is not None:
        keyed = table.set_index(["focal", "neighbor"])["corridor_m"]
        return keyed.reindex(index).fillna(0.0), pd.Series(data=True, index=index)
    read = {i.get("layer") for i in facts.run["inputs"]}
    return pd.Series(0.0, index=index), pd.Series(data=read.isdisjoint(RUN_ALONG), index=index)


def reached(facts: Facts, pairs: pd.DataFrame, edges: pd.DataFrame, *, how: str) -> pd.Series:
    """Whether scraps adjoin their site, or a scrap that it absorbs.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    edges
        From `scrap_links`.
    how
        ``sure`` or ``possible``.

    Returns
    -------
    pandas.Series
        Bool, on the index of `pairs`.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> facts, rows = example_facts(), pd.DataFrame({"parcel_id": ["b"], "site_id": ["S1"]})
    >>> reached(facts, rows, scrap_links(facts), how="sure").tolist()
    [True]
    """
    met = edges[edges[how]]
    met = pd.DataFrame({"parcel_id": met["focal"], "site_id": met["neighbor"].map(facts.absorbed)})
    beside = pd.MultiIndex.from_frame(met.dropna())
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    return (links_of(pairs) == 0) | keys.isin(beside)


def check_chains(facts: Facts, edges: pd.DataFrame) -> list[Violation]:
    """Hold the links of every pair against the contacts, and chains against what is absorbed.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    edges
        From `scrap_links`.

    Returns
    -------
    list of Violation
        ``links``, ``link_m``, ``chain_broken``, ``missed_scrap``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_chains(example_facts(), scrap_links(example_facts()))
    []
    """
    pairs = known_pairs(facts)
    links, ids = links_of(pairs), pairs["parcel_id"]
    least = facts.parameters.min_border_m
    adjoins = long_enough(pairs["border_m"], min_border_m=least)
    far, most = links > 0, _most_links(facts)
    on = facts.rules["scrap.chains"].mode == "on"
    found = violations("links", "links without rule scrap.chains", ids[far & (not on)])
    found += violations("links", f"more than {most} links", ids[(links > most) | (links < 0)])
    found += violations("links", "links of scraps that adjoin their site", ids[far & adjoins])
    told = pairs["link_m"] if "link_m" in pairs else pd.Series(np.nan, index=pairs.index)
    found += violations(
        "link_m", "link_m without a link, or none with one", ids[told.notna() != far]
    )
    if not on:
        return found
    pairs = pairs.assign(level=links.astype("float64").where(far | adjoins), link_m=told)
    found += _check_levels(facts, pairs, edges)
    return [*found, *_check_absorbed(facts, pairs, edges), *_check_missed(facts, pairs, edges)]


def _most_links(facts: Facts) -> int:
    """Most scraps between a scrap and its site; a part of a scrap is none."""
    return int(facts.parameters.chain_links)


def _beside(pairs: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """For every scrap and site the scraps next to it that have a level at that site."""
    inner = pairs.dropna(subset="level")[["parcel_id", "site_id", "level"]]
    return edges.merge(inner, left_on="neighbor", right_on="parcel_id")


def _check_levels(facts: Facts, pairs: pd.DataFrame, edges: pd.DataFrame) -> list[Violation]:
    beside = _beside(pairs, edges)
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])

    def nearest(rows: pd.DataFrame) -> np.ndarray:
        lowest = rows.groupby(["focal", "site_id"])["level"].min()
        return lowest.reindex(keys).fillna(np.inf).to_numpy()

    sure = nearest(beside[beside["sure"]]) + 1  # it has no more links than that
    level, ids = pairs["level"].to_numpy(), pairs["parcel_id"]
    far = level > 0
    most = _most_links(facts)
    wrong = (far & (sure < level)) | (np.isnan(level) & (sure <= most))
    found = violations("links", "scraps with fewer links than stated", ids[wrong])
    own = pd.Series(level, index=keys, name="own")[far]
    own = own.rename_axis(["focal", "site_id"])
    inward = beside.merge(own.reset_index(), on=["focal", "site_id"])
    inward = inward[inward["level"] == inward["own"] - 1]
    longest = inward.groupby(["focal", "site_id"])[["least_m", "most_m"]].max()
    longest = longest.reindex(keys).set_axis(pairs.index)
    loose = far & longest["most_m"].isna()
    found += violations("links", "links that no contact of scraps bears out", ids[loose])
    told = pairs["link_m"]
    wrong = far & ~loose & ~((told >= longest["least_m"]) & (told <= longest["most_m"]))
    wrong |= far & ~long_enough(told, min_border_m=facts.parameters.min_border_m)
    text = "link_m is not the longest contact with a scrap one link nearer"
    return [*found, *violations("link_m", text, ids[wrong])]


def _check_absorbed(facts: Facts, pairs: pd.DataFrame, edges: pd.DataFrame) -> list[Violation]:
    """Absorbed scraps that no chain of scraps absorbed by the same site joins to it."""
    role = facts.absorbed
    inner = edges[edges["focal"].map(role).notna()]
    inner = inner[inner["focal"].map(role) == inner["neighbor"].map(role)]
    direct = pairs[(links_of(pairs) == 0) & (pairs["parcel_id"].map(role) == pairs["site_id"])]
    nodes = pd.Index([*("s" + facts.drawn.index), *("p" + role.index)])
    here = nodes.get_indexer([*("p" + direct["parcel_id"]), *("p" + inner["focal"])])
    there = nodes.get_indexer([*("s" + direct["site_id"]), *("p" + inner["neighbor"])])
    ones = np.ones(len(here), dtype="int8")
    graph = coo_array((ones, (here, there)), shape=(len(nodes), len(nodes)))
    part = pd.Series(connected_components(graph, directed=False)[1], index=nodes)
    own = part.reindex("p" + role.index).to_numpy()
    site = part.reindex("s" + role).to_numpy()
    text = "absorbed scraps that no absorbed scraps join to their site"
    return violations("chain_broken", text, role.index[own != site])


def _check_missed(facts: Facts, pairs: pd.DataFrame, edges: pd.DataFrame) -> list[Violation]:
    """Small parcels that surely adjoin a scrap of the plan and are not named with its site."""
    inner = pairs[pairs["level"] < _most_links(facts)]
    beside = _beside(inner, edges[edges["sure"]])
    named = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    keys = pd.MultiIndex.from_frame(beside[["focal", "site_id"]])
    on_site = overlapping(facts, pd.Index(beside["focal"].unique())).get_level_values(0)
    missed = beside["focal"][~keys.isin(named) & ~beside["focal"].isin(on_site)]
    inside = missed.isin(facts.members.index)
    text = "scraps beside a chain that the plan does not name"
    return violations("missed_scrap", text, missed[~inside])
