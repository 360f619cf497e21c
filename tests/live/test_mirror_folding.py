"""mirror into file systems that do not tell README from readme."""
from live.test_mirror import moved, plant, there, tree_of  # noqa: F401


BOTH = {"README": b"1", "readme": b"2", "D/x": b"3", "d/y": b"4", "ok/Aa": b"5"}


def test_names_that_differ_in_case_are_refused(there, client, exfat):
    server = there(files=BOTH)
    run = client(server.target(), "mirror", "src", exfat / "got")
    assert run.status == 1, run
    assert run.stderr.count("the target cannot tell the name from another one") == 4
    assert tree_of(exfat / "got") == {"ok": "dir", "ok/Aa": b"5"}


def test_another_case_is_the_same_file(there, client, exfat):
    """It is neither fetched again nor deleted as one that the source has not."""
    server = there(files={"ok/Aa": b"5"})
    plant(exfat / "got", {"OK/aA": b"5", "old": b"x"})
    run = client(server.target(), "mirror", "--json", "--delete", "src", exfat / "got")
    assert run.status == 0, run
    assert [m for m in moved(run) if m[0] != "utime"] == [("delete", "old")]
    assert tree_of(exfat / "got") == {"OK": "dir", "OK/aA": b"5"}
