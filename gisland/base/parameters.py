"""The parameters of a run, with the defaults that `gisland init` writes into a project file."""

from __future__ import annotations

import dataclasses
import json
import numbers
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from gisland.base.errors import ProjectError, did_you_mean
from gisland.base.glance import Glance

if TYPE_CHECKING:
    from collections.abc import Mapping

# At 0 these say nothing, or too much: corners touch over 0 m.
POSITIVE = (
    *("tolerance_m", "min_border_m", "line_reach_m", "solver_seconds"),
    *("high_storey_m", "storey_height_m", "scenario"),
)
FARTHEST_M = 1e9  # lengths beyond, and cells below, cannot be reckoned with
LEAST = {"cell_m": 1e-6}
REPAIRABLE = ("invalid_geometry", "spike", "near_miss", "unmatched_vertex", "overlap", "gap")
LEVELS_BY = ("size", "plan", "parks")
KNOWN_TEXTS = {"repair": REPAIRABLE, "block_level_by": LEVELS_BY}


def _p(default: Any, note: str) -> Any:  # noqa: ANN401 - dataclass fields are typed at the class
    return dataclasses.field(default=default, metadata={"note": note})


@dataclass(frozen=True, repr=False)
class Parameters(Glance):
    """Thresholds of the geometric definitions; policy limits live in the rule sets instead.

    Each field tells its meaning in its ``metadata["note"]``. Units end the names: ``_m`` metres,
    0 to 1e9; ``_m2`` square metres, 0 or more; ``_share`` 0 to 1; ``_seconds`` above 0. Where 0
    makes no sense (`POSITIVE`) it is refused. Whole numbers are taken as floats.

    Raises
    ------
    ProjectError
        For a wrong type, a word that is none of those to choose from, or a value out of range.

    Examples
    --------
    >>> wide = Parameters(corridor_m=60)
    >>> wide.corridor_m, wide.enclave_share
    (60.0, 0.75)
    >>> notes = {f.name: f.metadata["note"] for f in dataclasses.fields(Parameters)}
    >>> notes["tolerance_m"]
    'boundaries at most this far apart count as shared'
    """

    tolerance_m: float = _p(0.05, "boundaries at most this far apart count as shared")
    min_border_m: float = _p(1.0, "shorter contacts do not make a scrap adjacent to a site")
    line_reach_m: float = _p(2.0, "a road, water or plan line so near to a border runs along it")
    corridor_m: float = _p(40.0, "widest road or canal across which zones are joined; never merges")
    enclave_share: float = _p(0.75, "share of a patch's outer boundary along one other patch")
    enclave_by: tuple[str, ...] = _p(
        ("owner", "tenure"), "columns of parcels by which enclaves are found, also use_class, …"
    )
    sandwiched_share: float = _p(0.75, "border share with sites from which a scrap is sandwiched")
    interlocking_share: float = _p(0.5, "border share with sites from which a scrap interlocks")
    hull_share: float = _p(0.5, "share of a scrap in the convex hull of a site: it interlocks")
    site_overlap_share: float = _p(0.5, "share of a parcel in a site polygon to belong to it")
    zone_min_area_m2: float = _p(20_000.0, "smaller clusters of low-use land make no zone")
    zone_unit_m2: float = _p(
        0.0, "size of the units that zones are parted into, as equal as can be; 0: not parted"
    )
    block_from: Literal["no", "parcels", "zoning"] = _p(
        "no", "industrial block lines are delineated from: no | parcels | zoning"
    )
    block_seed_m2: float = _p(
        10_000.0, "smallest patch of industrial land, corridors aside, that a block grows from"
    )
    block_min_area_m2: float = _p(50_000.0, "smaller blocks are not delineated")
    block_hole_m2: float = _p(
        20_000.0, "holes up to this size are taken in, as long as the industrial share allows"
    )
    block_neck_m: float = _p(20.0, "parts of a block narrower than this are dropped")
    block_boundary: Literal["centre_line", "parcel_edge"] = _p(
        "centre_line", "boundary of blocks at roads and canals: centre_line | parcel_edge"
    )
    block_level_by: tuple[str, ...] = _p(
        ("size", "plan", "parks"), "what makes a block one of level 1: any of size, plan, parks"
    )
    block_level1_m2: float = _p(200_000.0, "blocks of level 1 by size have at least this area")
    block_target_m2: float = _p(
        0.0, "area that delineated blocks keep with the highest industrial share; 0: all blocks"
    )
    overlap_min_m2: float = _p(0.01, "smaller overlaps of two parcels are not findings")
    gap_max_m2: float = _p(50.0, "holes between parcels up to this size are gaps to be mended")
    sliver_width_m: float = _p(0.5, "parcels with a smaller mean width (2 A / P) are slivers")
    recorded_share: float = _p(0.05, "recorded and drawn area may differ by this share")
    near_miss_m: float = _p(0.3, "parcels and vertices that miss each other by less are findings")
    repair: tuple[str, ...] = _p(
        ("invalid_geometry",),
        f'findings to be repaired, with a change log: {" | ".join(REPAIRABLE)}; or ["all"]',
    )
    repair_max_m2: float = _p(50.0, "a repair that would move more land than this is refused")
    area_basis: Literal["plane", "ellipsoidal"] = _p("plane", "plane (projected) | ellipsoidal")
    floor_area: Literal["area", "centroid", "majority"] = _p(
        "area", "buildings across parcels are split by: area | centroid | majority"
    )
    high_storey_m: float = _p(8.0, "storeys above this height count twice in counted floor area")
    estimate_floors: Literal["no", "height"] = _p(
        "no", "missing floors are estimated, and marked: no | height (by height and storey height)"
    )
    storey_height_m: float = _p(3.0, "storey height for floors that are estimated by height")
    zone_min_share: float = _p(
        0.01, "smaller shares of a parcel in a zone are drawing noise, without conditions"
    )
    scenario: str | float = _p(
        "far_max", "floor area after: far_max | far_min | keep, a FAR, or a column of the sites"
    )
    cell_m: float = _p(50.0, "cells of the density surfaces; 0: no surfaces")
    smooth_m: float = _p(100.0, "bandwidth of the smoothed density surfaces; 0: none smoothed")
    chain_links: float = _p(
        3.0, "most scraps between a scrap and its site, where the rules allow chains"
    )
    solver_seconds: float = _p(60.0, "time limit of the plan, per connected component")

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if kind in _WANTED and _is_whole(value):
                object.__setattr__(self, name, float(value))
            _check(name, getattr(self, name), kind)

    def changed(self) -> dict[str, object]:
        """Parameters that differ from their defaults.

        Returns
        -------
        dict
            Values by name, in the unit at the end of the name.

        Examples
        --------
        >>> Parameters(tolerance_m=0.1).changed()
        {'tolerance_m': 0.1}
        """
        pairs = [(f, getattr(self, f.name)) for f in dataclasses.fields(self)]
        return {f.name: value for f, value in pairs if value != f.default}

    def _glance(self) -> dict[str, object]:
        changed = self.changed()
        rest = len(dataclasses.fields(self)) - len(changed)
        told = {n: ", ".join(v) if isinstance(v, tuple) else str(v) for n, v in changed.items()}
        return {**told, "all others": f"{rest} at their defaults"}

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Parameters:
        """Take the given values, all others at their defaults.

        Parameters
        ----------
        given
            Parameter names and values, as read from a project file.

        Returns
        -------
        self
            Checked for names, types and ranges.

        Raises
        ------
        ProjectError
            For an unknown name, a wrong type or a value out of range.

        Examples
        --------
        >>> Parameters.from_mapping({"tolerance_m": 0.1}).tolerance_m
        0.1
        """
        names = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(given) - names)
        if unknown:
            raise ProjectError(
                f"[parameters] has no key {unknown[0]!r}",
                do=did_you_mean(unknown[0], sorted(names)),
            )
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in given.items()
        }
        if values.get("repair") in ("all", ("all",)):
            values["repair"] = REPAIRABLE
        return cls(**values)


