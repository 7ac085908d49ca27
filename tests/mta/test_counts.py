"""Log, journal, status, metrics and discover have the same numbers for the same mail, whatever it contains."""
import collections
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

import rootfs
import run
import smtp
from compare import Tables
from hosts import ADDRESSES
from observing import (OBSERVE, SIMPLE, as_tables, await_result, begin, check_counts, end, make_alias_lines, metrics,
                       results, send, send_all, sum_of)
from postfix import wait_for
from smtp import Envelope


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
    check_counts(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.check((status["hops-saved"], status["hops-saved-unsized"], status["bytes-saved"]) == (10, 5, 25_000),
              f"three kinds of messages should save 2, 2 and 1 hops, with and without SIZE: {status}")
    end(mta)


def give_up(mta, text, *recipients):
    """A client that sends this command instead of a message, and leaves."""
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
        mta.check(code == 550, f"header_checks should refuse, but the answer is {code}")
        session.mail(Envelope(["<x@example.org>"]))
        session.expect(354, session.command("DATA"))
        code, _ = session.finish("Subject: large\r\n\r\n" + "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 500)
        mta.check(code == 552, f"the message should be too large, but the answer is {code}")
        session.mail(Envelope(["<x@example.org>"]))
        session.expect(354, session.command("DATA"))  # then the connection is closed
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")
    check_counts(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.check((status["messages"], status["hops-observed"], status["predictions-open"]) == (2, 2, 0),
              f"one message was accepted and came back, so two should be counted: {status}")
    end(mta)


def observed_by_message(mta):
    """queue ID -> sum of the observed and the saved hops in the daemon's log since mark()."""
    hops = collections.Counter()
    for line in re.finditer(r"(\S+): recipient=\S* decision=.*? hops_saved=(\d+).*?(?: hops_observed=(\d+))?(?: mode=\w+)?$",
                            mta.daemon.log(), re.MULTILINE):
        hops[line[1]] += int(line[2]) + int(line[3] or 0)
    return hops


def check_discover_counts(mta, log_before, settings):
    """For each message, `discover` counts the same hops in the mail log as the daemon."""
    mta.hosts.secondary.write("/var/test/mail.log", mta.hosts.secondary.log()[log_before:])
    log = mta.hosts.secondary.log()[log_before:]
    message_of = dict(re.findall(r"(\w+): message-id=(<\S+>)", log))
    counted = collections.Counter()
    for queue_id, hops in observed_by_message(mta).items():
        counted[message_of[queue_id]] += hops
    found = collections.Counter()
    for line in mta.daemon.tool("discover", "--messages", "/var/test/mail.log").stdout.splitlines():
        message = json.loads(line)
        found[message["message_id"]] = message["saved"]["hops"]
    wrong = [(message_id, counted[message_id], found[message_id]) for message_id in counted | found
             if counted[message_id] != found[message_id]]
    mta.check(not wrong, f"{settings}: the daemon and discover count differently: {wrong}")
    mta.check(sum(counted.values()) > 20, f"{settings}: too little was saved to compare: {counted}")


STATE = "/run/shorthop/state"


def make_state(mta):
    """Makes an empty directory for the daemon's state."""
    path = mta.daemon.place.path(STATE)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    shutil.chown(path, rootfs.SYSTEM_USERS["shorthop"])


def test_discover_agrees_with_the_daemon_message_by_message(mta):
    choose = random.Random(int(os.environ["SHORTHOP_SEED"]))
    virtual, aliases, predicted = make_alias_lines(36)
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
        mta.daemon.start()  # the counts continue
        send_all(mta, envelopes[30:])
        expected = sum(len(envelope.recipients) for envelope in envelopes)
        wait_for(lambda: mta.daemon.log().count(" decision=") == expected, "log lines", mta.hosts.secondary.name)
        check_counts(mta)
        check_discover_counts(mta, log_before, settings)
        end(mta)


def test_state_survives_kill_and_garbage(mta):
    make_state(mta)
    begin(mta, dataclasses.replace(SIMPLE, settings={**OBSERVE, "state": STATE}),
          on_the_primary=Tables(virtual="x@example.org dave@example.com\n"))
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "refuted")
    on_disk = mta.daemon.place.path(f"{STATE}/predictions")
    wait_for(lambda: on_disk.exists() and "refutation" in on_disk.read_text(), "refutation on disk", mta.hosts.secondary.name)
    mta.daemon.kill()
    mta.daemon.start()
    mta.daemon.mark()
    send(mta, "<x@example.org>")
    mta.check_decision(mta.daemon.decisions_for(["x@example.org"])["x@example.org"], "x@example.org", "keep refuted")
    mta.hosts.wait_until_quiet()
    for damage in (os.urandom(100_000), b"message\trefutation\t" * 1000, b""):
        mta.daemon.stop()
        for name in ("predictions", "totals"):
            mta.daemon.place.path(f"{STATE}/{name}").write_bytes(damage)
        mta.daemon.start()
        mta.daemon.mark()
        send(mta, "<x@example.org>")
        await_result(mta, "x@example.org", "refuted")
        mta.hosts.wait_until_quiet()
    end(mta)


def test_control_sample_counts_as_neither_saved_nor_observed(mta):
    tables = dataclasses.replace(SIMPLE, relay_settings={"control": "30%"}, settings={"mode": "rewrite"})
    begin(mta, tables)
    send_all(mta, [Envelope(["<x@example.org>"]) for _ in range(40)])
    log = mta.daemon.log()
    controls = log.count(" mode=control")
    wait_for(lambda: mta.daemon.log().count("prediction=confirmed") == controls, "results", mta.hosts.secondary.name)
    check_counts(mta)
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.check(0 < controls < 40 and (status["hops-saved"], status["hops-observed"]) == (2 * (40 - controls), 0),
              f"{controls} of 40 messages went to the primary: {status}")
    end(mta)


def test_discover_finds_in_the_mail_log_what_was_observed(mta):
    virtual, aliases, predicted = make_alias_lines(36)
    begin(mta, as_tables(virtual, aliases))
    log_before = len(mta.hosts.secondary.log())
    send_all(mta, [Envelope([f"<{recipient}>"]) for recipient in predicted])
    wait_for(lambda: len(results(mta)) == sum(predicted.values()), "results", mta.hosts.secondary.name)
    check_counts(mta)
    mta.hosts.secondary.write("/var/test/mail.log", mta.hosts.secondary.log()[log_before:])
    found = mta.daemon.tool("discover", "--json", "/var/test/mail.log").stdout.splitlines()
    summary = json.loads(found[-1])["summary"]
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    mta.check(summary["saved"]["hops"] == status["hops-observed"] == 2 * status["predictions-confirmed"],
              f"discover: {summary}, status: {status}")
    end(mta)


def mail_passes_while_clients_are_slow(mta, path):
    """Whether mail passes soon while more clients than the daemon serves at a time are connected: clients that send
    nothing, send half a request, or do not read the answer."""
    clients = []
    try:
        for number in range(40):
            clients.append(socket.socket(socket.AF_UNIX))
            clients[-1].settimeout(5)
            if clients[-1].connect_ex(str(mta.daemon.place.path(path))) != 0:
                break  # no place is left in the queue of connections
            clients[-1].sendall(("", "GET /met", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)[number % 3].encode())
        begun = time.monotonic()
        mta.daemon.mark()
        send(mta, "<x@example.org>")
        await_result(mta, "x@example.org", "confirmed")
        return time.monotonic() - begun < 5
    finally:
        for client in clients:
            client.close()


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
    mta.check(head.startswith("HTTP/1.1 200") and "version=0.0.4" in head, f"the answer is {head}")
    mta.check(sum_of(metrics(text), "shorthop_predictions_total", result="confirmed") == 1, f"the metrics are {text}")
    mta.check("@" not in text, "an address is in the metrics")
    by_tool = metrics(mta.daemon.tool("status", "--prometheus").stdout)
    differing = {key for key in by_tool.keys() | metrics(text).keys() if by_tool.get(key) != metrics(text).get(key)}
    mta.check(not differing, f"the endpoint and `status --prometheus` differ in {differing}")
    mta.check(ask(b"GET / HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 404"), "only /metrics should be served")
    mta.check(ask(b"POST /metrics HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 405"), "POST should be refused")
    mta.check(mail_passes_while_clients_are_slow(mta, "/run/shorthop/metrics.sock"),
              "mail waits for clients of the metrics")
    end(mta)


# Bytes from the wire stay inside one field of one line

WIRE = ['<"a b"@example.org>', '<"a> decision=rewrite to=<x@example.com"@example.org>', '<"q\\"uote"@example.org>',
        '<a=b,c@example.org>', '<"\u202egnp.exe"@example.org>', "<\u00fc\u200b@example.org>", '<"tab\there"@example.org>',
        '<"\x1b[2J"@example.org>', "<'; DROP TABLE x; --@example.org>", "<%s%n{}@example.org>"]


def test_lines_of_hostile_recipients(mta):
    tables = dataclasses.replace(SIMPLE, virtual="@example.org user@example.com\n")
    for log_format in ("text", "json"):
        begin(mta, dataclasses.replace(tables, settings={**OBSERVE, "log-format": log_format}))
        accepted = 0
        with smtp.Session(mta.hosts.client, ADDRESSES["mail.example.com"]) as session:
            session.hello('"><script>\u202e')
            for recipient in WIRE:
                session.expect(250, session.command("MAIL FROM:<sender@example.net> SMTPUTF8"))
                code, _ = session.command(f"RCPT TO:{recipient}")
                accepted += code == 250
                if code == 250:
                    session.data(Envelope([recipient]))
                else:
                    session.command("RSET")
        mta.hosts.wait_until_quiet()
        lines = [line for line in mta.daemon.log().split("\n") if "decision" in line]
        mta.check(len(lines) == accepted >= 6,
                  f"{accepted} recipients were accepted, {len(lines)} lines logged: {lines}")
        for line in lines:
            mta.check(all(" " <= character <= "~" for character in line), f"a byte is not printable: {line}")
            if log_format == "json":
                fields = json.loads(line)
                mta.check(fields["decision"] in ("rewrite", "keep") and fields["recipient"].endswith("@example.org"),
                          f"{fields}")
            else:
                form = re.compile(r"\S+ info: (\w+): recipient=<[^<> ]+@example\.org> decision=(rewrite|keep) reason=\S+ ")
                mta.check(form.match(line), f"a field is not one word: {line}")
        end(mta)


def test_promtool_finds_no_fault(mta):
    if not shutil.which("promtool"):
        raise run.Skipped("promtool is missing: install prometheus")
    begin(mta, SIMPLE)
    # A relay is named after its file, and its name is a label.
    hostile = mta.daemon.place.path('/etc/shorthop/relay.d/a"b\\c {d="e"} \u00fc\u202e.conf')
    hostile.write_text("domains = hostile.example\nprimary = mail.hostile.example\nprofile = flat\n"
                       "virtual-alias-maps = text:/var/lib/shorthop/example.org/virtual\n")
    mta.daemon.reload()
    send(mta, "<x@example.org>")
    await_result(mta, "x@example.org", "confirmed")
    text = mta.daemon.tool("status", "--prometheus").stdout
    hostile.unlink()
    mta.check('a\\"b\\\\c {d=\\"e\\"}' in text, f"the other relay is not in the metrics: {text}")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    mta.check(checked.returncode == 0 and not checked.stdout + checked.stderr, f"promtool: {checked}")
    rules = pathlib.Path(__file__).parents[2] / "packaging/prometheus/shorthop.rules.yml"
    checked = subprocess.run(["promtool", "check", "rules", str(rules)], text=True, capture_output=True)
    mta.check(checked.returncode == 0, f"promtool: {checked}")
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
        """The next `number` entries, each as field -> list of values. Source: systemd, JOURNAL_NATIVE_PROTOCOL."""
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
    mta.check(decision["SHORTHOP_RECIPIENT"] == ["x@example.org"] and decision["SHORTHOP_DECISION"] == ["rewrite"] and
              decision["SHORTHOP_REASON"] == ["all-local"] and decision["SHORTHOP_TARGET"] == ["user@example.com"] and
              len(decision["SHORTHOP_GENERATION"][0]) == 16 and decision["PRIORITY"] == ["6"],
              f"the fields of the decision are {dict(decision)}")
    mta.check(decision["MESSAGE"][0].startswith(decision["SHORTHOP_QUEUE_ID"][0] + ": recipient=<x@example.org> "),
              f"the message is {decision['MESSAGE']}")
    mta.check(prediction["SHORTHOP_PREDICTION"] == ["confirmed"] and
              prediction["SHORTHOP_QUEUE_ID"] == decision["SHORTHOP_QUEUE_ID"], f"the second is {dict(prediction)}")
    mta.daemon.place.path(Journal.PATH).unlink()
    end(mta)
