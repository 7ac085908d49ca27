"""Live tables: listed by a command or a panel's query, then asked through the primary's postmap, also for made-up keys."""

import re

from checks import equal
from primary import ROOT, SHELLS, Bundle
from resolved import decided

POSTFIXADMIN = """
CREATE TABLE alias(address, goto, domain, active); CREATE TABLE domain(domain, backupmx, active);
CREATE TABLE mailbox(username, domain, active); CREATE TABLE alias_domain(alias_domain, target_domain, active);
INSERT INTO domain VALUES ('example.org', 0, 1), ('shop.example.org', 0, 1);
INSERT INTO alias_domain VALUES ('shop.example.org', 'example.org', 1);
INSERT INTO alias VALUES ('sales@example.org', 'ann@example.com, bob@example.com', 'example.org', 1);
INSERT INTO alias VALUES ('lines@example.org', 'ann@example.com' || char(10) || 'bob@example.com', 'example.org', 1);
INSERT INTO alias VALUES ('old@example.org', 'ann@example.com', 'example.org', 0);
INSERT INTO alias VALUES ('@shop.example.org', 'carol@example.com', 'shop.example.org', 1);
INSERT INTO alias VALUES ('otto@example.org', 'otto@example.org', 'example.org', 1);
INSERT INTO mailbox VALUES ('otto@example.org', 'example.org', 1);
"""
ALIAS = "SELECT goto FROM alias WHERE address='%s' AND active = 1"
ALIAS_DOMAIN = ("SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d'\n"
                "  AND alias.address = '%u' || '@' || alias_domain.target_domain AND alias.active = 1")
DOMAINS = "SELECT domain FROM domain WHERE domain='%s' AND active = 1"
MAILBOX = "SELECT username FROM mailbox WHERE username='%s'"
NAMES = {"alias": ALIAS, "aliasdomain": ALIAS_DOMAIN, "domains": DOMAINS, "mailbox": MAILBOX}
SETTINGS = ("mydestination = localhost\nvirtual_mailbox_domains = sqlite:/etc/postfix/domains.cf\n"
            "virtual_mailbox_maps = sqlite:/etc/postfix/mailbox.cf\n"
            "virtual_alias_maps = proxy:sqlite:/etc/postfix/alias.cf, sqlite:/etc/postfix/aliasdomain.cf\n")


def table(primary, name, query, database="/srv/mail.db"):
    primary.write(f"/etc/postfix/{name}.cf", f"# s3cret\ndbpath = {database}\nquery = {query}\n")


def postfixadmin(primary):
    primary.settings(SETTINGS)
    primary.database("/srv/mail.db", POSTFIXADMIN)
    for name, query in NAMES.items():
        table(primary, name, query)


def test_panel(primary, program):
    """with --panel every table is listed and enumerable, alias domains included, and shorthop knows who is unknown"""
    postfixadmin(primary)
    for shell in SHELLS:
        bundle = primary.export("--panel", "postfixadmin", shell=shell)
        equal((bundle.manifest("host"), bundle.manifest("not-listed")), (["mail.example.org"], []))
        equal(bundle.manifest("enumerable"), [f"sqlite:/etc/postfix/{name}.cf" for name in sorted(NAMES)] +
              ["unix:passwd.byname"])
        equal(bundle.text("listed/sqlite:/etc/postfix/aliasdomain.cf").splitlines()[0],
              "lines@shop.example.org\tann@example.com, bob@example.com")
        assert b"s3cret" not in bundle.data
        decided(program, bundle, {"sales@example.org": "rewrite all-local ann@example.com bob@example.com",
                                  "lines@example.org": "rewrite all-local ann@example.com bob@example.com",
                                  "otto@example.org": "keep primary-mailbox",
                                  "old@example.org": "keep unknown-recipient",
                                  "stranger@example.org": "keep unknown-recipient"})


