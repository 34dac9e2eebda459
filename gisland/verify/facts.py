"""What the proofs start from: written tables by id, recomputed areas, rules, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.crs import areas_m2
from gisland.base.errors import MAX_IDS
from gisland.base.parameters import Parameters
from gisland.base.phrases import first_of
from gisland.base.planchoices import PlanChoices
from gisland.base.rule import Rule
from gisland.base.rules import RuleSet
from gisland.verify.boundary import own_boundaries
from gisland.verify.landkinds import land_kinds
from gisland.verify.overlays import valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from gisland.layers.writing.results import Results

AREA_M2 = 0.01  # areas are compared at this, and at RELATIVE
RELATIVE = 1e-6
MM = 1000  # borders are compared in whole millimetres
PROVED = ("optimal", "optimal_area")  # ends of the solver after which the area is the largest


@dataclass(frozen=True)
class Violation:
    """Something in the results that does not hold.

    Parameters
    ----------
    code
        Stable name of the proof that failed.
    message
        What was found, with at most ten ids.
    ids
        All ids at fault, sorted.
    """

    code: str
    message: str
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def violations(code: str, message: str, ids: Iterable[object]) -> list[Violation]:
    """One violation that names the rows at fault, or none if there are none.

    Parameters
    ----------
    code
        Stable name of the proof.
    message
        What does not hold, without a final stop.
    ids
        Rows at fault.

    Returns
    -------
    list of Violation
        Empty or of one.

    Examples
    --------
    >>> violations("lineage_once", "parcels not once in the lineage", ["b", "a"])[0].message
    'parcels not once in the lineage: a, b'
    """
    names = tuple(sorted({str(i) for i in ids}))
    if not names:
        return []
    return [Violation(code, f"{message}: {first_of(names, most=MAX_IDS)}", names)]


def differs(
    recorded: pd.Series,
    expected: pd.Series,
    *,
    absolute: float = AREA_M2,
    relative: float = RELATIVE,
) -> pd.Series:
    """Where two numbers are not the same, or only one of them is known.

    Parameters
    ----------
    recorded, expected
        On the same index.
    absolute, relative
        Differences up to their sum are none.

    Returns
    -------
    pandas.Series
        Bool, on the index of `recorded`.

    Examples
    --------
    >>> differs(pd.Series([1.0, 1.0, None]), pd.Series([1.001, 2.0, None])).tolist()
    [False, True, False]
    """
    left, right = recorded.to_numpy("float64"), expected.to_numpy("float64")
    apart = np.abs(left - right) > absolute + relative * np.abs(right)
    return pd.Series(apart | (np.isnan(left) != np.isnan(right)), index=recorded.index)


def sums(values: pd.Series, groups: pd.Series, *, over: pd.Index) -> pd.Series:
    """Sum of values per group, added in the order of their ids; 0 where a group has none.

    Parameters
    ----------
    values
        Numbers by id.
    groups
        Group by id, for the ids to add.
    over
        The groups to answer for.

    Returns
    -------
    pandas.Series
        On `over`.

    Examples
    --------
    >>> group = pd.Series(["S1", "S1"], index=["a", "b"])
    >>> sums(pd.Series([1.0, 2.0, 4.0], index=["a", "b", "c"]), group, over=pd.Index(["S1", "S2"]))
    S1    3.0
    S2    0.0
    dtype: float64
    """
    ordered = groups.sort_index()
    total = values.reindex(ordered.index).groupby(ordered).sum()
    return total.reindex(over, fill_value=0.0).astype("float64")


@dataclass(frozen=True)
class Facts:
    """The results of a run, indexed by id; `area_m2` is computed anew on the stated basis."""

    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any]
    rules: RuleSet
    parameters: Parameters
    parcels: gpd.GeoDataFrame
    area_m2: pd.Series
    sites: gpd.GeoDataFrame | None
    members: pd.Series
    absorbed: pd.Series
    boundary_m2: pd.Series
    boundary: pd.Series
    choices: PlanChoices

    @property
    def drawn(self) -> gpd.GeoDataFrame:
        """The sites table; asked for only where there is one."""
        if self.sites is None:
            raise LookupError("there is no sites table")
        return self.sites

    @cached_property
    def land(self) -> pd.DataFrame:
        """Drawn parcels with what kind of land they are, from `land_kinds`; not to be changed."""
        return land_kinds(self.parcels, rules=self.rules)

    @cached_property
    def absorbed_m2(self) -> pd.Series:
        """Area of the absorbed scraps by site id; 0 where there is none."""
        return sums(self.area_m2, self.absorbed, over=self.drawn.index)

    @cached_property
    def absorbed_count(self) -> pd.Series:
        """Number of absorbed scraps by site id."""
        own = self.absorbed.groupby(self.absorbed).size()
        return own.reindex(self.drawn.index, fill_value=0)

    @cached_property
    def optimal(self) -> pd.Series:
        """Whether the plan of each site is said to be optimal; not where that is missing."""
        return self.drawn["optimal"].fillna(value=False).astype(bool)

    @property
    def before_and_after(self) -> bool:
        """Whether there is all of before and after; results from earlier versions lack it."""
        return before_and_after(self.tables)

    def shapes(self, ids: Iterable[str]) -> np.ndarray:
        """Geometry of parcels, made valid, in the order of `ids`."""
        return valid(self.parcels.geometry.reindex(list(ids)).to_numpy())

    def column(self, name: str) -> pd.Series | None:
        """Input column of the parcels; None where it is absent or holds nothing."""
        if name not in self.parcels or self.parcels[name].isna().all():
            return None
        return self.parcels[name]


def before_and_after(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether indicators state themes and denominators, and stand beside use and capacities.

    Parameters
    ----------
    tables
        Result tables by name.

    Returns
    -------
    bool
        Not so in results from before there was any of it; one sign of it is enough.

    Examples
    --------
    >>> before_and_after({"indicators": pd.DataFrame({"theme": ["land"]})}), before_and_after({})
    (True, False)
    """
    rows = tables.get("indicators", pd.DataFrame())
    told = [rows[c].notna().any() for c in ("theme", "denominator_before") if c in rows]
    return any(told) or any(name in tables for name in ("use_matrix", "conditions", "capacity"))


