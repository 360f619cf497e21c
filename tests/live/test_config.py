"""Settings: where their values come from, and that they act."""
import json
import os
import re
import shlex
import signal
from pathlib import Path

import pytest

from bed.process import is_running
from fake.server import PASSWORD, USER

OTHER = 65534  # nobody


def variables(**settings):
    return ("env", *(f"FTPSH_{name}={value}" for name, value in settings.items()))


def shown(client, *args, prefix=()):
    """All settings as --show-config tells them, by name."""
    run = client("--json", "--show-config", *args, prefix=prefix, report=False)
    assert run.status == 0, run
    return {row["name"]: row for row in map(json.loads, run.stdout.splitlines())}


# Where values come from.

def test_each_layer_covers_those_before(client, config):
    path = config("[*]\nretries = 11\n[ftp.test]\nretries = 12\n[work]\nretries = 13\n")
    (path.parent / "bookmarks").write_text("work me@ftp.test/pub\n")
    (path.parent / "bookmarks").chmod(0o600)
    layers = (
        (("other.test",), (), "11", "config", f"{path}:2 [*]"),
        (("me@FTP.test:990",), (), "12", "config", f"{path}:4 [ftp.test]"),
        (("work",), (), "13", "config", f"{path}:6 [work]"),
        (("work",), variables(RETRIES=14), "14", "environment", "FTPSH_RETRIES"),
        (("--retries=15", "work"), variables(RETRIES=14), "15", "option", "--retries"),
    )
    for args, prefix, value, origin, where in layers:
        row = shown(client, *args, prefix=prefix)["retries"]
        assert (row["value"], row["origin"], row["where"]) == (value, origin, where)
        assert row["default"] == "3"
    assert shown(client)["idle-timeout"]["origin"] == "default"


def test_show_config_as_text_masks_passwords(client, config):
    path = config("[*]\nproxy = socks5://me:secret@gateway\n")
    run = client("--show-config", "-4", "a.test", report=False)
    assert run.status == 0, run
    assert f"proxy = socks5://me:***@gateway:1080  # {path}:2 [*]\n" in run.stdout
    assert "ipv4 = on  # -4\n" in run.stdout
    assert "retries = 3  # default\n" in run.stdout
    assert "secret" not in run.stdout + run.stderr


def test_show_config_tells_what_the_target_says(client, config):
    """It goes before the options, as when one connects; a contradiction is one here, too."""
    path = config("[*]\ntls = implicit\nuser = other\n")
    said = shown(client, "ftpes://me@a.test")
    for name, value in (("tls", "require"), ("user", "me")):
        row = said[name]
        assert (row["value"], row["origin"], row["where"]) == (value, "option", "the target")
    assert shown(client, "ftps://a.test")["tls"]["where"] == f"{path}:2 [*]"
    assert shown(client, "--user=x", "ftps://a.test")["user"]["value"] == "x"
    run = client("--show-config", "--tls=off", "ftps://a.test", report=False)
    assert (run.status, run.stdout) == (2, "")
    assert run.stderr == "ftpsh: ftps:// means implicit TLS, --tls says otherwise\n"


def test_show_config_knows_bad_targets(client):
    run = client("--show-config", "me@", report=False)
    assert (run.status, run.stdout) == (2, ""), run


# That they act.

def test_the_hosts_section_acts(fake, client, config):
    server = fake("refuse=EPSV", "refuse=PASV")
    config("[*]\nstrategies = epsv\nretries = 0\n[127.0.0.1]\nstrategies = pasv, epsv\n")
    run = client(server.target(), "ls")
    assert run.status == 6, run
    assert [name for name, *_ in run.attempts()] == ["pasv", "epsv"]
    run = client("--epsv", server.target(), "ls")
    assert [name for name, *_ in run.attempts()] == ["epsv"]
    run = client(server.target(), "ls", prefix=variables(STRATEGIES="epsv,pasv"))
    assert [name for name, *_ in run.attempts()] == ["epsv", "pasv"]


def test_user_and_verbose_from_the_configuration(fake, client, config):
    server = fake()
    config(f"[127.0.0.1]\nuser = {USER}\nverbose = on\n")
    run = client(f"127.0.0.1:{server.port}", "pwd")
    assert (run.status, run.stdout) == (0, "/\n"), run
    assert "> USER" in run.stderr and f"> USER {USER}" in server.said()
    assert "> USER" not in client(f"nobody@localhost:{server.port}", "pwd").stderr


def test_a_users_name_is_not_cut(fake, client, config):
    server = fake()
    config(f"[*]\nuser = {600 * 'x'}\n")
    run = client(f"127.0.0.1:{server.port}", "pwd")
    assert run.status == 2 and "the user's name is longer than 511 bytes" in run.stderr, run
    assert "USER" not in server.said()


def test_open_takes_the_settings_of_the_next_host(fake, client, config):
    server = fake()
    config("[localhost]\nretries = 7\n[127.0.0.1]\nretries = 8\n")
    run = client("-c", f"set retries; open {server.target('localhost')}; set retries; "
                 "set retries 9; open -; set retries; unset retries; set retries",
                 server.target())
    assert run.status == 0, run
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["8", "7", "9", "8"]