def test_made_up_keys(primary, program):
    """a table that answers made-up keys is listed, but not enumerable: a key that is not listed may exist"""
    answering = {
        "alias": "SELECT goto FROM alias WHERE address='%s' UNION SELECT 'ann' WHERE '%d' = 'example.org'",
        "aliasdomain": "SELECT goto FROM alias WHERE address = '%u' || '@example.org'",
        "domains": "SELECT 'x' WHERE '%s' LIKE '%%.invalid' OR '%s' = 'example.org'",
        "mailbox": "SELECT 'x' FROM mailbox WHERE username = substr('%u', 1, 4) || '@example.org'",
    }
    postfixadmin(primary)
    for name, query in answering.items():
        table(primary, name, query)
    bundle = primary.export("--list", "*=echo sales@example.org; echo otto@example.org; echo example.org")
    equal(bundle.manifest("enumerable"), ["unix:passwd.byname"])
    found = dict(line.split(": it answers ") for line in bundle.manifest("not-listed"))
    equal(sorted(found), [f"sqlite:/etc/postfix/{name}.cf" for name in sorted(NAMES)])
    table(primary, "domains", DOMAINS)
    table(primary, "mailbox", MAILBOX)
    bundle = primary.export("--panel", "postfixadmin")
    decided(program, bundle, {"stranger@example.org": "keep not-mirrored"})


def test_forged_answers(primary, program):
    """a user who has line ends in his own entry cannot make an entry for anybody else"""
    line, tab = " || char(10) || ", " || char(9) || "
    forged = f"'otto@example.org'{tab}'bob@example.com'"
    first = "'bob@example.com'"
    # The second one fits if every key is asked twice.
    entries = {f"{first}{line}{forged}": True,
               f"{first}{line}'eve@example.org'{tab}{first}{line}{forged}{line}{forged}": False,
               f"{first}{line}{first}": True}
    for shell in SHELLS:
        for entry, is_listed in entries.items():
            postfixadmin(primary)
            primary.database("/srv/mail.db", POSTFIXADMIN + "DELETE FROM alias WHERE address = 'otto@example.org';"
                             f"INSERT INTO alias VALUES ('eve@example.org', {entry}, 'example.org', 1);")
            bundle = primary.export("--panel", "postfixadmin", shell=shell)
            not_listed = ["sqlite:/etc/postfix/alias.cf: its answer for eve@example.org changes, or has lines that look like "
                          "other answers"]
            equal((entry, bundle.manifest("not-listed")), (entry, [] if is_listed else not_listed))
            equal("listed/sqlite:/etc/postfix/alias.cf" in bundle.files, is_listed)
            equal(bundle.manifest("not-answered"), [])
            decided(program, bundle, {"otto@example.org": "keep primary-mailbox" if is_listed else "keep not-mirrored"})


def test_without_a_way(primary, program):
    """a table that nothing can list is named in the manifest, and its recipients are kept"""
    postfixadmin(primary)
    primary.settings(SETTINGS + "transport_maps = tcp:localhost:10025, socketmap:inet:localhost:10026:x\n")
    bundle = primary.export()
    equal({line.partition(".cf")[0].partition(": ")[0] for line in bundle.manifest("not-listed")},
          {f"sqlite:/etc/postfix/{name}" for name in NAMES} |
          {"tcp:localhost:10025", "socketmap:inet:localhost:10026:x"})
    assert not any(name.startswith("listed/sqlite") for name in bundle.files), list(bundle.files)
    decided(program, bundle, {"sales@example.org": "keep not-mirrored"})


def test_own_query(primary, _program):
    """--panel does not list a table whose query reads other tables than the panel's; --list does"""
    postfixadmin(primary)
    primary.database("/srv/own.db", "CREATE TABLE own(a, b); INSERT INTO own VALUES ('sales@example.org', 'ann');")
    table(primary, "alias", "SELECT b FROM own WHERE a='%s'", "/srv/own.db")
    bundle = primary.export("--panel", "postfixadmin")
    equal(bundle.manifest("not-listed"), ["sqlite:/etc/postfix/alias.cf: its query reads the table own, which is not "
                                          "in what --panel postfixadmin lists"])
    bundle = primary.export("--panel", "postfixadmin", "--list",
                            "sqlite:/etc/postfix/alias.cf=sqlite3 /srv/own.db 'SELECT a FROM own'")
    equal((bundle.manifest("not-listed"), bundle.text("listed/sqlite:/etc/postfix/alias.cf")),
          ([], "sales@example.org\tann\n"))


