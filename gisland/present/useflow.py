"""Where the land of each use class goes: classes before and after, and bands between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.present.drawing import Band, Box, Drawing, Label, Shape
from gisland.present.style import USES
from gisland.present.usechange import classes, matrix_rows
from gisland.present.wording import label, number, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Texts = Mapping[str, str]

WIDTH, TOP, FOOT = 760.0, 30.0, 28.0
NODE, LABELS = 16.0, 214.0  # width of the columns, and of the labels beside them
SLOT, SPACE = 28.0, 4.0  # least height of a class: its label has two lines; between classes
HEIGHT, LEAST_BAND, TOLD_BAND = 230.0, 0.6, 12.0
INK, SOFT, HEAD = "#1c2730", "#5b6b78", "#1f4e5f"
LONGEST = 20  # characters of a name


def flow(matrix: pd.DataFrame, *, subject: str, basis: str, texts: Texts) -> Drawing | None:
    """Land of each class before on the left, after on the right, and bands between them.

    Parameters
    ----------
    matrix
        The table ``use_matrix``.
    subject
        Whose land.
    basis
        ``merged`` or ``planned``.
    texts
        Catalog of one language.

    Returns
    -------
    Drawing or None
        None where there is no such land.

    Examples
    --------
    >>> import pandas as pd
    >>> flow(pd.DataFrame(columns=["subject"]), subject="s", basis="merged", texts={}) is None
    True
    """
    mu = matrix_rows(matrix, subject=subject, basis=basis)
    total = sum(mu.values())
    if not total:
        return None
    before, after = classes(mu, side=0), classes(mu, side=1)
    scale = HEIGHT / total
    height = max(_height(side, scale=scale) for side in (before, after))
    starts, ends = (_column(side, scale=scale, height=height) for side in (before, after))
    x0, x1 = LABELS, WIDTH - LABELS - NODE
    heads = (texts["report.before"], f"{texts['report.after']} · {texts[f'use_basis.{basis}']}")
    shapes: list[Shape] = [
        Label(x0 + NODE, 12, heads[0], size=12, color=HEAD, anchor="end"),
        Label(x1, 12, heads[1], size=12, color=HEAD),
        *_bands(mu, starts, ends, scale=scale),
    ]
    for side, own, x in ((before, starts, x0), (after, ends, x1)):
        for code, area in side.items():
            thick = area * scale
            shapes.append(Box(x, own[code], NODE, max(thick, 1.0), _color(code)))
            middle = own[code] + thick / 2
            shapes += _node_label(code, area, total, x=x, middle=middle, texts=texts)
    foot = texts["figure.total"].format(area=number(total, unit="mu"))
    shapes.append(Label(WIDTH / 2, TOP + height + 16, foot, size=10.5, color=SOFT, anchor="middle"))
    return Drawing(WIDTH, TOP + height + FOOT, tuple(shapes))


def _color(code: str) -> str:
    return USES.get(code, USES["other"])


def _slot(area: float, scale: float) -> float:
    return max(area * scale, SLOT)


def _height(areas: Mapping[str, float], *, scale: float) -> float:
    return sum(_slot(a, scale) for a in areas.values()) + SPACE * (len(areas) - 1)


def _column(areas: Mapping[str, float], *, scale: float, height: float) -> dict[str, float]:
    """Where each class begins: in the middle of its slot, all slots in the middle."""
    y, starts = TOP + (height - _height(areas, scale=scale)) / 2, {}
    for code, area in areas.items():
        slot = _slot(area, scale)
        starts[code] = y + (slot - area * scale) / 2
        y += slot + SPACE
    return starts


def _bands(
    mu: Mapping[tuple[str, str], float],
    starts: Mapping[str, float],
    ends: Mapping[str, float],
    *,
    scale: float,
) -> list[Shape]:
    """Bands in the color of the class before; land that keeps its class is pale."""
    left, right = dict(starts), dict(ends)
    order = [(b, a) for b in starts for a in ends if mu.get((b, a))]
    shapes: list[Shape] = []
    told: list[Shape] = []
    for before, after in order:
        area = mu[before, after]
        thick = max(area * scale, LEAST_BAND)
        opacity = 0.22 if before == after else 0.62
        at = (LABELS + NODE, left[before], WIDTH - LABELS - NODE, right[after])
        shapes.append(Band(*at, thick, _color(before), opacity))
        left[before] += area * scale
        right[after] += area * scale
        if before != after and thick >= TOLD_BAND:
            x, y = at[0] + 8, at[1] + thick / 2
            told.append(Label(x, y, number(area, unit="mu"), size=9.5))
    return shapes + told


def _node_label(
    code: str, area: float, total: float, *, x: float, middle: float, texts: Texts
) -> list[Label]:
    left = x < WIDTH / 2
    edge, anchor = (x - 8, "end") if left else (x + NODE + 8, "start")
    name = shortened(label(texts, "use_class", code), longest=LONGEST)
    share = number(area / total, unit="share")
    told = texts["figure.node"].format(area=number(area, unit="mu"), share=share)
    return [
        Label(edge, middle - 7, name, size=11, anchor=anchor),
        Label(edge, middle + 7, told, size=9.5, color=SOFT, anchor=anchor),
    ]
