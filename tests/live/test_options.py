"""Options and commands that no scene needs, each shown to do what it says."""
import json
import subprocess

import pytest

from bed.ports import free_block
from bed.shell import Shell
from fake.server import PASSWORD, SMALL, USER

PASV_IP = "pasv-use-control-ip"


def batch(client, server, *lines, options=()):
    return client(*options, server.target(), stdin="\n".join(lines) + "\n")


# Strategies in the order given.

@pytest.mark.parametrize("flags", (
    ("active", "pasv", "epsv"), ("pasv", PASV_IP), ("epsv", "active", PASV_IP, "pasv")))
def test_strategies_are_tried_in_the_order_given(fake, client, flags):
    server = fake("refuse=EPSV", "refuse=PASV", "refuse=EPRT", "refuse=PORT")
    run = client(*(f"--{flag}" for flag in flags), server.target(), "ls")
    assert run.status == 6, run
    assert run.attempts() == [(flag, "command", "rejected") for flag in flags]


def test_the_first_strategy_that_works_is_the_last_one_tried(fake, client):
    server = fake("refuse=EPRT", "refuse=PORT")
    run = client("--active", "--pasv", "--epsv", server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("active", "command", "rejected"), ("pasv", "open", "ok")]


# Patience.

def test_timeout_ends_a_transfer(fake, client):
    run = client("--timeout=1", "--retries=0", fake("slow=300000").target(), "get", "big")
    assert run.status == 10, run
    assert 0.9 < run.seconds < 4
    assert not (client.folder / "big").exists()


def test_timeout_is_for_all_commands_together(fake, client):
    run = batch(client, fake(), "!sleep 1", "get small", "!sleep 1", "-get small again",
                "get small no", options=("--timeout=1.5",))
    assert run.status == 10, run
    there = {path.name for path in client.folder.iterdir()}
    assert there & {"small", "again", "no"} == {"small"}


def test_timeout_ends_the_waiting_for_a_greeting(fake, client):
    run = client("--timeout=0.7", fake("banner-delay=9000").target(), "ls")
    assert run.status == 10, run
    assert run.seconds < 3


def test_no_timeout_no_end(fake, client):
    run = client(fake("banner-delay=1500").target(), "pwd")
    assert run.status == 0, run


@pytest.mark.parametrize("retries", (0, 1, 2))
def test_retries_are_counted(fake, client, retries):
    server = fake("login-421")
    run = client(f"--retries={retries}", server.target(), "ls")
    assert run.status == 8, run
    assert server.said().count("> USER") == 1 + retries


def test_a_wrong_password_is_not_tried_again(fake, client):
    server = fake()
    run = client("--retries=3", server.target(), "ls", password="wrong")
    assert run.status == 5, run
    assert server.said().count("> USER") == 1


def test_a_retry_finds_the_server_that_came_back(fake, client):
    port = free_block(1)
    argv = client.argv(["--retries=3", f"{USER}@127.0.0.1:{port}", "get", "small"])
    with subprocess.Popen(argv, env=client.env(), cwd=client.folder, text=True,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        assert "trying again" in child.stderr.readline()
        fake(options=(f"--port={port}",))
        said = child.communicate(timeout=30)[1]
    assert child.returncode == 0, said
    assert (client.folder / "small").read_bytes() == SMALL


@pytest.mark.parametrize("options, least, most", ((("--noop-interval=0.3",), 3, 12), ((), 0, 0)))
def test_noop_interval(fake, client, options, least, most):
    server = fake("slow=1500000")
    run = client("-v", *options, server.target(), "get", "big")
    assert run.status == 0, run
    assert least <= run.stderr.count("> NOOP") <= most, run


# Targets.

@pytest.mark.parametrize("path", ("/empty", "/empty/", "//empty", "/./empty"))
def test_a_folder_in_the_target(fake, client, path):
    server = fake()
    run = client(server.target() + path, "pwd")
    assert (run.status, run.stdout) == (0, "/empty\n"), run


def test_a_folder_in_a_url(fake, client):
    server = fake()
    (server.root / "a b").mkdir()
    (server.root / "a b" / "there").write_bytes(SMALL)
    run = client(f"ftpes://{server.target()}/a%20b", "get", "there")
    assert run.status == 0, run
    assert (client.folder / "there").read_bytes() == SMALL


def test_a_folder_in_the_target_that_is_not_there(fake, client):
    server = fake()
    run = client(server.target() + "/nowhere", "put", __file__)
    assert run.status == 7, run
    assert "nowhere" in run.stderr and "STOR" not in server.said()


# Commands.

@pytest.mark.parametrize("quirks", ((), ("no-mlsd",)))
def test_stat(fake, client, quirks):
    run = batch(client, fake(*quirks), "stat small big", "stat --json small")
    assert run.status == 0, run
    first, second, third = run.stdout.splitlines()
    # MLST gives the name with its folder.
    assert first.lstrip("/").startswith(f"small: file, {len(SMALL)} bytes, modified "), run
    assert second.lstrip("/").startswith("big: file, 3000000 bytes, modified "), run
    found = json.loads(third)
    assert (found["type"], found["size"]) == ("file", len(SMALL)), run
    assert found["name"].lstrip("/") == "small", run
    assert found["mtime"].endswith("Z"), run


def test_stat_of_a_folder_and_of_nothing(fake, client):
    server = fake()
    assert "empty: dir" in client(server.target(), "stat", "empty").stdout
    run = client(server.target(), "stat", "nowhere")
    assert run.status == 7, run


def test_user(fake, client):
    """The new user's password comes from where the first one's did, or is asked for."""
    server = fake()
    target = server.target().replace(USER, "nobody")
    run = client("-c", f"user {USER}; pwd", server.target())
    assert (run.status, run.stdout) == (0, "/\n"), run
    assert server.said().count(f"> USER {USER}") == 2
    assert client(target, "pwd").status == 5
    assert client("-c", "user nobody", server.target()).status == 5


def test_user_asks_for_the_password_in_the_shell(fake, client):
    server = fake()
    shell = Shell(client, server.target().replace(USER, f"{USER}:{PASSWORD}".replace(" ", "%20")),
                  password="")
    shell.prompt()
    shell.type(f"user {USER}")
    shell.child.expect("[Pp]assword[^\r\n]*:")
    shell.child.waitnoecho()
    shell.type(PASSWORD)
    shell.prompt()
    assert shell.run("pwd").splitlines()[-1].strip() == "/"
    shell.type("quit")
    assert shell.leave() == 0
    assert server.said().count(f"> USER {USER}") == 2
    client.check_findings()
