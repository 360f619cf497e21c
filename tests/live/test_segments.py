"""get --segments: one file over several connections, never a mixture."""
import os
import random
import re
import signal

import pytest

from bed.process import wait_until

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
MI = 1 << 20
CONTENT = os.urandom(24 * MI)
PART = "big.ftpsh.part"


def segmented(n=4, *options):
    return ("-c", " ".join(("get", f"--segments={n}", *options, "big")))


def check_fetched(client, run, content=CONTENT):
    assert run.status == 0, run
    assert (client.folder / "big").read_bytes() == content
    assert not list(client.folder.glob("*.part"))
    assert run.report["transfers"][-1]["verdict"] in ("size-ok", "verified"), run


def allocated(path):
    """What of a sparse file is there."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def offsets(text):
    """Of RETR: what REST said before each, by the client's record or a server's."""
    found, rest = [], 0
    for verb, arg in re.findall(r"> (REST|RETR) (\S+)", text):
        if verb == "REST":
            rest = int(arg)
        else:
            found.append(rest)
            rest = 0
    return found


@pytest.mark.parametrize("name", SERVERS)
def test_four_connections(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("big", CONTENT)
    run = ftpsh("-v", *segmented(), server.target())
    check_fetched(ftpsh, run)
    assert run.stderr.count("> RETR big") == 4
    assert run.report["transfers"][0]["bytes"] == len(CONTENT)


def test_what_is_asked_and_how_often(fake, client):
    """The file is looked at ahead of each piece and in the end; a session whose piece was aborted
    goes on."""
    server = fake("abor-one-reply", "slow=4000000")
    server.share("big", CONTENT)
    run = client(*segmented(), server.target())
    check_fetched(client, run)
    said = server.said()
    assert said.count("> USER") == said.count("> RETR") == 4
    assert said.count("> SIZE") == said.count("> MDTM") == 5
    assert said.count("> MLST") == 1


@pytest.mark.parametrize("name", SERVERS)
def test_sessions_stay_usable(bed, ftpsh, name):
    """A piece ends in the middle of the file: what follows on the connection works."""
    server = bed.server(name)
    bed.share("big", CONTENT)
    bed.share("small", b"x")
    run = ftpsh("-c", "get --segments=2 big; get small; ls; get --segments=3 big", server.target())
    check_fetched(ftpsh, run)
    assert (ftpsh.folder / "small").read_bytes() == b"x" and "small" in run.stdout


RESTARTED = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


@pytest.mark.parametrize("name", RESTARTED)
def test_the_server_restarts_in_the_middle(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("big", CONTENT)
    part = ftpsh.folder / PART

    def restarted():
        if allocated(part) < 6 * MI:
            return False
        server.stop()
        server.start()
        return True

    # the signal goes nowhere: it is the restart that counts
    run = ftpsh.signal_when(0, restarted, "--limit-rate=6Mi", *segmented(), server.target())
    check_fetched(ftpsh, run)


def kill_at(client, server, least):
    """Kills it when that much is there; False when it was done before."""
    part, whole = client.folder / PART, client.folder / "big"
    run = client.signal_when(signal.SIGKILL, lambda: whole.exists() or allocated(part) >= least,
                             "--limit-rate=20Mi", *segmented(), server.target())
    return run.status == -signal.SIGKILL and not whole.exists()


@pytest.mark.parametrize("name", ("vsftpd", "pyftpdlib"))
def test_killed_at_random_instants(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("big", CONTENT)
    kills, least = 0, 0
    while least < len(CONTENT):
        least += random.randrange(MI, 5 * MI)
        if least >= len(CONTENT) or not kill_at(ftpsh, server, least):
            break
        kills += 1
    assert kills >= 3
    if (ftpsh.folder / "big").exists():  # the last one was done before
        assert (ftpsh.folder / "big").read_bytes() == CONTENT
        return
    run = ftpsh(*segmented(), server.target())
    check_fetched(ftpsh, run)
    # what was there is not fetched again
    assert run.report["transfers"][0]["bytes"] < len(CONTENT) - kills * MI // 2


def interrupt(client, server, content=CONTENT, least=6 * MI):
    part = client.folder / PART
    run = client.signal_when(signal.SIGINT, lambda: allocated(part) >= least, "--limit-rate=10Mi",
                             *segmented(), server.target())
    assert run.status == 130 and "are kept in" in run.stderr, run
    assert not (client.folder / "big").exists()
    return run


@pytest.mark.threads
def test_interrupted_and_continued(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.share("big", CONTENT)
    interrupt(ftpsh, server)
    run = ftpsh("-v", *segmented(8), server.target())
    check_fetched(ftpsh, run)
    assert run.report["transfers"][0]["bytes"] < len(CONTENT) - 4 * MI


@pytest.mark.parametrize("options", ((), ("-c",)))
@pytest.mark.parametrize("keep_time", (False, True))
def test_the_file_changes_between_two_runs(bed, ftpsh, options, keep_time):
    """With another time it is fetched anew, or refused with -c; with the same one the overlaps
    tell."""
    server = bed.server("vsftpd")
    path = bed.share("big", CONTENT)
    before = path.stat().st_mtime
    os.utime(path, (before - 100, before - 100))
    interrupt(ftpsh, server)
    other = os.urandom(len(CONTENT))
    bed.share("big", other)
    if keep_time:
        os.utime(path, (before - 100, before - 100))
    run = ftpsh(*segmented(4, *options), server.target())
    if keep_time or options:
        assert run.status == 9 and "changed" in run.stderr, run
        assert not (ftpsh.folder / "big").exists()
    else:
        check_fetched(ftpsh, run, other)


def test_the_file_changes_while_it_is_fetched(bed, ftpsh):
    server = bed.server("vsftpd")
    path = bed.share("big", CONTENT)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    part = ftpsh.folder / PART

    def rewritten():
        if allocated(part) < 6 * MI:
            return False
        with open(path, "r+b") as f:
            f.write(os.urandom(len(CONTENT)))
        return True

    run = ftpsh.signal_when(0, rewritten, "--limit-rate=10Mi", *segmented(), server.target())
    assert run.status == 9 and "changed" in run.stderr, run
    assert not (ftpsh.folder / "big").exists() and not part.exists()
    check_fetched(ftpsh, ftpsh(*segmented(), server.target()), path.read_bytes())


# Against ftpfake.

@pytest.fixture
def big(fake):
    def start(*quirks, **settings):
        server = fake(*quirks, **settings)
        server.share("big", CONTENT)
        return server
    return start


@pytest.mark.parametrize("quirks", (
    (), ("abor-one-reply",), ("abor-ignored",), ("busy-in-transfer",), ("no-close-notify",),
    ("late-226=300",), ("ticket-once",), ("mode-z",)))
def test_odd_servers(big, client, quirks):
    server = big(*quirks)
    run = client("--compress", *segmented(), server.target())
    check_fetched(client, run)
    assert len(offsets(server.said())) == 4
    assert "MODE Z" not in server.said().split("RETR")[-1]


@pytest.mark.threads
def test_fewer_workers_where_the_server_wants_fewer(big, client):
    server = big("max-sessions=2")
    run = client(*segmented(6), server.target())
    check_fetched(client, run)
    assert len(offsets(server.said())) == 6


@pytest.mark.parametrize("quirk, text", (
    ("no-size", "one connection"), ("refuse=MDTM", "one connection"), ("refuse=MDTM:550", "550")))
def test_where_it_has_to_be_one_connection(big, client, quirk, text):
    server = big(quirk)
    run = client(*segmented(), server.target())
    assert text in run.stderr, run
    if "550" in quirk:
        assert run.status == 7
        return
    assert (client.folder / "big").read_bytes() == CONTENT
    assert offsets(server.said()) == [0]


def test_a_small_file_is_fetched_at_once(big, client):
    server = big()
    run = client("-c", "get --segments=8 small", server.target())
    assert run.status == 0 and offsets(server.said()) == [0], run


@pytest.mark.parametrize("quirk, status", (
    ("ignore-rest", 9), ("data-cut-after=100000", 9), ("wrong-size=5", 9), ("wrong-size=-5", 9)))
def test_what_cannot_be_right(big, client, quirk, status):
    server = big(quirk)
    run = client("--retries=1", *segmented(), server.target())
    assert run.status == status, run
    assert not (client.folder / "big").exists()


@pytest.mark.parametrize("quirk", ("data-close-after=3000000", "die-after=3000000",
                                   "data-reset-after=3000000"))
def test_pieces_are_tried_again_where_they_broke(big, client, quirk):
    server = big(quirk, "slow=3000000")  # a reset throws away what has not been read yet
    run = client("--retries=5", *segmented(), server.target())
    check_fetched(client, run)
    assert len(offsets(server.said())) > 8


def test_the_whole_is_compared_by_hash_where_the_server_tells_one(big, client):
    check = client(*segmented(), big("digest=XSHA256").target())
    check_fetched(client, check)
    assert check.report["transfers"][0]["verdict"] == "verified"
    (client.folder / "big").unlink()
    run = client(*segmented(), big("digest=XSHA256", "wrong-digest").target())
    assert run.status == 9 and not (client.folder / "big").exists(), run
    assert "big.ftpsh.part, 25165824 bytes that are wrong, was removed" in run.stderr
    assert not list(client.folder.glob("*.part"))
    check_fetched(client, client(*segmented(4, "-c"), big("digest=XSHA256").target()))


@pytest.mark.parametrize("words", ("get -n 1 big", "get -n 17 big", "get -n x big",
                                   "get -n 2 big -"))
def test_usage(big, client, words):
    run = client("-c", words, big().target())
    assert run.status == 2, run


def test_one_connection_keeps_away_from_a_file_in_pieces(big, client):
    """reget takes it for no beginning; get fetches anew."""
    server = big()
    interrupt(client, server)
    run = client(server.target(), "reget", "big")
    assert run.status == 9 and not (client.folder / "big").exists(), run
    check_fetched(client, client(server.target(), "get", "big"))


def test_a_part_of_one_connection_goes_on_over_one(big, client):
    server = big()
    (client.folder / PART).write_bytes(CONTENT[:5 * MI])
    run = client(*segmented(4, "-c"), server.target())
    assert "one connection" in run.stderr, run
    check_fetched(client, run)
    assert len(offsets(server.said())) == 1 and offsets(server.said())[0] > 4 * MI


def test_a_file_that_grew_is_not_continued_behind_the_record(big, client):
    """What stands behind a part file in pieces may look like the beginning of a longer file."""
    server = big()
    path = server.share("big", CONTENT[:MI] + bytes(23 * MI))
    part = client.folder / PART
    for least in (2 * MI, 4 * MI):  # comparing the overlap loses what the times have kept
        client.signal_when(signal.SIGKILL, lambda: allocated(part) >= least, "--limit-rate=3Mi",
                           *segmented(), server.target())
    assert part.stat().st_size > 24 * MI
    with open(path, "r+b") as f:
        f.truncate(30 * MI)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    run = client(server.target(), "get", "-c", "big")
    assert run.status == 9 and "--segments" in run.stderr, run
    assert not (client.folder / "big").exists()
    check_fetched(client, client(server.target(), "get", "big"), path.read_bytes())


def test_a_file_that_shrinks(big, client):
    """That a piece was cut is what shows first; that the file has changed is what counts."""
    server = big()
    part = client.folder / PART

    def cut():
        if allocated(part) < 2 * MI:
            return False
        os.truncate(server.root / "big", 5 * MI)
        return True

    run = client.signal_when(0, cut, "--limit-rate=6Mi", "--retries=1", *segmented(),
                             server.target())
    assert run.status == 9 and "has changed" in run.stderr, run
    assert not part.exists() and not (client.folder / "big").exists()
