"""A right result with block lines made by hand: two blocks of ten parcels of 100 m x 100 m each.

Block L1 holds a0 to a9 whole and 5 000 m² without a parcel; L2 ends in the middle of b4 and b9.
x1 is industrial and outside. Industrial are 80 000 of the 100 000 m² in L1 and 50 000 of the
80 000 classified m² in L2; a7 is M0, b8 has neither use nor owner nor floor area.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import Geometry, box, union_all

from gisland.base.rules import load_rules
from gisland.base.tables import PARCEL_RESULTS
from verify_case import Case, here, holdings, mixture, rules_record

if TYPE_CHECKING:
    from gisland.base.rule import Rule

NAN = float("nan")
LOT = 10_000.0
MU = 15 / 10_000
OF_A = ["industrial"] * 6 + ["logistics", "industrial", "commercial", "green"]
OF_B: list[str | None] = ["industrial"] * 5 + ["residential"] * 3 + [None, "industrial"]
L1, L2 = (0, 0, 500, 210), (600, 0, 1050, 200)
THEMES = ("block_line.", "conversion.", "concentration.", "park.", "low_use.va", "low_use.un")


def lots() -> dict[str, dict[str, Any]]:
    """Cells of the parcels by id; ``at`` is the rectangle."""
    made: dict[str, dict[str, Any]] = {}
    for letter, uses, west in (("a", OF_A, 0), ("b", OF_B, 600)):
        for n, use in enumerate(uses):
            x, y = west + n % 5 * 100, n // 5 * 100
            cells = {"at": (x, y, x + 100, y + 100), "use_class": use, "area_m2": LOT}
            cells["tenure"] = "state" if letter == "a" else "collective"
            cells["owner"] = "C" if letter == "b" else "A" if n < 5 else "B"
            made[f"{letter}{n}"] = cells | {"counted_floor_area_m2": 2 * LOT, "low_use": None}
    made["a6"]["owner"] = "Ｂ"
    made["a7"]["use_code"] = "ｍ０"
    made["a0"]["low_use"] = made["b4"]["low_use"] = True
    made["a1"]["low_use"] = False
    made["b8"] |= {"owner": None, "counted_floor_area_m2": None}
    made["b9"]["owner"] = "A"
    made["x1"] = {"at": (0, 300, 100, 400), "use_class": "industrial", "area_m2": LOT}
    made["x1"] |= {"tenure": "state", "owner": "A", "counted_floor_area_m2": 2 * LOT}
    made["r1"] = {"at": (500, 0, 600, 200), "use_class": "transport", "area_m2": 2 * LOT}
    return made


def parcels() -> gpd.GeoDataFrame:
    """The parcels table."""
    rows, shapes = [], []
    for name, cells in sorted(lots().items()):
        shape = here(box(*cells["at"]))
        floor = cells.get("counted_floor_area_m2")
        row = {"parcel_id": name, **dict.fromkeys(PARCEL_RESULTS)}
        row |= {"perimeter_m": shape.length, "fragment": False, "fragment_reasons": ""}
        row |= {"verdict": "none", "reasons": "", "far": None if floor is None else 2.0}
        row |= {"owner": None, "use_code": None, "footprint_m2": 0.3 * cells["area_m2"]}
        row |= {"coverage": 0.3, **cells, "area_mu": cells["area_m2"] * MU}
        del row["at"]
        rows.append(row)
        shapes.append(shape)
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=4547)


def layer(rows: list[dict[str, Any]], shapes: list[Geometry | None]) -> gpd.GeoDataFrame:
    """Rows with geometry where the case lies."""
    placed = [None if s is None else here(s) for s in shapes]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=gpd.GeoSeries(placed, crs=4547))


def block_row(lines: str, block: str, **cells: Any) -> dict[str, Any]:  # noqa: ANN401 - any cell
    """Row of a block; shares follow from the areas."""
    one = {"level_by": "", "boundary": "", "level": None, "limit": 0.6, "outcome": "pass", **cells}
    total = block == "overall"
    one |= {"lines": lines, "block_id": block, "area_mu": one["area_m2"] * MU}
    one["industrial_share"] = one["industrial_m2"] / one["classified_m2"]
    one["m0_share"] = one["m0_m2"] / one["industrial_m2"]
    one["m0_limit"] = 0.2 if total else None
    one["m0_outcome"] = "pass" if total else "not_assessed"
    one["rule_id"] = f"block_line.{'total_' if total else ''}industrial_share"
    one["low_use_share"] = one["low_use_m2"] / one["land_m2"]
    one["far"] = one["floor_m2"] / one["land_m2"]
    one["coverage"] = one["footprint_m2"] / one["land_m2"]
    return one


FIRST = {
    "area_m2": 105_000.0,
    "land_m2": 100_000.0,
    "classified_m2": 100_000.0,
    "industrial_m2": 80_000.0,
    "m0_m2": LOT,
    "state_m2": 100_000.0,
    "collective_m2": 0.0,
    "parcels": 10,
    "parcels_cut": 0,
    "owners": 2,
    "without_owner": 0,
    "low_use_parcels": 1,
    "without_floor": 0,
    "low_use_m2": LOT,
    "floor_m2": 200_000.0,
    "footprint_m2": 30_000.0,
    "cut_ids": "",
    "other_use_ids": "a8;a9",
    "level": 1,
}
SECOND = {
    "area_m2": 90_000.0,
    "land_m2": 90_000.0,
    "classified_m2": 80_000.0,
    "industrial_m2": 50_000.0,
    "m0_m2": 0.0,
    "state_m2": 0.0,
    "collective_m2": 90_000.0,
    "parcels": 10,
    "parcels_cut": 2,
    "owners": 2,
    "without_owner": 1,
    "low_use_parcels": 1,
    "without_floor": 1,
    "low_use_m2": 5_000.0,
    "floor_m2": NAN,
    "footprint_m2": 27_000.0,
    "cut_ids": "b4;b9",
    "other_use_ids": "b5;b6;b7",
    "level": 2,
}
BOTH = {
    "area_m2": 195_000.0,
    "land_m2": 190_000.0,
    "classified_m2": 180_000.0,
    "industrial_m2": 130_000.0,
    "m0_m2": LOT,
    "state_m2": 100_000.0,
    "collective_m2": 90_000.0,
    "parcels": 20,
    "parcels_cut": 2,
    "owners": 3,
    "without_owner": 1,
    "low_use_parcels": 2,
    "without_floor": 1,
    "low_use_m2": 15_000.0,
    "floor_m2": NAN,
    "footprint_m2": 57_000.0,
    "cut_ids": "b4;b9",
    "other_use_ids": "a8;a9;b5;b6;b7",
}
USES = {
    "L1": {
        "industrial": (70_000, 7),
        "logistics": (10_000, 1),
        "commercial": (10_000, 1),
        "green": (10_000, 1),
        "no_parcel": (5_000, 0),
    },
    "L2": {
        "industrial": (50_000, 6),
        "residential": (30_000, 3),
        "not_classified": (10_000, 1),
        "no_parcel": (0, 0),
    },
    "overall": {
        "industrial": (120_000, 13),
        "logistics": (10_000, 1),
        "commercial": (10_000, 1),
        "green": (10_000, 1),
        "residential": (30_000, 3),
        "not_classified": (10_000, 1),
        "no_parcel": (5_000, 0),
    },
}


def block_uses(lines: str, uses: dict[str, dict[str, tuple[int, int]]]) -> pd.DataFrame:
    """Uses of blocks from area and number of parcels."""
    rows = [
        {"lines": lines, "block_id": block, "use_class": use, "parcels": count, "area_m2": area}
        | {"area_mu": area * MU, "share": area / sum(a for a, _ in own.values())}
        for block, own in uses.items()
        for use, (area, count) in own.items()
    ]
    return pd.DataFrame(rows)


def block_parcels(lines: str, blocks: dict[str, tuple[float, ...]]) -> pd.DataFrame:
    """Parcels of rectangular blocks, by arithmetic."""
    rows = []
    for name, cells in lots().items():
        west, south, east, north = cells["at"]
        left = cells["area_m2"]
        for block, (x0, y0, x1, y1) in blocks.items():
            wide, high = min(east, x1) - max(west, x0), min(north, y1) - max(south, y0)
            if wide <= 0 or high <= 0:
                continue
            inside = wide * high
            left -= inside
            cut = 0.01 <= inside / cells["area_m2"] <= 0.99
            row = {"block_id": block, "part": "cut" if cut else "inside", "inside_m2": inside}
            rows.append({"parcel_id": name, **row, "outside_m2": cells["area_m2"] - inside})
        if cells["use_class"] in ("industrial", "logistics") and left > 0.01 * cells["area_m2"]:
            row = {"block_id": "", "part": "outside", "inside_m2": 0.0, "outside_m2": left}
            rows.append({"parcel_id": name, **row})
    frame = pd.DataFrame(rows).assign(lines=lines)
    use = frame["parcel_id"].map({k: v["use_class"] for k, v in lots().items()})
    reason = (frame["part"] == "outside").map({True: "not_in_lines", False: ""})
    return frame.assign(use_class=use, reason=reason)


def verdict(held: Rule, value: float, **cells: Any) -> dict[str, Any]:  # noqa: ANN401 - any cell
    """Row of one area, with the limit of its rule."""
    row = {"test": held.id.rpartition(".")[2], "value": value, "limit": held.limit}
    row |= {c: getattr(held, c) for c in ("operator", "unit", "denominator", "mode")}
    row |= {"rule_id": held.id, "numerator": None, "denominator_value": None}
    if held.mode == "off":
        row["outcome"] = "not_assessed"
    return {"outcome": "pass", **row, **cells}


def of_lines(lines: str, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Verdicts on blocks as their rows have it; all rules hold."""
    rules = common()
    rows = []
    for _, one in table[table["lines"] == lines].iterrows():
        total = one["block_id"] == "overall"
        first, second = ("industrial_share", "m0_share_of_block")
        if total:
            first, second = ("total_industrial_share", "m0_share")
        shares = [(first, "industrial_m2", "classified_m2")]
        shares += [(second, "m0_m2", "industrial_m2" if total else "land_m2")]
        place = {"topic": "block_lines", "subject": f"{lines}:{one['block_id']}"}
        for test, part, whole in shares:
            made = {"numerator": one[part], "denominator_value": one[whole], **place}
            rows.append(verdict(rules[f"block_line.{test}"], one[part] / one[whole], **made))
        if total:
            rows.append(verdict(rules["block_line.total_area"], one["area_m2"], **place))
    return rows


