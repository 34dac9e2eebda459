"""Industrial land in named parks, and how far parks are built up."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, affinity, box

from districts import frame
from gisland.base.rules import RuleSet, load_rules
from gisland.control.areaverdicts import area_verdicts
from gisland.control.concentration import concentration, park_findings
from gisland.layers.writing.contract import TABLES

COMMON = load_rules("common")
USES = ["industrial", "logistics", "farm", "reserve", "transport", "residential", None, "water"]


def _lots(**columns: object) -> gpd.GeoDataFrame:
    """Eight strips of 1000 m2, a kilometre of plots side by side, one of each use."""
    shapes = {f"p{n}": box(100 * n, 0, 100 * n + 100, 10) for n in range(len(USES))}
    lots = frame(shapes, use_class=pd.array(USES, dtype="str"), **columns)
    return lots.assign(area_m2=lots.area)


def _parks(shapes: dict[str, object], **columns: object) -> gpd.GeoDataFrame:
    return frame(shapes, "park_id").assign(**columns)


def _found(
    lots: gpd.GeoDataFrame, parks: gpd.GeoDataFrame | None, rules: RuleSet = COMMON
) -> tuple[pd.DataFrame, pd.DataFrame]:
    table, rows = concentration(lots, parks, rules=rules, area_basis="plane")
    assert table is not None
    return table.set_index("park_id"), area_verdicts(rows).set_index(["subject", "test"])


WHOLE = {"K": box(0, 0, 800, 10)}
USED = ["在用"] * len(USES)


def test_what_a_park_holds_is_made_of_the_parcels() -> None:
    table, rows = _found(_lots(status=USED), _parks(WHOLE, name=["开发区"]))
    park = table.loc["K"]
    assert park["name"] == "开发区"
    assert park["area_m2"] == pytest.approx(8000.0)
    assert park["area_mu"] == pytest.approx(12.0)
    assert park["industrial_m2"] == pytest.approx(2000.0)
    assert park["developable_m2"] == pytest.approx(4000.0)  # p0, p1, p3, p5
    assert park["built_m2"] == pytest.approx(3000.0)  # the reserve is not built up
    assert park["to_build_m2"] == pytest.approx(1000.0)
    assert park["built_share"] == pytest.approx(0.75)
    assert park["to_build_share"] == pytest.approx(0.25)
    assert park[["developable_from", "built_from", "to_build_from"]].tolist() == ["parcels"] * 3
    told = rows.loc["park:K"]
    assert told["outcome"].to_dict() == {
        "built_share": "pass",
        "built_share_lowest": "pass",
        "to_build_share": "pass",
        "to_build_share_highest": "pass",
    }
    assert told["numerator"].tolist() == pytest.approx([3000.0, 3000.0, 1000.0, 1000.0])
    assert set(told["denominator_value"].round(6)) == {4000.0}
    assert set(told["topic"]) == {"parks"}


def test_vacant_and_unfinished_land_is_not_built() -> None:
    status = ["空置", "停工", *USED[2:]]
    table, rows = _found(_lots(status=status), _parks(WHOLE))
    assert table.loc["K", "built_m2"] == pytest.approx(1000.0)  # p5 alone
    assert rows.loc[("park:K", "built_share"), "outcome"] == "fail"
    assert rows.loc[("park:K", "built_share_lowest"), "outcome"] == "pass"
    assert rows.loc[("park:K", "to_build_share"), "outcome"] == "fail"
    assert rows.loc[("park:K", "to_build_share_highest"), "outcome"] == "pass"


def test_without_any_status_what_is_built_is_missing() -> None:
    for lots in (_lots(), _lots(status=pd.array([None] * 8, dtype="str"))):
        table, rows = _found(lots, _parks(WHOLE))
        assert table.loc["K", ["built_m2", "to_build_m2", "built_share"]].isna().all()
        assert table.loc["K", ["built_from", "to_build_from"]].tolist() == ["", ""]
        assert set(rows.loc["park:K", "outcome"]) == {"missing"}
    some = pd.array([None, "空置", *[None] * 6], dtype="str")
    table, _ = _found(_lots(status=some), _parks(WHOLE))
    assert table.loc["K", "built_m2"] == pytest.approx(2000.0)  # p0 and p5


def test_columns_of_the_layer_come_first() -> None:
    parks = _parks(
        {"A": box(0, 0, 200, 10), "B": box(200, 0, 800, 10)},
        developable_m2=[1500.0, np.nan],
        built_m2=[np.nan, 100.0],
        to_build_m2=[300.0, np.nan],
    )
    table, _ = _found(_lots(status=USED), parks)
    a, b = table.loc["A"], table.loc["B"]
    assert a[["developable_from", "built_from", "to_build_from"]].tolist() == [
        "column",
        "parcels",
        "column",
    ]
    assert (a["developable_m2"], a["to_build_share"]) == (1500.0, 0.2)
    assert b[["developable_from", "built_from", "to_build_from"]].tolist() == [
        "parcels",
        "column",
        "parcels",
    ]
    assert b["to_build_m2"] == pytest.approx(1900.0)
    both = _parks(WHOLE, developable_m2=[500.0], built_m2=[200.0])
    table, _ = _found(_lots(), both)
    assert table.loc["K", ["to_build_m2", "to_build_from"]].tolist() == [300.0, "column"]


def test_more_built_than_can_be_is_a_finding_and_leaves_nothing_to_tell() -> None:
    parks = _parks(WHOLE, developable_m2=[500.0], built_m2=[500.02])
    table, rows = concentration(_lots(), parks, rules=COMMON, area_basis="plane")
    assert table is not None
    assert table["to_build_m2"].isna().all()
    assert table["built_share"].item() == pytest.approx(1.00004)
    outcome = area_verdicts(rows).set_index(["subject", "test"])["outcome"]
    assert outcome["park:K", "to_build_share"] == "missing"
    (told,) = park_findings(table)
    assert (told["code"], told["severity"], told["layer"], told["other_id"]) == (
        "park_above_developable",
        "warning",
        "parks",
        "K",
    )
    assert told["value"] == pytest.approx(0.02)
    even = concentration(
        _lots(),
        _parks(WHOLE, developable_m2=[500.0], built_m2=[500.001]),
        rules=COMMON,
        area_basis="plane",
    )[0]
    assert even is not None
    assert park_findings(even) == []


def test_industrial_land_in_two_parks_counts_once() -> None:
    parks = _parks({"A": box(0, 0, 80, 10), "B": box(40, 0, 120, 10)})
    _, rows = _found(_lots(), parks)
    row = rows.loc[("overall", "park_share")]
    assert row["value"] == pytest.approx(0.6)
    assert (row["numerator"], row["denominator_value"]) == pytest.approx((1200.0, 2000.0))
    assert (row["outcome"], row["rule_id"], row["topic"]) == (
        "fail",
        "concentration.park_share",
        "concentration",
    )


def test_the_share_of_built_up_land_has_no_rule() -> None:
    _, rows = _found(_lots(), _parks(WHOLE))
    row = rows.loc[("overall", "industrial_share_of_built_up")]
    assert row["value"] == pytest.approx(0.5)  # of industrial, logistics, transport, residential
    assert row[["outcome", "rule_id", "mode", "unit"]].tolist() == ["not_assessed", "", "", "share"]
    assert np.isnan(row["limit"])


def test_without_parks_the_share_in_parks_is_missing() -> None:
    table, rows = concentration(_lots(), None, rules=COMMON, area_basis="plane")
    assert table is None
    told = area_verdicts(rows).set_index("test")
    assert told["outcome"].to_dict() == {
        "industrial_share_of_built_up": "not_assessed",
        "park_share": "missing",
    }
    assert told.loc["industrial_share_of_built_up", "value"] == pytest.approx(0.5)


def test_without_use_classes_only_columns_tell() -> None:
    bare = _lots(status=USED).drop(columns="use_class")
    parks = _parks(WHOLE, developable_m2=[1000.0], built_m2=[700.0])
    table, rows = _found(bare, parks)
    assert np.isnan(table.loc["K", "industrial_m2"])
    assert table.loc["K", "built_share"] == pytest.approx(0.7)
    assert rows.loc[("overall", "park_share"), "outcome"] == "missing"


def test_a_shape_that_cannot_be_used_holds_nothing_known() -> None:
    bow = Polygon([(0, 0), (100, 10), (100, 0), (0, 10)])
    table, rows = _found(_lots(status=USED), _parks({"A": bow, "B": box(0, 0, 50, 10)}))
    assert table.loc["A", ["industrial_m2", "developable_m2", "built_m2"]].isna().all()
    assert table.loc["A", "developable_from"] == ""
    assert rows.loc[("overall", "park_share"), "value"] == pytest.approx(0.25)


def test_no_park_at_all_holds_no_industry() -> None:
    none = _parks(WHOLE).iloc[:0]
    table, rows = concentration(_lots(), none, rules=COMMON, area_basis="plane")
    assert table is not None
    assert table.empty
    assert area_verdicts(rows).set_index("test").loc["park_share", "value"] == 0.0


def test_rules_that_are_off_are_still_told() -> None:
    off = {r.id: dataclasses.replace(r, mode="off") for r in COMMON.rules.values()}
    _, rows = _found(_lots(status=USED), _parks(WHOLE), dataclasses.replace(COMMON, rules=off))
    assert set(rows["outcome"]) == {"not_assessed"}
    assert len(rows) == 6


def test_the_table_has_the_columns_of_the_contract() -> None:
    for parks in (_parks(WHOLE), _parks(WHOLE).iloc[:0]):
        table = concentration(_lots(), parks, rules=COMMON, area_basis="plane")[0]
        assert table is not None
        kinds = TABLES["parks"].columns
        told = table.drop(columns="geometry").dtypes.astype("str").to_dict()
        assert told == {name: kinds[name] for name in told}
        assert set(told) == set(kinds)


def _scattered(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A grid of parcels under parks of any place and size that do not overlap."""
    rng = np.random.default_rng(seed)
    shapes = {
        f"p{i}{j}": box(50 * i, 50 * j, 50 * i + 50, 50 * j + 50)
        for i in range(8)
        for j in range(8)
    }
    lots = frame(
        shapes,
        use_class=pd.array(rng.choice([u for u in USES if u], 64), dtype="str"),
        status=pd.array(rng.choice(["空置", "在用"], 64), dtype="str"),
    )
    edges = np.sort(rng.uniform(0, 400, 6))
    parks = _parks(
        {
            f"K{n}": box(edges[n], low, edges[n + 1], high)
            for n, (low, high) in enumerate(np.sort(rng.uniform(0, 400, (5, 2))))
        }
    )
    return lots.assign(area_m2=lots.area), parks


