"""The rule for what a C++ file includes. It takes a Tree and returns its Problems.

The release builds join several files to one (CMAKE_UNITY_BUILD), so a file that lacks an include compiles there if a
file before it has that include. This rule finds most such files within two seconds, but it is no compiler: it compares
names, knows only the headers of milter/, and skips a name if something of the same name is declared in what the file
includes. `./dev build dev` compiles each file by itself.
"""

import re

from tree import Problem, Tree

# A declared name: after a type, and before what may follow the name of a variable, parameter, function or member.
DECLARED = re.compile(r"(?<=[\w>&*\]])[ \n]+[&*]*(\w+)\s*(?=[=({;,)\[:]|$)", re.MULTILINE)
# These words are not types, so a name after them is used, not declared.
USED_AFTER = re.compile(r"\b(?:return|else|case|throw|new|delete|co_return)[ \n]+[&*]*$")
# Other declarations: a type, a template parameter, a pointer to a function, the second name of a list.
FURTHER = re.compile(r"\b(?:struct|class|enum|using|typename|namespace)\s+(\w+)|\(\*(\w+)\)|[}\])], (\w+)(?=[{;,])")
LISTS = re.compile(r"\benum\b[^{;]*\{([^}]*)\}|\bauto[&\s]*\[([^\]]*)\]")  # enumerators, structured bindings
# In a header, a declaration in a namespace: it is not indented.
OFFERED = re.compile(r"^(?![ }#/]|public|private|namespace)[^\n;{(=]*?[ &*](\w+)(?=\(|;| \{| =|\{)"
                     r"|^(?:struct|class|enum class) (\w+)|^using (\w+) =", re.MULTILINE)
NAME = re.compile(r"(\.|->|::)?\b([A-Za-z_]\w+)\b")


def names_in(pattern: re.Pattern, code: str) -> set[str]:
    return {name for match in pattern.finditer(code) for name in match.groups() if name}


def declared_in(code: str) -> set[str]:
    found = {match[1] for match in DECLARED.finditer(code)
             if not USED_AFTER.search(code, max(0, match.start() - 12), match.start(1))}
    found |= names_in(FURTHER, code)
    for inside in names_in(LISTS, code):
        found |= set(re.findall(r"\w+", inside))
    return found


class Headers:
    """What each file includes, also through other headers, and which header of milter/ offers a name."""

    def __init__(self, tree: Tree):
        self.codes = {name: tree.code(name) for folder in ("milter", "tests") for name in tree.sources(folder)}
        self.included = {name: [path for include in tree.includes(name) if include.quoted
                                for path in (f"milter/{include.name}", f"tests/{include.name}",
                                             f"{name.rpartition('/')[0]}/{include.name}") if path in self.codes]
                         for name in self.codes}
        self.declared = {name: declared_in(code) for name, code in self.codes.items()}
        self.offering = {}
        for name, code in self.codes.items():
            if name.startswith("milter/") and name.endswith(".h"):
                for offered in names_in(OFFERED, code):
                    self.offering.setdefault(offered, set()).add(name)
        self.reached = {}

    def reach(self, name: str) -> set[str]:
        """The file and all that it includes."""
        if name not in self.reached:
            self.reached[name] = found = {name}
            for path in self.included[name]:
                found |= self.reach(path)
        return self.reached[name]


def what_is_used_is_included(tree: Tree) -> list[Problem]:
    headers = Headers(tree)
    problems = []
    for name, code in headers.codes.items():
        files = headers.reach(name)
        seen = set().union(*(headers.declared[file] for file in files))
        for match in NAME.finditer(code):
            used = match[2]
            if match[1] or used in seen or headers.offering.get(used, files) & files:
                continue
            seen.add(used)
            missing = " or ".join(sorted(path.removeprefix("milter/") for path in headers.offering[used]))
            problems.append(Problem(f"{name}:{code.count(chr(10), 0, match.start()) + 1}",
                                    f'{used} is used: include "{missing}"'))
    return problems


ALL = [("a file includes the header of milter/ that declares what the file uses", what_is_used_is_included)]
