"""The pairs of cause and software whose advice is tried out, with the test that does it.

Each of these tests produces the cause on that software and looks at its advice; where a real server
is there to take them, it applies the advised lines. Here it is held that none of them gets lost.
"""
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
NAT, LIVE = "nat/test_diagnose_nat.py", "live/test_diagnose.py"
REAL = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
# cause: (file, test, what its parameters begin with or contain), once for each software
TESTED = {
    "private-address-advertised": [(NAT, "test_private_address", s) for s in REAL],
    "wrong-address-advertised":
        [(NAT, "test_wrong_address", s) for s in REAL] +
        [(LIVE, "test_advice_for_other_software", s) for s in ("FileZilla Server", "IIS")],
    "passive-range-silent":
        [(NAT, "test_range_is_not_forwarded", f"{s}-drop") for s in REAL],
    "passive-range-reset":
        [(NAT, "test_range_is_not_forwarded", f"{s}-reset") for s in REAL],
    "passive-pool-exhausted":
        [(NAT, "test_small_pool", s) for s in REAL] +
        [(LIVE, "test_advice_for_other_software", s) for s in ("FileZilla Server", "IIS")],
    "data-peer-rejected":
        [(NAT, "test_data_come_from_another_address", s) for s in REAL],
    "epsv-refused":
        [(NAT, "test_epsv_refused", s) for s in ("vsftpd", "proftpd", "pyftpdlib")],
    "passive-refused":
        [(NAT, "test_passive_mode_is_refused", s) for s in ("vsftpd", "proftpd", "pureftpd")],
    "gateway-rewrites-plain":
        [(NAT, "test_gateway_is_blind_under_tls", s) for s in ("proftpd", "pureftpd")],
    "session-reuse-impossible":
        [(LIVE, "test_reuse_that_the_server_prevents", s) for s in ("vsftpd", "proftpd")],
}
AT_LEAST = 24


def collected():
    done = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q",
                           "-p", "no:cacheprovider", NAT, LIVE],
                          cwd=TESTS, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


def source_of(path, name):
    """With its decorators."""
    text = (TESTS / path).read_text()
    blocks = [b for b in re.split(r"\n\n\n", text) if re.search(rf"^def {name}\(", b, re.M)]
    assert len(blocks) == 1, f"{path}: {name}"
    return blocks[0]


def test_pairs_are_enough():
    assert sum(map(len, TESTED.values())) >= AT_LEAST
    for cause, tests in TESTED.items():
        assert len(set(tests)) == len(tests), cause


def test_pairs_have_their_tests():
    """A test that is renamed or taken away, or looks for another cause, is missed."""
    there = collected()
    for cause, tests in TESTED.items():
        for path, name, software in tests:
            ids = [i for i in there if i.startswith(f"{path}::{name}[") and software in i]
            assert ids, f"{cause}: no {path}::{name} with {software}"
            named = any(cause in i for i in ids) or cause in source_of(path, name)
            assert named, f"{path}::{name} says nothing of {cause}"


def test_causes_are_those_of_the_manual():
    manual = (TESTS.parent / "man" / "ftpsh.1").read_text()
    for cause in TESTED:
        assert f".Li {cause}" in manual, cause
