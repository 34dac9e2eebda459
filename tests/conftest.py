"""What all tests share: no network, no unexpected skips, real layers, an offline browser.

The network block and the rule on skips hold for the doctests in ``gisland/`` as well, and in every
worker when the tests run in parallel.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from gisland.jobs import Done

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ABSENT = "shared data absent: tests on real layers need ../shared/data"
NO_BROWSER = "no browser: install Chromium, or name one in GISLAND_CHROMIUM"
LOCAL = ("file:", "data:", "blob:", "about:")
GOOD = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
DEAD_END = ("127.0.0.1", 9)  # nobody answers there: the proxy for libraries with their own sockets
IMPORTS_DEMO = "from gisland.jobs import run_demo\n"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


# --- no network --------------------------------------------------------------------------------


class NetworkError(RuntimeError):
    """A test tried to reach the network."""


def is_loopback(host: object) -> bool:
    """Whether a host is this machine itself."""
    return host in {None, "", "localhost", "::1", b"localhost"} or str(host).startswith("127.")


def guarded(original: Callable[..., Any], *, host_of: Callable[..., object]) -> Callable[..., Any]:
    """The function, after a look at whom it wants to reach."""

    def guard(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - stands in for any function
        host = host_of(*args, **more)
        if not is_loopback(host):
            if args and isinstance(args[0], socket.socket):
                args[0].close()  # or its owner, who expects an OSError, leaves it open
            raise NetworkError(f"{host}: tests do not reach the network; use a file or a fake")
        return original(*args, **more)

    return guard


def _peer(sock: socket.socket, address: object, *_: object) -> object:
    if sock.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
        return None
    return "a proxy" if address[:2] == DEAD_END else address[0]


def block_network(patch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but those within this machine, for libraries in C too."""
    patch.setattr(socket.socket, "connect", guarded(socket.socket.connect, host_of=_peer))
    patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex, host_of=_peer))
    lookup = guarded(socket.getaddrinfo, host_of=lambda host, *_, **__: host)
    patch.setattr(socket, "getaddrinfo", lookup)
    patch.setenv("PROJ_NETWORK", "OFF")
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        patch.setenv(name, "http://{}:{}".format(*DEAD_END))


# --- no unexpected skips -----------------------------------------------------------------------


def is_expected(reason: str, *, shared_data: bool, ci: bool) -> bool:
    """Whether a skip for this reason is one that the project accepts."""
    if reason.startswith("shared data absent"):
        return not shared_data
    return reason.startswith("no browser") and not ci


