"""Rows a, k and l: the four servers without a NAT, session resumption, implicit TLS."""
import hashlib

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
FILES = 20


@pytest.mark.scene("a")
@pytest.mark.parametrize("name", SERVERS)
def test_default_ladder_opens_epsv(bed, ftpsh, name):
    server = bed.server(name)
    bed.share("hello.txt", b"hi")
    run = ftpsh(server.target(), "ls")
    assert run.status == 0, run
    assert "hello.txt" in run.stdout
    assert run.attempts() == [("epsv", "open", "ok")]
    assert run.strategy() == "epsv"
    assert run.report["exit"] == 0 and run.report["error"] is None


@pytest.mark.scene("a")
@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("option, strategy", [
    ("--epsv", "epsv"), ("--pasv", "pasv"), ("--pasv-use-control-ip", "pasv-use-control-ip"),
    ("--active", "active")])
def test_chosen_strategy_is_used(bed, ftpsh, name, option, strategy):
    server = bed.server(name)
    bed.share("hello.txt", b"hi")
    run = ftpsh(option, server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [(strategy, "open", "ok")]
    assert "hello.txt" in run.stdout


@pytest.mark.scene("a")
@pytest.mark.parametrize("name", SERVERS)
def test_report_names_the_server_and_its_tls(bed, ftpsh, name):
    server = bed.server(name, tls_version="1.3")
    run = ftpsh(server.target(), "ls")
    assert run.status == 0, run
    about = run.report["server"]
    assert (about["address"], about["port"]) == ("127.0.0.1", server.port)
    assert about["tls"]["version"] == "TLS1.3"
    assert about["tls"]["cipher"] and len(about["tls"]["sha256"]) >= 64


@pytest.mark.scene("j")
@pytest.mark.parametrize("name", SERVERS)
def test_ipv6_loopback(bed, ftpsh, ipv6_loopback, name):
    server = bed.server(name, address="::1")
    run = ftpsh(server.target(), "ls")
    assert run.status == 0, run
    assert run.attempts() == [("epsv", "open", "ok")]


@pytest.mark.scene("k")
@pytest.mark.parametrize("version", ("1.2", "1.3"))
@pytest.mark.parametrize("name", ("vsftpd", "proftpd"))
def test_forty_transfers_are_all_resumed(bed, ftpsh, tmp_path, name, version):
    server = bed.server(name, reuse=True, tls_version=version)
    contents = [hashlib.sha256(b"%d" % i).digest() * (i * 50 + 1) for i in range(FILES)]
    batch = tmp_path / "batch"
    lines = []
    for i, content in enumerate(contents):
        (tmp_path / f"up{i}").write_bytes(content)
        lines.append(f"put {tmp_path}/up{i} file{i}")
    lines += [f"get file{i} {tmp_path}/down{i}" for i in range(FILES)]
    batch.write_text("\n".join(lines) + "\n")

    run = ftpsh("-b", batch, server.target())

    assert run.status == 0, run
    assert run.attempts() == [("epsv", "open", "ok")] * 2 * FILES
    tls = [a["tls"] for a in run.raw_attempts()]
    assert {t["version"] for t in tls} == {f"TLS{version}"}
    assert all(t["resumed"] for t in tls), [t["resumed"] for t in tls]
    for i, content in enumerate(contents):
        assert (bed.account.home / f"file{i}").read_bytes() == content
        assert (tmp_path / f"down{i}").read_bytes() == content


@pytest.mark.scene("l")
@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pyftpdlib"))
def test_implicit_tls(bed, ftpsh, tmp_path, name):
    server = bed.server(name, tls="implicit")
    bed.share("hello.txt", b"hi")
    run = ftpsh(server.target(), "get", "hello.txt", tmp_path / "hello.txt")
    assert run.status == 0, run
    assert (tmp_path / "hello.txt").read_bytes() == b"hi"
    assert run.attempts() == [("epsv", "open", "ok")]
