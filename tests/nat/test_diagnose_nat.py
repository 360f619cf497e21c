"""What `diagnose` names behind a NAT: the cause that is there, and no other."""
import re

import pytest

from bed import clientnat, nat
from bed.diagnosis import diagnose
from bed.pairs import advice_is_applied  # noqa: F401 -- for all tests here

pytestmark = pytest.mark.usefixtures("namespaces")
SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
ELSEWHERE = "198.51.100.7"  # nobody's address
CLOSED = pytest.mark.parametrize("closed, cause", [("drop", "passive-range-silent"),
                                                   ("reset", "passive-range-reset")])
EVERY_SERVER = pytest.mark.parametrize("name", SERVERS)
# Lines that name no range: the server takes ports that nobody forwards.
ANY_PORT = (20000, 49999)
EVERY_WAY = ["epsv", "pasv-use-control-ip", "pasv", "active"]
CCC = [("proftpd", ("TLSRequired auth+data",)), ("pureftpd", ())]


def look(ftpsh, router, server, *words, options=(), host=nat.PUBLIC):
    return diagnose(ftpsh, server.target(host), *words, options=options, netns=router.client)


def forward(router, ports):
    router.inside(router.middle, "nft", "add", "rule", "ip", "bed", "to_server", "iifname",
                  "outside", "ip", "daddr", nat.PUBLIC, "tcp", "dport", ports, "dnat", "to",
                  nat.PRIVATE)


def forward_advised(router, found):
    """Does as the server's NAT was advised: the range that the remedy names."""
    ports = re.search(r"\d+-\d+", found.remedy("forward-passive-range")["text"])[0]
    forward(router, ports)
    return ports


def mend(bed, router, server, name, found, extra=(), **settings):
    """The server again, with the lines that were advised, besides those that it had."""
    server.stop()
    lines = found.server_lines()
    assert lines, found
    print("\n".join(lines))
    return bed.server_behind(router, name, extra=(*extra, *lines), **settings)


def is_mended(ftpsh, router, server, *words, works=EVERY_WAY):
    """Nothing is wrong any more, and all these strategies work."""
    found = look(ftpsh, router, server, *words)
    assert found.causes() == ["healthy"], found
    assert found.working() == works, found
    return found


def behind(bed, router, name, passive, **settings):
    return bed.server(name, netns=router.server, port=nat.CONTROL_PORT, address=nat.PRIVATE,
                      passive=passive, **settings)


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_gateway_and_clear_text(bed, ftpsh, name):
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, name, tls="off")
    found = look(ftpsh, router, server, options=("--tls=off",))
    assert found.causes() == ["healthy"], found


@pytest.mark.parametrize("name, extra", CCC)
def test_gateway_is_blind_under_tls(bed, ftpsh, name, extra):
    """Whether there is one shows only when it can read: the advice is to let it, for a moment."""
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, name, extra=extra)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-range-silent"], found
    assert found.remedy("try-ccc")["by"] == "client"
    found = look(ftpsh, router, server, "-c")
    assert found.causes() == ["gateway-rewrites-plain"], found
    assert "ccc" in found.working(), found
    assert found.remedy("clear-control-connection")["lines"] == ["--ccc"]
    forward_advised(router, found)
    mended = mend(bed, router, server, name, found, extra)
    is_mended(ftpsh, router, mended, "-c", works=[*EVERY_WAY, "ccc"])


def test_gateway_shows_before_the_login(bed, ftpsh):
    """Where the server answers PASV in clear, without a login."""
    extra = ("handler.tls_data_required = False",
             'handler.proto_cmds["PASV"] = {**FTPHandler.proto_cmds["PASV"], "auth": False}')
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, "pyftpdlib", extra=extra)
    found = look(ftpsh, router, server)
    assert found.causes() == ["gateway-rewrites-plain"], found
    forward_advised(router, found)
    mended = mend(bed, router, server, "pyftpdlib", found, extra)
    is_mended(ftpsh, router, mended)


