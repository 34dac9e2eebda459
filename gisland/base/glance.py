"""Results at a glance: the same few lines as text, and as a small table in a notebook."""

from __future__ import annotations

import html
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 600  # characters of a value
WIDE = 88  # of a line of it, as text
OPTIMAL = "optimal"


class Glance:
    """What can be looked at: a class says its lines, text and table are made of them."""

    __slots__ = ()
    _longest = LONGEST  # classes whose texts are to be read in full have their own

    def _glance(self) -> Mapping[str, object]:
        """Lines by name; those without a value are left out."""
        raise NotImplementedError  # pragma: no cover - each class has its own

    def __repr__(self) -> str:
        lines = _lines(self._glance(), self._longest)
        wide = max((len(name) for name, _ in lines), default=0)
        told = [type(self).__name__]
        for name, value in lines:
            first, *more = textwrap.wrap(value, WIDE, break_on_hyphens=False) or [""]
            told += [f"  {name:<{wide}}  {first}", *(" " * (wide + 4) + line for line in more)]
        return "\n".join(told)

    def _repr_html_(self) -> str:
        """Table for a notebook, in which all text is escaped."""
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in _lines(self._glance(), self._longest)
        )
        return f"<table><caption>{type(self).__name__}</caption><tbody>{rows}</tbody></table>"


def counted(counts: Mapping[str, object]) -> str:
    """Numbers with their names, those that are zero left out.

    Parameters
    ----------
    counts
        By name.

    Returns
    -------
    str
        In one line.

    Examples
    --------
    >>> counted({"parcels": 1200, "zones": 0, "absorbed_m2": 9.5})
    'parcels 1,200, absorbed_m2 9.5'
    """
    return ", ".join(f"{name} {value:,}" for name, value in counts.items() if value)


def proved(components: Iterable[Mapping[str, object]]) -> str:
    """How much of a plan is proved to be best.

    Parameters
    ----------
    components
        Of the plan, with their ``status``.

    Returns
    -------
    str
        Empty where there is no plan.

    Examples
    --------
    >>> proved([{"status": "optimal"}, {"status": "limit"}])
    '1 of 2 components optimal'
    """
    states = [one.get("status") for one in components]
    return f"{states.count(OPTIMAL)} of {len(states)} components optimal" if states else ""


def recalled(recall: Mapping[str, float | None]) -> str:
    """What the tolerance found of the borders.

    Parameters
    ----------
    recall
        Measures by name.

    Returns
    -------
    str
        Empty where nothing was measured.

    Examples
    --------
    >>> recalled({"recall": 0.9876541, "missed_m": 12.0, "tolerance_m": 0.05})
    '98.7654% of the border length at 0.05 m; 12.00 m missed'
    """
    share, missed = recall.get("recall"), recall.get("missed_m")
    if share is None:
        return ""
    told = f"{share:.4%} of the border length at {recall.get('tolerance_m')} m"
    return told if missed is None else f"{told}; {missed:,.2f} m missed"


def of_record(record: Mapping[str, object]) -> dict[str, object]:
    """Lines that tell of the record of a run.

    Parameters
    ----------
    record
        ``run.json``; empty for results that lie alone.

    Returns
    -------
    dict
        Lines by name.

    Examples
    --------
    >>> of_record({"rules": {"name": "common", "fingerprint": "f00"}})["rules"]
    'common (f00)'
    """
    rules, skipped = _mapping(record.get("rules")), record.get("skipped")
    components, files = record.get("components"), record.get("files")
    named = f"{rules.get('name')} ({rules.get('fingerprint')})" if rules else ""
    return {
        "project": record.get("project"),
        "rules": named,
        "counts": counted(_mapping(record.get("counts"))),
        "proved": proved(components) if isinstance(components, list) else "",
        "recall": recalled(_mapping(record.get("recall"))),
        "skipped": ", ".join(s["analysis"] for s in skipped) if isinstance(skipped, list) else "",
        "files": ", ".join(files) if isinstance(files, list | dict) else "",
    }


def _mapping(value: object) -> dict[str, float | None]:
    return value if isinstance(value, dict) else {}


def _lines(told: Mapping[str, object], longest: int) -> list[tuple[str, str]]:
    there = [(name, v) for name, v in told.items() if v not in (None, "", (), {})]
    return [(_plain(name, LONGEST), _plain(v, longest)) for name, v in there]


def _plain(value: object, longest: int) -> str:
    """One line of visible characters."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value))
    return text if len(text) <= longest else text[: longest - 1] + "…"
