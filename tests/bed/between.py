"""Two servers and a client with an address each, in one network: for transfers between servers.

    client 192.0.2.10 --- one 192.0.2.21 --- two 192.0.2.22
"""
import itertools
import os

from bed.nat import Namespaces, Nat, run

CLIENT, ONE, TWO = "192.0.2.10", "192.0.2.21", "192.0.2.22"

serial = itertools.count()


class Between(Namespaces):
    """Use it in a `with`. `client`, `one` and `two` name the namespaces."""

    def __init__(self):
        super().__init__()
        stem = f"ftpsh{os.getpid()}-between{next(serial)}"
        self.client, self.one, self.two, self.middle = (f"{stem}{end}" for end in "c12m")

    def build(self):
        ends = {self.client: CLIENT, self.one: ONE, self.two: TWO}
        for name in (self.middle, *ends):
            self.add(name)
        run("ip", "-n", self.middle, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", self.middle, "link", "set", "bridge", "up")
        for number, (name, address) in enumerate(ends.items()):
            link = f"end{number}"
            Nat.join(name, self.middle, link)
            run("ip", "-n", self.middle, "link", "set", link, "master", "bridge")
            Nat.address(name, "wan", f"{address}/24")
