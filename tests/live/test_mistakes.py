"""Mistakes of people and scripts: each brings one clear line that names what is wrong and where,
and the documented status."""
import os
import re
from dataclasses import dataclass, field

import pytest

from bed.shell import Shell

LATER = "; try 'ftpsh --help'"


@dataclass
class Mistake:
    """`args` are words of the command line; `said` is the whole line behind "ftpsh: ", a pattern
    where {home} is the home folder. `files` are made there first, with their contents, a folder
    with None, a mode with a pair."""
    args: tuple
    status: int
    said: str
    files: dict = field(default_factory=dict)
    stdin: str = ""
    env: dict = field(default_factory=dict)
    quirks: tuple = ()  # of the server, where "@" among `args` stands for one


def options(*rows):
    return [Mistake(tuple(args), status, said) for *args, status, said in rows]


def lists(*rows):
    return [Mistake(("-c", line), status, said) for line, status, said in rows]


def config(*rows):
    path = ".config/ftpsh/config"
    return [Mistake(("ftp.invalid", "pwd"), 2, f"{{home}}/{path}:?{said}", {path: text})
            for text, said in rows]


def asked(*rows):
    """Of a server."""
    return [Mistake(("-q", "@", *line.split()), status, said, quirks=tuple(quirks))
            for line, status, said, *quirks in rows]


COMMAND_LINE = options(
    ("--no-such", 2, "there is no option '--no-such'" + LATER),
    ("-x", "h", 2, "there is no option '-x'" + LATER),
    ("--data-timout=3", "h", 2,
     r"there is no option '--data-timout' \(did you mean '--data-timeout'\?\)" + LATER),
    ("--data-timeout=soon", "h", 2,
     "option '--data-timeout': 'soon' is no number of seconds above 0" + LATER),
    ("--data-timeout=-1", "h", 2,
     "option '--data-timeout': '-1' is no number of seconds above 0" + LATER),
    ("--data-timeout", 2, "option '--data-timeout' needs a value: SECONDS" + LATER),
    ("--epsv=1", "h", 2, "option '--epsv' takes no value" + LATER),
    ("--tls=perhaps", "h", 2,
     r"option '--tls': 'perhaps' is none of require\|implicit\|prefer\|off" + LATER),
    ("--tls-min=1.1", "h", 2,
     r"option '--tls-min': '1\.1' is none of 1\.2\|1\.3 \(did you mean '1\.2'\?\)" + LATER),
    ("-c", "lpwd", "--command=lls", 2,
     "option '--command' may be given only once: ';' separates commands" + LATER),
    ("-b", "one", "-b", "two", 2, "option '-b' may be given only once" + LATER),
    ("--retries=x", "h", 2, "option '--retries': 'x' is no number that fits" + LATER),
    ("--pin=md5:00", "h", 2,
     "option '--pin': 'md5:00' is not sha256: and 64 hexadecimal digits" + LATER),
    ("--active-ports=20-10", "h", 2,
     "option '--active-ports': '20-10' is no range of ports such as 50000-50100" + LATER),
    ("--limit-rate=fast", "h", 2,
     r"option '--limit-rate': 'fast' is no size such as 1500, 10k, 1\.5M or 2Gi" + LATER),
    ("--strategies=epsv,foo", "h", 2,
     r"option '--strategies': 'foo' is none of default\|epsv\|\S+" + LATER),
    ("--charset=nope", "h", 2, "option '--charset': there is no charset 'nope' here .*" + LATER),
    ("--proxy=gopher://x", "h", 2,
     "option '--proxy': 'gopher' is no kind of proxy known here: socks5, http" + LATER),
    ("--user=", "h", "ls", 2, "option '--user': the value is empty" + LATER),
    ("-b", "-", "-c", "ls", 2, "-b and -c exclude each other" + LATER),
    ("-c", "ls", "h", "ls", 2, "-c and the command 'ls' exclude each other" + LATER),
    ("h", "-v", "ls", 2, "'-v': options stand before the target" + LATER),
    ("-b", "nofile", 1, "nofile: No such file or directory"),
    ("-b", "/", 1, "/: Is a directory"),
    ("http://h", 2, "'http' is no scheme of ours: ftp, ftpes, ftps"),
    ("h:99999", "ls", 2, "'99999' is no port"),
    ("::1", "ls", 2, r"an IPv6 address needs brackets: \[::1\]"),
    ("[::1", "ls", 2, r"the bracket in '\[::1' is not closed"),
    ("a%zzb", "ls", 2, "the host name holds a '%' that is not followed by two hexadecimal .*"),
    ("ftps://", 2, "no host name given"),
    ("--tls=off", "ftpes://h", "ls", 2, "ftpes:// means explicit TLS, --tls says otherwise"),
    ("h", "frobnicate", 2, "frobnicate: unknown command; try 'help'"),
    ("h", "get", 2, r"get: too few arguments; usage: get \[OPTION\]\.\.\. REMOTE \[LOCAL\]"),
    ("h", "get", "a", "b", "c", 2, r"get: too many arguments; usage: get .*"),
    ("h", "ls", "--colour=never", 2,
     r"ls: no option '--colour=never' \(did you mean '--color'\?\) \(put -- before .*"),
    ("--trace=/no/such/file", "h", "ls", 1, "/no/such/file: No such file or directory"),
    ("--report-file=/no/such/file", "-c", "echo", 1,
     "the report: /no/such/file: No such file or directory"),
    ("--ca-file=nofile", "127.0.0.1:1", "ls", 1,
     r"127\.0\.0\.1: cannot read authorities from nofile: .*"),
    ("--password-fd=99", "me@h", "ls", 1, "h: option '--password-fd': read: Bad file descriptor"),
    ("--password-file=nofile", "me@h", "ls", 1, ".*nofile: No such file or directory"),
    ("-q", "nowhere.invalid", "ls", 3, r"cannot resolve nowhere\.invalid: .*"),
    ("-q", "--retries=0", "127.0.0.1:1", "ls", 3,
     r"127\.0\.0\.1: cannot connect to 127\.0\.0\.1:1: Connection refused"),
)

