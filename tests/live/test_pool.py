"""Several transfers at a time, with servers that allow few, break off, or are restarted."""
import os
import re
import signal

import pytest

from bed.process import wait_until
from bed.shell import FirstAndLast
from fake.server import BIG, SMALL, Fake

MANY = 12


def share_many(server, size=200_000):
    """Files of their own, each."""
    files = {f"file{i:02}": os.urandom(size) for i in range(MANY)}
    for name, content in files.items():
        server.share(name, content)
    return files


def assert_all_there(client, files):
    for name, content in files.items():
        assert (client.folder / name).read_bytes() == content, name
    assert not list(client.folder.glob("*.ftpsh.part"))


def sessions(server):
    return len(set(re.findall(r"^(\d+) < 230 ", server.said(), re.M)))


@pytest.mark.threads
@pytest.mark.parametrize("options, expected", ((("-P4",), 4), ((), 1)))
def test_so_many_sessions(fake, client, options, expected):
    server = fake("slow=1000000")
    files = share_many(server)
    run = client(server.target(), "mget", *options, "file*")
    assert run.status == 0 and run.stderr == "", run
    assert_all_there(client, files)
    assert sessions(server) == expected
    assert sorted(t["local"] for t in run.report["transfers"]) == sorted(files)
    assert run.strategy() == "epsv"


@pytest.mark.parametrize("delay, sizes, expected", (
    (600, (1000, 1000, 1000), 1),           # over before another had logged in
    (300, (200_000, 200_000, 200_000), 3),
    (300, (1000, 200_000, 200_000), 2)))    # which shows when the first is there
def test_as_many_sessions_as_the_work_is_worth(fake, client, delay, sizes, expected):
    server = fake(f"banner-delay={delay}", "slow=100000")
    files = {f"file{i}": os.urandom(size) for i, size in enumerate(sizes)}
    for name, content in files.items():
        server.share(name, content)
    run = client(server.target(), "mget", "-P8", *files)
    assert run.status == 0, run
    assert_all_there(client, files)
    assert sessions(server) == expected


@pytest.mark.threads
def test_upload_of_many(fake, client):
    server = fake()
    for i in range(MANY):
        (client.folder / f"up{i}").write_bytes(SMALL * i)
    run = client(server.target(), "mput", "-P", "3", "up*")
    assert run.status == 0, run
    for i in range(MANY):
        assert (server.root / f"up{i}").read_bytes() == SMALL * i


@pytest.mark.threads
@pytest.mark.parametrize("quirk, words", (
    ("max-sessions=3", "421 Too many connections"),
    ("max-logins=2", "530 Too many users")))
def test_fewer_where_the_server_wants_it(fake, client, quirk, words):
    server = fake(quirk, "slow=1000000")
    files = share_many(server)
    run = client(server.target(), "mget", "-P8", "file*")
    assert run.status == 0, run
    assert_all_there(client, files)
    assert words in run.stderr and "going on with" in run.stderr
    assert sessions(server) == int(quirk[-1])


@pytest.mark.parametrize("name, limit", (
    ("vsftpd", "max_per_ip=3"), ("vsftpd", "max_clients=2"),
    ("proftpd", "MaxClientsPerHost 3"), ("proftpd", "MaxClientsPerUser 2")))
def test_fewer_on_servers_with_limits(bed, ftpsh, name, limit):
    server = bed.server(name, extra=(limit,), rate=1_000_000)
    files = {f"file{i:02}": os.urandom(300_000) for i in range(MANY)}
    for file, content in files.items():
        bed.share(file, content)
    run = ftpsh(server.target(), "mget", "-P8", "file*")
    assert run.status == 0 and "going on with" in run.stderr, run
    assert_all_there(ftpsh, files)


def test_the_way_is_found_once(fake, client):
    """The others wait until the first has shown which strategy works."""
    server = fake("epsv-silent", "slow=1000000")
    files = share_many(server)
    # names, since a pattern would be listed first
    run = client("--data-timeout=1", server.target(), "mget", "-P6", *files)
    assert run.status == 0, run
    assert_all_there(client, files)
    assert server.said().count("> EPSV") == 1
    assert run.strategy() == "pasv-use-control-ip"


