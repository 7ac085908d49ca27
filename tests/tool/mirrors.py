"""Each mirror in tests/mirrors is a test of the tool: `resolve` must decide as the mirror's file `expect` says."""

import functools
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from world import World

CORPUS = Path(__file__).resolve().parents[1] / "mirrors"
OURS = ("expect", "accept", "differences")  # files for the test, which are not a part of the mirror
USERS = "ann\nbob\ncarol\ndora\ngus\n"
FEWEST, LEAST_SHARE = 60, 0.9


@dataclass(frozen=True)
class Expected:
    address: str
    decision: str
    reason: str
    targets: tuple[str, ...]

    def __str__(self):
        return " ".join([self.decision, self.reason, *self.targets])


@dataclass
class Outcome:
    refused: str = ""  # why no address was decided; empty: all were
    has_provable: bool = False
    check_mismatch: str = ""  # if `check` lists other differences than it should: both lists
    differences: list[str] = field(default_factory=list)
    not_replaced: list[str] = field(default_factory=list)  # the `differences` about provable addresses


def names() -> list[str]:
    return sorted(path.parent.name for path in CORPUS.glob("*/expect"))


def remark_of(name: str) -> str:
    """The first line of a mirror's `expect`."""
    return (CORPUS / name / "expect").read_text().splitlines()[0].lstrip("# ")


def expected_of(name: str) -> list[Expected]:
    lines = (CORPUS / name / "expect").read_text().splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return [Expected(word[0], word[1], word[2], tuple(sorted(word[3:]))) for word in words]


def own_forward_files(mirror: Path):
    """Gives the users of the mirror the user ID that runs the test, because local(8) reads a .forward file only if it
    belongs to the user."""
    users = mirror / "listed" / "unix:passwd.byname"
    files = list(mirror.glob("forward/*"))
    for file in files:
        file.chmod(0o644)
    if users.exists() and files:
        users.write_text(re.sub(r"(?m)^(\S+\t\S+?:x:)\d+:", rf"\g<1>{os.getuid()}:", users.read_text()))


def relay_file(name: str, mirror: Path, expected: list[Expected]) -> str:
    accept = CORPUS / name / "accept"
    lines = [
        "domains = " + " ".join(sorted({one.address.rpartition("@")[2] for one in expected})),
        "primary = 192.0.2.10",
        f"mirror = {mirror}",
        "arrives-here = example.com",
        "max-age = none",
    ]
    if accept.exists():
        lines.append("accept-difference = " + accept.read_text().strip())
    if (mirror / "forward").exists():
        lines.append("trust-forward-files = yes")
    return "\n".join(lines) + "\n"


def prepare(name: str, world: World, expected: list[Expected]):
    mirror = world.root / "mirror"
    shutil.copytree(CORPUS / name, mirror, ignore=shutil.ignore_patterns(*OURS))
    own_forward_files(mirror)
    world.write("local-recipients", USERS)
    world.write("relay.d/example.org.conf", relay_file(name, mirror, expected))
    (mirror / "stamp").touch()  # last, because no file may be newer


def compare(expected: list[Expected], answers: list[dict]) -> Outcome:
    outcome = Outcome(has_provable=any(one.decision == "rewrite" for one in expected))
    for one, answer in zip(expected, answers):
        found = Expected(one.address, answer["decision"], answer["reason"], tuple(sorted(answer.get("to", []))))
        if found == one:
            continue
        details = {leaf["detail"] for leaf in answer.get("leaves", []) if leaf.get("detail")}
        difference = f"{one.address}: expected {one}, found {found} {sorted(details) or ''}".rstrip()
        outcome.differences.append(difference)
        if one.decision == "rewrite":
            outcome.not_replaced.append(difference)
    return outcome


def find_check_mismatch(name: str, world: World) -> str:
    """Compares the table of differences with the file `differences`, if the mirror has one."""
    file = CORPUS / name / "differences"
    if not file.exists():
        return ""
    summary = json.loads(world.run("check", "--json").stdout.decode().splitlines()[-1])
    found = [f"{row['name']} {row['primary']}" for row in summary["differences"]]
    wanted = file.read_text().splitlines()
    return "" if found == wanted else f"differences: expected {wanted}, found {found}"


@functools.cache
def outcome_of(name: str, program: str) -> Outcome:
    expected = expected_of(name)
    with World(Path(program)) as world:
        prepare(name, world, expected)
        ran = world.run("resolve", "--json", *(one.address for one in expected))
        check_mismatch = find_check_mismatch(name, world)
    answers = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    if ran.returncode != 0 or len(answers) != len(expected):
        return Outcome(refused=f"exit status {ran.returncode}: {ran.stderr.decode().strip()}")
    if all(answer["reason"] == "stale" for answer in answers):
        return Outcome(refused="the mirror was not loaded")
    outcome = compare(expected, answers)
    outcome.check_mismatch = check_mismatch
    return outcome


def test_of(name: str):
    def test(world: World):
        outcome = outcome_of(name, world.program)
        wrong = [outcome.refused] if outcome.refused else [*outcome.differences, *filter(None, [outcome.check_mismatch])]
        assert not wrong, "\n".join(wrong)

    test.__doc__ = f"mirror {name}: {remark_of(name)}"
    return test


def test_goal(world: World):
    """mirrors: no mirror is refused, and in at least nine of ten all provable addresses are replaced"""
    outcomes = {name: outcome_of(name, world.program) for name in names()}
    refused = [name for name, outcome in outcomes.items() if outcome.refused]
    provable = [name for name, outcome in outcomes.items() if outcome.has_provable]
    replaced = [name for name in provable if not outcomes[name].not_replaced]
    print(f"mirrors: {len(outcomes)}, refused: {len(refused)}, with provable addresses: {len(provable)}, "
          f"of these all replaced: {len(replaced)}")
    assert len(outcomes) >= FEWEST, f"only {len(outcomes)} mirrors"
    assert not refused, refused
    assert len(replaced) >= LEAST_SHARE * len(provable), sorted(set(provable) - set(replaced))


def tests() -> list:
    return [*(test_of(name) for name in names()), test_goal]
