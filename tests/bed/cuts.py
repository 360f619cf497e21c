"""Commands whose connections are cut everywhere, and what must hold behind each cut.

A `Ground` is a server with a relay before it, and a client; `points()` says where a command can be
cut there, and `try_cut()` cuts it at one, runs it again, and says what is wrong, if anything.
"""
import contextlib
import os
import queue
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bed.client import Client
from bed.cutter import Cut, Cutter
from bed.pki import RELAYS
from bed.ports import free_block
from bed.proftpd import Proftpd
from bed.pureftpd import Pureftpd
from bed.server import Setup
from bed.vsftpd import Vsftpd
from fake.server import PASSWORD, USER, Fake

SERVERS = ("vsftpd", "proftpd", "pureftpd", "ftpfake")
REAL = {c.name: c for c in (Vsftpd, Proftpd, Pureftpd)}
# Sessions that were left behind count, and are here for a while. One that waits for its data
# connection holds a passive port and does not see that its client has gone: once all ports are held
# ProFTPD names others, where no relay listens.
EXTRA = {"vsftpd": ("max_per_ip=0", "max_clients=0", "accept_timeout=5"),
         "proftpd": ("TimeoutIdle 20",),
         "pureftpd": ("-c 1000 -C 1000",)}
PORTS = 100
OURS = ".ftpsh."
BIG = 300_000
SLACK = 80_000  # handshakes, record headers, and the last bytes that are compared
HOWS = ("fin", "reset", "stall")
SHORT = ("--connect-timeout=4", "--data-timeout=2", "--reply-timeout=2", "--final-timeout=2",
         "--idle-timeout=2")
STATUSES = range(0, 11)


def start_server(name, folder, pki, account):
    """Returns a server, started, and its range of passive ports."""
    first = free_block(PORTS + 1)
    passive = (first + 1, first + PORTS)
    if name == "ftpfake":
        options = (f"--port={first}", f"--passive-ports={passive[0]}-{passive[1]}")
        return Fake(folder, pki, options=options), passive
    setup = Setup(port=first, passive=passive, extra=EXTRA.get(name, ()))
    return REAL[name](folder, pki, account, setup).start(), passive


def missing(name):
    return REAL[name].missing() if name in REAL else ""


class Ground:
    """`number` tells grounds on one server apart: each has a relay, a folder and a client of its
    own. `binary` is the client to run."""

    def __init__(self, name, server, passive, number, work, binary, pki, account):
        self.name, self.server = name, server
        self.address = RELAYS[number]
        self.cutter = Cutter(self.address, server.port, passive)
        is_fake = name == "ftpfake"
        self.top = f"ground{number}"
        self.root = (server.root if is_fake else account.home) / self.top
        self.account = None if is_fake else account
        self.target = f"{USER if is_fake else account.name}@{self.address}:{server.port}"
        self.folder = Path(work) / f"{name}-{number}"
        self.folder.mkdir()
        self.client = Client(binary, self.folder / "client",
                             PASSWORD if is_fake else account.password, pki.ca.cert)
        self.client.memory = self.folder / "state"
        self.there, self.here = self.root, self.folder / "here"

    def __enter__(self):
        self.cutter.__enter__()
        return self

    def __exit__(self, *exc):
        self.cutter.__exit__(*exc)
        shutil.rmtree(self.root, ignore_errors=True)

    def clear(self):
        for folder in (self.there, self.here):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.give()

    def give(self):
        """The server's user owns all that is there."""
        if self.account:
            self.account.own(self.there)
            for at, folders, files in os.walk(self.there):
                for name in folders + files:
                    self.account.own(os.path.join(at, name))

    def run(self, options, words):
        """Words of one command, or a text with several."""
        what = ("-c", words, self.target) if isinstance(words, str) else (self.target, *words)
        shutil.rmtree(self.client.memory, ignore_errors=True)
        self.client.runs.clear()
        return self.client(*options, *what, cwd=self.here, report=False, bound=60)


# Commands

def contents(folder):
    """{path: bytes, or None for a folder}"""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        try:
            found[str(path.relative_to(folder))] = None if path.is_dir() else path.read_bytes()
        except FileNotFoundError:
            pass  # a server that is still at it
    return found


def is_ours(path):
    return OURS in Path(path).name


def leftovers(folder):
    return [path for path in contents(folder) if is_ours(path)]


def tree():
    """Of a small mirror."""
    files = {f"file {i}": bytes([i + 65]) * (700 * i) for i in range(3)}
    files.update({"sub/one": os.urandom(60_000), "sub/deep/two": b"two\n"})
    return files


def plant(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))


