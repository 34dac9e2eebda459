from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from gisland.base import schema
from gisland.base.errors import FieldError
from gisland.base.useclasses import USE_CLASSES
from gisland.layers.fields.codelists import code_lists, packaged
from gisland.layers.fields.uses import crosswalk, deciding_codes, use_classes, vocabulary


def read(codes: list[str | None], **classes: str) -> list[str | None]:
    uses, _ = use_classes(pd.Series(codes, dtype="str"), classes=classes)
    return [None if pd.isna(u) else u for u in uses]


def reasons(codes: list[str], **classes: str) -> dict[str, str]:
    _, read_by = use_classes(pd.Series(codes, dtype="str"), classes=classes)
    unread = read_by[read_by["use_class"].isna()]
    return dict(zip(unread["code"], unread["reason"], strict=True))


def equivalents(codes: list[str], **options: str) -> dict[str, str | None]:
    found = crosswalk(pd.Series(codes, dtype="str"), **options)
    return {
        c: None if pd.isna(t) else t for c, t in zip(found["code"], found["target"], strict=True)
    }


def divided(codes: list[str]) -> dict[str, tuple[str, str | None, str]]:
    """Candidates, what they have in common, and the reason, of codes without one equivalent."""
    found = crosswalk(pd.Series(codes, dtype="str"))
    found = found[found["target"].isna()].set_index("code")
    rows = found[["candidates", "common", "reason"]].astype("object")
    return {
        str(code): tuple(None if pd.isna(v) else v for v in row)
        for code, row in zip(rows.index, rows.to_numpy().tolist(), strict=True)
    }


def test_every_list_cites_a_source_and_holds_known_classes() -> None:
    lists = code_lists()
    for name, table in packaged()["lists"].items():
        assert all(table[key] for key in ("title", "source", "status", "family"))
        codes = lists[name].codes
        assert {code.use for code in codes.values()} <= {*USE_CLASSES, ""}
        assert all(code.title for code in codes.values())
        assert len({code.upper() for code in table["codes"]}) == len(table["codes"])
    assert set(vocabulary("tenure").values()) == set(schema.TENURES)
    assert set(vocabulary("level").values()) == {"1", "2"}


def test_every_equivalent_is_a_code_of_the_list_named() -> None:
    lists = code_lists()
    for table in lists.values():
        targets = {to for code in table.codes.values() for to in code.to}
        assert not targets or {to.upper() for to in targets} <= set(lists[table.equivalent].codes)


def test_the_planning_list_is_whole_to_its_third_level() -> None:
    codes = [c for c in code_lists()["land_sea_2023"].codes if c not in {"1004", "100104", "1313"}]
    first, second = ([c for c in codes if len(c) == size] for size in (2, 4))
    assert first == [f"{n:02d}" for n in range(1, 25)]
    assert len(second) == 111
    third = {c[:4] for c in codes if len(c) == 6}
    assert third == {
        *("0601", "0602", "0701", "0703", "0803", "0804", "0805", "0806", "0807"),
        *("0901", "1001", "1101", "1208"),
    }
    assert {c[:-2] for c in codes if len(c) > 2} <= set(codes)


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
    assert read(["U", "X1", "Y1", "Z1", "AB"]) == [None] * 5
    assert reasons(["U", "X1", "Z1"]) == {"U": "ambiguous", "X1": "unknown", "Z1": "unknown"}
    assert read(["R1", "X1", "Y1", "Z1"]) == [None] * 4
    assert read(["R1", "X1"]) == ["residential", None]


def test_french_zone_types_are_not_read_as_the_letters_of_gb_50137() -> None:
    codes = ["U", "A", "N", "AUc", "AUs", "Nh", "1AU", "2AU"]
    assert read(codes) == [None, "farm", *[None] * 6]
    assert set(reasons(codes).values()) == {"mixed"}
    assert read(["U", "A", "M1", "R2"]) == ["utility", "public", "industrial", "residential"]
    assert reasons(["U", "A"]) == {"A": "ambiguous", "U": "ambiguous"}


