"""Bundles as a whole: tables of each type, decisions with them, equal bytes, instances, --check and --output."""

import os
import re
import subprocess

from checks import equal
from primary import ROOT, SCRIPT, SHELLS, Bundle
from resolved import decided

PAGE = ROOT / "packaging/man/shorthop-export.1.in"
ALIASES = "ann: ann@example.com\nteam: ann@example.com, bob@example.com\nlist: :include:/srv/list\n"
FAKE_DATE = "#!/bin/sh\necho 2026-11-28T12:00:00Z\n"


def test_decisions(primary, program):
    """shorthop resolve decides with the unpacked bundle of a usual Postfix, whichever shell ran the script"""
    primary.table("hash:/etc/aliases", ALIASES, "postalias")
    primary.write("/srv/list", "carol@example.com\n")
    primary.write_home("bob", ".forward", "bob@example.com\n")
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        equal(bundle.wrong_sums(), [])
        equal(bundle.members[-1].name, "stamp")
        decided(program, bundle, {
            "sales@example.org": "rewrite all-local ann@example.com",
            "team@example.org": "rewrite all-local ann@example.com bob@example.com",
            "list@example.org": "rewrite all-local carol@example.com",
            "bob@example.org": "rewrite all-local bob@example.com",
            "mallory@example.org": "keep primary-mailbox",
            "nobody-here@example.org": "keep unknown-recipient",
        })


def test_table_types(primary, program):
    """texthash, cdb, lmdb, btree and regexp tables, a union, a pipe and a domain list in a file are in the bundle"""
    primary.settings("virtual_alias_maps = texthash:/etc/postfix/t, proxy:cdb:$config_directory/c,\n"
                     "  unionmap:{lmdb:/etc/postfix/l, btree:/etc/postfix/b}, inline:{ { i@example.org = ann } },\n"
                     "  pipemap:{texthash:/etc/postfix/p, inline:{ { boss = ann } }}\n"
                     "mydestination = /etc/postfix/domains, localhost\n"
                     "smtpd_restriction_classes = strict\n"
                     "strict = check_recipient_access texthash:/etc/postfix/access\n"
                     "smtpd_relay_restrictions = texthash:/etc/postfix/bare, permit_auth_destination, reject\n"
                     "smtpd_sender_restrictions = texthash:/etc/postfix/senders\n"
                     "header_checks = regexp:/etc/postfix/headers\n")
    primary.write("/etc/postfix/t", "t@example.org ann\nclosed@example.org ann\n")
    primary.write("/etc/postfix/p", "p@example.org boss\n")
    primary.write("/etc/postfix/bare", "closed@example.org REJECT\n")
    primary.write("/etc/postfix/senders", "x@example.net REJECT\n")
    primary.table("cdb:/etc/postfix/c", "c@example.org ann\n")
    primary.table("lmdb:/etc/postfix/l", "u@example.org ann\n")
    primary.table("btree:/etc/postfix/b", "u@example.org team\n")
    primary.table("hash:/etc/aliases", ALIASES, "postalias")
    primary.write("/etc/postfix/domains", "# ours\nexample.org texthash:/etc/postfix/more\n")
    primary.write("/etc/postfix/more", "example.net x\n")
    primary.write("/etc/postfix/access", "t@example.org REJECT\n")
    primary.write("/etc/postfix/headers", "/^X-No:/ IGNORE\n")
    bundle = primary.export()
    wanted = {f"files/etc/postfix/{name}" for name in ("t", "c", "c.cdb", "l", "l.lmdb", "b", "b.db", "domains", "more",
                                                       "access", "headers", "p", "bare", "senders")}
    equal(sorted(wanted - set(bundle.files)), [])
    decided(program, bundle, {
        "c@example.org": "rewrite all-local ann@example.com",
        "i@example.org": "rewrite all-local ann@example.com",
        "u@example.org": "rewrite all-local ann@example.com bob@example.com",
        "p@example.org": "rewrite all-local ann@example.com",
        "t@example.org": "keep not-followed",
        "closed@example.org": "keep not-followed",
    })


def test_no_nis(primary, program):
    """Debian's default of alias_maps names a NIS table, which is empty on a host without a NIS domain"""
    primary.settings("mydestination = example.org, localhost\nvirtual_alias_maps =\n"
                     "alias_maps = hash:/etc/aliases, nis:mail.aliases\n")
    bundle = primary.export()
    equal((bundle.manifest("not-listed"), bundle.manifest("not-answered")), ([], []))
    equal(bundle.text("listed/nis:mail.aliases"), "")
    decided(program, bundle, {"ann@example.org": "rewrite all-local ann@example.com",
                              "nobody-here@example.org": "keep unknown-recipient"})


