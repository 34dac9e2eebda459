from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from districts import frame
from gisland.base.errors import ProjectError, TableError
from gisland.detect.sites import members, members_by_cluster, members_by_field, members_by_layer
from gisland.topology.borders import borders

ROW = {
    "a": box(0, 0, 10, 10),
    "b": box(10, 0, 20, 10),
    "c": box(20, 0, 30, 10),
    "d": box(50, 0, 60, 10),
}


def lots(**columns: object) -> gpd.GeoDataFrame:
    found = frame(ROW, **columns)
    return found.assign(area_m2=found.area)


def by_layer(drawn: dict[str, object], share: float = 0.5) -> dict[str, str]:
    found = members_by_layer(lots(), frame(drawn, "site_id"), site_overlap_share=share)
    return found.to_dict()


def ask(parcels: gpd.GeoDataFrame, source: str | None, **changes: object) -> pd.Series:
    options: dict[str, object] = {
        "sites": None,
        "use_classes": (),
        "site_overlap_share": 0.5,
        "min_area_m2": 0.0,
    }
    return members(parcels, borders(parcels), source=source, **(options | changes))


# --- by layer -----------------------------------------------------------------------------------


def test_a_parcel_belongs_to_the_site_polygon_that_covers_half_of_it() -> None:
    assert by_layer({"S": box(0, 0, 15, 10)}) == {"a": "S", "b": "S"}  # b by exactly 0.5
    assert by_layer({"S": box(0, 0, 14.9, 10)}) == {"a": "S"}
    assert by_layer({"S": box(0, 0, 14, 10)}, 0.4) == {"a": "S", "b": "S"}


def test_a_parcel_half_in_each_of_two_sites_goes_to_the_smaller_id() -> None:
    drawn = {"T": box(0, 0, 15, 10), "S": box(15, 0, 30, 10)}
    assert by_layer(drawn) == {"a": "T", "b": "S", "c": "S"}


def test_a_site_polygon_that_covers_no_parcel_is_an_error_with_its_id() -> None:
    drawn = {"S": box(0, 0, 10, 10), "far": box(900, 0, 910, 10), "part": box(50, 0, 54, 10)}
    with pytest.raises(TableError) as caught:
        by_layer(drawn)
    assert str(caught.value) == (
        "sites: 2 of 3 polygons cover no parcel by 50% or more (far, part); check that sites and"
        " parcels belong together, or lower site_overlap_share"
    )


def test_one_site_polygon_that_covers_no_parcel_is_told_in_the_singular() -> None:
    with pytest.raises(TableError, match=r"^sites: 1 of 1 polygon covers no parcel by 50% or more"):
        by_layer({"far": box(900, 0, 910, 10)})


def test_a_site_polygon_without_geometry_is_an_error_with_its_id() -> None:
    with pytest.raises(TableError, match=r"\(gone\)"):
        by_layer({"S": box(0, 0, 10, 10), "gone": None})


def test_the_site_layer_must_be_there() -> None:
    with pytest.raises(ProjectError, match=r'from = "layer", but there is no \[layers.sites\]'):
        ask(lots(), "layer")


# --- by field -----------------------------------------------------------------------------------


def test_sites_from_a_column_of_the_parcels() -> None:
    given = lots(site_id=pd.array(["S2", "S1", None, "S2"], dtype="str"))
    assert members_by_field(given).to_dict() == {"a": "S2", "b": "S1", "d": "S2"}
    assert ask(given, "field").to_dict() == {"a": "S2", "b": "S1", "d": "S2"}


def test_without_the_column_the_message_says_how_to_map_it() -> None:
    with pytest.raises(ProjectError, match=r'no column gives the site; map it: .* site_id = "…"'):
        ask(lots(), "field")


def test_an_empty_column_makes_no_site() -> None:
    assert ask(lots(site_id=pd.array([None] * 4, dtype="str")), "field").empty


# --- by cluster ---------------------------------------------------------------------------------


