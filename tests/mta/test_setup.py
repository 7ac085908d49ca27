"""`shorthop setup` with a real Postfix: the milter is added, mail is observed and rewritten, undo leaves no trace."""
import shutil

import compare
import rootfs
from compare import Tables
from postfix import MASTER
from smtp import Envelope

MIRROR = "/var/lib/shorthop/example.org"
SCENARIO = Tables(aliases="user: user@example.com\n", copies={
    f"{MIRROR}/postconf":
        "alias_maps = hash:/etc/aliases\nmydestination = example.org\nmyhostname = mail.example.org\n"
        "myorigin = example.org\nvirtual_alias_maps = hash:/etc/postfix/virtual\n",
    f"{MIRROR}/master": MASTER,
    f"{MIRROR}/files/etc/aliases": "user: user@example.com\n",
    f"{MIRROR}/files/etc/postfix/virtual": "",
    f"{MIRROR}/stamp": ""})  # written last: no other file may be newer
ENTRY = "{ unix:shorthop/milter.sock, default_action=accept }"
MAIN_CF = "/etc/postfix/main.cf"
RELAY_FILE = "/etc/shorthop/relay.d/example.org.conf"
# A list as found in practice: braces, commas, a name, comments and blank lines between its parts.
ODD_LIST = """\
other_milter = inet:127.0.0.1:1
smtpd_milters = { inet:127.0.0.1:2, connect_timeout=1s,
    { default_action = accept } },
  # a comment between
\t{ $other_milter, default_action=accept },

# more
    inet:127.0.0.1:3
milter_default_action = accept
"""


def text(mta, name):
    return mta.hosts.secondary.place.path(name).read_text()


def exists(mta, name):
    return mta.hosts.secondary.place.path(name).exists()


def fresh(mta, more=""):
    """Prepares the secondary before setup: no relay file, no milter, `more` at the end of main.cf. Returns main.cf."""
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    shutil.rmtree(mta.hosts.secondary.place.path(RELAY_FILE).parent)
    main_cf = text(mta, MAIN_CF) + more
    mta.hosts.secondary.write(MAIN_CF, main_cf)
    mta.hosts.secondary.reload()
    mta.daemon.reload()
    return main_cf


