"""The tables before and after: every site, and the whole layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, positions
from gisland.base.names import comparable
from gisland.base.units import m2_to_mu
from gisland.measure.indicators import site_densities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.base.parameters import Parameters

__all__ = ["indicator_table", "planned_far", "site_densities"]

OVERALL, SITE = "overall", "site:"
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


def planned_far(sites: pd.DataFrame, *, scenario: str | float) -> pd.Series:
    """FAR that the planning conditions give each site under a scenario.

    Parameters
    ----------
    sites
        By site id, with ``planned_far_max`` and ``planned_far_min`` where known.
    scenario
        ``far_max``, ``far_min`` or ``keep``.

    Returns
    -------
    pandas.Series
        Named ``planned_far``; missing under ``keep`` and where nothing is planned.

    Examples
    --------
    >>> site = pd.DataFrame({"planned_far_max": [1.7]}, index=["S1"])
    >>> planned_far(site, scenario="far_max").to_dict()
    {'S1': 1.7}
    """
    unknown = pd.Series(float("nan"), index=sites.index)
    column = sites.get(f"planned_{scenario}", unknown) if scenario != "keep" else unknown
    return column.astype("float64").rename("planned_far")


def indicator_table(
    parcels: pd.DataFrame, lineage: pd.DataFrame, far: pd.Series, *, parameters: Parameters
) -> pd.DataFrame:
    """Indicators of the whole layer and of every site, before and after.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with the columns of `parcel_densities`.
    lineage
        Lineage table: which parcels make which site.
    far
        Planned FAR by site id.
    parameters
        For the scenario.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``indicator``, ``before``, ``after``, ``delta``, ``unit``, ``denominator``;
        the whole layer first, then the sites by id. A site before is its own parcels; after,
        with the scraps.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> lots = pd.DataFrame({"area_m2": [900.0, 100.0]}, index=["s", "c"])
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    ... )
    >>> far = pd.Series({"S": float("nan")})
    >>> found = indicator_table(lots, lines, far, parameters=Parameters())
    >>> found.loc[found["indicator"] == "land_area", ["subject", "before", "after"]].values.tolist()
    [['overall', 1000.0, 1000.0], ['site:S', 900.0, 1000.0]]
    """
    drawn = parcels[parcels["area_m2"].notna()].sort_index()
    sites, held = [], _holdings(parcels, lineage)
    rows: list[Row] = []
    for site in far.index:
        before, after = held[site]
        existing = after.total("floor_m2")
        floor = planned_floor_m2(
            after.land_m2, existing, planned_far=far[site], scenario=parameters.scenario
        )
        planned = {
            "floor_m2": floor,
            "before_m2": before.land_m2 * far[site],
            "after_m2": after.land_m2 * far[site],
        }
        sites.append(planned)
        rows += indicator_rows(f"{SITE}{site}", before, after, planned=planned)
    roles = lineage.set_index("parcel_id")
    kept = drawn[(aligned(roles["role"], drawn.index) == "kept").to_numpy()]
    merged = roles["area_m2"] if "area_m2" in roles else parcels["area_m2"]
    moved = roles["role"].isin(["site", "absorbed"])
    whole = merged.reindex(roles.index)[moved].groupby(roles.loc[moved, "after_id"]).sum()
    pieces = np.concatenate([kept["area_m2"].to_numpy(), whole.to_numpy()])
    existing = Holding(kept, kept["area_m2"].to_numpy()).total("floor_m2") if len(kept) else 0.0
    planned = {
        "floor_m2": existing + sum(s["floor_m2"] for s in sites) if sites else float("nan"),
        "before_m2": _known_sum([s["before_m2"] for s in sites]),
        "after_m2": _known_sum([s["after_m2"] for s in sites]),
    }
    before, after = Holding(drawn, drawn["area_m2"].to_numpy()), Holding(drawn, pieces)
    return indicator_frame([*indicator_rows(OVERALL, before, after, planned=planned), *rows])


def _known_sum(values: list[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return sum(known) if known else float("nan")


def _holdings(parcels: pd.DataFrame, lineage: pd.DataFrame) -> dict[str, tuple[Holding, Holding]]:
    """The land of each site before and after; own parcels first, each by id, as sums need order."""
    moved = lineage[lineage["role"].isin(["site", "absorbed"])]
    moved = moved.sort_values(["role", "parcel_id"], ascending=[False, True])
    at = positions(moved["parcel_id"], parcels.index)
    names = [name for name in ("area_m2", *HELD) if name in parcels]
    land = {name: parcels[name].to_numpy()[at] for name in names}
    own = (moved["role"] == "site").to_numpy()
    found = {}
    for site, rows in moved.groupby("after_id").indices.items():
        both = {name: values[rows] for name, values in land.items()}
        before = {name: values[own[rows]] for name, values in both.items()}
        whole = Holding(both, np.array([np.nansum(both["area_m2"])]))
        found[str(site)] = (Holding(before, before["area_m2"]), whole)
    return found


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
