"""A password is where it is needed, and nowhere else."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from bed.process import wait_until
from bed.shell import shells
from fake.server import PASSWORD

SECRET = "hidden-word"
WARNING = ("ftpsh: the command line holds a password, which others could have seen; "
           "better: ~/.netrc, --password-file, --password-command")


@pytest.fixture
def silent():
    """A port that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(15)
        yield listener


@contextlib.contextmanager
def running(argv, **options):
    with subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True, **options) as child:
        try:
            yield child
        finally:
            child.kill()


def words_of(child):
    return Path(f"/proc/{child.pid}/cmdline").read_bytes().decode()


COMMAND_LINES = {
    "target": ("me:{s}@{h}", "ls"),
    "target with more": ("me:a@{s}%2F@{h}", "ls"),
    "url": ("ftp://me:{s}@{h}/pub", "ls"),
    "proxy": ("--proxy=http://me:{s}@{h}", "ftp.invalid", "ls"),
    "proxy apart": ("--proxy", "socks5://me:{s}@{h}", "ftp.invalid", "ls"),
    "-c": ("-c", "open me:{s}@{h}; ls"),
    "-c glued": ("-qcopen 'me:{s}@{h}'; ls",),
    "--command": ("--command=echo; open ftp://me:{s}@{h}/",),
    "-c quote": ("-c", "open {h}; quote PASS {s}"),
    "-c quoted": ("-c", "open {h}; quote 'PASS {s}'"),
    "quote in one": ("{h}", "quote", "PASS {s}"),
    "quote": ("{h}", "quote", "pass", "{s}"),
    "blanks": ("{h}", "quote", "pass", "more", "{s}"),
    "site": ("{h}", "site", "PSWD", "{s}", "{s}"),
    "-c site": ("-c", "open {h}; site PSWD {s} {s}; ls"),
    "-c user": ("-c", "open {h}; user me {s}"),
    "fxp": ("{h}", "fxp", "ftp://me:{s}@{h}/one", "ftp://you:{s}@{h}/two"),
    "set": ("-c", "set proxy http://me:{s}@{h}; open ftp.invalid"),
}


@pytest.mark.parametrize("form", COMMAND_LINES)
def test_no_password_in_the_process_list(client, silent, form):
    """By the time that the first connection comes, and ever after."""
    port = silent.getsockname()[1]
    args = [a.format(s=SECRET, h=f"127.0.0.1:{port}") for a in COMMAND_LINES[form]]
    with running(client.argv(args), env=client.env()) as child:
        connection, _ = silent.accept()
        shown = words_of(child)
        connection.close()
        assert SECRET not in shown and f"127.0.0.1:{port}" in shown, shown


def test_no_password_in_the_process_list_before_anything_else(client):
    """The file of commands is opened before any connection: it is a pipe that nobody writes to."""
    pipe = client.folder / "pipe"
    os.mkfifo(pipe)
    argv = client.argv(["--retries=0", "-b", pipe, f"me:{SECRET}@127.0.0.1:1"])
    with running(argv, env=client.env()) as child:
        wait_until(lambda: "\0me@127.0.0.1:1\0" in words_of(child), 15, "the password to go")
        os.close(os.open(pipe, os.O_WRONLY))
        child.wait(15)


def test_one_line_names_the_better_ways(fake, client):
    target = fake().target().replace("@", f":{PASSWORD}@")
    run = client(target, "pwd", password="")
    assert (run.status, run.stdout, run.stderr) == (0, "/\n", WARNING + "\n"), run
    run = client("-q", target, "pwd", password="")
    assert (run.status, run.stdout, run.stderr) == (0, "/\n", ""), run
    run = client("-c", f"echo a:b; open '{target}'; pwd", password="")
    assert (run.status, run.stdout, run.stderr) == (0, "a:b\n/\n", WARNING + "\n"), run
    run = client("-c", f"echo a:b c; open {fake().target()}; pwd")
    assert (run.status, run.stderr) == (0, ""), run


