"""Certificates that nobody vouches for: the question, the keys that are stored, the command trust."""
import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from bed.pki import ADDRESSES, NAMES
from bed.process import wait_until
from bed.shell import PROMPT, Shell

QUESTION = r"once, always \(the key is stored\), or no\? \[no\] "


def sha256_of(pair):
    """Of the certificate, and of its key."""
    der = subprocess.run(["certtool", "-i", "--outder", "--infile", pair.cert], check=True,
                         capture_output=True).stdout
    spki = subprocess.run(["openssl", "x509", "-in", pair.cert, "-noout", "-pubkey"], check=True,
                          capture_output=True).stdout
    key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=spki, check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).hexdigest(), hashlib.sha256(key).hexdigest()


def showing(pair, *more):
    """Options of a server that shows this certificate."""
    return {"options": (f"--cert={pair.cert}", f"--key={pair.key}", *more)}


@pytest.fixture
def kept(client, tmp_path):
    """The client keeps what it stores from run to run."""
    client.memory = tmp_path / "state"
    return client


class Alone(Shell):
    """It may be connected or not when it prompts."""

    def prompt(self):
        self.child.expect([PROMPT, "ftpsh> "])
        return self.child.before


@pytest.fixture
def shell(client):
    started = []

    def start(*args):
        started.append(Alone(client, *args))
        return started[-1]

    yield start
    for one in started:
        print(one.seen.text)
        one.child.close(force=True)
    client.check_findings()


def stored(client):
    path = client.memory / "ftpsh" / "known_hosts"
    return path.read_text() if path.exists() else ""


def replaced(fake, server, pair):
    """Another server in its place, with another certificate."""
    server.stop()
    return fake(**showing(pair, f"--port={server.port}"))


# The question.

def test_question_shows_all_and_the_default_is_no(fake, kept, shell, pki):
    sh = shell(fake(**showing(pki.selfsigned)).target())
    sh.child.expect(QUESTION)
    shown = sh.child.before
    der, key = sha256_of(pki.selfsigned)
    for fact in ("CN=selfsigned", "valid        from 20", "localhost, 127.0.0.1, ::1",
                 f"certificate  sha256:{der}", f"key          sha256:{key}",
                 "fault        it is self-signed"):
        assert fact in shown
    assert shown.count("fault") == 1
    sh.type("")
    sh.child.expect("was not accepted")
    sh.prompt()
    assert "not connected" in sh.run("ls")
    assert stored(kept) == ""


def test_question_names_every_fault(fake, kept, shell, pki):
    pair = pki.issue("worst", names=("elsewhere.example",), addresses=(), signed=False,
                     dates=("2020-01-01", "2021-01-01"), purpose="tls_www_client")
    sh = shell(fake(**showing(pair)).target())
    sh.child.expect(QUESTION)
    for fault in ("self-signed", "has expired", "for another name", "not meant for servers"):
        assert fault in sh.child.before
    sh.type("no")
    sh.child.expect("was not accepted")


@pytest.mark.parametrize("kind", ("expired", "other", "selfsigned"))
def test_once(fake, kept, shell, pki, tmp_path, kind):
    """It holds for data connections that show it anew, and for what connects again."""
    server = fake("no-resume", **showing(getattr(pki, kind)))
    sh = shell(server.target())
    sh.child.expect(QUESTION)
    sh.type("once")
    sh.prompt()
    assert "small" in sh.run("ls")
    sh.run(f"get small {tmp_path}/got")
    assert (tmp_path / "got").exists()
    sh.run("close")
    sh.run(f"open {server.target()}")
    assert "small" in sh.run("ls")
    assert len(re.findall(QUESTION, sh.seen.text)) == 1
    assert stored(kept) == ""


def test_pool_of_workers_believes_what_was_accepted(fake, kept, shell, pki, tmp_path):
    server = fake("no-resume", **showing(pki.selfsigned))
    for i in range(6):
        server.share(f"file{i}", b"x" * 1000)
    sh = shell(server.target())
    sh.child.expect(QUESTION)
    sh.type("o")
    sh.prompt()
    sh.run(f"mirror -P4 . {tmp_path}/copy")
    assert len(list((tmp_path / "copy").glob("file*"))) == 6
    assert len(re.findall(QUESTION, sh.seen.text)) == 1


