"""Syncs of a mirror, one after another: quick, slow, failing half way, or without any change.

Two generations of the tables lead to the same mailboxes by different tables. A mixture of both leads to another mailbox,
or to none: this is how a decision from a torn mirror shows.
"""
import os
import random
import threading
import time

from worlds_copies import COPIES

MIRROR = f"{COPIES}/mail.example.org"
FILLING = 2000  # lines: enough that a file can be seen half written
# Of the generation with even and with odd numbers: files of the mirror and their text.
GENERATIONS = (
    {"virtual": "team@example.org crew@example.org\nmoved@example.org erin@example.com\n",
     "aliases": "crew: user@example.com\nsquad: frank@example.com\n"},
    {"virtual": "team@example.org squad@example.org\n",
     "aliases": "crew: frank@example.com\nsquad: user@example.com\nmoved: erin@example.com\n"},
)
PATHS = {"virtual": "files/etc/postfix/virtual", "aliases": "files/etc/aliases"}
TARGETS = {"team@example.org": "<user@example.com>", "moved@example.org": "<erin@example.com>"}
MANNERS = ("renamed", "renamed", "in place", "fails", "unchanged")


class Mirror:
    def __init__(self, place, seed="1"):
        self.place = place
        self.dice = random.Random(seed)
        self.generation = 0

    def path(self, name):
        return self.place.path(f"{MIRROR}/{PATHS.get(name, name)}")

    def text(self, name):
        filling = "".join(f"filling{number}{'@example.org' if name == 'virtual' else ':'} user@example.com\n"
                          for number in range(FILLING))
        return filling + GENERATIONS[self.generation % 2][name]

    def stamp(self, ago=0):
        """Written as the last file of a sync; `ago`: seconds."""
        self.path("stamp").touch()
        if ago:
            os.utime(self.path("stamp"), (time.time() - ago,) * 2)

    def put(self, name, is_slow=False):
        """In place, as cp(1) writes; slow: with a pause in the middle of a line."""
        text = self.text(name)
        with open(self.path(name), "w") as file:
            file.write(text[:-40])
            file.flush()
            time.sleep(self.dice.uniform(0.05, 0.3) if is_slow else 0)
            file.write(text[-40:])

    def put_renamed(self, name):
        """As rsync(1) does."""
        new = self.path(name).with_name(f".{self.path(name).name}.new")
        new.write_text(self.text(name))
        new.rename(self.path(name))

    def sync(self, manner):
        """One sync of the next generation, unless it is to change nothing."""
        if manner == "unchanged":
            return self.stamp()
        self.generation += 1
        names = self.dice.sample(sorted(PATHS), len(PATHS))
        for name in names[:1] if manner == "fails" else names:
            if manner == "renamed":
                self.put_renamed(name)
            else:
                self.put(name, is_slow=True)
            time.sleep(self.dice.uniform(0, 0.2))
        if manner == "fails":
            self.generation += 1  # the next sync has a generation of the other kind than the file left behind
            return None
        return self.stamp()


class Syncs:
    """A sync each second, in a thread of its own, until the end of the block; the last one is whole."""

    def __init__(self, mirror, pause=1.0):
        self.mirror, self.pause = mirror, pause
        self.counts = dict.fromkeys(MANNERS, 0)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._is_ending.wait(self.pause):
            # A sync after a failed one copies everything: only then may the stamp be written.
            after_failure = self.counts and self.last == "fails"
            self.last = self.mirror.dice.choice(MANNERS[:3] if after_failure else MANNERS)
            self.mirror.sync(self.last)
            self.counts[self.last] += 1

    def __enter__(self):
        self.last = "renamed"
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_ending.set()
        self._thread.join()
        self.mirror.sync("renamed")
