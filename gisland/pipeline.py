"""The order of the stages, from layers to the tables of a run. Pure: opens no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.base.asked import require_choices, require_layers
from gisland.base.clock import Clock
from gisland.base.definitions import WAY_OUT_M
from gisland.base.keys import aligned
from gisland.base.result import Choices, Result, skipped_analyses, summary_counts, without_mended
from gisland.base.schema import (
    OVERALL,
    Inputs,
    findings_frame,
    findings_together,
)
from gisland.base.tables import (
    context_tables,
    parcel_table,
    parcel_verdicts,
    require_parcels,
)
from gisland.base.verdicts import together
from gisland.control.conditions import condition_table, parcel_failures
from gisland.control.controlling import control, line_sets, united_area_m2
from gisland.control.zoneunits import zone_units
from gisland.detect.corridors import with_corridors
from gisland.detect.detection import detect, scrap_land
from gisland.detect.facts import shape_facts
from gisland.detect.groups import group_labels
from gisland.measure.built.buildings import building_facts
from gisland.measure.constraints import boundary_facts, exclusion_facts, with_boundary_share
from gisland.measure.density import parcel_densities
from gisland.measure.layout.fragmentation import fragmentation_measures
from gisland.measure.measuring import measure
from gisland.measure.planned.limits import PlanningLimits, planning_limits
from gisland.measure.planned.scenarios import require_scenario
from gisland.measure.planned.sitelimits import site_planning
from gisland.measure.sums.indicators import site_densities
from gisland.measure.unitids import unit_ids
from gisland.plan.case import PlanCase
from gisland.plan.eligible.eligibility import eligibility
from gisland.plan.merging.aggregate import merged_parcels
from gisland.plan.merging.merge import merge
from gisland.plan.outcome import absorbed_by, component_records, site_budgets, site_table
from gisland.plan.study import study
from gisland.plan.wishes import require_parcels_known, unmatched_consents
from gisland.topology.beyond import beyond
from gisland.topology.boundary import trace
from gisland.topology.check import check
from gisland.topology.mending import repair_layers
from gisland.topology.recall import recall, tolerance_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.base.parameters import Parameters
    from gisland.base.surfaces import Surface
    from gisland.control.controlling import Controlled
    from gisland.detect.detection import ScrapLand
    from gisland.topology.boundary import Boundary

    Progress = Callable[[str], None]

STAGES = ("check", "repair", "borders", "facts", "detect", "plan", "merge", "measure", "control")


def check_inputs(inputs: Inputs, *, parameters: Parameters) -> gpd.GeoDataFrame:
    """Find every fault of the data that the run would meet; nothing is changed.

    Parameters
    ----------
    inputs
        The layers.
    parameters
        Thresholds of the checks.

    Returns
    -------
    geopandas.GeoDataFrame
        Findings (``schema.FINDINGS``) of reading and of the parcel layer's geometry.

    Raises
    ------
    GislandError
        If the parcel layer cannot be looked at: no polygons, or no metric CRS.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.schema import Inputs
    >>> lots = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 9, 9), box(5, 0, 14, 9)], index=["a", "b"], crs=4547
    ... )
    >>> check_inputs(Inputs(lots.rename_axis("parcel_id")), parameters=Parameters())["code"].item()
    'overlap'
    """
    require_layers(inputs)
    return _checked(inputs, parameters=parameters)


def _checked(inputs: Inputs, *, parameters: Parameters) -> gpd.GeoDataFrame:
    found = check(inputs.parcels, parameters=parameters, plan_boundary=inputs.plan_boundary)
    return _with_findings(found, inputs.findings)


def run(inputs: Inputs, choices: Choices, *, progress: Progress | None = None) -> Result:
    """Do everything: check, repair, detect, plan, merge, measure, control.

    Parameters
    ----------
    inputs
        All layers in one metric CRS.
    choices
        Rules, parameters and where the sites come from.
    progress
        Called with the name of each stage as it begins (one of ``STAGES``).

    Returns
    -------
    Result
        The tables of the output contract.

    Raises
    ------
    GislandError
        If the input cannot be used; the message says what to do.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.schema import Inputs
    >>> lots = gpd.GeoDataFrame(
    ...     {"site_id": ["S1", None]},
    ...     geometry=[box(0, 0, 200, 100), box(200, 0, 208, 100)],
    ...     index=pd.Index(["factory", "strip"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> result = run(Inputs(lots), Choices(load_rules("tianjin-2024"), sites_from="field"))
    >>> result.tables["parcels"][["parcel_id", "verdict"]].values.tolist()
    [['factory', 'site'], ['strip', 'absorbed']]
    """
    clock = Clock(progress)
    require_layers(inputs)
    require_choices(choices, inputs=inputs)
    parameters = choices.parameters
    clock.start("check")
    require_parcels(inputs.parcels)
    require_parcels_known(choices.plan, inputs.parcels.index)
    require_scenario(inputs.parcels, inputs.sites, scenario=parameters.scenario)
    findings = _checked(inputs, parameters=parameters)
    clock.start("repair")
    inputs, changes, remaining = repair_layers(inputs, parameters=parameters)
    findings = _with_findings(without_mended(findings, changes), remaining)
    crs = inputs.parcels.crs
    clock.start("borders")
    boundary = trace(inputs.parcels, tolerance_m=parameters.tolerance_m)
    share, shared = recall(boundary, inputs.parcels), _borders(inputs, boundary, parameters)
    clock.start("facts")
    facts = _facts(inputs, boundary, shared, choices=choices)
    more = [*facts.findings, *tolerance_findings(share)]
    more += unmatched_consents(choices.plan, facts.parcels)
    clock.start("detect")
    work = _Work(inputs, choices, shared, facts.limits, clock)
    found = detect(
        facts.parcels, shared, choices=choices, boundary=boundary, drawn_zones=inputs.zones
    )
    parted = zone_units(
        found.parcels, found.tables["zones"], links=found.zone_links, choices=choices
    )
    planned = _plan(parted.parcels, work)
    judged = parted.parcels.drop(columns="site_id", errors="ignore").join(
        [planned.by_parcel, parcel_failures(parted.parcels)]
    )
    controlled = _control(judged, work)
    more += [*found.findings, *parted.findings, *planned.findings, *controlled.findings]
    findings = _with_findings(findings, findings_frame(more, crs=crs))
    tables = {**found.tables, **parted.tables, **planned.tables, **controlled.tables}
    tables["parcels"] = parcel_table(judged)
    tables["verdicts"] = together([*found.verdicts, *planned.verdicts])
    tables |= {"findings": findings, "changes": changes, "borders": shared.reset_index()}
    tables |= context_tables(inputs) | facts.tables
    clock.stop()
    return Result(
        tables=tables,
        counts=summary_counts(tables),
        recall=share.as_record(),
        components=planned.components,
        skipped=skipped_analyses(
            inputs,
            found.parcels,
            choices,
            sites=len(tables["sites"]),
            no_surfaces=planned.no_surfaces,
        ),
        timings_s=clock.seconds,
        surfaces=planned.surfaces,
    )


def _borders(inputs: Inputs, boundary: Boundary, parameters: Parameters) -> pd.DataFrame:
    """Border table, with what of each border runs along roads, water and the plan's edge."""
    return with_corridors(
        boundary.borders,
        inputs.parcels,
        roads=inputs.roads,
        water=inputs.water,
        plan_boundary=inputs.plan_boundary,
        reach_m=parameters.line_reach_m,
        tolerance_m=parameters.tolerance_m,
    )


def _with_findings(found: gpd.GeoDataFrame, more: pd.DataFrame | None) -> gpd.GeoDataFrame:
    if more is None or more.empty:
        return found
    return findings_together([found, more], crs=found.crs)


@dataclass(frozen=True)
class _Facts:
    parcels: gpd.GeoDataFrame
    limits: PlanningLimits
    tables: dict[str, pd.DataFrame]
    findings: list[dict[str, object]]


def _facts(
    inputs: Inputs, boundary: Boundary, borders: pd.DataFrame, *, choices: Choices
) -> _Facts:
    """All that detection and planning rest on, as columns of the parcels."""
    parameters = choices.parameters
    around = beyond(
        boundary, roads=inputs.roads, water=inputs.water, corridor_m=parameters.corridor_m
    )
    around["shore_m"] = around["water_m"]
    if inputs.water is not None:  # across a street from it a parcel can be reached, at its edge not
        shore = beyond(boundary, roads=inputs.roads, water=inputs.water, corridor_m=WAY_OUT_M)
        around["shore_m"] = shore["water_m"]
    frame = shape_facts(
        inputs.parcels,
        borders,
        area_basis=parameters.area_basis,
        rules=choices.rules,
        shore_m=aligned(around["shore_m"], inputs.parcels.index),
    )
    frame = frame.join(around.drop(columns="free_m").add_prefix("free_"))
    built = building_facts(frame, inputs.buildings, parameters=parameters)
    limits = planning_limits(frame, inputs.zoning, inputs.zoning_overlay, parameters=parameters)
    unit, outside = unit_ids(frame, inputs.planning_units)
    found = [exclusion_facts(frame, inputs.exclusions), limits.by_parcel, built.by_parcel]
    found += [] if unit is None else [unit.to_frame()]
    made = [name for part in found for name in part]
    frame = frame.drop(columns=made, errors="ignore").join(found)
    tables = {} if built.table is None else {"buildings": built.table}
    findings = [*built.findings, *limits.findings, *outside]
    return _Facts(frame.join(parcel_densities(frame)), limits, tables, findings)


@dataclass(frozen=True)
class _Work:
    """What the stages after the facts have in common."""

    inputs: Inputs
    choices: Choices
    borders: pd.DataFrame
    limits: PlanningLimits
    clock: Clock


@dataclass(frozen=True)
class _Planned:
    by_parcel: pd.DataFrame
    verdicts: list[pd.DataFrame]
    tables: dict[str, pd.DataFrame]
    components: list[dict[str, object]]
    findings: list[dict[str, object]]
    surfaces: tuple[Surface, ...]
    no_surfaces: str


def _plan(parcels: gpd.GeoDataFrame, work: _Work) -> _Planned:
    """Scraps, their eligibility, the best plan, the merge, and the numbers before and after."""
    work.clock.start("plan")
    parameters, rules = work.choices.parameters, work.choices.rules
    land = scrap_land(parcels, work.borders, choices=work.choices, drawn_sites=work.inputs.sites)
    member = land.members
    site = _site_facts(parcels, member, work, shapes=land.sites)
    case = _case(parcels, site, land=land, work=work)
    studied = study(case, sites=site, members=member)
    work.clock.start("merge")
    plan, absorbed = studied.plan, absorbed_by(studied.plan)
    merged = merge(parcels, member, absorbed, tolerance_m=parameters.tolerance_m)
    work.clock.start("measure")
    columns = work.choices.plan.columns
    after = merged_parcels(parcels, merged.lineage, merged.sites, columns=columns)
    numbers = measure(
        parcels,
        merged.lineage,
        after,
        borders=work.borders,
        limits=work.limits,
        sites=work.inputs.sites,
        choices=work.choices,
    )
    sites = site_table(
        merged.sites,
        plan,
        member,
        boundary_area_m2=site["boundary_area_m2"],
        rule=rules["scrap.share_cap"],
        assignment=studied.assignment,
    ).join(site_densities(numbers.tables["indicators"], numbers.far))
    tables = {
        "plan": plan,
        **studied.tables,
        "scrap_groups": land.groups,
        "sites": sites.reset_index(),
        "lineage": merged.lineage,
        "merged": after,
        **numbers.tables,
        "conditions": condition_table(
            numbers.limits.table, parcels, merged.lineage, planned_far=numbers.far
        ),
    }
    by_parcel = parcel_verdicts(parcels.index, plan, member)
    by_parcel["reasons"] = by_parcel["reasons"].mask(parcels["area_m2"].isna(), "no_geometry")
    by_parcel["scrap_group"] = group_labels(land.groups, parcels.index)
    return _Planned(
        by_parcel,
        [case.verdicts, land.verdicts],
        tables,
        component_records(studied.assignment.components),
        studied.findings,
        numbers.surfaces,
        numbers.no_surfaces,
    )


def _case(
    parcels: gpd.GeoDataFrame, site: gpd.GeoDataFrame, *, land: ScrapLand, work: _Work
) -> PlanCase:
    """What the plan chooses from: pairs of scraps and sites, tested, and what sites may take."""
    parameters, rules = work.choices.parameters, work.choices.rules
    boundary, rule = work.inputs.project_boundary, rules["scrap.project_boundary"]
    tests = eligibility(
        with_boundary_share(land.pairs, site["boundary_id"], boundary, rule=rule),
        parcels,
        site,
        members=land.members,
        rules=rules,
        min_border_m=parameters.min_border_m,
        choices=work.choices.plan,
    )
    return PlanCase(
        land.pairs,
        tests,
        site_budgets(site, rules=rules),
        rules,
        work.choices.plan,
        parameters.solver_seconds,
        land.chain_links,
    )


def _site_facts(
    parcels: gpd.GeoDataFrame, member: pd.Series, work: _Work, *, shapes: gpd.GeoSeries
) -> gpd.GeoDataFrame:
    """Area, planning conditions and project boundary of every site before the merge."""
    inputs, basis = work.inputs, work.choices.parameters.area_basis
    ordered = member.sort_index()
    area = parcels["area_m2"].loc[ordered.index].groupby(ordered).sum()
    site = gpd.GeoDataFrame({"area_m2": area}, geometry=shapes, crs=parcels.crs)
    boundary = boundary_facts(site, inputs.project_boundary, area_basis=basis)
    return site.join([boundary, site_planning(work.limits, member)])


def _control(parcels: gpd.GeoDataFrame, work: _Work) -> Controlled:
    """Block lines, conversions, parks and the hierarchy of zones, held against the rules."""
    work.clock.start("control")
    lines = line_sets(parcels, work.inputs, choices=work.choices)
    sides = lines.layouts()
    land = pd.Series({OVERALL: united_area_m2(sides, choices=work.choices)})
    layouts = {when: fragmentation_measures(b, land_m2=land) for when, b in sides.items()}
    return control(parcels, lines, work.inputs, layouts=layouts, choices=work.choices)
