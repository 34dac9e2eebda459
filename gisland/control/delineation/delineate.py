"""Industrial block lines (工业区块线) from the land: which blocks there are, and which are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.definitions import AREA_SLACK_M2
from gisland.base.guards import require_layer
from gisland.base.schema import require_ids, usable
from gisland.base.tables import is_land
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.control.areaverdicts import area_row
from gisland.control.delineation.ground import ground_of
from gisland.control.delineation.growing import grown
from gisland.control.delineation.levels import block_ids, candidates_of, levels_by
from gisland.control.delineation.outer import bounded
from gisland.control.delineation.selection import choose_blocks

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.base.parameters import Parameters
    from gisland.base.rules import RuleSet
    from gisland.control.delineation.ground import Ground
    from gisland.control.delineation.growing import Grown

TOPIC, SUBJECT, TARGET = "delineation", "proposed:overall", "parameters.block_target_m2"
COLUMNS = (
    *("level_by", "reason", "parcels", "level", "area_m2", "area_mu", "classified_m2"),
    *("industrial_m2", "industrial_share", "width_m", "kept"),
)


@dataclass(frozen=True)
class Delineated:
    """Block lines that were drawn, and what became of all other industrial land.

    Attributes
    ----------
    blocks
        The kept ones, indexed by ``block_id``: ``level``, ``level_by``, ``boundary``, geometry.
    candidates
        All blocks that hold what is asked of each, with ``kept`` and ``reason``, by ``block_id``.
    outside
        Why each industrial row is in no kept block, by id: ``no_geometry``, ``no_seed``,
        ``narrow``, ``too_small``, ``not_kept``.
    verdicts
        Rows for `control.areaverdicts.area_verdicts`; none without a target.
    """

    blocks: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    outside: pd.Series
    verdicts: list[dict[str, object]]


def delineate(
    land: gpd.GeoDataFrame,
    *,
    parameters: Parameters,
    rules: RuleSet,
    planned: pd.Series | None = None,
    parks: gpd.GeoDataFrame | None = None,
) -> Delineated:
    """Draw block lines around industrial land.

    Industrial and logistics land that shares borders, or faces each other across a corridor, makes
    a block, if it holds a patch that is large enough for a seed. The corridors within are part of
    it, small holes are filled (those with other land as long as the industrial share allows), and
    what is narrower than a neck is dropped, so that a block may fall into several. No row is cut.

    Parameters
    ----------
    land
        Parcels or planning zones in a metric CRS, indexed by id, with ``area_m2`` in square
        metres (missing where there is no geometry) and ``use_class``. Roads and water may be rows.
    parameters
        ``block_*``, ``corridor_m``, ``tolerance_m``, ``overlap_min_m2``, ``area_basis``,
        ``solver_seconds``; `Parameters` says what each is and its default. Areas of blocks are
        held to a target only where ``block_target_m2`` is above 0.
    rules
        ``block_line.industrial_share``: as far as it allows, holes with land are taken in.
    planned
        Planned use class by id of the land; without it no block is of level 1 by plan.
    parks
        Polygons of parks in the CRS of the land; without them no block is of level 1 by parks.

    Returns
    -------
    Delineated
        ``blocks`` by ``block_id`` (``B01``, …), with ``level`` (1 or 2), what makes it one of
        level 1 (``level_by``) and geometry; ``candidates``, these and those that a target leaves
        out, with areas in m² and ``industrial_share`` (0 to 1); ``outside``, why each industrial
        row is in no block; ``verdicts`` on the target. The same whatever the order of the rows.
        Blocks never overlap.

    Raises
    ------
    TableError
        If ids are missing or repeated, or a column is.
    CRSError
        If the CRS is missing or not metric, or that of the parks is another one.
    GeometryError
        If some geometry is not polygonal.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> shapes = [box(0, 0, 300, 100), box(0, 112, 300, 212), box(0, 224, 300, 300)]
    >>> uses = ["industrial", "logistics", "residential"]
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": uses, "area_m2": [30_000.0, 30_000.0, 22_800.0]},
    ...     geometry=shapes,
    ...     index=pd.Index(["a", "b", "c"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> found = delineate(lots, parameters=Parameters(), rules=load_rules("common"))
    >>> found.blocks.area.round(6).to_dict(), found.outside.to_dict()
    ({'B01': 65400.0}, {})
    """
    require_layer(land, ["area_m2", "use_class"], what="land")
    require_ids(land, what="land")
    rows = land.sort_index()
    industrial = rows["use_class"].isin(INDUSTRIAL_USE_CLASSES)
    drawn = is_land(rows) & usable(rows.geometry)
    reason = pd.Series("no_geometry", index=rows.index[industrial & ~drawn], dtype="str")
    if not (industrial & drawn).any():
        return _chosen(_nothing(land), pd.Series(dtype="float64"), reason, parameters=parameters)
    ground = ground_of(rows[drawn], parameters=parameters)
    rule = rules["block_line.industrial_share"]
    found = grown(ground, parameters=parameters, rule=rule, crs=land.crs)
    table, edge_m2 = _table(
        ground, found, parameters=parameters, planned=planned, parks=parks, crs=land.crs
    )
    told = pd.Series(found.reason, index=ground.ids)[found.reason != ""]
    return _chosen(
        table,
        edge_m2,
        pd.concat([reason, told.astype("str")]),
        parameters=parameters,
        members=_members(ground, found, table.index),
    )


def _nothing(land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({name: [] for name in COLUMNS}, index=block_ids(0))
    return gpd.GeoDataFrame(
        _typed(frame), geometry=gpd.GeoSeries([], index=frame.index), crs=land.crs
    )


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    texts = ("level_by", "reason")
    numbers = [name for name in COLUMNS if name.endswith(("_m2", "_mu", "_share", "_m"))]
    kinds = dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64")
    return table.astype(kinds | {"parcels": "int64", "level": "Int64", "kept": "bool"})


def _table(
    ground: Ground,
    found: Grown,
    *,
    parameters: Parameters,
    planned: pd.Series | None,
    parks: gpd.GeoDataFrame | None,
    crs: CRS,
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Candidates with their levels, and areas along the edges of their rows."""
    final = bounded(ground, found.block, found.shapes, parameters=parameters)
    table, edge_m2 = candidates_of(
        ground, found.block, found.shapes, final=final, parameters=parameters, crs=crs
    )
    level_by = levels_by(
        ground,
        found.block,
        edge_m2,
        parameters=parameters,
        planned=planned,
        parks=parks,
        crs=crs,
    )
    table = table.assign(
        level_by=level_by, level=np.where(level_by != "", 1, 2), reason="", kept=True
    )
    return _typed(table)[[*COLUMNS, "geometry"]], edge_m2


def _members(ground: Ground, found: Grown, ids: pd.Index) -> pd.Series:
    """Block of each industrial row that is in one, by id."""
    there = ground.industrial & (found.block >= 0)
    return pd.Series(ids[found.block[there]], index=ground.ids[there], dtype="str")


def _chosen(
    candidates: gpd.GeoDataFrame,
    edge_m2: pd.Series,
    reason: pd.Series,
    *,
    parameters: Parameters,
    members: pd.Series | None = None,
) -> Delineated:
    """Keep the blocks that reach the target with the highest industrial share."""
    verdicts: list[dict[str, object]] = []
    if parameters.block_target_m2 > 0:
        kept, verdicts = _towards_target(candidates, edge_m2, parameters=parameters)
        why = np.where(kept, "", "not_kept")
        candidates = candidates.assign(kept=kept, reason=pd.Series(why, kept.index, dtype="str"))
        if members is not None:
            dropped = members[~members.map(kept).astype(bool)]
            told = pd.Series("not_kept", index=dropped.index, dtype="str")
            reason = pd.concat([reason, told])
    blocks = candidates.loc[candidates["kept"], ["level", "level_by", "geometry"]]
    blocks.insert(2, "boundary", pd.Series(parameters.block_boundary, blocks.index, dtype="str"))
    return Delineated(blocks, candidates, reason.sort_index().rename("reason"), verdicts)


def _towards_target(
    candidates: gpd.GeoDataFrame, edge_m2: pd.Series, *, parameters: Parameters
) -> tuple[pd.Series, list[dict[str, object]]]:
    """Which blocks are kept, and verdicts on the target and on the share reached."""
    target = parameters.block_target_m2
    kept = pd.Series(data=True, index=candidates.index)
    share = bound = float("nan")
    proved = False
    if len(candidates):
        offered = pd.DataFrame(candidates[["industrial_m2", "classified_m2"]])
        chosen = choose_blocks(
            offered.assign(area_m2=edge_m2), target_m2=target, seconds=parameters.solver_seconds
        )
        kept = chosen.kept.reindex(candidates.index).astype(bool)
        share, bound, proved = chosen.share, chosen.bound, chosen.status == "optimal"
    area = float(edge_m2[kept].sum())
    common = {"topic": TOPIC, "subject": SUBJECT, "rule_id": TARGET, "mode": "on"}
    reached = area_row(
        **common,
        test="target_area",
        outcome="pass" if area + AREA_SLACK_M2 >= target else "fail",
        value=area,
        limit=target,
        operator=">=",
        unit="m2",
    )
    best = area_row(
        **common,
        test="selection_share",
        outcome="pass" if proved else "not_assessed",
        value=share,
        limit=bound,
        operator="<=",
        unit="share",
        numerator=float(candidates.loc[kept, "industrial_m2"].sum()),
        denominator_value=float(candidates.loc[kept, "classified_m2"].sum()),
        denominator="classified land in all blocks",
    )
    return kept, [reached, best]
