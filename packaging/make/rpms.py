"""Builds the RPM with Debian's rpmbuild, in a Debian 12 system that has the Build-Depends of the Debian package.

This does not test the names in BuildRequires (rpm's own database is empty here, so rpmbuild does not check them), the
distribution's flags and scriptlet macros, or the installation.
"""
import pathlib
import shutil
import tarfile
import tempfile

import debs
import roots
import source_tree

SUITE = "bookworm"


def build_root(project):
    parent = debs.build_root(project, SUITE)

    def make(root):
        roots.copy(parent, root)
        roots.install(root, ["rpm"])
    return roots.made(f"{SUITE}-rpm", roots.stamp_of(parent), make)


def tarball(project, folder):
    """Makes NAME-VERSION.tar.gz, with the sources in a directory NAME-VERSION."""
    name = f"shorthop-{source_tree.version(project)}"
    source_tree.export(project, folder / name)
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        archive.add(folder / name, name)
    shutil.rmtree(folder / name)


def build(project, result, checked=True):
    """Builds the source and binary RPMs into the directory `result`, and returns their paths."""
    root = build_root(project)
    cache = roots.cache_directory() / "ccache"
    cache.mkdir(parents=True, exist_ok=True)
    result.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shorthop-rpm-") as scratch:
        top = pathlib.Path(scratch)
        (top / "SOURCES").mkdir()
        tarball(project, top / "SOURCES")
        shutil.copyfile(project / "packaging/rpm/shorthop.spec", top / "shorthop.spec")
        roots.say(f"rpmbuild of {source_tree.version(project)}")
        without = [] if checked else ["--without", "check"]
        log = roots.inside(root, ["rpmbuild", "-ba", "--nodeps", "-D", "_topdir /build", *without, "/build/shorthop.spec"],
                           f"--bind={top}:/build", f"--bind={cache}:/ccache", "--setenv=CCACHE_DIR=/ccache",
                           "--setenv=CMAKE_CXX_COMPILER_LAUNCHER=ccache", "--setenv=LC_ALL=C.UTF-8")
        made = sorted(top.glob("*RPMS/**/*.rpm"))
        for path in made:
            shutil.copyfile(path, result / path.name)
        (result / "shorthop_rpm.build").write_text(log)
    return [result / path.name for path in made]
