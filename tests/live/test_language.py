"""What a line can say: conditions, variables, aliases, files of commands."""
import json
import signal

import pytest

from bed.process import wait_until
from bed.shell import SECONDS, Shell
from live.test_errors import says


def lines(run):
    return run.stdout.splitlines()


def nothing_said(run):
    assert run.status == 0 and run.stderr == "", run
    return lines(run)


CONDITIONS = (
    # a line, what it shows, the exit status
    ("mkdir a && echo yes || echo no", "yes", 0),
    ("rmdir none && echo yes || echo no", "no", 0),
    ("rmdir none && echo never && echo nor this; echo gone", "", 7),
    ("rmdir none || rmdir nor || echo third", "third", 0),
    ("rmdir none || rmdir nor; echo gone", "", 7),
    ("mkdir a || echo never; echo next", "next", 0),
    ("-rmdir none && echo never; echo next", "next", 0),
    ("-rmdir none || echo yes; echo next", "yes next", 0),
    ("rmdir none || echo $? && echo $?", "7 0", 0),
    ("echo a | cat && echo b | sed s/b/c/ || echo never", "a c", 0),
    ("echo a | exit 3 || echo other; echo $?", "other 0", 0),
    ("!exit 3\n", "", 1),
    ("-!false || echo the shell's\necho next", "next", 0),
    ("lcd /nowhere || frobnicate", "", 2),
    ("quit && echo never", "", 0),
)


@pytest.mark.parametrize("line, shown, status", CONDITIONS)
def test_conditions(client, fake, line, shown, status):
    run = client("-c", line, fake().target())
    assert run.status == status and " ".join(lines(run)) == shown, run
    assert run.report["exit"] == status and (run.report["error"] is None) == (status == 0), run


def test_a_condition_writes_where_the_command_says(client, fake, tmp_path):
    server = fake()
    run = client("-c", f"pwd > {tmp_path}/a && pwd >> {tmp_path}/a && echo done", server.target())
    assert nothing_said(run) == ["done"]
    assert (tmp_path / "a").read_text() == "/\n/\n"


def test_variables_are_one_word(client, fake, tmp_path):
    server = fake()
    server.share("a b*c", b"starred")
    server.share("a b-c", b"other")
    run = client("-c", f"set name 'a b*c'; set to {tmp_path}; get $name $to/x; "
                 'get "a b-c" ${to}/"$name"; glob -f $name ${to}', server.target())
    assert nothing_said(run) == ["a b*c", str(tmp_path)]
    assert (tmp_path / "x").read_bytes() == b"starred"
    assert (tmp_path / "a b*c").read_bytes() == b"other"


def test_settings_are_variables_and_the_environment_is_not(client):
    run = client("--idle-timeout=7", "-c", "echo $idle_timeout ${idle-timeout} $verify\n"
                 "echo '$HOME' \\$HOME \"\\$HOME\" 5$ $.\n! echo $SHOWN\necho x | cat; echo $HOME",
                 prefix=("env", "SHOWN=yes"))
    assert lines(run) == ["7 7 auto", "$HOME $HOME $HOME 5$ $.", "yes", "x"], run
    says(run, 2, "column 20", "no variable 'HOME'")


