"""The life of an installation, in a system with Postfix: install, set up, observe, rewrite, restart and upgrade
under load, remove, purge. Each step is a test and builds on the previous ones.
"""
import json
import pathlib
import re
import time

from system import Failed

HERE = pathlib.Path(__file__).resolve().parent
AUTOPKGTEST = HERE.parents[1] / "packaging/debian/tests"
SOCKET_DIRECTORY = "/var/spool/postfix/shorthop"
SLOWEST = 30  # seconds; a message that was deferred once takes five minutes


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Life:
    """The steps in order, on one booted system."""

    def __init__(self, system, package, upgrade, postfix_version):
        self.system = system
        self.package = f"/srv/packages/{package.name}"
        self.upgrade = f"/srv/packages/{upgrade.name}"
        self.postfix_version = postfix_version
        for file in (package, upgrade):
            system.put(file, f"/srv/packages/{file.name}")
        for file in [*AUTOPKGTEST.glob("*"), HERE / "load.py"]:
            system.put(file, f"/srv/tests/{file.name}")

    def steps(self):
        """(title, function)"""
        yield f"a clean system runs, and Postfix {self.postfix_version} as its service", self.install_postfix
        yield "the package installs: user, directories, a service that runs; main.cf is not touched", self.install
        yield "Postfix can reach the socket from its chroot, and nobody else can", self.socket_is_reachable
        yield "the service is in its sandbox, says what it does, and starts before Postfix", self.service_is_as_described
        yield "autopkgtest: setup --apply, observed with all hops, rewritten without a needless hop", self.real_mail
        yield "recipients replaced before and after a restart are counted", self.savings_are_counted
        yield "an ordinary user of the group shorthop reaches the daemon, another does not", self.tool_for_admins
        yield "systemctl reload puts new settings in force; if they are wrong, the old ones stay in force", self.reload
        yield "a daemon that hangs is ended by the watchdog and started again", self.watchdog
        yield "restarts under load: no message lost, refused, doubled or delayed", self.restart_under_load
        yield "the upgrade under load: the same, and changed settings stay", self.upgrade_under_load
        yield "setup --undo restores main.cf, and --apply changes it again", self.undo_and_again
        yield "removed: main.cf's line is named, Postfix delivers, settings stay and apply after reinstallation", self.remove
        yield "purged: nothing is left but the line of main.cf that the purge names, and Postfix delivers", self.purge

    def install_postfix(self):
        system = self.system
        system.apt("install", "postfix")
        version = system.run("postconf", "-h", "mail_version").strip()
        expect(version.startswith(self.postfix_version + "."), f"this is Postfix {version}")
        expect(system.state_of("postfix.service") == "active", "Postfix does not run")

    def install(self):
        system = self.system
        before = system.read("/etc/postfix/main.cf")
        system.apt("install", self.package)
        expect(system.state_of("shorthop.service") == "active", "the service does not run")
        expect(system.run("systemctl", "is-enabled", "shorthop.service").strip() == "enabled", "the service is not enabled")
        expect(system.read("/etc/postfix/main.cf") == before, "main.cf was changed")
        expect("nologin" in system.run("getent", "passwd", "shorthop"), "the user can log in")
        directories = system.run("stat", "-c", "%a %U %G %n", SOCKET_DIRECTORY, "/var/lib/shorthop", "/run/shorthop")
        expect(directories.splitlines() == [f"2750 shorthop postfix {SOCKET_DIRECTORY}",
                                            "750 shorthop shorthop /var/lib/shorthop",
                                            "755 shorthop shorthop /run/shorthop"], directories)
        expect("mode = observe" in re.sub(" +", " ", system.run("shorthop", "config")), "the default mode is not observe")

    def socket_is_reachable(self):
        system = self.system
        found = system.run("stat", "-c", "%a %U %G", f"{SOCKET_DIRECTORY}/milter.sock").strip()
        expect(found == "660 shorthop postfix", found)
        connect = ("import os, socket, sys; os.chroot('/var/spool/postfix'); os.chdir('/'); "
                   "os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
                   "s = socket.socket(socket.AF_UNIX); s.connect('/shorthop/milter.sock')")
        for user, status in (("postfix", 0), ("nobody", 1)):
            ids = system.run("getent", "passwd", user).split(":")[2:4]
            said = system.run("python3", "-c", connect, *ids, status=status)
            expect(status == 0 or "PermissionError" in said, said)

    def service_is_as_described(self):
        system = self.system
        debian = int(system.run("sh", "-c", ". /etc/os-release; echo $VERSION_ID"))
        expect(system.service_property("Type") == ("notify" if debian == 12 else "notify-reload"), system.service_property("Type"))
        expect("0 relay domains of 0 primaries" in system.service_property("StatusText"), system.service_property("StatusText"))
        expect(re.search(r"\bpostfix(@-)?\.service\b", system.service_property("Before")), system.service_property("Before"))
        expect("postfix" not in system.service_property("Requires") + system.service_property("Wants") + system.service_property("BindsTo"), "the service needs Postfix")
        said = system.run("systemd-analyze", "security", "--no-pager", "shorthop.service")
        level = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
        expect(level <= 1.5, f"the exposure of the service is {level}")
        status = system.process_status(system.service_property("MainPID"))
        expect(re.search(r"^CapEff:\s*0+$", status, re.MULTILINE), status)
        expect(re.search(r"^NoNewPrivs:\s*1$", status, re.MULTILINE), status)
        expect(re.search(r"^Seccomp:\s*2$", status, re.MULTILINE), status)

    def real_mail(self):
        said = self.system.run("env", "AUTOPKGTEST_TMP=/tmp", "/srv/tests/mail")
        expect(said.rstrip().endswith("ok"), said)

    def savings_are_counted(self):
        status = self.system.daemon_status()
        # real_mail() restarts the daemon. One message was rewritten before that, and one after it.
        expect(status["messages-rewritten"] == 2 and status["hops-saved"] == 4, status)
        expect({"disposition": "replaced", "reason": "all-local", "number": 2} in status["recipients"], status)

    def tool_for_admins(self):
        system = self.system
        system.run("useradd", "admin")
        said = system.run("runuser", "-u", "admin", "--", "shorthop", "status", status=None)
        expect("Permission denied" in said or "permission denied" in said.lower(), said)
        system.run("usermod", "-a", "-G", "shorthop", "admin")
        expect("mode" in system.run("runuser", "-u", "admin", "--", "shorthop", "status"), "an ordinary user of the group gets no status")
        system.run("runuser", "-u", "admin", "--", "shorthop", "resolve", "user@example.org")

    def reload(self):
        system = self.system
        pid = system.service_property("MainPID")
        main = system.read("/etc/shorthop/shorthop.conf")
        system.shell("echo 'nonsense = 1' >>/etc/shorthop/shorthop.conf")
        # Only ExecReload= can report failure; a signal cannot.
        done = system.run("systemctl", "reload", "shorthop.service", status=None)
        failed = system.wait_until("status that says so", lambda: "failed" in system.service_property("StatusText"))
        expect(failed and system.service_property("ActiveState") == "active", done)
        (system.path / "etc/shorthop/shorthop.conf").write_text(main)
        system.run("systemctl", "reload", "shorthop.service")
        expect("mode rewrite" in system.service_property("StatusText"), system.service_property("StatusText"))
        expect(system.service_property("MainPID") == pid, "the daemon was restarted, not reloaded")

    def watchdog(self):
        system = self.system
        system.shell("mkdir -p /run/systemd/system/shorthop.service.d && printf '[Service]\\nWatchdogSec=3\\n"
                     "TimeoutAbortSec=1\\n' >/run/systemd/system/shorthop.service.d/test.conf && "
                     "systemctl daemon-reload && systemctl restart shorthop.service")
        pid = system.service_property("MainPID")
        time.sleep(7)  # more than two watchdog periods, so it has reported that it is alive
        expect(system.service_property("MainPID") == pid, "the daemon was restarted although it was alive")
        system.run("kill", "-STOP", pid)
        system.wait_until("new daemon", lambda: system.service_property("MainPID") not in (pid, "0")
                          and system.service_property("ActiveState") == "active")
        system.shell("rm -r /run/systemd/system/shorthop.service.d && systemctl daemon-reload && "
                     "systemctl restart shorthop.service")
        expect(system.service_property("WatchdogUSec") == "1min", system.service_property("WatchdogUSec"))

    def under_load(self, action):
        """Runs the action during a continuous stream of mail, and checks every message."""
        system = self.system
        for name in ("stop", "load.json"):
            (system.path / "srv" / name).unlink(missing_ok=True)
        system.shell("rm -rf /home/user/Maildir/new")
        sender = system.start("python3", "/srv/tests/load.py", "/srv/stop", "/srv/load.json")
        time.sleep(3)
        action()
        time.sleep(3)
        (system.path / "srv/stop").touch()
        output, _ = sender.communicate(timeout=180)
        expect(sender.returncode == 0, output)
        result = json.loads(system.read("/srv/load.json"))
        print(f"       {result['sent']} messages, {result['short']} without a needless hop, "
              f"the slowest took {result['slowest']:.1f} s")
        expect(result["sent"] >= 50, f"only {result['sent']} messages are too few for a load")
        for kind in ("refused", "lost", "twice"):
            expect(not result[kind], f"{kind}: {result[kind][:5]}")
        expect(result["slowest"] < SLOWEST, f"the slowest took {result['slowest']:.0f} s")
        expect(result["short"] > 0, "no message was rewritten")

    def restart_under_load(self):
        def restart_often():
            for _ in range(5):
                self.system.run("systemctl", "restart", "shorthop.service")
                time.sleep(2)
        self.under_load(restart_often)

    def upgrade_under_load(self):
        system = self.system
        main, relay = "/etc/shorthop/shorthop.conf", "/etc/shorthop/relay.d/example.org.conf"
        system.shell(f"echo '# the postmaster was here' >>{main}; echo '# and here' >>{relay}")
        before = system.read(main), system.read(relay), system.service_property("MainPID")
        self.under_load(lambda: system.apt("install", self.upgrade))
        version = system.run("dpkg-query", "-W", "-f", "${Version}", "shorthop")
        expect(version.endswith("+upgrade"), version)
        expect((system.read(main), system.read(relay)) == before[:2], "settings were changed")
        expect(system.service_property("MainPID") != before[2], "the old daemon still runs")
        expect("mode rewrite" in system.service_property("StatusText"), system.service_property("StatusText"))

    def undo_and_again(self):
        system = self.system
        with_us = system.read("/etc/postfix/main.cf")
        expect("shorthop" in with_us, with_us)
        system.run("shorthop", "setup", "--undo")
        expect("shorthop" not in system.read("/etc/postfix/main.cf"), "main.cf still names shorthop")
        expect(system.exists("/etc/shorthop/relay.d/example.org.conf"), "an edited file was removed")
        system.run("shorthop", "setup", "--apply", "--no-dns")
        expect("shorthop/milter.sock" in system.run("postconf", "-h", "smtpd_milters"), "the milter is not in main.cf again")

    def mail_arrives(self, subject, hops):
        """Sends to the alias; checks that one copy arrived, over "one" or "more" hops."""
        test = (f"import two_hosts as h; n = h.hops(h.arrived('user@example.org', '{subject}')); "
                f"assert (n == 1) == ({hops!r} == 'one'), n")
        self.system.run("env", "PYTHONPATH=/srv/tests", "python3", "-c", test)

    def remove(self):
        system = self.system
        said = system.apt("remove", "shorthop")
        expect(re.search(r"^ +\d+:smtpd_milters = .*shorthop", said, re.MULTILINE), f"main.cf is not named:\n{said}")
        expect(not system.exists("/usr/sbin/shorthopd"), "shorthopd is still there")
        expect(system.exists("/etc/shorthop/relay.d/example.org.conf"), "settings are gone")
        self.mail_arrives("removed", "more")
        system.apt("install", self.upgrade)
        self.mail_arrives("installed again", "one")

    def purge(self):
        system = self.system
        said = system.apt("purge", "shorthop")
        expect(re.search(r"^ +\d+:smtpd_milters = .*shorthop", said, re.MULTILINE), f"main.cf is not named:\n{said}")
        found = system.shell("find / -xdev -name '*shorthop*' -not -path '/proc/*' -not -path '/sys/*' "
                             "-not -path '/srv/*' -not -path '/var/cache/apt/*' -not -path '/tmp/*'").splitlines()
        found += system.shell("grep -rl --exclude='*-' shorthop /etc /var/lib/systemd /run/systemd 2>/dev/null "
                              "|| true").splitlines()  # passwd- and group- are backups of the previous versions
        expect(found == ["/etc/postfix/main.cf"], f"left: {found}")
        expect(system.run("getent", "passwd", "shorthop", status=2) == "", "the user is left")
        expect("shorthop" not in system.run("getent", "group"), "the group is left")
        self.mail_arrives("purged", "more")
