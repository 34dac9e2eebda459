"""Densities of single parcels: FAR, coverage, green ratio, storeys, money and jobs per mu."""

from __future__ import annotations

import pandas as pd

from gisland.base.guards import require_columns
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

    Nothing is clipped: impossible values stay visible.

    Parameters
    ----------
    parcels
        With ``area_m2`` (m²) and, where known, ``floor_area_m2``, ``counted_floor_area_m2`` (计容
        建筑面积), ``above_floor_m2``, ``footprint_m2`` and ``green_m2`` (m²), ``tax_yuan``,
        ``output_yuan`` and ``investment_yuan`` (yuan), and ``jobs`` (a number).

    Returns
    -------
    pandas.DataFrame
        On the index of `parcels`, all at least 0: ``floor_m2``, the floor area that counts, m²;
        ``far`` (容积率), that over the land: counted floor area if it is known for as many
        parcels, else actual; ``far_actual``, whole floor area over land; ``coverage``
        (建筑密度), footprint over land, and ``green_ratio`` (绿地率), green area over land, shares
        of 1; ``mean_storeys``, floor area above ground (whole floor area, if that is known for
        more parcels) over footprint; ``tax_yuan_per_mu``, ``output_yuan_per_mu``,
        ``investment_yuan_per_mu`` and ``jobs_per_mu``, over land in mu (亩). Missing where not
        known or where the denominator is 0; a column is absent where the layer has no such data.

    Raises
    ------
    TableError
        If it is no table, or has no ``area_m2``.

    References
    ----------
    Counted floor area over land: 工业项目建设用地控制指标, formula of 容积率.

    Examples
    --------
    The works of 6.3 ha with a floor area of 47 800 m², on a fifth of it:

    >>> lot = {"area_m2": [63000.0], "floor_area_m2": [47800.0], "footprint_m2": [12600.0]}
    >>> parcel_densities(pd.DataFrame(lot))[["far", "coverage", "mean_storeys"]].round(2)
        far  coverage  mean_storeys
    0  0.76       0.2          3.79
    """
    require_columns(parcels, ["area_m2"], what="parcels")
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
