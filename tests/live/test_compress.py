"""--compress: MODE Z, against ProFTPD's mod_deflate and ftpfake."""
import os
import threading

import pytest

from bed.process import wait_until

TEXT = b"".join(b"%07d the quick brown fox\n" % n for n in range(60_000))
LONG = b"".join(b"%x" % (n * n * 7919) for n in range(1_500_000))
RANDOM = os.urandom(1_000_000)
MODE_Z = ("DeflateEngine on",)


def modes(text):
    """The MODE commands in a server's or client's record."""
    return [line.split("> ")[1] for line in text.splitlines() if "> MODE" in line]


@pytest.mark.parametrize("tls", ("explicit", "off"))
@pytest.mark.parametrize("content", (TEXT, RANDOM, LONG, b"", b"x"),
                         ids=("text", "random", "long", "empty", "byte"))
def test_files_of_proftpd(bed, ftpsh, tls, content):
    server = bed.server("proftpd", tls=tls, extra=MODE_Z)
    bed.share("down", content)
    (ftpsh.folder / "up").write_bytes(content)
    run = ftpsh("--compress", f"--tls={'off' if tls == 'off' else 'require'}", "-v",
                "-c", "ls -l; get down; put up; ls", server.target())
    assert run.status == 0, run
    # its mod_deflate cannot take uploads
    assert modes(run.stderr) == ["MODE Z", "MODE S", "MODE Z"], run
    assert (ftpsh.folder / "down").read_bytes() == content
    assert (bed.account.home / "up").read_bytes() == content
    assert "down" in run.stdout and "up" in run.stdout
    assert [t["bytes"] for t in run.report["transfers"]] == [len(content)] * 2


def on(client, server, *options, commands="ls; get text; put up; put up again"):
    server.share("text", TEXT)
    (client.folder / "up").write_bytes(TEXT)
    return client("--compress", *options, "-c", commands, server.target())


def test_everything_goes_through(fake, client):
    server = fake("mode-z")
    run = on(client, server)
    assert run.status == 0, run
    assert (client.folder / "text").read_bytes() == TEXT
    assert (server.root / "up").read_bytes() == TEXT
    assert (server.root / "again").read_bytes() == TEXT
    assert modes(server.said()) == ["MODE Z"]
    assert all(t["verdict"] == "size-ok" for t in run.report["transfers"])


@pytest.mark.parametrize("quirks, sent", (((), []), (("mode-z=refuse",), ["MODE Z"])))
def test_where_it_is_not_offered(fake, client, quirks, sent):
    server = fake(*quirks)
    run = on(client, server)
    assert run.status == 0, run
    assert modes(server.said()) == sent
    assert (client.folder / "text").read_bytes() == TEXT


def test_without_the_option_nothing_is_asked(fake, client):
    server = fake("mode-z")
    server.share("text", TEXT)
    assert client(server.target(), "get", "text").status == 0
    assert not modes(server.said())


def test_the_setting_changes_at_run_time(fake, client):
    server = fake("mode-z")
    run = on(client, server, commands="get text 1; set compress off; get text 2; set compress on; "
                                      "get text 3")
    assert run.status == 0, run
    assert modes(server.said()) == ["MODE Z", "MODE S", "MODE Z"]
    for name in "123":
        assert (client.folder / name).read_bytes() == TEXT


def test_a_continued_download_is_not_compressed(fake, client):
    server = fake("mode-z")
    (client.folder / "text.ftpsh.part").write_bytes(TEXT[:500_000])
    run = on(client, server, commands="ls; reget text; ls")
    assert run.status == 0, run
    assert modes(server.said()) == ["MODE Z", "MODE S", "MODE Z"]
    assert (client.folder / "text").read_bytes() == TEXT


def test_a_new_connection_starts_without(fake, client):
    """The rebuilt one is asked again."""
    server = fake("mode-z", "die-after=1000000")
    run = on(client, server, commands="-get text; get small; ls")
    assert run.status == 0, run
    assert modes(server.said()) == ["MODE Z", "MODE Z"]
    assert (client.folder / "small").read_bytes() == b"a small file\n"


@pytest.mark.parametrize("quirk, status", (
    ("data-cut-after=700000", 9), ("data-close-after=700000", 8), ("data-reset-after=700000", 8)))
@pytest.mark.parametrize("size", ((), ("no-size",)))
def test_a_stream_that_ends_in_the_middle(fake, client, quirk, status, size):
    server = fake("mode-z", quirk, *size)
    run = on(client, server, "--retries=0", commands="get text")
    assert run.status == status, run
    assert not (client.folder / "text").exists()


def test_a_listing_that_ends_in_the_middle_is_no_listing(fake, client):
    server = fake("mode-z", "data-cut-after=40")
    run = client("--compress", server.target(), "ls")
    assert run.status == 9 and "compressed" in run.stderr, run


def test_a_server_that_sends_something_else(fake, client):
    """Listed, confirmed, and the data come as they are."""
    server = fake("mode-z=lie")
    server.share("text", TEXT)
    run = client("--compress", "--retries=0", server.target(), "get", "text")
    assert run.status == 3 and "compressed" in run.stderr, run
    assert not (client.folder / "text").exists()


def test_a_bomb_fills_no_more_than_is_taken(fake, client):
    """A gigabyte of zeros in a megabyte, from a server that tells no size."""
    server = fake("mode-z", "no-size")
    with open(server.root / "zeros", "wb") as f:
        f.truncate(1 << 30)
    run = client("--compress", "-c", "cat zeros | head -c 100000 | wc -c", server.target())
    assert run.status == 0 and run.stdout.strip() == "100000", run
    assert run.report["transfers"][0]["bytes"] < 50_000_000


def test_a_broken_upload(fake, client):
    server = fake("mode-z", "disk-full-after=700000")
    run = on(client, server, "--retries=0", commands="put up")
    assert run.status == 8 and "up has" in run.stderr, run


def test_all_that_came_before_426_is_kept(fake, client):
    """Though the reply was seen while a block of it was being inflated, for a reader that waited."""
    server, go = fake("mode-z", "data-close-after=6000000"), client.folder / "go"
    content = b"".join(b"%07d and so on\n" % (i // 1000) for i in range(600_000))
    server.share("text", content)

    def let_go():
        wait_until(lambda: "< 426" in server.said(), 15, "426")
        go.touch()

    thread = threading.Thread(target=let_go)
    thread.start()
    reader = "sh -c 'head -c 100000; while ! [ -e go ]; do sleep 0.02; done; cat' >copy"
    run = client("--compress", "--retries=0", "-c", f"cat text | {reader}", server.target())
    thread.join()
    assert run.status == 8, run
    assert (client.folder / "copy").read_bytes() == content[:6_000_000]
