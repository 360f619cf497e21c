"""What the four servers have in common."""
import os
import re
from dataclasses import dataclass
from pathlib import Path

from bed.ports import free_block
from bed.process import Process

PASSIVE_PORTS = 100


@dataclass(frozen=True)
class Setup:
    """How a server is to behave. Each class says what it cannot do by raising Unsupported."""
    tls: str = "explicit"        # explicit, implicit or off
    tls_version: str = ""        # "1.2" or "1.3"; empty: both
    refuse: tuple = ()           # commands that are answered by an error
    advertised: str = ""         # the address in 227; empty: the server's own
    reuse: bool = False          # data connections must resume the control connection's session
    cert: str = "good"           # which of the pki's pairs
    netns: str = ""
    address: str = "127.0.0.1"   # to listen on
    port: int = 0                # 0: a free one
    passive: tuple = ()          # first and last port; empty: free ones
    epsv: tuple = ()             # another range for EPSV alone (pyftpdlib)
    rate: int = 0                # bytes a second that one transfer may take (vsftpd, ProFTPD)
    tickets: bool = True         # TLS 1.3 session tickets: without them nothing is resumed
    extra: tuple = ()            # lines for its configuration, which replace its own of that name


def with_extra(lines, extra):
    """The lines without those that set what the extra ones set, and these."""
    names = {name_of(line) for line in extra}
    return [line for line in lines if name_of(line) not in names] + list(extra)


def name_of(line):
    return re.split(r"[\s=]", line, maxsplit=1)[0]


class Unsupported(Exception):
    """This server has no such setting."""


class Server:
    """A running server. Use it in a `with`, or call start() and stop()."""
    name = ""

    def __init__(self, folder, pki, account, setup):
        self.folder, self.pki, self.account, self.setup = Path(folder), pki, account, setup
        self.folder.mkdir(parents=True)
        self.pair = getattr(pki, setup.cert)
        first = 0
        if not setup.port or not setup.passive:
            first = free_block(PASSIVE_PORTS + 1)
        self.port = setup.port or first
        self.passive = setup.passive or (first + 1, first + PASSIVE_PORTS)
        self.process = None

    @classmethod
    def missing(cls):
        """Why it cannot be started here; empty when it can."""
        return ""

    def command(self):
        """The argument vector; writes the configuration first."""
        raise NotImplementedError

    def env(self):
        """OpenSSL's own configuration limits what servers have no setting for."""
        limits = ["NumTickets = 0"] if not self.setup.tickets else []
        if self.setup.tls_version:
            version = f"TLSv{self.setup.tls_version}"
            limits += [f"MinProtocol = {version}", f"MaxProtocol = {version}"]
        if not limits:
            return {}
        path = self.write("openssl.cnf", [
            "openssl_conf = start", "[start]", "ssl_conf = modules", "[modules]",
            "system_default = limits", "[limits]", *limits])
        return {"OPENSSL_CONF": str(path)}

    def write(self, name, lines):
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self):
        self.process = Process(self.command(), self.folder / "server.log", self.setup.netns,
                               self.env())
        self.process.wait_port(self.port)
        return self

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exc):
        self.stop()

    def logs(self):
        return "\n".join(f"--- {p.name}\n{p.read_text(errors='replace')}"
                         for p in sorted(self.folder.glob("*.log")))

    def target(self, host=""):
        """The TARGET of a command line."""
        host = host or self.setup.address
        if ":" in host:
            host = f"[{host}]"
        scheme = "ftps://" if self.setup.tls == "implicit" else ""
        return f"{scheme}{self.account.name}@{host}:{self.port}"


def unpacked(path):
    """A file of the server packages that the tests only unpack (they conflict with one another)."""
    root = os.environ.get("FTPSH_SERVERS", "")
    found = Path(root) / path if root else None
    return found if found and found.exists() else None
