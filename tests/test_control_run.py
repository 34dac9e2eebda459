"""Block lines, parks and zones from layers to proved results, by hand and on random streets."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from districts import at, layer, lots
from gisland.base.parameters import Parameters
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs
from gisland.layers.writing.results import Results, result_frame
from gisland.pipeline import run
from gisland.verify import verify
from test_delineation_rules import GIVEN, grid
from verify_case import rules_record

if TYPE_CHECKING:
    from gisland.base.result import Result
    from gisland.verify import Violation

RULES = load_rules("common")
SEEDS = range(7)
INDUSTRIAL = ("industrial", "logistics")


def done(inputs: Inputs, parameters: Parameters) -> tuple[Result, list[Violation]]:
    """A run, and what does not hold of it when it is proved."""
    result = run(inputs, Choices(RULES, parameters, sites_from="field"))
    layers = {k: v for k, v in vars(inputs).items() if isinstance(v, gpd.GeoDataFrame)}
    record = {
        "gisland": "0",
        "area_basis": parameters.area_basis,
        "parameters": asdict(parameters),
        "rules": rules_record(list(RULES)),
        "components": result.components,
        "inputs": [{"layer": name, "rows": len(rows)} for name, rows in layers.items()],
        "counts": result.counts,
    }
    tables = {name: result_frame(frame, table=name) for name, frame in result.tables.items()}
    return result, verify(Results(tables, json.loads(json.dumps(record)), Path()))


# --- by hand -------------------------------------------------------------------------------------


def by_hand() -> Inputs:
    """A row of six lots of 1 ha; d is housing, and lies between the zones of industry."""
    names = "abcdef"
    parcels = lots(
        {name: at(100 * n, 0, 100, 100) for n, name in enumerate(names)},
        use_class=["industrial"] * 3 + ["residential"] + ["industrial"] * 2,
        use_code=["M1"] * 5 + ["M0"],
        owner=["甲", "甲", "乙", "丁", "乙", "丙"],
        tenure=["state"] * 6,
        status=["空置"] + ["在产"] * 5,
        plan_year=[2026.0] + [None] * 5,
        site_id=[None, "S1", *[None] * 4],
    )
    zones = {
        "z0": at(0, 0, 100, 100),
        "z1": at(100, 0, 200, 100),
        "z2": at(300, 0, 100, 100),
        "z3": at(400, 0, 200, 100),
    }
    return Inputs(
        parcels,
        zoning=layer(
            "zone_id",
            zones,
            planned_use=["M0", "M1", "R2", "M1"],
            use_class=["industrial", "industrial", "residential", "industrial"],
        ),
        block_lines=layer("block_id", {"L1": at(0, 0, 400, 100)}, level=[1.0]),
        block_changes=layer(
            "change_id",
            {"C1": at(300, 0, 100, 100), "C2": at(400, 0, 200, 100)},
            change=["out", "in"],
        ),
        parks=layer("park_id", {"P1": at(0, 0, 200, 100)}),
        zones=layer("zone_id", {"Q1": at(0, 0, 200, 100), "Q2": at(400, 0, 200, 100)}),
    )


@pytest.fixture(scope="module")
def hand() -> tuple[Result, list[Violation]]:
    parameters = Parameters(
        block_from="zoning",
        block_boundary="parcel_edge",
        block_min_area_m2=10_000.0,
        block_target_m2=1_000_000.0,
        cell_m=0.0,
    )
    return done(by_hand(), parameters)


def told(result: Result, subject: str) -> dict[str, tuple[str, float]]:
    """Outcome and value of the verdicts on a subject, by test."""
    rows = result.tables["control_verdicts"]
    rows = rows[rows["subject"] == subject].set_index("test")
    return {
        t: (o, round(v, 6))
        for t, o, v in zip(rows.index, rows["outcome"], rows["value"], strict=True)
    }


def test_the_run_by_hand_is_proved(hand: tuple[Result, list[Violation]]) -> None:
    assert hand[1] == []


def test_blocks_of_zones_miss_a_target_out_of_reach(hand: tuple[Result, list[Violation]]) -> None:
    tables = hand[0].tables
    drawn = tables["block_candidates"].set_index("block_id")
    assert drawn["kept"].all()
    assert drawn["area_m2"].round(6).tolist() == [30_000.0, 20_000.0]
    assert (drawn["level"] == 1).all()  # of zones that are planned as industry
    verdicts = told(hand[0], "proposed:overall")
    assert verdicts["target_area"] == ("fail", 50_000.0)
    assert verdicts["selection_share"] == ("pass", 1.0)
    assert verdicts["total_industrial_share"] == ("pass", 1.0)


def test_given_lines_are_changed(hand: tuple[Result, list[Violation]]) -> None:
    """L1 holds a to d; e and f come in, and d goes out, so that it lies in two pieces."""
    result = hand[0]
    assert told(result, "given:L1")["industrial_share"] == ("pass", 0.75)
    assert told(result, "given:overall")["m0_share"] == ("pass", 0.0)
    changes = result.tables["block_changes"].set_index("change_id")
    assert changes["effective_m2"].round(6).to_dict() == {"C1": 10_000.0, "C2": 20_000.0}
    after = told(result, "adjusted:overall")
    assert after["total_kept"] == ("pass", 1.25)
    assert after["total_industrial_share"] == ("pass", 1.0)
    assert after["m0_share"] == ("pass", 0.2)
    assert after["layout_patches"] == ("fail", 2.0)
    assert after["layout_mesh"] == ("fail", round((30_000**2 + 20_000**2) / 60_000, 6))
    parts = result.tables["block_parcels"]
    beyond = parts[parts["part"] == "outside"]
    assert beyond[["lines", "parcel_id", "reason"]].to_numpy().tolist() == [
        ["given", "e", "not_in_lines"],
        ["given", "f", "not_in_lines"],
    ]


def test_an_adjustment_of_nothing_has_no_layout() -> None:
    inputs = by_hand()
    lines, changes = inputs.block_lines, inputs.block_changes
    assert lines is not None
    assert changes is not None
    layers = replace(inputs, block_lines=lines.iloc[:0], block_changes=changes.iloc[:0])
    result, wrong = done(layers, Parameters(cell_m=0.0))
    assert wrong == []
    assert told(result, "adjusted:overall")["layout_patches"][0] == "missing"
    undrawn = lines.set_geometry(gpd.GeoSeries([None], index=lines.index, crs=lines.crs))
    layers = replace(inputs, block_lines=undrawn, block_changes=changes.iloc[:1])
    assert done(layers, Parameters(cell_m=0.0))[1] == []


def test_conversions_parks_and_zones_by_hand(hand: tuple[Result, list[Violation]]) -> None:
    result = hand[0]
    turned = result.tables["conversions"].set_index("parcel_id")
    assert turned["kind"].to_dict() == {"a": "to_m0", "b": "to_industry"}  # b is a site
    assert turned["area_m2"].tolist() == [10_000.0, 10_000.0]
    years = result.tables["conversion_totals"].set_index(["year", "kind"])["area_m2"]
    assert years.to_dict() == {("2026", "to_m0"): 10_000.0, ("unknown", "to_industry"): 10_000.0}
    assert told(result, "overall")["park_share"] == ("fail", 0.4)  # a and b of five
    park = told(result, "park:P1")
    assert park["built_share"] == ("fail", 0.5)  # a is vacant
    assert park["built_share_lowest"] == ("pass", 0.5)
    zones = result.tables["zones"].set_index("zone_id")
    assert zones["parcel_ids"].to_dict() == {"Q1": "a;b", "Q2": "e;f"}
    assert zones["owners_term"].tolist() == [1.0, 0.5]
    assert zones["rank"].tolist() == [1, 2]
    tree = result.tables["hierarchy"].set_index("id")
    assert tree.loc["S1", ["kind", "parent_id", "outcome"]].tolist() == ["project", "Q1", "pass"]


# --- random streets ------------------------------------------------------------------------------


def random_layers(seed: int) -> Inputs:
    """Parcels of a random street grid with all that is known of them, and layers at random."""
    rng = np.random.default_rng(1000 + seed)
    parcels = grid(seed).drop(columns="area_m2")
    many = len(parcels)
    texts = {
        "owner": ["甲", "乙", "丙", None],
        "tenure": ["state", "collective", None],
        "use_code": ["M0", "1001", None],
        "status": ["在产", "空置", None],
    }
    parcels = parcels.assign(
        **{k: pd.array(rng.choice(v, many), dtype="str") for k, v in texts.items()},
        floor_area_m2=parcels.area * rng.uniform(0, 2, many),
        tax_yuan=np.where(rng.random(many) < 0.1, np.nan, parcels.area * rng.uniform(0, 200, many)),
        plan_year=rng.choice([2026.0, 2027.0, np.nan], many),
        site_id=pd.array(np.where(rng.random(many) < 0.04, parcels.index, None), dtype="str"),
    )
    west, south, east, north = parcels.total_bounds

    def boxes(letter: str, number: int, most: float) -> dict[str, object]:
        corner = rng.uniform((west, south), (east, north), (number, 2))
        far = corner + rng.uniform(20, most, (number, 2))
        return {f"{letter}{n}": box(*corner[n], *far[n]) for n in range(number)}

    plan = {
        f"z{i}{j}": box(x, y, x + 110, y + 140)
        for i, x in enumerate(np.arange(west, east, 120))
        for j, y in enumerate(np.arange(south, north, 150))
    }
    kind = rng.integers(0, 4, len(plan))
    classes = np.array(["industrial", "industrial", "logistics", "residential"])
    changes = {"change": ["in", "out", "in", "out"], "block_id": ["L0", None, None, "L1"]}
    return Inputs(
        parcels,
        block_lines=layer("block_id", boxes("L", 3, 400), level=[1.0, 2.0, None]),
        block_changes=layer("change_id", boxes("C", 4, 150), **changes),
        parks=layer("park_id", boxes("P", 2, 500)),
        zones=layer("zone_id", boxes("Q", 2, 400)) if seed % 4 == 3 else None,
        zoning=layer(
            "zone_id",
            plan,
            planned_use=np.array(["M1", "M0", "W", "R"])[kind],
            use_class=classes[kind],
        ),
    )


@cache
def at_random(seed: int) -> tuple[Result, list[Violation]]:
    parameters = Parameters(
        **GIVEN,
        block_from="zoning" if seed % 3 == 2 else "parcels",
        block_boundary=("centre_line", "parcel_edge")[seed % 2],
        block_target_m2=(0.0, 30_000.0, 1e7)[seed % 5 % 3],
        zone_min_area_m2=4_000.0,
        zone_unit_m2=(0.0, 5_000.0)[seed % 2],
        cell_m=0.0,
    )
    return done(random_layers(seed), parameters)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_layers_are_proved(seed: int) -> None:
    assert at_random(seed)[1] == []


def judged(value: float, row: pd.Series) -> str:
    """What a verdict must be; nothing where the value is next to the limit."""
    if np.isnan(value):
        return "missing"
    if abs(value - row["limit"]) < 1e-6:
        return row["outcome"]
    return "pass" if (value > row["limit"]) == (row["operator"] == ">=") else "fail"


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_keep_their_rules_or_the_verdicts_say_which_they_miss(seed: int) -> None:
    """Shares of blocks by a plain overlay, against every verdict on them."""
    tables = at_random(seed)[0].tables
    land = tables["parcels"].set_index("parcel_id")
    land = land[~land["use_class"].isin(["transport", "water"]) & land["use_class"].notna()]
    works = land["use_class"].isin(INDUSTRIAL)
    blocks, verdicts = tables["block_lines"], tables["control_verdicts"]
    of_lines = verdicts[verdicts["topic"] == "block_lines"].set_index(["subject", "test"])
    seen = set()
    for _, block in blocks.iterrows():
        same = blocks["lines"] == block["lines"]
        total = block["block_id"] == "overall"
        shape = shapely.union_all(blocks[same].geometry.dropna()) if total else block.geometry
        inside = land.geometry.intersection(shape).area if shape else land.area * 0.0
        share = inside[works].sum() / inside.sum() if inside.sum() > 1e-6 else np.nan
        test = "total_industrial_share" if total else "industrial_share"
        row = of_lines.loc[(f"{block['lines']}:{block['block_id']}", test)]
        assert row["outcome"] == judged(share, row), block["block_id"]
        seen.add(block["lines"])
    assert {"given", "adjusted"} <= seen


@pytest.mark.parametrize("seed", SEEDS)
def test_a_target_is_kept_or_said_to_be_missed(seed: int) -> None:
    tables = at_random(seed)[0].tables
    rows = tables["control_verdicts"].set_index("test")
    drawn = tables["block_candidates"]
    target = (0.0, 30_000.0, 1e7)[seed % 5 % 3]
    if not target:
        assert "target_area" not in rows.index
        assert drawn["kept"].all()
        return
    row = rows.loc["target_area"]
    assert row["outcome"] == ("pass" if row["value"] + 0.01 >= target else "fail")
    if row["outcome"] == "fail":
        assert drawn["kept"].all()
    # areas are those along the edges of the parcels, and no block gets smaller by its boundary
    assert row["value"] <= drawn.loc[drawn["kept"], "area_m2"].sum() + 0.01


def test_random_layers_show_what_they_are_for() -> None:
    outcomes: set[tuple[str, str]] = set()
    for seed in SEEDS:
        rows = at_random(seed)[0].tables["control_verdicts"]
        outcomes |= set(zip(rows["test"], rows["outcome"], strict=True))
    both = ("industrial_share", "target_area")
    assert {(t, o) for t in both for o in ("pass", "fail")} <= outcomes