@pytest.mark.threads
def test_broken_transfers_are_continued(fake, client):
    server = fake("slow=1000000", "die-after=150000", "accidents=3")
    files = share_many(server)
    run = client(server.target(), "mget", "-P4", "file*")
    assert run.status == 0, run
    assert_all_there(client, files)
    assert run.stderr.count("trying again") >= 3
    assert "> REST " in server.said()


@pytest.mark.parametrize("command", ("mget", "mput"))
def test_no_way_for_any(fake, client, command):
    """Said once, and why each strategy failed."""
    server = fake("522-on-data")
    names = list(share_many(server, 1000))
    for name in names:
        (client.folder / name).write_bytes(SMALL)
    run = client("--no-memory", server.target(), command, "-P4", *names)
    assert run.status == 6, run
    assert run.stderr.count("no data connection") == 1, run
    assert len(re.findall(r"^  \S+: .*522", run.stderr, re.M)) == len(run.attempts()) == 3, run


def test_refused_files_are_not_retried(fake, client):
    server = fake()
    run = client(server.target(), "mget", "-P4", "small", "missing", "big", "gone")
    assert run.status == 7 and "trying again" not in run.stderr, run
    assert run.stderr.count("550") == 2
    assert (client.folder / "big").read_bytes() == BIG
    assert (client.folder / "small").read_bytes() == SMALL
    assert server.said().count("RETR missing") == 1


@pytest.mark.parametrize("direction", ("get", "put"))
def test_server_restarted_under_eight(tmp_path, pki, client, direction):
    server = Fake(tmp_path / "one", pki, "slow=300000")
    files = {f"file{i:02}": os.urandom(400_000) for i in range(MANY)}
    for name, content in files.items():
        (server.root if direction == "get" else client.folder).joinpath(name).write_bytes(content)
    restarted = []

    def restart():
        """In the middle; the condition is met once the other server is there."""
        if len(re.findall(r"> (?:RETR|STOR) ", server.said())) < 8:
            return False
        server.process.child.kill()
        server.process.child.wait()
        restarted.append(Fake(tmp_path / "two", pki, options=(f"--port={server.port}",
                                                              f"--root={server.root}")))
        return True

    try:
        run = client.signal_when(signal.SIGCONT, restart, server.target(), f"m{direction}", "-P8",
                                 "file*")
        assert run.status == 0, run
        where = client.folder if direction == "get" else server.root
        for name, content in files.items():
            assert (where / name).read_bytes() == content, name
    finally:
        for other in restarted:
            other.stop()


def test_server_gone_for_good(tmp_path, pki, client):
    server = Fake(tmp_path / "gone", pki, "slow=100000")
    share_many(server)

    def kill():
        if server.said().count("> RETR ") < 4:
            return False
        server.process.child.kill()
        server.process.child.wait()
        return True

    run = client.signal_when(signal.SIGCONT, kill, "--retries=1", server.target(), "mget", "-P4",
                             "file*")
    assert run.status == 3, run
    # One line says it, not one for each file.
    assert len([line for line in run.stderr.splitlines() if line.startswith("ftpsh: mget")]) <= 5


@pytest.mark.threads
def test_interrupt(fake, client):
    server = fake("slow=100000")
    share_many(server)
    run = client.signal_when(signal.SIGINT, lambda: server.said().count("> RETR ") >= 4,
                             server.target(), "mget", "-P4", "file*")
    assert run.status == 130 and run.seconds < 5, run
    assert run.stderr.strip() == "ftpsh: mget: interrupted"


def test_time_limit(fake, client):
    server = fake("slow=100000")
    share_many(server)
    run = client("--timeout=2", server.target(), "mget", "-P4", "file*")
    assert run.status == 10 and run.seconds < 6, run


@pytest.mark.parametrize("option", ("-P0", "-P65", "-Px"))
def test_wrong_numbers(fake, client, option):
    run = client(fake().target(), "mget", option, "small", "big")
    assert run.status == 2 and "number" in run.stderr, run


# Progress.

ROW = re.compile(r"file\d\d +\[[#-]{10}\] +\d+% +[\d.]+ [kM]?B +[\d.-]+ ?[kM]?B?/s +[\d:-]+")


@pytest.fixture
def terminal(client):
    started = []

    def start(size, *args):
        started.append(FirstAndLast(client, *args, dimensions=size))
        return started[-1]

    yield start
    for one in started:
        if one.child.isalive():
            one.child.kill(signal.SIGKILL)
            one.child.close()


