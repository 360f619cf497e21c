"""A control connection that is lost is rebuilt, with one line about it; what was under way is
repeated where that is safe, looked up where it may not be, and reported where it is neither."""
import re
import threading

import pytest

from fake.server import BIG

AGAIN = "; connecting again"
FOLDERS = ("empty", "big", "small")
WHEN = ("cut-before", "cut-behind")


def sent(server, command):
    return re.findall(rf"^\d+ > {command} ?(.*)", server.said(), re.M)


def names(server):
    return {path.name for path in server.root.iterdir()}


def told(run):
    return [line for line in run.stderr.splitlines() if AGAIN in line]


REPEATED = (
    ("PWD", "pwd", "/deep\n"),
    ("CWD", "cd ../empty; pwd", "/empty\n"),
    ("CDUP", "cdup; pwd", "/\n"),
    ("MLST", "ls -1 two", "two\n"),
    ("MLSD", "ls", "one\ntwo\n"),
    ("MLSD", "find", "one\ntwo\n"),
    ("EPSV", "nlist", "one\ntwo\n"),
    ("SITE", "chmod 600 one; pwd", "/deep\n"),
    ("RETR", "get one", ""),
    ("STOR", "put here", ""),
    ("SIZE", "get one", ""),
    ("MFMT", "put here", ""),
)


@pytest.fixture
def cutting(fake, client):
    """A server with a folder to stand in, that cuts the control connection so often."""
    def start(*quirks):
        server = fake(*quirks)
        (server.root / "deep").mkdir()
        for name in ("one", "two"):
            (server.root / "deep" / name).write_bytes(BIG[:1000])
        (client.folder / "here").write_bytes(BIG[:1000])
        return server
    return start


@pytest.mark.parametrize("verb, command, output", REPEATED,
                         ids=[f"{row[0]}-{row[1].split()[0]}" for row in REPEATED])
def test_what_is_safe_is_repeated(cutting, client, verb, command, output):
    """In the folder where one was."""
    when = WHEN[len(verb + command) % 2]
    server = cutting(f"{when}={verb}:1")
    run = client("--retries=1", "-c", command, server.target() + "/deep")
    assert (run.status, run.stdout) == (0, output) and "! cut" in server.said(), run
    assert len(told(run)) + run.stderr.count("trying again in 1 s") == 1, run
    assert (server.root / "deep" / "one").read_bytes() == BIG[:1000]
    if command.startswith("put"):
        assert (server.root / "deep" / "here").read_bytes() == BIG[:1000]


LOOKED = (
    ("MKD", "mkdir new", {*FOLDERS, "new"}),
    ("MKD", "mkdir -p new/deeper", {*FOLDERS, "new"}),
    ("DELE", "rm small", {"big", "empty"}),
    ("DELE", "rm -r small big", {"empty"}),
    ("RMD", "rmdir empty", {"big", "small"}),
    ("RNFR", "mv small tiny", {"big", "empty", "tiny"}),
    ("RNTO", "mv small tiny", {"big", "empty", "tiny"}),
    ("RNTO", "mv small big", {"big", "empty"}),
    ("RNTO", "mv empty full", {"big", "full", "small"}),
    ("RNTO", "put --atomic here", {*FOLDERS, "here"}),
    ("DELE", "get -E small", {"big", "empty"}),
    ("MKD", "mirror -R tree to", {*FOLDERS, "to"}),
)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("verb, command, after", LOOKED,
                         ids=[f"{row[0]}-{row[1].replace(' ', '_')}" for row in LOOKED])
def test_what_may_be_done_is_looked_up(fake, client, verb, command, after, when):
    server = fake(f"{when}={verb}")
    (client.folder / "here").write_bytes(BIG)
    (client.folder / "tree" / "below").mkdir(parents=True)
    run = client("-c", command, server.target())
    assert run.status == 0 and "! cut" in server.said() and names(server) == after, run
    assert len(told(run)) == 1, run
    if verb == "RNTO":  # done once, whoever did it
        assert server.said().count("< 250 Renamed") == (when == WHEN[0]), server.said()
    else:
        assert len(sent(server, verb)) >= 2


