"""field 38: a NAT forgets the control connection while a long transfer keeps it idle."""
import os
import re
import threading

import pytest

from bed import nat
from bed.client import Client
from bed.diagnosis import diagnose
from bed.process import wait_until
from fake.server import PASSWORD, Fake

pytestmark = pytest.mark.usefixtures("namespaces")
RATE, BIG = 500_000, os.urandom(2_000_000)  # four seconds
FORGET_SECONDS = 2
PATIENCE = ("--final-timeout=1", "--reply-timeout=4")
BOTH_WAYS = pytest.mark.parametrize("direction", ("get", "put"))


@pytest.fixture
def client(tmp_path, binary, pki):
    made = Client(binary, tmp_path / "client", PASSWORD, pki.ca.cert)
    (made.folder / "up").write_bytes(BIG)
    yield made
    for run in made.runs:
        print(run)


@pytest.fixture
def fake_behind(tmp_path, pki):
    """Starts a slow server in the NAT's inner network."""
    started = []

    def start(router):
        options = (f"--listen={nat.PRIVATE}", f"--port={nat.CONTROL_PORT}",
                   f"--passive-ports={nat.PASSIVE[0]}-{nat.PASSIVE[1]}")
        server = Fake(tmp_path / "fake", pki, f"slow={RATE}", options=options,
                      netns=router.server)
        started.append(server)
        server.share("big", BIG)
        return server

    yield start
    for server in started:
        print(server.said()[-6000:])
        server.stop()


def forget_idle(router, seconds=FORGET_SECONDS):
    """As NATs do: an entry goes after a time without packets, and what comes later is nobody's."""
    nat.Nat.inside(router.middle, "sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=0",
                   f"net.netfilter.nf_conntrack_tcp_timeout_established={seconds}")
    nat.Nat.inside(router.middle, "nft", "insert", "rule", "ip", "bed", "through", "ct", "state",
                   "invalid", "drop")


def transfer(client, router, server, direction, *options):
    names = ("big", "down") if direction == "get" else ("up", "up")
    run = client(*PATIENCE, *options, server.target(nat.PUBLIC), direction, *names,
                 netns=router.client)
    assert run.status == 0, run
    assert run.seconds > FORGET_SECONDS + 1, "too fast to be forgotten"
    return run


def is_whole(client, folder, direction):
    """Both sides hold the same bytes."""
    copy = client.folder / "down" if direction == "get" else folder / "up"
    return copy.read_bytes() == BIG


def connections(server):
    return len(set(re.findall(r"^(\d+) < 220", server.said(), re.MULTILINE)))


@BOTH_WAYS
@pytest.mark.parametrize("closed", ("drop", "reset"))
def test_the_lost_reply_is_asked_for(fake_behind, bed, client, closed, direction):
    """On a new connection, when the old one answers with silence or a reset."""
    router = bed.nat(closed=closed)
    forget_idle(router)
    server = fake_behind(router)
    run = transfer(client, router, server, direction)
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"]
    assert is_whole(client, server.root, direction)
    assert connections(server) == 2


@BOTH_WAYS
def test_noops_keep_the_connection(fake_behind, bed, client, direction):
    router = bed.nat()
    forget_idle(router)
    server = fake_behind(router)
    run = transfer(client, router, server, direction, "--noop-interval=0.5", "--trace=trace")
    assert is_whole(client, server.root, direction)
    assert connections(server) == 1
    assert (client.folder / "trace").read_text().count("> NOOP") >= 4
    assert run.seconds < 8, run


@BOTH_WAYS
def test_noops_to_a_server_that_reads_them_later(bed, ftpsh, direction):
    """vsftpd answers them all behind its 226 (field 72); the next command is in step."""
    router = bed.nat()
    forget_idle(router)
    server = bed.server_behind(router, "vsftpd", rate=RATE)
    bed.share("big", BIG)
    (ftpsh.folder / "up").write_bytes(BIG)
    first = "get big down" if direction == "get" else "put up"
    run = ftpsh(*PATIENCE, "--noop-interval=0.5", "-c", f"{first}; size big",
                server.target(nat.PUBLIC), netns=router.client)
    assert run.status == 0, run
    assert str(len(BIG)) in run.stdout
    assert is_whole(ftpsh, bed.account.home, direction)
    assert server.logs().count("CONNECT: Client") == 1


def control_port(router):
    """The client's end of its control connection."""
    text = nat.Nat.inside(router.client, "ss", "-Htn", "dst", f"{nat.PUBLIC}:{nat.CONTROL_PORT}")
    return text.split()[3].rsplit(":", 1)[1]


