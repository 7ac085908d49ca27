"""Common to private hosts with any mail system: users, log, and deliveries.

Not here: the mail systems themselves (postfix.py, sendmail.py). Source: maildir(5), RFC 3464.
"""
import collections
import email
import email.policy
import re
import time

import rootfs

DELIVERED_TO = re.compile(rb"^Delivered-To: (.*)$", re.MULTILINE)

Delivery = collections.namedtuple("Delivery", "host kind name note", defaults=("",))


class MailHost:
    """A mail host. A subclass adds the mail system: LOG, MILTER, NO_RETRY, start, stop, configure, set_tables, queue,
    queued_text and drop_queue."""

    def __init__(self, place, name):
        self.place = place
        self.name = name
        self.users = {}

    def write(self, name, text, user=None, mode=0o644):
        rootfs.write(self.place, name, text, owner=self.users[user] if user else None, mode=mode)

    def set_users(self, users):
        self.users = rootfs.write_users(self.place, users)

    def log(self):
        try:
            return self.place.path(self.LOG).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def messages(self):
        """(Delivery, path) of each finished message on this host."""
        for home in sorted(self.place.path("/home").iterdir()):
            for path in files_below(home / "Maildir" / "new"):
                yield self._mailbox_delivery(home.name, path), path
        for path in files_below(self.place.path("/var/test/pipe")):
            yield Delivery(self.name, "pipe", path.name.rpartition(".")[0]), path
        for path in files_below(self.place.path("/var/test/file")):
            yield Delivery(self.name, "file", path.name), path

    def _mailbox_delivery(self, user, path):
        raw = path.read_bytes()
        report = delivery_report(raw)
        if report:
            return Delivery(self.name, "report", user, report)
        # The address with its extension, by which a user may sort mail: local(8) writes it to Delivered-To.
        address = DELIVERED_TO.search(raw)
        return Delivery(self.name, "mailbox", user, address[1].decode(errors="replace").lower() if address else "")

    def forget_messages(self):
        for _, path in list(self.messages()):
            path.unlink(missing_ok=True)


def delivery_report(raw):
    """"ACTION ORIGINAL-RECIPIENT, …" of a delivery status notification (RFC 3464), None for other mail."""
    return ", ".join(sorted(reported_recipients(raw))) if b"report-type=delivery-status" in raw or \
        b"report-type=global-delivery-status" in raw else None


def reported_recipients(raw):
    """"ACTION ORIGINAL-RECIPIENT" for each recipient of a delivery status notification."""
    # RFC 6533 has a separate type for addresses in UTF-8; the fields are the same.
    raw = raw.replace(b"message/global-delivery-status", b"message/delivery-status")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for fields in part.get_payload()[1:]:
                recipient = str(fields["Original-Recipient"] or fields["Final-Recipient"])
                yield f"{fields['Action']} {recipient.partition(';')[2].strip()}"


def files_below(folder):
    """All files below a folder; it may be missing or change meanwhile."""
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