def test_always_is_stored_and_serves_scripts(fake, kept, shell, pki):
    server = fake(**showing(pki.selfsigned))
    sh = shell(server.target())
    sh.child.expect(QUESTION)
    sh.type("what")
    sh.child.expect(QUESTION)
    sh.type("always")
    sh.child.expect("the key is stored in .*/known_hosts")
    sh.prompt()
    sh.type("quit")
    assert sh.leave() == 0
    _, key = sha256_of(pki.selfsigned)
    assert stored(kept) == f"|c0|127.0.0.1|{server.port}|0|6|{key}|self-signed\n"
    path = kept.memory / "ftpsh"
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / "known_hosts").stat().st_mode & 0o777 == 0o600
    run = kept(server.target(), "ls")
    assert run.status == 0 and "small" in run.stdout, run


def test_interrupt_at_the_question(fake, kept, shell, pki):
    sh = shell(fake(**showing(pki.selfsigned)).target())
    sh.child.expect(QUESTION)
    sh.interrupt()
    sh.child.expect("interrupted")
    sh.type("quit")
    assert sh.leave() == 0


@pytest.mark.parametrize("tls", ("explicit", "implicit"))
def test_answer_that_comes_after_the_clock_ran_out(fake, kept, shell, pki, tls):
    """The connection is made again, with the answer."""
    sh = shell("--connect-timeout=1", fake(tls=tls, **showing(pki.selfsigned)).target())
    sh.child.expect(QUESTION)
    with pytest.raises(Exception, match="Timeout"):
        sh.child.expect("never to be seen", timeout=1.5)
    sh.type("once")
    sh.prompt()
    assert "small" in sh.run("ls")
    assert len(re.findall(QUESTION, sh.seen.text)) == 1


@pytest.mark.parametrize("version", ((), ("--tls-max=1.2",)))
def test_answer_that_comes_after_the_server_has_gone(fake, kept, shell, pki, version):
    """And come back: the same."""
    server = fake(**showing(pki.selfsigned, *version))
    sh = shell(server.target())
    sh.child.expect(QUESTION)
    server = replaced(fake, server, pki.selfsigned)
    sh.type("once")
    sh.prompt()
    assert "small" in sh.run("ls")
    assert len(re.findall(QUESTION, sh.seen.text)) == 1


def test_background_is_never_asked(fake, kept, shell, pki):
    """Where the server has another certificate by then."""
    server = fake()
    sh = shell(server.target())
    sh.prompt()
    server = replaced(fake, server, pki.selfsigned)
    sh.run("get small &")
    sh.type("wait")
    sh.child.expect("not trusted: it is self-signed")
    sh.prompt()
    assert not re.search(QUESTION, sh.seen.text)


def test_what_the_certificate_says_is_escaped_and_bounded(fake, kept, shell, pki):
    names = [f"{i:03}.{'x' * 60}.example" for i in range(40)]
    pair = pki.issue("evil", names=names, addresses=(), signed=False,
                     more=('organization = "a\x1b[2Jb\u202ec"',))
    sh = shell(fake(**showing(pair)).target())
    sh.child.expect(QUESTION)
    assert "\x1b[2J" not in sh.child.before and "\u202e" not in sh.child.before
    assert r"a\x1b[2Jb" in sh.child.before or "1B" in sh.child.before
    assert "and 24 more" in sh.child.before
    sh.type("")


def test_completion_asks_nothing(fake, kept, shell, pki):
    """The next command does, when the server has come back with another certificate."""
    server = fake()
    sh = shell(server.target())
    sh.prompt()
    server = replaced(fake, server, pki.selfsigned)
    sh.child.send("cat s\t")
    wait_until(lambda: "no TLS on control" in server.said(), 15, "the refused certificate")
    sh.child.send("\x15")  # takes the line away
    sh.type("ls")
    sh.child.expect(QUESTION)
    assert server.said().count("AUTH TLS") == 2
    sh.type("once")
    sh.child.expect("small")
    sh.prompt()


# Nobody to ask.

