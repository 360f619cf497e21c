"""Control and passive data through proxies: SOCKS5 and HTTP CONNECT."""
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from bed.diagnosis import diagnose
from bed.process import wait_until
from bed.proxies import KINDS, Scripted
from fake.server import PASSWORD, Fake

PASSIVE = ("epsv", "pasv-use-control-ip", "pasv")
HTTP_LOGIN = ("someone", "open-sesame")


@pytest.fixture
def proxies(bed, account):
    """Starts proxies that end with the test's servers."""
    def start(kind, **settings):
        if kind in KINDS:
            return bed.proxy(kind, **settings)
        made = bed.stack.enter_context(Scripted(kind, **settings))
        bed.servers.append(made)
        return made

    return start


def login_for(kind, account):
    return (account.name, account.password) if kind == "dante" else HTTP_LOGIN


def failure(run, status, *words):
    """Exactly one line that is about the failure."""
    assert run.status == status, run
    lines = [line for line in run.stderr.splitlines() if line.startswith("ftpsh: ")]
    assert len(lines) == 1, run
    for word in words:
        assert word in lines[0], run


def through(proxy, run, strategy):
    server = run.report["server"]
    assert run.status == 0 and run.strategy() == strategy, run
    assert server["proxy"] == proxy.shown() and server["address"] == "", run


def transfer(bed, ftpsh, tmp_path, target, *options):
    """A listing, a download and an upload."""
    content, up = os.urandom(3_000_000), tmp_path / "up"
    bed.share("down", content)
    up.write_bytes(content[::-1])
    run = ftpsh(*options, "-c", f"ls; get down '{tmp_path / 'down'}'; put '{up}' up", target)
    assert run.status == 0, run
    assert (tmp_path / "down").read_bytes() == content
    assert (bed.account.home / "up").read_bytes() == content[::-1]
    return run


@pytest.mark.parametrize("strategy", PASSIVE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name, settings", [("vsftpd", {"reuse": True}), ("proftpd", {}),
                                            ("pureftpd", {}), ("vsftpd", {"tls": "implicit"}),
                                            ("vsftpd", {"tls_version": "1.2"})])
def test_transfers(bed, ftpsh, tmp_path, proxies, kind, strategy, name, settings):
    server, proxy = bed.server(name, **settings), proxies(kind)
    run = transfer(bed, ftpsh, tmp_path, server.target(), f"--proxy={proxy.url()}", f"--{strategy}")
    through(proxy, run, strategy)
    assert len(run.attempts()) == 3, run


@pytest.mark.parametrize("kind", KINDS)
def test_without_tls(bed, ftpsh, tmp_path, proxies, kind):
    """Then FIN alone ends an upload."""
    server, proxy = bed.server("vsftpd", tls="off"), proxies(kind)
    run = transfer(bed, ftpsh, tmp_path, server.target(), f"--proxy={proxy.url()}", "--tls=off")
    through(proxy, run, "epsv")


@pytest.mark.parametrize("kind", KINDS)
def test_pyftpdlib(bed, ftpsh, tmp_path, proxies, kind):
    server, proxy = bed.server("pyftpdlib"), proxies(kind)
    run = transfer(bed, ftpsh, tmp_path, server.target(), f"--proxy={proxy.url()}")
    through(proxy, run, "epsv")
    assert run.attempts() == [("epsv", "open", "ok")] * 3, run


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_tls_waits_for_the_command(bed, ftpsh, proxies, scheme):
    """pyftpdlib hangs up where TLS begins before the command has come. A proxy may swap the two,
    which travel on two connections."""
    server, proxy = bed.server("pyftpdlib"), proxies(scheme, lag=0.1)
    run = ftpsh(f"--proxy={proxy.url()}", server.target(), "ls")
    through(proxy, run, "epsv")
    assert run.attempts() == [("epsv", "open", "ok")], run


def test_tls_before_the_preliminary_reply(ftpsh, tmp_path, pki, proxies):
    """field 71: it does not wait for long where the server wants the handshake first."""
    server = Fake(tmp_path / "fake", pki, "tls-before-150")
    server.share("small", b"small")
    try:
        run = ftpsh(f"--proxy={proxies('socks5').url()}", server.target(), "ls", password=PASSWORD)
    finally:
        server.stop()
    assert run.status == 0 and run.attempts() == [("epsv", "open", "ok")], run


