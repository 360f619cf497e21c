"""What a new user runs first: tests/try, and the installation; and what packagers run."""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from fake.server import PASSWORD, SMALL

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.name for path in (ROOT / "man").glob("*.[1-9]")}
COMPLETIONS = {"ftpsh.bash": "bash-completion/completions", "_ftpsh": "zsh/site-functions",
               "ftpsh.fish": "fish/vendor_completions.d"}


def test_try(tmp_path):
    """In a copy of the sources, so that it builds from nothing."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".build", "__pycache__"))
    env = {k: v for k, v in os.environ.items() if not k.startswith("FTPSH")}
    done = subprocess.run(["sh", "tests/try"], cwd=copy, env=env, text=True, capture_output=True,
                          check=False, timeout=120, start_new_session=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert done.stderr.count("data: pasv-use-control-ip") == 2, said
    assert "epsv: rejected" in done.stderr and "advertised 10.0.1.121" in done.stderr, said
    assert "All of it worked" in done.stdout, said
    before = {path.name for path in ROOT.iterdir()}
    assert {path.name for path in copy.iterdir()} - before <= {".build"}


def libraries_of_the_build():
    """Those that it can't do without."""
    text = "".join((ROOT / name / "meson.build").read_text() for name in (".", "lib", "cmd"))
    found = re.findall(r"(?:dependency|find_library)\('([\w-]+)'([^)]*)", text)
    return {name for name, rest in found if "required" not in rest} - {"threads"}


def test_try_names_what_the_build_needs():
    """Also where there is no apt-get."""
    text = (ROOT / "tests" / "try").read_text()
    systems = re.split(r"^  (?=\S+: )", re.search(r"<<'END'\n(.*?)\nEND\n", text, re.S)[1],
                       flags=re.MULTILINE)[1:]
    needed = libraries_of_the_build()
    assert len(systems) == 4 and {"gnutls", "inih", "zlib"} <= needed
    for system in (*systems, re.search(r"^packages='(.*?)'", text, re.M | re.S)[1]):
        missing = {name for name in needed
                   if name.removeprefix("lib") not in system.replace("zlib1g", "zlib")}
        assert not missing, system


def test_meson_install(release_binary, tmp_path):
    build = release_binary.parent.parent
    there = tmp_path / "there"
    done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild"], text=True, check=False,
                          env={**os.environ, "DESTDIR": str(there)}, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    files = {path.relative_to(there) for path in there.rglob("*") if path.is_file()}
    program = next(path for path in files if path.parent.name == "bin")
    completions = {path.name: path for path in files if path.name in COMPLETIONS}
    pages = {path.name: path.parent.name for path in files - {program, *completions.values()}}
    assert program.name == "ftpsh"
    assert {name: str(path.parent.relative_to(path.parents[2])) for name, path in
            completions.items()} == COMPLETIONS
    assert pages == {name: f"man{name[-1]}" for name in PAGES}
    shown = subprocess.run([there / program, "--version"], text=True, capture_output=True,
                           check=False)
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "ftpsh"), shown


def command(*argv, **others):
    done = subprocess.run([str(a) for a in argv], text=True, check=False, capture_output=True,
                          stdin=subprocess.DEVNULL, **others)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    """What `meson dist` makes of a clone."""
    if not (ROOT / ".git").exists():
        pytest.skip("these sources are no checkout, of which meson dist makes a tarball")
    clone, build = tmp_path_factory.mktemp("clone") / "ftpsh", tmp_path_factory.mktemp("dist")
    command("git", "-c", "safe.directory=*", "clone", "-q", ROOT, clone)
    command("meson", "setup", build, clone, "-Dtests=false")
    command("meson", "dist", "-C", build, "--no-tests", "--formats=gztar")
    listed = command("git", "-C", clone, "ls-files").splitlines()
    return next((build / "meson-dist").glob("*.tar.gz")), listed


@pytest.fixture(scope="module")
def built_from_tarball(tarball, tmp_path_factory):
    """(build, prefix), of what was unpacked."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(tarball[0]) as archive:
        archive.extractall(place)
    source = next(place.iterdir())
    build, prefix = place / "build", place / "prefix"
    command("meson", "setup", build, source, "-Dtests=false", "-Doptimization=0",
            f"--prefix={prefix}")
    command("ninja", "-C", build)
    return build, prefix


def test_dist_holds_all_files(tarball):
    with tarfile.open(tarball[0]) as archive:
        held = {name.partition("/")[2] for name in archive.getnames() if "/" in name}
    assert set(tarball[1]) <= held, set(tarball[1]) - held


def test_install_into_prefix_and_uninstall(built_from_tarball):
    build, prefix = built_from_tarball
    command("meson", "install", "-C", build)
    files = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
    assert {"bin/ftpsh", *(f"share/{at}/{name}" for name, at in COMPLETIONS.items()),
            *(f"share/man/man{name[-1]}/{name}" for name in PAGES)} == files
    assert command(prefix / "bin" / "ftpsh", "--version", env={}).startswith("ftpsh ")
    command("ninja", "-C", build, "uninstall")
    assert not [path for path in prefix.rglob("*") if not path.is_dir()]


def test_pages_as_html(built_from_tarball):
    build, _ = built_from_tarball
    assert not list((build / "man").glob("*.html")), "they are made only when asked for"
    command("ninja", "-C", build, "html")
    for name in PAGES:
        text = (build / "man" / f"{name}.html").read_text(encoding="utf-8")
        assert text.rstrip().endswith("</html>") and "SEE" in text, name


def libraries(program):
    """The files that the dynamic linker takes."""
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", command("ldd", program))}


def test_program_needs_its_libraries_alone(release_binary, fake, pki, tmp_path):
    """Nothing else is there: no folder of its own, no home, no environment, no other program."""
    server, world = fake(), tmp_path / "world"
    world.mkdir()
    for path in libraries(release_binary):
        (world / path.parent.relative_to("/")).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, world / path.relative_to("/"))
    shutil.copy(release_binary, world / "ftpsh")
    shutil.copy(pki.ca.cert, world / "ca.pem")
    (world / "password").write_text(PASSWORD)

    def alone(*words):
        return command(shutil.which("chroot"), world, "/ftpsh", *words, env={})

    assert alone("--version").startswith("ftpsh ")
    assert "--pasv-use-control-ip" in alone("--help") and "mirror" in alone("-c", "help")
    shown = alone("--ca-file=/ca.pem", "--password-file=/password", server.target(), "cat", "small")
    assert shown.encode() == SMALL
