"""Features of random worlds other than tables and settings: faults of copies, refused files, other milters, DNS
faults, two spellings of a domain.

Each feature is drawn independently (SHARES), or requested by name. Faults that copies of single files cannot reveal
are not drawn: README.md lists them.
"""
import worlds_asked
from hosts import ADDRESSES
from worlds import (A_LABEL, A_LABEL_HERE, BRANCH, ODD, SPLIT, U_LABEL, U_LABEL_HERE, Entry, ExtraTable, Fault,
                    OtherMilter, table)
from worlds_tables import NAMES, PRIMARY_USERS, SECONDARY_USERS, Tables

SHARES = {
    "several-tables": 0.2, "odd-lines": 0.1, "holes": 0.14, "left-over": 0.08, "torn": 0.1, "refused-files": 0.15,
    "other-milter": 0.15, "dns-fails": 0.07, "mx-elsewhere": 0.1, "arrives-here": 0.07, "spellings": 0.12,
    "mx-backup": 0.08, "milter-protocol": 0.12, "by-hand": 0.3, "own-access": 0.1, "mirror": 0.6,
    **worlds_asked.SHARES, "reject-unknown": 0.5,
}
WITH_MIRROR = {"mirror", "reject-unknown", *worlds_asked.SHARES}  # features of worlds with a mirror
BUCKET = "bucket"
FILLING = 40  # entries: enough that losing them is detected as a loss
REFUSED_MODES = ("0666", "0", "link", "directory", "0600")


def draw(dice):
    drawn = {name for name, share in SHARES.items() if dice.chance(share)}
    return drawn if "mirror" in drawn else drawn - WITH_MIRROR


def add_to(dice, world, names):
    """Adds each of the named features except by-hand and mirror, which decide how sites are made."""
    for name in SHARES:
        if name in names and name not in ("by-hand", "mirror"):
            MAKERS[name](dice, world)


def _site(dice, world, with_postconf=True):
    """A site for a feature; if possible, one whose `postconf -n` is copied."""
    fit = [site for site in world.sites if not site.by_hand] if with_postconf else []
    return dice.choice(fit or world.sites)


# Copies

def _several_tables(dice, world, site=None):
    site = site or _site(dice, world)
    kind = dice.weighted((3, "hash"), (2, "texthash"), (1 if site.mirror else 3, "regexp"), (2, "inline"),
                         (0.5, "static"), (1 if site.mirror else 0, "proxy"))
    # A static: table in alias_maps would be an owner alias for every name, and mail would multiply.
    parameter = "virtual" if kind == "static" else dice.choice(("virtual", "aliases"))
    extra = ExtraTable(parameter, kind, _entries(dice, world, site, parameter, kind), dice.chance(0.4),
                       number=len(site.extra_tables) + 1)
    site.extra_tables.append(extra)
    return extra


def _entries(dice, world, site, parameter, kind):
    tables = Tables(dice, world, site)
    return [_entry(dice, tables, parameter, kind, name) for name in dice.sample([*NAMES, *PRIMARY_USERS], 3)]


def _entry(dice, tables, parameter, kind, name):
    key = f"{name}@{dice.choice(tables.site.domains)}" if parameter == "virtual" else name
    if kind in ("hash", "proxy", "texthash"):
        return Entry(key, tables.entry(key, parameter, tables.names).targets)
    if kind == "regexp":
        key = f"/^{name}[-@]/" if parameter == "virtual" else f"/^{name}$/"
    # A key with "=" cannot be written in inline:.
    user = dice.choice(SECONDARY_USERS)
    targets = dice.weighted((4, [f"{user}@example.com"]), (2, [f"{user}@example.com", "bob"]), (1, ["carol"]))
    return Entry(key.replace("=", ""), targets)


def _odd_lines(dice, world):
    """postmap and postalias warn about some of these lines, and serve the others."""
    site = _site(dice, world, with_postconf=False)
    domain = site.domains[0]
    lines = {"aliases": [f"{ODD}1 some words here", f"{ODD}1:", ": user@example.com", f'"{ODD}1: user@example.com',
                         f"{ODD}2 : user@example.com", f'"{ODD}2": user@example.com # the boss',
                         f"{ODD}3:user@example.com,"],
             "virtual": [f"{ODD}1@{domain}", f"{ODD}2@{domain} bob@example.com # the boss",
                         f"*@{domain} user@example.com", f'"{ODD}3@{domain}" user@example.com',
                         f"{ODD}3@{domain} user@example.com erin@example.com"]}
    for parameter in dice.sample(sorted(lines), dice.randint(1, 2)):
        site.odd_lines[parameter] = dice.sample(lines[parameter], 3)


