"""Run gisland on five real layers and print one line each; exit 1 if one fails or does not verify.

    python scripts/real_layers.py [FOLDER]
    python scripts/real_layers.py --blocks [FOLDER]
    python scripts/real_layers.py --robustness [FOLDER]

With --blocks industrial block lines are delineated from the zones of four plans instead, with
--robustness every messy file is loaded, repaired or refused, in a line each. FOLDER
holds the layers (by default ``../shared/data`` beside the checkout). They are not part of this
project. Project files and results go to a temporary folder.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
HEAD = ("layer", "parcels", "pairs", "fragments", "enclaves", "scraps", "absorbed", "share")
HEAD += ("seconds", "peak MB", "outcome")


def classes(**groups: str) -> str:
    """TOML lines that give each source value its use class."""
    return "\n".join(f'"{v}" = "{use}"' for use, text in groups.items() for v in text.split("|"))


FOREST = classes(
    industrial="MANUFACTURING|MANUFACTORING|ETJ - MANUFACTORING|ETJ - MANUFACTURING",
    commercial="DOWNTOWN COMMERCIAL|HIGHWAY COMMERCIAL|NEIGHBORHOOD COMMERCIAL",
)
WILLIAMSBURG = classes(
    commercial="OFFICE|RETAIL|HOTEL|RESTAURANT|COMMERCIAL",
    residential="R-SFD|R-CONDO|R-TWNHSE|R-APT",
)
DECANY = classes(farm="2|3|5|6|7", green="10", water="11", industrial="13", other="14")


def rennes(data: Path, work: Path) -> str:
    """Sites: parcels with a building that the layer calls industrial."""
    block = data / "simplu3d_rules" / "demo-02"
    houses = gpd.read_file(block / "BATIMENT.shp")
    halls = houses[houses["NATURE"] == "Bâtiment industriel"].representative_point()
    lots = gpd.read_file(block / "PARCELLE.SHP")
    lots[lots.intersects(halls.union_all())].to_file(work / "sites.gpkg")
    return f"""
[layers.parcels]
path = "{block}/PARCELLE.SHP"
[layers.buildings]
path = "{block}/BATIMENT.shp"
[layers.buildings.fields]
height_m = "HAUTEUR"
[layers.roads]
path = "{block}/TRONCON_ROUTE.shp"
[layers.zoning]
path = "{block}/ZONE_URBA.shp"
[layers.zoning.fields]
planned_use = "TYPE"
[layers.sites]
path = "sites.gpkg"
[sites]
from = "layer"
"""


def forest_city(data: Path, _: Path) -> str:
    """Sites: patches of manufacturing parcels, by the text of their use."""
    folder = data / "forest_city_nc"
    return f"""
[project]
crs = "EPSG:32119"
[layers.parcels]
path = "{folder}/parcels_pseudonymised_2264.gpkg"
[layers.parcels.fields]
parcel_id = "OBJECTID"
owner = "owner_id"
use_code = "Zoning"
[layers.parcels.classes]
{FOREST}
[layers.zoning]
path = "{folder}/zoning.geojson"
[layers.zoning.fields]
planned_use = "BASE_DISTR"
[sites]
from = "use_class"
use_classes = ["industrial"]
"""


def williamsburg(data: Path, _: Path) -> str:
    """Sites: patches of commercial parcels."""
    folder = data / "williamsburg_va"
    return f"""
[project]
crs = "EPSG:32147"
[layers.parcels]
path = "{folder}/parcels.geojson"
[layers.parcels.fields]
use_code = "LUCat"
recorded_area_m2 = "AreaAc"
[layers.parcels.units]
recorded_area_m2 = "acre"
[layers.parcels.classes]
{WILLIAMSBURG}
[layers.zoning]
path = "{folder}/parcelsZoning.geojson"
[layers.zoning.fields]
planned_use = "A_Zone"
[sites]
from = "use_class"
use_classes = ["commercial"]
"""


def decany(data: Path, _: Path) -> str:
    """Sites: patches of built-up parcels."""
    file = data / "decany_cz" / "decany_derived.gpkg"
    return f"""
[layers.parcels]
path = "{file}"
layer = "parcely"
[layers.parcels.fields]
parcel_id = "Id"
use_code = "DruhPozemkuKod"
recorded_area_m2 = "VymeraParcely"
[layers.parcels.classes]
{DECANY}
[layers.buildings]
path = "{file}"
layer = "stavebniobjekty"
[layers.buildings.fields]
building_id = "Kod"
floors = "PocetPodlazi"
[sites]
from = "use_class"
use_classes = ["industrial"]
"""


def epinay(data: Path, work: Path) -> str:
    """Sites: parcels of one hectare or more; vertices of neighbors do not match."""
    file = data / "fr_etalab" / "91216.json"
    lots = gpd.read_file(file)
    lots[lots["contenance"] >= 10_000].to_file(work / "sites.gpkg")  # noqa: PLR2004 - one hectare
    return f"""
[layers.parcels]
path = "{file}"
[layers.parcels.fields]
parcel_id = "id"
recorded_area_m2 = "contenance"
[layers.sites]
path = "sites.gpkg"
[sites]
from = "layer"
"""


LAYERS = {
    "rennes": rennes,
    "forest_city": forest_city,
    "williamsburg": williamsburg,
    "decany": decany,
    "epinay": epinay,
}


def line(name: str, data: Path) -> tuple[list[str], bool]:
    """Run, verify and sum up one layer in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "gisland.toml").write_text(LAYERS[name](data, work), "utf-8")
        began = time.perf_counter()
        run, peak = measured("run", work / "gisland.toml", "-o", work / "out", "--json")
        seconds = time.perf_counter() - began
        if run.returncode not in {0, 1}:
            return [name, *["-"] * 9, run.stderr.strip()[-300:]], False
        proof, _ = measured("verify", work / "out")
        record = json.loads(run.stdout)
        sites = gpd.read_file(work / "out" / "results.gpkg", layer="sites")
    count = record["counts"]
    keys = ("parcels", "border_pairs", "fragments", "enclaves", "scraps", "absorbed")
    share = sites["scrap_area_m2"].sum() / sites["area_after_m2"].sum()
    outcome = "verified" if proof.returncode == 0 else proof.stdout.strip()[-300:]
    numbers = [*(f"{count[k]}" for k in keys), f"{share:.4f}", f"{seconds:.1f}", peak]
    return [name, *numbers, outcome], proof.returncode == 0


def measured(*words: object) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the command line; its output, and its peak memory where the system tells it."""
    command = [sys.executable, "-m", "gisland", *map(str, words)]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, encoding="utf-8")
        peak = "-"
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            unit = 2**20 if sys.platform == "darwin" else 2**10
            peak = f"{usage.ru_maxrss / unit:.0f}"
        code = process.wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read()), peak


def main() -> int:
    """Run all layers; 0 if every one runs and verifies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--robustness", action="store_true", help="every messy file, a line each")
    parser.add_argument("--blocks", action="store_true", help="block lines of planning layers")
    asked = parser.parse_args()
    data = asked.folder
    if not data.is_dir():
        print(f"there are no layers in {data}; give their folder", file=sys.stderr)
        return 2
    if asked.robustness:
        import robustness  # noqa: PLC0415 - it takes its tools from here

        return robustness.main(data.resolve())
    if asked.blocks:
        import block_layers  # noqa: PLC0415 - it takes its tools from here

        return block_layers.main(data.resolve())
    print(" | ".join(HEAD))
    good = True
    for name in LAYERS:
        cells, held = line(name, data.resolve())
        print(" | ".join(cells), flush=True)
        good &= held
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
