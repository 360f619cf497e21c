"""Clauses of the standards that servers here leave unused, answered as another server might."""
import pytest

from bed.interpreter import Interpreter
from fake.server import BIG, SMALL

LOGIN = {"USER": b"331 Password\r\n", "PASS": b"230 Welcome\r\n", "FEAT": b"502 No FEAT\r\n",
         "TYPE": b"200 Fine\r\n", "PWD": b'257 "/there"\r\n'}


@pytest.fixture
def talk(fake, client):
    """Runs ftpsh in clear against these answers: the run, and the commands that were answered."""
    def start(answers, *words, host="127.0.0.1", greeting=None, **how):
        server = fake(tls="off")
        with Interpreter(server.port, answers, greeting) as between:
            run = client("--tls=off", "--retries=0", f"someone@{host}:{between.port}", *words, **how)
        return run, between.heard
    return start


def test_account_where_it_is_wanted(talk, client):
    """RFC 959 section 5.4: 332 behind PASS, or behind USER."""
    path = client.home / ".netrc"
    path.write_text("machine 127.0.0.1 login someone password secret account project\n")
    path.chmod(0o600)
    answers = LOGIN | {"PASS": b"332 Account\r\n", "ACCT": b"230 Welcome\r\n"}
    run, heard = talk(answers, "pwd", password="")
    assert (run.status, run.stdout) == (0, "/there\n"), run
    assert heard[:3] == ["USER", "PASS", "ACCT"]
    run, heard = talk(answers | {"USER": b"332 Account\r\n"}, "pwd", password="")
    assert run.status == 0, run
    assert heard[:2] == ["USER", "ACCT"]


def test_account_that_nobody_told(talk):
    run, heard = talk(LOGIN | {"PASS": b"332 Account\r\n"}, "pwd")
    assert run.status == 5 and "ACCT" in run.stderr, run
    assert "ACCT" not in heard


@pytest.mark.parametrize("code", ("230", "232"))
def test_no_password_where_none_is_wanted(talk, code):
    """RFC 959 section 5.4, RFC 2228 section 5."""
    run, heard = talk(LOGIN | {"USER": f"{code} Welcome\r\n".encode()}, "pwd")
    assert run.status == 0, run
    assert "PASS" not in heard


def test_first_digit_counts(talk):
    """RFC 1123 section 4.1.2.11: codes that no RFC knows."""
    run, _ = talk(LOGIN | {"PASS": b"288 Welcome\r\n", "TYPE": b"277 Fine\r\n",
                           "DELE": b"299 Gone\r\n"}, "rm", "-f", "one")
    assert run.status == 0, run
    run, _ = talk(LOGIN | {"DELE": b"598 No\r\n"}, "rm", "one")
    assert run.status == 7 and "598 No" in run.stderr, run
    run, _ = talk(LOGIN | {"DELE": b"498 Not now\r\n"}, "rm", "one")
    assert run.status == 8 and "498 Not now" in run.stderr, run


def test_command_that_takes_a_while(talk):
    """RFC 959 section 5.4: a 1yz is never the last reply."""
    run, _ = talk(LOGIN | {"DELE": b"150 A moment\r\n250 Gone\r\n"}, "rm", "-f", "one")
    assert run.status == 0, run


def test_quote_shows_every_line(talk):
    """RFC 1123 section 4.1.4.2: what the server says comes whole."""
    run, heard = talk(LOGIN | {"XANY": b"214-One\r\n two\r\n 500 three\r\n214 Four\r\n"},
                      "quote", "XANY", "thing")
    assert run.status == 0, run
    assert run.stdout.split("\n")[:-1] == ["214-One", " two", " 500 three", "214 Four"]
    assert "XANY" in heard


def test_path_with_quotes_in_257(talk):
    """RFC 959 appendix II: a quote in the path stands there twice."""
    run, _ = talk(LOGIN | {"PWD": b'257 "/a ""b"" c" is the current directory\r\n'}, "pwd")
    assert (run.status, run.stdout) == (0, '/a "b" c\n'), run


def test_protocol_that_eprt_does_not_know(fake, client):
    """RFC 2428 section 2: 522 names others; PORT is the one for IPv4."""
    server = fake("refuse=EPRT:522")
    run = client("--active", server.target(), "ls")
    assert run.status == 0, run
    assert run.raw_attempts()[0]["command"].startswith("PORT ")


IIS = b"220 Microsoft FTP Service\r\n"


@pytest.mark.parametrize("answer", (b"220 Host accepted\r\n", b"504 No such host\r\n",
                                    b"500 What?\r\n"))
def test_host_is_named_where_tls_would_not_do(talk, answer):
    """RFC 7151: before USER, and what has no such host goes on."""
    run, heard = talk(LOGIN | {"HOST": answer}, "pwd", host="localhost", greeting=IIS)
    assert run.status == 0, run
    assert heard[:2] == ["HOST", "USER"]


