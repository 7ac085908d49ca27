"""A world: the configuration of two primaries and the secondary, shorthop's data about them, and the mail to send.

A world is data. It is made at random (worlds_random.py, worlds_features.py), loaded on the private hosts
(worlds_load.py, worlds_copies.py), reduced if it shows a difference (worlds_shrink.py), and stored as a file. This
module runs no mail system.
"""
import dataclasses
import json

# The domains that the secondary relays, by their primary.
RELAYED = {
    "mail.example.org": ("example.org", "other.example", "alias.example", "box.example"),
    "mail.second.example": ("second.example",),
}

SUFFIXES = {"hash": ".db", "lmdb": ".lmdb", "cdb": ".cdb"}  # of the database that postmap makes
# The feature that each fault of a copy (Fault.kind) belongs to.
FAULTS = {
    "missing-file": "holes", "missing-setting": "holes", "other-order": "holes",
    "left-over-table": "left-over", "left-over-forward": "left-over",
    "cut": "torn", "cut-at-line-end": "torn", "emptied": "torn", "unterminated": "torn",
    "mode": "refused-files",
    "missing-part": "mirror-holes",
}
LATER_FAULTS = ("cut-at-line-end", "emptied")  # they occur after shorthop has loaded the complete copy
COPY_FEATURES = ("holes", "left-over", "torn", "mirror-holes")  # a world without these has complete copies
# Two domains of the secondary. The MX record of BRANCH names another host for everybody; the MX record of SPLIT does so
# only in the secondary's view of the DNS.
BRANCH, SPLIT = "branch.example", "split.example"
# A domain of the first primary, and a domain of the secondary, each in both spellings.
U_LABEL, A_LABEL = "bücher.example", "xn--bcher-kva.example"
U_LABEL_HERE, A_LABEL_HERE = "münchen.example", "xn--mnchen-3ya.example"

ODD = "odd"  # the prefix of keys of odd lines
AGENT = "catch:"  # a transport of primaries: pipe(8) to a program that stores the message
# Tables of a primary that are asked about each address, by feature.
ASKED = {
    "canonical": ("canonical_maps", "recipient_canonical_maps"), "relocated": ("relocated_maps",),
    "transport": ("transport_maps",), "bcc": ("recipient_bcc_maps", "sender_bcc_maps"),
    "generic": ("smtp_generic_maps",), "recipient-access": ("check_recipient_access",),
    "smarthost": ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"),
}


