"""What get, put and their kin do with times, permissions, temporary names, sources and amounts."""
import array
import fcntl
import gzip
import json
import os
import pty
import signal
import subprocess
import termios
import zlib

import pytest

from bed.process import wait_until
from fake.server import BIG, SMALL

F_GETPIPE_SZ = 1032  # of Linux
SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
LONG_AGO = 1_234_567_890
SUMMER, WINTER = 1_720_000_001, 1_705_000_003  # on either side of a change of clocks


def verdicts(run):
    return [t["verdict"] for t in run.report["transfers"]]


def sent(server, command):
    return [line for line in server.said().splitlines() if f" > {command}" in line]


def replies_to(server, command):
    """The lines behind each such command."""
    lines = server.said().splitlines()
    return [lines[i + 1] for i, line in enumerate(lines[:-1]) if f" > {command}" in line]


# Times and permissions.

@pytest.mark.parametrize("zone", ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"))
@pytest.mark.parametrize("name", SERVERS)
def test_times_survive_a_round_trip(bed, ftpsh, tmp_path, name, zone):
    """field 55"""
    server = bed.server(name)
    for when in (LONG_AGO, SUMMER, WINTER):
        source = tmp_path / f"up {when}"
        source.write_bytes(SMALL)
        os.utime(source, (when, when))
    names = [f"up {when}" for when in (LONG_AGO, SUMMER, WINTER)]
    up = "; ".join(f"put '{tmp_path}/{n}'" for n in names)
    down = "; ".join(f"get '{n}' '{tmp_path}/down {n}'" for n in names)
    run = ftpsh("-c", f"{up}; {down}", server.target(), prefix=("env", f"TZ={zone}"))
    assert run.status == 0, run
    for n in names:
        when = int(n.split()[1])
        assert int((bed.account.home / n).stat().st_mtime) == when, (n, run)
        assert (tmp_path / f"down {n}").stat().st_mtime == when, (n, run)


@pytest.mark.parametrize("name", SERVERS)
def test_the_time_is_now_on_request(bed, ftpsh, tmp_path, name):
    source = bed.share("file", SMALL)
    os.utime(source, (LONG_AGO, LONG_AGO))
    os.utime(tmp_path, (LONG_AGO, LONG_AGO))
    (tmp_path / "up").write_bytes(SMALL)
    os.utime(tmp_path / "up", (LONG_AGO, LONG_AGO))
    run = ftpsh("-c", f"get --no-times file {tmp_path}/down; put --no-times {tmp_path}/up",
                bed.server(name).target())
    assert run.status == 0, run
    assert (tmp_path / "down").stat().st_mtime > WINTER
    assert (bed.account.home / "up").stat().st_mtime > WINTER


def test_a_server_that_sets_no_times_is_asked_once(fake, client):
    server = fake("refuse=MFMT:500")
    for name in ("a", "b", "c"):
        (client.folder / name).write_bytes(SMALL)
    run = client(server.target(), "mput", "a", "b", "c")
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 3, run
    assert len(sent(server, "MFMT")) == 1 and len(sent(server, "SITE UTIME")) == 1
    assert not sent(server, "MDTM 20")


def test_a_time_refused_for_one_file(fake, client):
    server = fake("refuse=MFMT:550")
    for name in ("a", "b"):
        (client.folder / name).write_bytes(SMALL)
    run = client(server.target(), "mput", "a", "b")
    assert run.status == 0 and len(sent(server, "MFMT")) == 2, run


def test_permissions(fake, client):
    server = fake()
    os.chmod(server.share("run me", SMALL), 0o4757)
    os.chmod(server.share("run it", SMALL), 0o400)
    run = client(server.target(), "mget", "run*", prefix=("sh", "-c", 'umask 027; "$0" "$@"'))
    assert run.status == 0, run
    assert (client.folder / "run me").stat().st_mode & 0o7777 == 0o750
    assert (client.folder / "run it").stat().st_mode & 0o7777 == 0o600
    run = client(server.target(), "get", "run me", "one")
    assert run.status == 0 and (client.folder / "one").stat().st_mode & 0o777 == 0o755, run
    assert len(sent(server, "MLST run")) == 1 and not sent(server, "MDTM")
    (client.folder / "up").write_bytes(SMALL)
    os.chmod(client.folder / "up", 0o741)
    run = client("-c", "put up plain; put --chmod up same", server.target())
    assert run.status == 0, run
    assert (server.root / "same").stat().st_mode & 0o7777 == 0o741
    assert (server.root / "plain").stat().st_mode & 0o7777 == 0o644


def test_permissions_that_nobody_tells(fake, client):
    """MLST is asked only where FEAT lists it, and what it refuses is no failure."""
    for quirk, asked in (("no-mlsd", 0), ("refuse=MLST:502", 1), ("refuse=MLST:550", 1)):
        server = fake(quirk)
        run = client(server.target(), "get", "small")
        assert run.status == 0 and len(sent(server, "MLST")) == asked, run
        assert len(sent(server, "MDTM")) == 1


def is_full(pipe):
    """Nothing more is put into it, by a writer that sleeps."""
    waiting = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0] == fcntl.fcntl(pipe, F_GETPIPE_SZ)


