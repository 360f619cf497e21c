"""A relay before a server's control connection in clear, which knows better what to answer."""
import contextlib
import socket
import threading

from bed.proxies import relay

HANG_UP = None


class Interpreter:
    """Passes a control connection on, except for the commands in `answers`: these get what stands
    there instead, b"" being silence and HANG_UP the end of the connection. Use it in a `with`; data
    connections go past it. `greeting` replaces the server's, a line. `heard` has the commands that
    it kept to itself.
    """

    def __init__(self, server_port, answers, greeting=None):
        self.server_port, self.answers, self.greeting = server_port, answers, greeting
        self.heard, self.open, self.threads = [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.run(self.serve)
        return self

    def __exit__(self, *exc):
        for sock in [self.listener, *self.open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self.threads:
            thread.join(10)

    def target(self, server):
        """The TARGET of a command line that leads through it to the server."""
        return f"{server.account.name}@127.0.0.1:{self.port}"

    def run(self, target, *args):
        self.threads.append(threading.Thread(target=target, args=args, daemon=True))
        self.threads[-1].start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.server_port), 10)
                server.settimeout(None)
                self.open += [client, server]
                if self.greeting:
                    while server.recv(1) != b"\n":
                        pass
                    client.sendall(self.greeting)
                self.run(relay, server, client)
                self.run(self.listen_to, client, server)

    def listen_to(self, client, server):
        with contextlib.suppress(OSError):
            for line in client.makefile("rb"):
                command = line.split()[0].decode() if line.split() else ""
                if command not in self.answers:
                    server.sendall(line)
                    continue
                self.heard.append(command)
                if self.answers[command] is HANG_UP:
                    break
                client.sendall(self.answers[command])
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
