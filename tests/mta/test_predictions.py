"""Predictions against real hosts: what comes back is confirmed, refuted, open or missed; and log, status and metrics agree.

The primary's tables are those of the copies, except where a test re-points an alias behind shorthop's back.
"""
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import time

import compare
import rootfs
import run
import smtp
from compare import Tables
from hosts import ADDRESSES
from postfix import wait_for
from smtp import Envelope

OBSERVE = {"mode": "observe"}
RESULT = re.compile(r"(?P<queue_id>\S+): recipient=<(?P<recipient>[^>]*)> prediction=(?P<result>\w+) reason=(?P<reason>\S+)")
SIMPLE = Tables(virtual="x@example.org user@example.com\n", settings=OBSERVE)
AT_ONCE = 8  # connections of the client


def results(mta):
    """recipient -> set of results, since mark()."""
    found = collections.defaultdict(set)
    for line in RESULT.finditer(mta.daemon.log()):
        found[line["recipient"]].add(line["result"])
    return found


def await_result(mta, recipient, result, seconds=20):
    wait_for(lambda: result in results(mta)[recipient], f"prediction={result} for {recipient}",
             mta.hosts.secondary.name, seconds)


def begin(mta, tables, on_the_primary=None):
    """shorthop gets copies of `tables`; the primary uses other ones. The daemon starts anew, without memory."""
    compare.apply(mta.hosts, tables)
    if on_the_primary:
        mta.hosts.set_tables(on_the_primary.virtual, on_the_primary.aliases)
        mta.hosts.primary.configure(tables.primary)
    compare.set_milter(mta.hosts, tables, True)
    mta.daemon.stop()
    mta.daemon.write(tables)
    mta.daemon.start()
    mta.daemon.mark()


def send(mta, *recipients, **more):
    smtp.send(mta.hosts.client, ADDRESSES["mail.example.com"], Envelope(list(recipients), **more))


def end(mta):
    """The next test starts with its own settings."""
    compare.set_milter(mta.hosts, Tables(), False)
    mta.daemon.stop()
    mta.daemon.write(Tables())
    mta.daemon.start()


# Kinds of recipients: a line of virtual(5) or aliases(5) on both hosts, and what shall become of it.

def kinds(number):
    """(virtual, aliases, recipients) of that many recipients; recipient -> whether a prediction is made for it."""
    virtual, aliases, predicted = [], [], {}
    for i in range(number):
        name = f"r{i}"
        kind = i % 6
        predicted[f"{name}@example.org"] = kind < 4
        if kind == 0:
            virtual.append(f"{name}@example.org user@example.com")
        elif kind == 1:
            aliases.append(f"{name}: user@example.com")
        elif kind == 2:
            virtual += [f"{name}@example.org chain{i}@example.org", f"chain{i}@example.org user@example.com"]
        elif kind == 3:
            virtual.append(f"{name}@example.org user@example.com, dave@example.com")
        elif kind == 4:
            virtual.append(f"{name}@example.org ann@example.net")
        else:
            aliases.append(f"{name}: \"|cat >/dev/null\"")
    return virtual, aliases, predicted


def re_point(virtual, aliases, chosen):
    """The same tables, but these recipients lead to another mailbox of the secondary."""
    changed = [re.sub(r"(?<=[ ,])user@example.com", "erin@example.com", line) if line.split("@")[0] in chosen else line
               for line in virtual]
    changed = [re.sub(r"chain\d+@example.org$", "erin@example.com", line) if line.split("@")[0] in chosen else line
               for line in changed]
    return changed, [re.sub(r"user@example.com", "erin@example.com", line) if line.split(":")[0] in chosen else line
                     for line in aliases]


def as_tables(virtual, aliases, **more):
    return Tables(virtual="".join(f"{line}\n" for line in virtual), aliases="".join(f"{line}\n" for line in aliases),
                  settings=OBSERVE, **more)


