"""Builds Debian packages, each in a clean system of its release that has nothing but the Build-Depends."""
import pathlib
import re
import shutil
import tempfile

import roots
import source_tree


def build_root(project, suite):
    """A system with only the Build-Depends, and ccache, which makes repeated builds faster."""
    parent = roots.base(suite)
    control = (project / "packaging/debian/control").read_text()
    depends = re.search(r"^Build-Depends:(?:.*\n(?: .*\n)+)", control, re.MULTILINE)[0]

    def make(root):
        roots.say(f"{suite}-build: installing the Build-Depends")
        roots.copy(parent, root)
        roots.install(root, ["ccache", "fakeroot"])
        source = root / "srv/source/debian"
        source.mkdir(parents=True)
        (source / "control").write_text(control)
        roots.apt(root, "build-dep", "/srv/source")
        roots.remove(source.parent)
    return roots.made(f"{suite}-build", depends + roots.stamp_of(parent), make)


def build(project, suite, result, *, upgrade=False, checked=True, place="/build/shorthop", fresh=False):
    """Builds source and binary packages into the directory `result`, and returns the paths of the binary packages.

    checked: run the tests of the package; place: where in the system it is built; fresh: do not use ccache.
    """
    root = build_root(project, suite)
    cache = roots.cache_directory() / "ccache"
    cache.mkdir(parents=True, exist_ok=True)
    result.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shorthop-build-") as scratch:
        top = pathlib.Path(scratch)
        tree = source_tree.export_for_debian(project, top / pathlib.PurePath(place).name, suite, upgrade)
        options = "" if checked else "nocheck"
        roots.say(f"{suite}: dpkg-buildpackage of {source_tree.debian_version(project, suite, upgrade)} {options}")
        environment = {"DEB_BUILD_OPTIONS": options, "LC_ALL": "C.UTF-8", "DPKG_COLORS": "never", "CCACHE_DIR": "/ccache"}
        if not fresh:
            environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
        log = roots.inside(
            root, ["sh", "-c", f"cd {place} && dpkg-buildpackage --no-sign"],
            f"--bind={top}:{pathlib.PurePath(place).parent}", f"--bind={cache}:/ccache",
            *[f"--setenv={name}={value}" for name, value in environment.items()])
        made = sorted(path for path in top.iterdir() if path.is_file())
        for path in made:
            shutil.copyfile(path, result / path.name)
        (result / f"{tree.name}_{suite}.build").write_text(log)
    return [result / path.name for path in made if path.suffix == ".deb"]
