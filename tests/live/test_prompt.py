"""The prompt as a person sees and uses it: what stands on the screen, keys, and the connection while
one types."""
import os
import re
import time

import pytest

from bed.shell import PROMPT, Shell

LEFT, UP, HOME = "\x1b[D", "\x1b[A", "\x01"
ERASE, KILL_LINE, SEARCH, ESCAPE = "\x7f", "\x15", "\x12", "\x1b"
PLAIN = {"NO_COLOR": "1"}


def prompt_of(account, folder=""):
    return f"{account.name}@127.0.0.1:{account.home}{folder}> "


def enter(sh, line=""):
    """Ends the line with this, and waits for the next prompt."""
    sh.keys(line)
    sh.shows(lambda rows: rows[-1].endswith(line) and not is_prompt(rows[-1]), "the line")
    sh.keys("\r")
    return sh.shows(lambda rows: is_prompt(rows[-1]), "the next prompt")


def is_prompt(row):
    return re.fullmatch(PROMPT.rstrip(), row)


def ends_with(*lines):
    return lambda rows: rows[-len(lines):] == [line.rstrip() for line in lines]


@pytest.mark.parametrize("term", ("xterm", "xterm-256color", "dumb", "no-such-terminal"))
@pytest.mark.parametrize("locale", ("C.UTF-8", "C"))
def test_screen_of_a_short_session(bed, shell, term, locale):
    bed.share("größe", b"hi")
    sh = shell(bed.server("vsftpd").target(), env={"TERM": term, "LANG": locale, "LC_ALL": locale})
    me = prompt_of(bed.account)
    sh.shows(ends_with(me), "the prompt")
    sh.keys("ls -1 grüßex", ERASE, LEFT * 5, "x", ERASE, HOME, "echo x;", LEFT * 2, ERASE, "y")
    sh.shows(ends_with(me + "echoyx;ls -1 grüße"), "the line as it was edited")
    sh.keys(KILL_LINE, "mkdir Größe; ls -1\r")
    rows = sh.shows(lambda rows: rows.count(me.rstrip()) == 1 and rows[-1] == me.rstrip(),
                    "the next prompt")
    while not rows[0].startswith(me):
        rows.pop(0)  # what libedit says of a terminal that it does not know
    assert rows[:3] == [me + "mkdir Größe; ls -1", "Größe", "größe"]
    assert (bed.account.home / "Größe").is_dir()


@pytest.mark.parametrize("env, options, coloured", (
    ({}, (), True), (PLAIN, (), False), ({"TERM": "dumb"}, (), False),
    ({}, ("--color=never",), False), (PLAIN, ("--color=always",), True)))
def test_colours(bed, shell, env, options, coloured):
    sh = shell(*options, bed.server("vsftpd").target(), env=env)
    sh.shows(ends_with(prompt_of(bed.account)), "the prompt")
    first = sh.screen.buffer[sh.screen.cursor.y][0]
    assert (first.fg, first.bold) == (("green", True) if coloured else ("default", False))
    last = sh.screen.buffer[sh.screen.cursor.y][len(prompt_of(bed.account)) - 1]
    assert (last.fg, last.bold) == ("default", False)
    assert coloured or "\x1b" not in sh.seen.text


def test_long_folder_leaves_room_for_the_line(bed, shell):
    deep = "a rather long name/and another one"
    (bed.account.home / deep).mkdir(parents=True)
    sh = shell(bed.server("pyftpdlib").target(), dimensions=(24, 80))
    sh.prompt()
    sh.type(f"cd '{deep}'")
    sh.shows(lambda rows: rows[-1].endswith("> ".rstrip()) and "..." in rows[-1], "a short prompt")
    assert sh.rows()[-1].startswith(f"{bed.account.name}@127.0.0.1:...")
    assert len(sh.rows()[-1]) <= 42