def common() -> dict[str, Rule]:
    """The rules of the case by id."""
    return {r.id: r for r in load_rules("common") if r.id.startswith(THEMES)}


def indicators() -> pd.DataFrame:
    """Nothing but the number of parcels."""
    row = {"subject": "overall", "indicator": "parcels", "before": 22.0, "after": 22.0}
    return pd.DataFrame([{**row, "delta": 0.0, "unit": "", "denominator": ""}])


def given_case() -> Case:
    """Given block lines and nothing else."""
    shapes = [box(*L1), box(*L2), None]
    rows = [block_row("given", b, **c) for b, c in zip(USES, (FIRST, SECOND, BOTH), strict=True)]
    lots_table = parcels()
    table = layer(rows, shapes)
    owners = holdings(lots_table.replace({"owner": {"Ｂ": "B"}}))
    owners["spellings"] = owners["owner"].map({"A": 1, "B": 2, "C": 1})
    lineage = lots_table[["parcel_id", "area_m2"]].assign(role="kept")
    tables: dict[str, Any] = {
        "parcels": lots_table,
        "lineage": pd.DataFrame(lineage).assign(after_id=lots_table["parcel_id"]),
        "indicators": indicators(),
        "mixture": mixture(lots_table),
        "holdings": owners,
        "block_lines": table,
        "block_uses": block_uses("given", USES),
        "block_parcels": block_parcels("given", {"L1": L1, "L2": L2}),
        "control_verdicts": pd.DataFrame(of_lines("given", table)),
    }
    run = {
        "gisland": "0.1.0",
        "area_basis": "plane",
        "parameters": {"tolerance_m": 0.05, "min_border_m": 1.0, "corridor_m": 30.0},
        "rules": rules_record(list(common().values())),
        "inputs": [{"layer": "parcels", "rows": 22}],
        "counts": {"parcels": 22, "fragments": 0, "enclaves": 0, "jointly_enclosed": 0}
        | {"scrap_groups": 0, "zones": 0, "sites": 0, "control_failures": 0}
        | {"blocks_given": 2, "blocks_proposed": 0, "blocks_adjusted": 0},
    }
    return Case(tables, run)