def _holes(dice, world):
    kind = dice.choice(("table", "table", "order", "file", "setting", "list", "list"))
    site = _site(dice, world)
    if site.by_hand or kind == "file":
        _missing_file(dice, site)
    elif kind == "table":
        _several_tables(dice, world, site).named_by = "primary"
    elif kind == "list":
        _hidden_list(dice, site)
    elif kind == "order" and not site.mirror:
        site.faults.append(Fault("other-order", _several_tables(dice, world, site).parameter))
    else:
        # virtual_alias_maps cannot be missing in a mirror: nothing else there shows that the primary sets it.
        possible = [name for name in ("virtual_alias_maps", "mydestination", "virtual_alias_domains",
                                      "virtual_mailbox_domains")
                    if name in site.main or name == "virtual_alias_maps" and not site.mirror]
        site.faults.append(Fault("missing-setting", dice.choice(possible)))


def _hidden_list(dice, site):
    """A parameter of the primary names a table without a copy."""
    name, domain = dice.choice(PRIMARY_USERS + NAMES), dice.choice(site.domains)
    key, value = dice.choice((
        ("mydestination", "x"), ("transport_maps", "error:closed"), ("recipient_bcc_maps", f"olga@{domain}"),
        ("canonical_maps", f"carol@{domain}"), ("relocated_maps", "elsewhere@example.net")))
    extra = ExtraTable(key, "texthash", [Entry(f"{name}@{domain}", [value])], named_by="primary",
                       number=len(site.extra_tables) + 1)
    if key == "mydestination":
        extra.entries = [Entry(domain, [value])]
        named = [item for item in site.main[key].split(", ") if item != domain]
        site.main[key] = ", ".join(named)
    site.extra_tables.append(extra)


def _missing_file(dice, site):
    # If only the copy of a .forward+EXT is missing, shorthop cannot notice it (README.md):
    # so all copies of that user are left out.
    files = ["virtual", "aliases", *(f"include{entry.key}" for entry in site.include)]
    users = sorted({site.user_of(entry.key) for entry in site.forward})
    chosen = dice.choice([*files, *users])
    if chosen in files:
        site.faults.append(Fault("missing-file", chosen))
    for entry in site.forward if chosen in users else ():
        if site.user_of(entry.key) == chosen:
            site.faults.append(Fault("missing-file", f"forward/{entry.key}"))


def _left_over(dice, world):
    site = _site(dice, world)
    if site.by_hand and not site.forward:
        site.forward.append(Entry("ann", ["user@example.com"]))
    forwarded = sorted({site.user_of(entry.key) for entry in site.forward})
    if forwarded and (site.by_hand or dice.chance(0.3)):  # with settings by hand, the list of tables is unknown
        site.lists_mailboxes = True
        user = dice.choice(forwarded)
        if dice.chance(0.7):
            _reach(site, user)
            site.forward.append(Entry(user, ["user@example.com"]))
        site.faults.append(Fault("left-over-forward", user))
    elif dice.chance(0.5):
        _several_tables(dice, world, site).named_by = "relay"
    else:
        parameter = dice.choice(("virtual", "aliases"))
        site.faults.append(Fault("left-over-table", parameter))
        if dice.chance(0.4):  # replace it by another table
            extra = _several_tables(dice, world, site)
            extra.parameter, extra.named_by = parameter, "primary"
            extra.entries = _entries(dice, world, site, parameter, extra.type)


def _torn(dice, world):
    site = _site(dice, world, with_postconf=False)
    kind = dice.weighted((5, "cut"), (3, "cut-at-line-end"), (2, "emptied"), (1, "unterminated"))
    files = {parameter: site.text_of(parameter) for parameter in ("virtual", "aliases")}
    if kind in ("cut-at-line-end", "emptied"):
        parameter = dice.choice(sorted(files))
        for number in range(FILLING):
            entry = Entry(f"filling{number}@{site.domains[0]}" if parameter == "virtual" else f"filling{number}",
                          ["user@example.com"])
            getattr(site, parameter).insert(0, entry)
        site.faults.append(Fault(kind, parameter, at=dice.uniform(0.1, 0.6)))
        site.table_type = "text"
        return None
    if kind == "cut" and dice.chance(0.5):
        return _torn_list(dice, site)
    files |= {extra.name: extra.text() for extra in site.extra_tables_of("virtual", "aliases")
              if extra.type == "texthash"}
    files |= {f"forward/{entry.key}": entry.lines() for entry in site.forward}
    files |= {f"include{entry.key}": entry.lines() for entry in site.include if entry.key not in site.hidden}
    if kind == "cut" and not site.by_hand:
        files |= {"postconf-n": "settings"} if dice.chance(0.5) else {}
    possible = [name for name, text in files.items() if text and (kind == "cut" or "/" in name)]
    for name in dice.sample(possible, min(len(possible), 2)):
        site.faults.append(Fault(kind, name, at=dice.uniform(0.05, 0.95)))
    return None


