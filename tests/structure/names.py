"""The rules for names: of table types. Each takes a Tree and returns its Problems."""

import re

from tree import Problem, Tree

ROWS = "milter/tables/types.cpp"
# Code that may compare a table's type with a name: a rule of Postfix for these types only.
NAMING_TYPES = {
    "milter/postfix/berkeley_db_redirect.cpp": {"hash", "btree"},
    "milter/load/mirror/mirror.cpp": {"unix", "pipemap"},
    "milter/load/mirror/asked_from_here.cpp": {"unix"},  # the socket of a server
}
COMPARED = re.compile(r'\btable(?:\.|->)type\s*[!=]=\s*"([^"]+)"|\bstarts_with\("(\w+):"\)')


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
    ("no code compares a table's type with a name: its row says what it is", table_types_are_named_by_their_row),
]
