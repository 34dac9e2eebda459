from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from districts import rule, rule_set
from gisland.base.errors import ProjectError
from gisland.base.parameters import Parameters
from gisland.base.planchoices import PlanChoices
from gisland.base.schema import VERDICTS
from gisland.plan.eligible.eligibility import deciding_failures, eligibility

if TYPE_CHECKING:
    from gisland.base.rule import Rule

SITE = {"area_m2": 90_000.0, "boundary_area_m2": float("nan"), "planned_far_max": 2.0}
MEMBERS = pd.Series({"s": "S", "t": "S"}, name="site_id")


def judged(
    *rules: Rule,
    scrap: dict[str, Any] | None = None,
    site: dict[str, Any] | None = None,
    inside: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
    area_m2: float = 1500.0,
    border_m: float = 20.0,
    members: pd.Series = MEMBERS,
    choices: PlanChoices | None = None,
    **of_pair: Any,  # noqa: ANN401 - values of columns
) -> pd.DataFrame:
    """Verdict rows of scrap ``c`` at site ``S`` of the parcels ``s`` and ``t``, by test."""
    pairs = pd.DataFrame(
        {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [area_m2], "border_m": [border_m]}
    )
    pairs = pairs.assign(**of_pair)
    rows = {"c": {"fragment": True, **(scrap or {})}, "s": inside[0], "t": inside[1]}
    parcels = pd.DataFrame.from_dict(rows, orient="index")
    sites = pd.DataFrame([{**SITE, **(site or {})}], index=["S"])
    lists = {} if choices is None else {"choices": choices}
    found = eligibility(
        pairs, parcels, sites, members=members, rules=rule_set(*rules), min_border_m=1.0, **lists
    )
    assert list(found.columns) == list(VERDICTS)
    assert (found["subject"] == "S").all()
    return found.set_index("test")


def outcome(test: str, *rules: Rule, **more: Any) -> str:  # noqa: ANN401 - passed on
    return str(judged(*rules, **more).loc[test, "outcome"])


@pytest.mark.parametrize(
    ("border_m", "expected"), [(20.0, "pass"), (1.0, "pass"), (0.99, "fail"), (0.0, "fail")]
)
def test_adjacent(border_m: float, expected: str) -> None:
    row = judged(border_m=border_m).loc["adjacent"]
    assert row["outcome"] == expected
    assert (row["value"], row["limit"], row["operator"], row["unit"]) == (border_m, 1.0, ">=", "m")
    assert (row["mode"], row["rule_id"]) == ("on", "scrap.adjacent")


def test_a_corner_can_never_be_called_adjacent() -> None:
    with pytest.raises(ProjectError, match=r"min_border_m is 0.0; give a number above 0"):
        Parameters(min_border_m=0.0)


def test_without_rules_only_adjacency_is_tested() -> None:
    assert judged().index.tolist() == ["adjacent"]


@pytest.mark.parametrize(
    ("area_m2", "operator", "expected"),
    [
        (10_000.0, "<=", "pass"),
        (10_000.0, "<", "fail"),
        (9_999.99, "<", "pass"),
        (10_000.01, "<=", "fail"),
    ],
)
def test_share_cap_of_one_scrap(area_m2: float, operator: str, expected: str) -> None:
    row = judged(rule("scrap.share_cap", operator=operator), area_m2=area_m2).loc["share_cap"]
    assert row["outcome"] == expected
    assert row["value"] == area_m2 / (90_000 + area_m2)
    assert (row["limit"], row["denominator"], row["unit"]) == (0.1, "including", "share")


def test_share_cap_over_a_boundary() -> None:
    cap = rule("scrap.share_cap", denominator="boundary")
    assert outcome("share_cap", cap) == "missing"
    assert outcome("share_cap", cap, site={"boundary_area_m2": 15_000.0}) == "pass"
    assert outcome("share_cap", cap, site={"boundary_area_m2": 14_999.0}) == "fail"


