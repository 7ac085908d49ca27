"""Predictions and counts on hosts with Debian 13: Postfix 3.10."""
from test_content_filter import (test_content_filter_on_this_host_hides_no_return,  # noqa: F401
                                 test_simple_content_filter_hides_no_return)
from test_counts import test_discover_agrees_with_the_daemon_message_by_message  # noqa: F401
from test_predictions import test_thousand_messages_and_twenty_aliases_that_changed  # noqa: F401

SYSTEMS = {"release": "trixie"}
