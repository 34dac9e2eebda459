"""Densities of single parcels: FAR, coverage, green ratio, storeys, money and jobs per mu."""

from __future__ import annotations

import pandas as pd

from gisland.measure.ratios import coverage, far, per_mu, share

FAR_FLOORS = ("counted_floor_area_m2", "floor_area_m2")
STOREY_FLOORS = ("above_floor_m2", "floor_area_m2")
PER_MU = {f"{name}_per_mu": name for name in ("tax_yuan", "output_yuan", "investment_yuan", "jobs")}


def better_known(parcels: pd.DataFrame, columns: tuple[str, ...]) -> str | None:
    """Column that is known for most parcels; two columns are never mixed.

    Parameters
    ----------
    parcels
        Parcel table.
    columns
        Names to choose from, of equals the first.

    Returns
    -------
    str or None
        Column name; None if none of them is known for any parcel.

    Examples
    --------
    >>> lots = pd.DataFrame({"floor_area_m2": [1.0, 2.0], "above_floor_m2": [1.0, None]})
    >>> better_known(lots, ("above_floor_m2", "floor_area_m2"))
    'floor_area_m2'
    """
    names = [name for name in columns if name in parcels]
    known = [int(parcels[name].notna().sum()) for name in names]
    return names[known.index(max(known))] if any(known) else None


def floor_column(parcels: pd.DataFrame) -> str | None:
    """Column whose floor area FAR is taken from: the one known for more parcels, counted if equal.

    Parameters
    ----------
    parcels
        Parcel table.

    Returns
    -------
    str or None
        Column name; None if no floor area is known at all.

    Examples
    --------
    >>> floor_column(pd.DataFrame({"floor_area_m2": [1.0], "counted_floor_area_m2": [None]}))
    'floor_area_m2'
    """
    return better_known(parcels, FAR_FLOORS)


def parcel_densities(parcels: pd.DataFrame) -> pd.DataFrame:
    """FAR, coverage, green ratio, mean storeys, money and jobs per mu of every parcel.

    FAR = floor area / land area (counted floor area if it is known for as many parcels, else
    actual); actual FAR = whole floor area / land area; coverage = footprint / land area; green
    ratio = green area / land area; mean storeys = floor area above ground (whole floor area, if
    that is known for more parcels) / footprint; tax, output, investment and jobs are per mu of
    land. Nothing is clipped: impossible values stay
    visible.

    Parameters
    ----------
    parcels
        With ``area_m2`` and, where known, floor areas, ``footprint_m2``, ``green_m2``,
        ``tax_yuan``, ``output_yuan``, ``investment_yuan`` and ``jobs``.

    Returns
    -------
    pandas.DataFrame
        ``floor_m2`` (the floor area counted), ``far``, ``far_actual``, ``coverage``,
        ``green_ratio``, ``mean_storeys``, ``tax_yuan_per_mu``, ``output_yuan_per_mu``,
        ``investment_yuan_per_mu``, ``jobs_per_mu`` on the caller's index; missing where not known
        or where the denominator is 0; a column is absent where the layer has no such data.

    Examples
    --------
    >>> lot = pd.DataFrame({"area_m2": [63000.0], "floor_area_m2": [47800.0]})
    >>> parcel_densities(lot)["far"].round(2).item()
    0.76
    """
    found: dict[str, pd.Series] = {}
    land = _positive(parcels["area_m2"])
    column, storeys = floor_column(parcels), better_known(parcels, STOREY_FLOORS)
    if column:
        found["floor_m2"] = parcels[column]
        found["far"] = far(parcels[column], land)
    if "floor_area_m2" in parcels:
        found["far_actual"] = far(parcels["floor_area_m2"], land)
    if "footprint_m2" in parcels:
        found["coverage"] = coverage(parcels["footprint_m2"], land)
    if "green_m2" in parcels:
        found["green_ratio"] = share(parcels["green_m2"], land)
    if storeys and "footprint_m2" in parcels:
        found["mean_storeys"] = parcels[storeys] / _positive(parcels["footprint_m2"])
    found |= {ratio: per_mu(parcels[of], land) for ratio, of in PER_MU.items() if of in parcels}
    return pd.DataFrame(found, index=parcels.index)


def _positive(values: pd.Series) -> pd.Series:
    return values.where(values > 0)
