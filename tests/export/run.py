#!/usr/bin/env python3
"""Tests shorthop-export on a private host with a real Postfix that is not started, and what shorthop does with its bundles.

run.py --bin FOLDER [NAME]: FOLDER has the programs; NAME is a part of a title. The last line is "N passed, N failed".
Exit status 77: this machine cannot have private hosts.
"""
import argparse
import sys
import traceback
from pathlib import Path

import bundles
import differing
import hostile
import importing
import live
import pairing
import pulling
import refusing
import secrets_kept
import static
import with_sendmail
from primary import Primary, fetch, namespaces, trees

GROUPS = [bundles, secrets_kept, hostile, live, with_sendmail, importing, refusing, differing, pulling, pairing,
          static]


def run_all(options, primary) -> int:
    passed = failed = 0
    for test in (test for group in GROUPS for test in group.TESTS if options.name in test.__doc__):
        primary.begin()
        try:
            test(primary, options.bin.resolve() / "shorthop")
        except Exception:  # after any error the other tests still run
            failed += 1
            print(f"FAILED {test.__doc__}\n{traceback.format_exc(limit=-2)}")
        else:
            passed += 1
            print(f"ok     {test.__doc__}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="where the programs are")
    parser.add_argument("name", nargs="?", default="", help="part of the titles to run")
    options = parser.parse_args()
    try:
        namespaces.require_namespaces()
        extracted = trees()
        world = namespaces.World()
    except (namespaces.Unavailable, fetch.FetchFailed, OSError) as why:
        print(f"shorthop-export cannot be tested here: {why}\n0 passed, 0 failed, 1 skipped")
        return namespaces.SKIPPED
    try:
        return run_all(options, Primary(world, extracted))
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
