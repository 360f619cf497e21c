"""Patterns in arguments: what they match, what quotes them, and what never becomes a name."""
import os

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


def batch(ftpsh, server, *lines):
    return ftpsh(server.target(), stdin="\n".join(lines) + "\n")


def names(folder):
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("name", SERVERS)
def test_remote_patterns(bed, ftpsh, name):
    server, home = bed.server(name), bed.account.home
    for file in ("1.c", "2.c", "3.h", ".4.c"):
        bed.share(file, file.encode())
    bed.account.own_folder("sub")
    for file in ("5.c", "6.h"):
        bed.share(f"sub/{file}", file.encode())
    run = batch(ftpsh, server, "cat ?.c", "cat */*.h", "rm *.c", "chmod 600 [3]* sub/*.h")
    assert run.status == 0, run
    assert run.stdout == "1.c2.c6.h"
    assert names(home) == [".4.c", "3.h", "sub"]
    assert {(home / f).stat().st_mode & 0o777 for f in ("3.h", "sub/6.h")} == {0o600}


@pytest.mark.parametrize("name", SERVERS)
def test_any_depth(bed, ftpsh, name):
    server, home = bed.server(name), bed.account.home
    for folder in ("a", "a/b", "a/b/c", "a/.hidden"):
        bed.account.own_folder(folder)
        bed.share(f"{folder}/x.o", b"x")
        bed.share(f"{folder}/x.c", b"x")
    bed.share("x.o")
    run = ftpsh(server.target(), "rm", "**/*.o")
    assert run.status == 0, run
    assert [str(p.relative_to(home)) for p in home.rglob("*.o")] == ["a/.hidden/x.o"]
    assert len(list(home.rglob("*.c"))) == 4


@pytest.mark.parametrize("line, left", (
    ("rm '*'", ["a", "b"]), (r"rm \*", ["a", "b"]), ('rm "*"', ["a", "b"]), ("rm *", []),
    ("rm '*'*", ["a", "b"]), ("rm [*]", ["a", "b"]), ("rm ?", [])))
def test_quotes_make_a_name(bed, ftpsh, line, left):
    server = bed.server("vsftpd")
    for file in ("a", "b", "*"):
        bed.share(file)
    run = batch(ftpsh, server, line)
    assert run.status == 0, run
    assert names(bed.account.home) == left


@pytest.mark.parametrize("word, left", ((r"\*", ["a", r"b\c"]), (r"b\c", ["*", "a"]),
                                        (r"b\\*", ["*", "a"]), ("?", [r"b\c"])))
def test_backslash_quotes_in_one_command(bed, ftpsh, word, left):
    server = bed.server("vsftpd")
    for file in ("a", "*", r"b\c"):
        bed.share(file)
    run = ftpsh(server.target(), "rm", word)
    assert run.status == 0, run
    assert names(bed.account.home) == left


def test_without_a_match_it_is_a_name(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.share("a")
    run = batch(ftpsh, server, "rm b*")
    assert run.status == 7, run
    assert "b*" in run.stderr


def test_names_that_begin_with_a_dash_are_no_options(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.share("-f")
    run = batch(ftpsh, server, "rm *")
    assert run.status == 0, run
    assert names(bed.account.home) == []


def test_cd_takes_the_one_folder(bed, ftpsh):
    server, home = bed.server("proftpd"), bed.account.home
    for folder in ("one", "other"):
        bed.account.own_folder(folder)
    bed.share("on")
    run = batch(ftpsh, server, "cd on*", "pwd", "cd ..", "cd o*")
    assert run.stdout == f"{home}/one\n", run
    assert run.status == 2 and "2 names" in run.stderr


def test_local_patterns(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    for file in ("1.dat", "2.txt"):
        (tmp_path / file).write_bytes(b"here")
    (tmp_path / "folder").mkdir()
    run = batch(ftpsh, server, f"lcd {tmp_path}/fol*", "lpwd", "lcd ..", "put 1.d*", "lls *.txt")
    assert run.status == 0, run
    assert names(bed.account.home) == ["1.dat"]
    assert run.stdout == f"{tmp_path}/folder\n2.txt\n"


@pytest.mark.parametrize("listing", ((), ("no-mlsd",)))
def test_names_with_slashes_match_nothing(fake, client, listing):
    """Field 62."""
    server = fake("hostile-names", *listing)
    server.share("inside", b"inside")
    run = client(server.target(), "cat", "[!bs]*e", "**/*[!gl]e")
    assert run.status == 0, run
    assert run.stdout == "insideinside"
    assert "outside" not in server.said()


def test_a_match_too_long_for_its_prefix_is_refused(fake, client, tmp_path):
    """"./" goes in front of a "~": what is cut off at the end would name something else."""
    listing = tmp_path / "listing"
    listing.write_text(f"-rw-r--r-- 1 a b 5 Jan 10 2020 ~{'x' * 4094}\r\n")
    server = fake("no-mlsd", f"list-file={listing}")
    run = client("-c", "rm ~*", server.target())
    assert run.status == 2 and "longer than" in run.stderr, run
    assert "DELE" not in server.said()
