"""What a hostile server does on the control connection, and what comes of it.

Each row names a behaviour of ftpfake (or quirks), what ftpsh is asked for, what the user sees and
the exit status. No run outlives its clock, leaks, or leaves anything wrong under a final name.
"""
import pytest

from bed.hostile import Row, name_of, run_row
from fake.server import SMALL

QUICK = ("--reply-timeout=1", "--connect-timeout=1", "--retries=0")
WALK = ("-c", "cd empty; cd ..; get small")


def get(does, behaviour, status=0, says=(), **more):
    """A walk through folders, then a download."""
    more.setdefault("options", (*QUICK, *more.pop("also", ()), *WALK))
    return Row(does, (), status, says if isinstance(says, tuple) else (says,), behaviour, **more)


def run(does, behaviour, commands, status=0, says=(), **more):
    options = (*QUICK, *more.pop("also", ()), "-c", commands)
    return Row(does, (), status, says if isinstance(says, tuple) else (says,), behaviour,
               options=options, **more)


# One reply too many, one missing, one late: noticed, and both sides brought in step again or the
# session rebuilt (fields 49 and 54). A person is told in one line.

DROPPED = r"^\* a reply that cannot answer [A-Z]+ was passed over$"
STRAY = r"^(\* )?127.0.0.1: more replies than commands; bringing both sides in step again$"
AGAIN = "^> PWD$"

COUNTED = (
    get("PWD is answered twice", "twice=PWD", 0, (STRAY, AGAIN), also=("-v",)),
    get("CWD is answered twice", "twice=CWD", 0, STRAY),
    get("a second 250 behind the next command", "twice-late=CWD", 0, (STRAY, AGAIN), also=("-v",)),
    get("a second 257 behind the next command", "twice-late=PWD", 0, (STRAY, AGAIN), also=("-v",)),
    get("a second 213 behind the next command", "twice-late=SIZE", 0, (STRAY, AGAIN),
        also=("-v",)),
    get("a second 229 behind the next command", "twice-late=EPSV", 0, DROPPED, also=("-v",)),
    get("226 twice, the second one late", "twice-late=RETR", also=("-v",)),
    get("226 ahead of SIZE's reply", "stray-226=SIZE", 0, (STRAY, "13 B .*, size-ok"),
        also=("-v",)),
    get("226 ahead of EPSV's reply", "stray-226=EPSV", 0, (DROPPED, "^data: epsv to"), also=("-v",)),
    get("226 ahead of CDUP's reply", "stray-226=CDUP", 0, STRAY),
    get("550 ahead of SIZE's reply", "stray-550=SIZE", 0, (STRAY, AGAIN), also=("-v",)),
    get("a refusal that was meant for another", "stray-550=CWD", 7, "cd: empty: 550 No such file"),
    get("a second greeting under TLS", "greet-again", 0, STRAY),
    get("40 replies too many", "stray-flood=CWD", 0, (STRAY, AGAIN), also=("-v",)),
    get("replies without end", "babble=CWD", 3, "cd: .*replies that answer nothing without end"),
    get("replies without end behind the login", "babble=PASS", 3,
        "replies that answer nothing without end"),
    get("replies without end behind the last command", "babble=QUIT"),
    get("no reply to CWD", "mute=CWD", 10, "cd: empty: the server does not answer"),
    get("no reply to SIZE, which is done without", "mute=SIZE", 10, "the server does not answer"),
    run("the session is rebuilt where a reply is missing", "mute=DELE", "rm small; ls", 10,
        ("rm: small: the server does not answer", "reconnecting to", "> MLSD"),
        also=("-v", "--on-error=continue"), shows="^big"),
    run("a reply comes when nobody waits any more", "tardy=DELE", "rm small; ls", 10,
        ("rm: small: the server does not answer", "< 250"), also=("-v", "--on-error=continue"),
        shows="^big", never="reconnecting"),
    run("each reply comes with the next one", "one-behind=DELE", "rm small; ls", 10,
        ("rm: small: the server does not answer", "reconnecting"),
        also=("-v", "--on-error=continue"), shows="^big"),
    get("200 to PWD", "wrong-code=PWD"),
    get("200 to SIZE", "wrong-code=SIZE"),
    get("200 to EPSV", "wrong-code=EPSV", 0, "epsv: rejected at command", also=("-v",)),
    get("200 to RETR, twice", "wrong-code=RETR"),
    get("200 to USER, and no login", "wrong-code=USER", 7, "530 Log in first"),
    get("preliminary replies without end", "interim-flood=CWD", 3,
        "cd: empty: the server sends preliminary replies without end"),
    get("preliminary replies in place of a greeting", "interim-flood", 3,
        "preliminary replies without end"),
    get("120 before the greeting", "wait-120"),
)

