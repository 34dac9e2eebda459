"""The map of a run in one HTML file that opens anywhere and asks nobody for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium

from gisland.base.units import m2_to_mu
from gisland.present.basemaps import add_base_maps
from gisland.present.bilingual import Bilingual, unmarked
from gisland.present.conditions import told_verdicts
from gisland.present.elements import HANDLE, DataLayer, Page, Part, Script
from gisland.present.mapfeatures import drawn_rows
from gisland.present.mapgroups import layer_groups
from gisland.present.maplayers import MapLayer, map_layers, not_drawn
from gisland.present.mapsurfaces import surface_data
from gisland.present.messages import with_messages
from gisland.present.offline import OfflineFigure
from gisland.present.openings import VIEWS, opening_of, told_view
from gisland.present.sitelist import site_list
from gisland.present.wording import named, number, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from branca.element import MacroElement

    from gisland.base.basemaps import BaseMap
    from gisland.base.surfaces import Surface

NOWHERE = (35.0, 105.0)  # view of an empty map
START_ZOOM = {True: 15, False: 4}
MAX_ZOOM = 23


def web_map(
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    language: str,
    surfaces: Sequence[Surface] = (),
    base_maps: Sequence[BaseMap] = (),
    opening: str = "",
) -> str:
    """Map of a run as one HTML file without any reference outside itself, base maps aside.

    Parameters
    ----------
    tables
        Result tables by name; a missing table leaves its layers out.
    run
        The run's record (``run.json``): project, rules, CRS, area basis.
    language
        ``zh`` or ``en``: display text only.
    surfaces
        Density surfaces in the CRS of the parcels, to be chosen one at a time.
    base_maps
        Pictures to be shown under everything else, one at a time; none at first.
    opening
        What the map shows first: ``merge_plan``, ``block_lines``, ``density``, or what stands
        behind ``#`` in the address of a map, such as ``theme=far_before&site=S1``. An address that
        the reader gives goes before it.

    Returns
    -------
    str
        HTML; equal input gives equal text.

    Raises
    ------
    ProjectError
        If there is no such language.
    CRSError
        If a table with geometry has no CRS, or surfaces come without drawn parcels.
    OutputError
        If `opening` names what the map lacks.

    Examples
    --------
    >>> page = web_map({}, run={"project": "{{ 7 * 7 }}"}, language="en")
    >>> "<title>{{ 7 * 7 }}" in page, "http-equiv" in page
    (True, True)
    """
    drawn = folium_map(
        tables,
        run=run,
        language=language,
        surfaces=surfaces,
        base_maps=base_maps,
        opening=opening,
    )
    text: str = drawn.get_root().render()
    return text


def folium_map(
    tables: Mapping[str, pd.DataFrame],
    *,
    run: Mapping[str, Any],
    language: str,
    surfaces: Sequence[Surface] = (),
    base_maps: Sequence[BaseMap] = (),
    opening: str = "",
) -> folium.Map:
    """Map of a run as a folium map, to be shown in a notebook or added to.

    Parameters
    ----------
    tables
        Result tables by name; a missing table leaves its layers out.
    run
        The run's record (``run.json``).
    language
        ``zh`` or ``en``.
    surfaces
        Density surfaces in the CRS of the parcels.
    base_maps
        Pictures to be shown under everything else.
    opening
        What the map shows first, as in `web_map`.

    Returns
    -------
    folium.Map
        In an `OfflineFigure`: saving it fails if something that was added needs the network.

    Raises
    ------
    ProjectError
        If there is no such language.
    CRSError
        If a table with geometry has no CRS, or surfaces come without drawn parcels.
    OutputError
        If `opening` names what the map lacks.

    Examples
    --------
    >>> folium_map({}, run={}, language="zh").get_name()
    'map_main'
    """
    texts, tables, run = Bilingual(), unmarked(tables), unmarked(run)
    records = {r["id"]: r for r in run.get("rules", {}).get("records", [])}
    layers = map_layers(_told(tables, run, texts), records=records, texts=texts)
    title = _title(run, texts, view=opening if opening in VIEWS else "")
    data = _page(tables, run, layers=layers, texts=texts)
    data |= {"title": title, "bounds": _bounds(layers)}
    if opening:
        data["opening"] = opening_of(opening, layers, tables)
        told = told_view(opening, tables, texts=texts)
        data["summary"] = told + data["summary"][1:] if told else data["summary"]
    parts: list[MacroElement] = [
        DataLayer(layer, name=texts.expanded(layer.name, language=language)) for layer in layers
    ]
    if surfaces:
        crs = getattr(tables.get("parcels"), "crs", None)
        parts.append(Part("surfaces", surface_data(surfaces, crs=crs, texts=texts)))
    listed = site_list(tables, texts=texts)
    if listed is not None:
        parts.append(Part("sites", listed))
    drawn = framed(parts, data, texts=texts, language=language)
    add_base_maps(drawn, base_maps, texts=texts, language=language)
    return drawn


def framed(
    parts: Sequence[MacroElement], data: dict[str, Any], *, texts: Bilingual, language: str
) -> folium.Map:
    """Map with gisland's page around it.

    Parameters
    ----------
    parts
        Layers and what else stands on the map.
    data
        Of the page: ``title``, ``summary``, ``lines``, ``notes``, ``order`` and ``bounds``.
    texts
        Of which all text is composed.
    language
        In which the page opens.

    Returns
    -------
    folium.Map
        In an `OfflineFigure`.

    Examples
    --------
    >>> data = {"title": "A", "summary": [], "lines": [], "notes": [], "order": [], "bounds": None}
    >>> framed([], data, texts=Bilingual(), language="en").get_root().page_title
    'A'
    """
    bounds = data["bounds"]
    drawn = folium.Map(
        location=_middle(bounds),
        zoom_start=START_ZOOM[bounds is not None],
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        maxZoom=MAX_ZOOM,
        zoom_snap=0.25,
        fade_animation=False,
    )
    drawn._id = HANDLE  # noqa: SLF001 - folium's ids are random otherwise
    told = texts.expanded(data["title"], language=language)
    OfflineFigure(title=told, language=language).add_child(drawn)
    control = folium.LayerControl(collapsed=False, autoZIndex=False)
    control._id = HANDLE  # noqa: SLF001 - see above
    for part in (Script(texts, language=language), *parts, control, Page(data)):
        drawn.add_child(part)
    return drawn


def _told(
    tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """Tables whose verdicts and findings say in words what codes and columns hold."""
    told = dict(tables)
    verdicts = told_verdicts(tables, run=run, texts=texts)
    if verdicts is not None:
        told["verdicts"] = verdicts
    if "findings" in tables:
        told["findings"] = with_messages(tables["findings"], texts=texts)
    return told


def _page(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    *,
    layers: list[MapLayer],
    texts: Mapping[str, str],
) -> dict[str, Any]:
    notes = [
        texts["map.not_drawn"].format(layer=texts[f"table.{name}"], count=f"{count:,}")
        for name, count in not_drawn(tables).items()
    ]
    return {
        "summary": _summary(tables, texts),
        "lines": list(_lines(run, texts)),
        "notes": notes if layers else [*notes, texts["map.nothing"]],
        "order": [layer.id for layer in layers],
        "groups": layer_groups([layer.id for layer in layers], texts),
        "sites": _sites(tables),
    }


def _summary(tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]) -> list[str]:
    """What was found, in a line."""
    if "parcels" not in tables:
        return []
    parcels = tables["parcels"]
    absorbed = parcels[parcels["verdict"] == "absorbed"].sort_values("parcel_id")
    area = float(absorbed["area_m2"].sum()) if "area_m2" in absorbed else 0.0
    found = texts["map.summary"].format(
        parcels=f"{len(parcels):,}",
        sites=f"{len(tables.get('sites', ())):,}",
        absorbed=f"{len(absorbed):,}",
        area_m2=number(area, unit="m2"),
        area_mu=number(m2_to_mu(area), unit="mu"),
    )
    return [found, texts["map.click"]]


def _sites(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Sites to choose one from."""
    sites = drawn_rows(tables.get("sites"), "site_id")
    return [] if sites is None else [visible(site) for site in sites["site_id"]]


