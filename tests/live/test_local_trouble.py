"""Trouble with files here: one clear line that names the file, what was there stays, and nothing is
tried again; and --fsync."""
import errno
import os
import shutil
import subprocess

import pytest

from bed import mounts
from fake.server import BIG, find_binary

OLD = b"the old file\n"


@pytest.fixture
def troubled(client):
    """Runs ftpsh with a file operation that fails: see trouble.c."""
    def run(trouble, *args, log=None, **settings):
        options = f"{client.env()['ASAN_OPTIONS']}:verify_asan_link_order=0"
        prefix = ["env", f"LD_PRELOAD={find_binary().resolve().parent / 'trouble.so'}",
                  f"ASAN_OPTIONS={options}", f"TROUBLE={trouble}"]
        return client(*args, prefix=prefix + ([f"TROUBLE_LOG={log}"] if log else []), **settings)
    return run


@pytest.fixture
def mounted(tmp_path):
    """A file system of this size for a folder."""
    made = []

    def mount(name, options):
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
        made.append(folder)
        return folder

    yield mount
    for folder in made:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def complaints(run):
    return [line for line in run.stderr.splitlines() if line.startswith("ftpsh: ")]


def check_failed(run, *texts):
    """One line, at once, that says all of this."""
    assert run.status == 1 and len(complaints(run)) == 1, run
    assert "trying again" not in run.stderr and all(t in complaints(run)[0] for t in texts), run


DOWN = (
    ("write", errno.ENOSPC, "No space left on device", 1_000_000),
    ("write", errno.EDQUOT, "Disk quota exceeded", 1_000_000),
    ("write", errno.EIO, "Input/output error", 1_000_000),
    ("rename", errno.EIO, "Input/output error", 0),
    ("open", errno.EACCES, "Permission denied", 0),
    ("open", errno.EMFILE, "Too many open files", 0),
)


@pytest.mark.parametrize("call, error, text, after", DOWN, ids=[f"{r[0]}-{r[1]}" for r in DOWN])
def test_download(fake, client, troubled, call, error, text, after):
    server = fake()
    (client.folder / "big").write_bytes(OLD)
    name = "big" if call == "rename" else "big.ftpsh.part"
    run = troubled(f"{call}:{error}:{name}:{after}", server.target(), "get", "big")
    check_failed(run, "big", text)
    assert (client.folder / "big").read_bytes() == OLD
    kept = client.folder / "big.ftpsh.part"
    assert (kept.stat().st_size > 0 if kept.exists() else call == "open"), run
    run = client(server.target(), "get", *(["-c"] if kept.exists() else []), "big")
    assert run.status == 0 and (client.folder / "big").read_bytes() == BIG, run
    assert not kept.exists()


def test_room_that_only_close_asks_for(fake, client, troubled):
    """As network file systems do, when the name would be given already."""
    server = fake()
    (client.folder / "big").write_bytes(OLD)
    run = troubled(f"close:{errno.EDQUOT}:big.ftpsh.part", server.target(), "get", "-E", "big")
    check_failed(run, "cannot write big", "Disk quota exceeded")
    assert (client.folder / "big").read_bytes() == OLD and "DELE" not in server.said()
    assert not (client.folder / "big.ftpsh.part").exists()


MEDDLING = {"longer": lambda part: part.open("ab").write(b"x" * len(BIG)),
            "another": lambda part: (part.unlink(), part.write_bytes(OLD))}


@pytest.mark.parametrize("how", MEDDLING)
def test_a_part_file_that_others_change(fake, client, how):
    """What is not what came never gets the name, and is nobody's to remove."""
    part = client.folder / "big.ftpsh.part"
    (client.folder / "big").write_bytes(OLD)

    def changed():
        if not part.exists() or part.stat().st_size == 0:
            return False
        MEDDLING[how](part)
        return True

    run = client.signal_when(0, changed, fake("slow=3000000").target(), "get", "big")
    assert run.status == 9 and len(complaints(run)) == 1, run
    assert "big.ftpsh.part was changed by somebody else meanwhile" in complaints(run)[0]
    assert (client.folder / "big").read_bytes() == OLD
    assert how != "another" or part.read_bytes() == OLD


def test_a_disk_that_is_full(fake, client, mounted):
    """A real one, for one file and for several at a time."""
    disk = mounted("disk", "size=1m")
    (disk / "big").write_bytes(OLD)
    server = fake()
    run = client(server.target(), "get", "big", "-O", disk)
    check_failed(run, f"{disk}/big.ftpsh.part", "No space left", "bytes are kept in")
    assert (disk / "big").read_bytes() == OLD
    subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
    run = client(server.target(), "get", "-c", "big", "-O", disk)
    assert run.status == 0 and (disk / "big").read_bytes() == BIG, run


