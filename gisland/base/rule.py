"""One rule: its number with unit, operator and source, and how a record of a file becomes one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gisland.base.errors import RulesError
from gisland.base.glance import Glance
from gisland.base.rulefiles import REQUIRED
from gisland.base.rulespecs import WHOLES, Spec, spec_of
from gisland.base.units import mu_to_m2

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Value = float | bool | tuple[str, ...]

MAY_TELL = ("note", "not_known")
MODES = ("on", "advisory", "off")
STATUSES = ("sourced", "seed", "general knowledge")
OPERATORS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
ROUNDING_M2 = 0.01  # areas are compared at this, unless a rule says otherwise
MOST_STEPS = 10_000  # of ROUNDING_M2
AREA_DECIMALS, SHARE_DECIMALS = 2, 6  # areas and lengths; shares and ratios
CENTS = 100  # hundredths of a square metre: sums of whole numbers are the same in any order


@dataclass(frozen=True, repr=False)
class Rule(Glance):
    """One rule with its number and its source.

    Parameters
    ----------
    id
        Such as ``scrap.share_cap`` or ``fragment.min_lot.industrial``.
    mode
        ``on``: decides. ``advisory``: reported only. ``off``: not evaluated.
    value
        A number in `unit`, a flag, or texts.
    operator
        The comparison that a measured number must pass, such as ``<=``; empty for flags, texts.
    denominator
        What a share is taken over; empty where there is none.
    status
        ``sourced``, ``seed`` (known through a case collection) or ``general knowledge``.
    note
        How the words are read.
    not_known
        What the source leaves open.
    rounding_m2
        Areas are rounded to whole multiples of this before they are compared.
    """

    id: str
    mode: str
    value: Value
    unit: str
    operator: str
    denominator: str
    title: str
    section: str
    quotation: str
    source: str
    status: str
    note: str = ""
    not_known: str = ""
    rounding_m2: float = ROUNDING_M2

    _longest = 2000  # a quotation is read to its end

    def _glance(self) -> dict[str, object]:
        texts = self.value if isinstance(self.value, tuple) else ()
        number = f"{self.operator} {self.limit:g} {self.unit}" if self.operator else ""
        return {
            "id": self.id,
            "mode": self.mode,
            "limit": number.rstrip() or ", ".join(texts),
            "denominator": self.denominator,
            "title": self.title,
            "quotation": self.quotation,
            "source": ", ".join(part for part in (self.source, self.section) if part),
            "status": self.status,
            "note": self.note,
            "not known": self.not_known,
        }

    @property
    def limit(self) -> float:
        """The number of a numeric rule; flags give 1.0 or 0.0, texts NaN."""
        return float("nan") if isinstance(self.value, tuple) else float(self.value)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that a rule lists; numbers and flags list none."""
        return self.value if isinstance(self.value, tuple) else ()

    def holds(self, measured: pd.Series) -> pd.Series:
        """Compare measured values with the limit: areas at `rounding_m2`, ratios at 1e-6.

        Parameters
        ----------
        measured
            Numbers in the rule's unit; missing values are allowed.

        Returns
        -------
        pandas.Series
            ``boolean`` dtype on the index of `measured`, ``<NA>`` where the value is missing.

        Examples
        --------
        >>> import pandas as pd
        >>> from gisland.base.rules import load_rules
        >>> cap = load_rules("guangdong-2009")["scrap.area_cap"]
        >>> cap.holds(pd.Series([1999.99, 2000.0, None])).tolist()
        [True, False, <NA>]
        """
        import pandas as pd  # noqa: PLC0415 - heavy; rules are listed and shown without tables

        values = pd.to_numeric(measured).astype("Float64").to_numpy("float64", na_value=np.nan)
        compared = OPERATORS[self.operator](self.rounded(values), self.rounded(self.limit))
        return pd.Series(compared, index=measured.index, dtype="boolean").mask(np.isnan(values))

    @property
    def rounding_cents(self) -> int:
        """Step of the compared areas in whole hundredths of a square metre."""
        return round(self.rounding_m2 / ROUNDING_M2)

    def rounded(self, values: NDArray[np.floating] | float) -> NDArray[np.floating]:
        """Numbers in the rule's unit as they are compared.

        Parameters
        ----------
        values
            Measured numbers, NaN where missing.

        Returns
        -------
        numpy.ndarray
            Areas in whole multiples of `rounding_m2`, lengths to 0.01 m, all else to 1e-6.

        Examples
        --------
        >>> from gisland.base.rules import load_rules
        >>> load_rules("guangdong-2009")["scrap.area_cap"].rounded(1999.996).item()
        2000.0
        """
        if self.unit == "m2":
            step = self.rounding_cents
            return np.round(np.asarray(values) * 100 / step) * step / 100
        return np.round(values, AREA_DECIMALS if self.unit == "m" else SHARE_DECIMALS)


