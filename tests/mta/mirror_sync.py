"""Syncs of a mirror, one after another: quick, slow, into a new directory, failing half way, or without any change.

Even and odd generations lead to the same mailboxes through different tables. A mixture of two generations leads to
another mailbox, or to none, which reveals a decision from a torn mirror.
"""
import os
import random
import shutil
import threading
import time

from worlds_copies import COPIES

MIRROR = f"{COPIES}/mail.example.org"
FILLING = 2000  # lines: enough that a file can be seen half written
# The tables of even and of odd generations.
GENERATIONS = (
    {"virtual": "team@example.org crew@example.org\nmoved@example.org erin@example.com\n",
     "aliases": "crew: user@example.com\nsquad: frank@example.com\n"},
    {"virtual": "team@example.org squad@example.org\n",
     "aliases": "crew: frank@example.com\nsquad: user@example.com\nmoved: erin@example.com\n"},
)
PATHS = {"virtual": "files/etc/postfix/virtual", "aliases": "files/etc/aliases"}
TARGETS = {"team@example.org": "<user@example.com>", "moved@example.org": "<erin@example.com>"}
WHOLE = ("renamed", "in place", "linked")
MANNERS = (*WHOLE, "fails", "unchanged")
OLD_DIRECTORIES = 3  # number of directories that stay after a newer one is linked


class Mirror:
    """The mirror on a host: a link to the directory of the newest generation."""

    def __init__(self, place, seed="1"):
        self.place = place
        self.dice = random.Random(seed)
        self.generation = 0
        self.directories = []

    def become_link(self):
        root = self.place.path(MIRROR)
        self.directories.append(root.rename(root.with_name(f"{root.name}.0")))
        root.symlink_to(self.directories[-1].name)

    def path(self, name):
        return self.place.path(f"{MIRROR}/{PATHS.get(name, name)}")

    def text(self, name):
        filling = "".join(f"filling{number}{'@example.org' if name == 'virtual' else ':'} user@example.com\n"
                          for number in range(FILLING))
        return filling + GENERATIONS[self.generation % 2][name]

    def stamp(self, ago=0):
        """Writes the stamp, the last file of a sync; `ago`: its age in seconds."""
        self.path("stamp").touch()
        if ago:
            os.utime(self.path("stamp"), (time.time() - ago,) * 2)

    def put(self, name, is_slow=False):
        """Writes the file in place, as cp(1) does; slow: with a pause in the middle of a line."""
        text = self.text(name)
        with open(self.path(name), "w") as file:
            file.write(text[:-40])
            file.flush()
            time.sleep(self.dice.uniform(0.05, 0.3) if is_slow else 0)
            file.write(text[-40:])

    def put_renamed(self, name):
        """Writes a new file and renames it, as rsync(1) does."""
        new = self.path(name).with_name(f".{self.path(name).name}.new")
        new.write_text(self.text(name))
        new.rename(self.path(name))

    def link_new(self):
        """Writes a new directory with its stamp, then makes the link lead to it."""
        root = self.place.path(MIRROR)
        new = root.with_name(f"{root.name}.{self.generation}")
        shutil.copytree(self.directories[-1], new)
        for name in PATHS:
            (new / PATHS[name]).write_text(self.text(name))
        (new / "stamp").touch()
        link = root.with_name("next")
        link.symlink_to(new.name)
        link.rename(root)
        self.directories.append(new)
        for old in self.directories[:-1 - OLD_DIRECTORIES]:
            shutil.rmtree(old, ignore_errors=True)

    def sync(self, manner):
        """Syncs the next generation; with "unchanged", only the stamp."""
        if manner == "unchanged":
            return self.stamp()
        self.generation += 1
        if manner == "linked":
            return self.link_new()
        names = self.dice.sample(sorted(PATHS), len(PATHS))
        for name in names[:1] if manner == "fails" else names:
            if manner == "renamed":
                self.put_renamed(name)
            else:
                self.put(name, is_slow=True)
            time.sleep(self.dice.uniform(0, 0.2))
        if manner == "fails":
            return None  # the next sync writes the other kind of tables, also in place of the file written here
        return self.stamp()


class Syncs:
    """A sync each second, in a thread of its own, until the end of the block; the last one is whole."""

    def __init__(self, mirror, pause=1.0):
        self.mirror, self.pause = mirror, pause
        self.counts = dict.fromkeys(MANNERS, 0)
        self._last = "renamed"
        self._trouble = None
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            self._sync_until_the_end()
        except OSError as trouble:
            self._trouble = trouble

    def _sync_until_the_end(self):
        while not self._is_ending.wait(self.pause):
            # A sync after a failed one copies everything: only then may the stamp be written.
            self._last = self.mirror.dice.choice(WHOLE if self._last == "fails" else MANNERS)
            self.mirror.sync(self._last)
            self.counts[self._last] += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_ending.set()
        self._thread.join()
        if self._trouble:
            raise self._trouble
        self.mirror.sync("renamed")
