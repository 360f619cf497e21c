"""The shell as a person uses it, through a pseudo-terminal."""
import os
import re

import pytest

from bed.process import wait_until
from bed.shell import SECONDS

UP = "\x1b[A"


def test_prompt_commands_and_end_of_input(bed, shell):
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    sh = shell(server.target())
    sh.prompt()
    assert "hello.txt" in sh.run("ls")
    assert str(bed.account.home) in sh.run("pwd")
    sh.child.sendeof()
    assert sh.leave() == 0


def test_quit_ends_it(bed, shell):
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.type("quit")
    assert sh.leave() == 0


def test_first_data_connection_is_told_once(bed, shell):
    server = bed.server("vsftpd", refuse=("EPSV", "EPRT"))
    sh = shell(server.target())
    sh.prompt()
    first, second = sh.run("ls"), sh.run("ls")
    assert "pasv-use-control-ip" in first and "epsv" in first
    assert "pasv-use-control-ip" not in second
    assert "pasv-use-control-ip" in sh.run("status")


def test_arrow_up_brings_the_last_command_back(bed, shell):
    server = bed.server("vsftpd")
    sh = shell(server.target())
    sh.prompt()
    sh.run("mkdir one")
    (bed.account.home / "one").rmdir()
    sh.run(UP)
    assert (bed.account.home / "one").is_dir()


def test_interrupt_at_the_prompt_drops_the_line(bed, shell):
    server = bed.server("vsftpd")
    sh = shell(server.target())
    sh.prompt()
    sh.child.send("mkdir never")
    sh.child.expect("never")
    sh.interrupt()
    sh.prompt()
    sh.run("mkdir made")
    assert (bed.account.home / "made").is_dir() and not (bed.account.home / "never").exists()


@pytest.mark.scene("o")
@pytest.mark.parametrize("name", ("vsftpd", "pyftpdlib"))
def test_interrupted_transfer_then_a_good_one(bed, shell, tmp_path, name):
    slow = {"rate": 1 << 20} if name == "vsftpd" else {}
    server = bed.server(name, **slow)
    bed.share("hello.txt", b"hi")
    os.truncate(bed.share("big"), 16 << 30)
    target, part = tmp_path / "big", tmp_path / "big.ftpsh.part"
    sh = shell(server.target())
    sh.prompt()
    sh.type(f"get big {target}")
    wait_until(lambda: part.exists() and part.stat().st_size > 0, SECONDS, "the first bytes")
    sh.interrupt()
    sh.prompt()
    assert not target.exists()
    sh.run(f"get hello.txt {tmp_path}/hello.txt")
    assert (tmp_path / "hello.txt").read_bytes() == b"hi"
    sh.type("quit")
    assert sh.leave() == 0


def test_password_is_asked_for_and_not_shown(bed, shell):
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    sh = shell(server.target(), password="")
    sh.child.expect(re.compile("password[^\r\n]*:", re.IGNORECASE))
    sh.child.waitnoecho()
    sh.type(bed.account.password)
    sh.prompt()
    assert "hello.txt" in sh.run("ls")
    sh.type("quit")
    assert sh.leave() == 0
    assert bed.account.password not in sh.seen.text


def test_failure_keeps_the_shell(bed, shell):
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    refused, unknown = sh.run("rm nowhere"), sh.run("frobnicate")
    assert "ftpsh: rm: nowhere: 550 " in refused, refused
    assert "ftpsh: frobnicate: unknown command" in unknown, unknown
    sh.run("mkdir made")
    assert (bed.account.home / "made").is_dir()
