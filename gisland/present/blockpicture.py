"""The picture of block lines in the report: sets and levels by the looks of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.schema import LINES
from gisland.present import style
from gisland.present.blockwords import of_set
from gisland.present.mapfeatures import drawn_rows, is_drawn, is_spatial
from gisland.present.picture import line_picture
from gisland.present.wording import is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

LOOKS = {
    **{f"given.{k}": look for k, look in style.BLOCK_LINES.items()},
    **{f"proposed.{k}": look for k, look in style.PROPOSED_LINES.items()},
    "adjusted": style.ADJUSTED_LINES,
}
NAMES = {"given": "map.level", "proposed": "map.class.proposed", "adjusted": "map.class.adjusted"}


def block_picture(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> dict[str, Any] | None:
    """Block lines of all sets over the parcels.

    Parameters
    ----------
    tables
        Result tables by name.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        ``drawing`` (`picture.LinePicture`) and ``legend``, names with looks; None where there is
        nothing to draw.

    Examples
    --------
    >>> block_picture({}, texts={}) is None
    True
    """
    parcels, blocks = tables.get("parcels"), tables.get("block_lines")
    if parcels is None or not is_spatial(parcels) or "use_class" not in parcels:
        return None
    sets = [(s, drawn_rows(of_set(blocks, s), "block_id")) for s in LINES]
    rows = [
        frame[["block_id", "geometry"]].assign(
            set=lines, **{"class": [_class(lines, v) for v in frame["level"]]}
        )
        for lines, frame in sets
        if frame is not None
    ]
    if not rows:
        return None
    land = parcels[is_drawn(parcels)].sort_values("parcel_id")
    drawn = line_picture(pd.concat(rows, ignore_index=True), land, looks=LOOKS)
    if drawn is None:
        return None
    legend = [(_name(c, texts=texts), look) for c, look in drawn.legend]
    return {"drawing": drawn, "legend": legend}


def _class(lines: str, level: float) -> str:
    code = "other" if is_missing(level) else f"{level:g}"
    if lines == "adjusted":
        return lines
    return f"{lines}.{code}" if f"{lines}.{code}" in LOOKS else f"{lines}.other"


def _name(code: str, *, texts: Texts) -> str:
    lines, _, level = code.partition(".")
    return texts[f"{NAMES[lines]}.{level}" if level else NAMES[lines]]
