"""Sends the mail of a world without and with shorthop, both at once, and reports where each copy ended.

"Without" uses a port of the secondary that does not call shorthop. The label of a message identifies it everywhere: it
names the path, is in the message's header, and comes back in reports.
"""
import collections
import dataclasses
import re

import namespaces
import smtp
from hosts import ADDRESSES
from mailhost import DELIVERED_TO, reported_recipients, wait_for
from postfix import PORT_WITHOUT_MILTER, QUEUE
from worlds import address_of

SENDER = "sender@example.net"
SESSIONS = 4  # in parallel, for each path
# Seconds.
QUIET_AFTER = 60
LOG_WITHIN = 10
QUEUED_AS = re.compile(r"queued as (\S+)")
LABEL = re.compile(rb"^X-Test-Message: (\S+)", re.MULTILINE)
QUEUED_LABEL = re.compile(rb"X-Test-Message: (with(?:out)?[0-9]+)")  # in a queue file no line end follows
RETURN_PATH = re.compile(rb"^Return-Path: <(.*)>", re.MULTILINE)
PASSED = re.compile(rb"^Received: from ", re.MULTILINE)

End = collections.namedtuple("End", "host kind name note")


@dataclasses.dataclass
class Sent:
    """The result for one envelope on one path."""
    ends: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    passes: list = dataclasses.field(default_factory=list)  # of the copies in mailboxes: transfers between hosts
    size: int = 0                                            # of the largest copy in a mailbox
    refused: tuple = ()                                      # recipients rejected by the secondary
    decisions: list = dataclasses.field(default_factory=list)

    def deferred(self):
        return {end.name for end in self.ends if end.kind == "deferred"}


class NotCompared(Exception):
    """shorthop did not see a message sent with it, or replaced a recipient of one sent without it."""


def send_both(hosts, daemon, world, is_logged=True):
    """[(Sent without, Sent with), …] in the order of the world's envelopes. `is_logged`: the decisions are collected from
    the daemon's log; with static tables there are none."""
    envelopes = world.envelopes
    queue_ids, refused = send(hosts, world, ["without", "with"])
    sent = collections.defaultdict(Sent)
    for label, recipients in refused.items():
        sent[label].refused = tuple(recipients)
    _collect(hosts, sent)
    _collect_deferred(hosts, sent)
    lines = {f"with{at}": sum(1 for to in recipients if world.site_of(address_of(to)[1])
                              and to not in refused[f"with{at}"]) for at, recipients in enumerate(envelopes)}
    if is_logged:
        _collect_decisions(daemon, {queue_id: label for queue_id, label in queue_ids.items() if label in lines},
                           lines, sent)
    return [(sent[f"without{at}"], sent[f"with{at}"]) for at in range(len(envelopes))]


def send(hosts, world, ways):
    """Sends each envelope on each of these paths ("without", "with"). Returns when all mail is at rest: {queue ID:
    label}, {label: rejected recipients}. TimeoutError if it does not come to rest."""
    hosts.forget_messages()
    queue_ids, refused = {}, {}
    jobs = {way: collections.deque((f"{way}{at}", recipients) for at, recipients in enumerate(world.envelopes))
            for way in ways}
    namespaces.in_threads([lambda way=way: _work(hosts, world, way, jobs[way], queue_ids, refused)
                           for way in jobs for _ in range(min(SESSIONS, len(world.envelopes)))])
    hosts.wait_until_quiet(seconds=QUIET_AFTER, ignore_deferred=True)
    return queue_ids, refused


def _work(hosts, world, way, jobs, queue_ids, refused):
    port = {"without": PORT_WITHOUT_MILTER, "with": 25}[way]
    with smtp.Session(hosts.client, ADDRESSES["mail.example.com"], port) as session:
        while jobs:
            try:
                label, recipients = jobs.popleft()
            except IndexError:
                return
            utf8 = world.utf8 or not "".join(recipients).isascii()
            envelope = smtp.Envelope(recipients, f"<{SENDER}>{' SMTPUTF8' if utf8 else ''}", label=label)
            replies = session.mail(envelope)
            refused[label] = [to for to, (code, _) in zip(recipients, replies) if code != 250]
            if len(refused[label]) == len(recipients):
                session.expect(250, session.command("RSET"))
                continue
            reply = session.data(envelope)
            session.expect(250, reply)
            queue_ids[QUEUED_AS.search(reply[1])[1]] = label


