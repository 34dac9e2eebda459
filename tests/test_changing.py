"""The recipes of docs/changing.md: a rule set of one's own, and what a fragment test needs."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices
from gisland.base.rules import RuleSet, load_rules
from gisland.base.rulespecs import ALWAYS_MEASURED, FRAGMENT_TESTS
from gisland.base.schema import Inputs
from gisland.base.tables import PARCEL_RESULTS
from gisland.detect.facts import shape_facts
from gisland.pipeline import run
from gisland.present.style import LANGUAGES, catalog
from gisland.ruleshow import rules_app
from gisland.topology.borders import borders
from gisland.verify.fragments import MEASURES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "changing.md"
DEPTHS_M = {"a": 6.0, "b": 6.5, "c": 7.0}  # of strips, 200 m long


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The rule set of the page, in a file of its own."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert len(blocks) == 1
    path = tmp_path / "harbor.toml"
    path.write_text(blocks[0], "utf-8")
    return path


def lots() -> gpd.GeoDataFrame:
    """A site of 16 000 m² with three strips on its sides, each too narrow to stand alone."""
    shapes = {
        "S": box(0, 0, 200, 80),
        "a": box(0, 80, 200, 80 + DEPTHS_M["a"]),
        "b": box(0, -DEPTHS_M["b"], 200, 0),
        "c": box(200, -50, 200 + DEPTHS_M["c"], 150),
    }
    owners = {"site_id": ["S", None, None, None], "owner": ["甲", "乙", "丙", "丁"]}
    index = pd.Index(list(shapes), name="parcel_id")
    return gpd.GeoDataFrame(owners, geometry=list(shapes.values()), index=index, crs=4547)


def refused(rules: RuleSet, consented: list[str]) -> dict[str, str]:
    """Why each strip is not absorbed; nothing for one that is."""
    plan = PlanChoices(consented=tuple(consented))
    choices = Choices(rules, sites_from="field", plan=plan)
    parcels = run(Inputs(lots()), choices).tables["parcels"].set_index("parcel_id")
    return {i: str(parcels.loc[i, "reasons"] or "") for i in DEPTHS_M}


# --- a rule set of one's own --------------------------------------------------------------------


def test_the_file_is_checked_and_tells_what_it_changes(own: Path) -> None:
    done = CliRunner().invoke(rules_app, ["check", str(own)])
    assert done.exit_code == 0, done.output
    told = re.findall(r"^  (\S+) ", done.output, flags=re.MULTILINE)
    assert told == ["block_line.m0_share", "scrap.area_cap", "scrap.consent", "scrap.share_cap"]


def test_its_limits_decide(own: Path) -> None:
    rules = load_rules(own)
    found = refused(rules, ["a", "c"])
    assert found == {
        "a": "",  # 1200 m²: below 2 mu, 7.5 % of the site
        "b": "consent;share_cap",  # 1300 m²: 8.1 % of the site, 7.5 % with itself
        "c": "area_cap;share_cap",  # 1400 m²: 2.1 mu
    }


# --- a fragment test ----------------------------------------------------------------------------


@pytest.mark.parametrize("test", FRAGMENT_TESTS)
def test_a_fragment_test_is_measured_limited_named_and_proved(test: str) -> None:
    spec = FRAGMENT_TESTS[test]
    rules = load_rules("common")
    measured = shape_facts(lots(), borders(lots()), area_basis="plane", rules=rules)
    needed = {
        "a measure: gisland/detect/facts.py": spec.column in measured,
        "a result column: gisland/base/tables.py": spec.column in PARCEL_RESULTS,
        "a measure of its own: MEASURES of gisland/verify/fragments.py": test in MEASURES,
    }
    for use in ("default", "residential"):
        found = f"fragment.{test}.{use}" in rules.rules
        needed[f"a limit for {use}: gisland/base/rulesets/common.toml"] = found
    for key in (f"test.{test}", f"reason.{test}", f"column.{spec.column}"):
        found = all(catalog(language).get(key) for language in LANGUAGES)
        needed[f"words of {key}: gisland/present/catalog/common.toml"] = found
    lacking = [what for what, is_there in needed.items() if not is_there]
    assert not lacking, "; ".join([*lacking, "see docs/changing.md"])


def test_those_that_are_always_measured_are_tests() -> None:
    assert set(ALWAYS_MEASURED) < set(FRAGMENT_TESTS)
