"""Density surfaces: grids of amounts on land, before, after and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEASURES = ("far", "coverage", "tax_per_mu")
WHEN = ("before", "after", "difference")


@dataclass(frozen=True, eq=False, repr=False)
class Surface:
    """One grid: rows from north to south, columns from west to east.

    Parameters
    ----------
    measure
        One of ``MEASURES``.
    when
        One of ``WHEN``.
    smooth_m
        Bandwidth of the smoothing, 0 for none.
    value
        Ratio of amount and land in each cell, in `unit`; NaN where nothing is known. Of a
        difference, after less before.
    amount
        Floor area or footprint in m², or tax in yuan, in each cell; 0 where there is none.
    land
        Square metres of land in each cell whose amount is known.
    west, north
        Corner of the grid, metres in the CRS of the run; multiples of `cell_m`.
    cell_m
        Side of a cell.
    unit
        ``ratio``, ``share`` or ``yuan/mu``.
    """

    measure: str
    when: str
    smooth_m: float
    value: NDArray[np.float64]
    amount: NDArray[np.float64]
    land: NDArray[np.float64]
    west: float
    north: float
    cell_m: float
    unit: str

    @property
    def name(self) -> str:
        """Name of the file without its ending, such as ``far_before`` or ``far_before_smooth``."""
        return f"{self.measure}_{self.when}{'_smooth' if self.smooth_m else ''}"

    def __repr__(self) -> str:
        rows, columns = self.value.shape
        return f"Surface({self.name}, {rows} x {columns} cells of {self.cell_m:g} m)"
