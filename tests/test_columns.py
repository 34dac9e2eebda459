"""From source columns to canonical ones: what a layer's cells become, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gisland.base.errors import FieldError
from gisland.layers.fields.columns import canonical_table
from gisland.layers.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE = "360702001001GB0000"


def table(**columns: Sequence[Any]) -> gpd.GeoDataFrame:
    rows = len(next(iter(columns.values())))
    shapes = [box(i, 0, i + 1, 1) for i in range(rows)]
    return gpd.GeoDataFrame({k: list(v) for k, v in columns.items()}, geometry=shapes)


def canonical(
    frame: gpd.GeoDataFrame, kind: str = "parcels", **fields: str
) -> tuple[gpd.GeoDataFrame, dict[str, dict[str, Any]]]:
    """Canonical table in the order of the rows of ids made here, and findings by code."""
    units = {k.removeprefix("unit_"): v for k, v in fields.items() if k.startswith("unit_")}
    mapped = {k: v for k, v in fields.items() if not k.startswith("unit_")}
    read, findings = canonical_table(frame, Source(kind, "p.gpkg", fields=mapped, units=units))
    assert len({f["code"] for f in findings}) == len(findings)
    return read, {f["code"]: f for f in findings}


# Numbers


def test_a_range_fills_both_ends_where_only_one_is_mapped() -> None:
    frame = table(RJL=["1.0~2.0", "1.5", "≤3.0", "≥0.8"])
    zoning, findings = canonical(frame, "zoning", far_max="RJL")
    assert zoning["far_max"].fillna(-1).tolist() == [2.0, 1.5, 3.0, -1]
    assert zoning["far_min"].fillna(-1).tolist() == [1.0, -1, -1, 0.8]
    assert list(zoning)[:2] == ["far_min", "far_max"]
    told = findings["range_read"]
    assert (told["severity"], told["value"], told["unit"]) == ("info", 2.0, "rows")
    assert told["message"] == (
        "zoning: column 'RJL' (mapped to far_max): ranges or limits on the other side, of which"
        " the upper end is taken and the other as far_min: 2 rows, such as '1.0~2.0', '≥0.8'"
    )
    assert "number_limit" not in findings


def test_a_range_fills_its_own_end_only_where_the_partner_is_mapped() -> None:
    frame = table(lo=["40%-50%", "30%"], hi=["60%", "55%-65%"])
    zoning, findings = canonical_table(
        frame, Source("zoning", "", fields={"coverage_min": "lo", "coverage_max": "hi"})
    )
    assert zoning["coverage_min"].tolist() == [0.4, 0.3]
    assert zoning["coverage_max"].tolist() == [0.6, 0.65]
    assert [f["code"] for f in findings] == ["range_read", "range_read"]
    assert "lower end is taken: 1 row," in findings[0]["message"]


def test_a_limit_counts_in_the_column_of_its_side() -> None:
    frame = table(a=["≥20%"], b=["≥20%"], c=["≤24m"], d=["≥24m"])
    low = canonical(frame, "zoning", green_min="a", height_max_m="c")[0]
    assert low[["green_min", "height_max_m"]].iloc[0].tolist() == [0.2, 24.0]
    high, findings = canonical(frame, "zoning", green_max="b")
    assert high["green_max"].isna().all()
    assert high["green_min"].tolist() == [0.2]
    assert set(findings) == {"range_read"}
    both, findings = canonical(frame, "zoning", green_min="c", green_max="b")
    assert both["green_max"].isna().all()
    assert findings["number_limit"]["severity"] == "warning"
    assert canonical(frame, "zoning", height_max_m="d")[0]["height_max_m"].isna().all()


@pytest.mark.parametrize("text", ["3-5", "≤5", "≥3"])
def test_ranges_and_limits_are_no_single_values(text: str) -> None:
    read, findings = canonical(table(CS=[text, "6层"]), "buildings", floors="CS")
    assert read["floors"].fillna(-1).tolist() == [-1, 6.0]
    assert set(findings) == {"number_range" if "-" in text else "number_limit"}


def test_each_reason_is_told_with_count_and_examples() -> None:
    texts = [
        "60(50)",
        "60(50)",
        "平10立80",
        "不予規定",
        "-",
        "2022年",
        "2022-05-01",
        "12,5",
        "约2",
        "6层",
    ]
    read, findings = canonical(table(RJL=texts), "zoning", far_max="RJL")
    assert read["far_max"].isna().all()
    assert {k: (v["severity"], v["value"]) for k, v in findings.items()} == {
        "unparsed_number": ("warning", 1.0),
        "number_two_values": ("warning", 3.0),
        "number_comma": ("warning", 1.0),
        "number_year": ("warning", 1.0),
        "number_date": ("warning", 1.0),
        "number_other_unit": ("warning", 1.0),
        "number_not_regulated": ("info", 1.0),
        "number_no_value": ("info", 1.0),
    }
    assert findings["number_two_values"]["message"].endswith("3 rows, such as '60(50)', '平10立80'")


def test_a_unit_in_the_text_is_taken_and_told() -> None:
    read, findings = canonical(table(MJ=["1,234.5 亩", "3 亩"]), recorded_area_m2="MJ")
    assert read["recorded_area_m2"].tolist() == pytest.approx([823_000.0, 2000.0])
    assert (findings["unit_in_text"]["severity"], findings["unit_in_text"]["value"]) == ("info", 2)


def test_a_unit_that_contradicts_the_declared_one_is_a_warning() -> None:
    frame = table(MJ=["1公顷", "3亩", "6"])
    read, findings = canonical(frame, recorded_area_m2="MJ", unit_recorded_area_m2="mu")
    assert read["recorded_area_m2"].tolist() == pytest.approx([10_000.0, 2000.0, 4000.0])
    told = findings["unit_contradicts"]
    assert (told["severity"], told["value"]) == ("warning", 1.0)
    assert "contradict the declared mu" in told["message"]


def test_bare_numbers_beside_named_units_are_missing_and_the_remedy_is_named() -> None:
    read, findings = canonical(table(MJ=["3亩", "2000"]), recorded_area_m2="MJ")
    assert read["recorded_area_m2"].fillna(-1).tolist() == [2000.0, -1]
    assert "declare it in [layers.parcels.units]" in findings["number_no_unit"]["message"]


def test_dates_and_flags_are_refused() -> None:
    dates = pd.to_datetime(["2022-01-01"])
    with pytest.raises(FieldError, match=r"'MJ' \(mapped to tax_yuan\) holds datetime64"):
        canonical(table(MJ=dates), tax_yuan="MJ")


# Texts


def test_words_for_no_value_are_no_owners_and_no_sites() -> None:
    words = ["<Null>", "无", "-", " ", "甲", "无锡厂"]
    read, findings = canonical(table(Q=words), owner="Q")
    assert read["owner"].fillna("").tolist() == ["", "", "", "", "甲", "无锡厂"]
    assert findings["text_no_value"]["value"] == 3.0
    assert canonical(table(X=words), site_id="X")[0]["site_id"].isna().sum() == 4


def test_words_for_no_value_stay_use_codes_for_the_project_to_class() -> None:
    read, _ = canonical(table(D=["NONE", "M1"]), use_code="D")
    assert read["use_code"].tolist() == ["NONE", "M1"]


def test_tenure_in_letters_of_parcel_codes() -> None:
    read, findings = canonical(table(T=["GB", "JC", "租赁", "无"]), tenure="T")
    assert read["tenure"].fillna("").tolist() == ["state", "collective", "", ""]
    assert findings["unknown_tenure"]["value"] == 1.0


def test_tenure_comes_from_parcel_codes_where_none_is_mapped() -> None:
    ids = [f"{CODE}2", f"{CODE}1", "360702001001JS00001"]
    read, findings = canonical(table(D=ids, u=["a", "b", "c"]), parcel_id="D")
    assert read["tenure"].to_dict() == {
        f"{CODE}1": "state",
        f"{CODE}2": "state",
        "360702001001JS00001": "collective",
    }
    assert list(read) == ["tenure", "u", "geometry"]
    assert {"tenure_from_code", "stacked_level"} <= set(findings)
    mapped, findings = canonical(
        table(D=ids, T=["集体", "国有", "集体"]), parcel_id="D", tenure="T"
    )
    assert mapped["tenure"][f"{CODE}2"] == "collective"
    assert findings["tenure_contradicts_code"]["value"] == 1.0


def test_codes_of_other_layers_tell_no_tenure() -> None:
    read, findings = canonical(table(D=[f"{CODE}1"]), "sites", site_id="D")
    assert "tenure" not in read
    assert findings == {}


# Ids


def test_ids_lose_what_spreadsheets_put_around_them() -> None:
    ids = ["'007", "\u00a0008", "009\u200b", "\ufeff010 "]
    read, findings = canonical(table(N=ids), parcel_id="N")
    assert read.index.tolist() == ["007", "008", "009", "010"]
    assert (findings["id_cleaned"]["value"], findings["id_cleaned"]["severity"]) == (1.0, "info")


def test_ids_that_differ_only_in_case_and_blanks_are_told() -> None:
    read, findings = canonical(table(N=["a 1", "A1", "a1", "b", "b"]), parcel_id="N")
    assert len(read.index.unique()) == 4
    told = findings["similar_ids"]
    assert (told["value"], told["severity"]) == (3.0, "warning")
    assert told["message"].endswith("3 rows, such as 'A1', 'a 1', 'a1'")


@pytest.mark.parametrize("dtype", ["int64", "str"])
def test_codes_that_lost_their_leading_zeros_are_told(dtype: str) -> None:
    ids = pd.Series([34070201, 34070202, 34070203, 1026001]).astype(dtype)
    _, findings = canonical(table(N=ids), parcel_id="N")
    assert "usual 8 digits" in findings["id_zeros_lost"]["message"]
    assert findings["id_zeros_lost"]["value"] == 1.0


@pytest.mark.parametrize(
    "ids",
    [
        range(999_900, 1_001_000),
        [34070201, 34070202, 34070203],
        ["34070201", "34070202", "34070203", "a"],
        [1, 20, 300, 4000],
    ],
)
def test_other_ids_lost_nothing(ids: Sequence[Any]) -> None:
    assert "id_zeros_lost" not in canonical(table(N=list(ids)), parcel_id="N")[1]


def test_rounded_ids_are_refused() -> None:
    with pytest.raises(FieldError, match=r"spreadsheet has rounded, in 2 rows \(3\.60702E\+18\)"):
        canonical(table(N=["3.60702E+18", "3.60702E+18", "1"]), parcel_id="N")


def test_ids_of_words_for_no_value_are_missing() -> None:
    read, _ = canonical(table(N=["a", "<Null>", "无"]), parcel_id="N")
    assert read.index.isna().tolist() == [False, True, True]


CELLS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(
        ["180~200", "60(50)", "1,234.5 亩", "-", "2022年", "≤2", "3亩", "1.5万", "12,5"]
    ),
)


@settings(max_examples=10)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.randoms())
def test_any_cells_in_any_order_give_one_table(rows: list[tuple[Any, ...]], random: Any) -> None:  # noqa: ANN401
    shapes = [box(i, 0, i + 1, 1) for i in range(len(rows))]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=["a", "b", "c"]), geometry=shapes)
    before = frame.copy()
    fields = {"recorded_area_m2": "a", "owner": "b", "tax_yuan": "c"}
    source = Source("parcels", "", fields=fields)
    read, findings = canonical_table(frame, source)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    mixed = list(range(len(rows)))
    random.shuffle(mixed)
    again, told = canonical_table(frame.iloc[mixed], source)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(read), check_index_type=False)
    assert told == findings
    for name in ("recorded_area_m2", "tax_yuan"):
        assert np.isfinite(read[name].dropna()).all()


# Industries and dates


def test_industry_codes_stay_as_written_and_names_are_told() -> None:
    parcels, findings = canonical(table(HY=["C26", " 2614", "化工", "无", None]), industry="HY")
    assert parcels["industry"].fillna("-").tolist() == ["C26", "2614", "化工", "-", "-"]
    told = findings["industry_no_code"]
    assert (told["severity"], told["value"]) == ("info", 1.0)
    assert told["message"].endswith("rules of the use class hold: 1 row, such as '化工'")
    assert findings["text_no_value"]["value"] == 1.0


def test_industry_codes_stored_as_numbers_are_whole() -> None:
    parcels, findings = canonical(table(HY=[26.0, 2614.0, None]), industry="HY")
    assert parcels["industry"].fillna("-").tolist() == ["26", "2614", "-"]
    assert "industry_no_code" not in findings


def test_dates_become_days_and_a_column_of_that_name_is_taken() -> None:
    parcels, findings = canonical(table(idle_since=["2023年5月1日", "2023.5", "soon"]))
    assert parcels["idle_since"].dt.strftime("%Y%m%d").fillna("").tolist() == [
        "20230501",
        "20230501",
        "",
    ]
    assert {"column_by_name", "date_unread", "date_month"} <= set(findings)
    what = "parcels: column 'idle_since' (mapped to idle_since): "
    assert findings["date_unread"]["message"].startswith(what + "not a date, taken as missing")