def test_text_missing(primary, program):
    """a database without its text is listed by postmap -s, and the listing is complete"""
    for table in ("hash:/etc/postfix/virtual", "hash:/etc/aliases"):
        primary.place.run("rm", table.partition(":")[2])
    bundle = primary.export()
    equal(bundle.text("listed/hash:/etc/postfix/virtual"), "sales@example.org\tann\n")
    equal(bundle.manifest("enumerable"),
          ["hash:/etc/aliases", "hash:/etc/postfix/virtual", "unix:passwd.byname"])
    decided(program, bundle, {"sales@example.org": "rewrite all-local ann@example.com",
                              "stranger@example.org": "keep unknown-recipient"})


def test_faults_are_named(primary, _program):
    """postconf's message about missing settings is shown, and a database that postmap cannot list gets one message"""
    primary.write("/etc/postfix/broken.db", "no database\n")
    primary.settings("virtual_alias_maps = hash:/etc/postfix/broken\n")
    for status, words in ((66, ["--check"]), (0, [])):
        done = primary.run(*words)
        equal((done.returncode, done.stderr),
              (status, b"shorthop-export: hash:/etc/postfix/broken: postmap -s cannot list it\n"))
    primary.place.run("rm", "/etc/postfix/main.cf")
    done = primary.run()
    equal((done.returncode, b"postconf: fatal: open /etc/postfix/main.cf" in done.stderr), (78, True))


def test_sources_of_users(primary, _program):
    """the list of users is complete only if nsswitch.conf has one plain line for passwd, which names local sources only"""
    cases = (("passwd: files systemd # sss\ngroup: sss\n", True),
             ("\t passwd\t:files [!UNAVAIL=return] compat\n", True),
             ("passwd: files sss\n", False), (" passwd: files sss\n", False),
             ("passwd : files sss\n", False), ("passwd: files\npasswd: sss\n", False),
             ("passwd: compat\npasswd_compat: sss\n", False), ("passwd files\n", False),
             ("group: files\n", False), ("", False))
    shells = list(SHELLS)
    for number, (text, is_complete) in enumerate(cases):
        primary.write("/etc/nsswitch.conf", text)
        bundle = primary.export(shell=shells[number % len(shells)])
        equal((text, "unix:passwd.byname" in bundle.manifest("enumerable")), (text, is_complete))
    primary.place.run("rm", "/etc/nsswitch.conf")


def test_owner_and_mode(primary, _program):
    """tables keep their owner, mode and time"""
    primary.place.run("sh", "-ec", "cd /etc; chown 8:103 aliases; chmod 640 aliases; touch -t 202601020304 aliases")
    one = primary.export().files["files/etc/aliases"]
    equal((one.uid, one.gid, one.mode, one.mtime), (8, 103, 0o640, 1767323040))


def test_equal_bytes(primary, _program):
    """two runs differ in nothing but the time"""
    primary.write_home("bob", ".forward", "bob@example.com\n", 0o600)
    primary.place.run("ln", "-s", "/etc/passwd", "/home/carol/.forward")
    primary.write("/opt/test/tools/date", FAKE_DATE, mode=0o755)
    runs = [primary.run(script='PATH=/opt/test/tools:$PATH exec "$@"') for _ in range(2)]
    equal(runs[0].returncode, 0)
    assert runs[0].stdout == runs[1].stdout, "two runs with the same date differ"
    first, second = primary.export(), primary.export()
    equal(sorted(first.files), sorted(second.files))
    for name in set(first.files) - {"manifest", "stamp"}:
        equal((name, first.text(name)) if not name.endswith(".db") else name,
              (name, second.text(name)) if not name.endswith(".db") else name)


def test_instances(primary, _program):
    """if there are several instances, one must be named"""
    primary.settings("multi_instance_enable = yes\nmulti_instance_directories = /etc/postfix-out\n"
                     "multi_instance_wrapper = ${command_directory}/postmulti -p --\n")
    primary.place.run("cp", "-r", "/etc/postfix", "/etc/postfix-out")
    primary.write("/etc/postfix-out/main.cf", "compatibility_level = 3.6\nmyhostname = out.example.org\n"
                  "multi_instance_name = postfix-out\nmulti_instance_enable = yes\n"
                  "queue_directory = /var/spool/postfix-out\ndata_directory = /var/lib/postfix-out\n")
    done = primary.run()
    equal((done.returncode, done.stdout, done.stderr),
          (78, b"", b"shorthop-export: name one of the instances with --config-directory: "
                    b"/etc/postfix /etc/postfix-out\n"))
    bundle = primary.export("--config-directory", "/etc/postfix-out")
    equal((bundle.manifest("host"), bundle.manifest("instance")), (["out.example.org"], ["/etc/postfix-out"]))


