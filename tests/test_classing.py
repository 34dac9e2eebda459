import re

import pandas as pd
import pytest

from gisland.layers.fields.classing import derived_use_class, read_use_class
from gisland.layers.findings import Finding
from gisland.layers.source import Source

WHAT = "parcels: column 'LU' (mapped to use_code)"
MESSAGE = re.compile(
    r"^(?P<what>.*): (?P<codes>\d+) codes? on (?P<rows>\d+) rows? (?:is|are) "
    r"(?:in no code list|of several classes|of another standard or of several); "
    r"name them in \[layers\.[^\]]*\]: (?P<detail>.*)$"
)
ENTRY = re.compile(r"'(?P<code>(?:[^'\\]|\\.)*)' (?P<rows>\d+)(?: \(like '(?P<like>[^']*)'\))?")


def read(texts: list[str | None], **classes: str) -> list[Finding]:
    source = Source("parcels", "", classes=classes)
    return read_use_class(pd.Series(texts, dtype="str"), what=WHAT, source=source)[1]


def told(findings: list[Finding], code: str) -> Finding:
    (found,) = [f for f in findings if f["code"] == code]
    return found


def test_every_unknown_code_is_listed_with_its_count_the_most_frequent_first() -> None:
    found = told(read(["zz", "M1", "??", "zz", None, "q9", "zz", "??"]), "unknown_use")
    assert found["message"] == (
        f"{WHAT}: 3 codes on 6 rows are in no code list; name them in [layers.parcels.classes]:"
        " 'zz' 3, '??' 2, 'q9' 1"
    )
    assert (found["value"], found["unit"], found["severity"]) == (6.0, "rows", "warning")


def test_twenty_codes_are_listed_and_the_rest_counted() -> None:
    often = [f"often-{n:02d}" for n in range(20) for _ in range(3)]
    rare = [f"rare-{n}" for n in range(4)] + ["rare-3"]
    message = told(read(rare + often), "unknown_use")["message"]
    assert ": 24 codes on 65 rows are in no code list; " in message
    assert "'often-19' 3 and 4 more codes, 5 rows" in message
    assert "rare" not in message
    assert message == told(read(often[::-1] + rare), "unknown_use")["message"]


def test_one_code_on_one_row() -> None:
    assert told(read(["x9", "M1", "M2"]), "unknown_use")["message"].endswith(
        ": 1 code on 1 row is in no code list; name them in [layers.parcels.classes]: 'x9' 1"
    )


def test_near_spellings_of_the_projects_words_are_suggested_and_not_taken() -> None:
    codes = ["RESTAURANT", "RESTAURNAT", "RESTAURAMT", "vACANT", "CEMENTERY"]
    classes = {"RESTAURANT": "commercial", "VACANT": "other", "CEMETERY": "other"}
    source = Source("parcels", "", classes=classes)
    uses, findings = read_use_class(pd.Series(codes), what=WHAT, source=source)
    assert uses.fillna("").tolist() == ["commercial", "", "", "", ""]
    assert told(findings, "unknown_use")["message"].endswith(
        "'CEMENTERY' 1 (like 'CEMETERY'), 'RESTAURAMT' 1 (like 'RESTAURANT'),"
        " 'RESTAURNAT' 1 (like 'RESTAURANT'), 'vACANT' 1 (like 'VACANT')"
    )


def test_names_of_the_standards_are_suggested_but_never_a_neighbouring_number() -> None:
    findings = read(["二类工业地", "0601020X", "0601", "1401"], **{"0601020Y": "farm"})
    assert told(findings, "unknown_use")["message"].endswith(
        ": '0601020X' 1, '二类工业地' 1 (like '二类工业用地')"
    )


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["it's: 1, 'x'", "a]: b", "C:\\n", "both'\""], "unknown_use"),
        (["10", "1401"], "mixed_use"),
        (["0601", "1001", "0701"], "ambiguous_use"),
    ],
)
def test_the_message_is_read_back_by_one_expression(texts: list[str], code: str) -> None:
    message = told(read(texts), code)["message"]
    match = MESSAGE.match(message)
    assert match is not None
    assert match["what"] == WHAT
    assert int(match["codes"]) <= len(texts)
    assert match["detail"]
    if code != "unknown_use":
        entries = [m.groupdict() for m in ENTRY.finditer(match["detail"])]
        assert sum(int(e["rows"]) for e in entries) == int(match["rows"])
        assert {e["code"] for e in entries} <= set(texts)
        assert {e["like"] for e in entries} == {None}


def test_lists_and_what_decided_on_them() -> None:
    found = told(read(["0601", "1401", "M1"]), "use_code_list")
    assert found["message"] == (
        f"{WHAT}: codes read by GB 50137-2011 (1 code), 用地用海分类 (2023) (2 codes); "
        "only in 用地用海分类 (2023): 1401"
    )
    assert told(read(["M1", "M2"]), "use_code_list")["message"].endswith(
        "codes read by GB 50137-2011 (2 codes)"
    )
    assert read(["M1"], M1="farm") == []


def test_planned_uses_are_told_as_information() -> None:
    source = Source("zoning", "", fields={"planned_use": "YD"})
    derived, findings = derived_use_class({"planned_use": pd.Series(["商品住宅", "M1"])}, source)
    assert derived["use_class"].fillna("").tolist() == ["", "industrial"]
    assert told(findings, "unknown_use")["severity"] == "info"
    assert "name them in [layers.zoning.classes]" in told(findings, "unknown_use")["message"]


def test_nothing_is_derived_where_a_class_is_mapped_or_no_code_is() -> None:
    source = Source("parcels", "", fields={"use_code": "DL"})
    both = {"use_code": pd.Series(["M1"]), "use_class": pd.Series(["farm"])}
    assert derived_use_class(both, source) == ({}, [])
    assert derived_use_class({}, source) == ({}, [])
    assert derived_use_class(both, Source("water", "")) == ({}, [])
