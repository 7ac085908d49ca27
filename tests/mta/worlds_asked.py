"""Features of random worlds whose primary has a mirror: tables that are asked about each address, services of
master.cf, and parts that the mirror lacks.

Half of the entries concern addresses of the world, the others do not. Source: postconf(5), canonical(5), transport(5),
relocated(5), generic(5), access(5), FILTER_README.
"""
from worlds import AGENT, ASKED, Entry, ExtraTable, Fault
from worlds_run import SENDER
from worlds_tables import NAMES, OWNER, PRIMARY_USERS, SECONDARY_USERS

SHARES = {
    "canonical": 0.2, "relocated": 0.13, "transport": 0.2, "bcc": 0.16, "generic": 0.1,
    "recipient-access": 0.13, "domain-tables": 0.2, "masquerade": 0.08, "content-filter": 0.13,
    "delivery-agent": 0.1, "master-options": 0.13,
    "smarthost": 0.1, "mirror-holes": 0.12,
}
LOCAL_FILTER = "smtp:[127.0.0.1]:10026"
BEHIND_FILTER = ("127.0.0.1:10026 inet n - y - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8 "
                 "-o smtpd_recipient_restrictions=permit_mynetworks,reject -o smtpd_authorized_xforward_hosts=127.0.0.0/8 "
                 "-o receive_override_options=")
AGENT_SERVICE = "catch unix - n n - - pipe flags= user=nobody argv=/opt/test/catch agent"


def _site(dice, world):
    return dice.choice([site for site in world.sites if site.mirror])


def _add(dice, site, parameter, pairs):
    """Adds a table for that parameter; its lines are chosen from the pairs."""
    chosen = dice.sample(pairs, min(len(pairs), dice.randint(1, 3)))
    kind = dice.weighted((4, "hash"), (3, "texthash"), (1, "inline"), (1, "proxy"))
    entries = [Entry(key, [value]) for key, value in dict(chosen).items() if kind != "inline" or "=" not in key]
    site.extra_tables.append(ExtraTable(parameter, kind, entries, number=len(site.extra_tables) + 1))


def _name(dice):
    """A local part that the tables of the world may have."""
    return dice.choice([name for name in (*NAMES, *PRIMARY_USERS) if "'" not in name])


def _own(dice, site):
    return f"{_name(dice)}@{dice.choice(site.domains)}"


def _here(dice):
    return f"{dice.choice(SECONDARY_USERS)}@example.com"


def _canonical(dice, world):
    site = _site(dice, world)
    parameter = dice.choice(("canonical_maps", "recipient_canonical_maps"))
    delimiter = (site.delimiters or "+")[0]
    _add(dice, site, parameter, [
        (_own(dice, site), _here(dice)), (_own(dice, site), _own(dice, site)), (_name(dice), _name(dice)),
        (_here(dice), _here(dice)), (f"{_name(dice)}{delimiter}x@{site.domains[0]}", _here(dice)),
        ("nobody@example.net", _here(dice)), ("@unused.example", "@example.com"), (f"@{site.domains[-1]}", _here(dice))])
    if dice.chance(0.15):
        site.main["canonical_classes"] = "envelope_sender, header_sender"


def _relocated(dice, world):
    site = _site(dice, world)
    _add(dice, site, "relocated_maps", [
        (_own(dice, site), "elsewhere@example.net"), (_here(dice), "moved@example.net"),
        ("nobody@example.net", "moved@example.net"), ("@unused.example", "gone"), (_name(dice), "moved@example.net")])


def _transport(dice, world):
    site = _site(dice, world)
    _add(dice, site, "transport_maps", [
        (dice.choice(site.domains), ":"), (dice.choice(site.domains), "local:"), (_own(dice, site), "error:5.1.1 closed"),
        ("*", ":"), (".example.com", ":"), ("example.com", ":"), ("example.com", "smtp:"),
        ("example.com", "smtp:[192.0.2.20]"), (_here(dice), "smtp:[mail.example.com]"), (_here(dice), "error:closed"),
        ("unused.example", "smtp:[192.0.2.99]"), (_here(dice), ":[192.0.2.20]"), ("example.com", "relay:")])


def _bcc(dice, world):
    site = _site(dice, world)
    owner = f"{OWNER}@{site.domains[0]}"
    if dice.chance(0.3):
        _add(dice, site, "sender_bcc_maps", [("other@example.net", owner), ("@unused.example", owner)])
        if dice.chance(0.4):
            site.extra_tables[-1].entries.append(Entry(dice.choice((SENDER, "@example.net")), [owner]))
    else:
        _add(dice, site, "recipient_bcc_maps", [
            (_own(dice, site), owner), (_own(dice, site), _here(dice)), (_here(dice), owner), ("@unused.example", owner),
            ("nobody@example.net", owner)])


def _generic(dice, world):
    site = _site(dice, world)
    _add(dice, site, "smtp_generic_maps", [
        (_here(dice), _here(dice)), (_own(dice, site), _here(dice)), ("nobody@example.net", _here(dice)),
        ("@unused.example", "@example.com")])


