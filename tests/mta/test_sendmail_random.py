"""Equivalence for random worlds whose primary runs Sendmail: virtusertable, plussed aliases, .forward, includes.

A world that fails prints its seed, its number and its tables; SHORTHOP_WORLD="SEED NUMBER" runs it again.
"""
import os

import compare
from compare import Tables
from smtp import Envelope
from test_sendmail_settings import RELAY_SETTINGS, mirror_of
from worlds_tables import Dice

SYSTEMS = {"primary": "sendmail"}

WORLDS = 8
PRIMARY_USERS = ("ann", "bob", "carol", "dora")
SECONDARY_USERS = ("user", "erin", "frank", "gus")
OWNER = "olga"
NAMES = ("a", "b", "c", "d", "e", "team", "list", "f.g", "Mixed")
MESSAGES = 16


def local_target(world):
    return world.choice(SECONDARY_USERS) + world.choice(("", "", "", "+box")) + "@example.com"


def onward_target(world):
    return world.choice(NAMES + PRIMARY_USERS) + world.choice(("", "", "+x")) + world.choice(("", "@example.org"))


def virtual_target(world):
    """A virtusertable value is one address, which may contain parts of the original."""
    rare = ["nosuch@example.com", "ann@example.net", "error:nouser 550 No such user", "error:5.1.1:550 gone",
            "%1%3@example.com", "%1@example.com", "user+%2@example.com", "%1", "a b", "user@example.com, ann"]
    return world.choice([local_target(world)] * 6 + [onward_target(world)] * 6 + [world.choice(rare)] * 4)


def target(world):
    rare = ["nosuch@example.com", "ann@example.net", "nobody-there@example.org", "User@EXAMPLE.com",
            f"<{local_target(world)}>", f"Somebody <{local_target(world)}>", f"{local_target(world)} (a comment)",
            "\\" + world.choice(PRIMARY_USERS), '"|/opt/test/catch prog"', '"' + world.choice(PRIMARY_USERS) + '"',
            ":include:/etc/mail/lists/" + world.choice(("readable", "hidden"))]
    return world.choice([local_target(world)] * 6 + [onward_target(world)] * 6 + [world.choice(rare)] * 3)


def targets(world):
    separator = world.choice((", ", ",", ",\n\t", ", \\\n"))
    return separator.join(target(world) for _ in range(world.choice((1, 1, 1, 1, 2, 3))))


def virtual_key(world):
    name = world.choice(NAMES + PRIMARY_USERS)
    return world.choice([name] * 6 + [name + "+x", name + "+*", name + "++", "+*", "++", ""]) + "@example.org"


def make_world(name):
    world = Dice(name)
    keys = dict.fromkeys(virtual_key(world) for _ in range(world.choice((0, 3, 8, 12))))
    if world.chance(0.7):
        keys.pop("@example.org", None)
    virtual = "".join(f"{key}\t{virtual_target(world)}\n" for key in keys)
    names = dict.fromkeys(name + world.choice(("", "", "", "+x", "+*"))
                          for name in NAMES + PRIMARY_USERS if world.chance(0.5))
    aliases = "".join(f"{name}: {targets(world)}\n" for name in names)
    if world.chance(0.3):
        aliases += f"owner-{world.choice(NAMES)}: {OWNER}\n"
    forward = {name + world.choice(("", "", "+x")): target(world) + "\n"
               for name in PRIMARY_USERS if world.chance(0.4)}
    include = {f"/etc/mail/lists/{name}": f"# members\n{world.choice(SECONDARY_USERS)}@example.com\n"
                                          f"{world.choice(NAMES)}\n" for name in ("readable", "hidden")}
    tables = Tables(virtual=virtual, aliases=aliases, forward=forward, include=include,
                    not_copied={"/etc/mail/lists/hidden"}, primary_users=(*PRIMARY_USERS, OWNER),
                    secondary_users=SECONDARY_USERS)
    return tables, [Envelope(recipients(world)) for _ in range(MESSAGES)]


def recipients(world):
    def recipient():
        name = world.choice(NAMES + PRIMARY_USERS + ("unknown",)) + world.choice(("", "", "", "+x", "+y", "+"))
        name = world.choice((str, str, str, str.upper))(name)
        return world.choice([f"<{name}@example.org>"] * 9 + [f"<{name}@Example.ORG>",
                            f"<{world.choice(SECONDARY_USERS)}@example.com>"])
    return [recipient() for _ in range(world.choice((1, 1, 1, 2, 3, 6)))]


