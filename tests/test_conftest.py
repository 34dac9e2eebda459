"""The guards around the tests themselves: network, skips and the offline browser."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

CONFTEST = Path(__file__).with_name("conftest.py").read_text("utf-8")
SKIPS = """
import pytest
{mark}
def test_one(): {body}
"""
NETWORK = """
import os, socket, pytest
@pytest.mark.parametrize("number", range(4))
def test_refused(number):
    assert "PYTEST_XDIST_WORKER_COUNT" in os.environ
    assert os.environ["NUMBA_CACHE_DIR"].endswith(os.environ["PYTEST_XDIST_WORKER"])
    with socket.socket() as sock, pytest.raises(RuntimeError, match="do not reach the network"):
        sock.connect(("192.0.2.1", 80))
"""
PARALLEL = ("-n", "2", "--dist", "worksteal")
PAGE = """
def test_page(offline_page):
    page = offline_page({html!r})
    page.wait_for_timeout(200)
    assert page.title() == "t"
"""

pytest_plugins = ["pytester"]


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    monkeypatch.setenv("GISLAND_NO_SKIPS", "1")
    monkeypatch.delenv("CI", raising=False)
    return pytester


def test_a_connection_to_another_machine_is_refused() -> None:
    with (
        socket.socket() as sock,
        pytest.raises(RuntimeError, match=r"192\.0\.2\.1: tests do not reach the network"),
    ):
        sock.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="do not reach the network"):
        socket.getaddrinfo("example.org", 80)
    with pytest.raises(RuntimeError, match="do not reach the network"):
        urllib.request.urlopen("https://example.org/")


def test_a_connection_within_this_machine_is_let_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address) as client:
            assert client.getpeername() == address


def test_every_worker_refuses_connections_and_compiles_for_itself(inner: pytest.Pytester) -> None:
    inner.makepyfile(NETWORK)
    inner.runpytest_subprocess(*PARALLEL).assert_outcomes(passed=4)


@pytest.mark.parametrize("options", [(), PARALLEL], ids=["alone", "parallel"])
@pytest.mark.parametrize(
    ("mark", "body"),
    [
        ('@pytest.mark.skip(reason="not today")', "pass"),
        ("", 'pytest.skip("not today")'),
        ('@pytest.mark.xfail(reason="not today", strict=True)', "assert False"),
        ('pytest.importorskip("no_such_module", reason="not today")', "pass"),
    ],
)
def test_an_unexpected_skip_fails_the_run(
    inner: pytest.Pytester, mark: str, body: str, options: tuple[str, ...]
) -> None:
    inner.makepyfile(SKIPS.format(mark=mark, body=body), test_good="def test_good(): pass")
    result = inner.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*skipped without leave*", "*not today*"])


@pytest.mark.parametrize(
    ("reason", "ci", "expected"),
    [
        ("no browser: install one", "", pytest.ExitCode.OK),
        ("no browser: install one", "true", pytest.ExitCode.TESTS_FAILED),
        ("shared data absent: none here", "true", pytest.ExitCode.OK),
    ],
)
def test_listed_skips_pass_where_they_may(
    inner: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
    ci: str,
    expected: pytest.ExitCode,
) -> None:
    monkeypatch.setenv("CI", ci)
    inner.makepyfile(SKIPS.format(mark="", body=f"pytest.skip({reason!r})"))
    assert inner.runpytest_subprocess().ret == expected


def test_without_the_rule_a_skip_is_only_a_skip(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GISLAND_NO_SKIPS")
    inner.makepyfile(SKIPS.format(mark="", body='pytest.skip("not today")'))
    assert inner.runpytest_subprocess().ret == pytest.ExitCode.OK


@pytest.mark.browser
@pytest.mark.usefixtures("chromium_browser")
@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("fetch('https://example.org/').catch(e => 0)", "*asked for things outside*"),
        ("new Image().src = 'http://192.0.2.1/a.png'", "*asked for things outside*"),
        ("console.error('broken')", "*logged errors*"),
        ("throw new Error('broken')", "*logged errors*"),
    ],
)
def test_a_page_that_reaches_out_or_errs_fails(
    inner: pytest.Pytester, script: str, complaint: str
) -> None:
    inner.makepyfile(PAGE.format(html=f"<title>t</title><script>{script}</script>"))
    result = inner.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([complaint])


@pytest.mark.browser
def test_a_page_of_its_own_passes(
    offline_page: Callable[[Path | str], Page], tmp_path: Path
) -> None:
    path = tmp_path / "own.html"
    path.write_text("<title>own</title><script>fetch('data:text/plain,a')</script>", "utf-8")
    assert offline_page(path).title() == "own"
    assert offline_page("<title>text</title>").title() == "text"