def send_all(mta, envelopes):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda envelope: smtp.send(mta.hosts.client, ADDRESSES["mail.example.com"], envelope), envelopes))
    mta.hosts.wait_until_quiet(seconds=300)


def envelopes_for(names, choose, number):
    """Messages to one to three of them, each at least once."""
    envelopes = [[name] for name in names]
    while len(envelopes) < number:
        envelopes.append(choose.sample(names, choose.randint(1, 3)))
    return [Envelope([f"<{name}>" for name in recipients]) for recipients in envelopes]


def test_thousand_messages_and_twenty_aliases_that_changed(mta):
    choose = random.Random(int(os.environ["SHORTHOP_SEED"]))
    virtual, aliases, predicted = kinds(240)
    chosen = {name.partition("@")[0] for name in choose.sample([n for n, is_one in predicted.items() if is_one], 20)}
    old = as_tables(virtual, aliases)
    new = as_tables(*re_point(virtual, aliases, chosen))
    begin(mta, old, on_the_primary=new)
    send_all(mta, envelopes_for(list(predicted), choose, 1000))
    found = results(mta)
    changed = {f"{name}@example.org" for name in chosen}
    blamed = {recipient for recipient, what in found.items() if what & {"refuted", "missed"}}
    mta.that(blamed == changed, f"blamed, but unchanged: {sorted(blamed - changed)}; changed, but not blamed: "
                                f"{sorted(changed - blamed)}")
    unchanged = {recipient for recipient, is_one in predicted.items() if is_one} - changed
    mta.that(all(found[recipient] == {"confirmed"} for recipient in unchanged),
             f"not confirmed: {[(one, found[one]) for one in sorted(unchanged) if found[one] != {'confirmed'}]}")
    agree(mta)

    mta.daemon.write(new)
    mta.daemon.reload()
    mta.daemon.mark()
    all_predicted = sorted(changed | unchanged)
    send_all(mta, [Envelope([f"<{recipient}>"]) for recipient in all_predicted])
    found = results(mta)
    mta.that(all(found[recipient] == {"confirmed"} for recipient in all_predicted),
             f"after the data was renewed: {[(one, found[one]) for one in all_predicted if found[one] != {'confirmed'}]}")
    end(mta)


# Log, status and metrics

def metrics(text):
    """(name, labels) -> value of the samples of a scrape."""
    samples = {}
    for line in text.splitlines():
        if found := re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line):
            samples[found[1], frozenset(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))] = float(found[3])
    return samples


def sum_of(samples, name, **labels):
    return sum(value for (metric, found), value in samples.items() if metric == name and set(labels.items()) <= found)


def numbers_in_log(log):
    numbers = collections.Counter()
    for line in re.finditer(r"decision=(\w+) reason=(\S+).*? hops_saved=(\d+) size=(\w+)(?: hops_observed=(\d+))?", log):
        decision, reason, saved, size, observed = line.groups()
        numbers["recipients", decision, reason] += 1
        numbers["hops-saved"] += int(saved)
        numbers["hops-observed"] += int(observed or 0)
        if size != "unknown":
            numbers["bytes-saved"] += int(saved) * int(size)
            numbers["bytes-observed"] += int(observed or 0) * int(size)
    for line in RESULT.finditer(log):
        numbers["predictions", line["result"]] += 1
    return numbers


