"""find, du, tree, stat, rm -r and mkdir -p."""
import json
import os

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
DAY = 86400


def lines(run):
    assert run.status == 0, run
    return run.stdout.splitlines()


@pytest.fixture
def tree(bed):
    """a.c (10 bytes, three days old), b.h, sub/c.C (2000 bytes), sub/deep/.d, empty"""
    home = bed.account.home
    bed.share("a.c", b"x" * 10)
    bed.share("b.h", b"")
    for folder in ("sub", "sub/deep", "empty"):
        bed.account.own_folder(folder)
    bed.share("sub/c.C", b"x" * 2000)
    bed.share("sub/deep/.d", b"x")
    when = (home / "a.c").stat().st_mtime - 3 * DAY - 60
    os.utime(home / "a.c", (when, when))
    return home


@pytest.mark.parametrize("name", SERVERS)
def test_find(bed, tree, ftpsh, name):
    server = bed.server(name)
    # LIST does not show hidden names: there is no option that all servers understand (field 51).
    hidden = [] if name == "vsftpd" else ["sub/deep/.d"]

    def find(*args):
        return sorted(lines(ftpsh(server.target(), "find", *args)))

    assert find() == sorted(["a.c", "b.h", "empty", "sub", "sub/c.C", "sub/deep"] + hidden)
    assert find("sub", "--type=f") == ["sub/c.C"] + hidden
    assert find(".", "-maxdepth", "1", "-type", "d") == [".", "./empty", "./sub"]
    assert find("sub", "--max-depth=0") == ["sub"]
    assert find("--name", "*.c") == ["a.c"]
    assert find("-iname", "*.c") == ["a.c", "sub/c.C"]
    assert find("-type", "f", "-size", "+1k") == ["sub/c.C"]
    assert find("-type", "f", "-size", "-11", "-name", "[ab]*") == ["a.c", "b.h"]
    assert find("--size=10", "--type=f") == ["a.c"]
    assert find("-type", "f", "-mtime", "+2") == ["a.c"]
    assert find("-type", "f", "-newer-than", "1d", "-name", "[ab]*") == ["b.h"]
    assert find("a.c", "s*", "-name", "[ac]*") == ["a.c", "sub/c.C"]


@pytest.mark.parametrize("name", SERVERS)
def test_du(bed, tree, ftpsh, name):
    server = bed.server(name)
    deep = 0 if name == "vsftpd" else 1
    rows = [tuple(line.split("\t")) for line in lines(ftpsh(server.target(), "du"))]
    sub = str(2000 + deep)
    assert rows == [("0", "empty"), (str(deep), "sub/deep"), (sub, "sub"),
                    (str(2010 + deep), ".")]
    assert lines(ftpsh(server.target(), "du", "-s", "sub", "a.c")) == [f"{sub}\tsub", "10\ta.c"]
    assert lines(ftpsh(server.target(), "du", "-ah", "--max-depth=1", "sub"))[-1] == "2.0K\tsub"


@pytest.mark.parametrize("name", SERVERS)
def test_tree(bed, tree, ftpsh, name):
    server = bed.server(name)
    assert lines(ftpsh(server.target(), "tree")) == [
        ".", "├── a.c", "├── b.h", "├── empty", "└── sub", "    ├── c.C", "    └── deep", "",
        "3 folders, 3 files"]
    assert lines(ftpsh(server.target(), "tree", "-d", "-L", "1"))[1:] == [
        "├── empty", "└── sub", "", "2 folders"]


def test_tree_without_utf8(bed, tree, ftpsh):
    run = ftpsh(bed.server("proftpd").target(), "tree", "sub", prefix=("env", "LC_ALL=C"))
    assert lines(run)[:3] == ["sub", "|-- c.C", "`-- deep"]


@pytest.mark.parametrize("name", SERVERS)
def test_stat(bed, tree, ftpsh, name):
    server = bed.server(name)
    run = ftpsh("--json", server.target(), "stat", "a.c", "nowhere", "sub/deep", "sub/deep/.d", "/")
    assert run.status == 7 and "nowhere" in run.stderr, run
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(row["name"], row["type"]) for row in rows] == [
        ("a.c", "file"), ("sub/deep", "dir"), ("sub/deep/.d", "file"), ("/", "dir")]
    assert (rows[0]["size"], rows[2]["size"]) == (10, 1)


