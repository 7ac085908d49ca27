"""No secret enters a bundle: secrets are planted wherever a Postfix has them, and searched for in all bytes."""

from primary import MAIN, MASTER, SHELLS
from resolved import decided

SETTINGS = """\
smtp_sasl_password_maps = static:relay:s3cret-static, hash:/etc/postfix/logins, texthash:/etc/postfix/texts
login = relay:s3cret-by-name
lmtp_sasl_password_maps = static:$login
proxy_read_maps = $virtual_alias_maps $login
virtual_mailbox_domains = ldap:people, sqlite:/etc/postfix/domains.cf
people_server_host = ldap://reader:s3cret-in-url@ldap.example.org
people_bind_dn = cn=s3cret-dn
people_bind_pw = s3cret-bind
people_query_filter = (s3cret-filter=%s)
import_environment = MAIL_CONFIG TOKEN=s3cret-environment
mailbox_command = /usr/bin/deliver --password s3cret-mailbox
tls_server_sni_maps = inline:{ { example.org = s3cret-key } }
smtp_tls_policy_maps = inline:{ { example.net = s3cret-inline } }
sender_dependent_relayhost_maps = hash:/etc/postfix/logins
content_filter = scan:[127.0.0.1]:10025
mytables = inline:{ { boss@example.org = ann } }
virtual_alias_maps = hash:/etc/postfix/virtual, $mytables
smtpd_restriction_classes = strict
strict = reject_unknown_sender_domain, reject
myscanner = scanner
smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/texts
postscreen_dnsbl_sites = s3cretkey.zen.dq.spamhaus.net=127.0.0.[2..11]*3, ix.dnsbl.manitu.net
smtpd_client_restrictions = reject_rbl_client s3cretkey.zen.dq.spamhaus.net, permit_dnswl_client list.dnswl.org,
  reject_rhsbl_sender s3cretlongerthanusual.dbl.example.net
smtp_header_checks = pcre:{{/^From:/ PREPEND X-Token: s3cret-header}}
smtpd_reject_footer = see https://reader:s3cret@s3cret/s3cret@www.example.org/
"""
SERVICES = """\
spaced     unix  -  n  n  -     -  pipe
  flags=R user=nobody argv={/usr/bin/spaced --password s3cret-spaced} s3cret-more
scan       unix  -  n  n  -     -  pipe
  flags=R user=nobody argv=/usr/bin/scan --password s3cret-argument ${recipient}
relay      unix  -  -  y  -     -  smtp -o smtp_sasl_password_maps=static:r:s3cret-option
  -o { smtp_tls_policy_maps = inline:{ { a = {s3cret-brace} } } } -o syslog_name=postfix/s3cret-after
  -o mypassword=s3cret-other -o myuser=s3cret-user
"""
KEPT = ["mytables = inline:{ { boss@example.org = ann } }", "strict = reject_unknown_sender_domain, reject",
        "content_filter = scan:[127.0.0.1]:10025", "smtp_sasl_password_maps = (removed-by-shorthop-export)",
        "postscreen_dnsbl_sites = (removed-by-shorthop-export).zen.dq.spamhaus.net=127.0.0.[2..11]*3, "
        "ix.dnsbl.manitu.net"]


def plant(primary):
    primary.write("/etc/postfix/main.cf", MAIN + SETTINGS)
    primary.write("/etc/postfix/master.cf", MASTER + SERVICES)
    primary.table("hash:/etc/postfix/logins", "example.net relay:s3cret-login\n")
    primary.table("hash:/etc/postfix/texts", "example.net relay:s3cret-of-another-type\n")
    primary.write("/etc/postfix/domains.cf", "dbpath = /srv/s3cret.db\nquery = SELECT 's3cret-query'\n")
    primary.write("/etc/passwd", "root:s3cret-hash:0:0:s3cret person:/root:/bin/sh\n"
                                 "nobody:x:65534:65534::/nonexistent:/bin/false\n")
    primary.write("/etc/shadow", "root:s3cret-shadow:::::::\n", mode=0o600)


