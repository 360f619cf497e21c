#!/usr/bin/env python3
"""How well --limit-rate holds: one transfer and eight together, down and up, over ten seconds.

    FTPSH=build/cmd/ftpsh FTPFAKE=build/tests/fake/ftpfake python3 tests/bench/limit_rate.py

Bytes are counted where they arrive, by the sizes of the files, and from a second behind the first
of them on. Run by hand; tests/live only sees that there is a limit.
"""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bed.pki import Pki  # noqa: E402
from fake.server import PASSWORD, Fake  # noqa: E402

RATES = (10_000, 1_500_000, 20_000_000)
SECONDS, WARM_UP, SPARE = 10, 1, 20
TOGETHER = 8
ALLOWED = 0.05


def arrived(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def measure(folder, child):
    """Bytes a second, between two looks at the folder."""
    while arrived(folder) == 0:
        if child.poll() is not None:
            sys.exit("ftpsh has ended")
        time.sleep(0.01)
    time.sleep(WARM_UP)
    start, before = time.monotonic(), arrived(folder)
    time.sleep(SECONDS)
    end, after = time.monotonic(), arrived(folder)
    return (after - before) / (end - start)


def words(direction, count):
    if count == 1:
        return ["get", "source/0", "copy/0"] if direction == "get" else ["put", "source/0", "copy/"]
    return ["mirror", f"-P{count}", *(["-R"] if direction == "put" else []), "source", "copy"]


def run(scratch, pki, rate, direction, count):
    """`count` transfers at a time in one ftpsh."""
    server = Fake(scratch / "server", pki)
    here = scratch / "here"
    here.mkdir()
    source, copy = (server.root, here) if direction == "get" else (here, server.root)
    source, copy = source / "source", copy / "copy"
    source.mkdir()
    copy.mkdir()
    for i in range(count):
        with open(source / str(i), "wb") as f:
            f.truncate(rate * (SECONDS + WARM_UP + SPARE))
    argv = [os.environ["FTPSH"], f"--limit-rate={rate}", f"--ca-file={pki.ca.cert}",
            server.target(), *words(direction, count)]
    env = dict(os.environ, FTPSH_PASSWORD=PASSWORD, HOME=str(scratch))
    with subprocess.Popen(argv, cwd=here, env=env, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:
        try:
            return measure(copy, child)
        finally:
            child.terminate()
            child.wait()
            server.stop()


def main():
    worst = 0
    print(f"{'limit B/s':>12} {'way':>4} {'at once':>8} {'measured':>12} {'off by':>8}")
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(Path(folder))
        cases = [(r, d, n) for r in RATES for d in ("get", "put") for n in (1, TOGETHER)]
        for i, (rate, direction, count) in enumerate(cases):
            scratch = Path(folder) / f"run{i}"
            scratch.mkdir()
            measured = run(scratch, pki, rate, direction, count)
            off = measured / rate - 1
            worst = max(worst, abs(off))
            print(f"{rate:>12} {direction:>4} {count:>8} {measured:>12.0f} {off:>+8.1%}",
                  flush=True)
    print(f"worst: {worst:.1%} ({ALLOWED:.0%} is allowed)")
    sys.exit(worst > ALLOWED)


if __name__ == "__main__":
    main()
