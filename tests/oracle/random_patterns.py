"""Random tables for regexp_table(5) and pcre_table(5) with patterns that match often, every form of a line, and lines
that Postfix skips; and keys to look up."""

from choices import Choices

ATOMS = ["a", "ann", "bob", ".", "[a-c]", "[^@]", "x", "@", "example", "\\.", "org", "net", "+", "[0-9]", "é", "\\+", "\\/"]
PCRE_ATOMS = ["\\d", "\\w", "\\b", "(?:ab)", "(?i)n", "(?=e)", "\\S"]
QUANTIFIERS = ["", "", "", "", "*", "+", "?", "{1,2}"]


class Patterns(Choices):
    def __init__(self, random, kind):
        super().__init__(random)
        self.kind = kind

    def regex(self, depth=0):
        atoms = ATOMS + (PCRE_ATOMS if self.kind == "pcre" else [])
        parts = []
        for _ in range(self.random.randrange(1, 4)):
            atom = self.random.choice(atoms)
            if depth < 2 and self.chance(30):
                atom = "(" + self.regex(depth + 1) + ")"
            if atom not in ("+", "(?i)n"):
                atom += self.random.choice(QUANTIFIERS)
            parts.append(atom)
        text = "".join(parts).replace("(+", "(").lstrip("+*?{")
        if self.chance(15):
            text += "|" + self.random.choice(["bob", "x.*", "a@"])
        return text or "a"

    def pattern(self):
        delimiter = self.any_of("/", "/", "/", "/", "#", "%", "|" if self.chance(5) else "/")
        regex = self.regex()
        if delimiter != "/":
            regex = regex.replace("\\/", "")
        if self.chance(40):
            regex = self.any_of("^", "") + regex + self.any_of("$", "")
        flags = self.any_of("", "", "", "i", "m", "x" if self.kind == "pcre" else "", "im")
        if self.kind == "pcre" and self.chance(20):
            flags += self.any_of("s", "A", "E", "U", "X")
        if self.chance(2):
            flags += "q"  # unknown
        return self.any_of("", "", "", "", "!", "!!", "! ") + delimiter + regex + delimiter + flags

    def result(self):
        words = ["ann@example.net", "$1", "${1}", "$(2)", "x", "$$", "b+$1@example.org", "a b", "$2,", "é"]
        text = self.any_of("", "r") + "".join(self.random.choice(words) for _ in range(self.random.randrange(1, 4)))
        if self.chance(3):
            text = self.any_of("$", "$x", "${1", "$0", "$99", "$1x", "${{1}}", "$-")
        return text

    def line(self):
        if self.chance(8):
            return self.any_of("if ", "IF ", "if", "if  !") + self.pattern().lstrip("!") + self.any_of("", "", " text")
        if self.chance(8):
            return self.any_of("endif", "ENDIF", "endif ", "endif x")
        if self.chance(3):
            return self.any_of("endifx", "iffy", "word", "/a", "/a/", "!", "/a\\", "ann bob", "1 2", "//  x", "/a/!/b")
        text = self.pattern()
        if self.kind == "regexp" and self.chance(8):
            text += "!" + self.pattern().lstrip("! ")
        return text + self.any_of(" ", "  ", "\t", "\n  ", "\n# comment\n ") + self.result()

    def table(self, lines):
        text = "# patterns\n" if self.chance(50) else ""
        # White space before the first line, which has no line to continue.
        text += self.any_of(" ", "\t") if self.chance(10) else ""
        for _ in range(lines):
            text += self.line() + self.any_of("\n", "\n", "\n", "\n\n", " \n", "\n# comment\n", "\r\n")
        return text.encode()

    def keys(self, count):
        keys = []
        while len(keys) < count:
            user = "".join(self.random.choice(["a", "ann", "bob", "x", "b", "é", "+", ".", "1", "/", "A", "c"])
                           for _ in range(self.random.randrange(0, 5)))
            domain = self.any_of("example.org", "example.net", "Example.ORG", "b.example", "x")
            key = self.any_of(user + "@" + domain, user + "@" + domain, user, "@" + domain)
            if self.chance(1):
                key = "a" * 900
            if key:
                keys.append(key)
        return "\n".join(keys).encode() + b"\n"
