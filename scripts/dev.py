"""Set up, check, test and show gisland: ``python3 scripts/dev.py demo | test | check | bench``.

Needs Python 3.11 or newer and nothing else. The first call makes ``.venv`` in this checkout and
installs the locked versions into it; later calls find it ready.

    demo       run the main job on the sample district and say where the map is
    test       all gates, then the tests, on all processors; one by one with -n0, --pdb or -s
    check      the gates only: lint, format, types, docstrings
    bench      the benchmarks
    fuzz       thousands of random broken layers: ``fuzz [NUMBER [SEED]]``, 10 000 of a new seed
    reference  the generated pages of docs/, and all pages as one: out/reference/index.html
    gallery    the maps of maps/, drawn anew from the sample district
    tutorial   run scripts/tutorial.ipynb again and write its outputs
    build      wheel and source archive into dist/
    fix        format, and repair what the linter can repair
    lock       write requirements.lock anew from pyproject.toml

What follows the command is passed on: ``python3 scripts/dev.py test -k borders``. On Windows write
``py`` where it says python3.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OLDEST = (3, 11)
if sys.version_info < OLDEST:  # up to here, and in its grammar, this file suits a much older Python
    sys.exit("gisland needs Python 3.11 or newer; this is Python " + sys.version.split()[0])

import tomllib  # noqa: E402 - an old Python has none, and should hear the line above

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / "gisland.stamp"

BUILD_TOOLS = ("editables>=0.5", "hatchling>=1.25")  # locked too: installing fetches nothing else
PIP = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq")
FEWEST, MOST = 2, 8  # workers of the tests: each takes about 1.5 GB, and time to get ready
ONE_PROCESS = {"--pdb", "--trace", "-s", "--capture=no", "--collect-only", "--co"}  # in a terminal
PROBE = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"


def run(*command: str | Path, **env: str) -> int:
    """Run a command at the root of the checkout and hand back its exit code."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def must(*command: str | Path, failing: str, **env: str) -> None:
    """Run a command whose failure is the end, with a line that says what failed."""
    code = run(*command, **env)
    if code:
        say(failing)
        sys.exit(code)


def say(text: str) -> None:
    """Tell what goes on, between the outputs of the commands."""
    print(f"dev: {text}", file=sys.stderr, flush=True)


# --- the environment ---------------------------------------------------------------------------


def stamp() -> str:
    """What the environment is made from: lock, project file, and the place of the checkout."""
    made_from = LOCK.read_bytes() + PROJECT.read_bytes() + str(ROOT).encode()
    return hashlib.sha256(made_from).hexdigest()


def make_venv() -> None:
    """Make .venv with the Python that runs this, unless one that works is there."""
    if PYTHON.exists():
        probe = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False)
        if probe.returncode == 0:
            return
    say(f"making .venv with Python {sys.version.split()[0]}")
    make = (sys.executable, "-m", "venv", "--clear", VENV)
    must(*make, failing="no .venv could be made; Debian and Ubuntu want the package python3-venv")


def set_up() -> None:
    """Bring .venv to the locked versions and install the project itself, editable."""
    if not LOCK.exists():
        sys.exit("dev: requirements.lock is missing; make it: python3 scripts/dev.py lock")
    make_venv()
    if STAMP.exists() and STAMP.read_text("utf-8") == stamp():
        return
    say("installing the locked versions into .venv; this takes a few minutes, once, without a word")
    start = time.monotonic()
    must(*PIP, "install", "-r", LOCK, failing="installing failed; the lines above say why")
    itself = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    must(*PIP, "install", *itself, failing="installing gisland itself failed; see above")
    STAMP.write_text(stamp(), "utf-8")
    say(f"ready after {time.monotonic() - start:.0f} s")


# --- the commands ------------------------------------------------------------------------------


def demo(*rest: str) -> int:
    """Run the main job on the sample and say where its map is."""
    out = ROOT / "out" / "demo"
    code = run(PYTHON, "-m", "gisland", "demo", *(rest or ("-o", out)))
    if rest or code:
        return code
    written = out / "map.html"
    if not written.exists():
        sys.exit(f"dev: no map was written at {written}")
    print(f"The map is at {written}\nOpen it in any browser: {written.as_uri()}")
    return 0


