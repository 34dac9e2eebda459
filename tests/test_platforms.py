"""Windows and macOS: what can be simulated is, and what only Unix can do is kept out."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gisland.base.consoles import PLAIN, json_for, soften
from gisland.base.errors import GislandError, OutputError
from gisland.base.rules import load_rules
from gisland.jobs import run_project, sample_folder
from gisland.layers.files.formats import in_any_case
from gisland.layers.files.sheets import sheet_paths
from gisland.layers.plantable import read_decisions, read_list
from gisland.layers.project import read_project
from gisland.layers.source import Source
from gisland.layers.writing import place
from gisland.layers.writing.write import output_folder, write_file, write_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]

# --- what the code must not do --------------------------------------------------------------------

UNIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
UNIX_NAMES = {
    "os": {
        *("chown", "chroot", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg"),
        *("getpgid", "getuid", "killpg", "lchown", "link", "mkfifo", "mknod", "nice", "openpty"),
        *("rename", "sched_getaffinity", "setsid", "statvfs", "symlink", "sysconf", "uname"),
    },
    "signal": {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "alarm", "pause"},
    "time": {"tzset"},
}
UNIX_PLACES = re.compile(r"/(tmp|dev|usr|etc|var)/\w*")
UNIX_DATES = re.compile(r"%-[a-zA-Z]")
TEXT_MODES = re.compile(r"[rwax]t?\+?")
NO_ENCODING = "text without an encoding"


def unix_only(tree: ast.AST) -> Iterator[str]:
    """What Windows lacks: modules, functions, signals, folders and forms of dates."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [a.name for a in node.names]
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else named
            yield from (m for m in modules if m.partition(".")[0] in UNIX_MODULES)
            if isinstance(node, ast.ImportFrom):
                wrong = UNIX_NAMES.get(node.module or "", set())
                yield from (n for n in named if n in wrong)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in UNIX_NAMES.get(node.value.id, set()):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if UNIX_PLACES.fullmatch(node.value) or UNIX_DATES.search(node.value):
                yield repr(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            yield from ["a shell"] if ast.unparse(node.value) == "True" else []


def unstated(tree: ast.AST) -> Iterator[str]:
    """Texts that are read or written in whatever encoding the machine has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not {k.arg for k in node.keywords} & {"encoding", None}:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if _is_text(name, node):
                yield f"{name}: {NO_ENCODING} in line {node.lineno}"


def _is_text(name: str, call: ast.Call) -> bool:
    keywords = {k.arg: k.value for k in call.keywords}
    if name == "open":
        return _opens_text(call, keywords)
    if name == "NamedTemporaryFile":
        return not _binary(keywords.get("mode", ast.Constant("w+b")))
    if name in {"run", "Popen", "check_output"}:
        return "text" in keywords or "universal_newlines" in keywords
    return len(call.args) < {"read_text": 1, "write_text": 2}.get(name, 0)


def _opens_text(call: ast.Call, keywords: dict[str | None, ast.expr]) -> bool:
    if isinstance(call.func, ast.Name):
        return not _binary(keywords.get("mode", (*call.args[1:2], ast.Constant("r"))[0]))
    if ast.unparse(call.func) == "memory.open":  # a raster
        return False
    mode = (*call.args[:1], keywords.get("mode"))[0]  # of a path; other things open a path
    return (mode is None and not keywords) or (_is_mode(mode) and not _binary(mode))


def _is_mode(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and bool(TEXT_MODES.fullmatch(str(node.value)))


def _binary(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and "b" in str(node.value)


def local_line_ends(tree: ast.AST) -> Iterator[str]:
    """Texts whose line ends would be others on Windows."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name == "write_text" and "newline" not in {k.arg for k in call.keywords}:
            yield f"write_text: no newline in line {call.lineno}"


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted(ROOT.joinpath(folder).rglob("*.py"))]


def complaints(rule: Callable[[ast.AST], Iterator[str]], *folders: str) -> list[str]:
    trees = {p.relative_to(ROOT).as_posix(): p for p in sources(*folders)}
    assert len(trees) > 20
    return [
        f"{name}: {told}"
        for name, path in trees.items()
        for told in rule(ast.parse(path.read_text("utf-8")))
    ]


def test_package_and_scripts_call_nothing_that_windows_lacks() -> None:
    assert complaints(unix_only, "gisland", "scripts") == []


def test_package_scripts_and_tests_state_the_encoding_of_every_text() -> None:
    assert complaints(unstated, "gisland", "scripts", "tests") == []


def test_the_package_writes_the_same_line_ends_everywhere() -> None:
    assert complaints(local_line_ends, "gisland") == []


