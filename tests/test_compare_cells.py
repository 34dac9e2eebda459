"""Two dates compared on districts of square cells, where counting cells gives every figure."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

import gisland as gl

if TYPE_CHECKING:
    from collections.abc import Mapping

    Numbers = dict[tuple[int, int], int]
    Cells = Mapping[str, frozenset[tuple[int, int]]]

SIDE, CELL_M, CELL_M2 = 6, 5.0, 25.0
TOLERANCE_M = 0.1


def district(rng: np.random.Generator) -> Numbers:
    """Parcel number by cell; parcels have several parts and holes, and some cells no parcel."""
    seeds = rng.uniform(0, SIDE, (int(rng.integers(2, 9)), 2))
    cells = list(product(range(SIDE), range(SIDE)))
    nearest = {c: int(((seeds - c) ** 2).sum(axis=1).argmin()) for c in cells}
    for cell in cells:
        if rng.random() < 0.1:
            nearest[cell] = int(rng.integers(len(seeds)))
    return {c: n for c, n in nearest.items() if rng.random() > 0.05}


def later(before: Numbers, rng: np.random.Generator) -> Numbers:
    """The district after some splits, mergers and exchanges, or another one."""
    if rng.random() < 0.2:
        return district(rng)
    after = dict(before)
    for _ in range(int(rng.integers(4))):
        one, two = rng.choice(sorted(set(after.values())), 2)
        kind, half = rng.integers(3), rng.random(SIDE) < 0.5
        for cell, number in after.items():
            if number == one and (kind == 0 or (kind == 1 and half[cell[0]]) or rng.random() < 0.1):
                after[cell] = two if kind != 1 else one + 20
    return after


def named(numbers: Numbers, rng: np.random.Generator) -> Cells:
    names = rng.permutation(60)
    if rng.random() < 0.5:
        names = np.arange(60)
    every = sorted(set(numbers.values()))
    return {f"p{names[n]}": frozenset(c for c, m in numbers.items() if m == n) for n in every}


def drawn(parcels: Cells, turn: float) -> gpd.GeoDataFrame:
    shapes = []
    for cells in parcels.values():
        x, y = np.array(sorted(cells)).T * CELL_M
        shape = shapely.union_all(shapely.box(x, y, x + CELL_M, y + CELL_M))
        moved = affinity.rotate(shape, turn, origin=(0, 0))
        shapes.append(affinity.translate(moved, 500_000.25, 3_400_000.75))
    return gpd.GeoDataFrame(geometry=shapes, index=list(parcels), crs=4547)


def counted(before: Cells, after: Cells) -> dict[tuple[str, str], tuple[int, str]]:
    """Cells and ground of each row of the lineage; no cell is as narrow as noise."""
    rows = {}
    for (b, ours), (a, theirs) in product(before.items(), after.items()):
        if common := len(ours & theirs):
            is_kin = 2 * common >= min(len(ours), len(theirs))
            rows[(b, a)] = (common, "carried" if is_kin else "exchanged")
    for which, own, others in ((0, before, after), (1, after, before)):
        covered = frozenset().union(*others.values())
        for name, cells in own.items():
            if left := len(cells - covered):
                rows[(name, "") if which == 0 else ("", name)] = (left, "no_parcel")
    return rows


def kinds(
    before: Cells, after: Cells, rows: dict[tuple[str, str], tuple[int, str]]
) -> dict[tuple[str, str], str]:
    """Kind of each parcel, by walking from kin to kin."""
    links = [pair for pair, (_, ground) in rows.items() if ground == "carried"]
    moved = {
        (side, pair[n])
        for pair, (_, ground) in rows.items()
        for n, side in enumerate(("before", "after"))
        if ground != "carried" and pair[n]
    }
    found = {}
    for side, name in [*product(["before"], before), *product(["after"], after)]:
        family = {(side, name)}
        for _ in range(len(links)):
            for b, a in links:
                if family & {("before", b), ("after", a)}:
                    family |= {("before", b), ("after", a)}
        old, new = (sorted(n for s, n in family if s == which) for which in ("before", "after"))
        if len(old) == len(new) == 1:
            same = "same" if old == new else "renumbered"
            kind = "redrawn" if family & moved else same
        elif len(family) == 1:
            lost = rows.get((name, "") if side == "before" else ("", name), (0, ""))[0]
            nowhere = 2 * lost >= len((before if side == "before" else after)[name])
            kind = {"before": "gone", "after": "new"}[side] if nowhere else "reparcelled"
        else:
            many = {(1, False): "split", (2, True): "merged"}
            kind = many.get((min(len(old), 2), len(new) == 1), "reparcelled")
        found[(side, name)] = kind
    return found


@pytest.mark.parametrize("seed", range(40))
def test_lineage_and_kinds_are_those_of_counted_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = district(rng)
    before, after = named(first, rng), named(later(first, rng), rng)
    turn = float(rng.choice([0, 17, 33.3]))
    found = gl.compare_dates(drawn(before, turn), drawn(after, turn), tolerance_m=TOLERANCE_M)
    expected = counted(before, after)
    rows = found.lineage.fillna({"before_id": "", "after_id": ""})
    given = {
        (r.before_id, r.after_id): (round(r.area_m2 / CELL_M2, 3), r.ground)
        for r in rows.itertuples(index=False)
    }
    assert len(rows) == len(given)
    assert given == expected
    told = found.parcels.set_index(["date", "parcel_id"])
    assert told["kind"].to_dict() == kinds(before, after, expected)
    assert (told["twice_m2"] == 0).all()
    area = pd.Series({("before", k): len(v) for k, v in before.items()}, dtype="float64")
    assert told.loc["before", "area_m2"].sum() == pytest.approx(CELL_M2 * area.sum())
