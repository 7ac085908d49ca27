"""shorthop's data about the primaries of a world: settings, relay files, and copies with the faults of the world.

A copy is what `rsync -a`, run by root, makes: it has the mode and the numeric owner of the file on the primary.
"""
import os
import shutil

import rootfs
import worlds_mirror
from worlds import LATER_FAULTS

COPIES = "/var/lib/shorthop"
STRANGER = 4242  # a uid without a user


def lay_file(place, name, text, owner=None, mode=""):
    """Sets up a file according to Fault.mode, which affects how local(8) treats it."""
    path = place.path(name)
    remove(path)
    if mode == "directory":
        path.mkdir(parents=True)
    elif mode == "link":
        rootfs.write(place, f"{name}-real", text, owner)
        path.symlink_to(f"{path.name}-real")
    elif mode == "owner":
        rootfs.write(place, name, text, STRANGER)
    else:
        rootfs.write(place, name, text, owner, int(mode or "644", 8))


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_copies(place, servers, world, main_settings):
    """Writes the settings and, beside them, what a postmaster would have copied from each primary."""
    for folder in (COPIES, "/etc/shorthop/relay.d"):
        shutil.rmtree(place.path(folder), ignore_errors=True)
    rootfs.write(place, "/etc/shorthop/shorthop.conf", as_settings(main_settings))
    for site in world.sites:
        copies = copies_of(place, site)
        copies.write(servers[site.host])
        rootfs.write(place, f"/etc/shorthop/relay.d/{site.host}.conf", as_settings(relay_settings(site, copies.folder)))


def write_later_copies(place, world):
    """Applies the faults that occur after shorthop has loaded the complete copies; returns whether there are any."""
    later = [(site, fault) for site in world.sites for fault in site.faults if fault.kind in LATER_FAULTS]
    for site, fault in later:
        copies_of(place, site).write_later(fault)
    return bool(later)


def copies_of(place, site):
    return worlds_mirror.MirrorCopies(place, site) if site.mirror else Copies(place, site)


class Copies:
    def __init__(self, place, site):
        self.place, self.site = place, site
        self.folder = f"{COPIES}/{site.host}"

    def write(self, primary):
        site = self.site
        for name in ("forward", "include"):
            self.place.path(f"{self.folder}/{name}").mkdir(parents=True)
        self.put_table("virtual", site.text_of("virtual"), primary, "/etc/postfix/virtual.db")
        self.put_table("aliases", site.text_of("aliases"), primary, "/etc/aliases.db")
        for extra in site.extra_tables_of("virtual", "aliases"):
            self.put_table(extra.name, extra.text(), primary, f"/etc/postfix/{extra.name}.db", extra.has_database())
        if not site.by_hand:
            self.put("postconf-n", self.site.without_missing_settings(primary.place.run("postconf", "-n").stdout))
        for entry in site.forward:
            self.put(f"forward/{entry.key}", entry.lines(), primary.users.get(site.user_of(entry.key)))
        for entry in site.include:
            if entry.key not in site.hidden:
                self.put(f"include{entry.key}", entry.lines())
        self.put("users", "".join(f"{user}\n" for user in primary.users))
        self.put("passwd", primary.place.path("/etc/passwd").read_text())

    def put_table(self, name, text, primary, database, is_database=True):
        self.put(name, text)
        if is_database and self.site.table_type != "text":
            self.put(name, primary.place.path(database).read_bytes(), suffix=".db")

    def put(self, name, text, owner=None, suffix=""):
        site = self.site
        if site.faults_of(name, "missing-file"):
            return
        if site.faults_of(name, "unterminated"):
            text = text.rstrip("\n")
        for fault in site.faults_of(name, "cut"):
            text = cut_in_a_line(text, fault.at)
        mode = "".join(fault.mode for fault in site.faults_of(name, "mode"))
        lay_file(self.place, self.path_of(name) + suffix, text, owner, mode)

    def path_of(self, name):
        return f"{self.folder}/{name}"

    def write_later(self, fault):
        text = cut_at_a_line_end(self.site.text_of(fault.part), fault.at) if fault.kind == "cut-at-line-end" else ""
        lay_file(self.place, self.path_of(fault.part), text)
        # The file's time is now instead of SETTLED ago, so that the time shows the change, too.
        os.utime(self.place.path(self.path_of(fault.part)))


def cut_in_a_line(text, at):
    """About that share of the text (or bytes), without a newline at the end."""
    end = max(1, int(len(text) * at))
    while end < len(text) and text[end - 1:end] in ("\n", b"\n"):
        end += 1
    return text[:end].rstrip("\n") if isinstance(text, str) else text[:end]


def cut_at_a_line_end(text, at):
    lines = text.splitlines(keepends=True)
    return "".join(lines[:max(1, int(len(lines) * at))])


def as_settings(settings):
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def table_names(site, parameter, folder):
    """The value of the relay's setting virtual-alias-maps or alias-maps: the copies of the tables in order."""
    plain = "virtual" if parameter == "virtual" else "aliases"
    extras = [extra for extra in site.extra_tables_of(parameter) if extra.named_by != "primary"]
    names = [*(extra.table_name(folder, site.table_type) for extra in extras if extra.is_first),
             f"{site.table_type}:{folder}/{plain}",
             *(extra.table_name(folder, site.table_type) for extra in extras if not extra.is_first)]
    return ", ".join(names[::-1] if site.faults_of(parameter, "other-order") else names)


def relay_settings(site, folder):
    if site.mirror:
        return worlds_mirror.relay_settings(site, folder)
    settings = {
        "domains": " ".join(site.domains),
        "primary": site.host,
        "profile": "postfix",
        "virtual-alias-maps": table_names(site, "virtual", folder),
        "alias-maps": table_names(site, "aliases", folder),
        "forward-files": f"{folder}/forward/%u",
        "include-root": f"{folder}/include",
        "split": "yes" if site.split else "no",
    }
    if site.arrives_here:
        settings["arrives-here"] = " ".join(site.arrives_here)
    if site.lists_mailboxes:
        settings["mailboxes"] = f"text:{folder}/{'passwd' if site.passwd else 'users'}"
    if not site.by_hand:
        return {**settings, "primary-postconf": f"{folder}/postconf-n"}
    if site.lists_domains and site.local_domains():
        settings["primary-domains"] = " ".join(site.local_domains())
    if site.delimiters:
        settings["recipient-delimiter"] = site.delimiters
    return settings