def _is_whole(value: Any) -> bool:  # noqa: ANN401 - looked at here
    """Whether it is a whole number that a float can hold; True and False are none."""
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return is_whole and abs(value) <= sys.float_info.max


_WANTED: dict[Any, str] = {
    float: "a number",
    str | float: "far_max, far_min, keep, a FAR such as 2.0, or the name of a column",
}


def _check(name: str, value: object, kind: Any) -> None:  # noqa: ANN401 - a type
    if kind == tuple[str, ...]:
        _check_texts(name, value, known=KNOWN_TEXTS.get(name))
        return
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if choices and value not in choices:
        raise ProjectError(
            f"[parameters] {name} is {value!r}", do=f"use one of {', '.join(choices)}"
        )
    if not choices and not isinstance(value, kind):
        raise ProjectError(f"[parameters] {name} is {value!r}", do=f"give {_WANTED[kind]}")
    if isinstance(value, float) and not _in_range(name, value):
        wanted = "from 0 to 1" if name.endswith("_share") else f"above {LEAST.get(name, 0):g}"
        zero = "" if name in POSITIVE or name.endswith("_share") else ", or 0"
        most = f", at most {FARTHEST_M:g}" if name.endswith("_m") and value > FARTHEST_M else ""
        raise ProjectError(
            f"[parameters] {name} is {value!r}", do=f"give a number {wanted}{most}{zero}"
        )


def _in_range(name: str, value: float) -> bool:
    if value == 0:
        return name not in POSITIVE
    top = sys.float_info.max
    if name.endswith("_share"):
        top = 1.0
    elif name.endswith("_m"):
        top = FARTHEST_M
    return 0 < value <= top and value >= LEAST.get(name, 0.0)


def _check_texts(name: str, value: object, *, known: tuple[str, ...] | None) -> None:
    example = list(getattr(Parameters, name))
    if not isinstance(value, tuple) or not all(isinstance(v, str) for v in value):
        raise ProjectError(
            f"[parameters] {name} is {value!r}",
            do=f"give a list, such as {json.dumps(example)}",
        )
    unknown = [v for v in value if known is not None and v not in known]
    if unknown:
        raise ProjectError(
            f"[parameters] {name} has {unknown[0]!r}", do=did_you_mean(unknown[0], known or ())
        )
