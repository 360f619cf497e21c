"""Whom a connection is trusted to, and from which TLS version on."""
import pytest

from bed.mounts import with_file

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def tls_version(run):
    return run.report["server"]["tls"] and run.report["server"]["tls"]["version"]


def url(server, scheme, path=""):
    return f"{scheme}://{server.target()}{path}"


@pytest.mark.usefixtures("mounts")
def test_the_systems_authorities(fake, client, pki):
    """Ours among them, then not."""
    server = fake()
    run = client(server.target(), "ls", ca=False, prefix=with_file(pki.ca.cert, BUNDLE))
    assert run.status == 0, run
    assert "small" in run.stdout
    run = client(server.target(), "ls", ca=False, prefix=with_file(pki.selfsigned.cert, BUNDLE))
    assert run.status == 4, run


@pytest.mark.usefixtures("mounts")
def test_a_ca_file_replaces_them(fake, client, pki):
    prefix = with_file(pki.ca.cert, BUNDLE)
    run = client(f"--ca-file={pki.selfsigned.cert}", fake().target(), "ls", ca=False, prefix=prefix)
    assert run.status == 4, run


# Client certificates. Without resumption data connections have to show one too.

WAYS = {"TLS1.3": (), "TLS1.2": ("--tls-max=1.2",)}


@pytest.fixture(params=WAYS)
def guarded(request, fake, pki):
    return fake("no-resume", options=(f"--client-ca={pki.ca.cert}", *WAYS[request.param]))


def test_client_certificate_and_key(guarded, client, pki):
    run = client(f"--cert={pki.client.cert}", f"--key={pki.client.key}", guarded.target(), "get",
                 "small")
    assert run.status == 0, run
    assert [a["tls"]["resumed"] for a in run.raw_attempts()] == [False]


def test_client_certificate_with_its_key_in_one_file(guarded, client, pki):
    run = client(f"--cert={pki.client.joined()}", guarded.target(), "get", "small")
    assert run.status == 0, run


def test_client_certificate_that_is_missing_or_wrong(guarded, client, pki):
    wrong = (f"--cert={pki.selfsigned.cert}", f"--key={pki.selfsigned.key}")
    for options in ((), wrong):
        run = client(*options, "--retries=0", guarded.target(), "get", "small")
        assert run.status == 4, run
    assert "USER" not in guarded.said()


def test_client_certificate_that_cannot_be_read(client, pki):
    run = client(f"--cert={pki.client.cert}", f"--key={pki.good.key}", "127.0.0.1:1", "ls")
    assert run.status == 1, run
    assert str(pki.client.cert) in run.stderr


# Versions and modes.

@pytest.mark.parametrize("least, most, version", (
    ("1.2", "1.3", "TLS1.3"), ("1.2", "1.2", "TLS1.2"), ("1.3", "1.3", "TLS1.3")))
def test_tls_min(fake, client, least, most, version):
    run = client(f"--tls-min={least}", fake(options=(f"--tls-max={most}",)).target(), "ls")
    assert run.status == 0, run
    assert tls_version(run) == version
    assert {a["tls"]["version"] for a in run.raw_attempts()} == {version}


def test_tls_min_refuses_what_is_older(fake, client):
    server = fake(options=("--tls-max=1.2",))
    run = client("--tls-min=1.3", "--retries=0", server.target(), "ls")
    assert run.status == 4, run
    assert "USER" not in server.said()


def test_prefer_uses_tls_where_it_is_offered(fake, client):
    run = client("--tls=prefer", fake().target(), "ls")
    assert run.status == 0, run
    assert tls_version(run) == "TLS1.3"
    assert all(a["tls"] for a in run.raw_attempts())


def test_prefer_goes_on_without(fake, client):
    server = fake("auth-refused")
    run = client("--tls=prefer", server.target(), "get", "small")
    assert run.status == 0, run
    assert not tls_version(run) and not any(a.get("tls") for a in run.raw_attempts())
    assert "> AUTH TLS" in server.said()


def test_prefer_does_not_pass_over_a_bad_certificate(fake, client, pki):
    server, wrong = fake(), f"--ca-file={pki.selfsigned.cert}"
    run = client("--tls=prefer", wrong, server.target(), "ls", ca=False)
    assert run.status == 4, run
    assert "USER" not in server.said()


# Schemes.

@pytest.mark.parametrize("scheme", ("ftpes", "ftp", "FTPES"))
def test_explicit_tls_by_scheme(fake, client, scheme):
    server = fake(tls="required")
    run = client(url(server, scheme), "ls")
    assert run.status == 0, run
    assert tls_version(run)
    assert "> AUTH TLS" in server.said()


def test_ftpes_allows_no_other_mode(fake, client):
    server = fake()
    for mode in ("off", "prefer", "implicit"):
        run = client(f"--tls={mode}", url(server, "ftpes"), "ls")
        assert run.status == 2, run
    assert server.said() == ""


def test_ftp_without_tls_when_told(fake, client):
    server = fake(tls="off")
    assert client(url(server, "ftp"), "ls").status == 4
    run = client("--tls=off", url(server, "ftp"), "ls")
    assert run.status == 0, run
    assert not tls_version(run)