def drawn_by(sh):
    """Without the lines that stay, which tell what was moved and how."""
    return re.sub(r"(?:data: [^\r\n]*|[^\r\n\x1b]*, size-ok)\r\n", "", sh.seen.text)


def test_rows_and_a_total(fake, client, terminal):
    server = fake("slow=100000")
    share_many(server)
    sh = terminal((24, 80), server.target(), "mget", "-P3", "file*")
    assert sh.leave() == 0, sh.seen.text
    drawn = [frame for frame in re.split(r"(?:\x1b\[A\x1b\[K)+|\r\x1b\[K", sh.seen.text) if frame]
    full = [frame for frame in drawn if len(ROW.findall(frame)) == 3]
    assert full, sh.seen.text
    assert all(re.search(r"\d+/12 files", frame) for frame in full)
    assert "\x1b" not in sh.seen.text.rpartition("\x1b[K")[2] and not ROW.search(
        sh.seen.text.rpartition("\x1b[K")[2])


def test_more_rows_than_lines(fake, client, terminal):
    server = fake("slow=100000")
    share_many(server)
    sh = terminal((5, 80), server.target(), "mget", "-P8", "file*")
    assert sh.leave() == 0, sh.seen.text
    assert "5 not shown" in sh.seen.text
    assert max(len(re.findall(r"\n", f)) for f in drawn_by(sh).split("\r\x1b[K")) <= 4


@pytest.mark.parametrize("columns", (1, 40, 1100, 60_000))
def test_any_width(fake, client, terminal, columns):
    """Rows where there is room for numbers, and none that is too wide to be wiped away."""
    server = fake("slow=100000")
    share_many(server, 50_000)
    sh = terminal((24, columns), server.target(), "mget", "-P3", "file*")
    assert sh.leave() == 0, sh.seen.text
    rows = [row for row in re.split(r"(?:[\r\n]|\x1b\[[KA])+", drawn_by(sh))
            if "/s" in row or "/12 files" in row]
    assert max(map(len, rows), default=0) < columns
    assert ("/12 files" in sh.seen.text) == (columns > 1), sh.seen.text


def test_a_line_for_each_file_in_a_log(fake, client):
    server = fake()
    files = share_many(server, 1000)
    run = client("-v", server.target(), "mget", "-P4", "file*")
    assert run.status == 0 and "\x1b" not in run.stderr, run
    for name in files:
        assert len(re.findall(rf"^{name}: 1\.0 kB in .*size-ok", run.stderr, re.M)) == 1


# Folders.

def make_tree(root):
    tree = {"top": SMALL, "a/one": SMALL * 2, "a/b/two": SMALL * 3, "c/three": b""}
    for name, content in tree.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return tree


@pytest.mark.threads
@pytest.mark.parametrize("words, where", (
    (("get", "-r", "tree"), "tree"),
    (("get", "-r", "tree", "copy"), "copy"),
    (("get", "-r", "-O", "into", "tree"), "into/tree"),
    (("mget", "-r", "-P4", "t*", "small"), "tree")))
def test_folders_down(fake, client, words, where):
    server = fake()
    tree = make_tree(server.root / "tree")
    (client.folder / "into").mkdir()
    run = client(server.target(), *words)
    assert run.status == 0, run
    for name, content in tree.items():
        assert (client.folder / where / name).read_bytes() == content
    assert (client.folder / "small").exists() == ("small" in words)


@pytest.mark.parametrize("words, where", (
    (("put", "-r", "tree"), "tree"),
    (("put", "-r", "tree", "empty/copy"), "empty/copy"),
    (("mput", "-r", "-P4", "t*"), "tree")))
def test_folders_up(fake, client, words, where):
    server = fake()
    tree = make_tree(client.folder / "tree")
    run = client(server.target(), *words)
    assert run.status == 0, run
    for name, content in tree.items():
        assert (server.root / where / name).read_bytes() == content


def test_a_failure_among_folders(fake, client):
    server = fake()
    make_tree(server.root / "tree")
    run = client(server.target(), "mget", "-r", "missing", "tree", "small")
    assert run.status == 7 and run.stderr.count("550") == 1, run
    assert (client.folder / "tree/a/b/two").exists() and (client.folder / "small").exists()
