"""Split parcels along planned-use boundaries, test each part, and write the layer afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.definitions import WAY_OUT_M
from gisland.base.errors import PlanError, ProjectError, RulesError, TableError
from gisland.base.keys import aligned, joined_runs, joined_texts
from gisland.base.parameters import Parameters
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.rules import RuleSet, load_rules
from gisland.base.units import m2_to_mu
from gisland.base.verdicts import together, verdict_frame
from gisland.detect.corridors import with_corridors
from gisland.detect.facts import shape_facts
from gisland.detect.fragments import fragment_verdicts
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.writing.geopackage import write_geopackage
from gisland.layers.writing.results import result_frame
from gisland.plan.merging.split import AMOUNTS, cut_parcels, part_rows
from gisland.topology.beyond import beyond
from gisland.topology.boundary import trace
from gisland.topology.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gisland.base.schema import Inputs
    from gisland.plan.merging.split import Cuts

DEFAULT_OUT = "split.gpkg"
INDEPENDENT, LINE = "split.independent", "split.planned_line"
TEST_INDEPENDENT, TEST_LINE = "independent", "split_line"
WHOLE_LINE = 1.0


@dataclass(frozen=True)
class Split:
    """Parcels after a split, and whether it is legal.

    Parameters
    ----------
    parcels
        The whole layer afterwards, indexed by parcel id: the given columns and nothing else.
    parts
        By part id: ``parent_id``, ``planned_use`` (missing under no zone), the given columns,
        ``area_m2``, ``area_mu``, ``width_m``, ``frontage_m``, geometry.
    lineage
        ``parent_id``, ``part_id``, ``area_m2``.
    verdicts
        Verdict rows (``schema.VERDICTS``). Of each part, ``subject`` being the parent: the
        fragment tests of its use class, and ``independent``, which sums up those that are in
        force. Of each parent: ``split_line``, the share of the cut on a planned-use boundary.
    parents
        ``parcel_id``, ``part_ids``, ``parts``, ``area_m2``, ``line_m``, ``legal`` (missing where
        that was not assessed), ``failed`` and ``undecided`` (tests joined by ``;``).
    left
        ``parcel_id`` and ``reason`` of parcels that could not be looked at or cut; none if parcels
        were listed.
    """

    parcels: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    lineage: pd.DataFrame
    verdicts: pd.DataFrame
    parents: pd.DataFrame
    left: pd.DataFrame


def split(
    parcels: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame,
    *,
    ids: Iterable[str] | None = None,
    rules: RuleSet,
    parameters: Parameters | None = None,
    around: Inputs | None = None,
    min_part_m2: float = 1.0,
    amounts: str = "missing",
) -> Split:
    """Split parcels along the boundaries between planned uses, and test whether that is legal.

    Zones of one planned use are one side; land under no zone is a part of its own. Legal is a
    split whose parts each have the conditions of an independent parcel, that is, pass the
    fragment tests of their use class (that of the parent) among the neighbors after the split,
    and whose line follows the boundary of a planned use: rules ``split.independent`` and
    ``split.planned_line``. A rule that is off is told as not assessed.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with the columns of the contract; they are not changed.
    zoning
        Planning zones by id, with ``planned_use`` (or ``use_class``).
    ids
        Parcels to split; by default all that cross a planned-use boundary by more than a sliver.
    rules
        From `load_rules`.
    parameters
        ``tolerance_m`` (narrower pieces are slivers from drawing, which go to the neighboring part
        with the longest border), ``area_basis``, and those of roads and water.
    around
        Layers whose roads and water give and take frontage, as in a run.
    min_part_m2
        Smaller pieces are slivers too.
    amounts
        Amounts of the parent (recorded area, floor area, tax, …) are ``missing`` in its parts: how
        they spread over the land is not known. ``area`` shares them by area. All other columns
        are copied, also numbers of columns that gisland does not know.

    Returns
    -------
    Split
        The same whatever the order of the rows.

    Raises
    ------
    PlanError
        If a listed parcel is not there or cannot be split (it lies in one use, under no zone, or
        under overlapping zones), or the id of a part is taken.
    GislandError
        If a layer cannot be used.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> lot = gpd.GeoDataFrame(
    ...     {"owner": ["甲"]},
    ...     geometry=[box(0, 0, 100, 100)],
    ...     index=pd.Index(["p"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> halves = [box(-9, 40, 999, 999), box(-9, -9, 999, 40)]
    >>> zones = gpd.GeoDataFrame(
    ...     {"planned_use": ["M1", "A5"]}, geometry=halves, index=["n", "s"], crs=4547
    ... )
    >>> done = split(lot, zones, rules=load_rules("national-2023-171"))
    >>> done.parts[["planned_use", "owner", "area_m2"]].values.tolist()
    [['M1', '甲', 6000.0], ['A5', '甲', 4000.0]]
    """
    if amounts not in AMOUNTS:
        raise ProjectError(f"amounts is {amounts!r}", do=f"use one of {', '.join(AMOUNTS)}")
    if isinstance(ids, str):
        raise PlanError(f"split: ids is {ids!r}", do="give a list of ids")
    if not isinstance(rules, RuleSet):
        raise RulesError(f"rules is {rules!r}", do="give load_rules(…)")
    for what, layer in (("parcels", parcels), ("zoning", zoning)):
        if not isinstance(layer, gpd.GeoDataFrame):
            raise TableError(f"{what} is a {type(layer).__name__}", do="give a GeoDataFrame")
    chosen = parameters or Parameters()
    cuts = cut_parcels(
        parcels, zoning, ids=ids, tolerance_m=chosen.tolerance_m, min_part_m2=min_part_m2
    )
    area = areas_m2(cuts.parts.geometry, basis=chosen.area_basis)
    made = part_rows(cuts.parts, parcels, area, amounts=amounts)
    kept = parcels.drop(index=cuts.lines.index)
    after = gpd.GeoDataFrame(pd.concat([kept, made]), crs=parcels.crs).sort_index()
    after.index.name = parcels.index.name
    beside = _Around(around and around.roads, around and around.water, chosen)
    facts = _facts(after, made.index, beside, rules=rules)
    verdicts = _verdicts(facts, cuts, rules=rules)
    parts = gpd.GeoDataFrame(
        pd.concat(
            [
                cuts.parts[["parent_id", "planned_use"]],
                pd.DataFrame(made.drop(columns=made.geometry.name)),
                pd.DataFrame({"area_m2": area, "area_mu": m2_to_mu(area)}),
                facts[["width_m", "frontage_m"]],
            ],
            axis=1,
        ),
        geometry=cuts.parts.geometry,
        crs=parcels.crs,
    )
    lineage = pd.DataFrame(
        {
            "parent_id": cuts.parts["parent_id"].array,
            "part_id": cuts.parts.index.astype("str"),
            "area_m2": area.to_numpy(),
        }
    )
    parents = _parents(lineage, cuts, verdicts, rules=rules)
    return Split(after, parts, lineage, verdicts, parents, cuts.left)


@dataclass(frozen=True)
class _Around:
    """What frontage depends on besides the parcels."""

    roads: gpd.GeoDataFrame | None
    water: gpd.GeoDataFrame | None
    parameters: Parameters


def _facts(
    parcels: gpd.GeoDataFrame, part_ids: pd.Index, around: _Around, *, rules: RuleSet
) -> gpd.GeoDataFrame:
    """Size, shape and frontage of the parts among the parcels around them."""
    parameters, roads, water = around.parameters, around.roads, around.water
    reach_m = parameters.corridor_m + WAY_OUT_M
    own = parcels.geometry.reindex(part_ids)
    shapes = parcels.geometry.to_numpy()
    near = np.unique(
        shapely.STRtree(shapes).query(own.to_numpy(), predicate="dwithin", distance=reach_m)[1]
    )
    lots = parcels.iloc[near]
    boundary = trace(lots, tolerance_m=parameters.tolerance_m)
    shared = with_corridors(
        boundary.borders,
        lots,
        roads=roads,
        water=water,
        reach_m=parameters.line_reach_m,
        tolerance_m=parameters.tolerance_m,
    )
    shore = None
    if water is not None:
        seen = beyond(boundary, roads=roads, water=water, corridor_m=WAY_OUT_M)
        shore = aligned(seen["water_m"], lots.index)
    found = shape_facts(lots, shared, area_basis=parameters.area_basis, rules=rules, shore_m=shore)
    return found.loc[part_ids]


def _verdicts(parts: gpd.GeoDataFrame, cuts: Cuts, *, rules: RuleSet) -> pd.DataFrame:
    """Rows of every part and test, and of the line of every parent."""
    parent = cuts.parts["parent_id"]
    own = fragment_verdicts(parts, rules=rules)
    own["subject"] = aligned(parent, pd.Index(own["parcel_id"])).array
    rule, line = rules[INDEPENDENT], rules[LINE]
    if rule.mode == "off":
        own["outcome"] = "not_assessed"
    summed = verdict_frame(
        parts.index,
        subject=parent.array,
        test=TEST_INDEPENDENT,
        outcome=_summed(own, parts.index) if rule.mode != "off" else "not_assessed",
        rule_id=INDEPENDENT,
        mode=rule.mode,
    )
    lines = cuts.lines[cuts.lines["line_share"].notna()]
    share = lines["line_share"].round(SHARE_DECIMALS)
    held = np.where(share >= WHOLE_LINE, "pass", "fail").astype(object)
    followed = verdict_frame(
        lines.index,
        subject="",
        test=TEST_LINE,
        outcome=held if line.mode != "off" else "not_assessed",
        value=share.to_numpy(),
        limit=WHOLE_LINE,
        operator=">=",
        unit="share",
        rule_id=LINE,
        mode=line.mode,
    )
    return together([own, summed, followed])


def _summed(own: pd.DataFrame, part_ids: pd.Index) -> np.ndarray:
    """Whether each part passes all tests in force; not assessed where none is."""
    deciding = own[own["mode"] == "on"]
    has = {
        outcome: part_ids.isin(deciding.loc[deciding["outcome"] == outcome, "parcel_id"])
        for outcome in ("fail", "missing", "pass")
    }
    words = np.select(list(has.values()), list(has), default="not_assessed")
    return np.asarray(words, dtype=object)


def _parents(
    lineage: pd.DataFrame, cuts: Cuts, verdicts: pd.DataFrame, *, rules: RuleSet
) -> pd.DataFrame:
    """One row per parent: its parts, and whether the split is legal."""
    ids = cuts.lines.index
    parent = verdicts["subject"].where(verdicts["subject"] != "", verdicts["parcel_id"])
    rows = verdicts.assign(parent=parent)
    own = rows["test"].isin([TEST_INDEPENDENT, TEST_LINE])
    decides = own & (rows["mode"] == "on")
    fails, undone = rows["outcome"] == "fail", rows["outcome"].isin(["missing", "not_assessed"])
    legal = pd.Series(data=True, index=ids, dtype="boolean")
    unclear = ids.isin(parent[decides & undone]) | ~ids.isin(parent[decides])
    legal = legal.mask(unclear, pd.NA).mask(ids.isin(parent[decides & fails]), other=False)
    counted = rows["test"] == TEST_LINE
    if rules[INDEPENDENT].mode == "on":
        counted = rows["test"] != TEST_INDEPENDENT  # by the tests that it sums up
    failed = rows[fails & counted & (rows["mode"] == "on")]
    told = {
        "failed": joined_texts(failed["test"], failed["parent"]),
        "undecided": joined_texts(rows["test"][own & undone], rows["parent"][own & undone]),
    }
    groups = lineage.groupby("parent_id")
    return pd.DataFrame(
        {
            "parcel_id": ids.astype("str"),
            "part_ids": aligned(joined_runs(lineage["part_id"], lineage["parent_id"]), ids).array,
            "parts": groups.size().reindex(ids).to_numpy(dtype="int64"),
            "area_m2": groups["area_m2"].sum().reindex(ids).to_numpy(dtype="float64"),
            "line_m": cuts.lines["line_m"].to_numpy(),
            "legal": legal.array,
            **{k: aligned(v, ids).fillna("").astype("str").array for k, v in told.items()},
        }
    )


def split_project(
    path: str | Path,
    ids: Iterable[str] | None = None,
    out: str | Path | None = None,
    *,
    amounts: str = "missing",
    progress: Callable[[str], None] | None = None,
) -> tuple[Path, Split, list[str]]:
    """Split parcels of a project and write the layer afterwards.

    Parameters
    ----------
    path
        The project file.
    ids
        Parcels to split; by default all that cross a planned-use boundary.
    out
        GeoPackage to write; by default ``split.gpkg`` beside the project file. Its layers are
        ``parcels`` (the parcel layer of the next run), ``parts`` and ``lineage``.
    amounts
        See `split`.
    progress
        Called with the name of each step.

    Returns
    -------
    file : pathlib.Path
        The file written.
    done : Split
        The split.
    lines : list of str
        What it came to, in the language of the project.

    Raises
    ------
    GislandError
        If project file, layers or rules cannot be used, a listed parcel cannot be split, or the
        file cannot be written.

    Examples
    --------
    >>> split_project("no/such/gisland.toml")
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: project file no/such/gisland.toml does not exist; check the \
path, or write one with: gisland init LAYER...
    """
    from gisland.present.splitwords import split_lines, verdict_words  # noqa: PLC0415 - heavy
    from gisland.present.style import catalog  # noqa: PLC0415

    project = read_project(path)
    rules = load_rules(project.rules)
    inputs = load_inputs(project, progress=progress).inputs
    if inputs.zoning is None:
        raise ProjectError(f"{path} has no layer zoning", do="give one in [layers.zoning]")
    codes = tuple(code for code in project.parameters.repair if code == "invalid_geometry")
    single = replace(project.parameters, repair=codes)
    parcels, zoning = (
        repair(layer, parameters=single)[0] for layer in (inputs.parcels, inputs.zoning)
    )
    done = split(
        parcels,
        zoning,
        ids=ids,
        rules=rules,
        parameters=project.parameters,
        around=inputs,
        amounts=amounts,
    )
    texts = catalog(project.language)
    told = aligned(verdict_words(done.verdicts, texts=texts), done.parts.index)
    legal = aligned(done.parents.set_index("parcel_id")["legal"], pd.Index(done.parts["parent_id"]))
    parts = done.parts.assign(legal=legal.array, verdicts=told)
    tables = {
        "parcels": result_frame(done.parcels.reset_index(), table="parcels"),
        "parts": result_frame(parts.reset_index(), table="parcels"),
        "lineage": result_frame(done.lineage, table="lineage"),
    }
    file = write_geopackage(out if out is not None else project.folder / DEFAULT_OUT, tables)
    lines = split_lines(done.parents, done.parts, done.verdicts, left=done.left, texts=texts)
    return file, done, lines
