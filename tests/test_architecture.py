"""The house stands as designed: who may import whom, how big things are, where files are opened.

Each rule is a function from a module to its complaints. Each is tried on planted faults first.
"""

from __future__ import annotations

import ast
import graphlib
import re
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
MODULE_LINES = 400
BODY_LINES = 60

STAGES = ("detect", "plan", "measure", "control")
SEES: dict[str, tuple[str, ...]] = {
    "base": (),
    "layers": ("base",),
    "topology": ("base",),
    **dict.fromkeys(STAGES, ("base", "topology")),
    "present": ("base",),
    "verify": ("base", "layers"),
    "pipeline": ("base", "topology", *STAGES),
    "ruleshow": ("base", "present"),
    "caseops": ("base", "measure", "plan"),
    "caseformulas": ("base", "present", "caseops"),
    "casebook": ("base", "layers", "present", "caseops", "caseformulas"),
    "caseshow": ("base", "present", "casebook"),
    "__main__": ("cli",),
}
SEE_EVERYTHING = (
    "cli",
    "jobs",
    "explaining",
    "mapping",
    "exploring",
    "programs",
    "splitting",
    "",
)  # command line, whole jobs, the public face
ROOT_WING = ""

OPENERS = {
    *("open", "fdopen", "read_text", "write_text", "read_bytes", "write_bytes"),
    *("read_file", "to_file", "read_parquet", "to_parquet", "read_feather", "to_feather"),
    *("read_csv", "read_excel", "to_excel", "load_workbook", "read_sql"),
    *("read_dataframe", "write_dataframe", "read_arrow", "write_arrow", "read_info"),
    *("list_layers", "mkdir", "unlink", "rmtree", "copytree", "mkdtemp"),
}
OPENING_LIBRARIES = {"pyogrio", "sqlite3", "tempfile", "fiona"}
MAY_OPEN = ("gisland.layers", "gisland.base.rulefiles")
MUTABLE = {"list", "dict", "set", "bytearray", "defaultdict", "Counter", "deque", "OrderedDict"}
MUTATORS = {
    *("append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem"),
    *("remove", "discard", "clear", "sort", "reverse"),
}


@dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name, whether it is a package, and its text."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def wing(self) -> str:
        return wing_of(self.name)


def wing_of(name: str) -> str:
    return name.split(".")[1] if "." in name else ROOT_WING


def package() -> list[Module]:
    """All modules of gisland, by name."""
    found = []
    for path in sorted(ROOT.joinpath("gisland").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Module(name, path.read_text("utf-8"), is_package))
    return found


# --- reading code ------------------------------------------------------------------------------


