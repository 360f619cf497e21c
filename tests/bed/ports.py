"""Ports nobody uses, below the range that the kernel takes ephemeral ones from.

FTPSH_PORTS=LO-HI parts runs that go on side by side: passive ports look free until they are used.
"""
import os
import random
import socket

FIRST, LAST = map(int, os.environ.get("FTPSH_PORTS", "20000-32000").split("-"))


def is_free(port):
    """Ports of connections that are over do not count: the servers take them again, too."""
    with socket.socket(socket.AF_INET) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("", port))
            return True
        except OSError:
            return False


def free_block(size):
    """The first port of `size` free ones in a row; chosen at random, since other runs choose too."""
    for _ in range(200):
        first = random.randrange(FIRST, LAST - size)
        if all(is_free(port) for port in range(first, first + size)):
            return first
    raise RuntimeError(f"no {size} free ports in a row")
