"""A primary and a secondary: two booted systems with a wire between them. They are paired as a new user would do it;
mail is observed and rewritten; an alias changes; faults occur; and the pairing is undone. On the primary, only the
printed command installs anything of shorthop.
"""
import json
import pathlib
import re
import subprocess
import time

from life import expect

PRIMARY = {"name": "mail.example.org", "addresses": ["192.0.2.1/24", "fd00:db8::1/64"]}
SECONDARY = {"name": "mail.example.com", "addresses": ["192.0.2.2/24", "fd00:db8::2/64"]}
RELAY_FILE = "/etc/shorthop/relay.d/example.org.conf"
PULL = "shorthop-pull@example.org"
NEW_USER_LIMIT = 300  # seconds
DNS = ["--no-resolv", "--no-hosts", "--local=/#/", "--mx-host=example.org,mail.example.org,10", "--mx-host=example.org,mail.example.com,20",
       "--mx-host=example.com,mail.example.com,10",
       *(f"--host-record={host['name']},{','.join(one.split('/')[0] for one in host['addresses'])}"
         for host in (PRIMARY, SECONDARY))]
SEND = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1", 25, local_hostname="client.example.net", timeout=60) as client:
    client.sendmail("someone@example.net", [sys.argv[1]], f"From: <someone@example.net>\\nSubject: {sys.argv[2]}\\n\\nhello\\n")
