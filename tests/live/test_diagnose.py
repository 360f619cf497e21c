"""What `diagnose` names where nothing but the server is to blame: the cause, and no other."""
import json
import re
import signal
import subprocess

import pytest

from bed.diagnosis import Diagnosis, diagnose
from bed.interpreter import HANG_UP, Interpreter
from bed.pairs import advice_is_applied  # noqa: F401 -- for all tests here
from bed.proxies import Scripted
from bed.server import with_extra
from fake.server import PASSWORD, Fake

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
# pyftpdlib in the clothes of servers that cannot be had here
BANNERS = {"FileZilla Server": "FileZilla Server 1.9.4", "IIS": "Microsoft FTP Service"}


@pytest.fixture
def ask(ftpsh, tmp_path, pki):
    """Starts a server with quirks and diagnoses it."""
    servers = []

    def start(*quirks, options=(), words=(), ftpsh_options=()):
        server = Fake(tmp_path / f"fake{len(servers)}", pki, *quirks, options=options)
        servers.append(server)
        if "list-error-empty" not in quirks:
            server.share("file", b"content")
        run = ftpsh(*ftpsh_options, server.target(), "diagnose", "--json", *words,
                    password=PASSWORD)
        return Diagnosis(run)

    start.servers, start.pki = servers, pki
    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("version", ("1.2", "1.3"))
@pytest.mark.parametrize("name", SERVERS)
def test_healthy_server(bed, ftpsh, name, version):
    server = bed.server(name, tls_version=version)
    bed.share("hello.txt", b"hi")
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["healthy"], found
    assert found.working() == ["epsv", "pasv-use-control-ip", "pasv", "active"], found
    assert found.run.seconds < 3


@pytest.mark.parametrize("name", SERVERS)
def test_empty_folder(bed, ftpsh, name):
    server = bed.server(name)
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["healthy"], found


def test_listing_is_refused(bed, ftpsh):
    """That says nothing of the way: the ports that the server names are dialled all the same."""
    server = bed.server("vsftpd", extra=("dirlist_enable=NO",))
    found = diagnose(ftpsh, server.target())
    assert found.run.status == 0 and found.causes() == ["healthy"], found
    assert found.working() == ["epsv", "pasv-use-control-ip", "pasv"], found
    assert found.strategies()["epsv"][:2] == ("connect", "ok"), found
    assert found.strategies()["active"][1] == "skipped", found
    run = ftpsh(server.target(), "diagnose")
    assert "works as far as connect (NLST: 550" in run.stdout, run


def test_listing_longer_than_the_clock(ask):
    """The first bytes prove the way."""
    found = ask("slow=10", ftpsh_options=("--data-timeout=1",))
    assert found.causes() == ["healthy"] and found.run.status == 0, found
    assert found.run.seconds < 4 * 2 + 3, found


@pytest.mark.parametrize("seconds", ("0.5", "1.5"))
def test_limit_for_everything(ftpsh, tmp_path, pki, seconds):
    server = Fake(tmp_path / "fake", pki, "epsv-silent", "pasv-silent", "banner-delay=200")
    run = ftpsh(f"--timeout={seconds}", server.target(), "diagnose", password=PASSWORD)
    server.stop()
    assert run.status == 10, run