def agree(mta):
    """The log since mark(), the status and the metrics of a daemon that began at mark() say the same."""
    logged = numbers_in_log(mta.daemon.log())
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    samples = metrics(mta.daemon.tool("status", "--prometheus").stdout)
    recipients = collections.Counter()
    for one in status["recipients"]:
        decision = "keep" if one["disposition"] == "kept" else "rewrite"
        recipients["recipients", decision, one["reason"]] += one["number"]
        mta.that(sum_of(samples, "shorthop_recipients_total", disposition=one["disposition"], reason=one["reason"])
                 == one["number"], f"the metrics do not have {one}")
    in_log = {key: number for key, number in logged.items() if key[0] == "recipients"}
    mta.that(recipients == in_log, f"status: {recipients}, log: {in_log}")
    for name, metric, mode in (("hops-saved", "shorthop_hops_saved_total", "rewrite"),
                               ("hops-observed", "shorthop_hops_saved_total", "observe"),
                               ("bytes-saved", "shorthop_saved_bytes_total", "rewrite"),
                               ("bytes-observed", "shorthop_saved_bytes_total", "observe")):
        said = (logged[name], status[name], sum_of(samples, metric, mode=mode))
        mta.that(len(set(said)) == 1, f"{name} of log, status and metrics: {said}")
    for result in ("confirmed", "refuted", "open", "missed"):
        said = (logged["predictions", result], status[f"predictions-{result}"],
                sum_of(samples, "shorthop_predictions_total", result=result))
        mta.that(len(set(said)) == 1, f"{result} predictions of log, status and metrics: {said}")
    mta.that(status["messages"] == sum_of(samples, "shorthop_messages_total"), "the number of messages differs")


