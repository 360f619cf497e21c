"""Fixtures of the tests against ftpfake, and of those at a terminal."""

import pytest

from bed.client import Client
from bed.shell import shells
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


@pytest.fixture
def shell(ftpsh):
    """Starts ftpsh on a terminal of its own: see bed.shell."""
    with shells(ftpsh) as start:
        yield start


@pytest.fixture
def config(client):
    """Writes the configuration."""
    path = client.home / ".config" / "ftpsh" / "config"
    path.parent.mkdir(parents=True)

    def write(text, mode=0o600):
        path.write_text(text)
        path.chmod(mode)
        return path

    return write
