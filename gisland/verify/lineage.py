"""Every parcel exactly once in the lineage, where its verdict says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from gisland.base.keys import ID_SEPARATOR
from gisland.base.schema import MERGED_ROLES
from gisland.verify.facts import Facts, Violation, differs, violations
from gisland.verify.overlays import undrawn

if TYPE_CHECKING:
    import numpy as np

VERDICTS = ("site", "absorbed", "eligible", "ineligible", "none")


def check_lineage(facts: Facts) -> list[Violation]:
    """Hold the lineage against the parcels and the sites.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``lineage_once``, ``lineage_role``, ``lineage_after``, ``lineage_area``,
        ``parcel_verdict``, ``site_members``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_lineage(example_facts("lineage", role="kept"))]
    ['lineage_role: role does not follow from the verdict: a', \
'lineage_after: after_id is not its site, or itself: a']
    """
    rows = facts.tables["lineage"]
    ids = facts.parcels.index
    times = rows["parcel_id"].value_counts().reindex(ids, fill_value=0)
    unknown = rows["parcel_id"][~rows["parcel_id"].isin(ids)].fillna("(missing)")
    found = violations("lineage_once", "parcels not once in the lineage", ids[times != 1])
    found += violations("lineage_once", "ids in the lineage that no parcel has", unknown)
    once = rows[~rows["parcel_id"].duplicated() & rows["parcel_id"].isin(ids)]
    found += _check_rows(facts, once.set_index("parcel_id").sort_index())
    return [*found, *_check_verdicts(facts), *_check_members(facts)]


def _check_rows(facts: Facts, rows: pd.DataFrame) -> list[Violation]:
    lots = facts.parcels.reindex(rows.index)
    role = lots["verdict"].where(lots["verdict"].isin(MERGED_ROLES), "kept")
    shapes: np.ndarray = lots.geometry.to_numpy()
    absent = undrawn(shapes)
    role = role.mask((role == "kept") & absent, "no_geometry")
    # A parcel whose geometry was left invalid counts as kept or as without usable geometry.
    excused = ~absent & ~shapely.is_valid(shapes) & (rows["role"] == "no_geometry")
    wrong = (rows["role"].fillna("") != role) & ~(excused & (role == "kept"))
    found = violations("lineage_role", "role does not follow from the verdict", rows.index[wrong])
    merged = rows["role"].isin(MERGED_ROLES)
    target = lots["site_id"].where(merged, pd.Series(rows.index, index=rows.index))
    wrong = rows["after_id"].fillna("") != target.fillna("")
    found += violations("lineage_after", "after_id is not its site, or itself", rows.index[wrong])
    known = set() if facts.sites is None else set(facts.sites.index)
    lost = rows.index[merged & ~rows["after_id"].isin(known)]
    found += violations("lineage_after", "after_id is no site", lost)
    area = facts.area_m2.reindex(rows.index)
    apart = differs(rows["area_m2"], area) & ~excused
    return [*found, *violations("lineage_area", "area is not the drawn one", rows.index[apart])]


def _check_verdicts(facts: Facts) -> list[Violation]:
    verdict, site = facts.parcels["verdict"], facts.parcels["site_id"]
    odd = facts.parcels.index[~verdict.isin(VERDICTS)]
    found = violations("parcel_verdict", f"verdict is none of {', '.join(VERDICTS)}", odd)
    merged = verdict.isin(MERGED_ROLES)
    named = site.notna() & (site != "")
    found += violations(
        "parcel_verdict",
        "site_id is given only to parcels of a site or absorbed by one, and to all of them",
        facts.parcels.index[merged != named],
    )
    absent = undrawn(facts.parcels.geometry.to_numpy())
    wrong = facts.parcels.index[absent & (verdict != "none")]
    return [*found, *violations("parcel_verdict", "a verdict without geometry", wrong)]


def _check_members(facts: Facts) -> list[Violation]:
    if facts.sites is None:
        used = pd.concat([facts.members, facts.absorbed])
        return violations("site_members", "parcels of sites, but no sites table", used.index)
    found = []
    for column, group in (("parcel_ids", facts.members), ("absorbed_ids", facts.absorbed)):
        lists = {site: ID_SEPARATOR.join(sorted(ids.index)) for site, ids in group.groupby(group)}
        expected = pd.Series(lists, dtype="str").reindex(facts.sites.index).fillna("")
        wrong = facts.sites[column].fillna("") != expected
        text = f"{column} are not those of the parcels table"
        found += violations("site_members", text, facts.sites.index[wrong])
        unknown = sorted(set(lists) - set(facts.sites.index))
        found += violations("site_members", "sites of parcels that have no row", unknown)
    own = facts.members.groupby(facts.members).size()
    count = own.reindex(facts.sites.index, fill_value=0)
    wrong = facts.sites["parcels_before"].fillna(-1).astype("int64") != count
    empty = facts.sites.index[~facts.sites.index.isin(facts.members)]
    found += violations(
        "site_members", "parcels_before is not their number", facts.sites.index[wrong]
    )
    return [*found, *violations("site_members", "sites without a parcel", empty)]
