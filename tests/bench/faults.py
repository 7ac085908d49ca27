"""Mail while the server of a live table hangs: what it costs the mail that needs the table, and the mail that does not.

Two daemons run side by side, each with a server of its own, and each gets both kinds of mail from bench-faults at a
steady pace. A round has three turns: both servers work, the first hangs, the second hangs. The daemon whose server
hangs is compared with the other in the same seconds, so that other load on the machine affects both. The difference
between the two while both servers work is the error of this method. It is printed, and so is the ratio of each daemon's
time while its server hangs to its own time while both work.
"""
import argparse
import collections
import contextlib
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import figures
import live_tables
from live_tables import TYPES

TIMEOUT = 1  # lookup-timeout, seconds
REST = 10.0  # seconds that a table is not asked after a failure: LiveLimits::pause
AT_ONCE = 4  # look-ups that a table may have under way when its server begins to hang: LiveLimits::at_once
SLACK = 1.2  # factor on lookup-timeout, for what a busy machine adds
GOAL = 1.1  # maximum ratio of 99th percentiles, hanging to working, of mail that does not need the table
TURN = 12.0  # seconds, more than REST

Times = collections.namedtuple("Times", "messages rewritten p50 p99 longest late")


class Daemon:
    """bench-faults with its daemon."""

    def __init__(self, options, table):
        self.process = subprocess.Popen([options.bin.resolve() / "bench-faults", table, str(TIMEOUT)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def begin(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()

    def result(self):
        """{"live": Times, "text": Times} of the turn that has begun."""
        lines = [self.process.stdout.readline().split() for _ in range(2)]
        if not all(lines):
            sys.exit(f"faults.py: bench-faults ended with status {self.process.wait()}")
        return {kind: Times(*map(float, numbers)) for kind, *numbers in lines}

    def wait_until_answered(self):
        end = time.monotonic() + 3 * REST
        while True:
            self.begin(0.3)
            if self.result()["live"].rewritten > 0:
                return
            if time.monotonic() > end:
                sys.exit("faults.py: the table is not asked again")

    def close(self):
        self.process.communicate()


def judge_hung(name, runs):
    """Whether at most the allowed number of messages waited for the table, and none longer than lookup-timeout."""
    longest = max(run.longest for run in runs)
    late = max(run.late for run in runs)
    allowed = AT_ONCE + int(TURN / REST)  # those that are under way, then one try after each rest
    limit = TIMEOUT * 1000 * SLACK
    met = longest <= limit and late <= allowed and all(run.p99 <= limit for run in runs)
    print(f"{name}, mail that needs the table while it hangs: ms p50 {figures.spread([run.p50 for run in runs])}, p99 "
          f"{figures.spread([run.p99 for run in runs])}, longest {longest:.0f}; at most {late:.0f} of "
          f"{statistics.median(run.messages for run in runs):.0f} messages waited in {TURN:.0f} s")
    print(f"  goal: p99 and longest <= lookup-timeout ({TIMEOUT * 1000:.0f} ms, and {SLACK - 1:.0%} for the machine), "
          f"at most {allowed} messages wait: {'met' if met else 'missed'}")
    return met


class Side:
    """A daemon, and the live table that it asks."""

    def __init__(self, name, options, folder, stack):
        folder.mkdir()
        self.live, table = stack.enter_context(live_tables.table(name, folder))
        self.daemon = Daemon(options, table)
        stack.callback(self.daemon.close)


def measure_both(sides):
    """What each side measured in the same turn."""
    for side in sides:
        side.daemon.begin(TURN)
    return [side.daemon.result() for side in sides]


def measure(name, options, folder):
    """Whether the goals for this type are met."""
    working, hung = [], []  # pairs of results: both sides work; one side hangs, the other works
    with contextlib.ExitStack() as stack:
        sides = [Side(name, options, folder / f"{name}{number}", stack) for number in range(2)]
        for _ in range(options.rounds):
            for side in sides:
                side.daemon.wait_until_answered()
            working.append(measure_both(sides))
            for side in sides:
                side.live.break_it()
                pair = measure_both(sides)
                hung.append(pair if side is sides[0] else pair[::-1])
                side.live.mend()
                side.daemon.wait_until_answered()
        fault = sides[0].live.fault
    print(f"{name}, {fault}")
    met = judge_hung(name, [pair[0]["live"] for pair in hung])
    return judge_others(name, text_p99(working), text_p99(hung)) and met


def text_p99(pairs):
    """The 99th percentiles of mail that does not need the table."""
    return [[run["text"].p99 for run in pair] for pair in pairs]


def judge_others(name, working, hung):
    """Whether mail that does not need the table is as quick where the table hangs as where it works. The arguments are
    pairs of 99th percentiles."""
    of_hung, of_other = zip(*hung, strict=True)
    verdict, met = figures.judge(figures.ratios(of_hung, of_other), GOAL, at_least=False)
    own_before = [time for pair in working for time in pair]  # each side hangs once in each round
    print(f"{name}, mail that does not need it: ms p99 where it works {figures.spread(of_other, '{:.3f}')}, where it "
          f"hangs {figures.spread(of_hung, '{:.3f}')}")
    print(f"  ratio {verdict}")
    print(f"  ratio to the same daemon, both working: {figures.spread(figures.ratios(of_hung, own_before), '{:.3f}')}")
    print(f"  first to second, both working: {figures.spread([a / b for a, b in working], '{:.3f}')}", flush=True)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with bench-faults of a release build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("type", nargs="*", choices=[[], *TYPES], help="only these types")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as name:
        met = [measure(one, options, pathlib.Path(name)) for one in options.type or TYPES]
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except live_tables.ServerFailed as failure:
        sys.exit(f"faults.py: {failure}")
