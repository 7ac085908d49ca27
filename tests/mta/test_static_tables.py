"""`shorthop tables` on a real secondary: mail ends in the same places without the milter and with the table in its
place."""
import time

import compare
import rootfs
from compare import Mirror, Tables
from daemon import TABLES
from smtp import Envelope

TABLE = "/etc/postfix/static"
PARAMETER = {"virtual": "virtual_alias_maps", "relay-recipients": "relay_recipient_maps"}
# A relay file for a mirror, in place of the settings for copies of single files.
MIRRORED = {"mirror": f"{TABLES}/mirror", "trust-forward-files": "yes",
            **dict.fromkeys(("virtual-alias-maps", "alias-maps", "forward-files", "include-root", "primary-postconf",
                             "primary-domains", "mailboxes"))}
NAMED_ONLY = {"parent_domain_matches_subdomains": ""}  # each relayed subdomain is in relay_domains


def take(mta, tables):
    """Activates the tables, with .forward files in the mirror."""
    compare.apply(mta.hosts, tables, mta.daemon)
    place = mta.hosts.secondary.place
    for name, text in tables.forward.items():
        rootfs.write(place, f"{TABLES}/mirror/forward/{name}", text)
    time.sleep(1.1)  # so that no file is newer than the stamp
    rootfs.write(place, f"{TABLES}/mirror/stamp", "")
    mta.daemon.reload()


def equal_with_table(mta, tables, form, recipients):
    """Sends to the recipients without and with the table. All copies must end in the same places. Returns the text of
    the table."""
    take(mta, tables)
    envelopes = [Envelope([f"<{recipient}>"], label=recipient) for recipient in recipients]
    without = compare.run(mta.hosts, envelopes)
    table = mta.daemon.tool("tables", "--form", form).stdout
    secondary = mta.hosts.secondary
    secondary.write(TABLE, table)
    warnings = secondary.place.run("sh", "-c", f"postmap hash:{TABLE} 2>&1").stdout
    secondary.configure({**tables.secondary, PARAMETER[form]: f"hash:{TABLE}"})
    with_table = compare.run(mta.hosts, envelopes)
    mta.check(not warnings, warnings)
    mta.check(without.ended == with_table.ended, f"different ends\n  without: {compare.show(without.ended)}"
                                                 f"\n  with:    {compare.show(with_table.ended)}\n{table}")
    return table


def has_entry(text, key):
    return any(line.split("\t")[0] == key for line in text.splitlines())


def test_extensions_of_other_tables(mta):
    """an extension that a table, a .forward file or `exclude` treats differently does not get the user's entry"""
    files = {"/etc/postfix/relocated": "gone@example.org new@example.net\nrel+gone@example.org new@example.net\n",
             "/etc/postfix/access": "acc+x@example.org REJECT\n",
             "/etc/postfix/bcc": "bcc+x@example.org ann@example.org\n",
             "/etc/postfix/routes": "route+x@example.org discard:\n"}
    names = ("rel", "acc", "bcc", "route", "far", "ex")
    table = equal_with_table(mta, Tables(
        virtual="".join(f"{name}@example.org user@example.com\n" for name in names if name != "far") +
        "far@example.org mid@example.org\nmid@example.org user@example.com\nmid+x@example.org ann@example.org\n",
        primary_users=("ann", "bob", "carol", "fred"), forward={"fred": "user@example.com\n", "fred+x": "ann@example.org\n"},
        primary={"relocated_maps": "hash:/etc/postfix/relocated", "recipient_bcc_maps": "hash:/etc/postfix/bcc",
                 "transport_maps": "hash:/etc/postfix/routes",
                 "smtpd_recipient_restrictions": "check_recipient_access hash:/etc/postfix/access"},
        mirror=Mirror(files=files, hashed=set(files)), relay_settings={**MIRRORED, "exclude": "ex+x@example.org"}),
        "virtual", ["rel+gone@example.org", "fred+x@example.org",
                    *(f"{name}+x@example.org" for name in names if name != "rel")])
    for key in ("rel@example.org", "fred@example.org", "far@example.org", "ex@example.org"):
        mta.check(has_entry(table, key), f"no entry {key}:\n{table}")


def test_extensions_of_a_pattern(mta):
    """a pattern may match any extension, so no entry that matches extensions is written"""
    table = equal_with_table(mta, Tables(
        virtual="al@example.org user@example.com\n",
        primary={"virtual_alias_maps": "hash:/etc/postfix/virtual, regexp:/etc/postfix/patterns"},
        mirror=Mirror(files={"/etc/postfix/patterns": "/^al\\+secret@/ ann@example.org\n"}), relay_settings=MIRRORED),
        "virtual", ["al@example.org", "al+secret@example.org", "al+other@example.org"])
    mta.check("/etc/postfix/patterns cannot be listed" in table and not has_entry(table, "al@example.org"), table)


