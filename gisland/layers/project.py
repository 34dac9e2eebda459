"""The project file: what a run reads, under which rules, with which parameters."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base import schema
from gisland.base.errors import ProjectError, did_you_mean
from gisland.base.glance import Glance
from gisland.base.parameters import Parameters
from gisland.base.result import SITES_FROM
from gisland.base.useclasses import USE_CLASSES
from gisland.layers.basemaps import map_section
from gisland.layers.plantable import plan_section
from gisland.layers.source import (
    CLASSIFIED,
    Source,
    canonical_columns,
    unit_factors,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisland.base.basemaps import BaseSource

DEFAULT_RULES = "tianjin-2024"
DEFAULT_LANGUAGE = "zh"
LANGUAGES = ("zh", "en")
_PROJECT = ("name", "rules", "crs", "language", "as_of")
_TEXTS = ("path", "layer", "encoding", "crs", "where", "geometry")
_TABLES = ("fields", "units", "classes")
_FLAGS = ("crs_override", "join_cut")


@dataclass(frozen=True, repr=False)
class Project(Glance):
    """A project file, checked for names, types and units; the files it names are not opened."""

    path: Path
    folder: Path
    name: str
    rules: str
    crs: str | None
    language: str
    as_of: dt.date | None
    parameters: Parameters
    layers: Mapping[str, Source]
    exclusions: Mapping[str, Source]
    sites_from: str | None
    site_use_classes: tuple[str, ...]
    plan: Mapping[str, Any]
    base: tuple[BaseSource, ...] = ()

    def _glance(self) -> dict[str, object]:
        own = "/" in self.rules or "\\" in self.rules  # a file is told by its name
        return {
            "file": self.path.name,
            "name": self.name,
            "rules": Path(self.rules).name if own else self.rules,
            "crs": self.crs,
            "as_of": self.as_of,
            "layers": ", ".join([*self.layers, *(f"exclusions.{e}" for e in self.exclusions)]),
            "sites_from": self.sites_from,
            "parameters": ", ".join(f"{n} {v}" for n, v in self.parameters.changed().items()),
        }


def read_project(path: str | Path) -> Project:
    r"""Project file, with every name, type and unit in it checked.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    Project
        Paths of layers as written; they are relative to ``Project.folder``.

    Raises
    ------
    ProjectError
        If `path` is none, the file is missing or not TOML, or a key is unknown, mistyped or
        missing; the message names the file and the key.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "gisland.toml"
    >>> _ = file.write_text('[layers.parcels]\npath = "parcels.shp"\n')
    >>> project = read_project(file)
    >>> project.layers["parcels"].path, project.language, project.sites_from
    ('parcels.shp', 'zh', None)
    >>> folder.cleanup()
    """
    _require_path(path)
    path = Path(path)
    file = str(path)
    raw = _toml(path)
    _known(
        raw,
        ("project", "layers", "sites", "plan", "parameters", "map"),
        where=f"{file}:",
        noun="table",
    )
    head = _table(raw, "project", where=f"{file}: [project]")
    layers, exclusions = _layers(raw, file)
    sites_from, use_classes = _sites(raw, file, layers)
    return Project(
        path=path,
        folder=path.parent,
        **_head(head, path),
        parameters=_parameters(raw, file),
        layers=layers,
        exclusions=exclusions,
        sites_from=sites_from,
        site_use_classes=use_classes,
        plan=plan_section(raw, file),
        base=map_section(raw, file),
    )


def _require_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        is_project = isinstance(getattr(path, "path", None), os.PathLike)
        do = "give project.path" if is_project else "give the path of a project file"
        raise ProjectError(f"path is a {type(path).__name__}", do=do)


def _toml(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise ProjectError(f"{path} is a folder", do="give the project file (gisland.toml) in it")
    if not path.is_file():
        raise ProjectError(
            f"project file {path} does not exist",
            do="check the path, or write one with: gisland init LAYER...",
        )
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ProjectError(f"project file {path} cannot be read", do="check its rights") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path} is not UTF-8 text", do="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(
            f"{path} is not valid TOML: {error}",
            do="mend that line; texts and Chinese keys need quotation marks, paths forward slashes",
        ) from error


def _known(given: Iterable[str], known: Iterable[str], *, where: str, noun: str) -> None:
    known = tuple(known)
    for key in given:
        if key not in known:
            raise ProjectError(f"{where} {key!r} is not a {noun}", do=did_you_mean(key, known))


def _table(tables: Mapping[str, Any], name: str, *, where: str) -> dict[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise ProjectError(f"{where} is {table!r}", do="make it a table, with its name in brackets")
    return table


def _text(table: Mapping[str, Any], key: str, *, where: str) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(f"{where} {key} is {value!r}", do="give a text in quotation marks")
    return value


def _flag(table: Mapping[str, Any], key: str, *, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise ProjectError(
            f"{where} {key} is {value!r}", do="give true or false, without quotation marks"
        )
    return value


def _head(head: Mapping[str, Any], path: Path) -> dict[str, Any]:
    where = f"{path}: [project]"
    _known(head, _PROJECT, where=where, noun="key")
    texts = {key: _text(head, key, where=where) for key in _PROJECT if key != "as_of"}
    language = texts["language"] or DEFAULT_LANGUAGE
    if language not in LANGUAGES:
        raise ProjectError(f"{where} language is {language!r}", do="use zh or en")
    as_of = head.get("as_of")
    if as_of is not None and (not isinstance(as_of, dt.date) or isinstance(as_of, dt.datetime)):
        raise ProjectError(
            f"{where} as_of is {as_of!r}", do="give a date without quotation marks: 2026-01-01"
        )
    rules = texts["rules"] or DEFAULT_RULES
    if rules.endswith(".toml"):
        rules = str(path.parent / rules)
    return {
        "name": texts["name"] or path.resolve().parent.name,
        "rules": rules,
        "crs": texts["crs"],
        "language": language,
        "as_of": as_of,
    }


def _layers(raw: Mapping[str, Any], file: str) -> tuple[dict[str, Source], dict[str, Source]]:
    tables = _table(raw, "layers", where=f"{file}: [layers]")
    _known(tables, (*schema.LAYERS, "exclusions"), where=f"{file}: [layers]", noun="layer")
    if "parcels" not in tables:
        raise ProjectError(f"{file}: [layers.parcels] is missing", do='add it, with path = "…"')
    layers = {name: _source(tables, name, file) for name in schema.LAYERS if name in tables}
    named = _table(tables, "exclusions", where=f"{file}: [layers.exclusions]")
    stray = [name for name in named if name in _TEXTS and not isinstance(named[name], dict)]
    if stray:
        raise ProjectError(
            f"{file}: [layers.exclusions] has {stray[0]!r}, but no name for the layer",
            do="give each exclusion layer a name: [layers.exclusions.red_line]",
        )
    exclusions = {n: _source(named, n, file, prefix="exclusions.") for n in sorted(named)}
    return layers, exclusions


def _source(tables: Mapping[str, Any], name: str, file: str, *, prefix: str = "") -> Source:
    key = f"{file}: [layers.{prefix}{name}"
    table = _table(tables, name, where=f"{key}]")
    _known(table, (*_TEXTS, *_TABLES, *_FLAGS), where=f"{key}]", noun="key")
    texts = {k: _text(table, k, where=f"{key}]") for k in _TEXTS}
    path = texts["path"]
    if path is None:
        raise ProjectError(f"{key}] path is missing", do='add path = "…"')
    flags = {k: _flag(table, k, where=f"{key}]") for k in _FLAGS}
    if flags["crs_override"] and texts["crs"] is None:
        raise ProjectError(
            f"{key}] crs_override is set, but no crs", do='add crs = "…", or take it out'
        )
    maps = {k: _texts(table, k, where=f"{key}.{k}]") for k in _TABLES}
    kind = prefix.rstrip(".") or name
    _known(maps["fields"], canonical_columns(kind), where=f"{key}.fields]", noun="canonical column")
    _units(maps["units"], maps["fields"], where=f"{key}.units]")
    _classes(maps["classes"], kind, where=f"{key}.classes]")
    return Source(
        name=prefix + name,
        path=path,
        layer=texts["layer"],
        encoding=texts["encoding"],
        crs=texts["crs"],
        where=texts["where"],
        geometry=texts["geometry"],
        fields=maps["fields"],
        units=maps["units"],
        classes=maps["classes"],
        crs_override=flags["crs_override"],
        join_cut=flags["join_cut"],
    )


def _texts(table: Mapping[str, Any], name: str, *, where: str) -> dict[str, str]:
    inner = _table(table, name, where=where)
    return {key: str(_text(inner, key, where=where)) for key in inner}


def _units(given: Mapping[str, str], fields: Mapping[str, str], *, where: str) -> None:
    for column, unit in given.items():
        if column not in fields:
            raise ProjectError(
                f"{where} {column!r} is not mapped to a source column",
                do=f"add it to the fields above, or take the unit out (mapped: "
                f"{', '.join(sorted(fields)) or 'none'})",
            )
        factors = unit_factors(column)
        if not factors:
            raise ProjectError(f"{where} {column!r} has no unit", do="take it out")
        if unit not in factors:
            raise ProjectError(
                f"{where} {column} = {unit!r} is not a unit", do=f"use one of {', '.join(factors)}"
            )


def _classes(given: Mapping[str, str], kind: str, *, where: str) -> None:
    if given and kind not in CLASSIFIED:
        raise ProjectError(
            f"{where} only {' and '.join(CLASSIFIED)} have use classes", do="take the table out"
        )
    for value, name in given.items():
        if name not in USE_CLASSES:
            raise ProjectError(
                f"{where} {value!r} = {name!r} is not a use class",
                do=did_you_mean(name, USE_CLASSES),
            )


def _parameters(raw: Mapping[str, Any], file: str) -> Parameters:
    given = _table(raw, "parameters", where=f"{file}: [parameters]")
    try:
        return Parameters.from_mapping(given)
    except ProjectError as error:
        raise ProjectError(f"{file}: {error.what}", do=error.do) from error


def _sites(
    raw: Mapping[str, Any], file: str, layers: Mapping[str, Source]
) -> tuple[str | None, tuple[str, ...]]:
    where = f"{file}: [sites]"
    table = _table(raw, "sites", where=where)
    _known(table, ("from", "use_classes"), where=where, noun="key")
    origin = _text(table, "from", where=where)
    if origin is None:
        if "sites" in raw:
            raise ProjectError(f"{where} from is missing", do=f"use one of {', '.join(SITES_FROM)}")
        return None, ()
    if origin not in SITES_FROM:
        raise ProjectError(f"{where} from = {origin!r}", do=did_you_mean(origin, SITES_FROM))
    if origin == "layer" and "sites" not in layers:
        raise ProjectError(
            f'{where} from = "layer", but there is no [layers.sites]',
            do="add [layers.sites] with its path, or take the sites from elsewhere",
        )
    if origin == "field" and "site_id" not in layers["parcels"].fields:
        raise ProjectError(
            f'{where} from = "field", but the parcels have no site_id',
            do='map it: [layers.parcels.fields] site_id = "…"',
        )
    return origin, _use_classes(table, where, origin)


def _use_classes(table: Mapping[str, Any], where: str, origin: str) -> tuple[str, ...]:
    names = table.get("use_classes")
    if origin != "use_class":
        if names is not None:
            raise ProjectError(
                f'{where} use_classes belongs to from = "use_class", not to {origin!r}',
                do="take it out, or change from",
            )
        return ()
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ProjectError(
            f"{where} use_classes is {names!r}", do='give a list, such as ["industrial"]'
        )
    _known(names, USE_CLASSES, where=f"{where} use_classes:", noun="use class")
    return tuple(sorted(set(names)))
