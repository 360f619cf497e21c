"""Names for servers: the command bookmark, targets, and the places that `open` goes back to."""
import json
import re

import pytest

from bed.shell import Shell


@pytest.fixture
def shell(ftpsh):
    started = []

    def start(*args):
        started.append(Shell(ftpsh, *args))
        return started[-1]

    yield start
    for one in started:
        print(one.seen.text)
        one.child.close(force=True)
    ftpsh.check_findings()


def file_of(ftpsh):
    return ftpsh.home / ".config/ftpsh/bookmarks"


def run(ftpsh, line, target=()):
    return ftpsh(*target, "-c", line) if not target else ftpsh("-c", line, *target)


def test_added_listed_used_and_removed(bed, ftpsh):
    server = bed.server("vsftpd")
    (bed.account.own_folder("a folder") / "inside").write_bytes(b"")
    done = run(ftpsh, f"bookmark add work {server.target()}/a%20folder; bookmark add b other.example; "
                      "bookmark; bookmark list --json")
    assert done.status == 0, done
    plain, rows = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    assert re.fullmatch(rf"work +{re.escape(server.target())}/a%20folder", plain[0]), plain
    assert json.loads(rows[1]) == {"name": "b", "target": "other.example"}
    assert file_of(ftpsh).stat().st_mode & 0o777 == 0o600
    used = ftpsh("work", "ls")
    assert used.status == 0 and used.stdout == "inside\n", used
    opened = run(ftpsh, "open work; pwd; bookmark rm work b")
    assert opened.status == 0 and opened.stdout.endswith("/a folder\n"), opened
    assert file_of(ftpsh).read_text() == ""


def test_where_one_is(bed, ftpsh):
    server = bed.server("vsftpd")
    bed.account.own_folder("it")
    done = run(ftpsh, "cd it; bookmark add here", (server.target(),))
    assert done.status == 0, done
    assert file_of(ftpsh).read_text() == f"here  {server.target()}/{bed.account.home}/it\n"
    assert ftpsh("here", "pwd").stdout == f"{bed.account.home}/it\n"


def test_what_had_the_name_is_told(ftpsh):
    done = run(ftpsh, "bookmark add a one.example; bookmark add a two.example; bookmark")
    assert done.stderr == "a was one.example\n" and done.stdout.split() == ["a", "two.example"], done


@pytest.mark.parametrize("line,what,status", (
    ("bookmark add a.b x.example", "'a.b' is no name for a bookmark: letters, digits, '-'", 2),
    ("bookmark add work", "not connected: name a target", 2),
    ("bookmark add work me:hush@x.example", "a bookmark holds no password", 2),
    ("bookmark add work x.example:0", "port", 2),
    ("bookmark ad work", "'ad' is nothing that can be done (did you mean 'add'?); usage: ", 2),
    ("bookmark add", "too few arguments; usage: bookmark ", 2),
    ("bookmark list x", "too many arguments; usage: bookmark ", 2),
    ("bookmark rm wrok", "no bookmark 'wrok' (did you mean 'work'?)", 2),
    ("bookmark edit", "no terminal for an editor, and EDITOR names none", 2),
    ("open wrok", "cannot resolve wrok: ", 3),
    ("open wrok", " (did you mean 'work'?)", 3),
    ("open -", "there was no server before; use 'open HOST'", 2),
))
def test_one_clear_line(ftpsh, line, what, status):
    if "wrok" in line:
        run(ftpsh, "bookmark add work x.example")
    done = ftpsh("-q", "-c", line)
    assert done.status == status and what in done.stderr, done
    assert len(done.stderr.splitlines()) == 1 and "hush" not in done.stderr, done


def test_file_that_cannot_be_read_says_where(ftpsh):
    file_of(ftpsh).parent.mkdir(parents=True)
    file_of(ftpsh).write_text("# mine\nwork\n")
    for line in ("open work", "bookmark", "bookmark add a b.example"):
        done = run(ftpsh, line)
        assert done.status == 2, done
        assert f"{file_of(ftpsh)}: line 2: no target behind 'work'" in done.stderr, done
    assert file_of(ftpsh).read_text() == "# mine\nwork\n"


def test_file_of_others_is_not_used(ftpsh):
    file_of(ftpsh).parent.mkdir(parents=True)
    file_of(ftpsh).write_text("work  x.example\n")
    file_of(ftpsh).chmod(0o666)
    done = run(ftpsh, "bookmark")
    assert done.status == 1 and "bookmarks: can be changed by others" in done.stderr


def edit(ftpsh, monkeypatch, script):
    """bookmark edit with an editor that does this to the file "$1"."""
    editor = ftpsh.folder / "an editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    env = ftpsh.env
    monkeypatch.setattr(ftpsh, "env", lambda password=None: {
        **env(password), "VISUAL": f"'{editor}'", "TMPDIR": str(ftpsh.folder)})
    return run(ftpsh, "bookmark edit")


