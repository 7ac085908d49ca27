"""Runs postmap and postalias of an extracted Postfix, with settings written here; nothing is installed or started."""
import os
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "mta"))
import fetch  # noqa: E402  (extracts Postfix without installing it)

# postmap requires that mail_owner and setgid_group exist on this system, where Postfix's user and group may be missing.
MAIN_CF = """\
compatibility_level = 3.6
mail_owner = daemon
setgid_group = mail
myhostname = mail.example.org
meta_directory = {folder}
"""


class PostfixMaps:
    """A folder with settings, and the two programs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tree = fetch.fetch()
        types = fetch.fetch_types()
        libraries = [self.tree / "usr/lib/postfix", *sorted((self.tree / "usr/lib").glob("*-linux-*")),
                     *(sorted((types / "usr/lib").glob("*-linux-*")) if types else [])]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries)), "LC_ALL": "C",
                            "PATH": f"{self.tree}/usr/sbin:{os.environ['PATH']}"}
        (self.folder / "main.cf").write_text(MAIN_CF.format(folder=self.folder))
        (self.folder / "dynamicmaps.cf").write_text(fetch.dynamic_maps(types / "usr/lib/postfix") if types else "")
        self.has_libraries = types is not None

    def run(self, program, *words, text=b""):
        """Returns (output, complaints). The exit status is ignored: it is 1 for an error and if nothing was found."""
        command = [self.tree / "usr/sbin" / program, "-c", self.folder, *words]
        result = subprocess.run(list(map(str, command)), input=text, capture_output=True, env=self.environment,
                                cwd=self.folder, timeout=120, check=False)
        complaints = result.stderr.decode("utf-8", "replace")
        if "fatal:" in complaints:
            raise RuntimeError(f"{program} {' '.join(map(str, words))}: {complaints.strip()}")
        return result.stdout, complaints

    def types(self):
        """The types for which this Postfix can build a table; each is tried."""
        usable = []
        probe = self.folder / "probe"
        probe.write_text("key value\n")
        for name in ("hash", "btree", *fetch.MADE_TYPES):
            try:
                self.run("postmap", f"{name}:{probe}")
                usable.append(name)
            except RuntimeError as failure:
                print(f"-- {name}: is left out: {failure}", file=sys.stderr)
            for database in self.folder.glob("probe.*"):
                database.unlink()
        return usable