@pytest.mark.parametrize("quirks, cause, status", [
    (("epsv-port-closed",), "epsv-blocked", 0),
    (("epsv-silent",), "epsv-blocked", 0),
    (("epsv-no-reply",), "epsv-blocked", 0),
    (("refuse=EPSV",), "epsv-refused", 0),
    (("epsv-format=nonsense",), "epsv-refused", 0),
    (("refuse=EPSV", "refuse=PASV"), "passive-refused", 0),
    (("pasv-port-closed",), "gateway-disturbs", 0),
    (("pasv-silent",), "gateway-disturbs", 0),
    (("epsv-port-closed", "pasv-port-closed"), "passive-range-reset", 0),
    (("pasv-address=10.9.9.9",), "wrong-address-advertised", 0),
    (("pasv-address=0.0.0.0",), "private-address-advertised", 0),
    (("refuse=EPSV:425", "refuse=PASV:421"), "passive-pool-exhausted", 0),
    (("522-on-data",), "session-reuse-required", 6),
    (("no-close-notify",), "no-close-notify", 0),
    (("no-226",), "no-final-reply", 0),
    (("data-plaintext",), "data-tls-failed", 6),
    (("banner-delay=500", "reply-split"), "healthy", 0),
    (("no-mlsd", "no-size", "no-feat-before-login"), "healthy", 0),
    (("tls-after-150",), "healthy", 0),
    (("list-error-empty",), "healthy", 0),
    (("no-resume",), "healthy", 0)])
def test_cause_of_each_misbehaviour(ask, quirks, cause, status):
    found = ask(*quirks, ftpsh_options=("--data-timeout=1",))
    assert found.causes() == [cause], found
    assert found.run.status == status, found
    # Four strategies, what is asked besides, and the sanitizers' weight.
    assert found.run.seconds < 4 * 1 + 3, found


TROUBLES = pytest.mark.parametrize("quirks, cause", [
    (("epsv-silent", "pasv-silent"), "passive-range-silent"),
    (("pasv-port-closed",), "gateway-disturbs"),
    (("pasv-address=10.9.9.9",), "wrong-address-advertised")])


@TROUBLES
def test_active_mode_is_refused_besides(ask, quirks, cause):
    found = ask(*quirks, "refuse=EPRT", "refuse=PORT", ftpsh_options=("--data-timeout=1",))
    assert found.causes() == [cause, "active-refused"], found
    assert found.found["unexplained"] == [], found


@pytest.mark.parametrize("name, settings", [
    ("vsftpd", {"extra": ("port_enable=NO",)}), ("vsftpd", {"refuse": ("EPRT", "PORT")}),
    ("proftpd", {"refuse": ("EPRT", "PORT")}), ("pyftpdlib", {"refuse": ("EPRT", "PORT")})])
def test_active_mode_is_not_missed(bed, ftpsh, name, settings):
    server = bed.server(name, **settings)
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["healthy", "active-refused"] and found.run.status == 0, found
    assert [c["note"] for c in found.found["causes"]] == [False, True], found
    run = ftpsh(server.target(), "diagnose")
    assert "note: active-refused" in run.stdout and "unknown" not in run.stdout, run
    assert "cause: " not in run.stdout, run
    if name == "vsftpd" and "extra" in settings:
        mended = bed.server(name, extra=found.server_lines())
        assert diagnose(ftpsh, mended.target()).causes() == ["healthy"]


def test_server_that_does_not_dial(bed, ftpsh):
    """It says 200 to EPRT and then nothing more."""
    server = bed.server("vsftpd", tls="off")
    with Interpreter(server.port, {"EPRT": b"200 I will\r\n"}) as between:
        target = between.target(server)
        found = diagnose(ftpsh, target, options=("--tls=off", "--data-timeout=1"))
        run = ftpsh("--tls=off", "--data-timeout=1", target, "diagnose")
    assert found.causes() == ["healthy", "active-blocked"], found
    assert found.strategies()["active"][0] == "accept", found
    assert "note: active-blocked" in run.stdout and "unknown" not in run.stdout, run
    assert "after 200 I will" in run.stdout, run


@pytest.mark.parametrize("name", ("vsftpd", "pyftpdlib"))
def test_server_that_clears_nothing(bed, ftpsh, name):
    """No failure of data connections: these go on as before."""
    server = bed.server(name)
    found = diagnose(ftpsh, server.target(), "-c")
    assert found.causes() == ["healthy"], found
    assert found.strategies()["ccc"][:2] == ("command", "rejected"), found
    run = ftpsh(server.target(), "diagnose", "-c")
    assert "the server does not clear its control connection: 5" in run.stdout, run


