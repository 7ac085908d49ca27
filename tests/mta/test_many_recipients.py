"""The cost of many recipients: a message to a list, sent repeatedly, takes about as long with shorthop as without.

Times are compared within one run: the ratio is checked, not the time itself.
"""
import statistics
import time

import compare
import smtp
from compare import Tables
from smtp import Envelope

RUNS = 5
NOISE = 1.0  # seconds: a busy machine must not fail the test
# Nothing is delivered: the measurement ends with the reply to the message.
SECONDARY = {"defer_transports": "smtp, relay, local", "smtpd_recipient_limit": "2000", "queue_run_delay": "1000s"}


def seconds(mta, envelope):
    """The median time of sending the message, from EHLO to the reply to its end."""
    taken = []
    for _ in range(RUNS):
        begun = time.monotonic()
        with smtp.Session(mta.hosts.client, compare.ADDRESSES["mail.example.com"]) as session:
            session.expect(250, session.mail(envelope)[-1])
            session.expect(250, session.data(envelope))
        taken.append(time.monotonic() - begun)
        mta.hosts.drop_queues()
    return statistics.median(taken)


def with_and_without(mta, aliases, recipients, users=compare.SECONDARY_USERS):
    tables = Tables(aliases=aliases, secondary=SECONDARY, secondary_users=users)
    compare.apply(mta.hosts, tables, mta.daemon)
    without = seconds(mta, Envelope(recipients))
    compare.set_milter(mta.hosts, tables, True)
    mta.daemon.mark()
    return without, seconds(mta, Envelope(recipients))


def test_one_recipient_a_thousand_times(mta):
    members = ", ".join(f"user+{number}@example.com" for number in range(5000))
    without, with_milter = with_and_without(mta, f"list: {members}\n", ["<list@example.org>"] * 1000)
    decision = mta.daemon.decisions_for(["list@example.org"]).get("list@example.org")
    mta.check_decision(decision, "list@example.org", "keep limit")
    mta.check(with_milter <= max(1.5 * without, without + NOISE),
              f"without the milter it took {without:.2f} s, with it {with_milter:.2f} s")


def test_a_thousand_lists(mta):
    members = ", ".join(f"user+{number}@example.com" for number in range(900))
    aliases = "".join(f"list{number}: {members}\n" for number in range(1000))
    without, with_milter = with_and_without(mta, aliases, [f"<list{number}@example.org>" for number in range(1000)])
    reasons = [decision.reason for decision in mta.daemon.decisions()][-1000:]
    mta.check(set(reasons) == {"all-local", "limit"} and reasons[0] == "all-local" and reasons[-1] == "limit",
              f"the message's budget should end on the way, but the reasons are {set(reasons)}")
    mta.check(with_milter <= max(1.5 * without, without + 10 * NOISE),
              f"without the milter it took {without:.2f} s, with it {with_milter:.2f} s")
