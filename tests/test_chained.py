"""Scraps that reach a site through other scraps, where the rules allow chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

from districts import rule, rule_set, shaped
from gisland.base.parameters import Parameters
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.detect.chained import chained_pairs, no_links
from gisland.detect.corridors import with_corridors
from gisland.detect.detection import ScrapLand, scrap_land
from gisland.detect.scraps import PAIR_COLUMNS, scrap_pairs, site_geometry
from gisland.topology.borders import borders

if TYPE_CHECKING:
    from gisland.base.rule import Rule

NO_CAP = load_rules("tianjin-2024")["scrap.area_cap"]
BELOW_3_MU = load_rules("guangdong-2009")["scrap.area_cap"]
SITE = box(0, 0, 100, 100)
STRIP = {f"c{k}": box(90 + 10 * k, 0, 100 + 10 * k, 20) for k in range(1, 6)}  # 10 m by 20 m each


def find(
    shapes: dict[str, object],
    *,
    large: str = "",
    cap: Rule = NO_CAP,
    road: LineString | None = None,
    seed: int | None = None,
    parameters: Parameters | None = None,
    **columns: object,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Pairs and links; ids that start with s are sites, all but `large` are fragments."""
    lots = shaped(shapes, **columns)
    lots["fragment"] = ~lots.index.str.startswith("s") & (lots.index != large)
    members = pd.Series({i: i.upper() for i in lots.index if i.startswith("s")}, dtype="str")
    table = borders(lots)
    if road is not None:
        drawn = gpd.GeoDataFrame(geometry=[road], crs=lots.crs)
        table = with_corridors(table, lots, roads=drawn, reach_m=1.0, tolerance_m=0.05)
    if seed is not None:
        lots, members, table = (x.sample(frac=1, random_state=seed) for x in (lots, members, table))
        table = table.sort_index()
    how = {"area_cap": cap, "parameters": parameters or Parameters()}
    pairs = scrap_pairs(lots, table, members, sites=site_geometry(lots, members), **how)
    assert (pairs["links"] == 0).all()
    assert pairs["link_m"].isna().all()
    return chained_pairs(lots, table, pairs, members=members, **how)


