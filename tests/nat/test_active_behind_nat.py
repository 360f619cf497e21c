"""Active mode of a client behind a NAT that is asked for nothing: skipped, with the reason, unless
the user says at which address the server can dial."""
import pytest

from bed import clientnat

pytestmark = pytest.mark.usefixtures("namespaces")
FORWARDED = "41000-41003"


@pytest.fixture
def scene(bed):
    router = bed.client_nat()
    server = bed.server("vsftpd", netns=router.server, address=clientnat.SERVER, port=2121,
                        passive=(50000, 50099))
    bed.share("hello.txt", b"hi")
    return router, server


def list_files(ftpsh, scene, *options):
    router, server = scene
    return ftpsh("--port-map=off", *options, server.target(), "ls", netns=router.client)


def close_passive_ports(router):
    router.inside(router.server, "nft", "-f", "-", stdin="""
table inet closed {
    chain local {
        type filter hook input priority 0;
        tcp dport 50000-50099 reject with tcp reset
    }
}
""")


def forward_ports(router):
    """As the NAT's owner does by hand."""
    router.inside(router.middle, "nft", "-f", "-", stdin=f"""
add rule inet bed mapped_in tcp dport {FORWARDED} dnat ip to {clientnat.CLIENT}
add rule inet bed mapped tcp dport {FORWARDED} accept
""")


def test_skipped_with_the_reason(ftpsh, scene):
    close_passive_ports(scene[0])
    run = list_files(ftpsh, scene)
    assert run.status == 6, run
    assert run.attempts() == [("epsv", "connect", "refused"),
                              ("pasv-use-control-ip", "connect", "refused"),
                              ("active", "command", "skipped")]
    skipped = run.raw_attempts()[2]
    assert "private" in skipped["error"] and clientnat.CLIENT in skipped["error"], run
    assert not skipped.get("command"), run
    assert f"  active: {skipped['error']}" in run.stderr, run
    logs = scene[1].logs()
    assert '"PORT ' not in logs and '"EPRT ' not in logs, logs


def test_active_address(ftpsh, scene):
    forward_ports(scene[0])
    run = list_files(ftpsh, scene, "--active", f"--active-address={clientnat.EXTERNAL}",
                     f"--active-ports={FORWARDED}")
    assert run.status == 0, run
    assert run.attempts() == [("active", "open", "ok")]
    command = run.raw_attempts()[0]["command"]
    assert command.startswith(f"EPRT |1|{clientnat.EXTERNAL}|4100"), run
    assert "hello.txt" in run.stdout


def test_active_address_on_the_ladder(ftpsh, scene):
    close_passive_ports(scene[0])
    forward_ports(scene[0])
    run = list_files(ftpsh, scene, f"--active-address={clientnat.EXTERNAL}",
                     f"--active-ports={FORWARDED}")
    assert run.status == 0, run
    assert run.attempts()[2:] == [("active", "open", "ok")]


def test_active_address_that_is_none(ftpsh):
    run = ftpsh("--active-address=here.example", "127.0.0.1", "ls")
    assert run.status == 2, run
    assert "here.example" in run.stderr
