"""Check of industrial block lines (工业区块线): shares per block and overall, uses, conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.guards import require_layer
from gisland.base.schema import OVERALL
from gisland.base.verdicts import outcomes
from gisland.control.areaverdicts import held
from gisland.control.blocks.inside import lay_inside
from gisland.control.blocks.parts import block_parts
from gisland.control.blocks.summary import over, summary
from gisland.control.blocks.uses import block_uses

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet
    from gisland.control.blocks.inside import Inside

TOPIC = "block_lines"
EACH, TOTAL = "block_line.industrial_share", "block_line.total_industrial_share"
M0, M0_OF_BLOCK = "block_line.m0_share", "block_line.m0_share_of_block"
TOTAL_AREA = "block_line.total_area"
SHARES = (  # rule, part, whole, and whether it is on each block or on all together
    (EACH, "industrial_m2", "classified_m2", "each"),
    (M0_OF_BLOCK, "m0_m2", "land_m2", "each"),
    (TOTAL, "industrial_m2", "classified_m2", "total"),
    (M0, "m0_m2", "industrial_m2", "total"),
)
COUNTS = (
    *("parcels", "parcels_cut", "owners", "without_owner", "low_use_parcels", "without_floor"),
)
TEXTS = (
    *("lines", "block_id", "level_by", "boundary", "cut_ids", "other_use_ids"),
    *("outcome", "m0_outcome", "rule_id"),
)
COLUMNS = (
    *("lines", "block_id", "level", "level_by", "boundary", "area_m2", "area_mu", "land_m2"),
    *("parcels", "classified_m2", "industrial_m2", "industrial_share", "limit", "outcome"),
    *("rule_id", "m0_m2", "m0_share", "m0_limit", "m0_outcome", "parcels_cut", "cut_ids"),
    *("other_use_ids", "owners", "without_owner", "state_m2", "collective_m2"),
    *("low_use_parcels", "low_use_m2", "low_use_share", "floor_m2", "without_floor", "far"),
    *("footprint_m2", "coverage"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Checked:
    """What a check of one set of block lines found.

    Parameters
    ----------
    blocks
        One row per block, and last the ``overall`` one.
    uses
        Land by use class, of each block and overall.
    parts
        Parts of parcels in blocks, and industrial parcels outside.
    verdicts
        Rows for the table of verdicts on areas.
    within_m2
        Area of parcels in all blocks together by parcel id, where land in two blocks counts once.
    """

    blocks: gpd.GeoDataFrame
    uses: pd.DataFrame
    parts: pd.DataFrame
    verdicts: list[dict[str, object]]
    within_m2: pd.Series


def check_block_lines(
    parcels: gpd.GeoDataFrame,
    blocks: gpd.GeoDataFrame,
    *,
    lines: str,
    rules: RuleSet,
    area_basis: str,
    outside: pd.Series | None = None,
) -> Checked:
    """Hold every block, and all of them together, against the rules on block lines.

    Land is what is neither road nor water; classified land has a use class, too; industrial land
    is of class industrial or logistics; M0 is industrial land with a use code of the rule
    ``block_line.m0_uses``. Areas of parts of parcels are ``area_m2`` times the share of the drawn
    parcel inside, so that they add up to the parcels. A line cuts a parcel if between 1 % and 99 %
    of it lies inside.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` (on the basis), ``use_class`` and, if
        known, ``use_code``, ``owner``, ``tenure``, ``low_use``, ``floor_m2`` and ``footprint_m2``.
    blocks
        Block polygons, indexed by block id, with ``level`` if known, and of delineated ones
        ``level_by`` and ``boundary``.
    lines
        Which set of lines this is: ``given``, ``proposed`` or ``adjusted``.
    rules
        The rule set (``block_line.*``).
    area_basis
        ``plane`` or ``ellipsoidal``, for the areas of the blocks.
    outside
        Reason codes by parcel id of industrial parcels outside all blocks; by default, and where
        it does not name one, ``not_in_lines``.

    Returns
    -------
    Checked
        ``blocks``: areas in m² (``area_mu`` in mu); ``industrial_share`` (0-1) of the classified
        land with its ``limit`` and ``outcome``, ``m0_share`` (0-1) of the industrial land (missing
        without use codes) with ``m0_limit`` and ``m0_outcome`` (a rule on all blocks together: the
        single ones are ``not_assessed``), parcels cut by a line, and parcels of other use inside;
        owners, tenure and low use of the land; ``far`` and ``coverage``, floor area and footprint
        over land. Numbers whose column the parcels lack are missing. The last row, ``overall``, is
        for the union of all blocks, so that land in two blocks counts once. ``uses`` and ``parts``
        are those of `gisland.control.blocks`. ``verdicts``: of each block the industrial share and
        the M0 share of its land, overall the industrial share, the M0 share of industrial land and
        the area; a rule that is off is ``not_assessed``.

    Raises
    ------
    TableError, GeometryError
        If ids are missing or repeated, or a column or the geometry is not there.
    CRSError
        If a CRS is missing or not metric, or the two differ.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial", "residential"], "area_m2": [700.0, 300.0]},
    ...     geometry=[box(0, 0, 70, 10), box(70, 0, 100, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> block = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 10)], index=["L1"], crs=4547)
    >>> found = check_block_lines(
    ...     lots, block, lines="given", rules=load_rules("national-2023-171"), area_basis="plane"
    ... )
    >>> found.blocks[["block_id", "industrial_share", "other_use_ids"]].values.tolist()
    [['L1', 0.7, 'b'], ['overall', 0.7, 'b']]
    """
    require_layer(parcels, ["area_m2", "use_class"], what="parcels")
    require_layer(blocks, what="block_lines")
    inside = lay_inside(parcels, blocks)
    numbered = summary(inside, rules=rules, area_basis=area_basis)
    given = pd.DataFrame(_given(inside.blocks), index=numbered.index)
    table = _judged(pd.concat([numbered, given], axis=1).assign(lines=lines), rules=rules)
    shapes = gpd.GeoSeries([*inside.blocks.geometry, None], crs=blocks.crs)
    return Checked(
        gpd.GeoDataFrame(table, geometry=shapes, crs=blocks.crs),
        block_uses(inside, table["area_m2"].to_numpy("float64"), lines=lines),
        block_parts(inside, lines=lines, outside=outside),
        _verdicts(table, lines=lines, rules=rules),
        _within(inside),
    )


def _within(inside: Inside) -> pd.Series:
    """Area of each parcel in the union of the blocks."""
    in_union = ~inside.single
    ids = inside.parcels.index[inside.parcel[in_union]].astype("str")
    return pd.Series(inside.land_m2[in_union], index=ids, name="within_m2")


def _given(blocks: gpd.GeoDataFrame) -> dict[str, object]:
    """What the blocks bring along; nothing of it holds for all of them together."""
    texts = {
        name: [*blocks[name].fillna("").astype("str"), ""] if name in blocks else ""
        for name in ("level_by", "boundary")
    }
    level = [*numbers(blocks, "level"), float("nan")]
    return {**texts, "level": pd.array(level, dtype="Float64").astype("Int64")}


def _judged(table: pd.DataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """Shares, limits and outcomes; a rule that is off gives no outcome."""
    industrial = table["industrial_m2"].to_numpy("float64")
    share = over(industrial, table["classified_m2"].to_numpy("float64"))
    m0_share = over(table["m0_m2"].to_numpy("float64"), industrial)
    by_use = [*(_held(rules[EACH], v) for v in share[:-1]), _held(rules[TOTAL], share[-1])]
    by_m0 = [*(_Held() for _ in m0_share[:-1]), _held(rules[M0], m0_share[-1])]
    found = table.reset_index().assign(
        industrial_share=share,
        limit=[h.limit for h in by_use],
        outcome=[h.outcome for h in by_use],
        rule_id=[h.rule_id for h in by_use],
        m0_share=m0_share,
        m0_limit=[h.limit for h in by_m0],
        m0_outcome=[h.outcome for h in by_m0],
    )
    kinds = dict.fromkeys(TEXTS, "str") | dict.fromkeys(COUNTS, "Int64")
    return found[list(COLUMNS)].astype(kinds)


class _Held(NamedTuple):
    """A value held against a rule; as it stands for a rule that does not apply or is off."""

    limit: float = float("nan")
    outcome: str = "not_assessed"
    rule_id: str = ""


def _held(rule: Rule, value: float) -> _Held:
    if rule.mode == "off":
        return _Held()
    return _Held(rule.limit, outcomes(rule.holds(pd.Series([value])))[0], rule.id)


def _verdicts(table: pd.DataFrame, *, lines: str, rules: RuleSet) -> list[dict[str, object]]:
    """Every block against the rules on one, all together against those on all."""
    rows = []
    for rule_id, part, whole, which in SHARES:
        held_rows = table.iloc[:-1] if which == "each" else table.iloc[-1:]
        parts, wholes = (held_rows[name].to_numpy("float64") for name in (part, whole))
        rows += [
            held(
                rules[rule_id],
                value,
                topic=TOPIC,
                subject=f"{lines}:{block}",
                numerator=numerator,
                denominator_value=denominator,
            )
            for block, value, numerator, denominator in zip(
                held_rows["block_id"],
                over(parts, wholes).tolist(),
                parts.tolist(),
                wholes.tolist(),
                strict=True,
            )
        ]
    total = float(table["area_m2"].iloc[-1])
    return [*rows, held(rules[TOTAL_AREA], total, topic=TOPIC, subject=f"{lines}:{OVERALL}")]
