"""Data connections that resume the control connection's TLS session, and those that do not."""
import pytest
from fake.server import SMALL

TLS12 = ("--tls-max=1.2",)


def handshakes(run):
    """(version, offered, resumed) of each attempt that had one."""
    tls = [a["tls"] for a in run.raw_attempts() if "tls" in a]
    return [(t["version"], t["offered"], t["resumed"]) for t in tls]


def results(run):
    return [a["result"] for a in run.raw_attempts()]


def logins(server):
    return server.said().count("230 Logged in")


# Tickets.

@pytest.mark.parametrize("quirks", ((), ("late-ticket",), ("ticket-once",)))
def test_every_connection_resumes_where_nothing_else_will_do(fake, client, quirks):
    """fields 1, 2, 67"""
    server = fake(*quirks, options=("--require-reuse",))
    run = client("--tls-reuse=require", "-c", "ls; get small; put small up; ls; get up",
                 server.target())
    assert run.status == 0, run
    assert handshakes(run) == [("TLS1.3", True, True)] * 5
    assert run.report["data"]["tls_reuse"] == {
        "wanted": "require", "resumed": 5, "full": 0, "downgraded": False}
    assert logins(server) == 1


@pytest.mark.parametrize("quirks", ((), ("session-ids",)))
def test_sessions_of_tls_1_2(fake, client, quirks):
    """With tickets, and with ids alone; again and again."""
    server = fake(*quirks, options=(*TLS12, "--require-reuse"))
    run = client("--tls-reuse=require", "-c", "ls; get small; put small up; ls", server.target())
    assert run.status == 0, run
    assert handshakes(run) == [("TLS1.2", True, True)] * 4


@pytest.mark.parametrize("options", ((), TLS12))
def test_control_is_renewed_ahead_of_the_tickets_end(fake, client, options):
    """field 3: an upload behind the end would leave an empty file."""
    server = fake("ticket-life=2", options=(*options, "--require-reuse"))
    (client.folder / "up").write_bytes(b"more")
    server.share("up", b"what was there")
    run = client("-b", "-", server.target(),
                 stdin="cd empty\nls\n!sleep 3\nput up\nget up back\npwd\n")
    assert run.status == 0, run
    assert set(results(run)) == {"ok"}
    assert all(resumed for _, _, resumed in handshakes(run))
    assert logins(server) == 2
    assert (server.root / "empty" / "up").read_bytes() == b"more"
    assert "/empty" in run.stdout


def test_a_control_connection_that_cannot_be_renewed_stays(fake, client):
    """Nor is it tried for with every transfer: a mirror would knock thousands of times."""
    server = fake("ticket-life=3", "421-after-logins=1")
    gets = "".join(f"get small copy{i}\n" for i in range(5))
    run = client("-b", "-", server.target(), stdin=f"ls\n!sleep 2.8\n{gets}get big\n")
    assert run.status == 0, run
    assert results(run) == ["ok"] * 7
    assert logins(server) == 1
    assert server.said().count("421 Too many") == 1


# Data connections that the server refuses.

def test_two_refusals_renew_control(fake, client):
    """field 5: the folder, and all else, is as it was."""
    server = fake("425-after-data=2")
    (server.root / "empty" / "file").write_bytes(SMALL)
    run = client("-c", "cd empty; ls; ls; get file; get file again", server.target())
    assert run.status == 0, run
    assert results(run) == ["ok", "ok", "rejected", "rejected", "ok", "ok"]
    assert {a["strategy"] for a in run.raw_attempts()} == {"epsv"}
    assert logins(server) == 2
    assert (client.folder / "again").read_bytes() == SMALL


def test_renewal_comes_to_an_end(fake, client):
    server = fake("425-after-data=0")
    run = client("--retries=0", server.target(), "ls")
    assert run.status == 6, run
    assert "Operation not permitted" in run.stderr
    assert logins(server) <= 3
    assert len(run.raw_attempts()) <= 9


def test_tls_1_2_is_the_last_resort(fake, client):
    """field 2: no session of TLS 1.3 can be resumed, and one has to be."""
    server = fake("session-ids", options=("--require-reuse",))
    run = client("-c", "get small; ls", server.target())
    assert run.status == 0, run
    assert handshakes(run)[0] == ("TLS1.3", False, False)
    assert handshakes(run)[-2:] == [("TLS1.2", True, True)] * 2
    assert run.report["server"]["tls"]["version"] == "TLS1.2"
    assert "no ticket" in run.raw_attempts()[0]["error"]


def test_upload_alone_reaches_the_last_resort(fake, client):
    """It is refused behind its 150, when it has begun."""
    server = fake("session-ids", options=("--require-reuse",))
    (client.folder / "up").write_bytes(SMALL)
    run = client(server.target(), "put", "up")
    assert run.status == 0, run
    assert handshakes(run)[-1] == ("TLS1.2", True, True)
    assert (server.root / "up").read_bytes() == SMALL
    run = client("--tls-reuse=off", server.target(), "put", "up")
    assert run.status == 7 and "522" in run.stderr and len(handshakes(run)) == 1, run


