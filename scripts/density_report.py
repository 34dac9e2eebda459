"""Report density before and after merging: FAR, coverage, green, tax, by site and for all land.

    python scripts/density_report.py gisland.toml -o density.csv
    python scripts/density_report.py parcels.shp buildings.gpkg sites.gpkg

Reads a project file, or parcels with buildings and sites (both may be left out), or the sample
district. One row of the result is one indicator of one subject: value before and after, unit, and
denominator. What the layers cannot tell is missing, never guessed.

To change: the indicators that are printed (SHOWN); all are written.
"""

from __future__ import annotations

import argparse

import pandas as pd

import gisland as gl

SHOWN = ["far", "far_actual", "coverage", "green_ratio", "tax_per_mu", "output_per_mu"]


def main() -> None:
    """Read, run, print the densities of all land and of each site, write all indicators."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="*", metavar="FILE", help="a project, or layers")
    parser.add_argument("-o", "--out", default="density.csv", help=".csv or .gpkg to write")
    parser.add_argument("--rules", default="tianjin-2024", help="rule set, with layers only")
    parser.add_argument("--field", action="append", default=[], metavar="parcels.owner=COLUMN")
    parser.add_argument("--crs", help="metric CRS to work in, such as EPSG:4547")
    given = parser.parse_args()
    files = given.layers or [gl.sample_folder() / "gisland.toml"]
    if str(files[0]).endswith(".toml"):
        project = gl.read_project(files[0])
    else:
        layers = dict(zip(("parcels", "buildings", "sites"), files, strict=False))
        project = gl.project_of(layers, fields=given.field, rules=given.rules, crs=given.crs)
    result = gl.run(gl.load_inputs(project).inputs, gl.choices_of(project))
    table = pd.DataFrame(result.tables["indicators"])
    shown = table[table["indicator"].isin(SHOWN)]
    with pd.option_context("display.width", 140, "display.float_format", "{:,.3f}".format):
        columns = ["subject", "indicator", "before", "after", "delta", "unit"]
        print(shown[columns].to_string(index=False, na_rep="-"))
    for one in result.skipped:
        print(f"not made: {one['analysis']}, {one['reason']}")
    print("written:", gl.write_tables(given.out, {"indicators": table}))


if __name__ == "__main__":
    gl.run_program(main)