def test_check(primary, _program):
    """--check prints what can and what cannot be read, writes nothing, and exits with 66 if something cannot be read"""
    whole = primary.run("--check")
    equal((whole.returncode, b"read        files/etc/aliases\n" in whole.stdout), (0, True))
    primary.settings("virtual_alias_maps = hash:/etc/postfix/gone, mysql:/etc/postfix/sql.cf\n")
    done = primary.run("--check", "--output", "/srv/none.tar")
    equal((done.returncode, done.stderr), (66, b""))
    lines = done.stdout.decode().splitlines()
    assert "not read    /etc/postfix/gone: no such file, and no /etc/postfix/gone.db" in lines, lines
    assert any(line.startswith("not listed  mysql:/etc/postfix/sql.cf: no way to list") for line in lines), lines
    equal(primary.place.run("sh", "-c", "ls /srv /tmp 2>/dev/null | grep -c tar; find /tmp -name 'shorthop-export.*'",
                            check=False).stdout, "0\n")


def test_output(primary, _program):
    """--output writes a file of mode 0640, whole or not at all, and leaves nothing else behind"""
    primary.place.run("mkdir", "-p", "/srv/out")
    done = primary.run("--output", "/srv/out/a bundle.tar")
    equal((done.returncode, done.stdout, done.stderr), (0, b"", b""))
    seen = primary.place.run("sh", "-c", "cd /srv/out && stat -c '%a %n' * && tar -t -f *.tar | tail -n 1")
    equal(seen.stdout, "640 a bundle.tar\nstamp\n")
    equal(primary.place.run("sh", "-c", "ls -A /tmp").stdout, "")
    equal(primary.run("--output", "/srv/none/bundle.tar").returncode, 73)
    equal(primary.run("--output", "/srv/out").returncode, 73)
    equal(primary.place.run("ls", "/srv/out").stdout, "a bundle.tar\n")
    full = primary.run(script='exec "$@" >/dev/full')
    equal(full.returncode, 74)


def test_usage(primary, _program):
    """wrong arguments, a user other than root, and settings that cannot be read have statuses of sysexits"""
    for words in (["--nonsense"], ["--panel", "nonsense"], ["--output"]):
        equal((words, primary.run(*words).returncode), (words, 64))
    equal(primary.run(script='exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"').returncode, 77)
    equal(primary.run("--config-directory", "/etc/nowhere").returncode, 78)
    equal(primary.run(script='shift; PATH=/nowhere exec /bin/sh "$@"').returncode, 0)  # it adds the usual folders
    equal(primary.run("--help").stdout.splitlines()[0], b"usage: shorthop-export [--output FILE] [OPTION...]")


def test_progress(primary, _program):
    """progress is shown on a terminal, and no bundle is written to a terminal"""
    mine, its = os.openpty()
    command = primary.place.command("/opt/test/shorthop-export")
    more = {"stdin": subprocess.DEVNULL, "stderr": its, "check": False, "env": primary.place.environment()}
    done = subprocess.run(command, stdout=subprocess.PIPE, **more)
    equal((done.returncode, Bundle(done.stdout).wrong_sums()), (0, []))
    assert b"\r\x1b[K:include: files" in os.read(mine, 65536)
    equal(subprocess.run(command, stdout=its, **more).returncode, 64)
    os.close(its)
    os.close(mine)


def test_page(primary, _program):
    """shorthop-export(1) and --help have the same options, statuses and panels"""
    page = PAGE.read_text().replace("\\-", "-")
    said = primary.run("--help").stdout.decode()
    equal(set(re.findall(r"^\.It Fl -([a-z-]+)", page, re.MULTILINE)), set(re.findall(r"(?<![\w-])--([a-z-]+)", said)))
    equal(re.findall(r"^\.It (\d+)$", page, re.MULTILINE),
          re.findall(r"\b(0|[67]\d)\b", said.partition("Exit status:")[2]))
    for panel in re.search(r"one of the following.*\n +(.*)", said)[1].split():
        assert f".Ql {panel}" in page, panel


def test_shellcheck(_primary, _program):
    """shellcheck finds no fault in the script as POSIX sh"""
    done = subprocess.run(["shellcheck", "--shell=sh", SCRIPT], capture_output=True, text=True, check=False)
    equal((done.returncode, done.stdout + done.stderr), (0, ""))


TESTS = [test_decisions, test_table_types, test_no_nis, test_text_missing, test_faults_are_named, test_sources_of_users,
         test_owner_and_mode, test_equal_bytes, test_instances,
         test_check, test_output, test_usage, test_progress,
         test_page, test_shellcheck]
