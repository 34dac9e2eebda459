"""The case book computed: every check of the published cases, with a verdict made by rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.cases import VERDICTS
from gisland.base.errors import CaseError, did_you_mean
from gisland.base.quantities import Quantity, unit_of
from gisland.base.rule import OPERATORS
from gisland.base.rules import load_rules
from gisland.caseformulas import against, formula, named
from gisland.caseops import applied, operation_of
from gisland.layers.casefiles import read_cases
from gisland.present.style import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisland.base.cases import Case, Check, Step
    from gisland.base.rule import Rule

CONSISTENT, NEAR = 0.01, 0.05  # largest deviation of the words
NOISE = 1e-9  # floating noise of sums and conversions
COLUMNS = (
    *("case", "place", "label", "published", "computed", "unit", "deviation", "verdict", "note"),
    *("formula", "against"),
)


@dataclass(frozen=True)
class Outcome:
    """A check computed.

    Parameters
    ----------
    case, check
        What was computed.
    computed, published
        In the unit of the check; NaN where nothing is published.
    verdict
        One of ``VERDICTS``.
    """

    case: Case
    check: Check
    computed: float
    published: float
    verdict: str

    @property
    def deviation(self) -> float:
        """By how much the computed number is above the published one, as a share of it."""
        return self.computed / self.published - 1 if self.published else math.nan


def cases(numbers: Iterable[str | int] | None = None, *, language: str = "zh") -> pd.DataFrame:
    """Every check of the case book, computed with the functions of the library.

    Parameters
    ----------
    numbers
        Cases, such as ``10`` or ``"N1"``; by default all.
    language
        ``zh`` or ``en``.

    Returns
    -------
    pandas.DataFrame
        One row for each check, in the order of the book: ``case``, ``place``, ``label``,
        ``published`` and ``computed`` in ``unit`` (shares from 0 to 1), ``deviation`` (computed
        over published, less 1), ``verdict``, ``note``, ``formula`` (what is divided by what) and
        ``against`` (where the published number stands, in words). What is not published is missing.

    Raises
    ------
    CaseError
        If there is no such case.
    ProjectError
        If there is no such language.

    Examples
    --------
    >>> cases(["10"])["computed"].round(3).tolist()[2:4]
    [1.17, 2.028]
    >>> cases(["10"], language="en")["formula"].iloc[2]
    '(11.3 ×10⁴ m² − 3.71 ×10⁴ m²) ÷ 97.34 mu'
    """
    texts = catalog(language)
    rows = [
        _row(outcome, texts, language) for case in chosen(numbers) for outcome in computed(case)
    ]
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(
        ("published", "computed", "deviation"), "float64"
    )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)


def _row(outcome: Outcome, texts: Mapping[str, str], language: str) -> tuple[str | float, ...]:
    case, check = outcome.case, outcome.check
    note = check.scope or check.note or {}
    return (
        case.number,
        case.place[language],
        check.label[language],
        outcome.published,
        outcome.computed,
        check.unit,
        outcome.deviation,
        outcome.verdict,
        note.get(language, ""),
        formula(case, check.step, texts),
        against(case, check, texts),
    )


def chosen(numbers: Iterable[str | int] | None = None) -> tuple[Case, ...]:
    """Cases of the book by their numbers.

    Parameters
    ----------
    numbers
        Such as ``10`` or ``"n1"``; by default all.

    Returns
    -------
    tuple of Case
        In the order asked for, each once.

    Raises
    ------
    CaseError
        If there is no such case.

    Examples
    --------
    >>> [case.number for case in chosen([10, "n1"])]
    ['10', 'N1']
    """
    book = {case.number: case for case in read_cases()}
    if numbers is None:
        return tuple(book.values())
    asked = dict.fromkeys(str(number).strip().upper() for number in numbers)
    for number in asked:
        if number not in book:
            raise CaseError(
                f"there is no case {number!r}", do="use a number from 1 to 26, N1 or N2"
            )
    return tuple(book[number] for number in asked)


def computed(case: Case) -> tuple[Outcome, ...]:
    """Checks of one case, computed.

    Parameters
    ----------
    case
        Facts, steps and checks.

    Returns
    -------
    tuple of Outcome
        In the order of the file.

    Raises
    ------
    CaseError
        If an operation, a name or a kind is wrong; names file and key.

    Examples
    --------
    >>> [outcome.verdict for outcome in computed(chosen([15])[0])]
    ['consistent', 'different_scope', 'inconsistent', 'derived']
    """
    known = {name: Quantity.printed(f.value, f.unit) for name, f in case.facts.items()}
    for name, step in case.steps.items():
        known[name] = _result(f"{case.file}: [steps.{name}]", step, known)
    checks = enumerate(case.checks, start=1)
    return tuple(
        _outcome(case, check, known, where=f"{case.file}: [[checks]] {n}") for n, check in checks
    )


def _result(where: str, step: Step, known: Mapping[str, Quantity]) -> Quantity:
    operation = operation_of(where, step)
    given = {}
    for parameter in step.arguments:
        names = named(step, parameter)
        for name in names:
            if name not in known:
                raise CaseError(
                    f"{where} {parameter} names {name!r}, no fact or earlier step",
                    do=did_you_mean(name, known),
                )
        given[parameter] = tuple(known[name] for name in names)
    return applied(where, operation, given)


def _outcome(case: Case, check: Check, known: Mapping[str, Quantity], *, where: str) -> Outcome:
    result = _of_kind(where, _result(where, check.step, known), check.unit)
    value = result.in_unit(check.unit)
    if check.rule is not None:
        rule = _rule(where, check.rule)
        limit = Quantity.printed(rule.limit, rule.unit)
        met = bool(rule.holds(pd.Series([result.in_unit(rule.unit)])).item())
    elif check.expected is not None:
        limit, met = Quantity.printed(check.expected.value, check.expected.unit), None
    elif check.published:
        if check.published not in case.facts:
            raise CaseError(
                f"{where} published names {check.published!r}, no fact",
                do=did_you_mean(check.published, case.facts),
            )
        limit = known[check.published]
        met = bool(OPERATORS[check.test](value, limit.in_unit(check.unit))) if check.test else None
    else:
        return Outcome(case, check, value, math.nan, verdict(value, math.nan))
    published = _of_kind(where, limit, check.unit).in_unit(check.unit)
    scope = check.scope is not None
    word = verdict(value, published, exact=check.exact, scope=scope, met=met)
    return Outcome(case, check, value, published, word)


def _of_kind(where: str, quantity: Quantity, unit: str) -> Quantity:
    if quantity.kind != unit_of(unit).kind:
        raise CaseError(
            f"{where} unit {unit!r} does not measure {quantity.kind!r}", do="give a unit that does"
        )
    return quantity


def _rule(where: str, named: tuple[str, str]) -> Rule:
    """A rule with a limit, in whatever mode."""
    name, rule_id = named
    try:
        rule = load_rules(name)[rule_id]
    except KeyError as error:
        raise CaseError(f"{where} rule id {rule_id!r} is unknown", do="name a rule") from error
    if not rule.operator:
        raise CaseError(f"{where} rule {name} {rule_id} has no limit", do="name one with a limit")
    return rule


def verdict(
    computed: float,
    published: float,
    *,
    exact: bool = False,
    scope: bool = False,
    met: bool | None = None,
) -> str:
    """Word for how a computed number stands to the published one.

    Parameters
    ----------
    computed, published
        In one unit; `published` is NaN where there is none.
    exact
        Whether the printed digits must add up exactly.
    scope
        Whether the two measure different things.
    met
        Where `published` is a limit: whether the computed number keeps it.

    Returns
    -------
    str
        ``derived`` where nothing is published, ``different_scope``, ``rule_test_fails`` (a limit
        that is kept is ``consistent``), and by the deviation ``consistent`` (at most 1 %), ``near``
        (at most 5 %) or ``inconsistent``, which an exact sum is at any deviation.

    Examples
    --------
    >>> verdict(101.0, 100.0), verdict(105.0, 100.0), verdict(105.1, 100.0)
    ('consistent', 'near', 'inconsistent')
    >>> verdict(101.0, 100.0, exact=True), verdict(2.0, 2.3, met=False)
    ('inconsistent', 'rule_test_fails')
    """
    if math.isnan(published):
        return "derived"
    if scope:
        return "different_scope"
    if met is not None:
        return "consistent" if met else "rule_test_fails"
    off = abs(computed - published) - NOISE * abs(published)
    if off <= (0.0 if exact else CONSISTENT * abs(published)):
        return "consistent"
    return "near" if not exact and off <= NEAR * abs(published) else "inconsistent"


def totals(verdicts: Iterable[str]) -> dict[str, int]:
    """How many checks have each verdict.

    Parameters
    ----------
    verdicts
        Words of ``VERDICTS``.

    Returns
    -------
    dict
        Of all words, in their order.

    Examples
    --------
    >>> totals(cases()["verdict"])["consistent"]
    33
    """
    words = list(verdicts)
    return {word: words.count(word) for word in VERDICTS}