class SkipRule:
    """Collects skips and expected failures; fails the session if one is not expected.

    Workers report what they saw to the main process, whose exit code is the one that counts.
    """

    def __init__(self) -> None:
        self.unexpected: list[str] = []

    def look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Note a skip that is not on the list."""
        if not report.skipped:
            return
        where = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longreprtext
        reason = getattr(report, "wasxfail", str(where)).removeprefix("Skipped: ")
        ci = os.environ.get("CI", "").lower() in {"true", "1"}
        if not is_expected(reason, shared_data=SHARED_DATA.is_dir(), ci=ci):
            self.unexpected.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at a test."""
        self.look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Look at a module, which may be skipped as a whole."""
        self.look_at(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a good exit code into a bad one."""
        if self.unexpected and session.exitstatus in GOOD:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the skips that nobody agreed to."""
        if self.unexpected:
            terminalreporter.section("skipped without leave", red=True)
            for line in self.unexpected:
                terminalreporter.line(line)


# --- one run of the sample district --------------------------------------------------------------


class OneDemo:
    """One run of the sample district, with Parquet, for all that only looks at its results.

    Doctests that import `run_demo` get a copy of it without Parquet, which is what that writes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: Done | None = None

    def done(self) -> Done:
        """The run, made when it is first asked for."""
        from gisland.jobs import run_project, sample_folder  # noqa: PLC0415 - the network is blocked first

        if self.kept is None:
            self.kept = run_project(
                sample_folder() / "gisland.toml", self.folder / "out", parquet=True
            )
        return self.kept

    def copy(self, out: str | Path) -> Done:
        """Stand in for `run_demo`."""
        kept = self.done()
        folder = Path(shutil.copytree(kept.folder, out, ignore=shutil.ignore_patterns("parquet")))
        return dataclasses.replace(kept, folder=folder.resolve())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Share the run with doctests that import the function, not with its own."""
        with pytest.MonkeyPatch.context() as patch:
            if isinstance(item, pytest.DoctestItem) and any(
                example.source == IMPORTS_DEMO for example in item.dtest.examples
            ):
                patch.setattr("gisland.jobs.run_demo", self.copy)
            return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Block the network from the first import on; watch skips where they must not happen."""
    folder = tempfile.TemporaryDirectory(prefix="gisland-demo-")
    config.add_cleanup(folder.cleanup)
    config.pluginmanager.register(OneDemo(Path(folder.name)), "one-demo")
    patch = pytest.MonkeyPatch()
    block_network(patch)
    config.add_cleanup(patch.undo)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # two that compile at once may mix up files
        kept = config.rootpath / ".pytest_cache" / "numba" / worker
        patch.setenv("NUMBA_CACHE_DIR", str(kept))
    if os.environ.get("CI", "").lower() in {"true", "1"} or os.environ.get("GISLAND_NO_SKIPS"):
        config.pluginmanager.register(SkipRule(), "skip-rule")


def pytest_collection_finish() -> None:
    """Leave all that was imported out of garbage collections: they cost a tenth of the time."""
    gc.collect()
    gc.freeze()


# --- fixtures ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real layers, or a skip."""
    if not SHARED_DATA.is_dir():
        pytest.skip(ABSENT)
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """One headless Chromium for the whole session, the machine's own."""
    found = os.environ.get("GISLAND_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), ""
    )
    if not found:
        pytest.skip(NO_BROWSER)
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync", "dev-shm-usage")
    flags = ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def offline_page(
    chromium_browser: Browser, tmp_path: Path
) -> Iterator[Callable[[Path | str], Page]]:
    """A function that opens a file, or HTML text, in a browser without network.

    By the end of the test no page may have asked for anything outside its file, or logged an error.
    """
    context = chromium_browser.new_context(
        offline=True, locale="zh-CN", viewport={"width": 1100, "height": 760}
    )
    context.set_default_timeout(5000)
    outside: list[str] = []
    errors: list[str] = []
    context.on("request", lambda r: None if r.url.startswith(LOCAL) else outside.append(r.url))
    context.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    context.on("weberror", lambda e: errors.append(str(e.error)))

    def open_page(source: Path | str) -> Page:
        if isinstance(source, str):
            path = tmp_path / f"page{len(context.pages)}.html"
            path.write_text(source, "utf-8")
        else:
            path = source
        page = context.new_page()
        page.goto(path.resolve().as_uri())
        return page

    yield open_page
    context.close()
    assert outside == [], "the page asked for things outside its file"
    assert errors == [], "the page logged errors"


@pytest.fixture(scope="session")
def sample_run(pytestconfig: pytest.Config) -> Done:
    """One run of the sample district, with Parquet, for all tests that only look at its results."""
    demo = pytestconfig.pluginmanager.get_plugin("one-demo")
    assert isinstance(demo, OneDemo)
    return demo.done()


@pytest.fixture(scope="session")
def forest_city(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One run of a real city of 7 000 parcels, for all tests that only look at its results."""
    from gisland.jobs import run_project  # noqa: PLC0415 - the network is blocked first
    from mapseen import real_project  # noqa: PLC0415 - for the few tests that need it

    folder = tmp_path_factory.mktemp("forest_city")
    return run_project(real_project("forest_city", shared_data, folder), folder / "out")
