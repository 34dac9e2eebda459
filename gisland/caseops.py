"""The operations of the case book: each a function of the library, with the kinds it takes."""

from __future__ import annotations

import math
import operator
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import CaseError, did_you_mean
from gisland.base.quantities import Quantity
from gisland.measure import ratios
from gisland.plan.caps import shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gisland.base.cases import Step

SAME, SEVERAL = "the same", "several of the same"
JOINED = " + "


@dataclass(frozen=True)
class Operation:
    """A function of quantities.

    Parameters
    ----------
    function
        Takes numbers in basic units, in the order of `takes`.
    takes
        Kind of each parameter: one of `gisland.base.quantities.Unit`, ``count``, or ``SAME`` or
        ``SEVERAL`` of any kind.
    gives
        Kind of the result, or ``SAME``.
    form
        How it is written, with the names of its parameters in braces.
    """

    function: Callable[..., float]
    takes: Mapping[str, str]
    gives: str
    form: str

    @property
    def is_plain(self) -> bool:
        """Whether it is written as its one quantity, without any sign."""
        return self.form == "{of}" and SEVERAL not in self.takes.values()


def _scrap_share(denominator: str) -> Callable[[float, float], float]:
    """Share of one scrap over one of the denominators that the rules know."""

    def share(scrap_m2: float, base_m2: float) -> float:
        base = pd.Series([base_m2])
        return float(shares(pd.Series([scrap_m2]), base, base)[denominator].item())

    return share


_OVER = {"scrap": "area", "site": "area"}
OPERATIONS: dict[str, Operation] = {
    "value": Operation(float, {"of": SAME}, SAME, "{of}"),
    "sum": Operation(math.fsum, {"of": SEVERAL}, SAME, "{of}"),
    "mean": Operation(statistics.fmean, {"of": SEVERAL}, SAME, "({of}) ÷ {n}"),
    "difference": Operation(operator.sub, {"of": SAME, "less": SAME}, SAME, "{of} − {less}"),
    "share": Operation(ratios.share, {"part": SAME, "whole": SAME}, "ratio", "{part} ÷ {whole}"),
    "times": Operation(
        ratios.share, {"after": SAME, "before": SAME}, "ratio", "{after} ÷ {before}"
    ),
    "part_of": Operation(
        ratios.part_of, {"whole": SAME, "share": "ratio"}, SAME, "{whole} × {share}"
    ),
    "whole_of": Operation(
        ratios.whole_of, {"part": SAME, "share": "ratio"}, SAME, "{part} ÷ {share}"
    ),
    "mean_of": Operation(
        ratios.share, {"total": SAME, "count": "count"}, SAME, "{total} ÷ {count}"
    ),
    "total_of": Operation(
        ratios.part_of, {"each": "each", "count": "count"}, "area", "{each} × {count}"
    ),
    "far": Operation(ratios.far, {"floor": "area", "land": "area"}, "ratio", "{floor} ÷ {land}"),
    "coverage": Operation(
        ratios.coverage, {"footprint": "area", "land": "area"}, "ratio", "{footprint} ÷ {land}"
    ),
    "floor_at_far": Operation(
        ratios.floor_at_far, {"far": "ratio", "land": "area"}, "area", "{far} × {land}"
    ),
    "land_at_far": Operation(
        ratios.land_at_far, {"floor": "area", "far": "ratio"}, "area", "{floor} ÷ {far}"
    ),
    "per_mu": Operation(
        ratios.per_mu, {"amount": "money", "land": "area"}, "rate", "{amount} ÷ {land}"
    ),
    "amount_at_rate": Operation(
        ratios.amount_at_rate, {"rate": "rate", "land": "area"}, "money", "{rate} × {land}"
    ),
    "land_at_rate": Operation(
        ratios.land_at_rate, {"amount": "money", "rate": "rate"}, "area", "{amount} ÷ {rate}"
    ),
    "reduction": Operation(
        ratios.reduction,
        {"before": SAME, "after": SAME},
        "ratio",
        "({before} − {after}) ÷ {before}",
    ),
    "before_growth": Operation(
        ratios.before_growth, {"after": SAME, "growth": "ratio"}, SAME, "{after} ÷ (1 + {growth})"
    ),
    "share_saved": Operation(
        ratios.share_saved, {"gain": "ratio"}, "ratio", "1 − 1 ÷ (1 + {gain})"
    ),
    "strip_length": Operation(
        ratios.strip_length, {"area": "area", "width": "length"}, "length", "{area} ÷ {width}"
    ),
    "scrap_share_including": Operation(
        _scrap_share("including"), _OVER, "ratio", "{scrap} ÷ ({site} + {scrap})"
    ),
    "scrap_share_excluding": Operation(
        _scrap_share("excluding"), _OVER, "ratio", "{scrap} ÷ {site}"
    ),
    "scrap_share_boundary": Operation(
        _scrap_share("boundary"),
        {"scrap": "area", "project": "area"},
        "ratio",
        "{scrap} ÷ {project}",
    ),
}


