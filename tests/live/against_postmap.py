"""Compares look-ups in our mysql: and pgsql: tables with `postmap -q -` of a real Postfix, on the same table file and
the same server."""
import concurrent.futures
import random
import subprocess
import urllib.parse

from server import free_port
from server_queries import ServerQueries

TABLES = 25  # table files for each type; the keys are divided among them
PROCEDURES = {
    "mysql": "DROP PROCEDURE IF EXISTS targets_of; CREATE PROCEDURE targets_of(IN a VARCHAR(1200)) READS SQL DATA "
             "SELECT goto FROM alias WHERE address = a ORDER BY id;",
    "pgsql": "CREATE OR REPLACE FUNCTION targets_of(a text) RETURNS SETOF varchar AS 'SELECT goto FROM alias WHERE "
             "address = a ORDER BY id' LANGUAGE sql;",
}
HOSTILE = ["' OR '1'='1", "'; DROP TABLE alias; -- ", "\\' OR 1=1 -- ", "\\", "\\\\", "''", "'", "%' OR '%'='", "x\\",
           "\\'", "';SELECT(1)", "\"", "\" OR \"1\"=\"1", "$1", "$$x$$", "`", "/*", "*/", "--", "#", "é' OR 1=1",
           "\xa0'", "¿'", "縗'", "x" * 1000 + "'", "'" * 1000, "\\" * 999, "ann@example.org'/*", "%s", "%%", "%1",
           "E'\\''", "a\r' OR 1=1", "\x01'", "\x1a'", "𝒳'", "\u0300'"]


def look_up(live, name, keys):
    """Returns [(key, value)], what table-query finds; a value may be "failed: REASON"."""
    result = subprocess.run([live.bin / "table-query", "live", name, live.folder], input=keys, capture_output=True,
                            timeout=100, check=False, env=live.postfix.environment)
    assert result.returncode == 0, f"table-query: {result.stderr.decode()}"
    assert b"postmap" not in result.stderr, f"the table is not asked natively: {result.stderr.decode()}"
    live.asked += keys.count(b"\n")
    return pairs(result.stdout)


def pairs(output):
    return [tuple(line.split(b"\t", 1)) for line in output.split(b"\n")[:-1]]


def postmap_fails(live, name, key):
    try:
        live.postfix.run("postmap", "-q", "-", name, text=key + b"\n")
        return False
    except RuntimeError:
        return True


def compare(live, name, keys):
    """Checks that each answer equals Postfix's, and returns how many keys were found. Our look-up may fail only
    if Postfix's look-up fails too, or if the answer depends on the character set that the primary's Postfix uses."""
    mine = look_up(live, name, keys)
    failed = dict(pair for pair in mine if pair[1].startswith(b"failed: "))
    live.failed += len(failed)
    text = b"".join(key + b"\n" for key in keys.split(b"\n")[:-1] if key not in failed)
    theirs = pairs(live.postfix.run("postmap", "-q", "-", name, text=text)[0])
    live.found += len(theirs)
    mine = [pair for pair in mine if pair[0] not in failed]
    for one, other in zip(mine, theirs):
        assert one == other, f"{name}: ours {one!r}, Postfix's {other!r}"
    assert len(mine) == len(theirs), f"{name}: {len(mine)} found by us, {len(theirs)} by Postfix"
    sample = [pair for pair in list(failed.items())[:20] if b"depends on the character set" not in pair[1]]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:  # postmap waits for a second before it ends with an error
        fails_there = list(pool.map(lambda pair: postmap_fails(live, name, pair[0]), sample))
    for (key, why), fails in zip(sample, fails_there):
        assert fails, f"{name}: {key!r} fails here and not there: {why!r}"
    return len(theirs)