"""
# Lists everything that an installation could leave. Folders in which a running system writes files are left out.
FILES = ("find / -xdev ( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /srv -o -path /home -o -path /var/log "
         "-o -path /var/cache -o -path /var/tmp -o -path /var/lib/systemd -o -name .ssh -o -path /var/lib/shorthop/state "
         "-o -path /var/spool/postfix -o -path /var/lib/postfix ) -prune -o -printf %p\\n")


def connect(one, other):
    """A wire between two systems: each gets the interface "wire"."""
    subprocess.run(["ip", "link", "add", "wire", "netns", one.init, "type", "veth", "peer", "name", "wire", "netns",
                    other.init], check=True)
    for system, host in ((one, PRIMARY), (other, SECONDARY)):
        for address in host["addresses"]:
            system.run("ip", "address", "add", address, "dev", "wire", *(["nodad"] if ":" in address else []))
        system.run("ip", "link", "set", "wire", "up")


class TwoSystems:
    """The steps in order; each builds on the previous ones."""

    def __init__(self, primary, secondary, package):
        self.primary, self.secondary = primary, secondary
        self.package = f"/srv/packages/{package.name}"
        secondary.put(package, self.package)
        self.before = {}
        self.sent = 0
        self.command = self.confirm = ""

    def steps(self):
        """(title, function)"""
        yield "both have Postfix, a wire and a DNS; mail for an alias goes to the primary and comes back", self.prepare
        yield "a wrong host, no domain, a closed port and an undo without a pairing change nothing", self.wrong_words
        yield "an IPv6 address in place of the name: paired and undone", self.by_address
        yield "a new user: installed, paired, pulled, set up and checked in less than five minutes", self.new_user
        yield "the user on the primary gets the bundle by its key, and nothing else", self.forced_command
        yield "both commands of pair change nothing when they are repeated", self.pair_again
        yield "observed: logged as rewrite, delivered through the primary, the round trip confirmed", self.observed
        yield "mode = rewrite: no needless hop", self.rewritten
        yield "an alias that is re-pointed on the primary is followed after the next pull", self.followed
        yield "another host key: the pull fails; pair shows the new key, pins it when told to", self.host_key_changed
        yield "sshd on another port: the pull fails until pair gets HOST:PORT", self.other_port
        yield "no room for a generation: the pull fails, and the old generation stays in force", self.disk_full
        yield "sshd is stopped: unit, status and check say so; the data is used until max-age, then stale", self.broken
        yield "undone on both ends: no file, user or unit is left, and mail goes through the primary", self.undone
        yield "paired again: a removal stops timer and pull, an installation starts the timer, a purge removes it", self.purged

    # --- The world ---

    def prepare(self):
        connect(self.primary, self.secondary)
        for system, host in ((self.primary, PRIMARY), (self.secondary, SECONDARY)):
            system.shell(f"echo {host['name']} >/etc/hostname; hostname {host['name']}; "
                         "echo 'nameserver 192.0.2.1' >/etc/resolv.conf; echo '127.0.0.1 localhost' >/etc/hosts")
        self.prepare_primary()
        self.prepare_secondary()
        expect(self.hops_to("user.lastname") > 2, "the mail has not been to the primary")

    def prepare_primary(self):
        primary = self.primary
        primary.apt("install", "postfix", "openssh-server", "dnsmasq-base")
        primary.run("systemd-run", "--unit=dns", "dnsmasq", "--keep-in-foreground", *DNS)
        primary.run("postconf", "-e", "myhostname = mail.example.org", "mydestination = $myhostname, example.org, localhost",
                    "virtual_alias_maps = $default_database_type:/etc/postfix/virtual", "inet_interfaces = all",
                    "smtp_host_lookup = dns", "compatibility_level = 3.6")
        primary.shell("echo 'user.lastname@example.org user@example.org' >/etc/postfix/virtual; postmap /etc/postfix/virtual")
        self.point_alias_to("user@example.com")
        primary.run("systemctl", "restart", "postfix")
        primary.shell("install -d -m 0700 ~root/.ssh")

    def point_alias_to(self, address):
        self.primary.shell(f"printf 'postmaster: root\\nuser: {address}\\n' >/etc/aliases && newaliases")

    def prepare_secondary(self):
        secondary = self.secondary
        secondary.apt("install", "postfix", "openssh-client")
        secondary.run("postconf", "-e", "myhostname = mail.example.com",
                      "mydestination = $myhostname, example.com, localhost", "relay_domains = example.org",
                      "inet_interfaces = all", "home_mailbox = Maildir/", "mailbox_command =", "compatibility_level = 3.6")
        secondary.run("systemctl", "restart", "postfix")
        for name in ("user", "other"):
            secondary.run("useradd", "--create-home", name)
        # The postmaster may log in on the primary.
        secondary.shell("install -d -m 0700 ~root/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~root/.ssh/id_ed25519 && "
                        "echo 'StrictHostKeyChecking accept-new' >~root/.ssh/config")
        (self.primary.path / "root/.ssh/authorized_keys").write_text(secondary.read("root/.ssh/id_ed25519.pub"))

    def hops_to(self, name, mailbox="user"):
        """Sends a message to NAME@example.org, and counts the hosts in the one copy that arrives."""
        self.sent += 1
        subject = f"message-{self.sent}"
        self.secondary.run("python3", "-c", SEND, f"{name}@example.org", subject)
        folder = pathlib.Path(self.secondary.path) / "home" / mailbox / "Maildir/new"

        def copies():
            return [text for text in (path.read_text() for path in folder.glob("*")) if f"\nSubject: {subject}\n" in text]
        self.secondary.wait_until(f"copy of {subject}", copies)
        for system in (self.primary, self.secondary):
            system.wait_until("empty queue", lambda system=system: "empty" in system.run("postqueue", "-p"))
        expect(len(copies()) == 1, f"{len(copies())} copies of {subject}")
        return len(re.findall(r"^Received: ", copies()[0], re.MULTILINE))

    def everything(self, system):
        """What pairing could leave on a system."""
        files = system.run(*FILES.split()).splitlines()
        return {
            "files": {name for name in files if not name.endswith("-")},  # passwd- and group- are backups
            "passwd": system.read("/etc/passwd"), "group": system.read("/etc/group"), "shadow": system.read("/etc/shadow"),
            "units": system.run("systemctl", "list-unit-files", "--no-legend", "--no-pager"),
            "timers": sorted(re.findall(r"\S+\.timer", system.run("systemctl", "list-timers", "--all", "--no-pager"))),
            "failed": system.run("systemctl", "--failed", "--no-legend"), "main.cf": system.read("/etc/postfix/main.cf"),
        }

    def same_as_before(self, system):
        now, before = self.everything(system), self.before[system.name]
        differing = {name: (sorted(set(now[name]) ^ set(before[name])) if name == "files" else now[name])
                     for name in now if now[name] != before[name]}
        expect(not differing, f"{system.name}: not as before: {differing}")

    def status(self):
        return next(one for one in self.secondary.daemon_status()["relays"] if one["name"] == "example.org")

    # --- The steps ---

    def wrong_words(self):
        secondary = self.secondary
        secondary.apt("install", self.package)
        for system in (self.primary, secondary):
            self.before[system.name] = self.everything(system)
        for words, status, said in (
                (["mail.example.org"], 78, "name the domains that this host relays to it"),
                (["mail.exmaple.org", "example.org"], 75, "check the name"),
                (["mail.example.org:2222", "example.org"], 75, "that sshd runs there"),
                (["root@mail.example.org", "example.org"], 64, "is not the name of a host"),
                (["mail.example.org", "exa mple/../org"], 64, "is not a valid domain"),
                (["--host-key", "SHA256:other", "mail.example.org", "example.org"], 64, "is not the fingerprint"),
                (["--host-key", f"SHA256:{'o' * 43}", "mail.example.org", "example.org"], 65, "its host key is"),
                (["--undo", "mail.example.org"], 0, "nothing to undo")):
            output = secondary.run("shorthop", "pair", *words, status=status)
            expect(said in output, f"{words}: {output}")
            self.same_as_before(secondary)

    def by_address(self):
        """Pairs by the address of the primary, and undoes it."""
        secondary = self.secondary
        command, confirm = commands_in(secondary.run("shorthop", "pair", "fd00:db8::1", "example.org"))
        secondary.shell(command)
        secondary.shell(confirm)
        expect("rewrite all-local" in secondary.run("shorthop", "resolve", "user.lastname@example.org"), "the alias is not followed")
        self.undo("fd00:db8::1")
        secondary.apt("purge", "shorthop")

    def undo(self, host, *more):
        """Undoes the pairing on both hosts, and checks that nothing is left."""
        said = self.secondary.run("shorthop", "pair", "--undo", host)
        expect("left" not in said, said)
        for words in more:
            self.secondary.run(*words)
        self.same_as_before(self.secondary)
        command = re.search(r"^    (ssh .*)$", said, re.MULTILINE)
        expect(command, said)
        self.primary.run("systemctl", "start", "--no-block", "shorthop-export.service")  # an export under way
        undone = self.secondary.shell(command[1])
        expect("nothing of shorthop-export is left" in undone, undone)
        self.same_as_before(self.primary)
        expect("nothing to undo" in self.secondary.run("shorthop", "pair", "--undo", host), "a second undo finds something to undo")

    def new_user(self):
        secondary = self.secondary
        begin = time.monotonic()
        secondary.apt("install", self.package)
        said = secondary.run("shorthop", "pair", "mail.example.org", "example.org")
        self.command, self.confirm = commands_in(said)
        installed = secondary.shell(self.command)
        expect(self.confirm.split()[3] in installed, f"the host key is not shown:\n{installed}")
        expect("warning" not in installed, installed)
        said = secondary.shell(self.confirm)
        expect("1 recipients" in said or "in force" in said, said)
        secondary.run("shorthop", "setup", "--apply")
        checked = secondary.run("shorthop", "check", status=None)
        took = time.monotonic() - begin
        print(f"       a new user's commands take {took:.0f} s")
        expect("0 errors" in checked, checked)
        expect(took < NEW_USER_LIMIT, f"it takes {took:.0f} s")
        expect(secondary.state_of(f"{PULL}.timer") == "active", "the timer does not run")
        owners = secondary.shell("cd /etc/shorthop/pull && stat -c '%a %U %G %n' . example.org example.org/*")
        expect(owners.splitlines() == ["755 root root .", "700 shorthop shorthop example.org",
                                       "600 shorthop shorthop example.org/id_ed25519",
                                       "644 shorthop shorthop example.org/id_ed25519.pub",
                                       "644 shorthop shorthop example.org/known_hosts"], owners)
        expect(self.status()["mode"] == "observe" and self.status()["pull-failed"] == "", self.status())

    def forced_command(self):
        ssh = ("ssh -F none -i /etc/shorthop/pull/example.org/id_ed25519 -o UserKnownHostsFile="
               "/etc/shorthop/pull/example.org/known_hosts -o BatchMode=yes shorthop-export@mail.example.org")
        for asked in ("id", "cat /etc/shadow", "sh -i"):
            sent = self.secondary.shell(f"{ssh} {asked} | sha256sum").split()[0]
            bundle = self.primary.run("sha256sum", "/var/lib/shorthop-export/bundle.tar").split()[0]
            expect(sent == bundle, f"{asked}: it sends something else")
        self.secondary.shell(f"{ssh} -N -L 2525:127.0.0.1:25 -o ExitOnForwardFailure=yes & sleep 2; "
                             "! python3 -c 'import socket; print(socket.create_connection((\"127.0.0.1\", 2525)).recv(9))'; "
                             "kill $!")
        modes = self.primary.shell("cd /var/lib/shorthop-export && stat -c '%a %U %G %n' . bundle.tar")
        expect(modes.splitlines() == ["2750 root shorthop-export .", "640 root shorthop-export bundle.tar"], modes)

    def pair_again(self):
        def state():
            files = [{name for name in self.everything(system)["files"] if "/example.org.generations/" not in name}
                     for system in (self.primary, self.secondary)]  # each bundle is another generation
            return files + [
                self.secondary.read(RELAY_FILE), self.secondary.read("/etc/shorthop/pull/example.org/id_ed25519"),
                self.primary.read("/var/lib/shorthop-export/.ssh/authorized_keys")]
        before = state()
        said = self.secondary.run("shorthop", "pair", "mail.example.org")
        expect(commands_in(said)[0] == self.command, said)
        self.secondary.shell(self.command)
        self.secondary.shell(self.confirm)
        expect(state() == before, "something has changed")

    def observed(self):
        expect(self.hops_to("user.lastname") > 2, "the mail was rewritten in mode observe")
        log = self.secondary.wait_until("confirmed prediction", lambda: [
            line for line in self.log() if "recipient=<user.lastname@example.org> prediction=confirmed" in line])
        expect(log, log)
        logged = [line for line in self.log() if "recipient=<user.lastname@example.org> decision=" in line]
        expect(" decision=rewrite reason=all-local to=<user@example.com> " in logged[-1] and "mode=observe" in logged[-1],
               logged)
        found = self.secondary.shell("shorthop discover --json --journal 2>/tmp/errors || true").splitlines()
        summary = next(one["summary"] for one in map(json.loads, found) if "summary" in one)
        expect(summary["round_trips"] >= 2, summary)  # this round trip, and the one of the first step

    def log(self):
        return self.secondary.run("journalctl", "--no-pager", "-o", "cat", "-u", "shorthop.service").splitlines()

    def set_relay(self, key, value):
        """Sets a key of the relay file as the README says, and reloads."""
        self.secondary.shell(f"sed -i '/^{key} /d; $a {key} = {value}' {RELAY_FILE} && shorthop reload")

    def rewritten(self):
        self.set_relay("mode", "rewrite")
        for name in ("user.lastname", "user"):
            hops = self.hops_to(name)
            expect(hops == 1, f"{hops} hops")

    def followed(self):
        self.point_alias_to("other@example.com")
        self.export_and_pull()
        self.secondary.wait_until("new target", lambda: "to other@example.com" in self.secondary.run(
            "shorthop", "resolve", "user.lastname@example.org") and self.loaded_newest())
        hops = self.hops_to("user.lastname", "other")
        expect(hops == 1, f"{hops} hops")

    def export_and_pull(self):
        time.sleep(1.1)  # the times of bundles are whole seconds
        self.primary.run("systemctl", "start", "shorthop-export.service")
        self.pull()

    def loaded_newest(self):
        newest = self.secondary.shell("stat -L -c %Y /var/lib/shorthop/example.org/stamp").strip()
        data = self.secondary.shell(f"date -d {self.status()['data']} +%s").strip()
        return data == newest

    def pull(self, status=0):
        """Starts the unit, which pair may have started a moment ago. reset-failed also resets the number of starts: the
        tests start the unit more often than systemd permits (5 times in 10 s)."""
        unit = f"{PULL}.service"
        self.secondary.wait_until("end of a pull", lambda: self.secondary.state_of(unit) != "activating")
        self.secondary.run("systemctl", "reset-failed", unit)
        self.secondary.run("systemctl", "start", unit, status=status)

    def pull_fails(self, why):
        """The unit, status and check after a pull that must fail."""
        secondary = self.secondary
        self.pull(status=1)
        expect(f"{PULL}.service" in secondary.run("systemctl", "--failed", "--no-legend", "--plain"), "the unit is not failed")
        failure = self.status()["pull-failed"]
        expect(re.search(why, failure), f"status: {failure}")
        text = secondary.run("shorthop", "status")
        expect(f'pull-failed="{failure}"' in text, text)
        checked = secondary.run("shorthop", "check", status=None)
        expect("the last pull of example.org failed" in checked, checked)
        logged = secondary.run("journalctl", "--no-pager", "-o", "cat", "-u", f"{PULL}.service")
        expect(re.search(why, logged), logged)

    def host_key_changed(self):
        primary, secondary = self.primary, self.secondary
        primary.shell("rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && "
                      "systemctl restart ssh")
        self.pull_fails("HOST IDENTIFICATION HAS CHANGED")
        old = self.confirm.split()[3]
        said = secondary.run("shorthop", "pair", self.confirm.split()[2], old, "mail.example.org", status=65)
        expect("its host key is SHA256:" in said, said)
        said = secondary.run("shorthop", "pair", "mail.example.org")
        expect(f"the pinned host key is {old}" in said, said)
        self.confirm = commands_in(said)[1]
        secondary.shell(self.confirm)
        expect(self.status()["pull-failed"] == "", self.status())
        secondary.shell("ssh-keygen -R mail.example.org")  # from the postmaster's own known_hosts

    def other_port(self):
        primary, secondary = self.primary, self.secondary
        primary.shell("echo 'Port 2222' >/etc/ssh/sshd_config.d/port.conf && systemctl restart ssh")
        self.pull_fails("[Cc]onnection refused")
        said = secondary.run("shorthop", "pair", "mail.example.org:2222")
        command, confirm = commands_in(said)
        expect("ssh -p 2222 root@mail.example.org" in command, command)
        secondary.shell(confirm)
        expect("pull = ssh://shorthop-export@mail.example.org:2222\n" in secondary.read(RELAY_FILE), secondary.read(RELAY_FILE))
        primary.shell("rm /etc/ssh/sshd_config.d/port.conf && systemctl restart ssh")
        secondary.shell(confirm.replace(" mail.example.org", " mail.example.org:22"))
        expect("pull = ssh://shorthop-export@mail.example.org\n" in secondary.read(RELAY_FILE), secondary.read(RELAY_FILE))

    def disk_full(self):
        secondary, generations = self.secondary, "/var/lib/shorthop/example.org.generations"
        in_force = secondary.run("readlink", "/var/lib/shorthop/example.org")
        secondary.shell(f"cp -a {generations} /srv/kept && mount -t tmpfs -o size=600k,mode=0755 none {generations} && "
                        f"chown shorthop:shorthop {generations} && cp -a /srv/kept/. {generations}/ && "
                        f"{{ cat /dev/zero >{generations}/.filler || true; }} 2>/dev/null")
        try:
            time.sleep(1.1)
            self.primary.run("systemctl", "start", "shorthop-export.service")
            self.pull(status=1)
            logged = secondary.run("journalctl", "--no-pager", "-o", "cat", "-u", f"{PULL}.service")
            expect("there is no room for it" in logged, logged)
            expect(secondary.run("readlink", "/var/lib/shorthop/example.org") == in_force, "another generation is in force")
            expect(self.hops_to("user.lastname", "other") == 1, "the mail was not rewritten")
        finally:
            secondary.shell(f"umount {generations}; rm -r /srv/kept")
        self.pull()

    def broken(self):
        secondary = self.secondary
        self.primary.run("systemctl", "stop", "ssh.service", "ssh.socket", status=None)
        self.pull_fails("[Cc]onnection refused")
        expect(self.hops_to("user.lastname", "other") == 1, "the data in force is not used")
        self.set_relay("max-age", "5s")
        secondary.wait_until("stale data", lambda: self.status()["stale"] != "")
        expect(self.hops_to("user.lastname", "other") > 2, "the mail was rewritten by stale data")
        kept = [line for line in self.log() if "recipient=<user.lastname@example.org> decision=" in line][-1]
        expect(" decision=keep reason=stale" in kept, kept)
        self.primary.run("systemctl", "start", "ssh.service")

    def undone(self):
        self.undo("mail.example.org", ["shorthop", "setup", "--undo"])
        expect(self.hops_to("user.lastname", "other") > 2, "the mail does not go through the primary")

    def purged(self):
        """Removes, installs again and purges the package while it is paired."""
        secondary, package = self.secondary, self.package
        for command in commands_in(secondary.run("shorthop", "pair", "mail.example.org", "example.org")):
            secondary.shell(command)
        # The primary's sshd takes the connection, but does not answer.
        self.primary.run("systemctl", "kill", "--signal=STOP", "ssh.service")
        secondary.run("systemctl", "start", "--no-block", f"{PULL}.service")
        secondary.wait_until("pull", lambda: secondary.state_of(f"{PULL}.service") == "activating")
        secondary.apt("remove", "shorthop")
        self.primary.run("systemctl", "kill", "--signal=CONT", "ssh.service")
        states = [secondary.state_of(f"{PULL}.{kind}") for kind in ("timer", "service")]
        expect(states == ["inactive", "inactive"], f"timer and pull are {states}")
        secondary.apt("install", package)
        expect(secondary.state_of(f"{PULL}.timer") == "active", "the timer does not run")
        drop_in = f"/etc/systemd/system/{PULL}.service.d"
        secondary.shell(f"mkdir -p {drop_in} && echo '[Service]' >{drop_in}/mirror.conf")
        secondary.apt("purge", "shorthop")
        left = secondary.shell("find /etc/systemd /run/systemd -name '*shorthop*'; systemctl --failed --no-legend --plain")
        expect("shorthop" not in left, f"left: {left}")


def commands_in(said):
    """The command for the primary and the one that confirms its host key, as `shorthop pair` prints them."""
    found = re.search(r"^    (tar .*\n .*)$(?:.*\n)*^    (shorthop pair --host-key .*)$", said, re.MULTILINE)
    expect(found, f"no commands are printed:\n{said}")
    return found.groups()
