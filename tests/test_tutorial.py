"""The tutorial: its outputs are those of today's gisland, on every machine; its map is seen."""

from __future__ import annotations

import ast
import base64
import copy
import difflib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.image
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "scripts" / "tutorial.ipynb"
MAY_IMPORT = {"gisland", "pandas", "matplotlib", "pathlib"}
MOST_BYTES = 1_000_000
ALIKE = 0.02  # mean difference of two pictures, 0 to 1: other fonts and rounded edges
PICTURE = "image/png"


def tool() -> ModuleType:
    """``scripts/notebook.py``, which is no module of the package."""
    found = importlib.util.spec_from_file_location("run_notebook", ROOT / "scripts" / "notebook.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


TOOL = tool()


def code_cells(notebook: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - a notebook
    return ((i, c) for i, c in enumerate(notebook.cells, start=1) if c.cell_type == "code")


def texts(output: Any) -> dict[str, str]:  # noqa: ANN401 - an output
    """What an output tells, but for pictures."""
    told = dict(output.get("data", {}))
    return (
        {"stream": output.text} if "text" in output else {k: told[k] for k in {*told} - {PICTURE}}
    )


def picture(output: Any) -> np.ndarray | None:  # noqa: ANN401 - an output
    encoded = output.get("data", {}).get(PICTURE)
    return (
        None if encoded is None else matplotlib.image.imread(io.BytesIO(base64.b64decode(encoded)))
    )


def unlike(was: np.ndarray | None, now: np.ndarray | None) -> bool:
    if was is None or now is None:
        return was is not now
    near = all(abs(a - b) <= 3 for a, b in zip(was.shape, now.shape, strict=True))
    rows, columns = (min(pair) for pair in zip(was.shape[:2], now.shape[:2], strict=True))
    return not near or float(np.abs(was[:rows, :columns] - now[:rows, :columns]).mean()) > ALIKE


def changes(kept: Any, made: Any) -> list[str]:  # noqa: ANN401 - notebooks
    """What a run tells otherwise than the file, cell by cell."""
    found = []
    for (i, was), (_, now) in zip(code_cells(kept), code_cells(made), strict=True):
        if was.source != now.source or len(was.outputs) != len(now.outputs):
            found.append(
                f"cell {i}: {len(was.outputs)} outputs in the file, {len(now.outputs)} now"
            )
            continue
        for one, other in zip(was.outputs, now.outputs, strict=True):
            before, after = texts(one), texts(other)
            for kind in sorted({*before, *after}):
                pair = [told.get(kind, "").splitlines() for told in (before, after)]
                lines = difflib.unified_diff(*pair, "in the file", "now", lineterm="", n=1)
                found += [f"cell {i}, {kind}:", *lines] if pair[0] != pair[1] else []
            if unlike(picture(one), picture(other)):
                found.append(f"cell {i}: another picture")
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The notebook run in a folder that has nothing to do with this checkout."""
    folder = tmp_path_factory.mktemp("reader")
    return TOOL.executed(TOOL.read(), folder), folder


@pytest.fixture(scope="module")
def kept() -> Any:  # noqa: ANN401 - a notebook
    return TOOL.read()


# --- the run -----------------------------------------------------------------------------------


def test_outputs_in_the_file_are_those_of_a_run(kept: Any, ran: tuple[Any, Path]) -> None:  # noqa: ANN401
    found = changes(kept, TOOL.kept(ran[0]))
    told = "\n".join(found)
    assert not found, f"the tutorial tells otherwise; write it anew: {TOOL.COMMAND}\n{told}"


def test_a_run_leaves_the_results_and_the_map_beside_the_reader(ran: tuple[Any, Path]) -> None:
    folder = ran[1]
    names = {f.name for f in folder.iterdir() if not f.name.startswith(".")}
    assert names == {"tutorial-results", "tutorial-map.html"}
    assert "Tall buildings" in (folder / "tutorial-map.html").read_text("utf-8")


@pytest.mark.browser
def test_the_map_of_the_cell_is_seen_offline(
    ran: tuple[Any, Path], offline_page: Callable[[Path | str], Page]
) -> None:
    (cell,) = (c for _, c in code_cells(ran[0]) if TOOL.UNKEPT in c.metadata.get("tags", []))
    shown = cell.outputs[0].data["text/html"]
    page = offline_page(f"<!DOCTYPE html><meta charset='utf-8'><title>n</title>{shown}")
    frame = page.frames[1]
    frame.wait_for_selector(".gi-legend")
    frame.evaluate("gisland.ready().then(() => gisland.known()).then(() => gisland.drawn())")
    assert frame.locator("canvas, .leaflet-overlay-pane svg").count() > 0
    assert "absorbed\n24\n" in frame.locator(".gi-legend").inner_text()


# --- the file ----------------------------------------------------------------------------------


def test_the_file_is_small_and_in_order(kept: Any) -> None:  # noqa: ANN401
    text = NOTEBOOK.read_text("utf-8")
    assert text == TOOL.text_of(TOOL.kept(kept)), f"write it anew: {TOOL.COMMAND}"
    assert len(text.encode()) < MOST_BYTES
    counts = [cell.execution_count for _, cell in code_cells(kept)]
    assert counts == [*range(1, len(counts) + 1)]


def test_the_file_names_no_machine_and_no_time(kept: Any) -> None:  # noqa: ANN401
    told = "".join(t for _, c in code_cells(kept) for o in c.outputs for t in texts(o).values())
    assert str(ROOT) not in told
    assert str(Path.home()) not in told
    assert not re.search(r"[/]tmp|[A-Z]:\\\\|timings|\bat 0x|\d seconds", told)


def test_every_code_cell_but_imports_and_the_map_shows_something(kept: Any) -> None:  # noqa: ANN401
    for number, cell in code_cells(kept):
        assert cell.outputs or TOOL.UNKEPT in cell.metadata.get("tags", []), number


def test_the_code_needs_gisland_and_pandas_only(kept: Any) -> None:  # noqa: ANN401
    trees = [ast.parse(cell.source) for _, cell in code_cells(kept)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= MAY_IMPORT


def test_the_code_obeys_ruff_and_ruff_looks_at_it(tmp_path: Path, kept: Any) -> None:  # noqa: ANN401
    bad = copy.deepcopy(kept)
    next(cell for _, cell in code_cells(bad)).source += "\nimport os"
    path = tmp_path / "bad.ipynb"
    path.write_text(TOOL.text_of(bad), "utf-8", newline="\n")
    settings = ("--config", ROOT / "pyproject.toml", "--no-cache")
    codes = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *words, *settings, file],
            cwd=ROOT,
            capture_output=True,
            check=False,
        ).returncode
        for file in (NOTEBOOK, path)
        for words in (("check",), ("format", "--check"))
    ]
    assert codes[:3] == [0, 0, 1]


def test_links_lead_somewhere(kept: Any) -> None:  # noqa: ANN401
    told = "\n".join(c.source for c in kept.cells if c.cell_type == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", told)
    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).is_file()] == []


def test_every_new_word_comes_with_its_chinese_term(kept: Any) -> None:  # noqa: ANN401
    told = "\n".join(c.source for c in kept.cells if c.cell_type == "markdown")
    bold = re.findall(r"\*\*([^*]+)\*\*(.{0,3})", told, re.DOTALL)
    missing = [word for word, after in bold if not re.match(r"\s\([一-鿿]", after)]
    assert missing == []


# --- the comparison itself ---------------------------------------------------------------------


def test_a_changed_number_and_a_lost_output_are_told_by_cell(kept: Any) -> None:  # noqa: ANN401
    made = copy.deepcopy(kept)
    (first, one), (second, other), *_ = code_cells(made)
    one.outputs[0].data["text/plain"] += "\n  more"
    other.outputs = []
    told = changes(kept, made)
    assert told[0] == f"cell {first}, text/plain:"
    assert "+  more" in told
    assert told[-1] == f"cell {second}: 1 outputs in the file, 0 now"
    assert changes(kept, copy.deepcopy(kept)) == []


def test_another_picture_is_told_and_its_noise_is_not(kept: Any) -> None:  # noqa: ANN401
    drawn = [o for _, c in code_cells(kept) for o in c.outputs if picture(o) is not None]
    was = picture(drawn[0])
    assert was is not None
    noise = np.random.default_rng(1).normal(0, 0.005, was.shape)
    assert not unlike(was, was + noise)
    assert unlike(was, 1 - was)
    assert unlike(was, was[:-9])
    assert unlike(was, None)


def test_an_error_in_a_cell_is_an_error_of_the_run(tmp_path: Path, kept: Any) -> None:  # noqa: ANN401
    bad = copy.deepcopy(kept)
    bad.cells = [cell for _, cell in code_cells(bad)][:1]
    bad.cells[0].source = "import sys\nprint(sys.executable)\n1 / 0"
    with pytest.raises(Exception, match="ZeroDivisionError"):
        TOOL.executed(bad, tmp_path)


def test_the_kernel_is_this_python(tmp_path: Path, kept: Any) -> None:  # noqa: ANN401
    one = copy.deepcopy(kept)
    one.cells = [cell for _, cell in code_cells(one)][:1]
    one.cells[0].source = "import os, sys\nprint(sys.executable, os.getcwd(), sep=chr(10))"
    printed = TOOL.executed(one, tmp_path).cells[0].outputs[0].text
    assert printed.splitlines() == [sys.executable, str(tmp_path.resolve())]
