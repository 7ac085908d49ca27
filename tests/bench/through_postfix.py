"""A real Postfix with no milter, the bare filter and shorthopd, alternately (ABCABC): throughput, and processor time.

The secondary of the private hosts (tests/mta) listens at a port for each of these (for the bare filter at two);
smtp-source(1) on the client sends 4 KB messages, one a connection. At first every delivery goes to discard(8), so that
what is measured is smtpd(8), cleanup(8) and the milter, not mailboxes or the primary. Then mail for the primary goes
there and comes back, as it does without shorthop, to measure the secondary's part of that work.
"""
import argparse
import collections
import os
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
GOAL = 0.97  # minimum ratio to the bare filter, of messages a second
# Maximum ratios of the host's processor time for a message.
PROCESSOR_GOAL = 1.1  # to the bare filter, if discard(8) takes all mail
TRIP_GOAL = 0.8  # to no milter, if mail goes to the primary and back without shorthop
BARE = {"keep": "shorthop/bare-keep.sock", "rewrite": "shorthop/bare-rewrite.sock"}
TO_PRIMARY = "relay-to-primary"  # a transport; for shorthop its mail is relayed, because the name begins with "relay"
PORTS = {"none": 10025, "bare keep": 10026, "bare rewrite": 10027, "shorthop": 10028}

Run = collections.namedtuple("Run", "rate milliseconds")  # messages a second; processor time of the host for each
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
    """Debian's services with discard(8) in place of every delivery agent, one more agent that really sends to the
    primary, and an smtpd for each milter."""
    lines = []
    for line in postfix.MASTER.splitlines():
        words = line.split()
        if words[1] == "unix" and words[-1] in ("smtp", "local", "virtual", "lmtp"):
            words[2:] = ["-", "-", "y", "-", "-", "discard"]
        lines.append(" ".join(words))
    lines.append(f"{TO_PRIMARY} unix - - y - - smtp")
    milters = {"none": "", "bare keep": f"unix:{BARE['keep']}", "bare rewrite": f"unix:{BARE['rewrite']}",
               "shorthop": daemon.MILTER}
    for name, port in PORTS.items():
        lines += [f"{port} inet n - y - - smtpd", f"  -o smtpd_milters={milters[name]}"]
    return "\n".join(lines) + "\n"


def start_bare_filters(server):
    """pattern -> process."""
    queue = pathlib.Path(postfix.QUEUE)
    replies = {"keep": [], "rewrite": ["<first.last1@example.org>", "<user1@example.com>",
                                       "ORCPT=rfc822;first.last1@example.org"]}
    started = []
    for pattern, words in replies.items():
        # Whoever connects to a UNIX socket needs write permission; Postfix has it by its group.
        started.append(server.place.start(
            "sh", "-c", 'umask 007; exec "$@"', "sh", f"{daemon.PROGRAMS}/bare-filter", f"unix:{queue / BARE[pattern]}",
            pattern, *words, user=rootfs.SYSTEM_USERS["shorthop"], group=rootfs.SYSTEM_GROUPS["postfix"],
            stdin=subprocess.DEVNULL))
        postfix.wait_for((server.place.path(queue) / BARE[pattern]).exists, "socket of the bare filter", server.name)
    return started


