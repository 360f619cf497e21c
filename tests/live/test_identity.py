"""Who we are: client certificates from files and tokens, and what servers make of them."""
import os
import subprocess
from pathlib import Path

import pytest

from bed.mounts import with_file
from bed.shell import Shell
from fake.server import find_binary

SECRET = "open, sesame"


def openssl(*args, stdin=None):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, input=stdin)


@pytest.fixture(scope="module")
def forms(pki, tmp_path_factory):
    """The client's pair in every shape: the path of each."""
    folder = tmp_path_factory.mktemp("forms")
    cert, key = pki.client.cert, pki.client.key
    out = {name: folder / name for name in (
        "traditional", "traditional-des3", "pkcs8", "pkcs8-locked", "der", "cert.der", "p12",
        "old.p12", "open.p12", "any-order")}
    password = f"pass:{SECRET}"
    openssl("rsa", "-in", key, "-traditional", "-out", out["traditional"])
    openssl("rsa", "-in", key, "-traditional", "-aes128", "-passout", password,
            "-out", out["traditional-des3"])
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", out["pkcs8"])
    openssl("pkcs8", "-topk8", "-in", key, "-passout", password, "-out", out["pkcs8-locked"])
    openssl("rsa", "-in", key, "-outform", "DER", "-out", out["der"])
    openssl("x509", "-in", cert, "-outform", "DER", "-out", out["cert.der"])
    export = ("pkcs12", "-export", "-in", cert, "-inkey", key, "-certfile", pki.ca.cert)
    openssl(*export, "-passout", password, "-out", out["p12"])
    openssl(*export, "-passout", password, "-legacy", "-out", out["old.p12"])
    openssl(*export, "-passout", "pass:", "-out", out["open.p12"])
    out["any-order"].write_text(pki.ca.cert.read_text() + cert.read_text() + key.read_text())
    for path in folder.iterdir():
        path.chmod(0o600)
    return out


@pytest.fixture
def locked(tmp_path):
    """The option that opens the locked ones."""
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    return f"--key-password-file={path}"


def asks_for(pki, *more):
    return {"options": (f"--client-ca={pki.ca.cert}", *more)}


SHAPES = {
    "traditional key": ("{cert}", "traditional"), "PKCS#8": ("{cert}", "pkcs8"),
    "traditional, locked": ("{cert}", "traditional-des3"),
    "PKCS#8, locked": ("{cert}", "pkcs8-locked"), "DER": ("cert.der", "der"),
    "PKCS#12": ("p12", None), "PKCS#12 as of old": ("old.p12", None),
    "PKCS#12 without a pass phrase": ("open.p12", None),
    "PEM in any order": ("any-order", None)}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(fake, client, pki, forms, locked, shape):
    """On control and on data, which does not resume here."""
    cert, key = SHAPES[shape]
    options = [f"--cert={pki.client.cert if cert == '{cert}' else forms[cert]}", locked]
    if key:
        options.append(f"--key={forms[key]}")
    run = client(*options, fake("no-resume", **asks_for(pki)).target(), "get", "small")
    assert run.status == 0, run


# What does not open, fit or exist: one line, before the server is bothered.

def complains(client, why, *options, status=1, prefix=()):
    run = client("--retries=0", *options, "127.0.0.1:1", "ls", prefix=prefix)
    assert run.status == status, run
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1 and why in lines[0], run
    assert SECRET not in run.stderr
    return run


LOCKED = ("pkcs8-locked", "traditional-des3", "p12", "old.p12")


def options_for(forms, pki, name):
    if name.endswith("p12"):
        return (f"--cert={forms[name]}",)
    return (f"--cert={pki.client.cert}", f"--key={forms[name]}")


