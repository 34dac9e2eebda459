"""Density surfaces: FAR, coverage and tax per mu on a grid, before, after and the difference."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage

from gisland.base.guards import require_columns, require_layer
from gisland.base.keys import aligned
from gisland.base.schema import MERGED_ROLES, usable
from gisland.base.surfaces import MEASURES, Surface
from gisland.base.units import m2_to_mu
from gisland.measure.grids.gridding import Grid, Shares, grid_around, shares_in_cells
from gisland.measure.ratios import floor_at_far

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters

    Floats = NDArray[np.float64]

MOST_CELLS = 4_000_000
AMOUNTS = {"far": "floor_m2", "coverage": "footprint_m2", "tax_per_mu": "tax_yuan"}
UNITS = {"far": "ratio", "coverage": "share", "tax_per_mu": "yuan/mu"}
REACH = 4.0  # bandwidths beyond which the Gaussian is cut off
LEAST_SHARE = 0.2  # of a cell that smoothed land must fill there, or nothing is said of it
STEPS = (1, 2, 5)  # of cells that are proposed


class _Spread(NamedTuple):
    """Amount and known land in each cell, (rows, columns), and where a value is told."""

    amount: Floats
    land: Floats
    told: NDArray[np.bool_]


@dataclass(frozen=True)
class _Parcels:
    """Parcels on their grid, in the order of their ids."""

    grid: Grid
    shares: Shares
    area_m2: Floats
    site: NDArray[np.int64]  # number of the site that they merge to, -1 for none
    planned_far: Floats


def density_surfaces(
    parcels: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    *,
    planned_far: pd.Series,
    parameters: Parameters,
) -> tuple[tuple[Surface, ...], str]:
    """FAR, coverage and tax per mu on a grid, each cell by the exact share of each parcel in it.

    Amounts of a parcel are spread evenly over it; so is its land, ``area_m2`` in the basis of the
    run. After the merge, what the parcels of a site have is spread evenly over all of their land
    for which it is known; where a FAR is planned, their floor area is that FAR times their land,
    and is counted floor area whatever the one before is. A cell's value is amount / land, both of
    the parcels whose amount is known: what is not known is no zero. The amounts of a grid add up
    to those of its parcels, and so does the land, to rounding.

    Smoothed surfaces spread amount and land by the same Gaussian, reflected at the edges of the
    grid, so that the totals stay; their value is the ratio of the two, and missing where less
    than `LEAST_SHARE` of a cell is land by then and none was before.

    Parameters
    ----------
    parcels
        Indexed by ``parcel_id``, in a metric CRS, with ``area_m2`` and, where known,
        ``floor_m2``, ``footprint_m2`` and ``tax_yuan``; m² and yuan. Parcels without valid
        polygon take no part.
    lineage
        ``parcel_id``, ``after_id`` and ``role`` of every parcel; of ``site`` and ``absorbed``
        ones ``after_id`` is the site.
    planned_far
        FAR after by site id, at least 0; missing where the existing floor area stays.
    parameters
        ``cell_m``, side of a cell in metres (default 50; 0: no surfaces), and ``smooth_m``,
        standard deviation of the Gaussian in metres (default 100; 0: none smoothed).

    Returns
    -------
    surfaces : tuple of Surface
        By measure: ``far`` (a ratio), ``coverage`` (share, 0 to 1 unless the data are wrong) and
        ``tax_per_mu`` (yuan per mu), each with the amount (m² or yuan) and the land (m²) in every
        cell; as they are, then smoothed; before, after, difference. A measure of which nothing is
        known is left out, and without a site there is only ``before``. The difference is after less
        before, where both are known, and its land that known both times.
    reason : str
        Why there are none; empty if there are.

    Raises
    ------
    TableError, GeometryError
        If it is no table, or columns or the geometry are missing.
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [5000.0], "floor_m2": [2500.0]},
    ...     geometry=[box(0, 0, 100, 50)],
    ...     index=pd.Index(["a"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> kept = pd.DataFrame({"parcel_id": ["a"], "after_id": ["a"], "role": ["kept"]})
    >>> made, _ = density_surfaces(
    ...     lots, kept, planned_far=pd.Series(dtype=float), parameters=Parameters(smooth_m=0.0)
    ... )
    >>> made, made[0].value.tolist()
    ((Surface(far_before, 1 x 2 cells of 50 m),), [[0.5, 0.5]])
    """
    require_layer(parcels, ["area_m2"], what="parcels")
    require_columns(lineage, ["parcel_id", "after_id", "role"], what="lineage")
    if not parameters.cell_m:
        return (), "cell_m is 0"
    drawn = _drawn(parcels)
    held = _amounts(drawn)
    if not held:
        return (), "no floor area, footprint or tax"
    shapes = drawn.geometry.to_numpy()
    grid = grid_around(shapes, cell_m=parameters.cell_m)
    if grid.cells > MOST_CELLS:
        most = f"{MOST_CELLS:,}".replace(",", " ")
        would = _wide_enough(shapes, cell_m=parameters.cell_m)
        return (), f"more than {most} cells: cell_m = {would:.12g} would do"
    lots = _on_grid(drawn, grid, lineage=lineage, planned_far=planned_far)
    made: list[Surface] = []
    for measure, amount in held.items():
        known = amount.to_numpy(dtype="float64", na_value=np.nan)
        for smooth_m in dict.fromkeys((0.0, parameters.smooth_m)):
            made += _surfaces(measure, known, lots, smooth_m=smooth_m)
    return tuple(made), ""


def _amounts(parcels: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Amounts of which something is known, by measure."""
    named = {m: AMOUNTS[m] for m in MEASURES if AMOUNTS[m] in parcels}
    return {m: parcels[name] for m, name in named.items() if parcels[name].notna().any()}


def _drawn(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels that have land and a place, sorted by id: sums must not depend on the order."""
    placed = usable(parcels.geometry) & (parcels.geometry.area > 0) & (parcels["area_m2"] > 0)
    return parcels[placed.to_numpy()].sort_index()


def _wide_enough(shapes: NDArray[np.object_], *, cell_m: float) -> float:
    """Smallest round side of cells that are few enough."""
    power = math.floor(math.log10(cell_m))
    sides = (step * 10.0**p for p in itertools.count(power) for step in STEPS)
    return next(
        side
        for side in sides
        if side > cell_m and grid_around(shapes, cell_m=side).cells <= MOST_CELLS
    )


def _on_grid(
    drawn: gpd.GeoDataFrame, grid: Grid, *, lineage: pd.DataFrame, planned_far: pd.Series
) -> _Parcels:
    merged = lineage[lineage["role"].isin(MERGED_ROLES)].set_index("parcel_id")["after_id"]
    site_id = aligned(merged, drawn.index)
    number, _ = pd.factorize(site_id, sort=True)
    far = np.asarray(site_id.map(planned_far), dtype=np.float64)
    return _Parcels(
        grid,
        shares_in_cells(drawn.geometry.to_numpy(), grid),
        drawn["area_m2"].to_numpy(dtype="float64"),
        number,
        far,
    )


def _surfaces(measure: str, amount: Floats, lots: _Parcels, *, smooth_m: float) -> list[Surface]:
    """Before and, if anything merges, after and the difference."""
    cell_m, unit = lots.grid.cell_m, UNITS[measure]

    def made(when: str, value: Floats, spread: _Spread) -> Surface:
        place = (lots.grid.west, lots.grid.north, cell_m)
        return Surface(measure, when, smooth_m, value, spread.amount, spread.land, *place, unit)

    def spread(of: Floats) -> _Spread:
        found = _on_cells(of, lots)
        return _smoothed(found, smooth_m, cell_m=cell_m) if smooth_m else found

    before = spread(amount)
    first = made("before", _value(before, unit), before)
    if (lots.site < 0).all():
        return [first]
    later = _after(amount, lots, planned=measure == "far")
    after = spread(later)
    last = made("after", _value(after, unit), after)
    both = spread(np.where(np.isnan(amount), np.nan, later))
    change = both._replace(amount=after.amount - before.amount)
    return [first, last, made("difference", last.value - first.value, change)]


def _on_cells(amount: Floats, lots: _Parcels) -> _Spread:
    """Amounts and land of the parcels whose amount is known, by cell."""
    shares, shape = lots.shares, (lots.grid.rows, lots.grid.columns)
    known = ~np.isnan(amount)

    def summed(of: Floats) -> Floats:
        pieces = np.where(known, of, 0.0)[shares.parcel] * shares.share
        sums = np.bincount(shares.cell, weights=pieces, minlength=lots.grid.cells)
        return np.asarray(sums, dtype=np.float64).reshape(shape)

    land = summed(lots.area_m2)
    return _Spread(summed(amount), land, land > 0)


def _after(amount: Floats, lots: _Parcels, *, planned: bool) -> Floats:
    """Amounts after: what a site has, evenly over its land; of floor area the planned one."""
    inside = (lots.site >= 0) & ~np.isnan(amount)
    site, land = lots.site[inside], lots.area_m2[inside]
    whole = np.bincount(site, weights=amount[inside])
    later = amount.copy()
    later[inside] = whole[site] / np.bincount(site, weights=land)[site] * land
    if planned:
        floor = floor_at_far(lots.planned_far, lots.area_m2)
        later = np.where(np.isnan(floor), later, floor)
    return later


def _smoothed(spread: _Spread, smooth_m: float, *, cell_m: float) -> _Spread:
    """Amount and land under the same Gaussian; mirrored at the edges, so that none is lost."""
    amount, land = (
        ndimage.gaussian_filter(grid, smooth_m / cell_m, mode="reflect", truncate=REACH)
        for grid in (spread.amount, spread.land)
    )
    return _Spread(amount, land, spread.told | (land >= LEAST_SHARE * cell_m**2))


def _value(spread: _Spread, unit: str) -> Floats:
    land = m2_to_mu(spread.land) if unit == "yuan/mu" else spread.land
    return np.divide(spread.amount, land, out=np.full(land.shape, np.nan), where=spread.told)
