"""The page of public names: signature and docstring of each, grouped by the job it does."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

from numpydoc.docscrape import NumpyDocString, Parameter

import gisland
from pages.text import MADE, code, md, prose, table, unit_of

ROOT = Path(__file__).resolve().parents[2]
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Run a whole job": (
        "From a project file to a folder of results, as the command line does it.",
        ("run_demo", "run_project", "check_project", "sample_folder"),
    ),
    "Read": (
        "Layers in any state become tables; results become tables again.",
        (
            *("read_project", "project_of", "load_inputs", "read_parcels", "choices_of"),
            *("read_results", "crosswalk", "Inputs"),
        ),
    ),
    "Run in memory": (
        "The pipeline takes tables and returns tables; it opens no file.",
        ("run", "check_inputs", "Result", "Choices", "Parameters", "PlanChoices"),
    ),
    "Check and repair": (
        "Faults of a layer, and their repair with a ledger of every square metre.",
        ("check", "repair"),
    ),
    "Borders and topology": (
        "Who borders whom, for how long, across what, and how sure that is.",
        (
            *("borders", "trace", "recall", "across", "beyond", "corridor_strips"),
            *("overlap_areas", "components", "patches", "articulation"),
            *("to_networkx", "to_libpysal", "to_sparse"),
        ),
    ),
    "Detect": (
        "Facts of shape and place, and what follows from them.",
        ("shape_facts", "surroundings", "enclaves", "holdings", "mixture", "zone_links"),
    ),
    "Plan and split": (
        "The plan itself is made by `run`; a parcel is cut by `split`.",
        ("split", "balanced_units", "hierarchy"),
    ),
    "Measure": (
        "Amounts and ratios before and after.",
        (
            *("parcel_densities", "building_amounts", "planning_limits"),
            *("fragmentation_measures", "density_surfaces", "compare_dates"),
        ),
    ),
    "Block lines": (
        "Industrial block lines: drawn, checked, and what changes inside them.",
        ("check_block_lines", "delineate_blocks", "conversions", "concentration"),
    ),
    "Show and write": (
        "Maps that open anywhere, and files for other programs.",
        (
            *("explore", "map_layer", "blank_map", "folium_map", "map_results"),
            *("explain", "glossary", "write_shapefile", "write_tables"),
        ),
    ),
    "Prove": ("Written results are read again and proved.", ("verify_results", "cases")),
    "Rules": ("Limits are data, with their source.", ("load_rules", "rule_set_names", "RuleSet")),
    "Other": ("Errors, programs, and the version.", ("GislandError", "run_program", "__version__")),
}
HEAD = """# Public names

`import gisland as gl` gives the names below and no others; what is not here may change at any time.
Tables go in and tables come out (pandas and GeoPandas), in the order of the caller's rows; data
arguments are positional, all else is named. Units stand in the names: `_m`, `_m2`, `_mu`; a share
lies from 0 to 1. A fault of the input is a `GislandError` that says what is wrong and what to do.

The columns of the tables are on the page [Tables and columns](tables.md), parameters on
[Parameters](parameters.md), words on [Glossary](glossary.md).

