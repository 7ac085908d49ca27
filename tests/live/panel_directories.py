"""Directories and table files as panels make them: the kinds of entries, filters and parameters that primaries with
LDAP use. Each panel's function returns (entries, {name of a table: parameters}, {name of a table: {key: value}}). The
value None means that the key is absent."""
from slapd import entry

MAIL = ["inetOrgPerson", "extensibleObject"]


def person(name, **attributes):
    uid = name.split(",")[0].split("=")[1]
    return entry(name, objectClass=MAIL, **{"cn": uid, "sn": uid, **attributes})


def folder(name):
    kind, _, value = name.split(",")[0].partition("=")
    return entry(name, objectClass=["extensibleObject", "organizationalUnit"], **{"ou": value, kind: value})


def iredmail(suffix):
    """Domains are containers; a mailbox has its own address as a forwarding address; members name their groups."""
    domains = f"o=domains,{suffix}"
    users = f"ou=Users,domainName=example.org,{domains}"
    entries = (folder(domains) + folder(f"domainName=example.org,{domains}") + folder(users) +
               person(f"cn=ann,{users}", mail="ann@example.org",
                      shadowAddress=["ann.smith@example.org", "a@alias.example"],
                      mailForwardingAddress=["ann@example.com", "copy@example.net"], accountStatus="active",
                      memberOfGroup="team@example.org") +
               person(f"cn=bob,{users}", mail="bob@example.org", mailForwardingAddress="bob@example.org",
                      accountStatus="active", memberOfGroup=["team@example.org", "other@example.org"]) +
               person(f"cn=old,{users}", mail="old@example.org", mailForwardingAddress="ann@example.com",
                      accountStatus="disabled") +
               person(f"cn=all,{users}", mail="@example.org", mailForwardingAddress="ann@example.org"))
    common = {"search_base": domains, "scope": "sub", "version": "3", "bind": "yes", "start_tls": "no",
              "debuglevel": "0", "timeout": "10"}
    tables = {
        "alias": {**common, "query_filter": "(&(accountStatus=active)(|(mail=%s)(shadowAddress=%s)))",
                  "result_attribute": "mailForwardingAddress"},
        "group": {**common, "query_filter": "(&(accountStatus=active)(memberOfGroup=%s))", "result_attribute": "mail"},
        "itself": {**common, "search_base": f"ou=Users,domainName=%d,{domains}", "scope": "one",
                   "query_filter": "(&(accountStatus=active)(mail=%s))", "result_attribute": "mail"},
        "catchall": {**common, "query_filter": "(&(mail=@%d)(!(mail=%s)))",
                     "result_attribute": "mailForwardingAddress"},
        "bcc": {**common, "search_base": f"domainName=%d,{domains}", "scope": "base", "query_filter": "(cn=%s)",
                "result_attribute": "mailForwardingAddress"},
    }
    ann = "ann@example.com,copy@example.net"
    expected = {"alias": {"ann.smith@example.org": ann, "a@alias.example": ann, "bob@example.org": "bob@example.org",
                          "old@example.org": None},
                "group": {"team@example.org": "ann@example.org,bob@example.org",
                          "other@example.org": "bob@example.org"},
                "itself": {"ann@example.org": "ann@example.org", "ann@missing.example": None},
                "catchall": {"nobody@example.org": "ann@example.org", "example.org": None},
                "bcc": {"ann@example.org": None}}
    return entries, tables, expected


