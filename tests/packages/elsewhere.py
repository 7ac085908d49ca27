"""Installations on hosts without Postfix or without systemd."""
import pathlib

import roots
from life import SOCKET_DIRECTORY, expect

AUTOPKGTEST = pathlib.Path(__file__).resolve().parents[2] / "packaging/debian/tests"


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
        yield "Postfix comes later: the socket is its own from then on, and mail is rewritten", self.postfix_later
        yield "Postfix is purged, and with it its spool directory, and comes again: so does the socket", self.postfix_again

    def socket_is_postfixs(self):
        found = self.system.run("stat", "-c", "%a %U %G", f"{SOCKET_DIRECTORY}/milter.sock", status=None)
        return found.strip() == "660 shorthop postfix"

    def install(self):
        system = self.system
        system.apt("install", self.package)
        expect(not system.exists("/usr/sbin/postfix"), "there is a Postfix")
        expect(system.run("systemctl", "is-active", "shorthop.service").strip() == "active", "it does not run")
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


def without_systemd(suite, root, package, scratch):
    """The init script in a system with another PID 1: start, status, reload, restart, stop."""
    copy = roots.copy(root, scratch / f"{suite}-sysv")
    try:
        (copy / "srv/packages").mkdir(parents=True, exist_ok=True)
        (copy / "srv/packages" / package.name).write_bytes(package.read_bytes())
        script = f"""set -ex
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
apt-get -q -y install /srv/packages/{package.name}
# Without any init there is no runlevel, in which invoke-rc.d would have started it.
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
/etc/init.d/shorthop start
apt-get -q -y purge shorthop
! pidof shorthopd
echo all went well
"""
        said = roots.inside(copy, ["sh", "-c", script])
        expect(said.rstrip().endswith("all went well"), said)
    finally:
        roots.remove(copy)
