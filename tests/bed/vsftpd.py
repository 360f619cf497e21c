"""vsftpd, from the system's package."""
from pathlib import Path

from bed.server import Server, Unsupported, with_extra

BINARY = "/usr/sbin/vsftpd"


def yes(flag):
    return "YES" if flag else "NO"


class Vsftpd(Server):
    name = "vsftpd"

    @classmethod
    def missing(cls):
        return "" if Path(BINARY).exists() else "vsftpd is not installed"

    def command(self):
        return [BINARY, str(self.write("vsftpd.conf", with_extra(self.lines(), self.setup.extra)))]

    def lines(self):
        s = self.setup
        if s.epsv:
            raise Unsupported("a range for EPSV alone")
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        family = "listen_ipv6" if ":" in s.address else "listen"
        bind = "listen_address6" if ":" in s.address else "listen_address"
        lines = [f"{family}=YES", f"{bind}={s.address}", f"listen_port={self.port}",
                 "background=NO", "local_enable=YES", "anonymous_enable=NO", "write_enable=YES",
                 "local_umask=022", "connect_from_port_20=NO", "seccomp_sandbox=NO",
                 f"pasv_min_port={self.passive[0]}", f"pasv_max_port={self.passive[1]}",
                 f"secure_chroot_dir={empty}", "xferlog_enable=YES", "log_ftp_protocol=YES",
                 f"vsftpd_log_file={self.folder / 'vsftpd.log'}", "pam_service_name=vsftpd"]
        if family == "listen_ipv6":
            lines.append("listen=NO")
        if s.refuse:
            lines.append("cmds_denied=" + ",".join(s.refuse))
        if s.rate:
            lines.append(f"local_max_rate={s.rate}")
        if s.advertised:
            lines.append(f"pasv_address={s.advertised}")
        return lines + self.tls_lines()

    def tls_lines(self):
        s = self.setup
        if s.tls == "off":
            return ["ssl_enable=NO"]
        return ["ssl_enable=YES", f"rsa_cert_file={self.pair.cert}",
                f"rsa_private_key_file={self.pair.key}", f"require_ssl_reuse={yes(s.reuse)}",
                f"implicit_ssl={yes(s.tls == 'implicit')}", "force_local_logins_ssl=YES",
                "force_local_data_ssl=YES", "ssl_ciphers=HIGH"]
