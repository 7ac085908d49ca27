"""Mail while the server of a live table hangs: what it costs the mail that needs the table, and the mail that does not.

bench-faults runs shorthopd and sends both kinds at the same time, at a steady pace. In turns the server works and hangs.
Each turn in which it hangs stands between two equally long ones in which it works, and is compared with both, so that a
machine that becomes slower or quicker changes no ratio; how far these two lie apart is what the machine does by itself.
"""
import argparse
import collections
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
REST = 10.0  # seconds that a table rests after a failure: LiveLimits::pause
AT_ONCE = 4  # look-ups that a table may have under way when its server begins to hang: LiveLimits::at_once
SLACK = 1.2  # of lookup-timeout, for what a busy machine adds
GOAL = 1.1  # of the time of mail that does not need the table, its 99th percentile
TURN = 12.0  # seconds, longer than a table rests

Times = collections.namedtuple("Times", "messages rewritten p50 p99 most late")


class Daemon:
    """bench-faults with its daemon."""

    def __init__(self, chosen, table):
        self.process = subprocess.Popen([chosen.bin.resolve() / "bench-faults", table, str(TIMEOUT)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def measure(self, seconds):
        """{"live": Times, "text": Times}"""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        lines = [self.process.stdout.readline().split() for _ in range(2)]
        if not all(lines):
            sys.exit(f"faults.py: bench-faults ended with status {self.process.wait()}")
        return {kind: Times(*map(float, numbers)) for kind, *numbers in lines}

    def wait_until_answered(self):
        end = time.monotonic() + 3 * REST
        while self.measure(0.3)["live"].rewritten == 0:
            if time.monotonic() > end:
                sys.exit("faults.py: the table is not asked again")

    def close(self):
        self.process.communicate()


def judge_hung(name, runs):
    """Whether mail that needs the table waited at most once in each rest period, and only for lookup-timeout."""
    most = max(run.most for run in runs)
    late = max(run.late for run in runs)
    allowed = AT_ONCE + int(TURN / REST)  # those that are under way, then one try after each rest
    met = most <= TIMEOUT * 1000 * SLACK and late <= allowed and all(run.p99 <= TIMEOUT * 1000 * SLACK for run in runs)
    print(f"{name}, mail that needs the table while it hangs: ms p50 {figures.spread([run.p50 for run in runs])}, p99 "
          f"{figures.spread([run.p99 for run in runs])}, most {most:.0f}; at most {late:.0f} of "
          f"{statistics.median(run.messages for run in runs):.0f} messages waited in {TURN:.0f} s")
    print(f"  goal: p99 and most <= lookup-timeout ({TIMEOUT * 1000:.0f} ms, and {SLACK - 1:.0%} for the machine), at most "
          f"{allowed} messages wait: {'met' if met else 'missed'}")
    return met


def measure(name, chosen, folder):
    """Whether the goals for this type are met."""
    before, hung, after = [], [], []
    with live_tables.table(name, folder) as (live, table):
        daemon = Daemon(chosen, table)
        try:
            daemon.wait_until_answered()
            for _ in range(chosen.rounds):
                before.append(daemon.measure(TURN))
                live.break_it()
                hung.append(daemon.measure(TURN))
                live.mend()
                daemon.wait_until_answered()
                after.append(daemon.measure(TURN))
        finally:
            daemon.close()
    print(f"{name}, {live.fault}")
    met = judge_hung(name, [run["live"] for run in hung])
    return judge_others(name, *([run["text"].p99 for run in runs] for runs in (before, hung, after))) and met


def judge_others(name, before, hung, after):
    """Whether mail that does not need the table is as quick as while it works: 99th percentiles in turns."""
    healthy = list(map(statistics.mean, zip(before, after, strict=True)))
    verdict, met = figures.judged(figures.ratios(hung, healthy), GOAL, at_least=False)
    print(f"{name}, mail that does not need it: ms p99 while it works {figures.spread(healthy, '{:.3f}')}, while it hangs "
          f"{figures.spread(hung, '{:.3f}')}")
    print(f"  ratio {verdict}")
    print(f"  after to before, both while it works: {figures.spread(figures.ratios(after, before), '{:.3f}')}", flush=True)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where bench-faults is, of a release build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("type", nargs="*", choices=[[], *TYPES], help="only these types")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as name:
        met = [measure(one, chosen, pathlib.Path(name)) for one in chosen.type or TYPES]
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except live_tables.ServerFailed as failure:
        sys.exit(f"faults.py: {failure}")
