"""Datums: their names, and what is done when data go from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gisland.base.projections import horizontal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisland.base.projections import Bounds

CGCS2000 = "CGCS2000"
WGS84 = "WGS 84"
# The old datums of China, and how far places on them lie from the same coordinates on CGCS2000,
# at most: from the published ranges of northing and easting; none is published for New Beijing.
OLD_CHINA: dict[str, float | None] = {
    "Beijing 1954": 105.0,  # 62 m and 84 m
    "Xian 1980": 127.0,  # 43 m and 119 m
    "New Beijing": None,
}
_NAMES = {"China 2000": CGCS2000, "Unknown based on WGS 84 ellipsoid": WGS84}
_WGS84 = "World Geodetic System 1984"
# Semi-major axis and inverse flattening of GRS80, CGCS2000 and WGS84: datums on these are centred
# on the Earth and agree within about 2 m.
_AXIS_M, _FLATTENING = 6_378_137.0, 298.2572
BALLPARK = "Ballpark"


@dataclass(frozen=True)
class Shift:
    """What is done to bring data from one datum to another.

    Parameters
    ----------
    old, new
        Names of the datums.
    method
        Names of the published transformations that are applied; empty if none is.
    accuracy_m
        As published, the worst; missing if it is not.
    possible_m
        How far off places may be at most if no shift is made; missing if it is not known.
    """

    old: str
    new: str
    method: str = ""
    accuracy_m: float | None = None
    possible_m: float | None = None


def datum_name(crs: CRS) -> str:
    """Short name of the datum of a CRS.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    str
        ``CGCS2000``, ``WGS 84`` (of any epoch), one of ``OLD_CHINA``, or the name of the geographic
        CRS on the datum.

    Examples
    --------
    >>> [datum_name(CRS(code)) for code in (4547, 4979, 2383, 4214, 3826)]
    ['CGCS2000', 'WGS 84', 'Xian 1980', 'Beijing 1954', 'TWD97']
    """
    flat = horizontal(crs)
    datum = str(flat.datum.name).replace("_", " ") if flat.datum else "unknown datum"
    if datum.startswith(_WGS84):
        return WGS84
    if datum in OLD_CHINA or datum in _NAMES:
        return _NAMES.get(datum, datum)
    geographic = str(flat.geodetic_crs.name) if flat.geodetic_crs else ""
    return datum if geographic in {"", "unknown"} else geographic


def datum_shift_between(old: CRS, new: CRS, bounds: Bounds) -> Shift | None:
    """What PROJ does to the datum when these data are reprojected.

    Datums centred on the Earth (CGCS2000, WGS84, ETRS89, NAD83 …) count as one: they agree within
    about 2 m, which is less than is published for most of them.

    Parameters
    ----------
    old, new
        CRS of the data, and the one that they are brought into.
    bounds
        West, south, east, north of the data in `old`.

    Returns
    -------
    Shift or None
        None where the datum does not change.

    Examples
    --------
    >>> datum_shift_between(CRS(2383), CRS(4547), (5e5, 3.4e6, 5.1e5, 3.41e6))
    Shift(old='Xian 1980', new='CGCS2000', method='', accuracy_m=None, possible_m=127.0)
    >>> datum_shift_between(CRS(4326), CRS(4547), (114.0, 30.0, 114.1, 30.1)) is None
    True
    """
    names = datum_name(old), datum_name(new)
    if names[0] == names[1] or (_geocentric(old) and _geocentric(new)):
        return None
    used = _operations(old, new, bounds)
    steps = [step for description, _ in used for step in description.split(" + ")]
    if not used or any(_is_ballpark(step, (old, new)) for step in steps):
        return Shift(*names, possible_m=_possible_m(old, new))
    made = dict.fromkeys(s for s in steps if " to " in s and BALLPARK not in s)
    accuracies = [accuracy for _, accuracy in used]
    stated = max(accuracies) if min(accuracies) >= 0 else None
    return Shift(*names, method=", ".join(made) or "its own parameters", accuracy_m=stated)


def _geocentric(crs: CRS) -> bool:
    ellipsoid = horizontal(crs).ellipsoid
    return bool(
        ellipsoid
        and abs(ellipsoid.semi_major_metre - _AXIS_M) < 0.5  # noqa: PLR2004 - metres
        and abs(ellipsoid.inverse_flattening - _FLATTENING) < 0.001  # noqa: PLR2004
    )


def _is_ballpark(step: str, systems: Sequence[CRS]) -> bool:
    """Whether a step takes the datum of a system that is not centred on the Earth as another."""
    local = [horizontal(c).geodetic_crs for c in systems if not _geocentric(c)]
    return BALLPARK in step and any(c is not None and c.name in step for c in local)


def _possible_m(*systems: CRS) -> float | None:
    known = [0.0 if _geocentric(c) else OLD_CHINA.get(datum_name(c)) for c in systems]
    return sum(k for k in known if k is not None) if None not in known else None


def _operations(old: CRS, new: CRS, bounds: Bounds) -> list[tuple[str, float]]:
    """Description and accuracy of the operations used over the data: PROJ chooses by place."""
    west, south, east, north = bounds
    x, y = np.meshgrid(np.linspace(west, east, 3), np.linspace(south, north, 3))
    used = set()
    try:
        way = Transformer.from_crs(old, new, always_xy=True)
        for place in zip(x.ravel(), y.ravel(), strict=True):
            way.transform(*place)
            operation = way.get_last_used_operation()
            used.add((str(operation.description), float(operation.accuracy)))
    except ProjError:
        return []
    return sorted(used)
