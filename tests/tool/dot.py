"""The graphs of `shorthop graph`, laid out by Graphviz."""

import shutil
import subprocess
import xml.etree.ElementTree as tree

from browser import Missing
from checks import check
from world import World

VIRTUAL = """\
user.lastname@example.org  user@example.org
team@example.org           user@example.com, ann@example.net
loop@example.org           loop2@example.org
loop2@example.org          loop@example.org
"odd\\\\name"@example.org    user@example.com
b\u00fccher@example.org         user@example.com
<b>&amp;"x@example.org     user@example.com
"""
ALIASES = """\
user: user@example.com
pipe: "|cat \\"a\\nb\\" <c> &lt;"
"""


def laid_out(dot: bytes) -> tree.Element:
    """The picture that dot(1) makes; fails if dot prints any complaint."""
    if not shutil.which("dot"):
        raise Missing("the package graphviz is not installed")
    ran = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, timeout=60, check=False)
    check(ran.returncode == 0 and not ran.stderr, ran.stderr.decode(errors="replace"))
    return tree.fromstring(ran.stdout)


def parts(picture: tree.Element, kind: str) -> int:
    return len(picture.findall(f".//{{http://www.w3.org/2000/svg}}g[@class='{kind}']"))


def texts(picture: tree.Element) -> list[str]:
    return [found.text or "" for found in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_graph_of_everything(world: World):
    """graph: dot(1) reads the graph, and the picture has every alias, its decision, and table and line on its edges"""
    world.write("virtual", VIRTUAL)
    world.write("aliases", ALIASES)
    ran = world.run("graph")
    check(ran.returncode == 0, ran)
    picture = laid_out(ran.stdout)
    check(parts(picture, "node") == ran.stdout.count(b"fillcolor=") - 1, "a node is missing")
    check(parts(picture, "edge") == ran.stdout.count(b" -> "), "an edge is missing")
    shown = texts(picture)
    for text in ("user.lastname@example.org", "rewrite all-local", "virtual:1", "aliases:1", "foreign-target", "b\u00fccher@example.org"):
        check(text in shown, f"{text!r} is not in the picture: {shown}")


def test_large_graph(world: World):
    """graph: a graph of too many aliases is cut, and a note in it says so"""
    world.write("virtual", "".join(f"user{number}@example.org box{number}@example.com\n" for number in range(5000)))
    ran = world.run("graph")
    check(ran.returncode == 0 and b"recipients are left out" in ran.stderr, ran.stderr)
    picture = laid_out(ran.stdout)
    check(parts(picture, "node") <= 1001, f"{parts(picture, 'node')} nodes")
    check(any("more recipients are left out" in text for text in texts(picture)), "the note is missing")


def tests():
    return [test_graph_of_everything, test_large_graph]
