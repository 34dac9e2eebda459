from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gisland.topology.unions import unions


@given(
    squares=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12),
    seed=st.integers(0, 9),
)
def test_each_union_is_that_of_its_group_to_the_bit(
    squares: list[tuple[int, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.array(squares).T
    shapes = shapely.box(x, y, x + 1, y + 1)
    shapes = shapely.transform(shapes, lambda xy: xy @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + 5e5)
    groups = np.unique(np.sort(rng.integers(0, 4, len(shapes))), return_inverse=True)[1]
    expected = [shapely.union_all(shapes[groups == g]) for g in range(groups.max() + 1)]
    assert shapely.to_wkb(unions(shapes, groups)).tolist() == shapely.to_wkb(expected).tolist()


def test_more_groups_than_tasks() -> None:
    x = np.arange(500)
    shapes = shapely.box(x, 0, x + 1, 1)
    found = unions(shapes, x // 2)
    assert shapely.area(found).tolist() == [2.0] * 250
    assert shapely.bounds(found)[:, 0].tolist() == list(range(0, 500, 2))


def test_no_shapes() -> None:
    assert unions(np.array([], dtype=object), np.array([], dtype=np.int64)).tolist() == []
