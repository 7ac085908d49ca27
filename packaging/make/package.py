#!/usr/bin/env python3
"""Builds the packages: for Debian 12 and 13 in clean systems of their own, and the RPM. Run by ./dev package.

package.py [--out FOLDER] [bookworm|trixie|rpm]...: all of them if none is named.
"""
import argparse
import os
import pathlib
import sys

import debs
import roots
import rpms

PROJECT = pathlib.Path(__file__).resolve().parents[2]
KINDS = [*roots.SUITES, "rpm"]


def give_to_caller(folder):
    """Gives the files to the user who called sudo."""
    if "SUDO_UID" in os.environ:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=PROJECT / "build/packages", help="where the packages go")
    parser.add_argument("kind", nargs="*", choices=[[], *KINDS], help=f"what to build: {', '.join(KINDS)}")
    options = parser.parse_args()
    for kind in options.kind or KINDS:
        made = rpms.build(PROJECT, options.out / kind) if kind == "rpm" else debs.build(PROJECT, kind, options.out / kind)
        for path in made:
            print(path)
        give_to_caller(options.out)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (roots.RootFailed, OSError) as failure:
        sys.exit(f"package.py: {failure}")
