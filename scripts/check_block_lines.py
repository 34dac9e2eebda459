"""Hold industrial block lines (工业区块线) against the rules: share of industry, M0, parcels cut.

    python scripts/check_block_lines.py parcels.shp block_lines.gpkg --rules shenzhen
    python scripts/check_block_lines.py gisland.toml

Reads two layers, or a project file, or the sample district. Needs the use of the parcels: a column
of codes or texts that is found by its name, or named: --field parcels.use_code=LANDUSE. Writes
`blocks` (one row per block and one overall), `uses`, `parts` (which parcel lies in which block,
which industrial land outside) and `verdicts` (one row per block and rule).

To change: the rule set (gl.rule_set_names() lists them), or your own: --rules my_city.toml.
"""

from __future__ import annotations

import argparse

import pandas as pd

import gisland as gl

SHOWN = ["block_id", "land_m2", "parcels", "industrial_share", "limit", "outcome", "m0_share"]
SHOWN += ["m0_outcome", "parcels_cut"]


def main() -> None:
    """Read, check, print one line per block, write everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="*", metavar="FILE", help="parcels and lines, or a project")
    parser.add_argument("-o", "--out", default="checked_blocks.gpkg", help="GeoPackage to write")
    parser.add_argument("--rules", default="tianjin-2024", help="rule set, with layers only")
    parser.add_argument("--field", action="append", default=[], metavar="parcels.use_code=COLUMN")
    parser.add_argument("--crs", help="metric CRS to work in, such as EPSG:4547")
    given = parser.parse_args()
    files = given.layers or [gl.sample_folder() / "gisland.toml"]
    if str(files[0]).endswith(".toml"):
        project = gl.read_project(files[0])
    else:
        layers = dict(zip(("parcels", "block_lines"), files, strict=False))
        project = gl.project_of(layers, fields=given.field, rules=given.rules, crs=given.crs)
    inputs = gl.load_inputs(project).inputs
    if inputs.block_lines is None:
        parser.error(f"{files[0]} has no layer of block lines")
    if "use_class" not in inputs.parcels:
        parser.error("no use of parcels is known: name it, --field parcels.use_code=COLUMN")
    parcels = inputs.parcels.assign(area_m2=inputs.parcels.geometry.area)
    rules = gl.load_rules(project.rules)
    found = gl.check_block_lines(
        parcels, inputs.block_lines, lines="given", rules=rules, area_basis="plane"
    )
    blocks = pd.DataFrame(found.blocks.drop(columns="geometry"))
    with pd.option_context("display.width", 140, "display.float_format", "{:,.3f}".format):
        print(blocks[[c for c in SHOWN if c in blocks]].to_string(index=False, na_rep="-"))
    print("limits from", project.rules)
    verdicts = pd.DataFrame(found.verdicts).drop(columns="geometry", errors="ignore")
    tables = {"blocks": found.blocks, "uses": found.uses, "parts": found.parts}
    print("written:", gl.write_tables(given.out, tables | {"verdicts": verdicts}))


if __name__ == "__main__":
    gl.run_program(main)
