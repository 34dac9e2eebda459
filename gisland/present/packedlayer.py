"""What a layer of the map holds, packed: its shape, to be drawn at once, and its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.present.mapsites import site_arrays
from gisland.present.packing import deltas, linework, packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.present.mapfeatures import Features
    from gisland.present.packing import Linework

    Ints = NDArray[np.int64]


def packed_shape(
    made: Linework, codes: Mapping[str, Ints], *, geometry: gpd.GeoSeries, signs: Sequence[str]
) -> str:
    """Linework, the class of each feature in each theme, and signs written into features.

    Parameters
    ----------
    made
        Linework of the features.
    codes
        Class of each feature, by theme.
    geometry
        The features.
    signs
        One for each feature; empty for none.

    Returns
    -------
    str
        Packed: ``lines``, ``sizes``, ``dimensions``, ``xy``, ``class:<theme>``, ``signed`` (numbers
        of features with a sign) and ``places`` of their signs; ``origin`` and ``signs`` among the
        facts.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one = gpd.GeoSeries([shapely.box(114, 30, 115, 31)], crs=4326)
    >>> made = linework(one, name="lots")
    >>> isinstance(packed_shape(made, {}, geometry=one, signs=[""]), str)
    True
    """
    origin = (made.xy.min(axis=0) + made.xy.max(axis=0) + 1) // 2  # the script has 32 bits a side
    signed = np.flatnonzero([bool(sign) for sign in signs])
    places = np.empty((0, 2), dtype=np.int64)
    if len(signed):
        inner = shapely.point_on_surface(shapely.make_valid(geometry.iloc[signed].to_numpy()))
        points = type(geometry)(inner, crs=geometry.crs)
        places = linework(points, name="signs").xy - origin
    numbers = {
        "lines": made.lines,
        "sizes": made.sizes,
        "dimensions": made.dimensions,
        "xy": deltas(made.xy - origin),
        **{f"class:{theme}": code for theme, code in codes.items()},
        "signed": deltas(signed),
        "places": deltas(places),
    }
    return packed(
        numbers, {"origin": origin.tolist(), "signs": [signs[i] for i in signed.tolist()]}
    )


def packed_facts(features: Features) -> str:
    """Keys and popups of the features of a layer.

    Parameters
    ----------
    features
        Of one layer.

    Returns
    -------
    str
        Packed: ``badge`` and ``column:<number>`` where rows of a table have columns, ``sited``
        and ``site`` where features belong to sites; among the facts ``keys`` and ``popups``, of
        rows their ``title``, ``ids``, ``badges`` and ``columns``, which stand for what the popups
        leave out, and the ``sites``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.present.mapfeatures import Features
    >>> one = gpd.GeoSeries([shapely.box(114, 30, 115, 31)], crs=4326)
    >>> isinstance(packed_facts(Features(one, ["a"], ["road:1"], [{"t": "Road", "b": []}])), str)
    True
    """
    rows = features.rows
    facts: dict[str, Any] = {"popups": [popup or 0 for popup in features.popups]}
    sited: dict[str, Ints] = {}
    if features.sites is not None:
        facts["sites"], sited = site_arrays(features.sites)
    if rows is None:
        return packed(sited, facts | {"keys": features.keys})
    badge, badges = pd.factorize(np.array(rows.badges, dtype=object))
    facts |= {"title": rows.title, "ids": rows.ids, "columns": rows.columns.told}
    facts |= {"key": rows.kind, "badges": badges.tolist()}
    return packed({"badge": badge, **rows.columns.arrays, **sited}, facts)
