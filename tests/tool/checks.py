"""Checks: a failure says what was found."""


def check(true: bool, what):
    if not true:
        raise AssertionError(what)


def equal(found, expected):
    check(found == expected, f"found {found!r}, expected {expected!r}")