def test_no_option_that_does_not_work(ask):
    refused = ("refuse=EPSV", "refuse=PASV")
    assert ask(*refused).remedy("use-active")["lines"] == ["--active"]
    found = ask(*refused, "refuse=EPRT", "refuse=PORT")
    assert found.causes() == ["passive-refused", "active-refused"], found
    assert "use-active" not in [r["id"] for r in found.remedies()], found


def test_one_port_and_no_other(bed, ftpsh):
    """While it is held nobody gets another."""
    server = bed.server("vsftpd", passive=(31770, 31770))
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["passive-pool-exhausted"], found


FIRST_FREE = ("import random", "random.randint = lambda low, high: low")


def test_first_free_port_of_many(bed, ftpsh):
    """It is the same one each time that the client has given it back."""
    server = bed.server("pyftpdlib", extra=FIRST_FREE)
    found = diagnose(ftpsh, server.target())
    assert len({p["port"] for p in found.found["probes"]}) == 1, found
    assert found.causes() == ["healthy"], found


@TROUBLES
def test_what_the_cause_does_not_explain(ask, quirks, cause):
    """That the server wants no upload is a matter of its own."""
    found = ask(*quirks, "refuse=STOR:425", words=("-u",), ftpsh_options=("--data-timeout=1",))
    assert found.causes() == [cause, "unknown"], found
    assert found.found["unexplained"] == ["upload"], found
    found = ask(*quirks, ftpsh_options=("--data-timeout=1",))
    assert found.causes() == [cause] and found.found["unexplained"] == [], found


@pytest.mark.parametrize("quirks, cause", [((), "healthy"),
                                           (("no-resume",), "session-reuse-impossible")])
def test_resumption_is_demanded(ask, quirks, cause):
    found = ask(*quirks, options=("--require-reuse",))
    assert found.causes() == [cause], found


def test_certificate_of_data_connections(ask, pki):
    """It is looked at where no session is resumed."""
    found = ask(f"other-data-cert={pki.other.cert}:{pki.other.key}", "no-resume")
    assert found.causes() == ["data-tls-failed"], found
    assert found.run.status == 6
    found = ask(f"data-client-ca={pki.ca.cert}", "no-resume")
    assert found.causes() == ["data-tls-failed"], found
    assert found.run.status == 6 and "wants a client certificate" in found.run.stdout, found


def test_pool_of_two_ports(ask):
    found = ask(options=("--passive-ports=31771-31772",))
    assert found.causes() == ["passive-pool-exhausted"], found


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_reuse_that_the_server_prevents(bed, ftpsh, name):
    settings = {"reuse": True, "tls_version": "1.3", "tickets": False}
    server = bed.server(name, **settings)
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["session-reuse-impossible"], found
    assert found.run.status == 6, found
    lines = tuple(found.remedy("drop-reuse-requirement")["lines"])
    mended = bed.server(name, extra=lines, **settings)
    again = diagnose(ftpsh, mended.target())
    assert again.causes() == ["healthy"], again


@pytest.mark.parametrize("name, extra", [
    ("vsftpd", ("force_local_logins_ssl=NO",)), ("proftpd", ("TLSRequired data",)),
    ("pyftpdlib", ("handler.tls_control_required = False",))])
def test_data_in_clear_where_tls_is_demanded(bed, ftpsh, name, extra):
    """522 as well, and no word of resuming sessions."""
    server = bed.server(name, extra=extra)
    clear = ("--tls=off", "--data-timeout=2")
    found = diagnose(ftpsh, server.target(), options=clear)
    assert found.causes() == ["data-must-be-encrypted"] and found.run.status == 6, found
    with_tls = found.remedy("use-tls")["lines"]
    assert with_tls == ["--tls=require"], found
    again = diagnose(ftpsh, server.target(), options=with_tls)
    assert again.causes() == ["healthy"], again
    server.stop()
    mended = bed.server(name, extra=with_extra(extra, found.server_lines()))
    again = diagnose(ftpsh, mended.target(), options=clear)
    assert again.causes() == ["healthy"], again


