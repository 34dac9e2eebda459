import pandas as pd
import pytest

from gisland.base import schema
from gisland.layers.uses import code_lists, deciding_codes, use_classes, vocabulary


def read(codes: list[str | None], **classes: str) -> list[str | None]:
    uses, _ = use_classes(pd.Series(codes, dtype="str"), classes=classes)
    return [None if pd.isna(u) else u for u in uses]


def reasons(codes: list[str], **classes: str) -> dict[str, str]:
    _, crosswalk = use_classes(pd.Series(codes, dtype="str"), classes=classes)
    unread = crosswalk[crosswalk["use_class"].isna()]
    return dict(zip(unread["code"], unread["reason"], strict=True))


def test_every_list_cites_a_source_and_holds_known_classes() -> None:
    for table in code_lists().values():
        assert table.title
        assert set(table.classes.values()) <= {*schema.USE_CLASSES, ""}
    assert set(vocabulary("tenure").values()) == set(schema.TENURES)
    assert set(vocabulary("level").values()) == {"1", "2"}


def test_planning_codes_of_2023() -> None:
    codes = ["1001", "100102", "1101", "0701", "0802", "0901", "1207", "1302", "1401", "16", "1701"]
    assert read(codes) == [
        "industrial",
        "industrial",
        "logistics",
        "residential",
        "public",
        "commercial",
        "transport",
        "utility",
        "green",
        "reserve",
        "water",
    ]


def test_codes_of_the_land_survey() -> None:
    codes = ["0601", "05H1", "0508", "08H1", "08H2A", "0809", "0810A", "1004", "1006", "0201K"]
    assert read(codes) == [
        "industrial",
        "commercial",
        "logistics",
        "public",
        "public",
        "utility",
        "green",
        "transport",
        "farm",
        "farm",
    ]


def test_codes_of_gbt_21010() -> None:
    assert read(["0601", "0604", "0505", "1003", "0905"]) == [
        "industrial",
        "logistics",
        "commercial",
        "transport",
        "other",
    ]


def test_urban_letters_with_local_m0_and_m4() -> None:
    codes = ["M0", "M1", "M4", "m2", "W1", "R21", "A35", "B41", "S1", "U12", "G2", "E1", "Ｍ３"]
    assert read(codes) == [
        *["industrial"] * 4,
        "logistics",
        "residential",
        "public",
        "commercial",
        "transport",
        "utility",
        "green",
        "water",
        "industrial",
    ]


def test_words_and_our_own_names() -> None:
    assert read(["工业用地", "物流仓储用地", "city", "industrial"]) == [
        "industrial",
        "logistics",
        None,
        "industrial",
    ]


@pytest.mark.parametrize(
    ("deciding", "expected"), [("1401", "farm"), ("100101", "farm"), ("05H1", "industrial")]
)
def test_one_code_that_only_one_standard_has_decides_the_column(
    deciding: str, expected: str
) -> None:
    assert read(["0601", deciding])[0] == expected


def test_an_undecided_column_is_read_only_where_all_standards_agree() -> None:
    assert read(["0601", "0701", "1001"]) == [None, "residential", None]
    assert reasons(["0601", "0701", "1001"]) == {"0601": "ambiguous", "1001": "ambiguous"}


def test_a_column_of_two_standards_is_undecided() -> None:
    assert read(["0601", "1401", "05H1"]) == [None, "green", "commercial"]


def test_codes_of_the_project_do_not_decide() -> None:
    assert read(["0601", "1401"], **{"1401": "other"}) == [None, "other"]


def test_the_project_comes_first_by_exact_text() -> None:
    assert read(["M1", "0601", " M1 "], M1="commercial") == ["commercial", None, "commercial"]


def test_two_digit_numbers_alone_are_of_no_known_standard() -> None:
    assert read(["01", "07", "14"]) == [None] * 3
    assert set(reasons(["01", "07", "14"]).values()) == {"ambiguous"}
    assert read(["07", "1401"]) == ["residential", "green"]


def test_a_column_mostly_of_other_letters_is_of_no_known_standard() -> None:
    assert read(["U", "A", "N", "AUc", "Nh"]) == [None] * 5
    assert reasons(["U", "N", "AUc"]) == {"U": "ambiguous", "N": "unknown", "AUc": "unknown"}


def test_parents_of_several_classes_are_told_as_mixed() -> None:
    assert reasons(["10", "1401", "H11", "R2"]) == {"10": "mixed", "H11": "mixed"}


def test_unknown_and_missing_codes_stay_missing_and_are_counted() -> None:
    codes = pd.Series(["M1", "??", None, "", "??"], index=list("edcba"), dtype="str")
    uses, crosswalk = use_classes(codes, classes={})
    assert uses.index.tolist() == list("edcba")
    assert (uses.name, uses.dtype) == ("use_class", "str")
    assert uses.isna().tolist() == [False, True, True, True, True]
    unread = crosswalk[crosswalk["reason"].notna()]
    assert unread[["code", "rows", "reason"]].to_numpy().tolist() == [["??", 2, "unknown"]]


@pytest.mark.parametrize("code", ["10010", "1001012", "0599", "M12345", "0601X", "１", "-"])
def test_near_codes_are_not_guessed(code: str) -> None:
    assert read([code, "1001", "1401", "M1", "M2"])[0] is None


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    codes = pd.Series(["0601", "1401", "10", "??"], dtype="str")
    before = codes.copy()
    uses, crosswalk = use_classes(codes, classes={})
    again, same = use_classes(codes[::-1], classes={})
    pd.testing.assert_series_equal(uses, again.sort_index())
    pd.testing.assert_frame_equal(crosswalk, same)
    pd.testing.assert_series_equal(codes, before)


def test_no_code_at_all() -> None:
    uses, crosswalk = use_classes(pd.Series([None, None], dtype="str"), classes={})
    assert uses.isna().all()
    assert crosswalk.empty
    assert deciding_codes(crosswalk) == {"land_sea": [], "land_use": []}