@pytest.mark.parametrize("way", ("one-shot", "-c", "-b", "stdin", "source", "json"))
def test_scripts_are_never_asked(fake, kept, shell, pki, tmp_path, way):
    """Not even at a terminal. The pin that the message names is the one that works."""
    server = fake(**showing(pki.selfsigned))
    target, script = server.target(), tmp_path / "script"
    script.write_text(f"open {target}\n")
    if way == "stdin":
        text = kept(stdin=f"open {target}\n").stderr
    elif way in ("source", "json"):
        sh = shell(*(("--json",) if way == "json" else ()))
        sh.prompt()
        text = sh.run(f"source {script}" if way == "source" else f"open {target}")
        assert not re.search(QUESTION, sh.seen.text)
    else:
        args = {"one-shot": (target, "ls"), "-c": ("-c", "ls", target), "-b": ("-b", script)}[way]
        sh = shell(*args)
        assert sh.leave() == 4
        text = sh.seen.text
        assert not re.search(QUESTION, text)
    der, _ = sha256_of(pki.selfsigned)
    pin = re.search(r"--pin=sha256:[0-9a-f]+", text.replace("\r\n", "")).group()
    assert pin == f"--pin=sha256:{der}"
    assert kept(pin, target, "ls").status == 0
    assert stored(kept) == ""


# A key that is stored.

def add(client, server, pair):
    run = client("trust", "add", f"127.0.0.1:{server.port}", f"sha256:{sha256_of(pair)[1]}")
    assert run.status == 0, run


def test_changed_key_is_refused_loudly(fake, kept, shell, pki):
    server = fake(**showing(pki.selfsigned))
    add(kept, server, pki.selfsigned)
    assert kept(server.target(), "ls").status == 0
    other = pki.issue("selfsigned-too", signed=False)
    for pair in (other, pki.good):  # whoever vouches for it
        server = replaced(fake, server, pair)
        run = kept(server.target(), "ls")
        assert run.status == 4, run
        assert "HAS CHANGED" in run.stderr and "trust --forget 127.0.0.1" in run.stderr
        assert sha256_of(pair)[1] in run.stderr and sha256_of(pki.selfsigned)[1] in run.stderr
        assert "USER" not in server.said()
    sh = shell(server.target())
    sh.child.expect("HAS CHANGED")
    sh.prompt()
    assert not re.search(QUESTION, sh.seen.text)
    sh.run("trust --forget 127.0.0.1")
    sh.run(f"open {server.target()}")
    assert "small" in sh.run("ls")


@pytest.mark.parametrize("change", (
    {"dates": ("2020-01-01", "2021-01-01")},
    {"names": ("elsewhere.example",), "addresses": ()},
    {"signed": False}))
def test_stored_key_makes_up_for_issuer_name_and_dates(fake, kept, pki, change):
    pair = pki.issue("changed", key=pki.selfsigned.key, **change)
    server = fake(**showing(pair))
    assert kept(server.target(), "ls").status == 4
    add(kept, server, pki.selfsigned)
    assert kept(server.target(), "ls").status == 0


def test_stored_key_makes_up_for_other_faults_only_where_they_were_seen(fake, kept, shell, pki):
    pair = pki.issue("for-clients", signed=False, purpose="tls_www_client")
    server = fake(**showing(pair))
    add(kept, server, pair)
    run = kept(server.target(), "ls")
    assert run.status == 4 and "not meant for servers" in run.stderr, run
    assert "self-signed" not in run.stderr, run
    sh = shell(server.target())
    sh.child.expect("The key is the one that is stored")
    sh.child.expect(QUESTION)
    sh.type("always")
    sh.prompt()
    assert kept(server.target(), "ls").status == 0
    assert stored(kept).count("\n") == 1


def make_crl(pki, name, *pairs, until="2049-01-01"):
    """Revokes the certificates of these pairs."""
    revoked = pki.folder / f"{name}.revoked.pem"
    revoked.write_text("".join(p.cert.read_text() for p in pairs))
    crl = pki.folder / f"{name}.crl.pem"
    template = pki.write_template(f"{name}.crl", [
        'crl_this_update_date = "2020-01-01 00:00:00"',
        f'crl_next_update_date = "{until} 00:00:00"', "crl_number = 1"])
    pki.certtool("--generate-crl", "--load-ca-certificate", pki.ca.cert, "--load-ca-privkey",
                 pki.ca.key, "--load-certificate", revoked, "--template", template, "--outfile", crl)
    return crl


