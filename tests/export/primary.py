"""A primary MX on a private host of its own: Postfix's settings and tables, and runs of shorthop-export there.

Postfix is not started: the script needs only postconf and postmap. Source: postconf(5), Debian's dynamicmaps.cf.
"""
import hashlib
import io
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mta"))
import fetch  # noqa: E402
import namespaces  # noqa: E402
import rootfs  # noqa: E402

SCRIPT = ROOT / "packaging/export/shorthop-export"
LIMIT = 120  # seconds for one run
DYNAMIC_MAPS = "".join(
    f"{name}\t/usr/lib/postfix/postfix-{name}.so\tdict_{name}_open\t{maker}\n"
    for name, maker in (("sqlite", ""), ("lmdb", "mkmap_lmdb_open"), ("cdb", "mkmap_cdb_open")))
MAIN = """\
compatibility_level = 3.6
myhostname = mail.example.org
myorigin = /etc/mailname
mydestination = $myhostname, localhost, example.org
recipient_delimiter = +
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
virtual_alias_maps = hash:/etc/postfix/virtual
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
MASTER = """\
smtp       inet  n  -  y  -     -  smtpd
pickup     unix  n  -  y  1     1  pickup
cleanup    unix  n  -  y  -     0  cleanup
qmgr       unix  n  -  n  1     1  qmgr
rewrite    unix  -  -  y  -     -  trivial-rewrite
local      unix  -  n  n  -     -  local
smtp       unix  -  -  y  -     -  smtp
"""
# Each shell, with the folder of the tools that come with it; empty: the usual PATH.
SHELLS = {"dash": ("dash", ""), "bash": ("bash --posix", ""), "busybox": ("busybox sh", "/opt/test/busybox"),
          "mksh": ("mksh", "")}  # like the shell of OpenBSD
USERS = ["ann", "bob", "carol", "mallory"]


class Primary:
    def __init__(self, world, trees):
        rootfs.lay_usr(world, trees)
        self.place = rootfs.make_root(world, "mail.example.org", trees[:1])
        self.numbers = rootfs.write_users(self.place, USERS)
        self.write("/opt/test/shorthop-export", SCRIPT.read_bytes(), mode=0o755)
        self.place.run("sh", "-c", "mkdir /opt/test/busybox && busybox --install -s /opt/test/busybox")

    def write(self, name, text, owner=None, mode=0o644):
        rootfs.write(self.place, name, text, owner, mode)

    def write_home(self, user, name, text, mode=0o644):
        """Writes a file in the user's home, owned by the user."""
        self.write(f"/home/{user}/{name}", text, self.numbers[user], mode)

    def begin(self):
        """The settings that every test starts with."""
        self.place.run("sh", "-c", "rm -rf /etc/postfix /etc/aliases* /etc/mailname /etc/mail /srv /opt/test/tools")
        self.numbers = rootfs.write_users(self.place, USERS)
        self.write("/etc/postfix/main.cf", MAIN)
        self.write("/etc/postfix/master.cf", MASTER)
        self.write("/etc/postfix/dynamicmaps.cf", DYNAMIC_MAPS)
        self.write("/etc/mailname", "example.org\n")
        self.table("hash:/etc/postfix/virtual", "sales@example.org  ann\n")
        self.table("hash:/etc/aliases", "ann: ann@example.com\n", "postalias")

    def settings(self, text):
        """Writes main.cf: MAIN and these lines. If a parameter has several lines, the last one is used."""
        self.write("/etc/postfix/main.cf", MAIN + text)

    def table(self, name, text, program="postmap"):
        self.write(name.partition(":")[2], text)
        self.place.run(program, name)

    def database(self, name, statements):
        self.write("/opt/test/statements", statements)
        self.place.run("sh", "-c", f"mkdir -p /srv && rm -f {name} && sqlite3 {name} </opt/test/statements")

    def run(self, *words, shell="dash", script=""):
        """Runs shorthop-export, or a script that gets its command line as "$@". The output is bytes."""
        command, path = SHELLS[shell]
        given = ["env", *([f"PATH={path}:{self.place.environment()['PATH']}"] if path else [])]
        export = [*command.split(), "/opt/test/shorthop-export", *words]
        if script:
            export = ["sh", "-c", script, "sh", *export]
        return subprocess.run(self.place.command(*given, *export), capture_output=True, check=False, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, env=self.place.environment())

    def export(self, *words, shell="dash"):
        """The bundle; the script must succeed and be silent."""
        done = self.run(*words, shell=shell)
        assert (done.returncode, done.stderr) == (0, b""), f"exit status {done.returncode}: {done.stderr.decode()}"
        return Bundle(done.stdout)


class Bundle:
    """A mirror as one tar."""

    def __init__(self, data):
        self.data = data
        self.tar = tarfile.open(fileobj=io.BytesIO(data))
        self.members = self.tar.getmembers()
        self.files = {one.name: one for one in self.members if one.isfile()}

    def text(self, name):
        return self.tar.extractfile(self.files[name]).read().decode()

    def manifest(self, key):
        """The values of the manifest's lines "KEY = VALUE" with this key."""
        return [line.partition(" = ")[2] for line in self.text("manifest").splitlines() if line.split(" = ")[0] == key]

    def unpack(self, directory):
        """Unpacks the mirror as an import does: with owners and modes, and the stamp last."""
        self.tar.extractall(directory, numeric_owner=True, filter="fully_trusted")
        time.sleep(0.02)  # the stamp's change time must be later than all others
        (directory / "stamp").touch()

    def wrong_sums(self):
        """What is wrong with the lines "file = SHA256 MODE UID:GID PATH" of the manifest."""
        found = []
        for line in self.manifest("file"):
            digest, mode, owner, name = line.split(" ", 3)
            one = self.files[name]
            if digest != hashlib.sha256(self.tar.extractfile(one).read()).hexdigest():
                found.append(f"{name}: another hash")
            if (mode, owner) != (f"{one.mode:03o}", f"{one.uid}:{one.gid}"):
                found.append(f"{name}: {one.mode:03o} {one.uid}:{one.gid}, the manifest has {mode} {owner}")
        listed = {line.split(" ", 3)[3] for line in self.manifest("file")}
        return found + [f"{name} is not in the manifest" for name in set(self.files) - listed - {"manifest", "stamp"}]


def trees():
    return [fetch.fetch("postfix"), fetch.fetch("tables"), fetch.fetch("shells")]
