"""A long line between a client and a server: two network namespaces and bench/delayline.c.

    client 192.0.2.10 --- 20 ms each way --- server 203.0.113.121
"""
import itertools
import os
import struct
import subprocess
from pathlib import Path

from bed import nat
from bed.nat import run

CLIENT, SERVER = nat.CLIENT, nat.PUBLIC
DEVICE = "line"
TCP, SYN = 6, 0x02

serial = itertools.count()


class Line(nat.Namespaces):
    """Use it in a `with`. `client` and `server` name the namespaces; `rate` is in bits a second, 0
    for any; `program` is delayline. Everything that passes is captured."""

    def __init__(self, program, folder, round_trip=0.040, rate=0):
        super().__init__()
        stem = f"ftpsh{os.getpid()}-line{next(serial)}"
        self.program, self.round_trip, self.rate = program, round_trip, rate
        self.client, self.server = f"{stem}c", f"{stem}s"
        self.capture = Path(folder) / f"{stem}.pcap"
        self.child = None

    def build(self):
        for name in (self.client, self.server):
            self.add(name)
        self.child = subprocess.Popen(
            [self.program, self.client, self.server, DEVICE, str(int(self.round_trip * 5e5)),
             str(self.rate), str(self.capture)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline() != "ready\n":
            raise RuntimeError("there is no line: delayline has ended")
        for name, address, peer in ((self.client, CLIENT, SERVER), (self.server, SERVER, CLIENT)):
            run("ip", "-n", name, "link", "set", DEVICE, "up", "mtu", "1500", "txqueuelen", "10000")
            run("ip", "-n", name, "address", "add", address, "peer", peer, "dev", DEVICE)

    def end(self):
        """The line is cut, and the capture complete."""
        if self.child:
            self.child.stdin.close()
            self.child.wait(10)
            self.child.stdout.close()
            self.child = None

    def remove(self):
        self.end()
        super().remove()

    def round_trips(self, began, ended):
        """How often the client had to wait for the server before it could say more, between two
        times of time.monotonic()."""
        self.end()
        said = [t for t in spoken(self.capture.read_bytes()) if began <= t <= ended]
        return count_round_trips(said, self.round_trip)


def spoken(capture):
    """When the client said something: a packet with contents, or one that opens a connection."""
    at = 24
    while at + 16 <= len(capture):
        seconds, micros, size, _ = struct.unpack_from("<4I", capture, at)
        packet = capture[at + 16:at + 16 + size]
        at += 16 + size
        if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != TCP:
            continue
        ip = (packet[0] & 15) * 4
        head = (packet[ip + 12] >> 4) * 4
        from_client = packet[12:16] == bytes(map(int, CLIENT.split(".")))
        length = int.from_bytes(packet[2:4], "big")
        if from_client and (length > ip + head or packet[ip + 13] & SYN):
            yield seconds + micros / 1e6


def count_round_trips(said, round_trip):
    """The longest chain of what the client said of which each may be the answer to what came behind
    the one before; what is under way at the same time counts once."""
    trips, last = 0, None
    for when in said:
        if last is None:
            last = when
        elif when >= last + round_trip:
            trips, last = trips + 1, when
    return trips + 1 if last is not None else 0  # the last words have an answer, too

