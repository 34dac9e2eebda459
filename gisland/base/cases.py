"""The case book: published cases with their numbers, and what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNDS = ("about", "above", "at_least", "below", "at_most")
VERDICTS = (
    "consistent",
    "near",
    "inconsistent",
    "different_scope",
    "rule_test_fails",
    "derived",
)


@dataclass(frozen=True)
class Document:
    """A source document.

    Parameters
    ----------
    title, publisher
        By language.
    date
        Such as ``2025-12``.
    """

    title: Mapping[str, str]
    publisher: Mapping[str, str]
    date: str


@dataclass(frozen=True)
class Fact:
    """A printed number.

    Parameters
    ----------
    value, unit
        As printed.
    at
        Where in its chapter.
    bound
        One of ``BOUNDS`` where the text says about, more than and the like; else empty.
    """

    value: float
    unit: str
    at: str = ""
    bound: str = ""


@dataclass(frozen=True)
class Step:
    """A named operation on facts and earlier steps.

    Parameters
    ----------
    operation
        Key of ``gisland.caseops.OPERATIONS``.
    arguments
        Names of facts and steps, one or several for each parameter.
    """

    operation: str
    arguments: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Check:
    """A number computed from facts, and what it is held against.

    Parameters
    ----------
    label
        By language.
    step
        What is computed.
    unit
        Of the result.
    published
        Name of the fact that it is held against; empty where there is none.
    expected
        What it must be by its meaning, such as 100 per cent, in place of a fact.
    rule
        Rule set and rule whose limit it is held against, in place of a fact.
    test
        Comparison with the published number, such as ``>=``, where that is a limit.
    exact
        Whether the printed digits must add up exactly.
    scope
        Why the two numbers measure different things, by language; empty where they do not.
    note
        By language; may be empty.
    """

    label: Mapping[str, str]
    step: Step
    unit: str
    published: str = ""
    expected: Fact | None = None
    rule: tuple[str, str] | None = None
    test: str = ""
    exact: bool = False
    scope: Mapping[str, str] | None = None
    note: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Case:
    """One case: its place in the source, its facts, and its checks.

    Parameters
    ----------
    number
        ``1`` to ``26``, ``N1`` and ``N2``.
    file
        Name of its file, for messages.
    """

    number: str
    file: str
    document: Document
    chapter: str
    place: Mapping[str, str]
    kind: Mapping[str, str]
    facts: Mapping[str, Fact]
    steps: Mapping[str, Step]
    checks: tuple[Check, ...]
