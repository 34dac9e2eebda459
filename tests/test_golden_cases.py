"""Published cases with checked numbers, built with exactly those areas and run from end to end.

Cases of the ministry's third batch of redevelopment pilots (2025-12) and of Xiangtan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from districts import MU_M2, at, layer, lots, planned, rule, with_rules

if TYPE_CHECKING:
    from gisland.base.result import Result

N_M2, SCRAP_M2 = 43_383.0, 1_688.4


def strips(
    site_m2: float, scraps_m2: list[float], *, width_m: float = 10.0
) -> tuple[dict[str, object], list[str | None]]:
    """A site and strips of exact areas on its sides, too narrow to be developed alone."""
    long = max(a / width_m for a in scraps_m2)
    shapes: dict[str, object] = {"N": at(0, 0, site_m2 / long, long)}
    places = [(-width_m, 0.0), (site_m2 / long, 0.0)]
    for k, area in enumerate(scraps_m2[:2]):
        shapes[f"c{k + 1}"] = at(*places[k], width_m, area / width_m)
    for area in scraps_m2[2:]:
        shapes["c3"] = at(0, long, area / width_m, width_m)
    return shapes, ["N", *[None] * len(scraps_m2)]


def ran(site_m2: float, scraps_m2: list[float], rules: object, **more: object) -> Result:
    shapes, site = strips(site_m2, scraps_m2)
    return planned(lots(shapes, site_id=site), rules, **more)  # type: ignore[arg-type]


def site_row(result: Result) -> pd.Series:
    sites = result.tables["sites"]
    assert len(sites) == 1
    return sites.iloc[0]


def reasons(result: Result) -> dict[str, str]:
    return dict(result.tables["plan"][["parcel_id", "reasons"]].itertuples(index=False))


def verdict(result: Result, test: str) -> pd.DataFrame:
    rows = result.tables["verdicts"]
    return rows[(rows["test"] == test) & (rows["subject"] != "")]


# --- case 3, Tianjin Beichen: one scrap that the land bank held -----------------------------------


@pytest.fixture(scope="module")
def case_3() -> Result:
    shapes, site = strips(N_M2, [SCRAP_M2])
    parcels = lots(
        shapes,
        site_id=site,
        owner=["天士力", "土地整理中心"],
        tenure=["state", "state"],
        use_class=["industrial", "industrial"],
        floor_area_m2=[53_300.0, 0.0],
    )
    zone = layer(
        "zone_id",
        {"Z": at(-100, -100, 900, 900)},
        planned_use=["M1"],
        use_class=["industrial"],
        far_max=[1.7],
    )
    boundary = layer("boundary_id", {"D": at(-10, -10, 88_900 / 230, 230)})
    return planned(parcels, "tianjin-2024", zoning=zone, project_boundary=boundary)


def test_case_3_the_scrap_is_eligible_and_absorbed(case_3: Result) -> None:
    plan = case_3.tables["plan"]
    assert plan[["parcel_id", "site_id", "verdict", "reasons"]].to_numpy().tolist() == [
        ["c1", "N", "absorbed", ""]
    ]
    tests = case_3.tables["verdicts"].query("subject == 'N'").set_index("test")
    assert tests["outcome"].to_dict() == {
        "adjacent": "pass",
        "not_developable": "pass",
        "planned_use": "pass",
        "same_owner": "pass",  # a listed land bank
        "same_tenure": "pass",
        "same_use": "pass",
        "share_cap": "pass",
        "exclusion": "not_assessed",
    }


def test_case_3_areas_and_shares(case_3: Result) -> None:
    site = site_row(case_3)
    assert site["area_before_m2"] == pytest.approx(43_383.0, abs=0.005)
    assert site["scrap_area_m2"] == pytest.approx(1_688.4, abs=0.005)
    assert site["area_after_m2"] == pytest.approx(45_071.4, abs=0.005)
    assert site["scrap_share"] == site["scrap_share_including"]
    assert round(site["scrap_share_including"] * 100, 3) == 3.746
    assert round(site["scrap_share_excluding"] * 100, 3) == 3.892
    assert round(site["scrap_share_boundary"] * 100, 3) == 1.899  # 1 688.4 of 88 900 m²
    assert (site["cap"], site["cap_operator"], site["share_denominator"]) == (
        0.1,
        "<=",
        "including",
    )
    assert site["optimal"]
    assert site["bound_m2"] == 1688.4


def test_case_3_planned_floor_area(case_3: Result) -> None:
    site = site_row(case_3)
    assert site["planned_far"] == 1.7
    assert site["far_after"] == pytest.approx(1.7, abs=1e-9)
    assert round(site["far_before"], 4) == round(53_300 / 43_383.0, 4)
    table = case_3.tables["indicators"].set_index(["subject", "indicator"])
    assert table.loc[("site:N", "counted_floor_area"), "after"] == pytest.approx(
        76_621.38, abs=0.01
    )
    gained = table.loc[("site:N", "capacity_gained"), "after"]
    assert gained == pytest.approx(1.7 * 1_688.4, abs=0.01)


@pytest.mark.parametrize("rules", ["guangdong-2009", "wanzhou", "national-2023-171"])
def test_case_3_passes_the_3_mu_tests_too(rules: str) -> None:
    assert reasons(ran(N_M2, [SCRAP_M2], rules)) == {"c1": ""}


# --- case 10, Jinhua Lanxi: collective scrap beside state land ------------------------------------


def test_case_10_is_eligible() -> None:
    shapes, site = strips(94.93 * MU_M2, [2.41 * MU_M2])
    parcels = lots(shapes, site_id=site, tenure=["state", "collective"])
    result = planned(parcels, "tianjin-2024")
    row = site_row(result)
    assert row["area_after_m2"] / MU_M2 == pytest.approx(97.34, abs=1e-6)
    assert round(row["scrap_share"] * 100, 2) == 2.48
    assert result.tables["plan"]["verdict"].tolist() == ["absorbed"]
    # the tenure differs, which only advises
    tenure = verdict(result, "same_tenure").iloc[0]
    assert (tenure["outcome"], tenure["mode"]) == ("fail", "advisory")


# --- Xiangtan: 12 of 73 mu ------------------------------------------------------------------------


def test_xiangtan_is_refused_by_the_share_cap() -> None:
    result = ran(61 * MU_M2, [12 * MU_M2], "tianjin-2024")
    row = verdict(result, "share_cap").iloc[0]
    assert row["outcome"] == "fail"
    assert round(row["value"] * 100, 1) == 16.4
    assert (row["limit"], row["operator"], row["denominator"]) == (0.1, "<=", "including")
    plan = result.tables["plan"].iloc[0]
    assert (plan["verdict"], plan["reasons"]) == ("ineligible", "share_cap")
    assert plan["rule_id"] == "scrap.share_cap"
    site = site_row(result)
    assert site["absorbed_ids"] == ""
    assert round(site["candidate_share_including"] * 100, 1) == 16.4
    assert site["scrap_share"] == 0


@pytest.mark.parametrize("rules", ["guangdong-2009", "wanzhou"])
def test_xiangtan_fails_the_3_mu_tests_too(rules: str) -> None:
    assert reasons(ran(61 * MU_M2, [12 * MU_M2], rules)) == {"c1": "area_cap"}


# --- case 13, Quanzhou Dehua: three scraps of 7.03 mu each ----------------------------------------

THREE = [21.1 / 3 * MU_M2] * 3


def test_case_13_is_refused_under_3_mu() -> None:
    result = ran(255 * MU_M2, THREE, "guangdong-2009")
    assert reasons(result) == {"c1": "area_cap", "c2": "area_cap", "c3": "area_cap"}
    rows = verdict(result, "area_cap")
    assert (rows["value"] / MU_M2).round(3).tolist() == [7.033] * 3
    assert set(zip(rows["limit"], rows["operator"], rows["unit"], strict=True)) == {
        (2000.0, "<", "m2")
    }
    assert result.tables["plan"]["rule_id"].unique().tolist() == ["scrap.area_cap"]


def test_case_13_the_denominator_decides() -> None:
    boundary = layer("boundary_id", {"D": at(-20, -20, 306 * MU_M2 / 900, 900)})
    plant = site_row(ran(255 * MU_M2, THREE, "guangdong-2009", project_boundary=boundary))
    assert plant["candidate_area_m2"] / MU_M2 == pytest.approx(21.1)
    assert plant["boundary_area_m2"] / MU_M2 == pytest.approx(306)
    assert round(plant["candidate_share_boundary"] * 100, 2) == 6.90
    assert round(plant["candidate_share_including"] * 100, 2) == 7.64
    core = site_row(ran(82.06 * MU_M2, THREE, "guangdong-2009"))
    assert round(core["candidate_share_including"] * 100, 1) == 20.5


@pytest.mark.parametrize(
    ("site_mu", "denominator", "absorbed"),
    [
        (255, "boundary", 3),  # 21.1 of 306 mu
        (255, "including", 3),
        (82.06, "including", 1),  # 9.12 mu at most
        (82.06, "excluding", 1),  # 8.21 mu at most
        (82.06, "boundary", 3),
    ],
)
def test_case_13_under_a_10_percent_cap(site_mu: float, denominator: str, absorbed: int) -> None:
    rules = with_rules("tianjin-2024", rule("scrap.share_cap", denominator=denominator))
    boundary = layer("boundary_id", {"D": at(-20, -20, 306 * MU_M2 / 900, 900)})
    result = ran(site_mu * MU_M2, THREE, rules, project_boundary=boundary)
    plan = result.tables["plan"]
    assert (plan["verdict"] == "absorbed").sum() == absorbed
    assert site_row(result)["share_denominator"] == denominator
    left = plan[plan["verdict"] != "absorbed"]
    assert (left["reasons"] == "cap_full").all()
    assert site_row(result)["scrap_share"] <= 0.1


# --- case 25, Wanzhou: three scraps of at most 3 mu -----------------------------------------------


def test_case_25_exactly_3_mu_passes_and_a_hair_more_fails() -> None:
    result = ran(120 * MU_M2, [2000.0, 2000.02, 1500.0], "wanzhou")
    assert reasons(result) == {"c1": "", "c2": "area_cap", "c3": ""}
    rows = verdict(result, "area_cap").set_index("parcel_id")
    assert rows["outcome"].to_dict() == {"c1": "pass", "c2": "fail", "c3": "pass"}
    assert (rows["operator"] == "<=").all()


def test_case_25_exactly_3_mu_fails_where_it_must_be_less() -> None:
    assert reasons(ran(120 * MU_M2, [2000.0, 1999.98], "guangdong-2009")) == {
        "c1": "area_cap",
        "c2": "",
    }


def test_case_25_three_scraps_are_supplied_together() -> None:
    result = ran(120 * MU_M2, [2000.0, 1900.0, 1800.0], "wanzhou")
    site = site_row(result)
    assert site["absorbed_ids"] == "c1;c2;c3"
    assert site["scrap_area_m2"] == pytest.approx(5700.0, abs=0.01)
    assert pd.isna(site["cap"])  # no cap on the share
