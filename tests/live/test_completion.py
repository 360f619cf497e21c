"""Tab at the prompt, as a person sees it."""
import os

import pytest

from bed.process import wait_until
from bed.shell import SECONDS, Shell
from fake.server import PASSWORD

TAB = "\t"
CLEAR = "\x15"
SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


def last_row(sh, text):
    """Waits until the last row of the screen ends so, and gives the rows above it."""
    return sh.shows(lambda rows: rows and rows[-1].endswith(text), f"'{text}' in the last row")[:-1]


def fresh(sh, *keys):
    sh.keys(CLEAR, *keys)


@pytest.mark.parametrize("name", SERVERS)
def test_remote_names_are_quoted(bed, shell, name):
    bed.account.own_folder("My Files")
    bed.share("My Files/it's a \"report\".csv", b"found\n")
    sh = shell(bed.server(name).target())
    sh.prompt()
    sh.keys("cd My", TAB)
    last_row(sh, "> cd My\\ Files/")
    sh.type("")
    last_row(sh, "/My Files>")
    count = 0
    for typed, becomes in (("cat it", "cat it\\'s\\ a\\ \\\"report\\\".csv"),
                           ("cat 'it", "cat 'it'\\''s a \"report\".csv'"),
                           ("cat \"it", "cat \"it's a \\\"report\\\".csv\"")):
        sh.keys(typed, TAB)
        last_row(sh, becomes)
        sh.type("")
        count += 1
        sh.shows(lambda rows, n=count: rows.count("found") == n, "the file")


def test_second_tab_shows_what_fits(bed, shell):
    for name in ("report-1.csv", "report-2.csv", "readme", ".reserved", "bad\x1b[31m"):
        bed.share(name)
    bed.account.own_folder("records")
    sh = shell(bed.server("pyftpdlib").target())
    sh.prompt()
    sh.keys("cat rep", TAB)
    last_row(sh, "> cat report-")
    sh.keys(TAB)
    sh.shows(lambda rows: rows[-2:-1] == ["report-1.csv  report-2.csv"], "the names in columns")
    last_row(sh, "> cat report-")
    fresh(sh, "cat ", TAB, TAB)
    sh.shows(lambda rows: rows[-2:-1] == ["readme  records/  report-1.csv  report-2.csv"], "all")
    fresh(sh, "cd ", TAB)
    last_row(sh, "> cd records/")
    fresh(sh, "cat .", TAB)
    last_row(sh, "> cat .reserved")


def test_long_lists_are_cut(bed, shell):
    for i in range(300):
        bed.share(f"a-rather-long-name-{i:03}")
    sh = shell(bed.server("vsftpd").target(), dimensions=(12, 60))
    sh.prompt()
    sh.keys("cat ", TAB, TAB, TAB)
    rows = sh.shows(lambda rows: len(rows) > 2 and rows[-2].startswith("... and "), "the cut")
    shown = [word for row in rows[:-1] for word in row.split() if word.startswith("a-rather")]
    assert int(rows[-2].split()[2]) == 300 - len(shown)
    assert sorted(shown) == [f"a-rather-long-name-{i:03}" for i in range(len(shown))]


def test_commands_options_settings_and_local_names(bed, shell, tmp_path):
    (tmp_path / "my photos").mkdir()
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.run("set folder 'nowhere at all'")
    sh.run("alias photograph 'lcd'")
    for typed, becomes in (("diag", "diagnose"), ("mirror --del", "mirror --delete"),
                           ("ls --col", "ls --color="), ("ls --color=al", "ls --color=always"),
                           ("help verif", "help verify"), ("set limit", "set limit-rate"),
                           ("set verify req", "set verify require"), ("cd $fold", "cd $folder"),
                           ("photogr", "photograph"),
                           (f"photograph {tmp_path}/my", f"photograph {tmp_path}/my\\ photos/"),
                           (f"put {tmp_path}/my", f"put {tmp_path}/my\\ photos/"),
                           (f"ls > {tmp_path}/my", f"ls > {tmp_path}/my\\ photos/")):
        fresh(sh, typed, TAB)
        last_row(sh, f"> {becomes}")