# Continuing.

def is_moving(path):
    return path.exists() and path.stat().st_size > 100_000


@pytest.mark.parametrize("sig", (signal.SIGINT, signal.SIGKILL))
def test_continued_after_a_signal(fake, client, sig):
    """field 52: what the part came from is known also after the worst end."""
    server, part = fake("slow=1000000"), client.folder / "big.ftpsh.part"
    client.signal_when(sig, lambda: is_moving(part), server.target(), "get", "big")
    kept = part.stat().st_size
    server = fake()
    stamp = os.stat(server.root.parent.parent / "fake-0" / "served" / "big")
    os.utime(server.root / "big", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    run = client(server.target(), "get", "-c", "big")
    assert run.status == 0, run
    assert (client.folder / "big").read_bytes() == BIG
    assert run.report["transfers"][0]["bytes"] <= len(BIG) - kept + 32 * 1024


def test_what_came_before_a_426_is_kept(fake, client):
    """It waits to be read while the rate is low, and counts for who continues. The server says 426
    when the first bytes have been read, since before that it would refuse the transfer."""
    server = fake("data-close-after=60000", "late-226=1000")
    run = client("--retries=0", "--limit-rate=5k", server.target(), "get", "big")
    assert run.status == 8 and "426" in run.stderr, run
    assert (client.folder / "big.ftpsh.part").read_bytes() == BIG[:60_000]


@pytest.mark.parametrize("sig", (signal.SIGINT, signal.SIGKILL))
@pytest.mark.parametrize("change", ("time", "size", "both", "gone back"))
def test_the_remote_file_has_changed(fake, client, sig, change):
    """An error, not a mixture: also where the bytes of the overlap are the same."""
    server, part = fake("slow=1000000"), client.folder / "big.ftpsh.part"
    client.signal_when(sig, lambda: is_moving(part), server.target(), "get", "big")
    kept, remote = part.read_bytes(), server.root / "big"
    before = remote.stat()
    content = b"\0" + BIG[1:] if "size" not in change and change != "both" else b"\0" + BIG
    remote.write_bytes(content)
    when = {"time": before.st_mtime + 60, "size": before.st_mtime, "both": before.st_mtime + 60,
            "gone back": before.st_mtime - 86400}[change]
    os.utime(remote, (when, when))
    run = client(server.target(), "reget", "big")
    assert run.status == 9, run
    assert "has changed since" in run.stderr
    assert part.read_bytes() == kept and not (client.folder / "big").exists()


def test_upload_is_not_continued_behind_another_beginning(fake, client):
    server = fake()
    (client.folder / "up").write_bytes(BIG)
    (server.root / "up").write_bytes(SMALL * 100)
    run = client(server.target(), "put", "-c", "up")
    assert run.status == 9, run
    assert "not the beginning" in run.stderr
    assert (server.root / "up").read_bytes() == SMALL * 100


def test_upload_is_not_continued_behind_an_older_version(fake, client):
    """Also where the bytes of the overlap are the same."""
    server = fake()
    (client.folder / "up").write_bytes(b"\0" + BIG[1:])
    (server.root / "up").write_bytes(BIG[:100_000])
    os.utime(server.root / "up", (SUMMER, SUMMER))
    run = client(server.target(), "put", "-c", "up")
    assert run.status == 9 and "has changed since a part of it was sent" in run.stderr, run
    (client.folder / "up").write_bytes(BIG)
    os.utime(client.folder / "up", (SUMMER, SUMMER))
    run = client(server.target(), "put", "-c", "up")
    assert run.status == 0 and (server.root / "up").read_bytes() == BIG, run


def test_retry_where_the_clock_of_the_server_is_behind(fake, client):
    """What cannot be continued with certainty begins again, where nobody has asked for -c."""
    server = fake("data-reset-after=1000000", "accidents=1")
    for name in ("a", "b"):
        (client.folder / name).write_bytes(BIG)
        os.utime(client.folder / name, (4_000_000_000, 4_000_000_000))
    run = client(server.target(), "mput", "a", "b")
    assert run.status == 0 and len(sent(server, "STOR")) == 3, run
    assert (server.root / "a").read_bytes() == (server.root / "b").read_bytes() == BIG


def test_upload_into_a_folder_that_lets_nothing_be_read(fake, client):
    server = fake("refuse=RETR:550")
    (client.folder / "up").write_bytes(BIG)
    (server.root / "up").write_bytes(BIG[:100_000])
    run = client(server.target(), "reput", "up")
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == BIG


@pytest.mark.parametrize("name", SERVERS)
def test_continued_on_real_servers(bed, ftpsh, tmp_path, name):
    bed.share("big", BIG)
    bed.share("up", BIG[:1_000_000])
    (tmp_path / "up").write_bytes(BIG)
    (tmp_path / "big").write_bytes(BIG[:1_000_000])
    run = ftpsh("-c", f"reget big {tmp_path}/big; reput {tmp_path}/up", bed.server(name).target())
    assert run.status == 0, run
    assert (tmp_path / "big").read_bytes() == (bed.account.home / "up").read_bytes() == BIG
    assert all(t["bytes"] < 2_100_000 for t in run.report["transfers"])


# Temporary names.

@pytest.mark.parametrize("name", SERVERS)
def test_atomic_upload(bed, ftpsh, tmp_path, name):
    """field 57"""
    target = bed.share("target", b"old")
    (tmp_path / "target").write_bytes(BIG)
    os.utime(tmp_path / "target", (LONG_AGO, LONG_AGO))
    run = ftpsh("-v", bed.server(name).target(), "put", "--atomic", tmp_path / "target")
    assert run.status == 0, run
    assert target.read_bytes() == BIG and target.stat().st_mtime == LONG_AGO
    assert [p.name for p in bed.account.home.iterdir()] == ["target"]
    assert "> STOR .target.ftpsh.tmp" in run.stderr and "> STOR target" not in run.stderr


@pytest.mark.parametrize("quirk, status", (("data-reset-after=1000000", 8),
                                           ("disk-full-after=1000000", 8), ("upload-short=5", 9)))
def test_atomic_upload_that_fails(fake, client, quirk, status):
    server = fake(quirk)
    (server.root / "up").write_bytes(b"old")
    (client.folder / "up").write_bytes(BIG)
    run = client("--retries=0", server.target(), "put", "--atomic", "up")
    assert run.status == status, run
    assert (server.root / "up").read_bytes() == b"old"
    assert not list(server.root.glob(".*"))


def test_atomic_upload_continued(fake, client):
    server = fake("data-reset-after=1000000")
    (client.folder / "up").write_bytes(BIG)
    run = client("--retries=0", "-c", "-put -c --atomic up; -put -c --atomic up; -put -c --atomic up; "
                 "put -c --atomic up", server.target())
    assert "a part is kept on the server as .up.ftpsh.tmp" in run.stderr
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == BIG
    assert not list(server.root.glob(".*"))


def test_atomic_upload_that_cannot_be_cleared(fake, client):
    server = fake("disk-full-after=1000", "refuse=DELE:550")
    (client.folder / "up").write_bytes(BIG)
    run = client("--retries=0", server.target(), "put", "--atomic", "up")
    assert run.status == 8, run
    assert "may be left on the server as .up.ftpsh.tmp" in run.stderr


def test_server_that_renames_over_nothing(fake, client):
    server = fake("no-rename-over")
    (server.root / "up").write_bytes(b"old")
    (client.folder / "up").write_bytes(SMALL)
    run = client("-v", server.target(), "put", "--atomic", "up")
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == SMALL
    assert "to make room" in run.stderr
    assert sorted(p.name for p in server.root.iterdir()) == ["big", "empty", "small", "up"]


@pytest.mark.parametrize("code", (502, 550, 553))
def test_server_that_renames_nothing(fake, client, code):
    """The old file outlives the attempt, and what an earlier one has put aside does not hinder."""
    server = fake(f"refuse=RNTO:{code}")
    (server.root / "up").write_bytes(b"old")
    (client.folder / "up").write_bytes(SMALL)
    run = client("--retries=0", server.target(), "put", "--atomic", "up")
    assert run.status == 7, run
    assert (server.root / "up").read_bytes() == b"old"
    server = fake("no-rename-over")
    (server.root / "up").write_bytes(b"old")
    (server.root / ".up.ftpsh.old").write_bytes(b"older")
    run = client("--retries=0", server.target(), "put", "--atomic", "up")
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == SMALL and not list(server.root.glob(".up*"))


# The end of the source.

def test_source_is_deleted(fake, client):
    server = fake()
    (client.folder / "up").write_bytes(SMALL)
    run = client("-c", "get -E small; put -E up", server.target())
    assert run.status == 0, run
    assert (client.folder / "small").read_bytes() == (server.root / "up").read_bytes() == SMALL
    assert not (server.root / "small").exists() and not (client.folder / "up").exists()


@pytest.mark.parametrize("quirk", ("no-size", "data-close-after=5", "wrong-size=1"))
def test_source_stays_where_nothing_proves_the_copy(fake, client, quirk):
    server = fake(quirk)
    (client.folder / "up").write_bytes(SMALL)
    run = client("--retries=0", "-c", "-get -E small; -put -E up", server.target())
    assert (server.root / "small").exists() and (client.folder / "up").exists(), run
    run = client("--retries=0", server.target(), "get", "-E", "small")
    assert run.status in (8, 9), run
    if quirk == "no-size":
        assert run.status == 9 and "is not deleted" in run.stderr


def test_source_that_is_written_to_behind_its_upload_stays(fake, client):
    """Behind what its SIZE was compared with, and before its time is set."""
    server, log, trace = fake("late=MFMT:1000"), client.folder / "log", client.folder / "trace"
    log.write_bytes(SMALL)

    def write_on():
        if not trace.exists() or "< 213" not in trace.read_text():
            return False
        with log.open("ab") as f:
            f.write(b"one more line\n")
        return True
    run = client.signal_when(0, write_on, "--trace=trace", server.target(), "put", "-E", "log")
    assert run.status == 1 and "has changed since it was sent" in run.stderr, run
    assert log.exists()


def test_source_that_grows_while_it_is_sent(fake, client):
    """Given up where it was to end, and not when it stops growing."""
    server, log = fake("slow=1000000"), client.folder / "log"
    log.write_bytes(BIG)

    def grow():
        if not sent(server, "STOR"):
            return False
        with log.open("ab") as f:
            f.truncate(20 * len(BIG))
        return True
    run = client.signal_when(0, grow, server.target(), "put", "log")
    assert run.status == 1 and "changed while it was sent" in run.stderr, run
    assert run.seconds < 12


def test_skipped_source_stays(fake, client):
    (client.folder / "small").write_bytes(b"mine")
    server = fake()
    run = client(server.target(), "get", "-E", "--no-clobber", "small")
    assert run.status == 0 and (server.root / "small").exists(), run


# Passing over.

def test_no_clobber(fake, client):
    server = fake()
    for folder in (client.folder, server.root):
        (folder / "there").write_bytes(b"is kept")
    (client.folder / "small").write_bytes(b"is kept")
    run = client("-c", "get --no-clobber small; put --no-clobber there; get --no-clobber big",
                 server.target())
    assert run.status == 0, run
    assert run.stderr.count("skipped, it exists") == 2
    assert (client.folder / "small").read_bytes() == b"is kept"
    assert (client.folder / "big").read_bytes() == BIG
    assert [t["remote"] for t in run.report["transfers"]] == ["big"]
    assert len(run.attempts()) == 1


def test_no_clobber_and_a_server_that_does_not_tell(fake, client):
    server = fake("no-size", "refuse=MDTM:502")
    (client.folder / "up").write_bytes(SMALL)
    run = client(server.target(), "put", "--no-clobber", "up")
    assert run.status == 7 and "can't be found out" in run.stderr, run
    assert not (server.root / "up").exists()


def test_newer(fake, client):
    server = fake()
    for folder in (client.folder, server.root):
        for name, when in (("old", LONG_AGO), ("same", SUMMER), ("new", SUMMER + 100)):
            here = folder == client.folder
            (folder / name).write_bytes(b"here" if here else b"there")
            os.utime(folder / name, (SUMMER, SUMMER) if here else (when, when))
    run = client(server.target(), "mget", "--newer", "old", "same", "new", "small")
    assert run.status == 0, run
    assert [(client.folder / n).read_bytes() for n in ("old", "same", "new", "small")] == \
        [b"here", b"here", b"there", SMALL]
    os.utime(client.folder / "new", (LONG_AGO, LONG_AGO))
    run = client(server.target(), "mput", "--newer", "old", "same", "new", "small")
    assert [(server.root / n).read_bytes() for n in ("old", "same", "new")] == \
        [b"here", b"there", b"there"]


def test_max_size(fake, client):
    server = fake()
    (client.folder / "up").write_bytes(BIG)
    run = client("-c", "get --max-size=1M big; put --max-size=2999999 up; get --max-size=3M big",
                 server.target())
    assert run.status == 0, run
    assert run.stderr.count("skipped, it is too large") == 2
    assert len(run.attempts()) == 1 and not (server.root / "up").exists()
    assert (client.folder / "big").read_bytes() == BIG


def test_max_size_without_a_size(fake, client):
    """Stopped at the limit; nothing stays."""
    run = client("-c", "get --max-size=100k big; get small", fake("no-size").target())
    assert run.status == 0, run
    assert "skipped, it is too large" in run.stderr
    assert [p.name for p in client.folder.glob("*") if p.is_file() and "report" not in p.name] == \
        ["small"]


def test_max_size_and_a_part(fake, client):
    server, part = fake(), client.folder / "big.ftpsh.part"
    part.write_bytes(BIG[:-1])
    run = client(server.target(), "get", "-c", f"--max-size={len(BIG)}", "big")
    assert run.status == 0 and "skipped" not in run.stderr, run
    assert (client.folder / "big").read_bytes() == BIG


def test_max_size_of_standard_input(fake, client):
    server = fake()
    run = client(server.target(), "put", "--max-size=10", "--atomic", "-", "up", stdin="x" * 100)
    assert run.status == 1 and "larger than 10 bytes" in run.stderr, run
    assert not (server.root / "up").exists()


# Standard input and output.

def test_standard_output(fake, client):
    run = client(fake().target(), "get", "small", "-")
    assert (run.status, run.stdout) == (0, SMALL.decode()), run
    assert verdicts(run) == ["size-ok"] or verdicts(run) == ["unverified"]


def test_interrupted_while_standard_output_takes_nothing(fake, client):
    server = fake()
    argv = client.argv([server.target(), "get", "big", "-"])
    with subprocess.Popen(argv, env=client.env(), cwd=client.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as child:
        wait_until(lambda: is_full(child.stdout), 15, "a full pipe")
        child.send_signal(signal.SIGINT)
        assert child.wait(15) == 130, child.stderr.read()
    client.check_findings()


@pytest.mark.parametrize("name", SERVERS)
def test_standard_input(bed, ftpsh, name):
    text = "one\ntwo\n" * 50_000
    run = ftpsh(bed.server(name).target(), "put", "-", "up", stdin=text)
    assert run.status == 0, run
    assert (bed.account.home / "up").read_text() == text


def test_standard_input_from_a_file_that_was_read_from(fake, client):
    server = fake()
    (client.folder / "text").write_bytes(b"first\nsecond\n")
    run = client(server.target(), "put", "-", "up",
                 prefix=("sh", "-c", 'exec <text; read line; "$0" "$@"'))
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == b"second\n"


@pytest.mark.parametrize("name", SERVERS)
def test_append(bed, ftpsh, tmp_path, name):
    target = bed.share("log", b"one\n")
    (tmp_path / "log").write_bytes(b"two\n")
    run = ftpsh("-c", f"append {tmp_path}/log; append {tmp_path}/log new; "
                f"append -E {tmp_path}/log", bed.server(name).target())
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 3, run
    assert target.read_bytes() == b"one\ntwo\ntwo\n"
    assert (bed.account.home / "new").read_bytes() == b"two\n"
    assert not (tmp_path / "log").exists()


def test_zcat(fake, client):
    server = fake()
    text = b"a line of text\n" * 100_000
    server.share("one.gz", gzip.compress(text))
    server.share("two.gz", gzip.compress(SMALL) + gzip.compress(SMALL) + b"\0" * 512)
    server.share("three.z", zlib.compress(SMALL))
    server.share("no", b"")
    run = client(server.target(), "zcat", "one.gz", "two.gz", "three.z")
    assert run.status == 0 and run.stdout.encode() == text + SMALL * 3, run
    server.share("cut.gz", gzip.compress(BIG)[:100_000])
    server.share("bad.gz", gzip.compress(text)[:2000] + b"?" * 1000)
    server.share("more.gz", gzip.compress(SMALL) + b"and more")
    for name, why in (("cut.gz", "have no end"), ("bad.gz", "damaged"), ("small", "not packed"),
                      ("no", "not packed"), ("more.gz", "damaged")):
        run = client(server.target(), "zcat", name)
        assert run.status == 9 and why in run.stderr, run


@pytest.mark.parametrize("command", ("more", "less"))
def test_pager(fake, client, command):
    """At a terminal the pager that is wished; else as cat."""
    server = fake()
    assert client(server.target(), command, "small").stdout == SMALL.decode()
    seen = client.folder / "seen"
    env = dict(client.env(), PAGER=f"cat >{seen}")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(str(client.binary), client.argv([server.target(), command, "small", "small"]),
                   env)
    try:
        while os.read(terminal, 1000):
            pass
    except OSError:
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert seen.read_bytes() == SMALL * 2


# Several files, and where they go.

def test_many(fake, client):
    server = fake()
    for name in ("a1", "a2", "b"):
        server.share(name, name.encode())
    (server.root / "a-folder").mkdir()
    (client.folder / "down").mkdir()
    run = client("-c", "get a* down; mget -O down b; get -o c b; get -O down -o d b",
                 server.target())
    assert run.status == 0, run
    assert "a-folder: skipped, it is a folder" in run.stderr
    assert sorted(p.name for p in (client.folder / "down").iterdir()) == ["a1", "a2", "b", "d"]
    assert (client.folder / "c").read_bytes() == b"b"
    run = client("-c", "mput down/*; put down/a* empty; put -O empty -o z c; mput -O empty c",
                 server.target())
    assert run.status == 0, run
    assert sorted(p.name for p in (server.root / "empty").iterdir()) == ["a1", "a2", "c", "z"]
    assert (server.root / "d").read_bytes() == b"b"


def test_one_that_fails_does_not_keep_the_others(fake, client):
    server = fake()
    run = client(server.target(), "mget", "missing", "small", "gone", "big")
    assert run.status == 7, run
    assert "missing" in run.stderr and "gone" in run.stderr
    assert run.report["error"]["message"].count("missing")
    assert (client.folder / "small").exists() and (client.folder / "big").exists()


BAD = (
    (("get", "small", "a", "b"), "usage: get"),
    (("get", "-o", "x", "small", "y"), "not both"),
    (("get", "-O", "nowhere", "small"), "nowhere is no folder"),
    (("mget", "-o", "x", "small", "big"), "can't all become x"),
    (("mget", "small", "./small"), "would both become small"),
    (("get", "--max-size=much", "small"), "--max-size: 'much' is no size"),
    (("get", "--limit-rate=0", "small"), "limit-rate: '0' is not above 0"),
    (("get", "--verify=maybe", "small"), "'maybe'"),
    (("get", "-c", "small", "-"), "not for standard output"),
    (("put", "-"), "give a remote one"),
    (("get", "--newr", "small"), "--newer"),
    (("verify", "here"), "usage: verify"),
)


@pytest.mark.parametrize("words, said", BAD)
def test_bad_input(fake, client, words, said):
    run = client(fake().target(), *words)
    assert run.status == (1 if "no folder" in said else 2), run
    assert said in run.stderr and run.stderr.count("\n") == 1, run
    assert not list(client.folder.glob("small*"))


def test_commands_and_contents_both_from_standard_input(fake, client):
    run = client(fake().target(), stdin="put - up\n")
    assert run.status == 2 and "commands are read from standard input" in run.stderr, run


# The verify command.

def test_verify_command(fake, client):
    for quirks, method in ((("digest=XMD5",), "XMD5"), ((), None)):
        server = fake(*quirks)
        (client.folder / "small").write_bytes(SMALL)
        (client.folder / "other").write_bytes(SMALL[::-1])
        run = client(server.target(), "verify", "small", "small")
        assert run.status == 0, run
        assert run.stdout == (f"verified by {method}\n" if method else "size-ok\n")
        run = client(server.target(), "verify", "other", "small")
        assert run.status == (9 if method else 0), run
        run = client(server.target(), "verify", "other", "big")
        assert run.status == 9 and "3000000 bytes" in run.stderr, run
        run = client(server.target(), "verify", "small", "missing")
        assert run.status == 7, run
    run = client("--verify=require", server.target(), "verify", "small", "small")
    assert run.status == 9, run


def test_verify_command_as_json(fake, client):
    server = fake("digest=XCRC")
    (client.folder / "small").write_bytes(SMALL)
    (client.folder / "other").write_bytes(SMALL[::-1])
    crc = f"{zlib.crc32(SMALL):08x}"
    run = client(server.target(), "verify", "--json", "small", "small")
    assert run.status == 0, run
    assert json.loads(run.stdout) == {
        "local": "small", "remote": "small", "verdict": "verified", "method": "XCRC",
        "local_hash": crc, "remote_hash": crc, "local_size": len(SMALL),
        "remote_size": len(SMALL)}
    run = client(server.target(), "verify", "--json", "other", "small")
    assert run.status == 9 and json.loads(run.stdout)["verdict"] == "failed", run


# The rate. What it holds is measured in tests/bench/limit_rate.py; here, that it is one at all.

@pytest.mark.parametrize("command", ("get big", "put up"))
def test_limit_rate(fake, client, command):
    server = fake()
    (client.folder / "up").write_bytes(BIG)
    run = client("--limit-rate=2M", "-c", command, server.target())
    assert run.status == 0 and run.seconds > 1.3, run
    run = client("-c", command.replace(" ", " --limit-rate=1500k ") + "; " + command,
                 server.target())
    assert run.status == 0, run
    first, second = (t["ms"] for t in run.report["transfers"])
    assert first > 1800 and second < first, run


def test_interrupted_at_a_low_rate(fake, client):
    part = client.folder / "big.ftpsh.part"
    run = client.signal_when(signal.SIGINT, part.exists, "--limit-rate=5k", fake().target(), "get",
                             "big")
    assert run.status == 130 and run.seconds < 5, run
