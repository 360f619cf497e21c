"""Counts results: `count.py meson TESTLOG.JSON` or `count.py pytest JUNIT.XML`.

Prints "PASSED FAILED SKIPPED"; a log that is not there, or holds nothing, is one failure.
"""
import json
import re
import sys
import xml.etree.ElementTree as xml
from collections import Counter

CASE = re.compile(r"^(not )?ok\b(.*)$", re.MULTILINE)
MESON_RESULTS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def count_meson(path):
    """A program that prints TAP counts case by case, another one as a whole."""
    counts = Counter()
    with open(path, encoding="utf-8") as log:
        for test in map(json.loads, log):
            result = MESON_RESULTS.get(test["result"], "failed")
            cases = Counter(map(case_result, CASE.finditer(test.get("stdout") or "")))
            if result == "failed" and not cases["failed"]:
                cases["failed"] = 1  # it ended badly between its cases
            counts += cases or Counter({result: 1})
    return counts


def case_result(match):
    if match[1]:
        return "failed"
    return "skipped" if re.search(r"#\s*skip", match[2], re.IGNORECASE) else "passed"


def count_pytest(path):
    counts = Counter()
    for case in xml.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        elif case.find("skipped") is not None:
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return counts


def main():
    kind, path = sys.argv[1:]
    try:
        counts = {"meson": count_meson, "pytest": count_pytest}[kind](path)
    except (OSError, ValueError, xml.ParseError):
        counts = Counter()
    counts = counts or Counter(failed=1)
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()
