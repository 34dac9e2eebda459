"""What the summary of a run counts."""

from __future__ import annotations

import pandas as pd

from gisland.base.result import control_line, summary_counts


def _tables() -> dict[str, pd.DataFrame]:
    columns = ["fragment", "severity", "code", "verdict", "parcel_id", "area_m2"]
    names = ["parcels", "plan", "findings", "borders", "sites", "zones", "scrap_groups"]
    tables = {n: pd.DataFrame({c: [] for c in columns}) for n in names}
    return {**tables, "changes": pd.DataFrame(columns=["layer", "parcel_id", "action"])}


def test_mended_shapes_of_other_layers_are_no_parcels() -> None:
    tables = _tables()
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


def test_blocks_and_failing_verdicts_on_areas_are_counted() -> None:
    assert summary_counts(_tables())["control_failures"] == 0
    rows = [("given", "L1"), ("given", "overall"), ("proposed", "B01"), ("proposed", "overall")]
    blocks = pd.DataFrame(rows, columns=["lines", "block_id"])
    verdicts = pd.DataFrame({"outcome": ["fail", "pass", "missing", "not_assessed", "fail"]})
    counts = summary_counts(_tables() | {"block_lines": blocks, "control_verdicts": verdicts})
    assert [counts[f"blocks_{s}"] for s in ("given", "proposed", "adjusted")] == [1, 1, 0]
    assert counts["control_failures"] == 2


def test_block_lines_have_a_line_in_the_summary() -> None:
    assert control_line(summary_counts(_tables())) == ""
    blocks = {"blocks_given": 1, "blocks_proposed": 0, "blocks_adjusted": 2}
    assert control_line(blocks) == "1 given block, 2 adjusted; 0 control verdicts fail"
    assert control_line({"blocks_proposed": 6}) == "6 delineated blocks; 0 control verdicts fail"
    assert control_line({"control_failures": 2}) == "2 control verdicts fail"
