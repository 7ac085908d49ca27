"""What shorthop decides with an unpacked bundle: the program of this build, with the mirror as its only data."""

import json
import subprocess
import tempfile
from pathlib import Path

from secondary import MAIN

LIMIT = 60  # seconds, for a sanitizer's build on a busy machine
RELAY = """\
domains = example.org
primary = 192.0.2.10
mirror = {mirror}
arrives-here = example.com
max-age = none
"""


def resolve(program: Path, bundle, addresses) -> tuple[dict[str, str], set[str]]:
    """address -> "rewrite all-local TARGET..." or "keep REASON"; and the details of the leaves."""
    with tempfile.TemporaryDirectory(prefix="shorthop-export-") as scratch:
        root = Path(scratch)
        root.chmod(0o755)  # run by root, shorthop reads copies that belong to others with their rights
        bundle.unpack(root / "mirror")
        (root / "shorthop.conf").write_text(MAIN)
        (root / "local-recipients").write_text("ann\nbob\ncarol\n")
        (root / "relay.d").mkdir()
        (root / "relay.d/example.org.conf").write_text(RELAY.format(mirror=root / "mirror"))
        ran = subprocess.run([program, "--config", root / "shorthop.conf", "resolve", "--json", *addresses],
                             capture_output=True, timeout=LIMIT, check=False)
    answers = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    assert len(answers) == len(addresses), f"exit status {ran.returncode}: {ran.stderr.decode()}"
    details = {leaf["detail"] for answer in answers for leaf in answer.get("leaves", []) if leaf.get("detail")}
    return {answer["recipient"]: " ".join([answer["decision"], answer["reason"], *sorted(answer.get("to", []))])
            for answer in answers}, details


def decided(program: Path, bundle, expected: dict[str, str]):
    """Asserts that shorthop decides as expected."""
    found, details = resolve(program, bundle, list(expected))
    assert found == expected, f"found {found}, expected {expected}: {sorted(details)}"
