"""mirror into file systems that do not tell README from readme."""
import contextlib
import subprocess

import pytest

from live.test_mirror import moved, plant, there, tree_of  # noqa: F401


BOTH = {"README": b"1", "readme": b"2", "D/x": b"3", "d/y": b"4", "ok/Aa": b"5"}


def test_names_that_differ_in_case_are_refused(there, client, exfat):
    server = there(files=BOTH)
    run = client(server.target(), "mirror", "src", exfat / "got")
    assert run.status == 1, run
    assert run.stderr.count("the target cannot tell the name from another one") == 4
    assert tree_of(exfat / "got") == {"ok": "dir", "ok/Aa": b"5"}


def test_another_case_is_the_same_file(there, client, exfat):
    """It is neither fetched again nor deleted as one that the source has not."""
    server = there(files={"ok/Aa": b"5"})
    plant(exfat / "got", {"OK/aA": b"5", "old": b"x"})
    run = client(server.target(), "mirror", "--json", "--delete", "src", exfat / "got")
    assert run.status == 0, run
    assert [m for m in moved(run) if m[0] != "utime"] == [("delete", "old")]
    assert tree_of(exfat / "got") == {"OK": "dir", "OK/aA": b"5"}


def test_a_dry_run_sees_it_too(there, client, exfat):
    """By the names that are there; where none is, it says that it cannot."""
    server = there(files=BOTH)
    (exfat / "got").mkdir()
    dry = ("mirror", "-n", "src", exfat / "got")
    run = client(server.target(), *dry)
    assert run.status == 0 and "only without --dry-run is found out" in run.stderr, run
    plant(exfat / "got", {"ok/Aa": b"5"})
    run = client(server.target(), *dry)
    assert run.status == 0 and not run.stderr, run
    assert run.stdout.count("the target cannot tell the name from another one") == 4
    assert not [path for path in exfat.rglob("*") if "probe" in path.name]


@pytest.fixture
def folding(there, exfat):
    """A server whose folder dst is on exFAT."""
    with contextlib.ExitStack() as stack:
        server = there(files={})
        subprocess.run(["mount", "--bind", exfat, server.root / "dst"], check=True)
        stack.callback(subprocess.run, ["umount", server.root / "dst"], check=True)
        yield server


def test_a_server_that_folds_names(folding, client, exfat, tmp_path):
    plant(tmp_path / "mine", BOTH)
    for _ in range(2):
        run = client(folding.target(), "mirror", "-R", tmp_path / "mine", "dst")
        assert run.status == 1, run
        assert run.stderr.count("the target cannot tell the name from another one") == 4
        assert tree_of(exfat) == {"ok": "dir", "ok/Aa": b"5"}
    run = client(folding.target(), "mirror", "-R", "-n", tmp_path / "mine", "dst")
    assert run.status == 0 and "only without --dry-run is found out" in run.stderr, run


def test_another_case_on_a_server_is_the_same_file(folding, client, exfat, tmp_path):
    plant(tmp_path / "mine", {"Aa": b"5", "new": b"n"})
    plant(exfat, {"aA": b"5", "old": b"x"})
    run = client(folding.target(), "mirror", "--json", "--delete", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert moved(run) == [("put", "new"), ("delete", "old")]
    assert tree_of(exfat) == {"aA": b"5", "new": b"n"}


def test_a_server_that_tells_them_apart(there, client, tmp_path):
    """It is asked with a folder of ours, which goes again; and not where names do not matter."""
    server = there(files={})
    plant(tmp_path / "mine", BOTH)
    run = client(server.target(), "mirror", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == tree_of(tmp_path / "mine")
    assert "> MKD /dst/probe-" in server.said() and "> RMD /dst/probe-" in server.said()
    plain = there(files={})
    plant(tmp_path / "plain", {"a": b"1", "b": b"2"})
    assert client(plain.target(), "mirror", "-R", tmp_path / "plain", "dst").status == 0
    assert "probe" not in plain.said()