@pytest.mark.parametrize("name", LOCKED)
def test_wrong_pass_phrase(client, pki, forms, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("open\n")
    run = complains(client, "the pass phrase for", f"--key-password-file={secret}",
                    *options_for(forms, pki, name))
    assert "is wrong" in run.stderr and str(forms[name]) in run.stderr
    run = complains(client, "has a pass phrase: use --key-password-file",
                    *options_for(forms, pki, name))
    secret.write_text("")
    complains(client, "there is no pass phrase for", f"--key-password-file={secret}",
              *options_for(forms, pki, name))


def test_pass_phrase_from_a_descriptor(fake, client, pki, forms):
    """Read once for a session, its pool and a second connection."""
    server = fake("no-resume", **asks_for(pki))
    read, write = os.pipe()
    os.write(write, f"{SECRET}\nmore".encode())
    os.close(write)
    target = server.target()
    run = client(f"--cert={forms['p12']}", f"--key-password-fd={read}", "-c",
                 f"open {target}; get small; close; open {target}; mirror -P3 . copy",
                 pass_fds=(read,))
    os.close(read)
    assert run.status == 0, run


def test_of_descriptor_and_file_the_one_that_is_nearer_counts(fake, client, config, pki, forms,
                                                              tmp_path):
    (tmp_path / "wrong").write_text("wrong\n")
    (tmp_path / "right").write_text(f"{SECRET}\n")
    config(f"[*]\ncert = {forms['p12']}\nkey-password-fd = 7\n"
           f"[127.0.0.1]\nkey-password-file = {tmp_path / 'wrong'}\n")
    target = fake(**asks_for(pki)).target()
    run = client(target, "ls")
    assert run.status == 1 and "is wrong" in run.stderr, run
    assert client(f"--key-password-file={tmp_path / 'right'}", target, "ls").status == 0


def test_files_that_are_none(client, pki, forms, tmp_path):
    cert, key = f"--cert={pki.client.cert}", f"--key={forms['traditional']}"
    gone, junk = tmp_path / "gone", tmp_path / "junk"
    junk.write_text("neither here\nnor there\n")
    complains(client, f"the client certificate: {gone}: No such file", f"--cert={gone}")
    complains(client, f"certificate's key: {gone}: No such file", cert, f"--key={gone}")
    complains(client, f"{tmp_path}: read: Is a directory", f"--cert={tmp_path}")
    complains(client, f"{junk} holds no certificate", f"--cert={junk}", key)
    complains(client, f"private key in {junk}", cert, f"--key={junk}")
    complains(client, f"{pki.client.cert} holds no private key", cert)
    complains(client, f"{pki.client.cert} holds no private key", cert, f"--key={pki.client.cert}")
    complains(client, "does not belong to the client certificate", cert, f"--key={pki.good.key}")
    complains(client, "holds its key", f"--cert={forms['open.p12']}", key, status=2)
    complains(client, "needs a certificate", key, status=2)
    ssh = tmp_path / "ssh"
    ssh.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n"
                   "-----END OPENSSH PRIVATE KEY-----\n")
    complains(client, "ssh-keygen -p -m PEM", cert, f"--key={ssh}")
    (tmp_path / "huge").write_bytes(b"0" * 3_000_000)
    complains(client, "huge", f"--cert={tmp_path / 'huge'}")


@pytest.mark.parametrize("name", ("traditional", "any-order", "open.p12"))
def test_key_that_others_can_read(client, pki, forms, tmp_path, name):
    """Unless it has a pass phrase, as netrc's passwords."""
    copy = tmp_path / "copy"
    copy.write_bytes(forms[name].read_bytes())
    options = (f"--cert={pki.client.cert}", f"--key={copy}") if name == "traditional" else (
        f"--cert={copy}",)
    for mode in (0o604, 0o640):
        copy.chmod(mode)
        complains(client, "others can read it (run 'chmod 600'", *options)
    copy.chmod(0o600)
    complains(client, "cannot connect", *options, status=3)


