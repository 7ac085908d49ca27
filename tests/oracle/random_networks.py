"""Random tables for cidr_table(5), with every form of a line and lines that Postfix skips; and addresses to look up."""
import ipaddress

from choices import Choices


class Networks(Choices):
    kind = "cidr"  # the table type

    def address(self):
        """An address from a small range, so that it often lies in several networks."""
        if self.chance(50):
            return ipaddress.IPv4Address(bytes([10, self.random.randrange(4), self.any_of(0, 128, 255),
                                                self.random.randrange(256)]))
        return ipaddress.IPv6Address(bytes([0x20, 1, 0xd, 0xb8, *[0] * 11, self.random.randrange(256)]))

    def network(self):
        address = self.address()
        bits = self.random.randrange(address.max_prefixlen + 1)
        text = str(ipaddress.ip_network((address, bits), strict=False))
        if self.chance(8):
            text = f"{address}/{bits}"  # often with host bits set
        if self.chance(20):
            text = str(address)
        if self.chance(3):
            text = self.any_of("10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "x", "010.0.0.1", "::1%lo",
                               "10.0.0.0/08", "10.0.0.0/-1", "1.2.3.4.5", "::ffff:10.0.0.0/104", ":::", "[", "[]", "/8")
        if self.chance(20):
            text = self.any_of(f"[{text}]", f"[{text}".replace("/", "]/"), f"[{text}", f"{text}]", f"[{text}]x")
        return self.any_of("", "", "", "", "!", "!!", "! ", "!  ! ") + text

    def line(self):
        if self.chance(12):
            return self.any_of("if ", "IF ", "if", "if  ", "iff ") + self.network() + self.any_of("", "", "", " x", " ")
        if self.chance(12):
            return self.any_of("endif", "ENDIF", "endif ", "endif x", "endifx")
        result = self.any_of("a", "b c", "REJECT", "$1", "é", "", " x ")
        return self.network() + self.any_of(" ", "  ", "\t", "\n  ", "\n# comment\n ") + result

    def table(self, lines):
        text = " " if self.chance(10) else ""  # white space before the first line, which has no line to continue
        text += "".join(self.line() + self.any_of("\n", "\n", "\n", "\n\n", " \n", "\n# comment\n", "\r\n")
                        for _ in range(lines))
        return text.encode()

    def keys(self, count):
        keys = []
        while len(keys) < count:
            address = self.address()
            keys.append(self.any_of(str(address), str(address), address.exploded, str(address).upper(), f"[{address}]",
                                    f" {address}", f"{address}/32", f"::ffff:{address}", "ann@example.org", "10.0.0"))
        return "\n".join(keys).encode() + b"\n"
