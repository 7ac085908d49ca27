"""shorthop discover on the logs of real hosts: it finds every round trip and no other, and the savings that it predicts
come true.

The expected round trips are taken from the logs of the primary and of this host, by the simple patterns in this file.
"""
import collections
import dataclasses
import json
import os
import random
import re

import compare
from compare import Tables
from smtp import Envelope

VIRTUAL = """\
user.lastname@example.org  user@example.org
team@example.org           dave@example.com, erin@example.com
far@example.org            ann@example.net
mixed@example.org          dave@example.com, bob@example.org
direct@example.org         frank@example.com
"""
ALIASES = """\
user: user@example.com
both: carol, erin@example.com
pipe: "|cat >/dev/null"
list: user@example.com, dave@example.com
"""
TABLES = Tables(virtual=VIRTUAL, aliases=ALIASES, forward={"ann": "frank@example.com\n"})
RECIPIENTS = ["user.lastname", "user", "team", "far", "mixed", "direct", "both", "pipe", "list", "ann", "bob", "carol"]
LOG = re.compile(r"^(?P<stamp>.{15}|\d{4}-\S+) \S+ \S+?/(?P<daemon>\w+)\[\d+\]: (?P<id>[0-9A-Za-z]{6,}): (?P<text>.*)$", re.MULTILINE)


def traffic(seed):
    """Messages to one or several aliases; some of the messages also go to a mailbox of this host."""
    choose = random.Random(seed)
    envelopes = [Envelope([f"<{name}@example.org>"], size=choose.randrange(5_000)) for name in RECIPIENTS]
    for _ in range(28):
        names = choose.sample(RECIPIENTS, choose.randint(1, 4))
        here = [f"<{name}@example.com>" for name in choose.sample(["user", "dave"], choose.randint(0, 1))]
        envelopes.append(Envelope([f"<{name}@example.org>" for name in names] + here, size=choose.randrange(20_000)))
    return envelopes


class Log:
    """The log of a host, by queue ID."""

    def __init__(self, log):
        self.message_of, self.client_of, self.size_of, self.sent = {}, {}, {}, collections.defaultdict(list)
        for line in LOG.finditer(log):
            queue_id, text = line["id"], line["text"]
            if found := re.match(r"message-id=<([^@]*)@", text):
                self.message_of[queue_id] = found[1]
            elif found := re.match(r"client=([^\[]*)\[", text):
                self.client_of[queue_id] = found[1]
            elif found := re.match(r"from=<.*>, size=(\d+)", text):
                self.size_of[queue_id] = int(found[1])
            elif found := re.match(r"to=<([^>]*)>(?:, orig_to=<([^>]*)>)?, relay=([^\[,]*).* status=sent \((.*)\)$", text):
                self.sent[queue_id].append((found[1], found[2] or found[1], found[3], found[4]))

    def came_for(self, message, sender):
        """The recipients to which this host delivered the message after the message came from that host."""
        return {asked for queue_id, client in self.client_of.items()
                if client == sender and self.message_of.get(queue_id) == message
                for _, asked, relay, _ in self.sent[queue_id] if relay == "local"}

    def transactions(self, message, other):
        """The sizes of this message each time it was sent to the other host, or came from it."""
        there = {(queue_id, reply) for queue_id, deliveries in self.sent.items() if self.message_of.get(queue_id) == message
                 for _, _, relay, reply in deliveries if relay == other}
        back = [queue_id for queue_id, client in self.client_of.items()
                if client == other and self.message_of.get(queue_id) == message]
        return sorted([self.size_of[queue_id] for queue_id, _ in there] + [self.size_of[queue_id] for queue_id in back])


def on_both(**settings):
    """The tables, with these settings of Postfix on the primary and on the secondary."""
    return dataclasses.replace(TABLES, primary=settings, secondary=settings)


def run(mta, envelopes):
    """Sends all; returns what the secondary and the primary have logged since then."""
    servers = mta.hosts.secondary, mta.hosts.primary
    begun = [len(server.log()) for server in servers]
    compare.run(mta.hosts, envelopes)
    return [server.log()[begin:] for server, begin in zip(servers, begun, strict=True)]


def discovered(mta, log, *words, check=True):
    """The objects that `discover` prints for that log."""
    mta.hosts.secondary.write("/var/test/mail.log", log)
    result = mta.daemon.tool("discover", *words, "/var/test/mail.log", check=check)
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def label_of(message):
    """The label of the Envelope, from the Message-ID that `discover` prints."""
    return message["message_id"].strip("<>").partition("@")[0]


