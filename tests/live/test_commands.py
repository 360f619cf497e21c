"""The commands in a script, against each server: what they change, and what they print where."""
import json
import os

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


def batch(ftpsh, server, *lines, options=()):
    """Commands from standard input."""
    return ftpsh(*options, server.target(), stdin="\n".join(lines) + "\n")


@pytest.mark.parametrize("name", SERVERS)
def test_folders(bed, ftpsh, name):
    server, home = bed.server(name), bed.account.home
    run = batch(ftpsh, server, "mkdir one", "cd one", "mkdir two", "cdup", "mv one three",
                "cd three/two", "cd ../..", "rmdir three/two")
    assert run.status == 0, run
    assert os.listdir(home) == ["three"] and not os.listdir(home / "three")
    assert run.stdout == ""


@pytest.mark.parametrize("name", SERVERS)
def test_names_with_spaces_and_beyond_ascii(bed, ftpsh, tmp_path, name):
    server, home = bed.server(name), bed.account.home
    (tmp_path / "up").write_bytes(b"content")
    run = batch(ftpsh, server, f'put {tmp_path}/up "a name"', f"put {tmp_path}/up 'größe'",
                f'get "a name" {tmp_path}/down', "nlist")
    assert run.status == 0, run
    assert (home / "größe").read_bytes() == b"content"
    assert (tmp_path / "down").read_bytes() == b"content"
    # Pure-FTPd's NLST names the folder itself and the one above too.
    names = {os.path.basename(line) for line in run.stdout.splitlines()} - {".", ".."}
    assert names == {"a name", "größe"}


@pytest.mark.parametrize("name", SERVERS)
def test_standard_output_is_data_alone(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("data", b"a\r\nb\0c")
    run = ftpsh(server.target(), "cat", "data")
    assert run.status == 0, run
    assert run.stdout == "a\nb\0c"  # as text mode reads \r\n


@pytest.mark.parametrize("name", SERVERS)
def test_listing_as_json(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("data", b"12345")
    bed.account.own_folder("folder")
    run = ftpsh("--json", server.target(), "ls")
    assert run.status == 0, run
    rows = {row["name"]: row for row in map(json.loads, run.stdout.splitlines())}
    assert (rows["data"]["type"], rows["data"]["size"]) == ("file", 5)
    assert rows["folder"]["type"] == "dir"


@pytest.mark.parametrize("name", SERVERS)
def test_size_and_chmod(bed, ftpsh, name):
    server = bed.server(name)
    data = bed.share("data", b"12345")
    run = batch(ftpsh, server, "size data", "chmod 600 data")
    assert run.status == 0, run
    assert run.stdout.split()[0] == "5"
    assert data.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", SERVERS)
def test_remove(bed, ftpsh, name):
    server = bed.server(name)
    data = bed.share("data")
    assert batch(ftpsh, server, "rm data").status == 0
    assert not data.exists()


@pytest.mark.parametrize("name", SERVERS)
def test_continued_transfers(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    content = os.urandom(300000)
    far = bed.share("far", content)
    (tmp_path / "near.ftpsh.part").write_bytes(content[:100000])
    run = batch(ftpsh, server, f"reget far {tmp_path}/near")
    assert run.status == 0, run
    assert (tmp_path / "near").read_bytes() == content
    assert run.report["transfers"][0]["bytes"] < len(content)

    far.write_bytes(content[:70000])
    run = batch(ftpsh, server, f"reput {tmp_path}/near far")
    assert run.status == 0, run
    assert far.read_bytes() == content
    assert run.report["transfers"][0]["bytes"] <= len(content) - 70000


def test_changed_file_is_not_continued(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    bed.share("far", os.urandom(300000))
    (tmp_path / "near.ftpsh.part").write_bytes(os.urandom(100000))
    run = batch(ftpsh, server, f"reget far {tmp_path}/near")
    assert run.status == 9, run
    assert not (tmp_path / "near").exists()


def test_special_files_are_written_in_place(bed, ftpsh, tmp_path):
    """Field 74: a FIFO or a device must not be replaced by a file."""
    server = bed.server("vsftpd")
    bed.share("data", b"12345")
    before = os.stat("/dev/null").st_rdev
    assert ftpsh(server.target(), "get", "data", "/dev/null").status == 0
    assert os.stat("/dev/null").st_rdev == before
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    assert ftpsh(server.target(), "get", "data", tmp_path / "link").status == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"12345"


def test_local_commands(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    (tmp_path / "here").mkdir()
    run = batch(ftpsh, server, f"lcd {tmp_path}/here", "lpwd", "!echo from the shell", "!touch made",
                "lls")
    assert run.status == 0, run
    assert run.stdout.splitlines()[0] == f"{tmp_path}/here"
    assert "from the shell" in run.stdout and "made" in run.stdout


def test_sessions_are_closed_and_opened(bed, ftpsh):
    server = bed.server("vsftpd")
    run = batch(ftpsh, server, "pwd", "close", f"open {server.target()}", "pwd", "quote NOOP")
    assert run.status == 0, run
    assert run.stdout.splitlines().count(str(bed.account.home)) == 2


def test_command_without_a_session(ftpsh):
    run = ftpsh("-c", "ls")
    assert run.status == 2, run
    assert "not connected" in run.stderr


@pytest.mark.parametrize("command, words", (
    ("help", ("reget", "chmod")), ("help get", ("usage: get [OPTION]... REMOTE [LOCAL]", "--newer",)),
    ("set", ("data-timeout", "active-ports"))))
def test_help_needs_no_server(ftpsh, command, words):
    run = ftpsh("-c", command)
    assert (run.status, run.stderr) == (0, ""), run
    assert all(word in run.stdout for word in words), run


def test_site(bed, ftpsh):
    server, file = bed.server("proftpd"), bed.share("data", b"1")
    run = batch(ftpsh, server, "site chmod 600 data", "site --json help", options=("-q",))
    assert run.status == 0, run
    assert file.stat().st_mode & 0o777 == 0o600
    plain, answer = run.stdout.splitlines()
    assert "CHMOD" in plain and json.loads(answer)["code"] == 214
    refused = batch(ftpsh, server, "site frobnicate 1")
    assert refused.status == 7 and "site: frobnicate: 50" in refused.stderr, refused