def links_of(found: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> dict[str, int]:
    """Number of scraps between, by scrap and site."""
    pairs = found[0]
    keys = pairs["parcel_id"] + " " + pairs["site_id"]
    return dict(zip(keys, pairs["links"], strict=True))


def metres(found: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> dict[str, float]:
    pairs = found[0].dropna(subset="link_m")
    return dict(zip(pairs["parcel_id"] + " " + pairs["site_id"], pairs["link_m"], strict=True))


# --- along a strip ------------------------------------------------------------------------------


def test_a_strip_of_lots_behind_a_scrap() -> None:
    found = find({"s1": SITE, **STRIP})
    assert links_of(found) == {"c1 S1": 0, "c2 S1": 1, "c3 S1": 2, "c4 S1": 3}  # 3 is the default
    assert metres(found) == pytest.approx({"c2 S1": 20.0, "c3 S1": 20.0, "c4 S1": 20.0})
    pairs = found[0].set_index("parcel_id")
    assert pairs["scrap_kind"].tolist() == ["adjacent", "chained", "chained", "chained"]
    assert pairs["border_m"].tolist() == [20.0, 0.0, 0.0, 0.0]
    assert pairs["corridor_m"].tolist() == [0.0] * 4
    assert pairs["area_m2"].tolist() == [200.0] * 4
    assert pairs.geometry.to_dict() == {k: STRIP[k] for k in ("c1", "c2", "c3", "c4")}


@pytest.mark.parametrize(("most", "last"), [(0.0, 1), (1.0, 2), (2.0, 3), (2.9, 3), (9.0, 5)])
def test_no_more_scraps_between_than_the_parameter_says(most: float, last: int) -> None:
    found = find({"s1": SITE, **STRIP}, parameters=Parameters(chain_links=most))
    assert links_of(found) == {f"c{k} S1": k - 1 for k in range(1, last + 1)}


def test_shares_of_the_boundary_are_those_of_any_scrap() -> None:
    row = find({"s1": SITE, **STRIP})[0].set_index("parcel_id").loc["c2"]
    shares = ["site_share", "sites_share", "free_share", "other_share", "hull_share", "hole_share"]
    assert row[shares].tolist() == pytest.approx([0.0, 0.0, 1 / 3, 2 / 3, 0.0, 0.0])


def test_links_are_told_in_both_directions() -> None:
    _, links = find({"s1": SITE, **STRIP}, parameters=Parameters(chain_links=2.0))
    assert links.to_numpy().tolist() == [
        ["c1", "c2", 20.0],
        ["c2", "c1", 20.0],
        ["c2", "c3", 20.0],
        ["c3", "c2", 20.0],  # c4 and c5 are out of reach
    ]


def test_links_between_scraps_that_both_adjoin_the_site() -> None:
    found = find({"s1": SITE, "c": box(100, 0, 110, 20), "d": box(100, 20, 110, 50)})
    assert links_of(found) == {"c S1": 0, "d S1": 0}
    assert found[1].to_numpy().tolist() == [["c", "d", 10.0], ["d", "c", 10.0]]


def test_the_shortest_way_counts_and_of_it_the_longest_border() -> None:
    """Lot d lies behind c (8 m) and e (12 m), and behind x, which is no nearer, over 30 m."""
    shapes = {
        "s1": SITE,
        "c": box(100, 0, 110, 8),
        "e": box(100, 8, 110, 20),
        "d": box(110, 0, 140, 20),
        "x": box(110, 20, 140, 40),
    }
    found = find(shapes)
    assert links_of(found) == {"c S1": 0, "d S1": 1, "e S1": 0, "x S1": 2}
    assert metres(found) == pytest.approx({"d S1": 12.0, "x S1": 30.0})


# --- what is no link ----------------------------------------------------------------------------


def test_a_corridor_between_breaks_the_link() -> None:
    whole = LineString([(110, -10), (110, 40)])
    assert links_of(find({"s1": SITE, **STRIP}, road=whole)) == {"c1 S1": 0}
    part = find({"s1": SITE, **STRIP}, road=LineString([(110, 6), (110, 40)]))  # 14 of 20 m
    assert metres(part)["c2 S1"] == pytest.approx(6.0)
    assert part[1]["border_m"].max() == pytest.approx(20.0)
    most = find({"s1": SITE, **STRIP}, road=LineString([(110, 2.5), (110, 40)]))
    assert links_of(most)["c2 S1"] == 1  # 2.5 m are left
    rest = Parameters(min_border_m=2.6)
    less = find({"s1": SITE, **STRIP}, road=LineString([(110, 2.5), (110, 40)]), parameters=rest)
    assert links_of(less) == {"c1 S1": 0}


def test_corner_contact_is_no_link() -> None:
    found = find({"s1": SITE, "c": box(100, 0, 110, 20), "d": box(110, 20, 120, 40)})
    assert links_of(found) == {"c S1": 0}
    assert found[1].empty


def test_the_least_border_of_a_link_is_met_exactly() -> None:
    for top, expected in ((1.0, {"c S1": 0, "d S1": 1}), (0.99, {"c S1": 0})):
        shapes = {"s1": SITE, "c": box(100, 0, 110, 20), "d": box(110, top - 30, 120, top)}
        assert links_of(find(shapes)) == expected


def test_another_sites_parcel_is_no_link() -> None:
    shapes = {
        "s1": SITE,
        "c": box(100, 0, 110, 20),
        "s2": box(110, 0, 120, 20),
        "d": box(120, 0, 130, 20),
    }
    found = find(shapes, cap=BELOW_3_MU)  # which s2 keeps, too
    assert links_of(found) == {"c S1": 0, "c S2": 0, "d S2": 0}
    assert found[1].empty


@pytest.mark.parametrize("use", ["transport", "water"])
def test_roads_and_water_are_no_links(use: str) -> None:
    uses = ["industrial", "industrial", use, "industrial", "industrial", "industrial"]
    assert links_of(find({"s1": SITE, **STRIP}, use_class=uses)) == {"c1 S1": 0}


def test_only_small_parcels_are_links() -> None:
    wide = {"s1": SITE, "c": box(100, 0, 110, 20), "w": box(110, 0, 210, 20)}
    wide["d"] = box(210, 0, 220, 20)
    assert links_of(find(wide, large="w")) == {"c S1": 0}
    at_the_cap = find(wide, large="w", cap=BELOW_3_MU)  # 2000 m², and the cap says below
    assert links_of(at_the_cap) == {"c S1": 0}
    wide["w"], wide["d"] = box(110, 0, 209.9, 20), box(209.9, 0, 220, 20)
    assert links_of(find(wide, large="w", cap=BELOW_3_MU)) == {"c S1": 0, "d S1": 2, "w S1": 1}


def test_parcels_without_geometry_are_passed_over() -> None:
    assert links_of(find({"s1": SITE, "c1": STRIP["c1"], "n": None})) == {"c1 S1": 0}


# --- two sites, and contacts that are too short -------------------------------------------------

BETWEEN = {"s1": SITE, "c": STRIP["c1"], "d": STRIP["c2"], "e": STRIP["c3"]}
BETWEEN["s2"] = box(130, 0, 230, 100)


def test_a_chain_between_two_sites_reaches_both() -> None:
    found = find(BETWEEN)
    assert links_of(found) == {
        "c S1": 0,
        "c S2": 2,
        "d S1": 1,
        "d S2": 1,
        "e S1": 2,
        "e S2": 0,
    }
    pairs = found[0]
    chained = pairs["scrap_kind"] == "chained"
    assert set(pairs["parcel_id"][chained]) == {"d"}  # the others adjoin a site
    for _, rows in pairs.groupby("parcel_id"):
        of_scrap = ["scrap_kind", "area_m2", "sites_share", "free_share", "hull_share"]
        assert len(rows[of_scrap].drop_duplicates()) == 1
    away = pairs.set_index(["parcel_id", "site_id"]).loc[("c", "S2")]
    assert (away["border_m"], away["site_share"]) == (0.0, 0.0)
    assert away["sites_share"] == pytest.approx(20 / 60)


def test_a_short_contact_that_a_chain_reaches() -> None:
    """Lot d runs along the site for 0.5 m, too little to adjoin it, and along c for 10 m."""
    low = box(0, 0, 100, 20.5)
    shapes = {"s1": low, "c": box(100, 0, 110, 20), "d": box(100, 20, 110, 30)}
    row = find(shapes)[0].set_index("parcel_id").loc["d"]
    assert (row["links"], row["link_m"], row["border_m"]) == (1, 10.0, pytest.approx(0.5))
    assert (row["scrap_kind"], row["site_share"]) == ("chained", pytest.approx(0.5 / 40))


def test_a_corner_at_a_site_becomes_a_chain_or_stays_what_it_is() -> None:
    shapes = {"s1": SITE, "c": box(100, 100, 110, 120), "s2": box(110, 100, 200, 200)}
    assert links_of(find(shapes)) == {"c S1": 0, "c S2": 0}
    shapes["d"] = box(100, 80, 110, 100)  # adjoins S1, meets S2 at a corner
    found = find(shapes)
    assert links_of(found) == {"c S1": 1, "c S2": 0, "d S1": 0, "d S2": 1}
    assert metres(found) == {"c S1": 10.0, "d S2": 10.0}
    assert "chained" not in set(found[0]["scrap_kind"])


def test_behind_a_street_a_scrap_is_reached_from_the_side() -> None:
    """Lot d lies at the site across a street drawn as a line, and beside c, which adjoins it."""
    shapes = {"s1": SITE, "c": box(100, 0, 110, 20), "d": box(100, 20, 110, 60)}
    found = find(shapes, road=LineString([(100, 20), (100, 60)]))
    row = found[0].set_index("parcel_id").loc["d"]
    assert (row["links"], row["link_m"], row["border_m"]) == (1, 10.0, 0.0)
    assert (row["scrap_kind"], row["corridor_m"]) == ("chained", 40.0)


# --- tables -------------------------------------------------------------------------------------


def test_the_tables_are_of_one_kind_whatever_is_found() -> None:
    some, none = find({"s1": SITE, **STRIP}), find({"s1": SITE, "c9": box(500, 0, 510, 10)})
    assert none[0].empty
    for one, other in zip(some, none, strict=True):
        assert one.dtypes.astype("str").to_dict() == other.dtypes.astype("str").to_dict()
        assert one.index.equals(pd.RangeIndex(len(one)))
    assert some[0].columns.tolist() == [*PAIR_COLUMNS, "geometry"]
    assert str(some[0]["links"].dtype) == "Int64"
    assert some[0].crs == none[0].crs
    assert no_links().dtypes.astype("str").to_dict() == some[1].dtypes.astype("str").to_dict()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    shapes = {**BETWEEN, "f": box(110, 20, 120, 40), "g": box(120, 20, 130, 40)}
    (pairs, links), (shuffled, others) = find(shapes), find(shapes, seed=seed)
    assert pairs["parcel_id"].nunique() == 5
    assert pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]]).is_monotonic_increasing
    pd.testing.assert_frame_equal(shuffled, pairs, check_exact=True)
    pd.testing.assert_frame_equal(others, links, check_exact=True)


