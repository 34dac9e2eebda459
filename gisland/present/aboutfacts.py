"""What a parcel is: facts, planning conditions, findings and repairs, what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.conditions import CONDITIONS
from gisland.base.rulespecs import SHAPE_UNITS
from gisland.present.about import column_name, lines, value_text
from gisland.present.aboutplace import FREE
from gisland.present.facts import plain_rows
from gisland.present.messages import finding_text, geometry_text
from gisland.present.planned import MARKS, parcel_conditions
from gisland.present.repairs import repair_text
from gisland.present.wording import (
    MISSING,
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
    from gisland.present.plaintext import Block

BEFORE_AREA = 5  # columns of these that are told before the area
CANONICAL = (
    *("owner", "tenure", "use_code", "use_class", "status"),
    *("floor_area_m2", "counted_floor_area_m2", "footprint_m2", "green_m2", "far", "coverage"),
    *("tax_yuan", "output_yuan", "investment_yuan"),
)
ESTIMATED = "floor_area_estimated_m2"
DENSITY = (
    *("far_actual", "green_ratio", "mean_storeys", "building_height_m"),
    *("tax_yuan_per_mu", "output_yuan_per_mu", "investment_yuan_per_mu", "jobs_per_mu"),
    ESTIMATED,
)
PLANNED = ("unit_id", "planning_zone_id", "planned_use", "planned_use_class")
LIMITS = (*(f"planned_{name}" for name in CONDITIONS), "conditions_failed")
SHAPE = (
    *("perimeter_m", "width_m", "frontage_m", "frontage_road_m"),
    *SHAPE_UNITS,
)
LOW_USE = ("low_use_score", "low_use_decided_by", "low_use_not_assessed")
ELSEWHERE = (  # columns that other sections tell
    *("parcel_id", "area_m2", "area_mu", "recorded_area_m2", "fragment", "fragment_reasons"),
    *("enclave_of", "scrap_kind", "verdict", "site_id", "reasons", "zone_id", "scrap_group"),
    *("low_use", "low_use_reasons", "geometry"),
)


def facts(about: About) -> list[Block]:
    """Owner, use, areas, amounts and shape; what is missing is told as missing.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list
        Blocks.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"parcel_id": ["a"], "owner": ["Li"], "area_m2": [1000.0]})
    >>> facts(About("a", {"parcels": lots}, {}, catalog("en")))[0][1][:2]
    [['owner', 'Li'], ['area', '1,000.00 m² (1.500 mu)']]
    """
    row, texts = about.row, about.texts
    told = lines(CANONICAL[:BEFORE_AREA], about)
    told.append([texts["map.popup.area"], area_both(texts, row.get("area_m2"))])
    recorded = row.get("recorded_area_m2")
    if not is_missing(recorded):
        told.append([column_name("recorded_area_m2", texts=texts), _recorded(about)])
    told += lines(CANONICAL[BEFORE_AREA:], about)
    density = [c for c in DENSITY if c != ESTIMATED or row.get(c)]  # none goes without saying
    told += lines((*density, *SHAPE), about)
    named = {*CANONICAL, *DENSITY, *PLANNED, *LIMITS, *SHAPE, *LOW_USE, *FREE, *ELSEWHERE}
    others = [c for c in row if c not in named and not is_missing(row[c])]
    told += lines(tuple(others), about)
    absent = [c for c in (*CANONICAL, "recorded_area_m2") if c not in row]
    empty = [c for c in (*CANONICAL, "recorded_area_m2") if c in row and is_missing(row[c])]
    notes = [
        about.say(key, names=about.joined(column_name(c, texts=texts) for c in columns))
        for key, columns in (("no_value", empty), ("no_column", absent))
        if columns
    ]
    notes += [
        about.say(
            "holding",
            parcels=number(r.get("parcels"), unit="count"),
            patches=number(r.get("patches"), unit="count"),
            area=area_both(texts, r.get("area_m2")),
        )
        for r in plain_rows(about.frame("holdings"))
    ]
    return [["rows", told], *(["text", note] for note in notes)]


def _recorded(about: About) -> str:
    recorded, drawn = about.row["recorded_area_m2"], about.row.get("area_m2")
    told = area_both(about.texts, recorded)
    if is_missing(drawn) or not recorded:
        return told
    more = drawn - recorded
    sign = "+" if more > 0 else ""
    return about.say(
        "recorded",
        area=told,
        difference=sign + about.m2(more),
        share=sign + about.share(more / recorded),
    )


def planning(about: About) -> list[Block]:
    """Planning unit and conditions of the parcel, and which of them it does not meet today.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list
        Blocks.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> planning(About("a", {}, {}, catalog("en")))
    [['text', 'No planning conditions are known for this parcel.']]
    """
    told = lines(PLANNED, about)
    limits = parcel_conditions(about.row, texts=about.texts)
    if not told and not limits:
        return [["text", about.say("no_planning")]]
    rows: list[Block] = [["rows", [*told, *([name, text] for name, text, _ in limits)]]]
    failed = [name for name, _, fails in limits if fails]
    if failed:
        names = about.texts["explain.names"].join(failed)
        return [*rows, ["text", about.say("conditions_failed", names=names)]]
    tested = any(text.endswith(MARKS["pass"]) for _, text, _ in limits)
    return [*rows, ["text", about.say("conditions_met")]] if tested else rows


def low_use_facts(about: About) -> list[Block]:
    """Score of low use and what decided, where the run has them.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list
        Blocks.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> low_use_facts(About("a", {}, {}, {}))
    []
    """
    texts, told = about.texts, []
    for column in LOW_USE:
        value = about.row.get(column)
        if is_missing(value):
            continue
        text = value_text(column, value, texts=texts)
        if isinstance(value, str):
            text = named_list(texts, "test", value)
        told.append([column_name(column, texts=texts), text])
    return [["rows", told]] if told else []


def quality(about: About) -> list[str]:
    """Findings about the parcel or beside it, and what a repair changed.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Lines; none where nothing was found.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> quality(About("a", {}, {}, {}))
    []
    """
    texts, findings = about.texts, plain_rows(about.frame("findings"))
    told = [
        about.say(
            "finding",
            severity=label(texts, "severity", row.get("severity")),
            text=shortened(finding_text(row, texts=texts)),
        )
        for row in findings
        if about.parcel_id in (row.get("parcel_id"), row.get("other_id"))
        or is_missing(row.get("parcel_id"))
    ]
    repairs = [
        about.say(
            "change",
            action=label(texts, "action", row.get("action")),
            text=_change(row.get("message"), about) or MISSING,
            before=about.m2(row.get("area_before_m2")),
            after=about.m2(row.get("area_after_m2")),
            other=shortened(row.get("other_id")) or MISSING,
        )
        for row in about.rows("changes", "parcel_id", "other_id")
    ]
    return told + repairs


def _change(message: object, about: About) -> str:
    told = repair_text(message, texts=about.texts)
    if told == visible(message):
        told = geometry_text(message, texts=about.texts)
    return shortened(told)


def lineage(about: About) -> list[str]:
    """What the parcel becomes.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> lineage(About("a", {}, {}, {}))
    []
    """
    told = []
    for row in about.rows("lineage", "parcel_id"):
        role = visible(row.get("role"))
        key = role if role in {"kept", "no_geometry"} else "joined"
        told.append(
            about.say(
                f"lineage.{key}",
                after=shortened(row.get("after_id")),
                role=label(about.texts, "role", role),
                area=area_both(about.texts, row.get("area_m2")),
            )
        )
    return told
