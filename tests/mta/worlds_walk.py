"""What shorthop cannot see or follow on a recipient's path, found in the world's tables without asking shorthop."""
import re

import worlds
import worlds_obstacles
from worlds import ODD, SPLIT, address_of

TYPES_READ = ("hash", "proxy", "texthash", "inline", "static", "regexp")


def obstacles(world, recipient):
    """Why it cannot be proven that a recipient ends in local mailboxes; empty if it can.

    Follows everything that the tables could make of the address. It may follow too much, but never too little. The
    tables are parsed independently of shorthop.
    """
    local, domain = address_of(recipient)
    site = world.site_of(domain)
    found = {*settings_not_followed(site), *obstacles_for_all(world), *worlds_obstacles.of_site(site, recipient)}
    if any(extra.type not in TYPES_READ for extra in site.extra_tables):
        found.add("a table of a type that is not read")
    if not site.mirror and any(extra.type == "regexp" for extra in site.extra_tables_of("aliases")):
        found.add("a pattern in alias_maps, without the mirror that shows whether smtpd(8) knows the name")
    keys_here = keys(local, domain, world.main["recipient_delimiter"])
    is_alias_here = any(entry.key.lower() in keys_here for entry in world.virtual)
    is_canonical_key_here = "recipient_canonical_maps" in world.main and "d@example.org" in keys_here
    if is_alias_here or is_canonical_key_here:
        found.add("a table of the secondary rewrites the address itself")
    if world.main.get("local_recipient_maps") == "":
        found.add("the secondary's users are not known")
    return found | Walk(world, site).from_address(local, domain)


def obstacles_for_all(world):
    """Obstacles for every recipient of the world."""
    if any(other.stops_rewriting() for other in world.other_milters):
        yield "another milter that edits recipients"
    if world.dns_fails:
        yield "the DNS failed when shorthop loaded"


def settings_not_followed(site):
    for name in ("canonical_maps", "recipient_canonical_maps", "relocated_maps", "transport_maps", "recipient_bcc_maps",
                 "receive_override_options", "smtp_generic_maps", "always_bcc"):
        if name in site.main:
            yield f"the primary's {name}"
    if site.main.get("append_at_myorigin") == "no":
        yield "the primary's append_at_myorigin"


def has_other_forward_path(site):
    """Whether forward_path has a literal '+', although '+' is not the only delimiter."""
    return "+" in site.main.get("forward_path", "") and site.delimiters != "+"


def keys(local, domain, delimiters):
    """Keys under which a table may have the address."""
    cut = min((local.find(char) for char in delimiters if local.find(char) > 0), default=-1)
    users = {local, local[:cut]} if cut > 0 else {local}
    return {f"{user}@{domain}" for user in users} | users | {f"@{domain}"}


