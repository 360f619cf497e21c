"""What one test has running; everything is ended when the test is over."""
import contextlib
import itertools
from pathlib import Path

import pytest

from bed import between, clientnat, nat
from bed.proftpd import Proftpd
from bed.proxies import KINDS
from bed.pureftpd import Pureftpd
from bed.pyftpd import Pyftpd
from bed.server import Setup
from bed.vsftpd import Vsftpd

SERVERS = {c.name: c for c in (Vsftpd, Proftpd, Pureftpd, Pyftpd)}


class Bed:
    """Starts servers and NATs for one test."""

    def __init__(self, folder, pki, account):
        self.folder, self.pki, self.account = Path(folder), pki, account
        self.stack = contextlib.ExitStack()
        self.serial = itertools.count()
        self.servers = []

    def server(self, name, **settings):
        reason = SERVERS[name].missing()
        if reason:
            pytest.skip(reason)
        folder = self.folder / f"{name}-{next(self.serial)}"
        server = SERVERS[name](folder, self.pki, self.account, Setup(**settings))
        self.servers.append(server)
        return self.stack.enter_context(server)

    def nat(self, **settings):
        return self.stack.enter_context(nat.Nat(nat.Scene(**settings)))

    def between(self):
        return self.stack.enter_context(between.Between())

    def proxy(self, kind, **settings):
        reason = KINDS[kind].missing()
        if reason:
            pytest.skip(reason)
        proxy = KINDS[kind](self.folder / f"{kind}-{next(self.serial)}", **settings)
        self.servers.append(proxy)
        return self.stack.enter_context(proxy)

    def client_nat(self):
        return self.stack.enter_context(clientnat.ClientNat())

    def miniupnpd(self, router, *protocols, allow=True, lease=3600):
        """Makes the client's NAT take orders, by all protocols or by those named; or refuse them.
        `lease` is the longest, in seconds."""
        reason = clientnat.Miniupnpd.missing()
        if reason:
            pytest.skip(reason)
        folder = self.folder / f"miniupnpd-{next(self.serial)}"
        daemon = clientnat.Miniupnpd(folder, router, protocols or clientnat.PROTOCOLS,
                                     allow, lease)
        self.servers.append(daemon)
        return self.stack.enter_context(daemon)

    def server_behind(self, router, name, **settings):
        """A server in the NAT's inner network, on the ports that the NAT knows."""
        settings.setdefault("address", nat.PRIVATE)
        return self.server(name, netns=router.server, port=nat.CONTROL_PORT, passive=nat.PASSIVE,
                           **settings)

    def share(self, name, content=b""):
        """A file in the test user's home: its path, and the name the servers know it by."""
        path = self.account.home / name
        path.write_bytes(content)
        return self.account.own(path)

    def stop(self):
        self.stack.close()

    def logs(self):
        return "\n".join(f"=== {s.name}\n{s.logs()}" for s in self.servers)