def rule_of(path: str, rule_id: str, record: dict[str, Any]) -> Rule:
    """Make a rule of the keys that a file gives it.

    Parameters
    ----------
    path
        The file, for messages.
    rule_id
        Such as ``scrap.share_cap``.
    record
        Keys and values as they stand in the file, those of extended sets filled in.

    Returns
    -------
    Rule
        Checked and frozen.

    Raises
    ------
    RulesError
        If a key is missing or mistyped; names file and key.

    Examples
    --------
    >>> rule_of("ours.toml", "scrap.share_cap", {"value": 0.1})
    Traceback (most recent call last):
    ...
    gisland.base.errors.RulesError: ours.toml: [rule.scrap.share_cap] has no mode, title, section, \
quotation, source, status, unit, operator, denominator; give them, as no set that it extends has \
this rule; texts may be ""
    """
    spec = spec_of(rule_id)
    where = f"{path}: [rule.{rule_id}]"
    if spec is None:  # pragma: no cover - _records has checked
        raise RulesError(f"{where} is unknown", do="remove it")
    missing = [k for k in _needed(spec) if k not in record]
    if missing:
        raise RulesError(
            f"{where} has no {', '.join(missing)}",
            do='give them, as no set that it extends has this rule; texts may be ""',
        )
    for key in (*REQUIRED, *MAY_TELL):
        told = record.get(key, "" if key in MAY_TELL else None)
        if not isinstance(told, str):
            raise RulesError(f"{where} {key} is {told!r}", do="give a text")
    _one_of(where, "mode", record["mode"], known=MODES)
    _one_of(where, "status", record["status"], known=STATUSES)
    value = _value(where, spec, record.get("value"))
    if record.get("unit", "") != spec.unit:
        raise RulesError(f"{where} unit is {record.get('unit', '')!r}", do=_right_unit(spec.unit))
    if spec.kind == "number":
        _one_of(where, "operator", record.get("operator", ""), known=spec.operators)
    if spec.denominators:
        _one_of(where, "denominator", record.get("denominator", ""), known=spec.denominators)
    keys = (*REQUIRED, "unit", "operator", "denominator", *MAY_TELL)
    texts = {k: record.get(k, "") for k in keys}
    return Rule(id=rule_id, value=value, **texts, rounding_m2=_rounding(where, spec, record))


def _needed(spec: Spec) -> list[str]:
    """Keys that a rule must have."""
    asked = {
        "value": spec.kind != "flag",
        "unit": bool(spec.unit),
        "operator": spec.kind == "number",
        "denominator": bool(spec.denominators),
    }
    return [*REQUIRED, *(key for key, needed in asked.items() if needed)]


def _rounding(where: str, spec: Spec, record: dict[str, Any]) -> float:
    """Step of the areas that a rule compares: whole hundredths of a square metre."""
    step = record.get("rounding_m2", ROUNDING_M2)
    if "rounding_m2" in record and not spec.rounds:
        raise RulesError(f"{where} compares no areas", do="take rounding_m2 out")
    steps = step / ROUNDING_M2 if type(step) in {int, float} else float("nan")
    if not 1 <= steps <= MOST_STEPS or abs(steps - round(steps)) > 1e-6:  # noqa: PLR2004 - noise
        raise RulesError(
            f"{where} rounding_m2 is {step!r}",
            do="give a whole multiple of 0.01 up to 100, such as 0.01, 0.1 or 1",
        )
    return float(step)


def _value(where: str, spec: Spec, value: object) -> Value:
    top = 1.0 if spec.unit == "share" else sys.float_info.max
    if spec.kind == "number" and type(value) in {int, float} and 0 <= value <= top:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    if spec.kind == "flag" and (value is None or value is True):
        return True
    if spec.kind == "texts" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    number = "a share from 0 to 1 (10 % is 0.1)" if top == 1.0 else "a number of at least 0"
    wanted = {"number": number, "flag": "true, or leave it out", "texts": "a list of texts"}
    raise RulesError(f"{where} value is {value!r}", do=f"give {wanted[spec.kind]}")


def _one_of(where: str, key: str, value: object, *, known: tuple[str, ...]) -> None:
    if value not in known:
        told = [f"{word} ({WHOLES[word]})" if word in WHOLES else word for word in known]
        raise RulesError(f"{where} {key} is {value!r}", do=f"use one of {', '.join(told)}")


def _right_unit(unit: str) -> str:
    return f"use {unit!r} (1 mu is {mu_to_m2(1.0):.2f} m2)" if unit == "m2" else f"use {unit!r}"
