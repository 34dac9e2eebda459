"""Make the maps of the gallery from the sample district: one subject each, in one file each.

    python scripts/gallery.py [FOLDER] [--results RESULTS]

Writes ``merge_plan.html``, ``block_lines.html`` and ``density.html`` into FOLDER, by default
``maps``. RESULTS is the folder of a run of the sample district; without it the run is made anew.
The same results give the same bytes.
"""

import argparse
import tempfile
from pathlib import Path

import gisland

SUBJECTS = ("merge_plan", "block_lines", "density")  # what the maps open on, and their names
MAPS = Path(__file__).resolve().parent.parent / "maps"


def make(results: Path, folder: Path) -> list[Path]:
    """Draw all maps of the gallery from the results of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        gisland.map_results(results, folder / f"{subject}.html", opening=subject)
        for subject in SUBJECTS
    ]


def main() -> None:
    """Run the sample district, unless its results are there, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=MAPS, help="to write into")
    parser.add_argument("--results", type=Path, help="results folder of the sample district")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        results = given.results or gisland.run_demo(Path(work) / "out").folder
        for path in make(results, given.folder):
            print(f"{path} ({path.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
