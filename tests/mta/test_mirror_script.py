"""shorthop-mirror against a real primary: what it copies, what it must not copy, and a run that fails."""
import contextlib
import os
import pathlib
import shlex
import subprocess
import tempfile
import time

import compare
import rootfs
from compare import Tables

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "packaging/mirror/shorthop-mirror"
MIRROR = "/var/lib/shorthop/example.org"
SECRET = "planted-secret"
DAEMON_GROUP = rootfs.SYSTEM_GROUPS["postfix"]


def fill(mta, folder, rsh=None, path=None):
    """Runs the script on this machine, with a shell on the primary in place of ssh."""
    primary = mta.hosts.primary.place
    shell = pathlib.Path(folder).parent / "rsh"
    shell.write_text("#!/bin/sh\n[ \"$1\" != -l ] || shift 2\nshift\nexec " +
                     shlex.join(primary.command("env", f"PATH={primary.environment()['PATH']}", "sh", "-c")) + ' "$*"\n')
    shell.chmod(0o755)
    return subprocess.run([SCRIPT, "root@mail.example.org", folder], text=True, capture_output=True, check=False,
                          timeout=60, env={**os.environ, "PATH": path or os.environ["PATH"],
                                           "SHORTHOP_RSH": str(shell) if rsh is None else rsh})


def begin(mta):
    tables = Tables(virtual="user.lastname@example.org user@example.org\n",
                    aliases="user: user@example.com\nlist: :Include:/etc/mail/list\n"  # in any letter case
                            "closed: :include:/etc/mail/closed, :include:/etc/mail/link\n",
                    forward={"ann": "user@example.com\n", "bob+x": "user@example.com\n"},
                    include={"/etc/mail/list": "user@example.com\n"})
    compare.apply(mta.hosts, tables)
    primary = mta.hosts.primary
    primary.write("/etc/postfix/sasl_passwd", f"relay.example.net user:{SECRET}\n")
    primary.write("/etc/postfix/senders", "/^nobody@example[.]net$/ REJECT\n")
    primary.place.path("/etc/postfix/senders.db").unlink(missing_ok=True)  # of another test
    primary.write("/etc/postfix/ldap.cf", f"bind_pw = {SECRET}\n")
    for name in ("/etc/secret", "/etc/mail/closed"):
        primary.write(name, SECRET)
        primary.place.path(name).chmod(0o600)
    link = primary.place.path("/etc/mail/link")
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/secret")
    primary.place.path("/home/ann/.forward").chmod(0o600)
    primary.place.path("/home/bob/.forward+x").chmod(0o200)
    # A copy of this file would be named forward/bob-old, which is the copy of ~/.forward of a user bob-old.
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


def resolved_from(mta, folder, *addresses):
    """The decisions of the secondary with this mirror."""
    place = mta.hosts.secondary.place
    there = place.path(MIRROR)
    subprocess.run(["rm", "-rf", there], check=True)
    subprocess.run(["cp", "-a", folder, there], check=True)
    (there / "stamp").touch()
    rootfs.write(place, "/etc/shorthop/relay.d/example.org.conf",
                 f"domains = example.org\nprimary = mail.example.org\nmirror = {MIRROR}\n")
    return mta.daemon.tool("resolve", *addresses, check=False, user=rootfs.SYSTEM_USERS["shorthop"],
                           group=DAEMON_GROUP).stdout


