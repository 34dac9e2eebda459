"""Compare two dates of a parcel layer: what became of every parcel, owner and use of land.

    python scripts/compare_dates.py last_year.shp this_year.shp -o changes.gpkg

Parcels are followed by their ground, not by their id, so both may be numbered anew. Slivers
narrower than --tolerance metres are drawing noise and change nothing. The GeoPackage holds
`parcels` (one row per parcel of either date, with kind, kin and what changed), `lineage`,
`changes` (one row per value that differs), `uses` and `totals`. Without layers the sample district
is compared with a copy in which four things were changed.

To change: the columns that count (columns= of gl.compare_dates), the column of the land use (use=).
"""

from __future__ import annotations

import argparse

import geopandas as gpd
import pandas as pd
import shapely

import gisland as gl


def changed_sample(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The sample a year later: one sold, one split, two merged, one taken, all drawn anew."""
    sold, cut, one, other, taken = (f"420190005004GB{n:05d}" for n in (3, 4, 7, 8, 11))
    after = parcels.copy()
    after.loc[sold, "owner"] = "示范资产公司"
    left, low, right, high = after.geometry[cut].bounds
    middle = (left + right) / 2
    halves = [shapely.box(left, low, middle, high), shapely.box(middle, low, right, high)]
    parts = after.loc[[cut, cut]].set_axis([f"{cut}-1", f"{cut}-2"])
    parts = parts.set_geometry([after.geometry[cut].intersection(half) for half in halves])
    after.loc[[one], "geometry"] = [after.geometry[one].union(after.geometry[other])]
    after = pd.concat([after.drop(index=[cut, other, taken]), parts])
    return after.set_geometry(after.geometry.translate(0.02, 0.01)).rename_axis("parcel_id")


def main() -> None:
    """Read both layers, compare, print the totals, write everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="*", metavar="BEFORE AFTER", help="two parcel layers")
    parser.add_argument("-o", "--out", default="compared_dates.gpkg", help="GeoPackage to write")
    parser.add_argument("--tolerance", type=float, default=0.1, help="metres (default 0.1)")
    parser.add_argument("--field", action="append", default=[], metavar="owner=COLUMN")
    parser.add_argument("--crs", help="metric CRS to work in, such as EPSG:4547")
    given = parser.parse_args()
    if len(given.layers) not in (0, 2):
        parser.error("give two layers, BEFORE and AFTER, or none for the sample")
    if given.layers:
        how = {"fields": given.field, "tell": print}
        before = gl.read_parcels(given.layers[0], crs=given.crs, **how)
        after = gl.read_parcels(given.layers[1], crs=str(given.crs or before.crs.to_wkt()), **how)
    else:
        before = gl.read_parcels(gl.sample_folder() / "parcels.shp")
        after = changed_sample(before)
    found = gl.compare_dates(before, after, tolerance_m=given.tolerance)
    with pd.option_context("display.width", 120, "display.float_format", "{:,.1f}".format):
        print(found.totals.to_string(index=False, na_rep=""))
    if found.lineage[["before_id", "after_id"]].isna().any(axis=1).all():
        print("no ground in common: do both layers show the same place?")
    counts = found.changes["attribute"].value_counts().sort_index()
    print("values changed:", ", ".join(f"{k} {n}" for k, n in counts.items()) or "none")
    names = ("parcels", "lineage", "changes", "uses", "totals")
    print("written:", gl.write_tables(given.out, {name: getattr(found, name) for name in names}))


if __name__ == "__main__":
    gl.run_program(main)
