"""Planning conditions: which measured value each limits, and how."""

from __future__ import annotations

from dataclasses import dataclass

from gisland.base.schema import CONDITIONS as COLUMNS


@dataclass(frozen=True)
class Condition:
    """One planning condition.

    Parameters
    ----------
    measure
        What it limits: ``far``, ``coverage``, ``green_ratio`` or ``building_height_m``.
    operator
        ``>=`` for a minimum, ``<=`` for a maximum.
    unit
        ``ratio``, ``share`` or ``m``.
    averaged
        Whether land in several zones has the mean of their limits, weighted by area. Heights have
        the strictest instead: a building is as high as it is where it stands.
    """

    measure: str
    operator: str
    unit: str
    averaged: bool


MEASURES = {
    "far": ("far", "ratio"),
    "coverage": ("coverage", "share"),
    "green": ("green_ratio", "share"),
    "height": ("building_height_m", "m"),
}
CONDITIONS: dict[str, Condition] = {
    name: Condition(
        measure=MEASURES[name.split("_")[0]][0],
        operator=">=" if "_min" in name else "<=",
        unit=MEASURES[name.split("_")[0]][1],
        averaged=not name.startswith("height"),
    )
    for name in COLUMNS
}
SOURCES = ("zone", "overlay", "parcel")  # each goes before those left of it
