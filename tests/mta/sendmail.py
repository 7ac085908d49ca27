"""Sendmail on a private host: its settings, start, queue and log.

All files are in the host's own file system; this module does not know shorthop. m4 makes the settings from Debian's
own files. Source: cf/README of Sendmail, the Sendmail Installation and Operation Guide (queue files), syslog(3).
"""
import contextlib
import os
import pathlib
import re
import socket
import threading

import rootfs
from mailhost import MailHost, files_below, wait_for

PROGRAMS = "/usr/libexec/sendmail"
QUEUE = "/var/spool/mqueue"
LOG = "/var/log/mail.log"
PID_FILE = "/run/sendmail.pid"

# Debian's OSTYPE, and features of most hosts. The local mailer is a script of the tests, which runs as root for one
# recipient at a time. ForwardPath is the one in cf/README for hosts with plussed users.
MC = """\
divert(0)dnl
define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `%(name)s')dnl
define(`confPID_FILE', `%(pid_file)s')dnl
define(`confTRUSTED_USER', `root')dnl
define(`confTO_IDENT', `0')dnl
define(`confREFUSE_LA', `10000')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confFORWARD_PATH', `$z/.forward.$w+$h:$z/.forward+$h:$z/.forward.$w:$z/.forward')dnl
define(`LOCAL_MAILER_PATH', `/opt/test/deliver')dnl
define(`LOCAL_MAILER_ARGS', `deliver $u $h')dnl
%(defines)s\
FEATURE(`use_cw_file')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Port=smtp')dnl
FEATURE(`mailertable')dnl
FEATURE(`virtusertable')dnl
%(more)s\
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
# The local mailer; its arguments are USER and DETAIL.
DELIVER = """#!/bin/sh
set -e
file=$(mktemp /home/$1/new.XXXXXXXX)
{ echo "Delivered-To: $1${2:++$2}@$(cat /etc/mail/mailname)"; cat; } >"$file"
mkdir -p "/home/$1/Maildir/new"
mv "$file" "/home/$1/Maildir/new/"
"""
ROLES = {
    "primary": {"local-host-names": "example.org\n"},
    "secondary": {"local-host-names": "example.com\n", "relay-domains": "example.org\n"},
}


class Sendmail(MailHost):
    """Runs Sendmail on a host. Its settings are m4 definitions by name; "mc" and "milter" are lines of the .mc file,
    "local-host-names" and "relay-domains" the files of that name, "mailertable", "virtusertable", "access" and
    "aliases" the tables as text."""

    LOG = LOG
    # As recommended in the README: without F=, so that mail is accepted if the milter is not running.
    MILTER = {"milter": "INPUT_MAIL_FILTER(`shorthop', "
                        "`S=unix:/run/shorthop/milter.sock, T=C:5s;S:10s;R:10s;E:30s')dnl\n"}
    NO_RETRY = {}  # the queue is run only once an hour

    def __init__(self, place, name, role):
        super().__init__(place, name)
        self.base = ROLES[role]
        self._settings = None
        self._tables = {"mailertable": "", "virtusertable": "", "access": "", "aliases": ""}
        rootfs.write(self.place, "/opt/test/deliver", DELIVER, mode=0o755)
        rootfs.write(self.place, "/etc/mail/mailname", name + "\n")
        for folder in (QUEUE, "/var/lib/sendmail"):
            self.place.path(folder).mkdir(parents=True, exist_ok=True)
        self.place.path(QUEUE).chmod(0o700)
        self._write_settings({})
        self._syslog = _Syslog(self.place)

    def start(self):
        self._syslog.open()
        self.place.run(f"{PROGRAMS}/sendmail", "-bd", "-q1h")
        wait_for(self._listens, "listener", self.name)

    def stop(self):
        try:
            pid = int(self.place.path(PID_FILE).read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return
        self.place.run("kill", str(pid), check=False)
        wait_for(lambda: not self._listens(), "end of sendmail", self.name)
        self.place.path(PID_FILE).unlink(missing_ok=True)

    def _listens(self):
        table = pathlib.Path(f"/proc/{self.place.pid}/net/tcp").read_text()
        return any(fields[1].endswith(":0019") and fields[3] == "0A"
                   for fields in (line.split() for line in table.splitlines()[1:]))

    # Settings and tables

    def configure(self, settings=None):
        """Adds these settings to the base ones, and restarts Sendmail if anything changed."""
        if self._write_settings(settings or {}):
            self.stop()
            self.start()

    def _write_settings(self, settings):
        """Returns whether anything changed."""
        settings = {**self.base, **settings}
        if settings == self._settings:
            return False
        self._settings = dict(settings)
        for name in ("local-host-names", "relay-domains"):
            self.write(f"/etc/mail/{name}", settings.pop(name, ""))
        tables = {name: settings.pop(name, text) for name, text in self._tables.items()}
        more = settings.pop("mc", "") + settings.pop("milter", "")
        defines = "".join(f"define(`{name}', `{value}')dnl\n" for name, value in settings.items())
        self.write("/etc/mail/sendmail.mc", MC % {"name": self.name, "pid_file": PID_FILE, "defines": defines,
                                                  "more": more})
        # In one step, because the daemon may read it at any time.
        self.place.run("sh", "-ec", "cd /etc/mail; m4 sendmail.mc >sendmail.new; mv sendmail.new sendmail.cf")
        self._write_tables(tables)  # makemap reads sendmail.cf
        return True

    def set_tables(self, virtual, aliases):
        """Sets virtusertable and aliases, unless the settings have them; each delivery opens them again."""
        self._tables.update(virtusertable=virtual, aliases=aliases)
        self._write_tables({name: self._settings.get(name, text) for name, text in self._tables.items()})

    def _write_tables(self, tables):
        for name, text in tables.items():
            if name == "aliases":
                self.write(f"/etc/mail/{name}", text)
            else:
                self.make_map("hash", name, text)
        self.place.run(f"{PROGRAMS}/sendmail", "-bi", check=False)

    def make_map(self, kind, name, text):
        """Makes a further map, /etc/mail/NAME.db, which a setting of the test names."""
        self.write(f"/etc/mail/{name}", text)
        self.place.run("sh", "-c", f"{PROGRAMS}/makemap {kind} /etc/mail/{name} </etc/mail/{name}")

    # The queue

    def queue(self, ignore_deferred=False):
        """Queue IDs of unfinished messages; ignore_deferred: except those that were deferred."""
        found = []
        for path in files_below(self.place.path(QUEUE)):
            if not path.name.startswith("qf"):
                continue
            with contextlib.suppress(FileNotFoundError):  # it has been finished meanwhile
                if not (ignore_deferred and re.search(r"^N[1-9]", path.read_text(errors="replace"), re.MULTILINE)):
                    found.append(path.name[2:])
        return found

    def queued_text(self, queue_id):
        """The header of a queued message; its lines begin with H?flags? in the file."""
        text = (self.place.path(QUEUE) / f"qf{queue_id}").read_text(errors="replace")
        return re.sub(r"^H\?[^?]*\?", "", text, flags=re.MULTILINE)

    def drop_queue(self):
        for path in files_below(self.place.path(QUEUE)):
            path.unlink(missing_ok=True)


class _Syslog:
    """/dev/log of a host: messages go to its mail.log."""

    def __init__(self, place):
        self._place = place
        self._socket = None

    def open(self):
        if self._socket:
            return
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = str(self._place.path("/dev/log"))
        self._socket.bind(path)
        os.chmod(path, 0o666)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError), open(self._place.path(LOG), "ab", buffering=0) as log:
            while True:
                log.write(re.sub(rb"^<\d+>", b"", self._socket.recv(1 << 16)).rstrip(b"\0\n") + b"\n")