def test_several_files_on_a_full_disk(fake, client, mounted):
    """The first that does not fit is told of and ends it: the others would fare no better."""
    disk, server = mounted("disk", "size=1m"), fake()
    (server.root / "tree").mkdir()
    for i in range(24):
        (server.root / "tree" / f"file-{i}").write_bytes(BIG[i * 10_000:400_000])
    before = 0
    for command in (("mirror", "tree", disk / "copy"), ("get", "tree/*", "-O", disk),
                    ("mirror", "tree", disk / "copy")):
        run = client(server.target(), *command)
        check_failed(run, "file-", ".ftpsh.part: No space left on device")
        parts = list(disk.rglob("*.part"))
        assert len(parts) <= 4 and all(p.stat().st_size > 0 for p in parts), parts
        asked, before = server.said().count("> RETR") - before, server.said().count("> RETR")
        assert 0 < asked <= 12, server.said()
    assert "not reached" in run.stderr
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
    run = client(server.target(), "mirror", "tree", disk / "copy")
    assert run.status == 0 and not list((disk / "copy").glob("*.part")), run
    for path in (disk / "copy").iterdir():
        assert path.read_bytes() == (server.root / "tree" / path.name).read_bytes()


def test_a_mirror_that_can_make_no_folder(fake, client, troubled):
    server = fake()
    for name in "abc":
        (server.root / "tree" / name).mkdir(parents=True)
        (server.root / "tree" / name / "small").write_bytes(OLD)
    run = troubled(f"mkdir:{errno.EDQUOT}:a", server.target(), "mirror", "tree", "copy")
    check_failed(run, "a: cannot make the folder: Disk quota exceeded")
    assert "> RETR" not in server.said() and "8 not reached" in run.stderr, run


def test_a_file_that_may_not_grow(fake, client):
    """`ulimit -f` ends others by a signal."""
    limit = ("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh")
    server = fake()
    run = client(server.target(), "get", "big", prefix=limit)
    check_failed(run, "big.ftpsh.part", "File too large")
    assert not (client.folder / "big").exists()
    (client.folder / "big.ftpsh.part").unlink()
    run = client(server.target(), "get", "--segments=2", "big", prefix=limit)
    check_failed(run, "big.ftpsh.part", "File too large")
    assert not list(client.folder.glob("big*")), run


def test_a_file_system_that_is_read_only(fake, client, mounted):
    disk, server = mounted("disk", "ro,size=1m"), fake()
    check_failed(client(server.target(), "get", "big", "-O", disk), f"{disk}/big", "Read-only")
    assert "RETR" not in server.said()
    run = client(server.target(), "mirror", "empty", disk / "copy")
    check_failed(run, f"{disk}/copy", "Read-only")


def test_names_that_cannot_be(fake, client):
    server = fake()
    check_failed(client(server.target(), "get", "big", "-o", "n" * 300), "nnnn", "name too long")
    (client.folder / "big").mkdir()
    check_failed(client(server.target(), "get", "big", "-o", "./big"), "big is a folder")
    check_failed(client(server.target(), "get", "big", "-o", "none/big"), "none/big", "No such")
    assert "RETR" not in server.said()


@pytest.mark.parametrize("command", ("get big", "put up", "mirror empty copy"))
def test_a_folder_that_is_gone(fake, client, tmp_path, command):
    """It was removed under us before the command."""
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "up").write_bytes(BIG)
    gone = ("sh", "-c", f'cd "{tmp_path}/gone" && rm -r "{tmp_path}/gone" && exec "$@"', "sh")
    run = client(fake().target(), *command.split(), prefix=gone)
    check_failed(run, "No such file or directory")


def test_a_folder_that_goes(fake, client):
    """And while the file comes."""
    folder = client.folder / "here"
    folder.mkdir()

    def removed():
        part = folder / "big.ftpsh.part"
        if not part.exists() or part.stat().st_size == 0:
            return False
        part.unlink()
        folder.rmdir()
        return True

    run = client.signal_when(0, removed, fake("slow=3000000").target(), "get", "big", "-O", folder)
    check_failed(run, "here/big", "No such file or directory")
    assert not folder.exists()


def test_a_folder_that_goes_from_under_a_mirror(fake, client):
    """One line for all that it had left to do, behind those of what was on its way."""
    server, copy = fake("slow=1000000"), client.folder / "copy"
    (server.root / "tree").mkdir()
    for i in range(24):
        (server.root / "tree" / f"file-{i}").write_bytes(BIG[:300_000])

    def removed():
        if len(list(copy.glob("file-*"))) < 6:
            return False
        while copy.exists():
            shutil.rmtree(copy, ignore_errors=True)
        return True

    run = client.signal_when(0, removed, server.target(), "mirror", "tree", "copy")
    assert run.status == 1 and len(complaints(run)) <= 4, run
    assert run.stderr.count("the local folder was removed: ") == 1, run
    assert "not reached" in run.stderr and not copy.exists(), run


def test_a_target_that_becomes_a_folder(fake, client):
    part = client.folder / "big.ftpsh.part"

    def became():
        if not part.exists() or part.stat().st_size == 0:
            return False
        (client.folder / "big").mkdir()
        return True

    run = client.signal_when(0, became, fake("slow=3000000").target(), "get", "big")
    check_failed(run, "big: Is a directory", "bytes are kept in big.ftpsh.part")
    assert part.read_bytes() == BIG


