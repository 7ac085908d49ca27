"""Equivalence over random worlds: random alias tables, random recipients, the same ends without and with the milter.

A world that fails prints its number and its tables; SHORTHOP_WORLDS=NUMBER[,NUMBER...] runs those again.
"""
import os
import random

import compare
from compare import Tables
from smtp import Envelope

WORLDS = range(1, 9)
PRIMARY_USERS = ("ann", "bob", "carol", "dora")
SECONDARY_USERS = ("user", "erin", "frank", "gus")
OWNER = "olga"
NAMES = ("a", "b", "c", "d", "e", "team", "list", "f.g", "Mixed")
MESSAGES = 16


def chance(world, share):
    return world.random() < share


def target(world, where):
    """A right-hand side; most lead on or to a mailbox here, so that chains are long and many are replaceable."""
    local = world.choice(SECONDARY_USERS) + world.choice(("", "", "", "+box")) + "@example.com"
    onward = world.choice(NAMES + PRIMARY_USERS) + world.choice(("", "", "+x")) + world.choice(("", "@example.org"))
    rare = ["nosuch@example.com", "ann@example.net", "nobody-there@example.org", world.choice(SECONDARY_USERS)
            + "@EXAMPLE.com", f"<{local}>"]
    if where != "virtual":
        rare += ["\\" + world.choice(PRIMARY_USERS), '"|/opt/test/catch prog"', "/var/test/file/archive",
                 ":include:/etc/mail/" + world.choice(("readable", "hidden"))]
    return world.choice([local] * 6 + [onward] * 6 + [world.choice(rare)] * 2)


def targets(world, where):
    separator = world.choice((", ", ",", ",\n\t"))
    return separator.join(target(world, where) for _ in range(world.choice((1, 1, 1, 1, 2, 3))))


def make_world(number):
    world = random.Random(number)
    virtual = "".join(f"{name}{world.choice(('', '', '', '+x'))}@example.org  {targets(world, 'virtual')}\n"
                      for name in NAMES + PRIMARY_USERS if chance(world, 0.4))
    aliases = "".join(f"{name}{world.choice(('', '', '', '+x'))}: {targets(world, 'aliases')}\n"
                      for name in NAMES + PRIMARY_USERS if chance(world, 0.5))
    if chance(world, 0.3):
        # Bounces go to the owner; an owner in these tables would get bounces of bounces without end.
        aliases += f"owner-{world.choice(NAMES)}: {OWNER}\n"
    elif chance(world, 0.3):
        virtual += f"@example.org  {target(world, 'virtual')}\n"
    forward = {name + world.choice(("", "", "+x")): targets(world, "forward") + "\n"
               for name in PRIMARY_USERS if chance(world, 0.4)}
    include = {f"/etc/mail/{name}": f"# members\n{world.choice(SECONDARY_USERS)}@example.com\n"
                                    f"{world.choice(NAMES)}\n" for name in ("readable", "hidden")}
    tables = Tables(virtual=virtual, aliases=aliases, forward=forward, include=include,
                    not_copied={"/etc/mail/hidden"}, primary_users=(*PRIMARY_USERS, OWNER),
                    secondary_users=SECONDARY_USERS)
    return tables, [Envelope(recipients(world)) for _ in range(MESSAGES)]


def recipients(world):
    def one():
        name = world.choice(NAMES + PRIMARY_USERS + ("unknown",)) + world.choice(("", "", "", "+x", "+y"))
        name = world.choice((str, str, str, str.upper))(name)
        return world.choice([f"<{name}@example.org>"] * 8 + [f"<{name}@Example.ORG>", f'<"{name}"@example.org>',
                            f"<@relay.example.net:{name}@example.org>",
                            f"<{world.choice(SECONDARY_USERS)}@example.com>"])
    return [one() for _ in range(world.choice((1, 1, 1, 2, 3, 6)))]


def check(mta, number):
    tables, envelopes = make_world(number)
    seen = compare.compare(mta.hosts, mta.daemon, tables, envelopes, await_any=1, with_deferred=True)
    problem = seen.problem()
    if problem:
        sent = {envelope.label: envelope.recipients for envelope in envelopes}
        mta.that(False, f"world {number}: {problem}\n{sent}\nvirtual:\n{tables.virtual}aliases:\n{tables.aliases}"
                        f"forward: {tables.forward}\ninclude: {tables.include}\n"
                        f"decisions: {[tuple(decision) for decision in mta.daemon.decisions()]}")
    return {decision.decision for decision in seen.with_milter.decisions.values()}


def test_worlds_end_alike(mta):
    chosen = os.environ.get("SHORTHOP_WORLDS")
    numbers = [int(number) for number in chosen.split(",")] if chosen else WORLDS
    made = set()
    for number in numbers:
        mta.begin()
        made |= check(mta, number)
    # A comparison in which nothing was replaced would prove nothing.
    mta.that(chosen or made == {"rewrite", "keep"}, f"the worlds should have both decisions, but have {made}")
