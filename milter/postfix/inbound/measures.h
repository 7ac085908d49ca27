// Measures: what one smtpd(8) and the cleanup(8) behind it do to mail from other hosts. Each has a key by which
// differences.h compares two hosts. No I/O.
#pragma once

#include <string>
#include <vector>

#include "postfix/inbound/inbound_mail.h"

namespace shorthop {

/// One thing that a server does to mail. Two hosts do the same if the keys are equal.
struct Measure {
  std::string key;
  std::string text;  ///< as its settings say it: "content_filter = smtp-amavis:[127.0.0.1]:10024"
};

using Measures = std::vector<Measure>;
using MeasuresOf = Measures(const InboundServer& server);

MeasuresOf no_measures;
MeasuresOf content_filters;    ///< the key is the name of the program, or the value if the program is not known
MeasuresOf filtering_milters;  ///< milters that filter, and unknown ones
MeasuresOf all_filters;        ///< content filters and all milters
MeasuresOf policy_services;
MeasuresOf filtering_policy_services;  ///< policy services that filter, and unknown ones
MeasuresOf routine_programs;           ///< policy services and milters (ProgramTask::routine)
MeasuresOf sender_rules;               ///< programs and panels that restrict who may write to an alias
MeasuresOf shared_sender_rules;        ///< sender_rules that two hosts can share
MeasuresOf archives;
MeasuresOf shared_archives;
MeasuresOf header_actions;  ///< rules that move mail, and tables of checks that cannot be read; the key is the rule
MeasuresOf readable_header_actions;
/// access_actions of Postfix only: two Sendmail hosts may have different rules of the same name.
MeasuresOf readable_access_actions;
MeasuresOf other_header_checks;
MeasuresOf recipient_tables;
MeasuresOf access_tables;   ///< access tables for clients, HELO names and senders
MeasuresOf access_actions;  ///< rules of access_tables that move mail, if the table can be read
MeasuresOf refusals;
MeasuresOf dns_lists;
MeasuresOf screening;
MeasuresOf required_tls;
MeasuresOf copies;
MeasuresOf smarthosts;
MeasuresOf srs;               ///< senders are rewritten by an SRS daemon
MeasuresOf sender_rewriting;  ///< senders are rewritten by other tables

}  // namespace shorthop
