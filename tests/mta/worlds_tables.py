"""Random tables of a primary: every way in which virtual(5), aliases(5) and local(8) can forward mail."""
import random

from worlds import Entry

NAMES = ("a", "b", "c", "d", "e", "g", "team", "list", "f.g", "Mixed", "x=y", "o'neil")
QUOTED = '"h i"'
PRIMARY_USERS = ("ann", "bob", "carol", "dora")
SECONDARY_USERS = ("user", "erin", "frank", "gus")
MAILBOXES = ("info", "sales")          # in the virtual mailbox domain of the secondary
OWNER = "olga"                          # bounces go to the owner, who forwards nothing
EXTENSIONS = ("x", "y", "List")
INCLUDES = ("/etc/mail/readable", "/etc/mail/nested", "/etc/mail/hidden")


class Dice(random.Random):
    def chance(self, share):
        return self.random() < share

    def weighted(self, *choices):
        """One of (weight, value), …"""
        return self.choices([value for _, value in choices], [weight for weight, _ in choices])[0]


class Tables:
    """The tables of one primary."""

    def __init__(self, dice, world, site):
        self.dice, self.world, self.site = dice, world, site
        self.names = [*NAMES, QUOTED, *PRIMARY_USERS]
        self.own = [*site.domains] * 3 + [site.host]

    def fill(self):
        dice, site = self.dice, self.site
        names = self.names[: dice.randint(5, len(self.names))] + list(PRIMARY_USERS)
        for at, name in enumerate(dict.fromkeys(names)):
            later = names[at + 1:] or names
            if dice.chance(0.5):
                key = dice.weighted((8, f"{name}{self.extension(0.2)}@{dice.choice(site.domains)}"), (2, name),
                                    (1, f"{name}{self.extension(0.2)}@{site.domains[0]}".upper()))
                site.virtual.append(self.entry(key, "virtual", later))
            if dice.chance(0.55):
                site.aliases.append(self.entry(name + self.extension(0.15), "aliases", later))
        for user in PRIMARY_USERS:
            if dice.chance(0.35):
                site.forward.append(self.entry(user + self.extension(0.25), "forward", names))
        site.include = [self.entry(path, "include", names) for path in INCLUDES]
        site.hidden = [INCLUDES[-1]]
        self.add_rare()

    def add_rare(self):
        dice, site = self.dice, self.site
        if site.aliases and dice.chance(0.3):
            site.aliases.append(Entry(f"owner-{dice.choice(site.aliases).key}",
                                      [dice.choice((OWNER, OWNER, "gus@example.com"))]))
        for entries in (site.virtual, site.aliases):
            if entries and dice.chance(0.05):  # of two lines with one key, the first is used
                entries.append(self.entry(dice.choice(entries).key, "virtual", self.names))
        if dice.chance(0.25):
            domain = dice.choice(site.domains)
            site.virtual.append(self.entry(f"@{domain}", "virtual", self.names))
        if len(site.domains) > 1 and dice.chance(0.4):
            to = dice.choice(("example.org", "example.com", *site.domains))
            site.virtual.append(Entry(f"@{site.domains[-1]}", [f"@{to}"]))
        if dice.chance(0.1):
            site.virtual.append(self.entry("ann@example.net", "virtual", self.names))

    def extension(self, share):
        if not self.site.delimiters:
            return "+x" if self.dice.chance(share / 4) else ""
        return self.dice.choice(self.site.delimiters) + self.dice.choice(EXTENSIONS) if self.dice.chance(share) else ""

    def entry(self, key, where, names):
        count = self.dice.weighted((6, 1), (2, 2), (1, 3))
        return Entry(key, [self.target(where, names) for _ in range(count)],
                     self.dice.weighted((6, 0), (4, self.dice.randrange(12))))

    def target(self, where, names):
        kind = self.dice.weighted((9, self.mailbox_here), (6, self.onward), (2, self.rare))
        return kind(where, names)

    def mailbox_here(self, *_):
        dice, world = self.dice, self.world
        user = dice.choice(SECONDARY_USERS)
        here = dice.choice(world.main["recipient_delimiter"] or "+") + "box" if dice.chance(0.15) else ""
        plain = f"{user}{here}@example.com"
        named = [entry.key for entry in world.aliases] + [entry.key.partition("@")[0] for entry in world.virtual
                                                          if entry.key.endswith("@example.com")]
        choices = [(14, plain), (1, plain.upper()), (1, f"<{plain}>"), (1, f"Some Body <{plain}>"),
                   (1, f"{plain} (Some Body)"), (1, f'"Body, Some" <{plain}>'),
                   (1, f'"{user}"@example.com'), (1, f"{user}@mail.example.com")]
        if named:
            choices.append((2, f"{dice.choice(named)}@example.com"))
        if world.main.get("virtual_alias_domains"):
            choices.append((2, "club@alias.example.com"))
        if world.mailboxes:
            choices.append((2, f"{dice.choice(world.mailboxes)}@virtual.example.com"))
        return dice.weighted(*choices)

    def onward(self, _, names):
        dice = self.dice
        name = dice.choice(names if dice.chance(0.8) else self.names)
        if name == QUOTED:
            return f"{name}@{dice.choice(self.own)}"
        return name + self.extension(0.2) + dice.weighted((4, ""), (4, f"@{dice.choice(self.own)}"))

    def rare(self, where, names):
        dice = self.dice
        other = next((site for site in self.world.sites if site is not self.site), self.site)
        choices = [(3, "nosuch@example.com"), (3, "ann@example.net"), (2, f"ghost@{dice.choice(self.own)}"),
                   (1, "ghost"), (2, f"{dice.choice(NAMES)}@{dice.choice(other.domains)}"),
                   (2, f"{dice.choice(names)}@localhost".replace(QUOTED, "b")), (1, "user%example.com@example.org"),
                   (1, "erin@example.com."), (1, "frank@[192.0.2.20]"),
                   (2, f'"{dice.choice((*SECONDARY_USERS, *NAMES))}@{dice.choice(("example.com", *self.own))}"'), (1, f"{dice.choice(NAMES)}@mail"),
                   (1, "user@example.com frank@example.com"), (1, "nosuch@alias.example.com"), (1, f"<@relay.example.net:{dice.choice(SECONDARY_USERS)}@example.com>")]
        if where != "virtual":
            choices += [(3, "\\" + dice.choice(PRIMARY_USERS)), (3, '"|/opt/test/catch prog"'), (1, '"| /opt/test/catch spaced"'),
                        (3, "/var/test/file/archive"), (6, f":include:{dice.choice(INCLUDES)}"),
                        (1, ":include:/etc/mail/missing")]
        return dice.weighted(*choices)
