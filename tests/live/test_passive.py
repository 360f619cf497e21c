"""What passive mode owes to odd servers and to firewalls."""
import pytest

from fake.server import SMALL


def port_of(attempt):
    return int(attempt["endpoint"].rsplit(":", 1)[1])


@pytest.mark.parametrize("options", ((), ("--pasv",)))
def test_pret_comes_before_every_port(fake, client, options):
    """field 45"""
    server = fake("pret")
    run = client(*options, "-v", "-c", "ls; get small; put small up", server.target())
    assert run.status == 0, run
    assert (client.folder / "small").read_bytes() == SMALL
    told = [line[2:] for line in run.stderr.splitlines() if line.startswith("> PRET")]
    assert told == ["PRET MLSD", "PRET RETR small", "PRET STOR up"]


def test_ports_that_firewalls_block_are_passed_over(fake, client):
    """field 34: 5060 and 5061 are SIP's."""
    server = fake(options=["--passive-ports=5060-5062"])
    run = client(server.target(), "get", "small")
    assert run.status == 0, run
    assert port_of(run.raw_attempts()[0]) == 5062


def test_a_server_without_other_ports_is_served_all_the_same(fake, client):
    server = fake(options=["--passive-ports=5060-5061"])
    run = client(server.target(), "get", "small")
    assert run.status == 0, run
    assert port_of(run.raw_attempts()[0]) in (5060, 5061)