def test_passive_mode_is_switched_off(bed, ftpsh):
    server = bed.server("vsftpd", extra=("pasv_enable=NO",))
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["passive-refused"], found
    mended = bed.server("vsftpd", extra=found.server_lines())
    assert diagnose(ftpsh, mended.target()).causes() == ["healthy"]


def test_passive_mode_is_switched_off_in_pureftpd(bed, ftpsh):
    server = bed.server("pureftpd", extra=("-N",))
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["passive-refused"], found
    assert "-N" in found.remedy("allow-passive")["text"]


def test_epsv_is_given_back(bed, ftpsh):
    server = bed.server("pyftpdlib", refuse=("EPSV",))
    found = diagnose(ftpsh, server.target())
    assert found.causes() == ["epsv-refused"], found
    mended = bed.server("pyftpdlib", refuse=("EPSV",), extra=found.server_lines())
    assert diagnose(ftpsh, mended.target()).causes() == ["healthy"]


def test_active_from_another_address(bed, ftpsh):
    """Where passive mode is off, a refused EPRT says what stands in the way."""
    server = bed.server("vsftpd", refuse=("EPSV", "PASV"))
    found = diagnose(ftpsh, server.target(), options=("--active-address=127.0.0.5",))
    assert "data-peer-rejected" in found.causes(), found


@pytest.mark.parametrize("software", BANNERS)
@pytest.mark.parametrize("settings, cause, line", [
    ({"advertised": "10.9.9.9"}, "wrong-address-advertised", "127.0.0.1"),
    ({"passive": (31881, 31882)}, "passive-pool-exhausted", "31899")])
def test_advice_for_other_software(bed, ftpsh, software, settings, cause, line):
    banner = f"handler.banner = {BANNERS[software]!r}"
    server = bed.server("pyftpdlib", extra=(banner,), **settings)
    found = diagnose(ftpsh, server.target())
    assert found.causes() == [cause], found
    assert found.found["software"] == software
    assert any(line in text for text in found.server_lines()), found


@pytest.mark.parametrize("name, banner, refuse, software, asked", [
    ("proftpd", ("ServerIdent on \"hello\"",), (), "ProFTPD", "FEAT"),
    ("proftpd", ("ServerIdent on \"hello\"",), ("FEAT", "STAT"), "ProFTPD", "SITE HELP"),
    ("pureftpd", (), (), "Pure-FTPd", "FEAT"),
    ("vsftpd", ("ftpd_banner=hello",), (), "vsftpd", "STAT"),
    ("vsftpd", ("ftpd_banner=hello",), ("STAT", "HELP"), "vsftpd", "SITE HELP"),
    ("pyftpdlib", ("handler.banner = 'hello'",), (), "pyftpdlib", "FEAT"),
    ("pyftpdlib", ("handler.banner = 'hello'",), ("FEAT",), "pyftpdlib", "SITE HELP")])
def test_software_behind_another_banner(bed, ftpsh, name, banner, refuse, software, asked):
    """Nothing is asked once it is known."""
    server = bed.server(name, extra=banner, refuse=refuse)
    run = ftpsh("-v", server.target(), "diagnose", "--json")
    found = Diagnosis(run)
    assert found.found["software"] == software, found
    assert f"> {asked}\n" in run.stderr, found
    assert ("> SITE HELP\n" in run.stderr) == (asked == "SITE HELP"), found


def test_text(bed, ftpsh):
    server = bed.server("vsftpd", advertised="10.9.9.9")
    run = ftpsh(server.target(), "diagnose")
    assert run.status == 0, run
    for piece in ("this client", "10.9.9.9", "cause: wrong-address-advertised", "vsftpd.conf",
                  "pasv_address=127.0.0.1", "works today: ftpsh --epsv"):
        assert piece in run.stdout, run


