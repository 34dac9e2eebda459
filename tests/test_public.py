"""The public face: every name is there, and importing it stays cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gisland


@pytest.mark.parametrize("name", gisland.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(gisland, name) is not None
    if name != "__version__":
        assert callable(getattr(gisland, name))
    assert name in dir(gisland)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'merge_all'"):
        _ = gisland.merge_all


def test_import_loads_no_heavy_library() -> None:
    heavy = ("geopandas", "folium", "scipy")
    code = f"import sys, gisland; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
