"""Re-read what a run wrote and prove it from geometry and input columns alone.

Nothing of the planning code is used here: what it derived is computed again, by other means
where there are any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.layers.writing.results import Results, read_results
from gisland.verify.adjusted import check_adjusted
from gisland.verify.alternatives import check_alternatives
from gisland.verify.areas import check_areas, check_merges
from gisland.verify.best import check_best, check_statuses, proofs
from gisland.verify.blocks import check_blocks
from gisland.verify.bounds import check_bounds
from gisland.verify.buildings import check_buildings
from gisland.verify.capacity import check_capacity
from gisland.verify.caps import check_caps, check_shares
from gisland.verify.chains import check_chains, scrap_links
from gisland.verify.conditions import check_conditions
from gisland.verify.conversions import check_conversions
from gisland.verify.decisions import check_decisions
from gisland.verify.eligible import check_eligibility
from gisland.verify.facts import Violation, gather
from gisland.verify.groups import check_groups
from gisland.verify.hierarchy import check_hierarchy
from gisland.verify.indicators import check_indicators
from gisland.verify.lineage import check_lineage
from gisland.verify.lowuse import check_low_use
from gisland.verify.merged import check_merged
from gisland.verify.missed import check_missed
from gisland.verify.parks import check_parks
from gisland.verify.patches import check_enclaves, check_holdings, check_mixture
from gisland.verify.proposed import check_proposed
from gisland.verify.quantities import both_sides
from gisland.verify.reasons import check_reasons
from gisland.verify.record import check_record
from gisland.verify.recorded import check_plan, check_verdicts
from gisland.verify.subjects import survey
from gisland.verify.surfaces import check_surfaces
from gisland.verify.tables import check_tables
from gisland.verify.touch import check_connected, touches
from gisland.verify.units import check_units
from gisland.verify.usematrix import check_use
from gisland.verify.whatif import check_asked, check_differences, check_sweep
from gisland.verify.zones import check_zones

if TYPE_CHECKING:
    import os

__all__ = ["Violation", "verify"]


def verify(results: str | os.PathLike[str] | Results) -> list[Violation]:
    """Prove the results of a run, or list what does not hold.

    Proved are: every parcel once in the lineage; areas conserved, per parcel, site and in total;
    every cap over its denominator; every absorbed scrap adjacent, outside the sites before, in
    one site, and eligible by recomputed numbers; merged sites connected, chains link by link;
    absorbed areas within their proved bounds, and the plan of every component that is small
    enough for another search the best; decisions, lists, alternatives, other caps and merged
    parcels as the plan has them; verdicts, plan and indicators consistent with one another and
    with the record of the run; enclaves, scrap groups, holdings and the mixture of tenures made
    of the parcels that they name, and adding up. Every indicator is its numerator over its
    denominator, both summed from the parcels; land use before and after closes; conditions,
    capacities and estimated floors follow from limits, land and parameters; grids add up to the
    parcels. Block lines, given, proposed and adjusted, with their uses and parcels, conversions,
    parks, ranked zones, units and the hierarchy are made once more from parcels and lines by plain
    overlays, and every verdict on areas with the recorded rules. Limits of parcels, edge density
    of the layout, rectangularity, planned uses and links across corridors are believed.

    Parameters
    ----------
    results
        The output folder, its ``results.gpkg``, or what `read_results` made of them.

    Returns
    -------
    list of Violation
        Empty if all holds. If tables, ids or the rules' record are unusable, those alone.

    Raises
    ------
    OutputError
        If there are no results, or they cannot be read.

    Examples
    --------
    Results of one parcel and one site; then the same after someone made the site 600 m² larger:

    >>> from gisland.verify.example import example
    >>> verify(example())
    []
    >>> for violation in verify(example("sites", scrap_area_m2=600.0)):
    ...     print(violation)
    site_area: scrap_area_m2 is not the sum of its parcels: S1
    """
    read = results if isinstance(results, Results) else read_results(results)
    found = check_tables(read)
    if found:
        return found
    facts = gather(read)
    ground = survey(facts)
    sides = both_sides(facts, ground) if facts.before_and_after else None
    found = [*check_lineage(facts), *check_areas(facts)]
    found += check_indicators(facts, ground, sides=sides)
    found += check_conditions(facts, ground, sides=sides)
    found += [*check_use(facts, ground), *check_buildings(facts)]
    found += [*check_record(facts), *check_verdicts(facts), *check_low_use(facts)]
    found += [*check_enclaves(facts), *check_holdings(facts), *check_mixture(facts)]
    found += [*check_groups(facts), *check_surfaces(facts, read), *check_blocks(facts)]
    found += [*check_proposed(facts), *check_adjusted(facts)]
    found += [*check_conversions(facts), *check_parks(facts)]
    found += [*check_zones(facts), *check_units(facts), *check_hierarchy(facts)]
    if facts.sites is not None:
        touching = touches(facts)
        found += [*check_merges(facts), *check_capacity(facts, ground)]
        found += check_shares(facts)
        found += check_caps(facts)
        edges = scrap_links(facts)
        found += check_bounds(facts, edges)
        searched = proofs(facts, edges)
        found += [*check_best(facts, searched), *check_statuses(facts)]
        found += [*check_asked(facts), *check_alternatives(facts, searched), *check_sweep(facts)]
        found += [*check_differences(facts), *check_merged(facts)]
        found += [*check_plan(facts), *check_reasons(facts, edges)]
        found += [*check_decisions(facts), *check_chains(facts, edges)]
        found += check_eligibility(facts, touching)
        found += [*check_connected(facts, touching), *check_missed(facts)]
    return found