def _lines(run: Mapping[str, Any], texts: Mapping[str, str]) -> Iterator[str]:
    """Under which rules, on which basis, by which version."""
    rules = run.get("rules", {})
    if rules:
        title, name = visible(rules.get("title")), visible(rules.get("name"))
        yield texts["map.rules"].format(title=title, name=name)
    if run.get("as_of"):
        yield texts["map.as_of"].format(date=visible(run["as_of"]))
    if run.get("area_basis"):
        basis = named(texts, "area_basis", run["area_basis"])
        crs = visible(run.get("crs", {}).get("name"))
        yield texts["map.basis"].format(basis=basis, crs=crs)
    if run.get("gisland"):
        fingerprint = visible(rules.get("fingerprint"))
        version = visible(run["gisland"])
        yield texts["map.made"].format(version=version, fingerprint=fingerprint)


def _title(run: Mapping[str, Any], texts: Mapping[str, str], *, view: str) -> str:
    project = visible(run.get("project"))
    what = texts[f"map.view.{view}"] if view else texts["map.title"]
    if not project:
        return what
    if view:
        return texts["map.view.of"].format(project=project, what=what)
    return texts["map.title_of"].format(project=project)


def _bounds(layers: list[MapLayer]) -> list[list[float]] | None:
    """South-west and north-east of the parcels, or of all layers where there is no parcel."""
    boxes = [m.bounds for m in layers if m.id == "parcels"] or [m.bounds for m in layers]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [[min(south), min(west)], [max(north), max(east)]]


def _middle(bounds: list[list[float]] | None) -> tuple[float, float]:
    if bounds is None:
        return NOWHERE
    (south, west), (north, east) = bounds
    return (south + north) / 2, (west + east) / 2