HUB = "esmtp:[mail.example.net]"
# Settings of sendmail.mc that treat some recipients differently, each with the files in /etc/mail that it needs.
SETTINGS = (
    ({"LUSER_RELAY": "local:dora"}, {}), ({"LUSER_RELAY": HUB}, {}),
    ({"MAIL_HUB": HUB}, {}), ({"LOCAL_RELAY": HUB}, {}),
    ({"MAIL_HUB": HUB, "mc": "FEATURE(`stickyhost')dnl\nLOCAL_USER(`ann bob')dnl\n"}, {}),
    ({"LOCAL_RELAY": HUB, "mc": "FEATURE(`stickyhost')dnl\n"}, {}),
    ({"LOCAL_RELAY": HUB, "LUSER_RELAY": "local:dora", "mc": "LOCAL_USER(`ann a carol')dnl\n"}, {}),
    ({"SMART_HOST": HUB}, {}),
    ({"mc": "FEATURE(`preserve_local_plus_detail')dnl\n"}, {}),
    ({"mc": "FEATURE(`access_db')dnl\nFEATURE(`blocklist_recipients')dnl\n"},
     {"access": "To:a@\tREJECT\nTo:team@example.org\tREJECT\nb@example.org\tOK\nann@\t550 gone\n"}),
    ({}, {"mailertable": "example.com\tesmtp:[mail.example.com]\n"}),
    ({}, {"mailertable": ".com\tesmtp:[mail.example.net]\n"}),
    ({"confMAX_ALIAS_RECURSION": "3"}, {}),
    ({"confFORWARD_PATH": "$z/.forward"}, {}), ({"confFORWARD_PATH": "/etc/mail/forward/$u:$z/.forward"}, {}),
)


def add_settings(mta, name, tables):
    """Gives the world one of SETTINGS, and shorthop a mirror of the primary."""
    world = Dice(f"{name} settings")
    settings, maps = world.choice(SETTINGS)
    tables.primary = {**settings, **maps}
    maps = {"mailertable": "", "virtusertable": tables.virtual, "aliases": tables.aliases, **maps}
    files = {f"/etc/mail/{name}": text for name, text in maps.items()}
    tables.relay_settings = RELAY_SETTINGS
    if world.chance(0.5):
        users = mta.hosts.primary.place.path("/etc/passwd").read_text()
        files["/etc/passwd"] = users + "".join(f"{user}:\n" for user in PRIMARY_USERS)
    tables.copies = mirror_of(mta.hosts.primary, tables.primary, files)


def check(mta, name, with_settings=False):
    tables, envelopes = make_world(name)
    if with_settings:
        add_settings(mta, name, tables)
    seen = compare.compare(mta.hosts, mta.daemon, tables, envelopes, await_any=1, deferred_is_final=True)
    problem = seen.problem()
    if problem:
        sent = {envelope.label: envelope.recipients for envelope in envelopes}
        mta.check(False, f"SHORTHOP_WORLD=\"{name}\": {problem}\n{sent}\nvirtusertable:\n{tables.virtual}"
                         f"aliases:\n{tables.aliases}settings: {tables.primary}\nforward: {tables.forward}\n"
                         f"include: {tables.include}\n"
                         f"decisions: {[tuple(decision) for decision in mta.daemon.decisions()]}")
    return {decision.decision for decision in seen.with_milter.decisions.values()}


def try_worlds(mta, with_settings):
    chosen = os.environ.get("SHORTHOP_WORLD")
    seed = os.environ["SHORTHOP_SEED"]
    decisions = set()
    for name in [chosen] if chosen else [f"{seed} {number}" for number in range(1, WORLDS + 1)]:
        mta.begin()
        decisions |= check(mta, name, with_settings)
    # A comparison in which nothing was replaced would test nothing.
    mta.check(chosen or decisions == {"rewrite", "keep"},
              f"seed {seed}: the worlds should have both decisions, not {decisions}")


def test_worlds_end_alike(mta):
    try_worlds(mta, with_settings=False)


def test_worlds_with_settings_end_alike(mta):
    try_worlds(mta, with_settings=True)