def test_failures(primary, _program):
    """if a list or a table fails, there is no bundle and the status is 75; if its list is empty, the table is not listed"""
    postfixadmin(primary)
    for command in ("exit 3", "echo sales@example.org"):
        if command != "exit 3":
            table(primary, "alias", "SELECT goto FROM nowhere WHERE address = '%s'")
        done = primary.run("--panel", "postfixadmin", "--list", f"sqlite:/etc/postfix/alias.cf={command}")
        equal((done.returncode, done.stdout), (75, b""))
        assert b"sqlite:/etc/postfix/alias.cf" in done.stderr, done.stderr
    equal(primary.place.run("sh", "-c", "ls -A /tmp").stdout, "")
    bundle = primary.export("--list", "*=true", "--list", "proxy:sqlite:/etc/postfix/typo.cf=true")
    assert "sqlite:/etc/postfix/typo.cf: --list has it, but no setting names it" in bundle.manifest("not-listed")
    assert "sqlite:/etc/postfix/alias.cf: the list of its keys is empty" in bundle.manifest("not-listed")


def test_full_disk(primary, _program):
    """if TMPDIR has too little space for the export, there is no bundle; with status 0, the bundle is complete"""
    primary.settings("virtual_alias_maps = sqlite:/etc/postfix/alias.cf, hash:/etc/postfix/virtual\n")
    primary.database("/srv/mail.db", "CREATE TABLE alias(address PRIMARY KEY, goto); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
                     "ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO alias SELECT i || '@example.org', 'ann' FROM n;")
    table(primary, "alias", ALIAS.replace(" AND active = 1", ""))
    words = ["--output", "/srv/out.tar", "--list", "*=sqlite3 /srv/mail.db 'SELECT address FROM alias'"]
    script = ("mkdir -p /mnt/small; rm -f /srv/out.tar; mount -t tmpfs -o size=%dk none /mnt/small; TMPDIR=/mnt/small \"$@\"; "
              "status=$?; umount /mnt/small; cat /srv/out.tar 2>/dev/null; exit $status")
    for shell in SHELLS:
        statuses = []
        for size in (8, 24, 40, 72, 104, 136, 200, 264, 4096):
            done = primary.run(*words, shell=shell, script=script % size)
            statuses.append(done.returncode)
            if done.returncode != 0:
                equal((size, done.stdout, done.returncode in (73, 74)), (size, b"", True))
                continue
            bundle = Bundle(done.stdout)
            equal((size, bundle.wrong_sums(), bundle.manifest("not-copied")), (size, [], []))
            equal(bundle.text("listed/sqlite:/etc/postfix/alias.cf").count("\n"), 500)
        equal((statuses[0] != 0, statuses[-1]), (True, 0))


DOCUMENTS = [ROOT / "packaging/doc/exporting.md", ROOT / "packaging/man/shorthop-export.1.in"]


def test_examples(primary, _program):
    """the examples of --list in the documents list their table, and fail if the command that asks the database fails"""
    fake = "#!/bin/sh\necho 'mail: ann@example.org'\nexit $(cat /srv/status)\n"
    primary.write("/opt/test/tools/ldapsearch", fake, mode=0o755)
    primary.write("/opt/test/tools/mysql", fake.replace("mail: ", ""), mode=0o755)
    primary.write("/opt/test/tools/postmap", "#!/bin/sh\nsed 's/$/\\tx/' | grep -v shorthop-no-such\n", mode=0o755)
    primary.write("/opt/test/tools/shorthop-export", '#!/bin/sh\nexec /opt/test/shorthop-export "$@"\n', mode=0o755)
    found = []
    for page in DOCUMENTS:
        text = page.read_text().replace("\\e", "\\").replace("\\-", "-")
        found += re.findall(r"^ *shorthop-export .*\\\n.*(?:\\\n.*)*|^ *shorthop-export .*--list '[^']*'", text, re.MULTILINE)
    examples = [one for one in found if "--list" in one]
    equal(len(examples), 3)
    for example in examples:
        name = re.search(r"(?:ldap|mysql):[^=]*", example)[0]
        primary.settings(f"mydestination = localhost\nvirtual_alias_maps = {name}\n")
        primary.write(name.partition(":")[2], "query_filter = (mail=%s)\n")
        for status, expected in ((0, 0), (4, 75)):
            primary.write("/srv/status", f"{status}\n")
            done = primary.run(script="PATH=/opt/test/tools:$PATH; " + example)
            equal((example, done.returncode), (example, expected))
            assert status or "ann@example.org\tx\n" in Bundle(done.stdout).text(f"listed/{name}"), example