def test_bordering_parcels_of_low_use_make_a_site_named_after_the_smallest() -> None:
    low = pd.array([True, True, None, True], dtype="boolean")
    found = ask(lots(low_use=low), "low_use")
    assert found.to_dict() == {"a": "S-a", "b": "S-a", "d": "S-d"}
    assert ask(lots(low_use=low), "low_use", min_area_m2=200.0).to_dict() == {
        "a": "S-a",
        "b": "S-a",
    }
    assert ask(lots(low_use=low), "low_use", min_area_m2=200.01).empty


def test_what_a_parcel_of_good_use_parts_is_two_sites() -> None:
    low = pd.array([True, False, True, False], dtype="boolean")
    assert ask(lots(low_use=low), "low_use").to_dict() == {"a": "S-a", "c": "S-c"}


def test_a_cluster_exactly_as_large_as_asked_for_is_a_site_whatever_the_rounding() -> None:
    area = pd.Series([0.1, 0.2], index=["a", "b"])  # their sum is 0.30000000000000004
    low = pd.Series([True, True], index=["a", "b"])
    pairs = pd.MultiIndex.from_tuples([("a", "b"), ("b", "a")], names=["focal", "neighbor"])
    table = pd.DataFrame({"border_m": [9.0, 9.0]}, index=pairs)
    ten = pd.Series([6.7, 3.3 - 1e-12], index=["a", "b"])
    assert len(members_by_cluster(low, table, areas_m2=ten, min_area_m2=10.0)) == 2
    assert members_by_cluster(low, table, areas_m2=area, min_area_m2=0.31).empty


def test_sites_by_use_class() -> None:
    uses = ["industrial", "logistics", "residential", None]
    found = ask(lots(use_class=uses), "use_class", use_classes=("industrial", "logistics"))
    assert found.to_dict() == {"a": "S-a", "b": "S-a"}
    assert ask(lots(use_class=uses), "use_class", use_classes=("farm",)).empty


def test_without_use_classes_the_message_says_how_to_map_them() -> None:
    with pytest.raises(ProjectError, match="no use class is known; map use_code"):
        ask(lots(), "use_class", use_classes=("industrial",))


# --- in general ---------------------------------------------------------------------------------


def test_an_unknown_source_names_the_known_ones() -> None:
    with pytest.raises(ProjectError, match=r"from is 'guess'; use one of layer, field, low_use"):
        ask(lots(), "guess")


def test_no_source_means_no_site() -> None:
    found = ask(lots(), None)
    assert found.empty
    assert (found.name, found.index.name, found.dtype.name) == ("site_id", "parcel_id", "str")


def test_parcels_without_geometry_belong_to_no_site() -> None:
    given = frame({"a": box(0, 0, 9, 9), "b": None}, site_id=["S", "S"])
    area = given.area.where(given.area > 0)
    assert ask(given.assign(area_m2=area), "field").to_dict() == {"a": "S"}


@pytest.mark.parametrize("source", ["layer", "field", "low_use", "use_class"])
def test_every_source_gives_the_same_kind_of_series_in_any_order_of_rows(source: str) -> None:
    given = lots(
        site_id=["S", "S", None, "T"],
        low_use=pd.array([True, True, False, True], dtype="boolean"),
        use_class=["industrial", "industrial", "farm", "industrial"],
    )
    drawn = frame({"S": box(0, 0, 20, 10), "T": box(50, 0, 60, 10)}, "site_id")
    options = {"sites": drawn, "use_classes": ("industrial",)}
    before = given.copy(deep=True)
    found = ask(given, source, **options)
    assert (found.name, found.index.name, found.dtype.name) == ("site_id", "parcel_id", "str")
    assert found.index.tolist() == ["a", "b", "d"]
    shuffled = ask(given.iloc[[3, 1, 0, 2]], source, **(options | {"sites": drawn.iloc[::-1]}))
    pd.testing.assert_series_equal(found, shuffled)
    pd.testing.assert_frame_equal(given, before)
