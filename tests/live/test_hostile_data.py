"""What a hostile server does on data connections and with TLS, and what comes of it."""
import pytest

from bed.hostile import Row, name_of, run_row
from fake.server import BIG

ONE = ("--retries=0", "--epsv")  # one try, one strategy: what is said is said once
HURRY = (*ONE, "--data-timeout=1")
PACED = (*ONE, "--limit-rate=4M")  # so that it is under way still when the server acts
MUTE = (*ONE, "--reply-timeout=2")
ACTIVE = ("--retries=0", "--active", "--data-timeout=1")
TLS12 = {"options": ("--tls-max=1.2",)}
FRESH = ("no-resume",)  # a failed resumption would be tried again in full
GET, PUT, LS = ("get", "big"), ("put", "up"), ("ls",)
SMALL = ("get", "small")

CLOSED = "the server closed the connection in the TLS handshake"
NONE_SENT = "up has 0 bytes on the server now: "
KEPT = r"\d+ bytes are kept in big.ftpsh.part: big: "
PART = r"up has \d+ bytes on the server"
FLOOD = KEPT + "TLS: Too many handshake packets"
TOO_LONG = "a line of the listing is longer than 8191 bytes"

OPENING = (
    Row("closed before TLS", SMALL, 6, (CLOSED,), "data-closed-first=0", FRESH, ONE),
    Row("closed before TLS, and 226", SMALL, 6, (CLOSED,), "data-closed-first=226", FRESH, ONE),
    Row("closed before TLS, and 226 to an upload", PUT, 6, (NONE_SENT, CLOSED),
        "data-closed-first=226", FRESH, ONE),
    Row("closed before TLS, and 226 to a listing", LS, 6, (CLOSED,), "data-closed-first=226", FRESH,
        ONE),
    Row("reset before TLS", SMALL, 6, ("epsv: RETR small: 425 There was",), "data-reset-first",
        options=ONE),
    Row("accepted, never served", SMALL, 6, ("no data connection within 1 s",), "data-unserved",
        options=HURRY),
    Row("accepted, an upload, never served", PUT, 6, (NONE_SENT, "no data connection within"),
        "data-unserved", options=HURRY),
    Row("150 and no TLS", LS, 6, ("no data connection within 1 s",), "data-unshaken", FRESH,
        HURRY),
    Row("a greeting ahead of TLS (field 14)", SMALL, 6,
        (r'plain text where TLS was expected: "220 \\x1b\[31mwelcome"$',), "data-greeted", FRESH,
        ONE),
    Row("the file in clear (field 14)", SMALL, 6,
        ('plain text where TLS was expected: "a small file"$',), None,
        ("data-plaintext", *FRESH), ONE),
    Row("garbage for ServerHello", SMALL, 6, ("TLS: Error decoding",),
        "hello-garbage", FRESH, ONE),
    Row("a record of 64 kB for ServerHello", SMALL, 6, ("TLS: .* invalid length",), "hello-huge",
        FRESH, ONE),
    Row("FIN for ServerHello", SMALL, 6, (CLOSED,), "hello-none", FRESH, ONE),
    Row("half a ServerHello", SMALL, 6, ("no data connection within 1 s",), "hello-half", FRESH,
        HURRY),
    Row("handshake_failure (field 20)", SMALL, 6,
        (r'the alert "Handshake failed" \(no version or cipher in common; see --tls-min\)',),
        "hello-alert=40", FRESH, ONE),
    Row("protocol_version (field 20)", PUT, 6,
        (NONE_SENT, r'"Error in protocol version" \(no version'), "hello-alert=70", FRESH, ONE),
    Row("internal_error", LS, 6, ('the alert "Internal error"$',), "hello-alert=80", FRESH, ONE),
    Row("close_notify for ServerHello", SMALL, 6, ('the alert "Close notify"$',), "hello-alert=0",
        FRESH, ONE),
    Row("an alert that nobody knows", SMALL, 6, ('the alert "unknown"$',), "hello-alert=254", FRESH,
        ONE),
    Row("a warning ahead of ServerHello", SMALL, 0, (), "hello-warning", options=ONE),
    Row("TLS 1.1 on data", SMALL, 6, ("unsupported version was received",), "data-tls11", FRESH,
        ONE),
    Row("TLS 1.2 on data, 1.3 on control", SMALL, 0, (), "data-tls12", options=ONE),
)