def test_mirror_has_what_decides_and_nothing_else(mta):
    with world(mta) as folder:
        result = fill(mta, folder)
        mta.check(result.returncode == 0 and not result.stdout, f"{result}")
        found = files_of(folder)
        wanted = {".lock", "stamp", "postconf", "master", "manifest", "listed/unix:passwd.byname", "forward/ann",
                  "forward/bob+x", "forward/carol", "forward/carol+pipe", "include/etc/mail/list", "files/etc/aliases", "files/etc/aliases.db",
                  "files/etc/postfix/virtual", "files/etc/postfix/virtual.db", "files/etc/postfix/senders"}
        mta.check(found == wanted, f"more: {found - wanted}, missing: {wanted - found}")
        secrets = [name for name in found if SECRET.encode() in (folder / name).read_bytes()]
        mta.check(not secrets, f"a secret is in {secrets}")
        ann = (folder / "forward/ann").stat()
        mta.check(ann.st_uid == mta.hosts.primary.place.path("/home/ann").stat().st_uid,
                  "the owner of a .forward file should be kept")
        mta.check(ann.st_mode & 0o777 == 0o640 and ann.st_gid == DAEMON_GROUP, f"the daemon has no permission to read it: {ann}")
        for name, why in (("bob+x", "its user cannot read it"), ("carol", "it is a link")):
            copy = (folder / "forward" / name).stat()
            mta.check((copy.st_mode & 0o777, copy.st_size) == (0, 0),
                      f"{name} should be an empty file, because {why}: {copy}")
        mta.check("enumerable = unix:passwd.byname" in (folder / "manifest").read_text(),
                  "the manifest lacks the listing of all users")


def test_decisions_from_the_mirror_that_the_script_made(mta):
    with world(mta) as folder:
        mta.hosts.primary.configure({})  # without the LDAP table, which is not copied
        result = fill(mta, folder)
        mta.check(result.returncode == 0, f"{result}")
        text = resolved_from(mta, folder, "user.lastname@example.org", "list@example.org", "ann@example.org",
                             "bob+x@example.org")
        mta.check(text.count(": rewrite all-local") == 3, text)
        mta.check("bob+x@example.org: keep " in text, text)


def test_failed_run_leaves_the_stamp(mta):
    with world(mta) as folder:
        fill(mta, folder)
        before = (folder / "stamp").stat().st_mtime_ns
        result = fill(mta, folder, rsh="false")
        mta.check(result.returncode != 0 and (folder / "stamp").stat().st_mtime_ns == before, f"{result}")
        result = fill(mta, folder)
        mta.check(result.returncode == 0 and (folder / "stamp").stat().st_mtime_ns > before, f"{result}")


def test_forward_files_of_extensions(mta):
    """local(8) takes ~/.forward.EXT if "." is a delimiter, and ends its search at a link or directory"""
    with world(mta) as folder:
        mta.hosts.primary.configure({"recipient_delimiter": "+."})
        mta.hosts.primary.write("/home/ann/.forward.lists", "\\ann\n", user="ann")
        home = mta.hosts.primary.place.path("/home/ann")
        (home / ".forward+link").symlink_to("nowhere")
        (home / ".forward+folder").mkdir()
        try:
            result = fill(mta, folder)
        finally:
            (home / ".forward+link").unlink()
            (home / ".forward+folder").rmdir()
            (home / ".forward.lists").unlink()
        mta.check(result.returncode == 0, f"{result}")
        names = [f"ann{extension}@example.org" for extension in (".lists", "+link", "+folder", "+other")]
        text = resolved_from(mta, folder, *names)
        mta.check(text.count(": keep ") == 3 and "ann+other@example.org: rewrite all-local" in text, text)


def test_delimiter_that_another_parameter_names(mta):
    with world(mta) as folder:
        mta.hosts.primary.configure({"recipient_delimiter": "$my_delimiter", "my_delimiter": "+"})
        mta.hosts.primary.write("/home/ann/.forward+own", "\\ann\n", user="ann")
        result = fill(mta, folder)
        mta.hosts.primary.place.path("/home/ann/.forward+own").unlink()
        mta.check(result.returncode == 0 and (folder / "forward/ann+own").exists(), f"{result}")
        mta.check(not (folder / "forward/bob-old").exists(), "\"-\" is not a delimiter")
        text = resolved_from(mta, folder, "ann@example.org", "ann+own@example.org")
        mta.check("ann@example.org: rewrite all-local" in text and "ann+own@example.org: keep " in text, text)


