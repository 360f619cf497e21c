"""fxp: a file from server to server, each at an address of its own."""
import json
import os
import signal
from pathlib import Path

import pytest

from bed.between import ONE, TWO

SERVERS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")
CONTENT = os.urandom(3_000_000)
PROMISCUOUS = {
    "vsftpd": ("pasv_promiscuous=YES", "port_promiscuous=YES"),
    "proftpd": ("AllowForeignAddress on",),
    "pureftpd": ("-w",),
    "pyftpdlib": ("handler.permit_foreign_addresses = True",),
}
CLEAR = {
    "vsftpd": ("force_local_data_ssl=NO",),
    "proftpd": ("TLSRequired ctrl",),
    "pureftpd": ("-Y 2",),
    "pyftpdlib": ("handler.tls_data_required = False",),
}
DIGEST_MODULE = ("LoadModule mod_digest.c", "DigestEngine on")
# ProFTPD alone knows SSCN.
WITH_TLS = [pair for pair in ((a, b) for a in SERVERS for b in SERVERS) if "proftpd" in pair]


@pytest.fixture
def pair(bed, namespaces):
    """Starts two servers: pair(first, second, **settings) gives the scene and both."""
    def start(first, second, promiscuous=(True, True), extra=None, **settings):
        scene = bed.between()
        made = []
        for name, netns, address, lenient in ((first, scene.one, ONE, promiscuous[0]),
                                              (second, scene.two, TWO, promiscuous[1])):
            lines = (PROMISCUOUS[name] if lenient else ()) + (extra or {}).get(name, ())
            if name == "proftpd":  # it checks the certificate of the server that it dials
                lines += (f"TLSCACertificateFile {bed.pki.ca.cert}",)
            made.append(bed.server(name, netns=netns, address=address, extra=lines, **settings))
        return scene, *made
    return start


def url(server, path):
    return f"ftp://{server.account.name}@{server.setup.address}:{server.port}/{path}"


def fxp(ftpsh, scene, one, two, *options, source="source", target="target", general=()):
    words = " ".join(("fxp", *options, url(one, source), url(two, target)))
    return ftpsh(*general, "-c", words, netns=scene.client)


def check_moved(run, bed, name="target", content=CONTENT, verdict="size-ok"):
    assert run.status == 0, run
    assert (bed.account.home / name).read_bytes() == content
    row = run.report["transfers"][0]
    assert (row["direction"], row["verdict"]) == ("fxp", verdict), run


@pytest.mark.parametrize("first, second", WITH_TLS)
def test_under_tls(bed, ftpsh, pair, first, second):
    # ProFTPD as a source that is TLS's client never reads the target's tickets (field 7)
    version = "1.2" if first == "proftpd" != second else ""
    scene, one, two = pair(first, second, tls_version=version)
    bed.share("source", CONTENT)
    run = fxp(ftpsh, scene, one, two)
    check_moved(run, bed)
    row = run.report["transfers"][0]
    assert row["bytes"] == len(CONTENT)
    assert row["remote"] == f"ftp://{ONE}:{one.port}/source"
    assert row["local"] == f"ftp://{TWO}:{two.port}/target"


@pytest.mark.parametrize("who", ("source", "target"))
@pytest.mark.parametrize("first, second", (("vsftpd", "proftpd"), ("proftpd", "pureftpd"),
                                           ("pyftpdlib", "proftpd")))
def test_who_is_passive(bed, ftpsh, pair, first, second, who):
    scene, one, two = pair(first, second, tls_version="1.2")
    bed.share("source", CONTENT)
    run = fxp(ftpsh, scene, one, two, f"--passive={who}", general=("-v",))
    check_moved(run, bed)
    assert ("> PORT " + (ONE if who == "source" else TWO).replace(".", ",")) in run.stderr, run


@pytest.mark.parametrize("first", SERVERS)
@pytest.mark.parametrize("second", SERVERS)
def test_without_tls(bed, ftpsh, pair, first, second):
    scene, one, two = pair(first, second, tls="off")
    bed.share("source", CONTENT)
    check_moved(fxp(ftpsh, scene, one, two, general=("--tls=off",)), bed)


@pytest.mark.parametrize("first", ("vsftpd", "pureftpd"))
def test_a_target_that_dials_hears_of_the_file_first(bed, ftpsh, pair, first):
    """pyftpdlib loses data that come before STOR, and hangs."""
    scene, one, two = pair(first, "pyftpdlib", tls="off")
    bed.share("source", CONTENT)
    run = fxp(ftpsh, scene, one, two, "--passive=source", general=("--tls=off", "-v"))
    check_moved(run, bed)
    told = run.stderr.index("< 1", run.stderr.index("> STOR"))
    assert told < run.stderr.index("> RETR"), run