UNDER_TLS = (
    Row("new keys, down", GET, 0, (), "rekey", options=ONE),
    Row("new keys, up", PUT, 0, (), "rekey", options=ONE),
    Row("new keys for both, down", GET, 0, (), "rekey-both", options=ONE),
    Row("new keys for both, up", PUT, 0, (), "rekey-both", options=ONE),
    Row("new keys without end", GET, 4, (FLOOD,), "rekey-flood", options=ONE),
    Row("new keys without end, up", PUT, 10, (PART, "the server does not answer"), "rekey-flood",
        options=MUTE),
    Row("HelloRequest, down", GET, 0, (), "data-renegotiate", (), ONE, TLS12),
    Row("HelloRequest, up", PUT, 0, (), "data-renegotiate", (), ONE, TLS12),
    Row("HelloRequests without end", GET, 4, (FLOOD,), "renegotiate-flood", (), ONE, TLS12),
    Row("renegotiate or lose the data", GET, 4, (KEPT + '.* alert "Handshake failed"',),
        "renegotiate-or-else", (), ONE, TLS12),
    Row("empty records", GET, 0, (), "empty-records", options=ONE),
    Row("empty records without end", GET, 4, (FLOOD,), "empty-records-flood", options=ONE),
    Row("a byte a record", SMALL, 0, (), "tiny-records", options=ONE),
    Row("a byte a record of a listing", LS, 0, (), "tiny-records", options=ONE,
        shows="^big\nempty\nsmall$"),
    Row("many tickets", GET, 0, (), "tickets", options=ONE),
    Row("tickets without end", GET, 4, (FLOOD,), "tickets-flood", options=ONE),
    Row("warnings, down", GET, 0, (), "data-warnings", (), ONE, TLS12),
    Row("warnings, up", PUT, 0, (), "data-warnings", (), ONE, TLS12),
    Row("warnings without end", GET, 4, (FLOOD,), "warnings-flood", (), ONE, TLS12),
    Row("a record of 64 kB", GET, 4, (KEPT + "TLS: .* invalid length",), "data-huge-record",
        options=ONE),
    Row("a forged record", GET, 4, (KEPT + "TLS: Decryption has failed",), "forged-record",
        options=ONE),
    Row("plain text in the middle", GET, 4, (KEPT + "TLS: An unexpected TLS packet",),
        "plain-record", options=ONE),
    Row("plain text for a listing", LS, 6, ("TLS: An unexpected TLS packet",), "plain-record",
        FRESH, ONE),
    Row("plain text to an upload", PUT, 4, (PART + " now: TLS: An unexpected TLS packet",),
        "plain-record", options=PACED),
    Row("a fatal alert", GET, 4, (KEPT + '.* ended TLS with the alert "Internal error"',),
        "data-fatal-alert=80", options=ONE),
    Row("a fatal alert to an upload", PUT, 4, (PART + ' now: .* the alert "Internal error"',),
        "data-fatal-alert=80", options=PACED),
    Row("a fatal alert for a listing", LS, 6, ('the alert "Bad record MAC"',),
        "data-fatal-alert=20", FRESH, ONE),
    Row("close_notify in the middle, and 226", GET, 9, (KEPT + r"\d+ bytes came and the server",),
        "early-notify", options=ONE),
    Row("bytes behind close_notify", GET, 0, (), "behind-notify", options=ONE),
    Row("226 and no end (field 10)", GET, 0, (), "data-unended", options=ONE),
    Row("no close_notify and not all (field 9)", GET, 9,
        ("bytes came and the server says 3000000",), None,
        ("no-close-notify", "data-cut-after=1000000"), ONE),
    Row("226 first, and not all", GET, 9, ("bytes came and the server says 3000000",), None,
        ("226-before-data", "data-cut-after=1000000"), ONE),
    Row("226 first, and then it stalls: all that was sent is read", GET, 9,
        ("1000000 bytes came and the server says 3000000",), None,
        ("226-before-data", "data-stall-after=1000000"), ONE),
    Row("226 and close in mid-upload", PUT, 9, (PART + ", 3000000 were sent",),
        "upload-confirmed-early", options=ONE),
    Row("226 in mid-upload, then deaf", PUT, 9, (PART + ", 3000000 were sent",),
        "upload-confirmed-deaf", options=ONE),
    Row("data to who uploads", PUT, 0, (), "upload-answered", options=ONE),
)

