"""Ordinary mistakes of a notebook user: one clear error each, never a traceback."""

# ruff: noqa: ANN401 - what is given is of the wrong kind on purpose

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import gisland as gl
from gisland.base.errors import (
    CRSError,
    GeometryError,
    GislandError,
    OutputError,
    ProjectError,
    TableError,
)
from gisland.base.industries import digits_of
from gisland.detect.idle import future_dates, idle_years
from gisland.detect.lowuse import low_use_verdicts
from gisland.detect.sites import members_by_field, members_by_layer
from gisland.topology.borders import free_boundary

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = gl.load_rules("tianjin-2024")
TABLE = "give a table (a data frame of pandas)"
ONE = "give one column, such as 'owner'"
UNKNOWN = "parcels: no column 'ownr';"
AS_RETURNED = "give the table as gisland.borders returns it"


def _lots(ids: list[Any] | None = None) -> gpd.GeoDataFrame:
    """One lot of 100 m² in a lot of 800 m²."""
    inner, outer = box(10, 10, 20, 20), box(0, 0, 30, 30)
    columns = {
        "owner": ["A", "B"],
        "tenure": ["state", "collective"],
        "area_m2": [100.0, 800.0],
    }
    index = pd.Index(["p1", "p2"] if ids is None else ids, name="parcel_id")
    return gpd.GeoDataFrame(columns, geometry=[inner, outer - inner], index=index, crs=4547)


LOTS = _lots()
BOUNDARY = gl.trace(LOTS)
BORDERS = BOUNDARY.borders
ZONE = pd.Series("z", index=LOTS.index)
NAMED = {"attribute": "owner", "enclave_share": 0.75}


def _enclaves(parcels: Any = LOTS, borders: Any = BORDERS, **how: Any) -> object:
    return gl.enclaves(parcels, borders, **(NAMED | how))


def _holdings(parcels: Any = LOTS, borders: Any = BORDERS, **how: Any) -> object:
    return gl.holdings(parcels, borders, **how)


def _mixture(
    parcels: Any = LOTS, borders: Any = BORDERS, enclave_ids: Any = LOTS.index[:0], **how: Any
) -> object:
    return gl.mixture(parcels, borders, enclave_ids, **({"zone": ZONE} | how))


def _facts(parcels: Any = LOTS, borders: Any = BORDERS, **how: Any) -> object:
    return gl.shape_facts(parcels, borders, **({"area_basis": "plane"} | how))


def _surroundings(parcels: Any = LOTS, borders: Any = BORDERS) -> object:
    return gl.surroundings(parcels, borders)


def _free(parcels: Any = LOTS, borders: Any = BORDERS) -> object:
    return free_boundary(parcels, borders)


def _patches(parcels: Any = LOTS, borders: Any = BORDERS, **how: Any) -> object:
    return gl.patches(parcels, borders, **({"attribute": "owner"} | how))


def _components(borders: Any) -> object:
    return gl.components(LOTS.index, borders)


def _articulation(borders: Any) -> object:
    return gl.articulation(LOTS.index, borders)


def _networkx(borders: Any) -> object:
    return gl.to_networkx(LOTS, borders)


def _sparse(borders: Any) -> object:
    return gl.to_sparse(LOTS, borders)


def _told(kind: type[GislandError], message: str, work: Callable[[], object]) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$") as raised:
        work()
    assert type(raised.value) is kind


TAKERS = [
    *(lambda b, f=f: f(borders=b) for f in (_enclaves, _holdings, _mixture, _facts)),
    *(lambda b, f=f: f(borders=b) for f in (_surroundings, _free, _patches)),
    *(_components, _articulation, _networkx, _sparse),
]
STRICT_TAKERS = TAKERS[:6]


@pytest.mark.parametrize("work", TAKERS)
def test_a_traced_boundary_is_no_table_of_borders(work: Callable[[Any], object]) -> None:
    message = "borders is a Boundary; give its table, boundary.borders"
    _told(TableError, message, lambda: work(BOUNDARY))


@pytest.mark.parametrize("work", TAKERS)
def test_borders_are_a_table(work: Callable[[Any], object]) -> None:
    _told(TableError, f"borders is a dict; {TABLE}", lambda: work({}))


