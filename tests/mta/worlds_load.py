"""Loads a world on the private hosts: tables, users and settings of the mail systems, shorthop, and other milters."""
import contextlib
import dataclasses
import shutil

import namespaces
import network
import rootfs
import worlds_copies
from hosts import ADDRESSES
from other_milter import OtherMilter
from worlds import table

PRIMARY_MAIN = {"allow_mail_to_commands": "alias, forward, include", "allow_mail_to_files": "alias, forward, include"}
SECONDARY_MAIN = {"alias_maps": "hash:/etc/aliases", "virtual_alias_maps": "hash:/etc/postfix/virtual"}
# virtual(8) delivers into the users' home directories, because the tests look for mail there.
MAILBOX_DOMAIN = {
    "virtual_mailbox_domains": "virtual.example.com",
    "virtual_mailbox_base": "/home",
    "virtual_mailbox_maps": "hash:/etc/postfix/mailboxes",
}
# For all hosts: mail loops end sooner, failed processes are restarted soon, and rejections do not affect the session.
EVERY_MAIN = {"hopcount_limit": "30", "service_throttle_time": "1s", "smtpd_hard_error_limit": "100000",
              "smtpd_soft_error_limit": "100000"}
CLIENT = ADDRESSES["client.example.net"]
FOREIGN_USERS = ["sender", "ann"]


class LoadRefused(Exception):
    """shorthop did not start with the copies of a world."""


@contextlib.contextmanager
def loaded(hosts, daemon, world):
    """The world is active during the block. If a primary does not support the site's type of databases, it gets hash."""
    types = hosts.primary.database_types
    sites = [site if site.database in types else dataclasses.replace(site, database="hash") for site in world.sites]
    world = dataclasses.replace(world, sites=sites)
    with contextlib.ExitStack() as stack:
        stack.callback(forget_services, hosts)
        beside = [stack.enter_context(OtherMilter(hosts.secondary, client=CLIENT, **other.policy))
                  for other in world.other_milters]
        load_hosts(hosts, world, milters(hosts.secondary, world, beside))
        start_daemon(hosts, daemon, world)
        yield


def milters(server, world, beside):
    """The secondary's settings for milters on port 25 and on the port without shorthop."""
    if not beside:
        return server.MILTER
    alone, = beside[0].alone.values()
    return {**getattr(beside[0], world.other_milters[0].place), "other_milters": alone}


def forget_services(hosts):
    for server in hosts.servers:
        server.set_services({}, [])


def primaries(hosts):
    return {"mail.example.org": hosts.primary, "mail.second.example": hosts.second}


def load_hosts(hosts, world, milter_settings):
    servers = primaries(hosts)
    unused = [server for name, server in servers.items() if name not in [site.host for site in world.sites]]
    for server in hosts.servers:
        rootfs.truncate(server.place, server.LOG)
        is_asked = world.view == "moved" or (world.view == "inside" and server is hosts.secondary)
        hosts.ask_name_server(server, world.view if is_asked else "")
    actions = [lambda site=site: load_primary(servers[site.host], site) for site in world.sites]
    actions += [lambda server=server: server.configure({**EVERY_MAIN, **server.NO_RETRY}) for server in unused]
    actions += [lambda: load_secondary(hosts.secondary, world, milter_settings),
                lambda: load_foreign(hosts.foreign, world)]
    namespaces.in_threads(actions)


def start_daemon(hosts, daemon, world):
    """Restarts shorthopd, so that it has no data of the previous world. Copies with a later fault are complete at first."""
    daemon.kill()
    place = daemon.place
    settings = {**daemon.settings, **declared_of_milters(world), **world.settings}
    worlds_copies.write_copies(place, primaries(hosts), world, settings)
    daemon.forget_log()
    name_server = place.path("/etc/resolv.conf").read_text()
    if world.dns_fails:
        network.ask(place, network.NO_NAME_SERVER)
    try:
        daemon.start()
    except RuntimeError as refused:
        raise LoadRefused(str(refused)) from refused
    finally:
        place.path("/etc/resolv.conf").write_text(name_server)
    if worlds_copies.write_later_copies(place, world):
        daemon.reload(check=False)


def declared_of_milters(world):
    return {"other-milters-edit-recipients": other.declared for other in world.other_milters if other.declared}


