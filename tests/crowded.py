"""A site with as many scraps as its one page has to hold, every text of it long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import box

import small_results

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "津北机械制造有限公司第三分厂土地整理与资产管理中心"
REASONS = "area_cap;same_owner"
PARTS = ("corner", "sandwiched", "interlocking", "adjacent")


def tables(many: int) -> dict[str, Any]:
    """The small results, site S1 with this many considered scraps along its northern side."""
    found = dict(small_results.tables())
    ids = [f"12010500{n:04}GB{n:05}" for n in range(many)]
    shapes = [box(n * 300 / many, 120, (n + 1) * 300 / many, 132) for n in range(many)]
    corner = (small_results.X, small_results.Y)
    at = gpd.GeoSeries(shapes, crs=small_results.CRS).translate(*corner)
    found["plan"] = _plan(found["plan"], ids, at)
    lots = found["parcels"]
    kept = lots[~lots["parcel_id"].isin(["C1", "C2", "C3"])]
    more = pd.concat([lots.iloc[[3]]] * many, ignore_index=True)
    more = gpd.GeoDataFrame(more.drop(columns="geometry"), geometry=at.to_numpy(), crs=lots.crs)
    more = more.assign(parcel_id=ids, owner=NAME, site_id="S1")
    found["parcels"] = gpd.GeoDataFrame(pd.concat([kept, more], ignore_index=True), crs=lots.crs)
    found["verdicts"] = _tests(found["verdicts"], ids)
    found["sites"] = found["sites"].assign(parcel_ids=["A1;A2;" + ";".join(ids), "B1"])
    return found


def _plan(plan: gpd.GeoDataFrame, ids: list[str], at: gpd.GeoSeries) -> gpd.GeoDataFrame:
    rest = plan[plan["site_id"] != "S1"]
    more = pd.concat([plan[plan["site_id"] == "S1"].iloc[[0]]] * len(ids), ignore_index=True)
    verdicts = ["absorbed" if n % 2 else "ineligible" for n in range(len(ids))]
    told: Mapping[str, Any] = {
        "parcel_id": ids,
        "scrap_kind": [PARTS[n % len(PARTS)] for n in range(len(ids))],
        "verdict": verdicts,
        "reasons": [REASONS if v == "ineligible" else "" for v in verdicts],
    }
    more = gpd.GeoDataFrame(more.drop(columns="geometry"), geometry=at.to_numpy(), crs=plan.crs)
    return gpd.GeoDataFrame(pd.concat([rest, more.assign(**told)], ignore_index=True), crs=plan.crs)


def _tests(verdicts: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """The tests of C2, which fails several, for every scrap."""
    own = verdicts[verdicts["parcel_id"] == "C2"]
    return pd.concat([verdicts, *(own.assign(parcel_id=i) for i in ids)], ignore_index=True)
