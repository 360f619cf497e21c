"""ProFTPD with mod_tls, unpacked into the build's folder."""
from bed.server import Server, Unsupported, unpacked, with_extra

BINARY = "usr/sbin/proftpd"


class Proftpd(Server):
    name = "proftpd"

    @classmethod
    def missing(cls):
        return "" if unpacked(BINARY) else "proftpd is not unpacked: run tests/run"

    def command(self):
        modules = [line for line in self.setup.extra if line.startswith("LoadModule")]
        extra = [line for line in self.setup.extra if line not in modules]
        lines = with_extra(self.lines(), extra)
        lines[1:1] = modules  # behind ModulePath: they have to come before what they define
        conf = self.write("proftpd.conf", lines)
        return [str(unpacked(BINARY)), "--nodaemon", "--config", str(conf)]

    def env(self):
        return {} if self.setup.tickets else super().env()  # TLSProtocol says the version

    def lines(self):
        s = self.setup
        if s.epsv:
            raise Unsupported("a range for EPSV alone")
        lines = [f"ModulePath {unpacked('usr/lib/proftpd')}", "LoadModule mod_tls.c",
                 "LoadModule mod_deflate.c",
                 "ServerType standalone", "ServerName bed", f"Port {self.port}",
                 f"DefaultAddress {s.address}", "SocketBindTight on", "UseIPv6 on",
                 "User nobody", "Group nogroup", "UseReverseDNS off", "RequireValidShell off",
                 "AuthOrder mod_auth_unix.c", "WtmpLog off", "AllowOverwrite on",
                 "AllowStoreRestart on", "AllowRetrieveRestart on", "TransferLog none",
                 f"PidFile {self.folder / 'pid'}", f"ScoreboardFile {self.folder / 'scoreboard'}",
                 f"SystemLog {self.folder / 'proftpd.log'}",
                 f"PassivePorts {self.passive[0]} {self.passive[1]}",
                 "<IfModule mod_delay.c>", "DelayEngine off", "</IfModule>"]
        if s.advertised:
            lines.append(f"MasqueradeAddress {s.advertised}")
        if s.rate:
            lines.append(f"TransferRate APPE,RETR,STOR {s.rate / 1024:.3f}")
        if s.refuse:
            lines += [f"<Limit {' '.join(s.refuse)}>", "DenyAll", "</Limit>"]
        return lines + self.tls_lines()

    def tls_lines(self):
        s = self.setup
        if s.tls == "off":
            return []
        options = []
        if not s.reuse:
            options.append("NoSessionReuseRequired")
        if s.tls == "implicit":
            options.append("UseImplicitSSL")
        versions = [s.tls_version] if s.tls_version else ["1.2", "1.3"]
        lines = ["TLSEngine on", "TLSRequired on", "TLSVerifyClient off",
                 f"TLSLog {self.folder / 'tls.log'}",
                 f"TLSRSACertificateFile {self.pair.cert}",
                 f"TLSRSACertificateKeyFile {self.pair.key}",
                 "TLSProtocol " + " ".join(f"TLSv{v}" for v in versions)]
        return lines + ([f"TLSOptions {' '.join(options)}"] if options else [])
