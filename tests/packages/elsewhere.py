"""Installations on hosts without Postfix or without systemd, and with the packages of the modules."""
import pathlib

import roots
from life import SOCKET_DIRECTORY, expect

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
AUTOPKGTEST = PACKAGING / "debian/tests"


class PostfixLater:
    """Installs the package first, and Postfix after it."""

    def __init__(self, system, package):
        self.system, self.package = system, f"/srv/packages/{package.name}"
        system.put(package, self.package)
        for file in AUTOPKGTEST.glob("*"):
            system.put(file, f"/srv/tests/{file.name}")

    def steps(self):
        """(title, function)"""
        yield "no Postfix: the package installs, and its service runs and waits", self.install
        yield "no Postfix: purged, nothing is left", self.purge
        yield "Postfix is installed later: the socket gets its group, and mail is rewritten", self.postfix_later
        yield "Postfix is purged with its spool directory, and installed again: the socket is made again", self.postfix_again

    def socket_is_postfixs(self):
        found = self.system.run("stat", "-c", "%a %U %G", f"{SOCKET_DIRECTORY}/milter.sock", status=None)
        return found.strip() == "660 shorthop postfix"

    def install(self):
        system = self.system
        system.apt("install", self.package)
        expect(not system.exists("/usr/sbin/postfix"), "there is a Postfix")
        expect(system.state_of("shorthop.service") == "active", "the service does not run")
        found = system.run("stat", "-c", "%a %U %G", SOCKET_DIRECTORY).strip()
        expect(found == "2750 shorthop shorthop", found)
        expect("0 relay domains" in system.run("shorthop", "status") or "observe" in system.run("shorthop", "status"),
               "no status")

    def purge(self):
        system = self.system
        system.apt("purge", "shorthop")
        expect(not system.exists("/var/spool/postfix"), "/var/spool/postfix is left")
        expect(not system.exists("/etc/shorthop") and not system.exists("/var/lib/shorthop"), "files are left")
        expect(system.run("systemctl", "is-system-running", status=None).strip() == "running", "a unit failed")

    def postfix_later(self):
        system = self.system
        system.apt("install", self.package)
        system.apt("install", "postfix")
        system.wait_until("socket of Postfix's group", self.socket_is_postfixs)
        said = system.run("env", "AUTOPKGTEST_TMP=/tmp", "/srv/tests/mail")
        expect(said.rstrip().endswith("ok"), said)

    def postfix_again(self):
        system = self.system
        system.apt("purge", "postfix")
        expect(not system.exists(f"{SOCKET_DIRECTORY}/milter.sock"), "the purge of Postfix has left the socket")
        system.apt("install", "postfix")
        system.wait_until("socket of Postfix's group", self.socket_is_postfixs)


class Modules:
    """Each module's package beside the base: found by the daemon, upgraded with it, and no longer used when removed."""

    TABLES = {
        "ldap": "server_host = ldap://127.0.0.1\nsearch_base = dc=example\n",
        "mysql": "hosts = 127.0.0.1\ndbname = mail\nquery = SELECT goto FROM alias WHERE address='%s'\n",
        "pgsql": "hosts = 127.0.0.1\ndbname = mail\nquery = SELECT goto FROM alias WHERE address='%s'\n",
    }

    def __init__(self, system, packages, upgrades):
        self.system = system
        self.packages, self.upgrades = ([f"/srv/packages/{file.name}" for file in files] for files in (packages, upgrades))
        for file in (*packages, *upgrades):
            system.put(file, f"/srv/packages/{file.name}")

    def steps(self):
        """(title, function)"""
        yield "the base alone: check names the package to install for each table, and postmap answers for the tables", self.base_alone
        yield "the modules install beside it, and after a reload each table is asked by its module", self.install
        yield "the packages are upgraded together: each module belongs to the new daemon", self.upgrade
        yield "the modules are removed again: the tables are asked through postmap as before", self.remove

    def expect_modules(self, in_use):
        """Checks that the daemon asks the tables through its modules (in_use), or else through postmap."""
        said = self.system.shell("shorthop reload; shorthop check", status=None)
        for name in self.TABLES:
            expect((f"install the package shorthop-{name} for faster look-ups" in said) != in_use, said)
        expect("asked instead" not in said, said)  # check prints this for a module of another version
        expect(said.count("127.0.0.1: ") >= (len(self.TABLES) if in_use else 0), said)

    def base_alone(self):
        system = self.system
        system.apt("install", "postfix")
        system.apt("install", next(name for name in self.packages if "/shorthop_" in name))
        for name, text in self.TABLES.items():
            (system.path / f"etc/shorthop/{name}.cf").write_text(text)
        tables = ", ".join(f"{name}:/etc/shorthop/{name}.cf" for name in self.TABLES)
        (system.path / "etc/shorthop/relay.d/example.org.conf").write_text(
            f"domains = example.org\nprimary = 192.0.2.1\nprimary-domains = example.org\nvirtual-alias-maps = {tables}\n")
        self.expect_modules(in_use=False)

    def install(self):
        self.system.apt("install", *self.packages)
        self.expect_modules(in_use=True)

    def upgrade(self):
        self.system.apt("install", *self.upgrades)
        versions = set(self.system.run("dpkg-query", "-W", "-f", "${Version}\n", "shorthop*").split())
        expect(len(versions) == 1 and versions.pop().endswith("+upgrade"), str(versions))
        self.expect_modules(in_use=True)

    def remove(self):
        self.system.apt("purge", *(f"shorthop-{name}" for name in self.TABLES))
        self.expect_modules(in_use=False)


