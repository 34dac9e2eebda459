"""Findings as lines of plain text for a console: what is equal is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.phrases import first_of
from gisland.present.plaintext import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORST_FIRST = ("error", "warning", "info")
MOST_LINES = 20  # of one code
MOST_NAMES = 5  # in one line


def finding_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines on findings, the worst first; those of one message share a line.

    Parameters
    ----------
    rows
        Findings (``schema.FINDINGS``), with None for what is missing.

    Returns
    -------
    list of str
        At most 20 lines of each code, with the first five parcels each; the rest is counted.

    Examples
    --------
    >>> about = {"severity": "info", "layer": "parcels", "code": "multipart", "message": "2 parts"}
    >>> finding_lines([about | {"parcel_id": name, "other_id": None} for name in "ab"])
    ['info    parcels multipart a, b: 2 parts']
    """
    equal: dict[tuple[str, ...], list[str]] = {}
    for row in sorted(rows, key=lambda r: WORST_FIRST.index(r["severity"])):
        key = (row["severity"], row["layer"], row["code"], row["message"])
        ids = " ".join(str(name) for name in (row["parcel_id"], row["other_id"]) if name)
        equal.setdefault(tuple(str(part) for part in key), []).append(ids)
    lines, shown, left = [], dict[str, int](), dict[str, int]()
    for (severity, layer, code, message), names in equal.items():
        shown[code] = shown.get(code, 0) + 1
        if shown[code] > MOST_LINES:
            left[code] = left.get(code, 0) + len(names)
            continue
        about = f"{layer} {code} {_named(names)}".rstrip()
        lines.append(plain(f"{severity:8}{about}: {message.removeprefix(f'{layer}: ')}"))
    return [*lines, *(f"        … {code}: {count} more" for code, count in left.items())]


def _named(names: Sequence[str]) -> str:
    """The first parcels, or how often a finding without any is there."""
    known = [name for name in names if name]
    if not known:
        return f"({len(names)} times)" if len(names) > 1 else ""
    return first_of(known, most=MOST_NAMES)
