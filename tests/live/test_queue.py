"""Commands in the background: '&', queue, jobs, wait, kill."""
import json
import re
import signal

import pytest

from bed.process import wait_until
from bed.shell import shells
from fake.server import BIG, SMALL

SLOW = "slow=1500000"  # two seconds for the big file
VERY_SLOW = "slow=100000"


def read(client, name):
    path = client.folder / name
    return path.read_bytes() if path.exists() else None


@pytest.fixture
def shell(client):
    """At its first prompt."""
    with shells(client) as start:
        def start_and_wait(*args):
            one = start(*args)
            one.prompt()
            return one
        yield start_and_wait


# Scripts.

@pytest.mark.threads
def test_two_at_once_while_others_run(fake, client):
    server = fake(SLOW)
    run = client("-c", "get big one & get big two & get small; jobs; wait", server.target())
    assert run.status == 0, run
    assert len(re.findall(r"^\[\d\] running .* get big (?:one|two)$", run.stdout, re.M)) == 2
    assert (read(client, "one"), read(client, "two"), read(client, "small")) == (BIG, BIG, SMALL)
    assert sorted(t["local"] for t in run.report["transfers"]) == ["one", "small", "two"]
    # Three connections in all: each in the background has one of its own.
    assert len(set(re.findall(r"^(\d+) > PASS", server.said(), re.M))) == 3


def test_the_end_of_a_script_waits(fake, client):
    run = client("-c", "get big one &", fake(SLOW).target())
    assert (run.status, read(client, "one")) == (0, BIG), run


def test_a_failure_decides_the_status(fake, client):
    run = client("-c", "get missing & get small", fake().target())
    assert run.status == 7 and "[1] get missing" in run.stderr, run
    assert run.report["error"]["reply"] == 550
    assert read(client, "small") == SMALL


def test_wait_fails_as_the_command_did(fake, client):
    run = client("-c", "get missing &; wait 1; get small", fake().target())
    assert run.status == 7 and read(client, "small") is None, run
    assert run.stderr.count("550") == 1, run


def test_the_queue_runs_one_after_the_other(fake, client):
    server = fake(SLOW)
    run = client("-c", "queue get big one; queue get small two; queue get missing;"
                       "queue get small three; queue", server.target())
    assert run.status == 7, run
    assert re.search(r"^\[1\] running .*\n\[2\] waiting .*\n\[3\] waiting .*\n\[4\] waiting", run.stdout)
    assert (read(client, "one"), read(client, "two"), read(client, "three")) == (BIG, SMALL, SMALL)
    retrieved = re.findall(r"^\d+ > RETR (\S+)", server.said(), re.M)
    assert retrieved == ["big", "small", "missing", "small"]


def test_the_queue_is_steered(fake, client):
    server = fake()
    run = client("-c", "queue stop; queue get small one; queue get small two; queue get small three;"
                       "queue move 3 1; queue delete 1; queue --json; queue start; wait",
                 server.target())
    assert run.status == 0, run
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(r["number"], r["state"]) for r in rows] == [(3, "waiting"), (1, "failed"), (2, "waiting")]
    assert rows[0]["command"] == "get small three"
    assert read(client, "one") is None
    assert read(client, "two") == SMALL and read(client, "three") == SMALL
    assert [t["local"] for t in run.report["transfers"]] == ["three", "two"]


def test_a_killed_command_is_no_failure(fake, client):
    run = client("-c", "get big one &; kill 1; wait; get small", fake(VERY_SLOW).target())
    assert run.status == 0 and "[1] get big one: stopped" in run.stderr, run
    assert read(client, "one") is None and read(client, "small") == SMALL


def test_kill_hides_no_failure(fake, client):
    """The first has failed long before the big file is there."""
    run = client("-c", "get missing &; get big; kill 1; wait", fake(SLOW).target())
    assert run.status == 7 and "550" in run.stderr and "stopped" not in run.stderr, run