def true_pairs(here, there, message):
    """(original, final) of all mail that came back, from the primary's log, which has both addresses."""
    came = here.came_for(message, "mail.example.org")
    return {(asked.lower(), to.lower()) for queue_id, deliveries in there.sent.items()
            if there.message_of.get(queue_id) == message
            for to, asked, relay, _ in deliveries if relay == "mail.example.com" and to in came}


def every_round_trip_and_no_other(mta, tables):
    envelopes = traffic(int(os.environ["SHORTHOP_SEED"]))
    compare.apply(mta.hosts, tables, mta.daemon)
    logs = run(mta, envelopes)
    here, there = map(Log, logs)
    found = {label_of(message): message for message in discovered(mta, logs[0], "--messages")}
    pairs = 0
    for envelope in envelopes:
        wanted = true_pairs(here, there, envelope.label)
        trips = found.get(envelope.label, {"round_trips": []})["round_trips"]
        found_pairs = {(trip["original"].lower(), final.lower()) for trip in trips for final in trip["final"]}
        mta.check(found_pairs == wanted,
                  f"{envelope.recipients}: discover found {sorted(found_pairs)}, the hosts did {sorted(wanted)}")
        pairs += len(wanted)
    mta.check(pairs > 40, f"only {pairs} round trips were made: too few to compare")
    # Without settings, discover also finds each message, but which of several recipients came back may be uncertain.
    for message in discovered(mta, logs[0], "--messages", "--config", "/var/test/none", check=False):
        label = label_of(message)
        certain = {(trip["original"].lower(), final.lower()) for trip in message["round_trips"] if trip["certain"]
                   for final in trip["final"]}
        mta.check(certain <= true_pairs(here, there, label), f"{label}: {sorted(certain)} is not certain")
        found.pop(label)
    mta.check(not found, f"without alias data, discover does not find {sorted(found)}")


def hops_of(mta, log, message):
    """The hops that the daemon says it saved for that message."""
    ids = {queue_id for queue_id, label in log.message_of.items() if label == message}
    lines = re.finditer(r"(\S+): recipient=.* hops_saved=(\d+)", mta.daemon.log())
    return sum(int(line[2]) for line in lines if line[1] in ids)


def predicted_savings_come_true(mta, tables):
    envelopes = traffic(int(os.environ["SHORTHOP_SEED"]) + 1)
    compare.apply(mta.hosts, tables, mta.daemon)
    without = run(mta, envelopes)
    predicted = {label_of(message): message for message in discovered(mta, without[0], "--messages")}
    compare.set_milter(mta.hosts, tables, True)
    mta.daemon.mark()
    with_milter = run(mta, envelopes)
    compare.set_milter(mta.hosts, tables, False)
    before, after = Log(without[0]), Log(with_milter[0])
    transactions = hops = 0
    for envelope in envelopes:
        long_way = before.transactions(envelope.label, "mail.example.org")
        short_way = after.transactions(envelope.label, "mail.example.org")
        saved = predicted.get(envelope.label, {}).get("saved", {"transactions": 0, "hops": 0})
        mta.check(len(long_way) - len(short_way) == saved["transactions"],
                  f"{envelope.recipients}: {saved} predicted, {long_way} before, {short_way} with the milter")
        counted = hops_of(mta, after, envelope.label)
        mta.check(counted == saved["hops"], f"{envelope.recipients}: {saved} predicted, the daemon counts {counted}")
        transactions += saved["transactions"]
        hops += saved["hops"]
    mta.check(transactions > hops > 20, f"{transactions} transactions and {hops} hops were saved: too few to compare")
    logged = {(decision.recipient, decision.decision, decision.reason) for decision in mta.daemon.decisions()}
    reported = {(trip["original"], trip["decision"], trip["reason"])
                for message in predicted.values() for trip in message["round_trips"]}
    mta.check(reported <= logged, f"discover says {sorted(reported - logged)}, the daemon does not")
    summary = discovered(mta, without[0], "--json")[-1]["summary"]
    mta.check((summary["saved"]["transactions"], summary["saved"]["hops"]) == (transactions, hops),
              f"the summary has {summary['saved']}, the messages {transactions} and {hops}")
    left = discovered(mta, with_milter[0], "--json")[-1]["summary"]
    mta.check(left["saved"]["transactions"] == 0, f"with the milter something is still to be saved: {left}")


def test_every_round_trip_and_no_other(mta):
    every_round_trip_and_no_other(mta, TABLES)


def test_predicted_savings_come_true(mta):
    predicted_savings_come_true(mta, TABLES)


def test_split_recipients_still_go_to_the_primary(mta):
    predicted_savings_come_true(mta, dataclasses.replace(TABLES, settings={"split": "yes"}))


def test_long_queue_ids(mta):
    tables = on_both(enable_long_queue_ids="yes")
    every_round_trip_and_no_other(mta, tables)
    predicted_savings_come_true(mta, tables)
