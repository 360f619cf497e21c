"""The section of the manual for those who are here for the first time, gone through at a terminal."""
import pytest

from bed import examples
from bed.examples import Sitting, World
from bed.shell import Shell

QUESTION = r"\[no\] "
FINGERPRINT = "certificate  sha256:"


@pytest.fixture
def world(tmp_path, bed, binary, namespaces, mounts):
    """Nobody vouches for its server."""
    del namespaces, mounts
    bed.pki.own = bed.pki.issue("own", names=("ftp.example.com",), addresses=(), signed=False)
    with World(tmp_path, bed, binary, cert="own") as made:
        made.editor = made.tool("my-editor", 'echo "done" >>"$1"')
        yield made


def steps():
    """[(kind, command)...] in the order of the page, "~" for the line of ~/.netrc."""
    found = []
    for display in examples.displays(examples.section("ftpsh.1", "FIRST STEPS")):
        found += examples.commands(display) or [("~", line) for line in display]
    return found


@pytest.fixture
def start(world):
    started = []

    def begin(command):
        started.append(Shell(Sitting(world, EDITOR=str(world.editor)), *command.split()))
        return started[-1]

    yield begin
    for sh in started:
        print(sh.seen.text)
        sh.child.close(force=True)


def first_time(world, sh):
    sh.child.expect(QUESTION)
    assert FINGERPRINT + world.sha256() in sh.child.before and "self-signed" in sh.child.before
    sh.type("always")
    sh.child.expect("[Pp]assword.*: ")
    sh.type(world.password)
    sh.prompt()


def enter(sh, command):
    """Types it, the Tab key included, and gives what came before the next prompt."""
    typed, tab, _ = command.partition("[Tab]")
    if not tab:
        return sh.run(typed)
    sh.keys(typed, "\t")
    sh.shows(lambda rows: "Reports/" in rows[-1], "the completed word")
    return sh.run("")


def left(sh, command):
    sh.type(command)
    assert sh.leave() == 0


def test_first_steps(world, bed, start):
    there, here, said = bed.account.home, world.home, {}
    sh = None
    for kind, command in steps():
        if kind == "~":
            world.write_netrc(command.replace("secret", world.password))
        elif kind == "$" and not sh:
            sh = start(command)
            first_time(world, sh)
        elif kind == "$":
            sh = start(command)
            said["back"] = sh.prompt()
        elif command == "quit":
            left(sh, command)
        else:
            said[command] = enter(sh, command)
    assert "My Reports" in said["ls -l"]
    assert (here / "2026" / "one.csv").read_bytes() == b"1\n"
    assert (there / "My Reports" / "notes.txt").read_text() == "to do\ndone\n"
    for path in (here / "site").rglob("*.*"):
        assert (there / "www" / path.relative_to(here / "site")).read_bytes() == path.read_bytes()
    assert (there / "www" / "old.html").exists()
    assert not any(word in said["back"] for word in ("assword", "certificate", "?")), said["back"]
    assert "notes.txt" in sh.run("ls")
    left(sh, "quit")


def test_what_is_typed_is_all_that_is_done(world, start):
    """Who says nothing to the question is not let in, and nothing is kept."""
    sh = start(steps()[0][1])
    sh.child.expect(QUESTION)
    sh.type("")
    sh.child.expect("not accepted")
    sh.child.expect("ftpsh> ")
    left(sh, "quit")
    assert not list(world.home.rglob("known_hosts"))