def test_no_last_resort_below_tls_min(fake, client):
    server = fake("session-ids", options=("--require-reuse",))
    run = client("--tls-min=1.3", "--retries=0", server.target(), "ls")
    assert run.status == 6, run
    assert {version for version, _, _ in handshakes(run)} == {"TLS1.3"}
    assert "522" in run.stderr and "no ticket" in run.stderr


# --tls-reuse

def test_off_offers_nothing(fake, client):
    run = client("--tls-reuse=off", "-c", "ls; get small", fake().target())
    assert run.status == 0, run
    assert handshakes(run) == [("TLS1.3", False, False)] * 2
    assert run.report["data"]["tls_reuse"]["full"] == 2


def test_off_where_the_server_demands_it(fake, client):
    server = fake(options=("--require-reuse",))
    run = client("--tls-reuse=off", "--retries=0", server.target(), "get", "small")
    assert run.status == 6, run
    assert "522 Data must resume" in run.stderr
    assert "--tls-reuse=off" in run.stderr
    assert not list(client.folder.glob("small*"))


@pytest.mark.parametrize("options", ((), TLS12))
@pytest.mark.parametrize("command", (("ls",), ("get", "small"), ("put", "mine", "up")))
def test_require_fails_before_payload(fake, client, options, command):
    server = fake("no-resume", options=options)
    (client.folder / "mine").write_bytes(SMALL)
    run = client("--tls-reuse=require", "--retries=0", server.target(), *command)
    assert run.status == 4, run
    assert "not resumed, as is required" in run.stderr
    assert run.stdout == ""
    assert not (client.folder / "small").exists()
    assert not any(path.stat().st_size for path in server.root.glob("up*"))
    assert logins(server) <= 3


def test_require_where_time_runs_out(fake, client):
    """A server that does not answer ABOR takes a second of the rungs' time, and the next ones find
    none left."""
    server = fake("no-resume", "no-226")
    run = client("--tls-reuse=require", "--retries=0", "--data-timeout=0.3", server.target(), "ls")
    assert run.status == 4, run
    assert "not resumed, as is required" in run.stderr
    assert set(run.attempts()) == {("epsv", "tls", "tls")}


def test_require_asks_nothing_of_data_in_clear(fake, client):
    server = fake(tls="off")
    run = client("--tls=off", "--tls-reuse=require", server.target(), "ls")
    assert run.status == 0, run


@pytest.mark.parametrize("wanted, status", (("prefer", 0), ("require", 0)))
def test_downgrade_is_said_once(fake, client, wanted, status):
    """field 6: where only resumed connections will do, another control connection is tried."""
    server = fake("resume-times=2")
    run = client(f"--tls-reuse={wanted}", "-q", "-c", "ls; get small; get big; ls; ls",
                 server.target())
    assert run.status == status, run
    seen = [resumed for _, _, resumed in handshakes(run)]
    if wanted == "prefer":
        assert seen == [True, True, False, False, False]
        assert run.stderr.count("do not resume the TLS session any more") == 1
        assert run.report["data"]["tls_reuse"]["downgraded"] is True
        assert logins(server) == 1
    else:
        assert seen.count(True) == 5
        assert "any more" not in run.stderr
        assert logins(server) > 1


def test_downgrade_in_the_report(fake, client):
    run = client("--report=text", "-c", "ls; get small; ls", fake("resume-times=1").target(),
                 report=False)
    assert run.status == 0, run
    assert run.stderr.count("TLS1.3 no longer resumed") == 1
    assert "\ndowngrade: " in run.stderr


# Sessions beside each other have tickets of their own.

@pytest.mark.parametrize("command", (("mirror", "--parallel=4", "tree", "tree"),
                                     ("get", "--segments=4", "big")))
def test_one_pool_of_tickets_for_each_control_connection(fake, client, command):
    """field 4: the fake's tickets are those of one control connection."""
    server = fake("ticket-once", "slow=2000000", options=("--require-reuse",))  # one alone is not done soon
    (server.root / "tree").mkdir()
    for i in range(12):
        (server.root / "tree" / f"file{i}").write_bytes(bytes(200_000))
    run = client("--tls-reuse=require", server.target(), *command)
    assert run.status == 0, run
    assert all(resumed for _, _, resumed in handshakes(run))
    assert logins(server) > 1


# Real servers. (test_servers.py: forty transfers where resumption is demanded.)

@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_off_and_demanded_by(bed, ftpsh, name):
    server = bed.server(name, reuse=True)
    bed.share("hello.txt", b"hi")
    run = ftpsh("--tls-reuse=off", "--retries=0", server.target(), "get", "hello.txt")
    assert run.status == 6, run
    assert "--tls-reuse=off" in run.stderr
    assert ftpsh("--tls-reuse=require", server.target(), "get", "hello.txt").status == 0


@pytest.mark.parametrize("name, command", (
    ("vsftpd", "get"), ("vsftpd", "put"), ("proftpd", "get")))
def test_tls_1_2_where_1_3_has_no_tickets(bed, ftpsh, name, command):
    """field 2"""
    server = bed.server(name, reuse=True, tickets=False)
    bed.share("hello.txt", b"hi")
    (ftpsh.folder / "mine").write_bytes(b"hi")
    run = ftpsh(server.target(), *(("put", "mine") if command == "put" else ("get", "hello.txt")))
    assert run.status == 0, run
    assert handshakes(run)[-1] == ("TLS1.2", True, True)
