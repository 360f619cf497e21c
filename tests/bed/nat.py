"""A server behind a NAT: three network namespaces, joined by veth pairs.

    client 192.0.2.10 --- NAT 203.0.113.121 | 10.0.1.1 --- server 10.0.1.121

Documentation addresses stand for public ones. With IPv6 the middle one is a plain router.
"""
import itertools
import os
import subprocess
from dataclasses import dataclass

CLIENT, PUBLIC, PRIVATE = "192.0.2.10", "203.0.113.121", "10.0.1.121"
MASK = "10.0.1.77"  # an address of the NAT's own, on the server's side
CLIENT6, SERVER6 = "2001:db8:1::10", "2001:db8:2::121"
CONTROL_PORT = 2121
PASSIVE = (50000, 50099)
EPSV_ONLY = (51000, 51099)  # never forwarded
PROXY, PROXY_GATEWAY = "198.51.100.20", "198.51.100.1"
REJECTIONS = {"drop": "drop", "reset": "meta l4proto tcp reject with tcp reset"}

serial = itertools.count()


@dataclass(frozen=True)
class Scene:
    forward: bool = True      # the passive range is forwarded to the server
    closed: str = "drop"      # how the NAT treats the rest: drop or reset
    gateway: bool = False     # the kernel's FTP helper reads and rewrites clear control connections
    dial_out: bool = True     # the server may open connections to the outside


def run(*argv, stdin=None):
    done = subprocess.run([str(a) for a in argv], input=stdin, text=True, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr}{stdin or ''}")
    return done.stdout


class Namespaces:
    """Network namespaces that are there as long as the `with`: build() makes them, by add()."""

    def __init__(self):
        self.made = []

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *exc):
        self.remove()

    def build(self):
        raise NotImplementedError

    def add(self, name):
        run("ip", "netns", "add", name)
        self.made.append(name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def remove(self):
        """A namespace takes its devices with it, and so their other ends."""
        while self.made:
            subprocess.run(["ip", "netns", "del", self.made.pop()], check=False,
                           capture_output=True)


class Nat(Namespaces):
    """Use it in a `with`. `client` and `server` name the two ends' namespaces."""

    def __init__(self, scene=Scene()):
        super().__init__()
        stem = f"ftpsh{os.getpid()}-{next(serial)}"
        self.scene = scene
        self.client, self.middle, self.server, self.proxy = (f"{stem}{end}" for end in "cmsp")

    def build(self):
        for name in (self.client, self.middle, self.server):
            self.add(name)
            # Without this the links' own IPv6 addresses cannot be used in their first two seconds.
            self.inside(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        self.build_links()
        self.inside(self.middle, "nft", "-f", "-", stdin=self.ruleset())

    def build_links(self):
        self.join(self.client, self.middle, "outside")
        self.join(self.server, self.middle, "inside")
        self.address(self.client, "wan", f"{CLIENT}/24", f"{CLIENT6}/64")
        self.address(self.middle, "outside", "192.0.2.1/24", f"{PUBLIC}/32", "2001:db8:1::1/64")
        self.address(self.middle, "inside", "10.0.1.1/24", "2001:db8:2::1/64")
        self.address(self.server, "wan", f"{PRIVATE}/24", f"{SERVER6}/64")
        self.route(self.client, "192.0.2.1", "2001:db8:1::1")
        self.route(self.server, "10.0.1.1", "2001:db8:2::1")
        self.inside(self.middle, "sysctl", "-qw", "net.ipv4.ip_forward=1",
                    "net.ipv6.conf.all.forwarding=1")

    def forwarding(self):
        """What of PUBLIC leads to the server, as nft writes it."""
        passive = f", {PASSIVE[0]}-{PASSIVE[1]}" if self.scene.forward else ""
        return f"tcp dport {{ {CONTROL_PORT}{passive} }} dnat to {PRIVATE}"

    def add_proxy_host(self):
        """A machine at PROXY that reaches the server as clients do, while the client's own way
        there is closed: the namespace `proxy`."""
        name = self.proxy
        self.add(name)
        self.join(name, self.middle, "proxies")
        self.address(name, "wan", f"{PROXY}/24")
        self.address(self.middle, "proxies", f"{PROXY_GATEWAY}/24")
        run("ip", "-n", name, "route", "add", "default", "via", PROXY_GATEWAY)
        self.inside(self.middle, "nft", "-f", "-", stdin=f"""
flush chain ip bed to_server
add rule ip bed to_server iifname "proxies" ip daddr {PUBLIC} {self.forwarding()}
insert rule ip bed through iifname "outside" oifname "proxies" accept
""")

    def mask(self, *what):
        """Connections to the server come from MASK as it sees it; `what`: those that nft names so."""
        self.inside(self.middle, "ip", "address", "add", f"{MASK}/24", "dev", "inside")
        self.inside(self.middle, "nft", "add", "rule", "ip", "bed", "to_world", "oifname", "inside",
                    *what, "snat", "to", MASK)

    def mask_data(self):
        """As a NAT that spreads its clients' connections over several addresses."""
        self.mask("tcp", "dport", f"{PASSIVE[0]}-{PASSIVE[1]}")

    @staticmethod
    def inside(name, *argv, stdin=None):
        return run("ip", "netns", "exec", name, *argv, stdin=stdin)

    @staticmethod
    def join(end, middle, link):
        run("ip", "-n", end, "link", "add", "wan", "type", "veth", "peer", "name", link, "netns",
            middle)
        run("ip", "-n", end, "link", "set", "wan", "up")
        run("ip", "-n", middle, "link", "set", link, "up")

    @staticmethod
    def address(name, link, *addresses):
        for address in addresses:
            run("ip", "-n", name, "address", "add", address, "dev", link)

    @staticmethod
    def route(name, gateway, gateway6):
        run("ip", "-n", name, "route", "add", "default", "via", gateway)
        run("ip", "-n", name, "-6", "route", "add", "default", "via", gateway6)

    def ruleset(self):
        """`ct status dnat` stands for what was forwarded on purpose, by rule or by the gateway."""
        s = self.scene
        reject = REJECTIONS[s.closed]
        helper, set_helper, related = "", "", ""
        if s.gateway:
            helper = 'ct helper gateway { type "ftp" protocol tcp; l3proto ip; }'
            set_helper = f'tcp dport {CONTROL_PORT} ct helper set "gateway"'
            related = "ct state related accept"
        out = "accept" if s.dial_out else reject
        return f"""
table ip bed {{
    {helper}
    chain helpers {{
        type filter hook prerouting priority 0;
        {set_helper}
    }}
    chain to_server {{
        type nat hook prerouting priority dstnat;
        iifname "outside" ip daddr {PUBLIC} {self.forwarding()}
    }}
    chain to_world {{
        type nat hook postrouting priority srcnat;
        oifname "outside" ip saddr 10.0.1.0/24 snat to {PUBLIC}
    }}
    chain through {{
        type filter hook forward priority 0;
        ct state established accept
        {related}
        ct status dnat accept
        iifname "inside" {out}
        {reject}
    }}
    chain local {{
        type filter hook input priority 0;
        ct state established accept
        iifname "outside" {reject}
    }}
}}
"""


def why_impossible():
    """Why there can be no NAT here: what the first command that failed said; empty when there can."""
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    try:
        with Nat(Scene(gateway=True)):
            return ""
    except (RuntimeError, OSError) as e:
        return f"no network namespaces here: {str(e).splitlines()[0]}"
