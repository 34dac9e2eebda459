"""Names, themes, units and denominators of the indicators, in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass

from gisland.measure.layout.fragmentation import MEASURES
from gisland.measure.sums.landuse import CLASSES

LAND, DENSITY, ECONOMY, USE = "land", "density", "economy", "use"
FRAGMENTATION, OWNERS, CAPACITY = "fragmentation", "owners", "capacity"
THEMES = (LAND, DENSITY, ECONOMY, USE, FRAGMENTATION, OWNERS, CAPACITY)
USE_SHARE = "use_share_"


@dataclass(frozen=True)
class Spec:
    """One indicator.

    Parameters
    ----------
    theme
        One of ``THEMES``.
    unit
        Unit of its values.
    of, over
        Of a ratio: names of its numerator and denominator.
    """

    theme: str
    unit: str
    of: str = ""
    over: str = ""


MEASURED: dict[str, Spec] = {
    "parcels": Spec(LAND, "count"),
    "land_area": Spec(LAND, "m2"),
    "land_area_mu": Spec(LAND, "mu"),
    "land_area_ha": Spec(LAND, "ha"),
    "floor_area": Spec(DENSITY, "m2"),
    "counted_floor_area": Spec(DENSITY, "m2"),
    "far_floor_area": Spec(DENSITY, "m2"),
    "above_floor_area": Spec(DENSITY, "m2"),
    "estimated_floor_area": Spec(DENSITY, "m2"),
    "footprint": Spec(DENSITY, "m2"),
    "green_area": Spec(DENSITY, "m2"),
    "open_space": Spec(DENSITY, "m2"),
    "far": Spec(DENSITY, "ratio", "far_floor_area", "land_area"),
    "far_actual": Spec(DENSITY, "ratio", "floor_area", "land_area"),
    "coverage": Spec(DENSITY, "share", "footprint", "land_area"),
    "green_ratio": Spec(DENSITY, "share", "green_area", "land_area"),
    "open_space_share": Spec(DENSITY, "share", "open_space", "land_area"),
    "open_space_ratio": Spec(DENSITY, "ratio", "open_space", "floor_area"),
    "mean_storeys": Spec(DENSITY, "ratio", "storey_floor_area", "footprint"),
    "tax": Spec(ECONOMY, "yuan"),
    "tax_per_mu": Spec(ECONOMY, "yuan/mu", "tax", "land_area_mu"),
    "output": Spec(ECONOMY, "yuan"),
    "output_per_mu": Spec(ECONOMY, "yuan/mu", "output", "land_area_mu"),
    "investment": Spec(ECONOMY, "yuan"),
    "investment_per_mu": Spec(ECONOMY, "yuan/mu", "investment", "land_area_mu"),
    "jobs": Spec(ECONOMY, "count"),
    "jobs_per_mu": Spec(ECONOMY, "count/mu", "jobs", "land_area_mu"),
}
AMOUNTS = {  # columns of the parcels
    "floor_area": "floor_area_m2",
    "counted_floor_area": "counted_floor_area_m2",
    "far_floor_area": "floor_m2",
    "above_floor_area": "above_floor_m2",
    "estimated_floor_area": "floor_area_estimated_m2",
    "footprint": "footprint_m2",
    "green_area": "green_m2",
    "tax": "tax_yuan",
    "output": "output_yuan",
    "investment": "investment_yuan",
    "jobs": "jobs",
}
# of buildings that a planned FAR replaces, beside the floor areas of `after_amounts`
REPLACED = ("above_floor_area", "storey_floor_area", "estimated_floor_area")
CAPACITIES = {  # columns of the capacity table before and after
    "capacity_min": ("capacity_min_before_m2", "capacity_min_after_m2"),
    "capacity_max": ("capacity_max_before_m2", "capacity_max_after_m2"),
    "capacity_left": (None, "left_m2"),
    "capacity_gained": (None, "gained_m2"),
}
OF_OWNERS = tuple(name for name, (theme, *_) in MEASURES.items() if theme == OWNERS)
OF_PIECES = tuple(name for name, (theme, *_) in MEASURES.items() if theme == FRAGMENTATION)
USE_SHARES = tuple(f"{USE_SHARE}{use}" for use in CLASSES)
ORDER = (*MEASURED, *USE_SHARES, *OF_PIECES, "owners", *OF_OWNERS, *CAPACITIES)


def theme_of(indicator: str) -> str:
    """Theme of an indicator, also of one that is measured elsewhere.

    Parameters
    ----------
    indicator
        Its code.

    Returns
    -------
    str
        One of ``THEMES``; ``fragmentation`` for unknown ones.

    Examples
    --------
    >>> theme_of("far"), theme_of("owner_simpson"), theme_of("use_share_green")
    ('density', 'owners', 'use')
    """
    if indicator in MEASURED:
        return MEASURED[indicator].theme
    themes = dict.fromkeys(USE_SHARES, USE) | dict.fromkeys(CAPACITIES, CAPACITY)
    return (themes | dict.fromkeys(("owners", *OF_OWNERS), OWNERS)).get(indicator, FRAGMENTATION)
