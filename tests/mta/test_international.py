"""International domains (RFC 6531, RFC 5890): an address is rewritten in the spelling that both hosts use for it."""
from compare import Mirror, Tables
from smtp import Envelope
from test_merging_here import MIRRORED

UTF8 = "<sender@example.net> SMTPUTF8"
DOMAIN = "bücher.example"
HERE = "münchen.example"


def tables(virtual, spelling=HERE):
    return Tables(virtual=virtual,
                  primary={"mydestination": f"$myhostname, localhost, example.org, {DOMAIN}",
                           "transport_maps": f"inline:{{ {{ {spelling} = smtp:[mail.example.com] }} }}"},
                  secondary={"relay_domains": f"example.org, {DOMAIN}",
                             "mydestination": f"$myhostname, localhost, example.com, {HERE}",
                             "transport_maps": f"inline:{{ {{ {DOMAIN} = smtp:[mail.example.org] }} }}"},
                  relay_settings={"domains": f"example.org {DOMAIN}"})


def test_domain_of_u_labels(mta):
    mta.check_same(tables(f"user@{DOMAIN} user@example.com\n"), [Envelope([f"<user@{DOMAIN}>"], UTF8)],
                   {r"user@b\xc3\xbccher.example": "rewrite all-local"})


def test_report_names_the_source_route_of_a_domain_of_u_labels(mta):
    bounces = tables(f"user@{DOMAIN} dead@example.com\n")
    bounces.secondary["alias_maps"] = "inline:{ { dead = nosuch } }"
    mta.check_same(bounces, [Envelope([f"<@relay.example.net:user@{DOMAIN}>"], UTF8)],
                   {r"user@b\xc3\xbccher.example": "rewrite all-local"})


def test_target_in_a_domain_of_u_labels(mta):
    mta.check_same(tables(f"user@example.org user@{HERE}\n"), [Envelope(["<user@example.org>"], UTF8)],
                   {"user@example.org": "rewrite all-local"})


def test_target_of_u_labels_for_a_client_without_smtputf8(mta):
    mta.check_same(tables(f"user@example.org user@{HERE}\n"), [Envelope(["<user@example.org>"])],
                   {"user@example.org": "keep invalid-address"})


def test_target_in_a_spelling_that_this_host_does_not_take_for_its_own(mta):
    # Postfix does not equate an A-label with its U-label. If shorthop added this address, the host would relay it.
    mta.check_same(tables("user@example.org user@xn--mnchen-3ya.example\n", "xn--mnchen-3ya.example"),
                   [Envelope(["<user@example.org>"], UTF8)], {"user@example.org": "keep foreign-target"})


def test_primary_that_does_not_take_smtputf8(mta):
    """Without shorthop, the message is returned to its sender."""
    aliases = {"aliases": "user: user@example.com\n", **MIRRORED}
    for settings in ({"smtputf8_enable": "no"}, {"smtpd_discard_ehlo_keywords": "smtputf8"}):
        envelope = Envelope(["<user@example.org>"], UTF8, header="X-Name: Zoë\r\n")
        mta.check_same(Tables(**aliases, primary=settings), [envelope], {"user@example.org": "keep not-followed"})
        mta.check_same(Tables(**aliases, primary=settings), [Envelope(["<user@example.org>"])],
                       {"user@example.org": "rewrite all-local"})
    own = {**aliases, "mirror": Mirror(services={"smtp inet": {"smtpd_discard_ehlo_keywords": "smtputf8"}})}
    envelope = Envelope(["<user@example.org>"], UTF8, header="X-Name: Zoë\r\n")
    mta.check_same(Tables(**own), [envelope], {"user@example.org": "keep not-followed"})
