"""The beginning and the end of remote files: head, tail, tail -f; and checksum."""
import hashlib
import json
import signal
import zlib

import pytest

from bed.shell import Shell

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
LINES = [f"line {i}\n" for i in range(1, 200001)]
TEXT = "".join(LINES)


def home(bed, name):
    return "/" if name == "pyftpdlib" else bed.account.home


@pytest.mark.parametrize("name", SERVERS)
def test_both_ends_and_the_session_goes_on(bed, ftpsh, name):
    """After a download that was ended early no reply is off by one (field 54)."""
    server = bed.server(name)
    bed.share("log", TEXT.encode())
    run = ftpsh("-c", "head log; tail log; head -n 2 log; tail -n 3 log; head -c 6 log; tail -c 7 log;"
                      "pwd; tail -n 1 log", server.target())
    assert run.status == 0, run
    assert run.stdout == "".join(
        LINES[:10] + LINES[-10:] + LINES[:2] + LINES[-3:] + [TEXT[:6], TEXT[-7:]]
        + [f"{home(bed, name)}\n", LINES[-1]]), run


def test_little_is_fetched(fake, client):
    server = fake()
    server.share("log", TEXT.encode())
    run = client("-c", "tail -5 log", server.target())
    assert run.status == 0 and run.stdout == "".join(LINES[-5:]), run
    assert " > REST " in server.said()


def test_more_is_fetched_until_there_are_lines_enough(fake, client):
    server = fake()
    lines = ["x" * 30000 + f"{i}\n" for i in range(20)]
    server.share("log", "".join(lines).encode())
    run = client("-c", "tail -n 3 log", server.target())
    assert run.status == 0 and run.stdout == "".join(lines[-3:]), run


@pytest.mark.parametrize("quirk", ("refuse=REST", "no-size", "ignore-rest"))
def test_servers_that_cannot(fake, client, quirk):
    server = fake(quirk)
    server.share("log", TEXT.encode())
    run = client("-c", "tail -n 2 log; head -n 1 log; tail -n 1 log", server.target())
    assert run.status == 0, run
    assert run.stdout == "".join(LINES[-2:] + LINES[:1] + LINES[-1:]), run


def test_bytes_without_rest(fake, client):
    server = fake("refuse=REST")
    server.share("log", TEXT.encode())
    assert client("-c", "tail -c 9 log", server.target()).stdout == TEXT[-9:]


def test_bytes_where_rest_is_ignored(fake, client):
    server = fake("ignore-rest")
    server.share("log", TEXT.encode())
    assert client("-c", "tail -c 9 log", server.target()).stdout == TEXT[-9:]


def test_more_bytes_than_are_held_where_rest_is_ignored(fake, client):
    server = fake("ignore-rest")
    server.share("log", b"x" * 18000000)
    run = client("-c", "tail -c 17M log >end", server.target())
    assert run.status == 7 and "log: the server ignores REST: what was shown is not" in run.stderr


def test_what_ignores_rest_cannot_be_followed(fake, client):
    server = fake("ignore-rest")
    server.share("log", b"one\ntwo\n")
    run = client("--timeout=8", "-c", "tail -f -s 1 -c 4 log", server.target())
    assert run.status == 7 and "log: the server ignores REST: -f cannot" in run.stderr, run
    assert run.stdout == "two\n"


def test_several_have_headings(fake, client):
    server = fake()
    server.share("a", b"1\n2\n")
    server.share("b", b"3\n")
    run = client("-c", "head -n 1 a nothing b", server.target())
    assert run.status == 7 and "head: RETR nothing: 550" in run.stderr, run
    assert run.stdout == "==> a <==\n1\n\n==> nothing <==\n\n==> b <==\n3\n", run


def test_empty_files_and_nothing_wanted(fake, client):
    server = fake()
    server.share("a", b"")
    run = client("-c", "head a; tail a; tail -c 5 a; head -n 0 small; tail -n 0 small", server.target())
    assert run.status == 0 and run.stdout == "", run


@pytest.mark.parametrize("line,what,status", (
    ("head -n 1 -c 2 small", "head: -n or -c, not both", 2),
    ("head -n x small", "head: -n: 'x' is no number", 2),
    ("tail -c 1z small", "tail: -c: ", 2),
    ("tail -s 3 small", "tail: -s goes with -f", 2),
    ("tail -f -s 0 small", "tail: -s: 1 second at least", 2),
    ("tail -f small big", "tail: -f follows one file", 2),
    ("tail nothing", "tail: nothing: 550", 7),
    ("checksum --algorithm=sha3 small", "--algorithm: 'sha3' is none of sha256|", 2),
    ("checksum small", "the server offers no command that tells a file's hash", 7),
))
def test_one_clear_line(fake, client, line, what, status):
    run = client("-c", line, fake().target())
    assert run.status == status and what in run.stderr, run
    assert len(run.stderr.splitlines()) == 1, run


def test_no_size_cannot_be_followed(fake, client):
    run = client("-c", "tail -f small", fake("no-size").target())
    assert run.status == 7 and "-f cannot see it grow" in run.stderr, run


def test_data_cut_short(fake, client):
    """TLS that ends without close_notify, and fewer bytes than the server says."""
    server = fake("no-close-notify", "wrong-size=5")
    run = client("-c", "tail small", server.target())
    assert run.status == 9, run


# Growing files.

@pytest.mark.parametrize("name", ("vsftpd", "pyftpdlib"))
def test_followed_as_it_grows_shrinks_goes_and_comes_back(bed, ftpsh, name):
    server, log = bed.server(name), bed.share("log", b"one\ntwo\n")
    sh = Shell(ftpsh, server.target())
    try:
        sh.prompt()
        sh.type("tail -f -s 1 -n 1 log")
        sh.child.expect("two")
        assert "one" not in sh.child.before.split("log")[-1]
        with log.open("ab") as f:
            f.write(b"three\n")
        sh.child.expect("three")
        log.write_bytes(b"4\n")
        sh.child.expect("log is shorter than it was: cut, or another file; from its start\r\n4\r\n")
        log.unlink()
        sh.child.expect("log is gone; waiting for it to come back")
        bed.share("log", b"five\n")
        sh.child.expect("log is there again; from its start\r\nfive\r\n")
        sh.interrupt()
        left = sh.prompt()
        assert "ftpsh:" not in left, left
        assert f"\n{home(bed, name)}\r\n" in sh.run("pwd")
        sh.type("quit")
        assert sh.leave() == 0
    finally:
        print(sh.seen.text)
        sh.child.close(force=True)
        ftpsh.check_findings()


def test_followed_in_a_script_until_the_limit(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.share("log", b"one\n")
    run = ftpsh("--timeout=3", "-c", "tail -f log", server.target())
    assert run.status == 10 and run.stdout == "one\n", run


def test_interrupt_ends_a_script(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    bed.share("log", b"one\n")
    out = tmp_path / "out"
    run = ftpsh.signal_when(signal.SIGINT, lambda: out.exists() and out.read_bytes() == b"one\n",
                            "-c", f"tail -f log > {out}", server.target())
    assert run.status == 130, run


# Hashes.

EXPECTED = {"sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            "sha512": hashlib.sha512(TEXT.encode()).hexdigest(),
            "sha1": hashlib.sha1(TEXT.encode()).hexdigest(),
            "md5": hashlib.md5(TEXT.encode()).hexdigest(),
            "crc32": f"{zlib.crc32(TEXT.encode()):08x}"}


@pytest.mark.parametrize("ways,algorithm", (
    ("HASH", "sha256"), ("HASH", "sha1"), ("XSHA512,XMD5", "sha512"), ("XMD5", "md5"),
    ("SITE XCRC", "crc32")))
def test_checksum(fake, client, ways, algorithm):
    server = fake(f"digest={ways}")
    server.share("a log", TEXT.encode())
    run = client("-c", f"checksum --algorithm={algorithm} 'a log'; checksum --json 'a log'",
                 server.target())
    assert run.status == 0, run
    plain, line = run.stdout.splitlines()
    assert plain == f"{EXPECTED[algorithm]}  a log"
    row = json.loads(line)
    assert row["path"] == "a log" and row["hash"] == EXPECTED[row["algorithm"]] and row["method"]


def test_checksum_of_another_kind(fake, client):
    run = client("-c", "checksum --algorithm=md5 small", fake("digest=XCRC").target())
    assert run.status == 7 and "the server offers no command that tells a file's md5" in run.stderr


def test_checksums_that_proftpd_tells(bed, ftpsh):
    server = bed.server("proftpd", extra=("LoadModule mod_digest.c",))
    bed.share("log", TEXT.encode())
    run = ftpsh("--verify=off", "-c", "checksum log nothing", server.target())
    assert run.stdout.endswith("  log\n") and run.stdout.split()[0] in EXPECTED.values(), run
    assert run.status == 7 and "checksum: nothing: 550" in run.stderr, run
