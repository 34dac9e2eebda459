"""What the map shows when it is opened, before anybody touches it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gisland.base.errors import OutputError, did_you_mean
from gisland.base.schema import LINES, OVERALL
from gisland.present.blockwords import failing_blocks, of_set
from gisland.present.style import LANGUAGES
from gisland.present.wording import number, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from gisland.present.maplayers import MapLayer

GROUND = "parcels"  # the layer that has themes
MODES = ("off", "before", "after", "swipe")
COMPARED = ("sites_before", "sites_after")  # without both there is nothing to compare
THINGS = {"site": ("sites", "site_id"), "parcel": ("parcels", "parcel_id")}
PLACE_NUMBERS = 3  # latitude, longitude, zoom


@dataclass(frozen=True)
class View:
    """A subject on which a map can open.

    Parameters
    ----------
    needs
        Layers of which the map must have one.
    why
        What to do where it has none.
    layers
        That are on, as far as the map has them.
    rest
        Further parts of the address; a theme that the map lacks is left out.
    """

    needs: tuple[str, ...]
    why: str
    layers: tuple[str, ...]
    rest: tuple[tuple[str, str], ...] = ()


VIEWS = {
    "merge_plan": View(
        ("scraps",),
        "run with sites, so that scraps are considered for them",
        ("parcels", "scraps", "links", "sites_before", "sites_after", "project_boundary", "roads"),
    ),
    "block_lines": View(
        ("block_lines", "block_proposed", "block_adjusted"),
        "run with block lines, or with industrial land to draw them around",
        ("parcels", "block_lines", "block_proposed", "block_adjusted", "roads"),
        (("theme", "use"),),
    ),
    "density": View(
        COMPARED,
        "run with sites, so that there is a before and an after",
        ("parcels", *COMPARED, "roads"),
        (("theme", "far_after"), ("compare", "swipe")),
    ),
}


def opening_of(
    opening: str, layers: Sequence[MapLayer], tables: Mapping[str, pd.DataFrame]
) -> dict[str, str]:
    """What the page does when it opens, checked against what the map has.

    Parameters
    ----------
    opening
        A subject (``merge_plan``, ``block_lines``, ``density``), or what stands behind ``#`` in
        the address of a map: ``layers``, ``theme``, ``compare``, ``lang``, ``at``, ``site`` and
        ``parcel``, joined by ``&``. Empty: the map as it is.
    layers
        Of the map.
    tables
        Result tables by name.

    Returns
    -------
    dict
        Values by the keys of the address.

    Raises
    ------
    OutputError
        If it names a layer, a theme or a thing that the map lacks, or cannot be read.

    Examples
    --------
    >>> opening_of("lang=en&compare=off", [], {})
    {'lang': 'en', 'compare': 'off'}
    >>> opening_of("layers=lots", [], {})
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: opening of the map: there is no layer 'lots'; this map has none
    """
    if not opening:
        return {}
    if "=" not in opening:
        return _viewed(opening, layers)
    asked: dict[str, str] = {}
    for part in opening.removeprefix("#").split("&"):
        key, _, value = part.partition("=")
        asked[key] = unquote(value)
    for key, value in asked.items():
        _check(key, value, layers=layers, tables=tables)
    return asked


def told_view(
    name: str, tables: Mapping[str, pd.DataFrame], *, texts: Mapping[str, str]
) -> list[str]:
    """What was found on the subject of a map, in a line.

    Parameters
    ----------
    name
        Of the subject.
    tables
        Result tables by name.
    texts
        The catalog.

    Returns
    -------
    list of str
        Empty where the map's own summary tells it.

    Examples
    --------
    >>> told_view("merge_plan", {}, texts={})
    []
    """
    lines, indicators = tables.get("block_lines"), tables.get("indicators")
    if name == "block_lines" and lines is not None:
        found = {which: of_set(lines, which) for which in LINES}
        kept = {k: v[v["block_id"] != OVERALL] for k, v in found.items() if v is not None}
        counts = {which: len(kept.get(which, ())) for which in found}
        failing = len(failing_blocks(tables, "given"))
        return [texts["map.view.blocks_told"].format(**counts, failing=failing)]
    if name == "density" and indicators is not None:
        rows = indicators[(indicators["subject"] == OVERALL) & (indicators["indicator"] == "far")]
        sides = {s: number(v, unit="ratio") for s in ("before", "after") for v in rows[s]}
        return [texts["map.view.density_told"].format(**sides)] if sides else []
    return []


def _viewed(name: str, layers: Sequence[MapLayer]) -> dict[str, str]:
    """Address of a subject on this map."""
    if name not in VIEWS:
        raise OutputError(
            f"opening of the map: there is no subject {name!r}", do=did_you_mean(name, VIEWS)
        )
    view, there = VIEWS[name], [layer.id for layer in layers]
    if not set(view.needs) & set(there):
        raise OutputError(f"opening of the map: nothing to show as {name}", do=view.why)
    made = {"layers": ",".join(one for one in view.layers if one in there)}
    lacks = {
        "theme": _themes(layers),
        "compare": MODES if set(COMPARED) <= set(there) else ("off",),
    }
    return made | {key: value for key, value in view.rest if value in lacks[key]}


def _themes(layers: Sequence[MapLayer]) -> list[str]:
    heads = [layer.head for layer in layers if layer.id == GROUND]
    return [theme["id"] for head in heads for theme in head["themes"]]


def _check(
    key: str, value: str, *, layers: Sequence[MapLayer], tables: Mapping[str, pd.DataFrame]
) -> None:
    there = [layer.id for layer in layers]
    if key == "layers":
        for name in filter(None, value.split(",")):
            _require(name, there, what="layer")
    elif key == "theme":
        _require(value, _themes(layers), what="theme")
    elif key == "compare":
        _require(value, MODES if set(COMPARED) <= set(there) else MODES[:1], what="comparison")
    elif key == "lang":
        _require(value, LANGUAGES, what="language")
    elif key in THINGS:
        name, column = THINGS[key]
        ids = [visible(i) for i in tables[name][column]] if name in tables else []
        _require(value, ids, what=key)
    elif key == "at":
        _require_place(value)
    else:
        known = ("layers", "theme", "compare", "lang", "at", *THINGS)
        raise OutputError(
            f"opening of the map: {key!r} is not understood", do=did_you_mean(key, known)
        )


def _require(value: str, known: Sequence[str], *, what: str) -> None:
    if value not in known:
        do = did_you_mean(value, known) if known else "this map has none"
        raise OutputError(f"opening of the map: there is no {what} {value!r}", do=do)


def _require_place(value: str) -> None:
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        numbers = []
    inside = numbers[1:] and abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180  # noqa: PLR2004 - degrees
    if len(numbers) > PLACE_NUMBERS or not inside or not all(map(isfinite, numbers)):
        raise OutputError(
            f"opening of the map: at={value!r} is no place",
            do="write latitude, longitude and, if you like, a zoom: at=30.5,114.4,16",
        )
