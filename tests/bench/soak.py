#!/usr/bin/env python3
"""Whether memory, descriptors and threads of one long session stay flat.

    FTPSH=build/cmd/ftpsh python3 tests/bench/soak.py transfers [--count=10000]
    FTPSH=build/cmd/ftpsh python3 tests/bench/soak.py mirror [--seconds=3600]

`transfers`: downloads and uploads in turn, in one session. `mirror`: a tree that changes all the
time is mirrored down and up again, four files at a time, and compared after each round. FTPSH
should be a release build. --server is one of bed.scene's (they need root; vsftpd unless it is said)
or ftpfake (FTPFAKE), --out the folder for what comes out: soak-WHAT.json, and what gnuplot draws of
it, soak-WHAT.svg and .png.

Measured between two commands, from outside, by /proc, but for `live`: what is allocated and not
freed, which bench/livebytes.c counts (it is looked for in the build that FTPSH lies in). After a
fifth to warm up, a straight line is laid through what is left, by least squares: it may rise by
1 KiB of `live`, 128 KiB of memory, and by less than one descriptor or thread, from its one end to
the other. Ends with 1 where one rises more, or where a command failed or a tree differs.

Memory that is freed does not go back at once: glibc keeps up to 235 KiB for each thread in a cache
of small pieces, by size, which sizes that come up seldom go on filling for hundreds of rounds.
GLIBC_TUNABLES is handed on: glibc.malloc.tcache_count=0 is without it.

Run by hand; tests/live/test_soak.py has a short one.
"""
import argparse
import contextlib
import filecmp
import json
import os
import random
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bed.account import Account  # noqa: E402
from bed.pki import Pki  # noqa: E402
from bed.process import wait_until  # noqa: E402
from bed.scene import SERVERS, Bed  # noqa: E402
from fake.server import PASSWORD, Fake  # noqa: E402

WARM_UP = 0.2
ALLOWED = {"live": 1, "rss": 128, "heap": 128, "descriptors": 0.9, "threads": 0.9}  # memory in KiB
BUSY_EVERY, PATIENCE = 1, 120  # seconds
EVERY = 20  # transfers from one sample to the next
SESSIONS = 4
ENTRIES, CHANGES = 150, 15


def maps(pid):
    """(name, KiB in memory) of each mapping; what has no file has no name."""
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)", line)
        if head:
            name = head.group(1)
        elif line.startswith("Rss:"):
            yield name, int(line.split()[1])


def measure(pid, live):
    """`live` is livebytes' file."""
    resident = list(maps(pid))
    status = Path(f"/proc/{pid}/status").read_text()
    return {"live": round(struct.unpack("q", live.read_bytes())[0] / 1024, 3),
            "rss": sum(size for _, size in resident),
            "heap": sum(size for name, size in resident if name in ("", "[heap]")),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": int(re.search(r"^Threads:\s+(\d+)", status, re.MULTILINE).group(1))}


def find_counter(binary):
    path = Path(binary).resolve().parents[1] / "tests" / "bench" / "livebytes.so"
    if not path.exists():
        sys.exit(f"{path} is not built")
    return path


class Session:
    """One ftpsh that is told its commands one by one."""

    def __init__(self, binary, folder, target, password, ca):
        self.folder, self.samples, self.failures = folder, [], []
        self.peak, self.steps, self.start = {}, 0, time.monotonic()
        argv = [str(binary), f"--ca-file={ca}", "--on-error=continue", "-b", "-", target]
        self.live = folder / "live"
        self.live.write_bytes(bytes(8))
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
               "FTPSH_PASSWORD": password, "LD_PRELOAD": str(find_counter(binary)),
               "LIVEBYTES": str(self.live),
               "GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", "")}
        self.errors = open(folder / "errors", "wb+")
        self.child = subprocess.Popen(argv, env=env, cwd=folder, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.errors,
                                      start_new_session=True)

    def run(self, line):
        """Runs one command to its end, with a look at what it takes at its most."""
        self.steps += 1
        self.child.stdin.write(f'{line}\necho "ended: $?"\n'.encode())
        self.child.stdin.flush()
        status = self.read_status()
        if status:
            self.failures.append(f"{line}: status {status}")

    def read_status(self):
        text, end = b"", time.monotonic() + PATIENCE
        while not (found := re.search(rb"^ended: (\d+)\n", text, re.MULTILINE)):
            if select.select([self.child.stdout], [], [], BUSY_EVERY)[0]:
                more = os.read(self.child.stdout.fileno(), 1 << 16)
                if not more:
                    sys.exit(f"ftpsh has ended: {self.last_errors()}")
                text += more
            elif time.monotonic() > end:
                sys.exit(f"no end of a command in {PATIENCE} s: {self.last_errors()}")
            self.keep_peak(measure(self.child.pid, self.live))
        return int(found.group(1))

    def keep_peak(self, now):
        self.peak = {name: max(now[name], self.peak.get(name, 0)) for name in now}

    def is_asleep(self):
        """It waits for a command; what says "ended" is still running when it is read."""
        state = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state == "S"

    def sample(self, step):
        wait_until(self.is_asleep, PATIENCE, "the command's end")
        now = measure(self.child.pid, self.live)
        self.keep_peak(now)
        self.samples.append({"step": step, "seconds": round(time.monotonic() - self.start, 1),
                             **now})

    def last_errors(self):
        return (self.folder / "errors").read_text(errors="replace")[-2000:]

    def close(self):
        self.child.stdin.close()
        try:
            self.child.wait(30)
        finally:
            self.child.kill()
            self.child.wait()
            self.child.stdout.close()
            self.errors.close()