@pytest.mark.parametrize("seed", range(6))
def test_parts_never_exceed_the_whole(seed: int) -> None:
    table, rows = _found(*_scattered(seed))
    assert (table["built_m2"] <= table["developable_m2"] + 1e-6).all()
    assert (table["developable_m2"] <= table["area_m2"] + 1e-6).all()
    assert (table["industrial_m2"] <= table["developable_m2"] + 1e-6).all()
    together = table["built_m2"] + table["to_build_m2"]
    assert together.to_numpy() == pytest.approx(table["developable_m2"].to_numpy())
    in_parks = rows.loc[("overall", "park_share"), "numerator"]
    assert in_parks == pytest.approx(table["industrial_m2"].sum())


@pytest.mark.parametrize("seed", range(3))
def test_order_and_direction_of_the_map_do_not_matter(seed: int) -> None:
    lots, parks = _scattered(seed)
    table, rows = _found(lots, parks)
    shuffled = _found(lots.sample(frac=1.0, random_state=seed), parks.iloc[::-1])
    pd.testing.assert_frame_equal(shuffled[0], table, check_exact=False, rtol=1e-12)
    pd.testing.assert_frame_equal(shuffled[1], rows, check_exact=False, rtol=1e-12)
    turned = [
        layer.set_geometry(
            gpd.GeoSeries(
                [affinity.rotate(shape, 33.0, origin=(0, 0)) for shape in layer.geometry],
                index=layer.index,
                crs=layer.crs,
            )
        )
        for layer in (lots, parks)
    ]
    again = _found(*turned)
    numbers = table.select_dtypes("number").columns
    assert again[0][numbers].to_numpy() == pytest.approx(
        table[numbers].to_numpy(), rel=1e-6, nan_ok=True
    )
    pd.testing.assert_series_equal(again[1]["outcome"], rows["outcome"])


def test_the_order_of_the_rows_changes_not_even_the_last_digit() -> None:
    areas = np.random.default_rng(7).uniform(1.0, 9e6, len(USES))
    lots = _lots().assign(area_m2=areas, use_class="industrial")
    table, rows = _found(lots, _parks(WHOLE))
    for seed in range(5):
        again = _found(lots.sample(frac=1.0, random_state=seed), _parks(WHOLE))
        pd.testing.assert_frame_equal(again[0], table, check_exact=True)
        pd.testing.assert_frame_equal(again[1], rows, check_exact=True)
