"""The rule ids that gisland knows, and what each of them stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gisland.base.industries import industry_digits
from gisland.base.useclasses import USE_CLASSES

Kind = Literal["number", "flag", "texts"]


@dataclass(frozen=True)
class Spec:
    """What a rule id stands for: its kind of value, unit, comparisons and denominators.

    Parameters
    ----------
    kind
        ``number``, ``flag`` or ``texts``.
    unit
        Unit of the number, or what the texts are.
    meaning
        What is measured, or what the flag says.
    operators
        Comparisons that a number allows: a limit from above or from below.
    denominators
        What a share may be taken over; empty where there is none.
    by_use_class
        Whether the rule differs by use class, with ``default`` for the others.
    by_industry
        Whether it may differ by industry too, by a code of GB/T 4754 behind the use class.
    column
        Column of the parcels that a fragment test compares; empty for all other rules.
    """

    kind: Kind
    unit: str
    meaning: str
    operators: tuple[str, ...] = ()
    denominators: tuple[str, ...] = ()
    by_use_class: bool = False
    by_industry: bool = False
    column: str = ""

    @property
    def rounds(self) -> bool:
        """Whether areas are compared: areas themselves, or shares of scraps in a site's land."""
        return self.kind == "number" and (self.unit == "m2" or "including" in self.denominators)


AT_MOST, AT_LEAST = ("<", "<="), (">", ">=")
WHOLES = {  # what the share of scraps is taken over
    "including": "the site with its scraps",
    "excluding": "the site without its scraps",
    "boundary": "the land inside the project boundary",
}
DENOMINATORS = tuple(WHOLES)
LAND, SCRAP = ("land area",), ("scrap area",)
IN_BLOCK, IN_BLOCKS = ("classified land in the block",), ("classified land in all blocks",)
INDUSTRIAL = ("industrial land in all blocks",)
OF_BLOCK, BEFORE = ("land of the block",), ("area of all blocks before",)
CONVERTED, ALL_INDUSTRIAL = ("land of all conversions",), ("industrial land",)
DEVELOPABLE = ("developable land of the park",)
PARTS = 4  # of an id with use class and industry


def _per_land(unit: str, meaning: str) -> Spec:
    return Spec("number", unit, meaning, AT_LEAST, LAND, by_use_class=True, by_industry=True)


def _of_parcel(
    unit: str,
    meaning: str,
    operators: tuple[str, ...],
    *,
    column: str,
    of: tuple[str, ...] = (),
) -> Spec:
    return Spec("number", unit, meaning, operators, of, by_use_class=True, column=column)


