"""Sends the same mail without and with the milter, and compares where it ends.

This is the promise of equivalence (DESIGN 2): nothing lost, nothing to another mailbox, never more copies.
Tables are the primary's aliases; they are put on the primary and, as copies, on the secondary for shorthop.
"""
import collections
import dataclasses
import re

import smtp
from hosts import ADDRESSES
from postfix import Postfix

# Users with a mailbox; a test states everything else that it needs.
PRIMARY_USERS = ("ann", "bob", "carol")
SECONDARY_USERS = ("user", "dave", "erin", "frank")
MILTER_SETTINGS = Postfix.MILTER

Ended = collections.namedtuple("Ended", "message host kind name note")


@dataclasses.dataclass
class Mirror:
    """What a primary has in addition to its alias tables. Its mirror has all of it, too."""
    files: dict = dataclasses.field(default_factory=dict)     # path -> text
    hashed: set = dataclasses.field(default_factory=set)      # paths of the files from which postmap makes hash: tables
    services: dict = dataclasses.field(default_factory=dict)  # "smtp inet" -> {parameter: value} in master.cf
    more_services: list = dataclasses.field(default_factory=list)  # further lines of master.cf
    left_out: set = dataclasses.field(default_factory=set)    # files of the mirror that are not copied


@dataclasses.dataclass
class Tables:
    """The state of primary, secondary and shorthop for one test, in the postmaster's syntax."""
    virtual: str = ""
    aliases: str = ""
    forward: dict = dataclasses.field(default_factory=dict)  # "user" or "user+ext" -> text of the .forward
    include: dict = dataclasses.field(default_factory=dict)  # path -> text
    not_copied: set = frozenset()                            # paths of :include: files that are not copied
    copies: dict = dataclasses.field(default_factory=dict)   # other files that shorthop needs on the secondary
    primary_users: tuple = PRIMARY_USERS
    secondary_users: tuple = SECONDARY_USERS
    aged: bool = False  # shorthop's copies were last changed an hour ago
    primary: dict = dataclasses.field(default_factory=dict)    # main.cf of the primary
    secondary: dict = dataclasses.field(default_factory=dict)  # main.cf of the secondary
    secondary_files: dict = dataclasses.field(default_factory=dict)
    secondary_forward: dict = dataclasses.field(default_factory=dict)
    mirror: Mirror | None = None  # of the primary, in place of copies of single tables
    settings: dict = dataclasses.field(default_factory=dict)        # shorthop.conf
    relay_settings: dict = dataclasses.field(default_factory=dict)  # relay.d/example.org.conf


@dataclasses.dataclass
class Run:
    """The results of the messages of one run."""
    ended: collections.Counter   # of Ended
    received: dict               # Ended -> number of SMTP passes of each copy, from its Received fields
    replies: dict                # label -> (RCPT replies, reply to the end of data)
    decisions: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Comparison:
    without: Run
    with_milter: Run

    def problem(self, refused=()):
        """Says what is not equivalent, or returns None. The reports of messages that should be refused may be missing."""
        lost = [ended for ended in self.without.ended if ended not in self.with_milter.ended
                and not (ended.kind == "report" and ended.message in refused)]
        # A primary that cannot expand one recipient (a loop) defers the message for all its recipients. What shorthop
        # delivers in the meantime does not end elsewhere; it only comes sooner.
        waiting = {ended.message for ended in self.without.ended if ended.kind == "deferred"}
        strange = [ended for ended in self.with_milter.ended
                   if ended not in self.without.ended and ended.message not in waiting]
        more = [ended for ended, copies in self.with_milter.ended.items()
                if ended.message not in waiting and 0 < self.without.ended[ended] < copies]
        findings = [f"{what}: {show(found)}" for what, found in
                    (("lost", lost), ("only with the milter", strange), ("more copies", more)) if found]
        return "; ".join(findings) or None


def show(ended):
    return ", ".join(f"{end.message} -> {end.host} {end.kind} {end.name}{f' ({end.note})' if end.note else ''}"
                     for end in sorted(ended)) or "nothing"


