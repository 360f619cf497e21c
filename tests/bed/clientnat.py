"""A client behind a NAT of its own, which may speak PCP, NAT-PMP and UPnP.

    client 192.168.7.10 --- NAT 192.168.7.1 | 25.0.0.7 --- server 203.0.113.121

The mirror image of bed.nat. miniupnpd writes its rules into chains of this bed's own table. It maps
nothing on documentation addresses, hence the other one, which never leaves the namespaces.
"""
import json
from pathlib import Path

from bed import nat
from bed.process import START_SECONDS, Process, wait_until

CLIENT, GATEWAY = "192.168.7.10", "192.168.7.1"
EXTERNAL, SERVER = "25.0.0.7", nat.PUBLIC
PROTOCOLS = ("pcp", "natpmp", "upnp")
PCP_PORT = 5351
HTTP_PORT = 5000
DAEMON = "/usr/sbin/miniupnpd"


class ClientNat(nat.Nat):
    """Use it in a `with`; Miniupnpd(...) in its `middle` makes it take orders."""

    def build_links(self):
        self.join(self.client, self.middle, "inside")
        self.join(self.server, self.middle, "outside")
        self.address(self.client, "wan", f"{CLIENT}/24")
        self.address(self.middle, "inside", f"{GATEWAY}/24")
        self.address(self.middle, "outside", f"{EXTERNAL}/24")
        self.address(self.server, "wan", f"{SERVER}/32")
        nat.run("ip", "-n", self.client, "route", "add", "default", "via", GATEWAY)
        nat.run("ip", "-n", self.middle, "route", "add", f"{SERVER}/32", "dev", "outside")
        nat.run("ip", "-n", self.server, "route", "add", "default", "dev", "wan")
        self.inside(self.middle, "sysctl", "-qw", "net.ipv4.ip_forward=1")

    def ruleset(self):
        """The empty chains are miniupnpd's; nothing else lets the outside in."""
        return """
table inet bed {
    chain mapped {
    }
    chain mapped_in {
    }
    chain mapped_out {
    }
    chain prerouting {
        type nat hook prerouting priority dstnat;
        jump mapped_in
    }
    chain postrouting {
        type nat hook postrouting priority srcnat;
        jump mapped_out
        oifname "outside" masquerade
    }
    chain through {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname "inside" accept
        jump mapped
    }
    chain local {
        type filter hook input priority 0;
        ct state established,related accept
        iifname "outside" drop
    }
}
"""

    def mappings(self):
        """(host, port) that each of the rules in force leads to."""
        found = []
        text = self.inside(self.middle, "nft", "-j", "list", "chain", "inet", "bed", "mapped_in")
        for item in json.loads(text)["nftables"]:
            for step in item.get("rule", {}).get("expr", []):
                if "dnat" in step:
                    found.append((step["dnat"]["addr"], step["dnat"]["port"]))
        return found


class Miniupnpd:
    """The daemon, started from a configuration of its own in the NAT's namespace."""
    name = "miniupnpd"

    def __init__(self, folder, router, protocols, allow, lease):
        self.folder, self.router, self.protocols = Path(folder), router, protocols
        self.allow, self.lease = allow, lease
        self.folder.mkdir(parents=True)
        self.process = None

    @staticmethod
    def missing():
        return "" if Path(DAEMON).exists() else "miniupnpd is not installed"

    def enabled(self, *names):
        return "yes" if set(names) & set(self.protocols) else "no"

    def lines(self):
        """Its switch for NAT-PMP is the one for PCP too."""
        return ["ext_ifname=outside", "listening_ip=inside", f"http_port={HTTP_PORT}",
                f"enable_natpmp={self.enabled('natpmp', 'pcp')}",
                f"enable_upnp={self.enabled('upnp')}", "secure_mode=yes", "system_uptime=no",
                "upnp_table_name=bed", "upnp_nat_table_name=bed", "upnp_forward_chain=mapped",
                "upnp_nat_chain=mapped_in", "upnp_nat_postrouting_chain=mapped_out",
                f"lease_file={self.folder / 'leases'}",
                "uuid=00000000-0000-4000-8000-000000000001",
                f"min_lifetime={self.lease // 2}", f"max_lifetime={self.lease}",
                f"{'allow' if self.allow else 'deny'} 1024-65535 {CLIENT}/32 1024-65535",
                "deny 0-65535 0.0.0.0/0 0-65535"]

    def __enter__(self):
        conf = self.folder / "miniupnpd.conf"
        conf.write_text("\n".join(self.lines()) + "\n")
        argv = [DAEMON, "-d", "-f", conf, "-P", self.folder / "pid"]
        self.process = Process(list(map(str, argv)), self.folder / "miniupnpd.log",
                               self.router.middle)
        wait_until(self.is_ready, START_SECONDS, f"miniupnpd:\n{self.process.text()}")
        return self

    def is_ready(self):
        said = "NAT-PMP/PCP traffic" if self.enabled("natpmp", "pcp") == "yes" else "HTTP listening"
        return said in self.process.text()

    def __exit__(self, *exc):
        self.process.stop()

    def logs(self):
        return self.process.text() if self.process else ""