@dataclass
class Command:
    """`prepare(ground)` makes what it needs, `words(ground)` is what is run, `again` the same for
    the rerun; `target(ground)` the folder that it fills, `wanted` what that must become."""
    name: str
    parts: int = 1          # at most so many temporary files behind the first run
    is_atomic: bool = True  # nothing but whole files bears a final name, whenever one looks
    wanted: dict = field(default_factory=dict)

    def prepare(self, ground):
        raise NotImplementedError

    def words(self, ground):
        raise NotImplementedError

    def again(self, ground):
        return self.words(ground)

    def target(self, ground):
        raise NotImplementedError

    def wrong_now(self, ground, run):
        """What is wrong behind the first run, whatever it met."""
        found = contents(self.target(ground))
        wrong = []
        if run.status == 0 and found != self.wanted:
            wrong.append(f"status 0, and {differing(found, self.wanted)}")
        if self.is_atomic:
            cut = [p for p, data in found.items() if not is_ours(p) and data != self.wanted.get(p)]
            if cut:
                wrong.append(f"not whole under the final name: {cut}")
        if len(leftovers(self.target(ground))) > self.parts:
            wrong.append(f"too many left: {leftovers(self.target(ground))}")
        return wrong

    def wrong_again(self, ground, run):
        found = contents(self.target(ground))
        if run.status != 0:
            return [f"the rerun fails: {last_line(run)}"]
        return [f"the rerun leaves {differing(found, self.wanted)}"] if found != self.wanted else []


class Ls(Command):
    names = [f"entry {i}" for i in range(20)]

    def prepare(self, ground):
        ground.clear()
        for name in self.names:
            (ground.there / name).write_bytes(b"")
        ground.give()

    def words(self, ground):
        return ["ls", ground.top]

    def wrong_now(self, ground, run):
        if run.status == 0 and sorted(run.stdout.splitlines()) != sorted(self.names):
            return ["status 0, and the listing is not whole"]
        return []

    def wrong_again(self, ground, run):
        if run.status != 0:
            return [f"the rerun fails: {last_line(run)}"]
        return self.wrong_now(ground, run)


class Get(Command):
    def prepare(self, ground):
        ground.clear()
        self.wanted = {"big": os.urandom(BIG)}
        plant(ground.there, self.wanted)
        ground.give()

    def words(self, ground):
        return ["get", f"{ground.top}/big"]

    def again(self, ground):
        return ["get", "-c", f"{ground.top}/big"]

    def target(self, ground):
        return ground.here


class Put(Command):
    def prepare(self, ground):
        ground.clear()
        self.wanted = {"big": os.urandom(BIG)}
        plant(ground.here, self.wanted)

    def words(self, ground):
        return ["put", *(["--atomic"] if self.is_atomic else []), "big", f"{ground.top}/big"]

    def again(self, ground):
        return ["put", "-c", *self.words(ground)[1:]]

    def target(self, ground):
        return ground.there


class Rename(Command):
    """Two, of which the second takes the name that the first has left: it would be lost if that was
    done twice."""
    parts = 0
    before = {"a": b"first", "c": b"second"}
    between = {"b": b"first", "c": b"second"}

    def prepare(self, ground):
        ground.clear()
        self.wanted = {"b": b"first", "a": b"second"}
        plant(ground.there, self.before)
        ground.give()

    def words(self, ground):
        return f"mv {ground.top}/a {ground.top}/b; mv {ground.top}/c {ground.top}/a"

    def again(self, ground):
        """What is left to be done."""
        found = contents(self.target(ground))
        if found == self.wanted:
            return ["pwd"]
        return self.words(ground) if found == self.before else \
            ["mv", f"{ground.top}/c", f"{ground.top}/a"]

    def target(self, ground):
        return ground.there

    def wrong_now(self, ground, run):
        found = contents(self.target(ground))
        if run.status == 0 and found != self.wanted:
            return [f"status 0, and there is {found}"]
        if found not in (self.before, self.between, self.wanted):
            return [f"lost or done twice: {found}"]
        return []


class Mirror(Command):
    is_up = False

    def prepare(self, ground):
        ground.clear()
        files = tree()
        self.wanted = {**files, "sub": None, "sub/deep": None}
        plant(self.source(ground), files)
        ground.give()

    def source(self, ground):
        return ground.here / "tree" if self.is_up else ground.there / "tree"

    def target(self, ground):
        return (ground.there if self.is_up else ground.here) / "copy"

    def words(self, ground):
        theirs = f"{ground.top}/{'copy' if self.is_up else 'tree'}"
        if self.is_up:
            atomic = ["--atomic"] if self.is_atomic else []
            return ["mirror", "-R", "-P2", *atomic, "tree", theirs]
        return ["mirror", "-P2", theirs, "copy"]


class MirrorUp(Mirror):
    is_up = True


def commands():
    return [Ls("ls"), Get("get"), Put("put --atomic"), Put("put", is_atomic=False),
            Rename("rename"), Mirror("mirror", parts=2), MirrorUp("mirror -R --atomic", parts=2),
            MirrorUp("mirror -R", parts=2, is_atomic=False)]