MISTAKES = {
    "scheme": ("gopher://me:{s}@127.0.0.1", "ls"),
    "port": ("me:{s}@127.0.0.1:port", "ls"),
    "bracket": ("ftp://me:{s}@[::1", "ls"),
    "percent": ("ftp://me:{s}%zz@127.0.0.1", "ls"),
    "slash": ("me:{s}/more@127.0.0.1", "ls"),
    "no host": ("me:{s}@", "ls"),
    "refused": ("me:{s}@127.0.0.1:1", "ls"),
    "proxy's scheme": ("--proxy=gopher://me:{s}@127.0.0.1", "ftp.invalid", "ls"),
    "proxy's port": ("--proxy=http://me:{s}@127.0.0.1:99999", "ftp.invalid", "ls"),
    "set": ("-c", "set proxy gopher://me:{s}@127.0.0.1"),
    "open": ("-c", "open ftp://me:{s}@127.0.0.1:x/"),
    "fxp": ("-c", "fxp gopher://me:{s}@h/a ftp://me:{s}@h:x/b"),
    "quote": ("-c", "quote PASS {s}"),
    "two targets": ("-c", "open me:{s}@127.0.0.1:1 more words"),
    "second target": ("me@127.0.0.1", "me:{s}@127.0.0.1"),
    "target as a command": ("-c", "me:{s}@127.0.0.1"),
    "URL as a command": ("-c", "ftp://me:{s}@127.0.0.1/x"),
    "help": ("-c", "help ftp://me:{s}@127.0.0.1/x"),
    "lcd": ("-c", "lcd ftp://me:{s}@127.0.0.1/x"),
    "source": ("-c", "source ftp://me:{s}@127.0.0.1/x"),
    "-b": ("-b", "ftp://me:{s}@127.0.0.1/x"),
    "bookmark": ("-c", "bookmark add ftp://me:{s}@127.0.0.1/x"),
    "fxp of a target": ("-c", "fxp me:{s}@127.0.0.1:/x ftp://me@127.0.0.1:1/x"),
    "option": ("--no-such", "me:{s}@127.0.0.1", "ls"),
}


@pytest.mark.parametrize("form", MISTAKES)
def test_no_message_holds_a_password(client, form):
    run = client("--retries=0", *(a.format(s=SECRET) for a in MISTAKES[form]))
    assert run.status != 0 and SECRET not in run.stdout + run.stderr, run
    assert SECRET not in json.dumps(run.report)


def test_dialogue_trace_and_report_hold_no_password(fake, client):
    trace, server = client.folder / "trace", fake()
    wrong = server.target().replace("@", f":{SECRET}@")
    list_of = f"-open {wrong}; open {server.target()}; -quote PASS {SECRET}; status; set; pwd"
    run = client("-v", f"--trace={trace}", "-c", list_of)
    assert run.status == 0 and "> PASS" in server.said(), run
    assert re.search(r"> PASS (?!hidden)", trace.read_text())
    for text in (run.stdout, run.stderr, trace.read_text(), json.dumps(run.report)):
        assert SECRET not in text and PASSWORD not in text


def test_url_in_the_place_of_a_file(fake, client):
    """The server may be told it; nobody else is."""
    trace, server = client.folder / "trace", fake()
    url = f"ftp://me:{SECRET}@127.0.0.1/x"
    list_of = f"-get {url}; -put {url}; -cd {url}; -rm {url}; get {url} & jobs; jobs --json; wait"
    run = client("-v", f"--trace={trace}", "-c", list_of, server.target())
    assert f"> RETR {url}" in server.said() and "ftp://me@127.0.0.1/x" in run.stdout, run
    for text in (run.stdout, run.stderr, trace.read_text(), json.dumps(run.report)):
        assert SECRET not in text


NAMED = f"ftp://me:{SECRET}@127.0.0.1/x"
SHOWN = [f"{c} {NAMED}" for c in (
    "ls", "cat", "head", "du", "find", "rm", "rmdir", "cd", "lcd", "get", "put", "mget", "mput",
    "mirror -R --log=log tree", "edit", "chmod 600", "touch", "mv small", "stat",
    "checksum", "source", "bookmark add w", "trust show", "trust forget", "help", "unalias",
    "unset", "set no-such", "memory forget", "kill", "less", "set kept", "alias kept")]