# What is no reply, or a bad one: bounded, and shown escaped (fields 49, 64, 66).

SHAPED = (
    get("HTTP", "http", 3, 'not an FTP reply: "HTTP/1.1 400 Bad Request"'),
    get("SSH", "ssh", 3, 'not an FTP reply: "SSH-2.0-OpenSSH_9.2"'),
    get("a line without anything", "empty-line=PWD", 3, 'not an FTP reply: ""'),
    get("a line with one digit", "code-alone=PWD", 3, 'not an FTP reply: "2"'),
    get("a code of its own", "high-code=PWD", 3, 'not an FTP reply: "999 Way up"'),
    get("bytes of something else", "rubbish=CWD", 3, r'not an FTP reply: "\\xff\\xfe\\x80\\x01'),
    get("rubbish behind a reply", "stray-rubbish=CWD", 3, r'not an FTP reply: "\\x16\\x03\\x03'),
    get("a reply without its end", "no-line-end=CWD", 10, "cd: empty: the server does not answer"),
    get("a reply that CR ends", "carriage-return=CWD", 10, "cd: empty: the server does not answer"),
    get("NUL bytes", "nul-bytes=CWD"),
    get("a NUL byte in a refusal", "nul-refusal=CWD", 7, r"cd: empty: 550 N\?o$"),
    get("escape sequences", "escapes=CWD", 7,
        r"cd: empty: 550 \\x1b\[2J\\x1b\]0;owned\\x07\\x9b31m \\x08\\x7f red$"),
    get("escape sequences in clear view", "escapes=CWD", 7, r"^< 550 \\x1b\[2J", also=("-v",)),
    run("escape sequences as the answer to a command", "escapes=SITE", "site help", 7,
        shows=r"^550 \\x1b\[2J"),
    get("text from right to left", "bidi=CWD", 7, r"550 \\xe2\\x80\\xaedesrever"),
    get("an end with another code", "other-end=CWD", 10, "cd: empty: the server does not answer"),
    get("lines that LF alone ends", "bare-lf"),
    get("line ends that TLS records part", "split-crlf"),
    get("one byte in each TLS record", None, quirks=("reply-split",)),
    get("a greeting in one endless line", "endless-line", 3,
        "a reply line of more than 16384 bytes"),
    get("an endless line under TLS", "endless-line=PWD", 3,
        "a reply line of more than 16384 bytes"),
    get("long lines without end", "long-lines=FEAT", 3, "a reply of more than 262144 bytes"),
    get("short lines without end", None, 3, "a reply of more than", quirks=("endless-reply=PWD",)),
    get("a byte now and then, without end", "trickle=CWD", 10,
        "cd: empty: the server does not answer"),
)

# The connection ends, is reset, or says 421, at every point.

BYE = "421 I am closing down"
POINTS = ("AUTH", "USER", "PASS", "PBSZ", "PROT", "FEAT", "OPTS", "TYPE", "PWD", "CWD")

ENDED = (
    get("421 as a greeting", "say-421", 8, BYE),
    *(get(f"421 to {verb}", f"say-421={verb}", 8, BYE) for verb in POINTS),
    get("421 to SIZE, which is done without", "say-421=SIZE"),
    get("421 to EPSV in one session", "say-421-once=EPSV"),
    run("421 to RETR in one session", "say-421-once=RETR", "get small", also=("--retries=1",)),
    get("421 to QUIT", "say-421=QUIT"),
    get("421 behind a reply", "stray-421=SIZE"),
    get("half a reply", "half-reply=CWD", 3, "closed the control connection"),
    get("the end in the place of a reply", "hang-up=CWD", 3, "closed the control connection"),
    get("the end in the place of a greeting", "hang-up", 3, "closed the control connection"),
    get("a reset in the place of a reply", "reset=CWD", 3, "reset by peer"),
    get("a reset in the place of a greeting", "reset", 3, "reset by peer|closed the control"),
    run("every session ends at once", "leave-after-login", "ls", 6, "closed the control connection"),
)

# TLS: where it begins, goes on and ends (fields 14, 21, 22, 42).