def random_tables(live, server_type):
    """random tables, queries, result formats and keys: as postmap -q"""
    server = live.server(server_type)
    queries = ServerQueries(random.Random(f"{live.seed}/{server_type}"), server_type)
    domains = live.folder / "domains"
    domains.write_text("example.org x\n# comment\nsub.example.org y\n")
    found = 0
    for number in range(TABLES):
        server.run_sql(queries.data() + PROCEDURES[server_type])
        text = queries.table_file(server.parameters(), domains)
        keys = queries.keys(max(live.keys // TABLES, 1))
        found += compare(live, live.table(server_type, text, f"random{number}.cf"), keys)
    assert found > live.keys // 20, f"only {found} keys were found: nothing is compared"


def all_forms_of_hosts(live, server_type):
    """all forms of `hosts`: a port, inet:, a UNIX socket, a URI, and hosts that are down before one that is not"""
    server = live.server(server_type)
    server.run_sql("DROP TABLE IF EXISTS hosted; CREATE TABLE hosted (a varchar(99), b varchar(99)); "
                   "INSERT INTO hosted VALUES ('ann@example.org', 'bob');")
    query = "query = SELECT b FROM hosted WHERE a='%s'\n"
    nobody = f"127.0.0.1:{free_port()}"
    for hosts in (f"127.0.0.1:{server.port}", f"inet:127.0.0.1:{server.port}",
                  f"unix:{server.socket()}", f"{nobody}, 127.0.0.1:{server.port}",
                  f"{nobody} unix:/nowhere/socket {nobody} unix:{server.socket()}", *server.other_hosts()):
        name = live.table(server_type, server.parameters(hosts=hosts) + query, "hosts.cf")
        assert compare(live, name, b"ann@example.org\nnobody\n") == 1, hosts


def no_key_ends_the_quotes(live, server_type):
    """injection: no key ends the quotes of a query, in any mode or character set of the server"""
    server = live.server(server_type)
    modes = {"mysql": ["SET GLOBAL sql_mode=''", "SET GLOBAL sql_mode='NO_BACKSLASH_ESCAPES'",
                       "SET GLOBAL sql_mode='ANSI_QUOTES'"],
             "pgsql": ["ALTER ROLE mail SET standard_conforming_strings = off",
                       "ALTER ROLE mail SET standard_conforming_strings = on",
                       "ALTER ROLE mail SET backslash_quote = on"]}
    server.run_sql("DROP TABLE IF EXISTS victim; CREATE TABLE victim (a varchar(3000), b varchar(99)); "
                   "INSERT INTO victim VALUES ('ann@example.org', 'bob');")
    keys = [key for text in HOSTILE for key in (text, text + "@example.org", "ann@example.org" + text)]
    keys = "\n".join(key for key in keys if "\n" not in key).encode() + b"\n"
    queries = ["SELECT b FROM victim WHERE a='%s'", "SELECT b FROM victim WHERE a='%u@%d'",
               "SELECT b FROM victim WHERE '%u'=a OR '%d'=a"]
    try:
        for mode in modes[server_type]:
            server.run_sql(mode + ";")
            for query in queries:
                for charset in ("", *server.charsets()):
                    text = server.parameters(**charset_of(server_type, charset)) + f"query = {query}\n"
                    name = live.table(server_type, text, "victim.cf")
                    found = [pair for pair in look_up(live, name, keys) if not pair[1].startswith(b"failed: ")]
                    assert found == [], f"{mode}, {query}, {charset}: {found}"
                    found = look_up(live, name, b"ann@example.org\n")
                    assert found == [(b"ann@example.org", b"bob")] or "%d'=a" in query
    finally:
        server.run_sql(modes[server_type][0] + ";")
    assert server.run_sql("SELECT count(*) FROM victim;").strip() == "1"


def charset_of(server_type, charset):
    return {("charset" if server_type == "mysql" else "encoding"): charset} if charset else {}


def character_sets(live, server_type):
    """non-ASCII keys and values: if the table file has no character set, look-ups that depend on it fail"""
    server = live.server(server_type)
    server.run_sql("DROP TABLE IF EXISTS names; CREATE TABLE names (a varchar(99), b varchar(99)); "
                   "INSERT INTO names VALUES ('josé@example.org', 'joe'), ('ann@example.org', 'ж@example.org');")
    query = "query = SELECT b FROM names WHERE a='%s'\n"
    given = live.table(server_type, server.parameters(**charset_of(server_type, server.charsets()[0])) + query, "utf8.cf")
    keys = "josé@example.org\nann@example.org\né@example.org\n".encode()
    assert look_up(live, given, keys) == [("josé@example.org".encode(), b"joe"),
                                          (b"ann@example.org", "ж@example.org".encode())]
    unknown = look_up(live, live.table(server_type, server.parameters() + query, "unknown.cf"), keys)
    assert [key for key, value in unknown if b"depends on the character set" in value] == keys.split(b"\n")[:2], unknown
    assert len(unknown) == 2, unknown  # absent in any character set


def tls(live, server_type):
    """TLS with a certificate that can be verified, an unknown one, and a login that requires TLS: as postmap -q"""
    server = live.server(server_type)
    for parameters, is_encrypted in OF_TLS[server_type](server):
        name = live.table(server_type, parameters, "tls.cf")
        assert compare(live, name, b"ann@example.org\n") == is_encrypted, parameters


def mysql_tls(server):
    """Gives pairs (table file, whether the key is found). The query finds the key only on an encrypted connection."""
    quoted = server.password.replace("\\", "\\\\").replace("'", "''")
    server.run_sql("CREATE OR REPLACE USER secure@'%' IDENTIFIED BY '" + quoted + "' REQUIRE SSL; "
                   "GRANT SELECT ON mail.* TO secure@'%';")
    query = ("query = SELECT VARIABLE_NAME FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME='Ssl_cipher' AND "
             "VARIABLE_VALUE<>'' AND '%s'<>''\n")
    good = {"tls_CAfile": server.ca_file()}
    for others, is_encrypted in ((good, True), ({**good, "tls_verify_cert": "no"}, True),
                                 ({**good, "tls_verify_cert": "yes"}, True), ({"tls_ciphers": "HIGH"}, True),
                                 ({"tls_CAfile": "/nowhere"}, False)):
        yield server.parameters(user="secure", **others) + query, is_encrypted


def pgsql_tls(server):
    """Like mysql_tls(), for pgsql: with URIs, because pgsql_table(5) has no parameters for TLS."""
    query = "query = SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl AND '%s'<>''\n"
    uri = f"postgresql://{server.user}:{urllib.parse.quote(server.password)}@127.0.0.1:{server.port}/{server.database}"
    for mode, is_encrypted in (("require", True), ("disable", False), (f"verify-full&sslrootcert={server.ca_file()}", True),
                               ("verify-full&sslrootcert=/nowhere", False)):
        yield f"hosts = {uri}?sslmode={mode}\ndbname = mail\n{query}", is_encrypted


OF_TLS = {"mysql": mysql_tls, "pgsql": pgsql_tls}


def option_files(live, server_type):
    """option_file, option_group and require_result_set: as postmap -q"""
    if server_type != "mysql":
        return
    server = live.server(server_type)
    server.run_sql("DROP TABLE IF EXISTS alias; CREATE TABLE alias (id int, address varchar(99), goto varchar(99)); "
                   "INSERT INTO alias VALUES (1, 'ann@example.org', 'bob'); "
                   "DROP PROCEDURE IF EXISTS silent; CREATE PROCEDURE silent(IN a VARCHAR(99)) DO 1;"
                   + PROCEDURES["mysql"])
    options = live.folder / "my.cnf"
    # The table file has the password: without it, Postfix (with MariaDB's library) logs in without a password, whatever
    # the option file says.
    options.write_text(f"[client]\nuser = nobody\n[postfix]\nuser = {server.user}\nsocket = {server.socket()}\n")
    query = "query = SELECT goto FROM alias WHERE address='%s'\n"
    by_file = f"hosts = localhost\ndbname = mail\npassword = {server.password}\noption_file = {options}\n"
    for text, found in ((by_file + "option_group = postfix\n" + query, 1), (by_file + query, 0),
                        (server.parameters(option_group="") + query, 1),
                        (server.parameters(require_result_set="no") + "query = CALL silent('%s')\n", 0),
                        (server.parameters() + "query = CALL silent('%s')\n", 0),
                        (server.parameters() + "query = CALL targets_of('%s')\n", 1)):
        assert compare(live, live.table(server_type, text, "options.cf"), b"ann@example.org\n") == found, text


def no_file_is_sent(live, server_type):
    """LOAD DATA LOCAL: the server gets no file of this host, even if an option file allows it"""
    if server_type != "mysql":
        return
    server = live.server(server_type)
    server.run_sql("DROP TABLE IF EXISTS loot; CREATE TABLE loot (line text); SET GLOBAL local_infile = 1; "
                   f"GRANT INSERT ON {server.database}.loot TO {server.user}@'%';")
    options = live.folder / "my.cnf"
    for allowed in ("", "local-infile=1\n", "local_infile=1\n", "loose-local-infile\n"):
        options.write_text("[client]\n" + allowed)
        load = f"query = LOAD DATA LOCAL INFILE '{options}' INTO TABLE loot -- %s\n"
        name = live.table(server_type, server.parameters(option_file=options, require_result_set="no") + load, "loot.cf")
        answer = look_up(live, name, b"ann@example.org\n")
        assert answer[0][1].startswith(b"failed: "), answer
    assert server.run_sql("SELECT count(*) FROM loot;").strip() == "0"


TESTS = [random_tables, all_forms_of_hosts, no_key_ends_the_quotes, character_sets, tls, option_files,
         no_file_is_sent]