def drop_control(router, server, command):
    """Once the transfer runs, nothing of the control connection passes any more; data do, and so
    do new connections."""
    wait_until(lambda: f"> {command}" in server.said() and "< 150" in server.said(), 15, command)
    port = control_port(router)
    for end in ("sport", "dport"):
        nat.Nat.inside(router.middle, "nft", "insert", "rule", "ip", "bed", "through", "tcp", end,
                       port, "drop")


@BOTH_WAYS
@pytest.mark.parametrize("options", ((), ("--noop-interval=0.5",)))
def test_control_falls_silent_in_mid_transfer(fake_behind, bed, client, direction, options):
    router = bed.nat()
    server = fake_behind(router)
    command = "RETR" if direction == "get" else "STOR"
    dropper = threading.Thread(target=drop_control, args=(router, server, command))
    dropper.start()
    run = transfer(client, router, server, direction, *options)
    dropper.join()
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"]
    assert is_whole(client, server.root, direction)
    assert connections(server) == 2
    assert run.seconds < 16, run


# ---- real servers, and what diagnose makes of it ----

FIVE = 5


@pytest.fixture(params=("vsftpd", "proftpd"))
def forgetful(request, bed, ftpsh):
    """A NAT that forgets after five idle seconds, before a server whose transfers last twelve.

    An upload's end is in the sockets' buffers some seconds before it is over, and vsftpd is asked
    for its size then.
    """
    router = bed.nat()
    forget_idle(router, FIVE)
    server = bed.server_behind(router, request.param, advertised=nat.PUBLIC, rate=RATE)
    bed.share("big", 3 * BIG)
    (ftpsh.folder / "up").write_bytes(3 * BIG)
    return router, server


def sessions(server):
    return len(re.findall("CONNECT: Client|FTP session opened", server.logs()))


def move(bed, ftpsh, forgetful, direction, *options):
    """The transfer counts, and both sides hold the same bytes."""
    router, server = forgetful
    names = ("big", "down") if direction == "get" else ("up", "up")
    run = ftpsh("--final-timeout=2", "--reply-timeout=4", *options, server.target(nat.PUBLIC),
                direction, *names, netns=router.client)
    assert run.status == 0, run
    assert run.seconds > FIVE + 2, "too fast to be forgotten"
    verdicts = [t["verdict"] for t in run.report["transfers"]]
    assert verdicts[0] in ("size-ok", "verified") and len(verdicts) == 1, run
    copy = ftpsh.folder / "down" if direction == "get" else bed.account.home / "up"
    assert copy.read_bytes() == 3 * BIG
    return run


@BOTH_WAYS
def test_forgotten_after_five_seconds(bed, ftpsh, forgetful, direction):
    run = move(bed, ftpsh, forgetful, direction)
    assert sessions(forgetful[1]) == 2
    assert run.seconds < 20, run


def test_diagnose_names_the_forgetful_nat(bed, ftpsh, forgetful):
    """And what it advises the client keeps the connection."""
    router, server = forgetful
    found = diagnose(ftpsh, server.target(nat.PUBLIC), str(FIVE + 1), netns=router.client)
    assert found.causes() == ["control-forgotten"], found
    assert found.working() == ["epsv", "pasv-use-control-ip", "pasv", "active"], found
    before = sessions(server)
    advised = found.remedy("noop-interval")["lines"][0]
    for direction in ("get", "put"):
        move(bed, ftpsh, forgetful, direction, advised)
    assert sessions(server) == before + 2


def keep_alive(bed, router, server, found):
    """Does as the server's owner was advised."""
    lines = found.server_lines()
    if "sysctl" in found.remedy("keep-alive")["where"]:
        router.inside(router.server, "sysctl", "-qw", *lines)
        return server
    server.stop()
    return bed.server_behind(router, server.name, advertised=nat.PUBLIC, extra=lines)


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_servers_can_keep_the_connection(bed, ftpsh, name):
    router = bed.nat()
    forget_idle(router)
    server = bed.server_behind(router, name, advertised=nat.PUBLIC)
    found = diagnose(ftpsh, server.target(nat.PUBLIC), "4", netns=router.client)
    assert found.causes() == ["control-forgotten"], found
    mended = keep_alive(bed, router, server, found)
    found = diagnose(ftpsh, mended.target(nat.PUBLIC), "4", netns=router.client)
    assert found.causes() == ["healthy"], found
