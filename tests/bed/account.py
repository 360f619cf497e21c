"""The system user that the servers log in, with a home of this run's own."""
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path


class Account:
    """Made when the tests start, removed when they end. Another run has another one."""

    def __init__(self, home):
        self.home = Path(home)
        self.name = f"ftpshtest{os.getpid()}"
        self.password = secrets.token_hex(12)
        self.home.mkdir(mode=0o755)
        subprocess.run(["useradd", "-M", "-d", self.home, "-s", "/bin/sh", self.name], check=True,
                       capture_output=True)
        entry = pwd.getpwnam(self.name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        os.chown(self.home, self.uid, self.gid)
        subprocess.run(["chpasswd"], input=f"{self.name}:{self.password}\n", text=True, check=True)

    def own(self, path):
        os.chown(path, self.uid, self.gid)
        return path

    def own_folder(self, name):
        path = self.home / name
        path.mkdir()
        return self.own(path)

    def remove(self):
        subprocess.run(["userdel", self.name], check=True, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)