@pytest.mark.parametrize("line, words", (
    ("set target x; echo $targte", ("'targte'", "did you mean 'target'?")),
    ("echo ${idle-timeuot}", ("column 6", "did you mean 'idle-timeout'?")),
    ("echo ${x", ("column 6", "'${' needs a name and '}'")),
    ("echo $1", ("no argument $1", "$# is 0")),
    ("echo &&", ("no command follows the '&&' in column 6",)),
    ("|| echo", ("no command before the '||' in column 1",)),
    ("set 1x 5", ("'1x' is no name for a variable",)),
    ("alias a=b", ("alias NAME 'VALUE'",)),
    ("alias a;b c", ("no alias 'a'",)),
    ("alias 'a b' c", ("'a b' is no name for an alias",)),
    ("alias ll ls; unalias l1", ("no alias 'l1'", "did you mean 'll'?")),
    ("alias lists ls; lits", ("unknown command (did you mean 'lists'?)",)),
    ("alias lists ls; lits > /dev/null", ("unknown command (did you mean 'lists'?)",)),
    ("alias lists ls; lits & wait", ("unknown command (did you mean 'lists'?)",)),
    ("alias lists ls; help lits", ("no command 'lits' (did you mean 'lists'?)",)),
    ("alias frobnics 'frobnics x'; frobnics", ("unknown command; try 'help'",)),
    ("renam a b", ("did you mean 'rename'?",)),
    ("set strategies default,epsv", ("strategies: 'default' stands alone",)),
    ("alias q 'echo \"'; q", ("alias 'q': the quote in column 6 is not closed",)),
    ("source", ("usage: source FILE",)),
    ("source -", ("standard input",)),
    ("glob *", ("not connected", "--local")),
    ("unalias", ("usage: unalias NAME",)),
))
def test_mistakes(client, line, words):
    says(client("-c", line), 2, *words)


def test_source_of_what_is_not_there(client, tmp_path):
    says(client("-c", f"source {tmp_path}/nowhere"), 1, "nowhere", "No such file")
    says(client("-c", f"source {tmp_path}"), 1, str(tmp_path), "directory")


def test_aliases(client, fake):
    run = client("-c", "alias sizes 'size small; size'; alias size 'size --json'; sizes big && "
                 "\\size small; alias; unalias sizes size; size small; alias", fake().target())
    small, big, *rest = nothing_said(run)
    assert json.loads(small)["size"] == 13 and json.loads(big)["size"] == 3_000_000
    assert rest == ["13", "alias size 'size --json'", "alias sizes 'size small; size'", "13"]


def test_an_alias_that_is_listed_can_be_read_again(client):
    run = client("-c", "alias q \"echo 'it''s' \\\"x\\\"; echo\"; alias q; q z; alias --json q")
    listed, first, second, row = nothing_said(run)
    assert (first, second) == ("its x", "z")
    assert json.loads(row) == {"name": "q", "value": "echo 'it''s' \"x\"; echo"}
    assert nothing_said(client("-c", listed + "; q z")) == [first, second]


def test_source_with_arguments(client, fake, tmp_path):
    server = fake()
    inner, outer = tmp_path / "inner", tmp_path / "an outer one"
    inner.write_text("echo inner $# $1\nset seen $1\n")
    outer.write_text(f"# fetches\nget $1 '{tmp_path}'/$2\nsource {inner} \"$2 $1\"\n"
                     "echo outer $# $2; echo $seen\r\n")
    run = client("-c", f"source '{outer}' small -x; echo $#", server.target())
    assert nothing_said(run) == ["inner 1 -x small", "outer 2 -x", "-x small", "0"]
    assert (tmp_path / "-x").read_bytes() == (server.root / "small").read_bytes()


def test_a_failure_names_the_innermost_line(client, tmp_path):
    (tmp_path / "inner").write_text("echo a\n\nlcd /nowhere\necho never\n")
    (tmp_path / "outer").write_text(f"echo b\nsource {tmp_path}/inner\necho never\n")
    run = client("-b", tmp_path / "outer")
    assert says(run, 1) == f"ftpsh: {tmp_path}/inner:3: lcd: /nowhere: No such file or directory"
    assert lines(run) == ["b", "a"]


def test_a_file_of_commands_may_come_from_other_systems(client, tmp_path):
    """Ends of lines as elsewhere, and the mark with which some editors begin."""
    (tmp_path / "file").write_bytes(b"\xEF\xBB\xBFecho a\r\necho b\r\n")
    assert nothing_said(client("-b", tmp_path / "file")) == ["a", "b"]


def test_a_file_of_commands_can_be_tried(client, tmp_path):
    (tmp_path / "file").write_text("lcd /nowhere\n")
    run = client("-c", f"source {tmp_path}/file || echo other; -source {tmp_path}/file; echo next")
    assert run.status == 0 and lines(run) == ["other", "next"] and run.report["error"] is None, run


