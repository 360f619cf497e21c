"""Rows m and o, and every misbehaviour that a client can meet, against ftpfake."""
import os
import re
import signal

import pytest

from bed.process import wait_until
from bed.shell import Shell
from fake.server import BIG, SMALL

SOME = 1_000_000
PASV_IP = "pasv-use-control-ip"


def endpoint_host(attempt):
    return attempt["endpoint"].rsplit(":", 1)[0]


# Row m: what servers say of the address and the port.

@pytest.mark.scene("m")
@pytest.mark.parametrize("address", ("0.0.0.0", "127.0.0.1", "198.51.100.7", "10.0.1.121"))
def test_the_address_in_227_is_not_dialled(fake, client, address):
    server = fake("refuse=EPSV", f"pasv-address={address}")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "command", "rejected"), (PASV_IP, "open", "ok")]
    attempt = run.raw_attempts()[1]
    assert attempt["advertised"].startswith(f"{address}:")
    assert endpoint_host(attempt) == "127.0.0.1"


@pytest.mark.scene("m")
@pytest.mark.parametrize("text", (
    "(||%p|)", "(|||%p|", "|||%p|", "Entering Extended Passive Mode (!!!%p!)",
    "(|1|198.51.100.7|%p|)", "ok ( |||%p| ) go on"))
def test_odd_229(fake, client, text):
    server = fake(f"epsv-format={text}")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "open", "ok")]
    assert endpoint_host(run.raw_attempts()[0]) == "127.0.0.1"


@pytest.mark.scene("m")
@pytest.mark.parametrize("text", ("somewhere", "(|||0|)", "(|||70000|)", "(|||)"))
def test_unreadable_229_is_a_failed_rung(fake, client, text):
    server = fake(f"epsv-format={text}")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "command", "rejected"), (PASV_IP, "open", "ok")]


@pytest.mark.scene("m")
@pytest.mark.parametrize("text", ("%a,%p", "=%a,%p", "Entering Passive Mode (%a,%p"))
def test_odd_227(fake, client, text):
    server = fake("refuse=EPSV", f"pasv-format={text}")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.strategy() == PASV_IP


@pytest.mark.scene("m")
@pytest.mark.parametrize("text", ("somewhere", "(127,0,0,1)", "(127,0,0,1,0,0)", "(300,0,0,1,4,1)"))
def test_unreadable_227_is_a_failed_rung(fake, client, text):
    server = fake("refuse=EPSV", f"pasv-format={text}")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts()[1:] == [(PASV_IP, "command", "rejected"), ("active", "open", "ok")]


@pytest.mark.scene("m")
def test_229_as_the_answer_to_pasv(fake, client):
    server = fake("refuse=EPSV", "pasv-answer-229")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.strategy() == PASV_IP
    assert run.raw_attempts()[1]["reply"].startswith("229")


# The ladder.

@pytest.mark.scene("g")
@pytest.mark.parametrize("quirks", (("epsv-silent",), ("epsv-silent", "deaf-while-accepting")))
def test_silent_port(fake, client, quirks):
    server = fake(*quirks)
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "connect", "timeout"), (PASV_IP, "open", "ok")]
    assert run.seconds < 6


@pytest.mark.scene("g")
def test_unanswered_epsv(fake, client):
    server = fake("epsv-no-reply")
    run = client(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "command", "timeout"), (PASV_IP, "open", "ok")]
    assert run.seconds < 6


@pytest.mark.scene("h")
def test_closed_ports_leave_active(fake, client):
    server = fake("epsv-port-closed", "pasv-port-closed")
    run = client(server.target(), "get", "small")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "connect", "refused"), (PASV_IP, "connect", "refused"),
                              ("active", "open", "ok")]
    assert run.raw_attempts()[2]["command"].startswith("EPRT ")
    assert run.seconds < 2
    assert (client.folder / "small").read_bytes() == SMALL


@pytest.mark.scene("h")
def test_port_where_eprt_is_refused(fake, client):
    server = fake("refuse=EPRT:500")
    run = client("--active", server.target(), "ls")
    assert run.status == 0, run
    assert run.raw_attempts()[0]["command"].startswith("PORT ")