class ProcessorTime:
    """Processor time of all processes of a Postfix, ended ones too, and of the filters beside it."""

    def __init__(self, server, filters):
        self.proc = server.place.path("/proc")
        self.master = server.place.path(f"{postfix.QUEUE}/pid/master.pid").read_text().strip()
        self.filters = [namespaces.inner_pid(namespaces.child_of(process.pid)) for process in filters]

    def seconds(self):
        children = (self.proc / self.master / "task" / self.master / "children").read_text().split()
        ticks = self._ticks(self.master, with_ended=True) + sum(map(self._ticks, [*children, *self.filters]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _ticks(self, pid, with_ended=False):
        """proc(5), /proc/PID/stat: utime and stime, then cutime and cstime of the children that were waited for."""
        words = (self.proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, words[11:15 if with_ended else 13]))


class Bench:
    def __init__(self, world, messages):
        self.world = world
        self.messages = messages
        self.server = world.secondary
        self.server.set_users(["user1"])
        self.shorthop = daemon.Daemon(self.server)
        self.shorthop.write(tables())
        self.shorthop.start()
        filters = [*start_bare_filters(self.server), self.shorthop.process]
        rootfs.write(self.server.place, "/etc/postfix/master.cf", master())
        self.deliver("relay")
        self.time = ProcessorTime(self.server, filters)

    def deliver(self, relay_transport):
        # max_use: no process ends during a run, because its processor time would be rounded once more.
        self.server.configure({"local_recipient_maps": "", "relay_recipient_maps": "", "max_use": "100000",
                               "relay_transport": relay_transport})

    def run(self, milter, recipient):
        """Sends the messages to the server, and waits until it is done with them."""
        address = f"{hosts.ADDRESSES[self.server.name]}:{PORTS[milter]}"
        used = self.time.seconds()
        start = time.monotonic()
        self.world.client.run("smtp-source", "-s", SESSIONS, "-l", SIZE, "-m", self.messages,
                              "-f", "sender@example.net", "-t", recipient, address, timeout=300)
        seconds = time.monotonic() - start
        self.world.wait_until_quiet(120)
        return Run(self.messages / seconds, (self.time.seconds() - used) * 1000 / self.messages)

    def run_shorthop(self, load):
        """Like run(), but ends the benchmark unless each message got the decision that the load expects."""
        self.shorthop.mark()
        run = self.run("shorthop", load.recipient)
        # The daemon writes its lines in batches, so the last ones may come a moment later.
        deadline = time.monotonic() + 2
        while (seen := self.shorthop.log().count(load.decision)) < self.messages and time.monotonic() < deadline:
            time.sleep(0.05)
        if seen != self.messages:
            sys.exit(f"through_postfix.py: {seen} of {self.messages} log lines say {load.decision}:\n"
                     + self.shorthop.log()[-500:])
        return run

    def runs(self, load, rounds):
        """Three lists of runs: without a milter, with the bare filter, with shorthopd."""
        turns = [lambda: self.run("none", load.recipient), lambda: self.run(load.bare, load.recipient),
                 lambda: self.run_shorthop(load)]
        runs = [[], [], []]
        for at in range(rounds + 1):
            for turn in range(len(turns)):
                which = (at + turn) % len(turns)  # the order changes, so that no kind always follows the same one
                run = turns[which]()
                if at:  # the first round warms every process
                    runs[which].append(run)
        return runs

    def compare(self, load, rounds):
        """Whether the goals are met for mail whose deliveries go to discard(8)."""
        runs = self.runs(load, rounds)
        none, bare, ours = ([run.rate for run in of_one] for of_one in runs)
        verdict, met = figures.judge(figures.ratios(ours, bare), GOAL, at_least=True)
        print(f"{load.title}: messages a second without milter {figures.spread(none, '{:.0f}')}, "
              f"bare filter {figures.spread(bare, '{:.0f}')}, shorthopd {figures.spread(ours, '{:.0f}')}")
        print(f"  shorthopd to bare filter    {verdict}")
        print(f"  shorthopd to no milter      {figures.spread(figures.ratios(ours, none), '{:.3f}')}")
        none, bare, ours = ([run.milliseconds for run in of_one] for of_one in runs)
        print(f"{load.title}: processor time of the host, ms a message, without milter {figures.spread(none)}, "
              f"bare filter {figures.spread(bare)}, shorthopd {figures.spread(ours)}")
        verdict, is_cheap = figures.judge(figures.ratios(ours, bare), PROCESSOR_GOAL, at_least=False)
        print(f"  shorthopd to bare filter    {verdict}", flush=True)
        return met and is_cheap

    def compare_trip(self, load, rounds):
        """Whether the goal for mail that need not go to the primary and back is met."""
        self.world.set_tables("first.last1@example.org user1@example.org\n", "user1: user1@example.com\n")
        self.world.primary.reload()
        self.deliver(TO_PRIMARY)
        none, _, ours = ([run.milliseconds for run in of_one] for of_one in self.runs(load, rounds))
        verdict, met = figures.judge(figures.ratios(ours, none), TRIP_GOAL, at_least=False)
        print(f"{load.title}, the trip to the primary and back counted: processor time of the host, ms a message, "
              f"without milter {figures.spread(none)}, shorthopd {figures.spread(ours)}")
        print(f"  shorthopd to no milter      {verdict}", flush=True)
        return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with the programs of a release build")
    parser.add_argument("--messages", type=int, default=400, help="in a run")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    namespaces.become_root("the benchmark through Postfix")
    with hosts.Hosts(options.bin.resolve()) as world:
        bench = Bench(world, options.messages)
        print(f"through a real Postfix: {options.rounds} rounds of {options.messages} messages of {SIZE} bytes, "
              f"{SESSIONS} sessions at once, {ALIASES:,} aliases")
        met = [bench.compare(load, options.rounds) for load in LOADS]
        met.append(bench.compare_trip(LOADS[-1], options.rounds))
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (namespaces.Unavailable, fetch.FetchFailed) as failure:
        sys.exit(f"through_postfix.py: {failure}")
