"""Whole jobs, from a project file to files on disk; the command line and notebooks call these."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.asked import require_choices
from gisland.base.crs import crs_name
from gisland.base.errors import ProjectError
from gisland.base.glance import Glance, of_record
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.version import __version__
from gisland.layers.basemaps import read_base_maps
from gisland.layers.plantable import plan_choices
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.writing.versions import versions
from gisland.layers.writing.write import output_folder, write_results
from gisland.pipeline import check_inputs, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from gisland.base.basemaps import BaseMap
    from gisland.base.planchoices import PlanChoices
    from gisland.base.result import Result
    from gisland.base.surfaces import Surface
    from gisland.layers.project import Project
    from gisland.layers.read import Loaded

    Progress = Callable[[str], None]

DEFAULT_OUT = "gisland-out"


@dataclass(frozen=True, repr=False)
class Done(Glance):
    """What a whole run left: its folder, tables and record.

    It stands for its folder wherever a folder of results is asked for.
    """

    folder: Path
    tables: dict[str, pd.DataFrame]
    record: dict[str, Any]

    def __fspath__(self) -> str:
        return str(self.folder)

    def _glance(self) -> dict[str, object]:
        here = Path.cwd()
        inside = self.folder.is_relative_to(here)
        folder = self.folder.relative_to(here) if inside else self.folder
        return {"folder": folder.as_posix(), **of_record(self.record)}


def check_project(path: str | Path, *, progress: Progress | None = None) -> pd.DataFrame:
    """Look at the data of a project and write nothing.

    Parameters
    ----------
    path
        The project file.
    progress
        Called with the name of each step.

    Returns
    -------
    geopandas.GeoDataFrame
        Findings (``schema.FINDINGS``).

    Raises
    ------
    GislandError
        If project file, rules, lists of parcels or layers cannot be used, or the project asks for
        what its layers do not give.

    Examples
    --------
    >>> found = check_project(sample_folder() / "gisland.toml")
    >>> bool((found["severity"] == "error").any())
    False
    """
    project = read_project(path)
    choices = choices_of(project)
    loaded = _loaded(project, progress=progress)
    require_choices(choices, inputs=loaded.inputs)
    return check_inputs(loaded.inputs, parameters=project.parameters)


def run_project(
    path: str | Path,
    out: str | Path | None = None,
    *,
    decisions: str | Path | None = None,
    parquet: bool = False,
    shapefiles: bool = False,
    progress: Progress | None = None,
) -> Done:
    """Run a project file: read, analyse, plan, and write everything into one folder.

    Parameters
    ----------
    path
        The project file.
    out
        Output folder; by default ``gisland-out`` beside the project file.
    decisions
        Table of parcel ids and decisions (``in``, ``out``, or a site) that the plan must keep, in
        place of the one that the project names.
    parquet
        Whether to write the tables as Parquet too, with the borders.
    shapefiles
        Whether to write the drawn tables as shapefiles too.
    progress
        Called with the name of each step.

    Returns
    -------
    Done
        The folder, the tables and the record of the run.

    Raises
    ------
    GislandError
        If project file, layers, rules or the output folder cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = run_project(sample_folder() / "gisland.toml", Path(folder) / "out")
    ...     sorted(f.name for f in done.folder.iterdir())
    ['ledger.xlsx', 'map.html', 'report.html', 'results.gpkg', 'run.json', 'surfaces']
    """
    began = time.perf_counter()
    project = read_project(path)
    choices = choices_of(project, decisions=decisions)
    folder = output_folder(out if out is not None else project.folder / DEFAULT_OUT)
    base_maps = read_base_maps(project.base, folder=project.folder, beside=folder)
    loaded = _loaded(project, progress=progress)
    reading = round(time.perf_counter() - began, 3)
    result = run(loaded.inputs, choices, progress=progress)
    record = run_record(project, loaded, choices, result=result)
    record["timings_s"] = {"read": reading, **result.timings_s}
    files = presented(
        result.tables,
        record=record,
        surfaces=result.surfaces,
        base_maps=base_maps,
        progress=progress,
    )
    written = write_results(
        folder,
        tables=result.tables,
        files=files,
        run=record,
        surfaces=result.surfaces,
        parquet=parquet,
        shapefiles=shapefiles,
    )
    return Done(written, result.tables, record)


def _loaded(project: Project, *, progress: Progress | None) -> Loaded:
    """The layers, and a word on the coordinate system that areas are taken in."""
    loaded = load_inputs(project, progress=progress)
    if progress:
        basis = project.parameters.area_basis
        progress(f"{basis} areas in {crs_name(loaded.crs)}: {loaded.crs_reason}")
    return loaded


def choices_of(
    project: Project,
    *,
    decisions: str | Path | None = None,
    plan: PlanChoices | None = None,
) -> Choices:
    """What a project file decides besides its layers, for `gisland.run`.

    Parameters
    ----------
    project
        From `read_project`.
    decisions
        Table of decisions in place of the one that the project names.
    plan
        Choices of the plan in place of all those of the project, to try a wish.

    Returns
    -------
    Choices
        Rules loaded and checked, lists of parcels read.

    Raises
    ------
    RulesError
        If the rule set cannot be used.
    ProjectError
        If a list of parcels cannot be read, or decisions and a plan are both given.

    Examples
    --------
    >>> choices_of(read_project(sample_folder() / "gisland.toml")).sites_from
    'layer'
    """
    if plan is not None and decisions is not None:
        raise ProjectError(
            "decisions and plan are both given", do="give PlanChoices(decisions=…) alone"
        )
    if plan is None:
        plan = plan_choices(project.plan, project.folder, decisions=decisions)
    return Choices(
        load_rules(project.rules),
        project.parameters,
        project.sites_from,
        project.site_use_classes,
        project.as_of,
        plan,
    )


def presented(
    tables: dict[str, pd.DataFrame],
    *,
    record: dict[str, Any],
    surfaces: Sequence[Surface] = (),
    base_maps: Sequence[BaseMap] = (),
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """Map, ledger and report of the tables of a run.

    Parameters
    ----------
    tables
        Result tables.
    record
        The record of the run.
    surfaces
        Density surfaces, for the map.
    base_maps
        Pictures to be shown under the map.
    progress
        Called with the name of each step.

    Returns
    -------
    dict
        File contents by name.

    Examples
    --------
    >>> presented({}, record={"language": "fr"})
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: language 'fr' is unknown; use zh or en
    """
    from gisland.present.ledger import ledger  # noqa: PLC0415 - heavy, and not always needed
    from gisland.present.sheets import report  # noqa: PLC0415
    from gisland.present.webmap import web_map  # noqa: PLC0415

    language = record.get("language", "zh")
    tell = progress or (lambda _: None)
    tell("map")
    drawn = web_map(
        tables, run=record, language=language, surfaces=surfaces, base_maps=base_maps
    ).encode()
    tell("ledger")
    book = ledger(tables, run=record, language=language)
    tell("report")
    sheets = report(tables, run=record, language=language).encode()
    return {"map.html": drawn, "ledger.xlsx": book, "report.html": sheets}


def run_record(
    project: Project, loaded: Loaded, choices: Choices, *, result: Result
) -> dict[str, Any]:
    """Everything needed to repeat a run, and what it found in numbers.

    Parameters
    ----------
    project
        The project file.
    loaded
        The layers as read.
    choices
        Rules in force, and choices of the plan.
    result
        The result of the run.

    Returns
    -------
    dict
        Contents of ``run.json``; plain values only.

    Examples
    --------
    >>> "rules" in run_record.__doc__
    True
    """
    rules = choices.rules
    return {
        "gisland": __version__,
        "project": project.name,
        "language": project.language,
        "as_of": project.as_of.isoformat() if project.as_of else None,
        "inputs": loaded.sources,
        "crs": {
            "name": crs_name(loaded.crs),
            "wkt": loaded.crs.to_wkt(),
            "chosen": loaded.crs_reason,
        },
        "area_basis": project.parameters.area_basis,
        "parameters": dataclasses.asdict(project.parameters),
        "rules": {
            "name": rules.name,
            "title": rules.title,
            "jurisdiction": rules.jurisdiction,
            "vintage": rules.vintage,
            "fingerprint": rules.fingerprint,
            "extends": list(rules.extends),
            "records": [dataclasses.asdict(rule) for rule in rules],
        },
        "sites_from": project.sites_from,
        "plan": dataclasses.asdict(choices.plan),
        "versions": versions(),
        "counts": result.counts,
        "recall": result.recall,
        "components": result.components,
        "skipped": result.skipped,
    }


def sample_folder() -> Path:
    """Folder of the sample district, in an installed package or in a checkout.

    Returns
    -------
    pathlib.Path
        Holds ``gisland.toml`` and its layers.

    Raises
    ------
    ProjectError
        If the installation lacks it.

    Examples
    --------
    >>> (sample_folder() / "gisland.toml").is_file()
    True
    """
    package = Path(str(resources.files("gisland")))
    # an installed package holds it; what lies beside it there is of other packages
    for folder in (package / "sample", package.parent / "data" / "sample"):
        if (folder / "gisland.toml").is_file():
            return folder
    raise ProjectError("the sample district is not installed", do="install gisland again")


def run_demo(out: str | Path, *, progress: Progress | None = None) -> Done:
    """Run the sample district, an industrial area made up for this purpose.

    Parameters
    ----------
    out
        Folder for the results.
    progress
        Called with the name of each step.

    Returns
    -------
    Done
        The folder, the tables and the record of the run.

    Raises
    ------
    GislandError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run_demo(Path(folder) / "out").record["counts"]["sites"]
    12
    """
    return run_project(sample_folder() / "gisland.toml", out, progress=progress)
