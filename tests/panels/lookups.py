"""Compares the answers that shorthop and Postfix get from each table of a panel. Both ask on the primary, with the same
table file and keys."""
import subprocess

LIMIT = 120  # seconds for all keys of a table
# tests/live asks many more of them. Where postmap(1) is the back end, each key costs a process.
HOSTILE = ["@", "\\'", "' OR '1'='1", "%u%%s@%d", "*)(mail=*", "o*@example.org", "otto'\\@example.org", "+@example.org", "é",
           "a" * 1000]


def keys_of(panel):
    """All addresses and domains of the panel's `expect`, also in other forms, and hostile keys."""
    keys = set(HOSTILE)
    for one in panel.expected(is_listed=True):
        keys |= {one.address, *one.targets}
    for domain in panel.domains():
        keys |= {domain, f"@{domain}", f"OTTO@{domain}", f"otto+ext@{domain}"}
    keys |= {"otto", "sales", "example.com"}
    return sorted(keys)


def wrong_answers(mta, panel):
    """A line for each table that answers shorthop and Postfix differently."""
    keys = "".join(f"{key}\n" for key in keys_of(panel)).encode()
    place = mta.hosts.primary.place
    wrong, found = [], 0
    for table in panel.tables():
        theirs = ask(place, keys, "postmap", "-q", "-", table)
        ours = ask(place, keys, "/opt/shorthop/bin/table-query", "live", table, "/etc/postfix")
        found += len(theirs)
        wrong += [f"{table}: ours {one!r}, Postfix's {other!r}" for one, other in differences(ours, theirs)]
    if panel.tables() and not found:
        wrong.append("no key was found: nothing is compared")
    return wrong


def ask(place, keys, *words):
    """The lines that the program prints. A value may have line ends."""
    done = subprocess.run(place.command(*words), input=keys, capture_output=True, check=False, timeout=LIMIT,
                          env=place.environment())
    if done.returncode > 1 or b"fatal: " in done.stderr:  # postmap(1): status 1 also means that no key was found
        raise AssertionError(f"{' '.join(words)}: exit status {done.returncode}, {done.stderr.decode(errors='replace')}")
    return done.stdout.split(b"\n")[:-1]


def differences(ours, theirs):
    longest = max(len(ours), len(theirs))
    pairs = zip(ours + [None] * (longest - len(ours)), theirs + [None] * (longest - len(theirs)))
    return [pair for pair in pairs if pair[0] != pair[1]][:3]
