"""The main scenario with the primary's aliases in a directory: slapd on the primary, asked by the primary's Postfix and
by shorthop on the secondary, both with the primary's own table file."""
import contextlib
import pathlib
import sys

import cases
import compare
import test_live_tables as live_tables
from compare import Mirror, Tables
from hosts import ADDRESSES
from smtp import Envelope

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from server import ServerFailed  # noqa: E402
from slapd import Slapd, entry  # noqa: E402

TABLE_FILE = "/etc/postfix/ldap-aliases.cf"
ALIASES = {
    "user.lastname@example.org": "user@example.org",
    "user@example.org": "user@example.com",
    "team@example.org": ["user@example.com", "dave@example.com"],
    "far@example.org": "ann@example.net",
    "o'neil@example.org": "erin@example.com",
    live_tables.LATER: "user@example.com",
}
EXPECT = {
    "user@example.org": "rewrite all-local",
    "user.lastname@example.org": "rewrite all-local",
    "team@example.org": "rewrite all-local",
    "all@example.org": "rewrite all-local",
    "o'neil@example.org": "rewrite all-local",
    "far@example.org": "keep foreign-target",
    "ann@example.org": "keep primary-mailbox",
    "*@example.org": "keep",
}
PARAMETERS = {"query_filter": "(mailAlias=%s)", "version": "3", "special_result_attribute": "member"}


def entries(suffix):
    """Persons, and a group that lists two of them by name."""
    people = "".join(entry(f"cn=person {number},{suffix}", objectClass=["inetOrgPerson", "extensibleObject"],
                           cn=f"person {number}", sn="x", mailAlias=alias, maildrop=target)
                     for number, (alias, target) in enumerate(ALIASES.items()))
    return people + entry(f"cn=all,{suffix}", objectClass=["groupOfNames", "extensibleObject"], cn="all",
                          mailAlias="all@example.org", member=[f"cn=person 1,{suffix}", f"cn=person 4,{suffix}"])


@contextlib.contextmanager
def directory_on(host):
    """A server in the network of the primary, listening on all its addresses."""
    with Slapd(inside=["nsenter", f"--net=/proc/{host.place.pid}/ns/net"], listens="0.0.0.0") as server:
        server.add(entries(server.suffix))
        yield server


def tables_of(primary, files):
    """The primary's table file has 127.0.0.1; host-override tells the secondary the real address."""
    return Tables(
        primary=primary, mirror=Mirror(files=files), settings={"lookup-timeout": "2s", "cache-ttl": "0s"},
        relay_settings={"mirror": cases.MIRROR_FOLDER, **dict.fromkeys(cases.REPLACED_BY_MIRROR),
                        "host-override": f"127.0.0.1 -> {ADDRESSES['mail.example.org']}"})


def try_tables(mta, server, tables):
    try:
        seen = mta.check_same(tables, [Envelope([f"<{address}>"]) for address in EXPECT], EXPECT)
        mta.expect_passes(seen, "user")
        live_tables.check_while_it_hangs(mta, server)
    finally:
        compare.apply(mta.hosts, Tables())
        mta.daemon.write(Tables())
        mta.daemon.reload(check=False)


def test_aliases_in_slapd(mta):
    try:
        with directory_on(mta.hosts.primary) as server:
            text = server.parameters(**PARAMETERS)
            try_tables(mta, server, tables_of({"virtual_alias_maps": f"ldap:{TABLE_FILE}"}, {TABLE_FILE: text}))
    except ServerFailed as failure:
        mta.check(False, str(failure))


def test_aliases_in_slapd_with_parameters_in_main_cf(mta):
    try:
        with directory_on(mta.hosts.primary) as server:
            lines = (line.partition(" = ") for line in server.parameters(**PARAMETERS).splitlines())
            parameters = {f"inmain_{name}": value for name, _, value in lines}
            try_tables(mta, server, tables_of({"virtual_alias_maps": "ldap:inmain", **parameters}, {}))
    except ServerFailed as failure:
        mta.check(False, str(failure))
