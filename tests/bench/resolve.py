"""Large virtual(5) tables: look-ups of every key, `shorthop resolve -` against `postmap -q - texthash:`, and how load
time and memory grow with the number of entries.

Both programs read the same file and the same shuffled keys, alternately. The time and the peak memory of the whole
process are measured, load included. The process of the benchmark stays small, because Linux also counts the memory that
a child had before it became another program (getrusage(2), ru_maxrss). So tables are generated in a separate process.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import figures

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "mta"))
import fetch  # noqa: E402  (Postfix, unpacked and not installed)

ENTRIES = 1_000_000
MANY = 10  # times as many for the second load
GOAL = 0.5  # maximum ratio to postmap, of time and of memory
TIME_GOAL = 1.05 * MANY  # maximum ratio to the load time of ENTRIES: linear growth
MEMORY_GOAL = 1.3  # maximum ratio of memory to the size of the text

SHORTHOP_CONF = """\
socket           = unix:{folder}/milter.sock
mode             = rewrite
local-domains    = example.com
local-recipients = static:all
"""
RELAY_CONF = """\
domains            = example.org
primary            = 192.0.2.10
profile            = postfix
virtual-alias-maps = text:{folder}/virtual
primary-domains = example.org
arrives-here = example.com
"""


def generate(folder, entries):
    with open(folder / "virtual", "w", encoding="ascii") as table:
        table.writelines(f"user{number}@example.org user{number}@example.com\n" for number in range(entries))


def generate_keys(folder, entries):
    numbers = list(range(entries))
    random.Random(1).shuffle(numbers)
    with open(folder / "keys", "w", encoding="ascii") as shuffled:
        shuffled.writelines(f"user{number}@example.org\n" for number in numbers)


def settings(folder):
    (folder / "relay.d").mkdir()
    (folder / "shorthop.conf").write_text(SHORTHOP_CONF.format(folder=folder))
    (folder / "relay.d" / "example.org.conf").write_text(RELAY_CONF.format(folder=folder))
    # postmap wants a mail_owner that this machine knows, and there is no user postfix without Postfix.
    (folder / "main.cf").write_text("compatibility_level = 3.6\nmail_owner = daemon\nsetgid_group = mail\n")


def postmap(folder):
    """The command and the environment in which the unpacked postmap runs."""
    tree = fetch.fetch()
    libraries = [tree / "usr/lib/postfix", *sorted((tree / "usr/lib").glob("*-linux-*"))]
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries)), "MAIL_CONFIG": str(folder)}
    return [tree / "usr/sbin/postmap", "-c", folder, "-q", "-", f"texthash:{folder}/virtual"], environment


def run_measured(command, environment, folder):
    """(seconds, peak of memory in MB, processor seconds) of a run with all keys on standard input."""
    with open(folder / "keys", "rb") as keys, open(folder / "output", "wb") as output:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdin=keys, stdout=output, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"resolve.py: {command[0]} ended with status {process.returncode}")
    return seconds, used.ru_maxrss / 1024, used.ru_utime + used.ru_stime


def lines_with(folder, text):
    with open(folder / "output", encoding="utf-8", errors="replace") as output:
        return sum(text in line for line in output)


def resolve_command(folder, bin_folder, what):
    return [bin_folder / "shorthop", "--config", folder / "shorthop.conf", "resolve", what]


def compare(folder, bin_folder, entries, pairs):
    by_postmap, environment = postmap(folder)
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(run_measured(resolve_command(folder, bin_folder, "-"), os.environ, folder))
        found = lines_with(folder, ": rewrite all-local")
        theirs.append(run_measured(by_postmap, environment, folder))
        looked_up = lines_with(folder, "@example.com")
        if (found, looked_up) != (entries, entries):
            sys.exit(f"resolve.py: {found} of {entries} were resolved, {looked_up} looked up: nothing to compare")
    print(f"{entries:,} look-ups on {entries:,} virtual(5) entries, each key once, load included, {pairs} pairs")
    all_met = True
    for at, what, unit in ((0, "time", "s"), (1, "memory", "MB"), (2, "processor time", "s")):
        mine, other = [run[at] for run in ours], [run[at] for run in theirs]
        print(f"  {what}, {unit}: shorthop resolve {figures.spread(mine)}, postmap -q texthash {figures.spread(other)}")
        verdict, met = figures.judge(figures.ratios(mine, other), GOAL, at_least=False)
        if what == "processor time":  # less affected by other load than time, but the goal is about time
            verdict, met = figures.spread(figures.ratios(mine, other), "{:.3f}"), True
        all_met = all_met and met
        print(f"    ratio {verdict}", flush=True)
    return all_met


def load_both(folder, bin_folder, entries, pairs):
    """How load time and memory grow: two tables, one MANY times as long as the other, loaded alternately for one key."""
    folders = {entries: folder, entries * MANY: folder / "many"}
    folders[entries * MANY].mkdir()
    settings(folders[entries * MANY])
    generate_elsewhere(folders[entries * MANY], entries * MANY)
    runs = {number: [] for number in folders}
    for _ in range(pairs):
        for number, place in folders.items():
            command = resolve_command(place, bin_folder, "user1@example.org")
            runs[number].append(run_measured(command, os.environ, folder))
    print(f"load of {entries * MANY:,} virtual(5) entries beside {entries:,}, {pairs} pairs")
    few, many = runs.values()
    # Processor time: a load is one thread's work, and other work of the machine affects long runs unevenly.
    times = [[run[2] for run in of_one] for of_one in (many, few)]
    verdict, linear = figures.judge(figures.ratios(*times), TIME_GOAL, at_least=False)
    print(f"  processor time, s: {figures.spread(times[0])} beside {figures.spread(times[1])}\n    ratio {verdict}")
    text = (folders[entries * MANY] / "virtual").stat().st_size / 2**20
    memory = [run[1] for run in many]
    verdict, small = figures.judge([size / text for size in memory], MEMORY_GOAL, at_least=False)
    print(f"  memory, MB: {figures.spread(memory)}, the text {text:.2f}\n    ratio {verdict}", flush=True)
    return linear and small


def generate_elsewhere(folder, entries, *more):
    command = [sys.executable, __file__, "--generate", folder, "--entries", str(entries), *more]
    subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, help="the folder with the programs of a release build")
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--generate", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--keys", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        generate(options.generate, options.entries)
        if options.keys:
            generate_keys(options.generate, options.entries)
        return 0
    if not options.bin:
        parser.error("--bin is missing")
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as name:
        folder = pathlib.Path(name)
        generate_elsewhere(folder, options.entries, "--keys")
        settings(folder)
        met = [measure(folder, options.bin.resolve(), options.entries, options.pairs)
               for measure in (compare, load_both)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except fetch.FetchFailed as failure:
        sys.exit(f"resolve.py: {failure}")