@pytest.mark.scene("i")
def test_nothing_works_behind_a_refusal(fake, client):
    """The refusal decides the status, and the reason of each strategy is told all the same."""
    server = fake("epsv-port-closed", "pasv-port-closed", "refuse=EPRT", "refuse=PORT")
    run = client(server.target(), "ls", "nowhere", "empty")
    assert run.status == 7, run
    for strategy in ("epsv", PASV_IP, "active"):
        assert f"\n  {strategy}: " in run.stderr, run


@pytest.mark.scene("i")
def test_nothing_works(fake, client):
    server = fake("epsv-silent", "pasv-silent", "refuse=EPRT", "refuse=PORT")
    run = client(server.target(), "get", "small")
    assert run.status == 6, run
    assert run.attempts() == [("epsv", "connect", "timeout"), (PASV_IP, "connect", "timeout"),
                              ("active", "command", "rejected")]
    assert all(a["error"] for a in run.raw_attempts())
    assert run.seconds < 16
    assert not list(client.folder.glob("small*"))


def test_the_rung_that_worked_goes_first_next_time(fake, client):
    server = fake("epsv-silent")
    run = client("-c", "get small one; get small two", server.target())
    assert run.status == 0, run
    assert [a[0] for a in run.attempts()] == ["epsv", PASV_IP, PASV_IP]


@pytest.mark.parametrize("quirk, strategy", (("425-on-data=1", PASV_IP), ("425-on-data=2", "active")))
def test_425_moves_on(fake, client, quirk, strategy):
    server = fake(quirk)
    run = client(server.target(), "get", "small")
    assert run.status == 0, run
    assert run.strategy() == strategy
    assert run.raw_attempts()[0]["result"] == "rejected"


def test_522_everywhere(fake, client):
    server = fake("522-on-data")
    run = client(server.target(), "put", __file__, "up")
    assert run.status == 6, run
    assert "522" in run.stderr
    assert not (server.root / "up").exists()


# Servers that are odd and no worse: everything works.

HARMLESS = (
    "no-150", "226-before-data", "late-226=700", "await-close-notify", "tls-after-150",
    "tls-before-150", "reply-split", "long-line=5000", "no-feat-before-login", "no-size",
    "forget-rest", "pbsz-refused", "banner-multiline", "banner-delay=700", "no-mlsd", "no-resume",
    "late-ticket", "ticket-once", "busy-in-transfer", "no-close-notify", "abor-one-reply",
    "deaf-while-accepting")
WAYS = {"tls13": (), "tls12": ("--tls-max=1.2",), "reuse": ("--require-reuse",)}


def exchange_files(client, server, listings=1):
    """A listing, two downloads and two uploads on one connection."""
    (client.folder / "up").write_bytes(BIG)
    run = client("-c", "ls; get big; get small; put up; put small again", server.target())
    assert run.status == 0, run
    assert "big" in run.stdout
    assert (client.folder / "big").read_bytes() == BIG
    assert (client.folder / "small").read_bytes() == SMALL
    assert (server.root / "up").read_bytes() == BIG
    assert (server.root / "again").read_bytes() == SMALL
    assert not list(client.folder.glob("*.part"))
    assert run.attempts() == [("epsv", "open", "ok")] * (listings + 4)
    return run


@pytest.mark.parametrize("quirk", HARMLESS)
def test_harmless(fake, client, quirk):
    """field 9: what ends a listing without close_notify may be a cut, unless the same comes twice."""
    exchange_files(client, fake(quirk), 2 if quirk == "no-close-notify" else 1)


@pytest.mark.scene("k")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("quirk", (None, "late-ticket", "ticket-once"))
def test_every_data_connection_is_resumed(fake, client, way, quirk):
    server = fake(*([quirk] if quirk else []), options=WAYS[way])
    run = exchange_files(client, server)
    assert all(a["tls"]["resumed"] for a in run.raw_attempts()), run


@pytest.mark.scene("l")
def test_implicit_tls(fake, client):
    exchange_files(client, fake(tls="implicit"))


def test_tls_is_required(fake, client):
    exchange_files(client, fake(tls="required"))