def test_session_goes_on(bed, ftpsh):
    server = bed.server("pureftpd")
    bed.share("hello.txt", b"hi")
    run = ftpsh("-c", "mkdir sub; cd sub; diagnose -c; pwd; cd ..; ls", server.target())
    assert run.status == 0, run
    assert "/sub\n" in run.stdout and "hello.txt" in run.stdout
    assert "in clear" in run.stderr
    # The listing's connection is under TLS again.
    assert run.report["server"]["tls"]["version"]


@pytest.mark.parametrize("words", (("--ccc", "ls"), ("diagnose", "-c")))
def test_clearing_is_announced_quietly_too(bed, ftpsh, words):
    server = bed.server("pureftpd")
    options = [w for w in words if w.startswith("--")]
    run = ftpsh("-q", *options, server.target(), *[w for w in words if w not in options])
    assert run.status == 0 and "in clear" in run.stderr, run


def test_nothing_moves(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    run = ftpsh(server.target(), "diagnose")
    assert run.report["transfers"] == [] and run.report["data"]["attempts"] == [], run
    assert sorted(p.name for p in bed.account.home.iterdir()) == ["hello.txt"]


# ---- uploads ----

@pytest.mark.parametrize("version", ("1.2", "1.3"))
@pytest.mark.parametrize("name, settings", [("vsftpd", {"reuse": True}), ("proftpd", {"reuse": True}),
                                            ("pureftpd", {}), ("pyftpdlib", {})])
def test_upload(bed, ftpsh, name, settings, version):
    """field 11: even where resumption is demanded, of uploads as well."""
    server = bed.server(name, tls_version=version, **settings)
    bed.share("hello.txt", b"hi")
    found = diagnose(ftpsh, server.target(), "-u")
    assert found.causes() == ["healthy"], found
    upload = found.found["upload"]
    assert (upload["strategy"], upload["stage"], upload["result"]) == ("epsv", "open", "ok"), found
    assert upload["confirmed"] and upload["removed"] and "refusal" not in upload, found
    assert upload["file"].startswith(".ftpsh-diagnose-"), found
    assert [p.name for p in bed.account.home.iterdir()] == ["hello.txt"]
    assert found.run.report["transfers"] == [], found


def test_upload_is_sent_and_removed(ask):
    """The file that was there is the file that is gone."""
    found = ask(ftpsh_options=("-v",), words=("-u",))
    name = found.found["upload"]["file"]
    talk = ask.servers[0].said()
    assert f"> STOR {name}" in talk and f"> DELE {name}" in talk, talk
    assert [p.name for p in ask.servers[0].root.iterdir()] == ["file"]


def test_upload_is_not_tried_unasked(ask, bed, ftpsh):
    found = ask()
    assert found.found["upload"] is None, found
    assert "> STOR" not in ask.servers[0].said()
    run = ftpsh(bed.server("vsftpd").target(), "diagnose")
    assert "upload               not tried, only listings were: 'diagnose -u'" in run.stdout, run


def test_upload_to_a_folder_for_reading(bed, ftpsh):
    server = bed.server("vsftpd")
    folder = bed.account.home / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    found = diagnose(ftpsh, f"{server.target()}/closed", "-u")
    assert found.causes() == ["healthy"] and found.run.status == 0, found
    upload = found.found["upload"]
    assert upload["refusal"].startswith("STOR "), found
    assert "553" in upload["refusal"] and upload["result"] == "rejected", found
    assert upload["removed"] and list(folder.iterdir()) == [], found
    run = ftpsh(f"{server.target()}/closed", "diagnose", "-u")
    assert "upload               refused, which is a matter of permissions" in run.stdout, run


@pytest.mark.parametrize("quirks, causes, unexplained", [
    (("refuse=STOR:522",), ["session-reuse-required"], []),
    (("refuse=STOR:425",), ["unknown"], ["upload"])])
def test_upload_fails_where_listings_work(ask, quirks, causes, unexplained):
    """field 1, 7, 8"""
    found = ask(*quirks, words=("-u",), ftpsh_options=("--data-timeout=1",))
    assert found.causes() == causes and found.found["unexplained"] == unexplained, found
    assert found.run.status == 0 and found.found["upload"]["removed"], found
    assert [p.name for p in ask.servers[0].root.iterdir()] == ["file"]


def test_upload_is_not_confirmed(ask):
    """The clock of the strategies ends the waiting."""
    found = ask("no-226", words=("-u",), ftpsh_options=("--data-timeout=1",))
    assert found.causes() == ["no-final-reply"], found
    upload = found.found["upload"]
    assert upload["result"] == "ok" and not upload["confirmed"] and upload["removed"], found
    assert found.run.seconds < 5 * 1 + 4, found


def test_upload_that_cannot_be_removed(ask, ftpsh):
    found = ask("refuse=DELE:550", words=("-u",))
    upload = found.found["upload"]
    assert upload["result"] == "ok" and not upload["removed"], found
    assert upload["left"].startswith("DELE: 550"), found
    assert (ask.servers[0].root / upload["file"]).read_bytes() == b""
    run = ftpsh(ask.servers[0].target(), "diagnose", "-u", password=PASSWORD)
    assert "is still there: DELE: 550" in run.stdout, run


def test_upload_is_interrupted(ftpsh, tmp_path, pki):
    """What it has put on the server goes all the same."""
    server = Fake(tmp_path / "fake", pki, "late-226=500", "no-mlsd")
    child = subprocess.Popen(ftpsh.argv(["-v", server.target(), "diagnose", "-u"]),
                             env=ftpsh.env(PASSWORD), stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    for line in child.stderr:
        if line.startswith("> STOR"):
            break
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=15)[1]
    assert child.returncode == 130, said
    left = [p.name for p in server.root.iterdir()]
    assert left == [] or f"{left[0]} may be left on the server" in said, said
    server.stop()


def test_removal_is_interrupted(bed, ftpsh):
    """Whether the file is gone is not known then."""
    server = bed.server("vsftpd", tls="off")
    with Interpreter(server.port, {"DELE": b""}) as between:
        status, said = interrupt(ftpsh, between.target(server), "DELE", "-u")
    assert status == 130, said
    name = re.search(r"(\.ftpsh-diagnose-\w+) may be left on the server", said)
    assert name and [p.name for p in bed.account.home.iterdir()] == [name[1]], said


def test_upload_where_nothing_works(ask):
    found = ask("epsv-port-closed", "pasv-port-closed", "refuse=EPRT", "refuse=PORT", words=("-u",))
    assert found.found["upload"] is None and found.run.status == 6, found


def test_upload_after_the_session_was_lost(ask, ftpsh):
    """Nothing is said of what was not tried."""
    ask("epsv-no-reply", "421-after-logins=1", ftpsh_options=("--data-timeout=0.5",))
    server = Fake(ask.servers[0].root.parent / "again", ask.pki, "epsv-no-reply",
                  "421-after-logins=1")
    ask.servers.append(server)
    run = ftpsh("--data-timeout=0.5", server.target(), "diagnose", "-u", password=PASSWORD)
    assert "not tried: the session was lost before" in run.stdout, run
    assert "none that was tried works today" in run.stdout, run
    assert "no strategy works" not in run.stdout, run


def test_removal_that_is_not_answered(bed, ftpsh):
    server = bed.server("vsftpd", tls="off")
    with Interpreter(server.port, {"DELE": HANG_UP}) as between:
        run = ftpsh("--tls=off", between.target(server), "diagnose", "-u")
    assert "may still be there" in run.stdout, run


IDLE = [("vsftpd", ("idle_session_timeout=3",)), ("proftpd", ("TimeoutIdle 3",))]


@pytest.mark.parametrize("name, extra", IDLE)
def test_server_ends_an_idle_connection(bed, ftpsh, name, extra):
    """With 421 or without a word: no NAT forgets so politely."""
    server = bed.server(name, extra=extra)
    found = diagnose(ftpsh, server.target(), "9")
    assert found.causes() == ["server-idle-timeout"], found
    assert 500 < found.found["idle"]["ms"] < 9000 and found.found["idle"]["ended"], found
    server.stop()
    mended = bed.server(name, extra=with_extra(extra, found.server_lines()))
    again = diagnose(ftpsh, mended.target(), "5")
    assert again.causes() == ["healthy"] and again.found["idle"]["ended"] is None, again


@pytest.mark.parametrize("name", ("pureftpd", "pyftpdlib"))
def test_idle_limit_that_is_long(bed, ftpsh, name):
    """Pure-FTPd's shortest is a minute: that the advised line is understood has to do."""
    server = bed.server(name, tls="off")
    with Interpreter(server.port, {"NOOP": b"421 Timeout\r\n"}) as between:
        found = diagnose(ftpsh, between.target(server), "0.2", options=("--tls=off",))
    assert found.causes() == ["server-idle-timeout"], found
    mended = bed.server(name, extra=found.server_lines())
    assert diagnose(ftpsh, mended.target(), "0.2").causes() == ["healthy"]


@pytest.mark.parametrize("answer, cause", [
    (b"421 Timeout.\r\n", "server-idle-timeout"), (HANG_UP, "server-idle-timeout"),
    (b"", "control-forgotten"), (b"no reply at all\r\n", "unknown"),
    (b"500 NOOP is unknown\r\n", "healthy")])
def test_answer_after_the_idle_time(bed, ftpsh, answer, cause):
    server = bed.server("vsftpd", tls="off")
    with Interpreter(server.port, {"NOOP": answer}) as between:
        found = diagnose(ftpsh, between.target(server), "0.2",
                         options=("--tls=off", "--data-timeout=1"))
    assert between.heard == ["NOOP"] and found.causes() == [cause], found


def interrupt(ftpsh, target, command, *words):
    """Ctrl-C when the server has this command to answer: exit status and what was said."""
    child = subprocess.Popen(ftpsh.argv(["-v", "--tls=off", "--data-timeout=20", target,
                                         "diagnose", *words]),
                             env=ftpsh.env(), stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    for line in child.stderr:
        if line.startswith(f"> {command}"):
            break
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=15)[1]
    return child.returncode, said


def test_interrupted_when_the_idle_time_is_over(bed, ftpsh):
    """A question that nobody waits for any more is no evidence."""
    server = bed.server("vsftpd", tls="off")
    with Interpreter(server.port, {"NOOP": b""}) as between:
        target = between.target(server)
        status, said = interrupt(ftpsh, target, "NOOP", "0.2")
        limited = ftpsh("--timeout=3", "--data-timeout=20", "--tls=off", target, "diagnose", "0.2")
    assert status == 130, said
    assert limited.status == 10 and limited.stdout == "", limited


@pytest.mark.parametrize("word", ("x", "-1", "0", "1x"))
def test_idle_time_is_a_number(bed, ftpsh, word):
    server = bed.server("vsftpd")
    run = ftpsh(server.target(), "diagnose", word)
    assert run.status == 2, run


def diagnose_and_stop(ftpsh, server, command):
    """The server goes for good when it is sent this command."""
    child = subprocess.Popen(ftpsh.argv(["-v", "--retries=0", server.target(), "diagnose",
                                         "--json"]),
                             env=ftpsh.env(PASSWORD), stderr=subprocess.PIPE,
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    for line in child.stderr:
        if line.startswith(f"> {command}"):
            break
    server.stop()
    stdout, stderr = child.communicate(timeout=20)
    return child.returncode, stdout, stderr


def test_server_is_gone_before_the_first_strategy(ftpsh, tmp_path, pki):
    """No evidence, but the error."""
    server = Fake(tmp_path / "fake", pki, "endless-reply=SYST")
    status, stdout, stderr = diagnose_and_stop(ftpsh, server, "SYST")
    assert (status, stdout) == (3, ""), stderr
    # Its last breath may have taken the connection and dropped it.
    last = stderr.splitlines()[-1]
    assert "refused" in last or "connection lost" in last, stderr


def test_server_is_gone_after_the_first_strategy(ftpsh, tmp_path, pki):
    """What could not be tried any more has not failed."""
    server = Fake(tmp_path / "fake", pki, "epsv-no-reply")
    status, stdout, stderr = diagnose_and_stop(ftpsh, server, "EPSV")
    assert status == 6, stderr
    assert [s["strategy"] for s in json.loads(stdout)["strategies"]] == ["epsv"], stdout


def test_server_lets_nobody_in_again(ask, ftpsh):
    """What was learnt by then is shown, and why there is no more."""
    found = ask("epsv-no-reply", "421-after-logins=1", ftpsh_options=("--data-timeout=0.5",))
    assert found.run.status == 6, found
    assert [s["strategy"] for s in found.found["strategies"]] == ["epsv"], found
    assert "421 Too many connections" in found.found["ended"], found
    run = ftpsh("--data-timeout=0.5", ask.servers[0].target(), "diagnose", password=PASSWORD)
    assert run.status == 8 and "421" in run.stderr, run


@pytest.mark.parametrize("plain, cause", [("127.0.0.1", "gateway-rewrites-plain"),
                                          ("10.9.9.9", "wrong-address-advertised")])
def test_reply_in_clear(ask, plain, cause):
    """A server that answers PASV before the login gives its NAT's gateway away without CCC."""
    found = ask("pasv-address=10.9.9.9", f"pasv-before-login={plain}",
                ftpsh_options=("--data-timeout=1",))
    assert found.causes() == [cause], found
    path = found.found["path"]
    assert (path["advertised"], path["plain"]) == ("10.9.9.9", plain), found


@pytest.mark.parametrize("quirks, words, said", [
    ((), (), True), ((), ("-c",), False), (("pasv-before-login=10.9.9.9",), (), False)])
def test_how_to_compare_with_clear(ask, ftpsh, quirks, words, said):
    ask("pasv-address=10.9.9.9", *quirks, ftpsh_options=("--data-timeout=1",))
    run = ftpsh("--data-timeout=1", ask.servers[0].target(), "diagnose", *words, password=PASSWORD)
    assert ("'diagnose -c' compares" in run.stdout) == said, run


def test_interrupted(ftpsh, tmp_path, pki):
    server = Fake(tmp_path / "fake", pki, "epsv-silent", "pasv-silent")
    child = subprocess.Popen(ftpsh.argv(["-v", server.target(), "diagnose"]),
                             env=ftpsh.env(PASSWORD), stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    for line in child.stderr:
        if line.startswith("> EPSV"):  # silence for a rung follows
            break
    child.send_signal(signal.SIGINT)
    assert child.wait(5) == 130
    child.stderr.close()
    server.stop()


@pytest.mark.parametrize("scheme", ("socks5", "http"))
def test_through_a_proxy(bed, ftpsh, scheme):
    """Where the server is, only the proxy knows; active mode is no way then."""
    server = bed.server("vsftpd")
    with Scripted(scheme) as proxy:
        found = diagnose(ftpsh, server.target(), options=(f"--proxy={proxy.url()}",))
        assert found.causes() == ["healthy"], found
        assert found.strategies()["active"][1] == "skipped", found
        run = ftpsh(f"--proxy={proxy.url()}", server.target(), "diagnose")
        assert "behind a proxy" in run.stdout, run
