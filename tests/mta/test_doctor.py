"""`shorthop check` on a real Postfix: a broken set-up gets its finding, a healthy one no error or warning."""
import collections
import json
import os
import re

import compare
import rootfs
from compare import Mirror, Tables
from postfix import MASTER

ENTRY = "{ unix:shorthop/milter.sock, default_action=accept }"
MAIN_CF = "/etc/postfix/main.cf"
MASTER_CF = "/etc/postfix/master.cf"
HEALTHY = {"smtpd_milters": ENTRY, "relay_recipient_maps": "static:ok"}
POSTCONF = "/var/lib/shorthop/example.org/postconf-n"
MIRROR = "/var/lib/shorthop/example.org/mirror"
MIRRORED = {"virtual-alias-maps": None, "alias-maps": None, "forward-files": None, "include-root": None,
            "mirror": MIRROR, "max-age": "none", "primary-postconf": None}
PRIMARY = """\
alias_maps = hash:/etc/aliases
mydestination = example.org, mail.example.org
myhostname = mail.example.org
myorigin = example.org
virtual_alias_maps = hash:/etc/postfix/virtual
"""
NO_TABLES = PRIMARY.replace("hash:/etc/aliases", "").replace("hash:/etc/postfix/virtual", "")
ALIASES = "user: user@example.com\nann: ann\n"

# code: the finding expected; empty: nothing but notes
Case = collections.namedtuple("Case", "title code main master", defaults=({}, MASTER))


def smtpd(options):
    """Debian's master.cf with options for smtp/inet."""
    first, rest = MASTER.split("\n", 1)
    return f"{first} {options}\n{rest}"


POSTFIX_CASES = [
    Case("healthy", ""),
    Case("no milter", "milter-missing", {"smtpd_milters": ""}),
    Case("another milter", "milter-missing", {"smtpd_milters": "inet:127.0.0.1:1"}),
    Case("a milter behind", "milter-not-last", {"smtpd_milters": f"{ENTRY}, inet:127.0.0.1:1"}),
    Case("a milter behind, by name", "milter-not-last", {"smtpd_milters": f"{ENTRY} $more", "more": "inet:127.0.0.1:1"}),
    Case("milters before", "", {"smtpd_milters": "{ inet:127.0.0.1:1, { connect_timeout = 1s } } $more " + ENTRY,
                                "more": "unix:spam/milter.sock"}),
    Case("by name", "", {"smtpd_milters": "$all", "all": ENTRY}),
    Case("twice", "milter-twice", {"smtpd_milters": f"{ENTRY}, {ENTRY}"}),
    Case("Postfix's own default_action", "milter-default-action", {"smtpd_milters": "unix:shorthop/milter.sock"}),
    Case("default_action for all", "", {"smtpd_milters": "unix:shorthop/milter.sock",
                                        "milter_default_action": "accept"}),
    Case("tempfail", "milter-default-action",
         {"smtpd_milters": "{ unix:shorthop/milter.sock, default_action=tempfail }"}),
    Case("old protocol", "", {"milter_protocol": "2"}),
    Case("unknown protocol", "milter-protocol-unknown", {"milter_protocol": "5"}),
    Case("no macros", "milter-macros", {"milter_rcpt_macros": "i"}),
    Case("path outside of the chroot", "socket-chroot",
         {"smtpd_milters": "{ unix:/var/spool/postfix/shorthop/milter.sock, default_action=accept }"}),
    Case("milters of smtp/inet", "milter-missing", {}, smtpd("-o smtpd_milters=inet:127.0.0.1:1")),
    Case("milters of smtp/inet with shorthop", "", {}, smtpd("-o { smtpd_milters = inet:127.0.0.1:1, %s }" % ENTRY)),
    Case("no milters in smtp/inet", "no-milters", {}, smtpd("-o receive_override_options=no_milters")),
    Case("proxy", "proxy-filter", {"smtpd_proxy_filter": "127.0.0.1:1"}),
    Case("proxy in master.cf", "proxy-filter", {}, smtpd("-o smtpd_proxy_filter=127.0.0.1:1")),
    Case("no address mappings", "no-address-mappings", {"receive_override_options": "no_address_mappings"}),
    Case("a client's milters", "milter-maps", {"smtpd_milter_maps": "inline:{ { 192.0.2.9 = inet:127.0.0.1:1 } }"}),
    Case("a client without milters", "", {"smtpd_milter_maps": "inline:{ { 192.0.2.9 = DISABLE } }"}),
    Case("networks without milters", "", {"smtpd_milter_maps": "cidr:{ { 127.0.0.0/8 DISABLE }, { ::/64 DISABLE } }"}),
    Case("milters of clients by a pattern", "milter-maps", {"smtpd_milter_maps": "regexp:/etc/postfix/none"}),
    Case("blind copies of a mailbox", "bcc-kept",
         {"recipient_bcc_maps": "inline:{ { user@example.com = archive@example.com } }"}),
    Case("blind copies of an alias", "",
         {"recipient_bcc_maps": "inline:{ { other@example.com = archive@example.com } }"}),
    Case("not relayed", "not-relayed", {"relay_domains": "example.net"}),
    Case("relayed as a backup", "",
         {"relay_domains": "example.net", "smtpd_relay_restrictions": "permit_mx_backup reject_unauth_destination"}),
    Case("relayed as a backup of its primary's network", "",
         {"relay_domains": "example.net", "permit_mx_backup_networks": "192.0.2.0/24",
          "smtpd_relay_restrictions": "permit_mx_backup reject_unauth_destination"}),
    Case("not the network of the primary", "not-relayed",
         {"relay_domains": "example.net", "permit_mx_backup_networks": "203.0.113.0/24",
          "smtpd_relay_restrictions": "permit_mx_backup reject_unauth_destination"}),
    Case("relayed by a parent", "", {"relay_domains": "org"}),
    Case("relayed by a table", "", {"relay_domains": "regexp:/etc/postfix/any"}),
    Case("no list of recipients", "no-relay-recipients", {"relay_recipient_maps": ""}),
    Case("recipients verified", "", {"relay_recipient_maps": "",
                                     "smtpd_recipient_restrictions": "reject_unverified_recipient"}),
    Case("a smarthost that is not named", "route-elsewhere", {"relayhost": "[mail.example.net]:25"}),
    Case("a route to the primary", "",
         {"transport_maps": "inline:{ { example.org = relay:[mail.example.org] } }", "relayhost": "mail.example.net"}),
    Case("a route to another port of the primary", "route-elsewhere",
         {"transport_maps": "inline:{ { example.org = smtp:[mail.example.org]:2525 } }"}),
    Case("a route that does not relay", "route-not-relay", {"transport_maps": "inline:{ { example.org = lmtp:[127.0.0.1] } }"}),
    Case("a table that is not there", "host-table mta-not-asked", {"transport_maps": "hash:/etc/postfix/nosuch"}),
]

