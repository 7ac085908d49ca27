"""Copies that differ from the primary: missing, superfluous or truncated files, and files that the primary rejects.

Recipients that a difference may affect are kept, and no others.
"""
from one_world import entries, site, try_world, virtual
from worlds import Entry, ExtraTable, Fault

SYSTEMS = {"second": "postfix"}
CATCH_ALL = virtual("@example.org user@example.com", "team@example.org erin@example.com")
SALES = ExtraTable("virtual", "regexp", virtual("/^sales-/ frank@example.com"), named_by="primary")


def test_second_virtual_table_that_was_not_copied(mta):
    """The missing table comes after the copied one, but is also searched for the targets that the copied one gives."""
    try_world(mta, site(virtual=CATCH_ALL, extra_tables=[SALES]),
              {"sales-x@example.org": "keep not-mirrored", "team@example.org": "keep not-mirrored"})


def test_first_virtual_table_that_was_not_copied(mta):
    hidden = ExtraTable("virtual", "hash", virtual("team@example.org carol@example.org"), is_first=True,
                        named_by="primary")
    try_world(mta, site(virtual=CATCH_ALL, extra_tables=[hidden]),
              {"team@example.org": "keep not-mirrored", "x@example.org": "keep not-mirrored"})


def test_second_alias_table_that_was_not_copied(mta):
    """aliases(5) are searched before the .forward file."""
    hidden = ExtraTable("aliases", "hash", entries(ann="carol"), named_by="primary")
    forward = [Entry("ann", ["user@example.com"])]
    try_world(mta, site(virtual=virtual("team@example.org erin@example.com"), forward=forward, extra_tables=[hidden],
                        aliases=entries(list="ann, user@example.com")),
              {"ann@example.org": "keep not-mirrored", "list@example.org": "keep not-mirrored",
               "team@example.org": "rewrite all-local"})


def test_alias_table_that_the_primary_does_not_have(mta):
    left = Fault("left-over-table", "aliases")
    hidden = ExtraTable("aliases", "hash", entries(office="carol"), named_by="primary")
    try_world(mta, site(aliases=entries(office="user@example.com"), extra_tables=[hidden], faults=[left]),
              {"office@example.org": "keep not-mirrored"})


def test_tables_in_another_order_than_on_the_primary(mta):
    first = ExtraTable("virtual", "texthash", virtual("team@example.org frank@example.com"), is_first=True)
    results = try_world(mta, site(virtual=CATCH_ALL, extra_tables=[first], faults=[Fault("other-order", "virtual")]),
                        {"team@example.org": "rewrite all-local"})
    mta.check({end.name for _, sent in results for end in sent.ends} == {"frank"}, "the primary's order should hold")


def test_table_of_patterns(mta):
    """A table of patterns is asked about the whole address, after the table before it."""
    named = ExtraTable("virtual", "regexp", SALES.entries)
    try_world(mta, site(virtual=virtual("team@example.org erin@example.com"), extra_tables=[named]),
              {"sales-x@example.org": "rewrite all-local", "team@example.org": "rewrite all-local"})


def test_setting_of_the_primary_that_names_a_table_without_a_copy(mta):
    """This host may have a file of the same name, which says nothing about the primary."""
    hidden = ExtraTable("transport_maps", "texthash", virtual("carol@example.org error:closed"), named_by="primary")
    aliases = entries(office="user@example.com", team="carol, user@example.com")
    try_world(mta, site(aliases=aliases, extra_tables=[hidden]),
              {"office@example.org": "keep", "team@example.org": "keep"})


def test_table_that_is_written_in_main_cf(mta):
    """An inline: table needs no copy, but the relay file may name it."""
    named = ExtraTable("virtual", "inline", virtual("team@example.org frank@example.com"), is_first=True)
    try_world(mta, site(virtual=CATCH_ALL, extra_tables=[named]),
              {"team@example.org": "rewrite all-local", "x@example.org": "rewrite all-local"})


def test_relay_domain_that_the_primary_does_not_name(mta):
    """The primary rejects all mail for it, whatever virtual contains."""
    entry = virtual("team@other.example erin@example.com", "team@example.org erin@example.com")
    try_world(mta, site(domains=("example.org", "other.example"), virtual=entry),
              {"team@other.example": "keep", "team@example.org": "rewrite all-local"})


