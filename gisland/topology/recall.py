"""How much of the borders of a layer the tolerance finds, and whether it is well chosen."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisland.base.errors import TableError
from gisland.base.glance import Glance
from gisland.topology.boundary import nearest_stretches, require_boundary

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.topology.boundary import Boundary
    from gisland.topology.segments import Floats

MISSED_TOLERANCES = 10.0  # neighbors up to so far away may have been missed
FAR_TOLERANCES = 30.0  # up to here a better tolerance is looked for
CLEAR_FACTOR = 3.0  # no neighbors between a good tolerance and so many times as much
CLEAR_SHARE = 0.001  # but for this share of all borders


@dataclass(frozen=True, repr=False)
class Recall(Glance):
    """What the tolerance found of the borders of a layer, in metres of border.

    Attributes
    ----------
    tolerance_m
        The tolerance in use.
    exact_m
        Borders along which the two boundaries coincide.
    tolerant_m
        Borders that exist only thanks to the tolerance.
    missed_m
        Free boundary with a neighbor running along it within 10 tolerances.
    distance_mean_m, distance_max_m
        Mean and largest distance of the two boundaries along the tolerant borders.
    suggested_tolerance_m
        The tolerance itself if hardly any neighbor (0.1 % of all borders) lies between it and
        three times as much; else the smallest larger one of which that is true, up to ten times
        the tolerance; None if there is none.
    narrow_share
        Share of the parcels that are on the mean narrower than two tolerances (2 A / P), so that
        what lies on either side of them may seem to touch; 0 to 1.
    """

    tolerance_m: float
    exact_m: float
    tolerant_m: float
    missed_m: float
    distance_mean_m: float
    distance_max_m: float
    suggested_tolerance_m: float | None
    narrow_share: float

    def _glance(self) -> dict[str, object]:
        share, better = self.recall, self.suggested_tolerance_m
        return {
            "recall": "" if share is None else f"{share:.4%} of the border length",
            "exact": f"{self.exact_m:,.2f} m",
            "tolerant": f"{self.tolerant_m:,.2f} m, at most {self.distance_max_m:.3f} m apart",
            "missed": f"{self.missed_m:,.2f} m",
            "tolerance": f"{self.tolerance_m} m",
            "suggested": "none" if better is None else f"{better:g} m",
            "narrow parcels": f"{self.narrow_share:.2%}",
        }

    @property
    def recall(self) -> float | None:
        """Share of all border that was found, if every neighbor within 10 tolerances is one.

        Returns
        -------
        float or None
            0 to 1; None where no parcel has a neighbor.

        Examples
        --------
        >>> Recall(0.05, 80.0, 10.0, 10.0, 0.02, 0.04, 0.05, 0).recall
        0.9
        """
        found = self.exact_m + self.tolerant_m
        return found / (found + self.missed_m) if found + self.missed_m else None

    @property
    def doubtful(self) -> bool:
        """Whether another tolerance should be tried.

        Returns
        -------
        bool
            True if another one is suggested, or none can be, or above 0.1 % of the parcels are
            narrow.

        Examples
        --------
        >>> Recall(0.05, 80.0, 10.0, 10.0, 0.02, 0.04, 0.12, 0).doubtful
        True
        """
        return self.suggested_tolerance_m != self.tolerance_m or self.narrow_share > CLEAR_SHARE

    def as_record(self) -> dict[str, float | None]:
        """The numbers by name, with the recall, for the record of a run.

        Returns
        -------
        dict
            Rounded to six decimals, the recall down.

        Examples
        --------
        >>> Recall(0.05, 80.0, 10.0, 10.0, 0.02, 0.04, 0.12, 0.0).as_record()["recall"]
        0.9
        """
        numbers = {**dataclasses.asdict(self), "recall": self.recall}
        record = {name: v if v is None else round(v, 6) for name, v in numbers.items()}
        if self.recall is not None:  # never told as larger than it is
            record["recall"] = math.floor(self.recall * 1e6) / 1e6
        return record


def recall(boundary: Boundary, parcels: gpd.GeoDataFrame) -> Recall:
    """Tell how much border was found exactly, by the tolerance, and perhaps not at all.

    Parameters
    ----------
    boundary
        From `trace`.
    parcels
        The parcels that it was traced from.

    Returns
    -------
    Recall
        Lengths in metres of border, each counted once for its two sides.

    Raises
    ------
    TableError
        If `boundary` is not from `trace`, or parcels that were traced are missing.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.topology.boundary import trace
    >>> shapes = [box(0, 0, 30, 20), box(30, 0, 60, 20), box(0, 20.1, 60, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> found = recall(trace(lots, tolerance_m=0.05), lots)
    >>> found.exact_m, round(found.missed_m, 6), found.suggested_tolerance_m
    (20.0, 60.0, 0.11)
    """
    require_boundary(boundary)
    unknown = boundary.ids.difference(parcels.index)
    if len(unknown):
        raise TableError(
            "parcels: some that were traced are not among them",
            do="give the parcels that the boundary was traced from",
            ids=unknown,
        )
    tolerance_m, borders = boundary.tolerance_m, boundary.borders
    found_m, tolerant_m = (float(borders[name].sum()) / 2 for name in ("border_m", "tolerant_m"))
    between = float((borders["tolerant_m"] * borders["distance_mean_m"]).sum()) / 2
    length, distance = _missed(boundary, MISSED_TOLERANCES)
    suggested = _clear(length, distance, found_m, tolerances=MISSED_TOLERANCES, least_m=tolerance_m)
    if suggested is None:
        wider = _missed(boundary, FAR_TOLERANCES)
        suggested = _clear(*wider, found_m, tolerances=FAR_TOLERANCES, least_m=tolerance_m)
    shapes = parcels.geometry.loc[boundary.ids]
    narrow = 2 * shapes.area < 2 * tolerance_m * shapes.length
    return Recall(
        tolerance_m=tolerance_m,
        exact_m=found_m - tolerant_m,
        tolerant_m=tolerant_m,
        missed_m=float(length.sum()),
        distance_mean_m=between / tolerant_m if tolerant_m else 0.0,
        distance_max_m=float(borders["distance_max_m"].max()) if len(borders) else 0.0,
        suggested_tolerance_m=suggested,
        narrow_share=float(narrow.mean()) if len(narrow) else 0.0,
    )


def _missed(boundary: Boundary, tolerances: float) -> tuple[Floats, Floats]:
    """Length and distance of the neighbors along free boundary, each counted once for two sides."""
    reach_m = tolerances * boundary.tolerance_m
    near = nearest_stretches(boundary.free, left_m=reach_m, right_m=reach_m)
    order = np.argsort(near[:, 6], kind="stable")
    return (near[order, 3] - near[order, 2]) / 2, near[order, 6]


def _clear(
    length: Floats, distance: Floats, found_m: float, *, tolerances: float, least_m: float
) -> float | None:
    """Smallest tolerance beyond which there is hardly any neighbor up to three times as far."""
    total = np.concatenate([[0.0], np.cumsum(length)])
    tried = np.unique(_rounded_up(distance[distance > least_m]))
    tried = np.concatenate([[least_m], tried[tried * CLEAR_FACTOR <= tolerances * least_m]])
    within, beyond = (np.searchsorted(distance, tried * f, side="right") for f in (1, CLEAR_FACTOR))
    clear = total[beyond] - total[within] <= CLEAR_SHARE * (found_m + total[within])
    return float(tried[clear][0]) if clear.any() else None


def _rounded_up(values: Floats) -> Floats:
    """Next numbers of two digits above some lengths."""
    step = 10.0 ** (np.floor(np.log10(values)) - 1)
    return ((np.floor(values / step + 1e-6) + 1) * step).round(12)


def tolerance_findings(found: Recall) -> list[dict[str, object]]:
    """Warnings about a tolerance that another one might well replace.

    Parameters
    ----------
    found
        From `recall`.

    Returns
    -------
    list of dict
        Rows for ``schema.findings_frame``, of codes ``tolerance_small`` (the value is the
        suggestion), ``tolerance_unclear`` (the value is the length that may be missed) and
        ``tolerance_large`` (the value is the share of narrow parcels).

    Examples
    --------
    >>> tolerance_findings(Recall(0.05, 80.0, 10.0, 10.0, 0.02, 0.04, 0.12, 0.0))[0]["message"]
    '10.00 m of boundary has a neighbor beyond the tolerance of 0.05 m but within 0.5 m (10.00% \
of all borders); try tolerance_m = 0.12'
    """
    rows: list[dict[str, object]] = []
    tolerance_m, suggested = found.tolerance_m, found.suggested_tolerance_m
    if suggested != tolerance_m:
        told = (
            f"{found.missed_m:.2f} m of boundary has a neighbor beyond the tolerance of"
            f" {tolerance_m:g} m but within {MISSED_TOLERANCES * tolerance_m:g} m"
            f" ({1 - (found.recall or 0.0):.2%} of all borders)"
        )
        if suggested is None:
            more = "at all distances: no other tolerance is clearly better; look at the near"
            row = {"value": found.missed_m, "message": f"{told}, {more} misses and overlaps"}
        else:
            row = {"value": suggested, "message": f"{told}; try tolerance_m = {suggested:g}"}
        code = "tolerance_unclear" if suggested is None else "tolerance_small"
        rows.append({"code": code, "unit": "m", **row})
    if found.narrow_share > CLEAR_SHARE:
        told = (
            f"{found.narrow_share:.2%} of the parcels are narrower than two tolerances"
            f" ({2 * tolerance_m:g} m), so that what lies on either side may seem to touch;"
            " take a smaller tolerance_m"
        )
        value = {"value": found.narrow_share, "unit": "share", "message": told}
        rows.append({"code": "tolerance_large", **value})
    return [{"severity": "warning", "layer": "parcels", **row} for row in rows]