def apply(hosts, tables, daemon=None):
    """Activates the tables on all hosts, and in the daemon if it is running."""
    primary, secondary = hosts.primary, hosts.secondary
    primary.set_users(tables.primary_users)
    secondary.set_users(tables.secondary_users)
    for name, text in tables.include.items():
        primary.write(name, text)
    for name, text in tables.forward.items():
        user, plus, extension = name.partition("+")
        primary.write(f"/home/{user}/.forward{plus}{extension}", text, user=user)
    for user, text in tables.secondary_forward.items():
        secondary.write(f"/home/{user}/.forward", text, user=user)
    for name, text in tables.secondary_files.items():
        secondary.write(name, text)
    hosts.set_tables(tables.virtual, tables.aliases)
    if hosts.systems["primary"] == "postfix":
        apply_mirror(primary, tables.mirror or Mirror())
    primary.configure(tables.primary)
    secondary.configure(tables.secondary)
    if daemon:
        daemon.write(tables)
        if tables.mirror:
            daemon.write_mirror(tables, primary)
        if daemon.running():
            # If parts of the mirror are left out, the reload may fail: the daemon reports what is missing.
            daemon.reload(check=not (tables.mirror and tables.mirror.left_out))


def apply_mirror(primary, mirror):
    for name, text in mirror.files.items():
        primary.write(name, text)
        if name in mirror.hashed:
            primary.place.run("postmap", f"hash:{name}")
    primary.set_services(mirror.services, mirror.more_services)


def set_milter(hosts, tables, on, more=None):
    hosts.secondary.configure({**tables.secondary, **(hosts.secondary.MILTER if on else {}), **(more or {})})


def send(hosts, envelope):
    place = {server.name: server.place for server in hosts.servers}.get(envelope.client, hosts.client)
    return smtp.send(place, ADDRESSES["mail.example.com"], envelope)


def collect(hosts):
    """(Counter of Ended, Ended -> passes of each copy) of all finished messages."""
    ended, received = collections.Counter(), collections.defaultdict(list)
    for delivery, path in hosts.messages():
        raw = path.read_bytes()
        labels = re.findall(rb"^X-Test-Message: (\S+)", raw, re.MULTILINE) or [b"?"]
        if delivery.kind != "file":
            labels = labels[:1]  # an mbox file holds many messages, any other file one
        for label in labels:
            end = Ended(label.decode(), *delivery)
            ended[end] += 1
            received[end].append(passes(raw))
    return ended, received


def passes(raw):
    """How often the message was passed between hosts: its Received fields that name a sending host."""
    header = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return len(re.findall(rb"^Received: from ", header, re.MULTILINE))


def run(hosts, envelopes, sender=send, deferred_is_final=False):
    """Sends the envelopes and waits until all are finished. `sender` may send them in another way.

    deferred_is_final: a message counts as finished when Postfix defers it (it would be retried for days).
    """
    hosts.forget_messages()
    replies = {envelope.label: sender(hosts, envelope) for envelope in envelopes}
    hosts.wait_until_quiet(ignore_deferred=deferred_is_final)
    ended, received = collect(hosts)
    if deferred_is_final:
        ended.update(deferred(hosts))
        hosts.drop_queues()
    return Run(ended, dict(received), replies)


def deferred(hosts):
    for server in hosts.servers:
        for queue_id in server.queue():
            label = re.search(r"^X-Test-Message: (\S+)", server.queued_text(queue_id), re.MULTILINE)
            if label:
                yield Ended(label[1], server.name, "deferred", "", "")


def compare(hosts, daemon, tables, envelopes, sender=send, milter_settings=None, await_decisions=(), await_any=0,
            deferred_is_final=False):
    """Sends the envelopes without and with the milter.

    await_decisions: recipients whose log lines to wait for; await_any: a number of log lines to wait for.
    """
    if deferred_is_final:
        tables = dataclasses.replace(tables, primary={**tables.primary, **hosts.primary.NO_RETRY},
                                     secondary={**tables.secondary, **hosts.secondary.NO_RETRY})
    apply(hosts, tables, daemon)
    without = run(hosts, envelopes, sender, deferred_is_final)
    set_milter(hosts, tables, True, milter_settings)
    daemon.mark()
    with_milter = run(hosts, envelopes, sender, deferred_is_final)
    with_milter.decisions = daemon.decisions_for(await_decisions, await_any)
    if tables.relay_settings.get("split") == "yes":
        # Recipients that stay at the primary are sent under another address, which appears in X-Original-To.
        without.ended, with_milter.ended = without_notes(without.ended), without_notes(with_milter.ended)
    return Comparison(without, with_milter)


def without_notes(ended):
    bare = collections.Counter()
    for end, copies in ended.items():
        bare[end._replace(note="") if end.kind == "mailbox" else end] += copies
    return bare
