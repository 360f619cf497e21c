"""A session takes no more for its many commands than for its first ones. What ten thousand transfers
and an hour of mirroring take is measured by tests/bench/soak.py, which this runs for some seconds.
"""
from bench.soak import judge, soak

ROWS = 256  # of data connections, that a session keeps for its report
AFTER = 384


def test_transfers_leave_nothing_behind(release_binary):
    session = soak("transfers", ROWS + AFTER, "ftpfake", release_binary)
    assert not session.failures and session.peak["threads"] == 1
    # 16 bytes kept for each transfer would be two pages
    judged = judge(session.samples, (ROWS + 64) / (ROWS + AFTER), {"rss": 12, "heap": 8})
    assert all(j["flat"] for j in judged.values()), judged


def test_mirrors_leave_nothing_open(release_binary):
    session = soak("mirror", 3, "ftpfake", release_binary)
    assert not session.failures and len(session.samples) > 1
    for what in ("descriptors", "threads"):
        assert len({s[what] for s in session.samples}) == 1, session.samples


def test_what_rises_is_not_flat():
    flat = {"rss": 5000, "heap": 1000, "descriptors": 6, "threads": 1}
    for what in flat:
        samples = [{"step": i, **flat, what: flat[what] + i} for i in range(200)]
        assert [n for n, j in judge(samples).items() if not j["flat"]] == [what]