@pytest.mark.scene("j")
@pytest.mark.parametrize("option, strategy", (("--epsv", "epsv"), ("--active", "active")))
def test_ipv6(fake, client, ipv6_loopback, option, strategy):
    server = fake(options=("--listen=::1",))
    run = client(option, server.target("[::1]"), "get", "small")
    assert run.status == 0, run
    assert run.strategy() == strategy


def test_several_quirks_at_once(fake, client):
    exchange_files(client, fake("tls-after-150", "reply-split", "late-ticket", "ticket-once", "no-150",
                                options=("--require-reuse",)))


@pytest.mark.parametrize("quirk", ("list-error-empty", "no-150", "no-mlsd"))
def test_empty_folder(fake, client, quirk):
    server = fake(quirk)
    run = client(server.target(), "ls", "empty")
    assert (run.status, run.stdout) == (0, ""), run
    (server.root / "access" / "no failure").mkdir(parents=True)
    run = client(server.target(), "ls", "access/no failure")
    assert (run.status, run.stdout) == (0, ""), run


@pytest.mark.parametrize("quirks", (("escape-names",), ("escape-names", "no-mlsd")))
@pytest.mark.parametrize("command", ("ls", "ls -1", "ls -l"))
def test_escape_sequences_are_shown_escaped(fake, client, quirks, command):
    sh = Shell(client, fake(*quirks).target(), *command.split())
    assert sh.leave() == 0, sh.seen.text
    assert r"evil\x1b[31mred\x1b]0;title\x07name" in sh.seen.text
    rest = re.sub("\033\\[(01;34|0)m", "", sh.seen.text)  # our own colour of folders
    assert "\033" not in rest and "\007" not in rest


# Servers that nobody can work with.

@pytest.mark.scene("p")
@pytest.mark.parametrize("quirk, options, status", (
    ("auth-refused", (), 4), ("prot-refused", (), 4), ("login-421", (), 8),
    ("inject-after-auth", (), 3), ("long-line=300000", (), 3), ("endless-reply=FEAT", (), 3),
    ("endless-reply=USER", (), 3), ("banner-delay=5000", ("--connect-timeout=0.5",), 3),
    ("refuse=USER:530", (), 5), ("refuse=PASS:530", (), 5), ("421-after=2", (), 8)))
def test_hopeless(fake, client, quirk, options, status):
    run = client("--retries=0", *options, fake(quirk).target(), "get", "small")
    assert run.status == status, run
    assert run.report["exit"] == status and run.report["error"]
    assert run.seconds < 5
    assert not list(client.folder.glob("small*"))


@pytest.mark.parametrize("quirk", ("auth-refused", "inject-after-auth"))
def test_the_password_is_not_sent_in_clear(fake, client, quirk):
    server = fake(quirk)
    client(server.target(), "ls")
    assert "PASS" not in server.said()


def test_data_of_somebody_else(fake, client, pki):
    """A resumed session shows no certificate, hence no-resume."""
    server = fake(f"other-data-cert={pki.other.cert}:{pki.other.key}", "no-resume")
    (client.folder / "up").write_bytes(SMALL)
    for command in (("get", "small"), ("put", "up")):
        run = client(server.target(), *command)
        assert run.status == 6, run
        assert {(a["stage"], a["result"]) for a in run.raw_attempts()} == {("tls", "tls")}
        assert "certificate" in run.stderr
    assert not list(client.folder.glob("small*"))
    assert not (server.root / "up").exists() or (server.root / "up").read_bytes() == b""


def test_data_in_clear(fake, client):
    """An upload may not leak; that server takes the greeting of TLS for the file and waits."""
    server = fake("data-plaintext")
    (client.folder / "up").write_bytes(SMALL)
    run = client(server.target(), "get", "small")
    assert run.status == 6, run
    assert {(a["stage"], a["result"]) for a in run.raw_attempts()} == {("tls", "tls")}
    assert not list(client.folder.glob("small*"))
    run = client("--epsv", "--data-timeout=1", server.target(), "put", "up")
    assert run.status == 6, run
    assert SMALL not in (server.root / "up").read_bytes()


# Row o: what dies, stalls or lies in the middle of a transfer.

