"""504 mu in scattered pieces, as put together in Qingdao's West Coast (case 17 of the third batch).

The case publishes the total alone. Here it is 420 pieces of 1.2 mu (800 m²) along 84 sites.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from districts import MU_M2, at, lots, planned, rule, with_rules

SITES, EACH, PIECE_M2 = 84, 5, 800.0
FAR_M = 1000.0


def district(*, sizes: list[float] | None = None) -> gpd.GeoDataFrame:
    """Sites of 27 000 m², far from one another, each with five strips 8 m wide along its sides."""
    shapes: dict[str, object] = {}
    site: list[str | None] = []
    for k in range(SITES):
        x, y = k % 12 * FAR_M, k // 12 * FAR_M
        shapes[f"S{k:02}"] = at(x, y, 270, 100)
        site.append(f"S{k:02}")
        places = [(x - 8, y), (x + 270, y), (x, y + 100), (x + 135, y + 100), (x, y - 8)]
        for n, (west, south) in enumerate(places):
            area = (sizes or [PIECE_M2] * EACH)[n]
            long = area / 8
            upright = n < 2
            shapes[f"c{k:02}-{n}"] = at(west, south, *((8, long) if upright else (long, 8)))
            site.append(None)
    return lots(shapes, site_id=site)


def test_without_a_cap_all_504_mu_are_put_together() -> None:
    uncapped = with_rules("tianjin-2024", rule("scrap.share_cap", mode="off"))
    result = planned(district(), uncapped)
    plan, sites = result.tables["plan"], result.tables["sites"]
    assert (plan["verdict"] == "absorbed").all()
    assert sites["scrap_area_m2"].sum() / MU_M2 == pytest.approx(504.0, abs=1e-6)
    lineage = result.tables["lineage"]
    assert lineage["parcel_id"].is_unique
    assert lineage["after_id"].nunique() == SITES
    assert lineage["area_m2"].sum() == pytest.approx(SITES * 27_000 + 504 * MU_M2, rel=1e-9)


@pytest.mark.parametrize("denominator", ["including", "excluding"])  # 3 000 m² or 2 700 m²
def test_under_a_10_percent_cap_three_of_five_pieces_fit(denominator: str) -> None:
    rules = with_rules("tianjin-2024", rule("scrap.share_cap", denominator=denominator))
    result = planned(district(), rules)
    sites = result.tables["sites"]
    assert sites["optimal"].all()
    assert sites["scrap_area_m2"].to_numpy() == pytest.approx(3 * PIECE_M2, abs=0.01)
    assert (sites["bound_m2"] - sites["scrap_area_m2"]).abs().max() < 0.01
    absorbed = result.tables["plan"].query("verdict == 'absorbed'")
    # of equal pieces the longest borders, then the smallest ids: 100 m strips first
    assert set(absorbed["parcel_id"].str[-1]) == {"0", "1", "2"}


def test_pieces_of_unequal_size_fill_the_cap() -> None:
    """1 000 + 900 + 600 + 500 = 3 000 m² fill the cap; the largest first would take 2 900."""
    result = planned(district(sizes=[1000.0, 600.0, 1000.0, 900.0, 500.0]), "tianjin-2024")
    sites = result.tables["sites"]
    assert sites["scrap_area_m2"].to_numpy() == pytest.approx(3000.0, abs=0.01)
    assert sites["scrap_share"].to_numpy() == pytest.approx(0.1, abs=1e-9)
    components = pd.DataFrame(result.components)
    assert (components["status"] == "optimal").all()
    assert len(components) == SITES
