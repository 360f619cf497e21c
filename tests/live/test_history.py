"""Lines typed at the prompt, from one session to the next."""
import json
import signal

import pytest

from bed import mounts as mounting
from bed.process import wait_until

UP = "\x1b[A"


@pytest.fixture
def kept(ftpsh, tmp_path):
    """The file, which all shells of the test share."""
    ftpsh.memory = tmp_path / "state"
    return ftpsh.memory / "ftpsh" / "history"


def leave(sh):
    sh.type("quit")
    assert sh.leave() == 0


def test_lines_are_there_in_the_next_session(bed, shell, kept):
    server = bed.server("vsftpd")
    first = shell(server.target())
    first.prompt()
    for line in ("mkdir 'größe 1'", "pwd", "lpwd", "pwd"):
        first.run(line)
    leave(first)
    assert kept.read_text() == "mkdir 'größe 1'\nlpwd\npwd\nquit\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    (bed.account.home / "größe 1").rmdir()
    second = shell(server.target())
    second.prompt()
    second.keys(UP * 4)
    second.shows(lambda rows: rows[-1].endswith("mkdir 'größe 1'"), "the oldest line")
    second.run("")
    wait_until((bed.account.home / "größe 1").is_dir, 10, "the folder")
    leave(second)
    assert kept.read_text() == "lpwd\npwd\nmkdir 'größe 1'\nquit\n"


def test_two_shells_at_a_time_and_one_that_is_killed_lose_nothing(bed, shell, kept):
    server = bed.server("vsftpd")
    one, other = shell(server.target()), shell(server.target())
    one.prompt()
    other.prompt()
    one.run("pwd")
    other.run("lpwd")
    one.run("version")
    other.child.kill(signal.SIGKILL)
    leave(one)
    assert kept.read_text() == "pwd\nlpwd\nversion\nquit\n"


def test_no_passwords_and_no_lines_behind_a_blank(bed, shell, kept):
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    secret = "s3cr3t-word"
    for line in (f"lpwd; open me:{secret}@127.0.0.1:1/", f"quote PASS {secret}",
                 f"user me {secret}", " alias login user", f"login me {secret}", f" lpwd {secret}"):
        sh.type(line)
        sh.child.expect("> ")
    sh.type("history")
    sh.shows(lambda rows: "  history" in rows[-2], "the one line that is kept")
    leave(sh)
    assert secret not in kept.read_text()


@pytest.mark.parametrize("options, lines", (((), ["lpwd", "pwd", "quit"]),
                                           (("--history=2",), ["pwd", "quit"]),
                                           (("--history=off",), None)))
def test_number_of_lines_is_a_setting(bed, shell, kept, options, lines):
    sh = shell(*options, bed.server("vsftpd").target())
    sh.prompt()
    sh.run("lpwd")
    sh.run("pwd")
    leave(sh)
    assert (kept.read_text().splitlines() if kept.exists() else None) == lines


def test_history_lists_and_forgets(bed, shell, ftpsh, kept):
    server = bed.server("vsftpd")
    sh = shell(server.target())
    sh.prompt()
    sh.run("lpwd")
    sh.run("pwd")
    assert "1  lpwd\r\n    2  pwd\r\n    3  history\r\n" in sh.run("history")
    assert "    4  history 1\r\n" in sh.run("history 1") and "2  pwd" not in sh.child.before
    assert "ftpsh: history: 'x' is no number of lines" in sh.run("history x")
    run = ftpsh("-c", "history --json 3")
    assert [json.loads(line)["line"] for line in run.stdout.splitlines()] == [
        "history", "history 1", "history x"]
    sh.run("history -c")
    assert kept.read_text() == ""
    sh.keys(UP)
    leave(sh)


def test_what_cannot_be_kept_is_told_once(bed, shell, kept):
    kept.parent.parent.mkdir()
    kept.parent.write_text("no folder")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.run("lpwd")
    sh.run("pwd")
    leave(sh)
    assert sh.seen.text.count("lines are not kept for the next session: ") == 1


def test_full_disk_is_told_once(bed, shell, kept, mounts):
    kept.parent.mkdir(parents=True)
    with mounting.full(kept.parent):
        sh = shell(bed.server("vsftpd").target())
        sh.prompt()
        sh.run("lpwd")
        sh.run("pwd")
        leave(sh)
    assert sh.seen.text.count("No space left on device") == 1, sh.seen.text
