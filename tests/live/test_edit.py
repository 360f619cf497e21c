"""edit: a remote file in a person's own editor, sent back when that is right; nobody meets half of
it, and nothing short is left where it fails (field 57, field 75)."""
import os
import stat

import pytest

from bed.shell import Shell

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


@pytest.fixture
def edit(ftpsh, monkeypatch):
    """Runs `edit NAME` with an editor that is a shell script, the file being "$1"."""
    own_env = ftpsh.env

    def start(server, name, script, *options):
        editor = ftpsh.folder / "an editor"
        editor.write_text(f"#!/bin/sh\n{script}\n")
        editor.chmod(0o755)
        monkeypatch.setattr(ftpsh, "env", lambda password=None: {
            **own_env(password), "EDITOR": f"'{editor}'", "TMPDIR": str(ftpsh.folder)})
        return ftpsh(*options, server.target(), "edit", name)

    return start


def kept(ftpsh):
    """What is left of the copies."""
    return [p for folder in ftpsh.folder.glob("ftpsh-edit.*") for p in folder.iterdir()]


@pytest.mark.parametrize("name", SERVERS)
def test_changed_and_sent_back_with_its_permissions(bed, ftpsh, edit, name):
    server, file = bed.server(name), bed.share("a page.html", b"old\n")
    file.chmod(0o640)
    run = edit(server, "a page.html", 'cp "$1" "$1~"; echo new >>"$1"')
    assert run.status == 0 and "a page.html: sent back" in run.stderr, run
    assert file.read_bytes() == b"old\nnew\n"
    if name != "pyftpdlib":  # whose account may not change permissions
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(bed.account.home) == ["a page.html"]
    assert not kept(ftpsh) and not list(ftpsh.folder.glob("ftpsh-edit.*"))


@pytest.mark.parametrize("name", SERVERS)
def test_new_file(bed, ftpsh, edit, name):
    run = edit(bed.server(name), "notes", 'test ! -e "$1" && echo first >"$1"')
    assert run.status == 0, run
    assert (bed.account.home / "notes").read_bytes() == b"first\n"


def test_the_copy_is_private_and_has_the_name(bed, edit):
    server = bed.server("vsftpd")
    bed.share("x.css", b"1")
    run = edit(server, "x.css", 'case $1 in */x.css) stat -c %a "${1%/*}" >&2 ;; esac')
    assert run.status == 0 and run.stderr.startswith("700\n"), run


