"""Texts that would act, break or turn around what stands beside them, and tables full of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely.affinity import translate

if TYPE_CHECKING:
    from pathlib import Path

LONG = 10_000
STEP_M = 1_500.0  # between two copies of a district
CODED = re.compile(
    r"(^|_)(kind|verdict|reasons?|class|use|outcome|operator|unit|mode|role|theme|by)$"
)
HALF = re.compile("[\ud800-\udfff]")
WHAT_RUNS = "window.hacked = '{n}'"


def texts(markers: Path) -> dict[str, str]:
    """Hostile texts by name; one that runs in Python makes a folder of its name in `markers`."""
    run = WHAT_RUNS
    python = "cycler.__init__.__globals__.os.mkdir('{markers}/{n}')"
    forms = {
        "script": f"</script><script>{run}</script>",
        "textarea": f"</textarea></title></select><script>{run}</script>",
        "comment": f"<!--<script>--><script>{run}</script>",
        "image": f'<img src=x onerror="{run}">',
        "svg": f'<svg onload="{run}"><animate onbegin="{run}">',
        "double": f'" onmouseover="{run}" autofocus onfocus="{run}" x="',
        "single": f"' onfocus='{run}' x='",
        "quotes": "\"'“”‘’«»",
        "string": f'"); {run}; //',
        "apostrophes": f"'); {run}; //",
        "backtick": f"`); {run}; //",
        "backslash": f"\\`); {run}; //",
        "tail": "\\",
        "dollar": f"${{{run}}}",
        "backticks": f"`${{{run}}}`",
        "replace": "$& $1 $` $' $$",
        "print": "{{ " + python + " }}",
        "statement": "{% set a = " + python + " %}",
        "unclosed": "{% if %}{{",
        "remark": "{#3-12",
        "places": "{0} {id} {name!r:>{x}} {}",
        "link": f"javascript:{run}",
        "formula": "=cmd|' /C calc'!A0",
        "hyper": '=HYPERLINK("http://a.invalid";"x")',
        "plus": "+1",
        "minus": "-1",
        "at": "@SUM(1)",
        "wide": "＝1+1",
        "blanks": "\ttab\rreturn\nline",
        "control": "a\x01\x08\x0b\x1b[2J\x7f\x85b",
        "nul": "a\x00b",
        "turn": "\u202egnp.exe",
        "isolate": "\u2067a\u2066b",
        "ends": "\u2069\u202c\u2069x",
        "mixed": "\u202ea\n\u202eb",
        "marks": "\ufdd0constructor\ufdd1{n}\ufdd2\ufdd2\ufdd0",
        "number": "\ufdd00\ufdd2",
        "surrogate": "a\ud800b\udfff",
        "noncharacter": "a\ufffe\uffffb",
        "style": "} body { display: none } </style><style> * { color: red }",
        "content": '"; } @import url(//a.invalid); \\22 \\',
        "cdata": "]]><x>",
        "arrow": "--><b>",
        "entity": "&lt;b&gt; &#123;&#123; &amp;amp; _x0041_",
        "separator": "a\u2028b\u2029c",
        "list": "a;b:c,d|e&f=g#h%41/../",
        "proto": "__proto__",
        "long": "长" * LONG,
        "word": "W" * LONG,
    }  # fmt: skip
    return {
        name: form.replace("{n}", name).replace("{markers}", markers.as_posix())
        for name, form in forms.items()
    }


def is_text(values: pd.Series) -> bool:
    """Whether a column holds texts."""
    return any(isinstance(value, str) for value in values.tolist())


def poisoned(table: pd.DataFrame, text: str, *, codes: bool, step: int) -> pd.DataFrame:
    """The table with the text before every text, moved aside; coded columns only with `codes`."""
    spoiled = table.copy()
    for column in table.columns:
        if column == "geometry" or not is_text(table[column]):
            continue
        if CODED.search(str(column)) and not codes:
            continue
        values = [text + v if isinstance(v, str) and v else v for v in table[column].tolist()]
        spoiled[column] = pd.Series(values, index=table.index, dtype="object")
    if isinstance(table, gpd.GeoDataFrame):
        moved = [None if g is None else translate(g, step * STEP_M) for g in table.geometry]
        spoiled = spoiled.set_geometry(gpd.GeoSeries(moved, index=table.index, crs=table.crs))
    return spoiled


def district(
    tables: Mapping[str, pd.DataFrame], hostile: Mapping[str, str], *, codes: bool = False
) -> dict[str, Any]:
    """Tables with one copy of every row for each hostile text; the texts name columns as well."""
    made = {}
    for name, table in tables.items():
        copies = [
            poisoned(table, text, codes=codes, step=i) for i, text in enumerate(hostile.values())
        ]
        whole = pd.concat(copies, ignore_index=True)
        if isinstance(table, gpd.GeoDataFrame):
            whole = gpd.GeoDataFrame(whole, geometry="geometry", crs=table.crs)
        made[name] = whole
    return made


def named(tables: Mapping[str, pd.DataFrame], hostile: Mapping[str, str]) -> dict[str, Any]:
    """Tables with columns more that are named by the texts, and hold them."""
    made = {}
    for name, table in tables.items():
        wider = table.copy()
        names = [t for t in hostile.values() if HALF.search(t) is None]  # pandas refuses those
        extra = pd.DataFrame([names] * len(table), index=table.index, columns=names)
        wider = pd.concat([wider, extra], axis=1)
        if isinstance(table, gpd.GeoDataFrame):
            wider = gpd.GeoDataFrame(wider, geometry="geometry", crs=table.crs)
        made[name] = wider
    return made


def record(run: Any, text: str) -> Any:  # noqa: ANN401 - what JSON holds
    """The record of a run with the text before every text of it; keys and ids of rules stay."""
    if isinstance(run, str):
        return text + run
    if isinstance(run, Mapping):
        kept = {"id", "as_of", "language"}
        return {k: v if k in kept else record(v, text) for k, v in run.items()}
    return [record(item, text) for item in run] if isinstance(run, (list, tuple)) else run