# Tables and settings of shorthop on a healthy Postfix.
TABLE_CASES = [
    ("an unknown user here", "alias-local-unknown", Tables(aliases=ALIASES + "lost: gone@example.com\n")),
    ("a mistyped domain", "alias-typo", Tables(aliases=ALIASES + "slip: user@exmaple.com\n")),
    ("a circle", "alias-loop", Tables(aliases=ALIASES, virtual="a@example.org b@example.org\n"
                                                               "b@example.org a@example.org\n")),
    ("a line that cannot be read", "table", Tables(aliases=ALIASES + "no colon\n")),
    ("a key that is there twice", "table", Tables(aliases=ALIASES + "user: x@example.net\n")),
    ("a foreign address", "", Tables(aliases=ALIASES + "far: x@example.net\n")),
    ("an empty table", "empty-table", Tables(aliases=ALIASES, virtual="")),
    ("old tables", "stale-data", Tables(aliases=ALIASES, relay_settings={"max-age": "5s"})),
    ("fresh tables", "", Tables(aliases=ALIASES, relay_settings={"max-age": "5h"})),
    ("no directory for the state", "state-directory", Tables(aliases=ALIASES, settings={"state": "/var/lib/none"})),
    ("another user's directory", "state-directory", Tables(aliases=ALIASES, settings={"state": "/var/lib/postfix"})),
    ("a copy that is from the future", "data-in-future", Tables(aliases=ALIASES)),
    ("another milter that no setting mentions", "other-milters", Tables(
        aliases=ALIASES, settings={"other-milters-edit-recipients": None},
        secondary={"smtpd_milters": f"inet:127.0.0.1:1, {ENTRY}"})),
    ("keys that are never looked up", "key-never-asked", Tables(
        aliases=ALIASES, virtual="*@example.org user@example.org\ninfo@example.org user@example.org\n")),
    ("no primary-postconf", "no-primary-postconf", Tables(aliases=ALIASES, relay_settings={"primary-postconf": None})),
    ("a primary-postconf that does not exist", "primary-postconf", Tables(aliases=ALIASES, relay_settings={
        "primary-postconf": "/nosuch"})),
    ("no tables", "no-tables", Tables(copies={POSTCONF: NO_TABLES}, relay_settings={
        "virtual-alias-maps": None, "alias-maps": None, "forward-files": None})),
    ("a missing table", "file copies-differ", Tables(relay_settings={"alias-maps": "text:/nosuch"})),
    ("an unknown setting", "setting", Tables(aliases=ALIASES, settings={"mdoe": "rewrite"})),
    ("a primary that is nowhere", "primary-unknown", Tables(aliases=ALIASES, relay_settings={
        "primary": "nosuch.example.org"})),
    ("a primary by its address", "", Tables(aliases=ALIASES, relay_settings={"primary": "192.0.2.10"})),
    ("a primary that is this host", "primary-is-here", Tables(aliases=ALIASES, relay_settings={
        "primary": "mail.example.com"})),
    ("a domain without MX", "mx-missing", Tables(aliases=ALIASES, relay_settings={
        "domains": "example.org nosuch.example"}, secondary={"relay_domains": "example.org nosuch.example"})),
    ("a domain of others", "mx-not-listed", Tables(aliases=ALIASES, relay_settings={
        "domains": "example.org example.net"}, secondary={"relay_domains": "example.org example.net"})),
]


