"""What ftpsh is started with, and what it starts: words, descriptors, pipes, shell commands."""
import json
import os
import signal
import subprocess

import pytest

from bed.process import is_running, wait_until


@pytest.mark.parametrize("closed, status", (("<&-", 0), (">&-", 1), ("2>&-", 0),
                                            ("<&- >&- 2>&-", 1)))
def test_closed_standard_descriptors(bed, ftpsh, closed, status):
    """What is opened next must not take their place: a listing would go to the server."""
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    run = ftpsh(server.target(), "ls", prefix=("sh", "-c", f'"$0" "$@" {closed}'))
    assert run.status == status and run.report["exit"] == status, run
    assert "hello.txt" not in server.logs().replace("MDTM hello.txt", "")


@pytest.mark.parametrize("reader, status, said", (
    ("cat >/dev/null", 0, None), ("head -c 1 >/dev/null", 0, None), ("kill -PIPE $$", 0, None),
    ("exit 3", 1, "ended with status 3"), ("gzip >/dev/full", 1, "ended with status 1"),
    ("nosuchcmd", 1, "ended with status 127"), ("kill -KILL $$", 1, "ended by signal 9")))
def test_a_reader_that_fails_is_a_failure(bed, ftpsh, reader, status, said):
    """Also where it has read little, or nothing: only who is content may stop reading."""
    server = bed.server("vsftpd")
    bed.share("small", b"hi\n")
    bed.share("big", os.urandom(3_000_000))
    for name in ("small", "big"):
        run = ftpsh("-c", f"cat {name} | {reader}", server.target())
        assert run.status == status, run
        assert said is None or f"the pipe's command {'was ' if 'signal' in said else ''}{said}" \
            in run.stderr, run