def test_client_missing(primary, _program):
    """a table whose client program is not on the primary is named, and not listed"""
    primary.settings("mydestination = localhost\nvirtual_alias_maps = pgsql:/etc/postfix/alias.cf\n")
    primary.write("/etc/postfix/alias.cf", f"query = {ALIAS}\n")
    # A small container: BusyBox and Postfix, no database.
    done = primary.run("--panel", "postfixadmin",
                       script='shift; mount --bind /dev/null /usr/bin/psql; PATH=/opt/test/busybox '
                              '/usr/bin/busybox sh "$@"; status=$?; umount /usr/bin/psql; exit $status')
    equal((done.returncode, done.stderr), (0, b""))
    equal(Bundle(done.stdout).manifest("not-listed"),
          ["pgsql:/etc/postfix/alias.cf: the program psql, which would list it, is missing"])


def test_check_prints_sql(primary, _program):
    """--check prints the SQL that it would run, and runs none"""
    postfixadmin(primary)
    primary.place.run("rm", "/srv/mail.db")
    done = primary.run("--check", "--panel", "postfixadmin")
    equal(done.stderr, b"")
    assert b"would list  sqlite:/etc/postfix/alias.cf: SELECT alias.address FROM alias ; SELECT " in done.stdout, done


MODOBOA = """
CREATE TABLE admin_domain(id, name, type, enabled); CREATE TABLE admin_domainalias(name, target_id, enabled);
CREATE TABLE admin_mailbox(address, domain_id); CREATE TABLE transport_transport(pattern);
CREATE TABLE admin_alias(id, address, enabled, expire_at, domain_id);
CREATE TABLE modoboa_admin_aliasrecipient(address, alias_id);
INSERT INTO admin_domain VALUES (1, 'example.org', 'domain', 1);
INSERT INTO admin_domainalias VALUES ('example.net', 1, 1);
INSERT INTO admin_mailbox VALUES ('otto', 1);
INSERT INTO admin_alias VALUES (1, 'sales@example.org', 1, NULL, 1);
INSERT INTO admin_alias VALUES (2, 'party@example.org', 1, '2199-01-02 03:04:05', 1);
INSERT INTO modoboa_admin_aliasrecipient VALUES ('ann@example.com', 1), ('bob@example.com', 2);
INSERT INTO admin_alias VALUES (3, 'over@example.org', 1, '2026-01-02 03:04:05', 1);
INSERT INTO modoboa_admin_aliasrecipient VALUES ('carol@example.com', 3);
"""


def test_expiring(primary, program):
    """the manifest has the times of entries that expire, and an entry is not followed after its time"""
    primary.settings("virtual_alias_domains = example.org\nmydestination = localhost\n"
                     "virtual_alias_maps = sqlite:/etc/postfix/modoboa.cf\n")
    primary.database("/srv/mail.db", MODOBOA)
    table(primary, "modoboa", "SELECT r.address FROM modoboa_admin_aliasrecipient AS r INNER JOIN admin_alias AS a\n"
                              "  ON r.alias_id = a.id WHERE a.enabled = 1 AND a.address = '%s'")
    bundle = primary.export("--panel", "modoboa")
    equal(bundle.manifest("expires"), ["2026-01-02T03:04:05Z over@example.org", "2199-01-02T03:04:05Z party@example.org"])
    decided(program, bundle, {"party@example.org": "rewrite all-local bob@example.com",
                              "over@example.org": "keep not-mirrored"})