def test_nothing_that_is_shown_or_written_holds_a_password(fake, client):
    """Of a URL in the place of anything else, by any command, as text and as JSON."""
    lists = ["set", "alias", "jobs", "status", "bookmark", "trust", "memory"]
    lines = [*SHOWN, f"get {NAMED} &", "jobs", "jobs --json", "wait", *lists,
             *(f"{line} --json" for line in lists), f"set proxy socks5://me:{SECRET}@127.0.0.1:1",
             "open ftp.invalid", "set", "set --json", "quote SITE  PSWD old " + SECRET,
             f"quote ' pass {SECRET}'"]
    client.memory = client.folder / "state"
    (client.folder / "tree").mkdir()
    (client.folder / "tree" / "a").write_text("a")
    run = client("-v", "--trace=trace", "--retries=0", "--on-error=continue", "-b", "-",
                 fake().target(), stdin="\n".join(lines) + "\n")
    written = [p for p in client.folder.rglob("*") if p.is_file()]
    assert {"trace", "log"} <= {p.name for p in written} and "kept" in run.stdout, run
    for text in (run.stdout, run.stderr, *(p.read_text(errors="replace") for p in written)):
        found = [line for line in text.splitlines() if SECRET in line]
        assert not found, found


@pytest.mark.parametrize("number", (signal.SIGABRT, signal.SIGQUIT))
def test_no_core(client, silent, number):
    argv = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh",
            *client.argv([f"127.0.0.1:{silent.getsockname()[1]}", "ls"])]
    # a shell without job control has its children ignore SIGQUIT
    child = os.posix_spawn("/bin/sh", argv, client.env(), setsigdef=[number])
    connection, _ = silent.accept()
    limits = Path(f"/proc/{child}/limits").read_text()
    os.kill(child, number)
    status = os.waitpid(child, 0)[1]
    connection.close()
    assert os.WTERMSIG(status) == number and not os.WCOREDUMP(status)
    assert re.search(r"Max core file size +0 +0 ", limits), limits


def test_memory_is_no_business_of_others(binary, account, silent):
    """What cannot be dumped belongs to root, whoever runs it: no debugger of the user reads it."""
    env = {"PATH": os.environ["PATH"], "HOME": "/", "ASAN_OPTIONS": "detect_leaks=0"}
    target = f"127.0.0.1:{silent.getsockname()[1]}"
    with running([binary, target, "ls"], env=env, cwd="/", user=account.uid) as child:
        connection, _ = silent.accept()
        assert os.stat(f"/proc/{child.pid}").st_uid == account.uid
        assert os.stat(f"/proc/{child.pid}/maps").st_uid == 0
        connection.close()


def memory_holds(pid, secret):
    """The mappings in which it stands, one for each time."""
    found, secret = [], secret if isinstance(secret, bytes) else secret.encode()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            low, high, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            size = int(high, 16) - int(low, 16)
            if not mode.startswith("rw") or size > 1 << 30:
                continue
            memory.seek(int(low, 16))
            with contextlib.suppress(OSError):
                found += [line] * memory.read(size).count(secret)
    return found


@pytest.fixture
def plain(request, client):
    """Without sanitizers, which keep copies of their own."""
    client.binary = request.getfixturevalue("release_binary")
    return client


def test_words_of_a_command_are_wiped_behind_it(fake, plain):
    server = fake()
    with running(plain.argv(["-b", "-", server.target()]), env=plain.env()) as child:
        lines = (f"-quote PASS {SECRET}", f"- open me:{SECRET}@127.0.0.1:1 -", "pwd", "")
        child.stdin.write("\n".join(lines).encode())
        child.stdin.flush()
        assert child.stdout.readline() == b"/\n", child.stderr.read()
        wait_until(lambda: not memory_holds(child.pid, SECRET), 5,
                   f"a wiped memory, not {memory_holds(child.pid, SECRET)}")


