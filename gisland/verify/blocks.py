"""Block lines: every sum, share and list of ids once more from parcels and block geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.crs import areas_m2
from gisland.base.keys import ID_SEPARATOR, joined_texts
from gisland.base.names import comparable
from gisland.base.schema import LINES, OVERALL
from gisland.base.units import m2_to_mu
from gisland.verify.arearows import Row, check_rows, outcome_of
from gisland.verify.blockland import (
    CUT,
    missing_tables,
    parts_in,
    ratio,
    unequal,
    united,
)
from gisland.verify.blockparts import check_parts, check_uses
from gisland.verify.facts import violations
from gisland.verify.landkinds import M0_RULE
from gisland.verify.quantities import floor_column

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

TABLES = ("block_uses", "block_parcels", "control_verdicts")
BLOCK, TOTAL = "block_line.industrial_share", "block_line.total_industrial_share"
M0_ALL, M0_BLOCK = "block_line.m0_share", "block_line.m0_share_of_block"
AREA = "block_line.total_area"
TENURES = {"state_m2": "state", "collective_m2": "collective"}
NEEDS = {  # numbers that are missing where the parcels lack a column
    **dict.fromkeys(TENURES, "tenure"),
    **dict.fromkeys(("owners", "without_owner"), "owner"),
    **dict.fromkeys(("low_use_parcels", "low_use_m2", "low_use_share"), "low_use"),
    **dict.fromkeys(("m0_m2", "m0_share"), "use_code"),
    **dict.fromkeys(("floor_m2", "far", "without_floor"), ""),
    **dict.fromkeys(("footprint_m2", "coverage"), "footprint_m2"),
}


def check_blocks(facts: Facts) -> list[Violation]:
    """Hold each set of block lines against the parcels inside them.

    Areas, owners, low use, floor area, uses that close to the area of the block, parcels cut and
    outside (in both ways), and the verdicts with the recorded rules. What the given lines are is
    believed, their levels too.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``block_tables``, ``block_rows``, ``block_sum``, ``block_ids``, ``block_outcome``, those
        of `check_parts` and `check_uses`, and those of verdicts.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_blocks(example_facts())  # no block lines
    []
    """
    if "block_lines" not in facts.tables:
        named = [n for n in TABLES[:2] if n in facts.tables]
        return violations("block_tables", "tables without block_lines", named)
    table = facts.tables["block_lines"]
    if "lines" not in table:  # from before there were sets of lines
        return []
    found = missing_tables(facts, "block_lines", others=TABLES, code="block_tables")
    if found:
        return found
    expected: list[Row] = []
    for lines in LINES:
        rows = table[table["lines"] == lines].set_index("block_id").sort_index()
        more, verdicts = _check_set(facts, rows, lines=lines)
        found, expected = [*found, *more], [*expected, *verdicts]
    strange = table["block_id"][~table["lines"].isin(LINES)]
    found += violations("block_rows", "blocks of no known set of lines", strange)
    return [*found, *check_rows(facts, expected, topic="block_lines")]


def _check_set(
    facts: Facts, rows: gpd.GeoDataFrame, *, lines: str
) -> tuple[list[Violation], list[Row]]:
    if rows.empty:
        parts_of = [facts.tables[name] for name in TABLES[:2]]
        used = pd.concat([t["block_id"][t["lines"] == lines] for t in parts_of])
        return violations("block_rows", f"no {lines} block_lines, but parts of", used), []
    names = f"{lines}:" + rows.index
    if rows.index.has_duplicates or OVERALL not in rows.index:
        twice = [*rows.index[rows.index.duplicated()], *({OVERALL} - set(rows.index))]
        return violations(
            "block_rows", f"{lines} block_lines that have not one row each", twice
        ), []
    areas = rows.geometry[rows.index != OVERALL]
    single, total = parts_in(facts.land, areas), parts_in(facts.land, united(areas))
    parts = pd.concat([single, total], ignore_index=True)
    right = _expected(facts, rows, parts, whole=united(areas))
    told_rows = rows.set_axis(names)
    found = unequal(
        told_rows,
        _as_known(facts, told_rows, {k: v.set_axis(names) for k, v in right.items()}),
        code="block_sum",
        what="block_lines",
    )
    found += _check_ids(told_rows, single, parts, lines=lines)
    found += _check_outcomes(facts, told_rows, right, total=rows.index == OVERALL)
    found += check_parts(facts, single, total=total, lines=lines)
    found += check_uses(facts, rows, parts, lines=lines, whole=united(areas))
    return found, _verdicts(rows, right, lines=lines)


def _expected(
    facts: Facts, rows: gpd.GeoDataFrame, parts: pd.DataFrame, *, whole: gpd.GeoSeries
) -> dict[str, pd.Series]:
    lots = facts.parcels.reindex(parts["parcel_id"]).reset_index(drop=True)
    block, inside, land = parts["area_id"], parts["inside_m2"], parts["land"].astype(bool)
    counted = land & (parts["share"] > CUT)

    def total(of: pd.Series) -> pd.Series:
        return of.groupby(block).sum().reindex(rows.index, fill_value=0).astype("float64")

    kinds = {"land_m2": land, "classified_m2": parts["classified"]}
    kinds |= {"industrial_m2": parts["industrial"], "m0_m2": parts["m0"]}
    low = lots["low_use"].astype("boolean").fillna(value=False).astype(bool) & land
    kinds |= {"low_use_m2": low}
    if "tenure" in lots:
        kinds |= {name: land & (lots["tenure"] == kind) for name, kind in TENURES.items()}
    sums = {name: total(inside.where(which.astype(bool), 0.0)) for name, which in kinds.items()}
    sums |= {n: sums.get(n, sums["land_m2"] * np.nan) for n in TENURES}
    owner = comparable(lots["owner"]) if "owner" in lots else pd.Series(None, lots.index, "str")
    held = owner.where(counted).groupby(block).nunique().reindex(rows.index, fill_value=0)
    sums |= {"parcels": total(counted), "low_use_parcels": total(counted & low), "owners": held}
    sums |= {"without_owner": total(counted & owner.isna())}
    amounts = {"floor_m2": floor_column(facts.parcels), "footprint_m2": "footprint_m2"}
    for name, column in amounts.items():
        amount = lots[column] if column in lots else pd.Series(np.nan, index=lots.index)
        lacking = total(counted & amount.isna())
        sums[name] = total((amount * parts["share"]).where(land, 0.0)).mask(lacking > 0)
        if name == "floor_m2":
            sums["without_floor"] = lacking
    own = areas_m2(rows.geometry, basis=facts.run["area_basis"]).drop(OVERALL)
    both = areas_m2(whole, basis=facts.run["area_basis"]).fillna(0.0)
    sums["area_m2"] = pd.concat([own, both]).reindex(rows.index)
    shares = {"industrial_share": ("industrial_m2", "classified_m2")}
    shares |= {"m0_share": ("m0_m2", "industrial_m2"), "low_use_share": ("low_use_m2", "land_m2")}
    shares |= {"far": ("floor_m2", "land_m2"), "coverage": ("footprint_m2", "land_m2")}
    return {
        **sums,
        "area_mu": m2_to_mu(sums["area_m2"]),
        **{name: ratio(sums[part], sums[base]) for name, (part, base) in shares.items()},
    }


def _as_known(
    facts: Facts, rows: pd.DataFrame, right: dict[str, pd.Series]
) -> dict[str, pd.Series]:
    """Numbers that may be missing, as nothing is known of the parcels, where they are."""
    known = dict(right)
    for name, column in NEEDS.items():
        if facts.column(column or floor_column(facts.parcels)) is None:
            known[name] = right[name].mask(rows[name].isna())
    if facts.rules[M0_RULE].mode == "off":  # nobody can tell M0 without its words
        known |= {name: right[name] * np.nan for name in ("m0_m2", "m0_share")}
    return known


def _check_ids(
    rows: pd.DataFrame, single: pd.DataFrame, parts: pd.DataFrame, *, lines: str
) -> list[Violation]:
    cut = single[single["land"].astype(bool) & single["share"].between(CUT, 1 - CUT)]
    everywhere = cut.assign(area_id=OVERALL).drop_duplicates("parcel_id")
    other = parts[parts["classified"] & ~parts["industrial"] & (parts["share"] > CUT)]
    chosen = {"cut_ids": pd.concat([cut, everywhere]), "other_use_ids": other}
    found = []
    for column, which in chosen.items():
        key = f"{lines}:" + which["area_id"].astype("str")
        text = joined_texts(which["parcel_id"], key).reindex(rows.index).fillna("")
        wrong = rows[column].astype("str").fillna("") != text
        message = f"{column} does not name the parcels that it should"
        found += violations("block_ids", message, rows.index[wrong])
    lists = rows["cut_ids"].fillna("").str.split(ID_SEPARATOR)
    count = lists.map(lambda ids: sum(1 for i in ids if i))
    wrong = rows["parcels_cut"].astype("Float64").fillna(-1).astype("float64") != count
    return found + violations("block_ids", "parcels_cut is not their number", rows.index[wrong])


def _check_outcomes(
    facts: Facts, rows: pd.DataFrame, right: dict[str, pd.Series], *, total: np.ndarray
) -> list[Violation]:
    """Limit, outcome and rule in the rows of the blocks; M0 is held for all together."""
    found: list[str] = []
    for place, name in enumerate(rows.index):
        row = rows.loc[name]
        use = facts.rules[TOTAL if total[place] else BLOCK]
        m0 = facts.rules[M0_ALL]
        share, m0_share = right["industrial_share"].iloc[place], right["m0_share"].iloc[place]
        if pd.isna(row["m0_m2"]):
            m0_share = float("nan")
        on = (use.mode != "off", m0.mode != "off" and bool(total[place]))
        expected = (
            use.limit if on[0] else None,
            outcome_of(share, use),
            use.id if on[0] else "",
            m0.limit if on[1] else None,
            outcome_of(m0_share, m0) if on[1] else "not_assessed",
        )
        told = row[["limit", "outcome", "rule_id", "m0_limit", "m0_outcome"]]
        same = [
            (v is None and pd.isna(t)) or (v == "" and pd.isna(t)) or t == v
            for t, v in zip(told, expected, strict=True)
        ]
        found += [] if all(same) else [str(name)]
    return violations("block_outcome", "limit or outcome does not follow from the rules", found)


def _verdicts(rows: pd.DataFrame, right: dict[str, pd.Series], *, lines: str) -> list[Row]:
    values = {k: v.to_dict() for k, v in right.items()}
    if rows["m0_m2"].isna().all():
        values |= {n: dict.fromkeys(rows.index, float("nan")) for n in ("m0_m2", "m0_share")}
    verdicts = []
    for block in rows.index:
        one = {name: values[name][block] for name in values}
        subject, m0, used = f"{lines}:{block}", one["m0_m2"], one["industrial_m2"]
        shares = [(TOTAL if block == OVERALL else BLOCK, used, one["classified_m2"])]
        shares += [(M0_ALL, m0, used) if block == OVERALL else (M0_BLOCK, m0, one["land_m2"])]
        for rule_id, part, whole in shares:
            share = part / whole if whole > 0 else float("nan")
            verdicts.append(Row(subject, rule_id, share, (part, whole)))
        if block == OVERALL:
            verdicts.append(Row(subject, AREA, one["area_m2"]))
    return verdicts
