"""Find scraps (零星用地) beside sites: what each is, whether it may be merged, and why not.

    python scripts/find_scraps.py parcels.shp sites.gpkg --rules tianjin-2024 -o scraps.gpkg
    python scripts/find_scraps.py gisland.toml

Reads two layers, or a project file (all its layers count then), or the sample district. One row of
the result is one scrap and one site it could go to: kind of scrap, area, border, what is planned
(absorbed, eligible, ineligible) and the tests that stand in the way.

To change: the table that is printed (shown), or the parcels that are looked at (where).
"""

from __future__ import annotations

import argparse

import geopandas as gpd
import pandas as pd

import gisland as gl


def scraps_of(result: gl.Result) -> gpd.GeoDataFrame:
    """One row per scrap and site that was considered, with the shape of the scrap."""
    plan, parcels = result.tables["plan"], result.tables["parcels"]
    facts = parcels[["parcel_id", "owner", "scrap_kind", "fragment_reasons", "geometry"]]
    columns = ["parcel_id", "site_id", "verdict", "reasons", "area_m2", "border_m"]
    table = plan[columns].merge(facts, on="parcel_id", how="left")
    return gpd.GeoDataFrame(table, crs=parcels.crs).sort_values(["parcel_id", "site_id"])


def main() -> None:
    """Read, run, print a summary and the first rows, write all rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="*", metavar="FILE", help="parcels and sites, or a project")
    parser.add_argument("-o", "--out", default="scraps.gpkg", help=".gpkg or .csv to write")
    parser.add_argument("--rules", default="tianjin-2024", help="rule set, with layers only")
    parser.add_argument("--field", action="append", default=[], metavar="parcels.owner=COLUMN")
    parser.add_argument("--crs", help="metric CRS to work in, such as EPSG:4547")
    given = parser.parse_args()
    files = given.layers or [gl.sample_folder() / "gisland.toml"]
    if str(files[0]).endswith(".toml"):
        project = gl.read_project(files[0])
    else:
        layers = dict(zip(("parcels", "sites"), files, strict=False))
        project = gl.project_of(layers, fields=given.field, rules=given.rules, crs=given.crs)
    if project.sites_from is None:
        parser.error("no sites are known: give a layer of sites, or --field parcels.site_id=COLUMN")
    inputs = gl.load_inputs(project, progress=lambda layer: print("reading", layer)).inputs
    result = gl.run(inputs, gl.choices_of(project))
    shown = scraps_of(result)
    plain = pd.DataFrame(shown.drop(columns="geometry"))
    print(
        plain.drop(columns=["owner", "fragment_reasons"]).head(20).round(1).to_string(index=False)
    )
    best = plain.assign(rank=plain["verdict"].map({"absorbed": 0, "eligible": 1, "ineligible": 2}))
    best = best.sort_values("rank").drop_duplicates("parcel_id")
    print(f"\n{len(best)} scraps beside {len(result.tables['sites'])} sites, {project.name}:")
    print(pd.crosstab(best["scrap_kind"], best["verdict"]).to_string())
    absorbed = plain.loc[plain["verdict"] == "absorbed", "area_m2"].sum()
    print(f"{absorbed:,.0f} m2 may be merged; reasons against:")
    against = plain["reasons"].str.split(";").explode().replace("", pd.NA).value_counts()
    print(", ".join(f"{reason} {n}" for reason, n in against.sort_index().items()) or "none")
    print("written:", gl.write_tables(given.out, {"scraps": shown}))


if __name__ == "__main__":
    gl.run_program(main)
