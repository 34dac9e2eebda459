"""Ownership: into how many pieces the land of each owner is split, and how unequal they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.names import comparable
from gisland.base.units import HA_M2
from gisland.measure.totals import by_pair, totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def owner_measures(
    group: Ints, piece: Ints, owner: Ints, *, area_m2: Floats, land_m2: Floats
) -> dict[str, Floats]:
    """Ownership measures of groups of land.

    What an owner has in one piece is one plot of his, however many rows it comes in. Each measure
    of an owner looks at his plots inside the group alone, with areas a1 to an:

    - plots n, at least 1;
    - Simpson's index 1 - sum(a²) / (sum a)², 0 (one plot) up to, not including, 1: Simpson, E. H.
      (1949), Measurement of diversity, Nature 163, 688; of plots of a farm: Blarel, B., Hazell, P.,
      Place, F., Quiggin, J. (1992), The economics of farm fragmentation, World Bank Economic
      Review 6, 233-254;
    - Januszewski's index sqrt(sum a) / sum(sqrt a), above 0, at most 1 (one plot), at least
      1 / sqrt(n): Januszewski, J. (1968), Index of land consolidation as a criterion of the degree
      of concentration, Geographia Polonica 14, 291-296.

    Parameters
    ----------
    group
        Group of each row, 0 up to the number of groups, (n,).
    piece
        Piece that the row lies in, at least 0, (n,).
    owner
        Owner of the row, at least 0; -1 where it is not known, (n,).
    area_m2
        Land of the row in square metres, above 0, (n,). Sums are in the order of the rows.
    land_m2
        All land of each group, (g,).

    Returns
    -------
    dict of str to numpy.ndarray
        (g,) each: ``owners``; ``owners_per_ha`` of `land_m2`; ``parcels_per_owner``,
        ``owner_simpson`` and ``owner_januszewski``, means over the owners; ``without_owner``, rows
        whose owner is not known. Missing, but for the last, where no row of a group has an owner.

    Examples
    --------
    >>> one, land = np.zeros(3, dtype=np.int64), np.array([20_000.0])
    >>> area = np.array([400.0, 100.0, 50.0])
    >>> found = owner_measures(
    ...     one, np.arange(3), np.array([0, 0, 1]), area_m2=area, land_m2=land
    ... )
    >>> {name: value.round(4).item() for name, value in found.items()}
    {'owners': 2.0, 'owners_per_ha': 1.0, 'parcels_per_owner': 1.5, 'owner_simpson': 0.16, \
'owner_januszewski': 0.8727, 'without_owner': 0.0}
    """
    groups = len(land_m2)
    known = owner >= 0
    without = totals(group[~known], groups=groups)
    group, piece, owner, area_m2 = group[known], piece[known], owner[known], area_m2[known]
    held, holder = by_pair(group, owner)
    plots, part = by_pair(holder, piece)
    area = totals(part, area_m2, groups=len(plots))
    group, holder = held[:, 0], plots[:, 0]
    whole, squares, roots = (
        totals(holder, values, groups=len(held)) for values in (area, area**2, np.sqrt(area))
    )
    owners = totals(group, groups=groups)
    owners[owners == 0] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        indices = {
            "parcels_per_owner": totals(holder, groups=len(held)),
            "owner_simpson": 1 - squares / whole**2,
            "owner_januszewski": np.sqrt(whole) / roots,
        }
        dense = owners / (land_m2 / HA_M2)
    means = {name: totals(group, v, groups=groups) / owners for name, v in indices.items()}
    return {"owners": owners, "owners_per_ha": dense, **means, "without_owner": without}


def owner_numbers(names: pd.Series) -> Ints:
    """Number of each owner, whatever the spelling of the names.

    Parameters
    ----------
    names
        Texts; missing ones are allowed.

    Returns
    -------
    numpy.ndarray
        From 0 on, in the order in which owners come first; -1 where there is none.

    Examples
    --------
    >>> owner_numbers(pd.Series(["乙厂", None, "甲厂", "乙厂 "])).tolist()
    [0, -1, 1, 0]
    """
    return pd.factorize(comparable(names))[0].astype(np.int64)
