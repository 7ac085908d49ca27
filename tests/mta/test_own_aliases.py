"""How this host's own canonical, virtual and local aliases expand a target."""
from compare import Tables
from smtp import Envelope

TO_USER = [Envelope(["<user@example.org>"])]
TO_TEAM = [Envelope(["<team@example.org>"])]


def inline(mapping):
    return "inline:{ " + " ".join(f"{{ {key} = {value} }}" for key, value in mapping.items()) + " }"


def test_alias_for_a_user_at_localhost(mta):
    tables = Tables(aliases="user: office@example.com\n",
                    secondary={"virtual_alias_maps": inline({"office@example.com": "user@localhost"})})
    seen = mta.check_same(tables, TO_USER, {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_canonical_address_of_a_canonical_address(mta):
    # cleanup(8) asks canonical tables about their results too, so both targets become user@example.com.
    tables = Tables(aliases="team: one@example.com, user@example.com\n", secondary={
        "canonical_maps": inline({"one@example.com": "two@example.com", "two@example.com": "user@example.com"})})
    mta.check_same(tables, TO_TEAM, {"team@example.org": "keep not-followed"})


def test_canonical_address_at_the_primary(mta):
    # One of the targets leads back to the list, which would send to the other target again.
    tables = Tables(aliases="team: back@example.com, user@example.com\n", secondary={
        "canonical_maps": inline({"back@example.com": "team@example.org"})})
    mta.check_same(tables, TO_TEAM, {"team@example.org": "keep foreign-target"})


def test_alias_behind_an_entry_for_itself(mta):
    # virtual(5) leaves the address as it is, and local(8) sends it back to the list.
    tables = Tables(aliases="team: back@example.com, user@example.com\n", secondary={
        "virtual_alias_maps": inline({"back@example.com": "back@example.com"}),
        "alias_maps": inline({"back": "team@example.org"})})
    mta.check_same(tables, TO_TEAM, {"team@example.org": "keep foreign-target"})
