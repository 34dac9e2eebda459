"""The result tables: their names, columns and kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gisland.base.schema import PARCELS
from gisland.base.tables import PARCEL_RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Table:
    """Columns of one result table with their pandas kinds; `drawn`: with geometry."""

    columns: Mapping[str, str]
    drawn: bool = False


def _columns(**names: str) -> dict[str, str]:
    kinds = {"text": "str", "flag": "bool", "count": "Int64"}
    return {n: kinds.get(k, "float64") for k, text in names.items() for n in text.split()}


_KINDS = {"text": "str", "number": "float64", "bool": "boolean", "date": "datetime64[ms]"}
GIVEN = {name: _KINDS[column.kind] for name, column in PARCELS.items() if name != "site_id"}

TABLES: dict[str, Table] = {
    "parcels": Table({"parcel_id": "str", **PARCEL_RESULTS}, drawn=True),
    "sites": Table(
        _columns(
            text="site_id parcel_ids absorbed_ids share_denominator cap_operator candidate_ids",
            count="parcels_before parcels_after component",
            number="area_before_m2 scrap_area_m2 area_after_m2 gap_closed_m2 overlap_m2 scrap_share"
            " denominator_m2 cap scrap_share_including scrap_share_excluding scrap_share_boundary"
            " boundary_area_m2 candidate_area_m2 candidate_share_including"
            " candidate_share_excluding candidate_share_boundary far_before far_after"
            " coverage_before coverage_after planned_far bound_m2",
            flag="optimal",
        ),
        drawn=True,
    ),
    "plan": Table(
        _columns(
            text="parcel_id site_id scrap_kind verdict reasons rule_id",
            count="links",
            number="area_m2 border_m corridor_m link_m site_share sites_share free_share"
            " other_share hull_share hole_share",
        ),
        drawn=True,
    ),
    "alternatives": Table(
        _columns(
            text="site_id kind constraint added_ids removed_ids status",
            count="component scraps scraps_more",
            number="limit area_m2 area_more_m2 border_more_m",
        )
    ),
    "sweep": Table(
        _columns(
            text="status",
            count="scraps sites",
            number="cap area_cap_m2 absorbed_m2 more_m2",
        )
    ),
    "differences": Table(
        _columns(text="parcel_id site_without site_with decision change", number="area_m2")
    ),
    "merged": Table(_columns(text="parcel_id", number="area_m2"), drawn=True),
    "scrap_groups": Table(
        _columns(
            text="group_id parcel_ids scrap_ids site_ids scrap_kind reasons",
            count="parcels",
            number="area_m2 area_mu width_m border_m sites_share free_share other_share",
        ),
        drawn=True,
    ),
    "verdicts": Table(
        _columns(
            text="parcel_id subject test outcome operator unit denominator rule_id mode",
            number="value limit",
        )
    ),
    "lineage": Table(_columns(text="parcel_id after_id role", number="area_m2")),
    "enclaves": Table(
        _columns(
            text="enclave_id attribute value parcel_ids kind surrounded_by surrounding_ids"
            " inside_of",
            count="depth holder_patches",
            number="share free_share area_m2 area_mu surrounding_area_m2 holder_area_m2",
        ),
        drawn=True,
    ),
    "holdings": Table(
        _columns(
            text="owner",
            count="parcels patches spellings",
            number="area_m2 area_mu largest_patch_m2",
        )
    ),
    "mixture": Table(
        _columns(
            text="zone_id",
            count="parcels state_patches collective_patches enclave_parcels",
            number="area_m2 area_mu state_mu collective_mu undetermined_mu unknown_mu"
            " mixed_border_m mixed_m_per_ha enclave_share",
        )
    ),
    "zones": Table(
        _columns(
            text="zone_id parcel_ids ranked_by",
            count="parcels owners without_owner without_tax rank",
            number="area_m2 area_mu far tax_gap_yuan area_term tax_gap_term owners_term potential",
        ),
        drawn=True,
    ),
    "zone_units": Table(
        _columns(
            text="unit_id zone_id parcel_ids status",
            count="parcels",
            number="area_m2 area_mu mean_m2 deviation_m2 largest_deviation_m2 bound_m2",
        ),
        drawn=True,
    ),
    "hierarchy": Table(
        _columns(
            text="kind id parent_id outcome",
            count="parcels",
            number="area_m2 area_mu inside_m2 inside_share",
        )
    ),
    "block_lines": Table(
        _columns(
            text="lines block_id level_by boundary cut_ids other_use_ids outcome m0_outcome"
            " rule_id",
            count="parcels parcels_cut owners without_owner low_use_parcels without_floor",
            number="level area_m2 area_mu land_m2 classified_m2 industrial_m2 industrial_share"
            " limit m0_m2 m0_share m0_limit state_m2 collective_m2 low_use_m2 low_use_share"
            " floor_m2 far footprint_m2 coverage",
        ),
        drawn=True,
    ),
    "block_candidates": Table(
        _columns(
            text="block_id level_by reason",
            count="parcels",
            number="level area_m2 area_mu classified_m2 industrial_m2 industrial_share width_m",
            flag="kept",
        ),
        drawn=True,
    ),
    "block_uses": Table(
        _columns(text="lines block_id use_class", count="parcels", number="area_m2 area_mu share")
    ),
    "block_parcels": Table(
        _columns(
            text="lines parcel_id block_id part use_class reason",
            number="inside_m2 outside_m2",
        )
    ),
    "block_changes": Table(
        _columns(
            text="change_id change block_id reason",
            number="area_m2 area_mu effective_m2 industrial_m2",
        ),
        drawn=True,
    ),
    "block_balance": Table(_columns(text="block_id indicator unit", number="before after delta")),
    "conversions": Table(
        _columns(
            text="parcel_id block_id use_before use_after kind",
            count="plan_year",
            number="area_m2 area_mu",
        )
    ),
    "conversion_totals": Table(
        _columns(text="year kind", count="parcels", number="area_m2 area_mu share")
    ),
    "control_verdicts": Table(
        _columns(
            text="topic subject test outcome operator unit denominator rule_id mode",
            number="value limit numerator denominator_value",
        )
    ),
    "parks": Table(
        _columns(
            text="park_id name developable_from built_from to_build_from",
            number="area_m2 area_mu developable_m2 built_m2 to_build_m2 industrial_m2 built_share"
            " to_build_share",
        ),
        drawn=True,
    ),
    "findings": Table(
        _columns(text="code severity layer parcel_id other_id unit message", number="value"),
        drawn=True,
    ),
    "changes": Table(
        _columns(
            text="parcel_id action other_id message",
            number="area_before_m2 area_after_m2 in_m2 out_m2",
        )
    ),
    "indicators": Table(
        _columns(
            text="subject theme indicator unit denominator",
            count="missing_before missing_after",
            number="before after delta denominator_before denominator_after",
        )
    ),
    "use_matrix": Table(
        _columns(text="subject basis use_before use_after", number="area_m2 area_mu share")
    ),
    "conditions": Table(
        _columns(
            text="site_id condition unit operator denominator source source_ids outcome_before"
            " outcome_after",
            number="limit_before limit_after known_share value_before value_after",
        )
    ),
    "capacity": Table(
        _columns(
            text="site_id scenario rule_id",
            number="area_before_m2 scrap_area_m2 area_after_m2 far_min_before far_max_before"
            " far_min_after far_max_after planned_far existing_m2 capacity_min_before_m2"
            " capacity_max_before_m2 scrap_capacity_min_m2 scrap_capacity_max_m2"
            " capacity_min_after_m2 capacity_max_after_m2 planned_floor_m2 left_m2 gained_m2"
            " gained_net_m2",
        )
    ),
    "buildings": Table(
        _columns(
            text="building_id floors_from parcel_ids",
            count="parcels",
            number="floors height_m floor_height_m footprint_m2 floor_area_m2"
            " counted_floor_area_m2 underground_floor_area_m2 off_parcels_m2",
        ),
        drawn=True,
    ),
    "planning_units": Table(_columns(text="unit_id"), drawn=True),
    "exclusions": Table(_columns(text="name"), drawn=True),
    "roads": Table({}, drawn=True),
    "project_boundary": Table(_columns(text="boundary_id"), drawn=True),
    "borders": Table(
        _columns(
            text="focal neighbor",
            number="border_m tolerant_m distance_mean_m distance_max_m road_m corridor_m edge_m",
        )
    ),
}
