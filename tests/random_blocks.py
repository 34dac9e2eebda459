"""Blocks of random districts: a picture, whose its letters are, and what must be found in it.

A letter is a patch, a site or a scrap; its parcels are the labels that begin with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pictures import NOTHING, Picture, share

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.random import Generator

MM2 = 1_000_000
AREA_CAP_M2 = 2000
LIMITS = {"industrial": (1200, 20, 6), "residential": (300, 10, 4)}  # m², m, m
TESTS = ("min_lot", "min_width", "min_frontage")
TENURES = ("state", "collective", "undetermined")
FREE = ("water", "transport")
KEPT = 0.35  # metres: frontages keep this far from their limits, for what ends of borders cost


@dataclass(frozen=True)
class Enclave:
    """An enclave to be found: its letter, the letters around it, exact shares."""

    attribute: str
    inner: str
    around: str
    kind: str
    inside: str = ""  # letter of the enclave that it lies in
    depth: int = 1


@dataclass(frozen=True)
class Block:
    """A picture, what its letters are, and what must be found; nothing else may be."""

    case: str
    picture: Picture
    owner: dict[str, str | None]
    tenure: dict[str, str | None]
    use: dict[str, str] = field(default_factory=dict)
    sites: str = ""  # letters that are sites
    enclaves: tuple[Enclave, ...] = ()
    scraps: dict[str, str] = field(default_factory=dict)  # kind by letter
    fails: dict[str, tuple[str, ...]] = field(default_factory=dict)  # as it was meant to be
    spelled: dict[str, str] = field(default_factory=dict)  # owner by label, as it is written

    def labels(self, letters: str) -> list[str]:
        """Labels of some letters."""
        return [k for k in self.picture.places if k[0] in letters]

    def use_of(self, label: str) -> str:
        """Use class of a parcel."""
        return self.use.get(label[0], "industrial")

    def free(self) -> list[str]:
        """Labels of all that is no land."""
        return [NOTHING, *(k for k in self.picture.places if self.use_of(k) in FREE)]

    def failed(self, label: str) -> tuple[str, ...] | None:
        """Fragment tests that a parcel fails; None where the picture is too close to a limit."""
        use = self.use_of(label)
        if use in FREE:
            return ()
        width, exact = self.picture.width(label)
        street = self.picture.shared([label], [NOTHING])
        measured = (self.picture.area([label]) / MM2, width / 1000, street / 1000)
        limits = LIMITS[use]
        margins = (0.02 * limits[0], 0.02 * limits[1], KEPT)
        near = [abs(m - k) < e for m, k, e in zip(measured, limits, margins, strict=True)]
        if any(near) or (width / 1000 < limits[1] and not exact):
            return None
        return tuple(t for t, m, k in zip(TESTS, measured, limits, strict=True) if m < k)

    def groups(self) -> list[list[str]] | None:
        """Small parcels beside each other, small together, one of them a scrap; None: too close."""
        outside = [k for k in self.picture.places if k not in self.labels(self.sites)]
        small = {k: _small(self.picture, [k]) for k in outside if self.use_of(k) not in FREE}
        found, left = [], {k for k, is_small in small.items() if is_small}
        while left:
            group = {left.pop()}
            while more := {k for k in left if self.picture.shared([k], group) >= 1000}:
                group |= more
                left -= more
            if len(group) > 1 and any(k[0] in self.scraps for k in group):
                small["+".join(group)] = together = _small(self.picture, sorted(group))
                found += [sorted(group)] if together else []
        return None if None in small.values() else found

    def sound(self) -> bool:
        """Whether every parcel keeps away from every limit, and is as it was meant to be."""
        failed = {k: self.failed(k) for k in self.picture.places}
        meant = all(failed[k] == wanted for k, wanted in self.fails.items())
        if None in failed.values() or not meant or (self.sites and self.groups() is None):
            return False
        return self._scraps_sound(failed)

    def _scraps_sound(self, failed: dict[str, tuple[str, ...] | None]) -> bool:
        """Whether scraps, and none but they, are small or fragments and touch a site over 1 m."""
        if not self.sites:
            return True
        sites = self.labels(self.sites)
        for label in self.picture.places:
            small = self.picture.area([label]) / MM2
            if label in sites or abs(small - AREA_CAP_M2) < 40:
                if label in sites:
                    continue
                return False
            considered = bool(failed[label]) or small < AREA_CAP_M2
            touches = self.picture.shared([label], sites) >= 1000
            if (considered and touches) != (label[0] in self.scraps):
                return False
        return True


def _small(picture: Picture, labels: list[str]) -> bool | None:
    """Whether parcels are small as one; None where that is too close to a limit."""
    area = picture.area(labels) / MM2
    width, exact = picture.merged(labels).width(labels[0])
    limits = ((area, AREA_CAP_M2), (area, LIMITS["industrial"][0]), (width / 1000, 20))
    near = any(abs(m - limit) < 0.02 * limit for m, limit in limits)
    unsure = area >= AREA_CAP_M2 and width < 20_000 and not exact
    return None if near or unsure else area < AREA_CAP_M2 or width < 20_000


def between(low: float, value: Fraction, high: float) -> bool:
    """Whether a share lies in a range."""
    return low <= value <= high


def part_of(picture: Picture, inner: str, others: str) -> Fraction:
    """Share of the outer boundary of a letter along other letters, before any is split."""
    around = picture.around([inner])
    return share(sum(around.get(k, 0) for k in others), sum(around.values()))


def split(block: Block, letters: str, rng: Generator) -> Block:
    """Some parcels of some letters cut in two of the same owner, site and use."""
    for n in range(int(rng.integers(4))):
        labels = block.labels(letters)
        label = labels[int(rng.integers(len(labels)))]
        picture = block.picture.split(label, f"{label[0]}{n + 2}", rng)
        if picture is not None:
            changed = replace(block, picture=picture)
            block = changed if changed.sound() else block
    return block
