"""Scrap shares of a site: over each denominator, with the one that decided told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.rulespecs import DENOMINATORS
from gisland.present.wording import (
    MISSING,
    SYMBOLS,
    is_missing,
    label,
    number,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]
    Site = Mapping[Any, Any]


def share_lines(site: Site, *, texts: Texts, advisory: bool = False) -> dict[str, Any]:
    """Shares of a site over all three denominators, as the report shows them.

    Parameters
    ----------
    site
        One row of the sites table.
    texts
        Catalog of one language.
    advisory
        Whether the rule on the share only advises.

    Returns
    -------
    dict
        ``lines``: for each denominator ``name``, ``computed``, ``share``, ``candidates``,
        ``limit`` and whether it ``decides``; ``note``: a sentence where no cap is in force.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> site = {"area_before_m2": 90.0, "scrap_area_m2": 10.0, "scrap_share_including": 0.1}
    >>> site |= {"share_denominator": "including", "cap": 0.1, "cap_operator": "<="}
    >>> lines = share_lines(site, texts=catalog("en"))["lines"]
    >>> lines[0]["computed"], lines[0]["limit"]
    ('10.00 m² ÷ 100.00 m²', '≤ 10.00% (this one decides)')
    >>> lines[1]["decides"], lines[2]["computed"]
    (False, 'none: no project boundary')
    """
    capped = not is_missing(site.get("cap"))
    key = ("advises" if advisory else "decides") if capped else ""
    lines = [_line(kind, site, key=key, texts=texts) for kind in DENOMINATORS]
    return {"lines": lines, "note": "" if capped else texts["report.share.no_cap"]}


def _line(kind: str, site: Site, *, key: str, texts: Texts) -> dict[str, Any]:
    decides = bool(key) and visible(site.get("share_denominator")) == kind
    limit = MISSING
    if decides:
        operator = SYMBOLS.get(visible(site.get("cap_operator")), "")
        cap = number(site.get("cap"), unit="share")
        limit = texts[f"report.share.{key}"].format(operator=operator, limit=cap).strip()
    return {
        "name": label(texts, "denominator", kind),
        "computed": _computed(kind, site, texts=texts),
        "share": number(site.get(f"scrap_share_{kind}"), unit="share"),
        "candidates": number(site.get(f"candidate_share_{kind}"), unit="share"),
        "limit": limit,
        "decides": decides,
    }


def _computed(kind: str, site: Site, *, texts: Texts) -> str:
    """Absorbed area over the denominator; what is missing where there is none."""
    scraps: Any = site.get("scrap_area_m2")
    before: Any = site.get("area_before_m2")
    whole: Any = site.get("boundary_area_m2") if kind == "boundary" else before
    if kind == "boundary" and is_missing(whole):
        return texts["report.share.no_boundary"]
    if is_missing(scraps) or is_missing(whole):
        return MISSING
    over = scraps + whole if kind == "including" else whole
    part, total = (with_unit(texts, v, unit="m2") for v in (scraps, over))
    return texts["report.fraction"].format(part=part, whole=total)
