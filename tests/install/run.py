#!/usr/bin/env python3
"""Checks what `cmake --install` installs, and compares it with the program: units, manual pages,
completion, settings.

run.py --bin FOLDER [NAME]: FOLDER is the bin/ of a finished build; NAME is a part of a test's title. Only a temporary
directory is written. The last line is "N passed, N failed".
"""
import argparse
import pathlib
import sys
import tempfile

import completion
import pages
import places
import settings
import unit
from installed import Installed


def tests(installed):
    """(title, function that returns the problems) of all parts."""
    for part in (places, unit, settings, pages, completion):
        for title, check in part.tests(installed):
            yield f"{part.__name__}: {title}", check


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the programs of a finished build")
    parser.add_argument("name", nargs="?", default="", help="part of the titles to run")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="shorthop-install-") as scratch:
        installed = Installed(options.bin.resolve().parent, pathlib.Path(scratch))
        for title, check in tests(installed):
            if options.name not in title:
                continue
            problems = check()
            passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
            print(f"{'FAILED' if problems else 'ok    '} {title}")
            for problem in problems:
                print(f"       {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
