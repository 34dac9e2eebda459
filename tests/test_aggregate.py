"""What the merge carries over, by hand: one row per site, every column by a named rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from districts import CRS, at, district, lots, planned
from gisland.base.errors import PlanError
from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.layers.writing.results import read_results, result_frame
from gisland.layers.writing.write import write_results
from gisland.pipeline import run
from gisland.plan.merging.aggregate import merged_parcels
from gisland.verify.tables import check_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DAY = pd.Timestamp


def table() -> gpd.GeoDataFrame:
    """Pieces a (300 m²) and b (100 m²) of a site, c (100 m²) absorbed by it; d alone."""
    return lots(
        {
            "a": at(0, 0, 30, 10),
            "b": at(30, 0, 10, 10),
            "c": at(40, 0, 10, 10),
            "d": at(90, 0, 5, 5),
        },
        owner=["甲厂", "乙厂", "甲厂", "丙"],
        tenure=["state", "state", "collective", "state"],
        use_code=["0601", "0602", "0601", "1201"],
        use_class=["industrial", "logistics", "reserve", "reserve"],
        industry=["C26", None, "C17", None],
        recorded_area_m2=[299.0, 101.0, 102.0, 24.0],
        tax_yuan=[1000.0, 200.0, None, 5.0],
        status=["在产", None, "闲置", None],
        idle_since=[pd.NaT, DAY("2020-05-01"), DAY("2019-01-02"), pd.NaT],
        note=["x", "y", "x", "z"],
        level=[2, 2, 2, 7],
        score=[1.0, 4.0, 7.0, 0.0],
        checked=[True, True, False, True],
        seen=[DAY("2024-01-01"), DAY("2024-01-01"), DAY("2024-01-01"), pd.NaT],
    ).assign(area_m2=[300.0, 100.0, 100.0, 25.0])


def lineage(roles: Mapping[str, str] | None = None) -> pd.DataFrame:
    role = roles or {"a": "site", "b": "site", "c": "absorbed", "d": "kept"}
    return pd.DataFrame(
        {
            "parcel_id": list(role),
            "after_id": [k if r == "kept" else "S" for k, r in role.items()],
            "role": list(role.values()),
            "area_m2": table()["area_m2"].reindex(list(role)).to_numpy(),
        }
    )


def sites(**area: float) -> gpd.GeoDataFrame:
    area = area or {"S": 500.0}
    index = pd.Index(list(area), name="site_id", dtype="str")
    shapes = [at(0, 0, 50, 10)] * len(area)
    return gpd.GeoDataFrame(
        {"area_after_m2": list(area.values())}, index=index, geometry=shapes, crs=CRS
    )


def row(**columns: str) -> dict[Any, Any]:
    found = merged_parcels(table(), lineage(), sites(), columns=columns)
    assert len(found) == 1
    return dict(found.iloc[0])


def test_every_column_by_its_default_rule() -> None:
    found = row()
    assert list(found) == [
        *("parcel_id", "owner", "tenure", "use_code", "use_class", "industry", "recorded_area_m2"),
        *("tax_yuan", "status", "idle_since", "note", "level", "score", "checked", "seen"),
        *("area_m2", "geometry"),
    ]
    assert found["parcel_id"] == "S"
    assert found["owner"] == "乙厂;甲厂"  # by code point, each once
    assert found["tenure"] == "collective;state"
    assert (found["use_code"], found["use_class"]) == ("0601", "industrial")  # of a, the largest
    assert found["industry"] == "C17;C26"
    assert found["recorded_area_m2"] == 502.0
    assert np.isnan(found["tax_yuan"])  # that of c is not known
    assert found["status"] == "在产;闲置"
    assert found["idle_since"] == DAY("2019-01-02")
    assert found["note"] == "x;y"
    assert found["level"] == 2
    assert np.isnan(found["score"])  # they differ
    assert found["checked"] is pd.NA
    assert found["seen"] == DAY("2024-01-01")
    assert found["area_m2"] == 500.0
    assert found["geometry"].equals(at(0, 0, 50, 10))


@pytest.mark.parametrize(
    ("column", "rule", "value"),
    [
        ("tax_yuan", "sum_known", 1200.0),
        ("score", "sum", 12.0),
        ("score", "area_mean", (300 * 1 + 100 * 4 + 100 * 7) / 500),
        ("score", "min", 1.0),
        ("score", "max", 7.0),
        ("score", "largest", 1.0),
        ("score", "set", "1;4;7"),
        ("level", "sum", 6),
        ("level", "set", "2"),
        ("seen", "max", DAY("2024-01-01")),
        ("seen", "set", "2024-01-01"),
        ("owner", "largest", "甲厂"),
        ("owner", "site", "甲厂"),
        ("note", "same", None),
        ("checked", "largest", True),
        ("industry", "same", None),
        ("status", "largest", "在产"),
        ("idle_since", "max", DAY("2020-05-01")),
        ("idle_since", "largest", None),
    ],
)
def test_a_column_by_another_rule(column: str, rule: str, value: object) -> None:
    found = row(**{column: rule})[column]
    if value is None:
        assert pd.isna(found)
    else:
        assert found == value


def test_largest_looks_at_all_pieces_and_site_at_those_before() -> None:
    parts = lineage({"a": "absorbed", "b": "site", "c": "site", "d": "kept"})
    columns = {"note": "site", "owner": "largest", "score": "site"}
    found = merged_parcels(table(), parts, sites(), columns=columns).iloc[0]
    assert found["owner"] == "甲厂"  # a
    assert (found["note"], found["score"]) == ("y", 4.0)  # b: as large as c, the smaller id


def test_an_area_mean_misses_what_a_piece_misses() -> None:
    assert np.isnan(row(tax_yuan="area_mean")["tax_yuan"])


def test_a_sum_of_nothing_known_is_missing() -> None:
    parcels = table().assign(tax_yuan=np.nan)
    found = merged_parcels(parcels, lineage(), sites(), columns={"tax_yuan": "sum_known"})
    assert found["tax_yuan"].isna().all()


def test_a_name_with_a_semicolon_stays_as_it_is() -> None:
    parcels = table()
    parcels.loc["a", "owner"] = "甲;乙"
    found = merged_parcels(parcels, lineage(), sites()).iloc[0]
    assert found["owner"] == "乙厂;甲;乙;甲厂"


def test_only_given_columns_are_carried_over() -> None:
    parcels = table().assign(far=1.0, fragment=False, site_id="S", free_m=2.0, zone_id="Z1")
    assert list(merged_parcels(parcels, lineage(), sites())) == list(row())


def test_row_order_does_not_matter() -> None:
    rows = lineage({"a": "absorbed", "b": "site", "c": "site", "d": "kept"})
    how = {"note": "site", "score": "area_mean"}
    one = merged_parcels(table(), rows, sites(T=1.0, S=500.0), columns=how)
    two = merged_parcels(table().iloc[::-1], rows.iloc[::-1], sites(S=500.0, T=1.0), columns=how)
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))
    assert one.loc[0, "note"] == "y"  # b and c are as large
    assert one["parcel_id"].tolist() == ["S", "T"]
    assert pd.isna(one.loc[1, "owner"])


def test_no_sites_at_all_keep_the_kinds() -> None:
    none = merged_parcels(table(), lineage().iloc[:0], sites().iloc[:0])
    some = merged_parcels(table(), lineage(), sites())
    assert len(none) == 0
    assert none.crs == CRS
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


@pytest.mark.parametrize(
    ("column", "rule", "told"),
    [
        ("owner", "sum", r"\[plan\.columns\] owner holds text and cannot be merged by 'sum'; use"),
        ("owner", "min", "owner holds text .* use set, same, largest, site"),
        ("checked", "max", "checked holds flags .* use same, largest, site"),
        ("seen", "area_mean", "seen holds dates .* use min, max, set, same, largest, site"),
        (
            "tax_yuan",
            "set",
            "tax_yuan holds numbers .* 'set'; use sum, sum_known, area_mean, min, max,",
        ),
        ("idle_since", "set", "idle_since holds dates .* 'set'; use min, max, same, largest, site"),
        ("ownr", "set", "no column 'ownr'; did you mean 'owner'"),
        ("far", "sum", "no column 'far'"),
        ("owner", "most", "owner is 'most'; use one of"),
    ],
)
def test_rules_that_cannot_be_used_are_told(column: str, rule: str, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        row(**{column: rule})


def test_numbers_fit_every_rule() -> None:
    rules = ("sum", "sum_known", "area_mean", "min", "max", "set", "same", "largest", "site")
    assert [name for name in rules if row(level=name)["level"] is None] == []


# --- in a run ------------------------------------------------------------------------------------


def test_sums_are_conserved() -> None:
    parcels = district().parcels.drop(index=["nothing", "bow"])
    parcels["tax_yuan"] = [0.1 * 3**k for k in range(len(parcels))]
    parcels["recorded_area_m2"] = parcels.geometry.area * 1.01
    found = planned(parcels, "tianjin-2024").tables
    kept = found["lineage"].query("role == 'kept'")["parcel_id"]
    after = found["merged"]
    assert len(after) == 2
    assert len(kept) < len(parcels) - 2
    for column in ("tax_yuan", "recorded_area_m2", "floor_area_m2"):
        rest = parcels.loc[kept, column].sum()
        assert after[column].sum() + rest == pytest.approx(parcels[column].sum(), rel=1e-12)
    given = found["parcels"].set_index("parcel_id")["area_m2"]
    whole = after["area_m2"].sum() + given[kept].sum()
    assert whole == pytest.approx(given.sum(), rel=1e-12)


def test_choices_of_a_run_say_how() -> None:
    plan = PlanChoices(columns={"note": "site", "tax_yuan": "max"})
    choices = Choices(load_rules("tianjin-2024"), sites_from="field", plan=plan)
    found = run(district(), choices).tables["merged"].set_index("parcel_id")
    assert found["note"].to_dict() == {"S1": "=0", "S2": "=2"}
    assert found["tax_yuan"].to_dict() == {"S1": 100.0, "S2": 100.0}
    assert found["owner"].to_dict() == {"S1": "乙;甲", "S2": "乙"}


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    parcels = district().parcels.assign(
        idle_since=pd.Timestamp("2020-02-03"), level=3, checked=True, 备注="好"
    )
    tables = planned(parcels, "tianjin-2024").tables
    folder = write_results(
        tmp_path / "out",
        tables=tables,
        files={},
        run={"gisland": "0"},
        parquet=True,
        shapefiles=True,
    )
    read = read_results(folder)
    assert (
        read.tables["merged"].dtypes.to_dict()
        == result_frame(tables["merged"], table="merged").dtypes.to_dict()
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame(read.tables["merged"].drop(columns="geometry")),
        pd.DataFrame(result_frame(tables["merged"], table="merged").drop(columns="geometry")),
    )
    drawn = gpd.read_file(folder / "shapefiles" / "merged.shp")
    assert drawn["parcel_id"].tolist() == ["S1", "S2"]
    assert (folder / "results" / "merged.parquet").is_file()
    assert "columns_missing" not in {v.code for v in check_tables(read)}


def test_verify_sees_a_repeated_site(tmp_path: Path) -> None:
    tables = planned(district().parcels, "tianjin-2024").tables
    folder = write_results(tmp_path / "out", tables=tables, files={}, run={"gisland": "0"})
    read = read_results(folder)
    assert not [v for v in check_tables(read) if v.code == "ids_repeated"]
    read.tables["merged"].loc[1, "parcel_id"] = "S1"
    assert [v.ids for v in check_tables(read) if v.code == "ids_repeated"] == [("S1",)]
