"""Land that several others shut in together, read off the drawing: it was not planted as such.

Blocks are cut with a street front for every lot, but planted lots and those behind them may have
none. Their patches touch no street, canal or railway, and no other patch alone holds them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely import Polygon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sample_district.district import District, Parcel

FREE = {"1001", "1004", "1107"}  # railway, avenue and canal: who lies along them gets out
TOLERANCE_M = 0.05
NECK_M = 0.3  # land that hangs together by less than this is two patches
ALONE = 0.75  # from this share on, one other patch or owner holds a patch
NO_WAY_OUT = 0.98
EQUAL_M = 0.1  # borders drawn equally long differ by what the tolerance takes at corners


@dataclass(frozen=True)
class Patch:
    """Land of one value that hangs together."""

    value: str
    parcels: tuple[Parcel, ...]
    shape: Polygon

    @property
    def area_m2(self) -> float:
        """Sum over its parcels."""
        return sum(p.polygon.area for p in self.parcels)


def shut_in(
    district: District, value_of: Callable[[Parcel], str]
) -> Iterator[tuple[Patch, list[str]]]:
    """Patches that several others hold together, with the values of these, longest border first."""
    patches = _patches(district, value_of)
    tree = shapely.STRtree([p.shape for p in patches])
    for patch in patches:
        filled = Polygon(patch.shape.exterior)
        near = tree.query(patch.shape, predicate="dwithin", distance=TOLERANCE_M)
        others = [patches[n] for n in sorted(near) if patches[n] is not patch]
        around = [p for p in others if not filled.contains(p.shape.representative_point())]
        held_by = _held_by(patch, around)
        if held_by:
            order = _by_border({p.parcels[0].zddm: _along_m(patch, [p]) for p in held_by})
            value = {p.parcels[0].zddm: p.value for p in held_by}
            yield patch, list(dict.fromkeys(value[zddm] for zddm in order))


def _patches(district: District, value_of: Callable[[Parcel], str]) -> list[Patch]:
    """Every patch of one value, joined over hairline gaps."""
    groups: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in sorted(district.parcels, key=lambda p: p.zddm):
        if parcel.lot.use not in FREE:
            groups[value_of(parcel)].append(parcel)
    found = []
    for value, parcels in groups.items():
        whole = _closed([p.polygon for p in parcels])
        cores = shapely.get_parts(whole.buffer(-NECK_M / 2))
        for core in cores:
            members = tuple(p for p in parcels if p.polygon.intersection(core).area > 1.0)
            found.append(Patch(value, members, _closed([p.polygon for p in members])))
    return found


def _closed(shapes: Sequence[Polygon]) -> Polygon:
    """Union without gaps up to the tolerance."""
    wide = [g.buffer(TOLERANCE_M, join_style="mitre") for g in shapes]
    return shapely.union_all(wide).buffer(-TOLERANCE_M, join_style="mitre")


def _held_by(patch: Patch, around: list[Patch]) -> list[Patch]:
    """Those who hold a patch together: of one value if that is enough, else all, if anybody."""
    if any(_holds(patch, [p], ALONE) for p in around):
        return []
    by_value: dict[str, list[Patch]] = defaultdict(list)
    for p in around:
        by_value[p.value].append(p)
    for group in by_value.values():
        if len(group) > 1 and _holds(patch, group, ALONE):
            return group
    return around if len(around) > 1 and _holds(patch, around, NO_WAY_OUT) else []


def _holds(patch: Patch, others: list[Patch], least: float) -> bool:
    """Whether others are larger and lie along enough of the outer boundary."""
    if sum(p.area_m2 for p in others) <= patch.area_m2:
        return False
    return _along_m(patch, others) >= least * patch.shape.exterior.length


def _along_m(patch: Patch, others: list[Patch]) -> float:
    """Length of the outer boundary that has land of others within the tolerance."""
    land = shapely.union_all([p.shape for p in others]).buffer(TOLERANCE_M)
    return float(patch.shape.exterior.intersection(land).length)


def _by_border(border_m: dict[str, float]) -> list[str]:
    """Names by their border, the longest first; equal ones by name."""
    left = sorted(border_m, key=lambda name: -border_m[name])
    found: list[str] = []
    while left:
        equal = [n for n in left if border_m[left[0]] - border_m[n] <= EQUAL_M]
        found += sorted(equal)
        left = left[len(equal) :]
    return found
