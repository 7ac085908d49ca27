#!/usr/bin/env python3
"""The structure of the sources: the rules applied to this tree, to small trees that break them, and tests of ./dev.

run.py [--bin FOLDER | --rules] [NAME]: FOLDER holds the release programs, whose hardening is checked; --rules runs the
rules on this tree and nothing else; NAME is a part of a title. The last line is "N passed, N failed".
"""

import argparse
import sys
from pathlib import Path

import bad_trees
import hardening
import new_table_type
import rules
import scripts
from tree import Tree


def rules_on(tree: Tree):
    """(title, function that returns the problems)"""
    for title, rule in rules.ALL:
        yield title, lambda rule=rule: rule(tree)


def tests(tree: Tree, bin_folder: Path | None):
    """All tests: (title, function that returns the problems)"""
    yield from rules_on(tree)
    if bin_folder:
        yield "the release programs are hardened", lambda: hardening.release_is_hardened(bin_folder)
        yield "a new table type is one file and one row", lambda: new_table_type.problems(tree, bin_folder.parent)
    for title, rule in rules.ALL:
        yield (f"test of the rule: accepts a good tree: {title}",
               lambda rule=rule: bad_trees.rule_accepts_good_tree(rule))
    yield "test of the rules: each has a tree that it refuses", rules_without_a_bad_tree
    for rule, changes, words in bad_trees.BAD:
        yield (f"test of the rule: {rule.__name__} says: {words}",
               lambda rule=rule, changes=changes, words=words: bad_trees.rule_sees(rule, changes, words))
    yield "test of the rule: a program without protection is refused", bad_trees.soft_program_is_refused
    yield "test of the rule: a command without protection is refused", bad_trees.soft_command_is_refused
    yield from scripts.tests(tree.root)


def rules_without_a_bad_tree() -> list[str]:
    broken = {rule for rule, _, _ in bad_trees.BAD}
    return [f"{rule.__name__} has no tree in bad_trees.py" for _, rule in rules.ALL if rule not in broken]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, help="where the release programs are")
    parser.add_argument("--rules", action="store_true", help="only the rules on this tree: fast")
    parser.add_argument("name", nargs="?", default="", help="part of the titles to run")
    options = parser.parse_args()
    tree = Tree(Path(__file__).resolve().parents[2])
    passed = failed = 0
    for title, check in rules_on(tree) if options.rules else tests(tree, options.bin):
        if options.name not in title:
            continue
        problems = check()
        passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
        print(f"{'FAILED' if problems else 'ok    '} {title}")
        for problem in problems:
            print(f"       {problem}")
    for line in rules.long_files(tree):
        print(f"long:  {line} (more than {rules.LONG}: consider two files)")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
