"""What was learnt across a NAT holds for this network, and for no other."""
import pytest

from bed import nat

pytestmark = pytest.mark.usefixtures("namespaces")
SECOND_GATEWAY, SECOND_GATEWAY6 = "192.0.2.2", "2001:db8:1::2"


@pytest.fixture
def keeper(ftpsh):
    """The client, with a memory that lasts for the test."""
    ftpsh.memory = ftpsh.folder / "state"
    return ftpsh


def networks(client):
    """{network: strategy} of what is remembered."""
    lines = (client.memory / "ftpsh" / "memory").read_text().splitlines()
    return {line.split("\t")[2]: line.split("\t")[3] for line in lines}


def list_files(client, router, server, host=nat.PUBLIC):
    run = client(f"--tls-name={nat.PUBLIC}", server.target(host), "ls", netns=router.client)
    assert run.status == 0, run
    return run


def change_gateway(router):
    for mask, address, family in ((24, SECOND_GATEWAY, "-4"), (64, SECOND_GATEWAY6, "-6")):
        nat.run("ip", "-n", router.middle, "address", "add", f"{address}/{mask}", "dev", "outside")
        nat.run("ip", "-n", router.client, family, "route", "replace", "default", "via", address,
                "dev", "wan")


@pytest.mark.parametrize("settings, refuse, failures, strategy", [
    ({}, ("EPSV", "EPRT"), [("epsv", "command", "rejected")], "pasv-use-control-ip"),
    ({"forward": False}, (), [("epsv", "connect", "timeout"),
                              ("pasv-use-control-ip", "connect", "timeout")], "active")])
def test_a_network_is_learnt_once(bed, keeper, settings, refuse, failures, strategy):
    """Scenes e and h: the second run has no failed attempt; behind another gateway all is new."""
    router = bed.nat(**settings)
    server = bed.server_behind(router, "vsftpd", refuse=refuse)
    walked = [*failures, (strategy, "open", "ok")]
    first = list_files(keeper, router, server)
    assert first.attempts() == walked and not first.report["data"]["remembered"]
    second = list_files(keeper, router, server)
    assert second.attempts() == walked[-1:] and second.report["data"]["remembered"]
    assert second.seconds < 3
    assert networks(keeper) == {"192.0.2.1": strategy}

    change_gateway(router)
    elsewhere = list_files(keeper, router, server)
    assert elsewhere.attempts() == walked and not elsewhere.report["data"]["remembered"]
    assert networks(keeper) == {"192.0.2.1": strategy, SECOND_GATEWAY: strategy}
    assert list_files(keeper, router, server).attempts() == walked[-1:]


def test_ipv6_gateway(bed, keeper):
    router = bed.nat()
    server = bed.server_behind(router, "vsftpd", address=nat.SERVER6)
    list_files(keeper, router, server, nat.SERVER6)
    assert networks(keeper) == {"2001:db8:1::1": "epsv"}
    assert list_files(keeper, router, server, nat.SERVER6).report["data"]["remembered"]
    change_gateway(router)
    assert not list_files(keeper, router, server, nat.SERVER6).report["data"]["remembered"]
    assert set(networks(keeper)) == {"2001:db8:1::1", SECOND_GATEWAY6}


def test_without_a_gateway_the_prefix_names_the_network(bed, keeper):
    """A server on the same link."""
    router = bed.nat()
    server = bed.server("vsftpd", netns=router.middle, address="192.0.2.1", port=4321,
                        passive=(50000, 50099))
    nat.Nat.inside(router.middle, "nft", "flush", "chain", "ip", "bed", "local")
    list_files(keeper, router, server, "192.0.2.1")
    assert networks(keeper) == {"192.0.2.0/24": "epsv"}