def test_revoked_certificates(fake, kept, shell, pki):
    """No key that is stored, and no person, makes up for that."""
    gone = pki.issue("gone")
    late = pki.issue("gone-and-expired", key=gone.key, dates=("2020-01-01", "2021-01-01"))
    option = f"--crl-file={make_crl(pki, 'gone', gone, late)}"
    for pair in (gone, late):
        server = fake(**showing(pair))
        add(kept, server, pair)
        assert kept(server.target(), "ls").status == 0
        path = kept.memory / "ftpsh" / "known_hosts"
        path.write_text(stored(kept).replace("|-", "|revoked"))  # whatever the file says
        run = kept(option, server.target(), "ls")
        assert run.status == 4 and "has been revoked" in run.stderr, run
        assert "--pin" not in run.stderr, run
        sh = shell(option, server.target())
        sh.child.expect("has been revoked")
        sh.prompt()
        assert not re.search(QUESTION, sh.seen.text)
    assert kept(option, fake().target(), "ls").status == 0


@pytest.mark.parametrize("how", ("list", "answer"))
def test_pin_does_not_make_up_for_a_revocation(fake, kept, pki, how):
    """Whichever of its hashes is pinned, and whatever else is wrong with it."""
    pair = pki.issue("pinned", dates=("2020-01-01", "2021-01-01"))
    if how == "list":
        options, server = (f"--crl-file={make_crl(pki, 'pinned', pair)}",), fake(**showing(pair))
    else:
        options = ()
        server = fake(**showing(pair, f"--ocsp={make_answer(pki, pair, 'R')}"))
    for pin in sha256_of(pair):
        run = kept(*options, f"--pin=sha256:{pin}", server.target(), "ls")
        assert run.status == 4 and "has been revoked" in run.stderr, run
        assert "--pin" not in run.stderr and "USER" not in server.said()
    server = fake(**showing(pair))
    assert kept(f"--pin=sha256:{pin}", server.target(), "ls").status == 0


def test_pin_needs_no_authorities(fake, kept, pki, tmp_path):
    """Nor does one that is not met ask for any."""
    pin = f"--pin=sha256:{sha256_of(pki.selfsigned)[0]}"
    for ca in (pki.ca.cert, pki.selfsigned.cert):
        run = kept(pin, f"--ca-file={ca}", fake(**showing(pki.selfsigned)).target(), "ls", ca=False)
        assert run.status == 0, run
    run = kept(pin, fake().target(), "ls")
    assert run.status == 4 and "not the pinned one" in run.stderr, run


def test_list_of_revoked_certificates_that_is_out_of_date(fake, kept, pki):
    crl = make_crl(pki, "old", pki.expired, until="2021-01-01")
    run = kept(f"--crl-file={crl}", fake().target(), "ls")
    assert run.status == 4 and "out of date" in run.stderr, run


def make_answer(pki, pair, state="V", days=1):
    """What an OCSP responder says of the pair: V valid, R revoked."""
    serial = subprocess.run(["openssl", "x509", "-in", pair.cert, "-noout", "-serial"], check=True,
                            capture_output=True, text=True).stdout.strip().partition("=")[2]
    index, answer = pair.cert.with_suffix(".index"), pair.cert.with_suffix(f".{state}.der")
    when = "260101000000Z" if state == "R" else ""
    index.write_text(f"{state}\t491231235959Z\t{when}\t{serial}\tunknown\t/CN=it\n")
    subprocess.run(["openssl", "ocsp", "-index", index, "-CA", pki.ca.cert, "-rsigner", pki.ca.cert,
                    "-rkey", pki.ca.key, "-issuer", pki.ca.cert, "-cert", pair.cert, "-respout",
                    answer, "-ndays", str(days)], check=True, capture_output=True)
    return answer


VERSIONS = {"TLS1.3": (), "TLS1.2": ("--tls-max=1.2",)}