def test_planted(primary, _program):
    """planted secrets of main.cf, master.cf, tables and users are not in the bundle; settings that route mail are"""
    plant(primary)
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        data = bundle.data
        found = [data[max(0, at - 60):at + 30] for at in range(len(data)) if data.startswith(b"s3cret", at)]
        # An option after braces is left out of the service's line, but `postconf -P` prints it. It is not secret.
        found = [text for text in found if b"syslog_name = postfix/s3cret-after" not in text]
        assert not found, f"{shell}: {found}"
        lines = bundle.text("postconf").splitlines()
        assert not set(KEPT) - set(lines), set(KEPT) - set(lines)
        master = bundle.text("master").splitlines()
        for name in ("scan", "spaced"):
            assert any(line.endswith(f" argv=/usr/bin/{name}") for line in master), master
        assert "relay/unix/smtp_sasl_password_maps = (removed-by-shorthop-export)" in master, master
        reason = "smtp_sasl_password_maps or the like names it, so it may hold passwords"
        assert f"hash:/etc/postfix/logins: {reason}" in bundle.manifest("not-listed"), bundle.manifest("not-listed")


def test_names_of_lists(primary, program):
    """parts of domain lists and restrictions are written although their names look like names of secrets"""
    primary.settings("smtpd_restriction_classes = bypass_filters\n"
                     "bypass_filters = check_recipient_access hash:/etc/postfix/rcpt\n"
                     "my_passive_domains = example.org, $token_domains\ntoken_domains = example.net\n"
                     "mydestination = $myhostname, localhost, $my_passive_domains\n"
                     "mail_password = s3cret\nsmtpd_banner = $mail_password\n")
    primary.table("hash:/etc/postfix/rcpt", "ann@example.org REDIRECT boss@example.org\n")
    primary.table("hash:/etc/aliases", "ann: ann@example.com\nbob: bob@example.com\n", "postalias")
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        assert b"s3cret" not in bundle.data
        decided(program, bundle, {"ann@example.org": "keep not-followed",
                                  "bob@example.org": "rewrite all-local bob@example.com"})


def test_files_of_unlisted_parameters(primary, _program):
    """a file is not read if it is named only by parameters that are not on the script's list"""
    primary.settings("mailbox_command_maps = hash:/etc/postfix/other\nsmtp_header_checks = regexp:/etc/postfix/out\n")
    for name in ("other", "out"):
        primary.write(f"/etc/postfix/{name}", "s3cret\n")
    assert b"s3cret" not in primary.export().data


def test_table_files(primary, _program):
    """--table-files writes a table's servers and query, and no login, whatever form the login has"""
    primary.settings("virtual_alias_maps = ldap:/etc/postfix/l.cf, pgsql:/etc/postfix/p.cf, mysql:/etc/postfix/m.cf\n")
    primary.write("/etc/postfix/l.cf", "# s3cret\nserver_host = ldap://reader:s3cret@ldap.example.org\n"
                  "bind_pw = s3cret\n  s3cret\nquery_filter = (mail=%s)\n")
    primary.write("/etc/postfix/p.cf", "hosts = postgresql:///db?host=/run/postgresql&user=s3cret&password=s3cret\n"
                  "  postgresql://reader:s3cret@s3cret/s3cret@h:5433/db?sslmode=require&sslpassword=s3cret\n"
                  "dbname = dbname=mail password='s3cret s3cret' user=s3cret\nquery = SELECT 1\n")
    primary.write("/etc/postfix/m.cf", "hosts = db.example.org:3307\nuser = s3cret\npassword=s3cret\ndbname = mail\n"
                  "query = SELECT goto FROM alias\n # s3cret\n WHERE address = '%s'\n")
    for shell in SHELLS:
        bundle = primary.export("--table-files", shell=shell)
        assert b"s3cret" not in bundle.data, [bundle.text(f"files/etc/postfix/{name}.cf") for name in "lpm"]
        assert bundle.text("files/etc/postfix/l.cf") == (
            "server_host = ldap://reader@ldap.example.org\nquery_filter = (mail=%s)\n")
        assert bundle.text("files/etc/postfix/p.cf") == (
            "hosts = postgresql:///db?host=/run/postgresql\n  postgresql://reader@h:5433/db?sslmode=require\n"
            "dbname = dbname=mail\nquery = SELECT 1\n"), bundle.text("files/etc/postfix/p.cf")
        assert bundle.text("files/etc/postfix/m.cf") == (
            "hosts = db.example.org:3307\ndbname = mail\nquery = SELECT goto FROM alias\n WHERE address = '%s'\n")


TESTS = [test_planted, test_names_of_lists, test_files_of_unlisted_parameters, test_table_files]
