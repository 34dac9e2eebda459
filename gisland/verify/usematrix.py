"""Use classes before and after: the matrix closes, and follows from the parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.schema import NOT_CLASSIFIED
from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import USE_CLASSES
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, differs, violations
from gisland.verify.subjects import WHEN

if TYPE_CHECKING:
    from gisland.verify.subjects import Ground

CLASSES = (*USE_CLASSES, NOT_CLASSIFIED)
MERGED, PLANNED = "merged", "planned"
KEYS = ["subject", "use_before", "use_after"]
SHARE = "use_share_"
CLOSED = 1e-9
AREA_MU = m2_to_mu(AREA_M2)


def check_use(facts: Facts, ground: Ground) -> list[Violation]:
    """Hold the matrix of uses, and the shares of uses, against the parcels.

    Proved is the basis ``merged``. What is planned on a parcel is believed; of that basis the land
    of each class before and the sums are proved.

    Parameters
    ----------
    facts
        From `gather`.
    ground
        From `survey`.

    Returns
    -------
    list of Violation
        ``use_matrix``, ``use_share``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> check_use(facts, survey(facts))
    []
    """
    table = facts.tables.get("use_matrix")
    if table is None:
        return []
    words = table["basis"].isin([MERGED, PLANNED])
    words &= table["use_before"].isin(CLASSES) & table["use_after"].isin(CLASSES)
    known = table["subject"].isin(ground.subjects)
    text = "rows of no known subject, basis or use class"
    found = violations("use_matrix", text, table["subject"][~(known & words)])
    rows = pd.DataFrame(table[known & words]).reset_index(drop=True)
    land = ground.total(ground.land["area_m2"], "after")
    found += _check_numbers(rows, land)
    expected = _expected(facts, ground)
    for basis, part in rows.groupby("basis"):
        found += _check_sums(part, land, basis=str(basis))
        keys = KEYS if basis == MERGED else KEYS[:2]
        found += _check_cells(part, expected, keys=keys, basis=str(basis))
    if MERGED not in set(rows["basis"]) and ground.land["use_class"].notna().any():
        found += violations("use_matrix", "no rows of the use after merging", land.index)
    return [*found, *_check_shares(facts, expected, land)]


def _check_numbers(rows: pd.DataFrame, land: pd.Series) -> list[Violation]:
    share = rows["area_m2"] / lookup(rows["subject"], land)
    wrong = {
        "area_m2 is not above 0": ~(rows["area_m2"] > 0),
        "area_mu is not area_m2 in mu": differs(
            rows["area_mu"], m2_to_mu(rows["area_m2"]), absolute=AREA_MU
        ),
        "share is not that of the land after": differs(rows["share"], share, absolute=RELATIVE),
    }
    return [
        v for text, bad in wrong.items() for v in violations("use_matrix", text, _names(rows[bad]))
    ]


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["subject"] + " " + rows["use_before"] + " " + rows["use_after"]


def _check_sums(part: pd.DataFrame, land: pd.Series, *, basis: str) -> list[Violation]:
    total = part.groupby("subject")["area_m2"].sum().reindex(land.index, fill_value=0.0)
    apart = (total - land).abs() > CLOSED * land + RELATIVE
    text = f"rows of the basis {basis} do not add up to the land after"
    return violations("use_matrix", text, land.index[apart])


def _expected(facts: Facts, ground: Ground) -> pd.DataFrame:
    """Land of every subject after by class before and class of the merged site."""
    land = ground.land
    use = land["use_class"].where(land["use_class"].isin(USE_CLASSES))
    sites = pd.Series(_site_use(facts, ground, use))
    after = use.where(land["site"].isna(), lookup(land["site"], sites))
    codes = pd.DataFrame({"use_before": use, "use_after": after, "area_m2": land["area_m2"]})
    named = codes.astype({"use_before": "str", "use_after": "str"}).fillna(
        {"use_before": NOT_CLASSIFIED, "use_after": NOT_CLASSIFIED}
    )
    return ground.after.join(named, on="parcel_id").groupby(KEYS)["area_m2"].sum().reset_index()


def _site_use(facts: Facts, ground: Ground, use: pd.Series) -> pd.Series:
    """Class of each merged site: of its largest parcel, or as was asked for."""
    merged = facts.tables.get("merged")
    if merged is not None and "use_class" in merged and "use_class" in facts.choices.columns:
        rows = merged.drop_duplicates("parcel_id")
        return pd.Series(rows["use_class"].array, index=pd.Index(rows["parcel_id"]), dtype="str")
    part = ground.land.assign(use=use.astype("str")).dropna(subset=["site"]).sort_index()
    part = part.sort_values("area_m2", ascending=False, kind="stable").drop_duplicates("site")
    return part.set_index("site")["use"]


def _check_cells(
    part: pd.DataFrame, expected: pd.DataFrame, *, keys: list[str], basis: str
) -> list[Violation]:
    told = part.groupby(keys)["area_m2"].sum()
    right = expected.groupby(keys)["area_m2"].sum()
    every = told.index.union(right.index)
    told, right = told.reindex(every, fill_value=0.0), right.reindex(every, fill_value=0.0)
    wrong = every[differs(told, right, absolute=RELATIVE, relative=CLOSED)]
    text = f"land of the basis {basis} is not that of the parcels"
    return violations("use_matrix", text, [" ".join(key) for key in wrong])


def _check_shares(facts: Facts, expected: pd.DataFrame, land: pd.Series) -> list[Violation]:
    """Shares of uses among the indicators, both of the land after."""
    rows = facts.tables["indicators"]
    rows = rows[rows["indicator"].str.startswith(SHARE) & rows["subject"].isin(land.index)]
    use = rows["indicator"].str.removeprefix(SHARE)
    of = lookup(rows["subject"], land)
    found = []
    for when in WHEN:
        area = expected.groupby(["subject", f"use_{when}"])["area_m2"].sum()
        keys = pd.MultiIndex.from_arrays([rows["subject"], use])
        share = pd.Series(area.reindex(keys, fill_value=0.0).to_numpy(), index=rows.index) / of
        bad = differs(rows[when].astype("float64"), share, absolute=RELATIVE)
        bad |= differs(rows[f"denominator_{when}"].astype("float64"), of)
        text = f"{when} is not the share of the land after, or not of this land"
        found += violations("use_share", text, rows["subject"][bad] + " " + rows["indicator"][bad])
    there = set(rows["subject"] + " " + use)
    if len(rows):
        wanted = [expected["subject"] + " " + expected[f"use_{when}"] for when in WHEN]
        missed = set(pd.concat(wanted)) - there
        found += violations("use_share", "no share of a use that there is", missed)
    return found
