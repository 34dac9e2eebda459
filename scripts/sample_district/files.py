"""Write the district: the same bytes at every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from sample_district import changes, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sample_district.district import District

CRS = "EPSG:4547"
DAY = "2026-01-01"
LANGUAGE_BYTE = 29  # of the .dbf header; 0 says nothing about the encoding
SQLITE_VERSION = slice(96, 100)  # of a GeoPackage: the library that wrote it last
LAYERS: dict[str, Callable[[District], list[dict[str, object]]]] = {
    "buildings": surroundings.buildings,
    "zoning": surroundings.zoning,
    "zoning_overlay": surroundings.zoning_overlay,
    "planning_units": surroundings.planning_units,
    "block_lines": surroundings.block_lines,
    "red_line": surroundings.red_line,
    "roads": surroundings.roads,
    "sites": surroundings.sites,
    "block_changes": changes.block_changes,
    "parks": changes.parks,
}
SMALL_PAGES = ("block_changes", "parks")


def parcel_table(district: District) -> gpd.GeoDataFrame:
    """Parcel layer with the field names of a cadastre."""
    rows = [
        {
            "ZDDM": p.zddm,
            "QLRMC": p.owner,
            "QSXZ": p.lot.tenure,
            "DLBM": p.lot.use,
            "ZDMJ": p.recorded_mu,
            "JZMJ": p.floor_m2,
            "JRMJ": p.counted_m2,
            "LDMJ": p.green_m2,
            "SS": p.tax_wan,
            "CZ": p.output_wan,
            "CYRS": p.jobs,
            "GSZT": p.lot.state,
            "XMBH": p.lot.plant.site if p.lot.plant else "",
            "GXNF": str(district.plan_years.get(p.zddm, "")),
        }
        for p in district.parcels
    ]
    table = pd.DataFrame(rows)
    table = table.astype(dict.fromkeys(("SS", "CZ", "CYRS"), "float64"))
    texts = ["XMBH", "GXNF"]  # a year is text here: numbers without a value would be stars
    table[texts] = table[texts].replace("", None)
    return gpd.GeoDataFrame(table, geometry=[p.polygon for p in district.parcels], crs=CRS)


def write_layers(district: District, folder: Path) -> None:
    """Write parcels.shp (GBK, without a word about it) and the GeoPackages."""
    parcels = parcel_table(district)
    pyogrio.write_dataframe(
        parcels,
        folder / "parcels.shp",
        encoding="GB18030",
        layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": DAY},
    )
    (folder / "parcels.cpg").unlink()
    dbf = folder / "parcels.dbf"
    content = bytearray(dbf.read_bytes())
    content[LANGUAGE_BYTE] = 0
    dbf.write_bytes(content)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DAY}T00:00:00.000Z"})
    try:
        for name, rows_of in LAYERS.items():
            frame = gpd.GeoDataFrame(rows_of(district), crs=CRS)
            _write_package(frame, folder / f"{name}.gpkg", name)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_package(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    path.unlink(missing_ok=True)
    options = {"SPATIAL_INDEX": "NO"}
    pages = "page_size=512" if layer in SMALL_PAGES else None
    pyogrio.set_gdal_config_options({"OGR_SQLITE_PRAGMA": pages})
    try:
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", layer_options=options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_SQLITE_PRAGMA": None})
    content = bytearray(path.read_bytes())
    content[SQLITE_VERSION] = bytes(4)
    path.write_bytes(content)
