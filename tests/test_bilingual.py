"""Text composed once reads, in each language, as if it had been composed in that language."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import mappages
import small_blocks
import small_results
from gisland.layers.writing.results import read_results
from gisland.present.bilingual import ARGUMENT, CLOSE, MARKS, OPEN, Bilingual, places, unmarked
from gisland.present.conditions import told_verdicts
from gisland.present.maplayers import map_layers
from gisland.present.messages import finding_text, with_messages
from gisland.present.style import LANGUAGES, catalog
from gisland.present.webmap import web_map
from gisland.present.wording import named_list, shortened
from maptables import map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.jobs import Done

Tables = dict[str, pd.DataFrame]


# --- references -----------------------------------------------------------------------------------


def test_references_nest() -> None:
    texts = Bilingual()
    inner = texts["report.detail"].format(name=texts["verdict.absorbed"], detail="A1")
    outer = texts["report.detail"].format(name=inner, detail=texts["verdict.site"])
    both = "<" + outer + "|" + inner + ">"
    for language in LANGUAGES:
        one = catalog(language)
        first = one["report.detail"].format(name=one["verdict.absorbed"], detail="A1")
        second = one["report.detail"].format(name=first, detail=one["verdict.site"])
        assert texts.expanded(both, language=language) == f"<{second}|{first}>"
        assert mappages.expand(both, texts.entries()[language]) == f"<{second}|{first}>"


def test_text_that_looks_like_a_place_is_not_filled() -> None:
    texts = Bilingual()
    told = texts["report.detail"].format(name="{0}{1}{2}", detail="{0}")
    for language in LANGUAGES:
        expected = catalog(language)["report.detail"].format(name="{0}{1}{2}", detail="{0}")
        assert texts.expanded(told, language=language) == expected
        assert mappages.expand(told, texts.entries()[language]) == expected


def test_a_place_that_nothing_was_given_for_is_an_error() -> None:
    with pytest.raises(KeyError, match="detail"):
        Bilingual()["report.detail"].format(name="A1")


def test_places_of_a_reference_are_those_of_its_entry() -> None:
    texts = Bilingual()
    for key in catalog("en"):
        assert places(texts[key]) == places(catalog("en")[key]) == places(catalog("zh")[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_entries_hold_nothing_but_plain_places(language: str) -> None:
    for key, entry in catalog(language).items():
        for _, name, form, change in Formatter().parse(entry):
            assert (form or "", change) == ("", None), key
            assert name is None or name.isidentifier(), key
        assert not set(entry) & set(MARKS), key


def test_every_entry_can_be_told_in_both_languages() -> None:
    texts = Bilingual()
    for key, entry in catalog("en").items():
        values = {name: f"[{name}]" for name in places(entry)}
        told = texts[key].format(**values)
        for language in LANGUAGES:
            expected = catalog(language)[key].format(**values)
            assert texts.expanded(told, language=language) == expected
    for language in LANGUAGES:
        assert len(texts.entries()[language]) < len(catalog(language))


def test_marks_without_an_open_reference_are_text() -> None:
    texts = Bilingual()
    for text in (CLOSE, ARGUMENT + "a", f"a{CLOSE}b{ARGUMENT}"):
        assert texts.expanded(text, language="en") == text


def test_a_reference_is_never_cut() -> None:
    texts = Bilingual()
    told = named_list(texts, "reason", ";".join(["min_lot"] * 100))
    assert shortened(told) == told
    assert "�" not in texts.expanded(told, language="zh")


def test_a_finding_without_a_value_of_its_template_tells_its_message() -> None:
    texts = Bilingual()
    row = {"code": "recorded_area", "message": "differs", "parcel_id": "7"}
    told = finding_text(row, texts=texts)
    for language in LANGUAGES:
        expected = finding_text(row, texts=catalog(language))
        assert texts.expanded(told, language=language) == expected


# --- data -----------------------------------------------------------------------------------------

FORGED = f"{OPEN}0{ARGUMENT}x{CLOSE}{OPEN}999999{CLOSE}{CLOSE}{ARGUMENT}"


def test_marks_in_data_are_replaced_wherever_text_is_held() -> None:
    table = pd.DataFrame(
        {
            "text": pd.array([FORGED, None], dtype="str"),
            "any": pd.Series([FORGED, 7], dtype="object"),
            "kind": pd.Categorical([FORGED, "a"]),
            "number": [1.0, 2.0],
        }
    )
    clean = unmarked({"t": table, FORGED: [FORGED, 3, (FORGED,)]})
    assert not set(str(clean["t"].to_dict())) & set(MARKS)
    assert clean["t"]["any"].tolist()[1] == 7
    assert clean["t"]["number"].tolist() == [1.0, 2.0]
    assert pd.isna(clean["t"]["text"][1])
    assert not set(str([(k, v) for k, v in clean.items() if k != "t"])) & set(MARKS)
    assert set(str(table["text"][0])) & set(MARKS), "the table given is not changed"


def forged_tables() -> Tables:
    forged = {}
    for name, table in map_tables().items():
        spoiled = table.copy()
        for column in spoiled.columns.drop("geometry", errors="ignore"):
            values = spoiled[column]
            if pd.api.types.is_string_dtype(values):
                known = values.notna() & (values != "")
                spoiled[column] = values.where(~known, FORGED + values.astype("str"))
        forged[name] = spoiled
    return forged


def test_data_cannot_open_a_reference() -> None:
    run = map_run()
    run["project"] = run["gisland"] = run["as_of"] = run["crs"]["name"] = FORGED
    run["rules"]["records"] = [r | {"quotation": FORGED} for r in run["rules"]["records"]]
    page = web_map(forged_tables(), run=run, language="en")
    plain = FORGED.translate(dict.fromkeys(map(ord, MARKS), "\ufffd"))
    for language in LANGUAGES:
        told = mappages.page_data(page, language)
        assert plain in told["title"]
        layers = mappages.layers(page, language)
        owners = [
            mappages.rows(f["popup"])[catalog(language)["fact.owner"]]
            for f in layers["parcels"]["features"]
        ]
        assert all(owner.startswith(plain) for owner in owners)
        assert not set(str([told, layers])) & set(MARKS)


# --- whole maps -----------------------------------------------------------------------------------


def sample(run: Done) -> tuple[Tables, Mapping[str, Any]]:
    found = read_results(run.folder)
    return dict(found.tables), found.run


def assert_alike(tables: Tables, run: Mapping[str, Any]) -> None:
    """All that a map tells, expanded, is what is composed in each language alone."""
    page = web_map(tables, run=run, language="zh")
    records = {r["id"]: r for r in run.get("rules", {}).get("records", [])}
    for language in LANGUAGES:
        texts = catalog(language)
        told = dict(tables)
        verdicts = told_verdicts(tables, run=run, texts=texts)
        if verdicts is not None:
            told["verdicts"] = verdicts
        if "findings" in told:
            told["findings"] = with_messages(told["findings"], texts=texts)
        shown = mappages.layers(page, language)
        alone = map_layers(told, records=records, texts=texts)
        assert [m.id for m in alone] == list(shown)
        for layer in alone:
            expected = mappages.features(
                layer.head,
                mappages.unpack(layer.shape),
                mappages.unpack(layer.facts),
                entries=[],
                missing=texts["map.ui.missing"],
            )
            assert shown[layer.id]["head"] == layer.head
            for found, wanted in zip(shown[layer.id]["features"], expected, strict=True):
                assert found == wanted
            assert "\ufffd" not in str(shown[layer.id]["features"])


@pytest.mark.parametrize("case", [small_blocks, small_results])
def test_a_small_map_tells_the_same_in_each_language(case: Any) -> None:  # noqa: ANN401 - a module
    assert_alike(case.tables(), case.run())


def test_the_made_up_block_tells_the_same_in_each_language() -> None:
    assert_alike(map_tables(), map_run())


def test_the_sample_tells_the_same_in_each_language(sample_run: Done) -> None:
    assert_alike(*sample(sample_run))


def test_both_languages_are_whole_in_one_page() -> None:
    page = web_map(map_tables(), run=map_run(), language="zh")
    other = web_map(map_tables(), run=map_run(), language="en")
    for language in LANGUAGES:
        assert mappages.layers(page, language) == mappages.layers(other, language)
        assert mappages.page_data(page, language) == mappages.page_data(other, language)
