"""Fixtures of the tests against ftpfake."""
import pytest

from bed.client import Client
from fake.server import BIG, PASSWORD, SMALL, Fake


@pytest.fixture
def client(tmp_path, binary, pki):
    made = Client(binary, tmp_path / "client", PASSWORD, pki.ca.cert)
    yield made
    for run in made.runs:
        print(run)


@pytest.fixture
def fake(tmp_path, pki):
    """Starts the server with these quirks, with a big and a small file to serve."""
    started = []

    def start(*quirks, **settings):
        server = Fake(tmp_path / f"fake-{len(started)}", pki, *quirks, **settings)
        started.append(server)
        server.share("big", BIG)
        server.share("small", SMALL)
        (server.root / "empty").mkdir()
        return server

    yield start
    for server in started:
        print(server.said()[-6000:])
        server.stop()
