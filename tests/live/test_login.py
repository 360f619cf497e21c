"""Where the password may come from, and where it must never be seen."""
import json
import os
import signal
from pathlib import Path

import pytest

from fake.server import PASSWORD, SMALL


@pytest.fixture
def server(bed):
    return bed.server("vsftpd")


def anonymous_target(server):
    """Without the user's name."""
    return server.target().split("@")[1]


def test_password_file(server, ftpsh, tmp_path, account):
    path = tmp_path / "password"
    path.write_text(account.password + "\n")
    path.chmod(0o600)
    run = ftpsh(f"--password-file={path}", server.target(), "pwd", password="")
    assert run.status == 0, run


def test_password_descriptor(server, ftpsh, account):
    readable, writable = os.pipe()
    os.write(writable, account.password.encode() + b"\n")
    os.close(writable)
    try:
        run = ftpsh(f"--password-fd={readable}", server.target(), "pwd", password="",
                    pass_fds=(readable,))
    finally:
        os.close(readable)
    assert run.status == 0, run


@pytest.mark.parametrize("line", ("get small one &", "get -P2 small big & wait; get small one"))
def test_password_descriptor_in_the_background(fake, client, line):
    """It can be read once; sessions beside the first one have it from there."""
    server = fake()
    readable, writable = os.pipe()
    os.write(writable, f"{PASSWORD}\n".encode())
    os.close(writable)
    try:
        run = client(f"--password-fd={readable}", "-c", line, server.target(), password="",
                     pass_fds=(readable,))
    finally:
        os.close(readable)
    assert run.status == 0, run
    assert server.said().count("> PASS") > 1
    assert (client.folder / "one").read_bytes() == SMALL


def test_netrc(server, ftpsh, account):
    path = ftpsh.home / ".netrc"
    path.write_text(f"machine 127.0.0.1\nlogin {account.name}\npassword {account.password}\n")
    path.chmod(0o600)
    run = ftpsh(anonymous_target(server), "pwd", password="")
    assert run.status == 0, run
    assert str(account.home) in run.stdout


def test_user_option(server, ftpsh, account):
    run = ftpsh(f"--user={account.name}", anonymous_target(server), "pwd")
    assert run.status == 0, run


def test_no_password_at_all(server, ftpsh):
    """No terminal to ask on: refused at once, not waited for."""
    run = ftpsh(server.target(), "pwd", password="", bound=20)
    assert run.status == 5, run


def test_password_is_nowhere_to_be_read(server, ftpsh, tmp_path, account):
    trace = tmp_path / "trace"
    target = server.target().replace("@", f":{account.password}@")
    run = ftpsh("-v", f"--trace={trace}", target, "pwd", password="")
    assert run.status == 0, run
    for text in (run.stdout, run.stderr, trace.read_text(), json.dumps(run.report)):
        assert account.password not in text
    assert "USER" in trace.read_text()


def readers(path):
    """The processes that have it open, this one apart."""
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(entry) == str(path) and entry.parts[2] != str(os.getpid()):
                yield entry.parts[2]
        except OSError:
            pass


def test_an_interrupt_ends_waiting_for_a_password(ftpsh):
    fifo = ftpsh.folder / "fifo"
    os.mkfifo(fifo)
    held = os.open(fifo, os.O_RDWR)
    run = ftpsh.signal_when(signal.SIGINT, lambda: any(readers(fifo)), f"--password-file={fifo}",
                            "me@127.0.0.1:1", "pwd")
    os.close(held)
    assert run.status == 130, run