@pytest.mark.parametrize(
    ("area_m2", "operator", "expected"),
    [
        (2000.0, "<=", "pass"),
        (2000.0, "<", "fail"),
        (2000.01, "<=", "fail"),
        (1999.99, "<", "pass"),
    ],
)
def test_area_cap(area_m2: float, operator: str, expected: str) -> None:
    row = judged(rule("scrap.area_cap", operator=operator), area_m2=area_m2).loc["area_cap"]
    assert row["outcome"] == expected
    assert (row["value"], row["limit"], row["unit"]) == (area_m2, 2000.0, "m2")


@pytest.mark.parametrize(("fragment", "expected"), [(True, "pass"), (False, "fail")])
def test_not_developable(fragment: bool, expected: str) -> None:  # noqa: FBT001 - a value
    found = outcome("not_developable", rule("scrap.not_developable"), scrap={"fragment": fragment})
    assert found == expected


SAME = [
    ("same_tenure", "tenure", "state", "collective"),
    ("same_owner", "owner", "甲公司", "乙公司"),
    ("same_use", "use_class", "industrial", "residential"),
]


@pytest.mark.parametrize(("test", "column", "one", "other"), SAME)
def test_same_as_the_site(test: str, column: str, one: str, other: str) -> None:
    same = rule(f"scrap.{test}")

    def found(scrap: str | None, *inside: str | None) -> str:
        return outcome(
            test,
            same,
            scrap={column: scrap},
            inside=({column: inside[0]}, {column: inside[1]}),
        )

    assert found(one, one, one) == "pass"
    assert found(one, other, one) == "pass"  # one of several of the site
    assert found(one, other, other) == "fail"
    assert found(one, None, one) == "pass"
    assert found(one, None, None) == "missing"
    assert found(None, one, one) == "missing"


@pytest.mark.parametrize(("test", "column", "one", "other"), SAME)
def test_without_the_column_it_is_not_assessed(
    test: str, column: str, one: str, other: str
) -> None:
    del one, other
    found = judged(rule(f"scrap.{test}"))
    assert column not in found
    assert found.loc[test, "outcome"] == "not_assessed"


def test_a_listed_owner_passes_whatever_the_site_has() -> None:
    same = rule("scrap.same_owner", value=("土地储备中心",))
    scrap = {"owner": "土地储备中心"}
    assert outcome("same_owner", same, scrap=scrap, inside=({"owner": "甲"}, {})) == "pass"
    assert outcome("same_owner", same, scrap=scrap, inside=({"owner": None}, {})) == "pass"
    longer = {"owner": "某区土地储备中心"}  # compared as a whole
    assert outcome("same_owner", same, scrap=longer, inside=({"owner": "甲"}, {})) == "fail"


def test_another_sites_owner_does_not_count() -> None:
    found = outcome(
        "same_owner",
        rule("scrap.same_owner"),
        scrap={"owner": "甲"},
        inside=({"owner": "乙"}, {"owner": "甲"}),
        members=pd.Series({"s": "S", "t": "T"}),
    )
    assert found == "fail"


def test_planned_use() -> None:
    barred = rule("scrap.forbidden_planned_use")

    def found(text: str | None, use: str | None) -> str:
        return outcome("planned_use", barred, scrap={"planned_use": text, "planned_use_class": use})

    assert found("M1", "industrial") == "pass"
    assert found("R2", "residential") == "fail"
    assert found("商品住宅", None) == "fail"
    assert found(None, None) == "missing"
    assert outcome("planned_use", barred) == "not_assessed"
    assert outcome("planned_use", barred, scrap={"planned_use": "M1"}) == "pass"


@pytest.mark.parametrize(("overlap", "expected"), [(0.0, "pass"), (0.004, "pass"), (0.01, "fail")])
def test_exclusion(overlap: float, expected: str) -> None:
    row = judged(rule("scrap.exclusion"), scrap={"exclusion_m2": overlap}).loc["exclusion"]
    assert row["outcome"] == expected
    assert row["value"] == overlap