def test_local_labels_of_french_zones_are_not_guessed() -> None:
    assert reasons(["U", "A", "N", "2Ah1", "UB", "1AUh"]) == {
        **dict.fromkeys(("U", "N"), "mixed"),
        **dict.fromkeys(("1AUh", "2Ah1", "UB"), "unknown"),
    }


def test_taiwanese_zone_codes() -> None:
    codes = ["A01000", "A02000", "A03220", "C11000", "C23000", "C05001", "B04500", "a03230"]
    assert read(codes) == [
        *("residential", "commercial", "industrial", "transport", "public", None),
        *("industrial", "industrial"),
    ]
    assert reasons([*codes, "A99999"]) == {"C05001": "mixed", "A99999": "unknown"}


def test_taiwanese_zone_words_but_no_joint_uses() -> None:
    words = [
        "住宅區",
        "商業區",
        "工業區",
        "零星工業區",
        "乙種工業區",
        "道路用地",
        "文小用地",
        "河川區",
    ]
    assert read(words) == [
        *("residential", "commercial", "industrial", "industrial", "industrial", "transport"),
        *("public", "water"),
    ]
    assert reasons(["住宅區", "公園兼兒童遊樂場用地", "道路用地兼供溝渠使用", "保護區"]) == {
        "公園兼兒童遊樂場用地": "unknown",
        "道路用地兼供溝渠使用": "unknown",
        "保護區": "mixed",
    }


def test_zone_words_of_public_layers_are_read(shared_data: Path) -> None:
    for name in ("N0105", "O0303", "R0101"):
        zones = gpd.read_file(shared_data / "taiwan_zoning" / f"{name}.json")["使用分"]
        unknown = {w for w, why in reasons(zones.tolist()).items() if why == "unknown"}
        assert {w for w in unknown if "兼" not in w} == set()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("机场用地", "transport"),
        ("果园", "farm"),
        ("一类城镇住宅用地", "residential"),
        ("干渠", "water"),
        ("新型工业用地", "industrial"),
        ("商业服务业用地", "commercial"),
        ("服务设施用地", None),
        ("沼泽草地", None),
        ("zone agricole", None),
    ],
)
def test_titles_are_words_where_they_mean_the_same_in_all_lists(
    word: str, expected: str | None
) -> None:
    assert read([word]) == [expected]


def test_equivalents_one_to_one() -> None:
    assert equivalents(["M1", "M0", "R2", "A35", "W3", "S1", "G3", "B41", "M11"]) == {
        "M1": "100101",
        "M0": "1001",
        "R2": "070102",
        "A35": "0802",
        "W3": "110103",
        "S1": "1207",
        "G3": "1403",
        "B41": "090105",
        "M11": "100101",
    }
    assert equivalents(["0601", "0201K", "08H2A", "0810A", "0702", "1006", "1104A"]) == {
        "0601": "1001",
        "0201K": "0201",
        "08H2A": "080401",
        "0810A": "1403",
        "0702": "0703",
        "1006": "0601",
        "1104A": "1704",
    }
    assert equivalents(["0501", "0604", "0901", "0804"]) == {
        "0501": "090101",
        "0604": "11",
        "0901": "1501",
        "0804": "0802",
    }
    assert equivalents(["1001", "1401", "1004", "100104"]) == {
        "1001": "1001",
        "1401": "1401",
        "1004": "1001",
        "100104": "1001",
    }


def test_divided_uses_name_the_candidates_and_choose_none() -> None:
    public = "0802;0803;0804;0805;0806;0807"
    utility = "1301;1302;1303;1304;1305;1306;1307;1308;1309;1310;1312"
    assert divided(["05H1", "08H1", "08H2", "0809", "1005", "A3"]) == {
        "05H1": ("0901;0902;0903;0904", "09", "one_to_many"),
        "08H1": ("0801;0803;0902", None, "one_to_many"),
        "08H2": (public, "08", "one_to_many"),
        "0809": (utility, "13", "one_to_many"),
        "1005": ("120801;120802;120803", "1208", "one_to_many"),
        "A3": ("0802;0804", "08", "one_to_many"),
    }


