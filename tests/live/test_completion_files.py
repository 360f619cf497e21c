"""Completion in bash, zsh and fish, from the files that the tables yield."""
import os
import re
import shutil
import subprocess

import pexpect
import pytest

SHELLS = ("bash", "zsh", "fish")
PROMPT = "ready> "
HOSTS = ("ftp.example.com", "other.example.com")


@pytest.fixture
def place(tmp_path, binary):
    """A folder with ftpsh in bin/, the files in files/, two hosts remembered, and local names."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ftpsh").symlink_to(binary)
    (tmp_path / "files").mkdir()
    for shell, name in zip(SHELLS, ("ftpsh.bash", "_ftpsh", "ftpsh.fish")):
        done = subprocess.run([binary, f"--print-completion={shell}"], capture_output=True,
                              check=True)
        (tmp_path / "files" / name).write_bytes(done.stdout)
    state = tmp_path / "state" / "ftpsh"
    state.mkdir(parents=True, mode=0o700)
    (state / "memory").write_text("".join(
        f"{host}\t21\t192.0.2.1\tepsv\t2026-01-31T12:34:56Z\n" for host in HOSTS))
    (state / "memory").chmod(0o600)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "my report.csv").touch()
    (tmp_path / "here" / "photos").mkdir()
    return tmp_path


def env(place):
    return {"PATH": f"{place}/bin:{os.environ['PATH']}", "HOME": str(place), "LANG": "C.UTF-8",
            "TERM": "dumb", "XDG_STATE_HOME": f"{place}/state"}


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")


def start_bash(place):
    child = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=env(place), timeout=20,
                          encoding="utf-8", cwd=place / "here", dimensions=(24, 200))
    child.sendline("bind 'set enable-bracketed-paste off'; bind 'set bell-style none';"
                   f" source {place}/files/ftpsh.bash; PS1='rea''dy> '")
    child.expect_exact(PROMPT)
    return child


def start_zsh(place):
    child = pexpect.spawn("zsh", ["-f", "-i"], env=env(place), timeout=20, encoding="utf-8",
                          cwd=place / "here", dimensions=(24, 200))
    child.sendline(f"unsetopt beep zle_bracketed_paste; unset zle_bracketed_paste;"
                   f" fpath=({place}/files $fpath); autoload -Uz compinit;"
                   f" compinit -u -d {place}/dump; PS1='rea''dy> '")
    child.expect_exact(PROMPT)
    return child


def drawn(text):
    """What is on the row in the end, where a shell goes back and writes anew."""
    row, at = [], 0
    for char in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x07", "", text):
        if char == "\b":
            at -= 1
        else:
            row[at:at + 1] = char
            at += 1
    return "".join(row[:at])


CASES = (
    # typed, what it becomes in bash and zsh, what fish offers
    ("ftpsh --repo", None, {"--report", "--report-file"}),
    ("ftpsh --compr", "ftpsh --compress ", {"--compress"}),
    ("ftpsh --tls=req", "ftpsh --tls=require ", {"--tls=require"}),
    ("ftpsh --port-map upn", "ftpsh --port-map upnp ", {"upnp"}),
    ("ftpsh oth", "ftpsh other.example.com ", {"other.example.com"}),
    ("ftpsh host diag", "ftpsh host diagnose ", {"diagnose"}),
    ("ftpsh --tls off host diag", "ftpsh --tls off host diagnose ", {"diagnose"}),
    ("ftpsh host mirror --chm", "ftpsh host mirror --chmod ", {"--chmod"}),
    ("ftpsh host mirror --links=f", "ftpsh host mirror --links=follow ", {"--links=follow"}),
    ("ftpsh host put my", "ftpsh host put my\\ report.csv ", {"my report.csv"}),
    ("ftpsh host lcd ph", "ftpsh host lcd photos/", {"photos/"}),
    ("ftpsh host get a ph", "ftpsh host get a photos/", {"photos/"}),
    ("ftpsh host get ph", "ftpsh host get ph", set()),
    ("ftpsh host help diag", "ftpsh host help diagnose ", {"diagnose"}),
    ("ftpsh host memory f", "ftpsh host memory forget ", {"forget"}),
    ("ftpsh host open oth", "ftpsh host open other.example.com ", {"other.example.com"}),
)


@pytest.mark.parametrize("shell, start", (("bash", start_bash), ("zsh", start_zsh)))
def test_line_becomes(place, shell, start):
    """The line with a mark behind it is what the shell has made of it."""
    need(shell)
    child = start(place)
    try:
        for typed, wanted, _ in CASES:
            if wanted is None:
                continue
            child.send(typed + "\t")
            child.send("<end>")
            child.expect_exact("<end>")
            assert drawn(child.before).endswith(wanted), (typed, child.before)
            child.send("\x15")  # drops the line
            child.sendline("")
            child.expect_exact(PROMPT)
    finally:
        child.close(force=True)


def offered_by_fish(place, line):
    done = subprocess.run(["fish", "--no-config", "-c",
                           f"source {place}/files/ftpsh.fish; complete -C '{line}'"],
                          env=env(place), cwd=place / "here", capture_output=True, text=True,
                          timeout=60, check=False)
    assert not done.stderr, done.stderr
    return {row.split("\t")[0] for row in done.stdout.splitlines()}


def test_fish_offers(place):
    need("fish")
    for typed, _, wanted in CASES:
        assert offered_by_fish(place, typed) == wanted, typed


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_is_missing(ftpsh, shell):
    """The options of --help, the commands of help, and the options of each."""
    def told(*args):
        return ftpsh(*args, ca=False, report=False).stdout

    text = told(f"--print-completion={shell}")
    words = set(re.findall(r"[\w-]+", text))
    usage, commands = told("--help"), told("-c", "help")
    wanted = set(re.findall(r"^  --?([\w-]+)", usage, re.MULTILINE))
    names = [n for n in re.findall(r"^(\S+)", commands, re.MULTILINE) if n != "!"]
    wanted.update(names)
    for name in names:
        rows = re.findall(r"^  (-.*?)(?:  |$)", told("-c", f"help {name}"), re.MULTILINE)
        wanted.update(re.findall(r"--([\w-]+)", " ".join(rows)))
    bare = {word.lstrip("-") for word in words}
    assert len(names) > 40 and not wanted - bare


def test_unknown_shell_is_named(ftpsh):
    run = ftpsh("--print-completion=fishy", ca=False, report=False)
    assert run.status == 2 and run.stderr.count("\n") == 1
    assert "did you mean 'fish'" in run.stderr
