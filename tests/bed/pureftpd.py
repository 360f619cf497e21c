"""Pure-FTPd, unpacked into the build's folder."""
import shlex

from bed.server import Server, Unsupported, unpacked

BINARY = "usr/sbin/pure-ftpd"
# -Y: TLS off, offered, demanded on both connections; there is no setting for implicit TLS.
TLS_MODES = {"off": "0", "explicit": "3"}


class Pureftpd(Server):
    name = "pureftpd"

    @classmethod
    def missing(cls):
        return "" if unpacked(BINARY) else "pureftpd is not unpacked: run tests/run"

    def command(self):
        s = self.setup
        if s.tls not in TLS_MODES or s.refuse or s.epsv or s.reuse or s.rate:
            raise Unsupported("Pure-FTPd has neither implicit TLS nor these options")
        argv = [str(unpacked(BINARY)), "-S", f"{s.address},{self.port}", "-Y", TLS_MODES[s.tls],
                "-p", f"{self.passive[0]}:{self.passive[1]}", "-H", "-u", "1", "-l", "unix", "-E",
                "-g", str(self.folder / "pid")]
        if s.tls != "off":
            argv += ["-2", str(self.pair.joined())]
        if s.advertised:
            argv += ["-P", s.advertised]
        for line in s.extra:
            argv += shlex.split(line)
        return argv
