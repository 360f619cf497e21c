"""What reviews of the engine found once, kept from coming back."""
import os
import socket
import threading

import pytest

SMALL = b"small\n" * 1000


@pytest.fixture
def folder(client):
    return client.folder


def serve(server, name, content=SMALL):
    (server.root / name).write_bytes(content)
    return server


def test_short_upload_without_reply_and_size_is_a_failure(fake, client, folder):
    (folder / "up").write_bytes(os.urandom(200000))
    run = client("--final-timeout=0.5", fake("die-after=100000", "no-size").target(), "put", "up")
    assert run.status != 0, run
    assert run.report["transfers"][0]["verdict"] in ("truncated", "failed")


def test_unreachable_port_leaves_the_remote_file(fake, client, folder):
    """STOR empties the file that it names: it goes out only once there is a connection for it."""
    server = serve(fake("epsv-silent"), "there")
    (folder / "there").write_bytes(b"new")
    run = client("--epsv", "--data-timeout=1", server.target(), "put", "there")
    assert run.status == 6, run
    assert (server.root / "there").read_bytes() == SMALL


def test_part_file_of_somebody_else(fake, client, folder):
    server = serve(serve(fake(), "a", b"a"), "a.part", b"another file")
    run = client("-c", "get a.part; get a", server.target())
    assert run.status == 0, run
    assert (folder / "a").read_bytes() == b"a"
    assert (folder / "a.part").read_bytes() == b"another file"


def test_empty_file_without_close_notify(fake, client, folder):
    """field 9, with nothing to tell the end of the data from a broken connection but the 226."""
    server = serve(fake("no-close-notify"), "nothing", b"")
    run = client(server.target(), "get", "nothing")
    assert run.status == 0, run
    assert (folder / "nothing").read_bytes() == b""


def test_listing_from_inside_a_folder_comes_back(fake, client):
    """field 51"""
    server = serve(fake("no-mlsd"), "small")
    (server.root / "a b").mkdir()
    (server.root / "a b" / "inside").write_bytes(b"")
    run = client("-c", "ls 'a b'; pwd; get small", server.target())
    assert run.status == 0, run
    assert run.stdout.split() == ["inside", "/"]


def test_folder_that_is_gone_ends_one_command(fake, client, folder):
    server = serve(fake("421-after=16"), "small")
    run = client("-c", "mkdir gone; cd gone; rmdir /gone;" + "-pwd;" * 12
                 + "cd /; get small", server.target())
    assert run.status == 0, run
    assert "the folder is gone" in run.stderr
    assert (folder / "small").read_bytes() == SMALL


def test_421_while_the_ladder_goes_on(fake, client, folder):
    """What made the reconnection necessary is told before what became of it."""
    server = serve(fake("epsv-no-reply", "421-after-logins=1"), "small")
    run = client("--retries=0", "--data-timeout=0.5", server.target(), "get", "small")
    assert run.status == 8, run
    assert run.report["error"]["reply"] == 421, run
    said = "after epsv timeout at command: login of someone at 127.0.0.1: 421 Too many connections"
    assert said in run.report["error"]["message"] and said in run.stderr, run
    assert run.attempts() == [("epsv", "command", "timeout")], run
    assert not (folder / "small").exists()


@pytest.mark.parametrize("command", ("put fifo up", "get big fifo"))
def test_limit_for_everything_holds_for_a_fifo(fake, client, folder, command):
    os.mkfifo(folder / "fifo")
    run = client("--timeout=1", "--retries=0", serve(fake(), "big", bytes(1 << 20)).target(),
                 *command.split())
    assert run.status == 10, run


def test_link_to_nothing_is_followed(fake, client, folder):
    """field 74"""
    (folder / "link").symlink_to("named")
    run = client(serve(fake(), "small").target(), "get", "small", "link")
    assert run.status == 0, run
    assert (folder / "link").is_symlink()
    assert (folder / "named").read_bytes() == SMALL


def test_missing_local_folder_is_noticed_first(fake, client):
    run = client(serve(fake(), "small").target(), "get", "small", "nowhere/small")
    assert run.status == 1, run
    assert run.report["data"]["attempts"] == []


def test_flood_of_preliminary_replies(client):
    """120 may come before 220, but not for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def flood():
            peer, _ = listener.accept()
            with peer:
                try:
                    while True:
                        peer.sendall(b"120 in a moment\r\n" * 100)
                except OSError:
                    pass
        thread = threading.Thread(target=flood)
        thread.start()
        run = client("--retries=0", f"127.0.0.1:{listener.getsockname()[1]}", "pwd")
        thread.join()
    assert run.status == 3, run
    assert "preliminary replies" in run.stderr
