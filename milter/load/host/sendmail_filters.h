// The filters of this host's Sendmail: INPUT_MAIL_FILTER as m4 writes it into sendmail.cf. Not here: what is wrong with
// them (tool/doctor/check_sendmail.cpp). No I/O. Source: cf/README, "Adding new mail filters".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "system/endpoint.h"

namespace shorthop {

/// A line "Xname, S=unix:/path, F=T, T=S:10s;R:10s".
struct SendmailFilter {
  std::string name;
  std::string socket;
  std::string flags;
  std::uint32_t line = 0;
};

struct SendmailFilters {
  std::vector<SendmailFilter> defined;
  std::vector<std::string> order;  ///< names, from the option InputMailFilters
  std::uint32_t line = 0;          ///< line of the option InputMailFilters; 0: it is not set
  /// Names, from each option DaemonPortOptions with InputMailFilters: that daemon does not use `order`.
  std::vector<std::vector<std::string>> of_daemons;
};

/// The filters in the text of a sendmail.cf.
SendmailFilters sendmail_filters(std::string_view cf);

/// The filter that is used and leads to this socket; null if there is none.
const SendmailFilter* used_filter(const SendmailFilters& filters, const Endpoint& socket);

/// The names of the other filters in each list that has the filter of this socket.
std::vector<std::string> filters_beside(const SendmailFilters& filters, const Endpoint& socket);

}  // namespace shorthop
