"""`shorthop discover` on logs that are hostile or damaged: a line of 1 GiB, random bytes, archives that are cut or
damaged, and one that unpacks to 1 GiB."""

import gzip
import json
import lzma
import random
import shutil
import subprocess

from browser import Missing
from checks import check
from html_page import trip
from world import World

TRIPS = 70  # one every ten hours: a month
LONG = 1 << 30
MEMORY = 200_000  # KiB that discover may take for a log of any length


def log() -> bytes:
    return "".join(trip(number, f"user{number % 7}", 3) for number in range(TRIPS)).encode()


def summary_of(ran) -> dict:
    return json.loads(ran.stdout.splitlines()[-1])["summary"]


def trips_in(ran) -> int:
    return summary_of(ran)["messages"]


def printable(text: bytes) -> bool:
    return all(byte == 10 or 32 <= byte < 127 for byte in text)


def test_long_line(world: World):
    """discover: a line of 1 GiB is skipped with constant memory, and the lines before and after it are used"""
    half = TRIPS // 2
    lines = log().splitlines(keepends=True)
    middle = len(lines) * half // TRIPS
    (world.root / "before").write_bytes(b"".join(lines[:middle]))
    (world.root / "after").write_bytes(b"".join(lines[middle:]))
    ran = world.shell(f'cd "{world.root}" && '
                      f'(cat before; head -c {LONG} /dev/zero | tr "\\0" x; echo; cat after) >long && '
                      '"$@" discover --json long')
    check(ran.returncode == 0 and trips_in(ran) == TRIPS, ran)
    peak = world.peak_memory("discover", "-", stdin_file=world.root / "long")
    check(peak < MEMORY, f"{peak} KiB")


def packed(kind: str, text: bytes) -> bytes:
    if kind == "gz":
        return gzip.compress(text)
    if kind == "xz":
        return lzma.compress(text)
    if not shutil.which("zstd"):
        raise Missing("the package zstd is not installed")
    return subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True, check=True).stdout


def test_cut_archives(world: World):
    """discover: a cut or damaged archive is an error with its name, and the logs beside it are used"""
    (world.root / "mail.log").write_bytes(log())
    for kind in ("gz", "xz", "zst"):
        whole = packed(kind, log())
        bad = {"cut": whole[:len(whole) // 2], "head": whole[:4], "damaged": whole[:50] + bytes(40) + whole[90:]}
        for what, content in bad.items():
            name = f"{what}.{kind}"
            (world.root / name).write_bytes(content)
            ran = world.run("discover", "--json", str(world.root / name), str(world.root / "mail.log"))
            check(ran.returncode == 65 and name.encode() in ran.stderr and printable(ran.stderr), (name, ran.stderr))
            check(trips_in(ran) >= TRIPS, (name, trips_in(ran)))


def test_random_bytes(world: World):
    """discover: random bytes between lines do no harm; a log of only such bytes is a printable error with its name"""
    chance = random.Random(1)
    lines = []
    for line in log().splitlines(keepends=True):
        lines += [line, chance.randbytes(chance.randrange(200)).replace(b"\n", b"") + b"\n"]
    (world.root / "odd.log").write_bytes(b"".join(lines))
    ran = world.run("discover", "--json", str(world.root / "odd.log"))
    check(ran.returncode == 0 and trips_in(ran) == TRIPS, ran)
    (world.root / "none.log").write_bytes(chance.randbytes(1_000_000))
    ran = world.run("discover", str(world.root / "none.log"))
    check(ran.returncode == 65 and printable(ran.stdout + ran.stderr) and b"none.log" in ran.stderr, ran)


def test_bomb(world: World):
    """discover: an archive that unpacks to 1 GiB is read in less memory"""
    ran = world.shell(f'cd "{world.root}" && head -c {LONG} /dev/zero | gzip -1 >bomb.gz && ulimit -v 1000000 &&'
                      '"$@" discover bomb.gz')
    check(ran.returncode == 65 and b"bomb.gz" in ran.stderr, ran)


def tests():
    return [test_long_line, test_cut_archives, test_random_bytes, test_bomb]