def test_json_of_all(bed, tree, ftpsh):
    server = bed.server("proftpd")
    rows = {}
    for command in (("find", "-name", "c.C"), ("du", "-s"), ("tree", "sub"), ("mkdir", "-p", "x/y"),
                    ("rm", "-r", "sub")):
        run = ftpsh(server.target(), *command, "--json")
        rows[command[0]] = [json.loads(line) for line in lines(run)]
    assert rows["find"][0]["path"] == "sub/c.C" and rows["find"][0]["name"] == "c.C"
    assert rows["du"] == [{"path": ".", "type": "dir", "size": 2011}]
    assert [row["path"] for row in rows["tree"]] == ["sub/c.C", "sub/deep"]
    assert rows["mkdir"] == [{"path": "x", "made": True}, {"path": "x/y", "made": True}]
    assert [row["path"] for row in rows["rm"]] == ["sub/c.C", "sub/deep/.d", "sub/deep", "sub"]


def test_print0(bed, tree, ftpsh):
    run = ftpsh(bed.server("proftpd").target(), "find", "-name", "?.?", "-print0")
    assert sorted(run.stdout.split("\0")) == ["", "a.c", "b.h", "sub/c.C"], run


@pytest.mark.parametrize("name", SERVERS)
def test_remove_a_tree(bed, tree, ftpsh, name):
    """What a link leads to stays, also where the server shows the link as a folder or a slash behind
    its name leads on."""
    server = bed.server(name)
    bed.account.own_folder("kept")
    bed.share("kept/file", b"kept")
    for link, target in (("sub/link", "../kept"), ("sub/file", "../b.h"), ("link", "kept"),
                         ("slash", "kept")):
        os.symlink(target, tree / link)
        os.lchown(tree / link, bed.account.uid, bed.account.gid)
    (tree / "sub/deep/.d").unlink()  # vsftpd does not list it
    run = ftpsh(server.target(), "rm", "-r", "sub", "link", "a.c", "slash//")
    assert run.status == 0, run
    assert sorted(os.listdir(tree)) == ["b.h", "empty", "kept"]
    assert (tree / "kept/file").read_bytes() == b"kept"


@pytest.mark.parametrize("path", ("/", ".", "..", "sub/..", "sub/.", "//", "sub/../"))
def test_what_is_never_removed(bed, tree, ftpsh, path):
    server = bed.server("pyftpdlib")
    before = sorted(p.name for p in tree.rglob("*"))
    assert ftpsh(server.target(), "rm", "-rf", path).status == 2
    assert sorted(p.name for p in tree.rglob("*")) == before


@pytest.mark.parametrize("name", SERVERS)
def test_what_cannot_be_removed_stays_and_is_told(bed, tree, ftpsh, name):
    server = bed.server(name)
    bed.account.own_folder("sub/locked")
    bed.share("sub/locked/file")
    (tree / "sub/locked").chmod(0o555)
    (tree / "sub/deep/.d").unlink()
    run = ftpsh(server.target(), "rm", "-r", "sub", "a.c")
    (tree / "sub/locked").chmod(0o755)
    assert run.status == 7, run
    assert run.stderr.count("ftpsh: rm: ") == 1 and "sub/locked/file" in run.stderr
    assert sorted(os.listdir(tree / "sub")) == ["locked"]
    assert not (tree / "a.c").exists()


@pytest.mark.parametrize("name", SERVERS)
def test_remove_what_is_not_there(bed, tree, ftpsh, name):
    server = bed.server(name)
    assert ftpsh(server.target(), "rm", "nowhere").status == 7
    run = ftpsh(server.target(), "rm", "-f", "nowhere", "b.h")
    assert run.status == 0 and run.stderr == "", run
    assert ftpsh(server.target(), "rm", "-rf", "nowhere").status == 0
    assert ftpsh(server.target(), "rm", "-f", "empty").status == 7
    assert sorted(os.listdir(tree)) == ["a.c", "empty", "sub"]


