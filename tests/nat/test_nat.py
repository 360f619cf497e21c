"""Rows b to j: a server behind a NAT. The bounds in seconds are promises of the program."""
import pytest

from bed import nat

pytestmark = pytest.mark.usefixtures("namespaces")
REFUSE = ("EPSV", "EPRT")


def list_files(ftpsh, router, server, *options, host=nat.PUBLIC):
    return ftpsh(*options, server.target(host), "ls", netns=router.client)


@pytest.mark.scene("b")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_gateway_rewrites_clear_text(bed, ftpsh, name):
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, name, tls="off")
    bed.share("hello.txt")
    run = list_files(ftpsh, router, server, "--tls=off", "--pasv")
    assert run.status == 0, run
    assert "hello.txt" in run.stdout
    assert run.attempts() == [("pasv", "open", "ok")]
    # The server said 10.0.1.121; what arrived was changed on its way.
    assert run.raw_attempts()[0]["advertised"].startswith(nat.PUBLIC + ":")


@pytest.mark.scene("c")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_gateway_is_blind_under_tls(bed, ftpsh, name):
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, name)
    run = list_files(ftpsh, router, server, "--pasv")
    assert run.status == 6, run
    assert run.seconds < 6
    assert run.attempts() == [("pasv", "connect", "timeout")]
    assert run.raw_attempts()[0]["advertised"].startswith(nat.PRIVATE + ":")
    assert "private" in run.stderr, run
    assert "private" in run.raw_attempts()[0]["error"]


@pytest.mark.scene("d")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd", "pyftpdlib"))
def test_epsv_needs_no_address(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name)
    run = list_files(ftpsh, router, server)
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "open", "ok")]
    assert run.raw_attempts()[0]["endpoint"].startswith(nat.PUBLIC + ":")


@pytest.mark.scene("e")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pyftpdlib"))
def test_private_address_is_replaced(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name, refuse=REFUSE)
    run = list_files(ftpsh, router, server)
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "command", "rejected"),
                              ("pasv-use-control-ip", "open", "ok")]
    used = run.raw_attempts()[1]
    assert used["advertised"].startswith(nat.PRIVATE + ":")
    assert used["endpoint"].startswith(nat.PUBLIC + ":")


@pytest.mark.scene("f")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pyftpdlib"))
def test_public_address_is_believed_when_asked(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name, refuse=REFUSE, advertised=nat.PUBLIC)
    run = list_files(ftpsh, router, server, "--pasv")
    assert run.status == 0, run
    assert run.attempts() == [("pasv", "open", "ok")]


@pytest.mark.scene("g")
def test_epsv_port_is_silent(bed, ftpsh):
    router = bed.nat()
    server = bed.server_behind(router, "pyftpdlib", epsv=nat.EPSV_ONLY)
    run = list_files(ftpsh, router, server)
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "connect", "timeout"),
                              ("pasv-use-control-ip", "open", "ok")]
    assert run.seconds < 6


@pytest.mark.scene("h")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd", "pyftpdlib"))
@pytest.mark.parametrize("closed, result, bound", [("drop", "timeout", 12), ("reset", "refused", 2)])
def test_active_where_passive_is_closed(bed, ftpsh, name, closed, result, bound):
    router = bed.nat(forward=False, closed=closed)
    server = bed.server_behind(router, name)
    run = list_files(ftpsh, router, server)
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "connect", result),
                              ("pasv-use-control-ip", "connect", result),
                              ("active", "open", "ok")]
    assert run.raw_attempts()[2]["command"].startswith("EPRT |1|" + nat.CLIENT)
    assert run.seconds < bound


@pytest.mark.scene("h")
@pytest.mark.parametrize("name, extra", [("vsftpd", ()), ("proftpd", ("AllowForeignAddress off",)),
                                         ("pureftpd", ()), ("pyftpdlib", ())])
@pytest.mark.parametrize("tls, option", [("explicit", "require"), ("off", "off")])
def test_active_where_another_address_is_turned_away(bed, ftpsh, name, extra, tls, option):
    """field 37. What pyftpdlib was asked for over the connection that it turned away goes into the
    next one, where the control connection is the same. Others close before they say why."""
    router = bed.nat()
    router.mask_data()
    server = bed.server_behind(router, name, advertised=nat.PUBLIC, extra=extra, tls=tls)
    content = b"hello" * 60_000
    bed.share("hello.txt", content)
    (ftpsh.folder / "mine").write_bytes(content[::-1])
    silent = (name, tls) == ("pureftpd", "off")  # it does not say that it accepts no upload
    for words in (["ls"], ["get", "hello.txt"], *([] if silent else [["put", "mine"]])):
        run = ftpsh(f"--tls={option}", server.target(nat.PUBLIC), *words, netns=router.client)
        assert run.status == 0 and (words != ["ls"] or "hello.txt" in run.stdout), run
        assert {result for _, _, result in run.attempts()[:-1]} <= {"rejected", "reset"}, run
        assert run.attempts()[-1] == ("active", "open", "ok"), run
        assert "trying again" not in run.stderr, run
    assert (ftpsh.folder / "hello.txt").read_bytes() == content
    assert silent or (bed.account.home / "mine").read_bytes() == content[::-1]


@pytest.mark.scene("h")
def test_port_where_eprt_is_refused(bed, ftpsh):
    router = bed.nat(forward=False, closed="reset")
    server = bed.server_behind(router, "vsftpd", refuse=REFUSE)
    run = list_files(ftpsh, router, server)
    assert run.status == 0, run
    assert run.strategy() == "active"
    assert run.raw_attempts()[-1]["command"].startswith("PORT 192,0,2,10,")
    assert run.seconds < 2


@pytest.mark.scene("h")
def test_active_ports_are_kept_to(bed, ftpsh):
    router = bed.nat(forward=False, closed="reset")
    server = bed.server_behind(router, "vsftpd")
    run = list_files(ftpsh, router, server, "--active", "--active-ports=41000-41003")
    assert run.status == 0, run
    port = int(run.raw_attempts()[0]["command"].split("|")[3])
    assert 41000 <= port <= 41003


@pytest.mark.scene("i")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_nothing_works(bed, ftpsh, name):
    router = bed.nat(forward=False, dial_out=False)
    server = bed.server_behind(router, name)
    run = list_files(ftpsh, router, server)
    assert run.status == 6, run
    assert run.seconds < 16
    assert run.attempts()[:2] == [("epsv", "connect", "timeout"),
                                  ("pasv-use-control-ip", "connect", "timeout")]
    assert run.attempts()[2:] == [("active", "accept", "timeout")]
    assert all(a["error"] for a in run.raw_attempts())
    assert run.report["exit"] == 6 and run.report["data"]["strategy"] is None


@pytest.mark.scene("j")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd", "pyftpdlib"))
@pytest.mark.parametrize("options, strategy", [((), "epsv"), (("--active",), "active")])
def test_ipv6(bed, ftpsh, name, options, strategy):
    router = bed.nat()
    server = bed.server_behind(router, name, address=nat.SERVER6)
    run = list_files(ftpsh, router, server, *options, host=nat.SERVER6)
    assert run.status == 0, run
    assert run.attempts() == [(strategy, "open", "ok")]
    if strategy == "active":
        assert run.raw_attempts()[0]["command"].startswith(f"EPRT |2|{nat.CLIENT6}|")