def in_copy(root, to, files, script):
    """Runs the script in a copy of the root, without an init. The files are in /srv."""
    copy = roots.copy(root, to)
    try:
        for file in files:
            (copy / "srv" / file.name).write_bytes(file.read_bytes())
        said = roots.inside(copy, ["sh", "-c", f"set -ex\nexport DEBIAN_FRONTEND=noninteractive\n{script}echo all went well\n"])
        expect(said.rstrip().endswith("all went well"), said)
    finally:
        roots.remove(copy)


def without_systemd(suite, root, package, scratch):
    """The init script in a system with another PID 1: start, status, reload, restart, stop."""
    in_copy(root, scratch / f"{suite}-sysv", [package], f"""
apt-get -q -y install /srv/{package.name}
# Without an init there is no runlevel, so invoke-rc.d has not started it.
/etc/init.d/shorthop start
/etc/init.d/shorthop status
test "$(stat -c '%a %U %G' {SOCKET_DIRECTORY}/milter.sock)" = '660 shorthop shorthop'
pid="$(pidof shorthopd)"
test "$(stat -c %U "/proc/$pid")" = shorthop
/etc/init.d/shorthop start
test "$(pidof shorthopd)" = "$pid"
/etc/init.d/shorthop reload
/etc/init.d/shorthop restart
test "$(pidof shorthopd)" != "$pid"
test -z "$(find /run /var/run/ -name '*shorthop*.pid')"
/etc/init.d/shorthop stop
! pidof shorthopd
! /etc/init.d/shorthop status
rm -r /var/lib/shorthop/state
runuser -u shorthop -- ln -s /srv /var/lib/shorthop/state
/etc/init.d/shorthop start
test "$(stat -c %U /srv)" = root
mkdir -p /etc/cron.d
touch /etc/cron.d/shorthop-pull-example-org
apt-get -q -y purge shorthop
! pidof shorthopd
test -z "$(find /etc /run /var -xdev -name '*shorthop*' -not -path '/var/cache/apt/*')"
""")


def with_openrc(suite, root, package, scratch):
    """The script for OpenRC, under Debian's OpenRC, which has no service localmount."""
    in_copy(root, scratch / f"{suite}-openrc", [package, PACKAGING / "openrc/shorthop"], f"""
apt-get -q -y install /srv/{package.name}
install -m 755 /srv/shorthop /etc/init.d/shorthop
printf '%s\n' '#!/sbin/openrc-run' 'start() {{ :; }}' >/etc/init.d/localmount
chmod 755 /etc/init.d/localmount
for name in starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled; do
  mkdir -p "/run/openrc/$name"
done
touch /run/openrc/softlevel
rc-update -u
answers() {{
  tries=30
  until shorthop status; do tries=$((tries - 1)); test "$tries" -gt 0; sleep 1; done
}}
# As on a host with another MTA than Postfix, before the first start.
rm -r /var/spool/postfix /var/lib/shorthop
rc-service shorthop start
answers
test "$(stat -c '%a %U %G' {SOCKET_DIRECTORY}/milter.sock /var/lib/shorthop/state | tr '\n' ' ')" = \
  '660 shorthop shorthop 750 shorthop shorthop '
pid="$(pidof shorthopd)"
test "$(stat -c %U "/proc/$pid")" = shorthop
rc-service shorthop reload
kill -9 "$pid"
sleep 1
answers
test "$(pidof shorthopd)" != "$pid"
rc-service shorthop stop
! pidof shorthopd
""")
