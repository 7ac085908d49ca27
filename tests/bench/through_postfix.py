"""Throughput of a real Postfix with no milter, the bare filter and shorthopd, in turns A B C A B C.

The secondary of the private hosts (tests/mta) listens at a port for each; smtp-source(1) on the client
sends 4 KB messages, one a connection. Every delivery goes to discard(8), so that what is measured is
smtpd(8), cleanup(8) and the milter, not mailboxes or the primary.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import time

import figures

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "mta"))
import compare  # noqa: E402
import daemon  # noqa: E402
import fetch  # noqa: E402
import hosts  # noqa: E402
import namespaces  # noqa: E402
import postfix  # noqa: E402
import rootfs  # noqa: E402

ALIASES = 100_000  # a third each: virtual(5) names, their local aliases, foreign ones
SESSIONS = 8
SIZE = 4096
GOAL = 0.97
BARE = {"keep": "shorthop/bare-keep.sock", "rewrite": "shorthop/bare-rewrite.sock"}
PORTS = {"none": 10025, "bare keep": 10026, "bare rewrite": 10027, "shorthop": 10028}

Load = collections.namedtuple("Load", "title recipient bare decision")
LOADS = (
    Load("left alone", "abroad1@example.org", "bare keep", "decision=keep reason=foreign-target"),
    Load("rewritten", "first.last1@example.org", "bare rewrite", "decision=rewrite reason=all-local"),
)


def tables():
    people = range(ALIASES // 3)
    return compare.Tables(
        settings={"local-domains": "example.com mail.example.com", "local-recipients": "static:all"},
        relay_settings={"primary": hosts.ADDRESSES["mail.example.org"]},
        virtual="".join(f"first.last{n}@example.org user{n}@example.org\n" for n in people),
        aliases="".join(f"user{n}: user{n}@example.com\nabroad{n}: abroad{n}@example.net\n" for n in people))


def master():
    """Debian's services, every delivery agent replaced by discard(8), and an smtpd for each milter."""
    lines = []
    for line in postfix.MASTER.splitlines():
        words = line.split()
        if words[1] == "unix" and words[-1] in ("smtp", "local", "virtual", "lmtp"):
            words[2:] = ["-", "-", "y", "-", "-", "discard"]
        lines.append(" ".join(words))
    milters = {"none": "", "bare keep": f"unix:{BARE['keep']}", "bare rewrite": f"unix:{BARE['rewrite']}",
               "shorthop": daemon.MILTER}
    for name, port in PORTS.items():
        lines += [f"{port} inet n - y - - smtpd", f"  -o smtpd_milters={milters[name]}"]
    return "\n".join(lines) + "\n"


def start_bare_filters(server):
    queue = pathlib.Path(postfix.QUEUE)
    replies = {"keep": [], "rewrite": ["<first.last1@example.org>", "<user1@example.com>",
                                       "ORCPT=rfc822;first.last1@example.org"]}
    for pattern, words in replies.items():
        # A UNIX socket needs the write permission of whoever connects: Postfix, by its group.
        server.place.start("sh", "-c", 'umask 007; exec "$@"', "sh", f"{daemon.PROGRAMS}/bare-filter",
                           f"unix:{queue / BARE[pattern]}", pattern, *words,
                           user=rootfs.SYSTEM_USERS["shorthop"], group=rootfs.SYSTEM_GROUPS["postfix"],
                           stdin=subprocess.DEVNULL)
        postfix.wait_for((server.place.path(queue) / BARE[pattern]).exists, "socket of the bare filter", server.name)


class Bench:
    def __init__(self, world, messages):
        self.world = world
        self.messages = messages
        self.server = world.secondary
        self.server.set_users(["user1"])
        self.shorthop = daemon.Daemon(self.server)
        self.shorthop.write(tables())
        self.shorthop.start()
        start_bare_filters(self.server)
        rootfs.write(self.server.place, "/etc/postfix/master.cf", master())
        self.server.configure({"local_recipient_maps": "", "relay_recipient_maps": ""})

    def rate(self, milter, recipient):
        """Messages a second that the server takes."""
        address = f"{hosts.ADDRESSES[self.server.name]}:{PORTS[milter]}"
        start = time.monotonic()
        self.world.client.run("smtp-source", "-s", SESSIONS, "-l", SIZE, "-m", self.messages,
                              "-f", "sender@example.net", "-t", recipient, address, timeout=300)
        seconds = time.monotonic() - start
        postfix.wait_for(lambda: not self.server.queue(), "empty queue", self.server.name, 120)
        return self.messages / seconds

    def shorthop_rate(self, load):
        """As rate(), and certain that each message was treated as the load wants it."""
        self.shorthop.mark()
        rate = self.rate("shorthop", load.recipient)
        # The daemon writes its lines in batches, so the last ones may come a moment later.
        deadline = time.monotonic() + 2
        while (seen := self.shorthop.log().count(load.decision)) < self.messages and time.monotonic() < deadline:
            time.sleep(0.05)
        if seen != self.messages:
            sys.exit(f"through_postfix.py: {seen} of {self.messages} log lines say {load.decision}:\n"
                     + self.shorthop.log()[-500:])
        return rate

    def compare(self, load, rounds):
        runs = [lambda: self.rate("none", load.recipient), lambda: self.rate(load.bare, load.recipient),
                lambda: self.shorthop_rate(load)]
        rates = [[], [], []]
        for at in range(rounds + 1):
            for turn in range(len(runs)):
                which = (at + turn) % len(runs)  # who comes first changes, so that no one always follows another
                rate = runs[which]()
                if at:  # the first round warms every process
                    rates[which].append(rate)
        none, bare, ours = rates
        verdict, met = figures.judged(figures.ratios(ours, bare), GOAL, at_least=True)
        print(f"{load.title}: messages a second without milter {figures.spread(none, '{:.0f}')}, "
              f"bare filter {figures.spread(bare, '{:.0f}')}, shorthopd {figures.spread(ours, '{:.0f}')}")
        print(f"  shorthopd to bare filter    {verdict}")
        print(f"  shorthopd to no milter      {figures.spread(figures.ratios(ours, none), '{:.3f}')}")
        print(f"  bare filter to no milter    {figures.spread(figures.ratios(bare, none), '{:.3f}')}", flush=True)
        return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where the programs are, of a release build")
    parser.add_argument("--messages", type=int, default=400, help="in a run")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    namespaces.become_root("the benchmark through Postfix")
    with hosts.Hosts(chosen.bin.resolve()) as world:
        bench = Bench(world, chosen.messages)
        print(f"through a real Postfix: {chosen.rounds} rounds of {chosen.messages} messages of {SIZE} bytes, "
              f"{SESSIONS} sessions at once, {ALIASES:,} aliases")
        met = [bench.compare(load, chosen.rounds) for load in LOADS]
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (namespaces.Unavailable, fetch.FetchFailed) as failure:
        sys.exit(f"through_postfix.py: {failure}")
