"""What is asked of the plan: method, objective, lists of parcels, and decisions beforehand."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from gisland.base.errors import ProjectError
from gisland.base.glance import Glance
from gisland.base.phrases import so_many

Method = Literal["exact", "greedy"]
Objective = Literal["area", "count"]
IN, OUT = "in", "out"
COLUMN_RULES = ("sum", "sum_known", "area_mean", "min", "max", "set", "same", "largest", "site")


@dataclass(frozen=True, repr=False)
class PlanChoices(Glance):
    """Choices of the plan that are no rules: they change from meeting to meeting.

    Parameters
    ----------
    method
        ``exact``, or ``greedy`` (longest border first) for comparison.
    objective
        What the plan makes largest first: absorbed ``area`` or ``count`` of scraps.
    consented
        Parcel ids or names of owners that agree; None: there is no such list.
    protected
        Parcels that are never absorbed; None: there is no such list.
    required
        Parcels that must be absorbed, or the plan says why not; None: there is no such list.
    decisions
        By parcel id ``in``, ``out``, or the id of the only site that may take it.
    alternatives
        Whether second-best plans and the value of each constraint are worked out.
    sweep_caps
        Share caps, 0-1, for which the plan is made again.
    sweep_areas_m2
        Area caps for which it is made again.
    columns
        How a column of the parcels is merged, one of ``COLUMN_RULES``, where not by default.

    Raises
    ------
    ProjectError
        If a choice is mistyped or unknown, or a parcel is required and protected.

    Examples
    --------
    Lists may be lists or tuples; give the choices to `gisland.Choices` as its ``plan``:

    >>> wish = PlanChoices(required=["P1"], decisions={"P2": "out"}, sweep_caps=[0.08, 0.1])
    >>> wish.required, wish.sweep_caps
    (('P1',), (0.08, 0.1))
    """

    method: Method = "exact"
    objective: Objective = "area"
    consented: tuple[str, ...] | None = None
    protected: tuple[str, ...] | None = None
    required: tuple[str, ...] | None = None
    decisions: Mapping[str, str] = field(default_factory=dict)
    alternatives: bool = True
    sweep_caps: tuple[float, ...] = ()
    sweep_areas_m2: tuple[float, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def changed(self) -> dict[str, object]:
        """Choices that differ from those made where nothing is said.

        Returns
        -------
        dict
            Values by name; lists and tables by their length.

        Examples
        --------
        >>> PlanChoices(required=["P1"], objective="count").changed()
        {'objective': 'count', 'required': 1}
        """
        plain = PlanChoices()
        pairs = [(f.name, getattr(self, f.name)) for f in fields(self)]
        shown = {n: v for n, v in pairs if v != getattr(plain, n)}
        return {
            n: v if isinstance(v, str | bool) or n.startswith("sweep") else len(v or ())
            for n, v in shown.items()
        }

    def _glance(self) -> dict[str, object]:
        return {"method": self.method, "objective": self.objective, **self.changed()}

    def __post_init__(self) -> None:
        for name in ("consented", "protected", "required", "sweep_caps", "sweep_areas_m2"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        _one_of("method", self.method, get_args(Method))
        _one_of("objective", self.objective, get_args(Objective))
        if not isinstance(self.alternatives, bool):
            raise ProjectError(
                f"[plan] alternatives is {self.alternatives!r}", do="give true or false"
            )
        _by_text("decisions", self.decisions, example='{"P1": "in", "P2": "out"}')
        _by_text("columns", self.columns, example='{"tax_yuan": "sum_known"}')
        for name, rule in self.columns.items():
            _one_of(f"columns.{name}", rule, COLUMN_RULES)
        for name in ("consented", "protected", "required"):
            _texts(name, getattr(self, name))
        both = sorted(set(self.required or ()) & set(self.protected or ()))
        if both:
            parcels = so_many(len(both), "parcel is", "parcels are")
            raise ProjectError(
                f"[plan] {parcels} both required and protected",
                do="take them out of one of the lists",
                ids=both,
            )
        _numbers("sweep_caps", self.sweep_caps, top=1.0)
        _numbers("sweep_areas_m2", self.sweep_areas_m2, top=sys.float_info.max)


def decision_met(decision: str, site_id: str | None) -> bool:
    """Whether what became of a parcel is what was decided beforehand.

    Parameters
    ----------
    decision
        ``in``, ``out``, or the id of the only site that may take it.
    site_id
        Site that absorbs it; None or empty: none does.

    Returns
    -------
    bool
        True if the decision is kept.

    Examples
    --------
    >>> decision_met("in", "S1"), decision_met("out", "S1"), decision_met("S2", "S1")
    (True, False, False)
    """
    return {IN: bool(site_id), OUT: not site_id}.get(decision, decision == site_id)


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ProjectError(f"[plan] {name} is {value!r}", do=f"use one of {', '.join(known)}")


def _texts(name: str, value: object) -> None:
    if value is None or (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
        return
    raise ProjectError(f"[plan] {name} is {value!r}", do="give a list of texts")


def _by_text(name: str, value: object, *, example: str) -> None:
    if isinstance(value, Mapping) and all(isinstance(v, str) for v in [*value, *value.values()]):
        return
    raise ProjectError(f"[plan] {name} is {value!r}", do=f"give texts by text, such as {example}")


def _numbers(name: str, values: object, *, top: float) -> None:
    good = isinstance(values, tuple) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and 0 < v <= top for v in values
    )
    if not good:
        what = "shares from 0 to 1 (10 % is 0.1)" if top == 1.0 else "square metres above 0"
        raise ProjectError(f"[plan] {name} is {values!r}", do=f"give a list of {what}")