SPECS: dict[str, Spec] = {
    "scrap.share_cap": Spec(
        "number",
        "share",
        "scraps absorbed by a site",
        AT_MOST,
        DENOMINATORS,
    ),
    "scrap.area_cap": Spec("number", "m2", "area of one scrap", AT_MOST),
    "scrap.total_cap": Spec("number", "m2", "area absorbed by one site", AT_MOST),
    "scrap.count_cap": Spec("number", "count", "scraps absorbed by one site", AT_MOST),
    "scrap.chains": Spec("flag", "", "a scrap may reach its site through other absorbed scraps"),
    "scrap.not_developable": Spec("flag", "", "the scrap fails a fragment test"),
    "scrap.same_tenure": Spec("flag", "", "scrap and site have the same tenure"),
    "scrap.same_owner": Spec("texts", "owner", "owner is the site's, or one of these land banks"),
    "scrap.same_use": Spec("texts", "use_class", "use class is the site's, or one of these"),
    "scrap.forbidden_planned_use": Spec("texts", "use", "planned uses (class or text) barred"),
    "scrap.compatible_use": Spec(
        "texts", "use_class", "planned use class is the site's, or joined with it by a plus sign"
    ),
    "scrap.exclusion": Spec("number", "m2", "overlap of the scrap with exclusions", AT_MOST),
    "scrap.far_not_above": Spec("flag", "", "planned FAR of the scrap not above the site's"),
    "scrap.project_boundary": Spec(
        "number", "share", "scrap inside the project boundary of the site", AT_LEAST, SCRAP
    ),
    "scrap.consent": Spec("flag", "", "the scrap or its owner is on the list of consents"),
    "scrap.protected": Spec("flag", "", "the scrap is not on the protected list"),
    "scrap.required": Spec("flag", "", "scraps on the required list are absorbed first"),
    "scrap.site_conditions": Spec(
        "flag", "", "the planning conditions of the site hold for the scraps it absorbs"
    ),
    "split.independent": Spec("flag", "", "each part of a split can be developed alone"),
    "split.planned_line": Spec("flag", "", "a split follows the boundary of a planned use"),
    "fragment.min_lot": _of_parcel("m2", "area of a parcel", AT_LEAST, column="area_m2"),
    "fragment.min_width": _of_parcel("m", "largest circle inside", AT_LEAST, column="width_m"),
    "fragment.min_frontage": _of_parcel("m", "free or road side", AT_LEAST, column="frontage_m"),
    "fragment.min_compactness": _of_parcel(
        "ratio", "4 pi area / perimeter squared", AT_LEAST, column="compactness"
    ),
    "fragment.max_elongation": _of_parcel(
        "ratio", "sides of the rectangle around", AT_MOST, column="elongation"
    ),
    "fragment.max_narrow_share": _of_parcel(
        "share", "parts below the minimum width", AT_MOST, column="narrow_share", of=LAND
    ),
    "low_use.far": _per_land("ratio", "floor area"),
    "low_use.coverage": _per_land("share", "footprint"),
    "low_use.tax": _per_land("yuan/mu", "tax"),
    "low_use.output": _per_land("yuan/mu", "output"),
    "low_use.investment": _per_land("yuan/mu", "investment"),
    "low_use.vacant": Spec("texts", "status", "status values that mean vacant land"),
    "low_use.unfinished": Spec("texts", "status", "status values that mean unfinished building"),
    "low_use.status": Spec("texts", "status", "status values that mean idle, or out of production"),
    "low_use.idle": Spec("number", "years", "time that land lies idle", AT_MOST),
    "block_line.industrial_share": Spec(
        "number", "share", "industrial land in a block", AT_LEAST, IN_BLOCK
    ),
    "block_line.total_industrial_share": Spec(
        "number", "share", "industrial land in all blocks", AT_LEAST, IN_BLOCKS
    ),
    "block_line.m0_share": Spec(
        "number", "share", "new-type industrial land (M0)", AT_MOST, INDUSTRIAL
    ),
    "block_line.m0_share_of_block": Spec(
        "number", "share", "new-type industrial land (M0) in a block", AT_MOST, OF_BLOCK
    ),
    "block_line.m0_uses": Spec("texts", "use", "use codes and texts that mean M0"),
    "block_line.total_area": Spec("number", "m2", "area of all blocks", AT_LEAST),
    "block_line.total_kept": Spec(
        "number", "share", "area of all blocks after an adjustment", AT_LEAST, BEFORE
    ),
    "block_line.layout": Spec("flag", "", "an adjustment leaves the blocks no more scattered"),
    "conversion.m0_cap": Spec(
        "number", "m2", "industrial land turned to M0 in a year of the plan", AT_MOST
    ),
    "conversion.industry_floor": Spec(
        "number", "share", "industrial land renewed as industry in a year", AT_LEAST, CONVERTED
    ),
    "concentration.park_share": Spec(
        "number", "share", "industrial land in named parks", AT_LEAST, ALL_INDUSTRIAL
    ),
    "park.built_share": Spec("number", "share", "built-up land of a park", AT_LEAST, DEVELOPABLE),
    "park.built_share_lowest": Spec(
        "number", "share", "built-up land of a park, gravest flag", AT_LEAST, DEVELOPABLE
    ),
    "park.to_build_share": Spec(
        "number", "share", "land of a park that is still to be built on", AT_MOST, DEVELOPABLE
    ),
    "park.to_build_share_highest": Spec(
        "number", "share", "land of a park still to be built on, gravest flag", AT_MOST, DEVELOPABLE
    ),
}


FRAGMENT_TESTS: dict[str, Spec] = {  # by the name of the test in the verdicts
    rule_id.removeprefix("fragment."): spec
    for rule_id, spec in SPECS.items()
    if rule_id.startswith("fragment.")
}
ALWAYS_MEASURED = ("min_lot", "min_width", "min_frontage")  # all else is a measure of shape
SHAPE_UNITS: dict[str, str] = {  # columns of the measures of shape, and their units
    spec.column: spec.unit for name, spec in FRAGMENT_TESTS.items() if name not in ALWAYS_MEASURED
}


def plain_id(rule_id: str) -> str:
    """Id of a rule, an industry by its digits alone.

    Parameters
    ----------
    rule_id
        As written, such as ``low_use.far.industrial.C26``.

    Returns
    -------
    str
        The same where it names no industry.

    Examples
    --------
    >>> plain_id("low_use.far.industrial.C26"), plain_id("scrap.area_cap")
    ('low_use.far.industrial.26', 'scrap.area_cap')
    """
    parts = rule_id.split(".")
    if len(parts) != PARTS:
        return rule_id
    return ".".join([*parts[:-1], industry_digits(parts[-1]) or parts[-1]])


def spec_of(rule_id: str) -> Spec | None:
    """What a rule id stands for.

    Parameters
    ----------
    rule_id
        Such as ``scrap.share_cap``, ``fragment.min_lot.default``, ``low_use.far.industrial.26``.

    Returns
    -------
    Spec or None
        None where there is no such id.

    Examples
    --------
    >>> spec_of("low_use.far.industrial.C26").unit, spec_of("fragment.min_lot")
    ('ratio', None)
    """
    parts = rule_id.split(".")
    spec, rest = SPECS.get(".".join(parts[:2])), parts[2:]
    if spec is None or not spec.by_use_class:
        return None if rest else spec
    if not rest or rest[0] not in ("default", *USE_CLASSES):
        return None
    if len(rest) == 1:
        return spec
    fits = spec.by_industry and len(rest) == PARTS - 2 and industry_digits(rest[1])
    return spec if fits else None


def rule_ids() -> list[str]:
    """Every id a rule may have, those of single industries left out.

    Returns
    -------
    list of str
        In the order of ``SPECS``.

    Examples
    --------
    >>> rule_ids()[0]
    'scrap.share_cap'
    """
    uses = ("default", *USE_CLASSES)
    return [
        i
        for k, spec in SPECS.items()
        for i in ([f"{k}.{use}" for use in uses] if spec.by_use_class else [k])
    ]