def load_primary(server, site):
    removed = site.removed_users()
    server.set_users([user for user in site.users if user not in removed])
    server.write("/etc/postfix/virtual", site.text_of("virtual"))
    server.write("/etc/aliases", site.text_of("aliases"))
    for entry in site.include:
        put(server, site, entry.key, f"include{entry.key}", entry)
    for entry in site.forward:
        user = site.user_of(entry.key)
        if user not in removed:
            put(server, site, f"/home/{user}/.forward{entry.key[len(user):]}", f"forward/{entry.key}", entry, user)
    for name, text in site.domain_files().items():
        server.write(f"/etc/postfix/{name}", text)
    commands = [f"postmap {site.database}:/etc/postfix/virtual", f"postalias {site.database}:/etc/aliases"]
    commands += [f"postmap {site.database}:/etc/postfix/{name}" for name, kind in site.domain_tables.items()
                 if kind == "hash"]
    for extra in site.extra_tables:
        server.write(f"/etc/postfix/{extra.name}", extra.text())
        if extra.has_database():
            program = "postalias" if extra.parameter == "aliases" else "postmap"
            commands.append(f"{program} {site.database}:/etc/postfix/{extra.name}")
    server.place.run("sh", "-c", " && ".join(commands))
    lists = {"virtual_alias_maps": main_list(site, "virtual"), "alias_maps": main_list(site, "aliases")}
    main = {**EVERY_MAIN, **server.NO_RETRY, **PRIMARY_MAIN, **lists, "alias_database": f"{site.database}:/etc/aliases",
            **site.main, **site.domain_lists()}
    for extra in site.extra_tables:
        table_name = extra.table_name("/etc/postfix", site.database)
        if extra.parameter == "check_recipient_access":
            main["smtpd_recipient_restrictions"] = f"{extra.parameter} {table_name}"
        elif extra.parameter not in ("virtual", "aliases"):
            main[extra.parameter] = ", ".join(filter(None, [main.get(extra.parameter), table_name]))
    server.set_services(site.options, site.services)
    server.configure(main)


def put(server, site, path, name, entry, user=None):
    text = entry.lines()
    if site.faults_of(name, "unterminated"):
        text = text.rstrip("\n")
    mode = "".join(fault.mode for fault in site.faults_of(name, "mode"))
    worlds_copies.lay_file(server.place, path, text, server.users[user] if user else None, mode)


def main_list(site, parameter):
    """The value of virtual_alias_maps or alias_maps on the primary."""
    extras = [extra for extra in site.extra_tables_of(parameter) if extra.named_by != "relay"]
    main = [] if site.faults_of(parameter, "left-over-table") else [
        f"{site.database}:{'/etc/postfix/virtual' if parameter == 'virtual' else '/etc/aliases'}"]
    return ", ".join([*(extra.table_name("/etc/postfix", site.database) for extra in extras if extra.is_first), *main,
                      *(extra.table_name("/etc/postfix", site.database) for extra in extras if not extra.is_first)])


def load_secondary(server, world, milter_settings):
    server.set_users([*world.users, *(name for name in world.mailboxes if name not in world.users)])
    main = {**EVERY_MAIN, **server.NO_RETRY, **SECONDARY_MAIN, **milter_settings,
            "relay_domains": ", ".join(domain for site in world.sites for domain in site.domains)}
    if world.mailboxes:
        owner = server.users[world.mailboxes[0]]
        main |= {**MAILBOX_DOMAIN, "virtual_uid_maps": f"static:{owner}", "virtual_gid_maps": f"static:{owner}"}
        for name in world.mailboxes:  # virtual(8) delivers for all of them as one user
            shutil.chown(server.place.path(f"/home/{name}"), owner, owner)
    for site in world.sites:
        for extra in site.extra_tables:
            # The secondary has files of the same names, which say nothing about the primary.
            domains = site.domains if extra.parameter == "mydestination" else []
            server.write(f"/etc/postfix/{extra.name}", "".join(f"{domain} x\n" for domain in domains))
    for entry in world.forward:
        server.write(f"/home/{entry.key}/.forward", entry.lines(), user=entry.key)
    server.write("/etc/postfix/mailboxes", "".join(f"{name}@virtual.example.com {name}/Maildir/\n"
                                                   for name in world.mailboxes))
    server.write("/etc/postfix/virtual", table(world.virtual))
    server.write("/etc/aliases", table(world.aliases, ":"))
    server.place.run("sh", "-c", "postmap hash:/etc/postfix/virtual hash:/etc/postfix/mailboxes && "
                                 "postalias hash:/etc/aliases")
    server.configure({**main, **world.main})


def load_foreign(server, world):
    """The foreign host has the mailboxes for domains of the secondary whose mail goes to that host."""
    users = [user for user in world.users if user not in FOREIGN_USERS] if world.elsewhere else []
    server.set_users([*FOREIGN_USERS, *users])
    domains = ", ".join(["$myhostname", "localhost.$mydomain", "localhost", "$mydomain", *world.elsewhere])
    server.configure({**EVERY_MAIN, **server.NO_RETRY, "mydestination": domains})
