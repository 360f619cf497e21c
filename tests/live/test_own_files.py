"""What ftpsh keeps for its user is that user's alone, and nothing is written where it is not."""
import fcntl
import os
import stat

import pytest

KEY = "sha256:" + 64 * "5"
WRITERS = {
    "state": (("trust", "add", "ftp.example.com:21", KEY), ".local/state", "known_hosts", KEY[7:]),
    "config": (("-c", "bookmark add work me@ftp.example.com"), ".config", "bookmarks", "work"),
}
NOBODY = 65534


@pytest.fixture(params=WRITERS)
def writer(request, client):
    """Runs what writes; its folder and its file there."""
    words, folder, name, mark = WRITERS[request.param]
    folder = client.home / folder / "ftpsh"

    def write():
        return client(*words, prefix=("env", "-u", "XDG_STATE_HOME"), report=False)

    return write, folder, folder / name, mark


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_text("# mine\n")
    return path


@pytest.fixture
def anybodys_mask():
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    return {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}


def test_made_for_its_user_alone(writer, anybodys_mask):
    write, folder, path, mark = writer
    assert write().status == 0 and mark in path.read_text()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes(folder).values()) == {0o600} and path.name in modes(folder)
    path.chmod(0o644)
    path.write_text(path.read_text().replace(mark, mark[::-1]))
    assert write().status == 0 and set(modes(folder).values()) == {0o600}


def is_refused(run, why):
    return (run.status == 1 and why in run.stderr and run.stderr.startswith("ftpsh: ") and
            run.stderr.count("\n") == 1)


FILES = {
    "a link": (lambda path, victim: path.symlink_to(victim), "Too many levels of symbolic links"),
    "a folder": (lambda path, victim: path.mkdir(), "is a folder"),
    "a pipe": (lambda path, victim: os.mkfifo(path), "is no file"),
    "another's": (lambda path, victim: os.chown(path, NOBODY, NOBODY), "belongs to somebody else"),
    "the group's": (lambda path, victim: path.chmod(0o620), "can be changed by others"),
    "everybody's": (lambda path, victim: path.chmod(0o602), "can be changed by others"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_ours_stays_as_it_is(writer, victim, what):
    write, folder, path, _ = writer
    spoil, why = FILES[what]
    folder.mkdir(parents=True, mode=0o700)
    if what in ("another's", "the group's", "everybody's"):
        path.write_text("# theirs\n")
    spoil(path, victim)
    before = path.lstat()
    run = write()
    after = path.lstat()
    assert is_refused(run, why), run
    assert (before.st_ino, before.st_mode, before.st_uid, before.st_mtime_ns) == \
        (after.st_ino, after.st_mode, after.st_uid, after.st_mtime_ns)
    assert victim.read_text() == "# mine\n" and not list(folder.glob("*.new"))


def test_another_name_of_the_file_stays_as_it_is(writer, victim):
    """A file is never written in its place: a hard link to somebody's is replaced."""
    write, folder, path, mark = writer
    folder.mkdir(parents=True, mode=0o700)
    path.hardlink_to(victim)
    assert write().status == 0 and mark in path.read_text()
    assert victim.read_text() == "# mine\n" and path.stat().st_nlink == 1


@pytest.mark.parametrize("beside", (".new", ".lock"))
def test_links_beside_the_file_lead_nowhere(writer, victim, beside):
    write, folder, path, mark = writer
    folder.mkdir(parents=True, mode=0o700)
    trap = folder / (path.name + beside)
    trap.symlink_to(victim)
    run = write()
    if beside == ".lock":
        assert is_refused(run, f"{trap}: Too many levels of symbolic links"), run
        assert not path.exists()
    else:
        assert run.status == 0 and mark in path.read_text() and not trap.exists(), run
    assert victim.read_text() == "# mine\n"


def test_a_file_that_another_changes(writer):
    write, folder, path, _ = writer
    folder.mkdir(parents=True, mode=0o700)
    with open(folder / (path.name + ".lock"), "w", encoding="ascii") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        run = write()
    assert is_refused(run, f"{path}: another ftpsh is changing it") and not path.exists(), run


FOLDERS = {
    "another's": (lambda folder: os.chown(folder, NOBODY, NOBODY), "belongs to somebody else"),
    "the group's": (lambda folder: folder.chmod(0o770), "can be changed by others"),
    "everybody's": (lambda folder: folder.chmod(0o1777), "can be changed by others"),
}


@pytest.mark.parametrize("what", FOLDERS)
@pytest.mark.parametrize("linked", (False, True), ids=("", "by a link"))
def test_nothing_is_written_to_a_folder_that_is_not_ours(writer, tmp_path, what, linked):
    write, folder, _, _ = writer
    spoil, why = FOLDERS[what]
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = tmp_path / "elsewhere" if linked else folder
    place.mkdir()
    if linked:
        folder.symlink_to(place)
    spoil(place)
    run = write()
    assert is_refused(run, why) and not list(place.iterdir()), run