@pytest.mark.parametrize("work", STRICT_TAKERS)
def test_borders_keep_their_index_and_their_length(work: Callable[[Any], object]) -> None:
    message = f"borders: the index is not focal, neighbor; {AS_RETURNED}"
    _told(TableError, message, lambda: work(BORDERS.reset_index()))
    bare = BORDERS[["tolerant_m"]]
    message = "borders: no column 'border_m'; use one of tolerant_m"
    _told(TableError, message, lambda: work(bare))


def test_pairs_need_two_columns() -> None:
    message = f"pairs: neither an index nor two columns hold the ids; {AS_RETURNED}"
    _told(TableError, message, lambda: _components(pd.DataFrame({"a": ["p1"]})))


@pytest.mark.parametrize("work", [gl.across, gl.beyond, lambda b: gl.recall(b, LOTS)])
def test_a_table_is_no_traced_boundary(work: Callable[[Any], object]) -> None:
    message = "boundary is a DataFrame; give trace(parcels), not its table"
    _told(TableError, message, lambda: work(BORDERS))


@pytest.mark.parametrize("work", [_enclaves, _holdings, _patches])
@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (["owner", "tenure"], f"attribute is ['owner', 'tenure']; {ONE}"),
        (None, f"attribute is None; {ONE}"),
        (LOTS["owner"], f"attribute is a Series; {ONE}"),
        ("geometry", f"attribute is 'geometry', the geometry; {ONE}"),
        (
            "ownr",
            f"{UNKNOWN} did you mean 'owner'? known: area_m2, geometry, owner, tenure",
        ),
    ],
)
def test_an_attribute_is_one_column(
    work: Callable[..., object], attribute: object, message: str
) -> None:
    _told(TableError, message, lambda: work(attribute=attribute))


@pytest.mark.parametrize("work", [_enclaves, _holdings])
def test_a_name_borne_twice_is_told(work: Callable[..., object]) -> None:
    twice = pd.concat([LOTS, LOTS[["owner"]]], axis=1)
    message = "parcels: several columns are named 'owner'; rename all but one"
    _told(TableError, message, lambda: work(twice))


@pytest.mark.parametrize("work", [_enclaves, _holdings, _mixture])
def test_areas_come_from_shape_facts(work: Callable[..., object]) -> None:
    bare = LOTS.drop(columns="area_m2")
    message = "parcels: no column 'area_m2'; shape_facts adds it"
    _told(TableError, message, lambda: work(bare))


@pytest.mark.parametrize("work", [_enclaves, _holdings, _mixture])
def test_parcels_are_a_table(work: Callable[..., object]) -> None:
    _told(TableError, f"parcels is a str; {TABLE}", lambda: work("parcels.shp"))


@pytest.mark.parametrize("share", ["0.75", float("nan"), 75, -1, None, True])
def test_a_share_is_a_number_from_0_to_1(share: object) -> None:
    message = f"enclave_share is {share!r}; give a number from 0 to 1"
    _told(ProjectError, message, lambda: _enclaves(enclave_share=share))


@pytest.mark.parametrize("share", [0, 1, 0.75, np.float32(0.5)])
def test_shares_at_both_ends_are_good(share: float) -> None:
    assert len(gl.enclaves(LOTS, BORDERS, attribute="owner", enclave_share=share)) == 1


@pytest.mark.parametrize("basis", ["geodesic", None, 1])
def test_the_basis_of_areas_is_one_of_two(basis: object) -> None:
    message = f"area_basis is {basis!r}; use one of plane, ellipsoidal"
    _told(ProjectError, message, lambda: _facts(area_basis=basis))


@pytest.mark.parametrize("work", [_facts, _free])
def test_borders_name_no_other_parcels(work: Callable[..., object]) -> None:
    message = (
        "borders: some ids are not among the parcels (p1); give borders and parcels of the same"
        " table"
    )
    _told(TableError, message, lambda: work(LOTS.loc[["p2"]]))


def test_borders_that_were_cut_name_only_what_is_left() -> None:
    shapes = [box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0, 3, 1)]
    lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    table = gl.borders(lots)
    ends = table.index.to_frame().isin(["a", "b"]).all(axis=1)
    assert free_boundary(lots.loc[["a", "b"]], table[ends]).to_dict() == {"a": 3.0, "b": 3.0}