LISTS = lists(
    ("get 'open", 2, "the quote in column 5 is not closed"),
    ('echo; get "open', 2, "the quote in column 11 is not closed"),
    ("echo x \\", 2, "nothing follows the backslash in column 8"),
    ("ls |", 2, r"no command follows the '\|' in column 4"),
    ("ls >", 2, "no file follows the '>' in column 4"),
    ("| x", 2, r"no command before the '\|' in column 1"),
    ("ls &&", 2, "no command follows the '&&' in column 4"),
    ("echo $nope", 2,
     r"column 6: there is no variable 'nope'; '\\\$' is a '\$' that stands for itself"),
    ("echo ${nope", 2, r"column 6: '\$\{' needs a name and '\}'"),
    ("echo " + 17000 * "x", 2, "the line is longer than 16383 bytes"),
    ("gte a", 2, r"gte: unknown command \(did you mean 'get'\?\); try 'help'"),
    ("-", 2, "-: unknown command; try 'help'"),
    ("ls", 2, "ls: not connected; use 'open HOST'"),
    ("set data-timeout soon", 2, "set: data-timeout: 'soon' is no number of seconds above 0"),
    ("set data-timout 3", 2,
     r"set: there is no setting 'data-timout' \(did you mean 'data-timeout'\?\)"),
    ("set batch x", 2, "set: 'batch' can stand on the command line only"),
    ("unset nope", 2, "unset: there is no variable 'nope'"),
    ("unalias c", 2, "unalias: there is no alias 'c'"),
    ("source nofile", 1, "source: nofile: No such file or directory"),
    ("lcd nowhere", 1, "lcd: nowhere: No such file or directory"),
    ("lrm nofile", 1, "lrm: nofile: No such file or directory"),
    ("open -", 2, "open: there was no server before; use 'open HOST'"),
    ("open gopher://h", 2, "open: 'gopher' is no scheme of ours: ftp, ftpes, ftps"),
    ("wait x", 2, "wait: 'x' is no number of a command; 'jobs' lists them"),
    ("kill 7", 2, "kill: there is no command 7 in the background; 'jobs' lists them"),
    ("queue ls", 2, "queue: ls does not run in the background; get, put and mirror do"),
    ("bookmark rm nope", 2, "bookmark: no bookmark 'nope'"),
    ("help gte", 2, r"help: no command 'gte' \(did you mean 'get'\?\)"),
    ("head -n x f", 2, "head: -n: 'x' is no number"),
    ("fxp a b", 2, "fxp: 'a' is no URL, and there is no connection that it could be on"),
    ("user x", 2, "user: no server yet; use 'open USER@HOST'"),
    ("!exit 4", 1, "!: the command ended with status 4"),
    ("echo x > /no/such/file", 1, "echo: /no/such/file: No such file or directory"),
)

