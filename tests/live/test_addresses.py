"""Which of a name's addresses is connected to: by family, and when the first one is dead."""
import subprocess

import pytest

from bed import nat
from bed.mounts import with_hosts

pytestmark = pytest.mark.usefixtures("mounts")
NAME = "several.example"
SILENT = "192.0.2.1"


def first_address(prefix, netns=None):
    """What the program is told first."""
    enter = ("ip", "netns", "exec", netns) if netns else ()
    done = subprocess.run([*enter, *prefix, "getent", "ahosts", NAME], check=True, text=True,
                          capture_output=True)
    return done.stdout.split()[0]


def peer(run):
    return run.report["server"]["address"]


@pytest.mark.usefixtures("ipv6_loopback")
@pytest.mark.parametrize("option, address", (("-4", "127.0.0.1"), ("-6", "::1")))
def test_one_family_only(fake, client, tmp_path, option, address):
    server = fake(options=("--listen=::",))
    prefix = with_hosts(tmp_path, f"127.0.0.1 {NAME}", f"::1 {NAME}")
    run = client(option, "--tls-name=localhost", server.target(NAME), "ls", prefix=prefix)
    assert run.status == 0, run
    assert peer(run) == address


@pytest.mark.parametrize("option, address", (("-6", "127.0.0.1"), ("-4", "2001:db8::7")))
def test_a_name_without_that_family(fake, client, tmp_path, option, address):
    prefix = with_hosts(tmp_path, f"{address} {NAME}")
    run = client(option, "--retries=0", fake().target(NAME), "ls", prefix=prefix)
    assert run.status == 3, run
    assert NAME in run.stderr


def test_the_first_address_refuses(fake, client, tmp_path):
    server = fake(options=("--listen=127.0.0.2",))
    prefix = with_hosts(tmp_path, f"127.0.0.1 {NAME}", f"127.0.0.2 {NAME}")
    assert first_address(prefix) == "127.0.0.1"
    run = client("--retries=0", "--tls-name=localhost", server.target(NAME), "ls", prefix=prefix)
    assert run.status == 0, run
    assert peer(run) == "127.0.0.2"
    assert run.seconds < 2


@pytest.mark.usefixtures("namespaces")
def test_the_first_address_is_silent(bed, ftpsh, tmp_path):
    """RFC 8305: the second one is tried long before the first has timed out. What the NAT's own
    outer address gets is dropped."""
    router = bed.nat()
    server = bed.server_behind(router, "vsftpd")
    prefix = with_hosts(tmp_path, f"{SILENT} {NAME}", f"{nat.PUBLIC} {NAME}")
    assert first_address(prefix, router.client) == SILENT
    run = ftpsh("--retries=0", "--tls-name=localhost", server.target(NAME), "ls",
                netns=router.client, prefix=prefix)
    assert run.status == 0, run
    assert peer(run) == nat.PUBLIC
    assert run.seconds < 3


@pytest.mark.usefixtures("namespaces")
def test_the_first_family_is_silent(bed, ftpsh, tmp_path):
    """Field 41: data stay with the family that control came through by."""
    router = bed.nat()
    server = bed.server_behind(router, "vsftpd")
    prefix = with_hosts(tmp_path, f"{nat.SERVER6} {NAME}", f"{nat.PUBLIC} {NAME}")
    router.inside(router.middle, "nft", "-f", "-", stdin="""
table ip6 dead {
    chain through {
        type filter hook forward priority 0; policy drop;
    }
}
""")
    assert first_address(prefix, router.client) == nat.SERVER6
    run = ftpsh("--retries=0", "--tls-name=localhost", server.target(NAME), "ls",
                netns=router.client, prefix=prefix)
    assert run.status == 0, run
    assert peer(run) == nat.PUBLIC
    assert run.attempts() == [("epsv", "open", "ok")]
    assert run.seconds < 3
