"""Every messy file of a folder: loaded with the right content, repaired, or refused by name.

``python scripts/real_layers.py --robustness [FOLDER]`` prints the table. What is known about a file
(rows, texts, areas, where it lies) stands in ``KNOWN``; files that are not in it are only held to
"loaded, or refused with a message that names file or fault".
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import traceback
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland import GislandError, check, load_inputs, read_project, repair
from gisland.base.errors import CRSError
from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.layers.files.opening import open_layer
from gisland.layers.source import Source
from memory import memory_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("cn_encodings", "messy")
PARTS = (".cpg", ".dbf", ".prj", ".shx")
LAYERS = (".shp", ".gpkg", ".geojson", ".json", ".zip", ".dbf", ".xml")
HEAD = ("file", "outcome", "rows", "encoding", "CRS", "findings", "message")
ALL = Parameters(repair=REPAIRABLE)
WIDE = "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84 +units=m"  # all of China at once
SOME_METRES = "+proj=aea +lat_1=30 +lat_2=60 +lon_0=10 +datum=WGS84 +units=m"
BRITAIN, DEGREES = "EPSG:27700", "EPSG:4326"


@dataclass(frozen=True)
class Known:
    """What has to come out of a file, and what its project has to declare for that.

    Parameters
    ----------
    rows
        Their number; none where the file is to be refused.
    says
        Parts of the message of a refusal.
    holds
        Texts that must be among the values.
    area_m2
        Of all shapes.
    """

    rows: int | None = None
    role: str = "parcels"
    crs: str = ""
    analysis: str = ""
    says: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    area_m2: float | None = None


def refused(*says: str) -> Known:
    """A file that cannot be used, and what the message has to say."""
    return Known(says=says)


def _no_shx() -> dict[str, Known]:
    """Where these lie is not known; any system in which the coordinates can be will do."""
    metric = {"error_union": 511, "Issue167": 201, "crustal_test": 19, "crustal_test_bugged": 19}
    metric |= {"tnp_pol": 5}
    some = {name: Known(rows, crs=SOME_METRES) for name, rows in metric.items()}
    some["Sept_polygones"] = Known(12, crs=DEGREES)
    return {f"cn_encodings/no_shx/{name}.shp": known for name, known in some.items()}


_CLEAN = "messy/mapshaper_clean/"
_SHP = "messy/mapshaper_shp/"
_ANHUI = Known(78, crs=DEGREES, analysis="EPSG:4549", holds=("安徽", "天长市"))
KNOWN: dict[str, Known] = {
    "cn_encodings/anhui_gbk/chinese_encoding.shp": _ANHUI,
    "cn_encodings/anhui_gbk/chinese_encoding.shp (byte 29 = 0)": _ANHUI,
    "cn_encodings/china_utf8_no_cpg/china.shp": Known(1367, analysis=WIDE, holds=("浙江省",)),
    "cn_encodings/shenzhen_no_prj/sz.shp": Known(10, crs=DEGREES, holds=("南山", "罗湖")),
    "cn_encodings/gbk_name_in_zip/geometry85.zip": Known(897, role="roads"),
    **_no_shx(),
    **{
        f"cn_encodings/odd_dbf/{n}.dbf": refused("no shapes")
        for n in ("codepage", "utf", "watershed-specialCharacters")
    },
    **{f"{_CLEAN}ex{n}_yemen.json": Known(rows) for n, rows in ((1, 2), (2, 3))},
    **{f"{_CLEAN}ex{n}.json": Known(1) for n in (3, 4, 6)},  # collections of polygons
    **{f"{_CLEAN}ex{n}_ogc.json": Known(1) for n in range(13, 20)},
    f"{_CLEAN}ex5_three_precincts.json": Known(3),
    f"{_CLEAN}ex7_britain.json": Known(3, crs=BRITAIN),
    f"{_CLEAN}ex8_britain.json": Known(12, crs=BRITAIN),
    f"{_CLEAN}ex9_FranklinTwoPrecinctsDetail.json": Known(2),
    f"{_CLEAN}ex10_bowtie.json": Known(1),
    f"{_CLEAN}ex11_ogc.geojson": Known(1),
    f"{_CLEAN}ex12_ogc.geojson": Known(1),
    f"{_CLEAN}ex20_ogc_line.json": Known(1, role="roads"),
    f"{_CLEAN}ex21_crossed_lines.json": Known(2, role="roads"),
    f"{_CLEAN}ex22_three_ia_precincts.json": Known(3),
    f"{_CLEAN}ex23_three_ca_precincts.json": Known(3),
    f"{_SHP}166_a_utm.shp": Known(1),
    f"{_SHP}166_b_utm.shp": Known(1, area_m2=10_184_997.1586),
    f"{_SHP}166_c_utm.shp": Known(1, crs="EPSG:26918", area_m2=10_184_997.1586),
    f"{_SHP}166_d_geo.shp": Known(1, analysis="EPSG:26918", area_m2=10_184_997.1586),
    f"{_SHP}166_e_merc.shp": refused("Mercator"),
    f"{_SHP}384_invalid_json_ex2.json": Known(2, crs="EPSG:5070"),
    f"{_SHP}384_invalid_json_sample.json": refused("JSON"),
    f"{_SHP}384_invalid_json_sample1.json": refused("JSON"),
    f"{_SHP}518_519_shp_reading_data_corruption_error.shp": Known(8, role="roads"),
    f"{_SHP}518_519_shp_reading_max_callstack_error.shp": Known(138, role="roads"),
    f"{_SHP}invalid_coords_invalid_coordinates.shp": refused("not polygons"),
    f"{_SHP}invalid_coords_invalid_coordinates.json": refused("not polygons"),
    "messy/geoplanar_possibly_invalid_snap.gpkg": Known(5),
    "messy/prepair_CLC2006_2018418.geojson": Known(1),
}


@dataclass(frozen=True)
class Row:
    """One line of the table; `fault` is empty where the outcome is right."""

    file: str
    outcome: str
    rows: int | None = None
    encoding: str = ""
    crs: str = ""
    findings: str = ""
    message: str = ""
    fault: str = field(default="", compare=False)

    def line(self) -> str:
        """The cells as they are printed."""
        rows = "-" if self.rows is None else str(self.rows)
        cells = (self.file, self.outcome, rows, self.encoding, self.crs, self.findings)
        message = " ".join(self.message.split())
        text = " | ".join(cell or "-" for cell in (*cells, message))
        return f"{text} | WRONG: {self.fault}" if self.fault else text


def items(data: Path) -> list[Path]:
    """Every file that may be a layer, once: the parts of a shapefile count as one."""
    roots = [data / f for f in FOLDERS if (data / f).is_dir()] or [data]
    files = sorted(p for root in roots for p in root.rglob("*") if p.is_file())
    drawn = {p.with_suffix("") for p in files if p.suffix.lower() == ".shp"}
    return [
        p
        for p in files
        if p.suffix.lower() in LAYERS
        and not (p.suffix.lower() in PARTS and p.with_suffix("") in drawn)
    ]


def rows(data: Path) -> Iterator[Row]:
    """The table, line by line."""
    for path in items(data):
        name = path.relative_to(data).as_posix()
        known = KNOWN.get(name)
        yield judged(name, path, known)
        if name == "cn_encodings/anhui_gbk/chinese_encoding.shp":
            yield _without_language(name, path)


def _without_language(name: str, path: Path) -> Row:
    """A copy whose .dbf says nothing of its language: the worst case."""
    with tempfile.TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{path.stem}.*"):
            shutil.copy(part, folder)
        dbf = Path(folder) / f"{path.stem}.dbf"
        content = bytearray(dbf.read_bytes())
        content[29] = 0
        dbf.write_bytes(content)
        name = f"{name} (byte 29 = 0)"
        return judged(name, Path(folder) / path.name, KNOWN[name])


def judged(name: str, path: Path, known: Known | None) -> Row:
    """The outcome of one file, held against what is known of it."""
    beside = _beside(path)
    try:
        with warnings.catch_warnings():
            for category in (UserWarning, RuntimeWarning):
                warnings.simplefilter("error", category)
            row = robust_xml(name, path) if path.suffix == ".xml" else _tried(name, path, known)
    except GislandError as error:
        row = _refused(name, error, known)
    except Exception as error:  # noqa: BLE001 - a crash is what this table looks for
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        row = Row(name, "TRACEBACK", message=text, fault="a traceback")
    if _beside(path) != beside:
        row = replace(row, fault=f"{row.fault}; the folder of the file was changed".strip("; "))
    return row


def _beside(path: Path) -> list[tuple[str, int, int]]:
    return sorted((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in path.parent.iterdir())


def _refused(name: str, error: GislandError, known: Known | None) -> Row:
    fault = ""
    if not (error.what.strip() and error.do.strip()):
        fault = "a refusal without a remedy"
    elif known is not None and not known.says:
        fault = "should have been loaded"
    elif known is not None:
        silent = [s for s in known.says if s.casefold() not in str(error).casefold()]
        fault = f"the message does not say {', '.join(silent)}" if silent else ""
    elif "cannot be read as a vector layer" in str(error):
        fault = "the message does not name the fault"
    return Row(name, "refused", message=str(error), fault=fault)


def _tried(name: str, path: Path, known: Known | None) -> Row:
    """Load, check and repair one layer."""
    wanted = known or Known()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        note = _undeclared(path, work) if wanted.crs else ""
        loaded = load_inputs(read_project(_project(path, work, wanted)))
    layer = getattr(loaded.inputs, wanted.role)
    record = next(s for s in loaded.sources if s["layer"] == wanted.role)
    told = loaded.inputs.findings
    codes = Counter(told.loc[told["layer"] == wanted.role, "code"])
    outcome = "loaded"
    if wanted.role == "parcels":
        outcome, found, log = mended(layer)
        codes += found
        note = "; ".join(t for t in (note, log) if t)
    fault = _wrong(layer, wanted) if known is not None else ""
    crs = f"{record['crs']} declared" if wanted.crs else record["crs"]
    cells = (record["encoding"], crs, _counts(codes), note)
    return Row(name, outcome, len(layer), *cells, fault=fault)


def _undeclared(path: Path, work: Path) -> str:
    """What is said where no CRS is declared; a layer must not pass so."""
    try:
        load_inputs(read_project(_project(path, work, Known())))
    except CRSError as error:
        return f"without a declared crs: {error}"
    except GislandError:
        return ""
    return "WRONG: loaded without a declared crs"


def _project(path: Path, work: Path, known: Known) -> Path:
    """A project with this one layer, and a parcel around it if it holds lines."""
    layers = {known.role: (path.resolve(), known.crs)}
    if known.role != "parcels":
        table = open_layer(Source(known.role, str(path.resolve()), crs=known.crs), folder=work)
        square = shapely.box(*table.table.total_bounds)
        gpd.GeoDataFrame(geometry=[square], crs=table.table.crs).to_file(work / "around.gpkg")
        layers["parcels"] = (work / "around.gpkg", "")
    text = f'[project]\ncrs = "{known.analysis}"\n' if known.analysis else ""
    for role, (file, crs) in layers.items():
        text += f'[layers.{role}]\npath = "{file.as_posix()}"\n'
        text += f'crs = "{crs}"\n' if crs else ""
    project = work / "gisland.toml"
    project.write_text(text, "utf-8")
    return project


def mended(parcels: gpd.GeoDataFrame) -> tuple[str, Counter[str], str]:
    """Outcome, codes of findings, and what was repaired of a parcel layer."""
    found = Counter(check(parcels, parameters=ALL)["code"])
    fixed, changes, *_ = repair(parcels, parameters=ALL)
    drawn = [shapely.is_valid(f.geometry.to_numpy()) for f in (parcels, fixed)]
    broken = ~drawn[1] & ~shapely.is_missing(fixed.geometry.to_numpy())
    named = set(changes["parcel_id"].dropna())
    unnamed = set(fixed.index[broken]) - named
    if unnamed or len(fixed) != len(parcels):
        raise AssertionError(f"left broken without a word: {sorted(unnamed)}")
    actions = Counter(changes["action"])
    same = shapely.to_wkb(fixed.geometry.to_numpy()) == shapely.to_wkb(parcels.geometry.to_numpy())
    return "loaded" if np.all(same) else "repaired", found, _counts(actions)


def _counts(codes: Counter[str]) -> str:
    return ", ".join(f"{code} {n}" for code, n in sorted(codes.items()))


def _wrong(layer: gpd.GeoDataFrame, known: Known) -> str:
    """What is not as it has to be."""
    if known.says:
        return "should have been refused"
    faults = []
    if len(layer) != known.rows:
        faults.append(f"{known.rows} rows expected")
    if shapely.is_missing(layer.geometry.to_numpy()).any():
        faults.append("geometry is missing")
    texts = set(pd.DataFrame(layer.drop(columns="geometry")).astype("str").to_numpy().ravel())
    faults += [f"no {text!r}" for text in known.holds if text not in texts]
    area = layer.geometry.area.sum()
    if known.area_m2 is not None and not np.isclose(area, known.area_m2, rtol=1e-4):
        faults.append(f"{area:.0f} m2 instead of {known.area_m2:.0f}")
    return "; ".join(faults)


# --- cases that are not layers -----------------------------------------------------------------


def robust_xml(name: str, path: Path) -> Row:
    """The polygons in the cases of a test file, checked and repaired as parcels."""
    cases = ET.parse(path).getroot().findall("case")  # noqa: S314 - a file on this disk
    shapes, valid = [], []
    for case in cases:
        drawn = [_geometry(case.findtext(side) or "") for side in ("a", "b")]
        told = [op.text.strip() == "true" for op in case.iter("op") if op.get("name") == "isValid"]
        parts = [p for g in drawn if g is not None for p in _polygons(g)]
        shapes += parts
        valid += [told[0] if told else None] * len(parts)
    if not shapes:
        return Row(name, "no polygons", 0, message="lines and points are no parcels")
    ids = pd.Index([f"c{i:04d}" for i in range(len(shapes))], name="parcel_id", dtype="str")
    parcels = gpd.GeoDataFrame(geometry=shapes, index=ids, crs=4547)
    outcome, codes, log = mended(parcels)
    wrong = [i for i, g, v in zip(ids, shapes, valid, strict=True) if v not in {None, g.is_valid}]
    fault = f"validity of {', '.join(wrong)}" if wrong else ""
    return Row(name, outcome, len(shapes), "", "", _counts(codes), log, fault)


def _geometry(text: str) -> shapely.Geometry | None:
    """WKT, or WKB in hexadecimal digits."""
    words = text.split()
    if not words:
        return None
    hexadecimal = all(set(w) <= set("0123456789abcdefABCDEF") for w in words)
    read = shapely.from_wkb if hexadecimal else shapely.from_wkt
    return read("".join(words) if hexadecimal else text.strip(), on_invalid="ignore")


def _polygons(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """The geometry itself, or the polygons in a collection."""
    if shape.geom_type in {"Polygon", "MultiPolygon"}:
        return [shape]
    parts = shapely.get_parts(shape)
    return [p for p in parts if p.geom_type in {"Polygon", "MultiPolygon"}]


def main(data: Path, *, count: int = 1_000_000) -> int:
    """Print the table; 1 if a file ends in a traceback, is wrong, or is refused without a name."""
    print(" | ".join(HEAD))
    table = []
    large = memory_rows(data, count=count) if count else ()
    heavy = (Row(m.name, "measured", m.rows, message=m.numbers, fault=m.fault) for m in large)
    for row in chain(heavy, rows(data)):  # a child's peak is never below that of this process
        print(row.line(), flush=True)
        table.append(row)
    outcomes = Counter(row.outcome for row in table)
    bad = [row.file for row in table if row.fault]
    print(f"{len(table)} files: {_counts(outcomes)}; wrong: {len(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), count=0))
