// The settings of a Postfix for mail from other hosts: its parameters as each smtpd(8) on the SMTP port and the
// cleanup(8) behind it see them, and the text of its tables for header_checks(5) and access(5). Only inbound_mail()
// reads files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/mail_path.h"
#include "postfix/master_services.h"
#include "postfix/parameters.h"
#include "system/file_reader.h"

namespace shorthop {

/// What a Sendmail does to mail from other hosts, as texts that name the setting (load/sendmail_inbound.h).
struct SendmailInbound {
  std::vector<std::string> filters;       ///< INPUT_MAIL_FILTER
  std::vector<std::string> header_rules;  ///< rules that see the header or the whole message
  std::vector<std::string> access_rules;  ///< the postmaster's own rules for clients, senders and recipients, and
                                          ///< entries of the access map that discard or quarantine mail
};

struct InboundMail {
  /// The parameters of main.cf, expanded or not. Parameters from Postconf::ask() include the values of services.
  Parameters values;
  std::vector<MasterService> services;  ///< the services of master.cf
  TextByName check_tables;              ///< "regexp:/etc/postfix/header_checks" -> its text
  SendmailInbound sendmail;             ///< empty for a Postfix
  std::string unknown;                  ///< a sentence about the unknown part; empty: all is known

  bool has_postscreen() const;
  /// The text of a table in `check_tables`; null if it could not be read.
  const std::string* check_table(std::string_view name) const;
};

/// Reads the tables of check_tables_of() and access_tables_of(). `root`: the directory that has the files of that host
/// under their own paths.
InboundMail inbound_mail(Parameters values, std::vector<MasterService> services, const FileReader& files,
                         const std::filesystem::path& root);

/// A Postfix whose settings are unknown.
InboundMail unknown_inbound_mail(std::string why);

/// One smtpd(8) that mail from other hosts passes, and the cleanup(8) behind it.
class InboundServer {
 public:
  /// `smtpd`: null for main.cf alone.
  InboundServer(const InboundMail& mail, const MasterService* smtpd);

  /// The value as Postfix expands it. An override of the service ("-o name=value") replaces the value of main.cf.
  std::string value(std::string_view parameter) const { return value_for(smtpd_, parameter); }
  /// The value that its cleanup(8) uses (postconf(5) cleanup_service_name).
  std::string cleanup_value(std::string_view parameter) const { return value_for(cleanup_, parameter); }
  const InboundMail& mail() const { return *mail_; }

 private:
  std::string value_for(const MasterService* service, std::string_view parameter) const;

  const InboundMail* mail_;
  const MasterService* smtpd_;
  const MasterService* cleanup_ = nullptr;
};

/// The servers that other hosts reach. If master.cf has none or is not known: one with the values of main.cf. They
/// refer to `mail`, which must outlive them.
std::vector<InboundServer> servers_of(const InboundMail& mail);

/// The servers of servers_of(), and the servers to which a content filter returns the mail.
std::vector<InboundServer> all_servers_of(const InboundMail& mail);

/// The tables of header and body checks of a server, each once.
std::vector<std::string> check_tables_of(const InboundServer& server);

/// Whether rules of header_checks(5) or access(5) may pass mail from other hosts to a filter. True if a table of them
/// cannot be read.
bool may_filter_by_rule(const InboundMail& mail, const FileReader& files, const std::filesystem::path& root);

/// The tables that decide about clients, senders and everything else except recipients
/// (Restriction::asks_access_table()). A unionmap: or pipemap: is replaced by its members.
std::vector<std::string> access_tables_of(const InboundServer& server);

}  // namespace shorthop
