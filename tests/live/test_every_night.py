"""What the manual shows for cron and systemd, taken from the page and run."""
import os
import shlex
import shutil
import subprocess

import pytest

from bed import examples
from bed.examples import World

NIGHTLY, CRONTAB, SERVICE, TIMER = (
    "\n".join(lines) + "\n"
    for lines in examples.displays(examples.section("ftpsh.1", "EVERY NIGHT")))


@pytest.fixture
def world(tmp_path, bed, binary, namespaces, mounts):
    """With all that the page says is there; /srv is a folder of the test's own."""
    del namespaces, mounts
    with World(tmp_path, bed, binary) as made:
        made.write_netrc(f"machine ftp.example.com login alice password {made.password}")
        made.reports = tmp_path / "srv" / "reports"
        made.reports.mkdir(parents=True)
        (made.reports / "summary.csv").write_text("all\n")
        folder = made.home / ".config" / "ftpsh"
        folder.mkdir(parents=True)
        (folder / "config").write_text(f"[*]\nca-file = {bed.pki.ca.cert}\n")
        (folder / "nightly").write_text(NIGHTLY.replace("/srv/reports", str(made.reports)))
        yield made


def run(world, *argv):
    """With no more in the environment than cron gives."""
    kept = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    env = {"HOME": str(world.home), "LOGNAME": "alice", "SHELL": "/bin/sh",
           "PATH": f"{world.tools}:/usr/bin:/bin", **kept}
    return subprocess.run([*world.prefix(), *argv], env=env, cwd=world.home, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
                          start_new_session=True)


def check_morning(world, done):
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
    there = world.bed.account.home / "reports"
    for name in ("2026-01.csv", "2026-02.csv"):
        assert (world.reports / name).read_bytes() == (there / name).read_bytes()
    assert (there / "taken" / "summary.csv").read_text() == "all\n"


def cron_command():
    """The sixth field; in crontab(5) a '%' would be a line's end."""
    line, = CRONTAB.splitlines()
    *when, command = line.split(None, 5)
    assert all(one == "*" or one.isdigit() for one in when) and "%" not in command
    return command


def test_cron(world):
    check_morning(world, run(world, "/bin/sh", "-c", cron_command()))
    check_morning(world, run(world, "/bin/sh", "-c", cron_command()))  # the night after
    assert not (world.reports / "taken").exists()


def test_cron_when_something_fails(world):
    """One line for the mail: where, and what."""
    (world.bed.account.home / "reports").rename(world.bed.account.home / "elsewhere")
    done = run(world, "/bin/sh", "-c", cron_command())
    assert done.returncode == 7 and done.stdout == "", done
    assert done.stderr.startswith("ftpsh: .config/ftpsh/nightly:1: cd: reports: 550"), done
    assert done.stderr.count("\n") == 1, done


def exec_start(world, credentials):
    text = SERVICE.replace("\\\n", " ").replace("%d", str(credentials))
    text = text.replace("/home/alice", str(world.home)).replace("/usr/bin/ftpsh", str(world.binary))
    return shlex.split(next(line.partition("=")[2] for line in text.splitlines()
                            if line.startswith("ExecStart=")))


def test_systemd(world, tmp_path):
    """What the service starts, with the credential where systemd puts it."""
    (world.home / ".netrc").unlink()
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    (credentials / "ftp").write_text(world.password + "\n")
    check_morning(world, run(world, *exec_start(world, credentials)))


def test_systemd_knows_all_of_it(binary, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    service, timer = tmp_path / "ftpsh-nightly.service", tmp_path / "ftpsh-nightly.timer"
    service.write_text(SERVICE.replace("/usr/bin/ftpsh", str(binary)))
    timer.write_text(TIMER)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", service, timer],
                          capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in done.stderr.splitlines() if "ftpsh" in line or "nightly" in line]
    assert done.returncode == 0 and not said, done
    when = next(line.partition("=")[2] for line in TIMER.splitlines() if "OnCalendar" in line)
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0 and "02:30:00" in done.stdout, done