@pytest.mark.parametrize(
    "planted",
    [
        "import fcntl",
        "from resource import getrusage",
        "import os\nos.getuid()",
        "from os import rename",
        "import signal\nsignal.SIGKILL",
        "PLACE = '/tmp/out'",
        "day.strftime('%-d')",
        "subprocess.run('ls', shell=True)",
    ],
)
def test_what_windows_lacks_is_seen(planted: str) -> None:
    assert list(unix_only(ast.parse(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        "open('a')",
        "open('a', 'w')",
        "open('a', mode='a')",
        "path.open()",
        "path.open('r')",
        "path.open(mode='w')",
        "path.read_text()",
        "path.write_text('a')",
        "path.write_text('a', newline='')",
        "subprocess.run(c, text=True)",
        "subprocess.Popen(c, universal_newlines=True)",
        "tempfile.NamedTemporaryFile('x', mode='w')",
    ],
)
def test_a_text_without_encoding_is_seen(planted: str) -> None:
    assert list(unstated(ast.parse(planted)))


@pytest.mark.parametrize(
    "fine",
    [
        "open('a', 'rb')",
        "path.open('wb')",
        "path.open(encoding='utf-8')",
        "rasterio.open(path)",
        "memory.open(**profile)",
        "path.read_text('utf-8')",
        "path.write_text('a', 'utf-8')",
        "subprocess.run(c, encoding='utf-8')",
        "tempfile.NamedTemporaryFile()",
    ],
)
def test_a_text_with_encoding_and_bytes_are_fine(fine: str) -> None:
    assert list(unstated(ast.parse(fine))) == []


def test_other_line_ends_are_seen() -> None:
    assert list(local_line_ends(ast.parse("path.write_text('a', 'utf-8')")))
    assert not list(local_line_ends(ast.parse("path.write_text('a', 'utf-8', newline='\\n')")))


def test_files_keep_their_bytes_in_a_checkout_on_windows() -> None:
    """Every file is binary, or text whose lines end the same everywhere."""
    git = ["git", "-c", "core.quotepath=off"]
    try:
        listed = subprocess.run([*git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout")
    told = subprocess.run(
        [*git, "check-attr", "-z", "--stdin", "text", "eol"],
        cwd=ROOT,
        input=listed.stdout,
        capture_output=True,
        check=True,
    )
    fields = told.stdout.decode("utf-8").split("\0")[:-1]
    attributes: dict[str, dict[str, str]] = {}
    for name, key, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        attributes.setdefault(name, {})[key] = value
    assert len(attributes) > 500
    changed = {n: a for n, a in attributes.items() if a["text"] != "unset" and a.get("eol") != "lf"}
    assert changed == {}
    layers = {Path(n).suffix for n, a in attributes.items() if a["text"] == "unset"}
    assert {".dbf", ".gpkg", ".png", ".prj", ".shp", ".shx"} <= layers


# --- consoles -------------------------------------------------------------------------------------

PAGES = {"cp936": "gbk", "cp437": "cp437", "cp1252": "cp1252", "ascii": "utf-8"}  # and what comes


def on_page(page: str, *words: str, columns: int = 80, cwd: Path | None = None) -> tuple[int, str]:
    """A command on a console of a code page; its bytes must be texts of that page."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LC_", "LANG"))}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": f"{page}:strict", "PYTHONUTF8": "0"}
    env |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "COLUMNS": str(columns)}
    command = [sys.executable, "-m", "gisland", *words]
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, check=False)
    told = (done.stdout + done.stderr).decode(PAGES.get(page, page))
    assert "Traceback" not in told, told
    assert "UnicodeEncodeError" not in told, told
    return done.returncode, told


@pytest.mark.parametrize("page", PAGES)
def test_help_and_lists_are_told_on_any_code_page(page: str) -> None:
    code, told = on_page(page, "--help")
    assert (code, "Recompute the published cases" in told) == (0, True)
    code, told = on_page(page, "rules", "show", "tianjin-2024")
    assert code == 0
    assert ("零星" in told) == (page in {"cp936", "ascii"})
    code, told = on_page(page, "run", "没有.toml")
    assert code == 2
    assert "does not exist" in told


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_keeps_to_the_width_of_the_console(columns: int) -> None:
    for words in ((), ("run",), ("rules",), ("cases",)):
        code, told = on_page("utf-8", *words, "--help", columns=columns)
        assert code == 0
        framed = [line for line in told.splitlines() if line[:1] in set("|+│╭╰")]
        assert len(framed) > 3
        assert max(map(len, framed)) <= columns  # lines of usage are not broken


def test_json_survives_a_code_page() -> None:
    code, told = on_page("cp437", "rules", "show", "tianjin-2024", "--json")
    assert code == 0
    assert told.isascii()
    assert json.loads(told)["jurisdiction"] == load_rules("tianjin-2024").jurisdiction
    assert json_for("地", io.StringIO()) == '"地"'


def test_the_own_marks_of_messages_are_never_question_marks() -> None:
    """Whatever the package itself prints but Chinese has a plain form."""
    texts = [p.read_text("utf-8") for p in sources("gisland") if "_loops" not in p.name]
    shown = [
        str(node.value)
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(shown) > 1000
    used = {m for text in shown for m in text if m in PLAIN}
    assert {"…", "²"} <= used
    for page in ("ascii", "cp437", "cp936"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=page)
        soften([stream, None])
        stream.write("".join(sorted(used)))
        stream.flush()
        assert b"?" not in stream.buffer.getvalue()  # type: ignore[attr-defined]


# --- files as other systems and programs leave them -----------------------------------------------

PROJECT = """\
[project]
name = "试点"
rules = "tianjin-2024"

[layers.parcels]
path = "地块.shp"
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_project_files_of_windows_editors_are_read(tmp_path: Path, mark: str, ends: str) -> None:
    file = tmp_path / "gisland.toml"
    file.write_bytes((mark + PROJECT.replace("\n", ends)).encode("utf-8"))
    assert read_project(file).name == "试点"


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_project_files_in_another_encoding_say_so(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "gisland.toml"
    file.write_bytes(PROJECT.encode(encoding))
    with pytest.raises(GislandError, match="save it as UTF-8"):
        read_project(file)


def test_backslashes_in_paths_are_explained(tmp_path: Path) -> None:
    file = tmp_path / "gisland.toml"
    file.write_text('[layers.parcels]\npath = "data\\parcels.shp"\n', "utf-8")
    with pytest.raises(GislandError, match="forward slashes"):
        read_project(file)


RULES = '[ruleset]\nname = "own"\ntitle = "自定"\njurisdiction = "此处"\nvintage = 2026\n'


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rule_files_of_windows_editors_are_read(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "own.toml"
    text = f'{RULES}extends = "tianjin-2024"\n'.replace("\n", "\r\n")
    file.write_bytes((mark + text).encode("utf-8"))
    assert load_rules(file).title == "自定"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lists_saved_by_spreadsheets_are_read(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    """Excel saves CSV in the code page, as UTF-8 with a mark, or as UTF-16 with tabs."""
    rows = [("宗地代码", "决定"), ("厂区甲", "并入"), ("厂区乙", "不并入")]
    file = tmp_path / "decisions.csv"
    file.write_bytes("".join(f"{separator.join(r)}\r\n" for r in rows).encode(encoding))
    assert read_decisions(file) == {"厂区甲": "in", "厂区乙": "out"}
    assert read_list(file) == ["厂区甲", "厂区乙"]


def test_names_that_macos_writes_with_two_characters_are_found(tmp_path: Path) -> None:
    name = "Données/parcelles_été.gpkg"
    one, two = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert one != two
    for given, on_disk in ((one, two), (two, one)):
        path = tmp_path / str(len(on_disk)) / on_disk
        path.parent.mkdir(parents=True)
        path.touch()
        assert in_any_case(tmp_path / str(len(on_disk)) / given).exists()
    (tmp_path / unicodedata.normalize("NFD", "été.csv")).write_text("P1\n", "utf-8")
    assert read_list(tmp_path / unicodedata.normalize("NFC", "été.csv")) == ["P1"]
    for i, (given, on_disk) in enumerate(((one, two), (two, one), (one, one))):
        folder = tmp_path / f"sheets {i}"
        for k in "12":
            path = folder / on_disk.replace(".gpkg", f"_{k}.gpkg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        pattern = given.replace(".gpkg", "_*.gpkg")
        sheets = sheet_paths(Source("parcels", pattern), folder=folder)
        assert sheets is not None
        assert len(sheets) == 2
        assert all(in_any_case(folder / sheet).exists() for sheet in sheets)
    missing = tmp_path / "nowhere" / "a.shp"
    assert in_any_case(missing) == missing


# --- files that other programs hold ---------------------------------------------------------------

LOTS: dict[str, Any] = {"tables": {}, "files": {"map.html": b"<p>"}, "run": {"gisland": "0"}}


def refusing(times: int, name: str) -> Callable[[Path, Path], Path]:
    """`Path.replace` as Windows does it while another program holds a file."""
    left = [times]
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.name == name and left[0]:
            left[0] -= 1
            raise PermissionError(13, "The process cannot access the file", str(self))
        return real(self, target)

    return replace


def test_results_that_a_program_holds_are_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_results(tmp_path / "out", **LOTS)
    monkeypatch.setattr(Path, "replace", refusing(99, "out"))
    with pytest.raises(OutputError, match="close programs that use it"):
        output_folder(out)
    steps: list[str] = []
    with pytest.raises(OutputError, match="close programs that use it"):
        run_project(sample_folder() / "gisland.toml", out, progress=steps.append)
    assert steps == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    assert out.joinpath("map.html").read_bytes() == b"<p>"


def test_a_virus_scanner_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "map.html"
    fresh = f".map.html.gisland-{os.getpid()}"
    monkeypatch.setattr(place, "WAITS_S", (0.0, 0.0))
    monkeypatch.setattr(Path, "replace", refusing(2, fresh))
    assert write_file(target, b"new").read_bytes() == b"new"
    monkeypatch.setattr(Path, "replace", refusing(3, fresh))
    with pytest.raises(OutputError, match="close programs"):
        write_file(target, b"newer")
    assert target.read_bytes() == b"new"


def held(folder: Path) -> list[str]:
    """Files under a folder that this process holds open or mapped: on Windows it could not move."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(descriptor.readlink()))
        except OSError:  # that of the listing itself
            continue
    maps = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    links += [line.split(maxsplit=5)[5] for line in maps if line.count("/")]
    return [link for link in links if Path(link).is_relative_to(folder)]


class Watched(NamedTuple):
    """A whole job over earlier results, and what was open when something was moved or removed."""

    out: Path
    moved: list[str]
    open: list[str]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """The sample in a folder of its own, its results beside the layers."""
    work = tmp_path_factory.mktemp("项目 资料") / "work"
    shutil.copytree(sample_folder(), work)
    write_results(work / "out", **LOTS)
    replace, rmtree = Path.replace, shutil.rmtree
    moved: list[str] = []
    found: list[str] = []

    def watched_replace(self: Path, target: Path) -> Path:
        moved.append(self.name)
        found.extend(held(self))
        return replace(self, target)

    def watched_rmtree(path: Path, *args: Any, **options: Any) -> None:  # noqa: ANN401
        found.extend(held(Path(path)))
        rmtree(path, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", watched_replace)
        patch.setattr(shutil, "rmtree", watched_rmtree)
        done = run_project(work / "gisland.toml", work / "out", shapefiles=True)
        found.extend(held(work))
    return Watched(done.folder, moved, found)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux alone lists open files")
def test_no_file_is_open_when_it_is_moved_or_removed(job: Watched) -> None:
    assert job.open == []
    assert job.moved.count("out") == 3  # tried before the work and before writing, then done
    with job.out.joinpath("ledger.xlsx").open("rb"):
        assert held(job.out)  # so an open file would be seen


def test_names_of_written_files_are_fit_for_windows(job: Watched) -> None:
    names = [p.relative_to(job.out).as_posix() for p in job.out.rglob("*")]
    reserved = re.compile(r"(?i)(con|aux|nul|prn|com\d|lpt\d)(\..*)?")
    for name in names:
        for part in name.split("/"):
            assert not re.search(r'[<>:"\\|?*\x00-\x1f]|[. ]$', part), name
            assert not reserved.fullmatch(part), name
    assert len({n.casefold() for n in names}) == len(names) > 20
    assert max(map(len, names)) < 80
    stored = json.loads(job.out.joinpath("run.json").read_text("utf-8"))
    assert any(f.startswith("surfaces/") for f in stored["files"])
    assert not [f for f in stored["files"] if "\\" in f]


AGAIN = """
import sys
from pathlib import Path
from gisland.jobs import run_project
run_project(Path(sys.argv[1]), Path(sys.argv[2]), shapefiles=True)
"""


def test_results_do_not_depend_on_locale_code_page_or_time_zone(
    job: Watched, tmp_path: Path
) -> None:
    """As in Honolulu on code page 936: equal bytes.

    The project lies in a folder of plain letters: in this locale, unlike on Windows, Python reads
    names of files as ASCII.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LC_", "LANG"))}
    env |= {"TZ": "Pacific/Honolulu", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    env |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp936:strict", "PYTHONPATH": str(ROOT)}
    shutil.copytree(sample_folder(), tmp_path / "work")
    again = tmp_path / "again"
    command = [sys.executable, "-c", AGAIN, "work/gisland.toml", "again"]
    done = subprocess.run(command, env=env, cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    files = sorted(p.relative_to(job.out) for p in job.out.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    tables = [f for f in files if f.name != "run.json"]
    assert [f for f in tables if (job.out / f).read_bytes() != (again / f).read_bytes()] == []


def test_paths_of_other_drives_and_servers_are_taken_as_written(tmp_path: Path) -> None:
    for path in ("//server/share/parcels.shp", "D:/data/parcels.shp"):
        file = tmp_path / "gisland.toml"
        file.write_text(PROJECT.replace("地块.shp", path), "utf-8")
        assert read_project(file).layers["parcels"].path == path