@EVERY_SERVER
def test_private_address(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name)
    found = look(ftpsh, router, server)
    assert found.causes() == ["private-address-advertised"], found
    assert found.working()[:2] == ["epsv", "pasv-use-control-ip"], found
    assert found.found["path"]["advertised"] == nat.PRIVATE
    mended = mend(bed, router, server, name, found)
    is_mended(ftpsh, router, mended)


@EVERY_SERVER
def test_wrong_address(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name, advertised=ELSEWHERE)
    found = look(ftpsh, router, server)
    assert found.causes() == ["wrong-address-advertised"], found
    mended = mend(bed, router, server, name, found)
    is_mended(ftpsh, router, mended)


@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pyftpdlib"))
def test_epsv_refused(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name, refuse=("EPSV", "EPRT"))
    found = look(ftpsh, router, server)
    assert found.causes() == ["private-address-advertised"], found
    mended = mend(bed, router, server, name, found, refuse=("EPSV", "EPRT"))
    found = look(ftpsh, router, mended)
    assert found.causes() == ["epsv-refused"], found
    assert found.working() == ["pasv-use-control-ip", "pasv", "active"], found
    if name == "pyftpdlib":
        mended = mend(bed, router, mended, name, found, refuse=("EPSV", "EPRT"),
                      advertised=nat.PUBLIC)
    else:
        named = {"vsftpd": "cmds_denied", "proftpd": "<Limit>"}[name]
        assert named in found.remedy("allow-epsv")["text"], found
        mended.stop()
        mended = bed.server_behind(router, name, advertised=nat.PUBLIC, refuse=("EPRT",))
    is_mended(ftpsh, router, mended)


@pytest.mark.parametrize("name, settings, named", [
    ("proftpd", {"refuse": ("EPSV", "PASV")}, "<Limit>"),
    ("pureftpd", {"extra": ("-N",)}, "-N"),
    ("vsftpd", {"extra": ("pasv_enable=NO",)}, "")])
def test_passive_mode_is_refused(bed, ftpsh, name, settings, named):
    """What stands in its way is taken out, or the line is added that allows it."""
    router = bed.nat()
    server = bed.server_behind(router, name, advertised=nat.PUBLIC, **settings)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-refused"], found
    assert found.working() == ["active"], found
    assert named in found.remedy("allow-passive")["text"], found
    server.stop()
    mended = bed.server_behind(router, name, advertised=nat.PUBLIC, extra=found.server_lines())
    is_mended(ftpsh, router, mended)