def test_tables_that_a_service_names_by_another_parameter(mta):
    with world(mta) as folder:
        primary = mta.hosts.primary
        primary.write("/etc/postfix/protected", "list@example.org REJECT\n")
        primary.place.run("postmap", "hash:/etc/postfix/protected")
        primary.set_services({"smtp inet": {"smtpd_recipient_restrictions": "$public_restrictions"}}, [])
        primary.configure({"public_restrictions": "permit_mynetworks, "
                                                  "check_recipient_access hash:/etc/postfix/protected"})
        try:
            result = fill(mta, folder)
        finally:
            primary.set_services({}, [])
            primary.configure({})
        mta.check(result.returncode == 0 and (folder / "files/etc/postfix/protected").exists(), f"{result}")
        text = resolved_from(mta, folder, "user.lastname@example.org", "list@example.org")
        mta.check("user.lastname@example.org: rewrite all-local" in text and "list@example.org: keep " in text, text)


def test_home_that_is_closed_to_its_user(mta):
    """local(8) cannot read the .forward there, so its user's mail is kept"""
    with world(mta) as folder:
        home = mta.hosts.primary.place.path("/home/ann")
        before = home.stat()
        os.chown(home, 0, 0)
        home.chmod(0o700)
        try:
            result = fill(mta, folder)
        finally:
            os.chown(home, before.st_uid, before.st_gid)
            home.chmod(before.st_mode & 0o7777)
        text = resolved_from(mta, folder, "ann@example.org")
        mta.check(result.returncode == 0 and "ann@example.org: keep " in text, f"{result} {text}")


