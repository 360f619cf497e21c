"""SIGTERM and SIGHUP end the program in good order: nothing is left, and the report is written."""
import signal

import pytest

from bed.shell import Shell
from fake.server import BIG

ENDING = {"TERM": 143, "HUP": 129}
pytestmark = pytest.mark.parametrize("name", ENDING)


def number_of(name):
    return signal.Signals[f"SIG{name}"]


def check_end(run, status):
    assert run.status == status, run
    assert run.report["exit"] == status and run.report["error"], run
    assert run.seconds < 4


def grown(path):
    return path.exists() and path.stat().st_size > 100_000


def test_in_mid_download(fake, client, name):
    server, target = fake("slow=1000000"), client.folder / "big"
    target.write_bytes(b"what was there before")
    run = client.signal_when(number_of(name), lambda: any(map(grown, client.folder.glob("big.*"))),
                             "-c", "get big; get small", server.target())
    check_end(run, ENDING[name])
    assert run.report["transfers"][0]["verdict"] == "failed"
    assert target.read_bytes() == b"what was there before"
    assert not (client.folder / "small").exists()


def test_in_mid_upload(fake, client, name):
    server = fake("slow=1000000")
    (client.folder / "up").write_bytes(BIG)
    run = client.signal_when(number_of(name), lambda: grown(server.root / "up"),
                             server.target(), "put", "up")
    check_end(run, ENDING[name])
    assert (server.root / "up").stat().st_size < len(BIG)


def test_marked_commands_do_not_go_on(fake, client, name):
    """A '-' passes over a failure, not over the end."""
    server = fake("slow=1000000")
    run = client.signal_when(number_of(name), lambda: any(map(grown, client.folder.glob("big.*"))),
                             "-c", "-get big; -get small", server.target())
    check_end(run, ENDING[name])
    assert not (client.folder / "small").exists()


def test_while_opening(fake, client, name):
    server = fake("epsv-no-reply")
    run = client.signal_when(number_of(name), lambda: "> EPSV" in server.said(),
                             "--data-timeout=20", server.target(), "ls")
    check_end(run, ENDING[name])


def test_at_the_prompt(fake, client, name):
    report = client.folder / "report.txt"
    server = fake()
    shell = Shell(client, f"--report-file={report}", server.target())
    shell.prompt()
    shell.child.kill(number_of(name))
    assert shell.leave() == ENDING[name], shell.seen.text
    assert report.read_text().splitlines()[-1] == f"exit: {ENDING[name]}"
    assert "> QUIT" in server.said()
    client.check_findings()
