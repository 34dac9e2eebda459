"""The layers of the map as packed data: classes, looks, geometry and popups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.present import style
from gisland.present.maparound import LONGEST_NAME, around
from gisland.present.mapblocks import block_layers
from gisland.present.mapcolumns import columns
from gisland.present.mapfeatures import (
    ID,
    Features,
    Kind,
    Made,
    Rows,
    drawn_rows,
    is_drawn,
    is_spatial,
    keys,
)
from gisland.present.mapfindings import finding_layer
from gisland.present.maplinks import OFF, link_layer
from gisland.present.mapsites import sites_of_parcels
from gisland.present.mapthemes import parcel_themes, use_themes
from gisland.present.packedlayer import packed_facts, packed_shape
from gisland.present.packing import linework
from gisland.present.popups import (
    PARCEL_FIELDS,
    parcel_badges,
    parcel_popups,
    scrap_popups,
)
from gisland.present.sitepopups import site_popups
from gisland.present.wording import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.present.facts import Rules
    from gisland.present.mapsites import Sites
    from gisland.present.mapthemes import Theme

ESTIMATED = "floor_area_estimated_m2"
HAIRLINE_M = 0.05  # gaps inside a site up to twice this wide are not drawn


@dataclass(frozen=True)
class Plan:
    """Where a layer stands: drawn above lower ranks, told about in popups in this order."""

    rank: int
    order: int
    show: bool
    open: bool = False


# In the order of the layer control.
PLANS: dict[str, Plan] = {
    "parcels": Plan(rank=1, order=0, show=True),
    "scraps": Plan(rank=9, order=1, show=True, open=True),
    "links": Plan(rank=8, order=3, show=False),
    "sites_before": Plan(rank=7, order=3, show=True),
    "sites_after": Plan(rank=6, order=2, show=True),
    "project_boundary": Plan(rank=6, order=17, show=True),
    "block_lines": Plan(rank=5, order=6, show=True),
    "block_conflicts": Plan(rank=4, order=5, show=False),
    "block_proposed": Plan(rank=5, order=7, show=True),
    "block_adjusted": Plan(rank=5, order=8, show=False),
    "block_changes": Plan(rank=4, order=9, show=False),
    "zones": Plan(rank=3, order=12, show=False),
    "zone_units": Plan(rank=3, order=13, show=False),
    "parks": Plan(rank=3, order=14, show=False),
    "scrap_groups": Plan(rank=5, order=4, show=False),
    "enclaves": Plan(rank=5, order=10, show=False),
    "enclaves_jointly": Plan(rank=4, order=11, show=False),
    "exclusions": Plan(rank=2, order=15, show=False),
    "roads": Plan(rank=0, order=18, show=True),
    "findings": Plan(rank=10, order=16, show=False),
}


@dataclass(frozen=True)
class MapLayer:
    """One layer, ready to be written.

    Parameters
    ----------
    id
        A plain word.
    name
        With references to the catalog.
    show
        Whether it is on when the map opens.
    head
        Rank, themes with their classes, and what else is needed before the rest is unpacked.
    shape
        Packed linework, classes and signs.
    facts
        Packed keys and popups.
    bounds
        West, south, east, north in degrees.
    """

    id: str
    name: str
    show: bool
    head: dict[str, Any]
    shape: str
    facts: str
    bounds: tuple[float, float, float, float]


def map_layers(
    tables: Mapping[str, pd.DataFrame],
    *,
    records: Rules,
    texts: Mapping[str, str],
) -> list[MapLayer]:
    """All layers that the tables hold something to draw for.

    Parameters
    ----------
    tables
        Result tables by name; a missing table is an analysis that was not run.
    records
        Rules by id, for the quotations in popups.
    texts
        The catalog.

    Returns
    -------
    list of MapLayer
        In the order of the layer control; layers without geometry are left out.

    Raises
    ------
    CRSError
        If a table with geometry has no CRS.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame({"parcel_id": ["7"], "verdict": ["none"], "reasons": [""]})
    >>> lots = lots.set_geometry([box(500000, 3400000, 500100, 3400100)], crs="EPSG:4547")
    >>> [m.name for m in map_layers({"parcels": lots}, records={}, texts=style.catalog("en"))]
    ['Parcels by verdict']
    """
    of_parcels = sites_of_parcels(tables)
    made = {
        "parcels": _parcels(tables, of_parcels, records=records, texts=texts),
        "scraps": _scraps(tables, of_parcels, records=records, texts=texts),
        "links": link_layer(tables, texts=texts),
        **_sites(tables, texts),
        **around(tables, texts, of_parcels=of_parcels),
        **block_layers(tables, records=records, texts=texts),
        "findings": finding_layer(tables, texts, of_parcels=of_parcels),
    }
    layers = []
    for layer_id, plan in PLANS.items():
        features, kinds = made.get(layer_id, (None, {}))
        if features is not None and len(features.geometry):
            name = texts[f"map.layer.{layer_id}"]
            if layer_id == "block_proposed" and made["scraps"][0] is not None:
                plan = replace(plan, show=False)  # noqa: PLW2901 - a proposal is not to hide the plan
            layers.append(made_layer(layer_id, features, kinds=kinds, name=name, plan=plan))
    return layers


def not_drawn(tables: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """Rows of the map's tables that have no geometry to draw.

    Parameters
    ----------
    tables
        Result tables by name.

    Returns
    -------
    dict
        Counts above zero by table; the total row of the block lines is none.

    Examples
    --------
    >>> not_drawn({"parcels": gpd.GeoDataFrame({"parcel_id": ["7"]}, geometry=[None])})
    {'parcels': 1}
    """
    names = (
        *("parcels", "sites", "zones", "scrap_groups", "enclaves", "exclusions", "roads"),
        *("project_boundary", "block_changes", "zone_units", "parks"),
    )
    counts = {n: int((~is_drawn(tables[n])).sum()) for n in names if is_spatial(tables.get(n))}
    return {name: count for name, count in counts.items() if count}


def _parcels(
    tables: Mapping[str, pd.DataFrame],
    of_parcels: Mapping[str, Sites],
    *,
    records: Rules,
    texts: Mapping[str, str],
) -> Made:
    rows = drawn_rows(tables.get("parcels"), "parcel_id")
    if rows is None:
        return None, {}
    verdicts, ids = (rows[c].to_numpy(dtype=object).tolist() for c in ("verdict", "parcel_id"))
    known = [v if v in style.VERDICTS else "none" for v in verdicts]
    popups = parcel_popups(rows, tables.get("verdicts"), records=records, texts=texts)
    told = Rows(
        kind="parcel",
        title=texts["map.popup.parcel"].format(id=ID),
        ids=[visible(i) for i in ids],
        badges=parcel_badges(rows, texts=texts),
        columns=columns(_shown(rows), PARCEL_FIELDS, texts=texts),
    )
    kinds = {k: Kind(texts[f"verdict.{k}"], look) for k, look in style.VERDICTS.items()}
    bodies = [{"b": blocks} if blocks else {} for blocks in popups]
    themes = (*parcel_themes(rows, tables, texts=texts), *use_themes(rows, texts=texts))
    sites = tuple(of_parcels.get(i, ()) for i in ids)
    features = Features(rows.geometry, known, [], bodies, rows=told, themes=themes, sites=sites)
    return features, kinds


def _shown(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Parcels; that none of the floor area was estimated goes without saying."""
    plain = pd.DataFrame(parcels)
    if ESTIMATED not in plain:
        return plain
    return plain.assign(**{ESTIMATED: plain[ESTIMATED].where(plain[ESTIMATED] != 0)})


