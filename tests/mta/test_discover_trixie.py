"""The tests of test_discover.py on hosts with Debian 13 and Postfix 3.10. The log is Postfix's own file, or rsyslog's
with RFC 3339 timestamps.

Source: rsyslog.conf(5), postconf(5) maillog_file.
"""
import subprocess

from postfix import LOG, wait_for
from test_discover import every_round_trip_and_no_other, on_both, predicted_savings_come_true
from test_discover import test_every_round_trip_and_no_other, test_predicted_savings_come_true  # noqa: F401

SYSTEMS = {"release": "trixie"}
RSYSLOG = f"""\
module(load="imuxsock")
global(workDirectory="/tmp")
module(load="builtin:omfile" template="RSYSLOG_FileFormat")
mail.* {LOG}
"""


def begin_rsyslog(server):
    """From here on, rsyslog writes the log of that host."""
    server.write("/etc/rsyslog.conf", RSYSLOG)
    server.place.start("rsyslogd", "-n", "-i", "NONE", "-f", "/etc/rsyslog.conf", stdin=subprocess.DEVNULL)
    wait_for(lambda: server.place.path("/dev/log").exists(), "socket of rsyslog", server.name)


def test_postfix_is_310(mta):
    version = mta.hosts.secondary.place.run("postconf", "-h", "mail_version").stdout
    mta.check(version.startswith("3.10."), f"the hosts run Postfix {version}")


def test_rsyslog_and_long_queue_ids(mta):
    for server in (mta.hosts.primary, mta.hosts.secondary):
        begin_rsyslog(server)
    tables = on_both(maillog_file="", enable_long_queue_ids="yes")
    every_round_trip_and_no_other(mta, tables)
    predicted_savings_come_true(mta, tables)
    log = mta.hosts.secondary.log().splitlines()[-1]
    mta.check(log[:4].isdigit() and log[10] == "T", f"the log has other stamps: {log}")