def soak_transfers(session, here, there, count):
    """`here` and `there` are the folder on this side and the server's, which is empty."""
    (there / "source").write_bytes(os.urandom(20_000))
    (here / "mine").write_bytes(os.urandom(15_000))
    for step in range(1, count + 1):
        session.run("get source copy" if step % 2 else "put mine theirs")
        if step % EVERY == 0:
            session.sample(step)
    if not (filecmp.cmp(there / "source", here / "copy", False) and
            filecmp.cmp(here / "mine", there / "theirs", False)):
        session.failures.append("a file differs")


class Tree:
    """A folder that changes; no file has its size of the round before when its contents are others:
    where a listing tells days, nothing else would show it."""

    def __init__(self, root):
        self.root, self.random, self.clock = root, random.Random(0), 1_600_000_000
        self.before = {}  # sizes of files
        root.mkdir()
        for _ in range(ENTRIES):
            self.add()

    def paths(self):
        return sorted(p for p in self.root.rglob("*"))

    def write(self, path):
        size = int(10 ** self.random.uniform(0, 5.3))
        path.write_bytes(self.random.randbytes(size + (size == self.before.get(path))))
        self.clock += 60
        os.utime(path, (self.clock, self.clock))

    def add(self):
        folders = [self.root, *(p for p in self.paths() if p.is_dir())]
        path = self.random.choice(folders) / f"n{self.random.randrange(10**9)}"
        if self.random.random() < 0.1 and len(path.parts) - len(self.root.parts) < 4:
            path.mkdir()
        else:
            self.write(path)

    def remove(self, path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    def change(self):
        self.before = {p: p.stat().st_size for p in self.paths() if p.is_file()}
        for _ in range(CHANGES):
            path, what = self.random.choice(self.paths()), self.random.random()
            if what < 0.4 and path.is_file():
                self.write(path)
            elif what < 0.55:
                is_folder = path.is_dir()
                self.remove(path)
                if self.random.random() < 0.3 and is_folder:  # a file in the place of a folder
                    self.write(path)
        while len(self.paths()) < ENTRIES:
            self.add()


def is_same(one, other):
    """Names, kinds and contents."""
    compared = filecmp.dircmp(one, other, ignore=[], hide=[])
    if compared.left_only or compared.right_only or compared.common_funny:
        return False
    different = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    return (not different[1] and not different[2] and
            all(is_same(one / name, other / name) for name in compared.common_dirs))


def soak_mirror(session, here, there, seconds):
    """Two rounds at the least."""
    tree, end, step = Tree(there / "source"), time.monotonic() + seconds, 0
    while step < 2 or time.monotonic() < end:
        step += 1
        session.run(f"mirror -P{SESSIONS} --delete-emptied source down")
        session.run(f"mirror -R -P{SESSIONS} --delete-emptied down up")
        session.sample(step)
        if not is_same(tree.root, here / "down") or not is_same(here / "down", there / "up"):
            session.failures.append(f"round {step}: the trees differ")
        tree.change()


def rise(samples, name):
    """By how much the line through the samples rises from the first to the last."""
    x, y = [s["step"] for s in samples], [s[name] for s in samples]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    square = sum((a - mean_x) ** 2 for a in x)
    if not square:
        return 0.0
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / square
    return slope * (x[-1] - x[0])


def judge(samples, warm_up=WARM_UP, limits=None):
    """Of each thing measured: its least, its most, its rise, and whether that is flat."""
    kept = samples[int(len(samples) * warm_up):]
    result = {}
    for name, allowed in {**ALLOWED, **(limits or {})}.items():
        values, by = [s[name] for s in kept], rise(kept, name)
        result[name] = {"least": min(values), "most": max(values), "rise": round(by, 2),
                        "allowed": allowed, "flat": by <= allowed}
    return result


PLOT = """set terminal {terminal}
set output '{output}'
set multiplot layout 2,1 title '{title}'
set grid
set key outside top horizontal
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set ylabel 'MiB'
plot '$data' using 1:($2/1024) with lines title 'resident', \\
     '$data' using 1:($3/1024) with lines title 'heap', \\
     '$data' using 1:($4/1024) with lines title 'allocated'
set xlabel '{unit}'
set ylabel ''
plot '$data' using 1:5 with lines title 'descriptors', \\
     '$data' using 1:6 with lines title 'threads'
"""


def draw(out, name, samples, unit):
    """An SVG and a PNG by gnuplot; none where there is no gnuplot."""
    if not shutil.which("gnuplot"):
        print("no gnuplot: nothing is drawn")
        return
    few = samples[::max(1, len(samples) // 500)]
    lines = [" ".join(str(s[c]) for c in ("step", "rss", "heap", "live", "descriptors", "threads"))
             for s in few]
    data = "\n".join(["$data << END", *lines, "END", ""])
    for kind, terminal in (("svg", "svg size 800,600 background 'white'"),
                           ("png", "pngcairo size 800,600")):
        plot = PLOT.replace("'$data'", "$data").format(
            terminal=terminal, output=out / f"{name}.{kind}", unit=unit,
            title=f"ftpsh: {samples[-1]['step']} {unit} in {samples[-1]['seconds']:.0f} s")
        subprocess.run(["gnuplot"], input=data + plot, text=True, check=True)


@contextlib.contextmanager
def serving(name, folder):
    """Gives the server's folder, how it is addressed, the password and the authority."""
    (folder / "pki").mkdir()
    pki = Pki(folder / "pki")
    if name == "ftpfake":
        server = Fake(folder / "server", pki)
        try:
            yield server.root, server.target(), PASSWORD, pki.ca.cert
        finally:
            server.stop()
        return
    with contextlib.ExitStack() as stack:
        account = Account(folder / "files")
        stack.callback(account.remove)
        bed = Bed(folder / "bed", pki, account)
        stack.callback(bed.stop)
        server = bed.server(name)
        yield account.home, server.target(), account.password, pki.ca.cert


def soak(what, amount, server, binary):
    """A session that is over: its samples and failures, and what it took at its most."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        here = folder / "here"
        here.mkdir()
        with serving(server, folder) as (there, target, password, ca):
            session = Session(binary, here, target, password, ca)
            try:
                (soak_transfers if what == "transfers" else soak_mirror)(session, here, there,
                                                                         amount)
            finally:
                session.close()
            if session.child.returncode != 0 and not session.failures:
                session.failures.append(f"ftpsh ended with {session.child.returncode}")
            return session


def report(what, out, server, session):
    judged = judge(session.samples)
    unit = "transfers" if what == "transfers" else "rounds of a mirror down and up"
    result = {"what": what, "server": server, "unit": unit, "steps": session.samples[-1]["step"],
              "commands": session.steps, "seconds": session.samples[-1]["seconds"],
              "failures": session.failures, "peak": session.peak, "judged": judged,
              "samples": session.samples}
    out.mkdir(parents=True, exist_ok=True)
    (out / f"soak-{what}.json").write_text(json.dumps(result) + "\n")
    draw(out, f"soak-{what}", session.samples, unit)
    print(f"{result['steps']} {unit}, {result['seconds']:.0f} s, {len(session.failures)} failures")
    for name, j in judged.items():
        print(f"{name:12} {j['least']} to {j['most']}, rises by {j['rise']} "
              f"({j['allowed']} allowed), at most {session.peak[name]}")
    for line in session.failures[:20]:
        print(line)
    return not session.failures and all(j["flat"] for j in judged.values())


def main():
    parser = argparse.ArgumentParser(description="Soak ftpsh.")
    parser.add_argument("what", choices=("transfers", "mirror"))
    parser.add_argument("--count", type=int, default=10_000, help="of transfers")
    parser.add_argument("--seconds", type=int, default=3600, help="of mirror")
    parser.add_argument("--server", choices=(*SERVERS, "ftpfake"), default="vsftpd")
    parser.add_argument("--out", type=Path, default=Path("soak"))
    args = parser.parse_args()
    amount = args.count if args.what == "transfers" else args.seconds
    session = soak(args.what, amount, args.server, os.environ["FTPSH"])
    sys.exit(0 if report(args.what, args.out, args.server, session) else 1)


if __name__ == "__main__":
    main()