@pytest.mark.parametrize("version", VERSIONS)
def test_certificate_that_demands_an_ocsp_answer(fake, kept, pki, version):
    pair = pki.issue("must-staple", more=("tls_feature = 5",))
    run = kept(fake(**showing(pair, *VERSIONS[version])).target(), "ls")
    assert run.status == 4 and "demands an OCSP answer" in run.stderr, run
    stapled = f"--ocsp={make_answer(pki, pair)}"
    run = kept(fake(**showing(pair, stapled, *VERSIONS[version])).target(), "ls")
    assert run.status == 0, run


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", ({}, {"dates": ("2020-01-01", "2021-01-01")},
                                   {"names": ("elsewhere.example",), "addresses": ()}))
def test_ocsp_answer_that_says_revoked(fake, kept, pki, version, fault):
    """Also where there is something else that a stored key would make up for."""
    pair = pki.issue("taken-back", **fault)
    stapled = f"--ocsp={make_answer(pki, pair, 'R')}"
    server = fake(**showing(pair, stapled, *VERSIONS[version]))
    add(kept, server, pair)
    run = kept(server.target(), "ls")
    assert run.status == 4 and "has been revoked" in run.stderr, run
    assert "USER" not in server.said()


def test_ocsp_answer_about_another_certificate(fake, kept, pki):
    pair = pki.issue("must-staple-too", more=("tls_feature = 5",))
    stapled = f"--ocsp={make_answer(pki, pki.good)}"
    run = kept(fake(**showing(pair, stapled)).target(), "ls")
    assert run.status == 4 and "OCSP answer" in run.stderr, run


# Names (RFC 6125).

@pytest.mark.parametrize("names, addresses, name, good", (
    (["ftp.example.com"], (), "ftp.example.com", True),
    (["ftp.example.com"], (), "FTP.Example.COM", True),
    (["ftp.example.com"], (), "ftp.example.com.", True),  # the root's dot is no part of it
    (["ftp.example.com"], (), "example.com", False),
    (["*.example.com"], (), "ftp.example.com", True),
    (["*.example.com"], (), "a.ftp.example.com", False),
    (["*.example.com"], (), "example.com", False),
    (["*"], (), "localhost", False),
    (["*.com"], (), "example.com", False),
    (["f*.example.com"], (), "ftp.example.com", False),
    (["ftp.*.com"], (), "ftp.example.com", False),
    (["xn--*.example"], (), "xn--bcher-kva.example", False),
    (["*.example.com"], (), "bücher.example.com", True),
    (["ftp.example.com"], (), "named", False),  # which the subject says
    (["*.0.2.7"], (), "192.0.2.7", False),
    (["xn--bcher-kva.example"], (), "bücher.example", True),
    (["xn--bcher-kva.example"], (), "xn--bcher-kva.example", True),
    (["xn--bcher-kva.example"], (), "bucher.example", False),
    (["192.0.2.7"], (), "192.0.2.7", False),
    ([], ("192.0.2.7",), "192.0.2.7", True),
    ([], ("2001:db8::7",), "2001:db8:0::7", True),
    ([], ("192.0.2.7",), "192.0.2.8", False)))
def test_names(fake, client, pki, names, addresses, name, good):
    pair = pki.issue("named", names=names, addresses=addresses)
    run = client(f"--tls-name={name}", fake(**showing(pair)).target(), "ls")
    assert run.status == (0 if good else 4), run
    assert good or "for another name" in run.stderr


def test_name_that_is_too_long(client):
    run = client(f"--tls-name={'n' * 300}", "127.0.0.1:1", "ls")
    assert run.status == 2 and "255 characters at most" in run.stderr, run
    assert len(run.stderr.strip().splitlines()) == 1, run


@pytest.mark.parametrize("version", VERSIONS)
def test_key_that_is_not_for_signatures(bed, ftpsh, pki, version):
    """Key usage (RFC 5280 section 4.2.1.3): what proves who the server is are signatures."""
    pki.enciphering = pki.issue("enciphering", usage=("encryption_key",))
    server = bed.server("pyftpdlib", cert="enciphering", tls_version=version[3:])
    run = ftpsh(server.target(), "ls")
    assert run.status == 4 and "usage" in run.stderr, run