def test_mixture_needs_tenure_zones_and_enclaves_by_id() -> None:
    bare = LOTS.drop(columns=["tenure", "geometry"])
    message = "parcels: no column 'tenure'; use one of area_m2, owner"
    _told(TableError, message, lambda: _mixture(bare))
    for zone, kind in (("z", "str"), (ZONE.to_frame(), "DataFrame"), (None, "NoneType")):
        message = f"zone is a {kind}; give a pandas.Series of zones by parcel id"
        _told(TableError, message, lambda zone=zone: _mixture(zone=zone))
    message = "zone: none of its ids is among the parcels; index it by the ids of the parcels"
    _told(TableError, message, lambda: _mixture(zone=ZONE.reset_index(drop=True)))
    found = _enclaves()
    message = "enclave_ids is a GeoDataFrame; give a pandas.Index of the ids of parcels in enclaves"
    _told(TableError, message, lambda: _mixture(enclave_ids=found))


@pytest.mark.parametrize(
    ("ids", "first", "second"), [([7, 12], "7", "12"), ([7.5, 8], "7.5", "8.0")]
)
def test_numbers_as_ids(ids: list[Any], first: str, second: str) -> None:
    lots = _lots(ids)
    table = gl.borders(lots)
    held = gl.enclaves(lots, table, attribute="owner", enclave_share=0.75)
    named = ["enclave_id", "parcel_ids", "surrounding_ids", "kind", "share"]
    assert held[named].to_numpy().tolist() == [[f"owner:{first}", first, second, "strict", 1.0]]
    assert gl.holdings(lots, table)[["owner", "patches", "area_m2"]].to_numpy().tolist() == [
        ["A", 1, 100.0],
        ["B", 1, 800.0],
    ]
    zone = pd.Series(["z", None], index=lots.index)
    mixed = gl.mixture(lots, table, lots.index[:1], zone=zone)
    columns = ["zone_id", "parcels", "mixed_border_m", "enclave_share"]
    assert mixed[columns].to_numpy().tolist() == [["overall", 2, 40.0, 0.5], ["z", 1, 0.0, 1.0]]
    around = gl.surroundings(lots, table)
    assert around["largest_neighbor"].tolist() == [ids[1], ids[0]]
    assert around["shared_share"].tolist() == [1.0, 0.25]


def test_parts_of_an_enclave_with_numbers_as_ids_are_joined_as_texts() -> None:
    left, right = box(10, 10, 15, 20), box(15, 10, 20, 20)
    lots = gpd.GeoDataFrame(
        {"owner": ["A", "A", "B"], "area_m2": [50.0, 50.0, 800.0]},
        geometry=[left, right, box(0, 0, 30, 30) - box(10, 10, 20, 20)],
        index=pd.Index([9, 10, 1], name="parcel_id"),
        crs=4547,
    )
    held = gl.enclaves(lots, gl.borders(lots), attribute="owner", enclave_share=0.75)
    assert held[["enclave_id", "parcel_ids"]].to_numpy().tolist() == [["owner:9", "10;9"]]


@pytest.mark.parametrize(
    ("parcel_id", "shown"),
    [
        (["a", "b"], "['a', 'b']"),
        (None, "None"),
        (7.0, "7.0"),
        (True, "a bool"),
        (LOTS, "a GeoDataFrame"),
        (LOTS.loc["p1"], "a Series"),
    ],
)
def test_explain_takes_one_id(parcel_id: Any, shown: str) -> None:
    message = f"parcel_id is {shown}; give one id as text"
    _told(TableError, message, lambda: gl.explain("no/such/folder", parcel_id))