def test_a_file_that_runs_itself_ends(client, tmp_path):
    (tmp_path / "file").write_text(f"echo $1\nsource {tmp_path}/file x$1\n")
    run = client("-c", f"source {tmp_path}/file x")
    says(run, 2, "file:2", "more than 16")
    assert lines(run) == ["x" * n for n in range(1, 17)]


def test_what_a_file_yields_can_go_elsewhere(client, fake, tmp_path):
    (tmp_path / "file").write_text(f"echo one\npwd > {tmp_path}/pwd\necho two | cat\n!echo three\n"
                                   "echo four\n")
    run = client("-c", f"source {tmp_path}/file > {tmp_path}/out; source {tmp_path}/file | tr a-z "
                 "A-Z; echo end", fake().target())
    assert nothing_said(run) == ["ONE", "TWO", "THREE", "FOUR", "end"]
    assert (tmp_path / "out").read_text() == "one\ntwo\nthree\nfour\n"
    assert (tmp_path / "pwd").read_text() == "/\n"


GOES_ON = ("rmdir none; echo same line\nfrobnicate\n\necho 'open\nlcd /nowhere && echo never\n"
           f"echo end $?\necho {20_000 * 'x'}\necho {50_000 * 'x'}\necho longer $?\n")


@pytest.mark.parametrize("how", ("-b", "stdin", "-c", "source"))
def test_failures_are_passed_over_where_that_is_wanted(client, fake, tmp_path, how):
    script = tmp_path / "script"
    script.write_text(GOES_ON)
    args = {"-b": ("-b", script), "stdin": (), "-c": ("-c", GOES_ON),
            "source": ("-c", f"source {script}")}[how]
    run = client("--on-error=continue", *args, fake().target(),
                 stdin=GOES_ON if how == "stdin" else "")
    assert run.status == 7 and lines(run) == ["same line", "end 1", "longer 2"], run
    name = how if how in ("stdin", "-c") else script
    assert [line.split(": ")[1] for line in run.stderr.splitlines()] == [
        f"{name}:{n}" for n in (1, 2, 4, 5, 7, 8)], run


def test_a_line_that_is_too_long_ends_what_stops(client):
    run = client(stdin=f"echo a\necho {50_000 * 'x'}\necho never\n")
    says(run, 2, "stdin:2", "longer than 16383 bytes")
    assert lines(run) == ["a"]


def test_help_explains_aliases(client):
    run = client("-c", "alias dirs 'glob -d'; alias loud '!echo'; help dirs; help loud; "
                 "help --json dirs")
    alias, usage, *_, loud, first, second = nothing_said(run)
    assert (alias, loud) == ("alias dirs 'glob -d'", "alias loud '!echo'")
    assert usage.startswith("usage: glob ")
    assert json.loads(first) == {"name": "dirs", "value": "glob -d"}
    assert json.loads(second)["name"] == "glob"


def test_the_first_failure_ends_it_where_nothing_is_said(client):
    run = client(stdin="set on_error x\n")
    assert run.status == 2, run
    run = client(stdin="lcd /nowhere\necho never\n")
    assert run.status == 1 and not lines(run), run
    run = client(stdin="set on-error continue\nlcd /nowhere\nset on-error stop\necho a\n"
                       "frobnicate\necho never\n")
    assert run.status == 1 and lines(run) == ["a"], run


def test_the_time_limit_ends_what_goes_on(client):
    run = client("--on-error=continue", "--timeout=1", stdin="!sleep 30\necho never\n")
    says(run, 10, "stdin:1")
    assert not lines(run), run


def test_an_interrupt_ends_what_goes_on(client, tmp_path):
    (tmp_path / "script").write_text(f"!: > {tmp_path}/begun; exec sleep 30\necho never\n")
    run = client.signal_when(signal.SIGINT, (tmp_path / "begun").exists, "--on-error=continue",
                             "-b", tmp_path / "script")
    assert run.status == 130 and not lines(run), run