def serious(mta, *words):
    """The codes of all findings that are more than a note, and the whole output."""
    result = mta.daemon.tool("check", "--json", *words, check=False)
    findings = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    mta.check(findings and "errors" in findings[-1], result.stdout)
    found = {finding["code"] for finding in findings[:-1] if finding["severity"] != "note"}
    mta.check((result.returncode != 0) == (findings[-1]["errors"] > 0),
              f"exit status {result.returncode}: {result.stdout}")
    return found, result.stdout


def expect(mta, title, code, *words):
    found, output = serious(mta, *words)
    found -= {"other-generation", "other-settings"}  # these tests change files that the daemon has perhaps not loaded yet
    mta.check(found == set(code.split()), f"{title}: found {found or 'nothing'}, expected {code}\n{output}")


DECIDED = {"other-milters-edit-recipients": "no"}


def prepare(mta, tables):
    """Writes the tables. Returns a healthy main.cf for the caller to write: postconf reads it without a reload."""
    tables.virtual = tables.virtual or "info@example.org user@example.org\n"
    tables.copies.setdefault(POSTCONF, PRIMARY)
    tables.settings = {**DECIDED, **tables.settings}
    tables.relay_settings = {"primary-postconf": POSTCONF, "recipient-delimiter": None, "primary-domains": None,
                             **tables.relay_settings}
    compare.apply(mta.hosts, tables)
    mta.daemon.write(tables)
    main_cf = mta.hosts.secondary.place.path(MAIN_CF).read_text()
    return main_cf + "".join(f"{name} = {value}\n" for name, value in {**HEALTHY, **tables.secondary}.items())


def test_postfix_that_is_set_up_wrong(mta):
    place = mta.hosts.secondary.place
    main_cf = prepare(mta, Tables(aliases=ALIASES))
    mta.daemon.reload()
    rootfs.write(place, "/etc/postfix/any", "/./ ok\n")
    try:
        for case in POSTFIX_CASES:
            more = "".join(f"{name} = {value}\n" for name, value in case.main.items())
            rootfs.write(place, MAIN_CF, main_cf + more)
            rootfs.write(place, MASTER_CF, case.master)
            expect(mta, case.title, case.code)
    finally:
        rootfs.write(place, MASTER_CF, MASTER)


def test_tables_and_settings_that_are_wrong(mta):
    for title, code, tables in TABLE_CASES:
        main_cf = prepare(mta, tables)
        if title == "an empty table":
            mta.hosts.secondary.write("/var/lib/shorthop/example.org/virtual", "")
        if title == "a copy that is from the future":
            os.utime(mta.hosts.secondary.place.path("/var/lib/shorthop/example.org/aliases"), (2 ** 31, 2 ** 31))
        rootfs.write(mta.hosts.secondary.place, MAIN_CF, main_cf)
        expect(mta, title, code)


def test_settings_that_are_written_and_not_reloaded(mta):
    compare.apply(mta.hosts, Tables(aliases=ALIASES), mta.daemon)
    path = mta.hosts.secondary.place.path("/etc/shorthop/relay.d/example.org.conf")
    path.write_text(path.read_text() + "exclude = user@example.org\n")
    output = mta.daemon.tool("resolve", "user@example.org").stdout
    note = "note: shorthopd has other settings in force; its decisions may differ (fix: run shorthop reload)"
    mta.check(note in output, output)
    output = mta.daemon.tool("check", check=False).stdout
    mta.check("[other-settings]" in output, output)
    mta.daemon.reload()
    output = mta.daemon.tool("resolve", "user@example.org").stdout + mta.daemon.tool("check", check=False).stdout
    mta.check("other settings" not in output, output)