def _collect(hosts, sent):
    for server in hosts.servers:
        for delivery, path in server.messages():
            raw = path.read_bytes()
            labels = [label.decode() for label in LABEL.findall(raw)] or ["?"]
            if delivery.kind == "report":
                sent[labels[0]].ends.update(_reports(delivery, raw))
            elif delivery.kind == "mailbox":
                result = sent[labels[0]]
                result.ends[End(server.name, "mailbox", delivery.name, _note(raw))] += 1
                result.passes.append(len(PASSED.findall(raw.partition(b"\n\n")[0])))
                result.size = max(result.size, len(raw))
            else:
                # An mbox file holds many messages, any other file one.
                for label in labels if delivery.kind == "file" else labels[:1]:
                    sent[label].ends[End(server.name, delivery.kind, delivery.name, "")] += 1


def _note(raw):
    """The address to which it was delivered (a mailbox may be sorted by the extension), and its envelope sender."""
    found = [pattern.search(raw) for pattern in (DELIVERED_TO, RETURN_PATH)]
    to, sender = (match[1].decode(errors="replace").strip().lower() if match else "" for match in found)
    return f"for {to} from {sender}"


def _reports(delivery, raw):
    """An End for each recipient of a report, because it does not matter how recipients are grouped into reports."""
    for what in reported_recipients(raw):
        yield End(delivery.host, "report", delivery.name, what)


def _collect_deferred(hosts, sent):
    """Recipients that a host would retry: this is an end too, since the queues are not run again."""
    waiting = False
    for server in hosts.servers:
        folder = server.place.path(f"{QUEUE}/deferred")
        for path in folder.rglob("*"):
            if path.is_file():
                waiting = True
                raw = path.read_bytes()
                label = QUEUED_LABEL.search(raw)
                for recipient in _recipients(raw) if label else ():
                    sent[label[1].decode()].ends[End(server.name, "deferred", recipient, "")] += 1
    if waiting:
        hosts.drop_queues()


def _recipients(raw):
    """Unfinished recipients of a queue file: records "R", each with its length in groups of seven bits."""
    at = 0
    while at < len(raw):
        kind, length, shift = raw[at:at + 1], 0, 0
        at += 1
        while True:
            length |= (raw[at] & 0x7f) << shift
            shift, at = shift + 7, at + 1
            if not raw[at - 1] & 0x80:
                break
        if kind == b"R":
            yield raw[at:at + length].decode(errors="replace").lower().replace('"', "")
        at += length


def _collect_decisions(daemon, labels, lines, sent):
    """labels: queue ID -> label, for mail sent with shorthop; lines: label -> number of recipients to be logged."""
    def complete():
        logged = collections.Counter(decision.queue_id for decision in daemon.decisions())
        return all(logged[queue_id] >= lines[label] for queue_id, label in labels.items())

    try:
        wait_for(complete, "decision in the log", daemon.host.name, LOG_WITHIN)
    except TimeoutError as missing:
        raise NotCompared(str(missing)) from missing
    for decision in daemon.decisions():
        if decision.queue_id in labels:
            sent[labels[decision.queue_id]].decisions.append(decision._replace(
                recipient=_unescaped(decision.recipient), to=_unescaped(decision.to or "")))
        elif decision.decision == "rewrite":
            raise NotCompared(f"no message that was sent with shorthop belongs to {decision}")


def _unescaped(logged):
    """The address from a log line, in which each non-ASCII byte is \\xNN."""
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), logged.encode())
    return raw.decode(errors="replace")