def converted_case() -> Case:
    """Given lines in which land is converted, and a park over half of L1.

    Planned are a0 commercial, a1 and a7 M0 (a7 is so today), a6 industrial instead of logistics,
    b4 residential; a7 and b4 in 2026. The park may be built up on 50 000 m² by its own column;
    of its six parcels a0 is vacant.
    """
    case = given_case()
    lots_table = case.tables["parcels"].set_index("parcel_id")
    for name, planned in PLANNED.items():
        for column, cell in planned.items():
            lots_table.loc[name, column] = cell
    lots_table.loc[["a0", "a1"], "status"] = ["vacant", "in use"]
    case.tables["parcels"] = lots_table.reset_index()
    cells = {
        k: dict(zip(("block_id", "use_before", "use_after", "kind"), v, strict=True))
        for k, v in CONVERTED.items()
    }
    rows = [
        {"parcel_id": k, **v, "area_m2": 5_000.0 if k == "b4" else LOT} for k, v in cells.items()
    ]
    table = pd.DataFrame(rows)
    table = table.assign(area_mu=table["area_m2"] * MU)
    table["plan_year"] = [2026 if name in ("a7", "b4") else None for name in table["parcel_id"]]
    totals = [("2026", "to_industry", LOT, 2 / 3), ("2026", "to_residential", LOT / 2, 1 / 3)]
    totals += [("unknown", f"to_{k}", LOT, 1 / 3) for k in ("commercial", "industry", "m0")]
    frame = pd.DataFrame(totals, columns=["year", "kind", "area_m2", "share"])
    park = {"park_id": "P1", "name": "East", "area_m2": 60_000.0, "area_mu": 90.0}
    park |= {"developable_m2": 50_000.0, "built_m2": 50_000.0, "to_build_m2": 0.0}
    park |= {"industrial_m2": 60_000.0, "built_share": 1.0, "to_build_share": 0.0}
    park |= {"developable_from": "column", "built_from": "parcels", "to_build_from": "parcels"}
    case.tables |= {
        "conversions": table,
        "conversion_totals": frame.assign(parcels=1, area_mu=frame["area_m2"] * MU),
        "parks": layer([park], [box(0, 0, 300, 200)]),
    }
    more = pd.DataFrame(of_conversions() + of_parks())
    told = case.tables["control_verdicts"]
    case.tables["control_verdicts"] = pd.concat([told, more], ignore_index=True)
    case.run["counts"]["control_failures"] = 1  # the share in parks
    return case