MEANWHILE = (
    Row("421 for a port", SMALL, 0, ("EPSV: 421 So much for that; connecting again",),
        "say=asking:421", options=ONE),
    Row("550 for a port", SMALL, 6, ("epsv: 550 So much",), "say=asking:550", options=ONE),
    Row("421 to RETR", SMALL, 8, ("RETR small: 421 So much",), "say=command:421", options=ONE),
    Row("421 to STOR", PUT, 8, ("STOR up: 421 So much",), "say=command:421", options=ONE),
    Row("550 to RETR", SMALL, 7, ("RETR small: 550 So much",), "say=command:550", options=ONE),
    Row("421 for 150", PUT, 8, ("STOR up: 421 So much",), "say=open:421", options=ONE),
    Row("553 for 150", PUT, 7, ("STOR up: 553 So much",), "say=open:553", options=ONE),
    Row("421 behind 150", SMALL, 8, ("RETR small: 421 So much",), "say=ready:421", options=ONE),
    Row("421 behind 150 of an upload", PUT, 8, ("may be on the server now: STOR up: 421 So much",),
        "say=ready:421", options=ONE),
    Row("451 behind 150 of a listing", LS, 8, ("MLSD: 451 So much",), "say=ready:451",
        options=ONE),
    Row("421 in mid-download", GET, 8, ("RETR big: 421 So much",), "say=middle:421", options=ONE),
    Row("421 in mid-upload", PUT, 8, ("STOR up: 421 So much",), "say=middle:421", options=ONE),
    Row("421 in a listing", LS, 0, ("MLSD: 421 So much for that; connecting again",),
        "say=middle:421", options=ONE, shows="^big\nempty\nsmall$"),
    Row("451 while data stalls (field 13)", GET, 8, ("RETR big: 451 So much",),
        "say=middle:451:stall", options=ONE),
    Row("550 while data stalls (field 13)", GET, 7, ("RETR big: 550 So much",),
        "say=middle:550:stall", options=ONE),
    Row("552 while an upload stalls (field 13)", PUT, 7, ("STOR up: 552 So much",),
        "say=middle:552:stall", options=MUTE),
    Row("421 for 226", GET, 8, (r"\d+ bytes are kept in .*: RETR big: 421 So much",),
        "say=end:421", options=ONE),
    Row("421 for 226 of an upload", PUT, 8, ("STOR up: 421 So much",), "say=end:421", options=ONE),
    Row("552 for 226 of an upload", PUT, 7, (PART + " now: STOR up: 552 So much",), "say=end:552",
        options=ONE),
    Row("no reply at all behind 150", SMALL, 3, ('not an FTP reply: "999 So much',),
        "say=ready:999", options=ONE),
    Row("no reply at all before TLS", SMALL, 3, ('not an FTP reply: "999 So much',), "say=open:999",
        ("tls-after-150",), ONE),
    Row("no reply at all for 226", GET, 3, ('not an FTP reply: "999 So much',), "say=end:999",
        options=ONE),
)

LIES = (
    Row("no size of an upload", PUT, 3, ("up: SIZE was answered with no size: 9{26}$",),
        "size-huge", options=ONE),
    Row("a file that grows", GET, 9, ("3000000 bytes came and the server says 3000001",),
        "size-grows", options=ONE),
    Row("an upload that grows", PUT, 9, ("up has 3000001 bytes on the server, 3000000 were sent",),
        "size-grows", options=ONE),
    Row("the size in 150", GET, 0, (), "odd-150", options=ONE),
    Row("a stranger dials first (field 25)", SMALL, 0, (), "stranger", options=ACTIVE),
    Row("a stranger alone (field 25)", SMALL, 6, ("active: RETR small: 425 He has been",),
        "stranger-alone", options=ACTIVE),
    Row("two data connections", SMALL, 6, ("active: no data connection within 1 s",), "dial-twice",
        options=ACTIVE),
)

