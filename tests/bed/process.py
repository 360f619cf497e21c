"""Starting a server process, waiting until it listens, ending it."""
import os
import signal
import subprocess
import time
from pathlib import Path

START_SECONDS = 15
STOP_SECONDS = 10
LISTEN, SERVED = "0A", {"01", "08"}  # of /proc/net/tcp; CLOSE_WAIT is served until it is closed


def wait_until(condition, seconds, what):
    """Polls a condition; an AssertionError names `what` when it does not come true in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


def is_running(command):
    """Whether a process runs whose command line starts like this."""
    return subprocess.run(["pgrep", "-f", f"^{command}"], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def tcp_states(pid, port):
    """The states of the TCP sockets with this port on their side, in the namespace of a process."""
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            if int(local.rsplit(":", 1)[1], 16) == port:
                found.add(state)
    return found


def is_listening(pid, port):
    return LISTEN in tcp_states(pid, port)


class Process:
    """A server in a session of its own, with its output in a file."""

    def __init__(self, argv, log, netns=None, env=None):
        if netns:
            argv = ["ip", "netns", "exec", netns, *argv]
        self.log = Path(log)
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env={**os.environ, **(env or {})}, start_new_session=True)

    def wait_port(self, port):
        def ready():
            if self.child.poll() is not None:
                raise AssertionError(f"the server ended at once:\n{self.text()}")
            return is_listening(self.child.pid, port)

        wait_until(ready, START_SECONDS, f"port {port}:\n{self.text()}")

    def wait_unserved(self, port, seconds):
        """Until no client of a port has a session any more: no process of its own, where the server
        starts one, and no connection."""
        pid = self.child.pid
        wait_until(lambda: len(family(pid)) == 1 and not tcp_states(pid, port) & SERVED, seconds,
                   f"the sessions of port {port} to end")

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        """Ends the server with its sessions, and waits until all are gone.

        A session can be the leader of a group of its own, and may be waiting for a client that never
        comes: hence the family, found while the listener still is its parent.
        """
        pids = family(self.child.pid)
        signal_all(pids, signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        signal_all(pids, signal.SIGKILL)
        self.child.wait(STOP_SECONDS)
        wait_until(lambda: not any(is_alive(pid) for pid in pids), STOP_SECONDS, "the sessions' end")


def process_stat(pid):
    """State and parent of a process; None when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent = text.rsplit(")", 1)[1].split()[:2]
    return state, int(parent)


def is_alive(pid):
    stat = process_stat(pid)
    return bool(stat) and stat[0] not in "ZX"


def family(pid):
    """A process and all that descend from it."""
    children = {}
    for entry in Path("/proc").iterdir():
        stat = process_stat(entry.name) if entry.name.isdigit() else None
        if stat:
            children.setdefault(stat[1], []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
