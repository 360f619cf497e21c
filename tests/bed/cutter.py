"""A relay before a server that cuts, resets or stalls a connection at a given place, once.

It listens on an address of its own, on the server's control port and all of its passive ones, and
passes each connection on to the same port of 127.0.0.1. EPSV names a port alone, hence the data
connections come here too, with TLS on both, which the relay leaves as it is.
"""
import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass

CHUNK = 65536
RECORD_HEAD = 5
SERVER = "127.0.0.1"
BACKLOG = 32
LOOK_SECONDS = 0.05
TCP_CLOSE, TCP_CLOSE_WAIT = 7, 8


@dataclass(frozen=True)
class Cut:
    """Where and how.

    `where`: "reply": so many replies have gone to the client; "lost": the same, and the next one
    comes and is lost; "octet": so many bytes of the server's control connections have gone to the
    client, or "data": of all data connections, in both directions. Under TLS a record of the server
    is taken for a reply. `how`: "fin", "reset", "stall", and with `all_of_them` it happens to all
    connections that are open, else to the one where the place was reached. With `down` every new
    one fares alike, until mend() is called.
    """
    where: str
    at: int
    how: str
    down: bool = False
    all_of_them: bool = False

    def title(self):
        return (f"{self.how} at {self.where} {self.at}"
                f"{', all connections' if self.all_of_them else ''}{', down' if self.down else ''}")


@dataclass
class Seen:
    """What has gone through: the server's replies and bytes on control, and the bytes of data."""
    replies: int = 0
    octets: int = 0
    data: int = 0
    cut: bool = False


class Replies:
    """Tells where the replies of one control connection end: lines in clear, then TLS records."""

    def __init__(self):
        self.rest, self.tls = b"", False

    def split(self, data):
        """The whole units that `data` completes, each as bytes; the rest waits."""
        self.rest += data
        units = []
        while (size := self.size_of_first()) and size <= len(self.rest):
            unit, self.rest = self.rest[:size], self.rest[size:]
            self.tls = self.tls or unit.startswith(b"234")
            units.append(unit)
        return units

    def size_of_first(self):
        """0: not known yet. A reply of several lines is one unit a line."""
        if self.tls:
            return (RECORD_HEAD + struct.unpack("!H", self.rest[3:5])[0]
                    if len(self.rest) >= RECORD_HEAD else 0)
        return self.rest.find(b"\n") + 1


class Side:
    """One socket of a relayed connection, and what waits to be sent on it."""

    def __init__(self, sock):
        self.sock, self.pending, self.other, self.link = sock, b"", None, None
        self.ended = False  # nothing more comes from it
        self.shut = False   # and nothing more goes to it


class Link:
    """A connection of the client's with the one to the server. `counter` is None for data."""

    def __init__(self, client, server, counter):
        self.client, self.server, self.counter = Side(client), Side(server), counter
        self.client.other, self.server.other = self.server, self.client
        self.client.link = self.server.link = self
        self.stalled = False

    def sides(self):
        return (self.client, self.server)


