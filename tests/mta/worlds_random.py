"""Random worlds: every way in which a primary can forward mail, most of it to mailboxes on the secondary.

A world is a function of its seed and number only. The probabilities are chosen so that chains are long, most are
replaceable, and each feature of virtual(5), aliases(5) and local(8) occurs in some chain.
"""
import worlds_features
from worlds import ODD, Entry, Site, World, address_of
from worlds_tables import EXTENSIONS, MAILBOXES, NAMES, OWNER, PRIMARY_USERS, SECONDARY_USERS, Dice, Tables

# A secondary may have one of these settings. With the last one, it is not certain which users it has.
SECONDARY_MAIN = (
    {"canonical_maps": "inline:{ { gus@example.com = frank@example.com } }"},
    {"recipient_canonical_maps": "inline:{ { d@example.org = erin@example.com } { nosuch@example.com = user } }"},
    {"recipient_bcc_maps": "inline:{ { erin@example.com = gus@example.com } { list@example.org = frank } }"},
    {"transport_maps": "inline:{ { frank@example.com = error:5.1.1 no frank } }"},
    {"relocated_maps": "inline:{ { erin@example.com = erin@example.net } }"},
    {"propagate_unmatched_extensions": "canonical, virtual, alias, forward, include"},
    {"propagate_unmatched_extensions": ""},
    {"local_recipient_maps": "", "luser_relay": "user"},
)
# Features of a primary that shorthop does not follow without a mirror.
NOT_FOLLOWED = {
    "canonical_maps": "inline:{ { a@example.org = ann@example.org } }",
    "recipient_canonical_maps": "inline:{ { b@example.org = bob@example.org } }",
    "relocated_maps": "inline:{ { c@example.org = c@example.net } }",
    "transport_maps": "inline:{ { d@example.org = error:gone } }",
    "recipient_bcc_maps": "inline:{ { e@example.org = olga@example.org } }",
    "smtp_generic_maps": "inline:{ { erin@example.com = gus@example.com } }",
    "always_bcc": "olga@example.org",
    "append_at_myorigin": "no",
    "receive_override_options": "no_address_mappings",
}
NEVER_FOLLOWED = ("always_bcc", "append_at_myorigin", "receive_override_options")
SINGLES, SETS = 26, 9


def make_world(seed, number, sends=SINGLES + SETS, wanted=None):
    """wanted: names of worlds_features.SHARES, exactly these features; None: at random."""
    dice = Dice(f"{seed}/{number}")
    features = worlds_features.draw(dice) if wanted is None else set(wanted)
    mirrors = bool(features & worlds_features.WITH_MIRROR)
    sites = [_site(dice, "mail.example.org", _domains(dice), "by-hand" in features, mirrors)]
    if dice.chance(0.5):
        sites.append(_site(dice, "mail.second.example", ["second.example"], dice.chance(0.3),
                           mirrors and dice.chance(0.5)))
    world = World(f"{seed}/{number}", sites, list(SECONDARY_USERS))
    _make_secondary(dice, world)
    for site in sites:
        Tables(dice, world, site).fill()
    worlds_features.add_to(dice, world, features)
    singles = _singles(dice, world)[:max(1, sends - SETS)]
    world.envelopes = [[recipient] for recipient in singles]
    while len(world.envelopes) < sends:
        world.envelopes.append(_set(dice, world, singles))
    return world


def _domains(dice):
    return ["example.org"] + [domain for domain, share in (("other.example", 0.5), ("alias.example", 0.3),
                                                          ("box.example", 0.2)) if dice.chance(share)]


