"""The map of results drawn again, over base maps: the job and its command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisland.base.basemaps import BaseSource


def map_results(
    path: str | Path,
    out: str | Path | None = None,
    *,
    base: Iterable[BaseSource] = (),
    opening: str = "",
) -> Path:
    """Draw the map of results again, from their folder or their GeoPackage alone.

    Parameters
    ----------
    path
        A results folder, or a ``results.gpkg``.
    out
        The HTML file; by default ``map.html`` beside the results.
    base
        Base maps, from ``base_sources``; paths are relative to the working folder.
    opening
        What the map shows first: ``merge_plan``, ``block_lines``, ``density``, or what stands
        behind ``#`` in the address of a map, such as ``theme=far_before&site=S1``.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    OutputError
        If there are no results, the file cannot be written, or `opening` names what the map
        lacks.
    LayerError
        If a base map cannot be used.

    Examples
    --------
    The sample district, drawn again from what its run wrote:

    >>> import tempfile
    >>> from gisland.jobs import run_demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = run_demo(f"{folder}/out")
    ...     file = map_results(done.folder, f"{folder}/again.html")
    ...     file.name, file.read_bytes() == (done.folder / "map.html").read_bytes()
    ('again.html', True)
    """
    from gisland.layers.basemaps import read_base_maps  # noqa: PLC0415 - with the heavy ones
    from gisland.layers.writing.results import read_results  # noqa: PLC0415
    from gisland.layers.writing.surfaces import read_surfaces  # noqa: PLC0415
    from gisland.layers.writing.write import write_file  # noqa: PLC0415
    from gisland.present.webmap import web_map  # noqa: PLC0415

    results = read_results(path)
    record = dict(results.run)
    file = Path(out) if out is not None else results.folder / "map.html"
    page = web_map(
        dict(results.tables),
        run=record,
        language=record.get("language", "zh"),
        surfaces=read_surfaces(results.folder),
        base_maps=read_base_maps(base, folder=Path(), beside=file.parent),
        opening=opening,
    )
    return write_file(file, page.encode())


def draw(
    results: Annotated[Path, typer.Argument(help="Results folder or results.gpkg.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="HTML file to write.")] = None,
    *,
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base",
            help="Base map to choose: folder of tiles, .mbtiles, GeoTIFF, service or address of"
            " tiles; may be given again.",
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Key of the service; it can be read in the map file.")
    ] = "",
    gcj02: Annotated[
        bool, typer.Option("--gcj02", help="Base maps are in GCJ-02: show them shifted.")
    ] = False,
    show: Annotated[
        str,
        typer.Option(
            "--show",
            help="What it opens on: merge_plan, block_lines, density, or what stands behind # in"
            " the address of a map, such as theme=far_before&site=S1.",
        ),
    ] = "",
) -> None:
    """Draw the map of results again."""
    from gisland.layers.basemaps import base_sources  # noqa: PLC0415 - heavy

    sources = base_sources(base or [], key=key, gcj02=gcj02)
    typer.echo(map_results(results, out, base=sources, opening=show))
    if key:
        typer.echo("the key stands in this file for everybody to read", err=True)
