"""Capacity of sites before and after, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from districts import at, layer, lots, rule, rule_set
from gisland.base.parameters import Parameters
from gisland.layers.writing.contract import TABLES
from gisland.measure.planned.capacity import capacity_table
from gisland.measure.planned.limits import planning_limits
from gisland.measure.planned.scenarios import planned_far
from gisland.measure.planned.sitelimits import site_limits

NAN = float("nan")
ON, OFF = rule_set(rule("scrap.site_conditions")), rule_set()
LINES = pd.DataFrame(
    {
        "parcel_id": ["c", "d", "k", "s", "t"],
        "after_id": ["S", "S", "k", "S", "T"],
        "role": ["absorbed", "absorbed", "kept", "site", "site"],
    }
)
FLOORS = {"s": 9000.0, "c": 100.0, "d": 0.0, "t": 500.0, "k": 7.0}
# s 10 000 m² and c 1000 m² in zone M (FAR 1.0 to 2.0), d 500 m² in zone R (3.0); t in neither
SHAPES = {
    "s": at(0, 0, 100, 100),
    "c": at(0, -10, 100, 10),
    "d": at(100, 0, 5, 100),
    "t": at(500, 0, 40, 50),
    "k": at(0, 100, 100, 10),
}
ZONES = layer(
    "zone_id",
    {"M": at(0, -50, 100, 200), "R": at(100, -50, 200, 200)},
    far_min=[1.0, NAN],
    far_max=[2.0, 3.0],
)


def table(
    *, rules: object = ON, scenario: str | float = "far_max", **floors: float
) -> pd.DataFrame:
    parcels = lots(SHAPES, floor_m2=[(FLOORS | floors)[i] for i in SHAPES])
    parcels = parcels.assign(area_m2=parcels.area)
    limits = planning_limits(parcels, ZONES, None, parameters=Parameters())
    parcels = parcels.join(limits.by_parcel)
    ends = site_limits(limits, LINES, rules=rules)  # type: ignore[arg-type]
    far = planned_far(parcels, LINES, ends, sites=None, scenario=scenario)
    found = capacity_table(
        parcels,
        LINES,
        ends,
        planned_far=far,
        scenario=scenario,
        rules=rules,  # type: ignore[arg-type]
    )
    assert set(found.columns) == set(TABLES["capacity"].columns)
    kinds = {c: found[c].dtype.name for c in found}
    assert kinds == dict(TABLES["capacity"].columns)
    return found.set_index("site_id")


def test_the_limits_of_the_site_on_all_of_its_land() -> None:
    row = table().loc["S"]
    assert row[["area_before_m2", "scrap_area_m2", "area_after_m2"]].tolist() == pytest.approx(
        [10_000, 1500, 11_500]
    )
    assert (row["scenario"], row["rule_id"]) == ("far_max", "scrap.site_conditions")
    assert (row["far_max_before"], row["far_max_after"], row["planned_far"]) == (2.0, 2.0, 2.0)
    assert row["capacity_max_before_m2"] == pytest.approx(20_000)
    assert row["capacity_max_after_m2"] == pytest.approx(23_000)
    assert row["capacity_min_after_m2"] == pytest.approx(11_500)
    assert row["gained_m2"] == pytest.approx(3000)
    assert row["scrap_capacity_max_m2"] == pytest.approx(2000 + 1500)
    assert row["gained_net_m2"] == pytest.approx(-500)  # the scraps alone allowed more
    assert row["existing_m2"] == 9100
    assert row["left_m2"] == pytest.approx(23_000 - 9100)
    assert row["planned_floor_m2"] == pytest.approx(23_000)


def test_the_limits_of_the_scraps_themselves() -> None:
    row = table(rules=OFF).loc["S"]
    assert row["rule_id"] == ""
    assert row["far_max_after"] == pytest.approx((11_000 * 2 + 500 * 3) / 11_500)
    assert row["capacity_max_after_m2"] == pytest.approx(23_500)
    assert row["gained_m2"] == pytest.approx(3500)
    assert row["gained_net_m2"] == pytest.approx(0, abs=1e-6)
    assert row["planned_floor_m2"] == pytest.approx(23_500)


def test_unknown_stays_unknown() -> None:
    found = table(c=NAN)
    site = found.loc["S"]
    assert pd.isna(site["existing_m2"])
    assert pd.isna(site["left_m2"])
    assert pd.isna(site["scrap_capacity_min_m2"])  # zone R has no minimum
    assert site["gained_m2"] == pytest.approx(3000)
    none = found.loc["T"]
    assert none[["far_max_after", "capacity_max_after_m2", "left_m2", "gained_m2"]].isna().all()
    assert none["existing_m2"] == 500
    assert (none["scrap_area_m2"], none["scrap_capacity_max_m2"]) == (0, 0)
    assert pd.isna(none["planned_floor_m2"])


def test_more_than_is_allowed_is_not_clipped() -> None:
    assert table(s=30_000.0).loc["S", "left_m2"] == pytest.approx(23_000 - 30_100)


@pytest.mark.parametrize(
    ("scenario", "name", "floor"),
    [("keep", "keep", 9100), (1.5, "1.5", 17_250), ("minimum", "far_min", 11_500)],
)
def test_floor_area_by_scenario(scenario: str | float, name: str, floor: float) -> None:
    row = table(scenario=scenario).loc["S"]
    assert row["scenario"] == name
    assert row["planned_floor_m2"] == pytest.approx(floor)
    assert row["capacity_max_after_m2"] == pytest.approx(23_000)  # whatever the scenario


def test_what_exists_is_kept_where_nothing_is_planned() -> None:
    assert table(scenario="keep").loc["T", "planned_floor_m2"] == 500


def test_case_3_of_tianjin() -> None:
    # 43 383.0 m² and a scrap of 1 688.4 m² at FAR 1.7: 45 071.4 m² and 76 621.38 m²
    parcels = lots({"N": at(0, 0, 433.83, 100), "c": at(433.83, 0, 16.884, 100)})
    parcels = parcels.assign(area_m2=[43_383.0, 1_688.4], floor_m2=[53_300.0, 0.0])
    zone = layer("zone_id", {"Z": at(-9, -9, 900, 900)}, far_max=[1.7])
    lines = pd.DataFrame(
        {"parcel_id": ["N", "c"], "after_id": ["X", "X"], "role": ["site", "absorbed"]}
    )
    limits = planning_limits(parcels, zone, None, parameters=Parameters())
    for rules in (ON, OFF):
        ends = site_limits(limits, lines, rules=rules)
        far = planned_far(parcels, lines, ends, sites=None, scenario="far_max")
        row = capacity_table(
            parcels.join(limits.by_parcel),
            lines,
            ends,
            planned_far=far,
            scenario="far_max",
            rules=rules,
        ).iloc[0]
        assert row["far_max_after"] == 1.7
        assert row["area_after_m2"] == pytest.approx(45_071.4, abs=1e-9)
        assert row["planned_floor_m2"] == pytest.approx(76_621.38, abs=1e-6)
        assert row["gained_m2"] == pytest.approx(1.7 * 1688.4)
        assert row["gained_net_m2"] == pytest.approx(0, abs=1e-6)
        assert row["left_m2"] == pytest.approx(23_321.38)


def test_no_site_no_row() -> None:
    parcels = lots({"k": at(0, 0, 9, 9)}).assign(area_m2=81.0)
    lines = pd.DataFrame({"parcel_id": ["k"], "after_id": ["k"], "role": ["kept"]})
    ends = site_limits(
        planning_limits(parcels, None, None, parameters=Parameters()), lines, rules=ON
    )
    far = planned_far(parcels, lines, ends, sites=None, scenario="far_max")
    found = capacity_table(parcels, lines, ends, planned_far=far, scenario="far_max", rules=ON)
    assert len(found) == 0
    assert set(found.columns) == set(TABLES["capacity"].columns)


def test_the_order_of_rows_does_not_matter() -> None:
    parcels = lots(SHAPES, floor_m2=list(FLOORS.values()))
    parcels = parcels.assign(area_m2=parcels.area * (1 / 3))
    made = []
    for step in (1, -1):
        mixed, lines = parcels[::step], LINES[::step]
        limits = planning_limits(mixed, ZONES[::step], None, parameters=Parameters())
        ends = site_limits(limits, lines, rules=OFF)
        far = planned_far(mixed, lines, ends, sites=None, scenario="far_max")
        full = mixed.join(limits.by_parcel)
        made.append(
            capacity_table(full, lines, ends, planned_far=far, scenario="far_max", rules=OFF)
        )
    pd.testing.assert_frame_equal(made[0], made[1], check_exact=True)
