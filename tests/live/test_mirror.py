"""mirror against ftpfake: what is moved, what is left alone, and what is never done."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bed.process import wait_until
from bed.shell import FirstAndLast


def tree_of(folder):
    """{path: contents, "dir" or ("link", target)} below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        else:
            found[name] = "dir" if path.is_dir() else path.read_bytes()
    return found


def plant(folder, files, when=1_700_000_000):
    """Makes files ({path: contents}); all of them, and their folders, have the same time."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for path in sorted(folder.rglob("*"), reverse=True):
        os.utime(path, (when, when), follow_symlinks=False)


FILES = {"a": b"one", "b/c": b"two" * 1000, "b/d/e f": b"", "x y/z": b"three"}


@pytest.fixture
def there(fake):
    """A server with a tree in the folder src, and the empty folder dst."""
    def start(*quirks, files=None, **settings):
        server = fake(*quirks, **settings)
        (server.root / "src").mkdir()
        (server.root / "dst").mkdir()
        plant(server.root / "src", FILES if files is None else files)
        return server
    return start


def moved(run):
    """What a run with --json did: (action, path) of what was done."""
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return [(line["action"], line["path"]) for line in lines if line.get("result") == "done"]


def summary(run):
    return json.loads(run.stdout.splitlines()[-1])["summary"]


@pytest.mark.threads
def test_down_and_down_again(there, client, tmp_path):
    server = there()
    run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert run.status == 0, run
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")
    assert (tmp_path / "got/b/d/e f").stat().st_mtime == 1_700_000_000
    assert (tmp_path / "got/b/d").stat().st_mtime == 1_700_000_000
    assert summary(run)["files"] == 4 and summary(run)["bytes"] == 3008
    again = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert again.status == 0, again
    assert moved(again) == []
    assert summary(again)["unchanged"] == 4


@pytest.mark.threads
def test_up_and_up_again(there, client, tmp_path):
    server = there()
    plant(tmp_path / "mine", FILES)
    run = client(server.target(), "mirror", "--json", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == tree_of(tmp_path / "mine")
    assert (server.root / "dst/b/c").stat().st_mtime == 1_700_000_000
    again = client(server.target(), "mirror", "--json", "-R", tmp_path / "mine", "dst")
    assert again.status == 0, again
    assert moved(again) == []


@pytest.mark.parametrize("quirks", (
    (), ("no-mlsd",), ("no-mlsd", "list-zone=345"), ("no-mlsd", "list-zone=-210", "refuse=MDTM"),
    ("no-mlsd", "list-zone=660", "refuse=MDTM")))
@pytest.mark.parametrize("zone", ("UTC", "Asia/Kolkata", "America/St_Johns"))
def test_nothing_moves_twice_in_any_zone(there, client, tmp_path, monkeypatch, zone, quirks):
    """LIST tells minutes, of whatever zone; a server may not take times over."""
    server = there(*quirks, "refuse=MFMT")
    for i, path in enumerate(("src/a", "src/b/c", "src/x y/z")):
        when = 1_790_000_123 + 40 * 86400 * i
        os.utime(server.root / path, (when, when))
    plant(tmp_path / "mine", FILES)
    env = client.env
    monkeypatch.setattr(client, "env", lambda *a: {**env(*a), "TZ": zone})
    for args in (("src", tmp_path / "got"), ("-R", tmp_path / "mine", "dst")):
        run = client(server.target(), "mirror", "--json", *args)
        assert run.status == 0, run
        assert len(moved(run)) > 4
        again = client(server.target(), "mirror", "--json", *args)
        assert again.status == 0, again
        assert moved(again) == []
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")


@pytest.mark.parametrize("minutes", (345, -210))
def test_a_zone_that_nobody_tells(there, client, tmp_path, minutes):
    """Times in minutes, of this very hour, that may be those of any zone: right ones agree with
    them, and what was just sent is not older than what it was sent from."""
    server = there("no-mlsd", f"list-zone={minutes}", "refuse=MDTM", "refuse=MFMT",
                   files={"a": b"1"})
    plant(tmp_path / "got", {"a": b"1"})
    plant(tmp_path / "mine", {"b": b"2"})
    hour_ago = time.time() - 3600
    for path in (server.root / "src/a", tmp_path / "got/a", tmp_path / "mine/b"):
        os.utime(path, (hour_ago, hour_ago))
    run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert run.status == 0 and [m for m in moved(run) if m[0] == "get"] == [], run
    for expected in ([("put", "b")], []):
        run = client(server.target(), "mirror", "--json", "-R", tmp_path / "mine", "dst")
        assert run.status == 0 and moved(run) == expected, run


def test_only_what_changed_moves(there, client, tmp_path):
    server = there()
    client(server.target(), "mirror", "src", tmp_path / "got")
    (server.root / "src/a").write_bytes(b"two")  # as long as before
    os.utime(server.root / "src/a", (1_700_000_001, 1_700_000_001))
    (server.root / "src/b/c").write_bytes(b"longer" * 1000)
    (server.root / "src/b/new").write_bytes(b"new")
    run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert run.status == 0, run
    assert {path for action, path in moved(run) if action == "get"} == {"a", "b/c", "b/new"}
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")


@pytest.mark.parametrize("quirks", ((), ("no-mlsd",), ("no-mlsd", "no-size", "refuse=MDTM")))
def test_delete_down(there, client, tmp_path, quirks):
    server = there(*quirks)
    plant(tmp_path / "got", {"old": b"x", "gone/deep/er": b"x", "b/c": b"x", "b/old": b"x"})
    kept = client(server.target(), "mirror", "src", tmp_path / "got")
    assert kept.status == 0, kept
    assert (tmp_path / "got/gone/deep/er").exists()
    run = client(server.target(), "mirror", "--delete", "--json", "src", tmp_path / "got")
    assert run.status == 0, run
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")
    assert summary(run)["deleted"] == 5


def test_delete_up(there, client, tmp_path):
    server = there()
    plant(server.root / "dst", {"old": b"x", "gone/deep/er": b"x", "b/c": b"x", "b/old": b"x"})
    plant(tmp_path / "mine", FILES)
    run = client(server.target(), "mirror", "--delete", "--json", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == tree_of(tmp_path / "mine")
    assert summary(run)["deleted"] == 5


@pytest.mark.parametrize("listing", ("mlsd", "list"))
@pytest.mark.parametrize("how", ("cut", "close", "reset"))
def test_a_listing_cut_anywhere_deletes_nothing(there, client, tmp_path, how, listing):
    """Also where the server ends it in order and says 226: each name is asked for before it goes."""
    files = {"aa": b"1", "bb": b"2", "cc/dd": b"3"}
    server = there(f"list-cut={how}", *(("no-mlsd",) if listing == "list" else ()), files=files)
    plant(tmp_path / "got", files)
    before = tree_of(tmp_path / "got")
    longest = 3 * len("type=file;size=1;modify=20260101000000;UNIX.mode=0644;"
                      "UNIX.owner=0;UNIX.group=0; cc\r\n") + 20
    one = f"-mirror -P1 --delete --delete-emptied src {tmp_path}/got\nopen {server.target()}\n"
    run = client("--retries=0", "-b", "-", server.target(), stdin=one * longest, bound=200)
    assert {k: v for k, v in tree_of(tmp_path / "got").items() if k in before} == before, run
    verb = "MLSD" if listing == "mlsd" else "LIST"
    assert {f"{n} > {verb} /src" for n in range(1, longest)} <= set(server.said().splitlines())
    assert how != "cut" or "the source has it" in run.stderr, run
    # and without the cuts, what is gone on the server goes here
    quiet = there(files={"aa": b"1"})
    last = client(quiet.target(), "mirror", "--delete", "src", tmp_path / "got")
    assert last.status == 0, last
    assert tree_of(tmp_path / "got") == {"aa": b"1"}


def test_a_folder_that_is_empty_now_deletes_nothing(there, client, tmp_path):
    server = there(files={})
    plant(tmp_path / "got", FILES)
    before = tree_of(tmp_path / "got")
    run = client(server.target(), "mirror", "--delete", "src", tmp_path / "got")
    assert run.status == 1, run
    assert "empty now" in run.stderr and "--delete-emptied" in run.stderr
    assert tree_of(tmp_path / "got") == before
    run = client(server.target(), "mirror", "--delete-emptied", "src", tmp_path / "got")
    assert run.status == 0, run
    assert tree_of(tmp_path / "got") == {}


def test_max_delete(there, client, tmp_path):
    server = there(files={"a": b"1"})
    plant(tmp_path / "got", {"b": b"2", "c": b"3"})
    run = client(server.target(), "mirror", "--delete", "--max-delete=1", "src", tmp_path / "got")
    assert run.status == 1, run
    assert set(tree_of(tmp_path / "got")) == {"a", "b", "c"}
    run = client(server.target(), "mirror", "--delete", "--max-delete=2", "src", tmp_path / "got")
    assert run.status == 0, run
    assert set(tree_of(tmp_path / "got")) == {"a"}


# What a server may say.

@pytest.mark.parametrize("quirks", (("hostile-names",), ("hostile-names", "no-mlsd")))
def test_names_that_lead_elsewhere(there, client, tmp_path, quirks):
    server = there(*quirks, files={"good": b"good"})
    outside = tmp_path / "deep"
    run = client(server.target(), "mirror", "src", outside / "got", cwd=tmp_path)
    assert run.status == 1, run  # no such folder as deep
    outside.mkdir()
    run = client(server.target(), "mirror", "src", outside / "got")
    assert run.status == 3, run
    assert tree_of(outside) == {"got": "dir", "got/good": b"good"}
    for name in ("../outside", "/etc/outside", "a/../../outside", "a/b"):
        assert f"{name}: the name is empty" in run.stderr or f"{name}: the name cannot" in run.stderr
    assert "outside" not in server.said()


@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
def test_a_listing_with_lines_that_cannot_be_read_deletes_nothing(there, client, tmp_path, quirks):
    server = there("empty-name", *quirks, files={"good": b"good"})
    plant(tmp_path / "got", {"mine": b"mine"})
    run = client(server.target(), "mirror", "--delete", "src", tmp_path / "got")
    assert run.status == 3, run
    assert tree_of(tmp_path / "got") == {"good": b"good", "mine": b"mine"}
    assert "the source's listing is not complete" in run.stderr


def test_a_link_and_then_a_file_through_it(there, client, tmp_path):
    server = there("link-first=out", files={"out/evil": b"evil", "good": b"good"})
    run = client(server.target(), "mirror", "src", tmp_path / "got")
    assert run.status == 3, run
    assert "out: the name" in run.stderr
    assert (tmp_path / "got/good").read_bytes() == b"good"
    assert not (tmp_path / "got/out/evil").exists()
    assert not os.path.lexists("/etc/evil")


def test_a_link_in_the_target_is_not_followed(there, client, tmp_path):
    server = there(files={"sub/file": b"new", "file": b"new"})
    outside = tmp_path / "outside"
    plant(outside, {"file": b"mine", "sub/file": b"mine"})
    (tmp_path / "got").mkdir()
    (tmp_path / "got/sub").symlink_to(outside / "sub")
    (tmp_path / "got/file").symlink_to(outside / "file")
    run = client(server.target(), "mirror", "src", tmp_path / "got")
    assert run.status == 1, run
    assert "another kind is in the way" in run.stderr
    assert tree_of(outside) == {"file": b"mine", "sub": "dir", "sub/file": b"mine"}
    run = client(server.target(), "mirror", "--delete", "src", tmp_path / "got")
    assert run.status == 0, run
    assert tree_of(outside) == {"file": b"mine", "sub": "dir", "sub/file": b"mine"}
    assert tree_of(tmp_path / "got") == {"file": b"new", "sub": "dir", "sub/file": b"new"}


# Links.

def link_tree(folder):
    plant(folder, {"real/file": b"real", "real/deep/er": b"deep"})
    for name, target in (("a", "real/file"), ("real/up", "../real/file"), ("folder", "real/deep"),
                         ("loop", "."), ("real/deep/loop", ".."), ("none", "not there"),
                         ("out", "/etc/hostname"), ("away", "../../secret")):
        (folder / name).symlink_to(target)


def test_links_down(there, client, tmp_path):
    server = there(files={})
    link_tree(server.root / "src")
    run = client(server.target(), "mirror", "src", tmp_path / "copy")
    assert run.status == 0, run
    found = tree_of(tmp_path / "copy")
    assert found["a"] == ("link", "real/file") and found["real/up"] == ("link", "../real/file")
    assert "out" not in found and "away" not in found
    assert "out: the link leads out of the tree" in run.stderr
    assert client(server.target(), "mirror", "--json", "src", tmp_path / "copy").status == 0
    run = client(server.target(), "mirror", "--links=skip", "src", tmp_path / "skip")
    assert run.status == 0, run
    assert "a" not in tree_of(tmp_path / "skip")


def test_links_up(there, client, tmp_path):
    server = there(files={})
    link_tree(tmp_path / "mine")
    run = client(server.target(), "mirror", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert "--links=follow" in run.stderr
    assert set(tree_of(server.root / "dst")) == {"real", "real/file", "real/deep", "real/deep/er"}
    run = client(server.target(), "mirror", "-R", "--links=follow", tmp_path / "mine", "dst")
    assert run.status == 0, run
    found = tree_of(server.root / "dst")
    assert found["a"] == b"real" and found["folder/er"] == b"deep"
    assert "loop" not in found and "none" not in found
    assert "leads to a folder that it lies in" in run.stderr


# Files of its own.

def test_the_log_in_the_target(there, client, tmp_path):
    """Neither deleted nor written over, also where the source has one of that name."""
    for files in ({"a": b"1"}, {"a": b"1", "log": b"theirs"}):
        server = there(files=files)
        got = tmp_path / f"got{len(files)}"
        plant(got, {"old": b"x"})
        for _ in range(2):
            run = client(server.target(), "mirror", "--delete", "--log", got / "log", "src", got)
            assert run.status == 0, run
            assert "log: it is left alone" in run.stderr
        assert set(tree_of(got)) == {"a", "log"}
        assert (got / "log").read_text().count(" done get a ") == 1
        assert " done delete old" in (got / "log").read_text()


def test_the_log_in_the_source(there, client, tmp_path):
    """Not sent while it grows; nor does its copy go."""
    server = there(files={})
    plant(tmp_path / "mine", {"a": b"1"})
    plant(server.root / "dst", {"log": b"of before"})
    run = client(server.target(), "mirror", "-R", "--delete", "--log", tmp_path / "mine/log",
                 tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == {"a": b"1", "log": b"of before"}


def test_the_trace_in_one_of_the_folders(there, client, tmp_path):
    server = there(files={})
    plant(tmp_path / "mine", {"a": b"1"})
    trace = f"--trace={tmp_path}/mine/trace"
    run = client(trace, server.target(), "mirror", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == {"a": b"1"}
    run = client(trace, server.target(), "mirror", "--delete-emptied", "src", tmp_path / "mine")
    assert run.status == 0, run
    assert "trace: it is left alone" in run.stderr
    assert set(tree_of(tmp_path / "mine")) == {"trace"}


def test_the_plan_in_the_target(there, client, tmp_path):
    """It is there before the folder is listed, and when it is carried out."""
    server = there(files={"a": b"1"})
    got = tmp_path / "got"
    plant(got, {"old": b"x"})
    command = f"mirror -n --json --delete src {got} > {got}/plan\n"
    assert client("-b", "-", server.target(), stdin=command).status == 0
    run = client(server.target(), "mirror", "--plan", got / "plan")
    assert run.status == 0, run
    assert set(tree_of(got)) == {"a", "plan"}
    (got / "plan").write_text((got / "plan").read_text().replace('"plan"', '"x"') + (
        '{"action":"delete","path":"plan","reason":"not-in-source","lacking":4,'
        '"there":{"type":"file"}}\n'))
    run = client(server.target(), "mirror", "--plan", got / "plan")
    assert run.status == 1 and "plan: it is left alone" in run.stderr, run
    assert (got / "plan").exists()


def test_what_a_probe_left_behind(there, client, tmp_path):
    """Killed between MKD and RMD: the next run removes the folder, where it is empty."""
    server = there(files={})
    plant(tmp_path / "mine", {"a": b"1"})
    for name in ("probe-0123.ftpsh.part", "probe-4567.ftpsh.part/full", "probe-mine"):
        (server.root / "dst" / name).mkdir(parents=True)
    run = client(server.target(), "mirror", "--json", "-R", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert moved(run) == [("clean", "probe-0123.ftpsh.part"), ("put", "a")]
    assert set(tree_of(server.root / "dst")) == {
        "a", "probe-4567.ftpsh.part", "probe-4567.ftpsh.part/full", "probe-mine"}


def test_a_probe_left_behind_where_little_is_wanted(there, client, tmp_path):
    """Filters are about what is mirrored."""
    server = there(files={"a.txt": b"1"})
    for folder in (tmp_path / "got", server.root / "dst"):
        plant(folder, {"precious": b"mine"})
    (tmp_path / "got/probe-0123.ftpsh.part").write_bytes(b"")
    (server.root / "dst/probe-0123.ftpsh.part").mkdir()
    for args in (("src", tmp_path / "got"), ("-R", tmp_path / "got", "dst")):
        run = client(server.target(), "mirror", "--delete", "--include=*.txt", *args)
        assert run.status == 0, run
    for folder in (tmp_path / "got", server.root / "dst"):
        assert tree_of(folder) == {"a.txt": b"1", "precious": b"mine"}


# Folders without end.

def test_a_folder_inside_itself(there, client, tmp_path):
    """A link that the server shows as a folder: told of, not entered, and nothing goes for it."""
    server = there("loop=again")
    plant(tmp_path / "got", {"again/a": b"mine", "b/again/x": b"mine", "old": b"x"})
    run = client(server.target(), "mirror", "--delete", "src", tmp_path / "got")
    assert run.status == 0, run
    assert tree_of(tmp_path / "got") == {
        **tree_of(server.root / "src"), "again": "dir", "again/a": b"mine", "b/again": "dir",
        "b/again/x": b"mine"}
    for path in ("again", "b/again", "b/d/again"):
        assert f"{path}: it is a link that leads to a folder that it lies in" in run.stderr
    assert "/again" not in server.said()


def test_a_folder_inside_itself_in_the_target(there, client, tmp_path):
    server = there("loop=again", files={})
    plant(server.root / "dst", {"old": b"x", "b/c": b"x"})
    plant(tmp_path / "mine", {"a": b"1", "b/c": b"22"})
    run = client(server.target(), "mirror", "-R", "--delete", tmp_path / "mine", "dst")
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == tree_of(tmp_path / "mine")
    assert "again: it is a link" in run.stderr and "RMD" not in server.said()


@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
def test_a_tree_without_end(there, client, tmp_path, quirks):
    """One line, the status of a server that breaks the protocol, and nothing is done."""
    server = there("endless-tree=50", *quirks)
    plant(tmp_path / "got", {"mine": b"mine"})
    run = client(server.target(), "mirror", "--delete", "--max-entries=2000", "src", tmp_path / "got")
    assert run.status == 3, run
    assert len(run.stderr.splitlines()) == 1, run
    assert "the server's tree has more than 2000 entries" in run.stderr
    assert "--max-entries" in run.stderr
    assert tree_of(tmp_path / "got") == {"mine": b"mine"}


def test_as_many_entries_as_are_allowed(there, client, tmp_path):
    server = there()
    for most, status in ((6, 3), (7, 0)):
        run = client(server.target(), "mirror", f"--max-entries={most}", "src", tmp_path / "got")
        assert run.status == status, run
    for most, status in ((6, 1), (7, 0)):
        run = client(server.target(), "mirror", "-R", f"--max-entries={most}", tmp_path / "got",
                     "dst")
        assert run.status == status, run
    assert tree_of(server.root / "dst") == tree_of(server.root / "src")


# Plans.

def test_dry_run_and_its_plan(there, client, tmp_path):
    server = there()
    plant(tmp_path / "got", {"old/er": b"x", "a": b"x"})
    before = tree_of(tmp_path / "got")
    shown = client(server.target(), "mirror", "-n", "--delete", "src", tmp_path / "got")
    assert shown.status == 0, shown
    assert "get     a  (sizes differ)" in shown.stdout
    assert "rmdir   old  (the source has none)" in shown.stdout
    plan = client(server.target(), "mirror", "-n", "--json", "--delete", "src", tmp_path / "got")
    assert tree_of(tmp_path / "got") == before
    assert client(server.target(), "mirror", "-n", "src", tmp_path / "absent").status == 0
    assert not (tmp_path / "absent").exists()
    (tmp_path / "plan").write_text(plan.stdout)
    run = client(server.target(), "mirror", "--plan", tmp_path / "plan")
    assert run.status == 0, run
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")
    again = client(server.target(), "mirror", "--json", "--plan", tmp_path / "plan")
    assert again.status == 0, again
    assert {path for action, path in moved(again) if action != "utime"} == set()


def test_a_dry_run_plans_permissions_too(there, client, tmp_path):
    server = there(files={"a": b"1"})
    plant(tmp_path / "got", {"a": b"1"})
    os.chmod(server.root / "src/a", 0o640)
    os.chmod(tmp_path / "got/a", 0o600)
    run = client(server.target(), "mirror", "-n", "src", tmp_path / "got")
    assert run.stdout == "chmod   a  (permissions differ)\n", run
    run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert moved(run) == [("chmod", "a")]
    assert (tmp_path / "got/a").stat().st_mode & 0o777 == 0o640


def test_a_plan_that_is_out_of_date(there, client, tmp_path):
    server = there(files={"a": b"new", "c": b"1"})
    plant(tmp_path / "got", {"a": b"old!", "b": b"x"})
    plan = client(server.target(), "mirror", "-n", "--json", "--delete", "src", tmp_path / "got")
    (tmp_path / "plan").write_text(plan.stdout)
    (tmp_path / "got/a").write_bytes(b"changed meanwhile")
    (tmp_path / "got/b").write_bytes(b"changed, too")
    (tmp_path / "got/c").write_bytes(b"mine")
    before = tree_of(tmp_path / "got")
    run = client(server.target(), "mirror", "--plan", tmp_path / "plan")
    assert run.status == 1, run
    assert run.stderr.count("has changed since the plan was made") == 3
    assert tree_of(tmp_path / "got") == before
    (tmp_path / "got/b").write_bytes(b"x")
    os.utime(tmp_path / "got/b", (1_700_000_000, 1_700_000_000))
    (server.root / "src/b").write_bytes(b"it is there now")
    run = client(server.target(), "mirror", "--plan", tmp_path / "plan")
    assert "b: the source has it" in run.stderr
    assert (tmp_path / "got/b").read_bytes() == b"x"


def test_what_a_plan_is_run_with(there, client, tmp_path):
    """Options that would make another plan are refused, not passed over; --max-delete holds."""
    server = there(files={"a": b"1"})
    plant(tmp_path / "got", {"b": b"2", "c": b"3"})
    plan = client(server.target(), "mirror", "-n", "--json", "--delete", "src", tmp_path / "got")
    (tmp_path / "plan").write_text(plan.stdout)
    run_plan = ("mirror", f"--plan={tmp_path}/plan")
    for option in ("--exclude=a", "--delete", "-R", "--links=skip", "--checksum"):
        run = client(server.target(), *run_plan, option)
        assert run.status == 2 and "is for making a plan" in run.stderr, run
    run = client(server.target(), *run_plan, "-E")
    assert run.status == 2 and "does not go with a plan that deletes" in run.stderr, run
    run = client(server.target(), *run_plan, "--max-delete=1")
    assert run.status == 1 and "the plan deletes 2" in run.stderr, run
    assert set(tree_of(tmp_path / "got")) == {"b", "c"}
    run = client(server.target(), *run_plan, "--max-delete=2", "-P1")
    assert run.status == 0 and set(tree_of(tmp_path / "got")) == {"a"}, run


def test_a_plan_that_follows_links(there, client, tmp_path):
    server = there(files={})
    plant(tmp_path / "mine", {"real/f": b"1"})
    (tmp_path / "mine/link").symlink_to("real")
    plan = client(server.target(), "mirror", "-n", "--json", "-R", "--links=follow",
                  tmp_path / "mine", "dst")
    (tmp_path / "plan").write_text(plan.stdout)
    run = client(server.target(), "mirror", f"--plan={tmp_path}/plan")
    assert run.status == 0, run
    assert (server.root / "dst/link/f").read_bytes() == b"1"


HEADER = '{"mirror":1,"direction":"download","source":"/src","target":"%s"}\n'
GET = '{"action":"get","path":"%s","reason":"missing","there":{"type":"nothing"}}\n'


@pytest.mark.parametrize("text, wrong", (
    ("", "it is empty"), ("{}\n", '"mirror"'), (HEADER + "[]\n", "line 2 is no JSON object"),
    (HEADER.replace("}", ',"links":"all"}'), '"links"'),
    (HEADER + GET % "../x", '"path"'), (HEADER + GET % "/etc/x", '"path"'),
    (HEADER + GET % "a//b", '"path"'), (HEADER + GET % "a/./b", '"path"'),
    (HEADER + GET % "a\\nb", '"path"'), (HEADER + GET % "", '"path"'),
    (HEADER + (GET % "x").replace("get", "put"), '"action"'),
    (HEADER + (GET % "x").replace("get", "format"), '"action"'),
    (HEADER + (GET % "x").replace("nothing", "?"), '"there"'),
    (HEADER + (GET % "x").replace("missing", "because"), '"reason"'),
    (HEADER + (GET % "x").replace('"there"', '"size":-2,"there"'), '"size"'),
    (HEADER + (GET % "x").replace('"there"', '"mtime":"now","there"'), '"mtime"'),
    (HEADER + (GET % "x").replace('"there"', '"mode":"9999","there"'), '"mode"'),
    (HEADER + '{"action":"link","path":"x","reason":"missing","target":"../y",'
     '"there":{"type":"nothing"}}\n', '"target"'),
    (HEADER + '{"action":"delete","path":"a/b","reason":"not-in-source","lacking":2,'
     '"there":{"type":"file"}}\n', '"lacking"'),
    (HEADER + '{"action":"delete","path":"a","reason":"missing","there":{"type":"file"}}\n',
     '"reason"'),
    (HEADER + '{"action":"clean","path":"precious","reason":"stale-part",'
     '"there":{"type":"file"}}\n', '"path"'),
    (HEADER + '{"action":"clean","path":"a/b.ftpsh.part","reason":"stale-part","lacking":1,'
     '"there":{"type":"file"}}\n', '"lacking"'),
))
def test_a_plan_from_a_stranger(there, client, tmp_path, text, wrong):
    server = there()
    (tmp_path / "got").mkdir()
    (tmp_path / "plan").write_text(text % (tmp_path / "got") if "%s" in text else text)
    run = client(server.target(), "mirror", "--plan", tmp_path / "plan")
    assert run.status == 2, run
    assert wrong in run.stderr
    assert tree_of(tmp_path / "got") == {}


# Which files.

def test_filters(there, client, tmp_path):
    files = {"a.txt": b"1", "b.bin": b"2", "sub/c.txt": b"3", "sub/d.bin": b"4", "logs/e.txt": b"5",
             "only/f.bin": b"6"}
    server = there(files=files)

    def got(*options):
        folder = tmp_path / f"got{len(client.runs)}"
        run = client(server.target(), "mirror", *options, "src", folder)
        assert run.status == 0, run
        return {name for name, what in tree_of(folder).items()}

    assert got("--include=*.txt", "--exclude=/logs/") == {"a.txt", "sub", "sub/c.txt"}
    assert got("--exclude=*.bin", "--exclude=logs") == {"a.txt", "sub", "sub/c.txt", "only"}
    assert got("--exclude=*", "--include=a*") == {"a.txt"}
    assert got("--exclude-regex=^(sub|logs|only)") == {"a.txt", "b.bin"}
    (tmp_path / "rules").write_text("# no\n*.bin\n!/b.bin\nsub/\n/logs/**\nonly\n")
    assert got(f"--exclude-from={tmp_path}/rules") == {"a.txt", "b.bin", "logs"}
    assert got("--newer-than=2100-01-01") == {"sub", "logs", "only"}
    assert got("--max-size=0") == {"sub", "logs", "only"}


def test_what_is_left_out_is_not_deleted(there, client, tmp_path):
    server = there(files={"a.txt": b"1", "sub/x.txt": b"1"})
    plant(tmp_path / "got", {"old.txt": b"x", "keep.bin": b"x", "gone/keep.bin": b"x",
                             "gone/old.txt": b"x"})
    run = client(server.target(), "mirror", "--delete", "--exclude=*.bin", "src", tmp_path / "got")
    assert run.status == 0, run
    assert set(tree_of(tmp_path / "got")) == {"a.txt", "sub", "sub/x.txt", "keep.bin", "gone",
                                              "gone/keep.bin"}
    assert "kept for what the filters leave out" in run.stderr


def test_only_missing(there, client, tmp_path):
    server = there()
    plant(tmp_path / "got", {"a": b"mine, not theirs"})
    run = client(server.target(), "mirror", "--only-missing", "src", tmp_path / "got")
    assert run.status == 0, run
    assert (tmp_path / "got/a").read_bytes() == b"mine, not theirs"
    assert (tmp_path / "got/b/c").exists()


def test_only_missing_after_the_worst_end(there, client, tmp_path):
    """What an upload left unfinished is not taken for a file that is there."""
    server = there("slow=500000", files={})
    plant(tmp_path / "mine", {"f": os.urandom(1_000_000)})
    up = (server.target(), "mirror", "-R", "--only-missing", tmp_path / "mine", "dst")
    client.signal_when(signal.SIGKILL,
                       lambda: any(p.stat().st_size > 100_000
                                   for p in (server.root / "dst").iterdir()), *up)
    run = client(*up)
    assert run.status == 0, run
    assert tree_of(server.root / "dst") == tree_of(tmp_path / "mine")


# What goes wrong.

@pytest.mark.parametrize("args, status, message", (
    (("mirror",), 2, "mirror wants a source and a target"),
    (("mirror", "src"), 2, "mirror wants a source and a target"),
    (("mirror", "none", "got"), 7, "550"),
    (("mirror", "small", "got"), 7, "550"),
    (("mirror", "src", "file"), 1, "Not a directory"),
    (("mirror", "src", "no/such/folder"), 1, "no/such/folder"),
    (("mirror", "-R", "none", "dst"), 1, "none"),
    (("mirror", "-R", "file", "dst"), 1, "Not a directory"),
    (("mirror", "--exclude-from=none", "src", "got"), 1, "cannot read none"),
    (("mirror", "--exclude-regex=a(", "src", "got"), 2, "'a(' is no regular expression"),
    (("mirror", "--exclude=", "src", "got"), 2, "the pattern is empty"),
    (("mirror", "--links=some", "src", "got"), 2, "links"),
    (("mirror", "--parallel=0", "src", "got"), 2, "--parallel"),
    (("mirror", "--chmod", "src", "got"), 2, "--chmod goes with -R"),
    (("mirror", "--parallel=1000", "src", "got"), 2, "--parallel"),
    (("mirror", "--newer-than=soon", "src", "got"), 2, "soon"),
    (("mirror", "--log=none/log", "src", "got"), 1, "cannot write none/log"),
    (("mirror", "--plan=none", "src", "got"), 2, "--plan says source and target already"),
    (("mirror", "--plan=none"), 1, "cannot read none"),
    (("mirror", "--delet", "src", "got"), 2, "--delete"),
    (("mirror", "--checksum", "src", "got"), 9, "computes no checksums"),
))
def test_bad_input(there, client, tmp_path, args, status, message):
    server = there()
    (tmp_path / "file").write_bytes(b"a file")
    plant(tmp_path / "got", {"a": b"one"})
    run = client(server.target(), *args, cwd=tmp_path)
    assert run.status == status, run
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert tree_of(tmp_path / "got") == {"a": b"one"}


def test_no_data_connection_any_more(there, client, tmp_path):
    """Each file fails with a line; why each strategy failed stands behind the last, once."""
    server = there("ports-closed-after=3", files={f"f{i}": b"x" for i in range(4)})
    run = client("--retries=0", "--epsv", "--pasv-use-control-ip", server.target(), "mirror", "-P1",
                 "src", tmp_path / "got")
    assert run.status == 6, run
    assert len(tree_of(tmp_path / "got")) == 2
    lines = run.stderr.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("ftpsh: mirror: "))
    reasons = [line.split(":")[0].strip() for line in lines[first + 1:]]
    assert reasons[:2] == ["epsv", "pasv-use-control-ip"], run
    assert sum(line.startswith("  epsv: ") for line in lines) == 1


def test_one_file_that_fails_and_the_rest(there, client, tmp_path):
    server = there()
    os.chmod(server.root / "src/a", 0)
    if os.access(server.root / "src/a", os.R_OK):
        (server.root / "src/a").unlink()
        os.mkfifo(server.root / "src/a")
    run = client(server.target(), "mirror", "--log", tmp_path / "log", "src", tmp_path / "got")
    assert set(tree_of(tmp_path / "got")) == {"b", "b/c", "b/d", "b/d/e f", "x y", "x y/z"}
    assert "a: " in run.stderr
    log = (tmp_path / "log").read_text()
    assert len([line for line in log.splitlines() if " done get " in line]) == 3


@pytest.fixture
def nobody(client, work):
    """The same client as a user who may do little, and a folder that this user can reach."""
    def run(*args):
        env = {**client.env(), "HOME": str(folder), "XDG_STATE_HOME": str(folder)}
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        argv = client.argv(args, prefix=prefix)
        argv[len(prefix)] = folder / "ftpsh"
        return subprocess.run([str(a).replace(str(client.ca), f"{folder}/ca") for a in argv],
                              env=env, cwd=folder, capture_output=True, text=True, check=False)

    if os.geteuid() != 0:
        pytest.skip("needs root, to be somebody else")
    folder = work / f"nobody-{os.urandom(4).hex()}"
    folder.mkdir()
    shutil.copy(client.binary, folder / "ftpsh")
    (folder / "ca").write_bytes(Path(client.ca).read_bytes())
    run.folder = folder
    yield run
    shutil.rmtree(folder)


def test_local_files_that_cannot_be_looked_at(there, nobody):
    """Names may be read in a folder where nothing else may: they are missed, and nothing goes."""
    server = there()
    plant(nobody.folder / "mine", {"shut/x": b"1", "open": b"2"})
    plant(server.root / "dst", {"shut/old": b"1", "old": b"2"})
    os.chmod(nobody.folder / "mine/shut", 0o444)
    run = nobody(server.target(), "mirror", "-R", "--delete-emptied", nobody.folder / "mine", "dst")
    assert run.returncode == 1, run
    assert "shut/x: cannot look at it: Permission denied" in run.stderr
    assert set(tree_of(server.root / "dst")) == {"shut", "shut/old", "open"}


def test_part_files_of_ours(there, client, tmp_path):
    """Continued where they belong to a file that comes, removed where they do not, never sent."""
    server = there(files={"big": b"x" * 400_000, "same": b"1"})
    client(server.target(), "mirror", "src", tmp_path / "got")
    (tmp_path / "got/same.ftpsh.part").write_bytes(b"old")
    (tmp_path / "got/gone.ftpsh.part").write_bytes(b"old")
    run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert run.status == 0, run
    assert set(tree_of(tmp_path / "got")) == {"big", "same"}
    assert summary(run)["cleaned"] == 2
    (tmp_path / "got/half.ftpsh.part").write_bytes(b"old")
    run = client(server.target(), "mirror", "-R", tmp_path / "got", "dst")
    assert run.status == 0, run
    assert set(tree_of(server.root / "dst")) == {"big", "same"}


@pytest.mark.parametrize("planned", (False, True))
@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
def test_a_part_file_outlives_a_cut_listing(there, client, tmp_path, quirks, planned):
    """What the listing lacks, the server has: its beginning is not thrown away."""
    server = there("list-cut=cut", *quirks, files={"big": b"much more"})
    plant(tmp_path / "got", {"big.ftpsh.part": b"much", "gone.ftpsh.part": b"old"})
    args = ["-P1", "src", tmp_path / "got"]
    if planned:
        run = client(server.target(), "mirror", "-n", "--json", *args)
        (tmp_path / "plan").write_text(run.stdout)
        args = ["--plan", tmp_path / "plan"]
    run = client(server.target(), "mirror", *args)
    assert run.status == 0, run
    assert "big.ftpsh.part: the source has it" in run.stderr
    assert tree_of(tmp_path / "got") == {"big.ftpsh.part": b"much"}


@pytest.mark.parametrize("name, begun", (
    ("big", "big"), ("b" * 255, "b" * 235 + "~"),
), ids=("short", "long"))
def test_a_download_that_broke_off_goes_on(there, client, tmp_path, name, begun):
    """A part file's name has room for a hash only, where the file's own is as long as can be."""
    content = os.urandom(600_000)
    server = there("data-stall-after=400000", files={name: content})
    run = client("--retries=0", "--idle-timeout=1", server.target(), "mirror", "src", tmp_path / "got")
    assert run.status != 0, run
    (part,) = [p for p in (tmp_path / "got").iterdir()]
    assert part.name.startswith(begun) and part.name.endswith(".ftpsh.part")
    assert part.stat().st_size > 100_000
    run = client("--idle-timeout=5", server.target(), "mirror", "--json", "src", tmp_path / "got")
    assert run.status == 0, run
    assert (tmp_path / "got" / name).read_bytes() == content
    assert summary(run)["bytes"] < 500_000
    assert len(list((tmp_path / "got").iterdir())) == 1


def test_ctrl_c(there, client, tmp_path):
    """Ends at once; nothing half done bears its final name, and the rest comes the next time."""
    server = there("slow=300000", files={f"f{i}": os.urandom(300_000) for i in range(8)})
    got, log = tmp_path / "got", tmp_path / "log"
    args = ("--noop-interval=off", server.target(), "mirror", "-P2", "--log", log, "src", got)
    run = client.signal_when(signal.SIGINT,
                             lambda: log.exists() and log.read_text().count(" done get ") >= 2,
                             *args)
    assert run.status == 130, run
    assert run.seconds < 5
    assert re.search(r"^[2-7] files .* moved, .* not reached$", run.stderr, re.MULTILINE)
    done = {p.name for p in got.iterdir() if "." not in p.name}
    assert 2 <= len(done) < 8
    assert all((got / n).read_bytes() == (server.root / "src" / n).read_bytes() for n in done)
    run = client(*args)
    assert run.status == 0, run
    assert tree_of(got) == tree_of(server.root / "src")
    gets = [line.split()[3] for line in log.read_text().splitlines() if " done get " in line]
    assert sorted(gets) == sorted(p.name for p in got.iterdir())


def test_time_is_up(there, client, tmp_path):
    """There is a summary, and what was not tried is not said to be verified."""
    server = there("slow=300000", files={f"f{i}": b"x" * 300_000 for i in range(8)})
    run = client("--timeout=1.5", server.target(), "mirror", "--json", "-P2", "src",
                 tmp_path / "got")
    assert run.status == 10, run
    lines = [json.loads(line) for line in run.stdout.splitlines()[:-1]]
    assert {line.get("verdict") for line in lines if line["result"] == "failed"} <= {None, "failed"}
    assert all(t["remote"] for t in run.report["transfers"])
    found = summary(run)
    assert found["files"] >= 2 and found["files"] + found["failed"] + found["not_reached"] == 8
    assert "files (" in run.stderr and "failed" in run.stderr


def test_times_before_1970(there, client, tmp_path):
    server = there(files={"old": b"1"})
    os.utime(server.root / "src/old", (-40_000_000, -40_000_000))
    for expected in ([("get", "old")], []):
        run = client(server.target(), "mirror", "--json", "src", tmp_path / "got")
        assert run.status == 0 and moved(run) == expected, run
    assert (tmp_path / "got/old").stat().st_mtime == -40_000_000


def test_permissions_up(there, client, tmp_path):
    """On request, also those of files that are there already."""
    server = there(files={})
    plant(tmp_path / "mine", {"a": b"1", "b": b"2"})
    os.chmod(tmp_path / "mine/a", 0o640)
    up = ("mirror", "--json", "-R", tmp_path / "mine", "dst")
    assert client(server.target(), *up).status == 0
    assert (server.root / "dst/a").stat().st_mode & 0o777 != 0o640
    assert moved(client(server.target(), *up)) == []
    for expected in ([("chmod", "a")], []):
        run = client(server.target(), *up, "--chmod")
        assert run.status == 0 and moved(run) == expected, run
    (server.root / "dst/a").unlink()
    assert client(server.target(), *up, "--chmod").status == 0
    assert (server.root / "dst/a").stat().st_mode & 0o777 == 0o640
    deaf = there("refuse=SITE", files={})
    (deaf.root / "dst/a").write_bytes(b"1")
    os.chmod(deaf.root / "dst/a", 0o604)
    run = client(deaf.target(), *up, "--chmod")
    assert run.status == 7 and "a: " in run.stderr, run


def test_no_source_and_no_target_made(there, client, tmp_path):
    server = there()
    assert client(server.target(), "mirror", "none", tmp_path / "got").status == 7
    assert not (tmp_path / "got").exists()


def test_progress_of_a_mirror(there, client, tmp_path):
    server = there("slow=400000", files={f"file{i}": b"x" * 400_000 for i in range(4)})
    shell = FirstAndLast(client, "--noop-interval=off", server.target(), "mirror", "-P2", "src",
                         tmp_path / "got")
    assert shell.leave() == 0
    assert "file0" in shell.seen.text and "/4 files" in shell.seen.text
    assert "4 files (1.6 MB) moved" in shell.seen.text
    assert tree_of(tmp_path / "got") == tree_of(server.root / "src")


# Memory.

MANY, MANY_FOLDERS, MEMORY = 100_000, 100, 128 << 20


def peak_of(pid):
    """VmHWM in bytes; None when the process has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return None


