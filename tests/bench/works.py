"""The pieces of work that programs are compared by."""
import filecmp
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bed import nat
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


def differing(got, wanted):
    return "" if content(got) == content(wanted) else "the copies differ"


def differing_file(got, wanted):
    return "" if filecmp.cmp(got, wanted, shallow=False) else "the copy differs"


class Result(dict):
    """seconds, cpu (seconds), memory (KiB), and what else was measured; began and ended, by
    time.monotonic()."""


def run(argv, folder, password, netns=None, home=None):
    """Runs a program to its end, in a home of its own where nothing is remembered, or in `home`."""
    kept, home = home, home or tempfile.mkdtemp(dir=folder)
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
        end = time.monotonic()
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode != 0:
        raise Failed(f"{' '.join(argv[:12])}: status {child.returncode}: {text[-500:]}")
    result = Result(seconds=end - start, began=start, ended=end, cpu=used.ru_utime + used.ru_stime,
                    memory=int(memory.read_text()))
    if not kept:
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

    def near(self, name, work):
        """work(place, scratch, netns) against a server on this machine: the results that it gives."""
        scratch, server = self.scratch(), self.server(name)
        try:
            results = work(self.place(server), scratch, None)
        finally:
            server.stop()
        shutil.rmtree(scratch)
        return results

    def far(self, name, work, rate=0):
        """The same against one at the end of a line, with the round trips that it took."""
        scratch = self.scratch()
        with Line(self.delayline, scratch, rate=rate) as line:
            server = self.server(name, netns=line.server, address=SERVER)
            try:
                results = work(self.place(server, SERVER), scratch, line.client)
            finally:
                server.stop()
            for result in results:
                result["trips"] = line.round_trips(result["began"], result["ended"])
        shutil.rmtree(scratch)
        return results

    def run(self, argv, scratch, netns=None, home=None):
        return run(argv, scratch, self.bed.account.password, netns, home)

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


# ---- the works ----

class Work:
    """`pairs` are what one round runs: (server, program). `also`: what else is compared, and how far
    it is to go. `side_by_side`: rounds may run them at the same time, where the line and not the
    processor is what they wait for. `beside`: what is measured ahead of ftpsh each time; its results
    are in `least`."""

    def __init__(self, title, goal, measure, one, also=None, rounds=3, programs=(FTPSH, LFTP, CURL),
                 servers=SERVERS, side_by_side=False, beside=None):
        self.title, self.goal, self.measure, self.one = title, goal, measure, one
        self.goals = {measure: goal, **(also or {})}
        self.rounds, self.programs, self.servers = rounds, programs, servers
        self.side_by_side = side_by_side
        self.beside, self.least = beside, []

    def pairs(self, number):
        """In another order each round."""
        pairs = [(s, p) for s in self.servers for p in self.programs]
        turn = number % len(pairs)
        return pairs[turn:] + pairs[:turn]

    def run_one(self, stage, server, program):
        """One of the others that fails has another go, and that is said."""
        try:
            return self.one(stage, server, program)
        except Failed as why:
            if program is FTPSH:
                raise
            print(f"once more: {why}", file=sys.stderr)
            return self.one(stage, server, program)

    def run_in_turn(self, stage, pair):
        if self.beside and pair[1] is FTPSH:
            self.least.append(self.beside())
        return self.run_one(stage, *pair)

    def play(self, stage, results):
        """Adds to results[server][program] a list of numbers a round."""
        for number in range(self.rounds):
            pairs = self.pairs(number)
            if self.side_by_side:
                with ThreadPoolExecutor(len(pairs)) as pool:
                    done = list(pool.map(lambda pair: self.run_one(stage, *pair), pairs))
            else:
                done = [self.run_in_turn(stage, pair) for pair in pairs]
            for (server, program), result in zip(pairs, done):
                results.setdefault(server, {}).setdefault(program.name, []).append(result)


def runs_of(make, ask, check, where=Stage.far, times=1):
    """A run of one program with one server. make(here, there) lays out what is to be moved,
    ask(program, place, name, made) is the command line, `name` that of the server's folder, and
    check(here, there, text) says what is wrong with what came of it; empty: nothing. The results of
    so many runs, one after the other."""
    def some(stage, server, program):
        there, name = stage.remote()

        def work(place, scratch, netns):
            here = scratch / "here"
            made = make(here, there)
            stage.own(there)
            results = []
            for _ in range(times):
                result, text = stage.run(ask(program, place, name, made), scratch, netns)
                results.append(result)
                wrong = check(here, there, text)
                if wrong:
                    raise Failed(f"{program.name}: {wrong}: {text[-300:]}")
            return results

        results = where(stage, server, work)
        shutil.rmtree(there)
        return results
    return some


