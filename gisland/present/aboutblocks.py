"""Where one parcel lies to block lines, what its use turns into, and its unit of a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.schema import LINES
from gisland.present.wording import (
    area_both,
    is_missing,
    label,
    named_list,
    number,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from gisland.present.about import About
    from gisland.present.facts import Row


def block_places(about: About) -> list[str]:
    """In which blocks of each set of lines the parcel lies, its conversion, and its zone's unit.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Sentences; none where the run has no such tables.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> row = {"lines": "given", "parcel_id": "a", "block_id": "L1", "part": "cut"}
    >>> row |= {"inside_m2": 60.0, "outside_m2": 40.0}
    >>> about = About("a", {"block_parcels": pd.DataFrame([row])}, {}, catalog("en"))
    >>> block_places(about)
    ['given block lines, block L1: cut, 60.00 m² inside and 40.00 m² outside.']
    """
    places = about.rows("block_parcels", "parcel_id")
    places.sort(key=lambda r: (_of(visible(r.get("lines"))), visible(r.get("block_id"))))
    return [
        *(_place(row, about) for row in places),
        *(_conversion(row, about) for row in about.rows("conversions", "parcel_id")),
        *(_rank(row, about) for row in about.lists("zones", "parcel_ids") if _ranked(row)),
        *(_unit(row, about) for row in about.lists("zone_units", "parcel_ids")),
    ]


def _of(lines: str) -> int:
    return LINES.index(lines) if lines in LINES else len(LINES)


def _place(row: Row, about: About) -> str:
    lines = label(about.texts, "lines", row.get("lines"))
    if visible(row.get("part")) == "outside":
        reason = label(about.texts, "block_reason", row.get("reason"))
        outside = area_both(about.texts, row.get("outside_m2"))
        return about.say("block_outside", lines=lines, outside=outside, reason=reason)
    return about.say(
        "block_inside",
        lines=lines,
        block=shortened(row.get("block_id")),
        part=label(about.texts, "block_part", row.get("part")),
        inside=about.m2(row.get("inside_m2")),
        outside=about.m2(row.get("outside_m2")),
    )


def _conversion(row: Row, about: About) -> str:
    year = row.get("plan_year")
    return about.say(
        "conversion_no_year" if is_missing(year) else "conversion",
        kind=label(about.texts, "conversion_kind", row.get("kind")),
        before=label(about.texts, "use_class", row.get("use_before")),
        after=label(about.texts, "use_class", row.get("use_after")),
        block=shortened(row.get("block_id")),
        area=area_both(about.texts, row.get("area_m2")),
        year="" if is_missing(year) else f"{year:.0f}",
    )


def _ranked(row: Row) -> bool:
    return not is_missing(row.get("rank"))


def _rank(row: Row, about: About) -> str:
    return about.say(
        "zone_rank",
        zone=shortened(row.get("zone_id")),
        potential=number(row.get("potential"), unit="ratio"),
        rank=number(row.get("rank"), unit="count"),
        by=named_list(about.texts, "rank_term", row.get("ranked_by")),
    )


def _unit(row: Row, about: About) -> str:
    return about.say(
        "zone_unit",
        unit=shortened(row.get("unit_id")),
        zone=shortened(row.get("zone_id")),
        n=number(row.get("parcels"), unit="count"),
        area=area_both(about.texts, row.get("area_m2")),
        deviation=about.m2(row.get("deviation_m2")),
    )
