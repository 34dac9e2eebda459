"""Where a parcel lies: its neighbors, enclaves, zones and block lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from gisland.base.names import comparable
from gisland.base.schema import OVERALL
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.present.about import lines
from gisland.present.abouttests import cited
from gisland.present.blockwords import of_set
from gisland.present.enclavewords import attribute_name, enclave_text, values_of
from gisland.present.facts import Row, plain_rows
from gisland.present.lists import listed, some_ids
from gisland.present.wording import (
    MISSING,
    area_both,
    comparison,
    is_missing,
    label,
    number,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from gisland.present.about import About
    from gisland.present.plaintext import Block

FREE = ("free_road_m", "free_water_m", "free_shore_m", "free_nothing_m", "free_edge_m")
PART = 5e-4  # a smaller share of a parcel in a block is its edge
MANY = 60  # neighbors listed


def neighbors(about: About) -> list[Block]:
    """Parcels around with the borders, the longest first, and the free boundary.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list
        Blocks.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> neighbors(About("a", {}, {}, catalog("en")))
    [['text', 'No parcel runs along this one.']]
    """
    texts = about.texts
    rows = neighbor_rows(about)
    free: Block = ["rows", lines(FREE, about)]
    if not rows:
        return [["text", about.say("no_neighbors")], *([free] if free[1] else [])]
    total = math.fsum(r["border_m"] for r in rows)
    tolerant = math.fsum(r["tolerant_m"] for r in rows)
    perimeter: Any = about.row.get("perimeter_m")
    head = about.say(
        "neighbors",
        n=len(rows),
        total=about.metres(total),
        share=about.share(total / perimeter) if not is_missing(perimeter) else MISSING,
    )
    if tolerant > 0:
        limit = about.run.get("parameters", {}).get("tolerance_m")
        given = about.say(
            "tolerant", tolerant=about.metres(tolerant), tolerance=about.metres(limit)
        )
        head = about.say("sentences", first=head, second=given)
    heads = [texts["column.neighbor"], *(about.say(f"head.{k}") for k in ("border", "apart"))]
    heads += [texts["column.owner"], texts["column.use_class"], texts["column.verdict"]]
    cells = [_neighbor(r, about) for r in rows[:MANY]]
    more = [["text", about.say("and_more", n=len(rows) - MANY)]] if len(rows) > MANY else []
    blocks: list[Block] = [["text", head], ["table", heads, cells, [1, 2]], *more]
    return [*blocks, free] if free[1] else blocks


def _neighbor(row: Row, about: About) -> list[str]:
    texts = about.texts
    role = label(texts, "verdict", row["verdict"])
    if row["verdict"] == "site":
        role = texts["map.popup.site"].format(id=shortened(row["site_id"]))
    elif not is_missing(row["site_id"]):
        role = f"{role} {shortened(row['site_id'])}"
    return [
        shortened(row["neighbor"]),
        number(row["border_m"], unit="m"),
        number(row["distance_mean_m"], unit="m", decimals=3) if row["tolerant_m"] > 0 else "0",
        shortened(row["owner"], longest=60) or MISSING,
        label(texts, "use_class", row["use_class"]),
        role,
    ]


def neighbor_rows(about: About) -> list[Row]:
    """Borders of the parcel with what is known of each neighbor, the longest first.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of dict
        ``neighbor``, lengths and distances of the border, then ``owner``, ``use_class``,
        ``site_id`` and ``verdict`` of the neighbor.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> neighbor_rows(About("a", {}, {}, {}))
    []
    """
    borders = about.rows("borders", "focal")
    parcels = {
        r["parcel_id"]: r
        for b in borders
        for r in about.rows("parcels", "parcel_id", value=visible(b["neighbor"]))
    }
    kept = ("owner", "use_class", "site_id", "verdict")
    numbers = ("border_m", "tolerant_m", "distance_mean_m", "distance_max_m")
    rows = [
        {"neighbor": b["neighbor"]}
        | {k: b.get(k) for k in numbers}
        | {k: parcels.get(b["neighbor"], {}).get(k) for k in kept}
        for b in borders
    ]
    return sorted(rows, key=lambda r: (-r["border_m"], visible(r["neighbor"])))


def enclaves(about: About) -> list[str]:
    """Enclaves that the parcel lies in, and those that its own land surrounds.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Sentences; none where there is no such enclave.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> enclaves(About("a", {}, {}, {}))
    []
    """
    inside = [_inside(r, about) for r in about.lists("enclaves", "parcel_ids")]
    rows = plain_rows(about.frame("enclaves"))
    outside = [r for r in rows if about.parcel_id not in listed(r.get("parcel_ids"))]
    around = [
        about.say(
            "surrounds",
            enclave=enclave_text(r["enclave_id"], texts=about.texts),
            value=_values(r["attribute"], r.get("value"), about),
            own=_values(r["attribute"], about.row.get(r["attribute"]), about),
        )
        for r in outside
        if _is_around(r, about)
    ]
    return [*inside, *around]


def _values(attribute: object, joined: object, about: About) -> str:
    values = values_of(attribute, joined, texts=about.texts)
    return about.joined(shortened(v) for v in values) or MISSING


def _is_around(row: Row, about: About) -> bool:
    """Whether the parcel belongs to the land around an enclave beside it."""
    if about.parcel_id in listed(row.get("surrounding_ids")):
        return True
    value = visible(row.get("surrounded_by"))
    names = [about.row.get(visible(row.get("attribute"))), value, *listed(value)]
    own, *holders = comparable(pd.Series(names, dtype="str"))
    return not is_missing(own) and own in holders


def _inside(row: Row, about: About) -> str:
    texts, attribute = about.texts, row["attribute"]
    told = about.say(
        "enclave",
        enclave=enclave_text(row["enclave_id"], texts=texts),
        attribute=shortened(attribute_name(attribute, texts=texts)),
        value=_values(attribute, row.get("value"), about),
        n=len(listed(row.get("parcel_ids"))),
        area=area_both(texts, row.get("area_m2")),
        holders=_values(attribute, row.get("surrounded_by"), about),
        kind=label(texts, "enclave_kind", row.get("kind")),
        share=about.share(row.get("share")),
        free=about.share(row.get("free_share")),
        around=about.m2(row.get("surrounding_area_m2")),
    )
    if is_missing(row.get("inside_of")):
        return told
    deep = about.say(
        "enclave_in",
        outer=enclave_text(row["inside_of"], texts=texts),
        depth=number(row.get("depth"), unit="count"),
    )
    return about.say("sentences", first=told, second=deep)


def groups(about: About) -> list[str]:
    """Redevelopment zone, group of scraps and block lines of the parcel.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> groups(About("a", {}, {}, {}))
    []
    """
    texts = about.texts
    told = [
        about.say(
            "zone",
            zone=shortened(r["zone_id"]),
            n=number(r.get("parcels"), unit="count"),
            area=area_both(texts, r.get("area_m2")),
            far=number(r.get("far"), unit="ratio"),
        )
        for r in about.lists("zones", "parcel_ids")
    ]
    told += [
        about.say(
            "group",
            group=shortened(r.get("group_id")),
            ids=some_ids(r.get("parcel_ids"), texts=texts),
            area=area_both(texts, r.get("area_m2")),
            sites=some_ids(r.get("site_ids"), texts=texts),
            kind=label(texts, "scrap_kind", r.get("scrap_kind")),
        )
        for r in about.lists("scrap_groups", "parcel_ids")
    ]
    return [*told, *(_block(row, about) for row in _holding(about))]


def in_block(about: About) -> bool:
    """Whether the parcel lies in a block, or is cut by its line.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    bool
        False where no block line comes near.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> in_block(About("a", {}, {}, {}))
    False
    """
    return bool(_holding(about))


def _holding(about: About) -> list[Row]:
    """Given blocks that hold the parcel, with its ``part`` inside, and whether it is ``cut``."""
    given = of_set(about.frame("block_lines"), "given")
    frame = pd.DataFrame() if given is None else given
    shapes = frame["geometry"].to_numpy() if "geometry" in frame else [None] * len(frame)
    rows = [
        row
        | {
            "part": _part(shape, about),
            "cut": about.parcel_id in listed(row.get("cut_ids")),
            "other": about.parcel_id in listed(row.get("other_use_ids")),
        }
        for row, shape in zip(plain_rows(frame), shapes, strict=True)
    ]
    rows = [r for r in rows if visible(r.get("block_id")) != OVERALL]
    return [r for r in rows if r["cut"] or r["other"] or (r["part"] or 0.0) > PART]


def _block(row: Row, about: About) -> str:
    test = {k: row.get(k) for k in ("outcome", "limit")} | {"value": row.get("industrial_share")}
    share = comparison(about.texts, test | {"operator": ">=", "unit": "share"})
    return about.say(
        "block",
        block=shortened(row["block_id"]),
        level=number(row.get("level"), unit="count"),
        part=about.share(row["part"]),
        how=_how(about, cut=row["cut"], other=row["other"]),
        share=share or about.share(row.get("industrial_share")),
        outcome=label(about.texts, "outcome", row.get("outcome")),
        rule=cited(row.get("rule_id"), about),
    )


def _how(about: About, *, cut: bool, other: bool) -> str:
    """What the check of a block line found of the parcel."""
    told = [about.say(key) for key, is_so in (("cut", cut), ("other_use", other)) if is_so]
    if not other:
        industrial = visible(about.row.get("use_class")) in INDUSTRIAL_USE_CLASSES
        told.append(about.say("fits" if industrial else "unlisted"))
    return about.joined(told)


def _part(shape: Any, about: About) -> float | None:  # noqa: ANN401 - a geometry
    """Share of the parcel inside a block."""
    frame = about.frame("parcels")
    own = frame.loc[frame["parcel_id"] == about.parcel_id, "geometry"].to_numpy()[0]
    usable = own is not None and shape is not None
    if not usable or not (shapely.is_valid(own) and shapely.is_valid(shape)) or not own.area:
        return None
    return min(float(shapely.intersection(own, shape).area / own.area), 1.0)
