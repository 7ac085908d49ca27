"""Predictions where both hosts run Sendmail: its queue IDs, its Received fields, and one copy for several recipients."""
import dataclasses

from compare import Tables
from observing import OBSERVE, await_result, begin, end, results, send

SYSTEMS = {"primary": "sendmail", "secondary": "sendmail"}
SCENARIO = Tables(virtual="x@example.org\tuser@example.com\n", aliases="y: user@example.com\nz: dave@example.com\n",
                  settings=OBSERVE)


def test_what_comes_back_is_confirmed(mta):
    begin(mta, SCENARIO)
    send(mta, "<x@example.org>", "<y@example.org>", "<z@example.org>")
    for recipient in ("x@example.org", "y@example.org", "z@example.org"):
        await_result(mta, recipient, "confirmed")
    mta.check(all(found == {"confirmed"} for found in results(mta).values()), f"the results are {results(mta)}")
    end(mta)


def test_what_comes_back_for_somebody_else_refutes(mta):
    begin(mta, SCENARIO, on_the_primary=dataclasses.replace(SCENARIO, virtual="x@example.org\terin@example.com\n"))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "refuted")
    end(mta)