def _site(dice, host, domains, by_hand, mirrors):
    site = Site(host, domains, [*PRIMARY_USERS, OWNER], by_hand=by_hand and not mirrors)
    if mirrors:
        site.mirror = dice.choice(("text", "database", "both", "listing"))
        # postmap(1) cannot list a cdb: table.
        site.database = dice.weighted((6, "hash"), (2, "lmdb"), (0 if site.mirror == "listing" else 1, "cdb"))
        site.whole_postconf = dice.chance(0.4)
        site.users_from = dice.weighted((6, "listing"), (2, "passwd"), (1, ""))
    site.lists_domains = dice.chance(0.8)
    site.table_type = dice.weighted((8, "text"), (2, "hash"))
    site.split = dice.chance(0.3)
    site.lists_mailboxes = dice.chance(0.3)
    local = [domain for domain in domains if domain not in ("alias.example", "box.example")]
    site.main = {
        "recipient_delimiter": dice.weighted((6, "+"), (1, ""), (1, "-"), (2, "+-"), (0.5, "="), (0.5, "_.")),
        "mydestination": ", ".join(["$myhostname", "localhost", *local]),
        "myorigin": domains[0],
    }
    if not site.by_hand:  # the relay file has no settings for these rules
        site.main.update(_rules(dice, site))
    if "alias.example" in domains:
        if dice.chance(0.5):
            site.main["virtual_alias_domains"] = "alias.example"
        else:
            site.virtual.append(Entry("alias.example", ["anything"]))
    if "box.example" in domains:
        site.main["virtual_mailbox_domains"] = "box.example"
        site.main["virtual_mailbox_maps"] = "inline:{ { ann@box.example = ann/Maildir/ } }"
        site.main.update({"virtual_mailbox_base": "/home", "virtual_uid_maps": "static:1000",
                          "virtual_gid_maps": "static:1000"})
    return site


def _rules(dice, site):
    """Settings of a primary that are taken from its `postconf -n`."""
    classes = ("canonical", "virtual", "alias", "forward", "include", "generic")
    possible = {
        "propagate_unmatched_extensions": (0.4, " ".join(dice.sample(classes, dice.randint(0, 6)))),
        "owner_request_special": (0.1, "no"),
        "expand_owner_alias": (0.15, "yes"),
        "reset_owner_alias": (0.2, "yes"),
        "resolve_dequoted_address": (0.1, "no"),
        "myorigin": (0.2, dice.choice(("$myhostname", site.domains[-1]))),
        "forward_path": (0.15, dice.choice(("$home/.forward", "", "$home/.forward${recipient_delimiter}${extension}",
                                            "$home/.forward+${extension}, $home/.forward"))),
        "allow_mail_to_commands": (0.15, dice.choice(("", "alias"))),
        "allow_mail_to_files": (0.15, dice.choice(("", "alias, forward"))),
        "mailbox_transport_maps": (0.1, "inline:{ { ann = error:5.1.1 no mailbox } { carol = error:5.1.1 closed } }"),
        "fallback_transport_maps": (0.1, "inline:{ { ghost = error:5.1.1 no ghost } }"),
        "append_dot_mydomain": (0.2, "yes"),
        "virtual_alias_expansion_limit": (0.08, str(dice.randint(2, 5))),
        "virtual_alias_recursion_limit": (0.08, str(dice.randint(2, 5))),
        "virtual_alias_address_length_limit": (0.05, "20"),
    }
    rules = {name: value for name, (share, value) in possible.items() if dice.chance(share)}
    if dice.chance(0.1):
        rules.update({"luser_relay": dice.choice(("erin@example.com", "$local@example.com", "bob")),
                      "local_recipient_maps": ""})
    if dice.chance(0.06):
        name = dice.choice(NEVER_FOLLOWED if site.mirror else sorted(NOT_FOLLOWED))
        rules[name] = NOT_FOLLOWED[name]
    return rules


def _make_secondary(dice, world):
    world.main["recipient_delimiter"] = dice.weighted((7, "+"), (1, ""), (1, "-"), (1, "+-"))
    if dice.chance(0.3):
        world.users.append("ann")
    if dice.chance(0.4):
        world.mailboxes = list(MAILBOXES)
    for name, targets in (("office", ["erin"]), ("desk", ["gus", "frank@example.com"]), ("back", ["a@example.org"]),
                          ("robot", ['"|/opt/test/catch robot"']), ("dead", ["nosuch"])):
        if dice.chance(0.5):
            world.aliases.append(Entry(name, targets))
    for key, targets in (("vip@example.com", ["frank"]), ("gus@example.com", ["gus", "user"]),
                         ("return@example.com", ["b@example.org"]), ("c@example.org", ["user@example.com"])):
        if dice.chance(0.15):
            world.virtual.append(Entry(key, targets))
    if dice.chance(0.2):
        world.main["virtual_alias_domains"] = "alias.example.com"
        world.virtual.append(Entry("club@alias.example.com", dice.choice((["frank"], ["user", "erin@example.com"]))))
    if dice.chance(0.2):
        world.forward.append(Entry(dice.choice(SECONDARY_USERS), dice.choice((
            ["gus@example.com"], ["\\erin", "frank"], ["ann@example.net"], ["nosuch"],
            ['"|/opt/test/catch mine"'], ["user", "/var/test/file/mine"]))))
    if dice.chance(0.3):
        world.main.update(dice.choice(SECONDARY_MAIN))
    if dice.chance(0.15):
        world.settings = {"local-domains": "example.com mail.example.com",
                          "local-recipients": "unix:passwd.byname text:/etc/aliases"}