def test_a_code_of_two_standards_has_no_equivalent_unless_they_agree() -> None:
    assert equivalents(["0601", "0701"]) == {"0601": None, "0701": "0701"}
    assert divided(["0601", "0701"]) == {"0601": ("0601;1001", None, "ambiguous")}
    assert divided(["01", "H9", "??", "A01000"]) == {
        "01": (None, None, "ambiguous"),
        "H9": (None, None, "no_equivalent"),
        "??": (None, None, "unknown"),
        "A01000": (None, None, "no_equivalent"),
    }


def test_words_have_equivalents_too() -> None:
    assert equivalents(["工业用地", "沟渠", "科教文卫用地"]) == {
        "工业用地": "1001",
        "沟渠": "1705",
        "科教文卫用地": None,
    }


def test_french_labels_have_types_of_the_standard() -> None:
    codes = ["1AU", "2AU", "AUc", "U", "AU", "N", "Nh"]
    assert equivalents(codes, to="plu_cnig") == {
        "1AU": "AUc",
        "2AU": "AUs",
        "AUc": "AUc",
        "U": "U",
        "AU": None,
        "N": "N",
        "Nh": "Nh",
    }


def test_the_crosswalk_counts_rows_and_names_titles_whatever_their_order() -> None:
    codes = pd.Series(["05H1", "0601", None, "0601", ""], dtype="str")
    before = codes.copy()
    found = crosswalk(codes)
    assert found[["code", "rows", "title", "target_title"]].fillna("").to_numpy().tolist() == [
        ["05H1", 1, "商业服务业设施用地", ""],
        ["0601", 2, "工业用地", "工业用地"],
    ]
    pd.testing.assert_frame_equal(found, crosswalk(codes[::-1]))
    pd.testing.assert_series_equal(codes, before)
    empty = crosswalk(codes[:0])
    assert empty.dtypes.to_dict() == found.dtypes.to_dict()


def test_there_must_be_equivalents_in_the_list() -> None:
    with pytest.raises(FieldError, match=r"'gb_50137'; use one of land_sea_2023, plu_cnig"):
        crosswalk(pd.Series(["M1"]), to="gb_50137")


def test_parents_of_several_classes_are_told_as_mixed() -> None:
    assert reasons(["10", "1401", "H11", "R2"]) == {"10": "mixed", "H11": "mixed"}


def test_unknown_and_missing_codes_stay_missing_and_are_counted() -> None:
    codes = pd.Series(["M1", "??", None, "", "??"], index=list("edcba"), dtype="str")
    uses, read_by = use_classes(codes, classes={})
    assert uses.index.tolist() == list("edcba")
    assert (uses.name, uses.dtype) == ("use_class", "str")
    assert uses.isna().tolist() == [False, True, True, True, True]
    unread = read_by[read_by["reason"].notna()]
    assert unread[["code", "rows", "reason"]].to_numpy().tolist() == [["??", 2, "unknown"]]


@pytest.mark.parametrize(
    "code", ["10010", "1001012", "10010101", "0599", "M12345", "B111", "0601X", "１", "-"]
)
def test_near_codes_are_not_guessed(code: str) -> None:
    assert read([code, "1001", "1401", "M1", "M2"])[0] is None


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    codes = pd.Series(["0601", "1401", "10", "??"], dtype="str")
    before = codes.copy()
    uses, read_by = use_classes(codes, classes={})
    again, same = use_classes(codes[::-1], classes={})
    pd.testing.assert_series_equal(uses, again.sort_index())
    pd.testing.assert_frame_equal(read_by, same)
    pd.testing.assert_series_equal(codes, before)


def test_no_code_at_all() -> None:
    uses, read_by = use_classes(pd.Series([None, None], dtype="str"), classes={})
    assert uses.isna().all()
    assert read_by.empty
    assert deciding_codes(read_by) == {}


def test_codes_decide_only_where_others_have_a_rival() -> None:
    def deciding(*codes: str) -> dict[str, list[str]]:
        return deciding_codes(use_classes(pd.Series(codes, dtype="str"), classes={})[1])

    assert deciding("0601", "1401", "M1") == {"land_sea": ["1401"]}
    assert deciding("U", "N", "AUc") == {"plu": ["AUC", "N"]}
    assert deciding("1401", "M1") == {}
