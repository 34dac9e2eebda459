"""Lines on the map from each scrap to the sites that it was considered for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gisland.present import style
from gisland.present.facts import fields, plain_rows, reasons
from gisland.present.mapfeatures import Features, Kind, Made, drawn_rows
from gisland.present.wording import named, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from gisland.present.popups import Popup

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

OFF = ("ineligible",)  # most pairs may be; they are asked for
NEAR = 0.5  # of the largest circle in a site: the middle is left to the site's name
HEAD_SHARE, HEAD_M = 0.3, 7.0  # of an arrow head: share of the line, at most so many metres
SPREAD = np.array([np.radians(155), np.radians(205)])  # from the way of the line


def link_layer(tables: Mapping[str, pd.DataFrame], *, texts: Mapping[str, str]) -> Made:
    """One line for each pair of the plan, from the inside of the scrap to that of the site.

    Parameters
    ----------
    tables
        Result tables by name.
    texts
        The catalog.

    Returns
    -------
    features : Features or None
        By scrap and site; those of absorbed scraps end in an arrow head. None without a pair
        whose scrap and site are both drawn.
    kinds : dict
        Classes by verdict.

    Examples
    --------
    >>> link_layer({}, texts={})
    (None, {})
    """
    pairs = drawn_rows(tables.get("plan"), "parcel_id")
    sites = drawn_rows(tables.get("sites"), "site_id")
    if pairs is None or sites is None:
        return None, {}
    circles = _circles(sites)
    pairs = pairs[pairs["site_id"].isin(circles)].sort_values(["parcel_id", "site_id"])
    if pairs.empty:
        return None, {}
    kinds = {k: Kind(texts[f"map.link.{k}"], look) for k, look in style.LINKS.items()}
    codes = [v if v in kinds else "ineligible" for v in pairs["verdict"]]
    starts = shapely.point_on_surface(shapely.make_valid(pairs.geometry.to_numpy()))
    lines = [
        _line(start, *circles[site], head=code == "absorbed")
        for start, site, code in zip(
            shapely.get_coordinates(starts), pairs["site_id"], codes, strict=True
        )
    ]
    names = [f"{visible(p)}:{visible(s)}" for p, s in pairs[["parcel_id", "site_id"]].to_numpy()]
    features = Features(
        gpd.GeoSeries(lines, crs=pairs.crs),
        codes,
        [f"link:{name}" for name in names],
        _popups(pairs, texts),
        sites=tuple((site,) for site in pairs["site_id"]),
    )
    return features, kinds


def _circles(sites: gpd.GeoDataFrame) -> dict[object, tuple[Floats, float]]:
    """Middle and radius of the largest circle in each site."""
    whole = shapely.buffer(sites.geometry.to_numpy(), 0)  # areas alone, and valid ones
    held = ~shapely.is_empty(whole)
    radii = shapely.maximum_inscribed_circle(whole[held])
    middles = shapely.get_coordinates(shapely.get_point(radii, 0))
    lengths = shapely.length(radii).tolist()
    ids = sites["site_id"].to_numpy()[held]
    return dict(zip(ids, zip(middles, lengths, strict=True), strict=True))


def _line(start: Floats, middle: Floats, radius: float, *, head: bool) -> shapely.Geometry:
    """Line that ends shortly before the middle of a site, inside of it."""
    way = middle - start
    far = float(np.hypot(*way))
    end = middle - way * min(NEAR, NEAR * radius / far) if far else middle
    shaft = shapely.LineString([start, end])
    if not head or not far:
        return shaft
    size = min(HEAD_SHARE * shaft.length, HEAD_M)
    turned = np.arctan2(way[1], way[0]) + SPREAD
    left, right = end + size * np.column_stack([np.cos(turned), np.sin(turned)])
    return shapely.MultiLineString([shaft.coords, [left, end, right]])


def _popups(pairs: gpd.GeoDataFrame, texts: Mapping[str, str]) -> list[Popup]:
    made: list[Popup] = []
    for pair in plain_rows(pairs):
        why = reasons(pair.get("reasons"), [], texts=texts)
        ids = {"scrap": visible(pair["parcel_id"]), "site": visible(pair["site_id"])}
        listed = [["list", texts["map.popup.reasons"], why]] if why else []
        made.append(
            {
                "t": texts["map.popup.link"].format(**ids),
                "s": named(texts, "verdict", pair["verdict"]),
                "b": [fields(pair, ("area", "border_m"), texts=texts), *listed],
            }
        )
    return made
