"""sqlite: tables while their database file is locked, replaced, truncated, damaged, or was left by a writer that was
killed: each look-up gives the right answer or fails. No restart is needed: the next look-up opens the file again."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

from faults import ABSENT, DATA, FAILED, FOUND, QUERY, SLACK, WAIT, Watched

HOLD_LOCK = """\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('BEGIN EXCLUSIVE')
print(flush=True)
sys.stdin.read()
"""
# Writes so much that SQLite must write to the file before the transaction ends; the program does not end it.
BEGIN_A_LARGE_CHANGE = """\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.executescript("PRAGMA cache_size = 5; BEGIN; UPDATE people SET b = 'wrong';")
for number in range(2000):
    database.execute("INSERT INTO people VALUES (?, ?)", (f"new{number}@example.org", "x" * 90))
print(flush=True)
sys.stdin.read()
"""
MANY = "INSERT INTO people SELECT 'user' || value || '@example.org', 'x' FROM numbers;"


def fill(path, more=""):
    numbers = "CREATE TEMP TABLE numbers (value); " + "".join(f"INSERT INTO numbers VALUES ({n});" for n in range(3000))
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(f"BEGIN; {DATA} {numbers} {MANY} {more} COMMIT;")


@contextlib.contextmanager
def watched(live, query=QUERY, **limits):
    """Gives (path of the database, table); the table has answered once."""
    path = pathlib.Path(live.folder) / "database"
    for old in live.folder.glob("database*"):
        old.unlink()
    fill(path)
    with Watched(live, live.table("sqlite", f"dbpath = {path}\n{query}", "file.cf"), **limits) as table:
        table.must_be(FOUND)
        yield path, table


@contextlib.contextmanager
def running(program, path):
    with subprocess.Popen([sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        yield child


def locked(live, _type):
    """while another process holds a lock, one look-up waits as long as it may, the next ones fail at once"""
    with watched(live) as (path, table):
        with running(HOLD_LOCK, path):
            first = table.must_be(FAILED)
            assert WAIT / 2 < first < WAIT + SLACK, f"the look-up took {first} s"
            more_seconds = [table.must_be(FAILED) for _ in range(20)]
            assert sum(more_seconds) < WAIT + SLACK, f"a locked file costs {sum(more_seconds)} s again"
        table.resumes()


def replaced(live, _type):
    """a new file, renamed to or written over the old one, is used by the next look-up"""
    with watched(live) as (path, table):
        other = path.with_name("database-new")
        for number, put in enumerate((os.replace, shutil.copyfile)):
            fill(other, f"UPDATE people SET b = 'carl{number}' WHERE a = 'ann@example.org';")
            put(other, path)
            table.must_be(f"found: carl{number}")
            table.must_be(ABSENT, "nobody")
        path.unlink()
        table.must_be(FAILED)
        fill(path)
        table.resumes()


def truncated(live, _type):
    """a file that is cut anywhere: the look-up fails, or its answer is the same as with the whole file"""
    with watched(live, rest=0) as (path, table):
        whole = path.read_bytes()
        failures = 0
        for size in [*range(0, 200, 9), *range(200, len(whole), 4099)]:
            path.write_bytes(whole[:size])
            for key, right in (("ann@example.org", FOUND), ("user2999@example.org", "found: x"), ("nobody", ABSENT)):
                answer, _ = table.ask(key)
                assert answer == right or answer.startswith(FAILED), f"cut at {size} of {len(whole)}: {answer}"
                failures += answer != right
        assert failures > 100, f"only {failures} failed"
        path.write_bytes(whole)
        table.resumes()


def not_a_database(live, _type):
    """garbage, another file, a directory, a database without the table: look-ups fail until the file is right again"""
    with watched(live, rest=0) as (path, table):
        whole = path.read_bytes()
        for words in (b"\n", b"SQLite format 3\0" + b"\xff" * 5000, bytes(range(256)) * 40, whole[:100] + b"\0" * 5000):
            path.write_bytes(words)
            table.must_be(FAILED)
        path.unlink()
        path.mkdir()
        table.must_be(FAILED)
        path.rmdir()
        fill(path, "ALTER TABLE people RENAME TO persons;")
        table.must_be(FAILED)
        path.write_bytes(whole)
        table.resumes()


def killed_writer(live, _type):
    """a writer is killed in a transaction: look-ups fail or give the old answer; they resume after the rollback"""
    with watched(live, rest=0) as (path, table):
        with running(BEGIN_A_LARGE_CHANGE, path) as writer:
            table.must_be(FAILED)  # the writer has written into the file, and holds the lock
            writer.kill()
        journal = path.with_name(path.name + "-journal")
        assert journal.exists(), "the writer left no journal: nothing is tested"
        answer, _ = table.ask()
        assert answer == FOUND or answer.startswith(FAILED), answer
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("SELECT count(*) FROM people").fetchall()  # rolls back
        table.resumes()


def write_ahead_log(live, _type):
    """a database with a write-ahead log, as Mail-in-a-Box may have: a look-up sees what was committed, and only that"""
    with watched(live) as (path, table):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("UPDATE people SET b = 'carl' WHERE a = 'ann@example.org'")
            table.must_be("found: carl")
            database.execute("BEGIN; ")
            database.execute("UPDATE people SET b = 'wrong'")
            table.must_be("found: carl")


def many_rows(live, _type):
    """10,000 rows are one answer; if there is more than a megabyte, the look-up fails"""
    with watched(live) as (path, _):
        text = f"dbpath = {path}\nquery = WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT "
        name = live.table("sqlite", text + "10000) SELECT i FROM n WHERE '%s'='all'\n", "many.cf")
        with Watched(live, name, wait=20) as other:
            answer, _ = other.ask("all")
            assert answer == "found: " + ",".join(map(str, range(10_000))), answer[:200]
        name = live.table("sqlite", text + "-1) SELECT i FROM n WHERE '%s'='all'\n", "endless.cf")
        with Watched(live, name, wait=20) as other:
            other.must_be(FAILED, "all")


TESTS = [locked, replaced, truncated, not_a_database, killed_writer, write_ahead_log, many_rows]
