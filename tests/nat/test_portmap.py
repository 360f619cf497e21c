"""Active mode behind the client's own NAT, through a port that the NAT is asked for.

A mapping is gone from the NAT's rules whichever way the program ends.
"""
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bed import clientnat, lender, pcpserver
from bed.process import Process, wait_until

pytestmark = pytest.mark.usefixtures("namespaces")
PROTOCOLS = {"pcp": "PCP", "natpmp": "NAT-PMP", "upnp": "UPnP"}
SILENT = f"udp dport {{ 1900, {clientnat.PCP_PORT} }} drop"
PCP_SILENT = f"udp dport {clientnat.PCP_PORT} @th,64,8 2 drop"
SLOW = 100_000
BIG = bytes(2_000_000)


@pytest.fixture
def scene(bed):
    """The NAT and a public server."""
    return start_scene(bed)


def start_scene(bed, **settings):
    router = bed.client_nat()
    return router, bed.server("vsftpd", netns=router.server, address=clientnat.SERVER, port=2121,
                              passive=(50000, 50099), **settings)


def run_in(ftpsh, scene, *options, command=("ls",)):
    router, server = scene
    return ftpsh(*options, server.target(), *command, netns=router.client)


def silence(router, rule):
    router.inside(router.middle, "nft", "insert", "rule", "inet", "bed", "local", *rule.split())


def check_mapped(router, run, name):
    assert run.status == 0, run
    assert run.attempts()[-1] == ("active", "open", "ok"), run
    attempt = run.raw_attempts()[-1]
    assert attempt["command"].startswith(f"EPRT |1|{clientnat.EXTERNAL}|"), run
    assert attempt["endpoint"].startswith(clientnat.EXTERNAL + ":"), run
    assert f", by {name}" in run.stderr and "mapping: removed" in run.stderr, run
    assert router.mappings() == [], run


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_each_protocol(bed, ftpsh, scene, mode):
    bed.miniupnpd(scene[0])
    bed.share("hello.txt")
    run = run_in(ftpsh, scene, "-v", "--active", f"--port-map={mode}")
    check_mapped(scene[0], run, PROTOCOLS[mode])
    assert "hello.txt" in run.stdout
    assert run.seconds < 4


def test_uploads_too(bed, ftpsh, scene):
    router, server = scene
    bed.miniupnpd(router)
    (ftpsh.folder / "up.bin").write_bytes(BIG)
    run = ftpsh("-v", "--active", "-c", "put up.bin; get up.bin back.bin", server.target(),
                netns=router.client)
    check_mapped(router, run, "PCP")
    assert (ftpsh.folder / "back.bin").read_bytes() == BIG
    assert [t["strategy"] for t in run.report["transfers"]] == ["active", "active"], run


@pytest.mark.parametrize("spoken, silent, name", [
    (("pcp", "natpmp", "upnp"), "", "PCP"), (("natpmp", "upnp"), PCP_SILENT, "NAT-PMP"),
    (("upnp",), "", "UPnP"), (("upnp",), f"udp dport {clientnat.PCP_PORT} drop", "UPnP")])
def test_auto_finds_what_is_spoken(bed, ftpsh, scene, spoken, silent, name):
    bed.miniupnpd(scene[0], *spoken)
    if silent:
        silence(scene[0], silent)
    check_mapped(scene[0], run_in(ftpsh, scene, "-v", "--active"), name)


def test_last_rung_of_the_ladder(bed, ftpsh, scene):
    router, server = scene
    bed.miniupnpd(router)
    router.inside(router.server, "nft", "-f", "-", stdin="""
table inet closed {
    chain local {
        type filter hook input priority 0;
        tcp dport 50000-50099 reject with tcp reset
    }
}
""")
    run = run_in(ftpsh, scene, "-v")
    check_mapped(router, run, "PCP")
    assert run.attempts()[:2] == [("epsv", "connect", "refused"),
                                  ("pasv-use-control-ip", "connect", "refused")], run


def test_local_ports_are_kept_to(bed, ftpsh, scene):
    bed.miniupnpd(scene[0])
    run = run_in(ftpsh, scene, "-v", "--active", "--active-ports=41000-41003")
    check_mapped(scene[0], run, "PCP")
    assert f"to {clientnat.CLIENT}:4100" in run.stderr, run