PLANNED: dict[str, dict[str, Any]] = {
    "a0": {"planned_use_class": "commercial"},
    "a1": {"planned_use_class": "industrial", "planned_use": "M0"},
    "a2": {"planned_use_class": "industrial"},
    "a6": {"planned_use_class": "industrial"},
    "a7": {"planned_use_class": "industrial", "planned_use": "M0", "plan_year": 2026.0},
    "b4": {"planned_use_class": "residential", "plan_year": 2026.0},
}
CONVERTED = {
    "a0": ("L1", "industrial", "commercial", "to_commercial"),
    "a1": ("L1", "industrial", "m0", "to_m0"),
    "a6": ("L1", "logistics", "industrial", "to_industry"),
    "a7": ("L1", "m0", "m0", "to_industry"),
    "b4": ("L2", "industrial", "residential", "to_residential"),
}


def of_conversions() -> list[dict[str, Any]]:
    """Verdicts on the two years; both rules are off."""
    rules, rows = common(), []
    for year, m0, used, total in (("2026", 0.0, LOT, 1.5 * LOT), ("unknown", LOT, LOT, 3 * LOT)):
        place = {"topic": "conversions", "subject": f"year:{year}"}
        rows.append(verdict(rules["conversion.m0_cap"], m0, **place))
        made = {"numerator": used, "denominator_value": total, **place}
        rows.append(verdict(rules["conversion.industry_floor"], used / total, **made))
    return rows


