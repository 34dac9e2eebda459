"""Put scattered industrial land back to work.

Find fragments, enclaves and scraps of land; plan which scraps may be merged into which site, with
proof; measure before and after; check industrial block lines; show it all in one offline map.

Examples
--------
>>> import gisland as gl
>>> gl.load_rules("tianjin-2024")["scrap.share_cap"].limit
0.1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gisland.base.version import __version__

if TYPE_CHECKING:
    from gisland.base.errors import GislandError
    from gisland.base.parameters import Parameters
    from gisland.base.planchoices import PlanChoices
    from gisland.base.result import Choices, Result
    from gisland.base.rulefiles import rule_set_names
    from gisland.base.rules import RuleSet, load_rules
    from gisland.base.schema import Inputs
    from gisland.casebook import cases
    from gisland.control.blocklines import check_block_lines
    from gisland.control.concentration import concentration
    from gisland.control.conversions import conversions
    from gisland.control.delineation.delineate import delineate as delineate_blocks
    from gisland.control.hierarchy import hierarchy
    from gisland.control.units import balanced_units
    from gisland.detect.enclaves import enclaves
    from gisland.detect.facts import shape_facts
    from gisland.detect.holdings import holdings
    from gisland.detect.mixture import mixture
    from gisland.detect.surroundings import surroundings
    from gisland.detect.zonelinks import zone_links
    from gisland.explaining import explain
    from gisland.exploring import explore
    from gisland.jobs import (
        check_project,
        choices_of,
        run_demo,
        run_project,
        sample_folder,
    )
    from gisland.layers.fields.uses import crosswalk
    from gisland.layers.given import project_of
    from gisland.layers.project import read_project
    from gisland.layers.read import load_inputs
    from gisland.layers.writing.results import read_results
    from gisland.layers.writing.tables import write_tables
    from gisland.layers.writing.write_shapefile import write_shapefile
    from gisland.mapping import map_results
    from gisland.measure.built.floors import building_amounts
    from gisland.measure.dates.comparing import compare_dates
    from gisland.measure.density import parcel_densities
    from gisland.measure.grids.surfaces import density_surfaces
    from gisland.measure.layout.fragmentation import fragmentation_measures
    from gisland.measure.planned.limits import planning_limits
    from gisland.pipeline import check_inputs, run
    from gisland.present.glossary import glossary
    from gisland.present.ownmap import blank_map, map_layer
    from gisland.present.webmap import folium_map
    from gisland.programs import read_parcels, run_program
    from gisland.splitting import split
    from gisland.topology.across import across
    from gisland.topology.beyond import beyond
    from gisland.topology.borders import borders
    from gisland.topology.boundary import trace
    from gisland.topology.check import check
    from gisland.topology.corridorland import corridor_strips
    from gisland.topology.exports import to_libpysal, to_networkx, to_sparse
    from gisland.topology.graph import articulation, components, patches
    from gisland.topology.overlay import overlap_areas
    from gisland.topology.recall import recall
    from gisland.topology.repair import repair
    from gisland.verify import verify as verify_results

__all__ = [
    "Choices",
    "GislandError",
    "Inputs",
    "Parameters",
    "PlanChoices",
    "Result",
    "RuleSet",
    "__version__",
    "across",
    "articulation",
    "balanced_units",
    "beyond",
    "blank_map",
    "borders",
    "building_amounts",
    "cases",
    "check",
    "check_block_lines",
    "check_inputs",
    "check_project",
    "choices_of",
    "compare_dates",
    "components",
    "concentration",
    "conversions",
    "corridor_strips",
    "crosswalk",
    "delineate_blocks",
    "density_surfaces",
    "enclaves",
    "explain",
    "explore",
    "folium_map",
    "fragmentation_measures",
    "glossary",
    "hierarchy",
    "holdings",
    "load_inputs",
    "load_rules",
    "map_layer",
    "map_results",
    "mixture",
    "overlap_areas",
    "parcel_densities",
    "patches",
    "planning_limits",
    "project_of",
    "read_parcels",
    "read_project",
    "read_results",
    "recall",
    "repair",
    "rule_set_names",
    "run",
    "run_demo",
    "run_program",
    "run_project",
    "sample_folder",
    "shape_facts",
    "split",
    "surroundings",
    "to_libpysal",
    "to_networkx",
    "to_sparse",
    "trace",
    "verify_results",
    "write_shapefile",
    "write_tables",
    "zone_links",
]

_HOMES = {
    "gisland.base.errors": ("GislandError",),
    "gisland.base.parameters": ("Parameters",),
    "gisland.base.planchoices": ("PlanChoices",),
    "gisland.base.result": ("Choices", "Result"),
    "gisland.base.rulefiles": ("rule_set_names",),
    "gisland.base.rules": ("RuleSet", "load_rules"),
    "gisland.base.schema": ("Inputs",),
    "gisland.casebook": ("cases",),
    "gisland.detect.enclaves": ("enclaves",),
    "gisland.detect.facts": ("shape_facts",),
    "gisland.detect.holdings": ("holdings",),
    "gisland.detect.mixture": ("mixture",),
    "gisland.detect.surroundings": ("surroundings",),
    "gisland.control.blocklines": ("check_block_lines",),
    "gisland.control.concentration": ("concentration",),
    "gisland.control.conversions": ("conversions",),
    "gisland.control.hierarchy": ("hierarchy",),
    "gisland.control.units": ("balanced_units",),
    "gisland.detect.zonelinks": ("zone_links",),
    "gisland.explaining": ("explain",),
    "gisland.exploring": ("explore",),
    "gisland.jobs": (
        "check_project",
        "choices_of",
        "run_demo",
        "run_project",
        "sample_folder",
    ),
    "gisland.mapping": ("map_results",),
    "gisland.measure.built.floors": ("building_amounts",),
    "gisland.measure.dates.comparing": ("compare_dates",),
    "gisland.measure.density": ("parcel_densities",),
    "gisland.measure.grids.surfaces": ("density_surfaces",),
    "gisland.measure.layout.fragmentation": ("fragmentation_measures",),
    "gisland.measure.planned.limits": ("planning_limits",),
    "gisland.layers.given": ("project_of",),
    "gisland.layers.project": ("read_project",),
    "gisland.layers.read": ("load_inputs",),
    "gisland.layers.writing.results": ("read_results",),
    "gisland.layers.fields.uses": ("crosswalk",),
    "gisland.layers.writing.tables": ("write_tables",),
    "gisland.layers.writing.write_shapefile": ("write_shapefile",),
    "gisland.pipeline": ("check_inputs", "run"),
    "gisland.present.glossary": ("glossary",),
    "gisland.present.ownmap": ("blank_map", "map_layer"),
    "gisland.present.webmap": ("folium_map",),
    "gisland.programs": ("read_parcels", "run_program"),
    "gisland.splitting": ("split",),
    "gisland.topology.across": ("across",),
    "gisland.topology.beyond": ("beyond",),
    "gisland.topology.borders": ("borders",),
    "gisland.topology.boundary": ("trace",),
    "gisland.topology.check": ("check",),
    "gisland.topology.corridorland": ("corridor_strips",),
    "gisland.topology.exports": ("to_libpysal", "to_networkx", "to_sparse"),
    "gisland.topology.graph": ("articulation", "components", "patches"),
    "gisland.topology.overlay": ("overlap_areas",),
    "gisland.topology.recall": ("recall",),
    "gisland.topology.repair": ("repair",),
}
_HOME_OF = {name: (home, name) for home, names in _HOMES.items() for name in names} | {
    "delineate_blocks": ("gisland.control.delineation.delineate", "delineate"),
    "verify_results": ("gisland.verify", "verify"),  # the package bears the short name
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Import a public name when it is first used, so that ``import gisland`` stays cheap."""
    if name not in _HOME_OF:
        message = f"module 'gisland' has no attribute {name!r}"
        raise AttributeError(message)
    home, attribute = _HOME_OF[name]
    return getattr(import_module(home), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