@pytest.mark.parametrize("first, second", (("vsftpd", "pureftpd"), ("pureftpd", "pyftpdlib"),
                                           ("pyftpdlib", "vsftpd"), ("proftpd", "vsftpd")))
def test_clear_data_where_it_is_asked_for(bed, ftpsh, pair, first, second):
    scene, one, two = pair(first, second, extra=CLEAR)
    bed.share("source", CONTENT)
    if "proftpd" not in (first, second):
        run = fxp(ftpsh, scene, one, two)
        assert run.status == 4 and "SSCN" in run.stderr and "--clear-data" in run.stderr, run
        assert not (bed.account.home / "target").exists()
    run = fxp(ftpsh, scene, one, two, "--clear-data")
    check_moved(run, bed)
    assert "in clear" in run.stderr


@pytest.mark.parametrize("first, second", (("vsftpd", "proftpd"), ("proftpd", "vsftpd"),
                                           ("pureftpd", "proftpd"), ("proftpd", "pyftpdlib")))
def test_refused_by_both(bed, ftpsh, pair, first, second):
    scene, one, two = pair(first, second, promiscuous=(False, False))
    bed.share("source", CONTENT)
    run = fxp(ftpsh, scene, one, two, general=("--retries=0", "--data-timeout=2"))
    assert run.status == 6, run
    assert "no way between the servers" in run.stderr and "allows it with" in run.stderr
    target = bed.account.home / "target"
    assert not target.exists() or target.read_bytes() == b""


@pytest.mark.parametrize("first, second, promiscuous", (
    ("pureftpd", "proftpd", (True, False)), ("proftpd", "pureftpd", (False, True)),
    ("pyftpdlib", "proftpd", (True, False))))
def test_one_that_dials_foreign_hosts_is_enough(bed, ftpsh, pair, first, second, promiscuous):
    """Where the passive one accepts anybody, or the other way round."""
    scene, one, two = pair(first, second, promiscuous=promiscuous)
    bed.share("source", CONTENT)
    run = fxp(ftpsh, scene, one, two, general=("--data-timeout=2",))
    assert run.status in (0, 6), run
    if run.status == 0:
        check_moved(run, bed)


def test_contents_compared_by_mod_digest(bed, ftpsh, pair):
    scene, one, two = pair("proftpd", "proftpd", extra={"proftpd": DIGEST_MODULE})
    bed.share("source", CONTENT)
    bed.share("odd  name", CONTENT)
    bed.share("target", CONTENT[:1_000_000])
    for options, source in (("-c",), "source"), ((), "source"), ((), '"odd  name"'):
        run = ftpsh("--verify=require", "-c",
                    " ".join(("fxp", *options, source, url(two, "target"))), one.target(ONE),
                    netns=scene.client)
        check_moved(run, bed, verdict="verified")


def test_continue(bed, ftpsh, pair):
    scene, one, two = pair("vsftpd", "proftpd")
    bed.share("source", CONTENT)
    bed.share("target", CONTENT[:1_000_000])
    run = fxp(ftpsh, scene, one, two, "-c")
    check_moved(run, bed)
    assert run.report["transfers"][0]["bytes"] == 2_000_000
    run = fxp(ftpsh, scene, one, two, "-c")
    check_moved(run, bed)
    assert run.report["transfers"][0]["bytes"] == 0


def test_continue_refuses_another_file(bed, ftpsh, pair):
    scene, one, two = pair("vsftpd", "proftpd")
    bed.share("source", CONTENT)
    bed.share("target", b"x" * 4_000_000)
    assert fxp(ftpsh, scene, one, two, "-c").status == 9
    old = bed.share("target", b"x" * 1000)
    os.utime(old, (1_000_000_000, 1_000_000_000))
    run = fxp(ftpsh, scene, one, two, "-c")
    assert run.status == 9 and "newer" in run.stderr, run
    assert old.read_bytes() == b"x" * 1000


def test_a_source_that_is_not_there_makes_no_target(bed, ftpsh, pair):
    scene, one, two = pair("proftpd", "vsftpd")
    bed.share("target", b"what was there before")
    run = fxp(ftpsh, scene, one, two)
    assert run.status == 7 and "550" in run.stderr, run
    assert (bed.account.home / "target").read_bytes() == b"what was there before"


