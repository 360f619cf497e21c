"""Valgrind over a batch: nothing leaks, and no descriptor stays open but the standard three."""
import os
import re
import shutil

import pytest

STATUS = 99
VALGRIND = ("valgrind", "--leak-check=full", "--track-fds=yes", f"--error-exitcode={STATUS}",
            "--errors-for-leak-kinds=definite,indirect,possible", "--child-silent-after-fork=yes")


@pytest.mark.parametrize("status, last", [(0, "size there"), (7, "rm nowhere")])
def test_batch_gives_everything_back(bed, ftpsh_release, tmp_path, status, last):
    if not shutil.which("valgrind"):
        pytest.skip("needs valgrind")
    server = bed.server("vsftpd", reuse=True)
    log = tmp_path / "valgrind.log"
    (tmp_path / "up").write_bytes(os.urandom(100000))
    batch = tmp_path / "batch"
    batch.write_text("\n".join([
        f"put {tmp_path}/up there", f"get there {tmp_path}/down", "ls", "nlist", "mkdir folder",
        "cd folder", "pwd", "cd ..", "rmdir folder", "mv there other", "cat other", "mv other there",
        "status", last]) + "\n")

    run = ftpsh_release("-b", batch, server.target(), prefix=(*VALGRIND, f"--log-file={log}"))

    text = log.read_text()
    assert run.status == status, f"{run}\n{text}"
    origins = re.findall(r"Open file descriptor \d+:.*\n==\d+==\s+(.*)", text)
    # What the parent left open (among it the log) is not the program's.
    assert origins and set(origins) == {"<inherited from parent>"}, text