def test_what_failed_for_one_server_is_not_forgotten_of_another(client, fake, tmp_path):
    """A file of commands answers for none of theirs when it ends, on another server."""
    one, other = fake("refuse=EPSV"), fake()
    client.memory = tmp_path / "memory"
    assert client(other.target(), "ls").status == 0
    (tmp_path / "file").write_text(f"ls\nopen {other.target()}\n")
    run = client("-c", f"source {tmp_path}/file; memory --json", one.target())
    assert run.status == 0, run
    rows = [json.loads(line) for line in lines(run) if line.startswith("{")]
    assert {(row["port"], row["strategy"]) for row in rows} == {
        (one.port, "pasv-use-control-ip"), (other.port, "epsv")}, run


def test_globs_are_shown(client, fake):
    server = fake()
    server.share("a.txt", b"")
    server.share("b.txt", b"")
    (server.root / "c.txt").mkdir()
    (client.folder / "here.txt").touch()
    run = client("-c", "glob *.txt; glob -f ?.txt; glob -d c* e*; glob --json 'a*' a*; "
                 "glob --local *.txt here*", server.target())
    assert nothing_said(run) == ["a.txt", "b.txt", "c.txt", "a.txt", "b.txt", "c.txt", "empty",
                                 '{"name":"a*"}', '{"name":"a.txt"}', "here.txt", "here.txt"]
    run = client("-c", "glob -d *.none || echo none; glob -f a*; glob -f c*; echo never",
                 server.target())
    assert run.status == 7 and lines(run) == ["none", "a.txt"], run
    assert "c*: nothing matches" in run.stderr, run
    says(client("-c", "glob --local *.none"), 1, "*.none: nothing matches")


def test_echo(client):
    assert nothing_said(client("-c", "echo; echo -n 'a  b' --json \"\" c; echo --json a b")) == [
        "", "-n a  b --json  c", '{"text":"a b"}']


def test_commands_in_the_background_can_be_typed_again(client, fake, tmp_path):
    run = client("-c", f"set n 'a$b'; -put $n & jobs; -wait; lcd {tmp_path}", fake().target())
    assert run.status != 0 and 'put "a\\$b"' in run.stdout, run


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


def write_rc(home, text):
    rc = home / ".config" / "ftpsh" / "rc"
    rc.parent.mkdir(parents=True, mode=0o700)
    rc.write_text(text)
    return rc


def test_the_shell_begins_with_its_own_commands(bed, ftpsh, shell):
    server = bed.server("vsftpd")
    write_rc(ftpsh.home, "alias hello 'echo hi from'\nset who rc\n")
    sh = shell(server.target())
    sh.prompt()
    assert "hi from rc" in sh.run("hello $who")
    assert "there is no variable" in sh.run("echo $whoo")
    assert "hi from 2" in sh.run("hello $?")
    run = ftpsh(server.target(), stdin="hello\n")
    says(run, 2, "stdin:1: hello: unknown command")


def test_mistakes_in_the_first_commands_leave_a_shell(bed, ftpsh, shell):
    rc = write_rc(ftpsh.home, "set who rc\nfrobnicate\nset who never\n")
    sh = shell(bed.server("vsftpd").target())
    assert f"{rc}:2: frobnicate: unknown command" in sh.prompt()
    assert "rc" in sh.run("echo $who")
    sh.type("quit")
    assert sh.leave() == 0


def test_first_commands_that_others_can_write_are_refused(bed, ftpsh, shell):
    rc = write_rc(ftpsh.home, "set who rc\n")
    rc.chmod(0o666)
    sh = shell(bed.server("vsftpd").target())
    assert f"ftpsh: {rc}: can be changed by others (run 'chmod go-w' on it)" in sh.prompt()
    assert "there is no variable 'who'" in sh.run("echo $who")


def test_an_interrupt_ends_a_whole_line(bed, shell, tmp_path):
    (tmp_path / "file").write_text(f"!: > {tmp_path}/begun; exec sleep 30\necho never\n")
    sh = shell(bed.server("vsftpd").target())
    sh.prompt()
    sh.run("set on-error continue")
    sh.type(f"-source {tmp_path}/file || echo never; echo never")
    wait_until((tmp_path / "begun").exists, SECONDS, "the command to begin")
    sh.interrupt()
    assert "never\r\n" not in sh.prompt().split("^C")[-1]
    assert "here" in sh.run("echo here $?")
