"""What goes where: standard output, standard error, the progress line, the report as text."""
import json
import re
import subprocess

import pytest

from bed.shell import FirstAndLast
from fake.server import BIG, SMALL

PROGRESS = re.compile(r"(big|up) +\d+% +[\d.]+ [kM]?B +[\d.]+ [kM]?B/s +(\d\d|--):(\d\d|--)")
SLOW = "slow=1500000"  # two seconds


def batch(client, server, *lines):
    return client(server.target(), stdin="\n".join(lines) + "\n")


def into(where):
    """Runs the program with its standard output going there."""
    return ("sh", "-c", f'exec "$@" >{where}', "sh")


# Progress.

@pytest.fixture
def terminal(client):
    """One command of the shell, to its end: the exit status and all that was drawn."""
    def run(*args):
        shell = FirstAndLast(client, *args)
        status = shell.leave()
        client.check_findings()
        return status, shell.seen.text

    return run


@pytest.mark.parametrize("speed, command", (
    (SLOW, ("get", "big")), ("slow=10000000", ("put", "up"))))
def test_progress_on_a_terminal(fake, client, terminal, speed, command):
    (client.folder / "up").write_bytes(BIG * 10)
    status, seen = terminal(fake(speed).target(), *command)
    assert status == 0, seen
    assert len(PROGRESS.findall(seen)) >= 3, seen
    # It is gone in the end, and what was moved is told.
    assert re.search(r"\r\033\[K(big|up): [^\r\n]*\r\n(data: [^\r\n]*\r\n)?$", seen), seen


def test_no_progress_when_quiet(fake, terminal):
    status, seen = terminal("-q", fake(SLOW).target(), "get", "big")
    assert (status, seen) == (0, ""), seen


def test_no_progress_without_a_terminal(fake, client):
    run = client(fake(SLOW).target(), "get", "big")
    assert (run.status, run.stdout, run.stderr) == (0, "", ""), run


# -q.

def test_quiet_leaves_only_errors(fake, client):
    server = fake("login-421")
    loud = client("--retries=1", server.target(), "ls")
    quiet = client("-q", "--retries=1", server.target(), "ls")
    assert (loud.status, quiet.status) == (8, 8), quiet
    assert "trying again" in loud.stderr
    assert len(quiet.stderr.splitlines()) == 1 and quiet.stderr.startswith("ftpsh: "), quiet


# The report as text.

def test_report_as_text(fake, client):
    server = fake("refuse=EPSV")
    run = client("--report=text", server.target(), "get", "small", report=False)
    assert run.status == 0, run
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert lines[0].startswith(f"server: 127.0.0.1 port {server.port} (127.0.0.1), "), run
    assert re.search(r"TLS1\.3 \S+, certificate sha256:[0-9a-f]{64}$", lines[0]), run
    assert lines[1] == "data: pasv-use-control-ip", run
    assert re.match(r"  epsv: rejected at command: 502 .*, \d+ ms$", lines[2]), run
    assert re.match(r"  pasv-use-control-ip: ok, dialled 127\.0\.0\.1:\d+, TLS1\.3 resumed, "
                    r".*\d+ ms$", lines[3]), run
    assert re.match(rf"get: small -> small, {len(SMALL)} bytes, \d+ ms, \S+, pasv-use-control-ip$",
                    lines[4]), run
    assert lines[5:] == ["exit: 0"], run


def test_report_as_text_of_a_failure(fake, client):
    """A file alone means text."""
    path = client.folder / "report.txt"
    run = client(f"--report-file={path}", fake().target(), "rm", "nowhere", report=False)
    assert run.status == 7, run
    lines = path.read_text().splitlines()
    assert lines[1] == "data: no data connection was needed", lines
    assert lines[-2].startswith("error: reply-permanent: ") and "nowhere" in lines[-2], lines
    assert lines[-1] == "exit: 7", lines


def test_report_as_json_on_standard_error(fake, client):
    run = client("--report=json", fake().target(), "ls", report=False)
    assert run.status == 0, run
    assert json.loads(run.stderr)["data"]["strategy"] == "epsv"


# Redirection and pipes.

def test_output_into_files(fake, client):
    run = batch(client, fake(), "cat big > copy", "ls > list", "pwd >> list", "ls > nothing",
                "pwd > nothing")
    assert (run.status, run.stdout) == (0, ""), run
    assert (client.folder / "copy").read_bytes() == BIG
    assert set((client.folder / "list").read_text().split()) == {"big", "small", "empty", "/"}
    assert (client.folder / "nothing").read_text() == "/\n"


def test_output_into_a_file_that_cannot_be(fake, client):
    run = batch(client, fake(), "ls > no/such/folder", "pwd")
    assert (run.status, run.stdout) == (1, ""), run
    assert "no/such/folder" in run.stderr


def test_output_into_programs(fake, client):
    run = batch(client, fake(), "cat small | tr a-z A-Z",
                "ls | sed -n s/^sm/SM/p | sort -r > piped", "pwd")
    assert (run.status, run.stdout) == (0, SMALL.decode().upper() + "/\n"), run
    assert (client.folder / "piped").read_text() == "SMall\n"


def test_a_program_that_has_had_enough(fake, client):
    run = batch(client, fake(), "cat big | head -c 7 | wc -c", "pwd")
    assert (run.status, run.stdout.split()) == (0, ["7", "/"]), run


@pytest.mark.parametrize("args", (("ls",), ("cat", "small"), ("cat", "big"), ("pwd",),
                                  ("--json", "ls"), ("ls", "-l"), ("status",)))
def test_full_standard_output(fake, client, args):
    options, command = ((args[0],), args[1:]) if args[0].startswith("-") else ((), args)
    run = client(*options, fake().target(), *command, prefix=into("/dev/full"))
    assert run.status == 1, run
    assert "no space left" in run.stderr.lower(), run
    assert run.report["exit"] == 1


@pytest.mark.parametrize("args", (("--help",), ("--version",), ("-c", "help")))
def test_full_standard_output_without_a_server(binary, client, args):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary, *args], stdout=full, env=client.env(), check=False,
                              stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"cannot write the result: No space" in done.stderr, done
    client.check_findings()


def test_a_trace_that_cannot_be_written(fake, client):
    """It is said, and no transfer fails for it."""
    run = client("--trace=/dev/full", fake().target(), "get", "small")
    assert run.status == 1 and (client.folder / "small").read_bytes() == SMALL, run
    assert run.stderr == "ftpsh: the trace: /dev/full: No space left on device\n", run
