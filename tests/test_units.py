from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from gisland.base.errors import ProjectError
from gisland.base.units import AREA_M2, MONEY_YUAN, MU_M2, factor, m2_to_mu, mu_to_m2


def test_one_mu_is_a_fifteenth_of_a_hectare_exactly() -> None:
    assert AREA_M2["mu"] == Fraction(10_000, 15)
    assert MU_M2 == 10_000 / 15
    assert mu_to_m2(1000.0) == pytest.approx(666_666.6666666667, abs=1e-9)
    assert 1000 * 666.67 - mu_to_m2(1000.0) == pytest.approx(3.33, abs=0.01)


@pytest.mark.parametrize(("mu", "m2"), [(3.0, 2000.0), (4.5, 3000.0), (0.0, 0.0), (15.0, 10_000.0)])
def test_round_numbers_convert_without_any_error(mu: float, m2: float) -> None:
    assert mu_to_m2(mu) == m2
    assert m2_to_mu(m2) == mu


def test_published_area_in_both_units() -> None:
    assert round(m2_to_mu(48_328.0), 2) == 72.49


def test_arrays_and_series_keep_shape_index_and_missing() -> None:
    series = pd.Series([2000.0, None], index=["a", "b"], name="area")
    converted = m2_to_mu(series)
    assert converted.index.tolist() == ["a", "b"]
    assert converted.loc["a"] == 3.0
    assert np.isnan(converted.loc["b"])
    assert mu_to_m2(np.array([[3.0], [6.0]])).tolist() == [[2000.0], [4000.0]]
    assert series.loc["a"] == 2000.0


@pytest.mark.parametrize(
    ("unit", "in_m2"),
    [
        ("m2", 1.0),
        ("ha", 10_000.0),
        ("km2", 1_000_000.0),
        ("mu", 666.6666666666666),
        ("ft2", 0.09290304),
        ("acre", 4046.8564224),
    ],
)
def test_area_factors(unit: str, in_m2: float) -> None:
    assert factor(unit, canonical="m2") == in_m2


def test_an_acre_is_43560_square_feet() -> None:
    assert AREA_M2["acre"] == 43_560 * AREA_M2["ft2"]


def test_money_factors() -> None:
    assert MONEY_YUAN == {"yuan": 1, "wan_yuan": 10_000}
    assert factor("yuan", canonical="yuan") == 1.0


@pytest.mark.parametrize(("unit", "canonical"), [("亩", "m2"), ("yuan", "m2"), ("mu", "yuan")])
def test_unit_of_another_kind_is_refused(unit: str, canonical: str) -> None:
    with pytest.raises(ProjectError, match=f"unit {unit!r} is unknown here; use one of"):
        factor(unit, canonical=canonical)
