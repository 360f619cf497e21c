"""mirror against the four real servers: both ways, again, large, and killed at any moment."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from bed.process import wait_until

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
WHEN = 1_700_000_000
FILES, FOLDERS = 10_000, 1_000


def tree_of(folder):
    """{path: (size, time)} of files and {path: None} of folders."""
    found = {}
    for at, folders, files in os.walk(folder):
        rest = os.path.relpath(at, folder)
        for name in folders:
            found[os.path.normpath(os.path.join(rest, name))] = None
        for name in files:
            st = os.stat(os.path.join(at, name))
            found[os.path.normpath(os.path.join(rest, name))] = (st.st_size, int(st.st_mtime))
    return found


def contents_differ(one, other):
    return subprocess.run(["diff", "-r", one, other], capture_output=True, check=False).stdout


def plant(folder, files, folders, size=100):
    """Files of about `size` bytes, ten folders in each folder, all files with times of their own."""
    folder.mkdir()
    places = [folder]
    for i in range(folders):
        places.append(places[i // 10] / f"d{i}")
        places[-1].mkdir()
    for i in range(files):
        path = places[i % len(places)] / f"file {i}"
        path.write_bytes(b"%d " % i * (size // 8 + i % 7))
        os.utime(path, (WHEN + i, WHEN + i))
    return folder


def own(account, folder):
    for at, _, files in os.walk(folder):
        account.own(at)
        for name in files:
            account.own(os.path.join(at, name))


def summary(run):
    return json.loads(run.stdout.splitlines()[-1])["summary"]


def mirror(client, server, *args, bound=120):
    return client(server.target(), "mirror", "--json", *args, bound=bound, report=False)


@pytest.mark.parametrize("name", SERVERS)
def test_both_ways_and_again(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    mine = plant(tmp_path / "mine", 40, 12)
    run = mirror(ftpsh, server, "-R", mine, "theirs")
    assert run.status == 0, run
    theirs = bed.account.home / "theirs"
    assert not contents_differ(mine, theirs)
    assert tree_of(theirs) == tree_of(mine)
    again = mirror(ftpsh, server, "-R", mine, "theirs")
    assert again.status == 0, again
    assert (summary(again)["files"], summary(again)["unchanged"]) == (0, 40)
    run = mirror(ftpsh, server, "theirs", tmp_path / "back")
    assert run.status == 0, run
    assert tree_of(tmp_path / "back") == tree_of(mine)
    again = mirror(ftpsh, server, "theirs", tmp_path / "back")
    assert again.status == 0, again
    assert (summary(again)["files"], summary(again)["folders"]) == (0, 0)
    shutil.rmtree(mine / "d0", ignore_errors=True)
    for path in list(mine.iterdir())[:3]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    run = mirror(ftpsh, server, "-R", "--delete", mine, "theirs")
    assert run.status == 0, run
    assert tree_of(theirs) == tree_of(mine)
    run = mirror(ftpsh, server, "--delete", "theirs", tmp_path / "back")
    assert run.status == 0, run
    assert tree_of(tmp_path / "back") == tree_of(mine)


@pytest.mark.parametrize("zone", ("Asia/Kolkata", "America/St_Johns"))
@pytest.mark.parametrize("name", SERVERS)
def test_again_in_another_zone(bed, ftpsh, tmp_path, monkeypatch, name, zone):
    """The client's zone differs from the server's; times are just now, so that LIST has minutes."""
    server = bed.server(name)
    mine = plant(tmp_path / "mine", 5, 2)
    for path in mine.rglob("file *"):
        os.utime(path)
    env = ftpsh.env
    monkeypatch.setattr(ftpsh, "env", lambda *a: {**env(*a), "TZ": zone})
    assert mirror(ftpsh, server, "-R", mine, "theirs").status == 0
    assert summary(mirror(ftpsh, server, "-R", mine, "theirs"))["files"] == 0
    assert mirror(ftpsh, server, "theirs", tmp_path / "back").status == 0
    assert summary(mirror(ftpsh, server, "theirs", tmp_path / "back"))["files"] == 0
    assert tree_of(tmp_path / "back") == tree_of(mine)


def there_and_back(bed, client, folder, name, files, folders):
    """Returns the seconds that each way took."""
    server = bed.server(name)
    mine = plant(folder / "mine", files, folders)
    up = mirror(client, server, "-R", "-P8", mine, "theirs", bound=400)
    assert up.status == 0, up
    assert (summary(up)["files"], summary(up)["folders"]) == (files, folders)
    down = mirror(client, server, "-P8", "theirs", folder / "back", bound=400)
    assert down.status == 0, down
    assert (summary(down)["files"], summary(down)["folders"]) == (files, folders)
    assert tree_of(bed.account.home / "theirs") == tree_of(mine) == tree_of(folder / "back")
    assert not contents_differ(mine, folder / "back")
    for args in (("-R", mine, "theirs"), ("theirs", folder / "back")):
        again = mirror(client, server, *args, bound=400)
        assert again.status == 0, again
        assert (summary(again)["files"], summary(again)["folders"]) == (0, 0)
    return up.seconds, down.seconds


@pytest.mark.parametrize("name", SERVERS)
def test_many_files(bed, ftpsh_release, work, name):
    """The full number on one server a day, in turn; a tenth of it on the others. FTPSH_FULL in the
    environment: the full number on all."""
    full = os.environ.get("FTPSH_FULL") or name == SERVERS[int(time.time() // 86400) % len(SERVERS)]
    folder = work / f"many-{name}"
    folder.mkdir()
    try:
        up, down = there_and_back(bed, ftpsh_release, folder, name, FILES if full else FILES // 10,
                                  FOLDERS if full else FOLDERS // 10)
    finally:
        shutil.rmtree(folder)
    print(f"{name}, {'all' if full else 'a tenth'}: up {up:.1f} s, down {down:.1f} s")


KILLS, KILLS_FEW = 50, 10


def run_and_kill(client, args, seconds, server):
    """Starts ftpsh and kills it after so long, if it still runs, and waits until the server has done
    all that it was asked. Its exit status, or None where it was killed."""
    argv = client.argv(args)
    with subprocess.Popen(argv, env=client.env(), cwd=client.folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          start_new_session=True) as child:
        try:
            _, stderr = child.communicate(timeout=seconds)
            assert child.returncode == 0, stderr
            return 0
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
    server.process.wait_unserved(server.port, 60)
    return None


def done_more_than_once(log, action):
    lines = [line.split(f" done {action} ", 1) for line in log.read_text().splitlines()]
    paths = [line[1].rsplit(" (", 1)[0] for line in lines if len(line) == 2]
    return sorted({path for path in paths if paths.count(path) > 1}), len(paths)


class Finished:
    """The files of the target that are as they should be: nobody may touch them again."""

    def __init__(self, source, target):
        self.target, self.marks = target, {}
        self.wanted = {path: what for path, what in tree_of(source).items() if what}

    def look(self):
        """Returns how many are finished that were not; those that were have not been touched."""
        new = 0
        for path in self.wanted.keys() & tree_of(self.target).keys():
            st = os.stat(self.target / path)
            if path in self.marks:
                assert self.marks[path] == (st.st_ino, st.st_ctime_ns), f"{path} was touched again"
            elif self.wanted[path] == (st.st_size, int(st.st_mtime)):
                self.marks[path] = (st.st_ino, st.st_ctime_ns)
                new += 1
        return new

    def begin_with_less(self, chance):
        for path in chance.sample(sorted(self.wanted), len(self.wanted) // 3):
            (self.target / path).unlink()
            self.marks.pop(path, None)


def kill_again_and_again(client, args, log, finished, kills, chance, server):
    """Kills so many runs, each at a moment within what lets some of them get somewhere. Returns
    how often all was there before the last kill."""
    longest, done = 0.6, 0
    while kills > 0:
        if run_and_kill(client, args, chance.uniform(0.02, longest), server) is None:
            kills -= 1
            if finished.look() == 0:
                longest *= 1.25
        else:
            done += 1
            finished.look()
            finished.begin_with_less(chance)
            log.unlink()
            longest *= 0.75
    return done


BOTH_WAYS = [(name, up) for name in SERVERS for up in (False, True)]


@pytest.mark.parametrize("name, up", BOTH_WAYS)
def test_killed_at_any_moment(bed, ftpsh_release, tmp_path, name, up):
    """And started again: nothing that was finished moves twice, and nothing is left. Fifty kills
    for one server and direction a day, in turn, and a few for the others. FTPSH_FULL in the
    environment: fifty for all, and the full number of files."""
    full = os.environ.get("FTPSH_FULL")
    today = BOTH_WAYS[int(time.time() // 86400) % len(BOTH_WAYS)] == (name, up)
    kills = KILLS if full or today else KILLS_FEW
    server = bed.server(name)
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    theirs, mine, log = bed.account.home / "theirs", tmp_path / "mine", tmp_path / "log"
    source, target = (mine, theirs) if up else (theirs, mine)
    plant(source, *((FILES, FOLDERS) if full else (300, 30)), size=2000)
    for i in range(3):
        (source / f"big{i}").write_bytes(os.urandom(4_000_000))
    own(bed.account, theirs) if not up else None
    args = [server.target(), "mirror", f"--log={log}", "-P4"]
    args += ["-R", mine, "theirs"] if up else ["theirs", mine]
    start = time.monotonic()
    finished = Finished(source, target)
    done = kill_again_and_again(ftpsh_release, args, log, finished, kills, chance, server)
    assert ftpsh_release(*args, bound=400).status == 0
    print(f"{name}, {'up' if up else 'down'}: {kills} kills in {time.monotonic() - start:.0f} s, "
          f"all was there {done + 1} times")
    finished.look()
    assert not contents_differ(source, target)
    assert {p for p, what in tree_of(target).items() if what} == \
           {p for p, what in tree_of(source).items() if what}
    assert not [p for p in target.rglob("*") if ".ftpsh" in p.name]
    twice, lines = done_more_than_once(log, "put" if up else "get")
    assert lines > 50 and not twice


@pytest.mark.parametrize("returns", (False, True))
@pytest.mark.parametrize("name", SERVERS)
def test_server_gone_while_it_is_listed(bed, ftpsh_release, tmp_path, name, returns):
    """Nothing is deleted for what was not listed; a server that comes back is listed to the end."""
    server = bed.server(name)
    theirs, mine, trace = bed.account.home / "theirs", tmp_path / "mine", tmp_path / "trace"
    plant(theirs, 50, 300)
    own(bed.account, theirs)
    shutil.copytree(theirs, mine)
    for folder in (mine / "d7", next(mine.rglob("d25"))):
        (folder / "extra").write_text("of mine")
    before = tree_of(mine)
    args = [f"--trace={trace}", f"--retries={9 if returns else 1}", server.target(), "mirror",
            "-P2", "--delete", "theirs", mine]
    with subprocess.Popen(ftpsh_release.argv(args), env=ftpsh_release.env(),
                          cwd=ftpsh_release.folder, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        wait_until(lambda: trace.exists() and listed(trace) > 20, 60, "listings")
        server.stop()
        if returns:
            server.start()
        _, stderr = child.communicate(timeout=120)
    if returns:
        assert child.returncode == 0, stderr
        assert tree_of(mine).keys() == tree_of(theirs).keys()
    else:
        assert listed(trace) < 300 and child.returncode == 3, stderr
        last = stderr.splitlines()[-1]
        # a server on its way out may accept and hang up before it refuses
        assert re.match("ftpsh: .*(refused|closed the control connection|reset by peer)", last), \
            stderr
        assert tree_of(mine) == before


def listed(trace):
    return len(re.findall(r"> (?:MLSD|LIST)", trace.read_text(errors="replace")))


DIGESTS = ("LoadModule mod_digest.c", "DigestEngine on")


@pytest.mark.parametrize("refuse", ((), ("HASH",)))
def test_checksums(bed, ftpsh, tmp_path, refuse):
    """Same size, same time, other contents: found. Other times, same contents: nothing moves."""
    server = bed.server("proftpd", extra=DIGESTS, refuse=refuse)
    theirs, mine = bed.account.home / "theirs", plant(tmp_path / "mine", 6, 2)
    shutil.copytree(mine, theirs)
    own(bed.account, theirs)
    changed = mine / "file 0"
    changed.write_bytes(changed.read_bytes().swapcase()[::-1])
    os.utime(changed, (WHEN, WHEN))
    os.utime(mine / "d0/file 1", (WHEN - 5000, WHEN - 5000))
    assert summary(mirror(ftpsh, server, "theirs", mine, "--only-missing"))["files"] == 0
    plain = mirror(ftpsh, server, "-n", "theirs", mine)
    assert "contents-differ" not in plain.stdout
    run = mirror(ftpsh, server, "--checksum", "theirs", mine)
    assert run.status == 0, run
    assert (summary(run)["files"], summary(run)["touched"] > 0) == (1, True)
    assert tree_of(mine) == tree_of(theirs) and not contents_differ(mine, theirs)
    changed.write_bytes(changed.read_bytes()[::-1])
    os.utime(changed, (WHEN, WHEN))
    os.utime(mine / "d0/file 1")
    run = mirror(ftpsh, server, "--checksum", "-R", mine, "theirs")
    assert run.status == 0 and summary(run)["files"] == 1, run
    assert not contents_differ(mine, theirs)


def test_hidden_files_that_are_there(bed, ftpsh, tmp_path):
    """vsftpd lists none: --only-missing asks for each."""
    server = bed.server("vsftpd")
    theirs, mine = bed.account.home / "theirs", tmp_path / "mine"
    for folder, text in ((theirs, "theirs"), (mine, "mine, and longer")):
        folder.mkdir()
        (folder / ".conf").write_text(text)
    (mine / ".new").write_text("new")
    own(bed.account, theirs)
    run = mirror(ftpsh, server, "-R", "--only-missing", mine, "theirs")
    assert run.status == 0 and summary(run)["files"] == 1, run
    assert (theirs / ".conf").read_text() == "theirs" and (theirs / ".new").read_text() == "new"
