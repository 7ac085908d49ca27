"""Runs the mta tests: real Postfix and Sendmail hosts, the real daemon, real mailboxes.

Usage: python3 tests/mta/run.py --bin DIR [--at-once N] [NAME...]     NAME: part of a test's name
Each test_*.py has functions test_NAME(mta), which use class Mta below. The last line says how many passed, failed and
were skipped; exit status 0 if none failed, 77 if the hosts are not available.
"""
import argparse
import importlib
import itertools
import multiprocessing
import os
import pathlib
import signal
import sys
import time
import traceback
from collections import Counter

import compare
import fetch
import hosts as private_hosts
import namespaces
from daemon import Daemon

HERE = pathlib.Path(__file__).resolve().parent
LOG_LINES = 30  # of each log, shown for a failed test


class Failed(AssertionError):
    """A promise was broken; the text says which and how."""


class Skipped(Exception):
    """The test needs something that is missing; the text says what."""


class Mta:
    """The hosts and the daemon for tests. Each test starts with idle hosts and a running daemon."""

    def __init__(self, binaries, systems):
        self.hosts = private_hosts.Hosts(binaries, **dict(systems))
        self.daemon = Daemon(self.hosts.secondary, self.hosts.systems["secondary"], self.hosts.systems["primary"])

    def begin(self):
        self.hosts.drop_queues()
        self.hosts.forget_messages()
        if not self.daemon.running():
            compare.apply(self.hosts, compare.Tables())
            self.daemon.write(compare.Tables())
            self.daemon.start()

    def close(self):
        self.hosts.close()

    @staticmethod
    def check(condition, message):
        if not condition:
            raise Failed(message)

    def check_same(self, tables, envelopes, expect=None, **more):
        """Sends without and with the milter, and checks that all copies end in the same places.

        expect: recipient -> "rewrite REASON" or "keep REASON", or "keep" or "rewrite" for any reason;
        None means that no line is logged for it. Returns the Comparison.
        """
        expect = expect or {}
        awaited = [recipient for recipient, decision in expect.items() if decision]
        seen = compare.compare(self.hosts, self.daemon, tables, envelopes, await_decisions=awaited, **more)
        problem = seen.problem()
        self.check(not problem, f"{problem}\n  without: {compare.show(seen.without.ended)}"
                                f"\n  with:    {compare.show(seen.with_milter.ended)}")
        self.check(seen.without.ended, "nothing arrived anywhere, so nothing was compared")
        for recipient, wanted in expect.items():
            self.check_decision(seen.with_milter.decisions.get(recipient), recipient, wanted)
        return seen

    def check_decision(self, decision, recipient, wanted):
        if wanted is None:
            self.check(decision is None, f"{recipient}: {decision} was logged, no line was expected")
            return
        self.check(decision, f"{recipient}: no decision was logged, expected {wanted}")
        found = f"{decision.decision} {decision.reason}"
        self.check(found == wanted or decision.decision == wanted, f"{recipient}: {found}, expected {wanted}")

    def expect_passes(self, seen, user, without=3, with_milter=1):
        """Every copy in that mailbox of the secondary must have taken this number of SMTP passes."""
        for run, wanted in ((seen.without, without), (seen.with_milter, with_milter)):
            passes = [count for ended, counts in run.received.items() if ended.name == user for count in counts]
            self.check(passes and set(passes) == {wanted},
                       f"{user}: copies took {passes or 'no'} SMTP passes, expected {wanted}")


class Worlds:
    """An Mta for each choice of mail systems, made on demand."""

    def __init__(self, binaries):
        self._binaries = binaries
        self._made = {}

    def mta_for(self, systems):
        if systems not in self._made:
            self._made[systems] = Mta(self._binaries, systems)
        return self._made[systems]

    def forget(self, systems):
        self._made.pop(systems).close()

    def close(self):
        for mta in self._made.values():
            mta.close()


def tests(names):
    """(name, function, mail systems) of the chosen tests, in file order; the name of a file chooses all its tests. With
    SYSTEMS = {"primary": "sendmail"} in a file, its primary runs Sendmail; without SYSTEMS all hosts run Postfix. With
    {"release": "trixie"} they run the Postfix of that Debian release."""
    names = [name.removeprefix("test_").removesuffix(".py").removesuffix(".case") for name in names]
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        systems = tuple(sorted(getattr(module, "SYSTEMS", {}).items()))
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                title = f"{path.stem[5:]}.{name[5:]}"
                if not names or any(part in title for part in names):
                    yield title, function, systems


