"""A pyftpdlib server: `pyftpd_server.py SETTINGS.json`. Runs until it is ended."""
import json
import logging
import os
import sys

from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer


def make_context(settings):
    context = SSL.Context(SSL.SSLv23_METHOD)
    context.use_certificate_chain_file(settings["pem"])
    context.use_privatekey_file(settings["pem"])
    context.set_options(SSL.OP_NO_SSLv2 | SSL.OP_NO_SSLv3)
    if settings["tls_version"]:
        version = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}[settings["tls_version"]]
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
    return context


class ImplicitHandler(TLS_FTPHandler):
    """TLS from the first byte on: the greeting waits for the handshake."""

    def handle(self):
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        super().handle()


def with_epsv_range(base, ports):
    class EpsvElsewhere(base):
        """EPSV hands out ports of another range than PASV."""

        def ftp_EPSV(self, line):
            others, self.passive_ports = self.passive_ports, ports
            try:
                return super().ftp_EPSV(line)
            finally:
                self.passive_ports = others

    return EpsvElsewhere


def make_handler(settings):
    base = {"off": FTPHandler, "explicit": TLS_FTPHandler,
            "implicit": ImplicitHandler}[settings["tls"]]
    if settings["epsv"]:
        base = with_epsv_range(base, port_list(settings["epsv"]))

    class Handler(base):
        proto_cmds = {name: value for name, value in base.proto_cmds.items()
                      if name not in settings["refuse"]}

    if settings["tls"] != "off":
        Handler.ssl_context = make_context(settings)
        Handler.tls_control_required = Handler.tls_data_required = True
    Handler.dtp_handler = TLS_DTPHandler if settings["tls"] != "off" else base.dtp_handler
    Handler.passive_ports = port_list(settings["passive"])
    Handler.masquerade_address = settings["advertised"] or None
    Handler.authorizer = DummyAuthorizer()
    Handler.authorizer.add_user(settings["user"], settings["password"], settings["home"],
                                perm="elradfmwMT")
    # As a line of the script that runs the server would be.
    exec("\n".join(settings["extra"]), {"handler": Handler, "FTPHandler": FTPHandler})
    return Handler


def port_list(bounds):
    return list(range(bounds[0], bounds[1] + 1))


def main():
    logging.basicConfig(level=logging.INFO)
    with open(sys.argv[1], encoding="utf-8") as f:
        settings = json.load(f)
    server = FTPServer((settings["address"], settings["port"]), make_handler(settings))
    # From here on files are the test user's, as with the other servers.
    os.setgid(settings["gid"])
    os.setuid(settings["uid"])
    server.serve_forever()


if __name__ == "__main__":
    main()
