"""Holdings of a small district, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from shapely import MultiPolygon, box

from districts import MU_M2, shaped
from gisland.base.errors import TableError
from gisland.detect.holdings import holdings
from gisland.topology.borders import borders

COLUMNS = ["owner", "parcels", "patches", "area_m2", "area_mu", "largest_patch_m2", "spellings"]
SHAPES = {
    "a1": box(0, 0, 40, 40),  # 1600 m², with a2 a patch of 2800
    "a2": box(40, 0, 70, 40),
    "a3": box(70, 40, 90, 60),  # 400, at a corner of a2 only
    "a4": box(0, 200, 60, 250),  # 3000, the largest
    "b1": MultiPolygon([box(70, 0, 90, 40), box(200, 0, 210, 10)]),  # 900 in two parts
    "b2": box(210, 0, 230, 10),  # 200, beside the second part of b1
    "road": box(-10, 0, 0, 250),  # of A, and beside a1 and a4
    "pond": box(300, 0, 310, 10),
    "open": box(400, 0, 410, 10),
    "c1": box(90, 0, 110, 10),
    "gone": None,
}
OWNERS = [
    "甲 公司",
    "甲公司",
    "甲公司",
    "甲公司",
    "Ｂ",
    "b",
    "甲公司",
    "丁",
    "\u3000",
    "丙",
    "甲公司",
]
USES = [*["industrial"] * 6, "transport", "water", "industrial", None, "industrial"]


@pytest.fixture
def lots() -> pd.DataFrame:
    return shaped(SHAPES, owner=OWNERS, use_class=USES)


def test_a_district_by_hand(lots: pd.DataFrame) -> None:
    found = holdings(lots, borders(lots))
    expected = [
        ["甲公司", 4, 3, 6200.0, 6200 / MU_M2, 3000.0, 2],
        ["b", 2, 1, 1100.0, 1100 / MU_M2, 1100.0, 2],
        ["丙", 1, 1, 200.0, 200 / MU_M2, 200.0, 1],
    ]
    assert found.columns.tolist() == COLUMNS
    assert found.drop(columns="area_mu").to_numpy().tolist() == [
        [*row[:4], *row[5:]] for row in expected
    ]
    assert found["area_mu"].tolist() == pytest.approx([row[4] for row in expected])


def test_row_order_makes_no_difference(lots: pd.DataFrame) -> None:
    table = borders(lots)
    shuffled = lots.sample(frac=1.0, random_state=3)
    other = holdings(shuffled, table.sample(frac=1.0, random_state=4))
    pd.testing.assert_frame_equal(other, holdings(lots, table), check_exact=True)


def test_a_road_joins_no_land_but_other_land_does(lots: pd.DataFrame) -> None:
    """As industrial land the strip is a parcel of A, and brings a1 and a4 into one patch."""
    strip = lots.assign(use_class=lots["use_class"].replace("transport", "industrial"))
    row = holdings(strip, borders(strip)).iloc[0]
    assert row[["owner", "parcels", "patches"]].tolist() == ["甲公司", 5, 2]
    assert row["largest_patch_m2"] == 2800 + 3000 + 2500


def test_without_use_classes_all_is_land(lots: pd.DataFrame) -> None:
    found = holdings(lots.drop(columns="use_class"), borders(lots)).set_index("owner")
    assert found["parcels"].to_dict() == {"甲公司": 5, "b": 2, "丁": 1, "丙": 1}


def test_the_most_frequent_spelling_is_shown() -> None:
    shapes = {f"p{n}": box(10 * n, 0, 10 * n + 10, 10) for n in range(3)}
    lots = shaped(shapes, owner=["a Ltd", "A LTD", "a Ltd"])
    found = holdings(lots, borders(lots))
    assert found[["owner", "parcels", "patches", "spellings"]].to_numpy().tolist() == [
        ["a Ltd", 3, 1, 2]
    ]


def test_equally_large_holdings_come_by_owner() -> None:
    lots = shaped({"p1": box(0, 0, 1, 1), "p2": box(5, 0, 6, 1)}, owner=["乙", "丙"])
    assert holdings(lots, borders(lots))["owner"].tolist() == ["丙", "乙"]


def test_any_column_can_be_asked_for(lots: pd.DataFrame) -> None:
    """By tenure b1 brings a2 and a3 together; a4 lies apart."""
    held = lots.assign(tenure=["state"] * 5 + [None] * 6)
    found = holdings(held, borders(held), attribute="tenure")
    assert found[["owner", "parcels", "patches"]].to_numpy().tolist() == [["state", 5, 2]]


@pytest.mark.parametrize("rows", [0, 3])
def test_nobody_holds_nothing(lots: pd.DataFrame, rows: int) -> None:
    some = lots.iloc[:rows].assign(owner=pd.Series(None, index=lots.index[:rows], dtype="str"))
    found = holdings(some, borders(some))
    assert len(found) == 0
    assert found.columns.tolist() == COLUMNS


def test_an_unknown_column_is_named(lots: pd.DataFrame) -> None:
    with pytest.raises(TableError, match=r"no column 'ownr'.*owner"):
        holdings(lots, borders(lots), attribute="ownr")
