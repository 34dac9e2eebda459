"""Made-up city layers of any size, for measuring speed: lots, buildings, zones, roads.

    python scripts/citylayers.py FOLDER [--size N] [--noisy] [--blocks] [--seed SEED]

Streets are gaps between blocks of lots, whose cuts meet in T-junctions. All is turned and bent, so
that no border is parallel to an axis, and rounded to a millimetre. In a clean layer neighbors
share every vertex. In a noisy one every vertex of each second lot is moved by 1 to 20 cm, and some
of the vertices that only its neighbors need are left out. The lots of both are the same, so that
the borders of the clean layer are the truth for the noisy one. A seed gives the same layers.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

CRS = 4547
SEED = 7
ORIGIN = (500_000.0, 3_400_000.0)
TURN_DEGREES = 17.0
BENDS_M = ((60.0, 1000.0), (60.0, 900.0))  # how far, and over which length, by axis

UNIT_M = 2.0  # blocks and cuts lie on this grid, so that no border is shorter
BLOCK, STREET = (75, 55), 7  # units
LEAST = 2  # units; no lot is narrower
LOT_M2 = 700.0  # about: a piece this large may be cut or not
LOTS_PER_BLOCK = 35.8
EVEN, UNEVEN = (0.35, 0.65), (0.12, 0.25)  # where a piece is cut, as shares of its length
UNEVEN_SHARE = 0.08
DEEPEST = 40  # cuts after each other

NOISE_M = (0.01, 0.20)
NOISY_SHARE, LEFT_OUT_SHARE = 0.5, 0.3
TOLERANCE_M = 0.45  # joins what two moves of 20 cm have parted

USE_SHARES = {
    "industrial": 0.35,
    "logistics": 0.08,
    "residential": 0.30,
    "commercial": 0.10,
    "public": 0.10,
    "green": 0.07,
}
STATE_SHARE = 0.8  # of blocks
ODD_SHARE = 0.05  # of lots with a use or an owner of their own
OWNERS, MOST_CUTS = 3000, 5  # an owner holds all that so many cuts of a block left together
LOTS_PER_SITE, SITE_LOTS, SITE_CUTS = 300, (3, 20), 2
BUILDING_SHARES = (0.15, 0.40, 0.25, 0.20)  # of lots with 0 to 3 buildings
ACROSS_SHARE = 0.1
LOTS_PER_ZONE, ZONE_STEPS, ZONE_MARGIN_M, ZONE_SHIFT_M = 50, 3, 20.0, 8.0
ROAD_STEPS = 5

LAYER = '\n[layers.{name}]\npath = "{name}.parquet"\nfields = {{ {fields} }}\n'
PROJECT = """\
[project]
name = "city of {size} lots"
rules = "tianjin-2024"
crs = "EPSG:4547"
{layers}
[layers.zoning.classes]
"M1" = "industrial"
"R2" = "residential"
"B1" = "commercial"

[sites]
from = "field"