BROKEN = (
    (f"data-cut-after={SOME}", (), 9),
    (f"data-close-after={SOME}", (), 8),
    (f"data-reset-after={SOME}", (), 8),
    (f"data-stall-after={SOME}", ("--idle-timeout=0.7",), 10),
    (f"die-after={SOME}", (), 3),
    ("wrong-size=5", (), 9),
    ("wrong-size=-5", (), 9),
)


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirk, options, status", BROKEN)
def test_broken_download(fake, client, quirk, options, status):
    server = fake(quirk)
    (client.folder / "big").write_bytes(b"what was there before")
    run = client("--retries=0", *options, server.target(), "get", "big")
    assert run.status == status, run
    assert run.report["exit"] == status and run.report["error"]
    assert run.report["transfers"][0]["verdict"] in ("truncated", "failed")
    assert run.seconds < 8
    assert (client.folder / "big").read_bytes() == b"what was there before"


AFTER = [row for row in BROKEN if not row[0].startswith("wrong-size")]


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirk, options", [row[:2] for row in AFTER])
def test_the_next_download_works(fake, client, quirk, options):
    run = client("--retries=0", *options, "-c", "-get big; get small; ls", fake(quirk).target())
    assert run.status == 0, run
    assert not (client.folder / "big").exists()
    assert (client.folder / "small").read_bytes() == SMALL
    assert [t["verdict"] for t in run.report["transfers"]][1:] == ["size-ok"]
    assert "empty" in run.stdout


BROKEN_UP = (
    (f"data-close-after={SOME}", (), 8),
    (f"data-reset-after={SOME}", (), 8),
    (f"data-stall-after={SOME}", ("--idle-timeout=0.7",), 10),
    (f"die-after={SOME}", (), 3),
    (f"disk-full-after={SOME}", (), 8),
    ("upload-short=7", (), 9),
    ("wrong-size=-5", (), 9),
)


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirk, options, status", BROKEN_UP)
def test_broken_upload(fake, client, quirk, options, status):
    server = fake(quirk)
    (client.folder / "up").write_bytes(os.urandom(30_000_000))
    run = client("--retries=0", *options, server.target(), "put", "up")
    assert run.status == status, run
    assert run.report["transfers"][0]["verdict"] in ("truncated", "failed")
    assert run.seconds < 8


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirk, options", [row[:2] for row in BROKEN_UP[:-2]])
def test_the_next_upload_works(fake, client, quirk, options):
    server = fake(quirk)
    (client.folder / "up").write_bytes(os.urandom(30_000_000))
    (client.folder / "little").write_bytes(SMALL)
    run = client("--retries=0", *options, "-c", "-put up; put little", server.target())
    assert run.status == 0, run
    assert (server.root / "little").read_bytes() == SMALL


@pytest.mark.scene("o")
@pytest.mark.parametrize("command", ("get big", "put up"))
def test_lost_final_reply(fake, client, command):
    """field 38: the server never says that the file is there; its size does, where it is told."""
    (client.folder / "up").write_bytes(BIG)
    server = fake("no-226")
    run = client("--final-timeout=0.5", "-c", f"{command}; pwd", server.target())
    assert run.status == 0, run
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"]
    mute = fake("no-226", "no-size")
    run = client("--final-timeout=0.5", "-c", f"-{command}; pwd", mute.target())
    assert run.status == 0, run
    alone = client("--final-timeout=0.5", mute.target(), *command.split())
    assert alone.status == 10, alone
    assert [t["verdict"] for t in alone.report["transfers"]] == ["failed"]


@pytest.mark.scene("o")
@pytest.mark.parametrize("after", (0, SOME))
def test_control_dies_while_data_goes_on(fake, client, after):
    """field 38: the data are whole all the same, and a new connection tells their size."""
    run = client("-c", "get big; get small", fake(f"control-close-after={after}").target())
    assert run.status == 0, run
    assert (client.folder / "big").read_bytes() == BIG
    assert (client.folder / "small").read_bytes() == SMALL
    mute = fake(f"control-close-after={after}", "no-size")
    alone = client(mute.target(), "get", "big", "other")
    assert alone.status == 3, alone
    assert not (client.folder / "other").exists()


def test_end_without_close_notify_and_size(fake, client):
    """Nothing tells that the file is whole, hence it is not believed."""
    run = client(fake("no-close-notify", "no-size").target(), "get", "small")
    assert run.status == 9, run
    assert not (client.folder / "small").exists()


