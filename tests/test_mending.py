"""Every polygon layer of a run is made valid, each change told with its layer."""

from __future__ import annotations

import pytest
from shapely import Polygon, box

from districts import frame
from gisland.base.parameters import Parameters
from gisland.base.schema import LAYERS, LINES_ALLOWED, Inputs
from gisland.topology.mending import repair_layers

BOW = Polygon([(0, 0), (20, 20), (20, 0), (0, 20)])
LOTS = frame({"a": box(0, 0, 30, 30)})


@pytest.mark.parametrize("name", sorted({*LAYERS} - {*LINES_ALLOWED, "parcels"}))
def test_a_crossed_polygon_of_any_layer_is_mended(name: str) -> None:
    inputs = Inputs(LOTS, **{name: frame({"x": BOW, "y": box(40, 0, 50, 10)}, "id")})
    mended, changes, _ = repair_layers(inputs, parameters=Parameters())
    layer = getattr(mended, name)
    assert layer.is_valid.all()
    assert layer.area.tolist() == pytest.approx([200.0, 100.0])
    assert changes[["layer", "parcel_id", "action"]].to_numpy().tolist() == [
        [name, "x", "make_valid"]
    ]
    kept, none, _ = repair_layers(inputs, parameters=Parameters(repair=()))
    assert not getattr(kept, name).is_valid.all()
    assert none.empty