LISTINGS = (
    Row("a name of 100 kB", LS, 3, (TOO_LONG,), "list-long-name", options=ONE),
    Row("a name of 100 kB in LIST", LS, 3, (TOO_LONG,), "list-long-name", ("no-mlsd",), ONE),
    Row("1500 facts", LS, 0, (), "list-many-facts", options=ONE, shows="^bedecked$"),
    Row("5000 facts", LS, 3, (TOO_LONG,), "list-too-many-facts", options=ONE),
    Row("a listing without end (field 64)", LS, 10, ("the time limit for everything",),
        "list-endless", options=(*ONE, "--timeout=1")),
    Row("a line without end (field 64)", LS, 3, (TOO_LONG,), "list-endless-line", ("no-mlsd",),
        ONE),
    Row("NUL in a name", LS, 3, ("holds a NUL byte",), "list-nul", options=ONE),
    Row("CR and escapes in names (field 66)", ("mget", "*"), 3,
        (r"1 line of the listing cannot be read: .*one\\x0dtwo",), "list-control-bytes",
        options=ONE),
    Row("facts that cannot be", ("ls", "-l"), 0, (), "list-odd-facts", options=ONE,
        shows=r"^d.* 5 .* both\n-.* empty\n-.* \? Jan 10  2024 minus\n.* nothing\n"
              r"-.* \? Jan 10  2024 plus\n-.* 4 \? +someday$"),
    Row("a file that is gone", ("mget", "*"), 7, ("RETR gone: 550",), "list-gone", options=ONE),
    Row("a file that is gone from a mirror", ("mirror", ".", "copy"), 7,
        ("gone: RETR /gone: 550", "1 file .* moved, 1 failed"), "list-gone", options=ONE),
    Row("names that climb (field 62)", ("mirror", ".", "copy"), 3,
        (r"\.\./outside: the name cannot be used", "/etc/outside: the name cannot be used"), None,
        ("hostile-names",), ONE),
    Row("names that climb, in a pattern (field 62)", ("mget", "*"), 0,
        ("'.*outside', as others, in the current folder is no name of a single file",), None,
        ("hostile-names",), ONE),
)


@pytest.mark.parametrize("row", OPENING + UNDER_TLS + MEANWHILE + LIES + LISTINGS, ids=name_of)
def test_data(row, fake, client):
    (client.folder / "up").write_bytes(BIG)
    run, server = run_row(row, fake, client)
    if row.status == 0 and row.commands == PUT:
        assert (server.root / "up").read_bytes() == BIG, run
    assert not list(client.folder.parent.rglob("outside")), run


# In whose place 421 comes, in a download that goes on from a part, and in an upload.
@pytest.mark.parametrize("point, command", (
    ("asking", "put"), ("rest", "reget"), ("command", "put"), ("open", "reget"), ("ready", "put"),
    ("middle", "reget"), ("end", "put")))
def test_421_anywhere_is_survived(point, command, fake, client):
    server = fake(behaviour=f"say={point}:421")
    name, kept = ("up", "up") if command == "put" else ("big", "big.ftpsh.part")
    (client.folder / kept).write_bytes(BIG if command == "put" else BIG[:500_000])
    run = client(server.target(), command, name)
    assert run.status == 0, run
    assert "421" in run.stderr, run
    there = server.root if command == "put" else client.folder
    assert (there / name).read_bytes() == BIG
    assert not list(client.folder.glob("*.part"))


def test_rest_that_is_off_by_one(fake, client):
    """field 52: the overlap tells; what is there stays."""
    server, part = fake(behaviour="rest-off-by-one"), client.folder / "big.ftpsh.part"
    part.write_bytes(BIG[:500_000])
    run = client(*ONE, server.target(), "reget", "big")
    assert run.status == 9 and "big.ftpsh.part" in run.stderr, run
    assert part.read_bytes() == BIG[:500_000] and not (client.folder / "big").exists()


def test_a_folder_that_is_suddenly_empty(fake, client):
    """field 61: nothing is deleted for its sake."""
    server = fake(behaviour="list-once")
    run = client(*ONE, "-c", "mirror . copy; mirror --delete . copy", server.target())
    assert run.status != 0, run
    assert (client.folder / "copy" / "big").read_bytes() == BIG


@pytest.mark.parametrize("behaviour", ("forged-record", "plain-record", "data-fatal-alert=80"))
def test_all_that_came_before_is_kept(behaviour, fake, client):
    """Right behind the data, which are written many records at a time."""
    server, part = fake(behaviour=behaviour), client.folder / "big.ftpsh.part"
    run = client(*ONE, server.target(), "get", "big")
    assert run.status == 4, run
    whole_blocks = 1_000_000 // 65536 * 65536  # of the server's
    assert part.read_bytes() == BIG[:whole_blocks], run
