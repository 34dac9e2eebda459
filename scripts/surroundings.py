"""Landlocked parcels of five real layers: counted by GEOS without tolerance, by gisland with it.

    python scripts/surroundings.py [FOLDER]

Prints a line for each layer. Landlocked: more than 98 % of the perimeter runs along other parcels;
inside one: along a single one. Whatever the tolerance adds is looked at again by GEOS, whose
buffers know nothing of gisland's segments; exit 1 if something added does not hold. FOLDER holds
the layers (by default ``../shared/data`` beside the checkout). They are not part of this project.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.detect.surroundings import surroundings
from gisland.topology.borders import borders

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TOLERANCE_M = 0.05
ROUNDING_M = 1e-6
CORNER_M = 1e-3  # a shorter contact is a corner, for GEOS as for gisland
SHARE = 0.98
HEAD = ("layer", "parcels", "landlocked exact", "tolerant", "added", "lost")
HEAD += ("inside one exact", "tolerant", "added", "lost", "pairs exact", "tolerant", "added")
HEAD += ("lost", "of these overlap", "distance_max_m", "by GEOS", "smallest border_m", "proved")


class Source(NamedTuple):
    """Where a layer is, its column of ids (else the number of the row), and its metric CRS."""

    path: str
    ids: str | None
    epsg: int
    layer: str | None = None


SOURCES = {
    "decany": Source("decany_cz/decany_derived.gpkg", "Id", 5514, "parcely"),
    "forest_city": Source("forest_city_nc/parcels_pseudonymised_2264.gpkg", "OBJECTID", 32119),
    "williamsburg": Source("williamsburg_va/parcels.geojson", None, 32147),
    "epinay": Source("fr_etalab/91216.json", "id", 2154),
    "rennes": Source("simplu3d_rules/demo-02/PARCELLE.SHP", None, 2154),
}


def drawn(name: str, folder: Path) -> gpd.GeoDataFrame:
    """A layer in metres without rows that have no geometry; invalid ones are made valid."""
    source = SOURCES[name]
    more = {"layer": source.layer} if source.layer else {}
    rows = gpd.read_file(folder / source.path, **more).to_crs(source.epsg)
    numbers = rows[source.ids] if source.ids else pd.Series(rows.index)
    shapes = rows.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    ids = numbers.astype("str").str.removesuffix(".0").to_numpy()
    return gpd.GeoDataFrame(geometry=shapes, index=ids, crs=rows.crs)[there].sort_index()


def polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """What of a shape has area: validity can leave a line beside a polygon."""
    if shape.geom_type != "GeometryCollection":
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.area(parts) > 0])


def along(shapes: np.ndarray, *, reach_m: float = 0.0) -> pd.Series:
    """Boundary of each shape on, or within reach of, that of each other: metres by positions."""
    walls = shapely.boundary(shapes)
    one, other = shapely.STRtree(shapes).query(shapes, "dwithin", distance=reach_m)
    one, other = one[one != other], other[one != other]
    there = shapely.buffer(walls, reach_m) if reach_m else walls
    metres = shapely.length(shapely.intersection(walls[one], there[other]))
    pairs = pd.MultiIndex.from_arrays([one, other], names=["focal", "neighbor"])
    return pd.Series(np.nan_to_num(metres), index=pairs)  # of a collection GEOS has no boundary


def shares(metres: pd.Series, shapes: np.ndarray) -> pd.DataFrame:
    """Share of each perimeter along all others, and along the one that has most of it."""
    by_shape = metres.groupby(level="focal").agg(all="sum", one="max")
    perimeter = shapely.length(shapes)
    return by_shape.reindex(range(len(shapes)), fill_value=0.0).div(perimeter, axis=0)


@dataclass(frozen=True)
class Compared:
    """One layer, measured both ways on the same polygons."""

    parcels: gpd.GeoDataFrame

    @cached_property
    def shapes(self) -> np.ndarray:
        """The polygons, in the order of the ids."""
        return self.parcels.geometry.to_numpy()

    @cached_property
    def exact_m(self) -> pd.Series:
        """By GEOS, without tolerance."""
        metres = along(self.shapes)
        return metres[metres > CORNER_M]

    @cached_property
    def borders(self) -> pd.DataFrame:
        """By gisland, with tolerance; positions as ids."""
        table = borders(self.parcels, tolerance_m=TOLERANCE_M)
        ends = [self.parcels.index.get_indexer(table.index.get_level_values(k)) for k in (0, 1)]
        return table.set_index(pd.MultiIndex.from_arrays(ends, names=["focal", "neighbor"]))

    @cached_property
    def exact(self) -> pd.DataFrame:
        """Whether each parcel is landlocked and inside one, by GEOS."""
        return (shares(self.exact_m, self.shapes) > SHARE).set_axis(self.parcels.index)

    @cached_property
    def tolerant(self) -> pd.DataFrame:
        """Whether each parcel is landlocked and inside one, by gisland."""
        found = surroundings(self.parcels, borders(self.parcels, tolerance_m=TOLERANCE_M))
        both = {"shared_share": "all", "largest_share": "one"}
        return found[list(both)].rename(columns=both) > SHARE

    @cached_property
    def near_m(self) -> pd.Series:
        """By GEOS, boundary within the tolerance of the other's; round corners and overlaps too."""
        return along(self.shapes, reach_m=TOLERANCE_M)

    @cached_property
    def within(self) -> pd.DataFrame:
        """Share of each perimeter within the tolerance of all others, and of one, by GEOS.

        What lies near several others counts once, wherever that can make a difference.
        """
        share = shares(self.near_m, self.shapes)
        is_open = (share["all"] > SHARE).to_numpy() & ~self.exact["all"].to_numpy()
        walls = shapely.boundary(self.shapes)
        for focal in np.flatnonzero(is_open):
            others = self.near_m.loc[focal].index
            zone = shapely.union_all(shapely.buffer(walls[others], TOLERANCE_M))
            share.loc[focal, "all"] = walls[focal].intersection(zone).length / walls[focal].length
        return share.set_axis(self.parcels.index)

    @cached_property
    def added(self) -> pd.DataFrame:
        """Pairs that only the tolerance makes, with what GEOS says about them."""
        table = once(self.borders.loc[self.borders.index.difference(self.exact_m.index)])
        one, other = (self.shapes[table.index.get_level_values(k)] for k in (0, 1))
        sides = [
            self.near_m.reindex(table.index.reorder_levels(k)).to_numpy() for k in ([0, 1], [1, 0])
        ]
        distance = shapely.distance(one, other)
        table = table.assign(distance_m=distance, within_m=np.minimum(*sides))
        along_it = table["within_m"] >= table["border_m"] - ROUNDING_M
        return table.assign(real=(distance <= TOLERANCE_M) & along_it)

    @cached_property
    def lost(self) -> pd.DataFrame:
        """Pairs that GEOS finds and gisland does not, with the area where they overlap."""
        table = once(self.exact_m.drop(self.borders.index, errors="ignore").to_frame("exact_m"))
        one, other = (self.shapes[table.index.get_level_values(k)] for k in (0, 1))
        return table.assign(overlap_m2=shapely.area(shapely.intersection(one, other)))

    def holds(self) -> bool:
        """Whether all that the tolerance adds, pairs and parcels, is there for GEOS too."""
        new = self.tolerant & ~self.exact
        return bool(self.added["real"].all()) and not (new & ~(self.within > SHARE)).any(axis=None)


