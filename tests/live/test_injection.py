"""Nothing with CR, LF or NUL is ever sent, wherever it comes from (field 63): each source once.

None of these is sent in part either: the server sees no second command, and `small` stays.
"""
import re

import pytest

EVIL = "DELE small"
BREAK = "a name or argument with a line break cannot be sent"
SOURCES = {
    "user of a URL": (("ftp://some%0d%0aDELE%20small@127.0.0.1:{port}", "ls"),
                      2, "the user name holds a control character"),
    "user with NUL": (("ftp://someone%00@127.0.0.1:{port}", "ls"),
                      2, "the user name holds a control character"),
    "user as it is": ((f"some\r\n{EVIL}@127.0.0.1:{{port}}", "ls"),
                      2, "the user name holds a control character"),
    "password of a URL": (("ftp://someone:x%0d%0aDELE%20small@127.0.0.1:{port}", "ls"),
                          2, "the password holds a control character"),
    "folder of a URL": (("ftp://someone@127.0.0.1:{port}/a%0d%0aDELE%20small", "ls"),
                        2, "the folder holds a control character"),
    "folder with NUL": (("ftp://someone@127.0.0.1:{port}/empty%00", "ls"),
                        2, "the folder holds a control character"),
    "argument": (("{target}", "cd", f"empty\r\n{EVIL}"), 2, BREAK),
    "argument of SITE": (("{target}", "site", f"HELP\r{EVIL}"), 2, BREAK),
    "local name": (("{target}", "put", f"x\n{EVIL}"), 2, BREAK),
    "local names": (("-c", "mput x*", "{target}"), 2, BREAK),
    "local tree": (("{target}", "mirror", "-R", ".", "up"), 3, "the name cannot be used"),
    "listed name": (("{target}", "mget", "x*"), 3, r"cannot be read: .*x\\x0dDELE small"),
    "listed name to remove": (("{target}", "rm", "x*"), 3, r"cannot be read: .*x\\x0dDELE small"),
    "listed tree": (("{target}", "mirror", "/", "into"), 3, "could not be read"),
}


@pytest.mark.parametrize("source", SOURCES)
def test_no_line_break_is_sent(fake, client, source):
    args, status, says = SOURCES[source]
    server = fake()
    if "listed" in source:
        server.share(f"x\r{EVIL}", b"")
    if "local" in source:
        (client.folder / f"x\n{EVIL}").write_bytes(b"")
    run = client("--retries=0",
                 *(a.format(port=server.port, target=server.target()) for a in args))
    refused(run, server, status, says)


def refused(run, server, status, says):
    assert run.status == status, run
    assert re.search(says, run.stderr), run
    assert "\r" not in run.stderr, run
    assert not [line for line in server.said().splitlines() if line.endswith(f"> {EVIL}")]
    assert (server.root / "small").exists()


@pytest.mark.parametrize("password", (f"open sesame\r\n{EVIL}", f"open sesame\n{EVIL}",
                                      f"open sesame\r{EVIL}"))
def test_no_line_break_of_a_password(fake, client, password):
    server = fake()
    run = client("--retries=0", server.target(), "ls", password=password)
    refused(run, server, 2, "the password: .*line break cannot be sent")


def test_no_line_break_of_the_configuration(fake, client, config):
    server = fake()
    config(f"[*]\nuser = some\r{EVIL}\n")
    run = client("--retries=0", f"127.0.0.1:{server.port}", "ls")
    refused(run, server, 2, "control character|line break")


def test_no_line_break_of_the_server(fake, client):
    """It says where it stands; the session that is rebuilt goes back there, and not by that name."""
    server = fake("421-after=14", behaviour="pwd-return")
    run = client("--retries=0", "-c", "cd empty; ls; ls; ls", server.target())
    refused(run, server, run.status, "")
