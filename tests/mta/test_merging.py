"""A primary that sends one copy if several recipients lead to one mailbox, and recipients that this host sends to the
primary under another address. If another recipient of the message were replaced, the mailbox would get a second copy.
"""
from compare import Tables
from smtp import Envelope

SYSTEMS = {"primary": "sendmail"}
ALIASES = "user: user@example.com\nteam: user@example.com\ndave: dave@example.com\n"
KEPT, REPLACED = "keep not-followed", "rewrite all-local"
TEAM = "{ info@example.com = team@example.org }"


def beside(mta, other, decision, **more):
    """Sends a message to that recipient and user@example.org."""
    seen = mta.check_same(Tables(aliases=ALIASES, **more), [Envelope([other, "<user@example.org>"])],
                          {"user@example.org": decision})
    copies = seen.with_milter.ended.total()
    mta.check(copies == 1 or decision == REPLACED, f"the primary should merge the copies, but there are {copies}")


def test_tables_of_this_host_that_lead_to_the_primary(mta):
    for parameter in ("virtual_alias_maps", "canonical_maps", "recipient_canonical_maps"):
        beside(mta, "<info@example.com>", KEPT, secondary={parameter: f"inline:{{ {TEAM} }}"})


def test_name_without_a_domain(mta):
    """The name gets the domain $myorigin."""
    beside(mta, "<team>", KEPT, secondary={"myorigin": "example.org"})
    beside(mta, "<dave>", REPLACED)


def test_domain_of_the_primary_without_a_relay_file(mta):
    more = {"primary": {"local-host-names": "example.org\nother.example\n"}}
    domains = {"relay_domains": "example.org, other.example"}
    beside(mta, "<team@other.example>", KEPT, **more,
           secondary={**domains, "relay_transport": "smtp:[mail.example.org]"})


def test_aliases_of_this_host(mta):
    """local(8) sends what it forwards as a separate message."""
    beside(mta, "<info@example.com>", REPLACED, secondary_files={"/etc/aliases": "info: team@example.org\n"},
           secondary={"alias_maps": "texthash:/etc/aliases", "alias_database": ""})
