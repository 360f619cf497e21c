"""Throw-away certificates: a good one, and one for each way to be wrong."""
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("localhost",)
RELAYS = tuple(f"127.0.1.{number}" for number in range(1, 9))  # for bed.cutter
ADDRESSES = ("127.0.0.1", "::1", "203.0.113.121", "10.0.1.121", "2001:db8:2::121", "192.0.2.21",
             "192.0.2.22", *RELAYS)


@dataclass(frozen=True)
class Pair:
    cert: Path
    key: Path

    def joined(self):
        """Key and certificate in one file, as Pure-FTPd and pyftpdlib want them."""
        path = self.cert.with_suffix(".both.pem")
        path.write_text(self.key.read_text() + self.cert.read_text())
        path.chmod(0o600)
        return path


class Pki:
    """`good`, `expired`, `other` (another name), `example` (ftp.example.com) and `client` (for a
    client to show) come from the authority `ca`; `selfsigned` does not."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.ca = self.make_ca()
        self.good = self.issue("good")
        self.expired = self.issue("expired", dates=("2020-01-01", "2021-01-01"))
        self.other = self.issue("other", names=("elsewhere.example",), addresses=())
        self.example = self.issue("example", names=("ftp.example.com",), addresses=())
        self.selfsigned = self.issue("selfsigned", signed=False)
        self.client = self.issue("client", names=(), addresses=(), purpose="tls_www_client")

    def certtool(self, *args):
        subprocess.run(["certtool", *map(str, args)], check=True, capture_output=True)

    def make_key(self, name):
        key = self.folder / f"{name}.key"
        # RSA, because not every one of the servers takes another kind.
        self.certtool("--generate-privkey", "--key-type=rsa", "--bits=2048", "--outfile", key)
        key.chmod(0o600)
        return key

    def make_ca(self):
        key = self.make_key("ca")
        template = self.write_template("ca", ["cn = ftpsh test authority", "ca", "cert_signing_key",
                                              "expiration_days = 30"])
        cert = self.folder / "ca.pem"
        self.certtool("--generate-self-signed", "--load-privkey", key, "--template", template,
                      "--outfile", cert)
        return Pair(cert, key)

    def issue(self, name, names=NAMES, addresses=ADDRESSES, dates=None, signed=True,
              purpose="tls_www_server", key=None, more=(), issuer=None,
              usage=("signing_key", "encryption_key")):
        """`key`: of another pair, instead of one of its own; `issuer`: another pair instead of the
        authority; `more`: lines of certtool's template."""
        issuer = issuer or self.ca
        lines = [f"cn = {name}", purpose, *usage, *more]
        lines += [f"dns_name = {n}" for n in names]
        lines += [f"ip_address = {a}" for a in addresses]
        if dates:
            lines += [f'activation_date = "{dates[0]} 00:00:00"',
                      f'expiration_date = "{dates[1]} 00:00:00"']
        else:
            lines += ["expiration_days = 30"]
        key, cert = key or self.make_key(name), self.folder / f"{name}.pem"
        how = ["--generate-self-signed"]
        if signed:
            how = ["--generate-certificate", "--load-ca-certificate", issuer.cert,
                   "--load-ca-privkey", issuer.key]
        self.certtool(*how, "--load-privkey", key, "--template", self.write_template(name, lines),
                      "--outfile", cert)
        return Pair(cert, key)

    def write_template(self, name, lines):
        path = self.folder / f"{name}.template"
        path.write_text("\n".join(lines) + "\n")
        return path
