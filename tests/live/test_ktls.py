"""TLS by the kernel on data connections: of this machine, where it has that, and of one in front of
it (kerneltls.c). Whoever opens the records, what is said and what arrives is the same."""
import re
from pathlib import Path

import pytest

from fake.server import BIG, find_binary
from live.test_hostile_data import FLOOD, KEPT, ONE

CIPHER = "--cipher=CHACHA20-POLY1305"  # the one that the kernel is given
OPENS = "TLS: from here on the kernel opens what is received"
WILL_NOT = "TLS: the kernel will not open what is received: "


def find_kernel():
    """The one to put in front; where the build cannot ask any it is not built."""
    return find_binary().resolve().parent / "kerneltls.so"


def kernel_has_tls():
    """The module is there, and takes new keys."""
    stat = Path("/proc/net/tls_stat")
    return find_kernel().exists() and stat.exists() and "TlsRxRekeyOk" in stat.read_text("ascii")


@pytest.fixture
def get(fake, client):
    """Fetches a file of 3 MB; returns the run, and the trace."""
    def run(*options, kernel=None, behaviour=None, quirks=(), server=(CIPHER,)):
        started = fake(*quirks, behaviour=behaviour, options=server)
        prefix = ()
        if kernel:
            if not find_kernel().exists():
                pytest.skip("the build asks no kernel for TLS")
            asan = f"{client.env()['ASAN_OPTIONS']}:verify_asan_link_order=0"
            prefix = ("env", f"LD_PRELOAD={find_kernel()}", f"ASAN_OPTIONS={asan}",
                      f"KERNEL_TLS={kernel}")
        trace = client.folder / "trace"
        done = client(*ONE, f"--trace={trace}", *options, started.target(), "get", "big",
                      prefix=prefix)
        return done, trace.read_text()
    return run


def check_whole(client, run):
    assert run.status == 0, run
    assert (client.folder / "big").read_bytes() == BIG, run


def test_where_the_machine_has_it(get, client):
    run, trace = get()
    check_whole(client, run)
    assert (OPENS in trace) == kernel_has_tls(), trace
    assert WILL_NOT not in trace


@pytest.mark.parametrize("behaviour", (
    None, "rekey", "rekey-both", "tickets", "empty-records", "behind-notify", "data-unended"))
def test_download(behaviour, get, client):
    run, trace = get(kernel="yes", behaviour=behaviour)
    check_whole(client, run)
    assert OPENS in trace


def test_read_in_small_pieces(get, client):
    run, trace = get("--limit-rate=6M", kernel="yes")
    check_whole(client, run)
    assert OPENS in trace


@pytest.mark.parametrize("behaviour, status, says", (
    ("rekey-flood", 4, FLOOD),
    ("tickets-flood", 4, FLOOD),
    ("data-huge-record", 4, KEPT + "TLS: .* invalid length"),
    ("forged-record", 4, KEPT + "TLS: Decryption has failed"),
    ("plain-record", 4, KEPT + "TLS: An unexpected TLS packet"),
    ("data-fatal-alert=80", 4, KEPT + '.* ended TLS with the alert "Internal error"'),
    ("early-notify", 9, KEPT + r"\d+ bytes came and the server"),
))
def test_trouble(behaviour, status, says, get, client):
    run, trace = get(kernel="yes", behaviour=behaviour)
    assert run.status == status and re.search(says, run.stderr), run
    assert OPENS in trace and not (client.folder / "big").exists(), run


def test_cut_without_close_notify(get, client):
    """field 9"""
    run, trace = get(kernel="yes", quirks=("no-close-notify", "data-cut-after=1000000"))
    assert run.status == 9 and "bytes came and the server says 3000000" in run.stderr, run
    assert OPENS in trace and not (client.folder / "big").exists(), run


@pytest.mark.parametrize("kernel, why", (
    ("no-ulp", "No such file or directory"), ("no-keys", "Invalid argument")))
def test_a_kernel_that_will_not(kernel, why, get, client):
    run, trace = get(kernel=kernel)
    check_whole(client, run)
    assert WILL_NOT + why in trace and OPENS not in trace


def test_a_kernel_that_takes_no_other_key(get, client):
    """It said that it would: the connection is lost, which the server may have noticed or not."""
    run, trace = get(kernel="no-new-keys", behaviour="rekey")
    assert run.status in (8, 9) and re.search(KEPT, run.stderr), run
    assert OPENS in trace and not (client.folder / "big").exists(), run


def test_another_cipher_is_ours(get, client):
    run, trace = get(kernel="yes", server=("--cipher=AES-256-GCM",))
    check_whole(client, run)
    assert OPENS not in trace and WILL_NOT not in trace
