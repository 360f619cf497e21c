"""pyftpdlib, run by pyftpd_server.py."""
import json
import sys
from pathlib import Path

from bed.server import Server, Unsupported

SCRIPT = Path(__file__).with_name("pyftpd_server.py")


class Pyftpd(Server):
    name = "pyftpdlib"

    def command(self):
        s = self.setup
        if s.reuse or s.rate:
            raise Unsupported("pyftpdlib cannot demand session reuse or limit the rate")
        settings = {
            "address": s.address, "port": self.port, "passive": self.passive, "epsv": s.epsv,
            "refuse": s.refuse, "advertised": s.advertised, "tls": s.tls,
            "tls_version": s.tls_version, "pem": str(self.pair.joined()),
            "user": self.account.name, "password": self.account.password,
            "home": str(self.account.home), "extra": s.extra, "uid": self.account.uid, "gid": self.account.gid}
        path = self.write("settings.json", [json.dumps(settings)])
        path.chmod(0o600)
        return [sys.executable, str(SCRIPT), str(path)]
