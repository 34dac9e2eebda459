"""Findings, skipped analyses and other remarks of a run in the language of the reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gisland.present.bilingual import places
from gisland.present.details import DETAILS, REQUIRED_DETAILS, SITE_REASONS
from gisland.present.repairs import repair_text
from gisland.present.wording import MISSING, named, named_list, number, visible, with_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

COUNTED = ("count", "rows", "texts")  # units that a template words itself
MORE = {"spellings": "more_spellings"} | dict.fromkeys(
    ("hierarchy_straddles", "zone_in_pieces", "zone_units_not_proved"), "more_names"
)  # texts for lists that are cut, where not of parcels
NAMED = {  # where the names of details stand in the catalog
    "block_change_without_effect": "change_fault",
    "zone_outside_blocks": "block_reason",
}
COLUMN_REASONS = {
    "no_column": r"no column (.+)",
    "empty_column": r"column (.+) is empty",
    "too_many_cells": r"more than 4 000 000 cells: cell_m = (.+) would do",
}


def finding_text(row: Mapping[Any, Any], *, texts: Mapping[str, str]) -> str:
    """What a finding says, made of its code and columns.

    Parameters
    ----------
    row
        One row of the findings table.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Not escaped. Codes without a template give their own message; where a template lacks
        something that it tells, name and message stand together.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"code": "overlap", "parcel_id": "7", "other_id": "8", "value": 0.4, "unit": "m2"}
    >>> finding_text(row, texts=catalog("en"))
    'parcels 7 and 8 overlap by 0.40 m²'
    """
    code, message = visible(row.get("code")), visible(row.get("message"))
    template = texts.get(f"finding_text.{code}")
    if template is None:
        return message
    told = _places(row, code=code, message=message, texts=texts)
    if all(told.get(name) for name in places(template)):
        return template.format(**told)
    name = texts.get(f"finding.{code}", code)
    return texts["report.detail"].format(name=name, detail=message) if message else name


def _places(
    row: Mapping[Any, Any], *, code: str, message: str, texts: Mapping[str, str]
) -> dict[str, str]:
    unit, value = visible(row.get("unit")), row.get("value")
    count = unit in COUNTED or not unit
    shown = number(value, unit="count") if count else with_unit(texts, value, unit=unit)
    made = {
        "parcel": visible(row.get("parcel_id")),
        "other": visible(row.get("other_id")),
        "id": visible(row.get("parcel_id")) or visible(row.get("other_id")),
        "layer": layer_name(row.get("layer"), texts=texts),
        "value": "" if shown == MISSING else shown,
    }
    found = re.search(DETAILS[code], message, re.DOTALL) if code in DETAILS else None
    told = {} if found is None else {k: v for k, v in found.groupdict().items() if v}
    if "more" in told:
        more = texts[f"finding_text.{MORE.get(code, 'more')}"]
        told["detail"] = more.format(shown=told["detail"], n=told["more"])
    if code == "invalid_geometry" and told:
        told["detail"] = geometry_text(message, texts=texts)
    if code == "not_repaired" and told:
        told["detail"] = repair_text(message, texts=texts)
    if code == "required_not_absorbed" and told:
        why = told["detail"]
        told["detail"] = required_reason(message, texts=texts)
        if made["other"] and not re.search(REQUIRED_DETAILS["not_together"], why):
            told["detail"] = texts["finding_text.conflict"].format(
                reason=told["detail"],
                ids=texts["report.list"].join(made["other"].split(";")),
            )
    if code == "spellings" and told:
        told["detail"] = re.sub("(['\"]) for (['\"])", r"\1 → \2", told["detail"])
    if code in NAMED and told:
        told["detail"] = named(texts, NAMED[code], told["detail"])
    if "column" in told:
        told["column"] = texts.get(f"column.{told['column']}", told["column"])
    if "drawn" in told:
        told |= {k: _two_decimals(told[k]) for k in ("drawn", "recorded")}
    return made | told


def required_reason(message: object, *, texts: Mapping[str, str]) -> str:
    """Why a required scrap was not absorbed, as the message of its finding tells.

    Parameters
    ----------
    message
        Such as ``required, but not absorbed: cap_full``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Reasons with a name by their names; other words stay as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> required_reason("required, but not absorbed: same_owner", texts=catalog("en"))
    'right-holder differs'
    """
    text = visible(message)
    found = re.search(DETAILS["required_not_absorbed"], text, re.DOTALL)
    told = found["detail"] if found else text
    for key, form in REQUIRED_DETAILS.items():
        said = re.match(form, told, re.DOTALL)
        if said is not None:
            ids = texts["report.list"].join("".join(said.groups()).split(";"))
            return texts[f"finding_text.{key}"].format(ids=ids)
    sites = re.findall(SITE_REASONS, told)
    if sites and ", ".join(f"{site} ({codes})" for site, codes in sites) == told:
        detail = texts["report.detail"]
        return texts["report.list"].join(
            detail.format(name=site, detail=named_list(texts, "reason", codes))
            for site, codes in sites
        )
    return named_list(texts, "reason", told) if told else ""


def _two_decimals(text: str) -> str:
    try:
        return number(float(text.replace(",", "")), unit="m2")
    except ValueError:
        return text


def layer_name(name: object, *, texts: Mapping[str, str]) -> str:
    """Display name of a layer; one of ``[layers.exclusions]`` keeps its own.

    Parameters
    ----------
    name
        Such as ``parcels`` or ``exclusions.red_line``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` for a missing name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> layer_name("exclusions.red_line", texts=catalog("zh"))
    '管控区 red_line'
    """
    stem, dot, own = visible(name).partition(".")
    kind = texts.get(f"table.{stem}")
    return f"{kind} {own}" if kind and dot and own else named(texts, "table", name)


def geometry_text(message: object, *, texts: Mapping[str, str]) -> str:
    """Why a geometry is invalid, as GEOS says it, with the kind of fault in words.

    Parameters
    ----------
    message
        Such as ``Self-intersection[500000 3400000]``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Kinds without a name stay as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> geometry_text("Self-intersection[5 3]", texts=catalog("zh"))
    '自相交 [5 3]'
    """
    kind, bracket, place = visible(message).partition("[")
    name = texts.get(f"geometry_fault.{kind}")
    if name is None:
        return visible(message)
    return f"{name} {bracket}{place}" if bracket else name


def skip_reason(reason: object, *, texts: Mapping[str, str]) -> str:
    """Why an analysis was not made.

    Parameters
    ----------
    reason
        As the run's record tells it.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Reasons without a translation stay as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> skip_reason("no column owner", texts=catalog("zh"))
    '宗地图层没有权利人字段（owner）'
    """
    text = visible(reason)
    known = texts.get(f"skip_reason.{text}")
    if known is not None and text not in COLUMN_REASONS:
        return known
    for key, pattern in COLUMN_REASONS.items():
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found is not None:
            return texts[f"skip_reason.{key}"].format(column=found[1])
    return text


def rule_text(rule_id: object, *, texts: Mapping[str, str]) -> str:
    """What decided, where that is a parameter or a definition; ids of rules stay.

    Parameters
    ----------
    rule_id
        As a row of the verdicts table tells it.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` for a missing id.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> [rule_text(i, texts=catalog("zh")) for i in ("parameters.hull_share", "scrap.area_cap")]
    ['参数“凸包内占比”', 'scrap.area_cap']
    """
    kind, _, name = visible(rule_id).partition(".")
    parameter = texts.get(f"parameter.{name}")
    if kind == "parameters" and parameter is not None:
        return texts["rule_id.parameter"].format(name=parameter)
    return named(texts, "rule_id", rule_id)


def crs_chosen(phrase: object, *, texts: Mapping[str, str]) -> str:
    """How the coordinate system of a run was chosen.

    Parameters
    ----------
    phrase
        As the run's record tells it.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Phrases without a translation stay as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> crs_chosen("3-degree Gauss-Krüger zone 38 of the data", texts=catalog("zh"))
    '按数据所在的 3 度带高斯－克吕格投影第 38 带选取'
    """
    zone = re.fullmatch(
        r"(3-degree Gauss-Krüger zone) (\d+)( of the data)(?:(, on their own datum) (.+))?",
        visible(phrase),
    )
    if zone is None:
        return named(texts, "crs_chosen", phrase)
    return texts[f"crs_chosen.{zone[1]}{zone[3]}{zone[4] or ''}"].format(
        zone=zone[2], datum=zone[5]
    )


def with_messages(findings: pd.DataFrame, *, texts: Mapping[str, str]) -> pd.DataFrame:
    """Findings whose messages are in the language of the catalog.

    Parameters
    ----------
    findings
        The findings table.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame
        A copy with another column ``message``.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.style import catalog
    >>> table = pd.DataFrame({"code": ["null_geometry"], "parcel_id": ["7"], "message": ["-"]})
    >>> with_messages(table, texts=catalog("en"))["message"].tolist()
    ['parcel 7 has no geometry']
    """
    plain = findings.drop(columns="geometry", errors="ignore").to_dict("records")
    told = [finding_text(row, texts=texts) or None for row in plain]
    changed = findings.copy()
    changed["message"] = told
    return changed
