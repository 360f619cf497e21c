"""Connections that are cut, reset and stalled everywhere: a share of what tests/cut does, another
one each day. bed.cuts says what must hold behind each cut."""
import time

import pytest

from bed import cuts

EACH_DAY = 193  # one of so many
WORKERS = 8


def share(found):
    """One cut in 193 of a command's, beginning with another one each day, and three at least."""
    first = int(time.time() // 86400) % EACH_DAY
    step = min(EACH_DAY, max(1, len(found) // 3))
    return found[first % step::step]


def tried(name, work, release_binary, pki, account, choose, *wanted):
    """The outcomes; what is there to be said of them is printed."""
    reason = cuts.missing(name)
    if reason:
        pytest.skip(reason)
    folder = work / f"cut-{name}-{len(wanted)}"
    folder.mkdir()
    outcomes = list(cuts.run_trials(name, folder, release_binary, pki, account, choose, WORKERS,
                                    wanted))
    for outcome in outcomes:
        print(outcome.title(), "" if outcome.reached else "was not reached")
        if outcome.wrong or outcome.gave_up():
            print(outcome.talk)
    return outcomes


@pytest.mark.parametrize("name", cuts.SERVERS)
def test_cut_anywhere(work, release_binary, pki, account, name):
    """Each runs twice: into the cut, and again."""
    outcomes = tried(name, work, release_binary, pki, account, share)
    assert sum(outcome.reached for outcome in outcomes) > len(outcomes) // 2
    assert not {outcome.title(): outcome.wrong for outcome in outcomes if outcome.wrong}


def halfway(found):
    """Once, in the middle of the data, and of what goes over control: there a TLS record ends."""
    middles = []
    for where in ("data", "octet"):
        for how in cuts.HOWS:
            some = [cut for cut in found if (cut.where, cut.how) == (where, how)
                    and not cut.down and not cut.all_of_them]
            middles += some[len(some) // 2:][:1]
    return middles


def test_cut_halfway_is_survived(work, release_binary, pki, account):
    """A server confirms a download that was reset on its way, an upload that ended by FIN, and a
    listing that has lost its end."""
    outcomes = tried("ftpfake", work, release_binary, pki, account, halfway, "ls", "get", "put",
                     "mirror")
    assert len(outcomes) == 4 * 2 * len(cuts.HOWS) and all(o.reached for o in outcomes)
    assert not {o.title(): o.wrong or o.end for o in outcomes if o.wrong or not o.survived}
