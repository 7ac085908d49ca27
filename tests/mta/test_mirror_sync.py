"""A mirror that is synced while mail flows: no decision comes from a torn mirror, and nothing is lost.

The sync runs each second for 20 s, or for SHORTHOP_SYNC_SECONDS; `./dev soak` takes 300.
"""
import contextlib
import os
import re
import time

import compare
import smtp
import worlds_load
from hosts import ADDRESSES
from mailhost import wait_for
from mirror_sync import GENERATIONS, TARGETS, Mirror, Syncs
from one_world import site
from smtp import Envelope
from worlds import World
from worlds_tables import SECONDARY_USERS

SYSTEMS = {"second": "postfix"}
SECONDS = float(os.environ.get("SHORTHOP_SYNC_SECONDS", "20"))
BETWEEN_MESSAGES = 0.05  # seconds
AT_ONCE = 20             # messages in one session
NOTICED = 10             # seconds; the daemon looks at the stamp every two
THREE_DAYS = 3 * 86400   # more than max-age
LOADED = re.compile(r"^relay .* loaded=(\S+)", re.MULTILINE)


@contextlib.contextmanager
def mirrored(mta):
    """The primary with the first generation of tables, and the Mirror on the secondary."""
    world = World("sync", [site(mirror="text")], list(SECONDARY_USERS), main={"recipient_delimiter": "+"},
                  settings={"max-age": "48h"})
    mirror = Mirror(mta.hosts.secondary.place, os.environ["SHORTHOP_SEED"])
    with worlds_load.loaded(mta.hosts, mta.daemon, world):
        mta.hosts.set_tables(GENERATIONS[0]["virtual"], GENERATIONS[0]["aliases"])
        mta.hosts.primary.reload()
        mirror.become_link()
        mirror.sync("renamed")
        mirror.sync("renamed")
        mta.daemon.reload()
        mta.daemon.mark()
        mta.hosts.forget_messages()
        yield mirror


def status(mta):
    return mta.daemon.tool("status").stdout


def resolved(mta):
    return mta.daemon.tool("resolve", "team@example.org", check=False).stdout


def found_by_check(mta):
    return mta.daemon.tool("check", check=False).stdout


def send(mta, envelopes):
    with smtp.Session(mta.hosts.client, ADDRESSES["mail.example.com"]) as session:
        for envelope in envelopes:
            mta.check(all(code == 250 for code, _ in session.mail(envelope)), f"refused: {envelope.recipients}")
            session.expect(250, session.data(envelope))
            time.sleep(BETWEEN_MESSAGES)


def decision_now(mta):
    """The logged decision on a new message to team."""
    mta.daemon.mark()
    send(mta, [Envelope(["<team@example.org>"])])
    decision = mta.daemon.decisions_for(["team@example.org"])["team@example.org"]
    return f"{decision.decision} {decision.reason} {decision.to or ''}".strip()


def arrive_once(mta, envelopes):
    """Each message is once in the mailbox of each of its recipients, and nowhere else."""
    mta.hosts.wait_until_quiet()
    ended, _ = compare.collect(mta.hosts)
    wanted = {(envelope.label, TARGETS[recipient.strip("<>")].strip("<>").partition("@")[0])
              for envelope in envelopes for recipient in envelope.recipients}
    found = {(end.message, end.name) for end in ended if end.kind == "mailbox" and end.host == "mail.example.com"}
    mta.check(found == wanted, f"lost {sorted(wanted - found)[:10]}, strange {sorted(found - wanted)[:10]}")
    mta.check(sum(ended.values()) == len(wanted), f"more copies: {[end for end in ended if ended[end] > 1][:10]}")


def test_syncs_while_mail_flows(mta):
    both = [f"<{address}>" for address in TARGETS]
    envelopes, loaded = [], set()
    with mirrored(mta) as mirror:
        end = time.monotonic() + SECONDS
        with Syncs(mirror) as syncs:
            while time.monotonic() < end:
                batch = [Envelope(both[at % 3:] or both) for at in range(AT_ONCE)]
                send(mta, batch)
                envelopes += batch
                loaded.update(LOADED.findall(status(mta)))
        arrive_once(mta, envelopes)
        decisions = mta.daemon.decisions()
        wrong = [decision for decision in decisions
                 if decision.decision != "rewrite" or decision.to != TARGETS[decision.recipient]]
        mta.check(not wrong, f"{len(wrong)} of {len(decisions)} decisions are from a torn mirror: {wrong[:5]}")
        mta.check(len(decisions) == sum(len(envelope.recipients) for envelope in envelopes), "decisions are missing")
        mta.check(len(loaded) > SECONDS / 10, f"only {len(loaded)} generations were loaded")
    print(f"        {SECONDS:.0f} s, {len(envelopes)} messages, {len(loaded)} loads, syncs: {syncs.counts}")


def test_sync_that_fails_half_way(mta):
    """The old generation stays in force; `shorthop reload` says why it does not load the new one."""
    with mirrored(mta) as mirror:
        mirror.sync("fails")
        mta.check(decision_now(mta) == "rewrite all-local <user@example.com>", "a file was read without a new stamp")
        refused = mta.daemon.reload(check=False)
        mta.check("was changed after the stamp" in refused.stdout, f"reload says: {refused.stdout}")
        mta.check(decision_now(mta) == "rewrite all-local <user@example.com>", "a torn mirror was taken")
        pending = re.search(r'pending="(.*?)"', status(mta))
        mta.check(pending, f"status does not say why the mirror is not loaded: {status(mta)}")
        mta.check(pending[1] in resolved(mta), f"status: {pending[1]}; resolve: {resolved(mta)}")
        mta.check(pending[1] in found_by_check(mta), f"status: {pending[1]}; check: {found_by_check(mta)}")
        mirror.sync("renamed")
        wait_for(lambda: "pending=" not in status(mta), "load of the whole mirror", "mail.example.com", NOTICED)
        mta.check("rewrite all-local" in resolved(mta), resolved(mta))
        mta.check(decision_now(mta) == "rewrite all-local <user@example.com>", "the whole mirror was not taken")


def test_stamp_that_is_too_old(mta):
    """max-age counts from the stamp; a new stamp makes the data fresh again, even if nothing else changes."""
    with mirrored(mta) as mirror:
        mta.check("stale=" not in status(mta), status(mta))
        mirror.stamp(ago=THREE_DAYS)
        wait_for(lambda: "stale=" in status(mta), "stale data in status", "mail.example.com", NOTICED)
        mta.check(decision_now(mta) == "keep stale", "the log does not say stale")
        mta.check("keep stale" in resolved(mta), resolved(mta))
        mta.check("stale-data" in found_by_check(mta), found_by_check(mta))
        mirror.sync("unchanged")
        wait_for(lambda: "stale=" not in status(mta), "fresh data in status", "mail.example.com", NOTICED)
        mta.check(decision_now(mta) == "rewrite all-local <user@example.com>", "the new stamp changed nothing")
        mta.check("rewrite all-local" in resolved(mta), resolved(mta))
        mta.check("stale-data" not in found_by_check(mta), found_by_check(mta))
