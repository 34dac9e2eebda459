"""Block lines of four real planning layers, whose zones stand for parcels: a line each.

    python scripts/real_layers.py --blocks [FOLDER]

Three urban plans of Taiwan and one commune near Nantes, of which zones for economic activity count
as industry: its plan has no zones of type Ux. Nothing is known of these blocks beforehand.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gisland.layers.writing.results import read_results
from real_layers import classes, measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

HEAD = ("layer", "zones", "industrial", "blocks", "km2", "share", "outside by reason")
HEAD += ("seconds", "peak MB", "outcome")
WORKS = ("industrial", "logistics")

TAIWAN = classes(
    industrial="園區事業專用區|工業區|零星工業區|乙種工業區",
    logistics="貨物轉運區|批發市場用地",
    commercial=(
        "商業區|第一種商業區|工商綜合專用區|加油站用地|加油站專用區|市場用地|市場(零售)用地|"
        "零售市場用地"
    ),
    residential="住宅區|第一種住宅區|第二種住宅區",
    public=(
        "機關用地|學校用地|文教區|文中用地|文大用地|文小用地|文高用地|行政區|社教用地|"
        "醫院用地|宗教專用區|研究專用區|園區服務區|社區中心用地"
    ),
    utility=(
        "污水處理場用地|環保設施用地|自來水事業用地|自來水事業專用區|變電所用地|電信專用區|"
        "電路鐵塔用地|抽水站用地|郵政用地"
    ),
    green=(
        "公園用地|公園兼兒童遊樂場用地|鄰里公園兼兒童遊樂場用地|兒童遊樂場用地|綠地用地|綠地|"
        "綠帶用地|綠地兼供人行步道使用|體育場兼公園用地|風景區|保護區|保存區|墓地"
    ),
    water=(
        "河川區|河川區(排水使用)|行水區|人工湖用地|水溝用地|溝渠用地|水利用地|堤防用地|"
        "道兼河|道兼溝|道兼堤"
    ),
    farm="農業區",
    transport=(
        "道路用地|道路用地兼溝渠使用|公園道用地|園道用地|園道用地兼溝渠使用|人行步道用地|"
        "人行廣場用地|廣場用地|廣場兼停車場用地|廣場兼車站用地|廣場兼道路用地|停車場用地|"
        "轉運站用地|車站專用區|鐵路用地|鐵路用地兼作園道使用|鐵路用地兼作河川使用|"
        "鐵路用地兼作道路使用|觀光鐵道用地|觀光鐵道用地兼供道路使用|高速公路用地|高速鐵路用地"
    ),
)
NANTES = classes(
    industrial="02", residential="01", public="05", green="04|08", farm="07", other="00"
)

PROJECT = """
[project]
crs = "{crs}"
[layers.parcels]
path = "{file}"
[layers.parcels.fields]
{parcel_id}
use_code = "{use}"
[layers.parcels.classes]
{classes}
[sites]
from = "use_class"
use_classes = ["industrial"]
[parameters]
solver_seconds = 2
block_from = "parcels"
{more}
"""


def taiwan(data: Path, plan: str) -> str:
    """Zones of an urban plan as parcels."""
    return PROJECT.format(
        crs="EPSG:3826",
        file=data / "taiwan_zoning" / f"{plan}.json",
        parcel_id='parcel_id = "OBJECTID"',
        use="使用分",
        classes=TAIWAN,
        more="",
    )


def nantes(data: Path, _: str) -> str:
    """Zones of a commune as parcels; blocks are small there."""
    return PROJECT.format(
        crs="EPSG:2154",
        file=data / "simplu3d_rules" / "44118_PLU_20150219" / "ZONE_URBA.shp",
        parcel_id="",
        use="DESTDOMI",
        classes=NANTES,
        more="block_seed_m2 = 5000.0\nblock_min_area_m2 = 20000.0",
    )


LAYERS = {"O0303": taiwan, "R0101": taiwan, "N0105": taiwan, "44118": nantes}


def counted(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Zones, industrial ones, blocks, their area and share, and zones outside by reason."""
    zones = tables["parcels"]["use_class"]
    told = [f"{len(zones)}", f"{zones.isin(WORKS).sum()}"]
    if "block_parcels" not in tables:
        return [*told, *["-"] * 4]
    lines, parts = (tables[name] for name in ("block_lines", "block_parcels"))
    blocks = lines[lines["lines"] == "proposed"].set_index("block_id")
    outside = parts[(parts["lines"] == "proposed") & (parts["part"] == "outside")]
    reasons = outside["reason"].value_counts().sort_index()
    overall = blocks.loc[["overall"]] if "overall" in blocks.index else blocks.iloc[:0]
    return [
        *told,
        f"{len(blocks) - len(overall)}",
        f"{overall['area_m2'].sum() / 1e6:.3f}",
        ", ".join(f"{s:.3f}" for s in overall["industrial_share"]) or "-",
        ", ".join(f"{reason} {n}" for reason, n in reasons.items()) or "none",
    ]


def line(name: str, data: Path) -> tuple[list[str], bool]:
    """Run, verify and sum up one layer in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "gisland.toml", Path(folder) / "out"
        file.write_text(LAYERS[name](data, name), "utf-8")
        began = time.perf_counter()
        run, peak = measured("run", file, "-o", out, "--json")
        seconds = time.perf_counter() - began
        if run.returncode not in {0, 1}:
            return [name, *["-"] * 8, run.stderr.strip()[-300:]], False
        proof, _ = measured("verify", out)
        cells = counted(read_results(out).tables)
    outcome = "verified" if proof.returncode == 0 else proof.stdout.strip()[-300:]
    return [name, *cells, f"{seconds:.1f}", peak, outcome], proof.returncode == 0


def main(data: Path) -> int:
    """Run all layers; 0 if every one runs and verifies."""
    print(" | ".join(HEAD))
    good = True
    for name in LAYERS:
        cells, held = line(name, data)
        print(" | ".join(cells), flush=True)
        good &= held
    return 0 if good else 1
