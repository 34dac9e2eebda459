"""A project out of single layers: what `gisland init` would be sure of, without a file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from gisland.base import schema
from gisland.base.crs import crs_name
from gisland.base.errors import FieldError, ProjectError, did_you_mean
from gisland.base.parameters import Parameters
from gisland.layers.project import DEFAULT_RULES, LANGUAGES, Project
from gisland.layers.proposing.classwords import class_lines
from gisland.layers.proposing.evidence import analysis_crs
from gisland.layers.proposing.glimpse import Glimpse, column, look_whole
from gisland.layers.proposing.matches import matches
from gisland.layers.source import CLASSIFIED, Source, canonical_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LAYER_MARK = "#"  # file.gpkg#layer; shells and Windows leave it alone


def project_of(
    layers: Mapping[str, str | Path | None],
    *,
    fields: Iterable[str] = (),
    rules: str = DEFAULT_RULES,
    crs: str | None = None,
    language: str = "en",
) -> Project:
    """Project out of layers as they are, their columns mapped by known names.

    What `gisland init` is sure of is taken, and nothing else: a column that it doubts has to be
    named in `fields`. Sites are those of the layer ``sites``, else those of the column that is
    mapped to ``site_id``, else there are none.

    Parameters
    ----------
    layers
        File by kind of layer, such as ``parcels``, ``sites`` or ``block_lines``; one of several
        layers of a file is ``city.gpkg#lots``. Those that are None are left out.
    fields
        Columns that names do not tell, such as ``parcels.owner=HOLDER``.
    rules
        Name of a packaged rule set, or path of a TOML file.
    crs
        Metric CRS to work in; by default that of the parcels, or one that fits them.
    language
        ``zh`` or ``en``, of what is written.

    Returns
    -------
    Project
        For `load_inputs` and `choices_of`.

    Raises
    ------
    ProjectError
        If there are no parcels, or a kind, a column of the contract or a language is unknown.
    LayerError
        If a file is missing or cannot be read.
    FieldError
        If a layer lacks a column that `fields` names.

    Examples
    --------
    >>> from gisland.jobs import sample_folder
    >>> project = project_of({"parcels": sample_folder() / "parcels.shp", "sites": None})
    >>> project.layers["parcels"].fields["owner"], project.sites_from
    ('QLRMC', None)
    """
    if language not in LANGUAGES:
        raise ProjectError(f"language {language!r} is unknown", do=f"use {' or '.join(LANGUAGES)}")
    given = {kind: str(path) for kind, path in layers.items() if path is not None}
    for kind in given:
        if kind not in schema.LAYERS:
            raise ProjectError(f"layer {kind!r} is unknown", do=did_you_mean(kind, schema.LAYERS))
    if "parcels" not in given:
        raise ProjectError("no parcels are given", do="name the file of the parcel layer")
    named = _named(fields, given)
    seen = {kind: _seen(path) for kind, path in given.items()}
    sources = {k: _source(k, seen[k], given[k], named=named.get(k, {})) for k in given}
    fitting = analysis_crs(seen["parcels"])
    if crs is None and fitting.needed and fitting.crs is not None:
        crs = crs_name(fitting.crs)
    in_field = "site_id" in sources["parcels"].fields
    return Project(
        path=Path(given["parcels"]),
        folder=Path(),
        name=sources["parcels"].path,
        rules=rules,
        crs=crs,
        language=language,
        as_of=None,
        parameters=Parameters(),
        layers=sources,
        exclusions={},
        sites_from="layer" if "sites" in sources else "field" if in_field else None,
        site_use_classes=(),
        plan={},
    )


def _named(fields: Iterable[str], given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Source column by canonical one, by kind of layer."""
    if isinstance(fields, str):
        raise ProjectError(f"fields is {fields!r}", do="give a list of such texts")
    found: dict[str, dict[str, str]] = {}
    for text in fields:
        target, _, source = str(text).partition("=")
        kind, _, canonical = target.strip().partition(".")
        if not (kind and canonical and source.strip()):
            raise ProjectError(
                f"field {text!r} is not understood", do="write it as parcels.owner=COLUMN"
            )
        if kind not in given:
            raise ProjectError(f"field {text!r}: no layer {kind!r}", do=did_you_mean(kind, given))
        if canonical not in canonical_columns(kind):
            known = canonical_columns(kind)
            raise ProjectError(
                f"field {text!r}: {kind} have no {canonical!r}", do=did_you_mean(canonical, known)
            )
        found.setdefault(kind, {})[canonical] = source.strip()
    return found


def _seen(path: str) -> Glimpse:
    """A look at one layer of a file."""
    file, layer = path, None
    if LAYER_MARK in path and not Path(path).exists():
        file, _, layer = path.rpartition(LAYER_MARK)
    return look_whole(Path(file), layer=layer)


def _source(kind: str, seen: Glimpse, path: str, *, named: Mapping[str, str]) -> Source:
    """One layer with its columns mapped."""
    for canonical, source in named.items():
        if source not in seen.columns:
            raise FieldError(
                f"{path}: no column {source!r} (for {canonical})",
                do=did_you_mean(source, seen.columns),
            )
    taken = set(named.values())
    sure = [
        m
        for m in matches(kind, seen)
        if not m.doubt and m.canonical not in named and m.source not in taken
    ]
    fields = {m.canonical: m.source for m in sure} | dict(named)
    units = {m.canonical: m.unit.name for m in sure if m.unit is not None and m.unit.sure}
    classes = _classes(kind, seen, fields)
    file = str(seen.path)
    return Source(kind, file, layer=seen.layer, fields=fields, units=units, classes=classes)


def _classes(kind: str, seen: Glimpse, fields: Mapping[str, str]) -> dict[str, str]:
    """Use classes of those values whose words are plain."""
    source = fields.get(CLASSIFIED.get(kind, ""))
    if source is None:
        return {}
    lines = class_lines(column(seen, source), table="classes", source=source)
    return dict(tomllib.loads("\n".join(lines)).get("classes", {}))