def setup(mta, *words, status=0):
    result = mta.daemon.tool("setup", *words, check=False)
    mta.check(result.returncode == status, f"setup {' '.join(words)}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


def postconf(mta, name):
    return mta.hosts.secondary.place.run("sh", "-c", f"postconf -xh {name} 2>/dev/null").stdout.strip()


def decision(mta, passes):
    """Sends to the alias; returns the logged decision, and the passes that the message took."""
    mta.daemon.mark()
    run = compare.run(mta.hosts, [Envelope(["<user@example.org>"])])
    found = mta.daemon.decisions_for(["user@example.org"]).get("user@example.org")
    mta.check(list(run.received.values()) == [[passes]], f"one message, {passes} passes: {run.received}")
    return found


def test_dry_run_apply_mail_and_undo(mta):
    main_cf = fresh(mta)
    shown = setup(mta)
    mta.check(f"+ smtpd_milters = {ENTRY}" in shown and RELAY_FILE in shown, shown)
    mta.check(text(mta, MAIN_CF) == main_cf and not exists(mta, RELAY_FILE), "a dry run has changed something")
    output = setup(mta, "--apply")
    mta.check("reloaded Postfix" in output and "shorthopd has reloaded" in output, output)
    mta.check(text(mta, MAIN_CF) == f"{main_cf}smtpd_milters = {ENTRY}\n", text(mta, MAIN_CF))
    mta.check("primary   = mail.example.org\n" in text(mta, RELAY_FILE), text(mta, RELAY_FILE))
    observed = decision(mta, passes=3)
    mta.check(observed and observed.decision == "rewrite", f"observed: {observed}")
    rootfs.write(mta.hosts.secondary.place, RELAY_FILE, text(mta, RELAY_FILE).replace("= observe", "= rewrite")
                 + "exclude   = nobody@example.org\n")
    mta.daemon.reload()
    mta.check(decision(mta, passes=1), "the mail was rewritten, but not logged")
    mta.check("nothing to change" in setup(mta, "--apply"), "a second --apply changes something")
    output = setup(mta, "--undo")
    mta.check(text(mta, MAIN_CF) == main_cf, f"main.cf is not what it was:\n{text(mta, MAIN_CF)}")
    mta.check(exists(mta, RELAY_FILE) and "stays" in output, "an edited relay file must stay")
    mta.check(not exists(mta, MAIN_CF + ".before-shorthop"), "the copy is still there")
    mta.check(decision(mta, passes=3) is None, "the milter is still asked")


def test_undo_removes_files_that_were_not_edited(mta):
    main_cf = fresh(mta)
    setup(mta, "--apply")
    mta.check(exists(mta, RELAY_FILE) and exists(mta, MAIN_CF + ".before-shorthop"), "nothing was made")
    shown = setup(mta, "--undo", "--dry-run")
    mta.check(f"would remove {RELAY_FILE}" in shown and exists(mta, RELAY_FILE), shown)
    setup(mta, "--undo")
    mta.check(text(mta, MAIN_CF) == main_cf and not exists(mta, RELAY_FILE), "something is left")
    mta.check("nothing to undo" in setup(mta, "--undo"), "a second --undo undoes something")


def test_existing_list_with_braces_comments_and_names(mta):
    main_cf = fresh(mta, ODD_LIST)
    before = postconf(mta, "smtpd_milters")
    setup(mta, "--apply")
    mta.check(postconf(mta, "smtpd_milters").split() == (before + ", " + ENTRY).split(), postconf(mta, "smtpd_milters"))
    mta.check(decision(mta, passes=3), "the milter behind three that do not answer was not asked")
    mta.check("nothing to change" in setup(mta, "--apply"), "a second --apply changes something")
    setup(mta, "--undo")
    mta.check(text(mta, MAIN_CF) == main_cf, f"main.cf is not what it was:\n{text(mta, MAIN_CF)}")


def test_undo_after_other_changes(mta):
    fresh(mta, ODD_LIST)
    setup(mta, "--apply")
    place = mta.hosts.secondary.place
    place.run("postconf", "-e", "smtpd_banner = hello", f"smtpd_milters = inet:127.0.0.1:1, {ENTRY}, inet:127.0.0.1:2")
    setup(mta, "--undo")
    mta.check(postconf(mta, "smtpd_milters") == "inet:127.0.0.1:1, inet:127.0.0.1:2", postconf(mta, "smtpd_milters"))
    mta.check(postconf(mta, "smtpd_banner") == "hello", "a change of the postmaster is gone")


def test_milter_that_is_not_the_last_is_moved(mta):
    main_cf = fresh(mta, "smtpd_milters = unix:shorthop/milter.sock, inet:127.0.0.1:1\nmilter_default_action = accept\n")
    setup(mta, "--apply")
    mta.check(postconf(mta, "smtpd_milters") == f"inet:127.0.0.1:1, {ENTRY}", postconf(mta, "smtpd_milters"))
    setup(mta, "--undo")
    mta.check(text(mta, MAIN_CF) == main_cf, f"main.cf is not what it was:\n{text(mta, MAIN_CF)}")


def test_undo_after_the_milter_was_moved(mta):
    main_cf = fresh(mta)
    setup(mta, "--apply")
    mta.hosts.secondary.place.run("postconf", "-e", f"smtpd_milters = {ENTRY}, inet:127.0.0.1:9")
    output = setup(mta, "--apply")
    mta.check(postconf(mta, "smtpd_milters") == f"inet:127.0.0.1:9, {ENTRY}", output)
    mta.check(text(mta, MAIN_CF + ".before-shorthop") == main_cf, "the copy of the first --apply was replaced")
    setup(mta, "--undo")
    mta.check(postconf(mta, "smtpd_milters") == "inet:127.0.0.1:9", postconf(mta, "smtpd_milters"))


def test_the_printed_command_makes_the_changes_that_were_shown(mta):
    fresh(mta)
    shown = setup(mta, "--primary-is", "postfixadmin", "--no-dns", status=69)
    mta.check("shorthop setup --apply --primary-is postfixadmin --no-dns makes" in shown, shown)
    mta.check("not both" in setup(mta, "--apply", "--undo", status=64), "--apply and --undo are accepted together")


def test_both_spellings_of_a_relay_domain(mta):
    # Postfix compares bytes, so relay_domains needs both.
    fresh(mta, "relay_domains = example.org, bücher.example, xn--bcher-kva.example\n"
               "transport_maps = inline:{{bücher.example=smtp:[192.0.2.10]}, {xn--bcher-kva.example=smtp:[192.0.2.10]}}\n")
    output = setup(mta, "--apply")
    mta.check("reloaded: 2 relay domains" in output and "/var/lib/shorthop/xn--bcher-kva.example" in output, output)
    relay_file = text(mta, "/etc/shorthop/relay.d/xn--bcher-kva.example.conf")
    mta.check("\ndomains   = xn--bcher-kva.example\n" in relay_file, relay_file)
    mta.check("nothing to change" in setup(mta, "--apply"), "a second --apply changes something")
    setup(mta, "--undo")


def test_relay_files_that_the_daemon_refuses_are_removed(mta):
    main_cf = fresh(mta)
    rootfs.write(mta.hosts.secondary.place, RELAY_FILE.replace("example.org", "other"),
                 "domains = example.net\nprimary = mail.example.net\n")
    other = mta.hosts.secondary.place.path(RELAY_FILE.replace("example.org", "other"))
    other.chmod(0o600)  # root, who runs setup, can read it
    output = setup(mta, "--apply", status=78)
    mta.check(f"removed {RELAY_FILE}" in output and not exists(mta, RELAY_FILE), output)
    mta.check(text(mta, MAIN_CF) == main_cf, "main.cf was changed")
    other.unlink()


def test_relay_domains_and_primaries_from_tables(mta):
    secondary = mta.hosts.secondary
    secondary.write("/etc/postfix/relays", "one.example x\ntwo.example x\nmail.example.com x\n")
    secondary.write("/etc/postfix/transport", "one.example relay:[inner.example.net]\n.example smtp:[192.0.2.10]:2525\n")
    secondary.place.run("postmap", "hash:/etc/postfix/relays", "hash:/etc/postfix/transport")
    secondary.write("/etc/postfix/relays.regexp", "/example/ x\n")
    fresh(mta, "relay_domains = hash:/etc/postfix/relays, regexp:/etc/postfix/relays.regexp, example.org\n"
               "transport_maps = regexp:/etc/postfix/relays.none, hash:/etc/postfix/transport\n")
    secondary.write("/etc/postfix/relays.none", "/^nothing$/ x:\n")
    output = setup(mta, "--apply", status=69)
    mta.check("regexp:/etc/postfix/relays.regexp are not known" in output, output)
    for domain, primary in (("one.example", "inner.example.net"), ("two.example", "192.0.2.10"),
                            ("example.org", "mail.example.org")):
        relay_file = text(mta, f"/etc/shorthop/relay.d/{domain}.conf")
        mta.check(f"\ndomains   = {domain}\nprimary   = {primary}\n" in relay_file, relay_file)
    mta.check(not exists(mta, "/etc/shorthop/relay.d/mail.example.com.conf"), "a local domain should get no relay file")
    checked = mta.daemon.tool("check", check=False)
    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    unfilled = [f"/var/lib/shorthop/{name}: error: no such file or directory" for name in ("one.example", "two.example")]
    mta.check(len(errors) == len(unfilled) and all(map(str.startswith, errors, unfilled)),
              f"the daemon does not accept what setup wrote, except that mirrors are not filled yet:\n{checked.stdout}")
    setup(mta, "--undo")


def test_primary_behind_a_smarthost(mta):
    fresh(mta, "relayhost = [mail.example.net]\n")
    setup(mta, "--apply")
    relay_file = text(mta, RELAY_FILE)
    mta.check("primary   = mail.example.org\nnext-hops = mail.example.net\n" in relay_file, relay_file)
    setup(mta, "--undo")


def test_a_postfix_that_refuses_the_change_is_as_it_was(mta):
    # The script of this name that is first in PATH refuses "postfix reload".
    main_cf = fresh(mta)
    place = mta.hosts.secondary.place
    place.run("sh", "-c", "mkdir -p /opt/test/bin && printf '#!/bin/sh\\nfor last; do :; done\\n"
                          "[ $last != reload ] || { echo no >&2; exit 1; }\\nexec /usr/sbin/postfix \"$@\"\\n' "
                          ">/opt/test/bin/postfix && chmod 755 /opt/test/bin/postfix")
    result = place.run("env", "PATH=/opt/test/bin:/usr/sbin:/usr/bin:/sbin:/bin", "/opt/shorthop/bin/shorthop", "setup",
                       "--apply", check=False)
    mta.check(result.returncode == 73 and "is as it was" in result.stdout, f"{result.returncode}: {result.stdout}")
    mta.check(text(mta, MAIN_CF) == main_cf, "main.cf was not put back")
    mta.check(decision(mta, passes=3) is None, "the milter is asked")
    setup(mta, "--undo")


def test_another_instance_that_does_not_run(mta):
    main_cf = fresh(mta)
    place = mta.hosts.secondary.place
    shutil.copytree(place.path("/etc/postfix"), place.path("/etc/postfix-mx"), dirs_exist_ok=True)
    place.run("postconf", "-c", "/etc/postfix-mx", "-e", "queue_directory=/var/spool/postfix-mx")
    other = text(mta, "/etc/postfix-mx/main.cf")
    shown = setup(mta, "--postfix-config", "/etc/postfix-mx", status=69)
    mta.check("socket = unix:/var/spool/postfix-mx/shorthop/milter.sock" in shown, shown)
    mta.check("shorthop setup --apply --postfix-config /etc/postfix-mx makes these changes" in shown, shown)
    place.run("mkdir", "-p", "/etc/shorthop-mx")
    rootfs.write(place, "/etc/shorthop-mx/shorthop.conf", "socket = unix:/var/spool/postfix-mx/shorthop/milter.sock\n"
                 "control = none\npostfix-config = /etc/postfix-mx\n")
    output = setup(mta, "--config", "/etc/shorthop-mx/shorthop.conf", "--apply")
    mta.check("Postfix does not run" in output and exists(mta, "/etc/shorthop-mx/relay.d/example.org.conf"), output)
    mta.check(f"smtpd_milters = {ENTRY}" in text(mta, "/etc/postfix-mx/main.cf"),
              "the milter is not in main.cf of that instance")
    mta.check(text(mta, MAIN_CF) == main_cf, "the wrong instance was changed")
    setup(mta, "--config", "/etc/shorthop-mx/shorthop.conf", "--undo")
    mta.check(text(mta, "/etc/postfix-mx/main.cf") == other, "main.cf of the instance is not what it was")
    place.run("rm", "-r", "/etc/postfix-mx", "/etc/shorthop-mx")
