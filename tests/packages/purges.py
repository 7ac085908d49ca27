"""Removals and purges on hosts where something is in the way: a unit that failed, a mounted file system, a link, a
mirror in another place.
"""
from life import expect

DATA = "/var/lib/shorthop"
ELSEWHERE = "/srv/mirror/example.org"
RELAY = f"domains = example.org\nprimary = 192.0.2.1\nmirror = {ELSEWHERE}\n"


class Purges:
    """The steps in order, on one booted system without Postfix."""

    def __init__(self, system, package):
        self.system, self.package = system, f"/srv/packages/{package.name}"
        system.put(package, self.package)

    def steps(self):
        """(title, function)"""
        yield "wrong settings: the upgrade succeeds, and after the purge no unit has failed", self.wrong_settings
        yield "a mounted data directory is emptied, and its user stays; without the mount nothing is left", self.mounted
        yield "a link in place of the data directory is removed, and not what it leads to; the user stays", self.linked
        yield "a mirror in another place stays with its user; without it nothing is left", self.mirror_elsewhere
        yield "a disabled service stays disabled through an upgrade, a removal and an installation", self.disabled

    def install(self):
        self.system.apt("install", "--reinstall", self.package)

    def purge(self):
        return self.system.apt("purge", "shorthop")

    def nothing_is_left(self):
        system = self.system
        found = system.shell("find /etc /run /var -xdev -name '*shorthop*' -not -path '/var/cache/apt/*'")
        expect(found == "", f"left: {found}")
        expect("shorthop" not in system.run("getent", "passwd") + system.run("getent", "group"), "the user is left")
        expect("shorthop" not in system.run("systemctl", "list-units", "--all", "--no-legend"), "a unit is left")
        expect(system.run("systemctl", "is-system-running", status=None).strip() == "running", "a unit failed")

    def user_stays(self, said, place):
        expect(f"The user shorthop stays, because it owns {place}" in said, said)
        expect(self.system.run("getent", "passwd", "shorthop") != "", "the user is gone")
        state = self.system.run("dpkg-query", "-W", "-f", "${Status}", "shorthop", status=None)
        expect("installed" not in state.split() and "half-installed" not in state, state)

    def wrong_settings(self):
        system = self.system
        self.install()
        system.shell("echo 'nonsense = 1' >>/etc/shorthop/shorthop.conf; mkdir -p /etc/cron.d; "
                     "touch /etc/cron.d/shorthop-pull-example-org")
        self.install()
        expect(system.run("systemctl", "is-failed", "shorthop.service").strip() == "failed", "the daemon runs with wrong settings")
        self.purge()
        self.nothing_is_left()

    def mounted(self):
        system = self.system
        system.shell(f"mkdir {DATA} && mount -t tmpfs none {DATA}")
        self.install()
        system.run("runuser", "-u", "shorthop", "--", "touch", f"{DATA}/state/file")
        self.user_stays(self.purge(), DATA)
        expect(system.run("ls", "-A", DATA) == "", "the data directory is not empty")
        system.run("umount", DATA)
        self.install()
        self.purge()
        self.nothing_is_left()

    def linked(self):
        system = self.system
        system.shell(f"mkdir /srv/data && ln -s /srv/data {DATA}")
        self.install()
        expect(system.exists("/srv/data/state"), "the link is not followed")
        self.user_stays(self.purge(), "/srv/data/state")
        expect(not system.exists(DATA), "the link is left")
        system.run("rm", "-r", "/srv/data")
        self.install()
        self.purge()
        self.nothing_is_left()

    def mirror_elsewhere(self):
        system = self.system
        self.install()
        (system.path / "etc/shorthop/relay.d/example.org.conf").write_text(RELAY)
        system.shell(f"mkdir -p {ELSEWHERE}.generations/1 && chown -R shorthop:shorthop {ELSEWHERE}.generations && "
                     f"ln -s example.org.generations/1 {ELSEWHERE}")
        self.user_stays(self.purge(), ELSEWHERE)
        expect(system.exists(f"{ELSEWHERE}.generations/1"), "the mirror was removed")
        self.install()
        (system.path / "etc/shorthop/relay.d/example.org.conf").write_text(RELAY)
        system.run("rm", "-r", "/srv/mirror")
        self.purge()
        self.nothing_is_left()

    def disabled(self):
        system = self.system
        self.install()
        system.run("systemctl", "disable", "--now", "shorthop.service")
        for words in ([], ["remove"]):
            if words:
                system.apt(*words, "shorthop")
            self.install()
            states = system.run("systemctl", "is-enabled", "shorthop.service", status=None).split() + [
                system.service_property("ActiveState")]
            expect(states == ["disabled", "inactive"], f"it is {states}")
        self.purge()
        self.nothing_is_left()