def test_epsv_blocked(bed, ftpsh):
    router = bed.nat()
    server = bed.server_behind(router, "pyftpdlib", epsv=nat.EPSV_ONLY, advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == ["epsv-blocked"], found
    assert found.remedy("skip-epsv")["lines"] == ["--pasv-use-control-ip"]
    run = ftpsh(*found.remedy("skip-epsv")["lines"], server.target(nat.PUBLIC), "ls",
                netns=router.client)
    assert run.status == 0 and run.attempts() == [("pasv-use-control-ip", "open", "ok")], run


def test_epsv_blocked_and_private_address(bed, ftpsh):
    """Two troubles, and both are named."""
    router = bed.nat()
    server = bed.server_behind(router, "pyftpdlib", epsv=nat.EPSV_ONLY)
    found = look(ftpsh, router, server)
    assert found.causes() == ["private-address-advertised", "epsv-blocked"], found
    assert found.working() == ["pasv-use-control-ip", "active"], found


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
@pytest.mark.parametrize("settings", ({"reuse": True}, {"tls": "implicit"}))
def test_what_ftpsh_copes_with_is_no_trouble(bed, ftpsh, name, settings):
    router = bed.nat()
    server = bed.server_behind(router, name, advertised=nat.PUBLIC, **settings)
    is_mended(ftpsh, router, server)


@CLOSED
@EVERY_SERVER
def test_range_is_not_forwarded(bed, ftpsh, name, closed, cause):
    """The server's range and the NAT's differ: what is advised makes them the same."""
    router = bed.nat(closed=closed)
    server = behind(bed, router, name, ANY_PORT)
    found = look(ftpsh, router, server)
    assert found.causes() == [cause], found
    assert found.working() == ["active"], found
    ports = re.search(r"\d+-\d+", found.remedy("forward-passive-range")["text"])[0]
    assert ports == f"{nat.PASSIVE[0]}-{nat.PASSIVE[1]}"
    mended = mend(bed, router, server, name, found)
    is_mended(ftpsh, router, mended)


def test_the_range_in_use_is_the_one_to_forward(bed, ftpsh):
    router = bed.nat(forward=False, closed="reset")
    server = behind(bed, router, "vsftpd", (51000, 51099), advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-range-reset"], found
    forward_advised(router, found)
    is_mended(ftpsh, router, server)


@CLOSED
def test_range_is_forwarded_in_part(bed, ftpsh, closed, cause):
    router = bed.nat(closed=closed)
    server = behind(bed, router, "vsftpd", (50070, 50149), advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == [cause], found
    forward_advised(router, found)
    mended = mend(bed, router, server, "vsftpd", found, advertised=nat.PUBLIC)
    is_mended(ftpsh, router, mended)


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_everything_is_dropped(bed, ftpsh, name):
    router = bed.nat(forward=False, dial_out=False)
    server = bed.server_behind(router, name)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-range-silent"], found
    assert found.run.status == 6, found
    assert found.working() == [], found
    assert found.run.seconds < 4 * 4 + 2
    forward_advised(router, found)
    mended = mend(bed, router, server, name, found)
    found = look(ftpsh, router, mended)
    assert found.working() == EVERY_WAY[:3], found
    assert found.causes() == ["healthy", "active-blocked"], found


@EVERY_SERVER
def test_small_pool(bed, ftpsh, name):
    router = bed.nat()
    server = behind(bed, router, name, (50000, 50001), advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-pool-exhausted"], found
    mended = mend(bed, router, server, name, found, advertised=nat.PUBLIC)
    is_mended(ftpsh, router, mended)


@pytest.mark.parametrize("name, extra", [("vsftpd", ()), ("proftpd", ("AllowForeignAddress off",)),
                                         ("pureftpd", ()), ("pyftpdlib", ())])
def test_data_come_from_another_address(bed, ftpsh, name, extra):
    router = bed.nat()
    router.mask_data()
    bed.share("hello.txt", b"hello")
    server = bed.server_behind(router, name, advertised=nat.PUBLIC, extra=extra)
    found = look(ftpsh, router, server)
    assert found.causes() == ["data-peer-rejected"] and found.working() == ["active"], found
    mended = mend(bed, router, server, name, found, advertised=nat.PUBLIC)
    is_mended(ftpsh, router, mended)


def test_server_sees_its_own_nat(bed, ftpsh):
    """A private address in STAT is none of the client's NAT, and nothing to announce."""
    router = bed.nat()
    router.mask()
    server = bed.server_behind(router, "vsftpd", advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    path = found.found["path"]
    assert (path["masked"], path["outside"]) == (nat.MASK, None), found
    assert found.causes() == ["healthy", "active-refused"], found
    run = ftpsh(server.target(nat.PUBLIC), "diagnose", netns=router.client)
    assert f"shows this client to it as {nat.MASK}" in run.stdout, run
    assert "its NAT" not in run.stdout and "server's NAT" in run.stdout, run


def test_two_addresses_that_work(bed, ftpsh):
    """The picture shows that they differ."""
    router, second = bed.nat(), "203.0.113.122"
    router.inside(router.middle, "ip", "address", "add", f"{second}/32", "dev", "outside")
    router.inside(router.middle, "nft", "add", "rule", "ip", "bed", "to_server", "iifname",
                  "outside", "ip", "daddr", second, "tcp", "dport", "50000-50099", "dnat", "to",
                  nat.PRIVATE)
    server = bed.server_behind(router, "vsftpd", advertised=second)
    found = look(ftpsh, router, server)
    assert found.causes() == ["healthy"] and found.working() == EVERY_WAY, found
    run = ftpsh(server.target(nat.PUBLIC), "diagnose", netns=router.client)
    picture = run.stdout.split("epsv")[0]
    assert "says, works too" in picture and second in picture, run


def test_client_may_not_dial_out(bed, ftpsh):
    """The client's own firewall looks like the server's from here: both are named."""
    router = bed.nat()
    router.inside(router.client, "nft", "-f", "-", stdin="""
table ip own {
    chain out {
        type filter hook output priority 0;
        tcp dport 50000-50099 drop
    }
}
""")
    server = bed.server_behind(router, "vsftpd", advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == ["passive-range-silent"], found
    text = found.remedy("let-client-dial-out")["text"]
    assert f"{nat.PASSIVE[0]}-{nat.PASSIVE[1]} of {nat.PUBLIC}" in text, found


@EVERY_SERVER
def test_ipv6(bed, ftpsh, name):
    router = bed.nat()
    server = bed.server_behind(router, name, address=nat.SERVER6)
    found = look(ftpsh, router, server, host=nat.SERVER6)
    assert found.causes() == ["healthy"], found


def test_idle_connection_is_forgotten(bed, ftpsh):
    router = bed.nat()
    router.inside(router.middle, "sysctl", "-qw",
                  "net.netfilter.nf_conntrack_tcp_timeout_established=2",
                  "net.netfilter.nf_conntrack_tcp_loose=0")
    server = bed.server_behind(router, "proftpd", advertised=nat.PUBLIC)
    found = look(ftpsh, router, server)
    assert found.causes() == ["healthy"], found
    found = look(ftpsh, router, server, "4")
    assert found.causes() == ["control-forgotten"], found
    assert found.remedy("noop-interval")["by"] == "client"


# ---- the client's NAT ----

def public_server(bed, router, **settings):
    return bed.server("vsftpd", netns=router.server, address=clientnat.SERVER, port=2121,
                      passive=(50000, 50099), **settings)


def test_client_nat_is_no_trouble_by_itself(bed, ftpsh):
    router = bed.client_nat()
    server = public_server(bed, router)
    found = diagnose(ftpsh, server.target(), netns=router.client)
    assert found.causes() == ["healthy"], found
    path = found.found["path"]
    assert path["client_nat"] and path["client"] == clientnat.CLIENT
    assert path["outside"] == clientnat.EXTERNAL


def test_client_nat_without_mapping(bed, ftpsh):
    router = bed.client_nat()
    server = public_server(bed, router, extra=("pasv_enable=NO",))
    found = diagnose(ftpsh, server.target(), netns=router.client)
    assert found.causes() == ["client-nat-unmapped"], found
    assert found.run.status == 6, found
    options = found.remedy("announce-public-address")["lines"][0].split()
    assert f"--active-address={clientnat.EXTERNAL}" in options
    for chain, verdict in (("prerouting", ("dnat", "ip", "to", clientnat.CLIENT)),
                           ("through", ("accept",))):
        router.inside(router.middle, "nft", "insert", "rule", "inet", "bed", chain, "iifname",
                      "outside", "tcp", "dport", "50000-50099", *verdict)
    run = ftpsh(*options, server.target(), "ls", netns=router.client)
    assert run.status == 0, run


@pytest.mark.parametrize("protocol", clientnat.PROTOCOLS)
def test_client_nat_that_maps(bed, ftpsh, protocol):
    router = bed.client_nat()
    bed.miniupnpd(router, protocol)
    server = public_server(bed, router, extra=("pasv_enable=NO",))
    found = diagnose(ftpsh, server.target(), netns=router.client)
    assert found.causes() == ["passive-refused"], found
    assert found.working() == ["active"], found
    server.stop()
    server = public_server(bed, router, extra=found.server_lines())
    found = diagnose(ftpsh, server.target(), netns=router.client)
    assert found.causes() == ["healthy"], found
    assert found.working() == EVERY_WAY, found
