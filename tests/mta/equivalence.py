"""Equivalence for random worlds with real Postfix hosts (`./dev equivalence`).

Each world has its own tables and settings on two primaries and on the secondary with shorthop. Messages to every
address and to random sets of recipients are sent without and with shorthop, and the final deliveries are compared.
Exit status: 0 if nothing was lost, duplicated, misdelivered or extra and enough of the provably local recipients were
replaced, 1 if not, 77 if this machine cannot have private hosts.
"""
import argparse
import collections
import pathlib
import secrets
import signal
import sys
import time

import fetch
import hosts as private_hosts
import namespaces
import worlds_features
import worlds_judge
import worlds_load
import worlds_random
import worlds_run
import worlds_shrink
import worlds_static
from daemon import Daemon
from worlds import World

LEAST_SHARE = 0.99
ENOUGH = 300  # number of worlds in which each feature must occur
SHRUNK_AT_MOST = 3  # differences in a run; one bug shows in many worlds


class Total:
    """The totals of all worlds."""

    def __init__(self):
        self.worlds = self.sends = self.same = self.hops = self.bytes = self.rewritten = 0
        self.merged = self.sooner = self.partly = 0
        self.restless = 0  # worlds that could not be compared
        self.refused = 0   # worlds with which shorthop did not start
        self.kinds = collections.Counter()
        self.kept, self.set_aside, self.reasons = (collections.Counter() for _ in range(3))
        self.whole = 0     # worlds with complete copies; only these count for the share of replaced recipients
        self.incomplete = 0  # recipients replaced in the other worlds
        # For each feature: worlds, replaced recipients, kept recipients, differences.
        self.features = {name: collections.Counter() for name in worlds_features.SHARES}

    def add(self, world, verdict):
        self.worlds += 1
        self.sends += len(world.envelopes)
        for name in ("same", "merged", "sooner", "partly", "hops", "bytes", "reasons"):
            setattr(self, name, getattr(self, name) + getattr(verdict, name))
        self.kinds.update(difference.kind for difference in verdict.differences)
        self.add_features(world, verdict)
        if world.has_whole_copies():
            self.whole += 1
            for name in ("rewritten", "kept", "set_aside"):
                setattr(self, name, getattr(self, name) + getattr(verdict, name))
        else:
            self.incomplete += verdict.rewritten

    def add_refused(self, world):
        self.refused += 1
        for name in world.features():
            self.features[name]["not started"] += 1

    def add_features(self, world, verdict):
        counts = collections.Counter({"worlds": 1})
        for decision, count in verdict.reasons.items():
            counts[decision.partition(" ")[0]] += count
        counts.update(difference.kind for difference in verdict.differences)
        for name in world.features():
            self.features[name] += counts

    def never_drawn(self):
        return [name for name, counts in self.features.items() if not counts["worlds"]]

    @property
    def provable(self):
        return self.rewritten + self.kept.total()

    @property
    def share(self):
        return self.rewritten / self.provable if self.provable else 1.0

    def is_good(self, is_static=False):
        is_enough = self.hops > 0 if is_static else self.share >= LEAST_SHARE
        return self.worlds > 0 and not self.kinds and not self.refused and is_enough

    def text(self, seed, seconds):
        kinds = ", ".join(f"{kind} {self.kinds[kind]}" for kind in worlds_judge.KINDS)
        lines = [
            f"{self.sends} messages, each without and with shorthop, in {self.worlds} worlds, {seconds:.0f} s",
            f"same {self.same}, {kinds}",
            f"merged {self.merged} (second copies to one mailbox that shorthop avoids), "
            f"sooner {self.sooner} (messages that a primary defers as a whole), "
            f"partly {self.partly} (copies that are not compared: local(8) of a primary defers their message in part)",
            f"saved: {self.hops} hops, {self.bytes:,} bytes between hosts",
            f"{self.whole} worlds with complete copies: {self.provable} recipients provably local, "
            f"{self.rewritten} of them replaced ({self.share:.2%}); other worlds: {self.incomplete} replaced",
            *self.listed("provably local, yet kept", self.kept),
            *self.listed("ends here, but is not provable", self.set_aside),
            *self.listed("decisions", self.reasons),
            *(f"  with {name}: {show_counts(counts)}" for name, counts in self.features.items()),
            *([f"shorthop did not start with {self.refused} worlds"] if self.refused else []),
            *([f"not compared: {self.restless} worlds whose mail multiplies without shorthop, too"]
              if self.restless else []),
            f"seed {seed}",
        ]
        return "\n".join(lines)

    @staticmethod
    def listed(title, counter):
        return [f"  {title}: {count} {what}" for what, count in counter.most_common()]


def show_counts(counts):
    """"12 worlds, 250 replaced, 300 kept", and what went wrong."""
    return ", ".join([f"{counts['worlds']} worlds", f"{counts['rewrite']} replaced", f"{counts['keep']} kept",
                      *([f"{counts['refused']} refused"] if counts["refused"] else []),
                      *(f"{counts[kind]} {kind}" for kind in (*worlds_judge.KINDS, "not started") if counts[kind])])


