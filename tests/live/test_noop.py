"""NOOPs in mid-transfer: each server answers them in its own way, and the session stays in step."""
import os
import re

import pytest

BIG = os.urandom(2_000_000)  # four seconds
SLOW = {"vsftpd": "local_max_rate=500000", "proftpd": "TransferRate RETR,STOR 500",
        "pureftpd": "-T 500"}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("command", ("get big there", "put here there"))
def test_noops_in_mid_transfer(bed, ftpsh, name, command):
    """vsftpd answers behind its 226, ProFTPD at once, Pure-FTPd with an error (field 72). The last
    one's rate limit comes to a halt when commands come faster than its pauses."""
    server = bed.server(name, extra=(SLOW[name],))
    bed.share("big", BIG)
    (ftpsh.folder / "here").write_bytes(BIG)
    run = ftpsh("--noop-interval=1.2", "--trace=trace", "-c", f"{command}; size big; pwd",
                server.target())
    trace = (ftpsh.folder / "trace").read_text()
    assert run.status == 0, f"{run}\n{trace}"
    folder = ftpsh.folder if command.startswith("get") else bed.account.home
    assert (folder / "there").read_bytes() == BIG
    assert len(re.findall("> NOOP", trace)) >= 2, trace
    assert run.stdout.split()[0] == str(len(BIG))
    assert trace.count("> USER") == 1, trace