PANELS = {
    "vimbadmin": ("CREATE TABLE alias(address); CREATE TABLE mailbox(username); CREATE TABLE domain(domain);"
                  "INSERT INTO alias VALUES ('a@example.org');", "SELECT 'x' FROM alias WHERE address = '%s'"),
    "ispmail": ("CREATE TABLE virtual_aliases(source); CREATE TABLE virtual_users(email);"
                "CREATE TABLE virtual_domains(name); INSERT INTO virtual_users VALUES ('a@example.org');",
                "SELECT 'x' FROM virtual_users WHERE email='%s'"),
    "mailinabox": ("CREATE TABLE users(email); CREATE TABLE aliases(source); CREATE TABLE auto_aliases(source);"
                   "INSERT INTO auto_aliases VALUES ('a@example.org');",
                   "SELECT 'x' FROM (SELECT source FROM auto_aliases UNION SELECT email FROM users)\n"
                   "  WHERE source = '%s'"),
    "froxlor": ("CREATE TABLE mail_virtual(email, email_full); CREATE TABLE mail_users(email, username);"
                "CREATE TABLE panel_domains(domain); INSERT INTO mail_virtual VALUES ('a@example.org', NULL);",
                "SELECT 'x' FROM mail_virtual AS v WHERE v.email = '%s'"),
    "iredmail-sql": ("CREATE TABLE forwardings(address, domain); CREATE TABLE mailbox(username, domain);"
                     "CREATE TABLE alias(address); CREATE TABLE domain(domain);"
                     "CREATE TABLE alias_domain(alias_domain, target_domain);"
                     "CREATE TABLE recipient_bcc_domain(domain); CREATE TABLE recipient_bcc_user(username);"
                     "CREATE TABLE sender_bcc_domain(domain); CREATE TABLE sender_bcc_user(username);"
                     "INSERT INTO forwardings VALUES ('a@example.org', 'example.org');",
                     "SELECT 'x' FROM forwardings,domain WHERE forwardings.address = '%s' UNION\n"
                     "  SELECT 'x' FROM forwardings WHERE address = '%s'"),
}


def test_queries(primary, _program):
    """the queries of the panels fit their tables"""
    primary.settings("mydestination = localhost\nvirtual_alias_maps = sqlite:/etc/postfix/panel.cf\n")
    for panel, (statements, query) in PANELS.items():
        primary.database("/srv/mail.db", statements)
        table(primary, "panel", query)
        bundle = primary.export("--panel", panel)
        equal((panel, bundle.manifest("not-listed"), bundle.text("listed/sqlite:/etc/postfix/panel.cf")),
              (panel, [], "a@example.org\tx\n"))


CLIENT = """#!/bin/sh
echo "$@" >>/srv/asked; echo "$PGPASSWORD" >>/srv/asked
case $1 in --defaults-extra-file=*) cat "${1#*=}" >>/srv/asked ;; esac
echo sales@example.org
"""
SERVERS = {
    "mysql hosts = 192.0.2.1:3307 192.0.2.2": ['host="192.0.2.1"', "port=3307", 'password="p\\\\ w"', 'user="reader"'],
    "mysql hosts = inet:db.example.org": ['host="db.example.org"'],
    "mysql hosts = unix:/run/mysqld/mysqld.sock": ['socket="/run/mysqld/mysqld.sock"'],
    "pgsql hosts = unix:/run/postgresql": ["-h /run/postgresql -p 5432 -U reader -d mail", "p\\ w"],
    "pgsql hosts = postgresql:///mail?host=/run": ["-d postgresql:///mail?host=/run"],
}


def test_clients(primary, _program):
    """mysql and psql get the table's own server and user, and never the password on the command line"""
    for name in ("mysql", "psql"):
        primary.write(f"/opt/test/tools/{name}", CLIENT, mode=0o755)
    for server, expected in SERVERS.items():
        kind, _, hosts = server.partition(" ")
        primary.settings(f"mydestination = localhost\nvirtual_alias_maps = {kind}:/etc/postfix/db.cf\n")
        primary.write("/etc/postfix/db.cf", f"user = reader\npassword = p\\ w\ndbname = mail\n{hosts}\n"
                                            "query = SELECT goto\n  FROM alias WHERE address = '%s'\n")
        primary.write("/srv/asked", "")
        # The stand-in for the client lists a key. Then postmap(1) cannot ask the table, because there is no such
        # server.
        done = primary.run("--panel", "vimbadmin", script='PATH=/opt/test/tools:$PATH exec "$@"')
        equal((server, done.returncode, done.stdout), (server, 75, b""))
        asked = primary.place.path("/srv/asked").read_text()
        assert all(text in asked for text in expected), asked
        assert "p\\" not in asked.splitlines()[0], asked


TABLE_FILE = """\
# s3cret
user = reader
password = s3cret
 s3cret
hosts = postgresql://reader:s3cret@localhost/mail
dbname = mail
  # s3cret
query = SELECT goto
  FROM alias WHERE address = '%s'
domain = example.org, hash:/etc/postfix/virtual, /etc/postfix/domains
debuglevel = 0
"""


