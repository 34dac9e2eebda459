"""What all generated pages share: Markdown that text from data cannot break, and units by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gisland.base.rulespecs import SHAPE_UNITS
from gisland.present.style import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EN, ZH = catalog("en"), catalog("zh")
MADE = "<!-- Made by scripts/reference.py: do not edit; run python3 scripts/dev.py reference -->\n"
_MARKS = re.compile(r"([\\`*\[\]<>|~&#$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_LEADING = re.compile(r"^(\d+)([.)])|^([-+=])")
_CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
_ENDINGS = (  # the first that fits
    ("_term", "0 to 1"),
    ("_yuan_per_mu", "yuan/mu"),
    ("_per_mu", "count/mu"),
    ("_m_per_ha", "m/ha"),
    ("_m2", "m²"),
    ("_mu", "mu"),
    ("_ha", "ha"),
    ("_m", "m"),
    ("_yuan", "yuan"),
    ("_seconds", "s"),
    ("_share", "share, 0 to 1"),
)
_WHOLE = {
    "area": "m²",
    "share": "share, 0 to 1",
    "cap": "share, 0 to 1",
    "far": "ratio",
    "coverage": "share, 0 to 1",
    "green": "share, 0 to 1",
    "compactness": "0 to 1",
    "potential": "0 to 1",
    "score": "0 to 1",
    "elongation": "ratio",
    "storeys": "storeys",
    "floors": "storeys",
}


def md(text: object) -> str:
    """Text as Markdown shows it letter by letter, on one line."""
    line = " ".join(str(text).split())
    return _LEADING.sub(r"\\\3\1" if line[:1] in "-+=" else r"\1\\\2", _MARKS.sub(r"\\\1", line))


def code(text: object) -> str:
    """Text as a span of code, also where it holds backticks; a bar does not part a table."""
    line = " ".join(str(text).split()).replace("|", "\\|")
    if not line:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    room = " " if "`" in line else ""
    return f"{fence}{room}{line}{room}{fence}"


def prose(text: str) -> str:
    """Text of a docstring: what stands in backticks is code, all else is text."""
    parts, at = [], 0
    for found in _CODE.finditer(text):
        parts += [_part(text[at : found.start()]), code(found[1] or found[2])]
        at = found.end()
    return " ".join("".join([*parts, _part(text[at:])]).split())


def _part(text: str) -> str:
    return _MARKS.sub(r"\\\1", re.sub(r"\s+", " ", text))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; its cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell or ' ' for cell in line)} |\n" for line in lines)


def unit_of(name: str) -> str:
    """Unit of a column or argument, as its name tells it; empty where it has none."""
    for ending, unit in _ENDINGS:
        if name.endswith(ending):
            return unit
    stem = re.sub(r"_(before|after|min|max|including|excluding|boundary|actual|mean)$", "", name)
    words = re.sub(r"_(before|after)$", "", stem).split("_")
    for word in words if {"share", "far"} & set(words) else (words[0], words[-1]):
        if word in _WHOLE:
            return _WHOLE[word]
    return "m²" if "m2" in words else SHAPE_UNITS.get(name, "")


def both(key: str) -> tuple[str, str]:
    """Chinese and English text of a key of the catalogs; both empty where there is none."""
    return ZH.get(key, ""), EN.get(key, "")
