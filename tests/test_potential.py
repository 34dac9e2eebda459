"""Ranking of zones: every term by hand, ties, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from districts import MU_M2, rule, rule_set
from gisland.base.errors import TableError
from gisland.detect.potential import potential
from gisland.layers.writing.contract import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisland.base.rules import RuleSet

NAN = float("nan")


def tax_rules(**limits: float) -> RuleSet:
    """Rules that ask for so much tax per mu, by use class; others are off."""
    how = {"unit": "yuan/mu", "operator": ">="}
    made = [rule(f"low_use.tax.{use}", value=limit, **how) for use, limit in limits.items()]
    return rule_set(rule("low_use.tax", mode="off", value=0.0, **how), *made)


RULES = tax_rules(industrial=100.0, logistics=50.0)


def lots(mu: Mapping[str, float], **columns: Sequence[object]) -> pd.DataFrame:
    area = pd.Series(mu) * MU_M2
    return pd.DataFrame({"area_m2": area, **columns}, index=area.index)


def zones(parcels: pd.DataFrame, **members: str) -> gpd.GeoDataFrame:
    area = [parcels.loc[text.split(";"), "area_m2"].sum() for text in members.values()]
    ids = pd.array(list(members), dtype="str")
    table = {"zone_id": ids, "parcel_ids": list(members.values()), "area_m2": area}
    return gpd.GeoDataFrame(table, geometry=[None] * len(members))


def ranked(parcels: pd.DataFrame, rules: RuleSet = RULES, **members: str) -> pd.DataFrame:
    found = potential(zones(parcels, **members), parcels, rules=rules)
    return found.set_index("zone_id").drop(columns=["parcel_ids", "geometry"])


def three() -> pd.DataFrame:
    return lots(
        {"a": 10.0, "b": 20.0, "c": 30.0, "d": 15.0},
        owner=["甲厂", "甲厂 ", "乙厂", "丙厂"],
        tax_yuan=[400.0, 2500.0, 300.0, 0.0],
        use_class=["industrial", "industrial", "logistics", "green"],
    )


def test_every_term_by_hand() -> None:
    # gaps: a (100 - 40) x 10 = 600; b pays 125 a mu, which makes up for nothing;
    # c (50 - 10) x 30 = 1200; d has no limit
    found = ranked(three(), Z1="a;b", Z2="c;d")
    assert found["owners"].tolist() == [1, 2]
    assert found["without_owner"].tolist() == [0, 0]
    assert found["tax_gap_yuan"].to_numpy() == pytest.approx([600.0, 1200.0])
    assert found["without_tax"].tolist() == [0, 0]
    assert found["area_term"].to_numpy() == pytest.approx([30 / 45, 1.0])
    assert found["tax_gap_term"].to_numpy() == pytest.approx([0.5, 1.0])
    assert found["owners_term"].to_numpy() == pytest.approx([1.0, 0.5])
    assert found["potential"].to_numpy() == pytest.approx([(2 / 3 + 0.5 + 1) / 3, 2.5 / 3])
    assert found["ranked_by"].tolist() == ["area;tax_gap;owners"] * 2
    assert found["rank"].tolist() == [2, 1]


def test_the_columns_are_those_of_the_output_contract() -> None:
    parcels = three()
    given = zones(parcels, Z1="a;b").assign(
        parcels=pd.array([2], dtype="int64"), area_mu=[30.0], far=[NAN]
    )
    found = potential(given, parcels, rules=RULES)
    assert set(found.columns) == {*TABLES["zones"].columns, "geometry"}
    kinds = found.dtypes.astype("str")
    for name, kind in TABLES["zones"].columns.items():
        assert kinds[name] in (kind, "object" if kind == "str" else "int64"), name


def test_owners_that_are_not_known_are_counted_and_rank_nobody() -> None:
    parcels = three().assign(owner=["甲厂", None, "乙厂", "　"])
    found = ranked(parcels, Z1="a;b", Z2="c", Z3="d")
    assert found["owners"].tolist() == [1, 1, 0]
    assert found["without_owner"].tolist() == [1, 0, 1]
    assert found["owners_term"].tolist()[1] == 1.0
    assert found["owners_term"].isna().tolist() == [True, False, True]
    assert found["ranked_by"].tolist() == ["area;tax_gap"] * 3


@pytest.mark.parametrize("owners", [None, [None] * 4])
def test_a_layer_without_owners_says_so(owners: list[None] | None) -> None:
    parcels = three().drop(columns="owner") if owners is None else three().assign(owner=owners)
    found = ranked(parcels, Z1="a;b", Z2="c;d")
    assert found["owners"].isna().all()
    assert found["without_owner"].tolist() == [2, 2]
    assert found["ranked_by"].tolist() == ["area;tax_gap"] * 2


def test_the_tax_of_a_member_with_a_limit_must_be_known() -> None:
    parcels = three().assign(tax_yuan=[None, 2500.0, 300.0, None])
    found = ranked(parcels, Z1="a;b", Z2="c;d")
    assert found["without_tax"].tolist() == [1, 0]  # d has no limit: its tax does not matter
    assert found["tax_gap_yuan"].isna().tolist() == [True, False]
    assert found["tax_gap_term"].isna().tolist() == [True, False]
    assert found["ranked_by"].tolist() == ["area;owners"] * 2


def test_without_tax_or_limits_nobody_ranks_by_it() -> None:
    bare = three().drop(columns="tax_yuan")
    assert ranked(bare, Z1="a;b", Z2="c;d")["without_tax"].tolist() == [2, 1]
    for parcels, rules in ((bare, RULES), (three(), tax_rules()), (three(), tax_rules(public=9.0))):
        found = ranked(parcels, rules, Z1="a;b", Z2="c;d")
        assert found["tax_gap_yuan"].isna().all()
        assert found["ranked_by"].tolist() == ["area;owners"] * 2
    assert found["without_tax"].tolist() == [0, 0]


def test_zones_that_all_pay_enough_are_not_told_apart_by_it() -> None:
    found = ranked(three().assign(tax_yuan=9000.0), Z1="a;b", Z2="c;d")
    assert found["tax_gap_yuan"].tolist() == [0.0, 0.0]
    assert found["tax_gap_term"].isna().all()
    assert found["ranked_by"].tolist() == ["area;owners"] * 2


def test_a_negative_tax_is_a_larger_gap() -> None:
    found = ranked(three().assign(tax_yuan=[-400.0, 2500.0, 300.0, 0.0]), Z1="a;b", Z2="c;d")
    assert found["tax_gap_yuan"].to_numpy() == pytest.approx([1400.0, 1200.0])


def test_streets_in_a_zone_have_no_say() -> None:
    street = lots({"r": 9.0}, owner=[None], tax_yuan=[None], use_class=["transport"])
    parcels = pd.concat([three(), street])
    one = ranked(three(), Z1="a;b", Z2="c;d")
    two = ranked(parcels, Z1="a;b;r", Z2="c;d")
    same = ["owners", "without_owner", "tax_gap_yuan", "without_tax", "owners_term"]
    pd.testing.assert_frame_equal(one[same], two[same])
    assert two["area_term"].tolist()[0] > one["area_term"].tolist()[0]


def test_a_zone_of_streets_alone_has_no_owners_to_be_few() -> None:
    street = lots({"r": 9.0}, owner=[None], tax_yuan=[None], use_class=["transport"])
    found = ranked(pd.concat([three(), street]), Z1="a;b", Z2="c;d", Z3="r")
    assert found["owners"].tolist() == [1, 2, 0]
    assert found["owners_term"].tolist()[:2] == [1.0, 0.5]
    assert found["owners_term"].isna().tolist()[2]


def test_equal_zones_rank_by_their_ids() -> None:
    parcels = lots(dict.fromkeys("abcde", 10.0), owner=list("vwxyz"))
    found = ranked(parcels, Z3="a", Z1="b", Z4="c;e", Z2="d")
    assert found["rank"].to_dict() == {"Z1": 1, "Z2": 2, "Z3": 3, "Z4": 4}
    noisy = parcels.assign(area_m2=parcels["area_m2"] * [1.0, 1 - 1e-12, 1.0, 1 - 2e-12, 1.0])
    assert ranked(noisy, Z3="a", Z1="b", Z2="d")["rank"].tolist() == [3, 1, 2]


def test_no_zones_make_an_empty_table_of_the_same_kinds() -> None:
    parcels = three()
    some = potential(zones(parcels, Z1="a"), parcels, rules=RULES)
    none = potential(zones(parcels, Z1="a").iloc[:0], parcels, rules=RULES)
    assert none.empty
    assert none.dtypes.astype("str").to_dict() == some.dtypes.astype("str").to_dict()


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    rng = np.random.default_rng(5)
    ids = [f"p{n:02d}" for n in range(40)]
    parcels = lots(
        dict(zip(ids, rng.uniform(1, 30, 40), strict=True)),
        owner=rng.choice(list("甲乙丙丁"), 40),
        tax_yuan=rng.uniform(0, 900, 40),
        use_class=rng.choice(["industrial", "logistics", "green"], 40),
    )
    members = {f"Z{k}": ";".join(ids[k::5]) for k in range(5)}
    before, expected = parcels.copy(deep=True), ranked(parcels, **members)
    assert sorted(expected["rank"]) == [1, 2, 3, 4, 5]
    for seed in range(3):
        mixed = parcels.sample(frac=1, random_state=seed)
        turned = dict(reversed(members.items()))
        found = potential(zones(parcels, **turned), mixed, rules=RULES)
        found = found.set_index("zone_id").drop(columns=["parcel_ids", "geometry"])
        pd.testing.assert_frame_equal(found.loc[expected.index], expected, check_exact=True)
    pd.testing.assert_frame_equal(parcels, before)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(TableError, match="parcel_ids"):
        potential(zones(three(), Z1="a").drop(columns="parcel_ids"), three(), rules=RULES)
    with pytest.raises(TableError, match="area_m2"):
        potential(zones(three(), Z1="a"), three().drop(columns="area_m2"), rules=RULES)


def test_members_that_there_are_not_or_twice_are_refused() -> None:
    with pytest.raises(TableError, match=r"not among the parcels.*x"):
        potential(zones(three(), Z1="a").assign(parcel_ids="a;x"), three(), rules=RULES)
    with pytest.raises(TableError, match=r"in two zones.*b"):
        ranked(three(), Z1="a;b", Z2="b;c")
