"""Classes of the map in a grey print and as the color-blind see them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gisland.present import style
from test_style import BLINDNESS, lab

GROUND = style.VERDICTS["none"].fill
LINES = {
    "after": style.SITES["after"],
    "before": style.SITES["before"],
    "block": style.BLOCK_LINES["1"],
    "proposed": style.PROPOSED_LINES["1"],
    "link": style.LINKS["absorbed"],
}


def seen(look: style.Look, kind: str) -> np.ndarray:
    """A fill over other parcels, or a line, in Lab."""
    share = look.opacity if look.fill else 1.0
    top = look.fill or look.color
    pairs = [(int(top[i : i + 2], 16), int(GROUND[i : i + 2], 16)) for i in (1, 3, 5)]
    parts = [share * over + (1 - share) * under for over, under in pairs]
    return lab("#" + "".join(f"{round(p):02x}" for p in parts), seen=BLINDNESS[kind])


@pytest.mark.parametrize("looks", [style.VERDICTS, style.CONFLICTS, style.SEVERITIES],
                         ids=["verdicts", "conflicts", "severities"])  # fmt: skip
def test_classes_are_told_apart_in_grey_by_lightness_or_dash(looks: dict[str, style.Look]) -> None:
    fills = [look for look in looks.values() if look.weight < 10]  # a broad line is no fill
    for a, b in itertools.combinations(fills, 2):
        apart = abs(seen(a, "none")[0] - seen(b, "none")[0])
        assert apart > 6 or a.dash != b.dash, (a, b)


def test_verdicts_differ_in_lightness_alone() -> None:
    light = sorted(seen(look, "none")[0] for look in style.VERDICTS.values())
    assert min(np.diff(light)) > 6


@pytest.mark.parametrize("kind", BLINDNESS)
def test_lines_differ_in_color_or_dash(kind: str) -> None:
    for a, b in itertools.combinations(LINES.values(), 2):
        assert np.linalg.norm(seen(a, kind) - seen(b, kind)) > 15 or a.dash != b.dash, (a, b)


@pytest.mark.parametrize("kind", BLINDNESS)
def test_conflicts_stay_apart_from_each_other(kind: str) -> None:
    fills = [style.CONFLICTS[name] for name in ("outside", "other", "cut")]
    for a, b in itertools.combinations(fills, 2):
        assert np.linalg.norm(seen(a, kind) - seen(b, kind)) > 20
