// The primary's own settings, from the text of its sendmail.cf: its domains and tables, and the settings that decide
// about recipients and are not followed. No I/O except through FindCopy and PrimaryFiles. Source: cf/README of
// Sendmail, and the lines that m4 writes for each feature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/primary_files.h"
#include "load/mirror/sendmail_cf.h"
#include "load/mirror/service_switch.h"
#include "primary/primary.h"
#include "primary/sendmail/sendmail_rules.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop {

/// A map of the primary.
struct SendmailTable {
  std::string name;          ///< as Postfix names it: "hash:/etc/mail/virtusertable", without ".db"
  std::string not_followed;  ///< why a copy of the file does not show the map's entries; empty: it does
};

/// The maps that decide about a recipient. An alias file without a type is assumed to be of type hash.
struct SendmailTables {
  std::vector<SendmailTable> virtual_aliases;
  std::vector<SendmailTable> aliases;
  std::vector<SendmailTable> domaintable;
  std::vector<SendmailTable> mailertable;
  std::vector<SendmailTable> bcctable;
  std::vector<SendmailTable> access;  ///< empty unless recipients are looked up in it
};

struct SendmailFacts {
  PrimaryRules rules;
  SendmailRules sendmail;  ///< without tables, which apply_sendmail_facts() opens
  SendmailTables tables;
  bool leaves_out_sender = false;  ///< option MeToo is off
};

/// The rules from a primary's sendmail.cf; `file` is its name for diagnostics. The domains of class w are local, and so
/// is the primary's own name if the cf has it. A setting that is not followed keeps the recipients that it concerns. If
/// it concerns every recipient, it is also a warning.
SendmailFacts facts_from_sendmail_cf(const SendmailCf& cf, const std::string& file, const RelaySettings& relay,
                                     const FindCopy& find_copy, Diagnostics& warnings);

/// Opens the tables and stores the facts in `primary`. A map without a copy fails every look-up. This includes optional
/// maps (-o), because the primary may have the file.
void apply_sendmail_facts(SendmailFacts facts, PrimaryFiles& files, Primary& primary);

}  // namespace shorthop
