"""The pairs of cause and software whose advice is tried out, with the test that does it.

Each of these tests produces the cause on that software and looks at its advice; where a real server
is there to take them, it applies the advised lines: bed.pairs looks after that while they run. Here
it is held that none of them gets lost.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

from bed.pairs import LIVE, NAT, TESTED

TESTS = Path(__file__).resolve().parents[1]
AT_LEAST = 24


def collected():
    whole = {k: v for k, v in os.environ.items() if k != "FTPSH_SHARE"}
    done = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q",
                           "-p", "no:cacheprovider", NAT, LIVE],
                          cwd=TESTS, env=whole, capture_output=True, text=True, check=True)
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
