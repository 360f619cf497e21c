"""What ls shows, where and how."""
import json
import os
import re

import pytest

from bed.shell import Shell

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
DAY = 86400
OLD = 1262347200  # 2010-01-01 12:00 UTC


def lines(run):
    assert run.status == 0, run
    return run.stdout.splitlines()


def make_tree(bed):
    bed.share("b.txt", b"12345")
    bed.share("a.txt", b"1")
    bed.share(".hidden", b"")
    bed.account.own_folder("sub")
    bed.account.own_folder("sub/deep")
    bed.share("sub/c.txt", b"123")
    for name, age in (("a.txt", 3), ("b.txt", 1), ("sub", 2)):
        path = bed.account.home / name
        when = path.stat().st_mtime - age * DAY
        os.utime(path, (when, when))


@pytest.mark.parametrize("name", SERVERS)
def test_orders_and_arguments(bed, ftpsh, name):
    server = bed.server(name)
    make_tree(bed)

    def ls(*args):
        return lines(ftpsh(server.target(), "ls", *args))

    assert ls() == ls("-1") == ["a.txt", "b.txt", "sub"]
    assert ls("-r") == ["sub", "b.txt", "a.txt"]
    assert ls("-t") == ["b.txt", "sub", "a.txt"]
    assert [n for n in ls("-Sr") if n != "sub"] == ["a.txt", "b.txt"]
    assert sorted(ls("-U")) == ["a.txt", "b.txt", "sub"]
    assert ls("-d") == ["."]
    assert ls("-d", "sub", "a.txt") == ["a.txt", "sub"]
    assert ls("sub") == ["c.txt", "deep"]
    assert ls("b.txt") == ["b.txt"]
    assert ls("sub/c.txt") == ["sub/c.txt"]
    assert ls("sub", "b.txt", "a.txt") == ["a.txt", "b.txt", "", "sub:", "c.txt", "deep"]
    assert ls("*") == ["a.txt", "b.txt", "", "sub:", "c.txt", "deep"]
    assert ls("*.txt", "-r") == ["b.txt", "a.txt"]
    assert ls("-R") == [".:", "a.txt", "b.txt", "sub", "", "sub:", "c.txt", "deep", "",
                        "sub/deep:"]


@pytest.mark.parametrize("name", SERVERS)
def test_long_lines(bed, ftpsh, name):
    server, home = bed.server(name), bed.account.home
    make_tree(bed)
    os.utime(home / "a.txt", (OLD, OLD))
    os.chmod(home / "b.txt", 0o640)
    (home / "link").symlink_to("b.txt")
    rows = lines(ftpsh(server.target(), "ls", "-l"))
    assert re.fullmatch(r"-.{9} \S+ +\S+ +1 Jan  1  2010 a\.txt", rows[0])
    assert re.fullmatch(r"-.{9} \S+ +\S+ +5 \w{3} [ \d]\d \d\d:\d\d b\.txt", rows[1])
    # ProFTPD's MLSD gives folders no size
    assert re.fullmatch(r"d.{9} \S+ +\S+ +(\d+|-) \w{3} [ \d]\d \d\d:\d\d sub", rows[-1])
    # the columns stand below each other
    assert len({row.index(" a.txt" if "a.txt" in row else " b.txt") for row in rows[:2]}) == 1
    if name != "pyftpdlib":  # its MLSD tells no modes
        assert rows[1].startswith("-rw-r-----"), rows
    if name == "vsftpd":  # it lists by LIST
        assert rows[2].startswith("l") and rows[2].endswith(" link -> b.txt"), rows


