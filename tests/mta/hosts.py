"""The private hosts of the tests and the demonstration, and waiting for their mail.

mail.example.org is the primary MX of example.org, mail.example.com the secondary (and the host of
example.com), mail.example.net a foreign host with the senders' mailboxes; the client only sends.
Random worlds have a second primary, mail.second.example.
`python3 tests/mta/hosts.py`, run by hand, keeps the hosts up until its standard input ends.
"""
import pathlib
import sys
import time

import fetch
import namespaces
import network
import postfix
import rootfs
import sendmail
from mailhost import wait_for

ADDRESSES = {
    "mail.example.org": "192.0.2.10",
    "mail.example.com": "192.0.2.20",
    "mail.example.net": "192.0.2.30",
    "mail.second.example": "192.0.2.40",
    "client.example.net": "192.0.2.100",
}
EXCHANGERS = {
    "example.org": ["mail.example.org", "mail.example.com"],
    "other.example": ["mail.example.org", "mail.example.com"],
    "alias.example": ["mail.example.org", "mail.example.com"],
    "box.example": ["mail.example.org", "mail.example.com"],
    "second.example": ["mail.second.example", "mail.example.com"],
    "example.com": ["mail.example.com"],
    "virtual.example.com": ["mail.example.com"],
    "alias.example.com": ["mail.example.com"],
    "split.example": ["mail.example.com"],
    "branch.example": ["mail.example.net", "mail.example.com"],
    "xn--bcher-kva.example": ["mail.example.org", "mail.example.com"],
    "xn--mnchen-3ya.example": ["mail.example.com"],
    "example.net": ["mail.example.net"],
}
# Views of the DNS, by name: the address of the name server, and the MX records that differ from EXCHANGERS.
VIEWS = {
    "": (network.NAME_SERVER, {}),
    "inside": ("192.0.2.2", {"split.example": ["mail.example.net"]}),  # for example a host behind a firewall
    "moved": ("192.0.2.3", {domain: ["mail.example.net", "mail.example.com"]
                            for domain in ("example.com", "virtual.example.com")}),
}
ROLES = {"mail.example.org": "primary", "mail.example.com": "secondary", "mail.example.net": "foreign",
         "mail.second.example": "second"}
MAIL_SYSTEMS = {"postfix": postfix.Postfix, "sendmail": sendmail.Sendmail}
QUIET_LOOKS = 3


class Hosts:
    """A world with the hosts running. `binaries` is a folder visible on them as /opt/shorthop/bin.

    primary, secondary: their mail systems, "postfix" or "sendmail"; second: the mail system of a second primary, if there is one.
    tools: further packages of fetch.py that are in /usr of all hosts. release: another Debian release than this
    machine's, with its own Postfix; all hosts run it.
    """

    def __init__(self, binaries=None, primary="postfix", secondary="postfix", second=None, tools=(), release=None):
        namespaces.require_namespaces()
        self.systems = {"primary": primary, "secondary": secondary, "foreign": "postfix"}
        if second:
            self.systems["second"] = second
        self._system = fetch.fetch_release(release) if release else pathlib.Path("/")
        if release:
            trees = [self._system]
        else:
            trees = [fetch.fetch(system) for system in (*sorted(set(self.systems.values())), *tools)]
            trees += filter(None, [fetch.fetch_types()])
        self.world = namespaces.World()
        self.meter = None
        self._views = {""}
        try:
            self._build(trees, binaries)
        except BaseException:
            self.close()
            raise

    def _build(self, trees, binaries):
        try:
            places = self._make_places(trees, binaries)
        except namespaces.CommandFailed as failure:
            raise namespaces.Unavailable(f"the private hosts could not be made: {failure}") from failure
        running = {role: MAIL_SYSTEMS[self.systems[role]](places[name], name, role)
                   for name, role in ROLES.items() if name in places}
        self.primary, self.secondary, self.foreign = (running[role] for role in ("primary", "secondary", "foreign"))
        self.second = running.get("second")
        self.client = places["client.example.net"]
        self.servers = tuple(running.values())
        self.foreign.set_users(["sender", "ann"])
        namespaces.in_threads([server.start for server in self.servers])
        self.set_tables("", "")
        self.wait_for_listeners()

    def _make_places(self, trees, binaries):
        if trees == [self._system]:
            rootfs.lay_release(self.world, self._system, binaries)
            rootfs.lay_usr(self.world, [], self._system)
        else:
            rootfs.lay_usr(self.world, trees)
        network.make_bridge(self.world)
        network.start_name_server(self.world, ADDRESSES, EXCHANGERS)
        places = {}
        for at, (name, address) in enumerate(ADDRESSES.items()):
            if name in ROLES and ROLES[name] not in self.systems:
                continue
            places[name] = rootfs.make_root(self.world, name, trees, binaries, self._system)
            network.join(self.world, places[name], f"port{at}", address)
        return places

    # Names

    def ask_name_server(self, server, view=""):
        """Makes the host use the name server of that view; its Postfix does so after a reload."""
        address, exchangers = VIEWS[view]
        if view not in self._views:
            network.start_name_server(self.world, ADDRESSES, {**EXCHANGERS, **exchangers}, address)
            self._views.add(view)
        network.ask(server.place, address)
        server.copy_into_chroot()

    def wait_for_listeners(self):
        for server in self.servers:
            def greeting(address=ADDRESSES[server.name]):
                try:
                    with self.client.connect(address, 25, timeout=5) as connection:
                        return connection.recv(512).startswith(b"220")
                except OSError:
                    return False
            wait_for(greeting, "SMTP greeting", server.name)

    def set_tables(self, virtual, aliases):
        """Writes the primary's tables; Postfix uses them after a reload."""
        self.primary.set_tables(virtual, aliases)

    # Mail on its way

    def wait_until_quiet(self, seconds=30, ignore_deferred=False):
        """Waits until all hosts have finished their mail; ignore_deferred: except mail that they deferred.

        The hosts are examined one after another, so a message that moves from one host to another meanwhile could be
        missed: therefore they are examined in both orders, and more than once.
        """
        deadline = time.monotonic() + seconds
        looks = 0
        while looks < QUIET_LOOKS:
            order = self.servers if looks % 2 else self.servers[::-1]
            waiting = {server.name: server.queue(ignore_deferred) for server in order}
            looks = 0 if any(waiting.values()) else looks + 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"mail is still queued after {seconds} s: "
                                   + ", ".join(f"{name}: {ids}" for name, ids in waiting.items() if ids))
            time.sleep(0.02)

    def drop_queues(self):
        for server in self.servers:
            if server.queue():
                server.drop_queue()

    def end_all_mail(self):
        """Deletes all mail, even mail that keeps multiplying: all hosts are stopped while the queues are emptied."""
        for step in ("stop", "drop_queue", "start"):
            for server in self.servers:
                getattr(server, step)()
        self.wait_for_listeners()

    def messages(self):
        return [found for server in self.servers for found in server.messages()]

    def forget_messages(self):
        for server in self.servers:
            server.forget_messages()

    # The wire between primary and secondary

    def start_meter(self):
        return network.Meter(self.world, "port0", ADDRESSES["mail.example.org"], ADDRESSES["mail.example.com"])

    def close(self):
        self.world.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


if __name__ == "__main__":
    with Hosts() as hosts:
        for server in hosts.servers:
            print(f"{server.name} {ADDRESSES[server.name]}: {' '.join(server.place.command('sh'))}", flush=True)
        sys.stdin.read()