@pytest.mark.parametrize("name", SERVERS)
def test_make_folders_above(bed, tree, ftpsh, name):
    server = bed.server(name)
    run = ftpsh(server.target(), "mkdir", "-p", "x/y/z", "sub", "x/y", "sub/deep/new/")
    assert run.status == 0, run
    assert (tree / "x/y/z").is_dir() and (tree / "sub/deep/new").is_dir()
    assert ftpsh(server.target(), "mkdir", "-p", "a.c").status == 7
    assert ftpsh(server.target(), "mkdir", "x/y", "fresh").status == 7
    assert (tree / "fresh").is_dir()


def test_loop_of_folders_ends(bed, ftpsh):
    """pyftpdlib shows a link to a folder as a folder."""
    server = bed.server("pyftpdlib")
    os.symlink(".", bed.account.home / "loop")
    run = ftpsh(server.target(), "find")
    assert run.status == 3 and run.stdout == "loop\n", run
    assert "loop: a folder inside itself" in run.stderr
    bed.share("file")
    assert lines(ftpsh(server.target(), "ls", "**/file")) == ["file"]
    for command in (("tree",), ("ls", "-R"), ("du",), ("find", ".")):
        run = ftpsh(server.target(), *command)
        assert run.status == 3 and "loop: a folder inside itself" in run.stderr, run
        assert "loop/loop" not in run.stdout + run.stderr


def test_loop_at_any_depth(fake, client):
    """Of the very folder, whose own unique fact is asked for."""
    server = fake("loop=again")
    (server.root / "a/b").mkdir(parents=True)
    (server.root / "a/b/file").write_bytes(b"123")
    expected = {"find": "a\na/again\na/b\na/b/again\na/b/file\n",
                "du": "0\ta/again\n0\ta/b/again\n3\ta/b\n3\ta\n"}
    for command, text in expected.items():
        run = client(server.target(), command, "a")
        assert run.status == 3 and run.stdout == text, run
        assert run.stderr.count("a folder inside itself") == 2
    for command in ("tree", "ls -R"):
        run = client(server.target(), *command.split(), "a")
        assert run.status == 3 and run.stderr.count("a folder inside itself") == 2, run
    assert lines(client(server.target(), "ls", "a/**/file")) == ["a/b/file"]
    assert "again/" not in server.said()


def test_mirror_of_a_loop(bed, ftpsh, tmp_path):
    """pyftpdlib shows links to folders as folders: those above are not entered again."""
    server = bed.server("pyftpdlib")
    tree = bed.account.own_folder("tree")
    bed.account.own_folder("tree/sub")
    bed.share("tree/sub/file", b"x")
    for name, target in (("loop", "."), ("sub/up", ".."), ("side", "sub")):
        os.symlink(target, tree / name)
    run = ftpsh(server.target(), "mirror", "tree", tmp_path / "got")
    assert run.status == 0, run
    found = sorted(str(p.relative_to(tmp_path / "got")) for p in (tmp_path / "got").rglob("*"))
    assert found == ["side", "side/file", "sub", "sub/file"]
    assert all(f"{name}: it is a link" in run.stderr for name in ("loop", "sub/up", "side/up"))


def test_depth_is_bounded(fake, client):
    server = fake()
    (server.root / "/".join(["d"] * 70)).mkdir(parents=True)
    run = client(server.target(), "find", "-name", "d")
    assert run.status == 3 and run.stdout.count("\n") == 64, run
    assert "deeper than 64 folders" in run.stderr
    assert lines(client(server.target(), "find", "-name", "d", "-maxdepth", "3")) == [
        "d", "d/d", "d/d/d"]


@pytest.mark.parametrize("command, words", (
    (("find", "-size", "much"), ("--size", "'much' is no size")),
    (("find", "-newer-than", "soon"), ("--newer-than", "'soon' is no time")),
    (("find", "-mtime", "+x"), ("--mtime", "'+x' is no number of days")),
    (("find", "-type", "x"), ("--type", "f|d|l")),
    (("tree", "-L", "0"), ("-L", "1 level"))))
def test_wrong_values_are_told_in_a_line(fake, client, command, words):
    run = client(fake().target(), *command)
    assert run.status == 2 and run.stderr.count("\n") == 1, run
    assert all(word in run.stderr for word in words), run
