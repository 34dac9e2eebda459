"""The catalog names every code in both languages; colors survive color blindness."""

from __future__ import annotations

import itertools
import re
import string
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gisland.base import schema
from gisland.base.errors import ProjectError
from gisland.base.parameters import Parameters
from gisland.base.planchoices import IN, OUT
from gisland.base.rule import MODES, OPERATORS, STATUSES
from gisland.base.rulespecs import FRAGMENT_TESTS, SPECS
from gisland.base.schema import OVERALL, SITE, UNIT, ZONE
from gisland.base.surfaceclasses import DIVERGING, SEQUENTIAL
from gisland.base.tables import PARCEL_RESULTS
from gisland.detect.kinds import KINDS, RULE_IDS
from gisland.layers.writing.contract import TABLES
from gisland.measure.sums.indicatorspecs import MEASURED, ORDER, THEMES
from gisland.measure.sums.landuse import CLASSES, MERGED, PLANNED
from gisland.present import style
from gisland.present.messages import rule_text

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {
    "verdict": ("site", "absorbed", "eligible", "ineligible", "none"),
    "scrap_kind": KINDS,
    "use_class": CLASSES,
    "tenure": schema.TENURES,
    "outcome": schema.OUTCOMES,
    "severity": schema.SEVERITIES,
    "mode": MODES,
    "operator": tuple(OPERATORS),
    "rule_status": STATUSES,
    "test": (
        *(*FRAGMENT_TESTS, "adjacent", "share_cap", "area_cap"),
        *("not_developable", "same_tenure", "same_owner", "same_use", "planned_use", "exclusion"),
        *("total_cap", "compatible_use", "project_boundary", "consent", "protected"),
        *("far_not_above", "far", "coverage", "tax", "output", "investment", "status"),
        *("enclave", *RULE_IDS),
        *("vacant", "unfinished", "idle"),
    ),
    "reason": (
        *("cap_full", "count_full", "taken_by", "time_limit", "not_chosen", "no_geometry"),
        *("total_full", "decided_out", "decided_elsewhere", "not_connected", "missing"),
    ),
    "finding": (
        *("zone_without_parcels", "hierarchy_straddles"),
        *("null_geometry", "empty_geometry", "invalid_geometry", "duplicate_geometry", "overlap"),
        *("gap", "hairline_gaps", "enclosed_space", "sliver", "recorded_area", "multipart"),
        *(
            "spellings",
            "unknown_use",
            "unknown_tenure",
            "impossible_value",
            "no_overlap",
            "ids_made",
        ),
        *("industry_no_code", "date_unread", "date_month", "future_date"),
        "required_not_absorbed",
    ),
    "action": ("make_valid", "not_repairable"),
    "solver_status": ("optimal", "optimal_area", "time_limit", "greedy"),
    "alternative_kind": ("second_best", "greedy", "relaxed"),
    "alternative": ("second_best", "greedy"),
    "constraint": ("share_cap", "total_cap", "area_cap", "count_cap"),
    "change": ("added", "dropped", "moved", "as_before"),
    "decision": (IN, OUT),
    "explain.idle": (
        *("cap_full", "total_full", "count_full", "time_limit", "not_chosen", "not_connected"),
        *("decided_out", "decided_elsewhere"),
    ),
    "role": ("site", "absorbed", "kept", "no_geometry"),
    "enclave_kind": ("strict", "nearly", "jointly"),
    "denominator": (
        *(d for spec in SPECS.values() for d in spec.denominators),
        *("outer boundary", "boundary of the scrap", "area of the scrap"),
        *(spec.over for spec in MEASURED.values() if spec.over),
        "land_area_after",
    ),
    "attribute": ("owner", "tenure", "use_class", "planned_use", "planned_use_class"),
    "rule_id": ("definition.no_way_out", "definition.hole", "definition.corner"),
    "table": tuple(TABLES),
    "parameter": tuple(f.name for f in fields(Parameters)),
    "group_reason": ("min_lot", "min_width", "area_cap"),
    "unit": (
        *(spec.unit for spec in SPECS.values() if spec.unit),
        *(spec.unit for spec in MEASURED.values()),
    ),
    "use_basis": (MERGED, PLANNED),
    "subject": tuple(prefix.rstrip(":") for prefix in (OVERALL, SITE, ZONE, UNIT)),
    "column": (
        *(c for c in schema.PARCELS),
        *(c for c in schema.FINDINGS),
        *(c for c in schema.VERDICTS),
        *(c for table in TABLES.values() for c in table.columns),
        *PARCEL_RESULTS,
    ),
    "indicator": ORDER,
    "theme": THEMES,
}