def handed_over(source, fake, plain, pipe):
    """Arguments, variables and first command by which one logs in with the password."""
    target, secret = fake.target(), plain.folder / "secret"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    known = target.replace("@", f":{PASSWORD}@")
    if source == "netrc":
        login = f'machine 127.0.0.1 login someone password "{PASSWORD}"\n'
        (plain.home / ".netrc").write_text(login)
        (plain.home / ".netrc").chmod(0o600)
    if source == "descriptor":
        os.write(pipe[1], f"{PASSWORD}\n".encode())
    return {
        "variable": ([target], ""), "netrc": ([target], ""), "target": ([known], ""),
        "file": ([f"--password-file={secret}", target], ""),
        "command": ([f"--password-command=cat {secret}", target], ""),
        "descriptor": ([f"--password-fd={pipe[0]}", target], ""),
        "open": ([], f'open "{known}"\n'),
    }[source]


# How often it is held: by the session, which may have to log in again, and where it came from if it
# can't be had from there again.
HELD = {"variable": (2, 1), "descriptor": (2, 1), "target": (2, 0), "open": (2, 0), "file": (1, 0),
        "command": (1, 0), "netrc": (1, 0)}


@pytest.mark.parametrize("source", HELD)
def test_a_password_is_held_where_it_is_needed(fake, plain, source):
    """After the login, also of sessions beside it, and once the connection is closed."""
    pipe = os.pipe()
    args, first = handed_over(source, fake(), plain, pipe)
    env = plain.env(PASSWORD if source == "variable" else "")

    def ask(child, line):
        child.stdin.write(f'{line}\necho "so far"\n'.encode())
        child.stdin.flush()
        while (got := child.stdout.readline()) != b"so far\n":
            assert got, child.stderr.read()
        return len(memory_holds(child.pid, PASSWORD))

    with running(plain.argv(["-q", "-b", "-", *args]), env=env, cwd=plain.folder,
                 pass_fds=pipe[:1]) as child:
        held = [ask(child, first + "pwd"), ask(child, "mget -P2 big small; get small again & wait"),
                ask(child, "close")]
        assert held == [HELD[source][0], HELD[source][0], HELD[source][1]], \
            memory_holds(child.pid, PASSWORD)
    for end in pipe:
        os.close(end)


def test_a_typed_password_is_held_where_it_is_needed(fake, plain):
    """At the question, and in a line that is not for the history."""
    target = fake().target()
    with shells(plain) as start:
        shell = start(target, password="")
        shell.child.expect("Password for .*: ")
        shell.type(PASSWORD)
        shell.prompt()
        assert len(memory_holds(shell.child.pid, PASSWORD)) == 1
        shell.type("close")
        shell.child.expect("ftpsh> ")
        assert not memory_holds(shell.child.pid, PASSWORD)
        shell.keys('open "' + target.replace("@", f":{PASSWORD}@") + '"')
        shell.child.expect(PASSWORD)
        assert memory_holds(shell.child.pid, PASSWORD.encode("utf-32-le"))  # libedit's line
        shell.run("")
        assert len(memory_holds(shell.child.pid, PASSWORD)) == 2
        shell.type("close")
        shell.child.expect("ftpsh> ")
        for form in (PASSWORD, PASSWORD.encode("utf-32-le")):
            assert not memory_holds(shell.child.pid, form), memory_holds(shell.child.pid, form)


def test_programs_that_are_started_get_no_password(fake, client):
    """Neither by the environment, nor by the descriptor that it was read from."""
    server, lines = fake(), "!env\nls | env\nquit\n"
    run = client("-b", "-", server.target(), stdin=lines)
    assert run.status == 0 and len(re.findall("^HOME=", run.stdout, re.MULTILINE)) == 2, run
    assert "FTPSH_PASSWORD" not in run.stdout + run.stderr and PASSWORD not in run.stdout
    run = client("--password-command=env >&2", server.target(), "pwd")
    assert run.status == 5 and "FTPSH_USER=someone" in run.stderr, run
    assert "FTPSH_PASSWORD" not in run.stderr and PASSWORD not in run.stderr
    secret = client.folder / "secret"
    secret.write_text(PASSWORD)
    with open(secret, "rb") as file:
        lines = f"!cat /proc/self/fd/{file.fileno()}; echo nothing\n"
        run = client("--on-error=continue", f"--password-fd={file.fileno()}", "-b", "-",
                     server.target(), stdin=lines, password="", pass_fds=[file.fileno()])
    assert run.stdout == "nothing\n" and "No such file" in run.stderr, run