def test_wait_for_one_leaves_the_others(fake, client):
    """Those that have ended by then can be waited for afterwards, and fail only there."""
    run = client("-c", "get missing &; get small &; get big; wait 2; get small two; -wait 1;"
                       "get small three", fake(SLOW).target())
    assert run.stderr.count("550") == 1 and "no command" not in run.stderr, run
    assert (read(client, "two"), read(client, "three")) == (SMALL, SMALL)


def test_what_a_stopped_queue_holds_is_not_waited_for(fake, client):
    run = client("-c", "queue stop; queue get small one; wait; -wait 1; queue start; wait 1",
                 fake().target())
    assert run.status == 0 and "the queue, which is stopped" in run.stderr, run
    assert read(client, "one") == SMALL


def test_many_in_a_batch(fake, client):
    """What has ended holds nothing, though nobody waits for it before the end."""
    prefix = ("prlimit", "--nofile=600")
    lines = "".join(f"get small one{i} &\nget small\n" for i in range(300))
    run = client("-b", "-", fake().target(), stdin=lines, prefix=prefix)
    assert run.status == 0, run
    assert len(run.report["transfers"]) == 600


def test_folders_are_those_of_the_moment(fake, client):
    server = fake(SLOW)
    (server.root / "empty" / "there").write_bytes(SMALL)
    (client.folder / "here").mkdir()
    run = client("-c", "get big one &; queue get small two; cd empty; lcd here; get there; wait",
                 server.target())
    assert run.status == 0, run
    assert (read(client, "one"), read(client, "two"), read(client, "here/there")) == (BIG, SMALL, SMALL)


def test_files_moved_at_once_go_where_their_command_was_given(fake, client):
    """Threads have folders: none that served a command elsewhere serves this one."""
    server = fake()
    (server.root / "many").mkdir()
    for name in "abcd":
        server.share(f"many/{name}", SMALL)
    for name in ("one", "two", "three"):
        (client.folder / name).mkdir()
    run = client("-c", "lcd one; get -P2 many/* &; wait; lcd ../two; get -P2 many/*; "
                 "lcd ../three; get -P2 many/* & lcd ..; wait", server.target())
    assert run.status == 0, run
    for name in ("one", "two", "three"):
        assert sorted(p.name for p in (client.folder / name).iterdir()) == list("abcd"), name


def test_an_upload_in_the_background(fake, client):
    server = fake()
    (client.folder / "up").write_bytes(BIG)
    run = client("-c", "put up & wait", server.target())
    assert run.status == 0 and (server.root / "up").read_bytes() == BIG, run


# The rate.

@pytest.mark.threads
def test_limit_rate_is_one_for_all(fake, client):
    """Two of 3 MB at 2 MB/s for all together."""
    run = client("--limit-rate=2M", "-c", "get big one &; get big two", fake().target())
    assert run.status == 0, run
    assert max(t["ms"] for t in run.report["transfers"]) > 2200, run


@pytest.mark.parametrize("line", ("get --limit-rate=1M big slow &; get big; get big one; wait",
                                  "get big & get big one & get --limit-rate=1M big slow; wait"))
def test_a_rate_of_its_own_is_nobody_elses(fake, client, line):
    """The others have theirs, which is none here, wherever the command runs."""
    run = client("-c", line, fake("slow=2500000").target())
    assert run.status == 0, run
    took = {t["local"]: t["ms"] for t in run.report["transfers"]}
    assert took["slow"] > 2700, run
    assert max(took["big"], took["one"]) < took["slow"] - 600, run


def test_a_rate_of_its_own_takes_nothing_from_the_others(fake, client):
    run = client("--limit-rate=1500k", "-c", "get --limit-rate=1500k big own &; get big; wait",
                 fake().target())
    assert run.status == 0, run
    assert all(1600 < t["ms"] < 3000 for t in run.report["transfers"]), run


def test_interrupt_ends_a_script_and_its_background(fake, client):
    server = fake(VERY_SLOW)
    run = client.signal_when(signal.SIGINT, lambda: server.said().count("RETR big") == 2,
                             "-c", "get big one &; get big two &; wait", server.target())
    assert run.status == 130, run