def _singles(dice, world):
    """Every address in a table, and some that are in none, in the forms that a client may use."""
    found = []
    for site in world.sites:
        local = [entry.key for entry in [*site.aliases, *site.forward]] + site.users + ["ghost"]
        local += [matching_name(entry.key) for extra in site.extra_tables_of("aliases") for entry in extra.entries]
        further = [entry for extra in site.extra_tables_of("virtual") for entry in extra.entries]
        found += [f"{matching_name(entry.key)}@{domain}" for entry in further for domain in site.domains[:2]]
        local += [f"{ODD}{number}" for number in range(1, 4) if site.odd_lines]
        for entry in site.virtual:
            name, at, domain = entry.key.rpartition("@")
            if not at:
                local.append(domain)
            elif not name:
                found += [f"{dice.choice(NAMES + SECONDARY_USERS)}@{domain}", f"{dice.choice(SECONDARY_USERS)}@{domain}"]
            else:
                found.append(entry.key)
        found += [f"{name}@{dice.choice(site.domains)}" for name in local if "." not in name or name == "f.g"]
    relayed = [address for address in dict.fromkeys(found) if world.site_of(address_of(address)[1])]
    dice.shuffle(relayed)
    written = [_as_written(dice, world, address) for address in relayed]
    extended = [_as_written(dice, world, dice.choice(relayed), extensions=0.7) for _ in range(6)]
    return list(dict.fromkeys(extended + written))


def matching_name(key):
    """A local part that may match this key of an extra table."""
    if not key.startswith("/"):
        return key.partition("@")[0]
    return key.removeprefix("/^").partition("[")[0].rstrip("$/") + ("-x" if "[" in key else "")


def _as_written(dice, world, address, extensions=0.1):
    """A RCPT argument for the address. `extensions`: the probability that an extension is added."""
    local, _, domain = address.rpartition("@")
    if dice.chance(extensions) and not local.endswith('"'):
        delimiters = world.site_of(domain.lower()).delimiters or "+"
        local += dice.choice(delimiters) + dice.choice(EXTENSIONS)
    local = dice.weighted((8, str), (1, str.upper), (1, str.title))(local)
    plain = f"{local}@{dice.weighted((9, domain), (1, domain.upper()))}"
    if not local.endswith('"') and dice.chance(0.05):
        plain = f'"{local}"@{domain}'
    if dice.chance(0.04):
        plain = f"@relay.example.net:{plain}"
    notify = dice.weighted((30, ""), (1, " NOTIFY=NEVER"), (1, " NOTIFY=FAILURE"), (1, " NOTIFY=FAILURE,DELAY"),
                           (1, " ORCPT=rfc822;first+2B@client.example"))
    return f"<{plain}>{notify}"


def _set(dice, world, singles):
    recipients = dice.sample(singles, min(len(singles), dice.choice((2, 2, 3, 4, 6, 8))))
    if dice.chance(0.3):
        recipients.append(f"<{dice.choice(SECONDARY_USERS)}@example.com>")
    if dice.chance(0.1):
        recipients.append(recipients[0])
    if world.utf8:
        return recipients
    # If one recipient needs SMTPUTF8, the whole message uses it. The judge compares with messages to each recipient
    # alone, and without SMTPUTF8 the others might end differently.
    return [to for to in recipients if to.isascii() == recipients[0].isascii()]
