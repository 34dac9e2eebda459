"""What a run is given, held to what it needs before any work is done."""

from __future__ import annotations

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError, ProjectError, TableError
from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices
from gisland.base.schema import LAYERS, OVERALL, Inputs, require_polygons


def require_layers(inputs: object) -> None:
    """Refuse layers that a run cannot use together.

    Parameters
    ----------
    inputs
        What is given as `Inputs`.

    Raises
    ------
    TableError
        If it is something else, or a block has the id that stands for all blocks together.
    GeometryError
        If the parcels hold other geometry than polygons, or none.
    CRSError
        If a layer has no metric CRS, or another than the parcels: overlaying it would find
        nothing.
    ProjectError
        If there are changes of block lines, but no lines that they change.

    Examples
    --------
    >>> require_layers("parcels.shp")
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: inputs is a str; give gisland.Inputs(parcels, …)
    """
    if not isinstance(inputs, Inputs):
        loaded = isinstance(getattr(inputs, "inputs", None), Inputs)
        do = "give its layers, loaded.inputs" if loaded else "give gisland.Inputs(parcels, …)"
        raise TableError(f"inputs is a {type(inputs).__name__}", do=do)
    if inputs.block_changes is not None and inputs.block_lines is None:
        raise ProjectError(
            "block_changes are given, but no block_lines that they change",
            do="add the layer of the lines as they are, [layers.block_lines], or take"
            " [layers.block_changes] out",
        )
    if inputs.block_lines is not None and (inputs.block_lines.index == OVERALL).any():
        raise TableError(
            f"block_lines: a block has the id {OVERALL}, which stands for all blocks in results",
            do="give it another id",
        )
    require_metric(inputs.parcels, what="parcels")
    require_polygons(inputs.parcels, what="parcels")
    named = {k: getattr(inputs, k) for k in LAYERS}
    named |= {f"exclusions.{k}": v for k, v in inputs.exclusions.items()}
    for name, layer in named.items():
        if layer is not None and layer.crs != inputs.parcels.crs:
            found = "no CRS" if layer.crs is None else crs_name(layer.crs)
            raise CRSError(
                f"{name}: {found}, but parcels: {crs_name(inputs.parcels.crs)}",
                do="reproject it to the CRS of the parcels first",
            )


def require_choices(choices: object, *, inputs: Inputs | None = None) -> None:
    """Refuse what is no `Choices`, or asks for what the layers cannot give.

    Parameters
    ----------
    choices
        What is given as `Choices`.
    inputs
        The layers of the run; without them only `choices` itself is looked at.

    Raises
    ------
    ProjectError
        Says what to give instead.

    Examples
    --------
    >>> require_choices("tianjin-2024")
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: choices is a str; give gisland.Choices(rules)
    """
    if not isinstance(choices, Choices):
        do = f"give gisland.Choices(rules{', plan=…' if isinstance(choices, PlanChoices) else ''})"
        raise ProjectError(f"choices is a {type(choices).__name__}", do=do)
    if choices.parameters.corridor_m == 0:  # what boundary looks onto is seen across a corridor
        raise ProjectError("[parameters] corridor_m is 0", do="give a width in metres above 0")
    if inputs is None:
        return
    if choices.parameters.block_from == "zoning" and inputs.zoning is None:
        raise ProjectError(
            'block_from = "zoning", but there is no layer zoning',
            do='add [layers.zoning] with its path, or set block_from = "parcels" or "no"',
        )