def test_what_spoke_is_asked_first(bed, ftpsh, scene):
    """The search for a UPnP device takes a second, once."""
    router, server = scene
    bed.miniupnpd(router, "upnp")
    run = ftpsh("-v", "--active", "-c", "ls; ls; ls; ls", server.target(), netns=router.client)
    check_mapped(router, run, "UPnP")
    assert [a["result"] for a in run.raw_attempts()] == ["ok"] * 4, run
    assert all(a["ms"] < 900 for a in run.raw_attempts()[1:]), run


@pytest.mark.parametrize("mode", ("auto", *PROTOCOLS))
@pytest.mark.parametrize("silent", (False, True))
def test_nobody_lends_a_port(ftpsh, scene, mode, silent):
    if silent:
        silence(scene[0], SILENT)
    run = run_in(ftpsh, scene, "--active", f"--port-map={mode}")
    assert run.status == 6, run
    result = "timeout" if silent or mode in ("auto", "upnp") else "refused"
    assert run.attempts() == [("active", "map", result)], run
    assert f"no port mapping from {clientnat.GATEWAY}: " in run.stderr, run
    for name in PROTOCOLS.values() if mode == "auto" else [PROTOCOLS[mode]]:
        assert f"{name}: " in run.raw_attempts()[0]["error"], run
    assert run.seconds < 6


def test_without_a_gateway(ftpsh, scene):
    router, server = scene
    router.inside(router.client, "ip", "route", "replace", f"{clientnat.SERVER}/32", "dev", "wan")
    router.inside(router.client, "ip", "route", "del", "default")
    router.inside(router.middle, "sysctl", "-qw", "net.ipv4.conf.inside.proxy_arp=1")
    run = run_in(ftpsh, scene, "--active")
    assert run.attempts() == [("active", "map", "unreachable")], run
    assert "no gateway" in run.raw_attempts()[0]["error"], run


def check_refused(run, name):
    assert run.status == 6, run
    assert run.attempts() == [("active", "map", "refused")], run
    assert f"{name}: refused" in run.raw_attempts()[0]["error"], run


@pytest.mark.parametrize("mode", ("pcp", "natpmp"))
def test_the_nat_refuses(bed, ftpsh, scene, mode):
    """miniupnpd would go through all ports, for ever."""
    with pcp_server(bed, scene[0], "refuse"):
        check_refused(run_in(ftpsh, scene, "--active", f"--port-map={mode}"), PROTOCOLS[mode])


def test_the_device_refuses(bed, ftpsh, scene):
    bed.miniupnpd(scene[0], allow=False)
    check_refused(run_in(ftpsh, scene, "--active", "--port-map=upnp"), "UPnP")


def test_off(bed, ftpsh, scene):
    bed.miniupnpd(scene[0])
    run = run_in(ftpsh, scene, "--active", "--port-map=off")
    assert run.status == 6, run
    assert run.attempts() == [("active", "command", "skipped")], run
    assert "private" in run.raw_attempts()[0]["error"], run


def test_a_given_address_needs_no_mapping(bed, ftpsh, scene):
    bed.miniupnpd(scene[0])
    run = run_in(ftpsh, scene, "-v", "--active", f"--active-address={clientnat.EXTERNAL}")
    assert run.attempts() == [("active", "accept", "timeout")], run
    assert "port mapping" not in run.stderr, run


@pytest.mark.parametrize("mode, result, why", [
    ("private", "refused", "another NAT"), ("foreign", "timeout", "no answer"),
    ("garbage", "timeout", "no answer"), ("refuse", "refused", "not authorized"),
    ("deaf", "timeout", "no answer")])
def test_misbehaving_pcp_server(bed, ftpsh, scene, mode, result, why):
    router, server = scene
    with pcp_server(bed, router, mode) as said:
        run = run_in(ftpsh, scene, "--active", "--port-map=pcp")
        assert run.attempts() == [("active", "map", result)], run
        assert why in run.raw_attempts()[0]["error"], run
        lifetimes = said("lifetime")
    assert lifetimes[0] > (0,), run
    # What may have been granted is taken back; what was refused is not.
    assert (lifetimes[-1] == (0,)) == (mode != "refuse"), run


