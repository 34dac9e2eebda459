"""Indicators before and after, each with its unit and denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.names import comparable
from gisland.base.units import m2_to_mu

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("subject", "indicator", "before", "after", "delta", "unit", "denominator")
RATES = {"tax_per_mu": "tax_yuan", "output_per_mu": "output_yuan"}
RATES |= {"investment_per_mu": "investment_yuan"}
HELD = (  # columns that are measured, beside the area
    *("owner", "floor_m2", "floor_area_m2", "counted_floor_area_m2", "footprint_m2", "green_m2"),
    *RATES.values(),
)
UNITS = {
    "parcels": ("count", ""),
    "owners": ("count", ""),
    "land_area": ("m2", ""),
    "floor_area": ("m2", ""),
    "counted_floor_area": ("m2", ""),
    "capacity_gained": ("m2", ""),
    "far": ("ratio", "land_area"),
    "coverage": ("share", "land_area"),
    "green_ratio": ("share", "land_area"),
    "tax_per_mu": ("yuan/mu", "land_area"),
    "output_per_mu": ("yuan/mu", "land_area"),
    "investment_per_mu": ("yuan/mu", "land_area"),
    "mean_parcel_area": ("m2", "parcels"),
    "median_parcel_area": ("m2", ""),
    "effective_mesh_size": ("m2", "land_area"),
}


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
    names = [n for n in ("counted_floor_area_m2", "floor_area_m2") if n in parcels]
    known = [int(parcels[n].notna().sum()) for n in names]
    return names[known.index(max(known))] if any(known) else None


def parcel_densities(parcels: pd.DataFrame) -> pd.DataFrame:
    """FAR and coverage of every parcel.

    FAR = floor area / land area (counted floor area if the layer has it, else actual);
    coverage = footprint / land area. Nothing is clipped: impossible values stay visible.

    Parameters
    ----------
    parcels
        With ``area_m2`` and, where known, floor areas and ``footprint_m2``.

    Returns
    -------
    pandas.DataFrame
        ``floor_m2`` (the floor area counted), ``far``, ``coverage`` on the caller's index;
        missing where not known; a column is absent where the layer has no such data.

    Examples
    --------
    >>> lot = pd.DataFrame({"area_m2": [63000.0], "floor_area_m2": [47800.0]})
    >>> parcel_densities(lot)["far"].round(2).item()
    0.76
    """
    found: dict[str, pd.Series] = {}
    column = floor_column(parcels)
    if column:
        found["floor_m2"] = parcels[column]
        found["far"] = parcels[column] / parcels["area_m2"]
    if "footprint_m2" in parcels:
        found["coverage"] = parcels["footprint_m2"] / parcels["area_m2"]
    return pd.DataFrame(found, index=parcels.index)


def planned_floor_m2(
    land_m2: float, existing_m2: float, *, planned_far: float, scenario: str | float
) -> float:
    """Floor area after: the planned FAR on the land, or what exists where none is planned.

    Parameters
    ----------
    land_m2
        Land area.
    existing_m2
        Existing floor area; may be missing.
    planned_far
        FAR of the planning conditions; may be missing.
    scenario
        ``far_max``, ``far_min`` or ``keep``.

    Returns
    -------
    float
        Square metres; missing where neither is known.

    Examples
    --------
    >>> planned_floor_m2(45071.4, 53300.0, planned_far=1.7, scenario="far_max")
    76621.38
    """
    if scenario == "keep" or np.isnan(planned_far):
        return existing_m2
    return round(land_m2 * planned_far, 6)


@dataclass(frozen=True)
class Holding:
    """Land measured together: its parcels, and the sizes of the pieces it is held in.

    Parameters
    ----------
    parcels
        Table, or arrays by name: ``area_m2``, and of ``HELD`` what is known.
    piece_m2
        One area for each piece.
    """

    parcels: Mapping[str, Any] | pd.DataFrame
    piece_m2: np.ndarray

    @property
    def land_m2(self) -> float:
        """Land area, parcels without geometry left out."""
        return float(np.nansum(self._numbers("area_m2")))

    def total(self, column: str) -> float:
        """Sum of a column; missing if it is missing for any parcel with land, or altogether."""
        if column not in self.parcels:
            return float("nan")
        values = self._numbers(column)[~np.isnan(self._numbers("area_m2"))]
        return float(values.sum()) if len(values) else float("nan")

    def _numbers(self, column: str) -> np.ndarray:
        return np.asarray(self.parcels[column], dtype="float64")


def indicators(
    subject: str, before: Holding, after: Holding, *, planned: Mapping[str, float]
) -> pd.DataFrame:
    """Indicators of one subject before and after.

    Parameters
    ----------
    subject
        ``overall`` or ``site:<id>``.
    before, after
        The land before and after the merge.
    planned
        ``floor_m2``: floor area after; ``before_m2`` and ``after_m2``: the capacity that the
        planning conditions allow on the land before and after; any may be missing.

    Returns
    -------
    pandas.DataFrame
        Columns ``subject``, ``indicator``, ``before``, ``after``, ``delta``, ``unit``,
        ``denominator``; indicators that cannot be known on either side are left out.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [600.0, 400.0]})
    >>> two, one = Holding(lots, np.array([600.0, 400.0])), Holding(lots, np.array([1000.0]))
    >>> unknown = dict.fromkeys(("floor_m2", "before_m2", "after_m2"), float("nan"))
    >>> table = indicators("overall", two, one, planned=unknown).set_index("indicator")
    >>> table.loc["effective_mesh_size", ["before", "after"]].tolist()
    [520.0, 1000.0]
    """
    rows = indicator_rows(subject, before, after, planned=planned)
    return indicator_frame(rows)


Row = tuple[str, str, float, float, float, str, str]


def indicator_frame(rows: list[Row]) -> pd.DataFrame:
    """Indicator rows as a table.

    Parameters
    ----------
    rows
        Results of `indicator_rows`, of one subject or of many.

    Returns
    -------
    pandas.DataFrame
        Columns ``subject``, ``indicator``, ``before``, ``after``, ``delta``, ``unit``,
        ``denominator``, in the order of the rows.

    Examples
    --------
    >>> indicator_frame([("overall", "parcels", 2.0, 1.0, -1.0, "count", "")])["delta"].item()
    -1.0
    """
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(("before", "after", "delta"), "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)


def indicator_rows(
    subject: str, before: Holding, after: Holding, *, planned: Mapping[str, float]
) -> list[Row]:
    """Indicators of one subject as plain rows, for building the table of many at once.

    Parameters
    ----------
    subject
        ``overall`` or ``site:<id>``.
    before, after
        The land before and after the merge.
    planned
        As for `indicators`.

    Returns
    -------
    list of tuple
        Values in the order of the columns of `indicators`.

    Examples
    --------
    >>> lot = Holding(pd.DataFrame({"area_m2": [9.0]}), np.array([9.0]))
    >>> unknown = dict.fromkeys(("floor_m2", "before_m2", "after_m2"), float("nan"))
    >>> indicator_rows("overall", lot, lot, planned=unknown)[0]
    ('overall', 'parcels', 1.0, 1.0, 0.0, 'count', '')
    """
    old, new = _values(before), _values(after)
    if not np.isnan(planned["after_m2"]) and new["land_area"] > 0:  # what exists will not stay
        new["floor_area"] = float("nan")
        new["counted_floor_area"] = planned["floor_m2"]
        new["far"] = planned["floor_m2"] / new["land_area"]
    new["capacity_gained"] = planned["after_m2"] - planned["before_m2"]
    rows = []
    for name, (unit, denominator) in UNITS.items():
        a, b = old.get(name, float("nan")), new.get(name, float("nan"))
        if not (np.isnan(a) and np.isnan(b)):
            rows.append((subject, name, a, b, b - a, unit, denominator))
    return rows


def _owners(names: Any) -> int:  # noqa: ANN401 - a column or its values
    """Number of owners, whatever the spelling of their names."""
    return int(comparable(pd.Series(names, dtype="object")).nunique())


def _values(held: Holding) -> dict[str, float]:
    land, pieces = held.land_m2, held.piece_m2
    values = {
        "parcels": float(len(pieces)),
        "land_area": land,
        "floor_area": held.total("floor_area_m2"),
        "counted_floor_area": held.total("counted_floor_area_m2"),
    }
    owners = _owners(held.parcels["owner"]) if "owner" in held.parcels else 0
    if owners:
        values["owners"] = float(owners)
    if land > 0:
        values |= {
            "far": held.total("floor_m2") / land,
            "coverage": held.total("footprint_m2") / land,
            "green_ratio": held.total("green_m2") / land,
            "mean_parcel_area": float(pieces.mean()),
            "median_parcel_area": float(np.median(pieces)),
            "effective_mesh_size": float((pieces**2).sum() / pieces.sum()),
        }
        values |= {name: held.total(column) / m2_to_mu(land) for name, column in RATES.items()}
    return values
