"""CCC: the gateway reads the control connection again; the data stay encrypted."""
import pytest

from bed import nat

pytestmark = pytest.mark.usefixtures("namespaces")
SERVERS = ("proftpd", "pureftpd")


@pytest.fixture(params=SERVERS)
def scene(request, bed):
    """Nothing of the passive range is forwarded: only the gateway opens ports."""
    router = bed.nat(forward=False, gateway=True)
    bed.share("hello.txt", b"hello\n" * 1000)
    # ProFTPD keeps the control connection under TLS where "on" requires it.
    extra = ("TLSRequired auth+data",) if request.param == "proftpd" else ()
    return router, bed.server_behind(router, request.param, extra=extra)


def run_commands(ftpsh, scene, commands, *options):
    router, server = scene
    return ftpsh("--ccc", *options, "-v", "-c", commands, server.target(nat.PUBLIC),
                 netns=router.client)


def sent(run):
    return [line[2:].split(" ")[0] for line in run.stderr.splitlines() if line.startswith("> ")]


def test_cleared_connection_gets_through(scene, ftpsh):
    """field 42, field 72: both orders of shutting TLS down."""
    run = run_commands(ftpsh, scene, "ls; get hello.txt near; put near there; ls there")
    assert run.status == 0, run
    assert (ftpsh.folder / "near").read_bytes() == b"hello\n" * 1000
    assert set(run.attempts()) == {("ccc", "open", "ok")}
    for attempt in run.raw_attempts():
        assert attempt["advertised"].startswith(nat.PUBLIC + ":")
        assert attempt["tls"]["version"].startswith("TLS")


def test_cleared_once_and_no_password_after_it(scene, ftpsh):
    run = run_commands(ftpsh, scene, "ls; ls; ls")
    assert run.status == 0, run
    verbs = sent(run)
    assert verbs.count("CCC") == 1
    assert "PASS" not in verbs[verbs.index("CCC"):]


def test_price_is_told(scene, ftpsh):
    router, server = scene
    run = ftpsh("--ccc", server.target(nat.PUBLIC), "ls", netns=router.client)
    assert run.status == 0, run
    assert "in clear" in run.stderr


def test_lost_session_logs_in_under_tls_again(scene, ftpsh):
    """A rebuilt session clears its own connection, after its own login."""
    run = run_commands(ftpsh, scene, "ls; close; open " + scene[1].target(nat.PUBLIC) + "; ls")
    assert run.status == 0, run
    verbs = sent(run)
    assert verbs.count("CCC") == 2
    second = verbs.index("AUTH", verbs.index("CCC"))
    assert verbs.index("PASS", second) > second


def test_refused_where_there_is_nothing_to_clear(bed, ftpsh):
    router = bed.nat(forward=False, gateway=True)
    server = bed.server_behind(router, "proftpd", tls="off")
    run = ftpsh("--tls=off", "--ccc", server.target(nat.PUBLIC), "ls", netns=router.client)
    assert run.status == 6, run
    assert run.attempts()[0][2] == "skipped"
