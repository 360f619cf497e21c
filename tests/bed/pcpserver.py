"""A PCP and NAT-PMP server that misbehaves: `pcpserver.py ADDRESS MODE` answers on UDP port 5351.

    private   grants, on an external address that is private itself
    foreign   answers with another nonce, which is to be passed over
    garbage   answers with bytes that are no message
    refuse    answers NOT_AUTHORIZED
    deaf      reads and never answers
NAT-PMP is refused in the last mode but one, and not answered in the others. Every PCP request is
printed as its lifetime.
"""
import socket
import struct
import sys

PORT = 5351
NOT_AUTHORIZED = 2
PREFIX = bytes(10) + b"\xff\xff"
EXTERNAL = {"private": "100.64.0.9"}


def answer(request, mode):
    """RFC 6887 sections 7.2 and 11.1."""
    lifetime, = struct.unpack_from("!I", request, 4)
    result = NOT_AUTHORIZED if mode == "refuse" else 0
    nonce = bytes(12) if mode == "foreign" else request[24:36]
    external = socket.inet_aton(EXTERNAL.get(mode, "25.0.0.7"))
    return (struct.pack("!BBBBII12x", 2, 0x81, 0, result, lifetime, 1) + nonce +
            request[36:44] + PREFIX + external)


def natpmp_refusal(request):
    """RFC 6886 section 3.5."""
    return struct.pack("!BBHI", 0, 0x80 | request[1], NOT_AUTHORIZED, 1) + bytes(8)


def main():
    address, mode = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, PORT))
        print("ready", flush=True)
        while True:
            request, client = s.recvfrom(2048)
            if request[0] != 2:
                if mode == "refuse":
                    s.sendto(natpmp_refusal(request), client)
                continue
            print("lifetime", struct.unpack_from("!I", request, 4)[0], flush=True)
            if mode == "garbage":
                s.sendto(b"\x02\x81" + bytes(7), client)
            elif mode != "deaf":
                s.sendto(answer(request, mode), client)


if __name__ == "__main__":
    main()
