"""Planted cases for random districts: each a block of its own, with what must be found in it.

A letter is a patch, a site or a scrap; its parcels are the labels that begin with it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pictures import NOTHING, Picture, in_rows, share, sized
from random_blocks import MM2, TENURES, TESTS, Block, Enclave, between, part_of, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    Maker = Callable[[Generator], "Block | None"]

# --- enclaves ------------------------------------------------------------------------------


def names(rng: Generator, count: int) -> list[str]:
    """Different owners."""
    numbers = rng.permutation(900)[:count] + 100
    return [f"第{n}公司" for n in numbers]


def held(
    rng: Generator, case: str, picture: Picture, held_by: dict[str, int | None], **more: object
) -> Block | None:
    """A block whose letters are held by numbered owners, or of numbered tenures."""
    count = max(n for n in held_by.values() if n is not None) + 1
    attribute = str(more.pop("attribute", "")) or ("tenure" if rng.integers(3) == 0 else "owner")
    if count > len(TENURES):
        attribute = "owner"
    known = [TENURES[k] for k in rng.permutation(3)] if attribute == "tenure" else names(rng, count)
    values = {k: None if n is None else known[n] for k, n in held_by.items()}
    same: str | None = "state" if attribute == "owner" else names(rng, 1)[0]
    rest = dict.fromkeys(held_by, same if rng.integers(2) else None)
    both = {attribute: values, "tenure" if attribute == "owner" else "owner": rest}
    enclaves = tuple(replace(e, attribute=attribute) for e in more.pop("enclaves", ()))  # type: ignore[attr-defined]
    block = Block(case, picture, both["owner"], both["tenure"], enclaves=enclaves, **more)  # type: ignore[arg-type]
    letters = "".join(k for k in held_by if k not in more.get("use", {}))  # type: ignore[operator]
    return split(block, letters, rng) if block.sound() else None


RING = (22, 42)
ROUND_ALL = ("QQQ", "QEQ", "QQQ")


def strict(rng: Generator) -> Block | None:
    """In the middle of one other."""
    picture = sized(rng, ROUND_ALL, (RING, (15, 60), RING), (RING, (15, 60), RING))
    found = (Enclave("", "E", "Q", "strict"),)
    return held(rng, "strict", picture, {"Q": 0, "E": 1}, enclaves=found)


def _bay(rng: Generator, low: float, high: float, *, beyond: str = NOTHING) -> Picture | None:
    """E in a bay of Q, its share along Q in a range; in the mouth of the bay lies a letter."""
    mouth = (8, 18) if beyond == "W" else (22, 30)
    rows = (f"Q{beyond}Q", "QEQ", "QQQ") if beyond != NOTHING else ("QEQ", "QQQ")
    depths = (mouth, (20, 95), RING) if beyond != NOTHING else ((20, 95), RING)
    picture = sized(rng, rows, (RING, (15, 45), RING), depths)
    wide = picture.area(["Q"]) > 1.02 * picture.area(["E"])
    return picture if wide and between(low, part_of(picture, "E", "Q"), high) else None


def nearly_street(rng: Generator) -> Block | None:
    """In a bay of one other, the rest along a street."""
    picture = _bay(rng, 0.755, 0.95)
    found = (Enclave("", "E", "Q", "nearly"),)
    return picture and held(rng, "nearly_street", picture, {"Q": 0, "E": 1}, enclaves=found)


def nearly_water(rng: Generator) -> Block | None:
    """In a bay of one other, the rest along water."""
    picture = _bay(rng, 0.755, 0.95, beyond="W")
    found = (Enclave("", "E", "Q", "nearly"),)
    held_by = {"Q": 0, "E": 1, "W": None}
    return picture and held(
        rng, "nearly_water", picture, held_by, use={"W": "water"}, enclaves=found
    )


def nearly_other(rng: Generator) -> Block | None:
    """In a bay of one other, the rest along a third; that third is less than nearly in the bay."""
    picture = _bay(rng, 0.755, 0.95, beyond="R")
    if picture is None or part_of(picture, "R", "Q") > Fraction(72, 100):
        return None
    found = (Enclave("", "E", "Q", "nearly"),)
    return held(rng, "nearly_other", picture, {"Q": 0, "E": 1, "R": 2}, enclaves=found)


def near_miss(rng: Generator) -> Block | None:
    """A share just below the limit: no enclave."""
    picture = _bay(rng, 0.70, 0.745)
    return picture and held(rng, "enclave_near_miss", picture, {"Q": 0, "E": 1})


def nested(rng: Generator) -> Block | None:
    """An enclave in an enclave; the inner one may be of the outermost owner."""
    band = (21, 32)
    rows = ("QQQQQ", "QEEEQ", "QEFEQ", "QEEEQ", "QQQQQ")
    sizes = (band, band, (15, 40), band, band)
    picture = sized(rng, rows, sizes, sizes)
    areas = [picture.area([k]) for k in "FEQ"]
    if not areas[0] * 1.02 < areas[1] < areas[2] / 1.02:
        return None
    found = (
        Enclave("", "E", "Q", "strict"),
        Enclave("", "F", "E", "strict", inside="E", depth=2),
    )
    inner = int(rng.integers(2)) * 2
    return held(rng, "nested", picture, {"Q": 0, "E": 1, "F": inner}, enclaves=found)


def larger(rng: Generator) -> Block | None:
    """A large patch in the arms of a smaller one: no enclave."""
    band = (21, 24)
    picture = sized(rng, ROUND_ALL, (band, (140, 170), band), (band, (140, 170), band))
    return held(rng, "larger_inside", picture, {"Q": 0, "E": 1})


def missing(rng: Generator) -> Block | None:
    """One of the two has no value: neither an enclave nor surrounding."""
    block = strict(rng) if rng.integers(2) else nearly_street(rng)
    if block is None:
        return None
    attribute = block.enclaves[0].attribute
    values = {**getattr(block, attribute), "EQ"[int(rng.integers(2))]: None}
    return replace(block, case="missing_value", enclaves=(), **{attribute: values})


def jointly_same(rng: Generator) -> Block | None:
    """From street to street between two patches of one other."""
    picture = sized(rng, ("QEP",), ((25, 60), (15, 30), (25, 60)), ((50, 120),))
    if not between(0.755, part_of(picture, "E", "QP"), 0.95):
        return None
    found = (Enclave("", "E", "QP", "jointly"),)
    return held(rng, "jointly_same", picture, {"Q": 0, "E": 1, "P": 0}, enclaves=found)


def jointly_all(rng: Generator) -> Block | None:
    """Between several others, and no street: no way out."""
    rows = [("AAB", "AEB", "CCB"), ("AAB", "AEB", "CBB")][int(rng.integers(2))]
    picture = sized(rng, rows, (RING, (15, 45), RING), (RING, (15, 45), RING))
    if max(part_of(picture, "E", k) for k in "ABC") > Fraction(72, 100):
        return None
    found = (Enclave("", "E", "ABC", "jointly"),)
    if rows[2] == "CBB":  # the third only touches the corner of E
        found = (Enclave("", "E", "AB", "jointly"),)
    return held(rng, "jointly_all", picture, {"E": 0, "A": 1, "B": 2, "C": 3}, enclaves=found)


def spelled(rng: Generator) -> Block | None:
    """Surrounded by one owner who is written in several ways."""
    picture = sized(rng, ("QQPP", "QEEP", "QQPP"), (RING, 12, 15, RING), (RING, (15, 50), RING))
    found = (Enclave("", "E", "QP", "strict"),)
    held_by = {"Q": 0, "E": 1, "P": 0}
    block = held(rng, "spelled", picture, held_by, enclaves=found, attribute="owner")
    if block is None:
        return None
    ways = (
        "江城ABC公司",
        "江城ＡＢＣ公司",
        "江城ABC公司  ",
        "江城 abc公司",
        "江城ａｂｃ公司\u3000",
    )
    around = block.labels("QP")
    return replace(block, spelled={k: ways[int(rng.integers(len(ways)))] for k in around})


# --- scraps --------------------------------------------------------------------------------


def beside(
    rng: Generator, case: str, picture: Picture, kinds: dict[str, str], **more: object
) -> Block | None:
    """A block with sites (H, I); all land has one owner, or nobody knows whose it is."""
    letters = sorted(picture.places)
    owner = names(rng, 1)[0] if rng.integers(2) else None
    tenure = "state" if rng.integers(2) else None
    sites = "".join(k for k in letters if k in "HI")
    common = (dict.fromkeys(letters, owner), dict.fromkeys(letters, tenure))
    block = Block(case, picture, *common, sites=sites, scraps=kinds, **more)  # type: ignore[arg-type]
    return split(block, sites, rng) if block.sound() else None


def _s(picture: Picture, label: str = "C", sites: str = "HI") -> Fraction:
    return share(picture.shared([label], sites), picture.perimeter(label))


HOST = (30, 60)


def in_bay(rng: Generator) -> Block | None:
    """In a bay of one site, deep: sandwiched; shallow: interlocking."""
    picture = sized(rng, ("HCH", "HHH"), (HOST, (8, 40), HOST), ((10, 60), HOST))
    s = _s(picture)
    kind = "sandwiched" if s > Fraction(3, 4) else "interlocking"
    known = between(0.51, s, 0.745) or between(0.755, s, 0.96)
    return beside(rng, "bay_of_site", picture, {"C": kind}) if known else None


def in_hole(rng: Generator) -> Block | None:
    """In a hole of a site, alone or with another."""
    alone = ("HHH", "HCH", "HHH")
    if rng.integers(2):
        picture = sized(rng, alone, (HOST, (8, 40), HOST), (HOST, (8, 40), HOST))
        return beside(rng, "hole_of_site", picture, {"C": "sandwiched"})
    pair = ("HHHH", "HCOH", "HHHH")
    picture = sized(rng, pair, (HOST, (6, 14), (30, 60), HOST), (HOST, (25, 45), HOST))
    return beside(rng, "hole_of_site_pair", picture, {"C": "sandwiched", "O": "sandwiched"})


def by_two(rng: Generator) -> Block | None:
    """Between two sites, narrow: sandwiched by both; wide: interlocking."""
    picture = sized(rng, ("HCI",), (HOST, (8, 30), HOST), ((25, 90),))
    s = _s(picture)
    kind = "sandwiched" if s > Fraction(3, 4) else "interlocking"
    known = between(0.51, s, 0.745) or between(0.755, s, 0.96)
    return beside(rng, "between_sites", picture, {"C": kind}) if known else None


def by_hull(rng: Generator) -> Block | None:
    """Touches a site along one side only, but lies between its arms."""
    rows = ("HCOH", "HOOH", "HHHH")
    picture = sized(rng, rows, (HOST, (10, 25), (45, 60), HOST), ((12, 40), (22, 40), HOST))
    kinds = {"C": "interlocking"}
    return beside(rng, "hull_of_site", picture, kinds) if _s(picture) < Fraction(48, 100) else None


def at_corner(rng: Generator) -> Block | None:
    """A strip along the end of a site, streets around."""
    picture = sized(rng, ("HC",), ((50, 90), (8, 25)), ((35, 75),))
    return (
        beside(rng, "corner", picture, {"C": "corner"}) if _s(picture) < Fraction(48, 100) else None
    )


def in_row(rng: Generator) -> Block | None:
    """Between a site and another parcel: corner or adjacent, as the street front is long."""
    picture = sized(rng, ("HCO",), ((50, 90), (10, 40), (50, 90)), ((26, 70),))
    around = picture.perimeter("C")
    free, other = (share(picture.shared(["C"], [k]), around) for k in (NOTHING, "O"))
    if abs(free - other) < Fraction(3, 100) or _s(picture) > Fraction(48, 100):
        return None
    return beside(rng, "in_row", picture, {"C": "corner" if free > other else "adjacent"})


def corner_contact(rng: Generator) -> Block | None:
    """Touches a site at one point only: no scrap."""
    picture = sized(rng, ("HO", "PC"), ((60, 95), (24, 40)), ((60, 95), (24, 40)))
    return beside(rng, "corner_contact", picture, {})


def short_border(rng: Generator) -> Block | None:
    """Touches a site over half a metre, less than the least border: no scrap."""
    picture = sized(rng, ("HHO", "PCC"), ((60, 95), (0.45, 0.6), (25, 40)), ((60, 95), (25, 40)))
    return beside(rng, "short_border", picture, {})


def over_lane(rng: Generator) -> Block | None:
    """Across a lane of 1 to 12 m: no scrap."""
    rows, wide = [(("H.C",), ((8, 25),)), (("H.CO",), ((8, 25), (50, 90)))][int(rng.integers(2))]
    picture = sized(rng, rows, ((50, 90), (1, 12), *wide), ((40, 75),))
    return beside(rng, "over_lane", picture, {})


def row_of_scraps(rng: Generator) -> Block | None:
    """Two or three small parcels in a row at one site, of which the first touches it, or all."""
    small = (10, 24)
    if rng.integers(2):
        rows, wide = [("HCDO", (small, small)), ("HCDBO", (small,) * 3)][int(rng.integers(2))]
        picture = sized(rng, (rows,), ((50, 80), *wide, (50, 80)), ((42, 70),))
        scraps = "C"
    else:
        rows, wide = [("CD", (small, small)), ("CDB", (small,) * 3)][int(rng.integers(2))]
        picture = sized(rng, (rows, "H" * len(rows)), wide, ((12, 40), (45, 80)))
        scraps = rows
    kinds = {}
    for k in scraps:
        around = picture.perimeter(k)
        free = share(picture.shared([k], [NOTHING]), around)
        s = _s(picture, k)
        other = 1 - free - s
        if abs(free - other) < Fraction(3, 100) or s > Fraction(48, 100):
            return None
        kinds[k] = "corner" if free > other else "adjacent"
    return beside(rng, "row_of_scraps", picture, kinds)


# --- fragments -----------------------------------------------------------------------------

LOTS = {  # what a lot at a street fails, its width in metres, its area in m² where that decides
    "lot": ("AF", (21, 32), (640, 1170)),
    "lot_above": ("BG", (21, 34), (1226, 1260)),
    "width": ("CJ", (15, 19.5), (1230, 1700)),
    "width_above": ("DK", (20.5, 21), (1230, 2500)),
    "both": ("LM", (8, 19), (240, 1170)),
    "good": ("NO", (40, 70), (1300, 9000)),
}
FAILS = {"lot": ("min_lot",), "width": ("min_width",), "both": ("min_lot", "min_width")}


def fragments(rng: Generator) -> Block | None:
    """Lots at streets and behind them; one reaches the street by a pole."""
    fails: dict[str, tuple[str, ...]] = {}
    top, low = (_street_row(rng, fails, n) for n in (0, 1))
    pole = int(rng.integers(30, 90)) * 100
    fails["Z"] = () if pole > 6000 else ("min_frontage",)
    inner = [(k, int(rng.integers(9, 45)) * 1000) for k in "STU"[: int(rng.integers(1, 4))]]
    depth = int(rng.integers(24, 55)) * 1000
    for k, w in inner:
        sizes = (w * depth / MM2 < 1200, min(w, depth) < 20_000, True)
        fails[k] = tuple(t for t, failed in zip(TESTS, sizes, strict=True) if failed)
    body = pole + int(rng.integers(36, 50)) * 1000
    head = [("X", 30_000), ("Z", pole)]
    middle = [("X", 30_000), ("Z", body), *inner, ("Y", 30_000)]
    height, lots = top
    rows = [(height, [*head, *lots]), (depth, middle), low]
    widest = max(sum(w for _, w in row) for _, row in rows)
    rows = [
        (h, [*row, (f"{'VWY'[n]}", max(30_000, widest - sum(w for _, w in row) + 30_000))])
        if n != 1
        else (h, row)
        for n, (h, row) in enumerate(rows)
    ]
    picture = in_rows(rows)
    owner = names(rng, 1)[0] if rng.integers(2) else None
    use = {k: "residential" for k in picture.places if k in "AFCJLMNO" and rng.integers(4) == 0}
    meant = {k: v for k, v in fails.items() if k not in use}
    letters = sorted(picture.places)
    block = Block(
        "fragments",
        picture,
        dict.fromkeys(letters, owner),
        dict.fromkeys(letters, "state"),
        use=use,
        fails=meant,
    )
    whole = all(picture.shape(k).geom_type == "Polygon" for k in letters)
    return block if whole and block.sound() else None


def _street_row(
    rng: Generator, fails: dict[str, tuple[str, ...]], n: int
) -> tuple[int, list[tuple[str, int]]]:
    """Depth of a row of lots at a street, and the lots that are planted in it."""
    depth = int(rng.integers(30, 39) if rng.integers(2) else rng.integers(62, 88))
    row = []
    for sort in rng.permutation(sorted(LOTS)):
        letters, wide, areas = LOTS[str(sort)]
        low, high = max(wide[0], areas[0] / depth), min(wide[1], areas[1] / depth)
        if low < high:
            row.append((letters[n], round(rng.uniform(low, high), 2) * 1000))
            fails[letters[n]] = FAILS.get(str(sort), ())
    return depth * 1000, [(k, round(w)) for k, w in row]


def plain(rng: Generator) -> Block | None:
    """Two rows of good lots, all of different owners: nothing to be found."""
    counts = [int(rng.integers(2, 5)) for _ in range(2)]
    rows, at = [], 0
    for count in counts:
        letters = "ABCDEFGHIJ"[at : at + count]
        at += count
        height = int(rng.integers(350, 600)) * 100
        rows.append((height, [(k, int(rng.integers(420, 700)) * 100) for k in letters]))
    picture = in_rows(rows)
    letters = sorted(picture.places)
    owner = dict(zip(letters, names(rng, len(letters)), strict=True))
    block = Block("plain", picture, owner, dict.fromkeys(letters, "state"))
    return block if block.sound() else None


CASES: dict[str, Maker] = {
    f.__name__: f  # type: ignore[attr-defined]
    for f in (
        *(strict, nearly_street, nearly_water, nearly_other, near_miss, nested, larger, missing),
        *(jointly_same, jointly_all, spelled),
        *(in_bay, in_hole, by_two, by_hull, at_corner, in_row),
        *(corner_contact, short_border, over_lane, row_of_scraps, fragments, plain),
    )
}


def make(name: str, rng: Generator) -> Block:
    """The case of this name, drawn until it is sound."""
    for _ in range(500):
        block = CASES[name](rng)
        if block is not None:
            return block
    raise AssertionError(f"{name}: no sound drawing in 500 attempts")
