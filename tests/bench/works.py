"""The pieces of work that programs are compared by."""
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.line import SERVER, Line
from bench.programs import PROGRAMS, Place

BOUND = 180  # seconds that one run may take
SERVERS = ("vsftpd", "proftpd", "pureftpd")
FTPSH, LFTP, CURL = (PROGRAMS[name] for name in ("ftpsh", "lftp", "curl"))
SMALL = 1000
MIB = 1 << 20


class Failed(Exception):
    """A program did not do its work: its numbers would mean nothing."""


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(MIB):
            h.update(block)
    return h.hexdigest()


def content(folder):
    """Path and digest of every file below it."""
    return {str(p.relative_to(folder)): digest(p) for p in Path(folder).rglob("*") if p.is_file()}


def same(got, wanted, what):
    if content(got) != content(wanted):
        raise Failed(f"{what}: the copy differs")


class Result(dict):
    """seconds, cpu (seconds), memory (KiB), and what else was measured."""


def run(argv, folder, password, netns=None):
    """Runs a program to its end, in a home of its own where nothing is remembered."""
    home = tempfile.mkdtemp(dir=folder)
    memory = Path(home) / "memory"
    # A child of ours would be said to have had the memory that we have.
    argv = [*(["ip", "netns", "exec", netns] if netns else []), "time", "-q", "-f", "%M", "-o",
            str(memory), *argv]
    env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "FTPSH_PASSWORD": password}
    with open(Path(home) / "output", "wb+") as out:
        start = time.monotonic()
        child = subprocess.Popen(argv, cwd=folder / "here", env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        timer = threading.Timer(BOUND, child.kill)
        timer.start()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - start
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode != 0:
        raise Failed(f"{' '.join(argv[:12])}: status {child.returncode}: {text[-500:]}")
    result = Result(seconds=seconds, cpu=used.ru_utime + used.ru_stime,
                    memory=int(memory.read_text()))
    shutil.rmtree(home)
    return result, text


class Stage:
    """Servers, and folders on both sides, for one run at a time or for several beside each other."""

    def __init__(self, bed, folder, delayline):
        self.bed, self.folder, self.delayline = bed, Path(folder), delayline
        self.lock, self.serial = threading.Lock(), 0

    def next(self):
        with self.lock:
            self.serial += 1
            return self.serial

    def scratch(self):
        """A folder with an empty one called "here", where the program runs."""
        path = self.folder / f"run{self.next()}"
        (path / "here").mkdir(parents=True)
        return path

    def remote(self):
        """An empty folder on the server's side: its path, and its name there."""
        with self.lock:
            path = self.bed.account.own_folder(f"there{self.serial}")
            self.serial += 1
        return path, path.name

    def server(self, name, **settings):
        with self.lock:
            return self.bed.server(name, **settings)

    def place(self, server, host="127.0.0.1"):
        return Place(host, server.port, self.bed.account, self.bed.pki.ca.cert)

    def far(self, name, work, rate=0):
        """work(place, scratch, netns) against a server at the end of a line: what it gives, with the
        round trips that it took."""
        scratch = self.scratch()
        with Line(self.delayline, scratch, rate=rate) as line:
            server = self.server(name, netns=line.server, address=SERVER)
            try:
                result = work(self.place(server, SERVER), scratch, line.client)
            finally:
                server.stop()
            result["trips"] = line.round_trips()
        shutil.rmtree(scratch)
        return result

    def run(self, argv, scratch, netns=None):
        return run(argv, scratch, self.bed.account.password, netns)

    def own(self, path):
        account = self.bed.account
        for p in [path, *path.rglob("*")]:
            os.chown(p, account.uid, account.gid)


def make_small(folder, count):
    names = [f"file{i:04}" for i in range(count)]
    for name in names:
        (folder / name).write_bytes(os.urandom(SMALL))
    return names


def make_tree(folder, files=1000, folders=200):
    for i in range(folders):
        inner = folder / f"folder{i:03}"
        inner.mkdir()
        make_small(inner, files // folders)


def make_big(path, mebibytes):
    block = os.urandom(MIB)
    with open(path, "wb") as f:
        for _ in range(mebibytes):
            f.write(block)


# ---- the works: each yields (what is compared, program, result) ----

class Work:
    """`pairs` are what one round runs: (server, program). `side_by_side`: rounds may run them at the
    same time, where the line and not the processor is what they wait for."""

    def __init__(self, title, goal, measure, one, rounds=3, programs=(FTPSH, LFTP, CURL),
                 servers=SERVERS, side_by_side=False, unit="s"):
        self.title, self.goal, self.measure, self.one = title, goal, measure, one
        self.rounds, self.programs, self.servers = rounds, programs, servers
        self.side_by_side, self.unit = side_by_side, unit

    def pairs(self, number):
        """In another order each round."""
        pairs = [(s, p) for s in self.servers for p in self.programs]
        turn = number % len(pairs)
        return pairs[turn:] + pairs[:turn]

    def play(self, stage, results):
        """Adds to results[server][program] a list of numbers a round."""
        for number in range(self.rounds):
            pairs = self.pairs(number)
            if self.side_by_side:
                with ThreadPoolExecutor(len(pairs)) as pool:
                    done = list(pool.map(lambda pair: self.one(stage, *pair), pairs))
            else:
                done = [self.one(stage, *pair) for pair in pairs]
            for (server, program), result in zip(pairs, done):
                results.setdefault(server, {}).setdefault(program.name, []).append(result)


def cold_listing(stage, server, program):
    path, name = stage.remote()
    make_small(path, 20)
    stage.own(path)

    def work(place, scratch, netns):
        result, text = stage.run(program.listing(place, name), scratch, netns)
        if "file0019" not in text:
            raise Failed(f"{program.name}: no listing: {text[-300:]}")
        return result

    result = stage.far(server, work)
    shutil.rmtree(path)
    return result


def many_down(count, sessions):
    def one(stage, server, program):
        path, name = stage.remote()
        names = make_small(path, count)
        stage.own(path)

        def work(place, scratch, netns):
            result, _ = stage.run(program.get_many(place, name, names, sessions), scratch, netns)
            same(scratch / "here", path, program.name)
            result["per file"] = result["seconds"] / count
            return result

        result = stage.far(server, work)
        shutil.rmtree(path)
        return result
    return one


def many_up(count, sessions):
    def one(stage, server, program):
        path, name = stage.remote()

        def work(place, scratch, netns):
            names = make_small(scratch / "here", count)
            result, _ = stage.run(program.put_many(place, name, names, sessions), scratch, netns)
            same(path, scratch / "here", program.name)
            return result

        result = stage.far(server, work)
        shutil.rmtree(path)
        return result
    return one


def tree(up, again):
    def one(stage, server, program):
        path, name = stage.remote()

        def work(place, scratch, netns):
            here = scratch / "here" / "tree"
            here.mkdir()
            make_tree(here if up else path)
            stage.own(path)
            source, target = ("tree", name) if up else (name, "tree")
            result = None
            for _ in range(2 if again else 1):
                result, _ = stage.run(program.mirror(place, up, source, target), scratch, netns)
            same(here, path, program.name)
            return result

        result = stage.far(server, work)
        shutil.rmtree(path)
        return result
    return one


def bulk(up, mebibytes, rate=0, segments=1):
    """Over loopback, or over a line of that many bits a second."""
    def one(stage, server, program):
        path, name = stage.remote()

        def work(place, scratch, netns):
            source = scratch / "here" / "big" if up else path / "big"
            copy = stage.bed.account.home / "copy" if up else scratch / "here" / "copy"
            make_big(source, mebibytes)
            stage.own(path)
            if up:
                argv = program.put_one(place, "big")
            elif segments > 1:
                argv = program.get_one(place, f"{name}/big", segments)
            else:
                argv = program.get_one(place, f"{name}/big")
            result, _ = stage.run(argv, scratch, netns)
            if digest(copy) != digest(source):
                raise Failed(f"{program.name}: the copy differs")
            copy.unlink()
            source.unlink()
            result["megabits"] = mebibytes * MIB * 8 / 1e6 / result["seconds"]
            return result

        if rate:
            result = stage.far(server, work, rate)
        else:
            near, scratch = stage.server(server), stage.scratch()
            try:
                result = work(stage.place(near), scratch, None)
            finally:
                near.stop()
            shutil.rmtree(scratch)
        shutil.rmtree(path)
        return result
    return one


def sorted_listing(count):
    """By processor time; curl shows no list in order."""
    def one(stage, server, program):
        path, name = stage.remote()
        for i in range(count):
            (path / f"file{i:06}").touch()
        near, scratch = stage.server(server), stage.scratch()
        try:
            listing = program.sorted_listing if program is LFTP else program.listing
            result, text = stage.run(listing(stage.place(near), name), scratch)
        finally:
            near.stop()
        if len(re.findall(r"file\d{6}", text)) != count:
            raise Failed(f"{program.name}: not all is listed")
        shutil.rmtree(path)
        return result
    return one


def version(stage, _server, program):
    scratch = stage.scratch()
    result, _ = stage.run(program.version(), scratch)
    return result


def instructions(stage, _server, program):
    scratch = stage.scratch()
    _, text = stage.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                         *program.version()], scratch)
    return Result(instructions=int(re.search(r"Collected : (\d+)", text).group(1)))


