"""What the summary of a run counts."""

from __future__ import annotations

import pandas as pd

from gisland.base.result import summary_counts


def test_mended_shapes_of_other_layers_are_no_parcels() -> None:
    columns = ["fragment", "severity", "code", "verdict", "parcel_id", "area_m2"]
    names = ["parcels", "plan", "findings", "borders", "sites", "zones", "scrap_groups"]
    tables = {n: pd.DataFrame({c: [] for c in columns}) for n in names}
    rows = [
        ("parcels", "1", "make_valid"),
        ("parcels", "1", "overlap"),
        ("parcels", "2", "refused"),
        ("buildings", "1", "make_valid"),
        ("buildings", "2", "make_valid"),
        ("zoning", "1", "make_valid"),
    ]
    tables["changes"] = pd.DataFrame(rows, columns=["layer", "parcel_id", "action"])
    counts = summary_counts(tables)
    assert (counts["repaired_parcels"], counts["repaired_others"]) == (1, 3)