def _smarthost(dice, world):
    """Mail for the secondary takes another route, which also leads to the secondary."""
    site = _site(dice, world)
    kinds = ["relay", "relay_domains"]
    if len(world.sites) == 1:  # with two primaries, mail from one to the other would pass shorthop on its way
        kinds += ["relayhost", "default_transport", "by sender", "by sender"]
    kind = dice.choice(kinds)
    if kind == "by sender":
        parameter = dice.choice(ASKED["smarthost"])
        route = "[192.0.2.20]" if parameter == ASKED["smarthost"][0] else "smtp:[192.0.2.20]"
        _add(dice, site, parameter, [("other@example.net", route), ("@unused.example", route)])
        if dice.chance(0.4):
            site.extra_tables[-1].entries.append(Entry(dice.choice((SENDER, "@example.net")), [route]))
    else:
        name, value = {"relay": ("default_transport", "relay"), "relayhost": ("relayhost", "[192.0.2.20]"),
                       "relay_domains": ("relay_domains", "example.com"),
                       "default_transport": ("default_transport", "smtp:[192.0.2.20]")}[kind]
        site.main[name] = value


def _recipient_access(dice, world):
    # DISCARD, REDIRECT and the like are not chosen, because they act on the whole message.
    site = _site(dice, world)
    _add(dice, site, "check_recipient_access", [
        (_own(dice, site), "REJECT"), (_own(dice, site), "OK"), (_own(dice, site), "DUNNO"), (_here(dice), "REJECT"),
        (f"{_name(dice)}@", "550 closed"), ("unused.example", "REJECT"), (_own(dice, site), "WARN look"),
        (_own(dice, site), "reject_unknown_helo_hostname"), (dice.choice(site.domains), "DUNNO")])


def _domain_tables(dice, world):
    site = _site(dice, world)
    lists = [name for name in ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains") if name in site.main]
    for name in dice.sample(lists, dice.randint(1, len(lists))):
        site.domain_tables[name] = dice.choice(("hash", "texthash", "file"))


def _masquerade(dice, world):
    site = _site(dice, world)
    site.main["masquerade_domains"] = dice.choice(("example.org", "example.com", "unused.example", "example.net"))
    site.main["masquerade_classes"] = "envelope_sender, envelope_recipient, header_sender, header_recipient"


def _content_filter(dice, world):
    """A filter that sends each message back at once."""
    site = _site(dice, world)
    site.main["content_filter"] = LOCAL_FILTER
    site.accepts = ["content-filter"]
    mapped = dice.weighted((4, "before"), (3, "behind"), (1, "twice"))
    behind = "no_unknown_recipient_checks,no_header_body_checks" + (",no_address_mappings" if mapped == "before" else "")
    site.services.append(BEHIND_FILTER + behind)
    if mapped == "behind":
        site.options.setdefault("smtp inet", {}).update({"receive_override_options": "no_address_mappings"})


def _delivery_agent(dice, world):
    """A delivery agent like Dovecot's: pipe(8) instead of a mailbox."""
    site = _site(dice, world)
    site.services.append(AGENT_SERVICE)
    names = ["mailbox_transport", "fallback_transport"]
    site.main[dice.choice(names + (["virtual_transport"] if "virtual_mailbox_domains" in site.main else []))] = AGENT


def _master_options(dice, world):
    site = _site(dice, world)
    kind = dice.choice(("other service", "accepts all", "aliases not asked", "cleanup"))
    site.options.setdefault("smtp inet", {}).update({"smtpd_helo_required": "no"})
    if kind == "other service":
        site.services.append("10587 inet n - y - - smtpd -o virtual_alias_maps= -o content_filter=smtp:[192.0.2.99] "
                             "-o receive_override_options=no_address_mappings")
    elif kind == "accepts all":
        site.options.setdefault("smtp inet", {}).update({"local_recipient_maps": ""})
    elif kind == "aliases not asked":
        site.options.setdefault("smtp inet", {}).update({"virtual_alias_maps": ""})
    elif kind == "cleanup":
        # Only for mail from smtpd(8); mail that local(8) forwards passes the usual cleanup service.
        site.options.setdefault("smtp inet", {}).update({"cleanup_service_name": "inbound"})
        site.services.append("inbound unix n - y - 0 cleanup -o canonical_maps= -o recipient_canonical_maps= "
                             "-o recipient_bcc_maps=")
        if dice.chance(0.5):
            _canonical(dice, world)


def _mirror_holes(dice, world):
    site = _site(dice, world)
    parts = ["virtual", "aliases", "postconf-n", "master", "forward", "include", "listed/unix:passwd.byname",
             *site.domain_tables,
             *(extra.name for extra in site.extra_tables if extra.type not in ("inline", "static"))]
    for part in dice.sample(parts, dice.weighted((3, 1), (1, 2))):
        site.faults.append(Fault("missing-part", part))


MAKERS = {
    "canonical": _canonical, "relocated": _relocated, "transport": _transport, "bcc": _bcc, "generic": _generic,
    "smarthost": _smarthost,
    "recipient-access": _recipient_access, "domain-tables": _domain_tables, "masquerade": _masquerade,
    "content-filter": _content_filter, "delivery-agent": _delivery_agent, "master-options": _master_options,
    "mirror-holes": _mirror_holes,
}