def _torn_list(dice, site):
    """The last line is a list, and the copy is cut within this list."""
    members = dice.sample(["user@example.com", "carol", "erin@example.com", "gus@example.com"], 3)
    if dice.chance(0.3):
        _reach(site, "ann")
        site.forward.append(Entry("ann", members))
        site.faults.append(Fault("cut", "forward/ann", at=dice.uniform(0.4, 0.9)))
        return
    parameter = dice.choice(("virtual", "aliases"))
    entries = getattr(site, parameter)
    entries.append(Entry(f"torn@{site.domains[0]}" if parameter == "virtual" else "torn", members))
    size = len(table(entries, "" if parameter == "virtual" else ":"))
    site.faults.append(Fault("cut", parameter, at=1 - dice.uniform(5, 35) / size))
    site.table_type = "text"


def _reach(site, user):
    """Removes everything that comes before the user's .forward."""
    site.forward = [entry for entry in site.forward if site.user_of(entry.key) != user]
    site.aliases = [entry for entry in site.aliases if not entry.key.startswith(user)]
    site.virtual = [entry for entry in site.virtual if not entry.key.lower().startswith((user, "@"))]


def _refused_files(dice, world):
    site = _site(dice, world, with_postconf=False)
    user = dice.choice(PRIMARY_USERS)
    if not site.forward or dice.chance(0.7):  # a .forward that would be followed if local(8) did not refuse it
        _reach(site, user)
        site.forward.append(Entry(user, [f"{dice.choice(SECONDARY_USERS)}@example.com"]))
    if dice.chance(0.5):
        path = dice.choice(site.include[:2]).key
        site.aliases.append(Entry("members", [f":include:{path}"]))
        site.include = [entry for entry in site.include if entry.key != path]
        site.include.append(Entry(path, dice.sample(["user@example.com", "erin@example.com", "gus@example.com"], 2)))
        site.faults.append(Fault("mode", f"include{path}", mode=dice.choice(("0666", "0666", "0", "directory"))))
    files = [f"forward/{entry.key}" for entry in site.forward]
    for name in dict.fromkeys([*dice.sample(files, min(len(files), 2)), *files[-1:]]):
        site.faults.append(Fault("mode", name, mode=dice.choice(REFUSED_MODES)))
    if files and dice.chance(0.3):
        site.lists_mailboxes = site.passwd = True
        other_faults = [fault for fault in site.faults if fault.part != files[-1]]
        site.faults = [*other_faults, Fault("mode", files[-1], mode="owner")]


# The secondary

def _other_milter(dice, world):
    place = dice.choice(("before", "behind"))
    kind = dice.weighted((4, "harmless"), (3, "deletes"), (2, "falsely declared"), (2, "redirects"), (1, "adds"))
    users = [f"{user}@example.com" for user in SECONDARY_USERS]
    if kind == "harmless":
        world.other_milters = [OtherMilter(place, {}, "no")]
    elif kind == "falsely declared":
        # The setting "no" is false here. Even so, no mail may be lost, because this milter comes first and deletes no
        # relayed recipients. It deletes no aliases of the secondary either: if one milter deletes such an alias and the
        # next milter adds it again, Postfix delivers to the first target of the alias only.
        aliases = [entry.key for entry in world.virtual]
        mailboxes = [user for user in users if user not in aliases]
        world.other_milters = [OtherMilter("before", {"delete": dice.sample(mailboxes, 2)}, "no")]
    elif kind == "adds":
        world.users.append(BUCKET)
        world.other_milters = [OtherMilter(place, {"add": f"{BUCKET}@example.com"}, dice.choice(("", "yes")))]
    else:
        names = [f"{name}@{dice.choice(dice.choice(world.sites).domains)}" for name in dice.sample(NAMES, 4)]
        policy = {"delete": users[:2] + names}
        if kind == "redirects":
            world.users.append(BUCKET)
            policy = {"add": f"{BUCKET}@example.com", **({"delete_all": True} if dice.chance(0.5) else policy)}
        world.other_milters = [OtherMilter(place, policy, dice.choice(("", "yes")))]


