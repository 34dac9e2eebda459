"""The contracts of the result tables: keys, codes and bounds that hold before they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.contracts import Contract, broken_cells
from gisland.base.errors import TableError
from gisland.base.phrases import count_of, first_of
from gisland.base.schema import (
    BLOCK_PARTS,
    CONTROL_TOPICS,
    LINES,
    OUTCOMES,
    PLAN_VERDICTS,
    SEVERITIES,
    Column,
)
from gisland.layers.findings import SHOWN
from gisland.layers.writing.contract import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gisland.base.schema import Kind

# Columns that together name a row: there, and once.
KEYS: dict[str, tuple[str, ...]] = {
    "parcels": ("parcel_id",),
    "sites": ("site_id",),
    "plan": ("parcel_id", "site_id"),
    "lineage": ("parcel_id",),
    "merged": ("parcel_id",),
    "enclaves": ("enclave_id",),
    "zones": ("zone_id",),
    "zone_units": ("unit_id",),
    "hierarchy": ("kind", "id"),
    "block_lines": ("lines", "block_id"),
    "block_candidates": ("block_id",),
    "block_uses": ("lines", "block_id", "use_class"),
    "block_changes": ("change_id",),
    "block_balance": ("block_id", "indicator"),
    "conversion_totals": ("year", "kind"),
    "control_verdicts": ("topic", "subject", "test"),
    "parks": ("park_id",),
    "indicators": ("subject", "indicator"),
    "project_boundary": ("boundary_id",),
    "borders": ("focal", "neighbor"),
}
CODES: dict[tuple[str, str], tuple[str, ...]] = {
    ("parcels", "verdict"): ("site", *PLAN_VERDICTS, "none"),
    ("plan", "verdict"): PLAN_VERDICTS,
    ("verdicts", "outcome"): OUTCOMES,
    ("control_verdicts", "outcome"): OUTCOMES,
    ("control_verdicts", "topic"): CONTROL_TOPICS,
    ("block_lines", "lines"): LINES,
    ("block_parcels", "part"): BLOCK_PARTS,
    ("findings", "severity"): SEVERITIES,
}
KINDS: dict[str, Kind] = {
    "str": "text",
    "float64": "number",
    "Int64": "number",
    "bool": "bool",
    "boolean": "bool",
}
MEASURES = ("area_m2", "area_mu", "perimeter_m", "border_m", "tolerant_m", "scrap_area_m2")


def require_contracts(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse result tables that break their contracts, with all that is wrong in one message.

    Parameters
    ----------
    tables
        Result tables in their stored form, by name; they are not changed.

    Raises
    ------
    TableError
        If a key is missing or repeated, or a cell is not of its kind, codes or bounds.

    Examples
    --------
    >>> import pandas as pd
    >>> lineage = pd.DataFrame({"parcel_id": ["a", "b"], "area_m2": [-1.0, 5.0]})
    >>> require_contracts({"lineage": lineage})
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: the result tables break their contract: lineage: area_m2 is \
not at least 0 in 1 row (a: -1.0); mend the tables that were handed over
    """
    faults = [fault for name, frame in tables.items() for fault in _faults(frame, name)]
    if faults:
        raise TableError(
            f"the result tables break their contract: {'; '.join(faults)}",
            do="mend the tables that were handed over",
        )


def _faults(frame: pd.DataFrame, name: str) -> list[str]:
    cells = broken_cells(frame, _contract(name))
    key = [column for column in KEYS.get(name, ()) if column in frame]
    faults = []
    for (column, rule), group in cells.groupby(["column", "rule"], sort=False):
        shown = [
            f"{', '.join(str(v) for v in frame[key].iloc[row]) or f'row {row}'}: {value}"
            for row, value in zip(group["row"].head(SHOWN), group["value"].head(SHOWN), strict=True)
        ]
        rows = count_of(len(group), "row")
        which = first_of(shown, most=SHOWN, total=len(group))
        faults.append(f"{name}: {column} is not {rule} in {rows} ({which})")
    return faults


def _contract(name: str) -> Contract:
    columns = {
        column: Column(
            KINDS[kind],
            at_least=0.0 if column in MEASURES else None,
            one_of=CODES.get((name, column), ()),
        )
        for column, kind in TABLES[name].columns.items()
    }
    key = KEYS.get(name, ())
    return Contract(columns, present=key, unique=key, ordered=())