def test_a_folder_takes_the_name_of_the_source(bed, ftpsh, pair):
    scene, one, two = pair("vsftpd", "proftpd")
    folder = bed.account.home / "folder"
    folder.mkdir()
    bed.account.own(folder)
    bed.share("source", CONTENT)
    check_moved(fxp(ftpsh, scene, one, two, target="folder/"), bed, "folder/source")


def test_from_the_connection_there_is(bed, ftpsh, pair):
    """One end is a path; afterwards the connection works as before."""
    scene, one, two = pair("vsftpd", "proftpd")
    bed.share("source", CONTENT)
    run = ftpsh("-c", f"fxp source {url(two, 'target')}; get target", one.target(ONE),
                netns=scene.client)
    check_moved(run, bed)
    assert (ftpsh.folder / "target").read_bytes() == CONTENT


@pytest.mark.parametrize("words, text", (
    ("fxp a b", "no URL"), ("fxp ftp://h/ ftp://i/x", "no file"), ("fxp ftp://h/x", "fxp"),
    ("fxp --passive=nobody ftp://h/x ftp://i/x", "source|target")))
def test_usage(ftpsh, words, text):
    run = ftpsh("-c", words)
    assert run.status == 2 and text in run.stderr, run


# Against ftpfake, which plays CPSV and the servers that nobody has.

@pytest.fixture
def fake_pair(bed, fake, namespaces):
    def start(first, second):
        scene = bed.between()
        return (scene,
                fake(*first, options=(f"--listen={ONE}", "--accept-timeout=3"), netns=scene.one),
                fake(*second, options=(f"--listen={TWO}", "--accept-timeout=3"), netns=scene.two))
    return start


def move_big(client, scene, one, two, *options, general=()):
    words = " ".join(("fxp", *options, f"ftp://someone@{ONE}:{one.port}/big",
                      f"ftp://someone@{TWO}:{two.port}/moved"))
    return client("--retries=0", *general, "-c", words, netns=scene.client)


def moved(one, two):
    return (two.root / "moved").read_bytes() == (one.root / "big").read_bytes()


@pytest.mark.parametrize("first, second", (
    (("fxp", "cpsv"), ("fxp",)), (("fxp",), ("fxp", "cpsv")), (("fxp", "sscn"), ("fxp",)),
    (("fxp",), ("fxp", "sscn"))))
def test_who_takes_the_clients_part(fake_pair, client, first, second):
    scene, one, two = fake_pair(first, second)
    run = move_big(client, scene, one, two)
    assert run.status == 0 and moved(one, two), run
    if "sscn" in first + second:
        said = one.said() + two.said()
        assert "> SSCN ON" in said and "> SSCN OFF" in said


def test_other_way_round(fake_pair, client):
    """The target refuses to dial the source, but not to be dialled."""
    scene, one, two = fake_pair(("fxp", "sscn"), ("fxp", "refuse=PORT:501", "refuse=EPRT:501"))
    run = move_big(client, scene, one, two)
    assert run.status == 0 and moved(one, two), run
    assert "> PORT" in one.said()


def test_a_third_host_is_not_dialled(fake_pair, client):
    quirks = ("fxp", "sscn", "pasv-address=198.51.100.7", "refuse=EPSV")
    scene, one, two = fake_pair(quirks, quirks)
    run = move_big(client, scene, one, two)
    assert run.status == 6 and "third host" in run.stderr, run
    assert "> PORT" not in one.said() + two.said() and "> EPRT" not in one.said() + two.said()


@pytest.mark.parametrize("refused, quirk", (
    ("EPSV", "pasv-format=Entering Passive Mode (%a,0,25)"),
    ("PASV", "epsv-format=Entering Extended Passive Mode (|||25|)")))
def test_a_port_of_other_services_is_not_dialled(fake_pair, client, refused, quirk):
    quirks = ("fxp", "sscn", f"refuse={refused}", quirk)
    scene, one, two = fake_pair(quirks, quirks)
    run = move_big(client, scene, one, two)
    assert run.status == 6 and "port 25" in run.stderr, run
    assert "> PORT" not in one.said() + two.said() and "> EPRT" not in one.said() + two.said()


def test_a_private_address_in_227_is_replaced(fake_pair, client):
    scene, one, two = fake_pair(("fxp", "sscn", "pasv-address=10.0.0.1"), ("fxp",))
    run = move_big(client, scene, one, two)
    assert run.status == 0 and moved(one, two), run
    assert f"> PORT {ONE.replace('.', ',')}," in two.said()


