"""A NAT that lends ports as it is told to: `lender.py GATEWAY EXTERNAL PROTOCOL [QUIRK=N]...`

PROTOCOL is natpmp (RFC 6886) or upnp (an Internet Gateway Device). The quirks:

    lease=N       no lease is longer than N seconds
    taken=N       the first N mappings are refused: 718, ConflictInMappingEntry (upnp)
    permanent=1   leases are refused: 725, OnlyPermanentLeasesSupported (upnp)
    slow=N        what a mapping has become is told N seconds later (upnp)
    stubborn=N    the first N removals fail: 501, ActionFailed (upnp)

Its rules go into the chains that bed.clientnat keeps for miniupnpd. What happens is printed, a line
each: "add PORT LEASE RESULT", "asked PORT", "remove PORT RESULT", "expired PORT".
"""
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NATPMP_PORT, SSDP = 5351, ("239.255.255.250", 1900)
SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"
COMMON = "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1"
DEVICE = "urn:schemas-upnp-org:device:{}:1"
ERRORS = {501: "ActionFailed", 714: "NoSuchEntryInArray", 718: "ConflictInMappingEntry",
          725: "OnlyPermanentLeasesSupported"}
FOREVER = float("inf")


def say(*words):
    print(*words, flush=True)


class Mappings:
    """External port to (host, port, end), kept in force until their leases end."""

    def __init__(self, quirks):
        self.quirks, self.held, self.lock = quirks, {}, threading.Lock()
        threading.Thread(target=self.expire, daemon=True).start()

    def use_up(self, quirk):
        left = self.quirks.get(quirk, 0)
        self.quirks[quirk] = max(left - 1, 0)
        return left > 0

    def add(self, external, host, port, lease):
        """The error, and the lease that is granted; 0 of it is for ever."""
        with self.lock:
            error = 0
            if self.use_up("taken"):
                error = 718
            elif lease and self.quirks.get("permanent"):
                error = 725
            say("add", external, lease, error)
            lease = min(lease, self.quirks.get("lease", lease))
            if not error:
                end = time.monotonic() + lease if lease else FOREVER
                self.held[external] = (host, port, end)
                self.enforce()
            return error, lease

    def remove(self, external):
        with self.lock:
            error = 0 if external in self.held else 714
            if self.use_up("stubborn"):
                error = 501
            say("remove", external, error)
            if not error:
                del self.held[external]
                self.enforce()
            return error

    def expire(self):
        while True:
            time.sleep(0.05)
            with self.lock:
                over = [p for p, (_, _, end) in self.held.items() if end < time.monotonic()]
                for port in over:
                    say("expired", port)
                    del self.held[port]
                if over:
                    self.enforce()

    def enforce(self):
        lines = ["flush chain inet bed mapped_in", "flush chain inet bed mapped"]
        for external, (host, port, _) in self.held.items():
            lines += [f"add rule inet bed mapped_in iifname outside tcp dport {external} "
                      f"dnat ip to {host}:{port}",
                      f"add rule inet bed mapped ip daddr {host} tcp dport {port} accept"]
        subprocess.run(["nft", "-f", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def serve_natpmp(gateway, external, mappings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((gateway, NATPMP_PORT))
        say("ready")
        while True:
            request, client = s.recvfrom(2048)
            if request[0] != 0:
                s.sendto(struct.pack("!BBHI", 0, 0x80 | request[1], 1, 1), client)
            elif request[1] == 0:
                s.sendto(struct.pack("!BBHI", 0, 0x80, 0, 1) + socket.inet_aton(external), client)
            else:
                s.sendto(answer_natpmp(request, client[0], mappings), client)


def answer_natpmp(request, host, mappings):
    """RFC 6886 sections 3.3 and 3.4: no lifetime asks for the removal."""
    inside, outside, lifetime = struct.unpack_from("!HHI", request, 4)
    if lifetime:
        _, lifetime = mappings.add(outside or inside, host, inside, lifetime)
    else:
        mappings.remove(inside)
    outside = (outside or inside) if lifetime else 0
    return struct.pack("!BBHIHHI", 0, 0x80 | request[1], 0, 1, inside, outside, lifetime)


def description(root):
    def device(name, inner):
        return (f"<device><deviceType>{DEVICE.format(name)}</deviceType>"
                f"<friendlyName>{name}</friendlyName><UDN>uuid:{name}</UDN>{inner}</device>")

    def service(kind):
        return (f"<serviceList><service><serviceType>{kind}</serviceType><serviceId>{kind}"
                f"</serviceId><SCPDURL>/none</SCPDURL><controlURL>/control</controlURL>"
                f"<eventSubURL>/none</eventSubURL></service></serviceList>")

    def devices(inner):
        return f"<deviceList>{inner}</deviceList>"

    connection = device("WANConnectionDevice", service(SERVICE))
    wan = device("WANDevice", service(COMMON) + devices(connection))
    return ('<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">'
            f"<URLBase>{root}</URLBase>{device('InternetGatewayDevice', devices(wan))}</root>")


def make_handler(gateway, external, mappings):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(200, description(f"http://{gateway}:{self.server.server_port}/"))

        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            action = self.headers["SOAPAction"].strip('"').split("#")[1]
            error, answer = act(action, lambda name: argument(text, name))
            if error:
                self.reply(500, "<s:Fault><detail><UPnPError><errorCode>"
                           f"{error}</errorCode><errorDescription>{ERRORS[error]}"
                           "</errorDescription></UPnPError></detail></s:Fault>")
            else:
                inner = "".join(f"<{k}>{v}</{k}>" for k, v in answer.items())
                self.reply(200, f'<u:{action}Response xmlns:u="{SERVICE}">{inner}'
                           f"</u:{action}Response>")

        def reply(self, status, inner):
            if not inner.startswith("<?xml"):
                inner = ('<?xml version="1.0"?><s:Envelope xmlns:s='
                         f'"http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body>'
                         "</s:Envelope>")
            body = inner.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    def act(action, get):
        if action == "GetStatusInfo":
            return 0, {"NewConnectionStatus": "Connected", "NewLastConnectionError": "ERROR_NONE",
                       "NewUptime": 1}
        if action == "GetExternalIPAddress":
            return 0, {"NewExternalIPAddress": external}
        port = int(get("NewExternalPort") or 0)
        if action == "AddPortMapping":
            lease = int(get("NewLeaseDuration"))
            return mappings.add(port, get("NewInternalClient"), int(get("NewInternalPort")),
                                lease)[0], {}
        if action == "DeletePortMapping":
            return mappings.remove(port), {}
        if action == "GetSpecificPortMappingEntry" and port in mappings.held:
            say("asked", port)
            time.sleep(mappings.quirks.get("slow", 0))
            host, inside, end = mappings.held[port]
            left = 0 if end == FOREVER else int(end - time.monotonic() + 0.99)
            return 0, {"NewInternalPort": inside, "NewInternalClient": host, "NewEnabled": 1,
                       "NewPortMappingDescription": "", "NewLeaseDuration": left}
        return 714 if action == "GetSpecificPortMappingEntry" else 501, {}

    return Handler


def argument(text, name):
    found = re.search(f"<{name}[^>]*>([^<]*)</{name}>", text)
    return found[1] if found else ""


def serve_upnp(gateway, external, mappings):
    web = ThreadingHTTPServer((gateway, 0), make_handler(gateway, external, mappings))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(SSDP)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(SSDP[0]) + socket.inet_aton(gateway))
        say("ready")
        while True:
            request, client = s.recvfrom(2048)
            kind = re.search(rb"^ST: *(\S+)", request, re.M | re.I)
            if kind:
                s.sendto(("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\n"
                          f"ST: {kind[1].decode()}\r\nUSN: uuid:bed::{kind[1].decode()}\r\n"
                          f"LOCATION: http://{gateway}:{web.server_port}/about.xml\r\n\r\n"
                          ).encode(), client)


def main():
    gateway, external, protocol, *quirks = sys.argv[1:]
    mappings = Mappings({name: int(n) for name, n in (q.split("=") for q in quirks)})
    {"natpmp": serve_natpmp, "upnp": serve_upnp}[protocol](gateway, external, mappings)


if __name__ == "__main__":
    main()