def test_issuer_that_is_no_authority(fake, client, pki):
    """A certificate for a server issues none."""
    pair = pki.issue("issued", issuer=pki.good)
    chain = pair.cert.with_suffix(".chain")
    chain.write_text(pair.cert.read_text() + pki.good.cert.read_text())
    run = client(fake(options=(f"--cert={chain}", f"--key={pair.key}")).target(), "ls")
    assert run.status == 4 and "not trusted" in run.stderr, run


def test_fastest_cipher_comes_first(fake, client):
    """AES where the processor has it."""
    cpu = Path("/proc/cpuinfo").read_text()
    if not re.search(r"^(flags|Features)\b", cpu, re.MULTILINE):
        pytest.skip("the processor does not tell what it can")
    has_aes = re.search(r"^(flags|Features)\b.*\baes\b", cpu, re.MULTILINE)
    cipher = client(fake().target(), "ls").report["server"]["tls"]["cipher"]
    assert cipher == ("AES-128-GCM" if has_aes else "CHACHA20-POLY1305")


def test_certificate_for_clients_is_none_for_a_server(fake, client, pki):
    pair = pki.issue("client-only", purpose="tls_www_client")
    run = client(fake(**showing(pair)).target(), "ls")
    assert run.status == 4 and "not meant for servers" in run.stderr, run


def test_crl_file_that_is_none(kept, tmp_path, pki):
    for path in (tmp_path / "missing", pki.ca.key):
        run = kept(f"--crl-file={path}", "127.0.0.1:1", "ls")
        assert run.status == 1 and str(path) in run.stderr, run
    (tmp_path / "empty").write_bytes(b"")
    run = kept(f"--crl-file={tmp_path / 'empty'}", "127.0.0.1:1", "ls")
    assert run.status == 1 and "is empty: no list of revoked" in run.stderr, run


def test_pin_goes_before_what_is_stored(fake, kept, pki):
    server = fake(**showing(pki.selfsigned))
    add(kept, server, pki.expired)
    assert kept(server.target(), "ls").status == 4
    assert kept(f"--pin=sha256:{sha256_of(pki.selfsigned)[1]}", server.target(), "ls").status == 0


def test_file_that_others_can_change_is_not_used(fake, kept, pki):
    server = fake(**showing(pki.selfsigned))
    add(kept, server, pki.selfsigned)
    (kept.memory / "ftpsh" / "known_hosts").chmod(0o666)
    run = kept(server.target(), "ls")
    assert run.status == 4 and "can be changed by others" in run.stderr, run


def test_gnutls_reads_the_file(fake, kept, pki, tmp_path):
    """In the shape of its own store: gnutls-cli --tofu believes the key, and no other."""
    server = fake(tls="implicit", **showing(pki.selfsigned))
    add(kept, server, pki.selfsigned)
    for pair, good in ((pki.selfsigned, True), (pki.issue("tofu-other", signed=False), False)):
        if not good:
            server.stop()
            server = fake(tls="implicit", **showing(pair, f"--port={server.port}"))
        home = tmp_path / f"home-{good}"
        (home / ".gnutls").mkdir(parents=True)
        (home / ".gnutls" / "known_hosts").write_text(stored(kept))
        done = subprocess.run(["gnutls-cli", "--strict-tofu", f"--port={server.port}",
                               "127.0.0.1"], input="QUIT\n", text=True, capture_output=True,
                              env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=False,
                              timeout=20)
        assert ("Handshake was completed" in done.stdout) == good, done


def test_what_gnutls_stored_is_read(fake, kept, pki, tmp_path):
    """Keys themselves, as gnutls-cli --tofu writes them, until they are forgotten."""
    server = fake(tls="implicit", **showing(pki.selfsigned))
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["gnutls-cli", "--tofu", f"--port={server.port}", "127.0.0.1"],
                   input="y\ny\nQUIT\n", text=True, capture_output=True, check=False, timeout=20,
                   env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
    line = (home / ".gnutls" / "known_hosts").read_text()
    assert line.startswith(f"|g0|127.0.0.1|{server.port}|0|")
    path = kept.memory / "ftpsh" / "known_hosts"
    kept("trust", "add", "a.example", "sha256:" + "0" * 64)
    path.write_text(line)
    path.chmod(0o600)
    assert kept(server.target(), "ls").status == 0
    _, key = sha256_of(pki.selfsigned)
    rows = [json.loads(row) for row in kept("-c", "trust --json").stdout.splitlines()]
    assert rows == [{"host": "127.0.0.1", "port": server.port, "sha256": key, "accepted": ""}]
    server.stop()
    server = fake(tls="implicit", **showing(pki.good, f"--port={server.port}"))
    run = kept(server.target(), "ls")
    assert run.status == 4 and "HAS CHANGED" in run.stderr, run
    assert kept("trust", "forget", "127.0.0.1").status == 0
    assert stored(kept) == ""