def test_pipe_carries_everything_to_a_slow_reader(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    content = os.urandom(3_000_000)
    bed.share("big", content)
    run = ftpsh("-c", f"cat big | sh -c 'sleep 1 && cat' >{tmp_path}/copy", server.target())
    assert run.status == 0, run
    assert (tmp_path / "copy").read_bytes() == content


@pytest.mark.parametrize("quirks, options, pause", (
    ((), ("--idle-timeout=1",), 1.7), (("226-before-data",), (), 3.7)))
def test_reader_that_pauses_is_no_stall(fake, client, tmp_path, quirks, options, pause):
    """For a little longer than the idle clock, or the shorter one behind 226, while data come."""
    server, content = fake("slow=400000", *quirks), os.urandom(1_200_000)
    server.share("f", content)
    reader = f"sh -c 'head -c 300000; sleep {pause}; cat' >{tmp_path}/copy"
    run = client("--retries=0", *options, "-c", f"cat f | {reader}", server.target())
    assert run.status == 0, run
    assert (tmp_path / "copy").read_bytes() == content


def test_what_a_slow_writer_gives_is_sent_at_once(fake, client):
    server, fifo = fake(), client.folder / "fifo"
    os.mkfifo(fifo)
    argv = client.argv([server.target(), "put", "fifo", "up"])
    with subprocess.Popen(argv, env=client.env(), cwd=client.folder) as child, \
            fifo.open("wb", buffering=0) as writer:
        for count in (1, 2):
            writer.write(bytes(100))
            wait_until(lambda n=100 * count: (server.root / "up").exists()
                       and (server.root / "up").stat().st_size == n, 15, "the bytes")
        writer.close()
        assert child.wait(15) == 0


def test_status_of_shell_commands(ftpsh):
    run = ftpsh("-c", "!exit 3")
    assert run.status == 1 and "ended with status 3" in run.stderr, run
    run = ftpsh("-c", "lls /nowhere")
    assert run.status == 1 and "ls ended with status 2" in run.stderr, run


# A command, what it needs of the server, and the words by which its child is known.
CHILDREN = ("!sleep {n}; true", "ls | sleep {n}", "cat big | sh -c 'sleep {n} && true'")


@pytest.mark.parametrize("number, line", enumerate(CHILDREN))
def test_time_limit_reaches_children(bed, ftpsh, number, line):
    bed.share("big", os.urandom(3_000_000))
    seconds = f"30.{os.getpid()}{number}1"
    run = ftpsh("--timeout=2", "-c", line.format(n=seconds), bed.server("vsftpd").target(),
                prefix=("setsid", "-w"))
    assert run.status == 10 and run.seconds < 8, run
    assert not is_running(f"sleep {seconds}")


@pytest.mark.parametrize("sig, status", ((signal.SIGINT, 130), (signal.SIGTERM, 143)))
@pytest.mark.parametrize("number, line", enumerate(CHILDREN))
def test_signals_reach_children(bed, ftpsh, number, line, sig, status):
    bed.share("big", os.urandom(3_000_000))
    seconds = f"30.{os.getpid()}{number}{int(sig)}"
    argv = ftpsh.argv(["-c", line.format(n=seconds), bed.server("vsftpd").target()])
    with subprocess.Popen(argv, env=ftpsh.env(), stderr=subprocess.PIPE,
                          start_new_session=True) as child:
        wait_until(lambda: is_running(f"sleep {seconds}"), 20, "the child")
        child.send_signal(sig)
        said = child.communicate(timeout=8)[1]
    assert child.returncode == status, said
    assert not is_running(f"sleep {seconds}")


@pytest.mark.parametrize("path", ("nofile", "/"))
def test_batch_file_is_opened_before_connecting(bed, ftpsh, path):
    server = bed.server("vsftpd")
    run = ftpsh("-b", path, server.target())
    assert run.status == 1 and path in run.stderr, run
    assert "CONNECT" not in server.logs()


def test_line_ends_in_a_list_separate_commands(ftpsh, tmp_path):
    run = ftpsh("-c", f"lcd {tmp_path} # here\n\n!touch made\nlls; lpwd", cwd="/")
    assert run.status == 0 and run.stdout.split()[-1] == str(tmp_path), run
    assert "made" in run.stdout.split()
    run = ftpsh("-c", "lpwd\nfrobnicate\nlpwd")
    assert run.status == 2 and run.stderr.startswith("ftpsh: -c:2: frobnicate"), run


@pytest.mark.parametrize("option", ("--tls=off", "-v"))
def test_options_behind_the_target(ftpsh, option):
    run = ftpsh("127.0.0.1:1", option, "ls")
    assert run.status == 2 and "options stand before the target" in run.stderr, run


def test_words_are_told_without_their_control_bytes(ftpsh, tmp_path):
    run = ftpsh("127.0.0.1:1", "\x1b[31m")
    assert run.status == 2 and "\x1b" not in run.stderr and r"\x1b[31m" in run.stderr, run
    (tmp_path / "\x1b[31m").write_text("frobnicate\n")
    run = ftpsh("-b", tmp_path / "\x1b[31m")
    assert run.status == 2 and "\x1b" not in run.stderr and r"\x1b[31m:1" in run.stderr, run


def rows(run):
    assert run.status == 0, run
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_more_results_as_json(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    assert rows(ftpsh("-c", "lpwd --json", cwd=tmp_path)) == [{"path": str(tmp_path)}]
    settings = {row["name"]: row["value"] for row in rows(ftpsh("--json", "-c", "set"))}
    assert settings["timeout"] == "none" and settings["json"] == "on"
    assert rows(ftpsh("-c", "set --json data-timeout")) == [
        {"name": "data-timeout", "value": "4", "default": "4", "origin": "default"}]
    reply, = rows(ftpsh(server.target(), "quote", "--json", "NOOP"))
    assert reply["code"] == 200 and reply["text"].startswith("200 ")
    refused = ftpsh("--json", server.target(), "quote", "SITE", "FROBNICATE")
    assert refused.status == 7 and json.loads(refused.stdout)["code"] >= 500, refused


NAME = "a\x1b[31m b"


@pytest.mark.parametrize("command", ("ls", "ls -l", "nlist", "ls | cat"))
def test_names_reach_programs_as_they_are(bed, ftpsh, command):
    server = bed.server("pyftpdlib")
    bed.share(NAME)
    run = ftpsh("-c", command, server.target())
    assert run.status == 0 and run.stdout.endswith(f"{NAME}\n"), run
    row, = rows(ftpsh("--json", server.target(), "ls"))
    assert row["name"] == NAME


def test_folder_names_reach_programs_as_they_are(ftpsh, tmp_path):
    here = tmp_path / NAME
    here.mkdir()
    run = ftpsh("-c", "lpwd", cwd=here)
    assert run.stdout == f"{here}\n", run