def test_a_targets_scheme_goes_before_the_configuration(fake, client, config):
    server = fake()
    config("[*]\ntls = off\n")
    target = server.target()
    assert client(f"ftpes://{target}", "ls").status == 0
    assert "AUTH" in server.said()
    run = client("--tls=off", f"ftpes://{target}", "ls")
    assert run.status == 2, run


# Changes while it runs.

def test_set_shows_all_settings(client):
    run = client("--timeout=5", "-c", "set --json; set", report=False)
    assert run.status == 0, run
    rows = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    names = [row["name"] for row in rows]
    listed = [line.split()[0] for line in run.stdout.splitlines() if not line.startswith("{")]
    assert listed == ["SETTING", *names]
    assert names == list(shown(client))
    timeout = next(row for row in rows if row["name"] == "timeout")
    assert timeout == {"name": "timeout", "value": "5", "default": "none", "origin": "option",
                       "where": "--timeout"}


def test_set_changes_one_and_takes_it_back(client):
    run = client("-c", "set timeout 4; set timeout; set timeout=; set timeout; set timeout=6; "
                 "set timeout; unset timeout; set timeout; set json on; set json; unset json",
                 report=False)
    assert run.status == 0, run
    *lines, last = run.stdout.splitlines()
    assert [line.split()[1::2] for line in lines] == [
        ["4", "set"], ["none", "default"], ["6", "set"], ["none", "default"]]
    assert json.loads(last)["value"] == "on"


def test_strategies_can_be_set_for_the_connection_there_is(fake, client):
    server = fake()
    run = client("-c", "ls; set strategies default; set strategies pasv; ls; unset strategies; ls",
                 server.target())
    assert run.status == 0, run
    assert [name for name, *_ in run.attempts()] == ["epsv", "pasv", "epsv"]


def test_what_concerns_the_connection_waits_for_the_next(fake, client):
    """The trust that connections share is made anew when its settings change."""
    server = fake()
    run = client("-c", f"set tls-name wrong.test; ls; -open {server.target()}; unset tls-name; "
                 f"open {server.target()}; ls", server.target())
    assert run.status == 0, run
    assert "tls-name: from the next connection on" in run.stderr
    assert "wrong.test" in run.stderr
    run = client("-c", f"set pin sha256:{'0' * 64}; open {server.target()}", server.target())
    assert run.status == 4, run


@pytest.mark.parametrize("line, said", (
    ("set timeot 5", "did you mean 'timeout'"),
    ("set timeout soon", "timeout: 'soon'"),
    ("set tls maybe", "tls: 'maybe'"),
    ("set trace x", "'trace' can be set when ftpsh starts only"),
    ("set batch x", "'batch'"),
    ("set epsv on", "'strategies = epsv'"),
    ("set verbose yes", "neither on nor off"),
    ("unset timeot", "did you mean 'timeout'"),
    ("set nothing-at-all", "there is no setting 'nothing-at-all'"),
))
def test_what_cannot_be_set(client, line, said):
    run = client("-c", line, report=False)
    assert run.status == 2, run
    assert said in run.stderr and run.stderr.count("\n") == 1, run


# Mistakes in the configuration: one line that says where, and what.

@pytest.mark.parametrize("text, said", (
    ("[*]\ntimeot = 5\n", ":2: there is no setting 'timeot' (did you mean 'timeout'?)"),
    ("[*]\ntimeout = soon\n", ":2: timeout: 'soon'"),
    ("[*]\nretries = 1\nretries = 2\n", ":3: retries: stands there already"),
    ("[*\n", ":1: a section"),
    ("timeout = 5\n", ":1: a setting stands in a section"),
    ("[*]\nuser = " + 5000 * "x", ":2: the value is too long"),
    ("[elsewhere.test]\ntimeot = 5\n", ":2: there is no setting 'timeot'"),
))
def test_mistakes(client, config, text, said):
    path = config(text)
    run = client("127.0.0.1:1", "ls", report=False)
    assert run.status == 2, run
    assert run.stderr.startswith(f"ftpsh: {path}{said}") and run.stderr.count("\n") == 1, run
    assert client("--version", report=False).status == 0
    assert client("--help", report=False).status == 0


def test_files_that_are_not_used(client, config):
    path = config("[*]\nretries = 5\n", 0o644)
    assert shown(client)["retries"]["value"] == "5"
    for mode in (0o666, 0o620):
        path.chmod(mode)
        run = client("--show-config", report=False)
        assert run.status == 1 and f"{path}: can be changed by others" in run.stderr, run
    config("[*]\nproxy = http://me:secret@gateway\n", 0o644)
    run = client("--show-config", report=False)
    assert run.status == 2 and f"{path}:2" in run.stderr and "chmod 600" in run.stderr, run
    path.unlink()
    path.mkdir()
    run = client("--show-config", report=False)
    assert run.status == 1 and "is a folder" in run.stderr, run


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_file_is_not_used(client, config):
    path = config("[*]\nretries = 5\n")
    os.chown(path, OTHER, OTHER)
    run = client("--show-config", report=False)
    assert run.status == 1 and "belongs to somebody else" in run.stderr, run