def kolab(suffix):
    """An empty result_attribute; groups whose members are DNs or a URL; an ldap: table as the list of domains."""
    people, groups, domains = (f"ou={name},{suffix}" for name in ("People", "Groups", "Domains"))
    entries = (folder(people) + folder(groups) + folder(domains) +
               entry(f"cn=example.org,{domains}", objectClass=MAIL, cn="example.org", sn="x",
                     domainName="example.org") +
               person(f"uid=ann,{people}", mail="ann@example.org", mailAlias=["a.smith@example.org"],
                      description="sales") +
               person(f"uid=bob,{people}", mail="bob@example.org", description="sales") +
               entry(f"cn=staff,{groups}", objectClass=["groupOfUniqueNames", "extensibleObject"], cn="staff",
                     mail="staff@example.org", uniqueMember=[f"uid=ann,{people}", f"uid=bob,{people}"]) +
               entry(f"cn=sales,{groups}", objectClass=["groupOfNames", "extensibleObject"], cn="sales",
                     mail="sales@example.org", member=f"cn=sales,{groups}",
                     memberURL=f"ldap:///{people}?mail?sub?(description=sales)"))
    common = {"search_base": suffix, "scope": "sub", "domain": "ldap:{folder}/domains.cf", "server_port": "389",
              "result_attribute": "", "leaf_result_attribute": "mail"}
    tables = {
        "domains": {"search_base": domains, "scope": "sub", "query_filter": "(domainName=%s)",
                    "result_attribute": "domainName"},
        "alias": {**common, "query_filter": "(&(|(mail=%s)(mailAlias=%s))(objectClass=inetOrgPerson))",
                  "result_attribute": "mail"},
        "group": {**common, "query_filter": "(&(mail=%s)(objectClass=groupOfUniqueNames))",
                  "special_result_attribute": "uniqueMember"},
        "dynamic": {**common, "query_filter": "(&(mail=%s)(memberURL=*))", "special_result_attribute": "memberURL"},
        "legacy": {**common, "search_filter": "(mail=%s)", "query_filter": "(mail=%s)", "result_attribute": "mail"},
    }
    both = "ann@example.org,bob@example.org"
    expected = {"alias": {"a.smith@example.org": "ann@example.org", "a.smith@elsewhere.example": None},
                "group": {"staff@example.org": both}, "dynamic": {"sales@example.org": both},
                "legacy": {"ann@example.org": "ann@example.org", "@example.org": None}}
    return entries, tables, expected


def univention(suffix):
    """Primary and alternative addresses; the parameter search_timeout, which Postfix does not know."""
    users = f"cn=users,{suffix}"
    entries = (person(users) + person(f"uid=ann,{users}", mailPrimaryAddress="ann@example.com",
                                      mailAlternativeAddress=["ann@example.org", "ann.smith@example.org"]) +
               person(f"uid=bob,{users}", mailPrimaryAddress="bob@example.org") +
               entry(f"cn=team,{users}", objectClass=["groupOfUniqueNames", "extensibleObject"], cn="team",
                     mailPrimaryAddress="team@example.org", uniqueMember=[f"uid=ann,{users}", f"uid=bob,{users}"]))
    common = {"search_base": suffix, "scope": "sub", "result_format": "%s", "search_timeout": "30", "version": "3",
              "result_attribute": "mailPrimaryAddress"}
    tables = {
        "virtual": {**common, "query_filter": "(&(objectClass=inetOrgPerson)(mailAlternativeAddress=%s))"},
        "groups": {**common, "query_filter": "(&(objectClass=groupOfUniqueNames)(mailPrimaryAddress=%s))",
                   "result_attribute": "", "leaf_result_attribute": "mailPrimaryAddress",
                   "special_result_attribute": "uniqueMember"},
    }
    return entries, tables, {"virtual": {"ann.smith@example.org": "ann@example.com", "bob@example.org": None},
                             "groups": {"team@example.org": "ann@example.com,bob@example.org"}}


def zimbra(suffix):
    """An empty search_base; a list of attributes; result_filter, the old name of result_format."""
    people = f"ou=zimbra,{suffix}"
    entries = (folder(people) +
               person(f"uid=ann,{people}", zimbraMailDeliveryAddress="ann@example.org", zimbraMailStatus="enabled",
                      zimbraMailAlias=["info@example.org", "sales@example.org"]) +
               person(f"uid=bob,{people}", zimbraMailDeliveryAddress="bob@example.org", zimbraMailStatus="enabled",
                      zimbraMailForwardingAddress=["bob@example.com", "b@example.net"]) +
               person(f"uid=off,{people}", zimbraMailDeliveryAddress="off@example.org", zimbraMailStatus="disabled"))
    addresses = "(|(zimbraMailDeliveryAddress=%s)(zimbraMailAlias=%s)(zimbraMailCatchAllAddress=%s))"
    common = {"search_base": "", "version": "3", "query_filter": f"(&{addresses}(zimbraMailStatus=enabled))",
              "size_limit": "0", "timeout": "30", "special_result_attribute": "member"}
    tables = {"vam": {**common, "result_attribute": "zimbraMailDeliveryAddress,zimbraMailForwardingAddress"},
              "split": {**common, "result_attribute": "zimbraMailDeliveryAddress", "result_filter": "OK"}}
    return entries, tables, {"vam": {"info@example.org": "ann@example.org", "off@example.org": None},
                             "split": {"sales@example.org": "OK", "nobody@example.org": None}}


