"""One input layer as a project declares it: columns that may be mapped, and their units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gisland.base import schema, units

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_COLUMNS = {
    "parcels": "parcel_id",
    "zoning": "zone_id",
    "zoning_overlay": "overlay_id",
    "planning_units": "unit_id",
    "buildings": "building_id",
    "roads": "road_id",
    "water": "water_id",
    "plan_boundary": "plan_boundary_id",
    "project_boundary": "boundary_id",
    "block_lines": "block_id",
    "block_changes": "change_id",
    "parks": "park_id",
    "zones": "zone_id",
    "sites": "site_id",
    "exclusions": "exclusion_id",
}
CLASSIFIED = {"parcels": "use_code", "zoning": "planned_use"}  # layers with use codes or texts
RATIO: dict[str, float] = {"ratio": 1.0, "percent": 0.01}
LENGTH_M: dict[str, float] = {"m": 1.0, "ft": 0.3048}


@dataclass(frozen=True)
class Source:
    """One input layer: where it lies, and how its columns are to be understood.

    Parameters
    ----------
    name
        Key of the layer, such as ``parcels`` or ``exclusions.red_line``.
    path
        File as written in the project, relative to it, or a ``postgresql://`` address; a pattern
        such as ``sheets/*.shp`` names several sheets of one layer.
    geometry
        Geometry column to take, for files that have several.
    fields
        Canonical column to source column.
    units
        Canonical column to the unit of its source.
    classes
        Source use code or text to use class.
    crs_override
        Whether the declared CRS is taken over the file's own.
    join_cut
        Whether pieces of one id that touch across sheets are put together.
    """

    name: str
    path: str
    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    where: str | None = None
    geometry: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    crs_override: bool = False
    join_cut: bool = False

    @property
    def kind(self) -> str:
        """The kind of layer: the name, or ``exclusions`` for each of these."""
        return self.name.partition(".")[0]


def unit_factors(canonical: str) -> dict[str, float]:
    """Units that the source of a canonical column may have, as factors to the canonical unit.

    Parameters
    ----------
    canonical
        Canonical column, such as ``recorded_area_m2`` or ``far_max``.

    Returns
    -------
    dict of str to float
        Empty for columns without a unit.

    Examples
    --------
    >>> unit_factors("coverage_max")
    {'ratio': 1.0, 'percent': 0.01}
    >>> unit_factors("tax_yuan")["wan_yuan"]
    10000.0
    >>> unit_factors("owner")
    {}
    """
    for ending, table in (("_m2", units.AREA_M2), ("_yuan", units.MONEY_YUAN)):
        if canonical.endswith(ending):
            return {unit: units.factor(unit, canonical=ending[1:]) for unit in table}
    if canonical.startswith(("far_", "coverage_", "green_")):
        return dict(RATIO)
    return dict(LENGTH_M) if canonical.endswith("_m") else {}


def canonical_columns(kind: str) -> dict[str, schema.Column]:
    """Columns that a layer's fields may be mapped to, its id first.

    Parameters
    ----------
    kind
        Key of ``schema.LAYERS``, or ``exclusions``.

    Returns
    -------
    dict of str to schema.Column
        In the order of the contract.

    Examples
    --------
    >>> list(canonical_columns("roads"))
    ['road_id', 'width_m']
    """
    return {ID_COLUMNS[kind]: schema.Column("text"), **schema.LAYERS.get(kind, {})}
