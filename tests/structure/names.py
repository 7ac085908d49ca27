"""The rules for names: of unit tests, and of table types. Each takes a Tree and returns its Problems."""

import re
from pathlib import PurePath

from tree import Problem, Tree

ROWS = "milter/tables/types.cpp"
# Code that may compare a table's type with a name: a rule of Postfix for these types only.
NAMING_TYPES = {
    "milter/postfix/berkeley_db_redirect.cpp": {"hash", "btree"},
    "milter/load/mirror/mirror.cpp": {"unix", "pipemap"},
    "milter/load/mirror/adapted_table_file.cpp": {"unix"},  # the socket of a server
}
COMPARED = re.compile(r'\btable(?:\.|->)type\s*[!=]=\s*"([^"]+)"|\bstarts_with\("(\w+):"\)')


def unit_tests_are_named_after_sources(tree: Tree) -> list[Problem]:
    """tests/unit/mail/address_quotes_test.cpp is named after milter/mail/address.h; a folder may give the name too."""
    problems = []
    for name in tree.sources("tests/unit"):
        path = PurePath(name)
        if not path.name.endswith("_test.cpp"):
            continue
        library = path.parts[2]
        stems = {part.split(".")[0] for source in tree.sources(f"milter/{library}") for part in PurePath(source).parts[2:]}
        tested = path.name.removesuffix("_test.cpp")
        if not any(tested == stem or tested.startswith(stem + "_") for stem in stems):
            problems.append(Problem(name, f"is named after no file or folder of milter/{library}/: "
                                          "NAME_test.cpp, or NAME_SUBJECT_test.cpp"))
    return problems


def table_types_are_named_by_their_row(tree: Tree) -> list[Problem]:
    types = set(re.findall(r'\.name = "(\w+)"', tree.read(ROWS)))
    problems = []
    for name in tree.sources("milter"):
        if name.startswith(("milter/tables/types/", ROWS)):
            continue
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            for found in COMPARED.findall(line):
                named = found[0] or found[1]
                if named in types - NAMING_TYPES.get(name, set()):
                    problems.append(Problem(f"{name}:{number}", f'"{named}" is the name of a table type: ask its row '
                                                                "(find_table_type) for what you need to know"))
    return problems


ALL = [
    ("each unit test is named after a file or folder of its library", unit_tests_are_named_after_sources),
    ("no code compares a table's type with a name: its row says what it is", table_types_are_named_by_their_row),
]
