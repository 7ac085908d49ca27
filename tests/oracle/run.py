"""The oracle: compares our look-ups with a real Postfix's look-ups, line by line, on random tables and keys.

Each test makes a table from a seed. postmap(1) or postalias(1) builds and queries it; table-query reads and queries the
same file. A line that shorthop cannot read is removed from the table on both sides, and counted. If the results differ,
the table is kept; its folder and the seed are printed.

Usage: python3 tests/oracle/run.py --bin build/release/bin [--lookups N] [--seed S] [NAME]
"""
import argparse
import itertools
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from postfix_maps import PostfixMaps, fetch
from random_networks import Networks
from random_patterns import Patterns
from random_queries import Queries
from random_tables import Tables

LINES = 600
KEYS_A_TABLE = 2500
PATTERN_TABLES = 10  # in each round; many small tables give more variety than a large one
UNREADABLE = b"unreadable: "
LEFT_ALONE = (UNREADABLE, b"4 ")  # 4: the index of MailboxTarget
# Messages about lines that shorthop does not read; for all other lines the results must agree.
LEFT_OUT = re.compile(
    r":(\d+): warning: (?:the line (?:is not UTF-8|has a NUL|starts with white)|expected |several alias names|"
    r"there is no (?:alias )?name|a '\"' is not closed|the alias .* has no target|the alias name .* must be local|"
    r"the key .* ends in ':' )")


class Disagreement(Exception):
    """The results differ; the text says where."""


class Oracle:
    """The programs, and a working folder."""

    def __init__(self, bin_folder, folder):
        self.table_query = bin_folder / "table-query"
        self.folder = folder
        self.postfix = PostfixMaps(folder)
        self.asked = 0
        self.found = 0
        self.failed = 0
        self.left_out = 0
        self.targets_read = 0
        self.targets_left_alone = 0

    def run_table_query(self, kind, name, text=b"", postfix_config=None):
        """(status, output, complaints)."""
        command = [self.table_query, kind, name, *([postfix_config] if postfix_config else [])]
        result = subprocess.run(command, input=text, capture_output=True, timeout=120, check=False,
                                env=self.postfix.environment if postfix_config else None)
        return result.returncode, result.stdout, result.stderr.decode("utf-8", "replace")

    def write(self, chunks):
        path = self.folder / "table"
        path.write_bytes(b"".join(chunks))
        # Postfix reads a texthash file again and again until the file has not changed for some time.
        os.utime(path, (time.time() - 100,) * 2)
        return path

    def without_errors(self, chunks, kind):
        """Removes the chunks that shorthop cannot read. A removal may join two other chunks into one line, so this is
        repeated."""
        while True:
            path = self.write(chunks)
            _, _, complaints = self.run_table_query(kind, f"text:{path}")
            wrong = {int(line) for line in LEFT_OUT.findall(complaints)}
            if not wrong:
                return path, chunks
            kept, line = [], 1
            for chunk in chunks:
                lines = chunk.count(b"\n")
                if not any(line <= number < line + max(lines, 1) for number in wrong):
                    kept.append(chunk)
                line += lines
            if len(kept) == len(chunks):
                raise Disagreement(f"no line of the table has the numbers {sorted(wrong)}")
            self.left_out += len(chunks) - len(kept)
            chunks = kept or [b"nobody: root\n" if kind == "aliases" else b"nobody root\n"]

    def targets(self, dialect, values):
        status, output, complaints = self.run_table_query("targets", dialect, b"\n".join(values) + b"\n")
        if status != 0:
            raise Disagreement(f"table-query targets: {complaints}")
        return output.split(b"\n")[:-1]


def pairs(output, separator=b"\t"):
    return [tuple(line.split(separator, 1)) for line in output.split(b"\n")[:-1]]


def must_be_equal(what, ours, theirs):
    for mine, other in zip(ours, theirs):
        if mine != other:
            raise Disagreement(f"{what}: ours {mine!r}, Postfix's {other!r}")
    if len(ours) != len(theirs):
        rest = (ours + theirs)[min(len(ours), len(theirs))]
        raise Disagreement(f"{what}: {len(ours)} found by us, {len(theirs)} by Postfix; for example {rest!r}")


def look_up(oracle, kind, name, keys):
    """Our results for the keys; counts the keys and the results."""
    status, output, complaints = oracle.run_table_query(kind, name, keys)
    if status != 0:
        raise Disagreement(f"table-query {kind} {name}: {complaints}")
    oracle.asked += keys.count(b"\n")
    oracle.found += output.count(b"\n")
    return pairs(output)


