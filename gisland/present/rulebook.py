"""The rules that a run applied, quoted once and referred to by short names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.rule import ROUNDING_M2
from gisland.present.lists import some
from gisland.present.wording import LONGEST, SYMBOLS, label, named, shortened, visible, with_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]

QUOTED = 2_000  # characters of a quotation
PASSAGE = ("title", "section", "quotation", "source", "status")


def rulebook(
    used: Iterable[str], *, run: Mapping[str, Any], texts: Texts
) -> tuple[list[dict[str, Any]], dict[str, tuple[int, str]]]:
    """Rules that were applied, those from the same passage under one quotation.

    Parameters
    ----------
    used
        Ids of rules.
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    list of dict
        Passages: ``number`` (from 1), ``title``, ``section``, ``quotation``, ``source``,
        ``status``, ``status_code``, ``lines``, one for each rule, and ``not_known``, each once.
        Nothing is escaped.
    dict
        By rule id the number of its passage and its short name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> rule = {"id": "scrap.area_cap", "mode": "on", "value": 9.0, "unit": "m2", "operator": "<"}
    >>> run = {"rules": {"records": [rule]}}
    >>> passages, names = rulebook(["scrap.area_cap"], run=run, texts=catalog("en"))
    >>> passages[0]["lines"]
    ['cap on the area of one scrap: < 9.00 m²']
    >>> names
    {'scrap.area_cap': (1, 'cap on the area of one scrap')}
    """
    wanted = set(used)
    lines: dict[tuple[str, ...], list[str]] = {}
    gaps: dict[tuple[str, ...], dict[str, None]] = {}
    names: dict[str, tuple[int, str]] = {}
    for record in run.get("rules", {}).get("records", []):
        if record.get("id") not in wanted or record.get("mode") == "off":
            continue
        passage = _passage(record)
        lines.setdefault(passage, []).append(rule_line(record, texts=texts))
        gap = shortened(record.get("not_known"))
        gaps.setdefault(passage, {}).update({gap: None} if gap else {})
        number = list(lines).index(passage) + 1
        names[record["id"]] = (number, _name(record, texts=texts))
    passages = [
        {**dict(zip(PASSAGE, passage, strict=True)), "number": n, "lines": told}
        | {"status": label(texts, "rule_status", passage[4]), "status_code": passage[4]}
        | {"not_known": list(gaps[passage])}
        for n, (passage, told) in enumerate(lines.items(), start=1)
    ]
    return passages, names


def references(used: Iterable[str], names: Mapping[str, tuple[int, str]]) -> list[tuple[int, str]]:
    """Where the rules of one site stand in the rule book.

    Parameters
    ----------
    used
        Ids of rules.
    names
        Second result of `rulebook`.

    Returns
    -------
    list of tuple
        Number of the passage and short name, each pair once, in the order of the book.

    Examples
    --------
    >>> references(["b", "a", "off"], {"a": (1, "area"), "b": (2, "width")})
    [(1, 'area'), (2, 'width')]
    """
    return sorted({names[rule] for rule in used if rule in names})


def _passage(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        shortened(record.get(k), longest=QUOTED if k == "quotation" else LONGEST) for k in PASSAGE
    )


def _name(record: Mapping[str, Any], *, texts: Texts) -> str:
    _, stem, use_class, industry = [*visible(record["id"]).split("."), "", "", ""][:4]
    name = texts.get(f"rule_name.{stem}") or label(texts, "test", stem)
    detail = label(texts, "use_class", use_class)
    if industry:
        detail = texts["report.industry"].format(use=detail, code=industry)
    elif use_class in {"", "default"}:
        return name
    return texts["report.detail"].format(name=name, detail=detail)


def rule_line(record: Mapping[str, Any], *, texts: Texts) -> str:
    """A rule's name with its limit.

    Parameters
    ----------
    record
        One rule of the run's record.
    texts
        Catalog of one language.

    Returns
    -------
    str
        The name alone where there is no limit.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> rule = {"id": "scrap.area_cap", "value": 9.0, "unit": "m2", "operator": "<"}
    >>> rule_line(rule, texts=catalog("en"))
    'cap on the area of one scrap: < 9.00 m²'
    """
    name, limit = _name(record, texts=texts), _limit(record, texts=texts)
    return shortened(texts["report.rule_line"].format(name=name, limit=limit) if limit else name)


def _limit(record: Mapping[str, Any], *, texts: Texts) -> str:
    value = record.get("value")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return some([label(texts, "use_class", v) for v in value], texts=texts)
    operator = SYMBOLS.get(visible(record.get("operator")), "")
    told = f"{operator} {with_unit(texts, value, unit=visible(record.get('unit')))}".strip()
    over = record.get("denominator")
    if over:
        detail = shortened(named(texts, "denominator", over))
        told = texts["report.detail"].format(name=told, detail=detail)
    step = record.get("rounding_m2") or ROUNDING_M2
    if step == ROUNDING_M2:
        return told
    return texts["report.rounded"].format(limit=told, step=f"{step:g}")