@pytest.mark.parametrize("quirk, status", (
    ("data-reset-after=1000000", (8,)), ("die-after=1000000", (3,)), ("upload-short=7", (9,)),
    ("disk-full-after=1000000", (8,)), ("wrong-size=5", (9,))))
def test_what_goes_wrong_at_the_target(fake_pair, client, quirk, status):
    scene, one, two = fake_pair(("fxp", "sscn"), ("fxp", quirk))
    run = move_big(client, scene, one, two)
    assert run.status in status, run
    assert run.report["transfers"][0]["verdict"] in ("failed", "truncated")
    assert run.seconds < 15


def test_a_final_reply_that_never_comes(fake_pair, client):
    scene, one, two = fake_pair(("fxp", "sscn"), ("fxp", "no-226"))
    run = move_big(client, scene, one, two, general=("--reply-timeout=1.5",))
    assert run.status == 10 and "target" in run.stderr, run


def test_preliminary_replies_without_end(fake_pair, client):
    scene, one, two = fake_pair(("fxp", "sscn"), ("fxp", "many-150=100"))
    run = move_big(client, scene, one, two)
    assert run.status == 3 and "preliminary" in run.stderr, run


def sizes_asked(server, name="moved"):
    """How often, by number of connection."""
    asked = [line.split()[0] for line in server.said().splitlines() if f"> SIZE {name}" in line]
    return {number: asked.count(number) for number in asked}


@pytest.mark.parametrize("stalls", (0, 1))
def test_a_transfer_that_stalls(fake_pair, client, stalls):
    """A third session sees the target grow no more; what was in it before is no growth."""
    quirks = [("fxp", "sscn"), ("fxp",)]
    quirks[stalls] += ("data-stall-after=1000000",)
    scene, one, two = fake_pair(*quirks)
    one.share("big", os.urandom(24_000_000))  # more than lies in sockets
    two.share("moved", b"what was there before")
    run = move_big(client, scene, one, two, general=("--idle-timeout=2", "-v"))
    assert run.status == 10 and "nothing has reached the target for 2 s" in run.stderr, run
    assert run.seconds < 12
    assert len(sizes_asked(two)) == 2


def test_a_slow_transfer_is_not_ended(fake_pair, client):
    scene, one, two = fake_pair(("fxp", "sscn", "slow=500000"), ("fxp",))
    run = move_big(client, scene, one, two, general=("--idle-timeout=1.5",))
    assert run.status == 0 and moved(one, two), run
    assert max(sizes_asked(two).values()) > 4


@pytest.mark.parametrize("quirk", ("no-size", "max-sessions=1"))
def test_where_nothing_can_be_seen_nothing_is_ended(fake_pair, client, quirk):
    scene, one, two = fake_pair(("fxp", "sscn", "slow=1000000"), ("fxp", quirk))
    run = move_big(client, scene, one, two, general=("--idle-timeout=1", "-v"))
    assert run.status == 0 and moved(one, two), run
    assert "nothing is seen of the transfer" in run.stderr


def compare(fake_pair, client, first, second, *general):
    scene, one, two = fake_pair(("fxp", "sscn", *first), ("fxp", *second))
    return one, two, move_big(client, scene, one, two, general=general)


def verdict_of(run):
    return run.report["transfers"][0]["verdict"]


@pytest.mark.parametrize("first, second", (
    ("digest=HASH", "digest=HASH"), ("digest=HASH", "digest=XSHA256"),
    ("digest=XSHA256,XMD5", "digest=SITE XMD5"), ("digest=XCRC", "digest=HASH,XCRC")))
@pytest.mark.parametrize("mode", ("auto", "require"))
def test_contents_are_compared(fake_pair, client, first, second, mode):
    one, two, run = compare(fake_pair, client, (first,), (second,), f"--verify={mode}")
    assert run.status == 0 and moved(one, two) and verdict_of(run) == "verified", run


@pytest.mark.parametrize("liar", (0, 1))
def test_contents_that_differ(fake_pair, client, liar):
    quirks = [("digest=HASH",), ("digest=XSHA256",)]
    quirks[liar] += ("wrong-digest",)
    _, _, run = compare(fake_pair, client, *quirks)
    assert run.status == 9 and verdict_of(run) == "failed", run
    assert "the contents differ: the source says" in run.stderr


