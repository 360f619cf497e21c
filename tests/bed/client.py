"""Running ftpsh and reading what it reports."""
import itertools
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bed.process import wait_until

SANITIZER_STATUS = 99


@dataclass(repr=False)
class Run:
    """One run of ftpsh. Its repr is what a failed assertion shows."""
    argv: list
    status: int
    stdout: str
    stderr: str
    seconds: float
    report: dict = None

    def attempts(self):
        """(strategy, stage, result) of each attempt, in order."""
        return [(a["strategy"], a["stage"], a["result"]) for a in self.raw_attempts()]

    def raw_attempts(self):
        return self.report["data"]["attempts"]

    def strategy(self):
        return self.report["data"]["strategy"]

    def __repr__(self):
        return (f"$ {' '.join(self.argv)}\nexit {self.status} after {self.seconds:.2f} s\n"
                f"{self.stdout[-2000:]}\n{self.stderr[-4000:]}\n"
                f"{json.dumps(self.report, indent=1) if self.report else 'no report'}")


class Client:
    """Starts ftpsh with an empty home, so that nothing of the machine's user is read.

    What ftpsh remembers is gone after each run, unless `memory` is the folder to keep it in.
    A sanitizer's finding is an AssertionError, whatever the run's status.
    """

    def __init__(self, binary, folder, password, ca):
        self.binary, self.folder, self.password, self.ca = binary, Path(folder), password, ca
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self.runs, self.seconds = [], []
        self.memory, self.states = None, itertools.count()

    def env(self, password=None):
        """`password` replaces the right one; an empty one is not handed over at all."""
        options = f"exitcode={SANITIZER_STATUS}:halt_on_error=1:log_path={self.folder}/finding"
        state = self.memory or self.folder / f"state-{next(self.states)}"
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
               "XDG_STATE_HOME": str(state),
               "TERM": "xterm", "ASAN_OPTIONS": f"{options}:detect_leaks=1",
               "UBSAN_OPTIONS": f"{options}:print_stacktrace=1",
               "TSAN_OPTIONS": options}
        password = self.password if password is None else password
        if password:
            env["FTPSH_PASSWORD"] = password
        return env

    def argv(self, args, netns=None, ca=True, report=None, prefix=()):
        argv = ["ip", "netns", "exec", netns] if netns else []
        argv += [*prefix, str(self.binary)]
        if report:
            argv += ["--report=json", f"--report-file={report}"]
        if ca:
            argv.append(f"--ca-file={self.ca}")
        return argv + [str(a) for a in args]

    def __call__(self, *args, netns=None, stdin="", password=None, ca=True, prefix=(), bound=40,
                 cwd=None, pass_fds=(), report=True):
        """`bound` only ends a run that hangs; what a scene may take is asserted by its test.

        Without `report` none is asked for. A session of its own keeps it from the terminal that the
        tests may have been started from: it would ask for passwords there.
        """
        report = self.folder / f"report-{len(self.runs)}.json" if report else None
        argv = self.argv(args, netns, ca, report, prefix)
        start = time.monotonic()
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=bound,
                              env=self.env(password), cwd=cwd or self.folder, check=False,
                              pass_fds=pass_fds, errors="backslashreplace",
                              start_new_session=True)
        seconds = time.monotonic() - start
        run = Run(argv, done.returncode, done.stdout, done.stderr, seconds, read_report(report))
        self.runs.append(run)
        self.seconds.append(seconds)
        self.check_findings(run)
        return run

    def signal_when(self, number, condition, *args):
        """Sends a signal once the condition holds. `seconds` of the run count from there."""
        report = self.folder / f"report-{len(self.runs)}.json"
        argv = self.argv(args, report=report)
        with subprocess.Popen(argv, env=self.env(), cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as child:
            try:
                wait_until(condition, 15, "the moment to send a signal")
                start = time.monotonic()
                child.send_signal(number)
                stdout, stderr = child.communicate(timeout=15)
            except BaseException:
                child.kill()
                raise
        run = Run(argv, child.returncode, stdout, stderr, time.monotonic() - start,
                  read_report(report))
        self.runs.append(run)
        self.check_findings(run)
        return run

    def check_findings(self, run=""):
        findings = [p.read_text(errors="replace") for p in self.folder.glob("finding*")]
        assert not findings, f"{run}\n" + "\n".join(findings)


def read_report(path):
    """None when there is none, or it was not asked for."""
    try:
        return json.loads(path.read_text()) if path else None
    except FileNotFoundError:
        return None