def test_log_status_and_metrics_agree_when_mail_is_rewritten(mta):
    tables = Tables(virtual="x@example.org user@example.com\nfar@example.org ann@example.net\n",
                    aliases="y: dave@example.com\n")
    begin(mta, tables)
    for recipients in (["<x@example.org>"], ["<x@example.org>", "<y@example.org>"],
                       ["<x@example.org>", "<far@example.org>"], ["<nobody@example.org>"]):
        send(mta, *recipients)
        send(mta, *recipients, sender="<sender@example.net> SIZE=5000", size=4000)
    mta.hosts.wait_until_quiet()
    wait_for(lambda: mta.daemon.log().count("recipient=<") == 12, "log lines", mta.hosts.secondary.name)
    agree(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.that((status["hops-saved"], status["hops-saved-unsized"], status["bytes-saved"]) == (10, 5, 25_000),
             f"three kinds of messages save 2, 2 and 1 transactions, with and without SIZE: {status}")
    end(mta)


def give_up(mta, text, *recipients):
    """A client that sends this instead of a message, and goes."""
    with smtp.Session(mta.hosts.client, ADDRESSES["mail.example.com"]) as session:
        session.mail(Envelope(list(recipients)))
        return session.command(text)


def test_what_was_not_accepted_is_not_counted(mta):
    begin(mta, SIMPLE)
    refusing = {"header_checks": "regexp:{ { /^Subject: refused/ REJECT } }", "message_size_limit": "20000"}
    mta.hosts.secondary.configure({**mta.hosts.secondary.MILTER, **refusing})
    give_up(mta, "RSET", "<x@example.org>")
    with smtp.Session(mta.hosts.client, ADDRESSES["mail.example.com"]) as session:
        session.mail(Envelope(["<x@example.org>"]))
        session.expect(354, session.command("DATA"))
        code, _ = session.finish("Subject: refused\r\n\r\nno\r\n")
        mta.that(code == 550, f"header_checks should refuse, but the answer is {code}")
        session.mail(Envelope(["<x@example.org>"]))
        session.expect(354, session.command("DATA"))
        code, _ = session.finish("Subject: large\r\n\r\n" + "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 500)
        mta.that(code == 552, f"the message should be too large, but the answer is {code}")
        session.mail(Envelope(["<x@example.org>"]))
        session.expect(354, session.command("DATA"))  # and the connection is cut
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")
    agree(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.that((status["messages"], status["hops-observed"], status["predictions-open"]) == (2, 2, 0),
             f"one message was accepted, and came back: {status}")
    end(mta)


def observed_by_message(mta):
    """queue ID -> hops-observed and hops-saved in the daemon's log since mark()."""
    hops = collections.Counter()
    for line in re.finditer(r"(\S+): recipient=\S* decision=.*? hops_saved=(\d+).*?(?: hops_observed=(\d+))?(?: mode=\w+)?$",
                            mta.daemon.log(), re.MULTILINE):
        hops[line[1]] += int(line[2]) + int(line[3] or 0)
    return hops


def discover_agrees(mta, log_before, settings):
    """`discover` counts in the mail log what the daemon counted of the same messages, one by one."""
    mta.hosts.secondary.write("/var/test/mail.log", mta.hosts.secondary.log()[log_before:])
    log = mta.hosts.secondary.log()[log_before:]
    message_of = dict(re.findall(r"(\w+): message-id=(<\S+>)", log))
    counted = collections.Counter()
    for queue_id, hops in observed_by_message(mta).items():
        counted[message_of[queue_id]] += hops
    found = collections.Counter()
    for line in mta.daemon.tool("discover", "--messages", "/var/test/mail.log").stdout.splitlines():
        one = json.loads(line)
        found[one["message_id"]] = one["saved"]["hops"]
    wrong = [(one, counted[one], found[one]) for one in counted | found if counted[one] != found[one]]
    mta.that(not wrong, f"{settings}: the daemon and discover count differently: {wrong}")
    mta.that(sum(counted.values()) > 20, f"{settings}: too little was saved to compare: {counted}")


STATE = "/run/shorthop/state"


def make_state(mta):
    """An empty directory for what the daemon remembers."""
    path = mta.daemon.place.path(STATE)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    shutil.chown(path, rootfs.SYSTEM_USERS["shorthop"])


def test_discover_agrees_with_the_daemon_message_by_message(mta):
    choose = random.Random(int(os.environ["SHORTHOP_SEED"]))
    virtual, aliases, predicted = kinds(36)
    virtual.append("mixed@example.org user@example.com, bob@example.org")
    names = [*predicted, "mixed@example.org"]
    for settings in (OBSERVE, {**OBSERVE, "split": "yes"}):
        tables = dataclasses.replace(as_tables(virtual, aliases), settings={**settings, "state": STATE})
        make_state(mta)
        begin(mta, tables)
        log_before = len(mta.hosts.secondary.log())
        envelopes = [Envelope([f"<{name}>" for name in choose.sample(names, choose.randint(1, 5))]) for _ in range(60)]
        send_all(mta, envelopes[:30])
        mta.daemon.stop()
        mta.daemon.start()  # the counts go on where they were
        send_all(mta, envelopes[30:])
        expected = sum(len(envelope.recipients) for envelope in envelopes)
        wait_for(lambda: mta.daemon.log().count(" decision=") == expected, "log lines", mta.hosts.secondary.name)
        agree(mta)
        discover_agrees(mta, log_before, settings)
        end(mta)


def test_control_sample_counts_as_neither_saved_nor_observed(mta):
    tables = dataclasses.replace(SIMPLE, relay_settings={"control": "30%"}, settings={"mode": "rewrite"})
    begin(mta, tables)
    send_all(mta, [Envelope(["<x@example.org>"]) for _ in range(40)])
    log = mta.daemon.log()
    controls = log.count(" mode=control")
    wait_for(lambda: mta.daemon.log().count("prediction=confirmed") == controls, "results", mta.hosts.secondary.name)
    agree(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.that(0 < controls < 40 and (status["hops-saved"], status["hops-observed"]) == (2 * (40 - controls), 0),
             f"{controls} of 40 messages went the long way: {status}")
    end(mta)


def test_discover_finds_in_the_mail_log_what_was_observed(mta):
    virtual, aliases, predicted = kinds(36)
    begin(mta, as_tables(virtual, aliases))
    log_before = len(mta.hosts.secondary.log())
    send_all(mta, [Envelope([f"<{recipient}>"]) for recipient in predicted])
    wait_for(lambda: len(results(mta)) == sum(predicted.values()), "results", mta.hosts.secondary.name)
    agree(mta)
    mta.hosts.secondary.write("/var/test/mail.log", mta.hosts.secondary.log()[log_before:])
    found = mta.daemon.tool("discover", "--json", "/var/test/mail.log").stdout.splitlines()
    summary = json.loads(found[-1])["summary"]
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.that(summary["saved"]["hops"] == status["hops-observed"] == 2 * status["predictions-confirmed"],
             f"discover: {summary}, status: {status}")
    end(mta)


def test_metrics_over_http(mta):
    begin(mta, dataclasses.replace(SIMPLE, settings={**OBSERVE, "metrics": "unix:/run/shorthop/metrics.sock"}))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")

    def ask(request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(mta.daemon.place.path("/run/shorthop/metrics.sock")))
            client.sendall(request)
            answer = b""
            while part := client.recv(65536):
                answer += part
        return answer.decode()

    head, _, text = ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").partition("\r\n\r\n")
    mta.that(head.startswith("HTTP/1.1 200") and "version=0.0.4" in head, f"the answer is {head}")
    mta.that(sum_of(metrics(text), "shorthop_predictions_total", result="confirmed") == 1, f"the metrics are {text}")
    mta.that("@" not in text, "an address stands in the metrics")
    mta.that(ask(b"GET / HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 404"), "only /metrics is served")
    mta.that(ask(b"POST /metrics HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 405"), "nothing can be posted")
    end(mta)


# What happens to mail on its way

def test_greylisting_delays_the_answer(mta):
    begin(mta, SIMPLE)
    greylist = {"smtpd_recipient_restrictions": "check_client_access inline:{ { 192.0.2.10 = 450 come back later } }"}
    mta.hosts.secondary.configure({**mta.hosts.secondary.MILTER, **greylist})
    send(mta, "<x@example.org>")
    wait_for(lambda: mta.hosts.primary.queue(), "mail that waits at the primary", mta.hosts.primary.name)
    mta.that(not results(mta)["x@example.org"], f"there is a result too early: {results(mta)}")
    compare.set_milter(mta.hosts, SIMPLE, True)
    await_result(mta, "x@example.org", "confirmed")
    end(mta)


def test_filter_that_drops_leaves_the_prediction_open(mta):
    tables = dataclasses.replace(SIMPLE, settings={**OBSERVE, "return-time": "2s"}, primary={
        "header_checks": "regexp:{ { /^Subject:/ DISCARD } }"})
    begin(mta, tables)
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "open")
    mta.that(results(mta)["x@example.org"] == {"open"}, f"the results are {results(mta)}")
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
    mta.that("prediction=missed reason=command-target" in mta.daemon.log(), "the reason to keep it is missing")
    end(mta)


def test_list_that_makes_a_new_message_proves_nothing(mta):
    new_message = "{ echo Subject: list; echo; cat; } | /usr/sbin/sendmail -oi user@example.com"
    begin(mta, SIMPLE, on_the_primary=list_tables(f"/bin/sh -c '{new_message}'"))
    mta.hosts.set_tables("x@example.org list@example.org\n", list_tables(f"/bin/sh -c '{new_message}'").aliases)
    mta.daemon.write(dataclasses.replace(SIMPLE, settings={**OBSERVE, "return-time": "5s"}))
    mta.daemon.reload()
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "open")
    mta.that(results(mta)["x@example.org"] == {"open"}, f"the results are {results(mta)}")
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
    mta.decided(decision, "x@example.org", "keep refuted")
    end(mta)


# A content filter of the secondary (FILTER_README)

class Filter:
    """A content filter on the secondary: it takes mail at port 10024, adds a Received field as amavisd does, and passes
    it on to port 10025."""

    def __init__(self, mta, address):
        self.place, self.address = mta.hosts.secondary.place, address
        self.listener = self.place.in_network(lambda: socket.create_server((address, 10024)))
        self.listener.settimeout(20)

    def pass_one_on(self):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 filter\r\n")
            envelope, data = [], b""
            for line in iter(lines.readline, b""):
                if line.upper().startswith((b"MAIL", b"RCPT")):
                    envelope.append(line)
                if line.upper().startswith(b"DATA"):
                    connection.sendall(b"354 go\r\n")
                    data = b"".join(iter(lines.readline, b".\r\n"))
                    self.send(envelope, data)
                connection.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
                if line.upper().startswith(b"QUIT"):
                    return

    def send(self, envelope, data):
        field = (f"Received: from mail.example.com ([{self.address}])\r\n\tby localhost (mail.example.com "
                 f"[{self.address}]) (filter, port 10024) with ESMTP id F1; Sat, 28 Nov 2026 14:00:00 +0000\r\n").encode()
        with smtp.Session(self.place, self.address, port=10025) as session:
            for line in envelope:
                session.expect(250, session.command(line.decode().strip()))
            session.expect(354, session.command("DATA"))
            session.expect(250, session.finish((field + data).decode()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def set_filter(mta, content_filter, *services):
    """All mail of port 25 goes to that filter; the milter sees it there, and not when it comes from the filter."""
    mta.hosts.secondary.set_services({"smtp inet": {"content_filter": content_filter}}, services)
    mta.hosts.secondary.reload()


def back_from_filter(address):
    return (f"{address}:10025 inet n - n - - smtpd -o content_filter= -o smtpd_milters= -o mynetworks={address}/32 "
            "-o smtpd_relay_restrictions=permit_mynetworks,reject")


def end_filter(mta):
    mta.hosts.secondary.set_services({}, [])
    mta.hosts.secondary.reload()
    end(mta)


def through_filter(mta, address, re_pointed):
    """The results for an alias whose mail passes a filter with that address, on the way out and on the way back."""
    begin(mta, dataclasses.replace(SIMPLE, settings={**OBSERVE, "return-time": "6s"}),
          on_the_primary=Tables(virtual="x@example.org dave@example.com\n") if re_pointed else None)
    set_filter(mta, f"smtp:[{address}]:10024", back_from_filter(address))
    with Filter(mta, address) as content_filter:
        send(mta, "<x@example.org>")
        for _ in ("out", "back"):
            content_filter.pass_one_on()
    mta.hosts.wait_until_quiet()
    wait_for(lambda: results(mta)["x@example.org"], "a result", mta.hosts.secondary.name)
    found = results(mta)["x@example.org"]
    end_filter(mta)
    return found


def test_content_filter_on_this_host_hides_no_return(mta):
    mta.that(through_filter(mta, "127.0.0.1", re_pointed=False) == {"confirmed"}, "mail that comes back is not confirmed")
    mta.that(through_filter(mta, "127.0.0.1", re_pointed=True) == {"refuted"}, "an alias that changed is not refuted")


def test_content_filter_with_another_address_never_refutes(mta):
    found = through_filter(mta, ADDRESSES["mail.example.com"], re_pointed=False)
    mta.that(found == {"confirmed"}, f"what comes back as expected: {found}")
    found = through_filter(mta, ADDRESSES["mail.example.com"], re_pointed=True)
    mta.that(found == {"open"}, f"what comes back for another: {found}")


def test_simple_content_filter_hides_no_return(mta):
    script = "#!/bin/sh\nexec /usr/sbin/sendmail -G -i \"$@\"\n"
    pipe = ("filter unix - n n - 10 pipe flags=Rq user=daemon null_sender= argv=/opt/test/filter -f ${sender} -- "
            "${recipient}")
    mta.hosts.secondary.write("/opt/test/filter", script, mode=0o755)
    for on_the_primary, wanted in ((None, "confirmed"), (Tables(virtual="x@example.org dave@example.com\n"), "refuted")):
        begin(mta, SIMPLE, on_the_primary=on_the_primary)
        set_filter(mta, "filter:dummy", pipe)
        send(mta, "<x@example.org>")
        await_result(mta, "x@example.org", wanted)
        mta.hosts.wait_until_quiet()
        mta.that(results(mta)["x@example.org"] == {wanted}, f"the results are {results(mta)}")
        end_filter(mta)


def test_user_who_forwards_to_the_primary_blames_nobody(mta):
    tables = Tables(virtual="x@example.org user@example.com\ny@example.org dave@example.com\n",
                    settings={**OBSERVE, "return-time": "5s"}, secondary_forward={"frank": "y@example.org\n"},
                    secondary={"virtual_alias_maps": "inline:{ { info@example.com = y@example.org } }"})
    begin(mta, tables)
    send(mta, "<x@example.org>", "<frank@example.com>", "<info@example.com>")
    await_result(mta, "x@example.org", "confirmed")
    mta.hosts.wait_until_quiet()
    time.sleep(6)  # until what belongs to nobody is judged
    mta.that("prediction=refuted" not in mta.daemon.log(), f"the results are {results(mta)}")
    end(mta)


def test_promtool_has_nothing_to_say(mta):
    if not shutil.which("promtool"):
        raise run.Skipped("promtool is missing: install prometheus")
    begin(mta, SIMPLE)
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")
    text = mta.daemon.tool("status", "--prometheus").stdout
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    mta.that(checked.returncode == 0 and not checked.stdout + checked.stderr, f"promtool: {checked}")
    rules = pathlib.Path(__file__).parents[2] / "packaging/prometheus/shorthop.rules.yml"
    checked = subprocess.run(["promtool", "check", "rules", str(rules)], text=True, capture_output=True)
    mta.that(checked.returncode == 0, f"promtool: {checked}")
    end(mta)


# The journal

class Journal:
    """Stands in for systemd-journald on the secondary: keeps the entries that reach its native socket."""

    PATH = "/run/systemd/journal/socket"

    def __init__(self, mta):
        path = mta.daemon.place.path(self.PATH)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.socket.settimeout(20)

    def entries(self, number):
        """That many entries: field -> list of values. Source: systemd, JOURNAL_NATIVE_PROTOCOL."""
        found = []
        while len(found) < number:
            data, fields = self.socket.recv(65536), collections.defaultdict(list)
            while data:
                line, _, data = data.partition(b"\n")
                name, equals, value = line.partition(b"=")
                if not equals:
                    size = int.from_bytes(data[:8], "little")
                    value, data = data[8:8 + size], data[8 + size + 1:]
                fields[name.decode()].append(value.decode())
            if "SHORTHOP_QUEUE_ID" in fields:
                found.append(fields)
        return found


def test_journal_has_native_fields(mta):
    begin(mta, SIMPLE)
    mta.daemon.stop()
    journal = Journal(mta)
    log = os.stat(mta.daemon.place.path("/var/log/shorthop.log"))
    mta.daemon.start(environment={"JOURNAL_STREAM": f"{log.st_dev}:{log.st_ino}"})
    send(mta, "<x@example.org>")
    decision, prediction = journal.entries(2)
    mta.that(decision["SHORTHOP_RECIPIENT"] == ["x@example.org"] and decision["SHORTHOP_DECISION"] == ["rewrite"] and
             decision["SHORTHOP_REASON"] == ["all-local"] and decision["SHORTHOP_TARGET"] == ["user@example.com"] and
             len(decision["SHORTHOP_GENERATION"][0]) == 16 and decision["PRIORITY"] == ["6"],
             f"the fields of the decision are {dict(decision)}")
    mta.that(decision["MESSAGE"][0].startswith(decision["SHORTHOP_QUEUE_ID"][0] + ": recipient=<x@example.org> "),
             f"the message is {decision['MESSAGE']}")
    mta.that(prediction["SHORTHOP_PREDICTION"] == ["confirmed"] and
             prediction["SHORTHOP_QUEUE_ID"] == decision["SHORTHOP_QUEUE_ID"], f"the second is {dict(prediction)}")
    mta.daemon.place.path(Journal.PATH).unlink()
    end(mta)
