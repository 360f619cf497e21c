"""What get -r, put -r and mirror share: sources deleted, only newer files, times, segments."""
import os

import pytest

MI = 1 << 20
OLD, NEW = 1_600_000_000, 1_700_000_000
FILES = {"a": b"one", "b/c": b"two" * 1000, "b/d/e": b""}


def plant(folder, files, when=NEW):
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (when, when))


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def sides(fake, client):
    """A server, the source and the target of a copy in that direction."""
    def start(direction, *quirks):
        server = fake(*quirks)
        here, there = client.folder / "here", server.root / "there"
        here.mkdir()
        there.mkdir()
        return (server, there, here) if direction == "get" else (server, here, there)
    return start


WORDS = {"get": ("get", "-r", "there", "-o", "here"), "put": ("put", "-r", "here", "there")}
MIRROR = {"get": ("mirror", "there", "here"), "put": ("mirror", "-R", "here", "there")}
BOTH = pytest.mark.parametrize("words", (WORDS, MIRROR))
DIRECTIONS = pytest.mark.parametrize("direction", ("get", "put"))


@BOTH
@DIRECTIONS
def test_sources_are_deleted(sides, client, words, direction):
    server, source, target = sides(direction)
    plant(source, FILES)
    plant(target, {"a": b"one"})
    run = client(server.target(), *words[direction], "-E")
    assert run.status == 0 and files_of(target) == FILES, run
    # what was there already has not moved
    assert files_of(source) == {"a": b"one"} and (source / "b/d").is_dir()


@DIRECTIONS
def test_sources_stay_where_nothing_proves_the_copy(sides, client, direction):
    server, source, target = sides(direction, "no-size", "no-mlsd")
    plant(source, {"a": b"one"})
    run = client(server.target(), *WORDS[direction], "-E")
    if direction == "put":
        assert run.status == 9 and "is not deleted" in run.stderr, run
        assert files_of(source) == {"a": b"one"}
    else:  # the listing tells the size
        assert run.status == 0 and not files_of(source), run
    assert files_of(target) == {"a": b"one"}


@DIRECTIONS
def test_sources_stay_where_contents_differ(sides, client, direction):
    server, source, _ = sides(direction, "digest=HASH", "wrong-digest")
    plant(source, FILES)
    run = client(server.target(), *WORDS[direction], "-E")
    assert run.status == 9 and files_of(source) == FILES, run


def test_a_source_that_cannot_be_deleted(sides, client):
    server, source, target = sides("get", "refuse=DELE:550")
    plant(source, FILES)
    run = client(server.target(), *WORDS["get"], "-E")
    assert run.status == 7 and files_of(source) == files_of(target) == FILES, run


def test_deletion_is_tried_again(sides, client):
    server, source, target = sides("get", "refuse=DELE:450")
    plant(source, {"a": b"one"})
    run = client("--retries=1", server.target(), *WORDS["get"], "-E")
    assert run.status == 8 and server.said().count("> DELE ") == 2, run
    assert files_of(source) == files_of(target) == {"a": b"one"}


@BOTH
@DIRECTIONS
def test_newer(sides, client, words, direction):
    server, source, target = sides(direction)
    plant(source, {"same": b"longer", "older": b"longer"}, OLD)
    plant(source, {"newer": b"longer", "missing": b"longer"}, NEW)
    plant(target, {"same": b"x", "newer": b"x"}, OLD)
    plant(target, {"older": b"x"}, NEW)
    run = client(server.target(), *words[direction], "--newer")
    assert run.status == 0, run
    assert files_of(target) == {"same": b"x", "older": b"x", "newer": b"longer",
                                "missing": b"longer"}


@DIRECTIONS
def test_times_of_the_transfer(sides, client, direction):
    server, source, target = sides(direction)
    plant(source, FILES, OLD)
    os.chmod(source / "a", 0o600)
    for _ in range(2):
        run = client(server.target(), *WORDS[direction], "--no-times")
        assert run.status == 0 and files_of(target) == FILES, run
        assert all((target / name).stat().st_mtime > NEW for name in FILES)
    # the second run has moved nothing
    assert len(run.report["transfers"]) == 0


def test_permissions(sides, client):
    server, source, target = sides("put")
    plant(source, FILES)
    os.chmod(source / "a", 0o640)
    run = client(server.target(), *WORDS["put"], "--chmod")
    assert run.status == 0 and (target / "a").stat().st_mode & 0o777 == 0o640, run


@BOTH
def test_segments(sides, client, words):
    server, source, target = sides("get")
    files = {"big": os.urandom(4 * MI), "b/small": b"small"}
    plant(source, files)
    run = client(server.target(), *words["get"], "--segments=2")
    assert run.status == 0 and files_of(target) == files, run
    assert server.said().count("> RETR ") == 3
    assert (target / "big").stat().st_mtime == NEW


@pytest.mark.parametrize("words, said", (
    ("mirror --delete-source --delete there here", "does not go with --delete"),
    ("mirror -R --segments=2 here there", "goes without -R"),
    ("mirror --segments=1 there here", "1 is not 2 to 16")))
def test_bad_input(sides, client, words, said):
    server, _, _ = sides("get")
    run = client(server.target(), *words.split())
    assert run.status == 2 and said in run.stderr, run
