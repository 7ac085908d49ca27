"""A bundle has answers of the primary's own postmap: each answer that differs from what shorthop reads is found."""

import os
import random

from importing import usual
from live import postfixadmin
from primary import Bundle
from resolved import decided
from secondary import Edited, Secondary

PLANTED = 20


def answers_of(edited):
    return [one.name for one, _ in edited.members if one.name.startswith("answers/") and one.isfile()]


def plant(edited, dice, usable=lambda name: True):
    """Changes 20 answers: another value, a key that only the primary has, a key that the primary lacks."""
    names = [name for name in answers_of(edited) if usable(name)]
    planted = set()
    while len(planted) < PLANTED:
        name = dice.choice(names)
        lines = edited.text(name).splitlines()
        at = dice.randrange(len(lines))
        key, tab, value = lines[at].partition("\t")
        if (name.removeprefix("answers/"), key) in planted:
            continue
        lines[at] = dice.choice([f"{key}\tother@example.net", key]) if tab else f"{key}\tfound@example.net"
        edited.put(name, "".join(line + "\n" for line in lines))
        planted.add((name.removeprefix("answers/"), key))
    return planted


def found_in(said):
    return {(line.split(": ")[0].removeprefix("different").strip(), line.split(": ")[1].strip('"'))
            for line in said.splitlines() if line.startswith("different")}


def finds_each(program, bundle, relay=None):
    """Checks that a faithful bundle has no difference, and that each planted one is named."""
    dice = random.Random(int(os.environ.get("SHORTHOP_SEED", "1")))
    with Secondary(program, *([relay] if relay else [])) as here:
        report = here.take(bundle.data(), "--dry-run")
        assert (report["answers_different"], report["answers_unknown"]) == (0, 0), report
        assert report["answers_equal"] >= PLANTED, report
        planted = plant(bundle, dice)
        bundle.seal()
        here.must_refuse(bundle.data(), "the primary answers differently")
        found = found_in(here.imports(bundle.data()).stderr.decode())
        assert found == planted, f"not found: {planted - found}; not planted: {found - planted}"
        report = here.take(bundle.data(), "--accept-answers")
        assert report["answers_different"] == PLANTED, report


def test_text(primary, program):
    """each of 20 planted differences in hash, texthash and regexp tables is found, and the unchanged bundle has none"""
    usual(primary)
    primary.table("hash:/etc/postfix/virtual", "".join(f"user{number}@example.org ann\n" for number in range(30)))
    finds_each(program, Edited(primary.export()))


def test_sql(primary, program):
    """planted differences of a primary with SQL tables that --panel listed are each found"""
    postfixadmin(primary)
    finds_each(program, Edited(primary.export("--panel", "postfixadmin")))


def test_ldap(primary, program):
    """planted differences of listed LDAP tables are each found (the SQL primary's bundle with its tables renamed)"""
    postfixadmin(primary)
    bundle = Edited(primary.export("--panel", "postfixadmin"))
    for at, (one, data) in enumerate(bundle.members):
        one.name = one.name.replace("/sqlite:", "/ldap:")
        if one.name in ("postconf", "manifest"):
            data = data.replace(b"sqlite:", b"ldap:")
        bundle.members[at] = (one, data)
    finds_each(program, bundle.seal())


def test_database_older(primary, program):
    """a text edited without postmap is not in force on the primary, nor here; a bundle without the database is refused"""
    usual(primary)
    primary.write("/etc/postfix/virtual", "sales@example.org bob\n")
    with Secondary(program) as here:
        here.take(primary.export().data, "--dry-run")
        bundle = Edited(primary.export())
        del bundle.members[bundle.index("files/etc/postfix/virtual.db")]
        here.must_refuse(bundle.seal().data(), "the primary answers differently")


# Runs in place of postmap(1). The first call comes when everything has been copied, and asks for answers.
MEANWHILE = """#!/bin/sh
[ -e /srv/changed ] || { touch /srv/changed; %s; }
exec /usr/sbin/postmap "$@"
"""


def export_while(primary, command):
    """A run of the script during which the command changes something on the primary."""
    primary.place.run("rm", "-f", "/srv/changed")
    primary.write("/opt/test/tools/postmap", MEANWHILE % command, mode=0o755)
    done = primary.run(script='PATH=/opt/test/tools:$PATH exec "$@"')
    assert primary.place.path("/srv/changed").exists()
    return done


def test_changed_settings(primary, _program):
    """if the settings or a table change during the run, there is no bundle: the old settings may not fit the new tables"""
    for change, what in (("echo 'transport_maps = texthash:/etc/postfix/new' >>/etc/postfix/main.cf", "the settings changed"),
                         ("echo 'x unix - - y - - smtp' >>/etc/postfix/master.cf", "the settings changed"),
                         ("echo 'x: y' >>/etc/aliases", "/etc/aliases changed"),
                         ("rm /etc/postfix/transport", "/etc/postfix/transport changed")):
        usual(primary)
        done = export_while(primary, change)
        assert (done.returncode, done.stdout) == (75, b""), f"{change}: {done.returncode} {done.stderr.decode()}"
        assert f"{what} during this run: run it again" in done.stderr.decode(), done.stderr
    usual(primary)
    assert export_while(primary, "touch /etc/aliases").returncode == 0


def test_changed_files_of_users(primary, program):
    """a .forward or :include: file that changes during the run is left out, and the recipients that lead there are kept"""
    usual(primary)
    primary.write("/srv/other", "bob@example.com\n")
    primary.table("hash:/etc/aliases", "list: :include:/srv/list\nother: :include:/srv/other\n", "postalias")
    done = export_while(primary, "echo bob@example.net >>/srv/list; echo bob@example.net >>/home/bob/.forward")
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    bundle = Bundle(done.stdout)
    assert bundle.manifest("not-copied") == ["/home/bob/.forward: it changes while it is read",
                                             ":include:/srv/list: it changes while it is read"]
    decided(program, bundle, {"list@example.org": "keep include-target", "bob@example.org": "keep primary-mailbox",
                              "other@example.org": "rewrite all-local bob@example.com"})


TESTS = [test_text, test_sql, test_ldap, test_database_older, test_changed_settings,
         test_changed_files_of_users]