def of_parks() -> list[dict[str, Any]]:
    """Verdicts on concentration (60 000 of 150 000 m², of 220 000 built up) and on the park."""
    rules = common()
    place = {"topic": "concentration", "subject": "overall"}
    made = {"numerator": 60_000.0, "denominator_value": 150_000.0, "outcome": "fail", **place}
    rows = [verdict(rules["concentration.park_share"], 0.4, **made)]
    made = {"numerator": 150_000.0, "denominator_value": 220_000.0, **place}
    told = {"test": "industrial_share_of_built_up", "value": 15 / 22, "unit": "share"}
    rows.append({**made, **told, "outcome": "not_assessed", "rule_id": "", "mode": ""})
    for measure, part in (("built", 50_000.0), ("to_build", 0.0)):
        made = {"topic": "parks", "subject": "park:P1", "numerator": part}
        made["denominator_value"] = 50_000.0
        for grave in ("", "_highest" if measure == "to_build" else "_lowest"):
            rule = rules[f"park.{measure}_share{grave}"]
            rows.append(verdict(rule, part / 50_000.0, **made))
    return rows


def change(case: Case, table: str, where: dict[str, object], **cells: object) -> None:
    """Set cells in the rows of a table whose columns hold some values."""
    frame = case.tables[table].copy()
    rows = pd.Series(True, index=frame.index)  # noqa: FBT003 - a flag for each row
    for column, value in where.items():
        rows &= frame[column] == value
    assert rows.any(), f"no row {where} in {table}"
    for column, value in cells.items():
        frame.loc[rows, column] = value
    case.tables[table] = frame


def take_out(case: Case, table: str, **where: object) -> None:
    """Drop the rows of a table whose columns hold some values."""
    frame = case.tables[table]
    rows = pd.Series(True, index=frame.index)  # noqa: FBT003 - a flag for each row
    for column, value in where.items():
        rows &= frame[column] == value
    assert rows.any(), f"no row {where} in {table}"
    case.tables[table] = frame[~rows].reset_index(drop=True)


def add(case: Case, table: str, **cells: object) -> None:
    """Add a row to a table, like its first one but for some cells."""
    frame = case.tables[table]
    row = frame.iloc[[0]].assign(**cells)
    case.tables[table] = pd.concat([frame, row], ignore_index=True)


def whole(*rects: tuple[float, ...]) -> Geometry:
    """Union of rectangles."""
    return union_all([box(*r) for r in rects])


C1, C2, C3 = (1050, 0, 1100, 200), (0, 0, 50, 100), (10, 110, 60, 160)


