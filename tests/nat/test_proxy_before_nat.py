"""A proxy between the client and a server behind a NAT: the only way there."""
import os

import pytest

from bed import nat
from bed.proxies import KINDS

pytestmark = pytest.mark.usefixtures("namespaces")
EVERY_PROXY = pytest.mark.parametrize("kind", KINDS)
REFUSE = ("EPSV", "EPRT")


@pytest.fixture
def through(bed, ftpsh):
    """Runs ftpsh through a proxy of this kind; `scene` is the NAT's, as in bed.nat."""
    def start(kind, **scene):
        router = bed.nat(**scene)
        router.add_proxy_host()
        proxy = bed.proxy(kind, netns=router.proxy, address=nat.PROXY)

        def run(*args, **settings):
            return ftpsh(f"--proxy={proxy.url()}", *args, netns=router.client, **settings)

        return router, run

    return start


def list_files(run, server, *options):
    return run(*options, server.target(nat.PUBLIC), "ls")


def transfer(bed, ftpsh, run, server, *options):
    """A listing, a download and an upload."""
    content = os.urandom(1_000_000)
    bed.share("down", content)
    (ftpsh.folder / "up").write_bytes(content[::-1])
    done = run(*options, "-c", "ls; get down; put up", server.target(nat.PUBLIC))
    assert done.status == 0, done
    assert (ftpsh.folder / "down").read_bytes() == content
    assert (bed.account.home / "up").read_bytes() == content[::-1]
    return done


@EVERY_PROXY
@pytest.mark.parametrize("strategy", ("epsv", "pasv-use-control-ip"))
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd"))
def test_data_cross_the_nat(bed, ftpsh, through, kind, strategy, name):
    router, run = through(kind)
    server = bed.server_behind(router, name)
    done = transfer(bed, ftpsh, run, server, f"--{strategy}")
    assert done.attempts() == [(strategy, "open", "ok")] * 3
    for attempt in done.raw_attempts():
        assert attempt["endpoint"].startswith(nat.PUBLIC + ":"), done
        assert attempt["tls"]["version"].startswith("TLS"), done
    assert f"//{nat.PROXY}:" in done.report["server"]["proxy"], done


@EVERY_PROXY
def test_the_proxy_is_the_only_way(bed, ftpsh, through, kind):
    router, run = through(kind)
    server = bed.server_behind(router, "vsftpd")
    straight = ftpsh("--connect-timeout=1", "--retries=0", server.target(nat.PUBLIC), "ls",
                     netns=router.client)
    assert straight.status == 3, straight
    assert list_files(run, server).status == 0
    assert nat.PROXY in server.logs() and nat.CLIENT not in server.logs()


@EVERY_PROXY
def test_pyftpdlib(bed, ftpsh, through, kind):
    router, run = through(kind)
    server = bed.server_behind(router, "pyftpdlib")
    transfer(bed, ftpsh, run, server)


@EVERY_PROXY
def test_private_address_is_out_of_reach(bed, through, kind):
    """As advertised; what the proxy cannot dial is no way, and the ladder has others."""
    router, run = through(kind)
    server = bed.server_behind(router, "vsftpd")
    done = list_files(run, server, "--pasv", "--data-timeout=2")
    assert done.status == 6 and done.seconds < 10, done
    attempt = done.raw_attempts()[0]
    assert attempt["stage"] == "connect" and attempt["result"] != "ok", done
    assert attempt["advertised"].startswith(nat.PRIVATE + ":"), done


@EVERY_PROXY
def test_what_worked_is_remembered(bed, ftpsh, through, kind):
    """The second run has no failed attempt."""
    router, run = through(kind)
    server = bed.server_behind(router, "vsftpd", refuse=REFUSE)
    ftpsh.memory = ftpsh.folder / "state"
    first, second = list_files(run, server), list_files(run, server)
    assert first.status == second.status == 0, (first, second)
    assert first.attempts() == [("epsv", "command", "rejected"),
                                ("pasv-use-control-ip", "open", "ok")]
    assert not first.report["data"]["remembered"]
    assert second.attempts() == first.attempts()[1:] and second.report["data"]["remembered"]


@EVERY_PROXY
@pytest.mark.parametrize("name, extra", [("proftpd", ("TLSRequired auth+data",)),
                                         ("pureftpd", ())])
def test_cleared_connection(bed, ftpsh, through, kind, name, extra):
    """The NAT's gateway reads what the proxy passes on, and opens its ports to the proxy."""
    router, run = through(kind, forward=False, gateway=True)
    server = bed.server_behind(router, name, extra=extra)
    assert list_files(run, server, "--data-timeout=1").status == 6
    done = transfer(bed, ftpsh, run, server, "--ccc")
    assert set(done.attempts()) == {("ccc", "open", "ok")}, done
    for attempt in done.raw_attempts():
        assert attempt["advertised"].startswith(nat.PUBLIC + ":"), done
        assert attempt["tls"]["version"].startswith("TLS"), done
