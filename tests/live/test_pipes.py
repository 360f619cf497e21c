"""Other programs: pipes, shell commands, and the descriptors that ftpsh is started with."""
import pytest


@pytest.mark.parametrize("closed, status", (("<&-", 0), (">&-", 1), ("2>&-", 0),
                                            ("<&- >&- 2>&-", 1)))
def test_closed_standard_descriptors(bed, ftpsh, closed, status):
    """What is opened next must not take their place: a listing would go to the server."""
    server = bed.server("vsftpd")
    bed.share("hello.txt", b"hi")
    run = ftpsh(server.target(), "ls", prefix=("sh", "-c", f'"$0" "$@" {closed}'))
    assert run.status == status and run.report["exit"] == status, run
    assert server.logs().count("hello.txt") == 0
