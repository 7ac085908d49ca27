"""Compares look-ups in our ldap: tables with `postmap -q -` of a real Postfix, on the same table file and directory."""
import random
import string

from against_postmap import compare, look_up, postmap_fails
from panel_directories import PANELS
from random_directory import Directory
from server import free_port
from slapd import entry

TABLES = 30  # table files; the keys are divided among them
HOSTILE = ["*", "*)(mail=*", ")(|(mail=*", "\\", "\\2a", "\\28", "(", ")", "ann@example.org)(cn=*", "*)(&", "a*b",
           "\x01", "|", "&", "!", "~=", ">=", "é", "%s", "%%", "#", "x,dc=example,dc=org", "x+cn=ann", "\"", ";", "<x>",
           " ann", "ann ", "\t", "=", "ou=people", "..", "*" * 1000, "\\" * 999, "(" * 1000, "a" * 3000, "𝒳", "\u0300"]


def random_tables(live, server_type):
    """random entries, table files of every form, and keys: as postmap -q"""
    server = live.server(server_type)
    directory = Directory(random.Random(f"{live.seed}/{server_type}"), server.suffix)
    server.add(directory.ldif())
    domains = live.folder / "domains"
    domains.write_text("example.org x\n# comment\nsub.example.org y\n")
    found = 0
    for number in range(TABLES):
        text = server.parameters(**directory.table_file(domains))
        keys = "\n".join(directory.keys(-(-live.keys // TABLES))).encode() + b"\n"
        found += compare(live, live.table(server_type, text, f"random{number}.cf"), keys)
    server.clear()
    assert found > live.keys // 50, f"only {found} keys were found: nothing is compared"


def panels(live, server_type):
    """the directories and table files of panels: as postmap -q, and the values that the panels intend"""
    server = live.server(server_type)
    for panel in PANELS:
        entries, tables, expected = panel(server.suffix)
        server.add(entries)
        names = {name: live.table(server_type, server.parameters(**in_folder(parameters, live.folder)), f"{name}.cf")
                 for name, parameters in tables.items()}
        assert set(expected) <= set(names), panel.__name__
        keys = keys_about(expected)
        for name, table in names.items():
            compare(live, table, keys)
            values = {key.decode(): value.decode() for key, value in look_up(live, table, keys)}
            for key, value in expected.get(name, {}).items():
                assert values.get(key) == value, f"{panel.__name__}, {name}: {key} is {values.get(key)}"
        server.clear()


def in_folder(parameters, folder):
    return {name: value.replace("{folder}", str(folder)) for name, value in parameters.items()}


def keys_about(expected):
    """The keys that any table is expected to answer, other forms of them, and hostile keys."""
    addresses = sorted({key for of_table in expected.values() for key in of_table})
    forms = [form for key in addresses for form in (key, key.upper(), key.partition("@")[0],
                                                    "@" + key.partition("@")[2], key.replace("@", "+ext@"))]
    return "\n".join(forms + HOSTILE).encode() + b"\n"


def no_key_widens_a_search(live, server_type):
    """injection: no key ends or widens a filter or a distinguished name"""
    server = live.server(server_type)
    people = f"ou=people,{server.suffix}"
    server.add(entry(people, objectClass="organizationalUnit", ou="people") +
               entry(f"cn=ann,{people}", objectClass=["inetOrgPerson", "extensibleObject"], cn="ann", sn="ann",
                     mailAlias="ann@example.org", maildrop="found"))
    keys = [key for text in HOSTILE for key in (text, text + "@example.org", "ann@example.org" + text, "ann" + text)]
    text = "\n".join(keys).encode() + b"\n"
    for parameters in ({"query_filter": "(mailAlias=%s)"}, {"query_filter": "(&(objectClass=*)(mailAlias=%u@%d))"},
                       {"query_filter": "(!(!(mailAlias=%s)))"}, {"search_base": f"cn=%u,{people}", "scope": "base",
                                                                  "query_filter": "(mailAlias=%s)"},
                       {"search_base": f"ou=%d,{server.suffix}", "query_filter": "(mailAlias=*)"}):
        name = live.table(server_type, server.parameters(**parameters), "injection.cf")
        compare(live, name, text)
        found = [key for key, value in look_up(live, name, text) if value == b"found"]
        # To slapd these keys are equal to ann's: with spaces around, and with characters that stringprep removes
        # (RFC 4518, 2.6).
        assert all(key.decode().replace("\u0300", "").strip() in ("ann@example.org",) for key in found), found
        right = b"x@people\n" if "%d" in parameters.get("search_base", "") else b"ann@example.org\n"
        assert look_up(live, name, right) == [(right[:-1], b"found")], parameters
    server.clear()


def all_forms_of_servers(live, server_type):
    """all forms of server_host: URLs, host:port, a UNIX socket, TLS, hosts that are down before one that is not"""
    server = live.server(server_type)
    server.add(entry(f"cn=ann,{server.suffix}", objectClass=["inetOrgPerson", "extensibleObject"], cn="ann", sn="ann",
                     mailAlias="ann@example.org", maildrop="bob"))
    tls = {"tls_ca_cert_file": str(server.ca_file()), "tls_require_cert": "yes"}
    nobody = f"127.0.0.1:{free_port()}"
    for parameters in ({"server_host": f"127.0.0.1:{server.port}"},
                       {"server_host": "127.0.0.1", "server_port": server.port},
                       {"server_host": server.socket_url()}, {"server_host": f"LDAP://127.0.0.1:{server.port}/"},
                       {"server_host": f"{nobody}, ldap://127.0.0.1:{server.port}"},
                       {"server_host": f"ldapi://%2Fnowhere {nobody} {server.socket_url()}"},
                       {"server_host": f"ldaps://127.0.0.1:{server.tls_port}", **tls},
                       {"server_host": f"ldaps://127.0.0.1:{server.tls_port}"},
                       {"start_tls": "yes", **tls},
                       {"bind_dn": server.admin, "bind_pw": server.password}, {"bind": "no"}):
        text = server.parameters(**{"query_filter": "(mailAlias=%s)", "timeout": 5, **parameters})
        assert compare(live, live.table(server_type, text, "forms.cf"), b"ann@example.org\nnobody\n") == 1, parameters
    # libldap uses GnuTLS in Debian 12 and OpenSSL in Debian 13; each knows only one of these names of cipher suites.
    suites = [server.parameters(query_filter="(mailAlias=%s)", start_tls="yes", tls_cipher_suite=suite)
              for suite in ("NORMAL", "HIGH")]
    answered = [compare(live, live.table(server_type, text, "suite.cf"), b"ann@example.org\n") for text in suites]
    assert sum(answered) == 1, answered
    server.clear()


def servers_that_are_not_trusted(live, server_type):
    """an unknown certificate, another host's certificate, a wrong password, a missing base: look-ups fail, as in Postfix"""
    server = live.server(server_type)
    url = f"ldaps://127.0.0.1:{server.tls_port}"
    for parameters in ({"server_host": url, "tls_require_cert": "yes"}, {"start_tls": "yes", "tls_require_cert": "yes"},
                       {"server_host": url.replace("127.0.0.1", "127.0.0.2"), "tls_require_cert": "yes",
                        "tls_ca_cert_file": str(server.ca_file())},
                       {"server_host": url, "tls_ca_cert_file": "/nowhere"},
                       {"bind_dn": server.admin, "bind_pw": "wrong"}, {"bind_dn": "not a name"},
                       {"search_base": "dc=missing"},
                       {"server_host": f"127.0.0.1:{free_port()}"}):
        name = live.table(server_type, server.parameters(query_filter="(mailAlias=%s)", **parameters), "refused.cf")
        answers = look_up(live, name, b"ann@example.org\n")
        assert answers and answers[0][1].startswith(b"failed: "), f"{parameters}: {answers}"
        assert postmap_fails(live, name, b"ann@example.org"), parameters


def long_names(live, server_type):
    """keys of any length and bytes: as postmap -q, and the next key is answered"""
    server = live.server(server_type)
    server.add(entry(f"cn=ann,{server.suffix}", objectClass=["inetOrgPerson", "extensibleObject"], cn="ann", sn="ann",
                     mailAlias="ann@example.org", maildrop="bob"))
    name = live.table(server_type, server.parameters(query_filter="(mailAlias=%s)"), "long.cf")
    keys = [letter * length for letter in string.punctuation for length in (1, 255, 4000)]
    keys = [key + "@example.org" for key in keys] + ["ann@example.org"]
    assert compare(live, name, "\n".join(keys).encode() + b"\n") == 1
    assert look_up(live, name, b"\xff\xfe\nann@example.org\n") == [(b"ann@example.org", b"bob")]
    server.clear()


TESTS = [random_tables, panels, no_key_widens_a_search, all_forms_of_servers, servers_that_are_not_trusted, long_names]
