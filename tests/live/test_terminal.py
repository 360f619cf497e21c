"""What a person at a terminal sees: the line that is typed, the prompt, children on the terminal."""
import os
import signal

import pytest

from bed.process import is_running, wait_until
from bed.shell import PROMPT, without_colours


def test_names_beyond_ascii_without_a_locale(bed, shell):
    """No byte of a name may get lost: 'rm ä1' would delete '1'."""
    one, other = bed.share("1"), bed.share("ä1")
    sh = shell(bed.server("vsftpd").target(), without=("LANG",))
    sh.prompt()
    sh.run("rm ä1")
    assert one.exists() and not other.exists()


@pytest.mark.parametrize("typed", (b"rm \xe41\r", b"rm \xc31\r", b"rm 1\xc3\r"))
def test_line_with_bytes_that_are_no_characters_is_refused(bed, shell, typed):
    one = bed.share("1")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    os.write(sh.child.fileno(), typed)
    sh.child.expect("not run")
    sh.prompt()
    assert one.exists()
    sh.run("rm 1")
    assert not one.exists()


@pytest.mark.parametrize("line", ("!sleep {n}; true", "ls | sleep {n}", "cat big | sleep {n}"))
def test_interrupt_ends_children(bed, shell, line):
    bed.share("big", os.urandom(3_000_000))
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    seconds = f"30.{os.getpid()}"
    sh.type(line.format(n=seconds))
    wait_until(lambda: is_running(f"sleep {seconds}"), 15, "the child")
    sh.interrupt()
    sh.child.expect("interrupted", timeout=5)
    sh.prompt()
    assert "/" in sh.run("pwd")


PAGER = """
trap 'echo not yet' INT
cat
until read answer </dev/tty; do :; done
echo got $answer
"""


def test_pager_outlives_the_interrupt(bed, shell, tmp_path):
    """It has the terminal, and decides itself."""
    pager = tmp_path / "pager"
    pager.write_text(PAGER)
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.type(f"pwd | sh {pager}")
    sh.child.expect(str(bed.account.home) + "\r\n")
    sh.interrupt()
    sh.child.expect("not yet")
    sh.type("it")
    sh.child.expect("got it")
    sh.prompt()


def test_interrupt_where_it_was_ignored_before(bed, shell):
    """As in a shell that a script has started in the background."""
    sh = shell(bed.server("vsftpd").target(), prefix=("sh", "-c", 'trap "" INT; exec "$0" "$@"'))
    sh.prompt()
    sh.child.send("mkdir never")
    sh.child.expect("never")
    sh.interrupt()
    sh.prompt()
    sh.run("mkdir made")
    assert (bed.account.home / "made").is_dir()


@pytest.mark.parametrize("options, shown", (((), True), (("-q",), False)))
def test_progress_at_the_prompt(bed, shell, tmp_path, options, shown):
    server = bed.server("vsftpd", rate=1 << 20)
    bed.share("big", os.urandom(3_000_000))
    sh = shell(*options, server.target())
    sh.prompt()
    assert ("%" in sh.run(f"get big {tmp_path}/big")) == shown


@pytest.mark.parametrize("form", ("-c", "one-shot"))
def test_no_progress_of_a_batch_at_a_terminal(bed, shell, tmp_path, form):
    server = bed.server("vsftpd", rate=1 << 20)
    bed.share("big", os.urandom(3_000_000))
    words = ("get", "big", tmp_path / "big")
    sh = shell(*(("-c", " ".join(map(str, words)), server.target()) if form == "-c" else
                 (server.target(), *words)))
    assert sh.leave() == 0
    assert sh.seen.text == ""


def test_prompt_comes_back_after_a_stop(bed, shell):
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.child.send("mkdir ma")
    sh.child.expect("mkdir ma")
    sh.child.kill(signal.SIGSTOP)
    sh.child.kill(signal.SIGCONT)
    sh.child.expect(PROMPT + "mkdir ma")
    sh.run("de")
    assert (bed.account.home / "made").is_dir()


def test_line_is_drawn_anew_for_another_width(bed, shell):
    """Over itself: the rows that it takes in the new width are erased, and no others."""
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    prompt = without_colours(sh.child.after)
    sh.child.send("mkdir " + "long" * 20)
    sh.child.expect_exact("long" * 20)
    rows = (len(prompt) + 86) // 30
    sh.child.setwinsize(24, 30)
    sh.child.expect_exact(f"\r\x1b[{rows}A" + "\x1b[K\x1b[B" * rows + "\x1b[K")
    sh.child.expect("longlong")


@pytest.mark.parametrize("command", ("ls", "ls -l", "ls -1", "nlist", "lpwd"))
def test_names_reach_the_terminal_without_control_bytes(bed, shell, tmp_path, command):
    name = "a\x1b[31m b"
    (tmp_path / name).mkdir()
    bed.share(name)
    sh = shell(bed.server("pyftpdlib").target())
    sh.prompt()
    os.symlink(tmp_path / name, tmp_path / "here")
    sh.run(f"lcd {tmp_path}/here")
    shown = sh.run(command)
    assert r"a\x1b[31m b" in shown and "\x1b[31m" not in shown
