"""ftpsh on a pseudo-terminal."""
import re

import pexpect

PROMPT = r"[^\s>]+@[^\s>]+> "
SECONDS = 20


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


class Shell:
    """ftpsh on a terminal. What it drew is in `seen`, with the terminal's own sequences."""

    def __init__(self, client, *args, password=None, dimensions=(24, 200)):
        argv = client.argv(args)
        self.seen = Recorder()
        self.child = pexpect.spawn(argv[0], argv[1:], env=client.env(password), timeout=SECONDS,
                                   encoding="utf-8", codec_errors="replace", cwd=client.folder,
                                   dimensions=dimensions, logfile=None)
        self.child.logfile_read = self.seen

    def prompt(self):
        self.child.expect(PROMPT)
        return self.child.before

    def type(self, line):
        self.child.sendline(line)

    def run(self, line):
        """Types a command and gives what came before the next prompt."""
        self.type(line)
        return self.prompt()

    def interrupt(self):
        self.child.sendintr()

    def leave(self):
        """The exit status, after the program ended by itself."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


class Recorder:
    """A file that remembers."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass
