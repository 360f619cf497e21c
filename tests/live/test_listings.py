"""Listings as misbehaving and old servers send them (tests/unit/listings holds their formats)."""
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from bed.client import Client
from bed.process import wait_until
from fake.server import PASSWORD, SMALL

MILLION = 1_000_000


def names(run):
    return run.stdout.splitlines()


def commands(server, verb):
    return re.findall(rf"> ({verb}\b.*)", server.said())


def times(run):
    return {e["name"]: e["mtime"] for e in map(json.loads, names(run)) if "mtime" in e}


# field 46: MLSD that is listed and no good.

@pytest.mark.parametrize("quirk", ("mlsd-empty", "mlsd-garbage", "refuse=MLSD:500",
                                   "refuse=MLSD:501", "refuse=MLSD:550"))
def test_a_broken_mlsd_is_asked_for_once(fake, client, quirk):
    server = fake(quirk)
    run = client("-c", "ls -1; ls -1 /; ls -1", server.target())
    assert run.status == 0, run
    assert names(run) == ["big", "empty", "small"] * 3
    assert len(commands(server, "MLSD")) == 1
    assert len(commands(server, "LIST")) == 3


def test_an_mlsd_that_hangs_costs_seconds_once(fake, client):
    server = fake("mlsd-stalls")
    run = client("--idle-timeout=2", "-c", "ls -1; ls -1 /", server.target())
    assert run.status == 0, run
    assert names(run) == ["big", "empty", "small"] * 2
    assert len(commands(server, "MLSD")) == 1
    assert run.seconds < 15


def test_an_mlsd_that_is_never_answered_costs_one_walk_of_the_ladder(fake, client):
    """field 46: the connections of that walk stood, so the path is not to blame. That the first
    folder is empty makes no difference."""
    server = fake("mlsd-no-reply")
    run = client("--data-timeout=1.5", "-c", "ls -1 empty; ls -1; ls -1 /", server.target())
    assert run.status == 0, run
    assert names(run) == ["big", "empty", "small"] * 2
    # a rung each, except that a handshake which came far enough is tried again (field 73)
    failed = [a["strategy"] for a in run.report["data"]["attempts"] if a["result"] != "ok"]
    assert list(dict.fromkeys(failed)) == ["epsv", "pasv-use-control-ip", "active"], run
    asked = commands(server, "MLSD")
    assert set(asked) == {"MLSD empty"} and 3 <= len(asked) <= len(failed), run
    assert len(commands(server, "LIST")) == 3


def test_an_empty_folder_does_not_discredit_mlsd(fake, client):
    server = fake()
    run = client("-c", "ls -1 empty; ls -1; ls -1 empty", server.target())
    assert (run.status, names(run)) == (0, ["big", "empty", "small"]), run
    assert len(commands(server, "MLSD")) == 3
    assert len(commands(server, "LIST")) == 1  # to be sure, before MLSD had shown anything


def test_facts_that_are_off_are_asked_for(fake, client):
    server = fake("mlsd-facts-off")
    assert client("-c", "ls; ls", server.target()).status == 0
    assert commands(server, "OPTS MLST") == [
        "OPTS MLST type;size;modify;UNIX.mode;UNIX.owner;UNIX.group;"]
    server = fake()
    assert client(server.target(), "ls").status == 0
    assert not commands(server, "OPTS MLST")


# Formats, and what cannot be read.

def list_file(tmp_path, *lines):
    path = tmp_path / "listing"
    path.write_bytes(b"".join(line.encode() + b"\r\n" for line in lines))
    return f"list-file={path}"


def test_a_format_of_another_world(fake, client, tmp_path):
    server = fake("no-mlsd", list_file(
        tmp_path, "Directory DISK:[WEB]", "", "A_LONG_NAME.TXT;2",
        "          12/15  10-JAN-2025 11:15:00  [STAFF,ANNA]  (RWED,RWED,RE,)",
        "DATA.DIR;1  1  10-JAN-2025 11:15:00  [ANNA]  (RWE,RWE,RE,RE)", "",
        "Total of 2 files, 13/16 blocks."))
    run = client("--json", server.target(), "ls")
    assert run.status == 0, run
    assert [json.loads(line) for line in names(run)] == [
        {"name": "A_LONG_NAME.TXT", "type": "file", "mtime": "2025-01-10T11:15:00Z",
         "mode": "0750", "owner": "ANNA", "group": "STAFF"},
        {"name": "DATA", "type": "dir", "mtime": "2025-01-10T11:15:00Z", "mode": "0755",
         "owner": "ANNA"}]


def test_a_line_that_cannot_be_read_is_told(fake, client, tmp_path):
    server = fake("no-mlsd", list_file(
        tmp_path, "-rw-r--r-- 1 a b 9 Jan 10  2025 first", "ls: second: Permission denied",
        "-rw-r--r-- 1 a b 9 Jan 10  2025 third"))
    run = client(server.target(), "ls", "-1")
    assert names(run) == ["first", "third"], run
    assert run.status != 0
    assert "1 line of the listing cannot be read" in run.stderr
    assert "ls: second: Permission denied" in run.stderr


def test_a_pattern_does_not_pass_over_such_a_line(fake, client, tmp_path):
    server = fake("no-mlsd", list_file(tmp_path, "-rw-r--r-- 1 a b 9 Jan 10  2025 small", "what?"))
    run = client(server.target(), "find", "*")
    assert run.status != 0 and "cannot be read" in run.stderr, run


def test_a_listing_that_nobody_can_read_is_an_error(fake, client, tmp_path):
    server = fake("no-mlsd", list_file(tmp_path, "one fish", "two fish"))
    run = client(server.target(), "ls")
    assert run.status != 0 and "not known" in run.stderr and "one fish" in run.stderr, run


# field 61: a listing that is cut is an error, wherever it is cut.

@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
@pytest.mark.parametrize("how", ("data-close-after", "data-reset-after"))
@pytest.mark.parametrize("bytes_", (1, 65, 150))
def test_a_listing_that_is_cut_is_an_error(fake, client, quirks, how, bytes_):
    run = client(fake(*quirks, f"{how}={bytes_}").target(), "ls", "-1")
    assert run.status != 0, run


# field 47: the zone of LIST's times.

def touched(server, *stamps):
    for number, stamp in enumerate(stamps):
        path = server.share(f"f{number}", b"x")
        os.utime(path, (stamp, stamp))


@pytest.mark.parametrize("minutes", (0, 60, -300, 330, 840))
def test_the_zone_is_measured_once(fake, client, minutes):
    server = fake("no-mlsd", f"list-zone={minutes}")
    now = int(time.time()) // 60 * 60
    stamps = [now - 86400 * days for days in (2, 3, 40, 400)]
    touched(server, *stamps)
    run = client("--json", "-c", "ls; ls; ls", server.target())
    assert run.status == 0, run
    got = times(run)
    for number in (0, 1, 2):
        assert got[f"f{number}"] == time.strftime("%Y-%m-%dT%H:%M:00Z",
                                                  time.gmtime(stamps[number]))
    # The fourth has a year and no time: the day that the server says stays.
    assert got["f3"] == time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(stamps[3] + minutes * 60))
    assert 1 <= len(commands(server, "MDTM")) <= 2
    assert len(commands(server, "LIST")) == 3


def test_no_zone_is_measured_for_names(fake, client):
    server = fake("no-mlsd", "list-zone=60")
    assert client(server.target(), "ls", "-1").status == 0
    assert not commands(server, "MDTM")


def test_without_mdtm_times_are_the_servers(fake, client):
    server = fake("no-mlsd", "list-zone=60", "refuse=MDTM:500")
    stamp = int(time.time()) // 60 * 60 - 86400
    touched(server, stamp)
    run = client("--json", "-c", "ls; ls", server.target())
    assert times(run)["f0"] == time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(stamp + 3600))
    assert len(commands(server, "MDTM")) == 1


# field 50: charsets.

LATIN1 = "käse \xa4.txt".encode("latin-1")


@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
def test_a_latin1_server(fake, client, tmp_path, quirks):
    server = fake(*quirks)
    (server.root / os.fsdecode(LATIN1)).write_bytes(SMALL)
    (server.root / os.fsdecode("Zürich".encode("latin-1"))).mkdir()
    run = client("--charset=ISO-8859-15", "-c",
                 "ls -1; get 'käse €.txt' here; put here 'grün €'; cd Zürich; pwd",
                 server.target(), cwd=tmp_path)
    assert run.status == 0, run
    assert names(run) == ["Zürich", "big", "empty", "käse €.txt", "small", "/Zürich"]
    assert (tmp_path / "here").read_bytes() == SMALL
    assert (server.root / os.fsdecode("grün \xa4".encode("latin-1"))).read_bytes() == SMALL
    assert not commands(server, "OPTS UTF8")


def test_a_name_that_the_charset_does_not_have_is_refused(fake, client):
    server = fake()
    run = client("--charset=ISO-8859-1", server.target(), "mkdir", "10 €")
    assert run.status == 2, run
    assert "'€' cannot be written in ISO-8859-1" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not commands(server, "MKD")


@pytest.mark.parametrize("option,shown", (
    ((), LATIN1), (("--charset=ASCII",), b"k\xed\xb3\xa4se \xed\xb2\xa4.txt")))
def test_bytes_of_no_charset_are_usable(fake, client, tmp_path, option, shown):
    server = fake()
    (server.root / os.fsdecode(LATIN1)).write_bytes(SMALL)
    name = os.fsdecode(shown)
    run = client(*option, server.target(), "get", name, "here", cwd=tmp_path)
    assert run.status == 0, run
    assert (tmp_path / "here").read_bytes() == SMALL
    escaped = "".join(chr(b) if b < 0x80 else f"\\x{b:02x}" for b in shown)
    run = client(*option, server.target(), "ls", "-1")
    assert escaped in names(run), run


@pytest.mark.parametrize("name", ("none-such", "UTF-16", ""))
def test_a_charset_that_will_not_do(fake, client, name):
    run = client(f"--charset={name}", fake().target(), "ls", report=False)
    assert run.status == 2 and "charset" in run.stderr, run


# field 64: a listing streams.

def most_memory_kib(pid):
    return int(re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(),
                         re.MULTILINE).group(1))


@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
@pytest.mark.parametrize("command", ("ls -1 -U", "nlist"))
def test_a_million_entries_take_no_memory(fake, tmp_path, pki, release_binary, quirks, command):
    """The batch is left open until its most has been read."""
    server = fake(*quirks, f"list-lines={MILLION}")
    client = Client(release_binary, tmp_path / "release", PASSWORD, pki.ca.cert)
    listed = tmp_path / "listed"
    with open(listed, "wb") as out, subprocess.Popen(
            client.argv([server.target()]), env=client.env(), stdin=subprocess.PIPE, stdout=out,
            stderr=subprocess.DEVNULL) as child:
        try:
            child.stdin.write(f"{command}\npwd\n".encode())
            child.stdin.flush()
            wait_until(lambda: listed.read_bytes().endswith(b"\n/\n"), 120, "the end of the listing")
            memory = most_memory_kib(child.pid)
            child.stdin.close()
            assert child.wait(10) == 0
        finally:
            child.kill()
    entries = [line for line in listed.read_bytes().split(b"\n") if line.startswith(b"entry-")]
    assert len(entries) == MILLION and len(set(entries)) == MILLION
    print(f"{command}: {memory} KiB")
    assert memory < 32 * 1024


# field 61: a folder that cannot be read is not empty, whatever the server says of it.

@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd", "pyftpdlib"))
def test_a_folder_that_may_not_be_read_is_not_empty(bed, ftpsh, name):
    server = bed.server(name)
    bed.account.own_folder("closed")
    closed = bed.account.home / "closed"
    closed.chmod(0o311)
    for commands_ in ("ls closed", "cd closed; ls"):
        run = ftpsh("-c", commands_, server.target())
        assert run.status != 0, run
    closed.chmod(0o700)
    assert ftpsh("-c", "ls closed; cd closed; ls", server.target()).status == 0


def test_a_folder_that_holds_its_namesake(fake, client):
    server = fake("no-mlsd")
    (server.root / "empty" / "empty").mkdir()
    run = client("-c", "ls -1 empty; ls -1 empty/empty", server.target())
    assert (run.status, names(run)) == (0, ["empty"]), run