def virtual_table(oracle, tables, count, types):
    """virtual(5): our text: and texthash:, and the files of each type, against postmap -q"""
    compare_virtual(oracle, tables, tables.chunks(LINES, aliases=False), count, types)


def hostile_virtual_table(oracle, tables, count, types):
    """virtual(5) tables of odd characters: our text: and texthash:, and the files of each type, against postmap -q"""
    compare_virtual(oracle, tables, tables.hostile_lines(LINES), count, types)


def alias_table(oracle, tables, count, types):
    """aliases(5): our text: and the files of each type against postalias -q; values mean the same targets"""
    compare_aliases(oracle, tables, tables.chunks(LINES, aliases=True), count, types)


def hostile_alias_table(oracle, tables, count, types):
    """aliases(5) tables of odd characters: our text: and the files of each type against postalias -q"""
    compare_aliases(oracle, tables, tables.hostile_lines(LINES), count, types)


def compare_virtual(oracle, tables, chunks, count, types):
    path, chunks = oracle.without_errors(chunks, "virtual")
    keys = "\n".join(tables.keys(chunks, count, aliases=False)).encode() + b"\n"
    theirs = pairs(oracle.postfix.run("postmap", "-q", "-", f"texthash:{path}", text=keys)[0])
    for name in ("text", "texthash"):
        must_be_equal(f"{name}: against texthash:", look_up(oracle, "virtual", f"{name}:{path}", keys), theirs)
    for name in types:
        oracle.postfix.run("postmap", f"{name}:{path}")
        theirs = pairs(oracle.postfix.run("postmap", "-q", "-", f"{name}:{path}", text=keys)[0])
        must_be_equal(f"{name}: against {name}:", look_up(oracle, "virtual", f"{name}:{path}", keys), theirs)
        must_be_equal(f"text: against {name}:", look_up(oracle, "virtual", f"text:{path}", keys), theirs)
        next(oracle.folder.glob("table.*")).unlink()


def compare_aliases(oracle, tables, chunks, count, types):
    path, chunks = oracle.without_errors(chunks, "aliases")
    # postalias(1) adds "@" itself, to mark the file as complete.
    keys = "\n".join(key for key in tables.keys(chunks, count, aliases=True) if key != "@").encode() + b"\n"
    for name in types:
        oracle.postfix.run("postalias", f"{name}:{path}")
        theirs = alias_pairs(oracle, name, path, keys)
        must_be_equal(f"{name}: against {name}:", look_up(oracle, "aliases", f"{name}:{path}", keys), theirs)
        ours = look_up(oracle, "aliases", f"text:{path}", keys)
        must_be_equal(f"names of text: against {name}:", [key for key, _ in ours], [key for key, _ in theirs])
        mine, other = ([value for _, value in side] for side in (ours, theirs))
        must_mean_the_same(oracle, mine, other)
        next(oracle.folder.glob("table.*")).unlink()


def must_mean_the_same(oracle, ours, theirs):
    """Each of our targets equals Postfix's, or is one that we leave alone.

    postalias(1) rewrites a value: it closes open quotes and drops the backslash of \\user. To shorthop a value with an
    open quote is unreadable, and \\user is the mailbox on the primary.
    """
    meanings = zip(oracle.targets("local8", ours), oracle.targets("local8", theirs))
    for value, (mine, other) in zip(ours, meanings):
        mine, other = mine.split(b" | ")[:-1], other.split(b" | ")[:-1]
        oracle.targets_read += len(mine)
        if len(mine) != len(other) and any(target.startswith(UNREADABLE) for target in mine):
            # After the rewrite an unclosed part may end in another place, so all targets of this value are left alone.
            oracle.targets_left_alone += len(mine)
            continue
        for target, postfix_target in itertools.zip_longest(mine, other, fillvalue=b"nothing"):
            if target != postfix_target and target.startswith(LEFT_ALONE):
                oracle.targets_left_alone += 1
            elif target != postfix_target:
                raise Disagreement(f"targets of {value!r}: ours {mine!r}, of Postfix's value {other!r}")


def alias_pairs(oracle, name, path, keys):
    """postalias -q prints "key: TAB value", and a key may contain a ':'."""
    output, _ = oracle.postfix.run("postalias", "-q", "-", f"{name}:{path}", text=keys)
    return [tuple(line.split(b":\t", 1)) for line in output.split(b"\n")[:-1]]


