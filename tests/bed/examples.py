"""What the manual shows, and a world where it can be run as it stands.

In that world ftp.example.com is a server on this machine, in a network namespace of its own, whose
certificate an authority vouches for that FTPSH_CA_FILE names; `alice` has a folder there, and her
password is in ~/.netrc. `pass` prints it too, and $fingerprint is that of the certificate. Whoever
sits in front of it has the folder `site` and some files.
"""
import gzip
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from bed import mounts, nat

ROOT = Path(__file__).resolve().parents[2]
SERVER, ROUTER = "203.0.113.121", "203.0.113.7"
# What is said to the router comes to who sits behind it, as with ports that are forwarded.
FORWARD = f"""table ip router {{
    chain out {{
        type nat hook output priority -100
        ip daddr {ROUTER} dnat to {SERVER}
    }}
}}
"""
ESCAPES = {r"\e": "\\", r"\(rs": "\\", r"\-": "-", r"\(ti": "~", r"\(aq": "'", r"\(dq": '"',
           r"\(ba": "|", r"\&": ""}


def section(page, title):
    text = (ROOT / "man" / page).read_text(encoding="utf-8")
    return re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', text, re.MULTILINE | re.DOTALL)[1]


def unescape(line):
    return re.sub(r"\\(?:\(..|.)", lambda found: ESCAPES[found[0]], line)


def displays(text):
    """What stands apart: a list of lines each, neighbours being one."""
    found, inside, last = [], False, None
    for number, line in enumerate(text.splitlines()):
        if line.startswith(".Bd"):
            inside = True
            found.append([])
        elif line.startswith(".Ed"):
            inside = False
        elif line.startswith(".Dl "):
            if last != number - 1:
                found.append([])
            found[-1].append(unescape(line[4:]))
            last = number
        elif inside:
            found[-1].append(unescape(line))
    return found


def commands(display):
    """(kind, command) of a display, "$" for the shell's and ">" for ours; a line that begins with
    neither goes on with the one before."""
    found = []
    for line in display:
        if line[:2] in ("$ ", "> "):
            found.append((line[0], line[2:]))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
    return found


class World:
    """Use it in a `with`. `home` is where one sits; `settings` are those of bed.server.Setup."""

    def __init__(self, folder, bed, binary, cert="example", **settings):
        self.folder, self.bed, self.binary, self.cert = Path(folder), bed, binary, cert
        self.settings = settings
        self.home, self.tools = self.folder / "home", self.folder / "bin"
        self.password = secrets.token_hex(8)
        self.netns = f"ftpshworld{os.getpid()}"
        self.server = None

    def __enter__(self):
        nat.run("ip", "netns", "add", self.netns)
        try:
            nat.run("ip", "-n", self.netns, "link", "set", "lo", "up")
            for address in (SERVER, ROUTER):
                nat.run("ip", "-n", self.netns, "address", "add", f"{address}/32", "dev", "lo")
            nat.run("ip", "netns", "exec", self.netns, "nft", "-f", "-", stdin=FORWARD)
            self.furnish()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        if self.server:
            self.server.stop()
        nat.run("ip", "netns", "del", self.netns)

    def start(self):
        """pyftpdlib, since its users are its own."""
        home = str(self.bed.account.home)
        self.server = self.bed.server(
            "pyftpdlib", netns=self.netns, address=SERVER, port=21, passive=(51000, 51099),
            cert=self.cert, **self.settings, extra=(
                f"handler.authorizer.add_user('alice', {self.password!r}, {home!r},"
                " perm='elradfmwMT')", "handler.permit_foreign_addresses = True"))

    def furnish(self):
        for folder in (self.home, self.tools):
            folder.mkdir(parents=True)
        (self.tools / "ftpsh").symlink_to(self.binary)
        self.tool("pass", f"echo {self.password}")
        files = {"data.csv": b"1;2\n", "backup.tar": bytes(20000), "site/index.html": b"<p>Hello\n",
                 "site/pictures/one.png": os.urandom(3000)}
        for name, content in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        log = b"".join(b"GET /%d\n" % i for i in range(500))
        for name in ("reports", "incoming", "logs", "www", "My Reports", "My Reports/2026"):
            self.bed.account.own_folder(name)
        for name, content in {
                "report.csv": b"a;b\n" * 99, "data.csv": b"3;4\n", "reports/2026-01.csv": b"1\n",
                "reports/2026-02.csv": b"2\n", "image.iso": os.urandom(5 << 20),
                "logs/access.log": log, "logs/old.log.gz": gzip.compress(log),
                "www/old.html": b"<p>Once\n",
                "My Reports/notes.txt": b"to do\n", "My Reports/2026/one.csv": b"1\n"}.items():
            self.bed.account.own(self.bed.share(name, content))

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def write_netrc(self, line):
        path = self.home / ".netrc"
        path.write_text(line + "\n")
        path.chmod(0o600)

    def sha256(self):
        shown = subprocess.run(["openssl", "x509", "-in", getattr(self.bed.pki, self.cert).cert,
                                "-noout", "-fingerprint", "-sha256"], check=True,
                               capture_output=True, text=True).stdout
        return shown.rpartition("=")[2].strip().replace(":", "").lower()

    def env(self, **more):
        kept = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        return {"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8",
                "TERM": "xterm", "fingerprint": self.sha256(), **kept, **more}

    def prefix(self):
        """In front of what is to run in this world."""
        return ["ip", "netns", "exec", self.netns,
                *mounts.with_hosts(self.folder, f"{SERVER} ftp.example.com")]

    def shell(self, command):
        """A command line, which fails when any part of it does."""
        argv = [*self.prefix(), shutil.which("bash"), "-o", "pipefail", "-c", command]
        return subprocess.run(argv, env=self.env(FTPSH_CA_FILE=str(self.bed.pki.ca.cert)),
                              cwd=self.home, text=True, capture_output=True, check=False,
                              timeout=60, start_new_session=True, stdin=subprocess.DEVNULL)


class Sitting:
    """Who sits there, for bed.shell: words of a command line become a program in that world."""

    def __init__(self, world, **variables):
        self.world, self.folder, self.variables = world, world.home, variables

    def argv(self, words, prefix=()):
        return [*self.world.prefix(), *prefix, *words]

    def env(self, password):
        assert password is None, "they are typed, or stand in ~/.netrc"
        return self.world.env(**self.variables)
