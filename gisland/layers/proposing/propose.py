"""A commented project file, proposed from a look at the layers themselves."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
from shapely import box

from gisland.base import schema
from gisland.base.crs import check_coordinates, crs_name
from gisland.base.errors import CRSError, LayerError
from gisland.base.parameters import Parameters
from gisland.base.phrases import count_of
from gisland.base.rulefiles import rule_set_names
from gisland.layers.project import DEFAULT_LANGUAGE, DEFAULT_RULES
from gisland.layers.proposing.classwords import class_lines, comment, quoted
from gisland.layers.proposing.evidence import NO_CODE, analysis_crs, crs_hint
from gisland.layers.proposing.glimpse import Glimpse, column
from gisland.layers.proposing.matches import Match, field_lines, known_names, matches, unit_lines
from gisland.layers.proposing.sheetsets import look_at
from gisland.layers.source import CLASSIFIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_SCORE = 2  # a telling name, or two telling columns
SHORT = 3  # letters of an abbreviation, which must stand alone in a name
WHOLE = "="  # in front of a word that must be the whole name
HEAD = """\
# Project file of gisland. What the layers say for sure is filled in. What they do not is
# commented out, with the reason: look at those lines. Paths are relative to this file, or absolute.
"""
SITES = """\
# [sites] says which land scraps are merged into. `from` is one of:
#   "layer"      sites drawn in a layer of their own, [layers.sites]; a parcel belongs to the site
#                that covers it, see site_overlap_share
#   "field"      the column of the parcels that is mapped to site_id holds the site of each
#   "low_use"    each cluster of contiguous parcels that the rules call low-use is a site, if it is
#                not smaller than zone_min_area_m2
#   "use_class"  whole patches of contiguous parcels of the use_classes are merged into sites, one
#                for each patch: all its parcels become a single one
"""
GUESSED = "# No layer says that it holds parcels: this is the first one with polygons."
FURTHER = {
    "block_lines": "industrial block lines (工业区块线) as they are; held against the rules",
    "block_changes": "areas that a proposal takes into the block lines, or out: change = in | out",
    "parks": "named parks (开发区、园区): industry in them, and how far they are built up",
    "zones": "redevelopment zones (改造片区) as decided; without them, clusters of low-use land",
}
NO_SITES = """\
# No sites are known: a run checks and measures, but has nothing to merge into.
# [sites]
# from = "use_class"
# use_classes = ["industrial"]  # with from = "use_class" only
"""
MAP = """\
# The map needs no base map and has none; these can be chosen in its list of layers. A key can be
# read in the map file. With gcj02 = true a base map is shown shifted from GCJ-02; data never are.
[map]
# base = [
#     { tiles = "tiles", title = "影像" },       # folder {z}/{x}/{y}.png, travels with the map
#     { mbtiles = "city.mbtiles" },            # copied into the map
#     { image = "ortho.tif" },                 # GeoTIFF in any CRS, copied into the map
#     { service = "tianditu-vec", key = "…" }, # or tianditu-img, tianditu-ter: online
#     { url = "https://…/{z}/{x}/{y}.png", attribution = "…", gcj02 = true },
# ]
"""
PLAN = """\
# Wishes that are no rules. Lists are ids, or a text or CSV file with one id in each line.
[plan]
# objective = "area"             # what is absorbed most of: area | count
# method = "exact"               # exact | greedy (longest border first, to compare)
# required = "required.csv"      # absorbed, or the plan says why not
# protected = "protected.csv"    # never absorbed
# consented = "consents.csv"     # parcels or owners that agree, for the rule scrap.consent
# decisions = "decisions.csv"    # two columns: parcel, and in | out | the only site for it
# alternatives = true            # second-best plans, and what each constraint costs
# sweep_caps = [0.08, 0.1, 0.12] # the plan again for these share caps
# sweep_areas_m2 = [2000, 3000]  # and for these area caps
# columns = { note = "set" }     # how a column is merged: sum | sum_known | area_mean | min | max |
#                                # set | same | largest | site
"""


def propose_project(paths: Sequence[Path], *, folder: Path | None = None) -> str:
    """Text of a project file for these layers.

    Each layer is given its kind by names, columns and geometry; columns are mapped by known
    names. Files of one folder with the same columns are sheets of one layer. Nothing that is not
    sure is switched on.

    Parameters
    ----------
    paths
        Vector files, one layer or several each; folders of them, and patterns as ``sheets/*.shp``.
    folder
        Where the project file will lie; absent: the working folder.

    Returns
    -------
    str
        TOML with comments, accepted by ``read_project``.

    Raises
    ------
    LayerError
        If a file is missing or cannot be read, or no layer holds polygons.

    Examples
    --------
    >>> import tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> file = Path(place.name) / "ZD.geojson"
    >>> square = gpd.GeoSeries([box(114.1, 30.1, 114.2, 30.2)], crs=4326)
    >>> gpd.GeoDataFrame({"ZDDM": ["a"]}, geometry=square).to_file(file)
    >>> text = propose_project([file], folder=Path(place.name))
    >>> [line for line in text.splitlines() if "ZD" in line]
    ['path = "ZD.geojson"', 'parcel_id = "ZDDM"']
    >>> place.cleanup()
    """
    seen = look_at(map(Path, paths), kinds=_best)
    roles = _roles(seen)
    place = folder or Path()
    parcels = next((seen[i] for i, kind in roles.items() if kind == "parcels"), None)
    guessed = parcels is None
    if parcels is None:
        seen, roles = _first_polygons(seen, roles)
        parcels = next(seen[i] for i, kind in roles.items() if kind == "parcels")
    maps = {kind: matches(kind, seen[i]) for i, kind in roles.items() if kind != "exclusions"}
    parts = [HEAD, _project(parcels, place)]
    for kind in schema.LAYERS:
        for i in (i for i, role in roles.items() if role == kind):
            notes = [GUESSED] if guessed and kind == "parcels" else []
            parts.append(_layer(kind, seen[i], maps[kind], place=place, notes=notes))
    parts += _exclusions([seen[i] for i, kind in roles.items() if kind == "exclusions"], place)
    parts += [_further(maps), _unused(seen, roles), SITES + _sites(maps), PLAN, MAP, _parameters()]
    return "\n".join(part for part in parts if part)


def _roles(seen: Sequence[Glimpse]) -> dict[int, str]:
    """Kind of each layer that is told by its name or columns: the best match first."""
    order = list(known_names())
    scored = [
        (-score, i, order.index(kind))
        for i, glimpse in enumerate(seen)
        for kind, score in _best(glimpse)
    ]
    roles: dict[int, str] = {}
    for _, i, rank in sorted(scored):
        kind = order[rank]
        if i not in roles and (kind == "exclusions" or kind not in roles.values()):
            roles[i] = kind
    return dict(sorted(roles.items()))


def _best(glimpse: Glimpse) -> list[tuple[str, int]]:
    """The kinds that fit a layer best, with their score; none below ``MIN_SCORE``."""
    scores = {kind: _score(kind, glimpse) for kind in known_names() if _fits(kind, glimpse)}
    top = max(scores.values(), default=0)
    return [(k, s) for k, s in scores.items() if s == top and s >= MIN_SCORE]


def _fits(kind: str, glimpse: Glimpse) -> bool:
    lines = kind in schema.LINES_ALLOWED and glimpse.kind == "lines"
    return glimpse.kind == "polygons" or lines


def _score(kind: str, glimpse: Glimpse) -> int:
    known = known_names()[kind]
    names = [glimpse.name] if glimpse.layer else [glimpse.path.stem, glimpse.name]
    plain = [name.casefold() for name in names]
    every = {word for table in known_names().values() for word in table["words"]}
    found = {w.removeprefix(WHOLE): w for w in every if _in_name(w, plain)}
    longest = [w for bare, w in found.items() if not any(bare != o and bare in o for o in found)]
    told = any(w in longest for w in known["words"])
    columns = {c.casefold() for c in glimpse.columns}
    given = [any(n.casefold() in columns for n in names) for names in known["sure"].values()]
    return 2 * told + sum(given)


def _in_name(word: str, names: Sequence[str]) -> bool:
    """Whether a layer's names hold a word, as far as such a word must stand alone."""
    if word.startswith(WHOLE):
        return word.removeprefix(WHOLE) in names
    text = " ".join(names)
    return word in (re.split(r"[\W_]+", text) if len(word) <= SHORT and word.isascii() else text)


def _first_polygons(
    seen: Sequence[Glimpse], roles: dict[int, str]
) -> tuple[list[Glimpse], dict[int, str]]:
    """The layers, the first one of polygons as parcels: once more if it has a kind already."""
    polygons = [i for i, glimpse in enumerate(seen) if glimpse.kind == "polygons"]
    free = [i for i in polygons if i not in roles] or polygons
    if not free:
        names = ", ".join(f"{g.name}: {g.kind}" for g in seen) or "nothing was given"
        raise LayerError(
            f"none of the layers holds polygons ({names})",
            do="give the parcel layer (close its lines to polygons first)",
        )
    taken = free[0]
    if taken not in roles:
        return list(seen), dict(sorted({**roles, taken: "parcels"}.items()))
    return [*seen, seen[taken]], {**roles, len(seen): "parcels"}


def _project(parcels: Glimpse, place: Path) -> str:
    others = ", ".join(rule_set_names())
    lines = [
        "[project]",
        f"name = {quoted(place.resolve().name or parcels.name)}",
        f"rules = {quoted(DEFAULT_RULES)}",
        f"# one of {others}; or the path of your own .toml",
        _analysis_crs(parcels),
        f"language = {quoted(DEFAULT_LANGUAGE)}  # zh | en: display text only",
        "# as_of = 2026-01-01  # the date that time idle is counted to; without it: not assessed",
    ]
    return "\n".join(lines) + "\n"


def _analysis_crs(parcels: Glimpse) -> str:
    """The line on the CRS that a run computes in; a comment unless it must be named."""
    found = analysis_crs(parcels)
    code = crs_name(found.crs) if found.crs else NO_CODE
    if not found.needed:
        taken = "taken if absent: " if found.crs else ""
        return comment(f"crs = {quoted(code)}  # {taken}{found.why}")
    why = f"needed to compute in metres: the parcels' own {found.why}"
    line = f"crs = {quoted(code)}  {comment(why)}"
    return f"{line}; this is the metric zone of the data" if found.crs else comment(line)


def _layer(
    kind: str, glimpse: Glimpse, maps: Sequence[Match], *, place: Path, notes: Iterable[str] = ()
) -> str:
    table = f"layers.{kind}"
    lines = [*notes, f"[{table}]", _found(glimpse), *_file(glimpse, place)]
    lines += [*field_lines(maps, table=table), *unit_lines(maps, table=table)]
    mapped = {m.source for m in maps}
    other = [quoted(c) for c in glimpse.columns if c not in mapped]
    if other:
        lines.append(comment(f"passed through: {', '.join(other)}"))
    return "\n".join([*lines, *_classes(kind, glimpse, maps)]) + "\n"


def _found(glimpse: Glimpse) -> str:
    crs = crs_name(glimpse.crs) if glimpse.crs else "no coordinate system"
    return comment(f"{count_of(glimpse.rows, 'row')}, {glimpse.kind}, {crs}")


def _file(glimpse: Glimpse, place: Path) -> list[str]:
    lines = [f"path = {quoted(_path(glimpse.path, place))}"]
    if glimpse.layer:
        lines.append(f"layer = {quoted(glimpse.layer)}")
    if glimpse.encoding and glimpse.encoding != "utf-8":
        lines.append(comment(f"encoding = {quoted(glimpse.encoding)}  # found out by a run, too"))
    if glimpse.crs is None:
        code, why = crs_hint(glimpse.bounds)
        lines.append(comment(f"crs = {quoted(code)}  # none is declared, and one is needed: {why}"))
    elif glimpse.bounds is not None:
        frame = gpd.GeoDataFrame(geometry=[box(*glimpse.bounds)], crs=glimpse.crs)
        try:
            check_coordinates(frame, what=glimpse.name)
        except CRSError as error:
            lines.append(
                comment(f"crs = {quoted(NO_CODE)}  # needed, the file's cannot be: {error}")
            )
    return lines


def _path(path: Path, place: Path) -> str:
    """Relative inside the folder of the project file, else absolute."""
    for tried, start in ((path, place), (path.resolve(), place.resolve())):
        try:
            relative = Path(os.path.relpath(tried, start))
        except ValueError:  # another drive on Windows
            break
        if relative.parts[:1] != ("..",):
            return relative.as_posix()
    return path.resolve().as_posix()


def _classes(kind: str, glimpse: Glimpse, maps: Sequence[Match]) -> list[str]:
    """A table of use classes for the values that no packaged list reads."""
    source = next((m.source for m in maps if m.canonical == CLASSIFIED.get(kind)), None)
    if source is None:
        return []
    return class_lines(column(glimpse, source), table=f"layers.{kind}.classes", source=source)


def _exclusions(found: Sequence[Glimpse], place: Path) -> list[str]:
    parts = []
    for number, glimpse in enumerate(found, start=1):
        name = re.sub(r"\W+", "_", glimpse.name, flags=re.ASCII).strip("_") or "exclusion"
        table = f"[layers.exclusions.{name.lower()}_{number}]  # no scrap may overlap it"
        parts.append("\n".join([table, _found(glimpse), *_file(glimpse, place)]) + "\n")
    return parts


def _further(maps: dict[str, list[Match]]) -> str:
    """Layers on block lines, parks and zones that were not given, and what they are for."""
    left = {kind: use for kind, use in FURTHER.items() if kind not in maps}
    if not left:
        return ""
    width = max(map(len, left)) + len("[layers.]")
    lines = [comment(f"  {f'[layers.{kind}]':<{width}}  {use}") for kind, use in left.items()]
    return "\n".join(["# A run can use further layers, each with its path:", *lines]) + "\n"


def _unused(seen: Sequence[Glimpse], roles: dict[int, str]) -> str:
    left = [g for i, g in enumerate(seen) if i not in roles]
    lines = [comment(f"{quoted(g.name)} of {quoted(g.path.name)} ({g.kind})") for g in left]
    if not lines:
        return ""
    kinds = ", ".join((*schema.LAYERS, "exclusions.NAME"))
    return "\n".join([f"# Layers not used; the kinds are {kinds}:", *lines]) + "\n"


def _sites(maps: dict[str, list[Match]]) -> str:
    field = any(m.canonical == "site_id" and not m.doubt for m in maps.get("parcels", []))
    origin = "layer" if "sites" in maps else "field" if field else ""
    return f"[sites]\nfrom = {quoted(origin)}\n" if origin else NO_SITES


def _parameters() -> str:
    lines = [
        comment(f"{f.name} = {json.dumps(f.default)}  # {f.metadata['note']}")
        for f in dataclasses.fields(Parameters)
    ]
    return "\n".join(["[parameters]", *lines]) + "\n"