@pytest.mark.parametrize("kind", KINDS)
def test_login_at_the_proxy(bed, ftpsh, tmp_path, proxies, account, kind):
    login = login_for(kind, account)
    server, proxy = bed.server("vsftpd"), proxies(kind, login=login)
    run = transfer(bed, ftpsh, tmp_path, server.target(), f"--proxy={proxy.url(login)}", "-v")
    through(proxy, run, "epsv")
    assert login[1] not in run.stderr and login[1] not in str(run.report)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_login_at_the_proxy(bed, ftpsh, proxies, account, kind):
    server, proxy = bed.server("vsftpd"), proxies(kind, login=login_for(kind, account))
    run = ftpsh("-q", f"--proxy={proxy.url((account.name, 'guessed-wrong'))}", server.target(), "ls")
    failure(run, 3, proxy.shown(), "refuses the user name or the password")
    assert "guessed-wrong" not in run.stderr + str(run.report) and run.seconds < 5, run
    run = ftpsh(f"--proxy={proxy.url()}", server.target(), "ls")
    failure(run, 3, proxy.shown(), "wants a user name and a password")
    assert run.report["server"]["address"] == "" and run.report["exit"] == 3, run


@pytest.mark.parametrize("kind", KINDS)
def test_ladder(bed, ftpsh, proxies, kind):
    server = bed.server("vsftpd", refuse=("EPSV",), advertised="10.0.1.121")
    proxy = proxies(kind)
    run = ftpsh(f"--proxy={proxy.url()}", server.target(), "ls")
    through(proxy, run, "pasv-use-control-ip")
    assert run.attempts() == [("epsv", "command", "rejected"),
                              ("pasv-use-control-ip", "open", "ok")], run


def test_data_that_the_proxy_cannot_reach(bed, ftpsh, proxies):
    """tinyproxy allows the control port alone."""
    server = bed.server("vsftpd")
    proxy = proxies("tinyproxy", connect_ports=(server.port,))
    run = ftpsh(f"--proxy={proxy.url()}", server.target(), "ls")
    failure(run, 6, "no data connection")
    assert [a[0] for a in run.attempts()] == ["epsv", "pasv-use-control-ip", "active"], run
    for attempt in run.raw_attempts()[:2]:
        assert attempt["stage"] == "connect" and attempt["result"] == "unreachable", run
        assert f"proxy {proxy.shown()}" in attempt["error"] and "403" in attempt["error"], run


def test_forbidden_server(bed, ftpsh, proxies):
    server, proxy = bed.server("vsftpd"), proxies("tinyproxy", connect_ports=(443,))
    run = ftpsh(f"--proxy={proxy.url()}", server.target(), "ls")
    failure(run, 3, proxy.shown(), f"127.0.0.1:{server.port}", "403")


@pytest.mark.parametrize("kind, word", [("dante", "connection refused"), ("tinyproxy", "500")])
def test_server_that_is_not_there(ftpsh, proxies, kind, word):
    proxy = proxies(kind)
    run = ftpsh(f"--proxy={proxy.url()}", "127.0.0.1:1", "ls")
    failure(run, 3, proxy.shown(), "127.0.0.1:1", word)


@pytest.mark.parametrize("strategy", PASSIVE)
@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_names_are_the_proxys_matter(bed, ftpsh, proxies, scheme, strategy):
    """A server whose name only the proxy knows, for data too; what a 227 says is used as it is."""
    server = bed.server("vsftpd")
    proxy = proxies(scheme)
    target = server.target("ftp.invalid")
    run = ftpsh(f"--proxy={proxy.url()}", f"--{strategy}", "--tls-name=localhost", target, "ls")
    through(proxy, run, strategy)
    control, data = proxy.asked
    assert control == f"ftp.invalid:{server.port}", proxy.asked
    assert data.startswith("127.0.0.1:" if strategy == "pasv" else "ftp.invalid:"), proxy.asked
    endpoint = run.raw_attempts()[0]["endpoint"]
    assert endpoint == (data if strategy == "pasv" else None), run


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_active_mode_is_refused(bed, ftpsh, proxies, scheme):
    server, proxy = bed.server("vsftpd"), proxies(scheme)
    run = ftpsh(f"--proxy={proxy.url()}", "--active", server.target(), "ls")
    failure(run, 6, "active")
    assert "cannot dial this client through a proxy" in run.stderr, run
    assert run.attempts()[0][2] == "skipped", run