def _scraps(
    tables: Mapping[str, pd.DataFrame],
    of_parcels: Mapping[str, Sites],
    *,
    records: Rules,
    texts: Mapping[str, str],
) -> Made:
    pairs = drawn_rows(tables.get("plan"), "parcel_id")
    if pairs is None:
        return None, {}
    popups = scrap_popups(pairs, tables.get("verdicts"), records=records, texts=texts)
    rows = pairs.drop_duplicates("parcel_id")
    kinds = {
        k: Kind(texts[f"scrap_kind.{k}"], look, tag=texts[f"map.tag.{k}"])
        for k, look in style.SCRAP_KINDS.items()
    }
    codes = [k if k in kinds else "adjacent" for k in rows["scrap_kind"]]
    found = [popups[p] for p in rows["parcel_id"]]
    sites = tuple(of_parcels.get(p, ()) for p in rows["parcel_id"])
    ids = keys("scrap", rows["parcel_id"])
    return Features(rows.geometry, codes, ids, found, sites=sites), kinds


def _sites(tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]) -> dict[str, Made]:
    made: dict[str, Made] = {}
    sites = tables.get("sites")
    popups = {} if sites is None else site_popups(sites, texts=texts, tables=tables)
    before = _before(drawn_rows(tables.get("parcels"), "parcel_id"))
    for when, rows in (("before", before), ("after", drawn_rows(sites, "site_id"))):
        if rows is not None:
            ids = list(rows["site_id"])
            bare = {"t": "", "b": []}
            found = [
                popups.get(s, bare | {"t": texts["map.popup.site"].format(id=visible(s))})
                for s in ids
            ]
            kind = {when: Kind(texts[f"map.class.{when}"], style.SITES[when])}
            names = (
                tuple(shortened(s, longest=LONGEST_NAME) for s in ids) if when == "after" else ()
            )
            site_keys = keys("site", rows["site_id"])
            own = tuple((s,) for s in ids)
            codes = [when] * len(ids)
            features = Features(rows.geometry, codes, site_keys, found, names, sites=own)
            made[f"sites_{when}"] = (features, kind)
    return made


