"""Numerators and denominators of the indicators, summed once more from the parcels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.schema import OVERALL, SITE
from gisland.base.tables import lookup
from gisland.base.units import HA_M2, m2_to_mu
from gisland.verify.subjects import WHEN, Ground, drawn_compactness

if TYPE_CHECKING:
    from gisland.verify.facts import Facts

COLUMNS = {  # amounts of parcels that add up
    "floor_area": "floor_area_m2",
    "counted_floor_area": "counted_floor_area_m2",
    "footprint": "footprint_m2",
    "green_area": "green_m2",
    "estimated_floor_area": "floor_area_estimated_m2",
    "tax": "tax_yuan",
    "output": "output_yuan",
    "investment": "investment_yuan",
    "jobs": "jobs",
}
GONE = ("floor_area", "estimated_floor_area", "storey_floor_area")  # where a FAR is planned
PLANNED = ("counted_floor_area", "far_floor_area")


@dataclass(frozen=True, repr=False)
class Quantities:
    """Numbers by name and subject: what they are, and how many members lack them."""

    number: dict[str, pd.Series]
    lacking: dict[str, pd.Series]


def quantities(facts: Facts, ground: Ground, when: str) -> Quantities:
    """Sum what indicators are made of.

    Parameters
    ----------
    facts
        From `gather`.
    ground
        From `survey`.
    when
        ``before`` or ``after``: then sites have the floor area that is planned.

    Returns
    -------
    Quantities
        By subject.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> quantities(facts, survey(facts), "before").number["land_area_mu"].to_dict()
    {'overall': 2.25, 'site:S1': 2.25}
    """
    amounts = _amounts(facts, ground, when)
    number = {name: ground.total(values, when) for name, values in amounts.items()}
    lacking = {name: ground.lacking(values, when) for name, values in amounts.items()}
    area = number["land_area"].fillna(0.0)
    number |= {"land_area": area, "land_area_mu": m2_to_mu(area), "land_area_ha": area / HA_M2}
    number |= {"parcels": _distinct(ground, when, "piece"), **_of_pieces(facts, ground, when)}
    owners = _distinct(ground, when, "owner")
    number["owners_named"] = owners.mask(owners == 0)  # where nobody has a name
    lacking["owners_named"] = ground.lacking(ground.land["owner"], when)
    return Quantities(number | _of_owners(ground, when), lacking)


def both_sides(facts: Facts, ground: Ground) -> dict[str, Quantities]:
    """Quantities before and after.

    Parameters
    ----------
    facts
        From `gather`.
    ground
        From `survey`.

    Returns
    -------
    dict
        By ``before`` and ``after``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> both_sides(facts, survey(facts))["after"].number["parcels"].to_dict()
    {'overall': 1.0, 'site:S1': 1.0}
    """
    return {when: quantities(facts, ground, when) for when in WHEN}


def _amounts(facts: Facts, ground: Ground, when: str) -> dict[str, pd.Series]:
    land = ground.land
    lots = facts.parcels.reindex(land.index)
    unknown = pd.Series(np.nan, index=land.index)
    amounts = {
        name: lots[column].astype("float64") if column in lots else unknown
        for name, column in COLUMNS.items()
    }
    floor = floor_column(facts.parcels)
    amounts["far_floor_area"] = lots[floor].astype("float64") if floor in lots else unknown
    storeys = lots["mean_storeys"].astype("float64") if "mean_storeys" in lots else unknown
    built = amounts["footprint"]
    bare = 0.0 if _of_buildings(facts, len(land)) else amounts["floor_area"]
    amounts["storey_floor_area"] = (storeys * built).mask(built == 0, bare)
    if when == "after":
        far = land["planned_far"]
        amounts |= {n: amounts[n].mask(far.notna()) for n in GONE}
        amounts |= {n: (far * land["area_m2"]).fillna(amounts[n]) for n in PLANNED}
    amounts |= {"land_area": land["area_m2"], "open_space": land["area_m2"] - built}
    return amounts


def _of_buildings(facts: Facts, drawn: int) -> bool:
    """Whether storeys are those of what buildings have above ground: 0 where none stands.

    Else they are of the floor area of the parcels, as it is where there is no footprint.
    """
    rows, lots = facts.tables["indicators"], facts.parcels
    told = rows[(rows["subject"] == OVERALL) & (rows["indicator"] == "above_floor_area")]
    if told.empty:
        return False
    others = lots["floor_area_m2"].notna().sum() if "floor_area_m2" in lots else 0
    return bool(drawn - told["missing_before"].iloc[0] >= others)


def floor_column(parcels: pd.DataFrame) -> str:
    """Floor area that FAR is taken of: the one known for more parcels, of equal ones counted.

    Parameters
    ----------
    parcels
        As written.

    Returns
    -------
    str
        Name of a column, which may be absent.

    Examples
    --------
    >>> floor_column(pd.DataFrame({"floor_area_m2": [1.0], "counted_floor_area_m2": [None]}))
    'floor_area_m2'
    """
    names = ("counted_floor_area_m2", "floor_area_m2")
    known = [int(parcels[n].notna().sum()) if n in parcels else 0 for n in names]
    return names[0] if known[0] >= known[1] else names[1]


def _distinct(ground: Ground, when: str, label: str) -> pd.Series:
    members = ground.members(when)
    if when == "before" and label == "piece":
        counted = members.groupby("subject")["parcel_id"].nunique()
    else:
        own = lookup(members["parcel_id"], ground.land[label])
        counted = own.groupby(members["subject"]).nunique()
    return counted.reindex(ground.subjects, fill_value=0).astype("float64")


def _plots(ground: Ground, when: str) -> pd.DataFrame:
    """Members that are neither road nor water, with their pieces at the time."""
    members = ground.members(when)
    rows = members.join(ground.land, on="parcel_id")
    if when == "before":
        rows["piece"] = "parcel:" + rows["parcel_id"]
    return rows[rows["is_land"].astype(bool)]


def _of_pieces(facts: Facts, ground: Ground, when: str) -> dict[str, pd.Series]:
    plots = _plots(ground, when)
    size = plots.groupby(["subject", "piece"])["area_m2"].sum().reset_index()
    shape = lookup(size["piece"], _compactness(facts, ground))
    size = size.assign(squares=size["area_m2"] ** 2, round=shape * size["area_m2"])
    groups = size.groupby("subject")
    found = {
        "patches": groups.size().astype("float64"),
        "patch_area": groups["area_m2"].sum(),
        "median": groups["area_m2"].median(),
        "squares": groups["squares"].sum(),
        "round": groups["round"].sum().mask(size["round"].isna().groupby(size["subject"]).any()),
    }
    least = {"patches", "patch_area", "squares"}
    return {
        name: values.reindex(ground.subjects, fill_value=0.0 if name in least else np.nan)
        for name, values in found.items()
    }


def _compactness(facts: Facts, ground: Ground) -> pd.Series:
    lots = facts.parcels.geometry.reindex(ground.land.index)
    parts = [pd.Series(drawn_compactness(lots.to_numpy()), index="parcel:" + lots.index)]
    if facts.sites is not None:
        sites = facts.sites
        shape = drawn_compactness(sites.geometry.to_numpy())
        parts.append(pd.Series(shape, index=SITE + sites.index))
    return pd.concat(parts)


def _of_owners(ground: Ground, when: str) -> dict[str, pd.Series]:
    """Owners of land, and the sums over them of plots, Simpson's and Januszewski's indices."""
    plots = _plots(ground, when).dropna(subset=["owner"])
    held = plots.groupby(["subject", "owner", "piece"])["area_m2"].sum().reset_index()
    held = held.assign(square=held["area_m2"] ** 2, root=held["area_m2"] ** 0.5, plots=1.0)
    numbers = ["area_m2", "square", "root", "plots"]
    each = held.groupby(["subject", "owner"])[numbers].sum()
    each = each.assign(
        simpson=1 - each["square"] / each["area_m2"] ** 2,
        januszewski=each["area_m2"] ** 0.5 / each["root"],
        owners=1.0,
    )
    sums = each.groupby("subject")[["owners", "plots", "simpson", "januszewski"]].sum()
    return {str(name): values.reindex(ground.subjects) for name, values in sums.items()}
