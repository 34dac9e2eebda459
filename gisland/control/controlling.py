"""Block lines, parks and zones of a run: sets of lines first, then what is held against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.schema import LINES, MERGED_ROLES, usable
from gisland.control.adjustment import adjusted_lines, balance
from gisland.control.areaverdicts import area_verdicts
from gisland.control.blocklines import Checked, check_block_lines
from gisland.control.concentration import concentration, park_findings
from gisland.control.conversions import conversions, unknown_plans
from gisland.control.delineation.delineate import delineate
from gisland.control.hierarchy import hierarchy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.base.result import Choices
    from gisland.base.schema import Inputs

GIVEN, PROPOSED, ADJUSTED = LINES


@dataclass(frozen=True, eq=False, repr=False)
class LineSets:
    """The sets of block lines of a run, before anything is held against them.

    Parameters
    ----------
    sets
        Blocks by set (``schema.LINES``), indexed by block id; sets that there are.
    outside
        Why industrial parcels are in no proposed block, by parcel id; None where blocks are not
        delineated from parcels.
    tables
        ``block_candidates``, ``block_changes``, as far as there are any.
    verdicts
        Rows on the delineation.
    findings
        Changes without effect, planned industrial zones in no block.
    """

    sets: dict[str, gpd.GeoDataFrame]
    outside: pd.Series | None
    tables: dict[str, pd.DataFrame]
    verdicts: list[dict[str, object]]
    findings: list[dict[str, object]]

    def layouts(self) -> dict[str, gpd.GeoDataFrame]:
        """Pieces of blocks before and after an adjustment, whose layout is to be measured.

        A block that a change leaves in two pieces is two patches: else what is taken out of its
        middle would scatter nothing.

        Returns
        -------
        dict
            ``before`` and ``after``, numbered; empty without an adjustment.

        Examples
        --------
        >>> LineSets({}, None, {}, [], []).layouts()
        {}
        """
        if ADJUSTED not in self.sets:
            return {}
        sides = {"before": self.sets[GIVEN], "after": self.sets[ADJUSTED]}
        whole = {when: gpd.GeoDataFrame(geometry=b.geometry) for when, b in sides.items()}
        return {when: blocks.explode(ignore_index=True) for when, blocks in whole.items()}


@dataclass(frozen=True, eq=False, repr=False)
class Controlled:
    """What was found on block lines, parks and zones.

    Parameters
    ----------
    tables
        Tables of the output contract, by name.
    findings
        Records of findings.
    """

    tables: dict[str, pd.DataFrame]
    findings: list[dict[str, object]]


def line_sets(parcels: gpd.GeoDataFrame, inputs: Inputs, *, choices: Choices) -> LineSets:
    """Block lines that are given, delineated, and adjusted.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``use_class``; ``use_code`` and
        ``planned_use_class`` where they are known.
    inputs
        Layers ``block_lines``, ``block_changes``, ``parks`` and ``zoning`` of the run.
    choices
        Rules, and the parameters of the delineation.

    Returns
    -------
    LineSets
        Empty without use classes, or with neither lines nor a delineation asked for.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.schema import Inputs
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial"], "area_m2": [90_000.0]},
    ...     geometry=[box(0, 0, 300, 300)],
    ...     index=pd.Index(["works"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> asked = Choices(load_rules("common"), Parameters(block_from="parcels"))
    >>> sets = line_sets(lots, Inputs(lots), choices=asked).sets
    >>> sets["proposed"].index.tolist()
    ['B01']
    """
    sets: dict[str, gpd.GeoDataFrame] = {}
    tables: dict[str, pd.DataFrame] = {}
    verdicts: list[dict[str, object]] = []
    findings: list[dict[str, object]] = []
    outside: pd.Series | None = None
    if "use_class" not in parcels:
        return LineSets(sets, outside, tables, verdicts, findings)
    if inputs.block_lines is not None:
        sets[GIVEN] = inputs.block_lines
    source = choices.parameters.block_from
    if source != "no":
        land = _land(parcels, inputs, choices=choices)
        found = delineate(
            land,
            parameters=choices.parameters,
            rules=choices.rules,
            planned=land["use_class"] if source == "zoning" else land.get("planned_use_class"),
            parks=inputs.parks,
        )
        sets[PROPOSED] = found.blocks
        tables["block_candidates"] = found.candidates.reset_index()
        verdicts += found.verdicts
        if source == "parcels":
            outside = found.outside
        else:
            findings += _zones_outside(found.outside)
    if GIVEN in sets and inputs.block_changes is not None:
        tolerance_m = choices.parameters.tolerance_m
        changed = adjusted_lines(
            sets[GIVEN],
            inputs.block_changes,
            parcels,
            tolerance_m=tolerance_m,
            area_basis=choices.parameters.area_basis,
        )
        sets[ADJUSTED] = changed.blocks
        tables["block_changes"] = changed.changes
        findings += changed.findings
    return LineSets(sets, outside, tables, verdicts, findings)


def _land(parcels: gpd.GeoDataFrame, inputs: Inputs, *, choices: Choices) -> gpd.GeoDataFrame:
    """What block lines are delineated from: the parcels as they are, or the zones as planned."""
    zoning = inputs.zoning
    if choices.parameters.block_from == "parcels" or zoning is None:
        return parcels
    area = areas_m2(zoning.geometry, basis=choices.parameters.area_basis)
    code = zoning.get("planned_use", pd.Series(None, index=zoning.index, dtype="str"))
    use = zoning.get("use_class", pd.Series(None, index=zoning.index, dtype="str"))
    return zoning.assign(area_m2=area, use_code=code, use_class=use)


def _zones_outside(reasons: pd.Series) -> list[dict[str, object]]:
    """Planned industrial zones that lie in no block: they are no parcels of the block tables."""
    return [
        {
            "code": "zone_outside_blocks",
            "severity": "info",
            "layer": "zoning",
            "parcel_id": zone,
            "message": f"planned industrial land in no delineated block: {reason}",
        }
        for zone, reason in reasons.sort_index().items()
    ]


def control(
    parcels: gpd.GeoDataFrame,
    lines: LineSets,
    inputs: Inputs,
    *,
    layouts: Mapping[str, pd.DataFrame],
    choices: Choices,
) -> Controlled:
    """Hold all sets of block lines, conversions, parks and zones against the rules.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with all facts, ``low_use``, ``zone_id``, ``unit_id`` and, after the
        plan, ``verdict`` and ``site_id``.
    lines
        From `line_sets`.
    inputs
        Layer ``parks`` of the run.
    layouts
        Layout of the blocks by ``before`` and ``after``, as `gisland.fragmentation_measures` has
        it; empty without an adjustment.
    choices
        Rules and the basis of areas.

    Returns
    -------
    Controlled
        ``hierarchy``, ``block_lines``, ``block_uses``, ``block_parcels``, ``block_balance``,
        ``conversions``, ``conversion_totals``, ``parks`` and ``control_verdicts``, as far as they
        apply.

    Examples
    --------
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.schema import Inputs
    >>> lots = gpd.GeoDataFrame({"area_m2": [1.0]}, geometry=[None], crs=4547)
    >>> none = LineSets({}, None, {}, [], [])
    >>> asked = Choices(load_rules("common"))
    >>> list(control(lots, none, Inputs(lots), layouts={}, choices=asked).tables)
    ['hierarchy']
    """
    told, findings = hierarchy(
        parcels,
        zones=parcels.get("zone_id"),
        units=parcels.get("unit_id"),
        sites=parcels.get("site_id"),
    )
    tables: dict[str, pd.DataFrame] = {"hierarchy": told}
    if "use_class" not in parcels:
        return Controlled(tables, findings)
    rules = choices.rules
    checked = _checked(parcels, lines, choices=choices)
    tables |= {**lines.tables, **_together(checked)}
    findings, rows = findings + lines.findings, list(lines.verdicts)
    for one in checked.values():
        rows += one.verdicts
    if layouts:
        tables["block_balance"], more = balance(
            checked[GIVEN], checked[ADJUSTED], layouts=layouts, rules=rules
        )
        rows += more
    first = checked.get(GIVEN, checked.get(PROPOSED))
    if first is not None and "planned_use_class" in parcels:
        renewed = parcels["verdict"].isin(MERGED_ROLES)
        turned, totals, more = conversions(
            parcels, first.parts, renewed=renewed, rules=rules, within_m2=first.within_m2
        )
        tables |= {"conversions": turned, "conversion_totals": totals}
        rows, findings = rows + more, findings + unknown_plans(parcels, first.parts, rules=rules)
    if checked or inputs.parks is not None:
        basis = choices.parameters.area_basis
        parks, more = concentration(parcels, inputs.parks, rules=rules, area_basis=basis)
        rows += more
        if parks is not None:
            tables["parks"] = parks
            findings += park_findings(parks)
    if rows:
        tables["control_verdicts"] = area_verdicts(rows)
    return Controlled(tables, findings)


def _checked(parcels: gpd.GeoDataFrame, lines: LineSets, *, choices: Choices) -> dict[str, Checked]:
    return {
        name: check_block_lines(
            parcels,
            blocks,
            lines=name,
            rules=choices.rules,
            area_basis=choices.parameters.area_basis,
            outside=lines.outside if name == PROPOSED else None,
        )
        for name, blocks in lines.sets.items()
    }


def _together(checked: Mapping[str, Checked]) -> dict[str, pd.DataFrame]:
    """Tables of all sets, one below the other."""
    if not checked:
        return {}
    parts = {"block_lines": "blocks", "block_uses": "uses", "block_parcels": "parts"}
    return {
        table: pd.concat([getattr(one, part) for one in checked.values()], ignore_index=True)
        for table, part in parts.items()
    }


def united_area_m2(sides: Mapping[str, gpd.GeoDataFrame], *, choices: Choices) -> float:
    """Area of all blocks together, before and after an adjustment.

    Parameters
    ----------
    sides
        From `LineSets.layouts`.
    choices
        For the basis of areas.

    Returns
    -------
    float
        Square metres; 0 without blocks.

    Examples
    --------
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> united_area_m2({}, choices=Choices(load_rules("common")))
    0.0
    """
    shapes = [b.geometry[usable(b.geometry)] for b in sides.values()]
    if not shapes:
        return 0.0
    whole = shapely.union_all(pd.concat(shapes).to_numpy())
    land = gpd.GeoSeries([whole], crs=shapes[0].crs)
    return float(areas_m2(land, basis=choices.parameters.area_basis).sum())