@pytest.mark.parametrize("name", SERVERS)
def test_one_file_whose_name_looks_like_a_pattern(bed, ftpsh, name):
    """Field 51: servers with LIST alone are asked from inside, and nobody can enter a file."""
    server = bed.server(name)
    (bed.account.home / "a folder").mkdir()
    for path in ("sp ace", "[x]", "a folder/sp ace", "a folder/{y}"):
        bed.share(path, b"12")
        assert lines(ftpsh(server.target(), "ls", path)) == [path]
        row = json.loads(ftpsh(server.target(), "ls", "--json", path).stdout)
        assert (row["type"], row["size"]) == ("file", 2)
    run = ftpsh(server.target(), "ls", "no such")
    assert run.status == 7 and run.stdout == "", run


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_not_there(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("a")
    run = ftpsh(server.target(), "ls", "nowhere")
    assert run.status == 7 and run.stdout == "", run
    run = ftpsh(server.target(), "ls", "nowhere", "a", "neither")
    assert run.status == 7 and run.stdout == "a\n", run
    assert run.stderr.count("ftpsh: ls: ") == 2, run


def test_json(bed, ftpsh):
    server = bed.server("proftpd")
    make_tree(bed)
    os.utime(bed.account.home / "a.txt", (OLD, OLD))
    rows = [json.loads(line) for line in lines(ftpsh(server.target(), "ls", "--json", "a.txt"))]
    assert rows[0]["name"] == "a.txt" and rows[0]["mtime"] == "2010-01-01T12:00:00Z"
    assert "path" not in rows[0]
    rows = [json.loads(line) for line in lines(ftpsh(server.target(), "ls", "-R", "--json"))]
    assert [row["path"] for row in rows] == ["a.txt", "b.txt", "sub", "sub/c.txt", "sub/deep"]


def test_streamed_listing_is_complete(fake, client):
    server = fake()
    for i in range(500):
        server.share(f"file {i}", b"")
    rows = lines(client(server.target(), "ls", "-1", "-U"))
    assert sorted(rows) == lines(client(server.target(), "ls"))
    assert len(rows) == 503


def test_folder_that_may_not_be_read(bed, ftpsh):
    server, home = bed.server("vsftpd"), bed.account.home
    for name in ("a", "b", "c"):
        bed.account.own_folder(name)
        bed.share(f"{name}/x")
    (home / "b").chmod(0)
    for command in (("ls", "-R"), ("find",), ("du",), ("tree",)):
        run = ftpsh(server.target(), *command)
        assert run.status == 7, run
        assert "b" in run.stderr and "c" in run.stdout, run
    (home / "b").chmod(0o755)


# ---- on a terminal ----

@pytest.fixture
def terminal(client):
    """Runs one command on a terminal of so many columns: what it shows, line by line."""
    def run(server, *command, width=80, **env):
        given = client.env()
        old, client.env = client.env, lambda password=None: {**given, **env}
        sh = Shell(client, server.target(), *command, dimensions=(24, width))
        client.env = old
        assert sh.leave() == 0, sh.seen.text
        client.check_findings()
        return sh.seen.text.replace("\r", "").splitlines()

    return run


def served(fake, *names):
    server = fake()
    (server.root / "empty").rmdir()
    for name in ("big", "small"):
        (server.root / name).unlink()
    for name in names:
        server.share(name, b"")
    return server


def test_columns_of_a_terminal(fake, terminal):
    server = served(fake, *[f"name-{i:02}" for i in range(12)])
    rows = terminal(server, "ls", width=40)
    assert rows[0].split() == ["name-00", "name-03", "name-06", "name-09"]
    assert len(rows) == 3
    assert terminal(server, "ls", "-1") == [f"name-{i:02}" for i in range(12)]


def test_columns_count_what_characters_take(fake, terminal):
    """Two columns of a terminal for each Chinese character, none for a combining accent."""
    server = served(fake, "a漢", "be\u0301", "c", "d")
    assert terminal(server, "ls", width=8) == ["a漢  c", "be\u0301   d"]


def test_colours(fake, terminal):
    server = served(fake, "a.tar", "b")
    (server.root / "d").mkdir()

    def shown(*args, **env):
        return terminal(server, "ls", "-1", *args, **env)

    plain, always = ["a.tar", "b", "d"], "--color=always"
    assert shown() == shown("--color=never") == plain  # by itself the shell alone uses colours
    assert shown(always) == ["a.tar", "b", "\x1b[01;34md\x1b[0m"]
    assert shown(always, LS_COLORS="*.tar=31:di=0") == ["\x1b[31ma.tar\x1b[0m", "b", "d"]
    assert shown(always, LS_COLORS="di=1\x1b[2J") == plain
    assert shown("--color=always", NO_COLOR="1")[2].startswith("\x1b[01;34m")


def test_no_colours_in_a_pipe(fake, client):
    server = served(fake, "a")
    (server.root / "d").mkdir()
    assert lines(client(server.target(), "ls")) == ["a", "d"]
    assert lines(client(server.target(), "ls", "--color=always")) == ["a", "\x1b[01;34md\x1b[0m"]


@pytest.mark.parametrize("command", (("ls",), ("ls", "-l"), ("ls", "-U"), ("ls", "-R"), ("find",),
                                     ("du", "-a"), ("tree",), ("stat", "x*"), ("nlist",)))
def test_hostile_names_on_a_terminal(fake, terminal, command):
    """Field 66."""
    server = fake("escape-names")
    server.share("x\x1b]0;title\x07y", b"")
    text = "\n".join(terminal(server, *command, TERM="dumb"))
    assert r"x\x1b]0;title\x07y" in text
    assert "\x1b" not in text and "\x07" not in text


def test_hostile_names_are_no_paths(fake, client):
    """Field 62: said, and not entered."""
    server = fake("hostile-names")
    for command in (("find",), ("tree",), ("du", "-a")):
        run = client(server.target(), *command)
        assert run.status == 0, run
        assert "outside" not in run.stdout and "../outside" in run.stderr, run
    assert "outside" not in [line for line in server.said().splitlines() if ">" in line]
    assert lines(client(server.target(), "ls", "-a")).count("../outside") == 1
