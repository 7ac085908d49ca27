"""The mirror of a primary of a world (DESIGN 5): its postconf output, master.cf, tables and files, with the faults of
the world. The stamp is written last, as in every sync that succeeds.
"""
import shutil

import rootfs
import worlds_copies
from worlds import SUFFIXES

FILES = {"virtual": "/etc/postfix/virtual", "aliases": "/etc/aliases"}
USERS = "unix:passwd.byname"
FILE_TYPES = ("hash", "proxy", "texthash", "regexp")


def relay_settings(site, folder):
    settings = {"domains": " ".join(site.domains), "primary": site.host, "mirror": folder,
                "split": "yes" if site.split else "no"}
    if site.arrives_here:
        settings["arrives-here"] = " ".join(site.arrives_here)
    if site.accepts:
        settings["accept-difference"] = " ".join(site.accepts)
    if site.refuses:
        settings["reject-unknown"] = "yes"
    return settings


def on_primary(name):
    """The path of a table's text on the primary."""
    return FILES.get(name, f"/etc/postfix/{name}")


class MirrorCopies:
    """Has the methods of worlds_copies.Copies."""

    def __init__(self, place, site):
        self.place, self.site = place, site
        self.folder = f"{worlds_copies.COPIES}/{site.host}"
        self.listings = []  # names of the tables whose listings are complete

    def write(self, primary):
        for name in ("files", "forward", "include", "listed"):
            self.place.path(f"{self.folder}/{name}").mkdir(parents=True)
        self.write_settings(primary)
        self.write_tables(primary)
        self.write_users(primary)
        self.write_files_of_users(primary)
        self.put("manifest", "".join(f"enumerable = {listing}\n" for listing in self.listings))
        for fault in self.site.faults:
            if fault.kind == "missing-part":
                self.remove_part(fault.part)
        rootfs.write(self.place, f"{self.folder}/stamp", "")
        # A sync that was interrupted: these files are newer than the stamp.
        for fault in self.site.faults:
            if fault.kind == "cut":
                self.cut(fault)

    def write_settings(self, primary):
        command = ["postconf"] if self.site.whole_postconf else ["postconf", "-n"]
        self.put("postconf", self.site.without_missing_settings(primary.place.run(*command).stdout))
        self.put("master", "".join(primary.place.run("postconf", option).stdout for option in ("-M", "-P")))

    def write_tables(self, primary):
        """Writes each table in the form of site.mirror: its text, database, both, or its listing."""
        site = self.site
        tables = {"virtual": "hash", "aliases": "hash", **site.domain_tables}
        tables |= {extra.name: "hash" if extra.has_database() else extra.type for extra in site.extra_tables
                   if extra.named_by != "primary" and extra.type in FILE_TYPES}
        for name, kind in tables.items():
            if site.faults_of(name, "missing-file"):
                continue
            path = on_primary(name)
            if kind != "hash" or site.mirror in ("text", "both"):
                self.copy(primary, path)
            elif site.mirror == "listing":
                table = f"{site.database}:{path}"
                self.put(f"listed/{table}", primary.place.run("postmap", "-s", table).stdout)
                self.listings.append(table)
            if kind == "hash" and site.mirror in ("database", "both"):
                self.copy(primary, path + SUFFIXES[site.database])

    def write_users(self, primary):
        passwd = primary.place.path("/etc/passwd").read_text()
        if self.site.users_from == "listing":
            self.put(f"listed/{USERS}", "".join(f"{line.partition(':')[0]}\t{line}\n" for line in passwd.splitlines()))
            self.listings.append(USERS)
        elif self.site.users_from == "passwd":
            self.put("files/etc/passwd", passwd)

    def write_files_of_users(self, primary):
        site = self.site
        for entry in site.forward:
            self.put_text(f"forward/{entry.key}", entry.lines(), primary.users.get(site.user_of(entry.key)))
        for entry in site.include:
            if entry.key not in site.hidden:
                self.put_text(f"include{entry.key}", entry.lines())

    def put(self, name, text):
        rootfs.write(self.place, f"{self.folder}/{name}", text)

    def put_text(self, name, text, owner=None):
        """Writes a file that may have a wrong mode, or no newline at the end."""
        site = self.site
        if site.faults_of(name, "missing-file"):
            return
        if site.faults_of(name, "unterminated"):
            text = text.rstrip("\n")
        mode = "".join(fault.mode for fault in site.faults_of(name, "mode"))
        worlds_copies.lay_file(self.place, f"{self.folder}/{name}", text, owner, mode)

    def copy(self, primary, path):
        self.put(f"files{path}", primary.place.path(path).read_bytes())

    def path_of(self, name):
        """The path of a part of the mirror by its name in faults."""
        if name == "postconf-n":
            return f"{self.folder}/postconf"
        if name.startswith(("forward", "include", "listed")) or name == "master":
            return f"{self.folder}/{name}"
        return f"{self.folder}/files{on_primary(name)}"

    def remove_part(self, name):
        path = self.place.path(self.path_of(name))
        if path.is_dir():
            shutil.rmtree(path)
        listing = self.place.path(f"{self.folder}/listed/{self.site.database}:{on_primary(name)}")
        for found in (path, path.with_name(path.name + SUFFIXES[self.site.database]), listing):
            found.unlink(missing_ok=True)

    def cut(self, fault):
        for suffix in ("", SUFFIXES[self.site.database]):
            path = self.place.path(self.path_of(fault.part) + suffix)
            if path.is_file():
                name = "/" + str(path.relative_to(self.place.path("/")))
                rootfs.write(self.place, name, worlds_copies.cut_in_a_line(path.read_bytes(), fault.at))

    def write_later(self, fault):
        """The first part of a sync that is then interrupted: it writes no new stamp."""
        text = worlds_copies.cut_at_a_line_end(self.site.text_of(fault.part), fault.at) \
            if fault.kind == "cut-at-line-end" else ""
        rootfs.write(self.place, self.path_of(fault.part), text)
