"""A transfer that breaks in passing is continued, up to --retries times, wherever it runs."""
import fcntl
import os
import re
import threading

import pytest

from bed.shell import Shell
from fake.server import BIG

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
BREAKS = ("data-close-after=1000000", "die-after=1000000")
TOLD = re.compile(r"^(?:big|up): .*; trying again in [12] s$", re.M)
LARGE = os.urandom(32 << 20)  # more than the buffers between two sockets hold


def sent(server, command):
    return re.findall(rf"> {command} ?(.*)", server.said())


def copies(server, client):
    return [path.read_bytes() if path.exists() else None
            for path in (client.folder / "big", server.root / "up")]


@pytest.fixture
def breaking(fake, client):
    """A server that breaks so many transfers off."""
    def start(quirk, times):
        server = fake(quirk, f"accidents={times}")
        (client.folder / "up").write_bytes(BIG)
        return server
    return start


@pytest.mark.parametrize("quirk", BREAKS)
@pytest.mark.parametrize("command", ("get big", "put up", "put --atomic up"))
def test_one_shot(breaking, client, quirk, command):
    server = breaking(quirk, 2)
    run = client(server.target(), *command.split())
    assert run.status == 0 and len(TOLD.findall(run.stderr)) == 2, run
    assert BIG in copies(server, client)
    # a 426 may come before the client has read anything: then there is nothing to go on behind
    assert len(sent(server, "REST")) >= 2 or (quirk, command) == (BREAKS[0], "get big")
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"]
    assert not list(server.root.glob(".*")) and not list(client.folder.glob("*.part"))


def test_batch_and_background(breaking, client):
    server = breaking(BREAKS[0], 3)
    run = client("-b", "-", server.target(), stdin="get big &\nput up\nwait\n")
    assert run.status == 0 and len(TOLD.findall(run.stderr)) == 3, run
    assert copies(server, client) == [BIG, BIG]


def test_shell(breaking, client):
    server = breaking(BREAKS[1], 2)
    shell = Shell(client, server.target())
    shell.prompt()
    assert "trying again in 1 s" in shell.run("get big")
    shell.run("put up")
    shell.type("quit")
    assert shell.leave() == 0
    assert copies(server, client) == [BIG, BIG]


@pytest.mark.parametrize("command, options", (
    ("get long", ()), ("put long", ()), ("put --atomic long", ()), ("mget -P2 big long", ())))
def test_a_long_file_over_a_line_that_breaks_every_so_often(fake, client, command, options):
    server = fake("die-after=2500000", "slow=10000000")
    there, here = server.root / "long", client.folder / "long"
    (here if command.startswith("put") else there).write_bytes(BIG * 3)
    run = client("--retries=1", server.target(), *command.split(), *options)
    assert run.status == 0 and here.stat().st_size == len(BIG) * 3, run
    assert there.read_bytes() == here.read_bytes() == BIG * 3
    assert len(TOLD.findall(run.stderr.replace("long:", "big:"))) >= 3, run
    assert run.report["transfers"][-1]["bytes"] >= len(BIG) * 3


@pytest.mark.parametrize("retries", (0, 1))
def test_no_more_often_than_asked_for(breaking, client, retries):
    server = breaking("data-reset-after=100000", 9)
    run = client(f"--retries={retries}", server.target(), "get", "big")
    assert run.status == 8 and len(TOLD.findall(run.stderr)) == retries, run
    assert len(sent(server, "RETR")) == 1 + retries
    run = client(f"--retries={retries}", server.target(), "put", "--atomic", "up")
    assert run.status == 8 and not list(server.root.glob(".*")), run


def test_what_is_refused_for_good(fake, client):
    server = fake("refuse=RETR:550")
    run = client(server.target(), "get", "big")
    assert run.status == 7 and "trying again" not in run.stderr, run
    assert len(sent(server, "RETR")) == 1


