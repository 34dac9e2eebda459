"""Quantities as documents print them: a number with a unit, and what it is in basic units."""

from __future__ import annotations

from dataclasses import dataclass

from gisland.base.errors import ProjectError, did_you_mean
from gisland.base.units import factor, m2_to_mu

WAN = 10_000  # 万
MU_IN_M2 = m2_to_mu(1.0)  # mu in a square metre


@dataclass(frozen=True)
class Unit:
    """What a unit measures, and how much one of it is in the basic unit of that.

    Parameters
    ----------
    kind
        ``area`` (m2), ``money`` (yuan), ``rate`` (yuan/mu), ``length`` (m), ``each`` (m2 for one),
        ``ratio``, or ``count:`` and what is counted.
    size
        One of it in basic units.
    """

    kind: str
    size: float


UNITS = {
    "m2": Unit("area", 1.0),
    "wan_m2": Unit("area", float(WAN)),
    **{name: Unit("area", factor(name, canonical="m2")) for name in ("mu", "ha", "km2")},
    "yuan": Unit("money", 1.0),
    "wan_yuan": Unit("money", factor("wan_yuan", canonical="yuan")),
    "yi_yuan": Unit("money", WAN * factor("wan_yuan", canonical="yuan")),
    "wan_yuan/mu": Unit("rate", factor("wan_yuan", canonical="yuan")),
    "yuan/m2": Unit("rate", 1 / MU_IN_M2),
    "m": Unit("length", 1.0),
    "km": Unit("length", 1000.0),
    "m2/person": Unit("each", 1.0),
    "ratio": Unit("ratio", 1.0),
    "times": Unit("ratio", 1.0),
    "share": Unit("ratio", 1.0),
    "percent": Unit("ratio", 0.01),
    "count": Unit("count:things", 1.0),
    "wan": Unit("count:things", float(WAN)),
    "people": Unit("count:people", 1.0),
    "wan_people": Unit("count:people", float(WAN)),
    **{n: Unit(f"count:{n}", 1.0) for n in ("storeys", "years", "months", "days", "degrees")},
}


def unit_of(name: str) -> Unit:
    """Unit of a name.

    Parameters
    ----------
    name
        Key of ``UNITS``, such as ``wan_m2``.

    Returns
    -------
    Unit
        Kind and size.

    Raises
    ------
    ProjectError
        If there is no such unit.

    Examples
    --------
    >>> unit_of("wan_m2")
    Unit(kind='area', size=10000.0)
    """
    if name not in UNITS:
        raise ProjectError(f"unit {name!r} is unknown here", do=did_you_mean(name, UNITS))
    return UNITS[name]


@dataclass(frozen=True)
class Quantity:
    """A number in basic units, and what kind of thing it measures.

    Parameters
    ----------
    value
        In the basic unit of its kind.
    kind
        As for `Unit`.
    """

    value: float
    kind: str

    @classmethod
    def printed(cls, value: float, unit: str) -> Quantity:
        """Quantity of a number in a unit."""
        found = unit_of(unit)
        return cls(value * found.size, found.kind)

    def in_unit(self, unit: str) -> float:
        """The number in a unit of the same kind; the caller sees to the kind."""
        return self.value / unit_of(unit).size
