"""Live tables on real servers: look-ups compared with `postmap -q -` on the same table file, hostile keys, and faults.

Usage: python3 tests/live/run.py --bin build/release/bin [--keys N] [--seed S] [NAME]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "oracle"), str(HERE.parent / "mta")]
import fetch  # noqa: E402
from postfix_maps import PostfixMaps  # noqa: E402

import against_postmap  # noqa: E402
import directory_faults  # noqa: E402
import directory_tables  # noqa: E402
import faults  # noqa: E402
import file_faults  # noqa: E402
import replication  # noqa: E402
from mariadb import MariaDb  # noqa: E402
from postgresql import PostgreSql  # noqa: E402
from server import ServerFailed  # noqa: E402
from slapd import SlapdWithTls  # noqa: E402

SERVERS = {"mysql": MariaDb, "pgsql": PostgreSql, "ldap": SlapdWithTls}  # a type of table, and the server that is asked
OF_SQL = (against_postmap, faults)
TESTS = {"mysql": OF_SQL, "pgsql": (*OF_SQL, replication), "ldap": (directory_tables, directory_faults),
         "sqlite": (file_faults,)}


class Live:
    """What the tests share: our programs, Postfix's programs, a folder, and servers, each started when first used."""

    def __init__(self, options, folder):
        self.bin = options.bin.resolve()
        self.keys = options.keys
        self.seed = options.seed
        self.folder = folder
        self.postfix = PostfixMaps(folder)
        self.asked = self.found = self.failed = 0
        self.servers = {}

    def server(self, server_type):
        if server_type not in self.servers:
            print(f"-- starting {SERVERS[server_type].__name__}", flush=True)
            self.servers[server_type] = SERVERS[server_type]()
        return self.servers[server_type]

    def table(self, server_type, text, name="table.cf"):
        """Writes a table file, and returns the name of the table."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        # If a table file changed within the last second, Postfix waits and reads it again: make it look older.
        os.utime(path, (time.time() - 100,) * 2)
        return f"{server_type}:{path}"

    def close(self):
        for server in self.servers.values():
            server.close()


def tests(name):
    """(title, function, type) of each test with the name in its title."""
    for server_type, modules in TESTS.items():
        for module in modules:
            for function in module.TESTS:
                title = f"{server_type}: {function.__doc__.splitlines()[0]}"
                if name in title or name in function.__name__:
                    yield title, function, server_type


def run(options, folder):
    live = Live(options, folder)
    passed = failed = 0
    try:
        for title, function, server_type in tests(options.name):
            begun = time.monotonic()
            try:
                function(live, server_type)
                passed += 1
                print(f"ok {title} ({time.monotonic() - begun:.1f} s)", flush=True)
            except (AssertionError, RuntimeError, OSError, ServerFailed, subprocess.TimeoutExpired):
                failed += 1
                print(f"FAILED {title}, --seed {options.seed}:\n{traceback.format_exc()[-3000:]}", flush=True)
                keep(folder)
    finally:
        live.close()
    print(f"{live.asked} look-ups, {live.found} of them found, {live.failed} failed as in Postfix or without charset")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def keep(folder):
    """Copies the folder with the table file to a place that outlives the run."""
    kept = tempfile.mkdtemp(prefix="shorthop-live-")
    shutil.copytree(folder, kept, dirs_exist_ok=True)
    print(f"   the table file is in {kept}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where table-query is")
    parser.add_argument("--keys", type=int, default=10_000, help="random keys for each type")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SHORTHOP_SEED", "1")))
    parser.add_argument("name", nargs="?", default="", help="a part of a test's title or of its function's name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shorthop-live-") as name:
        os.chmod(name, 0o755)
        return run(options, pathlib.Path(name))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (fetch.FetchFailed, ServerFailed) as failure:
        sys.exit(f"live: {failure}")
