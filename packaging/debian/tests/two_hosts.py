"""One host that is two mail hosts. Its own Postfix is the secondary MX (mail.example.com, 127.0.0.1). A second instance
of Postfix is the primary (mail.example.org, 192.0.2.2), where user@example.org is an alias of user@example.com. Only
the interface lo is used, and /etc/hosts in place of the DNS. The primary's address is not in 127.0.0.0/8, because with
such an address the primary would accept no mail from other hosts.

Only for a host that is thrown away afterwards: a testbed of autopkgtest, or a system of tests/packages.
"""
import pathlib
import re
import smtplib
import subprocess
import time

SECONDARY, PRIMARY = "127.0.0.1", "192.0.2.2"
PRIMARY_CONFIG = "/etc/postfix-primary"
ALIASES = {"user": "user@example.com", "user.lastname": "user@example.org"}
MIRROR = pathlib.Path("/var/lib/shorthop/example.org")
RELAY_FILE = pathlib.Path("/etc/shorthop/relay.d/example.org.conf")
TIME_LIMIT = 60  # seconds for anything to happen


def run(*words, status=0):
    """Runs a command, which must end with this status, and returns its output."""
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != status:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}, not {status}\n{done.stdout}")
    return done.stdout


def wait_until(what, condition):
    """Waits until condition() returns something true, and returns that."""
    end = time.monotonic() + TIME_LIMIT
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError(f"after {TIME_LIMIT} s there is still no {what}")


def name_hosts():
    run("ip", "address", "add", f"{PRIMARY}/32", "dev", "lo")  # Postfix listens only on addresses of interfaces
    with open("/etc/hosts", "a", encoding="ascii") as file:
        file.write(f"{SECONDARY} mail.example.com\n{PRIMARY} mail.example.org\n")


def make_users(count=1):
    """Makes the user "user", and user1, user2 and so on if `count` is more than 1."""
    for name in ["user", *(f"user{number}" for number in range(1, count))]:
        run("useradd", "--create-home", name)


def table_of(entries, domain=""):
    """The entries as an inline: table, for main.cf itself."""
    return "inline:{ " + " ".join(f"{{ {name}{domain} = {value} }}" for name, value in entries.items()) + " }"


def make_secondary():
    """The host's own Postfix relays example.org and has the mailboxes of example.com."""
    run("postconf", "-e", "myhostname = mail.example.com", "mydestination = $myhostname, example.com, localhost",
        "relay_domains = example.org", f"relay_recipient_maps = {table_of(ALIASES, '@example.org')}",
        f"inet_interfaces = {SECONDARY}", "inet_protocols = ipv4",
        "mynetworks = 127.0.0.0/8", "smtp_dns_support_level = disabled", "home_mailbox = Maildir/",
        "transport_maps = inline:{ { example.org = smtp:[mail.example.org]:25 } }", f"smtp_bind_address = {SECONDARY}",
        "mailbox_command =", "smtpd_client_connection_count_limit = 0", "default_process_limit = 50")
    run("systemctl", "restart", "postfix")


def make_primary():
    """A second instance of Postfix, with the aliases and without mailboxes."""
    run("postmulti", "-e", "init")
    run("postmulti", "-I", "postfix-primary", "-e", "create")
    run("postconf", "-c", PRIMARY_CONFIG, "-e", "myhostname = mail.example.org", "inet_protocols = ipv4",
        "mydestination = $myhostname, example.org", f"inet_interfaces = {PRIMARY}", "mynetworks = 127.0.0.0/8",
        "master_service_disable =", "authorized_submit_users = root", f"alias_maps = {table_of(ALIASES)}",
        "local_recipient_maps = $alias_maps", "smtp_dns_support_level = disabled", f"smtp_bind_address = {PRIMARY}",
        "transport_maps = inline:{ { example.com = smtp:[mail.example.com]:25 } }", "relayhost =",
        "compatibility_level = 3.6")
    # Only Debian's systemd unit copies /etc/hosts into the chroot, and postmulti does not start that unit.
    run("postconf", "-c", PRIMARY_CONFIG, "-F", "smtp/unix/chroot = n")
    run("postmulti", "-i", "postfix-primary", "-e", "enable")
    run("postmulti", "-i", "postfix-primary", "-p", "start")


def copy_tables():
    """Makes the mirror of the primary, whose tables are all in its main.cf."""
    MIRROR.mkdir(parents=True, exist_ok=True)
    (MIRROR / "postconf").write_text(run("postconf", "-c", PRIMARY_CONFIG))
    (MIRROR / "master").write_text(run("postconf", "-c", PRIMARY_CONFIG, "-M") +
                                   run("postconf", "-c", PRIMARY_CONFIG, "-P"))
    (MIRROR / "stamp").touch()


def send(recipient, subject, sender="someone@example.net"):
    """Sends a message to the secondary; raises smtplib.SMTPException if it is refused."""
    with smtplib.SMTP(SECONDARY, 25, local_hostname="client.example.net", timeout=TIME_LIMIT) as client:
        client.sendmail(sender, [recipient], f"From: <{sender}>\nTo: <{recipient}>\nSubject: {subject}\n\nhello\n")


def delivered(subject, user="user"):
    """The texts of the copies in the user's mailbox."""
    folder = pathlib.Path("/home") / user / "Maildir" / "new"
    texts = (path.read_text() for path in folder.glob("*"))
    return [text for text in texts if f"\nSubject: {subject}\n" in text]


def hops(message):
    """The mail hosts that a message has passed."""
    return len(re.findall(r"^Received: ", message, re.MULTILINE))


def arrived(recipient, subject, user="user"):
    """Sends a message, waits until it is delivered, and returns its only copy."""
    send(recipient, subject)
    wait_until(f"copy of \"{subject}\"", lambda: delivered(subject, user))
    wait_until("empty queue", queues_are_empty)
    copies = delivered(subject, user)
    assert len(copies) == 1, f"{len(copies)} copies of \"{subject}\""
    return copies[0]


def queues_are_empty():
    return "empty" in run("postqueue", "-p") and "empty" in run("postqueue", "-c", PRIMARY_CONFIG, "-p")


def journal(text):
    """The lines of shorthopd's log that contain the text."""
    lines = run("journalctl", "--no-pager", "-o", "cat", "-u", "shorthop.service").splitlines()
    return [line for line in lines if text in line]


def set_mode(mode):
    """Sets the mode in the relay file, which `shorthop setup` has written."""
    text, count = re.subn(r"^mode\s*=.*$", f"mode = {mode}", RELAY_FILE.read_text(), flags=re.MULTILINE)
    assert count == 1, f"{RELAY_FILE} has {count} lines with a mode:\n{text}"
    RELAY_FILE.write_text(text)


def say_what_arrives_here():
    """Sets arrives-here: without DNS, shorthop cannot find out that the primary sends mail for example.com here."""
    RELAY_FILE.write_text(RELAY_FILE.read_text() + "arrives-here = example.com\n")
