"""A street of 50 000 vertices and 500 holes, beside thousands of lots, costs what its edges do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from test_pieces import town

resource = pytest.importorskip("resource", reason="Windows does not tell peak memory")
PER_MB = 1024**2 if sys.platform == "darwin" else 1024  # what the peak is told in
LOTS = 2  # across each block
LIMIT_MB = 250


def district(jitter_m: float) -> gpd.GeoDataFrame:
    """Blocks of 80 m in a street, four lots in each, moved at random."""
    street = town(23, steps=24)
    corners = [(20 + 100 * x, 20 + 100 * y) for x in range(23) for y in range(23)]
    at = [(x + 40 * i, y + 40 * j) for x, y in corners for i in range(LOTS) for j in range(LOTS)]
    box = np.hstack([np.array(at), np.array(at) + 40.0])
    box += np.random.default_rng(1).uniform(-jitter_m, jitter_m, box.shape)
    shapes = [street, *shapely.box(*box.T)]
    ids = pd.Index([f"p{k:05d}" for k in range(len(shapes))], name="parcel_id")
    return gpd.GeoDataFrame(geometry=shapes, index=ids, crs=4547)


def growth_mb(jitter_m: float) -> float:
    """Peak memory of a check above what the layer takes, in this process."""
    from gisland.base.parameters import Parameters  # noqa: PLC0415 - for the child process
    from gisland.topology.check import check  # noqa: PLC0415

    parcels = district(jitter_m)
    assert shapely.get_num_coordinates(parcels.geometry.iloc[0]) > 50_000
    assert len(parcels.geometry.iloc[0].interiors) > 500
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = check(parcels, parameters=Parameters())
    assert bool(jitter_m) == bool(len(found))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / PER_MB


def test_a_street_that_touches_everything_does_not_cost_memory() -> None:
    here = Path(__file__).parent
    code = "from test_check_large import growth_mb; print(growth_mb(0.0), growth_mb(0.2))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, encoding="utf-8", check=True
    )
    fitting, loose = map(float, done.stdout.split())
    assert fitting < LIMIT_MB
    assert loose < LIMIT_MB