def test_upload(fake, client, troubled):
    (client.folder / "up").write_bytes(BIG)
    server = fake()
    run = troubled(f"read:{errno.EIO}:up:1000000", server.target(), "put", "--atomic", "up")
    check_failed(run, "cannot read up: Input/output error")
    run = troubled(f"open:{errno.EACCES}:up", server.target(), "put", "up")
    check_failed(run, "cannot read up: Permission denied")
    assert {p.name for p in server.root.iterdir()} == {"big", "empty", "small"}


CHANGES = {"cut": lambda path: os.truncate(path, 1000),
           "grown": lambda path: path.open("ab").write(b"more"),
           "written to": lambda path: path.open("r+b").write(b"other"),
           "removed": lambda path: path.unlink()}


@pytest.mark.parametrize("how", CHANGES)
def test_a_file_that_changes_while_it_is_sent(fake, client, how):
    """One that is removed is sent whole: it is there for whoever has it open."""
    server, path = fake("slow=3000000"), client.folder / "up"
    (server.root / "up").write_bytes(OLD)
    path.write_bytes(BIG)

    def changed():
        temp = server.root / ".up.ftpsh.tmp"
        if not temp.exists() or temp.stat().st_size == 0:
            return False
        CHANGES[how](path)
        return True

    run = client.signal_when(0, changed, server.target(), "put", "--atomic", "up")
    if how == "removed":
        assert run.status == 0 and (server.root / "up").read_bytes() == BIG, run
        return
    check_failed(run, "up changed while it was sent")
    assert (server.root / "up").read_bytes() == OLD


def test_no_room_for_a_file_to_edit(fake, client, mounted):
    disk = mounted("disk", "size=1m")
    prefix = ("env", "EDITOR=true", f"TMPDIR={disk}")
    run = client(fake().target(), "edit", "big", prefix=prefix)
    check_failed(run, f"cannot write {disk}/", "No space left on device")
    assert "are kept" not in run.stderr and not list(disk.iterdir()), run


def test_no_room_for_what_is_remembered(fake, client, tmp_path):
    """The memory of strategies and known hosts never break a transfer."""
    state = tmp_path / "state"
    (state / "ftpsh").mkdir(parents=True)
    client.memory = state
    with mounts.full(state / "ftpsh"):
        run = client(fake().target(), "get", "big")
    assert run.status == 0 and (client.folder / "big").read_bytes() == BIG, run
    assert not complaints(run) and run.stderr.count("\n") <= 1, run


# ---- --fsync ----

def noted(log):
    """What was done with the files, without the notes that ftpsh keeps for itself."""
    lines = [line for line in log.read_text().splitlines() if not line.endswith("memory")]
    log.unlink()
    return lines


def test_fsync(fake, client, troubled, tmp_path):
    """The bytes, the name, then the folder; and nothing of it without the option."""
    log, server = tmp_path / "log", fake()
    run = troubled("", "--fsync", server.target(), "get", "big", log=log)
    assert run.status == 0 and noted(log) == [
        f"fsync {client.folder}/big.ftpsh.part", "rename big", f"fsync {client.folder}"], run
    (server.root / "tree" / "below").mkdir(parents=True)
    (server.root / "tree" / "below" / "small").write_bytes(BIG)
    run = troubled("", "-c", "set fsync on; mirror tree copy", server.target(), log=log)
    copy = client.folder / "copy"
    assert run.status == 0 and noted(log) == [
        f"fsync {client.folder}", f"fsync {copy}", f"fsync {copy}/below/small.ftpsh.part",
        "rename small", f"fsync {copy}/below", f"fsync {copy}"], run
    (server.root / "tree" / "below" / "small").unlink()
    run = troubled("", "--fsync", server.target(), "mirror", "--delete-emptied", "tree", "copy",
                   log=log)
    assert run.status == 0 and f"fsync {copy}/below" in noted(log), run
    run = troubled("", server.target(), "get", "big", log=log)
    assert run.status == 0 and noted(log) == ["rename big"], run


def test_a_disk_that_does_not_take_the_file(fake, client, troubled):
    """It never gets its name, the old one stays; and on the server nothing is deleted."""
    server = fake()
    (client.folder / "big").write_bytes(OLD)
    run = troubled(f"fsync:{errno.EIO}:big.ftpsh.part", "--fsync", server.target(), "get", "-E",
                   "big")
    check_failed(run, "cannot bring big to the disk", "Input/output error")
    assert (client.folder / "big").read_bytes() == OLD and "DELE" not in server.said()
    assert not (client.folder / "big.ftpsh.part").exists()
    run = troubled(f"fsync:{errno.EIO}:{client.folder.name}", "--fsync", server.target(), "get",
                   "-E", "small")
    check_failed(run, "cannot bring the name small to the disk")
    assert "DELE" not in server.said()
