from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gisland.base.errors import ProjectError
from gisland.base.planchoices import PlanChoices
from gisland.layers.plantable import plan_choices, plan_section, read_decisions, read_list
from gisland.layers.project import read_project

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    file = folder / "list.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_a_project_without_the_table_has_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "gisland.toml"
    file.write_text('[layers.parcels]\npath = "p.shp"\n', "utf-8")
    project = read_project(file)
    assert plan_choices(project.plan, project.folder) == PlanChoices()


def test_everything_of_the_table_arrives(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_bytes("权利人\n江城钢铁厂\n李\n".encode("gb18030"))
    (tmp_path / "say.csv").write_text("parcel_id;decision\nP2;S1\nP1;并入\nP3;OUT\n", "utf-8")
    table = {
        "method": "greedy",
        "objective": "count",
        "consented": "who.csv",
        "protected": ["P9", "P9"],
        "required": [],
        "decisions": "say.csv",
        "alternatives": False,
        "sweep_caps": [0.05, 1],
        "sweep_areas_m2": [2000],
        "columns": {"note": "set"},
    }
    assert plan_choices(plan_section({"plan": table}, "g.toml"), tmp_path) == PlanChoices(
        method="greedy",
        objective="count",
        consented=("江城钢铁厂", "李"),
        protected=("P9",),
        required=(),
        decisions={"P1": "in", "P2": "S1", "P3": "out"},
        alternatives=False,
        sweep_caps=(0.05, 1.0),
        sweep_areas_m2=(2000.0,),
        columns={"note": "set"},
    )


def test_decisions_of_the_command_line_replace_those_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("P1,in\n", "utf-8")
    (tmp_path / "b.csv").write_text("P2,out\n", "utf-8")
    found = plan_choices({"decisions": "a.csv"}, tmp_path, decisions=tmp_path / "b.csv")
    assert found.decisions == {"P2": "out"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lists_in_the_encodings_of_spreadsheets(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    text = f"宗地代码{separator}原因\r\n'007{separator}老窑，已停产\r\n\r\n 18 {separator}\r\n"
    assert read_list(written(tmp_path, text, encoding=encoding)) == ["007", "18"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("P1,in\nP1,out\n", r"two decisions on 1 parcel \(P1\)"),
        ("P1,in\nP2,\n", "line 2 has no parcel id or no decision"),
        ("P1,in\nP2\n", "line 2 has no parcel id or no decision"),
        ("4.2019E+18,in\n", r"line 1 holds '4.2019E\+18', a number that a spreadsheet"),
        ("parcel_id,decision\n", "has no rows"),
        ("", "has no rows"),
    ],
)
def test_decisions_that_cannot_be_used(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ProjectError, match=told):
        read_decisions(written(tmp_path, text))


def test_the_same_decision_twice_is_one(tmp_path: Path) -> None:
    assert read_decisions(written(tmp_path, "P1,in\nP1,in\n")) == {"P1": "in"}


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist; check the path in \\[plan\\]"):
        plan_choices({"required": "none.csv"}, tmp_path)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"methd": "exact"}, r"g.toml: \[plan\] 'methd' is not a key; did you mean 'method'"),
        ({"method": "fast"}, r"g.toml: \[plan\] method is 'fast'; use one of exact, greedy"),
        ({"objective": 3}, r"\[plan\] objective is 3"),
        ({"alternatives": "yes"}, "give true or false"),
        ({"required": [1]}, "give a list of ids, or the path of a file"),
        ({"decisions": ["P1"]}, "give the path of a table of two columns"),
        ({"sweep_caps": [10]}, r"give a list of shares from 0 to 1"),
        ({"sweep_areas_m2": [True]}, "give a list of numbers"),
        ({"columns": {"note": "avg"}}, r"\[plan\] columns.note is 'avg'"),
        ({"columns": ["note"]}, "give a table, such as"),
        ([], "make it a table"),
    ],
)
def test_a_table_that_cannot_be_used(table: object, told: str) -> None:
    with pytest.raises(ProjectError, match=told):
        plan_section({"plan": table}, "g.toml")