def once(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each pair of a table one way round."""
    return pairs[pairs.index.get_level_values(0) < pairs.index.get_level_values(1)]


def compared(name: str, folder: Path) -> Compared:
    """A layer of the folder, its shapes reduced to polygons."""
    parcels = drawn(name, folder)
    return Compared(parcels.set_geometry(parcels.geometry.map(polygons)))


def cells(name: str, found: Compared) -> list[str]:
    """The line of one layer."""
    counts: list[object] = [name, len(found.parcels)]
    for kind in ("all", "one"):
        exact, tolerant = found.exact[kind], found.tolerant[kind]
        counts += [
            exact.sum(),
            tolerant.sum(),
            (tolerant & ~exact).sum(),
            (exact & ~tolerant).sum(),
        ]
    added, lost = found.added, found.lost
    counts += [len(once(found.exact_m.to_frame())), len(once(found.borders)), len(added), len(lost)]
    counts.append((lost["overlap_m2"] > 0).sum())
    if added.empty:
        return [*map(str, counts), "-", "-", "-", "0 of 0"]
    widths = (added["distance_max_m"].max(), added["distance_m"].max(), added["border_m"].min())
    numbers = [f"{value:.3f}" for value in widths]
    return [*map(str, counts), *numbers, f"{added['real'].sum()} of {len(added)}"]


def main() -> int:
    """Compare all layers; 0 if all that the tolerance adds is real."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    if not folder.is_dir():
        print(f"there are no layers in {folder}; give their folder", file=sys.stderr)
        return 2
    print(" | ".join(HEAD))
    good = True
    for name in SOURCES:
        found = compared(name, folder)
        print(" | ".join(cells(name, found)), flush=True)
        good &= found.holds()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