def test_files_that_users_make_against_the_copy(mta):
    """no device, pipe or large file is copied; for a user with too many .forward files there is one empty file"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        home = mta.hosts.primary.place.path("/home/ann")
        added = ["pipe", "large", *(f".forward+{number}" for number in range(100))]
        for name in added[2:]:
            (home / name).touch()
        os.mkfifo(home / "pipe")
        (home / "pipe").chmod(0o666)
        os.truncate(os.open(home / "large", os.O_CREAT | os.O_WRONLY), 200 << 20)
        mta.hosts.primary.write("/home/bob/.forward", "".join(
            f":include:{path}\n" for path in ("/home/ann/pipe", "/dev/zero", "/home/ann/large")), user="bob")
        try:
            result = fill(mta, folder)
        finally:
            for name in added:
                (home / name).unlink()
            mta.hosts.primary.place.path("/home/bob/.forward").unlink()
        mta.check(result.returncode == 0, f"{result}")
        included = [path for path in (folder / "include").rglob("*") if not path.is_dir()]
        mta.check([path.name for path in included] == ["list"], f"{included}")
        of_ann = [path.name for path in (folder / "forward").glob("ann*")]
        mta.check(of_ann == ["ann"] and (folder / "forward/ann").stat().st_size == 0, f"{of_ann}")
        text = resolved_from(mta, folder, "ann@example.org", "bob@example.org", "ann+1@example.org")
        mta.check(text.count(": keep ") == 3, text)


def test_settings_that_change_during_the_copy(mta):
    """the copy fails: old settings with new tables are a state that the primary never had"""
    with world(mta) as folder:
        fill(mta, folder)
        before = (folder / "stamp").stat().st_mtime_ns
        main_cf = shlex.quote(str(mta.hosts.primary.place.path("/etc/postfix/main.cf")))
        rsh = folder.parent / "changing"
        rsh.write_text(f"#!/bin/sh\ncase $* in *rsync*) echo 'relocated_maps = regexp:/etc/postfix/moved' >>{main_cf} ;; esac\n"
                       f"exec {folder.parent}/rsh \"$@\"\n")
        rsh.chmod(0o755)
        result = fill(mta, folder, rsh=str(rsh))
        mta.check(result.returncode == 1 and "the settings of root@mail.example.org changed" in result.stderr,
                  f"{result}")
        mta.check((folder / "stamp").stat().st_mtime_ns == before, "the stamp should stay")


def test_table_that_the_primary_has_no_more(mta):
    with world(mta) as folder:
        mta.hosts.primary.configure({"virtual_alias_maps": "regexp:/etc/postfix/patterns"})
        mta.hosts.primary.write("/etc/postfix/patterns", "/^sales@example.org/ user@example.com\n")
        fill(mta, folder)
        text = resolved_from(mta, folder, "sales@example.org")
        mta.check("sales@example.org: rewrite all-local" in text, text)
        mta.hosts.primary.place.path("/etc/postfix/patterns").unlink()
        result = fill(mta, folder)
        text = resolved_from(mta, folder, "sales@example.org")
        mta.check(result.returncode == 0 and "sales@example.org: keep " in text, f"{result} {text}")


def test_mirror_that_is_a_link(mta):
    """the copy fails: shorthop import makes such a mirror, and the data of the two must not mix"""
    with world(mta) as folder:
        link = folder.parent / "link"
        link.symlink_to("mirror")
        for name in (link, f"{link}/"):
            result = fill(mta, name)
            mta.check(result.returncode == 1 and "is a symbolic link" in result.stderr and not files_of(folder),
                      f"{result}")


def test_users_that_getent_might_not_list(mta):
    listed = "enumerable = unix:passwd.byname\n"
    with world(mta) as folder:
        switch = mta.hosts.primary.place.path("/etc/nsswitch.conf")
        before = switch.read_text() if switch.exists() else None
        for text, complete in (("passwd: files [NOTFOUND=continue] sss\n", False), (" passwd : files sss\n", False),
                               ("passwd: sss\npasswd: files\n", False), ("passwd: compat\npasswd_compat: sss\n", False),
                               ("passwd:\tfiles systemd # sss\n", True)):
            switch.write_text(text)
            try:
                result = fill(mta, folder)
            finally:
                switch.unlink() if before is None else switch.write_text(before)
            mta.check(result.returncode == 0, f"{result}")
            manifest = (folder / "manifest").read_text()
            mta.check((manifest == listed) == complete, f"{text}: {manifest}")


def test_half_written_file(mta):
    """A last line without a newline is refused only if the file has just changed"""
    with world(mta) as folder:
        fill(mta, folder)
        before = (folder / "stamp").stat().st_mtime_ns
        mta.hosts.primary.write("/etc/postfix/virtual", "list@example.org user@example.com,")
        result = fill(mta, folder)
        mta.check(result.returncode == 1 and
                  "files/etc/postfix/virtual changed less than 5 minutes ago" in result.stderr, f"{result}")
        mta.check((folder / "stamp").stat().st_mtime_ns == before, "the stamp should stay")
        os.utime(mta.hosts.primary.place.path("/etc/postfix/virtual"), (time.time() - 600,) * 2)
        result = fill(mta, folder)
        mta.check(result.returncode == 0, f"{result}")


def test_file_that_changes_all_the_time(mta):
    """a table that changes fails the copy; a .forward file that changes is copied as an empty file of mode 000"""
    with world(mta) as folder:
        for name, status in (("/home/ann/.forward", 0), ("/etc/postfix/virtual", 1)):
            path = shlex.quote(str(mta.hosts.primary.place.path(name)))
            rsh = folder.parent / "changing"
            fill(mta, folder)
            rsh.write_text(f"#!/bin/sh\necho '# more' >>{path}\nexec {folder.parent}/rsh \"$@\"\n")
            rsh.chmod(0o755)
            result = fill(mta, folder, rsh=str(rsh))
            mta.check(result.returncode == status, f"{name}: {result}")
            ann = (folder / "forward/ann").stat()
            mta.check(status or (ann.st_mode & 0o777, ann.st_size) == (0, 0), f"{ann}")
        mta.check("files change while they are copied: etc/postfix/virtual" in result.stderr, f"{result}")