def test_numbers_of_commands_in_the_background(at_fake):
    sh, _ = at_fake()
    sh.run("queue stop")
    sh.run("queue get small one")
    sh.run("queue get small two")
    for typed, becomes in (("kill ", "kill"), ("queue delete ", "queue delete"), ("wait ", "wait")):
        fresh(sh, typed, TAB, TAB)
        sh.shows(lambda rows, becomes=becomes: rows[-2:-1] == ["1  2"] and rows[-1].endswith(
            f"> {becomes}"), "the numbers")
    fresh(sh)
    sh.run("kill 1")
    sh.run("jobs")
    sh.keys("kill ", TAB)
    last_row(sh, "> kill 2")


def test_hosts_and_bookmarks(bed, ftpsh, shell):
    state = ftpsh.folder / "kept" / "ftpsh"
    state.mkdir(parents=True, mode=0o700)
    (state / "memory").write_text("far.example.com\t21\t192.0.2.1\tepsv\t2026-01-31T12:34:56Z\n")
    (state / "memory").chmod(0o600)
    ftpsh.memory = ftpsh.folder / "kept"
    folder = ftpsh.home / ".config" / "ftpsh"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config").write_text("[*]\nretries = 1\n[near.example.com]\nretries = 2\n")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.run("bookmark add projects ftpes://me@far.example.com/x")
    for typed, becomes in (("open fa", "open far.example.com"),
                           ("open me@ne", "open me@near.example.com"),
                           ("open proj", "open projects"), ("bookmark rm p", "bookmark rm projects")):
        fresh(sh, typed, TAB)
        last_row(sh, f"> {becomes}")


def test_in_the_middle_of_a_line(bed, shell):
    bed.share("a file", b"one\n")
    bed.share("other", b"two\n")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.keys("cat a other", "\x1b[D" * len(" other"), TAB)
    last_row(sh, "> cat a\\ file other")
    sh.type("")
    assert "one\r\ntwo\r\n" in sh.prompt()


def test_names_beyond_ascii(bed, shell):
    bed.share("größe 1", b"one\n")
    bed.share("größer", b"two\n")
    sh = shell(bed.server("vsftpd").target(), without=("LANG",))
    sh.prompt()
    sh.keys("cat gr", TAB)
    last_row(sh, "> cat größe")
    sh.keys("\\ ", TAB)
    last_row(sh, "> cat größe\\ 1")
    sh.type("")
    assert "one" in sh.prompt()


@pytest.mark.parametrize("term", ("dumb", "xterm-256color"))
def test_terminals(bed, shell, term):
    bed.share("one file")
    bed.share("one more")
    sh = shell(bed.server("vsftpd").target(), env={"TERM": term})
    sh.prompt()
    sh.keys("cat on", TAB)
    sh.child.expect_exact("e\\ ")
    sh.keys(TAB)
    sh.child.expect_exact("one file  one more\r\n")
    sh.prompt()
    sh.child.expect_exact("cat one\\ ")


# ---- what is asked of the server ----


@pytest.fixture
def at_fake(client, fake):
    """A shell on a server with quirks, and that server."""
    started = []

    def start(*quirks, **options):
        server = fake(*quirks)
        started.append(Shell(client, server.target(), password=PASSWORD, **options))
        started[-1].prompt()
        return started[-1], server

    yield start
    for sh in started:
        print(sh.seen.text)
        sh.child.close(force=True)
    client.check_findings()


def listings(server):
    return server.said().count(" > MLSD")