class Bench:
    """The private hosts with shorthop, on which worlds are tried one after another."""

    def __init__(self, hosts, daemon, is_static=False):
        self.hosts, self.daemon, self.is_static = hosts, daemon, is_static

    def try_world(self, world):
        """Returns the Verdict; None for a world whose mail never comes to rest, even without shorthop. Raises
        LoadRefused if shorthop does not start with the copies of the world."""
        try:
            return self._try(world)
        except TimeoutError as stuck:
            # Mail that a host still processes, or that is stuck, has no end to compare.
            trouble = [line for server in self.hosts.servers for line in server.log().splitlines()
                       if "fatal:" in line or "warning:" in line]
            print(f"world {world.name}: {str(stuck)[:300]}; trying once more", *trouble[-10:], sep="\n  ", flush=True)
        self.hosts.end_all_mail()
        if not self._rests_without(world):
            self.hosts.end_all_mail()
            return None
        return self._try(world)

    def _rests_without(self, world):
        with worlds_load.loaded(self.hosts, self.daemon, world):
            try:
                worlds_run.send(self.hosts, world, ["without"])
            except TimeoutError:
                return False
        return True

    def _try(self, world):
        with worlds_load.loaded(self.hosts, self.daemon, world):
            if not self.is_static:
                return worlds_judge.judge(world, worlds_run.send_both(self.hosts, self.daemon, world))
            worlds_static.activate(self.hosts.secondary, self.daemon)
            results = worlds_run.send_both(self.hosts, self.daemon, world, is_logged=False)
            return worlds_judge.judge(world, [tuple(map(worlds_static.without_extensions, result)) for result in results])


def show(world, difference):
    return f"world {world.name}: {difference.kind}: {' '.join(world.envelopes[difference.envelope])}: {difference.text}"


def compare(bench, worlds, folder, shrink_seconds, say=print):
    """Yields the Total so far after each world. A difference is reported, shrunk and kept in the folder."""
    total = Total()
    shrunk = 0
    for world in worlds:
        try:
            verdict = bench.try_world(world)
        except worlds_load.LoadRefused as refused:
            total.add_refused(world)
            say(f"world {world.name}: {refused}")
            yield total
            continue
        if verdict is None:
            total.restless += 1
            say(f"world {world.name}: its mail multiplies without shorthop, too: not compared")
            yield total
            continue
        total.add(world, verdict)
        for difference in verdict.differences:
            say(show(world, difference))
        for text in verdict.needless if world.has_whole_copies() else ():
            say(f"world {world.name}: provably local: {text}")
        if verdict.differences and shrink_seconds and shrunk < SHRUNK_AT_MOST:
            shrunk += 1
            small = worlds_shrink.shrink(bench.try_world, world, verdict.differences[0], shrink_seconds)
            say(worlds_shrink.keep(small, bench.try_world(small), folder))
        yield total


def parse_options():
    parser = argparse.ArgumentParser(prog="./dev equivalence", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--worlds", type=int, default=30, metavar="N", help="number of worlds (default: 30)")
    parser.add_argument("--seed", help="seed of all worlds (default: a random one, which is printed)")
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="N",
                        help="number of the first world (default: 1); the same seed and number give the same world")
    parser.add_argument("--sends", type=int, default=worlds_random.SINGLES + worlds_random.SETS, metavar="N",
                        help="messages for each world (default: %(default)s)")
    parser.add_argument("--replay", action="append", type=pathlib.Path, metavar="FILE",
                        help="a world that was kept as a file, instead of random ones; may be repeated")
    parser.add_argument("--with", dest="features", action="append", choices=list(worlds_features.SHARES),
                        help="worlds with this optional feature and no other; may be repeated")
    parser.add_argument("--static-tables", action="store_true",
                        help="with static tables (shorthop tables --form virtual) in place of the milter; mailboxes "
                             "are compared without extensions, and no share of replaced recipients is required")
    parser.add_argument("--keep-in", type=pathlib.Path, default=pathlib.Path("build/equivalence"), metavar="DIR",
                        help="where to write worlds with a difference, after shrinking them (default: %(default)s)")
    parser.add_argument("--shrink-seconds", type=float, default=60, metavar="S",
                        help="how long to shrink one world (default: 60; 0: not at all)")
    return parser.parse_args()


def kept_world(path):
    try:
        return World.from_json(path.read_text())
    except (OSError, ValueError, TypeError, KeyError) as trouble:
        sys.exit(f"equivalence.py: {path}: {trouble!r}: is it a world that this program kept?")


def main():
    options = parse_options()
    seed = options.seed or secrets.token_hex(4)
    namespaces.become_root("the comparison")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("equivalence.py: ended by SIGTERM"))
    if options.replay:
        worlds = [kept_world(path) for path in options.replay]
    else:
        worlds = (worlds_random.make_world(seed, number, options.sends, options.features)
                  for number in range(options.first, options.first + options.worlds))
    print(f"seed {seed}", flush=True)
    begun = reported = time.monotonic()
    total = Total()
    with private_hosts.Hosts(options.bin.resolve(), second="postfix") as hosts:
        bench = Bench(hosts, Daemon(hosts.secondary), options.static_tables)
        for total in compare(bench, worlds, options.keep_in, options.shrink_seconds,
                             lambda text: print(text, flush=True)):
            if time.monotonic() - reported > 30:
                reported = time.monotonic()
                print(f"-- {total.worlds} worlds, {total.sends} messages, same {total.same}, "
                      f"share {total.share:.2%}, {reported - begun:.0f} s", file=sys.stderr, flush=True)
    print(total.text(seed, time.monotonic() - begun))
    is_drawn = options.features or options.replay or total.worlds < ENOUGH or not total.never_drawn()
    return 0 if total.is_good(options.static_tables) and is_drawn else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the private hosts are gone", file=sys.stderr)
        sys.exit(130)
    except (namespaces.Unavailable, fetch.FetchFailed) as reason:
        print(f"equivalence SKIPPED: {reason}", file=sys.stderr)
        sys.exit(namespaces.SKIPPED)
