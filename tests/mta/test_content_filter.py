"""Predictions and discover where the secondary has a content filter (FILTER_README), which gives a message a second
queue ID: mail that comes back is still recognised, or at least it refutes no recipient.
"""
import dataclasses
import json
import socket

import smtp
from compare import Tables
from hosts import ADDRESSES
from observing import OBSERVE, SIMPLE, await_result, begin, end, results, send
from postfix import wait_for


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
    """All mail of port 25 goes to that filter. The milter sees it at port 25, and not when it comes from the filter."""
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
    log_before = len(mta.hosts.secondary.log())
    with Filter(mta, address) as content_filter:
        send(mta, "<x@example.org>")
        for _ in ("out", "back"):
            content_filter.pass_one_on()
    mta.hosts.wait_until_quiet()
    wait_for(lambda: results(mta)["x@example.org"], "a result", mta.hosts.secondary.name)
    found = results(mta)["x@example.org"]
    discover_sees_one_trip(mta, log_before, "dave@example.com" if re_pointed else "user@example.com")
    end_filter(mta)
    return found


def discover_sees_one_trip(mta, log_before, final):
    """A filtered message has several queue files; discover counts only the one that the milter would have seen."""
    mta.hosts.secondary.write("/var/test/mail.log", mta.hosts.secondary.log()[log_before:])
    lines = mta.daemon.tool("discover", "--messages", "/var/test/mail.log").stdout.splitlines()
    trips = [trip for line in lines for trip in json.loads(line)["round_trips"]]
    found = [(trip["original"], trip["final"], trip["decision"]) for trip in trips]
    decisions = {"rewrite"} if final == "user@example.com" else {"differs", "keep"}  # keep: if the refutation is known
    mta.check([trip[:2] for trip in found] == [("x@example.org", [final])] and found[0][2] in decisions,
              f"discover says {found}")


def test_content_filter_on_this_host_hides_no_return(mta):
    mta.check(through_filter(mta, "127.0.0.1", re_pointed=False) == {"confirmed"},
              "mail that comes back is not confirmed")
    mta.check(through_filter(mta, "127.0.0.1", re_pointed=True) == {"refuted"}, "an alias that changed is not refuted")


def test_content_filter_with_another_address_never_refutes(mta):
    found = through_filter(mta, ADDRESSES["mail.example.com"], re_pointed=False)
    mta.check(found == {"confirmed"}, f"the results for mail that came back as expected: {found}")
    found = through_filter(mta, ADDRESSES["mail.example.com"], re_pointed=True)
    mta.check(found == {"open"}, f"the results for mail that came back for another user: {found}")


def test_simple_content_filter_hides_no_return(mta):
    script = "#!/bin/sh\nexec /usr/sbin/sendmail -G -i \"$@\"\n"
    pipe = ("filter unix - n n - 10 pipe flags=Rq user=daemon null_sender= argv=/opt/test/filter -f ${sender} -- "
            "${recipient}")
    mta.hosts.secondary.write("/opt/test/filter", script, mode=0o755)
    for on_the_primary, wanted in ((None, "confirmed"), (Tables(virtual="x@example.org dave@example.com\n"), "refuted")):
        begin(mta, SIMPLE, on_the_primary=on_the_primary)
        set_filter(mta, "filter:dummy", pipe)
        log_before = len(mta.hosts.secondary.log())
        send(mta, "<x@example.org>")
        await_result(mta, "x@example.org", wanted)
        mta.hosts.wait_until_quiet()
        mta.check(results(mta)["x@example.org"] == {wanted}, f"the results are {results(mta)}")
        discover_sees_one_trip(mta, log_before, "dave@example.com" if on_the_primary else "user@example.com")
        end_filter(mta)
