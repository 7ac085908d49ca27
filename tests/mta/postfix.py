"""Postfix on a private host: its settings, start, reload, queue, log, and deliveries.

All files are in the host's own file system; this module does not know shorthop.
Source: postconf(5), master(5), Debian's master.cf (chrooted smtpd), postfix(1), maildir(5).
"""
import shutil

import fetch
import rootfs
from mailhost import MailHost, files_below, wait_for

QUEUE = "/var/spool/postfix"
LOG = "/var/log/mail.log"
WAITING = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
CHROOT_ETC = ("resolv.conf", "services", "hosts", "nsswitch.conf", "localtime")

# At this port a host accepts mail without shorthop, whatever main.cf says. It uses $other_milters there, too.
PORT_WITHOUT_MILTER = 2525
# The services of Debian's master.cf, in its form and with its chroots.
MASTER = f"""\
smtp       inet  n  -  y  -     -  smtpd
{PORT_WITHOUT_MILTER}       inet  n  -  y  -     -  smtpd -o smtpd_milters=$other_milters
pickup     unix  n  -  y  1     1  pickup
cleanup    unix  n  -  y  -     0  cleanup
qmgr       unix  n  -  n  1     1  qmgr
tlsmgr     unix  -  -  y  1000? 1  tlsmgr
rewrite    unix  -  -  y  -     -  trivial-rewrite
bounce     unix  -  -  y  -     0  bounce
defer      unix  -  -  y  -     0  bounce
trace      unix  -  -  y  -     0  bounce
verify     unix  -  -  y  -     1  verify
flush      unix  n  -  y  1000? 0  flush
proxymap   unix  -  -  n  -     -  proxymap
proxywrite unix  -  -  n  -     1  proxymap
smtp       unix  -  -  y  -     -  smtp
relay      unix  -  -  y  -     -  smtp
showq      unix  n  -  y  -     -  showq
error      unix  -  -  y  -     -  error
retry      unix  -  -  y  -     -  error
discard    unix  -  -  y  -     -  discard
local      unix  -  n  n  -     -  local
virtual    unix  -  n  n  -     -  virtual
lmtp       unix  -  -  y  -     -  lmtp
anvil      unix  -  -  y  -     1  anvil
scache     unix  -  -  y  -     1  scache
postlog    unix-dgram n - n -   1  postlogd
"""

# Short timeouts, so that a test sees a retry or a bounce at once; otherwise Postfix's own defaults.
SETTINGS = {
    "compatibility_level": "3.6",
    "maillog_file": LOG,
    "myorigin": "$mydomain",
    "mydestination": "$myhostname, localhost.$mydomain, localhost, $mydomain",
    "mynetworks": "127.0.0.0/8",
    "inet_protocols": "ipv4",
    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    "smtp_tls_security_level": "none",
    "home_mailbox": "Maildir/",
    "recipient_delimiter": "+",
    "alias_maps": "",
    "alias_database": "",
    "biff": "no",
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "in_flow_delay": "0",
    "smtpd_error_sleep_time": "0",
    "smtpd_client_connection_count_limit": "0",
    "other_milters": "",
}

# Additional settings by role: primary and secondary.
ROLES = {
    "primary": {
        "virtual_alias_maps": "hash:/etc/postfix/virtual",
        "alias_maps": "hash:/etc/aliases",
        "alias_database": "hash:/etc/aliases",
        "allow_mail_to_commands": "alias, forward, include",
        "allow_mail_to_files": "alias, forward, include",
    },
    "secondary": {"relay_domains": "example.org", "relay_recipient_maps": ""},
    "foreign": {},
}
ROLES["second"] = ROLES["primary"]


class Postfix(MailHost):
    """A host with a running Postfix."""

    LOG = LOG
    # Settings that make it use shorthop, and settings that keep deferred mail in the queue for inspection.
    MILTER = {"smtpd_milters": "{ unix:shorthop/milter.sock, default_action=accept }"}
    NO_RETRY = {"queue_run_delay": "1000s", "minimal_backoff_time": "1000s", "maximal_backoff_time": "1000s"}

    def __init__(self, place, name, role):
        super().__init__(place, name)
        self.base = {**SETTINGS, "myhostname": name, "mydomain": name.partition(".")[2], **ROLES[role]}
        self._write_settings({})

    def start(self):
        self.copy_into_chroot()
        rootfs.write(self.place, "/etc/postfix/master.cf", MASTER)
        types = fetch.dynamic_maps("/usr/lib/postfix", self.place.path)
        rootfs.write(self.place, "/etc/postfix/dynamicmaps.cf", types)
        self.database_types = ("hash", *(line.partition("\t")[0] for line in types.splitlines()))
        shutil.chown(self.place.path("/var/lib/postfix"), rootfs.SYSTEM_USERS["postfix"])
        self.place.run("postfix", "start")

    def stop(self):
        """Stops Postfix at once, even during a delivery. Waits until master(8) has released the lock for start()."""
        self.place.run("postfix", "abort", check=False)
        wait_for(lambda: self.place.run("postfix", "status", check=False).returncode != 0, "end of Postfix", self.name)

    def copy_into_chroot(self):
        """Copies what chrooted services need from /etc."""
        etc = self.place.path(QUEUE) / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        for name in CHROOT_ETC:
            source = self.place.path("/etc") / name
            if source.exists():
                shutil.copy(source, etc / name)

    # Settings and users

    def configure(self, settings=None):
        """Adds these settings to the base ones, and reloads."""
        self._write_settings(settings or {})
        self.reload()

    def set_services(self, options, more):
        """Options of services in master.cf ("smtp inet" -> {parameter: value}), and further lines. They take
        effect at a reload."""
        lines = []
        for line in MASTER.splitlines():
            added = options.get(" ".join(line.split()[:2]), {})
            lines.append(line + "".join(f" -o {name}={value}" for name, value in added.items()))
        rootfs.write(self.place, "/etc/postfix/master.cf", "".join(f"{line}\n" for line in [*lines, *more]))

    def _write_settings(self, settings):
        text = "".join(f"{name} = {value}\n" for name, value in {**self.base, **settings}.items())
        rootfs.write(self.place, "/etc/postfix/main.cf", text)

    def reload(self):
        """Returns when every process with the old settings has exited; idle processes exit after a reload."""
        master = self.place.path(f"{QUEUE}/pid/master.pid").read_text().strip()
        children = self.place.path(f"/proc/{master}/task/{master}/children")
        old = set(children.read_text().split())
        self.place.run("sh", "-c", f"kill -HUP {master}")
        wait_for(lambda: not old.intersection(children.read_text().split()), "postfix reload", self.name)

    def set_tables(self, virtual, aliases):
        """Writes its alias tables; they take effect at a reload. hash: is the type on Debian."""
        self.write("/etc/postfix/virtual", virtual)
        self.write("/etc/aliases", aliases)
        self.place.run("postmap", "hash:/etc/postfix/virtual")
        self.place.run("postalias", "hash:/etc/aliases")

    # The queue

    def queue(self, ignore_deferred=False):
        """Queue IDs of unfinished messages; ignore_deferred: except those that were deferred."""
        folders = [folder for folder in WAITING if folder != "deferred" or not ignore_deferred]
        return [found.name for folder in folders for found in files_below(self.place.path(QUEUE) / folder)]

    def queued_text(self, queue_id):
        return self.place.run("postcat", "-hq", queue_id, check=False).stdout

    def drop_queue(self):
        self.place.run("postsuper", "-d", "ALL", check=False)
