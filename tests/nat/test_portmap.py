"""Active mode behind the client's own NAT, by a port that the NAT is asked for."""
import signal
import subprocess

import pytest

from bed import clientnat
from bed.process import wait_until

pytestmark = pytest.mark.usefixtures("namespaces")
PROTOCOLS = {"pcp": "PCP", "natpmp": "NAT-PMP", "upnp": "UPnP"}
BOTH_SILENT = f"udp dport {clientnat.PCP_PORT} drop"
PCP_SILENT = f"udp dport {clientnat.PCP_PORT} @th,64,8 2 drop"


@pytest.fixture
def scene(bed):
    """The NAT and a public server."""
    router = bed.client_nat()
    server = bed.server("vsftpd", netns=router.server, address=clientnat.SERVER, port=2121,
                        passive=(50000, 50099))
    return router, server


def list_files(ftpsh, scene, *options):
    router, server = scene
    return ftpsh(*options, server.target(), "ls", netns=router.client)


def silence(router, rule):
    router.inside(router.middle, "nft", "insert", "rule", "inet", "bed", "local", *rule.split())


def check_mapped(router, run, name):
    assert run.status == 0, run
    assert run.attempts() == [("active", "open", "ok")], run
    attempt = run.raw_attempts()[0]
    assert attempt["command"].startswith(f"EPRT |1|{clientnat.EXTERNAL}|"), run
    assert attempt["endpoint"].startswith(clientnat.EXTERNAL + ":"), run
    assert f", by {name}" in run.stderr, run
    assert router.mappings() == [], run


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_each_protocol(bed, ftpsh, scene, mode):
    bed.miniupnpd(scene[0])
    bed.share("hello.txt")
    run = list_files(ftpsh, scene, "-v", "--active", f"--port-map={mode}")
    check_mapped(scene[0], run, PROTOCOLS[mode])
    assert "hello.txt" in run.stdout
    assert run.seconds < 4