def yunohost(suffix):
    """Accounts with maildrop; if a group has members, the result does not have the group's own address."""
    users, groups = f"ou=yusers,{suffix}", f"ou=ygroups,{suffix}"
    entries = (folder(users) + folder(groups) +
               person(f"uid=ann,{users}", mail=["ann@example.org", "root@example.org"],
                      maildrop=["ann", "ann@example.com"],
                      permission="mail") +
               person(f"cn=team,{groups}", mail=["team@example.org"], uid=["ann", "bob"]) +
               person(f"cn=empty,{groups}", mail=["empty@example.org"]))
    common = {"search_base": suffix, "version": "3", "server_port": "389", "scope": "sub"}
    tables = {"aliases": {**common, "query_filter": "(&(mail=%s)(permission=mail))", "result_attribute": "maildrop"},
              "groups": {**common, "query_filter": "(&(mail=%s)(!(permission=mail)))", "result_attribute": "uid, mail",
                         "terminal_result_attribute": "uid"}}
    return entries, tables, {"aliases": {"root@example.org": "ann,ann@example.com", "team@example.org": None},
                             "groups": {"team@example.org": "ann,bob", "empty@example.org": "empty@example.org"}}


def docker_mailserver(suffix):
    """The accounts' attributes name their aliases and groups, and whether mail is enabled."""
    people = f"ou=people,{suffix}"
    entries = (folder(people) +
               person(f"uniqueIdentifier=ann,{people}", mail="ann@example.org", mailAlias="postmaster@example.org",
                      mailGroupMember="employees@example.org", mailEnabled="TRUE", cn="ann", sn="ann") +
               person(f"uniqueIdentifier=bob,{people}", mail="bob@example.org", mailGroupMember="employees@example.org",
                      mailEnabled="FALSE", cn="bob", sn="bob"))
    common = {"bind": "yes", "search_base": people, "version": "3", "scope": "sub", "result_attribute": "mail"}
    tables = {"aliases": {**common, "query_filter": "(&(mailAlias=%s)(mailEnabled=TRUE))"},
              "groups": {**common, "query_filter": "(&(mailGroupMember=%s)(mailEnabled=TRUE))"}}
    return entries, tables, {"aliases": {"postmaster@example.org": "ann@example.org"},
                             "groups": {"employees@example.org": "ann@example.org"}}


def active_directory(suffix):
    """proxyAddresses; account names to which result_format adds a domain; groups in groups."""
    users = f"cn=Users,{suffix}"
    entries = (person(users) +
               person(f"cn=Smith\\, Ann,{users}", cn="Smith, Ann", mail="ann@example.org", sAMAccountName="ann",
                      userPrincipalName="ann@corp.example.org",
                      proxyAddresses=["SMTP:ann@example.org", "smtp:info@example.org"]) +
               person(f"cn=Bob,{users}", mail="bob@example.org", sAMAccountName="bob",
                      userPrincipalName="bob@corp.example.org") +
               entry(f"cn=Sales,{users}", objectClass=["groupOfNames", "extensibleObject"], cn="Sales",
                     member=[f"cn=Bob,{users}"], mail="sales@example.org") +
               entry(f"cn=All,{users}", objectClass=["groupOfNames", "extensibleObject"], cn="All",
                     mail="all@example.org",
                     member=[f"cn=Smith\\, Ann,{users}", f"cn=Sales,{users}", f"cn=Gone,{users}"]))
    common = {"search_base": suffix, "scope": "sub", "version": "3", "chase_referrals": "no"}
    tables = {
        "proxy": {**common, "query_filter": "(&(objectClass=inetOrgPerson)(proxyAddresses=smtp:%s))",
                  "result_attribute": "mail"},
        "account": {**common, "query_filter": "(mail=%s)", "result_attribute": "sAMAccountName",
                    "result_format": "%s@example.com"},
        "groups": {**common, "query_filter": "(&(objectClass=groupOfNames)(mail=%s))", "result_attribute":
                   "userPrincipalName", "leaf_result_attribute": "mail", "special_result_attribute": "member"},
    }
    return entries, tables, {"proxy": {"info@example.org": "ann@example.org", "sales@example.org": None},
                             "account": {"bob@example.org": "bob@example.com"},
                             "groups": {"all@example.org":
                                        "ann@example.org,ann@corp.example.org,bob@example.org,bob@corp.example.org"}}


PANELS = [iredmail, kolab, univention, zimbra, yunohost, docker_mailserver, active_directory]