def adjusted_case() -> Case:
    """L2 takes in the other halves of b4 and b9 (c1), L1 loses half of a0 (c2); c3 lies in L1.

    L1 then has 100 000 m² (75 000 industrial of 95 000), L2 100 000 m² (60 000 of 90 000).
    """
    case = given_case()
    first = FIRST | {"area_m2": 100_000.0, "land_m2": 95_000.0, "classified_m2": 95_000.0}
    first |= {"industrial_m2": 75_000.0, "state_m2": 95_000.0, "low_use_m2": 5_000.0}
    first |= {"floor_m2": 190_000.0, "footprint_m2": 28_500.0, "parcels_cut": 1, "cut_ids": "a0"}
    second = SECOND | {"area_m2": 100_000.0, "land_m2": 100_000.0, "classified_m2": 90_000.0}
    second |= {"industrial_m2": 60_000.0, "collective_m2": 100_000.0, "low_use_m2": LOT}
    second |= {"footprint_m2": 30_000.0, "parcels_cut": 0, "cut_ids": ""}
    both = BOTH | {"area_m2": 200_000.0, "land_m2": 195_000.0, "classified_m2": 185_000.0}
    both |= {"industrial_m2": 135_000.0, "state_m2": 95_000.0, "collective_m2": 100_000.0}
    both |= {"low_use_m2": 15_000.0, "footprint_m2": 58_500.0, "parcels_cut": 1, "cut_ids": "a0"}
    rows = [block_row("adjusted", b, **c) for b, c in zip(USES, (first, second, both), strict=True)]
    shapes = [box(*L1).difference(box(*C2)), box(600, 0, 1100, 200), None]
    table = pd.concat([case.tables["block_lines"], layer(rows, shapes)], ignore_index=True)
    uses = {block: dict(own) for block, own in USES.items()}
    uses["L1"]["industrial"], uses["L2"]["industrial"] = (65_000, 7), (60_000, 6)
    uses["overall"]["industrial"] = (125_000, 13)
    parts = block_parcels("adjusted", {"L1": L1, "L2": (600, 0, 1100, 200)})
    parts.loc[parts["parcel_id"] == "a0", ["inside_m2", "outside_m2", "part"]] = [5e3, 5e3, "cut"]
    out = parts[parts["parcel_id"] == "x1"].assign(parcel_id="a0", outside_m2=5_000.0)
    extra = {
        "block_lines": table,
        "block_uses": block_uses("adjusted", uses),
        "block_parcels": pd.concat([parts, out]),
        "control_verdicts": pd.DataFrame(of_lines("adjusted", table) + of_adjustment()),
    }
    case.tables["block_lines"] = table
    for name in ("block_uses", "block_parcels", "control_verdicts"):
        case.tables[name] = pd.concat([case.tables[name], extra[name]], ignore_index=True)
    change_rows = [("c1", "in", "L2", "", LOT, LOT, LOT), ("c2", "out", "L1", "", 5e3, 5e3, 5e3)]
    change_rows += [("c3", "in", "L1", "already_in", 2_500.0, 0.0, 0.0)]
    columns = ["change_id", "change", "block_id", "reason"]
    columns += ["area_m2", "effective_m2", "industrial_m2"]
    changes = [dict(zip(columns, row, strict=True)) for row in change_rows]
    frame = layer(changes, [box(*C1), box(*C2), box(*C3)])
    case.tables["block_changes"] = frame.assign(area_mu=frame["area_m2"] * MU)
    case.tables["block_balance"] = balance(table)
    case.run["counts"] |= {"blocks_adjusted": 2, "control_failures": 1}  # the layout
    return case


COMPACT = (  # by block 4 pi a / p², weighted by a: p is 1420 and 1300 m before, 1420 and 1400 after
    (105_000.0**2 / 1420**2 + 90_000.0**2 / 1300**2) * 4 * math.pi / 195_000,
    (100_000.0**2 / 1420**2 + 100_000.0**2 / 1400**2) * 4 * math.pi / 200_000,
)
LAID_OUT = {  # over the land of each side
    "patches": (2.0, 2.0, "count"),
    "mean_parcel_area": (97_500.0, 100_000.0, "m2"),
    "effective_mesh_size": ((105_000.0**2 + 90_000.0**2) / 195_000, 100_000.0, "m2"),
    "edge_density": (2720 / 19.5, 2820 / 20, "m/ha"),
    "compactness": (*COMPACT, "ratio"),
}


def balance(lines: gpd.GeoDataFrame) -> pd.DataFrame:
    """Balance of the adjustment."""
    rows = []
    sides = [lines[lines["lines"] == w].set_index("block_id") for w in ("given", "adjusted")]
    units = {"area_m2": "m2", "industrial_m2": "m2", "industrial_share": "share"}
    for block in USES:
        for name, unit in (units | {"m0_share": "share"}).items():
            rows.append((block, name, unit, *(s.loc[block, name] for s in sides)))
    rows += [("overall", n, unit, was, now) for n, (was, now, unit) in LAID_OUT.items()]
    frame = pd.DataFrame(rows, columns=["block_id", "indicator", "unit", "before", "after"])
    return frame.assign(delta=frame["after"] - frame["before"])


def of_adjustment() -> list[dict[str, Any]]:
    """Verdicts on the adjustment: area kept, layout no more scattered."""
    rules = common()
    place = {"topic": "adjustment", "subject": "adjusted:overall"}
    made = {"numerator": 200_000.0, "denominator_value": 195_000.0, **place}
    rows = [verdict(rules["block_line.total_kept"], 200 / 195, **made)]
    tests = {"layout_patches": "patches", "layout_mesh": "effective_mesh_size"}
    for test, name in (tests | {"layout_compactness": "compactness"}).items():
        was, now, unit = LAID_OUT[name]
        held = now <= was if name == "patches" else now >= was
        made = {"test": test, "limit": was, "unit": unit, **place}
        made |= {"operator": "<=" if name == "patches" else ">=", "denominator": ""}
        outcome = "pass" if held else "fail"
        rows.append(verdict(rules["block_line.layout"], now, outcome=outcome, **made))
    return rows


