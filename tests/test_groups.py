"""Scrap groups by hand: lots of a row beside a site of 100 m by 100 m."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, affinity, box

from districts import frame, rule, rule_set
from gisland.base.parameters import Parameters
from gisland.detect.corridors import with_corridors
from gisland.detect.facts import shape_facts
from gisland.detect.groups import COLUMNS, group_labels, scrap_groups
from gisland.detect.scraps import scrap_pairs, site_geometry
from gisland.topology.borders import borders

if TYPE_CHECKING:
    from gisland.base.rules import RuleSet

SITE = box(0, 0, 100, 100)
ROW = {"a": box(100, 0, 115, 30), "b": box(115, 0, 130, 30), "c": box(130, 0, 145, 30)}  # 450 m²


def rules(min_lot: float = 2000.0, min_width: float = 0.0, cap: float | None = None) -> RuleSet:
    asked = {"operator": ">=", "unit": "m2", "value": min_lot}
    wide = {"operator": ">=", "unit": "m", "value": min_width}
    made = [rule("fragment.min_lot.default", **asked), rule("fragment.min_width.default", **wide)]
    if cap is not None:
        made.append(rule("scrap.area_cap", value=cap))
    return rule_set(*made)


def found(
    shapes: dict[str, object],
    asked: RuleSet,
    *,
    roads: list[LineString] | None = None,
    fragments: dict[str, bool] | None = None,
    **columns: object,
) -> gpd.GeoDataFrame:
    lots = frame({"site": SITE, **shapes}, **columns)
    lanes = gpd.GeoDataFrame(geometry=roads, crs=4547) if roads else None
    table = with_corridors(borders(lots), lots, roads=lanes, reach_m=2.0, tolerance_m=0.05)
    lots = shape_facts(lots, table, area_basis="plane")
    lots["fragment"] = pd.Series(fragments or {}, dtype="object").reindex(
        lots.index, fill_value=True
    )
    members = pd.Series("S1", index=["site"])
    how = {"sites": site_geometry(lots, members), "parameters": Parameters()}
    pairs = scrap_pairs(lots, table, members, area_cap=asked["scrap.area_cap"], **how)
    return scrap_groups(lots, table, pairs, members=members, rules=asked, **how)


def test_a_row_of_lots_is_one_scrap() -> None:
    table = found(ROW, rules())
    assert table.columns.tolist() == [*COLUMNS, "geometry"]
    row = table.iloc[0]
    assert row[["group_id", "parcel_ids", "scrap_ids", "site_ids"]].tolist() == [
        "G-a",
        "a;b;c",
        "a",
        "S1",
    ]
    assert row[["parcels", "area_m2", "area_mu", "border_m"]].tolist() == [3, 1350, 2.025, 30]
    assert row["width_m"] == pytest.approx(30.0, abs=0.02)
    shares = row[["sites_share", "free_share", "other_share"]].tolist()
    assert shares == pytest.approx([30 / 150, 120 / 150, 0.0])  # 45 by 30 m
    assert row[["scrap_kind", "reasons"]].tolist() == ["corner", "min_lot"]
    assert row["geometry"].equals(box(100, 0, 145, 30))
    assert len(table) == 1


def test_together_they_may_be_a_lot_of_their_own() -> None:
    assert found(ROW, rules(1350.0)).empty
    assert found(ROW, rules(1350.01))["parcel_ids"].tolist() == ["a;b;c"]


def test_the_cap_on_the_area_may_make_them_small() -> None:
    table = found(ROW, rules(0.0, cap=1350.0))
    assert table["reasons"].tolist() == ["area_cap"]
    assert found(ROW, rules(0.0, cap=1349.99)).empty


def test_narrow_lots_that_are_wide_together() -> None:
    asked = rules(0.0, min_width=20.0)
    assert found(ROW, asked).empty  # each is 15 m wide, the row 30 m
    flat = {k: affinity.scale(v, 1.0, 0.5, origin=(0, 0)) for k, v in ROW.items()}
    assert found(flat, asked)["reasons"].tolist() == ["min_width"]


def test_a_hairline_between_them_does_not_make_the_whole_narrow() -> None:
    apart = {**ROW, "b": box(115.001, 0, 129.98, 30)}
    assert found(apart, rules(0.0, min_width=20.0)).empty
    row = found(apart, rules()).iloc[0]
    assert row["width_m"] == pytest.approx(30.0, abs=0.02)
    assert row["area_m2"] == pytest.approx(1350 - 30 * 0.021)  # as drawn


def test_one_scrap_alone_is_no_group_and_neither_are_lots_off_the_sites() -> None:
    assert found({"a": ROW["a"]}, rules()).empty
    assert found({"b": ROW["b"], "c": ROW["c"]}, rules()).empty


def test_larger_lots_and_roads_do_not_join() -> None:
    large = {**ROW, "b": box(115, 0, 130, 300)}
    assert found(large, rules()).empty  # a and c are apart, b is 4 500 m²
    uses = ["industrial", "industrial", "transport", "industrial"]
    assert found(ROW, rules(), use_class=uses).empty


def test_a_corner_or_a_road_line_does_not_join() -> None:
    corner = {"a": ROW["a"], "b": box(115, 30, 130, 60)}
    assert found(corner, rules()).empty
    lane = LineString([(115, -20), (115, 60)])
    assert found({"a": ROW["a"], "b": ROW["b"]}, rules(), roads=[lane]).empty
    half = LineString([(115, 15), (115, 60)])
    assert found({"a": ROW["a"], "b": ROW["b"]}, rules(), roads=[half])["parcels"].tolist() == [2]


def test_the_use_class_of_the_largest_decides() -> None:
    asked = rule_set(
        rule("fragment.min_lot.default", operator=">=", unit="m2", value=800.0),
        rule("fragment.min_lot.residential", operator=">=", unit="m2", value=1000.0),
    )
    pair = {"a": ROW["a"], "b": box(115, 0, 130, 32)}  # 450 and 480 m²
    homes = ["industrial", "industrial", "residential"]
    assert found(pair, asked, use_class=homes)["reasons"].tolist() == ["min_lot"]
    assert found(pair, asked, use_class=["industrial", "residential", "industrial"]).empty


def test_a_group_between_site_and_street_in_the_notch_of_a_site() -> None:
    notch = box(40, 60, 60, 100)
    shapes = {"a": box(40, 60, 60, 80), "b": box(40, 80, 60, 100)}
    lots = frame({"site": SITE - notch, **shapes})
    table = borders(lots)
    lots = shape_facts(lots, table, area_basis="plane").assign(fragment=True)
    members = pd.Series("S1", index=["site"])
    how = {"sites": site_geometry(lots, members), "parameters": Parameters()}
    asked = rules()
    pairs = scrap_pairs(lots, table, members, area_cap=asked["scrap.area_cap"], **how)
    row = scrap_groups(lots, table, pairs, members=members, rules=asked, **how).iloc[0]
    assert row[["scrap_ids", "scrap_kind", "border_m"]].tolist() == ["a;b", "sandwiched", 100.0]
    assert row["sites_share"] == pytest.approx(100 / 120)
    kinds = pairs.set_index("parcel_id")["scrap_kind"].to_dict()
    assert kinds == {"a": "sandwiched", "b": "interlocking"}  # 60 and 40 of 80 m


def test_labels_and_order() -> None:
    table = found(ROW, rules())
    label = group_labels(table, pd.Index(["c", "site"]))
    assert label.fillna("").tolist() == ["G-a", ""]
    assert label.name == "scrap_group"
    back = found(dict(reversed(ROW.items())), rules())
    pd.testing.assert_frame_equal(back, table)
    none = found({}, rules())
    assert none.dtypes.astype("str").to_dict() == table.dtypes.astype("str").to_dict()
