from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gisland.base.errors import GeometryError, TableError
from gisland.base.schema import (
    FINDINGS,
    LAYERS,
    PARCELS,
    TENURES,
    VERDICTS,
    findings_frame,
    findings_together,
    require_ids,
    require_polygons,
    usable,
)
from gisland.base.useclasses import USE_CLASSES
from gisland.base.verdicts import verdict_frame


def test_ids_of_an_empty_table() -> None:
    require_ids(pd.DataFrame({"far_max": pd.Series([], dtype="float64")}), what="zoning")


def test_contracts_hold_the_canonical_names_and_classes() -> None:
    assert set(LAYERS) >= {"parcels", "zoning", "buildings", "roads", "water", "sites"}
    assert LAYERS["parcels"] is PARCELS
    assert PARCELS["tenure"].one_of == TENURES
    assert PARCELS["use_class"].one_of == USE_CLASSES
    assert all(c.at_least == 0 for n, c in PARCELS.items() if n.endswith(("_m2", "_yuan")))


def test_ids_missing_or_twice() -> None:
    require_ids(pd.DataFrame(index=["a", "b"]), what="parcels")
    with pytest.raises(TableError, match="parcels: 2 rows have no id; map a column"):
        require_ids(pd.DataFrame(index=["a", None, None]), what="parcels")
    with pytest.raises(TableError, match=r"2 ids occur more than once \(a, b\)"):
        require_ids(pd.DataFrame(index=["b", "a", "c", "b", "a"]), what="parcels")


def test_findings_are_sorted_whatever_the_order_of_the_rows() -> None:
    rows: list[dict[str, object]] = [
        {"code": "overlap", "parcel_id": "p2", "other_id": "p3", "value": 2.0, "unit": "m2"},
        {"code": "overlap", "parcel_id": "p2", "other_id": "p1", "value": 1.0, "unit": "m2"},
        {"code": "empty", "parcel_id": "p9", "severity": "error"},
        {"code": "gap", "value": 3.0, "geometry": Point(0, 0)},
        {"code": "gap", "value": 1.0, "geometry": Point(1, 1)},
    ]
    frame = findings_frame(rows, crs=4547)
    assert tuple(frame.columns) == FINDINGS
    assert frame["code"].tolist() == ["empty", "gap", "gap", "overlap", "overlap"]
    assert frame["value"].tolist()[1:] == [1.0, 3.0, 1.0, 2.0]
    assert frame["other_id"].tolist()[3:] == ["p1", "p3"]
    assert frame["message"].isna().all()
    assert frame.crs.to_epsg() == 4547
    assert frame.index.tolist() == [0, 1, 2, 3, 4]
    pd.testing.assert_frame_equal(frame, findings_frame(rows[::-1], crs=4547))


def test_an_id_that_holds_the_separator_is_refused() -> None:
    with pytest.raises(TableError, match=r"1 id holds ';', which separates ids .* \(a;b\)"):
        require_ids(pd.DataFrame(index=["a;b", "c"]), what="parcels")


def test_all_faults_of_the_ids_are_told_at_once() -> None:
    message = (
        r"parcels: 1 row has no id and 1 id occurs more than once and 2 ids hold ';', which"
        r" separates ids in results \(a, b;c, d;e\); map a column"
    )
    with pytest.raises(TableError, match=message):
        require_ids(pd.DataFrame(index=["a", None, "d;e", "a", "b;c"]), what="parcels")


def test_empty_findings_have_the_same_columns_and_kinds() -> None:
    empty, full = findings_frame([], crs=4547), findings_frame([{"code": "x"}], crs=4547)
    assert tuple(empty.columns) == FINDINGS
    assert empty.crs == full.crs
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_findings_hold_text_numbers_and_shapes_whatever_their_number() -> None:
    row: dict[str, object] = {"code": "gap", "value": 2, "geometry": Point(0, 0)}
    for many in range(3):
        frame = findings_frame([row] * many, crs=4547)
        kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
        assert kinds == dict.fromkeys(FINDINGS, "str") | {
            "value": "float64",
            "geometry": "geometry",
        }
        assert frame.geometry.name == "geometry"
        assert frame.index.tolist() == list(range(many))
        assert frame["value"].tolist() == [2.0] * many
        assert frame["parcel_id"].isna().all()


def test_findings_of_several_tables_are_those_of_all_their_rows() -> None:
    rows = [
        {"code": "overlap", "parcel_id": "b", "other_id": "c", "value": 2.0, "unit": "m2"},
        {"code": "overlap", "parcel_id": "b", "other_id": "a", "geometry": Point(1, 2)},
        {"code": "empty", "severity": "error", "message": "nothing", "layer": "parcels"},
        {"code": "overlap", "parcel_id": "b", "other_id": "c", "value": 1.0},
    ]
    whole = findings_frame(rows, crs=4547)
    parts = [findings_frame(rows[:2], crs=4547), findings_frame(rows[2:], crs=4547)]
    none = findings_frame([], crs=4547)
    for tables in (parts, [*parts[::-1], none], [none, whole]):
        together = findings_together(tables, crs=4547)
        pd.testing.assert_frame_equal(together, whole)
        assert together.crs.to_epsg() == 4547
    plain = pd.DataFrame([{"code": 7, "message": "of a user's own", "rest": 1}])
    found = findings_together([plain], crs=4547)
    assert found[["code", "message"]].to_numpy().tolist() == [["7", "of a user's own"]]
    assert found.dtypes.astype("str").to_dict() == none.dtypes.astype("str").to_dict()
    assert findings_together([none], crs=4547).empty


def test_verdicts_fill_scalars_and_leave_the_rest_missing() -> None:
    frame = verdict_frame(
        pd.Index(["a", "b"]), test="min_lot", outcome=["pass", "fail"], value=[2500, 90], limit=2000
    )
    assert tuple(frame.columns) == VERDICTS
    assert frame["outcome"].tolist() == ["pass", "fail"]
    assert frame["value"].tolist() == [2500.0, 90.0]
    assert frame["limit"].tolist() == [2000.0, 2000.0]
    assert frame["denominator"].isna().all()
    assert {frame[c].dtype.name for c in ("value", "limit")} == {"float64"}
    assert {frame[c].dtype.name for c in VERDICTS if c not in ("value", "limit")} == {"str"}
    assert len(verdict_frame(pd.Index([]), test="min_lot")) == 0


def test_polygons_are_required_but_single_gaps_pass() -> None:
    parts = MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    require_polygons(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), parts, None, Polygon()]), what="x")
    with pytest.raises(GeometryError, match="parcels: none of the 2 rows has geometry; check"):
        require_polygons(gpd.GeoDataFrame(geometry=[None, Polygon()]), what="parcels")
    with pytest.raises(GeometryError, match="none of the 0 rows has geometry"):
        require_polygons(gpd.GeoDataFrame(geometry=[]), what="parcels")
    mixed = gpd.GeoDataFrame(
        geometry=[box(0, 0, 1, 1), LineString([(0, 0), (1, 1)]), Point(0, 0)], index=["a", "b", "c"]
    )
    message = r"2 of 3 geometries are not polygons but LineString, Point \(b, c\); give a polygon"
    with pytest.raises(GeometryError, match=message):
        require_polygons(mixed, what="parcels")


def test_usable_geometry_is_there_and_valid() -> None:
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    rows = gpd.GeoSeries([box(0, 0, 1, 1), None, Polygon(), bow], index=list("dcba"))
    result = usable(rows)
    assert result.to_dict() == {"d": True, "c": False, "b": False, "a": False}
    assert (result.name, result.dtype) == ("usable", bool)
