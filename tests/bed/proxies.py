"""Proxies before the servers: dante (SOCKS5), tinyproxy (HTTP), and one that does as a test says."""
import contextlib
import shutil
import socket
import struct
import threading
import time
from pathlib import Path

from bed.ports import free_block
from bed.process import Process


class Proxy:
    """A proxy program, run from a configuration of its own. `login` is (user, password); `address`
    the one that it listens on and dials from, in the namespace `netns`."""
    name, scheme, program = "", "", ""

    def __init__(self, folder, login=None, connect_ports=(), netns=None, address="127.0.0.1"):
        self.folder, self.login, self.connect_ports = Path(folder), login, connect_ports
        self.netns, self.address = netns, address
        self.folder.mkdir(parents=True)
        self.port = free_block(1)
        self.process = None

    @classmethod
    def missing(cls):
        return "" if shutil.which(cls.program) else f"no {cls.program}: run tests/run"

    def configuration(self):
        raise NotImplementedError

    def options(self):
        raise NotImplementedError

    def __enter__(self):
        path = self.folder / "proxy.conf"
        path.write_text("\n".join(self.configuration()) + "\n")
        path.chmod(0o644)
        self.process = Process([shutil.which(self.program), *self.options(), str(path)],
                               self.folder / "proxy.log", self.netns)
        try:
            self.process.wait_port(self.port)
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, *exc):
        self.process.stop()

    def logs(self):
        return self.process.text()

    def url(self, login=None):
        user = ":".join(login) + "@" if login else ""
        return f"{self.scheme}://{user}{self.address}:{self.port}"

    def shown(self):
        """As reports and messages name it."""
        return self.url()


class Dante(Proxy):
    """Its users are the system's."""
    name, scheme, program = "dante", "socks5", "danted"

    def options(self):
        return ["-p", str(self.folder / "pid"), "-f"]

    def configuration(self):
        return ["logoutput: stdout", f"internal: {self.address} port = {self.port}",
                f"external: {self.address}", "clientmethod: none",
                f"socksmethod: {'username' if self.login else 'none'}", "user.privileged: root",
                "user.unprivileged: nobody",
                "client pass {", "from: 0.0.0.0/0 to: 0.0.0.0/0", "}",
                "socks pass {", "from: 0.0.0.0/0 to: 0.0.0.0/0", "command: connect",
                "log: connect error", "}"]


class Tinyproxy(Proxy):
    name, scheme, program = "tinyproxy", "http", "tinyproxy"

    def options(self):
        return ["-d", "-c"]

    def configuration(self):
        lines = [f"Port {self.port}", f"Listen {self.address}", "Timeout 60", "MaxClients 50",
                 "LogLevel Info", "User nobody"]
        if self.login:
            lines.append("BasicAuth " + " ".join(self.login))
        return lines + [f"ConnectPort {port}" for port in self.connect_ports]


class Scripted:
    """A proxy in a thread. It resolves every name to 127.0.0.1 and notes in `asked` what it was
    asked for, as "host:port".

    `answer` is sent instead of the right one to the first `refuse_from` requests on and the
    connection then held open; None: the right answer always. `lag` is how many seconds the first
    connection's bytes take to the server.
    """
    name = "scripted"

    def __init__(self, scheme, answer=None, refuse_from=0, hold=True, lag=0):
        self.scheme, self.answer, self.refuse_from, self.hold = scheme, answer, refuse_from, hold
        self.asked, self.open, self.lag = [], [], lag
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.serve, daemon=True)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *exc):
        for sock in [self.listener, *self.open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self.threads:
            thread.join(10)

    def logs(self):
        return "\n".join(self.asked)

    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    shown = url

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                self.open.append(self.listener.accept()[0])
                self.run(self.talk, self.open[-1])

    def run(self, target, *args):
        self.threads.append(threading.Thread(target=target, args=args, daemon=True))
        self.threads[-1].start()

    def talk(self, client):
        with contextlib.suppress(OSError, struct.error, ValueError):
            if self.answer is not None and len(self.asked) >= self.refuse_from:
                client.recv(1)
                client.sendall(self.answer)
                if not self.hold:
                    client.shutdown(socket.SHUT_RDWR)
                return
            ask = self.ask_socks if self.scheme == "socks5" else self.ask_http
            port, right_answer = ask(client)
            lag = self.lag if len(self.asked) == 1 else 0
            server = socket.create_connection(("127.0.0.1", port), 10)
            server.settimeout(None)
            self.open.append(server)
            self.run(relay, client, server, b"", lag)
            relay(server, client, right_answer)

    def ask_socks(self, client):
        count = take(client, 2)[1]
        take(client, count)
        client.sendall(b"\5\0")
        kind = take(client, 4)[3]
        host = (socket.inet_ntoa(take(client, 4)) if kind == 1
                else take(client, take(client, 1)[0]).decode())
        port = struct.unpack("!H", take(client, 2))[0]
        self.asked.append(f"{host}:{port}")
        return port, b"\5\0\0\1\0\0\0\0\0\0"

    def ask_http(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += take(client, 1)
        where = head.split()[1].decode()
        self.asked.append(where)
        return int(where.rsplit(":", 1)[1]), b"HTTP/1.1 200 OK\r\nVia: a test\r\n\r\n"


def take(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ValueError("the client has gone")
        data += more
    return data


def relay(source, sink, ahead=b"", lag=0):
    """Passes on what comes, `lag` seconds later. `ahead` goes out together with the first of it, or
    after a moment."""
    with contextlib.suppress(OSError):
        if ahead:
            source.settimeout(0.1)
            try:
                ahead += source.recv(65536)
            except socket.timeout:
                pass
            source.settimeout(None)
            sink.sendall(ahead)
        while data := source.recv(65536):
            time.sleep(lag)
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


KINDS = {c.name: c for c in (Dante, Tinyproxy)}
