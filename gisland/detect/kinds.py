"""Kinds of scraps by what surrounds them, each with the numbers that decide.

The kinds follow the definitions of the Guangdong redevelopment policy (粤府办〔2009〕122号):
边角地 corner, 夹心地 sandwiched, 插花地 interlocking. The thresholds are parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.rule import SHARE_DECIMALS
from gisland.base.verdicts import long_enough, stacked, verdict_frame
from gisland.topology.overlay import robust
from gisland.topology.unions import closed, unions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters

    Shapes = NDArray[np.object_]

CHAINED = "chained"  # reaches its site through other scraps only, see `chained_pairs`
KINDS = ("sandwiched", "interlocking", "corner", "adjacent", CHAINED)
IN_HOLE = 0.999  # share of a scrap inside a site's filled outline from which it lies in its hole
SHARES = ("sites_share", "free_share", "other_share", "hull_share", "hole_share")
BOUNDARY, AREA = "boundary of the scrap", "area of the scrap"


def kind_measures(
    pairs: pd.DataFrame,
    shapes: Shapes,
    sites: gpd.GeoSeries,
    *,
    min_border_m: float,
    tolerance_m: float = 0.05,
) -> pd.DataFrame:
    """Numbers that the kind of each scrap follows from.

    Parameters
    ----------
    pairs
        One row per scrap and site that touch: ``parcel_id``, ``site_id``, ``border_m`` and, equal
        for all rows of a scrap, ``sites_share``, ``free_share``, ``other_share``.
    shapes
        Of the scraps, one for each row.
    sites
        Polygons by site id.
    min_border_m
        Sites with a shorter border do not count.
    tolerance_m
        A gap up to this wide between the parcels of a site does not open its holes.

    Returns
    -------
    pandas.DataFrame
        By scrap, all rounded to six decimals: the three shares of its boundary; ``hull_share``
        and ``hole_share``, the part of its area in the convex hull of a site and within a site's
        outline without holes, where these are largest.

    Examples
    --------
    >>> pair = {"parcel_id": ["c"], "site_id": ["S"], "border_m": [1.0], "sites_share": [0.25]}
    >>> pairs = pd.DataFrame(pair | {"free_share": [0.75], "other_share": [0.0]})
    >>> site = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], index=["S"])
    >>> scrap = np.array([shapely.box(9, 0, 10, 1)])
    >>> kind_measures(pairs, scrap, site, min_border_m=1.0).loc["c"].to_dict()
    ... # doctest: +NORMALIZE_WHITESPACE
    {'sites_share': 0.25, 'free_share': 0.75, 'other_share': 0.0, 'hull_share': 0.0,
     'hole_share': 0.0}
    """
    size = shapely.area(shapes)
    counted = long_enough(pairs["border_m"], min_border_m=min_border_m).to_numpy()
    around = {"hull_share": sites.convex_hull, "hole_share": _filled(sites, tolerance_m)}
    inside = {
        name: shapely.area(
            robust(shapely.intersection, shapes, shape.reindex(pairs["site_id"]).to_numpy())
        )
        / size
        * counted
        for name, shape in around.items()
    }
    most = pd.DataFrame(inside).groupby(pairs["parcel_id"].to_numpy()).max()
    shares = pairs.drop_duplicates("parcel_id").set_index("parcel_id")
    shares = shares[["sites_share", "free_share", "other_share"]]
    return shares.join(most).sort_index().round(SHARE_DECIMALS)


def scrap_kinds(measures: pd.DataFrame, *, parameters: Parameters) -> pd.Series:
    """Kind of each scrap.

    Sandwiched if its share along sites reaches ``sandwiched_share`` or it lies in a hole of a
    site; interlocking if that share reaches ``interlocking_share`` or ``hull_share`` of it lies
    in the convex hull of a site; corner if its free share exceeds that along other parcels; else
    adjacent.

    Parameters
    ----------
    measures
        From `kind_measures`.
    parameters
        Thresholds.

    Returns
    -------
    pandas.Series
        One of ``KINDS`` but the last by scrap, named ``scrap_kind``.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> names = ["sites_share", "free_share", "other_share", "hull_share", "hole_share"]
    >>> found = pd.DataFrame([[0.3, 0.6, 0.1, 0.0, 0.0]], columns=names, index=["c"])
    >>> scrap_kinds(found, parameters=Parameters()).to_dict()
    {'c': 'corner'}
    """
    held = {test: value >= limit for test, value, limit in _tests(measures, parameters)[:-1]}
    kinds = np.select(
        [
            held["kind_sandwiched"] | held["kind_hole"],
            held["kind_interlocking"] | held["kind_hull"],
            measures["free_share"] > measures["other_share"],
        ],
        list(KINDS[:3]),
        default=KINDS[3],
    )
    return pd.Series(kinds, index=measures.index, dtype="str", name="scrap_kind")


def _tests(
    measures: pd.DataFrame, parameters: Parameters
) -> list[tuple[str, pd.Series, float | pd.Series]]:
    """Name, measured share and limit of each part of the definitions."""
    s = measures["sites_share"]
    return [
        ("kind_sandwiched", s, parameters.sandwiched_share),
        ("kind_hole", measures["hole_share"], IN_HOLE),
        ("kind_interlocking", s, parameters.interlocking_share),
        ("kind_hull", measures["hull_share"], parameters.hull_share),
        ("kind_corner", measures["free_share"], measures["other_share"]),
    ]


RULE_IDS = {
    "kind_sandwiched": "parameters.sandwiched_share",
    "kind_hole": "definition.hole",
    "kind_interlocking": "parameters.interlocking_share",
    "kind_hull": "parameters.hull_share",
    "kind_corner": "definition.corner",
}


def kind_verdicts(pairs: pd.DataFrame, *, parameters: Parameters) -> pd.DataFrame:
    """Every part of the definitions for every scrap, whether it decided or not.

    Parameters
    ----------
    pairs
        Result of `scrap_pairs`: ``parcel_id`` and the five shares.
    parameters
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Verdict rows (``schema.VERDICTS``) of the tests ``kind_sandwiched``, ``kind_hole``,
        ``kind_interlocking``, ``kind_hull`` and ``kind_corner``: ``pass`` where the part holds.
        They classify, and make nothing eligible or not: mode ``advisory``. The limit of
        ``kind_corner`` is the share along other parcels.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> found = pd.DataFrame([[0.3, 0.6, 0.1, 0.0, 0.0]], columns=list(SHARES))
    >>> found["parcel_id"] = "c"
    >>> rows = kind_verdicts(found, parameters=Parameters()).set_index("test")
    >>> rows.loc["kind_corner", "outcome"]
    'pass'
    """
    measures = pairs.drop_duplicates("parcel_id").set_index("parcel_id")[list(SHARES)]
    measures = measures.sort_index().round(SHARE_DECIMALS)
    rows = []
    for test, value, limit in _tests(measures, parameters):
        corner = test == "kind_corner"
        rows.append(
            verdict_frame(
                measures.index,
                subject="",
                test=test,
                outcome=np.where(value > limit if corner else value >= limit, "pass", "fail"),
                value=value.to_numpy(),
                limit=np.asarray(limit),
                operator=">" if corner else ">=",
                unit="share",
                denominator=AREA if test in {"kind_hole", "kind_hull"} else BOUNDARY,
                rule_id=RULE_IDS[test],
                mode="advisory",
            )
        )
    return stacked(rows)


def _filled(sites: gpd.GeoSeries, tolerance_m: float) -> gpd.GeoSeries:
    """Sites without their holes."""
    outlines = closed(sites.to_numpy(), tolerance_m=tolerance_m)
    parts, site = shapely.get_parts(outlines, return_index=True)
    whole = shapely.polygons(shapely.get_exterior_ring(parts))
    return gpd.GeoSeries(unions(whole, site), index=sites.index)
