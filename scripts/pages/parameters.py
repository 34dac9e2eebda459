"""The page of parameters: `[parameters]`, `[plan]` and all other keys of a project file."""

from __future__ import annotations

import dataclasses
import inspect
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from numpydoc.docscrape import NumpyDocString

from gisland.base.parameters import FARTHEST_M, KNOWN_TEXTS, LEAST, POSITIVE, Parameters
from gisland.base.planchoices import COLUMN_RULES, PlanChoices
from gisland.base.schema import LAYERS
from gisland.base.useclasses import USE_CLASSES
from pages.text import MADE, ZH, code, md, prose, table, unit_of

KEYS_FILE = Path(__file__).with_name("project_keys.toml")
JOBS: dict[str, tuple[str, ...]] = {
    "Data check and repair": (
        *("overlap_min_m2", "gap_max_m2", "sliver_width_m", "recorded_share", "near_miss_m"),
        *("repair", "repair_max_m2"),
    ),
    "Areas, borders and streets": (
        *("area_basis", "tolerance_m", "min_border_m", "line_reach_m", "corridor_m"),
    ),
    "Enclaves (插花地)": ("enclave_share", "enclave_by"),
    "Sites and scraps (零星用地)": (
        *("site_overlap_share", "sandwiched_share", "interlocking_share", "hull_share"),
    ),
    "Plan": ("chain_links", "solver_seconds"),
    "Floor area and planning conditions": (
        *("floor_area", "high_storey_m", "estimate_floors", "storey_height_m"),
        *("zone_min_share", "scenario"),
    ),
    "Density surfaces": ("cell_m", "smooth_m"),
    "Redevelopment zones (改造片区)": ("zone_min_area_m2", "zone_unit_m2"),
    "Block lines (工业区块线)": (
        *("block_from", "block_seed_m2", "block_min_area_m2", "block_hole_m2", "block_neck_m"),
        *("block_boundary", "block_level_by", "block_level1_m2", "block_target_m2"),
    ),
}
PLAN_ZH = {
    "method": "求解方法：精确，或最长共边优先（仅供比较）",
    "objective": "目标：并入面积最大，或并入宗数最多",
    "consented": "同意并入的宗地或权利人名单",
    "protected": "不得并入的宗地名单",
    "required": "须优先并入的宗地名单",
    "decisions": "事先作出的决定：并入、不并入或指定项目",
    "alternatives": "是否计算次优方案和各项限制的影响",
    "sweep_caps": "另行试算的占比上限",
    "sweep_areas_m2": "另行试算的单宗面积上限",
    "columns": "各字段合并时的汇总方式",
}
PLAN_RANGES = {
    "columns": ", ".join(COLUMN_RULES),
    "decisions": "in, out, or a site",
    "sweep_caps": "above 0, at most 1",
    "sweep_areas_m2": "above 0",
}
HEAD = """# Parameters

What a run does is told by its project file (`gisland init` writes one, with comments). This page
lists every key. All but the path of the parcel layer may be left out; unknown keys are errors.
Parameters are thresholds of the geometric definitions and choices of method. Limits of policy are
no parameters: they stand in [rule sets](rules/README.md), with their source.

Every parameter with another value than its default is printed in the report and in `run.json`.

"""
NAMES = "In Python these are the fields of `gl.Parameters`.\n"


def parameters_page() -> str:
    """The page as Markdown."""
    parts = [MADE, HEAD, "## `[parameters]`\n\n", NAMES]
    fields = {field.name: field for field in dataclasses.fields(Parameters)}
    heads = ("name", "default", "unit", "range", "meaning", "中文")
    for job, names in JOBS.items():
        rows = [_parameter(fields[name]) for name in names]
        parts += [f"\n### {job}\n\n", table(heads, rows)]
    parts += ["\n## `[plan]`\n\nIn Python these are the fields of `gl.PlanChoices`.\n\n"]
    heads = ("key", "default", "range", "meaning", "中文")
    parts += [table(heads, [_choice(f) for f in dataclasses.fields(PlanChoices)])]
    for section, keys in project_keys().items():
        rows = [(code(k["key"]), *(prose(k[c]) for c in ("default", "en", "zh"))) for k in keys]
        parts += [f"\n## {code(f'[{section}]')}\n\n"]
        parts += [table(("key", "default", "meaning", "中文"), rows)]
    return "".join([*parts, _columns()])


def project_keys() -> dict[str, list[dict[str, str]]]:
    """Keys of the other tables of a project file, as they are told."""
    return tomllib.loads(KEYS_FILE.read_text("utf-8"))


def _parameter(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    name = field.name
    kind = get_type_hints(Parameters)[name]
    unit = unit_of(name) if kind is float else ""
    return (
        code(name),
        code(_toml(field.default)),
        md(unit),
        md(_range(name, kind)),
        md(str(field.metadata["note"])),
        md(ZH[f"parameter.{name}"]),
    )


def _choice(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    doc = NumpyDocString(inspect.getdoc(PlanChoices) or "")
    told = {p.name: " ".join(p.desc) for p in doc["Parameters"]}
    empty = field.default is None or field.default in ((), dataclasses.MISSING)
    choices = get_args(get_type_hints(PlanChoices)[field.name])
    allowed = ", ".join(c for c in choices if isinstance(c, str))
    return (
        code(field.name),
        "none" if empty else code(_toml(field.default)),
        md(PLAN_RANGES.get(field.name, allowed)),
        prose(told[field.name]),
        PLAN_ZH[field.name],
    )


def _toml(value: object) -> str:
    """A default as it is written in a project file."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:.12g}"


def _range(name: str, kind: Any) -> str:  # noqa: ANN401 - a type
    """What `Parameters` accepts."""
    if get_origin(kind) is tuple:
        known = KNOWN_TEXTS.get(name)
        return f"any of {', '.join(known)}" if known else "columns of the parcels"
    if choices := get_args(kind) if get_origin(kind) is not None else ():
        texts = [c for c in choices if isinstance(c, str)]
        if texts:
            return ", ".join(texts)
    if kind is not float:  # the scenario: a text or a number
        return "far_max, far_min, keep, a FAR above 0, or a column"
    least = f"above {LEAST.get(name, 0):g}" if name in POSITIVE else "0 or more"
    least = f"0, or {LEAST[name]:g} or more" if name in LEAST else least
    most = "1" if name.endswith("_share") else f"{FARTHEST_M:g}" if name.endswith("_m") else ""
    if name.endswith("_share"):
        return "0 to 1"
    return f"{least}, at most {most}" if most else least


def _columns() -> str:
    """Canonical columns that the fields of each layer may be mapped to."""
    classes = ", ".join(map(code, USE_CLASSES))
    start = (
        "\n## Columns of the layers\n\n`[layers.NAME.fields]` maps these names to columns of the"
        ' file: `owner = "QLRMC"`. What they mean stands in [Tables](tables.md#parcels).'
        f" Use classes are {classes}.\n\n"
    )
    rows = []
    for layer, columns in LAYERS.items():
        told = []
        for name, column in columns.items():
            one_of = f" ({', '.join(column.one_of)})" if column.one_of else ""
            told += [f"{code(name)}{one_of}"]
        rows += [(code(layer), ", ".join(told))]
    return "".join([start, table(("layer", "columns"), rows)])
