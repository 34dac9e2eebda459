"""What a run is asked for besides its layers, what it gives back, and its summary."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gisland.base.errors import ProjectError, RulesError
from gisland.base.glance import Glance, counted, proved, recalled
from gisland.base.names import has_names
from gisland.base.parameters import Parameters
from gisland.base.phrases import count_of
from gisland.base.planchoices import PlanChoices
from gisland.base.rules import RuleSet
from gisland.base.schema import CONDITIONS, LINES, OVERALL, SEVERITIES
from gisland.base.useclasses import USE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from gisland.base.schema import Inputs
    from gisland.base.surfaces import Surface


ENCLAVE_KINDS = ("strict", "nearly")  # of enclaves that a single patch surrounds
SITES_FROM = ("layer", "field", "low_use", "use_class")


@dataclass(frozen=True, repr=False)
class Choices(Glance):
    """What a project file decides besides its layers.

    Parameters
    ----------
    rules
        The rule set in force.
    parameters
        Thresholds of the geometric definitions.
    sites_from
        ``layer``, ``field``, ``low_use``, ``use_class``, or None: there is nothing to merge into.
    site_use_classes
        Use classes whose patches are sites, for ``use_class``.
    as_of
        The date that ages are counted to; without one they are not assessed.
    plan
        Method and objective of the plan, lists of parcels, and decisions taken beforehand.

    Raises
    ------
    RulesError
        If the rules are not from `load_rules`.
    ProjectError
        If another choice is mistyped or unknown, or sites are wanted by use class and none is told.

    Examples
    --------
    Parcels of the same ``site_id`` are a site; ages of idle land are counted to new year:

    >>> import datetime as dt
    >>> from gisland.base.rules import load_rules
    >>> rules = load_rules("tianjin-2024")
    >>> choices = Choices(rules, sites_from="field", as_of=dt.date(2026, 1, 1))
    >>> choices.rules["scrap.share_cap"].limit, choices.parameters.tolerance_m
    (0.1, 0.05)
    """

    rules: RuleSet
    parameters: Parameters = field(default_factory=Parameters)
    sites_from: str | None = None
    site_use_classes: tuple[str, ...] = ()
    as_of: dt.date | None = None
    plan: PlanChoices = field(default_factory=PlanChoices)

    def _glance(self) -> dict[str, object]:
        return {
            "rules": f"{self.rules.name} ({self.rules.fingerprint})",
            "sites_from": self.sites_from,
            "site_use_classes": ", ".join(self.site_use_classes),
            "as_of": self.as_of,
            "parameters": ", ".join(f"{n} {v}" for n, v in self.parameters.changed().items()),
            "plan": ", ".join(f"{n} {v}" for n, v in self.plan.changed().items()),
        }

    def __post_init__(self) -> None:
        if not isinstance(self.rules, RuleSet):
            raise RulesError(f"rules is {self.rules!r}", do="give load_rules(…)")
        if not isinstance(self.plan, PlanChoices):
            raise ProjectError(f"plan is {self.plan!r}", do="give gisland.PlanChoices(…)")
        if self.sites_from not in {None, *SITES_FROM}:
            raise ProjectError(
                f"sites_from is {self.sites_from!r}", do=f"use one of {', '.join(SITES_FROM)}"
            )
        unknown = sorted(set(self.site_use_classes) - set(USE_CLASSES))
        if unknown or (self.sites_from == "use_class" and not self.site_use_classes):
            raise ProjectError(
                f"site_use_classes is {list(self.site_use_classes)!r}",
                do=f"give some of {', '.join(USE_CLASSES)}",
            )
        if self.as_of is not None and type(self.as_of) is not dt.date:  # a time is a date too
            raise ProjectError(
                f"as_of is {self.as_of!r}", do="give a date, such as datetime.date(2026, 1, 1)"
            )


@dataclass(frozen=True, repr=False)
class Result(Glance):
    """All tables of a run by name, and what the run's record says of it.

    Parameters
    ----------
    tables
        Result tables; a table that is not there was not asked for or could not be made.
    counts
        Numbers of the summary.
    recall
        What the tolerance found of the borders, by name (`gisland.topology.recall.Recall`).
    components
        Components of the plan with their bounds.
    skipped
        Analyses that were not made, each with its reason.
    timings_s
        Seconds by stage.
    surfaces
        Density surfaces.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> from gisland import Inputs, load_rules, run
    >>> lots = gpd.GeoDataFrame(
    ...     {"site_id": ["S1", None]},
    ...     geometry=[box(0, 0, 200, 100), box(200, 0, 208, 100)],
    ...     index=pd.Index(["factory", "strip"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> result = run(Inputs(lots), Choices(load_rules("tianjin-2024"), sites_from="field"))
    >>> isinstance(result, Result), result.counts["absorbed"], result.counts["absorbed_m2"]
    (True, 1, 800.0)
    >>> result.tables["plan"][["parcel_id", "site_id", "verdict"]].values.tolist()
    [['strip', 'S1', 'absorbed']]
    """

    tables: dict[str, pd.DataFrame]
    counts: dict[str, int | float]
    recall: dict[str, float | None]
    components: list[dict[str, object]]
    skipped: list[dict[str, str]]
    timings_s: dict[str, float]
    surfaces: tuple[Surface, ...] = ()

    def _glance(self) -> dict[str, object]:
        return {
            "tables": ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items()),
            "counts": counted(self.counts),
            "proved": proved(self.components),
            "recall": recalled(self.recall),
            "skipped": ", ".join(one["analysis"] for one in self.skipped),
            "surfaces": len(self.surfaces) or None,
        }


def summary_counts(tables: dict[str, pd.DataFrame]) -> dict[str, int | float]:
    """Numbers that sum a run up.

    Parameters
    ----------
    tables
        The result tables.

    Returns
    -------
    dict
        Counts by name, and the absorbed area in m². ``enclaves`` are those that one patch
        surrounds, ``jointly_enclosed`` those that several do; ``blocks_given`` and the like are
        the blocks of each set of block lines, ``control_failures`` the verdicts on blocks,
        adjustments, conversions and parks that fail; ``repaired_parcels`` are shapes of the
        parcel layer, ``repaired_others`` those of all other layers.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = ("fragment", "severity", "code", "verdict", "parcel_id", "area_m2", "layer")
    >>> empty: dict[str, list[str]] = {c: [] for c in (*columns, "action")}
    >>> names = ["parcels", "plan", "findings", "changes", "borders", "sites", "zones"]
    >>> summary_counts({n: pd.DataFrame(empty) for n in [*names, "scrap_groups"]})["parcels"]
    0
    """
    parcels, plan = tables["parcels"], tables["plan"]
    severity = tables["findings"]["severity"].value_counts()
    kinds = tables["enclaves"]["kind"].tolist() if "enclaves" in tables else []
    absorbed = plan[plan["verdict"] == "absorbed"]
    done = tables["changes"][~tables["changes"]["action"].isin(("refused", "not_repairable"))]
    of_parcels = done["layer"] == "parcels"
    return {
        "parcels": len(parcels),
        "border_pairs": len(tables["borders"]) // 2,
        "fragments": int(parcels["fragment"].sum()),
        "enclaves": sum(kind in ENCLAVE_KINDS for kind in kinds),
        "jointly_enclosed": sum(kind not in ENCLAVE_KINDS for kind in kinds),
        "scrap_groups": len(tables["scrap_groups"]),
        "sites": len(tables["sites"]),
        "scraps": int(plan["parcel_id"].nunique()),
        "absorbed": len(absorbed),
        "absorbed_m2": round(float(absorbed["area_m2"].sum()), 2),
        "zones": len(tables["zones"]),
        **_control_counts(tables),
        **{f"findings_{s}": int(severity.get(s, 0)) for s in SEVERITIES},
        "repaired_parcels": int(done.loc[of_parcels, "parcel_id"].nunique()),
        "repaired_others": len(done.loc[~of_parcels, ["layer", "parcel_id"]].drop_duplicates()),
        "repairs_refused": int((tables["findings"]["code"] == "not_repaired").sum()),
    }


def _control_counts(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Blocks of each set of lines, and verdicts on areas that fail."""
    sets = [s for s, b in _rows(tables, "block_lines", "lines", "block_id") if b != OVERALL]
    outcome = [o for (o,) in _rows(tables, "control_verdicts", "outcome")]
    counts = {f"blocks_{lines}": sets.count(lines) for lines in LINES}
    return {**counts, "control_failures": outcome.count("fail")}


def _rows(tables: dict[str, pd.DataFrame], table: str, *names: str) -> list[tuple[object, ...]]:
    """Rows of some columns of a table, none if the table is not there."""
    if table not in tables:
        return []
    return list(zip(*(tables[table][name] for name in names), strict=True))


def control_line(counts: Mapping[str, int | float]) -> str:
    """Block lines of a run, and how many verdicts on areas fail, in one line.

    Parameters
    ----------
    counts
        From `summary_counts`.

    Returns
    -------
    str
        Empty if there are neither blocks nor verdicts that fail.

    Examples
    --------
    >>> control_line({"blocks_given": 3, "blocks_proposed": 6, "control_failures": 9})
    '3 given blocks, 6 delineated; 9 control verdicts fail'
    >>> control_line({"control_failures": 1})
    '1 control verdict fails'
    """
    words = dict(zip(LINES, ("given", "delineated", "adjusted"), strict=True))
    there = [(int(counts.get(f"blocks_{s}", 0)), word) for s, word in words.items()]
    told = [(many, word) for many, word in there if many]
    blocks = [count_of(many, f"{word} block") for many, word in told[:1]]
    blocks += [f"{many} {word}" for many, word in told[1:]]
    failures = int(counts.get("control_failures", 0))
    if not blocks and not failures:
        return ""
    fail = f"{count_of(failures, 'control verdict')} fail{'s' if failures == 1 else ''}"
    return f"{', '.join(blocks)}; {fail}" if blocks else fail


def without_mended(findings: gpd.GeoDataFrame, changes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Findings of a run, in which a polygon that was made valid is no error any more.

    Parameters
    ----------
    findings
        What the check found.
    changes
        The log of the repair, with ``layer``.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows; ``invalid_geometry`` of mended parcels is a warning.

    Examples
    --------
    >>> import pandas as pd
    >>> bow = {"code": "invalid_geometry", "severity": "error", "parcel_id": "7"}
    >>> log = {"layer": "parcels", "action": "make_valid", "parcel_id": "7"}
    >>> without_mended(pd.DataFrame([bow]), pd.DataFrame([log]))["severity"].item()
    'warning'
    """
    log = changes[(changes["layer"] == "parcels") & (changes["action"] == "make_valid")]
    mended = (findings["code"] == "invalid_geometry") & findings["parcel_id"].isin(log["parcel_id"])
    return findings.assign(severity=findings["severity"].mask(mended, "warning"))


def skipped_analyses(
    inputs: Inputs,
    parcels: pd.DataFrame,
    choices: Choices,
    *,
    sites: int,
    no_surfaces: str = "",
) -> list[dict[str, str]]:
    """Analyses that could not be made.

    Parameters
    ----------
    inputs
        The layers.
    parcels
        Parcels with all facts.
    choices
        For where the sites come from.
    sites
        Number of sites found.
    no_surfaces
        Why there are no density surfaces; empty if there are, or none were asked for.

    Returns
    -------
    list of dict
        ``analysis`` and ``reason``.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.schema import Inputs
    >>> lots = pd.DataFrame({"owner": ["A"]})
    >>> rules = Choices(load_rules("tianjin-2024"))
    >>> skipped_analyses(Inputs(lots), lots, rules, sites=0)[-1]["analysis"]
    'merging'
    """
    asked = choices.sites_from is not None
    no_site = "no site was found" if asked else "no [sites]"
    wanted = {
        "far": ("far" in parcels, "no floor area and no buildings with floors"),
        "coverage": ("coverage" in parcels, "no column footprint_m2 and no buildings"),
        "idle": (
            choices.as_of is not None
            or "idle_since" not in parcels
            or choices.rules["low_use.idle"].mode == "off",
            "no as_of in [project]: idle time is not counted to today",
        ),
        "planning_conditions": (
            any(f"planned_{name}" in parcels for name in CONDITIONS),
            "no planning condition in zoning, zoning_overlay or parcels",
        ),
        "exclusions": (bool(inputs.exclusions), "no layer in [layers.exclusions]"),
        "block_lines": (
            inputs.block_lines is not None and "use_class" in parcels,
            "no layer block_lines, or no use class",
        ),
        **_about_lines(inputs, parcels, choices),
        "surfaces": (not no_surfaces or not choices.parameters.cell_m, no_surfaces),
        "mixture": (not _without_values(parcels, "tenure"), _without_values(parcels, "tenure")),
        "merging": (sites > 0, f"{no_site}: there is nothing to merge into"),
    }
    by = choices.parameters.enclave_by
    enclaves = {f"enclaves_{name}": _without_values(parcels, name) for name in by}
    told = [(name, reason) for name, reason in enclaves.items() if reason]
    told += [(name, reason) for name, (made, reason) in wanted.items() if not made]
    return [{"analysis": name, "reason": reason} for name, reason in told]


def _about_lines(
    inputs: Inputs, parcels: pd.DataFrame, choices: Choices
) -> dict[str, tuple[bool, str]]:
    """Whether block lines could be drawn, changed and looked into, and parks; why not."""
    source = choices.parameters.block_from
    drawn_from = inputs.zoning if source == "zoning" else parcels
    classed = drawn_from is not None and "use_class" in drawn_from
    drawn = source != "no" and classed
    used, given = "use_class" in parcels, inputs.block_lines is not None
    no_use = "" if used else "no use class"
    no_lines = "" if given or drawn else "no layer block_lines, and block_from draws none"
    no_plan = "" if "planned_use_class" in parcels else "no planned use class"
    not_converted = no_use or no_lines or no_plan
    no_parks = "no layer parks" if inputs.parks is None else no_use
    changed = inputs.block_changes is not None
    return {
        "delineation": (source == "no" or classed, f"no use class in {source}"),
        "adjustment": (not changed or (given and used), no_use or "no layer block_lines"),
        "conversions": (not not_converted, not_converted),
        "parks": (not no_parks, no_parks),
    }


def _without_values(parcels: pd.DataFrame, column: str) -> str:
    """Why nothing can be compared by a column; empty where it can."""
    if column not in parcels:
        return f"no column {column}"
    return "" if has_names(parcels[column]) else f"column {column} is empty"