def at_load(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is loaded: not functions, not what only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_load(child)


def imported(module: Module, nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str, str]]:
    """Line, module and name (empty for a plain import) of each import from gisland."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                up = node.level - module.is_package
                parts = module.name.split(".")[: -up or None]
                source = ".".join([*parts, *filter(None, [node.module])])
            for alias in node.names:
                yield node.lineno, source, alias.name


def ours(module: Module) -> list[tuple[int, str, str]]:
    found = imported(module, ast.walk(module.tree))
    return [row for row in found if row[1].split(".")[0] == "gisland"]


def called(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Each call, with the last word of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node, node.func.attr


# --- the rules ---------------------------------------------------------------------------------


def stays_in_its_wing(module: Module) -> list[str]:
    """A module imports from the wings below its own only."""
    if module.wing in SEE_EVERYTHING:
        return []
    if module.wing not in SEES:
        return [f"{module.name}: the house has no wing {module.wing!r}"]
    allowed = {module.wing, *SEES[module.wing]}
    return [
        f"{module.name}:{line}: {module.wing} does not see {target}"
        for line, source, name in ours(module)
        if (target := wing_of(source if source != "gisland" else f"gisland.{name}")) not in allowed
    ]


def leaves_the_root_alone(module: Module) -> list[str]:
    """Nobody imports the package root, which imports everybody."""
    return [
        f"{module.name}:{line}: imports the package root"
        for line, source, _ in ours(module)
        if source == "gisland" and module.name != "gisland"
    ]


def is_short(module: Module) -> list[str]:
    """No module is longer than can be kept in mind."""
    lines = len(module.text.splitlines())
    return [f"{module.name}: {lines} lines"] if lines > MODULE_LINES else []


def has_short_functions(module: Module) -> list[str]:
    """No function body, docstring aside, is longer than a screen."""
    complaints = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > BODY_LINES:
                complaints.append(f"{module.name}:{node.lineno}: {node.name} has {lines} lines")
    return complaints


def is_silent(module: Module) -> list[str]:
    """Only the command line prints; nobody warns."""
    silent = {"warn", "warn_explicit"} | ({"print"} if module.wing != "cli" else set())
    return [
        f"{module.name}:{call.lineno}: {word}()"
        for call, word in called(module.tree)
        if word in silent
    ]


def keeps_no_state(module: Module) -> list[str]:
    """No list, dict or set at module level but constants, and nobody changes those."""
    complaints = []
    names = set()
    for node in at_load(module.tree):
        if isinstance(node, ast.ClassDef) or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in (t for t in targets if isinstance(t, ast.Name)):
            names.add(target.id)
            constant = re.fullmatch(r"_?[A-Z][A-Z0-9_]*|__\w+__", target.id)
            if is_mutable(node.value) and not constant:
                complaints.append(f"{module.name}:{node.lineno}: {target.id} can be changed")
    return complaints + changes(module, {name for name in names if name.isupper()})


def is_mutable(value: ast.expr | None) -> bool:
    displays = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).split(".")[-1] in MUTABLE
    return isinstance(value, displays)


def changes(module: Module, names: set[str]) -> list[str]:
    """Where these module-level names are changed, or any name is declared global."""
    complaints = []
    for node in ast.walk(module.tree):
        where = f"{module.name}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Global():
                complaints.append(f"{where}: global {', '.join(node.names)}")
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                complaints += [f"{where}: changes {name}"] * (name in names)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=word)):
                complaints += [f"{where}: changes {name}"] * (name in names and word in MUTATORS)
    return complaints


def opens_no_file(module: Module) -> list[str]:
    """Layers opens files; rules reads rule sets; present reads the package's own resources."""
    if f"{module.name}.".startswith(tuple(f"{name}." for name in MAY_OPEN)):
        return []
    sources = {source for _, source, _ in imported(module, ast.walk(module.tree))}
    sources |= {
        f"{source}.{name}" for _, source, name in imported(module, ast.walk(module.tree)) if name
    }
    complaints = [
        f"{module.name}: imports {library}"
        for library in sorted(OPENING_LIBRARIES & {source.split(".")[0] for source in sources})
    ]
    own_resources = (
        module.wing == "present" and "importlib.resources" in sources and "pathlib" not in sources
    )
    readable = {"read_text", "read_bytes"} if own_resources else set()
    for call, word in called(module.tree):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        is_browser = isinstance(owner, ast.Name) and owner.id == "webbrowser"
        is_nowhere = bool(call.args) and ast.unparse(call.args[0]) == "os.devnull"
        if word in OPENERS - readable and not (is_browser or is_nowhere):
            complaints.append(f"{module.name}:{call.lineno}: {ast.unparse(call.func)}()")
    return complaints


RULES: tuple[Callable[[Module], list[str]], ...] = (
    stays_in_its_wing,
    leaves_the_root_alone,
    is_short,
    has_short_functions,
    is_silent,
    keeps_no_state,
    opens_no_file,
)


