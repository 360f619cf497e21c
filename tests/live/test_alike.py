"""A batch is the same wherever its commands come from: -c, -b, standard input, or one on the
command line; with a terminal or without one."""
import json
import re
import signal
import subprocess

import pytest

from bed.shell import Shell
from fake.server import SMALL

# A command, its status, and what standard error says.
COMMANDS = (
    ("ls -1", 0, ""),
    ("ls --color=auto", 0, ""),
    ("pwd", 0, ""),
    ("cat small", 0, ""),
    ("ls --json small", 0, ""),
    ("get small copy", 0, ""),
    ("get nowhere", 7, r"ftpsh: (?:\S+:1: )?get: .*nowhere.*\n"),
    ("rm nowhere", 7, r"ftpsh: (?:\S+:1: )?rm: .*nowhere.*\n"),
    ("put nowhere", 1, r"ftpsh: (?:\S+:1: )?put: cannot read nowhere: No such file or directory\n"),
    ("gte small", 2, r"ftpsh: (?:\S+:1: )?gte: unknown command \(did you mean 'get'\?\); .*\n"),
    ("ls --colour=never", 2, r"ftpsh: (?:\S+:1: )?ls: no option '--colour=never' .*\n"),
    ("pwd too much", 2, r"ftpsh: (?:\S+:1: )?pwd: .*usage: pwd.*\n"),
    ("user other", 5, r"ftpsh: (?:\S+:1: )?user: .*\n"),
)
WAYS = {"-b": "script:1: ", "-b -": "stdin:1: ", "stdin": "stdin:1: ", "-c": "", "one-shot": ""}


def arguments(way, folder, target, line):
    """The command line, and what goes to standard input."""
    (folder / "script").write_text(line + "\n")
    return {"-b": (("-b", "script", target), ""), "-b -": (("-b", "-", target), line + "\n"),
            "stdin": ((target,), line + "\n"), "-c": (("-c", line, target), ""),
            "one-shot": ((target, *line.split()), "")}[way]


@pytest.mark.parametrize("line, status, said", COMMANDS, ids=[row[0] for row in COMMANDS])
def test_same_results_messages_and_statuses(fake, client, line, status, said):
    server, seen = fake(), {}
    for way, place in WAYS.items():
        args, stdin = arguments(way, client.folder, server.target(), line)
        run = client(*args, stdin=stdin)
        assert run.status == status and re.fullmatch(said, run.stderr), (way, run)
        assert status == 0 or run.stderr.startswith(f"ftpsh: {place}"), (way, run)
        assert run.report["exit"] == status
        seen[way] = run.stdout, run.stderr.replace(place, "", 1)
    assert len(set(seen.values())) == 1, seen


# ---- nothing asks, and nothing is drawn ----

@pytest.mark.parametrize("way", ("-b", "-c", "one-shot"))
@pytest.mark.parametrize("line, status, said", (
    ("ls", 0, r"big +empty +small\r\n|big\r\nempty\r\nsmall\r\n|(?s:.*small.*)"),
    ("get small copy", 0, ""),
    ("gte small", 2, r"ftpsh: .*unknown command.*\r\n"),
), ids=("ls", "get", "gte"))
def test_at_a_terminal(fake, client, way, line, status, said):
    """All three descriptors are the terminal, where a shell would ask, and colour names."""
    server = fake()
    args, _ = arguments(way, client.folder, server.target(), line)
    shell = Shell(client, *args, env={"LS_COLORS": "di=01;34"})
    assert shell.leave() == status, shell.seen.text
    assert re.fullmatch(said, shell.seen.text.replace("\r\x1b[K", "")), repr(shell.seen.text)
    assert "\x1b[0" not in shell.seen.text and "> " not in shell.seen.text, repr(shell.seen.text)


@pytest.mark.parametrize("way", ("-b", "-c", "one-shot"))
def test_missing_password_is_not_asked_for(fake, client, way):
    args, _ = arguments(way, client.folder, fake().target(), "pwd")
    shell = Shell(client, *args, password="")
    assert shell.leave() == 5, shell.seen.text
    assert re.search(r"^ftpsh: .*no password for someone@127\.0\.0\.1: use --password-command, ",
                     shell.seen.text), shell.seen.text
    assert "Password" not in shell.seen.text


# ---- how it ends ----

