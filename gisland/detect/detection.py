"""All that detection finds, in its order: first about parcels, then about scraps of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import ProjectError
from gisland.base.names import has_names
from gisland.base.tables import PARCEL_RESULTS, members_of
from gisland.base.verdicts import failing
from gisland.detect.chained import chained_pairs, no_links
from gisland.detect.enclaves import enclave_labels, judged_patches
from gisland.detect.fragments import fragment_verdicts
from gisland.detect.groups import scrap_groups
from gisland.detect.holdings import holdings
from gisland.detect.idle import future_dates
from gisland.detect.kinds import CHAINED, kind_verdicts
from gisland.detect.lowuse import is_low, low_use, low_use_verdicts
from gisland.detect.mixture import mixture
from gisland.detect.potential import potential
from gisland.detect.scraps import scrap_pairs, site_geometry
from gisland.detect.sites import members
from gisland.detect.spellings import spelling_findings
from gisland.detect.zonelinks import zone_links
from gisland.detect.zones import given_zones, zone_labels, zones
from gisland.topology.boundary import trace

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.result import Choices
    from gisland.topology.boundary import Boundary


PLANNED = ("planned_use", "planned_use_class", "planning_zone_id")  # results that are codes


@dataclass(frozen=True)
class Detected:
    """What is known about parcels before there are sites.

    Attributes
    ----------
    parcels
        With what was found as columns.
    verdicts
        Verdict rows.
    tables
        ``zones`` and, where the data tell, ``enclaves``, ``holdings``, ``mixture``.
    findings
        Records of findings.
    zone_links
        Pairs of parcels of zones that share a border or face each other across a corridor.
    """

    parcels: gpd.GeoDataFrame
    verdicts: list[pd.DataFrame]
    tables: dict[str, pd.DataFrame]
    findings: list[dict[str, object]]
    zone_links: pd.DataFrame


def detect(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    choices: Choices,
    boundary: Boundary | None = None,
    drawn_zones: gpd.GeoDataFrame | None = None,
) -> Detected:
    """Find fragments, low-use land and its zones, enclaves, holdings and the mixture of tenure.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with all facts.
    borders
        Border table, both directions, with the columns of `with_corridors`.
    choices
        Rules, parameters, and the date that ages are counted to.
    boundary
        From `trace`, of these parcels; traced here if it is not given.
    drawn_zones
        Polygons of redevelopment zones by zone id; without them low-use land is clustered.

    Returns
    -------
    Detected
        Enclaves are looked for by the columns in ``enclave_by`` that have values.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.detect.facts import shape_facts
    >>> from gisland.topology.borders import borders
    >>> import geopandas as gpd
    >>> index = pd.Index(["a"], name="parcel_id")
    >>> lot = gpd.GeoDataFrame(geometry=[box(0, 0, 9, 9)], index=index, crs=4547)
    >>> table = borders(lot)
    >>> facts = shape_facts(lot, table, area_basis="plane")
    >>> found = detect(facts, table, choices=Choices(load_rules("tianjin-2024")))
    >>> found.parcels["fragment_reasons"].tolist()
    ['min_lot;min_width']
    """
    rules, parameters, ids = choices.rules, choices.parameters, parcels.index
    fragment = fragment_verdicts(parcels, rules=rules)
    low = low_use_verdicts(parcels, rules=rules, as_of=choices.as_of)
    by = compared_columns(parcels, parameters.enclave_by)
    how = {"enclave_share": parameters.enclave_share, "tolerance_m": parameters.tolerance_m}
    judged = {name: judged_patches(parcels, borders, attribute=name, **how) for name in by}
    around = [table for table, _ in judged.values()]
    reasons = failing(fragment, ids)
    frame = parcels.assign(
        fragment=reasons != "", fragment_reasons=reasons, enclave_of=enclave_labels(around, ids)
    ).join(low_use(low, ids))
    found = _zones(frame, boundary, drawn_zones, choices=choices)
    frame["zone_id"] = zone_labels(found.table, ids)
    tables: dict[str, pd.DataFrame] = {"zones": found.table}
    if around:
        tables["enclaves"] = pd.concat(around, ignore_index=True)
    if "owner" in parcels:
        tables["holdings"] = holdings(parcels, borders)
    if compared_columns(parcels, ("tenure",)):
        tenure = judged.get("tenure") or judged_patches(parcels, borders, attribute="tenure", **how)
        within = pd.Index(members_of(tenure[0]["parcel_ids"]))
        tables["mixture"] = mixture(frame, borders, within, zone=frame["zone_id"])
    findings = [*found.findings, *future_dates(parcels, as_of=choices.as_of)]
    findings += spelling_findings(parcels, columns=("owner", *by))
    verdicts = [fragment, low, *(rows for _, rows in judged.values())]
    return Detected(frame, verdicts, tables, findings, found.links)


@dataclass(frozen=True)
class _Zones:
    table: gpd.GeoDataFrame
    links: pd.DataFrame
    findings: list[dict[str, object]]


def _zones(
    parcels: gpd.GeoDataFrame,
    boundary: Boundary | None,
    drawn: gpd.GeoDataFrame | None,
    *,
    choices: Choices,
) -> _Zones:
    """Zones, ranked: those that are drawn, else clusters of low-use land."""
    parameters = choices.parameters
    findings: list[dict[str, object]] = []
    if boundary is None:
        outlines = parcels[[parcels.geometry.name]]
        boundary = trace(outlines, tolerance_m=parameters.tolerance_m)
    chosen = is_low(parcels)
    if drawn is not None:
        table, findings = given_zones(parcels, drawn)
        chosen = zone_labels(table, parcels.index).notna()
    links = zone_links(boundary, parcels, chosen=chosen, corridor_m=parameters.corridor_m)
    if drawn is None:
        table = zones(parcels, links, min_area_m2=parameters.zone_min_area_m2)
    return _Zones(potential(table, parcels, rules=choices.rules), links, findings)


def compared_columns(parcels: gpd.GeoDataFrame, names: tuple[str, ...]) -> list[str]:
    """Columns by which patches can be made: those of texts, codes or flags that have values.

    Parameters
    ----------
    parcels
        Parcel table.
    names
        Columns that are asked for.

    Returns
    -------
    list of str
        In the order of `names`; what is not there or empty is told by `skipped_analyses`.

    Raises
    ------
    ProjectError
        If a column holds shapes, dates or measured numbers, or is a result of the run itself.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lots = gpd.GeoDataFrame({"owner": ["A"], "tenure": [None]}, geometry=[None], index=["a"])
    >>> compared_columns(lots, ("owner", "tenure", "lease"))
    ['owner']
    """
    found = []
    for name in dict.fromkeys(names):
        own = name in PARCEL_RESULTS and name not in PLANNED
        if name not in parcels and not own:
            continue
        kind = parcels[name].dtype if name in parcels else np.dtype(float)
        measured = pd.api.types.is_float_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)
        if measured or own or name == parcels.geometry.name:
            raise ProjectError(
                f"[parameters] enclave_by has {name!r}, which is no column of texts or codes",
                do="give columns such as owner, tenure, use_class, planned_use_class",
            )
        if has_names(parcels[name]):
            found.append(name)
    return found


@dataclass(frozen=True)
class ScrapLand:
    """Sites and what lies beside them.

    Attributes
    ----------
    members
        Site id by parcel id.
    sites
        Polygons by site id.
    pairs
        Scraps and the sites they touch, or reach through other scraps.
    groups
        Scraps that are one together.
    verdicts
        Verdict rows on the kinds of scraps.
    chain_links
        Borders between scraps along which they reach a site; none where chains are off.
    """

    members: pd.Series
    sites: gpd.GeoSeries
    pairs: gpd.GeoDataFrame
    groups: gpd.GeoDataFrame
    verdicts: pd.DataFrame
    chain_links: pd.DataFrame


def scrap_land(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    choices: Choices,
    drawn_sites: gpd.GeoDataFrame | None,
) -> ScrapLand:
    """Find the sites and the scraps beside them.

    Parameters
    ----------
    parcels
        From `detect`.
    borders
        Border table, both directions, with the columns of `with_corridors`.
    choices
        Rules, parameters, and where the sites come from.
    drawn_sites
        Site polygons, for sites from a layer.

    Returns
    -------
    ScrapLand
        Empty tables where there is no site.

    Raises
    ------
    GislandError
        If the sites cannot be found as the project file asks.

    Examples
    --------
    >>> scrap_land.__name__
    'scrap_land'
    """
    parameters, rules = choices.parameters, choices.rules
    member = members(
        parcels,
        borders,
        source=choices.sites_from,
        sites=drawn_sites,
        use_classes=choices.site_use_classes,
        site_overlap_share=parameters.site_overlap_share,
        min_area_m2=parameters.zone_min_area_m2,
        min_border_m=parameters.min_border_m,
    )
    shapes = site_geometry(parcels, member)
    beside = {"sites": shapes, "parameters": parameters}
    cap = rules["scrap.area_cap"]
    pairs = scrap_pairs(parcels, borders, member, area_cap=cap, **beside)
    groups = scrap_groups(parcels, borders, pairs, members=member, rules=rules, **beside)
    links = no_links()
    if rules["scrap.chains"].mode == "on":
        pairs, links = chained_pairs(
            parcels, borders, pairs, members=member, area_cap=cap, parameters=parameters
        )
    adjoining = pairs[pairs["scrap_kind"] != CHAINED]
    kinds = kind_verdicts(adjoining, parameters=parameters)
    return ScrapLand(member, shapes, pairs, groups, kinds, links)
