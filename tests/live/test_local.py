"""Commands for files of this machine, which need no server: lmkdir, lmv, lrm; and version."""
import json
import os

import pytest


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def run(ftpsh, here):
    def start(line):
        return ftpsh("-c", line, cwd=here)
    return start


def test_folders_are_made(run, here):
    assert run("lmkdir one 'two three'").status == 0
    assert run("lmkdir -p one a/b/c/").status == 0
    assert (here / "two three").is_dir() and (here / "a/b/c").is_dir()


@pytest.mark.parametrize("line,what", (
    ("lmkdir one", "lmkdir: one: File exists"),
    ("lmkdir a/b", "lmkdir: a/b: No such file or directory"),
    ("lmkdir -p file/x", "lmkdir: file/x: Not a directory"),
    ("lrm one", "lrm: one is a folder: -r removes it with all that is in it"),
    ("lrm nothing", "lrm: nothing: No such file or directory"),
    ("lrm -r one/..", "lrm: 'one/..' is not removed"),
    ("lrm -r /", "lrm: '/' is not removed"),
    ("lmv nothing x", "lmv: nothing: No such file or directory"),
    ("lmv file other", "lmv: other is there already; -f writes over it"),
    ("lmv *e* nowhere", "lmv: 3 files can't all become nowhere"),
))
def test_one_clear_line(run, here, line, what):
    (here / "one").mkdir()
    (here / "one" / "kept").write_bytes(b"")
    (here / "file").write_bytes(b"1")
    (here / "other").write_bytes(b"2")
    done = run(line)
    assert done.status in (1, 2), done
    assert what in done.stderr and len(done.stderr.splitlines()) == 1, done
    assert (here / "one/kept").exists() and (here / "other").read_bytes() == b"2"


def test_removed_with_all_that_is_in_them_and_no_target_of_a_link(run, here, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").write_bytes(b"")
    (here / "tree/deep/er").mkdir(parents=True)
    (here / "tree/deep/er/file").write_bytes(b"")
    (here / "tree/link").symlink_to(tmp_path / "precious")
    (here / "link").symlink_to(tmp_path / "precious")
    assert run("lrm -r tree link; lrm -f gone").status == 0
    assert os.listdir(here) == [] and (tmp_path / "precious/file").exists()


def test_of_several_the_others_go_on(run, here):
    for name in "ac":
        (here / name).write_bytes(b"")
    done = run("lrm a b c")
    assert done.status == 1 and done.stderr.count("lrm: b: ") == 1, done
    assert os.listdir(here) == []


def test_moved(run, here):
    for name in ("a.jpg", "b.jpg", "c.txt"):
        (here / name).write_bytes(name.encode())
    (here / "photos").mkdir()
    done = run("lmv *.jpg photos; lmv c.txt d.txt; lmv -f d.txt photos/a.jpg")
    assert done.status == 0, done
    assert sorted(os.listdir(here / "photos")) == ["a.jpg", "b.jpg"]
    assert os.listdir(here) == ["photos"]
    assert (here / "photos/a.jpg").read_bytes() == b"c.txt"


def test_nothing_in_the_folder_is_written_over(run, here):
    (here / "photos").mkdir()
    (here / "a").write_bytes(b"new")
    (here / "photos/a").write_bytes(b"old")
    done = run("lmv a photos")
    assert done.status == 1 and "photos/a is there already" in done.stderr, done
    assert (here / "photos/a").read_bytes() == b"old"


def test_help(run):
    """usage, options and an example, as text and as JSON; a mistyped name is answered with the next."""
    text = run("help lmv").stdout
    assert text.startswith("usage: lmv [-f] FROM TO\n") and "\n  -f  " in text
    assert text.endswith("\nexample: lmv *.jpg photos\n")
    rows = [json.loads(line) for line in run("help --json").stdout.splitlines()]
    names = [line.split()[0] for line in run("help").stdout.splitlines()]
    assert [row["name"] for row in rows] == names
    one = json.loads(run("help --json lmv").stdout)
    assert one["options"] == [{"letter": "f", "help": "write over what has the new name"}]
    wrong = run("help lmvv")
    assert wrong.status == 2 and "no command 'lmvv' (did you mean 'lmv'?)" in wrong.stderr, wrong


def test_version_is_that_of_the_option(run, ftpsh):
    assert run("version").stdout == ftpsh("--version", ca=False, report=False).stdout
    line = json.loads(run("version --json").stdout)
    assert f"ftpsh {line['version']}\n" == run("version").stdout
