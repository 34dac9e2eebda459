"""What a street or a canal separates is never adjacent for merging, whatever the parameters."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from shapely import affinity

from districts import ORIGIN, at, lots, rule, with_rules
from gisland.base.parameters import Parameters
from gisland.base.result import Choices
from gisland.base.schema import Inputs
from gisland.pipeline import run

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.result import Result

RULES = with_rules(
    "tianjin-2024",
    rule("scrap.area_cap", value=2000.0, unit="m2", operator="<"),
    rule("low_use.status", value=("闲置",), unit="status"),
)
STREETS = ("gap", "transport", "water")
WIDTHS = (0.06, 0.2, 1.0, 6.0, 20.0, 60.0)
CORRIDORS = (0.1, 12.0, 100.0)
TOLERANCES = (0.01, 0.05, 0.15, 0.95, 5.95, 19.95, 59.95)  # up to 0.05 m below a width
APART_M = 900.0  # between scenes


def scenes(*, least: float = 0.0) -> list[tuple[str, float]]:
    """Kinds and widths of streets, those wider than a tolerance."""
    return [(street, width) for street, width in product(STREETS, WIDTHS) if width > least]


def layer(shown: list[tuple[str, float]], *, degrees: float = 0.0) -> Inputs:
    """Scenes side by side, each with ids of its own."""
    parts = [_scene(street, width, n) for n, (street, width) in enumerate(shown)]
    parcels = pd.concat(parts)
    turned = parcels.geometry.map(lambda g: affinity.rotate(g, degrees, origin=ORIGIN))
    return Inputs(parcels.set_geometry(turned, crs=parcels.crs))


def _scene(street: str, width: float, number: int) -> gpd.GeoDataFrame:
    """A site of two parcels, a street, and across it a scrap between two lots, and one behind."""
    x, low, far = number * APART_M, 100.0, 100.0 + width
    shapes = {
        "west": at(x, 0, 90, low),
        "east": at(x + 90, 0, 70, low),
        "scrap": at(x + 20, far, 110, 10),
        "left": at(x - 60, far, 80, 90),
        "right": at(x + 130, far, 60, 90),
        "behind": at(x + 20, far + 10, 110, 80),
    }
    uses = ["commercial", "commercial", "industrial", "industrial", "industrial", "commercial"]
    if street != "gap":
        shapes["street"] = at(x - 60, low, 250, width)
        uses.append(street)
    rest = [None] * (len(shapes) - 6)
    return lots(
        {f"{number}:{k}": g for k, g in shapes.items()},
        use_class=uses,
        site_id=[f"S{number}", f"S{number}", *[None] * 4, *rest],
        status=["闲置", "闲置", "闲置", None, None, "闲置", *rest],
        owner=["甲"] * len(shapes),
    )


def result_of(inputs: Inputs, source: str, **parameters: float) -> Result:
    classes = ("commercial",) if source == "use_class" else ()
    return run(inputs, Choices(RULES, Parameters(**parameters), source, classes))


def south(parcel_id: str) -> bool | None:
    """Whether a parcel lies on this side of its street; None: it is the street."""
    name = parcel_id.split(":")[1]
    return None if name == "street" else name in {"west", "east"}


def joined(result: Result) -> list[object]:
    """Rows of the plan, borders and sites that join what lies on both sides of a street."""
    plan, borders = result.tables["plan"], result.tables["borders"]
    sites = result.tables["sites"].set_index("site_id")["parcel_ids"].str.split(";")
    considered = plan[(plan["border_m"] > 0) | plan["verdict"].isin(["absorbed", "eligible"])]
    found: list[object] = [
        (row.parcel_id, row.site_id, row.border_m, row.verdict)
        for row in considered.itertuples()
        if {south(row.parcel_id)} != {south(i) for i in sites[row.site_id]}
    ]
    found += [ids for ids in sites if len({south(i) for i in ids}) > 1]
    found += [
        pair
        for pair in zip(borders["focal"], borders["neighbor"], strict=True)
        if {south(i) for i in pair} == {True, False}
    ]
    parcels = result.tables["parcels"].set_index("parcel_id")
    streets = parcels[[south(i) is None for i in parcels.index]]
    return [*found, *streets.index[streets["verdict"] != "none"]]


@pytest.mark.parametrize("corridor_m", CORRIDORS)
@pytest.mark.parametrize("tolerance_m", TOLERANCES)
def test_a_scrap_across_a_street_is_never_merged(tolerance_m: float, corridor_m: float) -> None:
    shown = scenes(least=tolerance_m)
    inputs = layer(shown, degrees=33.0 if corridor_m == 12.0 else 0.0)
    least = 0.01 if corridor_m == 100.0 else 1.0
    given = {"corridor_m": corridor_m, "tolerance_m": tolerance_m, "min_border_m": least}
    result = result_of(inputs, "field", **given)
    assert joined(result) == []
    parcels = result.tables["parcels"].set_index("parcel_id")
    scraps = parcels.loc[[f"{n}:scrap" for n in range(len(shown))]]
    assert set(scraps["verdict"]) == {"none"}
    assert all("min_lot;min_width" in text for text in scraps["fragment_reasons"])
    assert len(result.tables["scrap_groups"]) == 0
    members = sorted(f"{n}:east;{n}:west" for n in range(len(shown)))
    assert sorted(result.tables["sites"]["parcel_ids"]) == members


@pytest.mark.parametrize("source", ["use_class", "low_use"])
def test_sites_never_join_across_a_street(source: str) -> None:
    """The zone does: it is what corridors are for."""
    shown = scenes(least=0.05)
    result = result_of(layer(shown), source, corridor_m=100.0, zone_min_area_m2=500.0)
    assert joined(result) == []
    north = {"use_class": "{0}:behind", "low_use": "{0}:behind;{0}:scrap"}[source]
    expected = [text.format(n) for n in range(len(shown)) for text in ("{0}:east;{0}:west", north)]
    assert sorted(result.tables["sites"]["parcel_ids"]) == sorted(expected)
    zones = [f"{n}:behind;{n}:east;{n}:scrap;{n}:west" for n in range(len(shown))]
    assert sorted(result.tables["zones"]["parcel_ids"]) == sorted(zones)


@pytest.mark.parametrize("tolerance_m", [0.05, 0.2])
def test_a_gap_within_the_tolerance_is_no_street(tolerance_m: float) -> None:
    """So that the tests above can fail."""
    inputs = layer([("gap", 0.8 * tolerance_m)])
    found = result_of(inputs, "field", tolerance_m=tolerance_m)
    plan = found.tables["plan"].set_index("parcel_id")
    assert plan.loc["0:scrap", "border_m"] == pytest.approx(110, abs=0.2)
    assert joined(found)
    low = result_of(inputs, "low_use", tolerance_m=tolerance_m, zone_min_area_m2=500.0)
    assert low.tables["sites"]["parcel_ids"].tolist() == ["0:behind;0:east;0:scrap;0:west"]
