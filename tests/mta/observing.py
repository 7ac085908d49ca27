"""Mail in observe mode, for tests: begin, send, wait for the results of predictions, and compare all counts.

The primary has the same tables as the copies, unless a test changes an alias on the primary only.
"""
import collections
import concurrent.futures
import json
import re

import compare
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
    """shorthop gets copies of `tables`; the primary uses `on_the_primary`, if given. The daemon is restarted."""
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
    """Restores the usual settings for the next test."""
    compare.set_milter(mta.hosts, Tables(), False)
    mta.daemon.stop()
    mta.daemon.write(Tables())
    mta.daemon.start()


def make_alias_lines(number):
    """Lines of virtual and of aliases for that number of recipients, and {recipient: whether it gets a prediction}."""
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


def as_tables(virtual, aliases, **more):
    return Tables(virtual="".join(f"{line}\n" for line in virtual), aliases="".join(f"{line}\n" for line in aliases),
                  settings=OBSERVE, **more)


def send_all(mta, envelopes):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda envelope: smtp.send(mta.hosts.client, ADDRESSES["mail.example.com"], envelope), envelopes))
    mta.hosts.wait_until_quiet(seconds=300)


def metrics(text):
    """{(name, labels): value} from the text that Prometheus reads."""
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


def check_counts(mta):
    """Checks that the log since mark(), status and metrics have the same numbers; the daemon has started at mark()."""
    logged = numbers_in_log(mta.daemon.log())
    status = json.loads(mta.daemon.tool("status", "--json").stdout)
    samples = metrics(mta.daemon.tool("status", "--prometheus").stdout)
    recipients = collections.Counter()
    for row in status["recipients"]:
        decision = "keep" if row["disposition"] == "kept" else "rewrite"
        recipients["recipients", decision, row["reason"]] += row["number"]
        mta.check(sum_of(samples, "shorthop_recipients_total", disposition=row["disposition"], reason=row["reason"])
                  == row["number"], f"the metrics do not have {row}")
    in_log = {key: number for key, number in logged.items() if key[0] == "recipients"}
    mta.check(recipients == in_log, f"status: {recipients}, log: {in_log}")
    for name, metric, mode in (("hops-saved", "shorthop_hops_saved_total", "rewrite"),
                               ("hops-observed", "shorthop_hops_saved_total", "observe"),
                               ("bytes-saved", "shorthop_saved_bytes_total", "rewrite"),
                               ("bytes-observed", "shorthop_saved_bytes_total", "observe")):
        values = (logged[name], status[name], sum_of(samples, metric, mode=mode))
        mta.check(len(set(values)) == 1, f"{name} of log, status and metrics: {values}")
    for result in ("confirmed", "refuted", "open", "missed"):
        values = (logged["predictions", result], status[f"predictions-{result}"],
                  sum_of(samples, "shorthop_predictions_total", result=result))
        mta.check(len(set(values)) == 1, f"{result} predictions of log, status and metrics: {values}")
    mta.check(status["messages"] == sum_of(samples, "shorthop_messages_total"), "the number of messages differs")