# The command.

def test_trust_show(fake, kept, pki):
    server = fake(**showing(pki.expired))
    der, key = sha256_of(pki.expired)
    run = kept("trust", "show", f"127.0.0.1:{server.port}")
    assert run.status == 0, run
    assert "fault        it has expired" in run.stdout and "stored       no" in run.stdout
    assert "USER" not in server.said()
    add(kept, server, pki.expired)
    run = kept("-c", f"trust show --json 127.0.0.1:{server.port}")
    assert json.loads(run.stdout) == {
        "host": "127.0.0.1", "port": server.port, "subject": "CN=expired",
        "issuer": "CN=ftpsh test authority", "not_before": "2020-01-01T00:00:00Z",
        "not_after": "2021-01-01T00:00:00Z",
        "names": [*NAMES, *ADDRESSES],
        "sha256": der, "key_sha256": key, "faults": ["expired"], "stored": "yes"}
    run = kept("-c", "trust show --json", server.target())
    assert json.loads(run.stdout)["faults"] == ["expired"], run


@pytest.mark.parametrize("mode", ("off", "prefer"))
def test_trust_show_never_goes_on_in_clear(fake, kept, mode):
    server = fake(tls="off")
    run = kept(f"--tls={mode}", "trust", "show", f"127.0.0.1:{server.port}")
    assert run.status == 4, run
    assert "USER" not in server.said()


def test_trust_goes_by_the_settings_of_the_host(fake, kept, config, pki):
    """As open does: of its sections, also a bookmark's, and by the name that --tls-name gives."""
    server = fake(tls="implicit", **showing(pki.example))
    where = f"127.0.0.1:{server.port}"
    _, key = sha256_of(pki.example)
    config("[127.0.0.1]\ntls = implicit\ntls-name = ftp.example.com\n"
           "[here]\ntls-name = www.example.com\n")
    assert kept("-c", f"bookmark add here someone@{where}").status == 0
    assert kept(server.target(), "ls").status == 0
    run = kept("-c", f"trust show --json {where}")
    shown = json.loads(run.stdout)
    assert (shown["host"], shown["faults"]) == ("ftp.example.com", []), run
    run = kept("-c", "trust show --json here")
    shown = json.loads(run.stdout)
    assert (shown["host"], shown["faults"]) == ("www.example.com", ["name"]), run
    run = kept("-c", "open here; trust show --json")
    assert run.status == 4, run
    assert kept("trust", "add", "here", f"sha256:{key}").status == 0
    assert f"|www.example.com|{server.port}|" in stored(kept)
    run = kept("-c", "open here; trust show --json; ls")
    assert run.status == 0 and json.loads(run.stdout.splitlines()[0])["stored"] == "yes", run
    assert kept("trust", "forget", "here").status == 0
    assert stored(kept) == ""


def test_trust_list_and_forget(kept):
    key = "5" * 64
    for server in ("One.example", "one.example:990", "[::1]:2121"):
        assert kept("trust", "add", server, f"sha256:{key.upper()}").status == 0
    run = kept("trust", "list")
    assert [line.split()[:2] for line in run.stdout.splitlines()] == [
        ["one.example", "21"], ["one.example", "990"], ["::1", "2121"]], run
    rows = [json.loads(row) for row in kept("-c", "trust --json").stdout.splitlines()]
    assert rows[2] == {"host": "::1", "port": 2121, "sha256": key, "accepted": ""}
    assert kept("trust", "forget", "one.example:990").status == 0
    assert kept("trust", "--forget", "ONE.example").status == 0
    assert kept("-c", "trust forget [::1]").status == 0
    assert stored(kept) == ""
    run = kept("trust", "forget", "one.example")
    assert run.status == 2 and "no key of 'one.example' is stored" in run.stderr, run