def test_contents_that_differ_where_nobody_asks(fake_pair, client):
    one, two, run = compare(fake_pair, client, ("digest=HASH",), ("digest=HASH", "wrong-digest"),
                            "--verify=off")
    assert run.status == 0 and verdict_of(run) == "size-ok", run
    assert "> HASH" not in one.said() + two.said()


@pytest.mark.parametrize("first, second", (((), ()), (("digest=HASH",), ()),
                                           (("digest=XMD5",), ("digest=XSHA256",))))
def test_servers_without_a_common_hash(fake_pair, client, first, second):
    one, two, run = compare(fake_pair, client, first, second, "--verify=require")
    assert run.status == 9 and "--verify=require" in run.stderr, run
    assert "RETR" not in one.said() and not (two.root / "moved").exists()
    _, _, run = compare(fake_pair, client, first, second)
    assert run.status == 0 and verdict_of(run) == "size-ok", run


@pytest.mark.parametrize("quirk", ("refuse=XSHA256:502", "refuse=XSHA256:550", "late=XSHA256:30000"))
@pytest.mark.parametrize("mute", (0, 1))
def test_a_server_that_does_not_tell_its_hash(fake_pair, client, quirk, mute):
    quirks = [("digest=XSHA256",), ("digest=XSHA256",)]
    quirks[mute] += (quirk,)
    one, two, run = compare(fake_pair, client, *quirks, "--reply-timeout=1")
    assert run.status == 0 and moved(one, two) and verdict_of(run) == "size-ok", run
    _, _, run = compare(fake_pair, client, *quirks, "--reply-timeout=1", "--verify=require")
    assert run.status in (9, 10) and verdict_of(run) == "failed", run


def test_another_hash_where_one_is_refused(fake_pair, client):
    both = ("digest=XSHA256,XMD5",)
    _, _, run = compare(fake_pair, client, both, (*both, "refuse=XSHA256:502"))
    assert run.status == 0 and verdict_of(run) == "verified", run


def test_what_another_command_was_told_of_verifying_does_not_hold(fake_pair, client):
    """And OPTS HASH of the connection that there is is remembered."""
    scene, one, two = fake_pair(("fxp", "sscn", "digest=HASH"), ("fxp", "digest=XMD5"))
    target = f"ftp://someone@{TWO}:{two.port}/moved"
    run = client("-c", f"fxp big {target}; get --verify=off small; fxp big {target}; get small two",
                 one.target(ONE), netns=scene.client)
    assert run.status == 0, run
    assert [t["verdict"] for t in run.report["transfers"]] == ["verified", "size-ok", "verified",
                                                               "verified"]


def test_each_end_has_the_settings_of_its_host(fake_pair, client, config):
    """Also of what is believed, which stays what it was for the connection there is."""
    scene, one, two = fake_pair(("fxp", "sscn"), ("fxp",))
    target = f"fxp small ftp://{TWO}:{two.port}/moved"
    config(f"[{ONE}]\nuser = nobody\n[{TWO}]\nuser = someone\n")
    run = client("-c", target, one.target(ONE), netns=scene.client)
    assert run.status == 0 and "> USER someone" in two.said(), run
    config(f"[{TWO}]\nuser = someone\npin = sha256:{64 * '0'}\n")
    run = client("-c", f"-{target}; get small one; get small two & wait", one.target(ONE),
                 netns=scene.client)
    assert run.status == 0 and "certificate" in run.stderr, run


def test_upload_that_nobody_begins(fake_pair, client):
    """Both say nothing: the clock of a strategy ends it."""
    scene, one, two = fake_pair(("fxp", "sscn", "pasv-silent"), ("fxp", "pasv-silent"))
    run = move_big(client, scene, one, two, general=("--data-timeout=1",))
    assert run.status == 6, run
    assert run.seconds < 15


def test_the_password_in_a_url_does_not_stay_in_the_command_line(fake, client):
    one, two = fake("sscn", "slow=100000"), fake()

    def is_hidden():
        mark = f":{two.port}/moved".encode()
        lines = [read_quietly(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
        shown = [line for line in lines if b"\0fxp\0" in line and mark in line]
        return shown and "> RETR" in one.said() and not any(b"sesame" in line for line in shown)

    run = client.signal_when(signal.SIGINT, is_hidden, one.target(), "fxp", "big",
                             f"ftp://someone:open%20sesame@127.0.0.1:{two.port}/moved")
    assert run.status == 130, run
    assert "sesame" not in json.dumps(run.report)


def read_quietly(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
