"""Hand-made worlds for tests: mail ends as without shorthop, and the decisions are as expected."""
import worlds_judge
import worlds_load
import worlds_run
from worlds import Entry, Site, World, address_of
from worlds_tables import PRIMARY_USERS, SECONDARY_USERS

MYDESTINATION = "$myhostname, localhost, example.org"


def entries(**targets):
    """aliases(5): NAME="TARGET, TARGET"."""
    return [Entry(name, value.split(", ")) for name, value in targets.items()]


def virtual(*lines):
    """virtual(5): "KEY TARGET, TARGET"."""
    return [Entry(line.partition(" ")[0], line.partition(" ")[2].split(", ")) for line in lines]


def site(main=None, domains=("example.org",), **more):
    settings = {"mydestination": MYDESTINATION, "myorigin": "example.org", "recipient_delimiter": "+", **(main or {})}
    return Site("mail.example.org", list(domains), list(PRIMARY_USERS), main=settings, **more)


def try_world(mta, primary, expect, main=None, then=None, **more):
    """Sends to each recipient in `expect` separately, or sends the given envelopes.

    expect: recipient -> "rewrite REASON" or "keep REASON", or "keep" or "rewrite" for any reason. then: what to expect
    if the same mail is sent again after a reload. Returns the (Sent without, Sent with) of each message.
    """
    envelopes = more.pop("envelopes", [[f"<{recipient}>"] for recipient in expect])
    world = World("by hand", [primary], list(SECONDARY_USERS), main={"recipient_delimiter": "+", **(main or {})},
                  envelopes=envelopes, **more)
    with worlds_load.loaded(mta.hosts, mta.daemon, world):
        results = send(mta, world, expect)
        if then:
            mta.daemon.reload()
            mta.daemon.forget_log()
            results = send(mta, world, then)
    return results


def send(mta, world, expect):
    results = worlds_run.send_both(mta.hosts, mta.daemon, world)
    differences = worlds_judge.judge(world, results).differences
    mta.check(not differences, "; ".join(f"{found.kind}: {found.text}" for found in differences))
    decisions = {address_of(decision.recipient): decision for _, sent in results for decision in sent.decisions}
    for recipient, wanted in expect.items():
        mta.check_decision(decisions.get(address_of(recipient)), recipient, wanted)
    return results
