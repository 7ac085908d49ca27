"""Predictions against real hosts: what comes back is confirmed, refuted, open or missed."""
import dataclasses
import os
import random
import re
import time

import compare
import smtp
from compare import Tables
from hosts import ADDRESSES
from observing import (OBSERVE, SIMPLE, as_tables, await_result, begin, check_counts, end, make_alias_lines, results,
                       send, send_all)
from postfix import wait_for
from smtp import Envelope


def re_point(virtual, aliases, chosen):
    """The same tables, but these recipients lead to another mailbox of the secondary."""
    changed = [re.sub(r"(?<=[ ,])user@example.com", "erin@example.com", line) if line.split("@")[0] in chosen else line
               for line in virtual]
    changed = [re.sub(r"chain\d+@example.org$", "erin@example.com", line) if line.split("@")[0] in chosen else line
               for line in changed]
    return changed, [re.sub(r"user@example.com", "erin@example.com", line) if line.split(":")[0] in chosen else line
                     for line in aliases]


def envelopes_for(names, choose, number):
    """Messages to one to three of the names; each name is a recipient at least once."""
    envelopes = [[name] for name in names]
    while len(envelopes) < number:
        envelopes.append(choose.sample(names, choose.randint(1, 3)))
    return [Envelope([f"<{name}>" for name in recipients]) for recipients in envelopes]


def test_thousand_messages_and_twenty_aliases_that_changed(mta):
    choose = random.Random(int(os.environ["SHORTHOP_SEED"]))
    virtual, aliases, predicted = make_alias_lines(240)
    chosen = {name.partition("@")[0] for name in choose.sample([n for n, is_one in predicted.items() if is_one], 20)}
    old = as_tables(virtual, aliases)
    new = as_tables(*re_point(virtual, aliases, chosen))
    begin(mta, old, on_the_primary=new)
    send_all(mta, envelopes_for(list(predicted), choose, 1000))
    found = results(mta)
    changed = {f"{name}@example.org" for name in chosen}
    blamed = {recipient for recipient, what in found.items() if what & {"refuted", "missed"}}
    mta.check(blamed == changed, f"blamed, but unchanged: {sorted(blamed - changed)}; changed, but not blamed: "
                                 f"{sorted(changed - blamed)}")
    unchanged = {recipient for recipient, is_one in predicted.items() if is_one} - changed
    mta.check(all(found[recipient] == {"confirmed"} for recipient in unchanged),
              "not confirmed: "
              f"{[(recipient, found[recipient]) for recipient in sorted(unchanged) if found[recipient] != {'confirmed'}]}")
    check_counts(mta)

    mta.daemon.write(new)
    mta.daemon.reload()
    mta.daemon.mark()
    all_predicted = sorted(changed | unchanged)
    send_all(mta, [Envelope([f"<{recipient}>"]) for recipient in all_predicted])
    found = results(mta)
    mta.check(all(found[recipient] == {"confirmed"} for recipient in all_predicted),
              "after the data was renewed: "
              f"{[(recipient, found[recipient]) for recipient in all_predicted if found[recipient] != {'confirmed'}]}")
    end(mta)


# What happens to mail on its way

def test_greylisting_delays_the_answer(mta):
    begin(mta, SIMPLE)
    service = "{ inet:127.0.0.1:10023, timeout=1s, try_limit=1, default_action=DEFER }"  # it does not run
    greylist = {"smtpd_recipient_restrictions":
                f"check_client_access inline:{{ {{ 192.0.2.100 = OK }} }}, check_policy_service {service}"}
    mta.hosts.secondary.configure({**mta.hosts.secondary.MILTER, **greylist})
    send(mta, "<x@example.org>")
    wait_for(lambda: mta.hosts.primary.queue(), "mail that waits at the primary", mta.hosts.primary.name)
    mta.check(not results(mta)["x@example.org"], f"there is a result too early: {results(mta)}")
    compare.set_milter(mta.hosts, SIMPLE, True)
    await_result(mta, "x@example.org", "confirmed")
    end(mta)


def test_filter_that_drops_leaves_the_prediction_open(mta):
    tables = dataclasses.replace(SIMPLE, settings={**OBSERVE, "return-time": "2s"}, primary={
        "header_checks": "regexp:{ { /^Subject:/ DISCARD } }"})
    begin(mta, tables)
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "open")
    mta.check(results(mta)["x@example.org"] == {"open"}, f"the results are {results(mta)}")
    end(mta)


def test_primary_that_removes_received_fields(mta):
    begin(mta, dataclasses.replace(SIMPLE, primary={"header_checks": "regexp:{ { /^Received:/ IGNORE } }"}))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")
    end(mta)


def list_tables(command):
    return Tables(aliases=f"list: \"|{command}\"\n", settings={**OBSERVE, "return-time": "5s"})