def inline_tables(oracle, tables, count, _types):
    """inline: tables of one line, right or wrong, against postmap -q"""
    for _ in range(max(count // 100, 5)):
        name = "inline:" + tables.inline()
        keys = b"a\nB\nab\n\"a b\"\na\\b\nx\n"
        try:
            theirs = pairs(oracle.postfix.run("postmap", "-q", "-", name, text=keys)[0])
        except RuntimeError:
            theirs = None
        status, output, complaints = oracle.run_table_query("virtual", name, keys)
        if (status == 0) != (theirs is not None):
            raise Disagreement(f"{name}: ours {complaints or 'a table'}, Postfix's {theirs}")
        if theirs is not None:
            must_be_equal(name, pairs(output), theirs)


def system_users(oracle, tables, count, _types):
    """unix:passwd.byname and unix:group.byname against postmap -q"""
    users = [line.split(":")[0] for name in ("passwd", "group")
             for line in pathlib.Path("/etc", name).read_text(encoding="utf-8").splitlines()]
    keys = users + [user.upper() for user in users] + [tables.user() for _ in range(min(count, 100))]
    keys = "\n".join(key for key in keys if key.isascii()).encode() + b"\n"
    for name in ("unix:passwd.byname", "unix:group.byname"):
        theirs = pairs(oracle.postfix.run("postmap", "-q", "-", name, text=keys)[0])
        must_be_equal(name, look_up(oracle, "virtual", name, keys), theirs)


def look_up_live(oracle, name, keys):
    """Our answers as (key, value); the value of a look-up that fails is "failed: REASON"."""
    status, output, complaints = oracle.run_table_query("live", name, keys, oracle.folder)
    if status != 0:
        raise Disagreement(f"table-query live {name}: {complaints}")
    oracle.asked += keys.count(b"\n")
    return pairs(output)


def compare_live(oracle, name, keys):
    """Compares each answer, except for keys whose look-up fails here: shorthop may fail where Postfix only warns."""
    ours = look_up_live(oracle, name, keys)
    failed = {key for key, value in ours if value.startswith(b"failed: ")}
    oracle.failed += sum(1 for key, value in ours if key in failed)
    text = b"".join(key + b"\n" for key in keys.split(b"\n")[:-1] if key not in failed)
    theirs = pairs(oracle.postfix.run("postmap", "-q", "-", name, text=text)[0])
    oracle.found += len(theirs)
    must_be_equal(name, [pair for pair in ours if pair[0] not in failed], theirs)


def sqlite_table(oracle, tables, count, _types):
    """sqlite_table(5): random queries, forms of results and keys against postmap -q"""
    if not oracle.postfix.has_libraries:
        return
    queries = Queries(tables.random)
    domains = oracle.folder / "domains"
    domains.write_text("example.org x\n# comment\nsub.example.org y\n")
    for _ in range(PATTERN_TABLES):
        queries.database(oracle.folder / "database")
        path = oracle.write([queries.table_file(oracle.folder / "database", domains).encode()])
        compare_live(oracle, f"sqlite:{path}", queries.keys(max(count // PATTERN_TABLES, 1)))


def composed_tables(oracle, tables, count, _types):
    """tables that shorthop asks through postmap, one key at a time, against postmap -q for all keys"""
    path = oracle.write([b"ann@example.org bob\nbob carl, dora\n1.2.3.4 x\n"])
    names = [f"pipemap:{{texthash:{path}, inline:{{ {{bob=x y}} }}}}", f"unionmap:{{texthash:{path}, static:z}}",
             f"randmap:{{{path}}}", f"pipemap:{{static:bob, texthash:{path}}}"]
    cidr = oracle.folder / "networks"
    cidr.write_text("192.0.2.0/24 ours\n!10.0.0.0/8 other\n")
    keys = b"ann@example.org\nANN@Example.ORG\nbob\n'; id; $(id)\n192.0.2.7\n10.1.1.1\n-q\n a \n\xc3\xa9@x\n"
    inline = ["regexp:{ {/^ann@/ x}, { /^(b.*)/ $1 } }", "cidr:{ {192.0.2.0/24 y} }"]
    for name in [*names, *inline, f"cidr:{cidr}", *composed_of_live(oracle, path)]:
        compare_live(oracle, name, keys)
    if look_up_live(oracle, "tcp:127.0.0.1:9", b"x\n")[0][1][:8] != b"failed: ":
        raise Disagreement("tcp: without a server is not a failure")


def composed_of_live(oracle, path):
    """Composed tables with a live member."""
    if not oracle.postfix.has_libraries:
        return []
    with sqlite3.connect(oracle.folder / "members") as database:
        database.executescript("CREATE TABLE people (a, b); INSERT INTO people VALUES ('bob', 'carl'), ('ann@example.org', "
                               "'bob'), ('dora', 'x, y');")
    member = oracle.folder / "member.cf"
    member.write_text(f"dbpath = {oracle.folder / 'members'}\nquery = SELECT b FROM people WHERE a = '%s'\n")
    return [f"unionmap:{{sqlite:{member}, texthash:{path}}}", f"pipemap:{{sqlite:{member}, texthash:{path}}}",
            f"pipemap:{{texthash:{path}, sqlite:{member}}}"]


def compare_patterns(oracle, patterns, count):
    for _ in range(PATTERN_TABLES):
        path = oracle.write([patterns.table(20)])
        compare_live(oracle, f"{patterns.kind}:{path}", patterns.keys(max(count // PATTERN_TABLES, 1)))


def cidr_table(oracle, tables, count, _types):
    """cidr_table(5): random networks against postmap -q"""
    compare_patterns(oracle, Networks(tables.random), count)


def regexp_table(oracle, tables, count, _types):
    """regexp_table(5): random patterns against postmap -q"""
    compare_patterns(oracle, Patterns(tables.random, "regexp"), count)


def pcre_table(oracle, tables, count, _types):
    """pcre_table(5): random patterns against postmap -q"""
    if not oracle.postfix.has_libraries:
        return
    compare_patterns(oracle, Patterns(tables.random, "pcre"), count)


ONCE = [inline_tables, system_users, composed_tables]
ROUNDS = [virtual_table, alias_table, hostile_virtual_table, hostile_alias_table, regexp_table, pcre_table, cidr_table,
          sqlite_table]


def tests(lookups, name):
    """(title, function) of each test: first those that run once, then rounds up to the number of look-ups."""
    selected = [function for function in ONCE + ROUNDS if not name or name in function.__name__]
    yield from ((function.__name__, function) for function in selected if function in ONCE)
    rounds = [function for function in selected if function in ROUNDS]
    for number in range(-(-lookups // KEYS_A_TABLE) if rounds else 0):
        function = rounds[number % len(rounds)]
        yield f"{function.__name__} {number + 1}", function


def keep(folder, title):
    """Copies the working folder, with the table, for later analysis."""
    kept = tempfile.mkdtemp(prefix="shorthop-oracle-")
    shutil.copytree(folder, kept, dirs_exist_ok=True)
    print(f"   the table of {title} is {kept}/table", flush=True)


def run(options, folder):
    oracle = Oracle(options.bin.resolve(), folder)
    types = oracle.postfix.types()
    print(f"oracle: seed {options.seed}, {options.lookups} keys, against postmap and postalias with {', '.join(types)}",
          flush=True)
    passed = failed = 0
    for title, function in tests(options.lookups, options.name):
        # postmap takes time for each type, so each round tests only one of them.
        number = int(title.split()[-1]) if title[-1].isdigit() else 0
        some_types = [types[number // len(ROUNDS) % len(types)]] if types else []
        seed = f"{options.seed}/{title}"
        try:
            function(oracle, Tables(random.Random(seed)), min(KEYS_A_TABLE, options.lookups), some_types)
            passed += 1
            print(f"ok {title} {' '.join(some_types)}", flush=True)
        except (Disagreement, RuntimeError, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED {title} {' '.join(some_types)}, --seed {options.seed}: {str(failure)[:2000]}", flush=True)
            keep(folder, title)
            for database in folder.glob("table.*"):
                database.unlink()
    print(f"{oracle.asked} look-ups, {oracle.found} of them found, {oracle.failed} failed by design")
    print(f"{oracle.left_out} lines were left out because shorthop reports them as errors; of {oracle.targets_read} "
          f"targets {oracle.targets_left_alone} mean something to Postfix, but shorthop does not follow them")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where table-query is")
    parser.add_argument("--lookups", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SHORTHOP_SEED", "1")))
    parser.add_argument("name", nargs="?", default="", help="a part of a test's name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shorthop-oracle-") as name:
        return run(options, pathlib.Path(name))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except fetch.FetchFailed as failure:
        sys.exit(f"oracle: {failure}")
