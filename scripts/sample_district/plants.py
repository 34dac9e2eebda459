"""The planted cases: sites with their scraps, enclaves and fragments, drawn in local metres.

Every cluster is a rectangle on one side of a block: x runs along the street, y away from it.
`clusters.clusters` says in which cell of the street grid it lies and on which side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shapely import Polygon

from sample_district.geometry import XY, box

BANK = "江城区土地储备中心"
LOT, WIDTH, FRONT = "min_lot", "min_width", "min_frontage"
RESERVE, INDUSTRY, GREEN, SPECIAL, SHOP = "1201", "0601", "0810", "09", "05H1"
STATE, COLLECTIVE = "国有", "集体"


@dataclass(frozen=True)
class Plant:
    """A planted lot and what must be found about it.

    `pairs` says for each site it is considered with: absorbed, eligible, or the one reason
    for which it is refused.
    """

    name: str
    shape: Polygon
    site: str = ""
    owner: str = ""
    use: str = INDUSTRY
    tenure: str = STATE
    kind: str = ""
    fails: tuple[str, ...] = ()
    pairs: dict[str, str] = field(default_factory=dict)
    case: str = ""
    steady: bool = False


@dataclass(frozen=True)
class Cluster:
    """Planted lots that tile a rectangle at the south side of a block."""

    width: float
    height: float
    plants: tuple[Plant, ...]


def poly(*points: XY) -> Polygon:
    """Polygon through these points."""
    return Polygon(points)


def scrap(name: str, shape: Polygon, kind: str, **more: object) -> Plant:
    """A planted scrap; its owner is the land bank unless said otherwise."""
    given = {"owner": BANK, "use": RESERVE, **more}
    return Plant(name, shape, kind=kind, **given)  # type: ignore[arg-type]


def hosts(site: str, shapes: dict[str, Polygon], *, shut_in: tuple[str, ...] = ()) -> list[Plant]:
    """Parcels of a site, each with an owner of its own; those shut in reach no street."""
    return [
        Plant(
            name,
            shape,
            site=site,
            owner=f"@{name}",
            case="site",
            fails=(FRONT,) if name in shut_in else (),
        )
        for name, shape in shapes.items()
    ]


def plain(shapes: dict[str, Polygon], **more: object) -> list[Plant]:
    """Ordinary lots inside a cluster."""
    return [Plant(n, s, owner=f"@{n}", **more) for n, s in shapes.items()]  # type: ignore[arg-type]


def carve(lots: list[Plant], scraps: list[Plant]) -> tuple[Plant, ...]:
    """Take the scraps out of the lots they were drawn over."""
    cut = []
    for lot in lots:
        shape = lot.shape
        for piece in scraps:
            shape = shape.difference(piece.shape)
        cut.append(replace(lot, shape=shape))
    return (*cut, *scraps)


def rectangle(*bounds: float) -> Polygon:
    """Rectangle in local metres: left, lower, right, upper bound."""
    return box(*bounds)