def _dns_fails(dice, world):
    world.dns_fails = True
    keys = [entry.key.lower() for site in world.sites for entry in site.virtual]
    routed = [key for key in keys if key.find("@") > 0 and '"' not in key]
    hosts = ("mail.example.net", "mail.example.org")
    routes = [f"{{ {address} = smtp:[{ADDRESSES[host]}] }}"
              for address, host in zip(dice.sample(routed, min(2, len(routed))), hosts)]
    if routes:
        world.main["transport_maps"] = f"inline:{{ {' '.join(routes)} }}"


def _own_domain(world, *names):
    mine = world.main.get("mydestination", "$myhostname, localhost.$mydomain, localhost, $mydomain")
    world.main["mydestination"] = ", ".join([mine, *names])


def _aim_at(dice, world, *domains):
    """Gives some targets in example.com one of these domains instead."""
    entries = [entry for site in world.sites for entry in (*site.virtual, *site.aliases, *site.forward)]
    for entry in entries:
        if dice.chance(0.4):
            entry.targets = [target.replace("@example.com", f"@{dice.choice(domains)}") for target in entry.targets]


def _mx_elsewhere(dice, world):
    if dice.chance(0.25):
        world.view, world.elsewhere = "moved", ["example.com", "virtual.example.com"]
        return
    world.elsewhere = [BRANCH]
    _own_domain(world, BRANCH)
    _aim_at(dice, world, BRANCH)


def _arrives_here(dice, world):
    """A domain of the secondary for which the secondary sees other MX records than the primaries."""
    if world.view:
        return
    world.view = "inside"
    _own_domain(world, SPLIT)
    _aim_at(dice, world, SPLIT)
    for site in world.sites:
        if site is world.sites[0] or dice.chance(0.7):
            site.arrives_here = [SPLIT]


def _spellings(dice, world):
    site = world.sites[0]
    site.domains += [U_LABEL, A_LABEL]
    both = [U_LABEL, A_LABEL]
    known = both if site.by_hand else dice.choice((both, both, [U_LABEL], [A_LABEL]))
    site.main["mydestination"] = ", ".join([site.main["mydestination"], *known])
    for name in dice.sample([*PRIMARY_USERS, "a", "b"], 3):
        site.virtual.append(Entry(f"{name}@{dice.choice((U_LABEL, A_LABEL))}",
                                  [f"{dice.choice(SECONDARY_USERS)}@example.com"]))
    if dice.chance(0.3):
        one, other = dice.sample((U_LABEL, A_LABEL), 2)
        site.virtual.append(Entry(f"@{one}", [f"@{other}"]))
    world.utf8 = dice.chance(0.5)
    if dice.chance(0.6):
        _own_domain(world, dice.choice((U_LABEL_HERE, A_LABEL_HERE)))
        _aim_at(dice, world, U_LABEL_HERE, A_LABEL_HERE, "example.com")


def _mx_backup(dice, world):
    if U_LABEL not in world.sites[0].domains:
        world.main.update({"relay_domains": "", "smtpd_relay_restrictions":
                           "permit_mynetworks, permit_mx_backup, reject_unauth_destination"})


def _milter_protocol(dice, world):
    world.main["milter_protocol"] = dice.choice(("2", "3", "4"))


def _own_access(dice, world):
    user = dice.choice(SECONDARY_USERS)
    answer = dice.weighted((4, "REJECT"), (1, "OK"))
    access = f"inline:{{ {{ {user}@example.com = {answer} }} }}"
    world.main["smtpd_recipient_restrictions"] = f"check_recipient_access {access}"


def _reject_unknown(_dice, world):
    for site in world.sites:
        site.refuses = bool(site.mirror)


MAKERS = {
    "several-tables": _several_tables, "odd-lines": _odd_lines, "holes": _holes, "left-over": _left_over, "torn": _torn,
    "refused-files": _refused_files, "other-milter": _other_milter, "dns-fails": _dns_fails,
    "mx-elsewhere": _mx_elsewhere, "arrives-here": _arrives_here, "spellings": _spellings, "mx-backup": _mx_backup,
    "milter-protocol": _milter_protocol, "own-access": _own_access, **worlds_asked.MAKERS,
    "reject-unknown": _reject_unknown,
}
