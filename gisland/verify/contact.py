"""Contacts of two parcels that no way of measuring could miss, and borders held against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.verify.facts import Facts, Violation, violations
from gisland.verify.overlays import overlay, undrawn, valid
from gisland.verify.touch import HALF_DEPTH, slack_m

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARE = 0.05  # of its length that a contact may be measured too long or too short
FIRM = 0.2  # of the tolerance: so near to each other two lines are one
SLIM_TOLERANCES = 2.0  # a narrower parcel has both its sides near a neighbor


def firm_contact_m(facts: Facts, focal: Iterable[str], neighbor: Iterable[str]) -> np.ndarray:
    """Length over which two parcels beyond doubt border each other.

    Boundary of the one within a fifth of the tolerance of the other's, with no third boundary
    within the tolerance, seen from both sides, of which the shorter counts. Nothing is beyond
    doubt where the two overlap, or one of them is slim, invalid or not drawn.

    Parameters
    ----------
    facts
        From `gather`.
    focal, neighbor
        Ids of the parcels, pair by pair.

    Returns
    -------
    numpy.ndarray
        Metres per pair.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> firm_contact_m(example_facts(), [], []).tolist()
    []
    """
    ends = pd.DataFrame({"focal": list(focal), "neighbor": list(neighbor)}, dtype="str")
    if ends.empty:
        return np.zeros(0)
    left, right = facts.shapes(ends["focal"]), facts.shapes(ends["neighbor"])
    lots = facts.parcels.geometry
    drawn = lots.index[~undrawn(lots.to_numpy())]
    tree = shapely.STRtree(valid(lots[drawn].to_numpy()))
    both = [
        _near(facts, here, there, ends=ends, tree=tree, drawn=drawn)
        for here, there in ((left, right), (right, left))
    ]
    tolerance = facts.parameters.tolerance_m
    common = overlay(shapely.intersection, left, right)
    doubtful = shapely.area(shapely.buffer(common, -HALF_DEPTH * tolerance)) > 0
    for name, shapes in (("focal", left), ("neighbor", right)):
        slim = 2 * shapely.area(shapes) < SLIM_TOLERANCES * tolerance * shapely.length(shapes)
        doubtful |= slim | ~shapely.is_valid(lots.reindex(ends[name]).to_numpy())
    return np.where(doubtful, 0.0, np.minimum(*both))


def _near(
    facts: Facts,
    here: np.ndarray,
    there: np.ndarray,
    *,
    ends: pd.DataFrame,
    tree: shapely.STRtree,
    drawn: pd.Index,
) -> np.ndarray:
    """Length of the boundaries `here` along those `there` and along no third one."""
    tolerance = facts.parameters.tolerance_m
    around = shapely.buffer(shapely.boundary(there), FIRM * tolerance)
    piece = overlay(shapely.intersection, shapely.boundary(here), around)
    pair, third = tree.query(piece, predicate="dwithin", distance=tolerance)
    name = drawn[third].to_numpy()
    other = (name != ends["focal"].to_numpy()[pair]) & (name != ends["neighbor"].to_numpy()[pair])
    pair, third = pair[other], third[other]
    if len(pair) == 0:
        return shapely.length(piece)
    met, where = np.unique(third, return_inverse=True)
    wide = shapely.buffer(shapely.boundary(tree.geometries[met]), tolerance)[where]
    turn = pd.Series(pair).groupby(pair).cumcount().to_numpy()
    for k in range(turn.max() + 1):  # at most as often as one pair has third parcels near
        now = turn == k
        piece[pair[now]] = overlay(shapely.difference, piece[pair[now]], wide[now])
    return shapely.length(piece)


def check_border(
    facts: Facts, pairs: pd.DataFrame, met: pd.DataFrame, *, touching: pd.DataFrame
) -> list[Violation]:
    """Hold the border of every pair of the plan against the contact, from above and from below.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan, numbered from 0.
    met
        Their rows of `touch_with_site`, 0 where there is none.
    touching
        From `touches`.

    Returns
    -------
    list of Violation
        ``border``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> none = pd.DataFrame({"parcel_id": [], "site_id": [], "border_m": [], "corridor_m": []})
    >>> met = pd.DataFrame({"touch_m": [], "contacts": []})
    >>> check_border(example_facts(), none, met, touching=met)
    []
    """
    slack = slack_m(facts, met)
    wrong = ~(pairs["border_m"] <= met["touch_m"] * (1 + SHARE) + slack)
    text = "border_m is longer than the contact with the site"
    found = violations("border", text, pairs["parcel_id"][wrong])
    told = pairs["border_m"] + pairs["corridor_m"]  # a corridor separates, but runs along
    short = pairs[told < met["touch_m"] * (1 - SHARE) - slack]
    if short.empty:
        return found
    ends = touching[["focal", "neighbor"]].drop_duplicates()
    ends = ends.assign(site_id=ends["neighbor"].map(facts.members))
    ends = (
        short[["parcel_id", "site_id"]]
        .reset_index()
        .merge(ends, left_on=["parcel_id", "site_id"], right_on=["focal", "site_id"])
    )
    firm = pd.Series(firm_contact_m(facts, ends["focal"], ends["neighbor"]))
    sure = firm.groupby(ends["index"]).sum().reindex(short.index, fill_value=0.0)
    wrong = told[short.index] < sure * (1 - SHARE) - slack[short.index]
    text = "border_m is shorter than the contact with the site"
    return [*found, *violations("border", text, short["parcel_id"][wrong])]