def test_table_files(primary, program):
    """--table-files copies an SQL table's servers, query and the files in its domain parameter, but no login"""
    primary.settings("mydestination = localhost\nvirtual_alias_domains = example.org\n"
                     "virtual_alias_maps = proxy:pgsql:/etc/postfix/alias.cf, sqlite:/etc/postfix/sqlite.cf\n"
                     "recipient_canonical_maps = ldap:other\n")
    primary.write("/etc/postfix/alias.cf", TABLE_FILE, mode=0o600)
    primary.write("/etc/postfix/domains", "example.org\n")
    primary.write("/etc/postfix/sqlite.cf", "dbpath = /srv/mail.db\nquery = SELECT 1\n")
    bundle = primary.export("--table-files")
    equal(bundle.text("files/etc/postfix/alias.cf"),
          "hosts = postgresql://reader@localhost/mail\ndbname = mail\nquery = SELECT goto\n"
          "  FROM alias WHERE address = '%s'\ndomain = example.org, hash:/etc/postfix/virtual, /etc/postfix/domains\n")
    equal(bundle.files["files/etc/postfix/alias.cf"].mode, 0o644)
    assert {"files/etc/postfix/sqlite.cf", "files/etc/postfix/virtual.db", "files/etc/postfix/domains"} <= set(bundle.files)
    assert b"s3cret" not in bundle.data
    equal(bundle.manifest("not-listed"), ["ldap:other: no way to list its keys was given (--panel, --list)"])
    # No database can be reached from here.
    decided(program, bundle, {"sales@example.org": "keep not-mirrored"})
    done = primary.run("--table-files", "--panel", "postfixadmin")
    equal((done.returncode, done.stdout), (64, b""))


LDAP_TABLE = """\
server_host = 192.0.2.1, ldap://192.0.2.2
server_port = 1389
bind_dn = cn=reader
bind_pw = p\\ w
start_tls = yes
tls_require_cert = yes
search_base = mail=%s,ou=Users,domainName=%d,o=domains,dc=example
query_filter = (&(objectClass=mailUser)(|(mail=%s)(proxyAddresses=smtp:%u@%d)(!(shadowAddress=%s)))(a=b))
result_attribute = maildrop
"""
LDAPSEARCH = """#!/bin/sh
while [ $# -gt 0 ]; do echo "$1"; [ "$1" != -y ] || cat "$2" >/srv/password; shift; done >/srv/asked
cat <<END
dn: mail=a
mail: ann@example.org
proxyAddresses: SMTP:bob@example.org
mail:: w6RAZXhhbXBsZS5vcmc=
objectClass: mailUser
END
"""


def test_ldap(primary, _program):
    """an LDAP table is listed by the attributes that its filter compares with the key, below the constant end of its base"""
    primary.write("/opt/test/tools/ldapsearch", LDAPSEARCH, mode=0o755)
    primary.write("/srv/asked", "")
    primary.settings("mydestination = localhost\nvirtual_alias_maps = ldap:/etc/postfix/ldap.cf\n")
    primary.write("/etc/postfix/ldap.cf", LDAP_TABLE)
    # postmap(1) of this host does not know ldap: a stand-in shows the keys that it would be asked about.
    primary.write("/opt/test/tools/postmap", "#!/bin/sh\nsed 's/$/\\tx/' | grep -v shorthop-no-such\n", mode=0o755)
    done = primary.run("--panel", "ldap", script='PATH=/opt/test/tools:$PATH exec "$@"')
    equal((done.returncode, done.stderr), (0, b""))
    keys = Bundle(done.stdout).text("listed/ldap:/etc/postfix/ldap.cf")
    for key in ("ann@example.org", "bob@example.org", "\u00e4@example.org", "@example.org"):
        assert f"{key}\tx\n" in keys, keys
    asked = primary.place.path("/srv/asked").read_text().splitlines()
    equal(asked[-5:], ["(|(domainName=*)(mail=*)(proxyAddresses=*)(shadowAddress=*))",
                       "domainName", "mail", "proxyAddresses", "shadowAddress"])
    assert {"ldap://192.0.2.1:1389 ldap://192.0.2.2 ", "o=domains,dc=example", "-ZZ", "cn=reader"} <= set(asked), asked
    equal((primary.place.path("/srv/password").read_text(), "p\\ w" in asked), ("p\\ w", False))


TESTS = [test_table_files, test_ldap, test_panel, test_made_up_keys, test_forged_answers, test_without_a_way,
         test_own_query, test_failures, test_full_disk, test_examples, test_client_missing, test_check_prints_sql,
         test_expiring, test_queries, test_clients]