MBITS = 200_000_000
WORKS = {
    "listing": Work("one listing, cold start, 40 ms", 0.6, "seconds", cold_listing,
                    side_by_side=True, rounds=5),
    "down": Work("100 small files down, one session, 40 ms", 0.6, "seconds", many_down(100, 1),
                 side_by_side=True),
    "up": Work("100 small files up, one session, 40 ms", 0.6, "seconds", many_up(100, 1),
               side_by_side=True),
    "down8": Work("1,000 small files down, 8 sessions, 40 ms", 0.5, "seconds", many_down(1000, 8),
                  servers=("proftpd",), side_by_side=True, rounds=2),
    "up8": Work("1,000 small files up, 8 sessions, 40 ms", 0.5, "seconds", many_up(1000, 8),
                servers=("proftpd",), side_by_side=True, rounds=2),
    "mirror-down": Work("1,000 files in 200 folders mirrored down, 40 ms", 0.5, "seconds",
                        tree(False, False), programs=(FTPSH, LFTP), servers=("proftpd",),
                        side_by_side=True, rounds=2),
    "mirror-up": Work("the same up", 0.5, "seconds", tree(True, False), programs=(FTPSH, LFTP),
                      servers=("proftpd",), side_by_side=True, rounds=2),
    "mirror-again": Work("the same down with nothing to do", 0.5, "seconds", tree(False, True),
                         programs=(FTPSH, LFTP), servers=("proftpd",), side_by_side=True, rounds=2),
    "bulk-down": Work("1 GiB down, loopback: processor time", 0.7, "cpu", bulk(False, 1024)),
    "bulk-up": Work("1 GiB up, loopback: processor time", 0.75, "cpu", bulk(True, 1024)),
    "line-down": Work("256 MiB down, 40 ms, 200 Mbit/s", 1.05, "seconds",
                      bulk(False, 256, MBITS), servers=("pureftpd",), rounds=2),
    "line-up": Work("256 MiB up, 40 ms, 200 Mbit/s", 1.05, "seconds", bulk(True, 256, MBITS),
                    servers=("pureftpd",), rounds=2),
    "segments": Work("256 MiB down in 4 segments, 40 ms, 200 Mbit/s", 1.05, "seconds",
                     bulk(False, 256, MBITS, 4), servers=("pureftpd",), rounds=2,
                     programs=(FTPSH, LFTP)),
    "names": Work("a sorted list of 100,000 entries: processor time", 0.5, "cpu",
                  sorted_listing(100_000), programs=(FTPSH, LFTP), servers=("vsftpd",), rounds=2),
    "version": Work("--version, start to exit", 1, "seconds", version, servers=("none",),
                    rounds=50),
    "instructions": Work("--version: instructions, by callgrind", 1, "instructions", instructions,
                         servers=("none",), rounds=1, unit=""),
}