FILES = [
    Mistake(("-b", "script"), 2, "script:2: gte: unknown command .*", {"script": "echo\ngte x\n"}),
    Mistake(("-b", "script"), 2, "script:3: the quote in column 6 is not closed",
            {"script": "echo\n# more\necho 'x\n"}),
    Mistake(("-b", "script"), 2, "script:1: a NUL byte in the line", {"script": "echo a\0b\n"}),
    Mistake((), 2, "stdin:2: lcd: too many arguments; usage: .*", stdin="echo\nlcd a b\n"),
    Mistake(("-c", "source outer"), 1, "inner:1: lcd: nowhere: No such file or directory",
            {"outer": "source inner\n", "inner": "lcd nowhere\n"}),
    Mistake(("-c", "source loop"), 2, "loop:1: source: more than 16 files of commands .*",
            {"loop": "source loop\n"}),
    Mistake(("me@h", "ls"), 1, r"{home}/\.netrc: it holds a password and others can read it .*",
            {".netrc": ("machine h login me password x\n", 0o644)}),
    Mistake(("h", "ls"), 2, "FTPSH_DATA_TIMEOUT in the environment: 'soon' is no number .*",
            env={"FTPSH_DATA_TIMEOUT": "soon"}),
    Mistake(("h", "ls"), 2, r"FTPSH_DATA_TIMOUT.*\(did you mean 'FTPSH_DATA_TIMEOUT'\?\)",
            env={"FTPSH_DATA_TIMOUT": "3"}),
    Mistake(("work", "ls"), 2, r"{home}/\.config/ftpsh/bookmarks: line 1: no target behind 'work'",
            {".config/ftpsh/bookmarks": ("work\n", 0o600)}),
]

CONFIG = config(
    ("[*]\ndata-timout = 3\n",
     r"2: there is no setting 'data-timout' \(did you mean 'data-timeout'\?\)"),
    ("[*]\ndata-timeout = soon\n", "2: data-timeout: 'soon' is no number of seconds above 0"),
    ("[*]\n\nretries = 1\nretries = 2\n",
     r"4: retries: stands there already: {home}/\.config/ftpsh/config:3 \[\*\]"),
    ("[*]\nwhatever\n", "2: this is no section, no 'NAME = VALUE' and no comment"),
    ("data-timeout = 3\n", r"1: a setting stands in a section; \[\*\] is the one for all .*"),
    ("[*\nretries = 1\n", r"1: a section is a name between \[ and \], and nothing behind it"),
    ("[*]\nbatch = x\n", "2: 'batch' can stand on the command line only"),
) + [
    Mistake(("h", "ls"), 1, r"{home}/\.config/ftpsh/config: can be changed by others .*",
            {".config/ftpsh/config": ("[*]\n", 0o666)}),
    Mistake(("h", "ls"), 1, r"{home}/\.config/ftpsh/config: is a folder, .*",
            {".config/ftpsh/config": None}),
]

