"""Make a map that is one file and opens without network, of results or of any layers.

    python scripts/make_map.py results -o map.html
    python scripts/make_map.py parcels.shp roads.gpkg --color landuse --title "My town"

Reads the output folder of a run, or layers (polygons, lines or points, in any CRS), each of which
becomes one of the map; without any, parcels and sites of the sample district. --color names the
column by which the first layer is colored.

To change: what popups tell (columns= of gl.map_layer), or a color for each layer.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd

import gisland as gl


def layer_of(path: Path) -> gpd.GeoDataFrame:
    """A layer as it is, or one clear message."""
    try:
        frame = gpd.read_file(path) if path.suffix != ".parquet" else gpd.read_parquet(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise gl.GislandError(f"{path} cannot be read ({error})", do="check the path") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise gl.GislandError(f"{path} has no geometry", do="give a layer")
    return frame


def main() -> None:
    """Draw results, or layers one by one, into one file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="*", type=Path, metavar="FILE", help="results, or layers")
    parser.add_argument("-o", "--out", type=Path, default=Path("map.html"), help="file to write")
    parser.add_argument("--color", metavar="COLUMN", help="column that colors the first layer")
    parser.add_argument("--title", default="", help="title of the map")
    parser.add_argument("--language", default="en", choices=("en", "zh"))
    given = parser.parse_args()
    sample = gl.sample_folder()
    files, color = given.layers, given.color
    if not files:
        files, color = [sample / "parcels.shp", sample / "sites.gpkg"], color or "DLBM"
    if (files[0] / "results.gpkg").is_file() or files[0].name == "results.gpkg":
        print("written:", gl.map_results(files[0], given.out))
        return
    drawn = gl.blank_map(title=given.title or files[0].stem, language=given.language)
    for number, file in enumerate(files):
        frame = layer_of(file)
        by = color if number == 0 else None
        gl.map_layer(frame, name=file.stem, color_by=by).add_to(drawn)
        print(f"{file.name}: {len(frame)} rows")
    try:
        drawn.save(given.out)
    except OSError as error:
        raise gl.GislandError(
            f"{given.out} cannot be written ({error})", do="name another"
        ) from error
    print("written:", given.out)


if __name__ == "__main__":
    gl.run_program(main)
