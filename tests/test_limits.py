"""Planning limits of parcels: by hand, cell by cell, and on a real plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, affinity, box

from districts import frame, rule, rule_set
from gisland.base.conditions import CONDITIONS
from gisland.base.errors import CRSError, TableError
from gisland.base.parameters import Parameters
from gisland.layers.fields.numbers import parse_numbers
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.measure.planned.limits import PlanningLimits, planning_limits
from gisland.measure.planned.sitelimits import site_limits, site_planning
from limits_oracle import Layout, parcel_limits

if TYPE_CHECKING:
    from pathlib import Path

NAN = float("nan")
LOTS = frame(
    {"b": box(10, 0, 20, 10), "a": box(0, 0, 10, 10), "c": box(90, 0, 99, 9), "gone": None}
)
LOTS["area_m2"] = LOTS.area.where(LOTS.geometry.notna())
ZONING = frame(
    {"Z1": box(0, 0, 14, 10), "Z2": box(14, 0, 40, 10)},
    "zone_id",
    planned_use=["M1", "R2"],
    use_class=["industrial", "residential"],
    far_max=[1.7, 2.5],
)


def found(
    lots: gpd.GeoDataFrame = LOTS,
    zoning: gpd.GeoDataFrame | None = None,
    overlay: gpd.GeoDataFrame | None = None,
    **parameters: object,
) -> PlanningLimits:
    return planning_limits(lots, zoning, overlay, parameters=Parameters(**parameters))  # type: ignore[arg-type]


def lot(shape: object = None, area_m2: float | None = None, **own: float) -> gpd.GeoDataFrame:
    shape = box(0, 0, 10, 10) if shape is None else shape
    made = frame({"a": shape}, **{k: [v] for k, v in own.items()})
    return made.assign(area_m2=made.area if area_m2 is None else area_m2)


def limit(limits: PlanningLimits, name: str = "far_max", parcel: str = "a") -> float:
    return float(limits.by_parcel.loc[parcel, f"planned_{name}"])


# --- zones ----------------------------------------------------------------------------------------


def test_one_zone_gives_exactly_its_limit_and_several_their_mean() -> None:
    limits = found(zoning=ZONING)
    assert limits.by_parcel.loc["a"].to_dict() == {
        "planning_zone_id": "Z1",
        "planned_use": "M1",
        "planned_use_class": "industrial",
        "planned_far_max": 1.7,
    }
    assert limits.by_parcel.loc["b", "planning_zone_id"] == "Z2"  # 60 of 100 m²
    assert limit(limits, parcel="b") == pytest.approx(0.4 * 1.7 + 0.6 * 2.5)
    assert limits.known_m2["far_max"].tolist() == pytest.approx([100, 100, 0, 0])


def test_no_zone_no_limits() -> None:
    limits = found(zoning=ZONING)
    assert limits.by_parcel.loc[["c", "gone"]].isna().all(axis=None)
    assert limits.by_parcel.index.tolist() == ["b", "a", "c", "gone"]
    assert limits.by_parcel["planned_far_max"].dtype == "float64"


def test_of_heights_the_strictest_holds() -> None:
    zoning = ZONING.assign(height_max_m=[24.0, 50.0], height_min_m=[6.0, 9.0])
    limits = found(zoning=zoning)
    assert limit(limits, "height_max_m", "b") == 24.0
    assert limit(limits, "height_min_m", "b") == 9.0


def test_a_sliver_of_a_zone_has_no_say() -> None:
    zones = frame(
        {"Z": box(0.05, 0, 99, 10), "Y": box(-9, 0, 0.05, 10)},
        "zone_id",
        far_max=[2.0, 9.0],
        height_max_m=[50.0, 5.0],
    )
    limits = found(lot(), zones)
    assert (limit(limits), limit(limits, "height_max_m")) == (2.0, 50.0)
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(99.5)
    heard = found(lot(), zones, zone_min_share=0.005)
    assert limit(heard, "height_max_m") == 5.0
    assert limit(heard) == pytest.approx(0.995 * 2.0 + 0.005 * 9.0)


def test_a_limit_known_on_less_than_half_is_missing() -> None:
    zones = frame({"Z": box(0, 0, 5, 10), "Y": box(5, 0, 99, 10)}, "zone_id", far_max=[2.0, NAN])
    assert limit(found(lot(), zones)) == 2.0
    assert math.isnan(limit(found(lot(), zones.assign(far_max=[NAN, NAN]))))
    less = zones.assign(geometry=[box(0, 0, 4.99, 10), box(4.99, 0, 99, 10)])
    limits = found(lot(), less)
    assert math.isnan(limit(limits))
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(49.9)
    assert limits.by_parcel.loc["a", "planning_zone_id"] == "Y"


def test_equal_limits_are_not_rounded() -> None:
    thirds = {f"Z{k}": box(k * 10 / 3, 0, (k + 1) * 10 / 3, 10) for k in range(3)}
    for value in (0.1, 1.1, 1.7, 2.3):
        zones = frame(thirds, "zone_id", far_max=[value] * 3)
        assert limit(found(lot(), zones)) == value


def test_minimum_above_maximum_stays() -> None:
    limits = found(lot(), frame({"Z": box(0, 0, 9, 9)}, "z", far_min=[3.0], far_max=[1.0]))
    assert (limit(limits, "far_min"), limit(limits)) == (3.0, 1.0)


def test_areas_are_on_the_basis_of_the_run() -> None:
    zones = ZONING.set_geometry([box(0, 0, 6, 10), box(6, 0, 99, 10)], crs=4547)
    limits = found(lot(area_m2=50.0), zones)
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(50.0)
    assert limits.pairs["overlap_m2"].tolist() == pytest.approx([60.0, 40.0])
    assert limits.by_parcel.loc["a", "planning_zone_id"] == "Z1"


# --- zones that overlap ---------------------------------------------------------------------------


def test_stacked_zones_are_told_and_scaled() -> None:
    zones = frame({"Z": box(0, 0, 10, 10), "Y": box(0, 0, 10, 5)}, "zone_id", far_max=[2.0, 1.0])
    limits = found(lot(), zones)
    assert limit(limits) == pytest.approx((100 * 2.0 + 50 * 1.0) / 150)
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(100)
    assert limits.pairs.to_numpy().tolist() == [
        ["a", "Y", pytest.approx(100 / 3)],
        ["a", "Z", pytest.approx(200 / 3)],
    ]
    (finding,) = limits.findings
    assert (finding["code"], finding["parcel_id"], finding["severity"]) == (
        "zones_overlap",
        "a",
        "warning",
    )
    assert finding["value"] == pytest.approx(50)
    assert limits.by_parcel.loc["a", "planning_zone_id"] == "Z"


def test_stacked_zones_count_once_where_they_do_not_cover_the_parcel() -> None:
    twice = frame({"Z": box(0, 0, 4, 10), "Y": box(0, 0, 4, 10)}, "zone_id", far_max=[2.0, 1.0])
    limits = found(lot(), twice)
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(40)
    assert math.isnan(limit(limits))  # known on 40 %, not on 80 %
    assert limits.findings[0]["value"] == pytest.approx(40)


def test_noise_between_zones_is_only_told() -> None:
    zones = frame({"Z": box(0, 0, 5.01, 10), "Y": box(5, 0, 10, 10)}, "zone_id", far_max=[2.0, 2.0])
    limits = found(lot(), zones)
    assert [f["severity"] for f in limits.findings] == ["info"]
    assert limit(limits) == 2.0
    clean = frame({"Z": box(0, 0, 5, 10), "Y": box(5, 0, 10, 10)}, "zone_id", far_max=[2.0, 2.0])
    assert found(lot(), clean).findings == []


# --- overlays and the parcels' own ----------------------------------------------------------------

ZONE = frame({"Z": box(0, 0, 10, 10)}, "zone_id", far_max=[2.0], height_max_m=[50.0])


def test_an_overlay_goes_before_the_zone_where_it_states_the_condition() -> None:
    overlay = frame({"O": box(0, 0, 4, 10)}, "overlay_id", far_max=[1.0], coverage_max=[0.3])
    limits = found(lot(), ZONE, overlay)
    assert limit(limits) == pytest.approx(0.4 * 1.0 + 0.6 * 2.0)
    assert limit(limits, "height_max_m") == 50.0
    assert math.isnan(limit(limits, "coverage_max"))  # on 40 % of the parcel only
    assert limits.known_m2.loc["a"].tolist() == pytest.approx([100, 40, 100])


def test_an_overlay_over_all_hides_the_zone_also_where_it_is_laxer() -> None:
    overlay = frame({"O": box(-9, -9, 99, 99)}, "overlay_id", far_max=[3.0], height_max_m=[NAN])
    limits = found(lot(), ZONE, overlay)
    assert (limit(limits), limit(limits, "height_max_m")) == (3.0, 50.0)


def test_of_overlapping_overlays_the_stricter_holds() -> None:
    overlay = frame(
        {"P": box(0, 0, 6, 10), "O": box(4, 0, 10, 10)},
        "overlay_id",
        far_max=[1.0, 3.0],
        far_min=[0.2, 0.6],
    )
    limits = found(lot(), ZONE, overlay)
    assert limit(limits) == pytest.approx(0.6 * 1.0 + 0.4 * 3.0)
    assert limit(limits, "far_min") == pytest.approx(0.4 * 0.2 + 0.6 * 0.6)


def test_a_sliver_of_an_overlay_leaves_the_zone_as_it_is() -> None:
    overlay = frame({"O": box(0, 0, 0.05, 10)}, "overlay_id", height_max_m=[3.0], far_max=[0.1])
    limits = found(lot(), ZONE, overlay)
    assert (limit(limits), limit(limits, "height_max_m")) == (2.0, 50.0)
    assert limits.known_m2.loc["a", "far_max"] == pytest.approx(100)
    rest = frame({"O": box(0.05, 0, 10, 10)}, "overlay_id", height_max_m=[80.0])
    assert limit(found(lot(), ZONE, rest), "height_max_m") == 80.0  # 0.5 % of the zone is left


def test_the_parcel_itself_goes_before_all() -> None:
    overlay = frame({"O": box(0, 0, 10, 10)}, "overlay_id", far_max=[1.0])
    limits = found(lot(far_max=4.0), ZONE, overlay)
    assert limit(limits) == 4.0
    assert limit(found(lot(far_max=NAN), ZONE, overlay)) == 1.0
    assert limit(found(lot(far_max=4.0))) == 4.0  # without any layer
    assert "planning_zone_id" not in found(lot(far_max=4.0)).by_parcel


def test_a_parcel_without_land_has_no_limits() -> None:
    limits = found(LOTS.assign(far_max=[1.0, 2.0, 3.0, 4.0]))
    assert limits.by_parcel["planned_far_max"].tolist()[:3] == [1.0, 2.0, 3.0]
    assert math.isnan(limit(limits, parcel="gone"))


def test_invalid_overlays_and_zones_hold_nowhere() -> None:
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    overlay = frame({"O": bowtie, "P": None}, "overlay_id", far_max=[1.0, 1.0])
    assert limit(found(lot(), ZONE, overlay)) == 2.0
    broken = frame({"Z": bowtie}, "zone_id", far_max=[1.0])
    assert math.isnan(limit(found(lot(), broken, overlay)))


# --- whole layers ---------------------------------------------------------------------------------


def test_without_layers_there_is_no_column() -> None:
    limits = found()
    assert limits.by_parcel.columns.tolist() == []
    assert limits.by_parcel.index.equals(LOTS.index)
    assert (len(limits.pairs), limits.findings) == (0, [])


def test_layers_for_nobody_and_far_away_keep_the_columns() -> None:
    far = ZONING.set_geometry(ZONING.translate(9000, 0))
    columns = found(zoning=ZONING).by_parcel.columns.tolist()
    assert found(zoning=far).by_parcel.isna().all(axis=None)
    nobody = found(LOTS.iloc[:0], ZONING)
    assert nobody.by_parcel.columns.tolist() == columns
    assert found(zoning=ZONING.iloc[:0]).by_parcel.columns.tolist() == columns


def test_ids_and_crs_are_checked() -> None:
    with pytest.raises(CRSError, match="reproject one to the other's CRS"):
        found(zoning=ZONING.set_crs(4546, allow_override=True))
    with pytest.raises(TableError, match="zoning_overlay: 1 id occurs more than once"):
        found(overlay=pd.concat([ZONE, ZONE]))


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    layout = Layout.random(7)
    lots, zoning, overlay = layout.layers()
    before = [layer.copy(deep=True) for layer in (lots, zoning, overlay)]
    expected = found(lots, zoning, overlay)
    mixed = [layer.sample(frac=1, random_state=3) for layer in (lots, zoning, overlay)]
    other = found(*mixed)
    assert other.by_parcel.index.tolist() == mixed[0].index.tolist()
    for name in ("by_parcel", "known_m2"):
        again = getattr(other, name).loc[lots.index]
        pd.testing.assert_frame_equal(again, getattr(expected, name), check_exact=True)
    pd.testing.assert_frame_equal(other.pairs, expected.pairs, check_exact=True)
    for after, was in zip((lots, zoning, overlay), before, strict=True):
        pd.testing.assert_frame_equal(after, was)


# --- cell by cell ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_limits_are_those_counted_cell_by_cell(seed: int) -> None:
    layout = Layout.random(seed)
    limits = found(*layout.layers(), zone_min_share=0.0)
    for name in CONDITIONS:
        if f"planned_{name}" not in limits.by_parcel:
            assert name not in layout.conditions
            continue
        for parcel in limits.by_parcel.index:
            value, known = parcel_limits(layout, [parcel], name)
            assert limits.known_m2.loc[parcel, name] == pytest.approx(known, abs=1e-6)
            assert limit(limits, name, parcel) == pytest.approx(value, nan_ok=True)
    twice = {str(f["parcel_id"]): f["value"] for f in limits.findings}
    assert twice == pytest.approx(layout.counted_twice())


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("extended", [True, False])
def test_limits_of_sites_are_those_counted_cell_by_cell(seed: int, *, extended: bool) -> None:
    layout = Layout.random(seed)
    lots, zoning, overlay = layout.layers()
    limits = found(lots, zoning, overlay, zone_min_share=0.0)
    mode = "on" if extended else "off"
    lineage = layout.lineage()
    table = site_limits(
        limits, lineage, rules=rule_set(rule("scrap.site_conditions", mode=mode))
    ).table
    rows = table.set_index(["site_id", "condition"])
    assert set(rows.index.get_level_values("site_id")) == {"S", "T"}
    for site, name in rows.index:
        own = layout.members(site, "site")
        value, known = parcel_limits(layout, own, name)
        row = rows.loc[(site, name)]
        assert row["limit_before"] == pytest.approx(value, nan_ok=True)
        land = layout.cells(own)
        assert row["known_share"] == pytest.approx(known / land)
        after = own if extended else [*own, *layout.members(site, "absorbed")]
        assert row["limit_after"] == pytest.approx(
            parcel_limits(layout, after, name)[0], nan_ok=True
        )


def test_turned_and_moved_layers_have_the_same_limits() -> None:
    layers = Layout.random(11).layers()
    turned = [
        layer.set_geometry(
            [
                affinity.rotate(affinity.translate(g, 500_000, 3.4e6), 17, (500_000, 3.4e6))
                for g in layer.geometry
            ],
            crs=layer.crs,
        )
        for layer in layers
    ]
    straight, tilted = found(*layers), found(*turned)
    pd.testing.assert_frame_equal(tilted.by_parcel, straight.by_parcel, rtol=1e-6)


# --- sites ----------------------------------------------------------------------------------------


def test_the_planned_use_of_a_site_is_that_of_its_zones_together() -> None:
    lots = frame({"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10), "c": box(20, 0, 30, 10)})
    lots["area_m2"] = lots.area
    zones = frame(
        {"X": box(0, 0, 8, 10), "Y": box(8, 0, 16, 10), "Z": box(16, 0, 30, 10)},
        "zone_id",
        planned_use=["M1", "M1", "R2"],
        use_class=["industrial", "industrial", None],
        far_max=[1.0, 2.0, 3.0],
    )
    sites = site_planning(found(lots, zones), pd.Series({"b": "S", "a": "S", "c": "S", "x": "T"}))
    assert sites.loc["S", "planned_use"] == "M1"  # 160 of 300 m², in two zones
    assert sites.loc["S", "planned_use_class"] == "industrial"
    assert sites.loc["S", "planned_far_max"] == pytest.approx((80 + 160 + 420) / 300)
    assert sites.loc["T"].isna().all()
    equal = site_planning(found(lots, zones), pd.Series({"b": "S", "c": "S"}))
    assert equal.loc["S", "planned_use"] == "R2"  # 140 of 200 m²


def test_of_two_halves_the_first_use_by_name() -> None:
    halves = frame(
        {"Y": box(0, 0, 5, 10), "X": box(5, 0, 10, 10)}, "zone_id", planned_use=["R2", "M1"]
    )
    assert (
        site_planning(found(lot(), halves), pd.Series({"a": "S"})).loc["S", "planned_use"] == "M1"
    )


def test_without_zoning_there_is_no_use_of_a_site() -> None:
    sites = site_planning(found(lot(far_max=2.0)), pd.Series({"a": "S"}))
    assert sites.columns.tolist() == ["planned_far_min", "planned_far_max"]
    assert sites["planned_far_max"].tolist() == [2.0]
    assert site_planning(found(lot()), pd.Series([], dtype="str")).empty


def test_where_the_limits_of_a_site_come_from() -> None:
    lots = frame(
        {"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10), "c": box(20, 0, 30, 10)},
        far_max=[NAN, 4.0, NAN],
    )
    lots["area_m2"] = lots.area
    zones = frame({"Z": box(0, 0, 30, 10)}, "zone_id", far_max=[2.0], far_min=[1.0])
    overlay = frame({"O": box(0, 0, 5, 10)}, "overlay_id", far_max=[1.0])
    lineage = pd.DataFrame(
        {
            "parcel_id": ["a", "b", "c"],
            "after_id": ["S", "S", "S"],
            "role": ["site", "site", "absorbed"],
        }
    )
    limits = found(lots, zones, overlay)
    on = site_limits(limits, lineage, rules=rule_set(rule("scrap.site_conditions"))).table
    assert on["condition"].tolist() == ["far_min", "far_max"]
    far = on.iloc[1]
    assert far["limit_before"] == far["limit_after"] == pytest.approx((50 * 1 + 50 * 2 + 400) / 200)
    assert (far["source"], far["source_ids"]) == ("overlay;parcel;zone", "O;Z;b")
    off = site_limits(limits, lineage, rules=rule_set()).table.iloc[1]
    assert off["limit_after"] == pytest.approx((50 * 1 + 50 * 2 + 400 + 200) / 300)


def test_a_run_without_any_condition_or_site() -> None:
    lineage = pd.DataFrame({"parcel_id": ["a"], "after_id": ["S"], "role": ["site"]})
    empty = site_limits(found(lot()), lineage, rules=rule_set())
    assert empty.table.empty
    assert {"site_id", "limit_before", "known_share"} <= set(empty.table.columns)
    kept = lineage.assign(role="kept")
    assert site_limits(found(lot(), ZONE), kept, rules=rule_set()).table.empty


# --- a real plan ----------------------------------------------------------------------------------

PLAN = (
    '[layers.parcels]\npath = "{file}"\n[layers.parcels.fields]\nparcel_id = "OBJECTID"\n'
    '[layers.zoning]\npath = "{file}"\n[layers.zoning.fields]\nzone_id = "OBJECTID"\n'
    'far_max = "容積率"\ncoverage_max = "建蔽率"\nplanned_use = "使用分"\n'
    '[layers.zoning.units]\nfar_max = "percent"\ncoverage_max = "percent"\n'
)


@pytest.fixture(scope="module")
def xinying(shared_data: Path) -> Path:
    return shared_data / "taiwan_zoning" / "R0101.json"


@pytest.mark.parametrize(("column", "name"), [("容積率", "far_max"), ("建蔽率", "coverage_max")])
def test_every_text_of_xinying_is_a_number_a_range_or_missing_with_a_reason(
    xinying: Path, column: str, name: str
) -> None:
    texts = gpd.read_file(xinying)[column]
    cells = parse_numbers(texts, canonical=name, unit="percent")
    number = cells["operator"].ne("") & cells["operator"].ne("~")
    spans, told = cells["operator"].eq("~"), cells["reason"].ne("")
    empty = texts.isna() | texts.fillna("").str.strip().eq("")
    account = pd.DataFrame({"number": number, "range": spans, "reason": told, "empty": empty})
    assert (account.sum(axis=1) == 1).all()  # each in exactly one way
    assert account.sum().to_dict() == {"number": 609, "range": 0, "reason": 0, "empty": 231}
    assert (cells["low"][number] * 100).round(9).eq(texts[number].astype(float)).all()


def test_zones_of_xinying_as_parcels_get_their_own_limits(xinying: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(PLAN.format(file=xinying.as_posix()), "utf-8")
    inputs = load_inputs(read_project(file)).inputs
    zoning = inputs.zoning
    assert zoning is not None
    lots = inputs.parcels.assign(area_m2=inputs.parcels.area)
    limits = found(lots, zoning)
    told = {str(f["parcel_id"]) for f in limits.findings}
    alone = lots.index[~lots.index.isin(told)]
    for name in ("far_max", "coverage_max"):
        own = limits.by_parcel[f"planned_{name}"]
        pd.testing.assert_series_equal(own[alone], zoning[name][alone], check_names=False)
        assert own.notna().sum() >= zoning[name].notna().sum() - len(told)
    assert np.isfinite(limits.known_m2.to_numpy()).all()