def run_of(*parts):
    some = runs_of(*parts)
    return lambda *pair: some(*pair)[0]


def cold_listing():
    return run_of(lambda here, there: make_small(there, 20),
                  lambda program, place, name, _: program.listing(place, name),
                  lambda here, there, text: "" if "file0019" in text else "no listing")


def many_down(count, sessions):
    return run_of(lambda here, there: make_small(there, count),
                  lambda program, place, name, names:
                  program.get_many(place, name, names, sessions),
                  lambda here, there, _: differing(here, there))


def many_up(count, sessions):
    return run_of(lambda here, there: make_small(here, count),
                  lambda program, place, name, names:
                  program.put_many(place, name, names, sessions),
                  lambda here, there, _: differing(there, here))


def mirrored(up):
    """The parts of a run."""
    def make(here, there):
        (here / "tree").mkdir()
        make_tree(here / "tree" if up else there)

    return (make,
            lambda program, place, name, _:
            program.mirror(place, up, *(("tree", name) if up else (name, "tree"))),
            lambda here, there, _: differing(here / "tree", there))


def mirrored_twice():
    """Two works, the first run and the second, of which the second takes what the first has left."""
    both, left = runs_of(*mirrored(up=False), times=2), {}

    def first(stage, server, program):
        results = both(stage, server, program)
        left.setdefault((server, program.name), []).append(results[1])
        return results[0]

    def again(stage, server, program):
        kept = left.get((server, program.name))
        return kept.pop() if kept else both(stage, server, program)[1]

    return first, again


MIRROR_DOWN, MIRROR_AGAIN = mirrored_twice()


def bulk_down(mebibytes, where=Stage.near, segments=1):
    return run_of(lambda here, there: make_big(there / "big", mebibytes),
                  lambda program, place, name, _:
                  program.get_one(place, f"{name}/big", "copy", segments),
                  lambda here, there, _: differing_file(here / "copy", there / "big"), where)


def bulk_down_nowhere(mebibytes):
    """What writing a file takes, the same for all, is left out. That the program is content is all
    that tells of the bytes: what they are, bulk_down() shows."""
    return run_of(lambda here, there: make_big(there / "big", mebibytes),
                  lambda program, place, name, _:
                  program.get_one(place, f"{name}/big", "/dev/null"),
                  lambda here, there, _: "", Stage.near)


def bulk_up(mebibytes, where=Stage.near):
    return run_of(lambda here, there: make_big(here / "big", mebibytes),
                  lambda program, place, name, _: program.put_one(place, "big", f"{name}/copy"),
                  lambda here, there, _: differing_file(there / "copy", here / "big"), where)


def floor(mebibytes):
    """The processor time that so much down takes at least: receiving it, and opening it."""
    def measure():
        done = subprocess.run([os.environ["FLOOR"], str(mebibytes)], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)
    return measure


def sorted_listing(count):
    """By processor time; curl shows no list in order. The folder is laid out once."""
    made = []

    def name_of(stage):
        if not made:
            there, name = stage.remote()
            for i in range(count):
                (there / f"file{i:06}").touch()
            stage.own(there)
            made.append(name)
        return made[0]

    def list_it(stage, server, program):
        def work(place, scratch, netns):
            result, text = stage.run(program.sorted_listing(place, name_of(stage)), scratch, netns)
            names = re.findall(r"file\d{6}", text)
            if len(names) != count or names != sorted(names):
                raise Failed(f"{program.name}: not all, or not in order: {text[-300:]}")
            return [result]
        return stage.near(server, work)[0]

    return list_it


def version(stage, _server, program):
    scratch = stage.scratch()
    result, _ = stage.run(program.version(), scratch)
    return result


def instructions(stage, _server, program):
    scratch = stage.scratch()
    _, text = stage.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                         *program.version()], scratch)
    return Result(instructions=int(re.search(r"Collected : (\d+)", text).group(1)))


