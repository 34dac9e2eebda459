from __future__ import annotations

import pytest

from gisland.base import errors
from gisland.base.errors import (
    CaseError,
    CRSError,
    FieldError,
    GeometryError,
    GislandError,
    LayerError,
    OutputError,
    PlanError,
    ProjectError,
    RulesError,
    TableError,
)

ALL = (
    ProjectError,
    RulesError,
    CaseError,
    LayerError,
    FieldError,
    CRSError,
    TableError,
    GeometryError,
    PlanError,
    OutputError,
)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_ours_and_a_value_error(kind: type[GislandError]) -> None:
    assert issubclass(kind, GislandError)
    assert issubclass(kind, ValueError)
    assert kind.__doc__
    error = kind("parcels: nothing there", do="look again")
    assert str(error) == "parcels: nothing there; look again"
    assert (error.what, error.do, error.ids) == ("parcels: nothing there", "look again", ())


def test_the_list_above_is_complete() -> None:
    kinds = {
        k for k in vars(errors).values() if isinstance(k, type) and k.__module__ == errors.__name__
    }
    assert kinds == {*ALL, GislandError}


def test_a_field_error_is_a_layer_error() -> None:
    assert issubclass(FieldError, LayerError)


def test_ten_ids_are_listed_in_full() -> None:
    error = TableError("parcels: wrong", do="mend", ids=range(10))
    assert str(error) == "parcels: wrong (0, 1, 2, 3, 4, 5, 6, 7, 8, 9); mend"


def test_more_than_ten_ids_are_counted_and_kept() -> None:
    error = TableError("parcels: wrong", do="mend", ids=(f"p{i}" for i in range(1, 14)))
    assert str(error) == (
        "parcels: wrong (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 and 3 more); mend"
    )
    assert len(error.ids) == 13
    assert error.ids[-1] == "p13"
