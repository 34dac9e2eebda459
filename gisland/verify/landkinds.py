"""Land by kind: what block lines, parks and conversions count a parcel as."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from gisland.base.tables import is_land
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.verify.overlays import undrawn

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet

UNBUILT = ("water", "farm", "reserve")
M0_RULE = "block_line.m0_uses"


def land_kinds(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """Drawn parcels with what kind of land they are.

    Parameters
    ----------
    parcels
        Table ``parcels`` of the results, by id.
    rules
        For the words that mean new-type industrial land (M0).

    Returns
    -------
    pandas.DataFrame
        By parcel id, in the order of `parcels`: ``shape``, ``plane_m2``, ``area_m2``,
        ``use_class`` (missing where unknown), and bool ``land`` (neither road nor water),
        ``classified``, ``industrial``, ``m0`` and ``built_up``. Geometry that is invalid counts
        as not drawn.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> facts = example_facts()
    >>> found = land_kinds(facts.parcels, rules=facts.rules)
    >>> found[["plane_m2", "land", "industrial"]].values.tolist()
    [[1500.0, True, False]]
    """
    shapes = parcels.geometry.to_numpy()
    drawn = ~undrawn(shapes) & shapely.is_valid(shapes) & parcels["area_m2"].notna().to_numpy()
    lots, shapes = parcels[drawn], shapes[drawn]
    use = lots["use_class"] if "use_class" in lots else pd.Series(None, lots.index, dtype="str")
    land, industrial = is_land(lots), use.isin(INDUSTRIAL_USE_CLASSES)
    m0 = industrial & means_m0(lots["use_code"], rules=rules) if "use_code" in lots else False
    return pd.DataFrame(
        {
            "shape": shapes,
            "plane_m2": shapely.area(shapes),
            "area_m2": lots["area_m2"].astype("float64"),
            "use_class": use.astype("str"),
            "land": land,
            "classified": land & use.notna(),
            "industrial": industrial,
            "m0": m0,
            "built_up": use.notna() & ~use.isin(UNBUILT),
        },
        index=lots.index,
    )


def means_m0(texts: pd.Series, *, rules: RuleSet) -> pd.Series:
    """Whether use codes or texts are words for new-type industrial land (M0).

    Parameters
    ----------
    texts
        Codes or texts; missing ones are none.
    rules
        With the words.

    Returns
    -------
    pandas.Series
        Bool, on the index of `texts`.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> means_m0(pd.Series(["M0", "M1"]), rules=load_rules("common")).tolist()
    [True, False]
    """
    return among_words(texts, rules=rules, rule_id=M0_RULE)


def among_words(texts: pd.Series, *, rules: RuleSet, rule_id: str) -> pd.Series:
    """Whether texts are among the words of a rule, compared as whole words.

    Parameters
    ----------
    texts
        Any texts; missing ones are none.
    rules
        With the rule.
    rule_id
        A rule with words; one that is off has none.

    Returns
    -------
    pandas.Series
        Bool, on the index of `texts`.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> told = pd.Series(["Vacant ", "in use", None])
    >>> among_words(told, rules=load_rules("common"), rule_id="low_use.vacant").tolist()
    [True, False, False]
    """
    rule = rules[rule_id]
    words = rule.texts if rule.mode != "off" else ()
    known = [_plain(word) for word in words]
    return texts.notna() & texts.astype("str").fillna("").map(_plain).isin(known)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