@pytest.mark.parametrize("line, words", (
    ("ls &", "ls does not run in the background"),
    ("queue ls", "ls does not run in the background"),
    ("get &", "usage: get"),
    ("get small > x &", "'&' in column 15"),
    ("get small - &", "for commands in the foreground"),
    ("put - x &", "for commands in the foreground"),
    ("wait 7", "no command 7"),
    ("kill x", "'x' is no number"),
    ("queue move 1 1", "no command 1"),
))
def test_what_is_refused(fake, client, line, words):
    run = client("-c", line, fake().target())
    assert run.status == 2 and words in run.stderr, run


def test_no_connection_to_spare(fake, client):
    run = client("--retries=0", "-c", "get small one & wait", fake("max-sessions=1").target())
    assert run.status == 8 and "421" in run.stderr, run


# At a terminal.

def test_the_prompt_stays_usable(fake, shell, client):
    sh = shell(fake(SLOW).target())
    assert "[1] get big one" in sh.run("get big one &")
    assert "small" in sh.run("ls")
    assert "running" in sh.run("jobs")
    sh.run("wait")
    assert "[1] get big one: done" in sh.seen.text
    assert read(client, "one") == BIG
    sh.type("quit")
    assert sh.leave() == 0


def test_ctrl_c_leaves_the_background_alone(fake, shell, client):
    sh = shell(fake(SLOW).target())
    sh.run("get big one &")
    sh.interrupt()
    sh.prompt()
    sh.type("wait")
    sh.child.expect("wait\r\n")  # a Ctrl-C empties what the terminal holds unread
    sh.interrupt()
    sh.prompt()
    sh.run("wait")
    assert read(client, "one") == BIG


@pytest.mark.parametrize("answer, whole", (("", True), ("s", False)))
def test_leaving_asks(fake, shell, client, answer, whole):
    sh = shell(fake(SLOW).target())
    sh.run("get big one &")
    sh.type("quit")
    sh.child.expect(r"1 command in the background: .*\] ")
    sh.run("c")
    assert "running" in sh.run("jobs")
    sh.type("quit")
    sh.child.expect(r"1 command in the background: .*\] ")
    sh.type(answer)
    assert sh.leave() == 0
    assert (read(client, "one") == BIG) == whole


@pytest.mark.parametrize("end", ("s", "terminate"))
def test_what_leaving_stops_is_in_the_report(fake, client, shell, end):
    sh = shell("--report=json", "--report-file=said", fake(VERY_SLOW).target())
    sh.run("queue get big one")
    sh.run("queue get big two")
    wait_until(lambda: (client.folder / "one.ftpsh.part").exists(), 10, "a transfer")
    if end == "s":
        sh.type("quit")
        sh.child.expect(r"in the background: .*\] ")
        sh.type("s")
    else:
        sh.child.kill(signal.SIGTERM)
    assert sh.leave() == (0 if end == "s" else 143)
    assert "get big one: stopped" in sh.seen.text and "get big two: stopped" in sh.seen.text
    report = json.loads((client.folder / "said").read_text())
    rows = {t["local"]: t["verdict"] for t in report["transfers"]}
    assert rows == {"one": "failed"} and "interrupted" in report["error"]["message"], report


def test_leaving_asks_until_it_is_understood(fake, shell, client):
    """Whatever limit the last command had; where no answer comes it waits."""
    sh = shell(fake(SLOW).target())
    sh.run("get big one &")
    sh.run("set timeout 0.3")
    sh.run("lpwd")
    wait_until(lambda: (client.folder / "one.ftpsh.part").exists(), 10, "a transfer")
    sh.child.sendeof()
    sh.child.expect(r"1 command in the background: .*\] ")
    sh.type("perhaps")
    sh.child.expect(r"1 command in the background: .*\] ")
    sh.child.sendeof()
    assert sh.leave() == 0
    assert read(client, "one") == BIG


def test_terminate_ends_all(fake, shell):
    sh = shell(fake(VERY_SLOW).target())
    sh.run("get big one &")
    sh.child.kill(signal.SIGTERM)
    assert sh.leave() == 143