def test_a_link_is_followed(client, config):
    path = config("")
    path.rename(path.parent / "elsewhere")
    (path.parent / "elsewhere").write_text("[*]\nretries = 5\n")
    path.symlink_to("elsewhere")
    assert shown(client)["retries"]["value"] == "5"


@pytest.mark.parametrize("variable, said", (
    ("TIMEOUT=soon", "FTPSH_TIMEOUT in the environment: 'soon'"),
    ("TIMEOT=5", "did you mean 'FTPSH_TIMEOUT'"),
    ("EPSV=on", "FTPSH_EPSV in the environment is no setting; use FTPSH_STRATEGIES=epsv"),
))
def test_mistakes_in_the_environment(client, variable, said):
    run = client("-c", "set", prefix=("env", f"FTPSH_{variable}"), report=False)
    assert run.status == 2 and said in run.stderr and run.stderr.count("\n") == 1, run


# Passwords from a command.

def with_command(client, server, command, *args, stdin="pwd\n", password=""):
    return client("--retries=0", f"--password-command={command}", *args, server.target(),
                  stdin=stdin, password=password)


def test_password_command(fake, client):
    """Its first line; what stands on our standard input is not its."""
    server = fake()
    run = with_command(client, server, f"cat; echo '{PASSWORD}'; echo more")
    assert (run.status, run.stdout) == (0, "/\n"), run
    assert PASSWORD not in run.stderr


def test_password_command_knows_for_whom(fake, client):
    server = fake()
    script = f'test "$FTPSH_USER@$FTPSH_HOST" = {USER}@127.0.0.1 && echo "{PASSWORD}"'
    run = with_command(client, server, script)
    assert run.status == 0, run


def test_password_command_with_a_user_from_netrc(fake, client):
    server = fake()
    netrc = client.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password wrong\n")
    netrc.chmod(0o600)
    run = client(f"--password-command=echo '{PASSWORD}'", f"127.0.0.1:{server.port}", "pwd",
                 password="")
    assert run.status == 0, run


@pytest.mark.parametrize("command, said", (
    (f"echo '{PASSWORD}'; exit 3", "the command ended with status 3"),
    ("true", "printed no password"),
    ("echo; echo x", "printed no password"),
    ("no-such-program 2>&-", "status 127"),
    ("kill -9 $$", "signal 9"),
    ("head -c 5000 /dev/zero | tr '\\0' x", "too long"),
))
def test_password_command_that_fails(fake, client, command, said):
    server = fake()
    run = with_command(client, server, command)
    assert run.status == 5, run
    assert "password-command: " in run.stderr and said in run.stderr, run
    assert run.stderr.count("\n") == 1 and "USER" not in server.said()


def test_a_wrong_password_from_a_command_is_refused(fake, client):
    assert with_command(client, fake(), "echo wrong").status == 5


def test_anonymous_needs_no_command(fake, client):
    server = fake()
    run = client("--password-command=exit 9", f"127.0.0.1:{server.port}", "pwd", password="")
    assert run.status == 5 and "password-command" not in run.stderr, run
    assert "> USER anonymous" in server.said()


def test_password_command_ends_with_an_interrupt(fake, client):
    seconds = f"30.{os.getpid()}"
    command = f"--password-command=sleep {seconds}"
    run = client.signal_when(signal.SIGINT, lambda: is_running(f"sleep {seconds}"), command,
                             fake().target(), "pwd")
    assert run.status == 130, run
    assert run.seconds < 5 and not is_running(f"sleep {seconds}"), run


def test_password_command_and_the_time_for_everything(fake, client):
    run = with_command(client, fake(), "sleep 30", "--timeout=0.5")
    assert run.status == 10, run
    assert run.seconds < 5, run


def test_where_the_password_comes_from(fake, client, config):
    """The environment goes before the configuration, options before both."""
    server = fake()
    config("[*]\nretries = 0\npassword-command = echo wrong\n")
    assert client(server.target(), "pwd", password="").status == 5
    assert client(server.target(), "pwd").status == 0
    run = with_command(client, server, "echo wrong", password=None)
    assert run.status == 5, run
    config(f"[*]\npassword-command = echo {shlex.quote(PASSWORD)}\n")
    assert client(server.target(), "pwd", password="").status == 0


def test_the_manuals_example(client, config):
    page = (Path(__file__).resolve().parents[2] / "man" / "ftpsh_config.5").read_text()
    config(re.search(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.MULTILINE | re.DOTALL).group(1))
    rows = shown(client, "ftp.example.com")
    assert rows["password-command"]["value"] == "pass show ftp/example"
    assert rows["strategies"]["value"] == "pasv-use-control-ip,epsv"
    assert rows["limit-rate"]["value"] == "off"
