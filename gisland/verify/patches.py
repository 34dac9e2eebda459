"""Enclaves, mixture of tenures and holdings, added up once more from the parcels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gisland.base.definitions import ROUNDING_SHARE, STRICT_M, STRICT_SHARE, WAY_OUT_M
from gisland.base.names import comparable
from gisland.base.schema import OVERALL, TENURES
from gisland.base.tables import is_land, lookup, members_of
from gisland.base.units import HA_M2, m2_to_mu
from gisland.verify.facts import AREA_M2, Facts, Violation, differs, violations
from gisland.verify.overlays import valid

KINDS = ("strict", "nearly", "jointly")
NEAR_M = 0.01  # doubt about the outer boundary
SLACK = 0.02
ROUNDING = 1e-6
UNKNOWN = "unknown"
AREA_MU = m2_to_mu(AREA_M2)


def check_enclaves(facts: Facts) -> list[Violation]:
    """Hold the enclaves against the parcels, the parameters and one another.

    How much of a boundary runs along what is believed; that it suffices for the kind is proved.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``enclave_ids``, ``enclave_value``, ``enclave_area``, ``enclave_share``,
        ``enclave_nesting``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_enclaves(example_facts())
    []
    """
    table = facts.tables.get("enclaves")
    if table is None:
        return []
    rows = pd.DataFrame(table).reset_index(drop=True)
    own, around = members_of(rows["parcel_ids"]), members_of(rows["surrounding_ids"])
    found = _check_ids(facts, rows, own=own, around=around)
    if found:
        return found
    found = _check_values(facts, rows, own)
    area = lookup(own, facts.area_m2).groupby(level=0).sum().reindex(rows.index)
    wrong = differs(rows["area_m2"], area) | differs(rows["area_mu"], m2_to_mu(area))
    smaller = rows["surrounding_area_m2"] <= rows["area_m2"] - AREA_M2
    ids = rows["enclave_id"]
    found += violations("enclave_area", "areas are not the sums of the parcels", ids[wrong])
    found += violations("enclave_area", "what surrounds is not larger", ids[smaller])
    text = "kind, share and what surrounds do not go together"
    found += violations("enclave_share", text, ids[_bad_share(facts, rows, around)])
    text = "inside_of or depth does not follow from the other enclaves"
    return [*found, *violations("enclave_nesting", text, ids[_bad_nesting(rows, own, around)])]


def _check_ids(
    facts: Facts, rows: pd.DataFrame, *, own: pd.Series, around: pd.Series
) -> list[Violation]:
    ids = rows["enclave_id"]
    found = violations("enclave_ids", "enclaves that are not one row each", ids[ids.duplicated()])
    strange = pd.concat([s[~s.isin(facts.parcels.index)] for s in (own, around)])
    found += violations("enclave_ids", "parcels that are not there", strange)
    named = rows["attribute"] + ":" + own.groupby(level=0).min().reindex(rows.index)
    text = "enclave_id is not attribute and smallest parcel"
    found += violations("enclave_ids", text, ids[ids != named.fillna("")])
    both = own[pd.MultiIndex.from_arrays([own.index, own]).duplicated(keep=False)]
    inside = pd.MultiIndex.from_arrays([around.index, around]).isin(
        pd.MultiIndex.from_arrays([own.index, own])
    )
    pairs = pd.MultiIndex.from_arrays([lookup(own.index.to_series(), rows["attribute"]), own])
    several = own[pairs.duplicated()]
    text = "parcels in several enclaves, or in one that they surround"
    return [*found, *violations("enclave_ids", text, pd.concat([both, around[inside], several]))]


def _check_values(facts: Facts, rows: pd.DataFrame, own: pd.Series) -> list[Violation]:
    """Parcels of an enclave hold its value, and say that they lie in it."""
    wrong = []
    for attribute, part in rows.groupby("attribute"):
        members = own[own.index.isin(part.index)]
        if attribute not in facts.parcels:
            wrong.append(pd.Series([str(attribute)]))
            continue
        held = comparable(facts.parcels[str(attribute)].reindex(members).reset_index(drop=True))
        wanted = comparable(part["value"].reindex(members.index).reset_index(drop=True))
        wrong.append(members[(held.fillna("") != wanted.fillna("?")).to_numpy()])
    found = violations(
        "enclave_value",
        "value of the enclave is not that of its parcels",
        pd.concat([*wrong, own.iloc[:0]]),
    )
    said = facts.parcels["enclave_of"].fillna("") != ""
    apart = said.index[said != said.index.isin(own)]
    return [
        *found,
        *violations(
            "enclave_value", "enclave_of does not tell whether the parcel lies in an enclave", apart
        ),
    ]


def _bad_share(facts: Facts, rows: pd.DataFrame, around: pd.Series) -> pd.Series:
    kind, share = rows["kind"], rows["share"]
    patches = around.groupby(level=0).size().reindex(rows.index).fillna(0)
    values = members_of(rows["surrounded_by"]).groupby(level=0).size().reindex(rows.index)
    least = pd.Series(facts.parameters.enclave_share, index=rows.index)
    jointly = kind == "jointly"
    outer_m = _outer_m(facts, rows)
    shut = 1 - (WAY_OUT_M / outer_m).clip(upper=ROUNDING_SHARE) - ROUNDING
    least = least.mask(jointly, shut.where((values != 1) | (shut < least), least))
    bad = ~kind.isin(KINDS) | (patches < 1) | ((patches == 1) == jointly) | share.isna()
    bad |= (share < least - ROUNDING) | (share > 1 + SLACK)
    rest_m, whole = (1 - share) * outer_m, share >= STRICT_SHARE
    bad |= (kind == "strict") & ~whole & (rest_m > STRICT_M + NEAR_M)
    bad |= (kind == "nearly") & (whole | (rest_m < STRICT_M - NEAR_M))
    free = rows["free_share"]
    return bad | free.isna() | (free < -SLACK) | (share + free > 1 + ROUNDING)


def _outer_m(facts: Facts, rows: pd.DataFrame) -> pd.Series:
    """Outer boundary of patches as they are drawn, without gaps up to the tolerance."""
    reach = facts.parameters.tolerance_m / 2
    drawn = shapely.buffer(valid(rows["geometry"].to_numpy()), reach, join_style="mitre")
    parts, patch = shapely.get_parts(
        shapely.buffer(drawn, -reach, join_style="mitre"), return_index=True
    )
    ring = pd.Series(shapely.length(shapely.get_exterior_ring(parts)))
    total = ring.groupby(patch).sum().reindex(range(len(rows)), fill_value=0.0)
    return pd.Series(total.to_numpy(), index=rows.index)


def _bad_nesting(rows: pd.DataFrame, own: pd.Series, around: pd.Series) -> pd.Series:
    """What surrounds alone is an enclave itself where one of its parcels is in one."""
    depth = rows.set_index("enclave_id")["depth"].astype("float64")
    expected = (lookup(rows["inside_of"], depth) + 1).where(rows["inside_of"].notna(), 1.0)
    alone = rows["kind"].isin(["strict", "nearly"])
    home = pd.Series(
        rows["enclave_id"].reindex(own.index).to_numpy(),
        index=pd.MultiIndex.from_arrays([rows["attribute"].reindex(own.index), own]),
    )
    first = around.groupby(level=0).first().reindex(rows.index)
    named = home.reindex(pd.MultiIndex.from_arrays([rows["attribute"], first]))
    outer = pd.Series(named.to_numpy(), index=rows.index).where(alone).fillna("")
    wrong_depth = ~(rows["depth"].astype("float64") == expected)
    return wrong_depth | (rows["inside_of"].fillna("") != outer)


def check_holdings(facts: Facts) -> list[Violation]:
    """Add up the parcels of every owner, whatever the spelling.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``holdings``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_holdings(example_facts())
    []
    """
    rows = facts.tables.get("holdings", pd.DataFrame())
    owner = facts.column("owner")
    if owner is None:
        return violations("holdings", "holdings of no parcel", rows.get("owner", ()))
    land = owner[is_land(facts.parcels)]
    key = comparable(land)
    lots = pd.DataFrame(
        {"key": key, "written": land.astype("str"), "area_m2": facts.area_m2.reindex(land.index)}
    )[key.notna()]
    real = lots.groupby("key").agg(
        parcels=("area_m2", "size"), area_m2=("area_m2", "sum"), spellings=("written", "nunique")
    )
    shown = lots.drop_duplicates("key").set_index("key")["written"]
    if rows.empty:
        return violations("holdings", "owners without a row", shown)
    told = pd.DataFrame(rows).assign(key=comparable(rows["owner"]).to_numpy())
    strange = told["owner"][~told["key"].isin(real.index) | told["key"].duplicated()]
    found = violations("holdings", "rows of no owner, or of one that has a row", strange)
    lost = shown[~shown.index.isin(told["key"])]
    found += violations("holdings", "owners without a row", lost)
    told = told[told["key"].isin(real.index)].reset_index(drop=True)
    real = real.reindex(told["key"]).reset_index(drop=True)
    wrong = differs(told["area_m2"], real["area_m2"])
    wrong |= differs(told["area_mu"], m2_to_mu(real["area_m2"]))
    for column in ("parcels", "spellings"):
        wrong |= told[column].astype("float64") != real[column]
    one = told["patches"] == 1
    largest = told["largest_patch_m2"]
    wrong |= (told["patches"] < 1) | (told["patches"] > told["parcels"])
    wrong |= (largest > real["area_m2"] + AREA_M2) | (one & differs(largest, real["area_m2"]))
    text = "numbers are not those of the owner's parcels"
    return [*found, *violations("holdings", text, told["owner"][wrong.fillna(value=True)])]


def check_mixture(facts: Facts) -> list[Violation]:
    """Add up the land of every tenure, of the whole and of each zone.

    The border between state and collective land is believed; its density is computed.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``mixture``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_mixture(example_facts())
    []
    """
    rows = facts.tables.get("mixture", pd.DataFrame({"zone_id": []}))
    if facts.column("tenure") is None and rows.empty:
        return []
    real = _mixed(facts)
    told = pd.DataFrame(rows).drop_duplicates("zone_id").set_index("zone_id")
    twice = rows["zone_id"][rows["zone_id"].duplicated()]
    apart = sorted({*twice, *(set(told.index) ^ set(real.index))})
    found = violations("mixture", "zones that have not one row each", apart)
    if apart:
        return found
    told = told.reindex(real.index)
    wrong = pd.Series(data=False, index=real.index)
    for column in real:
        wrong |= differs(told[column], real[column], absolute=AREA_MU)
    density = told["mixed_border_m"] / (real["area_m2"] / HA_M2)
    share = real["enclave_parcels"] / real["parcels"]
    wrong |= differs(told["mixed_m_per_ha"], density, absolute=ROUNDING)
    wrong |= differs(told["enclave_share"], share, absolute=ROUNDING)
    for tenure in TENURES[:2]:
        patches = told[f"{tenure}_patches"].astype("float64")
        wrong |= ~(patches <= real["parcels"]) | ((patches > 0) != (real[f"{tenure}_mu"] > 0))
    return violations("mixture", "numbers are not those of the parcels", real.index[wrong])


def _mixed(facts: Facts) -> pd.DataFrame:
    """Land by tenure: a row for the whole, and one for each zone."""
    lots = facts.parcels[is_land(facts.parcels)]
    area = facts.area_m2.reindex(lots.index)
    tenure = lots["tenure"] if "tenure" in lots else pd.Series(None, index=lots.index)
    tenure = tenure.where(tenure.isin(TENURES), UNKNOWN)
    table = facts.tables.get("enclaves", pd.DataFrame())
    within = members_of(table["parcel_ids"][table["attribute"] == "tenure"]) if len(table) else ()
    numbers = {
        "parcels": pd.Series(1.0, index=lots.index),
        "area_m2": area,
        "area_mu": m2_to_mu(area),
        **{f"{t}_mu": m2_to_mu(area.where(tenure == t, 0.0)) for t in (*TENURES, UNKNOWN)},
        "enclave_parcels": pd.Series(np.isin(lots.index, within), lots.index).astype("float64"),
    }
    frame = pd.DataFrame(numbers)
    whole = frame.sum().to_frame(OVERALL).T
    zones = frame.groupby(lots["zone_id"].where(lots["zone_id"] != "")).sum()
    return pd.concat([whole if len(frame) else whole.iloc[:0], zones])