@pytest.mark.parametrize("parcel_id", [7, np.int64(7), "7"])
def test_explain_takes_a_whole_number_as_text(
    parcel_id: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def read(_: object, wanted: object) -> None:
        asked.append(wanted)
        raise OutputError("nothing", do="stop here")

    monkeypatch.setattr("gisland.explaining.read_parcel", read)
    with pytest.raises(OutputError):
        gl.explain("folder", parcel_id)
    assert asked == ["7"]
    assert type(asked[0]) is str


@dataclass
class _Done:
    folder: Path


@pytest.mark.parametrize("read", [lambda r: gl.explain(r, "p1"), gl.read_results, gl.map_results])
@pytest.mark.parametrize(
    ("results", "message"),
    [
        (
            gl.Result({}, {}, {}, [], [], {}),
            "results is a Result, not a path; give the output folder of a run, or its results.gpkg",
        ),
        (_Done(Path("out")), "results is a _Done, not a path; give its folder"),
    ],
)
def test_results_are_a_path(read: Callable[[Any], object], results: object, message: str) -> None:
    _told(OutputError, message, lambda: read(results))


@pytest.mark.parametrize(
    ("since", "dtype"),
    [([2019, 2020], "int64"), (["2019-01-01", None], "str"), ([2019.0, None], "float64")],
)
def test_idle_since_holds_dates(since: list[Any], dtype: str) -> None:
    lots = pd.DataFrame({"idle_since": pd.Series(since)})
    message = (
        f"parcels: idle_since holds no dates, its dtype is {dtype}; convert it first:"
        " pandas.to_datetime(parcels['idle_since'])"
    )
    as_of = dt.date(2026, 1, 1)
    _told(TableError, message, lambda: idle_years(lots["idle_since"], as_of=as_of))
    _told(TableError, message, lambda: future_dates(lots, as_of=as_of))


@pytest.mark.parametrize(
    "since",
    [
        pd.Series([dt.date(2024, 1, 1), None], dtype=object),
        pd.Series(pd.to_datetime(["2024-01-01", None])),
        # in UTC this is the last day of the year before
        pd.Series(pd.to_datetime(["2024-01-01", None])).dt.tz_localize("Asia/Shanghai"),
    ],
)
def test_idle_since_may_be_dates_with_or_without_a_zone(since: pd.Series) -> None:
    years = idle_years(since, as_of=dt.date(2026, 1, 1))
    assert years[0] == 2.0
    assert np.isnan(years[1])
    late = future_dates(pd.DataFrame({"idle_since": since}), as_of=dt.date(2023, 12, 31))
    assert [row["value"] for row in late] == [1.0]


@pytest.mark.parametrize("dtype", ["str", "object", "float64", "datetime64[ns]"])
def test_no_date_at_all_is_no_fault(dtype: str) -> None:
    since = pd.Series([None, None], dtype=dtype)
    assert idle_years(since, as_of=dt.date(2026, 1, 1)).isna().all()


@pytest.mark.parametrize("blank", ["", " ", "\u3000", None])
def test_a_blank_status_is_missing(blank: str | None) -> None:
    lots = pd.DataFrame(
        {"area_m2": [9.0, 9.0], "area_mu": [1.0, 1.0], "status": [blank, "in production"]},
        index=["a", "b"],
    )
    rows = low_use_verdicts(lots, rules=RULES)
    vacant = rows[rows["test"] == "vacant"].set_index("parcel_id")["outcome"]
    assert vacant.to_dict() == {"a": "missing", "b": "pass"}


def test_industries_may_be_numbers() -> None:
    assert digits_of(pd.Series([26, 2614])).tolist() == ["26", "2614"]
    assert digits_of(pd.Series([26.0, None, 26.5, np.inf])).tolist() == ["26", "", "", ""]
    assert digits_of(pd.Series([26, True, "C26"], dtype=object)).tolist() == ["26", "", "26"]


def test_site_ids_hold_no_separator() -> None:
    message = "sites: 1 site id with ';', which separates ids in results (S;1); rename the sites"
    lots = LOTS.assign(site_id=["S;1", "S2"])
    _told(TableError, message, lambda: members_by_field(lots))
    sites = gpd.GeoDataFrame(geometry=[box(0, 0, 30, 30)], index=["S;1"], crs=4547)
    _told(TableError, message, lambda: members_by_layer(LOTS, sites, site_overlap_share=0.5))


def test_load_inputs_takes_a_project() -> None:
    for given in ("gisland.toml", Path("gisland.toml")):
        message = "project is 'gisland.toml'; give read_project(path)"
        _told(ProjectError, message, lambda given=given: gl.load_inputs(given))
    _told(ProjectError, "project is a dict; give read_project(path)", lambda: gl.load_inputs({}))


@dataclass
class _Project:
    path: Path


@pytest.mark.parametrize("read", [gl.read_project, gl.check_project, gl.run_project])
def test_a_project_file_is_a_path(read: Callable[[Any], object]) -> None:
    message = "path is a _Project; give project.path"
    _told(ProjectError, message, lambda: read(_Project(Path("gisland.toml"))))
    message = "path is a dict; give the path of a project file"
    _told(ProjectError, message, lambda: read({}))


@dataclass
class _Loaded:
    inputs: gl.Inputs


@pytest.mark.parametrize(
    "work",
    [
        lambda given: gl.run(given, gl.Choices(RULES)),
        lambda given: gl.check_inputs(given, parameters=gl.Parameters()),
    ],
)
def test_run_takes_inputs(work: Callable[[Any], object]) -> None:
    loaded = _Loaded(gl.Inputs(LOTS))
    _told(TableError, "inputs is a _Loaded; give its layers, loaded.inputs", lambda: work(loaded))
    message = "inputs is a GeoDataFrame; give gisland.Inputs(parcels, …)"
    _told(TableError, message, lambda: work(LOTS))


def test_run_takes_choices() -> None:
    message = "choices is a RuleSet; give gisland.Choices(rules)"
    _told(ProjectError, message, lambda: gl.run(gl.Inputs(LOTS), RULES))


NONE = pd.Series(dtype="float64")
COMMON = {"rules": gl.load_rules("common")}
PLANE = {**COMMON, "area_basis": "plane"}
LINEAGE = pd.DataFrame(columns=["parcel_id", "after_id", "role"])
PARTS = pd.DataFrame(columns=["parcel_id", "block_id", "part", "inside_m2", "outside_m2"])
ZONES = pd.DataFrame(columns=["zone_id", "parcel_ids", "area_m2"])
UNITS = {"unit_m2": 100.0, "seconds": 1.0}
AS_GIVEN = gl.Parameters()
ON_LAND: dict[str, Callable[[Any], object]] = {
    "densities": gl.parcel_densities,
    "surfaces": lambda given: gl.density_surfaces(
        given, LINEAGE, planned_far=NONE, parameters=AS_GIVEN
    ),
    "limits": lambda given: gl.planning_limits(given, None, None, parameters=AS_GIVEN),
    "lines": lambda given: gl.check_block_lines(given, LOTS, lines="given", **PLANE),
    "concentration": lambda given: gl.concentration(given, None, **PLANE),
    "conversions": lambda given: gl.conversions(given, PARTS, renewed=NONE, **COMMON),
    "units": lambda given: gl.balanced_units(ZONES, given, BORDERS, **UNITS),
}
ON_LAYERS: dict[str, Callable[[Any], object]] = {
    "buildings": lambda given: gl.building_amounts(given, parameters=AS_GIVEN),
    "zoning": lambda given: gl.planning_limits(LOTS, given, None, parameters=AS_GIVEN),
    "parks": lambda given: gl.concentration(LOTS, given, **PLANE),
    "block_lines": lambda given: gl.check_block_lines(
        LOTS.assign(use_class="green"), given, lines="given", **PLANE
    ),
    "land": lambda given: gl.delineate_blocks(given, parameters=AS_GIVEN, **COMMON),
}


@pytest.mark.parametrize("work", ON_LAND.values(), ids=ON_LAND)
def test_measures_of_land_take_a_table_with_areas(work: Callable[[Any], object]) -> None:
    _told(TableError, f"parcels is a str; {TABLE}", lambda: work("parcels.shp"))
    message = "parcels: no column 'area_m2'; shape_facts adds it"
    _told(TableError, message, lambda: work(LOTS.drop(columns="area_m2")))


@pytest.mark.parametrize(("name", "work"), ON_LAYERS.items(), ids=ON_LAYERS)
def test_layers_are_drawn_in_metres(name: str, work: Callable[[Any], object]) -> None:
    layer = LOTS.assign(use_class="green")
    _told(TableError, f"{name} is a str; {TABLE}", lambda: work("layer.shp"))
    with pytest.raises(GeometryError, match=f"^{name}: DataFrame without geometry; give a Geo"):
        work(pd.DataFrame(layer.drop(columns="geometry")))
    with pytest.raises(CRSError, match=f"^{name}: EPSG:4326 is not metric"):
        work(layer.set_crs(4326, allow_override=True))


def test_units_are_made_of_zones_and_named_links() -> None:
    _told(
        TableError, f"links is a str; {TABLE}", lambda: gl.balanced_units(ZONES, LOTS, "l", **UNITS)
    )
    with pytest.raises(TableError, match=r"^the index of links: no column 'focal'; use one of"):
        gl.balanced_units(ZONES, LOTS, LOTS, **UNITS)
    with pytest.raises(TableError, match=r"^zones: no column 'zone_id'; use one of"):
        gl.balanced_units(LOTS, LOTS, BORDERS, **UNITS)
