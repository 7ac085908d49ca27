"""A random directory, table files for it in every form of ldap_table(5), and keys, some of which try to end or extend a
filter or a distinguished name."""
from choices import Choices
from slapd import entry, escaped

USERS = ["ann", "bob", "o'neil", "a.b", "a+x", "*", "a*", "(x)", ")(|", "\\", "\\2a", '"q"', "é", "x y", "a,b", "a=b",
         "#a", "<a>", "a;b", "%", "50%s", "_", "*)(objectClass=*", "ann)(mail=*", "x" * 300, "\\28", "a\\,b",
         "ann&bob", "~"]
DOMAINS = ["example.org", "example.net", "sub.example.org", "x", "a..b", "com", "ex,ample", "missing.example"]
ORGANISATIONS = ["example.org", "example.net", "ex,ample"]
FILTERS = ["(mail=%s)", "(mailAlias=%s)", "(|(mailAlias=%s)(mail=%s))", "(&(objectClass=inetOrgPerson)(mailAlias=%s))",
           "(mailAlias=%u)", "(mailAlias=%u@%d)", "(mailAlias=@%d)", "(uid=%u)", "(|(mailAlias=%s)(mailAlias=@%d))",
           "(mailAlias=%1)", "(mailAlias=%u@%2.%1)", "(&(mailAlias=%s)(!(accountStatus=no)))", "mailAlias=%s",
           "(mailAlias=x%%%s)", "(mailAlias=*%u*)", "(proxyAddresses=smtp:%s)", "(mailAlias=%S)", "(cn=%U)",
           "(mailAlias=fixed@example.org)", "(mailAlias=%s", "(unknownAttribute=%s)", "(&(mailAlias=%s)(cn=%D))", ""]
FORMATS = ["%s", "%u@mail.%d", "[%s]", "%s %S", "%U/%d", "100%% %s", "%1:%s", "%u", "%D", "x"]
ATTRIBUTES = ["maildrop", "mail", "maildrop, mail", "mail maildrop", "", "mailForwardingAddress,maildrop", "MAILDROP",
              "cn",
              "maildrop;lang-en", "unknownAttribute", "description"]


