"""Obstacles that a mirror shows, for which shorthop keeps recipients: entries of tables, settings, missing parts.

Only the world's own tables count here, not what shorthop says about them.
"""
from worlds import ASKED, address_of
from worlds_run import SENDER

PASSING = ("ok", "dunno")           # access(5)
SAME_WAY = (":", "local:", "smtp:", "relay:")  # transport(5)


def of_site(site, recipient):
    """Obstacles that do not depend on the recipient's alias: a filter, rules for the sender or route, access(5)."""
    local, domain = address_of(recipient)
    if is_mapped_twice(site) and (changes_again(site) or entries(site, "canonical_maps")
                                  or entries(site, "recipient_canonical_maps")):
        yield "a content filter with address mapping before and behind it, and entries that may apply twice"
    senders = (SENDER, "@" + SENDER.partition("@")[2])
    for name in ("sender_bcc_maps", *ASKED["smarthost"]):
        if any(entry.key in senders for entry in entries(site, name)):
            yield f"the primary's {name} has the sender"
    for name in ("relayhost", "default_transport"):
        if "[" in site.main.get(name, ""):
            yield f"the primary's {name} leads elsewhere"
    asked = {f"{local}@{domain}", domain, f"{local}@"}
    for char in site.delimiters:
        user = local.partition(char)[0]
        asked |= {f"{user}@{domain}", f"{user}@"}
    for entry in entries(site, "check_recipient_access"):
        if entry.key.lower() in asked and entry.targets[0].lower() not in PASSING:
            yield "a check_recipient_access of the primary"


def of_address(site, domain, asked):
    """Obstacles for an address on the way; `asked` are its keys."""
    for name in ("recipient_bcc_maps", "smtp_generic_maps", "relocated_maps"):
        if any(entry.key.lower() in asked for entry in entries(site, name)):
            yield f"the primary's {name} has an address on the way"
    parents = {domain[at:] for at in range(len(domain)) if domain[at] == "."}
    for entry in entries(site, "transport_maps"):
        if entry.key.lower() in {*asked, domain, *parents, "*"} and entry.targets[0] not in SAME_WAY:
            yield "the primary's transport_maps has an address on the way"
    if domain.endswith(f".{site.main.get('masquerade_domains', ' ')}"):
        yield "the primary's masquerade_domains has a domain on the way"
    forwards = {entry.key.lower() for entry in site.forward}
    if site.mirror and not site.users_from and asked & forwards:
        yield "a .forward file whose owner the mirror does not show"


def is_mapped_twice(site):
    return any("no_address_mappings" not in service and "10026" in service for service in site.services) and \
        "no_address_mappings" not in str(site.options)


def changes_again(site):
    """Whether an alias may expand into itself: then a second pass may expand it again."""
    virtual = [*site.virtual, *entries(site, "virtual_alias_maps")]
    keys = {entry.key.lower().partition("@")[0] for entry in virtual}
    return any(target.lower().partition("@")[0] in keys for entry in virtual for target in entry.targets)


def entries(site, parameter):
    return [entry for extra in site.extra_tables_of(parameter) if extra.named_by != "relay" for entry in extra.entries]
