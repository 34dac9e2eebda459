"""Promises of the repair on random layers: local, accounted for, settled, whatever the order."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.topology.overlay import robust
from gisland.topology.repair import repair
from gisland.topology.rings import among

FAR = np.array([500_000.0, 3_400_000.0])
EVERYTHING = Parameters(repair=REPAIRABLE)
GRAIN = 1 / 64  # so that a layer far from the origin has the very same shape


def frame(shapes: list[object]) -> gpd.GeoDataFrame:
    index = pd.Index([f"p{k}" for k in range(len(shapes))], name="parcel_id")
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs=4547)


@st.composite
def layers(draw: st.DrawFn) -> list[object]:
    """Blocks in rows that do not match, with vertices off, spikes, doubles, holes and blanks."""
    rows = draw(st.integers(1, 3))
    shapes: list[object] = []
    for row in range(rows):
        x = draw(st.integers(0, 8)) / 2
        for _ in range(draw(st.integers(1, 3))):
            wide = draw(st.integers(4, 20)) / 2
            shapes.append(shapely.box(x, row * 6, x + wide, row * 6 + 6))
            x += wide
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(shapes) - 1))
        shape = shapes[at]
        if not isinstance(shape, Polygon) or shape.is_empty:
            continue
        ring = shapely.get_coordinates(shape)[:-1]
        vertex = draw(st.integers(0, len(ring) - 1))
        kind = draw(st.sampled_from(["miss", "miss", "shift", "spike", "copy", "blank", "hole"]))
        size = {"miss": 16, "shift": 96}.get(kind, 64)
        by = np.array([draw(st.integers(-size, size)), draw(st.integers(-size, size))]) * GRAIN
        if kind in {"miss", "shift"}:
            ring[vertex] += by
            shapes[at] = Polygon(ring)
        elif kind == "spike":
            tip = ring[vertex] + 3 * by + 1
            shapes[at] = Polygon(np.insert(ring, vertex + 1, [tip, ring[vertex] + GRAIN], axis=0))
        elif kind == "copy":
            shapes.append(Polygon(ring))
        elif kind == "blank":
            shapes[at] = draw(st.sampled_from([None, Polygon()]))
        elif shape.is_valid:
            shapes[at] = shape - shapely.box(*(ring[vertex] + by), *(ring[vertex] + by + 1))
    return shapes


def ring_order(shape: shapely.Geometry) -> list[list[tuple[float, float]]]:
    return [
        [(x, y) for x, y in shapely.get_coordinates(ring)[:-1].tolist()]
        for ring in shapely.get_rings(shapely.get_parts(shape))
    ]


def stays_in_order(old: shapely.Geometry, new: shapely.Geometry) -> bool:
    """Whether the vertices that two polygons have in common come in the same cyclic order."""
    for after in ring_order(new):
        for before in ring_order(old):
            common = [p for p in before if p in after and before.count(p) == after.count(p) == 1]
            again = [p for p in after if p in common]
            if common:
                at = again.index(common[0])
                if again[at:] + again[:at] != common:
                    return False
    return True


@settings(max_examples=60)
@given(layers(), st.booleans())
def test_what_every_repair_promises(shapes: list[object], far: bool) -> None:  # noqa: FBT001 - drawn
    given_ = frame(shapes).translate(*FAR) if far else frame(shapes).geometry
    parcels = gpd.GeoDataFrame(geometry=given_)
    copy = parcels.copy(deep=True)
    after, changes, left = repair(parcels, parameters=EVERYTHING)
    pd.testing.assert_frame_equal(parcels.to_wkb(), copy.to_wkb())
    again, more, same = repair(after, parameters=EVERYTHING)
    pd.testing.assert_frame_equal(again.to_wkb(), after.to_wkb())
    assert set(more["action"]) <= {"refused", "not_repairable"}
    assert same["message"].tolist() == left["message"].tolist()

    old, new = parcels.geometry.to_numpy(), after.geometry.to_numpy()
    assert (shapely.is_missing(old) == shapely.is_missing(new)).all()
    assert (shapely.is_empty(old) == shapely.is_empty(new)).all()
    there = ~shapely.is_missing(old) & ~shapely.is_empty(old)
    sound = there & shapely.is_valid(old)
    assert shapely.is_valid(new[sound]).all()
    assert (shapely.get_num_geometries(new) <= shapely.get_num_geometries(old))[sound].all()
    ledger(parcels, after, changes)
    for before, now in zip(old[sound], new[sound], strict=True):
        locality(before, now)
    if left.empty:
        assert shapely.coverage_is_valid(np.where(there & shapely.is_valid(new), new, None))


def ledger(parcels: gpd.GeoDataFrame, after: gpd.GeoDataFrame, changes: pd.DataFrame) -> None:
    """Every square metre is in the log, row by row, parcel by parcel, and in all."""
    rows = changes[changes["area_after_m2"].notna()]
    net = rows["in_m2"] - rows["out_m2"]
    assert np.allclose(net, rows["area_after_m2"] - rows["area_before_m2"], rtol=0, atol=1e-6)
    assert (rows[["in_m2", "out_m2"]] >= 0).all(axis=None)
    by_parcel = net.groupby(rows["parcel_id"]).sum().reindex(parcels.index, fill_value=0.0)
    gain = (after.area - parcels.area).fillna(0.0)
    assert np.allclose(by_parcel, gain, rtol=0, atol=1e-6)
    follows = rows.groupby("parcel_id")["area_after_m2"].shift()
    known = follows.notna()
    assert np.allclose(follows[known], rows["area_before_m2"][known], rtol=0, atol=1e-6)
    limited = rows[rows["action"] != "make_valid"]
    assert (limited[["in_m2", "out_m2"]] <= EVERYTHING.repair_max_m2).all(axis=None)


def locality(before: shapely.Geometry, now: shapely.Geometry) -> None:
    """Vertices vanish and appear only where ground changed hands, or on the old boundary."""
    if before is now:
        return
    a, b = shapely.get_coordinates(before), shapely.get_coordinates(now)
    moved = robust(shapely.symmetric_difference, before, now)
    lost, gained = shapely.points(a[~among(a, b)]), shapely.points(b[~among(b, a)])
    assert shapely.dwithin(lost, moved, 1e-4).all()
    on = shapely.dwithin(gained, before.boundary, 1e-4)
    assert (on | shapely.dwithin(gained, moved, 1e-4)).all()
    assert stays_in_order(before, now)


@settings(max_examples=25)
@given(layers(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(shapes: list[object], random: object) -> None:
    parcels = frame(shapes)
    order = list(range(len(parcels)))
    random.shuffle(order)  # type: ignore[attr-defined]
    after, changes, left = repair(parcels, parameters=EVERYTHING)
    again, changes2, left2 = repair(parcels.iloc[order], parameters=EVERYTHING)
    pd.testing.assert_frame_equal(again.to_wkb(), after.iloc[order].to_wkb())
    pd.testing.assert_frame_equal(changes2, changes)
    pd.testing.assert_frame_equal(left2.to_wkb(), left.to_wkb())


@settings(max_examples=25)
@given(layers())
def test_far_from_the_origin_it_is_the_same(shapes: list[object]) -> None:
    near, _, _ = repair(frame(shapes), parameters=EVERYTHING)
    moved = gpd.GeoDataFrame(geometry=frame(shapes).translate(*FAR))
    far, _, _ = repair(moved, parameters=EVERYTHING)
    # crossings are rounded otherwise there, which may settle a hairline the other way
    assert np.allclose(far.area, near.area, rtol=0, atol=0.01, equal_nan=True)


@settings(max_examples=15)
@given(layers(), st.sets(st.sampled_from(REPAIRABLE)))
def test_any_choice_of_faults_settles(shapes: list[object], codes: set[str]) -> None:
    parameters = Parameters(repair=tuple(sorted(codes)))
    after, changes, _ = repair(frame(shapes), parameters=parameters)
    again, _, _ = repair(after, parameters=parameters)
    pd.testing.assert_frame_equal(again.to_wkb(), after.to_wkb())
    ledger(frame(shapes), after, changes)
    allowed = {
        "invalid_geometry": {"make_valid", "not_repairable"},
        "spike": {"spike_removed", "refused"},
        "near_miss": {"vertices_moved", "vertices_inserted", "refused"},
        "unmatched_vertex": {"vertices_moved", "vertices_inserted", "refused"},
        "overlap": {"overlap_ceded", "overlap_kept", "vertices_inserted", "refused"},
        "gap": {"gap_filled", "vertices_inserted", "refused"},
    }
    assert set(changes["action"]) <= set().union(*(allowed[code] for code in codes))