def test_exclusion_without_a_layer_is_not_assessed() -> None:
    assert outcome("exclusion", rule("scrap.exclusion")) == "not_assessed"


@pytest.mark.parametrize(
    ("own", "site", "expected"),
    [
        (1.5, 2.0, "pass"),
        (2.0, 2.0, "pass"),
        (2.0000001, 2.0, "pass"),  # ratios are compared at 1e-6
        (2.1, 2.0, "fail"),
        (None, 2.0, "missing"),
        (1.5, None, "missing"),
    ],
)
def test_far_not_above(own: float | None, site: float | None, expected: str) -> None:
    found = outcome(
        "far_not_above",
        rule("scrap.far_not_above"),
        scrap={"planned_far_max": own},
        site={"planned_far_max": float("nan") if site is None else site},
        inside=({"planned_far_max": 1.0}, {}),
    )
    assert found == expected


def test_far_without_zoning_is_not_assessed() -> None:
    assert outcome("far_not_above", rule("scrap.far_not_above")) == "not_assessed"


# --- chains: what lies between counts -----------------------------------------------------------


@pytest.mark.parametrize(
    ("links", "border_m", "link_m", "expected", "value"),
    [
        (0, 20.0, None, "pass", 20.0),
        (0, 0.5, None, "fail", 0.5),
        (1, 0.5, 12.0, "pass", 12.0),
        (3, 0.0, 1.0, "pass", 1.0),
    ],
)
def test_adjacent_through_other_scraps(
    links: int, border_m: float, link_m: float | None, expected: str, value: float
) -> None:
    row = judged(border_m=border_m, links=links, link_m=link_m).loc["adjacent"]
    assert (row["outcome"], row["value"], row["limit"]) == (expected, value, 1.0)
    assert (row["mode"], row["rule_id"], row["unit"]) == ("on", "scrap.adjacent", "m")


def test_a_chain_forgives_nothing_but_the_border() -> None:
    rules = map(rule, ["scrap.share_cap", "scrap.total_cap", "scrap.area_cap"])
    found = judged(*rules, area_m2=10_000.01, border_m=0.0, links=2, link_m=9.0)
    assert found["outcome"].to_dict() == {
        "adjacent": "pass",
        "area_cap": "fail",
        "share_cap": "fail",
        "total_cap": "fail",
    }


# --- roundings, total, compatible use, boundary, lists ------------------------------------------


@pytest.mark.parametrize("test", ["share_cap", "area_cap", "total_cap"])
def test_areas_are_compared_at_the_rounding_of_the_rule(test: str) -> None:
    limit = {"share_cap": 10_000.0, "area_cap": 2000.0, "total_cap": 3000.0}[test]
    for operator, more, expected in [
        ("<=", 0.49, "pass"),
        ("<=", 0.51, "fail"),
        ("<", -0.51, "pass"),
        ("<", -0.49, "fail"),
    ]:
        whole = rule(f"scrap.{test}", operator=operator, rounding_m2=1.0)
        assert outcome(test, whole, area_m2=limit + more) == expected, (operator, more)


@pytest.mark.parametrize(
    ("area_m2", "operator", "expected"),
    [
        (3000.0, "<=", "pass"),
        (3000.0, "<", "fail"),
        (3000.01, "<=", "fail"),
        (2999.99, "<", "pass"),
    ],
)
def test_a_scrap_alone_above_the_total(area_m2: float, operator: str, expected: str) -> None:
    row = judged(rule("scrap.total_cap", operator=operator), area_m2=area_m2).loc["total_cap"]
    assert row["outcome"] == expected
    assert (row["value"], row["limit"], row["unit"]) == (area_m2, 3000.0, "m2")
    assert (row["operator"], row["rule_id"]) == (operator, "scrap.total_cap")