class script:
    """One of the bed's servers at the NAT; gives a function that tells what it printed of a kind."""

    def __init__(self, bed, router, module, *args):
        self.log = Path(bed.folder) / f"{Path(module.__file__).stem}.log"
        self.log.parent.mkdir(exist_ok=True)
        self.argv = [sys.executable, module.__file__, clientnat.GATEWAY, *args]
        self.router = router

    def __enter__(self):
        self.process = Process(self.argv, self.log, self.router.middle)
        wait_until(lambda: "ready" in self.process.text(), 10, "the NAT's server")
        return self.said

    def __exit__(self, *exc):
        self.process.stop()

    def said(self, kind):
        """The numbers behind the word, line by line."""
        return [tuple(map(int, line.split()[1:])) for line in self.process.text().splitlines()
                if line.startswith(kind + " ")]


def pcp_server(bed, router, mode):
    return script(bed, router, pcpserver, mode)


def lending(bed, router, protocol, *quirks):
    return script(bed, router, lender, clientnat.EXTERNAL, protocol, *quirks)


class Transfer:
    """A slow download that goes on, with its mapping in force."""

    def __init__(self, bed, ftpsh, scene, mode):
        self.router, server = scene
        bed.share("big.bin", BIG)
        self.ftpsh, self.report = ftpsh, ftpsh.folder / "transfer.json"
        argv = ftpsh.argv(["--active", f"--port-map={mode}", "--retries=0", server.target(), "get",
                           "big.bin"], self.router.client, report=self.report)
        self.child = subprocess.Popen(argv, env=ftpsh.env(), cwd=ftpsh.folder, text=True,
                                      stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(self.is_moving, 15, "the transfer")
        assert [host for host, port in self.router.mappings()] == [clientnat.CLIENT]

    def is_moving(self):
        assert self.child.poll() is None, self.child.stderr.read()
        return any(p.stat().st_size for p in self.ftpsh.folder.glob("*big.bin*"))

    def wait(self):
        said = self.child.communicate(timeout=30)[1]
        self.ftpsh.check_findings(said)
        return self.child.returncode


@pytest.mark.parametrize("mode", PROTOCOLS)
@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
def test_gone_after_a_signal(bed, ftpsh, mode, number):
    scene = start_scene(bed, rate=SLOW)
    bed.miniupnpd(scene[0])
    transfer = Transfer(bed, ftpsh, scene, mode)
    start = time.monotonic()
    transfer.child.send_signal(number)
    assert transfer.wait() == 128 + number
    assert time.monotonic() - start < 5
    assert scene[0].mappings() == []


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_gone_after_an_error(bed, ftpsh, mode):
    scene = start_scene(bed, rate=SLOW)
    bed.miniupnpd(scene[0])
    transfer = Transfer(bed, ftpsh, scene, mode)
    scene[1].stop()
    assert transfer.wait() not in (0, 99)
    assert scene[0].mappings() == []


def test_renewed_while_the_transfer_lasts(bed, ftpsh):
    """By the other protocols miniupnpd grants the ten minutes that are asked for; for them see
    test_lease_that_the_nat_cuts()."""
    scene = start_scene(bed, rate=4 * SLOW)
    bed.miniupnpd(scene[0], lease=4)
    bed.share("big.bin", BIG + BIG)
    seen = []
    argv = ftpsh.argv(["-v", "--active", "--port-map=pcp", scene[1].target(), "get", "big.bin"],
                      scene[0].client)
    with subprocess.Popen(argv, env=ftpsh.env(), cwd=ftpsh.folder, stdin=subprocess.DEVNULL,
                          text=True, stderr=subprocess.PIPE) as child:
        for line in child.stderr:
            if "renewed for" in line:
                seen.append(scene[0].mappings())
    assert child.returncode == 0
    assert len(seen) >= 2 and all(len(m) == 1 for m in seen), seen
    assert scene[0].mappings() == []
    ftpsh.check_findings()


# ---- what miniupnpd does not do ----

@pytest.mark.parametrize("mode", ("natpmp", "upnp"))
def test_lease_that_the_nat_cuts(bed, ftpsh, mode):
    """It is renewed in time, on the same port, for as long as the transfer lasts."""
    router, server = scene = start_scene(bed, rate=8 * SLOW)
    bed.share("big.bin", BIG + BIG)
    with lending(bed, router, mode, "lease=2") as said:
        run = run_in(ftpsh, scene, "-v", "--active", f"--port-map={mode}",
                     command=("get", "big.bin"))
        assert run.status == 0, run
        assert len(said("add")) >= 3 and len({port for port, _, _ in said("add")}) == 1, said("add")
        assert said("expired") == [], run
        assert said("remove")[0][-1] == 0, said("remove")
    assert run.stderr.count("renewed for 2 s") >= 2, run
    assert router.mappings() == []


@pytest.mark.parametrize("quirks, results", [
    (("taken=1",), [718, 0]), (("taken=3",), [718, 718, 718, 0]), (("permanent=1",), [725, 0]),
    (("taken=1", "permanent=1"), [718, 725, 0])])
def test_device_with_conditions(bed, ftpsh, scene, quirks, results):
    """Another port where that one is taken, and no lease where it must be for ever."""
    router, server = scene
    with lending(bed, router, "upnp", *quirks) as said:
        run = run_in(ftpsh, scene, "-v", "--active", "--port-map=upnp")
        check_mapped(router, run, "UPnP")
        added = said("add")
    assert [result for _, _, result in added] == results, added
    assert len({port for port, _, _ in added}) == 1 + results.count(718), added
    assert added[-1][1] == (0 if 725 in results else 600), added
    assert run.raw_attempts()[-1]["endpoint"].endswith(f":{added[-1][0]}"), run


def test_device_whose_ports_are_all_taken(bed, ftpsh, scene):
    with lending(bed, scene[0], "upnp", "taken=99"):
        check_refused(run_in(ftpsh, scene, "--active", "--port-map=upnp"), "UPnP")


@pytest.mark.parametrize("number", (0, signal.SIGINT, signal.SIGTERM))
def test_mapping_for_ever_is_gone(bed, ftpsh, number):
    """Nothing would end it later, so that a device which does not remove it at once is told again."""
    router, server = scene = start_scene(bed, rate=SLOW if number else 8 * SLOW)
    with lending(bed, router, "upnp", "permanent=1", "stubborn=1") as said:
        transfer = Transfer(bed, ftpsh, scene, "upnp")
        if number:
            transfer.child.send_signal(number)
        assert transfer.wait() == (128 + number if number else 0)
        assert [error for _, error in said("remove")] == [501, 0], said("remove")
    assert router.mappings() == []


def test_gone_after_a_signal_while_the_lease_is_asked_for(bed, ftpsh, scene):
    """The mapping is there by then, and the device takes its time to say for how long."""
    router, server = scene
    with lending(bed, router, "upnp", "slow=30") as said:
        argv = ftpsh.argv(["--active", "--port-map=upnp", "--data-timeout=25", server.target(),
                           "ls"], router.client)
        with subprocess.Popen(argv, env=ftpsh.env(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            wait_until(lambda: said("asked"), 15, "the question after the lease")
            child.send_signal(signal.SIGINT)
            assert child.wait(15) == 130
        assert [error for _, error in said("remove")] == [0], said("remove")
        assert router.mappings() == []
    ftpsh.check_findings()


def test_mapping_that_stays_is_told(bed, ftpsh, scene):
    router, server = scene
    with lending(bed, router, "upnp", "permanent=1", "stubborn=9") as said:
        run = run_in(ftpsh, scene, "-v", "--active", "--port-map=upnp")
        port = said("add")[-1][0]
    assert run.status == 0, run
    assert f"look for port {port} in the NAT's own settings" in run.stderr, run


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_gone_when_the_server_never_dials(bed, ftpsh, scene, mode):
    """The rung fails after the mapping was made."""
    router, server = scene
    bed.miniupnpd(router)
    router.inside(router.server, "nft", "-f", "-", stdin=f"""
table inet closed {{
    chain outgoing {{
        type filter hook output priority 0;
        ip daddr {clientnat.EXTERNAL} tcp sport != 2121 drop
    }}
}}
""")
    run = run_in(ftpsh, scene, "--active", f"--port-map={mode}")
    assert run.status == 6, run
    assert run.attempts() == [("active", "accept", "timeout")], run
    assert run.seconds < 7
    assert router.mappings() == []


@pytest.mark.parametrize("mode", PROTOCOLS)
def test_interrupted_while_asking(ftpsh, scene, mode):
    router, server = scene
    silence(router, SILENT)
    argv = ftpsh.argv(["-v", "--active", f"--port-map={mode}", "--data-timeout=20",
                       server.target(), "ls"], router.client)
    with subprocess.Popen(argv, env=ftpsh.env(), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        for line in child.stderr:
            if "PBSZ" in line or "PROT" in line:
                break
        time.sleep(0.7)
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
    assert child.returncode == 130
    assert time.monotonic() - start < 3
    ftpsh.check_findings()