def test_folder_is_listed_once_until_something_changes(at_fake):
    sh, server = at_fake()
    sh.keys("cat sm", TAB)
    last_row(sh, "> cat small")
    fresh(sh, "cat bi", TAB)
    last_row(sh, "> cat big")
    assert listings(server) == 1
    fresh(sh)
    sh.run("mkdir created")
    sh.keys("cd cr", TAB)
    last_row(sh, "> cd created/")
    assert listings(server) == 2
    fresh(sh)
    sh.run("pwd")
    sh.keys("cd cr", TAB)
    last_row(sh, "> cd created/")
    assert listings(server) == 2
    fresh(sh)
    sh.type("close")
    sh.child.expect_exact("ftpsh> ")
    sh.run(f"open {server.target()}")
    sh.keys("cd cr", TAB)
    last_row(sh, "> cd created/")
    assert listings(server) == 3


@pytest.mark.parametrize("quirk", ("mlsd-stalls", "mlsd-no-reply"))
def test_cancelled_completion_leaves_no_reply_behind(at_fake, quirk):
    sh, server = at_fake(quirk)
    sh.keys("cat sm", TAB)
    sh.shows(lambda rows: rows and rows[-1] == "listing /... (Ctrl-C stops it)", "the notice")
    sh.interrupt()
    last_row(sh, "> cat sm")
    sh.type("all")
    sh.shows(lambda rows: "a small file" in rows, "what cat shows")
    sh.type("size small")
    sh.shows(lambda rows: rows[-2].startswith("13"), "the size, and no reply to anything else")


def test_slow_listing_is_told_and_used(at_fake):
    sh, _ = at_fake("late=MLSD:2000")
    sh.keys("cat sm", TAB)
    sh.shows(lambda rows: rows and rows[-1] == "listing /... (Ctrl-C stops it)", "the notice")
    above = last_row(sh, "> cat small")
    assert not any("listing" in row for row in above)


def test_strategies_that_tab_tried_are_told_with_the_next_command(at_fake):
    sh, _ = at_fake("refuse=EPSV")
    sh.keys("cat sm", TAB)
    above = last_row(sh, "> cat small")
    assert not any("data:" in row for row in above)
    sh.type("")
    rows = sh.shows(lambda rows: "a small file" in rows and rows[-1].endswith(">"), "the file")
    told = [row for row in rows if row.startswith("data: ")]
    assert len(told) == 1 and "pasv-use-control-ip" in told[0] and "epsv failed: 502" in told[0]


def test_lost_server_is_told_in_one_line(at_fake):
    sh, server = at_fake()
    server.process.child.kill()
    server.process.child.wait()
    sh.keys("cat sm", TAB)
    rows = sh.shows(lambda rows: any("completion: " in row for row in rows) and
                    rows[-1].endswith("> cat sm"), "what is wrong")
    assert sum("ftpsh: completion: " in row for row in rows) == 1
    server.process.child.returncode = 0


def test_missing_folder_changes_nothing(at_fake):
    sh, _ = at_fake()
    sh.keys("cat nowhere/x", TAB, "y")
    above = last_row(sh, "> cat nowhere/xy")
    assert not any("ftpsh:" in row for row in above)
    sh.keys(CLEAR)
    assert "a small file" in sh.run("cat small")


def test_not_connected_offers_what_is_here(client):
    sh = Shell(client)
    try:
        sh.child.expect_exact("ftpsh> ")
        sh.keys("cat x", TAB, CLEAR, "diag", TAB)
        last_row(sh, "ftpsh> diagnose")
    finally:
        sh.child.close(force=True)
    client.check_findings()


def test_interrupted_by_an_end(at_fake):
    """SIGTERM while a folder is listed ends the program as it does elsewhere."""
    sh, _ = at_fake("mlsd-stalls")
    sh.keys("cat sm", TAB)
    sh.shows(lambda rows: rows and rows[-1].startswith("listing "), "the notice")
    os.kill(sh.child.pid, 15)
    wait_until(lambda: not sh.child.isalive(), SECONDS, "the end")
    assert sh.child.exitstatus == 143
