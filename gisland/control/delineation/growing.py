"""Blocks grown from seeds until nothing changes: clusters, shapes, holes, necks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from gisland.base.crs import areas_m2
from gisland.base.definitions import AREA_SLACK_M2
from gisland.control.delineation.necks import NARROW, cores_of
from gisland.control.delineation.shapes import NONE, filled, shapes_of

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.base.parameters import Parameters
    from gisland.base.rule import Rule
    from gisland.control.delineation.ground import Bools, Geometries, Ground, Ints


@dataclass(frozen=True)
class Grown:
    """Blocks that hold what is asked of them.

    Attributes
    ----------
    block
        Block of each row of the land, rows that were taken in from holes included; -1 for none.
        Blocks are numbered by their smallest rows.
    shapes
        One for each block, along the edges of its rows.
    reason
        Why each industrial row is in no block: ``no_seed``, ``narrow``, ``too_small``; else "".
    """

    block: Ints
    shapes: Geometries
    reason: Geometries


def grown(ground: Ground, *, parameters: Parameters, rule: Rule, crs: CRS) -> Grown:
    """Grow blocks from seeds.

    Parameters
    ----------
    ground
        The land.
    parameters
        ``block_seed_m2``, ``block_hole_m2``, ``block_neck_m``, ``block_min_area_m2``,
        ``area_basis``.
    rule
        ``block_line.industrial_share``: how far rows in holes are taken in.
    crs
        Of the land.

    Returns
    -------
    Grown
        Each industrial row is in one block, or has a reason.

    Examples
    --------
    >>> import shapely
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.control.delineation.ground import ground_of
    >>> shapes = [shapely.box(0, 0, 300, 200), shapely.box(500, 0, 600, 50)]
    >>> columns = {"use_class": ["industrial"] * 2, "area_m2": [60_000.0, 5_000.0]}
    >>> lots = gpd.GeoDataFrame(columns, geometry=shapes, index=["a", "b"], crs=4547)
    >>> rule = load_rules("common")["block_line.industrial_share"]
    >>> ground = ground_of(lots, parameters=Parameters())
    >>> found = grown(ground, parameters=Parameters(), rule=rule, crs=lots.crs)
    >>> found.block.tolist(), found.reason.tolist()
    ([0, -1], ['', 'no_seed'])
    """
    growth = _Growth(ground, parameters, rule, crs)
    count = len(ground.ids)
    joined = parted(np.hstack([ground.bordering, ground.facing]), count)
    block = np.where(ground.industrial, joined, NONE)
    reason = np.full(count, "", dtype=object)
    pending, done = block, _Done.none(count)
    while (pending >= 0).any():
        pending = growth.with_seeds(pending, reason)
        if (pending >= 0).any():
            pending, done = growth.step(pending, done, reason)
        if not (pending >= 0).any():
            pending, done = growth.large_enough(done, reason)
    return _numbered(done, reason)


def parted(pairs: Ints, count: int) -> Ints:
    """Number of the component of each row.

    Parameters
    ----------
    pairs
        Positions of rows that hold together, (2, k).
    count
        How many rows there are.

    Returns
    -------
    numpy.ndarray
        From 0.

    Examples
    --------
    >>> parted(np.array([[0], [2]]), 3).tolist()
    [0, 1, 0]
    """
    there = np.ones(pairs.shape[1], dtype=bool)
    links = sparse.coo_array((there, (pairs[0], pairs[1])), shape=(count, count))
    return csgraph.connected_components(links, directed=False)[1].astype(np.int64)


@dataclass(frozen=True)
class _Done:
    """Blocks that change no more."""

    block: Ints  # of industrial rows that hold them together, of all rows
    taken: Ints  # rows, and the block that took them in, (2, k)
    refused: Ints  # rows of other blocks, and the block in whose hole they lie, (2, m)
    shapes: Geometries

    @classmethod
    def none(cls, count: int) -> _Done:
        """No block yet."""
        empty = np.empty((2, 0), dtype=np.int64)
        return cls(np.full(count, NONE), empty, empty, np.empty(0, dtype=object))

    def only(self, kept: Bools) -> _Done:
        """Some of the blocks, numbered anew."""
        new = np.append(np.where(kept, np.cumsum(kept) - 1, NONE), NONE)
        rows = []
        for pairs in (self.taken, self.refused):
            again = np.stack([pairs[0], new[pairs[1]]])
            rows.append(again[:, again[1] >= 0])
        return _Done(new[self.block], rows[0], rows[1], self.shapes[kept])


@dataclass(frozen=True)
class _Growth:
    """What growing needs to know."""

    ground: Ground
    parameters: Parameters
    rule: Rule
    crs: CRS

    def with_seeds(self, block: Ints, reason: Geometries) -> Ints:
        """Blocks that hold a seed, numbered from 0; others are told why they are none."""
        one, other = self.ground.bordering
        same = (block[one] == block[other]) & (block[one] >= 0)
        patch = parted(self.ground.bordering[:, same], len(block))
        area = np.bincount(patch, self.ground.area_m2)
        seed = (area[patch] + AREA_SLACK_M2 >= self.parameters.block_seed_m2) & (block >= 0)
        held = np.isin(block, block[seed])
        reason[(block >= 0) & ~held] = "no_seed"
        return _from_zero(np.where(held, block, NONE))

    def step(self, pending: Ints, done: _Done, reason: Geometries) -> tuple[Ints, _Done]:
        """Draw pending blocks once; those that hold are done, parts of the others pend."""
        ground, parameters = self.ground, self.parameters
        found = filled(
            ground,
            pending,
            shapes_of(ground, pending),
            live=(pending >= 0) | (done.block >= 0),
            most_m2=parameters.block_hole_m2,
            rule=self.rule,
        )
        rows = np.flatnonzero(pending >= 0)
        number = pending[rows]
        core, _ = cores_of(
            found.shapes, ground.shapes[rows], number, neck_m=parameters.block_neck_m
        )
        least, most = np.full((2, len(found.shapes)), NONE)
        least[:] = len(ground.ids) + len(core)
        np.minimum.at(least, number, core)
        np.maximum.at(most, number, core)
        stable = (least == most) & (most != NARROW)
        moved = ~stable[number]
        reason[rows[moved & (core == NARROW)]] = "narrow"
        again = np.full(len(pending), NONE)
        again[rows[moved]] = core[moved]
        fresh = _Done(pending, found.taken, found.refused, found.shapes).only(stable)
        return again, _together(done, fresh)

    def large_enough(self, done: _Done, reason: Geometries) -> tuple[Ints, _Done]:
        """Done blocks that are large enough; those whose holes have become free pend again."""
        area = areas_m2(
            gpd.GeoSeries(done.shapes, crs=self.crs), basis=self.parameters.area_basis
        ).to_numpy("float64")
        large = area + AREA_SLACK_M2 >= self.parameters.block_min_area_m2
        small = (done.block >= 0) & ~np.append(large, True)[done.block]
        reason[small] = "too_small"
        freed = np.zeros(len(large) + 1, dtype=bool)
        gone = small | (done.block < 0)
        freed[done.refused[1, gone[done.refused[0]]]] = True
        freed = freed[:-1] & large
        pending = np.where(np.append(freed, False)[done.block], done.block, NONE)
        return pending, done.only(large & ~freed)


def _together(one: _Done, other: _Done) -> _Done:
    """Blocks of both, those of the first first."""
    more = len(one.shapes)
    shift = np.array([[0], [more]])
    return _Done(
        np.where(other.block >= 0, other.block + more, one.block),
        np.hstack([one.taken, other.taken + shift]),
        np.hstack([one.refused, other.refused + shift]),
        np.concatenate([one.shapes, other.shapes]),
    )


def _numbered(done: _Done, reason: Geometries) -> Grown:
    """Blocks by their smallest rows; rows that were taken in belong to them."""
    block = done.block.copy()
    block[done.taken[0]] = done.taken[1]
    first = np.full(len(done.shapes), len(block))
    there = np.flatnonzero(block >= 0)
    np.minimum.at(first, block[there], there)
    order = np.argsort(first, kind="stable")
    rank = np.append(np.argsort(order, kind="stable"), NONE)
    told = reason.copy()
    told[there] = ""
    return Grown(rank[block], done.shapes[order], told)


def _from_zero(block: Ints) -> Ints:
    """Blocks numbered from 0 without a gap; -1 stays."""
    there = block >= 0
    again = np.full(len(block), NONE)
    again[there] = np.unique(block[there], return_inverse=True)[1]
    return again
