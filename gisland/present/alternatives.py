"""Other plans than the one in force, in words: what is given up or gained, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.wording import (
    MISSING,
    area_both,
    is_missing,
    label,
    named,
    number,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]
    Row = Mapping[Any, Any]

KINDS = ("second_best", "greedy", "relaxed")
UNITS = {"share_cap": "share", "total_cap": "m2", "area_cap": "m2", "count_cap": "count"}
SAME = ("component", "kind", "constraint", "limit")  # one alternative, over all sites
FEWEST_DIGITS = 6  # of a percentage, behind which zeros are left out
HALF_CENT = 0.005  # square metres or metres below which nothing changes


def of_site(alternatives: pd.DataFrame | None, site_id: object) -> list[dict[str, Any]]:
    """Alternatives in which something changes at one site.

    Parameters
    ----------
    alternatives
        The table of alternatives, or None where it was not made.
    site_id
        The site.

    Returns
    -------
    list of dict
        Rows of the site, second-best plan first. Those in which other sites change, too, have
        the sums over all sites in ``all_scraps_more`` and ``all_area_more_m2``.

    Examples
    --------
    >>> rows = {"component": [1, 1], "site_id": ["S", "T"], "kind": ["greedy", "greedy"]}
    >>> rows |= {"constraint": ["", ""], "limit": [None, None], "scraps_more": [1, -1]}
    >>> found = of_site(pd.DataFrame(rows | {"area_more_m2": [90.0, -100.0]}), "S")
    >>> found[0]["all_scraps_more"], found[0]["all_area_more_m2"]
    (0, -10.0)
    """
    if alternatives is None:
        return []
    here = (alternatives["site_id"] == site_id).fillna(value=False)
    # sites that the plan has in no component have a missing one, but none in common
    solved = alternatives.loc[here, "component"].dropna()
    alternatives = alternatives[here | alternatives["component"].isin(solved)]
    if alternatives.empty:
        return []
    keys = [alternatives[c].astype("object").fillna("").map(str) for c in SAME]
    together = alternatives.groupby(keys, sort=False)
    sums = {f"all_{c}": together[c].transform("sum") for c in ("scraps_more", "area_more_m2")}
    frame = alternatives.assign(**sums, sites=together["site_id"].transform("size"))
    own = frame[(frame["site_id"] == site_id).fillna(value=False)]
    order = own["kind"].map({k: n for n, k in enumerate(KINDS)}).fillna(len(KINDS))
    rows = own.iloc[order.argsort(kind="stable")].to_dict("records")
    shared = ("all_scraps_more", "all_area_more_m2")
    return [
        {str(k): v for k, v in row.items() if row["sites"] > 1 or k not in shared} for row in rows
    ]


def alternative_name(row: Row, *, texts: Texts) -> str:
    """What an alternative is: another plan, or the plan without one requirement.

    Parameters
    ----------
    row
        ``kind``, ``constraint``, ``limit``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Not escaped.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"kind": "relaxed", "constraint": "share_cap", "limit": 0.12}
    >>> alternative_name(row, texts=catalog("en"))
    'With the cap on the scrap share at 12%'
    >>> alternative_name(row | {"constraint": "same_owner", "limit": None}, texts=catalog("en"))
    'Without the test “same right-holder”'
    """
    kind, constraint = visible(row.get("kind")), visible(row.get("constraint"))
    if kind != "relaxed":
        return texts.get(f"alternative.{kind}") or label(texts, "alternative_kind", kind)
    name = constraint_name(constraint, texts=texts)
    if constraint not in UNITS:
        return texts["alternative.no_test"].format(constraint=name)
    limit = row.get("limit")
    if is_missing(limit):
        return texts["alternative.no_cap"].format(constraint=name)
    told = limit_text(limit, unit=UNITS[constraint], texts=texts)
    return texts["alternative.raised"].format(constraint=name, limit=told)


def constraint_name(constraint: object, *, texts: Texts) -> str:
    """Name of a cap, or of an eligibility test.

    Parameters
    ----------
    constraint
        Such as ``share_cap`` or ``same_owner``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where there is none.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> constraint_name("share_cap", texts=catalog("zh"))
    '零星用地占比上限'
    """
    section = "constraint" if f"constraint.{visible(constraint)}" in texts else "test"
    return label(texts, section, constraint)


def limit_text(limit: Any, *, unit: str, texts: Texts) -> str:  # noqa: ANN401 - a cell
    """A limit as people say it: a share without the zeros behind it.

    Parameters
    ----------
    limit
        A number, in `unit`.
    unit
        ``share``, ``m2`` or ``count``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> limit_text(0.125, unit="share", texts=catalog("en"))
    '12.5%'
    >>> limit_text(3000.0, unit="m2", texts=catalog("en"))
    '3,000 m²'
    """
    if is_missing(limit):
        return MISSING
    if unit == "share":
        return f"{round(100 * float(limit), FEWEST_DIGITS):g}%"
    if unit == "count":
        return texts["alternative.count"].format(n=number(limit, unit="count"))
    whole = number(limit, unit=unit, decimals=0 if float(limit).is_integer() else None)
    return f"{whole} {named(texts, 'unit', unit)}"


def effect(row: Row, *, texts: Texts) -> str:
    """What an alternative gains or gives up at a site, against the plan.

    Parameters
    ----------
    row
        ``scraps_more``, ``area_more_m2``; where they are known ``border_more_m``, ``status``, and
        the sums that `of_site` adds where other sites change, too.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Not escaped.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> effect({"scraps_more": 3, "area_more_m2": 1240.0}, texts=catalog("en"))
    '3 more scraps, 1,240.00 m² (1.860 mu)'
    """
    scraps, area = row.get("scraps_more"), row.get("area_more_m2")
    alike = texts["alternative.together_same"]
    if "border_more_m" in row:
        alike = _border(row["border_more_m"], texts=texts)
    told = [_change(scraps, area, texts=texts) or alike]
    if "all_area_more_m2" in row:
        whole = _change(row["all_scraps_more"], row["all_area_more_m2"], texts=texts)
        whole = whole or texts["alternative.together_same"]
        told.append(texts["alternative.together"].format(effect=whole))
    if visible(row.get("status")) == "time_limit":
        told.append(texts["alternative.open"])
    return "".join(told)


def _change(scraps: Any, area: Any, *, texts: Texts) -> str:  # noqa: ANN401 - cells
    """Change in scraps and in area; empty where there is none."""
    many = 0 if is_missing(scraps) else int(scraps)
    size = 0.0 if is_missing(area) or abs(area) < HALF_CENT else float(area)
    if not many and not size:
        return ""
    one = "_one" if abs(many) == 1 else ""
    key = f"{'more' if many > 0 else 'fewer'}{one}" if many else "as_many"
    number_text = texts[f"alternative.{key}"].format(n=f"{abs(many):,}")
    area_text = area_both(texts, abs(size))
    if not size:
        return number_text
    if many and (many > 0) == (size > 0):
        return texts["alternative.alike"].format(scraps=number_text, area=area_text)
    measured = texts[f"alternative.{'larger' if size > 0 else 'smaller'}"].format(area=area_text)
    key = "mixed" if many else "only_area"
    return texts[f"alternative.{key}"].format(scraps=number_text, area=measured)


def _border(metres: Any, *, texts: Texts) -> str:  # noqa: ANN401 - a cell
    """Change in border, where scraps and area stay the same."""
    if is_missing(metres) or abs(metres) < HALF_CENT:
        return texts["alternative.equal"]
    key = "longer" if metres > 0 else "shorter"
    return texts[f"alternative.{key}"].format(length=with_unit(texts, abs(metres), unit="m"))


def absorbed(scraps: Any, area_m2: Any, *, texts: Texts) -> str:  # noqa: ANN401 - cells
    """Number of scraps with their area.

    Parameters
    ----------
    scraps
        How many.
    area_m2
        Square metres.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where the number is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> absorbed(1, 900.0, texts=catalog("en")), absorbed(0, 0.0, texts=catalog("zh"))
    ('1 scrap, 900.00 m²', '0 宗、0.00 m²')
    """
    if is_missing(scraps):
        return MISSING
    area = with_unit(texts, area_m2, unit="m2")
    return texts["alternative.absorbed"].format(n=counted(scraps, texts=texts), area=area)


def counted(scraps: Any, *, texts: Texts) -> str:  # noqa: ANN401 - a cell
    """Number of scraps with its word.

    Parameters
    ----------
    scraps
        How many.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> counted(1, texts=catalog("en")), counted(None, texts=catalog("en"))
    ('1 scrap', '—')
    """
    if is_missing(scraps):
        return MISSING
    key = "scraps_one" if scraps == 1 else "scraps"
    return texts[f"alternative.{key}"].format(n=number(int(scraps), unit="count"))


def decision_text(decision: object, *, texts: Texts) -> str:
    """A decision taken beforehand, in words.

    Parameters
    ----------
    decision
        ``in``, ``out`` or the id of the only site; or missing.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where there is none.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> decision_text("S1", texts=catalog("en")), decision_text(None, texts=catalog("en"))
    ('only into S1', '—')
    """
    code = visible(decision)
    if not code:
        return MISSING
    if code in {"in", "out"}:
        return texts[f"decision.{code}"]
    return texts["decision.site"].format(site=shortened(code))