def _before(parcels: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Site parcels dissolved to the sites as they were."""
    if parcels is None or "site_id" not in parcels:
        return None
    own = parcels[(parcels["verdict"] == "site") & parcels["site_id"].notna()]
    whole = own.geometry.make_valid().groupby(own["site_id"], sort=True)
    merged = whole.agg(lambda part: _closed(shapely.union_all(part.to_numpy())))
    data = {"site_id": merged.index.to_numpy()}
    return gpd.GeoDataFrame(data, geometry=merged.to_numpy(), crs=parcels.crs)


def _closed(site: shapely.Geometry) -> shapely.Geometry:
    """Site without the hairline gaps that unmatched vertices leave between its parcels."""
    wide = shapely.buffer(site, HAIRLINE_M, join_style="mitre")
    return shapely.buffer(wide, -HAIRLINE_M, join_style="mitre")


def made_layer(
    layer_id: str, features: Features, *, kinds: Mapping[str, Kind], name: str, plan: Plan
) -> MapLayer:
    """Pack a layer.

    Parameters
    ----------
    layer_id
        A plain word.
    features
        What it shows.
    kinds
        Classes by code, in the order of the legend.
    name
        With references to the catalog.
    plan
        Where it stands.

    Returns
    -------
    MapLayer
        Only with the classes that have features.

    Examples
    --------
    >>> one = gpd.GeoSeries([shapely.box(114, 30, 115, 31)], crs=4326)
    >>> lots = Features(one, ["a"], ["lot:1"], [{"t": "Lot 1", "b": []}])
    >>> kinds = {"a": Kind("lot", style.ROADS)}
    >>> made_layer("lots", lots, kinds=kinds, name="Lots", plan=Plan(0, 0, show=True)).bounds
    (114.0, 30.0, 115.0, 31.0)
    """
    made = linework(features.geometry, name=layer_id)
    counts = Counter(features.codes)
    present = [code for code in kinds if counts[code]]
    place = {code: i for i, code in enumerate(present)}
    codes = np.array([place[code] for code in features.codes])
    owner = np.repeat(codes, made.lines)
    filled = set(owner[made.dimensions != 1].tolist())
    classes = [
        {"id": c} | _class(kinds[c], counts[c], lines=i not in filled)
        for i, c in enumerate(present)
    ]
    head = {
        "id": layer_id,
        "name": name,
        "rank": plan.rank,
        "order": plan.order,
        "open": plan.open,
        "names": bool(features.names),
        "ground": layer_id == "parcels",
        "off": [place[c] for c in OFF if layer_id == "links" and c in place],
        "themes": [
            {"id": "kind", "name": name, "classes": classes},
            *(_theme(theme) for theme in features.themes),
        ],
    }
    signs = list(features.names) or [kinds[code].tag for code in features.codes]
    by_theme = {"kind": codes} | {theme.id: theme.codes for theme in features.themes}
    shape = packed_shape(made, by_theme, geometry=features.geometry, signs=signs)
    return MapLayer(layer_id, name, plan.show, head, shape, packed_facts(features), made.bounds)


def _theme(theme: Theme) -> dict[str, Any]:
    """Theme as the page reads it."""
    counts = np.bincount(theme.codes, minlength=len(theme.kinds)).tolist()
    told = zip(theme.kinds, counts, strict=True)
    return {
        "id": theme.id,
        "name": theme.name,
        "group": theme.group,
        "option": theme.option,
        "listed": theme.listed,
        "notes": list(theme.notes),
        "both": theme.both,
        "classes": [_class(kind, count, lines=False) for kind, count in told],
    }


def _class(kind: Kind, count: int, *, lines: bool) -> dict[str, Any]:
    """Class as the page reads it; one of lines alone has no fill."""
    look = kind.look
    drawn: dict[str, Any] = {"color": look.color, "weight": look.weight}
    if look.fill and not lines:
        drawn |= {"fill": look.fill, "opacity": look.opacity}
    if look.dash:
        drawn |= {"dash": [float(n) for n in look.dash.split()]}
    tag = {"tag": kind.tag} if kind.tag else {}
    return {"label": kind.label, "count": f"{count:,}", "style": drawn, **tag}
