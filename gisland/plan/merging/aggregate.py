"""What the merge carries over: the given columns of a site's pieces as one row, by named rules."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.base.errors import PlanError, did_you_mean
from gisland.base.keys import aligned, joined_texts
from gisland.base.planchoices import COLUMN_RULES
from gisland.base.schema import MERGED_ROLES, PARCELS
from gisland.base.tables import INTERNAL, PARCEL_RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gisland.base.schema import Kind

WORDS: dict[str, str] = {"text": "text", "number": "numbers", "date": "dates", "bool": "flags"}
FITTING: dict[str, tuple[str, ...]] = {
    "text": ("set", "same", "largest", "site"),
    "number": COLUMN_RULES,
    "date": ("min", "max", "set", "same", "largest", "site"),
    "bool": ("same", "largest", "site"),
}
BY_KIND = {"text": "set", "number": "same", "date": "same", "bool": "same"}  # of unknown columns
CANONICAL = {"number": "sum", "text": "set", "date": "min", "bool": "same"}
DEFAULTS = {name: CANONICAL[column.kind] for name, column in PARCELS.items()} | {
    "use_code": "largest",
    "use_class": "largest",
}


def merged_parcels(
    parcels: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
) -> gpd.GeoDataFrame:
    """One row per site after the merge, with what its pieces brought along.

    The rules are ``sum`` (missing if any piece misses it), ``sum_known``, ``area_mean`` (likewise
    missing), ``min`` and ``max`` of the values there are, ``set`` (distinct values sorted, joined
    by ``;``), ``same`` (the value if all pieces have it, else missing), ``largest`` (that of the
    largest piece) and ``site`` (that of the largest parcel that was in the site before); of
    pieces as large the one with the smallest id. By default amounts are summed, owner, tenure and
    other texts are a ``set``, use code and class are those of the ``largest``, ``idle_since`` is
    the earliest; numbers, dates and flags of columns that gisland does not know are kept where
    they are the ``same``.

    Parameters
    ----------
    parcels
        All parcels, indexed by parcel id, with ``area_m2``; columns of results are passed over.
    lineage
        ``parcel_id``, ``after_id``, ``role``: pieces have the role ``site`` or ``absorbed``.
    sites
        Merged sites by site id: ``area_after_m2`` and geometry.
    columns
        Rule by column, where not by default.

    Returns
    -------
    geopandas.GeoDataFrame
        ``parcel_id`` (the site id), the given columns, ``area_m2``, geometry; sorted by id. A
        text that holds a ``;`` itself is kept as it is.

    Raises
    ------
    PlanError
        If a column is not there, or its rule does not fit what it holds.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"owner": ["乙", "甲"], "tax_yuan": [5.0, 2.0], "area_m2": [90.0, 10.0]},
    ...     geometry=[box(0, 0, 9, 10), box(9, 0, 10, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ... )
    >>> rows = {"parcel_id": ["a", "b"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    >>> site = gpd.GeoDataFrame({"area_after_m2": [100.0]}, geometry=[box(0, 0, 10, 10)])
    >>> site.index = pd.Index(["S"], name="site_id")
    >>> found = merged_parcels(lots, pd.DataFrame(rows), site)
    >>> found[["parcel_id", "owner", "tax_yuan", "area_m2"]].values.tolist()
    [['S', '乙;甲', 7.0, 100.0]]
    """
    given = given_columns(parcels)
    kinds = {name: _kind(parcels[name], name) for name in given}
    rules = _rules(kinds, columns)
    order = sites.index.sort_values()
    pieces = _pieces(parcels, lineage)
    data = {
        name: _merged(pieces.of(parcels[name], kinds[name]), pieces, rule=rules[name])
        for name in given
    }
    frame = pd.DataFrame({"parcel_id": pd.Series(order, index=order, dtype="str")}, index=order)
    for name in given:
        frame[name] = data[name].reindex(order)
    frame["area_m2"] = sites["area_after_m2"].reindex(order).astype("float64")
    shapes = gpd.GeoSeries(sites.geometry.reindex(order), crs=sites.crs)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=sites.crs).reset_index(drop=True)


def given_columns(parcels: gpd.GeoDataFrame) -> list[str]:
    """Columns of a parcel layer that are no results: canonical ones, then all others.

    Parameters
    ----------
    parcels
        Parcels, perhaps with facts and results of a run.

    Returns
    -------
    list of str
        Neither geometry nor ``site_id``, in the order of the table ``parcels``.

    Examples
    --------
    >>> given_columns(gpd.GeoDataFrame({"note": ["x"], "far": [1.0], "owner": ["甲"]}))
    ['owner', 'note']
    """
    known = [c for c in PARCELS if c in parcels and c != "site_id"]
    drawn = [c for c in parcels.columns if parcels[c].dtype == "geometry"]
    own = {*PARCELS, *PARCEL_RESULTS, *INTERNAL, *drawn, "parcel_id"}
    return [*known, *(c for c in parcels.columns if c not in own)]


def is_sum(name: str) -> bool:
    """Whether a canonical column is an amount, which is summed by default.

    Parameters
    ----------
    name
        Column of parcels.

    Returns
    -------
    bool
        False for columns that gisland does not know.

    Examples
    --------
    >>> is_sum("recorded_area_m2"), is_sum("owner"), is_sum("note")
    (True, False, False)
    """
    return DEFAULTS.get(name) == "sum"


def _kind(values: pd.Series, name: str) -> Kind:
    """What a column holds; that of a canonical one is known, whatever it holds here."""
    if name in PARCELS:
        return PARCELS[name].kind
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    found = pd.api.types.infer_dtype(values, skipna=True)
    named: dict[str, Kind] = {"boolean": "bool", "date": "date"}
    return "date" if found.startswith("datetime") else named.get(found, "text")


def _rules(kinds: Mapping[str, Kind], columns: Mapping[str, str]) -> dict[str, str]:
    """Rule of each column, those asked for checked."""
    for name, rule in columns.items():
        where = f"[plan.columns] {name}"
        if name not in kinds:
            raise PlanError(
                f"[plan.columns] the parcels have no column {name!r}", do=did_you_mean(name, kinds)
            )
        if rule not in COLUMN_RULES:
            raise PlanError(f"{where} is {rule!r}", do=f"use one of {', '.join(COLUMN_RULES)}")
        fitting = _fitting(name, kinds[name])
        if rule not in fitting:
            raise PlanError(
                f"{where} holds {WORDS[kinds[name]]} and cannot be merged by {rule!r}",
                do=f"use {', '.join(fitting)}",
            )
    by_default = {name: DEFAULTS.get(name, BY_KIND[kind]) for name, kind in kinds.items()}
    return {**by_default, **columns}


def _fitting(name: str, kind: Kind) -> tuple[str, ...]:
    """Rules for a column; a set is a text, and a canonical number or date stays what it is."""
    as_text = kind == "text" or name not in PARCELS
    return tuple(rule for rule in FITTING[kind] if rule != "set" or as_text)


@dataclass(frozen=True)
class _Pieces:
    """The pieces of all sites, sorted by site and id: their ids, sites, areas and what leads."""

    ids: pd.Index
    site: pd.Series
    area_m2: pd.Series
    largest: pd.Index
    before: pd.Index

    def of(self, values: pd.Series, kind: Kind) -> pd.Series:
        """Values of the pieces, in a form that can miss some."""
        taken = aligned(values, self.ids)
        if kind == "text":
            written = taken.astype("object")
            return written.where(written.isna(), written.map(str)).astype("str")
        if kind == "bool":
            return taken.astype("boolean")
        if kind == "date" and not pd.api.types.is_datetime64_any_dtype(taken):
            return pd.to_datetime(taken)
        whole = kind == "number" and pd.api.types.is_integer_dtype(values)
        return taken.astype("Int64") if whole else taken


def _pieces(parcels: gpd.GeoDataFrame, lineage: pd.DataFrame) -> _Pieces:
    rows = lineage[lineage["role"].isin(MERGED_ROLES)]
    rows = rows.sort_values(["after_id", "parcel_id"])
    ids = pd.Index(rows["parcel_id"].astype("str"))
    area = aligned(parcels["area_m2"], ids)
    site = pd.Series(rows["after_id"].astype("str").to_numpy(), index=ids, dtype="str")
    ranked = pd.DataFrame({"site": site, "area": area, "before": (rows["role"] == "site").array})
    ranked = ranked.sort_values(["site", "area"], ascending=[True, False], kind="stable")
    return _Pieces(
        ids,
        site,
        area,
        largest=ranked.drop_duplicates("site").index,
        before=ranked[ranked["before"]].drop_duplicates("site").index,
    )


def _merged(values: pd.Series, pieces: _Pieces, *, rule: str) -> pd.Series:
    """Value of each site that has pieces."""
    found: pd.Series = RULES[rule](values, pieces)
    return found


def _sum(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return _sum_known(values, pieces).mask(values.isna().groupby(pieces.site).any())


def _sum_known(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return values.groupby(pieces.site).sum(min_count=1)


def _area_mean(values: pd.Series, pieces: _Pieces) -> pd.Series:
    weighted = _sum(values.astype("float64") * pieces.area_m2, pieces)
    return weighted / _sum(pieces.area_m2, pieces)


def _min(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return values.groupby(pieces.site).min()


def _max(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return values.groupby(pieces.site).max()


def _set(values: pd.Series, pieces: _Pieces) -> pd.Series:
    there = values.notna().to_numpy()
    return joined_texts(_written(values[there]), pieces.site[there]).astype("str")


def _written(values: pd.Series) -> pd.Series:
    """Values as text: whole numbers without a point, days without a time."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.map(lambda day: day.isoformat().removesuffix("T00:00:00")).astype("str")
    if pd.api.types.is_numeric_dtype(values):
        shown = values.map(lambda number: repr(float(number)).removesuffix(".0"))
        return shown.astype("str")
    return values


def _same(values: pd.Series, pieces: _Pieces) -> pd.Series:
    groups = values.groupby(pieces.site)
    alike = values.eq(groups.transform("first")).fillna(value=False)  # missing is like nothing
    return groups.first().where(alike.astype("bool").groupby(pieces.site).all())


def _largest(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return _of(values, pieces, pieces.largest)


def _site(values: pd.Series, pieces: _Pieces) -> pd.Series:
    return _of(values, pieces, pieces.before)


def _of(values: pd.Series, pieces: _Pieces, leading: pd.Index) -> pd.Series:
    return aligned(values, leading).set_axis(pd.Index(aligned(pieces.site, leading)))


RULES: dict[str, Callable[[pd.Series, _Pieces], pd.Series]] = {
    "sum": _sum,
    "sum_known": _sum_known,
    "area_mean": _area_mean,
    "min": _min,
    "max": _max,
    "set": _set,
    "same": _same,
    "largest": _largest,
    "site": _site,
}
