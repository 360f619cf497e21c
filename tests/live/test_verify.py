"""Contents compared by the server's hash, and what becomes of a transfer where they differ."""
import os

import pytest

from fake.server import BIG, SMALL

WAYS = ("HASH", "XSHA256", "XSHA512", "XSHA1", "XMD5", "MD5", "XCRC", "SITE XMD5", "SITE XCRC",
        "SITE CHECKSUM")


def verdicts(run):
    return [t["verdict"] for t in run.report["transfers"]]


def asked(server, command):
    """The commands that the server was sent which begin so."""
    return [line for line in server.said().splitlines() if f" > {command}" in line]


@pytest.mark.parametrize("way", WAYS)
def test_every_command_that_tells_a_hash(fake, client, way):
    server = fake(f"digest={way}")
    (client.folder / "up").write_bytes(BIG)
    (client.folder / "a b").write_bytes(SMALL)
    run = client("-c", "get big; put up; put 'a b'; cat small", server.target())
    assert run.status == 0, run
    assert verdicts(run) == ["verified"] * 4
    assert (client.folder / "big").read_bytes() == BIG
    assert asked(server, way)


def test_what_site_help_lists(fake, client):
    """wu-ftpd has no FEAT; its method is chosen once."""
    server = fake("digest=SITE CHECKSUM", "refuse=FEAT:500", tls="off")
    run = client("--tls=off", "-c", "get small; get big", server.target())
    assert run.status == 0 and verdicts(run) == ["verified"] * 2, run
    assert len(asked(server, "SITE HELP")) == len(asked(server, "SITE CHECKMETHOD")) == 1


@pytest.mark.parametrize("quirks, helps", ((("refuse=FEAT:500",), 1), ((), 0)))
def test_what_site_help_does_not_list(fake, client, quirks, helps):
    server = fake(*quirks)
    run = client("-c", "get small; get big", server.target())
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 2, run
    assert len(asked(server, "SITE HELP")) == helps and not asked(server, "SITE CHECK")


def test_the_best_is_chosen(fake, client):
    server = fake("digest=XCRC,XMD5,HASH,XSHA256")
    run = client(server.target(), "get", "small")
    assert run.status == 0 and verdicts(run) == ["verified"], run
    assert asked(server, "OPTS HASH SHA-256") and asked(server, "HASH small")
    assert not asked(server, "X")


@pytest.mark.parametrize("way", WAYS)
def test_contents_that_differ(fake, client, way):
    server = fake(f"digest={way}", "wrong-digest")
    (client.folder / "small").write_bytes(b"what was there before")
    run = client(server.target(), "get", "small")
    assert run.status == 9, run
    assert verdicts(run) == ["failed"]
    assert "contents differ" in run.stderr
    assert (client.folder / "small").read_bytes() == b"what was there before"


def test_what_is_wrong_is_not_continued(fake, client):
    part = client.folder / "small.ftpsh.part"
    run = client(fake("digest=HASH", "wrong-digest").target(), "get", "small")
    assert run.status == 9 and "bytes that are wrong, was removed" in run.stderr, run
    assert not part.exists()
    run = client(fake("digest=HASH").target(), "get", "-c", "small")
    assert run.status == 0 and (client.folder / "small").read_bytes() == SMALL, run
    (client.folder / "small").unlink()
    # no hash tells nothing of what has come
    run = client("--verify=require", fake("digest=HASH", "refuse=HASH:550").target(), "get", "small")
    assert run.status == 9 and "are kept in" in run.stderr and part.read_bytes() == SMALL, run


def test_an_upload_that_differs(fake, client):
    server = fake("digest=HASH", "wrong-digest")
    (client.folder / "up").write_bytes(SMALL)
    run = client(server.target(), "put", "up")
    assert run.status == 9 and verdicts(run) == ["failed"], run


def test_cut_upload_of_the_right_size(fake, client):
    """A server whose SIZE agrees and whose contents do not."""
    server = fake("digest=XCRC", "upload-short=5", "wrong-size=5")
    (client.folder / "up").write_bytes(BIG)
    run = client(server.target(), "put", "up")
    assert run.status == 9 and verdicts(run) == ["failed"], run


def test_off(fake, client):
    server = fake("digest=HASH", "wrong-digest")
    run = client("--verify=off", server.target(), "get", "small")
    assert run.status == 0 and verdicts(run) == ["size-ok"], run
    assert not asked(server, "HASH")


def test_require_without_a_command(fake, client):
    """Told before anything is transferred."""
    server = fake()
    (client.folder / "up").write_bytes(SMALL)
    run = client("--verify=require", "-c", "-get small; -put up; cat small", server.target())
    assert run.status == 9, run
    assert run.stderr.count("offers no command") == 3
    assert not asked(server, "RETR") and not asked(server, "STOR")
    assert not (client.folder / "small").exists() and not (server.root / "up").exists()


def test_require(fake, client):
    run = client("--verify=require", fake("digest=XSHA256").target(), "get", "big")
    assert run.status == 0 and verdicts(run) == ["verified"], run


# A command that is listed and fails.

def test_listed_and_refused(fake, client):
    """It is not asked again; sizes have to do."""
    server = fake("digest=XSHA256", "refuse=XSHA256:502")
    run = client("-c", "get small; get big", server.target())
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 2, run
    assert len(asked(server, "XSHA256")) == 1


def test_another_command_for_the_same_hash(fake, client):
    server = fake("digest=XSHA256,SITE XSHA256", "refuse=XSHA256:500")
    run = client("-c", "get small; get big", server.target())
    assert run.status == 0 and verdicts(run) == ["verified"] * 2, run
    assert len(asked(server, "XSHA256")) == 1 and len(asked(server, "SITE XSHA256")) == 2


