"""Lists and decisions on parcels: that they name something, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import ProjectError
from gisland.base.keys import ID_SEPARATOR
from gisland.base.names import comparable
from gisland.base.phrases import count_of, first_of
from gisland.base.planchoices import IN, OUT
from gisland.plan.case import DECIDED_OUT, required_ids

if TYPE_CHECKING:
    from gisland.base.planchoices import PlanChoices
    from gisland.plan.case import PlanCase

MOST_TOLD = 10
NO_SCRAP = "it is no scrap beside a site"


def require_parcels_known(choices: PlanChoices, parcel_ids: pd.Index) -> None:
    """Refuse lists and decisions that name no parcel of the run.

    Parameters
    ----------
    choices
        Lists and decisions.
    parcel_ids
        All that there are.

    Raises
    ------
    ProjectError
        If an id is unknown.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> require_parcels_known(PlanChoices(required=("z",)), pd.Index(["a"]))
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: [plan] required names 1 unknown parcel (z); give ids of the \
parcel layer, as the run writes them
    """
    lists = {
        "protected": choices.protected or (),
        "required": choices.required or (),
        "decisions": choices.decisions,
    }
    for name, ids in lists.items():
        unknown = sorted(i for i in set(ids) if i not in parcel_ids)
        if unknown:
            raise ProjectError(
                f"[plan] {name} names {count_of(len(unknown), 'unknown parcel')}",
                do="give ids of the parcel layer, as the run writes them",
                ids=unknown,
            )


def require_sites_known(choices: PlanChoices, site_ids: pd.Index) -> None:
    """Refuse decisions that give parcels to no site of the run.

    Parameters
    ----------
    choices
        Decisions.
    site_ids
        All that there are.

    Raises
    ------
    ProjectError
        If a site is unknown.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> require_sites_known(PlanChoices(decisions={"a": "S9"}), pd.Index(["S1"]))
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: [plan] decisions give parcels to 1 unknown site (S9); use \
in, out, or the id of a site
    """
    unknown = sorted(set(choices.decisions.values()) - {IN, OUT, *site_ids})
    if unknown:
        raise ProjectError(
            f"[plan] decisions give parcels to {count_of(len(unknown), 'unknown site')}",
            do="use in, out, or the id of a site",
            ids=unknown,
        )


def unmatched_consents(choices: PlanChoices, parcels: pd.DataFrame) -> list[dict[str, object]]:
    """Tell of names on the list of consents that are no parcel and no owner.

    Parameters
    ----------
    choices
        The list.
    parcels
        Indexed by parcel id: ``owner``, if known.

    Returns
    -------
    list of dict
        At most one finding ``consent_unmatched``, with the number of such names.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> lots = pd.DataFrame({"owner": ["甲（厂）"]}, index=["a"])
    >>> (found,) = unmatched_consents(PlanChoices(consented=("甲(厂)", "a", "乙")), lots)
    >>> found["value"], found["message"]
    (1.0, 'names on the list of consents that are no parcel and no owner: 乙')
    """
    listed = pd.Series(choices.consented or (), dtype="str")
    owners = comparable(parcels["owner"]) if "owner" in parcels else pd.Series(dtype="str")
    known = listed.isin(parcels.index) | comparable(listed).isin(owners.dropna())
    strange = sorted(listed[~known])
    if not strange:
        return []
    return [
        {
            "code": "consent_unmatched",
            "severity": "warning",
            "layer": "parcels",
            "value": float(len(strange)),
            "unit": "count",
            "message": "names on the list of consents that are no parcel and no owner: "
            f"{first_of(strange, most=MOST_TOLD)}",
        }
    ]


def unmet_wishes(
    case: PlanCase, plan: pd.DataFrame, unmet: pd.DataFrame, *, members: pd.Series
) -> list[dict[str, object]]:
    """Tell of required parcels that the plan does not absorb, and why not.

    Parameters
    ----------
    case
        The case of the plan.
    plan
        Its table.
    unmet
        ``parcel_id``, ``conflict_ids``, ``proved``: required scraps that can be absorbed one by
        one, but not together.
    members
        Site by parcel id; such parcels need not be absorbed.

    Returns
    -------
    list of dict
        One finding ``required_not_absorbed`` for each, in the order of their ids; ``other_id``
        are the required parcels that stand in its way.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.plan.case import PlanCase
    >>> rules, choices = load_rules("tianjin-2024"), PlanChoices(decisions={"a": "in"})
    >>> case = PlanCase(None, None, None, rules, choices, 1.0)
    >>> row = {"parcel_id": ["a"], "site_id": ["S"], "verdict": ["ineligible"]}
    >>> plan = pd.DataFrame(row | {"reasons": ["same_owner"]})
    >>> unmet = pd.DataFrame({"parcel_id": [], "conflict_ids": []})
    >>> unmet_wishes(case, plan, unmet, members=pd.Series({"s": "S"}))[0]["message"]
    'required, but not absorbed: S (same_owner)'
    """
    absorbed = set(plan.loc[plan["verdict"] == "absorbed", "parcel_id"])
    conflicts = dict(zip(unmet["parcel_id"], unmet["conflict_ids"], strict=True))
    wanted = [i for i in required_ids(case) if i not in absorbed and i not in members.index]
    rows = plan[plan["parcel_id"].isin(wanted)]
    told = dict(iter(rows.groupby("parcel_id")))
    found: list[dict[str, object]] = []
    for parcel in wanted:
        together = str(conflicts.get(parcel, "")).split(ID_SEPARATOR)
        others = ID_SEPARATOR.join(i for i in together if i != parcel)
        found.append(
            {
                "code": "required_not_absorbed",
                "severity": "warning",
                "layer": "parcels",
                "parcel_id": parcel,
                "other_id": others,
                "message": f"required, but not absorbed: {_why(told.get(parcel), others)}",
            }
        )
    return found


def _why(rows: pd.DataFrame | None, others: str) -> str:
    """Reasons against one required parcel, site by site."""
    if rows is None:
        return NO_SCRAP
    if others:
        return f"not together with {others}"
    if (rows["reasons"] == DECIDED_OUT).all():
        return "it is decided to be out"
    sites = zip(rows["site_id"], rows["reasons"], strict=True)
    return ", ".join(f"{site} ({reasons})" for site, reasons in sites)
