"""Random tables and keys for the comparison with Postfix: mostly sane, with every oddity that the formats permit.

A table is a list of chunks. A chunk is one logical line with its comments and empty lines, so that a line which
shorthop reports as an error can be left out on both sides.
"""
from choices import Choices

LINE_ENDS = [b"\n"] * 8 + [b"\r\n"]
DOMAINS = ["example.org", "Example.ORG", "sub.example.net", "x.example"]
WORDS = ["ann", "bob", "Carl", "d.e", "f+g", "h_i", "j-k", "list", "postmaster", "owner-list", "a'b", "x=y"]
ODD = ['"a b"', '"a\\"b"', '"A.B"', '"a:b"', '"a,b"', '"a@b"', "a\\ b", "a\\\"b", "c\\\\d", "#x", "a#b", "{x}", "é", '""']


class Tables(Choices):
    def user(self):
        if self.chance(6):
            return self.random.choice(ODD)
        name = self.random.choice(WORDS) + str(self.random.randrange(400))
        return name.upper() if self.chance(5) else name

    def address(self):
        return self.user() + "@" + self.random.choice(DOMAINS) if self.chance(80) else self.user()

    def target(self, special):
        """One right-hand side item; some are deliberately unreadable."""
        if special and self.chance(15):
            return self.any_of('"|/usr/bin/cmd -x \\"a, b\\" c"', "|/usr/bin/filter", "/var/mail/file.mbox", "~/file",
                               ":include:/etc/list.txt", '":include:/etc/a list"', "\\ann", '"/var/mail/a b"', "|cmd x y")
        if self.chance(5):
            return self.any_of("<@a,@b:ann@c.example>", "ann@[192.0.2.1]", "ann bob", "group: ann, bob;", '"unclosed',
                               "(unclosed", "ann@", "@example.org", "a@b@c", "<ann@x", "", "%", "a!b%c", "a\\b@c.d",
                               "<>", "ann@x>", "é@x.example", '"a@b.example"', "[x", "x)")
        address = self.address()
        if self.chance(10):
            return self.any_of(f"Ann B. <{address}>", f'"B, Ann" <{address}>', f"{address} (a comment, (nested))",
                               f"(before) {address}", address.replace("@", " @ "))
        return address

    def right_hand_side(self, special):
        count = 1 if self.chance(70) else self.random.randrange(1, 6)
        return self.any_of(",", ", ", " , ", ",  ").join(self.target(special) for _ in range(count))

    def spread_over_lines(self, text):
        """Spreads the line over several physical lines, with comments and empty lines in between."""
        parts = text.split(" ")
        out = parts[0]
        for part in parts[1:]:
            if self.chance(50):
                between = self.any_of("", "", "# a comment\n", "\n", "   # another\n", " \t\n", "\r\n")
                out += "\n" + between + self.any_of(" ", "\t", "    ") + part
            else:
                out += " " + part
        return out

    def line(self, aliases):
        if aliases:
            name = self.user()
            if self.chance(2):
                name = self.any_of("ann (x)", "ann bob", "a@b", "a%b", "a, b", "", "<ann>", "[ann]", "(x) ann", "a.b . c")
            text = name + self.any_of(":", ": ", " : ", ":\t") + self.right_hand_side(True)
        else:
            key = self.any_of(self.address(), "@" + self.random.choice(DOMAINS)) if self.chance(30) else self.address()
            text = key + self.any_of(" ", "  ", "\t", " \t ") + self.right_hand_side(False)
        if self.chance(2):
            text = self.any_of("", "word", "key:", "key: value", '"unclosed x', "a\\", "\\", ":", ": x", "key  ", "\"\" x")
        if self.chance(1):
            text += self.any_of("\x00", "\x00x", "\x0b", "\x0c", " trailing \t", "\\")
        if self.chance(1):
            text += " " + "x" * self.random.randrange(1000, 20000)
        return text

    def chunk(self, aliases):
        text = self.line(aliases)
        if self.chance(10):
            text = self.spread_over_lines(text)
        data = text.encode()
        if self.chance(1):
            data = data.replace(b"\xc3\xa9", b"\xe9") + b"\xff"  # not UTF-8
        data += self.random.choice(LINE_ENDS)
        if self.chance(5):
            data += self.any_of(b"# comment\n", b"\n", b"   \n", b" # comment\n", b"#\n#\n", b"\r\n")
        return data

    def chunks(self, lines, aliases):
        first = self.any_of(b"", b"# a table\n", b"\n\n", b"  # x\n", b"#\r\n")
        body = [self.chunk(aliases) for _ in range(lines)]
        if self.chance(20):
            body[0] = self.any_of(b" ", b"\t") + body[0]  # the first line starts with white space
        if self.chance(30):
            body[-1] = body[-1].rstrip(b"\r\n")  # no newline at the end
        return [first + body[0]] + body[1:]

    def characters(self, characters, longest):
        return "".join(self.random.choice(characters) for _ in range(self.random.randrange(longest + 1)))

    def hostile_lines(self, lines):
        """Random lines of characters that have special meanings."""
        chunks = [self.characters('aB1:  "\\\t,()<>@#.%;[]|/', 14).encode() + self.random.choice(LINE_ENDS)
                  for _ in range(lines)]
        return [b"a: 1\n" if self.chance(50) else b"a 1\n"] + chunks

    def inline(self):
        """The part after "inline:", mostly valid."""
        if self.chance(20):
            return self.characters('{}=, \t"\\ab', 14) or "{"
        parts = [self.any_of("{}", "{{{}}}", "{{ {} }}").format(self.inline_entry())
                 for _ in range(self.random.randrange(1, 4))]
        return "{" + self.any_of(" ", "") + self.any_of(", ", " ", ",").join(parts) + self.any_of(" ", "") + "}"

    def inline_entry(self):
        key = self.any_of("a", "B", "ab", '"a b"', "a\\b", self.characters('ab"\\ ', 4))
        return key + self.any_of("=", " = ", "= ", " ") + self.characters("ab ,={}", 5)

    def keys(self, chunks, count, aliases):
        """Keys of the table, some of them in another case or form, and other keys; only ASCII."""
        known = []
        for chunk in chunks:
            for line in chunk.decode("ascii", "ignore").splitlines():
                word = line.strip().split(":" if aliases else " ")[0].split("\t")[0].strip()
                known += [word, word.strip('"')]
        known = [word for word in known if 0 < len(word) < 400 and "\0" not in word]
        keys = []
        while len(keys) < count:
            key = self.random.choice(known) if known and self.chance(75) else (self.user() if aliases else self.address())
            if self.chance(20):
                key = self.any_of(key.upper(), key.lower(), key.swapcase(), key + "x", key[:-1], " " + key, '"' + key + '"')
            if key and key.isascii() and "\n" not in key and "\r" not in key:
                keys.append(key)
        return keys
