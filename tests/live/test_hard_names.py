"""Names that are hard to handle, on each server: listed, fetched, sent, renamed and removed, or refused
by the server and reported so."""
import json
import os

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")

TEXTS = (" lead", "  two", "trail ", "trail  ", "in  side", 'quo"te', "it's", "back\\slash", "\\", "-x",
         "-la", "--", "*", "?", "[", "a[b]c", "{a,b}", ";", "a;b", "550", "550 x", "-> ", "a -> b",
         "->", "~", "~root", "#", "$HOME", "%s%n", "a&b|c>d", "total 5", "drwxr-xr-x", "type=dir; x",
         "\u00e9", "e\u0301", "\u6f22\u5b57", "\t", "x" * 255, ".hidden", "...", "Type=dir;Size=1; y")
NAMES = [text.encode() for text in TEXTS] + [b"latin \xe9", b"\xff\xfe", b"esc\x1b[31m"]

CONTROL = {n for n in NAMES if any(byte < 0x20 for byte in n)}
BACKSLASH = {n for n in NAMES if b"\\" in n}
BLANK_ENDS = {n for n in NAMES if n.strip(b" ") != n}
NO_UTF8 = {b"latin \xe9", b"\xff\xfe"}

# Names that no command reaches, and how the servers come to that.
UNREACHED = {
    # It refuses backslashes (553) and takes "_" for control bytes, which are not sent, hence.
    "pureftpd": BACKSLASH | CONTROL,
    # It decodes names as UTF-8 and puts "?" or U+FFFD for what is none.
    "pyftpdlib": NO_UTF8,
}
# Names that it does not make, besides: it would put "_" for blanks at either end.
UNMADE = {"pureftpd": BLANK_ENDS}
UNMADE_FOLDERS = {"proftpd": {b"*"}}
UNLISTED = {
    # LIST, which vsftpd has alone, leaves them out, and no option is safe to send (field 51).
    "vsftpd": {b".hidden", b"..."},
    "pureftpd": CONTROL,
}


def reached(server):
    return [n for n in NAMES if n not in UNREACHED.get(server, ())]


def made(server):
    return [n for n in reached(server) if n not in UNMADE.get(server, ())]


def word(name):
    """As a word of a line: quoted, so that it is no pattern.

    Servers take a "~" in front for a home folder, and some a name of blanks for none at all.
    """
    folder = b"./" if name[:1] == b"~" or not name.strip() else b""
    return b"'" + folder + name.replace(b"'", b"'\"'\"'") + b"'"


def run_batch(ftpsh, server, tmp_path, lines):
    """Each line may fail without ending the batch."""
    batch = tmp_path / "batch"
    batch.write_bytes(b"".join(b"-" + line + b"\n" for line in lines))
    return ftpsh("-b", batch, server.target(), bound=120)


def listed_names(run):
    return set(run.stdout.split("\n")) - {""}


def shown(name):
    return name.decode(errors="backslashreplace")


def share(bed, name, content):
    path = os.fsencode(bed.account.home) + b"/" + name
    with open(path, "wb") as f:
        f.write(content)
    os.chown(path, bed.account.uid, bed.account.gid)


def names_there(bed):
    return set(os.listdir(os.fsencode(bed.account.home)))


@pytest.mark.parametrize("name", SERVERS)
def test_listed(bed, ftpsh, name):
    server = bed.server(name)
    for hard in NAMES:
        share(bed, hard, b"1")
    expected = {shown(n) for n in NAMES if n not in UNLISTED.get(name, ())}
    if name == "pyftpdlib":
        expected = expected - {shown(n) for n in NO_UTF8} | {"latin ?", "??"}
    run = ftpsh(server.target(), "ls", "-a")
    assert run.status == 0, run
    assert listed_names(run) == expected
    run = ftpsh(server.target(), "ls", "-a", "--json")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows) == len(expected)
    assert {row["size"] for row in rows} == {1} and {row["type"] for row in rows} == {"file"}


