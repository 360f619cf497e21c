"""What a new user runs first: tests/try, and the installation."""
import os
import shutil
import subprocess
from pathlib import Path

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
