#!/usr/bin/env python3
"""A listing from vsftpd behind a NAT, by ftpsh, lftp and curl, each with its defaults.

    FTPSH=build/cmd/ftpsh python3 tests/bench/behind_nat.py

Needs root, lftp and curl. FTPSH should be a release build. Prints seconds and exit status, or that
nothing had come after 75 s. Run by hand; see bed.nat for the NAT.
"""
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bed import nat  # noqa: E402
from bed.account import Account  # noqa: E402
from bed.pki import Pki  # noqa: E402
from bed.scene import Bed  # noqa: E402

BOUND = 75
SHARED = "report.csv"
SCENES = {
    "a private address is advertised": ({}, {}),
    "the same, EPSV refused": ({}, {"refuse": ("EPSV", "EPRT")}),
    "passive ports closed in silence": ({"forward": False}, {}),
    "passive ports closed by resets": ({"forward": False, "closed": "reset"}, {}),
}


def programs(account, ca):
    login, host = f"{account.name},{account.password}", f"{nat.PUBLIC}:{nat.CONTROL_PORT}"
    settings = f"set ssl:ca-file {ca}; set ftp:ssl-force true; set ftp:ssl-protect-data true"
    return {
        "ftpsh": [os.environ["FTPSH"], f"--ca-file={ca}", f"{account.name}@{host}", "ls"],
        "lftp": ["lftp", "-u", login, "-e", f"{settings}; ls; exit", f"ftp://{host}"],
        "curl": ["curl", "-sS", "--ssl-reqd", "--cacert", str(ca), "-u", login.replace(",", ":", 1),
                 f"ftp://{host}/"],
    }


def measure(argv, netns, env):
    start = time.monotonic()
    try:
        done = subprocess.run(["ip", "netns", "exec", netns, *argv], env=env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=BOUND, start_new_session=True)
    except subprocess.TimeoutExpired:
        return f"nothing in {BOUND} s"
    took, came = time.monotonic() - start, SHARED in done.stdout
    return f"{took:.2f} s, {'the listing' if came else f'no listing, status {done.returncode}'}"


def compare(bed, folder, title):
    scene, settings = SCENES[title]
    router = bed.nat(**scene)
    bed.server_behind(router, "vsftpd", **settings)
    for name, argv in programs(bed.account, bed.pki.ca.cert).items():
        home = tempfile.mkdtemp(dir=folder)  # none knows what worked before
        env = {"PATH": os.environ["PATH"], "HOME": home, "FTPSH_PASSWORD": bed.account.password}
        print(f"{title}: {name}: {measure(argv, router.client, env)}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "pki").mkdir()
        account = Account(folder / "files")
        stack.callback(account.remove)
        bed = Bed(folder / "bed", Pki(folder / "pki"), account)
        stack.callback(bed.stop)
        account.own(bed.share(SHARED, b"x"))
        for title in SCENES:
            compare(bed, folder, title)


if __name__ == "__main__":
    main()