def cycle(modules: list[Module]) -> list[str]:
    """The modules of a cycle of imports at load; none if there is no cycle."""
    names = {module.name for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        targets = set()
        for _, source, name in imported(module, at_load(module.tree)):
            targets |= {f"{source}.{name}" if f"{source}.{name}" in names else source} & names
        graph[module.name] = targets - {module.name}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


# --- the house ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Callable[[Module], list[str]]) -> None:
    assert [complaint for module in package() for complaint in rule(module)] == []


def test_modules_load_without_a_cycle() -> None:
    assert cycle(package()) == []


def test_every_wing_is_looked_at() -> None:
    wings = {module.wing for module in package()}
    assert wings - {"__main__"} == {*SEES, *SEE_EVERYTHING} - {"__main__"}


# --- the rules see planted faults --------------------------------------------------------------

LONG_BODY = "def f():\n" + "    x = 1\n" * (BODY_LINES + 1)
FAULTS = [
    (stays_in_its_wing, "gisland.base.units", "import gisland.layers.read"),
    (stays_in_its_wing, "gisland.plan.merging.merge", "from gisland.detect.scraps import scraps"),
    (
        stays_in_its_wing,
        "gisland.plan.merging.merge",
        "def f():\n    from gisland.layers import read",
    ),
    (stays_in_its_wing, "gisland.topology.check", "from ..detect import scraps"),
    (stays_in_its_wing, "gisland.topology.check", "from .. import plan"),
    (stays_in_its_wing, "gisland.verify", "from gisland.plan.exact import assign"),
    (stays_in_its_wing, "gisland.pipeline", "from gisland.present import webmap"),
    (stays_in_its_wing, "gisland.present.sheets", "from gisland.topology.shape import width_m"),
    (stays_in_its_wing, "gisland.layers.read", "from gisland import pipeline"),
    (stays_in_its_wing, "gisland.attic", "x = 1"),
    (leaves_the_root_alone, "gisland.cli", "import gisland"),
    (leaves_the_root_alone, "gisland.cli", "from gisland import __version__"),
    (leaves_the_root_alone, "gisland.cli", "from . import pipeline"),
    (is_short, "gisland.cli", "x = 1\n" * (MODULE_LINES + 1)),
    (has_short_functions, "gisland.cli", LONG_BODY),
    (
        has_short_functions,
        "gisland.cli",
        "class A:\n" + textwrap.indent(f"async {LONG_BODY}", "  "),
    ),
    (is_silent, "gisland.plan.merging.merge", "def f():\n    print(1)"),
    (is_silent, "gisland.cli", "import warnings\nwarnings.warn('no')"),
    (keeps_no_state, "gisland.plan.merging.merge", "seen = []"),
    (keeps_no_state, "gisland.plan.merging.merge", "if True:\n    seen: dict[str, int] = {}"),
    (keeps_no_state, "gisland.plan.merging.merge", "seen = collections.defaultdict(list)"),
    (keeps_no_state, "gisland.plan.merging.merge", "def f():\n    global n\n    n = 1"),
    (keeps_no_state, "gisland.plan.merging.merge", "SEEN = {}\ndef f():\n    SEEN['a'] = 1"),
    (keeps_no_state, "gisland.plan.merging.merge", "SEEN = []\ndef f():\n    SEEN.append(1)"),
    (opens_no_file, "gisland.plan.merging.merge", "open('a')"),
    (opens_no_file, "gisland.verify", "pathlib.Path('a').read_text()"),
    (opens_no_file, "gisland.pipeline", "gpd.read_file('a')"),
    (opens_no_file, "gisland.cli", "from pyogrio import read_dataframe"),
    (opens_no_file, "gisland.base.rulesets", "frame.to_file('a')"),
    (opens_no_file, "gisland.present.style", "from pathlib import Path\nPath('a').read_text()"),
    (
        opens_no_file,
        "gisland.present.style",
        "from importlib import resources\nfrom pathlib import Path\nPath('a').read_text()",
    ),
    (opens_no_file, "gisland.present.style", "import importlib.resources\nopen('a')"),
]
SOUND = [
    (
        stays_in_its_wing,
        "gisland.plan.merging.merge",
        "from gisland.topology.borders import borders",
    ),
    (stays_in_its_wing, "gisland.verify", "from gisland.layers.writing.write import read_results"),
    (stays_in_its_wing, "gisland.cli", "from gisland.plan.exact import assign"),
    (stays_in_its_wing, "gisland", "from gisland.pipeline import analyze"),
    (leaves_the_root_alone, "gisland.cli", "from gisland.base import errors"),
    (is_short, "gisland.cli", "x = 1\n" * MODULE_LINES),
    (has_short_functions, "gisland.cli", LONG_BODY.removesuffix("    x = 1\n")),
    (is_silent, "gisland.cli", "print(1)"),
    (
        keeps_no_state,
        "gisland.plan.merging.merge",
        "__all__ = ['f']\nTABLE = {'a': 1}\nPAIR = (1, 2)",
    ),
    (keeps_no_state, "gisland.plan.merging.merge", "def f():\n    seen = []\n    seen.append(1)"),
    (opens_no_file, "gisland.layers.read", "import pyogrio\npyogrio.read_dataframe('a')"),
    (opens_no_file, "gisland.base.rulefiles", "Path('a').read_text()"),
    (opens_no_file, "gisland.plan.merging.merge", "os.open(os.devnull, os.O_WRONLY)"),
    (opens_no_file, "gisland.cli", "webbrowser.open('a')"),
    (
        opens_no_file,
        "gisland.present.style",
        "from importlib import resources\nresources.files('gisland').joinpath('a').read_text()",
    ),
]


def _named(value: object) -> str:
    return str(getattr(value, "__name__", value))[:40]


@pytest.mark.parametrize(("rule", "name", "text"), FAULTS, ids=_named)
def test_a_planted_fault_is_seen(rule: Callable[[Module], list[str]], name: str, text: str) -> None:
    assert rule(Module(name, text)) != []


@pytest.mark.parametrize(("rule", "name", "text"), SOUND, ids=_named)
def test_sound_code_is_left_alone(
    rule: Callable[[Module], list[str]], name: str, text: str
) -> None:
    assert rule(Module(name, text)) == []


def test_a_relative_import_in_a_package_starts_at_the_package() -> None:
    assert stays_in_its_wing(Module("gisland.base", "from .crs import CRS", is_package=True)) == []
    assert stays_in_its_wing(Module("gisland.base", "from ..plan import x", is_package=True)) != []


def test_a_planted_cycle_is_seen_and_a_late_import_is_none() -> None:
    one = Module("gisland.base.one", "from gisland.base import two")
    two = Module("gisland.base.two", "from gisland.base.one import x")
    late = Module("gisland.base.two", "def f():\n    from gisland.base.one import x")
    typed = Module("gisland.base.two", "if TYPE_CHECKING:\n    from gisland.base.one import x")
    assert set(cycle([one, two])) == {"gisland.base.one", "gisland.base.two"}
    assert cycle([one, late]) == []
    assert cycle([one, typed]) == []
