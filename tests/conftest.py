"""Fixtures of the tests that run ftpsh against real servers.

FTPSH is the binary under test, FTPSH_RELEASE the one without sanitizers, FTPSH_SERVERS the folder
with the unpacked servers; tests/run sets all three.
"""
import contextlib
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from bed import mounts as mounting
from bed import nat
from bed.account import Account
from bed.client import Client
from bed.pki import Pki
from bed.scene import Bed

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure():
    """When ended from outside, tidy up as after Ctrl-C: servers, user and namespaces must go."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell starts background jobs with SIGINT ignored, and every ftpsh here would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """FTPSH_SHARE=1/2 is the first of two shares, dealt test by test so that they take as long."""
    share, shares = map(int, os.environ.get("FTPSH_SHARE", "1/1").split("/"))
    if shares > 1:
        mine = items[share - 1::shares]
        config.hook.pytest_deselected(items=[i for i in items if i not in mine])
        items[:] = mine


def build_path(variable, build):
    return Path(os.environ.get(variable) or ROOT / ".build" / build / "cmd" / "ftpsh")


@pytest.fixture(scope="session")
def binary():
    path = build_path("FTPSH", "sanitize")
    assert path.exists(), f"{path} is not built: run tests/run"
    return path


@pytest.fixture(scope="session")
def release_binary():
    path = build_path("FTPSH_RELEASE", "release")
    assert path.exists(), f"{path} is not built: run tests/run"
    return path


@pytest.fixture(scope="session")
def work():
    """A folder that the test user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="ftpsh-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pki(work):
    folder = work / "pki"
    folder.mkdir()
    return Pki(folder)


@pytest.fixture(scope="session")
def account(work):
    if os.geteuid() != 0:
        pytest.skip("needs root: a system user for the servers")
    made = Account(work / "files")
    yield made
    made.remove()


@pytest.fixture
def bed(request, tmp_path, pki, account):
    made = Bed(tmp_path / "bed", pki, account)
    yield made
    made.stop()
    # Shown by pytest only when the test failed.
    print(made.logs())
    for path in account.home.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def offer_client(request, binary, folder, account, pki):
    """A client whose runs are printed when the test fails, and counted in the summary."""
    client = Client(binary, folder, account.password, pki.ca.cert)
    request.node.user_properties.append(("seconds", client.seconds))
    yield client
    for run in client.runs:
        print(run)


@pytest.fixture
def ftpsh(request, tmp_path, binary, account, pki):
    """Runs ftpsh: see bed.client."""
    yield from offer_client(request, binary, tmp_path / "client", account, pki)


@pytest.fixture
def ftpsh_release(request, tmp_path, release_binary, account, pki):
    """The same without sanitizers, for the tests of size and memory."""
    yield from offer_client(request, release_binary, tmp_path / "client-release", account, pki)


@pytest.fixture(scope="session")
def namespaces():
    reason = nat.why_impossible()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def mounts():
    reason = mounting.why_impossible()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def exfat(tmp_path):
    """An empty folder on a file system that takes README and readme for one name."""
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(mounting.exfat(tmp_path))
        except OSError as why:
            pytest.skip(str(why))
        yield folder


@pytest.fixture(scope="session")
def ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        pytest.skip("no ::1 here")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    mark = item.get_closest_marker("scene")
    if mark:
        outcome.get_result().scene = mark.args[0]


def pytest_terminal_summary(terminalreporter):
    rows = []
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        seconds = dict(report.user_properties).get("seconds")
        if getattr(report, "scene", None) and seconds:
            rows.append((report.scene, report.nodeid.split("::")[-1], seconds))
    if rows:
        terminalreporter.section("seconds of ftpsh, scene by scene")
    for scene, name, seconds in sorted(rows):
        terminalreporter.line(f"{scene}  {max(seconds):7.2f}  {name}")