[parameters]
tolerance_m = {tolerance_m}
block_from = "{block_from}"
"""


class Lots(NamedTuple):
    """Rectangles in units, the block of each, and the cuts that led to it as bits of a number."""

    sides: Ints  # (n, 4): west, south, east, north
    block: Ints
    path: Ints


def city(size: int, *, noisy: bool = False, seed: int = SEED) -> gpd.GeoDataFrame:
    """Lots with all columns that a run can use, about as many as the size says."""
    lots = _lots(size, _random(seed, 0))
    points, own, lot = _outlines(lots.sides)
    xy = np.round(_bent(points * UNIT_M), 3)
    if noisy:
        xy, lot = _moved(xy, own, lot=lot, rng=_random(seed, 1))
    shapes = shapely.polygons(shapely.linearrings(xy, indices=lot))
    table = _attributes(lots, _random(seed, 2)).set_axis(_ids("L", len(shapes), name="parcel_id"))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def buildings(lots: gpd.GeoDataFrame, *, seed: int = SEED) -> gpd.GeoDataFrame:
    """Three buildings to two lots, turned with their lot; some lie across its edge."""
    rng = _random(seed, 3)
    along, low, high = _frames(lots)
    many = rng.choice(len(BUILDING_SHARES), len(lots), p=BUILDING_SHARES)
    lot = np.repeat(np.arange(len(lots)), many)
    number = np.arange(len(lot)) - np.repeat(np.cumsum(many) - many, many)
    low, room, along = low[lot], (high - low)[lot], along[lot]
    first = np.arange(len(lot))
    long = np.argmax(room, axis=1)  # buildings of one lot stand in a row along its longer side
    room[first, long] /= many[lot]
    low[first, long] += number * room[first, long]
    centre = low + room * rng.uniform(0.45, 0.55, room.shape)
    half = np.minimum(room * rng.uniform(0.15, 0.3, room.shape), 12.0)
    across = rng.random(len(lot)) < ACROSS_SHARE
    centre[across, 1 - long[across]] = low[across, 1 - long[across]]
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    corner = centre[:, None] + half[:, None] * signs
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    xy = corner[..., :1] * along[:, None] + corner[..., 1:] * normal[:, None] + ORIGIN
    floors = rng.integers(1, 7, len(lot))
    return gpd.GeoDataFrame(
        {"floors": floors, "height_m": np.round(floors * rng.uniform(3.0, 6.0, len(lot)), 1)},
        geometry=shapely.polygons(np.round(xy, 3)),
        index=_ids("B", len(lot), name="building_id"),
        crs=lots.crs,
    )


def zoning(lots: gpd.GeoDataFrame, *, seed: int = SEED) -> gpd.GeoDataFrame:
    """A planning zone for about 50 lots; together they cover all, and their edges cut lots."""
    rng = _random(seed, 4)
    plan = _upright(shapely.get_coordinates(lots.geometry.to_numpy()))
    low, high = plan.min(axis=0) - ZONE_MARGIN_M, plan.max(axis=0) + ZONE_MARGIN_M
    wide, tall = high - low
    count = max(1.0, len(lots) / LOTS_PER_ZONE)
    columns = max(1, round((count * wide / tall) ** 0.5))
    rows = max(1, round(count / columns))
    x = np.linspace(low[0], high[0], columns * ZONE_STEPS + 1)
    y = np.linspace(low[1], high[1], rows * ZONE_STEPS + 1)
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    nodes += rng.uniform(-ZONE_SHIFT_M, ZONE_SHIFT_M, nodes.shape)
    step = np.arange(ZONE_STEPS)
    side, end = np.zeros_like(step), np.full_like(step, ZONE_STEPS)
    right = np.concatenate([step, end, end - step, side])
    up = np.concatenate([side, step, end, end - step])
    row, column = np.divmod(np.arange(rows * columns), columns)
    ring = nodes[(row * ZONE_STEPS)[:, None] + up, (column * ZONE_STEPS)[:, None] + right]
    xy = np.round(_bent(ring.reshape(-1, 2)), 3).reshape(ring.shape)
    far_max = rng.choice([1.5, 2.0, 2.5, 3.0], len(ring))
    table = {
        "planned_use": rng.choice(["M1", "R2", "B1"], len(ring), p=[0.6, 0.25, 0.15]),
        "far_min": far_max / 2,
        "far_max": far_max,
        "coverage_max": rng.choice([0.4, 0.5, 0.6], len(ring)),
    }
    ids = _ids("Z", len(ring), name="zone_id")
    return gpd.GeoDataFrame(table, geometry=shapely.polygons(xy), index=ids, crs=lots.crs)


def roads(lots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Centre lines of the streets, from crossing to crossing."""
    step = np.add(BLOCK, STREET) * UNIT_M
    high = _upright(shapely.get_coordinates(lots.geometry.to_numpy())).max(axis=0)
    blocks = np.round(high / step).astype(np.int64)
    lines = []
    for axis in (0, 1):
        street, block = (n.ravel() for n in np.indices((blocks[axis] + 1, blocks[1 - axis])))
        xy = np.empty((len(street), ROAD_STEPS + 1, 2))
        xy[..., axis] = street[:, None] * step[axis]
        xy[..., 1 - axis] = np.linspace(block, block + 1, ROAD_STEPS + 1, axis=1) * step[1 - axis]
        bent = _bent((xy - STREET * UNIT_M / 2).reshape(-1, 2))
        lines.append(shapely.linestrings(np.round(bent, 3).reshape(xy.shape)))
    shapes = np.concatenate(lines)
    ids = _ids("R", len(shapes), name="road_id")
    return gpd.GeoDataFrame({"width_m": STREET * UNIT_M}, geometry=shapes, index=ids, crs=lots.crs)


