"""A world: what stands on two primaries and on the secondary, what shorthop knows of it, and the mail that is sent.

It is data that can be made at random (worlds_random.py), put on the private hosts (worlds_load.py), cut down when it
shows a difference (worlds_shrink.py), and kept as a file. Nothing here runs a mail system.
"""
import dataclasses
import json

# The domains that the secondary relays, by the primary that they belong to.
RELAYED = {
    "mail.example.org": ("example.org", "other.example", "alias.example", "box.example"),
    "mail.second.example": ("second.example",),
}


@dataclasses.dataclass
class Entry:
    """A line of a table, a .forward or an :include: file: its name and the targets as a postmaster writes them."""
    key: str
    targets: list
    style: int = 0  # how it is laid out

    def text(self, colon):
        key = f"{self.key}{colon}"
        separator = (", ", ",", ",\n\t", ", \n# a remark between\n    ")[self.style % 4]
        head = ("", "# a remark\n", "\n")[self.style // 4 % 3]
        return f"{head}{key}{' ' if colon else chr(9)}{separator.join(self.targets)}\n"

    def lines(self):
        """As a file of its own."""
        return (", " if self.style % 2 else "\n").join(self.targets) + "\n"


@dataclasses.dataclass
class Site:
    """A primary, and how shorthop is told of it."""
    host: str
    domains: list
    users: list
    virtual: list = dataclasses.field(default_factory=list)
    aliases: list = dataclasses.field(default_factory=list)
    forward: list = dataclasses.field(default_factory=list)   # key: USER, or USER and the extension with its delimiter
    include: list = dataclasses.field(default_factory=list)   # key: the path
    hidden: list = dataclasses.field(default_factory=list)    # paths of which shorthop has no copy
    main: dict = dataclasses.field(default_factory=dict)      # main.cf
    by_hand: bool = False    # the settings are in the relay's file, not taken from its `postconf -n`
    table_type: str = "text"  # of the copies
    split: bool = False       # its relay's setting
    knows_mailboxes: bool = False  # the relay's file has the users

    def setting(self, name, default=""):
        return self.main.get(name, default)

    @property
    def delimiters(self):
        return self.setting("recipient_delimiter")

    def user_of(self, key):
        """The user whose .forward it is."""
        return max((user for user in self.users if key.startswith(user)), key=len)


@dataclasses.dataclass
class World:
    name: str
    sites: list
    users: list                                                # of the secondary
    aliases: list = dataclasses.field(default_factory=list)    # of the secondary
    virtual: list = dataclasses.field(default_factory=list)    # of the secondary
    mailboxes: list = dataclasses.field(default_factory=list)  # names in its virtual mailbox domain, each a user too
    forward: list = dataclasses.field(default_factory=list)    # of users of the secondary
    main: dict = dataclasses.field(default_factory=dict)       # of the secondary
    settings: dict = dataclasses.field(default_factory=dict)   # of shorthop's main file
    envelopes: list = dataclasses.field(default_factory=list)  # each a list of RCPT arguments

    def site_of(self, domain):
        return next((site for site in self.sites if domain in site.domains), None)

    def only(self, envelope):
        """The same world with this message, and with one to each of its recipients alone, as the judge needs them."""
        alone = [[to] for to in envelope if self.site_of(address_of(to)[1])]
        return dataclasses.replace(self, envelopes=[envelope] + (alone if len(envelope) > 1 else []))

    # As a file

    def to_json(self):
        return json.dumps(dataclasses.asdict(self), indent=1)

    @staticmethod
    def from_json(text):
        def entries(data, *names):
            return {**data, **{name: [Entry(**entry) for entry in data.get(name, [])] for name in names}}

        data = json.loads(text)
        sites = [Site(**entries(site, "virtual", "aliases", "forward", "include")) for site in data["sites"]]
        return World(**{**entries(data, "aliases", "virtual", "forward"), "sites": sites})


def table(entries, colon=""):
    return "".join(entry.text(colon) for entry in entries)


def address_of(recipient):
    """(local part without quotes, domain), folded, of an address or a RCPT argument; no domain: empty."""
    text = recipient[1:recipient.rindex(">")] if recipient.startswith("<") else recipient
    if text.startswith("@"):
        text = text.partition(":")[2]
    local, _, domain = text.lower().rpartition("@")
    return local.replace('"', "").replace("\\", ""), domain
