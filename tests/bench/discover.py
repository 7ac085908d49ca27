"""A large mail log: time and memory of `shorthop discover`.

The log has a day's mail of a busy secondary MX, some of which makes a round trip, and lines of other programs. Every
round trip must be found. The time and the peak memory of the whole process are measured. Both have a goal for
10,000,000 lines.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

LINES = 10_000_000
SECONDS_GOAL = 60
MEMORY_GOAL = 200  # MB
DAY = 86_400

ROUND_TRIP = """\
{t} mx postfix/smtpd[101]: connect from out{n}.example.net[198.51.100.7]
{t} mx postfix/smtpd[101]: A{n:07X}: client=out{n}.example.net[198.51.100.7]
{t} mx postfix/cleanup[102]: A{n:07X}: message-id=<{n}.trip@example.net>
{t} mx postfix/qmgr[103]: A{n:07X}: from=<sender{n}@example.net>, size=20480, nrcpt=1 (queue active)
{t} mx postfix/smtpd[101]: disconnect from out{n}.example.net[198.51.100.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
{t} mx postfix/relay/smtp[104]: A{n:07X}: to=<user{u}@example.org>, relay=mail.example.org[192.0.2.10]:25, delay=0.3, delays=0.1/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F{n:X})
{t} mx postfix/qmgr[103]: A{n:07X}: removed
{t} mx postfix/smtpd[101]: connect from mail.example.org[192.0.2.10]
{t} mx postfix/smtpd[101]: B{n:07X}: client=mail.example.org[192.0.2.10]
{t} mx postfix/cleanup[102]: B{n:07X}: message-id=<{n}.trip@example.net>
{t} mx postfix/qmgr[103]: B{n:07X}: from=<sender{n}@example.net>, size=20873, nrcpt=1 (queue active)
{t} mx postfix/local[105]: B{n:07X}: to=<user{u}@example.com>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
{t} mx postfix/qmgr[103]: B{n:07X}: removed
"""
LOCAL = """\
{t} mx postfix/postscreen[100]: CONNECT from [203.0.113.9]:4711 to [192.0.2.20]:25
{t} mx postfix/smtpd[101]: C{n:07X}: client=out{n}.example.net[203.0.113.9]
{t} mx postfix/cleanup[102]: C{n:07X}: message-id=<{n}.local@example.net>
{t} mx postfix/qmgr[103]: C{n:07X}: from=<sender{n}@example.net>, size=4096, nrcpt=1 (queue active)
{t} mx postfix/lmtp[105]: C{n:07X}: to=<user{u}@example.com>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <user{u}@example.com> x Saved)
{t} mx dovecot: lmtp(user{u}@example.com)<77><x>: msgid=<{n}.local@example.net>: saved mail to INBOX
{t} mx postfix/qmgr[103]: C{n:07X}: removed
{t} mx postfix/smtpd[101]: NOQUEUE: reject: RCPT from unknown[203.0.113.77]: 550 5.1.1 <nobody@example.com>: Recipient address rejected; from=<x@example.net> to=<nobody@example.com> proto=ESMTP helo=<x>
"""
STAYS = """\
{t} mx postfix/smtpd[101]: D{n:07X}: client=out{n}.example.net[198.51.100.7]
{t} mx postfix/cleanup[102]: D{n:07X}: message-id=<{n}.stays@example.net>
{t} mx postfix/qmgr[103]: D{n:07X}: from=<sender{n}@example.net>, size=9000, nrcpt=1 (queue active)
{t} mx postfix/relay/smtp[104]: D{n:07X}: to=<box{u}@example.org>, relay=mail.example.org[192.0.2.10]:25, delay=0.3, delays=0.1/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4E{n:X})
{t} mx postfix/qmgr[103]: D{n:07X}: removed
"""
BLOCK = ROUND_TRIP + LOCAL + LOCAL.replace(" C{n", " E{n").replace("local@", "local2@") + STAYS
BLOCK_LINES = BLOCK.count("\n")


def generate(path, lines):
    """Returns the number of round trips."""
    blocks = lines // BLOCK_LINES
    with open(path, "w", encoding="ascii", buffering=1 << 20) as log:
        for number in range(blocks):
            second = number * DAY // blocks
            stamp = f"Nov 27 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            log.write(BLOCK.format(t=stamp, n=number, u=number % 5_000))
    return blocks


def run_measured(command):
    """(output, seconds, peak of memory in MB, processor seconds)"""
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"discover.py: {command[0]} ended with status {process.returncode}")
        output.seek(0)
        return output.read().decode(), seconds, used.ru_maxrss / 1024, used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with the programs of a release build")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--generate", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        print(generate(options.generate, options.lines))
        return 0
    with tempfile.TemporaryDirectory(prefix="shorthop-bench-") as folder:
        log = pathlib.Path(folder) / "mail.log"
        # In a separate process, because the memory of this one would be counted (getrusage(2), ru_maxrss).
        command = [sys.executable, __file__, "--bin", options.bin, "--lines", str(options.lines), "--generate", log]
        generator = subprocess.run(command, check=True, capture_output=True, text=True)
        trips = int(generator.stdout)
        command = [options.bin.resolve() / "shorthop", "discover", "--json", log]
        output, seconds, memory, processor = run_measured(command)
        size = log.stat().st_size / 2**20
    summary = json.loads(output.splitlines()[-1])["summary"]
    if (summary["round_trips"], summary["cut_short"]) != (trips, 0):
        sys.exit(f"discover.py: {trips} round trips are in the log, found: {summary}")
    scale = options.lines / LINES
    print(f"{summary['lines']:,} lines, {size:,.0f} MB, {trips:,} round trips, all found")
    met = seconds <= SECONDS_GOAL * scale, memory <= MEMORY_GOAL
    words = ["met" if one else "missed" for one in met]
    print(f"  time, s: {seconds:.1f} (processor {processor:.1f})   goal <= {SECONDS_GOAL * scale:.1f}: {words[0]}")
    print(f"  memory, MB: {memory:.0f}   goal <= {MEMORY_GOAL}: {words[1]}", flush=True)
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
