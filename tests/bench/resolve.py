"""Look-ups of every key of a large virtual(5) table: `shorthop resolve -` against `postmap -q - texthash:`.

Both read the same file and the same shuffled keys, in turns, load included. Time is that of the whole
process, memory its peak. This process stays small: Linux counts what a child was before it became
another program (getrusage(2), ru_maxrss), so the table is generated in a process of its own.
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
    keys = [f"user{number}@example.org" for number in range(entries)]
    with open(folder / "virtual", "w", encoding="ascii") as table:
        table.writelines(f"{key} user{number}@example.com\n" for number, key in enumerate(keys))
    random.Random(1).shuffle(keys)
    with open(folder / "keys", "w", encoding="ascii") as shuffled:
        shuffled.writelines(f"{key}\n" for key in keys)


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


def measured(command, environment, folder):
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


def compare(folder, bin_folder, entries, pairs):
    resolve = [bin_folder / "shorthop", "--config", folder / "shorthop.conf", "resolve", "-"]
    by_postmap, environment = postmap(folder)
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(measured(resolve, os.environ, folder))
        found = lines_with(folder, ": rewrite all-local")
        theirs.append(measured(by_postmap, environment, folder))
        looked_up = lines_with(folder, "@example.com")
        if (found, looked_up) != (entries, entries):
            sys.exit(f"resolve.py: {found} of {entries} were resolved, {looked_up} looked up: nothing to compare")
    all_met = True
    print(f"{entries:,} look-ups on {entries:,} virtual(5) entries, load included, {pairs} pairs")
    for at, what, unit in ((0, "time", "s"), (1, "memory", "MB"), (2, "processor time", "s")):
        mine, other = [run[at] for run in ours], [run[at] for run in theirs]
        print(f"  {what}, {unit}: shorthop resolve {figures.spread(mine)}, postmap -q texthash {figures.spread(other)}")
        verdict, met = figures.judged(figures.ratios(mine, other), 1.0, at_least=False)
        if what == "processor time":  # tells more than time where the machine is busy, but is not what was promised
            verdict, met = figures.spread(figures.ratios(mine, other), "{:.3f}"), True
        all_met = all_met and met
        print(f"    ratio {verdict}", flush=True)
    return 0 if all_met else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, help="where the programs are, of a release build")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--generate", type=pathlib.Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.generate:
        generate(chosen.generate, chosen.entries)
        return 0
    if not chosen.bin:
        parser.error("--bin is missing")
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.executable, __file__, "--generate", folder, "--entries", str(chosen.entries)], check=True)
        settings(folder)
        return compare(folder, chosen.bin.resolve(), chosen.entries, chosen.pairs)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except fetch.FetchFailed as failure:
        sys.exit(f"resolve.py: {failure}")
