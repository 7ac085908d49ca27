"""The network between private hosts: a bridge, addresses, names, and a traffic meter.

Addresses are from TEST-NET-1 (RFC 5737). Source: ip-link(8), dnsmasq(8), packet(7), RFC 791, RFC 9293.
"""
import collections
import socket
import struct
import subprocess
import threading
import time

from namespaces import inner_pid

NAME_SERVER = "192.0.2.1"
NO_NAME_SERVER = "127.0.0.1"
TOP_DOMAINS = ("org", "com", "net", "example", "test", "invalid", "arpa")
ETH_P_ALL = 0x0003
ETH_P_IP = 0x0800
SO_RCVBUFFORCE = 33
PROTOCOL_TCP = 6
FLAG_SYN, FLAG_ACK = 0x02, 0x10


def join(world, place, port, address):
    """Connects the host to the bridge by a port of that name, and gives it an address."""
    world.run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(inner_pid(place.pid)))
    world.run("ip", "link", "set", port, "up")
    place.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
    place.run("ip", "link", "set", "eth0", "up")
    # If both ends are up when a port joins the bridge, it forwards at once; otherwise after about a second.
    world.run("ip", "link", "set", port, "master", "bridge")
    ask(place, NAME_SERVER)


def ask(place, server):
    """Makes the programs of the place use this name server."""
    place.path("/etc/resolv.conf").write_text(f"nameserver {server}\n")


def make_bridge(world):
    world.run("ip", "link", "add", "bridge", "type", "bridge")
    world.run("ip", "link", "set", "bridge", "up")


def start_name_server(world, hosts, exchangers, address=NAME_SERVER):
    """dnsmasq with A and PTR records for hosts (name -> address), MX for exchangers (domain -> hosts, best first)."""
    world.run("ip", "address", "add", f"{address}/24", "dev", "bridge")
    words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--user=root",
             "--group=root", "--pid-file=", f"--listen-address={address}", "--bind-interfaces",
             "--log-facility=-"]
    # Without an upstream server, unknown names must give "does not exist", not "refused".
    words += [f"--local=/{domain}/" for domain in TOP_DOMAINS]
    words += [f"--host-record={name},{address}" for name, address in hosts.items()]
    words += [f"--mx-host={domain},{name},{10 * rank}"
              for domain, names in exchangers.items() for rank, name in enumerate(names, 1)]
    server = world.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    world.holders.append(_Answering(server))
    deadline = time.monotonic() + 10
    while not _answers(world, address):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"dnsmasq does not answer: {server.stderr.read().decode().strip()}")
        time.sleep(0.02)


class _Answering:
    """The name server as a resource that is closed with its world."""

    def __init__(self, process):
        self.process = process
        self.stdout = process.stderr

    def wait(self):
        return self.process.wait()


def _answers(world, address):
    question = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x07example\x03org\x00" + struct.pack("!HH", 15, 1)
    with world.in_network(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
        asking.settimeout(1)
        try:
            asking.connect((address, 53))
            asking.send(question)
            return len(asking.recv(512)) > len(question)
        except OSError:
            return False


# payload: bytes of TCP content; wire: of whole frames, with handshakes and acknowledgements, as in interface counters
Traffic = collections.namedtuple("Traffic", "payload wire connections")


class Meter:
    """Counts bytes and connections of TCP between two hosts, seen on the port of one of them."""

    def __init__(self, world, port, one, other):
        self._pair = {socket.inet_aton(one), socket.inet_aton(other)}
        self._socket = world.in_network(
            lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)  # no packet may be missed
        self._socket.bind((port, ETH_P_ALL))
        self._socket.settimeout(0.05)
        self._payload = self._wire = self._connections = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while True:
            try:
                self._count(self._socket.recv(1 << 17))
            except TimeoutError:
                if self._done.is_set():  # only once everything has been read
                    return

    def _count(self, frame):
        if struct.unpack_from("!H", frame, 12)[0] != ETH_P_IP or frame[14 + 9] != PROTOCOL_TCP:
            return
        if {frame[14 + 12:14 + 16], frame[14 + 16:14 + 20]} != self._pair:
            return
        header = 4 * (frame[14] & 0x0F)
        total = struct.unpack_from("!H", frame, 14 + 2)[0] or len(frame) - 14
        segment = 14 + header
        self._wire += len(frame)
        self._payload += total - header - 4 * (frame[segment + 12] >> 4)
        if frame[segment + 13] & (FLAG_SYN | FLAG_ACK) == FLAG_SYN:
            self._connections += 1

    def stop(self):
        self._done.set()
        self._thread.join()
        self._socket.close()
        return Traffic(self._payload, self._wire, self._connections)