@pytest.mark.parametrize("columns", (30, 61, 200))
def test_line_is_drawn_anew_for_another_width_on_the_screen(bed, shell, columns):
    """Whatever the terminal has made of the rows."""
    sh = shell(bed.server("vsftpd").target(), dimensions=(24, 100), env=PLAIN)
    sh.prompt()
    line = sh.rows()[-1] + " mkdir " + "0123456789" * 8
    sh.keys("mkdir " + "0123456789" * 8)
    sh.shows(lambda rows: "".join(rows) == line, "the line")
    sh.resize(24, columns)
    n = -(-len(line) // columns)
    sh.shows(lambda rows: "".join(rows[-n:]) == line
             and {len(row) for row in rows[-n:-1]} <= {columns}, "the line in its new width")


def test_wide_characters_are_counted_as_they_are_seen(bed, shell):
    sh = shell(bed.server("vsftpd").target(), env=PLAIN)
    me = prompt_of(bed.account)
    sh.prompt()
    sh.keys("mkdir 日本語é", LEFT * 3, ERASE, "x")
    sh.shows(lambda rows: rows[-1].replace(" ", "") == (me + "mkdir x本語é").replace(" ", "")
             and sh.screen.cursor.x == len(me) + len("mkdir x"), "the edited line")
    enter(sh)
    assert (bed.account.home / "x本語é").is_dir()


# ---- keys ----

def test_vi_keys_of_editrc(bed, shell, ftpsh):
    (ftpsh.home / ".editrc").write_text("bind -v\n")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.keys("mkdir one two", ESCAPE, "bb")
    sh.keys("dw\r")
    sh.prompt()
    assert [p.name for p in bed.account.home.iterdir()] == ["two"]
    sh.keys(SEARCH, "mkd")
    sh.shows(lambda rows: rows[-1].startswith("bck:mkd"), "the search")


def test_search_with_ctrl_r(bed, shell):
    sh = shell(bed.server("vsftpd").target(), env=PLAIN)
    me = prompt_of(bed.account)
    sh.prompt()
    for line in ("mkdir findme", "pwd", "lpwd"):
        sh.run(line)
    (bed.account.home / "findme").rmdir()
    sh.keys(SEARCH, "find")
    sh.shows(ends_with(me + "mkdir findme", "bck:find"), "what was found")
    enter(sh)
    assert (bed.account.home / "findme").is_dir()


def test_key_that_editrc_binds_stays(bed, shell, ftpsh):
    (ftpsh.home / ".editrc").write_text('bind -s "^R" "mkdir bound"\n')
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.run(SEARCH)
    assert (bed.account.home / "bound").is_dir()


# ---- the connection while one types ----

def commands_of(server, verb):
    text = (server.folder / "vsftpd.log").read_text()
    return text.count(f'FTP command: Client "127.0.0.1", "{verb}')


def test_noop_keeps_the_session_alive(bed, shell):
    """The server would end it after three seconds."""
    server = bed.server("vsftpd", extra=("idle_session_timeout=3",))
    sh = shell("--keepalive=1", server.target(), env=PLAIN)
    sh.prompt()
    sh.keys("mkdir ma")
    before = sh.shows(lambda rows: rows[-1].endswith("mkdir ma"), "the line")
    sh.shows(lambda rows: commands_of(server, "NOOP") >= 5, "five NOOPs")
    assert sh.rows() == before
    enter(sh, "de")
    assert (bed.account.home / "made").is_dir() and commands_of(server, "USER") == 1


def test_dialogue_of_a_noop_stands_above_the_line(bed, shell):
    sh = shell("-v", "--keepalive=1", bed.server("vsftpd").target(), env=PLAIN)
    sh.prompt()
    sh.keys("mkdir ma")
    sh.shows(ends_with("> NOOP", "< 200 NOOP ok.", prompt_of(bed.account) + "mkdir ma"), "NOOP")


def is_notice(row):
    return row.startswith("connection lost (") and row.endswith("; the next command connects again")


@pytest.mark.parametrize("term", ("xterm", "dumb"))
@pytest.mark.parametrize("name, setting", (("vsftpd", "idle_session_timeout=2"),
                                           ("proftpd", "TimeoutIdle 2")))
def test_lost_connection_is_noticed_and_comes_back_in_silence(bed, shell, name, setting, term):
    """Above the line that is being typed; the next command runs in the same folder."""
    server = bed.server(name, extra=(setting,))
    (bed.account.home / "sub").mkdir()
    bed.account.own(bed.account.home / "sub")
    sh = shell("--keepalive=off", server.target(), env={**PLAIN, "TERM": term})
    sh.prompt()
    sh.run("ls")
    sh.run("cd sub")
    sh.keys("mkdir ma")
    line = prompt_of(bed.account, "/sub") + "mkdir ma"
    rows = sh.shows(lambda rows: rows[-1] == line and is_notice(rows[-2]), "the notice")
    sh.keys("de\r")
    sh.shows(lambda after: after == [*rows[:-1], line + "de", prompt_of(bed.account, "/sub").rstrip()],
             "nothing but the next prompt")
    assert enter(sh, "ls -1")[-2:] == ["made", prompt_of(bed.account, "/sub").rstrip()]
    assert (bed.account.home / "sub" / "made").is_dir()


def test_server_that_does_not_answer_noop_is_given_up(client, fake, tmp_path):
    server = fake("late=NOOP:60000")
    sh = Shell(client, "--keepalive=0.5", "--reply-timeout=1", server.target(), env=PLAIN)
    try:
        sh.prompt()
        sh.keys("mkdir ma")
        sh.shows(lambda rows: rows[-2:-1] == [
            "connection lost (the server does not answer); the next command connects again"],
            "the notice")
        enter(sh, "de")
        assert (server.root / "made").is_dir()
    finally:
        sh.child.close(force=True)
    client.check_findings()


# ---- progress ----

@pytest.mark.parametrize("command", ("get big", "mget -P 2 big big2"))
def test_progress_where_the_cursor_goes_on_alone(bed, shell, tmp_path, command):
    """TERM=dumb: one line, over itself."""
    for name in ("big", "big2"):
        bed.share(name, os.urandom(1_500_000))
    sh = shell(bed.server("vsftpd", rate=1 << 20).target(), env={"TERM": "dumb"})
    sh.prompt()
    sh.run(f"lcd {tmp_path}")
    sh.keys(command)
    rows = sh.shows(lambda rows: rows[-1].endswith(command), "the command")
    sh.keys("\r")
    sh.shows(lambda now: "B/s" in now[-1] and now[:-1] == rows, "one line below it")
    sh.shows(lambda now: is_prompt(now[-1]), "the next prompt")
    assert not any(" files" in row for row in sh.rows()[2:]) and "\x1b" not in sh.seen.text
    assert (tmp_path / "big").stat().st_size == 1_500_000


# ---- stopped and going on ----

JOB = """
"$0" "$@"
echo stopped; until [ -e {go} ]; do sleep 0.1; done
fg
"""


def test_transfer_goes_on_after_a_stop(bed, shell, tmp_path):
    """Longer than no byte may be without moving: while the program stood still none could."""
    content = os.urandom(6_000_000)
    bed.share("big", content)
    go, target = tmp_path / "go", tmp_path / "big"
    sh = shell("--idle-timeout=2", bed.server("vsftpd", rate=1 << 20).target(), env=PLAIN,
               prefix=("bash", "--norc", "-ic", JOB.format(go=go)))
    sh.prompt()
    sh.type(f"get big {target}")
    sh.shows(lambda rows: "%" in rows[-1], "progress")
    sh.keys("\x1a")
    sh.shows(lambda rows: rows[-1] == "stopped", "the stop")
    time.sleep(3.5)  # the stop itself
    go.touch()
    sh.shows(lambda rows: "%" in rows[-1] and rows[-1].startswith("big"), "progress once more")
    sh.prompt()
    assert target.read_bytes() == content
    assert "trying again" not in sh.seen.text and "continued" not in sh.seen.text
    sh.type("quit")
    assert sh.leave() == 0
