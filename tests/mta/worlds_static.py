"""A world with static tables in place of the milter: `shorthop tables --form virtual` for port 25 of the secondary."""

import collections
import dataclasses
import re

from worlds_run import SENDER

TABLE = "/etc/postfix/static"
LISTS = f"hash:/etc/postfix/virtual,hash:{TABLE}"
EXTENSION = re.compile(r"^(for [^@ ]+?)[+-][^@ ]*@")


def activate(server, daemon):
    """Mail for port 25 goes through a cleanup(8) with the table, and not through shorthop."""
    result = daemon.tool("tables", "--form", "virtual", check=False)
    server.write(TABLE, result.stdout if result.returncode == 0 else "")  # without data in use there is no table
    server.place.run("postmap", f"hash:{TABLE}")
    server.set_services({"smtp inet": {"smtpd_milters": "$other_milters", "virtual_alias_maps": LISTS,
                                       "cleanup_service_name": "static"}},
                        [f"static unix n - y - 0 cleanup -o virtual_alias_maps={LISTS}"])
    server.reload()


def without_extensions(sent):
    """The result without extensions of mailboxes: virtual(5) keeps an extension, local(8) of a primary may drop it."""
    ends = collections.Counter()
    for end, copies in sent.ends.items():
        is_here = end.kind == "mailbox" and end.note.endswith(f" from {SENDER}")
        ends[end._replace(note=EXTENSION.sub(r"\1@", end.note)) if is_here else end] += copies
    return dataclasses.replace(sent, ends=ends)
