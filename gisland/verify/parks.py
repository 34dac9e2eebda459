"""Concentration of industrial land in parks, and how far parks are built up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.names import has_names
from gisland.base.schema import OVERALL
from gisland.base.units import m2_to_mu
from gisland.verify.arearows import NAN, TABLE, Row, check_rows
from gisland.verify.blockland import (
    missing_tables,
    parts_in,
    ratio,
    unequal,
    united,
)
from gisland.verify.facts import AREA_M2, violations
from gisland.verify.landkinds import among_words

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.verify.facts import Facts, Violation

SHARE = "concentration.park_share"
RULES = {
    "built": ("park.built_share", "park.built_share_lowest"),
    "to_build": ("park.to_build_share", "park.to_build_share_highest"),
}
WORDS = ("low_use.vacant", "low_use.unfinished")
COLUMN, PARCELS = "column", "parcels"


def check_parks(facts: Facts) -> list[Violation]:
    """Hold the parks, and the concentration of industry in them, against the parcels.

    Numbers that come from a column of the parks are believed, as is which ones do.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``park_tables``, ``park``, ``park_source`` and those of verdicts; the ids are parks.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_parks(example_facts())  # no parks
    []
    """
    parks = facts.tables.get("parks")
    topics = facts.tables.get(TABLE, pd.DataFrame(columns=["topic"]))["topic"]
    if parks is None and not topics.isin(["concentration", "parks"]).any():
        return []
    found = missing_tables(facts, "parks", others=(TABLE,), code="park_tables")
    if found:
        return found
    found = check_rows(facts, _concentration(facts, parks), topic="concentration")
    if parks is None:
        return [*found, *check_rows(facts, [], topic="parks")]
    rows = parks.drop_duplicates("park_id").set_index("park_id").sort_index()
    right = _expected(facts, rows)
    found += unequal(rows, right, code="park", what="parks")
    found += _check_sources(rows)
    return [*found, *check_rows(facts, _verdicts(rows), topic="parks")]


def _concentration(facts: Facts, parks: gpd.GeoDataFrame | None) -> list[Row]:
    land = facts.land
    known = facts.column("use_class") is not None
    used, built = (
        float(land["area_m2"][land[kind]].sum()) if known else NAN
        for kind in ("industrial", "built_up")
    )
    inside = NAN
    if parks is not None:
        parts = parts_in(land[land["industrial"]], united(parks.geometry))
        inside = float(parts["inside_m2"].sum()) if known else NAN
    share = inside / used if used > 0 else NAN
    of_built = used / built if built > 0 else NAN
    told = "industrial_share_of_built_up"
    return [
        Row(OVERALL, SHARE, share, (inside, used)),
        Row(OVERALL, "", of_built, (used, built), test=told),
    ]


def _expected(facts: Facts, rows: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    parts = parts_in(facts.land, rows.geometry)
    lots = facts.parcels.reindex(parts["parcel_id"]).reset_index(drop=True)
    statuses = facts.column("status")
    has_status = statuses is not None and has_names(statuses)
    unused = pd.Series(False, index=lots.index)  # noqa: FBT003 - a flag for each row
    if has_status:
        for rule_id in WORDS:
            unused |= among_words(lots["status"], rules=facts.rules, rule_id=rule_id)
    may = parts["classified"] & ~parts["use_class"].isin(["farm"])
    kinds = {"industrial_m2": parts["industrial"], "developable_m2": may}
    kinds |= {"built_m2": may & parts["built_up"] & ~unused}
    sound = shapely.is_valid(rows.geometry.to_numpy())
    known = sound & (facts.column("use_class") is not None)
    sums = {
        name: parts["inside_m2"].where(which.astype(bool), 0.0).groupby(parts["area_id"]).sum()
        for name, which in kinds.items()
    }
    own = {n: s.reindex(rows.index, fill_value=0.0).where(known) for n, s in sums.items()}
    if not has_status:
        own["built_m2"] = own["built_m2"] * np.nan
    right = {"industrial_m2": own["industrial_m2"]}
    for name in ("developable_m2", "built_m2"):
        given = rows[f"{name[:-3]}_from"] == COLUMN
        right[name] = rows[name].astype("float64").where(given, own[name])
    rest = right["developable_m2"] - right["built_m2"]
    rest = rest.mask(rest.round(2) < 0)
    told = rows["to_build_m2"].astype("float64")
    right["to_build_m2"] = told.where(rows["to_build_from"] == COLUMN, rest)
    area = areas_m2(rows.geometry, basis=facts.run["area_basis"])
    for name in ("built", "to_build"):
        right[f"{name}_share"] = ratio(right[f"{name}_m2"], right["developable_m2"])
    return {**right, "area_m2": area, "area_mu": m2_to_mu(area)}


def _check_sources(rows: pd.DataFrame) -> list[Violation]:
    """Where a number is there, it says where it is from; without one it says nothing."""
    found = []
    for name in ("developable", "built", "to_build"):
        source = rows[f"{name}_from"].fillna("")
        known = rows[f"{name}_m2"].notna()
        wrong = (known & ~source.isin([COLUMN, PARCELS])) | (~known & (source != ""))
        wrong |= known & (rows[f"{name}_m2"] < -AREA_M2)
        text = f"{name}_from of parks does not tell where the number is from"
        found += violations("park_source", text, rows.index[wrong])
    return found


def _verdicts(rows: pd.DataFrame) -> list[Row]:
    told = []
    for park, row in rows.iterrows():
        whole = float(row["developable_m2"])
        for measure, rule_ids in RULES.items():
            part = float(row[f"{measure}_m2"])
            share = part / whole if whole > 0 else NAN
            told += [Row(f"park:{park}", i, share, (part, whole)) for i in rule_ids]
    return told