def test_trust_keeps_lines_that_are_not_its_own(kept):
    line = "|g0|one.example|21|0|MIIBIjANBg\n# a remark\n"
    kept("trust", "add", "a.example", "sha256:" + "0" * 64)
    path = kept.memory / "ftpsh" / "known_hosts"
    path.write_text(line + path.read_text())
    kept("trust", "add", "b.example", "sha256:" + "1" * 64)
    kept("trust", "forget", "a.example")
    assert stored(kept) == f"{line}|c0|b.example|21|0|6|{'1' * 64}|-\n"


def test_trust_of_a_name_with_the_dot_of_the_root(fake, kept, pki):
    """It is the same server with it and without, also for what is held in memory."""
    where = fake(**showing(pki.selfsigned)).target()
    key = f"sha256:{sha256_of(pki.selfsigned)[1]}"
    dotted, plain = "--tls-name=ftp.example.com.", "--tls-name=ftp.example.com"
    run = kept(dotted, "-c", f"trust add {where} {key}; open {where}; ls; close")
    assert run.status == 0, run
    assert kept(plain, where, "ls").status == 0
    run = kept(dotted, "-c", f"open {where}; ls; close; trust forget {where}; open {where}")
    assert run.status == 4 and "big" in run.stdout and "not trusted" in run.stderr, run
    assert stored(kept) == ""


@pytest.mark.parametrize("words, why", (
    (("add", "one.example", "sha256:12"), "64 hexadecimal digits"),
    (("add", "a|b", "sha256:" + "0" * 64), "no name of a server"),
    (("add", "*", "sha256:" + "0" * 64), "no name of a server"),
    (("add",), "usage: trust"), (("lsit",), "usage: trust"), (("show",), "not connected")))
def test_trust_with_wrong_words(kept, words, why):
    run = kept("-c", "trust " + " ".join(f"'{w}'" for w in words))
    assert run.status == 2 and why in run.stderr, run
    assert stored(kept) == ""


def test_trust_add_from_what_the_server_shows(fake, kept, shell, pki):
    server = fake(**showing(pki.selfsigned))
    where = f"127.0.0.1:{server.port}"
    run = kept("trust", "add", where)
    assert run.status == 4 and stored(kept) == "", run
    line = re.search(r"trust add \S+ sha256:[0-9a-f]{64}", run.stderr).group()
    sh = shell()
    sh.prompt()
    sh.type(f"trust add {where}")
    sh.child.expect(r"Store the key: yes or no\? \[no\] ")
    sh.type("")
    sh.child.expect("not stored")
    sh.prompt()
    sh.type(f"trust add {where}")
    sh.child.expect(r"Store the key: yes or no\? \[no\] ")
    sh.type("yes")
    sh.child.expect("the key is stored in")
    sh.prompt()
    assert "USER" not in server.said()
    assert kept(server.target(), "ls").status == 0
    kept("trust", "forget", where)
    assert kept("-c", line).status == 0
    assert kept(server.target(), "ls").status == 0


@pytest.mark.parametrize("name", ("vsftpd", "proftpd", "pureftpd", "pyftpdlib"))
def test_first_visit_to_real_servers(bed, ftpsh, tmp_path, name):
    """The test authority is not among the trusted ones here."""
    ftpsh.memory = tmp_path / "state"
    bed.share("here", b"it is")
    server = bed.server(name)
    argv = ftpsh.argv
    ftpsh.argv = lambda args, **more: argv(args, ca=False)
    sh = Shell(ftpsh, server.target())
    try:
        sh.child.expect("its issuer is not known")
        sh.child.expect(QUESTION)
        sh.type("always")
        sh.prompt()
        assert "here" in sh.run("ls")
        sh.run(f"get here {tmp_path}/got")
        assert (tmp_path / "got").read_bytes() == b"it is"
        sh.type("quit")
        assert sh.leave() == 0
    finally:
        print(sh.seen.text)
        sh.child.close(force=True)
        ftpsh.argv = argv
    run = ftpsh(server.target(), "ls", ca=False)
    assert run.status == 0, run
