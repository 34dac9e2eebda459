"""Checks of the case book written out: what is divided by what, and held against what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.caseops import JOINED, SEVERAL, operation_of
from gisland.present.casetext import quantity_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.base.cases import Case, Check, Step


def named(step: Step, parameter: str) -> tuple[str, ...]:
    """Names that a step gives for a parameter.

    Parameters
    ----------
    step
        The step.
    parameter
        One of its parameters.

    Returns
    -------
    tuple of str
        Facts and steps.

    Examples
    --------
    >>> from gisland.layers.casefiles import read_cases
    >>> named(read_cases()[19].checks[0].step, "of")
    ('kept', 'new')
    """
    names = step.arguments[parameter]
    return (names,) if isinstance(names, str) else names


def formula(case: Case, step: Step, texts: Mapping[str, str]) -> str:
    """An operation written out with its numbers, so that every denominator is seen.

    Parameters
    ----------
    case
        Its facts and steps.
    step
        What is computed.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Steps are written out, in brackets.

    Examples
    --------
    >>> from gisland.layers.casefiles import read_cases
    >>> from gisland.present.style import catalog
    >>> case = read_cases()[19]
    >>> formula(case, case.checks[0].step, catalog("en"))
    '12690 m² + 3136 m²'
    """
    operation = operation_of(case.file, step)

    def written(name: str) -> str:
        if name in case.facts:
            return quantity_text(case.facts[name], texts)
        inner = case.steps[name]
        told = formula(case, inner, texts)
        return (
            told if operation.is_plain or operation_of(case.file, inner).is_plain else f"({told})"
        )

    parts: dict[str, str] = {}
    for parameter in step.arguments:
        several = named(step, parameter)
        parts[parameter] = JOINED.join(map(written, several))
        if operation.takes[parameter] == SEVERAL:
            parts["n"] = str(len(several))
    return operation.form.format(**parts)


def against(case: Case, check: Check, texts: Mapping[str, str]) -> str:
    """What a check is held against, in words.

    Parameters
    ----------
    case
        Its facts.
    check
        The check.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Chapter and section, or rule set and rule; empty where nothing is published.

    Examples
    --------
    >>> from gisland.layers.casefiles import read_cases
    >>> from gisland.present.style import catalog
    >>> case = read_cases()[9]
    >>> against(case, case.checks[2], catalog("zh"))
    '公布于 案例十 二(一)'
    """
    if check.rule is not None:
        return texts["case.limit_of"].format(at=" ".join(check.rule))
    if check.expected is not None:
        return texts["case.by_meaning"]
    if not check.published:
        return ""
    at = f"{case.chapter} {case.facts[check.published].at}"
    return texts["case.published_at"].format(at=at)
