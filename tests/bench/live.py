"""Look-ups per second of live tables: asked by shorthop itself, by shorthop through postmap, and by `postmap -q -`, all
with the same table file and, alternately, on the same server. Each key is asked once, so that no answer is used twice.
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import figures
import live_tables
from live_tables import ENTRIES, TYPES
from postfix_maps import PostfixMaps, fetch

GOAL = 5.0  # minimum ratio of look-ups per second to those through a child process for each
THROUGH_POSTMAP = "unknown_here = yes\n"  # unknown: Postfix ignores it, shorthop gives the table to postmap


def keys(number):
    """Keys, one per line, half of which are found."""
    numbers = random.Random(1).sample(range(2 * ENTRIES), number)
    return "".join(f"user{number}@live.example\n" for number in numbers).encode()


def rate(command, environment, text):
    """Look-ups per second, and the number of answers."""
    begun = time.monotonic()
    result = subprocess.run(list(map(str, command)), input=text, stdout=subprocess.PIPE, env=environment, check=True)
    return text.count(b"\n") / (time.monotonic() - begun), result.stdout.count(b"\n")


def measure(name, options, folder, postfix):
    """Whether the goal for this type is met."""
    many, few = keys(options.keys), keys(options.children)
    native, child, postmap = [], [], []
    with live_tables.table(name, folder) as (_, table):
        path = folder / f"{name}.cf"
        through = folder / f"{name}-through-postmap.cf"
        through.write_text(path.read_text() + THROUGH_POSTMAP)
        ours = [options.bin.resolve() / "table-query", "live"]
        theirs = [postfix.tree / "usr/sbin/postmap", "-c", folder, "-q", "-", table]
        for _ in range(options.rounds):
            found = []
            for rates, command, text in ((native, [*ours, table, folder], many),
                                         (child, [*ours, f"{name}:{through}", folder], few),
                                         (postmap, theirs, many)):
                one, answers = rate(command, postfix.environment, text)
                rates.append(one)
                found.append(answers)
            if found[0] != found[2] or not found[0]:
                sys.exit(f"live.py: {name}: {found[0]} keys were found, by postmap {found[2]}: nothing to compare")
    verdict, met = figures.judge(figures.ratios(native, child), GOAL, at_least=True)
    print(f"{name}: look-ups a second by shorthop {figures.spread(native, '{:,.0f}')}, through postmap "
          f"{figures.spread(child, '{:,.0f}')}, by postmap -q - {figures.spread(postmap, '{:,.0f}')}")
    print(f"  shorthop to through postmap {verdict}")
    print(f"  shorthop to postmap -q -    {figures.spread(figures.ratios(native, postmap), '{:.3f}')}", flush=True)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with table-query of a release build")
    parser.add_argument("--keys", type=int, default=5000, help="in a run")
    parser.add_argument("--children", type=int, default=50, help="keys in a run with a child for each")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("type", nargs="*", choices=[[], *TYPES], help="only these types")
    options = parser.parse_args()
    print(f"live tables with {ENTRIES:,} entries: {options.rounds} rounds of {options.keys:,} look-ups, "
          f"{options.children} through a child each")
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as name:
        postfix = PostfixMaps(pathlib.Path(name))
        met = [measure(one, options, pathlib.Path(name), postfix) for one in options.type or TYPES]
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (fetch.FetchFailed, live_tables.ServerFailed) as failure:
        sys.exit(f"live.py: {failure}")