SERVER = asked(
    ("get nowhere", 7, "get: RETR nowhere: 550 .*"),
    ("get small /no/such/folder/x", 1,
     "get: cannot write /no/such/folder/x: No such file or directory"),
    ("put nowhere", 1, "put: cannot read nowhere: No such file or directory"),
    ("cd nowhere", 7, "cd: nowhere: 550 .*"),
    ("rm nowhere", 7, "rm: nowhere: 550 .*"),
    ("rmdir small", 7, "rmdir: small: 550 .*"),
    ("mkdir empty", 7, "mkdir: empty: 550 .*"),
    ("ls nowhere", 7, "ls: MLSD nowhere: 550 .*"),
    ("mget no*", 7, r"mget: RETR no\*: 550 .*"),
    ("glob no*", 7, r"glob: no\*: nothing matches"),
    ("zcat small", 9, "zcat: small: it is not packed by gzip"),
    ("chmod rw small", 2, "chmod: 'rw' is no octal mode such as 644"),
    ("tail -s soon -f small", 2, "tail: -s: 'soon' is no number"),
    ("mirror --links=some . here", 2, r"mirror: --links: 'some' is none of copy\|follow\|skip"),
    ("mirror --exclude-regex=( . here", 2,
     r"mirror: --exclude-regex: '\(' is no regular expression: .*"),
    ("verify nowhere small", 1, "verify: cannot read nowhere: No such file or directory"),
    ("ls", 8, r"login of someone at 127\.0\.0\.1: 421 .*", "login-421"),
)

MISTAKES = COMMAND_LINE + LISTS + FILES + CONFIG + SERVER


def name_of(mistake):
    words = " ".join(mistake.args)[:40]
    return words if not mistake.files else f"{words} {list(mistake.files.values())[0]!r}"[:60]


def prepare(home, files):
    for name, content in files.items():
        path, mode = home / name, 0o600
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
            continue
        if isinstance(content, tuple):
            content, mode = content
        path.write_text(content)
        path.chmod(mode)


def test_there_are_sixty():
    assert len({(m.args, str(m.files), m.stdin, str(m.env)) for m in MISTAKES}) >= 60


@pytest.mark.parametrize("mistake", MISTAKES, ids=name_of)
def test_one_clear_line(fake, client, mistake):
    prepare(client.home, mistake.files)
    server = fake(*mistake.quirks) if "@" in mistake.args else None
    args = [server.target() if server and a == "@" else a for a in mistake.args]
    variables = ("env", *(f"{k}={v}" for k, v in mistake.env.items())) if mistake.env else ()
    options_first = ("--retries=0",) if mistake.quirks else ()
    run = client(*options_first, *args, stdin=mistake.stdin, report=False, prefix=variables,
                 ca=server is not None, cwd=client.home,
                 password=None if server else "")
    said = mistake.said.replace("{home}", re.escape(str(client.home)))
    assert re.fullmatch(f"ftpsh: {said}\n", run.stderr), (said, run)
    assert run.stderr.count("\n") == 1 and len(run.stderr) < 1000, run
    assert run.status == mistake.status, run


FULL = """
mount -t tmpfs -o size=16k full "$0" || exit 99
chmod 700 "$0"
head -c 100000 /dev/zero >"$0/fill" 2>/dev/null
exec "$@"
"""


def test_full_disk_for_the_history(fake, client, tmp_path, mounts):
    """One line, once; the shell goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    shell = Shell(client, fake().target(), env={"XDG_STATE_HOME": str(disk)},
                  prefix=("unshare", "-m", "sh", "-c", FULL, str(disk)))
    shell.prompt()
    seen = shell.run("pwd") + shell.run("ls") + shell.run("cd empty")
    shell.type("quit")
    assert shell.leave() == 0
    client.check_findings()
    lines = [line for line in seen.splitlines() if "o space left" in line]
    assert len(lines) == 1 and "history" in lines[0], seen