@pytest.mark.parametrize(
    ("own", "site", "expected"),
    [
        ("industrial", "industrial", "pass"),
        ("industrial", "logistics", "pass"),
        ("logistics", "industrial", "pass"),
        ("utility", "logistics", "pass"),
        ("logistics", "utility", "pass"),
        ("industrial", "utility", "fail"),  # each goes with logistics, not with the other
        ("residential", "residential", "pass"),
        ("residential", "industrial", "fail"),
        (None, "industrial", "missing"),
        ("industrial", None, "missing"),
        (None, None, "missing"),
    ],
)
def test_compatible_use(own: str | None, site: str | None, expected: str) -> None:
    fits = rule("scrap.compatible_use", value=("industrial + logistics", "logistics+utility"))
    row = judged(fits, scrap={"planned_use_class": own}, site={"planned_use_class": site}).loc[
        "compatible_use"
    ]
    assert (row["outcome"], row["rule_id"]) == (expected, "scrap.compatible_use")


def test_compatible_use_without_a_plan_is_not_assessed() -> None:
    fits, use = rule("scrap.compatible_use"), {"planned_use_class": "industrial"}
    assert outcome("compatible_use", fits) == "not_assessed"
    assert outcome("compatible_use", fits, scrap=use) == "not_assessed"
    assert outcome("compatible_use", fits, site=use) == "not_assessed"
    alone = rule("scrap.compatible_use", value=())
    assert outcome("compatible_use", alone, scrap=use, site=use) == "pass"


@pytest.mark.parametrize(
    ("share", "operator", "expected"),
    [
        (0.5, ">=", "pass"),
        (0.5, ">", "fail"),
        (0.4999996, ">=", "pass"),  # shares are compared at 1e-6
        (0.49999, ">=", "fail"),
        (1.0, ">", "pass"),
        (float("nan"), ">=", "missing"),
    ],
)
def test_project_boundary(share: float, operator: str, expected: str) -> None:
    inside = rule("scrap.project_boundary", operator=operator)
    row = judged(inside, scrap_boundary_share=share).loc["project_boundary"]
    assert row["outcome"] == expected
    assert row["value"] == pytest.approx(share, nan_ok=True)
    assert (row["limit"], row["unit"], row["denominator"]) == (0.5, "share", "scrap area")


def test_without_boundaries_nothing_is_said_of_them() -> None:
    assert outcome("project_boundary", rule("scrap.project_boundary")) == "not_assessed"


@pytest.mark.parametrize(
    ("listed", "owner", "expected"),
    [
        (("c",), "甲", "pass"),
        (("c",), None, "pass"),
        (("x", "甲（厂） "), "甲(厂)", "pass"),  # compared as names are
        (("x", "甲(厂)"), "甲（厂） ", "pass"),
        (("x", "甲"), "乙", "fail"),
        (("x", "甲"), None, "missing"),
        (("C", " "), " ", "missing"),  # ids are compared as they are; blanks are no name
        ((), "甲", "fail"),
        ((), None, "missing"),
        (None, "甲", "not_assessed"),
        (None, None, "not_assessed"),
    ],
)
def test_consent(listed: tuple[str, ...] | None, owner: str | None, expected: str) -> None:
    chosen = PlanChoices(consented=listed)
    row = judged(rule("scrap.consent"), scrap={"owner": owner}, choices=chosen).loc["consent"]
    assert (row["outcome"], row["rule_id"]) == (expected, "scrap.consent")


def test_consent_without_owners_goes_by_the_ids() -> None:
    asked = rule("scrap.consent")
    assert outcome("consent", asked, choices=PlanChoices(consented=("c",))) == "pass"
    assert outcome("consent", asked, choices=PlanChoices(consented=("x",))) == "missing"
    assert outcome("consent", asked) == "not_assessed"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [(("c", "x"), "fail"), (("x",), "pass"), ((), "pass")],
)
def test_protected(listed: tuple[str, ...], expected: str) -> None:
    chosen = PlanChoices(protected=listed)
    row = judged(rule("scrap.protected"), choices=chosen).loc["protected"]
    assert (row["outcome"], row["rule_id"]) == (expected, "scrap.protected")


