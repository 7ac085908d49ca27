"""shorthopd on the secondary: its settings and tables, start, reload, stop, and its log.

On the host the programs are in /opt/shorthop/bin; the daemon runs as user shorthop, group postfix.
"""
import collections
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import rootfs
from namespaces import child_of
from postfix import wait_for

PROGRAMS = "/opt/shorthop/bin"
SOCKET = "/var/spool/postfix/shorthop/milter.sock"
LOG = "/var/log/shorthop.log"
TABLES = "/var/lib/shorthop/example.org"
MILTER = "unix:shorthop/milter.sock"

MAIN_SETTINGS = {
    "socket-mode": "0660",
    "control": "unix:/run/shorthop/control.sock",
    "mode": "rewrite",
    "settle-time": "0s",
    "state": "none",  # a refutation in one test must not affect the next test
}
# Additional settings for the secondary's mail system.
SETTINGS_OF = {
    "postfix": {"socket": f"unix:{SOCKET}", "postfix-config": "/etc/postfix"},
    "sendmail": {"socket": "unix:/run/shorthop/milter.sock", "postfix-config": "none",
                 "local-domains": "example.com mail.example.com",
                 "local-recipients": "unix:passwd.byname text:/etc/mail/aliases",
                 "local-aliases": "text:/etc/mail/aliases"},
}
RELAY_SETTINGS = {
    "domains": "example.org",
    "primary": "mail.example.org",
    "virtual-alias-maps": f"text:{TABLES}/virtual",
    "alias-maps": f"text:{TABLES}/aliases",
    "forward-files": f"{TABLES}/forward/%u",
    "include-root": f"{TABLES}/include",
    "recipient-delimiter": "+",
    "primary-domains": "example.org",
}

# The daemon's log line for a recipient, at end of message (DESIGN 5).
DECISION = re.compile(r"(?P<queue_id>\S+): recipient=<(?P<recipient>.*?)> decision=(?P<decision>\S+) "
                      r"reason=(?P<reason>\S+)(?: to=(?P<to>\S+))?")
Decision = collections.namedtuple("Decision", "queue_id recipient decision reason to")


