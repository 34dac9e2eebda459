"""How far industry is concentrated in named parks, and how far these are built up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.columns import numbers
from gisland.base.crs import areas_m2
from gisland.base.guards import require_layer
from gisland.base.keys import aligned
from gisland.base.names import has_names, is_word
from gisland.base.rule import AREA_DECIMALS
from gisland.base.schema import OVERALL, usable
from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.control.areaverdicts import NO_NUMBER, area_row, held
from gisland.topology.overlay import overlap_areas, robust

if TYPE_CHECKING:
    from gisland.base.rules import RuleSet

NOT_BUILT_UP = ("water", "farm", "reserve")  # use classes that are no built-up land
NOT_DEVELOPABLE = ("water", "farm")
NOT_IN_USE = ("low_use.vacant", "low_use.unfinished")
HELD = {
    "built": ("park.built_share", "park.built_share_lowest"),
    "to_build": ("park.to_build_share", "park.to_build_share_highest"),
}
BUILT_UP = "built_up_m2"
AMOUNTS = ("industrial_m2", BUILT_UP, "developable_m2", "built_m2")
FROM_COLUMN, FROM_PARCELS = "column", "parcels"


def concentration(
    parcels: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame | None,
    *,
    rules: RuleSet,
    area_basis: str,
) -> tuple[gpd.GeoDataFrame | None, list[dict[str, object]]]:
    """Industrial land in named parks, its share of built-up land, and what parks have built.

    Areas of parcels in parks are their ``area_m2`` times the share inside. Built-up land has a
    known use class other than water, farm and reserve.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` and, where known, ``use_class`` and
        ``status``.
    parks
        Park polygons by park id, where known with ``name``, ``developable_m2``, ``built_m2`` and
        ``to_build_m2``; None without parks.
    rules
        The rule set (``concentration.*``, ``park.*``; words of ``low_use.vacant`` and
        ``low_use.unfinished``).
    area_basis
        ``plane`` or ``ellipsoidal``, for the areas of the parks.

    Returns
    -------
    parks : geopandas.GeoDataFrame or None
        One row per park, sorted by id; areas in m² and mu, shares of ``developable_m2`` from 0
        to 1. What a column of `parks` does not give is made of the parcels, as the columns
        ``…_from`` tell (``column``, ``parcels``, empty where it is missing): developable is land
        of a known class but water and farm; built is what of it is built up and not vacant or
        unfinished by its status, which is missing where no parcel has a status (a parcel
        without one counts as built where others have one); the rest is to be built, and missing
        where more is built than can be.
    rows : list of dict
        Verdict rows (``areaverdicts.COLUMNS``): topic ``concentration`` (``park_share`` of the
        industrial land, missing without parks; ``industrial_share_of_built_up``, which no rule
        limits), and topic ``parks``, four for each park.

    Raises
    ------
    TableError, GeometryError
        If ``area_m2`` or the geometry of a layer is missing.
    CRSError
        If the layers have no metric CRS, or not the same.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial", "residential"], "area_m2": [800.0, 200.0]},
    ...     geometry=[box(0, 0, 80, 10), box(80, 0, 100, 10)],
    ...     index=["a", "b"],
    ...     crs=4547,
    ... )
    >>> park = gpd.GeoDataFrame({"built_m2": [300.0]}, geometry=[box(0, 0, 60, 10)], crs=4547)
    >>> found, rows = concentration(
    ...     lots, park.set_axis(["K"]), rules=load_rules("common"), area_basis="plane"
    ... )
    >>> found[["park_id", "industrial_m2", "built_share"]].values.tolist()
    [['K', 600.0, 0.5]]
    >>> [(row["test"], row["value"]) for row in rows[:2]]
    [('park_share', 0.75), ('industrial_share_of_built_up', 0.8)]
    """
    require_layer(parcels, ["area_m2"], what="parcels")
    if parks is not None:
        require_layer(parks, what="parks")
    parcels, parks = parcels.sort_index(), None if parks is None else parks.sort_index()
    land = _land(parcels, rules=rules)  # sums go by id: the last digit hangs on the order
    rows = _overall(land, parcels, parks, rules=rules)
    if parks is None:
        return None, rows
    table = _table(land, parcels, parks, area_basis=area_basis)
    return table, [*rows, *_judged(table, rules=rules)]


def park_findings(parks: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Findings on parks of which more is built than can be developed.

    Parameters
    ----------
    parks
        Table of `concentration`.

    Returns
    -------
    list of dict
        ``park_above_developable``, one for each such park, with what is built above it in m².

    Examples
    --------
    >>> park = {"park_id": ["K"], "built_m2": [900.0], "developable_m2": [600.0]}
    >>> source = {"built_from": ["column"], "developable_from": ["parcels"]}
    >>> print(park_findings(pd.DataFrame(park | source))[0]["message"])
    park K: built_m2 900.00 (column) is above developable_m2 600.00 (parcels); check the two
    """
    above = parks[_above(parks["built_m2"], parks["developable_m2"])]
    return [
        {
            "code": "park_above_developable",
            "severity": "warning",
            "layer": "parks",
            "other_id": park["park_id"],
            "value": float(park["built_m2"] - park["developable_m2"]),
            "unit": "m2",
            "message": f"park {park['park_id']}: built_m2 {park['built_m2']:.2f}"
            f" ({park['built_from']}) is above developable_m2 {park['developable_m2']:.2f}"
            f" ({park['developable_from']}); check the two",
            "geometry": park.get("geometry"),
        }
        for park in above.sort_values("park_id").to_dict("records")
    ]


def _above(built: pd.Series, developable: pd.Series) -> pd.Series:
    return built.round(AREA_DECIMALS) > developable.round(AREA_DECIMALS)


def _land(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """What each parcel counts as, as its area or 0; missing throughout where nothing tells."""
    area = parcels["area_m2"].fillna(0.0)
    if "use_class" not in parcels:
        none = pd.Series(NO_NUMBER, index=parcels.index)
        return pd.DataFrame(dict.fromkeys(AMOUNTS, none))
    use = parcels["use_class"]
    built_up = use.notna() & ~use.isin(NOT_BUILT_UP)
    developable = is_land(parcels) & use.notna() & ~use.isin(NOT_DEVELOPABLE)
    built = area.where(developable & built_up & ~_unused(parcels, rules=rules), 0.0)
    has_status = "status" in parcels and has_names(parcels["status"])
    return pd.DataFrame(
        {
            "industrial_m2": area.where(use.isin(INDUSTRIAL_USE_CLASSES), 0.0),
            BUILT_UP: area.where(built_up, 0.0),
            "developable_m2": area.where(developable, 0.0),
            "built_m2": built if has_status else pd.Series(NO_NUMBER, index=parcels.index),
        }
    )


def _unused(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.Series:
    """Whether the status of a parcel says that it is vacant or unfinished."""
    if "status" not in parcels:
        return pd.Series(data=False, index=parcels.index)
    known = [rules[name] for name in NOT_IN_USE]
    words = [word for rule in known if rule.mode != "off" for word in rule.texts]
    return is_word(parcels["status"], words).fillna(value=False).astype("bool")


def _inside(land: pd.DataFrame, parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sums of the land in each area, by its id; missing where its shape cannot be used."""
    pairs = overlap_areas(parcels, areas)
    at = pd.Index(pairs["left_id"])
    share = pairs["overlap_m2"].to_numpy() / aligned(parcels.geometry.area, at).to_numpy()
    part = pd.DataFrame({c: aligned(land[c], at).to_numpy() * share for c in land})
    total = part.groupby(pairs["right_id"].to_numpy()).sum().reindex(areas.index).fillna(0.0)
    unknown = land.columns[land.isna().any()]
    total[unknown] = NO_NUMBER
    return total.where(usable(areas.geometry))


def _overall(
    land: pd.DataFrame, parcels: gpd.GeoDataFrame, parks: gpd.GeoDataFrame | None, *, rules: RuleSet
) -> list[dict[str, object]]:
    """Rows on all industrial land: how much of it lies in parks, and of the built-up land."""
    industrial, built_up = (float(land[c].sum(skipna=False)) for c in ("industrial_m2", BUILT_UP))
    in_parks = NO_NUMBER
    if parks is not None:
        sound = parks.geometry[usable(parks.geometry)].to_numpy()
        union = gpd.GeoDataFrame(
            geometry=[robust(shapely.union_all, sound)], index=[OVERALL], crs=parks.crs
        )
        inside = _inside(land[["industrial_m2"]], parcels, union)["industrial_m2"].iloc[0]
        in_parks = float(inside) if len(sound) else 0.0 * industrial  # missing where that is
    share = held(
        rules["concentration.park_share"],
        _ratio(in_parks, industrial),
        topic="concentration",
        subject=OVERALL,
        numerator=in_parks,
        denominator_value=industrial,
    )
    of_built_up = area_row(
        topic="concentration",
        subject=OVERALL,
        test="industrial_share_of_built_up",
        value=_ratio(industrial, built_up),
        unit="share",
        numerator=industrial,
        denominator_value=built_up,
        denominator="built-up land",
    )
    return [share, of_built_up]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NO_NUMBER


def _table(
    land: pd.DataFrame, parcels: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, *, area_basis: str
) -> gpd.GeoDataFrame:
    """Areas and shares of every park, in the order of `parks`."""
    inside = _inside(land, parcels, parks)
    developable, developable_from = _given(parks, "developable_m2", inside["developable_m2"])
    built, built_from = _given(parks, "built_m2", inside["built_m2"])
    rest = (developable - built).mask(_above(built, developable))
    to_build, to_build_from = _given(parks, "to_build_m2", rest)
    by_columns = developable_from.eq(FROM_COLUMN) & built_from.eq(FROM_COLUMN) & rest.notna()
    to_build_from = to_build_from.mask(by_columns, FROM_COLUMN)
    area = areas_m2(parks.geometry, basis=area_basis)
    whole = developable.where(developable > 0)
    none = pd.Series(None, index=parks.index, dtype="str")
    table = pd.DataFrame(
        {
            "park_id": parks.index.astype("str"),
            "name": parks["name"].astype("str") if "name" in parks else none,
            "area_m2": area,
            "area_mu": m2_to_mu(area),
            "industrial_m2": inside["industrial_m2"],
            "developable_m2": developable,
            "developable_from": developable_from,
            "built_m2": built,
            "built_from": built_from,
            "to_build_m2": to_build,
            "to_build_from": to_build_from,
            "built_share": built / whole,
            "to_build_share": to_build / whole,
        },
        index=parks.index,
    )
    shapes = gpd.GeoSeries(parks.geometry.to_numpy(), crs=parks.crs)
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=shapes, crs=parks.crs)


def _given(parks: gpd.GeoDataFrame, name: str, made: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Areas of a column, else those made of the parcels, and which of the two each is."""
    own = pd.Series(numbers(parks, name), index=parks.index)
    area = own.fillna(made)
    source = np.where(own.notna(), FROM_COLUMN, np.where(area.notna(), FROM_PARCELS, ""))
    return area, pd.Series(source, index=parks.index, dtype="str")


def _judged(parks: gpd.GeoDataFrame, *, rules: RuleSet) -> list[dict[str, object]]:
    """Every park held against the rules on built-up land and on land to be built on."""
    return [
        held(
            rules[rule_id],
            park[f"{measure}_share"],
            topic="parks",
            subject=f"park:{park['park_id']}",
            numerator=park[f"{measure}_m2"],
            denominator_value=park["developable_m2"],
        )
        for park in parks.drop(columns=parks.geometry.name).to_dict("records")
        for measure, rule_ids in HELD.items()
        for rule_id in rule_ids
    ]
