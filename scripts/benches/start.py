"""What it takes to begin: importing gisland beside geopandas, and the smallest commands.

Every figure is that of a whole process, the start of Python included: nothing is loaded before.
The ways take turns. Judged is processor time, which other work on the machine changes least.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from functools import partial
from typing import NamedTuple

from benches.alone import seconds

MANY = 5  # processes of each way for each run that is asked for
IMPORT_RATIO = 2.5  # of gisland to geopandas, at most
HELP_S = 0.5  # processor time of gisland --help, at most
TIMED = "\nimport time, sys\nprint(time.process_time(), file=sys.stderr)"
COMMAND = """
import sys
from gisland.cli import main
sys.argv = ["gisland", {words}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
PEER, OURS = "import geopandas", "import gisland"
EVERYTHING, HELP, RULES = "every public name", "gisland --help", "gisland rules list"
WAYS = {
    PEER: "import geopandas",
    OURS: "import gisland",
    EVERYTHING: "import gisland\nfor name in gisland.__all__:\n    getattr(gisland, name)",
    HELP: COMMAND.format(words="'--help'"),
    RULES: COMMAND.format(words="'rules', 'list'"),
}


class Taken(NamedTuple):
    """Seconds of one process."""

    wall: float
    processor: float


def taken(code: str) -> Taken:
    """What a process of its own takes for some lines of Python."""
    call = partial(
        subprocess.run,
        [sys.executable, "-c", code + TIMED],
        env={**os.environ, "PYTHONUTF8": "1"},
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    wall, done = seconds(call)
    return Taken(wall, float(done.stderr.split()[-1]))


def start(runs: int) -> bool:
    """Measure all ways and print their table; whether both limits are kept."""
    for code in WAYS.values():
        taken(code)  # reads the files from disk, and writes what Python compiles
    rounds = [{name: taken(code) for name, code in WAYS.items()} for _ in range(MANY * runs)]
    middle = {
        name: Taken(*(statistics.median(t) for t in zip(*(r[name] for r in rounds), strict=True)))
        for name in WAYS
    }
    print(f"\nstart: whole processes, medians of {len(rounds)}")
    print(f"  {'':24}{'processor s':>12}{'wall s':>9}{'ratio':>8}")
    for name, (wall, processor) in middle.items():
        ratio = processor / middle[PEER].processor
        print(f"  {name:24}{processor:12.3f}{wall:9.3f}{ratio:8.2f}")
    print(
        "  names are loaded when they are first used: every public name is what all cost together"
    )
    ratio = middle[OURS].processor / middle[PEER].processor
    checks = {
        f"{OURS}: {ratio:.2f} times {PEER} (at most {IMPORT_RATIO})": ratio < IMPORT_RATIO,
        f"{HELP}: {middle[HELP].processor:.2f} s of processor (at most {HELP_S})": (
            middle[HELP].processor < HELP_S
        ),
    }
    for told, good in checks.items():
        print(f"  {'' if good else 'FAILED: '}{told}")
    return all(checks.values())