class Daemon:
    def __init__(self, host, system="postfix", profile="postfix"):
        """system: the mail system of this host; profile: the profile of the primary."""
        self.host = host
        self.place = host.place
        self.settings = {**MAIN_SETTINGS, **SETTINGS_OF[system]}
        self.relay_settings = {**RELAY_SETTINGS, "profile": profile}
        self.socket = self.settings["socket"].removeprefix("unix:")
        self.process = None
        self._log_from = 0
        folder = self.place.path(self.socket).parent
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, self.place.path("/run/shorthop")):
            shutil.chown(path, rootfs.SYSTEM_USERS["shorthop"], rootfs.SYSTEM_GROUPS["postfix"])
            path.chmod(0o750)
        self.write()

    def write(self, tables=None):
        """Writes settings and the copies of the primary's tables; start() or reload() loads them. max-shrink is off,
        because tables may become empty from one test to the next."""
        def lines(base, more):
            return "".join(f"{name} = {value}\n" for name, value in {**base, **more}.items() if value is not None)

        rootfs.write(self.place, "/etc/shorthop/shorthop.conf",
                     lines({**self.settings, "max-shrink": "none"}, tables.settings if tables else {}))
        rootfs.write(self.place, "/etc/shorthop/relay.d/example.org.conf",
                     lines(self.relay_settings, tables.relay_settings if tables else {}))
        shutil.rmtree(self.place.path(TABLES), ignore_errors=True)
        for folder in ("forward", "include"):
            self.place.path(f"{TABLES}/{folder}").mkdir(parents=True)
        rootfs.write(self.place, f"{TABLES}/virtual", tables.virtual if tables else "")
        rootfs.write(self.place, f"{TABLES}/aliases", tables.aliases if tables else "")
        if tables and tables.aged:
            for name in ("virtual", "aliases"):
                then = time.time() - 3600
                os.utime(self.place.path(f"{TABLES}/{name}"), (then, then))
        if tables:
            for name, text in tables.forward.items():
                rootfs.write(self.place, f"{TABLES}/forward/{name}", text)
            for name, text in tables.include.items():
                if name not in tables.not_copied:
                    rootfs.write(self.place, f"{TABLES}/include{name}", text)
            for name, text in tables.copies.items():
                rootfs.write(self.place, name, text)

    def write_mirror(self, tables, primary):
        """Writes the mirror of that primary: what its postconf(1) prints, its tables and users. The stamp comes last."""
        mirror = tables.mirror
        users = "".join(f"{user}\t{user}:x:1000:1000::/home/{user}:\n" for user in tables.primary_users)
        parts = {
            "postconf": primary.place.run("sh", "-c", "postconf -n 2>/dev/null").stdout,
            "master": primary.place.run("sh", "-c", "{ postconf -M; postconf -P; } 2>/dev/null").stdout,
            "files/etc/aliases": tables.aliases,
            "files/etc/postfix/virtual": tables.virtual,
            "listed/unix:passwd.byname": users,
            "manifest": "enumerable = unix:passwd.byname\n",
            **{f"files{name}": text for name, text in mirror.files.items()},
            "stamp": "",
        }
        for name, text in parts.items():
            if name not in mirror.left_out:
                rootfs.write(self.place, f"{TABLES}/mirror/{name}", text)
        stamp = self.place.path(f"{TABLES}/mirror/stamp")
        if tables.aged and stamp.exists():
            then = time.time() - 3600
            os.utime(stamp, (then, then))

    # Start and stop

    def start(self, wait=True, environment=None):
        words = ["env", *(f"{name}={value}" for name, value in (environment or {}).items())]
        with open(self.place.path(LOG), "ab") as log:
            self.process = self.place.start(
                *words, f"{PROGRAMS}/shorthopd", user=rootfs.SYSTEM_USERS["shorthop"], group=rootfs.SYSTEM_GROUPS["postfix"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            wait_for(self.listens, "answer of shorthopd", self.host.name)

    def listens(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"shorthopd ended with status {self.process.returncode}:\n{self.all_log()[-2000:]}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.place.path(self.socket)))
                return True
            except OSError:
                return False

    def signal(self, number):
        pid = child_of(self.process.pid)  # self.process is nsenter(1), which waits for shorthopd
        if pid:
            os.kill(pid, number)

    def freeze(self):
        """Sends SIGSTOP; returns when every thread has stopped, so that none sends another edit."""
        self.signal(signal.SIGSTOP)
        threads = Path(f"/proc/{child_of(self.process.pid)}/task")
        wait_for(lambda: all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"
                             for thread in threads.iterdir()), "standstill of shorthopd", self.host.name)

    def kill(self):
        """Sends SIGKILL, also to a frozen daemon, and waits until it is gone."""
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.send_signal(signal.SIGCONT)  # nsenter(1) stops itself when its child is stopped
            self.process.wait(timeout=10)
        self.process = None

    def stop(self, seconds=10):
        """Sends SIGTERM; returns the exit status."""
        self.signal(signal.SIGTERM)
        status = self.process.wait(timeout=seconds)
        self.process = None
        return status

    def running(self):
        return self.process is not None and self.process.poll() is None

    def tool(self, *words, check=True, **more):
        return self.place.run(f"{PROGRAMS}/shorthop", *words, check=check, **more)

    def reload(self, check=True):
        return self.tool("reload", check=check)

    # The log

    def all_log(self):
        try:
            return self.place.path(LOG).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self):
        """Makes log() start here."""
        self._log_from = len(self.all_log())

    def forget_log(self):
        rootfs.truncate(self.place, LOG)
        self._log_from = 0

    def log(self):
        return self.all_log()[self._log_from:]

    def decisions(self):
        """All decisions logged since mark()."""
        return [Decision(**found.groupdict()) for found in DECISION.finditer(self.log())]

    def decisions_for(self, recipients, at_least=0, seconds=3):
        """recipient -> Decision. Log lines may be a moment late, so it waits until all these recipients have one, and
        `at_least` recipients in all; after `seconds` it returns those that it found."""
        def found():
            return {decision.recipient: decision for decision in self.decisions()}

        def complete():
            return set(recipients) <= set(found()) and at_least <= len(found())

        try:
            wait_for(complete, "decision in the log", self.host.name, seconds)
        except TimeoutError:
            pass  # the caller reports the missing ones
        return found()
