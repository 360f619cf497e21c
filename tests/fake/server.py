"""Running ftpfake, the server that misbehaves on request."""
import os
import re
from pathlib import Path

from bed.process import Process, wait_until

USER, PASSWORD = "someone", "open sesame"
BIG, SMALL = os.urandom(3_000_000), b"a small file\n"  # what the tests share there
ROOT = Path(__file__).resolve().parents[2]


def find_binary():
    """FTPFAKE, or beside the build under test."""
    build = os.environ.get("FTPSH_BUILD") or ROOT / ".build" / "sanitize"
    return Path(os.environ.get("FTPFAKE") or Path(build) / "tests" / "fake" / "ftpfake")


class Fake:
    """A running ftpfake that serves its folder `root`.

    `quirks` are its misbehaviours, "name" or "name=argument", as is the one `behaviour`; `options`
    its other options; `netns` the network namespace that it runs in.
    """

    def __init__(self, folder, pki, *quirks, options=(), tls="explicit", netns=None,
                 behaviour=None):
        self.root, self.talk = folder / "served", folder / "talk"
        self.root.mkdir(parents=True)
        self.tls = tls
        argv = [find_binary(), f"--root={self.root}", f"--cert={pki.good.cert}",
                f"--key={pki.good.key}", f"--user={USER}", f"--password={PASSWORD}",
                f"--tls={tls}", f"--log={self.talk}", *options,
                *(f"--quirk={quirk}" for quirk in quirks),
                *([f"--behaviour={behaviour}"] if behaviour else [])]
        self.process = Process([str(a) for a in argv], folder / "output", netns)
        self.port = wait_until(self.find_port, 15, "ftpfake's port")

    def find_port(self):
        if self.process.child.poll() is not None:
            raise AssertionError(f"ftpfake ended at once:\n{self.process.text()}")
        found = re.search(r"^port (\d+)$", self.process.text(), re.MULTILINE)
        return found and int(found.group(1))

    def share(self, name, content):
        path = self.root / name
        path.write_bytes(content)
        return path

    def target(self, host="127.0.0.1"):
        scheme = "ftps://" if self.tls == "implicit" else ""
        return f"{scheme}{USER}@{host}:{self.port}"

    def said(self):
        """Every command (>) and reply (<), with the number of its connection in front."""
        return self.talk.read_text(errors="replace") if self.talk.exists() else ""

    def stop(self):
        """A sanitizer's finding in the server itself is a failure too."""
        self.process.stop()
        assert self.process.child.returncode == 0, self.process.text()
