"""Block lines, conflicts, changes, zones, units and parks on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import mappages
import small_blocks
from gisland.base.rules import load_rules
from gisland.present import style
from gisland.present.maplayers import map_layers, not_drawn
from gisland.present.webmap import web_map
from test_style import BLINDNESS, closest

if TYPE_CHECKING:
    from gisland.present.maplayers import MapLayer

LAYERS = (
    *("block_lines", "block_conflicts", "block_proposed", "block_adjusted", "block_changes"),
    *("zones", "zone_units", "parks"),
)


def layers(tables: dict[str, Any] | None = None, language: str = "en") -> dict[str, MapLayer]:
    given = small_blocks.tables() if tables is None else tables
    records = {r["id"]: r for r in small_blocks.run()["rules"]["records"]}
    made = map_layers(given, records=records, texts=style.catalog(language))
    return {m.id: m for m in made}


def features(layer: MapLayer) -> list[tuple[str, dict[str, Any]]]:
    """Class and popup of each feature."""
    return [(f["class"], f["popup"]) for f in decoded(layer)]


def decoded(layer: MapLayer) -> list[dict[str, Any]]:
    """Features of a layer that was composed in one language."""
    shape, facts = mappages.unpack(layer.shape), mappages.unpack(layer.facts)
    return mappages.features(layer.head, shape, facts, entries=[])


def text(popup: dict[str, Any]) -> str:
    return str(popup)


def test_every_table_has_its_layer_and_each_set_of_lines_its_own() -> None:
    made = layers()
    assert set(LAYERS) <= set(made)
    shown = {k: [p["t"] for _, p in features(made[k])] for k in LAYERS}
    assert shown["block_lines"] == ["Block L1", "Block L2"]
    assert shown["block_proposed"] == ["Proposed block B01", "Proposed block B02"]
    assert shown["block_adjusted"] == ["Adjusted block L1", "Adjusted block L2"]
    assert shown["zone_units"] == ["Unit Z01-1", "Unit Z01-2"]
    assert shown["parks"] == ["Park PK1"]


def test_level_1_is_thick_and_solid_level_2_thinner_and_dashed() -> None:
    first, second = layers()["block_lines"].head["themes"][0]["classes"]
    assert (first["label"], second["label"]) == ("level 1", "level 2")
    assert first["style"]["weight"] > second["style"]["weight"]
    assert "dash" not in first["style"]
    assert "dash" in second["style"]


def test_conflicts_are_those_of_the_given_lines() -> None:
    found = features(layers()["block_conflicts"])
    assert sorted((k, p["t"].split()[1]) for k, p in found) == [
        ("block that fails a rule", "L2"),
        ("industrial land outside", "P07"),
        ("industrial land outside", "P30"),
        ("other use inside", "P11"),
        ("other use inside", "P26"),
        ("parcel cut by the line", "P03"),
        ("parcel cut by the line", "P13"),
    ]


def test_without_given_lines_the_conflicts_are_those_proposed() -> None:
    tables = small_blocks.tables()
    for name in ("block_lines", "block_parcels"):
        tables[name] = tables[name][tables[name]["lines"] != "given"]
    assert [p["t"] for _, p in features(layers(tables)["block_conflicts"])] == [
        "Parcel P30 and the block lines"
    ]
    assert "block_lines" not in layers(tables)


def test_a_sliver_of_other_use_inside_is_no_conflict() -> None:
    tables = small_blocks.tables()
    places = tables["block_parcels"]
    sliver = places["parcel_id"] == "P11"
    places.loc[sliver, ["inside_m2", "outside_m2"]] = [99.0, 9_901.0]
    found = features(layers(tables)["block_conflicts"])
    assert [p["t"] for k, p in found if k == "other use inside"] == [
        "Parcel P26 and the block lines"
    ]


def test_popups_tell_numbers_with_units_verdicts_and_the_wording_of_failed_rules() -> None:
    told = {p["t"]: text(p) for _, p in features(layers()["block_lines"])}
    quotation = load_rules("common")["block_line.industrial_share"].quotation
    assert "60,000.00 m² (90.000 mu)" in told["Block L2"]
    assert "✗ industrial share of one block: 50.00% (requires ≥ 60.00%" in told["Block L2"]
    assert quotation in told["Block L2"]
    assert "✓ industrial share of one block: 85.71%" in told["Block L1"]
    assert quotation not in told["Block L1"]
    park = text(features(layers()["parks"])[0][1])
    assert "✗ built-up share of developable land: 55.00% (requires ≥ 60.00%" in park


def test_rules_that_are_off_are_not_told() -> None:
    told = text(features(layers()["block_lines"])[0][1])
    assert "M0 share of one block" not in told


def test_changes_tell_their_kind_and_why_they_have_no_effect() -> None:
    found = features(layers()["block_changes"])
    assert [k for k, _ in found] == ["into the lines", "into the lines", "out of the lines"]
    assert "in the lines already" in text(found[0][1])


def test_zones_carry_their_rank() -> None:
    assert [f["sign"] for f in decoded(layers()["zones"])] == [
        f"{small_blocks.HOSTILE} · rank 2",
        "Z01 · rank 1",
    ]


def test_hostile_names_are_no_markup() -> None:
    page = web_map(small_blocks.tables(), run=small_blocks.run(), language="zh")
    assert small_blocks.HOSTILE not in page


def test_rows_without_geometry_are_counted() -> None:
    tables = small_blocks.tables()
    tables["parks"] = tables["parks"].set_geometry([None], crs=small_blocks.CRS)
    assert not_drawn(tables) == {"parks": 1}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_fills_of_conflicts_stay_apart(kind: str) -> None:
    fills = [look.fill for look in style.CONFLICTS.values() if look.fill]
    assert closest(fills, seen=BLINDNESS[kind]) > 20


def test_lines_of_one_color_differ_in_their_dashes() -> None:
    looks = [*style.BLOCK_LINES.values(), style.ADJUSTED_LINES]
    for same in (looks, style.PROPOSED_LINES.values(), style.BLOCK_CHANGES.values()):
        dashes = [look.dash for look in same]
        assert len(set(dashes)) == len(dashes)


def test_the_layers_do_not_depend_on_the_order_of_rows() -> None:
    tables = small_blocks.tables()
    turned = {k: v.iloc[::-1].reset_index(drop=True) for k, v in tables.items()}
    assert layers(turned) == layers(tables)