@pytest.mark.parametrize("host, greeting", (("127.0.0.1", IIS), ("localhost", None)))
def test_host_is_not_named_in_vain(talk, host, greeting):
    """An address is no name; others have heard it in the handshake."""
    run, heard = talk(LOGIN | {"HOST": b"220 Fine\r\n"}, "pwd", host=host, greeting=greeting)
    assert run.status == 0, run
    assert "HOST" not in heard


@pytest.mark.parametrize("code", (521, 534))
def test_protection_that_is_forgotten(fake, client, code):
    """field 17: PROT P is said again, once."""
    server = fake(options=(f"--behaviour=forgets-prot={code}",))
    (client.folder / "up").write_bytes(SMALL)
    run = client("-c", "get small; put up", server.target())
    assert run.status == 0, run
    assert (server.root / "up").read_bytes() == SMALL
    assert [(a[0], a[2]) for a in run.attempts()] == [("epsv", "rejected"), ("epsv", "ok"), ("epsv", "ok")]
    assert server.said().count("PROT P") == 2


def test_protection_that_is_refused_in_the_end(fake, client):
    """What goes on is no forgetfulness, and ends."""
    server = fake("refuse=RETR:534")
    run = client(server.target(), "get", "small")
    assert run.status == 6 and "534" in run.stderr, run
    assert server.said().count("PROT P") == 2


def test_server_that_hangs_up_on_commands_in_one_piece(fake, client):
    """field 70: it gets them one by one from then on, as do the other sessions."""
    server = fake("no-pipelining")
    (client.folder / "two").mkdir()
    run = client("-c", "get small; ls empty; mget -P2 -O two big small", server.target())
    assert run.status == 0 and run.stderr.count("one command at a time") == 1, run
    assert (client.folder / "two" / "big").read_bytes() == BIG


def test_server_that_refuses_commands_in_one_piece(fake, client):
    """field 70: what was refused in company is asked again alone."""
    server = fake(options=("--behaviour=refuse-company",))
    run = client("-c", "get small; ls empty", server.target())
    assert run.status == 0, run
    assert server.said().count("503 One at a time") == 5
    assert "> PASV" not in server.said()


def shares(server, count):
    names = [f"file{i}" for i in range(count)]
    for name in names:
        server.share(name, name.encode() * 100)
    return names


@pytest.mark.parametrize("quirks", ((), ("late-226=200",), ("busy-in-transfer", "late-226=200"),
                                    ("no-pipelining",), ("epsv-port-closed",), ("pret",)))
def test_ports_are_asked_for_ahead(fake, client, quirks):
    """While the final reply is under way; servers that do not take that have each file all the same."""
    server = fake(*quirks)
    names = shares(server, 6)
    run = client(server.target(), "mget", "file*")
    assert run.status == 0, run
    assert all((client.folder / n).read_bytes() == n.encode() * 100 for n in names)
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"] * 6


def test_answer_to_what_was_asked_ahead_confirms_nothing(fake, client):
    """field 38: 226 is lost, and 229 comes in its place."""
    server = fake("no-226")
    shares(server, 3)
    run = client("--final-timeout=0.4", server.target(), "mget", "file*")
    assert "waiting for the final reply" in run.stderr or "its size is right" in run.stderr, run
    assert all(t["verdict"] in ("size-ok", "failed") for t in run.report["transfers"])


def test_what_is_refused_ahead_is_no_verdict(fake, client):
    """field 72: the error that comes first is about EPSV, and the file is there."""
    server = fake(options=("--behaviour=refuse-ahead",))
    names = shares(server, 4)
    run = client("--retries=0", server.target(), "mget", "file*")
    assert run.status == 0, run
    assert all((client.folder / n).read_bytes() == n.encode() * 100 for n in names)
    assert server.said().count("> RETR") == 4


def in_order(text, *lines):
    """Whether these lines of a trace come in this order."""
    at = 0
    for line in lines:
        at = text.find(line, at)
        if at < 0:
            return False
        at += len(line)
    return True


def test_what_follows_the_login_goes_with_the_password(fake, client):
    """None of it before PASS."""
    run = client("-v", fake().target(), "ls")
    assert run.status == 0, run
    assert in_order(run.stderr, "> USER", "< 331", "> PASS", "> PBSZ 0", "> PROT P", "> FEAT",
                    "> TYPE I", "> PWD", "< 230", "> EPSV"), run


def test_size_time_and_the_next_port_in_one_piece(fake, client):
    """Behind each upload but the last, which needs no port."""
    server = fake()
    names = ["one", "two", "three"]
    for name in names:
        (client.folder / name).write_bytes(name.encode() * 100)
    run = client("-v", server.target(), "mput", *names)
    assert run.status == 0, run
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"] * 3
    for name in names[:2]:
        assert in_order(run.stderr, f"> STOR {name}", "< 226", f"> SIZE {name}", "> MFMT",
                        "> EPSV", "< 213", "< 213", "< 229", "> STOR"), run
    assert run.stderr.count("> EPSV") == 3, run
    assert run.stderr.count("> SIZE") == 3, run


