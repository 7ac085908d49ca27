"""Static tables made from a mirror: postmap answers what shorthop would do, and a kept recipient has no entry."""

import re

from checks import equal
from importing import usual
from secondary import Secondary

ADDRESSES = ["sales", "upper", "info", "team", "list", "ann", "bob", "carol", "mallory", "nobody-here", "help-carol"]


def answers(primary, text, keys):
    """The answers of `postmap -q` from a table with this text."""
    primary.write("/etc/postfix/made", text)
    primary.place.run("postmap", "hash:/etc/postfix/made")
    primary.write("/etc/postfix/keys", "".join(key + "\n" for key in keys))
    done = primary.place.run("sh", "-c", "postmap -q - hash:/etc/postfix/made </etc/postfix/keys 2>/dev/null",
                             check=False)
    return dict(line.split("\t") for line in done.stdout.splitlines())


def made(here, form, *more):
    done = here.run("tables", "--form", form, "--no-dns", *more)
    equal((done.returncode, done.stderr), (0, b""))
    return done.stdout.decode()


def without_delimiter(here):
    """The secondary's recipient_delimiter is empty: an entry matches no extension."""
    (here.root / "shorthop.conf").write_text((here.root / "shorthop.conf").read_text() + "recipient-delimiter =\n")


def test_virtual(primary, program):
    """--form virtual has exactly the recipients that would be replaced; comments say why the others are left out"""
    usual(primary)
    with Secondary(program) as here:
        without_delimiter(here)
        here.take(primary.export().data)
        text = made(here, "virtual")
        found = answers(primary, text, [f"{name}@example.org" for name in ADDRESSES] + ["@example.org", "example.org"])
        expected = {}
        for name in ADDRESSES:
            decision, _, *targets = here.decision(f"{name}@example.org").split(" ")
            if decision == "rewrite" and name != "help-carol":  # a pattern has it, and patterns cannot be listed
                expected[f"{name}@example.org"] = ", ".join(targets)
        equal(found, expected)
        assert len(found) >= 6, found
        assert "#   left out: primary-mailbox (" in text, text
        assert re.search(r"#   left out: regexp:\S+: its entries cannot be listed \(1\)", text), text
        assert "local:" not in text
        (here.root / "table").write_text(text)
        equal(here.run("tables", "--form", "virtual", "--no-dns", "--diff", here.root / "table").returncode, 0)
        (here.root / "table").write_text("old@example.org x\nsales@example.org ann@example.com\n")
        done = here.run("tables", "--form", "virtual", "--no-dns", "--diff", here.root / "table")
        equal((done.returncode, done.stdout.decode().splitlines()[0]), (1, "- old@example.org\tx"))
        assert b"sales" not in done.stdout and b"+ team@example.org\t" in done.stdout, done.stdout


def test_unknown_extensions(primary, program):
    """if the primary has a pattern, which may match any extension, no entry that matches every extension is written"""
    usual(primary)
    with Secondary(program) as here:
        here.take(primary.export().data)
        text = made(here, "virtual")
        equal(answers(primary, text, [f"{name}@example.org" for name in ADDRESSES]), {})
        assert re.search(r"left out: the entry would match every extension.*: the entries of regexp:\S+ cannot", text), text


def test_extensions(primary, program):
    """if the primary sends an extension elsewhere, the entry without the extension does not apply to it"""
    usual(primary)
    primary.settings("")
    primary.table("hash:/etc/postfix/virtual", "sales@example.org ann\nsales+far@example.org x@example.net\n"
                  "exact@example.org bob@example.com\n")
    with Secondary(program) as here:
        here.take(primary.export().data)
        found = answers(primary, made(here, "virtual"), ["sales@example.org", "sales+far@example.org"])
        equal(found, {"sales@example.org": "ann@example.com", "sales+far@example.org": "sales+far@example.org"})
    primary.settings("recipient_delimiter =\n")
    with Secondary(program) as here:
        here.take(primary.export().data)
        text = made(here, "virtual")
        equal(answers(primary, text, ["sales@example.org", "exact@example.org"]), {})
        assert "#   left out: with an extension it leads elsewhere (" in text, text


def test_recipients(primary, program):
    """--form relay-recipients has every known recipient, and @DOMAIN where not all can be listed"""
    usual(primary)
    with Secondary(program) as here:
        here.take(primary.export().data)
        text = made(here, "relay-recipients")
        equal(answers(primary, text, ["@example.org"]), {"@example.org": "OK"})
        assert re.search(r"#   every address of the domain is accepted: example.org: regexp:", text), text
    primary.settings("")
    with Secondary(program) as here:
        here.take(primary.export().data)
        text = made(here, "relay-recipients")
        known = {f"{name}@example.org": "OK" for name in ADDRESSES if name not in ("help-carol", "nobody-here")}
        equal(answers(primary, text, [f"{name}@example.org" for name in ADDRESSES] + ["@example.org"]), known)
        equal(answers(primary, text, ["postmaster@example.org", "root@example.org"]),
              {"postmaster@example.org": "OK", "root@example.org": "OK"})
    primary.table("hash:/etc/postfix/virtual", "@example.org ann\n")
    with Secondary(program) as here:
        here.take(primary.export().data)
        equal(answers(primary, made(here, "relay-recipients"), ["@example.org"]), {"@example.org": "OK"})


def test_leads_to_unknown(primary, program):
    """an alias that leads to nobody is accepted, as the primary accepts it"""
    primary.table("hash:/etc/aliases", "ann: ann@example.com\ngone: nobody-here\n", "postalias")
    with Secondary(program) as here:
        here.take(primary.export().data)
        equal(here.decision("gone@example.org"), "keep unknown-recipient")
        found = answers(primary, made(here, "relay-recipients"), ["gone@example.org", "nobody-here@example.org"])
        equal(found, {"gone@example.org": "OK"})


def test_any_name_is_taken(primary, program):
    """a domain is accepted as a whole if the primary accepts every name in it, or a name that no key can express"""
    def has_whole_domain(settings):
        primary.settings(settings)
        with Secondary(program) as here:
            here.take(primary.export().data)
            return answers(primary, made(here, "relay-recipients"), ["@example.org"]) == {"@example.org": "OK"}

    elsewhere = "mydestination = localhost\n"
    equal(has_whole_domain(""), False)
    for settings in (elsewhere + "virtual_mailbox_domains = example.org\n", elsewhere + "relay_domains = example.org\n",
                     "canonical_maps = hash:/etc/postfix/virtual\ncanonical_classes = envelope_sender\n",
                     "unknown_local_recipient_reject_code = 450\n", "recipient_delimiter = +-\n",
                     "address_verify_sender_ttl = 1h\n"):
        equal((settings, has_whole_domain(settings)), (settings, True))
    primary.table("hash:/etc/aliases", '"no plain name": ann\nann: ann@example.com\n', "postalias")
    equal(has_whole_domain(""), True)


def test_usage(_primary, program):
    """`shorthop tables` without a valid form, or with a further argument, is a usage error"""
    with Secondary(program) as here:
        for words in ([], ["--form", "x"], ["--form", "virtual", "x"]):
            equal((words, here.run("tables", *words).returncode), (words, 64))


TESTS = [test_virtual, test_unknown_extensions, test_extensions, test_recipients, test_leads_to_unknown,
         test_any_name_is_taken, test_usage]