@pytest.mark.scene("o")
def test_421_between_commands(fake, client):
    """The greeting of the next connection starts the count anew."""
    run = client("-c", "-pwd;" * 12 + "get small", fake("421-after=14").target())
    assert run.status == 0, run
    assert (client.folder / "small").read_bytes() == SMALL


@pytest.mark.parametrize("quirk, status", (
    ("ignore-rest", 9), ("refuse=REST", 7), ("forget-rest", 0), ("no-size", 9), (None, 0)))
def test_reget_is_never_corrupt(fake, client, quirk, status):
    """Without its size nothing tells that a file is the one whose beginning is here, and what came
    from its start where the middle was asked for is not it."""
    server, part = fake(*([quirk] if quirk else [])), client.folder / "big.ftpsh.part"
    part.write_bytes(BIG[:SOME])
    run = client(server.target(), "reget", "big")
    assert run.status == status, run
    if status:
        assert part.read_bytes() == BIG[:SOME] and not (client.folder / "big").exists()
        return
    assert (client.folder / "big").read_bytes() == BIG
    assert run.report["transfers"][0]["bytes"] < len(BIG)


def test_reget_of_another_file(fake, client):
    """The part file holds other bytes: it is not built upon."""
    part, other = client.folder / "big.ftpsh.part", os.urandom(SOME)
    part.write_bytes(other)
    run = client(fake().target(), "reget", "big")
    assert run.status == 9, run
    assert part.read_bytes() == other and not (client.folder / "big").exists()


# Ctrl-C.

def is_moving(path):
    return path.exists() and path.stat().st_size > 100_000


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirks", (
    ("slow=1000000",), (f"data-stall-after={SOME}",), ("slow=1000000", "abor-ignored"),
    (f"data-stall-after={SOME}", "abor-one-reply")))
def test_interrupted_download(fake, client, quirks):
    server, part = fake(*quirks), client.folder / "big.ftpsh.part"
    run = client.signal_when(signal.SIGINT, lambda: is_moving(part), server.target(), "get", "big")
    assert run.status == 130 and run.report["exit"] == 130, run
    assert run.seconds < 4
    assert not (client.folder / "big").exists()


@pytest.mark.scene("o")
def test_interrupted_upload(fake, client):
    server = fake("slow=1000000")
    (client.folder / "up").write_bytes(os.urandom(30_000_000))
    there = server.root / "up"
    run = client.signal_when(signal.SIGINT, lambda: is_moving(there), server.target(), "put", "up")
    assert run.status == 130, run
    assert run.seconds < 4
    assert there.stat().st_size < 30_000_000


@pytest.mark.scene("o")
@pytest.mark.parametrize("quirk", ("epsv-silent", "epsv-no-reply", "banner-delay=20000"))
def test_interrupted_while_opening(fake, client, quirk):
    server = fake(quirk)

    def begun():
        said = server.said()
        return "> EPSV" in said or (quirk.startswith("banner") and server_has_guest(server))

    run = client.signal_when(signal.SIGINT, begun, "--data-timeout=20", server.target(), "ls")
    assert run.status == 130, run
    assert run.seconds < 4


def server_has_guest(server):
    """A connected socket on the server's port, as the kernel lists it."""
    with open(f"/proc/{server.process.child.pid}/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return any(int(row[1].rsplit(":", 1)[1], 16) == server.port and row[3] == "01" for row in rows)


@pytest.mark.scene("o")
@pytest.mark.parametrize("abor", ("abor-one-reply", "abor-ignored", None))
def test_shell_goes_on_after_ctrl_c(fake, client, abor):
    server = fake("slow=1000000", *([abor] if abor else []))
    shell = Shell(client, server.target())
    shell.prompt()
    part = client.folder / "big.ftpsh.part"
    shell.type("get big")
    wait_until(lambda: is_moving(part), 15, "the transfer")
    shell.interrupt()
    shell.prompt()
    shell.run("get small")
    assert (client.folder / "small").read_bytes() == SMALL
    assert not (client.folder / "big").exists()
    shell.type("quit")
    assert shell.leave() == 0
    # one reply or two: the session is still the same
    assert server.said().count("> USER") == 1