def test_without_a_list_nothing_is_protected_and_nothing_is_told() -> None:
    assert "protected" not in judged(rule("scrap.protected")).index


# --- every test in every mode -------------------------------------------------------------------

EVERY = [
    "scrap.share_cap",
    "scrap.total_cap",
    "scrap.compatible_use",
    "scrap.project_boundary",
    "scrap.consent",
    "scrap.protected",
    "scrap.area_cap",
    "scrap.not_developable",
    "scrap.same_tenure",
    "scrap.same_owner",
    "scrap.same_use",
    "scrap.forbidden_planned_use",
    "scrap.exclusion",
    "scrap.far_not_above",
]
FAILING: dict[str, Any] = {
    "scrap": {
        "fragment": False,
        "tenure": "state",
        "owner": None,
        "use_class": "residential",
        "planned_use": "R2",
        "planned_use_class": "residential",
        "exclusion_m2": 9.0,
        "planned_far_max": 3.0,
    },
    "inside": (
        {"tenure": "collective", "owner": "甲", "use_class": "industrial"},
        {"tenure": "collective", "owner": "甲", "use_class": "industrial"},
    ),
    "site": {"planned_use_class": "industrial"},
    "choices": PlanChoices(consented=("x",), protected=("c",)),
    "area_m2": 50_000.0,
    "border_m": 0.5,
    "scrap_boundary_share": 0.25,
}
PAIR = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})


@pytest.mark.parametrize("mode", ["off", "advisory"])
def test_only_rules_that_are_on_decide(mode: str) -> None:
    found = judged(*[replace(rule(r), mode=mode) for r in EVERY], **FAILING)
    assert len(found) == (1 if mode == "off" else 15)
    assert set(found["mode"][1:]) <= {mode}
    assert not (found["outcome"] == "pass").any()
    assert deciding_failures(found.reset_index(), PAIR).tolist() == ["adjacent"]


def test_all_failures_are_told_in_the_order_of_the_alphabet() -> None:
    found = judged(*map(rule, EVERY), **FAILING).reset_index()
    tests = "adjacent area_cap compatible_use missing:consent exclusion far_not_above"
    tests += " not_developable planned_use project_boundary protected"
    tests += " missing:same_owner same_tenure same_use share_cap total_cap"
    assert deciding_failures(found, PAIR).tolist() == [tests.replace(" ", ";")]
    assert set(found["rule_id"]) == {"scrap.adjacent", *EVERY}


def test_not_assessed_does_not_decide_and_other_pairs_stay_apart() -> None:
    found = judged(*map(rule, ["scrap.exclusion", "scrap.same_owner"])).reset_index()
    two = pd.DataFrame({"parcel_id": ["c", "c"], "site_id": ["T", "S"]}, index=[7, 3])
    assert deciding_failures(found, two).to_dict() == {7: "", 3: ""}
    failing = found.assign(outcome="fail")
    assert deciding_failures(failing, two).to_dict() == {
        7: "",
        3: "adjacent;exclusion;same_owner",
    }


@pytest.mark.parametrize("mode", ["on", "advisory"])
def test_no_pairs_at_all(mode: str) -> None:
    pairs = pd.DataFrame(
        {
            "parcel_id": pd.Series([], dtype="str"),
            "site_id": pd.Series([], dtype="str"),
            "area_m2": pd.Series([], dtype="float64"),
            "border_m": pd.Series([], dtype="float64"),
        }
    )
    parcels = pd.DataFrame.from_dict({"s": FAILING["scrap"]}, orient="index")
    for sites in (pd.DataFrame([SITE], index=["S"]), pd.DataFrame(SITE, index=[]).astype(float)):
        found = eligibility(
            pairs,
            parcels,
            sites,
            members=MEMBERS[:1],
            rules=rule_set(*[replace(rule(r), mode=mode) for r in EVERY]),
            min_border_m=1.0,
        )
        assert list(found.columns) == list(VERDICTS)
        assert found.empty
        assert deciding_failures(found, pairs).empty
