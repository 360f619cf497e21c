"""A session takes no more for its many commands than for its first ones. What ten thousand transfers
and an hour of mirroring take is measured by tests/bench/soak.py, which this runs for some seconds.
"""
from bench.soak import judge, soak

# A session keeps 256 rows of data connections for its report. The 129th makes room for the last.
WARM_UP, AFTER = 140, 240


def test_transfers_leave_nothing_behind(release_binary):
    session = soak("transfers", WARM_UP + AFTER, "ftpfake", release_binary)
    assert not session.failures and session.peak["threads"] == 1
    # The rows may still fill fresh pages, and the allocator's cache takes some.
    limits = {"live": AFTER / 1024, "rss": 256, "heap": 256}  # a byte for each transfer
    judged = judge(session.samples, WARM_UP / (WARM_UP + AFTER), limits)
    assert all(j["flat"] for j in judged.values()), judged


def test_mirrors_leave_nothing_behind(release_binary):
    session = soak("mirror", 3, "ftpfake", release_binary)
    assert not session.failures and len(session.samples) > 1
    for what in ("descriptors", "threads"):
        assert len({s[what] for s in session.samples}) == 1, session.samples
    # How long a ticket is differs by some bytes.
    live = [s["live"] for s in session.samples]
    assert max(live) - min(live) < 0.5, live


def test_what_rises_is_not_flat():
    flat = {"live": 500, "rss": 5000, "heap": 1000, "descriptors": 6, "threads": 1}
    for what in flat:
        samples = [{"step": i, **flat, what: flat[what] + i} for i in range(200)]
        assert [n for n, j in judge(samples).items() if not j["flat"]] == [what]