class Directory(Choices):
    def __init__(self, random, suffix):
        super().__init__(random)
        self.suffix = suffix
        self.names = []
        self.known = []  # values by which entries are found

    def address(self):
        return self.any_of(self.random.choice(USERS), self.random.choice(USERS), "") + "@" + self.random.choice(DOMAINS)

    def values(self, limit, make):
        """Up to `limit` values that differ by more than case: an attribute cannot have a value twice."""
        made = (make() for _ in range(self.random.randrange(limit + 1)))
        return list({value.lower(): value for value in made}.values())

    def organisations(self):
        return "".join(entry(f"ou={escaped(name)},{self.suffix}", objectClass="organizationalUnit", ou=name)
                       for name in ["people", "groups", *ORGANISATIONS])

    def person(self, number):
        user = self.random.choice(USERS)
        place = self.any_of("people", "people", *ORGANISATIONS)
        common_name = f"{user[:100]} {number}"  # slapd's database takes no long names
        name = f"cn={escaped(common_name)},ou={escaped(place)},{self.suffix}"
        self.names.append(name)
        attributes = {"mail": self.values(2, lambda: self.ascii_address()),
                      "mailAlias": self.aliases(),
                      "maildrop": self.values(3, self.target),
                      "maildrop;lang-en": self.values(1, self.target) if self.chance(20) else [],
                      "mailForwardingAddress": self.values(2, self.target), "description": self.values(1, self.target),
                      "proxyAddresses": ["smtp:" + address for address in self.values(1, self.address)],
                      "uid": self.values(1, lambda: user),
                      "accountStatus": self.values(1, lambda: self.any_of("yes", "no"))}
        return entry(name, objectClass=["inetOrgPerson", "extensibleObject"], cn=common_name, sn=user,
                     **{key: values for key, values in attributes.items() if values})

    def aliases(self):
        found = self.values(3, self.key) or [self.key()]
        self.known += found
        return found

    def group(self, number):
        name = f"cn=group {number},ou=groups,{self.suffix}"
        attributes = {"member": list(dict.fromkeys(self.member() for _ in range(self.random.randrange(1, 4)))),
                      "memberURL": self.values(1, self.url) if self.chance(40) else [], "mailAlias": self.aliases(),
                      "maildrop": self.values(1, self.target), "mailForwardingAddress": self.values(1, self.target)}
        self.names.append(name)
        return entry(name, objectClass=["groupOfNames", "extensibleObject"], cn=f"group {number}",
                     **{key: values for key, values in attributes.items() if values})

    def member(self):
        if self.chance(10):
            return f"cn=nobody,ou=people,{self.suffix}"
        if self.chance(8):
            return f"cn=group {self.random.randrange(30)},ou=groups,{self.suffix}"  # perhaps itself, or a later one
        return self.random.choice(self.names)

    def url(self):
        if self.chance(5):
            return self.any_of("ldap://x:y:z", "ldap:///dc=a?b?c?d?e?f?g", "ldap:///?????")
        base = self.any_of(f"ou=people,{self.suffix}", f"ou=groups,{self.suffix}", f"ou=missing,{self.suffix}")
        attributes = self.any_of("", "", "mail", "maildrop", "maildrop,member", "cn", "maildrop;lang-en", "uid,mail")
        condition = self.any_of("(uid=ann)", "(uid=bob)", "(sn=a.b)", "", "(mailAlias=*@x)")
        return f"ldap://elsewhere.example/{base}?{attributes}?{self.any_of('', 'sub', 'one', 'base')}?{condition}"

    def key(self):
        return self.any_of(self.address(), self.address(), self.random.choice(USERS), "fixed@example.org", "com", "org",
                           "x%ann")

    def ascii_address(self):
        return self.address().replace("é", "e")

    def target(self):
        return self.any_of(self.address(), self.address(), "ann", "x@", "@x", self.address() + "," + self.address(),
                           "y z")

    def ldif(self, people=120, groups=30):
        return (self.organisations() + "".join(self.person(number) for number in range(people)) +
                "".join(self.group(number) for number in range(groups)))

    def table_file(self, domains):
        """Parameters of ldap_table(5) as a dictionary; Slapd.parameters() adds the server's parameters."""
        chosen = {"query_filter": self.random.choice(FILTERS), "result_attribute": self.random.choice(ATTRIBUTES),
                  "search_base": self.any_of(*[self.suffix] * 5, f"ou=people,{self.suffix}", f"ou=%d,{self.suffix}",
                                             f"cn=%u 1,ou=people,{self.suffix}", "", f"ou=missing,{self.suffix}",
                                             "ou=%2.%1,%%", f"cn=group 1,ou=groups,{self.suffix}")}
        self.sometimes(chosen, 50, "special_result_attribute", "member", "memberURL", "member, memberURL", "seeAlso")
        self.sometimes(chosen, 40, "leaf_result_attribute", "mail", "maildrop", "cn", "mail, mailForwardingAddress")
        self.sometimes(chosen, 25, "terminal_result_attribute", "mailForwardingAddress", "description", "cn",
                       "x, maildrop")
        self.sometimes(chosen, 40, "result_format", *FORMATS)
        self.sometimes(chosen, 10, "result_filter", *FORMATS)
        self.sometimes(chosen, 40, "scope", "sub", "one", "base", "SUB", "subtree")
        self.sometimes(chosen, 25, "expansion_limit", "0", "1", "2", "5", "50")
        self.sometimes(chosen, 25, "size_limit", "0", "1", "2", "5")
        self.sometimes(chosen, 25, "recursion_limit", "1", "2", "3", "1000")
        self.sometimes(chosen, 20, "version", "2", "3")
        self.sometimes(chosen, 20, "bind", "yes", "no", "none", "simple", "YES")
        self.sometimes(chosen, 20, "dereference", "0", "1", "3", "7")
        self.sometimes(chosen, 20, "debuglevel", "0")
        self.sometimes(chosen, 10, "search_filter", "(mail=%s)")
        self.sometimes(chosen, 10, "search_timeout", "5")
        self.sometimes(chosen, 20, "timeout", "5", "20")
        self.sometimes(chosen, 25, "domain", "example.org, Example.NET", f"{domains}", "!x, example.org",
                       f"texthash:{domains}", "inline:{ { example.org = x } }")
        return chosen

    def sometimes(self, chosen, percent, name, *values):
        if self.chance(percent):
            chosen[name] = self.random.choice(values)

    def keys(self, count):
        keys = []
        while len(keys) < count:
            known = self.random.choice(self.known)
            key = self.any_of(known, known, known, known.upper(), known.partition("@")[0] or "x", self.address(),
                              self.address(), self.address().upper(), self.key(), "@x",
                              "a@b@example.org", "ann@", "example.org", "*", "@", "*@*", "-ann@example.org", "ann@example.org.",
                              "ann@.", " ann@example.org", "ann@example.org ",
                              "*" * 1000 + "@example.org" if self.chance(20) else "ann")
            keys.append(key)
        return keys