"""


def api_page() -> str:
    """The page as Markdown."""
    parts = [MADE, HEAD]
    for title, (_, names) in GROUPS.items():
        links = ", ".join(f"[`{n}`](#{n.lower()})" for n in names if n in gisland.__all__)
        parts += [f"- **{title}**: {links}\n"]
    for title, (about, names) in GROUPS.items():
        parts += [f"\n## {title}\n\n{prose(about)}\n"]
        parts += [_entry(name) for name in names if name in gisland.__all__]
    return "".join(parts)


def _entry(name: str) -> str:
    thing = getattr(gisland, name)
    if name == "__version__":
        return "\n### `__version__`\n\nThe version, such as `0.1.0`.\n"
    home = Path(inspect.getfile(thing)).resolve().relative_to(ROOT).as_posix()
    doc = NumpyDocString(inspect.getdoc(thing) or "")
    if inspect.isclass(thing):
        call = "" if issubclass(thing, Exception) else _class_call(name, thing)
    else:
        call = f"gl.{name}({_joined(signature_of(thing))}){_returns(thing)}"
    parts = [
        f"\n### `{name}`\n\n",
        _paragraphs(doc["Summary"]),
        _paragraphs(doc["Extended Summary"]),
    ]
    parts += [f"```python\n{call}\n```\n\n"] if call else []
    parts += [_arguments(thing, doc), _members(thing)]
    for section in ("Returns", "Raises"):
        parts += [_told(section, doc[section])]
    for section in ("Notes", "References"):
        parts += [f"*{section}*\n\n", _paragraphs(doc[section])] if doc[section] else []
    parts += [_examples(doc["Examples"]), f"Source: `{home}`\n"]
    return "".join(parts)


# --- signatures, as they are written in the source ------------------------------------------------


@cache
def _node(thing: Any) -> tuple[ast.AST, str]:  # noqa: ANN401 - a function or class
    source = textwrap.dedent(inspect.getsource(thing))
    return ast.parse(source).body[0], source


def signature_of(thing: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - a function
    """Name, annotation and default of each argument; ``*`` stands between the two kinds."""
    node, source = _node(thing)
    if not isinstance(node, ast.FunctionDef):
        raise TypeError(thing)
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args]
    first = [None] * (len(given) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_argument(a, d, source) for a, d in zip(given, first, strict=True)]
    if arguments.vararg:
        found += [_argument(arguments.vararg, None, source, stars="*")]
    elif arguments.kwonlyargs:
        found += [("*", "", "")]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_argument(a, d, source) for a, d in named]
    if arguments.kwarg:
        found += [_argument(arguments.kwarg, None, source, stars="**")]
    return [argument for argument in found if argument[0] not in {"self", "cls"}]


def _argument(
    argument: ast.arg, default: ast.expr | None, source: str, *, stars: str = ""
) -> tuple[str, str, str]:
    return stars + argument.arg, _written(argument.annotation, source), _written(default, source)


def _written(node: ast.AST | None, source: str) -> str:
    return " ".join((ast.get_source_segment(source, node) or "").split()) if node else ""


def _joined(arguments: list[tuple[str, str, str]]) -> str:
    told = [f"{n}{f'={d}' if d else ''}" for n, _, d in arguments]
    line = ", ".join(told)
    return line if len(line) < 70 else "\n    " + ",\n    ".join(told) + ",\n"  # noqa: PLR2004


def _returns(thing: Any) -> str:  # noqa: ANN401 - a function
    node, source = _node(thing)
    returned = _written(getattr(node, "returns", None), source)
    return f" -> {returned}" if returned else ""


def _class_call(name: str, thing: type) -> str:
    if not dataclasses.is_dataclass(thing):
        return ""
    return f"gl.{name}({_joined([(n, '', d) for n, _, d, _ in _fields(thing)])})"


def _fields(thing: type) -> list[tuple[str, str, str, str]]:
    """Name, annotation, default and note of the fields of a class, as written in its body."""
    node, source = _node(thing)
    if not isinstance(node, ast.ClassDef):
        raise TypeError(thing)
    found = []
    for line in node.body:
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            continue
        value, note = line.value, ""
        if isinstance(value, ast.Call):
            field = next(f for f in dataclasses.fields(thing) if f.name == line.target.id)
            note = str(field.metadata.get("note", ""))
            value = value.args[0] if value.args else None
            if value is None:
                value = next((k.value for k in line.value.keywords if k.arg == "default"), None)
            text = _written(value, source) or "…"
        else:
            text = _written(value, source)
        found += [(line.target.id, _written(line.annotation, source), text, note)]
    return found


# --- sections of docstrings -----------------------------------------------------------------------


def _arguments(thing: Any, doc: NumpyDocString) -> str:  # noqa: ANN401 - a function or class
    told = {p.name.lstrip("*"): " ".join(p.desc) for p in doc["Parameters"]}
    for names, text in list(told.items()):
        told |= dict.fromkeys(re.split(r",\s*", names), text)
    if inspect.isclass(thing):
        if not dataclasses.is_dataclass(thing):
            given = [(p.name, p.type, "") for p in doc["Parameters"]]
        else:
            given = [(n, a, d) for n, a, d, _ in _fields(thing)]
            told |= {n: note for n, _, _, note in _fields(thing) if note}
        title = "*Fields*"
    else:
        given, title = signature_of(thing), "*Parameters*"
    rows = [
        (code(n), code(a), code(d), md(unit_of(n)), prose(told.get(n.lstrip("*"), "")))
        for n, a, d in given
        if n != "*"
    ]
    heads = ("name", "type", "default", "unit", "meaning")
    return f"{title}\n\n{table(heads, rows)}\n" if rows else ""


def _members(thing: Any) -> str:  # noqa: ANN401 - a function or class
    if not inspect.isclass(thing) or issubclass(thing, Exception):
        return ""
    rows = []
    for name, member in sorted(vars(thing).items()):
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        target = plain.fget if isinstance(plain, property) else plain
        if name.startswith("_") or not inspect.isfunction(target):
            continue
        summary = " ".join(NumpyDocString(inspect.getdoc(target) or "")["Summary"])
        call = "" if isinstance(plain, property) else f"({_joined(signature_of(target))})"
        rows += [(code(" ".join(f"{name}{call}".split())), prose(summary))]
    return f"*Methods and properties*\n\n{table(('name', 'what it gives'), rows)}\n" if rows else ""


def _told(section: str, items: list[Parameter]) -> str:
    lines = []
    for item in items:
        name = item.name or item.type
        kind = f" ({prose(item.type)})" if item.name and item.type else ""
        lines += [f"- {code(name)}{kind}: {prose(' '.join(item.desc))}\n"]
    return f"*{section}*\n\n{''.join(lines)}\n" if lines else ""


def _paragraphs(lines: list[str]) -> str:
    """Paragraphs and lists of a docstring."""
    found = re.split(r"\n\s*\n", "\n".join(lines).strip())
    told = []
    for block in filter(None, found):
        if re.match(r"\s*[-*] ", block):
            items = re.split(r"(?m)^\s*[-*] ", block)[1:]
            told += ["".join(f"- {prose(item)}\n" for item in items) + "\n"]
        else:
            told += [f"{prose(block)}\n\n"]
    return "".join(told)


def _examples(lines: list[str]) -> str:
    """Sessions as blocks of code, what stands between them as text."""
    parts = ["*Example*\n\n"] if lines else []
    for block in re.split(r"\n\s*\n", textwrap.dedent("\n".join(lines)).strip()):
        if block.startswith(">>>"):
            parts += [f"```pycon\n{block}\n```\n\n"]
        elif block:
            parts += [_paragraphs(block.split("\n"))]
    return "".join(parts)