def known_pairs(facts: Facts) -> pd.DataFrame:
    """Rows of the plan whose parcel and site are both in their tables.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.DataFrame
        Numbered from 0.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.verify.example import example_facts
    >>> plan = pd.DataFrame({"parcel_id": ["gone", "a"], "site_id": ["S1", "S1"]})
    >>> known_pairs(replace(example_facts(), tables={"plan": plan}))["parcel_id"].to_dict()
    {0: 'a'}
    """
    plan = facts.tables["plan"]
    known = plan["parcel_id"].isin(facts.parcels.index) & plan["site_id"].isin(facts.drawn.index)
    return pd.DataFrame(plan[known]).reset_index(drop=True)


def links_of(pairs: pd.DataFrame) -> pd.Series:
    """Number of scraps between each scrap and its site.

    Parameters
    ----------
    pairs
        Rows of the plan; without a column ``links`` all adjoin their sites.

    Returns
    -------
    pandas.Series
        ``int64``.

    Examples
    --------
    >>> links_of(pd.DataFrame({"parcel_id": ["a"]})).tolist()
    [0]
    """
    if "links" not in pairs:
        return pd.Series(0, index=pairs.index, dtype="int64")
    return pairs["links"].fillna(0).astype("int64")


def rules_of(run: Mapping[str, Any]) -> RuleSet:
    """Rebuild the rule set from the record of a run.

    Parameters
    ----------
    run
        With ``rules``: ``name``, ``title``, ``jurisdiction``, ``records``.

    Returns
    -------
    RuleSet
        Its fingerprint can be held against the recorded one.

    Raises
    ------
    KeyError, TypeError
        If the record is not complete.

    Examples
    --------
    >>> rules_of({"rules": {"name": "none", "records": []}}).name
    'none'
    """
    record = run["rules"]
    rules = {}
    for given in record["records"]:
        value = given["value"]
        rule = Rule(**{**given, "value": tuple(value) if isinstance(value, list) else value})
        rules[rule.id] = rule
    title, jurisdiction = str(record.get("title", "")), str(record.get("jurisdiction", ""))
    return RuleSet(str(record["name"]), title, jurisdiction, 0, rules)


def choices_of(run: Mapping[str, Any]) -> PlanChoices:
    """Rebuild what was asked of the plan from the record of a run.

    Parameters
    ----------
    run
        With ``plan``, which may be absent: then the defaults hold.

    Returns
    -------
    PlanChoices
        Lists as tuples.

    Raises
    ------
    TypeError, AttributeError, GislandError
        If the record cannot be used.

    Examples
    --------
    >>> choices_of({"plan": {"protected": ["a"]}}).protected
    ('a',)
    """
    given: dict[str, Any] = dict(run.get("plan", {}))
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return PlanChoices(**values)


def gather(results: Results) -> Facts:
    """Index the tables, rebuild rules and parameters, compute the areas.

    Parameters
    ----------
    results
        Results whose tables are complete (`check_tables`).

    Returns
    -------
    Facts
        Members and absorbed scraps are taken from the parcels table.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from gisland.layers.writing.results import Results
    >>> lot = {"parcel_id": ["a"], "verdict": ["site"], "site_id": ["S1"]}
    >>> parcels = gpd.GeoDataFrame(lot, geometry=[shapely.box(0, 0, 9, 9)], crs=4547)
    >>> run = {
    ...     "rules": {"name": "none", "records": []}, "parameters": {}, "area_basis": "plane"
    ... }
    >>> facts = gather(Results({"parcels": parcels}, run, None))
    >>> facts.area_m2.to_dict(), facts.members.to_dict()
    ({'a': 81.0}, {'a': 'S1'})
    """
    parcels: Any = results.tables["parcels"].set_index("parcel_id").sort_index()
    sites: Any = results.tables.get("sites")
    members = parcels["site_id"][parcels["verdict"] == "site"]
    boundary = own_boundaries(results, parcels, members)
    return Facts(
        tables=results.tables,
        run=results.run,
        rules=rules_of(results.run),
        parameters=Parameters.from_mapping(results.run["parameters"]),
        parcels=parcels,
        area_m2=areas_m2(parcels.geometry, basis=results.run["area_basis"]),
        sites=None if sites is None else sites.set_index("site_id").sort_index(),
        members=members,
        absorbed=parcels["site_id"][parcels["verdict"] == "absorbed"],
        boundary_m2=boundary["area_m2"],
        boundary=boundary["shape"],
        choices=choices_of(results.run),
    )
