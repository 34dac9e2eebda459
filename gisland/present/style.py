"""Display text in Chinese and English from one catalog, and the colors of verdicts and kinds."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gisland.base.errors import ProjectError
from gisland.present.isolation import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LANGUAGES = ("zh", "en")
LANGUAGE_TAGS = MappingProxyType({"zh": "zh-CN", "en": "en"})  # as pages name them


@dataclass(frozen=True)
class Look:
    """How a class of features is drawn: outline, dash and fill, the same on map and legend.

    Parameters
    ----------
    color
        Outline, ``#rrggbb``.
    weight
        Outline width in pixels.
    dash
        Lengths of dashes and gaps in pixels, such as ``"8 5"``; empty is a solid line.
    fill
        Fill color; empty is no fill.
    opacity
        Of the fill, 0 to 1.
    """

    color: str
    weight: float = 1.0
    dash: str = ""
    fill: str = ""
    opacity: float = 1.0


_UNIT = re.compile(r"[ ]?[（(](m²?|元|元/亩|人/亩|yuan|yuan/mu)[)）]$")
_EDGE = "#6b7785"
_LINK = "#c000ff"  # apart from every fill of parcels: see the test
VERDICTS = {  # told apart by lightness too: see the test with simulated color blindness
    "site": Look(_EDGE, 0.8, fill="#8fb4dd"),
    "absorbed": Look(_EDGE, 0.8, fill="#00795c"),
    "eligible": Look(_EDGE, 0.8, fill="#f4dd4a"),
    "ineligible": Look(_EDGE, 0.8, fill="#d5602a"),
    "none": Look("#a9b2bc", 0.8, fill="#eef0f2"),
}
SCRAP_KINDS = {
    "corner": Look("#1d1d1d", 2, dash="6 4"),
    "sandwiched": Look("#1d1d1d", 2.5),
    "interlocking": Look("#1d1d1d", 2, dash="10 3 2 3"),
    "adjacent": Look("#1d1d1d", 1.5, dash="2 4"),
    "chained": Look("#1d1d1d", 2, dash="7 3 1 3 1 3"),
}
GROUND_USES = {  # quiet: lines are to be seen above them
    "industrial": Look("#a9b2bc", 0.8, fill="#e3d3bf"),
    "logistics": Look("#a9b2bc", 0.8, fill="#ddd6e8"),
    "other": Look("#a9b2bc", 0.8, fill="#f1f3f5"),
}
NO_DATA = Look(_EDGE, 0.8, dash="2 2", fill="#f7f8f9")  # as the ground: no class of amounts
LINKS = {
    "absorbed": Look(_LINK, 2.5),
    "eligible": Look(_LINK, 2, dash="7 4"),
    "ineligible": Look(_LINK, 1.5, dash="1.5 4"),
}
SITES = {
    "before": Look("#0b2f66", 2.5, dash="9 6"),
    "after": Look("#8a3fb0", 5),
}
ENCLAVES = {
    "strict": Look("#b8005c", 3, dash="2 5"),
    "nearly": Look("#b8005c", 2, dash="2 8"),
    "jointly": Look("#b8005c", 1.5, dash="1 4", fill="#b8005c", opacity=0.14),
}
SCRAP_GROUPS = Look("#00606b", 3, dash="9 3", fill="#00a3b5", opacity=0.15)
BLOCK_LINES = {  # the standard draws level 1 as a thick line, level 2 as a thinner, dashed one
    "1": Look("#7a1f1f", 4.5),
    "2": Look("#7a1f1f", 2.5, dash="12 6"),
    "other": Look("#7a1f1f", 2, dash="3 5"),
}
PROPOSED_LINES = {
    "1": Look("#0057b8", 4, dash="18 6 3 6"),
    "2": Look("#0057b8", 2.5, dash="8 5 2 5"),
    "other": Look("#0057b8", 2, dash="2 6"),
}
ADJUSTED_LINES = Look("#c2410c", 5, dash="4 4")
BLOCK_CHANGES = {
    "in": Look("#00695c", 3, fill="#009e8e", opacity=0.45),
    "out": Look("#c62828", 3, dash="6 5", fill="#c62828", opacity=0.12),
}
CONFLICTS = {  # fills are told apart by lightness, too
    "outside": Look("#8a5a00", 1, fill="#ffb02e", opacity=0.75),
    "other": Look("#3d1f6b", 1, fill="#5e35a8", opacity=0.9),
    "cut": Look("#8f0020", 1.5, dash="5 3", fill="#e0002f", opacity=0.55),
    "fails": Look("#e0002f", 13),  # seen on both sides of the line itself
}
ZONES = Look("#7d6608", 2.5, dash="16 5 3 5", fill="#c9a227", opacity=0.12)
ZONE_UNITS = Look("#7d6608", 1.5, dash="4 4", fill="#c9a227", opacity=0.08)
PARKS = Look("#2e5d34", 3, dash="1 6", fill="#2e5d34", opacity=0.06)
EXCLUSIONS = Look("#3c6e47", 2, dash="4 3", fill="#3c6e47", opacity=0.25)
ROADS = Look("#b9c0c8", 2, fill="#d9dde2")
PROJECT_BOUNDARY = Look("#111111", 2, dash="20 5")
SEVERITIES = {
    "error": Look("#a50026", 2.5, fill="#a50026", opacity=0.45),
    "warning": Look("#e08214", 2.5, fill="#e08214", opacity=0.4),
    "info": Look("#4575b4", 2.5, dash="6 4", fill="#4575b4", opacity=0.35),
}
OWN_TEXTS = (  # of columns of any table: dark enough for lines
    *("#1f77b4", "#d55e00", "#009e73", "#8a3fb0", "#b8860b"),
    *("#c2185b", "#00838f", "#5d4037", "#558b2f", "#283593"),
)
OWN_OTHER = "#7a8591"
OWN_RAMP = ("#c6d34f", "#6fb868", "#2f958b", "#2d6a92", "#432d7a")  # darker is more

BEFORE, AFTER = "#a9bccb", "#1f4e5f"  # bars of figures
USES = {  # near the colors of Chinese land-use maps
    "industrial": "#b0784f",
    "logistics": "#8d7bb5",
    "commercial": "#d2524a",
    "residential": "#f0c93a",
    "public": "#d977a8",
    "utility": "#4f86b0",
    "transport": "#9aa1a8",
    "green": "#5aa35a",
    "water": "#8cc9e4",
    "farm": "#b9cf7a",
    "reserve": "#d8c9a8",
    "not_classified": "#d5dadf",
    "other": "#76808a",
}


def classed(color: str) -> Look:
    """Look of a class of amounts.

    Parameters
    ----------
    color
        Fill.

    Returns
    -------
    Look
        With the edge that parcels have.

    Examples
    --------
    >>> classed("#fbf3ac").fill
    '#fbf3ac'
    """
    return Look(_EDGE, 0.8, fill=color)


@cache
def catalog(language: str) -> Mapping[str, str]:
    """All display text of one language, by dotted key.

    The text lives in ``present/catalog/*.toml``: ``[section]`` tables whose entries are
    ``key = { zh = "…", en = "…" }``.

    Parameters
    ----------
    language
        ``zh`` or ``en``.

    Returns
    -------
    Mapping
        Such as ``{"verdict.absorbed": "并入", …}``.

    Raises
    ------
    ProjectError
        If there is no such language.

    Examples
    --------
    >>> catalog("en")["verdict.absorbed"]
    'absorbed'
    """
    if language not in LANGUAGES:
        raise ProjectError(f"language {language!r} is unknown", do="use zh or en")
    folder = resources.files("gisland.present") / "catalog"
    texts: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            for key, entry in _leaves("", tomllib.loads(file.read_text("utf-8"))):
                texts[key] = entry[language]
    # Where a value brings its own unit, the name of its column goes without.
    columns = [(key, name) for key, name in texts.items() if key.startswith("column.")]
    texts |= {key.replace("column.", "fact.", 1): _UNIT.sub("", name) for key, name in columns}
    return MappingProxyType({key: Form(text) for key, text in texts.items()})


def _leaves(prefix: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for key, child in node.items():
        dotted = f"{prefix}.{key}" if prefix else key
        if set(child) == set(LANGUAGES):
            yield dotted, child
        else:
            yield from _leaves(dotted, child)