@pytest.mark.parametrize("name", SERVERS)
def test_fetched(bed, ftpsh, tmp_path, name):
    server, here = bed.server(name), tmp_path / "here"
    here.mkdir()
    for i, hard in enumerate(NAMES):
        share(bed, hard, b"%d" % i)
    run = run_batch(ftpsh, server, tmp_path,
                    [b"lcd " + word(os.fsencode(here))] + [b"get -- " + word(n) for n in NAMES])
    got = {n: open(os.fsencode(here) + b"/" + n, "rb").read()
           for n in os.listdir(os.fsencode(here))}
    expected = {n: b"%d" % i for i, n in enumerate(NAMES) if n in reached(name)}
    assert got == expected, run.stderr
    assert run.stderr.count("get: ") == len(NAMES) - len(expected), run.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_sent(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    (tmp_path / "up").write_bytes(b"up")
    run = run_batch(ftpsh, server, tmp_path,
                    [b"put -- %s/up %s" % (os.fsencode(tmp_path), word(n)) for n in NAMES])
    assert names_there(bed) & set(NAMES) == set(made(name)), run.stderr


@pytest.mark.parametrize("verb", (b"put -- up", b"append -- up", b"mkdir --", b"mv -- old"))
def test_nothing_is_made_under_another_name(bed, ftpsh, tmp_path, verb):
    """Pure-FTPd would put "_" for these bytes, and take away what has that name."""
    server, names = bed.server("pureftpd"), sorted(BLANK_ENDS | CONTROL | {b"del\x7f", b"./ a"})
    (tmp_path / "up").write_bytes(b"up")
    for there in ("old", "_", "_lead"):
        share(bed, os.fsencode(there), b"kept")
    before = names_there(bed)
    run = run_batch(ftpsh, server, tmp_path, [b"lcd " + os.fsencode(tmp_path)] +
                    [verb + b" " + word(n) for n in names])
    assert names_there(bed) == before
    assert (bed.account.home / "_lead").read_bytes() == b"kept"
    assert run.stderr.count("Pure-FTPd takes ") == len(names), run.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_renamed_and_removed(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    for i in range(len(NAMES)):
        share(bed, b"plain %d" % i, b"%d" % i)
    run = run_batch(ftpsh, server, tmp_path,
                    [b"mv -- 'plain %d' %s" % (i, word(n)) for i, n in enumerate(NAMES)])
    assert names_there(bed) & set(NAMES) == set(made(name)), run.stderr
    run = run_batch(ftpsh, server, tmp_path, [b"mv -- %s 'back %d'" % (word(n), i)
                                              for i, n in enumerate(NAMES)])
    assert not names_there(bed) & set(NAMES), run.stderr
    for hard in NAMES:
        share(bed, hard, b"")
    run = run_batch(ftpsh, server, tmp_path, [b"rm -- " + word(n) for n in NAMES])
    assert names_there(bed) & set(NAMES) == set(UNREACHED.get(name, ())), run.stderr


@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_byte_255_in_a_charset(bed, ftpsh, name):
    """ProFTPD reads Telnet, where this byte begins a command and two of them are the byte; for
    vsftpd they are two."""
    run = ftpsh("--charset=ISO-8859-1", bed.server(name).target(), "mkdir", "\u00ff\u00ff \u00ff")
    assert run.status == 0, run
    assert names_there(bed) == {b"\xff\xff \xff"}


def test_a_name_that_cannot_be_sent_stops_no_other(bed, ftpsh):
    run = ftpsh("--charset=ISO-8859-1", bed.server("vsftpd").target(), "mkdir", "a", "\u6f22", "b")
    assert run.status == 2 and "\u6f22" in run.stderr, run
    assert names_there(bed) == {b"a", b"b"}


@pytest.mark.parametrize("name", SERVERS)
def test_folders(bed, ftpsh, tmp_path, name):
    """Made, entered, listed from outside, and removed with what is in them."""
    server = bed.server(name)
    run = run_batch(ftpsh, server, tmp_path, [b"mkdir -- " + word(n) for n in NAMES])
    there = names_there(bed) & set(NAMES)
    assert there == set(made(name)) - UNMADE_FOLDERS.get(name, set()), run.stderr
    for hard in there:
        share(bed, hard + b"/in", b"")
    for command in (b"ls -- %s", b"cd -- %s; ls; cdup"):
        run = run_batch(ftpsh, server, tmp_path, [command % word(n) for n in sorted(there)])
        assert run.stdout == "in\n" * len(there), run
    run = run_batch(ftpsh, server, tmp_path, [b"rm -r -- " + word(n) for n in sorted(there)])
    assert not names_there(bed) & set(NAMES), run.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_patterns_find_them(bed, ftpsh, name):
    server = bed.server(name)
    for hard in NAMES:
        share(bed, hard, b"")
    run = ftpsh(server.target(), "rm", "*", ".[!.]*", "..?*")
    assert names_there(bed) == UNLISTED.get(name, set()) | UNREACHED.get(name, set()), run


@pytest.mark.parametrize("verb", ("get", "rm", "mkdir", "ls", "cd", "size"))
def test_line_breaks_are_refused(bed, ftpsh, verb):
    """Field 63: FTP has no way to send them."""
    server = bed.server("vsftpd")
    for name in ("a\nDELE b", "a\rDELE b"):
        bed.share("b")
        run = ftpsh(server.target(), verb, name)
        assert run.status != 0 and run.stderr.count("\n") == 1, run
        assert r"\x0" in run.stderr or "line break" in run.stderr, run
        assert (bed.account.home / "b").exists()


@pytest.mark.parametrize("name", SERVERS)
def test_listing_with_a_line_break_in_a_name(bed, ftpsh, name):
    """Servers write it as it is, as two lines, or as something else; the names beside it are right."""
    server = bed.server(name)
    for hard in ("good", "line\nbreak", "zzz"):
        bed.share(hard, b"12")
    run = ftpsh(server.target(), "ls")
    assert {"good", "zzz"} <= set(run.stdout.splitlines()), run
    run = ftpsh(server.target(), "get", "good", "here")
    assert run.status == 0, run


# With a whole path in front, blanks at the beginning are no beginning.
MIRRORED = {"pureftpd": {n for n in BLANK_ENDS if n[-1:] != b" "}}
# Where a name becomes another one and the server answers to both, nobody can tell.
UNNOTICED = {"pyftpdlib": NO_UTF8}


def write_here(folder, names):
    folder.mkdir()
    for i, hard in enumerate(names):
        with open(os.fsencode(folder) + b"/" + hard, "wb") as f:
            f.write(b"%d" % i)


def read_here(folder):
    return {n: open(os.fsencode(folder) + b"/" + n, "rb").read()
            for n in os.listdir(os.fsencode(folder))}


def mirrored(run):
    """The summary of a mirror."""
    return json.loads(run.stdout.splitlines()[-1])["summary"]


@pytest.mark.parametrize("name", SERVERS)
def test_mirrored(bed, ftpsh, tmp_path, name):
    """Both ways, again, and deleted; what the server refuses is told and the rest goes on."""
    server, here, back = bed.server(name), tmp_path / "here", tmp_path / "back"
    write_here(here, NAMES)
    run = ftpsh(server.target(), "mirror", "-R", "--json", here, "there", bound=120)
    there = bed.account.home / "there"
    sent, names = read_here(there), set(made(name)) | MIRRORED.get(name, set())
    assert {n for n in sent if n in NAMES} == names, run.stderr
    assert all(sent[n] == b"%d" % NAMES.index(n) for n in names)
    told = set(NAMES) - names - UNNOTICED.get(name, set())
    assert mirrored(run)["failed"] == len(told), run
    assert (run.status == 0) == (not told), run
    for other in set(sent) - set(NAMES):
        os.unlink(os.fsencode(there) + b"/" + other)
    nice = tmp_path / "nice"
    nice.mkdir()
    for hard in names:
        os.link(os.fsencode(here) + b"/" + hard, os.fsencode(nice) + b"/" + hard)
    again = ftpsh(server.target(), "mirror", "-R", "--json", nice, "there", bound=120)
    assert again.status == 0, again
    assert mirrored(again)["files"] == 0
    run = ftpsh(server.target(), "mirror", "--json", "there", back, bound=120)
    assert run.status == 0, run
    assert set(read_here(back)) == names - UNLISTED.get(name, set())
    again = ftpsh(server.target(), "mirror", "--json", "there", back, bound=120)
    assert mirrored(again)["files"] == 0
    gone = sorted(names)[::2]
    for hard in gone:
        os.unlink(os.fsencode(nice) + b"/" + hard)
    run = ftpsh(server.target(), "mirror", "-R", "--delete", "--json", nice, "there", bound=120)
    assert run.status == 0, run
    hidden = UNLISTED.get(name, set())
    assert set(read_here(there)) - hidden == names - set(gone) - hidden
