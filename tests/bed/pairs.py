"""The pairs of cause and software whose advice is tried out, and what holds for their tests.

A test of a pair with a real server has to see the cause, and then, with the advice applied, a
diagnosis without it.
"""
import pytest

from bed import diagnosis

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


def causes_of(node):
    """Those that this test is there to mend."""
    return [cause for cause, tests in TESTED.items() for path, name, software in tests
            if node.nodeid.endswith(f"{path}::{node.name}") and node.originalname == name
            and software in node.name and software.split("-")[0] in REAL
            and names_cause(node, cause)]


def names_cause(node, cause):
    """Where the cause is a parameter, the test of this one alone."""
    given = node.callspec.params.get("cause", cause)
    return given == cause


@pytest.fixture(autouse=True)
def advice_is_applied(request):
    """A test that does not mend what it has found is noticed. One that was skipped found nothing."""
    diagnosis.FOUND.clear()
    yield
    for cause in causes_of(request.node) if diagnosis.FOUND else ():
        seen = [cause in causes for causes in diagnosis.FOUND]
        assert True in seen, f"{cause} was not found"
        assert False in seen[seen.index(True):], f"{cause} was found and not mended"
