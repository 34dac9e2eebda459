"""Cut parcels along the boundaries between planned uses: parts, lines, and what stays whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import GeometryError, PlanError
from gisland.base.keys import aligned, among
from gisland.base.names import comparable, usual_spelling
from gisland.base.phrases import count_of
from gisland.base.schema import require_ids, usable
from gisland.base.threads import in_threads
from gisland.plan.merging.aggregate import is_sum
from gisland.plan.merging.faces import NO_USE, SEVERAL_USES, CutShape, cut_shape
from gisland.plan.merging.merge import CONSERVED
from gisland.topology.overlay import overlap_areas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

AMOUNTS = ("missing", "area")
PLANNED = ("planned_use", "use_class")  # the first that the zoning layer has
REMEDIES = {
    "no_geometry": "draw them, or take them off the list",
    "invalid_geometry": "run `gisland check` and mend them first",
    "one_use": "take them off the list: there is nothing to cut along",
    "no_zone": "take them off the list, or give the zoning of this land",
    "zones_overlap": "mend the zoning: it must say one planned use for every place",
}
REASONS = {
    "no_geometry": "without geometry",
    "invalid_geometry": "with invalid geometry",
    "one_use": "in a single planned use",
    "no_zone": "under no zone with a planned use",
    "zones_overlap": "where zones of two planned uses overlap",
}


@dataclass(frozen=True)
class Cuts:
    """Parts of the parcels that were cut, and why others stayed whole.

    Parameters
    ----------
    parts
        By part id: ``parent_id``, ``planned_use`` (missing under no zone) and geometry; parts of
        one parent behind each other, the largest first.
    lines
        By parent id: ``line_m``, the length of the cut, ``line_share``, the share of it on the
        boundary of a planned use (missing where polygons that lie apart were told apart), and the
        cut as geometry.
    left
        ``parcel_id`` and ``reason`` of parcels that might cross but could not be looked at or cut:
        ``no_geometry``, ``invalid_geometry``, ``zones_overlap``.
    """

    parts: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    left: pd.DataFrame


def cut_parcels(
    parcels: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame,
    *,
    ids: Iterable[str] | None = None,
    tolerance_m: float = 0.05,
    min_part_m2: float = 1.0,
) -> Cuts:
    """Cut parcels along the boundaries between planned uses.

    Zones of one planned use are one side, whatever its spelling; land under no zone, or under one
    without a planned use, is a side of its own. What hangs together on one side is a part. Pieces
    narrower than the tolerance, or smaller than `min_part_m2`, are slivers from drawing: they go
    to the neighboring part with the longest border.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    zoning
        Planning zones by id, with ``planned_use`` (or ``use_class``), in the CRS of the parcels.
    ids
        Parcels to cut; by default all that cross a boundary by more than a sliver.
    tolerance_m
        Pieces that are narrower are slivers.
    min_part_m2
        And so are pieces that are smaller.

    Returns
    -------
    Cuts
        Part ids are ``<parent>-1``, ``-2``, … by area, the largest first; of equal ones the
        westernmost, then the southernmost. The parts of a parcel add up to it.

    Raises
    ------
    PlanError
        If a listed parcel is not there or cannot be cut, a part id is taken, or the zoning says
        no planned use.
    GeometryError
        If a zone is invalid.
    TableError
        If ids of parcels or zones are missing or repeated.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> halves = [box(-9, 4, 99, 99), box(-9, -9, 99, 4)]
    >>> zones = gpd.GeoDataFrame(
    ...     {"planned_use": ["M1", "R2"]}, geometry=halves, index=["a", "b"], crs=4547
    ... )
    >>> cuts = cut_parcels(lot, zones)
    >>> cuts.parts.assign(area_m2=cuts.parts.area)[["planned_use", "area_m2"]].to_dict("index")
    {'p-1': {'planned_use': 'M1', 'area_m2': 60.0}, 'p-2': {'planned_use': 'R2', 'area_m2': 40.0}}
    """
    require_ids(parcels, what="parcels")
    require_ids(zoning, what="zoning")
    uses = _uses(zoning)
    zones = zoning.loc[uses.index]
    shapes = parcels.geometry
    listed = None if ids is None else _listed(parcels, ids)
    asked = parcels.index.sort_values() if listed is None else listed
    state = _state(shapes.reindex(asked))
    fit = asked[(state == "").to_numpy()]
    overlaps = overlap_areas(parcels.loc[fit, [shapes.name]], zones)
    if listed is None:
        fit = fit[among(fit, _crossing(shapes, overlaps, uses, least_m2=min_part_m2))]
    cuts = _cut_all(
        shapes.reindex(fit),
        zones.geometry,
        overlaps,
        uses=uses,
        limits=(tolerance_m, min_part_m2),
    )
    for parcel_id, cut in cuts.items():
        state[parcel_id] = _kept_whole(cut)
    if listed is not None:
        _require_cut(state)
    done = {parcel_id: cut for parcel_id, cut in cuts.items() if not state[parcel_id]}
    parts = _parts(done, uses, parcels=parcels)
    lines = _lines(done, crs=parcels.crs)
    _require_conserved(parts, shapes)
    left = state[state.isin(["no_geometry", "invalid_geometry", "zones_overlap"])]
    told = {"parcel_id": left.index.astype("str"), "reason": left.astype("str").array}
    return Cuts(parts, lines, pd.DataFrame(told))


def _uses(zoning: gpd.GeoDataFrame) -> pd.Series:
    """Planned use of each zone that says one, one spelling for each, by sorted zone id."""
    column = next((name for name in PLANNED if name in zoning), None)
    if column is None:
        raise PlanError(
            "the zoning layer has no planned use",
            do="map its column in [layers.zoning.fields]: planned_use",
        )
    bad = zoning.index[~usable(zoning.geometry).to_numpy() & zoning.geometry.notna().to_numpy()]
    if len(bad):
        raise GeometryError(
            f"zoning: {count_of(len(bad), 'polygon')} invalid or empty",
            do='mend them, or put "invalid_geometry" into repair of [parameters]',
            ids=sorted(bad),
        )
    drawn = zoning[zoning.geometry.notna()].sort_index()
    key = comparable(drawn[column].astype("str"))
    return usual_spelling(drawn[column].astype("str"), key).dropna().rename("planned_use")


def _listed(parcels: gpd.GeoDataFrame, ids: Iterable[str]) -> pd.Index:
    asked = pd.Index(sorted(set(ids)), dtype="str")
    unknown = asked[~among(asked, parcels.index)]
    if len(unknown):
        raise PlanError(
            f"split: {count_of(len(unknown), 'parcel')} not in the layer",
            do="check the ids; they are those of the column mapped to parcel_id",
            ids=unknown,
        )
    return asked


def _state(shapes: gpd.GeoSeries) -> pd.Series:
    """Why a parcel cannot be looked at; empty where it can."""
    missing = shapes.isna().to_numpy() | shapes.is_empty.to_numpy()
    sound = usable(shapes).to_numpy()
    words = np.select([missing, ~sound], ["no_geometry", "invalid_geometry"], default="")
    return pd.Series(words, index=shapes.index, dtype="object")


def _crossing(
    shapes: gpd.GeoSeries, overlaps: pd.DataFrame, uses: pd.Series, *, least_m2: float
) -> pd.Index:
    """Parcels that may have parts: not in one zone but for less than a part, or in two uses."""
    rows = overlaps.assign(use=aligned(uses, pd.Index(overlaps["right_id"])).array)
    by_use = rows.groupby(["left_id", "use"])["overlap_m2"].sum()
    several = (by_use >= least_m2).groupby(level="left_id").sum() > 1
    most = rows.groupby("left_id")["overlap_m2"].max()
    beside = shapes.reindex(most.index).area - most >= least_m2
    return most.index[(several.reindex(most.index) | beside).to_numpy()]


def _cut_all(
    shapes: gpd.GeoSeries,
    zones: gpd.GeoSeries,
    overlaps: pd.DataFrame,
    *,
    uses: pd.Series,
    limits: tuple[float, float],
) -> dict[str, CutShape]:
    codes = pd.Series(pd.factorize(uses, sort=True)[0], index=uses.index)
    over = overlaps.sort_values(["left_id", "right_id"])
    geometry = aligned(zones, pd.Index(over["right_id"])).to_numpy()
    use = aligned(codes, pd.Index(over["right_id"])).to_numpy()
    rows = over.groupby("left_id").indices
    tolerance_m, least_m2 = limits
    none: NDArray[np.int64] = np.array([], dtype=np.int64)

    def work(begin: int, stop: int) -> list[CutShape]:
        return [
            cut_shape(
                shapes.iloc[k],
                geometry[rows.get(shapes.index[k], none)],
                use[rows.get(shapes.index[k], none)],
                tolerance_m=tolerance_m,
                least_m2=least_m2,
            )
            for k in range(begin, stop)
        ]

    found = [cut for task in in_threads(work, count=len(shapes), least=1) for cut in task]
    return dict(zip(shapes.index, found, strict=True))


def _kept_whole(cut: CutShape) -> str:
    """Why a parcel has no parts; empty where it has."""
    if SEVERAL_USES in cut.uses:
        return "zones_overlap"
    if len(cut.parts) > 1:
        return ""
    return "no_zone" if NO_USE in cut.uses else "one_use"


def _require_cut(state: pd.Series) -> None:
    """Refuse a list of parcels of which some cannot be cut, with the first reason."""
    for reason, told in REASONS.items():
        ids = state.index[(state == reason).to_numpy()]
        if len(ids):
            raise PlanError(
                f"split: {count_of(len(ids), 'parcel')} {told}", do=REMEDIES[reason], ids=ids
            )


def _parts(
    done: dict[str, CutShape], uses: pd.Series, *, parcels: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    names = [*np.sort(uses.unique()), None]  # the last is what NO_USE, -1, takes
    rows: list[dict[str, Any]] = [
        {
            "parcel_id": f"{parcel_id}-{k}",
            "parent_id": parcel_id,
            "planned_use": names[use],
            "geometry": part,
        }
        for parcel_id, cut in done.items()
        for k, (part, use) in enumerate(zip(cut.parts, cut.uses, strict=True), start=1)
    ]
    columns = ["parcel_id", "parent_id", "planned_use"]
    table = pd.DataFrame({c: [row[c] for row in rows] for c in columns}, dtype="str")
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=parcels.crs)
    parts = gpd.GeoDataFrame(table, geometry=shapes, crs=parcels.crs).set_index("parcel_id")
    taken = parts.index[among(parts.index, parcels.index) | parts.index.duplicated()]
    if len(taken):
        raise PlanError(
            f"split: {count_of(len(taken), 'id')} for parts taken by other parcels",
            do="rename these parcels, or take those to be cut off the list",
            ids=taken,
        )
    return parts


def _lines(done: dict[str, CutShape], *, crs: object) -> gpd.GeoDataFrame:
    index = pd.Index(list(done), name="parent_id", dtype="str")
    return gpd.GeoDataFrame(
        {
            "line_m": pd.Series([c.line.length for c in done.values()], index, dtype="float64"),
            "line_share": pd.Series([c.line_share for c in done.values()], index, dtype="float64"),
        },
        geometry=gpd.GeoSeries([c.line for c in done.values()], index=index, crs=crs),
    )


def _require_conserved(parts: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> None:
    """The parts of a parcel add up to it and cover it, no more and no less."""
    parents = pd.Index(parts["parent_id"].unique())
    whole = shapes.reindex(parents)
    area = parts.geometry.area.groupby(parts["parent_id"]).sum().reindex(parents)
    unions = parts.geometry.groupby(parts["parent_id"]).apply(
        lambda pieces: shapely.union_all(pieces.to_numpy())
    )
    differing = shapely.symmetric_difference(
        whole.to_numpy(), unions.reindex(parents).to_numpy(), grid_size=1e-6
    )
    allowed = CONSERVED * whole.area
    lost = (area - whole.area).abs().gt(allowed) | (shapely.area(differing) > allowed)
    if lost.any():
        raise PlanError(
            "split: the parts do not add up to the parcel",
            do="report this with the project file",
            ids=parents[lost.to_numpy()],
        )


def part_rows(
    parts: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, area_m2: pd.Series, *, amounts: str
) -> gpd.GeoDataFrame:
    """Parts as rows of the parcel layer.

    Parameters
    ----------
    parts
        By part id: ``parent_id`` and geometry.
    parcels
        Indexed by parcel id.
    area_m2
        Area of each part.
    amounts
        Amounts such as floor area or tax are ``missing`` in the parts, since how they spread over
        the land is not known, or shared by ``area``. All other columns are copied.

    Returns
    -------
    geopandas.GeoDataFrame
        By part id, with the columns of `parcels`.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame(
    ...     {"owner": ["甲"], "tax_yuan": [6.0]}, geometry=[box(0, 0, 3, 1)], index=["p"]
    ... )
    >>> halves = gpd.GeoDataFrame(
    ...     {"parent_id": ["p", "p"]},
    ...     geometry=[box(0, 0, 2, 1), box(2, 0, 3, 1)],
    ...     index=["p-1", "p-2"],
    ... )
    >>> rows = part_rows(halves, lot, halves.area, amounts="area")
    >>> rows[["owner", "tax_yuan"]].to_dict("list")
    {'owner': ['甲', '甲'], 'tax_yuan': [4.0, 2.0]}
    """
    parent = pd.Index(parts["parent_id"])
    share = area_m2 / area_m2.groupby(parts["parent_id"]).transform("sum")
    shown = parcels.geometry.name
    data: dict[Any, Any] = {}
    for name in parcels.columns:
        values = aligned(parcels[name], parent).set_axis(parts.index)
        if is_sum(str(name)):
            known = values.astype("float64")
            values = known * share if amounts == "area" else known * np.nan
        data[name] = parts.geometry if name == shown else values
    frame = gpd.GeoDataFrame(data, index=parts.index, geometry=shown, crs=parcels.crs)
    return frame[list(parcels.columns)]
