"""The demonstration (`./dev run`): the main feature with real mail, without and with shorthop.

Two private hosts run Postfix; a message for an alias of the primary is sent to the secondary and followed to its
mailbox. Exit status: 0 if shorthop saved the needless hops and changed nothing else, 1 if it did not, 77 if this
machine cannot have private hosts.
"""
import argparse
import collections
import pathlib
import signal
import sys
import time

import compare
import fetch
import hosts as private_hosts
import namespaces
import smtp
from daemon import Daemon
from daemon import LOG as DAEMON_LOG

TABLES = compare.Tables(
    virtual="user.lastname@example.org  user@example.org\n",
    aliases="user: user@example.com\n",
)
ALIASES = ("user@example.org", "user.lastname@example.org")
MAILBOX = "ann@example.org"  # on the primary: shorthop must not change it
# A message needs one transfer if its mailbox is on the secondary, else two.
NEEDED_PASSES = {"mail.example.com": 1, "mail.example.org": 2}

Row = collections.namedtuple("Row", "recipient shorthop hops received bytes seconds ended content")


def progress(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def follow(hosts, recipient, with_shorthop):
    """Sends one message to the secondary and returns its results."""
    hosts.forget_messages()
    envelope = smtp.Envelope([f"<{recipient}>"], label="demonstration")
    envelope.sender += f" SIZE={len(envelope.text())}"  # as clients do (RFC 1870), for the log line
    meter = hosts.start_meter()
    begun = time.time()
    compare.send(hosts, envelope)
    hosts.wait_until_quiet()
    traffic = meter.stop()
    found = hosts.messages()
    if len(found) != 1:
        raise RuntimeError(f"{recipient}: expected one copy in one mailbox, found {len(found)}")
    delivery, path = found[0]
    raw = path.read_bytes()
    return Row(recipient, "with" if with_shorthop else "without",
               compare.passes(raw) - NEEDED_PASSES[delivery.host], raw.count(b"\nReceived: "), traffic.wire,
               path.stat().st_ctime - begun, f"{delivery.name} on {delivery.host}", content(raw))


def content(raw):
    """The message without the fields that each delivery adds."""
    kept, skipping = [], False
    head, _, body = raw.partition(b"\n\n")
    for line in head.split(b"\n"):
        if not line.startswith((b" ", b"\t")):
            skipping = line.split(b":")[0] in (b"Received", b"Return-Path", b"X-Original-To", b"Delivered-To")
        if not skipping:
            kept.append(line)
    return kept, body


def warm_up(hosts):
    # A host's first mail waits until Postfix has started its processes, which would distort the times.
    compare.run(hosts, [smtp.Envelope([f"<{MAILBOX}>"]), smtp.Envelope([f"<{ALIASES[0]}>"]),
                        smtp.Envelope(["<dave@example.com>"])])


def measure(hosts, daemon):
    rows = []
    for with_shorthop in (False, True):
        compare.set_milter(hosts, TABLES, with_shorthop)
        warm_up(hosts)
        daemon.mark()
        for recipient in (*ALIASES, MAILBOX):
            progress(f"sending to {recipient} {'with' if with_shorthop else 'without'} shorthop")
            rows.append(follow(hosts, recipient, with_shorthop))
    return rows


def table(rows):
    head = ("sent to the secondary for", "shorthop", "needless hops", "Received fields", "bytes between the hosts",
            "time to mailbox", "ended in")
    cells = [head] + [(row.recipient, row.shorthop, str(row.hops), str(row.received), f"{row.bytes:,}",
                       f"{row.seconds:.3f} s", row.ended) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    right = (2, 3, 4, 5)
    return "\n".join("  ".join(text.rjust(width) if at in right else text.ljust(width)
                               for at, (text, width) in enumerate(zip(line, widths))).rstrip() for line in cells)


def problems(rows):
    """Lists what does not match the promise."""
    by_name = {(row.recipient, row.shorthop): row for row in rows}
    for recipient in (*ALIASES, MAILBOX):
        without, with_shorthop = by_name[recipient, "without"], by_name[recipient, "with"]
        wanted = (2, 0) if recipient in ALIASES else (0, 0)
        if (without.hops, with_shorthop.hops) != wanted:
            yield (f"{recipient}: needless hops are {without.hops} without and {with_shorthop.hops} with shorthop, "
                   f"not {wanted[0]} and {wanted[1]}")
        if without.ended != with_shorthop.ended:
            yield f"{recipient}: ended in {with_shorthop.ended}, without shorthop in {without.ended}"
        if without.content != with_shorthop.content:
            yield f"{recipient}: headers or body differ from those without shorthop"


def report(rows, daemon):
    print("On the primary (mail.example.org), and as copies for shorthop on the secondary (mail.example.com):")
    print(f"  virtual   {TABLES.virtual.strip()}\n  aliases   {TABLES.aliases.strip()}\n")
    print(table(rows))
    print("\nBytes: all TCP frames between primary and secondary, as their interfaces count them.")
    print(f"{MAILBOX} is a mailbox on the primary: shorthop keeps it.")
    found = list(problems(rows))
    print("\n".join(f"WRONG: {problem}" for problem in found) if found
          else "Same mailboxes, and header and body of each message are the same without and with shorthop.")
    print(f"\nThe daemon's log of these messages:\n{daemon.log().strip()}")
    return not found


def print_how_to_use(hosts):
    client, secondary, primary = hosts.client.pid, hosts.secondary.place.pid, hosts.primary.place.pid
    send = ("import smtplib; smtplib.SMTP('192.0.2.20').sendmail('sender@example.net', ['user@example.org'], "
            "'Subject: hello\\n\\nhello\\n')")
    sudo = "sudo "
    print(f"""
The hosts stay up, with shorthop on the secondary (each command as root).
Send to the secondary:      {sudo}nsenter -t {client} -n python3 -c "{send}"
See the mailbox:            {sudo}ls /proc/{secondary}/root/home/user/Maildir/new
Log of shorthop:            {sudo}cat /proc/{secondary}/root{DAEMON_LOG}
Log of the secondary:       {sudo}cat /proc/{secondary}/root/var/log/mail.log
A shell on the secondary:   {sudo}nsenter -t {secondary} -m -u -i -n -p -r -w sh
A shell on the primary:     {sudo}nsenter -t {primary} -m -u -i -n -p -r -w sh
End them:                   {sudo}kill {hosts.world.pid}""", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder with shorthopd and shorthop")
    parser.add_argument("--keep", action="store_true", help="leave the hosts up and print how to use them")
    options = parser.parse_args()
    for program in ("shorthopd", "shorthop"):
        if not (options.bin / program).exists():
            sys.exit(f"demo.py: no {program} in {options.bin}: build it first with `./dev build`")
    namespaces.become_root("the demonstration")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("demo.py: ended by SIGTERM"))
    progress("starting the private hosts, each with a Postfix of its own")
    with private_hosts.Hosts(options.bin.resolve()) as hosts:
        progress("starting shorthopd on the secondary")
        daemon = Daemon(hosts.secondary)
        compare.apply(hosts, TABLES)
        daemon.write(TABLES)
        daemon.start()
        good = report(measure(hosts, daemon), daemon)
        if options.keep:
            print_how_to_use(hosts)
            hosts.world.keep()
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the private hosts are gone", file=sys.stderr)
        sys.exit(130)
    except namespaces.Unavailable as reason:
        print(f"demo.py: SKIPPED: {reason}", file=sys.stderr)
        sys.exit(namespaces.SKIPPED)
    except fetch.FetchFailed as failure:
        sys.exit(f"demo.py: {failure}")