def test_unchanged_is_not_sent(bed, ftpsh, edit):
    server, file = bed.server("vsftpd"), bed.share("page", b"same\n")
    before = file.stat()
    run = edit(server, "page", 'touch "$1"')
    assert run.status == 0 and "page: not changed" in run.stderr, run
    assert (file.stat().st_ino, file.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert not kept(ftpsh)


@pytest.mark.parametrize("name", ("vsftpd", "pyftpdlib"))
@pytest.mark.parametrize("meanwhile,what", (
    ("echo theirs, longer >{file}", "page was changed on the server meanwhile: it stays so"),
    ("rm {file}", "page was deleted on the server meanwhile: it stays so"),
))
def test_changed_there_meanwhile(bed, ftpsh, edit, name, meanwhile, what):
    server, file = bed.server(name), bed.share("page", b"old\n")
    run = edit(server, "page", f'echo mine >>"$1"; {meanwhile.format(file=file)}')
    assert run.status == 9 and what in run.stderr, run
    copy, = kept(ftpsh)
    assert f"{copy} keeps what you wrote" in run.stderr and copy.read_text() == "old\nmine\n"
    assert not file.exists() or file.read_text() == "theirs, longer\n"


def test_made_there_meanwhile(bed, ftpsh, edit):
    file = bed.account.home / "page"
    run = edit(bed.server("vsftpd"), "page", f'echo mine >"$1"; echo theirs >{file}')
    assert run.status == 9 and "page was made on the server meanwhile" in run.stderr, run
    assert file.read_text() == "theirs\n" and kept(ftpsh)[0].read_text() == "mine\n"


def test_same_size_and_time_with_another_hash(bed, ftpsh, edit):
    server = bed.server("proftpd", extra=("LoadModule mod_digest.c", "DigestCache off"))
    file = bed.share("page", b"old\n")
    run = edit(server, "page",
               f'echo mine >>"$1"; cp -p {file} {file}2; echo new >{file}; '
               f'touch -r {file}2 {file}; rm {file}2')
    assert run.status == 9 and "page was changed on the server meanwhile" in run.stderr, run


def test_editor_that_fails_sends_nothing(bed, ftpsh, edit):
    server, file = bed.server("vsftpd"), bed.share("page", b"old\n")
    run = edit(server, "page", 'echo half >>"$1"; exit 4')
    assert run.status == 1 and "an editor' ended with status 4" in run.stderr, run
    assert file.read_bytes() == b"old\n" and kept(ftpsh)[0].read_bytes() == b"old\nhalf\n"
    again = edit(server, "page", "exit 4")
    assert again.status == 1 and "keeps" not in again.stderr and len(kept(ftpsh)) == 1, again


def test_upload_that_fails_keeps_the_copy(bed, ftpsh, edit):
    server, file = bed.server("vsftpd", refuse=("STOR",)), bed.share("page", b"old\n")
    run = edit(server, "page", 'echo mine >>"$1"')
    assert run.status == 7 and "keeps what you wrote" in run.stderr, run
    assert file.read_bytes() == b"old\n" and kept(ftpsh)[0].read_bytes() == b"old\nmine\n"


def test_server_that_ends_the_session_meanwhile(bed, edit):
    """While the editor runs nobody talks to the server: the next command connects again."""
    server, file = bed.server("vsftpd", extra=("idle_session_timeout=1",)), bed.share("page", b"1\n")
    gone = f"until ! ss -Htn state established dport = :{server.port} | grep -q .; do sleep 0.1; done"
    run = edit(server, "page", f'echo 2 >>"$1"; {gone}')
    assert run.status == 0 and file.read_bytes() == b"1\n2\n", run


@pytest.mark.parametrize("link", ("link", "a link"))
@pytest.mark.parametrize("name", SERVERS)
def test_link_stays_one(bed, edit, name, link):
    """Some servers show it in listings by LIST alone; Pure-FTPd writes through none."""
    server, file = bed.server(name), bed.share("real", b"old\n")
    os.symlink("real", bed.account.home / link)
    run = edit(server, link, 'echo new >>"$1"')
    follows = name != "pureftpd"
    assert run.status == (0 if follows else 7), run
    assert "keeps what you wrote" not in run.stderr or not follows
    assert (bed.account.home / link).is_symlink()
    assert file.read_bytes() == (b"old\nnew\n" if follows else b"old\n")


def test_changed_there_while_it_is_sent(fake, client, monkeypatch):
    """The server is slow to tell the size of what was sent; somebody else is not."""
    server = fake("late=SIZE:1500")
    page, temp = server.root / "page", server.root / ".page.ftpsh.tmp"
    page.write_text("old\n")
    editor = client.folder / "editor"
    editor.write_text(f"""#!/bin/sh
        echo mine >>"$1"
        (until test -e {temp}; do sleep 0.02; done; echo theirs >>{page}) >/dev/null 2>&1 &
        """)
    editor.chmod(0o755)
    env = client.env
    monkeypatch.setattr(client, "env", lambda password=None: {
        **env(password), "EDITOR": str(editor), "TMPDIR": str(client.folder)})
    run = client(server.target(), "edit", "page")
    assert run.status == 9 and "page was changed on the server meanwhile: it stays so" in run.stderr
    assert page.read_text() == "old\ntheirs\n" and not temp.exists()
    assert kept(client)[0].read_text() == "old\nmine\n"


@pytest.mark.parametrize("name,what,status", (
    ("folder", "folder is a folder", 2),
    ("folder/", "'folder/' names no file", 2),
    ("..", "'..' names no file", 2),
    ("no/page", "keeps what you wrote: ", 7),
))
def test_one_clear_line(bed, edit, name, what, status):
    server = bed.server("vsftpd")
    bed.account.own_folder("folder")
    run = edit(server, name, 'echo mine >>"$1"', "-q")
    assert run.status == status and what in run.stderr, run
    assert len(run.stderr.splitlines()) == 1, run


def test_no_editor(bed, ftpsh):
    run = ftpsh(bed.server("vsftpd").target(), "edit", "page")
    assert run.status == 2 and "no terminal for an editor, and EDITOR names none" in run.stderr, run


def test_as_a_person_with_an_editor_on_the_terminal(bed, ftpsh, monkeypatch):
    """ed(1)-like: it reads the terminal, as an editor does, and Ctrl-C in it is its own."""
    server, file = bed.server("vsftpd"), bed.share("page", b"old\n")
    editor = ftpsh.folder / "asks"
    editor.write_text('#!/bin/sh\ntrap "echo caught" INT\nprintf "text? "\nread line || read line\n'
                      'echo "$line" >>"$1"\n')
    editor.chmod(0o755)
    env = ftpsh.env
    monkeypatch.setattr(ftpsh, "env",
                        lambda password=None: {**env(password), "VISUAL": str(editor)})
    sh = Shell(ftpsh, server.target())
    try:
        sh.prompt()
        sh.type("edit page")
        sh.child.expect(r"text\? ")
        sh.interrupt()
        sh.child.expect("caught")
        sh.type("typed")
        shown = sh.prompt()
        assert "page: sent back" in shown, shown
        assert file.read_bytes() == b"old\ntyped\n"
        sh.type("quit")
        assert sh.leave() == 0
    finally:
        print(sh.seen.text)
        sh.child.close(force=True)
        ftpsh.check_findings()