@pytest.mark.parametrize("seed", range(4))
def test_on_a_random_grid_links_are_the_shortest_ways(seed: int) -> None:
    """Held against a graph search: lots of 10 m by 10 m, some too large to be scraps."""
    rng = np.random.default_rng(seed)
    cells = {
        (x, y): box(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x in range(8) for y in range(8)
    }
    kind = dict(zip(cells, rng.choice(["s", "c", "w"], 64, p=[0.1, 0.6, 0.3]), strict=True))
    name = {at: f"{kind[at]}{at[0]}{at[1]}" for at in cells}
    lots = shaped({name[at]: shape for at, shape in cells.items()})
    lots["fragment"] = lots.index.str.startswith("c")
    members = pd.Series({i: f"S{i[1]}" for i in lots.index if i[0] == "s"}, dtype="str")
    table = borders(lots)
    how = {"area_cap": NO_CAP, "parameters": Parameters(chain_links=4.0)}
    pairs = scrap_pairs(lots, table, members, sites=site_geometry(lots, members), **how)
    found, links = chained_pairs(lots, table, pairs, members=members, **how)
    graph = nx.Graph((a, b) for a, b in table.index if a[0] == b[0] == "c")
    expected = {}
    for site in members.unique():
        own = members.index[members == site]
        beside = {a for a, b in table.index if b in own and a[0] == "c"} & set(graph)
        away = nx.multi_source_dijkstra_path_length(graph, beside) if beside else {}
        expected |= {(c, site): n for c, n in away.items() if n <= 4}
    reached = found[(found["links"] > 0) | (found["border_m"] > 0)]
    alone = ~reached["parcel_id"].isin(list(graph))
    told = reached[~alone].set_index(["parcel_id", "site_id"])["links"].to_dict()
    assert told == expected
    assert max(expected.values()) >= 3
    assert set(zip(links["focal"], links["neighbor"], strict=True)) == {
        (a, b) for a, b in table.index if {a, b} <= set(found["parcel_id"])
    }


def land(*rules: Rule) -> ScrapLand:
    lots = shaped({"s1": SITE, **STRIP}, site_id=["S1", *[None] * 5])
    lots["fragment"] = lots.index != "s1"
    choices = Choices(rule_set(*rules), sites_from="field")
    return scrap_land(lots, borders(lots), choices=choices, drawn_sites=None)


@pytest.mark.parametrize("mode", [None, "off", "advisory"])
def test_without_the_rule_there_are_no_chains(mode: str | None) -> None:
    found = land(*([] if mode is None else [rule("scrap.chains", mode=mode)]))
    assert found.pairs["parcel_id"].tolist() == ["c1"]
    assert found.pairs["links"].tolist() == [0]
    assert found.pairs["link_m"].isna().all()
    pd.testing.assert_frame_equal(found.chain_links, no_links())


def test_with_the_rule_chains_are_part_of_the_scrap_land() -> None:
    found = land(rule("scrap.chains"))
    assert found.pairs["links"].tolist() == [0, 1, 2, 3]
    assert len(found.chain_links) == 6
    assert set(found.verdicts["parcel_id"]) == {"c1"}  # kinds are of scraps that adjoin a site
    without = land()
    pd.testing.assert_frame_equal(found.groups, without.groups)
    pd.testing.assert_frame_equal(found.verdicts, without.verdicts)
