"""A Postfix on a private host: its settings, start, reload, queue, log, and what it delivered.

Everything is in the host's own file system; nothing here knows shorthop.
Source: postconf(5), master(5), Debian's master.cf (chrooted smtpd), postfix(1), maildir(5).
"""
import collections
import email
import email.policy
import re
import shutil
import time

import rootfs

DELIVERED_TO = re.compile(rb"^Delivered-To: (.*)$", re.MULTILINE)
QUEUE = "/var/spool/postfix"
LOG = "/var/log/mail.log"
WAITING = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
CHROOT_ETC = ("resolv.conf", "services", "hosts", "nsswitch.conf", "localtime")

# The services of Debian's master.cf, in its form: chrooted where Debian's are.
MASTER = """\
smtp       inet  n  -  y  -     -  smtpd
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

# Short waits, so that a test sees a retry or a bounce at once; otherwise Postfix's own defaults.
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
}

Delivery = collections.namedtuple("Delivery", "host kind name note", defaults=("",))


class Postfix:
    """A host with a running Postfix."""

    def __init__(self, place, name, settings):
        self.place = place
        self.name = name
        self.base = {**SETTINGS, "myhostname": name, "mydomain": name.partition(".")[2], **settings}
        self.users = {}
        self._write_settings({})

    def start(self):
        self._prepare_chroot()
        rootfs.write(self.place, "/etc/postfix/master.cf", MASTER)
        self.place.path("/etc/postfix/dynamicmaps.cf").touch()
        shutil.chown(self.place.path("/var/lib/postfix"), rootfs.SYSTEM_USERS["postfix"])
        self.place.run("postfix", "start")

    def _prepare_chroot(self):
        etc = self.place.path(QUEUE) / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        for name in CHROOT_ETC:
            source = self.place.path("/etc") / name
            if source.exists():
                shutil.copy(source, etc / name)

    # Settings and users

    def configure(self, settings=None):
        """Puts these settings over the base ones in force, with a reload whatever changed."""
        self._write_settings(settings or {})
        self.reload()

    def _write_settings(self, settings):
        text = "".join(f"{name} = {value}\n" for name, value in {**self.base, **settings}.items())
        rootfs.write(self.place, "/etc/postfix/main.cf", text)

    def reload(self):
        seen = self.log().count(": reload -- ")
        self.place.run("sh", "-c", f"kill -HUP $(cat {QUEUE}/pid/master.pid)")
        wait_for(lambda: self.log().count(": reload -- ") > seen, "postfix reload", self.name)
        time.sleep(0.03)  # idle processes end when they see that their master has let go of them

    def write(self, name, text, user=None, mode=0o644):
        rootfs.write(self.place, name, text, owner=self.users[user] if user else None, mode=mode)

    def set_users(self, users):
        self.users = rootfs.write_users(self.place, users)

    # What happens

    def log(self):
        try:
            return self.place.path(LOG).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def queue(self, without_deferred=False):
        """Queue IDs that are not done yet."""
        folders = [folder for folder in WAITING if folder != "deferred" or not without_deferred]
        return [found.name for folder in folders for found in _files(self.place.path(QUEUE) / folder)]

    def drop_queue(self):
        self.place.run("postsuper", "-d", "ALL", check=False)

    def messages(self):
        """(Delivery, path) of each message that has ended on this host."""
        for home in sorted(self.place.path("/home").iterdir()):
            for path in _files(home / "Maildir" / "new"):
                yield self._mailbox_delivery(home.name, path), path
        for path in _files(self.place.path("/var/test/pipe")):
            yield Delivery(self.name, "pipe", path.name.rpartition(".")[0]), path
        for path in _files(self.place.path("/var/test/file")):
            yield Delivery(self.name, "file", path.name), path

    def _mailbox_delivery(self, user, path):
        raw = path.read_bytes()
        report = delivery_report(raw)
        if report:
            return Delivery(self.name, "report", user, report)
        # With the extension, by which a mailbox may be sorted: local(8) writes the address that it delivered to.
        address = DELIVERED_TO.search(raw)
        return Delivery(self.name, "mailbox", user, address[1].decode(errors="replace").lower() if address else "")

    def forget_messages(self):
        for _, path in list(self.messages()):
            path.unlink(missing_ok=True)


def delivery_report(raw):
    """"ACTION ORIGINAL-RECIPIENT, …" of a delivery status notification (RFC 3464), None for other mail."""
    if b"report-type=delivery-status" not in raw:
        return None
    message = email.message_from_bytes(raw, policy=email.policy.default)
    found = []
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in part.get_payload()[1:]:
            recipient = fields["Original-Recipient"] or fields["Final-Recipient"]
            found.append(f"{fields['Action']} {recipient.partition(';')[2].strip()}")
    return ", ".join(sorted(found))


def _files(folder):
    """All files below a folder, which may be missing or change meanwhile."""
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def wait_for(condition, what, where, seconds=20):
    """Waits until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise TimeoutError(f"{where}: still no {what} after {seconds} s")
