"""`shorthop discover` on a systemd journal. systemd-journal-remote(8) makes it from entries in the export format."""

import shutil
import subprocess

from browser import Missing
from checks import check
from html_page import trip
from world import World

MAKER = "/lib/systemd/systemd-journal-remote"


def journal_of(world: World, log: str):
    """A directory with a journal: the lines of the log, with the facility "mail", and other lines between them."""
    entries = []
    for number, line in enumerate(log.splitlines()):
        stamp, host, tag, text = line.split(" ", 3)
        seconds = subprocess.run(["date", "-d", stamp, "+%s"], capture_output=True, text=True, check=True).stdout.strip()
        head = f"__REALTIME_TIMESTAMP={seconds}{number:06}\n_HOSTNAME={host}\n"
        entries.append(head + f"SYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER={tag.partition('[')[0]}\nMESSAGE={text}\n\n")
        entries.append(head + "SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=postfix/qmgr\nMESSAGE=not of the facility mail\n\n")
    directory = world.root / "journal"
    directory.mkdir()
    made = subprocess.run([MAKER, "-o", str(directory / "mail.journal"), "-"], input="".join(entries).encode(),
                          capture_output=True, timeout=60, check=False)
    check(made.returncode == 0, made.stderr)
    return directory


def test_journal(world: World):
    """discover: a journal and a file with the same lines give the same round trips"""
    if not shutil.which(MAKER):
        raise Missing("the package systemd-journal-remote is not installed")
    log = "".join(trip(number, name, 3) for number, name in enumerate(["user", "user.lastname", "user"]))
    (world.root / "mail.log").write_text(log)
    by_file, by_journal = (world.run("discover", "--json", str(source))
                           for source in (world.root / "mail.log", journal_of(world, log)))
    check(by_file.returncode == by_journal.returncode == 0, by_journal)
    check(by_journal.stdout.count(b"\n") == 3 and by_journal.stdout == by_file.stdout, by_journal.stdout)


def test_empty_directory(world: World):
    """discover: a directory without a journal is an error with its name"""
    (world.root / "empty").mkdir()
    ran = world.run("discover", str(world.root / "empty"))
    check(ran.returncode == 65 and b"it has no line of Postfix (fix: name the mail log" in ran.stderr, ran)
    check(b"or use --journal" not in ran.stderr, ran)


def tests():
    return [test_journal, test_empty_directory]
