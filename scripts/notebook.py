"""Run scripts/tutorial.ipynb again and write its outputs in place.

What is written depends on the notebook and on gisland alone: no times, no random ids, no names of
this machine. If nothing has changed, the file keeps its bytes. The output of a cell with the tag
``run-to-see`` (the map, half a megabyte) is not kept.

    python3 scripts/dev.py tutorial
"""

from __future__ import annotations

import asyncio
import copy
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent / "tutorial.ipynb"
COMMAND = "python3 scripts/dev.py tutorial"
UNKEPT = "run-to-see"  # tag of cells whose output is too large for the file
SECONDS = 600.0  # of one cell, on a slow machine that has to compile first
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
ENV = {"PYTHONUTF8": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


class ThisPython(AsyncKernelManager):
    """Starts the Python that runs this, whatever kernels are installed on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """A kernel that has the libraries of this Python."""
        start = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher"]
        start += ["-f", "{connection_file}", "--IPKernelApp.log_level=ERROR"]
        return KernelSpec(argv=start, display_name="Python 3", language="python")


def read(path: Path = NOTEBOOK) -> nbformat.NotebookNode:
    """The notebook as it is kept."""
    return nbformat.reads(path.read_text("utf-8"), as_version=4)


def executed(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a run in a folder; an error in a cell is an error here."""
    made = copy.deepcopy(notebook)
    root = str(NOTEBOOK.parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, **ENV, "PYTHONPATH": os.pathsep.join(paths)}
    env["IPYTHONDIR"] = str(folder / ".ipython")  # not the profile of whoever runs this
    env["JUPYTER_RUNTIME_DIR"] = str(folder / ".runtime")
    client = NotebookClient(
        made,
        timeout=SECONDS,
        kernel_manager_class=ThisPython,
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
    )
    with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop of its own, as in tests
        thread.submit(_wait_for, client, env).result()
    return made


def _wait_for(client: NotebookClient, env: dict[str, str]) -> None:
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(client.async_execute(env=env))


def _loop() -> asyncio.AbstractEventLoop:
    """A loop that ZeroMQ can wait in; the usual one of Windows cannot."""
    return asyncio.SelectorEventLoop()


def kept(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What goes into the file: cells in order, outputs, least metadata."""
    cells = [_cell(cell, number) for number, cell in enumerate(notebook.cells, start=1)]
    bare = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(bare)


def _cell(cell: nbformat.NotebookNode, number: int) -> dict[str, Any]:
    tags = cell.metadata.get("tags", [])
    bare: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "id": f"cell-{number:02}",
        "metadata": {"tags": tags} if tags else {},
        "source": cell.source,
    }
    if cell.cell_type == "code":
        outputs = [] if UNKEPT in tags else [_output(one) for one in cell.outputs]
        bare |= {"execution_count": cell.execution_count, "outputs": outputs}
    return bare


def _output(output: nbformat.NotebookNode) -> dict[str, Any]:
    if output.output_type == "stream":
        return {"output_type": "stream", "name": output.name, "text": output.text}
    made = {"output_type": output.output_type, "data": dict(output.data), "metadata": {}}
    count = {"execution_count": output.get("execution_count")}
    return made | (count if output.output_type == "execute_result" else {})


def text_of(notebook: nbformat.NotebookNode) -> str:
    """The bytes of the file, as text."""
    return nbformat.writes(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Run, and write if something has changed."""
    with tempfile.TemporaryDirectory() as folder:
        made = text_of(kept(executed(read(), Path(folder))))
    nbformat.validate(nbformat.reads(made, as_version=4))
    changed = made != NOTEBOOK.read_text("utf-8")
    if changed:
        NOTEBOOK.write_text(made, "utf-8", newline="\n")
    size = len(made.encode()) / 1000
    print(f"{NOTEBOOK.name}: {'written anew' if changed else 'nothing has changed'}, {size:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
