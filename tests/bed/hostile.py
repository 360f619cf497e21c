"""Rows of a table: what a hostile server does, what ftpsh is asked for then, what the user sees."""
import re
from dataclasses import dataclass, field

from fake.server import BIG, SMALL

SENT = b"what goes up\n" * 5000


@dataclass(frozen=True)
class Row:
    """`behaviour` and `quirks` are ftpfake's, `server` are more settings of it. `commands` follow
    the target, after the client's `options`. `says` are patterns that standard error must hold, one
    after the other, `never` is one that nothing shown may hold. No row takes longer than `clock`
    seconds: a run that does is ended, and has failed."""
    does: str
    commands: tuple
    status: int
    says: tuple = ()
    behaviour: str = None
    quirks: tuple = ()
    options: tuple = ()
    server: dict = field(default_factory=dict)
    stdin: str = ""
    shows: str = ""
    never: str = None
    clock: float = 15


def name_of(row):
    """For pytest's ids."""
    return row.does


def check_files(folder, server):
    """Whatever bears a final name is whole: here what was fetched, there what was sent."""
    for name, content in (("big", BIG), ("small", SMALL)):
        path = folder / name
        assert not path.exists() or path.read_bytes() == content, f"{path} is wrong"
    for path in server.root.glob("sent*"):
        assert path.suffix == ".part" or path.read_bytes() == SENT, f"{path} is wrong"


def run_row(row, fake, client):
    """Runs it and checks all that it says; returns the run and the server for what a test adds.

    A leak, or another finding of the sanitizers, fails in the client's own check.
    """
    server = fake(*row.quirks, behaviour=row.behaviour, **row.server)
    (client.folder / "sent").write_bytes(SENT)
    run = client(*row.options, server.target(), *row.commands, stdin=row.stdin, bound=row.clock)
    check_files(client.folder, server)
    assert run.status == row.status, run
    at = 0
    for pattern in row.says:
        found = re.compile(pattern, re.MULTILINE).search(run.stderr, at)
        assert found, f"nothing like {pattern!r} is said:\n{run}"
        at = found.end()
    assert re.search(row.shows, run.stdout, re.MULTILINE), run
    for text in (run.stdout, run.stderr, str(run.report)):
        assert "\x1b" not in text and "\0" not in text, run
        assert not row.never or not re.search(row.never, text), run
    return run, server