@pytest.mark.parametrize("command", ("ls -1", "cat big", "find", "ls --json", "status"))
def test_reader_that_has_had_enough(fake, client, command):
    """Not a word, and the status of a program that SIGPIPE ends."""
    argv = client.argv([fake().target(), *command.split()])
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    done = subprocess.run(argv, env=client.env(), cwd=client.folder, stdin=subprocess.DEVNULL,
                          stdout=reader.stdin, stderr=subprocess.PIPE, timeout=30, check=False)
    reader.stdin.close()
    client.check_findings()
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b""), done


@pytest.mark.parametrize("form", ("source", "nested", "-b", "stdin", "later"))
def test_failed_line_is_named(fake, client, form):
    server = fake()
    (client.folder / "script").write_text("# first\n\nrm nowhere\n")
    (client.folder / "outer").write_text("pwd\nsource script\n")
    (client.folder / "later").write_text("pwd;\n" * 41 + "pwd; pwd && rm nowhere\n")
    args, stdin, place = {
        "source": (("-c", "source script"), "", "script:3: "),
        "nested": (("-b", "outer"), "", "script:3: "),
        "-b": (("-b", "script"), "", "script:3: "),
        "stdin": ((), "pwd\n\nrm nowhere\n", "stdin:3: "),
        "later": (("-b", "later"), "", "later:42: "),
    }[form]
    run = client(*args, server.target(), stdin=stdin)
    assert run.status == 7 and re.fullmatch(f"ftpsh: {place}rm: .*\n", run.stderr), run


# ---- JSON ----

# What to run for each: the files that the table's examples speak of are not there.
LINES = {
    "!": "! true", "alias": "alias a b; alias", "append": "append up small", "bookmark":
    "bookmark add a b.example; bookmark", "cat": "cat small", "cd": "cd empty", "cdup": "cdup",
    "chmod": "-chmod 644 small", "checksum": "checksum small", "close": "close", "diagnose":
    "diagnose", "edit": "-edit small", "fxp": "-fxp small ftp://127.0.0.1:1/x", "du": "du",
    "echo": "echo a b", "find": "find", "get": "get small", "glob": "glob *", "head": "head small",
    "help": "help", "history": "history", "jobs": "jobs", "kill": "-kill 1", "lcd": "lcd .",
    "less": "less small", "lls": "lls", "lmkdir": "lmkdir made", "lmv": "lmv up gone",
    "lpwd": "lpwd", "lrm": "lrm up", "ls": "ls", "memory": "ls > /dev/null; memory",
    "mget": "mget sma*",
    "mirror": "mirror --dry-run . here", "mkdir": "mkdir made", "more": "more small",
    "mput": "mput up", "mv": "mv small moved", "nlist": "nlist", "open": "open", "put": "put up",
    "pwd": "pwd", "queue": "queue get small; queue", "quit": "quit", "quote": "quote NOOP",
    "reget": "-reget small", "reput": "-reput up", "rm": "rm small", "rmdir": "rmdir empty",
    "set": "set", "site": "-site help", "size": "size small", "source": "source script",
    "stat": "stat small", "status": "status", "tail": "tail small", "tree": "tree",
    "trust": "trust", "unalias": "alias a b; unalias a", "unset": "set a b; unset a",
    "user": "user someone", "verify": "-verify up small", "version": "version", "wait": "wait",
    "zcat": "-zcat small",
}
NOTHING_TO_TELL = {"history", "jobs", "open", "checksum", "site", "verify", "trust"}


def commands_of(client):
    rows = map(json.loads, client("-c", "help --json").stdout.splitlines())
    return {row["name"]: row for row in rows}


def test_whatever_a_command_yields_can_be_json(fake, client):
    """By the table each command takes --json, yields what is in files, or nothing; and so it is."""
    commands = commands_of(client)
    assert set(commands) == set(LINES)
    for name, row in commands.items():
        assert ("--json" in row["usage"] or name == "mirror") == (row["yields"] == "json"), row
        (client.folder / "up").write_bytes(SMALL)
        (client.folder / "script").write_text("cd empty\n")
        run = client("--json", "-c", LINES[name], fake("digest=HASH").target())
        if row["yields"] == "contents":
            continue
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        assert all(isinstance(one, dict) for one in rows), (name, run)
        assert bool(rows) == (row["yields"] == "json") or name in NOTHING_TO_TELL, (name, run)
        assert run.status == 0, (name, run)