def test_what_was_asked_ahead_is_asked_again_behind_anything_else(fake, client):
    """The size of an upload that a second one follows under the same name."""
    server = fake("busy-in-transfer")
    (client.folder / "one").write_bytes(b"x" * 100)
    (client.folder / "two").write_bytes(b"y" * 50)
    run = client("-c", "put one there; put two there; put one there", server.target())
    assert run.status == 0, run
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"] * 3
    assert server.said().count("> SIZE") == 3


def test_port_that_is_refused_behind_226(fake, client):
    """field 72: too early, which says nothing about the way that has just worked."""
    server = fake(options=("--behaviour=refuse-behind",))
    names = shares(server, 4)
    run = client("-v", "--retries=0", server.target(), "mget", "file*")
    assert run.status == 0, run
    assert all((client.folder / n).read_bytes() == n.encode() * 100 for n in names)
    assert run.stderr.count("< 503") == 1 and "> PASV" not in run.stderr, run


HURRIED = ("queue-thrice", "answer", "answer-thrice", "swallow", "swallow-thrice")


def files(client, count):
    """Small ones to be sent."""
    names = [f"small{i}" for i in range(count)]
    for i, name in enumerate(names):
        (client.folder / name).write_bytes(name.encode() * (i + 1))
    return names


def early(text):
    """How often something was asked for between the 150 and the 226 of a transfer."""
    return sum("> EPSV" in part.partition("< 226")[0] for part in text.split("< 150")[1:])


@pytest.mark.parametrize("how", HURRIED)
def test_asked_while_an_upload_ends(fake, client, how):
    """field 72: size, time and port, from servers that are not quite done with the file."""
    server = fake(options=(f"--behaviour=hurried={how}",))
    names = files(client, 8)
    run = client("-v", "--retries=0", server.target(), "mput", *names)
    assert run.status == 0, run
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"] * 8
    for name in names:
        assert (server.root / name).read_bytes() == (client.folder / name).read_bytes()
        there, here = (server.root / name).stat(), (client.folder / name).stat()
        assert int(there.st_mtime) == int(here.st_mtime), name
    assert server.said().count("> USER") == 1
    # Twice too early is enough.
    hurries = 3 if "queue" in how else 2 if "thrice" in how else 1
    assert early(run.stderr) == hurries, run
    assert run.stderr.count("> PWD") == 1 + (0 if "queue" in how else hurries), run


@pytest.mark.parametrize("how", HURRIED)
def test_asked_while_a_download_ends(fake, client, how):
    server = fake(options=(f"--behaviour=hurried={how}",))
    names = shares(server, 8)
    run = client("-v", "--retries=0", server.target(), "mget", "file*")
    assert run.status == 0, run
    assert all((client.folder / n).read_bytes() == n.encode() * 100 for n in names)
    assert [t["verdict"] for t in run.report["transfers"]] == ["size-ok"] * 8
    assert server.said().count("> RETR") == 8 and server.said().count("> USER") == 1
    assert "> PASV" not in run.stderr, run


@pytest.mark.parametrize("how", ("queue-fails", "answer-fails", "swallow-fails"))
def test_upload_fails_with_more_asked_behind_it(fake, client, how):
    """Its own failure is told, and no reply to anything else is taken for success; what is there
    under its name, perhaps an older file of that size, does not keep the time that was set for it."""
    server = fake(options=(f"--behaviour=hurried={how}",))
    names = files(client, 3)
    run = client("--retries=0", "--final-timeout=0.5", server.target(), "mput", *names)
    assert run.status == 7, run
    assert "552 Over quota" in run.stderr, run
    assert [t["verdict"] for t in run.report["transfers"]].count("size-ok") == 2
    there, here = (server.root / "small0").stat(), (client.folder / "small0").stat()
    assert int(there.st_mtime) != int(here.st_mtime)


def test_silence_to_what_was_asked_ahead_ends_as_with_one_command(fake, client):
    """It is not sent again by itself where no session is to be rebuilt."""
    server = fake(options=("--behaviour=mute=SIZE",))
    run = client("--retries=0", "--reply-timeout=0.5", server.target(), "get", "small")
    assert run.status == 10 and "the server does not answer" in run.stderr, run
    assert server.said().count("> SIZE small") == 1


def test_port_that_is_refused_before_pret_is_known(fake, client):
    """field 45: what was asked with the login is asked again, behind PRET."""
    server = fake("pret")
    run = client(server.target(), "get", "small")
    assert run.status == 0, run
    assert server.said().count("> PRET") == 1
    assert "> PASV" not in server.said()


def test_silence_to_the_password_is_no_matter_of_company(fake, client):
    """Nothing that went with it is answered either: the login is not tried a second time."""
    mute = {verb: b"" for verb in ("PASS", "FEAT", "TYPE", "PWD")}
    server = fake(tls="off")
    with Interpreter(server.port, LOGIN | mute) as between:
        run = client("--tls=off", "--retries=0", "--reply-timeout=1",
                     f"someone@127.0.0.1:{between.port}", "pwd")
    assert run.status != 0 and "does not answer" in run.stderr, run
    assert between.heard.count("PASS") == 1
