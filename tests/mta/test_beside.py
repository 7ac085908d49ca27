"""Circumstances outside shorthop: another milter, a DNS that does not answer, MX records that lead to another host."""
from one_world import MYDESTINATION, entries, site, try_world, virtual
from worlds import A_LABEL, BRANCH, SPLIT, U_LABEL, OtherMilter

SYSTEMS = {"second": "postfix"}
OFFICE = {"office@example.org": "rewrite all-local"}
OWN_DOMAINS = "$myhostname, localhost.$mydomain, localhost, $mydomain"


def office(main=None, **more):
    return site(main, aliases=entries(office="user@example.com", team="erin@example.com, frank@example.com"), **more)


def test_target_that_an_earlier_milter_deletes(mta):
    """The client gives an alias and its target. The milter deletes the target, so one copy arrives, by the alias."""
    other = OtherMilter("before", {"delete": ["user@example.com"]}, "no")
    try_world(mta, office(), OFFICE, other_milters=[other], envelopes=[["<office@example.org>", "<user@example.com>"],
                                                                      ["<user@example.com>", "<office@example.org>"]])


def test_milter_that_redirects(mta):
    """Whether that milter is called before or after shorthop, all mail reaches gus, and none reaches user."""
    policy = {"delete_all": True, "add": "gus@example.com"}
    for place in ("before", "behind"):
        for declared in ("", "yes"):
            other = OtherMilter(place, policy, declared)
            results = try_world(mta, office(), {}, other_milters=[other], envelopes=[["<office@example.org>"]])
            mta.check({end.name for _, sent in results for end in sent.ends} == {"gus"}, f"{results}")


def test_milter_that_edits_no_recipients(mta):
    for place in ("before", "behind"):
        try_world(mta, office(), OFFICE, other_milters=[OtherMilter(place, {}, "no")])


def test_another_route_while_the_address_of_the_primary_is_not_known(mta):
    """The DNS failed when shorthop loaded its data, so it is unknown whether that next hop is the primary."""
    elsewhere = {"transport_maps": "inline:{ { office@example.org = smtp:[192.0.2.30] } }"}
    try_world(mta, office(), {"office@example.org": "keep"}, main=elsewhere, dns_fails=True)


def test_dns_that_failed_at_the_first_load_and_answers_at_the_next(mta):
    """At the first load it is unknown whether mail for example.com would arrive here; at the second it is known."""
    try_world(mta, office(), {"office@example.org": "keep lookup-failed"}, then=OFFICE, dns_fails=True)


def test_another_route_to_a_known_address(mta):
    elsewhere = {"transport_maps": "inline:{ { office@example.org = smtp:[192.0.2.30] } }"}
    try_world(mta, office(), {"office@example.org": "keep mta-not-relaying"}, main=elsewhere)


def test_domain_whose_best_mx_is_another_host(mta):
    here = {"mydestination": f"{OWN_DOMAINS}, {BRANCH}"}
    primary = site(aliases=entries(office="user@example.com", branch=f"user@{BRANCH}"))
    try_world(mta, primary, {"branch@example.org": "keep foreign-target", "office@example.org": "rewrite all-local"},
              main=here, elsewhere=[BRANCH])


def test_own_domain_whose_best_mx_is_another_host(mta):
    try_world(mta, office(), {"office@example.org": "keep foreign-target"}, view="moved", elsewhere=["example.com"])


def test_domain_whose_mail_arrives_here_though_the_dns_does_not_say_so(mta):
    here = {"mydestination": f"{OWN_DOMAINS}, {SPLIT}"}
    aliases = entries(office=f"user@{SPLIT}")
    try_world(mta, site(aliases=aliases), {"office@example.org": "keep foreign-target"}, main=here, view="inside")
    try_world(mta, site(aliases=aliases, arrives_here=[SPLIT]), {"office@example.org": "rewrite all-local"}, main=here,
              view="inside")


def test_target_that_this_host_refuses(mta):
    """If the primary sends mail for the target back, this host rejects the mail. It would accept the target if a milter
    adds it."""
    refuses = {"smtpd_recipient_restrictions": "check_recipient_access inline:{ { user@example.com = REJECT } }"}
    try_world(mta, office(), {"office@example.org": "keep not-followed", "team@example.org": "rewrite all-local"},
              main=refuses)


def test_two_spellings_of_a_domain_are_two_domains(mta):
    """Only one of them has the entry; with the other spelling ann has her mailbox on the primary."""
    primary = site({"mydestination": f"{MYDESTINATION}, {U_LABEL}, {A_LABEL}"}, ("example.org", U_LABEL, A_LABEL),
                   virtual=virtual(f"ann@{A_LABEL} user@example.com"))
    try_world(mta, primary, {f"ann@{U_LABEL}": "keep", f"ann@{A_LABEL}": "rewrite all-local"})


def test_one_spelling_that_is_led_to_the_other(mta):
    primary = site({"mydestination": f"{MYDESTINATION}, {U_LABEL}, {A_LABEL}"}, ("example.org", U_LABEL, A_LABEL),
                   virtual=virtual(f"@{U_LABEL} @{A_LABEL}", f"ann@{A_LABEL} user@example.com"))
    try_world(mta, primary, {f"ann@{U_LABEL}": "rewrite all-local"})


def test_relay_domain_by_permit_mx_backup(mta):
    backup = {"relay_domains": "", "smtpd_relay_restrictions":
              "permit_mynetworks, permit_mx_backup, reject_unauth_destination"}
    try_world(mta, office(), OFFICE, main=backup)


def test_older_milter_protocols(mta):
    for version in ("2", "3"):
        try_world(mta, office(), OFFICE, main={"milter_protocol": version})
