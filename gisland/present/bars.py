"""Bars before and after: one panel for each main indicator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gisland.present.drawing import Box, Drawing, Label, Shape
from gisland.present.indicatorrows import NO_COUNT, denominator_text, indicator_number, lack_text
from gisland.present.style import AFTER, BEFORE
from gisland.present.wording import MISSING, is_missing, label, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    Texts = Mapping[str, str]

PANELS = (  # the first of each that the table has
    ("land_area_mu", "land_area"),
    ("far", "far_actual"),
    ("coverage",),
    ("green_ratio",),
    ("output_per_mu", "tax_per_mu"),
    ("effective_mesh_size", "mean_parcel_area"),
)
WIDTH, ACROSS, GAP = 760.0, 3, 26.0
PANEL_HEIGHT, BAR, BAR_STEP = 96.0, 17.0, 24.0
NAME_WIDTH, VALUE_WIDTH = 50.0, 84.0  # left and right of the bars of a panel
SOFT, INK = "#5b6b78", "#1c2730"
LONGEST = 40  # characters of a title


def bars(indicators: pd.DataFrame, *, subject: str, texts: Texts) -> Drawing | None:
    """Panels of bars before and after.

    Parameters
    ----------
    indicators
        The indicators table.
    subject
        Whose indicators.
    texts
        Catalog of one language.

    Returns
    -------
    Drawing or None
        None where the table has none of them.

    Examples
    --------
    >>> import pandas as pd
    >>> bars(pd.DataFrame(columns=["subject"]), subject="overall", texts={}) is None
    True
    """
    own = indicators[indicators["subject"] == subject]
    if own.empty or "indicator" not in own:
        return None
    rows = {r["indicator"]: r for r in own.to_dict("records")}
    chosen = [next((rows[n] for n in names if n in rows), None) for names in PANELS]
    told = [r for r in chosen if r is not None]
    if not told:
        return None
    width = (WIDTH - GAP * (ACROSS - 1)) / ACROSS
    shapes: list[Shape] = []
    for place, row in enumerate(told):
        x, y = place % ACROSS * (width + GAP), place // ACROSS * PANEL_HEIGHT
        shapes += _panel(row, x=x, y=y + 4, width=width, texts=texts)
    lines = math.ceil(len(told) / ACROSS)
    return Drawing(WIDTH, lines * PANEL_HEIGHT - 6, tuple(shapes))


def _panel(
    row: Mapping[Any, Any], *, x: float, y: float, width: float, texts: Texts
) -> Iterator[Shape]:
    unit = str(row["unit"])
    name = label(texts, "indicator", row["indicator"])
    shown = "%" if unit == "share" else label(texts, "unit", unit)
    plain = shown in {MISSING, "%"} or f"({shown})" in name or f"（{shown}）" in name
    title = name
    if not (plain or unit in NO_COUNT):
        title = texts["report.detail"].format(name=name, detail=shown)
    yield Label(x, y + 8, shortened(title, longest=LONGEST), size=12, color="#1f4e5f")
    over = denominator_text(row, texts=texts)
    if over:
        told = texts["figure.per"].format(denominator=over)
        yield Label(x, y + 23, shortened(told, longest=2 * LONGEST), size=8.5, color=SOFT)
    longest = width - NAME_WIDTH - VALUE_WIDTH
    values: dict[str, Any] = {when: row.get(when) for when in ("before", "after")}
    known = [abs(float(v)) for v in values.values() if not is_missing(v) and math.isfinite(v)]
    scale = longest / max(known) if known and max(known) > 0 else 0.0
    for place, (when, value) in enumerate(values.items()):
        middle = y + 43 + place * BAR_STEP
        color = {"before": BEFORE, "after": AFTER}[when]
        yield Label(x, middle, texts[f"report.{when}"], size=10, color=SOFT)
        left = x + NAME_WIDTH
        if is_missing(value) or not math.isfinite(value):
            lack = lack_text(row.get(f"missing_{when}"), texts=texts) or texts["figure.no_value"]
            yield Label(left, middle, lack, size=10, color=SOFT)
            continue
        length = max(float(value) * scale, 0.0)
        yield Box(left, middle - BAR / 2, max(length, 1.0), BAR, color)
        yield Label(left + length + 5, middle, indicator_number(value, unit=unit), size=11)
