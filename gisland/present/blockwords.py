"""Block lines, conversions, parks and zones in words, for the ledger, the report and the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.definitions import CUT_SHARE
from gisland.base.schema import OVERALL
from gisland.base.useclasses import FREE_USE_CLASSES, INDUSTRIAL_USE_CLASSES
from gisland.present.wording import named, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

CITED = ("title", "quotation", "source", "rule_status")
FIRST = {  # columns in the order in which they are read; the others follow
    "block_lines": (
        *("lines", "block_id", "level", "level_by", "area_m2", "area_mu", "land_m2"),
        *("classified_m2", "industrial_m2", "industrial_share", "limit", "outcome", "m0_m2"),
        *("m0_share", "m0_limit", "m0_outcome", "parcels", "owners", "without_owner", "state_m2"),
        *("collective_m2", "low_use_parcels", "low_use_m2", "low_use_share", "floor_m2", "far"),
        *("without_floor", "footprint_m2", "coverage", "parcels_cut"),
    ),
    "zones": (
        *("zone_id", "rank", "potential", "parcels", "area_m2", "area_mu", "area_term"),
        *("tax_gap_yuan", "tax_gap_term", "without_tax", "owners", "owners_term"),
        *("without_owner", "far", "ranked_by"),
    ),
    "control_verdicts": (
        *("topic", "subject", "test", "value", "operator", "limit", "unit", "outcome", "mode"),
        *("numerator", "denominator_value", "denominator", "rule_id"),
    ),
}
SECTIONS = {  # catalog sections of columns that mean something else in other tables
    ("zone_units", "status"): "solver_status",
    ("hierarchy", "kind"): "hierarchy_kind",
    ("block_changes", "change"): "block_change",
    ("block_balance", "indicator"): "block_indicator",
    ("conversions", "kind"): "conversion_kind",
    ("conversion_totals", "kind"): "conversion_kind",
    ("conversion_totals", "year"): "conversion_year",
    ("control_verdicts", "test"): "control_test",
    ("control_verdicts", "subject"): "area_subject",
}


def of_set(frame: pd.DataFrame | None, lines: str) -> pd.DataFrame | None:
    """Rows of one set of block lines.

    Parameters
    ----------
    frame
        A table of block lines, or None where the analysis was not run.
    lines
        ``given``, ``proposed`` or ``adjusted``.

    Returns
    -------
    pandas.DataFrame or None
        Where the table has no column ``lines``, as older results, all rows are given ones.

    Examples
    --------
    >>> table = pd.DataFrame({"lines": ["given", "proposed"], "block_id": ["L1", "B01"]})
    >>> of_set(table, "given")["block_id"].tolist()
    ['L1']
    """
    if frame is None:
        return None
    if "lines" not in frame:
        return frame if lines == "given" else frame.iloc[:0]
    return frame[(frame["lines"] == lines).fillna(value=False).to_numpy(dtype=bool)]


def failing_blocks(tables: Mapping[str, pd.DataFrame], lines: str) -> list[Any]:
    """Blocks of a set of lines that fail a test, be it of industry, of M0 or any other.

    Parameters
    ----------
    tables
        Result tables by name.
    lines
        ``given``, ``proposed`` or ``adjusted``.

    Returns
    -------
    list
        Numbers of the blocks, in the order of the table, without the row of all blocks.

    Examples
    --------
    >>> rows = pd.DataFrame({"block_id": ["L1", "L2", "overall"], "outcome": ["pass"] * 3})
    >>> tests = pd.DataFrame({"subject": ["given:L2"], "outcome": ["fail"]})
    >>> failing_blocks({"block_lines": rows, "control_verdicts": tests}, "given")
    ['L2']
    """
    rows, verdicts = of_set(tables.get("block_lines"), lines), tables.get("control_verdicts")
    if rows is None:
        return []
    failed = set()
    if verdicts is not None:
        failed = {visible(s) for s in verdicts.loc[verdicts["outcome"] == "fail", "subject"]}
    both = zip(rows["block_id"], rows["outcome"], strict=True)
    return [
        b for b, o in both if b != OVERALL and (o == "fail" or f"{lines}:{visible(b)}" in failed)
    ]


def other_use_inside(parts: pd.DataFrame) -> pd.Series:
    """Which rows are parcels of a use in a block that is no industry, neither road nor water.

    Parameters
    ----------
    parts
        Rows of the table ``block_parcels``.

    Returns
    -------
    pandas.Series
        Bool, on the index of `parts`: the use class is known, and more than 1 % of the parcel lies
        inside.

    Examples
    --------
    >>> areas = {"part": ["inside", "inside"], "inside_m2": [9.0, 9.0], "outside_m2": [0.0, 0.0]}
    >>> other_use_inside(pd.DataFrame({"use_class": ["green", "water"], **areas})).tolist()
    [True, False]
    """
    use = parts["use_class"]
    share = parts["inside_m2"] / (parts["inside_m2"] + parts["outside_m2"])
    other = use.notna() & (use != "") & ~use.isin((*FREE_USE_CLASSES, *INDUSTRIAL_USE_CLASSES))
    return other & (parts["part"] != "outside") & (share > CUT_SHARE)


def block_name(block_id: object, *, texts: Texts) -> str:
    """Id of a block, or what the row of all of them is called.

    Parameters
    ----------
    block_id
        As the tables of block lines have it.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Not shortened, not escaped.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> block_name("overall", texts=catalog("en")), block_name("L1", texts=catalog("en"))
    ('all blocks', 'L1')
    """
    text = visible(block_id)
    return texts["ledger.all_blocks"] if text == OVERALL else text


def with_quotations(
    verdicts: pd.DataFrame, *, run: Mapping[str, Any], texts: Texts
) -> pd.DataFrame:
    """Verdicts on areas with what the rules behind them say.

    Parameters
    ----------
    verdicts
        The table ``control_verdicts``.
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame
        With the further columns of `CITED`, missing where no rule of the set is behind a row.

    Examples
    --------
    >>> run = {"rules": {"records": [{"id": "r", "quotation": "60 %", "status": "sourced"}]}}
    >>> table = pd.DataFrame({"rule_id": ["r", "parameters.block_target_m2"]})
    >>> with_quotations(table, run=run, texts={})["quotation"].tolist()
    ['60 %', None]
    """
    records = {r.get("id"): r for r in run.get("rules", {}).get("records", [])}
    behind = [records.get(visible(i), {}) for i in verdicts["rule_id"]]
    cited = {
        name: [visible(r.get(key)) or None for r in behind]
        for name, key in zip(CITED, ("title", "quotation", "source", "status"), strict=True)
    }
    cited["rule_status"] = [s and named(texts, "rule_status", s) for s in cited["rule_status"]]
    return verdicts.assign(**{k: pd.Series(v, verdicts.index, "object") for k, v in cited.items()})


def block_table(
    frame: pd.DataFrame, *, table: str, run: Mapping[str, Any], texts: Texts
) -> pd.DataFrame:
    """A table of block lines as the ledger shows it.

    Parameters
    ----------
    frame
        Rows of the table, without geometry.
    table
        Its name.
    run
        The run's record.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame
        Columns in the order of `FIRST`; the row of all blocks by name; of ``block_parcels`` only
        what is cut or outside, as a parcel that lies wholly inside is nothing to look at;
        ``control_verdicts`` with quotations.

    Examples
    --------
    >>> lots = pd.DataFrame({"part": ["inside", "cut"], "block_id": ["L1", "L1"]})
    >>> block_table(lots, table="block_parcels", run={}, texts={"ledger.all_blocks": "all"})
      part block_id
    0  cut       L1
    """
    first = [c for c in FIRST.get(table, ()) if c in frame]
    frame = frame[[*first, *frame.columns.drop(first)]]
    if table == "control_verdicts":
        return with_quotations(frame, run=run, texts=texts)
    if table == "block_parcels":
        frame = frame[frame["part"] != "inside"].reset_index(drop=True)
    if "block_id" not in frame:
        return frame
    return frame.assign(block_id=[block_name(b, texts=texts) for b in frame["block_id"]])