@dataclasses.dataclass
class Entry:
    """A line of a table, or a .forward or :include: file: its key, and its targets as a postmaster writes them."""
    key: str
    targets: list
    style: int = 0  # the number of its layout

    def text(self, colon):
        key = f"{self.key}{colon}"
        separator = (", ", ",", ",\n\t", ", \n# a remark between\n    ")[self.style % 4]
        head = ("", "# a remark\n", "\n")[self.style // 4 % 3]
        return f"{head}{key}{' ' if colon else chr(9)}{separator.join(self.targets)}\n"

    def lines(self):
        """The text of a .forward or :include: file."""
        return (", " if self.style % 2 else "\n").join(self.targets) + "\n"


@dataclasses.dataclass
class ExtraTable:
    """A table of a primary in addition to the tables in Site.virtual and Site.aliases."""
    parameter: str    # "virtual" (virtual_alias_maps), "aliases" (alias_maps), check_recipient_access, or a parameter
    type: str         # hash, texthash, regexp, inline, static, or proxy (a hash: table through proxymap(8))
    entries: list = dataclasses.field(default_factory=list)
    is_first: bool = False  # before the main table instead of after it
    named_by: str = "both"  # "primary": only its main.cf names the table; "relay": only the relay file; or "both"
    number: int = 1         # of the table among the extra tables of its primary

    @property
    def name(self):
        """The name of its file on both hosts."""
        return f"{self.parameter}-{self.number}"

    def has_database(self):
        return self.type in ("hash", "proxy")

    def text(self):
        """The text of its file, in the format of its type."""
        if self.has_database():
            return table(self.entries, ":" if self.parameter == "aliases" else "")
        return "".join(f"{entry.key}\t{', '.join(entry.targets)}\n" for entry in self.entries)

    def table_name(self, folder, type_of_copy=None):
        """TYPE:NAME, as in main.cf and in the relay file."""
        if self.type == "static":
            return f"static:{self.entries[0].targets[0]}"
        if self.type == "inline":
            pairs = " ".join(f"{{ {entry.key} = {', '.join(entry.targets)} }}" for entry in self.entries)
            return f"inline:{{ {pairs} }}"
        database = type_of_copy or "hash"
        types = {"hash": database, "proxy": f"proxy:{database}"}
        return f"{types.get(self.type, self.type)}:{folder}/{self.name}"


@dataclasses.dataclass
class Fault:
    """A fault of a copy, or of a file and its copy."""
    kind: str        # one of FAULTS
    part: str        # virtual, aliases, postconf-n, forward/NAME, include/PATH, a parameter, or a part of a mirror
    at: float = 0.5  # "cut", "cut-at-line-end": the share of the text that is left
    mode: str = ""   # "mode": what the file on the primary is: 0666, 0600, 0, link, directory, or owner


@dataclasses.dataclass
class OtherMilter:
    """Another milter on the secondary; it edits only the client's mail."""
    place: str                # "before" or "behind" shorthop
    policy: dict = dataclasses.field(default_factory=dict)  # of other_milter.Policy
    declared: str = ""        # other-milters-edit-recipients; empty: not set

    def stops_rewriting(self):
        return self.declared != "no"

    def is_falsely_declared(self):
        return bool(self.policy) and self.declared == "no"


@dataclasses.dataclass
class Site:
    """A primary, and how shorthop is configured for it."""
    host: str
    domains: list
    users: list
    virtual: list = dataclasses.field(default_factory=list)
    aliases: list = dataclasses.field(default_factory=list)
    forward: list = dataclasses.field(default_factory=list)   # key: USER, or USER and the extension with its delimiter
    include: list = dataclasses.field(default_factory=list)   # key: the path
    hidden: list = dataclasses.field(default_factory=list)    # paths of :include: files that are not copied
    main: dict = dataclasses.field(default_factory=dict)      # main.cf
    by_hand: bool = False    # the relay file has the primary's settings; `postconf -n` is not copied
    table_type: str = "text"  # of the copies
    split: bool = False       # the relay's setting
    lists_mailboxes: bool = False  # the relay file lists the users
    passwd: bool = False           # that list is a copy of /etc/passwd
    lists_domains: bool = True     # by hand: the relay file lists the domains local to the primary
    arrives_here: list = dataclasses.field(default_factory=list)  # the relay's setting
    extra_tables: list = dataclasses.field(default_factory=list)  # ExtraTable
    faults: list = dataclasses.field(default_factory=list)        # Fault
    odd_lines: dict = dataclasses.field(default_factory=dict)     # "virtual", "aliases" -> additional lines at the end
    database: str = "hash"  # the type of the primary's tables: hash, lmdb or cdb
    # The form of tables in the mirror: "text", "database", "both" or "listing". Empty: single files, no mirror.
    mirror: str = ""
    whole_postconf: bool = False  # the mirror has what `postconf` prints, not only `postconf -n`
    users_from: str = "listing"   # of the mirror: "listing", "passwd", or "" for neither
    accepts: list = dataclasses.field(default_factory=list)        # accept-difference of the relay file
    refuses: bool = False         # reject-unknown of the relay file
    domain_tables: dict = dataclasses.field(default_factory=dict)  # parameter -> type of the table of domains, or "file"
    options: dict = dataclasses.field(default_factory=dict)        # master.cf: "smtp inet" -> {parameter: value}
    services: list = dataclasses.field(default_factory=list)       # master.cf: further lines

    def setting(self, name, default=""):
        return self.main.get(name, default)

    @property
    def delimiters(self):
        return self.setting("recipient_delimiter")

    def local_domains(self):
        """The domains of the site that are in its mydestination."""
        return [domain for domain in self.domains if domain in self.setting("mydestination").split(", ")]

    def domain_files(self):
        """The files of its domain_tables: name -> text."""
        return {name: "".join(f"{domain}{'' if kind == 'file' else ' x'}\n" for domain in self._listed(name))
                for name, kind in self.domain_tables.items()}

    def domain_lists(self):
        """The values of the parameters whose domains are in domain_tables."""
        types = {"file": "", "texthash": "texthash:", "hash": f"{self.database}:"}
        return {name: ", ".join([*(item for item in self.main[name].split(", ") if "$" in item),
                                 f"{types[kind]}/etc/postfix/{name}"])
                for name, kind in self.domain_tables.items()}

    def _listed(self, name):
        return [item for item in self.main[name].split(", ") if "$" not in item]

    def user_of(self, key):
        """The user who owns this .forward."""
        return max((user for user in self.users if key.startswith(user)), key=len)

    def text_of(self, parameter):
        """The text of its main table: "virtual" or "aliases"."""
        return table(getattr(self, parameter), ":" if parameter == "aliases" else "") + "".join(
            f"{line}\n" for line in self.odd_lines.get(parameter, []))

    def faults_of(self, name, *kinds):
        return [fault for fault in self.faults if fault.part == name and fault.kind in kinds]

    def without_missing_settings(self, postconf):
        """The output of postconf without the settings that the copies do not have."""
        missing = tuple(f"{fault.part} =" for fault in self.faults if fault.kind == "missing-setting")
        return "".join(line for line in postconf.splitlines(keepends=True) if not line.startswith(missing))

    def removed_users(self):
        """Users that the primary no longer has."""
        return [fault.part for fault in self.faults if fault.kind == "left-over-forward"]

    def entries(self, parameter):
        """The entries of all its tables in that list: "virtual", "aliases" or a parameter."""
        main = [] if self.faults_of(parameter, "left-over-table") else getattr(self, parameter, [])
        return main + [entry for extra in self.extra_tables_of(parameter) if extra.named_by != "relay"
                       for entry in extra.entries]

    def extra_tables_of(self, *lists):
        return [extra for extra in self.extra_tables if extra.parameter in lists]

    def features(self):
        found = {FAULTS[fault.kind] for fault in self.faults}
        found |= {{"primary": "holes", "relay": "left-over"}[extra.named_by] for extra in self.extra_tables
                  if extra.named_by != "both"}
        named = {"several-tables": bool(self.extra_tables_of("virtual", "aliases")),
                 "odd-lines": bool(self.odd_lines), "by-hand": self.by_hand,
                 "arrives-here": bool(self.arrives_here), "spellings": U_LABEL in self.domains,
                 "mirror": bool(self.mirror), "reject-unknown": self.refuses,
                 "domain-tables": bool(self.domain_tables),
                 "masquerade": "masquerade_domains" in self.main,
                 "content-filter": "content_filter" in self.main,
                 "delivery-agent": any(AGENT in str(value) for value in self.main.values()),
                 "master-options": bool(self.options) and "content_filter" not in self.main}
        found |= {feature for feature, lists in ASKED.items() if self.extra_tables_of(*lists)}
        found |= {"smarthost"} if {"relayhost", "default_transport", "relay_domains"} & set(self.main) else set()
        return found | {name for name, is_there in named.items() if is_there}


@dataclasses.dataclass
class World:
    name: str
    sites: list
    users: list                                                # of the secondary
    aliases: list = dataclasses.field(default_factory=list)    # of the secondary
    virtual: list = dataclasses.field(default_factory=list)    # of the secondary
    mailboxes: list = dataclasses.field(default_factory=list)  # names in its virtual mailbox domain, each also a user
    forward: list = dataclasses.field(default_factory=list)    # of users of the secondary
    main: dict = dataclasses.field(default_factory=dict)       # of the secondary
    settings: dict = dataclasses.field(default_factory=dict)   # of shorthop's main file
    envelopes: list = dataclasses.field(default_factory=list)  # each a list of RCPT arguments
    utf8: bool = False        # every message is sent with SMTPUTF8, even if it does not need it
    other_milters: list = dataclasses.field(default_factory=list)  # OtherMilter, at most one
    dns_fails: bool = False   # while shorthop loads its data
    view: str = ""            # of the DNS, see hosts.VIEWS
    elsewhere: list = dataclasses.field(default_factory=list)  # domains of the secondary whose MX is another host

    def site_of(self, domain):
        return next((site for site in self.sites if domain in site.domains), None)

    def features(self):
        """Names of its features other than tables and settings."""
        named = {"other-milter": bool(self.other_milters), "dns-fails": self.dns_fails,
                 "mx-elsewhere": bool(self.elsewhere), "spellings": U_LABEL_HERE in self.domains_here(),
                 "mx-backup": "permit_mx_backup" in self.main.get("smtpd_relay_restrictions", ""),
                 "milter-protocol": "milter_protocol" in self.main,
                 "own-access": "smtpd_recipient_restrictions" in self.main}
        mine = {name for name, is_there in named.items() if is_there}
        return mine.union(*(site.features() for site in self.sites))

    def has_whole_copies(self):
        return not self.features().intersection(COPY_FEATURES)

    def domains_here(self):
        """The secondary's own domains, of any class."""
        named = [item for item in self.main.get("mydestination", "").split(", ") if "$" not in item]
        return ["example.com", "mail.example.com", "virtual.example.com", "alias.example.com", *named]

    def only(self, envelope):
        """The same world with only this message, and a message to each of its recipients, which the judge needs."""
        alone = [[to] for to in envelope if self.site_of(address_of(to)[1])]
        return dataclasses.replace(self, envelopes=[envelope] + (alone if len(envelope) > 1 else []))

    # As a file

    def to_json(self):
        return json.dumps(dataclasses.asdict(self), indent=1)

    @staticmethod
    def from_json(text):
        def entries(data, *names):
            return {**data, **{name: [Entry(**entry) for entry in data.get(name, [])] for name in names}}

        def site(data):
            return Site(**{**entries(data, "virtual", "aliases", "forward", "include"),
                           "extra_tables": [ExtraTable(**entries(extra, "entries"))
                                            for extra in data.get("extra_tables", [])],
                           "faults": [Fault(**fault) for fault in data.get("faults", [])]})

        data = json.loads(text)
        return World(**{**entries(data, "aliases", "virtual", "forward"), "sites": [site(one) for one in data["sites"]],
                        "other_milters": [OtherMilter(**other) for other in data.get("other_milters", [])]})


def table(entries, colon=""):
    return "".join(entry.text(colon) for entry in entries)


def address_of(recipient):
    """(local part without quotes, domain), folded, of an address or a RCPT argument. Text without "@" is a domain."""
    text = recipient[1:recipient.rindex(">")] if recipient.startswith("<") else recipient
    if text.startswith("@"):
        text = text.partition(":")[2]
    local, _, domain = text.lower().rpartition("@")
    return local.replace('"', "").replace("\\", ""), domain
