"""What worked for a server is remembered, and goes first the next time."""
import contextlib
import fcntl
import json
import os
import re
import stat
import subprocess

import pytest

from bed.shell import Shell
from fake.server import Fake
from test_fake import PASV_IP

LINE = re.compile(r"[^\t]+\t\d+\t[^\t]+\t[a-z-]+\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NOBODY = 65534
LOOPBACK = "127.0.0.0/24"
ROWS, MANY = 256, 300  # the attempts that are kept, and more than these


@pytest.fixture
def keeper(client):
    """The client, with a memory that lasts for the test."""
    client.memory = client.folder / "state"
    return client


def memory_file(client):
    return client.memory / "ftpsh" / "memory"


def entries(client):
    """The fields of each line; every line must be well-formed."""
    lines = memory_file(client).read_text().splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    return [tuple(line.split("\t")) for line in lines]


def remembered(run):
    return run.report["data"]["remembered"]


def works(client, server, *attempts, options=()):
    """One listing, opened by exactly these attempts."""
    run = client(*options, server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [(name, "open", "ok") if isinstance(name, str) else name
                              for name in attempts]
    return run


@pytest.mark.parametrize("quirk, failure", [
    ("refuse=EPSV", ("epsv", "command", "rejected")),
    ("epsv-port-closed", ("epsv", "connect", "refused")),
    ("epsv-silent", ("epsv", "connect", "timeout"))])
def test_the_second_connection_costs_nothing(fake, keeper, quirk, failure):
    server = fake(quirk)
    first = works(keeper, server, failure, PASV_IP)
    assert not remembered(first)
    second = works(keeper, server, PASV_IP)
    assert remembered(second)
    assert second.seconds < 3
    assert server.said().count("> EPSV") == 1
    assert entries(keeper)[0][:4] == ("127.0.0.1", str(server.port), LOOPBACK, PASV_IP)


def test_what_is_remembered_is_asked_for_with_the_login(fake, keeper):
    server = fake()
    works(keeper, server, "epsv")
    assert "> PWD\n1 < 257" in server.said() and "> EPSV" in server.said()
    run = works(keeper, server, "epsv", options=("-v",))
    assert run.stderr.index("> EPSV") < run.stderr.index("< 230"), run
    assert server.said().count("> EPSV") == 2


def test_modes_of_folder_and_file(fake, keeper):
    works(keeper, fake(), "epsv")
    for path, mode in ((memory_file(keeper).parent, 0o700), (memory_file(keeper), 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert sorted(os.listdir(memory_file(keeper).parent)) == ["memory", "memory.lock"]


def test_a_memory_that_fails_is_corrected(fake, keeper):
    """The server, on the same port, has changed."""
    old = fake("refuse=EPSV")
    works(keeper, old, ("epsv", "command", "rejected"), PASV_IP)
    old.stop()
    new = fake("refuse=PASV", options=(f"--port={old.port}",))
    run = works(keeper, new, (PASV_IP, "command", "rejected"), "epsv")
    assert not remembered(run)
    assert [e[3] for e in entries(keeper)] == ["epsv"]
    assert remembered(works(keeper, new, "epsv"))


@pytest.mark.parametrize("line", ("get small one &", "get small one & wait", "queue get small one",
                                  "get -P 2 small big &"))
def test_what_worked_in_the_background_is_remembered(fake, keeper, line):
    server = fake("refuse=EPSV")
    assert keeper("-c", line, server.target()).status == 0
    assert entries(keeper)[0][:4] == ("127.0.0.1", str(server.port), LOOPBACK, PASV_IP)
    assert remembered(works(keeper, server, PASV_IP))


def test_no_memory_in_the_background(fake, keeper):
    assert keeper("--no-memory", "-c", "get small one &", fake().target()).status == 0
    assert not keeper.memory.exists()


def test_where_nothing_works_in_the_background_it_is_forgotten(fake, keeper):
    old = fake()
    works(keeper, old, "epsv")
    old.stop()
    new = fake("refuse=EPSV", "refuse=PASV", "refuse=EPRT", "refuse=PORT",
               options=(f"--port={old.port}",))
    run = keeper("-c", "get small one &", new.target())
    assert run.status == 6, run
    assert entries(keeper) == []


def test_a_command_in_the_background_that_opened_nothing_says_nothing(fake, keeper):
    """Where the strategy of the foreground has been forgotten since, it stays so."""
    server = fake()
    run = keeper("-c", "ls; memory forget *; get missing &", server.target())
    assert run.status == 7, run
    assert entries(keeper) == []


def test_where_nothing_works_it_is_forgotten(fake, keeper):
    old = fake()
    works(keeper, old, "epsv")
    old.stop()
    new = fake("refuse=EPSV", "refuse=PASV", "refuse=EPRT", "refuse=PORT",
               options=(f"--port={old.port}",))
    run = keeper(new.target(), "ls")
    assert run.status == 6, run
    assert not remembered(run)
    assert entries(keeper) == []


def test_what_fails_late_in_a_long_session_is_told_and_forgotten(fake, keeper):
    """After more data connections than the rows that are kept of them."""
    server = fake(f"ports-closed-after={MANY}", "refuse=EPRT", "refuse=PORT")
    run = keeper("-b", "-", server.target(), stdin="nlist\n" * (MANY + 1), bound=120)
    assert run.status == 6, run
    reasons = [line for line in run.stderr.splitlines() if line.startswith("  ")]
    assert [r.split(":")[0].strip() for r in reasons] == ["epsv", PASV_IP, "active"]
    assert "refused" in reasons[0]
    data = run.report["data"]
    assert [a["result"] for a in data["attempts"]] == ["ok"] * (ROWS - 3) + [
        "refused", "refused", "rejected"]
    assert data["omitted"] == MANY + 3 - ROWS
    assert entries(keeper) == []


def test_a_missing_file_says_nothing_of_the_way(fake, keeper):
    server = fake("refuse=EPSV")
    works(keeper, server, ("epsv", "command", "rejected"), PASV_IP)
    assert keeper(server.target(), "get", "nowhere").status == 7
    assert remembered(works(keeper, server, PASV_IP))


def test_no_memory(fake, keeper):
    server = fake("refuse=EPSV")
    failure = ("epsv", "command", "rejected")
    works(keeper, server, failure, PASV_IP, options=["--no-memory"])
    assert not keeper.memory.exists()
    works(keeper, server, failure, PASV_IP)
    before = memory_file(keeper).stat()
    run = works(keeper, server, failure, PASV_IP, options=["--no-memory"])
    assert not remembered(run)
    assert memory_file(keeper).stat().st_ino == before.st_ino


def test_options_go_before_memory(fake, keeper):
    server = fake()
    works(keeper, server, "epsv")
    run = works(keeper, server, PASV_IP, options=["--pasv-use-control-ip", "--epsv"])
    assert not remembered(run)
    assert [e[3] for e in entries(keeper)] == [PASV_IP]
    assert remembered(works(keeper, server, PASV_IP))


def test_what_is_used_on_request_alone_is_not_remembered(fake, keeper):
    server = fake()
    for strategy in ("ccc", "pasv"):
        works(keeper, server, strategy, options=[f"--{strategy}"])
    assert not memory_file(keeper).exists()
    works(keeper, server, "epsv")


def test_a_memory_of_ccc_is_not_followed(fake, keeper):
    server = fake()
    works(keeper, server, "epsv")
    path = memory_file(keeper)
    path.write_text(path.read_text().replace("\tepsv\t", "\tccc\t"))
    assert not remembered(works(keeper, server, "epsv"))
    assert "> CCC" not in server.said()


def test_command_memory(fake, keeper):
    servers = [fake("refuse=EPSV"), fake()]
    for server in servers:
        assert keeper(server.target(), "ls").status == 0
    text = keeper("-c", "memory")
    assert text.status == 0, text
    rows = [line.split() for line in text.stdout.splitlines()]
    assert [row[:4] for row in rows] == [
        ["127.0.0.1", str(servers[0].port), LOOPBACK, PASV_IP],
        ["127.0.0.1", str(servers[1].port), LOOPBACK, "epsv"]]
    listed = [json.loads(line) for line in keeper("--json", "-c", "memory").stdout.splitlines()]
    assert [(e["host"], e["port"], e["strategy"]) for e in listed] == [
        ("127.0.0.1", servers[0].port, PASV_IP), ("127.0.0.1", servers[1].port, "epsv")]
    assert [e["last_success"] for e in listed] == [row[4] for row in rows]


def test_command_memory_forget(fake, keeper):
    server = fake()
    for host in ("127.0.0.1", "localhost"):
        assert keeper("-4", server.target(host), "ls").status == 0
    assert len(entries(keeper)) == 2
    assert keeper("-c", "memory forget elsewhere.example").status == 0
    assert keeper("-c", "memory forget LOCALHOST").status == 0
    assert [e[0] for e in entries(keeper)] == ["127.0.0.1"]
    assert keeper("-c", "memory forget *").status == 0
    assert entries(keeper) == []
    for wrong in ("memory drop x", "memory forget", "memory list"):
        assert keeper("-c", wrong).status == 2


def test_forgetting_makes_no_file(client):
    client.memory = client.folder / "state"
    run = client("-c", "memory; memory forget *")
    assert run.status == 0 and run.stdout == "", run
    assert not client.memory.exists()


def test_damaged_lines(fake, keeper):
    server = fake("refuse=EPSV")
    works(keeper, server, ("epsv", "command", "rejected"), PASV_IP)
    path = memory_file(keeper)
    good = path.read_bytes()
    path.write_bytes(b"\x00\xff\xfe\n\t\t\t\t\nhost\t99999\tn\tepsv\t2025-01-31T12:34:56Z\n" + good +
                     b"x" * 70000 + b"\n" + good.replace(b"127.0.0.1", b"half.example")[:-5])
    run = works(keeper, server, PASV_IP)
    assert remembered(run)
    assert [e[0] for e in entries(keeper)] == ["127.0.0.1"]


def lie_elsewhere(state):
    """The folder belongs to somebody else."""
    (state / "ftpsh").mkdir(parents=True)
    os.chown(state / "ftpsh", NOBODY, NOBODY)


def open_to_all(state):
    (state / "ftpsh").mkdir(parents=True)
    (state / "ftpsh").chmod(0o777)


def file_of_another(state):
    (state / "ftpsh").mkdir(parents=True, mode=0o700)
    (state / "ftpsh" / "memory").write_text("")
    os.chown(state / "ftpsh" / "memory", NOBODY, NOBODY)


def in_the_way(state):
    state.write_text("a file")


KEYS_UNUSED = r"^ftpsh: the keys that are stored cannot be used: .*/ftpsh: .*\n"


@pytest.mark.parametrize("spoil", (lie_elsewhere, open_to_all, file_of_another, in_the_way))
def test_a_place_that_is_not_ours_is_left_alone(fake, keeper, spoil):
    """Quietly: the trace alone tells of it. That stored keys are not believed there is said."""
    if os.geteuid() != 0:
        pytest.skip("needs root: files of another user")
    spoil(keeper.memory)
    server = fake("refuse=EPSV")
    for _ in range(2):
        run = works(keeper, server, ("epsv", "command", "rejected"), PASV_IP,
                    options=["--trace=trace"])
        assert re.sub(KEYS_UNUSED, "", run.stderr) == "", run
        assert bool(run.stderr) == (spoil in (lie_elsewhere, open_to_all)), run
    assert "not remembered" in (keeper.folder / "trace").read_text()
    folder = keeper.memory / "ftpsh"
    assert not folder.is_dir() or not (set(os.listdir(folder)) - {"memory", "memory.lock"})
    assert spoil is in_the_way or not memory_file(keeper).exists() or \
        memory_file(keeper).read_text() == ""


def test_read_only_home(fake, client):
    """Even root cannot write into /proc."""
    client.memory = "/proc/1"
    server = fake()
    for _ in range(2):
        run = works(client, server, "epsv")
        assert run.stderr == "" and not remembered(run), run


def test_a_lock_that_is_never_given_back(fake, keeper):
    server = fake()
    works(keeper, server, "epsv")
    with open(memory_file(keeper).parent / "memory.lock", "r+", encoding="ascii") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        run = works(keeper, server, "epsv")
    assert remembered(run) and run.seconds < 6, run


def test_twenty_at_once(tmp_path, pki, keeper):
    """Each against a server of its own: none may undo what another has noted."""
    with contextlib.ExitStack() as stack:
        servers = []
        for i in range(20):
            servers.append(Fake(tmp_path / f"server-{i}", pki))
            stack.callback(servers[-1].stop)
        runs = [subprocess.Popen(keeper.argv([s.target(), "ls"]), env=keeper.env(),
                                 cwd=keeper.folder, stdin=subprocess.DEVNULL)
                for s in servers]
        assert [run.wait(60) for run in runs] == [0] * len(runs)
    keeper.check_findings()
    assert sorted(int(e[1]) for e in entries(keeper)) == sorted(s.port for s in servers)
    assert sorted(os.listdir(memory_file(keeper).parent)) == ["memory", "memory.lock"]


@contextlib.contextmanager
def pseudo_terminal(client, server):
    shell = Shell(client, server.target())
    try:
        yield shell
    finally:
        shell.child.close(force=True)


def test_shell_and_report_say_so(fake, keeper):
    server = fake("refuse=EPSV")
    works(keeper, server, ("epsv", "command", "rejected"), PASV_IP)
    text = keeper("--report=text", "--report-file=said", server.target(), "ls")
    assert text.status == 0, text
    assert f"data: {PASV_IP} (remembered)" in (keeper.folder / "said").read_text()
    with pseudo_terminal(keeper, server) as shell:
        shell.prompt()
        first = shell.run("ls")
        assert f"data: {PASV_IP} " in first and "(remembered)" in first
        assert "(remembered)" in shell.run("status")
        shell.type("quit")
        assert shell.leave() == 0
