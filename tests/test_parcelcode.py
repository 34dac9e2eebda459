"""Tenure and level from cadastral parcel codes."""

from __future__ import annotations

import pandas as pd
import pytest

from gisland.layers.fields.parcelcode import code_facts, read_parcel_codes, tenure_words
from gisland.layers.source import Source

COUNTY = "360702001001"
PARCELS = Source("parcels", "p.gpkg")


def code(letters: str, number: int = 1) -> str:
    return f"{COUNTY}{letters}{number:05d}"


@pytest.mark.parametrize(
    ("letters", "tenure", "level"),
    [
        ("GB", "state", "surface"),
        ("JA", "collective", "collective_ownership"),
        ("JC", "collective", "homestead"),
        ("GS", "state", "above"),
        ("GX", "state", "below"),
        ("ZW", "undetermined", "disputed"),
        ("ZY", "undetermined", "other"),
        ("gb", "state", "surface"),
    ],
)
def test_letters(letters: str, tenure: str, level: str) -> None:
    row = read_parcel_codes(pd.Index([code(letters)])).iloc[0]
    assert row.tolist() == [True, tenure, level]


def test_a_letter_of_another_right_leaves_the_level_open() -> None:
    row = read_parcel_codes(pd.Index([code("JE")])).iloc[0]
    assert row["is_code"]
    assert row["tenure"] == "collective"
    assert pd.isna(row["level"])


@pytest.mark.parametrize(
    "text",
    [
        code("GB")[1:],
        code("GB") + "0",
        code("AB"),
        code("G1"),
        code("GB") + "F0001",
        code("GB") + "A00010001",
        "x" + code("GB"),
        code("GB").replace("3607", "360七"),
        "7",
        "",
    ],
)
def test_what_is_no_code(text: str) -> None:
    row = read_parcel_codes(pd.Index([text])).iloc[0]
    assert not row["is_code"]
    assert row[["tenure", "level"]].isna().all()


@pytest.mark.parametrize("letter", "WFLQ")
def test_codes_of_property_units_tell_the_same(letter: str) -> None:
    unit = f"{code('JS')}{letter}00010002"
    assert read_parcel_codes(pd.Index([unit])).iloc[0].tolist() == [True, "collective", "above"]


def test_missing_ids_and_order() -> None:
    ids = pd.Index([code("JB"), None, code("GB")])
    found = read_parcel_codes(ids)
    assert found["is_code"].tolist() == [True, False, True]
    assert found.index.equals(ids)


def facts(ids: list[str | None], tenure: list[str | None] | None = None) -> tuple[object, dict]:  # type: ignore[type-arg]
    # The index of the table, in any order, has nothing to do with the ids.
    index = range(len(ids), 0, -1)
    mapped = None if tenure is None else pd.Series(tenure, index=index, dtype="str")
    taken, findings = code_facts(pd.Index(ids, dtype="str"), mapped, source=PARCELS)
    return taken, {f["code"]: f for f in findings}


def test_tenure_is_taken_where_none_is_mapped() -> None:
    taken, findings = facts([code("GB", 1), code("JB", 2), code("ZB", 3), "A7", None])
    assert isinstance(taken, pd.Series)
    assert taken.fillna("").tolist() == ["state", "collective", "undetermined", "", ""]
    told = findings["tenure_from_code"]
    assert (told["severity"], told["value"], told["unit"]) == ("info", 3.0, "rows")
    assert findings["malformed_code"]["message"].endswith(": 1 parcel, such as A7")
    assert set(findings) == {"tenure_from_code", "malformed_code"}


def test_a_contradiction_with_the_mapped_tenure_is_told() -> None:
    ids = [code("GB", i) for i in range(8)]
    tenure = [*["state"] * 5, "collective", None, "collective"]
    taken, findings = facts(ids[::-1], tenure[::-1])
    assert taken is None
    told = findings["tenure_contradicts_code"]
    assert (told["severity"], told["value"]) == ("warning", 2.0)
    assert told["message"].endswith(f": 2 parcels, such as {ids[5]}, {ids[7]}")


def test_parcels_above_and_below_ground_are_told() -> None:
    ids = [code("GB", 1), code("GS", 2), code("GX", 3)]
    _, findings = facts(ids, ["state"] * 3)
    told = findings["stacked_level"]
    assert (told["severity"], told["value"]) == ("info", 2.0)
    assert list(findings) == ["stacked_level"]


def test_ids_of_another_kind_say_nothing() -> None:
    assert facts(["a", "b", code("GB")]) == (None, {})
    assert facts(["a", code("GB")]) == (None, {})
    assert facts([None, None]) == (None, {})


def test_letters_alone_are_tenures_too() -> None:
    texts = pd.Series(["GB", "JC", "ZW", "国有", "20", "GD", "XX", None])
    assert tenure_words(texts) == {
        "GB": "state",
        "JC": "collective",
        "ZW": "undetermined",
        "国有": "state",
        "20": "state",
    }