def test_locked_key_that_others_can_read(client, forms, locked, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(forms["p12"].read_bytes())
    copy.chmod(0o644)
    complains(client, "cannot connect", locked, f"--cert={copy}", status=3)


def test_pipe_that_nobody_writes_to(client, pki, forms, tmp_path):
    """Waiting for it ends with the clock for everything, and by Ctrl-C."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    cert = f"--cert={forms['p12']}"
    for option in ((f"--cert={pipe}",), (cert, f"--key-password-file={pipe}"),
                   (f"--password-file={pipe}",)):
        run = client("--timeout=0.5", *option, "127.0.0.1:1", "ls")
        assert run.status == 10 and run.seconds < 15, run


def test_certificate_from_a_pipe(fake, client, pki, forms):
    """As a shell's <(...) names it."""
    read, write = os.pipe()
    os.write(write, forms["any-order"].read_bytes())
    os.close(write)
    run = client(f"--cert=/dev/fd/{read}", fake(**asks_for(pki)).target(), "ls", pass_fds=(read,))
    os.close(read)
    assert run.status == 0, run


# A person is asked.

@pytest.fixture
def shell(client):
    started = []

    def start(*args, **more):
        started.append(Shell(client, *args, **more))
        return started[-1]

    yield start
    for one in started:
        print(one.seen.text)
        one.child.close(force=True)
    client.check_findings()


def test_question_for_a_pass_phrase(fake, client, shell, pki, forms):
    target = fake("no-resume", **asks_for(pki)).target()
    sh = shell(f"--cert={forms['p12']}", target)
    sh.child.expect(r"Pass phrase for \S+p12: ")
    sh.type("wrong")
    sh.child.expect(r"That is wrong. Pass phrase for \S+p12: ")
    sh.type(SECRET)
    sh.prompt()
    assert "small" in sh.run("ls")
    sh.run(f"open {target}")
    assert "small" in sh.run("ls")
    assert sh.seen.text.count("Pass phrase") == 2 and SECRET not in sh.seen.text
    assert "  subject" in sh.run("trust show")
    sh.type("quit")
    assert sh.leave() == 0


def test_question_that_is_not_answered(fake, client, shell, pki, forms):
    sh = shell(f"--cert={forms['p12']}", fake(**asks_for(pki)).target())
    sh.child.expect("Pass phrase for")
    sh.interrupt()
    sh.child.expect("interrupted")
    sh.type("quit")
    assert sh.leave() == 0
    sh = shell(f"--cert={forms['p12']}", fake(**asks_for(pki)).target())
    for _ in range(3):
        sh.child.expect("Pass phrase for")
        sh.type("wrong")
    sh.child.expect("the pass phrase for .* is wrong")
    sh.type("quit")
    assert sh.leave() == 0


# Tokens.

class Token:
    """One of SoftHSM's, labelled "card", with the client's certificate and key as "me"."""

    def __init__(self, client, folder, pki):
        self.home = client.home
        (folder / "tokens").mkdir(parents=True)
        (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
        self.env = {"SOFTHSM2_CONF": str(folder / "conf")}
        self.tool("softhsm2-util", "--init-token", "--free", "--label=card", f"--pin={SECRET}",
                  "--so-pin=4321")
        for what in (f"--load-privkey={pki.client.key}", f"--load-certificate={pki.client.cert}"):
            self.tool("p11tool", "--login", "--write", what, "--label=me", "pkcs11:token=card")

    def tool(self, *argv):
        subprocess.run(argv, check=True, capture_output=True, env={
            **os.environ, **self.env, "HOME": str(self.home), "GNUTLS_PIN": SECRET})

    def prefix(self, **more):
        return ("env", *(f"{name}={value}" for name, value in {**self.env, **more}.items()))


MODULE = Path("/usr/share/p11-kit/modules/softhsm2.module")


@pytest.fixture
def token(client, tmp_path, pki):
    if not MODULE.exists():
        pytest.skip("SoftHSM is not installed")
    return Token(client, tmp_path / "hsm", pki)


@pytest.mark.parametrize("cert, key", (
    ("pkcs11:token=card;object=me", None), ("pkcs11:token=card;object=me;type=cert", None),
    (None, "pkcs11:token=card;object=me;type=private")))
def test_token(fake, client, pki, token, locked, cert, key):
    """On control and data, from the threads of a pool as well."""
    server = fake("no-resume", **asks_for(pki))
    options = [f"--cert={cert or pki.client.cert}", locked] + ([f"--key={key}"] if key else [])
    run = client(*options, server.target(), "mirror", "-P3", ".", "copy", prefix=token.prefix())
    assert run.status == 0, run


def test_token_asks_for_its_pin(fake, shell, pki, token):
    sh = shell("--cert=pkcs11:token=card;object=me", fake(**asks_for(pki)).target(),
               prefix=token.prefix())
    sh.child.expect('PIN for the token "card": ')
    sh.type("wrong")
    sh.child.expect('That is wrong. PIN .*for the token "card": ')
    sh.type(SECRET)
    sh.prompt()
    assert "small" in sh.run("ls") and SECRET not in sh.seen.text


def test_token_that_does_not_open(client, pki, token, locked, tmp_path):
    prefix = {"prefix": token.prefix()}
    me = "--cert=pkcs11:token=card;object=me"
    (tmp_path / "wrong").write_text("9999\n")
    complains(client, 'the PIN for the token "card" is wrong', me,
              f"--key-password-file={tmp_path / 'wrong'}", **prefix)
    complains(client, 'the token "card" wants a PIN: use --key-password-file', me, **prefix)
    complains(client, "no token that is there holds it", "--cert=pkcs11:token=gone;object=me",
              locked, **prefix)
    complains(client, "no token that is there holds it", "--cert=pkcs11:token=card;object=you",
              locked, **prefix)
    complains(client, "the private key pkcs11:nonsense", "--cert=pkcs11:nonsense", locked,
              **prefix)
    complains(client, "does not belong", f"--cert={pki.selfsigned.cert}",
              "--key=pkcs11:token=card;object=me", locked, **prefix)
    complains(client, "no PIN stands in the URL", me + f";pin-value={SECRET}", status=2)


@pytest.mark.usefixtures("mounts")
def test_token_whose_pin_is_locked(client, token, locked, tmp_path):
    """By a module in between, as SoftHSM itself locks none."""
    theirs = MODULE.read_text().partition("module:")[2].split()[0]
    ours = find_binary().with_name("lockedtoken.so")
    (tmp_path / "module").write_text(f"module: {ours}\n")
    complains(client, "the token's PIN is locked", "--cert=pkcs11:token=card;object=me", locked,
              prefix=(*token.prefix(FTPSH_TOKEN_MODULE=theirs),
                      *with_file(tmp_path / "module", MODULE)))


# What servers say.

VERSIONS = {"TLS1.3": (), "TLS1.2": ("--tls-max=1.2",)}


@pytest.mark.parametrize("version", VERSIONS)
def test_server_that_refuses(fake, client, pki, version):
    server = fake(**asks_for(pki, *VERSIONS[version]))
    old = pki.issue("client-of-old", names=(), addresses=(), purpose="tls_www_client",
                    dates=("2020-01-01", "2021-01-01"))
    rows = ((), "the server wants a client certificate: see --cert"), (
        (f"--cert={pki.selfsigned.cert}", f"--key={pki.selfsigned.key}"),
        "the server refused the client certificate CN=selfsigned (alert"), (
        (f"--cert={old.cert}", f"--key={old.key}"),
        "the server refused the client certificate CN=client-of-old, which has expired (alert")
    for options, why in rows:
        run = client(*options, server.target(), "ls")
        assert run.status == 4 and why in run.stderr, run
        assert len(run.stderr.strip().splitlines()) == 1, run
    assert "USER" not in server.said()


@pytest.mark.parametrize("order", ("150 first", "TLS first"))
@pytest.mark.parametrize("version", VERSIONS)
def test_server_that_refuses_on_data_alone(fake, client, pki, version, order):
    """No other way to them would do: none is tried, nor is the same one tried again."""
    server = fake(f"data-client-ca={pki.ca.cert}", "no-resume",
                  *(["tls-before-150"] if order == "TLS first" else []),
                  options=VERSIONS[version])
    (client.folder / "mine").write_bytes(b"what goes up")
    ours = (f"--cert={pki.selfsigned.cert}", f"--key={pki.selfsigned.key}")
    for words in (("ls",), ("put", "mine", "up")):
        for options, why in ((), "wants a client certificate: see --cert"), (
                ours, "refused the client certificate CN=selfsigned (alert"):
            before = server.said().count("> EPSV")
            run = client("--tls-reuse=off", *options, server.target(), *words)
            assert run.status == 4 and why in run.stderr, run
            assert len(run.stderr.strip().splitlines()) == 1, run
            assert server.said().count("> EPSV") == before + 1, run
    run = client(f"--cert={pki.client.cert}", f"--key={pki.client.key}", server.target(), "put",
                 "mine", "up")
    assert run.status == 0, run


def test_another_ticket_for_data_that_are_refused(fake, client, pki):
    """A session that is resumed needs no certificate."""
    server = fake(f"data-client-ca={pki.ca.cert}", "resume-times=2")
    run = client("-c", "ls; ls; ls; get small", server.target())
    assert run.status == 0, run
    assert server.said().count("230 Logged in") == 2


def test_connection_is_lost_where_a_certificate_is_asked_for(fake, client, pki):
    """Some servers mean the certificate by that, but a connection that is lost once is just that."""
    ours = (f"--cert={pki.client.cert}", f"--key={pki.client.key}")
    run = client(*ours, fake("cut-before=USER:1", **asks_for(pki)).target(), "pwd")
    assert (run.status, run.stdout) == (0, "/\n"), run
    run = client(*ours, fake("cut-before=USER:9", **asks_for(pki)).target(), "pwd")
    assert run.status == 4 and "refused the client certificate" in run.stderr, run


REAL = {
    "vsftpd": lambda pki: dict(extra=(f"ca_certs_file={pki.ca.cert}", "require_cert=YES",
                                      "validate_cert=YES")),
    "proftpd": lambda pki: dict(extra=(f"TLSCACertificateFile {pki.ca.cert}",
                                       "TLSVerifyClient on"))}


@pytest.mark.parametrize("version", ("1.2", "1.3"))
@pytest.mark.parametrize("reuse", (False, True))
@pytest.mark.parametrize("name", REAL)
def test_real_servers(bed, ftpsh, pki, forms, locked, name, version, reuse):
    """On control, and on data whether it resumes or not."""
    bed.share("small", b"it is")
    server = bed.server(name, tls_version=version, reuse=reuse, **REAL[name](pki))
    for options in ((f"--cert={pki.client.cert}", f"--key={pki.client.key}"),
                    (f"--cert={forms['p12']}", locked)):
        run = ftpsh(*options, server.target(), "get", "small")
        assert run.status == 0, run
    run = ftpsh(*options, server.target(), "put", "small", "back")
    assert run.status == 0, run


@pytest.mark.parametrize("version", ("1.2", "1.3"))
@pytest.mark.parametrize("name", REAL)
def test_real_servers_refuse(bed, ftpsh, pki, name, version):
    server = bed.server(name, tls_version=version, **REAL[name](pki))
    run = ftpsh(server.target(), "ls")
    assert run.status == 4 and "wants a client certificate" in run.stderr, run
    run = ftpsh(f"--cert={pki.selfsigned.cert}", f"--key={pki.selfsigned.key}", server.target(),
                "ls")
    assert run.status == 4 and "refused the client certificate CN=selfsigned" in run.stderr, run
