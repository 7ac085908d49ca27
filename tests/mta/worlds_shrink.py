"""Reduces a world with a difference as far as possible, and stores it as a file.

It removes the mail, tables, lines, targets and settings that the difference does not need. The rest is written as a
world, which `./dev equivalence --replay` sends again, and as a case if the format of tests/cases can express it.
"""
import copy
import time

from worlds import address_of
from worlds_load import LoadRefused

CASE_MAIN = ("mydestination", "myorigin", "recipient_delimiter")


def shrink(try_world, world, difference, seconds):
    """The smallest world with a difference of this kind that is found within that time."""
    end = time.monotonic() + seconds

    def still_differs(candidate):
        try:
            verdict = try_world(candidate)
        except LoadRefused:
            return False
        return verdict is not None and any(found.kind == difference.kind for found in verdict.differences)

    best = copy.deepcopy(world.only(world.envelopes[difference.envelope]))
    if not still_differs(best):
        return world  # this message alone shows no difference: an error of the comparison, or a race
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for part in parts(best):
            smaller = without(best, part, lambda candidate: time.monotonic() < end and still_differs(candidate))
            changed = changed or smaller is not best
            best = smaller
            if time.monotonic() > end:
                break
    return best


def parts(world):
    """Paths to everything that can be reduced: containers first, then the targets of each line."""
    found = [("envelopes", 0), ("sites",), ("other_milters",), ("aliases",), ("virtual",), ("mailboxes",), ("main",)]
    for at, site in enumerate(world.sites):
        found += [("sites", at, name) for name in ("virtual", "aliases", "forward", "include", "main", "domains",
                                                   "extra_tables", "faults", "odd_lines")]
        for name in ("virtual", "aliases", "forward", "include"):
            found += [("sites", at, name, line, "targets") for line in range(len(getattr(site, name)))]
    return found


def at_path(world, path):
    found = world
    for step in path:
        try:
            found = found[step] if isinstance(step, int) else getattr(found, step)
        except IndexError:
            return None  # was removed meanwhile
    return found


def without(world, path, still_differs):
    """The world with as little as possible in that container: removes halves first, then smaller pieces."""
    container = at_path(world, path)
    if not container:
        return world
    least = 1 if path[0] == "envelopes" or path[-1] in ("sites", "targets", "domains") else 0
    piece = max(1, len(container) // 2)
    while piece:
        at = 0
        while at < len(at_path(world, path)):
            kept = list(at_path(world, path))
            del kept[at:at + piece]
            candidate = with_items(world, path, kept) if len(kept) >= least else None
            if candidate and makes_sense(candidate) and still_differs(candidate):
                world = candidate
            else:
                at += piece
        piece //= 2
    return world


def with_items(world, path, items):
    candidate = copy.deepcopy(world)
    container = at_path(candidate, path)
    if isinstance(container, dict):
        for name in list(container):
            if name not in items and name not in CASE_MAIN:
                del container[name]
    else:
        container[:] = [item for item in container if item in items]
    candidate = candidate.only(candidate.envelopes[0])
    return candidate if candidate != world else None


def makes_sense(world):
    """Whether each message has a relayed recipient."""
    return all(any(world.site_of(address_of(recipient)[1]) for recipient in envelope) for envelope in world.envelopes)


# The stored world

def keep(world, verdict, folder):
    """Writes the world; returns a description."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"seed-{world.name.replace('/', '-')}"
    path = folder / f"{name}.world"
    path.write_text(world.to_json() + "\n")
    lines = [f"written to {path}: run it again with ./dev equivalence --replay {path}; to keep it, "
             f"move it to tests/mta/worlds/ (a test replays the worlds there)"]
    text = case_text(world, verdict)
    if text:
        case = folder / f"{name}.case"
        case.write_text(text)
        lines.append(f"and as {case}: correct its EXPECT and append it to a file of tests/cases")
    lines += [f"  {difference.kind}: {difference.text}" for difference in verdict.differences]
    lines.append(text or path.read_text())
    return "\n".join(lines)


def case_text(world, verdict):
    """The world in the format of tests/cases/README.md; None if this format cannot express it."""
    site = world.sites[0]
    is_plain = (not world.features() and len(world.sites) == 1 and site.host == "mail.example.org"
                and not world.aliases and not world.virtual and not world.mailboxes and len(world.envelopes) == 1
                and "example.org" in site.domains and world.main.get("recipient_delimiter") == "+")
    if not is_plain:
        return None
    lines = [f"# world {world.name}: {'; '.join(difference.text for difference in verdict.differences)}"]
    for parameter in ("virtual", "aliases"):
        lines += block(f"TABLE {parameter}", site.text_of(parameter))
    for entry in site.forward:
        lines += block(f"FORWARD {entry.key}", entry.lines())
    for entry in site.include:
        if entry.key not in site.hidden:
            lines += block(f"INCLUDE {entry.key}", entry.lines())
    lines += block("USERS", "".join(f"{user}\n" for user in world.users))
    tables = {"virtual_alias_maps": "hash:/etc/postfix/virtual", "alias_maps": "hash:/etc/aliases"}
    lines += block("POSTCONF", "".join(f"{name} = {value}\n" for name, value in
                                       {"myhostname": site.host, **tables, **site.main}.items()))
    lines += [f"RCPT {world.envelopes[0][0]}", "EXPECT keep the-reason"]
    return "\n".join(lines) + "\n"


def block(head, text):
    return [head, *(f"  {line}" for line in text.splitlines())] if text else []