def test_data_are_never_doubled(breaking, client):
    server = breaking("die-after=1000000", 2)
    (server.root / "log").write_bytes(b"old")
    run = client(server.target(), "append", "up", "log")
    assert run.status == 3 and "trying again" not in run.stderr, run
    assert len(sent(server, "APPE")) == 1
    run = client(server.target(), "put", "-", "up", stdin="x" * 3_000_000)
    assert run.status == 3 and "trying again" not in run.stderr, run
    assert len(sent(server, "STOR")) == 1
    run = client(server.target(), "get", "big", "-", report=False)
    assert "trying again" not in run.stderr and len(sent(server, "RETR")) == 1


def test_upload_where_rest_is_refused(fake, client):
    """It is continued by APPE, behind what SIZE tells just then."""
    server = fake("data-reset-after=1000000", "accidents=1", "refuse=REST:502")
    (client.folder / "up").write_bytes(BIG)
    run = client(server.target(), "put", "up")
    assert run.status == 0 and sent(server, "APPE"), run
    assert (server.root / "up").read_bytes() == BIG


def test_upload_where_no_size_is_told(fake, client):
    server = fake("data-reset-after=1000000", "accidents=1", "no-size")
    (client.folder / "up").write_bytes(BIG)
    run = client(server.target(), "put", "up")
    assert run.status == 0 and len(sent(server, "STOR")) == 2 and not sent(server, "APPE"), run
    assert (server.root / "up").read_bytes() == BIG


@pytest.mark.parametrize("option", ("--no-clobber", "--newer"))
def test_its_own_beginning_does_not_pass_it_over(breaking, client, option):
    server = breaking(BREAKS[1], 2)
    run = client("-c", f"get {option} big; put {option} up", server.target())
    assert run.status == 0 and "skipped" not in run.stderr, run
    assert copies(server, client) == [BIG, BIG]


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("direction", ("get", "put"))
def test_the_server_restarts_in_the_middle(bed, ftpsh, name, direction):
    server = bed.server(name)
    if direction == "get":
        bed.share("large", LARGE)
        growing, copy = ftpsh.folder / "large.ftpsh.part", ftpsh.folder / "large"
    else:
        (ftpsh.folder / "large").write_bytes(LARGE)
        growing = copy = bed.account.home / "large"

    def restarted():
        if not growing.exists() or growing.stat().st_size < 4 << 20:
            return False
        server.stop()
        server.start()
        return True

    # the signal goes nowhere: it is the restart that counts
    run = ftpsh.signal_when(0, restarted, "-v", "--limit-rate=12Mi", server.target(), direction,
                            "large")
    assert run.status == 0 and "trying again in 1 s" in run.stderr, run
    assert copy.read_bytes() == LARGE
    assert re.search(r"> REST [1-9]|> APPE", run.stderr), run


@pytest.fixture
def piped(tmp_path):
    """A FIFO that is written to until nobody reads it any more."""
    path, held, writers = tmp_path / "fifo", [], []
    os.mkfifo(path)

    def write(content):
        try:
            with open(path, "wb") as f:
                f.write(content)
        except BrokenPipeError:
            pass

    def start(content):
        held.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        writers.append(threading.Thread(target=write, args=(content,)))
        writers[0].start()
        return path

    yield start
    for fd in held:
        os.close(fd)
    for writer in writers:
        writer.join()


@pytest.mark.parametrize("quirk", ("data-reset-after=0", "data-reset-after=100000"))
@pytest.mark.parametrize("options", ((), ("--atomic",)))
def test_what_came_out_of_a_pipe_is_gone(fake, client, piped, quirk, options):
    """It would be sent without its beginning, and that by its size would be right."""
    server = fake(quirk, "accidents=1")
    run = client(server.target(), "put", *options, str(piped(BIG)), "up")
    assert run.status == 8 and "trying again" not in run.stderr, run
    assert len(sent(server, "STOR")) == 1 and not list(server.root.glob(".*"))


def test_what_went_into_a_pipe_is_not_sent_again(fake, client, tmp_path):
    server = fake("data-reset-after=300000", "accidents=1", "slow=1000000")
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)
    run = client(server.target(), "get", "big", "-o", str(tmp_path / "fifo"))
    assert run.status == 8 and "trying again" not in run.stderr, run
    assert len(sent(server, "RETR")) == 1 and os.read(reader, 1 << 20) in BIG[:300_000]
    os.close(reader)
