"""The use classes that gisland knows; a module of its own, which rule sets load without tables."""

from __future__ import annotations

USE_CLASSES = (
    *("industrial", "logistics", "commercial", "residential", "public", "utility", "transport"),
    *("green", "water", "farm", "reserve", "other"),
)
FREE_USE_CLASSES = ("transport", "water")  # boundary along these counts as free boundary
INDUSTRIAL_USE_CLASSES = ("industrial", "logistics")
