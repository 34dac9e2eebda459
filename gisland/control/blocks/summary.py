"""What stands and who holds land in each block: sums, ratios and lists of parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.crs import areas_m2
from gisland.base.names import comparable
from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu
from gisland.control.blocks.inside import is_classified, is_industrial, is_new_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet
    from gisland.control.blocks.inside import Inside

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

TENURES = {"state_m2": "state", "collective_m2": "collective"}


def summary(inside: Inside, *, rules: RuleSet, area_basis: str) -> pd.DataFrame:
    """Numbers of each block and of all blocks together.

    Parameters
    ----------
    inside
        Parcels laid over the blocks; of the parcels ``use_code``, ``owner``, ``tenure``,
        ``low_use``, ``floor_m2`` and ``footprint_m2`` are looked at where they are there.
    rules
        For ``block_line.m0_uses``.
    area_basis
        ``plane`` or ``ellipsoidal``, for the areas of the blocks.

    Returns
    -------
    pandas.DataFrame
        By block id, the last row ``overall``; areas in m². ``parcels`` and all counts of parcels
        are land of which more than 1 % lies inside. Numbers whose column the parcels lack are
        missing; so is floor area (and a footprint) as soon as one of these parcels has none.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.rules import load_rules
    >>> from gisland.control.blocks.inside import lay_inside
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": 100.0, "use_class": ["industrial", None], "floor_m2": [90.0, 60.0]},
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)],
    ...     crs=4547,
    ... )
    >>> line = gpd.GeoDataFrame(geometry=[box(0, 0, 15, 10)], index=["L"], crs=4547)
    >>> found = summary(lay_inside(lots, line), rules=load_rules("common"), area_basis="plane")
    >>> found.loc["L", ["land_m2", "classified_m2", "parcels", "floor_m2", "far"]].tolist()
    [150.0, 100.0, 2.0, 120.0, 0.8]
    """
    lots = inside.parcels
    area = numbers(lots, "area_m2")
    of_land = is_land(lots).to_numpy("bool")
    m0 = is_new_type(lots, rules=rules)
    land = inside.amount(np.where(of_land, area, 0.0))
    counted = inside.counts & of_land[inside.parcel]
    block_m2 = areas_m2(inside.shapes, basis=area_basis).to_numpy("float64", copy=True)
    block_m2[-1:] = np.nan_to_num(block_m2[-1:])  # the area of no block at all
    industrial = inside.amount(np.where(is_industrial(lots), area, 0.0))
    return pd.DataFrame(
        {
            "area_m2": block_m2,
            "area_mu": m2_to_mu(block_m2),
            "land_m2": land,
            "parcels": inside.count(counted),
            "classified_m2": inside.amount(np.where(is_classified(lots), area, 0.0)),
            "industrial_m2": industrial,
            "m0_m2": np.nan if m0 is None else inside.amount(np.where(m0, area, 0.0)),
            **_holders(inside, area, of_land, counted=counted),
            **_low_use(inside, area, of_land, counted=counted, land_m2=land),
            **_built(inside, of_land, counted=counted, land_m2=land),
            **_lists(inside),
        },
        index=inside.names,
    )


def over(part: Floats, whole: Floats) -> Floats:
    """Part of a whole, missing where the whole is nothing.

    Parameters
    ----------
    part, whole
        In the same unit, (n,).

    Returns
    -------
    numpy.ndarray
        (n,).

    Examples
    --------
    >>> over(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _holders(
    inside: Inside, area: Floats, of_land: NDArray[np.bool_], *, counted: NDArray[np.bool_]
) -> dict[str, object]:
    """Distinct owners, parcels without one, and land by tenure."""
    lots = inside.parcels
    found: dict[str, object] = {"owners": _none(inside), "without_owner": _none(inside)}
    if "owner" in lots:
        code, _ = pd.factorize(comparable(lots["owner"]))
        known = counted & (code[inside.parcel] >= 0)
        pairs = np.unique(inside.group[known] * (len(lots) + 1) + code[inside.parcel[known]])
        owners = np.bincount(pairs // (len(lots) + 1), minlength=inside.groups)
        found |= {"owners": _whole(owners), "without_owner": _whole(inside.count(counted & ~known))}
    for name, tenure in TENURES.items():
        found[name] = np.nan
        if "tenure" in lots:
            held = of_land & (lots["tenure"] == tenure).fillna(value=False).to_numpy("bool")
            found[name] = inside.amount(np.where(held, area, 0.0))
    return found


def _low_use(
    inside: Inside,
    area: Floats,
    of_land: NDArray[np.bool_],
    *,
    counted: NDArray[np.bool_],
    land_m2: Floats,
) -> dict[str, object]:
    """Land of low use; missing where no parcel at all was assessed, as without the column."""
    lots = inside.parcels
    if "low_use" not in lots or lots["low_use"].isna().all():
        return {"low_use_parcels": _none(inside), "low_use_m2": np.nan, "low_use_share": np.nan}
    low = of_land & lots["low_use"].astype("boolean").fillna(value=False).to_numpy("bool")
    low_m2 = inside.amount(np.where(low, area, 0.0))
    return {
        "low_use_parcels": _whole(inside.count(counted & low[inside.parcel])),
        "low_use_m2": low_m2,
        "low_use_share": over(low_m2, land_m2),
    }


def _built(
    inside: Inside, of_land: NDArray[np.bool_], *, counted: NDArray[np.bool_], land_m2: Floats
) -> dict[str, object]:
    """Floor area and footprint inside, missing where a parcel that counts lacks its own."""
    amounts, without = {}, {}
    for name in ("floor_m2", "footprint_m2"):
        own = np.where(of_land, numbers(inside.parcels, name), 0.0)
        lacking = inside.count(counted & np.isnan(own)[inside.parcel])
        known = (lacking == 0) & (name in inside.parcels)
        amounts[name] = np.where(known, inside.amount(own), np.nan)
        without[name] = _whole(lacking) if name in inside.parcels else _none(inside)
    return {
        "without_floor": without["floor_m2"],
        "floor_m2": amounts["floor_m2"],
        "far": over(amounts["floor_m2"], land_m2),
        "footprint_m2": amounts["footprint_m2"],
        "coverage": over(amounts["footprint_m2"], land_m2),
    }


def _lists(inside: Inside) -> dict[str, object]:
    """Parcels that a line cuts, and those of other use inside."""
    group, parcel = (
        inside.group[inside.cut & inside.single],
        inside.parcel[inside.cut & inside.single],
    )
    # a line between two blocks cuts a parcel that lies wholly in their union
    every = np.unique(parcel)
    group = np.concatenate([group, np.full(len(every), len(inside.blocks))])
    parcel = np.concatenate([parcel, every])
    other = is_classified(inside.parcels) & ~is_industrial(inside.parcels)
    within = inside.counts & other[inside.parcel]
    return {
        "parcels_cut": np.bincount(group, minlength=inside.groups),
        "cut_ids": inside.ids(group, parcel),
        "other_use_ids": inside.ids(inside.group[within], inside.parcel[within]),
    }


def _whole(values: Ints) -> pd.api.extensions.ExtensionArray:
    return pd.array(values, dtype="Int64")


def _none(inside: Inside) -> pd.api.extensions.ExtensionArray:
    return pd.array([None] * inside.groups, dtype="Int64")
