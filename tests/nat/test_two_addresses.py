"""field 37: servers compare where data and control connections come from."""
import sys

import pytest

from bed import nat
from bed.diagnosis import diagnose

pytestmark = pytest.mark.usefixtures("namespaces")
SECOND_CLIENT, SECOND_PUBLIC, SECOND_GATEWAY = "192.0.2.11", "203.0.113.122", "10.0.1.77"
RANGE = f"{nat.PASSIVE[0]}-{nat.PASSIVE[1]}"
# ProFTPD compares where it is told to.
STRICT = {"proftpd": ("AllowForeignAddress off",)}
EVERY_WAY = ["epsv", "pasv-use-control-ip", "pasv", "active"]

# A client that leaves it to the system where its data connections come from.
UNBOUND = """
import ftplib, sys
host, port, user = sys.argv[1:]
ftp = ftplib.FTP_TLS(timeout=10)
ftp.connect(host, int(port))
ftp.login(user, sys.stdin.read())
ftp.prot_p()
try:
    ftp.retrlines("LIST", print)
except (ftplib.Error, OSError, EOFError) as e:
    sys.exit(f"refused: {e}")
"""


@pytest.fixture(params=("vsftpd", "proftpd", "pureftpd"))
def two_at_client(request, bed):
    """The client's connections to passive ports leave from its other address."""
    router = bed.nat()
    router.address(router.client, "wan", f"{SECOND_CLIENT}/24")
    nat.run("ip", "-n", router.client, "rule", "add", "ipproto", "tcp", "dport", RANGE, "lookup",
            "100")
    nat.run("ip", "-n", router.client, "route", "add", "default", "via", "192.0.2.1", "dev", "wan",
            "src", SECOND_CLIENT, "table", "100")
    server = bed.server_behind(router, request.param, advertised=nat.PUBLIC,
                               extra=STRICT.get(request.param, ()))
    bed.share("hello.txt", b"hi")
    return router, server


def test_data_leave_from_the_control_connections_address(bed, ftpsh, two_at_client):
    """Bound to it; a client that does not bind is sent away."""
    router, server = two_at_client
    with pytest.raises(RuntimeError, match="refused: "):
        router.inside(router.client, sys.executable, "-c", UNBOUND, nat.PUBLIC, server.port,
                      bed.account.name, stdin=bed.account.password)
    (ftpsh.folder / "up").write_bytes(b"there")
    run = ftpsh("-c", "ls; get hello.txt; put up", server.target(nat.PUBLIC), netns=router.client)
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "open", "ok")] * 3
    found = diagnose(ftpsh, server.target(nat.PUBLIC), netns=router.client)
    assert found.causes() == ["healthy"] and found.working() == EVERY_WAY, found


@pytest.fixture(params=("vsftpd", "proftpd"))
def two_at_server(request, bed):
    """The server names its second address for data; the router there hides clients behind its own,
    so that the answers come back to it."""
    router = bed.nat()
    router.address(router.middle, "outside", f"{SECOND_PUBLIC}/32")
    router.address(router.middle, "inside", f"{SECOND_GATEWAY}/24")
    router.inside(router.middle, "nft", "add", "rule", "ip", "bed", "to_server", "iifname",
                  "outside", "ip", "daddr", SECOND_PUBLIC, "tcp", "dport", RANGE, "dnat", "to",
                  nat.PRIVATE)
    router.inside(router.middle, "nft", "add", "rule", "ip", "bed", "to_world", "oifname", "inside",
                  "ct", "original", "ip", "daddr", SECOND_PUBLIC, "snat", "to", SECOND_GATEWAY)
    settings = {"advertised": SECOND_PUBLIC, "extra": STRICT.get(request.param, ())}
    return router, bed.server_behind(router, request.param, **settings), settings


def test_server_rejects_data_that_come_by_its_other_address(bed, ftpsh, two_at_server):
    router, server, settings = two_at_server
    run = ftpsh(server.target(nat.PUBLIC), "ls", netns=router.client)
    assert run.status == 0 and run.attempts() == [("epsv", "open", "ok")], run
    run = ftpsh("--pasv", server.target(nat.PUBLIC), "ls", netns=router.client)
    assert run.status == 6 and run.raw_attempts()[0]["endpoint"].startswith(SECOND_PUBLIC), run
    found = diagnose(ftpsh, server.target(nat.PUBLIC), netns=router.client)
    assert found.causes() == ["data-peer-rejected"], found
    assert found.working() == ["epsv", "pasv-use-control-ip", "active"], found
    server.stop()
    mended = bed.server_behind(router, server.name, advertised=settings["advertised"],
                               extra=found.server_lines())
    found = diagnose(ftpsh, mended.target(nat.PUBLIC), netns=router.client)
    assert found.causes() == ["healthy"] and found.working() == EVERY_WAY, found