P1 = [(0, 0, 500, 100), (0, 100, 300, 200)]
P2 = [(600, 0, 1100, 100), (1000, 100, 1100, 200)]


def proposed_case() -> Case:
    """Blocks drawn along the edges of industrial parcels: B01 of a0 to a7, B02 of b0 to b4 and b9.

    B01 (80 000 m²) is of level 1 by its size of at least 70 000 m², B02 (60 000 m²) of level 2;
    x1 (10 000 m²) is a seed, but too small for a block.
    """
    case = given_case()
    first = FIRST | {"area_m2": 80_000.0, "land_m2": 80_000.0, "classified_m2": 80_000.0}
    first |= {"state_m2": 80_000.0, "floor_m2": 160_000.0, "footprint_m2": 24_000.0, "parcels": 8}
    first |= {"other_use_ids": "", "level": 1, "level_by": "size", "boundary": "parcel_edge"}
    second = SECOND | dict.fromkeys(("area_m2", "land_m2", "classified_m2"), 60_000.0)
    second |= {"industrial_m2": 60_000.0, "collective_m2": 60_000.0, "low_use_m2": LOT}
    second |= {"parcels": 6, "parcels_cut": 0, "without_owner": 0, "without_floor": 0}
    second |= {"floor_m2": 120_000.0, "footprint_m2": 18_000.0, "cut_ids": "", "other_use_ids": ""}
    second |= {"boundary": "parcel_edge", "level_by": ""}
    sums = ("area_m2", "land_m2", "classified_m2", "state_m2", "collective_m2", "industrial_m2")
    sums += ("m0_m2", "low_use_m2", "floor_m2", "footprint_m2", "parcels", "low_use_parcels")
    both = {name: first[name] + second[name] for name in sums}
    both |= {"owners": 3, "without_owner": 0, "without_floor": 0, "parcels_cut": 0}
    both |= {"cut_ids": "", "other_use_ids": ""}
    blocks = {"B01": first, "B02": second, "overall": both}
    shapes = [whole(*P1), whole(*P2), None]
    table = layer([block_row("proposed", b, **c) for b, c in blocks.items()], shapes)
    works = {"B01": {"industrial": (70_000, 7), "logistics": (LOT, 1)}}
    works |= {"B02": {"industrial": (60_000, 6)}}
    works["overall"] = {"industrial": (130_000, 13), "logistics": (LOT, 1)}
    uses = {b: {**own, "no_parcel": (0, 0)} for b, own in works.items()}
    parts = [block_parcels("proposed", {"B01": r, "B02": s}) for r, s in zip(P1, P2, strict=True)]
    inside = pd.concat(parts)
    inside = inside[inside["part"] != "outside"]
    out = parts[0][parts[0]["parcel_id"] == "x1"].assign(reason="too_small")
    candidates = layer(
        [
            {"block_id": b, **{c: blocks[b][c] for c in ("level", "level_by", "parcels")}}
            | {c: blocks[b][c] for c in ("area_m2", "classified_m2", "industrial_m2")}
            | {"area_mu": blocks[b]["area_m2"] * MU, "industrial_share": 1.0, "width_m": 100.0}
            for b in ("B01", "B02")
        ],
        shapes[:2],
    )
    case.tables["block_candidates"] = candidates.assign(reason="", kept=True)
    extra = {
        "block_lines": table,
        "block_uses": block_uses("proposed", uses),
        "block_parcels": pd.concat([inside, out]),
        "control_verdicts": pd.DataFrame(of_lines("proposed", table)),
    }
    for name, frame in extra.items():
        case.tables[name] = pd.concat([case.tables[name], frame], ignore_index=True)
    case.run["parameters"] |= {"block_from": "parcels", "block_boundary": "parcel_edge"}
    case.run["parameters"] |= {"block_level1_m2": 70_000.0}
    case.run["counts"]["blocks_proposed"] = 2
    return case
