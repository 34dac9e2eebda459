"""Where the results of a run lie, and its record."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from gisland.base.errors import OutputError

GPKG = "results.gpkg"
RUN = "run.json"
WAITS_S = (0.1, 0.4, 1.5) if os.name == "nt" else ()  # virus scanners hold what was just written


def unwritable(target: Path, error: Exception, *, other: str = "folder") -> OutputError:
    """Tell that something cannot be written, and what may help.

    Parameters
    ----------
    target
        File or folder.
    error
        What the system said.
    other
        What to name another of.

    Returns
    -------
    OutputError
        To be raised.

    Examples
    --------
    >>> str(unwritable(Path("out"), OSError(28, "No space left on device")))[:46]
    'out cannot be written: No space left on device'
    """
    return OutputError(
        f"{target} cannot be written: {getattr(error, 'strerror', None) or error}",
        do=f"close programs that use it, check space and permissions, or name another {other}",
    )


def move(source: Path, target: Path) -> None:
    """Put a file or a folder into its place, again a few times where Windows says it is in use.

    Parameters
    ----------
    source
        What is moved, on the same disk.
    target
        Its place; a file there is replaced.

    Raises
    ------
    OSError
        If it cannot be moved.

    Examples
    --------
    >>> move(Path("no/such/file"), Path("elsewhere"))
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file' -> 'elsewhere'
    """
    for wait in WAITS_S:
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    source.replace(target)


def results_file(path: str | os.PathLike[str]) -> Path:
    """The GeoPackage of a run.

    Parameters
    ----------
    path
        The output folder, or the ``results.gpkg`` itself.

    Returns
    -------
    pathlib.Path
        A file that exists.

    Raises
    ------
    OutputError
        If there is none, or what was given is no path.

    Examples
    --------
    >>> results_file("no/such/folder")
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: no/such/folder holds no results of gisland (there is no \
results.gpkg); give the output folder of a run, or its results.gpkg
    """
    _require_path(path)
    given = Path(path)
    file = given if given.suffix.lower() == ".gpkg" else given / GPKG
    if not file.is_file():
        missing = "no such file" if file == given else f"there is no {GPKG}"
        raise OutputError(
            f"{given.as_posix()} holds no results of gisland ({missing})",
            do=f"give the output folder of a run, or its {GPKG}",
        )
    return file


def _require_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        has_folder = isinstance(getattr(path, "folder", None), os.PathLike)
        do = "its folder" if has_folder else f"the output folder of a run, or its {GPKG}"
        raise OutputError(f"results is a {type(path).__name__}, not a path", do=f"give {do}")


def run_of(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The record of a run.

    Parameters
    ----------
    path
        See `results_file`.

    Returns
    -------
    dict
        Contents of ``run.json``; empty for a GeoPackage that lies alone.

    Raises
    ------
    OutputError
        If there are no results, a folder has no record, or it cannot be read.

    Examples
    --------
    >>> run_of("no/such/results.gpkg")
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: no/such/results.gpkg holds no results of gisland (no such \
file); give the output folder of a run, or its results.gpkg
    """
    package = results_file(path)
    file = package.parent / RUN
    if not file.is_file():
        if package != Path(path):
            raise OutputError(
                f"{file.parent} holds {GPKG} but no {RUN}",
                do=f"run again, or give the {GPKG} itself",
            )
        return {}
    try:
        run = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise unreadable(file, error) from error
    if not isinstance(run, dict):
        raise unreadable(file, "it holds no record")
    return run


def unreadable(file: Path, reason: object) -> OutputError:
    """Error for a file of results that cannot be read.

    Parameters
    ----------
    file
        The file.
    reason
        What is wrong with it.

    Returns
    -------
    OutputError
        To be raised.

    Examples
    --------
    >>> str(unreadable(Path("run.json"), "it holds no record"))
    'run.json cannot be read: it holds no record; run again to write it anew'
    """
    return OutputError(f"{file} cannot be read: {reason}", do="run again to write it anew")