class Walk:
    def __init__(self, world, site):
        self.world, self.site = world, site
        self.seen, self.found = set(), set()
        self.here = {*world.domains_here()}
        self.local = {*site.domains} | ({site.host, "localhost"} if not site.by_hand else set())
        self.named_as_local = site.local_domains() if site.lists_domains else []
        self.bare_keys = {self.plain(entry.key) for entry in site.entries("virtual") if "@" not in entry.key}
        self.access = world.main.get("smtpd_recipient_restrictions", "")

    def from_address(self, local, domain):
        self.address(local, domain)
        return self.found

    def address(self, local, domain):
        if (local, domain) in self.seen:  # perhaps an alias with its own name as a target
            if domain in self.local and local not in self.site.users and "luser_relay" in self.site.main:
                self.found.add("the primary's luser_relay")
            if self.site.by_hand and domain in self.local and domain not in self.named_as_local:
                self.found.add("a local domain that the settings by hand do not list as local")
            return
        self.seen.add((local, domain))
        if any(char in local for char in "%!@"):
            self.found.add("a routing operator in an address")
        if self.site.by_hand and domain in (self.site.host, "localhost"):
            self.found.add("a domain of the primary that the settings by hand do not name")
        if self.site.odd_lines and local.startswith(ODD):
            self.found.add("a line that postmap warns about")
        if domain in self.here:
            self.target_here(local, domain)
        if self.is_unlisted_spelling(domain):
            self.found.add("a spelling of a domain that the primary's lists do not have")
        asked = keys(local, domain, self.site.delimiters)
        if domain not in self.local:
            asked = {key for key in asked if "@" in key}
        self.found.update(worlds_obstacles.of_address(self.site, domain, asked))
        for parameter in worlds.ASKED["canonical"]:
            self.follow(parameter, asked, local)
        is_known = self.follow("virtual", asked, local)
        if self.site.by_hand and domain not in self.named_as_local and asked.intersection(self.bare_keys):
            self.found.add("an entry without a domain, and the settings by hand do not say which domains are local")
        if domain in self.local:
            if self.site.by_hand and not is_known and domain not in self.named_as_local:
                self.found.add("a local domain that the settings by hand do not list as local")
            is_known = self.follow("aliases", {key for key in asked if "@" not in key}, local)
            if self.forward({key for key in asked if "@" not in key}, local):
                if has_other_forward_path(self.site):
                    self.found.add("a .forward file by another forward_path than the default")
            if not is_known and not asked.intersection(self.site.users) and "luser_relay" in self.site.main:
                self.found.add("the primary's luser_relay")
        elif domain not in self.here and not is_known:
            other = self.world.site_of(domain)
            self.found.add("a second primary on the way" if other else "a third host on the way")

    def is_unlisted_spelling(self, domain):
        if domain.isascii() and "xn--" not in domain or domain not in self.site.domains or self.site.by_hand:
            return False
        lists = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains")
        return domain not in " ".join(self.site.main.get(name, "") for name in lists).replace(",", " ").split()

    def target_here(self, local, domain):
        if local.startswith(("back", "return")):
            self.found.add("an alias of the secondary that leads to another host")
        if "recipient_bcc_maps" in self.world.main and local.startswith("erin"):
            self.found.add("the secondary's recipient_bcc_maps")
        if f" {local}@{domain} = " in self.access:
            self.found.add("a check_recipient_access of the secondary that has the target")
        if domain == SPLIT and SPLIT not in self.site.arrives_here:
            self.found.add("a domain whose mail arrives here, although neither the DNS nor the relay file says so")
        if "local-domains" in self.world.settings and domain not in self.world.settings["local-domains"].split():
            self.found.add("a domain of the secondary that its settings by hand do not name")

    def follow(self, parameter, asked, local):
        found = [entry for entry in self.site.entries(parameter) if self.is_asked(entry, asked)]
        found += [entry for extra in self.site.extra_tables_of(parameter) if extra.type == "static"
                  for entry in extra.entries]
        bare = any("@" not in to for entry in found for to in entry.targets)
        if parameter == "virtual" and self.site.by_hand and bare:
            self.found.add("a target without a domain, where the settings by hand do not say $myorigin")
        return self.targets(found, local)

    def forward(self, asked, local):
        found = [entry for entry in self.site.forward if self.plain(entry.key) in asked]
        for entry in found:
            self.file(f"forward/{entry.key}")
        return self.targets(found, local)

    def file(self, name):
        if any(fault.mode in ("0600", "0") for fault in self.site.faults_of(name, "mode")):
            self.found.add("a file that only its owner may read")

    def targets(self, entries, local):
        for entry in entries:
            for target in entry.targets:
                self.target(target, local)
        return bool(entries)

    def is_asked(self, entry, asked):
        if entry.key.startswith("/"):  # regexp_table(5)
            return any(re.search(entry.key.strip("/"), key) for key in asked)
        return self.plain(entry.key) in asked

    @staticmethod
    def plain(text):
        return text.lower().replace('"', "").replace("\\", "")

    def target(self, written, local):
        if written.lower().startswith(":include:"):
            return self.include(written[len(":include:"):], local)
        if written.startswith("\\"):
            self.found.add("a \\name, which is left to the primary")
        if written.startswith(("\\", '"|', "/")):
            return None
        address = self.plain(written)
        if "<" in address:
            address = address[address.index("<") + 1:].rstrip(">")
        if address.startswith("@"):
            if ":" in address:
                self.found.add("a source route in a target")
                return None
            address = local + address
        user, at, domain = address.split(" (")[0].rpartition("@")
        if domain.endswith("."):
            self.found.add("a domain with a final dot")
        if re.fullmatch(r'"[^"]*@[^"]*"', written):
            self.found.add("an address that is quoted as a whole")
        if domain.startswith("["):
            self.found.add("a domain literal")
        if " " in address.split(" (")[0]:
            self.found.add("two words without a comma")
        for name in self.with_extension(user if at else address, local):
            for own in [domain] if at else self.local:
                self.address(name, own)
        return None

    def with_extension(self, user, local):
        """The user and, if a table has it, the user with the extension of the original address."""
        start = min((local.find(char) for char in self.site.delimiters if local.find(char) > 0), default=len(local))
        extended = user + local[start:]
        entries = [*self.site.entries("virtual"), *self.site.entries("aliases"), *self.site.forward]
        return {user, extended} if any(entry.key.lower().partition("@")[0] == extended for entry in entries) else {user}

    def include(self, path, local):
        entry = next((entry for entry in self.site.include if entry.key == path), None)
        if entry is None or path in self.site.hidden:
            self.found.add("an include file that shorthop cannot read")
        elif path not in self.seen:
            self.seen.add(path)
            self.file(f"include{path}")
            self.targets([entry], local)
