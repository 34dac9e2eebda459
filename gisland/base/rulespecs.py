"""The rule ids that gisland knows, and what each of them stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """

    kind: Kind
    unit: str
    meaning: str
    operators: tuple[str, ...] = ()
    denominators: tuple[str, ...] = ()
    by_use_class: bool = False


AT_MOST, AT_LEAST = ("<", "<="), (">", ">=")
LAND = ("land area",)
IN_BLOCK, IN_BLOCKS = ("classified land in the block",), ("classified land in all blocks",)
INDUSTRIAL = ("industrial land in all blocks",)

SPECS: dict[str, Spec] = {
    "scrap.share_cap": Spec(
        "number",
        "share",
        "scraps absorbed by a site",
        AT_MOST,
        ("including", "excluding", "boundary"),
    ),
    "scrap.area_cap": Spec("number", "m2", "area of one scrap", AT_MOST),
    "scrap.count_cap": Spec("number", "count", "scraps absorbed by one site", AT_MOST),
    "scrap.not_developable": Spec("flag", "", "the scrap fails a fragment test"),
    "scrap.same_tenure": Spec("flag", "", "scrap and site have the same tenure"),
    "scrap.same_owner": Spec("texts", "owner", "owner is the site's, or one of these land banks"),
    "scrap.same_use": Spec("texts", "use_class", "use class is the site's, or one of these"),
    "scrap.forbidden_planned_use": Spec("texts", "use", "planned uses (class or text) barred"),
    "scrap.exclusion": Spec("number", "m2", "overlap of the scrap with exclusions", AT_MOST),
    "scrap.far_not_above": Spec("flag", "", "planned FAR of the scrap not above the site's"),
    "fragment.min_lot": Spec("number", "m2", "area of a parcel", AT_LEAST, by_use_class=True),
    "fragment.min_width": Spec("number", "m", "largest circle inside", AT_LEAST, by_use_class=True),
    "fragment.min_frontage": Spec("number", "m", "free or road side", AT_LEAST, by_use_class=True),
    "low_use.far": Spec("number", "ratio", "floor area", AT_LEAST, LAND, by_use_class=True),
    "low_use.coverage": Spec("number", "share", "footprint", AT_LEAST, LAND, by_use_class=True),
    "low_use.tax": Spec("number", "yuan/mu", "tax", AT_LEAST, LAND, by_use_class=True),
    "low_use.output": Spec("number", "yuan/mu", "output", AT_LEAST, LAND, by_use_class=True),
    "low_use.investment": Spec(
        "number", "yuan/mu", "investment", AT_LEAST, LAND, by_use_class=True
    ),
    "low_use.status": Spec("texts", "status", "status values that mean vacant, idle or unfinished"),
    "block_line.industrial_share": Spec(
        "number", "share", "industrial land in a block", AT_LEAST, IN_BLOCK
    ),
    "block_line.total_industrial_share": Spec(
        "number", "share", "industrial land in all blocks", AT_LEAST, IN_BLOCKS
    ),
    "block_line.m0_share": Spec(
        "number", "share", "new-type industrial land (M0)", AT_MOST, INDUSTRIAL
    ),
}