def test_list_that_passes_the_message_on_is_missed(mta):
    begin(mta, list_tables("/usr/sbin/sendmail -oi user@example.com"))
    send(mta, "<list@example.org>")
    await_result(mta, "list@example.org", "missed")
    mta.check("prediction=missed reason=command-target" in mta.daemon.log(), "the reason to keep it is missing")
    end(mta)


def test_list_that_makes_a_new_message_leaves_the_prediction_open(mta):
    new_message = "{ echo Subject: list; echo; cat; } | /usr/sbin/sendmail -oi user@example.com"
    begin(mta, SIMPLE, on_the_primary=list_tables(f"/bin/sh -c '{new_message}'"))
    mta.hosts.set_tables("x@example.org list@example.org\n", list_tables(f"/bin/sh -c '{new_message}'").aliases)
    mta.daemon.write(dataclasses.replace(SIMPLE, settings={**OBSERVE, "return-time": "5s"}))
    mta.daemon.reload()
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "open")
    mta.check(results(mta)["x@example.org"] == {"open"}, f"the results are {results(mta)}")
    end(mta)


def test_refuted_recipient_is_kept_when_mail_is_rewritten(mta):
    tables = dataclasses.replace(SIMPLE, relay_settings={"control": "100%"}, settings={"mode": "rewrite"})
    begin(mta, tables, on_the_primary=Tables(virtual="x@example.org dave@example.com\n"))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "refuted")
    mta.daemon.write(dataclasses.replace(tables, relay_settings={}))
    mta.daemon.reload()
    mta.daemon.mark()
    send(mta, "<x@example.org>")
    decision = mta.daemon.decisions_for(["x@example.org"])["x@example.org"]
    mta.check_decision(decision, "x@example.org", "keep refuted")
    end(mta)


def test_user_who_forwards_to_the_primary_refutes_no_other_recipient(mta):
    tables = Tables(virtual="x@example.org user@example.com\ny@example.org dave@example.com\n",
                    settings={**OBSERVE, "return-time": "5s"}, secondary_forward={"frank": "y@example.org\n"},
                    secondary={"virtual_alias_maps": "inline:{ { info@example.com = y@example.org } }"})
    begin(mta, tables)
    send(mta, "<x@example.org>", "<frank@example.com>", "<info@example.com>")
    await_result(mta, "x@example.org", "confirmed")
    mta.hosts.wait_until_quiet()
    time.sleep(6)  # until mail that belongs to no prediction is judged
    mta.check("prediction=refuted" not in mta.daemon.log(), f"the results are {results(mta)}")
    end(mta)


def test_forged_received_field_refutes_nothing(mta):
    """A sender can write this host's Received field into mail that it gives to the primary itself."""
    begin(mta, Tables(virtual="x@example.org user@example.com\ny@example.org dave@example.com\n", settings=OBSERVE))
    hosts = mta.hosts
    _, reply = smtp.send(hosts.client, ADDRESSES["mail.example.com"], Envelope(["<x@example.org>"]))
    queue_id = re.search(r"queued as (\S+)", reply[1])[1]
    await_result(mta, "x@example.org", "confirmed")
    _, reply = smtp.send(hosts.client, ADDRESSES["mail.example.com"], Envelope(["<x@example.org>"]))
    own = f"Received: from a (b [192.0.2.1])\r\n\tby mail.example.com (Postfix) with ESMTP id {queue_id}; date\r\n"
    from_here = ("Received: from a (mail.example.com [192.0.2.20])\r\n"
                 "\tby mail.example.org (Postfix) with ESMTP id 1; date\r\n")
    for forged in (own, from_here + own):
        smtp.send(hosts.client, ADDRESSES["mail.example.org"], Envelope(["<y@example.org>"], header=forged))
    hosts.wait_until_quiet()
    mta.check("prediction=refuted" not in mta.daemon.log(), f"the results are {results(mta)}")
    end(mta)


def test_refutation_concerns_all_that_leads_through_it(mta):
    virtual = "x@example.org user@example.com\na@example.org x@example.org\n"
    tables = Tables(virtual=virtual, relay_settings={"control": "100%"}, settings={"mode": "rewrite"},
                    primary={"recipient_delimiter": "+"})
    begin(mta, tables, on_the_primary=Tables(virtual=virtual.replace("user@example.com", "dave@example.com")))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "refuted")
    mta.hosts.wait_until_quiet()
    mta.daemon.write(dataclasses.replace(tables, relay_settings={}))
    mta.daemon.reload()
    mta.daemon.mark()
    kept = ["x@example.org", "a@example.org", "x+tag@example.org"]
    send(mta, *(f"<{recipient}>" for recipient in kept))
    for recipient, decision in mta.daemon.decisions_for(kept).items():
        mta.check_decision(decision, recipient, "keep refuted")
    end(mta)