class Cutter:
    """Use it in a `with`."""

    def __init__(self, address, control_port, passive):
        self.address, self.control_port = address, control_port
        self.ports = [control_port, *range(passive[0], passive[1] + 1)]
        self.selector, self.lock = selectors.DefaultSelector(), threading.Lock()
        self.links, self.cut, self.seen, self.refusing = [], None, Seen(), False
        self.listeners = []
        self.wake, self.waker = socket.socketpair()
        self.running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        for port in self.ports:
            listener = socket.create_server((self.address, port), backlog=BACKLOG)
            listener.setblocking(False)
            self.listeners.append(listener)
            self.selector.register(listener, selectors.EVENT_READ, port)
        self.selector.register(self.wake, selectors.EVENT_READ)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.running = False
        self.waker.send(b"x")
        self.thread.join(10)
        self.end_all()
        for sock in (*self.listeners, self.wake, self.waker):
            sock.close()
        self.selector.close()

    def arm(self, cut=None):
        """Ends what is open and begins to count; without a cut everything passes."""
        with self.lock:
            self.end_all()
            self.cut, self.seen, self.refusing = cut, Seen(), False

    def mend(self):
        """From now on everything passes. Returns what was seen, and counts anew."""
        with self.lock:
            self.end_all()
            seen, self.seen = self.seen, Seen()
            self.cut, self.refusing = None, False
            return seen

    def serve(self):
        while self.running:
            some_stall = any(link.stalled for link in self.links)
            ready = self.selector.select(LOOK_SECONDS if some_stall else None)
            with self.lock:
                for key, events in ready:
                    self.handle(key, events)
                self.end_stalled(lambda link: has_ended(link.client.sock))

    def end_stalled(self, is_given_up):
        """The server hears of it when the client has given a connection up. Behind bytes that wait
        here its end does not show: then it is known by the next control connection."""
        for link in list(self.links):
            if link.stalled and is_given_up(link):
                self.end(link, reset)

    def handle(self, key, events):
        if key.fileobj is self.wake:
            return
        if isinstance(key.data, int):
            self.accept(key.fileobj, key.data)
            return
        side = key.data
        with contextlib.suppress(OSError):
            if side.link in self.links and events & selectors.EVENT_WRITE:
                self.flush(side)
            if side.link in self.links and events & selectors.EVENT_READ:
                self.receive(side)
            return
        self.end(side.link)

    def accept(self, listener, port):
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if self.refusing and self.cut.how != "stall":
            reset(client)
            return
        try:
            server = socket.create_connection((SERVER, port), 5)
        except OSError:
            reset(client)
            return
        for sock in (client, server):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(client, server, Replies() if port == self.control_port else None)
        if link.counter and not self.refusing:
            self.end_stalled(lambda stalled: True)
        self.links.append(link)
        if self.refusing:
            self.stall(link)
        elif link.counter and self.due("reply", 0):
            self.strike(link)
        else:
            self.watch(link)

    def watch(self, link):
        """Reads from a side only while nothing waits to go to the other, or nothing is read."""
        for side in link.sides():
            events = 0
            if side.pending:
                events |= selectors.EVENT_WRITE
            if not side.ended and not side.other.pending and not link.stalled:
                events |= selectors.EVENT_READ
            self.listen_for(side, events)

    def listen_for(self, side, events):
        try:
            self.selector.get_key(side.sock)
        except KeyError:
            if events:
                self.selector.register(side.sock, events, side)
            return
        if events:
            self.selector.modify(side.sock, events, side)
        else:
            self.selector.unregister(side.sock)

    def receive(self, side):
        """A side that has ended is shut behind what still waits."""
        try:
            data = side.sock.recv(CHUNK)
        except BlockingIOError:
            return
        if data:
            self.count(side, data)
        else:
            side.ended = True
        if side.link in self.links:
            self.flush(side.other)

    def count(self, side, data):
        """Passes on as much as may go before the cut."""
        link = side.link
        if link.counter is None:
            self.pass_counted(side, data, "data")
        elif side is link.client:
            side.other.pending += data
        elif self.cut and self.cut.where == "octet":
            self.pass_counted(side, data, "octets")
        else:
            self.pass_replies(side, data)

    def pass_counted(self, side, data, what):
        before = getattr(self.seen, what)
        due = self.cut and not self.seen.cut and self.cut.where == what.rstrip("s")
        if due and before + len(data) >= self.cut.at:
            data = data[:self.cut.at - before]
            side.other.pending += data
            setattr(self.seen, what, before + len(data))
            self.strike(side.link)
            return
        side.other.pending += data
        setattr(self.seen, what, before + len(data))

    def pass_replies(self, side, data):
        for unit in side.link.counter.split(data):
            if self.due("lost", self.seen.replies):
                self.strike(side.link)
                return
            side.other.pending += unit
            self.seen.replies += 1
            self.seen.octets += len(unit)
            if self.due("reply", self.seen.replies):
                self.strike(side.link)
                return

    def due(self, where, at):
        return self.cut and not self.seen.cut and (self.cut.where, self.cut.at) == (where, at)

    def strike(self, link):
        """Does what the cut is about, once what came before it has gone."""
        self.seen.cut, self.refusing = True, self.cut.down
        for hit in list(self.links) if self.cut.all_of_them else [link]:
            with contextlib.suppress(OSError):
                for side in hit.sides():
                    self.send(side)
            if self.cut.how == "stall":
                self.stall(hit)
            else:
                self.end(hit, reset if self.cut.how == "reset" else close_orderly)

    def stall(self, link):
        """Neither side hears anything any more."""
        link.stalled = True
        for side in link.sides():
            side.pending = b""
        self.watch(link)

    def send(self, side):
        if side.pending:
            with contextlib.suppress(BlockingIOError):
                side.pending = side.pending[side.sock.send(side.pending):]

    def flush(self, side):
        self.send(side)
        if side.other.ended and not side.pending and not side.shut:
            side.sock.shutdown(socket.SHUT_WR)
            side.shut = True
        if all(s.shut for s in side.link.sides()):
            self.end(side.link)
        else:
            self.watch(side.link)

    def end(self, link, close=socket.socket.close):
        if link not in self.links:
            return
        self.links.remove(link)
        for side in link.sides():
            with contextlib.suppress(KeyError):
                self.selector.unregister(side.sock)
            close(side.sock)

    def end_all(self):
        for link in list(self.links):
            self.end(link, reset)


def has_ended(sock):
    """Whether the peer has closed or reset it: nothing of that shows without reading."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in (TCP_CLOSE, TCP_CLOSE_WAIT)


def close_orderly(sock):
    """What has come is read first: else the kernel sends a reset."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(CHUNK):
            pass
    sock.close()


def reset(sock):
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