# A child's ru_maxrss begins with what its parent held when it forked, and this process is large.
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as out:
    out.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10))
sys.exit(status)
"""


def start(client, *args, prefix=()):
    return subprocess.Popen([*prefix, *client.argv(args)], env=client.env(), cwd=client.folder, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def test_memory_for_a_hundred_thousand_files(there, client, release_binary, tmp_path):
    """While they move, with 3,000 of them done; and while all are compared, with both trees held."""
    server = there(files={})
    folders = [server.root / "src" / f"folder {i}" for i in range(MANY_FOLDERS)]
    for folder in folders:
        folder.mkdir()
        for i in range(MANY // MANY_FOLDERS):
            (folder / f"a file with a name of some length {i}").touch()
    client.binary = release_binary
    log = tmp_path / "log"
    with start(client, server.target(), "mirror", "-P8", f"--log={log}", "src",
               tmp_path / "got") as child:
        wait_until(lambda: log.exists() and log.read_text().count(" done get ") >= 3000, 120,
                   "3,000 files")
        peak = peak_of(child.pid)
        child.kill()
    print(f"moving: {peak >> 20} MB")
    assert peak < MEMORY
    shutil.rmtree(tmp_path / "got")
    shutil.copytree(server.root / "src", tmp_path / "got")
    measured = tmp_path / "measured"
    with start(client, server.target(), "mirror", "--json", "src", tmp_path / "got",
               prefix=("/usr/bin/python3", "-c", MEASURE, measured)) as child:
        last = [line for line in child.stdout][-1]
    peak = int(measured.read_text())
    print(f"comparing: {peak >> 20} MB")
    assert child.returncode == 0
    assert json.loads(last)["summary"]["unchanged"] == MANY
    assert peak < MEMORY
