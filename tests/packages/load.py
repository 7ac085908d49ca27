"""Runs inside a system: several clients send to an alias until a file appears; then every message is checked.

load.py STOP-FILE RESULT-FILE: the result is JSON: the number of messages sent; lists of those lost, delivered twice and
refused; the longest time from acceptance to the mailbox; the number of messages without needless hops.
"""
import collections
import json
import pathlib
import sys
import threading
import time

import two_hosts as hosts

CLIENTS = 4
SETTLE_LIMIT = 120  # seconds until the queues are empty


class Client(threading.Thread):
    """Sends messages one after another, each with its own subject."""

    def __init__(self, number, stop):
        super().__init__()
        self.number, self.stop = number, stop
        self.accepted = {}  # subject: time
        self.refused = []

    def run(self):
        while not self.stop.exists():
            subject = f"load-{self.number}-{len(self.accepted) + len(self.refused)}"
            try:
                hosts.send("user@example.org", subject)
                self.accepted[subject] = time.time()
            except Exception as problem:  # after any error the message was not accepted
                self.refused.append(f"{subject}: {problem}")
            time.sleep(0.02)


def copies_of(user):
    """{subject: [(time of arrival, hops)]}"""
    found = collections.defaultdict(list)
    for path in pathlib.Path(f"/home/{user}/Maildir/new").glob("*"):
        text = path.read_text()
        subject = text.split("\nSubject: ", 1)[1].split("\n", 1)[0]
        found[subject].append((path.stat().st_mtime, hosts.hops(text)))
    return found


def main(stop, result):
    clients = [Client(number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    end = time.monotonic() + SETTLE_LIMIT
    while not hosts.queues_are_empty() and time.monotonic() < end:
        time.sleep(0.5)
    accepted = {subject: when for client in clients for subject, when in client.accepted.items()}
    copies = copies_of("user")
    delays = [max(came for came, _ in copies[subject]) - when for subject, when in accepted.items() if subject in copies]
    result.write_text(json.dumps({
        "sent": len(accepted),
        "refused": [line for client in clients for line in client.refused],
        "lost": sorted(set(accepted) - set(copies)),
        "twice": sorted(subject for subject in accepted if len(copies.get(subject, ())) > 1),
        "slowest": max(delays, default=0),
        "short": sum(1 for subject in accepted if [hops for _, hops in copies.get(subject, ())] == [1]),
    }))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
