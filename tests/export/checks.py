"""Checks: a failure says what was found."""


def equal(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"
