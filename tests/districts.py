"""Small districts for tests: rectangles of exact area in a metric CRS, and their run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely import affinity, box

from gisland.base.parameters import Parameters
from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices, Result
from gisland.base.rule import Rule
from gisland.base.rules import RuleSet, load_rules
from gisland.base.schema import Inputs
from gisland.detect.facts import shape_facts
from gisland.pipeline import run
from gisland.topology.borders import borders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CRS = "EPSG:4547"
ORIGIN = (500_000.0, 3_500_000.0)  # on the central meridian of the zone
MU_M2 = 10_000 / 15


def rule(rule_id: str, **changes: object) -> Rule:
    """A rule in mode on, for a rule set made in a test."""
    kind = {"mode": "on", "value": True, "unit": "", "operator": "", "denominator": ""}
    known = {
        "scrap.share_cap": {"value": 0.1, "unit": "share", "denominator": "including"},
        "scrap.area_cap": {"value": 2000.0, "unit": "m2"},
        "scrap.total_cap": {"value": 3000.0, "unit": "m2"},
        "scrap.count_cap": {"value": 2.0, "unit": "count"},
        "scrap.exclusion": {"value": 0.0, "unit": "m2"},
        "scrap.same_owner": {"value": (), "unit": "owner"},
        "scrap.same_use": {"value": (), "unit": "use_class"},
        "scrap.compatible_use": {"value": ("industrial+logistics",), "unit": "use_class"},
        "scrap.project_boundary": {
            "value": 0.5,
            "unit": "share",
            "operator": ">=",
            "denominator": "scrap area",
        },
        "scrap.forbidden_planned_use": {"value": ("residential", "商品住宅"), "unit": "use"},
    }.get(rule_id, {})
    operator = {"operator": "<="} if "value" in known and known["unit"] in NUMBERS else {}
    texts = dict.fromkeys(("title", "section", "quotation", "source", "status"), "")
    return Rule(**{"id": rule_id, **kind, **texts, **operator, **known, **changes})  # type: ignore[arg-type]


NUMBERS = ("share", "m2", "count")


def rule_set(*rules: Rule) -> RuleSet:
    """Rule set of just these rules."""
    return RuleSet("made", "made", "none", 2026, {r.id: r for r in rules})


def with_rules(name: str, *rules: Rule) -> RuleSet:
    """A packaged rule set with some rules replaced."""
    base = load_rules(name)
    return replace(base, rules={**base.rules, **{r.id: r for r in rules}})


def at(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """Rectangle by its corner (from the origin of the district), width and height."""
    west, south = ORIGIN[0] + x, ORIGIN[1] + y
    return box(west, south, west + width, south + height)


def lots(shapes: Mapping[str, object], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Parcel layer from shapes by id."""
    index = pd.Index(list(shapes), name="parcel_id", dtype="str")
    return gpd.GeoDataFrame(
        {k: pd.Series(list(v), index=index) for k, v in columns.items()},
        geometry=gpd.GeoSeries(list(shapes.values()), index=index, crs=CRS),
    )


def layer(name: str, shapes: Mapping[str, object], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Any other layer from shapes by id."""
    return lots(shapes, **columns).rename_axis(name)


def frame(
    shapes: Mapping[str, object], name: str = "parcel_id", **columns: object
) -> gpd.GeoDataFrame:
    """Layer from shapes by id, its columns as they are given."""
    index = pd.Index(list(shapes), name=name)
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=index, crs=4547)


def shaped(shapes: Mapping[str, object], **columns: object) -> gpd.GeoDataFrame:
    """Parcels with the facts of their shape."""
    parcels = frame(shapes, **columns)
    return shape_facts(parcels, borders(parcels), area_basis="plane")


def district() -> Inputs:
    """Two sites, scraps of several fates, a broken and a missing parcel, and every layer."""
    shapes: dict[str, object] = {
        "s1a": at(0, 0, 100, 100),
        "s1b": at(100, 0, 100, 100),
        "s2": at(200, 0, 100, 100),
        "strip": at(0, 100, 100, 8),  # at S1 only
        "wanted": at(196, 100, 8, 50),  # at S1 and S2
        "big": at(204, 100, 96, 60),  # developable
        "red": at(0, -9, 100, 9),  # under the red line
        "home": at(100, -9, 100, 9),  # planned as housing
        "far": at(600, 600, 60, 60),
        "bow": shapely.Polygon(
            [
                (ORIGIN[0] + 800, ORIGIN[1] + 800),
                (ORIGIN[0] + 830, ORIGIN[1] + 830),
                (ORIGIN[0] + 830, ORIGIN[1] + 800),
                (ORIGIN[0] + 800, ORIGIN[1] + 830),
            ]
        ),
        "nothing": None,
        "road": at(300, -20, 12, 200),
    }
    n = len(shapes)
    parcels = lots(
        shapes,
        owner=["甲", "甲", "乙", "甲", "乙", "丙", "甲", "甲", None, "丁", "戊", None],
        tenure=["state"] * (n - 2) + [None, "state"],
        use_class=["industrial"] * (n - 1) + ["transport"],
        site_id=["S1", "S1", "S2", *[None] * (n - 3)],
        tax_yuan=[100.0] * n,
        floor_area_m2=[5000.0, 4000.0, 9000.0, *[0.0] * (n - 3)],
        note=[f"={i}" for i in range(n)],
    )
    return Inputs(
        parcels,
        zoning=layer(
            "zone_id",
            {"Z1": at(-50, 0, 500, 400), "Z2": at(-50, -9, 150, 9), "Z3": at(100, -9, 100, 9)},
            planned_use=["M1", "M1", "商品住宅"],
            use_class=["industrial", "industrial", "residential"],
            far_max=[2.0, 2.0, 3.0],
            far_min=[1.0, 1.0, None],
        ),
        buildings=layer(
            "building_id", {"b1": at(10, 10, 50, 50), "b2": at(210, 10, 50, 50)}, floors=[2.0, 3.0]
        ),
        roads=layer("road_id", {"r1": at(300, -20, 12, 200)}),
        project_boundary=layer("boundary_id", {"D1": at(-60, -60, 400, 300)}),
        block_lines=layer("block_id", {"L1": at(-10, -10, 320, 120)}, level=[1.0]),
        exclusions={
            "red_line": layer(
                "red_id",
                {
                    "x": at(0.1, -9, 99.3, 4.7),
                    "y": spun(at(40.3, -7.1, 30.7, 4.9), degrees=1.3),
                    "z": at(500, 0, 50, 50),
                },
            )
        },
    )


def planned(parcels: gpd.GeoDataFrame, rules: RuleSet | str, **more: Any) -> Result:  # noqa: ANN401
    """Run on parcels whose sites are in their ``site_id``; other layers and parameters by name."""
    layers = {k: more.pop(k) for k in list(more) if k in Inputs.__dataclass_fields__}
    source = more.pop("sites_from", "field")
    chosen = load_rules(rules) if isinstance(rules, str) else rules
    wishes = more.pop("plan", PlanChoices())
    choices = Choices(chosen, Parameters(**more), sites_from=source, plan=wishes)
    return run(Inputs(parcels, **layers), choices)


def spun(shape: shapely.Geometry, *, degrees: float) -> shapely.Geometry:
    """Shape rotated about the origin of the district."""
    return affinity.rotate(shape, degrees, origin=ORIGIN)