SILENT = (
    ("mute-once=MLST", "ls -1 small", 0, FOLDERS),
    ("deaf-once=CWD", "cd empty", 0, FOLDERS),
    ("deaf-once=RNFR", "mv small tiny", 0, ("big", "empty", "tiny")),
    ("mute-once=RNTO", "mv small tiny", 0, ("big", "empty", "tiny")),
    ("deaf-once=RNTO", "mv small tiny", 10, FOLDERS),
    ("mute-once=DELE", "rm small", 0, ("big", "empty")),
    ("deaf-once=DELE", "rm small", 10, FOLDERS),
    ("deaf-once=MKD", "mkdir new", 0, (*FOLDERS, "new")),
    ("mute-once=MKD", "mkdir new", 0, (*FOLDERS, "new")),
)


@pytest.mark.parametrize("behaviour, command, status, after", SILENT,
                         ids=[f"{row[0]}-{row[1].split()[0]}" for row in SILENT])
def test_silence_is_a_lost_connection(fake, client, behaviour, command, status, after):
    """But what ends something is looked up alone: the server may be at it still."""
    server = fake(options=(f"--behaviour={behaviour}",))
    run = client("--reply-timeout=0.5", "-c", command, server.target())
    assert run.status == status and names(server) == set(after), run
    assert len(told(run)) == 1 and "the server does not answer" in run.stderr, run
    if status or "RNTO" in behaviour or "DELE" in behaviour:
        assert len(sent(server, behaviour.split("=")[1])) == 1, server.said()


def test_who_stays_silent_is_asked_twice(fake, client):
    server = fake(options=("--behaviour=mute=MDTM",))
    run = client("--reply-timeout=0.5", "-c", "quote MDTM small",
                 server.target())
    assert run.status == 10 and len(sent(server, "MDTM")) == 2, run
    assert len(told(run)) == 1, run
    run = client("--reply-timeout=0.5", "--retries=0", "-c", "quote MDTM small", server.target())
    assert run.status == 10 and not told(run), run


def test_what_is_neither_is_reported(fake, client):
    """Nobody can tell what a command that is the server's own has done."""
    server = fake("cut-behind=SITE")
    run = client("-c", "quote SITE HELLO", server.target())
    assert run.status == 3 and "closed the control connection" in run.stderr, run
    assert len(sent(server, "SITE")) == 1 and not told(run)


@pytest.mark.parametrize("verb, command, what", (
    ("MKD", "mkdir new", "mkdir: whether new is there is not known: "),
    ("RNTO", "mv big large", "mv: whether big is large now is not known: ")))
def test_what_cannot_be_looked_up_is_said(fake, client, verb, command, what):
    server = fake(f"cut-behind={verb}", "421-after-logins=1")
    run = client("--retries=0", "-c", command, server.target())
    assert run.status == 8 and len(told(run)) == 1 and what in run.stderr, run


def test_what_breaks_each_time_is_repeated_once(fake, client):
    server = fake("cut-before=MDTM:9")
    run = client("-c", "quote MDTM small", server.target())
    assert run.status == 3 and len(sent(server, "MDTM")) == 2, run
    run = client("-c", "quote SYST", fake("refuse=SYST:421").target())
    assert run.status == 8 and len(told(run)) == 1, run


def test_a_421_ends_a_session_and_no_command(fake, client):
    server = fake("421-after=12")
    run = client("-c", "pwd; mkdir a; mkdir b; rmdir a; mv b c; pwd; ls", server.target())
    assert run.status == 0 and run.stdout == "/\n/\nbig\nc\nempty\nsmall\n", run
    assert len(told(run)) > 1 and "421 Too many commands" in told(run)[0]


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_the_server_restarts_between_two_commands(bed, ftpsh, name):
    """It is waited for, where nobody watches, and found as it was left."""
    server, ready = bed.server(name), ftpsh.folder / "ready"
    (bed.account.home / "deep").mkdir()
    (bed.account.home / "deep").chmod(0o777)
    later = threading.Timer(1.5, server.start)

    def stopped():
        if not ready.exists():
            return False
        server.stop()
        ready.unlink()
        later.start()
        return True

    script = ftpsh.folder / "script"
    script.write_text("cd deep\n! touch ready; while [ -e ready ]; do sleep 0.1; done\nmkdir new\n")
    run = ftpsh.signal_when(0, stopped, "-b", script, server.target())
    later.join()
    assert run.status == 0 and (bed.account.home / "deep" / "new").is_dir(), run
    assert len(told(run)) == 1 and "trying again in 2 s" in run.stderr, run
