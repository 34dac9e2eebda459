"""Map layers of block lines, what is wrong with them, their changes, zones, units and parks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.present import style
from gisland.present.blockwords import failing_blocks, of_set, other_use_inside
from gisland.present.facts import Block, Row, Rules, fields, plain_rows, quotes
from gisland.present.mapfeatures import Features, Kind, Made, drawn_rows, is_spatial
from gisland.present.wording import MISSING, comparison, is_missing, named, number, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.present.popups import Popup

    Texts = Mapping[str, str]
    Tables = Mapping[str, pd.DataFrame]
    Verdicts = Mapping[str, list[Row]]

LONGEST_NAME = 24  # characters of a name written into a feature
MARKS = {"pass": "✓ ", "fail": "✗ "}
SET_LAYERS = {
    "given": ("block_lines", "block"),
    "proposed": ("block_proposed", "block_proposed"),
    "adjusted": ("block_adjusted", "block_adjusted"),
}
BLOCK_FIELDS = (
    *("area", "level_by", "boundary", "land_m2", "industrial_m2", "industrial_share", "limit"),
    *(
        "share_outcome",
        "m0_share",
        "parcels",
        "owners",
        "far",
        "coverage",
        "low_use_share",
        "cut_ids",
    ),
    "other_use_ids",
)
ZONE_FIELDS = (
    *("area", "parcels", "far", "potential", "rank", "ranked_by", "area_term", "tax_gap_yuan"),
    *("tax_gap_term", "owners", "owners_term", "parcel_ids"),
)
UNIT_FIELDS = ("zone_id", "area", "parcels", "mean_m2", "deviation_m2", "parcel_ids")
PARK_FIELDS = (
    *("name", "area", "industrial_m2", "developable_m2", "developable_from", "built_m2"),
    *("built_from", "built_share", "to_build_m2", "to_build_from", "to_build_share"),
)
CHANGE_FIELDS = ("block_id", "area", "effective_m2", "industrial_m2", "reason")
PLACE_FIELDS = ("lines", "block_id", "part", "use_class", "inside_m2", "outside_m2", "reason")


def block_layers(tables: Tables, *, records: Rules, texts: Texts) -> dict[str, Made]:
    """Features and classes of the layers about block lines, zones and parks.

    Parameters
    ----------
    tables
        Result tables by name; a missing table leaves its layers out.
    records
        Rules by id, for the quotations in popups.
    texts
        The catalog.

    Returns
    -------
    dict
        By layer: one of each set of lines, one of conflicts, of changes, zones, units, parks.

    Examples
    --------
    >>> block_layers({}, records={}, texts={})
    {}
    """
    verdicts = _by_subject(tables.get("control_verdicts"))
    made: dict[str, Made] = {}
    for lines, (layer, _title) in SET_LAYERS.items():
        rows = drawn_rows(of_set(tables.get("block_lines"), lines), "block_id")
        if rows is not None:
            made[layer] = _blocks(rows, lines, verdicts=verdicts, records=records, texts=texts)
    conflicts = _conflicts(tables, verdicts, records=records, texts=texts)
    if conflicts[0] is not None:
        made["block_conflicts"] = conflicts
    changes = drawn_rows(tables.get("block_changes"), "change_id")
    if changes is not None:
        made["block_changes"] = _changes(changes, texts)
    return made | _zones(tables, texts) | _parks(tables, verdicts, records=records, texts=texts)


def _by_subject(verdicts: pd.DataFrame | None) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if verdicts is not None:
        for row in plain_rows(verdicts.sort_values(["subject", "topic", "test"])):
            found.setdefault(visible(row["subject"]), []).append(row)
    return found


def _told(tests: list[Row], *, records: Rules, texts: Texts) -> list[Block]:
    """Verdicts in a list, and the wording of the rules that were not kept to."""
    lines = [
        MARKS.get(t["outcome"], "")
        + texts["map.popup.reason_measured"].format(
            reason=named(texts, "control_test", t["test"]),
            measured=comparison(texts, t) or named(texts, "outcome", t["outcome"]),
        )
        for t in tests
        if visible(t.get("mode")) != "off"
    ]
    failed = [t for t in tests if t["outcome"] == "fail"]
    listed = [["list", texts["map.popup.verdicts"], lines]] if lines else []
    return [*listed, *quotes(failed, records, texts=texts)]


def _level(row: Row) -> str:
    value = row.get("level")
    return "other" if is_missing(value) else f"{value:g}"


def _blocks(
    rows: gpd.GeoDataFrame, lines: str, *, verdicts: Verdicts, records: Rules, texts: Texts
) -> Made:
    layer, title = SET_LAYERS[lines]
    looks = {"given": style.BLOCK_LINES, "proposed": style.PROPOSED_LINES}.get(lines)
    if looks is None:
        kinds = {"adjusted": Kind(texts["map.class.adjusted"], style.ADJUSTED_LINES)}
    else:
        section = "map.level" if lines == "given" else "map.class.proposed"
        kinds = {k: Kind(texts[f"{section}.{k}"], look) for k, look in looks.items()}
    codes, popups = [], []
    for row in map(_judged, plain_rows(rows)):
        level = _level(row)
        code = "adjusted" if looks is None else level if level in kinds else "other"
        codes.append(code)
        tests = verdicts.get(f"{lines}:{visible(row['block_id'])}", [])
        popups.append(
            {
                "t": texts[f"map.popup.{title}"].format(id=visible(row["block_id"])),
                "s": texts.get(f"map.level.{level}", kinds[code].label),
                "b": [
                    fields(row, [c for c in BLOCK_FIELDS if c in row or c == "area"], texts=texts),
                    *_told(tests, records=records, texts=texts),
                ],
            }
        )
    return Features(rows.geometry, codes, _numbered(layer, rows), popups), kinds


def _conflicts(tables: Tables, verdicts: Verdicts, *, records: Rules, texts: Texts) -> Made:
    """Blocks that fail a rule, and parcels that do not fit the lines; the given set goes first."""
    frame = tables.get("block_lines")
    sets = [s for s in ("given", "proposed") if len(_rows(of_set(frame, s)))]
    if not sets:
        return None, {}
    lines = sets[0]
    kinds = {k: Kind(texts[f"map.class.{k}"], look) for k, look in style.CONFLICTS.items()}
    parts = [
        _of_parcels(tables, lines, texts=texts),
        _failing(tables, lines, verdicts=verdicts, records=records, texts=texts),
    ]
    found = [p for p in parts if p is not None]
    if not found:
        return None, {}
    shapes = pd.concat([p[0] for p in found], ignore_index=True)
    codes = [c for p in found for c in p[1]]
    popups = [popup for p in found for popup in p[2]]
    keys = [f"conflict:{i}" for i in range(len(codes))]
    return Features(shapes, codes, keys, popups), kinds


def _judged(row: Row) -> Row:
    """The outcome under a name that says what it is of: other tests of the block stand below it."""
    return {**row, "share_outcome": row.get("outcome")}


def _rows(frame: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if frame is None else frame


def _failing(
    tables: Tables, lines: str, *, verdicts: Verdicts, records: Rules, texts: Texts
) -> tuple[gpd.GeoSeries, list[str], list[Popup]] | None:
    rows = drawn_rows(of_set(tables.get("block_lines"), lines), "block_id")
    if rows is None:
        return None
    tests = [
        [t for t in verdicts.get(f"{lines}:{visible(b)}", []) if t["outcome"] == "fail"]
        for b in rows["block_id"]
    ]
    fails = rows["block_id"].isin(failing_blocks(tables, lines))
    popups = [
        {
            "t": texts["map.popup.conflict_block"].format(id=visible(row["block_id"])),
            "s": texts["map.class.fails"],
            "b": [
                fields(
                    _judged(row),
                    ("area", "industrial_share", "limit", "share_outcome"),
                    texts=texts,
                ),
                *_told(own, records=records, texts=texts),
            ],
        }
        for row, own, is_so in zip(plain_rows(rows), tests, fails, strict=True)
        if is_so
    ]
    return rows.geometry[fails], ["fails"] * len(popups), popups


def _of_parcels(
    tables: Tables, lines: str, *, texts: Texts
) -> tuple[gpd.GeoSeries, list[str], list[Popup]] | None:
    """Parcels cut by a line, of other use inside, or industrial and outside of all blocks."""
    places, parcels = of_set(tables.get("block_parcels"), lines), tables.get("parcels")
    if places is None or parcels is None or not is_spatial(parcels):
        return None
    chosen = {
        "outside": places["part"] == "outside",
        "other": other_use_inside(places),
        "cut": places["part"] == "cut",
    }
    by_id = gpd.GeoDataFrame(parcels).drop_duplicates("parcel_id").set_index("parcel_id").geometry
    shapes, codes, popups = [], [], []
    for code, flags in chosen.items():
        rows = places[flags.to_numpy(dtype=bool)].sort_values(["parcel_id", "block_id"])
        for parcel_id, group in rows.groupby("parcel_id", sort=True):
            shape = by_id.get(parcel_id)
            if shape is None or shape.is_empty:
                continue
            shapes.append(shape)
            codes.append(code)
            popups.append(
                {
                    "t": texts["map.popup.conflict"].format(id=visible(parcel_id)),
                    "s": texts[f"map.class.{code}"],
                    "b": [fields(r, PLACE_FIELDS, texts=texts) for r in plain_rows(group)],
                }
            )
    return gpd.GeoSeries(shapes, crs=by_id.crs), codes, popups


def _changes(rows: gpd.GeoDataFrame, texts: Texts) -> Made:
    kinds = {k: Kind(texts[f"map.class.change_{k}"], v) for k, v in style.BLOCK_CHANGES.items()}
    codes = ["out" if c == "out" else "in" for c in rows["change"]]
    popups = [
        {
            "t": texts["map.popup.block_change"].format(id=visible(row["change_id"])),
            "s": kinds[code].label,
            "b": [fields(row, CHANGE_FIELDS, texts=texts)],
        }
        for row, code in zip(plain_rows(rows), codes, strict=True)
    ]
    return Features(rows.geometry, codes, _numbered("block_changes", rows), popups), kinds


def _zones(tables: Tables, texts: Texts) -> dict[str, Made]:
    made: dict[str, Made] = {}
    zones = drawn_rows(tables.get("zones"), "zone_id")
    if zones is not None:
        told = plain_rows(zones)
        names = [_zone_name(row, texts=texts) for row in told]
        made["zones"] = _plain(
            zones,
            told,
            source=("zones", "zone", "zone_id"),
            columns=ZONE_FIELDS,
            names=names,
            texts=texts,
        )
    units = drawn_rows(tables.get("zone_units"), "unit_id")
    if units is not None:
        told = plain_rows(units)
        names = [visible(row["unit_id"])[:LONGEST_NAME] for row in told]
        source = ("zone_units", "zone_unit", "unit_id")
        made["zone_units"] = _plain(
            units, told, source=source, columns=UNIT_FIELDS, names=names, texts=texts
        )
    return made


def _zone_name(row: Row, *, texts: Texts) -> str:
    name = visible(row["zone_id"])[:LONGEST_NAME]
    rank = number(row.get("rank"), unit="count")
    return name if rank == MISSING else texts["map.popup.ranked"].format(id=name, rank=rank)


def _parks(tables: Tables, verdicts: Verdicts, *, records: Rules, texts: Texts) -> dict[str, Made]:
    rows = drawn_rows(tables.get("parks"), "park_id")
    if rows is None:
        return {}
    told = plain_rows(rows)
    names = [visible(row.get("name") or row["park_id"])[:LONGEST_NAME] for row in told]
    made = _plain(
        rows,
        told,
        source=("parks", "park", "park_id"),
        columns=PARK_FIELDS,
        names=names,
        texts=texts,
    )
    features = made[0]
    for popup, row in zip(features.popups if features else [], told, strict=True):
        tests = verdicts.get(f"park:{visible(row['park_id'])}", [])
        popup["b"] += _told(tests, records=records, texts=texts)
    return {"parks": made}


def _plain(
    rows: gpd.GeoDataFrame,
    told: list[Row],
    *,
    source: tuple[str, str, str],
    columns: tuple[str, ...],
    names: list[str],
    texts: Texts,
) -> Made:
    """A layer of one look, with names: its layer, the title of its popups, its ids."""
    layer, title, column = source
    look = {"zones": style.ZONES, "zone_units": style.ZONE_UNITS, "parks": style.PARKS}[layer]
    label = texts[f"map.class.{layer}"]
    popups: list[Popup] = [
        {
            "t": texts[f"map.popup.{title}"].format(id=visible(row[column])),
            "s": label,
            "b": [fields(row, [c for c in columns if c in row or c == "area"], texts=texts)],
        }
        for row in told
    ]
    keys = _numbered(title, rows)
    return Features(rows.geometry, [layer] * len(rows), keys, popups, tuple(names)), {
        layer: Kind(label, look)
    }


def _numbered(kind: str, rows: pd.DataFrame) -> list[str]:
    return [f"{kind}:{i}" for i in range(len(rows))]
