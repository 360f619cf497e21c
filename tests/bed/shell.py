"""ftpsh on a pseudo-terminal."""
import contextlib
import re
import signal
import time

import pexpect
import pyte

PROMPT = r"[^\s>]+@[^\r\n>]+> "
SECONDS = 20


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


class Shell:
    """ftpsh on a terminal.

    What it drew is in `seen`, with the terminal's own sequences, and `screen` (of pyte) shows what
    a person sees of it. `without` are variables to leave out of its environment, `env` others;
    `prefix` is a command that starts it.
    """

    def __init__(self, client, *args, password=None, dimensions=(24, 200), without=(), env=None,
                 prefix=()):
        argv = client.argv(args, prefix=prefix)
        variables = {k: v for k, v in client.env(password).items() if k not in without}
        self.screen = pyte.Screen(dimensions[1], dimensions[0])
        self.seen = Recorder(pyte.Stream(self.screen))
        self.child = pexpect.spawn(argv[0], argv[1:], env={**variables, **(env or {})},
                                   timeout=SECONDS, encoding="utf-8", codec_errors="replace",
                                   cwd=client.folder, dimensions=dimensions, logfile=None)
        self.child.logfile_read = self.seen

    def prompt(self):
        self.child.expect(PROMPT)
        return self.child.before

    def type(self, line):
        self.child.sendline(line)

    def keys(self, *keys):
        """Without the end of a line."""
        self.child.send("".join(keys))

    def run(self, line):
        """Types a command and gives what came before the next prompt."""
        self.type(line)
        return self.prompt()

    def interrupt(self):
        self.child.sendintr()

    def resize(self, lines, columns):
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def rows(self):
        """What the screen shows, without blanks behind it and without empty lines below it."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def shows(self, condition, what):
        """Waits until the screen's rows meet a condition, and gives them."""
        end = time.monotonic() + SECONDS
        while not condition(self.rows()):
            assert time.monotonic() < end, what + ", but:\n" + "\n".join(self.rows())
            self.child.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=0.05)
        return self.rows()

    def leave(self):
        """The exit status, after the program ended by itself."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


@contextlib.contextmanager
def shells(client):
    """Gives what starts one shell more; whatever becomes of them, they end."""
    started = []

    def start(*args, **options):
        started.append(Shell(client, *args, **options))
        return started[-1]

    yield start
    for one in started:
        print(one.seen.text)
        if one.child.isalive():
            one.child.kill(signal.SIGKILL)
            one.child.close()
    client.check_findings()


class FirstAndLast(Shell):
    """One command of the shell, without a prompt around it: `args` are options, the target and the
    command, as for a single command, which would draw no progress."""

    def __init__(self, client, *args, **more):
        at = next(i for i, one in enumerate(args) if not str(one).startswith("-"))
        begin = client.home / ".config" / "ftpsh" / "rc"
        begin.parent.mkdir(parents=True, exist_ok=True)
        begin.write_text(f"open {args[at]}\n{' '.join(map(str, args[at + 1:]))}\nquit\n")
        super().__init__(client, *args[:at], **more)


class Recorder:
    """A file that remembers, and draws."""

    def __init__(self, stream):
        self.text, self.stream = "", stream

    def write(self, text):
        self.text += text
        self.stream.feed(text)

    def flush(self):
        pass
