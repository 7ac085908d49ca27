"""shorthop-mirror against a real primary: what it copies, what it must not copy, and a run that fails."""
import contextlib
import os
import pathlib
import shlex
import subprocess
import tempfile

import compare
import rootfs
from compare import Tables

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "packaging/mirror/shorthop-mirror"
MIRROR = "/var/lib/shorthop/example.org"
SECRET = "planted-secret"
DAEMON_GROUP = rootfs.SYSTEM_GROUPS["postfix"]


def fill(mta, folder, rsh=None):
    """Runs the script on this machine, with a shell on the primary in place of ssh."""
    primary = mta.hosts.primary.place
    shell = folder.parent / "rsh"
    shell.write_text("#!/bin/sh\n[ \"$1\" != -l ] || shift 2\nshift\nexec " +
                     shlex.join(primary.command("env", f"PATH={primary.environment()['PATH']}", "sh", "-c")) + ' "$*"\n')
    shell.chmod(0o755)
    return subprocess.run([SCRIPT, "root@mail.example.org", folder], text=True, capture_output=True, check=False,
                          timeout=60, env={**os.environ, "SHORTHOP_RSH": rsh or str(shell)})


def begin(mta):
    tables = Tables(virtual="user.lastname@example.org user@example.org\n",
                    aliases="user: user@example.com\nlist: :include:/etc/mail/list\n"
                            "closed: :include:/etc/mail/closed, :include:/etc/mail/link\n",
                    forward={"ann": "user@example.com\n", "bob+x": "user@example.com\n"},
                    include={"/etc/mail/list": "user@example.com\n"})
    compare.apply(mta.hosts, tables)
    primary = mta.hosts.primary
    primary.write("/etc/postfix/sasl_passwd", f"relay.example.net user:{SECRET}\n")
    primary.write("/etc/postfix/senders", "/^nobody@example[.]net$/ REJECT\n")
    primary.write("/etc/postfix/ldap.cf", f"bind_pw = {SECRET}\n")
    for name in ("/etc/secret", "/etc/mail/closed"):
        primary.write(name, SECRET)
        primary.place.path(name).chmod(0o600)
    link = primary.place.path("/etc/mail/link")
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/secret")
    primary.place.path("/home/ann/.forward").chmod(0o600)
    primary.place.path("/home/bob/.forward+x").chmod(0o200)
    # Its copy would be forward/bob-old, like that of the .forward of a user bob-old.
    primary.write("/home/bob/.forward-old", "user@example.com\n", user="bob")
    home = primary.place.path("/home/carol")
    (home / ".forward").symlink_to("/etc/secret")
    os.mkfifo(home / ".forward+pipe")
    primary.configure({"smtp_sasl_password_maps": "hash:/etc/postfix/sasl_passwd",
                       "smtpd_sender_restrictions": "check_sender_access hash:/etc/postfix/sasl_passwd, "
                                                    "check_sender_access regexp:/etc/postfix/senders",
                       "relocated_maps": "ldap:/etc/postfix/ldap.cf"})


@contextlib.contextmanager
def world(mta):
    """The primary of begin(), and an empty folder for its mirror."""
    begin(mta)
    try:
        with tempfile.TemporaryDirectory(prefix="shorthop-mirror-") as name:
            os.chown(name, 0, DAEMON_GROUP)
            folder = pathlib.Path(name, "mirror")
            folder.mkdir()
            yield folder
    finally:
        for name in (".forward", ".forward+pipe"):
            mta.hosts.primary.place.path(f"/home/carol/{name}").unlink(missing_ok=True)


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_mirror_has_what_decides_and_nothing_else(mta):
    with world(mta) as folder:
        ran = fill(mta, folder)
        mta.that(ran.returncode == 0 and not ran.stdout, f"{ran}")
        found = files_of(folder)
        wanted = {".lock", "stamp", "postconf", "master", "manifest", "listed/unix:passwd.byname", "forward/ann",
                  "forward/bob+x", "include/etc/mail/list", "files/etc/aliases", "files/etc/aliases.db",
                  "files/etc/postfix/virtual", "files/etc/postfix/virtual.db", "files/etc/postfix/senders"}
        mta.that(found == wanted, f"more: {found - wanted}, missing: {wanted - found}")
        secrets = [name for name in found if SECRET.encode() in (folder / name).read_bytes()]
        mta.that(not secrets, f"a secret is in {secrets}")
        ann = (folder / "forward/ann").stat()
        mta.that(ann.st_uid == mta.hosts.primary.place.path("/home/ann").stat().st_uid,
                 "the owner of a .forward file should be kept")
        mta.that(ann.st_mode & 0o777 == 0o640 and ann.st_gid == DAEMON_GROUP, f"the daemon may not read it: {ann}")
        unreadable = (folder / "forward/bob+x").stat()
        mta.that(unreadable.st_mode & 0o777 == 0o200, f"the mode of bob's .forward should be kept: {unreadable}")


def test_decisions_from_the_mirror_that_the_script_made(mta):
    with world(mta) as folder:
        mta.hosts.primary.configure({})  # without the LDAP table, which is not copied
        ran = fill(mta, folder)
        mta.that(ran.returncode == 0, f"{ran}")
        place = mta.hosts.secondary.place
        there = place.path(MIRROR)
        subprocess.run(["rm", "-rf", there], check=True)
        subprocess.run(["cp", "-a", folder, there], check=True)
        (there / "stamp").touch()
        rootfs.write(place, "/etc/shorthop/relay.d/example.org.conf",
                     f"domains = example.org\nprimary = mail.example.org\nmirror = {MIRROR}\n")
        asked = mta.daemon.tool("resolve", "user.lastname@example.org", "list@example.org", "ann@example.org",
                                "bob+x@example.org", check=False, user=rootfs.SYSTEM_USERS["shorthop"],
                                group=DAEMON_GROUP)
        mta.that(asked.stdout.count(": rewrite all-local") == 3, asked.stdout)
        mta.that("bob+x@example.org: keep " in asked.stdout, asked.stdout)


def test_failed_run_leaves_the_stamp(mta):
    with world(mta) as folder:
        fill(mta, folder)
        before = (folder / "stamp").stat().st_mtime_ns
        ran = fill(mta, folder, rsh="false")
        mta.that(ran.returncode != 0 and (folder / "stamp").stat().st_mtime_ns == before, f"{ran}")
        ran = fill(mta, folder)
        mta.that(ran.returncode == 0 and (folder / "stamp").stat().st_mtime_ns > before, f"{ran}")