def left(ftpsh):
    return list(ftpsh.folder.glob("ftpsh-edit.*"))


def test_edited(ftpsh, monkeypatch):
    run(ftpsh, "bookmark add work x.example")
    done = edit(ftpsh, monkeypatch, 'cp "$1" "$1~"; echo "home y.example" >>"$1"')
    assert done.status == 0, done
    assert file_of(ftpsh).read_text() == "work  x.example\nhome y.example\n"
    assert not left(ftpsh)


def test_edited_wrongly_is_kept_and_not_taken(ftpsh, monkeypatch):
    run(ftpsh, "bookmark add work x.example")
    done = edit(ftpsh, monkeypatch, 'echo home >>"$1"')
    assert done.status == 2, done
    copy, = left(ftpsh)
    assert f"{copy}/bookmarks is not taken: line 2: no target behind 'home'" in done.stderr, done
    assert (copy / "bookmarks").read_text().endswith("home\n")
    assert file_of(ftpsh).read_text() == "work  x.example\n"
    assert copy.stat().st_mode & 0o777 == 0o700


def test_editor_that_fails_changes_nothing(ftpsh, monkeypatch):
    run(ftpsh, "bookmark add work x.example")
    done = edit(ftpsh, monkeypatch, "exit 3")
    assert done.status == 1 and "an editor' ended with status 3" in done.stderr, done
    assert not left(ftpsh)


# Where one has been.

def test_open_goes_back_to_server_and_folder(bed, ftpsh, shell):
    one, other = bed.server("vsftpd"), bed.server("pyftpdlib")
    bed.account.own_folder("it is here")
    ftpsh.memory = ftpsh.folder / "state"
    sh = shell(one.target())
    sh.prompt()
    sh.run("cd 'it is here'")
    sh.run(f"open {other.target()}")
    assert f"{bed.account.home}/it is here" in sh.run("open -") + sh.child.after
    listed = sh.run("open")
    assert listed.index(one.target()) < listed.index(other.target())
    sh.type("quit")
    assert sh.leave() == 0
    again = shell()
    again.child.expect("ftpsh> ")
    again.type("open -")
    again.prompt()
    assert f"{bed.account.home}/it is here" in again.child.after
    rows = [json.loads(r) for r in ftpsh("-c", "open --json").stdout.splitlines()]
    assert rows[0]["target"] == f"{one.target()}/{bed.account.home}/it%20is%20here"
    assert "password" not in (ftpsh.memory / "ftpsh/places").read_text()


def test_without_history_no_places_are_noted(bed, ftpsh, shell):
    ftpsh.memory = ftpsh.folder / "state"
    sh = shell("--history=off", bed.server("vsftpd").target())
    sh.prompt()
    sh.type("quit")
    assert sh.leave() == 0
    assert not (ftpsh.memory / "ftpsh/places").exists()


def test_listed_names_do_not_take_the_terminal_over(ftpsh):
    """Somebody else's program may have written these files (field 66)."""
    ftpsh.memory = ftpsh.folder / "state"
    places = ftpsh.memory / "ftpsh/places"
    places.parent.mkdir(parents=True, mode=0o700)
    places.write_bytes(b"2026-01-31T12:34:56Z\ta\xc2\x9b31mb.example\n")
    file_of(ftpsh).parent.mkdir(parents=True)
    file_of(ftpsh).write_bytes(b"x  a\xc2\x9b31mb.example\n")
    done = run(ftpsh, "open; bookmark")
    assert done.stdout.count(r"a\xc2\x9b31mb.example") == 2, done


def test_places_have_local_times(ftpsh, monkeypatch):
    ftpsh.memory = ftpsh.folder / "state"
    places = ftpsh.memory / "ftpsh/places"
    places.parent.mkdir(parents=True, mode=0o700)
    places.write_text("2026-01-31T22:34:56Z\tftpes://a.example\n"
                      "2026-99-31T22:34:56Z\tftpes://b.example\n")
    env = ftpsh.env
    monkeypatch.setattr(ftpsh, "env", lambda password=None: {**env(password), "TZ": "XYZ-3"})
    assert run(ftpsh, "open").stdout == (f"2026-02-01 01:34:56  ftpes://a.example\n"
                                         f"{'?':19}  ftpes://b.example\n")
    assert '"last_opened":"2026-01-31T22:34:56Z"' in run(ftpsh, "open --json").stdout.replace(
        ": ", ":")


def test_scripts_note_no_places(bed, ftpsh):
    server = bed.server("vsftpd")
    ftpsh.memory = ftpsh.folder / "state"
    assert run(ftpsh, "pwd", (server.target(),)).status == 0
    assert not (ftpsh.memory / "ftpsh/places").exists()
    done = run(ftpsh, f"open {server.target()}; pwd; open {server.target()}/..; open -; pwd",
               (server.target(),))
    assert done.status == 0 and done.stdout == f"{bed.account.home}\n" * 2, done
