"""What a repair did, or why it did not, in the language of the reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

WHY = r": (?P<why>.*)$"
# Messages of the log and of what was left: named groups are places of the text in the catalog.
MESSAGES = {
    "spike": r"^spike of (?P<size>\S+) m$",
    "spike_left": r"^spike of (?P<size>\S+) m not removed" + WHY,
    "overlap_left": r"^overlap of (?P<size>\S+) m² not cut" + WHY,
    "gap_left": r"^gap of (?P<size>\S+) m² not filled" + WHY,
    "vertices_left": r"^(?P<size>\d+) vert\w+ not moved" + WHY,
    "misfit": r"^(?P<size>\S+) m of its boundary do not fit its neighbors$",
    "moved": r"^vertices: (?P<size>\d+) moved by at most (?P<far>\S+) m$",
    "moved_and_inserted": (
        r"^vertices: (?P<size>\d+) moved by at most (?P<far>\S+) m, (?P<more>\d+) inserted$"
    ),
    "inserted": r"^vertices: (?P<size>\d+) inserted$",
    "heap": r"^more than (?P<size>\d+) polygons in one place$",
    "too_much": r"^more than (?P<size>\S+) m² would move(: (?P<more>\S+) m²)?$",
}


def repair_text(message: object, *, texts: Mapping[str, str]) -> str:
    """A message of the repair in words of the catalog.

    Parameters
    ----------
    message
        From the table of changes, or of a ``not_repaired`` finding.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Messages without a text stay as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> repair_text("spike of 2.73 m not removed: it would cross itself", texts=catalog("zh"))
    '尖刺长 2.73 m，未去除：将自相交'
    """
    told = visible(message)
    for name, pattern in MESSAGES.items():
        found = re.search(pattern, told)
        if found:
            places = {k: v or "" for k, v in found.groupdict().items()}
            if "why" in places:
                places["why"] = repair_text(places["why"], texts=texts)
            return texts[f"repair.{name}"].format(**places)
    return texts.get(f"repair.{told}", told)