def second_visit(stage, server, program):
    """To a server behind a NAT that lets no passive port through: it has to dial out, which is the
    third thing that ftpsh tries. The others have nothing to show in a minute."""
    scratch = stage.scratch()
    home, report = scratch / "home", scratch / "report"
    home.mkdir()
    router = stage.bed.nat(forward=False)
    at = stage.bed.server_behind(router, server)
    argv = program.listing(stage.place(at, nat.PUBLIC), ".")
    argv[1:1] = ["--report=json", f"--report-file={report}"]
    for _ in range(2):
        result, _ = stage.run(argv, scratch, router.client, home)
    attempts = json.loads(report.read_text())["data"]["attempts"]
    at.stop()
    return Result(result, failed=sum(a["result"] != "ok" for a in attempts))


def slow_line(stage, server, work):
    return stage.far(server, work, rate=200_000_000)


WORKS = {
    "listing": Work("one listing, cold start, 40 ms", 0.6, "seconds", cold_listing(),
                    {"trips": None}, side_by_side=True, rounds=5),
    "down": Work("100 small files down, one session, 40 ms", 0.6, "seconds", many_down(100, 1),
                 {"trips": None}, side_by_side=True, rounds=2),
    "up": Work("100 small files up, one session, 40 ms", 0.6, "seconds", many_up(100, 1),
               {"trips": None}, side_by_side=True, rounds=2),
    "down8": Work("1,000 small files down, 8 sessions, 40 ms", 0.5, "seconds", many_down(1000, 8),
                  {"trips": None, "memory": 0.9}, servers=("proftpd",), side_by_side=True,
                  rounds=2),
    "up8": Work("1,000 small files up, 8 sessions, 40 ms", 0.5, "seconds", many_up(1000, 8),
                {"trips": None, "memory": 0.9}, servers=("proftpd",), side_by_side=True, rounds=2),
    "mirror-down": Work("1,000 files in 200 folders mirrored down, 40 ms", 0.5, "seconds",
                        MIRROR_DOWN, {"trips": None}, programs=(FTPSH, LFTP),
                        servers=("proftpd",), side_by_side=True, rounds=2),
    "mirror-up": Work("the same up", 0.5, "seconds", run_of(*mirrored(up=True)), {"trips": None},
                      programs=(FTPSH, LFTP), servers=("proftpd",), side_by_side=True, rounds=2),
    "mirror-again": Work("the same down with nothing to do", 0.5, "seconds",
                         MIRROR_AGAIN, {"trips": None}, programs=(FTPSH, LFTP),
                         servers=("proftpd",), side_by_side=True, rounds=2),
    "bulk-down": Work("1 GiB down, loopback: processor time", 0.7, "cpu", bulk_down(1024),
                      {"seconds": None, "memory": 0.9}),
    "bulk-null": Work("the same to /dev/null", 0.7, "cpu", bulk_down_nowhere(1024),
                      {"seconds": 0.9}, beside=floor(1024)),
    "bulk-up": Work("1 GiB up, loopback: processor time", 0.75, "cpu", bulk_up(1024),
                    {"seconds": None, "memory": 0.9}),
    "line-down": Work("256 MiB down, 40 ms, 200 Mbit/s", 1.05, "seconds",
                      bulk_down(256, slow_line), servers=("pureftpd",), rounds=2,
                      side_by_side=True),
    "line-up": Work("256 MiB up, 40 ms, 200 Mbit/s", 1.05, "seconds", bulk_up(256, slow_line),
                    servers=("pureftpd",), rounds=2, side_by_side=True),
    "segments": Work("256 MiB down in 4 segments, 40 ms, 200 Mbit/s", 1.05, "seconds",
                     bulk_down(256, slow_line, 4), servers=("pureftpd",), rounds=2,
                     side_by_side=True,
                     programs=(FTPSH, LFTP)),
    "second-visit": Work("one listing where the third rung alone works, second visit", None, "seconds",
                         second_visit, {"failed": None}, programs=(FTPSH,), servers=("vsftpd",),
                         rounds=2),
    "names": Work("a sorted list of 100,000 entries: processor time", 0.5, "cpu",
                  sorted_listing(100_000), {"memory": None}, programs=(FTPSH, LFTP),
                  servers=("vsftpd",), rounds=2),
    "version": Work("--version, start to exit", 1, "seconds", version, servers=("none",),
                    rounds=50),
    "instructions": Work("--version: instructions, by callgrind", 1, "instructions", instructions,
                         servers=("none",), rounds=1),
}