def check() -> int:
    """Run the gates; the first that fails is the last that runs."""
    gates: dict[str, tuple[str | Path, ...]] = {
        "lint": ("ruff", "check", "--quiet", "."),
        "format": ("ruff", "format", "--check", "."),
        "types": ("mypy", "--no-error-summary"),
        "docstrings": ("numpydoc", "lint", *sorted(ROOT.joinpath("gisland").rglob("*.py"))),
    }
    for name, command in gates.items():
        start = time.monotonic()
        failing = f"{name}: failed (python3 scripts/dev.py fix repairs some faults)"
        must(PYTHON, "-m", *command, failing=failing, PYTHONUTF8="1")
        say(f"{name}: passed in {time.monotonic() - start:.1f} s")
    return 0


def test(*rest: str) -> int:
    """Run the gates, then tests and doctests in parallel; an unexpected skip is a failure."""
    workers = min(max(os.cpu_count() or 1, FEWEST), MOST)
    parallel = ("-n", str(workers), "--dist", "worksteal") if ONE_PROCESS.isdisjoint(rest) else ()
    words = (*parallel, "--durations=15", *rest)
    return check() or run(PYTHON, "-m", "pytest", *words, GISLAND_NO_SKIPS="1")


def bench(*rest: str) -> int:
    """Run the benchmarks."""
    script = ROOT / "scripts" / "bench.py"
    if not script.exists():
        sys.exit("dev: there are no benchmarks in this checkout: scripts/bench.py is missing")
    return run(PYTHON, script, *rest)


def gallery(*rest: str) -> int:
    """Draw the maps of the gallery anew."""
    return run(PYTHON, ROOT / "scripts" / "gallery.py", *rest)


def fuzz(*rest: str) -> int:
    """Try random layers with faults; the seed is told, so that a failure can be had again."""
    if rest[2:] or not all(word.isdigit() for word in rest):
        sys.exit("dev: fuzz takes a number of cases and a seed: fuzz 500 42")
    number = rest[0] if rest else "10000"
    seed = rest[1] if rest[1:] else str(secrets.randbelow(2**32))
    say(f"{number} cases of seed {seed}; again: python3 scripts/dev.py fuzz {number} {seed}")
    words = ("-m", "pytest", "-q", ROOT / "tests" / "test_fuzz.py")
    return run(PYTHON, *words, GISLAND_FUZZ=number, GISLAND_FUZZ_SEED=seed)


def reference() -> int:
    """Write the generated pages, and the whole reference as one file."""
    return run(PYTHON, ROOT / "scripts" / "reference.py", PYTHONUTF8="1")


def tutorial() -> int:
    """Run the tutorial notebook again and write what it tells."""
    return run(PYTHON, ROOT / "scripts" / "notebook.py")


def build() -> int:
    """Write wheel and source archive into dist/, which holds nothing else then."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    code = run(PYTHON, "-m", "hatchling", "build", "-d", dist, PYTHONUTF8="1")
    if not code:
        names = ", ".join(sorted(path.name for path in dist.iterdir()))
        print(f"{names} are in {dist}\nInstall: python3 -m pip install dist/*.whl")
    return code


def fix() -> int:
    """Format, and repair what the linter can repair."""
    left = run(PYTHON, "-m", "ruff", "check", "--fix", ".")
    return run(PYTHON, "-m", "ruff", "format", ".") or left


def lock() -> int:
    """Write requirements.lock anew: the newest versions that pyproject.toml allows."""
    make_venv()
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], *BUILD_TOOLS]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        resolve = (*PIP, "install", "--dry-run", "--ignore-installed", "--report", report)
        must(*resolve, *wanted, failing="no set of versions was found; the lines above say why")
        found = [item["metadata"] for item in json.loads(report.read_text("utf-8"))["install"]]
    pins = sorted(
        f"{re.sub(r'[-_.]+', '-', one['name']).lower()}=={one['version']}" for one in found
    )
    text = "\n".join(["# made by scripts/dev.py lock", *pins, ""])
    LOCK.write_text(text, "utf-8", newline="\n")
    say(f"{len(pins)} versions written to {LOCK.name}")
    return 0


PASS_ON = {"demo": demo, "test": test, "bench": bench, "gallery": gallery, "fuzz": fuzz}
ALONE = {
    "build": build,
    "check": check,
    "fix": fix,
    "lock": lock,
    "reference": reference,
    "tutorial": tutorial,
}


def main(words: list[str]) -> int:
    """Run one command; set the environment up first, except for a new lock."""
    name, *rest = words or [""]
    if name in {"-h", "--help", "help"}:
        print(__doc__)
        return 0
    if name not in PASS_ON and (name not in ALONE or rest):
        print(__doc__, file=sys.stderr)
        say(f"there is no command {' '.join(words)!r}" if words else "say which command")
        return 2
    if name != "lock":
        set_up()
    return PASS_ON[name](*rest) if name in PASS_ON else ALONE[name]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
