"""Over a round trip of 40 ms: what is asked ahead is under way together with the data there, and what
a server sends is not all with us when it closes. A fast loopback shows neither."""
import pytest

from bench.line import SERVER, Line

SERVERS = ("vsftpd", "proftpd", "pureftpd")
SIZES = [0, 1, 1000, 5000, 12000, 40_000, 1000, 1000, 1000, 1000]


@pytest.fixture
def far(bed, ftpsh, tmp_path, binary, namespaces):
    """Starts a server at the other end; gives what runs ftpsh with it."""
    program = binary.parents[1] / "tests" / "bench" / "delayline"
    lines = []

    def start(name):
        line = Line(program, tmp_path)
        lines.append(line)
        line.__enter__()
        server = bed.server(name, netns=line.server, address=SERVER)
        return lambda *command: ftpsh("-v", server.target(SERVER), *command, netns=line.client)

    yield start
    for server in bed.servers:
        server.stop()
    for line in lines:
        line.__exit__(None, None, None)


def content(i, size):
    return bytes([65 + i]) * size


def under_way(text, command):
    """How often it was sent between a transfer's 150 and its 226."""
    return sum(f"> {command}" in part.partition("< 226")[0] for part in text.split("< 150")[1:])


@pytest.mark.parametrize("name", SERVERS)
def test_small_files_and_long_listings(bed, ftpsh, far, name):
    """field 72. A listing beyond one flight of TCP's is whole, though it was taken for a short one."""
    run_far = far(name)
    for i, size in enumerate(SIZES):
        bed.share(f"down{i}", content(i, size))
        (ftpsh.folder / f"up{i}").write_bytes(content(i, size))
    for i in range(1500):
        (bed.account.home / f"entry{i:04}").touch()
    listed = run_far("ls")
    assert listed.status == 0, listed
    assert sum(word.startswith("entry") for word in listed.stdout.split()) == 1500
    got = run_far("mget", "-P1", *(f"down{i}" for i in range(len(SIZES))))
    put = run_far("mput", "-P1", *(f"up{i}" for i in range(len(SIZES))))
    for run in (got, put):
        assert run.status == 0, run
        assert {t["verdict"] for t in run.report["transfers"]} == {"size-ok"}, run
        assert run.stderr.count("> USER") == 1, run
    for i, size in enumerate(SIZES):
        assert (ftpsh.folder / f"down{i}").read_bytes() == content(i, size)
        there, here = bed.account.home / f"up{i}", ftpsh.folder / f"up{i}"
        assert there.read_bytes() == content(i, size)
        assert int(there.stat().st_mtime) == int(here.stat().st_mtime)
    assert under_way(put.stderr, "EPSV") > 0 and under_way(put.stderr, "SIZE") > 0, put
