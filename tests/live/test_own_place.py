"""A home that cannot be written to, that is not there, or that nobody names: all that needs none works
there, and what cannot be kept is told in a line at most."""
import os
import re
import subprocess

import pexpect
import pytest

from fake.server import PASSWORD, SMALL

PROMPT = r"[^\s>]+@[^\s>]+> "
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 99; exec "$@"'
HOMES = ("read-only", "missing", "unnamed")
# What is done without a word, and what is there to be kept, which fails: ftpsh's words and status.
QUIET = {
    "ls": ["ls"],
    "get": ["get", "small", "here"],
    "several": ["-c", "ls; cat small; set keepalive 5; memory; history; open; bookmark list"],
    "trust": ["trust", "list"],
}
KEPT = {
    "bookmark": ["-c", "bookmark add work"],
    "trust": ["-c", "trust add 127.0.0.1 sha256:" + 64 * "a"],
}


@pytest.fixture(params=HOMES)
def home(request, tmp_path):
    """(words in front of ftpsh, variables)."""
    folder = tmp_path / "home of mine"
    if request.param == "read-only":
        request.getfixturevalue("mounts")
        folder.mkdir()
        return ["unshare", "-m", "sh", "-c", READ_ONLY, str(folder)], {"HOME": str(folder)}
    # below a file no folder can be made, even by root
    (tmp_path / "file").write_text("")
    missing = {"HOME": str(tmp_path / "file" / "home")}
    return [], missing if request.param == "missing" else {}


def environment(variables):
    kept = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8",
            "FTPSH_PASSWORD": PASSWORD, **kept, **variables}


def start(home, binary, pki, server, words, folder):
    prefix, variables = home
    target = [] if words[0] == "trust" else [server.target()]
    words = [*words, *target] if words[0] == "-c" else [*target, *words]
    argv = [*prefix, str(binary), f"--ca-file={pki.ca.cert}", *words]
    return subprocess.run(argv, env=environment(variables), text=True, capture_output=True,
                          check=False, timeout=60, start_new_session=True, cwd=folder,
                          stdin=subprocess.DEVNULL)


def said(done):
    """Without how the data connection came about and how a transfer ended."""
    return [line for line in done.stderr.splitlines() if not re.match(r"data: |small: ", line)]


@pytest.mark.parametrize("use", QUIET)
def test_nothing_to_keep(home, use, fake, binary, pki, tmp_path):
    done = start(home, binary, pki, fake(), QUIET[use], tmp_path)
    assert done.returncode == 0 and not said(done), done
    if use == "get":
        assert (tmp_path / "here").read_bytes() == SMALL


@pytest.mark.parametrize("use", KEPT)
def test_what_is_to_be_kept_fails(home, use, fake, binary, pki, tmp_path):
    done = start(home, binary, pki, fake(), KEPT[use], tmp_path)
    assert done.returncode == 1 and len(said(done)) == 1, done
    assert re.search(r"home|folder|/", said(done)[0]), done


def test_shell(home, fake, binary, pki, tmp_path):
    prefix, variables = home
    argv = [*prefix, str(binary), f"--ca-file={pki.ca.cert}", fake().target()]
    child = pexpect.spawn(argv[0], argv[1:], env=environment(variables), encoding="utf-8",
                          timeout=20, cwd=tmp_path, dimensions=(24, 200))
    seen = []
    child.expect(PROMPT)
    seen.append(child.before)
    for line, shows in (("ls", "small"), ("get small here", "small: "), ("cat small", "a small")):
        child.sendline(line)
        child.expect(PROMPT)
        seen.append(child.before)
        assert shows in child.before, seen
    child.sendline("quit")
    child.expect(pexpect.EOF)
    seen.append(child.before)
    child.close()
    assert child.exitstatus == 0, seen
    lines = [line for line in "".join(seen).splitlines()
             if re.search("kept|cannot|history|ead-only|No such|Not a directory|HOME", line)]
    assert len(lines) <= 1, seen