def operation_of(where: str, step: Step) -> Operation:
    """Operation of a step, its parameters held against those it takes.

    Parameters
    ----------
    where
        File and key, for messages.
    step
        The step.

    Returns
    -------
    Operation
        Key of ``OPERATIONS``.

    Raises
    ------
    CaseError
        If it is unknown, or a parameter is unknown, missing, or a list where one is taken.

    Examples
    --------
    >>> from gisland.base.cases import Step
    >>> operation_of("1.toml", Step("far", {"floor": "a", "land": "b"})).form
    '{floor} ÷ {land}'
    >>> operation_of("1.toml", Step("far", {"floor": "a", "land": ("b",)}))
    Traceback (most recent call last):
    ...
    gisland.base.errors.CaseError: 1.toml land is a list; give one name
    """
    if step.operation not in OPERATIONS:
        raise CaseError(
            f"{where} operation {step.operation!r} is unknown",
            do=did_you_mean(step.operation, OPERATIONS),
        )
    found = OPERATIONS[step.operation]
    for name in step.arguments:
        if name not in found.takes:
            raise CaseError(f"{where} has no key {name!r}", do=did_you_mean(name, found.takes))
    for name, kind in found.takes.items():
        if name not in step.arguments:
            raise CaseError(f"{where} lacks {name}", do=f"{step.operation} takes it")
        is_list = isinstance(step.arguments[name], tuple)
        if is_list and kind != SEVERAL:
            raise CaseError(f"{where} {name} is a list", do="give one name")
        if kind == SEVERAL and not is_list:
            raise CaseError(f"{where} {name} is one name", do="give a list")
    return found


def applied(where: str, found: Operation, given: Mapping[str, tuple[Quantity, ...]]) -> Quantity:
    """Result of an operation on quantities, their kinds held against those it takes.

    Parameters
    ----------
    where
        File and key, for messages.
    found
        The operation.
    given
        Quantities of each parameter; one, unless it takes several.

    Returns
    -------
    Quantity
        In basic units.

    Raises
    ------
    CaseError
        If a quantity is of another kind, or a denominator is 0.

    Examples
    --------
    >>> floor, land = (Quantity(v, "area") for v in (47_800.0, 63_000.0))
    >>> applied("1.toml", OPERATIONS["far"], {"floor": (floor,), "land": (land,)}).kind
    'ratio'
    """
    same = ""
    numbers: list[float | list[float]] = []
    for name, wanted in found.takes.items():
        for quantity in given[name]:
            if wanted in {SAME, SEVERAL}:
                same = same or quantity.kind
            fits = quantity.kind == (same if wanted in {SAME, SEVERAL} else wanted)
            if not fits and not (wanted == "count" and quantity.kind.startswith("count:")):
                asked = same if wanted in {SAME, SEVERAL} else wanted
                raise CaseError(
                    f"{where} {name} is of kind {quantity.kind!r}", do=f"give one of kind {asked!r}"
                )
        values = [quantity.value for quantity in given[name]]
        numbers.append(values if wanted == SEVERAL else values[0])
    try:
        value = float(found.function(*numbers))
    except ZeroDivisionError as error:
        raise CaseError(f"{where} divides by 0", do="mend the facts") from error
    return Quantity(value, same if found.gives == SAME else found.gives)