def test_domain_of_this_host_that_is_a_virtual_alias_domain_of_the_primary(mta):
    """virtual_alias_domains is $virtual_alias_maps by default; the mail is returned as for an unknown user."""
    table = virtual("example.com anything", "team@example.org erin@example.com")
    for by_hand in (False, True):
        try_world(mta, site(virtual=table, by_hand=by_hand), {"team@example.org": "keep"})


def test_line_that_postalias_only_warns_about(mta):
    try_world(mta, site(aliases=entries(office="user@example.com"), odd_lines={"aliases": ["some words here"]}),
              {"office@example.org": "rewrite all-local", "some@example.org": "keep"})


def test_table_file_that_is_missing(mta):
    try_world(mta, site(virtual=CATCH_ALL, aliases=entries(office="user@example.com"),
                        faults=[Fault("missing-file", "virtual")]), {"office@example.org": "keep"})


def test_domain_whose_class_is_unknown(mta):
    """ann has a mailbox in a virtual mailbox domain, to which aliases(5) do not apply."""
    mailboxes = {"mydestination": "$myhostname, localhost", "virtual_mailbox_domains": "example.org",
                 "virtual_mailbox_maps": "inline:{ { ann@example.org = ann/Maildir/ } }",
                 "virtual_mailbox_base": "/home", "virtual_uid_maps": "static:1000", "virtual_gid_maps": "static:1000"}
    aliases = entries(ann="user@example.com", postmaster="erin@example.com")
    try_world(mta, site(mailboxes, aliases=aliases, virtual=virtual("team@example.org frank@example.com"),
                        by_hand=True, lists_domains=False),
              {"ann@example.org": "keep", "postmaster@example.org": "keep", "team@example.org": "rewrite all-local"})


def test_domain_whose_class_the_relay_file_says(mta):
    try_world(mta, site(aliases=entries(office="user@example.com"), by_hand=True),
              {"office@example.org": "rewrite all-local"})


def test_forward_files_that_the_primary_ignores(mta):
    """local(8) then delivers to the mailbox."""
    for mode in ("0666", "0", "link", "directory", "owner"):
        refused = site(forward=[Entry("ann", ["user@example.com"]), Entry("bob", ["erin@example.com"])],
                       lists_mailboxes=True, passwd=True, faults=[Fault("mode", "forward/ann", mode=mode)])
        try_world(mta, refused, {"ann@example.org": "keep", "bob@example.org": "rewrite all-local"})


def test_include_file_that_everybody_may_write(mta):
    """local(8) returns the mail."""
    listed = Entry("/etc/mail/list", ["user@example.com", "erin@example.com"])
    try_world(mta, site(aliases=entries(list=":include:/etc/mail/list"), include=[listed],
                        faults=[Fault("mode", "include/etc/mail/list", mode="0666")]), {"list@example.org": "keep"})


def test_copy_that_is_cut_in_the_middle_of_a_line(mta):
    try_world(mta, site(aliases=entries(list="user@example.com, carol"), faults=[Fault("cut", "aliases", at=0.8)]),
              {"list@example.org": "keep"})


def test_forward_file_that_is_cut(mta):
    try_world(mta, site(forward=[Entry("ann", ["user@example.com", "carol"], style=1)],
                        faults=[Fault("cut", "forward/ann", at=0.75)]), {"ann@example.org": "keep"})


def test_postconf_output_that_is_cut(mta):
    """Settings missing after the cut would be taken for defaults."""
    maps = {"transport_maps": "inline:{ { team@example.org = error:closed } }"}
    try_world(mta, site(maps, virtual=CATCH_ALL, faults=[Fault("cut", "postconf-n", at=0.7)]),
              {"team@example.org": "keep"})


def test_table_that_lost_most_of_its_lines_since_the_last_load(mta):
    lines = virtual(*(f"filling{at}@example.org user@example.com" for at in range(40)), "team@example.org carol",
                    "@example.org user@example.com")
    for fault in (Fault("cut-at-line-end", "virtual", at=0.5), Fault("emptied", "virtual")):
        try_world(mta, site(virtual=lines, aliases=entries(team="erin@example.com"), faults=[fault]),
                  {"team@example.org": "keep", "filling1@example.org": "keep"})