@pytest.mark.parametrize("language", style.LANGUAGES)
@pytest.mark.parametrize("section", CODES)
def test_every_code_has_a_name(section: str, language: str) -> None:
    texts = style.catalog(language)
    assert [c for c in CODES[section] if not texts.get(f"{section}.{c}")] == []


@pytest.mark.parametrize("language", style.LANGUAGES)
def test_each_finding_has_a_text(language: str) -> None:
    texts = style.catalog(language)
    assert [c for c in CODES["finding"] if not texts.get(f"finding_text.{c}")] == []


@pytest.mark.parametrize("rule_id", [*RULE_IDS.values(), "parameters.enclave_share"])
def test_what_decides_without_a_rule_has_a_name(rule_id: str) -> None:
    assert rule_text(rule_id, texts=style.catalog("zh")) != rule_id


def test_each_test_can_be_a_reason() -> None:
    texts = style.catalog("en")
    assert [c for c in CODES["test"] if f"reason.{c}" not in texts] == []


def places(text: str) -> set[str]:
    """Names of the places for values in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_text_is_in_two_files() -> None:
    """The later file would win, and the other text would be changed in vain."""
    found: dict[str, list[str]] = {}
    for path in sorted((Path(style.__file__).parent / "catalog").glob("*.toml")):
        for key in keys_of(tomllib.loads(path.read_text("utf-8"))):
            found.setdefault(key, []).append(path.name)
    assert {key: files for key, files in found.items() if len(files) > 1} == {}


def keys_of(node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted keys of the texts of a catalog file."""
    for key, child in node.items():
        if "zh" in child:
            yield prefix + key
        else:
            yield from keys_of(child, f"{prefix}{key}.")


def test_the_languages_have_the_same_keys_and_the_same_places_for_values() -> None:
    zh, en = style.catalog("zh"), style.catalog("en")
    assert zh.keys() == en.keys()
    assert [key for key in zh if places(zh[key]) != places(en[key])] == []


def test_english_text_has_no_chinese_in_it() -> None:
    han = re.compile("[\u4e00-\u9fff]")
    found = [k for k, text in style.catalog("en").items() if han.search(text)]
    assert found == ["map.ui.language"]  # offers the other language in its own words


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ProjectError, match="language 'fr' is unknown; use zh or en"):
        style.catalog("fr")


# Machado, Oliveira and Fernandes 2009: full protanopia, deuteranopia, tritanopia on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def lab(color: str, *, seen: np.ndarray) -> np.ndarray:
    """CIE Lab (D65) of a color as somebody sees it."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(seen @ linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def closest(fills: list[str], *, seen: np.ndarray) -> float:
    """Smallest color difference (CIE 1976) between any two."""
    seen_as = [lab(f, seen=seen) for f in fills]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen_as, 2))


@pytest.mark.parametrize("kind", BLINDNESS)
def test_verdict_colors_stay_apart(kind: str) -> None:
    fills = [look.fill for look in style.VERDICTS.values()]
    assert closest(fills, seen=BLINDNESS[kind]) > 20


def test_the_measure_finds_a_bad_pair() -> None:
    red_and_green = ["#b5651d", "#6b8e23"]
    assert closest(red_and_green, seen=BLINDNESS["none"]) > 20
    assert closest(red_and_green, seen=BLINDNESS["deuteranopia"]) < 20


def test_classes_that_share_a_color_differ_in_their_dashes() -> None:
    for looks in (style.SCRAP_KINDS, style.BLOCK_LINES, style.ENCLAVES, style.LINKS):
        drawn = [(look.color, look.dash) for look in looks.values()]
        assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("colors", [SEQUENTIAL, DIVERGING], ids=["sequential", "diverging"])
def test_no_data_is_paler_than_every_class_of_amounts(colors: tuple[str, ...], kind: str) -> None:
    pale = lab(style.NO_DATA.fill, seen=BLINDNESS[kind])
    assert closest([*colors, style.NO_DATA.fill], seen=BLINDNESS[kind]) > 6
    assert all(lab(c, seen=BLINDNESS[kind])[0] < pale[0] for c in colors)
    assert style.NO_DATA.dash
    assert not any(style.classed(c).dash for c in colors)


@pytest.mark.parametrize("kind", BLINDNESS)
def test_links_are_seen_on_every_fill_of_parcels(kind: str) -> None:
    line = style.LINKS["absorbed"].color
    fills = [look.fill for look in style.VERDICTS.values()]
    for fill in (*fills, *SEQUENTIAL, *DIVERGING):
        assert closest([line, fill], seen=BLINDNESS[kind]) > 20, fill
