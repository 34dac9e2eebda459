"""Files that are sheets of one layer, seen as one, and folders and patterns of files."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.base.errors import LayerError
from gisland.layers.files.formats import FORMATS, ZIPPED
from gisland.layers.files.sheets import sheet_paths
from gisland.layers.proposing.glimpse import Glimpse, look, look_whole
from gisland.layers.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Files of a folder that are taken for layers; these others may be anything there.
LAYER_FILES = {*FORMATS, *ZIPPED} - {".csv", ".tsv", ".txt", ".xml", ".db"}


def files_of(path: Path) -> list[Path]:
    """Files that a path stands for: itself, the layers of a folder, or what a pattern matches.

    Parameters
    ----------
    path
        File, folder or pattern such as ``sheets/*.shp``.

    Returns
    -------
    list of Path
        In the order of their names.

    Raises
    ------
    LayerError
        If a folder holds no layer, or nothing matches a pattern.

    Examples
    --------
    >>> [file.name for file in files_of(Path("parcels.shp"))]
    ['parcels.shp']
    """
    if path.is_dir() and path.suffix.lower() != ".gdb":
        inside = (p for p in path.iterdir() if not p.name.startswith("."))
        found = sorted(p for p in inside if p.suffix.lower() in LAYER_FILES)
        if not found:
            raise LayerError(f"{path} holds no layer", do="name the files, or the folder of them")
        return found
    sheets = sheet_paths(Source("init", path.as_posix()), folder=Path())
    return [path] if sheets is None else [Path(p) for p in sheets]


def look_at(paths: Iterable[Path], *, kinds: Callable[[Glimpse], object]) -> list[Glimpse]:
    """Layers of files, those that are sheets of one layer joined.

    Sheets lie in one folder, are of one format, one kind of geometry and one coordinate system,
    and have the same columns; and a pattern matches them and no other file.

    Parameters
    ----------
    paths
        Files, folders and patterns.
    kinds
        What a layer may hold, told by its name and columns: the same for all sheets of one.

    Returns
    -------
    list of Glimpse
        In the order of `paths`; a joined one has the pattern as its path.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> place = tempfile.TemporaryDirectory()
    >>> for name in "ab":
    ...     square = gpd.GeoDataFrame({"n": [name]}, geometry=[box(0, 0, 1, 1)], crs=4547)
    ...     square.to_file(Path(place.name) / f"{name}.geojson")
    >>> [sheets] = look_at([Path(place.name)], kinds=lambda glimpse: None)
    >>> sheets.path.name, sheets.rows
    ('*.geojson', 2)
    >>> place.cleanup()
    """
    files = dict.fromkeys(file for path in paths for file in files_of(path))
    seen = [glimpse for file in files for glimpse in look(file)]
    sets: dict[object, list[Glimpse]] = {}
    for number, glimpse in enumerate(seen):
        sets.setdefault(_alike(glimpse, kinds(glimpse)) or number, []).append(glimpse)
    joined = []
    for sheets in sets.values():
        pattern = _pattern([s.path for s in sheets]) if len(sheets) > 1 else None
        joined += [_joined(sheets, pattern)] if pattern else sheets
    return joined


def _alike(glimpse: Glimpse, kinds: object) -> tuple[object, ...] | None:
    """What sheets of one layer have in common; None for what is no sheet."""
    path = glimpse.path
    if (
        glimpse.layer
        or not glimpse.columns
        or glimpse.kind == "none"
        or path.suffix.lower() in ZIPPED
    ):
        return None
    crs = glimpse.crs.to_wkt() if glimpse.crs else ""
    columns = tuple(sorted(glimpse.columns))
    return path.parent, path.suffix.lower(), columns, glimpse.kind, crs, repr(kinds)


def _pattern(files: Sequence[Path]) -> Path | None:
    """A pattern that matches these files and no other."""
    folder, suffix = files[0].parent, files[0].suffix.lower()
    stems = [f.stem for f in files]
    pairs = zip(min(stems), max(stems), strict=False)
    start = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    for stem in dict.fromkeys(("*", f"{start}*")):
        pattern = folder / f"{stem}{suffix}"
        found = sheet_paths(Source("init", pattern.as_posix()), folder=Path())
        if found is not None and {Path(p) for p in found} == set(files):
            return pattern
    return None


def _joined(sheets: Sequence[Glimpse], pattern: Path) -> Glimpse:
    whole = [s if len(s.sample) == s.rows else look_whole(s.path) for s in sheets]
    table = pd.concat([s.sample for s in whole], ignore_index=True)
    bounds = [s.bounds for s in sheets if s.bounds is not None]
    west, south, east, north = zip(*bounds, strict=True) if bounds else ((), (), (), ())
    encodings = {s.encoding for s in sheets}
    return replace(
        sheets[0],
        path=pattern,
        name=f"{pattern.parent.resolve().name} {sheets[0].name}",
        rows=len(table),
        bounds=(min(west), min(south), max(east), max(north)) if bounds else None,
        encoding=encodings.pop() if len(encodings) == 1 else None,
        sample=gpd.GeoDataFrame(table, crs=sheets[0].crs),
    )
