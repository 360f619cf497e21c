"""Row p: each thing that can be wrong gives its own status and says so in one clear line."""
import os
import re
import subprocess

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
pytestmark = pytest.mark.scene("p")


def says(run, status, *words):
    """The status, and exactly one line that is about the failure."""
    assert run.status == status, run
    lines = [line for line in run.stderr.splitlines() if line.startswith("ftpsh: ")]
    assert len(lines) == 1, run
    for word in words:
        assert word.lower() in lines[0].lower(), run
    return lines[0]


@pytest.mark.parametrize("name", SERVERS)
def test_wrong_password(bed, ftpsh, name):
    server = bed.server(name)
    run = ftpsh(server.target(), "ls", password="not this one")
    says(run, 5, "login")
    assert "not this one" not in run.stderr
    assert run.report["exit"] == 5 and run.report["error"]


@pytest.mark.parametrize("cert, word", [("selfsigned", "certificate"), ("expired", "expired"),
                                        ("other", "127.0.0.1")])
def test_bad_certificate(bed, ftpsh, cert, word):
    server = bed.server("vsftpd", cert=cert)
    says(ftpsh(server.target(), "ls"), 4, word)
    assert '"USER' not in server.logs()


def test_unknown_authority(bed, ftpsh):
    server = bed.server("vsftpd")
    says(ftpsh(server.target(), "ls", ca=False), 4, "certificate")


def test_name_given_by_hand(bed, ftpsh):
    server = bed.server("vsftpd", cert="other")
    run = ftpsh("--tls-name=elsewhere.example", server.target(), "ls")
    assert run.status == 0, run


def test_pin_replaces_the_authority(bed, ftpsh):
    server = bed.server("vsftpd", cert="selfsigned")
    refused = ftpsh(server.target(), "ls")
    option = re.search(r"--pin=sha256:[0-9a-f]{64}", refused.stderr)[0]
    accepted = ftpsh(option, server.target(), "ls", ca=False)
    assert accepted.status == 0, accepted
    wrong = ftpsh(f"--pin=sha256:{'00' * 32}", server.target(), "ls", ca=False)
    says(wrong, 4)


def test_server_without_tls(bed, ftpsh):
    server = bed.server("vsftpd", tls="off")
    says(ftpsh(server.target(), "ls"), 4, "tls")
    assert '"USER' not in server.logs()


@pytest.mark.parametrize("name", SERVERS)
def test_no_such_file(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    run = ftpsh(server.target(), "get", "nowhere", tmp_path / "here")
    says(run, 7, "nowhere")
    assert not list(tmp_path.glob("here*"))


@pytest.mark.parametrize("name", SERVERS)
def test_no_permission_there(bed, ftpsh, tmp_path, name):
    server = bed.server(name)
    secret = bed.share("secret", b"x")
    secret.chmod(0)
    closed = bed.account.own_folder("closed")
    closed.chmod(0o555)
    says(ftpsh(server.target(), "get", "secret", tmp_path / "here"), 7, "secret")
    (tmp_path / "up").write_bytes(b"x")
    says(ftpsh(server.target(), "put", tmp_path / "up", "closed/up"), 7, "closed/up")


def test_no_permission_here(bed, ftpsh, tmp_path):
    """Root may write everywhere, but not into /proc."""
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    says(ftpsh(server.target(), "get", "hello.txt", "/proc/hello.txt"), 1, "/proc/hello.txt")
    says(ftpsh(server.target(), "put", tmp_path / "nowhere"), 1, "nowhere")


def test_no_such_local_folder(bed, ftpsh, tmp_path):
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    says(ftpsh(server.target(), "get", "hello.txt", tmp_path / "no/folder"), 1, "no/folder")


FULL_DISK = """
mount -t tmpfs -o size=64k full "$0" || exit 99
echo old >"$0/target"
"$@"
status=$?
cat "$0/target" >&3
ls "$0" >&3
exit $status
"""


def test_full_disk_here(bed, ftpsh, tmp_path):
    """In a mount namespace of its own, a file system that is too small for what comes."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no mount namespaces here")
    server = bed.server("vsftpd")
    bed.share("big", os.urandom(300000))
    disk, seen = tmp_path / "disk", tmp_path / "seen"
    disk.mkdir()
    script = FULL_DISK.replace(">&3", f">>'{seen}'")
    run = ftpsh(server.target(), "get", "big", disk / "target",
                prefix=("unshare", "-m", "sh", "-c", script, str(disk)))
    says(run, 1, "no space")
    assert seen.read_text().split() == ["old", "target", "target.ftpsh.part"]


def test_unknown_command(bed, ftpsh):
    server = bed.server("vsftpd")
    run = ftpsh(server.target(), "frobnicate")
    says(run, 2, "frobnicate")


@pytest.mark.parametrize("args, word", [
    (("--no-such-option",), "no-such-option"), (("--data-timeout=soon", "localhost"), "soon"),
    (("--tls=perhaps", "localhost"), "perhaps"), (("http://localhost",), "http"),
    (("localhost:99999", "ls"), "99999")])
def test_bad_usage(ftpsh, args, word):
    says(ftpsh(*args), 2, word)


def test_nobody_listens(ftpsh):
    run = ftpsh("127.0.0.1:1", "ls")
    says(run, 3, "refused")


def test_no_such_host(ftpsh):
    says(ftpsh("nowhere.invalid", "ls"), 3, "nowhere.invalid")


def test_first_failure_stops_a_batch(bed, ftpsh):
    server = bed.server("vsftpd")
    run = ftpsh("-c", "rm nowhere; mkdir made", server.target())
    says(run, 7, "nowhere")
    assert not (bed.account.home / "made").exists()
    run = ftpsh("-c", "-rm nowhere; mkdir made", server.target())
    assert run.status == 0, run
    assert (bed.account.home / "made").is_dir()
