"""Row n: files of awkward sizes, and of five gigabytes, arrive as they were sent."""
import os
import shutil
import subprocess

import pytest

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
HUGE = 5 << 30
MARKS = (0, (1 << 31) - 3, (1 << 32) - 3, HUGE - 7)  # about where a 32-bit count would go wrong


@pytest.mark.scene("n")
@pytest.mark.parametrize("size", (0, 1, 65537))
@pytest.mark.parametrize("name", SERVERS)
def test_small_sizes(bed, ftpsh, tmp_path, name, size):
    server = bed.server(name)
    content = os.urandom(size)
    (tmp_path / "up").write_bytes(content)
    run = ftpsh("-c", f"put {tmp_path}/up there; get there {tmp_path}/down", server.target())
    assert run.status == 0, run
    assert (bed.account.home / "there").read_bytes() == content
    assert (tmp_path / "down").read_bytes() == content
    assert [t["bytes"] for t in run.report["transfers"]] == [size, size]
    assert {t["verdict"] for t in run.report["transfers"]} <= {"size-ok", "verified"}


@pytest.fixture
def huge_file(work):
    """Sparse, with a few bytes that betray a lost or doubled piece."""
    if shutil.disk_usage(work).free < HUGE + (1 << 30):
        pytest.skip("not enough room on the disk")
    path = work / "huge"
    with open(path, "wb") as f:
        for i, offset in enumerate(MARKS):
            f.seek(offset)
            f.write(b"mark %d" % i)
        f.truncate(HUGE)
    yield path
    path.unlink()


def same(one, other):
    return subprocess.run(["cmp", one, other], check=False).returncode == 0


@pytest.mark.scene("n")
@pytest.mark.parametrize("name", SERVERS)
def test_five_gigabytes_up(bed, ftpsh_release, huge_file, name):
    server = bed.server(name)
    run = ftpsh_release(server.target(), "put", huge_file, "huge", bound=300)
    assert run.status == 0, run
    assert same(huge_file, bed.account.home / "huge")


@pytest.mark.scene("n")
@pytest.mark.parametrize("name", SERVERS)
def test_five_gigabytes_down(bed, ftpsh_release, huge_file, work, name):
    server = bed.server(name)
    os.link(huge_file, bed.account.home / "huge")
    bed.account.own(huge_file)
    run = ftpsh_release(server.target(), "get", "huge", work / "copy", bound=300)
    try:
        assert run.status == 0, run
        assert same(huge_file, work / "copy")
    finally:
        (work / "copy").unlink(missing_ok=True)