def run_one(mta, title, function):
    """Runs the test and prints a line about it; returns "ok", "FAIL" or "skipped"."""
    begun = time.monotonic()
    result, detail = "ok", ""
    try:
        mta.begin()
        function(mta)
    except Skipped as reason:
        result, detail = "skipped", f" ({reason})"
    except Failed as failure:
        result, detail = "FAIL", f"\n  {failure}\n{logs(mta)}"
    except Exception:
        result, detail = "FAIL", f"\n{traceback.format_exc()}{logs(mta)}"
    print(f"{result:8}{title}  {time.monotonic() - begun:.2f} s{detail}", flush=True)
    return result


def logs(mta):
    parts = [("shorthopd", mta.daemon.log())]
    parts += [(server.name, server.log()) for server in (mta.hosts.secondary, mta.hosts.primary)]
    return "\n".join(f"  -- log of {name}:\n" + "\n".join("  " + line for line in text.splitlines()[-LOG_LINES:])
                     for name, text in parts)


def run_file(worlds, selected):
    """Runs the tests of one file; returns how many had each result."""
    counts = Counter()
    for title, function, systems in selected:
        try:
            mta = worlds.mta_for(systems)
        except fetch.FetchFailed as reason:
            if "release" not in dict(systems):
                raise
            print(f"skipped {title}  ({str(reason).splitlines()[0]})", flush=True)
            counts["skipped"] += 1
            continue
        result = run_one(mta, title, function)
        counts[result] += 1
        if result == "FAIL":  # its leftovers must not affect the next test
            worlds.forget(systems)
    return counts


def run_some(binaries, files, taken, results):
    """Runs the tests of the files that no other process has taken, on hosts of its own. Puts a Counter into `results`,
    or the text of namespaces.Unavailable or fetch.FetchFailed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    counts = Counter()
    worlds = Worlds(binaries)
    try:
        while True:
            with taken.get_lock():
                number, taken.value = taken.value, taken.value + 1
            if number >= len(files):
                break
            counts += run_file(worlds, files[number])
        results.put(counts)
    except (namespaces.Unavailable, fetch.FetchFailed) as reason:
        results.put(str(reason))
    finally:
        worlds.close()


def run_at_once(binaries, files, processes):
    """The Counter of all tests; a process that ends without its own counts as a failure."""
    taken, results = multiprocessing.Value("i", 0), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=run_some, args=(binaries, files, taken, results))
               for _ in range(min(processes, len(files)))]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    counts = Counter(FAIL=sum(worker.exitcode != 0 for worker in workers))
    for result in (results.get() for worker in workers if worker.exitcode == 0):
        if isinstance(result, str):
            raise namespaces.Unavailable(result)
        counts += result
    return counts


def main():
    os.environ.setdefault("SHORTHOP_SEED", "1")  # of random worlds
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder with shorthopd and shorthop")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="how many files run at once, each on its "
                        "own hosts; 1 by default")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    selected = list(tests(options.names))
    if not selected:
        sys.exit(f"run.py: no test is named like {' '.join(options.names)}")
    for program in ("shorthopd", "shorthop"):
        if not (options.bin / program).exists():
            sys.exit(f"run.py: no {program} in {options.bin}: build it first with `./dev build`")
    namespaces.become_root("the mta tests")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("run.py: ended by SIGTERM"))
    files = [list(of_file) for _, of_file in itertools.groupby(selected, key=lambda test: test[0].split(".")[0])]
    counts = run_at_once(options.bin.resolve(), files, options.at_once)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed" +
          (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    # Tests import this module for its exceptions; it must not be loaded twice.
    sys.modules["run"] = sys.modules["__main__"]
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the private hosts are gone", file=sys.stderr)
        sys.exit(130)
    except (namespaces.Unavailable, fetch.FetchFailed) as reason:
        print(f"mta tests SKIPPED: {reason}", file=sys.stderr)
        print(f"0 passed, 0 failed, {len(list(tests([])))} skipped")
        sys.exit(namespaces.SKIPPED)