def differing(found, wanted):
    paths = sorted(p for p in found.keys() | wanted.keys() if found.get(p, 0) != wanted.get(p, 0))
    return ", ".join(f"{p} ({size(found, p)} of {size(wanted, p)})" for p in paths)


def size(files, path):
    if path not in files:
        return "missing"
    return "folder" if files[path] is None else str(len(files[path]))


def last_line(run):
    return f"{run.status}: {(run.stderr.strip() or '(nothing)').splitlines()[-1]}"


# Where to cut

def measure(ground, command):
    """What goes through when nothing is cut."""
    ground.cutter.arm()
    command.prepare(ground)
    run = ground.run((), command.words(ground))
    assert run.status == 0, run
    assert not command.wrong_now(ground, run), run
    return ground.cutter.mend()


def octets_of(seen, count):
    """`count` places among so many bytes: the first few ones, and then every n-th."""
    step = max(1, seen // count)
    return sorted({0, 1, 6, *range(step, seen, step)})


def points(seen, data_points=24, octet_points=12):
    """All cuts of a command, which need not all be reached: a mirror takes several ways."""
    places = [("reply", n) for n in range(seen.replies)]
    places += [("lost", n) for n in range(seen.replies)]
    places += [("octet", n) for n in octets_of(seen.octets, octet_points)]
    found = [Cut(where, at, how, down)
             for where, at in places for how in HOWS for down in (False, True)]
    if seen.data:
        found += [Cut("data", at, how, down, both) for at in octets_of(seen.data, data_points)
                  for how in HOWS for down in (False, True) for both in (False, True)]
    return found


# One trial

@dataclass
class Outcome:
    server: str
    command: str
    cut: Cut
    reached: bool
    survived: bool
    seconds: float
    wrong: list
    end: str  # what the first run said last
    talk: str

    def title(self):
        return f"{self.server}: {self.command}: {self.cut.title()}"

    def gave_up(self):
        """The command did not end well, although everything passed behind the cut."""
        return self.reached and not self.survived and not self.cut.down


def try_cut(ground, command, cut):
    start = time.monotonic()
    command.prepare(ground)
    ground.cutter.arm(cut)
    retries = () if not cut.down else ("--retries=0",)
    run = ground.run((*SHORT, *retries), command.words(ground))
    seen = ground.cutter.mend()
    wrong = command.wrong_now(ground, run)
    if run.status not in STATUSES:
        wrong.append(f"status {run.status}")
    if run.status != 0 and not run.stderr.strip():
        wrong.append("it fails without a word")
    part = largest_part(command, ground)
    again = ground.run((), command.again(ground))
    wrong += command.wrong_again(ground, again)
    moved = ground.cutter.mend().data
    if part and moved > BIG - part + SLACK:
        wrong.append(f"{part} bytes were there, and the rerun moves {moved}")
    return Outcome(ground.name, command.name, cut, seen.cut, run.status == 0,
                   time.monotonic() - start, wrong, last_line(run), f"{run}\n{again}")


def largest_part(command, ground):
    """Of get: what the rerun should not move again."""
    if not isinstance(command, Get):
        return 0
    sizes = [len(data) for path, data in contents(ground.here).items() if is_ours(path)]
    return max(sizes, default=0)


# Many of them

def run_trials(name, work, binary, pki, account, choose, workers, wanted=()):
    """Yields the outcomes, in the order that they come. `choose` takes a command's cuts and returns
    those to try; `wanted` names the commands, all of them if empty."""
    server, passive = start_server(name, Path(work) / name, pki, account)
    todo, done = queue.Queue(), queue.Queue()
    try:
        with contextlib.ExitStack() as stack:
            grounds = [stack.enter_context(
                Ground(name, server, passive, number, work, binary, pki, account))
                for number in range(workers)]
            chosen = [(command.name, cut) for command in commands()
                      if not wanted or command.name in wanted
                      for cut in choose(points(measure(grounds[0], command)))]
            for item in chosen:
                todo.put(item)
            threads = [threading.Thread(target=work_off, args=(ground, todo, done))
                       for ground in grounds]
            for thread in threads:
                thread.start()
            for _ in chosen:
                outcome = done.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
    finally:
        while not todo.empty():
            todo.get()
        server.stop()


def work_off(ground, todo, done):
    mine = {command.name: command for command in commands()}
    while True:
        try:
            name, cut = todo.get_nowait()
        except queue.Empty:
            return
        try:
            done.put(try_cut(ground, mine[name], cut))
        except subprocess.TimeoutExpired as why:
            done.put(Outcome(ground.name, name, cut, True, False, why.timeout, ["it hangs"], "",
                             str(why)))
        except BaseException as why:  # pylint: disable=broad-except
            done.put(why)
            return