def write_project(
    folder: str | Path, *, size: int, noisy: bool = False, blocks: bool = False, seed: int = SEED
) -> Path:
    """Write a city as GeoParquet with its project file, perhaps with block lines to be drawn."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lots = city(size, noisy=noisy, seed=seed)
    layers = {
        "parcels": lots,
        "zoning": zoning(lots, seed=seed),
        "buildings": buildings(lots, seed=seed),
        "roads": roads(lots),
    }
    told = ""
    for name, layer in layers.items():
        flat = layer.reset_index()
        flat.to_parquet(folder / f"{name}.parquet", index=False)
        fields = ", ".join(f'{c} = "{c}"' for c in flat.columns.drop("geometry"))
        told += LAYER.format(name=name, fields=fields)
    told_m, told_from = TOLERANCE_M if noisy else 0.05, "parcels" if blocks else "no"
    text = PROJECT.format(size=size, layers=told, tolerance_m=told_m, block_from=told_from)
    (folder / "gisland.toml").write_text(text, "utf-8", newline="\n")
    return folder / "gisland.toml"


def _random(seed: int, part: int) -> np.random.Generator:
    """Numbers of their own for each part, so that noise does not change the city."""
    return np.random.default_rng([seed, part])


def _ids(letter: str, count: int, *, name: str) -> pd.Index:
    return pd.Index([f"{letter}{i:07d}" for i in range(count)], name=name)


def _lots(size: int, rng: np.random.Generator) -> Lots:
    """Blocks in rows, all pieces cut at once until they are small; block by block, cut by cut."""
    count = max(1, round(size / LOTS_PER_BLOCK))
    row, column = np.divmod(np.arange(count), round((count * BLOCK[1] / BLOCK[0]) ** 0.5) or 1)
    corner = np.column_stack([column, row]) * np.add(BLOCK, STREET)
    left = Lots(np.hstack([corner, corner + BLOCK]), np.arange(count), np.zeros(count, np.int64))
    done = []
    bit = 1 << DEEPEST
    while len(left.block):
        wide, high = (left.sides[:, 2:] - left.sides[:, :2]).T
        limit = LOT_M2 / UNIT_M**2 * rng.uniform(0.6, 1.5, len(wide))
        small = wide * high < limit
        done.append(Lots(*(a[small] for a in left)))
        bit >>= 1
        left = _halves(Lots(*(a[~small] for a in left)), bit, rng)
    lots = Lots(*(np.concatenate(parts) for parts in zip(*done, strict=True)))
    order = np.lexsort((lots.path, lots.block))
    return Lots(*(a[order] for a in lots))


def _halves(lots: Lots, bit: int, rng: np.random.Generator) -> Lots:
    """Two pieces of each, cut across its longer side."""
    rows = np.arange(len(lots.block))
    size = lots.sides[:, 2:] - lots.sides[:, :2]
    axis = np.argmax(size, axis=1)
    length = size[rows, axis]
    share = rng.uniform(*EVEN, len(rows))
    uneven = rng.random(len(rows)) < UNEVEN_SHARE
    share[uneven] = rng.uniform(*UNEVEN, int(uneven.sum()))
    step = np.round(share * length).astype(np.int64)
    cut = lots.sides[rows, axis] + np.clip(step, LEAST, length - LEAST)
    first, second = lots.sides.copy(), lots.sides.copy()
    first[rows, axis + 2] = cut
    second[rows, axis] = cut
    return Lots(
        np.concatenate([first, second]),
        np.tile(lots.block, 2),
        np.concatenate([lots.path, lots.path | bit]),
    )


def _outlines(sides: Ints) -> tuple[Ints, Bools, Ints]:
    """Vertices ring by ring: own corners, and those of neighbors; whether own; their lot."""
    corner = sides[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    start, end = corner.reshape(-1, 2), np.roll(corner, -1, axis=1).reshape(-1, 2)
    number = np.arange(len(start))
    points, places = [start], [number.astype(np.float64)]
    for fixed in (0, 1):
        free = 1 - fixed
        span = int(sides.max()) + 1
        known = np.unique(corner[..., fixed] * span + corner[..., free])
        side = np.flatnonzero(start[:, fixed] == end[:, fixed])
        line, a, b = start[side, fixed] * span, start[side, free], end[side, free]
        first = np.searchsorted(known, line + np.minimum(a, b), side="right")
        many = np.searchsorted(known, line + np.maximum(a, b), side="left") - first
        which = np.repeat(np.arange(len(side)), many)
        found = np.arange(len(which)) + np.repeat(first - np.cumsum(many) + many, many)
        inner = start[side[which]]
        inner[:, free] = known[found] - line[which]
        points.append(inner)
        places.append(side[which] + (inner[:, free] - a[which]) / (b - a)[which])
    place = np.concatenate(places)
    order = np.argsort(place, kind="stable")
    return np.concatenate(points)[order], order < len(start), place[order].astype(np.int64) // 4


def _turn() -> Floats:
    """Matrix that rows of coordinates are turned by."""
    angle = np.radians(TURN_DEGREES)
    return np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])


def _bends(points: Floats) -> Floats:
    (far_x, over_y), (far_y, over_x) = BENDS_M
    x, y = points.T
    return np.column_stack([far_x * np.sin(y / over_y), far_y * np.sin(x / over_x)])


def _bent(points: Floats) -> Floats:
    """Points of the upright plan as they lie in the layer."""
    return (points + _bends(points)) @ _turn() + ORIGIN


def _upright(points: Floats) -> Floats:
    """Points of the layer in the plan; each round takes the error to less than a tenth."""
    bent = (points - ORIGIN) @ _turn().T
    plan = bent
    for _ in range(4):
        plan = bent - _bends(plan)
    return plan


def _moved(xy: Floats, own: Bools, *, lot: Ints, rng: np.random.Generator) -> tuple[Floats, Ints]:
    noisy = (rng.random(lot[-1] + 1) < NOISY_SHARE)[lot]
    kept = own | ~noisy | (rng.random(len(lot)) >= LEFT_OUT_SHARE)
    far = rng.uniform(*NOISE_M, len(lot)) * noisy
    angle = rng.uniform(0, 2 * np.pi, len(lot))
    moved = xy + far[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.round(moved[kept], 3), lot[kept]


def _attributes(lots: Lots, rng: np.random.Generator) -> pd.DataFrame:
    """Columns of the parcels: uses and tenure by block, owners and sites by groups of lots."""
    count, blocks = len(lots.block), int(lots.block[-1]) + 1
    odd = rng.random(count) < ODD_SHARE
    uses = np.array(list(USE_SHARES), dtype=object)
    shares = list(USE_SHARES.values())
    use = rng.choice(len(uses), blocks, p=shares)[lots.block]
    use[odd] = rng.choice(len(uses), int(odd.sum()), p=shares)
    area_m2 = np.prod(lots.sides[:, 2:] - lots.sides[:, :2], axis=1) * UNIT_M**2
    return pd.DataFrame(
        {
            "owner": _owners(lots, rng),
            "tenure": np.where(rng.random(blocks) < STATE_SHARE, "state", "collective")[lots.block],
            "use_class": uses[use],
            "site_id": _sites(lots, uses[use] == "industrial", rng),
            "recorded_area_m2": np.round(area_m2 * rng.normal(1.0, 0.004, count), 2),
            "tax_yuan": np.round(area_m2 * rng.lognormal(4.0, 1.0, count)),
        }
    )


def _groups(lots: Lots, cuts: Ints) -> Ints:
    """Number of the piece that each lot belonged to after so many cuts of its block."""
    path = lots.path >> (DEEPEST - cuts[lots.block])
    return np.unique((lots.block << MOST_CUTS) + path, return_inverse=True)[1]


def _owners(lots: Lots, rng: np.random.Generator) -> NDArray[np.object_]:
    """Patches of one owner, and some single lots of another."""
    group = _groups(lots, rng.integers(1, MOST_CUTS + 1, lots.block[-1] + 1))
    owner = rng.integers(0, OWNERS, group[-1] + 1)[group]
    odd = rng.random(len(owner)) < ODD_SHARE
    owner[odd] = rng.integers(0, OWNERS, int(odd.sum()))
    return np.array([f"owner {i:04d}" for i in range(OWNERS)], dtype=object)[owner]


def _sites(lots: Lots, industrial: Bools, rng: np.random.Generator) -> NDArray[np.object_]:
    """Some connected groups of mostly industrial lots; None elsewhere."""
    group = _groups(lots, rng.integers(1, SITE_CUTS + 1, lots.block[-1] + 1))
    many = np.bincount(group)
    fit = (many >= SITE_LOTS[0]) & (many <= SITE_LOTS[1])
    fit &= np.bincount(group, weights=industrial) > many / 2
    possible = np.flatnonzero(fit)
    wanted = min(max(1, round(len(group) / LOTS_PER_SITE)), len(possible))
    chosen = np.sort(rng.choice(possible, wanted, replace=False))
    names = np.full(len(many), None, dtype=object)
    names[chosen] = [f"S{i:05d}" for i in range(wanted)]
    return names[group]


def _frames(lots: gpd.GeoDataFrame) -> tuple[Floats, Floats, Floats]:
    """Direction of each lot's first side, and its least and greatest place along and across."""
    xy, lot = shapely.get_coordinates(lots.geometry.to_numpy(), return_index=True)
    xy = xy - ORIGIN
    first = np.searchsorted(lot, np.arange(len(lots)))
    along = xy[first + 1] - xy[first]
    along /= np.hypot(*along.T)[:, None]
    each = along[lot]
    place = np.column_stack(
        [(xy * each).sum(axis=1), xy[:, 1] * each[:, 0] - xy[:, 0] * each[:, 1]]
    )
    return along, np.minimum.reduceat(place, first), np.maximum.reduceat(place, first)


def main() -> None:
    """Write one city into a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="made if need be")
    parser.add_argument("--size", type=int, default=10_000, help="lots, about (default: 10000)")
    parser.add_argument("--noisy", action="store_true", help="move vertices")
    parser.add_argument("--blocks", action="store_true", help="delineate block lines")
    parser.add_argument("--seed", type=int, default=SEED)
    options = vars(parser.parse_args())
    path = write_project(options.pop("folder"), **options)
    print(f"run it: gisland run {path}")


if __name__ == "__main__":
    main()