ANSWERS = {
    "407": ("http", b"HTTP/1.1 407 Who are you\r\n\r\n", "407 Who are you"),
    "403": ("http", b"HTTP/1.1 403 Not there\r\n\r\n", "403 Not there"),
    "http garbage": ("http", b"220 this is FTP\r\n", "not HTTP"),
    "http endless": ("http", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, "no end"),
    "socks rules": ("socks5", b"\5\0\5\2\0\1\0\0\0\0\0\0", "not allowed by its rules"),
    "socks login": ("socks5", b"\5\xff", "wants a user name"),
    "socks garbage": ("socks5", b"HTTP/1.1 400 Bad request\r\n\r\n", "not SOCKS5"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_that_end_it(ftpsh, proxies, answer):
    """One line that names the proxy, at once, and no second try."""
    scheme, sent, words = ANSWERS[answer]
    proxy = proxies(scheme, answer=sent)
    run = ftpsh(f"--proxy={proxy.url()}", "ftp.invalid", "ls")
    failure(run, 3, f"proxy {proxy.shown()}", words)
    assert run.seconds < 3 and "trying again" not in run.stderr, run


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_proxy_that_says_nothing(ftpsh, proxies, scheme):
    proxy = proxies(scheme, answer=b"")
    run = ftpsh(f"--proxy={proxy.url()}", "--connect-timeout=1", "ftp.invalid", "ls")
    failure(run, 3, f"proxy {proxy.shown()}", "no answer in time")
    assert 0.9 < run.seconds < 4, run


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_proxy_that_hangs_up(ftpsh, proxies, scheme):
    proxy = proxies(scheme, answer=b"", hold=False)
    run = ftpsh(f"--proxy={proxy.url()}", "ftp.invalid", "ls")
    failure(run, 3, f"proxy {proxy.shown()}")


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_data_that_the_proxy_never_answers(bed, ftpsh, proxies, scheme):
    """Silence for the data connections alone."""
    server, proxy = bed.server("vsftpd"), proxies(scheme, answer=b"", refuse_from=1)
    run = ftpsh(f"--proxy={proxy.url()}", "--epsv", "--data-timeout=1", server.target(), "ls")
    failure(run, 6, "epsv timeout at connect")
    assert f"proxy {proxy.shown()}" in run.raw_attempts()[0]["error"], run


REFUSALS = {"http": (b"HTTP/1.1 403 Filtered\r\n\r\n", "403 Filtered"),
            "socks5": (b"\5\0\5\2\0\1\0\0\0\0\0\0", "not allowed by its rules")}


@pytest.mark.parametrize("scheme", REFUSALS)
def test_proxy_that_refuses_data(bed, ftpsh, proxies, scheme):
    """Its rules are no matter of the server's NAT."""
    answer, words = REFUSALS[scheme]
    server, proxy = bed.server("vsftpd"), proxies(scheme, answer=answer, refuse_from=1)
    found = diagnose(ftpsh, server.target(), options=(f"--proxy={proxy.url()}",))
    assert found.causes() == ["proxy-refuses"] and found.run.status == 6, found
    assert {r["by"] for r in found.remedies()} == {"proxy"}, found
    for strategy in found.found["strategies"][:3]:
        assert f"proxy {proxy.shown()}" in strategy["error"], found
        assert words in strategy["error"], found


def test_ports_that_tinyproxy_allows(bed, ftpsh, proxies):
    server = bed.server("vsftpd")
    narrow = proxies("tinyproxy", connect_ports=(server.port,))
    found = diagnose(ftpsh, server.target(), options=(f"--proxy={narrow.url()}",))
    assert found.causes() == ["proxy-refuses"], found
    ports = range(server.passive[0], server.passive[1] + 1)
    wide = proxies("tinyproxy", connect_ports=(server.port, *ports))
    found = diagnose(ftpsh, server.target(), options=(f"--proxy={wide.url()}",))
    assert found.causes() == ["healthy"], found


def test_server_that_refuses_the_proxy(ftpsh, tmp_path, pki, proxies):
    """The proxy tried: that is the server's side again."""
    server = Fake(tmp_path / "fake", pki, "epsv-port-closed", "pasv-port-closed")
    proxy = proxies("tinyproxy")
    found = diagnose(lambda *a, netns: ftpsh(*a, password=PASSWORD), server.target(),
                     options=(f"--proxy={proxy.url()}",))
    server.stop()
    assert found.causes() == ["passive-range-reset"], found


def test_no_proxy_there(ftpsh):
    run = ftpsh("--proxy=http://127.0.0.1:1", "ftp.invalid", "ls")
    failure(run, 3, "proxy http://127.0.0.1:1", "refused")
    run = ftpsh("--proxy=socks5://nowhere.invalid", "ftp.invalid", "ls")
    failure(run, 3, "proxy socks5://nowhere.invalid:1080", "resolve")


@pytest.mark.parametrize("value", ["https://gateway", "socks5://", "http://a%0ab"])
def test_unusable_names(ftpsh, value):
    failure(ftpsh(f"--proxy={value}", "ftp.invalid", "ls"), 2, "--proxy")
    run = ftpsh("ftp.invalid", "ls", prefix=("env", f"ALL_PROXY={value}"))
    failure(run, 2, "ALL_PROXY")


def test_environment(bed, ftpsh, proxies):
    server, proxy = bed.server("vsftpd"), proxies("socks5")
    for variable in ("ALL_PROXY", "all_proxy", "FTP_PROXY", "ftp_proxy"):
        run = ftpsh(server.target(), "ls", prefix=("env", f"{variable}={proxy.url()}"))
        through(proxy, run, "epsv")
    asked = len(proxy.asked)
    straight = [((), "NO_PROXY=example.com,127.0.0.1"), ((), "no_proxy=*"),
                (("--proxy=off",), "X="), (("--proxy=",), "X=")]
    for options, variable in straight:
        run = ftpsh(*options, server.target(), "ls",
                    prefix=("env", f"ALL_PROXY={proxy.url()}", variable))
        assert run.status == 0 and "proxy" not in run.report["server"], run
        assert run.report["server"]["address"] == "127.0.0.1", run
    assert len(proxy.asked) == asked


def test_status_shows_the_proxy(bed, ftpsh, proxies):
    server, proxy = bed.server("vsftpd"), proxies("http")
    run = ftpsh(f"--proxy={proxy.url()}", "--tls-name=localhost", "-c", "ls; status",
                server.target("ftp.invalid"))
    assert f"ftp.invalid, port {server.port}, through {proxy.shown()}" in run.stdout, run
    assert "epsv through the proxy" in run.stdout, run


def test_password_is_not_in_the_process_list(ftpsh, proxies):
    proxy = proxies("http", answer=b"")
    url = proxy.url().replace("//", "//me:hidden-word@")
    child = subprocess.Popen(ftpsh.argv([f"--proxy={url}", "--retries=0", "ftp.invalid", "ls"]),
                             env=ftpsh.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: proxy.open, 10, "the connection to the proxy")
        time.sleep(0.1)
        words = Path(f"/proc/{child.pid}/cmdline").read_bytes()
        assert b"hidden-word" not in words and b"//me@127.0.0.1" in words, words
    finally:
        child.terminate()
        child.communicate(timeout=10)


def test_ctrl_c_while_a_proxy_is_silent(ftpsh, proxies):
    proxy = proxies("socks5", answer=b"")
    run = ftpsh(f"--proxy={proxy.url()}", "ftp.invalid", "ls",
                prefix=("timeout", "--preserve-status", "-s", "INT", "1"))
    assert run.status == 130 and run.seconds < 4, run


def test_ipv6_proxy(bed, ftpsh, proxies, ipv6_loopback):
    """The way to the proxy and the way from it need not be of one family."""
    server = bed.server("vsftpd")
    proxy = proxies("http")
    proxy.listener.close()
    proxy.listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    proxy.run(proxy.serve)
    port = proxy.listener.getsockname()[1]
    for strategy in PASSIVE:
        run = ftpsh(f"--proxy=http://[::1]:{port}", f"--{strategy}", server.target(), "ls")
        assert run.status == 0 and run.strategy() == strategy, run
