"""What the command line says to somebody who has just met it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gisland.base import consoles
from gisland.jobs import sample_folder
from gisland.present.findinglines import finding_lines

if TYPE_CHECKING:
    from pathlib import Path


def finding(code: str = "multipart", **columns: str | None) -> dict[str, str | None]:
    given = {"severity": "info", "layer": "parcels", "parcel_id": None, "other_id": None}
    return {**given, "code": code, "message": "2 parts", **columns}


def gisland(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gisland", *map(str, words)]
    around = {**os.environ, "PYTHONUTF8": "1", **env}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=around, check=False)


def test_equal_findings_share_a_line() -> None:
    rows = [finding(parcel_id=f"p{i}") for i in range(93)]
    told = "info    parcels multipart p0, p1, p2, p3, p4 and 88 more: 2 parts"
    assert finding_lines(rows) == [told]


def test_findings_that_differ_in_anything_told_keep_lines_of_their_own() -> None:
    rows = [
        finding(parcel_id="a"),
        finding(parcel_id="b", message="3 parts"),
        finding(parcel_id="c", severity="error"),
        finding(parcel_id="d", layer="zoning"),
        finding("gap", parcel_id="e", other_id="f"),
    ]
    lines = finding_lines(rows)
    assert len(lines) == len(rows)
    assert lines[0] == "error   parcels multipart c: 2 parts"
    assert lines[-1] == "info    parcels gap e f: 2 parts"


def test_findings_without_a_parcel_are_counted() -> None:
    assert finding_lines([finding()]) == ["info    parcels multipart: 2 parts"]
    assert finding_lines([finding()] * 3) == ["info    parcels multipart (3 times): 2 parts"]


def test_what_is_beyond_the_last_line_of_a_code_is_counted_in_findings() -> None:
    rows = [finding(parcel_id=f"p{i}", message=f"{i // 2} parts") for i in range(50)]
    lines = finding_lines(rows)
    assert len(lines) == 20 + 1
    assert lines[-1] == "        … multipart: 10 more"


def test_a_layer_is_not_named_twice() -> None:
    [line] = finding_lines([finding("ids_made", message="parcels: no id column")])
    assert line == "info    parcels ids_made: no id column"


def test_hostile_texts_stay_one_line() -> None:
    [line] = finding_lines([finding(parcel_id="a\nb", message="x\x1b[31m\ny")])
    assert "\n" not in line
    assert "\x1b" not in line


def test_init_says_that_nothing_will_be_merged(tmp_path: Path) -> None:
    told = {}
    for name, given in (("without", ["parcels.shp"]), ("with", ["parcels.shp", "sites.gpkg"])):
        layers = [sample_folder() / file for file in given]
        told[name] = gisland("init", *layers, "-o", tmp_path / f"{name}.toml").stdout
    assert "nothing is merged unless you switch on [sites]" in told["without"]
    assert "[sites]" not in told["with"]


def test_help_says_where_to_begin() -> None:
    for words in ((), ("--help",)):
        told = gisland(*words, COLUMNS="100")
        assert "Begin with: gisland demo" in told.stdout + told.stderr


def test_what_is_said_can_be_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert consoles.called([".venv/bin/gisland", "run"]) == ".venv/bin/gisland"
    assert consoles.called([r"C:\my maps\gisland.exe"]).count('"') in {0, 2}
    assert consoles.called(["/x/gisland/__main__.py"]).endswith(" -m gisland")
    assert consoles.called(["pytest"]) == "gisland"
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/gisland")
    assert consoles.called([".venv/bin/gisland"]) == "gisland"


def test_compiling_is_told_once_where_nothing_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("numba", reason="nothing is compiled without numba")
    words = ("check", sample_folder() / "gisland.toml")
    for times in (1, 0):
        told = gisland(*words, NUMBA_CACHE_DIR=str(tmp_path))
        assert told.returncode == 0
        assert told.stderr.count("compiling for this computer") == times
