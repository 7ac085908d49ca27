"""Puts a world on the private hosts: tables, users and settings of the mail systems, and the copies before shorthop."""
import shutil

import namespaces
import rootfs
from worlds import table

COPIES = "/var/lib/shorthop"
PRIMARY_MAIN = {"allow_mail_to_commands": "alias, forward, include", "allow_mail_to_files": "alias, forward, include"}
SECONDARY_MAIN = {"alias_maps": "hash:/etc/aliases", "virtual_alias_maps": "hash:/etc/postfix/virtual"}
# Where virtual(8) delivers: into the homes of users, because the tests look for mail there.
MAILBOX_DOMAIN = {
    "virtual_mailbox_domains": "virtual.example.com",
    "virtual_mailbox_base": "/home",
    "virtual_mailbox_maps": "hash:/etc/postfix/mailboxes",
}
# Of all hosts: mail that loops ends sooner, a process that could not start is tried again soon, and what a host
# refuses costs the session nothing.
EVERY_MAIN = {"hopcount_limit": "30", "service_throttle_time": "1s", "smtpd_hard_error_limit": "100000", "smtpd_soft_error_limit": "100000"}


def load(hosts, daemon, world):
    servers = {"mail.example.org": hosts.primary, "mail.second.example": hosts.second}
    unused = [server for name, server in servers.items() if name not in [site.host for site in world.sites]]
    for server in hosts.servers:
        rootfs.truncate(server.place, server.LOG)
    actions = [lambda site=site: load_primary(servers[site.host], site) for site in world.sites]
    actions += [lambda server=server: server.configure({**EVERY_MAIN, **server.NO_RETRY}) for server in unused]
    actions += [lambda: load_secondary(hosts.secondary, world)]
    namespaces.in_threads(actions)
    write_copies(daemon.place, servers, world, {**daemon.settings, **world.settings})
    daemon.forget_log()
    if daemon.running():
        daemon.reload()
    else:
        daemon.start()


def load_primary(server, site):
    server.set_users(site.users)
    server.write("/etc/postfix/virtual", table(site.virtual))
    server.write("/etc/aliases", table(site.aliases, ":"))
    for entry in site.include:
        server.write(entry.key, entry.lines())
    for entry in site.forward:
        user = site.user_of(entry.key)
        server.write(f"/home/{user}/.forward{entry.key[len(user):]}", entry.lines(), user=user)
    server.place.run("sh", "-c", "postmap hash:/etc/postfix/virtual && postalias hash:/etc/aliases")
    server.configure({**EVERY_MAIN, **server.NO_RETRY, **PRIMARY_MAIN, **site.main})


def load_secondary(server, world):
    server.set_users([*world.users, *(name for name in world.mailboxes if name not in world.users)])
    main = {**EVERY_MAIN, **server.NO_RETRY, **SECONDARY_MAIN, **server.MILTER,
            "relay_domains": ", ".join(domain for site in world.sites for domain in site.domains)}
    if world.mailboxes:
        owner = server.users[world.mailboxes[0]]
        main |= {**MAILBOX_DOMAIN, "virtual_uid_maps": f"static:{owner}", "virtual_gid_maps": f"static:{owner}"}
        for name in world.mailboxes:  # virtual(8) delivers them all as one user
            shutil.chown(server.place.path(f"/home/{name}"), owner, owner)
    for entry in world.forward:
        server.write(f"/home/{entry.key}/.forward", entry.lines(), user=entry.key)
    server.write("/etc/postfix/mailboxes", "".join(f"{name}@virtual.example.com {name}/Maildir/\n"
                                                   for name in world.mailboxes))
    server.write("/etc/postfix/virtual", table(world.virtual))
    server.write("/etc/aliases", table(world.aliases, ":"))
    server.place.run("sh", "-c", "postmap hash:/etc/postfix/virtual hash:/etc/postfix/mailboxes && "
                                 "postalias hash:/etc/aliases")
    server.configure({**main, **world.main})


def write_copies(place, servers, world, main_settings):
    """The relay files, and beside them what a postmaster would have copied from each primary."""
    for folder in (COPIES, "/etc/shorthop/relay.d"):
        shutil.rmtree(place.path(folder), ignore_errors=True)
    rootfs.write(place, "/etc/shorthop/shorthop.conf", as_settings(main_settings))
    for site in world.sites:
        folder = f"{COPIES}/{site.host}"
        settings = relay_settings(site, folder)
        for name in ("forward", "include"):
            place.path(f"{folder}/{name}").mkdir(parents=True)
        rootfs.write(place, f"{folder}/virtual", table(site.virtual))
        rootfs.write(place, f"{folder}/aliases", table(site.aliases, ":"))
        if site.table_type != "text":
            primary = servers[site.host].place
            for name, path in (("virtual", "/etc/postfix/virtual.db"), ("aliases", "/etc/aliases.db")):
                rootfs.write(place, f"{folder}/{name}.db", primary.path(path).read_bytes())
        if not site.by_hand:
            rootfs.write(place, f"{folder}/postconf-n", servers[site.host].place.run("postconf", "-n").stdout)
        for entry in site.forward:
            rootfs.write(place, f"{folder}/forward/{entry.key}", entry.lines())
        for entry in site.include:
            if entry.key not in site.hidden:
                rootfs.write(place, f"{folder}/include{entry.key}", entry.lines())
        rootfs.write(place, f"{folder}/users", "".join(f"{user}\n" for user in site.users))
        rootfs.write(place, f"/etc/shorthop/relay.d/{site.host}.conf", as_settings(settings))


def as_settings(settings):
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def relay_settings(site, folder):
    settings = {
        "domains": " ".join(site.domains),
        "primary": site.host,
        "profile": "postfix",
        "virtual-alias-maps": f"{site.table_type}:{folder}/virtual",
        "alias-maps": f"{site.table_type}:{folder}/aliases",
        "forward-files": f"{folder}/forward/%u",
        "include-root": f"{folder}/include",
        "split": "yes" if site.split else "no",
    }
    if site.knows_mailboxes:
        settings["mailboxes"] = f"text:{folder}/users"
    if not site.by_hand:
        return {**settings, "primary-postconf": f"{folder}/postconf-n"}
    if site.delimiters:
        settings["recipient-delimiter"] = site.delimiters
    return settings