def test_a_socket_that_postfix_cannot_reach(mta):
    place = mta.hosts.secondary.place
    rootfs.write(place, MAIN_CF, prepare(mta, Tables(aliases=ALIASES)))
    mta.daemon.reload()
    directory, socket = "/var/spool/postfix/shorthop", "/var/spool/postfix/shorthop/milter.sock"
    for title, code, breaks, fixes in (
            ("closed directory", "socket-directory", ("chmod", "700", directory), ("chmod", "750", directory)),
            ("another's directory", "socket-directory", ("chgrp", "shorthop", directory), ("chgrp", "postfix", directory)),
            ("no write", "socket-mode", ("chmod", "640", socket), ("chmod", "660", socket)),
            ("another's socket", "socket-mode", ("chgrp", "shorthop", socket), ("chgrp", "postfix", socket)),
            ("open socket", "socket-open", ("chmod", "666", socket), ("chmod", "660", socket)),
            ("closed settings", "unreadable-for-daemon", ("chmod", "700", "/etc/shorthop"),
             ("chmod", "755", "/etc/shorthop"))):
        place.run(*breaks)
        expect(mta, title, code)
        place.run(*fixes)
    expect(mta, "fixed", "")
    mta.daemon.kill()
    expect(mta, "a daemon that was killed", "socket-dead")
    place.run("rm", "-f", socket, socket + ".lock")
    expect(mta, "a daemon that does not run", "socket-missing")
    place.run("rmdir", directory)
    expect(mta, "no directory", "socket-directory-missing")
    place.run("install", "-d", "-o", "shorthop", "-g", "postfix", "-m", "750", directory)
    mta.daemon.start()


def test_what_the_daemon_cannot_read_is_readable_after_the_printed_fix(mta):
    tables = Tables(aliases=ALIASES, mirror=Mirror(), relay_settings=MIRRORED)
    place = mta.hosts.secondary.place
    main_cf = prepare(mta, tables)
    mta.daemon.write_mirror(tables, mta.hosts.primary)
    rootfs.write(place, MAIN_CF, main_cf)
    mta.daemon.reload()
    expect(mta, "healthy", "")
    relay_file = "/etc/shorthop/relay.d/example.org.conf"
    for mode, path in (("711", "/etc/shorthop/relay.d"), ("600", relay_file), ("700", MIRROR), ("711", MIRROR),
                       ("711", f"{MIRROR}/files/etc"), ("600", f"{MIRROR}/files/etc/aliases")):
        before = place.run("stat", "-c", "%a", path).stdout.strip()
        place.run("chmod", mode, path)
        output = mta.daemon.tool("check", check=False).stdout
        fix = re.search(r"\[unreadable-for-daemon\]\n.*\n    fix: .*?(chmod \S+ \S+)(?: and (touch \S+))?\n", output)
        mta.check(fix and fix[1].endswith(f" {path}"), f"{mode} {path}: {output}")
        for command in filter(None, fix.groups()):
            place.run(*command.split())
        mta.daemon.reload()
        expect(mta, f"{path} after {fix[0]}", "")
        place.run("chmod", before, path)
        place.run("touch", f"{MIRROR}/stamp")


def test_a_dns_that_is_silent_is_not_an_error(mta):
    place = mta.hosts.secondary.place
    rootfs.write(place, MAIN_CF, prepare(mta, Tables(aliases=ALIASES + "slip: user@exmaple.com\n")))
    mta.daemon.reload()
    resolv_conf = place.path("/etc/resolv.conf").read_text()
    place.path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    try:
        found, output = serious(mta)
        mta.check(found == {"not-asked", "alias-not-proven"} and "dns-not-checked" in output, output)
        mta.check('"errors":0' in output, output)
    finally:
        place.path("/etc/resolv.conf").write_text(resolv_conf)
    expect(mta, "not asked", "", "--no-dns")
    expect(mta, "asked", "alias-typo")


def test_a_user_without_rights_is_told_what_was_not_seen(mta):
    rootfs.write(mta.hosts.secondary.place, MAIN_CF, prepare(mta, Tables(aliases=ALIASES)))
    mta.daemon.reload()
    result = mta.daemon.tool("check", check=False, user=rootfs.SYSTEM_USERS["nobody"])
    mta.check(result.returncode == 0 and "[not-seen]" in result.stdout and " 0 errors, 0 warnings" in result.stdout,
              result.stdout)