SECURED = (
    get("no greeting", "say-nothing", 3, "no greeting .if the port expects TLS at once"),
    get("two greetings", "two-greetings", 4, "the server refuses TLS"),
    get("plaintext in the segment of 234", None, 3, "plain text ahead of TLS",
        quirks=("inject-after-auth",)),
    get("half a line in the segment of 234", "inject-half", 3, "plain text ahead of TLS"),
    get("234 twice", "twice=AUTH", 3, "plain text ahead of TLS"),
    get("plaintext a moment behind 234", "inject-later", 4, "plain text where TLS was expected"),
    get("plaintext before implicit TLS", "greet-in-clear", 4, "plain text where TLS was expected",
        server={"tls": "implicit"}),
    get("no TLS", None, 4, "the server refuses TLS", server={"tls": "off"}),
    get("200 to AUTH", "auth-other-code", 4, "the server refuses TLS"),
    get("an alert behind 234", "auth-alert", 4, 'the alert "Error in protocol version"'),
    get("silence behind 234", "auth-silence", 3, "TLS handshake: no answer in time"),
    get("the end behind 234", "auth-hang-up", 3, "closed the connection in the TLS handshake"),
    get("TLS ends, and replies go on in clear", "tls-ends=CWD", 3,
        "cd: empty: the server closed the control connection"),
    get("a reply in clear where TLS goes on", "clear-text=CWD", 4,
        "cd: empty: control connection: TLS: An unexpected TLS packet"),
    get("a TLS record that nobody has made", "broken-record=CWD", 4, "Decryption has failed"),
    get("a TLS record of 64 KiB", "huge-record=CWD", 4, "invalid length"),
    get("a fatal alert", "fatal-alert=CWD", 4, 'ended TLS with the alert "Internal error"'),
    get("a warning that TLS is about to end", "warnings=CWD", 3,
        "cd: empty: the server closed the control connection"),
    get("the same under TLS 1.2, where it goes on", "warnings=CWD",
        server={"options": ("--tls-max=1.2",)}),
    get("new keys", "key-update=CWD"),
    get("a renegotiation", "renegotiate=CWD", server={"options": ("--tls-max=1.2",)}),
    get("one reply more in the record of CCC's", "ccc-more", 6, "ccc rejected", also=("--ccc",)),
    get("CCC is answered twice", "twice=CCC", 6, "ccc rejected", also=("--ccc",)),
)

# A login that asks for more, and what single commands are told.

TOLD = (
    get("331 for ever", "ask-for-ever", 5, "asks for more than user, password, account"),
    get("a refusal with the password in it (field 65)", "tell-password=PASS", 5,
        ("^< 530-No user has the password '[*]{4}'", r"530 Login with \*{4} failed$"),
        also=("-v",), never="sesame"),
    run("a command with a password, and a refusal with it", "tell-password=SITE",
        "site pswd open sesame", 7, shows=r"530 Login with \*{4} failed$", never="sesame"),
    get("an account is wanted", "want-account", 5, "wants an account"),
    run("a folder with CR and a command", "pwd-return", "pwd", 3,
        r'control bytes in the folder.s name "/a\\x0dDELE small"'),
    run("a folder with escape sequences", "pwd-escapes", "pwd", 3,
        r'control bytes in the folder.s name "/\\x1b\]0;owned'),
    run("a folder without its second quote", "pwd-open", "pwd", 3, 'pwd: no folder in'),
    run("a folder of 15,000 bytes", "pwd-long", "pwd", 3, 'pwd: no folder in ""/a+"$'),
    run("a folder in two lines", "pwd-lines", "pwd", shows="^/$"),
    run("a folder without quotes", "pwd-unquoted", "pwd", shows="^/$"),
    get("a folder with CR, and a download", "pwd-return"),
    get("a folder without a name, and a download", "pwd-empty"),
    run("250 to a CWD that does nothing", "cwd-lies", "cd empty; pwd", shows="^/$"),
    run("a size with escape sequences", "size-text", "size small", 3,
        r"size: small: SIZE was answered with no size: thirteen \\x1b\[31mbytes$"),
    run("a size below 0", "size-negative", "size small", 3, "no size: -1$", never="small: small"),
    run("a size of 26 digits", "size-huge", "size small", 3, "no size: 9{26}$"),
    run("a size of two lines, the wrong one last", "size-lines", "get small", 9,
        "13 bytes came and the server says 14"),
    get("a time in words", "mdtm-text"),
    get("a time that there is not", "mdtm-wild"),
    run("facts of something else", "mlst-other", "get small"),
    run("facts of nothing", "mlst-none", "stat small", 3, "the reply to MLST has no entry"),
    get("features with escape sequences", "feat-escapes"),
    get("8000 features", "feat-many"),
    get("features without their space", "feat-bare"),
    get("more behind the reply to QUIT", "quit-more"),
    get("no reply to QUIT", "mute=QUIT"),
    get("an endless line as the reply to QUIT", "endless-line=QUIT"),
    get("half a reply to QUIT, then silence", "no-line-end=QUIT"),
)

ROWS = COUNTED + SHAPED + ENDED + SECURED + TOLD


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_control(row, fake, client):
    done, server = run_row(row, fake, client)
    if done.status == 0 and "get small" in row.options[-1]:
        assert (client.folder / "small").read_bytes() == SMALL
    assert "DELE small" not in server.said() or "rm small" in row.options[-1]
