#!/usr/bin/env python3
"""How long ftpsh and lftp take from start to prompt, and from --version to exit, side by side.

    FTPSH=build/cmd/ftpsh python3 tests/bench/start.py [ROUNDS]

FTPSH should be a release build. Both run in turn, on a terminal of their own and with an empty home,
so that whatever else the machine does slows both. Prints medians in milliseconds, and how many times
lftp's time ftpsh takes; ends with 1 where that is more than once. Run by hand.
"""
import os
import pty
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SECONDS = 10
PROMPTS = {"ftpsh": b"ftpsh> ", "lftp": b"lftp :~> "}
LEAVE = b"exit\n"


def environment(home):
    return {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "TERM": "xterm"}


def to_exit(program, env):
    start = time.perf_counter()
    subprocess.run([program, "--version"], env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def read_until(terminal, text):
    """Until the terminal shows the text, whatever it shows beside it."""
    seen, end = b"", time.monotonic() + SECONDS
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], end - time.monotonic())
        if not ready:
            sys.exit(f"no {text!r} in {SECONDS} s, but {seen!r}")
        seen += os.read(terminal, 4096)


def to_prompt(program, prompt, env):
    master, slave = pty.openpty()
    start = time.perf_counter()
    with subprocess.Popen([program], env=env, cwd=env["HOME"], stdin=slave, stdout=slave,
                          stderr=slave, start_new_session=True) as child:
        os.close(slave)
        try:
            read_until(master, prompt)
            took = time.perf_counter() - start
            os.write(master, LEAVE)
            drain(master)
            child.wait(SECONDS)
        finally:
            child.kill()
            os.close(master)
    return took


def drain(terminal):
    """What is written at the end must be read, or the program waits for that."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the other end is closed
        pass


def compare(rounds, programs, measure):
    """The times of each program, taken in turn, after one round to warm up."""
    times = {name: [] for name in programs}
    for i in range(rounds + 1):
        for name in sorted(programs, reverse=bool(i % 2)):
            took = measure(name)
            if i:
                times[name].append(took)
    return times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    programs = {"ftpsh": os.path.abspath(os.environ["FTPSH"]), "lftp": shutil.which("lftp")}
    if not programs["lftp"]:
        sys.exit("there is no lftp to compare with")
    slower = False
    with tempfile.TemporaryDirectory() as home:
        env = environment(home)
        tasks = {"--version to exit": lambda name: to_exit(programs[name], env),
                 "start to prompt": lambda name: to_prompt(programs[name], PROMPTS[name], env)}
        print(f"{rounds} rounds, median (best) in ms")
        for task, measure in tasks.items():
            times = compare(rounds, programs, measure)
            medians = {name: statistics.median(t) for name, t in times.items()}
            ratio = medians["ftpsh"] / medians["lftp"]
            slower = slower or ratio > 1
            shown = ", ".join(f"{name} {1000 * medians[name]:.1f} ({1000 * min(times[name]):.1f})"
                              for name in sorted(times))
            print(f"{task:20}{shown}, {ratio:.2f} times lftp's")
    sys.exit(slower)


if __name__ == "__main__":
    main()
