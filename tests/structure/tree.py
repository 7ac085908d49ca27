"""A source tree for the rules: files, their includes, their comments. It reads, but does not judge."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')

# One C++ token that may contain text like another token: raw string, string, comment, digit separator, character.
TOKEN = re.compile(
    r'R"(?P<mark>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?P<comment>//(?:\\\n|[^\n])*|/\*(?:.|\n)*?\*/)"
    r"|(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])"
    r"|'(?:\\.|[^'\\\n])+'"
)


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


@dataclass(frozen=True)
class Problem:
    """A problem: what is wrong, where, and the fix."""

    place: str
    sentence: str

    def __str__(self):
        return f"{self.place}: {self.sentence}"


class Tree:
    def __init__(self, root: Path):
        self.root = root

    def read(self, name: str) -> str:
        """The text of a file, or "" if there is none."""
        path = self.root / name
        return path.read_bytes().decode(errors="replace") if path.is_file() else ""

    def files(self) -> list[str]:
        """Every file of the project: those that git tracks, and new ones that it does not ignore; without git, all
        files in the folder."""
        listed = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, text=True, check=False)
        if listed.returncode == 0 and (self.root / ".git").exists():
            names = [name for name in listed.stdout.split("\0") if name]
        else:
            names = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        return sorted({name for name in names if (self.root / name).is_file() and not name.startswith((".git/", "build/"))})

    def sources(self, folder: str) -> list[str]:
        """The C++ files below a folder."""
        return [name for name in self.files() if name.startswith(folder + "/") and name.endswith((".h", ".cpp"))]

    def includes(self, name: str) -> list[Include]:
        found = []
        for number, line in enumerate(self.read(name).splitlines(), 1):
            if match := INCLUDE.match(line):
                found.append(Include(number, match[1] or match[2], match[1] is not None))
        return found

    def comments(self, name: str) -> list[tuple[int, str]]:
        """(line, text) of each comment; a "//" inside a string does not begin one."""
        text = self.read(name)
        return [(text.count("\n", 0, match.start()) + 1, match["comment"])
                for match in TOKEN.finditer(text) if match["comment"]]

    def code(self, name: str) -> str:
        """The text with comments and strings blanked, line numbers kept."""
        return TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), self.read(name))