def test_refused_for_one_file(fake, client):
    server = fake("digest=XSHA256", "refuse=XSHA256:550")
    run = client("-c", "get small; get big", server.target())
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 2, run
    assert len(asked(server, "XSHA256")) == 2


@pytest.mark.parametrize("quirk", ("refuse=XSHA256:502", "refuse=XSHA256:550",
                                   "digest-format=250 here it is, or not:"))
def test_require_and_no_answer(fake, client, quirk):
    run = client("--verify=require", fake("digest=XSHA256", quirk).target(), "get", "small")
    assert run.status == (0 if "format" in quirk else 9), run
    assert (client.folder / "small").exists() == (run.status == 0)


@pytest.mark.parametrize("answer", ("250 no hash, sorry", "250 0123", "213 SHA-1 0-5"))
@pytest.mark.parametrize("way", ("HASH", "XMD5"))
def test_an_answer_that_is_no_hash(fake, client, way, answer):
    """It ends in a hash all the same, where that could be another's: read strictly or not at all."""
    server = fake(f"digest={way}", f"digest-format={answer} {'ab' * 40}")
    run = client("-c", "get small; get big", server.target())
    assert run.status == 0, run
    assert set(verdicts(run)) <= {"size-ok", "verified"}
    if way == "HASH":
        assert verdicts(run) == ["size-ok"] * 2
        assert len(asked(server, "HASH")) == 1


def test_a_file_that_is_called_like_a_hash(fake, client):
    name = "ab" * 32
    server = fake("digest=XSHA256", f"digest-format=250 {name}")
    server.share(name, b"contents")
    run = client("--verify=require", server.target(), "get", name)
    assert run.status == 0 and verdicts(run) == ["verified"], run


# A part that was there before counts.

def test_answer_that_comes_too_late(fake, client):
    """What has come is kept, and only that file waits for it."""
    server = fake("digest=XMD5", "late=XMD5:30000")
    run = client("--reply-timeout=1", server.target(), "mget", "small", "big")
    assert run.status == 0 and verdicts(run) == ["size-ok"] * 2, run
    assert server.said().count("> XMD5") == 1
    run = client("--reply-timeout=1", "--verify=require", "--retries=0", server.target(), "get",
                 "small")
    assert run.status == 10, run


def test_resumed(fake, client):
    server = fake("digest=XSHA256")
    (client.folder / "big.ftpsh.part").write_bytes(BIG[:1_000_000])
    (client.folder / "up").write_bytes(BIG)
    (server.root / "up").write_bytes(BIG[:1_000_000])
    run = client("-c", "reget big; reput up", server.target())
    assert run.status == 0 and verdicts(run) == ["verified"] * 2, run
    assert all(t["bytes"] < 2_100_000 for t in run.report["transfers"])
    assert (server.root / "up").read_bytes() == BIG


def test_resumed_behind_another_beginning(fake, client):
    """The overlap agrees; only the hash can tell that the first byte does not."""
    server = fake("digest=XSHA256")
    (client.folder / "big.ftpsh.part").write_bytes(b"\0" + BIG[1:1_000_000])
    (client.folder / "up").write_bytes(BIG)
    (server.root / "up").write_bytes(b"\0" + BIG[1:1_000_000])
    run = client("-c", "-reget big; reput up", server.target())
    assert run.status == 9 and verdicts(run) == ["failed"] * 2, run
    assert run.stderr.count("contents differ") == 2
    assert not (client.folder / "big").exists()


# Real servers.

DIGEST_MODULE = ("LoadModule mod_digest.c", "DigestEngine on")


@pytest.mark.parametrize("algorithms, command", (
    ("all", "HASH"), ("sha256", "HASH"), ("sha1 md5", "HASH"), ("crc32", "HASH")))
def test_proftpd(bed, ftpsh, tmp_path, algorithms, command):
    content = os.urandom(2_000_000)
    bed.share("a b", content)
    server = bed.server("proftpd", extra=(*DIGEST_MODULE, f"DigestAlgorithms {algorithms}"))
    (tmp_path / "up").write_bytes(content)
    (tmp_path / "empty").write_bytes(b"")
    run = ftpsh("--verify=require", "-v", "-c",
                f"get 'a b' {tmp_path}/down; put {tmp_path}/up; put {tmp_path}/empty",
                server.target())
    assert run.status == 0 and verdicts(run) == ["verified"] * 3, run
    assert f"> {command}" in run.stderr


def test_proftpd_without_hash(bed, ftpsh, tmp_path):
    """The X commands, with blanks in the name."""
    content = os.urandom(100_000)
    bed.share("a b", content)
    server = bed.server("proftpd", extra=DIGEST_MODULE, refuse=("HASH",))
    run = ftpsh("-v", "-c", f"get 'a b' {tmp_path}/down", server.target())
    assert run.status == 0, run
    assert verdicts(run) == ["verified"], run
    assert "> X" in run.stderr


@pytest.mark.parametrize("name", ("vsftpd", "pureftpd", "pyftpdlib"))
def test_servers_without_a_hash(bed, ftpsh, tmp_path, name):
    bed.share("file", SMALL)
    server = bed.server(name)
    run = ftpsh(server.target(), "get", "file", tmp_path / "file")
    assert run.status == 0 and verdicts(run) == ["size-ok"], run
    run = ftpsh("--verify=require", server.target(), "get", "file", tmp_path / "other")
    assert run.status == 9 and not (tmp_path / "other").exists(), run