def test_odd_names(mta):
    """a name that a text for postmap(1) cannot hold has no entry, and no other entry matches its mail"""
    tables = Tables(aliases='"#odd": user@example.com\nsales: user@example.com\n"sales+a b": ann\n',
                    secondary_users=("user", "dave", "sales"), mirror=Mirror(), relay_settings=MIRRORED)
    recipients = ["#odd@example.org", '"sales+a b"@example.org', "sales@example.org", "sales+a@example.com"]
    table = equal_with_table(mta, tables, "virtual", recipients)
    mta.check("its spelling cannot be written as a key" in table and not has_entry(table, "sales@example.org"), table)
    tables.secondary = NAMED_ONLY
    table = equal_with_table(mta, tables, "relay-recipients", recipients)
    mta.check(has_entry(table, "@example.org"), table)


def test_other_relay_domains(mta):
    """relay_recipient_maps is asked about every relay domain, also those without a relay file"""
    def world(more):
        return Tables(aliases="sales: user@example.com\n", mirror=Mirror(), relay_settings=MIRRORED,
                      primary={"mydestination": "$myhostname, localhost, $mydomain, other.example, sub.example.org"},
                      secondary={"relay_domains": "example.org, other.example, sub.example.org",
                                 "transport_maps": "inline:{{other.example=smtp:[192.0.2.10]},"
                                                   "{sub.example.org=smtp:[192.0.2.10]}}", **more})

    recipients = ["ann@other.example", "ann@sub.example.org", "ann@example.org", "sales@example.org"]
    table = equal_with_table(mta, world(NAMED_ONLY), "relay-recipients", recipients)
    mta.check(has_entry(table, "@other.example") and has_entry(table, "ann@example.org"), table)
    for more, status, has_table, says in (
            ({"parent_domain_matches_subdomains": "relay_domains"}, 0, True, "note: this host relays the subdomains"),
            ({**NAMED_ONLY, "relay_domains": "example.org, pcre:{{/other/ x}}"}, 78, False, "relay_domains")):
        mta.hosts.secondary.configure(world(more).secondary)
        result = mta.daemon.tool("tables", "--form", "relay-recipients", check=False)
        found = (result.returncode, "@other.example" in result.stdout, says in result.stdout)
        mta.check(found == (status, has_table, True),
                  f"{result.returncode}: {result.stdout}")


def test_both_spellings(mta):
    """a relay file has its domain in A-labels; Postfix treats the U-labels of it as another domain"""
    tables = Tables(aliases="sales: user@example.com\n", mirror=Mirror(),
                    relay_settings={**MIRRORED, "domains": "bücher.example"},
                    primary={"mydestination": "$myhostname, localhost, bücher.example, xn--bcher-kva.example"},
                    secondary={"relay_domains": "bücher.example, xn--bcher-kva.example", **NAMED_ONLY})
    take(mta, tables)
    table = mta.daemon.tool("tables", "--form", "relay-recipients").stdout
    mta.check(has_entry(table, "@bücher.example") and has_entry(table, "sales@xn--bcher-kva.example"), table)
    table = mta.daemon.tool("tables", "--form", "virtual").stdout
    mta.check("left out: every address with the domain written as b" in table and
              has_entry(table, "sales@xn--bcher-kva.example"), table)


def test_no_data(mta):
    """without data in use no table is printed: an empty table must not replace the old table"""
    tables = Tables(aliases="sales: user@example.com\n", mirror=Mirror(), relay_settings=MIRRORED)
    take(mta, tables)
    mta.check(mta.daemon.tool("tables", "--form", "virtual", check=False).returncode == 0, "no table")
    place = mta.hosts.secondary.place
    place.run("mv", f"{TABLES}/mirror", f"{TABLES}/away")
    for form in PARAMETER:
        result = mta.daemon.tool("tables", "--form", form, check=False)
        mta.check(result.returncode == 66 and "example.org" in result.stdout and "@" not in result.stdout,
                  f"{result.returncode}: {result.stdout}")


def test_senders_with_an_action_of_this_host(mta):
    """Mail that comes back from the primary is redirected. The table knows no senders, so it has no alias."""
    client = "check_client_access inline:{ { 192.0.2.100 = OK } }"
    for entry, is_written in (("REDIRECT erin@example.com", False), ("OK", True)):
        check = f"check_sender_access inline:{{ {{ sender@example.net = {entry} }} }}"
        table = equal_with_table(mta, Tables(
            aliases="sales: user@example.com\n", mirror=Mirror(), relay_settings=MIRRORED,
            secondary={"smtpd_sender_restrictions": f"{client}, {check}"}), "virtual", ["sales@example.org"])
        mta.check(has_entry(table, "sales@example.org") == is_written, table)
